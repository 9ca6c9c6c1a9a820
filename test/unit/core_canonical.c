/* SPDX-License-Identifier: MIT */
/* Canonical texts: one for each value, and no two values with the same. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/canonical.h"
#include "json/tree.h"

extern const struct unit_test canonical_tests[];

static int canonical(struct mcps__buf *out, const char *json)
{
    mcps__buf_clear(out);
    return mcps__canonical_append_text(out, json, strlen(json),
                                       &mcps__json_default_limits);
}

static const struct {
    const char *json, *text;
} texts[] = {
    { "null", "null" },
    { " true ", "true" },
    { "false", "false" },
    { "[]", "[]" },
    { " { } ", "{}" },
    { "[ 1 , [ 2 ] , { } ]", "[1,[2],{}]" },
    /* Members in the order of the bytes of their names, which is that of code points. */
    { "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}" },
    { "{\"a\":{\"d\":1,\"c\":[{\"f\":1,\"e\":2}]}}",
      "{\"a\":{\"c\":[{\"e\":2,\"f\":1}],\"d\":1}}" },
    { "{\"aa\":1,\"b\":2,\"a\":3,\"\":4,\"B\":5}",
      "{\"\":4,\"B\":5,\"a\":3,\"aa\":1,\"b\":2}" },
    { "{\"\xf0\x90\x80\x80\":1,\"\xef\xbf\xbd\":2,\"z\":3,\"\xc3\xa9\":4}",
      "{\"z\":3,\"\xc3\xa9\":4,\"\xef\xbf\xbd\":2,\"\xf0\x90\x80\x80\":1}" },
    /* The order is that of names as decoded, not as escaped. */
    { "{\"\\u0062\":1,\"\\u0061\":2}", "{\"a\":2,\"b\":1}" },
    { "{\"\\\\\":1,\"\\n\":2,\"Z\":3}", "{\"\\n\":2,\"Z\":3,\"\\\\\":1}" },
    /* Strings. */
    { "\"\\u0041\\/\\u00e9\\ud83d\\ude00\"", "\"A/\xc3\xa9\xf0\x9f\x98\x80\"" },
    { "\"\\u000a\\u0022\\u005c\\u001f\\u0000\\u007f\"",
      "\"\\n\\\"\\\\\\u001f\\u0000\x7f\"" },
    { "\"\\u001F\"", "\"\\u001f\"" },
    /* Numbers. */
    { "0", "0" },
    { "-0", "0" },
    { "-0.0e7", "0" },
    { "1", "1" },
    { "1.0", "1" },
    { "1e0", "1" },
    { "10e-1", "1" },
    { "100", "100" },
    { "1E+2", "100" },
    { "-15", "-15" },
    { "-1.50e1", "-15" },
    { "1.5", "15e-1" },
    { "-0.0150", "-15e-3" },
    { "9223372036854775807", "9223372036854775807" },
    { "9223372036854775807.0", "9223372036854775807" },
    { "-9223372036854775808", "-9223372036854775808" },
    { "-9223372036854775808.0", "-9223372036854775808" },
    { "-9223372036854775809", "-9223372036854775809e0" },
    { "-9223372036854775810", "-922337203685477581e1" },
    { "18446744073709551615", "18446744073709551615" },
    { "1844674407370955161500e-2", "18446744073709551615" },
    { "18446744073709551616", "18446744073709551616e0" },
    { "123456789012345678901234567890", "12345678901234567890123456789e1" },
    { "1.23456789012345678901234567890e29", "12345678901234567890123456789e1" },
    { "1e300", "1e300" },
    { "1e-300", "1e-300" },
    { "5e-324", "5e-324" },
    { "0.1", "1e-1" },
    { "0.10000000000000000001", "10000000000000000001e-20" },
    { "1e-99999", "1e-99999" },
};

static void each_value_has_its_text(void)
{
    struct mcps__buf out;

    mcps__buf_init(&out, SIZE_MAX);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *want = texts[i].text;

        unit_note_on_failure("%s", texts[i].json);
        CHECK_INT(canonical(&out, texts[i].json), 0);
        CHECK_MEM(out.data, out.len, want, strlen(want));
        /* The text is its own. */
        CHECK_INT(canonical(&out, want), 0);
        CHECK_MEM(out.data, out.len, want, strlen(want));
    }
