/* SPDX-License-Identifier: MIT */
/*
 * What goes out over a connection; see http.h.
 *
 * Everything is made in one buffer that all connections share, and written at once: the head,
 * if it is not out yet, and as much of what follows as there is room for. The rest is made when
 * that has left the process, so a client that does not read holds up nothing but its own sink.
 */
#include "config.h"

#include "transport/http.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/answer.h"
#include "core/close.h"
#include "rpc/errors.h"
#include "util/clock.h"
#include "util/mem.h"

enum {
    TAKEN_PIECES = 64,
    ROUNDS = 8,      /* of writing, for one connection in one turn */
    FRAME_MAX = 128, /* around the text of an event, but for what is its last */
    CHUNK_LINE = 10, /* the size of a chunk, and its line end */
    CHUNKS_END = 7   /* the line end of a chunk, and the last one, which is empty */
};

/* Where in the frame of a piece the writing is. */
enum { PART_BEFORE, PART_TEXT };

static struct mcps__piece *piece_of(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct mcps__piece, link);
}

static bool is_stream(const struct mcps__http_reply *reply)
{
    return reply->form == MCPS__REPLY_EVENTS || reply->form == MCPS__REPLY_OLD_EVENTS;
}

/* ---- life ---- */

void mcps__http_reply_init(struct mcps__http_reply *reply)
{
    *reply = (struct mcps__http_reply){ .form = MCPS__REPLY_OPEN };
    mcps__buf_init(&reply->fields, MCPS__HTTP_LINES / 2);
    mcps__buf_init(&reply->opening, MCPS__HTTP_LINES);
    mcps__list_init(&reply->pieces);
}

void mcps__http_reply_fini(struct mcps__http_reply *reply)
{
    mcps__assert(!reply->sink && !reply->stream);
    mcps__pieces_free(&reply->pieces);
    mcps__buf_fini(&reply->fields);
    mcps__buf_fini(&reply->opening);
}

/* Only who has seen events can come back for more of them. Otherwise what is not written is
 * lost, and so is what would follow. */
void mcps__http_reply_drop(struct mcps__http_conn *conn)
{
    struct mcps__http_reply *reply = &conn->reply;
    struct mcps__http_stream *stream = reply->stream;
    struct mcps__sink *sink = reply->sink;
    bool lost = sink && !reply->complete && !(stream && is_stream(reply));
    bool blocked = reply->blocked;

    if (conn->old) {
        conn->old->old_conn = NULL;
        mcps__http_session_end(conn->old, MCPS_CANCEL_DISCONNECT);
        conn->old = NULL;
    }
    reply->stream = NULL;
    reply->sink = NULL;
    if (sink && !stream)
        sink->conn = NULL;
    if (stream && is_stream(reply))
        mcps__http_stream_detach(stream);
    else if (stream)
        mcps__http_stream_discard(stream);
    mcps__http_stream_unref(stream);
    if (lost)
        mcps__sink_break(sink);
    mcps__sink_unref(sink);
    mcps__http_reply_fini(reply);
    mcps__http_reply_init(reply);
    reply->blocked = blocked;
}

/* ---- heads ---- */

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        { 200, "OK" },
        { 202, "Accepted" },
        { 204, "No Content" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 408, "Request Timeout" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" },
        { 417, "Expectation Failed" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 505, "HTTP Version Not Supported" },
    };

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "";
}

bool mcps__http_reply_field(struct mcps__http_conn *conn, const char *name,
                            const char *value)
{
    struct mcps__buf *fields = &conn->reply.fields;
    size_t before = fields->len;
    int r = mcps__buf_append_str(fields, name);

    if (r >= 0)
        r = mcps__buf_append_str(fields, ": ");
    if (r >= 0)
        r = mcps__buf_append_str(fields, value);
    if (r >= 0)
        r = mcps__buf_append_str(fields, "\r\n");
    if (r < 0)
        fields->len = before;
    return r >= 0;
}

static const char event_fields[] = "Content-Type: text/event-stream\r\n"
                                   "Cache-Control: no-cache\r\n"
                                   "X-Accel-Buffering: no\r\n";

/* What the client is told of the body: its type, its length, or how its end is seen. */
static int write_form(const struct mcps__http_reply *reply, char *to, size_t size)
{
    if (is_stream(reply))
        return snprintf(to, size, "%s%s", event_fields,
                        reply->chunked ? "Transfer-Encoding: chunked\r\n" : "");
    if (reply->status == 204)
        return 0;
    if (!reply->type)
        return snprintf(to, size, "Content-Length: 0\r\n");
    return snprintf(to, size, "%s%s%sContent-Length: %zu\r\n",
                    *reply->type ? "Content-Type: " : "", reply->type,
                    *reply->type ? "\r\n" : "", reply->length);
}

