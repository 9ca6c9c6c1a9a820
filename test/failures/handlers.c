/* SPDX-License-Identifier: MIT */
/* Group 12: what handlers do to the server, and the server to them. What they return is in
 * handlers_result.c, what they call in handlers_reentry.c. */
#include "config.h"

#include "handlers.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "props.h"

SCENE_STAT(cancelled);
SCENE_STAT(in_flight);
SCENE_STAT(queued);
SCENE_STAT(sessions);
SCENE_STAT(streams);
SCENE_STAT(stuck);

/* ---- F12.01: a handler ignores that it is cancelled ---- */

static void f12_01_a_handler_that_ignores_its_cancel(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct wire other = { .memory = NULL };
    mcps_server *left;

    CHECK(act_begin(&act, 1, "handler_grace_ms=1 eof_grace_ms=0"));
    CHECK(wire_call(&act.wire, "2", "stand", NULL));
    CHECK(door_await(1));
    /* Closing the session waits for nobody, and the pool keeps its size. */
    wire_free(&act.wire);
    CHECK(scene_wait(&act.scene, stat_stuck, 1));
    CHECK(scene_wait(&act.scene, stat_streams, 0));
    CHECK_INT(scene_stats(&act.scene).sessions, 1);
    CHECK(wire_connect(&other, &act.scene, NULL));
    CHECK(wire_hello(&other));
    CHECK(wire_call(&other, "2", "echo", "{\"text\":\"served\"}"));
    CHECK_STR(answer_text(wire_answer(&other, "2")), "served");
    CHECK(wire_settled(&other));
    guard_set("stopping a server with a stuck handler");
    CHECK_INT(mcps_server_stop(act.scene.server, 0), MCPS_EBUSY);
    left = mcps_server_unref(act.scene.server);
    guard_clear();
    CHECK(left == act.scene.server);
    CHECK(scene_logged(&act.scene, "1 handlers or hooks still run") >= 1);
    CHECK_INT(scene_stats(&act.scene).in_flight, 1);
    door_open();
    CHECK(scene_wait(&act.scene, stat_in_flight, 0));
    CHECK_INT(scene_stats(&act.scene).suppressed_answers, 1);
    CHECK_INT(mcps_server_stop(act.scene.server, 0), 0);
    CHECK_INT(scene_stats(&act.scene).sessions, 0);
    CHECK_INT(scene_stats(&act.scene).threads, 0);
    CHECK(wire_ok(&other));
    CHECK(scene_log_ok(&act.scene));
out:
    guard_clear();
    wire_free(&other);
    CHECK_AFTER(act_end(&act));
}

