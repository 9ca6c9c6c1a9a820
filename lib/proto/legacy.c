/* SPDX-License-Identifier: MIT */
/* The methods of the legacy era, as tables; see legacy.h. */
#include "config.h"

#include "proto/legacy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/call.h"
#include "core/close.h"
#include "json/text.h"
#include "json/tree.h"
#include "rpc/errors.h"

static void refuse_params(const struct mcps__request *request, const char *message)
{
    mcps__request_refuse(request, MCPS__RPC_INVALID_PARAMS, message, NULL);
}

static void answer_raw(const struct mcps__request *request, const char *json, size_t len)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__request_begin_result(request, &buf, &w) < 0) {
        mcps__request_answer(request, NULL);
        return;
    }
    mcps__write_raw(&w, json, len);
    mcps__request_end_result(request, &buf, &w);
}

/* Titles, and what else came with 2025-06-18, stand in the second of two variants. */
static int variant_of(const struct mcps__context *context)
{
    return context->version >= MCPS__V_2025_06_18 ? 1 : 0;
}

/* ---- the handshake ---- */

/* NULL, or what is missing in the params of initialize. */
static const char *initialize_fault(struct json_object *params)
{
    struct json_object *member, *info;

    if (!json_object_object_get_ex(params, "protocolVersion", &member) ||
        !json_object_is_type(member, json_type_string))
        return "initialize needs protocolVersion, a string";
    if (!json_object_object_get_ex(params, "capabilities", &member) ||
        !json_object_is_type(member, json_type_object))
        return "initialize needs capabilities, an object";
    if (!json_object_object_get_ex(params, "clientInfo", &info) ||
        !json_object_is_type(info, json_type_object))
        return "initialize needs clientInfo, an object";
    if (!json_object_object_get_ex(info, "name", &member) ||
        !json_object_is_type(member, json_type_string) ||
        !json_object_object_get_ex(info, "version", &member) ||
        !json_object_is_type(member, json_type_string))
        return "initialize needs clientInfo with name and version, both strings";
    return NULL;
}

/* The version that the client asked for, or else the latest that has this handshake. */
static enum mcps__version choose_version(struct json_object *params)
{
    struct json_object *member = NULL;
    int version;

    json_object_object_get_ex(params, "protocolVersion", &member);
    version = mcps__version_by_name(json_object_get_string(member),
                                    (size_t)json_object_get_string_len(member));
    return version < 0 ? MCPS__N_VERSIONS - 1 : (enum mcps__version)version;
}

static unsigned read_capabilities(struct json_object *params)
{
    struct json_object *capabilities = NULL, *roots;

    json_object_object_get_ex(params, "capabilities", &capabilities);
    if (json_object_object_get_ex(capabilities, "roots", &roots) &&
        json_object_is_type(roots, json_type_object))
        return MCPS_CLIENT_ROOTS;
    return 0;
}

static void answer_initialize(const struct mcps__request *request,
                              const struct mcps__context *context)
{
    const struct mcps__engine *engine = request->peer->engine;
    const struct mcps__bytes *info = engine->implementation[variant_of(context)];
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__request_begin_result(request, &buf, &w) < 0) {
        mcps__request_answer(request, NULL);
        return;
    }
    mcps__write_object(&w);
    mcps__write_key(&w, "protocolVersion");
    mcps__write_string(&w, mcps__version_info(context->version)->text);
    mcps__write_key(&w, "capabilities");
    mcps__write_raw(&w, "{\"tools\":{}}", 12);
    mcps__write_key(&w, "serverInfo");
    mcps__write_raw(&w, info->data, info->len);
    if (engine->instructions) {
        mcps__write_key(&w, "instructions");
        mcps__write_raw(&w, engine->instructions->data, engine->instructions->len);
    }
    mcps__write_object_end(&w);
    mcps__request_end_result(request, &buf, &w);
}

/* The context is there before the answer is, so that what the client sends next finds it. */
static void begin_session(const struct mcps__request *request, struct json_object *params)
{
    struct mcps__peer *peer = request->peer;
    struct mcps__context *context;
    int r =
        mcps__context_new(&context, choose_version(params), read_capabilities(params));

    if (r < 0) {
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
        return;
    }
    mcps__mutex_lock(&peer->mutex);
    peer->context = context;
    mcps__mutex_unlock(&peer->mutex);
    answer_initialize(request, context);
}

