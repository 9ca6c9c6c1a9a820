/* SPDX-License-Identifier: MIT */
/* Executors that the host runs, and those that it does not. */
#include "config.h"

#include "driven.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

SCENE_STAT(queued);
SCENE_STAT(in_flight);
SCENE_STAT(running);

/* So many calls of note wait on the executor. */
static bool wait_there(struct stage *stage, struct wire *wire, unsigned n)
{
    bool ok = true;

    for (unsigned i = 0; i < n; i++) {
        char id[16], text[32];

        snprintf(id, sizeof id, "%u", 2 + i);
        snprintf(text, sizeof text, "{\"text\":\"%c\"}", (char)('a' + i));
        ok = ok && wire_call(wire, id, "note", text);
    }
    return ok && settle(stage) >= 0;
}

static void it_runs_what_waits_within_its_budget(void)
{
    struct stage stage;
    int fd;

    memset(&stage, 0, sizeof stage);
    mcps__clock_drive(0);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, "host"));
    fd = mcps_executor_get_fd(stage.host);
    CHECK(fd >= 0 && !is_readable(fd));
    CHECK_INT(mcps_executor_run(stage.host, 1000000), 0);
    CHECK_INT(mcps_executor_wait(stage.host, 0), 0);
    noted.takes_ns = 600 * MCPS__NS_PER_US;
    CHECK(wait_there(&stage, &stage.wire, 6));
    CHECK(is_readable(fd));
    CHECK_INT(mcps_executor_wait(stage.host, -1), 1);
    CHECK_INT(scene_stats(&stage.scene).queued, 6);
    CHECK_INT(mcps_executor_run(stage.host, 0), 1);
    CHECK_INT(mcps_executor_run(stage.host, 1000), 2);
    CHECK_INT(mcps_executor_run(stage.host, 600), 1);
    CHECK(is_readable(fd));
    CHECK_STR(noted.names, "abcd");
    CHECK_INT(mcps_executor_run(stage.host, 1000000), 2);
    CHECK(!is_readable(fd));
    CHECK_INT(scene_stats(&stage.scene).queued, 0);
    CHECK_STR(answer_text(answered(&stage, &stage.wire, "7")), "noted");
    CHECK_STR(noted.names, "abcdef");
out:
    mcps__clock_release();
    stage_end(&stage);
}

static void its_clients_take_turns(void)
{
    struct stage stage;
    struct wire other = { .memory = NULL };

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, "host"));
    CHECK(wire_connect(&other, &stage.scene, NULL) && greet_driven(&stage, &other));
    CHECK(wait_there(&stage, &stage.wire, 3));
    CHECK(wire_call(&other, "2", "note", "{\"text\":\"x\"}"));
    CHECK(wire_call(&other, "3", "note", "{\"text\":\"y\"}"));
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(mcps_executor_run(stage.host, 1000000000), 5);
    CHECK_STR(noted.names, "axbyc");
out:
    wire_free(&other);
    stage_end(&stage);
}

static void what_is_cancelled_is_not_run(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, "host"));
    CHECK(wait_there(&stage, &stage.wire, 3));
    CHECK(wire_cancel(&stage.wire, "3"));
    CHECK(alive(&stage));
    CHECK_INT(scene_stats(&stage.scene).queued, 2);
    CHECK_INT(scene_stats(&stage.scene).cancelled_before_start, 1);
    CHECK(wire_cancel(&stage.wire, "2") && wire_cancel(&stage.wire, "4"));
    CHECK(alive(&stage));
    CHECK(!is_readable(mcps_executor_get_fd(stage.host)));
    CHECK_INT(mcps_executor_run(stage.host, 1000), 0);
    CHECK_INT(scene_stats(&stage.scene).in_flight, 0);
    CHECK_INT(wire_answers(&stage.wire, "3"), 0);
out:
    stage_end(&stage);
}

static void the_limit_of_the_queue_covers_it(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, "calls_queued=2", "host"));
    CHECK(wait_there(&stage, &stage.wire, 3));
    CHECK_STR(answer_reason(answered(&stage, &stage.wire, "4")), "busy");
    CHECK_INT(mcps_server_get_limit_hits(stage.scene.server, MCPS_LIMIT_CALLS_QUEUED), 1);
    CHECK_INT(mcps_executor_run(stage.host, 0), 1);
    CHECK(wire_call(&stage.wire, "9", "note", NULL));
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(wire_answers(&stage.wire, "9"), 0);
    CHECK_INT(scene_stats(&stage.scene).queued, 2);
