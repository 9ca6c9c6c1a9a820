/* SPDX-License-Identifier: MIT */
/* Texts that are no schema: each is refused, in a sentence that names the place. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../fixtures/schema_errors.h"
#include "schema/regex.h"
#include "schema_judge.h"

extern const struct unit_test schema_refuse_tests[];

struct row {
    const char *schema;
    const char *says[2]; /* what is in the sentence */
};

static bool run_row(struct judge *j, const struct row *row,
                    const struct mcps_schema_options *options)
{
    unit_note_on_failure("%s", row->schema);
    CHECK_INT(judge_compile(j, row->schema, options), MCPS_EINVALID);
    for (size_t i = 0; i < 2 && row->says[i]; i++) {
        if (!strstr(j->why, row->says[i]))
            CHECK_STR(j->why, row->says[i]);
    }
    return true;
out:
    return false;
}

static void run_rows(const struct row *rows, size_t n, enum mcps_schema_dialect dialect)
{
    const struct mcps_schema_options options = MCPS_SCHEMA_OPTIONS(.dialect = dialect);
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < n; i++)
        CHECK(run_row(&j, &rows[i], &options));
out:
    judge_close(&j);
}

#define RUN_ROWS(rows, dialect) \
    run_rows((rows), sizeof(rows) / sizeof(rows)[0], (dialect))

static void texts_that_are_no_schema(void)
{
    static const struct row rows[] = {
        { "", { NULL } },
        { " ", { NULL } },
        { "{", { NULL } },
        { "{}x", { NULL } },
        { "nul", { NULL } },
        { "null", { NULL } },
        { "5", { NULL } },
        { "\"object\"", { NULL } },
        { "[]", { NULL } },
        { "\xef\xbb\xbf{}", { NULL } },
        { "{\"title\":\"\xff\"}", { NULL } },
        { "{\"a\\u0000\":1}", { NULL } },
        { "{\"minimum\":1,\"maximum\":5,\"minimum\":2}", { NULL } },
        { "{\"properties\":{\"a\":{},\"\\u0061\":{}}}", { NULL } },
        { "{\"maximum\":+1}", { NULL } },
    };

    RUN_ROWS(rows, MCPS_SCHEMA_2020_12);
}

static void keywords_of_the_wrong_kind(void)
{
    static const struct row rows[] = {
        { "{\"type\":\"strin\"}", { "/type", "strin" } },
        { "{\"type\":5}", { "/type" } },
        { "{\"type\":[]}", { "/type" } },
        { "{\"type\":[\"string\",\"string\"]}", { "/type" } },
        { "{\"type\":[\"string\",null]}", { "/type" } },
        { "{\"enum\":{}}", { "/enum" } },
        { "{\"minLength\":1.5}", { "/minLength" } },
        { "{\"minLength\":-1}", { "/minLength" } },
        { "{\"minLength\":\"3\"}", { "/minLength" } },
        { "{\"maxLength\":null}", { "/maxLength" } },
        { "{\"maxItems\":[]}", { "/maxItems" } },
        { "{\"minItems\":-0.5}", { "/minItems" } },
        { "{\"minProperties\":true}", { "/minProperties" } },
        { "{\"maxProperties\":{}}", { "/maxProperties" } },
        { "{\"minContains\":-1,\"contains\":true}", { "/minContains" } },
        { "{\"maxContains\":1.1,\"contains\":true}", { "/maxContains" } },
        { "{\"maximum\":\"1\"}", { "/maximum" } },
        { "{\"exclusiveMinimum\":true}", { "/exclusiveMinimum" } },
        { "{\"multipleOf\":0}", { "/multipleOf" } },
        { "{\"multipleOf\":-1}", { "/multipleOf" } },
        { "{\"multipleOf\":\"2\"}", { "/multipleOf" } },
        { "{\"required\":\"a\"}", { "/required" } },
        { "{\"required\":[1]}", { "/required" } },
        { "{\"required\":[\"a\",\"b\",\"a\"]}", { "/required" } },
        { "{\"dependentRequired\":{\"a\":\"b\"}}", { "/dependentRequired" } },
        { "{\"dependentRequired\":[]}", { "/dependentRequired" } },
        { "{\"uniqueItems\":1}", { "/uniqueItems" } },
        { "{\"format\":5}", { "/format" } },
        { "{\"pattern\":5}", { "/pattern" } },
        { "{\"patternProperties\":[]}", { "/patternProperties" } },
    };

    RUN_ROWS(rows, MCPS_SCHEMA_2020_12);
}

