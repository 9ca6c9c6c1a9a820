/* SPDX-License-Identifier: MIT */
/*
 * A connection over HTTP: from bytes to requests; see http.h.
 *
 * One request at a time: what comes behind one waits in `in` until that is answered, up to as
 * much as is read at once; then nothing more is read. A request that came as a whole is served
 * from the bytes as they came; of any other the head and the content are copied.
 */
#include "config.h"

#include "transport/http.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/dispatch.h"
#include "rpc/errors.h"
#include "util/clock.h"
#include "util/mem.h"

static struct mcps__engine *engine_of(const struct mcps__http_conn *conn)
{
    return conn->http->transport.engine;
}

int64_t mcps__http_after(const struct mcps__http_conn *conn, enum mcps_limit limit)
{
    return mcps__clock_after(mcps__limit_ns(&engine_of(conn)->limits, limit));
}

/* ---- requests that do not come as a whole ---- */

static struct mcps__http_reading *begin_reading(struct mcps__http_conn *conn)
{
    const struct mcps__engine *engine = engine_of(conn);
    struct mcps__http_reading *reading;

    if (conn->reading)
        return conn->reading;
    reading = mcps__malloc(sizeof *reading);
    if (!reading)
        return NULL;
    mcps__http_parser_init(&reading->parser,
                           mcps__limit_size(&engine->limits, MCPS_LIMIT_HEADER_BYTES));
    mcps__buf_init(&reading->head, SIZE_MAX);
    mcps__buf_init(&reading->content,
                   mcps__limit_size(&engine->limits, MCPS_LIMIT_MESSAGE_BYTES) + 1);
    mcps__scan_init(&reading->scan, &engine->json_limits);
    reading->length = 0;
    conn->reading = reading;
    return reading;
}

static void end_reading(struct mcps__http_conn *conn)
{
    struct mcps__http_reading *reading = conn->reading;

    if (!reading)
        return;
    mcps__scan_fini(&reading->scan);
    mcps__buf_fini(&reading->head);
    mcps__buf_fini(&reading->content);
    mcps__free(reading);
    conn->reading = NULL;
    mcps__http_conn_charge(conn);
}

/* ---- heads ---- */

static void refuse(struct mcps__http_conn *conn, int status, const char *why)
{
    struct mcps__engine *engine = engine_of(conn);

    MCPS__COUNT(engine, refused);
    end_reading(conn);
    mcps__http_reply_error(conn, status, MCPS__RPC_INVALID_REQUEST, why, true);
}

static void refuse_memory(struct mcps__http_conn *conn)
{
    end_reading(conn);
    mcps__http_reply_failed(conn, -ENOMEM, NULL, true);
}

void mcps__http_conn_refuse_failed(struct mcps__http_conn *conn, int error)
{
    MCPS__COUNT(engine_of(conn), refused);
    end_reading(conn);
    mcps__http_reply_failed(conn, error,
                            "Server busy: too many connections of this account", true);
}

void mcps__http_conn_refuse_full(struct mcps__http_conn *conn)
{
    struct mcps__engine *engine = engine_of(conn);

    MCPS__COUNT(engine, refused);
    mcps__limit_hit(&engine->limits, MCPS_LIMIT_IN_TOTAL_BYTES);
    end_reading(conn);
    mcps__http_reply_failed(conn, MCPS_ELIMIT, "Server busy: too much input waits", true);
}

static bool is_empty(const struct mcps__http_head *head)
{
    return !head->chunked && (!head->has_length || head->length == 0);
}

/* The head is kept, for what is made of it later. */
static int keep_head(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                     const char *data, size_t len)
{
    struct mcps__http_reading *reading = begin_reading(conn);
    uint64_t max = mcps__limit(&engine_of(conn)->limits, MCPS_LIMIT_MESSAGE_BYTES);
    int r;

    if (!reading)
        return -ENOMEM;
    r = mcps__buf_append(&reading->head, data, len);
    mcps__http_body_init(&reading->body, head, max);
    reading->length = head->has_length ? head->length : 0;
    mcps__http_conn_charge(conn);
    return r;
}

/* If there is no room for it, the body is waited for all the same, once it is out. */
static void say_continue(struct mcps__http_conn *conn)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    char *out = conn->http->out + MCPS__NET_HEADROOM;
    int r;

    memcpy(out, text, sizeof text - 1);
    r = mcps__sock_write(conn->sock, out, sizeof text - 1);
    if (r < 0)
        mcps__http_conn_close(conn);
    conn->reply.blocked = r > 0;
}

