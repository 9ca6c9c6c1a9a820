/* SPDX-License-Identifier: MIT */
/* Servers that are driven by a loop of the test: sessions, time, and how they end. */
#include "config.h"

#include "driven.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

SCENE_STAT(in_flight);
SCENE_STAT(running);

/* ---- whole sessions ---- */

/* Nothing but this thread, so every allocation can be made to fail. */
static void a_session_without_workers(void)
{
    struct stage stage;
    struct wire other = { .memory = NULL };

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, NULL));
    CHECK_INT(scene_stats(&stage.scene).threads, 0);
    CHECK(wire_call(&stage.wire, "2", "echo", "{\"text\":\"here\"}"));
    CHECK_STR(answer_text(answered(&stage, &stage.wire, "2")), "here");
    CHECK(wire_connect(&other, &stage.scene, "other"));
    CHECK(greet_driven(&stage, &other));
    CHECK(wire_call(&other, "2", "add", "{\"a\":1,\"b\":2}"));
    CHECK(wire_call(&stage.wire, "3", "echo", "{\"text\":\"again\"}"));
    CHECK_STR(answer_text(answered(&stage, &other, "2")), "3");
    CHECK_STR(answer_text(answered(&stage, &stage.wire, "3")), "again");
    /* The cancel is read in the same turn. */
    CHECK(wire_call(&stage.wire, "4", "note", NULL));
    CHECK(wire_cancel(&stage.wire, "4"));
    CHECK(alive(&stage));
    CHECK_INT(atomic_load(&noted.n_run), 0);
    CHECK_INT(wire_answers(&stage.wire, "4"), 0);
    mcps_test_cut(other.memory, MCPS_TEST_CUT_BOTH);
    CHECK(settle(&stage) == 0);
    CHECK_INT(scene_stats(&stage.scene).streams, 1);
    CHECK(scene_log_ok(&stage.scene));
out:
    wire_free(&other);
    stage_end(&stage);
}

static void a_session_with_workers(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, 2, NULL, NULL));
    CHECK_INT(scene_stats(&stage.scene).threads, 2);
    CHECK(wire_call(&stage.wire, "2", "echo", "{\"text\":\"there\"}"));
    CHECK_STR(answer_text(answered(&stage, &stage.wire, "2")), "there");
    /* A worker can ask: this thread reads what comes. */
    CHECK(wire_call(&stage.wire, "3", "ask", NULL));
    for (int i = 0; i < WATCHDOG_MS && wire_messages(&stage.wire, "roots/list") == 0;
         i++) {
        scene_take_turn(stage.scene.server);
        take_in(&stage.wire);
    }
    stage.wire.next = 0;
    CHECK(
        wire_give_roots(&stage.wire, wire_await(&stage.wire, "roots/list"), "file:///x"));
    CHECK(strstr(answer_text(answered(&stage, &stage.wire, "3")), "file:///x"));
    CHECK(alive(&stage) && wire_ok(&stage.wire) && scene_log_ok(&stage.scene));
out:
    stage_end(&stage);
}

static void a_turn_runs_one_handler(void)
{
    struct stage stage;
    unsigned before;
    int r = 1;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, NULL));
    CHECK_INT(mcps_server_get_timeout_ms(stage.scene.server), -1);
    for (int i = 2; i < 5; i++) {
        char id[2] = { (char)('0' + i), '\0' };

        CHECK(wire_call(&stage.wire, id, "note", NULL));
    }
    CHECK(is_readable(mcps_server_get_fd(stage.scene.server)));
    do {
        before = atomic_load(&noted.n_run);
        r = mcps_server_process(stage.scene.server);
        CHECK(r >= 0 && atomic_load(&noted.n_run) <= before + 1);
        CHECK_INT(r, atomic_load(&noted.n_run) < 3);
        CHECK_INT(mcps_server_get_timeout_ms(stage.scene.server), r > 0 ? 0 : -1);
    } while (r > 0);
    CHECK_INT(atomic_load(&noted.n_run), 3);
    CHECK(answered(&stage, &stage.wire, "4") != NULL);
out:
    stage_end(&stage);
}

/* ---- time ---- */

