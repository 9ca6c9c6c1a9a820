/* SPDX-License-Identifier: MIT */
/* Executors that the host pumps; see executor.h. */
#include "config.h"

#include "core/executor.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "mcpserver/tool.h"
#include "util/clock.h"
#include "util/mem.h"

#define EXECUTOR_MAGIC UINT32_C(0x45786563)

/* ---- life ---- */

static int make(mcps_executor **ret, struct mcps__pool *main, const char *name)
{
    size_t size = strlen(name) + 1;
    mcps_executor *x = mcps__calloc(1, sizeof *x + size);
    struct mcps__pool_options options = { .main = main };
    int r;

    if (!x)
        return -ENOMEM;
    memcpy(x->name, name, size);
    r = mcps__wake_init(&x->wake);
    if (r < 0)
        goto no_wake;
    options.wake = &x->wake;
    r = mcps__pool_init(&x->pool, &options);
    if (r < 0)
        goto no_pool;
    atomic_init(&x->worker, NULL);
    mcps__obj_init(&x->obj, EXECUTOR_MAGIC);
    *ret = x;
    return 0;
no_pool:
    mcps__wake_fini(&x->wake);
no_wake:
    mcps__free(x);
    return r;
}

static void free_worker(struct mcps__worker *worker)
{
    if (worker)
        mcps__worker_fini(worker);
    mcps__free(worker);
}

mcps_executor *mcps_executor_ref(mcps_executor *executor)
{
    MCPS__CHECK_OBJ(executor, EXECUTOR_MAGIC);
    mcps__obj_ref(&executor->obj);
    return executor;
}

mcps_executor *mcps_executor_unref(mcps_executor *executor)
{
    if (!executor)
        return NULL;
    MCPS__CHECK_OBJ(executor, EXECUTOR_MAGIC);
    if (!mcps__obj_unref(&executor->obj))
        return NULL;
    free_worker(atomic_load(&executor->worker));
    mcps__pool_fini(&executor->pool);
    mcps__wake_fini(&executor->wake);
    mcps__free(executor);
    return NULL;
}

/* ---- the list ---- */

void mcps__executors_init(struct mcps__executors *executors)
{
    atomic_init(&executors->first, NULL);
}

void mcps__executors_fini(struct mcps__executors *executors)
{
    mcps_executor *next, *x = atomic_load(&executors->first);

    for (; x; x = next) {
        next = x->next;
        mcps_executor_unref(x);
    }
}

mcps_executor *mcps__executors_find(const struct mcps__executors *executors,
                                    const char *name)
{
    mcps_executor *x = atomic_load(&executors->first);

    while (x && strcmp(x->name, name) != 0)
        x = x->next;
    return x;
}

int mcps__executor_new(mcps_executor **ret, struct mcps__executors *executors,
                       struct mcps__pool *main, const char *name)
{
    mcps_executor *x = NULL;
    int r;

    if (!name || name[0] == '\0')
        return -EINVAL;
    if (strcmp(name, MCPS_INLINE) == 0 || mcps__executors_find(executors, name))
        return MCPS_EEXISTS;
    r = make(&x, main, name);
    if (r < 0)
        return r;
    x->next = atomic_load(&executors->first);
    atomic_store(&executors->first, x);
    *ret = mcps_executor_ref(x);
    return 0;
}

void mcps__executors_start(struct mcps__executors *executors)
{
    for (mcps_executor *x = atomic_load(&executors->first); x; x = x->next) {
        int r = mcps__pool_start(&x->pool);

        mcps__assert(r == 0); /* there is no thread to be started */
        (void)r;
    }
}

unsigned mcps__executors_stop(struct mcps__executors *executors, int64_t deadline)
{
    unsigned left = 0;

    for (mcps_executor *x = atomic_load(&executors->first); x; x = x->next)
        left += mcps__pool_stop(&x->pool, deadline);
    return left;
}

void mcps__executors_close(struct mcps__executors *executors)
{
    for (mcps_executor *x = atomic_load(&executors->first); x; x = x->next)
        mcps__pool_close(&x->pool);
}

unsigned mcps__executors_stuck(const struct mcps__executors *executors)
{
    struct mcps__pool_stats stats;
    unsigned n = 0;

    for (mcps_executor *x = atomic_load(&executors->first); x; x = x->next) {
        mcps__pool_get_stats(&x->pool, &stats);
        n += stats.stuck;
    }
    return n;
}

/* ---- what the host calls ---- */

/* The pool's main one is gone when the pool is closed, so it is not looked at before. */
static int check(mcps_executor *executor)
{
    MCPS__CHECK_OBJ(executor, EXECUTOR_MAGIC);
    if (mcps__pool_is_closed(&executor->pool))
        return MCPS_ECLOSED;
    return mcps__pool_runs_here(&executor->pool) ? -EDEADLK : 0;
}

/* The one that is kept, unless another thread has it. */
static struct mcps__worker *take_worker(mcps_executor *executor)
{
    struct mcps__worker *worker = atomic_exchange(&executor->worker, NULL);

    if (worker)
        return worker;
    worker = mcps__malloc(sizeof *worker);
    if (worker && mcps__worker_init(worker) == 0)
        return worker;
    mcps__free(worker);
    return NULL;
}

static void keep_worker(mcps_executor *executor, struct mcps__worker *worker)
{
    free_worker(atomic_exchange(&executor->worker, worker));
}

int mcps_executor_run(mcps_executor *executor, unsigned budget_us)
{
    struct mcps__worker *worker;
    int64_t until;
    int n = 0, r = check(executor);

    if (r < 0 || !mcps__pool_has_work(&executor->pool))
        return r;
    worker = take_worker(executor);
    if (!worker)
        return -ENOMEM;
    until = mcps__clock_after((int64_t)budget_us * MCPS__NS_PER_US);
    while (n < INT_MAX && mcps__pool_run_one(&executor->pool, worker)) {
        n++;
        if (mcps__clock_now() >= until)
            break;
    }
    keep_worker(executor, worker);
    return n;
}

int mcps_executor_wait(mcps_executor *executor, int timeout_ms)
{
    int r = check(executor);

    if (r < 0)
        return r;
    return mcps__pool_wait(&executor->pool,
                           timeout_ms < 0
                               ? MCPS__CLOCK_NEVER
                               : mcps__clock_after(timeout_ms * MCPS__NS_PER_MS));
}

int mcps_executor_get_fd(mcps_executor *executor)
{
    MCPS__CHECK_OBJ(executor, EXECUTOR_MAGIC);
    if (mcps__pool_is_closed(&executor->pool))
        return MCPS_ECLOSED;
    return mcps__wake_fd(&executor->wake);
}
