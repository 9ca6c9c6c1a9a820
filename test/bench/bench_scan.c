/* SPDX-License-Identifier: MIT */
/*
 * How fast the scan is, beside json-c's parser in the same run, on messages of 400 bytes
 * and of 100 KB. All of it in one process, by turns, the best of several rounds each.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "bench.h"
#include "json/scan.h"
#include "json/tree.h"
#include "rpc/envelope.h"

static volatile size_t sink; /* keeps the compiler from dropping a result */

struct input {
    const char *name;
    char *text;
    size_t len;
    struct mcps__scan scan;
    struct json_tokener *tokener;
    struct mcps__tree_parser parser;
};

/* A call as clients send them; `n` rows make the arguments longer. */
static char *make_call(size_t n_rows, size_t *ret_len)
{
    size_t cap = 1024 + n_rows * 256, len;
    char *text = malloc(cap);

    if (!text)
        abort();
    len = (size_t)snprintf(
        text, cap,
        "{\"jsonrpc\":\"2.0\",\"id\":4242,\"method\":\"tools/call\",\"params\":{\"name\":"
        "\"search\",\"arguments\":{\"query\":\"which of the rivers of Europe are longer "
        "than 1000 km\",\"limit\":25,\"tags\":[\"rivers\",\"europe\",\"length\"],"
        "\"where\":{\"min\":1.5,\"exact\":true,\"near\":null,\"path\":"
        "\"/var/lib/atlas/rivers.db\",\"note\":\"some words more, as models like to "
        "write "
        "them\"},\"rows\":[");
    for (size_t i = 0; i < n_rows; i++)
        len += (size_t)snprintf(
            text + len, cap - len,
            "%s{\"id\":%zu,\"name\":\"River %zu\",\"km\":%zu.5,\"flows\":"
            "true,\"countries\":[\"de\",\"fr\",\"nl\"],\"remark\":\"a "
            "remark of a usual length, without escapes\"}",
            i ? "," : "", i, i, 1000 + i * 7 % 3000);
    len += (size_t)snprintf(text + len, cap - len,
                            "]},\"_meta\":{\"progressToken\":\"token-4242\"}}}");
    *ret_len = len;
    return text;
}

static char *make_string(size_t n, size_t *ret_len)
{
    char *text = malloc(n + 256);
    size_t len;

    if (!text)
        abort();
    len =
        (size_t)sprintf(text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
                              "\"params\":{\"name\":\"put\",\"arguments\":{\"text\":\"");
    while (len < n)
        len += (size_t)sprintf(text + len, "A line of a file that a model wrote.\\n");
    len += (size_t)sprintf(text + len, "\"}}}");
    *ret_len = len;
    return text;
}

static void run_scan(void *arg)
{
    struct input *in = arg;

    mcps__scan_reset(&in->scan);
    if (mcps__scan_feed(&in->scan, in->text, in->len, true) != 1)
        abort();
    sink += in->scan.n_recorded;
}

static void run_envelope(void *arg)
{
    struct input *in = arg;
    struct mcps__envelope env;

    run_scan(arg);
    if (mcps__envelope_read(&env, &in->scan, in->text, false) < 0)
        abort();
    sink += env.method_len;
}

static void run_json_c(void *arg)
{
    struct input *in = arg;
    struct json_object *tree;

    json_tokener_reset(in->tokener);
    tree = json_tokener_parse_ex(in->tokener, in->text, (int)in->len);
    if (!tree)
        abort();
    json_object_put(tree);
}

static void run_tree(void *arg)
{
    struct input *in = arg;
    struct json_object *tree;

    if (mcps__tree_parse(&in->parser, &tree, in->text, in->len) < 0)
        abort();
    json_object_put(tree);
}

static double megabytes(const struct input *in, double seconds)
{
    return (double)in->len / seconds * 1e-6;
}

static void bench_input(struct input *in)
{
    static const struct {
        const char *name;
        void (*fn)(void *);
    } rows[] = {
        { "scan", run_scan },
        { "scan and envelope", run_envelope },
        { "json-c, strict, tokener reused", run_json_c },
        { "tree (scan, json-c, checked)", run_tree },
    };
    double scan = 0;

    mcps__scan_init(&in->scan, &mcps__json_default_limits);
    in->tokener = json_tokener_new_ex(70);
    if (!in->tokener ||
        mcps__tree_parser_init(&in->parser, &mcps__json_default_limits) < 0)
        abort();
    json_tokener_set_flags(in->tokener, JSON_TOKENER_STRICT);
    printf("%s, %zu bytes\n", in->name, in->len);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double seconds = bench_best(rows[i].fn, in);

        if (i == 0)
            scan = seconds;
        printf("  %-32s %10.0f ns %8.0f MB/s   %5.1f x the scan's time\n", rows[i].name,
               seconds * 1e9, megabytes(in, seconds), seconds / scan);
    }
    mcps__tree_parser_fini(&in->parser);
    json_tokener_free(in->tokener);
    mcps__scan_fini(&in->scan);
    free(in->text);
}

int main(void)
{
    struct input inputs[4] = { { .name = "a call" },
                               { .name = "a call with many small values" },
                               { .name = "a call with one long string" },
                               { .name = "the same with letters beyond ASCII" } };

    inputs[0].text = make_call(0, &inputs[0].len);
    inputs[1].text = make_call(700, &inputs[1].len);
    inputs[2].text = make_string(100000, &inputs[2].len);
    inputs[3].text = make_string(100000, &inputs[3].len);
    for (char *p = inputs[3].text; (p = strstr(p, "file")) != NULL; p += 4)
        memcpy(p, "\xc3\xbc\xc3\xa4", 4);
    for (size_t i = 0; i < 4; i++)
        bench_input(&inputs[i]);
    return 0;
}
