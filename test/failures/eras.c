/* SPDX-License-Identifier: MIT */
/*
 * The two eras of the protocol in one stream: what modern requests get, to the byte, and that
 * nothing of one era shows in the other.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"
#include "unit.h"

#define VERSION_KEY "\"io.modelcontextprotocol/protocolVersion\":"
#define CAPS_KEY    "\"io.modelcontextprotocol/clientCapabilities\":"
#define INFO_KEY    "\"io.modelcontextprotocol/clientInfo\":"
#define META(caps)  "\"_meta\":{" VERSION_KEY "\"2026-07-28\"," CAPS_KEY caps "}"
#define SERVER                                                                           \
    "\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"scene\",\"version\":" \
    "\"0\"}}"

#define REQUEST(id, method, params)                                                    \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\",\"params\":{" params \
    "}}"
#define RESULT(id, members) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{" members "}}"
#define ERROR(id, code, message, data)                             \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":" code \
    ",\"message\":\"" message "\"" data "}}"

#define TEXT(text) "\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}]"

/* ---- scenes ---- */

static int say(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "%s%s", mcps_call_protocol(call),
                          mcps_call_client_can(call, MCPS_CLIENT_SAMPLING) ? " sampling"
                                                                           : "");
}

static int busy(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)call;
    (void)args;
    (void)userdata;
    return MCPS_EBUSY;
}

static int ask(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots;
    int r = mcps_call_roots(call, &roots);

    (void)args;
    (void)userdata;
    if (r >= 0)
        json_object_put(roots);
    return r;
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL_STRUCT(.name = "shown", .handler = say, .description = "Says",
                     .title = "Sayer", .hints = MCPS_READ_ONLY | MCPS_CLOSED_WORLD,
                     .icons = "[{\"src\":\"data:,\"}]",
                     .output_schema = "{\"type\": \"array\"}", .meta = "{\"x/y\":1}"),
    MCPS_TOOL_STRUCT(.name = "busy", .handler = busy,
                     .output_schema = "{\"type\": \"object\"}"),
    MCPS_TOOL_STRUCT(.name = "needy", .handler = say,
                     .needs = MCPS_CLIENT_SAMPLING | MCPS_CLIENT_ELICITATION),
    MCPS_TOOL_STRUCT(.name = "ask", .handler = ask),
    MCPS_TOOL_STRUCT(.name = "say", .handler = say),
};

enum { N_TOOLS = sizeof tools / sizeof tools[0] };

struct act {
    struct scene scene;
    struct wire wire;
};

/* A server with these tools alone. */
static bool begin(struct act *act, const char *limits)
{
    static const char *const labs[] = { "echo", "add",       "sleep", "stubborn",
                                        "spin", "progress",  "big",   "roots",
                                        "fail", "no_result", "stats" };

    mcps__sync_reset();
    return scene_open(&act->scene, 2, limits, tools, N_TOOLS) &&
           mcps_server_disable(act->scene.server, MCPS_TOOLS, labs,
                               sizeof labs / sizeof labs[0]) == 0 &&
           mcps_server_start(act->scene.server) == 0 &&
           wire_connect(&act->wire, &act->scene, NULL);
}

static bool end(struct act *act)
{
    wire_free(&act->wire);
    return scene_close(&act->scene);
}

/* The one message that comes for one that is sent. */
static const char *reply(struct wire *wire, const char *request)
{
    wire->next = wire->n_messages;
    if (!wire_send(wire, "%s", request) || !wire_next(wire, WATCHDOG_MS))
        return "nothing";
    return wire->messages[wire->next - 1];
}

/* ---- discovery and lists ---- */

static void discover_says_what_there_is(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(begin(&act, NULL));
    CHECK_STR(
        reply(&act.wire, REQUEST("\"d\"", "server/discover", META("{}"))),
        RESULT(
            "\"d\"",
            "\"resultType\":\"complete\",\"supportedVersions\":"
            "[\"2026-07-28\"],\"capabilities\":{\"logging\":{},\"tools\":{\"listChanged\":true}},"
            "\"ttlMs\":0,\"cacheScope\":\"public\"," SERVER));
    CHECK(scene_log_ok(&act.scene));
out:
    CHECK_AFTER(end(&act));
}