out:
    mcps__buf_fini(&out);
}

static const char *const different[] = {
    "null",
    "0",
    "\"\"",
    "\"0\"",
    "\"null\"",
    "[]",
    "{}",
    "[null]",
    "[[]]",
    "[0]",
    "[\"0\"]",
    "[0,0]",
    "[[0],0]",
    "[0,[0]]",
    "{\"a\":0}",
    "{\"a\":[0]}",
    "{\"a\":0,\"b\":0}",
    "{\"a\":{\"b\":0}}",
    "{\"a\":\"0,\\\"b\\\":0\"}",
    "{\"ab\":0}",
    "\"a\"",
    "\"A\"",
    "\"\\u0000\"",
    "\"\\\\u0000\"",
    "\"a\\u0000\"",
    "\"\xc3\xa9\"",
    "\"e\xcc\x81\"", /* not normalised */
    "1",
    "-1",
    "1.5",
    "15",
    "9007199254740992",
    "9007199254740993",
    "9007199254740993.5",
    "36893488147419103232",
    "36893488147419103233",
    "0.1",
    "0.10000000000000000000001",
    "true",
    "\"true\"",
};

static void different_values_have_different_texts(void)
{
    enum { N = sizeof different / sizeof different[0] };
    struct mcps__buf out[N];

    for (size_t i = 0; i < N; i++)
        mcps__buf_init(&out[i], SIZE_MAX);
    for (size_t i = 0; i < N; i++) {
        CHECK_INT(canonical(&out[i], different[i]), 0);
        for (size_t k = 0; k < i; k++) {
            unit_note_on_failure("%s and %s", different[k], different[i]);
            CHECK(out[i].len != out[k].len ||
                  memcmp(out[i].data, out[k].data, out[i].len) != 0);
        }
    }
out:
    for (size_t i = 0; i < N; i++)
        mcps__buf_fini(&out[i]);
}

/* ---- by chance ---- */

enum { FANOUT = 5, DEEP = 4 };

/* Two trees of one value: the members of the one come in another order, and its numbers are
 * made otherwise. */
struct pair {
    struct json_object *a, *b;
};

static struct pair random_pair(unsigned depth);

static struct pair random_number(void)
{
    int64_t i = (int64_t)unit_random_below(2001) - 1000;

    switch (unit_random_below(3)) {
    case 0: return (struct pair){ json_object_new_int64(i), json_object_new_int64(i) };
    case 1:
        return (struct pair){ json_object_new_int64(i),
                              json_object_new_double((double)i) };
    default:
        return (struct pair){ json_object_new_double((double)i / 8),
                              json_object_new_double((double)i / 8) };
    }
}

static struct pair random_string(void)
{
    char text[8];
    int len = (int)unit_random_below(sizeof text + 1);

    for (int i = 0; i < len; i++)
        text[i] = "ab\"\\\n\x01 z"[unit_random_below(8)];
    return (struct pair){ json_object_new_string_len(text, len),
                          json_object_new_string_len(text, len) };
}

static struct pair random_object(unsigned depth)
{
    struct pair p = { json_object_new_object(), json_object_new_object() };
    struct pair values[FANOUT];
    size_t n = (size_t)unit_random_below(FANOUT + 1), turn;
    char names[FANOUT][3];

    for (size_t i = 0; i < n; i++) {
        names[i][0] = (char)('a' + i); /* no two the same */
        names[i][1] = "\x01\"z"[unit_random_below(3)];
        names[i][2] = '\0';
        values[i] = random_pair(depth + 1);
        json_object_object_add(p.a, names[i], values[i].a);
    }
    turn = n > 0 ? (size_t)unit_random_below(n) : 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = n - 1 - (i + turn) % n;

        json_object_object_add(p.b, names[k], values[k].b);
    }
    return p;
}

static struct pair random_array(unsigned depth)
{
    struct pair p = { json_object_new_array(), json_object_new_array() };

    for (size_t n = (size_t)unit_random_below(FANOUT + 1); n > 0; n--) {
        struct pair value = random_pair(depth + 1);

        json_object_array_add(p.a, value.a);
        json_object_array_add(p.b, value.b);
    }
    return p;
}

static struct pair random_pair(unsigned depth)
{
    bool is_true = unit_random_below(2) == 1;

