/* SPDX-License-Identifier: MIT */
/*
 * A session: a client that sends anything at all, then goes away. Whatever it was, each line
 * that comes back is a whole message, no id is answered twice that was asked once, and the
 * server has nothing left of the client afterwards.
 */
#include "config.h"

#include "fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json_object.h>

#include "mcpserver/mcpserver.h"
#include "mcpserver/test.h"
#include "rpc/envelope.h"

enum { WAIT_MS = 10000 };

static mcps_server *server;

static int echo(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)userdata;
    mcps_call_progress(call, 1, 2, "half");
    return mcps_call_text(call, "%s", json_object_to_json_string(args));
}

static int wait_(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_sleep_ms(call, WAIT_MS);
}

static int roots(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *list;
    int r = mcps_call_roots(call, &list);

    (void)args;
    (void)userdata;
    if (r < 0)
        return r;
    json_object_put(list);
    return mcps_call_text(call, "roots");
}

/* ---- prompts and resources ---- */

static const char *const colours[] = { "red", "green", NULL };

#define PAINT(ARG, S)                                             \
    ARG(S, ENUM, colour, NULL, MCPS_REQUIRED, .choices = colours) \
    ARG(S, INT, n, NULL, MCPS_OPTIONAL)                           \
    ARG(S, STRING, text, NULL, MCPS_OPTIONAL)
MCPS_ARGS(paint, PAINT);

MCPS_PROMPT_HANDLER(mix, paint)
{
    (void)userdata;
    return mcps_call_text(call, "%s %lld %s", colours[args->colour], (long long)args->n,
                          args->has_text ? args->text : "");
}

MCPS_TEMPLATE_HANDLER(read_paint, paint)
{
    (void)userdata;
    return mcps_call_resource_text(call, NULL, NULL, args->has_text ? args->text : "",
                                   args->has_text ? strlen(args->text) : 0);
}

static int complete(mcps_call *call, const char *argument, const char *value,
                    void *userdata)
{
    const char *other = mcps_complete_context(call, argument);

    (void)userdata;
    return mcps_complete_value(call, other ? other : value);
}

static void add_offers(void)
{
    static const struct mcps_prompt prompts[] = {
        MCPS_PROMPT(mix, paint, "Mixes", .complete = complete),
        MCPS_PROMPT_STRUCT(.name = "echo", .handler = echo),
    };
    static const struct mcps_resource resources[] = {
        MCPS_RESOURCE(.uri = "a:text", .name = "text", .text = "text"),
        MCPS_RESOURCE(.uri = "a:blob", .name = "blob", .blob = MCPS_STATIC_BLOB("ab", 2)),
    };
    static const struct mcps_template templates[] = {
        MCPS_TEMPLATE("a:{colour}/{+text}{?n}", read_paint, paint, "Paint"),
    };

    FUZZ_CHECK(mcps_server_add_prompts(server, prompts, 2) >= 0);
    FUZZ_CHECK(mcps_server_add_resources(server, resources, 2) >= 0);
    FUZZ_CHECK(mcps_server_add_templates(server, templates, 1) >= 0);
}

/* So that no thread is left for a sanitizer to find. */
static void stop(void)
{
    FUZZ_CHECK(mcps_server_stop(server, 0) == 0);
    FUZZ_CHECK(mcps_server_unref(server) == NULL);
}

static void start(void)
{
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "echo", .handler = echo),
        MCPS_TOOL_STRUCT(.name = "wait", .handler = wait_),
        MCPS_TOOL_STRUCT(.name = "roots", .handler = roots),
    };
    struct mcps_server_options options = MCPS_SERVER_OPTIONS(.workers = 2);

    FUZZ_CHECK(mcps_server_new(&server, &options) == 0);
    FUZZ_CHECK(mcps_server_set_limit(server, MCPS_LIMIT_EOF_GRACE_MS, 0) == 0);
    FUZZ_CHECK(mcps_server_set_limit(server, MCPS_LIMIT_MESSAGE_BYTES, 2048) == 0);
    FUZZ_CHECK(mcps_server_add_tools(server, tools, sizeof tools / sizeof tools[0]) == 0);
    add_offers();
    FUZZ_CHECK(mcps_server_start(server) == 0);
    atexit(stop);
}

/* A message, or the array that answers a batch. */
static void check_message(const char *text)
{
    struct mcps__envelope env;
    struct mcps__scan scan;
    int r;

    mcps__scan_init(&scan, &mcps__json_default_limits);
    FUZZ_CHECK(mcps__scan_feed(&scan, text, strlen(text), true) == 1);
    r = mcps__envelope_read(&env, &scan, text, true);
    FUZZ_CHECK(r == 0);
    mcps__scan_fini(&scan);
}

static void receive_all(mcps_test_client *client)
{
    char *text;
    int r = mcps_test_receive(client, &text, WAIT_MS);

    while (r == 0) {
        check_message(text);
        free(text);
        r = mcps_test_receive(client, &text, WAIT_MS);
    }
    FUZZ_CHECK(r == MCPS_ECLOSED);
}

/* The statistics are not of one moment: a call that was still queued when the first were
 * read may have ended when the last are. */
static bool is_empty(const struct mcps_stats *stats)
{
    return stats->sessions == 0 && stats->in_flight == 0 && stats->pending == 0 &&
           stats->out_bytes == 0 && stats->queued == 0 && stats->parked == 0;
}

/* In steps of a millisecond: an event for it there is none. */
static void wait_until_empty(void)
{
    struct mcps_stats stats = { .struct_size = sizeof stats };

    mcps_server_get_stats(server, &stats);
    for (int i = 0; i < WAIT_MS && !is_empty(&stats); i++) {
        usleep(i < 10 ? 20 : 1000);
        mcps_server_get_stats(server, &stats);
    }
    FUZZ_CHECK(is_empty(&stats));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mcps_test_client *client;

    if (!server)
        start();
    FUZZ_CHECK(mcps_test_connect(server, NULL, &client) == 0);
    if (size > 0)
        FUZZ_CHECK(mcps_test_send_bytes(client, data, size, WAIT_MS) == (long)size);
    mcps_test_cut(client, MCPS_TEST_CUT_SENDING);
    receive_all(client);
    mcps_test_free(client);
    wait_until_empty();
    return 0;
}
