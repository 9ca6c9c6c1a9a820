/* SPDX-License-Identifier: MIT */
/*
 * A server with a handful of sample tools: what `./autogen.sh demo` leaves running.
 *
 *     demo [URI]
 *
 * Without a URI it listens on http://127.0.0.1:8080/mcp, or on the port that PORT says. Over
 * HTTP it shows how to talk to it. Any MCP client can also start it with "stdio:". Ctrl-C stops
 * it.
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

/* While the handler of a signal may come, the server must be there. */
static void forget_signals(void)
{
    const struct sigaction action = { .sa_handler = SIG_DFL };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    fprintf(stderr, "demo: %s\n", line);
}

#define JSON "-H 'Content-Type: application/json' \\\n"

/* A call of 2026-07-28, which says all that there is to know about it. */
static void show_call(const char *flags, const char *url, const char *tool,
                      const char *arguments, const char *more)
{
    printf("curl -s%s %s " JSON
           "  -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H "
           "'Mcp-Name: %s' \\\n",
           flags, url, tool);
    printf(
        "  -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
        "\"%s\",\n"
        "  \"arguments\":%s,\"_meta\":{%s\n"
        "  \"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\n"
        "  \"io.modelcontextprotocol/clientCapabilities\":{}}}}'\n\n",
        tool, arguments, more);
}

/* A session of 2025-11-25: its first request makes it, the others name it. */
static void show_session(const char *url)
{
    printf(
        "SESSION=$(curl -s -D - -o /dev/null %s " JSON
        "  -d '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
        "\"protocolVersion\":\"2025-11-25\",\n"
        "  \"capabilities\":{},\"clientInfo\":{\"name\":\"curl\",\"version\":\"1\"}}}' |\n"
        "  grep -i '^mcp-session-id:' | tr -d '\\r') &&\n",
        url);
    printf("curl -s %s " JSON
           "  -H \"$SESSION\" -d '{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":"
           "\"tools/list\"}'\n\n",
           url);
}

static void show_commands(const char *url)
{
    printf("The demo is running on %s; Ctrl-C stops it.\n"
           "Try, in another terminal:\n\n"
           "1. A call, as of 2026-07-28\n\n",
           url);
    show_call("", url, "calculate", "{\"expression\":\"6 * (3 + 4)\"}", "");
    printf("2. One that says how far it is\n\n");
    show_call("N", url, "roll_dice", "{\"dice\":5}", "\"progressToken\":1,");
    printf("3. The list of tools in a session, as of 2025-11-25\n\n");
    show_session(url);
    fflush(stdout);
}

static int serve(const char *uri)
{
    const struct sigaction action = { .sa_handler = on_signal };
    char url[256];
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
    if (mcps_server_get_url(server, url, sizeof url) >= 0)
        show_commands(url);
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
        r = serve(argc > 1 ? argv[1] : uri);
    if (r == -EADDRINUSE && argc < 2)
        fprintf(stderr,
                "demo: the port of %s is taken. Choose another one, as in:\n"
                "    PORT=8081 ./autogen.sh demo\n",
                uri);
    else if (r < 0)
        fprintf(stderr, "demo: %s\n", mcps_strerror(r));
    forget_signals();
    server = mcps_server_unref(server);
    return r < 0 || server ? EXIT_FAILURE : EXIT_SUCCESS;
}
