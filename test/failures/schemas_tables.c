/* SPDX-License-Identifier: MIT */
/* Fields of type JSON, whose values have a schema, and the threads that hold them against it. */
#include "config.h"

#include "schemas.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

/* ---- what handlers get ---- */

#define INNER(ARG, S)                                                                    \
    ARG(S, JSON, value, "Value", MCPS_REQUIRED, .schema_json = "{\"type\":\"boolean\"}") \
    ARG(S, JSON, same, "As the outer", MCPS_OPTIONAL,                                    \
        .schema_json = "{\"$ref\":\"#/properties/pair\"}")
MCPS_ARGS(inner, INNER);

#define TREES(ARG, S)                                                                \
    ARG(S, JSON, pair, "Two numbers", MCPS_OPTIONAL,                                 \
        .schema_json =                                                               \
            "{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":2}")   \
    ARG(S, LIST(JSON), many, "Some", MCPS_OPTIONAL,                                  \
        .schema_json = "{\"enum\":[\"a\",1,null]}")                                  \
    ARG(S, JSON, other, "Any integer from 3", MCPS_OPTIONAL,                         \
        .schema_json = "{\"$ref\":\"#/properties/count\",\"minimum\":3}")            \
    ARG(S, INT, count, "Count", MCPS_OPTIONAL, MCPS_RANGE(1, 9))                     \
    ARG(S, JSON, odd, "Odd name", MCPS_OPTIONAL, .schema_json = "{\"maxLength\":2}", \
        .json_name = "a/b~c%25")                                                     \
    ARG(S, JSON, never, "Never", MCPS_OPTIONAL, .schema_json = "false")              \
    ARG(S, JSON, any, "Anything", MCPS_OPTIONAL)                                     \
    ARG(S, OBJECT(inner), in, "Inner", MCPS_OPTIONAL)                                \
    ARG(S, LIST(OBJECT(inner)), ins, "Inner ones", MCPS_OPTIONAL)
MCPS_ARGS(trees, TREES);

MCPS_TOOL_HANDLER(take_trees, trees)
{
    (void)userdata;
    desk_handled();
    return mcps_call_text(call, "%s %d",
                          args->pair ? json_object_to_json_string_ext(args->pair, 0)
                                     : "none",
                          (int)args->count);
}

static const struct mcps_tool trees_tool =
    MCPS_TOOL_NAMED("trees", take_trees, trees, NULL);

static void trees_are_held_against_their_schemas(void)
{
    static const struct {
        const char *arguments, *want;
        bool refused;
    } rows[] = {
        { "{}", "none 0", false },
        { "{\"pair\":[1,2.5],\"many\":[\"a\",null,1.0],\"other\":3,\"count\":2,"
          "\"a/b~c%25\":\"xy\",\"any\":{\"x\":[]},\"in\":{\"value\":true,\"same\":[1,2]},"
          "\"ins\":[{\"value\":false}]}",
          "[1,2.5] 2", false },
        { "{\"pair\":[1]}", "argument \"pair\": expected at least 2 items, got 1 item",
          true },
        { "{\"pair\":\"\\u0007\"}",
          "argument \"pair\": expected an array, got \"\\u0007\"", true },
        { "{\"pair\":[1,\"2\"],\"count\":10}",
          "argument \"pair\" at \"/1\": expected a number, got \"2\"\nargument \"count\": expected an integer from 1 to 9, got 10",
          true },
        { "{\"many\":[\"a\",2]}",
          "argument \"many[1]\": expected one of \"a\", 1, null, got 2", true },
        { "{\"other\":10}", "argument \"other\": expected at most 9, got 10", true },
        { "{\"other\":2}", "argument \"other\": expected at least 3, got 2", true },
        { "{\"a/b~c%25\":\"xyz\"}",
          "argument \"a/b~c%25\": expected at most 2 characters, got 3 characters",
          true },
        { "{\"never\":null}", "argument \"never\": expected nothing, got null", true },
        { "{\"in\":{\"value\":1}}",
          "argument \"in.value\": expected true or false, got 1", true },
        { "{\"in\":{\"value\":true,\"same\":[null,2]}}",
          "argument \"in.same\" at \"/0\": expected a number, got null", true },
        { "{\"ins\":[{\"value\":true},{\"value\":0,\"same\":[1]}]}",
          "argument \"ins[1].value\": expected true or false, got 0\nargument \"ins[1].same\": expected at least 2 items, got 1 item",
          true },
        { "{\"pair\":[1,\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"]}",
          "argument \"pair\" at \"/1\": expected a number, got \"2\"\nargument \"pair\" at \"/2\": expected a number, got \"3\"\nargument \"pair\" at \"/3\": expected a number, got \"4\"\nargument \"pair\" at \"/4\": expected a number, got \"5\"\nargument \"pair\" at \"/5\": expected a number, got \"6\"",
          true },
    };
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, NULL, &trees_tool, 1));
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK((rows[i].refused ? desk_refuses : desk_takes)(
            &desk, "trees", rows[i].arguments, rows[i].want));
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
    CHECK(desk_connect(&desk, "2025-03-26"));
    CHECK_STR(desk_call(&desk, "trees", "{\"other\":2}"),
              "argument \"other\": expected at least 3, got 2");
    CHECK_INT(desk.code, -32602);
    CHECK_INT(desk.n_handled, 0);
