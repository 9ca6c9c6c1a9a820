/* SPDX-License-Identifier: MIT */
/* The options of a schema: dialects, documents, formats, what is hidden, limits. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema_judge.h"

extern const struct unit_test schema_options_tests[];

static void the_dialect_is_said_or_given(void)
{
    /* Two keywords of one name, of which each dialect knows another meaning. */
    static const char plain[] = "{\"$ref\":\"#/definitions/a\",\"maximum\":0,"
                                "\"definitions\":{\"a\":true}}";
    static const char said_07[] =
        "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"$ref\":"
        "\"#/definitions/a\",\"maximum\":0,\"definitions\":{\"a\":true}}";
    static const char said_2020[] =
        "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$ref\":"
        "\"#/definitions/a\",\"maximum\":0,\"definitions\":{\"a\":true}}";
    const struct mcps_schema_options draft_07 =
        MCPS_SCHEMA_OPTIONS(.dialect = MCPS_SCHEMA_DRAFT_07);
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_both(&j, plain, "1", NULL), MCPS_EINVALID);
    CHECK_INT(judge_both(&j, plain, "1", &draft_07), 0);
    CHECK_INT(judge_both(&j, said_07, "1", NULL), 0);
    CHECK_INT(judge_both(&j, said_07, "1", &draft_07), 0);
    CHECK_INT(judge_both(&j, said_2020, "1", NULL), MCPS_EINVALID);
    CHECK_INT(judge_both(&j, said_2020, "1", &draft_07), MCPS_EINVALID);
out:
    judge_close(&j);
}

static void documents_are_found_by_their_uri(void)
{
    static const struct mcps_schema_document documents[] = {
        { "http://example.com/a/b.json", "{\"$defs\":{\"n\":{\"minimum\":1}}}" },
        { "urn:example:c", "{\"$ref\":\"http://example.com/a/b.json#/$defs/n\"}" },
        { "http://example.com/broken.json", "{\"type\":" },
        { "http://example.com/wrong.json", "{\"type\":\"strin\"}" },
        { "http://example.com/old.json",
          "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"items\":[true,false]}" },
    };
    const struct mcps_schema_options options =
        MCPS_SCHEMA_OPTIONS(.base_uri = "http://example.com/a/base.json",
                            .documents = documents, .n_documents = 5);
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_both(&j, "{\"$ref\":\"b.json#/$defs/n\"}", "1", &options), 0);
    CHECK_INT(judge_check(&j, "0", 1), MCPS_EINVALID);
    CHECK_STR(mcps_schema_error_at(j.scratch, 0)->keyword_at,
              "http://example.com/a/b.json#/$defs/n/minimum");
    CHECK_INT(judge_both(&j, "{\"$ref\":\"urn:example:c\"}", "0", &options),
              MCPS_EINVALID);
    CHECK_INT(judge_both(&j, "{\"$ref\":\"/old.json\"}", "[0,0]", &options),
              MCPS_EINVALID);
    CHECK_INT(judge_both(&j, "{\"$ref\":\"/old.json\"}", "[0]", &options), 0);
    /* Its own $id comes before the base that is given. */
    CHECK_INT(judge_compile(&j, "{\"$id\":\"http://example.org/\",\"$ref\":\"b.json\"}",
                            &options),
              MCPS_EINVALID);
    CHECK(strstr(j.why, "http://example.org/b.json") != NULL);
    CHECK_INT(judge_compile(&j, "{\"$ref\":\"/broken.json\"}", &options), MCPS_EINVALID);
    CHECK(strstr(j.why, "http://example.com/broken.json") != NULL);
    CHECK_INT(judge_compile(&j, "{\"$ref\":\"/wrong.json\"}", &options), MCPS_EINVALID);
    CHECK(strstr(j.why, "http://example.com/wrong.json#/type") != NULL);
out:
    judge_close(&j);
}

/* The metaschemas are there without anybody giving them. */
static void metaschemas_are_known(void)
{
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_both(&j, "{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}",
                         "{\"type\":\"strin\"}", NULL),
              MCPS_EINVALID);
out:
    judge_close(&j);
}

