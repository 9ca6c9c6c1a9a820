/* SPDX-License-Identifier: MIT */
/* Fields of an HTTP message, as slices of text that somebody else keeps. Any thread. */
#ifndef MCPS_RPC_HEADERS_H
#define MCPS_RPC_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

struct mcps__slice {
    const char *data; /* NULL: not there */
    size_t len;
};

struct mcps__header {
    struct mcps__slice name, value; /* the value without blanks around it */
};

struct mcps__headers {
    const struct mcps__header *items;
    size_t n;
};

/* The value of the (first) field of that name, whatever its case; .data is NULL when
 * there is none. */
struct mcps__slice mcps__headers_get(const struct mcps__headers *headers,
                                     const char *name);
/* How many fields of that name there are. */
size_t mcps__headers_count(const struct mcps__headers *headers, const char *name);

/* Byte for byte. A slice that is not there is no text, not even the empty one. */
bool mcps__slice_is(struct mcps__slice slice, const char *text);
/* The same with ASCII letters in any case. */
bool mcps__slice_is_nocase(struct mcps__slice slice, const char *text);

#endif
