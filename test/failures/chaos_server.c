/* SPDX-License-Identifier: MIT */
/* The server of the chaos; see chaos.h. */
#include "config.h"

#include "chaos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

mcps_server *chaos_server;

static atomic_uint n_errors;

unsigned server_errors(void)
{
    return atomic_load(&n_errors);
}

static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    if (level > MCPS_LOG_ERROR)
        return;
    atomic_fetch_add(&n_errors, 1);
    printf("the server says: %s\n", line);
}

/* ---- tools ---- */

/* What all of them take. */
#define PART_ARGS(ARG, S)                                      \
    ARG(S, STRING, secret, "What is said back", MCPS_REQUIRED) \
    ARG(S, INT, n, "How often", MCPS_OPTIONAL)                 \
    ARG(S, INT, ms, "How long each takes", MCPS_OPTIONAL)
MCPS_ARGS(part_args, PART_ARGS);

MCPS_TOOL_HANDLER(plain, part_args)
{
    (void)userdata;
    return mcps_call_text(call, "%s", args->secret);
}

MCPS_TOOL_HANDLER(steps, part_args)
{
    int r = 0;

    (void)userdata;
    for (int64_t i = 0; i < args->n && r >= 0; i++) {
        r = mcps_call_progress(call, (double)i + 1, (double)args->n, args->secret);
        if (r >= 0 && args->ms > 0)
            r = mcps_call_sleep_ms(call, (unsigned)args->ms);
    }
    return r < 0 ? r : mcps_call_text(call, "%s", args->secret);
}

MCPS_TOOL_HANDLER(big, part_args)
{
    int r = 0;

    (void)userdata;
    for (int64_t i = 0; i < args->n && r >= 0; i++)
        r = mcps_call_text(call, "%s ...............................................",
                           args->secret);
    return r < 0 ? r : mcps_call_text(call, "%s", args->secret);
}

/* Its client is to come back for the answer. */
MCPS_TOOL_HANDLER(away, part_args)
{
    int r = mcps_call_close_stream(call, 1);

    (void)userdata;
    if (r >= 0)
        r = mcps_call_sleep_ms(call, (unsigned)args->ms);
    return r < 0 ? r : mcps_call_text(call, "%s", args->secret);
}

#define WORD_FORM(ARG, S) ARG(S, STRING, word, "A word", MCPS_REQUIRED)
MCPS_FORM(word_form, WORD_FORM);

MCPS_TOOL_HANDLER(ask, part_args)
{
    const struct word_form *form;
    int r = word_form_ask(call, "word", args->secret, &form);

    (void)userdata;
    if (r < 0)
        return r;
    return mcps_call_text(call, "%s %s", args->secret,
                          r == MCPS_ACCEPTED ? form->word : "nothing");
}

/* ---- who may come in ---- */

/* It takes its time, if the client wants to see that. */
static void identify(mcps_http_request *request, void *userdata)
{
    const char *player = mcps_http_header(request, "X-Player");
    const char *slow = mcps_http_header(request, "X-Slow");

    (void)userdata;
    if (slow)
        nap_ms((unsigned)strtoul(slow, NULL, 10));
    if (player)
        (void)mcps_http_accept(request, player, NULL);
    else
        (void)mcps_http_reject(request, 401, "Bearer");
}

/* ---- life ---- */

static bool set_limits(void)
{
    static const struct {
        enum mcps_limit limit;
        unsigned value;
    } limits[] = {
        { MCPS_LIMIT_CONNECTIONS, 64 },       { MCPS_LIMIT_SESSIONS_PER_ACCOUNT, 4 },
        { MCPS_LIMIT_CALLS_PER_ACCOUNT, 24 }, { MCPS_LIMIT_LISTENS_PER_ACCOUNT, 4 },
        { MCPS_LIMIT_PROGRESS_MS, 0 },        { MCPS_LIMIT_LIST_CHANGED_MS, 5 },
        { MCPS_LIMIT_SSE_KEEP_ALIVE_MS, 40 }, { MCPS_LIMIT_RETRY_MS, 1 },
        { MCPS_LIMIT_ELICIT_MS, 1000 },       { MCPS_LIMIT_INIT_MS, 1000 },
        { MCPS_LIMIT_CLOSE_FLUSH_MS, 200 },   { MCPS_LIMIT_REPLAY_BYTES, 64 * 1024 },
        { MCPS_LIMIT_OUT_BYTES, 64 * 1024 },
    };

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (mcps_server_set_limit(chaos_server, limits[i].limit, limits[i].value) < 0)
            return false;
    }
    return true;
}

/* The transport of 2024-11-05 is beside each of them. */
bool server_make(enum kind kind)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "chaos", .version = "1", .workers = 4,
                            .log = log_line, .log_level = MCPS_LOG_WARNING);
    const struct mcps_http_options http =
        MCPS_HTTP_OPTIONS(.identify = identify, .http_sse = true,
                          .json_only = kind == KIND_JSON_ONLY,
                          .stateless = kind == KIND_STATELESS);
    struct mcps_tool tools[] = {
        MCPS_TOOL(plain, part_args, "Says it"),
        MCPS_TOOL(steps, part_args, "Says it, step by step"),
        MCPS_TOOL(big, part_args, "Says it often"),
        MCPS_TOOL(away, part_args, "Says it to who comes back"),
        MCPS_TOOL(ask, part_args, "Says it when it was asked"),
        MCPS_TOOL(plain, part_args, "Comes and goes"),
    };
    const size_t n = sizeof tools / sizeof tools[0];

    tools[0].only_result = true;
    tools[n - 1].name = "spare";
    return mcps_server_new(&chaos_server, &options) >= 0 &&
           mcps_server_add_tools(chaos_server, tools, n) >= 0 && set_limits() &&
           mcps_server_listen_http(chaos_server, "http://127.0.0.1:0/mcp", &http) >= 0;
}

bool server_start(int *ret_port)
{
    char url[64];

    return mcps_server_start(chaos_server) >= 0 &&
           mcps_server_get_url(chaos_server, url, sizeof url) >= 0 &&
           sscanf(url, "http://127.0.0.1:%d", ret_port) == 1;
}

struct mcps_stats server_stats(void)
{
    struct mcps_stats stats = { .struct_size = sizeof stats };

    mcps_server_get_stats(chaos_server, &stats);
    return stats;
}
