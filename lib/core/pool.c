/* SPDX-License-Identifier: MIT */
/*
 * The worker pool; see pool.h.
 *
 * A thread is active unless its job is parked or stuck. There are to be as many active
 * threads as workers were asked for: who becomes inactive starts another one, and who finds
 * that there are too many ends. Threads are created, and joined, without the mutex.
 */
#include "config.h"

#include "core/pool.h"

#include <errno.h>

#include "core/queue.h"
#include "core/thread.h"
#include "util/assert.h"
#include "util/clock.h"
#include "util/mem.h"

/* The worker that this thread is; the innermost one, if it runs a job within another. */
static _Thread_local struct mcps__worker *self;

static inline unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Those of which it is certain that they exist. */
static unsigned n_active(struct mcps__pool *pool) MCPS__REQUIRES(pool->mutex);
static unsigned n_active(struct mcps__pool *pool)
{
    return pool->n_threads - pool->n_starting - pool->n_parked -
           min(pool->n_stuck, pool->options.stuck_max);
}

/* Where the places in the queue are counted. */
static struct mcps__pool *main_of(struct mcps__pool *pool)
{
    return pool->options.main ? pool->options.main : pool;
}

/* Lets the wake be readable when it has to be. Under the mutex, so that it never is behind. */
static void show(struct mcps__pool *pool) MCPS__REQUIRES(pool->mutex);
static void show(struct mcps__pool *pool)
{
    bool woken = pool->closed || !mcps__queue_is_empty(&pool->shares);

    if (!pool->options.wake || woken == pool->woken)
        return;
    pool->woken = woken;
    if (woken)
        mcps__wake_signal(pool->options.wake);
    else
        mcps__wake_drain(pool->options.wake);
}

static void wake(struct mcps__pool *pool, unsigned n)
{
    while (n-- > 0)
        mcps__cond_signal(&pool->work);
}

/* ---- threads ---- */

/* The job may be freed by its function, so nothing of it is touched afterwards. */
static void run_job(struct mcps__pool *pool, struct mcps__worker *worker,
                    struct mcps__job *job) MCPS__REQUIRES(pool->mutex);
static void run_job(struct mcps__pool *pool, struct mcps__worker *worker,
                    struct mcps__job *job)
{
    worker->job = job;
    job->worker = worker;
    job->state = MCPS__JOB_RUNNING;
    pool->n_running++;
    mcps__mutex_unlock(&pool->mutex);
    mcps__pool_unreserve(pool);
    mcps__lock_assert_none_held();
    job->run(job, worker);
    mcps__lock_assert_none_held();
    mcps__mutex_lock(&pool->mutex);
    pool->n_running--;
    worker->job = NULL;
    mcps__assert(!worker->parked);
    if (worker->stuck)
        pool->n_stuck--;
    worker->stuck = false;
}

/* Until there is no more work to come, or there are enough others. */
static void serve(struct mcps__pool *pool, struct mcps__worker *worker)
    MCPS__REQUIRES(pool->mutex);
static void serve(struct mcps__pool *pool, struct mcps__worker *worker)
{
    struct mcps__job *job;

    while (n_active(pool) <= pool->options.workers) {
        job = pool->started ? mcps__queue_pop(&pool->shares) : NULL;
        if (job) {
            run_job(pool, worker, job);
            continue;
        }
        if (pool->stopping)
            return;
        pool->n_idle++;
        mcps__cond_wait(&pool->work, &pool->mutex);
        pool->n_idle--;
    }
    /* What woke this thread may have been meant for a job. */
    if (pool->n_idle > 0 && !mcps__queue_is_empty(&pool->shares))
        mcps__cond_signal(&pool->work);
}

static void *thread_main(void *userdata)
{
    struct mcps__worker *worker = userdata;
    struct mcps__pool *pool = worker->pool;

    self = worker;
    mcps__mutex_lock(&pool->mutex);
    /* Whoever created the thread may not have been told its name yet. */
    worker->thread = pthread_self();
    mcps__list_push_back(&pool->threads, &worker->link);
    pool->n_starting--;
    serve(pool, worker);
    pool->n_threads--;
    mcps__list_remove(&worker->link);
    mcps__list_push_back(&pool->exited, &worker->link);
    mcps__cond_broadcast(&pool->exit);
    mcps__mutex_unlock(&pool->mutex);
    return NULL;
}

static void worker_free(struct mcps__worker *worker)
{
    mcps__reader_fini(&worker->reader);
    mcps__free(worker);
}

