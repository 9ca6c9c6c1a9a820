/* SPDX-License-Identifier: MIT */
/* Coercion by a compiled schema: which strings are noted, and what becomes of strings in
 * strings, round by round. */
#include "config.h"

#include "unit.h"

#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "mcpserver/schema.h"

extern const struct unit_test schema_rounds_tests[];

struct bench {
    mcps_schema *schema;
    mcps_schema_scratch *scratch;
    struct json_object *tree; /* what has become of the value */
    size_t n;                 /* replacements */
};

static void bench_close(struct bench *b)
{
    json_object_put(b->tree);
    mcps_schema_scratch_free(b->scratch);
    mcps_schema_unref(b->schema);
    memset(b, 0, sizeof *b);
}

/* What mcps_schema_coerce() returns; takes the tree. */
static int bench_coerce(struct bench *b, const char *schema, struct json_object *tree)
{
    char why[MCPS_SCHEMA_WHY_SIZE] = "";
    int r;

    bench_close(b);
    b->tree = tree;
    r = mcps_schema_compile(&b->schema, schema, strlen(schema), NULL, why, sizeof why);
    if (r >= 0)
        r = mcps_schema_scratch_new(&b->scratch);
    if (r >= 0)
        r = mcps_schema_coerce(b->schema, &b->tree, b->scratch, 5, &b->n);
    if (*why)
        unit_note("%s", why);
    return r;
}

static const char *bench_text(const struct bench *b)
{
    return json_object_to_json_string_ext(b->tree, JSON_C_TO_STRING_PLAIN);
}

struct row {
    const char *schema, *value, *becomes;
    size_t n;
};

static bool run_row(const struct row *row)
{
    struct bench b = { .n = 0 };
    bool ok = false;

    unit_note_on_failure("%s of %s", row->schema, row->value);
    CHECK_INT(bench_coerce(&b, row->schema, json_tokener_parse(row->value)), 0);
    CHECK_STR(bench_text(&b), row->becomes);
    CHECK_INT(b.n, row->n);
    ok = true;
out:
    unit_note_on_failure("%s", "");
    bench_close(&b);
    return ok;
}

/* ---- what is noted ---- */

#define CLOSED(sub)                                                              \
    "{\"properties\":{\"x\":" sub ",\"y\":{\"type\":\"integer\"}},\"unevaluated" \
    "Properties\":false}"
#define CLOSED_ITEMS \
    "{\"prefixItems\":[{\"type\":\"integer\"}],\"unevaluatedItems\":false}"

/* What remembers who looked at what goes when its object is done; what was noted there
 * stays, and is in nobody's way. */
