/* SPDX-License-Identifier: MIT */
/* What a running call says and learns besides its result; see mcpserver/call.h. */
#include "config.h"

#include "core/progress.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/answer.h"
#include "core/result.h"
#include "rpc/message.h"
#include "util/clock.h"

/* Around the message of a notification. */
enum { ENVELOPE_MAX = 1024 };

/* ---- progress ---- */

static struct mcps__piece *progress_piece(struct mcps_call *call, double done,
                                          double total, const char *message)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    struct mcps__piece *piece;
    size_t max = ENVELOPE_MAX + (message ? 6 * strlen(message) : 0);

    if (mcps__piece_begin(&buf, max) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_call(&w, NULL, "notifications/progress");
    mcps__write_object(&w);
    mcps__write_key(&w, "progressToken");
    mcps__write_raw(&w, call->progress_token.text, call->progress_token.len);
    mcps__write_key(&w, "progress");
    mcps__write_double(&w, done);
    if (total > 0) {
        mcps__write_key(&w, "total");
        mcps__write_double(&w, total);
    }
    /* Clients before 2025-03-26 do not know it. */
    if (message && call->exchange.context->version >= MCPS__V_2025_03_26) {
        mcps__write_key(&w, "message");
        mcps__write_string(&w, message);
    }
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    piece = mcps__written_piece(&buf, &w);
    if (!piece)
        return NULL;
    piece->owner = &call->exchange;
    piece->progress = true;
    return piece;
}

/* ---- what is held back ---- */

static struct mcps__piece *take_held(struct mcps_call *call) MCPS__REQUIRES(call->mutex)
{
    struct mcps__piece *piece = call->held.piece;

    call->held.piece = NULL;
    return piece;
}

static int64_t pause_of(const struct mcps_call *call)
{
    return mcps__limit_ns(&call->exchange.peer->engine->limits, MCPS_LIMIT_PROGRESS_MS);
}

static int put(struct mcps_call *call, struct mcps__piece *piece,
               struct mcps__list *dropped) MCPS__REQUIRES(call->mutex)
{
    call->held.due = mcps__clock_after(pause_of(call));
    return mcps__exchange_put_under(&call->exchange, piece, dropped);
}

void mcps__progress_flush(struct mcps_call *call)
{
    struct mcps__piece *piece;
    struct mcps__list dropped;

    mcps__list_init(&dropped);
    mcps__mutex_lock(&call->mutex);
    piece = take_held(call);
    if (piece)
        put(call, piece, &dropped);
    mcps__mutex_unlock(&call->mutex);
    mcps__pieces_free(&dropped);
}

static void let_go(struct mcps_call *call)
{
    mcps__mutex_lock(&call->mutex);
    call->held.timed = false;
    mcps__mutex_unlock(&call->mutex);
    mcps__exchange_unref(&call->exchange);
}

static void on_due(struct mcps__timer *timer)
{
    struct mcps_call *call = MCPS__CONTAINER_OF(timer, struct mcps_call, progress_timer);

    mcps__progress_flush(call);
    let_go(call);
}

void mcps__progress_disarm(struct mcps_call *call)
{
    if (!mcps__timer_is_set(&call->progress_timer))
        return;
    mcps__timer_clear(&call->exchange.peer->loop->timers, &call->progress_timer);
    let_go(call);
}

/* A call that ends meanwhile sees that a timer was set, or is seen to have ended. */
static void on_held(struct mcps__post *post)
{
    struct mcps_call *call = MCPS__CONTAINER_OF(post, struct mcps_call, progress_post);
    int64_t due;
    int r;

    mcps__mutex_lock(&call->mutex);
    due = call->held.due;
    mcps__mutex_unlock(&call->mutex);
    r = mcps__loop_set_timer(call->exchange.peer->loop, &call->progress_timer, due);
    if (r < 0) {
        mcps__progress_flush(call);
        let_go(call);
        return;
    }
    atomic_store(&call->timed, true);
    if (atomic_load(&call->parts) == 0)
        mcps__progress_disarm(call);
}

