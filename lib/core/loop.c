/* SPDX-License-Identifier: MIT */
/* What the engine knows of an I/O thread; see loop.h. */
#include "config.h"

#include "core/loop.h"

#include <errno.h>

#include "util/assert.h"
#include "util/clock.h"
#include "util/mem.h"

/* Of one turn for calls that are run here: others are to be read meanwhile. */
#define HERE_NS (10 * MCPS__NS_PER_MS)

#define LOOP_MAGIC UINT32_C(0x6d6c6f70)

static int init_here(struct mcps__loop *loop)
{
    const struct mcps__pool_options options = { .on_loop = true, .main = loop->pool };
    int r = mcps__worker_init(&loop->worker);

    if (r >= 0)
        r = mcps__pool_init(&loop->here, &options);
    if (r < 0)
        mcps__worker_fini(&loop->worker);
    return r;
}

int mcps__loop_new(struct mcps__loop **ret, struct mcps__pool *pool)
{
    struct mcps__loop *loop = mcps__malloc(sizeof *loop);
    int r;

    if (!loop)
        return -ENOMEM;
    *loop = (struct mcps__loop){ .pool = pool };
    mcps__obj_init(&loop->obj, LOOP_MAGIC);
    mcps__timers_init(&loop->timers);
    mcps__list_init(&loop->collected);
    mcps__list_init(&loop->posts);
    r = mcps__wake_init(&loop->wake);
    if (r < 0)
        goto no_wake;
    r = mcps__mutex_init(&loop->mutex, MCPS__LOCK_loop);
    if (r < 0)
        goto no_mutex;
    r = init_here(loop);
    if (r < 0)
        goto no_here;
    *ret = loop;
    return 0;
no_here:
    mcps__mutex_fini(&loop->mutex);
no_mutex:
    mcps__wake_fini(&loop->wake);
no_wake:
    mcps__free(loop);
    return r;
}

struct mcps__loop *mcps__loop_ref(struct mcps__loop *loop)
{
    MCPS__CHECK_OBJ(loop, LOOP_MAGIC);
    mcps__obj_ref(&loop->obj);
    return loop;
}

struct mcps__loop *mcps__loop_unref(struct mcps__loop *loop)
{
    if (!loop)
        return NULL;
    MCPS__CHECK_OBJ(loop, LOOP_MAGIC);
    if (!mcps__obj_unref(&loop->obj))
        return NULL;
    mcps__assert(mcps__list_is_empty(&loop->posts));
    mcps__assert(mcps__list_is_empty(&loop->collected));
    mcps__pool_fini(&loop->here);
    mcps__worker_fini(&loop->worker);
    mcps__timers_fini(&loop->timers);
    mcps__mutex_fini(&loop->mutex);
    mcps__wake_fini(&loop->wake);
    mcps__free(loop);
    return NULL;
}

void mcps__post_init(struct mcps__post *post, mcps__post_fn *fn)
{
    mcps__list_init(&post->link);
    post->fn = fn;
}

bool mcps__loop_post(struct mcps__loop *loop, struct mcps__post *post)
{
    bool posted, first;

    MCPS__CHECK_OBJ(loop, LOOP_MAGIC);
    mcps__mutex_lock(&loop->mutex);
    posted = !loop->closed && mcps__list_is_empty(&post->link);
    first = posted && mcps__list_is_empty(&loop->posts);
    if (posted)
        mcps__list_push_back(&loop->posts, &post->link);
    mcps__mutex_unlock(&loop->mutex);
    /* Whoever was first has told it already, and it has not looked since. */
    if (first)
        mcps__wake_signal(&loop->wake);
    return posted;
}

/* The first of a list, taken off under the mutex, under which others look whether it is on
 * one. */
static struct mcps__post *next_post(struct mcps__loop *loop, struct mcps__list *posts)
{
    struct mcps__list *node;

    mcps__mutex_lock(&loop->mutex);
    node = mcps__list_first(posts);
    if (node)
        mcps__list_remove(node);
    mcps__mutex_unlock(&loop->mutex);
    return node ? MCPS__CONTAINER_OF(node, struct mcps__post, link) : NULL;
}

/* What is posted by one of the functions waits for the next time, so that this ends. */
static void run_posts(struct mcps__loop *loop, bool close)
{
    struct mcps__list posts;
    struct mcps__post *post;

    mcps__list_init(&posts);
    mcps__mutex_lock(&loop->mutex);
    mcps__list_splice(&posts, &loop->posts);
    loop->closed = loop->closed || close;
    loop->has_home = !loop->closed;
    loop->home = pthread_self();
    mcps__mutex_unlock(&loop->mutex);
    for (post = next_post(loop, &posts); post; post = next_post(loop, &posts)) {
        post->fn(post);
        mcps__lock_assert_none_held();
    }
}

int64_t mcps__loop_next(struct mcps__loop *loop)
{
    return mcps__pool_has_work(&loop->here) ? 0 : mcps__timers_next(&loop->timers);
}

bool mcps__loop_is_home(struct mcps__loop *loop)
{
    bool is;

    MCPS__CHECK_OBJ(loop, LOOP_MAGIC);
    mcps__mutex_lock(&loop->mutex);
    is = loop->has_home && pthread_equal(loop->home, pthread_self());
    mcps__mutex_unlock(&loop->mutex);
    return is;
}

void mcps__loop_run(struct mcps__loop *loop)
{
    MCPS__CHECK_OBJ(loop, LOOP_MAGIC);
    /* Before looking: what is posted after the look then signals anew. */
    mcps__wake_drain(&loop->wake);
    run_posts(loop, false);
    mcps__timers_run(&loop->timers, mcps__clock_now());
}

/* The first that was collected, and all that are for the same pool. */
static void submit_some(struct mcps__loop *loop)
{
    struct mcps__job *job =
        MCPS__CONTAINER_OF(mcps__list_first(&loop->collected), struct mcps__job, link);
    struct mcps__pool *pool = job->pool;
    struct mcps__list jobs;

    mcps__list_init(&jobs);
    MCPS__LIST_FOREACH_SAFE (node, &loop->collected) {
        job = MCPS__CONTAINER_OF(node, struct mcps__job, link);
        if (job->pool != pool)
            continue;
        mcps__list_remove(node);
        mcps__list_push_back(&jobs, node);
    }
    mcps__pool_submit(pool ? pool : loop->pool, &jobs);
}

/* At the end of a turn, so that what a client has sent behind a call, a cancel or a ping,
 * does not wait for its end. */
static void run_here(struct mcps__loop *loop)
{
    int64_t until = mcps__clock_after(HERE_NS);

    while (mcps__pool_run_one(&loop->here, &loop->worker)) {
        if (mcps__clock_now() >= until)
            return;
    }
}

void mcps__loop_submit(struct mcps__loop *loop)
{
    MCPS__CHECK_OBJ(loop, LOOP_MAGIC);
    while (!mcps__list_is_empty(&loop->collected))
        submit_some(loop);
    run_here(loop);
}

int mcps__loop_set_timer(struct mcps__loop *loop, struct mcps__timer *timer, int64_t at)
{
    MCPS__CHECK_OBJ(loop, LOOP_MAGIC);
    if (loop->closing)
        return MCPS_ECLOSED;
    return mcps__timer_set(&loop->timers, timer, at);
}

void mcps__loop_close(struct mcps__loop *loop)
{
    MCPS__CHECK_OBJ(loop, LOOP_MAGIC);
    loop->closing = true;
    run_posts(loop, true);
    mcps__timers_run(&loop->timers, MCPS__CLOCK_NEVER);
    mcps__loop_submit(loop);
}
