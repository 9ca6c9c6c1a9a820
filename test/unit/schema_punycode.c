/* SPDX-License-Identifier: MIT */
/* Punycode: samples of RFC 3492, what is none, and both ways at random. */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "schema/punycode.h"

extern const struct unit_test schema_punycode_tests[];

enum { MANY = 63 };

static void samples_of_the_rfc(void)
{
    static const struct {
        const char *text;
        uint32_t points[20];
        size_t n;
    } rows[] = {
        /* 7.1, (B), (L), (P), (R) */
        { "ihqwcrb4cv8a8dqg056pqjye",
          { 0x4ed6, 0x4eec, 0x4e3a, 0x4ec0, 0x4e48, 0x4e0d, 0x8bf4, 0x4e2d, 0x6587 },
          9 },
        { "3b-ww4c5e180e575a65lsy2b",
          { '3', 0x5e74, 'b', 0x7d44, 0x91d1, 0x516b, 0x5148, 0x751f },
          8 },
        { "2-u9tlzr9756bt3uc0v",
          { 0x3072, 0x3068, 0x3064, 0x5c4b, 0x6839, 0x306e, 0x4e0b, '2' },
          8 },
        { "de-jg4avhby1noc0d",
          { 0x30d1, 0x30d5, 0x30a3, 0x30fc, 'd', 'e', 0x30eb, 0x30f3, 0x30d0 },
          9 },
        { "a-", { 'a' }, 1 },
        { "a-b-", { 'a', '-', 'b' }, 3 },
        { "", { 0 }, 0 },
        { "dn32g", { 0x10ffff }, 1 },
    };
    uint32_t points[MANY];
    char text[MANY];
    size_t n, len;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t want = strlen(rows[i].text);

        unit_note_on_failure("%s", rows[i].text);
        CHECK(mcps__punycode_decode(points, MANY, &n, rows[i].text, want));
        CHECK_MEM(points, n * sizeof points[0], rows[i].points,
                  rows[i].n * sizeof points[0]);
        CHECK(mcps__punycode_encode(text, want, &len, points, n));
        CHECK_MEM(text, len, rows[i].text, want);
        CHECK(want == 0 || !mcps__punycode_encode(text, want - 1, &len, points, n));
        CHECK(n == 0 || !mcps__punycode_decode(points, n - 1, &n, rows[i].text, want));
    }
    CHECK(mcps__punycode_decode(points, MANY, &n, "A-TBA", 5));
    CHECK_INT(n, 2);
    CHECK_INT(points[1], 'a');
out:;
}

static void others_are_refused(void)
{
    static const char *const texts[] = {
        "-",
        "-9uc",

        "9",
        "a-9",
        "a_",
        "a-\x7f",
        "\xc3\xa9-9uc",
        "ab c",
        "99999b",
        "999999999999999999999999999999",
        "a-99999999999999b",
        "dn32h",
        "i1902716a",
    };
    uint32_t points[MANY];
    size_t n = 77;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        unit_note_on_failure("\"%s\"", texts[i]);
        CHECK(!mcps__punycode_decode(points, MANY, &n, texts[i], strlen(texts[i])));
        CHECK_INT(n, 77);
    }
out:;
}

/* From any alphabet, more or less of it ASCII. */
static uint32_t random_point(void)
{
    static const uint32_t starts[] = { 0x61, 0x61, 0xe0, 0x430, 0x5d0, 0x3041, 0x4e00 };
    uint64_t which = unit_random_below(8);

    if (which == 7)
        return 0x80 + (uint32_t)unit_random_below(0x110000 - 0x80);
    return starts[which] + (uint32_t)unit_random_below(26);
}

static void what_is_encoded_is_decoded(void)
{
    uint32_t points[MANY], again[MANY];
    char text[MANY * 5];
    size_t n, len;

    for (unsigned i = 0; i < unit_repeat(1000, 100000); i++) {
        size_t want = 1 + (size_t)unit_random_below(i % 2 ? MANY : 5);

        for (size_t k = 0; k < want; k++)
            points[k] = random_point();
        CHECK(mcps__punycode_encode(text, sizeof text, &len, points, want));
        unit_note_on_failure("%.*s", (int)len, text);
        CHECK(mcps__punycode_decode(again, MANY, &n, text, len));
        CHECK_MEM(again, n * sizeof again[0], points, want * sizeof points[0]);
    }
out:;
}

/* There are no two texts for the same. */
static void what_is_decoded_is_encoded(void)
{
    static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    uint32_t points[MANY];
    char text[MANY], again[MANY];
    unsigned decoded = 0;
    size_t n, len;

    for (unsigned i = 0; i < unit_repeat(5000, 500000); i++) {
        size_t want = 1 + (size_t)unit_random_below(12);

        for (size_t k = 0; k < want; k++)
            text[k] = chars[unit_random_below(sizeof chars - 1)];
        if (!mcps__punycode_decode(points, MANY, &n, text, want))
            continue;
        unit_note_on_failure("%.*s", (int)want, text);
        decoded++;
        CHECK(mcps__punycode_encode(again, MANY, &len, points, n));
        CHECK_MEM(again, len, text, want);
    }
    CHECK(decoded > 100);
out:;
}

const struct unit_test schema_punycode_tests[] = {
    UNIT_TEST(samples_of_the_rfc),
    UNIT_TEST(others_are_refused),
    UNIT_TEST(what_is_encoded_is_decoded),
    UNIT_TEST(what_is_decoded_is_encoded),
    UNIT_END,
};
