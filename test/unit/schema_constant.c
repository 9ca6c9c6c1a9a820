/* SPDX-License-Identifier: MIT */
/* Values compared, the items of arrays, and the metaschemas as texts. */
#include "config.h"

#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "json/tree.h"
#include "schema/constant.h"
#include "schema/metaschema.h"
#include "util/utf8.h"

extern const struct unit_test schema_constant_tests[];

static const uint64_t seed[2] = { UINT64_C(0x123456789abcdef0), 42 };

/* ---- the scene ---- */

struct values {
    struct mcps__tree_parser parser;
    struct json_object *a, *b;
    struct mcps__constant *constant;
    struct mcps__buf memory;
    uint64_t steps;
};

static int values_open(struct values *s)
{
    memset(s, 0, sizeof *s);
    mcps__buf_init(&s->memory, SIZE_MAX);
    s->steps = 1000000;
    return mcps__tree_parser_init(&s->parser, &mcps__json_default_limits);
}

static void values_close(struct values *s)
{
    json_object_put(s->a);
    json_object_put(s->b);
    mcps__constant_free(s->constant);
    mcps__buf_fini(&s->memory);
    mcps__tree_parser_fini(&s->parser);
}

static int parse_bytes(struct values *s, struct json_object **to, const char *text,
                       size_t len)
{
    json_object_put(*to);
    *to = NULL;
    return mcps__tree_parse(&s->parser, to, text, len);
}

static int parse(struct values *s, struct json_object **to, const char *text)
{
    return parse_bytes(s, to, text, strlen(text));
}

static int make_constant(struct values *s, struct json_object *tree)
{
    s->constant = mcps__constant_free(s->constant);
    return mcps__constant_new(&s->constant, tree);
}

/* Arrays inside each other, so many of them. */
static struct json_object *nest(unsigned depth)
{
    struct json_object *tree = json_object_new_array();

    for (unsigned i = 1; i < depth && tree; i++) {
        struct json_object *outer = json_object_new_array();

        if (!outer || json_object_array_add(outer, tree) < 0) {
            json_object_put(outer);
            json_object_put(tree);
            return NULL;
        }
        tree = outer;
    }
    return tree;
}

/* ---- comparing ---- */

static const struct {
    const char *a, *b;
    int same;
} pairs[] = {
    { "null", "null", 1 },
    { "null", "false", 0 },
    { "null", "0", 0 },
    { "false", "0", 0 },
    { "true", "1", 0 },
    { "true", "true", 1 },
    { "true", "false", 0 },
    { "1", "1.0", 1 },
    { "1", "\"1\"", 0 },
    { "9007199254740993", "9007199254740992.0", 0 },
    { "0.1", "0.1000000000000000000000001", 0 },
    { "\"\"", "\"\"", 1 },
    { "\"a\"", "\"b\"", 0 },
    { "\"a\"", "\"ab\"", 0 },
    { "\"a\\u0000b\"", "\"a\\u0000b\"", 1 },
    { "\"a\\u0000b\"", "\"a\\u0000c\"", 0 },
    { "\"a\\u0000\"", "\"a\"", 0 },
    { "\"\\u00e9\"", "\"\xc3\xa9\"", 1 },
    { "[]", "[]", 1 },
    { "[]", "{}", 0 },
    { "[]", "[null]", 0 },
    { "[1,2]", "[1.0,2e0]", 1 },
    { "[1,2]", "[2,1]", 0 },
    { "[1,2]", "[1,2,3]", 0 },
    { "[1,2,3]", "[1,2]", 0 },
    { "[[1],[2]]", "[[1],[2]]", 1 },
    { "[[1],[2]]", "[[1,2]]", 0 },
    { "[[],[[]]]", "[[[]],[]]", 0 },
    { "{}", "{}", 1 },
    { "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", 1 },
    { "{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", 0 },
    { "{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", 0 },
    { "{\"a\":null}", "{}", 0 },
    { "{\"a\":null}", "{\"b\":null}", 0 },
    { "{\"a\":1}", "{\"a\":1,\"b\":2}", 0 },
    { "{\"a\":{\"b\":[{}]}}", "{\"a\":{\"b\":[{}]}}", 1 },
    { "{\"a\":{\"b\":[{}]}}", "{\"a\":{\"b\":[[]]}}", 0 },
};

