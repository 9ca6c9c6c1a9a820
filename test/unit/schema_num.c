/* SPDX-License-Identifier: MIT */
/* Numbers compared exactly, by tables and against decimal digits in the naive way. */
#include "config.h"

#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "json/tree.h"
#include "schema/num.h"

extern const struct unit_test schema_num_tests[];

/* ---- the scene ---- */

struct nums {
    struct mcps__tree_parser parser;
    struct json_object *v, *w;
    struct mcps__num num;
};

static int nums_open(struct nums *s)
{
    memset(s, 0, sizeof *s);
    return mcps__tree_parser_init(&s->parser, &mcps__json_default_limits);
}

static void nums_close(struct nums *s)
{
    json_object_put(s->v);
    json_object_put(s->w);
    mcps__num_fini(&s->num);
    mcps__tree_parser_fini(&s->parser);
}

static int parse(struct nums *s, struct json_object **to, const char *text)
{
    json_object_put(*to);
    *to = NULL;
    return mcps__tree_parse(&s->parser, to, text, strlen(text));
}

static void take(struct json_object **to, struct json_object *v)
{
    json_object_put(*to);
    *to = v;
}

static int parse_num(struct nums *s, const char *text)
{
    int r = parse(s, &s->w, text);

    mcps__num_fini(&s->num);
    return r < 0 ? r : mcps__num_init(&s->num, s->w);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

/* ---- tables ---- */

static const struct {
    const char *less, *more;
} ordered[] = {
    { "1", "2" },
    { "-1", "0" },
    { "-2", "-1" },
    { "1", "1.5" },
    { "-1.5", "-1" },
    { "0", "1e-400" },
    { "-1e-400", "0" },
    { "1e-401", "1e-400" },
    { "-1e-400", "4.9e-324" },
    { "9007199254740992", "9007199254740993" },
    { "9007199254740992.0", "9007199254740993" },
    { "9007199254740992", "9007199254740993.0" },
    { "9007199254740992.0", "9007199254740993.0" },
    { "-9007199254740993.0", "-9007199254740992" },
    { "18446744073709551614", "18446744073709551615" },
    { "18446744073709551615", "18446744073709551616" },
    { "18446744073709551615.0", "18446744073709551615.1" },
    { "-9223372036854775809", "-9223372036854775808" },
    { "-18446744073709551615", "-18446744073709551600" },
    { "18446744073709551600", "18446744073709551615" },
    { "972783798187987123879878123.18878137", "972783798187987123879878123.188781371" },
    { "-972783798187987123879878123.188781371", "-972783798187987123879878123.18878137" },
    { "1", "1.00000000000000000000000000001" },
    { "0.99999999999999999999999999999", "1" },
    { "0.1", "0.1000000000000000000001" },
    { "0.0999999999999999999999", "0.1" },
    { "1e308", "1.0000000000000000000001e308" },
    { "99999999999999999999", "100000000000000000000" },
    { "72057594037927935", "72057594037927936.0" },
    { "72057594037927936.0", "72057594037927937" },
};

static const struct {
    const char *a, *b;
} same[] = {
    { "1", "1.0" },
    { "1", "10e-1" },
    { "0", "-0.0" },
    { "0", "0e-999999999999999999999" },
    { "0.0", "-0" },
    { "100", "1e2" },
    { "1e23", "100000000000000000000000" },
    { "0.1", "0.10000000000000000000000000000" },
    { "0.1", "100000000000000000000000000e-27" },
    { "9007199254740993", "9007199254740993.0" },
    { "18446744073709551615", "1844674407370955161500e-2" },
    { "72057594037927936", "72057594037927936.0" },
    { "0.30000000000000004", "3.0000000000000004e-1" },
    { "-12345678901234567890123", "-1.2345678901234567890123e22" },
    /* Of 17 digits and no better than the double is. */
    { "0.1", "0.10000000000000001" },
    { "1e23", "9.9999999999999992e+22" },
};

static bool check_order(struct nums *s, const char *a, const char *b, int want)
{
    int order = 0;

    unit_note_on_failure("%s and %s", a, b);
    CHECK_INT(parse(s, &s->v, a), 0);
    CHECK_INT(parse_num(s, b), 0);
    CHECK_INT(mcps__num_compare(s->v, &s->num, &order), 0);
    CHECK_INT(sign(order), want);
    CHECK_INT(mcps__num_equal(s->v, s->w), want == 0);
    return true;
out:
    return false;
}

static void numbers_have_an_order(void)
{
    struct nums s;

    CHECK_INT(nums_open(&s), 0);
    for (size_t i = 0; i < sizeof ordered / sizeof ordered[0]; i++) {
        CHECK(check_order(&s, ordered[i].less, ordered[i].more, -1));
        CHECK(check_order(&s, ordered[i].more, ordered[i].less, 1));
        CHECK(check_order(&s, ordered[i].less, ordered[i].less, 0));
        CHECK(check_order(&s, ordered[i].more, ordered[i].more, 0));
    }
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        CHECK(check_order(&s, same[i].a, same[i].b, 0));
        CHECK(check_order(&s, same[i].b, same[i].a, 0));
    }
out:
    nums_close(&s);
}

