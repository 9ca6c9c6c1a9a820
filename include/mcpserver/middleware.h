/* SPDX-License-Identifier: MIT */
/*
 * Middleware: functions around every request, which see it, may refuse it, and see or replace
 * its outcome. doc/middleware.md says more.
 *
 *     enter, enter, … the handler … leave, leave
 *
 * Never seen are ping, notifications, what a client answers, and what is no valid request.
 */
#ifndef MCPSERVER_MIDDLEWARE_H
#define MCPSERVER_MIDDLEWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mcpserver/base.h>
#include <mcpserver/cancel.h>
#include <mcpserver/server.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A request while it is served: valid until leave() has returned. */
typedef struct mcps_request mcps_request;
/* What became of it: valid while leave() runs. */
typedef struct mcps_outcome mcps_outcome;

/* Members are added at the end only. The name is copied. */
struct mcps_middleware {
    size_t struct_size MCPS_0; /* as MCPS_MIDDLEWARE() sets it */
    const char *name MCPS_0;   /* for the log */
    /* Before the handler. Several requests at once, on several threads. NULL: nothing to do. */
    void (*enter)(mcps_request *request, void *userdata) MCPS_0;
    /* After it, once for each that was entered, and with the answer not sent yet: on the
     * thread that finishes the call, under no lock. NULL: nothing to do. */
    void (*leave)(mcps_request *request, mcps_outcome *outcome, void *userdata) MCPS_0;
    void *userdata MCPS_0;
    void (*destroy)(void *userdata) MCPS_0; /* with the server; NULL: nothing to do */
    /* It never blocks, and so may run on the I/O thread: it sees every request, initialize
     * and lists as well, as soon as it comes. The others see what runs as a call, on the thread
     * that runs it; lists are then made by workers, so that these are among them. */
    bool anywhere MCPS_0;
};

#define MCPS_MIDDLEWARE(...)                                                     \
    MCPS_STRUCT_(mcps_middleware, .struct_size = sizeof(struct mcps_middleware), \
                 __VA_ARGS__)

/* Puts it behind those that there are: it is entered later and left earlier, but for what may
 * run anywhere, which is entered first. Before the start only: MCPS_EBUSY. At most 16:
 * MCPS_ELIMIT. -EINVAL, -ENOMEM; destroy() has been called then. */
MCPS_PUBLIC int
mcps_server_add_middleware(mcps_server *server,
                           const struct mcps_middleware *middleware) MCPS_MUST_CHECK;

/* ---- a request ---- */

/* All borrowed as long as the request. */
MCPS_PUBLIC const char *mcps_request_method(const mcps_request *request);
/* Of the tool or prompt, or the URI of the resource; NULL: it has none. */
MCPS_PUBLIC const char *mcps_request_name(const mcps_request *request);
MCPS_PUBLIC const char *mcps_request_principal(const mcps_request *request);
/* "2026-07-28"; NULL before the handshake. Static. */
MCPS_PUBLIC const char *mcps_request_protocol(const mcps_request *request);
/* The arguments as they came, a JSON object; NULL: none. In enter() only, and without a NUL
 * behind it. There may be secrets in it. */
MCPS_PUBLIC const char *mcps_request_arguments(const mcps_request *request,
                                               size_t *ret_len);
/* The same of its _meta. */
MCPS_PUBLIC const char *mcps_request_meta(const mcps_request *request, size_t *ret_len);

/* A pointer of this middleware and request; NULL at first. */
MCPS_PUBLIC void mcps_request_set_pointer(mcps_request *request, void *pointer);
MCPS_PUBLIC void *mcps_request_get_pointer(const mcps_request *request);

/*
 * In enter(): the handler is not called, nobody behind is entered, and the client gets an error
 * of the protocol. `message` NULL: the code's own; `data` is JSON text or NULL. The code -32000,
 * "the server's", is -32603 where the revision of the client has none of its own for that.
 * -EINVAL when it is not the time, or data is no JSON; -ENOMEM.
 */
MCPS_PUBLIC int mcps_request_refuse(mcps_request *request, int code, const char *message,
                                    const char *data) MCPS_MUST_CHECK;

/* ---- an outcome ---- */