/* Its length; at most MCPS__HTTP_LINES. */
static size_t write_head(const struct mcps__http_conn *conn, char to[MCPS__HTTP_LINES])
{
    const struct mcps__http_reply *reply = &conn->reply;
    size_t size = MCPS__HTTP_LINES, len;

    len = (size_t)snprintf(to, size, "HTTP/1.1 %d %s\r\nDate: %s\r\n", reply->status,
                           reason_of(reply->status), mcps__http_date(conn->http));
    len += (size_t)write_form(reply, to + len, size - len);
    if (!conn->keep_alive)
        len += (size_t)snprintf(to + len, size - len, "Connection: close\r\n");
    if (reply->status == 503)
        len += (size_t)snprintf(to + len, size - len, "Retry-After: 1\r\n");
    mcps__assert(len + reply->fields.len + 2 <= size);
    if (reply->fields.len > 0)
        memcpy(to + len, reply->fields.data, reply->fields.len);
    len += reply->fields.len;
    memcpy(to + len, "\r\n", 2);
    return len + 2;
}

/* ---- what comes next ---- */

/* Moves what is in the sink to where it is written from. */
static void take(struct mcps__http_reply *reply)
{
    if (reply->sink && !reply->stream)
        mcps__sink_take(reply->sink, &reply->pieces, TAKEN_PIECES, MCPS__HTTP_OUT_BYTES);
}

/* The piece that is written, or is to be; NULL: there is none at the moment. */
static struct mcps__piece *current(struct mcps__http_reply *reply)
{
    if (reply->stream)
        return mcps__http_stream_next(reply->stream);
    if (mcps__list_is_empty(&reply->pieces))
        take(reply);
    return mcps__list_is_empty(&reply->pieces) ? NULL : piece_of(reply->pieces.next);
}

/* So much more of the piece is written; the sink is told. */
static void release(struct mcps__http_reply *reply, const struct mcps__piece *piece,
                    size_t from, size_t to)
{
    struct mcps__released released = { 0, 0 };

    if (reply->stream || !reply->sink)
        return;
    mcps__piece_release(piece, from, to, &released);
    mcps__sink_written(reply->sink, released);
}

/* The piece is written as a whole. */
static void leave(struct mcps__http_reply *reply, struct mcps__piece *piece)
{
    bool last = reply->form == MCPS__REPLY_WHOLE ||
                (piece->last && reply->form != MCPS__REPLY_OLD_EVENTS);

    reply->offset = 0;
    reply->part = PART_BEFORE;
    if (reply->stream) {
        mcps__http_stream_sent(reply->stream);
    } else {
        mcps__list_remove(&piece->link);
        mcps__piece_free(piece);
    }
    reply->complete = reply->complete || last;
}

/* ---- events ---- */

/* What stands before the text of an event. */
static size_t write_before(const struct mcps__http_reply *reply,
                           const struct mcps__piece *piece, char to[FRAME_MAX])
{
    char id[MCPS__EVENT_ID_SIZE];
    int len;

    if (reply->form == MCPS__REPLY_OLD_EVENTS) {
        len = snprintf(to, FRAME_MAX, "event: message\ndata: ");
    } else if (reply->stream) {
        mcps__http_event_id(reply->stream, piece->serial, id);
        len = snprintf(to, FRAME_MAX, "id: %s\ndata: ", id);
    } else {
        len = snprintf(to, FRAME_MAX, "data: ");
    }
    return (size_t)len;
}

/* The client is to come back for the rest: what it is told before its stream ends here. */
static size_t write_retry(const struct mcps__piece *piece, char *to, size_t size)
{
    return (size_t)snprintf(to, size, "retry: %u\n\n", piece->retry_ms);
}

/* As much of the text as there is room for. Returns how much that is. */
static size_t write_text(struct mcps__http_reply *reply, struct mcps__piece *piece,
                         char *to, size_t room)
{
    size_t len = 0, from = reply->offset;

    while (reply->offset < piece->len) {
        struct mcps__scratch scratch = { to + len, room - len };
        struct mcps__span span = mcps__piece_next(piece, reply->offset, &scratch);
        size_t n = span.len < room - len ? span.len : room - len;

        if (n == 0)
            break;
        if (span.data != to + len)
            memcpy(to + len, span.data, n);
        len += n;
        reply->offset += n;
    }
    release(reply, piece, from, reply->offset);
    return len;
}