static void formats_are_checked_on_demand(void)
{
    const struct mcps_schema_options asserted =
        MCPS_SCHEMA_OPTIONS(.assert_formats = true);
    const struct mcps_schema_options old = {
        .struct_size = offsetof(struct mcps_schema_options, assert_formats),
        .assert_formats = true
    };
    static const char schema[] = "{\"format\":\"date\"}";
    const struct mcps_schema_error *e;
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_both(&j, schema, "\"tomorrow\"", NULL), 0);
    CHECK_INT(judge_both(&j, "{\"format\":\"colour\"}", "\"red\"", NULL), 0);
    CHECK_INT(judge_both(&j, schema, "\"2026-07-28\"", &asserted), 0);
    CHECK_INT(judge_both(&j, schema, "5", &asserted), 0);
    CHECK_INT(judge_both(&j, schema, "\"tomorrow\"", &asserted), MCPS_EINVALID);
    e = mcps_schema_error_at(j.scratch, 0);
    CHECK_STR(e->keyword, "format");
    CHECK(strstr(e->text, "\"tomorrow\"") != NULL);
    CHECK_INT(judge_both(&j, "{\"format\":\"colour\"}", "\"red\"", &asserted), 0);
    /* A program that was built when there was no such option has not set it. */
    CHECK_INT(judge_both(&j, schema, "\"tomorrow\"", &old), 0);
out:
    judge_close(&j);
}

/* What was expected is said, what came is not: not a byte of it. */
static void values_are_hidden(void)
{
    static const char *const schemas[] = {
        "{\"type\":\"integer\"}",
        "{\"enum\":[1,\"a\"]}",
        "{\"const\":1}",
        "{\"maxLength\":1}",
        "{\"not\":{}}",
        "false",
        "{\"anyOf\":[{\"type\":\"null\"},{\"maxLength\":0}]}",
        "{\"format\":\"date\"}",
    };
    static const char *const of_objects[] = {
        "{\"maxProperties\":0}",
        "{\"properties\":{\"a\":{\"type\":\"null\"}}}",
        "{\"properties\":{\"a\":{\"const\":{}}}}",
        "{\"uniqueItems\":true,\"type\":\"array\"}",
        "{\"required\":[\"b\"]}",
    };
    const struct mcps_schema_options hide =
        MCPS_SCHEMA_OPTIONS(.hide_values = true, .assert_formats = true);
    const struct mcps_schema_error *e;
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        unit_note_on_failure("%s", schemas[i]);
        CHECK_INT(judge_both(&j, schemas[i], "\"s3cret\"", &hide), MCPS_EINVALID);
        e = mcps_schema_error_at(j.scratch, 0);
        CHECK(!strstr(e->text, "s3cret") && !strstr(e->got, "s3cret"));
    }
    for (size_t i = 0; i < sizeof of_objects / sizeof of_objects[0]; i++) {
        unit_note_on_failure("%s", of_objects[i]);
        CHECK_INT(judge_both(&j, of_objects[i], "{\"a\":\"s3cret\"}", &hide),
                  MCPS_EINVALID);
        e = mcps_schema_error_at(j.scratch, 0);
        CHECK(!strstr(e->text, "s3cret") && !strstr(e->got, "s3cret"));
    }
    unit_note_on_failure("a number");
    CHECK_INT(judge_both(&j, "{\"maximum\":1}", "31415926", &hide), MCPS_EINVALID);
    e = mcps_schema_error_at(j.scratch, 0);
    CHECK(strstr(e->text, "1") && !strstr(e->text, "31415926"));
out:
    judge_close(&j);
}

/* ---- limits ---- */

/* The limit is exceeded by the options, and not by the defaults. */
static bool refuses(struct judge *j, const char *schema,
                    const struct mcps_schema_options *options, const char *says)
{
    unit_note_on_failure("%s", schema);
    CHECK_INT(judge_compile(j, schema, NULL), 0);
    CHECK_INT(judge_compile(j, schema, options), MCPS_ELIMIT);
    CHECK(strstr(j->why, says) != NULL);
    return true;
out:
    return false;
}

