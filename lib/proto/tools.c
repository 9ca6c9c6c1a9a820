/* SPDX-License-Identifier: MIT */
/* Listing and calling tools, which both eras do alike; see tools.h. */
#include "config.h"

#include "proto/tools.h"

#include <errno.h>
#include <stdio.h>

#include "core/answer.h"
#include "core/call.h"
#include "core/close.h"
#include "core/lists.h"
#include "rpc/errors.h"
#include "util/utf8.h"

/* All tools are on one page. */
void mcps__tools_list(const struct mcps__request *request)
{
    bool wrong = false;
    struct mcps__bytes *list;

    if (mcps__request_param(request, "cursor", MCPS__JSON_STRING, &wrong) || wrong) {
        mcps__request_refuse_params(request,
                                    wrong ? "cursor must be a string"
                                          : "this cursor is none that the server gave");
        return;
    }
    if (mcps__lists_get(request->peer->engine, request->context->version, &list) < 0) {
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
        return;
    }
    mcps__request_answer_bytes(request, list);
    mcps__bytes_unref(list);
}

/* A token of another type is as good as none: the call is not refused for it. */
static int read_progress_token(const struct mcps__request *request, struct mcps__id *ret)
{
    const struct mcps__scan_member *token =
        mcps__scan_find(request->scan, request->text, MCPS__SCAN_META, "progressToken");
    const char *why;
    int r = 0;

    ret->kind = MCPS__ID_NONE;
    ret->len = 0;
    if (token)
        r = mcps__id_read(ret, request->text + token->value, token->value_len,
                          (enum mcps__json_type)token->type, &why);
    return r == -ENOMEM ? r : 0;
}

enum { QUOTED_MAX = 64 }; /* bytes of a name in an error */

/* The tool of a name, with a reference, or NULL. */
static struct mcps__tool *find_tool(const struct mcps__request *request,
                                    const struct mcps__buf *name, bool *ret_enabled)
{
    struct mcps__snapshot *snapshot =
        mcps__registry_get(&request->peer->engine->registry);
    struct mcps__tool *tool =
        mcps__snapshot_find(snapshot, name->data, name->len, ret_enabled);

    mcps__snapshot_unref(snapshot);
    return tool;
}

static void refuse_tool(const struct mcps__request *request, const char *what,
                        const struct mcps__buf *name)
{
    char message[128];
    size_t len = name->len < QUOTED_MAX ? name->len : QUOTED_MAX;

    len = mcps__utf8_valid_prefix(name->data, len);
    snprintf(message, sizeof message, "%s tool: \"%.*s\"", what, (int)len, name->data);
    mcps__request_refuse_params(request, message);
}

/* ---- what the client must be able to do ---- */

static void write_missing(struct mcps__writer *w, unsigned missing)
{
    mcps__write_object(w);
    mcps__write_key(w, "requiredCapabilities");
    mcps__write_capabilities(w, missing);
    mcps__write_object_end(w);
}

static void refuse_missing(const struct mcps__request *request, const char *data)
{
    mcps__request_refuse(request, MCPS__RPC_MISSING_CAPABILITY, NULL, data);
}

/* The legacy era has no error for it: the model is told. */
static void fail_missing(const struct mcps__request *request, const char *data)
{
    char text[256];
    struct mcps__buf buf;
    struct mcps__writer w;

    snprintf(text, sizeof text, "This tool needs a client that has declared more: %s",
             data);
    if (mcps__request_begin_result(request, &buf, &w) < 0)
        return;
    mcps__write_tool_error(&w, text);
    mcps__request_end_result(request, &buf, &w);
}

static bool check_needs(const struct mcps__request *request,
                        const struct mcps__tool *tool)
{
    unsigned missing = tool->needs & ~request->context->capabilities;
    struct mcps__buf data;
    struct mcps__writer w;

    if (missing == 0)
        return true;
    mcps__buf_init(&data, SIZE_MAX);
    mcps__write_init(&w, &data);
    write_missing(&w, missing);
    if (mcps__write_end(&w) < 0 || mcps__buf_append_byte(&data, '\0') < 0)
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    else if (mcps__context_is_modern(request->context))
        refuse_missing(request, data.data);
    else
        fail_missing(request, data.data);
    mcps__buf_fini(&data);
    return false;
}

/* ---- calling ---- */

static void refuse_call(const struct mcps__request *request, int error, const char *why)
{
    if (error == MCPS_EEXISTS)
        mcps__request_refuse_unnamed(
            request, MCPS__RPC_INVALID_REQUEST,
            "Invalid request: a request with this id is in flight");
    else if (error == MCPS_ECLOSED)
        mcps__request_refuse(request, MCPS__RPC_SERVER, "The server stops",
                             MCPS__SHUTDOWN);
    else if (error == MCPS_ELIMIT)
        mcps__request_refuse(request, MCPS__RPC_SERVER, why, MCPS__BUSY);
    else
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
}

static void admit(const struct mcps__request *request, struct mcps__tool *tool,
                  const struct mcps__scan_member *arguments)
{
    struct mcps__id progress_token;
    const struct mcps__call_request call = {
        .peer = request->peer,
        .context = request->context,
        .batch = request->batch,
        .id = &request->env->id,
        .progress_token = &progress_token,
        .tool = tool,
        .arguments = arguments ? request->text + arguments->value : NULL,
        .arguments_len = arguments ? arguments->value_len : 0,
    };
    const char *why = NULL;
    int r = read_progress_token(request, &progress_token);

    if (r >= 0)
        r = mcps__call_admit(&call, &why);
    if (r < 0)
        refuse_call(request, r, why);
}

static void call_named(const struct mcps__request *request, const struct mcps__buf *name,
                       const struct mcps__scan_member *arguments)
{
    bool enabled = false;
    struct mcps__tool *tool = find_tool(request, name, &enabled);

    if (!tool || !enabled)
        refuse_tool(request, tool ? "Disabled" : "Unknown", name);
    else if (check_needs(request, tool))
        admit(request, tool, arguments);
    mcps__tool_unref(tool);
}

void mcps__tools_call(const struct mcps__request *request)
{
    bool wrong_name = false, wrong_arguments = false;
    const struct mcps__scan_member *name =
        mcps__request_param(request, "name", MCPS__JSON_STRING, &wrong_name);
    const struct mcps__scan_member *arguments =
        mcps__request_param(request, "arguments", MCPS__JSON_OBJECT, &wrong_arguments);
    struct mcps__buf decoded;

    if (!name) {
        mcps__request_refuse_params(request, "tools/call needs name, a string");
        return;
    }
    if (wrong_arguments) {
        mcps__request_refuse_params(request, "arguments must be an object");
        return;
    }
    if (mcps__request_decode(&decoded, request, name) < 0)
        refuse_call(request, -ENOMEM, NULL);
    else
        call_named(request, &decoded, arguments);
    mcps__buf_fini(&decoded);
}