static void times_are_told_to_the_loop(void)
{
    struct stage stage;
    mcps_server *server;

    memset(&stage, 0, sizeof stage);
    mcps__clock_drive(5 * MCPS__NS_PER_S);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, "call_ms=1000 eof_grace_ms=250", "host"));
    server = stage.scene.server;
    CHECK(wire_call(&stage.wire, "2", "note", NULL));
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(mcps_server_get_timeout_ms(server), 1000);
    CHECK(!is_readable(mcps_server_get_fd(server)));
    mcps__clock_advance(999 * MCPS__NS_PER_MS + 1);
    CHECK_INT(mcps_server_get_timeout_ms(server), 1);
    CHECK_INT(mcps_server_process(server), 0);
    mcps__clock_advance(MCPS__NS_PER_MS);
    CHECK_INT(mcps_server_get_timeout_ms(server), 0);
    CHECK_STR(answer_reason(answered(&stage, &stage.wire, "2")), "timeout");
    CHECK_INT(atomic_load(&noted.n_run), 0);
    /* The grace at the end of input, with a call that nobody runs. */
    CHECK(wire_call(&stage.wire, "3", "note", NULL));
    wire_cut_input(&stage.wire);
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(mcps_server_get_timeout_ms(server), 250);
    mcps__clock_advance(250 * MCPS__NS_PER_MS);
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(scene_stats(&stage.scene).streams, 0);
    CHECK_INT(scene_stats(&stage.scene).in_flight, 0);
    CHECK_INT(mcps_executor_run(stage.host, 0), 0);
    CHECK(wire_drain(&stage.wire));
    CHECK_INT(wire_answers(&stage.wire, "3"), 0);
out:
    mcps__clock_release();
    stage_end(&stage);
}

/* ---- clients that go away ---- */

static void a_client_goes_away_in_the_middle(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, 2, NULL, NULL));
    CHECK(wire_call(&stage.wire, "2", "sleep", "{\"ms\":3600000}"));
    CHECK(wire_call(&stage.wire, "3", "later", NULL));
    CHECK(wire_send_bytes(&stage.wire, "{\"jsonrpc\":\"2.0\",\"id\":", 22));
    CHECK_INT(settle(&stage), 0);
    for (int i = 0; i < WATCHDOG_MS && !atomic_load(&noted.kept); i++)
        poll(NULL, 0, 1);
    CHECK(atomic_load(&noted.kept) != NULL);
    CHECK(scene_wait(&stage.scene, stat_running, 1));
    mcps_test_cut(stage.wire.memory, MCPS_TEST_CUT_BOTH);
    for (int i = 0; i < WATCHDOG_MS && scene_stats(&stage.scene).streams > 0; i++)
        scene_take_turn(stage.scene.server);
    CHECK_INT(scene_stats(&stage.scene).streams, 0);
    CHECK_INT(mcps_call_cancelled(atomic_load(&noted.kept)), MCPS_CANCEL_DISCONNECT);
    CHECK_INT(mcps_call_finish(atomic_load(&noted.kept), 0), 0);
    CHECK(scene_wait(&stage.scene, stat_in_flight, 0));
    CHECK(scene_log_ok(&stage.scene));
out:
    stage_end(&stage);
}

/* ---- the end ---- */

static void a_request_to_stop_drains(void)
{
    struct stage stage;
    mcps_test_client *late = NULL;
    mcps_server *server;

    memset(&stage, 0, sizeof stage);
    mcps__clock_drive(0);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, "drain_ms=7000", "host"));
    server = stage.scene.server;
    CHECK(wire_call(&stage.wire, "2", "note", NULL));
    CHECK_INT(settle(&stage), 0);
    mcps_server_request_stop(server);
    CHECK(is_readable(mcps_server_get_fd(server)));
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(mcps_server_get_timeout_ms(server), 7000);
    CHECK(wire_call(&stage.wire, "3", "note", NULL));
    CHECK_STR(answer_reason(answered(&stage, &stage.wire, "3")), "shutdown");
    CHECK_INT(mcps_test_connect(server, NULL, &late), MCPS_ECLOSED);
    /* What was there before may still end. */
    CHECK_INT(mcps_executor_run(stage.host, 1000), 1);
    CHECK_INT(settle(&stage), MCPS_ECLOSED);
    CHECK_INT(mcps_server_process(server), MCPS_ECLOSED);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_text(wire_answer(&stage.wire, "2")), "noted");
    CHECK_INT(mcps_server_stop(server, 0), 0);
    CHECK_INT(mcps_server_get_fd(server), MCPS_ECLOSED);
    CHECK_INT(mcps_server_process(server), MCPS_ECLOSED);
out:
    mcps__clock_release();
    mcps_test_free(late);
    stage_end(&stage);
}

/* Not even the first of its kind, for which a transport would have to be started. */
static void nobody_comes_after_a_request(void)
{
    struct stage stage;
    mcps_test_client *late = NULL;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_open(&stage, MCPS_NO_WORKERS, NULL, NULL));
    CHECK_INT(mcps_server_start_driven(stage.scene.server), 0);
    CHECK_INT(settle(&stage), 0);
    mcps_server_request_stop(stage.scene.server);
    CHECK_INT(settle(&stage), MCPS_ECLOSED);
    CHECK_INT(mcps_test_connect(stage.scene.server, NULL, &late), MCPS_ECLOSED);
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
out:
    mcps_test_free(late);
    stage_end(&stage);
}

