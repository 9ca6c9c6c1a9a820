/* SPDX-License-Identifier: MIT */
/* Random bytes: that they are all written, and that they differ. */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "util/mem.h"
#include "util/random.h"

extern const struct unit_test random_tests[];

/* Each byte is at some time not what it was before: sixteen times the same is a chance of
 * one in 2^128. The bytes around stay. */
static void fills_exactly_what_is_asked_for(void)
{
    unsigned char memory[67], changed[67];

    for (size_t len = 0; len <= 65; len++) {
        memset(changed, 0, sizeof changed);
        for (unsigned i = 0; i < 16; i++) {
            memset(memory, 0xa5, sizeof memory);
            CHECK_INT(mcps__random_bytes(memory + 1, len), 0);
            for (size_t k = 0; k < sizeof memory; k++)
                changed[k] |= memory[k] != 0xa5;
        }
        for (size_t k = 0; k < sizeof memory; k++)
            CHECK_INT(changed[k], k >= 1 && k <= len);
    }
out:;
}

/* More than the system gives in one go to a process that is interrupted (256 bytes). */
static void large_requests_are_filled_to_the_end(void)
{
    enum { LEN = 1 << 20, BLOCK = 64 };
    static const unsigned char zeroes[BLOCK];
    unsigned char *memory = mcps__calloc(1, LEN);

    CHECK(memory != NULL);
    CHECK_INT(mcps__random_bytes(memory, LEN), 0);
    for (size_t i = 0; i < LEN; i += BLOCK)
        CHECK(memcmp(memory + i, zeroes, BLOCK) != 0);
out:
    mcps__free(memory);
}

static void two_draws_differ(void)
{
    unsigned char a[16] = { 0 }, b[16] = { 0 };

    CHECK_INT(mcps__random_bytes(a, sizeof a), 0);
    CHECK_INT(mcps__random_bytes(b, sizeof b), 0);
    CHECK(memcmp(a, b, sizeof a) != 0);
out:;
}

const struct unit_test random_tests[] = {
    UNIT_TEST(fills_exactly_what_is_asked_for),
    UNIT_TEST(large_requests_are_filled_to_the_end),
    UNIT_TEST(two_draws_differ),
    UNIT_END,
};
