/* SPDX-License-Identifier: MIT */
/* Group 3: requests to the client that are refused, and answers that are dropped. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "ask.h"
#include "props.h"
#include "util/clock.h"

SCENE_STAT(pending);

/* ---- F3.04: the request cannot be written ---- */

static bool is_over_hard_mark(void *arg)
{
    return scene_stats(arg).out_bytes > 4000;
}

static void f3_04_the_request_cannot_be_written(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(act_begin(&act, 2, "out_bytes=1000"));
    mcps__sync_hold("before_pending_insert");
    CHECK(wire_call(&act.wire, "2", "ask", NULL));
    CHECK(mcps__sync_wait("before_pending_insert", 1));
    CHECK(wire_call(&act.wire, "3", "big", "{\"bytes\":1000000}"));
    CHECK(await(is_over_hard_mark, &act.scene, "for output to wait"));
    mcps__sync_release("before_pending_insert");
    CHECK(asks_await(1));
    CHECK_INT(asks_ended(MCPS_ECLOSED), 1);
    CHECK(scene_idle(&act.scene));
    CHECK(wire_drain(&act.wire));
    CHECK_INT(wire_messages(&act.wire, "roots/list"), 0);
    CHECK_INT(wire_messages(&act.wire, "notifications/cancelled"), 0);
    CHECK_INT(wire_answers(&act.wire, "2"), 0);
    CHECK(scene_log_ok(&act.scene));
out:
    mcps__sync_release("before_pending_insert");
    CHECK_AFTER(act_end(&act));
}

/* The call is cancelled in the last moment, so that its gate is shut for the request. */
static void f3_04_cancelled_before_the_request_is_written(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(act_begin(&act, 2, NULL));
    mcps__sync_hold("before_pending_insert");
    CHECK(wire_call(&act.wire, "2", "ask", NULL));
    CHECK(mcps__sync_wait("before_pending_insert", 1));
    CHECK(wire_cancel(&act.wire, "2") && wire_settled(&act.wire));
    mcps__sync_release("before_pending_insert");
    CHECK(asks_await(1));
    CHECK_INT(asks_ended(MCPS_ECANCELLED), 1);
    CHECK(act_ok(&act));
    CHECK_INT(scene_stats(&act.scene).streams, 1);
    CHECK_INT(wire_messages(&act.wire, "roots/list"), 0);
    CHECK_INT(wire_messages(&act.wire, "notifications/cancelled"), 0);
    CHECK_INT(wire_answers(&act.wire, "2"), 0);
out:
    mcps__sync_release("before_pending_insert");
    CHECK_AFTER(act_end(&act));
}

/* ---- F3.05: answers that come too late, twice, or for nothing ---- */

static bool answer_too_late(struct act *act)
{
    struct json_object *request;

    if (!wire_call(&act->wire, "2", "ask", NULL))
        return false;
    request = wire_await(&act->wire, "roots/list");
    if (!request || !scene_wait(&act->scene, stat_pending, 1))
        return false;
    mcps__clock_advance(201 * MCPS__NS_PER_MS);
    return asks_await(1) && answer_is_error(wire_answer(&act->wire, "2")) &&
           wire_give_roots(&act->wire, request, "file:///late") &&
           wire_settled(&act->wire);
}

static bool answer_twice(struct act *act)
{
    struct json_object *request;

    mcps__sync_hold("before_respond");
    if (!wire_call(&act->wire, "3", "ask", NULL))
        return false;
    request = wire_await(&act->wire, "roots/list");
    return request && wire_give_roots(&act->wire, request, "file:///once") &&
           wire_give_roots(&act->wire, request, "file:///twice") &&
           wire_settled(&act->wire);
}

