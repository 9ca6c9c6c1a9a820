/* SPDX-License-Identifier: MIT */
/* From the text of a message to what is done about it; see dispatch.h. */
#include "config.h"

#include "proto/dispatch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/answer.h"
#include "core/pending.h"
#include "proto/legacy.h"
#include "proto/modern.h"
#include "proto/request.h"
#include "rpc/errors.h"
#include "util/mem.h"

/* ---- what cannot be read ---- */

enum { TEXT_FAULT_SIZE = 256 };

static void write_text_fault(char message[TEXT_FAULT_SIZE], const struct mcps__scan *scan,
                             int verdict)
{
    if (verdict == -ENOMEM)
        snprintf(message, TEXT_FAULT_SIZE, "Out of memory");
    else
        snprintf(message, TEXT_FAULT_SIZE, "%s: %s, at byte %zu",
                 mcps__rpc_strerror(mcps__rpc_code_of_json(verdict)),
                 mcps__json_strerror(verdict), scan->pos);
}

/* There is nothing to go back with it: a request whose id was not read is never answered by
 * somebody else's. */
static void refuse_text(const struct mcps__request *request, int verdict)
{
    char message[TEXT_FAULT_SIZE];

    if (verdict == MCPS__JSON_ESIZE)
        mcps__limit_hit(&request->peer->engine->limits, MCPS_LIMIT_MESSAGE_BYTES);
    write_text_fault(message, request->scan, verdict);
    mcps__request_refuse_unnamed(request, mcps__rpc_code_of_json(verdict), message);
}

void mcps__dispatch_lost(struct mcps__peer *peer, int error)
{
    const struct mcps__request request = { .peer = peer, .sink = peer->sink };

    if (error == MCPS_ELIMIT) {
        mcps__limit_hit(&peer->engine->limits, MCPS_LIMIT_MESSAGE_BYTES);
        mcps__request_refuse_unnamed(&request, mcps__rpc_code_of_json(MCPS__JSON_ESIZE),
                                     "Invalid request: the message is too long");
    } else {
        mcps__request_refuse_unnamed(&request, MCPS__RPC_INTERNAL, "Out of memory");
    }
}

/* Whether a message that is refused is answered with its id: what has one and is no answer. */
static bool has_name(const struct mcps__envelope *env)
{
    return (env->kind == MCPS__ENVELOPE_REQUEST || env->kind == MCPS__ENVELOPE_UNKNOWN) &&
           env->id.kind != MCPS__ID_NONE;
}

/* An error with the id of a request in flight would be taken for its answer. */
static bool may_be_named(const struct mcps__request *request)
{
    const struct mcps__envelope *env = request->env;
    struct mcps__exchange *exchange;

    if (!has_name(env))
        return false;
    exchange = mcps__exchange_find(request->peer, &env->id);
    if (exchange)
        mcps__exchange_unref(exchange);
    return !exchange;
}

/* ---- answers to requests of ours ---- */

/* Our ids are numbers; a client may have turned them into strings, but into no others. */
static bool read_serial(const struct mcps__id *id, int64_t *ret)
{
    char digits[32];

    if (id->kind == MCPS__ID_NUMBER) {
        *ret = id->number;
        return true;
    }
    if (id->kind != MCPS__ID_STRING || id->len < 3 || id->len >= sizeof digits)
        return false;
    *ret = strtoll(id->text + 1, NULL, 10);
    snprintf(digits, sizeof digits, "\"%lld\"", (long long)*ret);
    return strlen(digits) == id->len && memcmp(digits, id->text, id->len) == 0;
}

static void handle_response(const struct mcps__request *request)
{
    const struct mcps__envelope *env = request->env;
    const struct mcps__scan_member *body = env->body;
    struct mcps__bytes *result = NULL;
    int64_t serial;
    int outcome = MCPS_EREFUSED;

    if (!read_serial(&env->id, &serial)) {
        mcps__request_ignore(request, "an answer whose id is none of ours");
        return;
    }
    if (env->kind == MCPS__ENVELOPE_RESULT)
        outcome = mcps__bytes_new(&result, request->text + body->value, body->value_len);
    if (!mcps__pending_answer(request->peer, serial, outcome, result))
        mcps__request_ignore(request, "an answer to what is not asked, or not any more");
}

