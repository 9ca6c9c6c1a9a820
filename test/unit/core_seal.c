/* SPDX-License-Identifier: MIT */
/* Sealed state: what opens, and that nothing else does. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/crypto.h"
#include "core/seal.h"
#include "mcpserver/server.h"
#include "util/clock.h"

extern const struct unit_test seal_tests[];

static const int64_t hour = INT64_C(3600) * 1000;
static const char bound[] = "who asked for what", payload[] = "what the client carries";
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                              "0123456789-_";

enum { KEY = MCPS__SEAL_KEY_SIZE };

static const unsigned char key_a[KEY] = { 1 }, key_b[KEY] = { 2 }, key_c[KEY] = { 3 };

/* A keyring, a text sealed by it, and where to open it. */
struct scene {
    struct mcps__seals seals;
    struct mcps__buf text, opened;
    struct mcps__seal_info info;
    bool made;
};

static bool scene_open(struct scene *s)
{
    memset(s, 0, sizeof *s);
    mcps__buf_init(&s->text, SIZE_MAX);
    mcps__buf_init(&s->opened, SIZE_MAX);
    s->made = mcps__seals_init(&s->seals) == 0;
    return s->made;
}

static void scene_close(struct scene *s)
{
    mcps__buf_fini(&s->text);
    mcps__buf_fini(&s->opened);
    if (s->made)
        mcps__seals_fini(&s->seals);
}

static int set_key(struct scene *s, const unsigned char *key)
{
    const struct mcps_state_key keys[] = { { key, KEY } };

    return mcps__seals_set_keys(&s->seals, keys, 1);
}

static int seal(struct scene *s, int64_t ttl_ms)
{
    mcps__buf_clear(&s->text);
    return mcps__seal(&s->seals, &s->text, bound, strlen(bound), ttl_ms, payload,
                      strlen(payload));
}

static int unseal_text(struct scene *s, const char *text, size_t len)
{
    mcps__buf_clear(&s->opened);
    return mcps__unseal(&s->seals, &s->opened, bound, strlen(bound), text, len, &s->info);
}

static int unseal(struct scene *s)
{
    return unseal_text(s, s->text.data, s->text.len);
}

/* Is the text refused, in the given way, with nothing opened? */
static bool is_refused(struct scene *s, const char *text, size_t len, int want)
{
    struct mcps__seal_info before;
    int r;

    memset(&s->info, 0x5a, sizeof s->info);
    before = s->info;
    r = unseal_text(s, text, len);
    return r == want && s->opened.len == 0 &&
           memcmp(&s->info, &before, sizeof before) == 0;
}

/* ---- what opens ---- */

static void what_was_sealed_opens(void)
{
    struct scene s;
    int64_t before, after;

    CHECK(scene_open(&s));
    before = mcps__clock_wall_ms();
    CHECK_INT(seal(&s, hour), 0);
    after = mcps__clock_wall_ms();
    CHECK_INT(s.text.len, MCPS__SEALED_LEN(strlen(payload)));
    for (size_t i = 0; i < s.text.len; i++)
        CHECK(memchr(letters, s.text.data[i], strlen(letters)) != NULL);
    CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
    CHECK_MEM(s.opened.data, s.opened.len, payload, strlen(payload));
    CHECK(s.info.expires_at >= before + hour && s.info.expires_at <= after + hour);
    /* As often as one likes, behind what is there already. */
    CHECK_INT(mcps__unseal(&s.seals, &s.opened, bound, strlen(bound), s.text.data,
                           s.text.len, &s.info),
              MCPS__UNSEALED_OK);
    CHECK_INT(s.opened.len, 2 * strlen(payload));
    CHECK(memcmp(s.opened.data + strlen(payload), payload, strlen(payload)) == 0);
out:
    scene_close(&s);
}

