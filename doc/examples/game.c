/* SPDX-License-Identifier: MIT */
/*
 * A game, whose world belongs to the thread that draws it. Tools that change the world run
 * there, between two frames, for as long as a frame can spare: on an executor that the frame
 * loop runs. The library's threads do the rest.
 *
 *     cc game.c -pthread $(pkg-config --cflags --libs libmcpserver)
 */
#define _POSIX_C_SOURCE 200809L /* for -std=c11 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <mcpserver/mcpserver.h>

enum { FRAME_MS = 16, BUDGET_US = 2000, MAX_MONSTERS = 100 };

/* Touched by the main thread only, so there is no lock. */
static struct {
    unsigned frame;
    unsigned n_monsters;
} world;

static atomic_bool over;

#define SPAWN_ARGS(ARG, S)                                                     \
    ARG(S, INT, count, "How many", MCPS_OPTIONAL, MCPS_RANGE(1, MAX_MONSTERS), \
        .default_json = "1")
MCPS_ARGS(spawn_args, SPAWN_ARGS);

MCPS_TOOL_HANDLER(spawn, spawn_args)
{
    (void)userdata;
    if (args->count > MAX_MONSTERS - world.n_monsters)
        return mcps_call_fail(call, "there is room for %u more",
                              MAX_MONSTERS - world.n_monsters);
    world.n_monsters += (unsigned)args->count;
    return mcps_call_text(call, "%u monsters in frame %u", world.n_monsters, world.frame);
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL(spawn, spawn_args, "Puts monsters into the world", .executor = "main"),
};

/* Simulates and draws; here it only takes its time. */
static void draw_frame(void)
{
    const struct timespec rest = { .tv_nsec = FRAME_MS * 1000000 };

    world.frame++;
    nanosleep(&rest, NULL);
}

struct serving {
    mcps_server *server;
    int result;
};

/* Serves until the client is gone. The game goes on meanwhile, or what waits for it would be
 * cancelled. */
static void *serve(void *userdata)
{
    struct serving *serving = userdata;

    serving->result = mcps_server_run(serving->server);
    atomic_store(&over, true);
    return NULL;
}

static int play(mcps_server *server, mcps_executor *executor)
{
    struct serving serving = { .server = server };
    pthread_t thread;
    int r = -pthread_create(&thread, NULL, serve, &serving);

    if (r < 0)
        return r;
    while (!atomic_load(&over)) {
        draw_frame();
        r = mcps_executor_run(executor, BUDGET_US);
        if (r < 0)
            mcps_server_request_stop(server);
    }
    pthread_join(thread, NULL);
    return r < 0 ? r : serving.result;
}

/* Why a tool is refused, or a start fails, is said here only. */
static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    fprintf(stderr, "game: %s\n", line);
}

int main(void)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "game", .version = "1", .log = log_line);
    mcps_server *server = NULL;
    mcps_executor *executor = NULL;
    int r = mcps_server_new(&server, &options);

    if (r >= 0)
        r = mcps_executor_new(&executor, server, "main");
    if (r >= 0)
        r = mcps_server_add_tools(server, tools, 1);
    if (r >= 0)
        r = mcps_server_listen(server, "stdio:");
    if (r >= 0)
        r = play(server, executor);
    if (r < 0)
        fprintf(stderr, "game: %s\n", mcps_strerror(r));
    mcps_executor_unref(executor);
    server = mcps_server_unref(server);
    return r < 0 || server ? EXIT_FAILURE : EXIT_SUCCESS;
}