out:
    stage_end(&stage);
}

/* None of its calls is run while it does not read, as with workers. */
static void nothing_is_run_for_one_who_does_not_read(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, "out_bytes=1000", "host"));
    CHECK(wire_call(&stage.wire, "2", "big", "{\"bytes\":1000000}"));
    CHECK(wire_call(&stage.wire, "3", "note", NULL));
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(mcps_executor_run(stage.host, 1000), 0);
    CHECK(!is_readable(mcps_executor_get_fd(stage.host)));
    CHECK(answered(&stage, &stage.wire, "2") != NULL);
    CHECK_INT(settle(&stage), 0);
    CHECK(mcps_executor_run(stage.host, 1000000) > 0);
out:
    stage_end(&stage);
}

static void names_are_checked(void)
{
    struct stage stage;
    mcps_executor *executor = NULL;
    struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "nowhere", .handler = props[0].handler,
                         .executor = "somewhere");

    memset(&stage, 0, sizeof stage);
    CHECK(stage_open(&stage, 1, NULL, NULL));
    CHECK_INT(mcps_executor_new(&executor, stage.scene.server, "host"), MCPS_EEXISTS);
    CHECK_INT(mcps_executor_new(&executor, stage.scene.server, MCPS_INLINE),
              MCPS_EEXISTS);
    CHECK_INT(mcps_executor_new(&executor, stage.scene.server, ""), -EINVAL);
    CHECK_INT(mcps_executor_new(&executor, stage.scene.server, NULL), -EINVAL);
    CHECK(executor == NULL);
    CHECK_INT(mcps_server_add_tools(stage.scene.server, &tool, 1), -EINVAL);
    CHECK_INT(
        scene_logged(&stage.scene, "tool nowhere: there is no executor \"somewhere\""),
        1);
    CHECK_INT(mcps_executor_new(&executor, stage.scene.server, "somewhere"), 0);
    CHECK_INT(mcps_server_add_tools(stage.scene.server, &tool, 1), 0);
out:
    mcps_executor_unref(executor);
    stage_end(&stage);
}

/* ---- within a handler ---- */

static struct stage *the_stage;

static int misuse(mcps_call *call)
{
    if (mcps_executor_run(the_stage->host, 0) != -EDEADLK)
        return 1;
    if (mcps_executor_wait(the_stage->host, 0) != -EDEADLK)
        return 2;
    if (mcps_server_stop(the_stage->scene.server, 0) != -EDEADLK)
        return 3;
    if (mcps_call_roots(call, NULL) != MCPS_EINPUT)
        return 4;
    if (mcps_call_sleep_ms(call, 1) != 0)
        return 5;
    if (scene_stats(&the_stage->scene).running != 1)
        return 6;
    if (mcps_server_process(the_stage->scene.server) != -EDEADLK)
        return 7;
    return 8;
}

static void a_handler_there_cannot_wait_for_itself(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    the_stage = &stage;
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, "host"));
    noted.fn = misuse;
    CHECK(wire_call(&stage.wire, "2", "try", NULL));
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(mcps_executor_run(stage.host, 0), 1);
    CHECK_INT(noted.result, 8);
    CHECK_INT(scene_stats(&stage.scene).running, 0);
    CHECK(answered(&stage, &stage.wire, "2") != NULL);
out:
    stage_end(&stage);
}

static void calls_there_may_be_answered_later(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, "host"));
    CHECK(wire_call(&stage.wire, "2", "later", NULL));
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(mcps_executor_run(stage.host, 0), 1);
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(scene_stats(&stage.scene).in_flight, 1);
    CHECK(atomic_load(&noted.kept) != NULL);
    CHECK_INT(mcps_call_finish(atomic_load(&noted.kept), 0), 0);
    CHECK(answered(&stage, &stage.wire, "2") != NULL);
    CHECK_INT(scene_stats(&stage.scene).in_flight, 0);
out:
    stage_end(&stage);
}

/* ---- the end of the server ---- */