static void any_length_opens(void)
{
    char data[100];
    struct scene s;

    memset(data, 'x', sizeof data);
    CHECK(scene_open(&s));
    for (size_t len = 0; len <= sizeof data; len++) {
        mcps__buf_clear(&s.text);
        mcps__buf_clear(&s.opened);
        CHECK_INT(
            mcps__seal(&s.seals, &s.text, NULL, 0, hour, len > 0 ? data : NULL, len), 0);
        CHECK_INT(s.text.len, MCPS__SEALED_LEN(len));
        CHECK_INT(
            mcps__unseal(&s.seals, &s.opened, NULL, 0, s.text.data, s.text.len, &s.info),
            MCPS__UNSEALED_OK);
        CHECK_MEM(s.opened.data, s.opened.len, data, len);
    }
out:
    scene_close(&s);
}

static void twice_the_same_is_sealed_differently(void)
{
    unsigned char nonce[MCPS__SEAL_NONCE_SIZE];
    struct mcps__buf first;
    struct scene s;

    mcps__buf_init(&first, SIZE_MAX);
    CHECK(scene_open(&s));
    CHECK_INT(set_key(&s, key_a), 0);
    CHECK_INT(seal(&s, hour), 0);
    CHECK_INT(mcps__buf_append(&first, s.text.data, s.text.len), 0);
    CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
    memcpy(nonce, s.info.nonce, sizeof nonce);
    CHECK_INT(seal(&s, hour), 0);
    CHECK(memcmp(first.data, s.text.data, first.len) != 0);
    /* Not by the nonces alone. */
    CHECK(memcmp(first.data + first.len - 40, s.text.data + first.len - 40, 40) != 0);
    CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
    CHECK(memcmp(nonce, s.info.nonce, sizeof nonce) != 0);
out:
    mcps__buf_fini(&first);
    scene_close(&s);
}

/* The payload is not to be read, and the text says nothing of what it is bound to. */
static void the_payload_is_hidden(void)
{
    static const char secret[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    unsigned char raw[200];
    struct scene s;
    size_t len = 0;

    CHECK(scene_open(&s));
    CHECK_INT(mcps__seal(&s.seals, &s.text, secret, sizeof secret - 1, hour, secret,
                         sizeof secret - 1),
              0);
    CHECK_INT(mcps__base64url_decode(raw, &len, s.text.data, s.text.len), 0);
    for (size_t i = 0; i + 6 <= len; i++)
        CHECK(memcmp(raw + i, secret, 6) != 0);
out:
    scene_close(&s);
}

/* As another implementation of the format in seal.h has sealed it, until the year 2100. */
static void the_format_stays(void)
{
    static const char text[] =
        "AUDhVKKgoaKjpKWmp6ipqqusra6vwMHCw8TFxsfIycrL-i7MfJoj-jFGEPjO9Qsa_KfIRC_"
        "7m6OvSHk9yFo6QrTaK1vNNe1wGuDtNIPDetU";
    unsigned char key[KEY], nonce[MCPS__SEAL_NONCE_SIZE];
    struct scene s;

    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)i;
    for (unsigned i = 0; i < sizeof nonce; i++)
        nonce[i] = (unsigned char)(0xa0 + i);
    CHECK(scene_open(&s));
    CHECK_INT(set_key(&s, key), 0);
    CHECK_INT(unseal_text(&s, text, strlen(text)), MCPS__UNSEALED_OK);
    CHECK_MEM(s.opened.data, s.opened.len, payload, strlen(payload));
    CHECK_MEM(s.info.nonce, sizeof s.info.nonce, nonce, sizeof nonce);
    CHECK_INT(s.info.expires_at, INT64_C(4102444800000));
out:
    scene_close(&s);
}

/* ---- what does not ---- */

/* What a change of the byte at `i` of the raw text tells. */
static int want_for(size_t i)
{
    if (i == 0)
        return MCPS__UNSEALED_MALFORMED;
    return i <= 4 ? MCPS__UNSEALED_UNKNOWN_KEY : MCPS__UNSEALED_FORGED;
}

