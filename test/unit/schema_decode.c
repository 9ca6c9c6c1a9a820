/* SPDX-License-Identifier: MIT */
/* Arguments decoded into structs. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "schema_scene.h"
#include "util/mem.h"

extern const struct unit_test schema_decode_tests[];

static const char *const units[] = { "c", "f", "\xc3\xa9\"\\", NULL };

#define PLACE(ARG, S)                                             \
    ARG(S, NUMBER, lat, "", MCPS_REQUIRED)                        \
    ARG(S, NUMBER, lon, "", MCPS_OPTIONAL, .default_json = "7.5") \
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

static void integers_are_exact(void)
{
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = {
        { "0", 0 },
        { "-0", 0 },
        { "1.0", 1 },
        { "1e2", 100 },
        { "9007199254740993", INT64_C(9007199254740993) },
        { "-9007199254740993", -INT64_C(9007199254740993) },
        { "1e18", INT64_C(1000000000000000000) },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
    };
    static const char *const refused[] = {
        "1.5",
        "9223372036854775808",
        "-9223372036854775808.5",
        "1e19",
        "1e300",
        "1e-1",
        "null",
        "\"1\"",
        "true",
        "[1]",
        "{}",
    };
    char text[100];
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "{\"i\":%s}", rows[i].text);
        CHECK_INT(scene_decode(&s, text), 0);
        CHECK_INT(SCENE_ARGS(&s, all_args)->i, rows[i].value);
        CHECK(SCENE_ARGS(&s, all_args)->has_i);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        unit_note_on_failure("%s", refused[i]);
        snprintf(text, sizeof text, " { \"i\" : %s } ", refused[i]);
        CHECK_INT(scene_decode(&s, text), MCPS_EINVALID);
    }
out:
    scene_close(&s);
}

static void numbers_are_doubles(void)
{
    static const char *const rows[] = {
        "0",
        "-0.0",
        "1.5",
        "9007199254740993",
        "18446744073709551615",
        "1e308",
        "5e-324",
        "0.1",
        "0.30000000000000004",
        "1.7976931348623157e308",
        "1e-400",
        "123456789012345678901234567890.0",
        "100000000000000000000",
        "-12345678901234567890123",
    };
    static const char *const refused[] = { "null", "\"1\"", "false", "[1.5]", "{}" };
    char text[100];
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double want = strtod(rows[i], NULL);

        snprintf(text, sizeof text, "{\"d\":%s}", rows[i]);
        CHECK_INT(scene_decode(&s, text), 0);
        CHECK_MEM(&SCENE_ARGS(&s, all_args)->d, sizeof want, &want, sizeof want);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        snprintf(text, sizeof text, "{\"d\":%s}", refused[i]);
        CHECK_INT(scene_decode(&s, text), MCPS_EINVALID);
    }
out:
    scene_close(&s);
}

#define NAMED_ARGS(ARG, S)                                                              \
    ARG(S, STRING, content_type, "", MCPS_REQUIRED, .json_name = "content-type")        \
    ARG(S, LIST(INT), numbers, "", MCPS_OPTIONAL, .max_items = 1, .json_name = "class") \
    ARG(S, BOOL, loud, "", MCPS_OPTIONAL)
MCPS_ARGS(named_args, NAMED_ARGS);

static void names_that_are_no_identifiers(void)
{
    static const struct mcps_field twice[] = {
        { .name = "a", .type = MCPS_TYPE_BOOL, .json_name = "b" },
        { .name = "b", .type = MCPS_TYPE_BOOL, .has_offset = 2, .offset = 3 },
        { .name = NULL, .type = MCPS_TYPE_END },
    };
    struct scene s;

    CHECK_INT(scene_open(&s, twice, 4), -EINVAL);
    scene_close(&s);
    CHECK_INT(SCENE_OPEN(&s, named_args), 0);
    CHECK_INT(scene_decode(&s, "{\"content-type\":\"x\",\"class\":[4]}"), 0);
    CHECK_STR(SCENE_ARGS(&s, named_args)->content_type, "x");
    CHECK_INT(SCENE_ARGS(&s, named_args)->numbers.items[0], 4);
    CHECK_INT(scene_decode(&s, "{\"content_type\":\"x\",\"class\":[1,2]}"),
              MCPS_EINVALID);
    CHECK_STR(s.error,
              "unknown argument \"content_type\": there are \"content-type\", "
              "\"class\", \"loud\"\n"
              "argument \"class\": expected an array of at most 1 item, got 2 items\n"
              "argument \"content-type\" is missing: expected a string");
    CHECK_INT(scene_schema(&s), 0);
    CHECK(strstr(
        s.out.data,
        "\"properties\":{\"content-type\":{\"type\":\"string\",\"description\":\"\"},"
        "\"class\":{"));
    CHECK(strstr(s.out.data, "\"required\":[\"content-type\"]"));
out:
    scene_close(&s);
}

static void booleans_and_enums(void)
{
    const struct all_args *a;
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    CHECK_INT(scene_decode(&s, "{\"b\":true,\"e\":\"f\"}"), 0);
    a = SCENE_ARGS(&s, all_args);
    CHECK(a->b && a->has_b && a->has_e);
    CHECK_INT(a->e, 1);
    CHECK_INT(scene_decode(&s, "{\"b\":false,\"e\":\"\\u0063\"}"), 0);
    a = SCENE_ARGS(&s, all_args);
    CHECK(!a->b && a->has_b);
    CHECK_INT(a->e, 0);
    CHECK_INT(scene_decode(&s, "{\"e\":\"\xc3\xa9\\\"\\\\\"}"), 0);
    CHECK_INT(SCENE_ARGS(&s, all_args)->e, 2);
    CHECK_INT(scene_decode(&s, "{\"e\":\"\\u00e9\\u0022\\u005c\"}"), 0);
    CHECK_INT(SCENE_ARGS(&s, all_args)->e, 2);
    CHECK_INT(scene_decode(&s, "{\"e\":\"\"}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"e\":\"cc\"}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"e\":\"\\u0063c\"}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"e\":\"\\u00e9\\u0022\"}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"e\":\"C\"}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"e\":0}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"b\":0}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"b\":null}"), MCPS_EINVALID);
out:
    scene_close(&s);
}

static void strings_are_unescaped_in_place(void)
{
    static const struct {
        const char *text, *value;
    } rows[] = {
        { "", "" },
        { "plain", "plain" },
        { "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" },
        { "a\\u00e9b\\u20acc\\uD83D\\uDE00d", "a\xc3\xa9"
                                              "b\xe2\x82\xac"
                                              "c\xf0\x9f\x98\x80"
                                              "d" },
        { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
          "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
        { "\\u007f\\u0080\\u07ff\\u0800\\uffff",
          "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf" },
        { "ends with\\\\", "ends with\\" },
    };
    char text[200];
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "{\"s\":\"%s\",\"ss\":[\"%s\",\"end\"]}",
                 rows[i].text, rows[i].text);
        CHECK_INT(scene_decode(&s, text), 0);
        CHECK_STR(SCENE_ARGS(&s, all_args)->s, rows[i].value);
        CHECK_STR(SCENE_ARGS(&s, all_args)->ss.items[0], rows[i].value);
        CHECK_STR(SCENE_ARGS(&s, all_args)->ss.items[1], "end");
    }
    CHECK_INT(scene_decode(&s, "{\"s\":\"a\\u0000b\"}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"s\":\"\\u0000\"}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"s\":1}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"s\":null}"), MCPS_EINVALID);
out:
    scene_close(&s);
}

static void names_may_be_escaped(void)
{
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    CHECK_INT(scene_decode(&s, "{\"\\u0069\":1,\"\\u0069i\":[2]}"), 0);
    CHECK_INT(SCENE_ARGS(&s, all_args)->i, 1);
    CHECK_INT(SCENE_ARGS(&s, all_args)->ii.items[0], 2);
    CHECK_INT(scene_decode(&s, "{\"\\u0069\":1,\"i\":1}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"i\\u0000\":1}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"\":1}"), MCPS_EINVALID);
out:
    scene_close(&s);
}

static void lists_of_each_type(void)
{
    const struct all_args *a;
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    CHECK_INT(scene_decode(&s, "{\"ii\":[1,-2,3,4,5],\"dd\":[0.5],\"bb\":[true,false],"
                               "\"ss\":[\"\",\"x\"],\"ee\":[\"f\",\"c\"],\"jj\":[null,1,"
                               "{\"a\":[]}],\"oo\":[{\"lat\":1},{\"lon\":3,\"lat\":2,"
                               "\"label\":\"L\"}]}"),
              0);
    a = SCENE_ARGS(&s, all_args);
    CHECK_INT(a->ii.n, 5);
    CHECK_INT(a->ii.items[1], -2);
    CHECK_INT(a->ii.items[4], 5);
    CHECK_INT(a->dd.n, 1);
    CHECK(a->dd.items[0] == 0.5);
    CHECK_INT(a->bb.n, 2);
    CHECK(a->bb.items[0] && !a->bb.items[1]);
    CHECK_INT(a->ss.n, 2);
    CHECK_STR(a->ss.items[0], "");
    CHECK_STR(a->ss.items[1], "x");
    CHECK_INT(a->ee.n, 2);
    CHECK_INT(a->ee.items[0], 1);
    CHECK_INT(a->ee.items[1], 0);
    CHECK_INT(a->jj.n, 3);
    CHECK(a->jj.items[0] == NULL);
    CHECK_INT(json_object_get_int64(a->jj.items[1]), 1);
    CHECK_STR(json_object_to_json_string_ext(a->jj.items[2], 0), "{\"a\":[]}");
    CHECK_INT(a->oo.n, 2);
    CHECK(a->oo.items[0].lat == 1 && a->oo.items[0].lon == 7.5);
    CHECK(a->oo.items[0].has_lat && !a->oo.items[0].has_lon && !a->oo.items[0].label);
    CHECK(a->oo.items[1].lat == 2 && a->oo.items[1].lon == 3);
    CHECK(a->oo.items[1].has_label);
    CHECK_STR(a->oo.items[1].label, "L");
    CHECK_INT(scene_decode(&s, "{\"ii\":[ ],\"oo\":[],\"jj\":[]}"), 0);
    a = SCENE_ARGS(&s, all_args);
    CHECK(a->has_ii && a->ii.n == 0 && a->ii.items == NULL && a->oo.n == 0);
    CHECK_INT(scene_decode(&s, "{\"ii\":[1,null]}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"ii\":{}}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"ii\":1}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"oo\":[{}]}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"oo\":[[]]}"), MCPS_EINVALID);
out:
    scene_close(&s);
}

static void objects_and_trees(void)
{
    const struct all_args *a;
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    CHECK_INT(scene_decode(&s, "\n{ \"o\" : { \"lat\" : 1.5 , \"label\" : \"\" } ,\t"
                               "\"j\" : [ { \"a\" : \"\\u0000\" } , 12345678901 ] }\r\n"),
              0);
    a = SCENE_ARGS(&s, all_args);
    CHECK(a->has_o && a->o.has_lat && a->o.lat == 1.5 && !a->o.has_lon);
    CHECK(a->o.lon == 7.5 && a->o.has_label);
    CHECK_STR(a->o.label, "");
    CHECK(a->has_j);
    CHECK_STR(json_object_to_json_string_ext(a->j, 0),
              "[{\"a\":\"\\u0000\"},12345678901]");
    CHECK_INT(scene_decode(&s, "{\"j\":null}"), 0);
    a = SCENE_ARGS(&s, all_args);
    CHECK(a->has_j && a->j == NULL && !a->has_o && a->o.lon == 7.5);
    CHECK_INT(scene_decode(&s, "{\"j\":{\"a\":1,\"a\":2}}"), MCPS_EINVALID);
    CHECK_STR(s.error,
              "argument \"j\" is refused: an object has two members of one name");
    CHECK_INT(scene_decode(&s, "{\"o\":{}}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"o\":null}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"o\":[]}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"o\":{\"lat\":1,\"lat\":1}}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"o\":{\"lat\":1},\"o\":{\"lat\":1}}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"o\":{\"lat\":1,\"x\":1}}"), MCPS_EINVALID);
    CHECK_INT(scene_decode(&s, "{\"j\":{\"a\":1},\"j\":{\"a\":1}}"), MCPS_EINVALID);
out:
    scene_close(&s);
}

static void nothing_is_an_empty_object(void)
{
    static const char *const others[] = { "[]", "1", "\"\"", "null", "true" };
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    CHECK_INT(scene_decode(&s, ""), 0);
    CHECK(!SCENE_ARGS(&s, all_args)->has_i);
    CHECK_INT(scene_decode(&s, "{}"), 0);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CHECK_INT(scene_decode(&s, others[i]), MCPS_EINVALID);
    scene_close(&s);
    CHECK_INT(SCENE_OPEN(&s, mcps_no_args), 0);
    CHECK_INT(scene_decode(&s, ""), 0);
    CHECK_INT(scene_decode(&s, "{}"), 0);
    CHECK_INT(scene_decode(&s, "{\"a\":1}"), MCPS_EINVALID);
    scene_close(&s);
    CHECK_INT(SCENE_OPEN(&s, place), 0);
    CHECK_INT(scene_decode(&s, ""), MCPS_EINVALID);
out:
    scene_close(&s);
}

/* ---- defaults ---- */

