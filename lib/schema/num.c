/* SPDX-License-Identifier: MIT */
/*
 * Numbers compared exactly; see num.h.
 *
 * Two numbers whose doubles differ are told apart by those, for rounding never changes an
 * order. Only where the doubles are the same are decimal digits asked for (decimal.h), which are
 * then read from a text to the stack.
 */
#include "config.h"

#include "schema/num.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "json/write.h"
#include "schema/decimal.h"
#include "util/assert.h"
#include "util/map.h"
#include "util/mem.h"

enum { DIVISOR_DIGITS_MAX = 19 }; /* as many as 64 bits have room for */

/* A number read from a text. */
struct reading {
    struct mcps__decimal decimal;
    const char *text; /* which; borrowed */
    char own_text[MCPS__DOUBLE_SIZE];
    char digits[MCPS__DECIMAL_DIGITS_MAX];
};

/* What a value tells without its digits. */
struct sight {
    bool finite;
    bool is_int;   /* it is this integer */
    bool has_text; /* or seems to: its digits may be others than those of the double */
    bool negative;
    uint64_t magnitude;
    double value; /* the nearest */
};

/* Below it doubles are as good as integers: 2^53. */
static const double EXACT_MAX = 9007199254740992.0;

static double absolute(double value)
{
    return value < 0 ? -value : value;
}

static struct sight look_at(struct json_object *v)
{
    struct sight s = { .finite = true, .value = json_object_get_double(v) };

    if (json_object_is_type(v, json_type_int)) {
        int64_t low = json_object_get_int64(v);

        s.is_int = true;
        s.negative = low < 0;
        s.magnitude = s.negative ? 0 - (uint64_t)low : json_object_get_uint64(v);
        return s;
    }
    s.finite = isfinite(s.value);
    s.has_text = json_object_get_userdata(v) != NULL;
    if (s.finite && !s.has_text && absolute(s.value) < EXACT_MAX) {
        s.negative = s.value < 0;
        s.magnitude = (uint64_t)absolute(s.value);
        s.is_int = (double)s.magnitude == absolute(s.value);
    }
    return s;
}

/* ---- decimal digits ---- */

static int read_text(struct reading *to, const char *text)
{
    to->text = text;
    return mcps__decimal_read(&to->decimal, to->digits, text);
}

static int read_double(struct reading *to, double value, int least_digits)
{
    mcps__double_text(to->own_text, value, least_digits);
    return read_text(to, to->own_text);
}

/* The shortest decimal that reads back as the same double. */
static int read_shortest(struct reading *to, double value)
{
    return read_double(to, value, 15);
}

/* Is it what json-c writes of a double without a text? Then it stands for no more than that,
 * even if it was sent so: "0.10000000000000001" of one who writes all 17 digits of 0.1. But
 * an integer that the double is, as written, is no worse for that. */
static bool is_of_the_double(const struct reading *reading, double value)
{
    struct reading all_digits;

    if (reading->decimal.n > 17)
        return false;
    if (absolute(value) < 1e17 && (double)(int64_t)value == value)
        return false;
    return read_double(&all_digits, value, 17) == 0 &&
           mcps__decimal_compare(&reading->decimal, &all_digits.decimal) == 0;
}

/* Does the text read as this double? 1 or 0; -ENOMEM. */
static int reads_as(const char *text, double value)
{
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double other;

    if (!c_locale)
        return -ENOMEM;
    other = strtod_l(text, NULL, c_locale);
    freelocale(c_locale);
    return other == value;
}

/* What json-c says that the double is. MCPS_EINVALID when that is nothing to go by: not a
 * number, or not this one. */
static int read_kept(struct reading *to, struct json_object *v, double value)
{
    const char *text = json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN);
    int r;

    if (!text || *text == '\0') /* json-c tells no more of memory that it lacked */
        return -ENOMEM;
    r = read_text(to, text);
    if (r < 0)
        return r;
    if (is_of_the_double(to, value))
        return MCPS_EINVALID;
    r = reads_as(text, value);
    return r == 0 ? MCPS_EINVALID : r;
}

