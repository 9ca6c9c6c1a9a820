/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the compiling of JSON Schemas: the input is a schema's text. What is refused is
 * so in a sentence; what is not is checked against some fixed values, within few steps.
 */
#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "../fixtures/schema_errors.h"
#include "json/tree.h"
#include "mcpserver/schema.h"

static const char *const values[] = {
    "null",
    "true",
    "0",
    "-1.5",
    "1e300",
    "123456789012345678901234567890",
    "\"\"",
    "\"a\"",
    "\"\\u0000\xc3\xa9\xf0\x9f\x98\x80 aaaaaaaaaaaaaaaaaaaaaaaa!\"",
    "\"2026-07-28T00:00:00Z\"",
    "[]",
    "[1,1.0,\"a\",null,[],{}]",
    "{}",
    "{\"a\":1,\"b\":{\"a\":[{\"a\":null}]},\"\":0,\"a/b\":\"x\",\"~\":[]}",
    "[[[[[[[[]]]]]]]]",
};

enum { N_VALUES = sizeof values / sizeof values[0], ERRORS = 5 };

static struct mcps__tree_parser parser;
static struct json_object *trees[N_VALUES];
static mcps_schema_scratch *scratch;

static void stop(void)
{
    for (size_t i = 0; i < N_VALUES; i++)
        json_object_put(trees[i]);
    mcps_schema_scratch_free(scratch);
    mcps__tree_parser_fini(&parser);
}

static void start(void)
{
    FUZZ_CHECK(mcps__tree_parser_init(&parser, &mcps__json_default_limits) == 0);
    for (size_t i = 0; i < N_VALUES; i++)
        FUZZ_CHECK(mcps__tree_parse(&parser, &trees[i], values[i], strlen(values[i])) ==
                   0);
    FUZZ_CHECK(mcps_schema_scratch_new(&scratch) == 0);
    atexit(stop);
}

/* One and the same sentence in all the room there is, cut where there is little. */
static void check_refused(const char *text, size_t len, int refused, const char *why,
                          const struct mcps_schema_options *options)
{
    char cut[20] = "##################";
    mcps_schema *schema = NULL;
    size_t room = len % 17 + 1;

    FUZZ_CHECK(refused == MCPS_EINVALID || refused == MCPS_ELIMIT);
    FUZZ_CHECK(schema_errors_is_line(why));
    FUZZ_CHECK(mcps_schema_compile(&schema, text, len, options, cut, room) == refused);
    FUZZ_CHECK(!schema && cut[room] == '#');
    FUZZ_CHECK(strlen(cut) < room && strncmp(cut, why, strlen(cut)) == 0);
}

static void check_values(const mcps_schema *schema, struct json_object *of_schema)
{
    for (size_t i = 0; i < N_VALUES; i++) {
        int r = mcps_schema_check(schema, trees[i], scratch, ERRORS);
        const char *wrong = schema_errors_wrong(scratch, r, ERRORS, of_schema, trees[i]);
        int verdict = mcps_schema_check(schema, trees[i], scratch, 0);

        if (wrong)
            fprintf(stderr, "%s: %s\n", values[i], wrong);
        FUZZ_CHECK(!wrong);
        FUZZ_CHECK(verdict == r || verdict == MCPS_ELIMIT || r == MCPS_ELIMIT);
    }
}

static void compile(const char *text, size_t len,
                    const struct mcps_schema_options *options)
{
    char why[MCPS_SCHEMA_WHY_SIZE];
    struct json_object *tree = NULL;
    mcps_schema *schema = NULL;
    int r = mcps_schema_compile(&schema, text, len, options, why, sizeof why);

    if (r < 0) {
        check_refused(text, len, r, why, options);
        return;
    }
    FUZZ_CHECK(r == 0 && schema);
    FUZZ_CHECK(mcps__tree_parse(&parser, &tree, text, len) == 0);
    check_values(schema, tree);
    json_object_put(tree);
    FUZZ_CHECK(mcps_schema_unref(schema) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mcps_schema_document document = {
        "http://example.com/other",
        "{\"$defs\":{\"a\":{\"$anchor\":\"x\",\"type\":\"null\"}},"
        "\"$dynamicAnchor\":\"node\",\"items\":{\"$ref\":\"root\"}}"
    };
    const struct mcps_schema_options plain =
        MCPS_SCHEMA_OPTIONS(.max_compile_steps = 20000, .max_steps = 5000);
    const struct mcps_schema_options other =
        MCPS_SCHEMA_OPTIONS(.dialect = MCPS_SCHEMA_DRAFT_07,
                            .base_uri = "http://example.com/root", .documents = &document,
                            .n_documents = 1, .assert_formats = true, .hide_values = true,
                            .max_depth = 20, .max_subschemas = 100,
                            .max_compile_steps = 2000, .max_steps = 2000,
                            .max_nesting = 20);

    if (!scratch)
        start();
    compile((const char *)data, size, &plain);
    compile((const char *)data, size, &other);
    return 0;
}