#define DEFAULTS(ARG, S)                                                                \
    ARG(S, INT, i, "", MCPS_OPTIONAL, .default_json = "-3e2")                           \
    ARG(S, NUMBER, d, "", MCPS_OPTIONAL, .default_json = "0.25")                        \
    ARG(S, BOOL, b, "", MCPS_OPTIONAL, .default_json = "true")                          \
    ARG(S, STRING, s, "", MCPS_OPTIONAL, .default_json = "\"\\u00e9\\n\"")              \
    ARG(S, ENUM, e, "", MCPS_OPTIONAL, .choices = units, .default_json = "\"f\"")       \
    ARG(S, OBJECT(place), o, "", MCPS_OPTIONAL,                                         \
        .default_json = "{\"lat\":1,\"label\":\"here\"}")                               \
    ARG(S, OBJECT(place), p, "", MCPS_OPTIONAL)                                         \
    ARG(S, LIST(STRING), ss, "", MCPS_OPTIONAL, .default_json = "[\"x\",\"\\u0079\"]")  \
    ARG(S, LIST(OBJECT(place)), oo, "", MCPS_OPTIONAL, .default_json = "[{\"lat\":4}]") \
    ARG(S, INT, last, "", MCPS_OPTIONAL)
MCPS_ARGS(defaults, DEFAULTS);

