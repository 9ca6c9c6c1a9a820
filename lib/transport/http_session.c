/* SPDX-License-Identifier: MIT */
/*
 * Sessions over HTTP; see http.h. One is made for an initialize that was read as a whole, and
 * found by others only when that was answered with success. Nothing of it outlives it: all
 * that it has hangs off its object.
 */
#include "config.h"

#include "transport/http.h"

#include <errno.h>
#include <string.h>

#include "core/close.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/random.h"

static struct mcps__http_session *session_of(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct mcps__http_session, link);
}

static struct mcps__http_session *fresh_of(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct mcps__http_session, fresh);
}

/* ---- making ---- */

static int make_id(char id[MCPS__SESSION_ID_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[MCPS__SESSION_ID_LEN / 2];
    int r = mcps__random_bytes(bytes, sizeof bytes);

    if (r < 0)
        return r;
    for (size_t i = 0; i < sizeof bytes; i++) {
        id[2 * i] = digits[bytes[i] >> 4];
        id[2 * i + 1] = digits[bytes[i] & 15];
    }
    id[MCPS__SESSION_ID_LEN] = '\0';
    return 0;
}

/* One of 2024-11-05 has one stream for everything, which is not kept. */
static int make_peer(struct mcps__http_session *session, struct mcps__account *account)
{
    struct mcps__http *http = session->http;
    struct mcps__engine *engine = http->transport.engine;
    struct mcps__sink *sink;
    int r = mcps__sink_new(&sink, http->loop, account, &engine->limits,
                           session->is_old ? mcps__http_on_flush
                                           : mcps__http_stream_on_flush);

    if (r < 0)
        return r;
    if (!session->is_old) {
        session->own = mcps__http_stream_new(session, sink);
        r = session->own ? 0 : -ENOMEM;
    }
    if (r >= 0)
        r = mcps__peer_new(&session->peer, engine, http->loop, account, sink,
                           session->is_old ? MCPS__PEER_STREAM : MCPS__PEER_SESSION);
    if (r >= 0)
        session->peer->tolerates_twins = http->setup.tolerates_twins;
    if (r >= 0)
        session->peer->no_back_channel = http->setup.json_only && !session->is_old;
    else if (session->own)
        mcps__http_stream_forget(session->own);
    mcps__sink_unref(sink);
    return r;
}

static int take_place(struct mcps__engine *engine, struct mcps__account *account)
{
    if (atomic_fetch_add(&account->n_sessions, 1) <
        mcps__limit(&engine->limits, MCPS_LIMIT_SESSIONS_PER_ACCOUNT))
        return 0;
    atomic_fetch_sub(&account->n_sessions, 1);
    mcps__limit_hit(&engine->limits, MCPS_LIMIT_SESSIONS_PER_ACCOUNT);
    return MCPS_ELIMIT;
}

int mcps__http_session_new(struct mcps__http_conn *conn, bool is_old,
                           struct mcps__http_session **ret)
{
    struct mcps__http_session *session = mcps__calloc(1, sizeof *session);
    int r;

    if (!session)
        return -ENOMEM;
    session->http = conn->http;
    session->is_old = is_old;
    session->made_at = session->used_at = mcps__clock_now();
    mcps__list_init(&session->link);
    mcps__list_init(&session->fresh);
    mcps__list_init(&session->streams);
    if (conn->principal) {
        session->principal = mcps__memdup(conn->principal, strlen(conn->principal) + 1);
        if (!session->principal) {
            mcps__free(session);
            return -ENOMEM;
        }
    }
    r = take_place(conn->http->transport.engine, conn->account);
    if (r >= 0) {
        r = make_id(session->id);
        if (r >= 0)
            r = make_peer(session, conn->account);
        if (r < 0)
            atomic_fetch_sub(&conn->account->n_sessions, 1);
    }
    if (r < 0) {
        mcps__free(session->principal);
        mcps__free(session);
        return r;
    }
    *ret = session;
    return 0;
}

int mcps__http_session_add(struct mcps__http_session *session)
{
    struct mcps__http_sessions *all = &session->http->sessions;
    int r = mcps__map_insert(&all->by_id, session->id, MCPS__SESSION_ID_LEN, session);

    if (r < 0)
        return r;
    mcps__list_push_back(&all->all, &session->link);
    mcps__list_push_back(&all->fresh, &session->fresh);
    return 0;
}

/* ---- finding ---- */

static bool is_of(const struct mcps__http_session *session, const char *principal)
{
    if (!session->principal || !principal)
        return session->principal == principal;
    return strcmp(session->principal, principal) == 0;
}

struct mcps__http_session *mcps__http_session_find(struct mcps__http_conn *conn,
                                                   struct mcps__slice id, bool is_old)
{
    struct mcps__http_sessions *all = &conn->http->sessions;
    struct mcps__http_session *session;

    if (id.len != MCPS__SESSION_ID_LEN)
        return NULL;
    session = mcps__map_lookup(&all->by_id, id.data, id.len);
    if (!session || session->is_old != is_old || !is_of(session, conn->principal))
        return NULL;
    mcps__http_session_use(session);
    return session;
}

void mcps__http_session_use(struct mcps__http_session *session)
{
    session->used_at = mcps__clock_now();
    mcps__list_remove(&session->link);
    mcps__list_push_back(&session->http->sessions.all, &session->link);
}

/* ---- ending ---- */

static void forget_streams(struct mcps__http_session *session)
{
    MCPS__LIST_FOREACH_SAFE (node, &session->streams)
        mcps__http_stream_forget(
            MCPS__CONTAINER_OF(node, struct mcps__http_stream, link));
}

/* The calls are settled first, and what that says goes out on the connections that are there;
 * nobody can come back for the rest. */
void mcps__http_session_end(struct mcps__http_session *session,
                            enum mcps_cancel_reason reason)
{
    struct mcps__peer *peer = session->peer;
    struct mcps__account *account = peer->account;

    if (session->ended)
        return;
    session->ended = true;
    mcps__map_remove(&session->http->sessions.by_id, session->id, MCPS__SESSION_ID_LEN,
                     session);
    mcps__list_remove(&session->link);
    mcps__list_remove(&session->fresh);
    mcps__peer_end(peer, reason);
    if (session->old_conn)
        session->old_conn->old = NULL;
    if (session->own && session->own->conn)
        mcps__http_conn_feed(session->own->conn);
    forget_streams(session);
    mcps__peer_disconnected(peer);
    atomic_fetch_sub(&account->n_sessions, 1);
    mcps__peer_unref(peer);
    mcps__free(session->principal);
    mcps__free(session);
}

/* ---- time ---- */

static bool is_ready(struct mcps__peer *peer)
{
    bool ready;

    mcps__mutex_lock(&peer->mutex);
    ready = peer->ready;
    mcps__mutex_unlock(&peer->mutex);
    return ready;
}

static bool has_calls(struct mcps__peer *peer)
{
    bool has;

    mcps__mutex_lock(&peer->mutex);
    has = peer->n_calls > 0 || peer->pending.n_entries > 0;
    mcps__mutex_unlock(&peer->mutex);
    return has;
}

static void expire(struct mcps__http_session *session, enum mcps_limit limit)
{
    struct mcps__engine *engine = session->http->transport.engine;

    mcps__limit_hit(&engine->limits, limit);
    mcps__log(&engine->log, MCPS_LOG_INFO, "a session ends: %s",
              limit == MCPS_LIMIT_INIT_MS ? "its client never said that it is initialized"
                                          : "nobody used it");
    mcps__http_session_end(session, MCPS_CANCEL_SESSION_END);
}

static void sweep_fresh(struct mcps__http_sessions *all, int64_t before)
{
    MCPS__LIST_FOREACH_SAFE (node, &all->fresh) {
        struct mcps__http_session *session = fresh_of(node);

        if (is_ready(session->peer))
            mcps__list_remove(node);
        else if (session->made_at > before)
            return;
        else
            expire(session, MCPS_LIMIT_INIT_MS);
    }
}

/* Who has something in flight or somebody who listens is in use. */
static void sweep_idle(struct mcps__http_sessions *all, int64_t now, int64_t before)
{
    MCPS__LIST_FOREACH_SAFE (node, &all->all) {
        struct mcps__http_session *session = session_of(node);

        if (session->used_at > before || session->used_at >= now)
            return;
        if (session->n_attached == 0 && !session->old_conn && !has_calls(session->peer)) {
            expire(session, MCPS_LIMIT_SESSION_IDLE_MS);
            continue;
        }
        session->used_at = now;
        mcps__list_remove(node);
        mcps__list_push_back(&all->all, node);
    }
}

void mcps__http_sessions_sweep(struct mcps__http *http, int64_t now)
{
    const struct mcps__limits *limits = &http->transport.engine->limits;
    struct mcps__http_sessions *all = &http->sessions;

    sweep_fresh(all, now - mcps__limit_ns(limits, MCPS_LIMIT_INIT_MS));
    sweep_idle(all, now, now - mcps__limit_ns(limits, MCPS_LIMIT_SESSION_IDLE_MS));
    MCPS__LIST_FOREACH (node, &all->all) {
        struct mcps__http_session *session = session_of(node);

        if (session->streams.next != session->streams.prev)
            mcps__http_streams_expire(session, now);
    }
}

void mcps__http_sessions_drain(struct mcps__http *http, int64_t deadline)
{
    MCPS__LIST_FOREACH_SAFE (node, &http->sessions.all)
        mcps__peer_drain(session_of(node)->peer, deadline);
}
