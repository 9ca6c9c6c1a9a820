/* SPDX-License-Identifier: MIT */
/*
 * Messages that come by POST, and the GET and DELETE of their endpoint; see http.h.
 *
 * A request of the modern era, or of a server without sessions, is of a peer of the connection
 * that it comes on, and goes with it. Others are of a session's, and outlast the connection.
 */
#include "config.h"

#include "transport/http.h"

#include <errno.h>
#include <string.h>

#include "core/answer.h"
#include "core/close.h"
#include "core/context.h"
#include "proto/dispatch.h"
#include "proto/mirror_check.h"
#include "rpc/errors.h"
#include "util/clock.h"
#include "util/mem.h"

#define SESSION_HEADER "Mcp-Session-Id"
#define VERSION_HEADER "MCP-Protocol-Version"

static struct mcps__engine *engine_of(const struct mcps__http_conn *conn)
{
    return conn->http->transport.engine;
}

/* ---- what is refused before it is anybody's ---- */

/* All that is wrong with a session's id looks the same, whoever asks. */
static void refuse_session(struct mcps__http_conn *conn)
{
    mcps__http_reply_error(conn, 404, MCPS__RPC_INVALID_REQUEST,
                           "Not found: there is no such session", false);
}

static void refuse_sessionless(struct mcps__http_conn *conn)
{
    mcps__http_reply_error(conn, 400, MCPS__RPC_INVALID_REQUEST,
                           "Bad request: " SESSION_HEADER
                           " is missing; begin with the request initialize",
                           false);
}

static void refuse_memory(struct mcps__http_conn *conn)
{
    mcps__http_reply_failed(conn, -ENOMEM, NULL, false);
}

/* ---- handing on ---- */

/* A text of JSON-RPC that came with a request. */
struct posted {
    struct mcps__http_conn *conn;
    struct mcps__posted message;
    struct mcps__envelope env;
    struct mcps__slice session; /* the id in the head; .data NULL: none */
    struct mcps__slice version;
};

/* Nothing is answered to those, whatever becomes of them. */
static bool is_answered(const struct mcps__envelope *env)
{
    return env->kind == MCPS__ENVELOPE_REQUEST || env->kind == MCPS__ENVELOPE_BATCH;
}

static int make_sink(struct mcps__http_conn *conn, struct mcps__peer *peer, bool kept,
                     struct mcps__sink **ret)
{
    int r = mcps__sink_new(ret, conn->http->loop, peer->account, &engine_of(conn)->limits,
                           kept ? mcps__http_stream_on_flush : mcps__http_on_flush);

    if (r >= 0)
        (*ret)->single = true;
    return r;
}

/* The reply that the request is to have, before it can have one. */
static int open_reply(struct posted *posted, struct mcps__http_session *session,
                      struct mcps__sink *sink)
{
    struct mcps__http_conn *conn = posted->conn;
    struct mcps__http_stream *stream;

    if (session) {
        stream = mcps__http_stream_new(session, sink);
        if (!stream)
            return -ENOMEM;
        stream->primes = session->primes;
        mcps__http_stream_attach(stream, conn);
    }
    mcps__http_reply_from(conn, sink);
    return 0;
}

/* Dispatches it to a peer, with a sink of its own: the answer is whatever comes into that. */
static void serve(struct posted *posted, struct mcps__peer *peer,
                  struct mcps__http_session *session)
{
    struct mcps__http_conn *conn = posted->conn;
    bool kept = session && !conn->http->setup.json_only;
    struct mcps__sink *sink;
    int r = make_sink(conn, peer, kept, &sink);

    if (r >= 0) {
        r = open_reply(posted, kept ? session : NULL, sink);
        if (r < 0)
            mcps__sink_unref(sink);
    }
    if (r < 0) {
        refuse_memory(conn);
        return;
    }
    conn->reply.whole_only = conn->http->setup.json_only && !conn->reply.modern;
    posted->message.peer = peer;
    posted->message.sink = sink;
    mcps__dispatch_posted(&posted->message);
    if (!is_answered(&posted->env))
        mcps__sink_close(sink);
    else if (kept && sink->streams)
        mcps__http_reply_events(conn);
    mcps__sink_unref(sink);
}

/* ---- without a session ---- */

