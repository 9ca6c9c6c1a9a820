/* SPDX-License-Identifier: MIT */
/* The worker pool: jobs that are parked, jobs that are stuck, and who takes their place. */
#include "config.h"

#include "unit.h"

#include <sched.h>
#include <string.h>

#include "core_scene.h"
#include "util/clock.h"
#include "util/mem.h"

extern const struct unit_test park_tests[];

#define OPTIONS(...) ((struct mcps__pool_options){ __VA_ARGS__ })

/* A job that waits for the scene to open, parked or not. */
static bool submit_waiting(struct act *act, struct scene *scene, bool parks)
{
    act_init(act, scene, 'w', NULL);
    act->waits = true;
    act->parks = parks;
    return act_submit(act);
}

/* A job that ends by itself. */
static bool submit_plain(struct act *act, struct scene *scene)
{
    act_init(act, scene, 'p', &scene->lanes[1][0]);
    return act_submit(act);
}

static unsigned n_exited(struct scene *scene)
{
    unsigned n = 0;

    mcps__mutex_lock(&scene->pool.mutex);
    MCPS__LIST_FOREACH (node, &scene->pool.exited) {
        n++;
    }
    mcps__mutex_unlock(&scene->pool.mutex);
    return n;
}

/* ---- parking ---- */

enum { MANY = 64 };

/* Submits as many jobs as may be parked, one after the other, for a job that cannot be
 * parked ends at once. */
static bool park_many(struct scene *scene, struct act *acts)
{
    for (unsigned i = 0; i < MANY; i++) {
        if (!submit_waiting(&acts[i], scene, true))
            return false;
        scene_await_begun(scene, i + 1);
    }
    return true;
}

static void parked_jobs_do_not_use_up_the_pool(void)
{
    struct scene scene;
    struct act acts[MANY], plain, refused, again;
    struct mcps__pool_stats stats;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1, .parked_max = MANY)));
    CHECK(park_many(&scene, acts));
    CHECK(submit_plain(&plain, &scene));
    scene_await_waiting(&scene, MANY + 1);
    scene_await_idle(&scene, 1);
    for (unsigned i = 0; i < MANY; i++)
        CHECK_INT(acts[i].park_result, 0);
    stats = scene_stats(&scene);
    CHECK_INT(stats.parked, MANY);
    CHECK_INT(stats.running, MANY);
    CHECK_INT(stats.threads, MANY + 1);
    /* One more is refused, and goes on as it was. */
    CHECK(submit_waiting(&refused, &scene, true));
    scene_await_ended(&scene, 2);
    scene_await_idle(&scene, 1);
    CHECK_INT(refused.park_result, MCPS_EBUSY);
    CHECK_INT(scene_stats(&scene).parked, MANY);
    CHECK_INT(scene_stats(&scene).threads, MANY + 1);
    /* All come back, and there is one worker again. */
    scene_open(&scene);
    scene_await_ended(&scene, MANY + 2);
    scene_await_threads(&scene, 1);
    CHECK_INT(scene_stats(&scene).parked, 0);
    CHECK_INT(n_exited(&scene), MANY);
    /* Who starts a spare joins those. */
    scene_close(&scene);
    CHECK(submit_waiting(&again, &scene, true));
    scene_await_waiting(&scene, MANY + 3);
    CHECK_INT(n_exited(&scene), 0);
out:
    scene_end(&scene);
}

/* The job goes on beside others, but the pool does not stay larger than it was. */
static void a_spare_retires_when_the_job_goes_on(void)
{
    struct scene scene;
    struct act parked, plain;

    CHECK(scene_start(&scene, OPTIONS(.workers = 2)));
    for (unsigned turn = 0; turn < 20; turn++) {
        scene_close(&scene);
        CHECK(submit_waiting(&parked, &scene, true));
        scene_await_waiting(&scene, 2 * turn + 1);
        CHECK_INT(scene_stats(&scene).threads, 3);
        scene_open(&scene);
        scene_await_ended(&scene, 2 * turn + 1);
        scene_await_threads(&scene, 2);
        CHECK(submit_plain(&plain, &scene));
        scene_await_ended(&scene, 2 * turn + 2);
    }
out:
    scene_end(&scene);
}

