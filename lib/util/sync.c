/* SPDX-License-Identifier: MIT */
/*
 * Sync points and mutations; see sync.h.
 *
 * Passing a point that nobody holds takes no lock and orders nothing: the points would hide
 * data races otherwise. So names are found without a lock, and are never taken back.
 */
#include "config.h"

#include "util/sync.h"

#ifdef MCPS__TEST_HOOKS
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/assert.h"
#include "util/clock.h"
#include "util/lock.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define USUAL_BOUND (50 * MCPS__NS_PER_S)
#else
#define USUAL_BOUND (10 * MCPS__NS_PER_S)
#endif

enum { N_POINTS = 256 };

struct point {
    const char *_Atomic name; /* NULL: a free place */
    atomic_uint n_came;
    atomic_bool armed; /* there is something to be looked at under the mutex */
    /* All under the mutex: */
    bool holding;
    bool overstayed; /* somebody was held for too long */
    unsigned turn;   /* of holding: those held go on when there is another one */
    unsigned n_held; /* in this turn */
    void (*fn)(void *arg);
    void *arg;
};

enum mcps__mutation mcps__mutation = MCPS__N_MUTATIONS;

static struct point points[N_POINTS];
static struct mcps__mutex mutex = { PTHREAD_MUTEX_INITIALIZER, MCPS__LOCK_sync };
static struct mcps__cond changed;
static pthread_once_t changed_once = PTHREAD_ONCE_INIT;
static int64_t bound = USUAL_BOUND; /* under the mutex */
static unsigned n_overstays;        /* likewise */

static void make_changed(void)
{
    int r = mcps__cond_init(&changed);

    mcps__assert(r == 0);
}

static void lock(void) MCPS__ACQUIRES(mutex)
{
    pthread_once(&changed_once, make_changed);
    mcps__mutex_lock(&mutex);
}

/* Not the clock that tests drive: it may stand still while somebody is held. */
static int64_t real_now(void)
{
    struct timespec now = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MCPS__NS_PER_S + now.tv_nsec;
}

/* Says whether it was woken, or may have been, before the moment. */
static bool wait_until(int64_t moment) MCPS__REQUIRES(mutex)
{
    struct timespec at = {
        .tv_sec = (time_t)(moment / MCPS__NS_PER_S),
        .tv_nsec = (long)(moment % MCPS__NS_PER_S),
    };

    return pthread_cond_timedwait(&changed.native, &mutex.native, &at) == 0;
}

static size_t hash(const char *name)
{
    size_t h = 5381;

    for (; *name; name++)
        h = h * 33 + (unsigned char)*name;
    return h;
}

static struct point *find(const char *name)
{
    size_t first = hash(name);

    for (size_t i = 0; i < N_POINTS; i++) {
        struct point *point = &points[(first + i) % N_POINTS];
        const char *seen = atomic_load_explicit(&point->name, memory_order_relaxed);

        if (!seen && atomic_compare_exchange_strong_explicit(&point->name, &seen, name,
                                                             memory_order_relaxed,
                                                             memory_order_relaxed))
            return point;
        if (strcmp(seen, name) == 0)
            return point;
    }
    mcps__assert_failed(__FILE__, __LINE__, "more than %d sync points", N_POINTS);
}

static void arm(struct point *point) MCPS__REQUIRES(mutex)
{
    atomic_store_explicit(&point->armed, point->holding || point->fn,
                          memory_order_relaxed);
}

/* Returns false when nobody let it go on in time. */
static bool stay(struct point *point) MCPS__REQUIRES(mutex)
{
    int64_t end = real_now() + bound;
    unsigned turn = point->turn;
    bool in_time = true;

    point->n_held++;
    mcps__cond_broadcast(&changed);
    while (point->turn == turn && in_time)
        in_time = wait_until(end);
    if (point->turn != turn)
        return true;
    point->n_held--;
    point->overstayed = true;
    n_overstays++;
    mcps__cond_broadcast(&changed);
    return false;
}

static void come_to(struct point *point, const char *name)
{
    void (*fn)(void *arg);
    void *arg;
    bool in_time = true;

    lock();
    fn = point->fn;
    arg = point->arg;
    if (fn) {
        point->fn = NULL;
        arm(point);
    } else if (point->holding) {
        in_time = stay(point);
    }
    mcps__mutex_unlock(&mutex);
    if (fn)
        fn(arg);
    if (!in_time)
        fprintf(stderr, "held too long at sync point %s\n", name);
}

void mcps__sync_point(const char *name)
{
    struct point *point = find(name);

    mcps__lock_assert_none_held();
    atomic_fetch_add_explicit(&point->n_came, 1, memory_order_relaxed);
    if (atomic_load_explicit(&point->armed, memory_order_relaxed))
        come_to(point, name);
}

void mcps__sync_hold(const char *name)
{
    struct point *point = find(name);

    lock();
    mcps__assert(!point->holding);
    point->holding = true;
    arm(point);
    mcps__mutex_unlock(&mutex);
}

bool mcps__sync_wait(const char *name, unsigned n)
{
    struct point *point = find(name);
    bool in_time = true, there;
    int64_t end;

    lock();
    end = real_now() + bound;
    while (point->n_held < n && !point->overstayed && in_time)
        in_time = wait_until(end);
    there = point->n_held >= n && !point->overstayed;
    mcps__mutex_unlock(&mutex);
    return there;
}

static void let_go(struct point *point) MCPS__REQUIRES(mutex)
{
    point->holding = false;
    point->n_held = 0;
    point->turn++;
    arm(point);
    mcps__cond_broadcast(&changed);
}

void mcps__sync_release(const char *name)
{
    lock();
    let_go(find(name));
    mcps__mutex_unlock(&mutex);
}

void mcps__sync_once(const char *name, void (*fn)(void *arg), void *arg)
{
    struct point *point = find(name);

    lock();
    mcps__assert(!point->fn);
    point->fn = fn;
    point->arg = arg;
    arm(point);
    mcps__mutex_unlock(&mutex);
}

unsigned mcps__sync_count(const char *name)
{
    return atomic_load_explicit(&find(name)->n_came, memory_order_relaxed);
}

void mcps__sync_reset(void)
{
    lock();
    for (size_t i = 0; i < N_POINTS; i++) {
        mcps__assert(points[i].n_held == 0);
        points[i].fn = NULL;
        points[i].overstayed = false;
        let_go(&points[i]);
        atomic_store_explicit(&points[i].n_came, 0, memory_order_relaxed);
    }
    bound = USUAL_BOUND;
    mcps__mutex_unlock(&mutex);
}

void mcps__sync_bound(int64_t ns)
{
    lock();
    bound = ns;
    mcps__mutex_unlock(&mutex);
}

unsigned mcps__sync_take_overstays(void)
{
    unsigned n;

    lock();
    n = n_overstays;
    n_overstays = 0;
    mcps__mutex_unlock(&mutex);
    return n;
}

bool mcps__mutate(const char *name)
{
    static const char *const names[] = {
#define XX(name, text) #name,
        MCPS__MUTATION_MAP(XX)
#undef XX
    };

    for (size_t i = 0; name && i < MCPS__N_MUTATIONS; i++) {
        if (strcmp(names[i], name) == 0) {
            mcps__mutation = (enum mcps__mutation)i;
            return true;
        }
    }
    if (!name)
        mcps__mutation = MCPS__N_MUTATIONS;
    return !name;
}
#endif
