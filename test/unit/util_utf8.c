/* SPDX-License-Identifier: MIT */
/* UTF-8: every code point, every way to be wrong. */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "util/utf8.h"

extern const struct unit_test utf8_tests[];

static void every_code_point_is_valid_but_surrogates(void)
{
    char out[4];
    size_t n, valid;

    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        n = mcps__utf8_encode(out, c);
        valid = mcps__utf8_valid_prefix(out, n);
        CHECK_INT(valid, c >= 0xd800 && c <= 0xdfff ? 0 : n);
        if (n > 1 && valid == n)
            CHECK_INT(mcps__utf8_sequence((unsigned char *)out, n - 1),
                      MCPS__UTF8_INCOMPLETE);
    }
out:;
}

/* Decodes by the definition: bits first, then the rules. */
static int32_t naive(const unsigned char *s, size_t len)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = s[0] < 0x80           ? 1
               : (s[0] >> 5) == 0x6  ? 2
               : (s[0] >> 4) == 0xe  ? 3
               : (s[0] >> 3) == 0x1e ? 4
                                     : 0;
    uint32_t c;

    if (n == 0 || n > len)
        return -1;
    c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] >> 6) != 2)
            return -1;
        c = c << 6 | (s[i] & 0x3f);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return -1;
    return (int32_t)n;
}

static void agrees_with_the_definition(void)
{
    /* All first two bytes, with tails around the borders. */
    static const unsigned char tails[] = { 0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff };
    unsigned char s[4];

    for (unsigned head = 0; head < 0x10000; head++) {
        for (size_t i = 0; i < sizeof tails * sizeof tails; i++) {
            s[0] = (unsigned char)(head >> 8);
            s[1] = (unsigned char)head;
            s[2] = tails[i / sizeof tails];
            s[3] = tails[i % sizeof tails];
            int n = mcps__utf8_sequence(s, sizeof s);
            CHECK_INT(n > 0 ? n : -1, naive(s, sizeof s));
        }
    }
out:;
}

static void prefix_ends_at_the_first_bad_byte(void)
{
    CHECK_INT(mcps__utf8_valid_prefix("", 0), 0);
    CHECK_INT(mcps__utf8_valid_prefix("abc", 3), 3);
    CHECK_INT(mcps__utf8_valid_prefix("a\0b", 3), 3);
    CHECK_INT(mcps__utf8_valid_prefix("gr\xc3\xbc\xc3\x9f", 6), 6);
    CHECK_INT(mcps__utf8_valid_prefix("gr\xc3\xbc\xc3", 5), 4);
    CHECK_INT(mcps__utf8_valid_prefix("a\xff"
                                      "b",
                                      3),
              1);
    CHECK_INT(mcps__utf8_valid_prefix("\xed\xa0\x80", 3), 0);
    CHECK_INT(mcps__utf8_valid_prefix("\xc0\xaf", 2), 0);
    CHECK_INT(mcps__utf8_valid_prefix("\xf4\x90\x80\x80", 4), 0);
out:;
}

const struct unit_test utf8_tests[] = {
    UNIT_TEST(every_code_point_is_valid_but_surrogates),
    UNIT_TEST(agrees_with_the_definition),
    UNIT_TEST(prefix_ends_at_the_first_bad_byte),
    UNIT_END,
};