static void park_until_the_spare_is_idle(struct act *act, struct mcps__worker *worker)
{
    struct scene *scene = act->scene;

    (void)worker;
    act->noted = mcps__pool_park(&scene->pool, &act->job);
    if (act->noted < 0)
        return;
    scene_await_idle(scene, 1);
    mcps__pool_unpark(&scene->pool, &act->job);
}

/* Nobody gives it anything to do, and the job goes on. */
static void an_idle_spare_retires_at_once(void)
{
    struct scene scene;
    struct act act;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    scene_await_idle(&scene, 1);
    act_init(&act, &scene, 'a', NULL);
    act.first = park_until_the_spare_is_idle;
    act.waits = true;
    CHECK(act_submit(&act));
    scene_await_waiting(&scene, 1);
    scene_await_threads(&scene, 1);
    CHECK_INT(act.noted, 0);
    CHECK_INT(scene_stats(&scene).running, 1);
out:
    scene_end(&scene);
}

static void park_other(struct act *act, struct mcps__worker *worker)
{
    (void)worker;
    act->noted = mcps__pool_park(&act->scene->pool, act->other) == 0 &&
                 scene_stats(act->scene).parked == 0;
    mcps__pool_unpark(&act->scene->pool, act->other);
}

static void only_its_own_worker_parks_a_job(void)
{
    struct scene scene;
    struct act waiting, other;

    CHECK(scene_start(&scene, OPTIONS(.workers = 2)));
    CHECK(submit_waiting(&waiting, &scene, false));
    scene_await_waiting(&scene, 1);
    CHECK_INT(mcps__pool_park(&scene.pool, &waiting.job), 0);
    CHECK_INT(scene_stats(&scene).parked, 0);
    CHECK_INT(scene_stats(&scene).threads, 2);
    mcps__pool_unpark(&scene.pool, &waiting.job);
    act_init(&other, &scene, 'o', NULL);
    other.first = park_other;
    other.other = &waiting.job;
    CHECK(act_submit(&other));
    scene_await_ended(&scene, 1);
    CHECK_INT(other.noted, 1);
    CHECK_INT(scene_stats(&scene).parked, 0);
    CHECK_INT(scene_stats(&scene).threads, 2);
out:
    scene_end(&scene);
}

static void note_threads(struct act *act, struct mcps__worker *worker)
{
    struct scene *scene = act->scene;

    (void)worker;
    if (mcps__pool_park(&scene->pool, &act->job) < 0)
        return;
    act->noted = 10 * (int64_t)scene_stats(scene).parked + scene_stats(scene).threads;
    mcps__pool_unpark(&scene->pool, &act->job);
}

static void no_spare_is_started_during_a_stop(void)
{
    struct scene scene;
    struct act first, parks;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    CHECK(submit_waiting(&first, &scene, false));
    scene_await_waiting(&scene, 1);
    act_init(&parks, &scene, 'p', NULL);
    parks.first = note_threads;
    CHECK(act_submit(&parks));
    CHECK_INT(mcps__pool_stop(&scene.pool, mcps__clock_now()), 1);
    scene_open(&scene);
    scene_await_ended(&scene, 2);
    CHECK_INT(parks.noted, 11);
    CHECK_INT(mcps__pool_stop(&scene.pool, MCPS__CLOCK_NEVER), 0);
    CHECK_INT(scene_stats(&scene).threads, 0);
out:
    scene_end(&scene);
}

#ifdef MCPS__TEST_HOOKS

/* The next allocation is the spare's. */
static void fail_the_spare(struct act *act, struct mcps__worker *worker)
{
    (void)act;
    (void)worker;
    mcps__mem_fail_at(1);
}

static bool submit_failing(struct act *act, struct scene *scene)
{
    act_init(act, scene, 'f', NULL);
    act->first = fail_the_spare;
    act->waits = act->parks = true;
    return act_submit(act);
}

static void without_a_spare_the_last_thread_does_not_park(void)
{
    struct scene scene;
    struct act act, later;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    CHECK(submit_failing(&act, &scene));
    scene_await_ended(&scene, 1);
    CHECK_INT(act.park_result, MCPS_EBUSY);
    CHECK_INT(scene_stats(&scene).parked, 0);
    CHECK_INT(scene_stats(&scene).threads, 1);
    /* It is a matter of the moment. */
    CHECK(submit_waiting(&later, &scene, true));
    scene_await_waiting(&scene, 2);
    CHECK_INT(scene_stats(&scene).parked, 1);
    CHECK_INT(scene_stats(&scene).threads, 2);
out:
    mcps__mem_fail_at(0);
    scene_end(&scene);
}

