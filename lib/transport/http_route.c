/* SPDX-License-Identifier: MIT */
/* Which request is for whom, and who may send it; see http.h. */
#include "config.h"

#include "transport/http.h"

#include <string.h>

#include "core/answer.h"
#include "core/close.h"
#include "rpc/errors.h"
#include "transport/media.h"
#include "util/clock.h"

static struct mcps__engine *engine_of(const struct mcps__http_conn *conn)
{
    return conn->http->transport.engine;
}

/* What follows an answer to a request whose body is not read is not known. */
static void refuse(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                   int status, const char *why)
{
    struct mcps__engine *engine = engine_of(conn);
    bool body = head->chunked || head->length > 0;

    MCPS__COUNT(engine, refused);
    mcps__log(&engine->log, MCPS_LOG_DEBUG, "a request is refused: %s", why);
    mcps__http_reply_error(conn, status, MCPS__RPC_INVALID_REQUEST, why, body);
}

/* ---- which ---- */

static bool find_app_route(const struct mcps__http *http,
                           const struct mcps__http_head *head, size_t *ret,
                           bool *ret_path)
{
    const struct mcps__routes *routes = http->routes;

    *ret_path = false;
    for (size_t i = 0; i < routes->n; i++) {
        if (!mcps__slice_is(head->path, routes->items[i].path))
            continue;
        *ret_path = true;
        *ret = i;
        if (mcps__slice_is(head->method_text, routes->items[i].method))
            return true;
    }
    return false;
}

/* A stateless server has no sessions to be ended. */
static const char *endpoint_methods(const struct mcps__http_setup *setup)
{
    if (setup->stateless)
        return "POST, OPTIONS";
    return setup->json_only ? "POST, DELETE, OPTIONS" : "GET, POST, DELETE, OPTIONS";
}

/* The methods that a route has; NULL: nothing is there. */
static const char *find_route(struct mcps__http_conn *conn,
                              const struct mcps__http_head *head)
{
    const struct mcps__http_setup *setup = &conn->http->setup;

    if (mcps__slice_is(head->path, setup->path)) {
        conn->route = MCPS__ROUTE_ENDPOINT;
        return endpoint_methods(setup);
    }
    if (setup->sse_path && mcps__slice_is(head->path, setup->sse_path)) {
        conn->route = MCPS__ROUTE_OLD_STREAM;
        return "GET, OPTIONS";
    }
    if (setup->message_path && mcps__slice_is(head->path, setup->message_path)) {
        conn->route = MCPS__ROUTE_OLD_MESSAGE;
        return "POST, OPTIONS";
    }
    if (mcps__slice_is(head->path, "/healthz")) {
        conn->route = MCPS__ROUTE_HEALTH;
        return "GET, HEAD";
    }
    return NULL;
}

/* Is the method one of a list? */
static bool is_listed(const char *methods, struct mcps__slice method)
{
    const char *p = methods;

    while (p) {
        if (strncmp(p, method.data, method.len) == 0 &&
            (p[method.len] == ',' || p[method.len] == '\0'))
            return true;
        p = strchr(p, ' ');
        p = p ? p + 1 : NULL;
    }
    return false;
}

static void refuse_method(struct mcps__http_conn *conn,
                          const struct mcps__http_head *head, const char *methods)
{
    mcps__http_reply_field(conn, "Allow", methods);
    if (head->method == MCPS__HTTP_HEAD) {
        conn->keep_alive = conn->keep_alive && !head->chunked && head->length == 0;
        mcps__http_reply_empty(conn, 405);
        return;
    }
    refuse(conn, head, 405, "Method not allowed");
}

static bool choose_route(struct mcps__http_conn *conn, const struct mcps__http_head *head)
{
    const char *methods = find_route(conn, head);
    bool has_path;

    if (methods) {
        if (is_listed(methods, head->method_text))
            return true;
        refuse_method(conn, head, methods);
        return false;
    }
    if (find_app_route(conn->http, head, &conn->app_route, &has_path)) {
        conn->route = MCPS__ROUTE_APP;
        return true;
    }
    if (has_path)
        refuse_method(conn, head, conn->http->routes->items[conn->app_route].method);
    else
        refuse(conn, head, 404, "Not found: nothing is served at this path");
    return false;
}

/* ---- who may ---- */

static bool check_guard(struct mcps__http_conn *conn, const struct mcps__http_head *head)
{
    const struct mcps__guard *guard = conn->http->setup.guard;
    socklen_t len;
    const struct mcps__guard_ends ends = {
        .peer = mcps__sock_peer(conn->sock, &len),
        .local_is_loopback = mcps__sock_is_loopback(conn->sock),
    };
    const char *why;
    int status = mcps__guard_check(guard, head, &ends, &why);

    if (status == 0) {
        int r = mcps__guard_write_cors(guard, head, &conn->reply.fields);

        (void)r; /* without it a page may not read the answer */
        return true;
    }
    refuse(conn, head, status, why);
    return false;
}

static bool check_media(struct mcps__http_conn *conn, const struct mcps__http_head *head)
{
    struct mcps__slice type = mcps__headers_get(&head->headers, "Content-Type");

    if (head->method != MCPS__HTTP_POST) {
        if (head->method != MCPS__HTTP_GET ||
            mcps__media_accepts(&head->headers, "text/event-stream"))
            return true;
        refuse(conn, head, 406, "Not acceptable: Accept has no text/event-stream");
        return false;
    }
    if (!type.data || !mcps__media_is_json(type)) {
        refuse(conn, head, 415,
               "Unsupported media type: Content-Type must be application/json");
        return false;
    }
    /* What is answered there has no body: all that is to be read comes over the stream. */
    if (conn->route == MCPS__ROUTE_OLD_MESSAGE)
        return true;
    if (!mcps__media_accepts(&head->headers, "application/json") ||
        !mcps__media_accepts(&head->headers, "text/event-stream")) {
        refuse(conn, head, 406,
               "Not acceptable: Accept must have application/json and text/event-stream");
        return false;
    }
    return true;
}