/* Each stuck handler gets a thread in its place, up to a limit. */
static void f12_01_more_stuck_handlers_than_spares(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(act_begin(&act, 1, "handler_grace_ms=1 calls_stuck=1"));
    for (unsigned i = 1; i <= 2; i++) {
        char id[16];

        snprintf(id, sizeof id, "%u", i);
        CHECK(wire_call(&act.wire, id, "stand", NULL));
        CHECK(door_await(i));
        CHECK(wire_cancel(&act.wire, id));
        CHECK(scene_wait(&act.scene, stat_stuck, i));
    }
    CHECK(wire_call(&act.wire, "3", "echo", "{\"text\":\"at last\"}"));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(scene_stats(&act.scene).queued, 1);
    CHECK_INT(wire_answers(&act.wire, "3"), 0);
    door_open();
    CHECK_STR(answer_text(wire_answer(&act.wire, "3")), "at last");
    CHECK(act_ok(&act));
    CHECK_INT(wire_answers(&act.wire, "1") + wire_answers(&act.wire, "2"), 0);
    CHECK_INT(mcps_server_get_limit_hits(act.scene.server, MCPS_LIMIT_HANDLER_GRACE_MS),
              2);
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- F12.02: a handler outlives its session ---- */

static atomic_uint lives, surprises;

static void expect(int r)
{
    if (r != 0 && r != MCPS_ECLOSED && r != MCPS_ECANCELLED)
        atomic_fetch_add(&surprises, 1);
}

static int live(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots;
    int r;

    (void)args;
    (void)userdata;
    expect(mcps_call_progress(call, 1, 3, "born"));
    r = mcps_call_roots(call, &roots);
    expect(r);
    if (r >= 0)
        json_object_put(roots);
    MCPS__SYNC_POINT("test_in_handler");
    expect(mcps_call_text(call, "%s", mcps_call_principal(call)));
    expect(mcps_call_progress(call, 2, 3, "grown"));
    expect(mcps_call_sleep_ms(call, 0));
    MCPS__SYNC_POINT("test_at_return");
    atomic_fetch_add(&lives, 1);
    return r;
}

static const struct mcps_tool live_tool =
    MCPS_TOOL_STRUCT(.name = "live", .handler = live);

enum ending { END_OF_INPUT, GONE, N_ENDINGS };

/* A call comes to the point, its session ends meanwhile, and it goes on. */
static bool end_at(const char *point, bool asks, enum ending ending)
{
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *request;
    bool ok = false;

    atomic_store(&lives, 0);
    atomic_store(&surprises, 0);
    unit_note_on_failure("at %s, ending %d", point, ending);
    CHECK(act_begin(&act, 2, "eof_grace_ms=0"));
    CHECK(mcps_server_add_tools(act.scene.server, &live_tool, 1) >= 0);
    mcps__sync_hold(point);
    CHECK(wire_send(&act.wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{"
                    "\"name\":\"live\",\"_meta\":{\"progressToken\":2}}}"));
    if (asks) {
        request = wire_await(&act.wire, "roots/list");
        CHECK(request && wire_give_roots(&act.wire, request, "file:///home"));
    }
    CHECK(mcps__sync_wait(point, 1));
    if (ending == END_OF_INPUT)
        wire_cut_input(&act.wire);
    else
        wire_free(&act.wire);
    CHECK(scene_wait(&act.scene, stat_streams, 0));
    mcps__sync_release(point);
    CHECK(scene_idle(&act.scene));
    CHECK(scene_wait(&act.scene, stat_sessions, 0));
    CHECK_INT(atomic_load(&lives), strcmp(point, "before_handler") != 0);
    CHECK_INT(atomic_load(&surprises), 0);
    if (act.wire.memory) {
        CHECK(wire_drain(&act.wire));
        CHECK_INT(wire_answers(&act.wire, "2"), strcmp(point, "after_respond") == 0);
        CHECK(wire_ok(&act.wire));
    }
    CHECK(scene_log_ok(&act.scene));
    ok = true;
out:
    mcps__sync_release(point);
    CHECK_AFTER(act_end(&act));
    unit_note_on_failure("%s", "");
    return ok;
}

static void f12_02_a_handler_outlives_its_session(void)
{
    static const struct {
        const char *name;
        bool asks;
    } points[] = {
        { "before_handler", false },       { "before_pending_insert", false },
        { "after_pending_insert", false }, { "before_park", false },
        { "test_in_handler", true },       { "test_at_return", true },
        { "before_respond", true },        { "after_respond", true },
    };

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        for (int ending = 0; ending < N_ENDINGS; ending++)
            CHECK(end_at(points[i].name, points[i].asks, (enum ending)ending));
    }
out:;
}

/* ---- F12.08: all workers are taken ---- */

static void f12_08_protocol_goes_on_without_workers(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct wire other = { .memory = NULL };
    struct json_object *answer, *result, *tools;

    CHECK(act_begin(&act, 2, NULL));
    CHECK(wire_call(&act.wire, "2", "stand", NULL));
    CHECK(wire_call(&act.wire, "3", "stand", NULL));
    CHECK(door_await(2));
    CHECK(wire_call(&act.wire, "4", "echo", "{\"text\":\"queued\"}"));
    CHECK(wire_call(&act.wire, "5", "echo", "{\"text\":\"never\"}"));
    CHECK(scene_wait(&act.scene, stat_queued, 2));
    CHECK(wire_alive(&act.wire));
    CHECK(wire_cancel(&act.wire, "5"));
    CHECK(wire_cancel(&act.wire, "3"));
    CHECK(scene_wait(&act.scene, stat_cancelled, 2));
    CHECK_INT(scene_stats(&act.scene).cancelled_before_start, 1);
    CHECK_INT(scene_stats(&act.scene).queued, 1);
    CHECK(wire_connect(&other, &act.scene, "newcomer"));
    CHECK(wire_hello(&other));
    CHECK(wire_send(&other, "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/list\"}"));
    answer = wire_answer(&other, "9");
    CHECK(answer && json_object_object_get_ex(answer, "result", &result));
    CHECK(json_object_object_get_ex(result, "tools", &tools));
    CHECK(json_object_array_length(tools) > N_PROPS);
    wire_free(&other);
    CHECK(scene_wait(&act.scene, stat_streams, 1));
    CHECK_INT(wire_answers(&act.wire, "2") + wire_answers(&act.wire, "4"), 0);
    door_open();
    CHECK_STR(answer_text(wire_answer(&act.wire, "2")), "stood");
    CHECK_STR(answer_text(wire_answer(&act.wire, "4")), "queued");
    CHECK(act_ok(&act));
    CHECK_INT(wire_answers(&act.wire, "3") + wire_answers(&act.wire, "5"), 0);
out:
    wire_free(&other);
    CHECK_AFTER(act_end(&act));
}

/* ---- F12.09: a handler that cleans up after its cancel ---- */

static atomic_uint entered, said_cancelled, cleaned;

static void count_cancelled(int r)
{
    if (r == MCPS_ECANCELLED)
        atomic_fetch_add(&said_cancelled, 1);
}

static int clean_up(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots;

    (void)args;
    (void)userdata;
    atomic_fetch_add(&entered, 1);
    count_cancelled(mcps_call_sleep_ms(call, 3600000));
    count_cancelled(mcps_call_progress(call, 1, 0, "cleaning"));
    count_cancelled(mcps_call_text(call, "cleaned"));
    count_cancelled(mcps_call_roots(call, &roots));
    count_cancelled(mcps_call_sleep_ms(call, 3600000));
    door_wait();
    atomic_fetch_add(&cleaned, 1);
    return 0;
}

static const struct mcps_tool clean_tool =
    MCPS_TOOL_STRUCT(.name = "clean", .handler = clean_up);

static bool all_said(void *arg)
{
    (void)arg;
    return atomic_load(&said_cancelled) == 5;
}

/* Opens the door once the call stands there, with the stop under way. */
static void *open_later(void *userdata)
{
    bool *ret = userdata;

    *ret = await(all_said, NULL, "for five calls that were cancelled") && door_await(1);
    door_open();
    return NULL;
}

static void f12_09_cleaning_up_after_a_cancel(void)
{
    struct act act = { .wire = { .memory = NULL } };
    pthread_t opener;
    bool opened = false, started = false;
    int r;

    atomic_store(&entered, 0);
    atomic_store(&said_cancelled, 0);
    atomic_store(&cleaned, 0);
    CHECK(act_begin(&act, 2, NULL));
    CHECK(mcps_server_add_tools(act.scene.server, &clean_tool, 1) >= 0);
    CHECK(wire_call(&act.wire, "2", "clean", NULL));
    CHECK(await_uint(&entered, 1));
    started = pthread_create(&opener, NULL, open_later, &opened) == 0;
    CHECK(started);
    guard_set("stopping a server whose handler cleans up");
    r = mcps_server_stop(act.scene.server, 0);
    guard_clear();
    CHECK_INT(r, 0);
    CHECK_INT(atomic_load(&cleaned), 1);
    CHECK(wire_drain(&act.wire));
    CHECK_STR(answer_reason(wire_answer(&act.wire, "2")), "shutdown");
    CHECK(wire_ok(&act.wire));
    CHECK_INT(wire_messages(&act.wire, "roots/list"), 0);
    CHECK(scene_log_ok(&act.scene));
out:
    guard_clear();
    if (started)
        pthread_join(opener, NULL);
    CHECK_AFTER(!started || opened);
    CHECK_AFTER(act_end(&act));
}

static const struct unit_test handler_tests[] = {
    UNIT_TEST_ONCE(f12_01_a_handler_that_ignores_its_cancel, "it has threads"),
    UNIT_TEST_ONCE(f12_01_more_stuck_handlers_than_spares, "it has threads"),
    UNIT_TEST_ONCE(f12_02_a_handler_outlives_its_session, "it has threads"),
    UNIT_TEST_ONCE(f12_08_protocol_goes_on_without_workers, "it has threads"),
    UNIT_TEST_ONCE(f12_09_cleaning_up_after_a_cancel, "it has threads"),
    UNIT_END,
};

char *handlers_program;

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "handlers", handler_tests },
        { "results", result_tests },
        { "reentry", reentry_tests },
    };

    handlers_program = argv[0];
    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && strcmp(argv[1], "crash") == 0)
        return serve_crashes();
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
