/* SPDX-License-Identifier: MIT */
/* Locks, their ranks, and waiting. */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <string.h>

#include "dies.h"
#include "util/clock.h"
#include "util/lock.h"

extern const struct unit_test lock_tests[];

static void the_table_can_be_walked(void)
{
    const struct mcps__lock_info *info = NULL;
    size_t n = 0;

    for (; (info = mcps__lock_info(n)) != NULL; n++) {
        CHECK(info->name[0] != '\0' && info->purpose[0] != '\0');
        CHECK(info->rank > 0);
        for (size_t i = 0; i < n; i++)
            CHECK(strcmp(mcps__lock_info(i)->name, info->name) != 0);
    }
    CHECK_INT(n, MCPS__N_LOCKS);
    CHECK_STR(mcps__lock_info(MCPS__LOCK_log)->name, "log");
out:;
}

/* ---- what threads do with them ---- */

struct counter {
    struct mcps__mutex mutex;
    unsigned n MCPS__GUARDED; /* mutex */
};

enum { N_THREADS = 4, N_TURNS = 5000 };

static void *count(void *userdata)
{
    struct counter *counter = userdata;

    for (unsigned i = 0; i < N_TURNS; i++) {
        mcps__mutex_lock(&counter->mutex);
        mcps__lock_assert_held(&counter->mutex);
        counter->n++;
        mcps__mutex_unlock(&counter->mutex);
        mcps__lock_assert_none_held();
    }
    return NULL;
}

static void a_mutex_excludes(void)
{
    struct counter counter = { .n = 0 };
    pthread_t threads[N_THREADS];
    unsigned n_started = 0, n = 0;
    bool made = mcps__mutex_init(&counter.mutex, MCPS__LOCK_log) == 0;

    CHECK(made);
    while (n_started < N_THREADS &&
           pthread_create(&threads[n_started], NULL, count, &counter) == 0)
        n_started++;
    for (unsigned i = 0; i < n_started; i++)
        pthread_join(threads[i], NULL);
    mcps__mutex_lock(&counter.mutex);
    n = counter.n;
    mcps__mutex_unlock(&counter.mutex);
    CHECK_INT(n_started, N_THREADS);
    CHECK_INT(n, N_THREADS * N_TURNS);
out:
    if (made)
        mcps__mutex_fini(&counter.mutex);
}

/* ---- waiting ---- */

struct box {
    struct mcps__mutex mutex;
    struct mcps__cond changed;
    /* All under the mutex: */
    unsigned turn MCPS__GUARDED;        /* who may go on */
    unsigned n_waiting MCPS__GUARDED;   /* have begun to wait */
    bool open MCPS__GUARDED;            /* what they wait for */
    unsigned n_timed_out MCPS__GUARDED; /* gave up */
    unsigned n_too_early MCPS__GUARDED; /* of those, before their time */
    int64_t deadline MCPS__GUARDED;
};

static bool box_init(struct box *box)
{
    if (mcps__mutex_init(&box->mutex, MCPS__LOCK_log) < 0)
        return false;
    if (mcps__cond_init(&box->changed) < 0) {
        mcps__mutex_fini(&box->mutex);
        return false;
    }
    return true;
}

static void box_fini(struct box *box)
{
    mcps__cond_fini(&box->changed);
    mcps__mutex_fini(&box->mutex);
}

static void *take_odd_turns(void *userdata)
{
    struct box *box = userdata;

    mcps__mutex_lock(&box->mutex);
    while (box->turn < N_TURNS) {
        if (box->turn % 2 == 1) {
            box->turn++;
            mcps__cond_signal(&box->changed);
        } else {
            mcps__cond_wait(&box->changed, &box->mutex);
        }
        mcps__lock_assert_held(&box->mutex);
    }
    mcps__mutex_unlock(&box->mutex);
    mcps__lock_assert_none_held();
    return NULL;
}

/* Two threads take turns: a lost signal would leave them waiting for ever. */
static void signals_arrive(void)
{
    struct box box = { .turn = 0 };
    pthread_t thread;
    bool made = box_init(&box), started = false;

    CHECK(made);
    started = pthread_create(&thread, NULL, take_odd_turns, &box) == 0;
    CHECK(started);
    mcps__mutex_lock(&box.mutex);
    while (box.turn < N_TURNS) {
        if (box.turn % 2 == 0) {
            box.turn++;
            mcps__cond_signal(&box.changed);
        } else if (mcps__cond_wait_until(&box.changed, &box.mutex, MCPS__CLOCK_NEVER) <
                   0) {
            break;
        }
    }
    mcps__mutex_unlock(&box.mutex);
    pthread_join(thread, NULL);
out:
    if (made)
        box_fini(&box);
}

