/* SPDX-License-Identifier: MIT */
/* Connections: from the sink to what was written, and what if it cannot be; see conn.h. */
#include "config.h"

#include "transport/conn.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>

#include "util/clock.h"
#include "util/sync.h"

enum {
    TAKEN_PIECES = 64, /* written in one call, each with its newline */
    TAKEN_BYTES = 256 * 1024,
    ROUNDS = 4 /* such calls for one connection, then it is another's turn */
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
    struct mcps__piece *piece;
    size_t bytes = 0;

    mcps__sink_take(sink, &c->writing, SIZE_MAX, SIZE_MAX);
    for (piece = first_piece(c); piece; piece = first_piece(c)) {
        bytes += piece->len - c->offset;
        free_written(c, piece);
    }
    mcps__sink_written(sink, bytes);
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

/* Makes pairs of a message and its newline, of `max` bytes in all at the most. */
static size_t gather(const struct mcps__conn *c, struct iovec *iov, char *newline,
                     size_t max)
{
    size_t skip = c->offset, n = 0;

    MCPS__LIST_FOREACH (node, &c->writing) {
        struct mcps__piece *piece = MCPS__CONTAINER_OF(node, struct mcps__piece, link);
        size_t len = piece->len - skip < max ? piece->len - skip : max;

        if (n == (size_t)TAKEN_PIECES * 2)
            break;
        if (len > 0)
            iov[n++] = (struct iovec){ piece->data + skip, len };
        max -= len;
        if (max == 0)
            break;
        iov[n++] = (struct iovec){ newline, 1 };
        max--;
        skip = 0;
    }
    return n;
}

/* So many bytes are written, newlines included, of which the sink knows nothing. */
static void advance(struct mcps__conn *c, size_t n)
{
    struct mcps__piece *piece = first_piece(c);
    size_t bytes = 0;

    while (n > 0 && piece) {
        size_t left = piece->len - c->offset;

        if (n <= left) {
            bytes += n;
            c->offset += n;
            break;
        }
        bytes += left;
        n -= left + 1;
        free_written(c, piece);
        piece = first_piece(c);
    }
    mcps__sink_written(c->peer->sink, bytes);
}

/* Writes once: how many bytes, or an error; 0 when there is nothing. */
static long write_once(struct mcps__conn *c)
{
    struct iovec iov[TAKEN_PIECES * 2];
    char newline = '\n';
    size_t n;
    long r;

    if (mcps__list_is_empty(&c->writing) &&
        mcps__sink_take(c->peer->sink, &c->writing, TAKEN_PIECES, TAKEN_BYTES) == 0)
        return 0;
    n = gather(c, iov, &newline, mcps__end_write_max(&c->out));
    MCPS__SYNC_POINT("before_write");
    r = mcps__end_write(&c->out, iov, n);
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
    struct mcps__lane *lane = &conn->peer->lane;
    size_t mark = mcps__limit_size(&engine->limits, MCPS_LIMIT_OUT_BYTES);
    size_t waiting = mcps__sink_waiting(conn->peer->sink);

    if (!conn->held && waiting > mark) {
        conn->held = true;
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_OUT_BYTES);
        mcps__pool_hold(&engine->pool, lane);
    } else if (conn->held && waiting <= mark / 2) {
        conn->held = false;
        mcps__pool_release(&engine->pool, lane);
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
