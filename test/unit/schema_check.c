/* SPDX-License-Identifier: MIT */
/* What users see of a check: where errors are, and the sentences they get. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "../fixtures/schema_errors.h"
#include "schema/regex.h"
#include "schema_judge.h"

extern const struct unit_test schema_check_tests[];

/* One schema that a value fits, and one that does not, with its only error. */
struct row {
    const char *schema, *fits, *does_not;
    const char *value_at, *keyword_at, *expected, *got;
    const char *text; /* NULL: made of the others */
};

/* All of an error in one sentence. */
static void tell(char *out, size_t size, const struct row *row)
{
    char place[100] = "the value";

    if (row->text) {
        snprintf(out, size, "%s", row->text);
        return;
    }
    if (*row->value_at)
        snprintf(place, sizeof place, "at \"%s\"", row->value_at);
    snprintf(out, size, "%s: expected %s, got %s (schema: \"%s\")", place, row->expected,
             row->got, row->keyword_at);
}

static bool run_row(struct judge *j, const struct row *row,
                    const struct mcps_schema_options *options)
{
    const struct mcps_schema_error *e;
    char text[600];

    unit_note_on_failure("%s", row->schema);
    CHECK_INT(judge_both(j, row->schema, row->fits, options), 0);
    CHECK_INT(judge_check(j, row->does_not, 0), MCPS_EINVALID);
    CHECK_INT(mcps_schema_n_errors(j->scratch), 0);
    CHECK_INT(judge_check(j, row->does_not, 20), MCPS_EINVALID);
    CHECK_INT(mcps_schema_n_errors(j->scratch), 1);
    e = mcps_schema_error_at(j->scratch, 0);
    tell(text, sizeof text, row);
    CHECK_STR(e->text, text);
    CHECK_STR(e->expected, row->expected);
    CHECK_STR(e->got, row->got);
    CHECK_STR(e->value_at, row->value_at);
    CHECK_STR(e->keyword_at, row->keyword_at);
    return true;
out:
    return false;
}

static void run_rows(const struct row *rows, size_t n,
                     const struct mcps_schema_options *options)
{
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < n; i++)
        CHECK(run_row(&j, &rows[i], options));
out:
    judge_close(&j);
}

#define RUN_ROWS(rows, options) \
    run_rows((rows), sizeof(rows) / sizeof(rows)[0], (options))

static void sentences_about_types_and_values(void)
{
    static const struct row rows[] = {
        { "{\"type\":\"integer\"}", "1.0", "\"5\"", "", "/type", "an integer", "\"5\"",
          NULL },
        { "{\"type\":\"string\"}", "\"\"", "null", "", "/type", "a string", "null",
          NULL },
        { "{\"type\":\"object\"}", "{}", "[]", "", "/type", "an object", "an array",
          NULL },
        { "{\"type\":[\"integer\",\"null\"]}", "null", "1.5", "", "/type",
          "an integer or null", "1.5", NULL },
        { "{\"enum\":[\"a\",\"b\",3]}", "3.0", "\"c\"", "", "/enum",
          "one of \"a\", \"b\", 3", "\"c\"", NULL },
        { "{\"const\":{\"a\":[1]}}", "{\"a\":[1.0]}", "{\"a\":[2]}", "", "/const",
          "{\"a\":[1]}", "an object", NULL },
        { "{\"properties\":{\"a\":false}}", "{}", "{\"a\":1}", "/a", "/properties/a",
          "nothing", "1", NULL },
    };

    RUN_ROWS(rows, NULL);
}

static void sentences_about_numbers(void)
{
    static const struct row rows[] = {
        { "{\"minimum\":1}", "1", "0", "", "/minimum", "at least 1", "0", NULL },
        { "{\"maximum\":1.5}", "1.5", "1.6", "", "/maximum", "at most 1.5", "1.6", NULL },
        { "{\"exclusiveMinimum\":1}", "1.1", "1", "", "/exclusiveMinimum", "more than 1",
          "1", NULL },
        { "{\"exclusiveMaximum\":1}", "0", "1", "", "/exclusiveMaximum", "less than 1",
          "1", NULL },
        { "{\"multipleOf\":0.01}", "35", "0.015", "", "/multipleOf", "a multiple of 0.01",
          "0.015", NULL },
    };

    RUN_ROWS(rows, NULL);
}