    switch (unit_random_below(depth < DEEP ? 8 : 4)) {
    case 0: return (struct pair){ NULL, NULL };
    case 1:
        return (struct pair){ json_object_new_boolean(is_true),
                              json_object_new_boolean(is_true) };
    case 2: return random_number();
    case 3: return random_string();
    case 4:
    case 5: return random_array(depth);
    default: return random_object(depth);
    }
}

static void shuffled_trees_have_one_text(void)
{
    struct pair p = { NULL, NULL };
    struct mcps__buf a, b;

    mcps__buf_init(&a, SIZE_MAX);
    mcps__buf_init(&b, SIZE_MAX);
    for (unsigned i = 0; i < unit_repeat(500, 50000); i++) {
        p = random_pair(0);
        mcps__buf_clear(&a);
        mcps__buf_clear(&b);
        CHECK_INT(mcps__canonical_append(&a, p.a), 0);
        CHECK_INT(mcps__canonical_append(&b, p.b), 0);
        CHECK_MEM(a.data, a.len, b.data, b.len);
        /* And so has what is read from it. */
        mcps__buf_clear(&b);
        CHECK_INT(
            mcps__canonical_append_text(&b, a.data, a.len, &mcps__json_default_limits),
            0);
        CHECK_MEM(b.data, b.len, a.data, a.len);
        json_object_put(p.a);
        json_object_put(p.b);
        p = (struct pair){ NULL, NULL };
    }
out:
    json_object_put(p.a);
    json_object_put(p.b);
    mcps__buf_fini(&a);
    mcps__buf_fini(&b);
}

/* ---- limits and errors ---- */

static struct json_object *nested(unsigned levels)
{
    struct json_object *tree = NULL;

    for (unsigned i = 0; i < levels; i++) {
        struct json_object *outer =
            i % 2 ? json_object_new_array() : json_object_new_object();

        if (i % 2)
            json_object_array_add(outer, tree);
        else
            json_object_object_add(outer, "a", tree);
        tree = outer;
    }
    return tree;
}

static void what_fails_appends_nothing(void)
{
    struct json_object *deep = nested(MCPS__JSON_DEPTH_MAX);
    struct json_object *deeper = nested(MCPS__JSON_DEPTH_MAX + 1);
    struct json_object *none = json_object_new_double((double)NAN);
    struct json_object *endless = json_object_new_array();
    struct mcps__buf out, small;

    json_object_array_add(endless, json_object_new_double((double)INFINITY));
    mcps__buf_init(&out, SIZE_MAX);
    mcps__buf_init(&small, 10);
    CHECK_INT(mcps__buf_append_str(&out, "before"), 0);
    CHECK_INT(mcps__canonical_append(&out, deeper), MCPS__JSON_EDEPTH);
    CHECK_INT(mcps__canonical_append(&out, none), MCPS_EINVALID);
    CHECK_INT(mcps__canonical_append(&out, endless), MCPS_EINVALID);
    CHECK_INT(mcps__canonical_append_text(&out, "[1,2", 4, &mcps__json_default_limits),
              MCPS__JSON_EEND);
    CHECK_INT(mcps__canonical_append_text(&out, "{\"a\":1,\"\\u0061\":2}", 18,
                                          &mcps__json_default_limits),
              MCPS__JSON_EDUPLICATE);
    CHECK_MEM(out.data, out.len, "before", 6);
    CHECK_INT(mcps__canonical_append(&out, deep), 0);
    CHECK(out.len > 6 + 2 * MCPS__JSON_DEPTH_MAX);
    CHECK_INT(canonical(&small, "[1,2,3,4]"), 0);
    CHECK_INT(canonical(&small, "[1,2,3,45]"), 0);
    CHECK_INT(canonical(&small, "[1,2,3,456]"), MCPS_ELIMIT);
    CHECK_INT(small.len, 0);
out:
    json_object_put(deep);
    json_object_put(deeper);
    json_object_put(none);
    json_object_put(endless);
    mcps__buf_fini(&out);
    mcps__buf_fini(&small);
}

const struct unit_test canonical_tests[] = {
    UNIT_TEST(each_value_has_its_text),
    UNIT_TEST(different_values_have_different_texts),
    UNIT_TEST(shuffled_trees_have_one_text),
    UNIT_TEST(what_fails_appends_nothing),
    UNIT_END,
};