/* The params as a tree: nothing else of this era needs one on the I/O thread. */
static int build_params(const struct mcps__request *request, struct json_object **ret)
{
    const struct mcps__scan_member *body = request->env->body;
    struct mcps__tree_parser parser;
    int r = mcps__tree_parser_init(&parser, &request->peer->engine->json_limits);

    if (r >= 0)
        r = mcps__tree_build(&parser, ret, request->text + body->value, body->value_len);
    mcps__tree_parser_fini(&parser);
    return r;
}

static void handle_initialize(const struct mcps__request *request)
{
    struct json_object *params = NULL;
    const char *fault;
    int r;

    if (request->batch || request->context) {
        mcps__request_refuse(request, MCPS__RPC_INVALID_REQUEST,
                             request->batch ? "initialize cannot be part of a batch"
                                            : "initialize was answered already",
                             NULL);
        return;
    }
    if (!request->env->body) {
        refuse_params(request, "initialize needs params");
        return;
    }
    r = build_params(request, &params);
    fault = r < 0 ? mcps__json_strerror(r) : initialize_fault(params);
    if (r == -ENOMEM)
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    else if (fault)
        refuse_params(request, fault);
    else
        begin_session(request, params);
    json_object_put(params);
}

static void handle_initialized(const struct mcps__request *request)
{
    struct mcps__peer *peer = request->peer;

    if (!request->context) {
        mcps__request_ignore(request, "notifications/initialized before initialize");
        return;
    }
    mcps__mutex_lock(&peer->mutex);
    peer->ready = true;
    mcps__mutex_unlock(&peer->mutex);
}

static void handle_ping(const struct mcps__request *request)
{
    answer_raw(request, "{}", 2);
}

/* ---- tools ---- */