out:
    desk_close(&desk);
}

/* A check that takes too long is no reason to let the value in. */
#define FAN(ARG, S)                                                               \
    ARG(S, JSON, x, "", MCPS_OPTIONAL, .schema_json = DESK_SLOW("/properties/x")) \
    ARG(S, LIST(JSON), xs, "", MCPS_OPTIONAL, .schema_json = DESK_SLOW("/properties/x"))
MCPS_ARGS(fan, FAN);

MCPS_TOOL_HANDLER(take_fan, fan)
{
    (void)userdata;
    (void)args;
    desk_handled();
    return mcps_call_text(call, "taken");
}

#define TOO_LONG(name)                                                          \
    "argument \"" name "\": the value cannot be checked: that takes more than " \
    "1000000 steps"

static void trees_that_take_too_long(void)
{
    const struct mcps_tool tool = MCPS_TOOL_NAMED("fan", take_fan, fan, NULL);
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, NULL, &tool, 1));
    DESK_REFUSES(&desk, "fan", "{\"x\":" DESK_SLOW_VALUE "}", TOO_LONG("x"));
    DESK_REFUSES(&desk, "fan", "{\"xs\":[\"a\"," DESK_SLOW_VALUE "," DESK_SLOW_VALUE "]}",
                 TOO_LONG("xs[1]") "\n" TOO_LONG("xs[2]"));
    DESK_TAKES(&desk, "fan", "{\"x\":\"aa\",\"xs\":[\"a\"]}", "taken");
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    desk_close(&desk);
}

/* ---- tables that are refused ---- */

/* One field, alone or in an object. */
struct one {
    struct json_object *value;
    bool has_value;
};

struct outer {
    struct one in;
    bool has_in;
};

/* The tool is refused, and the log says once more what is wrong with that part of it. */
static bool is_refused(struct desk *desk, const struct mcps_tool *tool, const char *part,
                       const char *why)
{
    char line[300];
    unsigned before;

    snprintf(line, sizeof line, "tool %s: its table of %s cannot be used: %s\n",
             tool->name, part, why);
    before = scene_logged(&desk->scene, line);
    if (mcps_server_add_tools(desk->scene.server, tool, 1) == -EINVAL &&
        scene_logged(&desk->scene, line) == before + 1)
        return true;
    unit_note("wanted: %sthe log:\n%s", line, desk->scene.log);
    return false;
}

/* A table with that schema, of arguments and of results. */
static bool refuses(struct desk *desk, const char *schema, bool deep, const char *why)
{
    const struct mcps_field fields[] = { { .name = "value",
                                           .type = MCPS_TYPE_JSON,
                                           .has_offset = offsetof(struct one, has_value),
                                           .schema_json = schema },
                                         { .name = NULL } };
    const struct mcps_field outer[] = { { .name = "in",
                                          .type = MCPS_TYPE_OBJECT,
                                          .fields = fields,
                                          .fields_size = sizeof(struct one),
                                          .has_offset = offsetof(struct outer, has_in) },
                                        { .name = NULL } };
    struct mcps_tool takes = trees_tool, gives = desk_tool("gives", NULL);

    takes.args = gives.result = deep ? outer : fields;
    takes.args_size = deep ? sizeof(struct outer) : sizeof(struct one);
    takes.name = "takes";
    return is_refused(desk, &takes, "arguments", why) &&
           is_refused(desk, &gives, "results", why);
}

