/* SPDX-License-Identifier: MIT */
/* What texts in HTTP are made of; see http_text.h. */
#include "config.h"

#include "transport/http_text.h"

#include <string.h>

#include "schema/chars.h"

const uint8_t mcps__http_bytes[256] = {
    /* clang-format off */
     0,  0,  0,  0,  0,  0,  0,  0,  0,  2,  0,  0,  0,  0,  0,  0, /* 0x00 */
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0, /* 0x10 */
     2, 15,  6,  3, 15, 15, 15, 15, 14, 14, 15, 15, 14, 15, 15,  6, /* 0x20 */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6, 14,  6, 14,  6,  6, /* 0x30 */
     6, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* 0x40 */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  6,  6,  7, 15, /* 0x50 */
     7, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* 0x60 */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  7,  6, 15,  0, /* 0x70 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* 0x80 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* 0x90 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* 0xA0 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* 0xB0 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* 0xC0 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* 0xD0 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* 0xE0 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* 0xF0 */
    /* clang-format on */
};

/* Does a word have a byte below a space, or a DEL? Tabs are taken for one, too. */
static bool may_have_control(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    uint64_t del = word ^ ones * 0x7f;

    return (((word - ones * ' ') & ~word) | ((del - ones) & ~del)) & highs;
}

size_t mcps__http_value_span(const char *text, size_t len)
{
    size_t n = 0;
    uint64_t word;

    while (len - n >= sizeof word) {
        memcpy(&word, text + n, sizeof word);
        if (may_have_control(word))
            break;
        n += sizeof word;
    }
    return n + mcps__http_span(text + n, len - n, MCPS__HTTP_VALUE);
}

struct mcps__slice mcps__http_trim(const char *text, size_t len)
{
    while (len > 0 && mcps__http_is_blank(*text)) {
        text++;
        len--;
    }
    while (len > 0 && mcps__http_is_blank(text[len - 1]))
        len--;
    return (struct mcps__slice){ text, len };
}

bool mcps__http_next_element(struct mcps__slice *rest, struct mcps__slice *ret)
{
    const char *comma;
    size_t len;

    if (!rest->data)
        return false;
    comma = rest->len > 0 ? memchr(rest->data, ',', rest->len) : NULL;
    len = comma ? (size_t)(comma - rest->data) : rest->len;
    *ret = mcps__http_trim(rest->data, len);
    *rest = comma ? (struct mcps__slice){ comma + 1, rest->len - len - 1 }
                  : (struct mcps__slice){ NULL, 0 };
    return true;
}

bool mcps__http_is_authority(struct mcps__slice text)
{
    size_t at = 0;

    if (text.len > 0 && text.data[0] == '[') {
        for (at = 1; at < text.len && (mcps__ascii_hex(text.data[at]) >= 0 ||
                                       text.data[at] == ':' || text.data[at] == '.');)
            at++;
        if (at == 1 || at == text.len || text.data[at] != ']')
            return false;
        at++;
    } else {
        at = mcps__http_span(text.data, text.len, MCPS__HTTP_HOST);
    }
    if (at < text.len && text.data[at] == ':') {
        for (at++; at < text.len && mcps__ascii_is_digit(text.data[at]);)
            at++;
    }
    return at == text.len;
}
