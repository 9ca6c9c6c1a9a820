/* SPDX-License-Identifier: MIT */
/* What calls say to the client's log, their progress, and what they learn of their request. */
#include "config.h"

#include "layers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SCENE_STAT(cancelled);
SCENE_STAT(answers);

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, name, &value);
    return value;
}

static const char *text_of(struct json_object *object, const char *name)
{
    struct json_object *value = member(object, name);

    return value ? json_object_get_string(value) : "";
}

/* ---- tools ---- */

static int log_all(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = 0;

    (void)args;
    (void)userdata;
    for (int level = MCPS_LOG_EMERGENCY; level <= MCPS_LOG_DEBUG && r >= 0; level++)
        r = mcps_call_log(call, (enum mcps_log_level)level, "all", "level %d", level);
    return r;
}

static int log_often(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = 0;

    (void)args;
    (void)userdata;
    for (int i = 0; i < 20 && r >= 0; i++)
        r = mcps_call_log(call, MCPS_LOG_ERROR, NULL, "%d", i);
    return r;
}

enum { N_LARGE = 100, LARGE = 100000 };

static int log_much(mcps_call *call, struct json_object *args, void *userdata)
{
    char *text = malloc(LARGE + 1);
    int r = text ? 0 : -ENOMEM;

    (void)args;
    (void)userdata;
    if (text) {
        memset(text, 'x', LARGE);
        text[LARGE] = '\0';
    }
    for (int i = 0; i < N_LARGE && r >= 0; i++)
        r = mcps_call_log(call, MCPS_LOG_ERROR, NULL, "%s", text);
    free(text);
    return r;
}

static int log_oddly(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    if (mcps_call_log(call, (enum mcps_log_level)8, NULL, "x") != -EINVAL ||
        mcps_call_log(call, MCPS_LOG_OFF, NULL, "x") != -EINVAL ||
        mcps_call_log_json(call, MCPS_LOG_ERROR, NULL, "{") != -EINVAL ||
        mcps_call_log_json(call, MCPS_LOG_ERROR, NULL, NULL) != -EINVAL)
        return -EIO;
    mcps_call_log(call, MCPS_LOG_ERROR, "\"\xff", "%s", "line\nand \xff\x01");
    mcps_call_log(call, MCPS_LOG_ERROR, NULL, "%s", "");
    return mcps_call_log_json(call, MCPS_LOG_ERROR, "db", "{\"a\":\n[1, null]}");
}

static mcps_call *kept;

static int log_late(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    kept = mcps_call_ref(call);
    return 0;
}

/* Reports 1 and 2 at once, and stands. */
static int report_twice(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    if (mcps_call_progress(call, 1, 0, NULL) < 0 ||
        mcps_call_progress(call, 2, 0, NULL) < 0)
        return -EIO;
    door_wait();
    return mcps_call_progress(call, 3, 0, NULL);
}

static int report_slowly(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = 0;

    (void)args;
    (void)userdata;
    for (int i = 1; i <= 3 && r >= 0; i++) {
        r = mcps_call_progress(call, i, 3, NULL);
        if (r >= 0)
            r = mcps_call_sleep_ms(call, 50);
    }
    return r;
}

enum { FLOOD = 100000 };

static int report_flood(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = 0;

    (void)args;
    (void)userdata;
    for (int i = 1; i <= FLOOD && r >= 0; i++)
        r = mcps_call_progress(call, i, FLOOD, NULL);
    return r;
}

static void say_id(char *to, const uint8_t *id, size_t n)
{
    for (size_t i = 0; i < n; i++)
        snprintf(to + 2 * i, 3, "%02x", id[i]);
}

/* What is known of the request, in one line. */
static int learn(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *value = NULL;
    struct mcps_client_info client;
    struct mcps_trace trace;
    char trace_id[33], parent_id[17];
    int has_trace = mcps_call_trace(call, &trace), r;

    (void)args;
    (void)userdata;
    if (has_trace < 0 || mcps_call_client(call, &client) < 0)
        return -EIO;
    say_id(trace_id, trace.trace_id, 16);
    say_id(parent_id, trace.parent_id, 8);
    r = mcps_call_request_meta(call, "com.example/x", &value);
    r = mcps_call_text(call, "%d %s %s %d %s %s %s/%s %s", has_trace, trace_id, parent_id,
                       trace.flags, trace.tracestate ? trace.tracestate : "-",
                       trace.baggage ? trace.baggage : "-", client.name, client.version,
                       r == MCPS_ENOTFOUND ? "none"
                       : r < 0             ? mcps_error_name(r)
                                           : json_object_to_json_string_ext(value, 0));
    json_object_put(value);
    return r;
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL_STRUCT(.name = "log_all", .handler = log_all),
    MCPS_TOOL_STRUCT(.name = "log_often", .handler = log_often),
    MCPS_TOOL_STRUCT(.name = "log_much", .handler = log_much),
    MCPS_TOOL_STRUCT(.name = "log_oddly", .handler = log_oddly),
    MCPS_TOOL_STRUCT(.name = "log_late", .handler = log_late),
    MCPS_TOOL_STRUCT(.name = "report_twice", .handler = report_twice),
    MCPS_TOOL_STRUCT(.name = "report_slowly", .handler = report_slowly),
    MCPS_TOOL_STRUCT(.name = "report_flood", .handler = report_flood),
    MCPS_TOOL_STRUCT(.name = "learn", .handler = learn),
};

