/* SPDX-License-Identifier: MIT */
/* A server whose tools print where they should not, and start processes; see pipes.h. */
#include "config.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab_tools.h"
#include "pipes.h"

extern char **environ;

static mcps_server *server;

static void on_signal(int number)
{
    if (number == SIGTERM)
        mcps_server_request_stop(server);
}

static void *print_aside(void *userdata)
{
    (void)userdata;
    printf("noise: thread\n");
    return NULL;
}

/* The last of it stays in the buffer of stdio. */
static int noise(mcps_call *call, struct json_object *args, void *userdata)
{
    static const char text[] = "noise: write\n";
    pthread_t thread;
    ssize_t written = write(1, text, sizeof text - 1);
    int status = system("echo noise: system");

    (void)args;
    (void)userdata;
    if (pthread_create(&thread, NULL, print_aside, NULL) == 0)
        pthread_join(thread, NULL);
    fflush(stdout);
    printf("noise: printf\n");
    return mcps_call_text(call, "%d", written < 0 || status != 0);
}

/* A process that lives on, with everything that a child gets. */
static int spawn(mcps_call *call, struct json_object *args, void *userdata)
{
    char name[] = "sleep", seconds[] = "600";
    char *argv[] = { name, seconds, NULL };
    pid_t pid;

    (void)args;
    (void)userdata;
    if (posix_spawnp(&pid, name, NULL, NULL, argv, environ) != 0)
        return mcps_call_fail(call, "no process");
    return mcps_call_text(call, "%d", (int)pid);
}

static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    fprintf(stderr, "serve: %s%s\n", level <= MCPS_LOG_ERROR ? "error: " : "", line);
}

static int prepare(void)
{
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "noise", .handler = noise),
        MCPS_TOOL_STRUCT(.name = "spawn", .handler = spawn),
    };
    struct sigaction action = { .sa_handler = on_signal }; /* no SA_RESTART */
    int r = lab_add_tools(server);

    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (r >= 0)
        r = mcps_server_add_tools(server, tools, 2);
    if (r >= 0)
        r = mcps_server_set_limit(server, MCPS_LIMIT_CALLS_PER_PEER, 256);
    return r >= 0 ? mcps_server_listen(server, "stdio:") : r;
}

int serve(void)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "serve", .workers = 4, .log = log_line,
                            .log_level = MCPS_LOG_WARNING);
    int r = mcps_server_new(&server, &options);

    if (r < 0)
        return 2;
    r = prepare();
    if (r >= 0)
        r = scene_run(server);
    if (r < 0)
        fprintf(stderr, "serve: %s\n", mcps_strerror(r));
    return mcps_server_unref(server) || r < 0 ? 1 : 0;
}