static void sentences_about_strings(void)
{
    static const struct row rows[] = {
        { "{\"minLength\":2}", "\"ab\"", "\"\xc3\xa9\"", "", "/minLength",
          "at least 2 characters", "1 character", NULL },
        { "{\"maxLength\":1}", "\"\xf0\x9f\x98\x80\"", "\"ab\"", "", "/maxLength",
          "at most 1 character", "2 characters", NULL },
    };

    RUN_ROWS(rows, NULL);
}

static void sentences_about_patterns(void)
{
    static const struct row rows[] = {
        { "{\"pattern\":\"^a+$\"}", "\"aa\"", "\"ab\"", "", "/pattern",
          "a string that matches ^a+$", "\"ab\"", NULL },
        { "{\"patternProperties\":{\"^x/~\":{\"type\":\"null\"}}}",
          "{\"x/\":1,\"x/~\":null}", "{\"x/~y\":1}", "/x~1~0y",
          "/patternProperties/^x~1~0/type", "null", "1", NULL },
    };

    if (!mcps__regex_available()) {
        unit_skip("there is no PCRE2");
        return;
    }
    RUN_ROWS(rows, NULL);
}

static void sentences_about_arrays(void)
{
    static const struct row rows[] = {
        { "{\"minItems\":1}", "[0]", "[]", "", "/minItems", "at least 1 item", "0 items",
          NULL },
        { "{\"maxItems\":1}", "[0]", "[0,1]", "", "/maxItems", "at most 1 item",
          "2 items", NULL },
        { "{\"uniqueItems\":true}", "[1,2]", "[1,2,1.0]", "", "/uniqueItems",
          "items that all differ", "items 0 and 2 that are the same", NULL },
        { "{\"items\":{\"type\":\"null\"}}", "[null]", "[null,1]", "/1", "/items/type",
          "null", "1", NULL },
        { "{\"prefixItems\":[true,{\"const\":1}]}", "[0,1]", "[0,0]", "/1",
          "/prefixItems/1/const", "1", "0", NULL },
        { "{\"prefixItems\":[true],\"items\":false}", "[0]", "[0,1]", "", "/items",
          "at most 1 item", "2 items", NULL },
        { "{\"contains\":{\"const\":1}}", "[0,1]", "[0]", "", "/contains",
          "at least 1 item for \"contains\"", "0 items", NULL },
        { "{\"contains\":{\"const\":1},\"minContains\":2}", "[1,1]", "[1]", "",
          "/minContains", "at least 2 items for \"contains\"", "1 item", NULL },
        { "{\"contains\":{\"const\":1},\"maxContains\":1}", "[1]", "[1,1]", "",
          "/maxContains", "at most 1 item for \"contains\"", "2 items", NULL },
        { "{\"prefixItems\":[true],\"unevaluatedItems\":false}", "[0]", "[0,1]", "/1",
          "/unevaluatedItems", "nothing", "1", NULL },
    };

    RUN_ROWS(rows, NULL);
}

