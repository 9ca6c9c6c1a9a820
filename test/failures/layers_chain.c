/* SPDX-License-Identifier: MIT */
/* Middleware: what it sees, what it refuses and replaces, and what the library has of it. */
#include "config.h"

#include "layers.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SCENE_STAT(cancelled);
SCENE_STAT(cancelled_before_start);

/* ---- what was noted ---- */

static struct {
    pthread_mutex_t mutex;
    char text[4096];
    unsigned n_lines;
} notes = { PTHREAD_MUTEX_INITIALIZER, "", 0 };

static void note(const char *format, ...) MCPS_PRINTF(1, 2);
static void note(const char *format, ...)
{
    size_t used;
    va_list args;

    pthread_mutex_lock(&notes.mutex);
    used = strlen(notes.text);
    va_start(args, format);
    vsnprintf(notes.text + used, sizeof notes.text - used, format, args);
    va_end(args);
    notes.n_lines++;
    pthread_mutex_unlock(&notes.mutex);
}

/* What was noted since the last time. */
static const char *noted(void)
{
    static char text[sizeof notes.text];

    pthread_mutex_lock(&notes.mutex);
    memcpy(text, notes.text, sizeof text);
    notes.text[0] = '\0';
    notes.n_lines = 0;
    pthread_mutex_unlock(&notes.mutex);
    return text;
}

/* ---- middleware that notes ---- */

static atomic_uint n_destroyed;

static void count_destroyed(void *userdata)
{
    (void)userdata;
    atomic_fetch_add(&n_destroyed, 1);
}

static void enter_noting(mcps_request *request, void *userdata)
{
    const char *name = mcps_request_name(request), *arguments;
    size_t len;

    arguments = mcps_request_arguments(request, &len);
    mcps_request_set_pointer(request, userdata);
    note("+%s %s %s %.*s\n", (const char *)userdata, mcps_request_method(request),
         name ? name : "-", arguments ? (int)len : 1, arguments ? arguments : "-");
}

static void leave_noting(mcps_request *request, mcps_outcome *outcome, void *userdata)
{
    size_t len;

    if (mcps_request_get_pointer(request) != userdata ||
        mcps_request_arguments(request, &len) || mcps_request_meta(request, &len))
        note("!");
    note("-%s %s %d\n", (const char *)userdata,
         mcps_outcome_kind_name(mcps_outcome_kind(outcome)), mcps_outcome_code(outcome));
}

static struct mcps_middleware noting(const char *name, bool anywhere)
{
    return (struct mcps_middleware)MCPS_MIDDLEWARE(.name = name, .enter = enter_noting,
                                                   .leave = leave_noting,
                                                   .userdata = (void *)(uintptr_t)name,
                                                   .destroy = count_destroyed,
                                                   .anywhere = anywhere);
}

/* ---- tools ---- */

static int say(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "said");
}

static int fail(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_fail(call, "failed");
}

static mcps_call *_Atomic pending;

static int later(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    atomic_store(&pending, mcps_call_ref(call));
    return MCPS_PENDING;
}

static bool is_pending(void *arg)
{
    (void)arg;
    return atomic_load(&pending) != NULL;
}

static int blob(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    mcps_call_text(call, "before");
    return mcps_call_image(call, "image/png", mcps_blob_static("abcd", 4));
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL_STRUCT(.name = "say", .handler = say),
    MCPS_TOOL_STRUCT(.name = "flunk", .handler = fail),
    MCPS_TOOL_STRUCT(.name = "later", .handler = later),
    MCPS_TOOL_STRUCT(.name = "blob", .handler = blob),
    MCPS_TOOL_STRUCT(.name = "here", .handler = say, .executor = MCPS_INLINE),
};

/* A server that is not started. */
static bool open(struct act *act, unsigned workers, const char *limits)
{
    props_reset();
    noted();
    atomic_store(&n_destroyed, 0);
    return scene_open(&act->scene, workers, limits, props, N_PROPS) &&
           mcps_server_add_tools(act->scene.server, tools,
                                 sizeof tools / sizeof tools[0]) >= 0;
}