/* Also as items among many others, where they are found by their hashes. */
static bool check_items(struct values *s, const char *a, const char *b, int same)
{
    struct json_object *items = NULL;
    size_t first = 77, second = 77;
    char text[400];

    for (int many = 0; many < 2; many++) {
        snprintf(text, sizeof text, "[%s,%s%s]", a,
                 many ? "\"x1\",\"x2\",\"x3\",\"x4\",\"x5\",\"x6\",\"x7\"," : "", b);
        CHECK_INT(parse(s, &items, text), 0);
        first = second = 77;
        CHECK_INT(mcps__items_differ(items, &s->memory, seed, &s->steps, &first, &second),
                  !same);
        CHECK_INT(first, same ? 0 : 77);
        CHECK_INT(second, !same ? 77 : many ? 8 : 1);
        CHECK_INT(s->memory.len, 0);
    }
    json_object_put(items);
    return true;
out:
    json_object_put(items);
    return false;
}

static void values_are_the_same_or_not(void)
{
    struct values s;

    CHECK_INT(values_open(&s), 0);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        unit_note_on_failure("%s and %s", pairs[i].a, pairs[i].b);
        CHECK_INT(parse(&s, &s.a, pairs[i].a), 0);
        CHECK_INT(parse(&s, &s.b, pairs[i].b), 0);
        CHECK_INT(mcps__values_equal(s.a, s.b, &s.steps), pairs[i].same);
        CHECK_INT(mcps__values_equal(s.b, s.a, &s.steps), pairs[i].same);
        CHECK_INT(make_constant(&s, s.a), 0);
        CHECK_INT(mcps__constant_equals(s.constant, s.b, &s.steps), pairs[i].same);
        CHECK_INT(mcps__constant_equals(s.constant, s.a, &s.steps), 1);
        CHECK_INT(make_constant(&s, s.b), 0);
        CHECK_INT(mcps__constant_equals(s.constant, s.a, &s.steps), pairs[i].same);
        CHECK(check_items(&s, pairs[i].a, pairs[i].b, pairs[i].same));
        CHECK(check_items(&s, pairs[i].b, pairs[i].a, pairs[i].same));
    }
out:
    values_close(&s);
}

static void a_constant_outlives_its_tree(void)
{
    static const char text[] = "{\"a\":[1,\"two\",{\"three\":3.5}],\"b\":null}";
    struct values s;

    CHECK_INT(values_open(&s), 0);
    CHECK_INT(parse(&s, &s.a, text), 0);
    CHECK_INT(make_constant(&s, s.a), 0);
    json_object_put(s.a);
    s.a = NULL;
    CHECK_INT(parse(&s, &s.b, text), 0);
    CHECK_INT(mcps__constant_equals(s.constant, s.b, &s.steps), 1);
    CHECK_STR(mcps__constant_text(s.constant), text);
out:
    values_close(&s);
}

static void what_is_no_number_equals_nothing(void)
{
    size_t a = 0, b = 0;
    struct values s;

    CHECK_INT(values_open(&s), 0);
    CHECK_INT(parse(&s, &s.a, "[1]"), 0);
    CHECK_INT(make_constant(&s, s.a), 0);
    json_object_put(s.a);
    s.a = json_object_new_array();
    CHECK(s.a != NULL);
    for (int i = 0; i < 20; i++) {
        double value = i % 2 ? (double)NAN : (double)INFINITY;

        CHECK_INT(json_object_array_add(s.a, json_object_new_double(value)), 0);
    }
    CHECK_INT(mcps__items_differ(s.a, &s.memory, seed, &s.steps, &a, &b), 1);
    CHECK_INT(json_object_array_del_idx(s.a, 0, 19), 0);
    CHECK_INT(mcps__constant_equals(s.constant, s.a, &s.steps), 0);
    CHECK_INT(make_constant(&s, s.a), MCPS_EINVALID);
out:
    values_close(&s);
}

/* ---- limits ---- */

