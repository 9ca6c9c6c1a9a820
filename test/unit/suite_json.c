/* SPDX-License-Identifier: MIT */
/* Parts of a JSON text as they are written; see suite_json.h. */
#include "config.h"

#include "suite_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/scan.h"
#include "json/text.h"

/* The members of an object, or the items of an array, are what the scan records. */
static bool scan_whole(struct mcps__scan *scan, struct piece whole)
{
    struct mcps__json_limits limits = mcps__json_default_limits;

    limits.members = 64u << 10;
    mcps__scan_init(scan, &limits);
    return mcps__scan_feed(scan, whole.text, whole.len, true) == 1;
}

bool piece_member(struct piece object, const char *name, struct piece *ret)
{
    const struct mcps__scan_member *m = NULL;
    struct mcps__scan scan;

    if (scan_whole(&scan, object) && scan.type == MCPS__JSON_OBJECT)
        m = mcps__scan_find(&scan, object.text, MCPS__SCAN_TOP, name);
    if (m)
        *ret = (struct piece){ object.text + m->value, m->value_len };
    mcps__scan_fini(&scan);
    return m != NULL;
}

struct piece *piece_items(struct piece array, size_t *ret_n)
{
    struct piece *items = NULL;
    struct mcps__scan scan;

    *ret_n = 0;
    if (scan_whole(&scan, array) && scan.type == MCPS__JSON_ARRAY)
        items = calloc(scan.n_recorded + 1, sizeof *items);
    for (uint32_t i = 0; items && i < scan.n_recorded; i++) {
        const struct mcps__scan_member *m = &scan.members[i];

        if (m->level == MCPS__SCAN_TOP)
            items[(*ret_n)++] = (struct piece){ array.text + m->value, m->value_len };
    }
    mcps__scan_fini(&scan);
    return items;
}

void piece_string(struct piece string, char *out, size_t size)
{
    struct mcps__buf buf;

    out[0] = '\0';
    if (string.len < 2 || string.text[0] != '"')
        return;
    mcps__buf_init(&buf, SIZE_MAX);
    if (mcps__text_decode(&buf, string.text + 1, string.len - 2) >= 0)
        snprintf(out, size, "%.*s", (int)buf.len, buf.data ? buf.data : "");
    mcps__buf_fini(&buf);
}

bool piece_is_true(struct piece value)
{
    return value.len == 4 && memcmp(value.text, "true", 4) == 0;
}
