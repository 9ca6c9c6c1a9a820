/* SPDX-License-Identifier: MIT */
/*
 * Punycode; see punycode.h. The names of the numbers are those of RFC 3492: all that is not
 * ASCII is told by deltas, one for each insertion, as integers in digits of base 36 of which
 * the last is told by being below a threshold.
 */
#include "config.h"

#include "schema/punycode.h"

#include <string.h>

#include "schema/chars.h"

enum {
    BASE = 36,
    T_MIN = 1,
    T_MAX = 26,
    SKEW = 38,
    DAMP = 700,
    FIRST_BIAS = 72,
    FIRST_POINT = 0x80,
    LAST_POINT = 0x10ffff,
    INTEGER_MAX = 0x7fffffff
};

static uint32_t adapt(uint32_t delta, size_t n_points, bool first)
{
    uint32_t k = 0;

    delta /= first ? DAMP : 2;
    delta += delta / (uint32_t)n_points;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    if (k <= bias + T_MIN)
        return T_MIN;
    return k >= bias + T_MAX ? T_MAX : k - bias;
}

/* The value of a digit, or BASE. */
static uint32_t digit_value(char c)
{
    if (mcps__ascii_is_digit(c))
        return (uint32_t)(c - '0') + 26;
    return mcps__ascii_is_letter(c) ? (uint32_t)(mcps__ascii_lower(c) - 'a') : BASE;
}

static bool take_integer(struct mcps__chars *rest, uint32_t bias, uint32_t *ret)
{
    uint64_t value = 0, weight = 1;

    for (uint32_t k = BASE; rest->at < rest->end; k += BASE) {
        uint32_t digit = digit_value(*rest->at++), t = threshold(k, bias);

        value += digit * weight;
        if (digit == BASE || value > INTEGER_MAX)
            return false;
        if (digit < t) {
            *ret = (uint32_t)value;
            return true;
        }
        weight *= BASE - t; /* it was no more than the value, so this cannot overflow */
    }
    return false;
}

/* Takes what is ASCII: it stands before the last dash, unless that is the first character. */
static bool take_basic(struct mcps__chars *rest, uint32_t *points, size_t max,
                       size_t *ret_n)
{
    size_t n = mcps__chars_left(rest);

    while (n > 0 && rest->at[n - 1] != '-')
        n--;
    *ret_n = n > 1 ? n - 1 : 0;
    if (*ret_n > max)
        return false;
    for (size_t i = 0; i < *ret_n; i++) {
        if ((unsigned char)rest->at[i] >= FIRST_POINT)
            return false;
        points[i] = (uint32_t)mcps__ascii_lower(rest->at[i]);
    }
    rest->at += n > 1 ? n : 0;
    return true;
}

bool mcps__punycode_decode(uint32_t *ret, size_t max, size_t *ret_n, const char *text,
                           size_t len)
{
    struct mcps__chars rest = mcps__chars_of(text, len);
    uint32_t point = FIRST_POINT, bias = FIRST_BIAS, place = 0, delta;
    size_t n;

    if (!take_basic(&rest, ret, max, &n))
        return false;
    for (bool first = true; mcps__chars_left(&rest) > 0; first = false) {
        if (n == max || !take_integer(&rest, bias, &delta))
            return false;
        n++;
        bias = adapt(delta, n, first);
        place += delta;
        point += place / (uint32_t)n;
        place %= (uint32_t)n;
        if (point > LAST_POINT)
            return false;
        memmove(ret + place + 1, ret + place, (n - 1 - place) * sizeof *ret);
        ret[place++] = point;
    }
    *ret_n = n;
    return true;
}

static bool put(char *ret, size_t max, size_t *len, uint32_t digit)
{
    if (*len == max)
        return false;
    ret[(*len)++] = (char)(digit < 26 ? digit + 'a' : digit - 26 + '0');
    return true;
}

static bool put_integer(char *ret, size_t max, size_t *len, uint32_t value, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = threshold(k, bias);

        if (value < t)
            return put(ret, max, len, value);
        if (!put(ret, max, len, t + (value - t) % (BASE - t)))
            return false;
        value = (value - t) / (BASE - t);
    }
}

static bool put_basic(char *ret, size_t max, size_t *len, const uint32_t *points,
                      size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (points[i] >= FIRST_POINT)
            continue;
        if (*len == max)
            return false;
        ret[(*len)++] = (char)points[i];
    }
    if (*len == 0)
        return true;
    if (*len == max)
        return false;
    ret[(*len)++] = '-';
    return true;
}

/* The smallest code point from `least` on, or one that is none. */
static uint32_t next_point(const uint32_t *points, size_t n, uint32_t least)
{
    uint32_t next = LAST_POINT + 1;

    for (size_t i = 0; i < n; i++) {
        if (points[i] >= least && points[i] < next)
            next = points[i];
    }
    return next;
}

bool mcps__punycode_encode(char *ret, size_t max, size_t *ret_len, const uint32_t *points,
                           size_t n)
{
    uint32_t point = FIRST_POINT, bias = FIRST_BIAS, delta = 0, next;
    size_t len = 0, basic, done;

    if (!put_basic(ret, max, &len, points, n))
        return false;
    basic = len > 0 ? len - 1 : 0;
    for (done = basic; done < n; delta++, point++) {
        next = next_point(points, n, point);
        delta += (next - point) * (uint32_t)(done + 1);
        point = next;
        for (size_t i = 0; i < n; i++) {
            delta += points[i] < point;
            if (points[i] != point)
                continue;
            if (!put_integer(ret, max, &len, delta, bias))
                return false;
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
    }
    *ret_len = len;
    return true;
}