/* Whoever waits for it is told that nothing better will come. */
static void refuse_response(const struct mcps__request *request)
{
    int64_t serial;

    mcps__request_ignore(request, request->env->why);
    if (read_serial(&request->env->id, &serial))
        mcps__pending_answer(request->peer, serial, MCPS_EPROTOCOL, NULL);
}

/* ---- what is no message ---- */

/* What is no message, as far as it can be answered at all. */
static void refuse_message(const struct mcps__request *request)
{
    const struct mcps__envelope *env = request->env;

    if (env->kind == MCPS__ENVELOPE_RESULT || env->kind == MCPS__ENVELOPE_ERROR)
        refuse_response(request);
    else if (env->kind == MCPS__ENVELOPE_NOTIFICATION)
        mcps__request_ignore(request, env->why);
    else if (may_be_named(request))
        mcps__request_refuse(request, env->code, env->why, NULL);
    else
        mcps__request_refuse_unnamed(request, env->code, env->why);
}

/* ---- messages ---- */

static void handle_batch(const struct mcps__request *request);

/* The era is the request's: one client may have both in one stream. */
static void handle_request(const struct mcps__request *request)
{
    if (mcps__modern_claims(request))
        mcps__modern_request(request);
    else
        mcps__legacy_request(request);
}

static void handle_message(const struct mcps__request *request)
{
    switch (request->env->kind) {
    case MCPS__ENVELOPE_REQUEST: handle_request(request); break;
    case MCPS__ENVELOPE_NOTIFICATION: mcps__legacy_notification(request); break;
    case MCPS__ENVELOPE_RESULT:
    case MCPS__ENVELOPE_ERROR: handle_response(request); break;
    case MCPS__ENVELOPE_BATCH: handle_batch(request); break;
    case MCPS__ENVELOPE_UNKNOWN: break;
    }
}

static void handle_text(const struct mcps__request *text, bool allow_batch)
{
    struct mcps__request request = *text;
    struct mcps__envelope env;
    int r = mcps__envelope_read(&env, request.scan, request.text, allow_batch);

    request.env = &env;
    if (r >= 0)
        handle_message(&request);
    else if (r == MCPS_EPROTOCOL)
        refuse_message(&request);
    else
        refuse_text(&request, r);
}

/* Home is the only thread that changes it, so it does not go away meanwhile. */
static struct mcps__context *context_of(struct mcps__peer *peer)
{
    struct mcps__context *context;

    mcps__mutex_lock(&peer->mutex);
    context = peer->context;
    mcps__mutex_unlock(&peer->mutex);
    return context;
}

void mcps__dispatch(struct mcps__peer *peer, struct mcps__scan *scan, const char *text,
                    int verdict)
{
    const struct mcps__request request = {
        .peer = peer,
        .sink = peer->sink,
        .context = context_of(peer),
        .scan = scan,
        .text = text,
    };

    if (verdict < 0)
        refuse_text(&request, verdict);
    else
        handle_text(&request, request.context &&
                                  mcps__version_info(request.context->version)->batches);
}

/* ---- over HTTP ---- */

static struct mcps__request request_of(const struct mcps__posted *posted)
{
    return (struct mcps__request){
        .peer = posted->peer,
        .sink = posted->sink,
        .scopes = posted->scopes,
        .headers = posted->headers,
        .context = posted->context,
        .scan = posted->scan,
        .text = posted->text,
        .env = posted->env,
    };
}

bool mcps__posted_is_modern(const struct mcps__posted *posted)
{
    struct mcps__request request = request_of(posted);

    return mcps__modern_claims(&request);
}

bool mcps__posted_is_initialize(const struct mcps__posted *posted)
{
    return posted->env->kind == MCPS__ENVELOPE_REQUEST &&
           strcmp(posted->env->method, "initialize") == 0;
}

void mcps__dispatch_posted(const struct mcps__posted *posted)
{
    struct mcps__request request = request_of(posted);

    if (!request.context)
        request.context = context_of(posted->peer);
    handle_message(&request);
}