static void subschemas_of_the_wrong_kind(void)
{
    static const struct row rows[] = {
        { "{\"additionalProperties\":5}", { "/additionalProperties" } },
        { "{\"properties\":[]}", { "/properties" } },
        { "{\"properties\":{\"a\":1}}", { "/properties/a" } },
        { "{\"properties\":{\"a/b\":{\"items\":null}}}", { "/properties/a~1b/items" } },
        { "{\"items\":[{}]}", { "/items" } },
        { "{\"prefixItems\":{}}", { "/prefixItems" } },
        { "{\"prefixItems\":[]}", { "/prefixItems" } },
        { "{\"prefixItems\":[true,\"\"]}", { "/prefixItems/1" } },
        { "{\"contains\":\"\"}", { "/contains" } },
        { "{\"allOf\":{}}", { "/allOf" } },
        { "{\"anyOf\":[]}", { "/anyOf" } },
        { "{\"oneOf\":[{},5]}", { "/oneOf/1" } },
        { "{\"not\":[]}", { "/not" } },
        { "{\"if\":1}", { "/if" } },
        { "{\"if\":true,\"then\":1}", { "/then" } },
        { "{\"propertyNames\":1}", { "/propertyNames" } },
        { "{\"dependentSchemas\":{\"a\":[]}}", { "/dependentSchemas/a" } },
        { "{\"unevaluatedItems\":1}", { "/unevaluatedItems" } },
        { "{\"unevaluatedProperties\":\"\"}", { "/unevaluatedProperties" } },
        { "{\"$defs\":[]}", { "/$defs" } },
        { "{\"$defs\":{\"a\":[]}}", { "/$defs/a" } },
        /* Nobody needs it, but it is a mistake. */
        { "{\"$defs\":{\"a\":{\"type\":\"strin\"}}}", { "/$defs/a/type", "strin" } },
    };

    RUN_ROWS(rows, MCPS_SCHEMA_2020_12);
}

static void references_that_lead_nowhere(void)
{
    static const struct row rows[] = {
        { "{\"$ref\":5}", { "/$ref" } },
        { "{\"$ref\":\"#/$defs/a\"}", { "/$ref", "/$defs/a" } },
        { "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"b\":{}}}", { "/$ref", "/$defs/a" } },
        { "{\"$ref\":\"#a\"}", { "/$ref", "\"a\"" } },
        { "{\"$ref\":\"#/type\",\"type\":\"object\"}", { "/type" } },
        { "{\"$ref\":\"#/%zz\"}", { "/$ref" } },
        { "{\"$ref\":\"#/~2\",\"~2\":{}}", { "/$ref" } },
        { "{\"$ref\":\"#/allOf/01\",\"allOf\":[{},{}]}", { "/$ref" } },
        { "{\"$ref\":\"a b\"}", { "/$ref" } },
        { "{\"$ref\":\"other.json\"}", { "/$ref", "other.json" } },
        { "{\"$ref\":\"https://example.com/a.json#/b\"}",
          { "/$ref", "https://example.com/a.json" } },
        { "{\"$ref\":\"file:///etc/passwd\"}", { "/$ref", "file:///etc/passwd" } },
        { "{\"properties\":{\"a\":{\"$ref\":\"urn:x:y\"}}}",
          { "/properties/a/$ref", "urn:x:y" } },
        { "{\"$dynamicRef\":\"#a\"}", { "/$dynamicRef", "\"a\"" } },
        { "{\"$dynamicRef\":{}}", { "/$dynamicRef" } },
    };

    RUN_ROWS(rows, MCPS_SCHEMA_2020_12);
}

static void names_that_are_none(void)
{
    static const struct row rows[] = {
        { "{\"$id\":5}", { "/$id" } },
        { "{\"$id\":\"http://example.com/a#b\"}", { "/$id" } },
        { "{\"$id\":\"a b\"}", { "/$id" } },
        { "{\"$anchor\":\"1a\"}", { "/$anchor" } },
        { "{\"$anchor\":\"\"}", { "/$anchor" } },
        { "{\"$anchor\":5}", { "/$anchor" } },
        { "{\"$dynamicAnchor\":\"a/b\"}", { "/$dynamicAnchor" } },
        { "{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}",
          { "/$anchor", "x" } },
        { "{\"$defs\":{\"a\":{\"$id\":\"http://x/y\"},\"b\":{\"$id\":\"http://x/y\","
          "\"minimum\":1}}}",
          { "/$id", "http://x/y" } },
    };

    RUN_ROWS(rows, MCPS_SCHEMA_2020_12);
}

