/* SPDX-License-Identifier: MIT */
/* Pools without workers, whose jobs are run by whoever lends them a thread. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include "core_scene.h"
#include "util/clock.h"
#include "util/wake.h"

extern const struct unit_test lent_tests[];

/* A pool with a wake, and a main one. */
struct lent {
    struct scene scene;
    struct mcps__wake wake;
    struct mcps__pool main;
    struct mcps__worker worker;
    bool woken, has_main, works;
};

static bool lent_begin(struct lent *lent, unsigned queued_max)
{
    const struct mcps__pool_options main = { .queued_max = queued_max };

    lent->scene.made = lent->woken = lent->has_main = lent->works = false;
    lent->woken = mcps__wake_init(&lent->wake) == 0;
    if (!lent->woken)
        return false;
    lent->has_main = mcps__pool_init(&lent->main, &main) == 0;
    lent->works = lent->has_main && mcps__worker_init(&lent->worker) == 0;
    return lent->works &&
           scene_start(&lent->scene, (struct mcps__pool_options){ .main = &lent->main,
                                                                  .wake = &lent->wake });
}

static void lent_end(struct lent *lent)
{
    scene_end(&lent->scene);
    if (lent->works)
        mcps__worker_fini(&lent->worker);
    if (lent->has_main)
        mcps__pool_fini(&lent->main);
    if (lent->woken)
        mcps__wake_fini(&lent->wake);
}

static bool is_woken(struct lent *lent)
{
    struct pollfd p = { .fd = mcps__wake_fd(&lent->wake), .events = POLLIN };

    return poll(&p, 1, 0) == 1;
}

static void jobs_run_where_they_are_fetched(void)
{
    struct lent lent;
    struct act a, b;

    CHECK(lent_begin(&lent, 2));
    CHECK(!mcps__pool_run_one(&lent.scene.pool, &lent.worker));
    act_init(&a, &lent.scene, 'a', NULL);
    act_init(&b, &lent.scene, 'b', NULL);
    CHECK(!is_woken(&lent) && !mcps__pool_has_work(&lent.scene.pool));
    CHECK(act_submit(&a) && act_submit(&b));
    CHECK(is_woken(&lent) && mcps__pool_has_work(&lent.scene.pool));
    CHECK_STR(lent.scene.names, "");
    /* The places in the queue are the main pool's. */
    CHECK_INT(mcps__pool_reserve(&lent.scene.pool), MCPS_ELIMIT);
    CHECK_INT(mcps__pool_reserve(&lent.main), MCPS_ELIMIT);
    CHECK(mcps__pool_run_one(&lent.scene.pool, &lent.worker));
    CHECK_STR(lent.scene.names, "a");
    CHECK(is_woken(&lent));
    CHECK(mcps__pool_run_one(&lent.scene.pool, &lent.worker));
    CHECK_STR(lent.scene.names, "ab");
    CHECK(!is_woken(&lent));
    CHECK(!mcps__pool_run_one(&lent.scene.pool, &lent.worker));
    CHECK_INT(mcps__pool_reserve(&lent.main), 0);
    mcps__pool_unreserve(&lent.main);
out:
    lent_end(&lent);
}

static void the_wake_knows_of_holds_and_withdrawals(void)
{
    struct lent lent;
    struct act a, b;
    bool withdrawn;

    CHECK(lent_begin(&lent, 10));
    act_init(&a, &lent.scene, 'a', &lent.scene.lanes[0][0]);
    act_init(&b, &lent.scene, 'b', &lent.scene.lanes[1][0]);
    CHECK(act_submit(&a));
    mcps__pool_hold(&lent.scene.pool, &lent.scene.lanes[0][0]);
    CHECK(!is_woken(&lent));
    CHECK(!mcps__pool_run_one(&lent.scene.pool, &lent.worker));
    CHECK(act_submit(&b) && is_woken(&lent));
    withdrawn = mcps__pool_withdraw(&lent.scene.pool, &b.job);
    CHECK(withdrawn);
    mcps__pool_unreserve(&lent.scene.pool);
    CHECK(!is_woken(&lent));
    mcps__pool_release(&lent.scene.pool, &lent.scene.lanes[0][0]);
    CHECK(is_woken(&lent));
    CHECK(mcps__pool_run_one(&lent.scene.pool, &lent.worker));
    CHECK_STR(lent.scene.names, "a");
out:
    lent_end(&lent);
}