static void every_flipped_bit_is_noticed(void)
{
    unsigned char raw[200];
    char text[300];
    struct scene s;
    size_t len = 0, n;

    CHECK(scene_open(&s));
    CHECK_INT(seal(&s, hour), 0);
    CHECK_INT(mcps__base64url_decode(raw, &len, s.text.data, s.text.len), 0);
    n = MCPS__BASE64URL_ENCODED(len);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        raw[bit / 8] ^= (unsigned char)(1u << bit % 8);
        mcps__base64url_encode(text, raw, len);
        raw[bit / 8] ^= (unsigned char)(1u << bit % 8);
        unit_note_on_failure("bit %zu", bit);
        CHECK(is_refused(&s, text, n, want_for(bit / 8)));
    }
    CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
out:
    scene_close(&s);
}

/* Each character in place of each, whatever bytes that gives: also those that stand for no
 * byte any more at the end. */
static void every_changed_character_is_noticed(void)
{
    static const char others[] = "AZaz09-_+/= \n.\x80";
    struct scene s;
    char *text;
    int r;

    CHECK(scene_open(&s));
    for (size_t extra = 0; extra < 3; extra++) {
        mcps__buf_clear(&s.text);
        CHECK_INT(mcps__seal(&s.seals, &s.text, bound, strlen(bound), hour, payload,
                             strlen(payload) - extra),
                  0);
        text = s.text.data;
        for (size_t i = 0; i < s.text.len; i++) {
            char was = text[i];
            bool is_last = i + 1 == s.text.len;
            const char *set = is_last ? letters : others;

            for (size_t k = 0; set[k]; k++) {
                if (set[k] == was)
                    continue;
                text[i] = set[k];
                r = unseal(&s);
                text[i] = was;
                CHECK(r > MCPS__UNSEALED_OK && r < MCPS__UNSEALED_EXPIRED);
                CHECK_INT(s.opened.len, 0);
            }
        }
        CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
    }
out:
    scene_close(&s);
}

static void every_prefix_and_extension_is_refused(void)
{
    struct scene s;
    size_t len;
    int r;

    CHECK(scene_open(&s));
    for (size_t extra = 0; extra < 3; extra++) {
        mcps__buf_clear(&s.text);
        CHECK_INT(mcps__seal(&s.seals, &s.text, bound, strlen(bound), hour, payload,
                             strlen(payload) - extra),
                  0);
        len = s.text.len;
        for (size_t n = 0; n < len; n++) {
            r = unseal_text(&s, s.text.data, n);
            CHECK(r == MCPS__UNSEALED_MALFORMED || r == MCPS__UNSEALED_FORGED);
            CHECK(n >= MCPS__SEALED_LEN(0) || r == MCPS__UNSEALED_MALFORMED);
        }
        for (size_t n = 1; n < len; n++)
            CHECK(unseal_text(&s, s.text.data + n, len - n) > MCPS__UNSEALED_OK);
        CHECK_INT(mcps__buf_append_str(&s.text, "?-TAMPERED"), 0);
        for (size_t k = 0; letters[k]; k++) {
            s.text.data[len] = letters[k];
            r = unseal_text(&s, s.text.data, len + 1);
            CHECK(r == MCPS__UNSEALED_MALFORMED || r == MCPS__UNSEALED_FORGED);
            r = unseal_text(&s, s.text.data, s.text.len);
            CHECK(r == MCPS__UNSEALED_MALFORMED || r == MCPS__UNSEALED_FORGED);
        }
        memmove(s.text.data + len, s.text.data + len + 1, s.text.len - len - 1);
        r = unseal_text(&s, s.text.data, s.text.len - 1);
        CHECK(r == MCPS__UNSEALED_MALFORMED || r == MCPS__UNSEALED_FORGED);
        CHECK_INT(unseal_text(&s, s.text.data, len), MCPS__UNSEALED_OK);
    }
out:
    scene_close(&s);
}

static int unseal_bound(struct scene *s, const char *to, size_t len)
{
    mcps__buf_clear(&s->opened);
    return mcps__unseal(&s->seals, &s->opened, to, len, s->text.data, s->text.len,
                        &s->info);
}

