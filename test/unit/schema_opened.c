/* SPDX-License-Identifier: MIT */
/* Strings that are decoded as the values that they hold. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "schema_scene.h"
#include "util/buf.h"

extern const struct unit_test schema_opened_tests[];

static const char *const units[] = { "c", "f", NULL };

#define PLACE(ARG, S)                      \
    ARG(S, NUMBER, lat, "", MCPS_REQUIRED) \
    ARG(S, STRING, label, "", MCPS_OPTIONAL)
MCPS_ARGS(place, PLACE);

#define ALL_ARGS(ARG, S)                                        \
    ARG(S, INT, i, "", MCPS_OPTIONAL)                           \
    ARG(S, NUMBER, d, "", MCPS_OPTIONAL)                        \
    ARG(S, BOOL, b, "", MCPS_OPTIONAL)                          \
    ARG(S, STRING, s, "", MCPS_OPTIONAL)                        \
    ARG(S, ENUM, e, "", MCPS_OPTIONAL, .choices = units)        \
    ARG(S, OBJECT(place), o, "", MCPS_OPTIONAL)                 \
    ARG(S, JSON, j, "", MCPS_OPTIONAL)                          \
    ARG(S, LIST(INT), ii, "", MCPS_OPTIONAL)                    \
    ARG(S, LIST(NUMBER), dd, "", MCPS_OPTIONAL)                 \
    ARG(S, LIST(BOOL), bb, "", MCPS_OPTIONAL)                   \
    ARG(S, LIST(STRING), ss, "", MCPS_OPTIONAL)                 \
    ARG(S, LIST(ENUM), ee, "", MCPS_OPTIONAL, .choices = units) \
    ARG(S, LIST(OBJECT(place)), oo, "", MCPS_OPTIONAL)          \
    ARG(S, LIST(JSON), jj, "", MCPS_OPTIONAL)
MCPS_ARGS(all_args, ALL_ARGS);

#define TREES(ARG, S)                                                               \
    ARG(S, JSON, n, "", MCPS_OPTIONAL, .schema_json = "{\"type\":\"integer\"}")     \
    ARG(S, JSON, null, "", MCPS_OPTIONAL, .schema_json = "{\"type\":\"null\"}")     \
    ARG(S, LIST(JSON), jj, "", MCPS_OPTIONAL,                                       \
        .schema_json =                                                              \
            "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{"            \
            "\"a\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/properties/n\"}}}}") \
    ARG(S, JSON, any, "", MCPS_OPTIONAL)
MCPS_ARGS(trees, TREES);

#define LOGIN(ARG, S)                       \
    ARG(S, STRING, user, "", MCPS_OPTIONAL) \
    ARG(S, LIST(INT), codes, "", MCPS_OPTIONAL | MCPS_SECRET)
MCPS_ARGS(login, LOGIN);

/* What is decoded when strings are opened. */
static int open_strings(struct scene *s, const char *text)
{
    s->reader.coerces = true;
    s->reader.n_coerced = 0;
    return scene_decode(s, text);
}

static void strings_are_opened(void)
{
    const struct all_args *a;
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    CHECK_INT(open_strings(&s,
                           "{\"i\":\"-7\",\"d\":\" 1.5 \",\"b\":\"true\",\"s\":\"true\","
                           "\"e\":\"f\",\"j\":\"[]\"}"),
              0);
    a = SCENE_ARGS(&s, all_args);
    CHECK(a->i == -7 && a->d == 1.5 && a->b && a->e == 1);
    CHECK_STR(a->s, "true");
    CHECK_STR(json_object_get_string(a->j), "[]");
    CHECK_INT(s.reader.n_coerced, 3);
    /* What stands behind an opened string is still found. */
    CHECK_INT(open_strings(&s, "{\"ii\":\"[\\u0031, \\\"2\\\" ]\",\"dd\":[\"1e2\",3],"
                               "\"i\":5}"),
              0);
    a = SCENE_ARGS(&s, all_args);
    CHECK(a->ii.n == 2 && a->ii.items[0] == 1 && a->ii.items[1] == 2);
    CHECK(a->dd.n == 2 && a->dd.items[0] == 100 && a->dd.items[1] == 3 && a->i == 5);
    CHECK_INT(s.reader.n_coerced, 3);
    /* Strings of a struct stay where the text of their object was opened. */
    CHECK_INT(open_strings(&s,
                           "{\"o\":\"{\\\"label\\\":\\\"a\\\\nb\\\",\\\"lat\\\":"
                           "\\\"2\\\"}\",\"oo\":[\"{\\\"lat\\\":1}\"],\"bb\":\"[false]\","
                           "\"ss\":\"[\\\"x\\\"]\",\"ee\":\"[\\\"c\\\"]\","
                           "\"jj\":\"[1,{}]\"}"),
              0);
    a = SCENE_ARGS(&s, all_args);
    CHECK_STR(a->o.label, "a\nb");
    CHECK(a->o.lat == 2 && a->oo.n == 1 && a->oo.items[0].lat == 1);
    CHECK(a->bb.n == 1 && !a->bb.items[0] && a->ss.n == 1 && a->ee.n == 1 &&
          a->jj.n == 2);
    CHECK_STR(a->ss.items[0], "x");
    CHECK_INT(s.reader.n_coerced, 7);
out:
    scene_close(&s);
}

