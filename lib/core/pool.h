/* SPDX-License-Identifier: MIT */
/*
 * The worker pool: threads that run jobs, a fair queue before them, and spare threads for
 * jobs that wait for a client.
 *
 * The queue is fair in two levels. A share (an account) has lanes (its peers), a lane has
 * jobs in order. A free worker takes one job of the next lane of the next share, so that
 * nobody waits behind somebody else's thousand jobs. A lane can be held: its jobs then stay
 * where they are until it is released.
 *
 * A worker that parks waits for something outside and does not count: a spare thread takes
 * its place, and retires when there are more threads again than there should be. The same
 * goes for a job that is marked as stuck.
 *
 * A pool may have no workers: its jobs are then run by whoever calls
 * mcps__pool_run_one(), one thread or several. Such a pool is an executor of the host, the
 * calls that an I/O thread runs itself, or a server without workers. Nothing takes the place
 * of a job there, so none can park. Its places in the queue are another pool's, its main
 * one, so that one limit covers all that wait.
 *
 * THREADS. Every function may be called on any thread, with no lock held whose rank is that
 * of "pool" or higher. Job functions are called with no lock held.
 */
#ifndef MCPS_CORE_POOL_H
#define MCPS_CORE_POOL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/reader.h"
#include "mcpserver/base.h"
#include "util/list.h"
#include "util/lock.h"
#include "util/wake.h"

struct mcps__pool;
struct mcps__job;

/* What a worker has for itself, lent to the job that it runs. */
struct mcps__worker {
    struct mcps__list link; /* in the pool's list of threads */
    struct mcps__pool *pool;
    pthread_t thread;
    struct mcps__job *job; /* that it runs; this and the next under the pool's mutex */
    /* What became of that job. Not in the job, which may be gone when its function returns. */
    bool parked, stuck;
    struct mcps__reader reader; /* of the arguments of calls */
    struct mcps__worker
        *outer; /* that the thread was already, when it runs one job here */
};

typedef void mcps__job_fn(struct mcps__job *job, struct mcps__worker *worker);

enum mcps__job_state {
    MCPS__JOB_NEW,
    MCPS__JOB_QUEUED,
    MCPS__JOB_RUNNING, /* or has run: the pool touches it no more once it was called */
    MCPS__JOB_ENDED    /* taken out of the queue */
};

/* Lives in the call. The function may free it. */
struct mcps__job {
    struct mcps__list link; /* NEW: the submitter's; QUEUED: in the lane */
    struct mcps__lane *lane;
    struct mcps__pool *pool; /* that it is for; NULL: the one of the loop's workers */
    mcps__job_fn *run;
    struct mcps__worker *worker; /* RUNNING: by it, if its job is still this one */
    enum mcps__job_state state;  /* this and the worker under the mutex */
};

/* May be freed once it has no jobs that are queued, held or not. */
struct mcps__lane {
    struct mcps__list link; /* in its share while it has jobs and is not held */
    struct mcps__list jobs;
    struct mcps__share *share;
    bool held;
};

/* May be freed once none of its lanes has jobs that are queued. */
struct mcps__share {
    struct mcps__list link; /* in the pool while it has lanes to serve */
    struct mcps__list lanes;
};

struct mcps__pool_options {
    unsigned workers;        /* threads that run jobs; 0: mcps__pool_run_one() does */
    unsigned parked_max;     /* parked jobs at once */
    unsigned stuck_max;      /* stuck jobs that get a thread in their place */
    unsigned queued_max;     /* jobs waiting in all */
    size_t stack_size;       /* of threads; 0: the system's default */
    bool on_loop;            /* its jobs run on an I/O thread, and must not wait */
    struct mcps__pool *main; /* whose places in the queue are taken; NULL: its own */
    const struct mcps__wake *wake; /* readable while jobs can be served; NULL: none */
    const struct mcps__json_limits *json; /* for the parsers; borrowed */
};

struct mcps__pool {
    struct mcps__pool_options options; /* never change */
    atomic_uint n_queued;              /* with reservations; this and */
    atomic_uint n_elsewhere;           /* the jobs that others run are a main pool's */
    struct mcps__share all;            /* for lanes that belong to no account's share */
    struct mcps__mutex mutex;          /* covers all below */
    struct mcps__cond work, exit;
    struct mcps__list shares MCPS__GUARDED;
    struct mcps__list threads MCPS__GUARDED; /* alive */
    struct mcps__list exited MCPS__GUARDED;  /* to be joined */
    unsigned n_threads MCPS__GUARDED;        /* alive, or being started */
    unsigned n_starting MCPS__GUARDED;       /* of those: have not come to the list yet */
    unsigned n_lent MCPS__GUARDED; /* of those: somebody else's, which run one job each */
    unsigned n_idle MCPS__GUARDED, n_running MCPS__GUARDED;
    unsigned n_parked MCPS__GUARDED, n_stuck MCPS__GUARDED; /* no worker is both */
    unsigned n_away MCPS__GUARDED; /* jobs that are parked without a worker */
    bool started MCPS__GUARDED, stopping MCPS__GUARDED;
    bool stopped MCPS__GUARDED; /* and not started again */
    bool closed MCPS__GUARDED;  /* for good */
    bool woken MCPS__GUARDED;   /* the wake is readable */
};

/* What the pool says of itself at one moment: queued with reservations, running with what
 * is parked or stuck, both with those whose main pool it is. */
struct mcps__pool_stats {
    unsigned threads, idle, queued, running, parked, stuck;
};