static void what_is_noted_outlives_the_marks(void)
{
    static const struct row rows[] = {
        { "{\"properties\":{\"a\":" CLOSED("{\"type\":\"integer\"}") ",\"b\":" CLOSED(
              "{\"type\":\"integer\"}") "}}",
          "{\"a\":{\"x\":\"1\"},\"b\":{\"x\":\"2\"}}",
          "{\"a\":{\"x\":1},\"b\":{\"x\":2}}", 2 },
        { "{\"items\":" CLOSED("{\"type\":\"integer\"}") "}",
          "[{\"x\":\"1\",\"y\":\"2\"},{\"y\":\"3\"},{},{\"x\":\"4\"}]",
          "[{\"x\":1,\"y\":2},{\"y\":3},{},{\"x\":4}]", 4 },
        { "{\"items\":" CLOSED_ITEMS "}", "[[\"1\"],[],[\"2\"],[3]]", "[[1],[],[2],[3]]",
          2 },
        /* One in the other. */
        { CLOSED(CLOSED("{\"type\":\"boolean\"}")),
          "{\"x\":{\"x\":\"true\",\"y\":\"2\"},\"y\":\"3\"}",
          "{\"x\":{\"x\":true,\"y\":2},\"y\":3}", 3 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(run_row(&rows[i]));
out:
    return;
}

#define EITHER(keyword)                                                 \
    "{\"properties\":{\"x\":{\"" keyword "\":[{\"type\":\"integer\"},{" \
    "\"type\":\"string\"}]},\"n\":{\"type\":\"integer\"}}}"

/* A string that one of the alternatives takes as it is stays one, though another would have
 * liked a number; and what else was noted is not lost with that. */
static void what_fits_an_alternative_stays(void)
{
    static const struct row rows[] = {
        { EITHER("anyOf"), "{\"x\":\"5\",\"n\":\"7\"}", "{\"x\":\"5\",\"n\":7}", 1 },
        { EITHER("anyOf"), "{\"n\":\"7\",\"x\":\"5\"}", "{\"n\":7,\"x\":\"5\"}", 1 },
        { EITHER("oneOf"), "{\"x\":\"5\",\"n\":\"7\"}", "{\"x\":\"5\",\"n\":7}", 1 },
        { EITHER("oneOf"), "{\"n\":\"7\",\"x\":\"5\"}", "{\"n\":7,\"x\":\"5\"}", 1 },
        /* Here all are tried, and the one that does not fit is the last. */
        { "{\"anyOf\":[{\"properties\":{\"x\":{\"type\":\"string\"}}},{\"properties\":{"
          "\"x\":{\"type\":\"integer\"}}}],\"properties\":{\"n\":{\"type\":\"integer\"}},"
          "\"unevaluatedProperties\":false}",
          "{\"x\":\"5\",\"n\":\"7\"}", "{\"x\":\"5\",\"n\":7}", 1 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(run_row(&rows[i]));
out:
    return;
}

enum { MANY = 9001 };

static struct json_object *many_strings(void)
{
    struct json_object *array = json_object_new_array();

    for (unsigned i = 0; i < MANY; i++)
        json_object_array_add(array, json_object_new_string("1"));
    return array;
}

/* Each round notes all that there are: no limit of errors counts. */
static void many_strings_are_replaced(void)
{
    static const char *const schemas[] = {
        "{\"items\":{\"type\":\"integer\"}}",
        "{\"anyOf\":[{\"type\":\"null\"},{\"items\":{\"type\":\"integer\"}}]}",
    };
    struct bench b = { .n = 0 };

    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        unit_note_on_failure("%s", schemas[i]);
        CHECK_INT(bench_coerce(&b, schemas[i], many_strings()), 0);
        CHECK_INT(b.n, MANY);
        for (unsigned k = 0; k < MANY; k++)
            CHECK(
                json_object_is_type(json_object_array_get_idx(b.tree, k), json_type_int));
    }
out:
    unit_note_on_failure("%s", "");
    bench_close(&b);
}

/* ---- strings in strings ---- */

/* A string that holds an array of a string that holds an array …: so many strings. */
static struct json_object *strings_in_strings(unsigned depth)
{
    struct json_object *array = json_object_new_array(), *string = NULL;

    for (unsigned i = 0; i < depth; i++) {
        string = json_object_new_string(
            json_object_to_json_string_ext(array, JSON_C_TO_STRING_PLAIN));
        json_object_put(array);
        array = json_object_new_array();
        json_object_array_add(array, string);
    }
    json_object_get(string);
    json_object_put(array);
    return string;
}

enum { DEEPEST = 8 };

static void strings_are_opened_eight_deep(void)
{
    static const char schema[] = "{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}";
    const struct mcps_schema_error *error;
    struct bench b = { .n = 0 };

    for (unsigned depth = 1; depth <= DEEPEST; depth++) {
        CHECK_INT(bench_coerce(&b, schema, strings_in_strings(depth)), 0);
        CHECK_INT(b.n, depth);
    }
    CHECK_STR(bench_text(&b), "[[[[[[[[]]]]]]]]");
    /* The ninth stays a string, and is refused as one. */
    for (unsigned depth = DEEPEST + 1; depth <= DEEPEST + 2; depth++) {
        CHECK_INT(bench_coerce(&b, schema, strings_in_strings(depth)), MCPS_EINVALID);
        CHECK_INT(b.n, DEEPEST);
        CHECK_INT(mcps_schema_n_errors(b.scratch), 1);
        error = mcps_schema_error_at(b.scratch, 0);
        CHECK_STR(error->value_at, "/0/0/0/0/0/0/0/0");
        CHECK_STR(error->keyword, "type");
        CHECK_STR(error->expected, "an array");
    }
    CHECK_STR(bench_text(&b), "[[[[[[[[\"[\\\"[]\\\"]\"]]]]]]]]");
out:
    bench_close(&b);
}

const struct unit_test schema_rounds_tests[] = {
    UNIT_TEST(what_is_noted_outlives_the_marks),
    UNIT_TEST(what_fits_an_alternative_stays),
    UNIT_TEST_ONCE(many_strings_are_replaced, "it takes long, and fewer are tried above"),
    UNIT_TEST(strings_are_opened_eight_deep),
    UNIT_END,
};