static void the_same_numbers_have_one_hash(void)
{
    static const uint64_t seed[2] = { 1, 2 };
    uint64_t a = 0, b = 0;
    struct nums s;

    CHECK_INT(nums_open(&s), 0);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        unit_note_on_failure("%s and %s", same[i].a, same[i].b);
        CHECK_INT(parse(&s, &s.v, same[i].a), 0);
        CHECK_INT(parse(&s, &s.w, same[i].b), 0);
        CHECK_INT(mcps__num_hash(s.v, seed, &a), 0);
        CHECK_INT(mcps__num_hash(s.w, seed, &b), 0);
        CHECK(a == b);
    }
    /* Others nearly always have others: also where their doubles are the same. */
    for (size_t i = 0; i < sizeof ordered / sizeof ordered[0]; i++) {
        unit_note_on_failure("%s and %s", ordered[i].less, ordered[i].more);
        CHECK_INT(parse(&s, &s.v, ordered[i].less), 0);
        CHECK_INT(parse(&s, &s.w, ordered[i].more), 0);
        CHECK_INT(mcps__num_hash(s.v, seed, &a), 0);
        CHECK_INT(mcps__num_hash(s.w, seed, &b), 0);
        CHECK(a != b);
    }
out:
    nums_close(&s);
}

static void integers_are_told(void)
{
    static const struct {
        const char *text;
        int is;
    } rows[] = {
        { "0", 1 },
        { "-0.0", 1 },
        { "1", 1 },
        { "1.0", 1 },
        { "1.5", 0 },
        { "-1.5", 0 },
        { "1e300", 1 },
        { "15e-1", 0 },
        { "150e-1", 1 },
        { "1e-400", 0 },
        { "0e-400", 1 },
        { "9007199254740993.0", 1 },
        { "9007199254740993.5", 0 },
        { "4503599627370497.5", 0 },
        { "123456789012345678901234567890", 1 },
        { "123456789012345678901234567890.1", 0 },
        { "1.00000000000000000000000000001", 0 },
        { "0.99999999999999999999999999999", 0 },
        { "12345678910111213141516171819202122232425262728293031", 1 },
    };
    struct nums s;

    CHECK_INT(nums_open(&s), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].text);
        CHECK_INT(parse(&s, &s.v, rows[i].text), 0);
        CHECK_INT(mcps__num_is_integer(s.v), rows[i].is);
    }
out:
    nums_close(&s);
}