static bool start(struct act *act)
{
    return (scene_is_driven() ? scene_drive(&act->scene)
                              : mcps_server_start(act->scene.server) >= 0) &&
           wire_connect(&act->wire, &act->scene, NULL) && wire_hello(&act->wire) &&
           wire_settled(&act->wire);
}

static bool add(struct act *act, struct mcps_middleware middleware)
{
    return mcps_server_add_middleware(act->scene.server, &middleware) >= 0;
}

/* ---- order ---- */

static void entered_in_order_and_left_in_reverse(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct mcps_middleware late = noting("late", true);

    CHECK(open(&act, 2, NULL));
    CHECK(add(&act, noting("a", false)) && add(&act, noting("x", true)) &&
          add(&act, noting("b", false)));
    CHECK(start(&act));
    CHECK_STR(noted(), "+x initialize - -\n-x result 0\n");
    CHECK_INT(mcps_server_add_middleware(act.scene.server, &late), MCPS_EBUSY);
    CHECK_INT(atomic_load(&n_destroyed), 1);
    CHECK(wire_call(&act.wire, "1", "say", "{\"k\": 1}"));
    CHECK_STR(answer_text(wire_answer(&act.wire, "1")), "said");
    CHECK_STR(noted(), "+x tools/call say {\"k\": 1}\n+a tools/call say {\"k\": 1}\n"
                       "+b tools/call say {\"k\": 1}\n-b result 0\n-a result 0\n"
                       "-x result 0\n");
    CHECK(wire_call(&act.wire, "2", "flunk", NULL));
    CHECK(answer_is_error(wire_answer(&act.wire, "2")));
    CHECK_STR(noted(),
              "+x tools/call flunk -\n+a tools/call flunk -\n+b tools/call flunk -\n"
              "-b tool error 0\n-a tool error 0\n-x tool error 0\n");
    /* What never becomes a call. */
    CHECK(wire_call(&act.wire, "3", "nobody", NULL));
    CHECK_INT(answer_code(wire_answer(&act.wire, "3")), -32602);
    CHECK_STR(noted(), "+x tools/call nobody -\n-x error -32602\n");
    CHECK(wire_send(&act.wire, "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"no\"}"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "4")), -32601);
    CHECK_STR(noted(), "+x no - -\n-x error -32601\n");
    /* Lists are calls, for some middleware may block. */
    CHECK(
        wire_send(&act.wire, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/list\"}"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "5")), 0);
    CHECK_STR(noted(), "+x tools/list - -\n+a tools/list - -\n+b tools/list - -\n"
                       "-b result 0\n-a result 0\n-x result 0\n");
    CHECK(wire_call(&act.wire, "6", "here", NULL));
    CHECK_STR(answer_text(wire_answer(&act.wire, "6")), "said");
    CHECK_STR(noted(),
              "+x tools/call here -\n+a tools/call here -\n+b tools/call here -\n"
              "-b result 0\n-a result 0\n-x result 0\n");
    CHECK(act_ok(&act));
    CHECK_STR(noted(), ""); /* of pings */
out:
    CHECK_AFTER(act_end(&act));
    CHECK_AFTER(atomic_load(&n_destroyed) == 4);
}

static void modern_requests_are_seen(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(open(&act, 2, NULL));
    CHECK(add(&act, noting("x", true)));
    CHECK(start(&act));
    noted();
    CHECK(wire_send(&act.wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\","
                    "\"params\":{" MODERN_META("") "}}"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), 0);
    CHECK(wire_send(&act.wire, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\","
                               "\"params\":{" MODERN_META("") "}}"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "2")), 0);
    CHECK(wire_send(&act.wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\","
                    "\"params\":{\"name\":\"s\\u0061y\"," MODERN_META("") "}}"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "3")), 0);
    CHECK_STR(noted(),
              "+x server/discover - -\n-x result 0\n+x tools/list - -\n-x result 0\n"
              "+x tools/call say -\n-x result 0\n");
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void leave_failing(mcps_request *request, mcps_outcome *outcome, void *userdata)
{
    (void)request;
    (void)userdata;
    note("%d\n", mcps_outcome_fail(outcome, -32000, "no", NULL) == MCPS_ECANCELLED &&
                     mcps_outcome_replace(outcome, "{}") == MCPS_ECANCELLED &&
                     mcps_outcome_bytes(outcome) == 0);
}

