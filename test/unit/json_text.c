/* SPDX-License-Identifier: MIT */
/* Strings as JSON writes them: decoding and comparing. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "json/scan.h"
#include "json/text.h"
#include "json/write.h"
#include "util/utf8.h"

extern const struct unit_test text_tests[];

static void decodes_every_escape(void)
{
    static const char text[] =
        "a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\\u0000z\xc3\xa9";
    static const char want[] =
        "a\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\0z\xc3\xa9";
    struct mcps__buf out;

    mcps__buf_init(&out, 100);
    CHECK_INT(mcps__text_decode(&out, "", 0), 0);
    CHECK_INT(out.len, 0);
    CHECK_INT(mcps__text_decode(&out, "plain", 5), 0);
    CHECK_MEM(out.data, out.len, "plain", 5);
    mcps__buf_clear(&out);
    CHECK_INT(mcps__text_decode(&out, text, sizeof text - 1), 0);
    CHECK_MEM(out.data, out.len, want, sizeof want - 1);
out:
    mcps__buf_fini(&out);
}

static void every_pair_of_surrogates_is_its_character(void)
{
    char text[13], want[4];
    struct mcps__buf out;

    mcps__buf_init(&out, 100);
    for (uint32_t c = 0x10000; c <= 0x10ffff; c += 0x35) {
        uint32_t high = 0xd800 + ((c - 0x10000) >> 10), low = 0xdc00 + (c & 0x3ff);

        snprintf(text, sizeof text, "\\u%04" PRIx32 "\\u%04" PRIX32, high, low);
        mcps__buf_clear(&out);
        CHECK_INT(mcps__text_decode(&out, text, 12), 0);
        CHECK_MEM(out.data, out.len, want, mcps__utf8_encode(want, c));
    }
out:
    mcps__buf_fini(&out);
}

static void compares_what_texts_stand_for(void)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        { "", "", true },
        { "a", "", false },
        { "params", "params", true },
        { "params", "Params", false },
        { "params", "param", false },
        { "\\u0070arams", "params", true },
        { "param\\u0073", "params", true },
        { "\\u0070aram", "params", false },
        { "\\/", "/", true },
        { "\\n", "\\u000a", true },
        { "\\n", "n", false },
        { "\\u00e9", "\xc3\xa9", true },
        { "\\u00e9", "e", false },
        { "\\ud83d\\ude00", "\xf0\x9f\x98\x80", true },
        { "\\u0000", "", false },
        { "a\\u0000b", "a\\u0000c", false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *a = rows[i].a, *b = rows[i].b;

        unit_note_on_failure("%s and %s", a, b);
        CHECK_INT(mcps__text_equal(a, strlen(a), b, strlen(b)), rows[i].equal);
        CHECK_INT(mcps__text_equal(b, strlen(b), a, strlen(a)), rows[i].equal);
    }
out:;
}

/* What the writer writes reads back as the same characters. */
static void random_strings_go_there_and_back(void)
{
    struct mcps__buf json, back;
    struct mcps__scan scan;
    struct mcps__writer w;
    char text[64];

    mcps__buf_init(&json, 1000);
    mcps__buf_init(&back, 1000);
    mcps__scan_init(&scan, &mcps__json_default_limits);
    for (unsigned i = 0; i < unit_repeat(20000, 1000000); i++) {
        size_t len = (size_t)unit_random_below(sizeof text);

        for (size_t k = 0; k < len; k++)
            text[k] = (char)unit_random_below(128);
        mcps__buf_clear(&json);
        mcps__buf_clear(&back);
        mcps__scan_reset(&scan);
        mcps__write_init(&w, &json);
        mcps__write_text(&w, text, len);
        CHECK_INT(mcps__write_end(&w), 0);
        CHECK_INT(mcps__scan_feed(&scan, json.data, json.len, true), 1);
        CHECK_INT(mcps__text_decode(&back, json.data + 1, json.len - 2), 0);
        CHECK_MEM(back.data, back.len, text, len);
    }
out:
    mcps__scan_fini(&scan);
    mcps__buf_fini(&back);
    mcps__buf_fini(&json);
}

const struct unit_test text_tests[] = {
    UNIT_TEST(decodes_every_escape),
    UNIT_TEST(every_pair_of_surrogates_is_its_character),
    UNIT_TEST(compares_what_texts_stand_for),
    UNIT_TEST(random_strings_go_there_and_back),
    UNIT_END,
};
