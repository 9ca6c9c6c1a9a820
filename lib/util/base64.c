/* SPDX-License-Identifier: MIT */
/* Base64; see base64.h. */
#include "config.h"

#include "util/base64.h"

/* ---- encoding ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_";

static inline void encode_by(const char *letters, char out[4], const unsigned char in[3])
{
    uint32_t bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

    out[0] = letters[bits >> 18];
    out[1] = letters[bits >> 12 & 63];
    out[2] = letters[bits >> 6 & 63];
    out[3] = letters[bits & 63];
}

static void encode_group(char out[4], const unsigned char in[3])
{
    encode_by(alphabet, out, in);
}

size_t mcps__base64_encoder_feed(struct mcps__base64_encoder *encoder, char *out,
                                 const void *data, size_t len)
{
    const unsigned char *in = data;
    size_t written = 0, i = 0;

    if (encoder->n_held > 0) {
        while (encoder->n_held < 3 && i < len)
            encoder->held[encoder->n_held++] = in[i++];
        if (encoder->n_held < 3)
            return 0;
        encode_group(out, encoder->held);
        written = 4;
    }
    for (; len - i >= 3; i += 3, written += 4)
        encode_group(out + written, in + i);
    for (encoder->n_held = 0; i < len; i++)
        encoder->held[encoder->n_held++] = in[i];
    return written;
}

size_t mcps__base64_encoder_end(struct mcps__base64_encoder *encoder, char *out)
{
    unsigned n = encoder->n_held;

    if (n > 0) {
        for (unsigned i = n; i < 3; i++)
            encoder->held[i] = 0;
        encode_group(out, encoder->held);
        for (unsigned i = n + 1; i < 4; i++)
            out[i] = '=';
    }
    *encoder = (struct mcps__base64_encoder){ 0 };
    return n > 0 ? 4 : 0;
}

void mcps__base64_encode(char *out, const void *data, size_t len)
{
    struct mcps__base64_encoder encoder = { 0 };
    size_t n = mcps__base64_encoder_feed(&encoder, out, data, len);

    mcps__base64_encoder_end(&encoder, out + n);
}

/* ---- decoding ---- */

/* What each character stands for, plus one: 0 is none of the alphabet. */
/* clang-format off */
static const unsigned char value_plus_one[256] = {
    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
             14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
             40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['+'] = 63,
    ['/'] = 64,
};
/* clang-format on */

/* More than 63 for what is not of the alphabet. */
static inline uint32_t value_of(char c)
{
    return value_plus_one[(unsigned char)c] - UINT32_C(1);
}

/* Decodes groups of four while they are whole, valid and unpadded; returns how many. */
static size_t decode_groups(unsigned char *out, const char *text, size_t len)
{
    size_t n = 0;

    for (; len - n * 4 >= 4; n++, text += 4, out += 3) {
        uint32_t a = value_of(text[0]), b = value_of(text[1]), c = value_of(text[2]),
                 d = value_of(text[3]), bits = a << 18 | b << 12 | c << 6 | d;

        if ((a | b | c | d) > 63)
            break;
        out[0] = (unsigned char)(bits >> 16);
        out[1] = (unsigned char)(bits >> 8);
        out[2] = (unsigned char)bits;
    }
    return n;
}

/* Takes one character, with all the rules. Returns how many bytes that gave: 0 to 3. */
static int decode_char(struct mcps__base64_decoder *decoder, char c, unsigned char out[3])
{
    uint32_t value = value_of(c);
    unsigned n_bytes;

    if (c == '=' && decoder->n_chars >= 2) {
        decoder->n_padding++;
        value = 0;
    } else if (value > 63 || decoder->n_padding > 0) {
        return MCPS_EINVALID; /* foreign, or behind padding, which ends the text */
    }
    decoder->bits = decoder->bits << 6 | value;
    if (++decoder->n_chars < 4)
        return 0;

    n_bytes = 3 - decoder->n_padding;
    for (unsigned i = 0; i < n_bytes; i++, decoder->bits = decoder->bits << 8 & 0xffffff)
        out[i] = (unsigned char)(decoder->bits >> 16);
    if (decoder->bits != 0)
        return MCPS_EINVALID; /* the last character has bits of no byte */
    decoder->n_chars = 0;
    return (int)n_bytes;
}

int mcps__base64_decoder_feed(struct mcps__base64_decoder *decoder, void *out,
                              size_t *ret_len, const char *text, size_t len)
{
    unsigned char *next = out;
    size_t i = 0, n_groups;
    int n;

    while (i < len && !decoder->failed) {
        if (decoder->n_chars == 0 && decoder->n_padding == 0) {
            n_groups = decode_groups(next, text + i, len - i);
            next += n_groups * 3;
            i += n_groups * 4;
            if (i == len)
                break;
        }
        n = decode_char(decoder, text[i++], next);
        if (n < 0)
            decoder->failed = true;
        else
            next += n;
    }
    if (decoder->failed)
        return MCPS_EINVALID;
    *ret_len = (size_t)(next - (unsigned char *)out);
    return 0;
}

int mcps__base64_decoder_end(struct mcps__base64_decoder *decoder)
{
    bool whole = !decoder->failed && decoder->n_chars == 0;

    *decoder = (struct mcps__base64_decoder){ 0 };
    return whole ? 0 : MCPS_EINVALID;
}

int mcps__base64_decode(void *out, size_t *ret_len, const char *text, size_t len)
{
    struct mcps__base64_decoder decoder = { 0 };
    size_t n = 0;
    int r = mcps__base64_decoder_feed(&decoder, out, &n, text, len);

    if (r >= 0)
        r = mcps__base64_decoder_end(&decoder);
    if (r >= 0)
        *ret_len = n;
    return r;
}

/* ---- for URLs ---- */

void mcps__base64url_encode(char *out, const void *data, size_t len)
{
    const unsigned char *in = data;
    unsigned char rest[3] = { 0 };
    char group[4];
    size_t n_rest = len % 3;

    for (; len >= 3; len -= 3, in += 3, out += 4)
        encode_by(url_alphabet, out, in);
    if (n_rest == 0)
        return;
    for (size_t i = 0; i < n_rest; i++)
        rest[i] = in[i];
    encode_by(url_alphabet, group, rest);
    for (size_t i = 0; i <= n_rest; i++)
        out[i] = group[i];
}

/* More than 63 for what is not of the alphabet. */
static uint32_t url_value_of(char c)
{
    switch (c) {
    case '-': return 62;
    case '_': return 63;
    case '+':
    case '/': return UINT32_MAX;
    default: return value_of(c);
    }
}

int mcps__base64url_decode(void *out, size_t *ret_len, const char *text, size_t len)
{
    unsigned char *next = out;
    uint32_t bits = 0;
    unsigned n_bits = 0; /* that are no byte yet: the lowest ones */

    for (size_t i = 0; i < len; i++) {
        uint32_t value = url_value_of(text[i]);

        if (value > 63)
            return MCPS_EINVALID;
        bits = bits << 6 | value;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            *next++ = (unsigned char)(bits >> n_bits);
        }
    }
    /* A character of no byte, or one with bits of none. */
    if (n_bits == 6 || (bits & ((1u << n_bits) - 1)) != 0)
        return MCPS_EINVALID;
    *ret_len = (size_t)(next - (unsigned char *)out);
    return 0;
}
