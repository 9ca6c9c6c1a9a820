/* SPDX-License-Identifier: MIT */
/*
 * Asking by results; see replay.h. The state is JSON:
 *
 *     { "round": 1, "asked": { key: digest }, "answers": { key: { "q": digest, "a": answer } },
 *       "once": { key: result }, "lost": { key: error }, "kept": { key: text } }
 *
 * It is sent only if something of that must be known later; what comes back without one answers
 * the questions of a first round.
 */
#include "config.h"

#include "core/replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/linkhash.h>

#include "core/answer.h"
#include "core/answers.h"
#include "core/canonical.h"
#include "core/nonces.h"
#include "core/seal.h"
#include "json/text.h"
#include "json/tree.h"
#include "rpc/errors.h"
#include "rpc/message.h"
#include "util/ct.h"
#include "util/mem.h"
#include "util/utf8.h"

static struct mcps__engine *engine_of(const struct mcps_call *call)
{
    return call->exchange.peer->engine;
}

/* ---- what a state is bound to ---- */

/* Equal arguments are the same, however they are written. None are an empty object. */
static int append_arguments(struct mcps__buf *out, const struct mcps_call *call)
{
    const struct mcps__arguments *arguments = &call->arguments;
    struct mcps__buf canonical;
    unsigned char hash[MCPS__SHA256_SIZE];
    int r;

    mcps__buf_init(&canonical, SIZE_MAX);
    r = mcps__canonical_append_text(&canonical, arguments->sent ? arguments->sent : "{}",
                                    arguments->sent ? arguments->sent_len : 2,
                                    &engine_of(call)->json_limits);
    if (r >= 0)
        r = mcps__sha256(hash, canonical.data, canonical.len);
    if (arguments->secret && canonical.data)
        mcps__wipe(canonical.data, canonical.len);
    mcps__buf_fini(&canonical);
    return r < 0 ? r : mcps__buf_append(out, hash, sizeof hash);
}

/* Each with a NUL behind it, which none of them has within. */
static int write_bound(struct mcps__buf *out, const struct mcps_call *call)
{
    const char *const names[] = {
        call->exchange.peer->account->principal,
        call->action->method,
        call->offer->key,
        call->params[MCPS__PARAM_URI].text ? call->params[MCPS__PARAM_URI].text : "",
    };
    int r = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0] && r >= 0; i++)
        r = mcps__buf_append(out, names[i], strlen(names[i]) + 1);
    return r < 0 ? r : append_arguments(out, call);
}

/* ---- what a request brings ---- */

static int parse(struct json_object **ret, const struct mcps_call *call, const char *text,
                 size_t len)
{
    struct mcps__tree_parser parser;
    int r = mcps__tree_parser_init(&parser, &engine_of(call)->json_limits);

    if (r >= 0)
        r = mcps__tree_parse(&parser, ret, text, len);
    mcps__tree_parser_fini(&parser);
    return r;
}

enum { QUOTED_MAX = 64 }; /* bytes of a key in an error */

static int refuse_response(const char *key, char *reterr, size_t reterr_size)
{
    size_t len = strlen(key) < QUOTED_MAX ? strlen(key) : QUOTED_MAX;

    snprintf(reterr, reterr_size, "inputResponses: the value of \"%.*s\" is no object",
             (int)mcps__utf8_valid_prefix(key, len), key);
    return MCPS_EINVALID;
}

/* Their tree is kept as long as the texts of the call, and counts with them. */
static void charge_tree(struct mcps_call *call, const struct mcps__param *param)
{
    size_t cost = mcps__tree_cost(param->text, param->len);

    call->params_size += cost;
    mcps__account_charge_in(call->exchange.peer->account, cost);
}

static int read_responses(struct mcps__answers *answers, struct mcps_call *call,
                          char *reterr, size_t reterr_size)
{
    const struct mcps__param *param = &call->params[MCPS__PARAM_RESPONSES];
    int r;

    if (!param->text)
        return 0;
    charge_tree(call, param);
    r = parse(&answers->responses, call, param->text, param->len);
    if (r == -ENOMEM)
        return r;
    if (r < 0 || !json_object_is_type(answers->responses, json_type_object)) {
        snprintf(reterr, reterr_size, "inputResponses must be an object%s%s",
                 r < 0 ? ": " : "", r < 0 ? mcps__json_strerror(r) : "");
        return MCPS_EINVALID;
    }
    json_object_object_foreach(answers->responses, key, value)
    {
        if (!json_object_is_type(value, json_type_object))
            return refuse_response(key, reterr, reterr_size);
    }
    return 0;
}

/* ---- opening a state ---- */