static void bound_to_something_else_it_does_not_open(void)
{
    char other[sizeof bound + 1] = "who asked for what";
    struct scene s;

    CHECK(scene_open(&s));
    CHECK_INT(seal(&s, hour), 0);
    CHECK_INT(unseal_bound(&s, other, strlen(bound)), MCPS__UNSEALED_OK);
    for (size_t n = 0; n < strlen(bound); n++)
        CHECK_INT(unseal_bound(&s, other, n), MCPS__UNSEALED_FORGED);
    CHECK_INT(unseal_bound(&s, other, strlen(bound) + 1), MCPS__UNSEALED_FORGED);
    for (size_t i = 0; i < strlen(bound); i++) {
        other[i] ^= 1;
        CHECK_INT(unseal_bound(&s, other, strlen(bound)), MCPS__UNSEALED_FORGED);
        other[i] ^= 1;
    }
    CHECK_INT(s.opened.len, 0);
out:
    scene_close(&s);
}

/* Parts of two that both open, each with more random bytes than are the same by chance. */
static void two_texts_do_not_mix(void)
{
    struct mcps__buf mixed;
    struct scene s;

    mcps__buf_init(&mixed, SIZE_MAX);
    CHECK(scene_open(&s));
    CHECK_INT(seal(&s, hour), 0);
    CHECK_INT(mcps__buf_append(&mixed, s.text.data, s.text.len), 0);
    CHECK_INT(seal(&s, hour), 0);
    for (size_t n = 24; n + 24 <= s.text.len; n += 4) {
        memcpy(mixed.data, s.text.data, n);
        CHECK(is_refused(&s, mixed.data, mixed.len, MCPS__UNSEALED_FORGED));
    }
out:
    mcps__buf_fini(&mixed);
    scene_close(&s);
}

/* ---- time ---- */

static void without_time_it_has_expired(void)
{
    struct scene s;

    CHECK(scene_open(&s));
    CHECK_INT(seal(&s, 0), 0);
    CHECK(is_refused(&s, s.text.data, s.text.len, MCPS__UNSEALED_EXPIRED));
    CHECK_INT(seal(&s, INT64_MIN), 0);
    CHECK(is_refused(&s, s.text.data, s.text.len, MCPS__UNSEALED_EXPIRED));
    /* That is said of what is true only. */
    s.text.data[s.text.len - 20] ^= 1;
    CHECK(unseal(&s) != MCPS__UNSEALED_EXPIRED);
    CHECK_INT(seal(&s, INT64_MAX), 0);
    CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
    CHECK(s.info.expires_at == INT64_MAX);
out:
    scene_close(&s);
}

#ifdef MCPS__TEST_HOOKS

static void it_opens_until_its_moment(void)
{
    struct scene s;

    mcps__clock_drive(MCPS__NS_PER_S);
    CHECK(scene_open(&s));
    CHECK_INT(seal(&s, 1000), 0);
    CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
    CHECK_INT(s.info.expires_at, MCPS__CLOCK_DRIVEN_WALL_MS + 2000);
    mcps__clock_advance(999 * MCPS__NS_PER_MS);
    CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
    mcps__clock_advance(MCPS__NS_PER_MS);
    CHECK(is_refused(&s, s.text.data, s.text.len, MCPS__UNSEALED_EXPIRED));
    mcps__clock_advance(1000 * hour * MCPS__NS_PER_MS);
    CHECK(is_refused(&s, s.text.data, s.text.len, MCPS__UNSEALED_EXPIRED));
    /* One whose clock is behind ours has sealed in what is our past, and the reverse. */
    mcps__clock_drive(0);
    CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
out:
    mcps__clock_release();
    scene_close(&s);
}