static void deep_trees_are_refused(void)
{
    struct json_object *item;
    size_t a = 0, b = 0;
    struct values s;

    CHECK_INT(values_open(&s), 0);
    s.a = nest(MCPS__VALUE_DEPTH_MAX);
    s.b = nest(MCPS__VALUE_DEPTH_MAX);
    CHECK(s.a != NULL && s.b != NULL);
    CHECK_INT(make_constant(&s, s.a), 0);
    CHECK_INT(mcps__constant_equals(s.constant, s.b, &s.steps), 1);
    CHECK_INT(mcps__values_equal(s.a, s.b, &s.steps), 1);
    json_object_put(s.a);
    json_object_put(s.b);
    s.a = nest(MCPS__VALUE_DEPTH_MAX + 1);
    s.b = nest(MCPS__VALUE_DEPTH_MAX + 1);
    CHECK(s.a != NULL && s.b != NULL);
    CHECK_INT(mcps__constant_equals(s.constant, s.b, &s.steps), 0);
    CHECK_INT(make_constant(&s, s.a), MCPS_ELIMIT);
    CHECK_INT(mcps__values_equal(s.a, s.b, &s.steps), MCPS_ELIMIT);
    for (int i = 0; i < 20; i++) {
        item = json_object_new_int(i);
        CHECK_INT(json_object_array_add(s.a, item), 0);
    }
    CHECK_INT(mcps__items_differ(s.a, &s.memory, seed, &s.steps, &a, &b), 1);
    item = nest(MCPS__VALUE_DEPTH_MAX + 1);
    CHECK_INT(json_object_array_add(s.a, item), 0);
    CHECK_INT(mcps__items_differ(s.a, &s.memory, seed, &s.steps, &a, &b), MCPS_ELIMIT);
    CHECK_INT(s.memory.len, 0);
out:
    values_close(&s);
}

static int same_as_constant(struct values *s)
{
    return mcps__constant_equals(s->constant, s->b, &s->steps);
}

static int same_values(struct values *s)
{
    return mcps__values_equal(s->a, s->b, &s->steps);
}

static int items_of_a_differ(struct values *s)
{
    size_t a = 0, b = 0;

    return mcps__items_differ(s->a, &s->memory, seed, &s->steps, &a, &b);
}

/* So many steps does it take; with one less it says so. */
static bool check_steps(struct values *s, int (*run)(struct values *s), uint64_t steps,
                        int want)
{
    s->steps = steps;
    CHECK_INT(run(s), want);
    CHECK_INT(s->steps, 0);
    s->steps = steps - 1;
    CHECK_INT(run(s), MCPS_ELIMIT);
    return true;
out:
    return false;
}

static void every_value_is_a_step(void)
{
    static const char one[] = "[1,{\"a\":null,\"b\":true},\"x\",[]]";
    struct values s;
    char text[5002];

    CHECK_INT(values_open(&s), 0);
    CHECK_INT(parse(&s, &s.a, one), 0);
    CHECK_INT(parse(&s, &s.b, one), 0);
    CHECK_INT(make_constant(&s, s.a), 0);
    CHECK(check_steps(&s, same_as_constant, 7, 1));
    CHECK(check_steps(&s, same_values, 7, 1));
    CHECK(check_steps(&s, items_of_a_differ, 6, 1));
    CHECK_INT(parse(&s, &s.a, "[1,2,3,[4],5,6,7,8,{\"a\":9}]"), 0);
    CHECK(check_steps(&s, items_of_a_differ, 11, 1));
    CHECK_INT(parse(&s, &s.a, "[1,2,3,4,5,6,7,8,[9],[9]]"), 0);
    CHECK(check_steps(&s, items_of_a_differ, 14, 0));
    /* Long strings are more. */
    memset(text, 'x', sizeof text);
    text[0] = text[5001] = '"';
    CHECK_INT(parse_bytes(&s, &s.a, text, sizeof text), 0);
    CHECK_INT(parse_bytes(&s, &s.b, text, sizeof text), 0);
    CHECK_INT(make_constant(&s, s.a), 0);
    CHECK(check_steps(&s, same_as_constant, 5, 1));
    CHECK(check_steps(&s, same_values, 5, 1));
out:
    values_close(&s);
}