/* The peer of the connection's requests: another one for another account. */
static int own_peer(struct mcps__http_conn *conn)
{
    if (conn->peer && conn->peer->account == conn->account)
        return 0;
    mcps__http_conn_leave_peer(conn);
    return mcps__peer_new(&conn->peer, engine_of(conn), conn->http->loop, conn->account,
                          NULL, MCPS__PEER_REQUESTS);
}

/* A request is told by its answer what is wrong with its fields; this has none. */
static bool check_notification(struct posted *posted)
{
    const struct mcps__posted *message = &posted->message;
    const struct mcps__slice *said = &posted->version;
    const char *why = "Unsupported protocol version";
    int code = MCPS__RPC_UNSUPPORTED_VERSION;

    if (!said->data || mcps__version_by_name(MCPS__MODERN, said->data, said->len) >= 0) {
        if (mcps__mirror_check(message->headers, message->env, message->scan,
                               message->text, &why) >= 0)
            return true;
        code = MCPS__RPC_HEADER_MISMATCH;
    }
    mcps__http_reply_error(posted->conn, 400, code, why, false);
    return false;
}

static void serve_modern(struct posted *posted)
{
    struct mcps__http_conn *conn = posted->conn;

    if (posted->env.kind == MCPS__ENVELOPE_NOTIFICATION && !check_notification(posted))
        return;
    if (own_peer(conn) < 0) {
        refuse_memory(conn);
        return;
    }
    conn->reply.modern = true;
    serve(posted, conn->peer, NULL);
    mcps__http_reply_pump(conn);
}

/* What the client said of itself in an initialize is gone by now: it is taken to be able to do
 * nothing. */
static void serve_stateless(struct posted *posted)
{
    struct mcps__http_conn *conn = posted->conn;
    const struct mcps__slice *said = &posted->version;
    int version = said->data ? mcps__version_by_name(MCPS__LEGACY, said->data, said->len)
                             : MCPS__V_2025_03_26;
    struct mcps__context *context;

    mcps__assert(version >= 0);
    if (own_peer(conn) < 0 ||
        mcps__context_new(&context, (enum mcps__version)version, 0, NULL) < 0) {
        refuse_memory(conn);
        return;
    }
    posted->message.context = context;
    serve(posted, conn->peer, NULL);
    mcps__context_unref(context);
    mcps__http_reply_pump(conn);
}

/* Of a peer that is there for nothing else. */
static void initialize_stateless(struct posted *posted)
{
    struct mcps__http_conn *conn = posted->conn;
    struct mcps__peer *peer;

    if (mcps__peer_new(&peer, engine_of(conn), conn->http->loop, conn->account, NULL,
                       MCPS__PEER_REQUESTS) < 0) {
        refuse_memory(conn);
        return;
    }
    serve(posted, peer, NULL);
    mcps__http_reply_pump(conn);
    mcps__peer_disconnected(peer);
    mcps__peer_unref(peer);
}

/* ---- with a session ---- */

static const struct mcps__context *context_of(struct mcps__peer *peer)
{
    const struct mcps__context *context;

    mcps__mutex_lock(&peer->mutex);
    context = peer->context;
    mcps__mutex_unlock(&peer->mutex);
    return context;
}

/* The header of a request says what was agreed on, or nothing. */
static bool check_version(struct mcps__http_conn *conn, struct mcps__slice version,
                          const struct mcps__context *context)
{
    if (!version.data ||
        mcps__slice_is(version, mcps__version_info(context->version)->text))
        return true;
    mcps__http_reply_error(conn, 400, MCPS__RPC_INVALID_REQUEST,
                           "Bad request: " VERSION_HEADER
                           " says another version than the session has",
                           false);
    return false;
}

static void serve_session(struct posted *posted, struct mcps__http_session *session)
{
    if (!check_version(posted->conn, posted->version, context_of(session->peer)))
        return;
    serve(posted, session->peer, session);
    mcps__http_reply_pump(posted->conn);
}

/* It exists once it was initialized, and is known before its client is told. */
static void settle_session(struct posted *posted, struct mcps__http_session *session)
{
    const struct mcps__context *context = context_of(session->peer);
    int r = 0;

    if (context && !mcps__http_reply_field(posted->conn, SESSION_HEADER, session->id))
        r = -ENOMEM;
    else if (context)
        r = mcps__http_session_add(session);
    if (!context || r < 0) {
        mcps__http_session_end(session, MCPS_CANCEL_DISCONNECT);
        if (r < 0) {
            mcps__http_reply_drop(posted->conn);
            refuse_memory(posted->conn);
        }
        return;
    }
    session->primes = context->version >= MCPS__V_2025_11_25;
    session->own->primes = session->primes;
}