/* Who waits to be told to send it is told, unless it has not waited. */
static void begin_body(struct mcps__http_conn *conn)
{
    conn->state = MCPS__HTTP_BODY;
    conn->deadline = mcps__http_after(conn, MCPS_LIMIT_BODY_MS);
    if (conn->expects && conn->in.len == 0)
        say_continue(conn);
    conn->expects = false;
}

/* Scanned at once, for it is there as a whole. */
static void serve_whole(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                        struct mcps__slice content)
{
    struct mcps__scan *scan = &conn->http->scan;
    int verdict;

    mcps__scan_reset(scan);
    verdict = mcps__scan_feed(scan, content.data, content.len, true);
    mcps__http_serve(conn, head, content, scan, verdict);
}

/* How much of the data it takes. */
static size_t begin_request(struct mcps__http_conn *conn,
                            const struct mcps__http_head *head, const char *data,
                            size_t head_len, size_t len)
{
    bool is_whole = !head->chunked && head->length <= len - head_len;

    conn->keep_alive = head->keep_alive && !conn->http->stopping;
    conn->lingers = false;
    conn->is_1_0 = head->is_1_0;
    conn->reply.head_only = head->method == MCPS__HTTP_HEAD;
    if (!mcps__http_admit(conn, head)) {
        end_reading(conn);
        return conn->keep_alive && is_empty(head) ? head_len : len;
    }
    if (is_whole && conn->state == MCPS__HTTP_READING) {
        size_t body = head->has_length ? (size_t)head->length : 0;

        serve_whole(conn, head, (struct mcps__slice){ data + head_len, body });
        end_reading(conn);
        return head_len + body;
    }
    if (keep_head(conn, head, data, head_len) < 0) {
        mcps__http_ask_forget(conn);
        refuse_memory(conn);
        return len;
    }
    conn->expects = head->expects_continue && len == head_len;
    if (conn->state == MCPS__HTTP_READING)
        begin_body(conn);
    return head_len;
}

/* How much of the data it takes: nothing of a head that is not complete. */
static size_t take_head(struct mcps__http_conn *conn, const char *data, size_t len)
{
    struct mcps__http_parser *parser = &conn->http->parser;
    struct mcps__http_head head;
    size_t head_len;
    int r;

    if (conn->reading)
        parser = &conn->reading->parser;
    else
        mcps__http_parser_reset(parser);
    r = mcps__http_parse(parser, data, len, &head, &head_len);
    if (r > 0)
        return begin_request(conn, &head, data, head_len, len);
    if (r < 0) {
        mcps__log(&engine_of(conn)->log, MCPS_LOG_DEBUG, "a request is refused: %s",
                  parser->why);
        conn->keep_alive = false;
        refuse(conn, parser->status, parser->why);
        return len;
    }
    if (!conn->reading) {
        if (!begin_reading(conn)) {
            refuse_memory(conn);
            return len;
        }
        conn->deadline = mcps__http_after(conn, MCPS_LIMIT_HEADER_MS);
        r = mcps__http_parse(&conn->reading->parser, data, len, &head, &head_len);
        mcps__assert(r == 0);
    }
    return 0;
}

/* ---- bodies ---- */

static void serve_read(struct mcps__http_conn *conn)
{
    struct mcps__http_reading *reading = conn->reading;
    struct mcps__slice content = { reading->content.data, reading->content.len };
    struct mcps__http_head head;
    size_t head_len;
    int verdict, r;

    mcps__http_parser_reset(&reading->parser);
    r = mcps__http_parse(&reading->parser, reading->head.data, reading->head.len, &head,
                         &head_len);
    mcps__assert(r > 0); /* it was accepted before */
    verdict = mcps__scan_feed(&reading->scan, content.data ? content.data : "",
                              content.len, true);
    conn->state = MCPS__HTTP_READING;
    mcps__http_serve(conn, &head, content, &reading->scan, verdict);
    end_reading(conn);
}

/* Scanned as it comes, so that its end does not keep the thread busy. Whatever the scan says, it
 * says it again at the end. */
static int add_content(struct mcps__http_conn *conn, struct mcps__slice run)
{
    struct mcps__http_reading *reading = conn->reading;
    int r = mcps__buf_append(&reading->content, run.data, run.len);

    if (r >= 0 && mcps__scan_feed(&reading->scan, reading->content.data,
                                  reading->content.len, false) > 0)
        r = 0;
    mcps__http_conn_charge(conn);
    return r;
}

