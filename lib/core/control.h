/* SPDX-License-Identifier: MIT */
/*
 * The control pool: a few threads for what may block or is the user's code, but must not
 * wait behind tools, such as cancel hooks.
 *
 * THREADS. Every function may be called on any thread unless it says otherwise. Threads are
 * started when there is work, up to MCPS__CONTROL_THREADS, and stay until the stop.
 */
#ifndef MCPS_CORE_CONTROL_H
#define MCPS_CORE_CONTROL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "mcpserver/base.h"
#include "util/list.h"
#include "util/lock.h"

enum { MCPS__CONTROL_THREADS = 2 };

struct mcps__task;
typedef void mcps__task_fn(struct mcps__task *task);

/* Lives in the object that it is about. On no queue any more when its function is called,
 * which may free it or post it again. */
struct mcps__task {
    struct mcps__list link;
    mcps__task_fn *fn;
};

struct mcps__control_thread {
    pthread_t thread;
    struct mcps__control *control;
    bool started, exited, joining;
};

struct mcps__control {
    struct mcps__mutex mutex; /* covers all below */
    struct mcps__cond work;   /* there is a task, or the stop has begun */
    struct mcps__cond exit;   /* a thread has exited */
    struct mcps__list queue MCPS__GUARDED;
    struct mcps__control_thread threads[MCPS__CONTROL_THREADS] MCPS__GUARDED;
    unsigned n_threads MCPS__GUARDED; /* started and not joined */
    unsigned n_idle MCPS__GUARDED;    /* of these, not running a task */
    unsigned n_queued MCPS__GUARDED;
    bool stopping MCPS__GUARDED;
};

int mcps__control_init(struct mcps__control *control) MCPS_MUST_CHECK;
/* The stop has returned 0, or no task was ever posted. */
void mcps__control_fini(struct mcps__control *control);

void mcps__task_init(struct mcps__task *task, mcps__task_fn *fn);
/* A task that is queued already is not queued twice. May be called with locks held whose
 * rank is lower than that of "control". If no thread can be started the task waits for the
 * next one that can, and is run by the stop at the latest. */
void mcps__control_post(struct mcps__control *control, struct mcps__task *task);
/* Takes the task off the queue; false when it is not there (any more). */
bool mcps__control_withdraw(struct mcps__control *control, struct mcps__task *task);

/* Ready for work again, after a stop that returned 0. */
void mcps__control_start(struct mcps__control *control);
/* How many threads it has. */
unsigned mcps__control_threads(struct mcps__control *control);
/* Is this one of its threads? */
bool mcps__control_is_inside(struct mcps__control *control);

/* Runs what is queued, lets no thread wait any longer, and joins those that end before the
 * deadline. Tasks that are posted later are run by the next stop. Returns how many threads
 * are left; call it again to join them. Not on one of its threads. If there is no thread and
 * none can be started, the tasks are run here. */
unsigned mcps__control_stop(struct mcps__control *control, int64_t deadline);

#endif