static void schemas_of_fields_that_are_refused(void)
{
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, NULL, &trees_tool, 1));
    CHECK(refuses(&desk, "{\"type\":\"strin\"}", false,
                  "at \"/properties/value/type\": \"strin\" is no type"));
    CHECK(refuses(&desk, "{\"type\":\"strin\"}", true,
                  "at \"/properties/in/properties/value/type\": \"strin\" is no type"));
    CHECK(refuses(&desk, "{\"$ref\":\"#/properties/none\"}", false,
                  "at \"/properties/value/$ref\": there is nothing at "
                  "\"/properties/none\""));
    CHECK(
        refuses(&desk, "{\"$ref\":\"https://example.com/\"}", true,
                "at \"/properties/in/properties/value/$ref\": \"https://example.com/\" "
                "is neither in the schema nor given as a document; nothing is fetched"));
    DESK_TAKES(&desk, "trees", "{\"count\":2}", "none 2");
    CHECK(desk_ok(&desk));
out:
    desk_close(&desk);
}

static void patterns_of_fields_that_are_refused(void)
{
    struct desk desk = { .modern = false };

    if (desk_lacks_patterns())
        return;
    CHECK(desk_open(&desk, NULL, &trees_tool, 1));
    CHECK(refuses(&desk, "{\"pattern\":\"[\"}", false,
                  "at \"/properties/value/pattern\": the pattern \"[\" cannot be used: "
                  "the bracket is not closed, at character 1 of the regular expression"));
    CHECK(desk_ok(&desk));
out:
    desk_close(&desk);
}

/* ---- wherever handlers run ---- */

static bool checks_both(struct desk *desk)
{
    return desk_takes(desk, "order", "{\"n\":1}", "{\"n\":1}") &&
           desk_refuses(
               desk, "order", "{\"n\":\"\"}",
               "at \"/n\": expected an integer, got \"\" (schema: \"/properties/n/type\")") &&
           desk_takes(desk, "trees", "{\"count\":2}", "none 2") &&
           desk_refuses(desk, "trees", "{\"pair\":[1]}",
                        "argument \"pair\": expected at least 2 items, got 1 item");
}

static void set_tools(struct mcps_tool tools[2], const char *executor)
{
    tools[0] = desk_tool(
        "order", "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}}}");
    tools[1] = trees_tool;
    tools[0].executor = tools[1].executor = executor;
}

static void inline_tools_are_checked(void)
{
    struct mcps_tool tools[2];
    struct desk desk = { .modern = false };

    set_tools(tools, MCPS_INLINE);
    CHECK(desk_open(&desk, NULL, tools, 2));
    CHECK(checks_both(&desk));
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    desk_close(&desk);
}

static atomic_bool host_ends;

static void *run_executor(void *executor)
{
    while (!atomic_load(&host_ends)) {
        if (mcps_executor_wait(executor, 10) < 0 || mcps_executor_run(executor, 1000) < 0)
            break;
    }
    return NULL;
}

static void tools_of_executors_are_checked(void)
{
    struct mcps_tool tools[2];
    struct desk desk = { .modern = false };
    mcps_executor *executor = NULL;
    pthread_t host;
    bool runs = false;

    atomic_store(&host_ends, false);
    set_tools(tools, "host");
    CHECK(desk_open(&desk, NULL, NULL, 0));
    CHECK_INT(mcps_executor_new(&executor, desk.scene.server, "host"), 0);
    CHECK_INT(mcps_server_add_tools(desk.scene.server, tools, 2), 0);
    runs = pthread_create(&host, NULL, run_executor, executor) == 0;
    CHECK(runs && checks_both(&desk));
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    atomic_store(&host_ends, true);
    if (runs)
        pthread_join(host, NULL);
    mcps_executor_unref(executor);
    desk_close(&desk);
}

static void tools_without_workers_are_checked(void)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = MCPS_NO_WORKERS);
    struct mcps_tool tools[2];
    struct desk desk = { .modern = false };

    set_tools(tools, NULL);
    CHECK(desk_open(&desk, &options, tools, 2));
    CHECK(checks_both(&desk));
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    desk_close(&desk);
}

const struct unit_test schema_table_tests[] = {
    UNIT_TEST_ONCE(trees_are_held_against_their_schemas, "it has threads"),
    UNIT_TEST_ONCE(trees_that_take_too_long, "it has threads"),
    UNIT_TEST_ONCE(schemas_of_fields_that_are_refused, "it has threads"),
    UNIT_TEST_ONCE(patterns_of_fields_that_are_refused, "it has threads"),
    UNIT_TEST_ONCE(inline_tools_are_checked, "it has threads"),
    UNIT_TEST_ONCE(tools_of_executors_are_checked, "it has threads"),
#ifdef HAVE_EPOLL_CREATE1
    UNIT_TEST_ONCE(tools_without_workers_are_checked, "it has threads"),
#endif
    UNIT_END,
};
