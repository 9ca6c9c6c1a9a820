/* SPDX-License-Identifier: MIT */
/*
 * What tools/list of 1000 tools costs the I/O thread: the ready bytes into the answer, beside
 * nothing but a copy of as many bytes, and beside writing the list anew.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "core/answer.h"
#include "core/lists.h"
#include "core/tool.h"
#include "mcpserver/mcpserver.h"

enum { N_TOOLS = 1000 };

#define SEARCH(ARG, S)                                                        \
    ARG(S, STRING, query, "What to look for, in plain words", MCPS_REQUIRED)  \
    ARG(S, INT, limit, "How many results", MCPS_OPTIONAL, MCPS_RANGE(1, 100), \
        .default_json = "10")                                                 \
    ARG(S, LIST(STRING), tags, "Only with all of these tags", MCPS_OPTIONAL,  \
        .max_items = 8)                                                       \
    ARG(S, BOOL, exact, "Whether every word must be there", MCPS_OPTIONAL)
MCPS_ARGS(search_args, SEARCH);

MCPS_TOOL_HANDLER(search, search_args)
{
    (void)userdata;
    return mcps_call_text(call, "%s", args->query);
}

static struct mcps__engine *engine;
static volatile char used; /* keeps the compiler from dropping the copy */
static size_t copied;

static void add_tools(void)
{
    for (int i = 0; i < N_TOOLS; i++) {
        char name[32];
        struct mcps_tool tool = MCPS_TOOL_NAMED(
            name, search, search_args, "Looks for documents, and gives the best of them");

        snprintf(name, sizeof name, "search_%d", i);
        if (mcps__registry_add(&engine->registry, &engine->log, MCPS_TOOLS,
                               mcps__tool_make, &tool, 1) < 0)
            abort();
    }
}

/* As the dispatcher answers. */
static void answer(void *arg)
{
    struct mcps__bytes *list;
    struct mcps__id id;

    (void)arg;
    mcps__id_of_number(&id, 1);
    if (mcps__lists_get(engine, MCPS_TOOLS, MCPS__V_2026_07_28, 0, NULL, &list) < 0)
        abort();
    mcps__piece_free(mcps__ready_piece(&id, list));
    copied = list->len;
    mcps__bytes_unref(list);
}

static void copy_only(void *arg)
{
    struct mcps__bytes *list;
    char *copy;

    (void)arg;
    if (mcps__lists_get(engine, MCPS_TOOLS, MCPS__V_2026_07_28, 0, NULL, &list) < 0)
        abort();
    copy = malloc(list->len);
    if (!copy)
        abort();
    memcpy(copy, list->data, list->len);
    used = copy[list->len / 2];
    free(copy);
    mcps__bytes_unref(list);
}

static void write_anew(void *arg)
{
    mcps__registry_drop_pages(&engine->registry);
    answer(arg);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*fn)(void *);
    } rows[] = {
        { "a copy of as many bytes", copy_only },
        { "the answer, from ready bytes", answer },
        { "the answer, its list written anew", write_anew },
    };
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "bench", .version = "1", .workers = 1);
    double first = 0;

    if (mcps__engine_new(&engine, &options) < 0)
        abort();
    add_tools();
    answer(NULL);
    printf("tools/list of %d tools, %zu bytes\n", N_TOOLS, copied);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double seconds = bench_best(rows[i].fn, NULL);

        first = i == 0 ? seconds : first;
        printf("  %-36s %10.0f ns %8.0f MB/s   %5.1f x the copy's time\n", rows[i].name,
               seconds * 1e9, (double)copied / seconds * 1e-6, seconds / first);
    }
    mcps__engine_unref(engine);
    return 0;
}
