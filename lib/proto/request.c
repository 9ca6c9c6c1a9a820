/* SPDX-License-Identifier: MIT */
/* Answering messages at once; see request.h. */
#include "config.h"

#include "proto/request.h"

#include <stdio.h>
#include <string.h>

#include "core/answer.h"
#include "core/chain.h"
#include "core/exchange.h"
#include "json/text.h"
#include "rpc/errors.h"
#include "rpc/message.h"
#include "util/clock.h"
#include "util/utf8.h"

const struct mcps__scan_member *mcps__request_param(const struct mcps__request *request,
                                                    const char *name,
                                                    enum mcps__json_type type,
                                                    bool *ret_wrong)
{
    const struct mcps__scan_member *member =
        mcps__scan_find(request->scan, request->text, MCPS__SCAN_PARAMS, name);

    if (!member || member->type == type)
        return member;
    *ret_wrong = true;
    return NULL;
}

int mcps__request_decode(struct mcps__buf *ret, const struct mcps__request *request,
                         const struct mcps__scan_member *member)
{
    int r;

    mcps__buf_init(ret, member->value_len);
    r = mcps__buf_reserve(ret, 1); /* an empty text has memory, too */
    if (r >= 0)
        r = mcps__text_decode(ret, request->text + member->value + 1,
                              member->value_len - 2);
    return r;
}

void mcps__request_answer(const struct mcps__request *request, struct mcps__piece *piece)
{
    struct mcps__sink *sink = request->sink;
    int r;

    piece = mcps__seen_leave(request->seen, piece, MCPS_CANCEL_NONE);
    if (!piece) {
        mcps__sink_break(sink);
        return;
    }
    piece->last = true;
    if (request->batch)
        r = mcps__batch_add(request->batch, piece);
    else
        r = mcps__sink_put(sink, piece);
    (void)r; /* the client is gone: nobody is left to be told */
}

void mcps__request_refuse(const struct mcps__request *request, int code,
                          const char *message, const char *data)
{
    if (request->context)
        code = mcps__context_code(request->context, code);
    MCPS__COUNT(request->peer->engine, bad_messages);
    mcps__request_answer(request,
                         mcps__error_piece(&request->env->id, code, message, data));
}

enum { HTTP_BAD_REQUEST = 400 };

void mcps__request_refuse_form(const struct mcps__request *request, int code,
                               const char *message)
{
    struct mcps__piece *piece = mcps__error_piece(&request->env->id, code, message, NULL);

    if (piece)
        piece->status = HTTP_BAD_REQUEST;
    MCPS__COUNT(request->peer->engine, bad_messages);
    mcps__request_answer(request, piece);
}

/* One that has a sink of its own is told there, where nobody else is. */
static bool is_alone(const struct mcps__request *request)
{
    return request->sink != request->peer->sink;
}

/* So many a second: what comes at both ends of one may be twice as many. */
static bool may_refuse_unnamed(struct mcps__peer *peer)
{
    struct mcps__limits *limits = &peer->engine->limits;
    int64_t now = mcps__clock_now();

    if (peer->bad_count == 0 || now - peer->bad_since >= MCPS__NS_PER_S) {
        peer->bad_since = now;
        peer->bad_count = 0;
    }
    if (peer->bad_count < mcps__limit(limits, MCPS_LIMIT_BAD_MESSAGES)) {
        peer->bad_count++;
        return true;
    }
    mcps__limit_hit(limits, MCPS_LIMIT_BAD_MESSAGES);
    return false;
}

void mcps__request_refuse_unnamed(const struct mcps__request *request, int code,
                                  const char *message)
{
    MCPS__COUNT(request->peer->engine, bad_messages);
    if (is_alone(request) || may_refuse_unnamed(request->peer))
        mcps__request_answer(request, mcps__error_piece(NULL, code, message, NULL));
}

void mcps__request_ignore(const struct mcps__request *request, const char *why)
{
    struct mcps__engine *engine = request->peer->engine;

    MCPS__COUNT(engine, ignored_messages);
    mcps__log(&engine->log, MCPS_LOG_DEBUG, "a message was ignored: %s", why);
}

/* ---- results ---- */

int mcps__request_begin_result(const struct mcps__request *request, struct mcps__buf *buf,
                               struct mcps__writer *w)
{
    int r = mcps__piece_begin(buf, SIZE_MAX / 2);

    if (r < 0) {
        mcps__request_answer(request, NULL);
        return r;
    }
    mcps__write_init(w, buf);
    mcps__rpc_begin_result(w, &request->env->id);
    mcps__result_begin(w, mcps__request_version(request));
    return 0;
}

void mcps__request_end_result(const struct mcps__request *request, struct mcps__buf *buf,
                              struct mcps__writer *w)
{
    mcps__result_end(w, request->peer->engine, mcps__request_version(request));
    mcps__rpc_end(w);
    mcps__request_answer(request, mcps__written_piece(buf, w));
}

