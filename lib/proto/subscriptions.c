/* SPDX-License-Identifier: MIT */
/* Subscribing to changes; see subscriptions.h. */
#include "config.h"

#include "proto/subscriptions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/close.h"
#include "core/listen.h"
#include "core/view.h"
#include "json/tree.h"
#include "proto/capabilities.h"
#include "proto/resources.h"
#include "rpc/errors.h"
#include "schema/fits.h"

/* Why there is no room, for a request that may be made again later. */
static void refuse(const struct mcps__request *request, int error, const char *why)
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
    else if (error == MCPS_EINVALID)
        mcps__request_refuse_params(request, why);
    else
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
}

/* ---- the legacy era ---- */

/* Where things may be hidden, who subscribes is not told whether there is anything. */
static int may_subscribe(const struct mcps__request *request, const struct mcps__buf *uri)
{
    if (mcps__view_is_set(&request->peer->engine->view))
        return mcps__fits_iri(uri->data, uri->len);
    return mcps__resources_have(request, uri);
}

static void subscribe(const struct mcps__request *request, const struct mcps__buf *uri)
{
    struct mcps__listener *listener = &request->peer->listener;
    int r = may_subscribe(request, uri);

    if (r == 0) {
        mcps__resources_refuse_unknown(request, uri);
        return;
    }
    if (r > 0)
        r = mcps__listener_add_resource(listener, uri->data, uri->len,
                                        MCPS_LIMIT_SUBSCRIPTIONS_PER_PEER);
    if (r >= 0)
        r = mcps__listener_show(listener, NULL);
    if (r == MCPS_EBUSY)
        refuse(request, MCPS_ELIMIT, "Server busy: too many subscriptions");
    else if (r < 0)
        refuse(request, r, "Server busy: too many subscriptions of this client");
    else
        mcps__request_answer_empty(request);
}

static void unsubscribe(const struct mcps__request *request, const struct mcps__buf *uri)
{
    mcps__listener_drop_resource(&request->peer->listener, uri->data, uri->len);
    mcps__request_answer_empty(request);
}

static void with_uri(const struct mcps__request *request, const char *fault,
                     void (*fn)(const struct mcps__request *, const struct mcps__buf *))
{
    bool wrong = false;
    const struct mcps__scan_member *member =
        mcps__request_param(request, "uri", MCPS__JSON_STRING, &wrong);
    struct mcps__buf uri;

    if (!mcps__capabilities_has(request->peer->engine, MCPS_RESOURCES)) {
        mcps__request_refuse_method(request);
        return;
    }
    if (!member) {
        mcps__request_refuse_params(request, fault);
        return;
    }
    if (mcps__request_decode(&uri, request, member) < 0)
        refuse(request, -ENOMEM, NULL);
    else
        fn(request, &uri);
    mcps__buf_fini(&uri);
}

void mcps__resources_subscribe(const struct mcps__request *request)
{
    with_uri(request, "resources/subscribe needs uri, a string", subscribe);
}

void mcps__resources_unsubscribe(const struct mcps__request *request)
{
    with_uri(request, "resources/unsubscribe needs uri, a string", unsubscribe);
}

/* ---- the modern era ---- */

enum { FAULT_SIZE = 128 };

/* Of a member that is not there nothing is wanted. */
static bool read_flag(struct json_object *filter, const char *name, bool *ret,
                      char fault[FAULT_SIZE])
{
    struct json_object *value;

    *ret = false;
    if (!json_object_object_get_ex(filter, name, &value))
        return true;
    if (!json_object_is_type(value, json_type_boolean)) {
        snprintf(fault, FAULT_SIZE, "notifications.%s must be a boolean", name);
        return false;
    }
    *ret = json_object_get_boolean(value) != 0;
    return true;
}

static bool check_uris(struct json_object *uris, char fault[FAULT_SIZE])
{
    size_t n = json_object_array_length(uris);

    for (size_t i = 0; i < n; i++) {
        struct json_object *uri = json_object_array_get_idx(uris, i);

        if (json_object_is_type(uri, json_type_string) &&
            mcps__fits_iri(json_object_get_string(uri),
                           (size_t)json_object_get_string_len(uri)))
            continue;
        snprintf(fault, FAULT_SIZE,
                 "notifications.resourceSubscriptions[%zu] must be a URI, a string", i);
        return false;
    }
    return true;
}

static bool read_uris(struct json_object *filter, struct json_object **ret,
                      char fault[FAULT_SIZE])
{
    *ret = NULL;
    if (!json_object_object_get_ex(filter, "resourceSubscriptions", ret))
        return true;
    if (json_object_is_type(*ret, json_type_array))
        return check_uris(*ret, fault);
    snprintf(fault, FAULT_SIZE, "notifications.resourceSubscriptions must be an array");
    return false;
}

/* What the server does not have is not honoured, but must be right all the same. */
static bool read_filter(struct mcps__listen_request *listen, struct json_object *filter,
                        char fault[FAULT_SIZE])
{
    static const struct {
        const char *name;
        enum mcps_kind kind;
    } lists[MCPS__N_CHANGED] = {
        [MCPS__CHANGED_TOOLS] = { "toolsListChanged", MCPS_TOOLS },
        [MCPS__CHANGED_PROMPTS] = { "promptsListChanged", MCPS_PROMPTS },
        [MCPS__CHANGED_RESOURCES] = { "resourcesListChanged", MCPS_RESOURCES },
    };
    const struct mcps__engine *engine = listen->peer->engine;

    for (int i = 0; i < MCPS__N_CHANGED; i++) {
        if (!read_flag(filter, lists[i].name, &listen->lists[i], fault))
            return false;
        if (!mcps__capabilities_has(engine, lists[i].kind))
            listen->lists[i] = false;
    }
    if (!read_uris(filter, &listen->uris, fault))
        return false;
    if (!mcps__capabilities_has(engine, MCPS_RESOURCES))
        listen->uris = NULL;
    return true;
}

static void open_stream(const struct mcps__request *request, struct json_object *filter)
{
    struct mcps__listen_request listen = {
        .peer = request->peer,
        .sink = request->sink,
        .context = request->context,
        .id = &request->env->id,
    };
    char fault[FAULT_SIZE];
    const char *why = NULL;
    int r;

    if (!read_filter(&listen, filter, fault)) {
        mcps__request_refuse_params(request, fault);
        return;
    }
    r = mcps__listen_open(&listen, &why);
    if (r < 0)
        refuse(request, r, why);
}

/* Nothing else of this era needs a tree on the I/O thread. */
static int build_filter(const struct mcps__request *request,
                        const struct mcps__scan_member *member, struct json_object **ret)
{
    struct mcps__tree_parser parser;
    int r = mcps__tree_parser_init(&parser, &request->peer->engine->json_limits);

    if (r >= 0)
        r = mcps__tree_build(&parser, ret, request->text + member->value,
                             member->value_len);
    mcps__tree_parser_fini(&parser);
    return r;
}

void mcps__subscriptions_listen(const struct mcps__request *request)
{
    bool wrong = false;
    const struct mcps__scan_member *member =
        mcps__request_param(request, "notifications", MCPS__JSON_OBJECT, &wrong);
    struct json_object *filter = NULL;
    int r;

    if (!member) {
        mcps__request_refuse_params(
            request, "subscriptions/listen needs notifications, an object");
        return;
    }
    r = build_filter(request, member, &filter);
    if (r == -ENOMEM)
        refuse(request, r, NULL);
    else if (r < 0)
        mcps__request_refuse_params(request, mcps__json_strerror(r));
    else
        open_stream(request, filter);
    json_object_put(filter);
}
