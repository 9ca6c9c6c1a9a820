/* SPDX-License-Identifier: MIT */
/*
 * Trees while memory runs out inside json-c: each of its allocations fails once, in turn.
 * We give the whole tree or an error, and leave nothing behind. A program of its own, for
 * it puts itself in the place of malloc(); sanitizers and valgrind do that as well, and
 * other C libraries cannot be asked for theirs, so there it is skipped.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "json/tree.h"
#include "json/write.h"

extern const struct unit_test oom_tests[];

#if defined(__GLIBC__) && !defined(TEST_SANITIZED)
#define CAN_REPLACE_MALLOC 1

/* glibc's own, under the names that it has for this purpose. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);

static size_t n_calls, fail_at, n_live; /* of the one thread that there is */

/* Visible, so that json-c comes here. */

static bool fails(void)
{
    return ++n_calls == fail_at;
}

MCPS_PUBLIC void *malloc(size_t size)
{
    void *memory = fails() ? NULL : __libc_malloc(size);

    n_live += memory != NULL;
    return memory;
}

MCPS_PUBLIC void *calloc(size_t n, size_t size)
{
    void *memory = fails() ? NULL : __libc_calloc(n, size);

    n_live += memory != NULL;
    return memory;
}

MCPS_PUBLIC void *realloc(void *memory, size_t size)
{
    void *moved = fails() ? NULL : __libc_realloc(memory, size);

    n_live += !memory && moved;
    return moved;
}

MCPS_PUBLIC void free(void *memory)
{
    n_live -= memory != NULL;
    __libc_free(memory);
}
#else
#define CAN_REPLACE_MALLOC 0

static size_t n_calls, fail_at, n_live;
#endif

static const char text[] =
    "{\"string\":\"a string that is longer than what a json-c object holds by itself\","
    "\"double\":1.25,\"exact\":0.30000000000000004,\"int\":7,"
    "\"list\":[1,\"two\",[3],{\"four\":null}],\"empty\":{},"
    "\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,"
    "\"k\":11,\"l\":12,\"m\":13,\"n\":true,\"o\":false,\"p\":\"more\",\"q\":[[],[]]}";

/* One parse with the nth allocation failing: 1 when it came to that, 0 when there was no
 * nth, -1 when something is wrong. */
static int parse_once(size_t n, struct mcps__buf *out)
{
    struct mcps__tree_parser parser;
    struct json_object *tree = NULL;
    struct mcps__writer w;
    size_t live = n_live;
    bool failed;
    int r;

    n_calls = 0;
    fail_at = n;
    r = mcps__tree_parser_init(&parser, &mcps__json_default_limits);
    if (r >= 0) {
        r = mcps__tree_parse(&parser, &tree, text, strlen(text));
        mcps__tree_parser_fini(&parser);
    }
    failed = n_calls >= n;
    fail_at = 0;
    mcps__buf_clear(out);
    mcps__write_init(&w, out);
    mcps__write_tree(&w, tree);
    if (r >= 0)
        CHECK_MEM(out->data, out->len, text, strlen(text));
    else
        CHECK_INT(r, -ENOMEM);
    json_object_put(tree);
    tree = NULL;
    /* json-c loses the copy of a key when it cannot make an object's table larger. */
    CHECK(n_live == live || (r < 0 && n_live == live + 1));
    return failed;
out:
    json_object_put(tree);
    return -1;
}

static void the_tree_is_whole_or_there_is_none(void)
{
    struct mcps__buf out;
    size_t n = 0;
    int r = 1;

    mcps__buf_init(&out, 1 << 16);
    if (!CAN_REPLACE_MALLOC) {
        unit_skip("malloc() cannot be replaced in this build");
        return;
    }
    CHECK_INT(mcps__buf_reserve(&out, 1 << 14), 0); /* so that only json-c allocates */
    while (r == 1) {
        unit_note_on_failure("allocation %zu", ++n);
        r = parse_once(n, &out);
    }
    CHECK_INT(r, 0);
    CHECK(n > 20);
    printf("(%zu allocations failed in turn) ", n - 1);
out:
    mcps__buf_fini(&out);
}

const struct unit_test oom_tests[] = {
    UNIT_TEST_ONCE(the_tree_is_whole_or_there_is_none, "it makes them fail itself"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "oom", oom_tests } };

    return unit_main(argc, argv, suites, 1);
}
