/* SPDX-License-Identifier: MIT */
/* The worker pool: its queue, and how its threads begin and end. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include <json-c/json.h>

#include "core_scene.h"
#include "util/clock.h"
#include "util/mem.h"

extern const struct unit_test pool_tests[];

#define OPTIONS(...) ((struct mcps__pool_options){ __VA_ARGS__ })

/* ---- the order ---- */

/* Occupies the only worker, from a lane of its own. */
static bool occupy(struct scene *scene, struct act *act)
{
    act_init(act, scene, '*', &scene->lanes[SCENE_SHARES - 1][0]);
    act->waits = true;
    if (!act_submit(act))
        return false;
    scene_await_waiting(scene, 1);
    return true;
}

static void shares_and_lanes_take_turns(void)
{
    static const struct {
        char name;
        unsigned share, lane;
    } cast[] = {
        { 'a', 0, 0 }, { 'b', 0, 0 }, { 'c', 0, 0 }, { 'd', 0, 1 },
        { 'e', 0, 1 }, { 'f', 1, 0 }, { 'g', 1, 0 }, { 'h', 2, 1 },
    };
    enum { N = sizeof cast / sizeof cast[0] };
    struct scene scene;
    struct act first, acts[N];
    struct mcps__list jobs;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    CHECK(occupy(&scene, &first));
    mcps__list_init(&jobs);
    for (size_t i = 0; i < N; i++) {
        act_init(&acts[i], &scene, cast[i].name,
                 &scene.lanes[cast[i].share][cast[i].lane]);
        CHECK_INT(mcps__pool_reserve(&scene.pool), 0);
        mcps__list_push_back(&jobs, &acts[i].job.link);
    }
    CHECK_INT(scene_stats(&scene).queued, N);
    mcps__pool_submit(&scene.pool, &jobs);
    CHECK(mcps__list_is_empty(&jobs));
    CHECK_INT(scene_stats(&scene).queued, N);
    scene_open(&scene);
    scene_await_ended(&scene, N + 1);
    CHECK_STR(scene.names, "*afhdgbec");
    CHECK_INT(scene_stats(&scene).queued, 0);
out:
    scene_end(&scene);
}

static void nobody_waits_behind_somebody_elses_many(void)
{
    enum { MANY = 300 };
    struct scene scene;
    struct act first, many[MANY], one, second;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    CHECK(occupy(&scene, &first));
    for (unsigned i = 0; i < MANY; i++) {
        act_init(&many[i], &scene, 'm', &scene.lanes[0][0]);
        if (!act_submit(&many[i]))
            break;
    }
    act_init(&one, &scene, '1', &scene.lanes[0][1]);
    act_init(&second, &scene, '2', &scene.lanes[1][0]);
    CHECK(act_submit(&one));
    CHECK(act_submit(&second));
    scene_open(&scene);
    scene_await_ended(&scene, MANY + 3);
    CHECK_MEM(scene.names, 6, "*m21mm", 6);
out:
    scene_end(&scene);
}

static void a_held_lane_waits(void)
{
    struct mcps__lane *held, *free_lane;
    struct scene scene;
    struct act first, acts[6];
    bool ok = true;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    held = &scene.lanes[0][0];
    free_lane = &scene.lanes[0][1];
    CHECK(occupy(&scene, &first));
    /* One is there before the hold, one comes later. */
    for (unsigned i = 0; i < 6; i++)
        act_init(&acts[i], &scene, (char)('a' + i), i % 2 == 0 ? held : free_lane);
    ok = act_submit(&acts[0]) && act_submit(&acts[1]);
    mcps__pool_hold(&scene.pool, held);
    mcps__pool_hold(&scene.pool, held);
    ok = ok && act_submit(&acts[2]) && act_submit(&acts[3]) && act_submit(&acts[5]);
    CHECK(ok);
    scene_open(&scene);
    scene_await_ended(&scene, 4);
    scene_await_idle(&scene, 1);
    CHECK_STR(scene.names, "*bdf");
    CHECK_INT(scene_stats(&scene).queued, 2);
    /* The worker sleeps: the release has to wake it. */
    mcps__pool_release(&scene.pool, held);
    scene_await_ended(&scene, 6);
    CHECK_STR(scene.names, "*bdfac");
    mcps__pool_release(&scene.pool, held);
    CHECK(act_submit(&acts[4]));
    scene_await_ended(&scene, 7);
    CHECK_STR(scene.names, "*bdface");
out:
    scene_end(&scene);
}

