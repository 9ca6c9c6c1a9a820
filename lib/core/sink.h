/* SPDX-License-Identifier: MIT */
/*
 * Sinks: where the messages of one stream go. Any thread puts whole messages into the
 * bounded queue; only the transport's I/O thread takes them out and writes them.
 *
 * CLOSED and BROKEN are ordinary outcomes. Closed is our end: no more was to come. Broken is
 * the client's: it is gone, or did not read. Either way the message is dropped, quietly.
 *
 * The marks: at the soft mark (limit out_bytes) progress replaces what is still waiting of
 * it, and the transport stops reading from the client and starting its calls; a message that
 * finds four times as much waiting breaks the sink. Not so the answer of a call: those that
 * run then may still end, and who reads nothing at all is closed by the limit write_stall_ms.
 *
 * What counts is memory: the text of messages, let go as it is written, and those blobs that
 * the server holds (piece.h), raw and until their message is written. Static blobs cost
 * nothing, whatever is written of them. All of it is charged to the account and counts for the
 * soft mark. Blobs do not count for the hard one: one answer alone may have more of them,
 * and its client reads it all the same.
 *
 * THREADS. Each function says where; "any" is with no lock held of rank "sink" or higher.
 */
#ifndef MCPS_CORE_SINK_H
#define MCPS_CORE_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/account.h"
#include "core/limits.h"
#include "core/loop.h"
#include "core/piece.h"
#include "util/lock.h"
#include "util/obj.h"

enum mcps__sink_state { MCPS__SINK_OPEN, MCPS__SINK_CLOSED, MCPS__SINK_BROKEN };

struct mcps__sink {
    struct mcps__obj obj;
    struct mcps__loop *loop;       /* a reference; never changes */
    struct mcps__account *account; /* a reference; never changes */
    struct mcps__limits *limits;   /* borrowed from the engine; never changes */
    size_t soft_mark;              /* never changes */
    bool single;            /* for one request: it ends with the answer; never changes */
    bool streams;           /* [home] more than an answer may come */
    struct mcps__post post; /* its function is the transport's; never changes */
    void *conn;             /* [I/O thread] the transport's, NULL once it is gone */
    struct mcps__mutex mutex; /* covers all below */
    struct mcps__list queue MCPS__GUARDED;
    uint64_t n_put MCPS__GUARDED;      /* pieces so far */
    uint64_t last_taken MCPS__GUARDED; /* the serial of the latest that left the queue */
    size_t queued_bytes MCPS__GUARDED; /* text in the queue */
    size_t taken_bytes MCPS__GUARDED;  /* text taken by the transport, not written yet */
    size_t blob_bytes MCPS__GUARDED;   /* held by blobs of all that is queued or taken */
    size_t lost_bytes MCPS__GUARDED;   /* dropped when it broke, not told yet */
    enum mcps__sink_state state MCPS__GUARDED;
    bool overflowed MCPS__GUARDED;
};

/* `flush` is called on the I/O thread, through the post, when there is something to do: it
 * must end with mcps__sink_unref(). */
int mcps__sink_new(struct mcps__sink **ret, struct mcps__loop *loop,
                   struct mcps__account *account, struct mcps__limits *limits,
                   mcps__post_fn *flush) MCPS_MUST_CHECK;
struct mcps__sink *mcps__sink_ref(struct mcps__sink *sink);
/* Returns NULL; NULL is fine. The last goes with no lock of rank "accounts" or higher held. */
struct mcps__sink *mcps__sink_unref(struct mcps__sink *sink);

/* Any thread, under a gate or not. Takes the piece in every case. 0; MCPS_ECLOSED; -EPIPE
 * when it is broken; MCPS_ELIMIT when this message broke it. */
int mcps__sink_put(struct mcps__sink *sink, struct mcps__piece *piece) MCPS_MUST_CHECK;
/* The same under a lock: what is dropped, this message or others, goes to the end of a list,
 * for mcps__pieces_free() when no lock is held. */
int mcps__sink_put_under(struct mcps__sink *sink, struct mcps__piece *piece,
                         struct mcps__list *dropped) MCPS_MUST_CHECK;
/* Both or none under a lock, with nothing between them. They are earned. */
int mcps__sink_put_both_under(struct mcps__sink *sink, struct mcps__piece *first,
                              struct mcps__piece *second,
                              struct mcps__list *dropped) MCPS_MUST_CHECK;
/* Any thread. Is the piece of that serial in the queue still, where its client cannot have
 * seen anything of it? */
bool mcps__sink_has_queued(struct mcps__sink *sink, uint64_t serial);
/* Any thread. Drops what is queued for an exchange and not taken yet, which has no blobs: a
 * gate may be held. The transport is told when less than the soft mark is left. */
void mcps__sink_forget(struct mcps__sink *sink, const void *owner);
/* Any thread. Nothing more is to come: what is queued is still written, then the transport
 * closes the connection. Not of one that is broken. */
void mcps__sink_close(struct mcps__sink *sink);
/* Any thread. The client is gone: drops what is queued. */
void mcps__sink_break(struct mcps__sink *sink);

/* I/O thread. Moves pieces from the queue to the end of `to`: at most `n`, or as many as
 * make `bytes`, but at least one if there is one. Returns how many. The transport is told of
 * a put only when the queue was empty, or when the put passes the soft mark: it comes back
 * by itself for what it left there. */
size_t mcps__sink_take(struct mcps__sink *sink, struct mcps__list *to, size_t n,
                       size_t bytes);
/* What of a message is let go by the steps that a transport takes through it. */
struct mcps__released {
    size_t text, blobs;
};

/* Adds what is let go of a piece between two offsets: a piece with blobs at its end only. */
void mcps__piece_release(const struct mcps__piece *piece, size_t from, size_t to,
                         struct mcps__released *released);

/* I/O thread. So much of what was taken is written, or given up. */
void mcps__sink_written(struct mcps__sink *sink, struct mcps__released released);

/* I/O thread. How many bytes of messages were dropped when it broke, since the last time. */
size_t mcps__sink_lost(struct mcps__sink *sink);

/* Any thread. Did a message break it that was too much? */
bool mcps__sink_overflowed(struct mcps__sink *sink);
/* Any thread; the answer may be old when it comes. */
enum mcps__sink_state mcps__sink_state(struct mcps__sink *sink);
size_t mcps__sink_waiting(struct mcps__sink *sink); /* bytes held, queued or taken */

#endif
