/* SPDX-License-Identifier: MIT */
/*
 * Arguments that clients repeat in fields of HTTP: a tool that says so in a way that clients
 * have to refuse is refused when it is added, with a line that says why.
 */
#include "config.h"

#include "schemas.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/tool.h"

#define PROPERTIES(members) "{\"type\":\"object\",\"properties\":{" members "}}"
#define REGION              "\"region\":{\"type\":\"string\",\"x-mcp-header\":\"Region\"}"

#define PLACE(ARG, S)                                                   \
    ARG(S, STRING, region, "Region", MCPS_REQUIRED, .header = "Region") \
    ARG(S, INT, zone, "Zone", MCPS_OPTIONAL, .header = "Zone")          \
    ARG(S, STRING, street, "Street", MCPS_OPTIONAL)
MCPS_ARGS(place, PLACE);

#define ROUTE(ARG, S)                                           \
    ARG(S, OBJECT(place), to, "Where to", MCPS_OPTIONAL)        \
    ARG(S, BOOL, fast, "Fast", MCPS_OPTIONAL, .header = "Fast") \
    ARG(S, JSON, via, "Via", MCPS_OPTIONAL,                     \
        .schema_json = "{\"type\":\"string\",\"x-mcp-header\":\"Via\"}")
MCPS_ARGS(route, ROUTE);

/* What no field of a table says, but the schema of one. */
#define LISTED(ARG, S)                              \
    ARG(S, LIST(JSON), many, "Many", MCPS_OPTIONAL, \
        .schema_json = "{\"type\":\"string\",\"x-mcp-header\":\"Many\"}")
MCPS_ARGS(listed, LISTED);

#define TWICE(ARG, S)                                           \
    ARG(S, STRING, one, "One", MCPS_OPTIONAL, .header = "Same") \
    ARG(S, JSON, two, "Two", MCPS_OPTIONAL,                     \
        .schema_json = "{\"type\":\"string\",\"x-mcp-header\":\"SAME\"}")
MCPS_ARGS(twice, TWICE);

MCPS_TOOL_HANDLER(go, route)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "%s", "gone");
}
MCPS_TOOL_HANDLER(take_listed, listed)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "%s", "taken");
}
MCPS_TOOL_HANDLER(take_twice, twice)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "%s", "taken");
}

/* ---- what is refused ---- */

static const struct {
    const char *schema, *why; /* what the log says behind "cannot be used: " */
} bad[] = {
    { PROPERTIES("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"\"}"),
      "the x-mcp-header \"\" is no token of HTTP of 1 to 128 characters" },
    { PROPERTIES("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a b\"}"),
      "the x-mcp-header \"a b\" is no token of HTTP of 1 to 128 characters" },
    { PROPERTIES("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a\\r\\nb\"}"),
      "the x-mcp-header \"a\\x0d\\x0ab\" is no token of HTTP of 1 to 128 characters" },
    { PROPERTIES("\"a\":{\"type\":\"string\",\"x-mcp-header\":true}"),
      "an x-mcp-header is no string" },
    { PROPERTIES(REGION ",\"b\":{\"type\":\"integer\",\"x-mcp-header\":\"REGION\"}"),
      "two x-mcp-header are \"REGION\", whatever the case of their letters" },
    { PROPERTIES("\"a\":{\"type\":\"number\",\"x-mcp-header\":\"A\"}"),
      "the x-mcp-header \"A\" is of something that has not the type integer, string or boolean" },
    { PROPERTIES("\"a\":{\"type\":\"array\",\"items\":" PROPERTIES(REGION) "}"),
      "the x-mcp-header \"Region\" is not reached by \"properties\" alone" },
    { "{\"type\":\"object\",\"oneOf\":[" PROPERTIES(REGION) "]}",
      "the x-mcp-header \"Region\" is not reached by \"properties\" alone" },
    { "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/a\"}},"
      "\"$defs\":{\"a\":" PROPERTIES(REGION) "}}",
      "the x-mcp-header \"Region\" is not reached by \"properties\" alone" },
    { "{\"type\":\"object\",\"if\":" PROPERTIES(REGION) "}",
      "the x-mcp-header \"Region\" is not reached by \"properties\" alone" },
};

/* With a good tool beside it: both are refused. */
static bool is_refused(struct desk *desk, const struct mcps_tool *tool, const char *what,
                       const char *why)
{
    const struct mcps_tool both[] = { desk_tool("fine", PROPERTIES(REGION)), *tool };
    char line[300];

    snprintf(line, sizeof line, "tool bad: its %s cannot be used: %s\n", what, why);
    unit_note_on_failure("%s", line);
    if (mcps_server_add_tools(desk->scene.server, both, 2) == -EINVAL &&
        scene_logged(&desk->scene, line) == 1)
        return true;
    unit_note("the log:\n%s", desk->scene.log);
    return false;
}