static void every_failure_of_libcrypto_is_an_error(void)
{
    const struct mcps_state_key keys[] = { { key_a, KEY }, { key_b, KEY } };
    struct scene s;
    int r = -EIO;

    CHECK(scene_open(&s));
    for (unsigned n = 1; r < 0; n++) {
        mcps__crypto_fail_at(n);
        r = mcps__seals_set_keys(&s.seals, keys, 2);
        CHECK_INT(r, mcps__crypto_has_failed() ? -EIO : 0);
    }
    r = -EIO;
    for (unsigned n = 1; r < 0; n++) {
        mcps__crypto_fail_at(n);
        r = seal(&s, hour);
        CHECK_INT(r, mcps__crypto_has_failed() ? -EIO : 0);
        CHECK_INT(s.text.len > 0, r == 0);
    }
    r = -EIO;
    for (unsigned n = 1; r != MCPS__UNSEALED_OK; n++) {
        mcps__crypto_fail_at(n);
        r = unseal(&s);
        CHECK_INT(r == MCPS__UNSEALED_OK, !mcps__crypto_has_failed());
        CHECK_INT(s.opened.len > 0, r == MCPS__UNSEALED_OK);
    }
out:
    mcps__crypto_fail_at(0);
    scene_close(&s);
}

#endif

static void a_full_buffer_is_left_as_it_was(void)
{
    struct mcps__buf small;
    struct scene s;

    mcps__buf_init(&small, 0);
    CHECK(scene_open(&s));
    CHECK_INT(seal(&s, hour), 0);
    mcps__buf_init(&small, s.text.len);
    CHECK_INT(mcps__seal(&s.seals, &small, bound, 1, hour, payload, strlen(payload)), 0);
    CHECK_INT(mcps__seal(&s.seals, &small, bound, 1, hour, payload, 1), MCPS_ELIMIT);
    CHECK_INT(small.len, s.text.len);
    CHECK_INT(mcps__unseal(&s.seals, &small, bound, strlen(bound), s.text.data,
                           s.text.len, &s.info),
              MCPS_ELIMIT);
    CHECK_INT(small.len, s.text.len);
    CHECK_INT(mcps__seal(&s.seals, &s.text, bound, 1, hour, payload, SIZE_MAX),
              MCPS_ELIMIT);
out:
    mcps__buf_fini(&small);
    scene_close(&s);
}

/* ---- keys ---- */

static void keys_are_32_bytes(void)
{
    static const unsigned char long_key[64] = { 0 };
    const struct mcps_state_key wrong[][2] = {
        { { key_a, KEY - 1 }, { key_b, KEY } }, { { key_a, KEY }, { key_b, 0 } },
        { { key_a, KEY }, { long_key, 33 } },   { { key_a, KEY }, { long_key, 64 } },
        { { NULL, KEY }, { key_b, KEY } },      { { key_a, KEY }, { NULL, 0 } },
    };
    struct scene s;

    CHECK(scene_open(&s));
    CHECK_INT(seal(&s, hour), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_INT(mcps__seals_set_keys(&s.seals, wrong[i], 2), -EINVAL);
    CHECK_INT(mcps__seals_set_keys(&s.seals, wrong[0], 0), -EINVAL);
    CHECK_INT(mcps__seals_set_keys(&s.seals, NULL, 0), -EINVAL);
    CHECK_INT(mcps__seals_set_keys(&s.seals, NULL, 1), -EINVAL);
    /* None of these has changed anything. */
    CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
out:
    scene_close(&s);
}

static void without_keys_each_has_its_own(void)
{
    struct scene s, other;

    memset(&other, 0, sizeof other);
    CHECK(scene_open(&s));
    CHECK(scene_open(&other));
    CHECK_INT(seal(&s, hour), 0);
    CHECK(is_refused(&other, s.text.data, s.text.len, MCPS__UNSEALED_UNKNOWN_KEY));
    CHECK_INT(set_key(&s, key_a), 0);
    CHECK(is_refused(&s, s.text.data, s.text.len, MCPS__UNSEALED_UNKNOWN_KEY));
out:
    scene_close(&s);
    scene_close(&other);
}

static void one_key_opens_in_two_places(void)
{
    unsigned char key[KEY];
    struct scene s, other;

    memset(&other, 0, sizeof other);
    memcpy(key, key_a, sizeof key);
    CHECK(scene_open(&s));
    CHECK(scene_open(&other));
    CHECK_INT(set_key(&s, key), 0);
    memset(key, 0, sizeof key); /* it is copied */
    CHECK_INT(set_key(&other, key_a), 0);
    CHECK_INT(seal(&s, hour), 0);
    CHECK_INT(unseal_text(&other, s.text.data, s.text.len), MCPS__UNSEALED_OK);
    CHECK_INT(seal(&other, hour), 0);
    CHECK_INT(unseal_text(&s, other.text.data, other.text.len), MCPS__UNSEALED_OK);
    CHECK_MEM(s.opened.data, s.opened.len, payload, strlen(payload));
out:
    scene_close(&s);
    scene_close(&other);
}

/* Sealed in a child of its own randomness, opened here. */
static void one_key_opens_in_two_processes(void)
{
    int ends[2] = { -1, -1 };
    char text[300];
    struct scene s;
    ssize_t n;
    pid_t pid;

    CHECK(scene_open(&s));
    CHECK_INT(set_key(&s, key_a), 0);
    CHECK_INT(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        n = seal(&s, hour) < 0 ? -1 : write(ends[1], s.text.data, s.text.len);
        _exit(n != (ssize_t)s.text.len);
    }
    CHECK(pid > 0);
    CHECK_INT(waitpid(pid, NULL, 0),
              pid); /* what it has sent tells whether it did well */
    close(ends[1]);
    ends[1] = -1;
    n = read(ends[0], text, sizeof text);
    CHECK(n > 0);
    CHECK_INT(seal(&s, hour), 0);
    CHECK(memcmp(text, s.text.data, s.text.len) != 0);
    CHECK_INT(unseal_text(&s, text, (size_t)n), MCPS__UNSEALED_OK);
out:
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0)
            close(ends[i]);
    }
    scene_close(&s);
}

