/* SPDX-License-Identifier: MIT */
/* The life of peers; see peer.h. How they close is in close.c. */
#include "config.h"

#include "core/peer.h"

#include <errno.h>

#include "core/close.h"
#include "core/lanes.h"
#include "util/mem.h"

#define PEER_MAGIC UINT32_C(0x50656572)

/* The maps are bounded by limits of their own, which are checked before each insertion. */
static int init_tables(struct mcps__peer *peer)
{
    int r = mcps__map_init(&peer->exchanges, SIZE_MAX);

    if (r >= 0)
        r = mcps__map_init(&peer->pending, SIZE_MAX);
    return r < 0 ? r : mcps__listener_init(&peer->listener, peer, NULL);
}

static int init_locked(struct mcps__peer *peer, struct mcps__engine *engine)
{
    int r = mcps__mutex_init(&peer->mutex, MCPS__LOCK_peer);

    if (r < 0)
        return r;
    r = init_tables(peer);
    if (r >= 0)
        r = mcps__token_init(&peer->token, MCPS__LOCK_token_peer, &engine->token);
    if (r < 0)
        mcps__mutex_fini(&peer->mutex);
    return r;
}

static int new_peer(struct mcps__peer **ret, struct mcps__engine *engine)
{
    struct mcps__peer *peer = mcps__calloc(1, sizeof *peer);
    int r;

    if (!peer)
        return -ENOMEM;
    r = init_locked(peer, engine);
    if (r < 0)
        mcps__free(peer);
    else
        *ret = peer;
    return r;
}

/* Requests without a session are counted as what they are. */
static int count_session(struct mcps__engine *engine, enum mcps__peer_kind kind)
{
    enum mcps_limit limit =
        kind == MCPS__PEER_SESSION ? MCPS_LIMIT_SESSIONS : MCPS_LIMIT_PEERS;

    if (kind == MCPS__PEER_REQUESTS || atomic_fetch_add(&engine->counters.sessions, 1) <
                                           mcps__limit(&engine->limits, limit))
        return 0;
    atomic_fetch_sub(&engine->counters.sessions, 1);
    mcps__limit_hit(&engine->limits, limit);
    return MCPS_ELIMIT;
}

void mcps__peer_uncount(struct mcps__engine *engine, enum mcps__peer_kind kind)
{
    if (kind != MCPS__PEER_REQUESTS)
        atomic_fetch_sub(&engine->counters.sessions, 1);
}

/* Not posted again before it is off the queue: what changes from then on is told anew. */
static void tell_roots_changed(struct mcps__task *task)
{
    struct mcps__peer *peer = MCPS__CONTAINER_OF(task, struct mcps__peer, roots_task);
    const struct mcps__roots_changed *to = &peer->engine->roots_changed;

    mcps__lock_assert_none_held();
    to->fn(to->server, peer->account->principal, to->userdata);
    mcps__peer_unref(peer);
}

/* A reference goes with the task, if it is not queued already. */
void mcps__peer_roots_changed(struct mcps__peer *peer)
{
    struct mcps__control *control = &peer->engine->control;

    atomic_fetch_add(&peer->n_roots_changes, 1);
    if (!peer->engine->roots_changed.fn)
        return;
    if (mcps__control_withdraw(control, &peer->roots_task))
        mcps__peer_unref(peer);
    mcps__peer_ref(peer);
    mcps__control_post(control, &peer->roots_task);
}

/* Nobody else has it yet. */
MCPS__NO_LOCK_ANALYSIS
int mcps__peer_new(struct mcps__peer **ret, struct mcps__engine *engine,
                   struct mcps__loop *loop, struct mcps__account *account,
                   struct mcps__sink *sink, enum mcps__peer_kind kind)
{
    struct mcps__peer *peer;
    int r = count_session(engine, kind);

    if (r < 0)
        return r;
    r = new_peer(&peer, engine);
    if (r < 0) {
        mcps__peer_uncount(engine, kind);
        return r;
    }
    mcps__obj_init(&peer->obj, PEER_MAGIC);
    peer->engine = mcps__engine_ref(engine);
    peer->loop = mcps__loop_ref(loop);
    peer->account = mcps__account_ref(account);
    peer->sink = sink ? mcps__sink_ref(sink) : NULL;
    peer->kind = kind;
    peer->no_back_channel = kind == MCPS__PEER_REQUESTS;
    mcps__lanes_init(peer);
    mcps__peer_init_close(peer);
    mcps__news_init(&peer->news);
    atomic_init(&peer->log_levels, MCPS_LOG_INFO + 1);
    mcps__task_init(&peer->roots_task, tell_roots_changed);
    atomic_init(&peer->n_roots_changes, 0);
    peer->connected = true;
    atomic_fetch_add(&engine->counters.streams, 1);
    peer->next_serial = 1;
    *ret = peer;
    return 0;
}

struct mcps__peer *mcps__peer_ref(struct mcps__peer *peer)
{
    MCPS__CHECK_OBJ(peer, PEER_MAGIC);
    mcps__obj_ref(&peer->obj);
    return peer;
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    static void
    free_peer(struct mcps__peer *peer)
{
    struct mcps__engine *engine = peer->engine;

    if (peer->connected)
        atomic_fetch_sub(&engine->counters.streams, 1);
    if (peer->state != MCPS__PEER_CLOSED)
        mcps__peer_uncount(engine, peer->kind);
    mcps__lanes_fini(peer);
    mcps__map_fini(&peer->exchanges);
    mcps__map_fini(&peer->pending);
    mcps__listener_fini(&peer->listener);
    mcps__assert(mcps__list_is_empty(&peer->news.streams));
    mcps__context_unref(peer->context);
    mcps__context_unref(peer->modern);
    mcps__token_fini(&peer->token);
    mcps__mutex_fini(&peer->mutex);
    mcps__sink_unref(peer->sink);
    mcps__account_unref(peer->account);
    mcps__loop_unref(peer->loop);
    mcps__free(peer);
    mcps__engine_unref(engine);
}

struct mcps__peer *mcps__peer_unref(struct mcps__peer *peer)
{
    if (!peer)
        return NULL;
    MCPS__CHECK_OBJ(peer, PEER_MAGIC);
    if (mcps__obj_unref(&peer->obj))
        free_peer(peer);
    return NULL;
}
