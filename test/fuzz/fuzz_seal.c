/* SPDX-License-Identifier: MIT */
/*
 * Sealed state: nothing opens but what was sealed, as it was sealed.
 *
 * The input is taken for a text, which never opens; and for a recipe: the first byte is the
 * length of a payload that follows, and each three bytes behind it are a change of its text:
 * where, how, and to what. What is no longer the same does not open.
 */
#include "config.h"

#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "core/seal.h"

static const int64_t hour = INT64_C(3600) * 1000;
static const char bound[] = "bound";

enum { TEXT_MAX = 1024 };

static struct mcps__seals seals;

static void start(void)
{
    static const unsigned char key[MCPS__SEAL_KEY_SIZE] = "of the fuzzer";
    const struct mcps_state_key keys[] = { { key, sizeof key } };
    static bool started;

    if (started)
        return;
    started = true;
    FUZZ_CHECK(mcps__seals_init(&seals) == 0);
    FUZZ_CHECK(mcps__seals_set_keys(&seals, keys, 1) == 0);
}

/* Opens a text that has memory of its own, so that a sanitizer sees a step beyond its end. */
static int open_text(struct mcps__buf *opened, const char *text, size_t len)
{
    struct mcps__seal_info info;
    char *copy = malloc(len > 0 ? len : 1);
    int r;

    FUZZ_CHECK(copy != NULL);
    memcpy(copy, text, len);
    r = mcps__unseal(&seals, opened, bound, strlen(bound), copy, len, &info);
    free(copy);
    FUZZ_CHECK(r >= MCPS__UNSEALED_OK && r < MCPS__UNSEALED_EXPIRED);
    FUZZ_CHECK(r == MCPS__UNSEALED_OK || opened->len == 0);
    return r;
}

static size_t change(char *text, size_t len, const uint8_t how[3])
{
    size_t at = len > 0 ? how[0] * len / 256 : 0;

    switch (how[1] % 6) {
    case 0: text[at] = (char)how[2]; return len > at ? len : at + 1;
    case 1: text[at] ^= (char)(1 << how[2] % 8); return len;
    case 2: return at;
    case 3: memmove(text, text + at, len - at); return len - at;
    case 4:
        if (len == TEXT_MAX)
            return len;
        text[len] = (char)how[2];
        return len + 1;
    default:
        if (len == TEXT_MAX)
            return len;
        memmove(text + at + 1, text + at, len - at);
        text[at] = (char)how[2];
        return len + 1;
    }
}

static void check_recipe(struct mcps__buf *opened, const uint8_t *data, size_t size)
{
    size_t payload_len = data[0] < size - 1 ? data[0] : size - 1, len;
    const uint8_t *payload = data + 1;
    char text[TEXT_MAX + 1];
    struct mcps__buf sealed;
    bool same;
    int r;

    mcps__buf_init(&sealed, SIZE_MAX);
    FUZZ_CHECK(mcps__seal(&seals, &sealed, bound, strlen(bound), hour, payload,
                          payload_len) == 0);
    len = sealed.len;
    memcpy(text, sealed.data, len);
    text[len] = '\0';
    data += 1 + payload_len;
    for (size -= 1 + payload_len; size >= 3; size -= 3, data += 3)
        len = change(text, len, data);
    same = len == sealed.len && memcmp(text, sealed.data, len) == 0;
    r = open_text(opened, text, len);
    FUZZ_CHECK((r == MCPS__UNSEALED_OK) == same);
    if (same) {
        FUZZ_CHECK(opened->len == payload_len);
        FUZZ_CHECK(payload_len == 0 || memcmp(opened->data, payload, payload_len) == 0);
    }
    mcps__buf_fini(&sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mcps__buf opened;

    if (size == 0)
        return 0;
    start();
    mcps__buf_init(&opened, SIZE_MAX);
    FUZZ_CHECK(open_text(&opened, (const char *)data, size) != MCPS__UNSEALED_OK);
    check_recipe(&opened, data, size);
    mcps__buf_fini(&opened);
    return 0;
}
