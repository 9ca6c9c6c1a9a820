/* SPDX-License-Identifier: MIT */
/* The control pool; see control.h. */
#include "config.h"

#include "core/control.h"

#include "core/thread.h"
#include "util/assert.h"
#include "util/sync.h"

int mcps__control_init(struct mcps__control *control)
{
    int r;

    *control = (struct mcps__control){ .threads = { { .control = NULL } } };
    r = mcps__mutex_init(&control->mutex, MCPS__LOCK_control);
    if (r < 0)
        return r;
    r = mcps__cond_init(&control->work);
    if (r < 0)
        goto fail_mutex;
    r = mcps__cond_init(&control->exit);
    if (r < 0)
        goto fail_work;
    mcps__mutex_lock(&control->mutex);
    mcps__list_init(&control->queue);
    mcps__mutex_unlock(&control->mutex);
    return 0;

fail_work:
    mcps__cond_fini(&control->work);
fail_mutex:
    mcps__mutex_fini(&control->mutex);
    return r;
}

void mcps__control_fini(struct mcps__control *control)
{
    mcps__mutex_lock(&control->mutex);
    mcps__assert(control->n_threads == 0 && mcps__list_is_empty(&control->queue));
    mcps__mutex_unlock(&control->mutex);
    mcps__cond_fini(&control->exit);
    mcps__cond_fini(&control->work);
    mcps__mutex_fini(&control->mutex);
}

void mcps__task_init(struct mcps__task *task, mcps__task_fn *fn)
{
    mcps__list_init(&task->link);
    task->fn = fn;
}

/* ---- the threads ---- */

static void take_off(struct mcps__control *control, struct mcps__task *task)
    MCPS__REQUIRES(control->mutex)
{
    mcps__list_remove(&task->link);
    control->n_queued--;
}

/* Runs the first task, and gives up the mutex meanwhile. False when there is none. */
static bool run_one(struct mcps__control *control) MCPS__REQUIRES(control->mutex)
{
    struct mcps__list *node = mcps__list_first(&control->queue);
    struct mcps__task *task;

    if (!node)
        return false;
    task = MCPS__CONTAINER_OF(node, struct mcps__task, link);
    take_off(control, task);
    mcps__mutex_unlock(&control->mutex);
    mcps__lock_assert_none_held();
    task->fn(task);
    mcps__lock_assert_none_held();
    mcps__mutex_lock(&control->mutex);
    return true;
}

static void *run_thread(void *userdata)
{
    struct mcps__control_thread *self = userdata;
    struct mcps__control *control = self->control;
    bool ran;

    mcps__mutex_lock(&control->mutex);
    while (!control->stopping || !mcps__list_is_empty(&control->queue)) {
        if (mcps__list_is_empty(&control->queue)) {
            mcps__cond_wait(&control->work, &control->mutex);
            continue;
        }
        control->n_idle--;
        ran = run_one(control);
        mcps__assert(ran);
        control->n_idle++;
    }
    control->n_idle--;
    self->exited = true;
    mcps__cond_broadcast(&control->exit);
    mcps__mutex_unlock(&control->mutex);
    return NULL;
}

static bool start_one(struct mcps__control *control) MCPS__REQUIRES(control->mutex)
{
    for (size_t i = 0; i < MCPS__CONTROL_THREADS; i++) {
        struct mcps__control_thread *slot = &control->threads[i];

        if (slot->started)
            continue;
        *slot = (struct mcps__control_thread){ .control = control };
        if (mcps__thread_start(&slot->thread, run_thread, slot, 0) < 0)
            return false;
        slot->started = true;
        control->n_threads++;
        control->n_idle++;
        return true;
    }
    return false;
}

/* As many as it takes for no task to wait behind another. A thread that was woken or
 * started but does not run yet counts as idle: so each task has one that will come. */
static void start_threads(struct mcps__control *control) MCPS__REQUIRES(control->mutex)
{
    while (control->n_queued > control->n_idle) {
        if (!start_one(control))
            return;
    }
}

/* ---- what others call ---- */

void mcps__control_post(struct mcps__control *control, struct mcps__task *task)
{
    mcps__mutex_lock(&control->mutex);
    if (mcps__list_is_empty(&task->link)) {
        mcps__list_push_back(&control->queue, &task->link);
        control->n_queued++;
        mcps__cond_signal(&control->work);
        if (!control->stopping)
            start_threads(control);
    }
    mcps__mutex_unlock(&control->mutex);
}

bool mcps__control_withdraw(struct mcps__control *control, struct mcps__task *task)
{
    bool queued;

    mcps__mutex_lock(&control->mutex);
    queued = !mcps__list_is_empty(&task->link);
    if (queued)
        take_off(control, task);
    mcps__mutex_unlock(&control->mutex);
    return queued;
}

void mcps__control_start(struct mcps__control *control)
{
    mcps__mutex_lock(&control->mutex);
    control->stopping = false;
    mcps__mutex_unlock(&control->mutex);
}

unsigned mcps__control_threads(struct mcps__control *control)
{
    unsigned n;

    mcps__mutex_lock(&control->mutex);
    n = control->n_threads;
    mcps__mutex_unlock(&control->mutex);
    return n;
}

bool mcps__control_is_inside(struct mcps__control *control)
{
    pthread_t self = pthread_self();
    bool inside = false;

    mcps__mutex_lock(&control->mutex);
    for (size_t i = 0; i < MCPS__CONTROL_THREADS; i++) {
        const struct mcps__control_thread *slot = &control->threads[i];

        if (slot->started && !slot->exited && pthread_equal(slot->thread, self))
            inside = true;
    }
    mcps__mutex_unlock(&control->mutex);
    return inside;
}

static struct mcps__control_thread *find_exited(struct mcps__control *control)
    MCPS__REQUIRES(control->mutex)
{
    for (size_t i = 0; i < MCPS__CONTROL_THREADS; i++) {
        struct mcps__control_thread *slot = &control->threads[i];

        if (slot->exited && !slot->joining)
            return slot;
    }
    return NULL;
}

/* Joins what has exited; gives up the mutex meanwhile, so that there may be more then. */
static void join_exited(struct mcps__control *control) MCPS__REQUIRES(control->mutex)
{
    struct mcps__control_thread *slot = find_exited(control);

    for (; slot; slot = find_exited(control)) {
        slot->joining = true;
        mcps__mutex_unlock(&control->mutex);
        MCPS__SYNC_POINT("control_join");
        pthread_join(slot->thread, NULL);
        mcps__mutex_lock(&control->mutex);
        slot->started = slot->exited = slot->joining = false;
        control->n_threads--;
        mcps__cond_broadcast(&control->exit); /* for another stop */
    }
}

unsigned mcps__control_stop(struct mcps__control *control, int64_t deadline)
{
    unsigned left;
    int r = 0;

    mcps__assert(!mcps__control_is_inside(control));
    mcps__mutex_lock(&control->mutex);
    control->stopping = true;
    mcps__cond_broadcast(&control->work);
    start_threads(control);
    while (control->n_threads == 0 && run_one(control)) {
        /* No thread could be started. */
    }
    join_exited(control);
    while (control->n_threads > 0 && r == 0) {
        r = mcps__cond_wait_until(&control->exit, &control->mutex, deadline);
        join_exited(control);
    }
    left = control->n_threads;
    mcps__mutex_unlock(&control->mutex);
    return left;
}