/* Joins those that have announced their end. */
static void join_exited(struct mcps__pool *pool)
{
    struct mcps__worker *worker;
    struct mcps__list exited;
    int r;

    mcps__list_init(&exited);
    mcps__mutex_lock(&pool->mutex);
    mcps__list_splice(&exited, &pool->exited);
    mcps__mutex_unlock(&pool->mutex);
    MCPS__LIST_FOREACH_SAFE (node, &exited) {
        worker = MCPS__CONTAINER_OF(node, struct mcps__worker, link);
        r = pthread_join(worker->thread, NULL);
        mcps__assert(r == 0);
        worker_free(worker);
    }
}

static int start_worker(struct mcps__pool *pool)
{
    struct mcps__worker *worker = mcps__calloc(1, sizeof *worker);
    pthread_t thread; /* the worker notes that itself */
    int r;

    if (!worker)
        return -ENOMEM;
    mcps__list_init(&worker->link);
    worker->pool = pool;
    r = mcps__reader_init(&worker->reader, pool->options.json);
    if (r == 0)
        r = mcps__thread_start(&thread, thread_main, worker, pool->options.stack_size);
    if (r < 0)
        worker_free(worker);
    return r;
}

/* Starts a thread that has been counted. */
static int start_counted(struct mcps__pool *pool)
{
    int r;

    join_exited(pool);
    r = start_worker(pool);
    if (r == 0)
        return 0;
    mcps__mutex_lock(&pool->mutex);
    pool->n_threads--;
    pool->n_starting--;
    mcps__cond_broadcast(&pool->exit);
    mcps__mutex_unlock(&pool->mutex);
    return r;
}

/* Counts one more thread, which the caller then starts, if the pool wants one that has so
 * many. */
static bool count_spare(struct mcps__pool *pool, unsigned n_there)
    MCPS__REQUIRES(pool->mutex);
static bool count_spare(struct mcps__pool *pool, unsigned n_there)
{
    if (!pool->started || pool->stopping || n_there >= pool->options.workers)
        return false;
    pool->n_threads++;
    pool->n_starting++;
    return true;
}

/* ---- life ---- */

int mcps__pool_init(struct mcps__pool *pool, const struct mcps__pool_options *options)
{
    int r;

    *pool = (struct mcps__pool){ .options = *options };
    atomic_init(&pool->n_queued, 0);
    atomic_init(&pool->n_elsewhere, 0);
    mcps__list_init(&pool->shares);
    mcps__list_init(&pool->threads);
    mcps__list_init(&pool->exited);
    mcps__share_init(&pool->all);
    r = mcps__mutex_init(&pool->mutex, MCPS__LOCK_pool);
    if (r < 0)
        return r;
    r = mcps__cond_init(&pool->work);
    if (r < 0)
        goto no_work;
    r = mcps__cond_init(&pool->exit);
    if (r < 0)
        goto no_exit;
    return 0;
no_exit:
    mcps__cond_fini(&pool->work);
no_work:
    mcps__mutex_fini(&pool->mutex);
    return r;
}

void mcps__pool_fini(struct mcps__pool *pool)
{
    mcps__assert(mcps__queue_is_empty(&pool->shares));
    mcps__assert(mcps__list_is_empty(&pool->threads));
    mcps__assert(mcps__list_is_empty(&pool->exited));
    mcps__cond_fini(&pool->exit);
    mcps__cond_fini(&pool->work);
    mcps__mutex_fini(&pool->mutex);
}

void mcps__pool_set_limits(struct mcps__pool *pool, unsigned queued, unsigned parked,
                           unsigned stuck)
{
    pool->options.queued_max = queued;
    pool->options.parked_max = parked;
    pool->options.stuck_max = stuck;
}

int mcps__pool_start(struct mcps__pool *pool)
{
    unsigned left;
    int r = 0;

    for (unsigned i = 0; i < pool->options.workers && r == 0; i++) {
        mcps__mutex_lock(&pool->mutex);
        mcps__assert(!pool->started && !pool->stopping);
        pool->n_threads++;
        pool->n_starting++;
        mcps__mutex_unlock(&pool->mutex);
        r = start_counted(pool);
    }
    if (r == 0) {
        mcps__mutex_lock(&pool->mutex);
        pool->started = true;
        pool->stopped = false;
        mcps__cond_broadcast(&pool->work);
        mcps__mutex_unlock(&pool->mutex);
        return 0;
    }
    /* None of them has taken a job, so this does not take long. */
    left = mcps__pool_stop(pool, MCPS__CLOCK_NEVER);
    mcps__assert(left == 0);
    return r;
}