static void a_stop_does_not_need_it(void)
{
    struct stage stage;
    int fd;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, "host"));
    fd = mcps_executor_get_fd(stage.host);
    CHECK(wait_there(&stage, &stage.wire, 3));
    CHECK(is_readable(fd));
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
    CHECK(!is_readable(fd));
    CHECK_INT(mcps_executor_run(stage.host, 1000), 0);
    CHECK_INT(mcps_executor_wait(stage.host, -1), MCPS_ECLOSED);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_reason(wire_answer(&stage.wire, "2")), "shutdown");
    CHECK_INT(atomic_load(&noted.n_run), 0);
    /* And again. */
    wire_free(&stage.wire);
    CHECK_INT(mcps_server_start_driven(stage.scene.server), 0);
    CHECK_INT(mcps_executor_wait(stage.host, 0), 0);
    CHECK(wire_connect(&stage.wire, &stage.scene, NULL));
    CHECK(greet_driven(&stage, &stage.wire) && wait_there(&stage, &stage.wire, 1));
    CHECK_INT(mcps_executor_run(stage.host, 1000), 1);
    CHECK_STR(answer_text(answered(&stage, &stage.wire, "2")), "noted");
    /* The server goes, what the host has of the executor stays. */
    stage.scene.server = mcps_server_unref(stage.scene.server);
    CHECK(stage.scene.server == NULL);
    CHECK(is_readable(fd));
    CHECK_INT(mcps_executor_run(stage.host, 1000), MCPS_ECLOSED);
    CHECK_INT(mcps_executor_wait(stage.host, -1), MCPS_ECLOSED);
    CHECK_INT(mcps_executor_get_fd(stage.host), MCPS_ECLOSED);
out:
    stage_end(&stage);
}

struct pump {
    pthread_t thread;
    mcps_executor *executor;
    atomic_uint n_run;
    int result;
};

/* A thread that does nothing else. */
static void *pump(void *userdata)
{
    struct pump *p = userdata;

    do {
        p->result = mcps_executor_wait(p->executor, -1);
        if (p->result > 0) {
            p->result = mcps_executor_run(p->executor, 0);
            atomic_fetch_add(&p->n_run, p->result > 0 ? 1 : 0);
        }
    } while (p->result >= 0);
    return NULL;
}

static bool threaded(struct stage *stage, const char *limits)
{
    return stage_open(stage, 2, limits, "host") &&
           mcps_server_start(stage->scene.server) >= 0 &&
           wire_connect(&stage->wire, &stage->scene, NULL) && wire_hello(&stage->wire);
}

static int stand_there(mcps_call *call)
{
    (void)call;
    door_wait();
    return 0;
}

static void a_stop_waits_for_what_runs_there(void)
{
    struct stage stage;
    struct pump p = { .executor = NULL };
    bool runs = false;

    memset(&stage, 0, sizeof stage);
    CHECK(threaded(&stage, "handler_grace_ms=1"));
    noted.fn = stand_there;
    p.executor = stage.host;
    runs = pthread_create(&p.thread, NULL, pump, &p) == 0;
    CHECK(runs && wire_call(&stage.wire, "2", "try", NULL) && door_await(1));
    CHECK_INT(scene_stats(&stage.scene).running, 1);
    CHECK_INT(scene_stats(&stage.scene).threads, 3);
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), MCPS_EBUSY);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_reason(wire_answer(&stage.wire, "2")), "shutdown");
    CHECK_INT(scene_stats(&stage.scene).stuck, 1);
    CHECK(mcps_server_unref(stage.scene.server) == stage.scene.server);
    CHECK_INT(mcps_executor_new(&stage.host, stage.scene.server, "late"), MCPS_EBUSY);
    door_open();
    pthread_join(p.thread, NULL);
    runs = false;
    CHECK_INT(p.result, MCPS_ECLOSED);
    CHECK_INT(atomic_load(&p.n_run), 1);
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
    CHECK_INT(scene_stats(&stage.scene).stuck, 0);
out:
    door_open();
    if (runs && stage.scene.server) {
        (void)!mcps_server_stop(stage.scene.server, 0);
        pthread_join(p.thread, NULL);
    }
    stage_end(&stage);
}