/* The answer to its request is the end of a stream, which is no matter of who sees it begin. */
static void streams_are_seen_when_they_are_open(void)
{
    static const struct mcps_middleware failing =
        MCPS_MIDDLEWARE(.name = "failing", .leave = leave_failing, .anywhere = true);
    struct act act = { .wire = { .memory = NULL } };

    CHECK(open(&act, 2, NULL));
    CHECK(add(&act, noting("x", true)) && add(&act, failing));
    CHECK(start(&act));
    noted();
    CHECK(wire_send(
        &act.wire,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscriptions/listen\","
        "\"params\":{\"notifications\":{\"toolsListChanged\":true}," MODERN_META(
            "") "}}"));
    CHECK(wire_await(&act.wire, "notifications/subscriptions/acknowledged"));
    CHECK(wire_send(&act.wire, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "2")), 0);
    CHECK_STR(noted(), "+x subscriptions/listen - -\n1\n-x stream 0\n");
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- the ends of calls ---- */

static void pending_calls_are_left_when_they_finish(void)
{
    struct act act = { .wire = { .memory = NULL } };
    mcps_call *call;

    atomic_store(&pending, NULL);
    CHECK(open(&act, 2, NULL));
    CHECK(add(&act, noting("a", false)));
    CHECK(start(&act));
    for (int i = 0; i < 2; i++) {
        CHECK(wire_call(&act.wire, i ? "2" : "1", "later", NULL));
        CHECK(await(is_pending, NULL, "for the call"));
        CHECK(wire_settled(&act.wire));
        CHECK_STR(noted(), "+a tools/call later -\n");
        call = atomic_exchange(&pending, NULL);
        /* Finished, or let go of. */
        if (i == 0)
            CHECK_INT(mcps_call_finish(call, 0), 0);
        mcps_call_unref(call);
        CHECK_INT(answer_code(wire_answer(&act.wire, i ? "2" : "1")), i ? -32603 : 0);
        CHECK_STR(noted(), i ? "-a error -32603\n" : "-a result 0\n");
    }
    CHECK(scene_idle(&act.scene) && wire_ok(&act.wire));
out:
    mcps_call_unref(atomic_exchange(&pending, NULL));
    CHECK_AFTER(act_end(&act));
}