/* The worker's job counts as stuck from now on; false if it does already. */
static bool count_stuck(struct mcps__pool *pool, struct mcps__worker *worker)
    MCPS__REQUIRES(pool->mutex);
static bool count_stuck(struct mcps__pool *pool, struct mcps__worker *worker)
{
    if (worker->stuck)
        return false;
    if (worker->parked)
        pool->n_parked--;
    worker->parked = false;
    worker->stuck = true;
    pool->n_stuck++;
    return true;
}

/* What still runs when a stop has waited long enough. */
static void count_all_stuck(struct mcps__pool *pool) MCPS__REQUIRES(pool->mutex);
static void count_all_stuck(struct mcps__pool *pool)
{
    MCPS__LIST_FOREACH (node, &pool->threads) {
        struct mcps__worker *worker = MCPS__CONTAINER_OF(node, struct mcps__worker, link);

        if (worker->job)
            count_stuck(pool, worker);
    }
}

/* Is there, or will there be, a job that takes its time? Threads alone end at once. */
static bool is_busy(struct mcps__pool *pool) MCPS__REQUIRES(pool->mutex);
static bool is_busy(struct mcps__pool *pool)
{
    return pool->n_running > 0 || !mcps__queue_is_empty(&pool->shares);
}

unsigned mcps__pool_stop(struct mcps__pool *pool, int64_t deadline)
{
    unsigned left;
    int r = 0;

    mcps__assert(!mcps__pool_is_inside(pool));
    mcps__mutex_lock(&pool->mutex);
    pool->stopping = true;
    mcps__cond_broadcast(&pool->work);
    /* Threads without a job end at once, so only the others have the deadline. */
    while (pool->n_threads > 0 && (r == 0 || pool->n_threads > pool->n_running))
        r = mcps__cond_wait_until(&pool->exit, &pool->mutex,
                                  r == 0 && is_busy(pool) ? deadline : MCPS__CLOCK_NEVER);
    left = pool->n_threads;
    count_all_stuck(pool);
    if (left == 0) {
        pool->started = false;
        pool->stopping = false;
        pool->stopped = true;
    }
    mcps__mutex_unlock(&pool->mutex);
    join_exited(pool);
    return left;
}

bool mcps__pool_is_inside(struct mcps__pool *pool)
{
    for (const struct mcps__worker *worker = self; worker; worker = worker->outer) {
        if (worker->pool == pool || worker->pool->options.main == pool)
            return true;
    }
    return false;
}

bool mcps__pool_runs_here(struct mcps__pool *pool)
{
    return mcps__pool_is_inside(main_of(pool));
}

bool mcps__pool_is_on_loop(void)
{
    return self && self->pool->options.on_loop;
}

void mcps__pool_get_stats(struct mcps__pool *pool, struct mcps__pool_stats *ret)
{
    mcps__mutex_lock(&pool->mutex);
    *ret = (struct mcps__pool_stats){
        .threads = pool->n_threads - pool->n_lent,
        .idle = pool->n_idle,
        .queued = atomic_load_explicit(&pool->n_queued, memory_order_relaxed),
        .running = pool->n_running +
                   atomic_load_explicit(&pool->n_elsewhere, memory_order_relaxed),
        .parked = pool->n_parked + pool->n_away,
        .stuck = pool->n_stuck,
    };
    mcps__mutex_unlock(&pool->mutex);
}

/* ---- the queue ---- */

int mcps__pool_reserve(struct mcps__pool *of)
{
    struct mcps__pool *pool = main_of(of);
    unsigned n = atomic_load_explicit(&pool->n_queued, memory_order_relaxed);

    do {
        if (n >= pool->options.queued_max)
            return MCPS_ELIMIT;
    } while (!atomic_compare_exchange_weak_explicit(
        &pool->n_queued, &n, n + 1, memory_order_relaxed, memory_order_relaxed));
    return 0;
}

void mcps__pool_reserve_again(struct mcps__pool *pool)
{
    atomic_fetch_add_explicit(&main_of(pool)->n_queued, 1, memory_order_relaxed);
}

void mcps__pool_unreserve(struct mcps__pool *pool)
{
    unsigned before =
        atomic_fetch_sub_explicit(&main_of(pool)->n_queued, 1, memory_order_relaxed);

    mcps__assert(before > 0);
}