void mcps__request_answer_empty(const struct mcps__request *request)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__request_begin_result(request, &buf, &w) >= 0)
        mcps__request_end_result(request, &buf, &w);
}

int mcps__request_log_level(const struct mcps__request *request,
                            const struct mcps__scan_member *member)
{
    struct mcps__buf name;
    int r = mcps__request_decode(&name, request, member);

    if (r >= 0)
        r = mcps__log_level_by_name(name.data, name.len);
    mcps__buf_fini(&name);
    return r;
}

void mcps__request_answer_bytes(const struct mcps__request *request,
                                const struct mcps__bytes *result)
{
    mcps__request_answer(request, mcps__ready_piece(&request->env->id, result));
}

/* ---- middleware ---- */

static struct mcps__seen_text text_of(const struct mcps__request *request,
                                      const struct mcps__scan_member *member)
{
    if (!member)
        return (struct mcps__seen_text){ NULL, 0 };
    return (struct mcps__seen_text){ request->text + member->value, member->value_len };
}

static const struct mcps__scan_member *
param_of(const struct mcps__request *request, const char *name, enum mcps__json_type type)
{
    bool wrong = false;

    return mcps__request_param(request, name, type, &wrong);
}

/* What it is about, as far as it says so in one of the two usual ways. */
static int see(struct mcps__request *request)
{
    const struct mcps__scan_member *name = param_of(request, "name", MCPS__JSON_STRING);
    struct mcps__seen_source source = {
        .engine = request->peer->engine,
        .account = request->peer->account,
        .context = request->context,
        .id = &request->env->id,
        .method = { request->env->method, request->env->method_len },
    };
    struct mcps__buf decoded;
    int r = 0;

    if (!name)
        name = param_of(request, "uri", MCPS__JSON_STRING);
    mcps__buf_init(&decoded, SIZE_MAX);
    if (name) {
        r = mcps__request_decode(&decoded, request, name);
        source.name = (struct mcps__seen_text){ decoded.data, decoded.len };
    }
    if (r >= 0)
        r = mcps__seen_new(&request->seen, &source);
    mcps__buf_fini(&decoded);
    return r;
}

bool mcps__request_begin(struct mcps__request *request)
{
    struct mcps__piece *refusal;

    if (request->peer->engine->chain.n == 0)
        return true;
    if (see(request) < 0) {
        mcps__request_refuse(request, MCPS__RPC_INTERNAL, "Out of memory", NULL);
        return false;
    }
    refusal = mcps__seen_enter(
        request->seen, true,
        text_of(request, param_of(request, "arguments", MCPS__JSON_OBJECT)),
        text_of(request, param_of(request, "_meta", MCPS__JSON_OBJECT)));
    if (!refusal) {
        mcps__seen_start(request->seen);
        return true;
    }
    mcps__request_answer(request, refusal);
    mcps__request_end(request);
    return false;
}

/* What is neither answered by now nor a call is a stream, whose answer is its end. */
void mcps__request_end(struct mcps__request *request)
{
    struct mcps__piece *nothing;

    if (!request->seen || request->seen->taken)
        return;
    request->seen->opened = true;
    nothing = mcps__seen_leave(request->seen, NULL, MCPS_CANCEL_NONE);
    mcps__piece_free(nothing);
    mcps__seen_free(request->seen);
    request->seen = NULL;
}

/* ---- what all methods have to do ---- */

const struct mcps__method *mcps__request_method(const struct mcps__request *request,
                                                const struct mcps__method *table,
                                                size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, request->env->method) == 0)
            return &table[i];
    }
    return NULL;
}

void mcps__request_refuse_params(const struct mcps__request *request, const char *message)
{
    mcps__request_refuse(request, MCPS__RPC_INVALID_PARAMS, message, NULL);
}

void mcps__request_refuse_method(const struct mcps__request *request)
{
    char message[128];
    size_t len = request->env->method_len < 64 ? request->env->method_len : 64;

    len = mcps__utf8_valid_prefix(request->env->method, len);
    snprintf(message, sizeof message, "Method not found: %.*s", (int)len,
             request->env->method);
    mcps__request_refuse(request, MCPS__RPC_METHOD_NOT_FOUND, message, NULL);
}

static const char in_flight[] = "Invalid request: a request with this id is in flight";

bool mcps__request_check_id(const struct mcps__request *request)
{
    struct mcps__exchange *exchange = NULL;

    if (!request->peer->tolerates_twins)
        exchange = mcps__exchange_find(request->peer, &request->env->id);
    if (!exchange)
        return true;
    mcps__exchange_unref(exchange);
    if (is_alone(request) && !request->batch)
        mcps__request_refuse(request, MCPS__RPC_INVALID_REQUEST, in_flight, NULL);
    else
        mcps__request_refuse_unnamed(request, MCPS__RPC_INVALID_REQUEST, in_flight);
    return false;
}