/* There was room for all bodies when they began, for each by itself. */
static size_t take_body(struct mcps__http_conn *conn, const char *data, size_t len)
{
    struct mcps__http_reading *reading = conn->reading;
    struct mcps__slice run;
    size_t left = len;
    int r;

    do {
        r = mcps__http_body_next(&reading->body, &data, &left, &run);
        if (r == MCPS__BODY_CONTENT && mcps__http_conn_is_full(conn)) {
            mcps__http_conn_refuse_full(conn);
            return len;
        }
        if (r == MCPS__BODY_CONTENT && add_content(conn, run) < 0) {
            refuse_memory(conn);
            return len;
        }
    } while (r == MCPS__BODY_CONTENT);
    if (r < 0) {
        if (reading->body.status == 413)
            mcps__limit_hit(&engine_of(conn)->limits, MCPS_LIMIT_MESSAGE_BYTES);
        conn->keep_alive = false;
        refuse(conn, reading->body.status, reading->body.why);
        return len;
    }
    if (r == MCPS__BODY_END)
        serve_read(conn);
    return len - left;
}

/* ---- what comes ---- */

static bool takes(const struct mcps__http_conn *conn)
{
    return !conn->gone && !conn->reply.blocked &&
           (conn->state == MCPS__HTTP_READING || conn->state == MCPS__HTTP_BODY);
}

/* Takes what it can of some bytes. */
static size_t consume(struct mcps__http_conn *conn, const char *data, size_t len)
{
    size_t used = 0, n = 1;

    conn->busy = true;
    while (n > 0 && used < len && takes(conn)) {
        if (conn->state == MCPS__HTTP_READING)
            n = take_head(conn, data + used, len - used);
        else
            n = take_body(conn, data + used, len - used);
        used += n;
    }
    conn->busy = false;
    return conn->state == MCPS__HTTP_LEAVING || conn->gone ? len : used;
}

/* A body without bytes is complete without any coming. */
static void consume_nothing(struct mcps__http_conn *conn)
{
    if (takes(conn) && conn->state == MCPS__HTTP_BODY)
        take_body(conn, "", 0);
}

/* Idle connections keep nothing, and those that have sent enough are not read from. */
static void settle_input(struct mcps__http_conn *conn)
{
    bool pause;

    if (conn->in.len == 0 || conn->state == MCPS__HTTP_LEAVING)
        mcps__buf_fini(&conn->in);
    mcps__http_conn_charge(conn);
    pause = conn->in.len >= MCPS__NET_READ_BYTES ||
            (conn->in.len > 0 && !takes(conn) && mcps__http_conn_is_full(conn));
    if (pause == conn->paused || conn->gone)
        return;
    conn->paused = pause;
    mcps__sock_pause(conn->sock, pause);
}

static void keep_rest(struct mcps__http_conn *conn, const char *data, size_t len)
{
    if (len == 0)
        return;
    if (mcps__buf_append(&conn->in, data, len) < 0)
        mcps__http_conn_close(conn);
    mcps__http_conn_charge(conn);
}

void mcps__http_conn_go_on(struct mcps__http_conn *conn)
{
    if (conn->busy)
        return;
    if (conn->in.len > 0)
        mcps__buf_consume(&conn->in, consume(conn, conn->in.data, conn->in.len));
    consume_nothing(conn);
    settle_input(conn);
}

static void received(void *userdata, const char *data, size_t len)
{
    struct mcps__http_conn *conn = userdata;
    size_t used;

    if (conn->state == MCPS__HTTP_LEAVING || conn->gone)
        return;
    if (conn->in.len == 0) {
        used = consume(conn, data, len);
        keep_rest(conn, data + used, len - used);
        consume_nothing(conn);
        settle_input(conn);
    } else {
        keep_rest(conn, data, len);
        mcps__http_conn_go_on(conn);
    }
}

/* ---- the end of a request ---- */

bool mcps__http_conn_is_last(const struct mcps__http_conn *conn)
{
    return !conn->keep_alive || conn->http->stopping;
}

/* What comes behind it is not looked at any more. One that may be sending still is read from
 * until it has seen the answer: it never would if its bytes were refused. */
static void leave(struct mcps__http_conn *conn)
{
    mcps__sock_shutdown(conn->sock);
    if (!conn->lingers && conn->in.len == 0 && !conn->busy) {
        mcps__http_conn_close(conn);
        return;
    }
    conn->state = MCPS__HTTP_LEAVING;
    conn->deadline = mcps__http_after(conn, MCPS_LIMIT_CLOSE_FLUSH_MS);
    if (!conn->busy)
        mcps__buf_fini(&conn->in);
    mcps__http_conn_charge(conn);
    if (conn->paused)
        mcps__sock_pause(conn->sock, false);
    conn->paused = false;
}

