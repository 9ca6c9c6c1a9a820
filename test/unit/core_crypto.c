/* SPDX-License-Identifier: MIT */
/* Cryptography: known answers, every change noticed, every failure of libcrypto said. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "core/crypto.h"

extern const struct unit_test crypto_tests[];

enum { ROOM = 200 };

static unsigned nibble(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static size_t unhex(unsigned char out[ROOM], const char *hex)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    return n;
}

/* ---- SHA-256: examples of NIST ---- */

static const struct {
    const char *text, *digest;
} digests[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static const char million[] =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void sha256_is_as_known(void)
{
    unsigned char got[MCPS__SHA256_SIZE], want[ROOM];

    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        CHECK_INT(mcps__sha256(got, digests[i].text, strlen(digests[i].text)), 0);
        CHECK_MEM(got, sizeof got, want, unhex(want, digests[i].digest));
    }
    CHECK_INT(mcps__sha256(got, NULL, 0), 0);
    CHECK_MEM(got, sizeof got, want, unhex(want, digests[0].digest));
out:;
}

static void sha256_in_pieces_is_the_same(void)
{
    struct mcps__digest digest = { NULL };
    unsigned char got[MCPS__SHA256_SIZE], want[ROOM];
    char piece[1000];
    size_t left = 1000000;

    memset(piece, 'a', sizeof piece);
    CHECK_INT(mcps__digest_init(&digest), 0);
    while (left > 0) {
        size_t n = (size_t)unit_random_below(sizeof piece + 1);

        n = n < left ? n : left;
        CHECK_INT(mcps__digest_feed(&digest, piece, n), 0);
        left -= n;
    }
    CHECK_INT(mcps__digest_feed(&digest, NULL, 0), 0);
    CHECK_INT(mcps__digest_end(&digest, got), 0);
    CHECK_MEM(got, sizeof got, want, unhex(want, million));
out:
    mcps__digest_fini(&digest);
    mcps__digest_fini(&digest);
}

/* ---- HMAC: RFC 4231 ---- */