/* Whatever the items are, they take a step or two each. */
static void many_items_take_linear_time(void)
{
    enum { N = 3000 };
    static const struct {
        const char *before;
        int width;
        const char *behind;
    } forms[] = {
        { "", 1, "" },
        { "\"", 1, "\"" },
        { "[", 1, "]" },
        { "{\"", 1, "\":1}" },
        { "{\"a\":", 1, "}" },
        { "", 1, ".5" },
        { "1e-", 1, "" },
        { "0.10000000000000000000", 5, "1" },
        { "1844674407370", 7, "" },
        { "1844674407370", 7, ".0" },
        { "18446744073709551616", 5, "" },
    };
    size_t size = (size_t)N * 50, a = 0, b = 0;
    char *text = malloc(size);
    struct values s;

    CHECK_INT(values_open(&s), 0);
    CHECK(text != NULL);
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        size_t len = 0;

        unit_note_on_failure("%sN%s", forms[f].before, forms[f].behind);
        for (int i = 0; i < N; i++)
            len +=
                (size_t)snprintf(text + len, size - len, "%c%s%0*d%s", i == 0 ? '[' : ',',
                                 forms[f].before, forms[f].width, i + 1, forms[f].behind);
        text[len++] = ']';
        CHECK_INT(parse_bytes(&s, &s.a, text, len), 0);
        s.steps = (uint64_t)N * 40; /* of numbers with many digits */
        CHECK_INT(mcps__items_differ(s.a, &s.memory, seed, &s.steps, &a, &b), 1);
    }
out:
    free(text);
    values_close(&s);
}

/* Which number stands where makes a difference to the hash, too. */
static void places_tell_items_apart(void)
{
    enum { N = 40 };
    static const struct {
        const char *before, *between, *behind;
        unsigned steps;
    } forms[] = {
        { "[", ",", "]", 3 },
        { "[[", "],", "]", 4 },
        { "{\"a\":", ",\"b\":", "}", 3 },
        { "{\"", "\":", "}", 2 },
    };
    size_t size = (size_t)N * N * 20, a = 0, b = 0;
    char *text = malloc(size);
    struct values s;

    CHECK_INT(values_open(&s), 0);
    CHECK(text != NULL);
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        size_t len = 0;

        unit_note_on_failure("%s %s", forms[f].before, forms[f].between);
        for (int i = 0; i < N * N; i++)
            len += (size_t)snprintf(text + len, size - len, "%c%s%d%s%d%s",
                                    i == 0 ? '[' : ',', forms[f].before, i / N,
                                    forms[f].between, i % N, forms[f].behind);
        text[len++] = ']';
        CHECK_INT(parse_bytes(&s, &s.a, text, len), 0);
        s.steps = (uint64_t)N * N * forms[f].steps;
        CHECK_INT(mcps__buf_append_str(&s.memory, "something"), 0);
        CHECK_INT(mcps__items_differ(s.a, &s.memory, seed, &s.steps, &a, &b), 1);
        CHECK_INT(s.steps, 0);
        CHECK_INT(s.memory.len, 0);
    }
out:
    free(text);
    values_close(&s);
}

/* ---- texts ---- */

static void texts_are_shown(void)
{
    static const struct {
        const char *json, *shown;
    } rows[] = {
        { "null", "null" },
        { " true ", "true" },
        { "-7", "-7" },
        { "1.50", "1.5" },
        { "12345678901234567890123", "12345678901234567890123" },
        { "\"a\\u0000\\n\\\"\"", "\"a\\u0000\\n\\\"\"" },
        { "[ ]", "[]" },
        { "{\"b\":[1,{\"\":null}],\"a\\n\":false}",
          "{\"b\":[1,{\"\":null}],\"a\\n\":false}" },
    };
    struct values s;

    CHECK_INT(values_open(&s), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = 77;
        const char *string;

        CHECK_INT(parse(&s, &s.a, rows[i].json), 0);
        CHECK_INT(make_constant(&s, s.a), 0);
        CHECK_STR(mcps__constant_text(s.constant), rows[i].shown);
        string = mcps__constant_string(s.constant, &len);
        if (i == 5)
            CHECK_MEM(string, len, "a\0\n\"", 4);
        else
            CHECK(string == NULL && len == 77);
    }
out:
    values_close(&s);
}

static bool check_cut(struct values *s, const char *beginning)
{
    const char *text;
    size_t len;

    CHECK_INT(make_constant(s, s->a), 0);
    text = mcps__constant_text(s->constant);
    len = strlen(text);
    CHECK(len <= MCPS__CONSTANT_TEXT_MAX && len >= MCPS__CONSTANT_TEXT_MAX - 3);
    CHECK_STR(text + len - 3, "...");
    CHECK_INT(mcps__utf8_valid_prefix(text, len), len);
    CHECK(strncmp(text, beginning, strlen(beginning)) == 0);
    return true;
out:
    return false;
}

