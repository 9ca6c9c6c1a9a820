/* SPDX-License-Identifier: MIT */
/*
 * Accounts: who is asking. Limits and fair queueing sit here, so that one caller with many
 * connections has no more of the server than one with a single connection.
 *
 * An account is found by its principal's name and lives while anything refers to it.
 *
 * THREADS. Every function may be called on any thread.
 */
#ifndef MCPS_CORE_ACCOUNT_H
#define MCPS_CORE_ACCOUNT_H

#include <stdatomic.h>
#include <stddef.h>

#include "core/pool.h"
#include "util/lock.h"
#include "util/map.h"
#include "util/obj.h"

struct mcps__accounts {
    struct mcps__mutex mutex; /* covers the map, and the step of a count to 0 */
    struct mcps__map map MCPS__GUARDED;
    atomic_size_t in_bytes, out_bytes; /* of all accounts */
};

struct mcps__account {
    struct mcps__obj obj;
    struct mcps__accounts *all; /* never changes */
    struct mcps__share share;   /* under the pool's mutex */
    atomic_uint n_calls, n_listens, n_sessions, n_connections;
    atomic_size_t in_bytes, out_bytes;
    size_t principal_len;
    char principal[]; /* never changes; and a NUL behind it */
};

int mcps__accounts_init(struct mcps__accounts *accounts) MCPS_MUST_CHECK;
/* No account is left. */
void mcps__accounts_fini(struct mcps__accounts *accounts);

/* The account of a principal: a reference on the one there is, or a new one. */
int mcps__account_get(struct mcps__accounts *accounts, const char *principal,
                      struct mcps__account **ret) MCPS_MUST_CHECK;
struct mcps__account *mcps__account_ref(struct mcps__account *account);
/* Returns NULL; NULL is fine. No lock of rank "accounts" or higher is held. */
struct mcps__account *mcps__account_unref(struct mcps__account *account);

/* Bytes that are kept for the account, as input or output, come and go. */
void mcps__account_charge_in(struct mcps__account *account, size_t bytes);
void mcps__account_uncharge_in(struct mcps__account *account, size_t bytes);
void mcps__account_charge_out(struct mcps__account *account, size_t bytes);
void mcps__account_uncharge_out(struct mcps__account *account, size_t bytes);
/* How much more may be kept where all accounts together may have `max`, and each a quarter of
 * it, so that nobody fills the server alone. */
size_t mcps__account_room_in(const struct mcps__account *account, size_t max);
size_t mcps__account_room_out(const struct mcps__account *account, size_t max);

#endif
