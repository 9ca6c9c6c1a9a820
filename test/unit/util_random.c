/* SPDX-License-Identifier: MIT */
/* Random bytes: that they are all written, and that they differ. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "util/random.h"

extern const struct unit_test random_tests[];

/* Stands in for the system's, so that it can be made to give little, or nothing. */
static size_t give_at_most = SIZE_MAX;
static unsigned interrupted; /* so many calls to come */
static int error;

ssize_t getrandom(void *memory, size_t len, unsigned flags)
{
    if (error != 0 || interrupted > 0) {
        errno = error != 0 ? error : EINTR;
        interrupted -= error == 0;
        return -1;
    }
    return syscall(SYS_getrandom, memory, len < give_at_most ? len : give_at_most, flags);
}

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

static void small_pieces_fill_it_too(void)
{
    unsigned char memory[1000] = { 0 };
    size_t n_same = 0;

    give_at_most = 7;
    interrupted = 20;
    CHECK_INT(mcps__random_bytes(memory, sizeof memory), 0);
    CHECK_INT(interrupted, 0);
    /* About four in a thousand are 0; a piece left out would be seven, one by one. */
    for (size_t i = 0; i + 7 <= sizeof memory; i++)
        n_same += memcmp(memory + i, "\0\0\0\0\0\0\0", 7) == 0;
    CHECK_INT(n_same, 0);
out:
    give_at_most = SIZE_MAX;
    interrupted = 0;
}

static void errors_are_handed_on(void)
{
    unsigned char byte = 0;

    error = ENOSYS;
    CHECK_INT(mcps__random_bytes(&byte, 1), -ENOSYS);
    CHECK_INT(mcps__random_bytes(&byte, 0), 0);
out:
    error = 0;
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
    UNIT_TEST(small_pieces_fill_it_too),
    UNIT_TEST(errors_are_handed_on),
    UNIT_TEST(two_draws_differ),
    UNIT_END,
};
