/* SPDX-License-Identifier: MIT */
/*
 * Streams of notifications, which clients of the modern era open with subscriptions/listen.
 * A stream is an exchange whose answer is its end: it holds no thread, and nothing up when
 * the server stops.
 *
 * Its acknowledgement is put under the mutex of the changes under which it becomes visible
 * to announcers (changes.h), so nothing of it comes earlier, and nothing that changes after it
 * is missed. It ends
 *
 *     by its client's cancel, or with the client: without a word
 *     by the server, as soon as that drains: with notifications/cancelled and the result,
 *     which go into the sink as one
 *
 * THREADS. On the home thread of the peer.
 */
#ifndef MCPS_CORE_LISTEN_H
#define MCPS_CORE_LISTEN_H

#include "core/exchange.h"

struct json_object;

struct mcps__listen_request {
    struct mcps__peer *peer;
    struct mcps__context *context;
    struct mcps__sink *sink;
    const struct mcps__id *id;
    bool lists[MCPS__N_CHANGED]; /* that it is to be told of */
    struct json_object *uris;    /* of resources: an array of strings; NULL: none */
};

/* Opens a stream, and acknowledges what was asked for. MCPS_EEXISTS, when a request with that
 * id is in flight; MCPS_ECLOSED, when the peer takes nothing new; MCPS_ELIMIT or
 * MCPS_EINVALID, with a sentence in *reterr_why: there are too many streams, or it asks for
 * too much; -ENOMEM. */
int mcps__listen_open(const struct mcps__listen_request *request,
                      const char **reterr_why) MCPS_MUST_CHECK;

/* Ends all streams of a peer. */
void mcps__listens_end(struct mcps__peer *peer, enum mcps_cancel_reason reason);

/* Bytes of memory that one has, but for its subscriptions. */
size_t mcps__listen_size(void);

#endif