/* Nobody is told what is wrong with a state that is not as it was sealed. */
static int refuse_state(struct mcps_call *call, int unsealed, char *reterr,
                        size_t reterr_size)
{
    struct mcps__engine *engine = engine_of(call);

    MCPS__COUNT(engine, bad_states);
    if (unsealed == MCPS__UNSEALED_EXPIRED)
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_STATE_MS);
    snprintf(reterr, reterr_size, "%s",
             unsealed == MCPS__UNSEALED_EXPIRED
                 ? "requestState has expired: begin anew without it"
                 : "requestState is not valid for this request");
    return MCPS_EINVALID;
}

static int take_notes(struct mcps__note **notes, struct json_object *from)
{
    json_object_object_foreach(from, key, value)
    {
        struct mcps__note *note = mcps__note_add(notes, key, strlen(key));
        struct mcps__buf text;
        struct mcps__writer w;

        if (!note)
            return -ENOMEM;
        mcps__buf_init(&text, SIZE_MAX);
        mcps__write_init(&w, &text);
        mcps__write_tree(&w, value);
        if (mcps__write_end(&w) < 0 || mcps__buf_append_byte(&text, '\0') < 0) {
            mcps__buf_fini(&text);
            return -ENOMEM;
        }
        note->text = text.data;
        note->len = text.len - 1;
    }
    return 0;
}

/* Of steps that were done, but whose results could not be carried. */
static int take_lost(struct mcps__note **notes, struct json_object *from)
{
    json_object_object_foreach(from, key, value)
    {
        struct mcps__note *note = mcps__note_add(notes, key, strlen(key));

        if (!note)
            return -ENOMEM;
        note->error = json_object_get_int(value);
    }
    return 0;
}

static struct json_object *take_member(struct json_object *state, const char *name)
{
    struct json_object *member = NULL;

    json_object_object_get_ex(state, name, &member);
    return json_object_get(member);
}

/* It is what was sealed here, or by another process that has the key. */
static int read_state(struct mcps__answers *answers, const struct mcps_call *call,
                      const struct mcps__buf *payload)
{
    struct json_object *state = NULL, *member = NULL;
    int r = parse(&state, call, payload->data, payload->len);

    if (r < 0)
        return r == -ENOMEM ? r : MCPS_EPROTOCOL;
    answers->with_state = true;
    answers->asked = take_member(state, "asked");
    answers->stored = take_member(state, "answers");
    if (json_object_object_get_ex(state, "round", &member))
        answers->round = (unsigned)json_object_get_int(member);
    if (json_object_object_get_ex(state, "once", &member))
        r = take_notes(&answers->once, member);
    if (r >= 0 && json_object_object_get_ex(state, "lost", &member))
        r = take_lost(&answers->once, member);
    if (r >= 0 && json_object_object_get_ex(state, "kept", &member))
        r = take_notes(&answers->kept, member);
    json_object_put(state);
    return r;
}

/* Of a state that opens. */
static int use_up(struct mcps_call *call, const struct mcps__seal_info *info)
{
    struct mcps__engine *engine = engine_of(call);
    int r;

    if (!call->offer->single_use_state)
        return 0;
    r = mcps__nonces_use(&engine->used_states, info->nonce, info->expires_at);
    if (r == MCPS_ELIMIT)
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_USED_STATES);
    return r;
}

/* The text is base64url, which needs no escapes; but who knows. */
static int unseal(struct mcps__buf *payload, const struct mcps_call *call,
                  struct mcps__seal_info *info)
{
    const struct mcps__param *param = &call->params[MCPS__PARAM_STATE];
    struct mcps__buf text, bound;
    int r;

    if (param->len > mcps__limit(&engine_of(call)->limits, MCPS_LIMIT_STATE_BYTES))
        return MCPS__UNSEALED_MALFORMED;
    mcps__buf_init(&text, SIZE_MAX);
    mcps__buf_init(&bound, SIZE_MAX);
    r = mcps__text_decode(&text, param->text, param->len);
    if (r >= 0)
        r = write_bound(&bound, call);
    if (r >= 0)
        r = mcps__unseal(&engine_of(call)->seals, payload, bound.data, bound.len,
                         text.data ? text.data : "", text.len, info);
    mcps__buf_fini(&text);
    mcps__buf_fini(&bound);
    return r;
}

static int open_state(struct mcps__answers *answers, struct mcps_call *call, char *reterr,
                      size_t reterr_size)
{
    struct mcps__seal_info info;
    struct mcps__buf payload;
    int r;

    if (!call->params[MCPS__PARAM_STATE].text)
        return 0;
    mcps__buf_init(&payload, SIZE_MAX);
    r = unseal(&payload, call, &info);
    if (r > 0 || (r < 0 && mcps__json_error_name(r))) {
        r = refuse_state(call, r, reterr, reterr_size);
    } else if (r == 0) {
        r = use_up(call, &info);
        if (r >= 0)
            r = read_state(answers, call, &payload);
        if (r == MCPS_EEXISTS || r == MCPS_EPROTOCOL)
            r = refuse_state(call, MCPS__UNSEALED_FORGED, reterr, reterr_size);
    }
    mcps__buf_fini(&payload);
    return r;
}

