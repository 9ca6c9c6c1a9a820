/* SPDX-License-Identifier: MIT */
/*
 * Canonical texts: what is JSON has one, which is JSON of the same value, as the checker of
 * schemas sees it, and is its own canonical text. The input is the text.
 */
#include "config.h"

#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/canonical.h"
#include "json/tree.h"
#include "schema/constant.h"

static struct mcps__tree_parser parser;

static void start(void)
{
    static bool started;

    if (started)
        return;
    started = true;
    FUZZ_CHECK(mcps__tree_parser_init(&parser, &mcps__json_default_limits) == 0);
}

/* Numbers that are too long for the checker come as they were. */
static void check_same(struct json_object *tree, const struct mcps__buf *text)
{
    struct json_object *again = NULL;
    uint64_t steps = UINT64_MAX;
    int r;

    FUZZ_CHECK(mcps__tree_parse(&parser, &again, text->data, text->len) == 0);
    r = mcps__values_equal(tree, again, &steps);
    FUZZ_CHECK(r == 1 || r == MCPS_ELIMIT);
    json_object_put(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_object *tree = NULL;
    struct mcps__buf text, again;
    const char *json = (const char *)data;

    start();
    if (mcps__tree_parse(&parser, &tree, json, size) < 0)
        return 0;
    mcps__buf_init(&text, SIZE_MAX);
    mcps__buf_init(&again, SIZE_MAX);
    FUZZ_CHECK(mcps__canonical_append(&text, tree) == 0);
    check_same(tree, &text);
    FUZZ_CHECK(mcps__canonical_append_text(&again, text.data, text.len,
                                           &mcps__json_default_limits) == 0);
    FUZZ_CHECK(again.len == text.len && memcmp(again.data, text.data, text.len) == 0);
    mcps__buf_fini(&text);
    mcps__buf_fini(&again);
    json_object_put(tree);
    return 0;
}
