/* SPDX-License-Identifier: MIT */
/* Objects in requests all of whose values must be strings. Text that the scan has accepted. */
#ifndef MCPS_PROTO_STRINGS_H
#define MCPS_PROTO_STRINGS_H

#include "proto/request.h"

/* Refuses a request, if its object has a value that is no string, or a NUL in any text of it:
 * false. What the values are is said as "argument". */
bool mcps__strings_check(const struct mcps__request *request, const char *what,
                         const char *text, size_t len) MCPS_MUST_CHECK;
/* Appends the names and values of one that was checked, decoded, with a NUL behind each. */
int mcps__strings_decode(struct mcps__buf *out, const char *text,
                         size_t len) MCPS_MUST_CHECK;

#endif
