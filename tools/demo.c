/* SPDX-License-Identifier: MIT */
/*
 * A server with a handful of sample tools: what `./autogen.sh demo` leaves running.
 *
 *     demo [URI]
 *
 * Without a URI it listens on http://127.0.0.1:8080/mcp, or on the port that PORT says, and
 * shows how to talk to it. Any MCP client can also start it with "stdio:". Ctrl-C stops it.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "demo.h"

static mcps_server *server; /* for the signal handler */

static void on_signal(int number)
{
    (void)number;
    mcps_server_request_stop(server);
}

static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    fprintf(stderr, "demo: %s\n", line);
}

#define MODERN_META                                                          \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}"
#define CURL "curl -s%s %s -H 'Content-Type: application/json'"

/* Three commands: a call, a call with progress, and the same server as older clients see it. */
static void show_commands(const char *url)
{
    printf("The demo listens on %s; Ctrl-C stops it. Try, in another terminal:\n\n", url);
    printf("1. A call, as of 2026-07-28:\n\n" CURL
           " -H 'MCP-Protocol-Version: 2026-07-28' \\\n"
           "  -H 'Mcp-Method: tools/call' -H 'Mcp-Name: calculate' -d '{\"jsonrpc\":"
           "\"2.0\",\"id\":1,\n"
           "  \"method\":\"tools/call\",\"params\":{\"name\":\"calculate\",\"arguments\":"
           "{\"expression\":\"6 * (3 + 4)\"},\n"
           "  " MODERN_META "}}}'\n\n",
           "", url);
    printf("2. One that reports its progress, as it goes:\n\n" CURL
           " -H 'MCP-Protocol-Version: 2026-07-28' \\\n"
           "  -H 'Mcp-Method: tools/call' -H 'Mcp-Name: roll_dice' -d '{\"jsonrpc\":"
           "\"2.0\",\"id\":2,\n"
           "  \"method\":\"tools/call\",\"params\":{\"name\":\"roll_dice\",\"arguments\":"
           "{\"dice\":5},\n"
           "  " MODERN_META ",\"progressToken\":1}}}'\n\n",
           "N", url);
    printf("3. In a session, as of 2025-11-25:\n\n"
           "SESSION=$(" CURL " -D - -o /dev/null -d '{\"jsonrpc\":\"2.0\",\n"
           "  \"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
           "\"2025-11-25\",\"capabilities\":{},\n"
           "  \"clientInfo\":{\"name\":\"curl\",\"version\":\"1\"}}}' | "
           "grep -i '^mcp-session-id:' | tr -d '\\r') &&\n",
           "", url);
    printf(CURL " -H \"$SESSION\" -H 'MCP-Protocol-Version: 2025-11-25' \\\n"
                "  -d '{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}'\n\n",
           "", url);
    fflush(stdout);
}

static int serve(const char *uri, bool show)
{
    const struct sigaction action = { .sa_handler = on_signal };
    int r = mcps_server_listen(server, uri);

    if (r >= 0)
        r = demo_add_tools(server);
    if (r >= 0)
        r = demo_add_notes(server);
    if (r < 0)
        return r;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    r = mcps_server_start(server);
    if (r < 0)
        return r;
    if (show)
        show_commands(uri);
    r = mcps_server_wait(server);
    if (r < 0)
        return r;
    return mcps_server_stop(server,
                            (unsigned)mcps_server_get_limit(server, MCPS_LIMIT_DRAIN_MS));
}

int main(int argc, char **argv)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "demo", .title = "The demo",
                            .version = mcps_version(), .log = log_line);
    const char *port = getenv("PORT");
    char uri[128];
    int r = mcps_server_new(&server, &options);

    snprintf(uri, sizeof uri, "http://127.0.0.1:%s/mcp", port && *port ? port : "8080");
    if (r >= 0)
        r = serve(argc > 1 ? argv[1] : uri, argc < 2);
    if (r == -EADDRINUSE && argc < 2)
        fprintf(stderr,
                "demo: the port of %s is taken. Choose another one, as in:\n"
                "    PORT=8081 ./autogen.sh demo\n",
                uri);
    else if (r < 0)
        fprintf(stderr, "demo: %s\n", mcps_strerror(r));
    server = mcps_server_unref(server);
    return r < 0 || server ? EXIT_FAILURE : EXIT_SUCCESS;
}
