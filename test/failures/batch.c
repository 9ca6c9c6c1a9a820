/* SPDX-License-Identifier: MIT */
/* Batches, which one revision of the protocol has: F8.09, and what else may go wrong. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostile.h"

#define PING_(id) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"ping\"}"
#define CALL_(id, what) \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\",\"params\":{" what "}}"
#define ECHO_(id) CALL_(id, "\"name\":\"echo\",\"arguments\":{\"text\":\"x\"}")
#define DOZE_(id) CALL_(id, "\"name\":\"doze\"")
#define CANCEL_(id)                                                            \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{" \
    "\"requestId\":" id "}}"

static const char with_batches[] = "2025-03-26";

SCENE_STAT(running);

static int doze(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_sleep_ms(call, 600000);
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL_STRUCT(.name = "doze", .handler = doze),
    MCPS_TOOL_STRUCT(.name = "late", .handler = doze, .timeout_ms = 1),
};

/* The element of an array of answers with that id, or NULL; the first without one for "". */
static struct json_object *answer_in(struct json_object *array, const char *id)
{
    for (size_t i = 0; json_object_is_type(array, json_type_array) &&
                       i < json_object_array_length(array);
         i++) {
        struct json_object *answer = json_object_array_get_idx(array, i);
        struct json_object *got = member(answer, "id");

        if (got ? strcmp(json_object_get_string(got), id) == 0 : *id == '\0')
            return answer;
    }
    return NULL;
}

/* The next message is an array of so many. */
static struct json_object *next_array(struct wire *wire, size_t n)
{
    struct json_object *array = wire_next(wire, WATCHDOG_MS);

    if (json_object_is_type(array, json_type_array) &&
        json_object_array_length(array) == n)
        return array;
    unit_note("got %.300s", array ? wire->messages[wire->next - 1] : "nothing");
    return NULL;
}

/* ---- what is refused as a whole ---- */