static void defaults_fill_in(void)
{
    const struct defaults *a;
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, defaults), 0);
    for (int round = 0; round < 2; round++) {
        CHECK_INT(scene_decode(&s, round == 0 ? "" : "{\"last\":1}"), 0);
        a = SCENE_ARGS(&s, defaults);
        CHECK(!a->has_i && !a->has_d && !a->has_b && !a->has_s && !a->has_e);
        CHECK(!a->has_o && !a->has_p && !a->has_ss && !a->has_oo);
        CHECK_INT(a->has_last, round);
        CHECK_INT(a->i, -300);
        CHECK(a->d == 0.25 && a->b);
        CHECK_STR(a->s, "\xc3\xa9\n");
        CHECK_INT(a->e, 1);
        CHECK(a->o.lat == 1 && a->o.has_lat && a->o.lon == 7.5 && !a->o.has_lon);
        CHECK_STR(a->o.label, "here");
        CHECK(a->p.lat == 0 && a->p.lon == 7.5 && !a->p.label);
        CHECK_INT(a->ss.n, 2);
        CHECK_STR(a->ss.items[0], "x");
        CHECK_STR(a->ss.items[1], "y");
        CHECK_INT(a->oo.n, 1);
        CHECK(a->oo.items[0].lat == 4 && a->oo.items[0].lon == 7.5);
    }
    CHECK_INT(scene_decode(&s, "{\"i\":1,\"d\":2,\"b\":false,\"s\":\"z\",\"e\":\"c\","
                               "\"o\":{\"lat\":9},\"ss\":[],\"oo\":[]}"),
              0);
    a = SCENE_ARGS(&s, defaults);
    CHECK(a->has_i && a->i == 1 && a->d == 2 && !a->b && a->e == 0);
    CHECK_STR(a->s, "z");
    CHECK(a->o.lat == 9 && a->o.label == NULL && !a->o.has_label && a->o.lon == 7.5);
    CHECK(a->ss.n == 0 && a->oo.n == 0);