void mcps__http_conn_next(struct mcps__http_conn *conn)
{
    mcps__http_reply_drop(conn);
    if (mcps__http_conn_is_last(conn)) {
        leave(conn);
        return;
    }
    conn->state = MCPS__HTTP_READING;
    conn->deadline = mcps__http_after(conn, MCPS_LIMIT_KEEP_ALIVE_MS);
    if (conn->in.len > 0)
        mcps__http_conn_feed(conn);
}

void mcps__http_conn_identified(struct mcps__http_conn *conn)
{
    begin_body(conn);
    mcps__http_conn_feed(conn);
}

void mcps__http_conn_close(struct mcps__http_conn *conn)
{
    conn->gone = true;
    mcps__sock_close(conn->sock);
}

void mcps__http_conn_feed(struct mcps__http_conn *conn)
{
    if (mcps__list_is_empty(&conn->hungry))
        mcps__list_push_back(&conn->http->hungry, &conn->hungry);
}

/* ---- what happens to it ---- */

static void *opened(void *userdata, struct mcps__sock *sock)
{
    struct mcps__http *http = userdata;
    struct mcps__engine *engine = http->transport.engine;
    struct mcps__http_conn *conn;
    char address[MCPS__ADDRESS_SIZE];

    if (http->stopping)
        return NULL;
    conn = mcps__calloc(1, sizeof *conn);
    if (!conn)
        return NULL;
    conn->http = http;
    conn->sock = sock;
    mcps__buf_init(&conn->in, SIZE_MAX);
    mcps__http_client(conn, NULL, address);
    if (mcps__http_conn_account(conn, NULL, NULL, address) < 0) {
        mcps__free(conn);
        return NULL;
    }
    mcps__list_init(&conn->hungry);
    mcps__http_reply_init(&conn->reply);
    conn->deadline = mcps__http_after(conn, MCPS_LIMIT_HEADER_MS);
    mcps__list_push_back(&http->conns, &conn->link);
    http->n_conns++;
    atomic_fetch_add(&engine->counters.connections, 1);
    if (http->n_conns >= mcps__limit(&engine->limits, MCPS_LIMIT_CONNECTIONS)) {
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_CONNECTIONS);
        mcps__net_accept(http->net, false);
    }
    return conn;
}

static void drained(void *userdata)
{
    struct mcps__http_conn *conn = userdata;

    conn->reply.blocked = false;
    if (conn->state == MCPS__HTTP_REPLYING) {
        conn->deadline = MCPS__CLOCK_NEVER;
        if (conn->reply.complete)
            mcps__http_conn_next(conn);
        else
            mcps__http_reply_pump(conn);
    }
    mcps__http_conn_go_on(conn);
}

/* A client that has shut its side is taken to be gone: no other sign of it may ever come. */
static void hung_up(void *userdata)
{
    mcps__http_conn_close(userdata);
}

/* What the log says of a request that was cut. */
static void tell_of_cut(struct mcps__http_conn *conn)
{
    struct mcps__engine *engine = engine_of(conn);
    const struct mcps__http_reading *reading = conn->reading;

    MCPS__COUNT(engine, aborted);
    if (conn->state != MCPS__HTTP_BODY)
        mcps__log(&engine->log, MCPS_LOG_DEBUG,
                  "a client left in the middle of the head of a request");
    else if (reading->length > 0)
        mcps__log(&engine->log, MCPS_LOG_WARNING,
                  "a client left after %llu of %llu bytes of a request's body",
                  (unsigned long long)mcps__http_body_received(&reading->body),
                  (unsigned long long)reading->length);
    else
        mcps__log(&engine->log, MCPS_LOG_WARNING,
                  "a client left after %llu bytes of a request's body, which goes on",
                  (unsigned long long)mcps__http_body_received(&reading->body));
}

/* One who has only shut its side may still read why nothing came of its request. */
static void say_cut(struct mcps__http_conn *conn)
{
    static const char text[] =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
        "Content-Length: 92\r\nConnection: close\r\n\r\n"
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":"
        "\"Bad request: it ends before it is over\"}}";

    mcps__sock_say_last(conn->sock, text, sizeof text - 1);
}

void mcps__http_conn_leave_peer(struct mcps__http_conn *conn)
{
    if (!conn->peer)
        return;
    mcps__peer_disconnected(conn->peer);
    conn->peer = mcps__peer_unref(conn->peer);
}

