/* SPDX-License-Identifier: MIT */
/*
 * Base64: what decodes encodes to the same text again, in any pieces; every input as bytes
 * goes there and back. The first byte of the input is the seed of the pieces.
 */
#include "config.h"

#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "util/base64.h"

static void *room(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);

    FUZZ_CHECK(memory != NULL);
    return memory;
}

/* Decodes in pieces, each into memory that just fits. */
static int decode_in_pieces(const char *text, size_t len, uint32_t seed,
                            unsigned char *out, size_t *ret_len)
{
    struct mcps__base64_decoder decoder = { 0 };

    *ret_len = 0;
    while (len > 0) {
        size_t piece = fuzz_piece(&seed, len), got = 0;
        unsigned char *part = room(MCPS__BASE64_DECODED_MAX(piece));
        int r = mcps__base64_decoder_feed(&decoder, part, &got, text, piece);

        if (r == 0)
            memcpy(out + *ret_len, part, got);
        free(part);
        if (r < 0)
            return r;
        *ret_len += got;
        text += piece;
        len -= piece;
    }
    return mcps__base64_decoder_end(&decoder);
}

static size_t encode_in_pieces(const unsigned char *data, size_t len, uint32_t seed,
                               char *out)
{
    struct mcps__base64_encoder encoder = { 0 };
    size_t total = 0;

    while (len > 0) {
        size_t piece = fuzz_piece(&seed, len);
        char *part = room(MCPS__BASE64_ENCODED(piece));
        size_t got = mcps__base64_encoder_feed(&encoder, part, data, piece);

        memcpy(out + total, part, got);
        free(part);
        total += got;
        data += piece;
        len -= piece;
    }
    return total + mcps__base64_encoder_end(&encoder, out + total);
}

static void check_as_text(const char *text, size_t len, uint32_t seed)
{
    unsigned char *whole = room(MCPS__BASE64_DECODED_MAX(len));
    unsigned char *pieces = room(MCPS__BASE64_DECODED_MAX(len) + 3);
    size_t n = 0, n_pieces = 0;
    int r = mcps__base64_decode(whole, &n, text, len);
    char *again;

    FUZZ_CHECK(r == 0 || r == MCPS_EINVALID);
    FUZZ_CHECK(decode_in_pieces(text, len, seed, pieces, &n_pieces) == r);
    if (r == 0) {
        FUZZ_CHECK(n == n_pieces && memcmp(whole, pieces, n) == 0);
        FUZZ_CHECK(MCPS__BASE64_ENCODED(n) == len);
        again = room(len);
        mcps__base64_encode(again, whole, n);
        FUZZ_CHECK(memcmp(again, text, len) == 0);
        free(again);
    }
    free(pieces);
    free(whole);
}

static void check_as_bytes(const unsigned char *data, size_t len, uint32_t seed)
{
    size_t n = MCPS__BASE64_ENCODED(len), back_len = 0;
    char *whole = room(n), *pieces = room(n + 4);
    unsigned char *back = room(MCPS__BASE64_DECODED_MAX(n));

    mcps__base64_encode(whole, data, len);
    FUZZ_CHECK(encode_in_pieces(data, len, seed, pieces) == n);
    FUZZ_CHECK(memcmp(whole, pieces, n) == 0);
    FUZZ_CHECK(mcps__base64_decode(back, &back_len, whole, n) == 0);
    FUZZ_CHECK(back_len == len && memcmp(back, data, len) == 0);
    free(back);
    free(pieces);
    free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    check_as_text((const char *)data + 1, size - 1, data[0]);
    check_as_bytes(data + 1, size - 1, data[0]);
    return 0;
}
