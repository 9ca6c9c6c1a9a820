/* SPDX-License-Identifier: MIT */
/*
 * Sealing: state that a client carries for the server and can neither read nor change.
 *
 * What is sealed is bound to something that is not sent, and to be told again when it is
 * opened: who asked for what. It opens until a moment of mcps__clock_wall_ms(); nothing is said of
 * when it was made, so the clocks of servers that share keys may differ.
 *
 * A sealed text is base64url without padding, of
 *
 *     1 byte    the format: 1
 *     4 bytes   which key
 *     16 bytes  random: the text's own nonce, from which its key is made
 *     12 bytes  random: the nonce of the encryption
 *     …         AES-256-GCM, bound to all of the above and to what the caller says, of
 *         8 bytes   until when it opens, in ms since 1970
 *         …         the payload
 *     16 bytes  the tag of that
 *
 * Each text has a key of its own, the HMAC of its nonce with one of the ring's. So a key of the
 * ring may seal as much as there will ever be.
 */
#ifndef MCPS_CORE_SEAL_H
#define MCPS_CORE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"
#include "mcpserver/server.h"
#include "util/base64.h"
#include "util/buf.h"
#include "util/lock.h"

enum {
    MCPS__SEAL_KEY_SIZE = 32,
    MCPS__SEAL_NONCE_SIZE = 16,
    MCPS__SEAL_HEADER_SIZE = 1 + 4 + MCPS__SEAL_NONCE_SIZE + 12,
    MCPS__SEAL_OVERHEAD = MCPS__SEAL_HEADER_SIZE + 8 + 16
};

/* How long the text of a payload is. */
#define MCPS__SEALED_LEN(len) MCPS__BASE64URL_ENCODED((len) + MCPS__SEAL_OVERHEAD)

struct mcps__seal_ring;

/* Every function may be called on any thread, also while keys are being set. */
struct mcps__seals {
    struct mcps__mutex mutex;
    struct mcps__seal_ring *ring MCPS__GUARDED; /* immutable, counted */
};

/* Starts with a random key, so that what is sealed opens as long as this lives and nowhere
 * else. 0 or -errno. */
int mcps__seals_init(struct mcps__seals *seals) MCPS_MUST_CHECK;
/* Nobody seals or opens any more. Keys are wiped. */
void mcps__seals_fini(struct mcps__seals *seals);

/* The keys to go by from now on, copied: the first one seals, all open. -EINVAL unless there is
 * one, and each has MCPS__SEAL_KEY_SIZE bytes; -ENOMEM; those of crypto.h. */
int mcps__seals_set_keys(struct mcps__seals *seals, const struct mcps_state_key *keys,
                         size_t n) MCPS_MUST_CHECK;

/* Appends the text of a payload, all or nothing. -ENOMEM; MCPS_ELIMIT of the buffer; those of
 * crypto.h and random.h. */
int mcps__seal(struct mcps__seals *seals, struct mcps__buf *out, const void *bound,
               size_t bound_len, int64_t ttl_ms, const void *payload,
               size_t len) MCPS_MUST_CHECK;

enum mcps__unsealed {
    MCPS__UNSEALED_OK,
    MCPS__UNSEALED_MALFORMED,   /* its form says that it is none of ours */
    MCPS__UNSEALED_UNKNOWN_KEY, /* or one whose key is gone */
    MCPS__UNSEALED_FORGED,      /* changed anywhere, or bound to something else */
    MCPS__UNSEALED_EXPIRED      /* but as it was sealed */
};

struct mcps__seal_info {
    unsigned char nonce[MCPS__SEAL_NONCE_SIZE]; /* no other text has it */
    int64_t expires_at;                         /* of mcps__clock_wall_ms() */
};

/* One of the enum. Only if it is MCPS__UNSEALED_OK the payload was appended, and *ret filled.
 * Or an error: as of mcps__seal(). */
int mcps__unseal(struct mcps__seals *seals, struct mcps__buf *out, const void *bound,
                 size_t bound_len, const char *text, size_t len,
                 struct mcps__seal_info *ret) MCPS_MUST_CHECK;

#endif