/* Calls of its own are cancelled before anything else can be said of them. */
static void closed(void *userdata)
{
    struct mcps__http_conn *conn = userdata;
    struct mcps__http *http = conn->http;
    struct mcps__engine *engine = http->transport.engine;

    conn->gone = true;
    if (conn->reading &&
        (conn->state == MCPS__HTTP_READING || conn->state == MCPS__HTTP_BODY)) {
        tell_of_cut(conn);
        say_cut(conn);
    }
    end_reading(conn);
    mcps__http_ask_forget(conn);
    mcps__http_conn_leave_peer(conn);
    mcps__http_reply_drop(conn);
    mcps__http_reply_fini(&conn->reply);
    mcps__buf_fini(&conn->in);
    mcps__list_remove(&conn->link);
    mcps__list_remove(&conn->hungry);
    http->n_conns--;
    atomic_fetch_sub(&engine->counters.connections, 1);
    if (!http->stopping)
        mcps__net_accept(http->net, true);
    mcps__http_conn_leave_account(conn);
    mcps__scopes_unref(conn->scopes);
    mcps__free(conn->principal);
    mcps__free(conn);
}

/* ---- time ---- */

/* A client that reads slowly does read. */
static void look_at_reader(struct mcps__http_conn *conn)
{
    struct mcps__engine *engine = engine_of(conn);
    uint64_t acked = mcps__sock_acked(conn->sock);

    if (acked != conn->acked) {
        conn->acked = acked;
        conn->deadline = mcps__http_after(conn, MCPS_LIMIT_WRITE_STALL_MS);
        return;
    }
    mcps__limit_hit(&engine->limits, MCPS_LIMIT_WRITE_STALL_MS);
    mcps__log(&engine->log, MCPS_LOG_WARNING,
              "a client is disconnected: it does not read");
    mcps__http_conn_close(conn);
}

static void time_out(struct mcps__http_conn *conn)
{
    struct mcps__engine *engine = engine_of(conn);

    switch (conn->state) {
    case MCPS__HTTP_READING:
        if (conn->reading) {
            mcps__limit_hit(&engine->limits, MCPS_LIMIT_HEADER_MS);
            refuse(conn, 408, "Request timeout: the head of the request did not come");
        } else {
            mcps__http_conn_close(conn);
        }
        break;
    case MCPS__HTTP_BODY:
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_BODY_MS);
        refuse(conn, 408, "Request timeout: the body of the request did not come");
        break;
    case MCPS__HTTP_ASKING:
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_IDENTIFY_MS);
        mcps__http_ask_forget(conn);
        refuse(conn, 503,
               conn->route == MCPS__ROUTE_APP
                   ? "Server busy: the application did not answer"
                   : "Server busy: the application did not say who asks");
        break;
    case MCPS__HTTP_REPLYING: look_at_reader(conn); break;
    case MCPS__HTTP_LEAVING: mcps__http_conn_close(conn); break;
    }
}

void mcps__http_conn_sweep(struct mcps__http_conn *conn, int64_t now)
{
    int64_t silence =
        mcps__limit_ns(&engine_of(conn)->limits, MCPS_LIMIT_SSE_KEEP_ALIVE_MS);

    if (conn->gone)
        return;
    if (conn->deadline <= now) {
        time_out(conn);
        return;
    }
    if (conn->state == MCPS__HTTP_REPLYING && conn->reply.sink &&
        now - conn->said_at >= silence)
        mcps__http_reply_comment(conn);
}

/* ---- what the loop calls ---- */

/* A connection may become hungry again by being fed: it waits for the next time then. */
static void feed(struct mcps__http *http)
{
    struct mcps__list hungry;
    struct mcps__list *node;

    mcps__list_init(&hungry);
    mcps__list_splice(&hungry, &http->hungry);
    for (node = mcps__list_first(&hungry); node; node = mcps__list_first(&hungry)) {
        struct mcps__http_conn *conn =
            MCPS__CONTAINER_OF(node, struct mcps__http_conn, hungry);

        mcps__list_remove(node);
        mcps__http_reply_pump(conn);
        if (!conn->gone)
            mcps__http_conn_go_on(conn);
    }
}

static int64_t before_wait(void *userdata)
{
    struct mcps__http *http = userdata;

    feed(http);
    mcps__loop_submit(http->loop);
    if (mcps__http_has_ended(http))
        mcps__net_break(http->net);
    if (!mcps__list_is_empty(&http->hungry))
        return 0;
    return mcps__loop_next(http->loop);
}

static void woken(void *userdata)
{
    struct mcps__http *http = userdata;

    mcps__loop_run(http->loop);
}

const struct mcps__net_ops mcps__http_net_ops = {
    .opened = opened,
    .received = received,
    .drained = drained,
    .hung_up = hung_up,
    .closed = closed,
    .before_wait = before_wait,
    .woken = woken,
};