static bool gives_up(struct judge *j, const char *schema, const char *value,
                     const struct mcps_schema_options *options)
{
    unit_note_on_failure("%s", schema);
    CHECK_INT(judge_both(j, schema, value, NULL), 0);
    CHECK_INT(judge_both(j, schema, value, options), MCPS_ELIMIT);
    CHECK_INT(mcps_schema_n_errors(j->scratch), 1);
    return true;
out:
    return false;
}

static void limits_of_compiling_are_options(void)
{
    const struct mcps_schema_options depth = MCPS_SCHEMA_OPTIONS(.max_depth = 3);
    const struct mcps_schema_options subschemas =
        MCPS_SCHEMA_OPTIONS(.max_subschemas = 3);
    const struct mcps_schema_options steps = MCPS_SCHEMA_OPTIONS(.max_compile_steps = 3);
    static const char four[] = "{\"allOf\":[true,{},{\"not\":{}}]}";
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_compile(&j, "{\"not\":{\"not\":{}}}", &depth), 0);
    CHECK(refuses(&j, "{\"not\":{\"not\":{\"not\":{}}}}", &depth, "deep"));
    CHECK_INT(judge_compile(&j, "{\"not\":{}}", &subschemas), 0);
    CHECK(refuses(&j, four, &subschemas, "3"));
    CHECK(refuses(&j, four, &steps, "3"));
out:
    judge_close(&j);
}

static void limits_of_checking_are_options(void)
{
    const struct mcps_schema_options steps = MCPS_SCHEMA_OPTIONS(.max_steps = 20);
    const struct mcps_schema_options nesting = MCPS_SCHEMA_OPTIONS(.max_nesting = 4);
    static const char list[] = "{\"items\":{\"$ref\":\"#\"}}";
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    CHECK_INT(judge_both(&j, "{\"items\":{\"type\":\"null\"}}", "[null]", &steps), 0);
    CHECK(
        gives_up(&j, "{\"items\":{\"type\":\"null\"}}",
                 "[null,null,null,null,null,null,null,null,null,null,null,null,null,null,"
                 "null,null,null,null,null,null,null,null,null,null,null,null,null,null]",
                 &steps));
    CHECK_INT(judge_both(&j, list, "[]", &nesting), 0);
    CHECK(gives_up(&j, list, "[[[[[[[[]]]]]]]]", &nesting));
out:
    judge_close(&j);
}

static void options_that_are_none(void)
{
    static const struct mcps_schema_document good = { "http://a/b", "{}" };
    static const struct mcps_schema_document relative = { "b", "{}" };
    static const struct mcps_schema_document no_uri = { NULL, "{}" };
    static const struct mcps_schema_document no_json = { "http://a/b", NULL };
    const struct mcps_schema_options rows[] = {
        { .struct_size = 0 },
        { .struct_size = 1 },
        MCPS_SCHEMA_OPTIONS(.dialect = (enum mcps_schema_dialect)7),
        MCPS_SCHEMA_OPTIONS(.documents = NULL, .n_documents = 1),
        MCPS_SCHEMA_OPTIONS(.documents = &relative, .n_documents = 1),
        MCPS_SCHEMA_OPTIONS(.documents = &no_uri, .n_documents = 1),
        MCPS_SCHEMA_OPTIONS(.documents = &no_json, .n_documents = 1),
    };
    const struct mcps_schema_options fine =
        MCPS_SCHEMA_OPTIONS(.documents = &good, .n_documents = 1);
    struct judge j;

    CHECK_INT(judge_open(&j), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("row %zu", i);
        CHECK_INT(judge_compile(&j, "{}", &rows[i]), -EINVAL);
    }
    CHECK_INT(judge_compile(&j, "{}", &fine), 0);
out:
    judge_close(&j);
}

const struct unit_test schema_options_tests[] = {
    UNIT_TEST(the_dialect_is_said_or_given),
    UNIT_TEST(documents_are_found_by_their_uri),
    UNIT_TEST(metaschemas_are_known),
    UNIT_TEST(formats_are_checked_on_demand),
    UNIT_TEST(values_are_hidden),
    UNIT_TEST(limits_of_compiling_are_options),
    UNIT_TEST(limits_of_checking_are_options),
    UNIT_TEST(options_that_are_none),
    UNIT_END,
};
