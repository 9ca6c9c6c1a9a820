/* SPDX-License-Identifier: MIT */
/* Allocation, and the failures that tests put into it. */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "util/mem.h"

extern const struct unit_test mem_tests[];

static void blocks_of_no_size_are_distinct(void)
{
    void *a = NULL, *b = NULL, *c = NULL;

    a = mcps__malloc(0);
    CHECK(a != NULL);
    b = mcps__calloc(0, 8);
    CHECK(b != NULL);
    c = mcps__realloc(NULL, 0);
    CHECK(c != NULL);
    CHECK(a != b && b != c && a != c);
out:
    mcps__free(a);
    mcps__free(b);
    mcps__free(c);
    mcps__free(NULL);
}

static void calloc_clears(void)
{
    static const char zeroes[300];
    char *memory = mcps__calloc(100, 3);

    CHECK(memory != NULL);
    CHECK_MEM(memory, 300, zeroes, 300);
out:
    mcps__free(memory);
}

static void realloc_keeps_the_content(void)
{
    char *memory = mcps__memdup("0123456789", 10), *moved = NULL;

    CHECK(memory != NULL);
    moved = mcps__realloc(memory, 10000);
    CHECK(moved != NULL);
    memory = moved;
    CHECK_MEM(memory, 10, "0123456789", 10);
    moved = mcps__realloc(memory, 4);
    CHECK(moved != NULL);
    memory = moved;
    CHECK_MEM(memory, 4, "0123", 4);
out:
    mcps__free(memory);
}

static void memdup_ends_in_nul(void)
{
    char *a = NULL, *b = NULL, *c = NULL;

    a = mcps__memdup("a\0b", 3);
    CHECK(a != NULL);
    CHECK_MEM(a, 4, "a\0b", 4);
    b = mcps__memdup(NULL, 0);
    CHECK(b != NULL);
    CHECK_STR(b, "");
    c = mcps__memdup("x", SIZE_MAX);
    CHECK(c == NULL);
out:
    mcps__free(a);
    mcps__free(b);
    mcps__free(c);
}

#ifdef MCPS__TEST_HOOKS

static void the_nth_allocation_fails_once(void)
{
    char *old = mcps__memdup("old", 3), *got[5] = { NULL };
    bool failed = false, failed_after = false;

    CHECK(old != NULL);
    /* No check while a failure counts as one: checks would be excused. */
    mcps__mem_fail_at(3);
    got[0] = mcps__malloc(1);
    got[1] = mcps__calloc(1, 1);
    failed = mcps__mem_has_failed();
    got[2] = mcps__realloc(old, 1000);
    failed_after = mcps__mem_has_failed();
    got[3] = mcps__memdup("x", 1);
    got[4] = mcps__malloc(1);
    mcps__mem_fail_at(0);

    CHECK(!failed && failed_after);
    CHECK(got[0] && got[1] && !got[2] && got[3] && got[4]);
    CHECK_STR(old, "old");
out:
    mcps__mem_fail_at(0);
    mcps__free(old);
    for (size_t i = 0; i < 5; i++)
        mcps__free(got[i]);
}

static void every_function_can_fail(void)
{
    void *got[4] = { NULL };

    mcps__mem_fail_at(1);
    got[0] = mcps__malloc(1);
    mcps__mem_fail_at(1);
    got[1] = mcps__calloc(1, 1);
    mcps__mem_fail_at(1);
    got[2] = mcps__realloc(NULL, 1);
    mcps__mem_fail_at(1);
    got[3] = mcps__memdup("", 0);
    mcps__mem_fail_at(0);
    CHECK(!got[0] && !got[1] && !got[2] && !got[3]);
out:
    for (size_t i = 0; i < 4; i++)
        mcps__free(got[i]);
}

static void calls_and_live_blocks_are_counted(void)
{
    size_t calls = mcps__mem_calls(), live = mcps__mem_live();
    void *a = mcps__malloc(1), *b = mcps__realloc(NULL, 1), *c = mcps__memdup("c", 1), *d;

    CHECK_INT(mcps__mem_calls() - calls, 3);
    CHECK_INT(mcps__mem_live() - live, 3);
    d = mcps__realloc(b, 100);
    CHECK(d != NULL);
    b = d;
    CHECK_INT(mcps__mem_calls() - calls, 4);
    CHECK_INT(mcps__mem_live() - live, 3);
    mcps__free(a);
    a = NULL;
    mcps__free(NULL);
    CHECK_INT(mcps__mem_live() - live, 2);
out:
    mcps__free(a);
    mcps__free(b);
    mcps__free(c);
}

#endif

const struct unit_test mem_tests[] = {
    UNIT_TEST(blocks_of_no_size_are_distinct),
    UNIT_TEST(calloc_clears),
    UNIT_TEST(realloc_keeps_the_content),
    UNIT_TEST(memdup_ends_in_nul),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST_ONCE(the_nth_allocation_fails_once, "it sets failures itself"),
    UNIT_TEST_ONCE(every_function_can_fail, "it sets failures itself"),
    UNIT_TEST(calls_and_live_blocks_are_counted),
#endif
    UNIT_END,
};
