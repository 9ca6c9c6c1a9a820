/* SPDX-License-Identifier: MIT */
/* Trace contexts; see trace.h. */
#include "config.h"

#include "core/trace.h"

#include <string.h>

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static const char *skip_space(const char *s)
{
    while (is_space(*s))
        s++;
    return s;
}

/* ---- traceparent ---- */

/* Digits of a lower-case hexadecimal number, two a byte. */
static bool read_hex(uint8_t *to, size_t n, const char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        const char *high = memchr(digits, text[2 * i], sizeof digits - 1);
        const char *low = memchr(digits, text[2 * i + 1], sizeof digits - 1);

        if (!high || !low)
            return false;
        to[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

/* Where the fields of version 00 begin, with a dash before each but the first. */
enum { AT_TRACE = 3, AT_PARENT = 36, AT_FLAGS = 53, LEN_00 = 55 };

/* The length first, then the dashes: nothing is read beyond the end. */
static bool has_form(const char *text)
{
    size_t len = strlen(text);

    if (len < LEN_00 || text[AT_TRACE - 1] != '-' || text[AT_PARENT - 1] != '-' ||
        text[AT_FLAGS - 1] != '-')
        return false;
    if (memcmp(text, "00", 2) == 0)
        return len == LEN_00;
    return memcmp(text, "ff", 2) != 0 && (len == LEN_00 || text[LEN_00] == '-');
}

bool mcps__trace_read(struct mcps_trace *ret, const char *traceparent)
{
    struct mcps_trace trace = *ret;

    if (!has_form(traceparent) || !read_hex(&trace.version, 1, traceparent) ||
        !read_hex(trace.trace_id, sizeof trace.trace_id, traceparent + AT_TRACE) ||
        !read_hex(trace.parent_id, sizeof trace.parent_id, traceparent + AT_PARENT) ||
        !read_hex(&trace.flags, 1, traceparent + AT_FLAGS))
        return false;
    if (is_zero(trace.trace_id, sizeof trace.trace_id) ||
        is_zero(trace.parent_id, sizeof trace.parent_id))
        return false;
    *ret = trace;
    return true;
}

/* ---- tracestate ---- */

enum {
    STATE_MEMBERS = 32,
    STATE_KEY = 256,
    STATE_VALUE = 256,
    TENANT = 241,
    SYSTEM = 14
};

struct word {
    const char *text;
    size_t len;
};

static bool is_state_key_char(char c)
{
    return is_lower(c) || is_digit(c) || (c != '\0' && strchr("_-*/", c));
}

/* A letter, or for a tenant a digit; then what keys have; a tenant's is "tenant@system". */
static bool state_key_ok(const struct word *key)
{
    const char *at = memchr(key->text, '@', key->len);
    size_t tenant = at ? (size_t)(at - key->text) : key->len;

    if (key->len == 0 || key->len > STATE_KEY)
        return false;
    if (at && (tenant == 0 || tenant > TENANT || key->len - tenant - 1 == 0 ||
               key->len - tenant - 1 > SYSTEM || !is_lower(at[1])))
        return false;
    if (!is_lower(key->text[0]) && !(at && is_digit(key->text[0])))
        return false;
    for (size_t i = 0; i < key->len; i++) {
        if (i != tenant && !is_state_key_char(key->text[i]))
            return false;
    }
    return true;
}

static bool is_state_value_char(char c)
{
    return c >= ' ' && c <= '~' && c != ',' && c != '=';
}

/* One member from `s` on; gives what is behind it, and its key. */
static const char *state_member(const char *s, struct word *ret_key)
{
    const char *value, *end;

    *ret_key = (struct word){ s, strcspn(s, "=, \t") };
    if (!state_key_ok(ret_key) || s[ret_key->len] != '=')
        return NULL;
    value = s + ret_key->len + 1;
    end = value;
    while (is_state_value_char(*end))
        end++;
    s = end;
    while (end > value && end[-1] == ' ')
        end--; /* space before the comma, which is no part of it */
    return end > value && end - value <= STATE_VALUE ? s : NULL;
}

static bool is_among(const struct word *key, const struct word *keys, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (keys[i].len == key->len && memcmp(keys[i].text, key->text, key->len) == 0)
            return true;
    }
    return false;
}

/* Members may be empty, and have space around them. */
bool mcps__tracestate_ok(const char *text)
{
    struct word keys[STATE_MEMBERS];
    unsigned n = 0;

    for (const char *s = skip_space(text);; s = skip_space(s + 1)) {
        if (*s != ',' && *s != '\0') {
            if (n == STATE_MEMBERS)
                return false;
            s = state_member(s, &keys[n]);
            if (!s || is_among(&keys[n], keys, n))
                return false;
            n++;
            s = skip_space(s);
        }
        if (*s == '\0')
            return n > 0;
        if (*s != ',')
            return false;
    }
}

/* ---- baggage ---- */

enum { BAGGAGE_MAX = 8192, BAGGAGE_MEMBERS = 180 };

static bool is_token_char(char c)
{
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_baggage_char(char c)
{
    return c > ' ' && c <= '~' && c != '"' && c != ',' && c != ';' && c != '\\';
}

/* key = value, where a property may be a key alone. Gives what is behind it. */
static const char *baggage_pair(const char *s, bool needs_value)
{
    const char *begin;

    s = skip_space(s);
    begin = s;
    while (is_token_char(*s))
        s++;
    if (s == begin)
        return NULL;
    s = skip_space(s);
    if (*s != '=')
        return needs_value ? NULL : s;
    s = skip_space(s + 1);
    while (is_baggage_char(*s))
        s++;
    return skip_space(s);
}

bool mcps__baggage_ok(const char *text)
{
    const char *s = text;

    if (strlen(text) > BAGGAGE_MAX)
        return false;
    for (unsigned n = 1; n <= BAGGAGE_MEMBERS; n++) {
        s = baggage_pair(s, true);
        while (s && *s == ';')
            s = baggage_pair(s + 1, false);
        if (!s || (*s != ',' && *s != '\0'))
            return false;
        if (*s == '\0')
            return true;
        s++;
    }
    return false;
}