/* All tools are on one page. */
static void handle_tools_list(const struct mcps__request *request)
{
    bool wrong = false;
    struct mcps__snapshot *snapshot;
    const struct mcps__bytes *list;

    if (mcps__request_param(request, "cursor", MCPS__JSON_STRING, &wrong) || wrong) {
        refuse_params(request, wrong ? "cursor must be a string"
                                     : "this cursor is none that the server gave");
        return;
    }
    snapshot = mcps__registry_get(&request->peer->engine->registry);
    list = snapshot->list[variant_of(request->context)];
    answer_raw(request, list->data, list->len);
    mcps__snapshot_unref(snapshot);
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

/* The tool of a name as it stands in the message, with a reference, or NULL. */
static int find_tool(const struct mcps__request *request,
                     const struct mcps__scan_member *name, struct mcps__tool **ret)
{
    struct mcps__snapshot *snapshot;
    struct mcps__buf decoded;
    int r;

    mcps__buf_init(&decoded, name->value_len);
    r = mcps__buf_reserve(&decoded, 1);
    if (r >= 0)
        r = mcps__text_decode(&decoded, request->text + name->value + 1,
                              name->value_len - 2);
    if (r >= 0) {
        snapshot = mcps__registry_get(&request->peer->engine->registry);
        *ret = mcps__snapshot_find(snapshot, decoded.data, decoded.len);
        mcps__snapshot_unref(snapshot);
    }
    mcps__buf_fini(&decoded);
    return r;
}

static void refuse_unknown_tool(const struct mcps__request *request,
                                const struct mcps__scan_member *name)
{
    char message[128];

    snprintf(message, sizeof message, "Unknown tool: %.*s",
             name->value_len < 64 ? (int)name->value_len : 64,
             request->text + name->value);
    refuse_params(request, message);
}

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

static void handle_tools_call(const struct mcps__request *request)
{
    bool wrong_name = false, wrong_arguments = false;
    const struct mcps__scan_member *name =
        mcps__request_param(request, "name", MCPS__JSON_STRING, &wrong_name);
    const struct mcps__scan_member *arguments =
        mcps__request_param(request, "arguments", MCPS__JSON_OBJECT, &wrong_arguments);
    struct mcps__tool *tool = NULL;

    if (!name) {
        refuse_params(request, "tools/call needs name, a string");
        return;
    }
    if (wrong_arguments) {
        refuse_params(request, "arguments must be an object");
        return;
    }
    if (find_tool(request, name, &tool) < 0)
        refuse_call(request, -ENOMEM, NULL);
    else if (!tool)
        refuse_unknown_tool(request, name);
    else
        admit(request, tool, arguments);
    mcps__tool_unref(tool);
}

/* ---- cancelling ---- */

/* What fits no call in flight has come too late, or is nonsense; both are ignored. */
static void handle_cancelled(const struct mcps__request *request)
{
    const struct mcps__scan_member *member =
        mcps__scan_find(request->scan, request->text, MCPS__SCAN_PARAMS, "requestId");
    struct mcps__exchange *exchange = NULL;
    struct mcps__id id;
    const char *why;

    if (member && mcps__id_read(&id, request->text + member->value, member->value_len,
                                (enum mcps__json_type)member->type, &why) >= 0)
        exchange = mcps__exchange_find(request->peer, &id);
    if (!exchange) {
        mcps__request_ignore(request, "a cancel of what is not in flight");
        return;
    }
    mcps__call_cancel(mcps__call_of(exchange), MCPS_CANCEL_CLIENT);
    mcps__exchange_unref(exchange);
}

static void handle_nothing(const struct mcps__request *request)
{
    (void)request;
}

/* ---- the tables ---- */

struct method {
    const char *name;
    void (*handle)(const struct mcps__request *request);
    bool before_handshake;
};

static const struct method requests[] = {
    { "initialize", handle_initialize, true },
    { "ping", handle_ping, true },
    { "tools/list", handle_tools_list, false },
    { "tools/call", handle_tools_call, false },
};

/* Progress of our requests, and changed roots, need nothing to be done. */
static const struct method notifications[] = {
    { "notifications/initialized", handle_initialized, true },
    { "notifications/cancelled", handle_cancelled, true },
    { "notifications/progress", handle_nothing, true },
    { "notifications/roots/list_changed", handle_nothing, true },
};

static const struct method *find_method(const struct method *table, size_t n,
                                        const struct mcps__envelope *env)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, env->method) == 0)
            return &table[i];
    }
    return NULL;
}

static void refuse_method(const struct mcps__request *request)
{
    char message[128];

    snprintf(message, sizeof message, "Method not found: %.64s", request->env->method);
    mcps__request_refuse(request, MCPS__RPC_METHOD_NOT_FOUND, message, NULL);
}

static bool has_proper_params(const struct mcps__request *request)
{
    const struct mcps__scan_member *body = request->env->body;
    bool wrong = false;

    if (body && body->type != MCPS__JSON_OBJECT) {
        refuse_params(request, "params must be an object");
        return false;
    }
    if (body)
        mcps__request_param(request, "_meta", MCPS__JSON_OBJECT, &wrong);
    if (wrong)
        refuse_params(request, "_meta must be an object");
    return !wrong;
}

/* Answered with that id, it would be taken for the answer to the other one. */
static bool is_in_flight(const struct mcps__request *request)
{
    struct mcps__exchange *exchange =
        mcps__exchange_find(request->peer, &request->env->id);

    if (!exchange)
        return false;
    mcps__exchange_unref(exchange);
    refuse_call(request, MCPS_EEXISTS, NULL);
    return true;
}

void mcps__legacy_request(const struct mcps__request *request)
{
    const struct method *method =
        find_method(requests, sizeof requests / sizeof requests[0], request->env);

    if (is_in_flight(request))
        return;
    if (!request->context && !(method && method->before_handshake)) {
        mcps__request_refuse(request, MCPS__RPC_INVALID_REQUEST,
                             "Not initialized: begin with the request initialize", NULL);
        return;
    }
    if (!method)
        refuse_method(request);
    else if (has_proper_params(request))
        method->handle(request);
}

void mcps__legacy_notification(const struct mcps__request *request)
{
    const struct method *method = find_method(
        notifications, sizeof notifications / sizeof notifications[0], request->env);

    if (method)
        method->handle(request);
    else
        mcps__request_ignore(request, "an unknown notification");
}
