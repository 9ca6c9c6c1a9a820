/* SPDX-License-Identifier: MIT */
/* Listing and calling what is offered, which both eras do alike; see offers.h. */
#include "config.h"

#include "proto/offers.h"

#include <errno.h>
#include <stdio.h>

#include "core/answer.h"
#include "core/call.h"
#include "core/close.h"
#include "core/lists.h"
#include "proto/mirror_check.h"
#include "rpc/errors.h"
#include "util/utf8.h"

/* ---- listing ---- */

/* A call that a worker makes the page for. */
static void call_list(const struct mcps__request *request, enum mcps_kind kind,
                      const struct mcps__buf *cursor)
{
    struct mcps__param params[MCPS__N_PARAMS] = { { NULL, 0 } };
    const struct mcps__call_request call = {
        .action = &mcps__action_list,
        .offer = request->peer->engine->listers[kind],
        .params = params,
    };

    if (!mcps__offers_params(request, params))
        return;
    if (cursor)
        params[MCPS__PARAM_CURSOR] = (struct mcps__param){ cursor->data, cursor->len };
    mcps__offers_call(request, &call);
}

static void answer_page(const struct mcps__request *request, enum mcps_kind kind,
                        const struct mcps__buf *cursor)
{
    struct mcps__bytes *page;
    int r;

    if (mcps__lists_are_calls(request->peer->engine)) {
        call_list(request, kind, cursor);
        return;
    }
    r = mcps__lists_get(request->peer->engine, kind, request->context->version, 0, cursor,
                        &page);
    if (r == -EINVAL) {
        mcps__request_refuse_params(request, MCPS__BAD_CURSOR);
    } else if (r < 0) {
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    } else {
        mcps__request_answer_bytes(request, page);
        mcps__bytes_unref(page);
    }
}

void mcps__offers_list(const struct mcps__request *request, enum mcps_kind kind)
{
    bool wrong = false;
    const struct mcps__scan_member *cursor =
        mcps__request_param(request, "cursor", MCPS__JSON_STRING, &wrong);
    struct mcps__buf decoded;

    if (wrong) {
        mcps__request_refuse_params(request, "cursor must be a string");
        return;
    }
    if (!cursor) {
        answer_page(request, kind, NULL);
        return;
    }
    if (mcps__request_decode(&decoded, request, cursor) < 0)
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    else
        answer_page(request, kind, &decoded);
    mcps__buf_fini(&decoded);
}

void mcps__tools_list(const struct mcps__request *request)
{
    mcps__offers_list(request, MCPS_TOOLS);
}

/* ---- calling ---- */

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

void mcps__offers_refuse_key(const struct mcps__request *request, const char *what,
                             const char *noun, const struct mcps__buf *key)
{
    char message[MCPS__UNKNOWN_SIZE];

    mcps__view_sentence(message, what, noun, key->data, key->len);
    mcps__request_refuse_params(request, message);
}

struct mcps__offer *mcps__offers_find(const struct mcps__request *request,
                                      enum mcps_kind kind, const struct mcps__buf *key)
{
    bool enabled = false;
    struct mcps__offer *offer = mcps__registry_find(&request->peer->engine->registry,
                                                    kind, key->data, key->len, &enabled);

    if (offer && enabled)
        return offer;
    /* Where things may be hidden, that one is there is told to nobody. */
    mcps__offers_refuse_key(request,
                            offer && !mcps__view_is_set(&request->peer->engine->view)
                                ? "Disabled"
                                : "Unknown",
                            mcps__kind_noun(kind), key);
    return mcps__offer_unref(offer);
}

/* ---- what the client must be able to do ---- */

/* The legacy era has no error for it: the model is told. */
static struct mcps__piece *missing_piece(const struct mcps__request *request,
                                         const struct mcps__call_request *call,
                                         const char *data)
{
    const struct mcps__id *id = &request->env->id;
    char text[256];

    if (mcps__context_is_modern(request->context)) {
        MCPS__COUNT(request->peer->engine, bad_messages);
        return mcps__error_piece(id, MCPS__RPC_MISSING_CAPABILITY, NULL, data);
    }
    snprintf(text, sizeof text, "This %s needs a client that has declared more: %s",
             mcps__kind_noun(call->offer->kind), data);
    if (!call->action->to_model) {
        MCPS__COUNT(request->peer->engine, bad_messages);
        return mcps__error_piece(id, MCPS__RPC_INVALID_REQUEST, text, NULL);
    }
    return mcps__tool_error_for(id, request->peer->engine, request->context->version,
                                text);
}

/* Who may not see the offer must not be told what it needs: the call then has the answer. */
static bool check_needs(const struct mcps__request *request,
                        struct mcps__call_request *call)
{
    unsigned missing = call->offer->needs & ~request->context->capabilities;
    struct mcps__piece *piece = NULL;
    struct mcps__buf data;
    struct mcps__writer w;

