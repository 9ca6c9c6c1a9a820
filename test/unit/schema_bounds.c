/* SPDX-License-Identifier: MIT */
/* What checking is bounded by, and schemas that are legal although they look odd. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema_judge.h"
#include "schema_text.h"

extern const struct unit_test schema_bounds_tests[];

/* What is no keyword becomes a schema where a reference leads to it, in any order. */
static void places_that_are_no_keywords(void)
{
    static const char *const schemas[] = {
        "{\"properties\":{\"a\":{\"$ref\":\"#/x/P/properties/t\"},\"b\":{\"$ref\":\"#/x/P\"}},"
        "\"x\":{\"P\":{\"properties\":{\"t\":{\"type\":\"string\"}}}}}",
        "{\"properties\":{\"b\":{\"$ref\":\"#/x/P\"},\"a\":{\"$ref\":\"#/x/P/properties/t\"}},"
        "\"x\":{\"P\":{\"properties\":{\"t\":{\"type\":\"string\"}}}}}",
    };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(judge_both(&j, schemas[i], "{\"a\":\"x\",\"b\":{\"t\":\"y\"}}", NULL),
                  0);
        CHECK_INT(judge_check(&j, "{\"a\":1}", 1), MCPS_EINVALID);
        CHECK_INT(judge_check(&j, "{\"b\":{\"t\":1}}", 1), MCPS_EINVALID);
        CHECK_STR(judge_said(&j, MCPS_EINVALID), "at \"/b/t\": expected a string, got 1 "
                                                 "(schema: \"/x/P/properties/t/type\")");
    }
    /* What is said of content is nothing to check, but a place for anchors. */
    CHECK_INT(judge_both(&j,
                         "{\"contentSchema\":{\"$anchor\":\"x\",\"type\":\"null\"},"
                         "\"properties\":{\"p\":{\"$ref\":\"#x\"}}}",
                         "{\"p\":null}", NULL),
              0);
    CHECK_INT(judge_check(&j, "{\"p\":1}", 0), MCPS_EINVALID);
    /* Names as generators make them, which a URI would have to escape. */
    CHECK_INT(judge_both(&j,
                         "{\"properties\":{\"p\":{\"$ref\":\"#/$defs/Map<a, b[]>\"}},"
                         "\"$defs\":{\"Map<a, b[]>\":{\"type\":\"null\"}}}",
                         "{\"p\":null}", NULL),
              0);
    CHECK_INT(judge_check(&j, "{\"p\":1}", 0), MCPS_EINVALID);
out:
    judge_close(&j);
}

static void nuls_in_names_are_refused(void)
{
    static const char *const schemas[] = {
        "{\"required\":[\"a\\u0000b\"]}",
        "{\"dependentRequired\":{\"a\":[\"b\\u0000c\"]}}",
    };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(judge_compile(&j, schemas[i], NULL), MCPS_EINVALID);
        CHECK(strstr(j.why, "NUL") != NULL);
    }
out:
    judge_close(&j);
}

static void counts_are_not_negative(void)
{
    static const char *const keywords[] = { "minLength",     "maxLength",
                                            "minItems",      "maxItems",
                                            "minProperties", "maxProperties",
                                            "minContains",   "maxContains" };
    char schema[64];
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        snprintf(schema, sizeof schema, "{\"%s\":-1}", keywords[i]);
        CHECK_INT(judge_compile(&j, schema, NULL), MCPS_EINVALID);
        snprintf(schema, sizeof schema, "{\"%s\":18446744073709551615}", keywords[i]);
        CHECK_INT(judge_compile(&j, schema, NULL), 0);
    }
out:
    judge_close(&j);
}

/* The sentence says which limit it was. */
static void limits_are_told_apart(void)
{
    static const char deep[] = "{\"items\":{\"$ref\":\"#\"}}";
    const struct mcps_schema_options nesting = MCPS_SCHEMA_OPTIONS(.max_nesting = 5);
    const struct mcps_schema_options steps = MCPS_SCHEMA_OPTIONS(.max_steps = 5);
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_both(&j, deep, "[[[[[]]]]]", &nesting), MCPS_ELIMIT);
    CHECK_STR(judge_said(&j, MCPS_ELIMIT),
              "the value cannot be checked: subschemas nest deeper than 5");
    CHECK_INT(judge_both(&j, deep, "[[],[],[],[],[]]", &steps), MCPS_ELIMIT);
    CHECK_STR(judge_said(&j, MCPS_ELIMIT),
              "the value cannot be checked: that takes more than 5 steps");