static void a_second_request_does_not_wait(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, "drain_ms=3600000", "host"));
    CHECK(wire_call(&stage.wire, "2", "note", NULL));
    CHECK_INT(settle(&stage), 0);
    mcps_server_request_stop(stage.scene.server);
    CHECK_INT(settle(&stage), 0);
    mcps_server_request_stop(stage.scene.server);
    CHECK_INT(settle(&stage), MCPS_ECLOSED);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_reason(wire_answer(&stage.wire, "2")), "shutdown");
    CHECK_INT(mcps_executor_run(stage.host, 1000), 0);
out:
    stage_end(&stage);
}

static void a_stop_drains_by_itself(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, NULL));
    for (int i = 2; i < 7; i++) {
        char id[2] = { (char)('0' + i), '\0' };

        CHECK(wire_call(&stage.wire, id, "note", NULL));
    }
    /* All are read, and one is run. */
    CHECK_INT(mcps_server_process(stage.scene.server), 1);
    CHECK_INT(mcps_server_stop(stage.scene.server, 3600000), 0);
    CHECK_INT(atomic_load(&noted.n_run), 5);
    CHECK(wire_drain(&stage.wire));
    for (int i = 2; i < 7; i++) {
        char id[2] = { (char)('0' + i), '\0' };

        CHECK_INT(wire_answers(&stage.wire, id), 1);
    }
out:
    stage_end(&stage);
}

static void stopped_by_another_thread(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_open(&stage, 2, NULL, NULL));
    CHECK(scene_drive(&stage.scene));
    CHECK(wire_connect(&stage.wire, &stage.scene, NULL) && wire_hello(&stage.wire));
    CHECK(wire_call(&stage.wire, "2", "stand", NULL) && door_await(1));
    CHECK(wire_call(&stage.wire, "3", "sleep", "{\"ms\":3600000}"));
    CHECK(scene_wait(&stage.scene, stat_running, 2));
    door_open();
    CHECK_STR(answer_text(wire_answer(&stage.wire, "2")), "stood");
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_reason(wire_answer(&stage.wire, "3")), "shutdown");
    CHECK(wire_ok(&stage.wire) && scene_log_ok(&stage.scene));
out:
    stage_end(&stage);
}

static void a_stop_that_leaves_a_handler(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, 1, "handler_grace_ms=1", NULL));
    CHECK(wire_call(&stage.wire, "2", "stand", NULL));
    CHECK_INT(settle(&stage), 0);
    CHECK(door_await(1));
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), MCPS_EBUSY);
    CHECK_INT(mcps_server_process(stage.scene.server), MCPS_ECLOSED);
    CHECK_INT(mcps_server_get_timeout_ms(stage.scene.server), 0);
    door_open();
    while (mcps_server_stop(stage.scene.server, 0) == MCPS_EBUSY)
        poll(NULL, 0, 1);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_reason(wire_answer(&stage.wire, "2")), "shutdown");
out:
    stage_end(&stage);
}

static void started_again_in_the_other_way(void)
{
    struct stage stage;
    struct wire wire = { .memory = NULL };

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, 2, NULL, NULL));
    CHECK_INT(mcps_server_start(stage.scene.server), MCPS_EBUSY);
    CHECK_INT(mcps_server_start_driven(stage.scene.server), MCPS_EBUSY);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
        CHECK_INT(mcps_server_start(stage.scene.server), 0);
        CHECK_INT(mcps_server_get_fd(stage.scene.server), MCPS_ECLOSED);
        CHECK_INT(mcps_server_process(stage.scene.server), MCPS_ECLOSED);
        CHECK(wire_connect(&wire, &stage.scene, NULL) && wire_hello(&wire));
        CHECK(wire_call(&wire, "2", "echo", "{\"text\":\"threads\"}"));
        CHECK_STR(answer_text(wire_answer(&wire, "2")), "threads");
        wire_free(&wire);
        CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
        CHECK_INT(mcps_server_start_driven(stage.scene.server), 0);
        CHECK_INT(mcps_server_get_timeout_ms(stage.scene.server), 0);
        CHECK(wire_connect(&wire, &stage.scene, NULL) && greet_driven(&stage, &wire));
        wire_free(&wire);
    }
    CHECK(scene_log_ok(&stage.scene));
out:
    wire_free(&wire);
    stage_end(&stage);
}

#define ONCE_(fn) UNIT_TEST_ONCE(fn, "it has threads")
const struct unit_test driven_tests[] = {
    UNIT_TEST(a_session_without_workers),
    ONCE_(a_session_with_workers),
    UNIT_TEST(a_turn_runs_one_handler),
    UNIT_TEST(times_are_told_to_the_loop),
    ONCE_(a_client_goes_away_in_the_middle),
    UNIT_TEST(a_request_to_stop_drains),
    UNIT_TEST(nobody_comes_after_a_request),
    UNIT_TEST(a_second_request_does_not_wait),
    UNIT_TEST(a_stop_drains_by_itself),
    ONCE_(stopped_by_another_thread),
    ONCE_(a_stop_that_leaves_a_handler),
    ONCE_(started_again_in_the_other_way),
    UNIT_END,
};
