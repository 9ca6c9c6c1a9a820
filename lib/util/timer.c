/* SPDX-License-Identifier: MIT */
/*
 * Timers; see timer.h.
 *
 * A binary heap whose first place is 1: those below place i are 2i and 2i + 1. A run takes
 * all that are due out of it before it calls any, so that what the functions set cannot come
 * in between, and keeps their places free, so that they can be set again without memory.
 */
#include "config.h"

#include "util/timer.h"

#include <errno.h>

#include "util/assert.h"
#include "util/clock.h"
#include "util/mem.h"

enum { FIRST_PLACES = 16 };

/* As a timer's place: on the list of what is due. */
#define DUE SIZE_MAX

void mcps__timers_init(struct mcps__timers *timers)
{
    *timers = (struct mcps__timers){ .n = 0 };
    mcps__list_init(&timers->due);
}

void mcps__timers_fini(struct mcps__timers *timers)
{
    mcps__assert(timers->n == 0 && timers->n_due == 0);
    mcps__free(timers->heap);
    mcps__timers_init(timers);
}

void mcps__timer_init(struct mcps__timer *timer, mcps__timer_fn *fn)
{
    *timer = (struct mcps__timer){ .fn = fn };
    mcps__list_init(&timer->link);
}

/* ---- the heap ---- */

static void put(struct mcps__timers *timers, size_t place, struct mcps__timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

/* Finds the place of a timer that may be put at `place` or above it. */
static void move_up(struct mcps__timers *timers, size_t place, struct mcps__timer *timer)
{
    while (place > 1 && timers->heap[place / 2]->at > timer->at) {
        put(timers, place, timers->heap[place / 2]);
        place /= 2;
    }
    put(timers, place, timer);
}

/* The same, at `place` or below it. */
static void move_down(struct mcps__timers *timers, size_t place,
                      struct mcps__timer *timer)
{
    size_t next = 2 * place;

    while (next <= timers->n) {
        if (next < timers->n && timers->heap[next + 1]->at < timers->heap[next]->at)
            next++;
        if (timers->heap[next]->at >= timer->at)
            break;
        put(timers, place, timers->heap[next]);
        place = next;
        next = 2 * place;
    }
    put(timers, place, timer);
}

static void move(struct mcps__timers *timers, size_t place, struct mcps__timer *timer)
{
    if (place > 1 && timers->heap[place / 2]->at > timer->at)
        move_up(timers, place, timer);
    else
        move_down(timers, place, timer);
}

/* Closes the gap with the last one. */
static void take_out(struct mcps__timers *timers, struct mcps__timer *timer)
{
    struct mcps__timer *last = timers->heap[timers->n];
    size_t place = timer->place;

    timers->n--;
    timer->place = 0;
    if (last != timer)
        move(timers, place, last);
}

static int grow(struct mcps__timers *timers)
{
    size_t cap = timers->cap > 0 ? timers->cap * 2 : FIRST_PLACES;
    struct mcps__timer **heap;

    if (cap > SIZE_MAX / sizeof(struct mcps__timer *))
        return -ENOMEM;
    heap = mcps__realloc(timers->heap, cap * sizeof(struct mcps__timer *));
    if (!heap)
        return -ENOMEM;
    timers->heap = heap;
    timers->cap = cap;
    return 0;
}

/* ---- setting and clearing ---- */

static void take_off_due(struct mcps__timers *timers, struct mcps__timer *timer)
{
    mcps__list_remove(&timer->link);
    timers->n_due--;
    timer->place = 0;
}

int mcps__timer_set(struct mcps__timers *timers, struct mcps__timer *timer, int64_t at)
{
    int r;

    if (timer->place == 0 && timers->n + timers->n_due + 1 >= timers->cap) {
        r = grow(timers);
        if (r < 0)
            return r;
    }
    if (timer->place == DUE)
        take_off_due(timers, timer);
    timer->at = at;
    if (timer->place == 0) {
        timers->n++;
        move_up(timers, timers->n, timer);
    } else {
        move(timers, timer->place, timer);
    }
    return 0;
}

void mcps__timer_clear(struct mcps__timers *timers, struct mcps__timer *timer)
{
    if (timer->place == DUE)
        take_off_due(timers, timer);
    else if (timer->place > 0)
        take_out(timers, timer);
}

/* ---- running ---- */

static struct mcps__timer *first_due(const struct mcps__timers *timers)
{
    struct mcps__list *node = mcps__list_first(&timers->due);

    return node ? MCPS__CONTAINER_OF(node, struct mcps__timer, link) : NULL;
}

int64_t mcps__timers_next(const struct mcps__timers *timers)
{
    const struct mcps__timer *due = first_due(timers);
    int64_t next = timers->n > 0 ? timers->heap[1]->at : MCPS__CLOCK_NEVER;

    return due && due->at < next ? due->at : next;
}

void mcps__timers_run(struct mcps__timers *timers, int64_t now)
{
    struct mcps__timer *timer;

    while (timers->n > 0 && timers->heap[1]->at <= now) {
        timer = timers->heap[1];
        take_out(timers, timer);
        timer->place = DUE;
        mcps__list_push_back(&timers->due, &timer->link);
        timers->n_due++;
    }
    for (timer = first_due(timers); timer; timer = first_due(timers)) {
        take_off_due(timers, timer);
        timer->fn(timer);
    }
}
