/* SPDX-License-Identifier: MIT */
/* The points at which tests hold threads, and mutations. */
#include "config.h"

#include "unit.h"

#include "util/sync.h"

extern const struct unit_test sync_tests[];

#ifdef MCPS__TEST_HOOKS
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dies.h"
#include "util/clock.h"
#include "util/lock.h"

enum { N_THREADS = 3, N_TURNS = 1000 };

static atomic_uint n_past;

static void *pass(void *userdata)
{
    (void)userdata;
    MCPS__SYNC_POINT("test_gate");
    atomic_fetch_add(&n_past, 1);
    return NULL;
}

static unsigned start(pthread_t *threads, unsigned n)
{
    unsigned n_started = 0;

    while (n_started < n && pthread_create(&threads[n_started], NULL, pass, NULL) == 0)
        n_started++;
    return n_started;
}

/* However the test ended, nobody is left. */
static void end(const pthread_t *threads, unsigned n)
{
    mcps__sync_release("test_gate");
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    mcps__sync_reset();
    atomic_store(&n_past, 0);
}

static void threads_stay_until_they_are_released(void)
{
    pthread_t threads[N_THREADS + 1];
    unsigned n = 0;

    mcps__sync_hold("test_gate");
    n = start(threads, N_THREADS);
    CHECK_INT(n, N_THREADS);
    CHECK(mcps__sync_wait("test_gate", N_THREADS));
    CHECK_INT(atomic_load(&n_past), 0);
    CHECK_INT(mcps__sync_count("test_gate"), N_THREADS);
    mcps__sync_release("test_gate");
    n += start(threads + n, 1); /* goes on */
    for (; n > 0; n--)
        pthread_join(threads[n - 1], NULL);
    CHECK_INT(atomic_load(&n_past), N_THREADS + 1);
    CHECK_INT(mcps__sync_count("test_gate"), N_THREADS + 1);
out:
    end(threads, n);
}

static void a_driven_clock_does_not_matter(void)
{
    pthread_t thread;
    unsigned n = 0;

    mcps__clock_drive(0);
    mcps__sync_hold("test_gate");
    n = start(&thread, 1);
    CHECK_INT(n, 1);
    CHECK(mcps__sync_wait("test_gate", 1));
    mcps__clock_advance(3600 * MCPS__NS_PER_S);
    CHECK(mcps__sync_wait("test_gate", 1));
    CHECK_INT(atomic_load(&n_past), 0);
out:
    end(&thread, n);
    mcps__clock_release();
}

/* Whoever was let go is neither held by the next hold nor counted as held. */
static void a_release_is_for_good(void)
{
    pthread_t first, second;
    unsigned n_first = 0, n_second = 0;

    for (unsigned i = 0; i < 50; i++) {
        mcps__sync_hold("test_gate");
        n_first = start(&first, 1);
        CHECK(n_first == 1 && mcps__sync_wait("test_gate", 1));
        mcps__sync_release("test_gate");
        mcps__sync_hold("test_gate");
        pthread_join(first, NULL);
        n_first = 0;
        CHECK_INT(atomic_load(&n_past), 2 * i + 1);
        n_second = start(&second, 1);
        CHECK(n_second == 1 && mcps__sync_wait("test_gate", 1));
        CHECK_INT(atomic_load(&n_past), 2 * i + 1);
        mcps__sync_release("test_gate");
        pthread_join(second, NULL);
        n_second = 0;
    }
out:
    mcps__sync_release("test_gate");
    if (n_second > 0)
        pthread_join(second, NULL);
    end(&first, n_first);
}

static void other_points_are_passed(void)
{
    mcps__sync_hold("test_other");
    CHECK_INT(mcps__sync_count("test_gate"), 0);
    for (unsigned i = 0; i < N_TURNS; i++)
        MCPS__SYNC_POINT("test_gate");
    CHECK_INT(mcps__sync_count("test_gate"), N_TURNS);
    CHECK_INT(mcps__sync_count("test_other"), 0);
    mcps__sync_reset();
    CHECK_INT(mcps__sync_count("test_gate"), 0);
    MCPS__SYNC_POINT("test_other"); /* not held any more */
    CHECK_INT(mcps__sync_count("test_other"), 1);
out:
    mcps__sync_reset();
}

static void *pass_often(void *userdata)
{
    (void)userdata;
    for (unsigned i = 0; i < N_TURNS; i++) {
        MCPS__SYNC_POINT("test_gate");
        MCPS__SYNC_POINT("test_first");
        MCPS__SYNC_POINT("test_second");
    }
    return NULL;
}

/* Also names that several threads bring at once. */
static void no_pass_is_lost(void)
{
    pthread_t threads[N_THREADS];
    unsigned n = 0;

    while (n < N_THREADS && pthread_create(&threads[n], NULL, pass_often, NULL) == 0)
        n++;
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(n, N_THREADS);
    CHECK_INT(mcps__sync_count("test_gate"), N_THREADS * N_TURNS);
    CHECK_INT(mcps__sync_count("test_first"), N_THREADS * N_TURNS);
    CHECK_INT(mcps__sync_count("test_second"), N_THREADS * N_TURNS);
out:
    mcps__sync_reset();
}

struct visit {
    unsigned n_calls;
    pthread_t thread;
};

