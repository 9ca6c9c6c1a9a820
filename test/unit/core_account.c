/* SPDX-License-Identifier: MIT */
/* Accounts: one for each principal, as long as anything refers to it. */
#include "config.h"

#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/account.h"
#include "dies.h"
#include "util/mem.h"

extern const struct unit_test account_tests[];

static void a_principal_has_one_account(void)
{
    struct mcps__accounts accounts;
    struct mcps__account *a = NULL, *again = NULL, *b = NULL, *empty = NULL;
    char name[] = "ann";
    bool made = mcps__accounts_init(&accounts) == 0;

    CHECK(made);
    CHECK_INT(mcps__account_get(&accounts, name, &a), 0);
    /* The name is copied. */
    name[0] = 'x';
    CHECK_STR(a->principal, "ann");
    CHECK_INT(a->principal_len, 3);
    CHECK(a->all == &accounts);
    CHECK_INT(mcps__account_get(&accounts, "ann", &again), 0);
    CHECK(again == a);
    CHECK_INT(mcps__account_get(&accounts, "anna", &b), 0);
    CHECK(b != a);
    CHECK_INT(mcps__account_get(&accounts, "", &empty), 0);
    CHECK(empty != a && empty != b);
    CHECK_STR(empty->principal, "");
    CHECK(mcps__account_ref(b) == b);
    CHECK(mcps__account_unref(b) == NULL);
    CHECK(mcps__account_unref(NULL) == NULL);
out:
    mcps__account_unref(a);
    mcps__account_unref(again);
    mcps__account_unref(b);
    mcps__account_unref(empty);
    if (made)
        mcps__accounts_fini(&accounts);
}

static void an_account_goes_with_its_last_reference(void)
{
    struct mcps__accounts accounts;
    struct mcps__account *a = NULL, *again = NULL;
    bool made = mcps__accounts_init(&accounts) == 0;

    CHECK(made);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_INT(mcps__account_get(&accounts, "ann", &a), 0);
        CHECK_INT(atomic_load(&a->n_calls), 0);
        CHECK_INT(atomic_load(&a->in_bytes), 0);
        CHECK_INT(atomic_load(&a->out_bytes), 0);
        CHECK_INT(mcps__account_get(&accounts, "ann", &again), 0);
        atomic_store(&a->n_calls, 7);
        a = mcps__account_unref(a);
        CHECK_INT(atomic_load(&again->n_calls), 7);
        again = mcps__account_unref(again);
    }
out:
    mcps__account_unref(a);
    mcps__account_unref(again);
    if (made)
        mcps__accounts_fini(&accounts);
}

static void what_is_kept_is_counted_twice(void)
{
    struct mcps__accounts accounts;
    struct mcps__account *a = NULL, *b = NULL;
    bool made = mcps__accounts_init(&accounts) == 0;

    CHECK(made);
    CHECK_INT(mcps__account_get(&accounts, "a", &a), 0);
    CHECK_INT(mcps__account_get(&accounts, "b", &b), 0);
    mcps__account_charge_in(a, 100);
    mcps__account_charge_in(b, 10);
    mcps__account_charge_out(a, 5);
    mcps__account_charge_out(b, 3);
    CHECK_INT(atomic_load(&a->in_bytes), 100);
    CHECK_INT(atomic_load(&b->in_bytes), 10);
    CHECK_INT(atomic_load(&accounts.in_bytes), 110);
    CHECK_INT(atomic_load(&a->out_bytes), 5);
    CHECK_INT(atomic_load(&b->out_bytes), 3);
    CHECK_INT(atomic_load(&accounts.out_bytes), 8);
    mcps__account_uncharge_in(a, 99);
    mcps__account_uncharge_out(b, 3);
    CHECK_INT(atomic_load(&a->in_bytes), 1);
    CHECK_INT(atomic_load(&accounts.in_bytes), 11);
    CHECK_INT(atomic_load(&accounts.out_bytes), 5);
    mcps__account_uncharge_in(a, 1);
    mcps__account_uncharge_in(b, 10);
    mcps__account_uncharge_out(a, 5);
    CHECK_INT(atomic_load(&accounts.in_bytes), 0);
    CHECK_INT(atomic_load(&accounts.out_bytes), 0);
out:
    mcps__account_unref(a);
    mcps__account_unref(b);
    if (made)
        mcps__accounts_fini(&accounts);
}

#ifdef MCPS__TEST_HOOKS
static void uncharge_too_much(void)
{
    struct mcps__accounts accounts;
    struct mcps__account *account = NULL;

    if (mcps__accounts_init(&accounts) < 0 ||
        mcps__account_get(&accounts, "a", &account) < 0)
        return;
    mcps__account_charge_out(account, 3);
    mcps__account_uncharge_out(account, 4);
}

static void more_than_was_charged_cannot_go(void)
{
    CHECK(dies_saying(uncharge_too_much, "before >= bytes"));
out:;
}
#endif

/* ---- threads ---- */

enum { N_THREADS = 4, N_TURNS = 20000, N_NAMES = 3 };

struct user {
    struct mcps__accounts *accounts;
    unsigned turns, n_failed;
};

/* Takes an account and lets it go, so that now and then the last reference goes while
 * somebody else looks for the account. */
static void *get_and_unref(void *userdata)
{
    static const char *const names[N_NAMES] = { "ann", "bob", "cleo" };
    struct user *user = userdata;
    struct mcps__account *account = NULL, *more;

    for (unsigned i = 0; i < user->turns; i++) {
        if (mcps__account_get(user->accounts, names[i / 7 % N_NAMES], &account) < 0) {
            user->n_failed++;
            continue;
        }
        mcps__account_charge_in(account, 3);
        more = mcps__account_ref(account);
        mcps__account_unref(account);
        mcps__account_uncharge_in(more, 3);
        mcps__account_unref(more);
    }
    return NULL;
}

static void the_last_reference_races_with_finding(void)
{
    struct mcps__accounts accounts;
    struct user users[N_THREADS];
    pthread_t threads[N_THREADS];
    bool made = mcps__accounts_init(&accounts) == 0;
    unsigned n = 0;

    CHECK(made);
    for (; n < N_THREADS; n++) {
        users[n] = (struct user){ &accounts, unit_repeat(N_TURNS, 50 * N_TURNS), 0 };
        if (pthread_create(&threads[n], NULL, get_and_unref, &users[n]) != 0)
            break;
    }
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(n, N_THREADS);
    for (unsigned i = 0; i < n; i++)
        CHECK_INT(users[i].n_failed, 0);
    CHECK_INT(atomic_load(&accounts.in_bytes), 0);
out:
    if (made)
        mcps__accounts_fini(&accounts);
}

const struct unit_test account_tests[] = {
    UNIT_TEST(a_principal_has_one_account),
    UNIT_TEST(an_account_goes_with_its_last_reference),
    UNIT_TEST(what_is_kept_is_counted_twice),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(more_than_was_charged_cannot_go),
#endif
    UNIT_TEST_ONCE(the_last_reference_races_with_finding, "it makes thousands"),
    UNIT_END,
};
