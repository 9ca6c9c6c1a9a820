/* SPDX-License-Identifier: MIT */
/*
 * What the engine knows of an I/O thread: it can be told to do something, it has timers, and
 * it collects the calls of one turn. The transport drives it:
 *
 *     poll, until mcps__loop_next() or a wake of mcps__loop_fd()
 *     mcps__loop_run()        what was posted, and the timers that are due
 *     read what is there      (dispatching collects calls)
 *     mcps__loop_submit()     all calls of the turn, under one lock, each to its pool; then
 *                             runs those that are for the I/O thread itself
 *
 * THREADS. Posting: any thread, with locks held whose rank is below "loop". Everything else
 * only on the I/O thread, or before it starts and after it was joined.
 */
#ifndef MCPS_CORE_LOOP_H
#define MCPS_CORE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/pool.h"
#include "util/list.h"
#include "util/lock.h"
#include "util/obj.h"
#include "util/timer.h"
#include "util/wake.h"

struct mcps__post;
typedef void mcps__post_fn(struct mcps__post *post);

/* Lives in an object. Whoever posts it holds a reference on that for the function. */
struct mcps__post {
    struct mcps__list link; /* under the loop's mutex */
    mcps__post_fn *fn;
};

struct mcps__loop {
    struct mcps__obj obj;
    struct mcps__pool *pool;     /* the workers; never changes; borrowed */
    struct mcps__pool here;      /* of the calls that the I/O thread runs */
    struct mcps__worker worker;  /* [I/O thread] for them */
    struct mcps__wake wake;      /* never changes */
    struct mcps__timers timers;  /* [I/O thread] */
    struct mcps__list collected; /* [I/O thread] jobs of this turn */
    bool closing;                /* [I/O thread] no timer can be set any more */
    struct mcps__mutex mutex;    /* covers all below */
    struct mcps__list posts MCPS__GUARDED;
    bool closed MCPS__GUARDED; /* the I/O thread has ended */
    bool has_home MCPS__GUARDED;
    pthread_t home MCPS__GUARDED; /* which thread was the latest to run it */
};

int mcps__loop_new(struct mcps__loop **ret, struct mcps__pool *pool) MCPS_MUST_CHECK;
struct mcps__loop *mcps__loop_ref(struct mcps__loop *loop);
/* Returns NULL; NULL is fine. */
struct mcps__loop *mcps__loop_unref(struct mcps__loop *loop);

void mcps__post_init(struct mcps__post *post, mcps__post_fn *fn);
/* Has the I/O thread call the function soon. False when it is posted already, or when there
 * is no I/O thread any more: the caller then still has the reference. */
bool mcps__loop_post(struct mcps__loop *loop, struct mcps__post *post) MCPS_MUST_CHECK;

/* To poll for reading. */
static inline int mcps__loop_fd(const struct mcps__loop *loop)
{
    return mcps__wake_fd(&loop->wake);
}

/* When the next timer is due, or MCPS__CLOCK_NEVER; 0 while calls wait for this thread. */
int64_t mcps__loop_next(struct mcps__loop *loop);
/* Is this the thread that runs the loop, or was the latest to run it? Any thread. */
bool mcps__loop_is_home(struct mcps__loop *loop);
void mcps__loop_run(struct mcps__loop *loop);
void mcps__loop_submit(struct mcps__loop *loop);
/* Sets a timer; MCPS_ECLOSED once the loop closes, -ENOMEM. */
int mcps__loop_set_timer(struct mcps__loop *loop, struct mcps__timer *timer,
                         int64_t at) MCPS_MUST_CHECK;
/* The last act of the I/O thread: runs what is posted, and the timers that are still set
 * before their time, so that what they refer to is let go of. Nothing can be posted or set
 * any more. */
void mcps__loop_close(struct mcps__loop *loop);

#endif