static bool begin(struct act *act, const char *limits)
{
    return act_begin(act, 4, limits) &&
           mcps_server_add_tools(act->scene.server, tools,
                                 sizeof tools / sizeof tools[0]) >= 0;
}

static bool call_with(struct wire *wire, const char *id, const char *tool,
                      const char *more)
{
    return wire_send(
        wire,
        "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"%s\"%s}}",
        id, tool, more);
}

/* ---- F11.07: levels ---- */

static bool set_level(struct wire *wire, const char *level, int code)
{
    static unsigned n;
    char id[32];

    snprintf(id, sizeof id, "\"level-%u\"", ++n);
    return wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"logging/setLevel\","
                     "\"params\":{\"level\":%s}}",
                     id, level) &&
           answer_code(wire_answer(wire, id)) == code;
}

/* Calls log_all, which must log so many, from the most severe on, before its answer. */
static bool logs_so_many(struct wire *wire, const char *id, unsigned n, const char *more)
{
    static const char *const names[] = { "emergency", "alert",  "critical", "error",
                                         "warning",   "notice", "info",     "debug" };
    char text[16];

    if (!call_with(wire, id, "log_all", more))
        return false;
    for (unsigned i = 0; i < n; i++) {
        struct json_object *params =
            member(wire_await(wire, "notifications/message"), "params");

        snprintf(text, sizeof text, "level %u", i);
        if (strcmp(text_of(params, "level"), names[i]) != 0 ||
            strcmp(text_of(params, "data"), text) != 0 ||
            strcmp(text_of(params, "logger"), "all") != 0 || wire_answers(wire, id) > 0)
            return false;
    }
    return answer_code(wire_answer(wire, id)) == 0;
}

static void f11_07_levels_are_each_client_s_own(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct wire other = { .memory = NULL };

    CHECK(begin(&act, NULL));
    CHECK(wire_connect(&other, &act.scene, NULL) && wire_hello(&other));
    CHECK(set_level(&act.wire, "\"error\"", 0));
    CHECK(set_level(&other, "\"debug\"", 0));
    CHECK(logs_so_many(&act.wire, "1", 4, "") && logs_so_many(&other, "1", 8, ""));
    CHECK(set_level(&act.wire, "\"emergency\"", 0));
    CHECK(logs_so_many(&act.wire, "2", 1, "") && logs_so_many(&other, "2", 8, ""));
    CHECK(set_level(&act.wire, "\"Error\"", -32602));
    CHECK(set_level(&act.wire, "3", -32602));
    CHECK(set_level(&act.wire, "\"warning\\u0000\"", -32602));
    CHECK(logs_so_many(&act.wire, "3", 1, ""));
    CHECK(set_level(&act.wire, "\"\\u0069nfo\"", 0));
    CHECK(logs_so_many(&act.wire, "4", 7, ""));
    CHECK(wire_settled(&act.wire) && wire_settled(&other));
    CHECK_INT(wire_messages(&act.wire, "notifications/message"), 4 + 1 + 1 + 7);
    CHECK_INT(wire_messages(&other, "notifications/message"), 16);
    CHECK(act_ok(&act) && wire_ok(&other));
out:
    wire_free(&other);
    CHECK_AFTER(act_end(&act));
}

