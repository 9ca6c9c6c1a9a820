/* SPDX-License-Identifier: MIT */
/*
 * Numbers as JSON writes them. Every function takes text that the scan has accepted as a
 * number, and may be called on any thread.
 */
#ifndef MCPS_JSON_NUMBER_H
#define MCPS_JSON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Has a double room for it? Integers of any length are in range like all others. */
bool mcps__number_in_range(const char *text, size_t len);

/* Of an integer without fraction and exponent: is it from -2^63 to 2^64-1? */
bool mcps__number_has_64_bits(const char *text, size_t len);

/* The value as a 64-bit integer, exactly: 7, 7.0, 70e-1 and 0.7e1 are all 7. Returns
 * false when it has a fraction or does not fit. */
bool mcps__number_to_int64(const char *text, size_t len, int64_t *ret);

/* The value as a double, correctly rounded, if that is simple: true for nearly all numbers
 * that people write. Otherwise false, and strtod() is to be asked. */
bool mcps__number_to_double(const char *text, size_t len, double *ret);

#endif