static void without_a_spare_others_do_the_work(void)
{
    struct scene scene;
    struct act acts[3], plain;

    CHECK(scene_start(&scene, OPTIONS(.workers = 3)));
    /* All threads are there for certain when they run something. */
    scene_await_idle(&scene, 3);
    CHECK(submit_failing(&acts[0], &scene));
    scene_await_waiting(&scene, 1);
    CHECK_INT(scene_stats(&scene).parked, 1);
    CHECK_INT(scene_stats(&scene).threads, 3);
    CHECK_INT(scene_stats(&scene).idle, 2);
    /* With memory again, the next submission makes up for it. */
    CHECK(submit_plain(&plain, &scene));
    scene_await_ended(&scene, 1);
    CHECK_INT(scene_stats(&scene).threads, 4);
    scene_await_idle(&scene, 3);
    scene_open(&scene);
    scene_await_threads(&scene, 3);
out:
    mcps__mem_fail_at(0);
    scene_end(&scene);
}

static void note_parking(struct act *act, struct mcps__worker *worker)
{
    (void)worker;
    mcps__mem_fail_at(1);
    act->noted = mcps__pool_park(&act->scene->pool, &act->job);
}

/* Nobody would be left who could run anything. */
static void without_spares_one_thread_stays(void)
{
    struct scene scene;
    struct act parked, last, plain;

    CHECK(scene_start(&scene, OPTIONS(.workers = 2)));
    scene_await_idle(&scene, 2);
    CHECK(submit_failing(&parked, &scene));
    scene_await_waiting(&scene, 1);
    CHECK_INT(scene_stats(&scene).threads, 2);
    /* Queued without a submission, which would start the missing thread. */
    act_init(&last, &scene, 'l', NULL);
    last.first = note_parking;
    mcps__pool_hold(&scene.pool, last.job.lane);
    mcps__mem_fail_at(1);
    CHECK(act_submit(&last));
    CHECK_INT(scene_stats(&scene).threads, 2);
    mcps__pool_release(&scene.pool, last.job.lane);
    scene_await_ended(&scene, 1);
    CHECK_INT(last.noted, MCPS_EBUSY);
    CHECK_INT(scene_stats(&scene).parked, 1);
    mcps__mem_fail_at(0);
    CHECK(submit_plain(&plain, &scene));
    scene_await_ended(&scene, 2);
out:
    mcps__mem_fail_at(0);
    scene_end(&scene);
}

/* The stuck job's thread has no one in its place; the next submission brings one. */
static void a_missing_thread_is_started_later(void)
{
    struct scene scene;
    struct act stuck, plain;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1, .stuck_max = 1)));
    CHECK(submit_waiting(&stuck, &scene, false));
    scene_await_waiting(&scene, 1);
    mcps__mem_fail_at(1);
    CHECK(mcps__pool_mark_stuck(&scene.pool, &stuck.job));
    CHECK_INT(scene_stats(&scene).threads, 1);
    CHECK_INT(scene_stats(&scene).stuck, 1);
    CHECK(submit_plain(&plain, &scene));
    scene_await_ended(&scene, 1);
    CHECK_INT(scene_stats(&scene).threads, 2);
out:
    mcps__mem_fail_at(0);
    scene_end(&scene);
}

#endif

/* ---- stuck ---- */