/* Waits for the box to open, or for its deadline. */
static void *wait_for_box(void *userdata)
{
    struct box *box = userdata;
    int r = 0;

    mcps__mutex_lock(&box->mutex);
    box->n_waiting++;
    mcps__cond_broadcast(&box->changed);
    while (!box->open && r == 0)
        r = mcps__cond_wait_until(&box->changed, &box->mutex, box->deadline);
    mcps__lock_assert_held(&box->mutex);
    if (!box->open) {
        box->n_timed_out += r == MCPS_ETIMEDOUT;
        box->n_too_early += mcps__clock_now() < box->deadline;
    }
    mcps__mutex_unlock(&box->mutex);
    return NULL;
}

/* Starts the threads that wait; returns how many, all of them waiting. */
static unsigned start_waiting(struct box *box, pthread_t threads[N_THREADS])
{
    unsigned n = 0;

    while (n < N_THREADS && pthread_create(&threads[n], NULL, wait_for_box, box) == 0)
        n++;
    mcps__mutex_lock(&box->mutex);
    while (box->n_waiting < n)
        mcps__cond_wait(&box->changed, &box->mutex);
    mcps__mutex_unlock(&box->mutex);
    return n;
}

static void wake_all(struct box *box, bool open)
{
    mcps__mutex_lock(&box->mutex);
    box->open = open;
    mcps__cond_broadcast(&box->changed);
    mcps__mutex_unlock(&box->mutex);
}

