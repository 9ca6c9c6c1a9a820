/* SPDX-License-Identifier: MIT */
/* The chain of middleware around requests; see chain.h. Outcomes are in outcome.c. */
#include "config.h"

#include "core/chain.h"

#include <errno.h>
#include <string.h>

#include "core/answer.h"
#include "core/meta.h"
#include "util/clock.h"
#include "util/mem.h"

/* ---- the chain ---- */

static int add(struct mcps__chain *chain, const struct mcps_middleware *item)
{
    struct mcps_middleware *to = &chain->items[chain->n];
    const char *name = item->name ? item->name : "unnamed";

    if (!item->enter && !item->leave)
        return -EINVAL;
    if (chain->n == MCPS__CHAIN_MAX)
        return MCPS_ELIMIT;
    *to = *item;
    chain->names[chain->n] = mcps__memdup(name, strlen(name));
    if (!chain->names[chain->n])
        return -ENOMEM;
    to->name = chain->names[chain->n++];
    chain->on_workers = chain->on_workers || !item->anywhere;
    return 0;
}

int mcps__chain_add(struct mcps__chain *chain, const struct mcps_middleware *middleware)
{
    struct mcps_middleware item = { .struct_size = sizeof item };
    size_t size = middleware->struct_size;
    int r;

    memcpy(&item, middleware, size < sizeof item ? size : sizeof item);
    r = add(chain, &item);
    if (r < 0 && item.destroy)
        item.destroy(item.userdata);
    return r;
}

void mcps__chain_fini(struct mcps__chain *chain)
{
    while (chain->n > 0) {
        struct mcps_middleware *item = &chain->items[--chain->n];

        if (item->destroy)
            item->destroy(item->userdata);
        mcps__free(chain->names[chain->n]);
    }
}

/* ---- requests ---- */

int mcps__seen_new(struct mcps_request **ret, const struct mcps__seen_source *source)
{
    struct mcps_request *request = mcps__calloc(1, sizeof *request);
    size_t method_size = source->method.len + 1;
    char *texts;

    if (!request)
        return -ENOMEM;
    texts = mcps__calloc(1, method_size + source->name.len + 1);
    if (!texts) {
        mcps__free(request);
        return -ENOMEM;
    }
    memcpy(texts, source->method.data, source->method.len);
    request->method = texts;
    if (source->name.data) {
        memcpy(texts + method_size, source->name.data, source->name.len);
        request->name = texts + method_size;
    }
    request->engine = source->engine;
    request->account = source->account;
    request->context = source->context;
    mcps__id_copy(&request->id, source->id);
    request->received = mcps__clock_now();
    *ret = request;
    return 0;
}

void mcps__seen_free(struct mcps_request *request)
{
    if (!request)
        return;
    mcps__piece_free(request->refusal);
    mcps__free(request->method);
    mcps__free(request);
}

/* ---- entering ---- */

static void enter_one(struct mcps_request *request, unsigned i)
{
    const struct mcps_middleware *item = &request->engine->chain.items[i];

    request->at = i;
    request->order[request->n_entered++] = (unsigned char)i;
    if (!item->enter)
        return;
    mcps__lock_assert_none_held();
    request->entering = true;
    item->enter(request, item->userdata);
    request->entering = false;
    if (request->refusal)
        mcps__log(&request->engine->log, MCPS_LOG_DEBUG, "%s refused %s of %s",
                  item->name, request->method, request->account->principal);
}

struct mcps__piece *mcps__seen_enter(struct mcps_request *request, bool anywhere,
                                     struct mcps__seen_text arguments,
                                     struct mcps__seen_text meta)
{
    struct mcps__piece *refusal;

    if (!request)
        return NULL;
    request->arguments = arguments;
    request->meta = meta;
    for (unsigned i = 0; i < request->engine->chain.n && !request->refusal; i++) {
        if (request->engine->chain.items[i].anywhere == anywhere)
            enter_one(request, i);
    }
    request->arguments = request->meta = (struct mcps__seen_text){ NULL, 0 };
    refusal = request->refusal;
    request->refusal = NULL;
    return refusal;
}

void mcps__seen_take(struct mcps_request *request)
{
    request->taken = true;
    request->started = 0;
}

void mcps__seen_start(struct mcps_request *request)
{
    if (request)
        request->started = mcps__clock_now();
}

/* ---- leaving ---- */

struct mcps__piece *mcps__seen_leave(struct mcps_request *request,
                                     struct mcps__piece *piece,
                                     enum mcps_cancel_reason reason)
{
    struct mcps_outcome outcome = {
        .request = request,
        .piece = reason == MCPS_CANCEL_NONE ? piece : NULL,
        .reason = reason,
    };

    if (!request || request->n_entered == 0)
        return piece;
    outcome.now = mcps__clock_now();
    mcps__buf_init(&outcome.json, SIZE_MAX);
    while (request->n_entered > 0) {
        const struct mcps_middleware *item;

        request->at = request->order[--request->n_entered];
        item = &request->engine->chain.items[request->at];
        if (!item->leave)
            continue;
        mcps__lock_assert_none_held();
        item->leave(request, &outcome, item->userdata);
    }
    mcps__buf_fini(&outcome.json);
    return reason == MCPS_CANCEL_NONE ? outcome.piece : piece;
}

/* ---- what middleware asks of a request ---- */

const char *mcps_request_method(const mcps_request *request)
{
    return request->method;
}

const char *mcps_request_name(const mcps_request *request)
{
    return request->name;
}

const char *mcps_request_principal(const mcps_request *request)
{
    return request->account->principal;
}

const char *mcps_request_protocol(const mcps_request *request)
{
    return request->context ? mcps__version_info(request->context->version)->text : NULL;
}

const char *mcps_request_arguments(const mcps_request *request, size_t *ret_len)
{
    *ret_len = request->arguments.len;
    return request->arguments.data;
}

const char *mcps_request_meta(const mcps_request *request, size_t *ret_len)
{
    *ret_len = request->meta.len;
    return request->meta.data;
}

void mcps_request_set_pointer(mcps_request *request, void *pointer)
{
    request->pointers[request->at] = pointer;
}

void *mcps_request_get_pointer(const mcps_request *request)
{
    return request->pointers[request->at];
}

int mcps__seen_error(struct mcps__piece **ret, const struct mcps_request *request,
                     int code, const char *message, const char *data)
{
    struct mcps__buf json;
    int r = 0;

    mcps__buf_init(&json, SIZE_MAX);
    if (data)
        r = mcps__meta_value(&json, data);
    if (r >= 0 && data)
        r = mcps__buf_append_byte(&json, '\0');
    if (request->context)
        code = mcps__context_code(request->context, code);
    if (r >= 0)
        *ret = mcps__error_piece(&request->id, code, message, data ? json.data : NULL);
    mcps__buf_fini(&json);
    if (r < 0)
        return r;
    return *ret ? 0 : -ENOMEM;
}

int mcps_request_refuse(mcps_request *request, int code, const char *message,
                        const char *data)
{
    if (!request->entering || request->refusal)
        return -EINVAL;
    return mcps__seen_error(&request->refusal, request, code, message, data);
}