static void multiples_are_told(void)
{
    static const struct {
        const char *v, *of;
        int is;
    } rows[] = {
        { "10", "2", 1 },
        { "7", "2", 0 },
        { "-7", "2", 0 },
        { "-8", "2", 1 },
        { "0", "1.5", 1 },
        { "4.5", "1.5", 1 },
        { "-4.5", "1.5", 1 },
        { "35", "1.5", 0 },
        { "0.0075", "0.0001", 1 },
        { "0.00751", "0.0001", 0 },
        { "1e308", "0.123456789", 0 },
        { "1e308", "0.5", 1 },
        { "12391239123", "1e-8", 1 },
        { "35", "0.01", 1 },
        { "1e-8", "1e-9", 1 },
        { "1e-9", "1e-8", 0 },
        { "19.99", "0.01", 1 },
        { "4.02", "0.01", 1 },
        { "0.3", "0.1", 1 },
        { "0.30000000000000004", "0.1", 0 },
        { "2.0", "2", 1 },
        { "3.0", "2", 0 },
        { "1.00000000000000000001", "1", 0 },
        { "18446744073709551615", "5", 1 },
        { "18446744073709551616", "5", 0 },
        { "18446744073709551616", "4294967296", 1 },
        { "9223372036854775807e-3", "9.223372036854775807", 1 },
        { "9999999999999999999", "9999999999999999999", 1 },
        { "99999999999999999980000000000000000001", "9999999999999999999", 1 },
        { "99999999999999999980000000000000000002", "9999999999999999999", 0 },
        { "1e300", "1e300", 1 },
        { "1e300", "3e299", 0 },
        { "3e300", "3e299", 1 },
        { "5", "1e1", 0 },
        { "50", "1e1", 1 },
        { "50", "100", 0 },
    };
    struct nums s;

    CHECK_INT(nums_open(&s), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s of %s", rows[i].v, rows[i].of);
        CHECK_INT(parse(&s, &s.v, rows[i].v), 0);
        CHECK_INT(parse_num(&s, rows[i].of), 0);
        CHECK(mcps__num_is_divisor(&s.num));
        CHECK_INT(mcps__num_is_multiple(s.v, &s.num), rows[i].is);
    }
out:
    nums_close(&s);
}

static void divisors_have_19_digits(void)
{
    static const struct {
        const char *text;
        bool is;
    } rows[] = {
        { "1", true },
        { "0", false },
        { "0.0", false },
        { "-1", false },
        { "1e-400", true },
        { "9999999999999999999", true },
        { "99999999999999999990", true },
        { "0.000000009999999999999999999", true },
        { "10000000000000000001", false },
        { "1.00000000000000000001", false },
    };
    struct nums s;

    CHECK_INT(nums_open(&s), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].text);
        CHECK_INT(parse_num(&s, rows[i].text), 0);
        CHECK_INT(mcps__num_is_divisor(&s.num), rows[i].is);
    }
out:
    nums_close(&s);
}

/* ---- what a number of a schema is ---- */

static void numbers_of_schemas_are_taken_apart(void)
{
    static const struct {
        const char *text, *digits, *shown;
        int exponent;
        bool negative, is_int;
        uint64_t magnitude;
    } rows[] = {
        { "0", "", "0", 0, false, true, 0 },
        { "-0.0", "", "-0.0", 0, false, true, 0 },
        { "-7", "7", "-7", 1, true, true, 7 },
        { "1e2", "1", "100.0", 3, false, true, 100 },
        { "-12.50", "125", "-12.5", 2, true, false, 0 },
        { "0.00125", "125", "0.00125", -2, false, false, 0 },
        { "18446744073709551615", "18446744073709551615", "18446744073709551615", 20,
          false, true, UINT64_MAX },
        { "-18446744073709551615", "18446744073709551615", "-18446744073709551615", 20,
          true, true, UINT64_MAX },
        { "18446744073709551616", "18446744073709551616", "18446744073709551616", 20,
          false, false, 0 },
        { "28446744073709551615", "28446744073709551615", "28446744073709551615", 20,
          false, false, 0 },
        { "1e20", "1", "1e+20", 21, false, false, 0 },
        { "1.000000000000000000000", "1", "1.000000000000000000000", 1, false, true, 1 },
    };
    struct nums s;

    CHECK_INT(nums_open(&s), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].text);
        CHECK_INT(parse_num(&s, rows[i].text), 0);
        CHECK_MEM(s.num.digits, s.num.n_digits, rows[i].digits, strlen(rows[i].digits));
        CHECK_INT(s.num.exponent, rows[i].exponent);
        CHECK_INT(s.num.negative, rows[i].negative);
        CHECK_INT(s.num.is_int, rows[i].is_int);
        CHECK(s.num.magnitude == rows[i].magnitude);
        CHECK(s.num.value == strtod(rows[i].text, NULL));
        CHECK_STR(s.num.text, rows[i].shown);
    }
