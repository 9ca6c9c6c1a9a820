/* SPDX-License-Identifier: MIT */
/* Structured results held against what their tools declare. */
#include "config.h"

#include "schemas.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "props.h"

static const char *gives; /* what the next handler gives, as JSON text */
static atomic_int given;  /* what it got for that */

static struct json_object *tree_to_give(void)
{
    return json_tokener_parse(gives);
}

static int give_tree(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *tree = tree_to_give();
    int r = mcps_call_structured(call, tree);

    (void)args;
    (void)userdata;
    atomic_store(&given, r);
    json_object_put(tree);
    return 0;
}

#define OUT(ARG, S)                                                         \
    ARG(S, JSON, tree, "A tree", MCPS_REQUIRED,                             \
        .schema_json = "{\"type\":[\"array\",\"null\"]}")                   \
    ARG(S, LIST(JSON), trees, "Trees", MCPS_OPTIONAL,                       \
        .schema_json = "{\"maxLength\":60,\"$ref\":\"#/properties/text\"}") \
    ARG(S, STRING, text, "Text", MCPS_OPTIONAL, .max_length = 3)
MCPS_RESULT(out, OUT);

static int give_struct(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *tree = tree_to_give();
    struct json_object *const trees[] = { tree };
    bool in_list = json_object_object_get_ex(args, "in_list", NULL);
    const struct out value = { .tree = in_list ? NULL : tree,
                               .trees = { trees, 1 },
                               .has_trees = in_list };

    (void)userdata;
    atomic_store(&given, out_give(call, &value));
    json_object_put(tree);
    return 0;
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL_STRUCT(.name = "tree", .handler = give_tree,
                     .output_schema =
                         "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":"
                         "\"integer\"},\"x\":" DESK_SLOW("/properties/x") "}}"),
    MCPS_TOOL_STRUCT(.name = "struct", .handler = give_struct, .result = out_fields),
    MCPS_TOOL_STRUCT(.name = "free", .handler = give_tree),
};

enum { N_TOOLS = sizeof tools / sizeof tools[0] };

/* What the client sees when the handler gives that. */
static bool is_given(struct desk *desk, const char *tool, const char *json, int result,
                     const char *want)
{
    const char *arguments = strcmp(tool, "list") == 0 ? "{\"in_list\":1}" : "{}", *said;

    gives = json;
    atomic_store(&given, 1);
    said = desk_call(desk, strcmp(tool, "list") == 0 ? "struct" : tool, arguments);
    return said && unit_check_str(said, want, json, __FILE__, __LINE__) &&
           unit_check_int(atomic_load(&given), result, json, __FILE__, __LINE__) &&
           desk->code == 0 && desk->is_error == (result < 0);
}

#define CHECK_GIVEN(tool, json, result, want) \
    CHECK(is_given(&desk, (tool), (json), (result), (want)))

static const char misfit[] = "the tool gave a result that does not fit what it declares";

#define LOGGED(tool, why) \
    "tool " tool " gave a result that does not fit what it declares: " why

static void check_results(enum mcps_results results)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = 1, .results = results);
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, &options, tools, N_TOOLS));
    for (unsigned modern = 0; modern < 2; modern++) {
        CHECK_GIVEN("tree", "{\"n\":1}", 0, "{\"n\":1}");
        CHECK_GIVEN("tree", "{\"n\":\"1\"}", -EINVAL, misfit);
        CHECK_GIVEN("tree", "[1]", -EINVAL, misfit);
        CHECK_GIVEN("tree", "{\"x\":" DESK_SLOW_VALUE "}", -EINVAL, misfit);
        CHECK_GIVEN("struct", "[1]", 0, "{\"tree\":[1]}");
        CHECK_GIVEN("struct", "{}", -EINVAL, misfit);
        CHECK_GIVEN("list", "\"abc\"", 0, "{\"tree\":null,\"trees\":[\"abc\"]}");
        CHECK_GIVEN("list", "\"abcd\"", -EINVAL, misfit);
        CHECK_GIVEN("free", "[\"x\"]", 0, "[\"x\"]");
        CHECK(desk_ok(&desk));
        CHECK(desk_connect(&desk, "2026-07-28"));
    }
    CHECK_INT(scene_logged(&desk.scene, LOGGED("tree", "at \"/n\": expected an integer")),
              2);
    CHECK_INT(scene_logged(&desk.scene, LOGGED("tree", "the value: expected an object")),
              2);
    CHECK_INT(scene_logged(&desk.scene, LOGGED("tree", "the value cannot be checked: ")),
              2);
    CHECK_INT(
        scene_logged(&desk.scene,
                     LOGGED("struct", "result \"tree\": expected an array or null")),
        2);
    CHECK_INT(scene_logged(&desk.scene,
                           LOGGED("struct", "result \"trees[0]\": expected at most 3")),
              2);
out:
    desk_close(&desk);
}

static void results_are_checked(void)
{
    check_results(MCPS_RESULTS_CHECKED);
}

/* In a build with test hooks, as this is. */
static void results_are_checked_by_default(void)
{
    check_results(MCPS_RESULTS_DEFAULT);
}

static void results_are_trusted_if_asked(void)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = 1, .results = MCPS_RESULTS_TRUSTED);
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, &options, tools, N_TOOLS));
    CHECK_GIVEN("tree", "{\"n\":\"1\"}", 0, "{\"n\":\"1\"}");
    CHECK(strstr(desk.wire.messages[desk.wire.n_messages - 1],
                 "\"structuredContent\":{\"n\":\"1\"}"));
    CHECK_GIVEN("struct", "{}", 0, "{\"tree\":{}}");
    CHECK_GIVEN("list", "\"abcd\"", 0, "{\"tree\":null,\"trees\":[\"abcd\"]}");
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    desk_close(&desk);
}

/* What was given before stays. */
static int give_twice(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *good = json_tokener_parse("{\"n\":1}");
    struct json_object *bad = json_tokener_parse("{\"n\":null}");
    int r = mcps_call_structured(call, good);

    (void)args;
    (void)userdata;
    if (r == 0)
        r = mcps_call_structured(call, bad);
    atomic_store(&given, r);
    json_object_put(good);
    json_object_put(bad);
    return 0;
}

static void a_result_before_one_that_does_not_fit(void)
{
    struct mcps_tool tool = tools[0];
    struct desk desk = { .modern = false };

    tool.name = "twice";
    tool.handler = give_twice;
    CHECK(desk_open(&desk, NULL, &tool, 1));
    CHECK_STR(desk_call(&desk, "twice", "{}"), "{\"n\":1}");
    CHECK_INT(atomic_load(&given), -EINVAL);
    CHECK(!desk.is_error && desk_ok(&desk));
out:
    desk_close(&desk);
}

const struct unit_test schema_result_tests[] = {
    UNIT_TEST_ONCE(results_are_checked, "it has threads"),
    UNIT_TEST_ONCE(results_are_checked_by_default, "it has threads"),
    UNIT_TEST_ONCE(results_are_trusted_if_asked, "it has threads"),
    UNIT_TEST_ONCE(a_result_before_one_that_does_not_fit, "it has threads"),
    UNIT_END,
};
