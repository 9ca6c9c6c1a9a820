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
 * THREADS. Each function says where; "any" is with no lock held of rank "sink" or higher.
 */
#ifndef MCPS_CORE_SINK_H
#define MCPS_CORE_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/account.h"
#include "core/limits.h"
#include "core/loop.h"
#include "util/buf.h"
#include "util/list.h"
#include "util/lock.h"
#include "util/obj.h"

/* A message on its way out. It is written straight into the memory that it is queued in:
 * mcps__piece_begin() leaves room for this head in front of a buffer's content. */
struct mcps__piece {
    struct mcps__list link;
    const void *owner; /* the exchange that it is for, only compared; NULL: none */
    bool progress;
    bool earned; /* a call's answer: the hard mark does not refuse it */
    size_t len;
    char data[];
};

/* Makes an empty buffer for a message of at most `max` bytes. */
int mcps__piece_begin(struct mcps__buf *buf, size_t max) MCPS_MUST_CHECK;
/* The buffer's content as a piece, given; the buffer is empty afterwards. */
struct mcps__piece *mcps__piece_end(struct mcps__buf *buf);
/* NULL is fine. */
void mcps__piece_free(struct mcps__piece *piece);

enum mcps__sink_state { MCPS__SINK_OPEN, MCPS__SINK_CLOSED, MCPS__SINK_BROKEN };

struct mcps__sink {
    struct mcps__obj obj;
    struct mcps__loop *loop;       /* a reference; never changes */
    struct mcps__account *account; /* a reference; never changes */
    struct mcps__limits *limits;   /* borrowed from the engine; never changes */
    size_t soft_mark;              /* never changes */
    struct mcps__post post;        /* its function is the transport's; never changes */
    void *conn;               /* [I/O thread] the transport's, NULL once it is gone */
    struct mcps__mutex mutex; /* covers all below */
    struct mcps__list queue MCPS__GUARDED;
    size_t queued_bytes MCPS__GUARDED; /* in the queue */
    size_t taken_bytes MCPS__GUARDED;  /* taken by the transport, not written yet */
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
/* Any thread. Drops what is queued for an exchange and not taken yet. The transport is told
 * when less than the soft mark is left. */
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
/* I/O thread. So many bytes of what was taken are written, or given up. */
void mcps__sink_written(struct mcps__sink *sink, size_t bytes);

/* I/O thread. How many bytes were dropped when it broke, since the last time. */
size_t mcps__sink_lost(struct mcps__sink *sink);

/* Any thread. Did a message break it that was too much? */
bool mcps__sink_overflowed(struct mcps__sink *sink);
/* Any thread; the answer may be old when it comes. */
enum mcps__sink_state mcps__sink_state(struct mcps__sink *sink);
size_t mcps__sink_waiting(struct mcps__sink *sink); /* bytes queued or taken */

#endif
