/* SPDX-License-Identifier: MIT */
/* Sealed state; see seal.h. */
#include "config.h"

#include "core/seal.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/crypto.h"
#include "util/clock.h"
#include "util/ct.h"
#include "util/mem.h"
#include "util/obj.h"
#include "util/random.h"

#define RING_MAGIC UINT32_C(0x52696e67)

enum { FORMAT = 1, ID_SIZE = 4, EXPIRY_SIZE = 8 };

/* What the text begins with, in bytes: as it is sent. */
struct header {
    unsigned char format;
    unsigned char key_id[ID_SIZE];
    unsigned char nonce[MCPS__SEAL_NONCE_SIZE];
    unsigned char aead_nonce[MCPS__AEAD_NONCE_SIZE];
};

_Static_assert(sizeof(struct header) == MCPS__SEAL_HEADER_SIZE, "nothing between bytes");
_Static_assert(MCPS__SEAL_OVERHEAD ==
                   sizeof(struct header) + EXPIRY_SIZE + MCPS__AEAD_TAG_SIZE,
               "as seal.h says");

struct key {
    unsigned char secret[MCPS__SEAL_KEY_SIZE];
    unsigned char id[ID_SIZE];
};

struct mcps__seal_ring {
    struct mcps__obj obj;
    size_t n;
    struct key keys[];
};

/* ---- keys ---- */

/* What is made of a key is told apart by what it is for. */
static int derive(unsigned char ret[MCPS__SHA256_SIZE], const struct key *key,
                  const char *purpose, const unsigned char nonce[MCPS__SEAL_NONCE_SIZE])
{
    unsigned char data[MCPS__SEAL_NONCE_SIZE + 32];
    size_t n = strlen(purpose);

    memcpy(data, nonce, MCPS__SEAL_NONCE_SIZE);
    memcpy(data + MCPS__SEAL_NONCE_SIZE, purpose, n);
    return mcps__hmac_sha256(ret, key->secret, sizeof key->secret, data,
                             MCPS__SEAL_NONCE_SIZE + n);
}

static int init_key(struct key *key, const unsigned char *secret)
{
    static const unsigned char no_nonce[MCPS__SEAL_NONCE_SIZE] = { 0 };
    unsigned char digest[MCPS__SHA256_SIZE];
    int r;

    memcpy(key->secret, secret, sizeof key->secret);
    r = derive(digest, key, "libmcpserver key id", no_nonce);
    if (r >= 0)
        memcpy(key->id, digest, sizeof key->id);
    return r;
}

/* Gives a ring whose keys are still to be set. */
static int new_ring(struct mcps__seal_ring **ret, size_t n)
{
    struct mcps__seal_ring *ring;

    if (n > (SIZE_MAX - sizeof *ring) / sizeof(struct key))
        return -ENOMEM;
    ring = mcps__calloc(1, sizeof *ring + n * sizeof(struct key));
    if (!ring)
        return -ENOMEM;
    mcps__obj_init(&ring->obj, RING_MAGIC);
    ring->n = n;
    *ret = ring;
    return 0;
}

static void unref_ring(struct mcps__seal_ring *ring)
{
    if (!ring)
        return;
    MCPS__CHECK_OBJ(ring, RING_MAGIC);
    if (!mcps__obj_unref(&ring->obj))
        return;
    mcps__wipe(ring->keys, ring->n * sizeof(struct key));
    mcps__free(ring);
}

static struct mcps__seal_ring *current_ring(struct mcps__seals *seals)
{
    struct mcps__seal_ring *ring;

    mcps__mutex_lock(&seals->mutex);
    ring = seals->ring;
    mcps__obj_ref(&ring->obj);
    mcps__mutex_unlock(&seals->mutex);
    return ring;
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it yet */
    static int
    start_with(struct mcps__seals *seals, struct mcps__seal_ring *ring)
{
    int r = mcps__mutex_init(&seals->mutex, MCPS__LOCK_seals);

    if (r >= 0)
        seals->ring = ring;
    return r;
}

/* Nobody else has the key, so its id may be random as well: a server that never seals has
 * then nothing to do with libcrypto. */
int mcps__seals_init(struct mcps__seals *seals)
{
    struct mcps__seal_ring *ring = NULL;
    int r = mcps__crypto_init();

    if (r >= 0)
        r = new_ring(&ring, 1);
    if (r >= 0)
        r = mcps__random_bytes(&ring->keys[0], sizeof ring->keys[0]);
    if (r >= 0)
        r = start_with(seals, ring);
    if (r < 0)
        unref_ring(ring);
    return r;
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    void
    mcps__seals_fini(struct mcps__seals *seals)
{
    unref_ring(seals->ring);
    seals->ring = NULL;
    mcps__mutex_fini(&seals->mutex);
}

static bool are_usable(const struct mcps_state_key *keys, size_t n)
{
    if (!keys)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!keys[i].key || keys[i].len != MCPS__SEAL_KEY_SIZE)
            return false;
    }
    return n > 0;
}

