/* SPDX-License-Identifier: MIT */
/* Base64: the examples of the RFC, strictness against a naive model, any pieces. */
#include "config.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "util/base64.h"

extern const struct unit_test base64_tests[];

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789+/";

/* ---- the naive model ---- */

/* Bit by bit. */
static size_t naive_encode(char *out, const unsigned char *data, size_t len)
{
    size_t n = 0;

    for (size_t bit = 0; bit < 8 * len; bit += 6) {
        unsigned value = 0;

        for (size_t b = bit; b < bit + 6; b++) {
            value <<= 1;
            if (b < 8 * len)
                value |= (unsigned)data[b / 8] >> (7 - b % 8) & 1u;
        }
        out[n++] = alphabet[value];
    }
    while (n % 4 != 0)
        out[n++] = '=';
    return n;
}

/* A text is valid if it is what the bytes in it encode to. Returns false if not. */
static bool naive_decode(unsigned char *out, size_t *ret_len, const char *text,
                         size_t len)
{
    char again[64];
    size_t n_bits = 0;

    memset(out, 0, len);
    for (size_t i = 0; i < len && text[i] != '='; i++) {
        const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;
        unsigned value = at ? (unsigned)(at - alphabet) : 0;

        for (int b = 5; b >= 0; b--, n_bits++)
            out[n_bits / 8] |= (unsigned char)((value >> b & 1u) << (7 - n_bits % 8));
    }
    *ret_len = n_bits / 8;
    return naive_encode(again, out, *ret_len) == len && memcmp(again, text, len) == 0;
}

/* ---- tests ---- */

static void examples_of_the_rfc(void)
{
    static const char *const examples[][2] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
    };
    char text[16] = "";
    unsigned char data[16] = { 0 };
    size_t len = 0;

    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const char *plain = examples[i][0], *coded = examples[i][1];

        CHECK_INT(MCPS__BASE64_ENCODED(strlen(plain)), strlen(coded));
        mcps__base64_encode(text, plain, strlen(plain));
        CHECK_MEM(text, strlen(coded), coded, strlen(coded));
        CHECK_INT(mcps__base64_decode(data, &len, coded, strlen(coded)), 0);
        CHECK_MEM(data, len, plain, strlen(plain));
    }
out:;
}

static void every_byte_comes_back(void)
{
    unsigned char data[256], back[256 + 3];
    char text[344 + 1], want[344 + 1];
    size_t len = 0;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)i;
    for (size_t n = 0; n <= sizeof data; n++) {
        memset(text, '#', sizeof text);
        mcps__base64_encode(text, data, n);
        CHECK_MEM(text, MCPS__BASE64_ENCODED(n), want, naive_encode(want, data, n));
        CHECK_INT(text[MCPS__BASE64_ENCODED(n)], '#');
        CHECK_INT(mcps__base64_decode(back, &len, text, MCPS__BASE64_ENCODED(n)), 0);
        CHECK_MEM(back, len, data, n);
    }
out:;
}

static void bounds_do_not_overflow(void)
{
    CHECK_INT(MCPS__BASE64_DECODED_MAX((size_t)0), 0);
    CHECK_INT(MCPS__BASE64_DECODED_MAX((size_t)1), 3);
    CHECK_INT(MCPS__BASE64_DECODED_MAX((size_t)4), 3);
    CHECK_INT(MCPS__BASE64_DECODED_MAX((size_t)5), 6);
    CHECK(MCPS__BASE64_DECODED_MAX(SIZE_MAX) == SIZE_MAX / 4 * 3 + 3);
    CHECK(MCPS__BASE64_ENCODED(SIZE_MAX / 4 * 3) == SIZE_MAX / 4 * 4);
out:;
}

/* Is the verdict on a text the model's, and are the bytes? */
static bool agrees(const char *text, size_t len)
{
    unsigned char got[64], want[64];
    size_t got_len = 4711, want_len = 0;
    bool valid = naive_decode(want, &want_len, text, len);
    int r = mcps__base64_decode(got, &got_len, text, len);

    if (!valid)
        return r == MCPS_EINVALID && got_len == 4711;
    return r == 0 && got_len == want_len && memcmp(got, want, want_len) == 0;
}

/* All texts of up to four characters of a set, alone and behind a valid group; which is
 * to say every kind of padding, of trailing bits, of foreign characters. */
