/* SPDX-License-Identifier: MIT */
/*
 * Schemas and values that mean harm: each ends in an error with a sentence, or in the
 * right verdict, after a bounded number of steps. Time is not judged: what has no bound
 * runs into the watchdog of the harness.
 */
#include "config.h"

#include "unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/regex.h"
#include "schema_judge.h"
#include "schema_text.h"

extern const struct unit_test schema_hostile_tests[];

/* Compiles and checks, and says whether it ended as it has to: in a limit or the
 * verdict. A schema that can have no verdict may also be refused, in a sentence that
 * has `says`. */
static bool ends(struct judge *j, const char *schema, const char *value, int verdict,
                 const char *says)
{
    const struct mcps_schema_options options =
        MCPS_SCHEMA_OPTIONS(.max_steps = schema_text_many(1000000));
    int r = judge_compile(j, schema, &options);

    if (r == MCPS_ELIMIT || (r == MCPS_EINVALID && says)) {
        CHECK(!says || r == MCPS_ELIMIT || strstr(j->why, says));
        return true;
    }
    CHECK_INT(r, 0);
    for (unsigned max = 0; max <= 20; max += 10) {
        r = judge_check(j, value, max);
        CHECK(r == verdict || r == MCPS_ELIMIT);
    }
    return true;
out:
    unit_note("%d: %s", r, j->why);
    return false;
}

/* ---- nesting ---- */

static void nested_texts_are_refused(void)
{
    struct schema_text t = { .len = 0 };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (unsigned i = 0; i < 10000; i++)
        schema_text_add(&t, "{\"anyOf\":[");
    schema_text_add(&t, "true");
    for (unsigned i = 0; i < 10000; i++)
        schema_text_add(&t, "]}");
    CHECK_INT(judge_compile(&j, schema_text(&t), NULL), MCPS_ELIMIT);
    CHECK(strstr(j.why, "deep") != NULL);
out:
    schema_text_free(&t);
    judge_close(&j);
}

/* Parity is what 60 times "not" comes to. */
static void nested_nots_have_a_verdict(void)
{
    struct schema_text t = { .len = 0 };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (unsigned i = 0; i < 60; i++)
        schema_text_add(&t, "{\"not\":");
    schema_text_add(&t, "{\"type\":\"null\"}");
    for (unsigned i = 0; i < 60; i++)
        schema_text_add(&t, "}");
    CHECK_INT(judge_both(&j, schema_text(&t), "null", NULL), 0);
    CHECK_INT(judge_both(&j, schema_text(&t), "1", NULL), MCPS_EINVALID);
out:
    schema_text_free(&t);
    judge_close(&j);
}

/* The text is flat, and each schema in another all the same. */
static void chains_of_references_end(void)
{
    const unsigned lengths[] = { 100, 1000, schema_text_many(10000),
                                 schema_text_many(100000) };
    struct schema_text t = { .len = 0 };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        t.len = 0;
        schema_text_add(&t, "{\"$ref\":\"#/$defs/0\",\"$defs\":{");
        for (unsigned i = 0; i < lengths[k]; i++)
            schema_text_add(&t, "\"%u\":{\"anyOf\":[{\"$ref\":\"#/$defs/%u\"}]},", i,
                            i + 1);
        schema_text_add(&t, "\"%u\":{\"minimum\":1}}}", lengths[k]);
        unit_note_on_failure("%u links", lengths[k]);
        CHECK(ends(&j, schema_text(&t), "1", 0, NULL));
        CHECK(ends(&j, schema_text(&t), "0", MCPS_EINVALID, NULL));
    }
out:
    schema_text_free(&t);
    judge_close(&j);
}

/* ---- fans ---- */

