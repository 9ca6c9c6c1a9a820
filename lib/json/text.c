/* SPDX-License-Identifier: MIT */
/* Strings as JSON writes them; see text.h. */
#include "config.h"

#include "json/text.h"

#include <string.h>

#include "util/utf8.h"

static uint32_t hex4(const char *p)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++) {
        unsigned c = (unsigned char)p[i];
        value = value << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value;
}

uint32_t mcps__text_next(const char **text, size_t *len, bool *ret_escaped)
{
    const char *p = *text;
    size_t taken = 2;
    uint32_t c;

    *ret_escaped = *p == '\\';
    if (!*ret_escaped) {
        (*text)++;
        (*len)--;
        return (unsigned char)*p;
    }
    switch (p[1]) {
    case 'b': c = '\b'; break;
    case 'f': c = '\f'; break;
    case 'n': c = '\n'; break;
    case 'r': c = '\r'; break;
    case 't': c = '\t'; break;
    case 'u':
        c = hex4(p + 2);
        taken = 6;
        if (c >= 0xd800 && c <= 0xdbff) { /* the scan saw that the other half follows */
            c = 0x10000 + ((c - 0xd800) << 10) + (hex4(p + 8) - 0xdc00);
            taken = 12;
        }
        break;
    default: c = (unsigned char)p[1]; break;
    }
    *text += taken;
    *len -= taken;
    return c;
}

int mcps__text_decode(struct mcps__buf *out, const char *text, size_t len)
{
    int r = mcps__buf_reserve(out, len); /* decoding never makes a text longer */

    if (r < 0)
        return r;
    while (len > 0) {
        const char *escape = memchr(text, '\\', len);
        size_t plain = escape ? (size_t)(escape - text) : len;
        bool escaped;

        memcpy(out->data + out->len, text, plain);
        out->len += plain;
        text += plain;
        len -= plain;
        if (len > 0)
            out->len += mcps__utf8_encode(out->data + out->len,
                                          mcps__text_next(&text, &len, &escaped));
    }
    return 0;
}

/* Reads a text as bytes of UTF-8, one at a time. */
struct reader {
    const char *text;
    size_t len;
    char pending[4]; /* of a character that was escaped */
    size_t n_pending, at;
};

static int next_byte(struct reader *r)
{
    bool escaped;
    uint32_t c;

    if (r->at < r->n_pending)
        return (unsigned char)r->pending[r->at++];
    if (r->len == 0)
        return -1;
    c = mcps__text_next(&r->text, &r->len, &escaped);
    if (!escaped)
        return (int)c;
    r->n_pending = mcps__utf8_encode(r->pending, c);
    r->at = 1;
    return (unsigned char)r->pending[0];
}

bool mcps__text_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
    struct reader ra = { .text = a, .len = a_len }, rb = { .text = b, .len = b_len };
    int ca, cb;

    if (!memchr(a, '\\', a_len) && !memchr(b, '\\', b_len))
        return a_len == b_len && memcmp(a, b, a_len) == 0;
    do {
        ca = next_byte(&ra);
        cb = next_byte(&rb);
    } while (ca == cb && ca >= 0);
    return ca == cb;
}
