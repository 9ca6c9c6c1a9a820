/* SPDX-License-Identifier: MIT */
/*
 * Base64 (RFC 4648, the standard alphabet, with padding), whole or in pieces; and with the
 * alphabet for URLs, without padding, whole.
 *
 * Decoding is strict: one text for one value. White space, missing or surplus padding and
 * trailing bits that are not zero are refused with MCPS_EINVALID.
 *
 * Encoders and decoders start zeroed and are so again after their end: nothing is to be
 * freed. What they write goes to the caller's memory, and no NUL is put behind it.
 */
#ifndef MCPS_UTIL_BASE64_H
#define MCPS_UTIL_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"

/* Room for `len` bytes encoded, or `len` characters decoded, in one piece or as one of
 * many. Encoding in one piece fills the room exactly. */
#define MCPS__BASE64_ENCODED(len)     ((len) / 3 * 4 + ((len) % 3 > 0 ? 4 : 0))
#define MCPS__BASE64_DECODED_MAX(len) ((len) / 4 * 3 + ((len) % 4 > 0 ? 3 : 0))

struct mcps__base64_encoder {
    unsigned char held[3];
    unsigned n_held; /* bytes of a group that is not whole yet: 0 to 2 */
};

/* Writes up to MCPS__BASE64_ENCODED(len) characters, and returns how many. */
size_t mcps__base64_encoder_feed(struct mcps__base64_encoder *encoder, char *out,
                                 const void *data, size_t len);
/* Writes the last 0 or 4 characters, and returns how many. */
size_t mcps__base64_encoder_end(struct mcps__base64_encoder *encoder, char *out);

/* Writes MCPS__BASE64_ENCODED(len) characters. */
void mcps__base64_encode(char *out, const void *data, size_t len);

struct mcps__base64_decoder {
    uint32_t bits;      /* of the characters of the group so far */
    unsigned n_chars;   /* in that group: 0 to 3 */
    unsigned n_padding; /* of the last group */
    bool failed;
};

/* Writes up to MCPS__BASE64_DECODED_MAX(len) bytes, which mean nothing when it fails.
 * Once it has failed it fails until the end. */
int mcps__base64_decoder_feed(struct mcps__base64_decoder *decoder, void *out,
                              size_t *ret_len, const char *text,
                              size_t len) MCPS_MUST_CHECK;
/* The verdict on all that was fed: 0 or MCPS_EINVALID. */
int mcps__base64_decoder_end(struct mcps__base64_decoder *decoder) MCPS_MUST_CHECK;

/* Writes up to MCPS__BASE64_DECODED_MAX(len) bytes, which mean nothing when it fails. */
int mcps__base64_decode(void *out, size_t *ret_len, const char *text,
                        size_t len) MCPS_MUST_CHECK;

/* ---- for URLs: "-" and "_" in place of "+" and "/", and no padding ---- */

#define MCPS__BASE64URL_ENCODED(len) ((len) / 3 * 4 + ((len) % 3 > 0 ? (len) % 3 + 1 : 0))

/* Writes MCPS__BASE64URL_ENCODED(len) characters. */
void mcps__base64url_encode(char *out, const void *data, size_t len);
/* As mcps__base64_decode(), and as strict: padding is refused, too. */
int mcps__base64url_decode(void *out, size_t *ret_len, const char *text,
                           size_t len) MCPS_MUST_CHECK;

#endif
