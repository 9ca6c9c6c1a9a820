/* SPDX-License-Identifier: MIT */
/* The growable buffer, and its limit. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"

extern const struct unit_test buf_tests[];

static void starts_without_memory(void)
{
    struct mcps__buf buf = { 0 };

    mcps__buf_init(&buf, 100);
    CHECK(buf.data == NULL);
    CHECK_INT(buf.len, 0);
    CHECK_INT(mcps__buf_append(&buf, NULL, 0), 0);
    CHECK_INT(mcps__buf_reserve(&buf, 0), 0);
    CHECK(buf.data == NULL);
    mcps__buf_consume(&buf, 0);
    mcps__buf_clear(&buf);
    CHECK_INT(buf.len, 0);
out:
    mcps__buf_fini(&buf);
}

static void appends_bytes_and_strings(void)
{
    struct mcps__buf buf = { 0 };

    mcps__buf_init(&buf, 1000);
    CHECK_INT(mcps__buf_append(&buf, "a\0b", 3), 0);
    CHECK_INT(mcps__buf_append_str(&buf, "cd"), 0);
    CHECK_INT(mcps__buf_append_byte(&buf, 'e'), 0);
    CHECK_INT(mcps__buf_append_str(&buf, ""), 0);
    CHECK_MEM(buf.data, buf.len, "a\0bcde", 6);
out:
    mcps__buf_fini(&buf);
}

static void reserved_room_may_be_written(void)
{
    struct mcps__buf buf = { 0 };

    mcps__buf_init(&buf, 5000);
    CHECK_INT(mcps__buf_append_str(&buf, "head"), 0);
    CHECK_INT(mcps__buf_reserve(&buf, 4000), 0);
    CHECK_INT(buf.len, 4);
    CHECK(buf.cap - buf.len >= 4000);
    memset(buf.data + buf.len, 'x', 4000);
    buf.len += 4000;
    CHECK_MEM(buf.data, 5, "headx", 5);
out:
    mcps__buf_fini(&buf);
}

/* Below, at and above the limit, for limits around the first capacity and doublings. */
static void the_limit_holds_to_the_byte(void)
{
    static const size_t limits[] = { 0, 1, 2, 100, 255, 256, 257, 511, 512, 513, 1000 };
    static const char bytes[1001];
    struct mcps__buf buf = { 0 };

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        size_t max = limits[i];

        mcps__buf_init(&buf, max);
        CHECK_INT(mcps__buf_append(&buf, bytes, max + 1), MCPS_ELIMIT);
        CHECK_INT(buf.len, 0);
        CHECK_INT(mcps__buf_append(&buf, bytes, max), 0);
        CHECK_INT(buf.len, max);
        CHECK(buf.cap <= max);
        CHECK_INT(mcps__buf_append_byte(&buf, 'x'), MCPS_ELIMIT);
        CHECK_INT(mcps__buf_reserve(&buf, SIZE_MAX), MCPS_ELIMIT);
        CHECK_INT(buf.len, max);
        mcps__buf_clear(&buf);
        for (size_t n = 0; n < max; n++)
            CHECK_INT(mcps__buf_append_byte(&buf, 'x'), 0);
        CHECK_INT(mcps__buf_append_byte(&buf, 'x'), MCPS_ELIMIT);
        CHECK_INT(mcps__buf_append(&buf, NULL, 0), 0);
        mcps__buf_fini(&buf);
    }
out:
    mcps__buf_fini(&buf);
}

static void no_limit_is_a_limit_too(void)
{
    struct mcps__buf buf = { 0 };

    mcps__buf_init(&buf, SIZE_MAX);
    CHECK_INT(mcps__buf_append_str(&buf, "abc"), 0);
    CHECK_INT(mcps__buf_reserve(&buf, SIZE_MAX - 2), MCPS_ELIMIT);
    CHECK_MEM(buf.data, buf.len, "abc", 3);
out:
    mcps__buf_fini(&buf);
}

static void clear_keeps_the_memory(void)
{
    struct mcps__buf buf = { 0 };
    size_t cap = 0;

    mcps__buf_init(&buf, 10000);
    CHECK_INT(mcps__buf_reserve(&buf, 3000), 0);
    buf.len = 3000;
    cap = buf.cap;
    mcps__buf_clear(&buf);
    CHECK_INT(buf.len, 0);
    CHECK_INT(buf.cap, cap);
out:
    mcps__buf_fini(&buf);
}