static void keys_are_rotated(void)
{
    const struct mcps_state_key behind[] = { { key_a, KEY }, { key_b, KEY } };
    const struct mcps_state_key first[] = { { key_c, KEY },
                                            { key_b, KEY },
                                            { key_a, KEY } };
    struct scene s, other;

    memset(&other, 0, sizeof other);
    CHECK(scene_open(&s));
    CHECK(scene_open(&other));
    CHECK_INT(set_key(&s, key_a), 0);
    CHECK_INT(set_key(&other, key_b), 0);
    CHECK_INT(seal(&s, hour), 0);
    CHECK(is_refused(&other, s.text.data, s.text.len, MCPS__UNSEALED_UNKNOWN_KEY));
    CHECK_INT(mcps__seals_set_keys(&s.seals, behind, 2), 0);
    CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
    CHECK_INT(seal(&other, hour), 0);
    CHECK_INT(unseal_text(&s, other.text.data, other.text.len), MCPS__UNSEALED_OK);
    CHECK_INT(mcps__seals_set_keys(&s.seals, first, 3), 0);
    CHECK_INT(unseal(&s), MCPS__UNSEALED_OK);
    CHECK_INT(unseal_text(&s, other.text.data, other.text.len), MCPS__UNSEALED_OK);
    /* The first key seals. */
    CHECK_INT(seal(&s, hour), 0);
    CHECK_INT(set_key(&other, key_c), 0);
    CHECK_INT(unseal_text(&other, s.text.data, s.text.len), MCPS__UNSEALED_OK);
out:
    scene_close(&s);
    scene_close(&other);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 300 };

struct crowd {
    struct mcps__seals seals;
    atomic_uint n_bad;
};

static void *seal_and_open(void *arg)
{
    struct crowd *crowd = arg;
    struct mcps__seal_info info;
    struct mcps__buf text, opened;

    mcps__buf_init(&text, SIZE_MAX);
    mcps__buf_init(&opened, SIZE_MAX);
    for (unsigned i = 0; i < ROUNDS; i++) {
        mcps__buf_clear(&text);
        mcps__buf_clear(&opened);
        if (mcps__seal(&crowd->seals, &text, bound, 3, hour, payload, 5) < 0 ||
            mcps__unseal(&crowd->seals, &opened, bound, 3, text.data, text.len, &info) !=
                MCPS__UNSEALED_OK ||
            opened.len != 5 || memcmp(opened.data, payload, 5) != 0)
            atomic_fetch_add(&crowd->n_bad, 1);
    }
    mcps__buf_fini(&text);
    mcps__buf_fini(&opened);
    return NULL;
}

