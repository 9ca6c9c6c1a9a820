/* SPDX-License-Identifier: MIT */
/* The formats of JSON Schema's vocabulary, checked. Any thread; nothing is allocated. */
#ifndef MCPS_SCHEMA_FORMAT_H
#define MCPS_SCHEMA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

struct mcps__format {
    const char *name;     /* "date-time" */
    const char *expected; /* "a date and time as in RFC 3339", for errors */
    bool (*fits)(const char *text, size_t len); /* UTF-8, may have NULs in it */
};

/* NULL when there is none of that name. Static. "regex" is not here: whether a text is one
 * says mcps__regex_new(). */
const struct mcps__format *mcps__format_find(const char *name);

#endif
