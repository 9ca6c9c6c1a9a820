/* SPDX-License-Identifier: MIT */
/*
 * A server with three sample tools, over standard input and output: what `./autogen.sh demo`
 * talks to. Any MCP client can start it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json_object.h>

#include "mcpserver/mcpserver.h"

static double number(struct json_object *args, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(args, name, &value);
    return json_object_get_double(value);
}

static int add(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)userdata;
    return mcps_call_text(call, "%g", number(args, "a") + number(args, "b"));
}

static int now(mcps_call *call, struct json_object *args, void *userdata)
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

/* Takes its time, says how far it is, and stops as soon as it is cancelled. */
static int countdown(mcps_call *call, struct json_object *args, void *userdata)
{
    int from = (int)number(args, "from"), r;

    (void)userdata;
    if (from < 1 || from > 60)
        return mcps_call_fail(call, "from must be 1 to 60");
    for (int i = 1; i <= from; i++) {
        r = mcps_call_sleep_ms(call, 200);
        if (r < 0)
            return r;
        mcps_call_progress(call, i, from, "counting down");
    }
    return mcps_call_text(call, "lift-off");
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL_STRUCT(.name = "add", .description = "Adds two numbers", .handler = add,
                     .input_schema = "{\"type\":\"object\",\"properties\":{"
                                     "\"a\":{\"type\":\"number\"},"
                                     "\"b\":{\"type\":\"number\"}},"
                                     "\"required\":[\"a\",\"b\"]}"),
    MCPS_TOOL_STRUCT(.name = "now", .description = "Tells the time", .handler = now),
    MCPS_TOOL_STRUCT(.name = "countdown", .description = "Counts down, five a second",
                     .handler = countdown,
                     .input_schema = "{\"type\":\"object\",\"properties\":{"
                                     "\"from\":{\"type\":\"integer\",\"minimum\":1,"
                                     "\"maximum\":60}},\"required\":[\"from\"]}"),
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
