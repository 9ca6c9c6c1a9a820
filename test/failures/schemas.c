/* SPDX-License-Identifier: MIT */
/* Arguments held against the schemas that tools say as JSON text. */
#include "config.h"

#include "schemas.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "props.h"
#include "schema/regex.h"

#define OBJECT(members) "{\"type\":\"object\"," members "}"

/* ---- what fits, and what does not ---- */

static const char order[] =
    OBJECT("\"properties\":{"
           "\"n\":{\"type\":\"integer\",\"minimum\":1},"
           "\"kind\":{\"enum\":[\"a\",\"b\"]},"
           "\"code\":{\"type\":\"string\",\"maxLength\":2},"
           "\"either\":{\"anyOf\":[{\"type\":\"boolean\"},"
           "{\"type\":\"array\",\"maxItems\":1}]},"
           "\"to\":{\"$ref\":\"#/$defs/place\"},"
           "\"pair\":{\"prefixItems\":[{\"type\":\"null\"}]}},"
           "\"required\":[\"n\"],\"additionalProperties\":false,"
           "\"$defs\":{\"place\":{\"type\":\"object\",\"properties\":{"
           "\"lat\":{\"type\":\"number\",\"maximum\":90}},"
           "\"required\":[\"lat\"]}}");

static const struct {
    const char *arguments, *error; /* NULL: it fits, and is said */
} orders[] = {
    { "{\"n\":1}", NULL },
    { "{\"n\":2,\"kind\":\"b\",\"code\":\"XY\",\"either\":[7],\"to\":{\"lat\":-3},"
      "\"pair\":[null,1]}",
      NULL },
    { "{}",
      "the value: expected a member \"n\", an integer, got an object without it (schema: \"/required\")" },
    { "{\"n\":\"1\"}",
      "at \"/n\": expected an integer, got \"1\" (schema: \"/properties/n/type\")" },
    { "{\"n\":0}",
      "at \"/n\": expected at least 1, got 0 (schema: \"/properties/n/minimum\")" },
    { "{\"n\":1,\"m\":2}",
      "the value: expected no members but \"n\", \"kind\", \"code\", \"either\", \"to\", \"pair\", got \"m\" (schema: \"/additionalProperties\")" },
    { "{\"n\":1,\"kind\":\"c\"}",
      "at \"/kind\": expected one of \"a\", \"b\", got \"c\" (schema: \"/properties/kind/enum\")" },
    { "{\"n\":1,\"code\":\"xyz\"}",
      "at \"/code\": expected at most 2 characters, got 3 characters (schema: \"/properties/code/maxLength\")" },
    { "{\"n\":1,\"either\":1}",
      "at \"/either\": expected true or false or an array, got 1 (schema: \"/properties/either/anyOf\")" },
    { "{\"n\":1,\"either\":[1,2]}",
      "at \"/either\": fits none of the 2 schemas of \"anyOf\"; nearest: expected at most 1 item, got 2 items (schema: \"/properties/either/anyOf\")" },
    { "{\"n\":1,\"to\":{}}",
      "at \"/to\": expected a member \"lat\", a number, got an object without it (schema: \"/$defs/place/required\")" },
    { "{\"n\":1,\"to\":{\"lat\":90.5}}",
      "at \"/to/lat\": expected at most 90, got 90.5 (schema: \"/$defs/place/properties/lat/maximum\")" },
    { "{\"n\":1,\"pair\":[0]}",
      "at \"/pair/0\": expected null, got 0 (schema: \"/properties/pair/prefixItems/0/type\")" },
    { "{\"n\":1.5,\"kind\":1}",
      "at \"/n\": expected an integer, got 1.5 (schema: \"/properties/n/type\")\nat \"/kind\": expected one of \"a\", \"b\", got 1 (schema: \"/properties/kind/enum\")" },
};
enum { N_ORDERS = sizeof orders / sizeof orders[0] };

/* Which revisions tell the model, and which only the program. */
static const struct {
    const char *version;
    int code;
} versions[] = { { "2024-11-05", -32602 },
                 { "2025-06-18", -32602 },
                 { "2025-11-25", 0 },
                 { "2026-07-28", 0 } };

