/* SPDX-License-Identifier: MIT */
/* Cryptography by libcrypto; see crypto.h. */
#include "config.h"

#include "core/crypto.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>

/* What is deprecated is then not declared. */
#define OPENSSL_API_COMPAT 30000
#define OPENSSL_NO_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "util/assert.h"
#include "util/ct.h"

/* ---- did it work? ---- */

#ifdef MCPS__TEST_HOOKS

static atomic_uint until_failure;
static atomic_bool has_failed;

void mcps__crypto_fail_at(unsigned n)
{
    atomic_store(&until_failure, n);
    atomic_store(&has_failed, false);
}

bool mcps__crypto_has_failed(void)
{
    return atomic_load(&has_failed);
}

/* One thread at a time has its calls fail. */
static bool has_to_fail(void)
{
    if (atomic_load(&until_failure) == 0 || atomic_fetch_sub(&until_failure, 1) > 1)
        return false;
    atomic_store(&has_failed, true);
    return true;
}

#else

static bool has_to_fail(void)
{
    return false;
}

#endif

/* Of a call that returns 1 when it worked. */
static bool worked(int result)
{
    return result == 1 && !has_to_fail();
}

/* ---- SHA-256 and HMAC ---- */

/* Functions for exit() are called in the opposite order of that in which they came. To be asked
 * for nothing libcrypto would do nothing. */
int mcps__crypto_init(void)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL) == 1 ? 0 : -EIO;
}

int mcps__sha256(unsigned char ret[MCPS__SHA256_SIZE], const void *data, size_t len)
{
    struct mcps__digest digest = { NULL };
    int r = mcps__digest_init(&digest);

    if (r >= 0)
        r = mcps__digest_feed(&digest, data, len);
    if (r >= 0)
        r = mcps__digest_end(&digest, ret);
    mcps__digest_fini(&digest);
    return r;
}

int mcps__digest_init(struct mcps__digest *digest)
{
    bool ok;

    ERR_set_mark();
    digest->ctx = EVP_MD_CTX_new();
    ok = digest->ctx && worked(EVP_DigestInit_ex(digest->ctx, EVP_sha256(), NULL));
    ERR_pop_to_mark();
    if (ok)
        return 0;
    if (!digest->ctx)
        return -ENOMEM;
    mcps__digest_fini(digest);
    return -EIO;
}

void mcps__digest_fini(struct mcps__digest *digest)
{
    EVP_MD_CTX_free(digest->ctx);
    digest->ctx = NULL;
}

int mcps__digest_feed(struct mcps__digest *digest, const void *data, size_t len)
{
    bool ok;

    if (len == 0)
        return 0;
    ERR_set_mark();
    ok = worked(EVP_DigestUpdate(digest->ctx, data, len));
    ERR_pop_to_mark();
    return ok ? 0 : -EIO;
}

int mcps__digest_end(struct mcps__digest *digest, unsigned char ret[MCPS__SHA256_SIZE])
{
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    bool ok;

    ERR_set_mark();
    ok = worked(EVP_DigestFinal_ex(digest->ctx, value, &n)) && n == MCPS__SHA256_SIZE;
    ERR_pop_to_mark();
    for (unsigned i = 0; ok && i < n; i++)
        ret[i] = value[i];
    mcps__wipe(value, sizeof value);
    return ok ? 0 : -EIO;
}

int mcps__hmac_sha256(unsigned char ret[MCPS__SHA256_SIZE], const void *key,
                      size_t key_len, const void *data, size_t len)
{
    unsigned char value[MCPS__SHA256_SIZE];
    size_t n = 0;
    bool ok;

    mcps__assert(key_len > 0);
    ERR_set_mark();
    ok = worked(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len, data, len,
                          value, sizeof value, &n) != NULL) &&
         n == sizeof value;
    ERR_pop_to_mark();
    for (size_t i = 0; ok && i < n; i++)
        ret[i] = value[i];
    mcps__wipe(value, sizeof value);
    return ok ? 0 : -EIO;
}

/* ---- AES-256-GCM ---- */

/* The sizes are those of the cipher, but a wrong one would be read beyond its end. */
static bool begin(EVP_CIPHER_CTX *ctx, const struct mcps__aead *aead, int seals)
{
    return worked(EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), aead->key, aead->nonce,
                                     seals, NULL)) &&
           EVP_CIPHER_CTX_get_iv_length(ctx) == MCPS__AEAD_NONCE_SIZE &&
           EVP_CIPHER_CTX_get_key_length(ctx) == MCPS__AEAD_KEY_SIZE;
}

/* Without `out`, binds the data. */
static bool pass(EVP_CIPHER_CTX *ctx, unsigned char *out, const void *data, size_t len)
{
    int n = 0;

    if (len == 0)
        return true;
    return worked(EVP_CipherUpdate(ctx, out, &n, data, (int)len)) && n == (int)len;
}

/* Everything but the tag. */
static bool run(EVP_CIPHER_CTX *ctx, const struct mcps__aead *aead, int seals, void *out,
                const void *data, size_t len)
{
    return begin(ctx, aead, seals) && pass(ctx, NULL, aead->header, aead->header_len) &&
           pass(ctx, NULL, aead->bound, aead->bound_len) && pass(ctx, out, data, len);
}

/* GCM has nothing left to write at the end. */
static bool end(EVP_CIPHER_CTX *ctx)
{
    unsigned char none[EVP_MAX_BLOCK_LENGTH];
    int n = 0;

    return worked(EVP_CipherFinal_ex(ctx, none, &n)) && n == 0;
}

static bool is_too_long(const struct mcps__aead *aead, size_t len)
{
    return aead->header_len > MCPS__AEAD_LEN_MAX ||
           aead->bound_len > MCPS__AEAD_LEN_MAX || len > MCPS__AEAD_LEN_MAX;
}

int mcps__aead_seal(const struct mcps__aead *aead, void *out, const void *data,
                    size_t len)
{
    unsigned char *tag = (unsigned char *)out + len;
    EVP_CIPHER_CTX *ctx;
    bool ok;

    if (is_too_long(aead, len))
        return MCPS_ELIMIT;
    ERR_set_mark();
    ctx = EVP_CIPHER_CTX_new();
    ok =
        ctx && run(ctx, aead, 1, out, data, len) && end(ctx) &&
        worked(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, MCPS__AEAD_TAG_SIZE, tag));
    EVP_CIPHER_CTX_free(ctx);
    ERR_pop_to_mark();
    if (ok)
        return 0;
    return ctx ? -EIO : -ENOMEM;
}

int mcps__aead_open(const struct mcps__aead *aead, void *out, const void *sealed,
                    size_t len)
{
    unsigned char tag[MCPS__AEAD_TAG_SIZE];
    EVP_CIPHER_CTX *ctx;
    bool ran, ok;

    mcps__assert(len >= sizeof tag);
    len -= sizeof tag;
    if (is_too_long(aead, len))
        return MCPS_ELIMIT;
    for (size_t i = 0; i < sizeof tag; i++)
        tag[i] = ((const unsigned char *)sealed)[len + i];
    ERR_set_mark();
    ctx = EVP_CIPHER_CTX_new();
    ran = ctx && run(ctx, aead, 0, out, sealed, len) &&
          worked(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag));
    ok = ran && end(ctx); /* which says no of a tag that is another */
    EVP_CIPHER_CTX_free(ctx);
    ERR_pop_to_mark();
    if (!ok)
        mcps__wipe(out, len);
    if (!ctx)
        return -ENOMEM;
    return ran ? ok : -EIO;
}