static void f3_05_late_duplicate_and_unknown_answers(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct wire later = { .memory = NULL };

    mcps__clock_drive(0);
    CHECK(act_begin(&act, 2, "roots_ms=200"));
    CHECK(answer_too_late(&act));
    CHECK_INT(scene_stats(&act.scene).ignored_messages, 1);
    CHECK(answer_twice(&act));
    CHECK_INT(scene_stats(&act.scene).ignored_messages, 2);
    mcps__sync_release("before_respond");
    CHECK_STR(answer_text(wire_answer(&act.wire, "3")), "[{\"uri\":\"file:///once\"}]");
    CHECK(wire_respond(&act.wire, "9999", "result", "{\"roots\":[]}"));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(scene_stats(&act.scene).ignored_messages, 3);
    /* The number of a request of the first session, said in a second one. */
    CHECK(wire_connect(&later, &act.scene, NULL));
    CHECK(wire_hello(&later));
    CHECK(wire_respond(&later, "1", "result", "{\"roots\":[]}"));
    CHECK(wire_settled(&later));
    CHECK_INT(scene_stats(&act.scene).ignored_messages, 4);
    CHECK_INT(scene_logged(&act.scene, "an answer to what is not asked"), 4);
    CHECK_INT(asks_ended(0), 1);
    CHECK_INT(asks_ended_in_all(), 2);
    /* initialize and ping: nothing was said about the answer. */
    CHECK_INT(later.n_messages, 2);
    CHECK(wire_ok(&later));
    CHECK(act_ok(&act));
out:
    mcps__sync_release("before_respond");
    wire_free(&later);
    CHECK_AFTER(act_end(&act));
    mcps__clock_release();
}

/* ---- F3.06: no way back to the client ---- */

/* The input has ended, the output is open, and the call is in its grace: it asks then. */
static void f3_06_no_way_back_after_the_end_of_input(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(act_begin(&act, 2, "eof_grace_ms=3600000"));
    CHECK(wire_call(&act.wire, "2", "ask", NULL));
    CHECK(wire_await(&act.wire, "roots/list"));
    mcps__sync_hold("before_handler");
    CHECK(wire_call(&act.wire, "3", "ask", NULL));
    CHECK(wire_call(&act.wire, "4", "echo", "{\"text\":\"graceful\"}"));
    CHECK(mcps__sync_wait("before_handler", 2));
    wire_cut_input(&act.wire);
    CHECK(scene_wait(&act.scene, stat_pending, 0));
    mcps__sync_release("before_handler");
    CHECK(wire_drain(&act.wire));
    CHECK(scene_idle(&act.scene));
    CHECK_INT(asks_ended(MCPS_ECLOSED), 2);
    CHECK_INT(wire_answers(&act.wire, "2") + wire_answers(&act.wire, "3"), 0);
    CHECK_STR(answer_text(wire_answer(&act.wire, "4")), "graceful");
    CHECK_INT(wire_messages(&act.wire, "roots/list"), 1);
    CHECK(wire_ok(&act.wire));
    CHECK(scene_log_ok(&act.scene));
out:
    mcps__sync_release("before_handler");
    CHECK_AFTER(act_end(&act));
}

/* ---- F3.10: the client did not declare the capability ---- */

static bool ask_without_capability(const char *version, const char *capabilities)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    bool ok = false;

    props_reset();
    CHECK(scene_start(&scene, 2, NULL, props, N_PROPS));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_init(&wire, version, capabilities));
    CHECK(wire_call(&wire, "2", "ask", NULL));
    CHECK(answer_is_error(wire_answer(&wire, "2")));
    CHECK_INT(asks_ended(MCPS_ECAPABILITY), 1);
    CHECK(scene_idle(&scene));
    CHECK(wire_settled(&wire));
    CHECK_INT(wire_messages(&wire, "roots/list"), 0);
    CHECK(wire_ok(&wire));
    CHECK(scene_log_ok(&scene));
    ok = true;
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
    return ok;
}

static void f3_10_a_capability_that_was_not_declared(void)
{
    static const char *const versions[] = { "2024-11-05", "2025-03-26", "2025-06-18",
                                            "2025-11-25" };

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        CHECK(ask_without_capability(versions[i], "{}"));
        CHECK(ask_without_capability(versions[i], "{\"sampling\":{},\"Roots\":{}}"));
        CHECK(ask_without_capability(versions[i], "{\"roots\":null}"));
    }
out:;
}

/* ---- F3.13: somebody else's answer ---- */

static void f3_13_somebody_elses_answer(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct wire other = { .memory = NULL }, stranger = { .memory = NULL };
    struct json_object *request;
    char id[32];

    CHECK(act_begin(&act, 2, NULL));
    CHECK(wire_connect(&other, &act.scene, "other"));
    CHECK(wire_hello(&other));
    CHECK(wire_connect(&stranger, &act.scene, "stranger"));
    CHECK(wire_call(&act.wire, "2", "ask", NULL));
    request = wire_await(&act.wire, "roots/list");
    CHECK(request);
    snprintf(id, sizeof id, "%lld", (long long)request_id(request));
    CHECK(wire_respond(&other, id, "result", "{\"roots\":[{\"uri\":\"file:///evil\"}]}"));
    CHECK(wire_respond(&stranger, id, "error", "{\"code\":1,\"message\":\"evil\"}"));
    CHECK(wire_settled(&other));
    CHECK(wire_settled(&stranger));
    CHECK_INT(scene_stats(&act.scene).ignored_messages, 2);
    CHECK_INT(scene_stats(&act.scene).pending, 1);
    CHECK_INT(asks_ended_in_all(), 0);
    CHECK(wire_give_roots(&act.wire, request, "file:///own"));
    CHECK_STR(answer_text(wire_answer(&act.wire, "2")), "[{\"uri\":\"file:///own\"}]");
    CHECK(wire_ok(&other) && wire_ok(&stranger));
    CHECK(act_ok(&act));
out:
    wire_free(&other);
    wire_free(&stranger);
    CHECK_AFTER(act_end(&act));
}

