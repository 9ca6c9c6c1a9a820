/* SPDX-License-Identifier: MIT */
/*
 * Streams that can be resumed; see http.h. What a connection is about to write counts as output
 * of its account, as anywhere else; what is kept counts for its session and for the server.
 * Above either of their limits the oldest that was written goes first, then what nobody has
 * come back for; an answer that was not written goes last.
 */
#include "config.h"

#include "transport/http.h"

#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/mem.h"

static struct mcps__piece *piece_of(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct mcps__piece, link);
}

static struct mcps__http_stream *stream_of(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct mcps__http_stream, link);
}

static size_t cost_of(const struct mcps__piece *piece)
{
    return sizeof *piece + piece->text_len + piece->blobs.held;
}

/* ---- counting ---- */

static struct mcps__engine *engine_of(const struct mcps__http_session *session)
{
    return session->http->transport.engine;
}

static void count(struct mcps__http_stream *stream, size_t bytes)
{
    if (!stream->session)
        return;
    stream->session->kept_bytes += bytes;
    atomic_fetch_add(&engine_of(stream->session)->counters.replay_bytes, bytes);
}

static void uncount(struct mcps__http_stream *stream, size_t bytes)
{
    if (!stream->session)
        return;
    stream->session->kept_bytes -= bytes;
    atomic_fetch_sub(&engine_of(stream->session)->counters.replay_bytes, bytes);
}

/* The first that counts as output counts as kept from now on: the sink has done with it. */
static void count_as_kept(struct mcps__http_stream *stream)
{
    const struct mcps__piece *piece = piece_of(stream->owed);
    struct mcps__released released = { 0, 0 };

    mcps__piece_release(piece, 0, piece->len, &released);
    mcps__sink_written(stream->sink, released);
    stream->owed = stream->owed->next;
    count(stream, cost_of(piece));
}

static void count_all_as_kept(struct mcps__http_stream *stream)
{
    while (stream->owed != &stream->kept)
        count_as_kept(stream);
}

/* ---- life ---- */

struct mcps__http_stream *mcps__http_stream_new(struct mcps__http_session *session,
                                                struct mcps__sink *sink)
{
    struct mcps__http_stream *stream = mcps__calloc(1, sizeof *stream);

    if (!stream)
        return NULL;
    stream->session = session;
    stream->sink = mcps__sink_ref(sink);
    sink->conn = stream;
    stream->serial = session->n_streams++;
    stream->n_refs = 1;
    mcps__list_init(&stream->kept);
    stream->next = stream->owed = &stream->kept;
    mcps__list_push_back(&session->streams, &stream->link);
    count(stream, sizeof *stream);
    return stream;
}

struct mcps__http_stream *mcps__http_stream_unref(struct mcps__http_stream *stream)
{
    if (!stream || --stream->n_refs > 0)
        return NULL;
    mcps__assert(!stream->session && !stream->conn);
    mcps__pieces_free(&stream->kept);
    stream->sink->conn = NULL;
    mcps__sink_unref(stream->sink);
    mcps__free(stream);
    return NULL;
}

/* What is kept for nobody goes, and with it the session's reference. What is still to be
 * written to a connection stays until it is. */
void mcps__http_stream_forget(struct mcps__http_stream *stream)
{
    size_t bytes = sizeof *stream;

    if (!stream->session)
        return;
    for (struct mcps__list *node = stream->kept.next; node != stream->owed;
         node = node->next)
        bytes += cost_of(piece_of(node));
    uncount(stream, bytes);
    if (stream->conn)
        stream->session->n_attached--;
    mcps__list_remove(&stream->link);
    stream->session = NULL;
    mcps__http_stream_unref(stream);
}

void mcps__http_stream_discard(struct mcps__http_stream *stream)
{
    mcps__http_stream_forget(stream);
    stream->conn = NULL;
}

void mcps__http_stream_attach(struct mcps__http_stream *stream,
                              struct mcps__http_conn *conn)
{
    stream->n_refs++;
    stream->conn = conn;
    stream->session->n_attached++;
    conn->reply.stream = stream;
}

/* ---- what is kept ---- */

static void forget_first(struct mcps__http_stream *stream)
{
    struct mcps__piece *piece = piece_of(stream->kept.next);

    if (stream->next == &piece->link)
        stream->next = piece->link.next;
    stream->forgotten = piece->serial;
    uncount(stream, cost_of(piece));
    mcps__list_remove(&piece->link);
    mcps__piece_free(piece);
}

/* Whether the oldest of a stream may go: what was written, or, if `all` says so, what was not,
 * but for what a connection is about to write. */
