/* SPDX-License-Identifier: MIT */
/*
 * How things end: the table of reasons, and what the state machine of peers (peer.h) needs
 * of it. Nothing else decides whether something may be said about an end.
 */
#ifndef MCPS_CORE_CLOSE_H
#define MCPS_CORE_CLOSE_H

#include "core/exchange.h"
#include "core/peer.h"
#include "mcpserver/cancel.h"

/* What the client of a cancelled request is told. */
struct mcps__last_word {
    bool said;           /* or else nothing at all */
    int code;            /* enum mcps__rpc_error */
    const char *message; /* static */
    const char *data;    /* JSON text, static; NULL: none */
};

/* The table of reasons. Over HTTP a legacy stream, which may be resumed, has to end. */
struct mcps__last_word mcps__last_word(const struct mcps__exchange *exchange,
                                       enum mcps_cancel_reason reason);

/* The error that a request gets for what is no fault of its own: busy, shutdown. */
#define MCPS__BUSY     "{\"reason\":\"busy\"}"
#define MCPS__SHUTDOWN "{\"reason\":\"shutdown\"}"
#define MCPS__TIMEOUT  "{\"reason\":\"timeout\"}"
#define MCPS__UNLOAD   "{\"reason\":\"unload\"}"

/* The part of mcps__peer_new() that is about closing. */
void mcps__peer_init_close(struct mcps__peer *peer);
/* A peer of that kind is no more. Any thread. */
void mcps__peer_uncount(struct mcps__engine *engine, enum mcps__peer_kind kind);
/* A call of the peer has ended. Any thread, with no lock held. */
void mcps__peer_call_ended(struct mcps__peer *peer);

#endif