static void a_held_lane_can_be_emptied_and_freed(void)
{
    struct scene scene;
    struct mcps__share *share = NULL;
    struct mcps__lane *lane = NULL;
    struct act act, other;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    share = mcps__malloc(sizeof *share);
    lane = mcps__malloc(sizeof *lane);
    CHECK(share && lane);
    mcps__share_init(share);
    mcps__lane_init(lane, share);
    act_init(&act, &scene, 'a', lane);
    mcps__pool_hold(&scene.pool, lane);
    CHECK(act_submit(&act));
    CHECK(mcps__pool_withdraw(&scene.pool, &act.job));
    mcps__free(lane);
    mcps__free(share);
    lane = NULL;
    share = NULL;
    act_init(&other, &scene, 'o', NULL);
    CHECK(act_submit(&other));
    scene_await_ended(&scene, 1);
    CHECK_STR(scene.names, "o");
out:
    mcps__free(lane);
    mcps__free(share);
    scene_end(&scene);
}

/* Both run at once, so both workers were woken by the one submission. */
static void as_many_workers_wake_as_there_are_jobs(void)
{
    struct scene scene;
    struct act acts[3];
    struct mcps__list jobs;

    CHECK(scene_start(&scene, OPTIONS(.workers = 3)));
    scene_await_idle(&scene, 3);
    mcps__list_init(&jobs);
    for (unsigned i = 0; i < 3; i++) {
        act_init(&acts[i], &scene, 'a', NULL);
        acts[i].waits = true;
        CHECK_INT(mcps__pool_reserve(&scene.pool), 0);
        mcps__list_push_back(&jobs, &acts[i].job.link);
    }
    mcps__pool_submit(&scene.pool, &jobs);
    scene_await_waiting(&scene, 3);
    CHECK_INT(scene_stats(&scene).running, 3);
    CHECK_INT(scene_stats(&scene).idle, 0);
out:
    scene_end(&scene);
}

/* ---- reservations and withdrawing ---- */

static void the_limit_of_the_queue_is_exact(void)
{
    struct scene scene;

    CHECK(scene_make(&scene, OPTIONS(.workers = 1, .queued_max = 5)));
    for (unsigned i = 0; i < 5; i++)
        CHECK_INT(mcps__pool_reserve(&scene.pool), 0);
    CHECK_INT(mcps__pool_reserve(&scene.pool), MCPS_ELIMIT);
    mcps__pool_unreserve(&scene.pool);
    CHECK_INT(mcps__pool_reserve(&scene.pool), 0);
    CHECK_INT(mcps__pool_reserve(&scene.pool), MCPS_ELIMIT);
    CHECK_INT(scene_stats(&scene).queued, 5);
out:
    scene_end(&scene);
}

enum { N_RESERVING = 4, EACH_RESERVES = 1000, MOST_RESERVED = 1234 };

static void *reserve_many(void *userdata)
{
    struct scene *scene = userdata;
    unsigned n = 0;

    for (unsigned i = 0; i < EACH_RESERVES; i++)
        n += mcps__pool_reserve(&scene->pool) == 0;
    pthread_mutex_lock(&scene->mutex);
    scene->n_ended += n;
    pthread_mutex_unlock(&scene->mutex);
    return NULL;
}

