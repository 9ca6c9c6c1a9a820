/* SPDX-License-Identifier: MIT */
/*
 * The content of an HTTP/1.1 request, out of its transfer coding. No I/O, no allocation,
 * no copy. Owned by one thread at a time.
 *
 * Chunked: sizes have 1 to 15 hexadecimal digits. Extensions are skipped, trailers read
 * and dropped; both are bounded for the whole body, whatever its size.
 */
#ifndef MCPS_TRANSPORT_HTTP_BODY_H
#define MCPS_TRANSPORT_HTTP_BODY_H

#include "transport/http_parse.h"

enum {
    MCPS__BODY_EXTENSION_MAX = 4096, /* bytes of all extensions of a body */
    MCPS__BODY_TRAILER_MAX = 8192    /* bytes of its trailers, line ends included */
};

struct mcps__http_body {
    int status;      /* of the answer to what was refused; 0: nothing was */
    const char *why; /* one sentence, static */
    /* ---- private ---- */
    int state;
    int digits; /* of the size that is read */
    uint64_t max;
    uint64_t left; /* of the content or of the chunk; the size while that is read */
    uint64_t received;
    size_t extension, trailer; /* bytes */
};

/* The limit is on the content, `max` bytes. */
void mcps__http_body_init(struct mcps__http_body *body,
                          const struct mcps__http_head *head, uint64_t max);

enum mcps__body_step { MCPS__BODY_MORE, MCPS__BODY_CONTENT, MCPS__BODY_END };

/*
 * Takes bytes off the front of *data. CONTENT: *ret is a run of the content, at least a
 * byte of *data as it was: call again. MORE: all were taken, and the body goes on. END:
 * it is complete, what is left belongs to the next request; more calls say the same.
 *
 * MCPS_ELIMIT or MCPS_EPROTOCOL: refused, body->status (400, 413, 431) and body->why say
 * how. A declared length above the limit is refused before a byte was read; body->status
 * says so right after the init.
 */
int mcps__http_body_next(struct mcps__http_body *body, const char **data, size_t *len,
                         struct mcps__slice *ret) MCPS_MUST_CHECK;

/* Bytes of content so far. */
uint64_t mcps__http_body_received(const struct mcps__http_body *body);

#endif