static bool has_answer(struct desk *desk, unsigned i, int code)
{
    const char *arguments = orders[i].arguments, *error = orders[i].error;
    const char *said;

    if (!error)
        return desk_takes(desk, "order", arguments, arguments);
    if (code == 0)
        return desk_refuses(desk, "order", arguments, error);
    said = desk_call(desk, "order", arguments);
    return said && strcmp(said, error) == 0 && desk->code == code && desk->n_handled == 0;
}

static void what_does_not_fit_is_told_and_not_run(void)
{
    const struct mcps_tool tool = desk_tool("order", order);
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, NULL, &tool, 1));
    for (unsigned v = 0; v < sizeof versions / sizeof versions[0]; v++) {
        CHECK(desk_connect(&desk, versions[v].version));
        for (unsigned i = 0; i < N_ORDERS; i++) {
            unit_note_on_failure("%s in %s", orders[i].arguments, versions[v].version);
            CHECK(has_answer(&desk, i, versions[v].code));
        }
        CHECK(desk_ok(&desk));
    }
    CHECK(scene_log_ok(&desk.scene));
out:
    unit_note_on_failure("%s", "");
    desk_close(&desk);
}

static void at_most_five_lines(void)
{
    const struct mcps_tool tools[] = {
        desk_tool("many", OBJECT("\"additionalProperties\":{\"type\":\"null\"}")),
        desk_tool("none", NULL),
        desk_tool("any", "{\"type\":\"object\"}"),
    };
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, NULL, tools, 3));
    DESK_REFUSES(
        &desk, "many", "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7}",
        "at \"/a\": expected null, got 1 (schema: \"/additionalProperties/type\")\nat \"/b\": expected null, got 2 (schema: \"/additionalProperties/type\")\nat \"/c\": expected null, got 3 (schema: \"/additionalProperties/type\")\nat \"/d\": expected null, got 4 (schema: \"/additionalProperties/type\")\nat \"/e\": expected null, got 5 (schema: \"/additionalProperties/type\")");
    DESK_REFUSES(
        &desk, "many", "{\"a\":null,\"b\":2,\"c\\n\":\"\\n\"}",
        "at \"/b\": expected null, got 2 (schema: \"/additionalProperties/type\")\nat \"/c\\n\": expected null, got \"\\n\" (schema: \"/additionalProperties/type\")");
    DESK_TAKES(&desk, "none", "{\"a\":[1]}", "{\"a\":[1]}");
    DESK_TAKES(&desk, "any", "{\"a\":[1]}", "{\"a\":[1]}");
    /* None at all are an empty object, which is checked, too. */
    CHECK(wire_call(&desk.wire, "\"bare\"", "many", NULL));
    CHECK_STR(answer_text(wire_answer(&desk.wire, "\"bare\"")), "{}");
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    desk_close(&desk);
}

static void the_dialect_is_what_it_says(void)
{
    /* Draft-07 has a list of schemas for "items", and nothing beside a reference. */
    const struct mcps_tool tools[] = {
        desk_tool("old",
                  "{\"$schema\":\"http://json-schema.org/draft-07/schema#\","
                  "\"type\":\"object\",\"properties\":{"
                  "\"l\":{\"items\":[{\"type\":\"integer\"}],\"additionalItems\":false},"
                  "\"r\":{\"$ref\":\"#/definitions/x\",\"minimum\":10}},"
                  "\"definitions\":{\"x\":{\"type\":\"integer\"}}}"),
        desk_tool("new",
                  "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
                  "\"type\":\"object\",\"properties\":{"
                  "\"l\":{\"prefixItems\":[{\"type\":\"integer\"}],\"items\":false},"
                  "\"r\":{\"$ref\":\"#/$defs/x\",\"minimum\":10}},"
                  "\"$defs\":{\"x\":{\"type\":\"integer\"}}}"),
    };
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, NULL, tools, 2));
    DESK_TAKES(&desk, "old", "{\"l\":[1],\"r\":5}", "{\"l\":[1],\"r\":5}");
    DESK_REFUSES(
        &desk, "old", "{\"l\":[1,2],\"r\":\"x\"}",
        "at \"/l\": expected at most 1 item, got 2 items (schema: \"/properties/l/additionalItems\")\nat \"/r\": expected an integer, got \"x\" (schema: \"/definitions/x/type\")");
    DESK_TAKES(&desk, "new", "{\"l\":[1],\"r\":10}", "{\"l\":[1],\"r\":10}");
    DESK_REFUSES(
        &desk, "new", "{\"l\":[1,2],\"r\":5}",
        "at \"/l\": expected at most 1 item, got 2 items (schema: \"/properties/l/items\")\nat \"/r\": expected at least 10, got 5 (schema: \"/properties/r/minimum\")");
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    desk_close(&desk);
}