static void the_limit_is_exact_among_threads(void)
{
    struct scene scene;
    pthread_t threads[N_RESERVING];
    unsigned n = 0;

    CHECK(scene_make(&scene, OPTIONS(.workers = 1, .queued_max = MOST_RESERVED)));
    while (n < N_RESERVING &&
           pthread_create(&threads[n], NULL, reserve_many, &scene) == 0)
        n++;
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(n, N_RESERVING);
    CHECK_INT(scene.n_ended, MOST_RESERVED);
out:
    scene_end(&scene);
}

static void only_what_is_queued_can_be_withdrawn(void)
{
    struct scene scene;
    struct act first, a, b, c;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    act_init(&a, &scene, 'a', NULL);
    act_init(&b, &scene, 'b', NULL);
    act_init(&c, &scene, 'c', &scene.lanes[1][0]);
    CHECK(!mcps__pool_withdraw(&scene.pool, &a.job));
    CHECK(occupy(&scene, &first));
    CHECK(!mcps__pool_withdraw(&scene.pool, &first.job));
    CHECK(act_submit(&a) && act_submit(&b) && act_submit(&c));
    CHECK(mcps__pool_withdraw(&scene.pool, &a.job));
    CHECK(!mcps__pool_withdraw(&scene.pool, &a.job));
    /* The only one of its share. */
    CHECK(mcps__pool_withdraw(&scene.pool, &c.job));
    CHECK_INT(scene_stats(&scene).queued, 3);
    mcps__pool_unreserve(&scene.pool);
    mcps__pool_unreserve(&scene.pool);
    CHECK(act_submit(&a));
    scene_open(&scene);
    scene_await_ended(&scene, 3);
    CHECK_STR(scene.names, "*ba");
    CHECK(!mcps__pool_withdraw(&scene.pool, &a.job));
    CHECK_INT(scene_stats(&scene).queued, 0);
out:
    scene_end(&scene);
}

/* Each job is either withdrawn or run. */
static void withdrawing_races_with_starting(void)
{
    const unsigned turns = unit_repeat(2000, 100000);
    unsigned n_withdrawn = 0, i;
    struct scene scene;
    struct act act;

    CHECK(scene_start(&scene, OPTIONS(.workers = 2)));
    for (i = 0; i < turns; i++) {
        act_init(&act, &scene, 'a', &scene.lanes[i % SCENE_SHARES][0]);
        if (!act_submit(&act))
            break;
        if (i % 3 == 0)
            sched_yield();
        if (mcps__pool_withdraw(&scene.pool, &act.job)) {
            mcps__pool_unreserve(&scene.pool);
            n_withdrawn++;
        }
        scene_await_ended(&scene, i + 1 - n_withdrawn);
    }
    CHECK_INT(i, turns);
    CHECK_INT(scene.n_ended, turns - n_withdrawn);
    CHECK_INT(scene_stats(&scene).queued, 0);
out:
    scene_end(&scene);
}

/* ---- volume ---- */

enum { N_SUBMITTERS = 4, N_VOLUME = 100000 };

struct volume {
    struct scene scene;
    struct mcps__job *jobs; /* N_VOLUME of them */
    atomic_uint n_run;
};

struct submitter {
    struct volume *volume;
    unsigned index;
    bool done;
};

static struct volume *the_volume;

static void run_once(struct mcps__job *job, struct mcps__worker *worker)
{
    (void)worker;
    job->run = NULL; /* a second time would crash */
    atomic_fetch_add(&the_volume->n_run, 1);
}

static void *submit_many(void *userdata)
{
    const unsigned each = N_VOLUME / N_SUBMITTERS;
    struct submitter *submitter = userdata;
    struct volume *volume = submitter->volume;
    struct mcps__job *job = volume->jobs + submitter->index * each;
    struct mcps__lane *lanes = volume->scene.lanes[submitter->index];
    struct mcps__list jobs;

    mcps__list_init(&jobs);
    for (unsigned i = 0; i < each; i++, job++) {
        while (mcps__pool_reserve(&volume->scene.pool) < 0) {
            mcps__pool_submit(&volume->scene.pool, &jobs);
            sched_yield();
        }
        mcps__job_init(job, &lanes[i % SCENE_LANES], run_once);
        mcps__list_push_back(&jobs, &job->link);
        if (i % 37 == 0)
            mcps__pool_submit(&volume->scene.pool, &jobs);
    }
    mcps__pool_submit(&volume->scene.pool, &jobs);
    return NULL;
}