out:
    scene_close(&s);
}

/* ---- bounds ---- */

#define BOUNDS(ARG, S)                                                           \
    ARG(S, INT, i, "", MCPS_OPTIONAL, MCPS_RANGE(1, 14))                         \
    ARG(S, INT, big, "", MCPS_OPTIONAL, MCPS_MAX(9007199254740992))              \
    ARG(S, INT, routed, "", MCPS_OPTIONAL, .header = "R")                        \
    ARG(S, NUMBER, d, "", MCPS_OPTIONAL, MCPS_RANGE(-0.5, 0.5))                  \
    ARG(S, NUMBER, zero, "", MCPS_OPTIONAL, MCPS_MIN(0))                         \
    ARG(S, STRING, s, "", MCPS_OPTIONAL, .min_length = 2, .max_length = 3)       \
    ARG(S, LIST(STRING), ss, "", MCPS_OPTIONAL, .max_length = 1, .min_items = 1, \
        .max_items = 2)                                                          \
    ARG(S, LIST(INT), ii, "", MCPS_OPTIONAL, MCPS_MAX(9), .min_items = 2)
MCPS_ARGS(bounds, BOUNDS);

static void bounds_are_inclusive(void)
{
    static const char *const fit[] = {
        "{\"i\":1}",
        "{\"i\":14}",
        "{\"i\":14.0}",
        "{\"big\":9007199254740992}",
        "{\"big\":-9223372036854775808}",
        "{\"routed\":9007199254740991}",
        "{\"routed\":-9007199254740991}",
        "{\"d\":-0.5}",
        "{\"d\":0.5}",
        "{\"d\":5e-1}",
        "{\"zero\":-0.0}",
        "{\"zero\":1e308}",
        "{\"s\":\"ab\"}",
        "{\"s\":\"abc\"}",
        "{\"s\":\"\xc3\xa9\xf0\x9f\x98\x80\"}",
        "{\"s\":\"\\u00e9\\ud83d\\ude00a\"}",
        "{\"ss\":[\"\"]}",
        "{\"ss\":[\"\xf0\x9f\x98\x80\",\"\"]}",
        "{\"ii\":[9,-9]}",
    };
    static const char *const unfit[] = {
        "{\"i\":0}",
        "{\"i\":15}",
        "{\"big\":9007199254740993}",
        "{\"routed\":9007199254740992}",
        "{\"routed\":-9007199254740992}",
        "{\"d\":0.50000000000000011}",
        "{\"d\":-0.6}",
        "{\"zero\":-5e-324}",
        "{\"s\":\"a\"}",
        "{\"s\":\"abcd\"}",
        "{\"s\":\"\xf0\x9f\x98\x80\"}",
        "{\"s\":\"\\ud83d\\ude00\"}",
        "{\"ss\":[]}",
        "{\"ss\":[\"a\",\"b\",\"c\"]}",
        "{\"ss\":[\"ab\"]}",
        "{\"ii\":[1]}",
        "{\"ii\":[1,10]}",
    };
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, bounds), 0);
    for (size_t i = 0; i < sizeof fit / sizeof fit[0]; i++) {
        unit_note_on_failure("%s", fit[i]);
        CHECK_INT(scene_decode(&s, fit[i]), 0);
    }
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        unit_note_on_failure("%s", unfit[i]);
        CHECK_INT(scene_decode(&s, unfit[i]), MCPS_EINVALID);
    }