static void f11_07_without_a_level(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, NULL));
    CHECK(logs_so_many(&act.wire, "1", 7, ""));
    /* Each request of the modern era says it for itself, and the session's does not count. */
    CHECK(set_level(&act.wire, "\"debug\"", 0));
    CHECK(logs_so_many(&act.wire, "2", 0, "," MODERN_META("")));
    CHECK(logs_so_many(&act.wire, "3", 5,
                       "," MODERN_META(",\"io.modelcontextprotocol/logLevel\":"
                                       "\"warning\"")));
    CHECK(logs_so_many(&act.wire, "4", 0, "," MODERN_META("")));
    CHECK(call_with(&act.wire, "5", "log_all",
                    "," MODERN_META(",\"io.modelcontextprotocol/logLevel\":\"loud\"")));
    CHECK_INT(answer_code(wire_answer(&act.wire, "5")), -32602);
    CHECK(call_with(&act.wire, "6", "log_all",
                    "," MODERN_META(",\"io.modelcontextprotocol/logLevel\":7")));
    CHECK_INT(answer_code(wire_answer(&act.wire, "6")), -32602);
    CHECK(logs_so_many(&act.wire, "7", 8, ""));
    /* The modern era has no such method. */
    CHECK(wire_send(
        &act.wire,
        "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":"
        "\"logging/setLevel\",\"params\":{\"level\":\"info\"," MODERN_META("") "}}"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "8")), -32601);
    CHECK(wire_settled(&act.wire));
    CHECK_INT(wire_messages(&act.wire, "notifications/message"), 7 + 5 + 8);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- F11.05: the level counts for what follows it ---- */

static void f11_05_a_level_is_set_in_order(void)
{
    static const char both[] = REQUEST("1", "logging/setLevel", "\"level\":\"alert\"")
        REQUEST("2", "tools/call", "\"name\":\"log_all\"")
            REQUEST("3", "logging/setLevel", "\"level\":\"debug\"");
    struct act act = { .wire = { .memory = NULL } };
    struct wire wire = { .memory = NULL };

    CHECK(begin(&act, NULL));
    for (unsigned i = 0; i < unit_repeat(50, 500); i++) {
        CHECK(wire_connect(&wire, &act.scene, NULL) && wire_hello(&wire));
        CHECK(wire_send_bytes(&wire, both, sizeof both - 1));
        CHECK(wire_answer(&wire, "1") && wire_answer(&wire, "2") &&
              wire_answer(&wire, "3"));
        /* At least what the level before the call lets through: it may change meanwhile. */
        CHECK(wire_messages(&wire, "notifications/message") >= 2);
        CHECK(wire_ok(&wire));
        wire_free(&wire);
    }
out:
    wire_free(&wire);
    CHECK_AFTER(act_end(&act));
}

/* ---- what is dropped ---- */

static void logs_are_limited(void)
{
    struct act act = { .wire = { .memory = NULL } };
    unsigned n;

    CHECK(begin(&act, "client_logs=5"));
    CHECK(wire_call(&act.wire, "1", "log_often", NULL));
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), 0);
    n = wire_messages(&act.wire, "notifications/message");
    /* All of a second, or of two. */
    CHECK(n >= 5 && n <= 10);
    CHECK_INT(mcps_server_get_limit_hits(act.scene.server, MCPS_LIMIT_CLIENT_LOGS),
              20 - n);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* Far more than the hard mark, to one who does not read meanwhile, and then reads on. */
static void logs_do_not_drown_a_client(void)
{
    struct act act = { .wire = { .memory = NULL } };
    unsigned n;

    CHECK(begin(&act, "out_bytes=200000 client_logs=1000"));
    CHECK(wire_call(&act.wire, "1", "log_much", NULL));
    CHECK(scene_wait(&act.scene, stat_answers, 1));
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), 0);
    n = wire_messages(&act.wire, "notifications/message");
    CHECK(n >= 2 && n < N_LARGE);
    /* Each is counted; and who is not read meanwhile is, too. */
    CHECK(mcps_server_get_limit_hits(act.scene.server, MCPS_LIMIT_OUT_BYTES) >=
          N_LARGE - n);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void odd_logs(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, NULL));
    CHECK(wire_call(&act.wire, "1", "log_oddly", NULL));
    CHECK(!answer_is_error(wire_answer(&act.wire, "1")));
    CHECK_INT(wire_messages(&act.wire, "notifications/message"), 3);
    CHECK(strstr(act.wire.messages[act.wire.n_messages - 4],
                 "\"logger\":\"\\\"\xef\xbf\xbd\",\"data\":\"line\\nand "
                 "\xef\xbf\xbd\\u0001\"}"));
    CHECK(strstr(act.wire.messages[act.wire.n_messages - 3],
                 "{\"level\":\"error\",\"data\":\"\"}"));
    CHECK(strstr(act.wire.messages[act.wire.n_messages - 2],
                 "\"logger\":\"db\",\"data\":{\"a\": [1, null]}}"));
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void f11_01_no_log_after_the_answer(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, NULL));
    CHECK(wire_call(&act.wire, "1", "log_late", NULL));
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), 0);
    CHECK_INT(mcps_call_log(kept, MCPS_LOG_ERROR, NULL, "late"), MCPS_ECLOSED);
    CHECK(wire_settled(&act.wire));
    CHECK_INT(wire_messages(&act.wire, "notifications/message"), 0);
    kept = mcps_call_unref(kept);
    CHECK(act_ok(&act));
