/* SPDX-License-Identifier: MIT */
/* Structs encoded by their tables. */
#include "config.h"

#include "unit.h"

#include <math.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "schema_scene.h"

extern const struct unit_test schema_encode_tests[];

static const char *const units[] = { "c", "f", NULL };

#define PLACE(ARG, S)                      \
    ARG(S, NUMBER, lat, "", MCPS_REQUIRED) \
    ARG(S, STRING, label, "", MCPS_OPTIONAL)
MCPS_ARGS(place, PLACE);

#define ALL(ARG, S)                                                             \
    ARG(S, INT, i, "", MCPS_REQUIRED, MCPS_RANGE(-5, 5))                        \
    ARG(S, NUMBER, d, "", MCPS_OPTIONAL, MCPS_RANGE(0, 1))                      \
    ARG(S, BOOL, b, "", MCPS_OPTIONAL)                                          \
    ARG(S, STRING, s, "", MCPS_OPTIONAL, .min_length = 1, .max_length = 3)      \
    ARG(S, ENUM, e, "", MCPS_OPTIONAL, .choices = units)                        \
    ARG(S, OBJECT(place), o, "", MCPS_OPTIONAL)                                 \
    ARG(S, JSON, j, "", MCPS_OPTIONAL)                                          \
    ARG(S, LIST(INT), ii, "", MCPS_OPTIONAL, MCPS_MAX(9))                       \
    ARG(S, LIST(NUMBER), dd, "", MCPS_OPTIONAL)                                 \
    ARG(S, LIST(BOOL), bb, "", MCPS_OPTIONAL)                                   \
    ARG(S, LIST(STRING), ss, "", MCPS_OPTIONAL, .min_items = 1, .max_items = 2) \
    ARG(S, LIST(ENUM), ee, "", MCPS_OPTIONAL, .choices = units)                 \
    ARG(S, LIST(OBJECT(place)), oo, "", MCPS_OPTIONAL)                          \
    ARG(S, LIST(JSON), jj, "", MCPS_OPTIONAL)                                   \
    ARG(S, INT, pin, "", MCPS_OPTIONAL | MCPS_SECRET, MCPS_MAX(9))
MCPS_ARGS(all, ALL);

static const int64_t ints[] = { 1, -9 };
static const double doubles[] = { 0.5, -1e300 };
static const bool bools[] = { true, false };
static const char *const strings[] = { "a\n", "" };
static const int enums[] = { 1, 0 };
static const struct place places[] = { { .lat = 1, .label = "x", .has_label = true },
                                       { .lat = -2.5 } };

static void every_type_is_encoded(void)
{
    struct all v = { .i = -5,
                     .has_d = true,
                     .d = 1,
                     .has_b = true,
                     .has_s = true,
                     .s = "\xc3\xa9\xff\"",
                     .has_e = true,
                     .e = 1,
                     .has_o = true,
                     .o = { .lat = 3 },
                     .has_j = true,
                     .has_ii = true,
                     .ii = { ints, 2 },
                     .has_dd = true,
                     .dd = { doubles, 2 },
                     .has_bb = true,
                     .bb = { bools, 2 },
                     .has_ss = true,
                     .ss = { strings, 2 },
                     .has_ee = true,
                     .ee = { enums, 2 },
                     .has_oo = true,
                     .oo = { places, 2 },
                     .has_jj = true,
                     .has_pin = true,
                     .pin = 3 };
    struct json_object *trees[2] = { NULL, NULL };
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all), 0);
    trees[1] = json_tokener_parse("{\"a\":[1,2.5]}");
    CHECK(trees[1] != NULL);
    v.j = trees[1];
    v.jj.items = trees;
    v.jj.n = 2;
    CHECK_INT(scene_encode(&s, &v), 0);
    CHECK_STR(s.out.data,
              "{\"i\":-5,\"d\":1.0,\"b\":false,\"s\":\"\xc3\xa9\xef\xbf\xbd\\\"\",\"e\":"
              "\"f\",\"o\":{\"lat\":3.0},\"j\":{\"a\":[1,2.5]},\"ii\":[1,-9],\"dd\":[0.5,"
              "-1e+300],\"bb\":[true,false],\"ss\":[\"a\\n\",\"\"],\"ee\":[\"f\",\"c\"],"
              "\"oo\":[{\"lat\":1.0,\"label\":\"x\"},{\"lat\":-2.5}],\"jj\":[null,{\"a\":"
              "[1,2.5]}],\"pin\":3}");
    /* What it encodes it decodes, too. */
    CHECK_INT(scene_decode(&s, s.out.data), 0);
    CHECK_INT(SCENE_ARGS(&s, all)->oo.n, 2);