/* A schema of a draft that this is not is not guessed at. */
static void other_dialects_are_named(void)
{
    static const struct row rows[] = {
        { "{\"$schema\":5}", { "$schema" } },
        { "{\"$schema\":\"\"}", { "$schema" } },
        { "{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}",
          { "$schema", "http://json-schema.org/draft-04/schema" } },
        { "{\"$schema\":\"http://json-schema.org/draft-06/schema#\"}",
          { "$schema", "http://json-schema.org/draft-06/schema" } },
        { "{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\"}",
          { "$schema", "https://json-schema.org/draft/2019-09/schema" } },
        { "{\"$schema\":\"http://json-schema.org/schema#\"}",
          { "$schema", "http://json-schema.org/schema" } },
        { "{\"$schema\":\"urn:example:anything\"}",
          { "$schema", "urn:example:anything" } },
    };

    static const struct row embedded[] = {
        { "{\"$defs\":{\"a\":{\"$id\":\"http://x/y\",\"$schema\":"
          "\"http://json-schema.org/draft-04/schema#\"}}}",
          { "/$defs/a/$schema", "http://json-schema.org/draft-04/schema" } },
    };

    RUN_ROWS(rows, MCPS_SCHEMA_2020_12);
    RUN_ROWS(rows, MCPS_SCHEMA_DRAFT_07);
    RUN_ROWS(embedded, MCPS_SCHEMA_2020_12);
}

static void draft_07_has_its_own_mistakes(void)
{
    static const struct row rows[] = {
        { "{\"items\":[true,5]}", { "/items/1" } },
        { "{\"additionalItems\":5,\"items\":[true]}", { "/additionalItems" } },
        { "{\"dependencies\":{\"a\":5}}", { "/dependencies/a" } },
        { "{\"dependencies\":{\"a\":[5]}}", { "/dependencies/a" } },
        { "{\"definitions\":[]}", { "/definitions" } },
        { "{\"definitions\":{\"a\":{\"$id\":\"#x\"},\"b\":{\"$id\":\"#x\"}}}",
          { "\"x\"" } },
    };

    RUN_ROWS(rows, MCPS_SCHEMA_DRAFT_07);
}

static void patterns_that_are_none(void)
{
    static const struct row rows[] = {
        { "{\"pattern\":\"(\"}", { "/pattern" } },
        { "{\"pattern\":\"[b-a]\"}", { "/pattern" } },
        { "{\"properties\":{\"a\":{\"pattern\":\"*\"}}}", { "/properties/a/pattern" } },
        { "{\"patternProperties\":{\"(\":{}}}", { "/patternProperties" } },
        { "{\"pattern\":\"\\\\p{Nonsense}\"}", { "/pattern", "Nonsense" } },
        { "{\"pattern\":\"\\\\Aa\\\\Z\"}", { "/pattern" } },
    };

    RUN_ROWS(rows, MCPS_SCHEMA_2020_12);
}

/* What is beside the point is left alone, however odd. */
static void what_is_no_schema_is_not_read_as_one(void)
{
    static const char *const schemas[] = {
        "true",
        "false",
        " { } ",
        "{\"x-more\":{\"$id\":5,\"type\":\"strin\",\"$ref\":\"nowhere\"}}",
        "{\"const\":{\"type\":\"strin\",\"$ref\":\"nowhere\",\"$id\":5}}",
        "{\"enum\":[{\"$ref\":\"nowhere\",\"$anchor\":\"1\"}]}",
        "{\"enum\":[]}",
        "{\"default\":{\"$ref\":\"nowhere\"},\"examples\":[{\"type\":\"strin\"}]}",
        "{\"minLength\":2.0,\"maxItems\":1e2}",
        "{\"properties\":{\"$ref\":{\"type\":\"string\"},\"type\":{}}}",
        "{\"properties\":{\"required\":true,\"\":{},\"$id\":{}}}",
        "{\"items\":{\"$ref\":\"#\"}}",
        "{\"$id\":\"http://example.com/a#\"}",
        "{\"$comment\":\"$ref\",\"readOnly\":true,\"deprecated\":false}",
        "{\"multipleOf\":1e-300,\"minimum\":-1e308}",
        "{\"$schema\":\"http://json-schema.org/draft-07/schema\",\"$anchor\":5}",
        "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"items\":[{}]}",
        "{\"dependencies\":{\"a\":[\"b\"]}}",
    };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        unit_note_on_failure("%s", schemas[i]);
        CHECK_INT(judge_compile(&j, schemas[i], NULL), 0);
        CHECK_STR(j.why, "");
    }
