/* SPDX-License-Identifier: MIT */
/*
 * HTTP: who may come in, who it is, and what else than the protocol is served there.
 * doc/http.md says more.
 *
 *     struct mcps_http_options options = MCPS_HTTP_OPTIONS(.names = names);
 *
 *     mcps_server_listen_http(server, "http://0.0.0.0:8080/mcp", &options)
 *     mcps_server_add_route(server, "GET", "/version", version, NULL)
 *
 * All clients of HTTP are anonymous, told apart by their addresses, unless the options have an
 * `identify`.
 */
#ifndef MCPSERVER_HTTP_H
#define MCPSERVER_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include <mcpserver/base.h>
#include <mcpserver/call.h>
#include <mcpserver/server.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A request of HTTP that waits for an answer of the application. Any thread, one at a time. It
 * belongs to whoever it was given to, until it is answered: once, by mcps_http_accept(),
 * mcps_http_reject() or mcps_http_reply(), which take it.
 */
typedef struct mcps_http_request mcps_http_request;

/* Says who asks: mcps_http_accept() or mcps_http_reject(), now, or later and on any thread. For
 * each request, those of a session as well; of one that is held for too long the client is told
 * that the server is busy. On the control pool, several at once; it may block for a moment. */
typedef void mcps_identify_fn(mcps_http_request *request, void *userdata);

/* An application's own route: mcps_http_reply() or mcps_http_reject(), now, or later and on any
 * thread. On the control pool, several at once; it may block for a moment. */
typedef void mcps_route_fn(mcps_http_request *request, void *userdata);

/* Zero means "the default". Members are added at the end only. Everything is copied. */
struct mcps_http_options {
    size_t struct_size MCPS_0; /* as MCPS_HTTP_OPTIONS() sets it */
    /*
     * The hosts that clients reach the server by, beside those of loopback:
     * "mcp.example.com", which is that with any port or none, or "mcp.example.com:8443", with
     * this one. A server behind a proxy, or on a public address, needs its public name here.
     * NULL behind the last, here and below; NULL: none.
     */
    const char *const *names MCPS_0;
    /* Where the pages of browsers come from that may ask, beside those on these names:
     * "https://app.example.com". */
    const char *const *origins MCPS_0;
    /* The addresses and networks of proxies, "10.0.0.0/8" or "::1", whose X-Forwarded-For and
     * X-Forwarded-Host are believed. */
    const char *const *proxies MCPS_0;
    /* Host and Origin are not checked at all: any page that a user of this machine opens can
     * use the server. */
    bool any_host MCPS_0;
    bool cors MCPS_0; /* pages of the origins that may ask may read the answers, too */
    /* Of the revisions before 2026-07-28: */
    bool json_only MCPS_0; /* answers are never streams, and there is no stream to GET */
    bool stateless MCPS_0; /* there are no sessions */
    bool http_sse
        MCPS_0; /* also the transport of 2024-11-05, which is GET sse_path and */
    const char *sse_path MCPS_0;     /* POST message_path; NULL: "/sse" */
    const char *message_path MCPS_0; /* NULL: "/message" */
    /* A second request with the id of one that is not answered yet is served as well, and each
     * gets its own answer; otherwise it is refused. */
    bool tolerate_duplicate_ids MCPS_0;
    mcps_identify_fn *identify MCPS_0; /* NULL: everybody is anonymous */
    void *identify_userdata MCPS_0;
};

#define MCPS_HTTP_OPTIONS(...)                                                       \
    MCPS_STRUCT_(mcps_http_options, .struct_size = sizeof(struct mcps_http_options), \
                 __VA_ARGS__)

/*
 * Has the server listen at "http://host:port/path", opened at the start; before it only:
 * MCPS_EBUSY. The host is an address or "localhost", the port 0 any that is free, and the path
 * that of the one endpoint of all revisions. NULL options: all defaults. -EINVAL, with a line
 * in the log, for what cannot be understood; MCPS_ELIMIT for more than 16 of them; -ENOMEM.
 */
MCPS_PUBLIC int
mcps_server_listen_http(mcps_server *server, const char *uri,
                        const struct mcps_http_options *options) MCPS_MUST_CHECK;

/* After the start: where clients find the first endpoint, with the port that was chosen.
 * Returns the length of the URL, which is cut off at the size; MCPS_ENOTFOUND when there is
 * none. Any thread. */
MCPS_PUBLIC int mcps_server_get_url(mcps_server *server, char *buf,
                                    size_t size) MCPS_MUST_CHECK;

/* Adds a route to all endpoints of HTTP: requests with that method, whose path is this one
 * byte for byte. Host and Origin are checked before, identify is not asked. Before the start
 * only: MCPS_EBUSY. MCPS_EEXISTS for a route that there is already, as /healthz is; those of the
 * endpoints themselves go first; -EINVAL; -ENOMEM. */
MCPS_PUBLIC int mcps_server_add_route(mcps_server *server, const char *method,
                                      const char *path, mcps_route_fn *fn,
                                      void *userdata) MCPS_MUST_CHECK;

/* ---- a request ---- */

/* All borrowed until the request is answered. */
MCPS_PUBLIC const char *mcps_http_method(const mcps_http_request *request);
MCPS_PUBLIC const char *mcps_http_path(const mcps_http_request *request);
/* What stands behind the "?"; NULL: there is none. */
MCPS_PUBLIC const char *mcps_http_query(const mcps_http_request *request);
/* The value of the first field of that name, whatever its case; NULL: there is none. */
MCPS_PUBLIC const char *mcps_http_header(const mcps_http_request *request,
                                         const char *name);
/* The address of the client, "192.0.2.7" or "2001:db8::7": behind proxies that the options list
 * it is the one that they name. */
MCPS_PUBLIC const char *mcps_http_address(const mcps_http_request *request);
/* Of a route: what was sent, NULL if that is nothing. identify sees none. */
MCPS_PUBLIC const void *mcps_http_body(const mcps_http_request *request, size_t *ret_len);

/*
 * The answers. Each takes the request, whatever it returns: 0, MCPS_ECLOSED when the client is
 * gone, -EINVAL for what cannot be sent (a challenge or a type of more than 1024 bytes or with
 * line ends is such), -ENOMEM; of the last two the client gets a status 500.
 */
/* To identify: it is this principal, which names the account that limits count for and that
 * sessions belong to (any text that does not begin with "address "), and it has these scopes
 * (NULL behind the last; NULL: none). A principal NULL is the anonymous one of the client's
 * address. Strings are copied. */
MCPS_PUBLIC int mcps_http_accept(mcps_http_request *request, const char *principal,
                                 const char *const *scopes);
/* The status is 401, 403 or 503; `challenge` is what WWW-Authenticate says: NULL: nothing. */
MCPS_PUBLIC int mcps_http_reject(mcps_http_request *request, int status,
                                 const char *challenge);
/* Of a route: the whole answer; `content_type` NULL: it has none. The body is copied. */
MCPS_PUBLIC int mcps_http_reply(mcps_http_request *request, int status,
                                const char *content_type, const void *body, size_t len);

/* ---- a call ---- */

/* Of a client of 2025-11-25 over HTTP: ends the stream that waits for the call's answer, and
 * has the client come back for the rest after so many milliseconds, so that no connection is
 * held open for a long call. The call goes on. 0, also elsewhere, where it does nothing;
 * -ENOMEM. */
MCPS_PUBLIC int mcps_call_close_stream(mcps_call *call, unsigned retry_ms);

#ifdef __cplusplus
}
#endif

#endif
