/* SPDX-License-Identifier: MIT */
/* Connections: from the sink to what was written, and what if it cannot be; see conn.h. */
#include "config.h"

#include "transport/conn.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>

#include "core/lanes.h"
#include "util/clock.h"
#include "util/sync.h"

enum {
    TAKEN_PIECES = 64, /* written in one call, each with its newline */
    TAKEN_BYTES = 256 * 1024,
    PARTS = 2 * TAKEN_PIECES,
    SCRATCH = 16 * 1024, /* base64 that is written at once */
    ROUNDS = 4           /* such calls for one connection, then it is another's turn */
};

static struct mcps__piece *first_piece(const struct mcps__conn *c)
{
    struct mcps__list *node = mcps__list_first(&c->writing);

    return node ? MCPS__CONTAINER_OF(node, struct mcps__piece, link) : NULL;
}

static void free_written(struct mcps__conn *c, struct mcps__piece *piece)
{
    mcps__list_remove(&piece->link);
    mcps__piece_free(piece);
    c->offset = 0;
}

/* ---- giving up ---- */

/* The connection is done: whatever waits is lost. */
static void drop_output(struct mcps__conn *c)
{
    struct mcps__sink *sink = c->peer->sink;
    struct mcps__released released = { 0 };
    struct mcps__piece *piece;
    size_t bytes = 0;

    mcps__sink_take(sink, &c->writing, SIZE_MAX, SIZE_MAX);
    for (piece = first_piece(c); piece; piece = first_piece(c)) {
        bytes += piece->len - c->offset;
        mcps__piece_release(piece, c->offset, piece->len, &released);
        free_written(c, piece);
    }
    mcps__sink_written(sink, released);
    bytes += mcps__sink_lost(sink);
    atomic_fetch_add_explicit(&c->io->engine->counters.lost_bytes, bytes,
                              memory_order_relaxed);
    c->waiting = false;
    c->done = true;
}

void mcps__conn_lose(struct mcps__conn *conn)
{
    if (conn->done)
        return;
    /* First, so that nothing comes that is not counted. */
    mcps__sink_break(conn->peer->sink);
    drop_output(conn);
    mcps__peer_lost(conn->peer);
}

static void fail(struct mcps__conn *c, int error)
{
    bool gone = error == -EPIPE || error == -ECONNRESET;

    mcps__log(&c->io->engine->log, gone ? MCPS_LOG_DEBUG : MCPS_LOG_ERROR,
              "writing failed: %s", mcps_strerror(error));
    mcps__conn_lose(c);
}

static void set_timer(struct mcps__conn *c)
{
    int64_t at = c->stall_at < c->close_at ? c->stall_at : c->close_at;

    if (mcps__timer_is_set(&c->timer) && c->timer.at == at)
        return;
    if (mcps__timer_set(&c->io->loop->timers, &c->timer, at) < 0)
        mcps__conn_lose(c);
}

void mcps__conn_expire(struct mcps__conn *conn)
{
    struct mcps__engine *engine = conn->io->engine;
    int64_t now = mcps__clock_now();

    if (conn->done)
        return;
    if (now >= conn->close_at) {
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_CLOSE_FLUSH_MS);
        mcps__log(&engine->log, MCPS_LOG_DEBUG,
                  "a client did not take its last output in time");
        drop_output(conn);
    } else if (now >= conn->stall_at) {
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_WRITE_STALL_MS);
        mcps__log(&engine->log, MCPS_LOG_WARNING,
                  "a client is disconnected: it took no output for %" PRIu64 " ms",
                  mcps__limit(&engine->limits, MCPS_LIMIT_WRITE_STALL_MS));
        mcps__conn_lose(conn);
    } else {
        set_timer(conn);
    }
}

/* ---- writing ---- */

/* What one call writes. */
struct parts {
    struct iovec iov[PARTS];
    size_t n;
    size_t room; /* how many bytes more it may have */
    struct mcps__scratch scratch;
};

static void add_part(struct parts *parts, char *data, size_t len)
{
    parts->iov[parts->n++] = (struct iovec){ data, len };
    parts->room -= len;
}

/* Adds what there is of a message from an offset on. Returns how far that goes. */
static size_t add_piece(struct parts *parts, struct mcps__piece *piece, size_t offset)
{
    struct mcps__span span = { NULL, 1 };

    while (span.len > 0 && offset < piece->len && parts->n < PARTS && parts->room > 0) {
        span = mcps__piece_next(piece, offset, &parts->scratch);
        if (span.len > parts->room)
            span.len = parts->room;
        if (span.len > 0)
            add_part(parts, span.data, span.len);
        offset += span.len;
    }
    return offset;
}

