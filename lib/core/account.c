/* SPDX-License-Identifier: MIT */
/* Accounts; see account.h. */
#include "config.h"

#include "core/account.h"

#include <errno.h>
#include <string.h>

#include "util/assert.h"
#include "util/mem.h"

#define ACCOUNT_MAGIC UINT32_C(0x6d616363)

int mcps__accounts_init(struct mcps__accounts *accounts)
{
    struct mcps__map map;
    /* As many as there are peers, who have a limit. */
    int r = mcps__map_init(&map, SIZE_MAX);

    if (r < 0)
        return r;
    *accounts = (struct mcps__accounts){ .map = map };
    atomic_init(&accounts->in_bytes, 0);
    atomic_init(&accounts->out_bytes, 0);
    return mcps__mutex_init(&accounts->mutex, MCPS__LOCK_accounts);
}

MCPS__NO_LOCK_ANALYSIS
void mcps__accounts_fini(struct mcps__accounts *accounts)
{
    mcps__assert(accounts->map.n_entries == 0);
    mcps__map_fini(&accounts->map);
    mcps__mutex_fini(&accounts->mutex);
}

/* ---- one account ---- */

static struct mcps__account *account_make(struct mcps__accounts *accounts,
                                          const char *principal, size_t len)
{
    struct mcps__account *account = mcps__malloc(sizeof *account + len + 1);

    if (!account)
        return NULL;
    mcps__obj_init(&account->obj, ACCOUNT_MAGIC);
    account->all = accounts;
    mcps__share_init(&account->share);
    atomic_init(&account->n_calls, 0);
    atomic_init(&account->n_listens, 0);
    atomic_init(&account->n_sessions, 0);
    atomic_init(&account->n_connections, 0);
    atomic_init(&account->in_bytes, 0);
    atomic_init(&account->out_bytes, 0);
    account->principal_len = len;
    memcpy(account->principal, principal, len + 1);
    return account;
}

static int add_account(struct mcps__accounts *accounts, const char *principal, size_t len,
                       struct mcps__account **ret) MCPS__REQUIRES(accounts->mutex);
static int add_account(struct mcps__accounts *accounts, const char *principal, size_t len,
                       struct mcps__account **ret)
{
    struct mcps__account *account = account_make(accounts, principal, len);
    int r;

    if (!account)
        return -ENOMEM;
    r = mcps__map_insert(&accounts->map, account->principal, len, account);
    if (r < 0) {
        mcps__free(account);
        return r;
    }
    *ret = account;
    return 0;
}

int mcps__account_get(struct mcps__accounts *accounts, const char *principal,
                      struct mcps__account **ret)
{
    size_t len = strlen(principal);
    struct mcps__account *account;
    int r = 0;

    mcps__mutex_lock(&accounts->mutex);
    account = mcps__map_lookup(&accounts->map, principal, len);
    if (account)
        *ret = mcps__account_ref(account);
    else
        r = add_account(accounts, principal, len, ret);
    mcps__mutex_unlock(&accounts->mutex);
    return r;
}

struct mcps__account *mcps__account_ref(struct mcps__account *account)
{
    MCPS__CHECK_OBJ(account, ACCOUNT_MAGIC);
    mcps__obj_ref(&account->obj);
    return account;
}

/* The last reference goes under the mutex, with the entry of the map: whoever finds the
 * account there can take one. */
struct mcps__account *mcps__account_unref(struct mcps__account *account)
{
    struct mcps__accounts *all;
    bool last, found = true;

    if (!account)
        return NULL;
    MCPS__CHECK_OBJ(account, ACCOUNT_MAGIC);
    if (mcps__obj_unref_unless_last(&account->obj))
        return NULL;
    all = account->all;
    mcps__mutex_lock(&all->mutex);
    last = mcps__obj_unref(&account->obj);
    if (last)
        found = mcps__map_remove(&all->map, account->principal, account->principal_len,
                                 account);
    mcps__mutex_unlock(&all->mutex);
    mcps__assert(found);
    if (last) {
        mcps__assert(mcps__list_is_empty(&account->share.link));
        mcps__assert(atomic_load(&account->in_bytes) == 0);
        mcps__assert(atomic_load(&account->out_bytes) == 0);
        mcps__free(account);
    }
    return NULL;
}

/* ---- what is kept for it ---- */

static void charge(atomic_size_t *one, atomic_size_t *all, size_t bytes)
{
    atomic_fetch_add_explicit(one, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(all, bytes, memory_order_relaxed);
}

static void uncharge(atomic_size_t *one, atomic_size_t *all, size_t bytes)
{
    size_t before = atomic_fetch_sub_explicit(one, bytes, memory_order_relaxed);
    size_t before_all = atomic_fetch_sub_explicit(all, bytes, memory_order_relaxed);

    mcps__assert(before >= bytes && before_all >= bytes);
}

void mcps__account_charge_in(struct mcps__account *account, size_t bytes)
{
    charge(&account->in_bytes, &account->all->in_bytes, bytes);
}

void mcps__account_uncharge_in(struct mcps__account *account, size_t bytes)
{
    uncharge(&account->in_bytes, &account->all->in_bytes, bytes);
}

void mcps__account_charge_out(struct mcps__account *account, size_t bytes)
{
    charge(&account->out_bytes, &account->all->out_bytes, bytes);
}

void mcps__account_uncharge_out(struct mcps__account *account, size_t bytes)
{
    uncharge(&account->out_bytes, &account->all->out_bytes, bytes);
}

enum { SHARES = 4 };

static size_t left_of(size_t max, const atomic_size_t *used)
{
    size_t n = atomic_load_explicit(used, memory_order_relaxed);

    return n < max ? max - n : 0;
}

static size_t room(const atomic_size_t *one, const atomic_size_t *all, size_t max)
{
    size_t own = left_of(max / SHARES, one);
    size_t common = left_of(max, all);

    return own < common ? own : common;
}

size_t mcps__account_room_in(const struct mcps__account *account, size_t max)
{
    return room(&account->in_bytes, &account->all->in_bytes, max);
}

size_t mcps__account_room_out(const struct mcps__account *account, size_t max)
{
    return room(&account->out_bytes, &account->all->out_bytes, max);
}