/* ---- schemas that are refused ---- */

static const struct {
    const char *schema, *why; /* what the log says behind the name */
} bad[] = {
    { "{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"type\":\"object\"}",
      "at \"/$schema\": \"http://json-schema.org/draft-04/schema#\" is neither 2020-12 nor draft-07, nor given as a document" },
    { "{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\",\"type\":\"object\"}",
      "at \"/$schema\": \"https://json-schema.org/draft/2019-09/schema\" is neither 2020-12 nor draft-07, nor given as a document" },
    { OBJECT("\"properties\":{\"a\":{\"$ref\":\"https://example.com/a#/b\"}}"),
      "at \"/properties/a/$ref\": \"https://example.com/a\" is neither in the schema nor given as a document; nothing is fetched" },
    { OBJECT("\"properties\":{\"a\":{\"$ref\":\"#/$defs/none\"}}"),
      "at \"/properties/a/$ref\": there is nothing at \"/$defs/none\"" },
    { OBJECT("\"properties\":{\"a\":{\"type\":\"strin\"}}"),
      "at \"/properties/a/type\": \"strin\" is no type" },
    { OBJECT("\"properties\":{\"a\":{\"$ref\":\"#/properties/a\"}}"),
      "at \"/properties/a\": it is, or leads to, a circle of subschemas that refer to each other for the same value" },
};

/* Adds one tool that is refused for what the log says then. */
static bool is_refused(struct desk *desk, const struct mcps_tool *tool, const char *why)
{
    unsigned before = scene_logged(&desk->scene, why);

    if (mcps_server_add_tools(desk->scene.server, tool, 1) == -EINVAL &&
        scene_logged(&desk->scene, why) == before + 1)
        return true;
    unit_note("the log:\n%s", desk->scene.log);
    return false;
}

/* The same for a schema of arguments, and for one of results. */
static bool is_bad(struct desk *desk, const char *schema, const char *why)
{
    struct mcps_tool takes = desk_tool("bad", schema), gives = desk_tool("bad", NULL);
    char input[300], output[300];

    gives.output_schema = schema;
    unit_note_on_failure("%s", schema);
    snprintf(input, sizeof input, "tool bad: its input schema cannot be used: %s\n", why);
    snprintf(output, sizeof output, "tool bad: its output schema cannot be used: %s\n",
             why);
    return is_refused(desk, &takes, input) && is_refused(desk, &gives, output);
}

static void schemas_that_are_refused(void)
{
    const struct mcps_tool good = desk_tool("good", order);
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, NULL, &good, 1));
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(is_bad(&desk, bad[i].schema, bad[i].why));
    DESK_TAKES(&desk, "good", "{\"n\":1}", "{\"n\":1}");
    CHECK(desk_call(&desk, "bad", "{}") && desk.code == -32602);
    CHECK(desk_ok(&desk));
out:
    unit_note_on_failure("%s", "");
    desk_close(&desk);
}

/* So many of them, between two texts. Must be freed. */
static char *repeat(const char *before, const char *piece, unsigned n,
                    const char *between, const char *last, const char *after)
{
    size_t room = strlen(before) + n * (strlen(piece) + strlen(last)) + strlen(between) +
                  strlen(after) + 1;
    char *text = malloc(room);
    size_t len;

    if (!text)
        return NULL;
    strcpy(text, before);
    len = strlen(text);
    for (unsigned i = 0; i < n; i++, len += strlen(piece))
        strcpy(text + len, piece);
    strcpy(text + len, between);
    len += strlen(between);
    for (unsigned i = 0; i < n; i++, len += strlen(last))
        strcpy(text + len, last);
    strcpy(text + len, after);
    return text;
}

