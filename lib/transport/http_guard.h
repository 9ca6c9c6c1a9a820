/* SPDX-License-Identifier: MIT */
/*
 * The guard: who may come in over HTTP, judged by the head of a request alone.
 *
 * A page that a browser shows may send requests to servers of the machine it runs on. Such a
 * request names, in Host, the name by which the page found the server, and in Origin where
 * the page is from. Both are parsed, and compared by their parts, never as text:
 *
 *   - Host must be one of the options' names, or one of loopback's. On a connection to another
 *     address than loopback's it may be any address: only names can be made to point elsewhere.
 *   - Origin, if there is one, must be one of the options' origins, or of http or https and of a
 *     host that is one of the options' names; or of loopback if Host is, too; or that address,
 *     with its port, that Host is.
 *   - What a browser says to be from another site (Sec-Fetch-Site) needs such an Origin.
 *
 * Behind a listed proxy the host is what X-Forwarded-Host says.
 *
 * THREADS. A guard never changes once it is made: any thread, many at once.
 */
#ifndef MCPS_TRANSPORT_HTTP_GUARD_H
#define MCPS_TRANSPORT_HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "mcpserver/http.h"
#include "transport/address.h"
#include "transport/http_parse.h"
#include "util/buf.h"
#include "util/log.h"

struct mcps__guard;

/* Made of a copy of what the options say; NULL: all defaults. -EINVAL, after a line in the log
 * that names the entry that cannot be understood; -ENOMEM. */
int mcps__guard_new(struct mcps__guard **ret, const struct mcps_http_options *options,
                    struct mcps__log *log) MCPS_MUST_CHECK;
/* Returns NULL; NULL is fine. */
struct mcps__guard *mcps__guard_free(struct mcps__guard *guard);

/* A connection, as far as it matters here. */
struct mcps__guard_ends {
    const struct sockaddr *peer; /* NULL, or not of IP: somebody on this machine */
    bool local_is_loopback;      /* the accepted socket's own address is */
};

/* 0, or the status to refuse the request with (400, 403), and *ret_why, a static sentence. */
int mcps__guard_check(const struct mcps__guard *guard, const struct mcps__http_head *head,
                      const struct mcps__guard_ends *ends, const char **ret_why);

/* The client's address: the peer's, or, if that is a listed proxy, the last one in
 * X-Forwarded-For that is none; without a head the peer's. "local" for a peer that has no
 * address of IP. */
void mcps__guard_client(const struct mcps__guard *guard,
                        const struct mcps__http_head *head, const struct sockaddr *peer,
                        char text[MCPS__ADDRESS_SIZE]);

/* Is that a listed proxy, whose requests are of several clients? */
bool mcps__guard_is_proxy(const struct mcps__guard *guard, const struct sockaddr *peer);

/*
 * CORS. Both are of requests that mcps__guard_check() has let in, whose Origin may ask; neither
 * appends anything when the options have no `cors`, or when it fails.
 */
/* Appends the lines that let a page read an answer, each with its CRLF. */
int mcps__guard_write_cors(const struct mcps__guard *guard,
                           const struct mcps__http_head *head,
                           struct mcps__buf *buf) MCPS_MUST_CHECK;
/* Is it a browser's question whether a page may send a request? 1, and the lines that say yes,
 * those of mcps__guard_write_cors() included; otherwise 0, and nothing. */
int mcps__guard_write_preflight(const struct mcps__guard *guard,
                                const struct mcps__http_head *head,
                                struct mcps__buf *buf) MCPS_MUST_CHECK;

#endif