/* Each level looks twice at the next: 2^40 ways, all of one verdict. */
static void fans_of_references_end(void)
{
    static const char *const forms[] = {
        "{\"allOf\":[{\"$ref\":\"#/$defs/@\"},{\"$ref\":\"#/$defs/@\"}]}",
        "{\"anyOf\":[{\"$ref\":\"#/$defs/@\"},{\"$ref\":\"#/$defs/@\"}]}",
        "{\"allOf\":[{\"anyOf\":[false,{\"$ref\":\"#/$defs/@\"}]},{\"$ref\":\"#/$defs/@\"}]}",
        "{\"if\":{\"$ref\":\"#/$defs/@\"},\"then\":{\"$ref\":\"#/$defs/@\"},\"else\":false}",
        "{\"not\":{\"not\":{\"$ref\":\"#/$defs/@\"}},\"$ref\":\"#/$defs/@\"}",
        ("{\"dependentSchemas\":{\"a\":{\"$ref\":\"#/$defs/@\"},\"b\":{\"$ref\":"
         "\"#/$defs/@\"}}}"),
    };
    static const char *const leaves[] = { "{\"required\":[\"a\"]}",
                                          "{\"required\":[\"c\"]}" };
    struct schema_text t = { .len = 0 };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t k = 0; k < 2 * sizeof forms / sizeof forms[0]; k++) {
        t.len = 0;
        schema_text_add(&t, "{\"$ref\":\"#/$defs/0\",\"$defs\":{");
        for (unsigned i = 0; i < 40; i++) {
            schema_text_add(&t, "\"%u\":", i);
            schema_text_add_for(&t, forms[k / 2], i + 1);
            schema_text_add(&t, ",");
        }
        schema_text_add(&t, "\"40\":%s}}", leaves[k % 2]);
        unit_note_on_failure("%s", forms[k / 2]);
        CHECK(ends(&j, schema_text(&t), "{\"a\":1,\"b\":1}",
                   k % 2 == 0 ? 0 : MCPS_EINVALID, NULL));
    }
out:
    schema_text_free(&t);
    judge_close(&j);
}

static void fans_over_members_end(void)
{
    struct schema_text t = { .len = 0 }, value = { .len = 0 };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    schema_text_add(&t, "{\"anyOf\":[");
    for (unsigned i = 0; i < 200; i++)
        schema_text_add(&t, "%s{\"properties\":{\"k%u\":true}}", i > 0 ? "," : "", i);
    schema_text_add(&t, "],\"unevaluatedProperties\":false}");
    schema_text_add(&value, "{\"k0\":0");
    for (unsigned i = 1; i < 20000; i++)
        schema_text_add(&value, ",\"k%u\":0", i % 20000);
    schema_text_add(&value, "}");
    CHECK(ends(&j, schema_text(&t), schema_text(&value), MCPS_EINVALID, NULL));
out:
    schema_text_free(&t);
    schema_text_free(&value);
    judge_close(&j);
}

/* ---- circles ---- */

/* Schemas that ask themselves about the same value: no verdict is right, unless another
 * way leads to one. */
static void circles_end(void)
{
    static const struct {
        const char *schema;
        int verdict; /* MCPS_ELIMIT: there is none */
    } rows[] = {
        { "{\"$ref\":\"#\"}", MCPS_ELIMIT },
        { "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/a\"}}}",
          MCPS_ELIMIT },
        { "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":"
          "\"#/$defs/a\"}}}",
          MCPS_ELIMIT },
        { "{\"allOf\":[{\"$ref\":\"#\"}]}", MCPS_ELIMIT },
        { "{\"allOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}", MCPS_ELIMIT },
        { "{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}", MCPS_ELIMIT },
        { "{\"anyOf\":[true,{\"$ref\":\"#\"}]}", 0 },
        { "{\"oneOf\":[{\"$ref\":\"#\"},true]}", MCPS_ELIMIT },
        { "{\"not\":{\"$ref\":\"#\"}}", MCPS_ELIMIT },
        { "{\"not\":{\"not\":{\"$ref\":\"#\"}}}", MCPS_ELIMIT },
        { "{\"if\":{\"$ref\":\"#\"},\"then\":true}", MCPS_ELIMIT },
        { "{\"if\":true,\"then\":{\"$ref\":\"#\"}}", MCPS_ELIMIT },
        { "{\"if\":false,\"else\":{\"allOf\":[{\"$ref\":\"#\"}]}}", MCPS_ELIMIT },
        { "{\"dependentSchemas\":{\"a\":{\"$ref\":\"#\"}}}", MCPS_ELIMIT },
        { "{\"$dynamicAnchor\":\"a\",\"$dynamicRef\":\"#a\"}", MCPS_ELIMIT },
        { "{\"$dynamicAnchor\":\"a\",\"allOf\":[{\"$dynamicRef\":\"#a\"},{\"$dynamicRef\":"
          "\"#a\"}]}",
          MCPS_ELIMIT },
        { "{\"$id\":\"http://x/a\",\"$dynamicAnchor\":\"n\",\"$ref\":\"b\",\"$defs\":{\"b\":"
          "{\"$id\":\"b\",\"$dynamicAnchor\":\"n\",\"$dynamicRef\":\"#n\"}}}",
          MCPS_ELIMIT },
        { "{\"$ref\":\"#\",\"unevaluatedProperties\":false}", MCPS_ELIMIT },
        { "{\"unevaluatedProperties\":{\"$ref\":\"#\"}}", 0 },
        { "{\"properties\":{\"a\":{\"$ref\":\"#\"}}}", 0 },
        { "{\"propertyNames\":{\"$ref\":\"#\"}}", 0 },
    };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].schema);
        CHECK(ends(&j, rows[i].schema, "{\"a\":1}", rows[i].verdict, "circle"));
    }