static void one_that_ignores_its_cancel_is_stuck(void)
{
    struct stage stage;
    struct pump p = { .executor = NULL };
    bool runs = false;

    memset(&stage, 0, sizeof stage);
    CHECK(threaded(&stage, "handler_grace_ms=1"));
    noted.fn = stand_there;
    p.executor = stage.host;
    runs = pthread_create(&p.thread, NULL, pump, &p) == 0;
    CHECK(runs && wire_call(&stage.wire, "2", "try", NULL) && door_await(1));
    CHECK(wire_cancel(&stage.wire, "2"));
    for (int i = 0; i < WATCHDOG_MS && scene_stats(&stage.scene).stuck == 0; i++)
        CHECK(wire_alive(&stage.wire));
    CHECK_INT(scene_stats(&stage.scene).stuck, 1);
    CHECK_INT(scene_logged(&stage.scene, "tool try ignores"), 1);
    door_open();
    CHECK(scene_wait(&stage.scene, stat_in_flight, 0));
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
    pthread_join(p.thread, NULL);
    runs = false;
out:
    door_open();
    if (runs && stage.scene.server) {
        (void)!mcps_server_stop(stage.scene.server, 0);
        pthread_join(p.thread, NULL);
    }
    stage_end(&stage);
}

/* As a database would, with threads of its own. */
static void several_threads_run_it(void)
{
    enum { N_PUMPS = 3, N_CALLS = 60 };
    struct stage stage;
    struct pump pumps[N_PUMPS] = { { .executor = NULL } };
    unsigned n = 0, in_all = 0;

    memset(&stage, 0, sizeof stage);
    CHECK(threaded(&stage, NULL));
    for (; n < N_PUMPS; n++) {
        pumps[n].executor = stage.host;
        if (pthread_create(&pumps[n].thread, NULL, pump, &pumps[n]) != 0)
            break;
    }
    CHECK_INT(n, N_PUMPS);
    for (int round = 0; round < 5; round++) {
        char id[16];

        for (int i = 0; i < N_CALLS; i++) {
            snprintf(id, sizeof id, "%d", round * 100 + i);
            CHECK(wire_call(&stage.wire, id, "note", NULL));
            if (i % 7 == 0)
                CHECK(wire_cancel(&stage.wire, id));
        }
        CHECK(wire_alive(&stage.wire) && scene_idle(&stage.scene));
    }
    CHECK(wire_ok(&stage.wire) && scene_log_ok(&stage.scene));
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
    for (unsigned i = 0; i < n; i++) {
        pthread_join(pumps[i].thread, NULL);
        in_all += atomic_load(&pumps[i].n_run);
    }
    n = 0;
    /* One that was cancelled when it was taken is counted, and not noted. */
    CHECK(in_all >= atomic_load(&noted.n_run) && in_all <= 5 * N_CALLS);
    CHECK(atomic_load(&noted.n_run) >= 5 * (N_CALLS - N_CALLS / 7 - 1));
out:
    if (n > 0 && stage.scene.server)
        (void)!mcps_server_stop(stage.scene.server, 0);
    for (unsigned i = 0; i < n; i++)
        pthread_join(pumps[i].thread, NULL);
    stage_end(&stage);
}

static void a_late_stop_finds_the_queue_empty(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(threaded(&stage, NULL));
    for (int i = 0; i < 5; i++)
        CHECK(wire_call(&stage.wire, (const char *[]){ "2", "3", "4", "5", "6" }[i],
                        "note", NULL));
    CHECK(scene_wait(&stage.scene, stat_queued, 5));
    CHECK_INT(scene_stats(&stage.scene).running, 0);
    wire_free(&stage.wire);
    CHECK(scene_wait(&stage.scene, stat_queued, 0));
    CHECK(scene_wait(&stage.scene, stat_running, 0));
    CHECK_INT(mcps_executor_run(stage.host, 1000), 0);
out:
    stage_end(&stage);
}

#define ONCE_(fn) UNIT_TEST_ONCE(fn, "it has threads")
const struct unit_test executor_tests[] = {
    UNIT_TEST(it_runs_what_waits_within_its_budget),
    UNIT_TEST(its_clients_take_turns),
    UNIT_TEST(what_is_cancelled_is_not_run),
    UNIT_TEST(the_limit_of_the_queue_covers_it),
    UNIT_TEST(nothing_is_run_for_one_who_does_not_read),
    UNIT_TEST(names_are_checked),
    UNIT_TEST(a_handler_there_cannot_wait_for_itself),
    UNIT_TEST(calls_there_may_be_answered_later),
    UNIT_TEST(a_stop_does_not_need_it),
    ONCE_(a_stop_waits_for_what_runs_there),
    ONCE_(one_that_ignores_its_cancel_is_stuck),
    ONCE_(several_threads_run_it),
    ONCE_(a_late_stop_finds_the_queue_empty),
    UNIT_END,
};
