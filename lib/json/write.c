/* SPDX-License-Identifier: MIT */
/* Writing JSON; see write.h. */
#include "config.h"

#include "json/write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>

#include "json/json.h"
#include "json/plain.h"
#include "util/utf8.h"

static void put(struct mcps__writer *w, const char *data, size_t len)
{
    if (w->error == 0)
        w->error = mcps__buf_append(w->out, data, len);
}

/* Before each value and each key. */
static void put_comma(struct mcps__writer *w)
{
    if (w->comma)
        put(w, ",", 1);
    w->comma = true;
}

void mcps__write_init(struct mcps__writer *w, struct mcps__buf *out)
{
    *w = (struct mcps__writer){ .out = out };
}

int mcps__write_end(const struct mcps__writer *w)
{
    return w->error;
}

static void open_with(struct mcps__writer *w, const char *bracket)
{
    put_comma(w);
    put(w, bracket, 1);
    w->comma = false;
}

static void close_with(struct mcps__writer *w, const char *bracket)
{
    put(w, bracket, 1);
    w->comma = true;
}

void mcps__write_object(struct mcps__writer *w)
{
    open_with(w, "{");
}

void mcps__write_object_end(struct mcps__writer *w)
{
    close_with(w, "}");
}

void mcps__write_array(struct mcps__writer *w)
{
    open_with(w, "[");
}

void mcps__write_array_end(struct mcps__writer *w)
{
    close_with(w, "]");
}

/* ---- strings ---- */

static void put_escape(struct mcps__writer *w, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char escape[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 0xf] };
    size_t len = 2;

    switch (c) {
    case '"':
    case '\\': escape[1] = (char)c; break;
    case '\b': escape[1] = 'b'; break;
    case '\f': escape[1] = 'f'; break;
    case '\n': escape[1] = 'n'; break;
    case '\r': escape[1] = 'r'; break;
    case '\t': escape[1] = 't'; break;
    default: len = 6; break;
    }
    put(w, escape, len);
}

/* Line ends to some who read streams of lines or events: U+0085, U+2028 and U+2029. JSON does not
 * mind them, but nobody has to read them either. */
static bool is_line_end(const unsigned char *p)
{
    return (p[0] == 0xc2 && p[1] == 0x85) ||
           (p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9));
}

static const char *line_end_escape(const unsigned char *p)
{
    if (p[0] == 0xc2)
        return "\\u0085";
    return p[2] == 0xa8 ? "\\u2028" : "\\u2029";
}

/* From p on, the end of what can be written as it is. */
static const unsigned char *skip_verbatim(const unsigned char *p,
                                          const unsigned char *end)
{
    for (;;) {
        int n;

        p = mcps__skip_plain(p, end);
        if (p == end || *p < 0x80)
            return p;
        n = mcps__utf8_sequence(p, (size_t)(end - p));
        if (n <= 0 || is_line_end(p))
            return p;
        p += n;
    }
}

/* What cannot be written as it is. Returns the end of it. */
static const unsigned char *put_other(struct mcps__writer *w, const unsigned char *p,
                                      const unsigned char *end)
{
    int n = mcps__utf8_sequence(p, (size_t)(end - p));

    if (n > 1 && is_line_end(p)) {
        put(w, line_end_escape(p), 6);
        return p + n;
    }
    if (*p < 0x80)
        put_escape(w, *p);
    else
        put(w, "\xef\xbf\xbd", 3);
    return p + 1;
}

static void put_quoted(struct mcps__writer *w, const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + len;

    put(w, "\"", 1);
    while (p < end) {
        const unsigned char *next = skip_verbatim(p, end);

        put(w, (const char *)p, (size_t)(next - p));
        p = next;
        if (p < end)
            p = put_other(w, p, end);
    }
    put(w, "\"", 1);
}

void mcps__write_key(struct mcps__writer *w, const char *name)
{
    put_comma(w);
    put_quoted(w, name, strlen(name));
    put(w, ":", 1);
    w->comma = false;
}

void mcps__write_string(struct mcps__writer *w, const char *text)
{
    mcps__write_text(w, text, strlen(text));
}

void mcps__write_text(struct mcps__writer *w, const char *text, size_t len)
{
    put_comma(w);
    put_quoted(w, text, len);
}

/* ---- numbers and words ---- */

void mcps__write_uint(struct mcps__writer *w, uint64_t value)
{
    char digits[20], *p = digits + sizeof digits;

    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    mcps__write_raw(w, p, (size_t)(digits + sizeof digits - p));
}