static void cache_hints_are_options(void)
{
    struct act act = { .scene = { .server = NULL } };
    mcps_server *server;

    CHECK(begin(&act, NULL));
    server = act.scene.server;
    CHECK(strstr(reply(&act.wire, REQUEST("1", "tools/list", META("{}"))),
                 "\"ttlMs\":0,\"cacheScope\":\"public\""));
    CHECK_INT(mcps_server_set_cache(server, MCPS_CACHE_TOOLS, 1, true), MCPS_EBUSY);
    wire_free(&act.wire);
    CHECK_INT(mcps_server_stop(server, 0), 0);
    CHECK_INT(mcps_server_set_cache(server, MCPS_N_CACHES, 1, true), -EINVAL);
    CHECK_INT(mcps_server_set_cache(server, MCPS_CACHE_TOOLS, 5000, false), 0);
    CHECK_INT(mcps_server_set_cache(server, MCPS_CACHE_DISCOVER, 3600000, true), 0);
    CHECK_INT(mcps_server_start(server), 0);
    CHECK(wire_connect(&act.wire, &act.scene, NULL));
    CHECK(strstr(reply(&act.wire, REQUEST("1", "tools/list", META("{}"))),
                 "\"ttlMs\":5000,\"cacheScope\":\"private\""));
    CHECK(strstr(reply(&act.wire, REQUEST("2", "server/discover", META("{}"))),
                 "\"ttlMs\":3600000,\"cacheScope\":\"public\""));
out:
    CHECK_AFTER(end(&act));
}

#define ANY     "\"inputSchema\":{\"type\":\"object\"}"
#define HINTS   ",\"annotations\":{\"readOnlyHint\":true,\"openWorldHint\":false}"
#define OBJECTS ",\"outputSchema\":{\"type\":\"object\"}"
#define REST \
    ",{\"name\":\"needy\"," ANY "},{\"name\":\"ask\"," ANY "},{\"name\":\"say\"," ANY "}]"

/* Each revision sees of a tool what it knows. */
static void tools_are_listed_as_each_revision_knows_them(void)
{
    static const struct {
        const char *version, *tools;
    } lists[] = {
        { "2024-11-05", "\"tools\":[{\"name\":\"shown\",\"description\":\"Says\"," ANY
                        "},{\"name\":\"busy\"," ANY "}" REST },
        { "2025-03-26",
          "\"tools\":[{\"name\":\"shown\",\"description\":\"Says\"," ANY HINTS
          "},{\"name\":\"busy\"," ANY "}" REST },
        { "2025-06-18",
          "\"tools\":[{\"name\":\"shown\",\"title\":\"Sayer\",\"description\":"
          "\"Says\"," ANY HINTS ",\"_meta\":{\"x/y\":1}},{\"name\":\"busy\"," ANY OBJECTS
          "}" REST },
        { "2025-11-25",
          "\"tools\":[{\"name\":\"shown\",\"title\":\"Sayer\",\"description\":"
          "\"Says\"," ANY HINTS ",\"icons\":[{\"src\":\"data:,\"}],"
          "\"_meta\":{\"x/y\":1}},{\"name\":\"busy\"," ANY OBJECTS "}" REST },
    };
    struct act act = { .scene = { .server = NULL } };
    char wanted[2048];

    CHECK(begin(&act, NULL));
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        unit_note_on_failure("%s", lists[i].version);
        wire_free(&act.wire);
        CHECK(wire_connect(&act.wire, &act.scene, NULL));
        CHECK(wire_init(&act.wire, lists[i].version, "{}"));
        snprintf(wanted, sizeof wanted, RESULT("1", "%s"), lists[i].tools);
        CHECK_STR(reply(&act.wire, REQUEST("1", "tools/list", "")), wanted);
    }
    CHECK_STR(reply(&act.wire, REQUEST("2", "tools/list", META("{}"))),
              RESULT("2",
                     "\"resultType\":\"complete\",\"tools\":[{\"name\":\"shown\","
                     "\"title\":\"Sayer\",\"description\":\"Says\"," ANY
                     ",\"outputSchema\":{\"type\":\"array\"}" HINTS
                     ",\"icons\":[{\"src\":\"data:,\"}],\"_meta\":{\"x/y\":1}},{\"name\":"
                     "\"busy\"," ANY OBJECTS "}" REST ",\"ttlMs\":0,\"cacheScope\":"
                     "\"public\"," SERVER));
    CHECK(scene_log_ok(&act.scene));
out:
    CHECK_AFTER(end(&act));
}

/* ---- calls ---- */

