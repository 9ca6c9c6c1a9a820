/* SPDX-License-Identifier: MIT */
/*
 * The transport of 2024-11-05; see http.h. A client opens a stream of events by GET, is told
 * there where to POST its messages, and gets everything over that stream. It is its session,
 * which ends with it.
 */
#include "config.h"

#include "transport/http.h"

#include <errno.h>
#include <string.h>

#include "core/answer.h"
#include "core/close.h"
#include "proto/dispatch.h"
#include "rpc/errors.h"

static struct mcps__engine *engine_of(const struct mcps__http_conn *conn)
{
    return conn->http->transport.engine;
}

/* ---- the stream ---- */

static int write_endpoint(struct mcps__http_conn *conn,
                          const struct mcps__http_session *session)
{
    const char *const parts[] = { "event: endpoint\ndata: ",
                                  conn->http->setup.message_path,
                                  "?sessionId=", session->id, "\n\n" };
    int r = 0;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && r >= 0; i++)
        r = mcps__buf_append_str(&conn->reply.opening, parts[i]);
    return r;
}

void mcps__http_old_get(struct mcps__http_conn *conn)
{
    struct mcps__http_session *session;
    int r = mcps__http_session_new(conn, true, &session);

    if (r >= 0) {
        r = write_endpoint(conn, session);
        if (r >= 0)
            r = mcps__http_session_add(session);
        if (r < 0)
            mcps__http_session_end(session, MCPS_CANCEL_DISCONNECT);
    }
    if (r < 0) {
        mcps__buf_fini(&conn->reply.opening);
        mcps__http_reply_failed(conn, r, "Server busy: too many sessions", false);
        return;
    }
    conn->old = session;
    session->old_conn = conn;
    mcps__http_reply_from(conn, session->peer->sink);
    mcps__http_reply_events(conn);
    mcps__http_reply_pump(conn);
}

/* ---- messages ---- */

/* The value of sessionId in a query of that alone. */
static struct mcps__slice session_id(const struct mcps__http_head *head)
{
    static const char name[] = "sessionId=";
    const size_t len = sizeof name - 1;

    if (head->query.len < len || memcmp(head->query.data, name, len) != 0)
        return (struct mcps__slice){ NULL, 0 };
    return (struct mcps__slice){ head->query.data + len, head->query.len - len };
}

static bool allows_batch(struct mcps__peer *peer)
{
    const struct mcps__context *context;

    mcps__mutex_lock(&peer->mutex);
    context = peer->context;
    mcps__mutex_unlock(&peer->mutex);
    return context && mcps__version_info(context->version)->batches;
}

/* What is answered goes over the stream; here it is only said that it was taken. */
static void dispatch(struct mcps__http_conn *conn, struct mcps__peer *peer,
                     const struct mcps__http_head *head, struct mcps__slice text,
                     struct mcps__scan *scan, int verdict)
{
    struct mcps__envelope env;
    const struct mcps__posted posted = {
        .peer = peer,
        .sink = peer->sink,
        .scopes = conn->scopes,
        .headers = &head->headers,
        .scan = scan,
        .text = text.data,
        .env = &env,
    };

    if (verdict >= 0)
        verdict = mcps__envelope_read(&env, scan, text.data, allows_batch(peer));
    if (verdict < 0) {
        MCPS__COUNT(engine_of(conn), bad_messages);
        mcps__http_reply_whole(conn, verdict == -ENOMEM ? 500 : 400, "application/json",
                               mcps__posted_refusal(scan, verdict, &env));
        return;
    }
    mcps__dispatch_posted(&posted);
    mcps__http_reply_empty(conn, 202);
}

void mcps__http_old_post(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                         struct mcps__slice text, struct mcps__scan *scan, int verdict)
{
    struct mcps__http_session *session =
        mcps__http_session_find(conn, session_id(head), true);
    struct mcps__peer *peer;

    if (!session) {
        mcps__http_reply_error(conn, 404, MCPS__RPC_INVALID_REQUEST,
                               "Not found: there is no such session", false);
        return;
    }
    peer = session->peer;
    if (mcps__sink_waiting(peer->sink) > peer->sink->soft_mark) {
        mcps__limit_hit(&engine_of(conn)->limits, MCPS_LIMIT_OUT_BYTES);
        mcps__http_reply_whole(conn, 503, "application/json",
                               mcps__error_piece(NULL, MCPS__RPC_SERVER,
                                                 "Server busy: too much output waits for "
                                                 "this client",
                                                 MCPS__BUSY));
        return;
    }
    dispatch(conn, peer, head, text, scan, verdict);
}
