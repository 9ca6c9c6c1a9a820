/* SPDX-License-Identifier: MIT */
/* How peers end; see close.h and peer.h. */
#include "config.h"

#include "core/close.h"

#include "core/call.h"
#include "core/lanes.h"
#include "core/listen.h"
#include "core/pending.h"
#include "rpc/errors.h"
#include "util/clock.h"
#include "util/sync.h"

/* ---- the table of reasons ---- */

struct mcps__last_word mcps__last_word(const struct mcps__exchange *exchange,
                                       enum mcps_cancel_reason reason)
{
    static const struct mcps__last_word words[] = {
        [MCPS_CANCEL_CLIENT] = { .said = false },
        [MCPS_CANCEL_DISCONNECT] = { .said = false },
        [MCPS_CANCEL_SESSION_END] = { true, MCPS__RPC_SERVER, "The session was ended",
                                      NULL },
        [MCPS_CANCEL_TIMEOUT] = { true, MCPS__RPC_SERVER, "The call took too long",
                                  MCPS__TIMEOUT },
        [MCPS_CANCEL_SHUTDOWN] = { true, MCPS__RPC_SERVER, "The server stops",
                                   MCPS__SHUTDOWN },
        [MCPS_CANCEL_UNLOAD] = { true, MCPS__RPC_SERVER, "The tool was taken away",
                                 MCPS__UNLOAD },
    };

    if (reason == MCPS_CANCEL_CLIENT && exchange->peer->kind == MCPS__PEER_SESSION)
        return (struct mcps__last_word){ true, MCPS__RPC_REQUEST_CANCELLED,
                                         "Request cancelled", NULL };
    return words[reason];
}

/* ---- the state machine ---- */

/* Moves on to a later state; false when the peer is there already, or further. */
static bool advance(struct mcps__peer *peer, enum mcps__peer_state state)
{
    bool moved;

    mcps__mutex_lock(&peer->mutex);
    moved = peer->state < state;
    if (moved) {
        peer->state = state;
        peer->no_client = peer->no_client || state >= MCPS__PEER_CANCELLED;
    }
    mcps__mutex_unlock(&peer->mutex);
    return moved;
}

static bool has_calls(struct mcps__peer *peer)
{
    bool has;

    mcps__mutex_lock(&peer->mutex);
    has = peer->n_calls > 0;
    mcps__mutex_unlock(&peer->mutex);
    return has;
}

static void close_if_done(struct mcps__peer *peer)
{
    if (peer->connected || has_calls(peer))
        return;
    if (advance(peer, MCPS__PEER_CLOSED)) {
        mcps__peer_uncount(peer->engine, peer->kind);
        mcps__timer_clear(&peer->loop->timers, &peer->timer);
    }
}

/* Settles everything, and only then sets the token: a handler that notices can no longer
 * answer anything of its own. No call that waits is started meanwhile, by the worker of one
 * that was cancelled before it; afterwards none is left. */
static void cancel(struct mcps__peer *peer, enum mcps_cancel_reason reason)
{
    struct mcps__exchange *exchange;

    if (!advance(peer, MCPS__PEER_CANCELLED))
        return;
    mcps__timer_clear(&peer->loop->timers, &peer->timer);
    if (!MCPS__MUTATED(M1))
        mcps__lanes_hold(peer);
    MCPS__SYNC_POINT("before_cancels");
    if (!MCPS__MUTATED(M1)) {
        for (exchange = mcps__exchange_any(peer); exchange;
             exchange = mcps__exchange_any(peer)) {
            mcps__exchange_cancel(exchange, reason);
            mcps__exchange_unref(exchange);
        }
        mcps__token_set(&peer->token, reason);
    }
    mcps__pending_fail_all(peer, false);
    MCPS__SYNC_POINT("between_close_phases");
    if (peer->sink)
        mcps__sink_close(peer->sink);
    close_if_done(peer);
}

static bool is_cancelled(struct mcps__peer *peer)
{
    bool is;

    mcps__mutex_lock(&peer->mutex);
    is = peer->state >= MCPS__PEER_CANCELLED;
    mcps__mutex_unlock(&peer->mutex);
    return is;
}