static void keep(struct mcps_call *call, struct mcps__answers *answers)
{
    mcps__mutex_lock(&call->mutex);
    call->answers = answers;
    mcps__mutex_unlock(&call->mutex);
}

int mcps__replay_open(struct mcps_call *call, char *reterr, size_t reterr_size)
{
    const struct mcps__param *params = call->params;
    struct mcps__answers *answers;
    int r;

    if (!mcps__context_is_modern(call->exchange.context) || !call->action->asks)
        return 0;
    r = mcps__arguments_keep(&call->arguments, call->exchange.peer->account);
    if (r < 0 || (!params[MCPS__PARAM_RESPONSES].text && !params[MCPS__PARAM_STATE].text))
        return r;
    answers = mcps__answers_new();
    if (!answers)
        return -ENOMEM;
    r = read_responses(answers, call, reterr, reterr_size);
    if (r >= 0)
        r = open_state(answers, call, reterr, reterr_size);
    if (r < 0)
        mcps__answers_free(answers);
    else
        keep(call, answers);
    return r;
}

/* ---- making a state ---- */

static void write_asked(struct mcps__writer *w, const struct mcps__answers *answers)
{
    mcps__write_key(w, "asked");
    mcps__write_object(w);
    for (const struct mcps__wanted *wanted = answers->wanted; wanted;
         wanted = wanted->next) {
        mcps__write_key(w, wanted->key);
        mcps__write_string(w, wanted->digest);
    }
    mcps__write_object_end(w);
}

/* Of a step that is still being done nothing is known. */
static void write_notes(struct mcps__writer *w, const char *name,
                        const struct mcps__note *note)
{
    if (!note)
        return;
    mcps__write_key(w, name);
    mcps__write_object(w);
    for (; note; note = note->next) {
        if (!note->text)
            continue;
        mcps__write_key(w, note->key);
        mcps__write_raw(w, note->text, note->len);
    }
    mcps__write_object_end(w);
}

static void write_lost(struct mcps__writer *w, const struct mcps__note *note)
{
    bool any = false;

    for (; note; note = note->next) {
        if (note->error == 0)
            continue;
        if (!any) {
            mcps__write_key(w, "lost");
            mcps__write_object(w);
        }
        any = true;
        mcps__write_key(w, note->key);
        mcps__write_int(w, note->error);
    }
    if (any)
        mcps__write_object_end(w);
}

static int write_payload(struct mcps__buf *out, const struct mcps__answers *answers)
{
    struct mcps__writer w;

    mcps__write_init(&w, out);
    mcps__write_object(&w);
    mcps__write_key(&w, "round");
    mcps__write_uint(&w, answers->round + 1);
    write_asked(&w, answers);
    if (answers->used) {
        mcps__write_key(&w, "answers");
        mcps__write_tree(&w, answers->used);
    }
    write_notes(&w, "once", answers->once);
    write_lost(&w, answers->once);
    write_notes(&w, "kept", answers->kept);
    mcps__write_object_end(&w);
    return mcps__write_end(&w);
}

static int seal(struct mcps__buf *out, struct mcps_call *call,
                const struct mcps__answers *answers)
{
    struct mcps__engine *engine = engine_of(call);
    struct mcps__buf payload, bound;
    int r;

    mcps__buf_init(&payload, SIZE_MAX);
    mcps__buf_init(&bound, SIZE_MAX);
    r = write_payload(&payload, answers);
    if (r >= 0 && MCPS__SEALED_LEN(payload.len) >
                      mcps__limit(&engine->limits, MCPS_LIMIT_STATE_BYTES)) {
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_STATE_BYTES);
        r = MCPS_ELIMIT;
    }
    if (r >= 0)
        r = write_bound(&bound, call);
    if (r >= 0)
        r = mcps__seal(&engine->seals, out, bound.data, bound.len,
                       (int64_t)mcps__limit(&engine->limits, MCPS_LIMIT_STATE_MS),
                       payload.data, payload.len);
    mcps__buf_fini(&payload);
    mcps__buf_fini(&bound);
    return r;
}

/* Once there is a state there is always one, for the rounds are counted in it. */
static bool needs_state(const struct mcps__answers *answers)
{
    return answers->with_state || answers->used || answers->once || answers->kept;
}

/* ---- the answer ---- */