static void many_jobs_from_many_threads_run_once(void)
{
    struct volume volume = { .n_run = 0 };
    struct submitter submitters[N_SUBMITTERS];
    pthread_t threads[N_SUBMITTERS];
    unsigned n = 0;

    the_volume = &volume;
    CHECK(scene_start(&volume.scene, OPTIONS(.workers = 4, .queued_max = 300)));
    volume.jobs = mcps__calloc(N_VOLUME, sizeof *volume.jobs);
    CHECK(volume.jobs != NULL);
    for (; n < N_SUBMITTERS; n++) {
        submitters[n] = (struct submitter){ .volume = &volume, .index = n };
        if (pthread_create(&threads[n], NULL, submit_many, &submitters[n]) != 0)
            break;
    }
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(n, N_SUBMITTERS);
    /* What is queued is still run. */
    CHECK_INT(mcps__pool_stop(&volume.scene.pool, MCPS__CLOCK_NEVER), 0);
    CHECK_INT(atomic_load(&volume.n_run), N_VOLUME);
    CHECK_INT(scene_stats(&volume.scene).queued, 0);
out:
    scene_end(&volume.scene);
    mcps__free(volume.jobs);
}

/* ---- threads ---- */

static void nothing_is_run_before_the_start(void)
{
    struct scene scene;
    struct act act;
    bool submitted = false;

    CHECK(scene_make(&scene, OPTIONS(.workers = 2)));
    act_init(&act, &scene, 'a', NULL);
    submitted = act_submit(&act);
    CHECK(submitted);
    CHECK_INT(scene_stats(&scene).threads, 0);
    CHECK_INT(mcps__pool_start(&scene.pool), 0);
    submitted = false;
    scene_await_ended(&scene, 1);
    CHECK_INT(scene_stats(&scene).threads, 2);
out:
    if (submitted)
        mcps__pool_withdraw(&scene.pool, &act.job);
    scene_end(&scene);
}

static void a_stack_that_cannot_be_is_an_error(void)
{
    struct scene scene;
    struct act act;

    CHECK(scene_make(&scene, OPTIONS(.workers = 3, .stack_size = 1)));
    act_init(&act, &scene, 'a', NULL);
    CHECK(act_submit(&act));
    CHECK_INT(mcps__pool_start(&scene.pool), -EINVAL);
    CHECK_INT(scene_stats(&scene).threads, 0);
out:
    if (scene.made)
        mcps__pool_withdraw(&scene.pool, &act.job);
    scene_end(&scene);
}

#ifdef MCPS__TEST_HOOKS
static void a_start_that_fails_leaves_no_thread(void)
{
    struct scene scene;
    struct act act;

    CHECK(scene_make(&scene, OPTIONS(.workers = 3)));
    act_init(&act, &scene, 'a', NULL);
    CHECK(act_submit(&act));
    mcps__mem_fail_at(3);
    CHECK_INT(mcps__pool_start(&scene.pool), -ENOMEM);
    CHECK_INT(scene_stats(&scene).threads, 0);
    CHECK(mcps__list_is_empty(&scene.pool.exited));
    /* Those that had been started left the job alone. */
    CHECK_INT(scene.n_begun, 0);
    CHECK_INT(mcps__pool_start(&scene.pool), 0);
    CHECK_INT(scene_stats(&scene).threads, 3);
    scene_await_ended(&scene, 1);
out:
    mcps__mem_fail_at(0);
    scene_end(&scene);
}
#endif

