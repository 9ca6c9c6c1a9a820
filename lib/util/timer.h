/* SPDX-License-Identifier: MIT */
/*
 * Timers: a heap of moments of mcps__clock_now(), each with a function to call.
 *
 * A timer lives in the object that it belongs to. Setting one may fail for lack of memory,
 * never when it is set already. Owned by one thread, that of an I/O loop. Neither a timer
 * that is set nor the heap may be moved in memory.
 */
#ifndef MCPS_UTIL_TIMER_H
#define MCPS_UTIL_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"
#include "util/list.h"

struct mcps__timer;
typedef void mcps__timer_fn(struct mcps__timer *timer);

struct mcps__timer {
    int64_t at;
    size_t place; /* in the heap, from 1 on; 0: not set */
    mcps__timer_fn *fn;
    struct mcps__list link; /* while it is due and not called yet */
};

struct mcps__timers {
    struct mcps__timer **heap; /* heap[0] is not used */
    size_t n, cap;
    struct mcps__list due; /* by their moments: what a run has still to call */
    size_t n_due;          /* so many places of the heap are kept free for them */
};

void mcps__timers_init(struct mcps__timers *timers);
/* No timer is set any more. */
void mcps__timers_fini(struct mcps__timers *timers);

void mcps__timer_init(struct mcps__timer *timer, mcps__timer_fn *fn);
/* Sets it, or sets it to another moment. -ENOMEM. */
int mcps__timer_set(struct mcps__timers *timers, struct mcps__timer *timer,
                    int64_t at) MCPS_MUST_CHECK;
/* Does nothing to one that is not set. */
void mcps__timer_clear(struct mcps__timers *timers, struct mcps__timer *timer);

static inline bool mcps__timer_is_set(const struct mcps__timer *timer)
{
    return timer->place > 0;
}

/* The next moment, or MCPS__CLOCK_NEVER. */
int64_t mcps__timers_next(const struct mcps__timers *timers);
/* Calls the functions of all timers whose moment is `now` or earlier, in the order of their
 * moments, each cleared first. They may set and clear any timer, and free what is not set;
 * one that is set (again) to a moment not after `now` waits for the next call. */
void mcps__timers_run(struct mcps__timers *timers, int64_t now);

#endif
