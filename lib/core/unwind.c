/* SPDX-License-Identifier: MIT */
/*
 * Asking without a thread that waits; see unwind.h.
 *
 * From the end of the handler's run on everything happens at the home of the peer, where the
 * questions are sent, answers come in, times run out and calls are cancelled. So what is
 * awaited needs no lock.
 */
#include "config.h"

#include "core/unwind.h"

#include <errno.h>

#include "core/ask.h"
#include "core/elicitations.h"
#include "core/result.h"
#include "util/clock.h"
#include "util/sync.h"

static struct mcps__engine *engine_of(const struct mcps_call *call)
{
    return call->exchange.peer->engine;
}

/* ---- its end ---- */

static void stop_waiting(struct mcps_call *call)
{
    call->unwound = false;
    mcps__wanted_free(call->awaited);
    call->awaited = NULL;
    mcps__pool_leave_parked(&engine_of(call)->pool);
}

static bool is_finished(struct mcps_call *call)
{
    bool is;

    mcps__mutex_lock(&call->mutex);
    is = call->finished;
    mcps__mutex_unlock(&call->mutex);
    return is;
}

/* The places that the call has in its pools it has still; only the one in the queue was given
 * back when the handler was entered. */
static void run_again(struct mcps_call *call)
{
    struct mcps__list jobs;

    stop_waiting(call);
    if (is_finished(call) ||
        mcps__token_reason(&call->exchange.token) != MCPS_CANCEL_NONE) {
        mcps__call_end_unrun(call);
        return;
    }
    mcps__list_init(&jobs);
    mcps__list_push_back(&jobs, &call->job.link);
    mcps__pool_reserve_again(call->job.pool);
    MCPS__SYNC_POINT("before_run_again");
    mcps__pool_submit(call->job.pool, &jobs);
}

/* The client is gone, so there is nothing to say, and nobody to say it to. */
static void give_up(struct mcps_call *call)
{
    mcps__exchange_suppress(&call->exchange);
    stop_waiting(call);
    mcps__call_end_unrun(call);
}

static void fail(struct mcps_call *call, int error)
{
    stop_waiting(call);
    mcps_call_finish(call, error);
    mcps__call_end_run(call);
}

/* One of those that are awaited, among them who sends them, is done. */
static void end_one(struct mcps_call *call)
{
    if (--call->n_awaited > 0)
        return;
    if (call->unwind_error == MCPS_ECLOSED)
        give_up(call);
    else if (call->unwind_error < 0)
        fail(call, call->unwind_error);
    else
        run_again(call);
}

/* ---- outcomes ---- */

static int store(struct mcps_call *call, const struct mcps__wanted *wanted, int outcome,
                 const struct mcps__bytes *result)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = mcps__answers_store(call->answers, wanted, outcome, result ? result->data : NULL,
                            result ? result->len : 0, &engine_of(call)->json_limits);
    mcps__mutex_unlock(&call->mutex);
    return r;
}

/* What could not be stored would be asked again, and for ever. */
static void note_outcome(struct mcps__wanted *wanted, int outcome,
                         const struct mcps__bytes *result)
{
    struct mcps_call *call = wanted->call;
    int r = outcome == MCPS_ECLOSED ? outcome : store(call, wanted, outcome, result);

    if (r < 0 && call->unwind_error != MCPS_ECLOSED)
        call->unwind_error = r;
}

static void drop_entry(struct mcps__wanted *wanted)
{
    struct mcps__entry *entry = wanted->entry;

    wanted->entry = NULL;
    mcps__timer_clear(&entry->exchange->peer->loop->timers, &entry->timer);
    mcps__entry_unref(entry);
}

static void on_done(struct mcps__entry *entry, int outcome, struct mcps__bytes *result)
{
    struct mcps__wanted *wanted = entry->userdata;
    struct mcps_call *call = wanted->call;

    if (outcome == MCPS_ETIMEDOUT)
        mcps__ask_cancel(entry, outcome);
    drop_entry(wanted);
    note_outcome(wanted, outcome, result);
    mcps__bytes_unref(result);
    end_one(call);
}

/* ---- sending ---- */

static int send_entry(struct mcps__wanted *wanted, struct mcps__entry *entry)
{
    struct mcps__piece *piece = mcps__ask_piece(entry, wanted->method, &wanted->params);
    int r = piece ? mcps__entry_set_timer(entry) : -ENOMEM;

    if (r >= 0)
        r = mcps__elicitations_note(entry->exchange->peer, wanted->elicitation_id);
    if (r >= 0)
        r = mcps__pending_insert(entry);
    if (r < 0) {
        mcps__piece_free(piece);
        return r;
    }
    r = mcps__exchange_put(entry->exchange, piece);
    return r < 0 && mcps__pending_remove(entry) ? r : 0;
}

