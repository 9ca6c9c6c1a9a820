/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. Any thread.
 */
#ifndef MCPS_UTIL_UTF8_H
#define MCPS_UTIL_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum {
    MCPS__UTF8_BAD = 0,        /* no sequence begins like this */
    MCPS__UTF8_INCOMPLETE = -1 /* one may, but it does not end within the bytes given */
};

/* Looks at the sequence that begins at `s`, of which `len` > 0 bytes are there: its length
 * (1 to 4), MCPS__UTF8_BAD or MCPS__UTF8_INCOMPLETE. */
static inline int mcps__utf8_sequence(const unsigned char *s, size_t len)
{
    unsigned lead = s[0], low = 0x80, high = 0xbf;
    int n;

    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return MCPS__UTF8_BAD;
    n = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    /* The second byte is what tells overlong forms, surrogates and too large ones. */
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;
    for (int i = 1; i < n; i++) {
        if ((size_t)i >= len)
            return MCPS__UTF8_INCOMPLETE;
        if (s[i] < low || s[i] > high)
            return MCPS__UTF8_BAD;
        low = 0x80;
        high = 0xbf;
    }
    return n;
}

/* The length of the longest prefix that is valid; `len` when all of it is. */
size_t mcps__utf8_valid_prefix(const char *s, size_t len);

/* Writes 1 to 4 bytes for a code point, not a surrogate, and returns how many. */
size_t mcps__utf8_encode(char out[4], uint32_t code_point);

#endif
