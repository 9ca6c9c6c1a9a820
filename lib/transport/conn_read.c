/* SPDX-License-Identifier: MIT */
/* Connections: from what was read to messages; see conn.h. */
#include "config.h"

#include "transport/conn.h"

#include <errno.h>

#include "proto/dispatch.h"
#include "util/mem.h"

/* ---- what is kept ---- */

static void free_scan(struct mcps__conn *c)
{
    if (!c->scan)
        return;
    mcps__scan_fini(c->scan);
    mcps__free(c->scan);
    c->scan = NULL;
}

/* Between lines nothing is kept, so that idle connections cost next to nothing. */
static void drop_line(struct mcps__conn *c)
{
    if (!c->frame.given && c->frame.begun.len > 0)
        return;
    mcps__buf_fini(&c->frame.begun);
    c->frame.given = false;
}

static void charge(struct mcps__conn *c)
{
    size_t kept = c->frame.begun.cap + c->rest.cap;

    if (kept > c->charged)
        mcps__account_charge_in(c->peer->account, kept - c->charged);
    else if (kept < c->charged)
        mcps__account_uncharge_in(c->peer->account, c->charged - kept);
    c->charged = kept;
}

void mcps__conn_forget_input(struct mcps__conn *conn)
{
    free_scan(conn);
    mcps__frame_fini(&conn->frame);
    mcps__buf_fini(&conn->rest);
    conn->rest_at = 0;
    charge(conn);
}

/* ---- lines ---- */

/* A long line is scanned as it arrives, so that its end does not keep the thread busy. If
 * there is no memory for that, it is scanned later. */
static void scan_ahead(struct mcps__conn *c)
{
    const char *text;
    size_t len = mcps__frame_begun(&c->frame, &text);
    int r;

    if (len <= MCPS__LONG_LINE)
        return;
    if (!c->scan) {
        c->scan = mcps__malloc(sizeof *c->scan);
        if (!c->scan)
            return;
        mcps__scan_init(c->scan, &c->io->engine->json_limits);
    }
    r = mcps__scan_feed(c->scan, text, len, false);
    mcps__assert(r <= 0); /* whatever it was, the end of the line says it again */
}

static void handle_line(struct mcps__conn *c, const char *line, size_t len)
{
    struct mcps__scan *scan = c->scan ? c->scan : &c->io->scan;
    int verdict;

    if (!c->scan)
        mcps__scan_reset(scan);
    verdict = mcps__scan_feed(scan, line, len, true);
    mcps__dispatch(c->peer, scan, line, verdict);
    free_scan(c);
}

static bool has_too_much_output(struct mcps__conn *c)
{
    return mcps__sink_waiting(c->peer->sink) > c->peer->sink->soft_mark;
}

/* Up to the end, or to where it must wait for the client to read. */
static void handle_lines(struct mcps__conn *c, const char **data, size_t *len)
{
    const char *line;
    size_t line_len;
    int r;

    do {
        r = mcps__frame_next(&c->frame, data, len, &line, &line_len);
        if (r > 0) {
            handle_line(c, line, line_len);
        } else if (r < 0) {
            free_scan(c);
            mcps__dispatch_lost(c->peer, r);
        }
    } while (r != 0 && !has_too_much_output(c));
    if (*len > 0)
        return;
    scan_ahead(c);
    drop_line(c);
}

/* Who cannot even be kept waiting loses what it sent, and so its stream. */
static void keep_rest(struct mcps__conn *c, const char *data, size_t len)
{
    if (len > 0 && mcps__buf_append(&c->rest, data, len) < 0)
        mcps__conn_lose(c);
    else if (len > 0)
        mcps__conn_hold_or_release(c);
}

static void handle_bytes(struct mcps__conn *c, const char *data, size_t len)
{
    handle_lines(c, &data, &len);
    keep_rest(c, data, len);
    charge(c);
}

static void handle_rest(struct mcps__conn *c)
{
    const char *data = c->rest.data + c->rest_at;
    size_t len = c->rest.len - c->rest_at;

    handle_lines(c, &data, &len);
    c->rest_at = c->rest.len - len;
    if (len == 0) {
        mcps__buf_fini(&c->rest);
        c->rest_at = 0;
    }
}

void mcps__conn_resume(struct mcps__conn *conn)
{
    if (conn->waiting || conn->rest.len > 0)
        mcps__conn_hold_or_release(conn);
    while (conn->rest.len > 0 && !conn->held && !conn->closing && !conn->done) {
        handle_rest(conn);
        mcps__conn_hold_or_release(conn);
    }
    charge(conn);
}

/* ---- reading ---- */

static void end_input(struct mcps__conn *c)
{
    const char *line;
    size_t len;

    c->input_ended = true;
    if (mcps__frame_end(&c->frame, &line, &len) > 0)
        handle_line(c, line, len);
    mcps__conn_forget_input(c);
    mcps__peer_end_of_input(c->peer);
}

static void fail(struct mcps__conn *c, int error)
{
    /* EIO is what a terminal says that was hung up. */
    bool gone = error == -ECONNRESET || error == -EIO;

    mcps__log(&c->io->engine->log, gone ? MCPS_LOG_DEBUG : MCPS_LOG_ERROR,
              "reading failed: %s", mcps_strerror(error));
    end_input(c);
    if (error == -ECONNRESET && c->in.fd == c->out.fd)
        mcps__conn_lose(c);
}

void mcps__conn_read(struct mcps__conn *conn, short events)
{
    long n;

    if (!(events & POLLIN)) {
        end_input(conn);
        return;
    }
    n = mcps__end_read(&conn->in, conn->io->buffer, MCPS__READ_BYTES);
    if (n > 0)
        handle_bytes(conn, conn->io->buffer, (size_t)n);
    else if (n == 0 || (n == -EAGAIN && (events & MCPS__END_GONE)))
        end_input(conn);
    else if (n != -EAGAIN)
        fail(conn, (int)n);
}
