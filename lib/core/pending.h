/* SPDX-License-Identifier: MIT */
/*
 * The pending map: our requests to a client that wait for its answer.
 *
 * An entry has two references, the map's and the waiter's. Whoever takes it out of the map
 * takes the map's: the I/O thread that has read the answer, the waiter that gives up, or the
 * closing of the peer, which moves the whole map out under the peer's mutex and walks over
 * what is then its own. A waiter leaves only after its entry was completed or it took the
 * entry out itself, so an entry has exactly one outcome.
 *
 * THREADS. The map is under the peer's mutex; an entry has a lock of its own. Every function
 * may be called on any thread, with no lock held of rank "peer" or higher.
 */
#ifndef MCPS_CORE_PENDING_H
#define MCPS_CORE_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/exchange.h"
#include "core/peer.h"
#include "json/bytes.h"
#include "util/timer.h"

struct mcps__entry;

/* In place of a thread that waits: told of the outcome. [home], with no lock held. Takes the
 * reference on `result`. */
typedef void mcps__entry_fn(struct mcps__entry *entry, int outcome,
                            struct mcps__bytes *result);

struct mcps__entry {
    struct mcps__obj obj;
    int64_t serial;                  /* the id on the wire; never changes */
    struct mcps__exchange *exchange; /* for which we ask; the waiter has a reference */
    int64_t limit;                   /* ns without a sign of life; never changes */
    int64_t latest;                  /* and the end of all patience; never changes */
    mcps__entry_fn *on_done;         /* NULL: a thread waits; never changes */
    void *userdata;                  /* of that */
    struct mcps__timer timer;        /* [home] the deadline, if no thread waits */
    struct mcps__mutex mutex;        /* covers all below */
    int64_t deadline MCPS__GUARDED;
    struct mcps__cond done;
    bool completed MCPS__GUARDED;
    int outcome MCPS__GUARDED; /* 0 or an error */
    struct mcps__bytes *result
        MCPS__GUARDED; /* JSON text; NULL unless the outcome is 0 */
};

/* Gives the caller, who will wait, an entry that is in no map yet, with a serial that is
 * free. The client has `limit` ns from now, and as long again after each sign of life, up to
 * ten times the limit. -ENOMEM. */
int mcps__entry_new(struct mcps__entry **ret, struct mcps__exchange *exchange,
                    int64_t limit) MCPS_MUST_CHECK;
/* Returns NULL; NULL is fine. */
struct mcps__entry *mcps__entry_unref(struct mcps__entry *entry);

/* Puts it into its peer's map, before its bytes can reach the client. MCPS_ECLOSED when the
 * client cannot answer any more; MCPS_ENOTREADY; MCPS_ELIMIT; -ENOMEM. */
int mcps__pending_insert(struct mcps__entry *entry) MCPS_MUST_CHECK;
/* Takes this very entry out, if it is there still; returns whether it was. */
bool mcps__pending_remove(struct mcps__entry *entry);

/* The client has answered: completes the entry. Takes the reference on `result`, which is
 * NULL unless the outcome is 0. False when no entry has that serial. */
bool mcps__pending_answer(struct mcps__peer *peer, int64_t serial, int outcome,
                          struct mcps__bytes *result);
/* No answer can come any more: completes all entries with MCPS_ECLOSED. The calls that wait
 * for them are suppressed first if `suppress` says so. Nothing is inserted at the same time,
 * for the peer's state forbids it. */
void mcps__pending_fail_all(struct mcps__peer *peer, bool suppress);

/* The client says that it is at work on the request: its time begins anew. [home] */
void mcps__pending_renew(struct mcps__peer *peer, int64_t serial);

/* Waits for the outcome, until the deadline or until the exchange is cancelled. Returns the
 * outcome, and gives *ret if that is 0; MCPS_ETIMEDOUT or MCPS_ECANCELLED: the entry is then
 * out of the map, and no outcome will come. */
int mcps__entry_wait(struct mcps__entry *entry, struct mcps__bytes **ret) MCPS_MUST_CHECK;
/* In place of waiting, sets the timer of an entry with on_done: when the time is up it is out of
 * the map and done with MCPS_ETIMEDOUT. [home] */
int mcps__entry_set_timer(struct mcps__entry *entry) MCPS_MUST_CHECK;

#endif
