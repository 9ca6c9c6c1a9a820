/* SPDX-License-Identifier: MIT */
/* Where things stand, as JSON Pointers; see place.h. */
#include "config.h"

#include "schema/place.h"

#include <stdio.h>
#include <string.h>

#include "util/utf8.h"

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

void mcps__place_one_line(char *text)
{
    size_t len = strlen(text);

    for (size_t at = 0; at < len; at++) {
        unsigned char c = (unsigned char)text[at];

        if (c >= 0x80) {
            int n = mcps__utf8_sequence((const unsigned char *)text + at, len - at);

            if (n > 0) {
                at += (size_t)n - 1;
                continue;
            }
            if (n == MCPS__UTF8_INCOMPLETE) {
                text[at] = '\0';
                return;
            }
        } else if (c >= 0x20 && c != 0x7f) {
            continue;
        }
        text[at] = '?';
    }
}
