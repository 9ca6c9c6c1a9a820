/* SPDX-License-Identifier: MIT */
/* Where clients come from: listen URIs, and what is served beside the protocol. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "mcpserver/http.h"
#include "server/run.h"
#include "transport/http.h"
#include "transport/http_text.h"
#include "transport/stdio.h"
#include "util/mem.h"

/* ---- stdio ---- */

static int listen_stdio(struct mcps_server *server)
{
    int r;

    mcps__mutex_lock(&server->mutex);
    if (server->state != MCPS__SERVER_IDLE)
        r = MCPS_EBUSY;
    else if (server->stdio)
        r = MCPS_EEXISTS;
    else
        r = mcps__stdio_new(&server->stdio, server->engine, mcps__server_ended, server);
    mcps__mutex_unlock(&server->mutex);
    return r;
}

/* ---- URIs ---- */

/* The parts of "http://host:port/path". */
struct http_uri {
    struct mcps__slice host, port, path;
};

static const char *after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* The host of an address of IPv6 is what stands between the brackets. */
static bool split_host(const char *text, size_t len, struct http_uri *ret)
{
    const char *end = text + len, *close;

    if (len > 0 && *text == '[') {
        close = memchr(text, ']', len);
        if (!close)
            return false;
        ret->host = (struct mcps__slice){ text + 1, (size_t)(close - text - 1) };
        text = close + 1;
    } else {
        close = memchr(text, ':', len);
        close = close ? close : end;
        ret->host = (struct mcps__slice){ text, (size_t)(close - text) };
        text = close;
    }
    ret->port = (struct mcps__slice){ "80", 2 };
    if (text == end)
        return true;
    if (*text != ':' || text + 1 == end)
        return false;
    ret->port = (struct mcps__slice){ text + 1, (size_t)(end - text - 1) };
    return true;
}

static bool is_port(struct mcps__slice text)
{
    unsigned long port = 0;

    if (text.len == 0 || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        port = port * 10 + (unsigned long)(text.data[i] - '0');
    }
    return port <= 65535;
}

static bool is_path(struct mcps__slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!mcps__http_byte_is(text.data[i], MCPS__HTTP_TARGET) || text.data[i] == '?')
            return false;
    }
    return text.len > 0 && text.data[0] == '/';
}

static bool split(const char *uri, struct http_uri *ret)
{
    const char *rest = uri ? after(uri, "http://") : NULL, *path;

    if (!rest)
        return false;
    path = strchr(rest, '/');
    ret->path = path ? (struct mcps__slice){ path, strlen(path) }
                     : (struct mcps__slice){ "/", 1 };
    return split_host(rest, path ? (size_t)(path - rest) : strlen(rest), ret) &&
           is_port(ret->port) && is_path(ret->path);
}

/* ---- HTTP ---- */

static int copy(char **ret, struct mcps__slice text)
{
    *ret = mcps__malloc(text.len + 1);
    if (!*ret)
        return -ENOMEM;
    memcpy(*ret, text.data, text.len);
    (*ret)[text.len] = '\0';
    return 0;
}

static struct mcps__slice slice_of(const char *text)
{
    return (struct mcps__slice){ text, strlen(text) };
}

/* One of them that is another's could never be reached. */
static int copy_old_paths(struct mcps__http_setup *setup,
                          const struct mcps_http_options *options, struct mcps__log *log)
{
    const char *sse = options->sse_path ? options->sse_path : "/sse";
    const char *message = options->message_path ? options->message_path : "/message";
    int r;

    if (!options->http_sse)
        return 0;
    if (!is_path(slice_of(sse)) || !is_path(slice_of(message)) ||
        strcmp(sse, message) == 0 || strcmp(sse, setup->path) == 0 ||
        strcmp(message, setup->path) == 0) {
        mcps__log(log, MCPS_LOG_ERROR,
                  "options of HTTP: \"%s\" and \"%s\" are not two paths beside \"%s\"",
                  sse, message, setup->path);
        return -EINVAL;
    }
    r = copy(&setup->sse_path, slice_of(sse));
    return r < 0 ? r : copy(&setup->message_path, slice_of(message));
}

/* Nobody is let in by a forgotten host: only this machine. */
static int fill(struct mcps__http_setup *setup, const struct http_uri *uri,
                const struct mcps_http_options *options, struct mcps__log *log)
{
    int r = copy(&setup->host, uri->host.len > 0 ? uri->host : slice_of("127.0.0.1"));

    if (r >= 0)
        r = copy(&setup->port, uri->port);
    if (r >= 0)
        r = copy(&setup->path, uri->path);
    if (r >= 0)
        r = copy_old_paths(setup, options, log);
    if (r >= 0)
        r = mcps__guard_new(&setup->guard, options, log);
    setup->json_only = options->json_only;
    setup->stateless = options->stateless;
    setup->tolerates_twins = options->tolerate_duplicate_ids;
    setup->identify = options->identify;
    setup->identify_userdata = options->identify_userdata;
    return r;
}

/* As much as the application knows of it; the rest is zero. */
static struct mcps_http_options complete(const struct mcps_http_options *options)
{
    struct mcps_http_options all = MCPS_HTTP_OPTIONS();
    size_t size = options ? options->struct_size : 0;