/* What runs gets time until the deadline, if anything runs; streams of notifications, which
 * would never end, get none. A timer must not be set once the
 * peer is cancelled: nothing would clear it before the peer is freed. */
static void drain(struct mcps__peer *peer, enum mcps_cancel_reason reason,
                  int64_t deadline)
{
    if (is_cancelled(peer))
        return;
    advance(peer, MCPS__PEER_DRAINING);
    peer->cause = reason;
    mcps__listens_end(peer, reason);
    if (deadline <= mcps__clock_now() || !has_calls(peer) ||
        mcps__loop_set_timer(peer->loop, &peer->timer, deadline) < 0)
        cancel(peer, reason);
}

static void on_timer(struct mcps__timer *timer)
{
    struct mcps__peer *peer = MCPS__CONTAINER_OF(timer, struct mcps__peer, timer);

    cancel(peer, peer->cause);
}

/* A call has ended while the peer was closing. */
static void step(struct mcps__post *post)
{
    struct mcps__peer *peer = MCPS__CONTAINER_OF(post, struct mcps__peer, post);

    if (!has_calls(peer)) {
        if (peer->cause != MCPS_CANCEL_NONE)
            cancel(peer, peer->cause);
        close_if_done(peer);
    }
    mcps__peer_unref(peer);
}

void mcps__peer_init_close(struct mcps__peer *peer)
{
    mcps__timer_init(&peer->timer, on_timer);
    mcps__post_init(&peer->post, step);
    peer->cause = MCPS_CANCEL_NONE;
}

void mcps__peer_call_ended(struct mcps__peer *peer)
{
    bool closing;

    mcps__mutex_lock(&peer->mutex);
    peer->n_calls--;
    closing = peer->state != MCPS__PEER_OPEN && peer->n_calls == 0;
    mcps__mutex_unlock(&peer->mutex);
    if (!closing)
        return;
    mcps__peer_ref(peer);
    if (!mcps__loop_post(peer->loop, &peer->post))
        mcps__peer_unref(peer);
}

/* ---- what transports tell ---- */

/* An answer of the client can no longer come, so whoever waits for one is told at once; a
 * call that depended on it has nothing to answer, for there was no error but the client's
 * own going away. Other calls may still be answered. */
void mcps__peer_end_of_input(struct mcps__peer *peer)
{
    mcps__mutex_lock(&peer->mutex);
    peer->no_client = true;
    mcps__mutex_unlock(&peer->mutex);
    advance(peer, MCPS__PEER_DRAINING);
    mcps__pending_fail_all(peer, true);
    drain(peer, MCPS_CANCEL_DISCONNECT,
          mcps__clock_after(
              mcps__limit_ns(&peer->engine->limits, MCPS_LIMIT_EOF_GRACE_MS)));
}

void mcps__peer_lost(struct mcps__peer *peer)
{
    if (peer->sink)
        mcps__sink_break(peer->sink);
    cancel(peer, MCPS_CANCEL_DISCONNECT);
}

void mcps__peer_drain(struct mcps__peer *peer, int64_t deadline)
{
    bool earlier = !mcps__timer_is_set(&peer->timer) || deadline < peer->timer.at;

    if (peer->cause == MCPS_CANCEL_NONE || earlier)
        drain(peer, peer->cause == MCPS_CANCEL_NONE ? MCPS_CANCEL_SHUTDOWN : peer->cause,
              deadline);
}

void mcps__peer_end(struct mcps__peer *peer, enum mcps_cancel_reason reason)
{
    cancel(peer, reason);
}

void mcps__peer_disconnected(struct mcps__peer *peer)
{
    peer->connected = false;
    atomic_fetch_sub(&peer->engine->counters.streams, 1);
    cancel(peer, MCPS_CANCEL_DISCONNECT);
    mcps__news_drop(peer);
    mcps__elicitations_drop(peer);
    close_if_done(peer);
}