struct mcps__piece *mcps__posted_refusal(const struct mcps__scan *scan, int verdict,
                                         const struct mcps__envelope *env)
{
    char message[TEXT_FAULT_SIZE];

    if (verdict == MCPS_EPROTOCOL)
        return mcps__error_piece(has_name(env) ? &env->id : NULL, env->code, env->why,
                                 NULL);
    write_text_fault(message, scan, verdict);
    return mcps__error_piece(NULL, mcps__rpc_code_of_json(verdict), message, NULL);
}

/* ---- batches ---- */

/* Scans an element, which is a text of its own. */
static int scan_element(struct mcps__scan *scan, const struct mcps__request *whole,
                        uint32_t i)
{
    const struct mcps__scan_member *element = &whole->scan->members[i];

    mcps__scan_reset(scan);
    return mcps__scan_feed(scan, whole->text + element->value, element->value_len, true);
}

/* Whether two requests of the batch have the same id, of which one could not be told which
 * answer is whose. */
static int find_twins(const struct mcps__request *whole, struct mcps__scan *scan,
                      struct mcps__id *ids, bool *ret)
{
    struct mcps__envelope env;
    uint32_t n_ids = 0;

    *ret = false;
    for (uint32_t i = 0; i < whole->scan->n_recorded; i++) {
        int r = scan_element(scan, whole, i);

        if (r == -ENOMEM)
            return r;
        if (r < 0)
            continue;
        r = mcps__envelope_read(&env, scan, whole->text + whole->scan->members[i].value,
                                false);
        if (r == -ENOMEM)
            return r;
        /* One that will be refused is answered, too. */
        if (!has_name(&env))
            continue;
        for (uint32_t k = 0; k < n_ids; k++)
            *ret = *ret || mcps__id_equal(&ids[k], &env.id);
        mcps__id_copy(&ids[n_ids++], &env.id);
    }
    return 0;
}

static int check_twins(const struct mcps__request *whole, struct mcps__scan *scan)
{
    struct mcps__id *ids = mcps__calloc(whole->scan->n_recorded, sizeof *ids);
    bool twins = false;
    int r = ids ? find_twins(whole, scan, ids, &twins) : -ENOMEM;

    mcps__free(ids);
    if (r < 0)
        return r;
    return twins ? MCPS_EEXISTS : 0;
}

static void handle_elements(const struct mcps__request *whole, struct mcps__scan *scan,
                            struct mcps__batch *batch)
{
    for (uint32_t i = 0; i < whole->scan->n_recorded; i++) {
        const struct mcps__request request = {
            .peer = whole->peer,
            .sink = whole->sink,
            .headers = whole->headers,
            .scopes = whole->scopes,
            .context = whole->context,
            .batch = batch,
            .scan = scan,
            .text = whole->text + whole->scan->members[i].value,
        };
        int r = scan_element(scan, whole, i);

        if (r < 0)
            refuse_text(&request, r);
        else
            handle_text(&request, false);
    }
}

/* The whole is judged before any of it is done. */
static void handle_batch(const struct mcps__request *request)
{
    struct mcps__limits *limits = &request->peer->engine->limits;
    struct mcps__batch *batch = NULL;
    struct mcps__scan scan;
    int r;

    if (request->scan->n_recorded > mcps__limit(limits, MCPS_LIMIT_BATCH)) {
        mcps__limit_hit(limits, MCPS_LIMIT_BATCH);
        mcps__request_refuse_unnamed(request, MCPS__RPC_INVALID_REQUEST,
                                     "Invalid request: too many messages in one batch");
        return;
    }
    mcps__scan_init(&scan, &request->peer->engine->json_limits);
    r = check_twins(request, &scan);
    if (r >= 0)
        r = mcps__batch_new(&batch, request->sink);
    if (r >= 0)
        handle_elements(request, &scan, batch);
    else if (r == MCPS_EEXISTS)
        mcps__request_refuse_unnamed(
            request, MCPS__RPC_INVALID_REQUEST,
            "Invalid request: two requests of the batch have the same id");
    else
        mcps__request_refuse_unnamed(request, MCPS__RPC_INTERNAL, "Out of memory");
    mcps__batch_unref(batch);
    mcps__scan_fini(&scan);
}