static const struct {
    unsigned char key_byte, data_byte; /* repeated, where there is no text */
    size_t key_len, data_len;
    const char *key, *data, *mac;
} macs[] = {
    { .key_byte = 0x0b,
      .key_len = 20,
      .data = "Hi There",
      .mac = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { .key = "Jefe",
      .data = "what do ya want for nothing?",
      .mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { .key_byte = 0xaa,
      .key_len = 20,
      .data_byte = 0xdd,
      .data_len = 50,
      .mac = "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { .key = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12"
             "\x13\x14\x15\x16\x17\x18\x19",
      .data_byte = 0xcd,
      .data_len = 50,
      .mac = "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
    { .key_byte = 0xaa,
      .key_len = 131,
      .data = "Test Using Larger Than Block-Size Key - Hash Key First",
      .mac = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { .key_byte = 0xaa,
      .key_len = 131,
      .data = "This is a test using a larger than block-size key and a larger than "
              "block-size data. The key needs to be hashed before being used by the HMAC "
              "algorithm.",
      .mac = "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
};

static size_t fill(unsigned char out[ROOM], const char *text, unsigned char byte,
                   size_t len)
{
    if (text)
        len = strlen(text);
    for (size_t i = 0; i < len; i++)
        out[i] = text ? (unsigned char)text[i] : byte;
    return len;
}

static void hmac_is_as_known(void)
{
    unsigned char key[ROOM], data[ROOM], got[MCPS__SHA256_SIZE], want[ROOM];
    size_t key_len, len;

    for (size_t i = 0; i < sizeof macs / sizeof macs[0]; i++) {
        key_len = fill(key, macs[i].key, macs[i].key_byte, macs[i].key_len);
        len = fill(data, macs[i].data, macs[i].data_byte, macs[i].data_len);
        CHECK_INT(mcps__hmac_sha256(got, key, key_len, data, len), 0);
        CHECK_MEM(got, sizeof got, want, unhex(want, macs[i].mac));
    }
out:;
}

/* ---- AES-256-GCM: test cases 13 to 16 of its specification ---- */

#define ZEROES   "00000000000000000000000000000000"
#define KEY_15   "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define NONCE_15 "cafebabefacedbaddecaf888"
#define DATA_16                                                                          \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532f" \
    "cf0e2449a6b525b16aedf5aa0de657ba637b39"
#define SEALED_16                                                                        \
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7" \
    "b08b1056828838c5f61e6393ba7a0abcc9f662"

static const struct {
    const char *key, *nonce, *data, *bound, *sealed;
} cases[] = {
    { ZEROES ZEROES, "000000000000000000000000", "", "",
      "530f8afbc74536b9a963b4f1c4cb738b" },
    { ZEROES ZEROES, "000000000000000000000000", ZEROES, "",
      "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919" },
    { KEY_15, NONCE_15, DATA_16 "1aafd255", "",
      SEALED_16 "898015adb094dac5d93471bdec1a502270e3cc6c" },
    { KEY_15, NONCE_15, DATA_16, "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      SEALED_16 "76fc6ece0f4e1768cddf8853bb2d551b" },
};

/* What one case is, with its bound data cut in two at any place. */
struct sample {
    struct mcps__aead aead;
    unsigned char key[ROOM], nonce[ROOM], data[ROOM], bound[ROOM], sealed[ROOM];
    size_t len, bound_len, sealed_len;
};

static void open_sample(struct sample *s, size_t i, size_t cut)
{
    unhex(s->key, cases[i].key);
    unhex(s->nonce, cases[i].nonce);
    s->len = unhex(s->data, cases[i].data);
    s->bound_len = unhex(s->bound, cases[i].bound);
    s->sealed_len = unhex(s->sealed, cases[i].sealed);
    s->aead = (struct mcps__aead){
        .key = s->key,
        .nonce = s->nonce,
        .header = s->bound,
        .bound = s->bound + cut,
        .header_len = cut,
        .bound_len = s->bound_len - cut,
    };
}

static void gcm_is_as_known(void)
{
    unsigned char got[ROOM];
    struct sample s;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t cut = 0; cut <= strlen(cases[i].bound) / 2; cut++) {
            open_sample(&s, i, cut);
            CHECK_INT(mcps__aead_seal(&s.aead, got, s.data, s.len), 0);
            CHECK_MEM(got, s.len + MCPS__AEAD_TAG_SIZE, s.sealed, s.sealed_len);
            CHECK_INT(mcps__aead_open(&s.aead, got, s.sealed, s.sealed_len), 1);
            CHECK_MEM(got, s.len, s.data, s.len);
        }
    }
    /* In place. */
    CHECK_INT(mcps__aead_seal(&s.aead, s.data, s.data, s.len), 0);
    CHECK_MEM(s.data, s.sealed_len, s.sealed, s.sealed_len);
    CHECK_INT(mcps__aead_open(&s.aead, s.data, s.data, s.sealed_len), 1);
    CHECK_MEM(s.data, s.len, got, s.len);
out:;
}

/* Is the sample refused, and nothing left of what was decrypted? */
static bool is_refused(const struct sample *s)
{
    static const unsigned char zeroes[ROOM];
    unsigned char got[ROOM];

    memset(got, 0x5a, sizeof got);
    return mcps__aead_open(&s->aead, got, s->sealed, s->sealed_len) == 0 &&
           memcmp(got, zeroes, s->sealed_len - MCPS__AEAD_TAG_SIZE) == 0;
}

static bool is_noticed(struct sample *s, unsigned char *bytes, size_t len)
{
    bool noticed = true;

    for (size_t bit = 0; bit < 8 * len && noticed; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        noticed = is_refused(s);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    return noticed;
}

static void every_changed_bit_is_noticed(void)
{
    unsigned char got[ROOM];
    struct sample s;

    open_sample(&s, 3, 7);
    CHECK(is_noticed(&s, s.key, MCPS__AEAD_KEY_SIZE));
    CHECK(is_noticed(&s, s.nonce, MCPS__AEAD_NONCE_SIZE));
    CHECK(is_noticed(&s, s.bound, s.bound_len));
    CHECK(is_noticed(&s, s.sealed, s.sealed_len));
    s.sealed_len--;
    CHECK(is_refused(&s));
    s.sealed_len++;
    s.aead.bound_len--;
    CHECK(is_refused(&s));
    s.aead.bound_len++;
    CHECK_INT(mcps__aead_open(&s.aead, got, s.sealed, s.sealed_len), 1);
out:;
}

/* Nothing is read of what is too long. */
static void what_is_too_long_is_refused(void)
{
    const size_t too_long = (size_t)MCPS__AEAD_LEN_MAX + 1;
    struct sample s;

    open_sample(&s, 3, 0);
    CHECK_INT(mcps__aead_seal(&s.aead, s.data, s.data, too_long), MCPS_ELIMIT);
    CHECK_INT(mcps__aead_open(&s.aead, s.data, s.sealed, too_long + MCPS__AEAD_TAG_SIZE),
              MCPS_ELIMIT);
    s.aead.bound_len = too_long;
    CHECK_INT(mcps__aead_seal(&s.aead, s.data, s.data, s.len), MCPS_ELIMIT);
    s.aead.bound_len = 0;
    s.aead.header_len = too_long;
    CHECK_INT(mcps__aead_seal(&s.aead, s.data, s.data, s.len), MCPS_ELIMIT);
out:;
}

/* ---- its environment ---- */

/* The application has a queue of errors on each thread, which is its own. */
static void errors_of_others_stay(void)
{
    static const int reasons[] = { 101, 102 };
    unsigned char got[MCPS__SHA256_SIZE];
    struct sample s;

    ERR_clear_error();
    open_sample(&s, 3, 0);
    s.sealed[0] ^= 1;
    CHECK(is_refused(&s));
    CHECK_INT(mcps__sha256(got, "abc", 3), 0);
    CHECK_INT(ERR_peek_error(), 0);
    for (size_t i = 0; i < 2; i++)
        ERR_raise(ERR_LIB_USER, reasons[i]);
    CHECK(is_refused(&s));
    CHECK_INT(mcps__hmac_sha256(got, "key", 3, "abc", 3), 0);
    CHECK_INT(mcps__sha256(got, "abc", 3), 0);
    for (size_t i = 0; i < 2; i++)
        CHECK_INT(ERR_GET_REASON(ERR_get_error()), reasons[i]);
    CHECK_INT(ERR_get_error(), 0);
out:
    ERR_clear_error();
}

#ifdef MCPS__TEST_HOOKS

/* Makes each call of libcrypto of a function fail in turn. */
static void every_failure_is_said(void)
{
    unsigned char got[ROOM], text[MCPS__SHA256_SIZE], untouched[MCPS__SHA256_SIZE];
    unsigned n_failed = 0;
    struct sample s;
    int r = -EIO;

    open_sample(&s, 3, 7);
    memset(text, '#', sizeof text);
    memset(untouched, '#', sizeof untouched);
    for (unsigned n = 1; r < 0; n++) {
        mcps__crypto_fail_at(n);
        r = mcps__sha256(text, "abc", 3);
        CHECK_INT(r, mcps__crypto_has_failed() ? -EIO : 0);
        if (r < 0)
            CHECK_MEM(text, sizeof text, untouched, sizeof untouched);
        n_failed += r < 0;
    }
    memset(text, '#', sizeof text);
    mcps__crypto_fail_at(1);
    CHECK_INT(mcps__hmac_sha256(text, "key", 3, "abc", 3), -EIO);
    CHECK_MEM(text, sizeof text, untouched, sizeof untouched);
    r = -EIO;
    for (unsigned n = 1; r < 0; n++) {
        mcps__crypto_fail_at(n);
        r = mcps__aead_seal(&s.aead, got, s.data, s.len);
        CHECK_INT(r, mcps__crypto_has_failed() ? -EIO : 0);
        n_failed += r < 0;
    }
    CHECK_INT(n_failed, 3 + 6);
out:
    mcps__crypto_fail_at(0);
}

static void what_failed_does_not_open(void)
{
    static const unsigned char zeroes[ROOM];
    unsigned char got[ROOM];
    struct sample s;
    int r = 0;

    open_sample(&s, 3, 7);
    for (unsigned n = 1; r != 1; n++) {
        memset(got, 0x5a, sizeof got);
        mcps__crypto_fail_at(n);
        r = mcps__aead_open(&s.aead, got, s.sealed, s.sealed_len);
        CHECK_INT(r == 1, !mcps__crypto_has_failed());
        if (r == 1)
            break;
        /* The last one is that of the tag, which cannot be told from a wrong tag. */
        CHECK_INT(r, n < 6 ? -EIO : 0);
        CHECK(memcmp(got, zeroes, s.len) == 0);
    }
    CHECK_MEM(got, s.len, s.data, s.len);
out:
    mcps__crypto_fail_at(0);
}

#endif

const struct unit_test crypto_tests[] = {
    UNIT_TEST(sha256_is_as_known),
    UNIT_TEST(sha256_in_pieces_is_the_same),
    UNIT_TEST(hmac_is_as_known),
    UNIT_TEST(gcm_is_as_known),
    UNIT_TEST(every_changed_bit_is_noticed),
    UNIT_TEST(what_is_too_long_is_refused),
    UNIT_TEST(errors_of_others_stay),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(every_failure_is_said),
    UNIT_TEST(what_failed_does_not_open),
#endif
    UNIT_END,
};