out:
    judge_close(&j);
}

/* Each of these takes its time without looking at a member. */
static void all_work_takes_steps(void)
{
    static const struct {
        const char *before, *each, *behind, *value;
    } cases[] = {
        { "{\"items\":{\"dependentRequired\":{", "\"d@\":[]", "}}}",
          "[{},{},{},{},{},{}]" },
        { "{\"items\":{\"$dynamicRef\":\"#a0\"},\"$defs\":{",
          "\"d@\":{\"$dynamicAnchor\":\"a@\"}", "}}",
          "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
          "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]" },
        { "{\"items\":{\"allOf\":[", "{\"format\":\"uri\"}", "]}}",
          "[\"a:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"]" },
        { "{\"items\":{\"allOf\":[", "{\"minimum\":0.1}", "]}}",
          "[0.1000000000000000000000000000000000000000000001]" },
    };
    const struct mcps_schema_options options =
        MCPS_SCHEMA_OPTIONS(.max_steps = 500, .assert_formats = true);
    struct schema_text text = { .data = NULL };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text.len = 0;
        schema_text_add(&text, "%s", cases[i].before);
        for (unsigned n = 0; n < 200; n++) {
            schema_text_add(&text, n > 0 ? "," : "");
            schema_text_add_for(&text, cases[i].each, n);
        }
        schema_text_add(&text, "%s", cases[i].behind);
        unit_note_on_failure("%s", cases[i].each);
        CHECK_INT(judge_compile(&j, schema_text(&text), &options), 0);
        CHECK_INT(judge_check(&j, cases[i].value, 0), MCPS_ELIMIT);
    }
out:
    schema_text_free(&text);
    judge_close(&j);
}

static void documents_are_known_as_references_are(void)
{
    static const struct mcps_schema_document odd = { "HTTP://Example.com/x/../a#",
                                                     "{\"type\":\"null\"}" };
    static const struct mcps_schema_document twice[] = { { "http://a/b", "true" },
                                                         { "HTTP://a/./b", "false" } };
    const struct mcps_schema_options one =
        MCPS_SCHEMA_OPTIONS(.documents = &odd, .n_documents = 1);
    const struct mcps_schema_options two =
        MCPS_SCHEMA_OPTIONS(.documents = twice, .n_documents = 2);
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_both(&j, "{\"$ref\":\"http://example.com/a\"}", "null", &one), 0);
    CHECK_INT(judge_check(&j, "1", 0), MCPS_EINVALID);
    CHECK_INT(mcps_schema_compile(&j.schema, "true", 4, &two, NULL, 0), -EINVAL);
out:
    judge_close(&j);
}

/* What is wrong is said of the form that was meant. */
static void the_nearest_form_is_told(void)
{
    static const char shapes[] =
        "{\"oneOf\":[{\"properties\":{\"kind\":{\"const\":\"circle\"},\"r\":{\"type\":"
        "\"number\"}},\"required\":[\"kind\",\"r\"]},{\"properties\":{\"kind\":{\"const\":"
        "\"box\"},\"w\":{\"type\":\"number\"}},\"required\":[\"kind\",\"w\"]}]}";
    static const char constants[] =
        "{\"anyOf\":[{\"const\":\"a\"},{\"enum\":[\"b\",3]},{\"const\":null}]}";
    static const char optional[] =
        "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"integer\",\"minimum\":1}]}";
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_both(&j, shapes, "{\"kind\":\"box\"}", NULL), MCPS_EINVALID);
    CHECK_STR(
        judge_said(&j, MCPS_EINVALID),
        "the value: fits none of the 2 schemas of \"oneOf\"; nearest: expected a member "
        "\"w\", a number, got an object without it (schema: \"/oneOf\")");
    CHECK_INT(judge_check(&j, "{\"kind\":\"box\",\"w\":\"x\"}", 1), MCPS_EINVALID);
    CHECK_STR(judge_said(&j, MCPS_EINVALID),
              "the value: fits none of the 2 schemas of \"oneOf\"; nearest: at \"/w\": "
              "expected a number, got \"x\" (schema: \"/oneOf\")");
    CHECK_INT(judge_both(&j, constants, "\"c\"", NULL), MCPS_EINVALID);
    CHECK_STR(judge_said(&j, MCPS_EINVALID),
              "the value: expected one of \"a\", \"b\", 3, null, got \"c\" (schema: "
              "\"/anyOf\")");
    CHECK_INT(judge_both(&j, optional, "0", NULL), MCPS_EINVALID);
    CHECK_STR(
        judge_said(&j, MCPS_EINVALID),
        "the value: fits none of the 2 schemas of \"anyOf\"; nearest: expected at least "
        "1, got 0 (schema: \"/anyOf\")");