/* What a job sees while it runs. */
static void look_around(struct act *act, struct mcps__worker *worker)
{
    struct mcps__pool *pool = &act->scene->pool;
    struct mcps__pool_stats own, main;

    mcps__pool_get_stats(pool, &own);
    mcps__pool_get_stats(pool->options.main, &main);
    act->noted = (mcps__pool_is_inside(pool) ? 1 : 0) |
                 (mcps__pool_is_inside(pool->options.main) ? 2 : 0) |
                 (mcps__pool_runs_here(pool) ? 4 : 0) |
                 (own.threads == 0 && own.running == 1 ? 8 : 0) |
                 (main.running == 1 ? 16 : 0) |
                 (mcps__pool_park(pool, &act->job) == -EDEADLK ? 32 : 0) |
                 (worker->pool == pool ? 64 : 0) | (mcps__pool_is_on_loop() ? 128 : 0);
}

static void a_job_knows_where_it_is(void)
{
    struct mcps__pool_stats stats;
    struct lent lent;
    struct act a;

    CHECK(lent_begin(&lent, 10));
    act_init(&a, &lent.scene, 'a', NULL);
    a.first = look_around;
    CHECK(act_submit(&a));
    CHECK(mcps__pool_run_one(&lent.scene.pool, &lent.worker));
    CHECK_INT(a.noted, 127);
    CHECK(!mcps__pool_is_inside(&lent.scene.pool));
    mcps__pool_get_stats(&lent.main, &stats);
    CHECK_INT(stats.running, 0);
out:
    lent_end(&lent);
}

/* Runs another pool's job within its own. */
static struct lent *inner;

static void run_inner(struct act *act, struct mcps__worker *worker)
{
    (void)worker;
    act->noted = mcps__pool_run_one(&inner->scene.pool, &inner->worker) &&
                 mcps__pool_is_inside(&act->scene->pool);
}

static void look_out(struct act *act, struct mcps__worker *worker)
{
    act->noted =
        mcps__pool_is_inside(worker->outer->pool) && worker->outer->outer == NULL;
}

static void jobs_may_run_within_jobs_of_others(void)
{
    struct lent a, b;
    struct act outer_act, inner_act;

    b.scene.made = b.woken = b.has_main = b.works = false;
    CHECK(lent_begin(&a, 10));
    CHECK(lent_begin(&b, 10));
    inner = &b;
    act_init(&outer_act, &a.scene, 'a', NULL);
    act_init(&inner_act, &b.scene, 'b', NULL);
    outer_act.first = run_inner;
    inner_act.first = look_out;
    CHECK(act_submit(&outer_act) && act_submit(&inner_act));
    CHECK(mcps__pool_run_one(&a.scene.pool, &a.worker));
    CHECK(outer_act.noted && inner_act.noted);
    CHECK(!mcps__pool_is_inside(&a.scene.pool) && !mcps__pool_is_inside(&b.scene.pool));
out:
    lent_end(&b);
    lent_end(&a);
}

/* ---- waiting, and the end ---- */

struct waiter {
    pthread_t thread;
    struct mcps__pool *pool;
    int result;
};

static void *wait_for_work(void *userdata)
{
    struct waiter *waiter = userdata;

    waiter->result = mcps__pool_wait(waiter->pool, MCPS__CLOCK_NEVER);
    return NULL;
}

static bool wait_elsewhere(struct waiter *waiter, struct lent *lent)
{
    *waiter = (struct waiter){ .pool = &lent->scene.pool };
    if (pthread_create(&waiter->thread, NULL, wait_for_work, waiter) != 0)
        return false;
    scene_await_idle(&lent->scene, 1);
    return true;
}