    if (missing == 0 || call->refusal)
        return true;
    mcps__buf_init(&data, SIZE_MAX);
    mcps__write_init(&w, &data);
    mcps__write_missing(&w, missing);
    if (mcps__write_end(&w) >= 0 && mcps__buf_append_byte(&data, '\0') >= 0)
        piece = missing_piece(request, call, data.data);
    mcps__buf_fini(&data);
    if (piece && mcps__view_is_set(&request->peer->engine->view)) {
        call->refusal = piece;
        return true;
    }
    if (piece)
        mcps__request_answer(request, piece);
    else
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
    return false;
}

/* ---- admission ---- */

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

void mcps__offers_call(const struct mcps__request *request,
                       const struct mcps__call_request *what)
{
    struct mcps__call_request call = *what;
    struct mcps__id progress_token;
    const char *why = NULL;
    int r;

    if (!check_needs(request, &call))
        return;
    r = read_progress_token(request, &progress_token);
    call.peer = request->peer;
    call.sink = request->sink;
    call.scopes = request->scopes;
    call.context = request->context;
    call.batch = request->batch;
    call.id = &request->env->id;
    call.progress_token = &progress_token;
    call.log_levels = request->log_levels;
    call.seen = request->seen;
    if (r >= 0)
        r = mcps__call_admit(&call, &why);
    if (r < 0) {
        mcps__piece_free(call.refusal);
        refuse_call(request, r, why);
    } else if (call.action == &mcps__action_tool) {
        request->sink->streams = !call.offer->only_result;
    }
}

static struct mcps__param param_of(const struct mcps__request *request,
                                   const struct mcps__scan_member *member)
{
    return (struct mcps__param){ request->text + member->value, member->value_len };
}

/* null is not the same as nothing. */
static bool find_responses(const struct mcps__request *request,
                           struct mcps__param params[MCPS__N_PARAMS])
{
    bool wrong = false;
    const struct mcps__scan_member *responses =
        mcps__request_param(request, "inputResponses", MCPS__JSON_OBJECT, &wrong);

    if (wrong)
        mcps__request_refuse_params(request, "inputResponses must be an object");
    else if (responses)
        params[MCPS__PARAM_RESPONSES] = param_of(request, responses);
    return !wrong;
}

static bool find_state(const struct mcps__request *request,
                       struct mcps__param params[MCPS__N_PARAMS])
{
    bool wrong = false;
    const struct mcps__scan_member *state =
        mcps__request_param(request, "requestState", MCPS__JSON_STRING, &wrong);

    if (wrong) {
        MCPS__COUNT(request->peer->engine, bad_states);
        mcps__request_refuse_params(request, "requestState must be a string");
    } else if (state) {
        params[MCPS__PARAM_STATE] =
            (struct mcps__param){ request->text + state->value + 1,
                                  state->value_len - 2 };
    }
    return !wrong;
}

bool mcps__offers_params(const struct mcps__request *request,
                         struct mcps__param params[MCPS__N_PARAMS])
{
    bool wrong = false;
    const struct mcps__scan_member *meta =
        mcps__request_param(request, "_meta", MCPS__JSON_OBJECT, &wrong);

    if (meta)
        params[MCPS__PARAM_META] = param_of(request, meta);
    if (!mcps__context_is_modern(request->context))
        return true;
    return find_responses(request, params) && find_state(request, params);
}

/* What those on the way have routed the call by is what it is about. */
static bool check_mirrored(const struct mcps__request *request,
                           const struct mcps__call_request *call)
{
    const struct mcps__offer *tool = call->offer;
    const char *why, *header;
    char message[256];

    if (!request->headers || tool->n_mirrored == 0 ||
        !mcps__context_is_modern(request->context) ||
        mcps__mirror_check_params(request->headers, tool->mirrored, tool->n_mirrored,
                                  call->arguments, call->arguments_len, &why,
                                  &header) >= 0)
        return true;
    snprintf(message, sizeof message, "%s%s%s", why, header ? ": " : "",
             header ? header : "");
    mcps__request_refuse_form(request, MCPS__RPC_HEADER_MISMATCH, message);
    return false;
}

static void call_tool(const struct mcps__request *request, const struct mcps__buf *name,
                      const struct mcps__scan_member *arguments)
{
    struct mcps__param params[MCPS__N_PARAMS] = { { NULL, 0 } };
    struct mcps__call_request call = {
        .action = &mcps__action_tool,
        .params = params,
        .arguments = arguments ? request->text + arguments->value : NULL,
        .arguments_len = arguments ? arguments->value_len : 0,
    };

    if (!mcps__offers_params(request, params))
        return;
    call.offer = mcps__offers_find(request, MCPS_TOOLS, name);
    if (call.offer && check_mirrored(request, &call))
        mcps__offers_call(request, &call);
    mcps__offer_unref(call.offer);
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
        call_tool(request, &decoded, arguments);
    mcps__buf_fini(&decoded);
}