static void both_eras_in_one_stream(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(begin(&act, NULL));
    CHECK_STR(
        reply(&act.wire, REQUEST("1", "tools/call", "\"name\":\"say\"," META("{}"))),
        RESULT("1", "\"resultType\":\"complete\"," TEXT("2026-07-28") "," SERVER));
    /* Nothing was begun by that. */
    CHECK_INT(answer_code(wire_send(&act.wire, REQUEST("2", "tools/list", ""))
                              ? wire_answer(&act.wire, "2")
                              : NULL),
              -32600);
    CHECK(wire_init(&act.wire, "2025-06-18", "{\"sampling\":{}}"));
    CHECK_STR(reply(&act.wire, REQUEST("3", "tools/call", "\"name\":\"say\"")),
              RESULT("3", TEXT("2025-06-18 sampling")));
    /* What the session has declared is not the request's. */
    CHECK_STR(
        reply(&act.wire, REQUEST("4", "tools/call", "\"name\":\"say\"," META("{}"))),
        RESULT("4", "\"resultType\":\"complete\"," TEXT("2026-07-28") "," SERVER));
    CHECK_STR(
        reply(&act.wire, REQUEST("5", "tools/call",
                                 "\"name\":\"say\"," META("{\"s\\u0061mpling\":{}}"))),
        RESULT("5",
               "\"resultType\":\"complete\"," TEXT("2026-07-28 sampling") "," SERVER));
    /* Progress tokens are of both eras. */
    CHECK_STR(
        reply(&act.wire, REQUEST("6", "tools/call",
                                 "\"name\":\"say\",\"_meta\":{\"progressToken\":1}")),
        RESULT("6", TEXT("2025-06-18 sampling")));
    CHECK_STR(reply(&act.wire, REQUEST("7", "ping", "")), RESULT("7", ""));
    CHECK_STR(reply(&act.wire, REQUEST("8", "ping", META("{}"))),
              ERROR("8", "-32601", "Method not found: ping", ""));
    CHECK(wire_ok(&act.wire) && scene_idle(&act.scene) && scene_log_ok(&act.scene));
out:
    CHECK_AFTER(end(&act));
}

/* An error of the server has no code of its own in the modern era. */
static void errors_have_their_era_s_codes(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(begin(&act, NULL));
    CHECK_STR(
        reply(&act.wire, REQUEST("1", "tools/call", "\"name\":\"busy\"," META("{}"))),
        ERROR("1", "-32603", "Server busy", ",\"data\":{\"reason\":\"busy\"}"));
    CHECK_STR(
        reply(&act.wire, REQUEST("2", "tools/call", "\"name\":\"none\"," META("{}"))),
        ERROR("2", "-32602", "Unknown tool: \\\"none\\\"", ""));
    CHECK_STR(
        reply(&act.wire, REQUEST("3", "tools/call", "\"name\":\"echo\"," META("{}"))),
        ERROR("3", "-32602", "Disabled tool: \\\"echo\\\"", ""));
    CHECK(wire_init(&act.wire, "2025-11-25", "{}"));
    CHECK_STR(reply(&act.wire, REQUEST("4", "tools/call", "\"name\":\"busy\"")),
              ERROR("4", "-32000", "Server busy", ",\"data\":{\"reason\":\"busy\"}"));
out:
    CHECK_AFTER(end(&act));
}

static void tools_that_need_more_than_the_client_has(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(begin(&act, NULL));
    CHECK_STR(
        reply(&act.wire, REQUEST("1", "tools/call", "\"name\":\"needy\"," META("{}"))),
        ERROR(
            "1", "-32021", "Missing required client capability",
            ",\"data\":{\"requiredCapabilities\":{\"sampling\":{},\"elicitation\":{}}}"));
    CHECK_STR(reply(&act.wire, REQUEST("2", "tools/call",
                                       "\"name\":\"needy\"," META(
                                           "{\"elicitation\":{\"form\":{}}}"))),
              ERROR("2", "-32021", "Missing required client capability",
                    ",\"data\":{\"requiredCapabilities\":{\"sampling\":{}}}"));
    /* One that is no object is none. */
    CHECK_INT(
        answer_code(
            wire_send(&act.wire, REQUEST("3", "tools/call",
                                         "\"name\":\"needy\"," META(
                                             "{\"elicitation\":true,\"sampling\":null}")))
                ? wire_answer(&act.wire, "3")
                : NULL),
        -32021);
    CHECK(strstr(reply(&act.wire, REQUEST("4", "tools/call",
                                          "\"name\":\"needy\"," META(
                                              "{\"elicitation\":{},\"sampling\":{}}"))),
                 "2026-07-28 sampling"));
    CHECK(wire_init(&act.wire, "2025-11-25", "{\"elicitation\":{}}"));
    CHECK_STR(
        reply(&act.wire, REQUEST("5", "tools/call", "\"name\":\"needy\"")),
        RESULT(
            "5",
            TEXT(
                "This tool needs a client that has declared more: "
                "{\\\"requiredCapabilities\\\":{\\\"sampling\\\":{}}}") ","
                                                                        "\"isError\":true"));
out:
    CHECK_AFTER(end(&act));
}