static bool may_forget(const struct mcps__http_stream *stream, bool all)
{
    const struct mcps__list *first = stream->kept.next;

    if (first == &stream->kept)
        return false;
    if (first != stream->next)
        return true;
    return all && !stream->conn && !piece_of(stream->kept.next)->last;
}

static bool is_over(const struct mcps__http_session *session)
{
    const struct mcps__engine *engine = engine_of(session);

    return session->kept_bytes > mcps__limit(&engine->limits, MCPS_LIMIT_REPLAY_BYTES);
}

/* Nothing is left to come back for; but the session's own ends with it. */
static bool is_spent(const struct mcps__http_stream *stream)
{
    return stream->complete && !stream->conn && stream != stream->session->own &&
           mcps__list_is_empty(&stream->kept);
}

static void shrink(struct mcps__http_session *session, bool all)
{
    MCPS__LIST_FOREACH_SAFE (node, &session->streams) {
        struct mcps__http_stream *stream = stream_of(node);

        while (is_over(session) && may_forget(stream, all)) {
            forget_first(stream);
            mcps__limit_hit(&engine_of(session)->limits, MCPS_LIMIT_REPLAY_BYTES);
        }
        if (is_over(session) && is_spent(stream))
            mcps__http_stream_forget(stream);
        if (!is_over(session))
            return;
    }
}

static bool is_all_over(const struct mcps__http *http)
{
    const struct mcps__engine *engine = http->transport.engine;

    return atomic_load(&engine->counters.replay_bytes) >
           mcps__limit(&engine->limits, MCPS_LIMIT_REPLAY_TOTAL_BYTES);
}

/* Of the session that was not used for the longest time first. */
static void shrink_all(struct mcps__http *http)
{
    MCPS__LIST_FOREACH (node, &http->sessions.all) {
        struct mcps__http_session *session =
            MCPS__CONTAINER_OF(node, struct mcps__http_session, link);

        MCPS__LIST_FOREACH_SAFE (n, &session->streams) {
            struct mcps__http_stream *stream = stream_of(n);

            while (is_all_over(http) &&
                   (may_forget(stream, true) ||
                    (!stream->conn && !mcps__list_is_empty(&stream->kept)))) {
                forget_first(stream);
                mcps__limit_hit(&engine_of(session)->limits,
                                MCPS_LIMIT_REPLAY_TOTAL_BYTES);
            }
            if (is_all_over(http) && is_spent(stream))
                mcps__http_stream_forget(stream);
            if (!is_all_over(http))
                return;
        }
    }
}

static void keep_within_limits(struct mcps__http_session *session)
{
    if (is_over(session))
        shrink(session, false);
    if (is_over(session))
        shrink(session, true);
    if (is_all_over(session->http))
        shrink_all(session->http);
}

enum { TAKEN_PIECES = 64, TAKEN_BYTES = 64 * 1024 };

/* Without a connection that it is written to, it is kept at once. */
static bool take(struct mcps__http_stream *stream)
{
    struct mcps__list taken;

    mcps__list_init(&taken);
    mcps__sink_take(stream->sink, &taken, TAKEN_PIECES, TAKEN_BYTES);
    if (mcps__list_is_empty(&taken))
        return false;
    MCPS__LIST_FOREACH_SAFE (node, &taken) {
        struct mcps__piece *piece = piece_of(node);

        if (piece->last) {
            stream->complete = true;
            stream->complete_at = mcps__clock_now();
        }
        mcps__list_remove(node);
        mcps__list_push_back(&stream->kept, node);
        if (stream->next == &stream->kept)
            stream->next = node;
        if (stream->owed == &stream->kept)
            stream->owed = node;
    }
    if (!stream->conn)
        count_all_as_kept(stream);
    return true;
}

struct mcps__piece *mcps__http_stream_next(struct mcps__http_stream *stream)
{
    if (stream->next == &stream->kept)
        take(stream);
    return stream->next == &stream->kept ? NULL : piece_of(stream->next);
}

void mcps__http_stream_sent(struct mcps__http_stream *stream)
{
    struct mcps__piece *piece = piece_of(stream->next);

    if (stream->owed == stream->next)
        count_as_kept(stream);
    stream->next = stream->next->next;
    stream->sent = piece->serial;
    if (piece->ends_here) {
        uncount(stream, cost_of(piece));
        mcps__list_remove(&piece->link);
        mcps__piece_free(piece);
    }
    if (stream->session)
        keep_within_limits(stream->session);
}

/* While little waits, it waits in the sink, where what would say the same again is seen. One
 * that has ended without an answer is complete, too. */
