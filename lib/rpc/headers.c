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

/* The first field of that name from `at` on, or their number. */
static size_t find(const struct mcps__headers *h, size_t at, const char *name, size_t len)
{
    while (at < h->n && !(h->items[at].name.len == len &&
                          is_same_nocase(h->items[at].name.data, name, len)))
        at++;
    return at;
}

struct mcps__slice mcps__headers_get(const struct mcps__headers *headers,
                                     const char *name)
{
    size_t at = find(headers, 0, name, strlen(name));

    return at < headers->n ? headers->items[at].value : (struct mcps__slice){ NULL, 0 };
}

size_t mcps__headers_count(const struct mcps__headers *headers, const char *name)
{
    size_t len = strlen(name), n = 0;

    for (size_t at = find(headers, 0, name, len); at < headers->n;
         at = find(headers, at + 1, name, len))
        n++;
    return n;
}
