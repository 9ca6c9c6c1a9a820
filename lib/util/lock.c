/* SPDX-License-Identifier: MIT */
/* Mutexes with ranks, and condition variables; see lock.h. */
#include "config.h"

#include "util/lock.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "util/assert.h"
#include "util/clock.h"

static const struct mcps__lock_info infos[] = {
#define LOCK(name, rank, purpose) { #name, rank, purpose },
#include "util/locks.tbl"
#undef LOCK
};

const struct mcps__lock_info *mcps__lock_info(size_t lock)
{
    return lock < MCPS__N_LOCKS ? &infos[lock] : NULL;
}

/* ---- the witness: what each thread holds ---- */

#ifdef MCPS__TEST_HOOKS

/* By rising rank, and so never more than there are lines in the table. */
static _Thread_local const struct mcps__mutex *held[MCPS__N_LOCKS];
static _Thread_local size_t n_held;

#define FAIL(...) mcps__assert_failed(__FILE__, __LINE__, __VA_ARGS__)

static size_t find_held(const struct mcps__mutex *mutex)
{
    size_t i = 0;

    while (i < n_held && held[i] != mutex)
        i++;
    return i;
}

/* Before locking, so that there is a message instead of a deadlock. */
static void witness_order(const struct mcps__mutex *mutex)
{
    const struct mcps__lock_info *taken = &infos[mutex->lock], *last;

    if (n_held == 0)
        return;
    if (find_held(mutex) < n_held)
        FAIL("lock %s taken twice", taken->name);
    last = &infos[held[n_held - 1]->lock];
    if (taken->rank <= last->rank)
        FAIL("lock %s (rank %d) taken while holding %s (rank %d)", taken->name,
             taken->rank, last->name, last->rank);
}

static void witness_lock(const struct mcps__mutex *mutex)
{
    held[n_held++] = mutex;
}

static void witness_unlock(const struct mcps__mutex *mutex)
{
    size_t i = find_held(mutex);

    if (i == n_held)
        FAIL("lock %s unlocked, but not held", infos[mutex->lock].name);
    for (n_held--; i < n_held; i++)
        held[i] = held[i + 1];
}

/* A wait gives up its own mutex only: holding another one would stop other threads. */
static void witness_wait(const struct mcps__mutex *mutex)
{
    mcps__lock_assert_held(mutex);
    if (n_held > 1)
        FAIL("waiting with lock %s while holding %s", infos[mutex->lock].name,
             infos[held[held[0] == mutex ? 1 : 0]->lock].name);
}

void mcps__lock_assert_held(const struct mcps__mutex *mutex)
{
    if (find_held(mutex) == n_held)
        FAIL("lock %s is not held", infos[mutex->lock].name);
}

void mcps__lock_assert_none_held(void)
{
    if (n_held > 0)
        FAIL("lock %s is held", infos[held[0]->lock].name);
}

#else

static inline void witness_order(const struct mcps__mutex *mutex)
{
    (void)mutex;
}

static inline void witness_lock(const struct mcps__mutex *mutex)
{
    (void)mutex;
}

static inline void witness_unlock(const struct mcps__mutex *mutex)
{
    (void)mutex;
}

static inline void witness_wait(const struct mcps__mutex *mutex)
{
    (void)mutex;
}

#endif

/* ---- mutexes ---- */

int mcps__mutex_init(struct mcps__mutex *mutex, enum mcps__lock lock)
{
    mutex->lock = lock;
    return -pthread_mutex_init(&mutex->native, NULL);
}

void mcps__mutex_fini(struct mcps__mutex *mutex)
{
    int r = pthread_mutex_destroy(&mutex->native);

    mcps__assert(r == 0);
}

MCPS__NO_LOCK_ANALYSIS
void mcps__mutex_lock(struct mcps__mutex *mutex)
{
    int r;

    witness_order(mutex);
    r = pthread_mutex_lock(&mutex->native);
    mcps__assert(r == 0);
    witness_lock(mutex);
}

MCPS__NO_LOCK_ANALYSIS
void mcps__mutex_unlock(struct mcps__mutex *mutex)
{
    int r;

    witness_unlock(mutex);
    r = pthread_mutex_unlock(&mutex->native);
    mcps__assert(r == 0);
}

/* ---- condition variables ---- */

int mcps__cond_init(struct mcps__cond *cond)
{
    pthread_condattr_t attr;
    int r = pthread_condattr_init(&attr);

    if (r != 0)
        return -r;
    r = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (r == 0)
        r = pthread_cond_init(&cond->native, &attr);
    pthread_condattr_destroy(&attr);
    return -r;
}

void mcps__cond_fini(struct mcps__cond *cond)
{
    int r = pthread_cond_destroy(&cond->native);

    mcps__assert(r == 0);
}

void mcps__cond_signal(struct mcps__cond *cond)
{
    pthread_cond_signal(&cond->native);
}

void mcps__cond_broadcast(struct mcps__cond *cond)
{
    pthread_cond_broadcast(&cond->native);
}

void mcps__cond_wait(struct mcps__cond *cond, struct mcps__mutex *mutex)
{
    int r;

    witness_wait(mutex);
    r = pthread_cond_wait(&cond->native, &mutex->native);
    mcps__assert(r == 0);
}

/* Says whether it was woken before the moment, which is one of CLOCK_MONOTONIC. */
static bool sleep_until(struct mcps__cond *cond, struct mcps__mutex *mutex,
                        int64_t moment)
{
    struct timespec at = {
        .tv_sec = (time_t)(moment / MCPS__NS_PER_S),
        .tv_nsec = (long)(moment % MCPS__NS_PER_S),
    };
    int r = pthread_cond_timedwait(&cond->native, &mutex->native, &at);

    mcps__assert(r == 0 || r == ETIMEDOUT);
    return r == 0;
}

int mcps__cond_wait_until(struct mcps__cond *cond, struct mcps__mutex *mutex,
                          int64_t deadline)
{
    witness_wait(mutex);
    if (deadline == MCPS__CLOCK_NEVER) {
        mcps__cond_wait(cond, mutex);
        return 0;
    }
    if (mcps__clock_now() >= deadline)
        return MCPS_ETIMEDOUT;
    if (sleep_until(cond, mutex, mcps__clock_sleep_until(deadline)))
        return 0;
    /* Early, it must not sleep again: a signal may have come after the sleep was over and
     * before the mutex was, and only the caller can see what it was for. */
    return mcps__clock_now() < deadline ? 0 : MCPS_ETIMEDOUT;
}
