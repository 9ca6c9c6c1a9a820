/* SPDX-License-Identifier: MIT */
/*
 * The chain of middleware around requests; see mcpserver/middleware.h.
 *
 * A request is seen by an object of its own from when it is dispatched until it is left. What
 * is answered at once is left as it is answered; a call takes the object, and is left when it
 * is finished, or when it ends without having been started.
 *
 * THREADS. The chain never changes after the start. A request belongs to one thread at a time:
 * who dispatches it, who runs it, who finishes it. The functions of middleware are called
 * under no lock.
 */
#ifndef MCPS_CORE_CHAIN_H
#define MCPS_CORE_CHAIN_H

#include <stdbool.h>

#include "core/piece.h"
#include "mcpserver/middleware.h"
#include "rpc/id.h"
#include "util/buf.h"

struct mcps__account;
struct mcps__context;
struct mcps__engine;

enum { MCPS__CHAIN_MAX = 16 };

struct mcps__chain {
    struct mcps_middleware items[MCPS__CHAIN_MAX];
    char *names[MCPS__CHAIN_MAX]; /* theirs */
    unsigned n;
    bool on_workers; /* some may block: lists are calls, too */
};

/* Adds one, or calls its destroy(). -EINVAL, MCPS_ELIMIT, -ENOMEM. */
int mcps__chain_add(struct mcps__chain *chain,
                    const struct mcps_middleware *middleware) MCPS_MUST_CHECK;
void mcps__chain_fini(struct mcps__chain *chain);

struct mcps__seen_text {
    const char *data; /* NULL: none */
    size_t len;
};

struct mcps_request {
    struct mcps__engine *engine; /* this and the next two borrowed from what serves it */
    const struct mcps__account *account;
    const struct mcps__context *context; /* NULL before the handshake */
    struct mcps__id id;
    char *method, *name; /* one block; the name may be NULL */
    struct mcps__seen_text arguments, meta;
    int64_t received, started; /* 0: not yet */
    bool taken;                /* by a call */
    bool opened;               /* it is a stream that is open now */
    bool entering;
    struct mcps__piece *refusal;
    unsigned at;                          /* whose function runs */
    unsigned char order[MCPS__CHAIN_MAX]; /* who was entered, one after the other, */
    unsigned n_entered;                   /* and how many */
    void *pointers[MCPS__CHAIN_MAX];
};

/* What a request is made of; all borrowed. */
struct mcps__seen_source {
    struct mcps__engine *engine;
    const struct mcps__account *account;
    const struct mcps__context *context;
    const struct mcps__id *id;
    struct mcps__seen_text method, name;
};

int mcps__seen_new(struct mcps_request **ret,
                   const struct mcps__seen_source *source) MCPS_MUST_CHECK;
/* NULL is fine. */
void mcps__seen_free(struct mcps_request *request);

/* Enters those that may run anywhere, or the others. The texts are valid meanwhile. NULL, or
 * the answer of who refused it. NULL for the request is fine. */
struct mcps__piece *mcps__seen_enter(struct mcps_request *request, bool anywhere,
                                     struct mcps__seen_text arguments,
                                     struct mcps__seen_text meta);
/* A call takes it, which waits from now on. */
void mcps__seen_take(struct mcps_request *request);
/* The handler begins now, or what answers it at once. NULL is fine. */
void mcps__seen_start(struct mcps_request *request);
/* Leaves all that were entered, once: gives what is to be sent in place of the piece, which is
 * taken. NULL pieces: nothing is sent. NULL for the request is fine. */
struct mcps__piece *mcps__seen_leave(struct mcps_request *request,
                                     struct mcps__piece *piece,
                                     enum mcps_cancel_reason reason);

/* ---- for outcome.c ---- */

/* An error for the request. -EINVAL when data is no JSON, -ENOMEM; NULL in *ret then. */
int mcps__seen_error(struct mcps__piece **ret, const struct mcps_request *request,
                     int code, const char *message, const char *data) MCPS_MUST_CHECK;

struct mcps_outcome {
    struct mcps_request *request;
    struct mcps__piece *piece; /* NULL: nothing is sent */
    enum mcps_cancel_reason reason;
    int64_t now;
    struct mcps__buf json; /* of mcps_outcome_json() */
};

#endif