static void schemas_that_are_too_much(void)
{
    char *large = repeat("{\"type\":\"object\",\"allOf\":[", "{\"title\":\"\"},", 20000,
                         "{}]", "", "}");
    char *deep = repeat("{\"type\":\"object\",\"not\":", "{\"not\":", 70, "{}", "}", "}");
    struct mcps_tool tool = desk_tool("much", large);
    const struct mcps_tool good = desk_tool("good", order);
    struct desk desk = { .modern = false };

    CHECK(large && deep);
    CHECK(desk_open(&desk, NULL, &good, 1));
    CHECK(is_refused(
        &desk, &tool,
        "tool much: its input schema cannot be used: there are more than 20000 subschemas\n"));
    tool.input_schema = deep;
    CHECK(is_refused(
        &desk, &tool,
        "tool much: its input schema cannot be used: arrays and objects are nested too deep\n"));
    DESK_TAKES(&desk, "good", "{\"n\":1}", "{\"n\":1}");
    CHECK(desk_ok(&desk));
out:
    free(large);
    free(deep);
    desk_close(&desk);
}

#ifdef TEST_SANITIZED
enum { SMALL_STACK = 0 }; /* their frames are larger than any code's */
#else
enum { SMALL_STACK = 64 << 10 };
#endif

/* Neither a deep value nor a deep expression is the end of a worker with little stack. */
static void small_stacks_suffice(void)
{
    static const char schema[] =
        "{\"type\":\"object\",\"properties\":{\"re\":{\"format\":\"regex\"},\"t\":{\"$ref\":"
        "\"#/$defs/t\"}},\"$defs\":{\"t\":{\"anyOf\":[{\"type\":\"null\"},{\"properties\":{"
        "\"c\":{\"$ref\":\"#/$defs/t\"}},\"additionalProperties\":false}]}}}";
    static const unsigned depths[] = { 3, 20, 40, 60 };
    const struct mcps_tool tool = desk_tool("tree", schema);
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = 1, .stack_size = SMALL_STACK,
                            .assert_formats = true);
    struct desk desk = { .modern = false };
    char *deep = NULL;

    CHECK(desk_open(&desk, &options, &tool, 1));
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        for (int wrong = 0; wrong < 2; wrong++) {
            free(deep);
            deep =
                repeat("{\"t\":", "{\"c\":", depths[i], wrong ? "5" : "null", "}", "}");
            CHECK(deep != NULL);
            CHECK(desk_call(&desk, "tree", deep) != NULL);
        }
    }
    free(deep);
    deep = repeat("{\"re\":\"", "(", 1000, "a", ")", "\"}");
    CHECK(deep != NULL);
    CHECK(desk_call(&desk, "tree", deep) != NULL);
    CHECK(desk.is_error);
    DESK_TAKES(&desk, "tree", "{\"t\":{\"c\":null}}", "{\"t\":{\"c\":null}}");
    CHECK(desk_ok(&desk));
out:
    free(deep);
    desk_close(&desk);
}

/* ---- options of the server ---- */

static void documents_are_copied(void)
{
    static const char place[] = "{\"$defs\":{\"p\":{\"type\":\"integer\"}}}";
    char uri[] = "https://example.com/place", json[sizeof place];
    struct mcps_schema_document documents[] = { { uri, json }, { "other:", "{" } };
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = 1, .documents = documents, .n_documents = 2);
    const struct mcps_tool tool =
        desk_tool("placed", OBJECT("\"properties\":{\"p\":{\"$ref\":"
                                   "\"https://example.com/place#/$defs/p\"}}"));
    const struct mcps_tool broken =
        desk_tool("broken", OBJECT("\"properties\":{\"p\":{\"$ref\":\"other:\"}}"));
    struct desk desk = { .modern = false };

    strcpy(json, place);
    CHECK(desk_open(&desk, &options, NULL, 0));
    memset(uri, 'x', sizeof uri - 1);
    memset(json, 'x', sizeof json - 1);
    memset(documents, 0, sizeof documents);
    CHECK_INT(mcps_server_add_tools(desk.scene.server, &tool, 1), 0);
    DESK_TAKES(&desk, "placed", "{\"p\":1}", "{\"p\":1}");
    DESK_REFUSES(
        &desk, "placed", "{\"p\":\"1\"}",
        "at \"/p\": expected an integer, got \"1\" (schema: \"https://example.com/place#/$defs/p/type\")");
    CHECK(scene_log_ok(&desk.scene));
    CHECK(is_refused(
        &desk, &broken,
        "tool broken: its input schema cannot be used: other:: the text ends too early\n"));
    CHECK(desk_ok(&desk));
