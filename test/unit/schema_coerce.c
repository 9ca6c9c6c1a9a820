/* SPDX-License-Identifier: MIT */
/* Strings that stand for other types, as language models send them. */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "schema_judge.h"

extern const struct unit_test schema_coerce_tests[];

struct row {
    const char *schema, *value;
    int result;
    size_t n;
    const char *becomes;
};

static bool run_row(struct judge *j, const struct row *row)
{
    const char *text;

    unit_note_on_failure("%s of %s", row->schema, row->value);
    CHECK_INT(judge_compile(j, row->schema, NULL), 0);
    CHECK_INT(judge_coerce(j, row->value, 20), row->result);
    CHECK_INT(j->n_coerced, row->n);
    text = json_object_to_json_string_ext(j->tree, JSON_C_TO_STRING_PLAIN);
    CHECK_STR(text, row->becomes);
    /* What it is now gets the same verdict without coercion. */
    CHECK_INT(judge_thrice(j), row->result);
    /* And the number of errors that are asked for changes nothing. */
    CHECK_INT(judge_coerce(j, row->value, 0), row->result);
    CHECK_INT(j->n_coerced, row->n);
    text = json_object_to_json_string_ext(j->tree, JSON_C_TO_STRING_PLAIN);
    CHECK_STR(text, row->becomes);
    return true;
out:
    return false;
}

static void run_rows(const struct row *rows, size_t n)
{
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < n; i++)
        CHECK(run_row(&j, &rows[i]));
out:
    judge_close(&j);
}

#define RUN_ROWS(rows) run_rows((rows), sizeof(rows) / sizeof(rows)[0])
#define INTEGER        "{\"type\":\"integer\"}"
#define NUMBER         "{\"type\":\"number\"}"
#define BOOLEAN        "{\"type\":\"boolean\"}"
#define ARRAY          "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}"
#define OBJECT         "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}"

static void strings_become_what_was_asked_for(void)
{
    static const struct row rows[] = {
        { INTEGER, "\"5\"", 0, 1, "5" },
        { INTEGER, "\"-7\"", 0, 1, "-7" },
        { INTEGER, "\"9007199254740993\"", 0, 1, "9007199254740993" },
        { NUMBER, "\"1.5\"", 0, 1, "1.5" },
        { NUMBER, "\"5\"", 0, 1, "5" },
        { BOOLEAN, "\"true\"", 0, 1, "true" },
        { BOOLEAN, "\"false\"", 0, 1, "false" },
        { "{\"type\":\"null\"}", "\"null\"", 0, 1, "null" },
        { ARRAY, "\"[1,2]\"", 0, 1, "[1,2]" },
        { OBJECT, "\"{\\\"a\\\":1}\"", 0, 1, "{\"a\":1}" },
        { "{\"type\":[\"integer\",\"null\"]}", "\"null\"", 0, 1, "null" },
        { "{\"type\":[\"integer\",\"null\"]}", "\"5\"", 0, 1, "5" },
    };

    RUN_ROWS(rows);
}

static void values_inside_are_replaced_in_place(void)
{
    static const struct row rows[] = {
        { ARRAY, "[1,\"2\",3,\"4\"]", 0, 2, "[1,2,3,4]" },
        { OBJECT, "{\"b\":\"2\",\"a\":\"1\",\"c\":\"3\"}", 0, 1,
          "{\"b\":\"2\",\"a\":1,\"c\":\"3\"}" },
        /* What was in a string may itself have strings in it. */
        { ARRAY, "\"[\\\"1\\\",2]\"", 0, 2, "[1,2]" },
        { OBJECT, "\"{\\\"a\\\":\\\"1\\\"}\"", 0, 2, "{\"a\":1}" },
        { "{\"$ref\":\"#/$defs/n\",\"$defs\":{\"n\":{\"type\":\"integer\"}}}", "\"5\"", 0,
          1, "5" },
        { "{\"additionalProperties\":{\"type\":\"boolean\"}}", "{\"x\":\"true\"}", 0, 1,
          "{\"x\":true}" },
        { "{\"prefixItems\":[{\"type\":\"string\"},{\"type\":\"number\"}]}",
          "[\"1\",\"2\"]", 0, 1, "[\"1\",2]" },
        { "{\"allOf\":[{\"properties\":{\"a\":{\"type\":\"integer\"}}},{\"properties\":"
          "{\"a\":{\"minimum\":3}}}]}",
          "{\"a\":\"5\"}", 0, 1, "{\"a\":5}" },
    };

    RUN_ROWS(rows);
}

static void what_fits_as_it_is_stays(void)
{
    static const struct row rows[] = {
        { "{\"type\":\"string\"}", "\"5\"", 0, 0, "\"5\"" },
        { "{\"type\":[\"integer\",\"string\"]}", "\"5\"", 0, 0, "\"5\"" },
        { "{}", "\"5\"", 0, 0, "\"5\"" },
        { "true", "\"[1]\"", 0, 0, "\"[1]\"" },
        { "{\"minimum\":6}", "\"5\"", 0, 0, "\"5\"" },
        { INTEGER, "5", 0, 0, "5" },
        { "{\"const\":\"5\"}", "\"5\"", 0, 0, "\"5\"" },
    };

    RUN_ROWS(rows);
}

