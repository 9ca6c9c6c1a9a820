/* SPDX-License-Identifier: MIT */
/*
 * An exchange: one request of a client on the wire, which is answered once or not at all.
 *
 * Its gate sees to that. The slot behind the gate moves once, from OPEN to ANSWERED or to
 * SUPPRESSED, by whoever is first: the handler's end, the client's cancel, a deadline, the
 * closing of the peer. The message of the winner is put into the sink under the gate, and so
 * are progress and requests of ours, so that nothing follows an answer. Everybody else does
 * nothing.
 *
 * The part of a call, or of a stream of notifications, that knows the wire: a member of it,
 * with which it lives and whose references it counts.
 *
 * THREADS. Every function may be called on any thread, with no lock held of rank "peer" or
 * higher unless it says otherwise.
 */
#ifndef MCPS_CORE_EXCHANGE_H
#define MCPS_CORE_EXCHANGE_H

#include "core/batch.h"
#include "core/context.h"
#include "core/peer.h"
#include "core/scopes.h"
#include "core/sink.h"
#include "core/token.h"
#include "rpc/id.h"

enum mcps__slot { MCPS__SLOT_OPEN, MCPS__SLOT_ANSWERED, MCPS__SLOT_SUPPRESSED };

struct mcps__exchange;

/* What it is the part of. */
struct mcps__exchange_ops {
    void (*free)(struct mcps__exchange *exchange); /* at the last reference */
    /* Cancels it, if it is not answered yet: settles it as the table in close.h says for the
     * reason, then sets its token. [home]. Returns whether it was the one to settle it. */
    bool (*cancel)(struct mcps__exchange *exchange, enum mcps_cancel_reason reason);
    bool is_call; /* it counts as one of its peer's */
};

struct mcps__exchange {
    struct mcps__obj obj;
    const struct mcps__exchange_ops *ops;
    struct mcps__peer *peer; /* references; they never change */
    struct mcps__context *context;
    struct mcps__sink *sink; /* where the answer goes, and what belongs to the request */
    struct mcps__scopes *scopes; /* a reference: what its client may do; NULL: none */
    struct mcps__token token;    /* child of the peer's */
    struct mcps__id id;          /* never changes */
    char number_key[9]; /* the id as a key of the peer's map, if it is a number */
    bool is_twin; /* another one with its id is listed under that; the peer's mutex */
    bool listed;  /* in the peer's map, which has a reference; its mutex */
    struct mcps__mutex gate; /* covers the slot, and putting what goes through it */
    enum mcps__slot slot MCPS__GUARDED;
    struct mcps__batch *batch MCPS__GUARDED; /* that the answer is a part of, or NULL */
};

/* Makes an exchange with one reference. Takes references; the sink is the peer's or one of its
 * own, the batch may be NULL. 0 or -errno; nothing is to be undone then. */
int mcps__exchange_init(struct mcps__exchange *exchange, struct mcps__peer *peer,
                        struct mcps__context *context, struct mcps__sink *sink,
                        struct mcps__batch *batch, const struct mcps__id *id,
                        const struct mcps__exchange_ops *ops) MCPS_MUST_CHECK;
/* For ops->free(). It is not listed any more. */
void mcps__exchange_fini(struct mcps__exchange *exchange);

void mcps__exchange_ref(struct mcps__exchange *exchange);
void mcps__exchange_unref(struct mcps__exchange *exchange);

/* Puts it into the table of its peer, which takes a reference. MCPS_EEXISTS when an exchange
 * with that id is in flight; MCPS_ECLOSED when the peer takes nothing new; MCPS_ELIMIT when
 * it has too many calls; -ENOMEM. From then on the peer counts one call more, if it is one,
 * until mcps__peer_call_ended(). */
int mcps__exchange_list(struct mcps__exchange *exchange) MCPS_MUST_CHECK;
/* An exchange of that id in the table, with a reference, or NULL. */
struct mcps__exchange *mcps__exchange_find(struct mcps__peer *peer,
                                           const struct mcps__id *id);
/* Any exchange of the table, with a reference; NULL when there is none left. */
struct mcps__exchange *mcps__exchange_any(struct mcps__peer *peer);

static inline bool mcps__exchange_cancel(struct mcps__exchange *exchange,
                                         enum mcps_cancel_reason reason)
{
    return exchange->ops->cancel(exchange, reason);
}

/* Answers. Takes the piece in every case. 0 when this was the answer and it was put;
 * MCPS_ECANCELLED when the slot was not open; MCPS_ECLOSED when the client is gone. */
int mcps__exchange_answer(struct mcps__exchange *exchange, struct mcps__piece *piece);
/* Ends a stream, if it has not ended: a message and then the answer, with nothing between
 * them. Takes both. */
void mcps__exchange_end(struct mcps__exchange *exchange, struct mcps__piece *first,
                        struct mcps__piece *piece);
/* Sees to it that no answer is given, and drops what is still queued for the exchange.
 * Returns whether the slot was open. */
bool mcps__exchange_suppress(struct mcps__exchange *exchange);
/* Progress, or a request of ours: put if the slot is open. Takes the piece in every case.
 * MCPS_ECANCELLED when the exchange was cancelled; MCPS_ECLOSED when it was answered, or the
 * client is gone. */
int mcps__exchange_put(struct mcps__exchange *exchange, struct mcps__piece *piece);
/* The same under a call's lock, as mcps__sink_put_under(). */
int mcps__exchange_put_under(struct mcps__exchange *exchange, struct mcps__piece *piece,
                             struct mcps__list *dropped);

#endif