/* Also those that are members of another one. */
static void every_capability_may_be_needed(void)
{
    static const char *const missing[] = {
        "{\"roots\":{}}",
        "{\"sampling\":{}}",
        "{\"elicitation\":{}}",
        "{\"elicitation\":{\"url\":{}}}",
        "{\"sampling\":{\"tools\":{}}}",
        "{\"sampling\":{\"context\":{}}}",
    };
    struct act act = { .scene = { .server = NULL } };

    CHECK(begin(&act, NULL));
    for (unsigned i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        const struct mcps_tool tool =
            MCPS_TOOL_STRUCT(.name = "needs", .handler = say, .needs = 1u << i);
        static const char *const names[] = { "needs" };
        char expected[256];

        snprintf(expected, sizeof expected,
                 ERROR("1", "-32021", "Missing required client capability",
                       ",\"data\":{\"requiredCapabilities\":%s}"),
                 missing[i]);
        CHECK_INT(mcps_server_add_tools(act.scene.server, &tool, 1), 0);
        CHECK_STR(reply(&act.wire,
                        REQUEST("1", "tools/call", "\"name\":\"needs\"," META("{}"))),
                  expected);
        CHECK_INT(mcps_server_remove(act.scene.server, MCPS_TOOLS, names, 1), 0);
    }
out:
    CHECK_AFTER(end(&act));
}

/* The server has no requests in that era: it asks by its result. */
static void no_request_is_sent_to_a_modern_client(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(begin(&act, NULL));
    CHECK_STR(
        reply(&act.wire,
              REQUEST("1", "tools/call", "\"name\":\"ask\"," META("{\"roots\":{}}"))),
        RESULT("1", "\"resultType\":\"input_required\",\"inputRequests\":{"
                    "\"roots\":{\"method\":\"roots/list\",\"params\":{}}}," SERVER));
    CHECK_STR(
        reply(&act.wire, REQUEST("2", "tools/call", "\"name\":\"ask\"," META("{}"))),
        ERROR("2", "-32021", "Missing required client capability",
              ",\"data\":{\"requiredCapabilities\":{\"roots\":{}}}"));
out:
    CHECK_AFTER(end(&act));
}

/* ---- what cannot be served, in the order in which it is looked at ---- */