    if (options)
        memcpy(&all, options, size < sizeof all ? size : sizeof all);
    all.struct_size = sizeof all;
    return all;
}

static int add_http(struct mcps_server *server, struct mcps__http_setup *setup)
{
    int r;

    mcps__mutex_lock(&server->mutex);
    if (server->state != MCPS__SERVER_IDLE || server->n_https == MCPS__SERVER_HTTPS) {
        r = server->state != MCPS__SERVER_IDLE ? MCPS_EBUSY : MCPS_ELIMIT;
        mcps__http_setup_fini(setup);
    } else {
        r = mcps__http_new(&server->https[server->n_https], server->engine, setup,
                           &server->routes, mcps__server_ended, server);
        server->n_https += r >= 0;
    }
    mcps__mutex_unlock(&server->mutex);
    return r;
}

int mcps_server_listen_http(mcps_server *server, const char *uri,
                            const struct mcps_http_options *options)
{
    struct mcps_http_options all = complete(options);
    struct mcps__log *log = &server->engine->log;
    struct mcps__http_setup setup = { .host = NULL };
    struct http_uri parts;
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    if (options && options->struct_size < sizeof options->struct_size) {
        mcps__log(log, MCPS_LOG_ERROR, "the options of HTTP have no struct_size");
        return -EINVAL;
    }
    if (!split(uri, &parts)) {
        mcps__log(
            log, MCPS_LOG_ERROR,
            "\"%s\" is nothing to listen on: it has to be \"http://host:port/path\"",
            uri ? uri : "");
        return -EINVAL;
    }
    r = fill(&setup, &parts, &all, log);
    if (r < 0) {
        mcps__http_setup_fini(&setup);
        return r;
    }
    return add_http(server, &setup);
}

int mcps_server_listen(mcps_server *server, const char *uri)
{
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    if (uri && strcmp(uri, "stdio:") == 0)
        return listen_stdio(server);
    if (uri && after(uri, "http://"))
        return mcps_server_listen_http(server, uri, NULL);
    mcps__log(&server->engine->log, MCPS_LOG_ERROR,
              "\"%s\" is nothing to listen on: there are \"stdio:\" and "
              "\"http://host:port/path\"",
              uri ? uri : "");
    return -EINVAL;
}

int mcps_server_get_url(mcps_server *server, char *buf, size_t size)
{
    int r = MCPS_ENOTFOUND;

    mcps__mutex_lock(&server->mutex);
    if (server->n_https_started > 0)
        r = mcps__http_url(server->https[0], buf, size);
    mcps__mutex_unlock(&server->mutex);
    return r;
}

/* ---- routes ---- */

static bool is_token(const char *text)
{
    for (const char *p = text; *p; p++) {
        if (!mcps__http_byte_is(*p, MCPS__HTTP_TOKEN))
            return false;
    }
    return *text != '\0';
}

/* The server's own are always there, whatever the method. */
static bool has_route(const struct mcps__routes *routes, const char *method,
                      const char *path)
{
    if (strcmp(path, "/healthz") == 0)
        return true;
    for (size_t i = 0; i < routes->n; i++) {
        if (strcmp(routes->items[i].method, method) == 0 &&
            strcmp(routes->items[i].path, path) == 0)
            return true;
    }
    return false;
}

static int append_route(struct mcps__routes *routes, const struct mcps__route *route)
{
    struct mcps__route *items =
        mcps__realloc(routes->items, (routes->n + 1) * sizeof *items);

    if (!items)
        return -ENOMEM;
    items[routes->n] = *route;
    routes->items = items;
    routes->n++;
    return 0;
}

static int copy_route(struct mcps__route *ret, const char *method, const char *path,
                      mcps_route_fn *fn, void *userdata)
{
    int r;

    *ret = (struct mcps__route){ .fn = fn, .userdata = userdata };
    r = copy(&ret->method, slice_of(method));
    return r < 0 ? r : copy(&ret->path, slice_of(path));
}

static void free_route(struct mcps__route *route)
{
    mcps__free(route->method);
    mcps__free(route->path);
}

void mcps__server_free_routes(struct mcps__routes *routes)
{
    for (size_t i = 0; i < routes->n; i++)
        free_route(&routes->items[i]);
    mcps__free(routes->items);
}

int mcps_server_add_route(mcps_server *server, const char *method, const char *path,
                          mcps_route_fn *fn, void *userdata)
{
    struct mcps__route route;
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    if (!method || !is_token(method) || !path || !is_path(slice_of(path)) || !fn)
        return -EINVAL;
    r = copy_route(&route, method, path, fn, userdata);
    mcps__mutex_lock(&server->mutex);
    if (r >= 0 && server->state != MCPS__SERVER_IDLE)
        r = MCPS_EBUSY;
    if (r >= 0 && has_route(&server->routes, method, path))
        r = MCPS_EEXISTS;
    if (r >= 0)
        r = append_route(&server->routes, &route);
    mcps__mutex_unlock(&server->mutex);
    if (r < 0)
        free_route(&route);
    return r;
}