static int send_one(struct mcps__wanted *wanted)
{
    struct mcps_call *call = wanted->call;
    const struct mcps__limits *limits = &engine_of(call)->limits;
    int r = mcps__entry_new(&wanted->entry, &call->exchange,
                            mcps__limit_ns(limits, wanted->time_limit));

    if (r < 0)
        return r;
    wanted->entry->on_done = on_done;
    wanted->entry->userdata = wanted;
    r = send_entry(wanted, wanted->entry);
    if (r < 0)
        drop_entry(wanted);
    return r;
}

static void send_all(struct mcps_call *call)
{
    struct mcps__wanted *wanted, *next;

    call->unwound = true;
    call->unwind_error = 0;
    call->n_awaited = 1;
    for (wanted = call->awaited; wanted; wanted = next) {
        int r;

        next = wanted->next;
        call->n_awaited++;
        r = send_one(wanted);
        if (r >= 0)
            continue;
        note_outcome(wanted, r, NULL);
        call->n_awaited--;
    }
    end_one(call);
}

/* It may have been cancelled on the way here. */
static void on_home(struct mcps__post *post)
{
    struct mcps_call *call = MCPS__CONTAINER_OF(post, struct mcps_call, unwind_post);
    int r;

    MCPS__SYNC_POINT("before_unwound");
    r = mcps__ask_check(call);
    if (r == MCPS_ECANCELLED || r == MCPS_ECLOSED)
        give_up(call);
    else
        send_all(call);
}

/* ---- the run of the handler is over ---- */

void mcps__unwind_init(struct mcps_call *call)
{
    mcps__post_init(&call->unwind_post, on_home);
}

bool mcps__unwind_is_due(struct mcps_call *call, int result)
{
    bool due;

    if (result != MCPS_EINPUT || mcps__context_is_modern(call->exchange.context))
        return false;
    mcps__mutex_lock(&call->mutex);
    due = !call->finished && call->answers && call->answers->wanted &&
          call->answers->urls.len == 0;
    mcps__mutex_unlock(&call->mutex);
    return due;
}

/* What was said in this run is forgotten, and the questions are taken out. Returns how many
 * rounds there were. */
static unsigned begin_round(struct mcps_call *call)
{
    struct mcps__answers *answers;
    unsigned round;

    mcps__mutex_lock(&call->mutex);
    answers = call->answers;
    call->awaited = answers->wanted;
    answers->wanted = NULL;
    answers->wanted_end = &answers->wanted;
    round = ++answers->round;
    mcps__mutex_unlock(&call->mutex);
    mcps__result_restart(call);
    call->restarted = true;
    return round;
}

static void refuse(struct mcps_call *call, enum mcps_limit limit, int error)
{
    mcps__wanted_free(call->awaited);
    call->awaited = NULL;
    mcps__limit_hit(&engine_of(call)->limits, limit);
    mcps_call_finish(call, error);
    mcps__call_end_run(call);
}

void mcps__unwind(struct mcps_call *call)
{
    struct mcps__engine *engine = engine_of(call);
    unsigned round;

    mcps__token_clear_hooks(&call->exchange.token);
    round = begin_round(call);
    if (round > mcps__limit(&engine->limits, MCPS_LIMIT_ROUNDS)) {
        refuse(call, MCPS_LIMIT_ROUNDS, MCPS_ELIMIT);
        return;
    }
    if (mcps__pool_join_parked(&engine->pool) < 0) {
        refuse(call, MCPS_LIMIT_CALLS_PARKED, MCPS_EBUSY);
        return;
    }
    MCPS__SYNC_POINT("before_unwind_post");
    if (!mcps__loop_post(call->exchange.peer->loop, &call->unwind_post))
        give_up(call);
}

bool mcps__unwind_cancel(struct mcps_call *call)
{
    if (!call->unwound)
        return false;
    for (struct mcps__wanted *wanted = call->awaited; wanted; wanted = wanted->next) {
        if (!wanted->entry)
            continue;
        if (mcps__pending_remove(wanted->entry))
            mcps__ask_cancel(wanted->entry, MCPS_ECANCELLED);
        drop_entry(wanted);
    }
    stop_waiting(call);
    mcps__call_end_unrun(call);
    return true;
}