static void bad_requests_are_told_what_is_wrong(void)
{
    static const char no_version[] =
        "_meta needs io.modelcontextprotocol/protocolVersion, "
        "a string";
    static const char no_caps[] =
        "_meta needs io.modelcontextprotocol/clientCapabilities, "
        "an object";
    static const struct {
        const char *method, *params;
        int code;
        const char *message;
    } cases[] = {
        { "server/discover", "", -32602, no_version },
        { "server/discover", "\"_meta\":{}", -32602, no_version },
        { "server/discover", "\"_meta\":1", -32602, "params._meta must be an object" },
        { "x", "\"_meta\":{" CAPS_KEY "{}}", -32602, no_version },
        { "x", "\"_meta\":{" INFO_KEY "{}}", -32602, no_version },
        { "x", "\"_meta\":{" VERSION_KEY "20260728," CAPS_KEY "{}}", -32602, no_version },
        { "x", "\"_meta\":{" VERSION_KEY "\"1999-01-01\"}", -32602, no_caps },
        { "x", "\"_meta\":{" VERSION_KEY "\"2026-07-28\"," CAPS_KEY "[]}", -32602,
          no_caps },
        { "x",
          "\"_meta\":{" VERSION_KEY "\"2026-07-28\"," CAPS_KEY "{}," INFO_KEY "\"me\"}",
          -32602, "io.modelcontextprotocol/clientInfo must be an object" },
        { "x", "\"_meta\":{" VERSION_KEY "\"1999-01-01\"," CAPS_KEY "{}}", -32022,
          "Unsupported protocol version" },
        { "tools/list", "\"_meta\":{" VERSION_KEY "\"2025-11-25\"," CAPS_KEY "{}}",
          -32022, "Unsupported protocol version" },
        { "tools/list", "\"_meta\":{" VERSION_KEY "\"\"," CAPS_KEY "{}}", -32022,
          "Unsupported protocol version" },
        { "x", META("{}"), -32601, "Method not found: x" },
        { "initialize", META("{}"), -32601, "Method not found: initialize" },
        { "logging/setLevel", META("{}"), -32601, "Method not found: logging/setLevel" },
        { "subscriptions/listen", META("{}"), -32602,
          "subscriptions/listen needs notifications, an object" },
        { "tools/call", META("{}"), -32602, "tools/call needs name, a string" },
        { "tools/call", "\"name\":\"say\",\"arguments\":1," META("{}"), -32602,
          "arguments must be an object" },
        { "tools/list", "\"cursor\":\"1\"," META("{}"), -32602,
          "this cursor is none that the server gave" },
    };
    struct act act = { .scene = { .server = NULL } };
    struct json_object *answer, *error, *message;
    char id[16];

    CHECK(begin(&act, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_note_on_failure("case %zu: %s {%s}", i, cases[i].method, cases[i].params);
        snprintf(id, sizeof id, "%zu", i);
        CHECK(wire_send(&act.wire, REQUEST("%s", "%s", "%s"), id, cases[i].method,
                        cases[i].params));
        answer = wire_answer(&act.wire, id);
        CHECK_INT(answer_code(answer), cases[i].code);
        json_object_object_get_ex(answer, "error", &error);
        CHECK(json_object_object_get_ex(error, "message", &message));
        CHECK_STR(json_object_get_string(message), cases[i].message);
    }
    unit_note_on_failure("data of a version");
    CHECK_STR(
        reply(&act.wire,
              REQUEST("\"v\"", "tools/list",
                      "\"_meta\":{" VERSION_KEY "\"v9\\u0039.0\"," CAPS_KEY "{}}")),
        ERROR("\"v\"", "-32022", "Unsupported protocol version",
              ",\"data\":{\"supported\":[\"2026-07-28\"],\"requested\":\"v99.0\"}"));
    CHECK(wire_ok(&act.wire) && scene_log_ok(&act.scene));
out:
    CHECK_AFTER(end(&act));
}

/* More than anybody has, or is: said, and not taken for something else. */
static void odd_capabilities(void)
{
    struct act act = { .scene = { .server = NULL } };
    char many[4096] = "{", *end_ = many + 1, *large = malloc(100001);
    const char *answer;

    CHECK(large && begin(&act, NULL));
    for (int i = 0; i < 200; i++)
        end_ += sprintf(end_, "\"c%d\":{},", i);
    strcpy(end_, "\"sampling\":{}}");
    CHECK(wire_send(&act.wire,
                    REQUEST("1", "tools/list",
                            "\"_meta\":{" VERSION_KEY "\"2026-07-28\"," CAPS_KEY "%s}"),
                    many));
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), -32602);
    answer = act.wire.messages[act.wire.n_messages - 1];
    CHECK(
        strstr(answer, "clientCapabilities cannot be read: there are too many members"));
    /* What is too large to be kept for the next request is read all the same. */
    memset(large, 'x', 100000);
    large[100000] = '\0';
    for (int i = 2; i < 5; i++) {
        char id[8];

        snprintf(id, sizeof id, "%d", i);
        CHECK(wire_send(&act.wire,
                        REQUEST("%s", "tools/call",
                                "\"name\":\"say\",\"_meta\":{" VERSION_KEY
                                "\"2026-07-28\"," CAPS_KEY
                                "{\"sampling\":{\"x\":\"%s\"}}}"),
                        id, large));
        CHECK_STR(answer_text(wire_answer(&act.wire, id)), "2026-07-28 sampling");
    }
    CHECK(wire_ok(&act.wire) && scene_log_ok(&act.scene));
out:
    free(large);
    CHECK_AFTER(end(&act));
}

