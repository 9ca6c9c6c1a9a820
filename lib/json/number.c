/* SPDX-License-Identifier: MIT */
/*
 * Numbers as JSON writes them; see number.h. Nothing here depends on the locale, and no
 * double is computed: ranges are told from the decimal digits.
 */
#include "config.h"

#include "json/number.h"

#include <float.h>
#include <string.h>

enum { DIGITS_KEPT = 19 }; /* as many as always fit an uint64_t */

/* Far beyond every double; keeps sums of exponents away from overflow. */
enum { EXPONENT_MAX = 1000000 };

/* The number is ± mantissa × 10^exponent, plus something smaller than one unit of the
 * mantissa if `inexact`. */
struct decimal {
    uint64_t mantissa;
    int exponent;
    unsigned digits; /* of the mantissa */
    bool negative, inexact;
};

static void add_digit(struct decimal *d, char digit, bool fraction)
{
    unsigned value = (unsigned)(digit - '0');

    if (d->digits == DIGITS_KEPT) {
        d->inexact |= value != 0;
        d->exponent += fraction ? 0 : 1;
        return;
    }
    d->exponent -= fraction ? 1 : 0;
    d->mantissa = d->mantissa * 10 + value;
    d->digits += d->mantissa > 0 ? 1 : 0; /* leading zeros do not count */
}

static int read_exponent(const char *p, const char *end)
{
    bool negative = *p == '-';
    int value = 0;

    if (*p == '-' || *p == '+')
        p++;
    for (; p < end; p++) {
        if (value < EXPONENT_MAX)
            value = value * 10 + (*p - '0');
    }
    return negative ? -value : value;
}

static struct decimal read_decimal(const char *text, size_t len)
{
    const char *p = text, *end = text + len;
    struct decimal d = { .mantissa = 0 };

    if (*p == '-') {
        d.negative = true;
        p++;
    }
    for (bool fraction = false; p < end; p++) {
        if (*p == '.') {
            fraction = true;
        } else if (*p == 'e' || *p == 'E') {
            d.exponent += read_exponent(p + 1, end);
            break;
        } else {
            add_digit(&d, *p, fraction);
        }
    }
    return d;
}

bool mcps__number_has_64_bits(const char *text, size_t len)
{
    bool negative = *text == '-';
    const char *most = negative ? "9223372036854775808" : "18446744073709551615";
    size_t most_len = strlen(most);
    const char *digits = text + negative;

    len -= negative;
    return len < most_len || (len == most_len && memcmp(digits, most, len) <= 0);
}

/* The first 19 digits of the point halfway between the largest double and the next one
 * that there would be: what lies below rounds down to a finite value. Whether there are
 * more digits decides as if they lay above it; a few numbers just below are refused, too. */
#define FINITE_MAX UINT64_C(1797693134862315807)
enum { FINITE_EXPONENT = 308 };

static bool double_in_range(const struct decimal *d)
{
    int magnitude = d->exponent + (int)d->digits - 1;
    uint64_t mantissa = d->mantissa;

    if (mantissa == 0 || magnitude < FINITE_EXPONENT)
        return true;
    if (magnitude > FINITE_EXPONENT)
        return false;
    for (unsigned i = d->digits; i < DIGITS_KEPT; i++)
        mantissa *= 10;
    return mantissa < FINITE_MAX || (mantissa == FINITE_MAX && !d->inexact);
}

bool mcps__number_in_range(const char *text, size_t len)
{
    struct decimal d = read_decimal(text, len);

    return double_in_range(&d);
}

bool mcps__number_to_int64(const char *text, size_t len, int64_t *ret)
{
    struct decimal d = read_decimal(text, len);
    uint64_t most = (uint64_t)INT64_MAX + (d.negative ? 1 : 0);

    if (d.inexact)
        return false;
    for (; d.exponent < 0 && d.mantissa > 0; d.exponent++) {
        if (d.mantissa % 10 != 0)
            return false;
        d.mantissa /= 10;
    }
    for (; d.exponent > 0 && d.mantissa > 0; d.exponent--) {
        if (d.mantissa > most / 10)
            return false;
        d.mantissa *= 10;
    }
    if (d.mantissa > most)
        return false;
    if (!d.negative)
        *ret = (int64_t)d.mantissa;
    else if (d.mantissa == most)
        *ret = INT64_MIN;
    else
        *ret = -(int64_t)d.mantissa;
    return true;
}

/* Both the mantissa and the power of ten are exact as doubles, so that the one operation
 * between them rounds correctly; unless the machine computes with more than a double has. */
bool mcps__number_to_double(const char *text, size_t len, double *ret)
{
    static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    struct decimal d = read_decimal(text, len);
    double value = (double)d.mantissa;

    if (FLT_EVAL_METHOD != 0 || d.inexact || d.mantissa > (UINT64_C(1) << DBL_MANT_DIG) ||
        d.exponent < -22 || d.exponent > 22)
        return false;
    value = d.exponent < 0 ? value / powers[-d.exponent] : value * powers[d.exponent];
    *ret = d.negative ? -value : value;
    return true;
}
