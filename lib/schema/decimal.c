/* SPDX-License-Identifier: MIT */
/* Decimal digits; see decimal.h. */
#include "config.h"

#include "schema/decimal.h"

#include <string.h>

struct reader {
    const char *at;
    struct mcps__decimal *to;
    char *digits;
    size_t zeros; /* which have come, and count if another digit follows */
    int64_t exponent;
    bool too_long;
};

static void take_digit(struct reader *r, char digit, bool fraction)
{
    size_t *n = &r->to->n;

    if (*n == 0 && digit == '0') {
        r->exponent -= fraction; /* "0.001" */
        return;
    }
    r->exponent += !fraction;
    if (digit == '0') {
        r->zeros++;
        return;
    }
    if (r->zeros >= MCPS__DECIMAL_DIGITS_MAX - *n) {
        r->too_long = true;
        return;
    }
    memset(r->digits + *n, '0', r->zeros);
    *n += r->zeros;
    r->zeros = 0;
    r->digits[(*n)++] = digit;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One digit at least. */
static bool take_digits(struct reader *r, bool fraction)
{
    if (!is_digit(*r->at))
        return false;
    for (; is_digit(*r->at); r->at++)
        take_digit(r, *r->at, fraction);
    return true;
}

static bool take_exponent(struct reader *r)
{
    const int64_t most = 1000000000000; /* more than any text has digits */
    bool negative = *r->at == '-';
    int64_t value = 0;

    if (*r->at == '-' || *r->at == '+')
        r->at++;
    if (!is_digit(*r->at))
        return false;
    for (; is_digit(*r->at); r->at++) {
        if (value < most)
            value = value * 10 + (*r->at - '0');
    }
    r->exponent += negative ? -value : value;
    return true;
}

/* Takes all of a text. Is it a number as JSON writes it? */
static bool take_number(struct reader *r)
{
    if (*r->at == '-') {
        r->to->negative = true;
        r->at++;
    }
    if ((*r->at == '0' && is_digit(r->at[1])) || !take_digits(r, false))
        return false;
    if (*r->at == '.') {
        r->at++;
        if (!take_digits(r, true))
            return false;
    }
    if (*r->at == 'e' || *r->at == 'E') {
        r->at++;
        if (!take_exponent(r))
            return false;
    }
    return *r->at == '\0';
}

int mcps__decimal_read(struct mcps__decimal *ret, char digits[MCPS__DECIMAL_DIGITS_MAX],
                       const char *text)
{
    struct reader r = { .at = text, .to = ret, .digits = digits };

    *ret = (struct mcps__decimal){ .digits = digits };
    if (!take_number(&r))
        return MCPS_EINVALID;
    if (r.too_long)
        return MCPS_ELIMIT;
    if (ret->n == 0) {
        ret->negative = false;
        return 0;
    }
    if (r.exponent > MCPS__DECIMAL_EXPONENT_MAX ||
        r.exponent < -MCPS__DECIMAL_EXPONENT_MAX)
        return MCPS_ELIMIT;
    ret->exponent = (int32_t)r.exponent;
    return 0;
}

bool mcps__decimal_is_integer(const struct mcps__decimal *d)
{
    return d->n == 0 || d->exponent >= (int32_t)d->n;
}

static int compare_magnitudes(const struct mcps__decimal *a,
                              const struct mcps__decimal *b)
{
    size_t n = a->n < b->n ? a->n : b->n;
    int order;

    if (a->n == 0 || b->n == 0)
        return (a->n > 0) - (b->n > 0);
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    order = memcmp(a->digits, b->digits, n);
    return order != 0 ? order : (a->n > b->n) - (a->n < b->n);
}

int mcps__decimal_compare(const struct mcps__decimal *a, const struct mcps__decimal *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}
