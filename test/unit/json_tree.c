/* SPDX-License-Identifier: MIT */
/* Trees: what json-c would get wrong is refused. */
#include "config.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "json/tree.h"
#include "json/write.h"

extern const struct unit_test tree_tests[];

static void values_arrive_as_they_are(void)
{
    static const char text[] = "{\"i\":-9223372036854775808,\"u\":18446744073709551615,"
                               "\"d\":1e-3,\"s\":\"a\\u0000b\",\"n\":null,\"t\":true,"
                               "\"e\":{},\"l\":[1,[2]]}";
    struct mcps__tree_parser parser = { 0 };
    struct json_object *tree = NULL, *member = NULL;

    CHECK_INT(mcps__tree_parser_init(&parser, &mcps__json_default_limits), 0);
    CHECK_INT(mcps__tree_parse(&parser, &tree, text, strlen(text)), 0);
    CHECK(json_object_object_get_ex(tree, "i", &member));
    CHECK_INT(json_object_get_int64(member), INT64_MIN);
    CHECK(json_object_object_get_ex(tree, "u", &member));
    CHECK(json_object_get_uint64(member) == UINT64_MAX);
    CHECK(json_object_object_get_ex(tree, "s", &member));
    CHECK_MEM(json_object_get_string(member), (size_t)json_object_get_string_len(member),
              "a\0b", 3);
    CHECK(json_object_object_get_ex(tree, "n", &member));
    CHECK(member == NULL);
    CHECK_INT(json_object_object_length(tree), 8);
out:
    json_object_put(tree);
    mcps__tree_parser_fini(&parser);
}

static void single_values_are_trees_too(void)
{
    static const struct {
        const char *text;
        enum json_type type;
    } rows[] = {
        { "7", json_type_int },        { "7.5", json_type_double },
        { "true", json_type_boolean }, { "null", json_type_null },
        { "\"x\"", json_type_string }, { " [ ] ", json_type_array },
        { "{} ", json_type_object },
    };
    struct mcps__tree_parser parser = { 0 };
    struct json_object *tree = NULL;

    CHECK_INT(mcps__tree_parser_init(&parser, &mcps__json_default_limits), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].text);
        CHECK_INT(mcps__tree_parse(&parser, &tree, rows[i].text, strlen(rows[i].text)),
                  0);
        CHECK_INT(json_object_get_type(tree), rows[i].type);
        json_object_put(tree);
        tree = NULL;
    }
out:
    json_object_put(tree);
    mcps__tree_parser_fini(&parser);
}

static void what_a_double_does_not_tell_keeps_its_text(void)
{
    static const struct {
        const char *text;
        bool kept;
    } rows[] = {
        { "1.5", false },
        { "-0.0", false },
        { "0.1", false },
        { "1e21", false },
        { "1e-7", false },
        { "6.02214076e+23", false },
        { "1e300", false },
        { "-1.5E-300", false },
        { "123456789012.345", false },
        { "0.000000123456789012345", false },
        { "-12.34567890123450e-3", true }, /* a zero more than it needs */
        { "0.1000000000000000055", true },
        { "-0.1000000000000000055", true },
        { "1.0000000000000000000000001", true },
        { "9007199254740993.0", true },
        { "18446744073709551616", true },
        { "-9223372036854775809", true },
        { "123456789012345678901234567890", true },
        { "0.30000000000000004", true },
        { "4.9E-324", true },
        { "1e-310", true },
        { "1e-400", true },
        { "-1e-999999999", true },
    };
    struct mcps__tree_parser parser = { 0 };
    struct json_object *tree = NULL;

    CHECK_INT(mcps__tree_parser_init(&parser, &mcps__json_default_limits), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = rows[i].text;

        unit_note_on_failure("%s", text);
        CHECK_INT(mcps__tree_parse(&parser, &tree, text, strlen(text)), 0);
        CHECK_INT(json_object_get_type(tree), json_type_double);
        CHECK(json_object_get_double(tree) == strtod(text, NULL));
        CHECK_INT(json_object_get_userdata(tree) != NULL, rows[i].kept);
        if (rows[i].kept)
            CHECK_STR(json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN), text);
        json_object_put(tree);
        tree = NULL;
    }
out:
    json_object_put(tree);
    mcps__tree_parser_fini(&parser);
}

/* What we write ourselves is the double, whether or not there is a text beside it. */
static void kept_texts_are_written_as_doubles(void)
{
    static const char text[] = "[0.1000000000000000055,18446744073709551616,1e-400]";
    static const char written[] = "[0.1,1.8446744073709552e+19,0.0]";
    struct mcps__tree_parser parser = { 0 };
    struct json_object *tree = NULL;
    struct mcps__writer w;
    struct mcps__buf out;

    mcps__buf_init(&out, SIZE_MAX);
    CHECK_INT(mcps__tree_parser_init(&parser, &mcps__json_default_limits), 0);
    CHECK_INT(mcps__tree_parse(&parser, &tree, text, strlen(text)), 0);
    mcps__write_init(&w, &out);
    mcps__write_tree(&w, tree);
    CHECK_INT(mcps__write_end(&w), 0);
    CHECK_MEM(out.data, out.len, written, strlen(written));
out:
    json_object_put(tree);
    mcps__buf_fini(&out);
    mcps__tree_parser_fini(&parser);
}