void mcps__http_stream_hold(struct mcps__http_stream *stream)
{
    bool is_open;
    uint64_t max;

    if (!stream->session || stream->conn)
        return;
    max = mcps__limit(&engine_of(stream->session)->limits, MCPS_LIMIT_REPLAY_BYTES);
    is_open = mcps__sink_state(stream->sink) == MCPS__SINK_OPEN;
    if (is_open && mcps__sink_waiting(stream->sink) <= max / 2)
        return;
    stream->n_refs++;
    while (stream->session && take(stream))
        keep_within_limits(stream->session);
    if (!is_open && !stream->complete) {
        stream->complete = true;
        stream->complete_at = mcps__clock_now();
    }
    mcps__http_stream_unref(stream);
}

void mcps__http_stream_detach(struct mcps__http_stream *stream)
{
    if (!stream->conn)
        return;
    stream->conn = NULL;
    count_all_as_kept(stream);
    if (!stream->session)
        return;
    stream->session->n_attached--;
    mcps__http_session_use(stream->session);
    keep_within_limits(stream->session);
    mcps__http_stream_hold(stream);
}

/* That of a session itself ends with it. */
void mcps__http_stream_on_flush(struct mcps__post *post)
{
    struct mcps__sink *sink = MCPS__CONTAINER_OF(post, struct mcps__sink, post);
    struct mcps__http_stream *stream = sink->conn;

    if (stream && stream->conn)
        mcps__http_reply_pump(stream->conn);
    else if (stream)
        mcps__http_stream_hold(stream);
    stream = sink->conn;
    if (stream && stream->session && stream == stream->session->own &&
        mcps__sink_state(sink) != MCPS__SINK_OPEN)
        mcps__http_session_end(stream->session, MCPS_CANCEL_SHUTDOWN);
    mcps__sink_unref(sink);
}

/* ---- coming back ---- */

bool mcps__http_stream_has(const struct mcps__http_stream *stream, uint64_t serial)
{
    return serial >= stream->forgotten && serial <= stream->sent;
}

void mcps__http_stream_rewind(struct mcps__http_stream *stream, uint64_t serial)
{
    stream->next = stream->kept.next;
    while (stream->next != &stream->kept && piece_of(stream->next)->serial <= serial)
        stream->next = stream->next->next;
    stream->sent = serial;
}

size_t mcps__http_event_id(const struct mcps__http_stream *stream, uint64_t serial,
                           char text[MCPS__EVENT_ID_SIZE])
{
    return (size_t)snprintf(text, MCPS__EVENT_ID_SIZE, "%llu_%llu",
                            (unsigned long long)stream->serial,
                            (unsigned long long)serial);
}

/* Digits alone, and as few as there can be. */
static bool read_number(const char **text, const char *end, uint64_t *ret)
{
    const char *begin = *text, *p = begin;
    uint64_t number = 0;

    while (p < end && *p >= '0' && *p <= '9' && p - begin < 19)
        number = number * 10 + (uint64_t)(*p++ - '0');
    *text = p;
    *ret = number;
    return p > begin && (*begin != '0' || p == begin + 1);
}

struct mcps__http_stream *mcps__http_stream_find(struct mcps__http_session *session,
                                                 struct mcps__slice id, uint64_t *ret)
{
    const char *p = id.data, *end = id.data + id.len;
    uint64_t serial;

    if (!read_number(&p, end, &serial) || p == end || *p != '_')
        return NULL;
    p++;
    if (!read_number(&p, end, ret) || p != end)
        return NULL;
    MCPS__LIST_FOREACH (node, &session->streams) {
        if (stream_of(node)->serial == serial)
            return stream_of(node);
    }
    return NULL;
}

/* What is kept of one may push out any other: the next is looked up when that is done. One that
 * is pushed out itself ends the walk, up to the next time. */
static void hold_all(struct mcps__http_session *session)
{
    struct mcps__list *node = session->streams.next;

    while (node != &session->streams) {
        struct mcps__http_stream *stream = stream_of(node);

        stream->n_refs++;
        if (stream != session->own)
            mcps__http_stream_hold(stream);
        node = stream->session ? node->next : &session->streams;
        mcps__http_stream_unref(stream);
    }
}

/* Those are in the order in which they were made, and not in that of their ends. */
void mcps__http_streams_expire(struct mcps__http_session *session, int64_t now)
{
    int64_t kept = mcps__limit_ns(&engine_of(session)->limits, MCPS_LIMIT_REPLAY_MS);

    hold_all(session);
    MCPS__LIST_FOREACH_SAFE (node, &session->streams) {
        struct mcps__http_stream *stream = stream_of(node);

        if (stream->complete && !stream->conn && stream != session->own &&
            now - stream->complete_at >= kept)
            mcps__http_stream_forget(stream);
    }
}