static void f8_09_only_one_revision_has_batches(void)
{
    static const char *const versions[] = { "2024-11-05", "2025-06-18", "2025-11-25" };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;

    for (size_t i = 0; i < 3; i++) {
        CHECK(begin_with(&scene, &wire, versions[i], NULL, NULL, 0));
        CHECK(react_to(&wire, &got, "[" PING_("1") "," ECHO_("2") "]"));
        CHECK(is_one_error(&got, -32600, NULL));
        CHECK(react_to(&wire, &got, "[]"));
        CHECK(is_one_error(&got, -32600, NULL));
        CHECK_INT(scene_stats(&scene).answers, 0);
        CHECK(all_is_well(&scene, &wire));
        wire_free(&wire);
        CHECK(scene_close(&scene));
    }
    /* Before the handshake it is not known which revision it is. */
    CHECK(scene_start(&scene, 1, NULL, NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(react_to(&wire, &got, "[" PING_("1") "]"));
    CHECK(is_one_error(&got, -32600, NULL));
    CHECK(react_to(&wire, &got,
                   "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
                   "\"protocolVersion\":\"2025-03-26\",\"capabilities\":{},"
                   "\"clientInfo\":{\"name\":\"a\",\"version\":\"1\"}}}]"));
    CHECK(is_one_error(&got, -32600, NULL));
    CHECK(wire_hello(&wire));
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* An array of n pings. The caller frees it. */
static char *many_pings(unsigned n)
{
    char *text = malloc((size_t)n * 64 + 8), *at = text;

    if (!text)
        return NULL;
    *at++ = '[';
    for (unsigned i = 0; i < n; i++)
        at += sprintf(at, "%s{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"ping\"}",
                      i ? "," : "", i);
    *at++ = ']';
    *at = '\0';
    return text;
}

static void f8_09_a_batch_has_a_limit(void)
{
    static const unsigned sizes[] = { 1, 31, 32, 33, 127, 128, 129, 60000 };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;
    char *text = NULL;

    CHECK(begin_with(&scene, &wire, with_batches, NULL, NULL, 0));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        free(text);
        text = many_pings(sizes[i]);
        CHECK(text && react(&wire, text, strlen(text), &got));
        unit_note_on_failure("%u messages", sizes[i]);
        if (sizes[i] > 32) {
            CHECK(is_one_error(&got, -32600, NULL));
            continue;
        }
        CHECK_INT(got.n, 1);
        CHECK(json_object_is_type(got.message, json_type_array));
        CHECK_INT(json_object_array_length(got.message), sizes[i]);
    }
    CHECK(mcps_server_get_limit_hits(scene.server, MCPS_LIMIT_BATCH) > 0);
    CHECK(all_is_well(&scene, &wire));
out:
    free(text);
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static void f8_09_a_batch_that_is_refused_as_a_whole(void)
{
    static const char *const bad[] = {
        "[]",
        "[" ECHO_("1") "," ECHO_("1") "]",
        "[" ECHO_("\"a\"") "," PING_("2") "," PING_("\"\\u0061\"") "]",
        "[" ECHO_("7") "," PING_("7.0") "]",
        "[" ECHO_("7") ",{\"id\":7}]",
        /* Refused by itself it would be answered with that id, too. */
        "[" ECHO_("1") ",{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}]",
        "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}," ECHO_(
            "1") "]",
    };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;

    CHECK(begin_with(&scene, &wire, with_batches, "bad_messages=1000", NULL, 0));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(react_to(&wire, &got, "%s", bad[i]));
        CHECK(is_one_error(&got, -32600, NULL));
    }
    CHECK_INT(scene_stats(&scene).answers, 0);
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- what is refused of it ---- */

static void f8_09_bad_elements_do_not_spoil_the_others(void)
{
    static const struct {
        const char *text, *id;
    } bad[] = { { "7", "" },          { "null", "" }, { "\"x\"", "" },
                { "[]", "" },         { "{}", "" },   { "[" PING_("9") "]", "" },
                { "{\"id\":9}", "9" } };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;

    CHECK(begin_with(&scene, &wire, with_batches, "bad_messages=1000", NULL, 0));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(react_to(&wire, &got, "[" PING_("1") ",%s," PING_("2") "]", bad[i].text));
        CHECK_INT(got.n, 1);
        CHECK(json_object_is_type(got.message, json_type_array));
        CHECK_INT(json_object_array_length(got.message), 3);
        CHECK(member(answer_in(got.message, "1"), "result"));
        CHECK(member(answer_in(got.message, "2"), "result"));
        CHECK_INT(answer_code(answer_in(got.message, bad[i].id)), -32600);
    }
    /* The handshake is no part of a batch. */
    CHECK(react_to(
        &wire, &got,
        "[" PING_(
            "1") ",{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"initialize\","
                 "\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                 "\"clientInfo\":{\"name\":\"a\",\"version\":\"1\"}}}]"));
    CHECK_INT(got.n, 1);
    CHECK_INT(answer_code(answer_in(got.message, "2")), -32600);
    CHECK(member(answer_in(got.message, "1"), "result"));
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static void f8_09_a_batch_and_the_limits_of_calls(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct json_object *array;

    CHECK(begin_with(&scene, &wire, with_batches, "calls_per_peer=2", tools, 2));
    /* An id in flight is not used again, by a batch either. */
    CHECK(wire_send(&wire, "%s", DOZE_("1")));
    CHECK(scene_wait(&scene, stat_running, 1));
    CHECK(wire_send(&wire, "[" PING_("1") "," DOZE_("2") "," ECHO_("3") "]"));
    CHECK(wire_send(&wire, "%s", CANCEL_("2")));
    array = next_array(&wire, 2);
    CHECK(array != NULL);
    CHECK_INT(answer_code(answer_in(array, "")), -32600);
    CHECK_STR(answer_reason(answer_in(array, "3")), "busy");
    CHECK(wire_send(&wire, "%s", CANCEL_("1")));
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- how it is answered ---- */

static void a_batch_is_answered_as_one_array(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;
    struct json_object *array;

    mcps__sync_reset();
    CHECK(begin_with(&scene, &wire, with_batches, NULL, NULL, 0));
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        mcps__sync_hold("before_respond");
        CHECK(wire_send(
            &wire,
            "[" PING_("1") "," ECHO_(
                "2") ","
                     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}," ECHO_(
                         "3") ",{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"no\"}]"));
        CHECK(mcps__sync_wait("before_respond", 2));
        /* Nothing comes before the last answer is there. */
        CHECK(react_to(&wire, &got,
                       "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/y\"}"));
        CHECK_INT(got.n, 0);
        mcps__sync_release("before_respond");
        array = next_array(&wire, 4);
        CHECK(array != NULL);
        CHECK(member(answer_in(array, "1"), "result"));
        CHECK_STR(answer_text(answer_in(array, "2")), "x");
        CHECK_STR(answer_text(answer_in(array, "3")), "x");
        CHECK_INT(answer_code(answer_in(array, "4")), -32601);
    }
    CHECK(all_is_well(&scene, &wire));
out:
    mcps__sync_release("before_respond");
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static void a_batch_without_requests_is_not_answered(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct reaction got;

    CHECK(begin_with(&scene, &wire, with_batches, NULL, NULL, 0));
    CHECK(react_to(&wire, &got,
                   "[{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"},"
                   "{\"jsonrpc\":\"2.0\",\"method\":\"ping\"},"
                   "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}]"));
    CHECK_INT(got.n, 0);
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static void a_batch_brings_answers_to_us(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct json_object *ask;

    CHECK(begin_with(&scene, &wire, with_batches, NULL, NULL, 0));
    CHECK(wire_call(&wire, "1", "roots", NULL));
    ask = wire_await(&wire, "roots/list");
    CHECK(ask != NULL);
    CHECK(wire_send(
        &wire,
        "[{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"roots\":[]}}," PING_("2") "]",
        json_object_get_string(member(ask, "id"))));
    CHECK_STR(answer_text(wire_answer(&wire, "1")), "[ ]");
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- cancelling a part of it ---- */

static void a_cancelled_call_is_not_in_the_array(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct json_object *array;

    CHECK(begin_with(&scene, &wire, with_batches, NULL, tools, 2));
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        CHECK(wire_send(&wire, "[" DOZE_("1") "," ECHO_("2") "]"));
        CHECK(wire_send(&wire, "%s", CANCEL_("1")));
        array = next_array(&wire, 1);
        CHECK_STR(answer_text(answer_in(array, "2")), "x");
        /* By the batch itself, before or behind it. */
        CHECK(wire_send(&wire, "[" DOZE_("3") "," CANCEL_("3") "," PING_("4") "]"));
        array = next_array(&wire, 1);
        CHECK(member(answer_in(array, "4"), "result"));
        /* All of it: then there is nothing to say. */
        CHECK(wire_send(&wire, "[" DOZE_("5") "," DOZE_("6") "]"));
        CHECK(wire_send(&wire, "[" CANCEL_("6") "," CANCEL_("5") "," CANCEL_("5") "]"));
        CHECK(wire_send(&wire, "[" PING_("7") "]"));
        array = next_array(&wire, 1);
        CHECK(member(answer_in(array, "7"), "result"));
    }
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static void a_late_call_is_in_the_array(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct json_object *array;

    CHECK(begin_with(&scene, &wire, with_batches, NULL, tools, 2));
    CHECK(wire_send(&wire, "[" CALL_("1", "\"name\":\"late\"") "," ECHO_("2") "]"));
    array = next_array(&wire, 2);
    CHECK(answer_is_error(answer_in(array, "1")));
    CHECK_STR(answer_text(answer_in(array, "2")), "x");
    CHECK(all_is_well(&scene, &wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* What was answered by the end of the input goes out; the call that goes on does not. */
static void a_batch_at_the_end_of_input(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct json_object *array;

    CHECK(begin_with(&scene, &wire, with_batches, "eof_grace_ms=0", tools, 2));
    CHECK(wire_send(&wire, "[" PING_("1") "," DOZE_("2") "]"));
    CHECK(scene_wait(&scene, stat_running, 1));
    wire_cut_input(&wire);
    array = next_array(&wire, 1);
    CHECK(member(answer_in(array, "1"), "result"));
    CHECK(wire_drain(&wire));
    CHECK_INT(wire.n_messages, 2);
    CHECK(!wire.torn);
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* The client goes while it is collected: it is freed with what is in it. */
static void a_batch_whose_client_goes(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    CHECK(begin_with(&scene, &wire, with_batches, NULL, tools, 2));
    CHECK(wire_send(&wire, "[" PING_("1") "," DOZE_("2") "," ECHO_("3") "]"));
    CHECK(scene_wait(&scene, stat_running, 1));
    wire_free(&wire);
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

#define TEST_(fn) UNIT_TEST_ONCE(fn, "it has threads")
const struct unit_test batch_tests[] = {
    TEST_(f8_09_only_one_revision_has_batches),
    TEST_(f8_09_a_batch_has_a_limit),
    TEST_(f8_09_a_batch_that_is_refused_as_a_whole),
    TEST_(f8_09_bad_elements_do_not_spoil_the_others),
    TEST_(f8_09_a_batch_and_the_limits_of_calls),
    TEST_(a_batch_is_answered_as_one_array),
    TEST_(a_batch_without_requests_is_not_answered),
    TEST_(a_batch_brings_answers_to_us),
    TEST_(a_cancelled_call_is_not_in_the_array),
    TEST_(a_late_call_is_in_the_array),
    TEST_(a_batch_at_the_end_of_input),
    TEST_(a_batch_whose_client_goes),
    UNIT_END,
};
