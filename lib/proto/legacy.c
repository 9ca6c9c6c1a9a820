/* SPDX-License-Identifier: MIT */
/* The methods of the legacy era, as tables; see legacy.h. */
#include "config.h"

#include "proto/legacy.h"

#include <errno.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/linkhash.h>

#include "core/call.h"
#include "core/pending.h"
#include "json/tree.h"
#include "proto/capabilities.h"
#include "proto/completion.h"
#include "proto/offers.h"
#include "proto/prompts.h"
#include "proto/resources.h"
#include "proto/subscriptions.h"
#include "rpc/errors.h"

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
    version = mcps__version_by_name(MCPS__LEGACY, json_object_get_string(member),
                                    (size_t)json_object_get_string_len(member));
    return version < 0 ? MCPS__V_2025_11_25 : (enum mcps__version)version;
}

static unsigned read_members(struct json_object *object, const char *of)
{
    unsigned declared = 0;

    json_object_object_foreach(object, name, value)
    {
        if (json_object_is_type(value, json_type_object))
            declared |= mcps__capability_by_name(of, name, strlen(name));
    }
    return declared;
}

static unsigned read_capabilities(struct json_object *params)
{
    struct json_object *capabilities = NULL;
    unsigned declared;

    json_object_object_get_ex(params, "capabilities", &capabilities);
    declared = read_members(capabilities, NULL);
    json_object_object_foreach(capabilities, name, value)
    {
        if (json_object_is_type(value, json_type_object))
            declared |= read_members(value, name);
    }
    return mcps__capabilities_of(choose_version(params), declared);
}

static void answer_initialize(const struct mcps__request *request,
                              const struct mcps__context *context,
                              const struct mcps__capabilities *capabilities)
{
    const struct mcps__engine *engine = request->peer->engine;
    const struct mcps__bytes *info = engine->implementation[context->version];
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__request_begin_result(request, &buf, &w) < 0)
        return;
    mcps__write_key(&w, "protocolVersion");
    mcps__write_string(&w, mcps__version_info(context->version)->text);
    mcps__write_key(&w, "capabilities");
    mcps__capabilities_write(&w, capabilities, context->version);
    mcps__write_key(&w, "serverInfo");
    mcps__write_raw(&w, info->data, info->len);
    if (engine->instructions) {
        mcps__write_key(&w, "instructions");
        mcps__write_raw(&w, engine->instructions->data, engine->instructions->len);
    }
    mcps__request_end_result(request, &buf, &w);
}

/* Nobody else has the context yet. */
static void keep_client(struct mcps__client *client, struct json_object *params)
{
    struct json_object *info = NULL, *name = NULL, *version = NULL;

    json_object_object_get_ex(params, "clientInfo", &info);
    json_object_object_get_ex(info, "name", &name);
    json_object_object_get_ex(info, "version", &version);
    mcps__client_keep(
        client, json_object_get_string(name), (size_t)json_object_get_string_len(name),
        json_object_get_string(version), (size_t)json_object_get_string_len(version));
}

/* Of what is declared to it. It is told nothing before the handshake is over. */
static int listen_to_lists(struct mcps__peer *peer,
                           const struct mcps__capabilities *capabilities)
{
    const bool declared[MCPS__N_CHANGED] = {
        [MCPS__CHANGED_TOOLS] = true,
        [MCPS__CHANGED_PROMPTS] = capabilities->prompts,
        [MCPS__CHANGED_RESOURCES] = capabilities->resources,
    };
    int r = 0;

    for (int i = 0; i < MCPS__N_CHANGED && r >= 0; i++) {
        if (declared[i])
            r = mcps__listener_add_list(&peer->listener, (enum mcps__changed)i);
    }
    return r < 0 ? r : mcps__listener_show(&peer->listener, NULL);
}

/* The context is there before the answer is, so that what the client sends next finds it. */
static void begin_session(const struct mcps__request *request, struct json_object *params)
{
    struct mcps__peer *peer = request->peer;
    const struct mcps__capabilities capabilities = mcps__capabilities_now(peer->engine);
    struct mcps__context *context;
    int r = mcps__context_new(&context, choose_version(params), read_capabilities(params),
                              NULL);

    if (r >= 0) {
        r = listen_to_lists(peer, &capabilities);
        if (r < 0)
            mcps__context_unref(context);
    }
    if (r < 0) {
        mcps__listener_drop(&peer->listener);
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
        return;
    }
    keep_client(&context->client, params);
    mcps__mutex_lock(&peer->mutex);
    peer->context = context;
    mcps__mutex_unlock(&peer->mutex);
    answer_initialize(request, context, &capabilities);
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
        mcps__request_refuse_params(request, "initialize needs params");
        return;
    }
    r = build_params(request, &params);
    fault = r < 0 ? mcps__json_strerror(r) : initialize_fault(params);
    if (r == -ENOMEM)
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    else if (fault)
        mcps__request_refuse_params(request, fault);
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
    mcps__changes_say(peer);
}