out:
    judge_close(&j);
}

/* ---- references and names ---- */

static void long_references_end(void)
{
    static const char *const tokens[] = { "/a", "/%61", "/~0", "/$defs/allOf/0" };
    struct schema_text t = { .len = 0 };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t k = 0; k < sizeof tokens / sizeof tokens[0]; k++) {
        t.len = 0;
        schema_text_add(&t, "{\"properties\":{\"x\":{\"$ref\":\"#");
        for (unsigned i = 0; i < 100000; i++)
            schema_text_add(&t, "%s", tokens[k]);
        schema_text_add(&t, "\"}}}");
        CHECK(judge_compile(&j, schema_text(&t), NULL) < 0);
        CHECK(strstr(j.why, "/properties/x/$ref") != NULL);
    }
    /* Many that are only somewhat long. */
    t.len = 0;
    schema_text_add(&t, "{\"a\":");
    for (unsigned i = 0; i < 60; i++)
        schema_text_add(&t, "{\"a\":");
    schema_text_add(&t, "true");
    for (unsigned i = 0; i < 60; i++)
        schema_text_add(&t, "}");
    schema_text_add(&t, ",\"allOf\":[true");
    for (unsigned i = 0; i < 9000; i++) {
        schema_text_add(&t, ",{\"$ref\":\"#");
        for (unsigned k = 0; k < 61; k++)
            schema_text_add(&t, "/a");
        schema_text_add(&t, "\"}");
    }
    schema_text_add(&t, "]}");
    CHECK(ends(&j, schema_text(&t), "1", 0, NULL));
out:
    schema_text_free(&t);
    judge_close(&j);
}

/* Each $id goes on from the one around it. */
static void growing_names_end(void)
{
    struct schema_text t = { .len = 0 };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    schema_text_add(&t, "{\"$id\":\"http://example.com/\"");
    for (unsigned i = 0; i < 30; i++) {
        schema_text_add(&t, ",\"$defs\":{\"a\":{\"$id\":\"");
        for (unsigned k = 0; k < 2000; k++)
            schema_text_add(&t, "%u/", i);
        schema_text_add(&t, "\",\"$ref\":\"#\"");
    }
    for (unsigned i = 0; i < 30; i++)
        schema_text_add(&t, "}}");
    schema_text_add(&t, "}");
    CHECK(ends(&j, schema_text(&t), "1", 0, "/$ref"));
    t.len = 0;
    schema_text_add(&t, "{\"$id\":\"http://example.com/");
    for (unsigned k = 0; k < 100000; k++)
        schema_text_add(&t, "../a/");
    schema_text_add(&t, "\",\"$defs\":{\"a\":{\"$id\":\"x\"}},\"$ref\":\"x\"}");
    CHECK(ends(&j, schema_text(&t), "1", 0, "$id"));
out:
    schema_text_free(&t);
    judge_close(&j);
}

static void masses_of_subschemas_are_refused(void)
{
    const unsigned most = schema_text_many(20000);
    const struct mcps_schema_options options =
        MCPS_SCHEMA_OPTIONS(.max_subschemas = most == 20000 ? 0 : most);
    struct schema_text t = { .len = 0 };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    schema_text_add(&t, "{\"properties\":{\"k0\":true");
    for (unsigned i = 1; i < schema_text_many(30000); i++)
        schema_text_add(&t, ",\"k%u\":{}", i);
    schema_text_add(&t, "}}");
    CHECK_INT(judge_compile(&j, schema_text(&t), &options), MCPS_ELIMIT);
    CHECK(strstr(j.why, most == 20000 ? "20000" : "1000") != NULL);
out:
    schema_text_free(&t);
    judge_close(&j);
}

/* ---- patterns ---- */

