/* SPDX-License-Identifier: MIT */
/* Fields of an HTTP message; see headers.h. */
#include "config.h"

#include "rpc/headers.h"

#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_same_nocase(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i]))
            return false;
    }
    return true;
}

bool mcps__slice_is(struct mcps__slice slice, const char *text)
{
    return slice.data && slice.len == strlen(text) &&
           memcmp(slice.data, text, slice.len) == 0;
}

bool mcps__slice_is_nocase(struct mcps__slice slice, const char *text)
{
    return slice.data && slice.len == strlen(text) &&
           is_same_nocase(slice.data, text, slice.len);
}

struct mcps__slice mcps__headers_get(const struct mcps__headers *headers,
                                     const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < headers->n; i++) {
        const struct mcps__header *header = &headers->items[i];

        if (header->name.len == len && is_same_nocase(header->name.data, name, len))
            return header->value;
    }
    return (struct mcps__slice){ NULL, 0 };
}