/* What a client sends comes back in an error no longer than somebody wants to read. */
static void long_names_are_cut(void)
{
    struct act act = { .scene = { .server = NULL } };
    char *name = malloc(200001);
    const char *answer;

    CHECK(name && begin(&act, NULL));
    for (int i = 0; i < 100000; i++)
        memcpy(name + 2 * i, "\xc3\xbc", 2);
    name[200000] = '\0';
    CHECK(wire_send(
        &act.wire,
        REQUEST("1", "tools/list", "\"_meta\":{" VERSION_KEY "\"v%s\"," CAPS_KEY "{}}"),
        name));
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), -32022);
    answer = act.wire.messages[act.wire.n_messages - 1];
    CHECK(strlen(answer) < 512 && strstr(answer, "\"requested\":\"v\xc3\xbc\xc3\xbc"));
    CHECK(strstr(answer, "\xc3\xbc\"}}}") && !strstr(answer, "\xef\xbf\xbd"));
    CHECK(wire_send(&act.wire, REQUEST("2", "tools/call", "\"name\":\"t%s\"," META("{}")),
                    name));
    CHECK_INT(answer_code(wire_answer(&act.wire, "2")), -32602);
    answer = act.wire.messages[act.wire.n_messages - 1];
    CHECK(strlen(answer) < 512 && !strstr(answer, "\xef\xbf\xbd"));
    CHECK(wire_ok(&act.wire));
out:
    free(name);
    CHECK_AFTER(end(&act));
}

static void a_batch_has_no_modern_requests(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(begin(&act, NULL));
    CHECK(wire_init(&act.wire, "2025-03-26", "{}"));
    CHECK_STR(reply(&act.wire, "[" REQUEST("1", "ping", "") "," REQUEST("2", "tools/list",
                                                                        META("{}")) "]"),
              "[" RESULT("1", "") "," ERROR(
                  "2", "-32600", "Revision 2026-07-28 has no batches", "") "]");
out:
    CHECK_AFTER(end(&act));
}

/* ---- while it runs ---- */

static void modern_calls_are_cancelled_and_report(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    CHECK(scene_start(&scene, 2, NULL, NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_send(
        &wire, REQUEST("1", "tools/call",
                       "\"name\":\"sleep\",\"arguments\":{\"ms\":60000}," META("{}"))));
    CHECK(wire_send(&wire, REQUEST("1", "tools/list", META("{}"))));
    CHECK(wire_next(&wire, WATCHDOG_MS) != NULL);
    CHECK_STR(wire.messages[0],
              "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":"
              "\"Invalid request: a request with this id is in flight\"}}");
    CHECK(wire_cancel(&wire, "1"));
    CHECK(wire_send(&wire,
                    REQUEST("2", "tools/call",
                            "\"name\":\"progress\",\"arguments\":{\"steps\":2,\"ms\":0},"
                            "\"_meta\":{\"progressToken\":\"t\"," VERSION_KEY
                            "\"2026-07-28\"," CAPS_KEY "{}}")));
    CHECK(wire_answer(&wire, "2") != NULL);
    CHECK_INT(wire_messages(&wire, "notifications/progress"), 2);
    CHECK_INT(wire_answers(&wire, "1"), 0);
    CHECK(scene_idle(&scene) && scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static const struct unit_test era_tests[] = {
    UNIT_TEST_ONCE(discover_says_what_there_is, "it has threads"),
    UNIT_TEST_ONCE(cache_hints_are_options, "it has threads"),
    UNIT_TEST_ONCE(tools_are_listed_as_each_revision_knows_them, "it has threads"),
    UNIT_TEST_ONCE(both_eras_in_one_stream, "it has threads"),
    UNIT_TEST_ONCE(errors_have_their_era_s_codes, "it has threads"),
    UNIT_TEST_ONCE(tools_that_need_more_than_the_client_has, "it has threads"),
    UNIT_TEST_ONCE(every_capability_may_be_needed, "it has threads"),
    UNIT_TEST_ONCE(no_request_is_sent_to_a_modern_client, "it has threads"),
    UNIT_TEST_ONCE(bad_requests_are_told_what_is_wrong, "it has threads"),
    UNIT_TEST_ONCE(odd_capabilities, "it has threads"),
    UNIT_TEST_ONCE(long_names_are_cut, "it has threads"),
    UNIT_TEST_ONCE(a_batch_has_no_modern_requests, "it has threads"),
    UNIT_TEST_ONCE(modern_calls_are_cancelled_and_report, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "eras", era_tests } };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