enum mcps_outcome_kind {
    MCPS_OUTCOME_RESULT,     /* a result, which is about to be sent */
    MCPS_OUTCOME_TOOL_ERROR, /* the same, and the tool says that it failed */
    MCPS_OUTCOME_ERROR,      /* an error of the protocol */
    MCPS_OUTCOME_CANCELLED, /* by the client, a deadline, the stop: nothing will be sent */
    MCPS_OUTCOME_SUPPRESSED, /* the client is gone: nothing will be sent */
    MCPS_OUTCOME_STREAM /* subscriptions/listen: it is open, and its end will not be seen */
};

MCPS_PUBLIC enum mcps_outcome_kind mcps_outcome_kind(const mcps_outcome *outcome);
/* "result", "tool error", "error", "cancelled", "suppressed", "stream". Static. */
MCPS_PUBLIC const char *mcps_outcome_kind_name(enum mcps_outcome_kind kind);
/* The code of an error of the protocol; 0: it is none. */
MCPS_PUBLIC int mcps_outcome_code(const mcps_outcome *outcome);
/* Why it was cancelled; MCPS_CANCEL_NONE: it was not. */
MCPS_PUBLIC enum mcps_cancel_reason mcps_outcome_reason(const mcps_outcome *outcome);
/* Of the message that will be sent, with all base64; 0: none. */
MCPS_PUBLIC size_t mcps_outcome_bytes(const mcps_outcome *outcome);
/* Microseconds until the handler began, and from then on. */
MCPS_PUBLIC uint64_t mcps_outcome_queued_us(const mcps_outcome *outcome);
MCPS_PUBLIC uint64_t mcps_outcome_run_us(const mcps_outcome *outcome);

/* The result as JSON text, made now: borrowed as long as the outcome. MCPS_ENOTFOUND when it
 * is no result; MCPS_ELIMIT when it is larger than the limit result_bytes; -ENOMEM. */
MCPS_PUBLIC int mcps_outcome_json(mcps_outcome *outcome, const char **ret,
                                  size_t *ret_len) MCPS_MUST_CHECK;
/*
 * Sends another result: JSON text, an object of at most 128 members. In what 2026-07-28 asks of
 * every result (resultType, ttlMs, cacheScope, and who the server is in _meta) the old one has
 * the last word where the new one lacks it. -EINVAL when it is no such object; MCPS_ECANCELLED
 * when nothing will be sent, or it is a stream; -ENOMEM.
 */
MCPS_PUBLIC int mcps_outcome_replace(mcps_outcome *outcome,
                                     const char *json) MCPS_MUST_CHECK;
/* Sends an error of the protocol; as mcps_request_refuse(). MCPS_ECANCELLED. */
MCPS_PUBLIC int mcps_outcome_fail(mcps_outcome *outcome, int code, const char *message,
                                  const char *data) MCPS_MUST_CHECK;

/* ---- what the library has of it: before the start, and with the same errors ---- */

/* A line in the server's log for each request, at level info: "tools/call echo by stdio:
 * result, 92 bytes, 12 us waiting, 34 us running". The log's own rate limit counts. */
MCPS_PUBLIC int mcps_server_add_access_log(mcps_server *server) MCPS_MUST_CHECK;

/* A warning for each request that took longer, waiting and running together. */
MCPS_PUBLIC int mcps_server_add_slow_log(mcps_server *server,
                                         unsigned ms) MCPS_MUST_CHECK;

/* What would be a larger message than this is replaced: by a tool error for a tool, by an
 * error of the protocol for everything else. */
MCPS_PUBLIC int mcps_server_add_size_limit(mcps_server *server,
                                           size_t bytes) MCPS_MUST_CHECK;

/* Each account has a bucket of `burst` tokens, which is refilled with `per_minute`; a request
 * takes one. Without a token it is refused as busy, with data {"reason":"rate",
 * "retryAfterMs":n}. Members are added at the end only. */
struct mcps_rate_limit {
    size_t struct_size MCPS_0;  /* as MCPS_RATE_LIMIT() sets it */
    const char *method MCPS_0;  /* of these requests alone; NULL: of all. Copied */
    unsigned per_minute MCPS_0; /* 1 or more */
    unsigned burst MCPS_0;      /* 0: as many as per_minute */
    unsigned buckets MCPS_0; /* the most that are kept; then the one that was idle longest
                                 * goes. 0: 10 000 */
};

#define MCPS_RATE_LIMIT(...)                                                     \
    MCPS_STRUCT_(mcps_rate_limit, .struct_size = sizeof(struct mcps_rate_limit), \
                 __VA_ARGS__)

MCPS_PUBLIC int
mcps_server_add_rate_limit(mcps_server *server,
                           const struct mcps_rate_limit *limit) MCPS_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