static void long_texts_are_cut_at_a_character(void)
{
    char text[3000];
    struct values s;

    CHECK_INT(values_open(&s), 0);
    for (size_t shift = 0; shift < 4;
         shift++) { /* characters of 4 bytes, at each place */
        size_t len = 0;

        text[len++] = '"';
        for (size_t i = 0; i < shift; i++)
            text[len++] = 'x';
        for (int i = 0; i < 400; i++) {
            memcpy(text + len, "\xf0\x9f\x98\x80", 4);
            len += 4;
        }
        text[len++] = '"';
        CHECK_INT(parse_bytes(&s, &s.a, text, len), 0);
        CHECK(check_cut(&s, "\""));
    }
    /* 198 characters and their quotation marks are just not too many. */
    memset(text, 'y', sizeof text);
    text[0] = text[199] = '"';
    CHECK_INT(parse_bytes(&s, &s.a, text, 200), 0);
    CHECK_INT(make_constant(&s, s.a), 0);
    CHECK_MEM(mcps__constant_text(s.constant), strlen(mcps__constant_text(s.constant)),
              text, 200);
    text[199] = 'y';
    text[200] = '"';
    CHECK_INT(parse_bytes(&s, &s.a, text, 201), 0);
    CHECK(check_cut(&s, "\"yyy"));
    /* Deeper than a text may be, and wider. */
    json_object_put(s.a);
    s.a = nest(MCPS__VALUE_DEPTH_MAX);
    CHECK(s.a != NULL);
    CHECK(check_cut(&s, "[[[[["));
    for (int i = 0; i < 1000; i++)
        memcpy(text + 2 * i, i == 0 ? "[7" : ",7", 2);
    text[2000] = ']';
    CHECK_INT(parse_bytes(&s, &s.a, text, 2001), 0);
    CHECK(check_cut(&s, "[7,7,7"));
out:
    values_close(&s);
}

/* ---- by chance ---- */

/* A value of few, so that many are the same; some in two spellings. */
static size_t random_value(char *to, size_t size, unsigned depth)
{
    static const char *const words[] = {
        "0",
        "-0.0",
        "1",
        "1.0",
        "10e-1",
        "0.5",
        "\"0\"",
        "\"\"",
        "{}",
        "[]",
        "null",
        "false",
        "true",
        "\"a\\u0000\"",
        "\"a\"",
        "1e-400",
        "2e0",
        "2",
        "5e-1",
        "9007199254740993",
        "9007199254740993.0",
    };
    size_t len = 0, n = (size_t)unit_random_below(3);
    bool object = unit_random_below(2);

    if (depth == 0 || unit_random_below(3) == 0)
        return (size_t)snprintf(to, size, "%s",
                                words[unit_random_below(sizeof words / sizeof words[0])]);
    to[len++] = object ? '{' : '[';
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            to[len++] = ',';
        if (object) {
            /* Two names, in either order. */
            char name = n == 1 ? 'a' : (char)('a' + (i ^ (depth & 1)));

            len += (size_t)snprintf(to + len, size - len, "\"%c\":", name);
        }
        len += random_value(to + len, size - len, depth - 1);
    }
    to[len++] = object ? '}' : ']';
    to[len] = '\0';
    return len;
}

/* The first item that is the same as one before it, by comparing all with all. */
static bool find_naively(struct json_object *items, size_t *ret_a, size_t *ret_b)
{
    uint64_t steps = UINT64_MAX;

    for (size_t b = 1; b < json_object_array_length(items); b++) {
        for (size_t a = 0; a < b; a++) {
            if (mcps__values_equal(json_object_array_get_idx(items, a),
                                   json_object_array_get_idx(items, b), &steps) == 1) {
                *ret_a = a;
                *ret_b = b;
                return true;
            }
        }
    }
    return false;
}