out:
    nums_close(&s);
}

/* ---- trees of applications ---- */

static int write_word(struct json_object *v, struct printbuf *out, int level, int flags)
{
    (void)level;
    (void)flags;
    return printbuf_memappend(out, json_object_get_userdata(v), 4);
}

static void doubles_without_text_are_the_shortest(void)
{
    static const double values[] = {
        0.1, -0.1, 1.1, 0.3, 1e23, 5e-5, 123456789.125, 1e300, 0, 2.5, 1e15, 1e16,
    };
    char text[64];
    int order = 1;
    struct nums s;

    CHECK_INT(nums_open(&s), 0);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        snprintf(text, sizeof text, "%.15g", values[i]);
        unit_note_on_failure("%s", text);
        take(&s.v, json_object_new_double(values[i]));
        CHECK(s.v != NULL);
        CHECK_INT(parse_num(&s, text), 0);
        CHECK_INT(mcps__num_compare(s.v, &s.num, &order), 0);
        CHECK_INT(order, 0);
        /* Something of the application's own beside the value changes nothing. */
        json_object_set_userdata(s.v, &s, NULL);
        CHECK_INT(mcps__num_compare(s.v, &s.num, &order), 0);
        CHECK_INT(order, 0);
        CHECK(json_object_get_userdata(s.v) == &s);
    }
out:
    nums_close(&s);
}

static void serializers_of_others_are_not_believed(void)
{
    /* No number, one that is another double, and the same with the locale's comma. */
    static const char *const words[] = { "abcd", "0.11", "0,10", "1e-2", "+0.1", "00.1",
                                         ".100", "NaN ", "0.1 ", "0.1.", "1e-a" };
    /* All but the first, which is believed: another number of the same double. */
    static const char *const texts[] = {
        "0.100000000000000001",  "0.100000000000000001 ",
        "0.100000000000000001e", "00.100000000000000001",
        "+0.100000000000000001", "0.100000000000000001e-1",
        "-0.100000000000000001", "0.6",
    };
    struct nums s;
    int order = 1;

    CHECK_INT(nums_open(&s), 0);
    CHECK_INT(parse_num(&s, "0.1"), 0);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char word[5];

        unit_note_on_failure("%s", words[i]);
        memcpy(word, words[i], sizeof word);
        take(&s.v, json_object_new_double(0.1));
        CHECK(s.v != NULL);
        json_object_set_serializer(s.v, write_word, word, NULL);
        CHECK_INT(mcps__num_compare(s.v, &s.num, &order), 0);
        CHECK_INT(order, 0);
        CHECK_INT(mcps__num_equal(s.v, s.w), 1);
        CHECK_INT(mcps__num_is_integer(s.v), 0);
        take(&s.v, NULL);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        unit_note_on_failure("%s", texts[i]);
        take(&s.v, json_object_new_double_s(0.1, texts[i]));
        CHECK(s.v != NULL);
        CHECK_INT(mcps__num_equal(s.v, s.w), i > 0);
    }
out:
    nums_close(&s);
}

