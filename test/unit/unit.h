/* SPDX-License-Identifier: MIT */
/*
 * The harness of the unit tests, a thin layer over CUnit.
 *
 * A test is a function without arguments that ends in a label "out", where it frees what
 * it made. A check that fails prints what it got and what it expected, and goes there.
 * Because of that form every test can be run again with each of its allocations failing
 * in turn (test hooks): then failing checks are expected, leaks and crashes are not.
 *
 * A program is one floor of the library. Arguments are names of tests to run (all without);
 * MCPS_TEST_SEED repeats a random run, MCPS_TEST_LONG=1 asks for the long repetitions.
 */
#ifndef TEST_UNIT_H
#define TEST_UNIT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"

struct unit_test {
    const char *name;
    void (*run)(void);
    const char *no_torture; /* why its allocations are not made to fail; NULL: they are */
};

struct unit_suite {
    const char *name;
    const struct unit_test *tests; /* up to one without a name */
};

#define UNIT_TEST(fn)            \
    {                            \
        .name = #fn, .run = (fn) \
    }
#define UNIT_TEST_ONCE(fn, reason)                       \
    {                                                    \
        .name = #fn, .run = (fn), .no_torture = (reason) \
    }
#define UNIT_END     \
    {                \
        .name = NULL \
    }

int unit_main(int argc, char **argv, const struct unit_suite *suites, size_t n_suites);

/* Random numbers of this test: the seed is printed when the first is drawn. */
uint64_t unit_random(void);
uint64_t unit_random_below(uint64_t bound);

/* How often to repeat: few in "make check", many in "make check-long". */
unsigned unit_repeat(unsigned few, unsigned many);

/* The file's bytes, or NULL when it cannot be read. The caller frees them. */
char *unit_read_file(const char *path, size_t *ret_len);

/* The folder "shared" beside the project, or NULL (the test then calls unit_skip()). */
const char *unit_shared_dir(void);
void unit_skip(const char *why);

/* Says more about a check that failed. */
void unit_note(const char *format, ...) MCPS_PRINTF(1, 2);
/* The case that the next checks are about, shown when one of them fails. */
void unit_note_on_failure(const char *format, ...) MCPS_PRINTF(1, 2);

bool unit_check_true(bool ok, const char *what, const char *file, unsigned line);
bool unit_check_int(int64_t got, int64_t want, const char *what, const char *file,
                    unsigned line);
bool unit_check_str(const char *got, const char *want, const char *what, const char *file,
                    unsigned line);
bool unit_check_mem(const void *got, size_t got_len, const void *want, size_t want_len,
                    const char *what, const char *file, unsigned line);

#define UNIT_OR_OUT_(ok) \
    do {                 \
        if (!(ok))       \
            goto out;    \
    } while (0)
#define CHECK(cond) UNIT_OR_OUT_(unit_check_true((cond), #cond, __FILE__, __LINE__))
#define CHECK_INT(got, want) \
    UNIT_OR_OUT_(            \
        unit_check_int((int64_t)(got), (int64_t)(want), #got, __FILE__, __LINE__))
#define CHECK_STR(got, want) \
    UNIT_OR_OUT_(unit_check_str((got), (want), #got, __FILE__, __LINE__))
#define CHECK_MEM(got, got_len, want, want_len) \
    UNIT_OR_OUT_(                               \
        unit_check_mem((got), (got_len), (want), (want_len), #got, __FILE__, __LINE__))

#endif