out:
    kept = mcps_call_unref(kept);
    CHECK_AFTER(act_end(&act));
}

/* ---- progress ---- */

#define TOKEN ",\"_meta\":{\"progressToken\":\"p\"}"

static int progress_of(struct json_object *message)
{
    struct json_object *params = member(message, "params");

    return params ? json_object_get_int(member(params, "progress")) : -1;
}

static int progress_before(struct wire *wire, const char *id)
{
    int n = 0;

    while (wire_answers(wire, id) == 0) {
        if (!wire_next(wire, WATCHDOG_MS))
            return -1;
        n = (int)wire_messages(wire, "notifications/progress");
    }
    return n;
}

/* There is one stream for everything, and each mode finds it. */
static void f11_02_progress_in_each_mode(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct wire old = { .memory = NULL };
    struct json_object *message;

    CHECK(begin(&act, "progress_ms=0"));
    CHECK(call_with(&act.wire, "1", "report_slowly", TOKEN));
    CHECK_INT(progress_before(&act.wire, "1"), 3);
    CHECK(call_with(&act.wire, "2", "report_slowly",
                    "," MODERN_META(",\"progressToken\":0")));
    CHECK_INT(progress_before(&act.wire, "2"), 6);
    CHECK(wire_connect(&old, &act.scene, NULL) && wire_init(&old, "2025-03-26", "{}"));
    while (wire_next(&old, 0))
        ;
    CHECK(wire_send(&old, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
                          "\"params\":{\"name\":\"report_slowly\"" TOKEN "}}]"));
    for (int i = 1; i <= 3; i++)
        CHECK_INT(progress_of(wire_next(&old, WATCHDOG_MS)), i);
    message = wire_next(&old, WATCHDOG_MS);
    CHECK(message && json_object_is_type(message, json_type_array));
    CHECK(act_ok(&act));
out:
    wire_free(&old);
    CHECK_AFTER(act_end(&act));
}

static void progress_that_is_slow_goes_out(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, NULL));
    CHECK(call_with(&act.wire, "1", "report_slowly", TOKEN));
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), 0);
    CHECK_INT(wire_messages(&act.wire, "notifications/progress"), 3);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void a_flood_of_progress_is_few(void)
{
    struct act act = { .wire = { .memory = NULL } };
    unsigned n;

    CHECK(begin(&act, NULL));
    CHECK(call_with(&act.wire, "1", "report_flood", TOKEN));
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), 0);
    n = wire_messages(&act.wire, "notifications/progress");
    CHECK(n >= 2 && n < FLOOD / 10);
    CHECK(strstr(act.wire.messages[act.wire.n_messages - 2], "\"progress\":100000"));
    /* Each of those that were replaced is counted. */
    CHECK(mcps_server_get_limit_hits(act.scene.server, MCPS_LIMIT_PROGRESS_MS) ==
          FLOOD - n);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void the_last_goes_out_before_the_answer(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, "progress_ms=3600000"));
    CHECK(call_with(&act.wire, "1", "report_twice", TOKEN));
    CHECK_INT(progress_of(wire_await(&act.wire, "notifications/progress")), 1);
    CHECK(door_await(1));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(wire_messages(&act.wire, "notifications/progress"), 1);
    door_open();
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), 0);
    CHECK_INT(progress_of(wire_await(&act.wire, "notifications/progress")), 3);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void what_is_held_back_goes_out_in_time(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, "progress_ms=50"));
    CHECK(call_with(&act.wire, "1", "report_twice", TOKEN));
    /* While the handler stands. */
    CHECK_INT(progress_of(wire_await(&act.wire, "notifications/progress")), 1);
    CHECK_INT(progress_of(wire_await(&act.wire, "notifications/progress")), 2);
    CHECK_INT(wire_answers(&act.wire, "1"), 0);
    door_open();
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), 0);
    CHECK_INT(progress_of(wire_await(&act.wire, "notifications/progress")), 3);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void f11_03_nothing_held_back_for_a_cancelled_call(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, "progress_ms=3600000"));
    CHECK(call_with(&act.wire, "1", "report_twice", TOKEN));
    CHECK(door_await(1));
    CHECK(wire_cancel(&act.wire, "1"));
    CHECK(scene_wait(&act.scene, stat_cancelled, 1));
    door_open();
    CHECK(scene_idle(&act.scene) && wire_settled(&act.wire));
    CHECK_INT(wire_messages(&act.wire, "notifications/progress"), 1);
    CHECK_INT(wire_answers(&act.wire, "1"), 0);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* The client goes while a timer is set, and while a report is held. */
