/* SPDX-License-Identifier: MIT */
/* Nonces that were used up: once each, until they expire, from many threads. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "core/nonces.h"
#include "util/clock.h"
#include "util/mem.h"

extern const struct unit_test nonces_tests[];

static const int64_t hour = INT64_C(3600) * 1000;

static int use(struct mcps__nonces *nonces, unsigned number, int64_t expires_at)
{
    unsigned char nonce[MCPS__SEAL_NONCE_SIZE] = { 0 };

    memcpy(nonce, &number, sizeof number);
    return mcps__nonces_use(nonces, nonce, expires_at);
}

static void each_can_be_used_once(void)
{
    struct mcps__nonces nonces;
    int64_t later = mcps__clock_wall_ms() + hour;
    bool made = mcps__nonces_init(&nonces, 100) == 0;

    CHECK(made);
    for (unsigned i = 0; i < 100; i++)
        CHECK_INT(use(&nonces, i, later + i), 0);
    for (unsigned i = 0; i < 100; i++) {
        CHECK_INT(use(&nonces, i, later + i), MCPS_EEXISTS);
        CHECK_INT(use(&nonces, i, later + hour), MCPS_EEXISTS);
    }
out:
    if (made)
        mcps__nonces_fini(&nonces);
}

/* Every byte counts. */
static void similar_ones_are_others(void)
{
    unsigned char nonce[MCPS__SEAL_NONCE_SIZE] = { 0 };
    struct mcps__nonces nonces;
    int64_t later = mcps__clock_wall_ms() + hour;
    bool made = mcps__nonces_init(&nonces, 100) == 0;

    CHECK(made);
    CHECK_INT(mcps__nonces_use(&nonces, nonce, later), 0);
    for (size_t i = 0; i < sizeof nonce; i++) {
        nonce[i] = 1;
        CHECK_INT(mcps__nonces_use(&nonces, nonce, later), 0);
        CHECK_INT(mcps__nonces_use(&nonces, nonce, later), MCPS_EEXISTS);
        nonce[i] = 0;
    }
out:
    if (made)
        mcps__nonces_fini(&nonces);
}

static void what_has_expired_cannot_be_used(void)
{
    struct mcps__nonces nonces;
    bool made = mcps__nonces_init(&nonces, 2) == 0;

    CHECK(made);
    CHECK_INT(use(&nonces, 1, mcps__clock_wall_ms()), MCPS_EEXISTS);
    CHECK_INT(use(&nonces, 1, 0), MCPS_EEXISTS);
    CHECK_INT(use(&nonces, 1, INT64_MIN), MCPS_EEXISTS);
    CHECK_INT(use(&nonces, 1, INT64_MAX), 0);
    CHECK_INT(use(&nonces, 1, INT64_MAX), MCPS_EEXISTS);
out:
    if (made)
        mcps__nonces_fini(&nonces);
}

static void a_full_store_says_so(void)
{
    struct mcps__nonces nonces;
    int64_t later = mcps__clock_wall_ms() + hour;
    bool made = mcps__nonces_init(&nonces, 3) == 0;

    CHECK(made);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(use(&nonces, i, later), 0);
    CHECK_INT(use(&nonces, 3, later), MCPS_ELIMIT);
    CHECK_INT(use(&nonces, 3, later), MCPS_ELIMIT);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(use(&nonces, i, later), MCPS_EEXISTS);
out:
    if (made)
        mcps__nonces_fini(&nonces);
}

#ifdef MCPS__TEST_HOOKS

static void each_is_forgotten_when_it_expires(void)
{
    const int64_t start = MCPS__CLOCK_DRIVEN_WALL_MS;
    struct mcps__nonces nonces;
    bool made = mcps__nonces_init(&nonces, 3) == 0;

    mcps__clock_drive(0);
    CHECK(made);
    CHECK_INT(use(&nonces, 1, start + 30), 0);
    CHECK_INT(use(&nonces, 2, start + 10), 0);
    CHECK_INT(use(&nonces, 3, start + 20), 0);
    mcps__clock_advance(9 * MCPS__NS_PER_MS);
    CHECK_INT(use(&nonces, 4, start + 50), MCPS_ELIMIT);
    CHECK_INT(use(&nonces, 2, start + 10), MCPS_EEXISTS);
    mcps__clock_advance(1 * MCPS__NS_PER_MS);
    CHECK_INT(use(&nonces, 4, start + 50), 0);
    CHECK_INT(use(&nonces, 5, start + 50), MCPS_ELIMIT);
    CHECK_INT(use(&nonces, 2, start + 10), MCPS_EEXISTS);
    mcps__clock_advance(20 * MCPS__NS_PER_MS);
    CHECK_INT(use(&nonces, 5, start + 50), 0);
    CHECK_INT(use(&nonces, 6, start + 50), 0);
    CHECK_INT(use(&nonces, 7, start + 50), MCPS_ELIMIT);
    CHECK_INT(use(&nonces, 4, start + 50), MCPS_EEXISTS);
out:
    mcps__clock_release();
    if (made)
        mcps__nonces_fini(&nonces);
}

