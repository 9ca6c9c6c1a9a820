/* SPDX-License-Identifier: MIT */
/*
 * The envelope: what kind of JSON-RPC message a scanned text is, and where its parts lie.
 *
 * The kind is told by which members are there, never by their values: {"method":null,"id":1}
 * is a bad request, not a strange response. So it is known even of a message that is
 * refused, and nobody answers a response or a notification by mistake.
 */
#ifndef MCPS_RPC_ENVELOPE_H
#define MCPS_RPC_ENVELOPE_H

#include "json/scan.h"
#include "rpc/id.h"

enum { MCPS__METHOD_MAX = 128 }; /* bytes of a method's name */

enum mcps__envelope_kind {
    MCPS__ENVELOPE_UNKNOWN,      /* refused, and too little there to say more */
    MCPS__ENVELOPE_REQUEST,      /* method and id */
    MCPS__ENVELOPE_NOTIFICATION, /* method without id: never answered */
    MCPS__ENVELOPE_RESULT,       /* a response to us: never answered */
    MCPS__ENVELOPE_ERROR,        /* the same; its id may be MCPS__ID_NONE */
    MCPS__ENVELOPE_BATCH         /* an array of messages: the scan's members are they */
};

struct mcps__envelope {
    enum mcps__envelope_kind kind;
    struct mcps__id id; /* MCPS__ID_NONE: there is none, or none that can be trusted */
    uint16_t method_len;
    char method[MCPS__METHOD_MAX + 1]; /* decoded, without NULs, NUL-terminated */
    /* The params of a request or notification (NULL: none), the result or the error of a
     * response. Borrowed from the scan. */
    const struct mcps__scan_member *body;
    int code;        /* of a message that is refused: enum mcps__rpc_error */
    const char *why; /* and a sentence that says why. Static. */
};

/*
 * Reads the envelope of a text that the scan has accepted. Returns 0, or MCPS_EPROTOCOL
 * with `code` and `why` set; the kind, and the id if it could be read, are then set, too.
 * -ENOMEM is possible as well. Batches are refused unless allowed, and so are members that
 * are there twice and NULs in keys, neither of which the scan minds.
 *
 * Each element of a batch is a text of its own: scan it, then read its envelope.
 */
int mcps__envelope_read(struct mcps__envelope *env, struct mcps__scan *scan,
                        const char *text, bool allow_batch) MCPS_MUST_CHECK;

#endif
