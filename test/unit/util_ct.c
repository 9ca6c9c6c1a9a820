/* SPDX-License-Identifier: MIT */
/* Comparing and wiping secrets: what they give, not how long they take. */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "util/ct.h"

extern const struct unit_test ct_tests[];

static void equal_is_memcmp(void)
{
    unsigned char a[33], b[33];

    for (size_t len = 0; len <= sizeof a; len++) {
        for (size_t i = 0; i < sizeof a; i++)
            a[i] = b[i] = (unsigned char)unit_random();
        CHECK(mcps__ct_equal(a, b, len));
        /* Every single bit counts within the length, and none behind it. */
        for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
            b[bit / 8] ^= (unsigned char)(1u << bit % 8);
            CHECK_INT(mcps__ct_equal(a, b, len), bit / 8 >= len);
            b[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
    }
    CHECK(mcps__ct_equal(NULL, NULL, 0));
    /* Differences must not cancel each other out. */
    CHECK(!mcps__ct_equal("ab", "ba", 2));
    CHECK(!mcps__ct_equal("\x01\x01", "\x02\x02", 2));
out:;
}

static void wipe_clears_exactly_the_range(void)
{
    unsigned char memory[40], want[40];

    for (size_t len = 0; len <= 38; len++) {
        memset(memory, 0x5a, sizeof memory);
        memset(want, 0x5a, sizeof want);
        memset(want + 1, 0, len);
        mcps__wipe(memory + 1, len);
        CHECK_MEM(memory, sizeof memory, want, sizeof want);
    }
    mcps__wipe(NULL, 0);
out:;
}

const struct unit_test ct_tests[] = {
    UNIT_TEST(equal_is_memcmp),
    UNIT_TEST(wipe_clears_exactly_the_range),
    UNIT_END,
};