/* One piece, or as much of it as there is room for; 0: there is not enough. */
static size_t write_piece(struct mcps__http_reply *reply, struct mcps__piece *piece,
                          char *to, size_t room)
{
    bool framed = is_stream(reply);
    size_t len = 0;

    if (framed && room < FRAME_MAX)
        return 0;
    if (piece->ends_here) {
        len = write_retry(piece, to, room);
        leave(reply, piece);
        reply->complete = true;
        return len;
    }
    if (reply->part == PART_BEFORE && framed)
        len = write_before(reply, piece, to);
    reply->part = PART_TEXT;
    len += write_text(reply, piece, to + len, room - len - 2);
    if (reply->offset < piece->len)
        return len;
    if (framed) {
        memcpy(to + len, "\n\n", 2);
        len += 2;
    }
    leave(reply, piece);
    return len;
}

static size_t write_opening(struct mcps__http_reply *reply, char *to)
{
    size_t len = reply->opening.len;

    if (len > 0)
        memcpy(to, reply->opening.data, len);
    mcps__buf_fini(&reply->opening);
    return len;
}

/* What there is to be written, as much as there is room for. */
static size_t write_pieces(struct mcps__http_reply *reply, char *to, size_t room)
{
    size_t len = write_opening(reply, to), n = 1;

    while (n > 0 && !reply->complete) {
        struct mcps__piece *piece = current(reply);

        n = piece ? write_piece(reply, piece, to + len, room - len) : 0;
        len += n;
    }
    return len;
}

/* ---- writing ---- */

/* Puts the head, if it is not out yet, and the line of a chunk right in front of the text, so
 * that all of it goes out at once. Returns where it begins. */
static char *put_in_front(struct mcps__http_conn *conn, char *text, size_t *len)
{
    struct mcps__http_reply *reply = &conn->reply;
    char head[MCPS__HTTP_LINES], line[CHUNK_LINE + 1];
    size_t n;

    if (reply->chunked && *len > 0) {
        n = (size_t)snprintf(line, sizeof line, "%zx\r\n", *len);
        memcpy(text + *len, "\r\n", 2);
        text -= n;
        memcpy(text, line, n);
        *len += n + 2;
    }
    if (reply->chunked && reply->complete) {
        memcpy(text + *len, "0\r\n\r\n", 5);
        *len += 5;
    }
    if (!reply->begun) {
        n = write_head(conn, head);
        text -= n;
        memcpy(text, head, n);
        *len += n;
        reply->begun = true;
    }
    return text;
}

static void await_room(struct mcps__http_conn *conn)
{
    conn->deadline = mcps__http_after(conn, MCPS_LIMIT_WRITE_STALL_MS);
    conn->acked = mcps__sock_acked(conn->sock);
}

/* One buffer. Returns whether it makes sense to go on. */
static bool write_once(struct mcps__http_conn *conn)
{
    struct mcps__http_reply *reply = &conn->reply;
    char *text = conn->http->out + MCPS__NET_HEADROOM + MCPS__HTTP_LINES + CHUNK_LINE;
    bool begun = reply->begun;
    size_t len = 0;
    int r;

    if (reply->head_only || (reply->form == MCPS__REPLY_WHOLE && !reply->type))
        reply->complete = true;
    else
        len = write_pieces(reply, text, MCPS__HTTP_OUT_BYTES);
    if (len == 0 && begun && !reply->complete)
        return false;
    text = put_in_front(conn, text, &len);
    if (len == 0)
        return false;
    if (reply->complete && mcps__http_conn_is_last(conn))
        mcps__sock_cork(conn->sock);
    r = mcps__sock_write(conn->sock, text, len);
    conn->said_at = mcps__clock_now();
    if (r < 0) {
        conn->gone = true;
        return false;
    }
    reply->blocked = r > 0;
    if (reply->blocked)
        await_room(conn);
    return !reply->blocked && !reply->complete;
}

/* ---- deciding what it is ---- */

enum { HTTP_OK = 200, HTTP_ACCEPTED = 202, HTTP_UNAVAILABLE = 503, HTTP_INTERNAL = 500 };

/* What the modern era says by a status, too. */
static int modern_status(int code)
{
    switch (code) {
    case 0: return HTTP_OK;
    case MCPS__RPC_METHOD_NOT_FOUND: return 404;
    case MCPS__RPC_PARSE:
    case MCPS__RPC_INVALID_REQUEST:
    case MCPS__RPC_HEADER_MISMATCH:
    case MCPS__RPC_MISSING_CAPABILITY:
    case MCPS__RPC_UNSUPPORTED_VERSION: return 400;
    default: return HTTP_OK;
    }
}