static bool has_two_versions(const struct posted *posted)
{
    const struct mcps__scan_member *member = mcps__scan_find(
        posted->message.scan, posted->message.text, MCPS__SCAN_PARAMS, "protocolVersion");

    if (!posted->version.data || !member || member->type != MCPS__JSON_STRING)
        return false;
    return member->value_len != posted->version.len + 2 ||
           memcmp(posted->message.text + member->value + 1, posted->version.data,
                  posted->version.len) != 0;
}

static void initialize(struct posted *posted)
{
    struct mcps__http_conn *conn = posted->conn;
    struct mcps__http_session *session;
    int r;

    if (has_two_versions(posted)) {
        mcps__http_reply_error(conn, 400, MCPS__RPC_INVALID_REQUEST,
                               "Bad request: " VERSION_HEADER
                               " says another version than initialize",
                               false);
        return;
    }
    if (conn->http->setup.stateless) {
        initialize_stateless(posted);
        return;
    }
    r = mcps__http_session_new(conn, false, &session);
    if (r < 0) {
        mcps__http_reply_failed(conn, r, "Server busy: too many sessions", false);
        return;
    }
    serve(posted, session->peer, NULL);
    settle_session(posted, session);
    mcps__http_reply_pump(conn);
}

/* ---- which of them ---- */

static void serve_legacy(struct posted *posted)
{
    struct mcps__http_conn *conn = posted->conn;
    struct mcps__http_session *session;

    if (!posted->session.data && mcps__posted_is_initialize(&posted->message)) {
        initialize(posted);
    } else if (conn->http->setup.stateless) {
        serve_stateless(posted);
    } else if (!posted->session.data) {
        refuse_sessionless(conn);
    } else {
        session = mcps__http_session_find(conn, posted->session, false);
        if (session)
            serve_session(posted, session);
        else
            refuse_session(conn);
    }
}

/* Answers are to requests of ours, which this era has none of. */
static bool is_modern(struct posted *posted)
{
    const struct mcps__envelope *env = &posted->env;

    if (env->kind == MCPS__ENVELOPE_REQUEST || env->kind == MCPS__ENVELOPE_NOTIFICATION)
        return mcps__posted_is_modern(&posted->message);
    return posted->version.data &&
           mcps__version_by_name(MCPS__LEGACY, posted->version.data,
                                 posted->version.len) < 0;
}

/* Only 2025-03-26 has batches; what a session speaks is known from its id. */
static bool allows_batch(struct posted *posted)
{
    struct mcps__http_conn *conn = posted->conn;
    struct mcps__http_session *session;

    if (conn->http->setup.stateless)
        return !posted->version.data || mcps__slice_is(posted->version, "2025-03-26");
    if (!posted->session.data)
        return false;
    session = mcps__http_session_find(conn, posted->session, false);
    return session && mcps__version_info(context_of(session->peer)->version)->batches;
}

static void refuse_text(struct posted *posted, int error)
{
    struct mcps__engine *engine = engine_of(posted->conn);
    struct mcps__piece *piece =
        mcps__posted_refusal(posted->message.scan, error, &posted->env);

    MCPS__COUNT(engine, bad_messages);
    mcps__http_reply_whole(posted->conn, error == -ENOMEM ? 500 : 400, "application/json",
                           piece);
}

void mcps__http_post(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                     struct mcps__slice text, struct mcps__scan *scan, int verdict)
{
    struct posted posted = {
        .conn = conn,
        .session = mcps__headers_get(&head->headers, SESSION_HEADER),
        .version = mcps__headers_get(&head->headers, VERSION_HEADER),
    };

    posted.message = (struct mcps__posted){
        .headers = &head->headers,
        .scan = scan,
        .text = text.data,
        .env = &posted.env,
        .scopes = conn->scopes,
    };
    if (verdict >= 0)
        verdict =
            mcps__envelope_read(&posted.env, scan, text.data, allows_batch(&posted));
    if (verdict < 0)
        refuse_text(&posted, verdict);
    else if (!is_modern(&posted))
        serve_legacy(&posted);
    else if (posted.env.kind == MCPS__ENVELOPE_REQUEST ||
             posted.env.kind == MCPS__ENVELOPE_NOTIFICATION)
        serve_modern(&posted);
    else
        mcps__http_reply_error(conn, 400, MCPS__RPC_INVALID_REQUEST,
                               "Bad request: revision 2026-07-28 has neither answers of "
                               "clients nor batches",
                               false);
}