static void who_waits_is_woken(void)
{
    struct waiter waiter;
    struct lent lent;
    struct act a;
    bool waits = false;

    CHECK(lent_begin(&lent, 10));
    CHECK_INT(mcps__pool_wait(&lent.scene.pool, 0), 0);
    waits = wait_elsewhere(&waiter, &lent);
    CHECK(waits);
    act_init(&a, &lent.scene, 'a', NULL);
    CHECK(act_submit(&a));
    pthread_join(waiter.thread, NULL);
    waits = false;
    CHECK_INT(waiter.result, 1);
    CHECK_INT(mcps__pool_wait(&lent.scene.pool, 0), 1);
    CHECK(mcps__pool_run_one(&lent.scene.pool, &lent.worker));
    waits = wait_elsewhere(&waiter, &lent);
    CHECK(waits);
    CHECK_INT(mcps__pool_stop(&lent.scene.pool, MCPS__CLOCK_NEVER), 0);
    pthread_join(waiter.thread, NULL);
    waits = false;
    CHECK_INT(waiter.result, MCPS_ECLOSED);
    CHECK_INT(mcps__pool_wait(&lent.scene.pool, MCPS__CLOCK_NEVER), MCPS_ECLOSED);
    CHECK_INT(mcps__pool_start(&lent.scene.pool), 0);
    CHECK_INT(mcps__pool_wait(&lent.scene.pool, 0), 0);
    waits = wait_elsewhere(&waiter, &lent);
    CHECK(waits && !is_woken(&lent) && !mcps__pool_is_closed(&lent.scene.pool));
    mcps__pool_close(&lent.scene.pool);
    pthread_join(waiter.thread, NULL);
    waits = false;
    CHECK_INT(waiter.result, MCPS_ECLOSED);
    CHECK(is_woken(&lent) && mcps__pool_is_closed(&lent.scene.pool));
out:
    if (waits) {
        mcps__pool_close(&lent.scene.pool);
        pthread_join(waiter.thread, NULL);
    }
    lent_end(&lent);
}

struct runner {
    pthread_t thread;
    struct lent *lent;
};

static void *run_one(void *userdata)
{
    struct runner *runner = userdata;

    mcps__pool_run_one(&runner->lent->scene.pool, &runner->lent->worker);
    return NULL;
}

static void a_stop_waits_for_lent_threads(void)
{
    struct runner runner;
    struct lent lent;
    struct act a;
    bool runs = false;

    CHECK(lent_begin(&lent, 10));
    runner.lent = &lent;
    act_init(&a, &lent.scene, 'a', NULL);
    a.waits = true;
    CHECK(act_submit(&a));
    runs = pthread_create(&runner.thread, NULL, run_one, &runner) == 0;
    CHECK(runs);
    scene_await_waiting(&lent.scene, 1);
    CHECK_INT(mcps__pool_stop(&lent.scene.pool, 0), 1);
    CHECK_INT(scene_stats(&lent.scene).stuck, 1);
    CHECK_INT(scene_stats(&lent.scene).threads, 0);
    CHECK(!mcps__pool_mark_stuck(&lent.scene.pool, &a.job));
    scene_open(&lent.scene);
    CHECK_INT(mcps__pool_stop(&lent.scene.pool, MCPS__CLOCK_NEVER), 0);
    CHECK_INT(scene_stats(&lent.scene).stuck, 0);
out:
    if (runs) {
        scene_open(&lent.scene);
        pthread_join(runner.thread, NULL);
    }
    lent_end(&lent);
}

const struct unit_test lent_tests[] = {
    UNIT_TEST(jobs_run_where_they_are_fetched),
    UNIT_TEST(the_wake_knows_of_holds_and_withdrawals),
    UNIT_TEST(a_job_knows_where_it_is),
    UNIT_TEST(jobs_may_run_within_jobs_of_others),
    UNIT_TEST(who_waits_is_woken),
    UNIT_TEST(a_stop_waits_for_lent_threads),
    UNIT_END,
};