/* They equal nothing, not even themselves, and are no integers. */
static void what_is_no_number_ends_nowhere(void)
{
    static const double values[] = { (double)INFINITY, -(double)INFINITY, (double)NAN };
    static const uint64_t seed[2] = { 1, 2 };
    uint64_t hash = 0;
    struct nums s;
    int order = 0;

    CHECK_INT(nums_open(&s), 0);
    for (size_t i = 0; i < 3; i++) {
        struct mcps__num none;

        take(&s.v, json_object_new_double(values[i]));
        CHECK(s.v != NULL);
        CHECK_INT(parse_num(&s, "1e308"), 0);
        CHECK_INT(mcps__num_is_integer(s.v), 0);
        CHECK_INT(mcps__num_is_multiple(s.v, &s.num), 0);
        CHECK_INT(mcps__num_equal(s.v, s.v), 0);
        CHECK_INT(mcps__num_equal(s.v, s.w), 0);
        CHECK_INT(mcps__num_equal(s.w, s.v), 0);
        CHECK_INT(mcps__num_hash(s.v, seed, &hash), 0);
        CHECK_INT(mcps__num_init(&none, s.v), MCPS_EINVALID);
        if (i < 2) {
            CHECK_INT(mcps__num_compare(s.v, &s.num, &order), 0);
            CHECK_INT(sign(order), i == 0 ? 1 : -1);
        } else {
            CHECK_INT(mcps__num_compare(s.v, &s.num, &order), MCPS_EINVALID);
        }
    }
out:
    nums_close(&s);
}

static void endless_numbers_are_refused(void)
{
    enum { DIGITS = 1024 };
    char text[DIGITS + 8];
    int order = 0;
    struct nums s;

    CHECK_INT(nums_open(&s), 0);
    CHECK_INT(parse_num(&s, "0.1"), 0);
    memset(text, '0', sizeof text);
    memcpy(text, "0.1", 3);
    text[DIGITS + 1] = '1';
    text[DIGITS + 2] = '\0';
    take(&s.v, json_object_new_double_s(0.1, text));
    CHECK(s.v != NULL);
    CHECK_INT(mcps__num_compare(s.v, &s.num, &order), 0);
    CHECK_INT(sign(order), 1);
    memcpy(text + DIGITS + 1, "01", 3);
    take(&s.v, json_object_new_double_s(0.1, text));
    CHECK(s.v != NULL);
    CHECK_INT(mcps__num_compare(s.v, &s.num, &order), MCPS_ELIMIT);
    text[DIGITS + 2] = '0'; /* zeros at the end are no digits */
    take(&s.v, json_object_new_double_s(0.1, text));
    CHECK(s.v != NULL);
    CHECK_INT(mcps__num_compare(s.v, &s.num, &order), 0);
    CHECK_INT(order, 0);
    CHECK_INT(parse_num(&s, "1e-10000"), 0);
    CHECK_INT(parse_num(&s, "1e-10001"), MCPS_ELIMIT);
    CHECK_INT(parse_num(&s, "1e-99999999999999999999999"), MCPS_ELIMIT);
    CHECK_INT(parse_num(&s, "0.0"), 0);
    CHECK_INT(parse(&s, &s.v, "-1e-10001"), 0);
    CHECK_INT(mcps__num_compare(s.v, &s.num, &order), MCPS_ELIMIT);
    CHECK_INT(mcps__num_is_integer(s.v), MCPS_ELIMIT);
out:
    nums_close(&s);
}

/* ---- by chance, against digits written out ---- */

enum { PLACES = 160, POINT = 80 }; /* digits of a number written out */

struct plain {
    bool negative, zero;
    char digits[PLACES]; /* POINT of them before the point */
};

static void write_out(struct plain *to, const char *text)
{
    const char *e = strchr(text, 'e');
    int place, shift = e ? atoi(e + 1) : 0;
    const char *point = strchr(text, '.');
    size_t before;

    memset(to->digits, 0, sizeof to->digits);
    to->negative = *text == '-';
    to->zero = true;
    text += to->negative;
    before = point ? (size_t)(point - text) : strcspn(text, "e");
    place = POINT - shift - (int)before;
    for (; *text && *text != 'e'; text++) {
        if (*text == '.')
            continue;
        if (*text != '0') {
            to->digits[place] = (char)(*text - '0');
            to->zero = false;
        }
        place++;
    }
}