out:
    if (j.why[0])
        unit_note("%s", j.why);
    judge_close(&j);
}

/* A sentence is one line, whatever a schema has in its names. */
static void quoted_names_break_no_line(void)
{
    static const char *const schemas[] = {
        "{\"type\":\"a\\nb\"}",
        "{\"$id\":\"a\\nb\"}",
        "{\"$schema\":\"a\\nb\"}",
        "{\"$ref\":\"a\\nb\"}",
        "{\"$ref\":\"#a\\nb\"}",
        "{\"$ref\":\"#/a%0Ab\"}",
        "{\"$anchor\":\"a\\u0007\"}",
        "{\"properties\":{\"a\\nb\":5}}",
        "{\"$defs\":{\"\\u0001\":{\"minLength\":\"\"}}}",
        "{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"\\n\":{\"$anchor\":\"x\"}}}",
    };
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        unit_note_on_failure("%s", schemas[i]);
        CHECK_INT(judge_compile(&j, schemas[i], NULL), MCPS_EINVALID);
    }
out:
    judge_close(&j);
}

/* Whatever room there is, it is filled to the last whole character, and not beyond. */
static void short_buffers_get_the_beginning(void)
{
    static const char schema[] = "{\"type\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}";
    char whole[MCPS_SCHEMA_WHY_SIZE], text[MCPS_SCHEMA_WHY_SIZE];
    mcps_schema *made = NULL;

    CHECK_INT(
        mcps_schema_compile(&made, schema, strlen(schema), NULL, whole, sizeof whole),
        MCPS_EINVALID);
    CHECK(strstr(whole, "\xc3\xa9") != NULL);
    CHECK_INT(mcps_schema_compile(&made, schema, strlen(schema), NULL, NULL, 0),
              MCPS_EINVALID);
    for (size_t size = 0; size < strlen(whole) + 5; size++) {
        memset(text, '#', sizeof text);
        CHECK_INT(mcps_schema_compile(&made, schema, strlen(schema), NULL, text, size),
                  MCPS_EINVALID);
        for (size_t i = size; i < sizeof text; i++)
            CHECK_INT(text[i], '#');
        if (size == 0)
            continue;
        CHECK(memchr(text, '\0', size) != NULL);
        CHECK(strncmp(text, whole, strlen(text)) == 0);
        CHECK(strlen(text) + 4 > size || strlen(text) == strlen(whole));
        CHECK(*text == '\0' || schema_errors_is_line(text));
    }
    CHECK(made == NULL);
out:
    mcps_schema_unref(made);
}

/* The text need not end in a NUL, and one in it is no end. */
static void the_length_counts(void)
{
    static const char schema[] = "{\"type\":\"null\"}garbage";
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile_bytes(&j, schema, strlen(schema) - 7, NULL), 0);
    CHECK_INT(judge_compile_bytes(&j, schema, strlen(schema) - 8, NULL), MCPS_EINVALID);
    CHECK_INT(judge_compile_bytes(&j, "{}\0", 3, NULL), MCPS_EINVALID);
out:
    judge_close(&j);
}

/* Patterns are only in tests that ask whether there is something to match them with. */
static void patterns_need_a_library(void)
{
    struct judge j;

    if (mcps__regex_available()) {
        patterns_that_are_none();
        return;
    }
    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile(&j, "{\"pattern\":\"a\"}", NULL), MCPS_EINVALID);
    CHECK(strstr(j.why, "PCRE2") && strstr(j.why, "/pattern"));
out:
    judge_close(&j);
}

const struct unit_test schema_refuse_tests[] = {
    UNIT_TEST(texts_that_are_no_schema),
    UNIT_TEST(keywords_of_the_wrong_kind),
    UNIT_TEST(subschemas_of_the_wrong_kind),
    UNIT_TEST(references_that_lead_nowhere),
    UNIT_TEST(names_that_are_none),
    UNIT_TEST(other_dialects_are_named),
    UNIT_TEST(draft_07_has_its_own_mistakes),
    UNIT_TEST(patterns_need_a_library),
    UNIT_TEST(what_is_no_schema_is_not_read_as_one),
    UNIT_TEST(quoted_names_break_no_line),
    UNIT_TEST(short_buffers_get_the_beginning),
    UNIT_TEST(the_length_counts),
    UNIT_END,
};