/* Members in another order, numbers spelt otherwise: the depth says in random_value(). */
static void random_items_are_found_by_hash_as_in_pairs(void)
{
    unsigned n = unit_repeat(500, 20000), n_found = 0;
    char text[20000];
    struct values s;

    CHECK_INT(values_open(&s), 0);
    for (unsigned i = 0; i < n; i++) {
        size_t items = (size_t)unit_random_below(24), len = 0, a = 77, b = 77;
        size_t want_a = 77, want_b = 77;
        bool found;

        text[len++] = '[';
        for (size_t k = 0; k < items; k++) {
            if (k > 0)
                text[len++] = ',';
            len += random_value(text + len, sizeof text - len,
                                2 + (unsigned)unit_random_below(3));
        }
        text[len++] = ']';
        unit_note_on_failure("%.*s", (int)len, text);
        CHECK_INT(parse_bytes(&s, &s.a, text, len), 0);
        found = find_naively(s.a, &want_a, &want_b);
        n_found += found;
        s.steps = UINT64_MAX;
        CHECK_INT(mcps__items_differ(s.a, &s.memory, seed, &s.steps, &a, &b), !found);
        CHECK_INT(a, want_a);
        CHECK_INT(b, want_b);
        for (size_t k = 0; k + 1 < items; k++) {
            struct json_object *x = json_object_array_get_idx(s.a, k);
            struct json_object *y = json_object_array_get_idx(s.a, k + 1);

            CHECK_INT(make_constant(&s, x), 0);
            CHECK_INT(mcps__constant_equals(s.constant, y, &s.steps),
                      mcps__values_equal(x, y, &s.steps));
        }
    }
    CHECK(n_found > n / 10 && n_found < n - n / 10);
out:
    values_close(&s);
}

/* ---- the metaschemas ---- */

#define DRAFT_2020_12 "https://json-schema.org/draft/2020-12/"

static void metaschemas_are_found(void)
{
    static const char *const uris[] = {
        DRAFT_2020_12 "schema",
        DRAFT_2020_12 "meta/core",
        DRAFT_2020_12 "meta/applicator",
        DRAFT_2020_12 "meta/unevaluated",
        DRAFT_2020_12 "meta/validation",
        DRAFT_2020_12 "meta/meta-data",
        DRAFT_2020_12 "meta/format-annotation",
        DRAFT_2020_12 "meta/format-assertion",
        DRAFT_2020_12 "meta/content",
        "http://json-schema.org/draft-07/schema",
    };
    static const char *const others[] = {
        "",
        "schema",
        DRAFT_2020_12,
        DRAFT_2020_12 "schema#",
        DRAFT_2020_12 "schem",
        DRAFT_2020_12 "meta/",
        DRAFT_2020_12 "meta/others",
        "https://json-schema.org/draft-07/schema",
        "http://json-schema.org/draft-06/schema",
    };
    struct json_object *id = NULL;
    struct values s;

    CHECK_INT(values_open(&s), 0);
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        size_t len = strlen(uris[i]);
        const char *json = mcps__metaschema_find(uris[i], len);

        unit_note_on_failure("%s", uris[i]);
        CHECK(json != NULL);
        CHECK_INT(parse(&s, &s.a, json), 0);
        CHECK(json_object_object_get_ex(s.a, "$id", &id));
        CHECK(strncmp(json_object_get_string(id), uris[i], len) == 0);
        CHECK(json_object_object_get_ex(s.a, "properties", NULL));
        CHECK(mcps__metaschema_find(uris[i], len - 1) == NULL);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        unit_note_on_failure("%s", others[i]);
        CHECK(mcps__metaschema_find(others[i], strlen(others[i])) == NULL);
    }
out:
    values_close(&s);
}

const struct unit_test schema_constant_tests[] = {
    UNIT_TEST(values_are_the_same_or_not),
    UNIT_TEST(a_constant_outlives_its_tree),
    UNIT_TEST(what_is_no_number_equals_nothing),
    UNIT_TEST_ONCE(deep_trees_are_refused,
                   "it takes long, and shallow ones allocate as it does"),
    UNIT_TEST(every_value_is_a_step),
    UNIT_TEST(many_items_take_linear_time),
    UNIT_TEST(places_tell_items_apart),
    UNIT_TEST(texts_are_shown),
    UNIT_TEST_ONCE(long_texts_are_cut_at_a_character,
                   "it takes long, and texts_are_shown allocates as it does"),
    UNIT_TEST_ONCE(random_items_are_found_by_hash_as_in_pairs,
                   "others allocate as it does"),
    UNIT_TEST(metaschemas_are_found),
    UNIT_END,
};