static void a_client_goes_while_progress_is_held_back(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin(&act, "progress_ms=3600000 eof_grace_ms=0"));
    CHECK(call_with(&act.wire, "1", "report_twice", TOKEN));
    CHECK(door_await(1));
    wire_free(&act.wire);
    door_open();
    CHECK(scene_idle(&act.scene));
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- what a call learns ---- */

#define PARENT   "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define NO_TRACE "0 00000000000000000000000000000000 0000000000000000 0 - - "

static bool learns(struct wire *wire, const char *more, const char *want)
{
    static unsigned n;
    char id[32];

    snprintf(id, sizeof id, "%u", 100 + n++);
    CHECK(call_with(wire, id, "learn", more));
    CHECK_STR(answer_text(wire_answer(wire, id)), want);
    return true;
out:
    return false;
}

static void calls_learn_of_their_request(void)
{
    static const char trace[] = "1 0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 1 ";
    struct act act = { .wire = { .memory = NULL } };
    struct wire *wire = &act.wire;
    char want[256];

    CHECK(begin(&act, NULL));
    CHECK(learns(wire, "", NO_TRACE "wire/1 none"));
    snprintf(want, sizeof want, "%sa=b,c@d=e k=v;p v/9 {\"y\":[1,null]}", trace);
    CHECK(learns(
        wire,
        "," MODERN_META(",\"traceparent\":\"" PARENT "\",\"tracestate\":\"a=b,c@d=e\","
                        "\"baggage\":\"k=v;p\",\"com.example/x\":{\"y\":[1,null]},"
                        "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"v\","
                        "\"version\":\"9\"}"),
        want));
    /* Escapes, and what is not as it should be. */
    snprintf(want, sizeof want, "%s- - / null", trace);
    CHECK(learns(
        wire,
        "," MODERN_META(",\"trac\\u0065parent\":\"\\u00300-0af7651916cd43dd8448eb211c8"
                        "0319c-b7ad6b7169203331-01\",\"tracestate\":\"A=b\","
                        "\"baggage\":\"=\",\"com.example/x\":null"),
        want));
    CHECK(
        learns(wire,
               "," MODERN_META(",\"traceparent\":\"" PARENT "0\",\"tracestate\":\"a=b\","
                               "\"com.example/x\":\"" PARENT "\""),
               NO_TRACE "/ \"" PARENT "\""));
    CHECK(learns(wire, "," MODERN_META(",\"traceparent\":7,\"com.example/x\":1.0"),
                 NO_TRACE "/ 1.0"));
    CHECK(learns(wire, "," MODERN_META(",\"traceparent\":\"" PARENT "\\u0000\""),
                 NO_TRACE "/ none"));
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

const struct unit_test say_tests[] = {
    UNIT_TEST_ONCE(f11_07_levels_are_each_client_s_own, "it has threads"),
    UNIT_TEST_ONCE(f11_07_without_a_level, "it has threads"),
    UNIT_TEST_ONCE(f11_05_a_level_is_set_in_order, "it has threads"),
    UNIT_TEST_ONCE(logs_are_limited, "it has threads"),
    UNIT_TEST_ONCE(logs_do_not_drown_a_client, "it has threads"),
    UNIT_TEST_ONCE(odd_logs, "it has threads"),
    UNIT_TEST_ONCE(f11_01_no_log_after_the_answer, "it has threads"),
    UNIT_TEST_ONCE(f11_02_progress_in_each_mode, "it has threads"),
    UNIT_TEST_ONCE(progress_that_is_slow_goes_out, "it has threads"),
    UNIT_TEST_ONCE(a_flood_of_progress_is_few, "it has threads"),
    UNIT_TEST_ONCE(the_last_goes_out_before_the_answer, "it has threads"),
    UNIT_TEST_ONCE(what_is_held_back_goes_out_in_time, "it has threads"),
    UNIT_TEST_ONCE(f11_03_nothing_held_back_for_a_cancelled_call, "it has threads"),
    UNIT_TEST_ONCE(a_client_goes_while_progress_is_held_back, "it has threads"),
    UNIT_TEST_ONCE(calls_learn_of_their_request, "it has threads"),
    UNIT_END,
};