out:
    scene_close(&s);
}

/* ---- large texts ---- */

static char *repeated(const char *head, const char *unit, const char *tail, size_t n,
                      size_t *ret_len)
{
    size_t head_len = strlen(head), unit_len = strlen(unit), tail_len = strlen(tail);
    char *text = mcps__malloc(head_len + n * unit_len + tail_len + 1), *p = text;

    if (!text)
        return NULL;
    memcpy(p, head, head_len);
    p += head_len;
    for (size_t i = 0; i < n; i++, p += unit_len)
        memcpy(p, unit, unit_len);
    memcpy(p, tail, tail_len + 1);
    *ret_len = (size_t)(p - text) + tail_len;
    return text;
}

/* The time is not judged; a test that takes too long is ended by its alarm. */
static void large_texts_are_decoded(void)
{
    const size_t n = 200000;
    struct scene s;
    size_t len = 0;
    char *text = NULL;

    CHECK_INT(SCENE_OPEN(&s, all_args), 0);
    text = repeated("{\"ii\":[1", ",7", "]}", n - 1, &len);
    CHECK(text != NULL);
    CHECK_INT(scene_decode_bytes(&s, text, len), 0);
    CHECK_INT(SCENE_ARGS(&s, all_args)->ii.n, n);
    CHECK_INT(SCENE_ARGS(&s, all_args)->ii.items[n - 1], 7);
    mcps__free(text);
    text = repeated("{\"oo\":[{\"lat\":1}", ",{\"lat\":2}", "]}", 20000, &len);
    CHECK(text != NULL);
    CHECK_INT(scene_decode_bytes(&s, text, len), 0);
    CHECK_INT(SCENE_ARGS(&s, all_args)->oo.n, 20001);
    CHECK(SCENE_ARGS(&s, all_args)->oo.items[20000].lat == 2);
    mcps__free(text);
    text = repeated("{\"i\":1", ",\"xyz\":1", "}", 100000, &len);
    CHECK(text != NULL);
    CHECK_INT(scene_decode_bytes(&s, text, len), MCPS_EINVALID);
    mcps__free(text);
    text = repeated("{\"i\":1,\"ii\":\"", "xy\\n", "\"}", 100000, &len);
    CHECK(text != NULL);
    CHECK_INT(scene_decode_bytes(&s, text, len), MCPS_EINVALID);
    CHECK(strlen(s.error) < 200);
out:
    mcps__free(text);
    scene_close(&s);
}

