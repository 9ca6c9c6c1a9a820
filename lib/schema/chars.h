/* SPDX-License-Identifier: MIT */
/* Characters told apart, whatever the locale. Any thread. */
#ifndef MCPS_SCHEMA_CHARS_H
#define MCPS_SCHEMA_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util/utf8.h"

static inline bool mcps__ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char mcps__ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool mcps__ascii_is_letter(char c)
{
    return mcps__ascii_lower(c) >= 'a' && mcps__ascii_lower(c) <= 'z';
}

/* The value of a hexadecimal digit, or -1. */
static inline int mcps__ascii_hex(char c)
{
    char lower = mcps__ascii_lower(c);

    if (mcps__ascii_is_digit(c))
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Is it one of those? A NUL never is. */
static inline bool mcps__ascii_is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* Reads the code point that a text of 1 byte or more begins with. Returns its length in
 * bytes, or 0 when that is not UTF-8. */
static inline size_t mcps__char_decode(const char *text, size_t len, uint32_t *ret)
{
    const unsigned char *s = (const unsigned char *)text;
    int n = mcps__utf8_sequence(s, len);

    if (n <= 0)
        return 0;
    *ret = n == 1 ? s[0] : s[0] & (0x7fU >> n);
    for (int i = 1; i < n; i++)
        *ret = *ret << 6 | (s[i] & 0x3fU);
    return (size_t)n;
}

/* What is left of a text that is read from its beginning. */
struct mcps__chars {
    const char *at, *end;
};

static inline struct mcps__chars mcps__chars_of(const char *text, size_t len)
{
    const char *begin = len > 0 ? text : "";

    return (struct mcps__chars){ begin, begin + len };
}

static inline size_t mcps__chars_left(const struct mcps__chars *chars)
{
    return (size_t)(chars->end - chars->at);
}

/* Is the next one of those? */
static inline bool mcps__chars_is_next(const struct mcps__chars *chars, const char *set)
{
    return chars->at < chars->end && mcps__ascii_is_one_of(*chars->at, set);
}

/* Goes on by one if it is. */
static inline bool mcps__chars_take(struct mcps__chars *chars, const char *set)
{
    bool is_next = mcps__chars_is_next(chars, set);

    chars->at += is_next;
    return is_next;
}

/* Goes behind decimal digits, and returns how many there were. */
static inline size_t mcps__chars_take_digits(struct mcps__chars *chars)
{
    const char *begin = chars->at;

    while (chars->at < chars->end && mcps__ascii_is_digit(*chars->at))
        chars->at++;
    return (size_t)(chars->at - begin);
}

#endif