static void a_stuck_job_gets_a_thread_in_its_place(void)
{
    struct scene scene;
    struct act *stuck = NULL;
    struct act plain, queued;
    struct mcps__pool_stats stats;
    bool submitted = false;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1, .stuck_max = 1)));
    /* Its memory is gone when it has ended. */
    stuck = mcps__malloc(sizeof *stuck);
    CHECK(stuck != NULL);
    act_init(stuck, &scene, 's', NULL);
    stuck->waits = stuck->frees = true;
    CHECK(!mcps__pool_mark_stuck(&scene.pool, &stuck->job));
    submitted = act_submit(stuck);
    CHECK(submitted);
    scene_await_waiting(&scene, 1);
    act_init(&queued, &scene, 'q', NULL);
    CHECK(act_submit(&queued));
    CHECK(!mcps__pool_mark_stuck(&scene.pool, &queued.job));
    CHECK_INT(scene_stats(&scene).threads, 1);
    CHECK(mcps__pool_mark_stuck(&scene.pool, &stuck->job));
    CHECK(!mcps__pool_mark_stuck(&scene.pool, &stuck->job));
    CHECK_INT(scene_stats(&scene).threads, 2);
    scene_await_ended(&scene, 1);
    CHECK(submit_plain(&plain, &scene));
    scene_await_ended(&scene, 2);
    scene_await_idle(&scene, 1);
    CHECK(!mcps__pool_mark_stuck(&scene.pool, &plain.job));
    stats = scene_stats(&scene);
    CHECK_INT(stats.threads, 2);
    CHECK_INT(stats.stuck, 1);
    scene_open(&scene);
    scene_await_ended(&scene, 3);
    scene_await_threads(&scene, 1);
    CHECK_INT(scene_stats(&scene).stuck, 0);
    CHECK_STR(scene.names, "sqp");
out:
    if (!submitted)
        mcps__free(stuck);
    scene_end(&scene);
}

/* Those beyond the limit count, but nobody takes their place. */
static void no_more_places_are_given_away_than_may(void)
{
    struct scene scene;
    struct act acts[3], plain;

    CHECK(scene_start(&scene, OPTIONS(.workers = 2, .stuck_max = 1)));
    for (unsigned i = 0; i < 2; i++)
        CHECK(submit_waiting(&acts[i], &scene, false));
    scene_await_waiting(&scene, 2);
    CHECK(mcps__pool_mark_stuck(&scene.pool, &acts[0].job));
    CHECK_INT(scene_stats(&scene).threads, 3);
    CHECK(mcps__pool_mark_stuck(&scene.pool, &acts[1].job));
    CHECK_INT(scene_stats(&scene).threads, 3);
    CHECK_INT(scene_stats(&scene).stuck, 2);
    /* The one that took a place, too. */
    CHECK(submit_waiting(&acts[2], &scene, false));
    scene_await_waiting(&scene, 3);
    CHECK(mcps__pool_mark_stuck(&scene.pool, &acts[2].job));
    CHECK_INT(scene_stats(&scene).threads, 3);
    CHECK(submit_plain(&plain, &scene));
    CHECK_INT(scene_stats(&scene).queued, 1);
    scene_open(&scene);
    scene_await_ended(&scene, 4);
    scene_await_threads(&scene, 2);
    CHECK_INT(scene_stats(&scene).stuck, 0);
out:
    scene_end(&scene);
}

static void a_parked_job_can_be_stuck(void)
{
    struct scene scene;
    struct act act, plain;
    struct mcps__pool_stats stats;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1, .stuck_max = 2)));
    CHECK(submit_waiting(&act, &scene, true));
    scene_await_waiting(&scene, 1);
    CHECK_INT(scene_stats(&scene).threads, 2);
    CHECK(mcps__pool_mark_stuck(&scene.pool, &act.job));
    stats = scene_stats(&scene);
    CHECK_INT(stats.parked, 0);
    CHECK_INT(stats.stuck, 1);
    CHECK_INT(stats.threads, 2);
    CHECK(submit_plain(&plain, &scene));
    scene_await_ended(&scene, 1);
    scene_open(&scene);
    scene_await_ended(&scene, 2);
    scene_await_threads(&scene, 1);
    stats = scene_stats(&scene);
    CHECK_INT(stats.parked, 0);
    CHECK_INT(stats.stuck, 0);
out:
    scene_end(&scene);
}

static void mark_and_park(struct act *act, struct mcps__worker *worker)
{
    struct mcps__pool *pool = &act->scene->pool;

    (void)worker;
    if (mcps__pool_mark_stuck(pool, &act->job))
        act->noted = 1 + mcps__pool_park(pool, &act->job);
    act->noted += 10 * (int64_t)scene_stats(act->scene).parked;
    mcps__pool_unpark(pool, &act->job);
    act->noted += 100 * (int64_t)scene_stats(act->scene).stuck;
}

