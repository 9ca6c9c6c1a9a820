/* SPDX-License-Identifier: MIT */
/*
 * Large values, and trees that no parser makes: the right verdict, or a limit, after a
 * bounded number of steps.
 */
#include "config.h"

#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "schema/regex.h"
#include "schema_judge.h"
#include "schema_text.h"

extern const struct unit_test schema_large_tests[];

/* ---- many items ---- */

/* A list of items that are all different, and perhaps the first once more. */
static void list_of(struct schema_text *t, const char *item, unsigned n, bool twice)
{
    t->len = 0;
    schema_text_add(t, "[");
    for (unsigned i = 0; i < n; i++) {
        if (i > 0)
            schema_text_add(t, ",");
        schema_text_add_for(t, item, i + 1000000);
    }
    if (twice) {
        schema_text_add(t, ",");
        schema_text_add_for(t, item, 1000000);
    }
    schema_text_add(t, "]");
}

static void items_are_compared_in_few_steps(void)
{
    static const char *const items[] = { "@", "@.0", "\"@\"", "[@]",
                                         "{\"a\":@,\"b\":null}" };
    struct schema_text t = { .len = 0 };
    char last[40];
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile(&j, "{\"uniqueItems\":true}", NULL), 0);
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        unit_note_on_failure("%s", items[i]);
        list_of(&t, items[i], schema_text_many(200000), false);
        CHECK_INT(judge_check(&j, schema_text(&t), 0), 0);
        list_of(&t, items[i], schema_text_many(200000), true);
        CHECK_INT(judge_check(&j, schema_text(&t), 1), MCPS_EINVALID);
    }
    /* 1000000.0 is the first item again. */
    list_of(&t, "@", schema_text_many(200000), false);
    t.len--;
    schema_text_add(&t, ",1000000.0]");
    CHECK_INT(judge_check(&j, schema_text(&t), 1), MCPS_EINVALID);
    snprintf(last, sizeof last, "items 0 and %u", schema_text_many(200000));
    CHECK(strstr(mcps_schema_error_at(j.scratch, 0)->text, last) != NULL);
out:
    schema_text_free(&t);
    judge_close(&j);
}

/* All of them are the double 1, and none is another. */
static void numbers_of_one_double_are_different(void)
{
    struct schema_text t = { .len = 0 };
    struct judge j;
    int r;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile(&j, "{\"uniqueItems\":true}", NULL), 0);
    list_of(&t, "1.00000000000000000000@", 100, false);
    CHECK_INT(judge_check(&j, schema_text(&t), 1), 0);
    list_of(&t, "1.00000000000000000000@", 100, true);
    CHECK_INT(judge_check(&j, schema_text(&t), 1), MCPS_EINVALID);
    list_of(&t, "1.00000000000000000000@", schema_text_many(200000), false);
    r = judge_check(&j, schema_text(&t), 1);
    CHECK(r == 0 || r == MCPS_ELIMIT);
out:
    schema_text_free(&t);
    judge_close(&j);
}

static void an_enum_of_a_megabyte_is_searched(void)
{
    struct schema_text t = { .len = 0 };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    schema_text_add(&t, "{\"enum\":");
    for (unsigned i = 0; i < 100000; i++)
        schema_text_add(&t, "%s\"v%07u\"", i == 0 ? "[" : ",", i);
    schema_text_add(&t, "]}");
    CHECK_INT(judge_both(&j, schema_text(&t), "\"v0000000\"", NULL), 0);
    CHECK_INT(judge_check(&j, "\"v0099999\"", 20), 0);
    CHECK_INT(judge_check(&j, "\"v0100000\"", 20), MCPS_EINVALID);
    CHECK(strlen(mcps_schema_error_at(j.scratch, 0)->text) < 2000);
    CHECK_INT(judge_check(&j, "5", 20), MCPS_EINVALID);
out:
    schema_text_free(&t);
    judge_close(&j);
}