static int order_of(const struct plain *a, const struct plain *b)
{
    int order = sign(memcmp(a->digits, b->digits, PLACES));
    int sign_a = a->zero ? 0 : a->negative ? -1 : 1;
    int sign_b = b->zero ? 0 : b->negative ? -1 : 1;

    if (sign_a != sign_b)
        return sign_a < sign_b ? -1 : 1;
    return sign_a < 0 ? -order : order;
}

/* Writing it out, the remainder is always there to be subtracted from. */
static bool divides(const struct plain *d, const struct plain *v)
{
    char rest[PLACES + 1] = { 0 };

    for (int at = 0; at < PLACES; at++) {
        memmove(rest, rest + 1, PLACES);
        rest[PLACES] = v->digits[at];
        while (rest[0] > 0 || memcmp(rest + 1, d->digits, PLACES) >= 0) {
            int borrow = 0;

            for (int i = PLACES - 1; i >= 0; i--) {
                int digit = rest[i + 1] - d->digits[i] - borrow;

                borrow = digit < 0;
                rest[i + 1] = (char)(digit + (borrow ? 10 : 0));
            }
            rest[0] = (char)(rest[0] - borrow);
        }
    }
    for (int i = 0; i <= PLACES; i++) {
        if (rest[i] != 0)
            return false;
    }
    return true;
}

/* So many digits, of which many are 0 or 9. Not 16 or 17: those that are but a double's own
 * digits are another matter. */
static size_t random_digits(char *to, size_t most)
{
    size_t n = 1 + (size_t)unit_random_below(most);

    if (n == 16 || n == 17)
        n = 18 < most ? 18 : 15;
    for (size_t i = 0; i < n; i++) {
        static const char often[] = "01234567890099";

        to[i] = often[unit_random_below(sizeof often - 1)];
    }
    if (to[0] == '0')
        to[0] = '1';
    if (to[n - 1] == '0')
        to[n - 1] = '5';
    to[n] = '\0';
    return n;
}

/* The digits as JSON, with the point behind `point` of them and the exponent shifted to make
 * up for a place where it might stand as well. */
static void write_number(char *to, size_t size, bool negative, const char *digits,
                         int point)
{
    int n = (int)strlen(digits), at = 1 + (int)unit_random_below((uint64_t)n);
    const char *zeros = unit_random_below(2) ? "" : "000";

    if (point == n && unit_random_below(2)) {
        snprintf(to, size, "%s%s", negative ? "-" : "", digits);
        return;
    }
    snprintf(to, size, "%s%.*s.%s%se%d", negative ? "-" : "", at, digits,
             at < n ? digits + at : "0", zeros, point - at);
}

/* A number near the first: often the same, written otherwise. */
static void write_neighbour(char *to, size_t size, bool negative, char *digits, int point)
{
    size_t n = strlen(digits);

    switch (unit_random_below(4)) {
    case 0: digits[n - 1] = (char)('1' + unit_random_below(9)); break;
    case 1: negative ^= unit_random_below(4) == 0; break;
    case 2:
        if (n != 15 && n + 3 < 40) /* a bit more, in the digits where doubles end */
            memcpy(digits + n, "001", 4);
        break;
    default: break;
    }
    write_number(to, size, negative, digits, point);
}

static void random_numbers_compare_as_their_digits(void)
{
    unsigned n = unit_repeat(3000, 300000);
    char a[100], b[100], digits[64];
    static const uint64_t seed[2] = { 3, 4 };
    unsigned n_same = 0;
    struct plain x, y;
    struct nums s;

    CHECK_INT(nums_open(&s), 0);
    for (unsigned i = 0; i < n; i++) {
        bool negative = unit_random_below(2);
        size_t len = random_digits(digits, 36);
        int point = unit_random_below(2) ? (int)len : (int)unit_random_below(30) - 10;
        uint64_t hash_a = 0, hash_b = 0;
        int order = 0, want;

        write_number(a, sizeof a, negative, digits, point);
        write_neighbour(b, sizeof b, negative, digits, point);
        if (strlen(digits) == 16 || strlen(digits) == 17)
            continue;
        unit_note_on_failure("%s and %s", a, b);
        write_out(&x, a);
        write_out(&y, b);
        want = order_of(&x, &y);
        n_same += want == 0;
        CHECK_INT(parse(&s, &s.v, a), 0);
        CHECK_INT(parse_num(&s, b), 0);
        CHECK_INT(mcps__num_compare(s.v, &s.num, &order), 0);
        CHECK_INT(sign(order), want);
        CHECK_INT(mcps__num_equal(s.v, s.w), want == 0);
        CHECK_INT(mcps__num_hash(s.v, seed, &hash_a), 0);
        CHECK_INT(mcps__num_hash(s.w, seed, &hash_b), 0);
        CHECK_INT(hash_a == hash_b, want == 0);
    }
    CHECK(n_same > n / 10 && n_same < n - n / 10);
out:
    nums_close(&s);
}