static void visit(void *arg)
{
    struct visit *visit = arg;

    mcps__lock_assert_none_held();
    visit->n_calls++;
    visit->thread = pthread_self();
    MCPS__SYNC_POINT("test_gate"); /* not called again */
}

static void a_function_is_called_once(void)
{
    struct visit seen = { .n_calls = 0 };
    pthread_t thread;
    unsigned n = 0;

    mcps__sync_once("test_gate", visit, &seen);
    n = start(&thread, 1);
    CHECK_INT(n, 1);
    n = 0;
    pthread_join(thread, NULL);
    CHECK_INT(seen.n_calls, 1);
    CHECK(pthread_equal(seen.thread, thread));
    MCPS__SYNC_POINT("test_gate");
    CHECK_INT(seen.n_calls, 1);
    CHECK_INT(mcps__sync_count("test_gate"), 3);
    /* In place of being held. */
    mcps__sync_hold("test_gate");
    mcps__sync_once("test_gate", visit, &seen);
    mcps__sync_release("test_gate");
    MCPS__SYNC_POINT("test_gate");
    CHECK_INT(seen.n_calls, 2);
    /* Forgotten. */
    mcps__sync_once("test_gate", visit, &seen);
    mcps__sync_reset();
    MCPS__SYNC_POINT("test_gate");
    CHECK_INT(seen.n_calls, 2);
out:
    end(&thread, n);
}

/* Runs a function with stderr in a file; gives what it wrote. */
static bool catch_stderr(bool (*run)(void), char *ret_said, size_t size)
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    size_t n = 0;
    bool ok = false;

    if (file && saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0) {
        ok = run();
        dup2(saved, STDERR_FILENO);
        rewind(file);
        n = fread(ret_said, 1, size - 1, file);
    }
    ret_said[n] = '\0';
    if (saved >= 0)
        close(saved);
    if (file)
        fclose(file);
    return ok;
}

static bool overstay(void)
{
    pthread_t thread;

    if (start(&thread, 1) == 0)
        return false;
    pthread_join(thread, NULL); /* nobody releases it */
    return true;
}

/* The clock that tests drive stands still meanwhile. */
static void nobody_stays_for_ever(void)
{
    char said[200];

    mcps__clock_drive(0);
    mcps__sync_bound(5 * MCPS__NS_PER_MS);
    mcps__sync_hold("test_gate");
    CHECK(!mcps__sync_wait("test_gate", 1)); /* nobody comes */
    CHECK(mcps__sync_wait("test_gate", 0));
    CHECK(catch_stderr(overstay, said, sizeof said));
    CHECK_STR(said, "held too long at sync point test_gate\n");
    CHECK_INT(atomic_load(&n_past), 1);
    CHECK(!mcps__sync_wait("test_gate", 0));
    CHECK_INT(mcps__sync_take_overstays(), 1);
    CHECK_INT(mcps__sync_take_overstays(), 0);
out:
    mcps__clock_release();
    mcps__sync_reset();
    atomic_store(&n_past, 0);
}

static MCPS__NO_LOCK_ANALYSIS void come_with_a_lock(void)
{
    struct mcps__mutex mutex;

    if (mcps__mutex_init(&mutex, MCPS__LOCK_test_low) < 0)
        return;
    mcps__mutex_lock(&mutex);
    MCPS__SYNC_POINT("test_gate");
}

static void hold_twice(void)
{
    mcps__sync_hold("test_gate");
    mcps__sync_hold("test_gate");
}

static void misuse_aborts(void)
{
    CHECK(dies_saying(come_with_a_lock, "lock test_low is held\n"));
    CHECK(dies_saying(hold_twice, "not so: !point->holding\n"));
out:;
}

static void mutations_are_chosen_by_name(void)
{
    CHECK_INT(mcps__mutation, MCPS__N_MUTATIONS);
    CHECK(!MCPS__MUTATED(M1) && !MCPS__MUTATED(M5));
    CHECK(mcps__mutate("M5"));
    CHECK(!MCPS__MUTATED(M1) && MCPS__MUTATED(M5));
    CHECK(!mcps__mutate("M0") && !mcps__mutate("") && !mcps__mutate("M55"));
    CHECK(MCPS__MUTATED(M5));
    CHECK(mcps__mutate("M1"));
    CHECK(MCPS__MUTATED(M1) && !MCPS__MUTATED(M5));
    CHECK(mcps__mutate(NULL));
    CHECK_INT(mcps__mutation, MCPS__N_MUTATIONS);
out:
    mcps__mutation = MCPS__N_MUTATIONS;
}

const struct unit_test sync_tests[] = {
    UNIT_TEST(threads_stay_until_they_are_released),
    UNIT_TEST(a_driven_clock_does_not_matter),
    UNIT_TEST(a_release_is_for_good),
    UNIT_TEST(other_points_are_passed),
    UNIT_TEST(no_pass_is_lost),
    UNIT_TEST(a_function_is_called_once),
    UNIT_TEST(nobody_stays_for_ever),
    UNIT_TEST(misuse_aborts),
    UNIT_TEST(mutations_are_chosen_by_name),
    UNIT_END,
};

#else

static void nothing_is_left_of_them(void)
{
    MCPS__SYNC_POINT("test_gate");
    CHECK(!MCPS__MUTATED(M1));
out:;
}

const struct unit_test sync_tests[] = {
    UNIT_TEST(nothing_is_left_of_them),
    UNIT_END,
};

#endif