/* ---- what fields say of trees ---- */

#define TREES(ARG, S)                                                               \
    ARG(S, JSON, n, "", MCPS_OPTIONAL, .schema_json = "{\"type\":\"integer\"}")     \
    ARG(S, JSON, null, "", MCPS_OPTIONAL, .schema_json = "{\"type\":\"null\"}")     \
    ARG(S, LIST(JSON), jj, "", MCPS_OPTIONAL,                                       \
        .schema_json =                                                              \
            "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{"            \
            "\"a\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/properties/n\"}}}}") \
    ARG(S, OBJECT(place), o, "", MCPS_OPTIONAL)                                     \
    ARG(S, JSON, slow, "", MCPS_OPTIONAL, .schema_json = SCENE_SLOW("slow"))        \
    ARG(S, JSON, any, "", MCPS_OPTIONAL)
MCPS_ARGS(trees, TREES);

static void trees_are_held_against_their_schemas(void)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        { "{\"n\":\"1\"}", "argument \"n\": expected an integer, got \"1\"" },
        { "{\"null\":1}", "argument \"null\": expected null, got 1" },
        { "{\"jj\":[{\"a\":[]},{}]}",
          "argument \"jj[1]\": expected a member \"a\", an array, got an object without it" },
        { "{\"jj\":[{\"a\":[true,1,\"\"]}],\"n\":null,\"null\":[],\"any\":0,\"x\":1,\"n\":1}",
          "argument \"jj[0]\" at \"/a/0\": expected an integer, got true\n"
          "argument \"jj[0]\" at \"/a/2\": expected an integer, got \"\"\n"
          "argument \"n\": expected an integer, got null\n"
          "argument \"null\": expected null, got an array\n"
          "unknown argument \"x\": there are \"n\", \"null\", \"jj\", \"o\", \"slow\", "
          "\"any\"" },
        { "{\"jj\":[{\"a\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]}]}",
          "argument \"jj[0]\" at \"/a/0\": expected an integer, got \"1\"\n"
          "argument \"jj[0]\" at \"/a/1\": expected an integer, got \"2\"\n"
          "argument \"jj[0]\" at \"/a/2\": expected an integer, got \"3\"\n"
          "argument \"jj[0]\" at \"/a/3\": expected an integer, got \"4\"\n"
          "argument \"jj[0]\" at \"/a/4\": expected an integer, got \"5\"" },
        { "{\"slow\":" SCENE_SLOW_VALUE "}",
          "argument \"slow\": the value cannot be checked: that takes more than 100000 "
          "steps" },
    };
    struct scene s;

    CHECK_INT(SCENE_OPEN(&s, trees), 0);
    CHECK_INT(scene_compile(&s), 0);
    CHECK_INT(scene_decode(&s, "{\"n\":1.0,\"null\":null,\"jj\":[{\"a\":[1]}],\"slow\":"
                               "[[]],\"any\":\"5\"}"),
              0);
    CHECK_INT(json_object_get_int(SCENE_ARGS(&s, trees)->n), 1);
    CHECK(SCENE_ARGS(&s, trees)->has_null && !SCENE_ARGS(&s, trees)->null);
    CHECK_INT(SCENE_ARGS(&s, trees)->jj.n, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(scene_decode(&s, rows[i].text), MCPS_EINVALID);
        CHECK_STR(s.error, rows[i].error);
    }