void mcps__write_int(struct mcps__writer *w, int64_t value)
{
    if (value >= 0) {
        mcps__write_uint(w, (uint64_t)value);
        return;
    }
    put_comma(w);
    put(w, "-", 1);
    w->comma = false;
    mcps__write_uint(w, -(uint64_t)value);
}

/* The locale's decimal point, whatever it is, becomes a full stop. Returns the new length;
 * sets *ret_plain when the number looks like an integer. */
static size_t unlocalise(char *text, bool *ret_plain)
{
    char *to = text;

    *ret_plain = true;
    for (const char *from = text; *from; from++) {
        if ((*from >= '0' && *from <= '9') || *from == '-' || *from == '+') {
            *to++ = *from;
        } else if (*from == 'e') {
            *to++ = 'e';
            *ret_plain = false;
        } else if (*ret_plain) {
            /* The first byte of the decimal point; more are dropped. */
            *to++ = '.';
            *ret_plain = false;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

size_t mcps__double_text(char text[MCPS__DOUBLE_SIZE], double value, int least)
{
    size_t len;
    bool plain;

    for (int digits = least; digits <= 17; digits++) {
        snprintf(text, MCPS__DOUBLE_SIZE, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    len = unlocalise(text, &plain);
    if (plain) {
        memcpy(text + len, ".0", 3);
        len += 2;
    }
    return len;
}

void mcps__write_double(struct mcps__writer *w, double value)
{
    char text[MCPS__DOUBLE_SIZE];

    if (isfinite(value))
        mcps__write_raw(w, text, mcps__double_text(text, value, 15));
    else if (w->error == 0)
        w->error = MCPS_EINVALID;
}

void mcps__write_bool(struct mcps__writer *w, bool value)
{
    mcps__write_raw(w, value ? "true" : "false", value ? 4 : 5);
}

void mcps__write_null(struct mcps__writer *w)
{
    mcps__write_raw(w, "null", 4);
}

void mcps__write_raw(struct mcps__writer *w, const char *json, size_t len)
{
    put_comma(w);
    put(w, json, len);
}

/* ---- trees ---- */

static void write_tree(struct mcps__writer *w, struct json_object *tree, unsigned depth);

static void write_members(struct mcps__writer *w, struct json_object *object,
                          unsigned depth)
{
    struct json_object_iterator it = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);

    mcps__write_object(w);
    while (!json_object_iter_equal(&it, &end) && w->error == 0) {
        mcps__write_key(w, json_object_iter_peek_name(&it));
        write_tree(w, json_object_iter_peek_value(&it), depth);
        json_object_iter_next(&it);
    }
    mcps__write_object_end(w);
}

static void write_elements(struct mcps__writer *w, struct json_object *array,
                           unsigned depth)
{
    mcps__write_array(w);
    for (size_t i = 0, n = json_object_array_length(array); i < n && w->error == 0; i++)
        write_tree(w, json_object_array_get_idx(array, i), depth);
    mcps__write_array_end(w);
}

static void write_integer(struct mcps__writer *w, struct json_object *integer)
{
    int64_t value = json_object_get_int64(integer);

    if (value < 0)
        mcps__write_int(w, value);
    else
        mcps__write_uint(w, json_object_get_uint64(integer)); /* above INT64_MAX, too */
}

/* json-c's own printer is not used: it writes into the objects, and lets NaN and broken
 * UTF-8 through. */
static void write_tree(struct mcps__writer *w, struct json_object *tree, unsigned depth)
{
    enum json_type type = json_object_get_type(tree);

    if (depth == MCPS__JSON_DEPTH_MAX &&
        (type == json_type_object || type == json_type_array)) {
        if (w->error == 0)
            w->error = MCPS__JSON_EDEPTH;
        return;
    }
    switch (type) {
    case json_type_null: mcps__write_null(w); break;
    case json_type_boolean: mcps__write_bool(w, json_object_get_boolean(tree)); break;
    case json_type_double: mcps__write_double(w, json_object_get_double(tree)); break;
    case json_type_int: write_integer(w, tree); break;
    case json_type_string:
        mcps__write_text(w, json_object_get_string(tree),
                         (size_t)json_object_get_string_len(tree));
        break;
    case json_type_object: write_members(w, tree, depth + 1); break;
    case json_type_array: write_elements(w, tree, depth + 1); break;
    }
}

void mcps__write_tree(struct mcps__writer *w, struct json_object *tree)
{
    write_tree(w, tree, 0);
}
