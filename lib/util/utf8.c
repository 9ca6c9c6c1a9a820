/* SPDX-License-Identifier: MIT */
/* UTF-8; see utf8.h. */
#include "config.h"

#include "util/utf8.h"

size_t mcps__utf8_valid_prefix(const char *s, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)s;
    size_t i = 0;
    int n;

    while (i < len) {
        n = mcps__utf8_sequence(bytes + i, len - i);
        if (n <= 0)
            break;
        i += (size_t)n;
    }
    return i;
}

size_t mcps__utf8_encode(char out[4], uint32_t code_point)
{
    uint32_t c = code_point;

    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | (c >> 6));
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | (c >> 12));
        out[1] = (char)(0x80 | ((c >> 6) & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | (c >> 18));
    out[1] = (char)(0x80 | ((c >> 12) & 0x3f));
    out[2] = (char)(0x80 | ((c >> 6) & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}