void mcps__pool_submit(struct mcps__pool *pool, struct mcps__list *jobs)
{
    struct mcps__job *job;
    unsigned n = 0;
    bool spare;

    mcps__mutex_lock(&pool->mutex);
    MCPS__LIST_FOREACH_SAFE (node, jobs) {
        job = MCPS__CONTAINER_OF(node, struct mcps__job, link);
        mcps__assert(job->state != MCPS__JOB_QUEUED);
        mcps__list_remove(node);
        job->state = MCPS__JOB_QUEUED;
        mcps__queue_push(&pool->shares, job);
        n++;
    }
    n = min(n, pool->n_idle);
    show(pool);
    /* Only if a spare could not be started when its time was. */
    spare = count_spare(pool, n_active(pool) + pool->n_starting);
    mcps__mutex_unlock(&pool->mutex);
    wake(pool, n);
    if (spare)
        (void)start_counted(pool);
}

bool mcps__pool_withdraw(struct mcps__pool *pool, struct mcps__job *job)
{
    bool queued;

    mcps__mutex_lock(&pool->mutex);
    queued = job->state == MCPS__JOB_QUEUED;
    if (queued) {
        mcps__queue_remove(job);
        job->state = MCPS__JOB_ENDED;
        show(pool);
    }
    mcps__mutex_unlock(&pool->mutex);
    return queued;
}

void mcps__pool_hold(struct mcps__pool *pool, struct mcps__lane *lane)
{
    mcps__mutex_lock(&pool->mutex);
    mcps__queue_hold(lane);
    show(pool);
    mcps__mutex_unlock(&pool->mutex);
}

void mcps__pool_release(struct mcps__pool *pool, struct mcps__lane *lane)
{
    unsigned n;

    mcps__mutex_lock(&pool->mutex);
    n = mcps__queue_release(&pool->shares, lane, pool->n_idle);
    show(pool);
    mcps__mutex_unlock(&pool->mutex);
    wake(pool, n);
}

/* ---- jobs that do not count ---- */

static bool runs_here(const struct mcps__job *job)
{
    return self && self->job == job;
}

int mcps__pool_park(struct mcps__pool *pool, struct mcps__job *job)
{
    bool spare;
    int r = 0;

    if (self && self->pool->options.workers == 0)
        return -EDEADLK;
    if (!runs_here(job))
        return 0;
    mcps__mutex_lock(&pool->mutex);
    mcps__assert(!self->parked);
    if (self->stuck || pool->n_parked + pool->n_away >= pool->options.parked_max) {
        r = self->stuck ? 0 : MCPS_EBUSY;
        mcps__mutex_unlock(&pool->mutex);
        return r;
    }
    self->parked = true;
    pool->n_parked++;
    spare = count_spare(pool, n_active(pool));
    mcps__mutex_unlock(&pool->mutex);
    if (!spare || start_counted(pool) == 0)
        return 0;
    mcps__mutex_lock(&pool->mutex);
    /* With others left it only goes slower. Marked as stuck meanwhile it stays that. */
    if (n_active(pool) == 0 && self->parked) {
        self->parked = false;
        pool->n_parked--;
        r = MCPS_EBUSY;
    }
    mcps__mutex_unlock(&pool->mutex);
    return r;
}

void mcps__pool_unpark(struct mcps__pool *pool, struct mcps__job *job)
{
    bool surplus = false;

    if (!runs_here(job))
        return;
    mcps__mutex_lock(&pool->mutex);
    if (self->parked) {
        self->parked = false;
        pool->n_parked--;
        surplus = pool->n_idle > 0 && n_active(pool) > pool->options.workers;
    }
    mcps__mutex_unlock(&pool->mutex);
    if (surplus)
        mcps__cond_signal(&pool->work);
}

bool mcps__pool_may_park(void)
{
    return !self || self->pool->options.workers > 0;
}

bool mcps__pool_runs(const struct mcps__job *job)
{
    return runs_here(job);
}

int mcps__pool_join_parked(struct mcps__pool *pool)
{
    bool joined;

    mcps__mutex_lock(&pool->mutex);
    joined = pool->n_parked + pool->n_away < pool->options.parked_max;
    pool->n_away += joined;
    mcps__mutex_unlock(&pool->mutex);
    return joined ? 0 : MCPS_EBUSY;
}

void mcps__pool_leave_parked(struct mcps__pool *pool)
{
    mcps__mutex_lock(&pool->mutex);
    pool->n_away--;
    mcps__mutex_unlock(&pool->mutex);
}

/* The worker that runs the job now. What a job that has run says of it is out of date, so
 * it is only compared with those that there are. */
static struct mcps__worker *find_worker(struct mcps__pool *pool,
                                        const struct mcps__job *job)
    MCPS__REQUIRES(pool->mutex);