static void cancelled_calls(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(open(&act, 1, NULL));
    CHECK(add(&act, noting("x", true)) && add(&act, noting("a", false)));
    CHECK(start(&act));
    noted();
    CHECK(wire_call(&act.wire, "1", "stand", NULL));
    CHECK(door_await(1));
    CHECK_STR(noted(), "+x tools/call stand -\n+a tools/call stand -\n");
    /* One that waits behind it: it is not entered by the one that sees calls run. */
    CHECK(wire_call(&act.wire, "2", "say", NULL) && wire_cancel(&act.wire, "2"));
    CHECK(scene_wait(&act.scene, stat_cancelled_before_start, 1));
    CHECK_STR(noted(), "+x tools/call say -\n-x cancelled 0\n");
    CHECK(wire_cancel(&act.wire, "1"));
    CHECK(scene_wait(&act.scene, stat_cancelled, 2));
    CHECK_STR(noted(), "");
    door_open();
    CHECK(scene_idle(&act.scene));
    CHECK_STR(noted(), "-a cancelled 0\n-x cancelled 0\n");
    CHECK_INT(wire_answers(&act.wire, "1") + wire_answers(&act.wire, "2"), 0);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void clients_that_go(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(open(&act, 1, "eof_grace_ms=0"));
    CHECK(add(&act, noting("a", false)));
    CHECK(start(&act));
    CHECK(wire_call(&act.wire, "1", "stand", NULL));
    CHECK(door_await(1));
    noted();
    wire_free(&act.wire);
    CHECK(scene_wait(&act.scene, stat_cancelled, 1));
    door_open();
    CHECK(scene_idle(&act.scene));
    CHECK_STR(noted(), "-a suppressed 0\n");
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- refusing ---- */

static void enter_refusing(mcps_request *request, void *userdata)
{
    const char *name = mcps_request_name(request);

    note("+%s\n", (const char *)userdata);
    if (!name || strcmp(name, "say") != 0)
        return;
    if (mcps_request_refuse(request, -32000, "No", "{") != -EINVAL ||
        mcps_request_refuse(request, -32000, "No \"x\"", "{\"a\":\n1}") != 0 ||
        mcps_request_refuse(request, -32001, "Twice", NULL) != -EINVAL)
        note("!");
}

static bool refuse(bool anywhere)
{
    struct mcps_middleware refusing =
        MCPS_MIDDLEWARE(.name = "r", .enter = enter_refusing, .leave = leave_noting,
                        .userdata = NULL, .anywhere = anywhere);
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *answer;
    bool ok = false;

    refusing.userdata = (void *)(uintptr_t) "r";
    CHECK(open(&act, 2, NULL));
    CHECK(add(&act, noting("a", anywhere)) && add(&act, refusing) &&
          add(&act, noting("b", anywhere)));
    CHECK(start(&act));
    noted();
    CHECK(wire_call(&act.wire, "1", "say", NULL));
    answer = wire_answer(&act.wire, "1");
    CHECK_STR(act.wire.messages[act.wire.n_messages - 1],
              "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,\"message\":\"No "
              "\\\"x\\\"\",\"data\":{\"a\": 1}}}");
    /* It has set no pointer. */
    CHECK_STR(noted(), "+a tools/call say -\n+r\n!-r error -32000\n-a error -32000\n");
    CHECK(wire_send(&act.wire, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","
                               "\"params\":{\"name\":\"say\"," MODERN_META("") "}}"));
    answer = wire_answer(&act.wire, "2");
    CHECK_INT(answer_code(answer), -32603);
    CHECK(wire_call(&act.wire, "3", "flunk", NULL));
    CHECK(answer_is_error(wire_answer(&act.wire, "3")));
    CHECK(act_ok(&act));
    ok = true;
out:
    CHECK_AFTER(act_end(&act));
    return ok;
}

static void refusals(void)
{
    CHECK(refuse(true));
    CHECK(refuse(false));
out:;
}

/* ---- replacing ---- */

static const char *replacement;
static int replaced;

static void leave_replacing(mcps_request *request, mcps_outcome *outcome, void *userdata)
{
    const char *json = "", *name = mcps_request_name(request);
    size_t len = 0;
    int r;

    (void)userdata;
    if (!name)
        return;
    r = mcps_outcome_json(outcome, &json, &len);
    note("%d %.*s %zu\n", r, (int)len, json, mcps_outcome_bytes(outcome));
    if (replacement)
        replaced = mcps_outcome_replace(outcome, replacement);
}

#define TEXT_RESULT "\"content\":[{\"type\":\"text\",\"text\":\"said\"}]"
#define SERVER_META \
    "\"io.modelcontextprotocol/serverInfo\":{\"name\":\"scene\",\"version\":\"0\"}"

static bool replace(struct act *act, bool modern, const char *tool, const char *with,
                    int want, const char *result)
{
    char text[1024];

    replacement = with;
    replaced = 0;
    noted();
    CHECK(wire_send(&act->wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{"
                    "\"name\":\"%s\"%s}}",
                    tool, modern ? "," MODERN_META("") : ""));
    CHECK(wire_next(&act->wire, WATCHDOG_MS));
    CHECK_INT(replaced, want);
    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":%s}", result);
    CHECK_STR(act->wire.messages[act->wire.n_messages - 1], text);
    act->wire.n_messages--; /* the id comes again */
    act->wire.next--;
    free(act->wire.messages[act->wire.n_messages]);
    json_object_put(act->wire.parsed[act->wire.n_messages]);
    return true;
out:
    return false;
}

static void results_are_replaced(void)
{
    static const struct mcps_middleware replacing =
        MCPS_MIDDLEWARE(.name = "replace", .leave = leave_replacing);
    static const char *const bad[] = { "", "[]", "{", "{}x", "{\"a\":1,\"a\":2}", "7" };
    struct act act = { .wire = { .memory = NULL } };

    CHECK(open(&act, 2, NULL));
    CHECK(add(&act, noting("outer", false)) && add(&act, replacing));
    CHECK(start(&act));
    while (wire_next(&act.wire, 0))
        ;
    CHECK(replace(&act, false, "say", "{\n\"content\":[]}", 0, "{ \"content\":[]}"));
    CHECK(strstr(noted(), "0 {" TEXT_RESULT "} "));
    CHECK(replace(&act, false, "flunk", "{\"content\":[]}", 0, "{\"content\":[]}"));
    CHECK(strstr(noted(), "-outer result 0\n"));
    CHECK(replace(&act, false, "say", "{\"content\":[],\"isError\":true}", 0,
                  "{\"content\":[],\"isError\":true}"));
    CHECK(strstr(noted(), "-outer tool error 0\n"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(replace(&act, false, "say", bad[i], -EINVAL, "{" TEXT_RESULT "}"));
    /* With the base64 of blobs. */
    CHECK(replace(&act, false, "blob", NULL, 0,
                  "{\"content\":[{\"type\":\"text\",\"text\":\"before\"},{\"type\":"
                  "\"image\",\"data\":\"YWJjZA==\",\"mimeType\":\"image/png\"}]}"));
    CHECK(strstr(noted(), "\"data\":\"YWJjZA==\",\"mimeType\":\"image/png\"}]} "));
    CHECK(replace(&act, false, "blob", "{}", 0, "{}"));
    /* The modern era keeps what it asks of every result. */
    CHECK(replace(&act, true, "say", "{\"content\":[]}", 0,
                  "{\"resultType\":\"complete\",\"content\":[],\"_meta\":{" SERVER_META
                  "}}"));
    CHECK(replace(&act, true, "say",
                  "{\"_meta\":{\"a\":1,\"io.modelcontextprotocol/serverInfo\":{\"name\":"
                  "\"x\"},\"b\":[2]},\"resultType\":\"other\",\"x\":{\"_meta\":1}}",
                  0,
                  "{\"resultType\":\"other\",\"x\":{\"_meta\":1},\"_meta\":{\"a\":1,"
                  "\"b\":[2]," SERVER_META "}}"));
    CHECK(replace(&act, true, "say", "{\"_meta\":[]}", -EINVAL,
                  "{\"resultType\":\"complete\"," TEXT_RESULT ",\"_meta\":{" SERVER_META
                  "}}"));
    CHECK(scene_idle(&act.scene));
out:
    replacement = NULL;
    CHECK_AFTER(act_end(&act));
}

/* ---- what the library has ---- */

static void the_access_log(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(open(&act, 2, NULL));
    CHECK_INT(mcps_server_add_access_log(act.scene.server), 0);
    CHECK(start(&act));
    CHECK(wire_call(&act.wire, "1", "say", NULL) && wire_answer(&act.wire, "1"));
    CHECK(wire_call(&act.wire, "2", "nobody\\n", NULL) && wire_answer(&act.wire, "2"));
    CHECK(scene_idle(&act.scene));
    CHECK_INT(scene_logged(&act.scene, "6 initialize - by "), 1);
    CHECK_INT(scene_logged(&act.scene, "6 tools/call say by "), 1);
    CHECK_INT(scene_logged(&act.scene, ": result, "), 2);
    CHECK_INT(scene_logged(&act.scene, "6 tools/call nobody\\x0a by "), 1);
    CHECK_INT(scene_logged(&act.scene, ": error -32602, "), 1);
    CHECK_INT(scene_logged(&act.scene, " us waiting, "), 3);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void the_slow_log(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(open(&act, 2, NULL));
    CHECK_INT(mcps_server_add_slow_log(act.scene.server, 3600000), 0);
    CHECK_INT(mcps_server_add_slow_log(act.scene.server, 10), 0);
    CHECK(start(&act));
    CHECK(wire_call(&act.wire, "1", "sleep", "{\"ms\":50}"));
    CHECK(wire_answer(&act.wire, "1"));
    CHECK(scene_idle(&act.scene));
    CHECK_INT(scene_logged(&act.scene, "4 tools/call sleep by "), 1);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void the_size_limit(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(open(&act, 2, NULL));
    CHECK_INT(mcps_server_add_size_limit(act.scene.server, 300), 0);
    CHECK(start(&act));
    CHECK(wire_call(&act.wire, "1", "big", "{\"bytes\":1000}"));
    CHECK(answer_is_error(wire_answer(&act.wire, "1")));
    CHECK(wire_call(&act.wire, "2", "big", "{\"bytes\":100}"));
    CHECK(!answer_is_error(wire_answer(&act.wire, "2")));
    CHECK(
        wire_send(&act.wire, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\"}"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "3")), -32603);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* A token comes in an hour: nothing goes by how fast this runs. */
static void the_rate_limit(void)
{
    const struct mcps_rate_limit calls =
        MCPS_RATE_LIMIT(.method = "tools/call", .per_minute = 1, .burst = 3);
    const struct mcps_rate_limit bad = MCPS_RATE_LIMIT(.per_minute = 0);
    struct act act = { .wire = { .memory = NULL } };
    struct wire other = { .memory = NULL }, same = { .memory = NULL };
    struct json_object *answer, *data = NULL, *after = NULL;
    char id[16];

    CHECK(open(&act, 2, NULL));
    CHECK_INT(mcps_server_add_rate_limit(act.scene.server, &bad), -EINVAL);
    CHECK_INT(mcps_server_add_rate_limit(act.scene.server, NULL), -EINVAL);
    CHECK_INT(mcps_server_add_rate_limit(act.scene.server, &calls), 0);
    CHECK(mcps_server_start(act.scene.server) >= 0);
    CHECK(wire_connect(&act.wire, &act.scene, "ada") && wire_hello(&act.wire));
    CHECK(wire_connect(&same, &act.scene, "ada") && wire_hello(&same));
    CHECK(wire_connect(&other, &act.scene, "bob") && wire_hello(&other));
    for (int i = 0; i < 3; i++) {
        struct wire *wire = i == 1 ? &same : &act.wire;

        snprintf(id, sizeof id, "%d", i);
        CHECK(wire_call(wire, id, "say", NULL));
        CHECK_INT(answer_code(wire_answer(wire, id)), 0);
    }
    CHECK(wire_call(&act.wire, "9", "say", NULL));
    answer = wire_answer(&act.wire, "9");
    CHECK_INT(answer_code(answer), -32000);
    CHECK_STR(answer_reason(answer), "rate");
    json_object_object_get_ex(answer, "error", &answer);
    json_object_object_get_ex(answer, "data", &data);
    CHECK(json_object_object_get_ex(data, "retryAfterMs", &after));
    CHECK(json_object_get_int64(after) > 0 && json_object_get_int64(after) <= 60000);
    CHECK(wire_send(&same, "{\"jsonrpc\":\"2.0\",\"id\":10,\"method\":\"tools/call\","
                           "\"params\":{\"name\":\"say\"," MODERN_META("") "}}"));
    answer = wire_answer(&same, "10");
    CHECK_INT(answer_code(answer), -32603);
    CHECK_STR(answer_reason(answer), "rate");
    /* Others, and other methods, are not concerned. */
    CHECK(wire_call(&other, "1", "say", NULL));
    CHECK_INT(answer_code(wire_answer(&other, "1")), 0);
    CHECK(wire_send(&act.wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":11,\"method\":\"tools/list\"}"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "11")), 0);
    CHECK(wire_ok(&other) && wire_ok(&same) && act_ok(&act));
out:
    wire_free(&other);
    wire_free(&same);
    CHECK_AFTER(act_end(&act));
}

static int code_for(struct act *act, const char *principal)
{
    int code = 1;

    if (wire_connect(&act->wire, &act->scene, principal) && wire_hello(&act->wire) &&
        wire_call(&act->wire, "1", "say", NULL))
        code = answer_code(wire_answer(&act->wire, "1"));
    wire_free(&act->wire);
    return code;
}

/* With room for two: who was idle longest is forgotten, and has a full bucket again. */
static void any_number_of_accounts(void)
{
    const struct mcps_rate_limit calls =
        MCPS_RATE_LIMIT(.method = "tools/call", .per_minute = 1, .burst = 1,
                        .buckets = 2);
    static const struct {
        const char *principal;
        int code;
    } steps[] = {
        { "a", 0 },      { "b", 0 },      { "a", -32000 }, { "c", 0 }, /* b goes */
        { "a", -32000 }, { "c", -32000 }, { "b", 0 },                  /* a goes */
        { "c", -32000 }, { "a", 0 },                                   /* b goes */
    };
    struct act act = { .wire = { .memory = NULL } };

    CHECK(open(&act, 2, NULL));
    CHECK_INT(mcps_server_add_rate_limit(act.scene.server, &calls), 0);
    CHECK(mcps_server_start(act.scene.server) >= 0);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        unit_note_on_failure("step %zu", i);
        CHECK_INT(code_for(&act, steps[i].principal), steps[i].code);
    }
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(act_end(&act));
}

/* ---- all at once ---- */

static void leave_at_random(mcps_request *request, mcps_outcome *outcome, void *userdata)
{
    static atomic_uint n;
    const char *json;
    size_t len;
    int r = 0;

    (void)request;
    (void)userdata;
    switch (atomic_fetch_add(&n, 1) % 4) {
    case 0: r = mcps_outcome_replace(outcome, "{\"content\":[]}"); break;
    case 1: r = mcps_outcome_fail(outcome, -32000, "no", NULL); break;
    case 2: r = mcps_outcome_json(outcome, &json, &len); break;
    default: break;
    }
    if (r < 0 && r != MCPS_ECANCELLED && r != MCPS_ENOTFOUND)
        note("! %s\n", mcps_strerror(r));
}

static void *shout(void *userdata)
{
    struct wire *wire = userdata;
    char id[16];
    bool ok = true;

    for (int i = 0; i < 60 && ok; i++) {
        snprintf(id, sizeof id, "%d", i);
        ok = wire_call(wire, id, i % 3 ? "say" : "sleep", i % 3 ? NULL : "{\"ms\":2}");
        if (ok && i % 5 == 0)
            ok = wire_cancel(wire, id);
        else if (ok)
            ok = wire_answer(wire, id) != NULL;
    }
    return ok ? wire : NULL;
}

static void a_storm(void)
{
    enum { N = 6 };
    static const struct mcps_middleware wild =
        MCPS_MIDDLEWARE(.name = "wild", .leave = leave_at_random, .anywhere = true);
    struct act act = { .wire = { .memory = NULL } };
    struct wire wires[N] = { { .memory = NULL } };
    pthread_t threads[N];
    unsigned n = 0;
    void *ok;

    CHECK(open(&act, 4, NULL));
    CHECK(add(&act, noting("a", false)) && add(&act, wild));
    CHECK(start(&act));
    for (unsigned i = 0; i < N; i++) {
        CHECK(wire_connect(&wires[i], &act.scene, NULL));
        (void)wire_hello(&wires[i]); /* which may be refused */
    }
    while (n < N && pthread_create(&threads[n], NULL, shout, &wires[n]) == 0)
        n++;
    CHECK(n == N);
out:
    for (unsigned i = 0; i < n; i++) {
        pthread_join(threads[i], &ok);
        CHECK_AFTER(ok != NULL);
    }
    CHECK_AFTER(scene_idle(&act.scene));
    CHECK_AFTER(!strchr(noted(), '!'));
    for (unsigned i = 0; i < N; i++)
        wire_free(&wires[i]);
    CHECK_AFTER(act_end(&act));
}

/* ---- calls that are given up ---- */

static void leave_replaced(mcps_request *request, mcps_outcome *outcome, void *userdata)
{
    int r = mcps_outcome_fail(outcome, -32000, "replaced", NULL);

    (void)userdata;
    note("%s %s %d\n", mcps_request_name(request),
         mcps_outcome_kind_name(mcps_outcome_kind(outcome)), r);
}

/* Its handler asks without a thread that waits, and the client can be heard no more: there is
 * no answer that could be replaced. */
static void given_up_calls_have_no_answer(void)
{
    static const struct mcps_middleware failing =
        MCPS_MIDDLEWARE(.name = "failing", .leave = leave_replaced);
    const struct mcps_tool ask_here =
        MCPS_TOOL_STRUCT(.name = "ask_here", .handler = props[1].handler,
                         .executor = MCPS_INLINE);
    struct act act = { .wire = { .memory = NULL } };
    char wanted[64];

    props_reset();
    (void)noted();
    snprintf(wanted, sizeof wanted, "ask_here suppressed %d\n", MCPS_ECANCELLED);
    CHECK(scene_open(&act.scene, 2, NULL, &ask_here, 1));
    CHECK(mcps_server_add_middleware(act.scene.server, &failing) >= 0);
    CHECK(mcps_server_start(act.scene.server) >= 0);
    CHECK(wire_connect(&act.wire, &act.scene, NULL) && wire_hello(&act.wire));
    (void)noted();
    CHECK(wire_call(&act.wire, "1", "ask_here", NULL));
    CHECK(wire_await(&act.wire, "roots/list"));
    wire_cut_input(&act.wire);
    CHECK(scene_idle(&act.scene));
    CHECK_STR(noted(), wanted);
    CHECK(scene_log_ok(&act.scene));
out:
    CHECK_AFTER(act_end(&act));
}

const struct unit_test chain_tests[] = {
    UNIT_TEST_ONCE(entered_in_order_and_left_in_reverse, "it has threads"),
    UNIT_TEST_ONCE(modern_requests_are_seen, "it has threads"),
    UNIT_TEST_ONCE(streams_are_seen_when_they_are_open, "it has threads"),
    UNIT_TEST_ONCE(pending_calls_are_left_when_they_finish, "it has threads"),
    UNIT_TEST_ONCE(cancelled_calls, "it has threads"),
    UNIT_TEST_ONCE(clients_that_go, "it has threads"),
    UNIT_TEST_ONCE(refusals, "it has threads"),
    UNIT_TEST_ONCE(results_are_replaced, "it has threads"),
    UNIT_TEST_ONCE(the_access_log, "it has threads"),
    UNIT_TEST_ONCE(the_slow_log, "it has threads"),
    UNIT_TEST_ONCE(the_size_limit, "it has threads"),
    UNIT_TEST_ONCE(the_rate_limit, "it has threads"),
    UNIT_TEST_ONCE(any_number_of_accounts, "it has threads"),
    UNIT_TEST_ONCE(given_up_calls_have_no_answer, "it has threads"),
    UNIT_TEST_ONCE(a_storm, "it has threads"),
    UNIT_END,
};