static void sentences_about_objects(void)
{
    static const struct row rows[] = {
        { "{\"required\":[\"a\"]}", "{\"a\":null}", "{}", "", "/required",
          "a member \"a\"", "an object without it", NULL },
        { "{\"minProperties\":1}", "{\"a\":0}", "{}", "", "/minProperties",
          "at least 1 member", "0 members", NULL },
        { "{\"maxProperties\":0}", "{}", "{\"a\":0}", "", "/maxProperties",
          "at most 0 members", "1 member", NULL },
        { "{\"properties\":{\"a\":{\"minimum\":1}}}", "{\"a\":1}", "{\"a\":0}", "/a",
          "/properties/a/minimum", "at least 1", "0", NULL },
        { "{\"properties\":{\"a\":true},\"additionalProperties\":false}", "{\"a\":0}",
          "{\"b\":0}", "", "/additionalProperties", "no members but \"a\"", "\"b\"",
          NULL },
        { "{\"additionalProperties\":{\"type\":\"null\"}}", "{\"a\":null}", "{\"a\":0}",
          "/a", "/additionalProperties/type", "null", "0", NULL },
        { "{\"propertyNames\":{\"maxLength\":1}}", "{\"a\":0}", "{\"ab\":0}", "",
          "/propertyNames/maxLength", "at most 1 character", "2 characters",
          "the value: the name \"ab\": expected at most 1 character, got 2 "
          "characters (schema: \"/propertyNames/maxLength\")" },
        { "{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"b\":0}", "{\"a\":0}", "",
          "/dependentRequired", "a member \"b\" beside \"a\"", "an object without it",
          NULL },
        { "{\"dependentSchemas\":{\"a\":{\"maxProperties\":1}}}", "{\"a\":0}",
          "{\"a\":0,\"b\":0}", "", "/dependentSchemas/a/maxProperties",
          "at most 1 member", "2 members", NULL },
        { "{\"properties\":{\"a\":true},\"unevaluatedProperties\":false}", "{\"a\":0}",
          "{\"b\":0}", "", "/unevaluatedProperties", "no member of that name", "\"b\"",
          NULL },
        { "{\"properties\":{\"a/b~c\":{\"type\":\"null\"}}}", "{\"a/b~c\":null}",
          "{\"a/b~c\":0}", "/a~1b~0c", "/properties/a~1b~0c/type", "null", "0", NULL },
    };

    RUN_ROWS(rows, NULL);
}

static void sentences_about_combinations(void)
{
    static const struct row rows[] = {
        { "{\"allOf\":[true,{\"minimum\":1}]}", "1", "0", "", "/allOf/1/minimum",
          "at least 1", "0", NULL },
        { "{\"anyOf\":[{\"type\":\"null\"},{\"minimum\":1}]}", "1", "0", "", "/anyOf",
          "a value that fits one of 2 schemas", "0",
          "the value: fits none of the 2 schemas of \"anyOf\"; nearest: expected at least 1, "
          "got 0 (schema: \"/anyOf\")" },
        { "{\"oneOf\":[{\"type\":\"null\"},{\"minimum\":1}]}", "1", "0", "", "/oneOf",
          "a value that fits one of 2 schemas", "0",
          "the value: fits none of the 2 schemas of \"oneOf\"; nearest: expected at least 1, "
          "got 0 (schema: \"/oneOf\")" },
        { "{\"oneOf\":[{\"minimum\":0},{\"minimum\":1}]}", "0", "1", "", "/oneOf",
          "a value that fits exactly one of the schemas",
          "one that fits number 0 and number 1", NULL },
        { "{\"not\":{\"type\":\"null\"}}", "1", "null", "", "/not",
          "a value that does not fit the schema under \"not\"", "null", NULL },
        { "{\"if\":{\"minimum\":5},\"then\":{\"multipleOf\":2}}", "6", "7", "",
          "/then/multipleOf", "a multiple of 2", "7", NULL },
        { "{\"if\":{\"minimum\":5},\"else\":{\"multipleOf\":2}}", "2", "3", "",
          "/else/multipleOf", "a multiple of 2", "3", NULL },
        { "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"minimum\":1}}}", "1", "0", "",
          "/$defs/a/minimum", "at least 1", "0", NULL },
        { "{\"$dynamicRef\":\"#a\",\"$defs\":{\"a\":{\"$dynamicAnchor\":\"a\","
          "\"minimum\":1}}}",
          "1", "0", "", "/$defs/a/minimum", "at least 1", "0", NULL },
    };

    RUN_ROWS(rows, NULL);
}

