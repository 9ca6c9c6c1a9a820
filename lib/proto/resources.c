/* SPDX-License-Identifier: MIT */
/* Listing resources and templates, and reading by a URI; see resources.h. */
#include "config.h"

#include "proto/resources.h"

#include <errno.h>

#include "core/call.h"
#include "core/resource.h"
#include "core/uri_template.h"
#include "proto/capabilities.h"
#include "proto/offers.h"
#include "rpc/errors.h"

static void list(const struct mcps__request *request, enum mcps_kind kind)
{
    if (mcps__capabilities_has(request->peer->engine, kind))
        mcps__offers_list(request, kind);
    else
        mcps__request_refuse_method(request);
}

void mcps__resources_list(const struct mcps__request *request)
{
    list(request, MCPS_RESOURCES);
}

void mcps__templates_list(const struct mcps__request *request)
{
    list(request, MCPS_TEMPLATES);
}

/* ---- whose URI it is ---- */

static void refuse_memory(const struct mcps__request *request)
{
    mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
}

/* What is being looked for, and what was found. */
struct search {
    const struct mcps__request *request;
    const struct mcps__buf *uri;
    struct mcps__offer *offer; /* a reference */
    struct mcps__buf values;   /* of a template's variables: JSON */
};

static int try_template(struct search *search, struct mcps__offer *offer)
{
    int r = mcps__uri_template_match(offer->uri, search->uri->data, search->uri->len,
                                     !offer->any_values, &search->values);

    if (r == MCPS_EINVALID)
        mcps__log(&search->request->peer->engine->log, MCPS_LOG_DEBUG,
                  "resource template %s: a URI was refused, for a value of it could "
                  "lead elsewhere",
                  offer->key);
    if (r > 0)
        search->offer = mcps__offer_ref(offer);
    return r == MCPS_EINVALID ? 0 : r;
}

/* Each goes by its own rules for values: one that refuses them does not stop the next. */
static int search_templates(struct search *search)
{
    struct mcps__engine *engine = search->request->peer->engine;
    struct mcps__snapshot *snapshot;
    int r = 0;

    if (search->uri->len > MCPS_TEMPLATE_URI_MAX)
        return 0;
    snapshot = mcps__registry_get(&engine->registry, MCPS_TEMPLATES);
    for (size_t i = 0; i < snapshot->n_places && r == 0; i++) {
        if (snapshot->places[i].enabled)
            r = try_template(search, snapshot->places[i].offer);
    }
    mcps__snapshot_unref(snapshot);
    return r;
}

/* More than 0: found. One that is disabled hides what a template would say of its URI. */
static int search_all(struct search *search)
{
    struct mcps__engine *engine = search->request->peer->engine;
    bool enabled = false;

    search->offer = mcps__registry_find(&engine->registry, MCPS_RESOURCES,
                                        search->uri->data, search->uri->len, &enabled);
    if (!search->offer)
        return search_templates(search);
    if (enabled)
        return 1;
    search->offer = mcps__offer_unref(search->offer);
    return 0;
}

int mcps__resources_have(const struct mcps__request *request, const struct mcps__buf *uri)
{
    struct search search = { .request = request, .uri = uri };
    int r;

    mcps__buf_init(&search.values, SIZE_MAX);
    r = search_all(&search);
    mcps__offer_unref(search.offer);
    mcps__buf_fini(&search.values);
    return r;
}

/* ---- reading ---- */

void mcps__resources_refuse_unknown(const struct mcps__request *request,
                                    const struct mcps__buf *uri)
{
    struct mcps__buf data;

    if (mcps__not_found_data(&data, uri->data, uri->len) < 0)
        refuse_memory(request);
    else
        mcps__request_refuse(request, mcps__not_found_code(request->context),
                             "Resource not found", data.data);
    mcps__buf_fini(&data);
}

static void call_found(const struct search *search, const struct mcps__param *params)
{
    const struct mcps__call_request call = {
        .action = &mcps__action_resource,
        .offer = search->offer,
        .params = params,
        .arguments = search->values.len > 0 ? search->values.data : NULL,
        .arguments_len = search->values.len,
    };

    mcps__offers_call(search->request, &call);
}

static void read_uri(const struct mcps__request *request, const struct mcps__buf *uri)
{
    struct search search = { .request = request, .uri = uri };
    struct mcps__param params[MCPS__N_PARAMS] = {
        [MCPS__PARAM_URI] = { uri->data, uri->len },
    };
    int r;

    /* Before it is looked up, so that it tells nothing of what is hidden. */
    if (!mcps__offers_params(request, params))
        return;
    mcps__buf_init(&search.values, SIZE_MAX);
    r = search_all(&search);
    if (r > 0)
        call_found(&search, params);
    else if (r == 0)
        mcps__resources_refuse_unknown(request, uri);
    else
        refuse_memory(request);
    mcps__offer_unref(search.offer);
    mcps__buf_fini(&search.values);
}

void mcps__resources_read(const struct mcps__request *request)
{
    bool wrong = false;
    const struct mcps__scan_member *uri =
        mcps__request_param(request, "uri", MCPS__JSON_STRING, &wrong);
    struct mcps__buf decoded;

    if (!mcps__capabilities_has(request->peer->engine, MCPS_RESOURCES)) {
        mcps__request_refuse_method(request);
        return;
    }
    if (!uri) {
        mcps__request_refuse_params(request, "resources/read needs uri, a string");
        return;
    }
    if (mcps__request_decode(&decoded, request, uri) < 0)
        refuse_memory(request);
    else
        read_uri(request, &decoded);
    mcps__buf_fini(&decoded);
}