out:
    scene_close(&s);
}

/* ---- secrets ---- */

#define LOGIN(ARG, S)                                    \
    ARG(S, STRING, user, "", MCPS_OPTIONAL)              \
    ARG(S, STRING, pin, "", MCPS_OPTIONAL | MCPS_SECRET) \
    ARG(S, LIST(INT), codes, "", MCPS_OPTIONAL | MCPS_SECRET)
MCPS_ARGS(login, LOGIN);

static void secrets_are_wiped_from_the_text(void)
{
    static const char json[] =
        "{\"user\":\"u\",\"pin\":\"\\u0031\\u0032hunter\",\"codes\":[1,"
        "2,3,4,5,6,7,8,9],\"x\":\"hunter\"}";
    char text[sizeof json], zeros[sizeof json] = { 0 }, error[MCPS__ARGS_ERROR_SIZE];
    size_t good = (size_t)(strstr(json, ",\"x\"") - json);
    struct mcps__args args = { .table = NULL };
    struct scene s;

    mcps__args_fini(&args); /* of one that is zeroed */
    CHECK_INT(SCENE_OPEN(&s, login), 0);
    for (int round = 0; round < 2; round++) {
        memcpy(text, json, sizeof json);
        if (round == 0)
            memcpy(text + good, "}", 2);
        CHECK_INT(mcps__args_decode(&args, s.table, text,
                                    round == 0 ? good + 1 : sizeof text - 1, &s.reader,
                                    error, sizeof error),
                  round == 0 ? 0 : MCPS_EINVALID);
        if (round == 0) {
            CHECK_STR(((const struct login *)mcps__args_struct(&args))->pin, "12hunter");
            CHECK_INT(((const struct login *)mcps__args_struct(&args))->codes.items[8],
                      9);
        } else {
            CHECK_STR(error,
                      "unknown argument \"x\": there are \"user\", \"pin\", \"codes\"");
        }
        mcps__args_fini(&args);
        CHECK_MEM(text, good, zeros, good);
    }
out:
    mcps__args_fini(&args);
    scene_close(&s);
}

const struct unit_test schema_decode_tests[] = {
    UNIT_TEST(integers_are_exact),
    UNIT_TEST(numbers_are_doubles),
    UNIT_TEST(names_that_are_no_identifiers),
    UNIT_TEST(booleans_and_enums),
    UNIT_TEST(strings_are_unescaped_in_place),
    UNIT_TEST(names_may_be_escaped),
    UNIT_TEST(lists_of_each_type),
    UNIT_TEST(objects_and_trees),
    UNIT_TEST(nothing_is_an_empty_object),
    UNIT_TEST(defaults_fill_in),
    UNIT_TEST(bounds_are_inclusive),
    UNIT_TEST_ONCE(large_texts_are_decoded, "it takes long, and lists are tested above"),
    UNIT_TEST(trees_are_held_against_their_schemas),
    UNIT_TEST(secrets_are_wiped_from_the_text),
    UNIT_END,
};
