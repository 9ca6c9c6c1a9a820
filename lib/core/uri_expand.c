/* SPDX-License-Identifier: MIT */
/* URI templates expanded (RFC 6570, section 3); see mcpserver/uri.h. */
#include "config.h"

#include "core/uri_template.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "schema/uri.h"

/* Counts all that is written, and keeps what there is room for. */
struct out {
    char *text;
    size_t size, len;
};

static void put(struct out *out, char c)
{
    if (out->len + 1 < out->size)
        out->text[out->len] = c;
    out->len++;
}

static void put_escaped(struct out *out, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";

    put(out, '%');
    put(out, digits[byte >> 4]);
    put(out, digits[byte & 15]);
}

/* `reserved`: reserved characters and escapes pass as they are. */
static void put_text(struct out *out, const char *text, size_t len, bool reserved)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (mcps__uri_is_unreserved(c) ||
            (reserved &&
             (mcps__uri_is_reserved(c) || mcps__uri_is_escape(text + i, len - i))))
            put(out, c);
        else
            put_escaped(out, (unsigned char)c);
    }
}

static const char *value_of(const char *name, const struct mcps_uri_value *values,
                            size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (values[i].name && strcmp(values[i].name, name) == 0)
            return values[i].value;
    }
    return NULL;
}

static void put_value(struct out *out, const struct mcps__uri_operator *op,
                      const char *name, const char *value, size_t len)
{
    if (op->named) {
        put_text(out, name, strlen(name), true);
        /* Only among parameters of a path is an empty one without its "=". */
        if (len > 0 || op->name != ';')
            put(out, '=');
    }
    put_text(out, value, len, op->reserved);
}

static int put_expression(struct out *out, const mcps_uri_template *t,
                          const struct mcps__uri_expression *expression,
                          const struct mcps_uri_value *values, size_t n)
{
    char before = expression->op->first;

    for (size_t i = 0; i < expression->n_mentions; i++) {
        const char *name = t->mentions[expression->mention + i].name;
        const char *value = value_of(name, values, n);
        size_t len = value ? strlen(value) : 0;

        if (!value)
            continue;
        if (mcps__utf8_valid_prefix(value, len) != len)
            return MCPS_EINVALID;
        if (before != '\0')
            put(out, before);
        put_value(out, expression->op, name, value, len);
        before = expression->op->separator;
    }
    return 0;
}

static int put_all(struct out *out, const mcps_uri_template *t,
                   const struct mcps_uri_value *values, size_t n)
{
    for (size_t i = 0; i < t->n_pieces; i++) {
        const struct mcps__uri_piece *piece = &t->pieces[i];
        int r = 0;

        if (piece->text)
            put_text(out, piece->text, piece->len, true);
        else
            r = put_expression(out, t, &piece->expression, values, n);
        if (r < 0)
            return r;
    }
    return 0;
}

int mcps_uri_template_expand(const mcps_uri_template *t,
                             const struct mcps_uri_value *values, size_t n, char *ret,
                             size_t size)
{
    struct out measured = { .size = 0 }, out = { .text = ret, .size = size };
    int r = put_all(&measured, t, values, n);

    if (r < 0)
        return r;
    if (measured.len > INT_MAX)
        return MCPS_ELIMIT;
    r = put_all(&out, t, values, n);
    if (size > 0)
        ret[out.len < size ? out.len : size - 1] = '\0';
    return r < 0 ? r : (int)out.len;
}