static void short_texts_are_judged_as_by_the_model(void)
{
    static const char set[] = "AQgwBEIZaz09+/=-_ \n\t\0\x80\xff";
    const size_t n_set = sizeof set - 1;
    char text[8] = "Zm9v";
    size_t n_texts = 1;

    for (size_t len = 0; len <= 4; len++, n_texts *= n_set) {
        for (size_t i = 0; i < n_texts; i++) {
            size_t rest = i;

            for (size_t k = 0; k < len; k++, rest /= n_set)
                text[4 + k] = set[rest % n_set];
            CHECK(agrees(text + 4, len));
            CHECK(agrees(text, 4 + len));
        }
    }
out:;
}

static void every_foreign_character_is_refused_everywhere(void)
{
    static const char good[] = "Zm9vYmFyZm9vYg==";
    char text[sizeof good];

    for (size_t i = 0; i < sizeof good - 1; i++) {
        for (int c = 0; c < 256; c++) {
            memcpy(text, good, sizeof good);
            text[i] = (char)c;
            CHECK(agrees(text, sizeof good - 1));
        }
    }
out:;
}

/* Decodes in pieces that end where `cuts` has a bit, each in memory of exactly its bound
 * so that address checkers see a byte too many. Returns the verdict at the end. */
static int decode_pieces(struct mcps__base64_decoder *decoder, unsigned char *out,
                         size_t *ret_len, const char *text, size_t len, uint32_t cuts)
{
    size_t from = 0, n = 0, total = 0;
    unsigned char *piece;

    for (size_t to = 1; to <= len; to++) {
        if (to < len && (cuts >> to & 1u) == 0)
            continue;
        piece = malloc(MCPS__BASE64_DECODED_MAX(to - from));
        if (!piece)
            abort();
        /* A failure is fed on: it must not be forgotten. */
        if (mcps__base64_decoder_feed(decoder, piece, &n, text + from, to - from) == 0) {
            memcpy(out + total, piece, n);
            total += n;
        }
        free(piece);
        from = to;
    }
    *ret_len = total;
    return mcps__base64_decoder_end(decoder);
}

/* One decoder for all: each end must leave it as new. */
static void decoding_does_not_depend_on_the_pieces(void)
{
    static const char *const texts[] = {
        "Zm9vYmFyZg==", "Zm9vYmFyZm8=", "Zm9vYmFyZm9v",
        "Zm9vYg==Zm9v", "Zm9vYg===",    "Zm9v=",
        "Zm9vYmFyZ===", "Zm9vYmFyZh==", "Zm9vYmFyZm9=",
        "Zm9vYmFyZg=",  "Zm9vYm8",      "====",
        "Zm9vYmFyZg",   "Zm9vYmFyZ",    "Zm 9vYmFy",
        "Zm9vYmFy\n",   "Zg=vYmFy",     "",
    };
    struct mcps__base64_decoder decoder = { 0 };
    unsigned char data[64], whole[64];
    size_t len = 0, whole_len = 0;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *text = texts[i];
        int verdict = mcps__base64_decode(whole, &whole_len, text, strlen(text));

        CHECK(agrees(text, strlen(text)));
        /* Bit n cuts before character n; before the first there is nothing to cut. */
        for (uint32_t cuts = 0; cuts < 1u << strlen(text); cuts += 2) {
            CHECK_INT(decode_pieces(&decoder, data, &len, text, strlen(text), cuts),
                      verdict);
            if (verdict == 0)
                CHECK_MEM(data, len, whole, whole_len);
        }
    }
out:;
}

static void encoding_does_not_depend_on_the_pieces(void)
{
    static const char data[] = "\xfb\xff\x00 any bytes";
    const size_t len = sizeof data - 1;
    struct mcps__base64_encoder encoder = { 0 };
    char text[32] = "", whole[32] = "";

    mcps__base64_encode(whole, data, len);
    for (uint32_t cuts = 0; cuts < 1u << len; cuts += 2) {
        size_t from = 0, n = 0, total = 0;

        for (size_t to = 1; to <= len; to++) {
            if (to < len && (cuts >> to & 1u) == 0)
                continue;
            n = mcps__base64_encoder_feed(&encoder, text + total, data + from, to - from);
            CHECK(n <= MCPS__BASE64_ENCODED(to - from));
            total += n;
            from = to;
        }
        total += mcps__base64_encoder_end(&encoder, text + total);
        CHECK_MEM(text, total, whole, MCPS__BASE64_ENCODED(len));
        CHECK_INT(mcps__base64_encoder_end(&encoder, text), 0);
    }
out:;
}

