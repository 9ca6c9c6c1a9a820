/* SPDX-License-Identifier: MIT */
/*
 * How fast arguments become a struct: a call with ten fields, decoded and checked by its
 * table, beside what a handler would start from otherwise, a json-c tree of the same text.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "schema/args.h"
#include "schema/table.h"

static const char *const units[] = { "metric", "imperial", NULL };

#define ORDER_ARGS(ARG, S)                                                      \
    ARG(S, STRING, query, "What to look for", MCPS_REQUIRED, .max_length = 200) \
    ARG(S, INT, limit, "At most so many", MCPS_OPTIONAL, MCPS_RANGE(1, 100))    \
    ARG(S, NUMBER, lat, "Latitude", MCPS_REQUIRED, MCPS_RANGE(-90, 90))         \
    ARG(S, NUMBER, lon, "Longitude", MCPS_REQUIRED, MCPS_RANGE(-180, 180))      \
    ARG(S, BOOL, exact, "As written", MCPS_OPTIONAL)                            \
    ARG(S, ENUM, unit, "Units", MCPS_OPTIONAL, .choices = units)                \
    ARG(S, STRING, path, "Where", MCPS_OPTIONAL, .max_length = 4096)            \
    ARG(S, INT, since, "Seconds", MCPS_OPTIONAL, MCPS_MIN(0))                   \
    ARG(S, LIST(STRING), tags, "Tags", MCPS_OPTIONAL, .max_items = 8)           \
    ARG(S, STRING, note, "A note", MCPS_OPTIONAL, .max_length = 1000)
MCPS_ARGS(order_args, ORDER_ARGS);

static const char json[] =
    "{\"query\":\"which of the rivers of Europe are longer than 1000 km\",\"limit\":25,"
    "\"lat\":52.520008,\"lon\":13.404954,\"exact\":true,\"unit\":\"metric\",\"path\":"
    "\"/var/lib/atlas/rivers.db\",\"since\":1795270000,\"tags\":[\"rivers\",\"europe\","
    "\"length\"],\"note\":\"some words more,\\nas models like to write them\"}";

static volatile size_t sink; /* keeps the compiler from dropping a result */
static struct mcps__table *table;
static struct mcps__reader reader;

/* Decoding changes the text, so every run has a copy of it, and so has the tree. */
static void run_decode(void *arg)
{
    char text[sizeof json], error[MCPS__ARGS_ERROR_SIZE];
    struct mcps__args args;

    (void)arg;
    memcpy(text, json, sizeof json);
    if (mcps__args_decode(&args, table, text, sizeof json - 1, &reader, error,
                          sizeof error) < 0)
        abort();
    sink += ((const struct order_args *)mcps__args_struct(&args))->tags.n;
    mcps__args_fini(&args);
}

static void run_tree(void *arg)
{
    char text[sizeof json];
    struct json_object *tree;

    (void)arg;
    memcpy(text, json, sizeof json);
    if (mcps__tree_build(&reader.parser, &tree, text, sizeof json - 1) < 0)
        abort();
    sink += (size_t)json_object_object_length(tree);
    json_object_put(tree);
}

int main(void)
{
    char error[MCPS__ARGS_ERROR_SIZE];

    if (mcps__reader_init(&reader, &mcps__json_default_limits) < 0 ||
        mcps__table_new(&table, order_args_fields, sizeof(struct order_args), error,
                        sizeof error) < 0)
        abort();
    printf("arguments of ten fields, %zu bytes\n", sizeof json - 1);
    printf("  %-32s %10.0f ns\n", "decoded and checked",
           bench_best(run_decode, NULL) * 1e9);
    printf("  %-32s %10.0f ns\n", "as a tree, not checked",
           bench_best(run_tree, NULL) * 1e9);
    mcps__table_free(table);
    mcps__reader_fini(&reader);
    return 0;
}
