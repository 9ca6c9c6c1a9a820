/* SPDX-License-Identifier: MIT */
/* Punycode (RFC 3492): code points as ASCII, for the labels of host names. Any thread. In time
 * that grows with the square of the length: for labels, of 63 code points at most. */
#ifndef MCPS_SCHEMA_PUNYCODE_H
#define MCPS_SCHEMA_PUNYCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Letters of ASCII come out in lower case. False when it is no Punycode, or stands for more
 * than `max` code points. */
bool mcps__punycode_decode(uint32_t *ret, size_t max, size_t *ret_n, const char *text,
                           size_t len);

/* False when it takes more than `max` bytes. */
bool mcps__punycode_encode(char *ret, size_t max, size_t *ret_len, const uint32_t *points,
                           size_t n);

#endif
