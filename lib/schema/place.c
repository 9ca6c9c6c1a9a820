/* SPDX-License-Identifier: MIT */
/* Where things stand, as JSON Pointers; see place.h. */
#include "config.h"

#include "schema/place.h"

#include <stdio.h>

int mcps__place_name(struct mcps__buf *out, const char *name, size_t len)
{
    int r = mcps__buf_append_byte(out, '/');

    for (size_t i = 0; i < len && r >= 0; i++) {
        if (name[i] == '~')
            r = mcps__buf_append_str(out, "~0");
        else if (name[i] == '/')
            r = mcps__buf_append_str(out, "~1");
        else
            r = mcps__buf_append_byte(out, name[i]);
    }
    return r;
}

int mcps__place_index(struct mcps__buf *out, size_t index)
{
    char text[32];
    int len = snprintf(text, sizeof text, "/%zu", index);

    return mcps__buf_append(out, text, (size_t)len);
}

/* As deep as the schema's text at the most. */
static int append_pointer(struct mcps__buf *out, const struct mcps__sub *sub)
{
    int r = sub->up ? append_pointer(out, sub->up) : 0;

    return r < 0 ? r : mcps__buf_append_str(out, sub->below);
}

int mcps__place_sub(struct mcps__buf *out, const struct mcps__sub *sub)
{
    const char *uri = sub->resource->source->uri;
    int r = 0;

    if (uri) {
        r = mcps__buf_append_str(out, uri);
        if (r >= 0)
            r = mcps__buf_append_byte(out, '#');
    }
    return r < 0 ? r : append_pointer(out, sub);
}