static void keys_change_while_others_seal(void)
{
    const struct mcps_state_key keys[] = { { key_a, KEY }, { key_b, KEY } };
    const struct mcps_state_key turned[] = { { key_b, KEY }, { key_a, KEY } };
    static struct crowd crowd;
    pthread_t threads[THREADS];
    unsigned n = 0;
    bool made = mcps__seals_init(&crowd.seals) == 0;

    CHECK(made);
    CHECK_INT(mcps__seals_set_keys(&crowd.seals, keys, 2), 0);
    for (; n < THREADS; n++)
        CHECK_INT(pthread_create(&threads[n], NULL, seal_and_open, &crowd), 0);
    for (unsigned i = 0; i < ROUNDS; i++)
        CHECK_INT(mcps__seals_set_keys(&crowd.seals, i % 2 ? keys : turned, 2), 0);
    while (n > 0)
        pthread_join(threads[--n], NULL);
    CHECK_INT(atomic_load(&crowd.n_bad), 0);
out:
    while (n > 0)
        pthread_join(threads[--n], NULL);
    if (made)
        mcps__seals_fini(&crowd.seals);
}

/* ---- of a server ---- */

static void a_server_takes_keys_at_any_time(void)
{
    const struct mcps_state_key keys[] = { { key_a, KEY }, { key_b, KEY } };
    const struct mcps_state_key wrong[] = { { key_a, 31 } };
    mcps_server *server = NULL;

    CHECK_INT(mcps_server_new(&server, NULL), 0);
    CHECK_INT(mcps_server_set_state_keys(server, keys, 2), 0);
    CHECK_INT(mcps_server_set_state_keys(server, wrong, 1), -EINVAL);
    CHECK_INT(mcps_server_set_state_keys(server, NULL, 0), -EINVAL);
    CHECK_INT(mcps_server_start(server), 0);
    CHECK_INT(mcps_server_set_state_keys(server, keys + 1, 1), 0);
out:
    server = mcps_server_unref(server);
    if (server)
        abort();
}

const struct unit_test seal_tests[] = {
    UNIT_TEST(what_was_sealed_opens),
    UNIT_TEST(any_length_opens),
    UNIT_TEST(twice_the_same_is_sealed_differently),
    UNIT_TEST(the_payload_is_hidden),
    UNIT_TEST(the_format_stays),
    UNIT_TEST_ONCE(every_flipped_bit_is_noticed, "other tests allocate the same"),
    UNIT_TEST_ONCE(every_changed_character_is_noticed, "other tests allocate the same"),
    UNIT_TEST_ONCE(every_prefix_and_extension_is_refused,
                   "other tests allocate the same"),
    UNIT_TEST(bound_to_something_else_it_does_not_open),
    UNIT_TEST(two_texts_do_not_mix),
    UNIT_TEST(without_time_it_has_expired),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(it_opens_until_its_moment),
    UNIT_TEST(every_failure_of_libcrypto_is_an_error),
#endif
    UNIT_TEST(a_full_buffer_is_left_as_it_was),
    UNIT_TEST(keys_are_32_bytes),
    UNIT_TEST(without_keys_each_has_its_own),
    UNIT_TEST(one_key_opens_in_two_places),
    UNIT_TEST_ONCE(one_key_opens_in_two_processes,
                   "a child's failures are not seen here"),
    UNIT_TEST(keys_are_rotated),
    UNIT_TEST_ONCE(keys_change_while_others_seal, "which thread allocates is by chance"),
    UNIT_TEST_ONCE(a_server_takes_keys_at_any_time, "of servers other tests do that"),
    UNIT_END,
};