static void sentences_of_draft_07(void)
{
    static const struct mcps_schema_options draft_07 =
        MCPS_SCHEMA_OPTIONS(.dialect = MCPS_SCHEMA_DRAFT_07);
    static const struct row rows[] = {
        { "{\"items\":[true,{\"const\":1}]}", "[0,1,2]", "[0,0]", "/1", "/items/1/const",
          "1", "0", NULL },
        { "{\"items\":[true],\"additionalItems\":false}", "[0]", "[0,1]", "",
          "/additionalItems", "at most 1 item", "2 items", NULL },
        { "{\"dependencies\":{\"a\":[\"b\"]}}", "{}", "{\"a\":0}", "", "/dependencies",
          "a member \"b\" beside \"a\"", "an object without it", NULL },
        { "{\"dependencies\":{\"a\":{\"maxProperties\":1}}}", "{\"a\":0}",
          "{\"a\":0,\"b\":0}", "", "/dependencies/a/maxProperties", "at most 1 member",
          "2 members", NULL },
        /* What stands beside a reference is not looked at. */
        { "{\"$ref\":\"#/definitions/a\",\"maximum\":0,\"definitions\":{\"a\":"
          "{\"minimum\":1}}}",
          "1", "0", "", "/definitions/a/minimum", "at least 1", "0", NULL },
    };

    RUN_ROWS(rows, &draft_07);
}

/* ---- how many errors ---- */

static const char five[] = "{\"required\":[\"a\",\"b\"],\"properties\":{\"c\":{\"type\":"
                           "\"null\"},\"d\":{\"minimum\":2,\"multipleOf\":5}}}";

static void errors_are_as_many_as_asked_for(void)
{
    static const char value[] = "{\"c\":0,\"d\":1}";
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile(&j, five, NULL), 0);
    for (unsigned max = 0; max <= 7; max++) {
        CHECK_INT(judge_check(&j, value, max), MCPS_EINVALID);
        CHECK_INT(mcps_schema_n_errors(j.scratch), max < 5 ? max : 5);
    }
    CHECK_INT(judge_check(&j, value, UINT32_MAX), MCPS_EINVALID);
    CHECK_INT(mcps_schema_n_errors(j.scratch), 5);
    /* What was said before is gone. */
    CHECK_INT(judge_check(&j, "{\"a\":0,\"b\":0}", 7), 0);
    CHECK_INT(mcps_schema_n_errors(j.scratch), 0);
    CHECK(mcps_schema_error_at(j.scratch, 0) == NULL);
out:
    judge_close(&j);
}

/* An error of one of two schemas that do not fit is no error where the other fits. */
static void errors_of_alternatives_that_fit_are_gone(void)
{
    static const char schema[] =
        "{\"anyOf\":[{\"properties\":{\"a\":{\"type\":\"null\"},\"b\":{\"type\":"
        "\"null\"}}},"
        "{\"required\":[\"c\"]}],\"not\":{\"required\":[\"z\"]},\"minProperties\":4}";
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile(&j, schema, NULL), 0);
    CHECK_INT(judge_check(&j, "{\"a\":0,\"b\":0,\"c\":0}", 20), MCPS_EINVALID);
    CHECK_INT(mcps_schema_n_errors(j.scratch), 1);
    CHECK_STR(mcps_schema_error_at(j.scratch, 0)->keyword, "minProperties");
    CHECK_INT(judge_check(&j, "{\"a\":0,\"b\":0,\"c\":0,\"d\":0}", 20), 0);
out:
    judge_close(&j);
}

/* ---- what comes from where ---- */

static void a_scratch_serves_many_schemas(void)
{
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_INT(judge_both(&j, five, "{\"a\":0,\"b\":0,\"d\":10}", NULL), 0);
        CHECK_INT(judge_both(&j, "{\"maxItems\":1}", "[1,2]", NULL), MCPS_EINVALID);
        CHECK_INT(mcps_schema_n_errors(j.scratch), 1);
        CHECK_INT(judge_both(&j, "true", "null", NULL), 0);
    }
out:
    judge_close(&j);
}

/* A schema lives as long as somebody holds it, and free functions take nothing. */
static void references_are_counted(void)
{
    mcps_schema *schema = NULL;
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile(&j, "{\"type\":\"null\"}", NULL), 0);
    schema = mcps_schema_ref(j.schema);
    CHECK(schema == j.schema);
    CHECK(mcps_schema_unref(j.schema) == NULL);
    CHECK_INT(judge_check(&j, "null", 1), 0);
    CHECK_INT(judge_check(&j, "1", 1), MCPS_EINVALID);