static void note_stack_size(struct act *act, struct mcps__worker *worker)
{
    pthread_attr_t attr;
    void *stack = NULL;
    size_t size = 0;

    (void)worker;
    if (pthread_getattr_np(pthread_self(), &attr) != 0)
        return;
    if (pthread_attr_getstack(&attr, &stack, &size) == 0)
        act->noted = (int64_t)size;
    pthread_attr_destroy(&attr);
}

static void the_size_of_stacks_can_be_chosen(void)
{
    struct scene scene;
    struct act act;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1, .stack_size = 1u << 20)));
    act_init(&act, &scene, 'a', NULL);
    act.first = note_stack_size;
    CHECK(act_submit(&act));
    scene_await_ended(&scene, 1);
    CHECK(act.noted >= 512 << 10 && act.noted <= 2 << 20);
out:
    scene_end(&scene);
}

static void note_signals(struct act *act, struct mcps__worker *worker)
{
    static const int blocked[] = { SIGPIPE, SIGTERM, SIGINT, SIGHUP,
                                   SIGCHLD, SIGUSR1, SIGALRM };
    sigset_t mask;

    (void)worker;
    sigemptyset(&mask);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (size_t i = 0; i < sizeof blocked / sizeof blocked[0]; i++)
        act->noted += sigismember(&mask, blocked[i]) == 1;
    act->noted += 100 * sigismember(&mask, SIGSEGV);
}

static void signals_are_blocked_in_workers_only(void)
{
    sigset_t before, after;
    struct scene scene;
    struct act act;

    pthread_sigmask(SIG_SETMASK, NULL, &before);
    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    act_init(&act, &scene, 'a', NULL);
    act.first = note_signals;
    CHECK(act_submit(&act));
    scene_await_ended(&scene, 1);
    CHECK_INT(act.noted, 7);
    CHECK_INT(sigismember(&after, SIGPIPE), sigismember(&before, SIGPIPE));
    CHECK_INT(sigismember(&after, SIGALRM), 0);
out:
    scene_end(&scene);
}

static struct mcps__pool *other_pool;

static void note_inside(struct act *act, struct mcps__worker *worker)
{
    act->noted = mcps__pool_is_inside(&act->scene->pool) +
                 10 * mcps__pool_is_inside(other_pool) +
                 100 * (worker->pool == &act->scene->pool);
}

static void a_thread_knows_its_pool(void)
{
    struct scene scene, other = { .made = false };
    struct act act;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    CHECK(scene_start(&other, OPTIONS(.workers = 1)));
    CHECK(!mcps__pool_is_inside(&scene.pool));
    other_pool = &other.pool;
    act_init(&act, &scene, 'a', NULL);
    act.first = note_inside;
    CHECK(act_submit(&act));
    scene_await_ended(&scene, 1);
    CHECK_INT(act.noted, 101);
out:
    scene_end(&other);
    scene_end(&scene);
}

/* The reader is the worker's own, and its job may use it. */
static void parse(struct act *act, struct mcps__worker *worker)
{
    struct json_object *tree = NULL;

    if (mcps__tree_parse(&worker->reader.parser, &tree, "[41]", 4) < 0)
        return;
    act->noted = json_object_array_length(tree) == 1;
    json_object_put(tree);
}

static void a_worker_has_a_parser(void)
{
    struct scene scene;
    struct act act;

    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    act_init(&act, &scene, 'a', NULL);
    act.first = parse;
    CHECK(act_submit(&act));
    scene_await_ended(&scene, 1);
    CHECK_INT(act.noted, 1);
out:
    scene_end(&scene);
}

/* ---- the stop ---- */