/* Of a finite value. -ENOMEM or MCPS_ELIMIT. */
static int read_value(struct reading *to, struct json_object *v, const struct sight *s)
{
    int r;

    if (json_object_is_type(v, json_type_int)) {
        snprintf(to->own_text, sizeof to->own_text, "%s%" PRIu64, s->negative ? "-" : "",
                 s->magnitude);
        return read_text(to, to->own_text);
    }
    if (s->has_text) {
        r = read_kept(to, v, s->value);
        if (r != MCPS_EINVALID)
            return r < 0 ? r : 0;
    }
    return read_shortest(to, s->value);
}

/* ---- numbers of a schema ---- */

/* Sets the integer, if the decimal is one that has 64 bits and a sign. */
static void find_int(struct mcps__num *num, const struct mcps__decimal *d)
{
    uint64_t magnitude = 0;

    if (!mcps__decimal_is_integer(d) || d->exponent > 20)
        return;
    for (int32_t i = 0; i < d->exponent; i++) {
        unsigned digit = (size_t)i < d->n ? (unsigned)(d->digits[i] - '0') : 0;

        if (magnitude > (UINT64_MAX - digit) / 10)
            return;
        magnitude = magnitude * 10 + digit;
    }
    num->is_int = true;
    num->magnitude = magnitude;
}

int mcps__num_init(struct mcps__num *num, struct json_object *v)
{
    struct sight s = look_at(v);
    struct reading reading;
    int r;

    *num = (struct mcps__num){ .value = s.value };
    if (!s.finite)
        return MCPS_EINVALID;
    r = read_value(&reading, v, &s);
    if (r < 0)
        return r;
    num->negative = reading.decimal.negative;
    num->n_digits = reading.decimal.n;
    num->exponent = reading.decimal.exponent;
    find_int(num, &reading.decimal);
    num->digits = mcps__memdup(reading.digits, num->n_digits);
    num->text = mcps__memdup(reading.text, strlen(reading.text));
    if (num->digits && num->text)
        return 0;
    mcps__num_fini(num);
    return -ENOMEM;
}

void mcps__num_fini(struct mcps__num *num)
{
    mcps__free(num->digits);
    mcps__free(num->text);
    *num = (struct mcps__num){ .n_digits = 0 };
}

static struct mcps__decimal decimal_of(const struct mcps__num *num)
{
    return (struct mcps__decimal){ .negative = num->negative,
                                   .exponent = num->exponent,
                                   .n = num->n_digits,
                                   .digits = num->digits };
}

/* ---- comparing ---- */

static int compare_ints(bool a_negative, uint64_t a, bool b_negative, uint64_t b)
{
    if (a_negative != b_negative)
        return a_negative ? -1 : 1;
    return a_negative ? (b > a) - (b < a) : (a > b) - (a < b);
}

int mcps__num_compare(struct json_object *v, const struct mcps__num *num, int *ret)
{
    struct mcps__decimal limit = decimal_of(num);
    struct sight s = look_at(v);
    struct reading reading;
    int r;

    if (isnan(s.value))
        return MCPS_EINVALID;
    if (s.is_int && num->is_int) {
        *ret = compare_ints(s.negative, s.magnitude, num->negative, num->magnitude);
        return 0;
    }
    if (s.value < num->value || s.value > num->value) {
        *ret = s.value < num->value ? -1 : 1;
        return 0;
    }
    r = read_value(&reading, v, &s);
    if (r < 0)
        return r;
    *ret = mcps__decimal_compare(&reading.decimal, &limit);
    return 0;
}

int mcps__num_equal(struct json_object *a, struct json_object *b)
{
    struct sight s = look_at(a), t = look_at(b);
    struct reading left, right;
    int r;

    if (s.is_int && t.is_int)
        return s.negative == t.negative && s.magnitude == t.magnitude;
    if (!s.finite || !t.finite || s.value < t.value || s.value > t.value)
        return 0;
    r = read_value(&left, a, &s);
    if (r >= 0)
        r = read_value(&right, b, &t);
    return r < 0 ? r : mcps__decimal_compare(&left.decimal, &right.decimal) == 0;
}