/* ---- GET and DELETE ---- */

/* Of the session that the head names; otherwise the request is refused. */
static struct mcps__http_session *session_of(struct mcps__http_conn *conn,
                                             const struct mcps__http_head *head)
{
    struct mcps__slice id = mcps__headers_get(&head->headers, SESSION_HEADER);
    struct mcps__slice version = mcps__headers_get(&head->headers, VERSION_HEADER);
    struct mcps__http_session *session;

    if (!id.data) {
        refuse_sessionless(conn);
        return NULL;
    }
    session = mcps__http_session_find(conn, id, false);
    if (!session) {
        refuse_session(conn);
        return NULL;
    }
    return check_version(conn, version, context_of(session->peer)) ? session : NULL;
}

/* The stream goes on over this connection, and ends on the one that it was on. */
static void take_over(struct mcps__http_conn *conn, struct mcps__http_stream *stream)
{
    if (stream->conn)
        mcps__http_reply_cut(stream->conn);
    mcps__http_stream_attach(stream, conn);
    mcps__http_reply_from(conn, stream->sink);
    mcps__http_reply_events(conn);
    mcps__http_reply_pump(conn);
}

/* Two clients that take a stream from each other would go on so for ever. */
static bool may_replace(struct mcps__http_stream *stream)
{
    struct mcps__http_session *session = stream->session;
    int64_t now = mcps__clock_now();

    if (!stream->conn)
        return true;
    if (session->replaced_at != 0 && now - session->replaced_at < MCPS__NS_PER_S)
        return false;
    session->replaced_at = now;
    return true;
}

/* The stream of an id that its client can know: one that is no stream of events yet has shown
 * none, and may become one answer as a whole. */
static struct mcps__http_stream *find_stream(struct mcps__http_session *session,
                                             struct mcps__slice id, uint64_t *ret)
{
    struct mcps__http_stream *stream = mcps__http_stream_find(session, id, ret);

    if (stream && stream->conn && stream->conn->reply.form != MCPS__REPLY_EVENTS)
        return NULL;
    return stream;
}

static void resume(struct mcps__http_conn *conn, struct mcps__http_session *session,
                   struct mcps__slice id)
{
    uint64_t serial;
    struct mcps__http_stream *stream = find_stream(session, id, &serial);

    if (stream && mcps__http_stream_has(stream, serial) && stream->conn) {
        mcps__http_reply_cut(stream->conn);
        /* What was taken from its sink by that may have been too much to be kept. */
        stream = mcps__http_stream_find(session, id, &serial);
    }
    if (!stream || !mcps__http_stream_has(stream, serial)) {
        mcps__http_reply_error(conn, 400, MCPS__RPC_INVALID_REQUEST,
                               "Bad request: Last-Event-ID names no event that is kept",
                               false);
        return;
    }
    mcps__http_stream_rewind(stream, serial);
    /* A client that got an error for its answer may come back for more, and for ever: only this
     * status tells it not to. */
    if (stream->complete && !mcps__http_stream_next(stream))
        mcps__http_reply_empty(conn, 204);
    else
        take_over(conn, stream);
}

void mcps__http_get(struct mcps__http_conn *conn, const struct mcps__http_head *head)
{
    struct mcps__slice id = mcps__headers_get(&head->headers, "Last-Event-ID");
    struct mcps__http_session *session = session_of(conn, head);

    if (!session)
        return;
    if (id.data) {
        resume(conn, session, id);
    } else if (!may_replace(session->own)) {
        mcps__http_reply_field(conn, "Retry-After", "1");
        mcps__http_reply_error(conn, 429, MCPS__RPC_INVALID_REQUEST,
                               "Too many requests: the stream was replaced just now",
                               false);
    } else {
        take_over(conn, session->own);
    }
}

void mcps__http_delete(struct mcps__http_conn *conn, const struct mcps__http_head *head)
{
    struct mcps__http_session *session = session_of(conn, head);

    if (!session)
        return;
    mcps__http_session_end(session, MCPS_CANCEL_SESSION_END);
    mcps__http_reply_empty(conn, 204);
}