/* Before memory is taken for it. What is said in a session that ends is still heard. */
static bool check_room(struct mcps__http_conn *conn, const struct mcps__http_head *head)
{
    struct mcps__engine *engine = engine_of(conn);

    if (head->length > mcps__limit(&engine->limits, MCPS_LIMIT_MESSAGE_BYTES)) {
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_MESSAGE_BYTES);
        refuse(conn, head, 413, "Content too large");
        return false;
    }
    if (conn->http->stopping &&
        !mcps__headers_get(&head->headers, "Mcp-Session-Id").data) {
        MCPS__COUNT(engine, refused);
        conn->keep_alive = false;
        mcps__http_reply_whole(conn, 503, "application/json",
                               mcps__error_piece(NULL, MCPS__RPC_SERVER,
                                                 "The server stops", MCPS__SHUTDOWN));
        return false;
    }
    if (!mcps__http_conn_is_full(conn))
        return true;
    mcps__http_conn_refuse_full(conn);
    return false;
}

static bool is_protocol(enum mcps__http_route route)
{
    return route == MCPS__ROUTE_ENDPOINT || route == MCPS__ROUTE_OLD_STREAM ||
           route == MCPS__ROUTE_OLD_MESSAGE;
}

static void answer_options(struct mcps__http_conn *conn,
                           const struct mcps__http_head *head)
{
    int r;

    conn->reply.fields.len = 0;
    r = mcps__guard_write_preflight(conn->http->setup.guard, head, &conn->reply.fields);
    if (r == 0)
        mcps__http_reply_field(conn, "Allow", find_route(conn, head));
    mcps__http_reply_empty(conn, r < 0 ? 500 : 204);
}

/* By what it was before: without an identify all requests of a connection are of one address,
 * unless a proxy sends them. */
static bool is_known(const struct mcps__http_conn *conn)
{
    const struct mcps__http_setup *setup = &conn->http->setup;
    socklen_t len;

    return !setup->identify &&
           !mcps__guard_is_proxy(setup->guard, mcps__sock_peer(conn->sock, &len));
}

/* Asks who it is, if the application knows; then the state says that it was asked. */
static bool identify(struct mcps__http_conn *conn, const struct mcps__http_head *head)
{
    char address[MCPS__ADDRESS_SIZE];
    int r;

    if (is_known(conn))
        return true;
    if (!conn->http->setup.identify || conn->route == MCPS__ROUTE_HEALTH ||
        conn->route == MCPS__ROUTE_APP) {
        mcps__http_client(conn, head, address);
        r = mcps__http_conn_account(conn, NULL, NULL, address);
    } else {
        r = mcps__http_ask_identity(conn, head);
    }
    if (r < 0)
        mcps__http_conn_refuse_failed(conn, r);
    return r >= 0;
}

bool mcps__http_admit(struct mcps__http_conn *conn, const struct mcps__http_head *head)
{
    if (!check_guard(conn, head) || !choose_route(conn, head))
        return false;
    if (is_protocol(conn->route)) {
        if (head->method == MCPS__HTTP_OPTIONS) {
            conn->keep_alive = conn->keep_alive && !head->chunked && head->length == 0;
            answer_options(conn, head);
            return false;
        }
        if (!check_media(conn, head))
            return false;
    }
    return check_room(conn, head) && identify(conn, head);
}

/* ---- what is served ---- */

static struct mcps__piece *text_piece(const char *text)
{
    struct mcps__buf buf;

    if (mcps__piece_begin(&buf, SIZE_MAX / 2) < 0)
        return NULL;
    if (mcps__buf_append_str(&buf, text) < 0) {
        mcps__buf_fini(&buf);
        return NULL;
    }
    return mcps__piece_end(&buf);
}

static void answer_health(struct mcps__http_conn *conn)
{
    mcps__http_reply_field(conn, "Cache-Control", "no-store");
    mcps__http_reply_whole(conn, 200, "application/json",
                           text_piece("{\"status\":\"ok\"}"));
}

static void serve_endpoint(struct mcps__http_conn *conn,
                           const struct mcps__http_head *head, struct mcps__slice content,
                           struct mcps__scan *scan, int verdict)
{
    if (head->method == MCPS__HTTP_POST)
        mcps__http_post(conn, head, content, scan, verdict);
    else if (head->method == MCPS__HTTP_GET)
        mcps__http_get(conn, head);
    else
        mcps__http_delete(conn, head);
}

void mcps__http_serve(struct mcps__http_conn *conn, const struct mcps__http_head *head,
                      struct mcps__slice content, struct mcps__scan *scan, int verdict)
{
    int r;

    switch (conn->route) {
    case MCPS__ROUTE_ENDPOINT: serve_endpoint(conn, head, content, scan, verdict); break;
    case MCPS__ROUTE_HEALTH: answer_health(conn); break;
    case MCPS__ROUTE_OLD_STREAM: mcps__http_old_get(conn); break;
    case MCPS__ROUTE_OLD_MESSAGE:
        mcps__http_old_post(conn, head, content, scan, verdict);
        break;
    case MCPS__ROUTE_APP:
        r = mcps__http_ask_route(conn, head, content);
        if (r < 0)
            mcps__http_reply_failed(conn, r, NULL, false);
        break;
    }
}