/* ---- F3.14: answers whose id is none ---- */

static void f3_14_answers_without_a_proper_id(void)
{
    static const char *const ids[] = {
        "",       "null",     "\"\"",        "false",  "true",    "0",   "\"0\"",
        "\"01\"", "\"1 \"",   "-1",          "\"+1\"", "\"1.0\"", "[1]", "{}",
        "1.5",    "\"null\"", "\"\\u0000\"", "11",     "\"1x\""
    };
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *request;

    CHECK(act_begin(&act, 2, NULL));
    CHECK(wire_call(&act.wire, "2", "ask", NULL));
    request = wire_await(&act.wire, "roots/list");
    CHECK_INT(request_id(request), 1);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        unit_note_on_failure("id %s", ids[i]);
        CHECK(wire_respond(&act.wire, ids[i], "error",
                           "{\"code\":-32600,\"message\":\"what?\"}"));
        CHECK(wire_settled(&act.wire));
        CHECK_INT(asks_ended_in_all(), 0);
    }
    unit_note_on_failure("%s", "");
    CHECK_INT(scene_stats(&act.scene).pending, 1);
    /* A client that has made a string of our number is understood. */
    CHECK(wire_respond(&act.wire, "\"1\"", "result", "{\"roots\":[]}"));
    CHECK_STR(answer_text(wire_answer(&act.wire, "2")), "[]");
    CHECK(act_ok(&act));
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(act_end(&act));
}

/* One whose id is good, and nothing else: who waits is told, and does not wait for its time
 * to be up. */
static void answers_that_are_none(void)
{
    static const char *const bodies[][2] = {
        { "result", "7" },
        { "result", "null" },
        { "error", "[]" },
        { "error", "{}" },
    };
    struct act act = { .wire = { .memory = NULL } };
    char id[16], request[16];

    CHECK(act_begin(&act, 2, "roots_ms=3600000"));
    for (int i = 0; i < (int)(sizeof bodies / sizeof bodies[0]); i++) {
        unit_note_on_failure("%s %s", bodies[i][0], bodies[i][1]);
        snprintf(id, sizeof id, "%d", 20 + i);
        CHECK(wire_call(&act.wire, id, "ask", NULL));
        CHECK(wire_await(&act.wire, "roots/list"));
        snprintf(request, sizeof request, "%d", 1 + i);
        CHECK(wire_respond(&act.wire, request, bodies[i][0], bodies[i][1]));
        CHECK(wire_answer(&act.wire, id));
    }
    unit_note_on_failure("%s", "");
    CHECK_INT(scene_stats(&act.scene).pending, 0);
    CHECK(act_ok(&act));
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(act_end(&act));
}

/* ---- F3.15: a call that is used after its handler has returned ---- */

static mcps_call *kept;

static int keep(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    kept = mcps_call_ref(call);
    return mcps_call_text(call, "kept");
}

static const struct mcps_tool keep_tool =
    MCPS_TOOL_STRUCT(.name = "keep", .handler = keep);

static void never(void *userdata, enum mcps_cancel_reason reason)
{
    (void)userdata;
    (void)reason;
    asks_note(0);
}

/* When the client is gone besides, asking it may say that. */
static bool all_say_closed(mcps_call *call, enum mcps_cancel_reason reason)
{
    struct json_object *roots;
    int r = mcps_call_roots(call, &roots);

    return (r == MCPS_ECLOSED || (reason && r == MCPS_ECANCELLED)) &&
           mcps_call_progress(call, 1, 2, "late") == MCPS_ECLOSED &&
           mcps_call_sleep_ms(call, 1) == MCPS_ECLOSED &&
           mcps_call_text(call, "late") == MCPS_ECLOSED &&
           mcps_call_text_bytes(call, "late", 4) == MCPS_ECLOSED &&
           mcps_call_fail(call, "late") == MCPS_ECLOSED &&
           mcps_call_on_cancel(call, NULL, never, NULL) == MCPS_ECLOSED &&
           mcps_call_finish(call, 0) == -EALREADY &&
           mcps_call_cancelled(call) == reason &&
           strcmp(mcps_call_principal(call), "test") == 0;
}