/* What is dispatched after it sees it: this is the only thread that dispatches. */
static void handle_set_level(const struct mcps__request *request)
{
    bool wrong = false;
    const struct mcps__scan_member *member =
        mcps__request_param(request, "level", MCPS__JSON_STRING, &wrong);
    int level = member ? mcps__request_log_level(request, member) : -EINVAL;

    if (level == -ENOMEM) {
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    } else if (level < 0) {
        mcps__request_refuse_params(request,
                                    "logging/setLevel needs level, one of the eight");
    } else {
        atomic_store(&request->peer->log_levels, (unsigned)level + 1);
        mcps__request_answer_empty(request);
    }
}

static void handle_ping(const struct mcps__request *request)
{
    mcps__request_answer_empty(request);
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
    while (exchange) { /* one, but where several may have that id */
        mcps__exchange_cancel(exchange, MCPS_CANCEL_CLIENT);
        mcps__exchange_unref(exchange);
        exchange = request->peer->tolerates_twins
                       ? mcps__exchange_find(request->peer, &id)
                       : NULL;
    }
}

/* ---- what clients say of themselves ---- */

/* The tokens that clients get from us are the ids of our requests. */
static void handle_progress(const struct mcps__request *request)
{
    const struct mcps__scan_member *member =
        mcps__scan_find(request->scan, request->text, MCPS__SCAN_PARAMS, "progressToken");
    struct mcps__id id;
    const char *why;

    if (member && member->type == MCPS__JSON_NUMBER &&
        mcps__id_read(&id, request->text + member->value, member->value_len,
                      MCPS__JSON_NUMBER, &why) >= 0)
        mcps__pending_renew(request->peer, id.number);
}

static void handle_roots_changed(const struct mcps__request *request)
{
    if (request->context)
        mcps__peer_roots_changed(request->peer);
    else
        mcps__request_ignore(request, "changed roots before initialize");
}

/* ---- the tables ---- */

static const struct mcps__method requests[] = {
    { "initialize", handle_initialize, true },
    { "ping", handle_ping, true },
    { "logging/setLevel", handle_set_level, false },
    { "tools/list", mcps__tools_list, false },
    { "tools/call", mcps__tools_call, false },
    { "prompts/list", mcps__prompts_list, false },
    { "prompts/get", mcps__prompts_get, false },
    { "resources/list", mcps__resources_list, false },
    { "resources/templates/list", mcps__templates_list, false },
    { "resources/read", mcps__resources_read, false },
    { "completion/complete", mcps__completion_complete, false },
    { "resources/subscribe", mcps__resources_subscribe, false },
    { "resources/unsubscribe", mcps__resources_unsubscribe, false },
};

static const struct mcps__method notifications[] = {
    { "notifications/initialized", handle_initialized, true },
    { "notifications/cancelled", handle_cancelled, true },
    { "notifications/progress", handle_progress, true },
    { "notifications/roots/list_changed", handle_roots_changed, true },
};

#define N_OF(table) (sizeof(table) / sizeof(table)[0])

static void serve(const struct mcps__request *request, const struct mcps__method *method)
{
    if (!request->context && !(method && method->before_handshake)) {
        mcps__request_refuse(request, MCPS__RPC_INVALID_REQUEST,
                             "Not initialized: begin with the request initialize", NULL);
        return;
    }
    if (method)
        method->handle(request);
    else
        mcps__request_refuse_method(request);
}

/* A ping is between those who keep the connection, and nobody else's. */
void mcps__legacy_request(const struct mcps__request *request)
{
    const struct mcps__method *method =
        mcps__request_method(request, requests, N_OF(requests));
    struct mcps__request own = *request;

    if (!mcps__request_check_id(request))
        return;
    if (method && method->handle == handle_ping) {
        serve(request, method);
    } else if (mcps__request_begin(&own)) {
        serve(&own, method);
        mcps__request_end(&own);
    }
}

void mcps__legacy_notification(const struct mcps__request *request)
{
    const struct mcps__method *method =
        mcps__request_method(request, notifications, N_OF(notifications));

    if (method)
        method->handle(request);
    else
        mcps__request_ignore(request, "an unknown notification");
}
