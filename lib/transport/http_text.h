/* SPDX-License-Identifier: MIT */
/* What texts in HTTP are made of: bytes, lists, authorities. Any thread. */
#ifndef MCPS_TRANSPORT_HTTP_TEXT_H
#define MCPS_TRANSPORT_HTTP_TEXT_H

#include <stdint.h>

#include "rpc/headers.h"

/* What a byte may be part of. */
enum {
    MCPS__HTTP_TOKEN = 1,  /* names, methods */
    MCPS__HTTP_VALUE = 2,  /* the value of a field, blanks included */
    MCPS__HTTP_TARGET = 4, /* the target of a request */
    MCPS__HTTP_HOST = 8    /* a host's name, or an address without brackets and colons */
};
extern const uint8_t mcps__http_bytes[256];

static inline bool mcps__http_byte_is(char c, int what)
{
    return (mcps__http_bytes[(unsigned char)c] & what) != 0;
}

/* How many bytes of that kind a text begins with. */
static inline size_t mcps__http_span(const char *text, size_t len, int what)
{
    size_t n = 0;

    while (n < len && mcps__http_byte_is(text[n], what))
        n++;
    return n;
}

/* The same for the value of a field, faster: most heads are mostly values. */
size_t mcps__http_value_span(const char *text, size_t len);

static inline bool mcps__http_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The text without blanks around it. */
struct mcps__slice mcps__http_trim(const char *text, size_t len);

/* Takes an element of a list with commas off the front of *rest, without blanks around
 * it; it may be empty. False when nothing is left: rest->data is NULL behind the last. */
bool mcps__http_next_element(struct mcps__slice *rest, struct mcps__slice *ret);

/* A name, perhaps an empty one, or an IPv4 address, or an IPv6 address in brackets; and
 * perhaps a port. */
bool mcps__http_is_authority(struct mcps__slice text);

#endif