static void what_stands_for_another_type_stays(void)
{
    static const struct row rows[] = {
        { INTEGER, "\"five\"", MCPS_EINVALID, 0, "\"five\"" },
        { INTEGER, "\"5.5\"", MCPS_EINVALID, 0, "\"5.5\"" },
        { INTEGER, "\"\"", MCPS_EINVALID, 0, "\"\"" },
        { INTEGER, "\"5x\"", MCPS_EINVALID, 0, "\"5x\"" },
        { INTEGER, "\"0x10\"", MCPS_EINVALID, 0, "\"0x10\"" },
        { INTEGER, "\"+5\"", MCPS_EINVALID, 0, "\"+5\"" },
        { INTEGER, "\"true\"", MCPS_EINVALID, 0, "\"true\"" },
        { INTEGER, "\"5\\u0000\"", MCPS_EINVALID, 0, "\"5\\u0000\"" },
        { NUMBER, "\"NaN\"", MCPS_EINVALID, 0, "\"NaN\"" },
        { NUMBER, "\"Infinity\"", MCPS_EINVALID, 0, "\"Infinity\"" },
        { BOOLEAN, "\"yes\"", MCPS_EINVALID, 0, "\"yes\"" },
        { BOOLEAN, "\"True\"", MCPS_EINVALID, 0, "\"True\"" },
        { BOOLEAN, "\"1\"", MCPS_EINVALID, 0, "\"1\"" },
        { ARRAY, "\"1,2\"", MCPS_EINVALID, 0, "\"1,2\"" },
        { ARRAY, "\"{}\"", MCPS_EINVALID, 0, "\"{}\"" },
        { OBJECT, "\"[]\"", MCPS_EINVALID, 0, "\"[]\"" },
        { OBJECT, "\"{\\\"a\\\":1,\\\"a\\\":2}\"", MCPS_EINVALID, 0,
          "\"{\\\"a\\\":1,\\\"a\\\":2}\"" },
        /* Only strings stand for something else. */
        { "{\"type\":\"string\"}", "5", MCPS_EINVALID, 0, "5" },
        { BOOLEAN, "1", MCPS_EINVALID, 0, "1" },
        { INTEGER, "true", MCPS_EINVALID, 0, "true" },
        { ARRAY, "1", MCPS_EINVALID, 0, "1" },
    };

    RUN_ROWS(rows);
}

/* It is of the type, and wrong for another reason; that is then said of what it is
 * now. */
static void what_was_replaced_stays_so(void)
{
    static const struct row rows[] = {
        { "{\"type\":\"integer\",\"minimum\":6}", "\"5\"", MCPS_EINVALID, 1, "5" },
        { "{\"type\":\"integer\",\"enum\":[1,2]}", "\"5\"", MCPS_EINVALID, 1, "5" },
        { ARRAY, "[\"1\",\"x\"]", MCPS_EINVALID, 1, "[1,\"x\"]" },
    };
    struct judge j;

    RUN_ROWS(rows);
    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile(&j, rows[0].schema, NULL), 0);
    CHECK_INT(judge_coerce(&j, "\"5\"", 20), MCPS_EINVALID);
    CHECK_INT(mcps_schema_n_errors(j.scratch), 1);
    CHECK_STR(mcps_schema_error_at(j.scratch, 0)->keyword, "minimum");
out:
    judge_close(&j);
}

/* A value that two schemas ask different types for is not torn between them. */
static void alternatives_agree_with_a_check_afterwards(void)
{
    static const char *const schemas[] = {
        "{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}",
        "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":9},{\"type\":\"string\"}]}",
        "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}",
        "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"number\"}]}",
        "{\"allOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}",
        "{\"allOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}",
        "{\"allOf\":[{\"minLength\":3},{\"type\":\"integer\"}]}",
        "{\"not\":{\"type\":\"integer\"}}",
        "{\"if\":{\"type\":\"integer\"},\"then\":{\"minimum\":9},\"else\":{\"minLength\":9}}",
        "{\"minLength\":3,\"type\":\"integer\"}",
        "{\"enum\":[\"5\"],\"type\":\"integer\"}",
        "{\"enum\":[5]}",
        "{\"enum\":[5],\"type\":\"integer\"}",
    };
    struct judge j;
    int r;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        unit_note_on_failure("%s", schemas[i]);
        CHECK_INT(judge_compile(&j, schemas[i], NULL), 0);
        r = judge_coerce(&j, "\"5\"", 20);
        CHECK(r == 0 || r == MCPS_EINVALID);
        CHECK(j.n_coerced <= 1);
        CHECK_INT(judge_thrice(&j), r);
        CHECK_INT(json_object_is_type(j.tree, json_type_string), j.n_coerced == 0);
    }
out:
    judge_close(&j);
}

/* Strings inside of strings end at the depth that a text may have. */
static void strings_in_strings_end(void)
{
    static char value[8192];
    struct judge j;
    size_t n = 0;

    value[n++] = '"';
    for (int i = 0; i < 70; i++)
        value[n++] = '[';
    for (int i = 0; i < 70; i++)
        value[n++] = ']';
    value[n++] = '"';
    value[n] = '\0';
    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(
        judge_compile(&j,
                      "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"array\","
                      "\"items\":{\"$ref\":\"#/$defs/a\"}}}}",
                      NULL),
        0);
    CHECK_INT(judge_coerce(&j, value, 20), MCPS_EINVALID);
    CHECK_INT(j.n_coerced, 0);
    CHECK_INT(judge_coerce(&j, "\"[\\\"[\\\\\\\"[]\\\\\\\"]\\\"]\"", 20), 0);
    CHECK_INT(j.n_coerced, 3);
out:
    judge_close(&j);
}

const struct unit_test schema_coerce_tests[] = {
    UNIT_TEST(strings_become_what_was_asked_for),
    UNIT_TEST(values_inside_are_replaced_in_place),
    UNIT_TEST(what_fits_as_it_is_stays),
    UNIT_TEST(what_stands_for_another_type_stays),
    UNIT_TEST(what_was_replaced_stays_so),
    UNIT_TEST(alternatives_agree_with_a_check_afterwards),
    UNIT_TEST(strings_in_strings_end),
    UNIT_END,
};
