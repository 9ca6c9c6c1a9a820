/* SPDX-License-Identifier: MIT */
/*
 * One message of a peer while it is being dispatched, and the ways to answer it at once. On
 * the home thread of the peer.
 */
#ifndef MCPS_PROTO_REQUEST_H
#define MCPS_PROTO_REQUEST_H

#include "core/batch.h"
#include "core/context.h"
#include "core/peer.h"
#include "core/scopes.h"
#include "json/scan.h"
#include "json/write.h"
#include "rpc/envelope.h"
#include "rpc/headers.h"

struct mcps__request {
    struct mcps__peer *peer;
    struct mcps__context
        *context;            /* its own, or the session's: NULL before the handshake */
    struct mcps__sink *sink; /* for what is said to it */
    const struct mcps__headers *headers; /* that it came with over HTTP; or NULL */
    struct mcps__scopes *scopes;         /* or NULL */
    struct mcps__batch *batch;           /* that it is a part of, or NULL */
    struct mcps__scan *scan;             /* of the text */
    const char *text;
    const struct mcps__envelope *env;
    unsigned log_levels; /* modern: so many, from the most severe on, are logged to it */
    struct mcps_request *seen; /* by middleware; NULL: not, or not yet */
};

/* Before the handshake as after one for the oldest. */
static inline enum mcps__version
mcps__request_version(const struct mcps__request *request)
{
    return request->context ? request->context->version : MCPS__V_2024_11_05;
}

/* The member of the params of that name and type: NULL when it is not there; *ret_wrong is
 * set when it has another type, and otherwise left alone. */
const struct mcps__scan_member *mcps__request_param(const struct mcps__request *request,
                                                    const char *name,
                                                    enum mcps__json_type type,
                                                    bool *ret_wrong);

/* The text of a member that is a string; `ret` is to be freed in any case. -ENOMEM. */
int mcps__request_decode(struct mcps__buf *ret, const struct mcps__request *request,
                         const struct mcps__scan_member *member) MCPS_MUST_CHECK;

/* Sends a piece as the answer; NULL says that there was no memory for it: the client, which
 * would wait for ever, loses its stream. */
void mcps__request_answer(const struct mcps__request *request, struct mcps__piece *piece);
/* An error. `message` NULL is the code's own, `data` is JSON text or NULL. */
void mcps__request_refuse(const struct mcps__request *request, int code,
                          const char *message, const char *data);
/* The same for what is wrong with the form of a request, of which HTTP has a status. */
void mcps__request_refuse_form(const struct mcps__request *request, int code,
                               const char *message);
/* An error without an id, for what must not be taken for the answer to another request; a
 * peer gets only so many of them a second. */
void mcps__request_refuse_unnamed(const struct mcps__request *request, int code,
                                  const char *message);
/* It fits nothing, and is not answered. */
void mcps__request_ignore(const struct mcps__request *request, const char *why);

/* Begins a result and ends it, with what the era wants of each: the caller writes the members
 * between. A begin that fails has answered, as well as it could. */
int mcps__request_begin_result(const struct mcps__request *request, struct mcps__buf *buf,
                               struct mcps__writer *w) MCPS_MUST_CHECK;
void mcps__request_end_result(const struct mcps__request *request, struct mcps__buf *buf,
                              struct mcps__writer *w);
/* A result without members of its own. */
void mcps__request_answer_empty(const struct mcps__request *request);
/* The level that a string names; -EINVAL, -ENOMEM. */
int mcps__request_log_level(const struct mcps__request *request,
                            const struct mcps__scan_member *member) MCPS_MUST_CHECK;
/* A whole result that is there already, as JSON text. */
void mcps__request_answer_bytes(const struct mcps__request *request,
                                const struct mcps__bytes *result);

/* Around what is done about a request that middleware may see: a begin that fails has answered. */
bool mcps__request_begin(struct mcps__request *request) MCPS_MUST_CHECK;
void mcps__request_end(struct mcps__request *request);

/* The methods of an era, or its notifications. */
struct mcps__method {
    const char *name;
    void (*handle)(const struct mcps__request *request);
    bool before_handshake; /* legacy: it needs no context */
};

/* NULL when there is none of that name. */
const struct mcps__method *mcps__request_method(const struct mcps__request *request,
                                                const struct mcps__method *table,
                                                size_t n);
void mcps__request_refuse_params(const struct mcps__request *request,
                                 const char *message);
void mcps__request_refuse_method(const struct mcps__request *request);
/* Refuses a request whose id is in flight: answered with that id, it would be taken for the
 * answer to the other one. */
bool mcps__request_check_id(const struct mcps__request *request) MCPS_MUST_CHECK;

#endif