out:
    json_object_put(trees[1]);
    scene_close(&s);
}

static void what_is_not_there_is_left_out(void)
{
    struct all v = { .i = 5, .d = 77, .s = NULL };
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all), 0);
    CHECK_INT(scene_encode(&s, &v), 0);
    CHECK_STR(s.out.data, "{\"i\":5}");
    v.has_ii = v.has_j = true;
    CHECK_INT(scene_encode(&s, &v), 0);
    CHECK_STR(s.out.data, "{\"i\":5,\"j\":null,\"ii\":[]}");
out:
    scene_close(&s);
}

static void values_that_do_not_fit_are_named(void)
{
    static const int64_t large[] = { 1, 10 };
    static const char *const with_null[] = { "a", NULL };
    static const int odd[] = { 2 };
    static const struct place bad_place[] = { { .lat = 1 }, { .lat = (double)NAN } };
    const struct {
        struct all value;
        const char *error;
    } rows[] = {
        { { .i = 6 }, "result \"i\": expected an integer from -5 to 5, got 6" },
        { { .i = -6 }, "result \"i\": expected an integer from -5 to 5, got -6" },
        { { .has_d = true, .d = -0.1 },
          "result \"d\": expected a number from 0 to 1, got a smaller one" },
        { { .has_d = true, .d = 1.5 },
          "result \"d\": expected a number from 0 to 1, got a greater one" },
        { { .has_d = true, .d = (double)NAN },
          "result \"d\": expected a number from 0 to 1, got one that is not finite" },
        { { .has_d = true, .d = (double)INFINITY },
          "result \"d\": expected a number from 0 to 1, got one that is not finite" },
        { { .has_s = true, .s = NULL },
          "result \"s\": expected a string of 1 to 3 characters, got NULL" },
        { { .has_s = true, .s = "" },
          "result \"s\": expected a string of 1 to 3 characters, got 0 characters" },
        { { .has_s = true, .s = "ab\xff\xc3\xa9" },
          "result \"s\": expected a string of 1 to 3 characters, got 4 characters" },
        { { .has_e = true, .e = 2 },
          "result \"e\": expected one of \"c\", \"f\", got the index 2" },
        { { .has_e = true, .e = -1 },
          "result \"e\": expected one of \"c\", \"f\", got the index -1" },
        { { .has_o = true, .o = { .lat = (double)INFINITY } },
          "result \"o.lat\": expected a number, got one that is not finite" },
        { { .has_o = true, .o = { .has_label = true } },
          "result \"o.label\": expected a string, got NULL" },
        { { .has_ii = true, .ii = { large, 2 } },
          "result \"ii[1]\": expected an integer of at most 9, got 10" },
        { { .has_ii = true, .ii = { NULL, 1 } },
          "result \"ii\": expected an array, got NULL" },
        { { .has_ss = true },
          "result \"ss\": expected an array of 1 to 2 items, got 0 items" },
        { { .has_ss = true, .ss = { strings, 3 } },
          "result \"ss\": expected an array of 1 to 2 items, got 3 items" },
        { { .has_ss = true, .ss = { with_null, 2 } },
          "result \"ss[1]\": expected a string, got NULL" },
        { { .has_ee = true, .ee = { odd, 1 } },
          "result \"ee[0]\": expected one of \"c\", \"f\", got the index 2" },
        { { .has_oo = true, .oo = { bad_place, 2 } },
          "result \"oo[1].lat\": expected a number, got one that is not finite" },
        { { .has_pin = true, .pin = 4711 },
          "result \"pin\": expected an integer of at most 9, got another" },
    };
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].error);
        CHECK_INT(scene_encode(&s, &rows[i].value), MCPS_EINVALID);
        CHECK_STR(s.error, rows[i].error);
    }
out:
    scene_close(&s);
}

static void trees_that_are_no_json_are_refused(void)
{
    struct all v = { .has_jj = true };
    struct json_object *nan = NULL, *trees[1];
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all), 0);
    nan = json_object_new_double((double)NAN);
    trees[0] = nan;
    v.jj.items = trees;
    v.jj.n = 1;
    CHECK_INT(scene_encode(&s, &v), MCPS_EINVALID);
    CHECK(s.error[0] != '\0');
    v = (struct all){ .has_j = true, .j = nan };
    CHECK_INT(scene_encode(&s, &v), MCPS_EINVALID);
    CHECK(strstr(s.error, "the result: ") == s.error);
out:
    json_object_put(nan);
    scene_close(&s);
}