static void a_stop_waits_no_longer_than_it_should(void)
{
    const int64_t little = 5 * MCPS__NS_PER_MS;
    struct scene scene;
    struct act act, queued, late;

    CHECK(scene_start(&scene, OPTIONS(.workers = 3)));
    act_init(&act, &scene, 'a', NULL);
    act.waits = true;
    CHECK(act_submit(&act));
    scene_await_waiting(&scene, 1);
    while (mcps__pool_stop(&scene.pool, mcps__clock_after(little)) > 1)
        ;
    CHECK_INT(mcps__pool_stop(&scene.pool, mcps__clock_now()), 1);
    CHECK_INT(scene_stats(&scene).threads, 1);
    CHECK(mcps__list_is_empty(&scene.pool.exited));
    /* The one that is left runs what is there; what comes later stays in the queue. */
    act_init(&queued, &scene, 'q', NULL);
    act_init(&late, &scene, 'l', NULL);
    CHECK(act_submit(&queued));
    scene_open(&scene);
    CHECK_INT(mcps__pool_stop(&scene.pool, MCPS__CLOCK_NEVER), 0);
    CHECK_INT(scene.n_ended, 2);
    CHECK_INT(mcps__pool_stop(&scene.pool, MCPS__CLOCK_NEVER), 0);
    CHECK(act_submit(&late));
    CHECK_INT(scene_stats(&scene).threads, 0);
    CHECK(mcps__pool_withdraw(&scene.pool, &late.job));
    CHECK_STR(scene.names, "aq");
out:
    scene_end(&scene);
}

#ifdef MCPS__TEST_HOOKS
struct stopping {
    struct scene *scene;
    int64_t deadline;
    unsigned left;
};

static void *stop_pool(void *userdata)
{
    struct stopping *stopping = userdata;

    stopping->left = mcps__pool_stop(&stopping->scene->pool, stopping->deadline);
    return NULL;
}

/* The clock stands still: the stop ends because the job does, or because it is moved. */
static void a_stop_ends_with_the_job_or_at_the_deadline(void)
{
    struct scene scene;
    struct stopping stopping = { .scene = &scene, .deadline = 1000 };
    struct act act;
    pthread_t thread;
    bool started = false;

    mcps__clock_drive(0);
    CHECK(scene_start(&scene, OPTIONS(.workers = 1)));
    act_init(&act, &scene, 'a', NULL);
    act.waits = true;
    CHECK(act_submit(&act));
    scene_await_waiting(&scene, 1);
    started = pthread_create(&thread, NULL, stop_pool, &stopping) == 0;
    CHECK(started);
    mcps__clock_advance(1000);
    pthread_join(thread, NULL);
    started = false;
    CHECK_INT(stopping.left, 1);
    stopping.deadline = 2000;
    started = pthread_create(&thread, NULL, stop_pool, &stopping) == 0;
    CHECK(started);
    scene_open(&scene);
    pthread_join(thread, NULL);
    started = false;
    CHECK_INT(stopping.left, 0);
out:
    mcps__clock_release();
    scene_end(&scene);
}
#endif

const struct unit_test pool_tests[] = {
    UNIT_TEST(shares_and_lanes_take_turns),
    UNIT_TEST(nobody_waits_behind_somebody_elses_many),
    UNIT_TEST(a_held_lane_waits),
    UNIT_TEST(a_held_lane_can_be_emptied_and_freed),
    UNIT_TEST(as_many_workers_wake_as_there_are_jobs),
    UNIT_TEST(the_limit_of_the_queue_is_exact),
    UNIT_TEST(the_limit_is_exact_among_threads),
    UNIT_TEST(only_what_is_queued_can_be_withdrawn),
    UNIT_TEST(withdrawing_races_with_starting),
    UNIT_TEST_ONCE(many_jobs_from_many_threads_run_once, "it is about volume"),
    UNIT_TEST(nothing_is_run_before_the_start),
    UNIT_TEST(a_stack_that_cannot_be_is_an_error),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST_ONCE(a_start_that_fails_leaves_no_thread, "it makes one fail itself"),
#endif
    UNIT_TEST(the_size_of_stacks_can_be_chosen),
    UNIT_TEST(signals_are_blocked_in_workers_only),
    UNIT_TEST(a_thread_knows_its_pool),
    UNIT_TEST(a_worker_has_a_parser),
    UNIT_TEST(a_stop_waits_no_longer_than_it_should),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(a_stop_ends_with_the_job_or_at_the_deadline),
#endif
    UNIT_END,
};