/* v * factor, both as digits. */
static void multiply(char *digits, size_t size, unsigned factor)
{
    unsigned carry = 0;
    size_t n = strlen(digits);

    for (size_t i = n; i-- > 0;) {
        unsigned d = (unsigned)(digits[i] - '0') * factor + carry;

        digits[i] = (char)('0' + d % 10);
        carry = d / 10;
    }
    for (; carry > 0 && n + 1 < size; n++) {
        memmove(digits + 1, digits, n + 1);
        digits[0] = (char)('0' + carry % 10);
        carry /= 10;
    }
}

static size_t significant(const char *digits)
{
    size_t n = strlen(digits);

    while (n > 0 && digits[n - 1] == '0')
        n--;
    return n;
}

static void random_multiples_are_those_of_long_division(void)
{
    unsigned n = unit_repeat(1000, 50000), n_multiples = 0;
    char v[120], d[100], digits[64];
    struct plain x, y;
    struct nums s;

    CHECK_INT(nums_open(&s), 0);
    for (unsigned i = 0; i < n; i++) {
        int point = (int)unit_random_below(30) - 5;
        bool want;

        random_digits(digits, 19);
        write_number(d, sizeof d, false, digits, point);
        for (unsigned k = (unsigned)unit_random_below(4); k > 0; k--) {
            size_t before = strlen(digits);

            multiply(digits, sizeof digits, 1 + (unsigned)unit_random_below(999));
            point += (int)(strlen(digits) - before);
        }
        if (unit_random_below(4) == 0)
            digits[strlen(digits) - 1] = '7';
        if (significant(digits) == 16 || significant(digits) == 17)
            continue;
        point += (int)unit_random_below(6) - 2;
        write_number(v, sizeof v, unit_random_below(2), digits, point);
        unit_note_on_failure("%s of %s", v, d);
        write_out(&x, v);
        write_out(&y, d);
        want = divides(&y, &x);
        n_multiples += want;
        CHECK_INT(parse(&s, &s.v, v), 0);
        CHECK_INT(parse_num(&s, d), 0);
        CHECK_INT(mcps__num_is_multiple(s.v, &s.num), want);
    }
    CHECK(n_multiples > n / 10 && n_multiples < n - n / 10);
out:
    nums_close(&s);
}

const struct unit_test schema_num_tests[] = {
    UNIT_TEST(numbers_have_an_order),
    UNIT_TEST(the_same_numbers_have_one_hash),
    UNIT_TEST(integers_are_told),
    UNIT_TEST(multiples_are_told),
    UNIT_TEST(divisors_have_19_digits),
    UNIT_TEST(numbers_of_schemas_are_taken_apart),
    UNIT_TEST(doubles_without_text_are_the_shortest),
    UNIT_TEST(serializers_of_others_are_not_believed),
    UNIT_TEST(what_is_no_number_ends_nowhere),
    UNIT_TEST(endless_numbers_are_refused),
    UNIT_TEST_ONCE(random_numbers_compare_as_their_digits, "others allocate as it does"),
    UNIT_TEST_ONCE(random_multiples_are_those_of_long_division,
                   "others allocate as it does"),
    UNIT_END,
};