/* What was forgotten could be used again when the clock is set back. */
static void a_clock_that_goes_back_revives_none(void)
{
    const int64_t start = MCPS__CLOCK_DRIVEN_WALL_MS;
    struct mcps__nonces nonces;
    bool made = mcps__nonces_init(&nonces, 10) == 0;

    mcps__clock_drive(0);
    CHECK(made);
    CHECK_INT(use(&nonces, 1, start + 100), 0);
    CHECK_INT(use(&nonces, 2, start + 50), 0);
    CHECK_INT(use(&nonces, 3, start + 1000), 0);
    mcps__clock_drive(200 * MCPS__NS_PER_MS);
    CHECK_INT(use(&nonces, 4, start + 1000), 0);
    mcps__clock_drive(0);
    CHECK_INT(use(&nonces, 1, start + 100), MCPS_EEXISTS);
    CHECK_INT(use(&nonces, 2, start + 50), MCPS_EEXISTS);
    CHECK_INT(use(&nonces, 3, start + 1000), MCPS_EEXISTS);
    CHECK_INT(use(&nonces, 5, start + 101), 0);
out:
    mcps__clock_release();
    if (made)
        mcps__nonces_fini(&nonces);
}

static void without_memory_it_was_not_used(void)
{
    struct mcps__nonces nonces;
    int64_t later = mcps__clock_wall_ms() + hour;
    bool made = mcps__nonces_init(&nonces, 100) == 0;
    int r = -ENOMEM;

    CHECK(made);
    for (size_t n = 1; n < 10 && r == -ENOMEM; n++) {
        mcps__mem_fail_at(n);
        r = use(&nonces, 1, later);
        CHECK_INT(r, mcps__mem_has_failed() ? -ENOMEM : 0);
    }
    CHECK_INT(r, 0);
    CHECK_INT(use(&nonces, 1, later), MCPS_EEXISTS);
out:
    mcps__mem_fail_at(0);
    if (made)
        mcps__nonces_fini(&nonces);
}

#endif

/* ---- from many threads ---- */

enum { THREADS = 8, NUMBERS = 2000 };

struct race {
    struct mcps__nonces nonces;
    int64_t later;
    atomic_uint n_used[NUMBERS], n_bad;
};

struct runner {
    pthread_t thread;
    struct race *race;
    unsigned start;
};

/* Each thread begins elsewhere, so that they meet all over. */
static void *use_all(void *arg)
{
    const struct runner *runner = arg;
    struct race *race = runner->race;
    int r;

    for (unsigned i = 0; i < NUMBERS; i++) {
        unsigned number = (runner->start + i) % NUMBERS;

        r = use(&race->nonces, number, race->later);
        if (r == 0)
            atomic_fetch_add(&race->n_used[number], 1);
        else if (r != MCPS_EEXISTS)
            atomic_fetch_add(&race->n_bad, 1);
    }
    return NULL;
}

static void of_many_threads_one_uses_it(void)
{
    static struct race race;
    struct runner runners[THREADS];
    unsigned n = 0;
    bool made = mcps__nonces_init(&race.nonces, NUMBERS) == 0;

    CHECK(made);
    race.later = mcps__clock_wall_ms() + hour;
    for (; n < THREADS; n++) {
        runners[n].race = &race;
        runners[n].start = (unsigned)unit_random_below(NUMBERS);
        CHECK_INT(pthread_create(&runners[n].thread, NULL, use_all, &runners[n]), 0);
    }
    while (n > 0)
        pthread_join(runners[--n].thread, NULL);
    CHECK_INT(atomic_load(&race.n_bad), 0);
    for (unsigned i = 0; i < NUMBERS; i++)
        CHECK_INT(atomic_load(&race.n_used[i]), 1);
out:
    while (n > 0)
        pthread_join(runners[--n].thread, NULL);
    if (made)
        mcps__nonces_fini(&race.nonces);
}

const struct unit_test nonces_tests[] = {
    UNIT_TEST(each_can_be_used_once),
    UNIT_TEST(similar_ones_are_others),
    UNIT_TEST(what_has_expired_cannot_be_used),
    UNIT_TEST(a_full_store_says_so),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(each_is_forgotten_when_it_expires),
    UNIT_TEST(a_clock_that_goes_back_revives_none),
    UNIT_TEST_ONCE(without_memory_it_was_not_used, "it makes allocations fail itself"),
#endif
    UNIT_TEST_ONCE(of_many_threads_one_uses_it, "which thread allocates is by chance"),
    UNIT_END,
};