out:
    desk_close(&desk);
}

static void documents_that_are_none(void)
{
    struct mcps_schema_document document = { "a:", NULL };
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.documents = &document, .n_documents = 1);
    mcps_server *server = NULL;

    CHECK_INT(mcps_server_new(&server, &options), -EINVAL);
    document = (struct mcps_schema_document){ NULL, "{}" };
    CHECK_INT(mcps_server_new(&server, &options), -EINVAL);
    options.documents = NULL;
    CHECK_INT(mcps_server_new(&server, &options), -EINVAL);
    options.n_documents = 0;
    CHECK_INT(mcps_server_new(&server, &options), 0);
out:
    CHECK_AFTER(!mcps_server_unref(server));
}

static void formats_are_asserted_if_asked(void)
{
    const struct mcps_tool tool = desk_tool(
        "when",
        OBJECT("\"properties\":{\"on\":{\"type\":\"string\",\"format\":\"date\"}}"));
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = 1, .assert_formats = true);
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, NULL, &tool, 1));
    DESK_TAKES(&desk, "when", "{\"on\":\"today\"}", "{\"on\":\"today\"}");
    desk_close(&desk);
    CHECK(desk_open(&desk, &options, &tool, 1));
    DESK_REFUSES(
        &desk, "when", "{\"on\":\"today\"}",
        "at \"/on\": expected a date as in RFC 3339 (2026-07-28), got \"today\" (schema: \"/properties/on/format\")");
    DESK_TAKES(&desk, "when", "{\"on\":\"2026-02-28\"}", "{\"on\":\"2026-02-28\"}");
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    desk_close(&desk);
}

/* ---- checks without an end ---- */

/* Each level looks twice at the next. */
static const char fan[] =
    OBJECT("\"properties\":{\"x\":{\"$ref\":\"#/$defs/a0\"}},\"$defs\":{"
#define LEVEL(this, next)                                    \
    "\"a" #this "\":{\"allOf\":[{\"$ref\":\"#/$defs/a" #next \
                "\"},{\"$ref\":\"#/$defs/a" #next "\"}]},"
           LEVEL(0, 1) LEVEL(1, 2) LEVEL(2, 3) LEVEL(3, 4) LEVEL(4, 5) LEVEL(5, 6)
               LEVEL(6, 7) LEVEL(7, 8) LEVEL(8, 9) LEVEL(9, 10) LEVEL(10, 11)
                   LEVEL(11, 12) LEVEL(12, 13) LEVEL(13, 14) LEVEL(14, 15) LEVEL(15, 16)
                       LEVEL(16, 17) LEVEL(17, 18) LEVEL(18, 19) LEVEL(19, 20)
                           LEVEL(20, 21) LEVEL(21, 22) "\"a22\":{\"minimum\":1}}");

static const char too_long[] = "the value cannot be checked: that takes more than "
                               "1000000 steps";

static void checks_end(void)
{
    const struct mcps_tool tool = desk_tool("fan", fan);
    struct desk desk = { .modern = false };

    CHECK(desk_open(&desk, NULL, &tool, 1));
    for (unsigned v = 0; v < 2; v++) {
        DESK_REFUSES(&desk, "fan", "{\"x\":1}", too_long);
        DESK_TAKES(&desk, "fan", "{\"y\":1}", "{\"y\":1}");
        CHECK(desk_ok(&desk));
        CHECK(desk_connect(&desk, "2026-07-28"));
    }
    CHECK(desk_connect(&desk, "2025-06-18"));
    CHECK_STR(desk_call(&desk, "fan", "{\"x\":1}"), too_long);
    CHECK_INT(desk.code, -32602);
    CHECK(desk_ok(&desk) && scene_log_ok(&desk.scene));
out:
    desk_close(&desk);
}

/* ---- patterns, for which the library needs PCRE2 ---- */

