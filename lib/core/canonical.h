/* SPDX-License-Identifier: MIT */
/*
 * One text for each JSON value, however it was written: what is hashed to see that a request
 * that comes again asks for the same.
 *
 * Members are in the order of the bytes of their names, strings are decoded and escaped one
 * way, there is no white space. Numbers are the same when they are so mathematically, as in
 * the checker of schemas: 1, 1.0 and 1e0 are, 0.1 and 0.10000000000000000001 are not. They
 * are written as integers if they have 64 bits and a sign, else as digits that neither begin
 * nor end with a zero, with an exponent: 15e-1. (Those of more than
 * MCPS__DECIMAL_DIGITS_MAX digits or beyond 10^±MCPS__DECIMAL_EXPONENT_MAX are as they came.)
 *
 * The text is JSON, and is its own canonical text.
 */
#ifndef MCPS_CORE_CANONICAL_H
#define MCPS_CORE_CANONICAL_H

#include <stddef.h>

#include "json/json.h"
#include "util/buf.h"

struct json_object;

/* Of a tree of this thread's, borrowed (NULL: null). Appends all or nothing. -ENOMEM; MCPS_ELIMIT
 * of the buffer; MCPS__JSON_EDEPTH beyond MCPS__JSON_DEPTH_MAX levels; MCPS_EINVALID for
 * infinities and NaN. */
int mcps__canonical_append(struct mcps__buf *out,
                           struct json_object *tree) MCPS_MUST_CHECK;

/* Of a text, which is parsed first: the errors of mcps__tree_parse(), too. Any thread. */
int mcps__canonical_append_text(struct mcps__buf *out, const char *json, size_t len,
                                const struct mcps__json_limits *limits) MCPS_MUST_CHECK;

#endif