static void shrink_keeps_small_memory_only(void)
{
    struct mcps__buf buf = { 0 };
    size_t cap = 0;

    mcps__buf_init(&buf, 10000);
    CHECK_INT(mcps__buf_append_str(&buf, "abc"), 0);
    cap = buf.cap;
    mcps__buf_shrink(&buf, cap);
    CHECK_INT(buf.len, 0);
    CHECK_INT(buf.cap, cap);
    CHECK_INT(mcps__buf_append_str(&buf, "abc"), 0);
    mcps__buf_shrink(&buf, cap - 1);
    CHECK_INT(buf.len, 0);
    CHECK_INT(buf.cap, 0);
    CHECK(buf.data == NULL);
    CHECK_INT(mcps__buf_append_str(&buf, "again"), 0);
    CHECK_MEM(buf.data, buf.len, "again", 5);
out:
    mcps__buf_fini(&buf);
}

static void consume_moves_the_rest_to_the_front(void)
{
    struct mcps__buf buf = { 0 };

    mcps__buf_init(&buf, 100);
    CHECK_INT(mcps__buf_append_str(&buf, "0123456789"), 0);
    mcps__buf_consume(&buf, 0);
    CHECK_MEM(buf.data, buf.len, "0123456789", 10);
    mcps__buf_consume(&buf, 3);
    CHECK_MEM(buf.data, buf.len, "3456789", 7);
    mcps__buf_consume(&buf, 7);
    CHECK_INT(buf.len, 0);
    CHECK_INT(mcps__buf_append_str(&buf, "x"), 0);
    CHECK_MEM(buf.data, buf.len, "x", 1);
out:
    mcps__buf_fini(&buf);
}

#ifdef MCPS__TEST_HOOKS
static void growing_byte_by_byte_allocates_seldom(void)
{
    struct mcps__buf buf;
    size_t before = mcps__mem_calls();

    mcps__buf_init(&buf, 1 << 20);
    for (int i = 0; i < 1 << 20; i++)
        CHECK_INT(mcps__buf_append_byte(&buf, 'x'), 0);
    CHECK(mcps__mem_calls() - before <= 20);
out:
    mcps__buf_fini(&buf);
}
#endif

#ifdef MCPS__TEST_HOOKS
static void without_memory_nothing_changes(void)
{
    static const char bytes[1000];
    struct mcps__buf buf = { 0 };
    int r = 0;

    mcps__buf_init(&buf, 10000);
    CHECK_INT(mcps__buf_append_str(&buf, "abc"), 0);
    mcps__mem_fail_at(1);
    r = mcps__buf_append(&buf, bytes, sizeof bytes);
    mcps__mem_fail_at(0);
    CHECK_INT(r, -ENOMEM);
    CHECK_MEM(buf.data, buf.len, "abc", 3);
    CHECK_INT(mcps__buf_append(&buf, bytes, sizeof bytes), 0);
    CHECK_INT(buf.len, 1003);
out:
    mcps__mem_fail_at(0);
    mcps__buf_fini(&buf);
}
#endif

/* Against an array and a length. */
static void random_use_gives_what_an_array_gives(void)
{
    enum { MAX = 700 };
    struct mcps__buf buf = { 0 };
    char model[MAX], piece[300];
    size_t len = 0, n = 0;

    mcps__buf_init(&buf, MAX);
    for (unsigned i = 0; i < unit_repeat(2000, 200000); i++) {
        n = (size_t)unit_random_below(sizeof piece + 1);
        if (unit_random_below(3) == 0) {
            n = n < len ? n : len;
            mcps__buf_consume(&buf, n);
            len -= n;
            memmove(model, model + n, len);
        } else if (n > MAX - len) {
            CHECK_INT(mcps__buf_append(&buf, piece, n), MCPS_ELIMIT);
        } else {
            memset(piece, (int)unit_random_below(256), n);
            CHECK_INT(mcps__buf_append(&buf, piece, n), 0);
            memcpy(model + len, piece, n);
            len += n;
        }
        if (unit_random_below(50) == 0) {
            mcps__buf_shrink(&buf, (size_t)unit_random_below(MAX));
            len = 0;
        }
        CHECK_MEM(buf.data, buf.len, model, len);
    }
out:
    mcps__buf_fini(&buf);
}

const struct unit_test buf_tests[] = {
    UNIT_TEST(starts_without_memory),
    UNIT_TEST(appends_bytes_and_strings),
    UNIT_TEST(reserved_room_may_be_written),
    UNIT_TEST(the_limit_holds_to_the_byte),
    UNIT_TEST(no_limit_is_a_limit_too),
    UNIT_TEST(clear_keeps_the_memory),
    UNIT_TEST(shrink_keeps_small_memory_only),
    UNIT_TEST(consume_moves_the_rest_to_the_front),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(growing_byte_by_byte_allocates_seldom),
    UNIT_TEST_ONCE(without_memory_nothing_changes, "it sets failures itself"),
#endif
    UNIT_TEST_ONCE(random_use_gives_what_an_array_gives,
                   "the other tests allocate in all its ways"),
    UNIT_END,
};