out:
    judge_close(&j);
}

/* A form that is otherwise wrong is not what a string was meant for. */
static void only_what_mends_is_coerced(void)
{
    static const char forms[] =
        "{\"%s\":[{\"properties\":{\"kind\":{\"const\":\"x\"},\"a\":{\"type\":\"integer\"}}},"
        "{\"properties\":{\"kind\":{\"const\":\"y\"},\"a\":{\"type\":\"string\"},\"n\":{"
        "\"type\":\"integer\"}}}]}";
    char schema[300];
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (int i = 0; i < 2; i++) {
        snprintf(schema, sizeof schema, forms, i == 0 ? "oneOf" : "anyOf");
        CHECK_INT(judge_compile(&j, schema, NULL), 0);
        CHECK_INT(judge_coerce(&j, "{\"a\":\"5\",\"kind\":\"y\",\"n\":\"7\"}", 1), 0);
        CHECK_INT(j.n_coerced, 1);
        CHECK_STR(json_object_to_json_string_ext(j.tree, JSON_C_TO_STRING_PLAIN),
                  "{\"a\":\"5\",\"kind\":\"y\",\"n\":7}");
    }
out:
    judge_close(&j);
}

static int check_text(struct judge *j, const char *text)
{
    return mcps_schema_check_text(j->schema, text, strlen(text), j->scratch, 3);
}

static void texts_are_checked_by_their_digits(void)
{
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile(&j, "{\"maximum\":18446744073709551615}", NULL), 0);
    CHECK_INT(check_text(&j, "18446744073709551615"), 0);
    CHECK_INT(check_text(&j, " \"x\" "), 0);
    CHECK_INT(check_text(&j, "18446744073709551616"), MCPS_EINVALID);
    CHECK_STR(mcps_schema_error_at(j.scratch, 0)->got, "18446744073709551616");
    CHECK_INT(check_text(&j, "1 x"), MCPS_EINVALID);
    CHECK_INT(mcps_schema_n_errors(j.scratch), 1);
    CHECK_STR(mcps_schema_error_at(j.scratch, 0)->text,
              "something follows the value, at byte 2");
    CHECK_INT(check_text(&j, "{\"a\":1,\"a\":2}"), MCPS_EINVALID);
    CHECK_INT(mcps_schema_check_text(j.schema, "[", 1, j.scratch, 0), MCPS_EINVALID);
    CHECK_INT(mcps_schema_n_errors(j.scratch), 0);
    CHECK_INT(check_text(&j, "1"), 0);
    CHECK_INT(mcps_schema_n_errors(j.scratch), 0);
out:
    judge_close(&j);
}

const struct unit_test schema_bounds_tests[] = {
    UNIT_TEST(places_that_are_no_keywords),
    UNIT_TEST(nuls_in_names_are_refused),
    UNIT_TEST(counts_are_not_negative),
    UNIT_TEST(limits_are_told_apart),
    UNIT_TEST_ONCE(all_work_takes_steps, "the schemas are large"),
    UNIT_TEST(documents_are_known_as_references_are),
    UNIT_TEST(the_nearest_form_is_told),
    UNIT_TEST(only_what_mends_is_coerced),
    UNIT_TEST(texts_are_checked_by_their_digits),
    UNIT_END,
};
