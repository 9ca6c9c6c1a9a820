/* SPDX-License-Identifier: MIT */
/*
 * From the text of a message to what is done about it, for both eras. On the home thread of
 * the peer.
 */
#ifndef MCPS_PROTO_DISPATCH_H
#define MCPS_PROTO_DISPATCH_H

#include "core/context.h"
#include "core/peer.h"
#include "core/scopes.h"
#include "json/scan.h"
#include "rpc/envelope.h"
#include "rpc/headers.h"

/*
 * Handles one message. `verdict` is what the scan said of the text in the end: 1, or an
 * error; the scan may be one of another text afterwards. What is answered at once is put
 * into the peer's sink, calls are collected by the peer's loop. Nothing of the text is kept.
 */
void mcps__dispatch(struct mcps__peer *peer, struct mcps__scan *scan, const char *text,
                    int verdict);

/* One that came as a request of HTTP. */
struct mcps__posted {
    struct mcps__peer *peer;
    struct mcps__context *context; /* NULL: the peer's, if it has one */
    struct mcps__sink *sink;       /* of its own: for what is said to it */
    struct mcps__scopes *scopes;   /* of who sent it; or NULL */
    const struct mcps__headers *headers;
    struct mcps__scan *scan;
    const char *text;
    const struct mcps__envelope *env; /* of the text, accepted */
};

/* Whether it is of the modern era: by what it says of itself, or by its headers. The peer may
 * be NULL still. */
bool mcps__posted_is_modern(const struct mcps__posted *posted);
bool mcps__posted_is_initialize(const struct mcps__posted *posted);
/* Handles it. What needs no answer puts none into the sink, which is as it was then. */
void mcps__dispatch_posted(const struct mcps__posted *posted);
/* The error for a text that cannot be read, or that is no message, with its id if it may have
 * it; NULL: -ENOMEM. `verdict` as above, or what mcps__envelope_read() said. */
struct mcps__piece *mcps__posted_refusal(const struct mcps__scan *scan, int verdict,
                                         const struct mcps__envelope *env);

/* Handles a message that could not even be kept: MCPS_ELIMIT (it was too long), -ENOMEM. */
void mcps__dispatch_lost(struct mcps__peer *peer, int error);

#endif