static void refuses_what_json_c_lets_pass(void)
{
    static const struct {
        const char *text;
        int error;
    } rows[] = {
        { "{\"a\":1,\"a\":2}", MCPS__JSON_EDUPLICATE },
        { "{\"x\":[{\"a\":1,\"\\u0061\":[2]}]}", MCPS__JSON_EDUPLICATE },
        { "[{\"a\":{\"b\":1,\"b\":[]},\"c\":1}]", MCPS__JSON_EDUPLICATE },
        { "{\"\":1,\"\":2}", MCPS__JSON_EDUPLICATE },
        { "{\"a\\u0000b\":1}", MCPS__JSON_ENUL_KEY },
        { "[[{\"a\":[{\"\\u0000\":{}}],\"b\":1}]]", MCPS__JSON_ENUL_KEY },
        { "[1e999]", MCPS__JSON_ERANGE },
        { "[\"\\ud800\"]", MCPS__JSON_ESURROGATE },
        { "[\"\xff\"]", MCPS__JSON_EUTF8 },
        { "[1,]", MCPS__JSON_EVALUE },
        { "", MCPS__JSON_EEMPTY },
    };
    struct mcps__tree_parser parser = { 0 };
    struct json_object *tree = NULL;

    CHECK_INT(mcps__tree_parser_init(&parser, &mcps__json_default_limits), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].text);
        CHECK_INT(mcps__tree_parse(&parser, &tree, rows[i].text, strlen(rows[i].text)),
                  rows[i].error);
        CHECK(tree == NULL);
    }
    /* Nothing of a refused text is left behind. */
    CHECK_INT(mcps__tree_parse(&parser, &tree, "[1]", 3), 0);
    CHECK_INT(json_object_array_length(tree), 1);
out:
    json_object_put(tree);
    mcps__tree_parser_fini(&parser);
}

static void a_long_string_leaves_no_memory_behind(void)
{
    enum { LEN = 300000 };
    struct mcps__tree_parser parser = { 0 };
    struct json_object *tree = NULL;
    char *text = malloc(LEN);

    CHECK(text != NULL);
    memset(text, 'x', LEN);
    memcpy(text, "\"\\n", 3);
    text[LEN - 1] = '"';
    CHECK_INT(mcps__tree_parser_init(&parser, &mcps__json_default_limits), 0);
    CHECK_INT(mcps__tree_parse(&parser, &tree, text, LEN), 0);
    CHECK_INT(json_object_get_string_len(tree), LEN - 3);
    CHECK(parser.scratch.cap < LEN);
out:
    json_object_put(tree);
    mcps__tree_parser_fini(&parser);
    free(text);
}

static void the_deepest_text_fits(void)
{
    char text[4 * MCPS__JSON_DEPTH_MAX + 1];
    struct mcps__tree_parser parser = { 0 };
    struct json_object *tree = NULL;
    size_t n = MCPS__JSON_DEPTH_MAX;

    memset(text, '[', n);
    text[n] = '1';
    memset(text + n + 1, ']', n);
    CHECK_INT(mcps__tree_parser_init(&parser, &mcps__json_default_limits), 0);
    CHECK_INT(mcps__tree_parse(&parser, &tree, text, 2 * n + 1), 0);
out:
    json_object_put(tree);
    mcps__tree_parser_fini(&parser);
}

static void a_member_of_a_scanned_text_is_built_alone(void)
{
    static const char text[] = "{\"params\":{\"arguments\":{\"a\":[1,{\"b\":null}]}}}";
    const struct mcps__scan_member *m;
    struct mcps__tree_parser parser = { 0 };
    struct mcps__scan scan;
    struct json_object *tree = NULL;

    mcps__scan_init(&scan, &mcps__json_default_limits);
    CHECK_INT(mcps__tree_parser_init(&parser, &mcps__json_default_limits), 0);
    CHECK_INT(mcps__scan_feed(&scan, text, strlen(text), true), 1);
    m = mcps__scan_find(&scan, text, MCPS__SCAN_PARAMS, "arguments");
    CHECK(m != NULL);
    CHECK_INT(mcps__tree_build(&parser, &tree, text + m->value, m->value_len), 0);
    CHECK_INT(json_object_object_length(tree), 1);
out:
    json_object_put(tree);
    mcps__scan_fini(&scan);
    mcps__tree_parser_fini(&parser);
}

const struct unit_test tree_tests[] = {
    UNIT_TEST(values_arrive_as_they_are),
    UNIT_TEST(single_values_are_trees_too),
    UNIT_TEST(what_a_double_does_not_tell_keeps_its_text),
    UNIT_TEST(kept_texts_are_written_as_doubles),
    UNIT_TEST(refuses_what_json_c_lets_pass),
    UNIT_TEST(a_long_string_leaves_no_memory_behind),
    UNIT_TEST(the_deepest_text_fits),
    UNIT_TEST(a_member_of_a_scanned_text_is_built_alone),
    UNIT_END,
};