static void catastrophic_patterns_end(void)
{
    static const char *const patterns[] = {
        "^(a+)+$",          "^(a|a)*$",
        "^(a|aa)+$",        "(a*)*b",
        "(.*.*.*.*.*.*)x$", "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(?=(a+))a*b\\\\1", "a*b",
        "^(a?){40}a{40}$",  "((a{0,9}){0,9}){0,9}b",
    };
    struct schema_text t = { .len = 0 }, value = { .len = 0 };
    struct judge j;

    if (!mcps__regex_available()) {
        unit_skip("there is no PCRE2");
        return;
    }
    CHECK_INT(judge_open(&j), 0);
    for (size_t k = 0; k < 2 * sizeof patterns / sizeof patterns[0]; k++) {
        t.len = value.len = 0;
        schema_text_add(&t, "{\"pattern\":\"%s\"}", patterns[k / 2]);
        for (unsigned i = 0; i < (k % 2 == 0 ? 39 : schema_text_many(200000)); i++)
            schema_text_add(&value, "%s", i == 0 ? "\"a" : "a");
        schema_text_add(&value, "!\"");
        unit_note_on_failure("%s", patterns[k / 2]);
        CHECK(ends(&j, schema_text(&t), schema_text(&value), MCPS_EINVALID, "/pattern"));
    }
    /* One after the other they come out of the same steps. */
    t.len = value.len = 0;
    schema_text_add(&t, "{\"items\":{\"pattern\":\"^(a+)+$\"}}");
    schema_text_add(&value, "[\"a\"");
    for (unsigned i = 0; i < schema_text_many(50000); i++)
        schema_text_add(&value, ",\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"");
    schema_text_add(&value, "]");
    CHECK(ends(&j, schema_text(&t), schema_text(&value), MCPS_EINVALID, NULL));
out:
    schema_text_free(&t);
    schema_text_free(&value);
    judge_close(&j);
}

/* ---- numbers ---- */

static void large_numbers_end(void)
{
    static const struct {
        const char *schema, *value;
        int verdict;
    } rows[] = {
        { "{\"maximum\":1e400}", "1e300", 0 },
        { "{\"maximum\":1e308}", "1e308", 0 },
        { "{\"minimum\":-1e9999999999}", "1", 0 },
        { "{\"multipleOf\":1e-9999999999}", "1", 0 },
        { "{\"multipleOf\":1e-400}", "1", 0 },
        { "{\"multipleOf\":1e308}", "1e308", 0 },
        { "{\"multipleOf\":0.1e-307}", "1.7976931348623157e308", 0 },
        { "{\"const\":1e400}", "1e308", MCPS_EINVALID },
        { "{\"const\":0.0e999999}", "0", 0 },
        { "{\"type\":\"integer\"}", "1e308", 0 },
        { "{\"type\":\"integer\"}", "1e-400", MCPS_EINVALID },
        { "{\"maximum\":9007199254740992}", "9007199254740993", MCPS_EINVALID },
        { "{\"maximum\":18446744073709551615}", "18446744073709551616", MCPS_EINVALID },
        { "{\"minimum\":-9223372036854775808}", "-9223372036854775809", MCPS_EINVALID },
        { "{\"const\":0.1000000000000000055511151231257827}", "0.1", MCPS_EINVALID },
    };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct json_object *tree = NULL;

        unit_note_on_failure("%s of %s", rows[i].schema, rows[i].value);
        if (judge_parse(&j, &tree, rows[i].value, strlen(rows[i].value)) < 0)
            continue; /* out of range: no value can be that */
        json_object_put(tree);
        CHECK(ends(&j, rows[i].schema, rows[i].value, rows[i].verdict, "/"));
    }
out:
    judge_close(&j);
}

const struct unit_test schema_hostile_tests[] = {
    UNIT_TEST(nested_texts_are_refused),
    UNIT_TEST(nested_nots_have_a_verdict),
    UNIT_TEST_ONCE(chains_of_references_end, "they are long"),
    UNIT_TEST_ONCE(fans_of_references_end, "they take all steps that there are"),
    UNIT_TEST_ONCE(fans_over_members_end, "the value is large"),
    UNIT_TEST(circles_end),
    UNIT_TEST_ONCE(long_references_end, "they are long"),
    UNIT_TEST_ONCE(growing_names_end, "they are long"),
    UNIT_TEST_ONCE(masses_of_subschemas_are_refused, "they are many"),
    UNIT_TEST_ONCE(catastrophic_patterns_end, "they take all steps that there are"),
    UNIT_TEST(large_numbers_end),
    UNIT_END,
};