int mcps__seals_set_keys(struct mcps__seals *seals, const struct mcps_state_key *keys,
                         size_t n)
{
    struct mcps__seal_ring *ring = NULL, *old;
    int r;

    if (!are_usable(keys, n))
        return -EINVAL;
    r = new_ring(&ring, n);
    for (size_t i = 0; i < n && r >= 0; i++)
        r = init_key(&ring->keys[i], keys[i].key);
    if (r < 0) {
        unref_ring(ring);
        return r;
    }
    mcps__mutex_lock(&seals->mutex);
    old = seals->ring;
    seals->ring = ring;
    mcps__mutex_unlock(&seals->mutex);
    unref_ring(old);
    return 0;
}

/* ---- sealing ---- */

static void put_expiry(unsigned char out[EXPIRY_SIZE], int64_t moment)
{
    for (int i = 0; i < EXPIRY_SIZE; i++)
        out[i] = (unsigned char)((uint64_t)moment >> (56 - 8 * i));
}

static int64_t get_expiry(const unsigned char in[EXPIRY_SIZE])
{
    uint64_t moment = 0;

    for (int i = 0; i < EXPIRY_SIZE; i++)
        moment = moment << 8 | in[i];
    return (int64_t)moment;
}

static int64_t expiry_after(int64_t ttl_ms)
{
    int64_t now = mcps__clock_wall_ms();

    if (ttl_ms <= 0)
        return now;
    return ttl_ms > INT64_MAX - now ? INT64_MAX : now + ttl_ms;
}

static int make_header(struct header *header, const struct key *key)
{
    header->format = FORMAT;
    memcpy(header->key_id, key->id, sizeof header->key_id);
    return mcps__random_bytes(header->nonce,
                              sizeof header->nonce + sizeof header->aead_nonce);
}

/* What is sealed and opened with, under the key of this text, which is to be wiped. */
static int prepare(struct mcps__aead *aead, unsigned char text_key[MCPS__SHA256_SIZE],
                   const struct key *key, const struct header *header)
{
    aead->key = text_key;
    aead->nonce = header->aead_nonce;
    aead->header = header;
    aead->header_len = sizeof *header;
    return derive(text_key, key, "libmcpserver seal", header->nonce);
}

/* Seals what stands in `raw` behind the room for the header, with room behind it. */
static int seal_raw(unsigned char *raw, size_t len, const struct key *key,
                    struct mcps__aead *aead)
{
    unsigned char text_key[MCPS__SHA256_SIZE], *data = raw + sizeof(struct header);
    struct header header;
    int r = make_header(&header, key);

    if (r >= 0)
        r = prepare(aead, text_key, key, &header);
    if (r >= 0)
        r = mcps__aead_seal(aead, data, data, len);
    mcps__wipe(text_key, sizeof text_key);
    if (r >= 0)
        memcpy(raw, &header, sizeof header);
    return r;
}

static int append_base64url(struct mcps__buf *out, const void *data, size_t len)
{
    size_t n = MCPS__BASE64URL_ENCODED(len);
    int r = mcps__buf_reserve(out, n);

    if (r < 0)
        return r;
    mcps__base64url_encode(out->data + out->len, data, len);
    out->len += n;
    return 0;
}

int mcps__seal(struct mcps__seals *seals, struct mcps__buf *out, const void *bound,
               size_t bound_len, int64_t ttl_ms, const void *payload, size_t len)
{
    struct mcps__aead aead = { .bound = bound, .bound_len = bound_len };
    struct mcps__seal_ring *ring;
    unsigned char *raw, *data;
    size_t size;
    int r;

    if (len > MCPS__AEAD_LEN_MAX - EXPIRY_SIZE)
        return MCPS_ELIMIT;
    size = len + MCPS__SEAL_OVERHEAD;
    raw = mcps__malloc(size);
    if (!raw)
        return -ENOMEM;
    data = raw + sizeof(struct header);
    put_expiry(data, expiry_after(ttl_ms));
    if (len > 0)
        memcpy(data + EXPIRY_SIZE, payload, len);
    ring = current_ring(seals);
    r = seal_raw(raw, EXPIRY_SIZE + len, &ring->keys[0], &aead);
    unref_ring(ring);
    if (r >= 0)
        r = append_base64url(out, raw, size);
    else
        mcps__wipe(raw, size);
    mcps__free(raw);
    return r;
}