/* Without an I/O thread it waits for the next report, or the answer. */
static int hold(struct mcps_call *call, struct mcps__piece *piece)
    MCPS__REQUIRES(call->mutex)
{
    call->held.piece = piece;
    if (call->held.timed)
        return 0;
    mcps__exchange_ref(&call->exchange);
    call->held.timed = mcps__loop_post(call->exchange.peer->loop, &call->progress_post);
    if (!call->held.timed)
        mcps__exchange_unref(&call->exchange);
    return 0;
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it yet */
    void
    mcps__progress_init(struct mcps_call *call)
{
    call->held = (struct mcps__progress){ .piece = NULL };
    mcps__post_init(&call->progress_post, on_held);
    mcps__timer_init(&call->progress_timer, on_due);
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    void
    mcps__progress_fini(struct mcps_call *call)
{
    mcps__piece_free(call->held.piece);
}

/* The lock is held until it is put, so that what grows here grows on the wire, too. */
static int report(struct mcps_call *call, double done, double total, const char *message,
                  struct mcps__list *dropped) MCPS__REQUIRES(call->mutex)
{
    struct mcps__piece *piece, *held;
    int r = mcps__result_check(call);

    if (r < 0)
        return r;
    if (!(done > call->progress) || !isfinite(done) || !isfinite(total))
        return -EINVAL;
    call->progress = done;
    /* A handler that is run again says again what the client knows. */
    if (call->progress_token.kind == MCPS__ID_NONE || done <= call->progress_sent)
        return 0;
    piece = progress_piece(call, done, total, message);
    if (!piece)
        return -ENOMEM;
    held = take_held(call);
    if (held) {
        mcps__list_push_back(dropped, &held->link);
        mcps__limit_hit(&call->exchange.peer->engine->limits, MCPS_LIMIT_PROGRESS_MS);
    }
    return mcps__clock_now() < call->held.due ? hold(call, piece)
                                              : put(call, piece, dropped);
}

int mcps_call_progress(mcps_call *call, double done, double total, const char *message)
{
    struct mcps__list dropped;
    int r;

    mcps__list_init(&dropped);
    mcps__mutex_lock(&call->mutex);
    r = report(call, done, total, message, &dropped);
    mcps__mutex_unlock(&call->mutex);
    mcps__pieces_free(&dropped);
    return r;
}

/* ---- who, how long, and whether it was cancelled ---- */

const char *mcps_call_principal(const mcps_call *call)
{
    return call->exchange.peer->account->principal;
}

const char *mcps_call_protocol(const mcps_call *call)
{
    return mcps__version_info(call->exchange.context->version)->text;
}

bool mcps_call_client_can(const mcps_call *call, unsigned capabilities)
{
    return (call->exchange.context->capabilities & capabilities) == capabilities;
}

int64_t mcps_call_remaining_ms(const mcps_call *call)
{
    int64_t left;

    if (call->deadline == MCPS__CLOCK_NEVER)
        return -1;
    left = call->deadline - mcps__clock_now();
    return left > 0 ? left / MCPS__NS_PER_MS : 0;
}

enum mcps_cancel_reason mcps_call_cancelled(const mcps_call *call)
{
    return mcps__token_reason(&call->exchange.token);
}

int mcps_call_sleep_ms(mcps_call *call, unsigned ms)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = mcps__result_check(call);
    mcps__mutex_unlock(&call->mutex);
    if (r < 0)
        return r;
    if (mcps__pool_is_on_loop())
        return -EDEADLK;
    return mcps__token_sleep(&call->exchange.token,
                             mcps__clock_after((int64_t)ms * MCPS__NS_PER_MS));
}

int mcps_call_cancel_fd(mcps_call *call)
{
    return mcps__token_fd(&call->exchange.token);
}

int mcps_call_on_cancel(mcps_call *call, mcps_cancel_hook **ret, mcps_cancel_fn *fn,
                        void *userdata)
{
    return mcps__token_add_hook(&call->exchange.token,
                                &call->exchange.peer->engine->control, ret, fn, userdata);
}

mcps_cancel_hook *mcps_cancel_hook_remove(mcps_cancel_hook *hook)
{
    return mcps__hook_remove(hook);
}