static void headers_that_clients_refuse(void)
{
    const struct mcps_tool good = desk_tool("good", PROPERTIES(REGION));
    struct desk desk = { .modern = false };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct mcps_tool tool = desk_tool("bad", bad[i].schema);

        CHECK(desk_open(&desk, NULL, &good, 1));
        CHECK(is_refused(&desk, &tool, "input schema", bad[i].why));
        CHECK(desk_call(&desk, "bad", "{}") && desk.code == -32602);
        CHECK(desk_call(&desk, "fine", "{}") && desk.code == -32602);
        DESK_TAKES(&desk, "good", "{\"region\":\"eu\"}", "{\"region\":\"eu\"}");
        CHECK(desk_ok(&desk));
        desk_close(&desk);
        desk = (struct desk){ .modern = false };
    }
out:
    unit_note_on_failure("%s", "");
    desk_close(&desk);
}

static void headers_in_tables_that_clients_refuse(void)
{
    static const struct mcps_tool in_list =
                                      MCPS_TOOL_NAMED("bad", take_listed, listed, NULL),
                                  same = MCPS_TOOL_NAMED("bad", take_twice, twice, NULL);
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, NULL, NULL, 0));
    CHECK(is_refused(&desk, &in_list, "table of arguments",
                     "the x-mcp-header \"Many\" is not reached by \"properties\" alone"));
    CHECK(
        is_refused(&desk, &same, "table of arguments",
                   "two x-mcp-header are \"SAME\", whatever the case of their letters"));
    CHECK(desk_ok(&desk));
out:
    unit_note_on_failure("%s", "");
    desk_close(&desk);
}

/* ---- what is kept ---- */

/* Makes an offer of it and says what clients repeat: "Mcp-Param-A=a.b;". */
static int repeated(const struct mcps_tool *tool, char *text, size_t size)
{
    struct mcps__executors executors;
    struct mcps__offer *offer = NULL;
    struct mcps__log log;
    const struct mcps__offer_context context = { .executors = &executors, .log = &log };
    size_t len = 0;
    int r = mcps__log_init(&log, NULL, NULL, MCPS_LOG_OFF);

    if (r < 0)
        return r;
    memset(&executors, 0, sizeof executors);
    r = mcps__tool_make(&offer, tool, 0, &context);
    text[0] = '\0';
    for (size_t i = 0; r >= 0 && i < offer->n_mirrored; i++) {
        const struct mcps__mirrored_param *param = &offer->mirrored[i];

        len += (size_t)snprintf(text + len, size - len, "%s=", param->header);
        for (size_t k = 0; k < param->n_path; k++)
            len += (size_t)snprintf(text + len, size - len, "%s%s", k > 0 ? "." : "",
                                    param->path[k]);
        len += (size_t)snprintf(text + len, size - len, ";");
    }
    mcps__offer_unref(offer);
    mcps__log_fini(&log);
    return r;
}

static void headers_are_kept_with_the_tool(void)
{
    static const struct mcps_tool route_tool = MCPS_TOOL_NAMED("go", go, route, NULL);
    const struct mcps_tool texts = desk_tool(
        "texts", PROPERTIES("\"o\":" PROPERTIES(REGION) ",\"b\":{\"x-mcp-header\":\"B\","
                                                        "\"type\":\"boolean\"}"));
    const struct mcps_tool none = desk_tool("none", NULL);
    char text[300];

    CHECK_INT(repeated(&texts, text, sizeof text), 0);
    CHECK_STR(text, "Mcp-Param-Region=o.region;Mcp-Param-B=b;");
    CHECK_INT(repeated(&route_tool, text, sizeof text), 0);
    CHECK_STR(text,
              "Mcp-Param-Region=to.region;Mcp-Param-Zone=to.zone;Mcp-Param-Fast=fast;"
              "Mcp-Param-Via=via;");
    CHECK_INT(repeated(&none, text, sizeof text), 0);
    CHECK_STR(text, "");
out:;
}

const struct unit_test schema_header_tests[] = {
    UNIT_TEST_ONCE(headers_that_clients_refuse, "it has threads"),
    UNIT_TEST_ONCE(headers_in_tables_that_clients_refuse, "it has threads"),
    UNIT_TEST(headers_are_kept_with_the_tool),
    UNIT_END,
};