static void write_requests(struct mcps__writer *w, const struct mcps__answers *answers)
{
    mcps__write_key(w, "inputRequests");
    mcps__write_object(w);
    for (const struct mcps__wanted *wanted = answers->wanted; wanted;
         wanted = wanted->next) {
        mcps__write_key(w, wanted->key);
        mcps__write_object(w);
        mcps__write_key(w, "method");
        mcps__write_string(w, wanted->method);
        mcps__write_key(w, "params");
        mcps__write_raw(w, wanted->params.data, wanted->params.len);
        mcps__write_object_end(w);
    }
    mcps__write_object_end(w);
}

static struct mcps__piece *requests_piece(struct mcps_call *call,
                                          const struct mcps__answers *answers,
                                          const struct mcps__buf *state)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, SIZE_MAX / 2) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_result(&w, &call->exchange.id);
    mcps__write_object(&w);
    mcps__write_key(&w, "resultType");
    mcps__write_string(&w, "input_required");
    write_requests(&w, answers);
    if (state->len > 0) {
        mcps__write_key(&w, "requestState");
        mcps__write_text(&w, state->data, state->len);
    }
    mcps__result_end(&w, engine_of(call), call->exchange.context->version);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

static struct mcps__piece *ask(struct mcps_call *call,
                               const struct mcps__answers *answers, int *result)
{
    struct mcps__limits *limits = &engine_of(call)->limits;
    struct mcps__piece *piece = NULL;
    struct mcps__buf state;
    int r = 0;

    mcps__buf_init(&state, SIZE_MAX);
    if (answers->round >= mcps__limit(limits, MCPS_LIMIT_ROUNDS)) {
        mcps__limit_hit(limits, MCPS_LIMIT_ROUNDS);
        r = MCPS_ELIMIT;
    } else if (needs_state(answers)) {
        r = seal(&state, call, answers);
    }
    if (r >= 0)
        piece = requests_piece(call, answers, &state);
    mcps__buf_fini(&state);
    if (!piece)
        *result = r < 0 ? r : -ENOMEM;
    return piece;
}

static struct mcps__piece *refusal(struct mcps_call *call,
                                   const struct mcps__answers *answers)
{
    char why[160];

    snprintf(why, sizeof why, "inputResponses: the value of \"%s\" is no result of %s",
             answers->fault_key, answers->fault);
    return mcps__error_piece(&call->exchange.id, MCPS__RPC_INVALID_PARAMS, why, NULL);
}

/* What revision 2025-11-25 has in place of asking. */
static struct mcps__piece *urls_piece(struct mcps_call *call,
                                      const struct mcps__answers *answers)
{
    struct mcps__piece *piece = NULL;
    struct mcps__buf data;
    struct mcps__writer w;

    mcps__buf_init(&data, SIZE_MAX);
    mcps__write_init(&w, &data);
    mcps__write_object(&w);
    mcps__write_key(&w, "elicitations");
    mcps__write_array(&w);
    mcps__write_raw(&w, answers->urls.data, answers->urls.len);
    mcps__write_array_end(&w);
    mcps__write_object_end(&w);
    if (mcps__write_end(&w) >= 0 && mcps__buf_append_byte(&data, '\0') >= 0)
        piece = mcps__error_piece(&call->exchange.id, MCPS__RPC_URL_ELICITATION_REQUIRED,
                                  NULL, data.data);
    mcps__buf_fini(&data);
    return piece;
}

/* The handler could not go on without an answer that this client cannot give. */
static struct mcps__piece *missing_piece(struct mcps_call *call, unsigned missing)
{
    struct mcps__piece *piece = NULL;
    struct mcps__buf data;
    struct mcps__writer w;

    mcps__buf_init(&data, SIZE_MAX);
    mcps__write_init(&w, &data);
    mcps__write_missing(&w, missing);
    if (mcps__write_end(&w) >= 0 && mcps__buf_append_byte(&data, '\0') >= 0)
        piece = mcps__error_piece(&call->exchange.id, MCPS__RPC_MISSING_CAPABILITY, NULL,
                                  data.data);
    mcps__buf_fini(&data);
    return piece;
}

struct mcps__piece *mcps__replay_piece(struct mcps_call *call, int *result)
{
    const struct mcps__answers *answers = call->answers;

    if (!answers)
        return NULL;
    if (answers->fault)
        return refusal(call, answers);
    if (*result == MCPS_ECAPABILITY && answers->missing && !call->failed &&
        mcps__context_is_modern(call->exchange.context))
        return missing_piece(call, answers->missing);
    if (*result != MCPS_EINPUT)
        return NULL;
    if (answers->urls.len > 0)
        return urls_piece(call, answers);
    if (answers->wanted && mcps__context_is_modern(call->exchange.context))
        return ask(call, answers, result);
    return NULL;
}