static const struct {
    const char *schema, *why; /* what the log says behind the name */
} bad_patterns[] = {
    { OBJECT("\"properties\":{\"a\":{\"pattern\":\"(\"}}"),
      "at \"/properties/a/pattern\": the pattern \"(\" cannot be used: a group is not closed, at character 2 of the regular expression" },
    { OBJECT("\"properties\":{\"a\":{\"pattern\":\"(?<!a)b\\\\z\"}}"),
      "at \"/properties/a/pattern\": the pattern \"(?<!a)b\\x5cz\" cannot be used: there is no escape \\x5cz, at character 8 of the regular expression" },
};

static void patterns_are_checked(void)
{
    const struct mcps_tool tools[] = {
        desk_tool("code", OBJECT("\"properties\":{\"x\":{\"pattern\":\"^[A-Z]{2}$\"}}")),
        desk_tool("slow", OBJECT("\"properties\":{\"x\":{\"pattern\":\"^(a|a)*$\"}}")),
    };
    char *slow = repeat("{\"x\":\"", "a", 60, "b\"", "", "}");
    struct desk desk = { .modern = false };

    if (desk_lacks_patterns())
        goto out;
    CHECK(slow && desk_open(&desk, NULL, tools, 2));
    for (unsigned v = 0; v < 2; v++) {
        DESK_TAKES(&desk, "code", "{\"x\":\"XY\"}", "{\"x\":\"XY\"}");
        DESK_REFUSES(
            &desk, "code", "{\"x\":\"xy\"}",
            "at \"/x\": expected a string that matches ^[A-Z]{2}$, got \"xy\" (schema: \"/properties/x/pattern\")");
        DESK_TAKES(&desk, "slow", "{\"x\":\"aa\"}", "{\"x\":\"aa\"}");
        DESK_REFUSES(&desk, "slow", slow, too_long);
        CHECK(desk_ok(&desk));
        CHECK(desk_connect(&desk, "2026-07-28"));
    }
    CHECK(scene_log_ok(&desk.scene));
    for (unsigned i = 0; i < sizeof bad_patterns / sizeof bad_patterns[0]; i++)
        CHECK(is_bad(&desk, bad_patterns[i].schema, bad_patterns[i].why));
out:
    unit_note_on_failure("%s", "");
    free(slow);
    desk_close(&desk);
}

/* A tool whose schema nobody can check is not there. */
static void without_pcre2_patterns_are_refused(void)
{
    static const char why[] =
        "at \"/properties/a/pattern\": the pattern \"^a\" cannot be used: there are no regular expressions here, for the library was built without PCRE2";
    const struct mcps_tool good = desk_tool("good", order);
    struct desk desk = { .modern = false };

    if (mcps__regex_available())
        return;
    CHECK(desk_open(&desk, NULL, &good, 1));
    CHECK(is_bad(&desk, OBJECT("\"properties\":{\"a\":{\"pattern\":\"^a\"}}"), why));
    DESK_TAKES(&desk, "good", "{\"n\":1}", "{\"n\":1}");
    CHECK(desk_call(&desk, "bad", "{}") && desk.code == -32602);
    CHECK(desk_ok(&desk));
out:
    unit_note_on_failure("%s", "");
    desk_close(&desk);
}

static const struct unit_test tests[] = {
    UNIT_TEST_ONCE(what_does_not_fit_is_told_and_not_run, "it has threads"),
    UNIT_TEST_ONCE(at_most_five_lines, "it has threads"),
    UNIT_TEST_ONCE(the_dialect_is_what_it_says, "it has threads"),
    UNIT_TEST_ONCE(schemas_that_are_refused, "it has threads"),
    UNIT_TEST_ONCE(schemas_that_are_too_much, "it has threads"),
    UNIT_TEST_ONCE(small_stacks_suffice, "it has threads"),
    UNIT_TEST_ONCE(documents_are_copied, "it has threads"),
    UNIT_TEST(documents_that_are_none),
    UNIT_TEST_ONCE(formats_are_asserted_if_asked, "it has threads"),
    UNIT_TEST_ONCE(checks_end, "it has threads"),
    UNIT_TEST_ONCE(patterns_are_checked, "it has threads"),
    UNIT_TEST_ONCE(without_pcre2_patterns_are_refused, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "schemas", tests },
        { "tables", schema_table_tests },
        { "coerce", schema_coerce_tests },
        { "headers", schema_header_tests },
        { "structured", schema_result_tests },
    };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