out:
    if (!schema)
        mcps_schema_unref(j.schema);
    j.schema = NULL;
    mcps_schema_unref(schema);
    judge_close(&j);
    mcps_schema_unref(NULL);
    mcps_schema_scratch_free(NULL);
}

/* Long, binary or otherwise unpleasant values are shown short, on one line. */
static void values_are_shown_short(void)
{
    static char longest[20002], schema[20100];
    static const char *const values[] = {
        longest,    "\"a\\nb\\u0000c\\u007f\\u2028\"", "\"\\ud83d\\ude00\"", "-1e300",
        "[[[[]]]]", "{\"a\\n\":[1,{\"b\":null}]}"
    };
    struct judge j;

    for (size_t i = 0; i + 1 < sizeof longest; i += 2)
        memcpy(longest + i, "\xc3\xa9", 2);
    longest[1] = longest[sizeof longest - 2] = '"';
    longest[sizeof longest - 1] = '\0';
    snprintf(schema, sizeof schema, "{\"enum\":[1,%s]}", longest + 1);
    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile(&j, schema, NULL), 0);
    CHECK_INT(judge_check(&j, longest + 1, 1), 0);
    memcpy(longest + 4, "xx", 2);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        unit_note_on_failure("value %zu", i);
        CHECK_INT(judge_check(&j, i == 0 ? longest + 1 : values[i], 1), MCPS_EINVALID);
        CHECK(strlen(mcps_schema_error_at(j.scratch, 0)->text) < 1000);
    }
out:
    judge_close(&j);
}

/* Names are values to "propertyNames", of any length and in any order. */
static void names_are_values(void)
{
    static const char schema[] =
        "{\"propertyNames\":{\"enum\":[\"\",\"a\",\"the longest of all names\",\"b\\n\"]}}";
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_both(&j, schema,
                         "{\"a\":1,\"the longest of all names\":2,\"\":3,\"b\\n\":4}",
                         NULL),
              0);
    CHECK_INT(judge_check(&j, "{\"the longest of all names\":2,\"\":3,\"c\":4}", 9),
              MCPS_EINVALID);
    CHECK_INT(mcps_schema_n_errors(j.scratch), 1);
    CHECK_INT(judge_check(&j, "{\"\":0}", 0), 0);
out:
    judge_close(&j);
}

static void nothing_is_null(void)
{
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_both(&j, "{\"type\":\"null\"}", "null", NULL), 0);
    CHECK(j.tree == NULL);
    CHECK_INT(judge_both(&j, "{\"type\":\"object\"}", "null", NULL), MCPS_EINVALID);
    CHECK_INT(judge_both(&j, "{\"items\":{\"type\":\"null\"}}", "[null,null]", NULL), 0);
    CHECK_INT(judge_both(&j, "{\"required\":[\"a\"]}", "{\"a\":null}", NULL), 0);
    CHECK_INT(judge_both(&j, "{\"enum\":[null]}", "null", NULL), 0);
    CHECK_INT(judge_both(&j, "{\"const\":null}", "0", NULL), MCPS_EINVALID);
    CHECK_INT(judge_both(&j, "{\"uniqueItems\":true}", "[null,null]", NULL),
              MCPS_EINVALID);
out:
    judge_close(&j);
}

const struct unit_test schema_check_tests[] = {
    UNIT_TEST(sentences_about_types_and_values),
    UNIT_TEST(sentences_about_numbers),
    UNIT_TEST(sentences_about_strings),
    UNIT_TEST(sentences_about_patterns),
    UNIT_TEST(sentences_about_arrays),
    UNIT_TEST(sentences_about_objects),
    UNIT_TEST(sentences_about_combinations),
    UNIT_TEST(sentences_of_draft_07),
    UNIT_TEST(errors_are_as_many_as_asked_for),
    UNIT_TEST(errors_of_alternatives_that_fit_are_gone),
    UNIT_TEST(a_scratch_serves_many_schemas),
    UNIT_TEST(references_are_counted),
    UNIT_TEST(values_are_shown_short),
    UNIT_TEST(names_are_values),
    UNIT_TEST(nothing_is_null),
    UNIT_END,
};