int mcps__num_is_integer(struct json_object *v)
{
    struct sight s = look_at(v);
    struct reading reading;
    int r;

    if (s.is_int)
        return 1;
    if (!s.finite)
        return 0;
    if (!s.has_text)
        return absolute(s.value) >= EXACT_MAX;
    r = read_value(&reading, v, &s);
    return r < 0 ? r : mcps__decimal_is_integer(&reading.decimal);
}

/* ---- hashing ---- */

int mcps__num_hash(struct json_object *v, const uint64_t seed[2], uint64_t *ret)
{
    struct sight s = look_at(v);
    struct reading reading, shortest;
    uint64_t words[3] = { 0 };
    double value = s.value == 0 ? 0 : s.value; /* of 0 there are two */
    int r;

    if (!s.finite) { /* equals nothing */
        *ret = mcps__map_hash(seed, &v, sizeof v);
        return 0;
    }
    memcpy(words, &value, sizeof value);
    /* Most numbers are the shortest decimal of their double, and told by that. */
    if (s.has_text ||
        (json_object_is_type(v, json_type_int) && absolute(s.value) >= EXACT_MAX)) {
        r = read_value(&reading, v, &s);
        if (r >= 0)
            r = read_shortest(&shortest, s.value);
        if (r < 0)
            return r;
        if (mcps__decimal_compare(&reading.decimal, &shortest.decimal) != 0) {
            words[1] = mcps__map_hash(seed, reading.digits, reading.decimal.n);
            words[2] = (uint64_t)reading.decimal.exponent;
        }
    }
    *ret = mcps__map_hash(seed, words, sizeof words);
    return 0;
}

/* ---- multiples ---- */

/* Modulo m, which may have all 64 bits; a and b are less than m. */
static uint64_t add_modulo(uint64_t a, uint64_t b, uint64_t m)
{
    return a >= m - b ? a - (m - b) : a + b;
}

static uint64_t multiply_modulo(uint64_t a, uint64_t b, uint64_t m)
{
    uint64_t product = 0;

    for (; b > 0; b >>= 1) {
        if (b & 1)
            product = add_modulo(product, a, m);
        a = add_modulo(a, a, m);
    }
    return product;
}

/* value * 10^n modulo m. */
static uint64_t shift_modulo(uint64_t value, uint32_t n, uint64_t m)
{
    uint64_t power = 10 % m;

    for (; n > 0 && value > 0; n >>= 1) {
        if (n & 1)
            value = multiply_modulo(value, power, m);
        power = multiply_modulo(power, power, m);
    }
    return value;
}

static uint64_t divisor_of(const struct mcps__num *num)
{
    uint64_t value = 0;

    for (size_t i = 0; i < num->n_digits; i++)
        value = value * 10 + (uint64_t)(num->digits[i] - '0');
    return value;
}

bool mcps__num_is_divisor(const struct mcps__num *num)
{
    return !num->negative && num->n_digits > 0 && num->n_digits <= DIVISOR_DIGITS_MAX;
}

/* Is D * 10^e a multiple of m * 10^f? D does not end in 0, so not if f is more than e. */
static bool is_multiple(const struct mcps__decimal *d, const struct mcps__num *of)
{
    int32_t shift = d->exponent - (int32_t)d->n - (of->exponent - (int32_t)of->n_digits);
    uint64_t m = divisor_of(of), rest = 0;

    if (d->n == 0)
        return true;
    if (shift < 0)
        return false;
    for (size_t i = 0; i < d->n; i++) {
        rest = multiply_modulo(rest, 10, m);
        rest = add_modulo(rest, (uint64_t)(d->digits[i] - '0') % m, m);
    }
    return shift_modulo(rest, (uint32_t)shift, m) == 0;
}

int mcps__num_is_multiple(struct json_object *v, const struct mcps__num *of)
{
    struct sight s = look_at(v);
    struct reading reading;
    int r;

    mcps__assert(mcps__num_is_divisor(of));
    if (!s.finite)
        return 0;
    if (s.is_int && of->is_int)
        return s.magnitude % of->magnitude == 0;
    r = read_value(&reading, v, &s);
    return r < 0 ? r : is_multiple(&reading.decimal, of);
}
