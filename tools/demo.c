/* SPDX-License-Identifier: MIT */
/*
 * A server with three sample tools, over standard input and output: what `./autogen.sh demo`
 * talks to. Any MCP client can start it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "mcpserver/mcpserver.h"

#define ADD_ARGS(ARG, S)                             \
    ARG(S, NUMBER, a, "First addend", MCPS_REQUIRED) \
    ARG(S, NUMBER, b, "Second addend", MCPS_REQUIRED)
MCPS_ARGS(add_args, ADD_ARGS);

MCPS_TOOL_HANDLER(add, add_args)
{
    (void)userdata;
    return mcps_call_text(call, "%g", args->a + args->b);
}

MCPS_TOOL_HANDLER(now, mcps_no_args)
{
    char text[64];
    time_t seconds = time(NULL);
    struct tm utc;

    (void)args;
    (void)userdata;
    if (!gmtime_r(&seconds, &utc) ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
        return mcps_call_fail(call, "the time cannot be told");
    return mcps_call_text(call, "%s", text);
}

#define COUNTDOWN_ARGS(ARG, S) \
    ARG(S, INT, from, "Where to begin", MCPS_REQUIRED, MCPS_RANGE(1, 60))
MCPS_ARGS(countdown_args, COUNTDOWN_ARGS);

/* Takes its time, says how far it is, and stops as soon as it is cancelled. */
MCPS_TOOL_HANDLER(countdown, countdown_args)
{
    int r;

    (void)userdata;
    for (int64_t i = 1; i <= args->from; i++) {
        r = mcps_call_sleep_ms(call, 200);
        if (r < 0)
            return r;
        mcps_call_progress(call, (double)i, (double)args->from, "counting down");
    }
    return mcps_call_text(call, "lift-off");
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL(add, add_args, "Adds two numbers", .hints = MCPS_READ_ONLY),
    MCPS_TOOL(now, mcps_no_args, "Tells the time", .hints = MCPS_READ_ONLY),
    MCPS_TOOL(countdown, countdown_args, "Counts down, five a second",
              .hints = MCPS_READ_ONLY),
};

static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    fprintf(stderr, "demo: %s\n", line);
}

int main(void)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "demo", .title = "The demo",
                            .version = mcps_version(), .log = log_line);
    mcps_server *server = NULL;
    int r = mcps_server_new(&server, &options);

    if (r >= 0)
        r = mcps_server_add_tools(server, tools, sizeof tools / sizeof tools[0]);
    if (r >= 0)
        r = mcps_server_listen(server, "stdio:");
    if (r >= 0)
        r = mcps_server_run(server);
    if (r < 0)
        fprintf(stderr, "demo: %s\n", mcps_strerror(r));
    server = mcps_server_unref(server);
    return r < 0 || server ? EXIT_FAILURE : EXIT_SUCCESS;
}