static void wrong_items_are_told_up_to_the_limit(void)
{
    struct schema_text t = { .len = 0 };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile(&j, "{\"items\":{\"type\":\"null\"}}", NULL), 0);
    list_of(&t, "@", schema_text_many(200000), false);
    CHECK_INT(judge_check(&j, schema_text(&t), 1000), MCPS_EINVALID);
    CHECK_INT(mcps_schema_n_errors(j.scratch), 1000);
    CHECK_STR(mcps_schema_error_at(j.scratch, 999)->value_at, "/999");
out:
    schema_text_free(&t);
    judge_close(&j);
}

/* ---- many members ---- */

static void members_are_looked_up_in_few_steps(void)
{
    struct schema_text schema = { .len = 0 }, value = { .len = 0 };
    const unsigned n = schema_text_many(8000);
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    schema_text_add(&schema,
                    "{\"additionalProperties\":false,\"properties\":{\"k0\":true");
    for (unsigned i = 1; i < n; i++)
        schema_text_add(&schema, ",\"k%u\":{\"type\":\"integer\"}", i);
    schema_text_add(&schema, "},\"required\":[\"k0\"");
    for (unsigned i = 1; i < n; i++)
        schema_text_add(&schema, ",\"k%u\"", i);
    schema_text_add(&schema, "]}");
    schema_text_add(&value, "{\"k%u\":0", n - 1);
    for (unsigned i = n - 1; i-- > 0;)
        schema_text_add(&value, ",\"k%u\":%u", i, i);
    schema_text_add(&value, "}");
    CHECK_INT(judge_both(&j, schema_text(&schema), schema_text(&value), NULL), 0);
    value.len--;
    schema_text_add(&value, ",\"more\":1}");
    CHECK_INT(judge_check(&j, schema_text(&value), 20), MCPS_EINVALID);
    CHECK_INT(mcps_schema_n_errors(j.scratch), 1);
    CHECK_STR(mcps_schema_error_at(j.scratch, 0)->got, "\"more\"");
out:
    schema_text_free(&schema);
    schema_text_free(&value);
    judge_close(&j);
}

/* The verdict or the limit; never the wrong verdict. */
static bool tells(struct judge *j, const char *schema, const char *value, int verdict)
{
    int r;

    unit_note_on_failure("%s", schema);
    CHECK_INT(judge_compile(j, schema, NULL), 0);
    for (unsigned max = 0; max <= 20; max += 10) {
        r = judge_check(j, value, max);
        CHECK(r == verdict || r == MCPS_ELIMIT);
    }
    return true;
out:
    return false;
}

static void names_of_members_are_many(void)
{
    struct schema_text t = { .len = 0 };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (unsigned i = 0; i < 100000; i++)
        schema_text_add(&t, "%s\"k%u\":%u", i == 0 ? "{" : ",", i, i);
    schema_text_add(&t, "}");
    CHECK_INT(
        judge_both(&j, "{\"propertyNames\":{\"maxLength\":6}}", schema_text(&t), NULL),
        0);
    CHECK_INT(judge_both(&j, "{\"additionalProperties\":{\"maximum\":99998}}",
                         schema_text(&t), NULL),
              MCPS_EINVALID);
    CHECK(tells(&j, "{\"propertyNames\":{\"enum\":[\"k0\",\"k1\",\"k2\"]}}",
                schema_text(&t), MCPS_EINVALID));
    CHECK(tells(&j, "{\"unevaluatedProperties\":{\"maximum\":99998}}", schema_text(&t),
                MCPS_EINVALID));
    if (mcps__regex_available()) {
        CHECK(tells(&j, "{\"propertyNames\":{\"pattern\":\"^k[0-9]+$\"}}",
                    schema_text(&t), 0));
        CHECK(tells(&j,
                    "{\"patternProperties\":{\"^k\":{\"type\":\"integer\"},\"9$\":{"
                    "\"maximum\":99998}}}",
                    schema_text(&t), MCPS_EINVALID));
    }
out:
    schema_text_free(&t);
    judge_close(&j);
}