static bool is_disconnected(void *arg)
{
    (void)arg;
    return mcps_call_cancelled(kept) == MCPS_CANCEL_DISCONNECT;
}

static void f3_15_a_call_used_after_its_answer(void)
{
    struct act act = { .wire = { .memory = NULL } };
    size_t n_messages;

    kept = NULL;
    CHECK(act_begin(&act, 2, NULL));
    CHECK(mcps_server_add_tools(act.scene.server, &keep_tool, 1) >= 0);
    CHECK(wire_send(&act.wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{"
                    "\"name\":\"keep\",\"_meta\":{\"progressToken\":\"late\"}}}"));
    CHECK_STR(answer_text(wire_answer(&act.wire, "2")), "kept");
    CHECK(scene_idle(&act.scene));
    n_messages = act.wire.n_messages;
    CHECK(all_say_closed(kept, MCPS_CANCEL_NONE));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(act.wire.n_messages, n_messages + 1);
    CHECK(act_ok(&act));
    /* Also when the client is gone, and when the server is. */
    wire_free(&act.wire);
    CHECK(scene_idle(&act.scene));
    CHECK(await(is_disconnected, NULL, "for the client to be gone"));
    CHECK(all_say_closed(kept, MCPS_CANCEL_DISCONNECT));
    CHECK(scene_close(&act.scene));
    CHECK_INT(mcps_call_finish(kept, 0), -EALREADY);
    CHECK_STR(mcps_call_principal(kept), "test");
    CHECK_INT(asks_ended_in_all(), 0);
out:
    kept = mcps_call_unref(kept);
    CHECK_AFTER(act_end(&act));
}

/* ---- F3.16: requests before the handshake is over ---- */

static void f3_16_asked_before_the_handshake_is_over(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct json_object *request;

    props_reset();
    CHECK(scene_start(&scene, 2, NULL, props, N_PROPS));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","
                           "\"params\":{\"protocolVersion\":\"2025-11-25\","
                           "\"capabilities\":{\"roots\":{}},"
                           "\"clientInfo\":{\"name\":\"w\",\"version\":\"1\"}}}"));
    CHECK(wire_answer(&wire, "1"));
    CHECK(wire_call(&wire, "2", "ask", NULL));
    CHECK(answer_is_error(wire_answer(&wire, "2")));
    CHECK_INT(asks_ended(MCPS_ENOTREADY), 1);
    CHECK(wire_alive(&wire));
    CHECK_INT(wire_messages(&wire, "roots/list"), 0);
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\","
                           "\"method\":\"notifications/initialized\"}"));
    CHECK(wire_call(&wire, "3", "ask", NULL));
    request = wire_await(&wire, "roots/list");
    CHECK(request && wire_give_roots(&wire, request, "file:///ready"));
    CHECK_STR(answer_text(wire_answer(&wire, "3")), "[{\"uri\":\"file:///ready\"}]");
    CHECK(scene_idle(&scene));
    CHECK(wire_ok(&wire));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

const struct unit_test ask_refused_tests[] = {
    UNIT_TEST_ONCE(f3_04_the_request_cannot_be_written, "it has threads"),
    UNIT_TEST_ONCE(f3_04_cancelled_before_the_request_is_written, "it has threads"),
    UNIT_TEST_ONCE(f3_05_late_duplicate_and_unknown_answers, "it has threads"),
    UNIT_TEST_ONCE(f3_06_no_way_back_after_the_end_of_input, "it has threads"),
    UNIT_TEST_ONCE(f3_10_a_capability_that_was_not_declared, "it has threads"),
    UNIT_TEST_ONCE(f3_13_somebody_elses_answer, "it has threads"),
    UNIT_TEST_ONCE(f3_14_answers_without_a_proper_id, "it has threads"),
    UNIT_TEST_ONCE(answers_that_are_none, "it has threads"),
    UNIT_TEST_ONCE(f3_15_a_call_used_after_its_answer, "it has threads"),
    UNIT_TEST_ONCE(f3_16_asked_before_the_handshake_is_over, "it has threads"),
    UNIT_END,
};