static int status_of(const struct mcps__http_reply *reply,
                     const struct mcps__piece *piece)
{
    if (piece->status != 0)
        return piece->status;
    if (reply->modern)
        return modern_status(piece->code);
    return piece->code == MCPS__RPC_PARSE || piece->code == MCPS__RPC_INVALID_REQUEST
               ? 400
               : HTTP_OK;
}

/* Clients of 2025-11-25 are told at once where they are, so that they can come back for the rest
 * even if nothing has come by then; others would take an empty event for a message. */
static void prime(struct mcps__http_conn *conn)
{
    struct mcps__http_reply *reply = &conn->reply;
    struct mcps__engine *engine = conn->http->transport.engine;
    char id[MCPS__EVENT_ID_SIZE], text[FRAME_MAX];
    int r;

    if (!reply->stream->primes) {
        r = mcps__buf_append_str(&reply->opening, ":\n\n");
    } else {
        mcps__http_event_id(reply->stream, reply->stream->sent, id);
        snprintf(text, sizeof text, "id: %s\nretry: %llu\ndata: \n\n", id,
                 (unsigned long long)mcps__limit(&engine->limits, MCPS_LIMIT_RETRY_MS));
        r = mcps__buf_append_str(&reply->opening, text);
    }
    (void)r; /* without it the client cannot come back before the first event */
}

void mcps__http_reply_events(struct mcps__http_conn *conn)
{
    struct mcps__http_reply *reply = &conn->reply;

    mcps__assert(reply->form == MCPS__REPLY_OPEN);
    reply->form = conn->old ? MCPS__REPLY_OLD_EVENTS : MCPS__REPLY_EVENTS;
    reply->status = HTTP_OK;
    reply->chunked = !conn->is_1_0;
    conn->keep_alive = conn->keep_alive && !conn->is_1_0;
    if (reply->stream)
        prime(conn);
}

/* In the middle of an event it can only break off. */
void mcps__http_reply_cut(struct mcps__http_conn *conn)
{
    struct mcps__http_reply *reply = &conn->reply;
    struct mcps__http_stream *stream = reply->stream;
    bool between = reply->part == PART_BEFORE && !reply->blocked;

    mcps__assert(stream && is_stream(reply));
    reply->stream = NULL;
    mcps__http_stream_detach(stream);
    mcps__http_stream_unref(stream);
    mcps__sink_unref(reply->sink);
    reply->sink = NULL;
    reply->complete = true;
    if (between)
        mcps__http_reply_pump(conn);
    else
        mcps__http_conn_close(conn);
}

void mcps__http_reply_comment(struct mcps__http_conn *conn)
{
    struct mcps__http_reply *reply = &conn->reply;
    int r;

    if (reply->form == MCPS__REPLY_OPEN && !reply->whole_only)
        mcps__http_reply_events(conn);
    if (!is_stream(reply) || reply->part != PART_BEFORE || reply->blocked)
        return;
    r = mcps__buf_append_str(&reply->opening, ":\n\n");
    (void)r; /* without it the client hears nothing a little longer */
    mcps__http_reply_pump(conn);
}

/* The request has ended without a word: it was cancelled, or was none that is answered. */
static void end_empty(struct mcps__http_conn *conn)
{
    struct mcps__http_reply *reply = &conn->reply;

    if (is_stream(reply)) {
        reply->complete = true;
        return;
    }
    reply->form = MCPS__REPLY_WHOLE;
    reply->status = HTTP_ACCEPTED;
    reply->type = NULL;
}

/* There is no memory for its answer, or far too much waits: a stream breaks off. */
static void end_broken(struct mcps__http_conn *conn)
{
    struct mcps__http_reply *reply = &conn->reply;

    if (reply->begun) {
        mcps__log(&conn->http->transport.engine->log, MCPS_LOG_WARNING,
                  "a client is disconnected: %s",
                  mcps__sink_overflowed(reply->sink)
                      ? "too much output waits for it"
                      : "there is no memory for its output");
        conn->gone = true;
        return;
    }
    mcps__http_reply_drop(conn);
    conn->reply.modern = false;
    mcps__http_reply_failed(conn, -ENOMEM, NULL, false);
}

/* What is no answer, and would make a stream of this. */
static void drop_rest(struct mcps__http_reply *reply)
{
    struct mcps__piece *piece = current(reply);

    for (; piece && !piece->last; piece = current(reply)) {
        release(reply, piece, 0, piece->len);
        leave(reply, piece);
    }
}