static void patterns_are_many(void)
{
    struct schema_text schema = { .len = 0 }, value = { .len = 0 };
    struct judge j;

    if (!mcps__regex_available()) {
        unit_skip("there is no PCRE2");
        return;
    }
    CHECK_INT(judge_open(&j), 0);
    for (unsigned i = 0; i < 2000; i++)
        schema_text_add(&schema, "%s\"^(k%u)+$\":{\"maximum\":%u}",
                        i == 0 ? "{\"patternProperties\":{" : ",", i, i);
    schema_text_add(&schema, "}}");
    for (unsigned i = 0; i < 20000; i++)
        schema_text_add(&value, "%s\"k%u\":%u", i == 0 ? "{" : ",", i, i);
    schema_text_add(&value, "}");
    CHECK(tells(&j, schema_text(&schema), schema_text(&value), 0));
out:
    schema_text_free(&schema);
    schema_text_free(&value);
    judge_close(&j);
}

/* ---- deep values ---- */

/* As deep as a text can be, with a wrong value at the bottom or without one. */
static void deep_value(struct schema_text *t, bool wrong)
{
    t->len = 0;
    for (unsigned i = 0; i < 63; i++)
        schema_text_add(t, "%s", i % 2 == 0 ? "{\"a\":" : "[");
    schema_text_add(t, "%s", wrong ? "5" : "{}");
    for (unsigned i = 63; i-- > 0;)
        schema_text_add(t, "%s", i % 2 == 0 ? "}" : "]");
}

static void deep_values_have_a_verdict(void)
{
    static const char plain[] =
        "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"items\":{\"$ref\":"
        "\"#\"},\"type\":[\"object\",\"array\",\"null\"]}";
    static const char joined[] =
        "{\"allOf\":[{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"items\":{\"$ref\":\"#\"}}],"
        "\"type\":[\"object\",\"array\",\"null\"]}";
    const struct mcps_schema_options deeper = MCPS_SCHEMA_OPTIONS(.max_nesting = 256);
    struct schema_text t = { .len = 0 };
    char at[2 * 63 + 1];
    struct judge j;

    for (unsigned i = 0; i < 63; i++)
        memcpy(at + 2 * i, i % 2 == 0 ? "/a" : "/0", 2);
    at[2 * 63] = '\0';
    CHECK_INT(judge_open(&j), 0);
    deep_value(&t, false);
    CHECK_INT(judge_both(&j, plain, schema_text(&t), NULL), 0);
    CHECK_INT(judge_both(&j, joined, schema_text(&t), &deeper), 0);
    deep_value(&t, true);
    CHECK_INT(judge_both(&j, plain, schema_text(&t), NULL), MCPS_EINVALID);
    CHECK_INT(judge_both(&j, joined, schema_text(&t), &deeper), MCPS_EINVALID);
    CHECK_INT(mcps_schema_n_errors(j.scratch), 1);
    CHECK_STR(mcps_schema_error_at(j.scratch, 0)->value_at, at);
out:
    schema_text_free(&t);
    judge_close(&j);
}

/* An application builds what no parser would: far deeper than a text can be. */
static void trees_deeper_than_texts_end(void)
{
    static const struct {
        const char *schema;
        int verdict; /* or MCPS_ELIMIT */
    } rows[] = {
        { "{\"items\":{\"$ref\":\"#\"}}", 0 },
        { "{\"const\":[[]]}", MCPS_EINVALID },
        { "{\"enum\":[[[[]]],1]}", MCPS_EINVALID },
        { "{\"items\":{\"uniqueItems\":true}}", 0 },
        { "{\"type\":\"null\"}", MCPS_EINVALID },
        { "{\"not\":{}}", MCPS_EINVALID },
        { "{\"anyOf\":[{\"type\":\"null\"},{\"minItems\":2}]}", MCPS_EINVALID },
    };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    j.tree = json_object_new_array();
    for (unsigned i = 0; i < 3000; i++) {
        struct json_object *outer = json_object_new_array();

        json_object_array_add(outer, j.tree);
        j.tree = outer;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].schema);
        CHECK_INT(judge_compile(&j, rows[i].schema, NULL), 0);
        for (unsigned max = 0; max <= 20; max += 10) {
            int r = judge_tree(&j, max);

            CHECK(r == rows[i].verdict || r == MCPS_ELIMIT);
        }
    }
    /* Two such in one array are the same, but to tell may be too much. */
    CHECK_INT(judge_compile(&j, "{\"uniqueItems\":true}", NULL), 0);
    {
        struct json_object *outer = json_object_new_array();
        int r;

        json_object_array_add(outer, j.tree);
        json_object_array_add(outer, json_object_get(j.tree));
        j.tree = outer;
        r = judge_tree(&j, 1);
        CHECK(r == MCPS_EINVALID || r == MCPS_ELIMIT);
    }
