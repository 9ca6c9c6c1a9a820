/* SPDX-License-Identifier: MIT */
/* The harness of the unit tests; see unit.h. */
#include "config.h"

#include "unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <CUnit/Basic.h>

#include "util/mem.h"
#include "util/sync.h"

enum { EXIT_SKIPPED = 77 }; /* automake's number */

static const struct unit_suite *all_suites;
static size_t n_all_suites;
static uint64_t seed, random_state;
static bool seed_shown, skipped;
static char note[200]; /* unit_note_on_failure() */

/* ---- checks ---- */

static bool report(bool ok, const char *what, const char *file, unsigned line)
{
    if (note[0])
        printf("      in       %s\n", note);
    CU_assertImplementation(ok, line, what, file, "", CU_FALSE);
    return ok;
}

/* A check may fail when an allocation was made to fail: that is what the run is for. */
#ifdef MCPS__TEST_HOOKS
static bool torturing;

static bool excused(void)
{
    return torturing && mcps__mem_has_failed();
}
#else
static bool excused(void)
{
    return false;
}
#endif

void unit_note(const char *format, ...)
{
    va_list args;

    if (excused())
        return;
    printf("\n      ");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

void unit_note_on_failure(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(note, sizeof note, format, args);
    va_end(args);
}

bool unit_check_true(bool ok, const char *what, const char *file, unsigned line)
{
    if (ok || excused())
        return ok;
    printf("\n    %s:%u: not so: %s\n", file, line, what);
    return report(false, what, file, line);
}

bool unit_check_int(int64_t got, int64_t want, const char *what, const char *file,
                    unsigned line)
{
    if (got == want || excused())
        return got == want;
    printf("\n    %s:%u: %s\n      got      %" PRId64 "\n      expected %" PRId64 "\n",
           file, line, what, got, want);
    return report(false, what, file, line);
}

static void print_bytes(const char *label, const void *data, size_t len)
{
    const unsigned char *p = data;

    printf("      %s", label);
    if (!data) {
        printf("NULL\n");
        return;
    }
    printf("(%zu bytes) \"", len);
    for (size_t i = 0; i < len && i < 200; i++) {
        if (p[i] >= 0x20 && p[i] < 0x7f && p[i] != '\\')
            putchar(p[i]);
        else
            printf("\\x%02x", p[i]);
    }
    printf("\"%s\n", len > 200 ? " ..." : "");
}

bool unit_check_mem(const void *got, size_t got_len, const void *want, size_t want_len,
                    const char *what, const char *file, unsigned line)
{
    bool ok = got_len == want_len &&
              (got_len == 0 || (got && want && memcmp(got, want, got_len) == 0));

    if (ok || excused())
        return ok;
    printf("\n    %s:%u: %s\n", file, line, what);
    print_bytes("got      ", got, got_len);
    print_bytes("expected ", want, want_len);
    return report(false, what, file, line);
}

bool unit_check_str(const char *got, const char *want, const char *what, const char *file,
                    unsigned line)
{
    if (!got || !want) {
        if (got == want || excused())
            return got == want;
        printf("\n    %s:%u: %s\n      got      %s\n      expected %s\n", file, line,
               what, got ? got : "NULL", want ? want : "NULL");
        return report(false, what, file, line);
    }
    return unit_check_mem(got, strlen(got), want, strlen(want), what, file, line);
}

/* ---- what tests ask for ---- */

uint64_t unit_random(void)
{
    uint64_t z;

    if (!seed_shown) {
        seed_shown = true;
        printf("(seed %" PRIu64 ") ", seed);
    }
    z = (random_state += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 */
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t unit_random_below(uint64_t bound)
{
    return unit_random() % bound;
}

unsigned unit_repeat(unsigned few, unsigned many)
{
    const char *s = getenv("MCPS_TEST_LONG");

    return s && strcmp(s, "1") == 0 ? many : few;
}

char *unit_read_file(const char *path, size_t *ret_len)
{
    FILE *f = fopen(path, "rb");
    char *data = NULL;
    struct stat st;

    if (!f)
        return NULL;
    if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) &&
        (data = malloc((size_t)st.st_size + 1)) != NULL) {
        *ret_len = fread(data, 1, (size_t)st.st_size, f);
        data[*ret_len] = '\0';
    }
    fclose(f);
    return data;
}

const char *unit_shared_dir(void)
{
    static char path[4096];
    const char *given = getenv("MCPS_SHARED");
    struct stat st;

    snprintf(path, sizeof path, "%s", given && *given ? given : TEST_SHARED_DIR);
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? path : NULL;
}

void unit_skip(const char *why)
{
    skipped = true;
    printf("SKIPPED: %s ", why);
}

/* ---- running ---- */

/* A test that hangs is ended by SIGALRM; its name is the last that was printed. */
static void start_test(void)
{
    alarm(unit_repeat(120, 1200));
    random_state = seed;
    seed_shown = false;
    note[0] = '\0';
}

#ifdef MCPS__TEST_HOOKS
/* Runs a test with its nth allocation failing; says whether there was an nth. */
static bool torture_once(const struct unit_test *test, size_t n)
{
    size_t live = mcps__mem_live();
    bool failed;

    start_test();
    seed_shown = true; /* once is enough */
    torturing = true;
    mcps__mem_fail_at(n);
    test->run();
    torturing = false;
    failed = mcps__mem_has_failed();
    mcps__mem_fail_at(0);
    if (mcps__mem_live() != live) {
        printf("\n    %s: allocation %zu failed\n      got      %zu blocks left behind\n"
               "      expected 0\n",
               test->name, n, mcps__mem_live() - live);
        report(false, "nothing is left behind", test->name, 0);
        return false;
    }
    return failed;
}

/* How many allocations of a test fail in turn, at most. */
static size_t torture_runs(void)
{
    const char *given = getenv("MCPS_TEST_TORTURE");
    size_t n = given ? strtoul(given, NULL, 10) : unit_repeat(500, UINT32_MAX);

    return n > 0 ? n : 1;
}

static void torture_test(const struct unit_test *test)
{
    size_t before, total, step, runs = 0;

    if (test->no_torture) {
        printf("\n    %s: not repeated: %s", test->name, test->no_torture);
        return;
    }
    before = mcps__mem_calls();
    torture_once(test, 0);
    total = mcps__mem_calls() - before;
    step = total / torture_runs() + 1;
    for (size_t n = 1; n <= total; n += step, runs++) {
        if (!torture_once(test, n))
            break;
    }
    printf("\n    %s: %zu of %zu allocations failed in turn", test->name, runs, total);
}

static void every_allocation_fails_once(void)
{
    for (size_t i = 0; i < n_all_suites; i++) {
        for (const struct unit_test *t = all_suites[i].tests; t->name; t++)
            torture_test(t);
    }
    printf("\n  ");
}
#endif

static bool wanted(int argc, char **argv, const char *name)
{
    if (argc < 2)
        return true;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return false;
}

static int add_tests(int argc, char **argv)
{
    CU_pSuite suite;

    for (size_t i = 0; i < n_all_suites; i++) {
        suite = CU_add_suite_with_setup_and_teardown(all_suites[i].name, NULL, NULL,
                                                     start_test, NULL);
        if (!suite)
            return -1;
        for (const struct unit_test *t = all_suites[i].tests; t->name; t++) {
            if (wanted(argc, argv, t->name) && !CU_add_test(suite, t->name, t->run))
                return -1;
        }
    }
#ifdef MCPS__TEST_HOOKS
    suite = CU_add_suite("torture", NULL, NULL);
    if (!suite)
        return -1;
    if (wanted(argc, argv, "every_allocation_fails_once") &&
        !CU_add_test(suite, "every_allocation_fails_once", every_allocation_fails_once))
        return -1;
#endif
    return 0;
}

int unit_main(int argc, char **argv, const struct unit_suite *suites, size_t n_suites)
{
    const char *given = getenv("MCPS_TEST_SEED");
    struct timespec now;
    unsigned failures;

    setvbuf(stdout, NULL, _IOLBF, 0);
    clock_gettime(CLOCK_REALTIME, &now);
    seed = given ? strtoull(given, NULL, 10)
                 : (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    all_suites = suites;
    n_all_suites = n_suites;

    if (CU_initialize_registry() != CUE_SUCCESS || add_tests(argc, argv) < 0) {
        fprintf(stderr, "%s: CUnit: %s\n", argv[0], CU_get_error_msg());
        return EXIT_FAILURE;
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    if (CU_get_number_of_tests_run() == 0) {
        fprintf(stderr, "%s: no such test\n", argv[0]);
        failures = 1;
    }
    CU_cleanup_registry();
#ifdef MCPS__TEST_HOOKS
    failures += mcps__sync_take_overstays();
#endif
    if (failures > 0)
        return EXIT_FAILURE;
    return skipped ? EXIT_SKIPPED : EXIT_SUCCESS;
}
