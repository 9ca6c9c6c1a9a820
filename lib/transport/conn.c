/* SPDX-License-Identifier: MIT */
/* Connections: making and closing them, and what they wait for; see conn.h. */
#include "config.h"

#include "transport/conn.h"

#include <errno.h>
#include <unistd.h>

#include "core/lanes.h"
#include "util/clock.h"
#include "util/mem.h"

/* ---- making and closing ---- */

/* The sink's: something was put into it, or its state has changed. */
static void on_flush(struct mcps__post *post)
{
    struct mcps__sink *sink = MCPS__CONTAINER_OF(post, struct mcps__sink, post);

    if (sink->conn)
        mcps__conn_flush(sink->conn);
    mcps__sink_unref(sink);
}

static void on_timer(struct mcps__timer *timer)
{
    mcps__conn_expire(MCPS__CONTAINER_OF(timer, struct mcps__conn, timer));
}

static int make_peer(struct mcps__conn *c, const char *principal)
{
    struct mcps__engine *engine = c->io->engine;
    struct mcps__account *account = NULL;
    struct mcps__sink *sink = NULL;
    int r = mcps__account_get(&engine->accounts, principal, &account);

    if (r >= 0)
        r = mcps__sink_new(&sink, c->io->loop, account, &engine->limits, on_flush);
    if (r >= 0)
        r = mcps__peer_new(&c->peer, engine, c->io->loop, account, sink,
                           MCPS__PEER_STREAM);
    if (r >= 0)
        sink->conn = c;
    mcps__sink_unref(sink);
    mcps__account_unref(account);
    return r;
}

int mcps__conn_new(struct mcps__conn **ret, struct mcps__io *io, struct mcps__end in,
                   struct mcps__end out, const char *principal)
{
    struct mcps__conn *c = mcps__calloc(1, sizeof *c);
    int r;

    if (!c)
        return -ENOMEM;
    c->io = io;
    c->in = in;
    c->out = out;
    c->stall_at = c->close_at = MCPS__CLOCK_NEVER;
    mcps__frame_init(&c->frame,
                     mcps__limit_size(&io->engine->limits, MCPS_LIMIT_MESSAGE_BYTES));
    mcps__buf_init(&c->rest, SIZE_MAX);
    mcps__list_init(&c->link);
    mcps__list_init(&c->writing);
    mcps__timer_init(&c->timer, on_timer);
    r = mcps__timer_set(&io->loop->timers, &c->timer, MCPS__CLOCK_NEVER);
    if (r >= 0)
        r = make_peer(c, principal);
    if (r < 0) {
        mcps__timer_clear(&io->loop->timers, &c->timer);
        mcps__free(c);
        return r;
    }
    *ret = c;
    return 0;
}

struct mcps__conn *mcps__conn_free(struct mcps__conn *conn)
{
    struct mcps__peer *peer = conn->peer;

    mcps__assert(conn->done && mcps__list_is_empty(&conn->writing));
    mcps__list_remove(&conn->link);
    mcps__timer_clear(&conn->io->loop->timers, &conn->timer);
    mcps__conn_forget_input(conn);
    close(conn->in.fd);
    if (conn->out.fd != conn->in.fd)
        close(conn->out.fd);
    peer->sink->conn = NULL;
    mcps__peer_disconnected(peer);
    /* Not before the peer has taken its calls out of the queue. */
    if (conn->held)
        mcps__lanes_release(peer);
    mcps__peer_unref(peer);
    mcps__free(conn);
    return NULL;
}

/* ---- waiting ---- */

static bool wants_input(const struct mcps__conn *c)
{
    return !c->input_ended && !c->held && !c->closing && !c->done && c->rest.len == 0;
}

static size_t watch(struct pollfd *fds, size_t *n, int fd, int events)
{
    fds[*n] = (struct pollfd){ .fd = fd, .events = (short)events };
    return (*n)++;
}

/* The output is watched even if nothing is to be written, for the client may go. The input
 * is not, unless it is read, for poll() would report its end for ever. */
void mcps__conn_watch(struct mcps__conn *conn, struct pollfd *fds, size_t *n)
{
    int in = wants_input(conn) ? POLLIN : 0, out = conn->waiting ? POLLOUT : 0;

    conn->in_slot = 0;
    if (conn->in.fd == conn->out.fd) {
        conn->out_slot = watch(fds, n, conn->out.fd, in | out);
        if (in)
            conn->in_slot = conn->out_slot;
        return;
    }
    conn->out_slot = watch(fds, n, conn->out.fd, out);
    if (in)
        conn->in_slot = watch(fds, n, conn->in.fd, in);
}

static short events_of(const struct pollfd *fds, size_t slot)
{
    return slot > 0 ? fds[slot].revents : 0;
}

void mcps__conn_handle(struct mcps__conn *conn, const struct pollfd *fds)
{
    short in = events_of(fds, conn->in_slot), out = events_of(fds, conn->out_slot);

    if (!conn->done && (out & MCPS__END_GONE)) {
        mcps__log(&conn->io->engine->log, MCPS_LOG_DEBUG, "a client has gone");
        mcps__conn_lose(conn);
    }
    if (!conn->done && (out & POLLOUT))
        mcps__conn_flush(conn);
    if (wants_input(conn) && (in & (POLLIN | MCPS__END_GONE)))
        mcps__conn_read(conn, in);
}
