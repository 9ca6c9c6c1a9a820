/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP/1.1 request, by RFC 9112 and as strictly as it allows. What another
 * parser might read otherwise is refused, never repaired. No I/O, no allocation. Owned by
 * one thread at a time.
 *
 * Lines end with CRLF. A single empty line before a request is forgiven. Not forgiven are
 * a bare CR or LF, other control characters, blanks where the grammar has none, folded
 * lines; two fields of a name of which we read one (Host, Origin, Mcp-Session-Id …); a
 * length in any form but digits, or together with a transfer coding; any coding but
 * "chunked" alone.
 */
#ifndef MCPS_TRANSPORT_HTTP_PARSE_H
#define MCPS_TRANSPORT_HTTP_PARSE_H

#include <stdint.h>

#include "mcpserver/base.h"
#include "rpc/headers.h"

enum mcps__http_method {
    MCPS__HTTP_GET,
    MCPS__HTTP_HEAD,
    MCPS__HTTP_POST,
    MCPS__HTTP_DELETE,
    MCPS__HTTP_OPTIONS,
    MCPS__HTTP_OTHER
};

enum { MCPS__HTTP_FIELDS_MAX = 100 };

struct mcps__http_head {
    enum mcps__http_method method; /* case-sensitive: "post" is OTHER */
    struct mcps__slice method_text;
    /* Of the target, which is a path, an absolute URI (http, https), or, for OPTIONS,
     * "*", which then is the path. The query is without its '?'. Nothing is decoded. */
    struct mcps__slice path, query;
    struct mcps__slice authority; /* of an absolute URI; else .data is NULL */
    /* The value of Host: a name or address and perhaps a port, or the empty text.
     * There is always one in HTTP/1.1; in 1.0 .data may be NULL. */
    struct mcps__slice host;
    bool is_1_0;
    bool keep_alive;       /* 1.1 without "close"; 1.0 never */
    bool expects_continue; /* Expect: 100-continue; not in 1.0, where it means nothing */
    bool chunked, has_length; /* the body: neither: none */
    uint64_t length;
    struct mcps__headers headers;
};

/* More than 3 KiB: to be had while a head is read, not when a connection idles. */
struct mcps__http_parser {
    int status;      /* of the answer to what was refused; 0: nothing was */
    const char *why; /* one sentence, static */
    /* ---- private ---- */
    size_t max_head;
    size_t line;   /* where the line begins that is read */
    size_t looked; /* up to there it has no end, and nothing that is refused */
    int expected;  /* what that line is */
    unsigned seen; /* bits of the fields that may come once */
    bool is_1_0;
    bool in_pieces; /* lines were read whose bytes may have moved since */
    struct mcps__http_head head;
    struct mcps__header fields[MCPS__HTTP_FIELDS_MAX];
};

/* Heads may have `max_head` bytes, and half of them (without CRLF) the request line. */
void mcps__http_parser_init(struct mcps__http_parser *parser, size_t max_head);
/* Makes it ready for the next request. */
void mcps__http_parser_reset(struct mcps__http_parser *parser);

/*
 * Looks at what there is of a request so far, from its first byte on. Called again with
 * more of the same (the bytes may have moved in memory), it goes on where it was.
 *
 * Returns 1 and gives the head and its length in bytes, behind which the body follows;
 * the slices point into `data`, the array of fields belongs to the parser. 0: more is
 * needed. MCPS_ELIMIT or MCPS_EPROTOCOL: refused, parser->status (400, 414, 417, 431,
 * 501, 505) and parser->why say how; the connection cannot be used any more. The verdict
 * is the same in whatever pieces a request comes, and a line's faults are found when it
 * is complete, but for control characters, which are found as they come.
 */
int mcps__http_parse(struct mcps__http_parser *parser, const char *data, size_t len,
                     struct mcps__http_head *ret, size_t *ret_len) MCPS_MUST_CHECK;

#endif
