/* SPDX-License-Identifier: MIT */
/* Media types, in Content-Type and Accept (RFC 9110, 8.3 and 12.5.1). Any thread. */
#ifndef MCPS_TRANSPORT_MEDIA_H
#define MCPS_TRANSPORT_MEDIA_H

#include <stdbool.h>

#include "rpc/headers.h"

/* Is the value of Content-Type application/json? It may say charset=utf-8, and nothing else. */
bool mcps__media_is_json(struct mcps__slice value);

/*
 * Does the client take an answer of that type, "application/json"? All fields Accept count
 * together; the most specific range that fits decides, by whether its weight is more than 0.
 * Without such a field, or if they are all empty, everything is taken; what cannot be parsed
 * is passed over.
 */
bool mcps__media_accepts(const struct mcps__headers *headers, const char *type);

#endif
