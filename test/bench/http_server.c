/* SPDX-License-Identifier: MIT */
/*
 * A server over HTTP for test/bench/http.sh: one tool, and room for many clients. Says its URL
 * in one line, and serves until its stdin ends.
 *
 *     http_server [workers]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <json-c/json_object.h>

#include "mcpserver/mcpserver.h"

enum { CLIENTS = 20000, DRAIN_MS = 1000 };

static int echo(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *message, *count;

    (void)userdata;
    if (!json_object_object_get_ex(args, "message", &message) ||
        !json_object_object_get_ex(args, "count", &count))
        return mcps_call_fail(call, "message and count are missing");
    return mcps_call_text(call, "%s%d", json_object_get_string(message),
                          json_object_get_int(count));
}

static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)!setrlimit(RLIMIT_NOFILE, &limit);
}

static int raise_limits(mcps_server *server)
{
    static const enum mcps_limit limits[] = {
        MCPS_LIMIT_PEERS,
        MCPS_LIMIT_CONNECTIONS,
        MCPS_LIMIT_CONNECTIONS_PER_ACCOUNT,
        MCPS_LIMIT_SESSIONS,
        MCPS_LIMIT_SESSIONS_PER_ACCOUNT,
        MCPS_LIMIT_LISTENS,
        MCPS_LIMIT_LISTENS_PER_ACCOUNT,
        MCPS_LIMIT_CALLS_PER_ACCOUNT,
        MCPS_LIMIT_CALLS_PER_PEER,
    };
    int r = 0;

    for (size_t i = 0; i < sizeof limits / sizeof limits[0] && r >= 0; i++)
        r = mcps_server_set_limit(server, limits[i], CLIENTS);
    return r;
}

static int serve(mcps_server *server)
{
    const struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "echo", .handler = echo, .only_result = true);
    char url[64], input[64];
    int r = mcps_server_add_tools(server, &tool, 1);

    if (r >= 0)
        r = raise_limits(server);
    if (r >= 0)
        r = mcps_server_listen(server, "http://127.0.0.1:0/mcp");
    if (r >= 0)
        r = mcps_server_start(server);
    if (r >= 0)
        r = mcps_server_get_url(server, url, sizeof url);
    if (r < 0)
        return r;
    puts(url);
    fflush(stdout);
    while (read(STDIN_FILENO, input, sizeof input) > 0)
        ;
    return mcps_server_stop(server, DRAIN_MS);
}

int main(int argc, char **argv)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "bench", .version = mcps_version(), .workers = 2);
    mcps_server *server;
    int r;

    if (argc > 1)
        options.workers = (unsigned)strtoul(argv[1], NULL, 10);
    raise_descriptors();
    r = mcps_server_new(&server, &options);
    if (r >= 0) {
        r = serve(server);
        server = mcps_server_unref(server);
    }
    if (r < 0)
        fprintf(stderr, "http_server: %s\n", mcps_strerror(r));
    return r < 0;
}