static void strings_that_hold_nothing_of_the_kind(void)
{
    static const struct {
        const char *value, *error; /* of the argument i, an integer */
    } rows[] = {
        { "\"\"", "\"\"" },           { "\" \"", "\" \"" },
        { "\"1.5\"", "\"1.5\"" },     { "\"01\"", "\"01\"" },
        { "\"1 2\"", "\"1 2\"" },     { "\"1\\u0000\"", "\"1\\u0000\"" },
        { "\"true\"", "\"true\"" },   { "\"null\"", "\"null\"" },
        { "\"[1]\"", "\"[1]\"" },     { "\"\\\"1\\\"\"", "\"\\\"1\\\"\"" },
        { "\"1e19\"", "\"1e19\"" },   { "\"-\"", "\"-\"" },
        { "\"1\\n,\"", "\"1\\n,\"" },
    };
    char text[100], want[200];
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "{\"i\":%s}", rows[i].value);
        snprintf(want, sizeof want,
                 "argument \"i\": expected an integer of 64 bits, got %s", rows[i].error);
        CHECK_INT(open_strings(&s, text), MCPS_EINVALID);
        CHECK_STR(s.error, want);
        CHECK_INT(s.reader.n_coerced, 0);
    }
    CHECK_INT(
        open_strings(&s, "{\"ii\":\"{}\",\"o\":\"[]\",\"d\":\"false\",\"b\":\"0\"}"),
        MCPS_EINVALID);
    CHECK_INT(s.reader.n_coerced, 0);
    /* Opened, but what is in it does not fit; and a number that no double has room for. */
    CHECK_INT(open_strings(&s, "{\"ii\":\"[1.5]\",\"d\":\"1e999\",\"i\":6}"),
              MCPS_EINVALID);
    CHECK_STR(s.error, "argument \"ii[0]\": expected an integer of 64 bits, got 1.5\n"
                       "argument \"d\": expected a number, got \"1e999\"");
    CHECK_INT(s.reader.n_coerced, 1);
out:
    scene_close(&s);
}

static void strings_in_trees_are_opened(void)
{
    const struct trees *a;
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, trees), 0);
    CHECK_INT(scene_compile(&s), 0);
    CHECK_INT(open_strings(&s, "{\"n\":\"1\",\"null\":\"null\",\"any\":\"1\",\"jj\":"
                               "\"[{\\\"a\\\":\\\"[1,2]\\\"},"
                               "\\\"{\\\\\\\"a\\\\\\\":[]}\\\"]\"}"),
              0);
    a = SCENE_ARGS(&s, trees);
    CHECK(json_object_is_type(a->n, json_type_int));
    CHECK(a->has_null && !a->null);
    CHECK(json_object_is_type(a->any, json_type_string));
    CHECK_INT(a->jj.n, 2);
    CHECK_STR(json_object_to_json_string_ext(a->jj.items[0], 0), "{\"a\":[1,2]}");
    CHECK_STR(json_object_to_json_string_ext(a->jj.items[1], 0), "{\"a\":[]}");
    CHECK_INT(s.reader.n_coerced, 5);
    CHECK_INT(open_strings(&s, "{\"n\":\"x\",\"jj\":[{\"a\":[\"1\",\"y\"]}]}"),
              MCPS_EINVALID);
    CHECK_STR(s.error, "argument \"n\": expected an integer, got \"x\"\n"
                       "argument \"jj[0]\" at \"/a/1\": expected an integer, got \"y\"");
    CHECK_INT(s.reader.n_coerced, 1);
out:
    scene_close(&s);
}

/* What was opened lies in the text, and for a moment in memory that the next call uses. */
static void opened_secrets_are_wiped(void)
{
    static const char json[] = "{\"user\":\"u\",\"codes\":\"[31337,\\\"31338\\\"]\"}";
    static const char bad[] = "{\"codes\":\"[31337,true]\"}";
    const char *const texts[] = { json, bad };
    char text[sizeof json], zeros[sizeof json] = { 0 }, error[MCPS__ARGS_ERROR_SIZE];
    struct mcps__args args = { .table = NULL };
    struct mcps__buf *scratch;
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, login), 0);
    s.reader.coerces = true;
    scratch = &s.reader.parser.scratch;
    for (int i = 0; i < 2; i++) {
        size_t len = strlen(texts[i]);
        int r;

        memcpy(text, texts[i], len);
        r = mcps__args_decode(&args, s.table, text, len, &s.reader, error, sizeof error);
        CHECK_INT(r, i == 0 ? 0 : MCPS_EINVALID);
        if (i == 0)
            CHECK_INT(((const struct login *)mcps__args_struct(&args))->codes.items[1],
                      31338);
        else
            CHECK_STR(error, "argument \"codes[1]\": expected an integer of 64 bits, got "
                             "a boolean");
        mcps__args_fini(&args);
        CHECK_MEM(text, len, zeros, len);
        CHECK(scratch->len > 0 && scratch->len < sizeof zeros);
        CHECK_MEM(scratch->data, scratch->len, zeros, scratch->len);
    }
out:
    mcps__args_fini(&args);
    scene_close(&s);
}

const struct unit_test schema_opened_tests[] = {
    UNIT_TEST(strings_are_opened),
    UNIT_TEST(strings_that_hold_nothing_of_the_kind),
    UNIT_TEST(strings_in_trees_are_opened),
    UNIT_TEST(opened_secrets_are_wiped),
    UNIT_END,
};
