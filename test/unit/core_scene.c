/* SPDX-License-Identifier: MIT */
/* What tests of the pool share; see core_scene.h. */
#include "config.h"

#include "core_scene.h"

#include <time.h>

#include "json/json.h"
#include "util/clock.h"
#include "util/mem.h"

bool scene_make(struct scene *scene, struct mcps__pool_options options)
{
    *scene = (struct scene){
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };
    if (options.parked_max == 0)
        options.parked_max = 64;
    if (options.queued_max == 0)
        options.queued_max = 1000;
    options.json = &mcps__json_default_limits;
    for (unsigned i = 0; i < SCENE_SHARES; i++) {
        mcps__share_init(&scene->shares[i]);
        for (unsigned j = 0; j < SCENE_LANES; j++)
            mcps__lane_init(&scene->lanes[i][j], &scene->shares[i]);
    }
    scene->made = mcps__pool_init(&scene->pool, &options) == 0;
    return scene->made;
}

bool scene_start(struct scene *scene, struct mcps__pool_options options)
{
    return scene_make(scene, options) && mcps__pool_start(&scene->pool) == 0;
}

void scene_end(struct scene *scene)
{
    if (!scene->made)
        return;
    scene_open(scene);
    if (mcps__pool_stop(&scene->pool, MCPS__CLOCK_NEVER) == 0)
        mcps__pool_fini(&scene->pool);
    scene->made = false;
}

/* ---- acts ---- */

static void begin(struct act *act)
{
    struct scene *scene = act->scene;

    pthread_mutex_lock(&scene->mutex);
    if (scene->n_begun < SCENE_NAMES)
        scene->names[scene->n_begun] = act->name;
    scene->n_begun++;
    pthread_cond_broadcast(&scene->changed);
    pthread_mutex_unlock(&scene->mutex);
}

static void wait_here(struct scene *scene)
{
    pthread_mutex_lock(&scene->mutex);
    scene->n_waiting++;
    pthread_cond_broadcast(&scene->changed);
    while (!scene->open)
        pthread_cond_wait(&scene->changed, &scene->mutex);
    scene->n_waiting--;
    pthread_mutex_unlock(&scene->mutex);
}

static void run_act(struct mcps__job *job, struct mcps__worker *worker)
{
    struct act *act = MCPS__CONTAINER_OF(job, struct act, job);
    struct scene *scene = act->scene;

    begin(act);
    if (act->first)
        act->first(act, worker);
    if (act->parks)
        act->park_result = mcps__pool_park(&scene->pool, job);
    if (act->waits && act->park_result == 0)
        wait_here(scene);
    if (act->parks && act->park_result == 0)
        mcps__pool_unpark(&scene->pool, job);
    if (act->frees)
        mcps__free(act);
    pthread_mutex_lock(&scene->mutex);
    scene->n_ended++;
    pthread_cond_broadcast(&scene->changed);
    pthread_mutex_unlock(&scene->mutex);
}

void act_init(struct act *act, struct scene *scene, char name, struct mcps__lane *lane)
{
    *act = (struct act){ .scene = scene, .name = name };
    mcps__job_init(&act->job, lane ? lane : &scene->lanes[0][0], run_act);
}

bool act_submit(struct act *act)
{
    struct mcps__list jobs;

    if (mcps__pool_reserve(&act->scene->pool) < 0)
        return false;
    mcps__list_init(&jobs);
    mcps__list_push_back(&jobs, &act->job.link);
    mcps__pool_submit(&act->scene->pool, &jobs);
    return true;
}

/* ---- what the test does meanwhile ---- */

static void set_open(struct scene *scene, bool open)
{
    pthread_mutex_lock(&scene->mutex);
    scene->open = open;
    pthread_cond_broadcast(&scene->changed);
    pthread_mutex_unlock(&scene->mutex);
}

void scene_open(struct scene *scene)
{
    set_open(scene, true);
}

void scene_close(struct scene *scene)
{
    set_open(scene, false);
}

/* Until the counts come to n together; the second may be NULL. */
static void await(struct scene *scene, const unsigned *count, const unsigned *other,
                  unsigned n)
{
    pthread_mutex_lock(&scene->mutex);
    while (*count + (other ? *other : 0) < n)
        pthread_cond_wait(&scene->changed, &scene->mutex);
    pthread_mutex_unlock(&scene->mutex);
}

void scene_await_begun(struct scene *scene, unsigned n)
{
    await(scene, &scene->n_begun, NULL, n);
}

void scene_await_waiting(struct scene *scene, unsigned n)
{
    await(scene, &scene->n_waiting, &scene->n_ended, n);
}

void scene_await_ended(struct scene *scene, unsigned n)
{
    await(scene, &scene->n_ended, NULL, n);
}

struct mcps__pool_stats scene_stats(struct scene *scene)
{
    struct mcps__pool_stats stats;

    mcps__pool_get_stats(&scene->pool, &stats);
    return stats;
}

static void sleep_a_little(void)
{
    static const struct timespec little = { .tv_nsec = 200000 };

    nanosleep(&little, NULL);
}

void scene_await_threads(struct scene *scene, unsigned n)
{
    while (scene_stats(scene).threads != n)
        sleep_a_little();
}

void scene_await_idle(struct scene *scene, unsigned n)
{
    while (scene_stats(scene).idle != n)
        sleep_a_little();
}