/* Messages, each with its newline. */
static void gather(const struct mcps__conn *c, struct parts *parts, char *newline)
{
    size_t offset = c->offset;

    MCPS__LIST_FOREACH (node, &c->writing) {
        struct mcps__piece *piece = MCPS__CONTAINER_OF(node, struct mcps__piece, link);

        offset = add_piece(parts, piece, offset);
        if (offset < piece->len || parts->n == PARTS || parts->room == 0)
            break;
        add_part(parts, newline, 1);
        offset = 0;
    }
}

/* So many bytes are written, newlines included, of which the sink knows nothing. */
static void advance(struct mcps__conn *c, size_t n)
{
    struct mcps__piece *piece = first_piece(c);
    struct mcps__released released = { 0 };

    while (n > 0 && piece) {
        size_t left = piece->len - c->offset, done = n < left ? n : left;

        mcps__piece_release(piece, c->offset, c->offset + done, &released);
        c->offset += done;
        if (n <= left)
            break;
        n -= left + 1;
        free_written(c, piece);
        piece = first_piece(c);
    }
    mcps__sink_written(c->peer->sink, released);
}

/* Writes once: how many bytes, or an error; 0 when there is nothing. */
static long write_once(struct mcps__conn *c)
{
    char newline = '\n', scratch[SCRATCH];
    struct parts parts = { .room = mcps__end_write_max(&c->out) };
    long r;

    if (mcps__list_is_empty(&c->writing) &&
        mcps__sink_take(c->peer->sink, &c->writing, TAKEN_PIECES, TAKEN_BYTES) == 0)
        return 0;
    /* A little more than there is room for: base64 comes in groups. */
    parts.scratch.data = scratch;
    parts.scratch.size = parts.room < SCRATCH - 8 ? parts.room + 8 : SCRATCH;
    gather(c, &parts, &newline);
    MCPS__SYNC_POINT("before_write");
    r = mcps__end_write(&c->out, parts.iov, parts.n);
    if (r > 0)
        advance(c, (size_t)r);
    return r == 0 ? -EAGAIN : r;
}

/* Says whether anything was written. */
static bool write_some(struct mcps__conn *c)
{
    long r = 1;
    unsigned rounds = 0;

    while (r > 0 && rounds < ROUNDS) {
        r = write_once(c);
        rounds++;
    }
    c->waiting = r != 0;
    if (r < 0 && r != -EAGAIN)
        fail(c, (int)r);
    return rounds > 1 || r > 0;
}

void mcps__conn_hold_or_release(struct mcps__conn *conn)
{
    struct mcps__engine *engine = conn->io->engine;
    size_t mark = mcps__limit_size(&engine->limits, MCPS_LIMIT_OUT_BYTES);
    size_t waiting = mcps__sink_waiting(conn->peer->sink);

    if (!conn->held && waiting > mark) {
        conn->held = true;
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_OUT_BYTES);
        mcps__lanes_hold(conn->peer);
    } else if (conn->held && waiting <= mark / 2) {
        conn->held = false;
        mcps__lanes_release(conn->peer);
    }
}

static int64_t deadline(const struct mcps__conn *c, enum mcps_limit limit)
{
    return mcps__clock_after(mcps__limit_ns(&c->io->engine->limits, limit));
}

void mcps__conn_flush(struct mcps__conn *conn)
{
    enum mcps__sink_state state = mcps__sink_state(conn->peer->sink);
    bool progress;

    if (conn->done)
        return;
    if (state == MCPS__SINK_BROKEN) {
        mcps__log(&conn->io->engine->log, MCPS_LOG_WARNING,
                  "a client is disconnected: %s",
                  mcps__sink_overflowed(conn->peer->sink)
                      ? "too much output waits for it"
                      : "there is no memory for its output");
        mcps__conn_lose(conn);
        return;
    }
    /* Seen before what is there is taken: nothing comes behind it then. */
    if (state == MCPS__SINK_CLOSED && !conn->closing) {
        conn->closing = true;
        conn->close_at = deadline(conn, MCPS_LIMIT_CLOSE_FLUSH_MS);
    }
    progress = write_some(conn);
    if (conn->done)
        return;
    if (!conn->waiting)
        conn->stall_at = MCPS__CLOCK_NEVER;
    else if (progress || conn->stall_at == MCPS__CLOCK_NEVER)
        conn->stall_at = deadline(conn, MCPS_LIMIT_WRITE_STALL_MS);
    if (conn->closing && !conn->waiting) {
        conn->done = true;
        return;
    }
    mcps__conn_hold_or_release(conn);
    set_timer(conn);
}