static struct mcps__worker *find_worker(struct mcps__pool *pool,
                                        const struct mcps__job *job)
{
    struct mcps__worker *worker;

    if (job->state != MCPS__JOB_RUNNING)
        return NULL;
    MCPS__LIST_FOREACH (node, &pool->threads) {
        worker = MCPS__CONTAINER_OF(node, struct mcps__worker, link);
        if (worker == job->worker)
            return worker->job == job ? worker : NULL;
    }
    return NULL;
}

bool mcps__pool_mark_stuck(struct mcps__pool *pool, struct mcps__job *job)
{
    struct mcps__worker *worker;
    bool marked, spare = false;

    mcps__mutex_lock(&pool->mutex);
    worker = find_worker(pool, job);
    marked = worker && count_stuck(pool, worker);
    if (marked) {
        /* It may have given its place away before, or may not do so. */
        spare = count_spare(pool, n_active(pool) + pool->n_starting);
    }
    mcps__mutex_unlock(&pool->mutex);
    if (spare)
        (void)start_counted(pool);
    return marked;
}

/* ---- pools without workers ---- */

/* Arguments were scanned before they are built: the limits here matter to nobody. */
int mcps__worker_init(struct mcps__worker *worker)
{
    *worker = (struct mcps__worker){ .pool = NULL };
    mcps__list_init(&worker->link);
    return mcps__reader_init(&worker->reader, &mcps__json_default_limits);
}

void mcps__worker_fini(struct mcps__worker *worker)
{
    mcps__reader_fini(&worker->reader);
}

/* The thread counts as one of the pool's meanwhile, so that a stop waits for it. */
static void run_here(struct mcps__pool *pool, struct mcps__worker *worker,
                     struct mcps__job *job) MCPS__REQUIRES(pool->mutex);
static void run_here(struct mcps__pool *pool, struct mcps__worker *worker,
                     struct mcps__job *job)
{
    struct mcps__pool *main = pool->options.main;

    worker->pool = pool;
    worker->outer = self;
    self = worker;
    if (main)
        atomic_fetch_add_explicit(&main->n_elsewhere, 1, memory_order_relaxed);
    mcps__list_push_back(&pool->threads, &worker->link);
    pool->n_threads++;
    pool->n_lent++;
    run_job(pool, worker, job);
    if (main)
        atomic_fetch_sub_explicit(&main->n_elsewhere, 1, memory_order_relaxed);
    pool->n_lent--;
    pool->n_threads--;
    mcps__list_remove(&worker->link);
    mcps__cond_broadcast(&pool->exit);
    self = worker->outer;
}

bool mcps__pool_run_one(struct mcps__pool *pool, struct mcps__worker *worker)
{
    struct mcps__job *job;

    mcps__mutex_lock(&pool->mutex);
    job = mcps__queue_pop(&pool->shares);
    show(pool);
    if (job)
        run_here(pool, worker, job);
    mcps__mutex_unlock(&pool->mutex);
    return job != NULL;
}

bool mcps__pool_has_work(struct mcps__pool *pool)
{
    bool has;

    mcps__mutex_lock(&pool->mutex);
    has = !mcps__queue_is_empty(&pool->shares);
    mcps__mutex_unlock(&pool->mutex);
    return has;
}

int mcps__pool_wait(struct mcps__pool *pool, int64_t deadline)
{
    int r = 0;

    mcps__mutex_lock(&pool->mutex);
    pool->n_idle++;
    while (mcps__queue_is_empty(&pool->shares) && !pool->stopping && !pool->stopped &&
           !pool->closed && r == 0)
        r = mcps__cond_wait_until(&pool->work, &pool->mutex, deadline);
    pool->n_idle--;
    if (!mcps__queue_is_empty(&pool->shares))
        r = 1;
    else
        r = pool->stopping || pool->stopped || pool->closed ? MCPS_ECLOSED : 0;
    mcps__mutex_unlock(&pool->mutex);
    return r;
}

void mcps__pool_close(struct mcps__pool *pool)
{
    mcps__mutex_lock(&pool->mutex);
    pool->closed = true;
    mcps__cond_broadcast(&pool->work);
    show(pool);
    mcps__mutex_unlock(&pool->mutex);
}

bool mcps__pool_is_closed(struct mcps__pool *pool)
{
    bool closed;

    mcps__mutex_lock(&pool->mutex);
    closed = pool->closed;
    mcps__mutex_unlock(&pool->mutex);
    return closed;
}