/* ---- opening ---- */

/* Decrypts to `data`, which has room for it. MCPS__UNSEALED_OK and others, or an error. */
static int open_with(const struct key *key, const struct header *header,
                     struct mcps__aead *aead, unsigned char *data,
                     const unsigned char *sealed, size_t len)
{
    unsigned char text_key[MCPS__SHA256_SIZE];
    int r = prepare(aead, text_key, key, header);

    if (r >= 0)
        r = mcps__aead_open(aead, data, sealed, len);
    mcps__wipe(text_key, sizeof text_key);
    if (r < 0)
        return r;
    return r == 1 ? MCPS__UNSEALED_OK : MCPS__UNSEALED_FORGED;
}

/* Two keys may have one id, by a rare chance. */
static int open_by_ring(const struct mcps__seal_ring *ring, const struct header *header,
                        struct mcps__aead *aead, unsigned char *data,
                        const unsigned char *sealed, size_t len)
{
    int r = MCPS__UNSEALED_UNKNOWN_KEY;

    for (size_t i = 0; i < ring->n && r >= 0 && r != MCPS__UNSEALED_OK; i++) {
        if (memcmp(ring->keys[i].id, header->key_id, ID_SIZE) == 0)
            r = open_with(&ring->keys[i], header, aead, data, sealed, len);
    }
    return r;
}

/* Takes the expiry from the front of what was opened, and leaves the payload at the end of
 * the buffer, unless it is too late. */
static int take(struct mcps__buf *out, size_t len, const struct header *header,
                struct mcps__seal_info *ret)
{
    unsigned char *data = (unsigned char *)out->data + out->len;
    int64_t expires_at = get_expiry(data);

    if (mcps__clock_wall_ms() >= expires_at) {
        mcps__wipe(data, len);
        return MCPS__UNSEALED_EXPIRED;
    }
    memcpy(ret->nonce, header->nonce, sizeof ret->nonce);
    ret->expires_at = expires_at;
    memmove(data, data + EXPIRY_SIZE, len - EXPIRY_SIZE);
    out->len += len - EXPIRY_SIZE;
    return MCPS__UNSEALED_OK;
}

static int open_raw(struct mcps__seals *seals, struct mcps__buf *out,
                    struct mcps__aead *aead, const unsigned char *raw, size_t len,
                    struct mcps__seal_info *ret)
{
    size_t data_len = len - sizeof(struct header) - MCPS__AEAD_TAG_SIZE;
    struct mcps__seal_ring *ring;
    struct header header;
    int r;

    memcpy(&header, raw, sizeof header);
    if (header.format != FORMAT)
        return MCPS__UNSEALED_MALFORMED;
    r = mcps__buf_reserve(out, data_len);
    if (r < 0)
        return r;
    ring = current_ring(seals);
    r = open_by_ring(ring, &header, aead, (unsigned char *)out->data + out->len,
                     raw + sizeof header, len - sizeof header);
    unref_ring(ring);
    return r == MCPS__UNSEALED_OK ? take(out, data_len, &header, ret) : r;
}

int mcps__unseal(struct mcps__seals *seals, struct mcps__buf *out, const void *bound,
                 size_t bound_len, const char *text, size_t len,
                 struct mcps__seal_info *ret)
{
    struct mcps__aead aead = { .bound = bound, .bound_len = bound_len };
    unsigned char *raw;
    size_t n = 0;
    int r;

    if (len < MCPS__SEALED_LEN(0))
        return MCPS__UNSEALED_MALFORMED;
    raw = mcps__malloc(MCPS__BASE64_DECODED_MAX(len));
    if (!raw)
        return -ENOMEM;
    if (mcps__base64url_decode(raw, &n, text, len) < 0)
        r = MCPS__UNSEALED_MALFORMED;
    else
        r = open_raw(seals, out, &aead, raw, n, ret);
    mcps__free(raw);
    return r;
}