/* Random data in random pieces, through both directions. */
static void random_data_comes_back_through_random_pieces(void)
{
    struct mcps__base64_encoder encoder = { 0 };
    struct mcps__base64_decoder decoder = { 0 };
    unsigned char data[500], back[500 + 3];
    char text[668], want[668];
    size_t n_text = 0, n_back = 0, n = 0, got = 0;

    for (unsigned round = 0; round < unit_repeat(500, 50000); round++) {
        size_t len = (size_t)unit_random_below(sizeof data + 1);

        for (size_t i = 0; i < len; i++)
            data[i] = (unsigned char)unit_random();
        n_text = n_back = 0;
        for (size_t i = 0; i < len; i += n) {
            n = (size_t)unit_random_below(len - i < 50 ? len - i + 1 : 50);
            n_text += mcps__base64_encoder_feed(&encoder, text + n_text, data + i, n);
        }
        n_text += mcps__base64_encoder_end(&encoder, text + n_text);
        CHECK_MEM(text, n_text, want, naive_encode(want, data, len));
        for (size_t i = 0; i < n_text; i += n) {
            n = (size_t)unit_random_below(n_text - i < 50 ? n_text - i + 1 : 50);
            CHECK_INT(
                mcps__base64_decoder_feed(&decoder, back + n_back, &got, text + i, n), 0);
            n_back += got;
        }
        CHECK_INT(mcps__base64_decoder_end(&decoder), 0);
        CHECK_MEM(back, n_back, data, len);
    }
out:;
}

/* ---- for URLs ---- */

/* The same in the standard alphabet, with the padding that it then has to have; what is not
 * of the alphabet for URLs becomes what is of none. */
static size_t as_standard(char *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '-': out[i] = '+'; break;
        case '_': out[i] = '/'; break;
        case '+':
        case '/':
        case '=': out[i] = '!'; break;
        default: out[i] = text[i]; break;
        }
    }
    for (; len % 4 != 0; len++)
        out[len] = '=';
    return len;
}

static bool url_agrees(const char *text, size_t len)
{
    unsigned char got[64], want[64];
    size_t got_len = 4711, want_len = 0;
    char standard[64];
    size_t n = as_standard(standard, text, len);
    bool valid = naive_decode(want, &want_len, standard, n);
    int r = mcps__base64url_decode(got, &got_len, text, len);

    if (!valid)
        return r == MCPS_EINVALID && got_len == 4711;
    return r == 0 && got_len == want_len && memcmp(got, want, want_len) == 0;
}

static void url_texts_are_judged_as_by_the_model(void)
{
    static const char set[] = "AQgwBEIZaz09+/=-_ \n\t\0\x80\xff";
    const size_t n_set = sizeof set - 1;
    char text[8] = "Zm9v";
    size_t n_texts = 1;

    for (size_t len = 0; len <= 4; len++, n_texts *= n_set) {
        for (size_t i = 0; i < n_texts; i++) {
            size_t rest = i;

            for (size_t k = 0; k < len; k++, rest /= n_set)
                text[4 + k] = set[rest % n_set];
            CHECK(url_agrees(text + 4, len));
            CHECK(url_agrees(text, 4 + len));
        }
    }
    for (int c = 0; c < 256; c++) {
        text[5] = (char)c;
        CHECK(url_agrees(text, 8));
    }
out:;
}

static void url_texts_come_back(void)
{
    unsigned char data[100] = { 0 }, back[100];
    char text[140], standard[140], want[140];
    size_t len = 0, n_want;

    for (size_t n = 0; n <= sizeof data; n++) {
        for (size_t i = 0; i < n; i++)
            data[i] = (unsigned char)unit_random();
        memset(text, '#', sizeof text);
        mcps__base64url_encode(text, data, n);
        CHECK_INT(text[MCPS__BASE64URL_ENCODED(n)], '#');
        n_want = naive_encode(want, data, n);
        CHECK_MEM(standard, as_standard(standard, text, MCPS__BASE64URL_ENCODED(n)), want,
                  n_want);
        CHECK_INT(mcps__base64url_decode(back, &len, text, MCPS__BASE64URL_ENCODED(n)),
                  0);
        CHECK_MEM(back, len, data, n);
    }
out:;
}

const struct unit_test base64_tests[] = {
    UNIT_TEST(examples_of_the_rfc),
    UNIT_TEST(every_byte_comes_back),
    UNIT_TEST(bounds_do_not_overflow),
    UNIT_TEST(short_texts_are_judged_as_by_the_model),
    UNIT_TEST(every_foreign_character_is_refused_everywhere),
    UNIT_TEST(decoding_does_not_depend_on_the_pieces),
    UNIT_TEST(encoding_does_not_depend_on_the_pieces),
    UNIT_TEST(random_data_comes_back_through_random_pieces),
    UNIT_TEST(url_texts_are_judged_as_by_the_model),
    UNIT_TEST(url_texts_come_back),
    UNIT_END,
};
