/* SPDX-License-Identifier: MIT */
/*
 * The life of calls: admitted, run, finished, cancelled; see call.h. What a handler says is
 * in result.c, what it asks in ask.c.
 */
#include "config.h"

#include "core/call.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/answer.h"
#include "core/answers.h"
#include "core/chain.h"
#include "core/close.h"
#include "core/lanes.h"
#include "core/progress.h"
#include "core/request_meta.h"
#include "core/replay.h"
#include "core/result.h"
#include "core/unwind.h"
#include "rpc/errors.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/sync.h"

static struct mcps__engine *engine_of(const struct mcps_call *call)
{
    return call->exchange.peer->engine;
}

static const char *noun_of(const struct mcps_call *call)
{
    return mcps__kind_noun(call->offer->kind);
}

static void free_params(struct mcps_call *call)
{
    mcps__account_uncharge_in(call->exchange.peer->account, call->params_size);
    mcps__free(call->param_texts);
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    static void
    free_answers(struct mcps_call *call)
{
    mcps__answers_free(call->answers);
}

static void free_call(struct mcps_call *call)
{
    struct mcps__exchange *exchange = &call->exchange;
    struct mcps__offer *offer = call->offer;

    mcps__token_drop_hooks(&exchange->token);
    mcps__arguments_fini(&call->arguments, exchange->peer->account);
    mcps__seen_free(call->seen);
    mcps__piece_free(call->refusal);
    free_params(call);
    mcps__brought_free(call);
    mcps__progress_fini(call);
    free_answers(call);
    mcps__result_fini(call);
    mcps__mutex_fini(&call->mutex);
    mcps__exchange_fini(exchange);
    mcps__free(call);
    mcps__offer_unref(offer);
}

static void free_task(struct mcps__task *task)
{
    free_call(MCPS__CONTAINER_OF(task, struct mcps_call, task));
}

/* A hook may still run, if it was the one to finish the call. Whoever lets go of the call
 * last must not wait for it: it may be an I/O thread. */
static void free_exchange(struct mcps__exchange *exchange)
{
    struct mcps_call *call = mcps__call_of(exchange);

    if (mcps__token_has_other_hooks(&exchange->token))
        mcps__control_post(&engine_of(call)->control, &call->task);
    else
        free_call(call);
}

/* ---- the places that a call takes up ---- */

static bool take_place(atomic_uint *count, uint64_t max)
{
    if (atomic_fetch_add(count, 1) < max)
        return true;
    atomic_fetch_sub(count, 1);
    return false;
}

static int refuse(struct mcps__engine *engine, enum mcps_limit limit, const char *why,
                  const char **reterr_why)
{
    mcps__limit_hit(&engine->limits, limit);
    *reterr_why = why;
    return MCPS_ELIMIT;
}

static int check_totals(struct mcps__engine *engine, const struct mcps__account *account,
                        const char **reterr_why)
{
    const struct mcps__limits *limits = &engine->limits;

    if (!mcps__account_room_in(account,
                               mcps__limit_size(limits, MCPS_LIMIT_IN_TOTAL_BYTES)))
        return refuse(engine, MCPS_LIMIT_IN_TOTAL_BYTES,
                      "Server busy: too much input waits", reterr_why);
    if (!mcps__account_room_out(account,
                                mcps__limit_size(limits, MCPS_LIMIT_OUT_TOTAL_BYTES)))
        return refuse(engine, MCPS_LIMIT_OUT_TOTAL_BYTES,
                      "Server busy: too much output waits", reterr_why);
    return 0;
}

static bool take_offer_place(struct mcps__offer *offer)
{
    return take_place(&offer->n_calls,
                      offer->max_parallel ? offer->max_parallel : UINT_MAX);
}

static const char too_often[] = "Server busy: it runs as often as it may";

/* In the queue, of the account, and of the offer: but for that where not everybody may know
 * that it is there. */
static int take_places(struct mcps__engine *engine, struct mcps__account *account,
                       struct mcps__offer *offer, const char **reterr_why)
{
    uint64_t max = mcps__limit(&engine->limits, MCPS_LIMIT_CALLS_PER_ACCOUNT);
    bool placed = !mcps__view_is_set(&engine->view);
    int r = check_totals(engine, account, reterr_why);

    if (r < 0)
        return r;
    if (placed && !take_offer_place(offer)) {
        *reterr_why = too_often;
        return MCPS_ELIMIT;
    }
    if (!take_place(&account->n_calls, max)) {
        if (placed)
            atomic_fetch_sub(&offer->n_calls, 1);
        return refuse(engine, MCPS_LIMIT_CALLS_PER_ACCOUNT,
                      "Server busy: too many calls of this account", reterr_why);
    }
    if (mcps__pool_reserve(&engine->pool) < 0) {
        atomic_fetch_sub(&account->n_calls, 1);
        if (placed)
            atomic_fetch_sub(&offer->n_calls, 1);
        return refuse(engine, MCPS_LIMIT_CALLS_QUEUED, "Server busy: too many calls wait",
                      reterr_why);
    }
    atomic_fetch_add(&engine->counters.in_flight, 1);
    return 0;
}

/* But for the one in the queue, which the pool gives back when a job leaves it. */
static void give_places_back(struct mcps__engine *engine, struct mcps__account *account,
                             struct mcps__offer *offer, bool placed)
{
    atomic_fetch_sub(&engine->counters.in_flight, 1);
    atomic_fetch_sub(&account->n_calls, 1);
    if (placed)
        atomic_fetch_sub(&offer->n_calls, 1);
}

/* ---- the end ---- */

/* The call has ended when its handler has returned and it was finished. */
static void end_part(struct mcps_call *call)
{
    struct mcps__peer *peer = call->exchange.peer;

    if (atomic_fetch_sub(&call->parts, 1) > 1)
        return;
    mcps__arguments_fini(&call->arguments, peer->account);
    give_places_back(peer->engine, peer->account, call->offer, call->placed);
    if (atomic_load(&call->timed)) {
        mcps__exchange_ref(&call->exchange);
        if (!mcps__loop_post(peer->loop, &call->post))
            mcps__exchange_unref(&call->exchange);
    }
    mcps__peer_call_ended(peer);
}

/* Lets nobody else finish it. */
static bool claim_finish(struct mcps_call *call)
{
    bool claimed;

    mcps__mutex_lock(&call->mutex);
    claimed = !call->finished;
    call->finished = true;
    mcps__mutex_unlock(&call->mutex);
    return claimed;
}

/* Without the memory for any answer the client would wait for ever: it loses its stream. */
static void answer(struct mcps_call *call, struct mcps__piece *piece)
{
    if (piece) {
        mcps__exchange_answer(&call->exchange, piece);
        return;
    }
    if (mcps__exchange_suppress(&call->exchange))
        mcps__sink_break(call->exchange.sink);
}

static int finish(struct mcps_call *call, struct mcps__piece *piece)
{
    piece =
        mcps__seen_leave(call->seen, piece, mcps__token_reason(&call->exchange.token));
    MCPS__SYNC_POINT("before_respond");
    mcps__progress_flush(call);
    answer(call, piece);
    MCPS__SYNC_POINT("after_respond");
    mcps__token_drop_hooks(&call->exchange.token);
    end_part(call);
    return 0;
}

int mcps_call_finish(mcps_call *call, int result)
{
    if (result == MCPS_PENDING)
        return -EINVAL;
    if (!claim_finish(call))
        return -EALREADY;
    return finish(call, mcps__result_piece(call, result));
}

mcps_call *mcps_call_ref(mcps_call *call)
{
    atomic_fetch_add(&call->users, 1);
    return call;
}

mcps_call *mcps_call_unref(mcps_call *call)
{
    if (!call || atomic_fetch_sub(&call->users, 1) > 1)
        return NULL;
    if (claim_finish(call)) {
        mcps__log(&engine_of(call)->log, MCPS_LOG_ERROR,
                  "%s %s let go of a call without finishing it", noun_of(call),
                  call->offer->key);
        finish(call, mcps__error_piece(&call->exchange.id, MCPS__RPC_INTERNAL,
                                       "The handler gave no answer", NULL));
    }
    mcps__exchange_unref(&call->exchange);
    return NULL;
}

void mcps__call_end_run(struct mcps_call *call)
{
    end_part(call);
    mcps_call_unref(call);
}

void mcps__call_end_unrun(struct mcps_call *call)
{
    enum mcps_cancel_reason reason = mcps__token_reason(&call->exchange.token);
    struct mcps__piece *nothing;

    if (claim_finish(call)) {
        /* Without a reason its client is gone, which its token learns only later. */
        nothing = mcps__seen_leave(call->seen, NULL,
                                   reason == MCPS_CANCEL_NONE ? MCPS_CANCEL_DISCONNECT
                                                              : reason);
        mcps__assert(!nothing);
        end_part(call);
    }
    mcps__call_end_run(call);
}

/* Its handler was not entered, and never will be. */
static void end_unstarted(struct mcps_call *call)
{
    if (!call->restarted)
        MCPS__COUNT(engine_of(call), cancelled_before_start);
    mcps__call_end_unrun(call);
}

/* ---- the timer: the deadline, then the grace of a handler that was cancelled ---- */

static void disarm(struct mcps_call *call)
{
    if (!mcps__timer_is_set(&call->timer))
        return;
    mcps__timer_clear(&call->exchange.peer->loop->timers, &call->timer);
    mcps__exchange_unref(&call->exchange);
}

/* A call that ends meanwhile sees that the timer was set, or is seen to have ended. */
static int arm(struct mcps_call *call, int64_t at)
{
    bool was_set = mcps__timer_is_set(&call->timer);
    int r = mcps__loop_set_timer(call->exchange.peer->loop, &call->timer, at);

    if (r < 0)
        return r;
    if (!was_set)
        mcps__exchange_ref(&call->exchange);
    atomic_store(&call->timed, true);
    if (atomic_load(&call->parts) == 0)
        disarm(call);
    return 0;
}

static void on_ended(struct mcps__post *post)
{
    struct mcps_call *call = MCPS__CONTAINER_OF(post, struct mcps_call, post);

    disarm(call);
    mcps__progress_disarm(call);
    mcps__exchange_unref(&call->exchange);
}

static void on_grace_over(struct mcps_call *call)
{
    struct mcps__engine *engine = engine_of(call);

    if (!mcps__pool_mark_stuck(call->job.pool, &call->job))
        return;
    mcps__limit_hit(&engine->limits, MCPS_LIMIT_HANDLER_GRACE_MS);
    mcps__log(&engine->log, MCPS_LOG_WARNING,
              "%s %s ignores that its call was cancelled (%s)", noun_of(call),
              call->offer->key,
              mcps_cancel_reason_name(mcps__token_reason(&call->exchange.token)));
}

static void on_timer(struct mcps__timer *timer)
{
    struct mcps_call *call = MCPS__CONTAINER_OF(timer, struct mcps_call, timer);

    /* A loop that closes runs what is set before its time: the grace is not over. */
    if (call->exchange.peer->loop->closing) {
        mcps__exchange_unref(&call->exchange);
        return;
    }
    if (mcps__token_reason(&call->exchange.token) != MCPS_CANCEL_NONE) {
        on_grace_over(call);
    } else {
        mcps__limit_hit(&engine_of(call)->limits, MCPS_LIMIT_CALL_MS);
        mcps__exchange_cancel(&call->exchange, MCPS_CANCEL_TIMEOUT);
    }
    mcps__exchange_unref(&call->exchange); /* of the time that has just run out */
}

/* ---- cancelling ---- */

/* What the client is told, or NULL with false in *ret_said: nothing. */
static struct mcps__piece *last_word(struct mcps_call *call,
                                     enum mcps_cancel_reason reason, bool *ret_said)
{
    struct mcps__last_word word = mcps__last_word(&call->exchange, reason);

    *ret_said = word.said;
    if (!word.said)
        return NULL;
    if (reason == MCPS_CANCEL_TIMEOUT && call->own_limit && call->action->to_model)
        return mcps__tool_error_piece(&call->exchange, word.message);
    return mcps__error_piece(&call->exchange.id,
                             mcps__context_code(call->exchange.context, word.code),
                             word.message, word.data);
}

static bool settle(struct mcps_call *call, enum mcps_cancel_reason reason)
{
    bool said, won;
    struct mcps__piece *piece = last_word(call, reason, &said);

    if (piece) {
        mcps__progress_flush(call);
        return mcps__exchange_answer(&call->exchange, piece) != MCPS_ECANCELLED;
    }
    won = mcps__exchange_suppress(&call->exchange);
    if (won && said)
        mcps__sink_break(call->exchange.sink);
    return won;
}

/* From the queue, or from those that this turn of the loop has collected. */
static bool withdraw(struct mcps_call *call)
{
    struct mcps__pool *pool = call->job.pool;
    struct mcps__list *collected = &call->exchange.peer->loop->collected;
    bool withdrawn = false;

    MCPS__LIST_FOREACH_SAFE (link, collected) {
        if (link == &call->job.link) {
            mcps__list_remove(link);
            withdrawn = true;
        }
    }
    withdrawn = withdrawn || mcps__pool_withdraw(pool, &call->job);
    if (withdrawn)
        mcps__pool_unreserve(pool);
    return withdrawn;
}

static bool cancel(struct mcps__exchange *exchange, enum mcps_cancel_reason reason)
{
    struct mcps_call *call = mcps__call_of(exchange);
    struct mcps__engine *engine = engine_of(call);
    int r;

    if (!settle(call, reason))
        return false;
    MCPS__COUNT(engine, cancelled);
    mcps__token_set(&call->exchange.token, reason);
    if (withdraw(call)) {
        end_unstarted(call);
        return true;
    }
    if (mcps__unwind_cancel(call))
        return true;
    r = arm(call, mcps__clock_after(
                      mcps__limit_ns(&engine->limits, MCPS_LIMIT_HANDLER_GRACE_MS)));
    (void)r; /* without it the call is not noticed if it gets stuck */
    return true;
}

/* ---- running ---- */

/* What does not fit is the model's to mend, which sees it as a tool error; before 2025-11-25
 * it was one of the protocol. */
static struct mcps__piece *refusal(struct mcps_call *call, int error, const char *why)
{
    const struct mcps__exchange *exchange = &call->exchange;

    if (error == -ENOMEM)
        return mcps__error_piece(&exchange->id, MCPS__RPC_INTERNAL, "Out of memory",
                                 NULL);
    if (error != MCPS_EINVALID)
        return mcps__error_piece(&exchange->id, MCPS__RPC_INVALID_PARAMS,
                                 mcps__json_strerror(error), NULL);
    if (call->action->to_model && exchange->context->version >= MCPS__V_2025_11_25)
        return mcps__tool_error_piece(exchange, why);
    return mcps__error_piece(&exchange->id, MCPS__RPC_INVALID_PARAMS, why, NULL);
}

void mcps__call_answer(struct mcps_call *call, struct mcps__piece *piece)
{
    if (claim_finish(call))
        finish(call, piece);
    else
        mcps__piece_free(piece);
}

/* Whatever kind of call it is: this is no matter of the arguments. */
static void refuse_replay(struct mcps_call *call, int error, const char *why)
{
    const struct mcps__id *id = &call->exchange.id;
    struct mcps__piece *piece;

    if (error == MCPS_EINVALID)
        piece = mcps__error_piece(id, MCPS__RPC_INVALID_PARAMS, why, NULL);
    else if (error == MCPS_ELIMIT)
        piece = mcps__error_piece(id, MCPS__RPC_INTERNAL, "Server busy", MCPS__BUSY);
    else
        piece = mcps__error_piece(id, MCPS__RPC_INTERNAL, mcps_strerror(error), NULL);
    mcps__call_answer(call, piece);
}

static void refuse_arguments(struct mcps_call *call, int error, const char *why)
{
    mcps__call_answer(call, refusal(call, error, why));
}

/* NULL, or the answer: what is hidden is not told from what does not exist. */
static struct mcps__piece *check_view(struct mcps_call *call)
{
    struct mcps__piece *refused = NULL;

    if (call->placed)
        return NULL;
    if (!call->offer->is_lister &&
        !mcps__view_shows(&engine_of(call)->view, mcps__view_class(call), call->offer))
        return mcps__view_unknown(call);
    if (call->refusal) {
        refused = call->refusal;
        call->refusal = NULL;
        return refused;
    }
    call->placed = take_offer_place(call->offer);
    if (call->placed)
        return NULL;
    return mcps__error_piece(&call->exchange.id,
                             mcps__context_code(call->exchange.context, MCPS__RPC_SERVER),
                             too_often, MCPS__BUSY);
}

/* Whether the handler may run: else the call is answered. */
static bool enter(struct mcps_call *call)
{
    const struct mcps__param *meta = &call->params[MCPS__PARAM_META];
    struct mcps__piece *refused;

    mcps__seen_start(call->seen);
    refused = mcps__seen_enter(
        call->seen, false,
        (struct mcps__seen_text){ call->arguments.text, call->arguments.len },
        (struct mcps__seen_text){ meta->text, meta->len });
    if (!refused)
        refused = check_view(call);
    if (!refused)
        return true;
    mcps__call_answer(call, refused);
    return false;
}

static int decode(struct mcps_call *call, struct mcps__worker *worker)
{
    char why[MCPS__ARGS_ERROR_SIZE];
    struct mcps__engine *engine = engine_of(call);
    struct mcps__reader *reader = &worker->reader;
    int r = mcps__replay_open(call, why, sizeof why);

    if (r < 0) {
        refuse_replay(call, r, why);
        return r;
    }
    reader->coerces = engine->coerces || call->action->texts;
    reader->n_coerced = 0;
    reader->n_unchecked = 0;
    r = call->action->without_arguments
            ? 0
            : mcps__arguments_decode(&call->arguments, call->exchange.peer->account,
                                     call->offer, reader, why, sizeof why);
    atomic_fetch_add_explicit(&engine->counters.coerced, reader->n_coerced,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&engine->counters.unchecked, reader->n_unchecked,
                              memory_order_relaxed);
    if (r < 0)
        refuse_arguments(call, r, why);
    return r;
}

/* Returns whether the handler is going to be run again. */
static bool run_handler(struct mcps_call *call, struct mcps__worker *worker)
{
    int r;

    if (!call->restarted && (!enter(call) || decode(call, worker) < 0))
        return false;
    mcps__lock_assert_none_held();
    r = call->action->run ? call->action->run(call)
                          : mcps__arguments_run(&call->arguments, call->offer, call);
    if (mcps__unwind_is_due(call, r)) {
        mcps__unwind(call);
        return true;
    }
    if (r != MCPS_PENDING)
        mcps_call_finish(call, r);
    return false;
}

/* Everybody else has waited for it meanwhile. */
static bool run_on_loop(struct mcps_call *call, struct mcps__worker *worker)
{
    struct mcps__engine *engine = engine_of(call);
    int64_t begin = mcps__clock_now(), took;
    bool again = run_handler(call, worker);

    took = mcps__clock_now() - begin;
    if (took <= mcps__limit_ns(&engine->limits, MCPS_LIMIT_INLINE_MS))
        return again;
    mcps__limit_hit(&engine->limits, MCPS_LIMIT_INLINE_MS);
    mcps__log(&engine->log, MCPS_LOG_WARNING,
              "%s %s, which is inline, took %lld ms: everybody waited for it",
              noun_of(call), call->offer->key, (long long)(took / MCPS__NS_PER_MS));
    return again;
}

static void run(struct mcps__job *job, struct mcps__worker *worker)
{
    struct mcps_call *call = MCPS__CONTAINER_OF(job, struct mcps_call, job);

    MCPS__SYNC_POINT("before_handler");
    if (mcps__token_reason(&call->exchange.token) != MCPS_CANCEL_NONE) {
        end_unstarted(call);
        return;
    }
    if (!call->offer->on_loop) {
        if (!run_handler(call, worker))
            mcps__call_end_run(call);
        return;
    }
    mcps__exchange_ref(&call->exchange);
    if (!run_on_loop(call, worker))
        mcps__call_end_run(call);
    mcps__exchange_unref(&call->exchange);
}

/* ---- admission ---- */

static void set_deadline(struct mcps_call *call, struct mcps__engine *engine)
{
    int64_t general = mcps__limit_ns(&engine->limits, MCPS_LIMIT_CALL_MS);
    int64_t own = (int64_t)call->offer->timeout_ms * MCPS__NS_PER_MS;

    call->own_limit = own > 0 && (general == 0 || own <= general);
    if (call->own_limit)
        call->deadline = mcps__clock_after(own);
    else
        call->deadline = general > 0 ? mcps__clock_after(general) : MCPS__CLOCK_NEVER;
}

static struct mcps__pool *pool_for(const struct mcps__peer *peer,
                                   const struct mcps__offer *offer)
{
    if (offer->on_loop)
        return &peer->loop->here;
    return offer->pool ? offer->pool : &peer->engine->pool;
}

static const struct mcps__exchange_ops ops = {
    .free = free_exchange,
    .cancel = cancel,
    .is_call = true,
};

/* Has one reference, the users'. */
static int new_call(struct mcps_call **ret, const struct mcps__call_request *request)
{
    struct mcps__peer *peer = request->peer;
    struct mcps__pool *pool = pool_for(peer, request->offer);
    struct mcps_call *call;
    struct mcps__lane *lane;
    int r = mcps__lanes_get(peer, pool, &lane);

    if (r < 0)
        return r;
    call = mcps__calloc(1, sizeof *call);
    if (!call)
        return -ENOMEM;
    r = mcps__mutex_init(&call->mutex, MCPS__LOCK_call);
    if (r < 0) {
        mcps__free(call);
        return r;
    }
    r = mcps__exchange_init(&call->exchange, peer, request->context, request->sink,
                            request->batch, request->id, &ops);
    if (r < 0) {
        mcps__mutex_fini(&call->mutex);
        mcps__free(call);
        return r;
    }
    call->exchange.scopes = mcps__scopes_ref(request->scopes);
    call->action = request->action;
    call->offer = mcps__offer_ref(request->offer);
    mcps__id_copy(&call->progress_token, request->progress_token);
    mcps__progress_init(call);
    call->log_levels = request->log_levels;
    call->placed = !mcps__view_is_set(&peer->engine->view);
    mcps__job_init(&call->job, lane, run);
    call->job.pool = pool;
    mcps__timer_init(&call->timer, on_timer);
    mcps__post_init(&call->post, on_ended);
    mcps__task_init(&call->task, free_task);
    atomic_init(&call->timed, false);
    atomic_init(&call->users, 1);
    atomic_init(&call->parts, 2);
    mcps__result_init(call);
    mcps__unwind_init(call);
    set_deadline(call, peer->engine);
    *ret = call;
    return 0;
}

/* All into one block of memory, each with a NUL behind it. */
static int copy_params(struct mcps_call *call, const struct mcps__param *from)
{
    size_t size = 0;
    char *to;

    for (size_t i = 0; i < MCPS__N_PARAMS; i++)
        size += from[i].text ? from[i].len + 1 : 0;
    if (size == 0)
        return 0;
    call->param_texts = mcps__malloc(size);
    if (!call->param_texts)
        return -ENOMEM;
    call->params_size = size;
    mcps__account_charge_in(call->exchange.peer->account, size);
    to = call->param_texts;
    for (size_t i = 0; i < MCPS__N_PARAMS; i++) {
        if (!from[i].text)
            continue;
        memcpy(to, from[i].text, from[i].len);
        to[from[i].len] = '\0';
        call->params[i] = (struct mcps__param){ to, from[i].len };
        to += from[i].len + 1;
    }
    return 0;
}

/* The timer first: from the moment it is listed on, a call can be cancelled. */
static int list_call(struct mcps_call *call, const struct mcps__call_request *request,
                     const char **reterr_why)
{
    struct mcps__peer *peer = request->peer;
    int r = copy_params(call, request->params);

    if (r >= 0 && request->arguments)
        r = mcps__arguments_copy(&call->arguments, peer->account, request->offer,
                                 request->arguments, request->arguments_len);

    if (r >= 0 && call->deadline != MCPS__CLOCK_NEVER)
        r = arm(call, call->deadline);
    if (r < 0)
        return r;
    r = mcps__exchange_list(&call->exchange);
    if (r >= 0) {
        call->refusal = request->refusal;
        call->seen = request->seen;
        if (call->seen)
            mcps__seen_take(call->seen);
        mcps__list_push_back(&peer->loop->collected, &call->job.link);
        return 0;
    }
    disarm(call);
    if (r != MCPS_ELIMIT)
        return r;
    return refuse(peer->engine, MCPS_LIMIT_CALLS_PER_PEER,
                  "Server busy: too many calls of this client", reterr_why);
}

int mcps__call_admit(const struct mcps__call_request *request, const char **reterr_why)
{
    struct mcps__peer *peer = request->peer;
    struct mcps__engine *engine = peer->engine;
    struct mcps_call *call = NULL;
    int r = take_places(engine, peer->account, request->offer, reterr_why);

    if (r < 0)
        return r;
    r = new_call(&call, request);
    if (r >= 0)
        r = list_call(call, request, reterr_why);
    if (r >= 0)
        return 0;
    if (call)
        mcps__exchange_unref(&call->exchange);
    mcps__pool_unreserve(&engine->pool);
    give_places_back(engine, peer->account, request->offer,
                     !mcps__view_is_set(&engine->view));
    return r;
}
