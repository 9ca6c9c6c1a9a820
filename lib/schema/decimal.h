/* SPDX-License-Identifier: MIT */
/* Numbers as decimal digits, read from JSON text. Any thread; nothing is allocated. */
#ifndef MCPS_SCHEMA_DECIMAL_H
#define MCPS_SCHEMA_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"

enum { MCPS__DECIMAL_DIGITS_MAX = 1024, MCPS__DECIMAL_EXPONENT_MAX = 9999 };

/* 0.digits * 10^exponent, without leading and trailing zeros. */
struct mcps__decimal {
    bool negative; /* never of 0 */
    int32_t exponent;
    size_t n;           /* of the digits; 0: the number is 0 */
    const char *digits; /* borrowed */
};

/* Reads all of a text, into `digits` as well. MCPS_EINVALID when it is no number as JSON has
 * them; MCPS_ELIMIT beyond the limits above. */
int mcps__decimal_read(struct mcps__decimal *ret, char digits[MCPS__DECIMAL_DIGITS_MAX],
                       const char *text) MCPS_MUST_CHECK;
/* Less than 0, 0, or more, as a is less than b, the same, or more. */
int mcps__decimal_compare(const struct mcps__decimal *a, const struct mcps__decimal *b);
bool mcps__decimal_is_integer(const struct mcps__decimal *d);

#endif