int mcps__pool_init(struct mcps__pool *pool,
                    const struct mcps__pool_options *options) MCPS_MUST_CHECK;
/* There are no jobs and no threads any more. */
void mcps__pool_fini(struct mcps__pool *pool);

/* Before the start: the options that are limits. */
void mcps__pool_set_limits(struct mcps__pool *pool, unsigned queued, unsigned parked,
                           unsigned stuck);

/* Starts the workers, for the first time or after a stop that returned 0. If not all can be
 * started, ends those that were, and returns -errno. */
int mcps__pool_start(struct mcps__pool *pool) MCPS_MUST_CHECK;

void mcps__share_init(struct mcps__share *share);
void mcps__lane_init(struct mcps__lane *lane, struct mcps__share *share);
void mcps__job_init(struct mcps__job *job, struct mcps__lane *lane, mcps__job_fn *run);

/* A place in the queue, or MCPS_ELIMIT. Every job that is submitted must have one; a
 * reservation that is not used goes back. */
int mcps__pool_reserve(struct mcps__pool *pool) MCPS_MUST_CHECK;
void mcps__pool_unreserve(struct mcps__pool *pool);

/* Queues all jobs of a list (through job->link), in order, under one lock, and wakes as many
 * idle workers as there are jobs. The list is empty afterwards. Jobs that are submitted
 * after the stop has begun are queued, too: whoever stops takes them out. */
void mcps__pool_submit(struct mcps__pool *pool, struct mcps__list *jobs);
/* Takes a job out of the queue: true, the caller then has it as if it had never been
 * submitted, its reservation included; false when it has started, or has never been queued. */
bool mcps__pool_withdraw(struct mcps__pool *pool, struct mcps__job *job);

/* No more jobs of the lane are started, or again. Running ones go on. */
void mcps__pool_hold(struct mcps__pool *pool, struct mcps__lane *lane);
void mcps__pool_release(struct mcps__pool *pool, struct mcps__lane *lane);

/* Around a wait for the client, by whoever runs the job. Parking sees to it that a thread
 * takes the place: MCPS_EBUSY when parked_max jobs are parked or no thread can be started,
 * and nothing has changed then. On a thread that is not the job's worker (an asynchronous
 * tool's), both do nothing and succeed; unparking is only for what was parked. A job that is
 * marked as stuck has given its place away already: for it both do nothing, too. -EDEADLK on
 * a thread that runs a job of a pool without workers, whatever the job: nothing would take
 * its place. */
int mcps__pool_park(struct mcps__pool *pool, struct mcps__job *job) MCPS_MUST_CHECK;
void mcps__pool_unpark(struct mcps__pool *pool, struct mcps__job *job);

/* May this thread wait for a client? Not if it runs a job of a pool without workers. */
bool mcps__pool_may_park(void);
/* Is this the job that this thread runs? */
bool mcps__pool_runs(const struct mcps__job *job);
/* A job that is to be run again, and has no thread until then, counts as parked with the others:
 * MCPS_EBUSY when too many are. */
int mcps__pool_join_parked(struct mcps__pool *pool) MCPS_MUST_CHECK;
void mcps__pool_leave_parked(struct mcps__pool *pool);
/* A place in the queue for a job that has had one: beyond the limit, if need be. */
void mcps__pool_reserve_again(struct mcps__pool *pool);

/* The job runs though it should have ended: gives its place to another thread, up to
 * stuck_max of them. False when the job does not run (any more), or is marked already. It
 * stops to count as stuck when its function returns. The caller sees to it that the job is
 * not freed meanwhile. */
bool mcps__pool_mark_stuck(struct mcps__pool *pool, struct mcps__job *job);

/* Is this one of its threads, or one that runs a job of a pool whose main one it is? */
bool mcps__pool_is_inside(struct mcps__pool *pool);
/* The same, for a pool that has a main one: is this a thread of that one, or of any that
 * has the same? */
bool mcps__pool_runs_here(struct mcps__pool *pool);
/* Does this thread run a job on an I/O thread? */
bool mcps__pool_is_on_loop(void);
void mcps__pool_get_stats(struct mcps__pool *pool, struct mcps__pool_stats *ret);

/* Lets no worker wait any longer (what is queued is still run, so withdraw it first), and
 * joins those that end before the deadline. Returns how many are left, which count as stuck
 * from then on: call it again to join them. Not on one of its threads, and with no lock held. */
unsigned mcps__pool_stop(struct mcps__pool *pool, int64_t deadline);

/* ---- pools without workers ---- */

/* For a thread that is to run jobs: to be used by one thread at a time. -ENOMEM. */
int mcps__worker_init(struct mcps__worker *worker) MCPS_MUST_CHECK;
void mcps__worker_fini(struct mcps__worker *worker);

/* Runs the next job here, and says whether there was one. Any thread, several at once. */
bool mcps__pool_run_one(struct mcps__pool *pool, struct mcps__worker *worker);
/* Is there a job that could be run? */
bool mcps__pool_has_work(struct mcps__pool *pool);
/* Waits for one: 1; 0 at the deadline; MCPS_ECLOSED when there is none and the pool stops,
 * has stopped or is closed. */
int mcps__pool_wait(struct mcps__pool *pool, int64_t deadline) MCPS_MUST_CHECK;
/* There will be no more jobs, ever: nobody waits any longer, and the wake stays readable. */
void mcps__pool_close(struct mcps__pool *pool);
bool mcps__pool_is_closed(struct mcps__pool *pool);

#endif