static void a_stuck_job_has_no_place_to_give_away(void)
{
    struct scene scene;
    struct act act;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1, .parked_max = 1, .stuck_max = 1)));
    act_init(&act, &scene, 'a', NULL);
    act.first = mark_and_park;
    act.waits = true;
    CHECK(act_submit(&act));
    scene_await_waiting(&scene, 1);
    CHECK_INT(act.noted, 101);
    CHECK_INT(scene_stats(&scene).threads, 2);
    scene_open(&scene);
    scene_await_ended(&scene, 1);
    scene_await_threads(&scene, 1);
out:
    scene_end(&scene);
}

/* The job that is marked had a place of somebody's, and there is none to be given for it:
 * so one thread is too many. The one that a job wakes ends, and has to wake another. */
static void who_retires_passes_the_wake_up_on(void)
{
    struct scene scene;
    struct act act, plain;

    CHECK(scene_start(&scene, OPTIONS(.workers = 2, .stuck_max = 0)));
    CHECK(submit_waiting(&act, &scene, true));
    scene_await_waiting(&scene, 1);
    CHECK_INT(scene_stats(&scene).threads, 3);
    scene_await_idle(&scene, 2);
    CHECK(mcps__pool_mark_stuck(&scene.pool, &act.job));
    CHECK_INT(scene_stats(&scene).threads, 3);
    CHECK(submit_plain(&plain, &scene));
    scene_await_ended(&scene, 1);
    CHECK_INT(scene_stats(&scene).threads, 2);
out:
    scene_end(&scene);
}

/* ---- all at once ---- */

enum { N_CROWD = 400 };

static void park_and_yield(struct act *act, struct mcps__worker *worker)
{
    struct scene *scene = act->scene;

    (void)worker;
    if (mcps__pool_park(&scene->pool, &act->job) < 0)
        return;
    sched_yield();
    mcps__pool_unpark(&scene->pool, &act->job);
}

static void a_crowd_that_parks_comes_to_its_end(void)
{
    struct scene scene;
    struct act *acts = mcps__calloc(N_CROWD, sizeof *acts);
    unsigned n = 0;

    scene.made = false;
    CHECK(acts != NULL);
    CHECK(scene_start(&scene, OPTIONS(.workers = 3, .parked_max = 5, .stuck_max = 3)));
    for (; n < N_CROWD; n++) {
        act_init(&acts[n], &scene, 'c', &scene.lanes[n % SCENE_SHARES][n % 2]);
        if (n % 3 > 0)
            acts[n].first = park_and_yield;
        if (!act_submit(&acts[n]))
            break;
        if (n % 5 == 0)
            mcps__pool_mark_stuck(&scene.pool, &acts[n / 2].job);
    }
    scene_await_ended(&scene, n);
    scene_await_threads(&scene, 3);
    CHECK_INT(n, N_CROWD);
    CHECK_INT(scene_stats(&scene).parked, 0);
    CHECK_INT(scene_stats(&scene).stuck, 0);
out:
    scene_end(&scene);
    mcps__free(acts);
}

const struct unit_test park_tests[] = {
    UNIT_TEST_ONCE(parked_jobs_do_not_use_up_the_pool,
                   "the next does with fewer threads"),
    UNIT_TEST(a_spare_retires_when_the_job_goes_on),
    UNIT_TEST(an_idle_spare_retires_at_once),
    UNIT_TEST(only_its_own_worker_parks_a_job),
    UNIT_TEST(no_spare_is_started_during_a_stop),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST_ONCE(without_a_spare_the_last_thread_does_not_park, "it makes one fail"),
    UNIT_TEST_ONCE(without_a_spare_others_do_the_work, "it makes one fail"),
    UNIT_TEST_ONCE(without_spares_one_thread_stays, "it makes one fail"),
    UNIT_TEST_ONCE(a_missing_thread_is_started_later, "it makes one fail"),
#endif
    UNIT_TEST(a_stuck_job_gets_a_thread_in_its_place),
    UNIT_TEST(no_more_places_are_given_away_than_may),
    UNIT_TEST(a_parked_job_can_be_stuck),
    UNIT_TEST(a_stuck_job_has_no_place_to_give_away),
    UNIT_TEST(who_retires_passes_the_wake_up_on),
    UNIT_TEST_ONCE(a_crowd_that_parks_comes_to_its_end, "its spares are started anyhow"),
    UNIT_END,
};