/* ---- what fields say of trees ---- */

#define PART(ARG, S) ARG(S, JSON, n, "", MCPS_REQUIRED, .schema_json = "{\"minimum\":3}")
MCPS_ARGS(part, PART);

#define TREES(ARG, S)                                                               \
    ARG(S, JSON, j, "", MCPS_REQUIRED,                                              \
        .schema_json = "{\"type\":[\"null\",\"array\",\"string\"],\"maxItems\":1}") \
    ARG(S, LIST(JSON), jj, "", MCPS_OPTIONAL,                                       \
        .schema_json = "{\"$ref\":\"#/properties/j\",\"type\":\"array\"}")          \
    ARG(S, OBJECT(part), o, "", MCPS_OPTIONAL)                                      \
    ARG(S, JSON, slow, "", MCPS_OPTIONAL, .schema_json = SCENE_SLOW("slow"))        \
    ARG(S, JSON, any, "", MCPS_OPTIONAL)
MCPS_ARGS(trees, TREES);

/* Encodes a value with that tree in each place, in turn. NULL: it fits there. */
static bool is_encoded(struct scene *s, struct json_object *tree, const char *j,
                       const char *jj, const char *o, const char *slow)
{
    struct json_object *items[] = { NULL, tree };
    const struct trees values[] = {
        { .j = tree },
        { .has_jj = true, .jj = { items + 1, 1 } },
        { .has_o = true, .o = { .n = tree } },
        { .has_slow = true, .slow = tree },
        { .has_any = true, .any = tree },
    };
    const char *wants[] = { j, jj, o, slow, NULL };

    for (size_t i = 0; i < 5; i++) {
        int r = scene_encode(s, &values[i]);

        if (!unit_check_int(r, wants[i] ? MCPS_EINVALID : 0, "the result", __FILE__,
                            __LINE__) ||
            (wants[i] &&
             !unit_check_str(s->error, wants[i], "the error", __FILE__, __LINE__)))
            return false;
    }
    return true;
}

static void trees_are_held_against_their_schemas(void)
{
    static const struct {
        const char *json, *j, *jj, *o, *slow;
    } rows[] = {
        { "[]", NULL, NULL, NULL, NULL },
        { "[{}]", NULL, NULL, NULL, NULL },
        { "[1,2]", "result \"j\": expected at most 1 item, got 2 items",
          "result \"jj[0]\": expected at most 1 item, got 2 items", NULL, NULL },
        { "\"aa\"", NULL, "result \"jj[0]\": expected an array, got \"aa\"", NULL, NULL },
        { "2", "result \"j\": expected a string or an array or null, got 2",
          "result \"jj[0]\": expected an array, got 2",
          "result \"o.n\": expected at least 3, got 2", NULL },
        { SCENE_SLOW_VALUE, NULL, NULL, NULL,
          "result \"slow\": the value cannot be checked: that takes more than 100000 steps" },
    };
    struct json_object *tree = NULL;
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, trees), 0);
    CHECK_INT(scene_compile(&s), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_object_put(tree);
        tree = json_tokener_parse(rows[i].json);
        CHECK(tree != NULL);
        unit_note_on_failure("%s", rows[i].json);
        CHECK(is_encoded(&s, tree, rows[i].j, rows[i].jj, rows[i].o, rows[i].slow));
    }
    /* Without a scratch nobody looks. */
    s.scratch = NULL;
    CHECK(is_encoded(&s, tree, NULL, NULL, NULL, NULL));
out:
    unit_note_on_failure("%s", "");
    json_object_put(tree);
    scene_close(&s);
}

static void trees_that_are_no_json_are_not_checked(void)
{
    struct trees v = { .has_o = true };
    struct json_object *nan = NULL;
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, trees), 0);
    CHECK_INT(scene_compile(&s), 0);
    nan = json_object_new_double((double)NAN);
    v.o.n = nan;
    CHECK_INT(scene_encode(&s, &v), MCPS_EINVALID);
    CHECK(strstr(s.error, "the result: ") == s.error);
out:
    json_object_put(nan);
    scene_close(&s);
}

const struct unit_test schema_encode_tests[] = {
    UNIT_TEST(every_type_is_encoded),
    UNIT_TEST(what_is_not_there_is_left_out),
    UNIT_TEST(values_that_do_not_fit_are_named),
    UNIT_TEST(trees_that_are_no_json_are_refused),
    UNIT_TEST(trees_are_held_against_their_schemas),
    UNIT_TEST(trees_that_are_no_json_are_not_checked),
    UNIT_END,
};