static void join_all(const pthread_t *threads, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static void a_broadcast_wakes_all(void)
{
    struct box box = { .deadline = MCPS__CLOCK_NEVER };
    pthread_t threads[N_THREADS];
    unsigned n = 0;
    bool made = box_init(&box);

    CHECK(made);
    n = start_waiting(&box, threads);
    wake_all(&box, false); /* not what they wait for */
    wake_all(&box, true);
    join_all(threads, n);
    CHECK_INT(n, N_THREADS);
out:
    if (made)
        box_fini(&box);
}

/* On the real clock, whose time comes by itself. */
static void a_wait_ends_at_its_deadline(void)
{
    struct box box = { .deadline = mcps__clock_after(20 * MCPS__NS_PER_MS) };
    pthread_t threads[N_THREADS];
    unsigned n = 0, n_timed_out = 0, n_too_early = 0;
    bool made = box_init(&box);

    CHECK(made);
    n = start_waiting(&box, threads);
    join_all(threads, n);
    mcps__mutex_lock(&box.mutex);
    n_timed_out = box.n_timed_out;
    n_too_early = box.n_too_early;
    mcps__mutex_unlock(&box.mutex);
    CHECK_INT(n_timed_out, N_THREADS);
    CHECK_INT(n_too_early, 0);
out:
    if (made)
        box_fini(&box);
}

static void a_deadline_in_the_past_is_over_at_once(void)
{
    static const int64_t past[] = { INT64_MIN, -1, 0, 1 };
    struct box box = { .turn = 0 };
    int r = 0;
    bool made = box_init(&box);

    CHECK(made);
    for (size_t i = 0; i < sizeof past / sizeof past[0]; i++) {
        mcps__mutex_lock(&box.mutex);
        r = mcps__cond_wait_until(&box.changed, &box.mutex, past[i]);
        mcps__mutex_unlock(&box.mutex);
        CHECK_INT(r, MCPS_ETIMEDOUT);
    }
out:
    if (made)
        box_fini(&box);
}

#ifdef MCPS__TEST_HOOKS

/* An hour of the driven clock, in steps; nobody may give up before it is over. */
static void a_driven_clock_ends_waits(void)
{
    const int64_t hour = 3600 * MCPS__NS_PER_S;
    struct box box = { .deadline = 5 + hour };
    pthread_t threads[N_THREADS];
    unsigned n = 0, n_timed_out = 0, n_too_early = 0;
    bool made = box_init(&box);

    mcps__clock_drive(5);
    CHECK(made);
    n = start_waiting(&box, threads);
    mcps__clock_advance(hour / 2);
    wake_all(&box, false);
    mcps__clock_advance(hour / 2 - 1);
    wake_all(&box, false);
    mcps__clock_advance(1);
    join_all(threads, n);
    mcps__mutex_lock(&box.mutex);
    n_timed_out = box.n_timed_out;
    n_too_early = box.n_too_early;
    mcps__mutex_unlock(&box.mutex);
    CHECK_INT(n_timed_out, N_THREADS);
    CHECK_INT(n_too_early, 0);
out:
    mcps__clock_release();
    if (made)
        box_fini(&box);
}

/* However short it slept: a signal that came meanwhile would be lost otherwise. */
static void a_driven_wait_returns_after_each_sleep(void)
{
    struct box box = { .turn = 0 };
    bool made = box_init(&box);
    int r;

    mcps__clock_drive(0);
    CHECK(made);
    mcps__mutex_lock(&box.mutex);
    r = mcps__cond_wait_until(&box.changed, &box.mutex, 1000);
    mcps__mutex_unlock(&box.mutex);
    CHECK_INT(r, 0);
out:
    mcps__clock_release();
    if (made)
        box_fini(&box);
}

static void a_driven_wait_is_woken_too(void)
{
    struct box box = { .deadline = 1000 };
    pthread_t threads[N_THREADS];
    unsigned n = 0, n_timed_out = 0;
    bool made = box_init(&box);

    mcps__clock_drive(0);
    CHECK(made);
    n = start_waiting(&box, threads);
    mcps__clock_advance(999);
    wake_all(&box, true);
    join_all(threads, n);
    mcps__mutex_lock(&box.mutex);
    n_timed_out = box.n_timed_out;
    mcps__mutex_unlock(&box.mutex);
    CHECK_INT(n, N_THREADS);
    CHECK_INT(n_timed_out, 0);
out:
    mcps__clock_release();
    if (made)
        box_fini(&box);
}

/* ---- what the witness sees ---- */

static struct mcps__mutex low, middle, high, other_high;
static struct mcps__cond cond;

static bool make_locks(void)
{
    return mcps__mutex_init(&low, MCPS__LOCK_test_low) == 0 &&
           mcps__mutex_init(&middle, MCPS__LOCK_log) == 0 &&
           mcps__mutex_init(&high, MCPS__LOCK_test_high) == 0 &&
           mcps__mutex_init(&other_high, MCPS__LOCK_test_high) == 0 &&
           mcps__cond_init(&cond) == 0;
}

static void free_locks(void)
{
    mcps__mutex_fini(&low);
    mcps__mutex_fini(&middle);
    mcps__mutex_fini(&high);
    mcps__mutex_fini(&other_high);
    mcps__cond_fini(&cond);
}

static void locks_by_rising_rank_are_fine(void)
{
    bool made = make_locks();

    CHECK(made);
    for (unsigned i = 0; i < 2; i++) {
        mcps__mutex_lock(&low);
        mcps__mutex_lock(&middle);
        mcps__mutex_lock(&high);
        mcps__lock_assert_held(&low);
        mcps__lock_assert_held(&middle);
        mcps__lock_assert_held(&high);
        /* Not the last one first, and then a rank that is free again. */
        mcps__mutex_unlock(&middle);
        mcps__mutex_unlock(&high);
        mcps__mutex_lock(&middle);
        mcps__mutex_lock(&other_high);
        mcps__mutex_unlock(&low);
        mcps__mutex_unlock(&other_high);
        mcps__mutex_unlock(&middle);
        mcps__lock_assert_none_held();
    }
out:
    if (made)
        free_locks();
}

/* From here on every function breaks a rule, and clang would see some of it. */

static MCPS__NO_LOCK_ANALYSIS void take_falling(void)
{
    mcps__mutex_lock(&high);
    mcps__mutex_lock(&low);
}

static MCPS__NO_LOCK_ANALYSIS void take_same_rank(void)
{
    mcps__mutex_lock(&high);
    mcps__mutex_lock(&other_high);
}

static MCPS__NO_LOCK_ANALYSIS void take_twice(void)
{
    mcps__mutex_lock(&low);
    mcps__mutex_lock(&low);
}

static MCPS__NO_LOCK_ANALYSIS void take_between(void)
{
    mcps__mutex_lock(&low);
    mcps__mutex_lock(&high);
    mcps__mutex_lock(&middle);
}

static MCPS__NO_LOCK_ANALYSIS void take_below_the_top(void)
{
    mcps__mutex_lock(&low);
    mcps__mutex_lock(&high);
    mcps__mutex_unlock(&low);
    mcps__mutex_lock(&middle);
}

static MCPS__NO_LOCK_ANALYSIS void unlock_free(void)
{
    mcps__mutex_lock(&low);
    mcps__mutex_unlock(&high);
}

static MCPS__NO_LOCK_ANALYSIS void unlock_twice(void)
{
    mcps__mutex_lock(&low);
    mcps__mutex_unlock(&low);
    mcps__mutex_unlock(&low);
}

static MCPS__NO_LOCK_ANALYSIS void *lock_low(void *userdata)
{
    mcps__mutex_lock(userdata);
    return NULL;
}

static MCPS__NO_LOCK_ANALYSIS void unlock_of_another_thread(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, lock_low, &low) != 0)
        return;
    pthread_join(thread, NULL);
    mcps__mutex_unlock(&low);
}