/* The state is looked at before what is there is taken: nothing comes behind it then. False:
 * there is nothing to write, or it was written. */
static bool decide(struct mcps__http_conn *conn)
{
    struct mcps__http_reply *reply = &conn->reply;
    enum mcps__sink_state state = mcps__sink_state(reply->sink);
    struct mcps__piece *piece;

    if (state == MCPS__SINK_BROKEN) {
        end_broken(conn);
        return false;
    }
    if (reply->whole_only && reply->form == MCPS__REPLY_OPEN)
        drop_rest(reply);
    piece = current(reply);
    if (!piece) {
        if (state == MCPS__SINK_CLOSED)
            end_empty(conn);
        return true;
    }
    if (reply->form != MCPS__REPLY_OPEN)
        return true;
    if (piece->last) {
        reply->form = MCPS__REPLY_WHOLE;
        reply->status = status_of(reply, piece);
        reply->type = "application/json";
        reply->length = piece->len;
    } else {
        mcps__http_reply_events(conn);
    }
    return true;
}

void mcps__http_reply_pump(struct mcps__http_conn *conn)
{
    struct mcps__http_reply *reply = &conn->reply;
    unsigned rounds = 0;
    bool more = true;

    if (conn->gone || reply->blocked || conn->state != MCPS__HTTP_REPLYING)
        return;
    if (reply->sink && !decide(conn))
        more = false;
    if (reply->form == MCPS__REPLY_OPEN)
        return;
    while (more && rounds < ROUNDS) {
        more = write_once(conn);
        rounds++;
    }
    if (conn->gone)
        mcps__http_conn_close(conn);
    else if (reply->complete && !reply->blocked)
        mcps__http_conn_next(conn);
    else if (more)
        mcps__http_conn_feed(conn);
}

void mcps__http_on_flush(struct mcps__post *post)
{
    struct mcps__sink *sink = MCPS__CONTAINER_OF(post, struct mcps__sink, post);

    if (sink->conn)
        mcps__http_reply_pump(sink->conn);
    mcps__sink_unref(sink);
}

/* ---- whole answers ---- */

/* What was written before may still wait. */
static void begin_replying(struct mcps__http_conn *conn)
{
    conn->state = MCPS__HTTP_REPLYING;
    conn->deadline = MCPS__CLOCK_NEVER;
    if (conn->reply.blocked)
        await_room(conn);
}

void mcps__http_reply_from(struct mcps__http_conn *conn, struct mcps__sink *sink)
{
    conn->reply.sink = mcps__sink_ref(sink);
    if (!conn->reply.stream)
        sink->conn = conn;
    begin_replying(conn);
    conn->said_at = mcps__clock_now();
}

void mcps__http_reply_whole(struct mcps__http_conn *conn, int status, const char *type,
                            struct mcps__piece *piece)
{
    struct mcps__http_reply *reply = &conn->reply;

    mcps__assert(!reply->sink);
    if (type && !piece) {
        type = NULL;
        status = HTTP_INTERNAL;
    }
    reply->form = MCPS__REPLY_WHOLE;
    reply->status = status;
    reply->type = type;
    reply->head_only = reply->head_only || status == 204 || status == 304;
    if (piece) {
        reply->length = piece->len;
        mcps__list_push_back(&reply->pieces, &piece->link);
    }
    begin_replying(conn);
    mcps__http_reply_pump(conn);
}

void mcps__http_reply_empty(struct mcps__http_conn *conn, int status)
{
    mcps__http_reply_whole(conn, status, NULL, NULL);
}

static void refuse(struct mcps__http_conn *conn, int status, struct mcps__piece *error,
                   bool close)
{
    if (close) {
        conn->keep_alive = false;
        conn->lingers = true;
    }
    mcps__http_reply_whole(conn, status, "application/json", error);
}

void mcps__http_reply_error(struct mcps__http_conn *conn, int status, int code,
                            const char *why, bool close)
{
    refuse(conn, status, mcps__error_piece(NULL, code, why, NULL), close);
}

void mcps__http_reply_failed(struct mcps__http_conn *conn, int error,
                             const char *why_busy, bool close)
{
    if (error == MCPS_ELIMIT)
        refuse(conn, HTTP_UNAVAILABLE,
               mcps__error_piece(NULL, MCPS__RPC_SERVER, why_busy, MCPS__BUSY), close);
    else
        refuse(conn, HTTP_INTERNAL,
               mcps__error_piece(NULL, MCPS__RPC_INTERNAL, "Out of memory", NULL), close);
}
