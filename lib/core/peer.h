/* SPDX-License-Identifier: MIT */
/*
 * A peer: one conversation with a client. It holds the session's token, the calls in flight
 * by their ids, and our requests that wait for the client's answer.
 *
 * Closing is a state machine that events move on (close.c):
 *
 *     OPEN       requests are served
 *     DRAINING   nothing new; what runs may still be answered (the input has ended, or the
 *                server stops), until all has ended or the time is up
 *     CANCELLED  the token is set, every call is settled, the sink is closed; the transport
 *                closes the connection once all is written
 *     CLOSED     the connection is closed and the last handler has returned
 *
 * THREADS. A peer has a home, the I/O thread of its transport; what closes it happens there.
 * [home] marks members and functions of that thread. The mutex covers the rest.
 */
#ifndef MCPS_CORE_PEER_H
#define MCPS_CORE_PEER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/account.h"
#include "core/context.h"
#include "core/engine.h"
#include "core/loop.h"
#include "core/sink.h"
#include "core/token.h"
#include "rpc/id.h"
#include "util/map.h"

enum mcps__peer_state {
    MCPS__PEER_OPEN,
    MCPS__PEER_DRAINING,
    MCPS__PEER_CANCELLED,
    MCPS__PEER_CLOSED
};

enum mcps__peer_kind {
    MCPS__PEER_STREAM, /* one stream for everything: stdio, in-memory */
    MCPS__PEER_SESSION, /* of HTTP, legacy: each request has a sink of its own, the peer's is
                           for what belongs to none */
    MCPS__PEER_REQUESTS /* of HTTP: requests of one connection that need no session */
};

struct mcps__peer {
    struct mcps__obj obj;
    struct mcps__engine *engine; /* references; they never change */
    struct mcps__loop *loop;
    struct mcps__account *account;
    struct mcps__sink *sink;       /* NULL: of a kind that has none */
    enum mcps__peer_kind kind;     /* never changes */
    struct mcps__token token;      /* child of the engine's */
    struct mcps__lane lane;        /* before the workers; under the pool's mutex */
    struct mcps__list lanes;       /* [home] in other pools; lanes.h */
    struct mcps__post post;        /* calls step() at home when a call has ended */
    struct mcps__timer timer;      /* [home] ends DRAINING */
    enum mcps_cancel_reason cause; /* [home] of the closing */
    bool connected;                /* [home] the transport has the connection still */
    uint64_t bad_count;            /* [home] for the limit bad_messages: so many */
    int64_t bad_since;             /* since then */
    struct mcps__news news;
    struct mcps__listener listener; /* of the legacy session */
    atomic_uint
        log_levels;       /* legacy: so many, from the most severe on, are logged to it */
    bool tolerates_twins; /* requests with one id may be in flight together; never changes */
    bool no_back_channel; /* no request of ours can reach the client; never changes */
    atomic_uint n_roots_changes;  /* so often the client has said that they have */
    struct mcps__task roots_task; /* has the control pool tell the application */
    struct mcps__context *modern; /* [home] the latest of a modern request, or NULL */
    struct mcps__mutex mutex;     /* covers all below */
    enum mcps__peer_state state MCPS__GUARDED;
    bool no_client MCPS__GUARDED;   /* no answer of the client can come any more */
    bool ready MCPS__GUARDED;       /* its handshake is over */
    unsigned n_calls MCPS__GUARDED; /* that have not ended */
    struct mcps__context *context MCPS__GUARDED; /* NULL until it is initialized */
    struct mcps__map exchanges MCPS__GUARDED;    /* not settled yet, by id */
    struct mcps__map pending MCPS__GUARDED;      /* our requests, by serial; pending.h */
    int64_t next_serial MCPS__GUARDED;
};

/* Gives a peer that is open, whose messages go to the sink. [home], or before the home
 * thread starts. MCPS_ELIMIT at the limit "peers" or "sessions". */
int mcps__peer_new(struct mcps__peer **ret, struct mcps__engine *engine,
                   struct mcps__loop *loop, struct mcps__account *account,
                   struct mcps__sink *sink, enum mcps__peer_kind kind) MCPS_MUST_CHECK;
/* Any thread. */
struct mcps__peer *mcps__peer_ref(struct mcps__peer *peer);
/* Any thread. Returns NULL; NULL is fine. */
struct mcps__peer *mcps__peer_unref(struct mcps__peer *peer);

/* The client says that its roots have changed. [home] */
void mcps__peer_roots_changed(struct mcps__peer *peer);

/*
 * What the transport tells a peer, all [home]. Each may close the sink at once or later, on
 * which the transport's flush is called and sees it.
 */
/* The client sends no more; it may still read. */
void mcps__peer_end_of_input(struct mcps__peer *peer);
/* The client is gone, or does not read: nothing can be written any more. */
void mcps__peer_lost(struct mcps__peer *peer);
/* The server stops: nothing new, and what runs has time until the deadline. Called again, it
 * sets an earlier deadline. */
void mcps__peer_drain(struct mcps__peer *peer, int64_t deadline);
/* It ends now, for that reason. */
void mcps__peer_end(struct mcps__peer *peer, enum mcps_cancel_reason reason);
/* The connection is closed, and the transport will not call any more. */
void mcps__peer_disconnected(struct mcps__peer *peer);

#endif