static MCPS__NO_LOCK_ANALYSIS void assert_held_but_free(void)
{
    mcps__mutex_lock(&high);
    mcps__lock_assert_held(&low);
}

static MCPS__NO_LOCK_ANALYSIS void assert_none_but_one(void)
{
    mcps__mutex_lock(&middle);
    mcps__lock_assert_none_held();
}

static MCPS__NO_LOCK_ANALYSIS void wait_without_mutex(void)
{
    mcps__cond_wait(&cond, &low);
}

static MCPS__NO_LOCK_ANALYSIS void wait_with_another(void)
{
    mcps__mutex_lock(&low);
    mcps__mutex_lock(&high);
    mcps__cond_wait(&cond, &high);
}

static MCPS__NO_LOCK_ANALYSIS void wait_until_with_another(void)
{
    mcps__mutex_lock(&low);
    mcps__mutex_lock(&high);
    if (mcps__cond_wait_until(&cond, &low, 0) < 0)
        mcps__mutex_unlock(&high);
}

/* After a wait the mutex counts as held again. */
static MCPS__NO_LOCK_ANALYSIS void take_falling_after_a_wait(void)
{
    mcps__mutex_lock(&high);
    if (mcps__cond_wait_until(&cond, &high, mcps__clock_after(MCPS__NS_PER_MS)) < 0)
        mcps__mutex_lock(&low);
}

static void violations_abort_and_name_the_locks(void)
{
    static const struct {
        void (*run)(void);
        const char *message;
    } cases[] = {
        { take_falling,
          "lock test_low (rank 1) taken while holding test_high (rank 999)\n" },
        { take_same_rank,
          "lock test_high (rank 999) taken while holding test_high (rank 999)\n" },
        { take_twice, "lock test_low taken twice\n" },
        { take_between, "lock log (rank 900) taken while holding test_high" },
        { take_below_the_top, "lock log (rank 900) taken while holding test_high" },
        { unlock_free, "lock test_high unlocked, but not held\n" },
        { unlock_twice, "lock test_low unlocked, but not held\n" },
        { unlock_of_another_thread, "lock test_low unlocked, but not held\n" },
        { assert_held_but_free, "lock test_low is not held\n" },
        { assert_none_but_one, "lock log is held\n" },
        { wait_without_mutex, "lock test_low is not held\n" },
        { wait_with_another, "waiting with lock test_high while holding test_low\n" },
        { wait_until_with_another,
          "waiting with lock test_low while holding test_high\n" },
        { take_falling_after_a_wait, "lock test_low (rank 1) taken while holding" },
    };
    bool made = make_locks();

    CHECK(made);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(dies_saying(cases[i].run, cases[i].message));
out:
    if (made)
        free_locks();
}

#endif

const struct unit_test lock_tests[] = {
    UNIT_TEST(the_table_can_be_walked),
    UNIT_TEST(a_mutex_excludes),
    UNIT_TEST(signals_arrive),
    UNIT_TEST(a_broadcast_wakes_all),
    UNIT_TEST(a_wait_ends_at_its_deadline),
    UNIT_TEST(a_deadline_in_the_past_is_over_at_once),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(a_driven_clock_ends_waits),
    UNIT_TEST(a_driven_wait_returns_after_each_sleep),
    UNIT_TEST(a_driven_wait_is_woken_too),
    UNIT_TEST(locks_by_rising_rank_are_fine),
    UNIT_TEST(violations_abort_and_name_the_locks),
#endif
    UNIT_END,
};
