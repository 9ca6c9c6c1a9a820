/* SPDX-License-Identifier: MIT */
/*
 * Cryptography: SHA-256, HMAC, and encryption that notices every change. The only place that
 * knows libcrypto (OpenSSL), of which the default context is used as the process has it, and
 * whose queue of errors is left as it was.
 *
 * Every function may be called on any thread. Functions that return an int return -ENOMEM, or
 * -EIO when libcrypto refuses, as a machine's policy may have it do.
 */
#ifndef MCPS_CORE_CRYPTO_H
#define MCPS_CORE_CRYPTO_H

#include <stddef.h>

#include "mcpserver/base.h"

enum {
    MCPS__SHA256_SIZE = 32,
    MCPS__AEAD_KEY_SIZE = 32,
    MCPS__AEAD_NONCE_SIZE = 12,
    MCPS__AEAD_TAG_SIZE = 16,
    MCPS__AEAD_LEN_MAX = 1 << 30 /* of data, and of what it is bound to */
};

/* To be called before an application can ask for its server to be stopped at exit(): libcrypto
 * then cleans up after that, and not under threads that still use it. -EIO. */
int mcps__crypto_init(void) MCPS_MUST_CHECK;

/* ---- SHA-256 ---- */

int mcps__sha256(unsigned char ret[MCPS__SHA256_SIZE], const void *data,
                 size_t len) MCPS_MUST_CHECK;

/* The same in pieces. Owned by one thread at a time. */
struct mcps__digest {
    void *ctx;
};

int mcps__digest_init(struct mcps__digest *digest) MCPS_MUST_CHECK;
/* Fine for one that is zeroed, and after a failed init. */
void mcps__digest_fini(struct mcps__digest *digest);
int mcps__digest_feed(struct mcps__digest *digest, const void *data,
                      size_t len) MCPS_MUST_CHECK;
/* Once; nothing can be fed after it. */
int mcps__digest_end(struct mcps__digest *digest,
                     unsigned char ret[MCPS__SHA256_SIZE]) MCPS_MUST_CHECK;

/* ---- HMAC ---- */

/* HMAC-SHA256; the key may have any length but 0. */
int mcps__hmac_sha256(unsigned char ret[MCPS__SHA256_SIZE], const void *key,
                      size_t key_len, const void *data, size_t len) MCPS_MUST_CHECK;

/* ---- AES-256-GCM ---- */

/* Everything but the data itself. No two messages may have the same key and nonce. All is
 * borrowed. */
struct mcps__aead {
    const unsigned char *key;   /* MCPS__AEAD_KEY_SIZE */
    const unsigned char *nonce; /* MCPS__AEAD_NONCE_SIZE */
    /* What is not sent or not secret, and must be the same to open: one after the other, so
     * the header has a length that both sides know. */
    const void *header, *bound;
    size_t header_len, bound_len;
};

/* Writes len + MCPS__AEAD_TAG_SIZE bytes; `out` may be `data`. MCPS_ELIMIT beyond
 * MCPS__AEAD_LEN_MAX. */
int mcps__aead_seal(const struct mcps__aead *aead, void *out, const void *data,
                    size_t len) MCPS_MUST_CHECK;
/* 1, with len - MCPS__AEAD_TAG_SIZE bytes written, or 0 if anything is not what was sealed:
 * then, and after an error, these bytes are wiped. `sealed` has a tag at least. */
int mcps__aead_open(const struct mcps__aead *aead, void *out, const void *sealed,
                    size_t len) MCPS_MUST_CHECK;

#ifdef MCPS__TEST_HOOKS
#include <stdbool.h>

/* Makes the nth call of libcrypto from now fail, once; 0 takes that back. */
void mcps__crypto_fail_at(unsigned n);
/* Did it come to that since? */
bool mcps__crypto_has_failed(void);
#endif

#endif