out:
    judge_close(&j);
}

static void numbers_that_are_none_fit_nothing(void)
{
    static const char *const schemas[] = { "{\"type\":\"integer\"}",
                                           "{\"multipleOf\":0.5}", "{\"const\":1}",
                                           "{\"enum\":[1e308,\"NaN\",null]}" };
    const double values[] = { (double)NAN, (double)INFINITY, -(double)INFINITY };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        CHECK_INT(judge_compile(&j, schemas[i], NULL), 0);
        for (size_t k = 0; k < 3; k++) {
            unit_note_on_failure("%s of %f", schemas[i], values[k]);
            json_object_put(j.tree);
            j.tree = json_object_new_double(values[k]);
            CHECK_INT(judge_thrice(&j), MCPS_EINVALID);
        }
    }
    CHECK_INT(judge_compile(&j, "{\"minimum\":0,\"maximum\":1}", NULL), 0);
    for (size_t k = 0; k < 3; k++) {
        json_object_put(j.tree);
        j.tree = json_object_new_double(values[k]);
        CHECK_INT(judge_thrice(&j), MCPS_EINVALID);
    }
out:
    judge_close(&j);
}

/* Bytes that are no UTF-8 come from applications only; sentences are UTF-8 all the
 * same. */
static void strings_that_are_no_utf_8_end(void)
{
    static const char *const schemas[] = {
        "{\"const\":\"a\"}",     "{\"maxLength\":1}",
        "{\"minLength\":9}",     "{\"type\":\"integer\"}",
        "{\"format\":\"date\"}", "{\"anyOf\":[{\"enum\":[1]},{\"type\":\"null\"}]}",
    };
    const struct mcps_schema_options asserted =
        MCPS_SCHEMA_OPTIONS(.assert_formats = true);
    struct judge j;
    int r;

    CHECK_INT(judge_open(&j), 0);
    j.tree = json_object_new_string("a\xff\xc3 \xed\xa0\x80 b\xf4\x90");
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        unit_note_on_failure("%s", schemas[i]);
        CHECK_INT(judge_compile(&j, schemas[i], &asserted), 0);
        r = judge_thrice(&j);
        CHECK(r == 0 || r == MCPS_EINVALID);
    }
    if (mcps__regex_available()) {
        CHECK_INT(judge_compile(&j, "{\"pattern\":\"^.*b\"}", NULL), 0);
        r = judge_thrice(&j);
        CHECK(r == 0 || r == MCPS_EINVALID);
    }
out:
    judge_close(&j);
}

const struct unit_test schema_large_tests[] = {
    UNIT_TEST_ONCE(items_are_compared_in_few_steps, "they are many"),
    UNIT_TEST_ONCE(numbers_of_one_double_are_different, "they are many"),
    UNIT_TEST_ONCE(an_enum_of_a_megabyte_is_searched, "it is large"),
    UNIT_TEST_ONCE(wrong_items_are_told_up_to_the_limit, "they are many"),
    UNIT_TEST_ONCE(members_are_looked_up_in_few_steps, "they are many"),
    UNIT_TEST_ONCE(names_of_members_are_many, "they are many"),
    UNIT_TEST_ONCE(patterns_are_many, "they are many"),
    UNIT_TEST(deep_values_have_a_verdict),
    UNIT_TEST(trees_deeper_than_texts_end),
    UNIT_TEST(numbers_that_are_none_fit_nothing),
    UNIT_TEST(strings_that_are_no_utf_8_end),
    UNIT_END,
};
