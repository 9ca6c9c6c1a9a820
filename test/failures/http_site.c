/* SPDX-License-Identifier: MIT */
/* The server and the clients of the tests over HTTP; see http_site.h. */
#include "config.h"

#include "http_site.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "props.h"

/* ---- the server ---- */

void site_raise_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 16384) {
        limit.rlim_cur = limit.rlim_max < 16384 ? limit.rlim_max : 16384;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int64_t number_of(struct json_object *args, const char *name)
{
    return json_object_get_int64(message_at(args, name));
}

static int emit(mcps_call *call, struct json_object *args, void *userdata)
{
    int64_t n = number_of(args, "n"), size = number_of(args, "size"), r = 0;
    char *text = malloc((size_t)size + 64);
    const struct timespec nap = { .tv_nsec = (long)number_of(args, "us") * 1000 };

    (void)userdata;
    for (int64_t i = 1; text && i <= n && r >= 0; i++) {
        int at = sprintf(text, "{\"n\":%lld,\"pad\":\"", (long long)i);

        memset(text + at, 'x', (size_t)size);
        memcpy(text + at + size, "\"}", 3);
        if (nap.tv_nsec > 0)
            nanosleep(&nap, NULL);
        r = mcps_call_log_json(call, MCPS_LOG_ERROR, NULL, text);
    }
    free(text);
    return r < 0 ? (int)r : mcps_call_text(call, "emitted");
}

static int only(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "only");
}

static int news(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "news");
}

static bool add_more(struct site *site)
{
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "emit", .handler = emit),
        MCPS_TOOL_STRUCT(.name = "only", .handler = only, .only_result = true),
    };
    static const struct mcps_template templates[] = {
        MCPS_TEMPLATE_STRUCT(.uri_template = "news:{n}", .name = "news", .handler = news),
    };

    return mcps_server_add_tools(site->scene.server, tools, 2) >= 0 &&
           mcps_server_add_templates(site->scene.server, templates, 1) >= 0;
}

int site_news(struct site *site, int n)
{
    char uri[32];

    snprintf(uri, sizeof uri, "news:%d", n);
    return mcps_server_resource_updated(site->scene.server, uri);
}

long event_number(const struct web_event *event)
{
    struct json_object *n = message_at(event->json, "params.data.n");
    struct json_object *uri = message_at(event->json, "params.uri");

    if (n)
        return json_object_get_int64(n);
    if (uri && strncmp(json_object_get_string(uri), "news:", 5) == 0)
        return strtol(json_object_get_string(uri) + 5, NULL, 10);
    return 0;
}

bool site_prepare_at(struct site *site, unsigned workers, const char *limits,
                     const char *url, const struct mcps_http_options *options)
{
    int r;

    memset(site, 0, sizeof *site);
    if (!hands_open() ||
        !scene_open(&site->scene, workers, limits, hands_tools, N_HANDS_TOOLS) ||
        !add_more(site))
        return false;
    r = mcps_server_listen_http(site->scene.server, url, options);
    if (r < 0)
        unit_note("listening: %s", mcps_strerror(r));
    return r >= 0;
}

bool site_prepare(struct site *site, unsigned workers, const char *limits,
                  const struct mcps_http_options *options)
{
    return site_prepare_at(site, workers, limits, "http://127.0.0.1:0/mcp", options);
}

static bool learn_url(struct site *site)
{
    const char *host, *end;

    if (mcps_server_get_url(site->scene.server, site->url, sizeof site->url) < 0 ||
        strncmp(site->url, "http://", 7) != 0)
        return false;
    host = site->url + 7;
    end = strchr(host, ':');
    if (!end || (size_t)(end - host) >= sizeof site->host)
        return false;
    memcpy(site->host, host, (size_t)(end - host));
    site->port = (int)strtol(end + 1, NULL, 10);
    snprintf(site->path, sizeof site->path, "%s",
             strchr(end, '/') ? strchr(end, '/') : "");
    return site->port > 0 && site->path[0] == '/';
}

bool site_start(struct site *site)
{
    bool ok = scene_is_driven() ? scene_drive(&site->scene)
                                : mcps_server_start(site->scene.server) >= 0;

    ok = ok && learn_url(site);
    site->fds = count_fds();
    return ok;
}

bool site_open(struct site *site, unsigned workers, const char *limits,
               const struct mcps_http_options *options)
{
    return site_prepare(site, workers, limits, options) && site_start(site);
}

bool site_close(struct site *site)
{
    bool ok;

    hands_let_go();
    ok = scene_close(&site->scene);
    hands_close();
    return ok;
}

bool site_visit_as(struct site *site, struct web *web, const char *from, int rcvbuf)
{
    return web_open(web, site->host, site->port, from, rcvbuf);
}

bool site_visit(struct site *site, struct web *web)
{
    return site_visit_as(site, web, NULL, 0);
}

int site_status(struct site *site, const struct web_request *request)
{
    struct web web = { .fd = 0 };
    int status = -1;

    if (site_visit(site, &web) && web_ask(&web, request)) {
        status = web_status(&web);
        if (!web_ok(&web))
            status = -1;
    }
    web_close(&web);
    return status;
}

int site_refusal(struct site *site, const char *bytes, size_t len)
{
    struct web web = { .fd = 0 };
    struct web_answer *answer = NULL;
    int status = -1;

    if (site_visit(site, &web)) {
        web_owe(&web, 1);
        /* It may be refused, and closed, before everything was sent. */
        web_send_bytes(&web, bytes, len);
        answer = web_answer(&web);
        if (answer && answer->closes && web_gone(&web, true) && web_ok(&web))
            status = answer->status;
    }
    web_close(&web);
    return status;
}

/* ---- probes ---- */

bool site_alive(struct site *site)
{
    char *body = modern_body("\"alive\"", "tools/list", "");
    const struct web_request request = { .target = site->path,
                                         .version = MODERN,
                                         .fields = "Mcp-Method: tools/list\r\n",
                                         .body = body };
    struct web web = { .fd = 0 };
    bool ok = body && site_visit(site, &web) && web_ask(&web, &request) &&
              message_at(web_reply(&web), "result.tools") && web_ok(&web);

    web_close(&web);
    free(body);
    return ok;
}

static uint64_t stat_left(const struct mcps_stats *stats)
{
    return stats->connections;
}

bool site_idle(struct site *site)
{
    return scene_wait(&site->scene, stat_left, 0) && scene_idle(&site->scene);
}

static bool fds_are_back(void *arg)
{
    const struct site *site = arg;

    return count_fds() <= site->fds;
}

bool site_ok(struct site *site)
{
    mcps_call_unref(atomic_exchange(&hands.call, NULL)); /* it has a descriptor */
    return site_alive(site) && site_idle(site) &&
           await(fds_are_back, site, "descriptors") && scene_log_ok(&site->scene);
}

unsigned site_logged(struct site *site, enum mcps_log_level level)
{
    unsigned n;

    pthread_mutex_lock(&site->scene.mutex);
    n = site->scene.n_logged[level];
    pthread_mutex_unlock(&site->scene.mutex);
    return n;
}

SCENE_STAT(sessions);
SCENE_STAT(connections);

uint64_t site_sessions(struct site *site)
{
    return scene_stats(&site->scene).sessions;
}

bool site_await_sessions(struct site *site, uint64_t n)
{
    return scene_wait(&site->scene, stat_sessions, n);
}

bool site_await_connections(struct site *site, uint64_t n)
{
    return scene_wait(&site->scene, stat_connections, n);
}

/* ---- 2026-07-28 ---- */

#define META                                                                       \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" MODERN "\","       \
    "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"web\",\"version\":\"1\"}," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}"

static char *body_with(const char *id, const char *method, const char *params,
                       const char *meta)
{
    char *text;

    if (asprintf(&text,
                 "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"%s\",\"params\":{%s%s" META
                 "%s}}}",
                 id, method, params, *params ? "," : "", meta) < 0)
        return NULL;
    return text;
}

char *modern_body(const char *id, const char *method, const char *params)
{
    return body_with(id, method, params, "");
}

static bool ask_with(struct web *web, const char *method, const char *name,
                     const char *fields, char *body)
{
    struct web_request request = { .version = MODERN, .body = body };
    char *all = NULL;
    bool ok;

    ok = body &&
         asprintf(&all, "Mcp-Method: %s\r\n%s%s%s%s", method, name ? "Mcp-Name: " : "",
                  name ? name : "", name ? "\r\n" : "", fields ? fields : "") >= 0;
    request.fields = all;
    ok = ok && web_ask(web, &request);
    free(all);
    free(body);
    return ok;
}

bool modern_ask(struct web *web, const char *id, const char *method, const char *name,
                const char *params, const char *fields)
{
    return ask_with(web, method, name, fields, modern_body(id, method, params));
}

static bool call_with(struct web *web, const char *id, const char *tool,
                      const char *arguments, const char *meta)
{
    char *params;
    bool ok;

    if (asprintf(&params, "\"name\":\"%s\"%s%s", tool, arguments ? ",\"arguments\":" : "",
                 arguments ? arguments : "") < 0)
        return false;
    ok = ask_with(web, "tools/call", tool, NULL,
                  body_with(id, "tools/call", params, meta));
    free(params);
    return ok;
}

bool modern_call(struct web *web, const char *id, const char *tool, const char *arguments)
{
    return call_with(web, id, tool, arguments, "");
}

bool modern_call_with_progress(struct web *web, const char *id, const char *tool,
                               const char *arguments)
{
    return call_with(web, id, tool, arguments, ",\"progressToken\":\"p\"");
}

/* ---- sessions ---- */

char *chat_hello(const char *version, const char *capabilities)
{
    char *text;

    if (asprintf(&text,
                 "{\"jsonrpc\":\"2.0\",\"id\":\"init\",\"method\":\"initialize\","
                 "\"params\":{\"protocolVersion\":\"%s\",\"capabilities\":%s,"
                 "\"clientInfo\":{\"name\":\"web\",\"version\":\"1\"}}}",
                 version, capabilities) < 0)
        return NULL;
    return text;
}

bool chat_visit(struct chat *chat, struct web *web)
{
    return site_visit_as(chat->site, web, chat->from, chat->rcvbuf);
}

static bool learn_session(struct chat *chat, const struct web_answer *answer)
{
    char *id = web_field(answer, "Mcp-Session-Id");
    bool ok = id && strlen(id) < sizeof chat->id;

    if (ok)
        memcpy(chat->id, id, strlen(id) + 1);
    else
        unit_note("no session: %s%s", answer ? answer->head : "",
                  answer && answer->body.len > 0 ? answer->body.data : "");
    free(id);
    return ok;
}

bool chat_open_as(struct chat *chat, struct site *site, const char *version,
                  const char *capabilities, const char *fields)
{
    char *hello = chat_hello(version, capabilities);
    const struct web_request request = { .fields = fields, .body = hello };
    struct web web = { .fd = 0 };
    struct web_answer *answer = NULL;
    bool ok;

    memset(chat, 0, sizeof *chat);
    chat->site = site;
    chat->fields = fields;
    snprintf(chat->version, sizeof chat->version, "%s", version);
    ok = hello && site_visit(site, &web) && web_ask(&web, &request);
    if (ok)
        answer = web_answer(&web);
    ok = ok && answer && answer->status == 200 && web_final(&web, answer) &&
         learn_session(chat, answer) && web_ok(&web);
    web_close(&web);
    free(hello);
    return ok && chat_tell(chat, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
                                 "initialized\"}") == 202;
}

bool chat_open(struct chat *chat, struct site *site)
{
    return chat_open_as(chat, site, LEGACY, "{\"roots\":{}}", NULL);
}

static bool say(struct chat *chat, struct web *web, const char *body)
{
    const struct web_request request = { .session = chat->id,
                                         .version = chat->version,
                                         .fields = chat->fields,
                                         .body = body };

    return web_ask(web, &request);
}

bool chat_say(struct chat *chat, struct web *web, const char *format, ...)
{
    va_list args;
    char *body;
    int len;
    bool ok;

    va_start(args, format);
    len = vasprintf(&body, format, args);
    va_end(args);
    if (len < 0)
        return false;
    ok = say(chat, web, body);
    free(body);
    return ok;
}

bool chat_call(struct chat *chat, struct web *web, const char *id, const char *tool,
               const char *arguments)
{
    return chat_say(chat, web,
                    "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\","
                    "\"params\":{\"name\":\"%s\"%s%s}}",
                    id, tool, arguments ? ",\"arguments\":" : "",
                    arguments ? arguments : "");
}

struct web_answer *chat_start(struct chat *chat, struct web *web, const char *id,
                              const char *tool, const char *arguments)
{
    struct web_answer *answer = NULL;
    struct web_event *event;

    if (chat_visit(chat, web) && chat_call(chat, web, id, tool, arguments))
        answer = web_begun(web);
    if (!answer || answer->status != 200 || !answer->is_stream) {
        unit_note("no stream: %s", answer ? answer->head : "no answer");
        return NULL;
    }
    event = web_event(web, answer);
    if (!event || !event->id || !event->data || *event->data) {
        unit_note("the first event is another: %s", answer->body.data);
        return NULL;
    }
    return answer;
}

const char *chat_last_id(const struct web_answer *answer)
{
    for (size_t i = answer->n_events; i > 0; i--) {
        if (answer->events[i - 1].id)
            return answer->events[i - 1].id;
    }
    return "";
}

int chat_tell(struct chat *chat, const char *format, ...)
{
    struct web web = { .fd = 0 };
    va_list args;
    char *body;
    int len, status = -1;

    va_start(args, format);
    len = vasprintf(&body, format, args);
    va_end(args);
    if (len < 0)
        return -1;
    if (chat_visit(chat, &web) && say(chat, &web, body))
        status = web_status(&web);
    if (!web_ok(&web))
        status = -1;
    web_close(&web);
    free(body);
    return status;
}

int chat_cancel(struct chat *chat, const char *id)
{
    return chat_tell(chat,
                     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                     "\"params\":{\"requestId\":%s,\"reason\":\"test\"}}",
                     id);
}

static bool bare(struct chat *chat, struct web *web, const char *method,
                 const char *last_event_id)
{
    struct web_request request = { .method = method,
                                   .session = chat->id,
                                   .version = chat->version };
    char *fields;
    bool ok;

    if (asprintf(&fields, "%s%s%s%s", chat->fields ? chat->fields : "",
                 last_event_id ? "Last-Event-ID: " : "",
                 last_event_id ? last_event_id : "", last_event_id ? "\r\n" : "") < 0)
        return false;
    request.fields = fields;
    ok = web_ask(web, &request);
    free(fields);
    return ok;
}

bool chat_get(struct chat *chat, struct web *web, const char *last_event_id)
{
    return chat_visit(chat, web) && bare(chat, web, "GET", last_event_id);
}

struct web_answer *chat_stream(struct chat *chat, struct web *web,
                               const char *last_event_id)
{
    struct web_answer *answer =
        chat_get(chat, web, last_event_id) ? web_begun(web) : NULL;

    if (answer && (answer->status != 200 || !answer->is_stream)) {
        unit_note("no stream: %s", answer->head);
        return NULL;
    }
    return answer;
}

bool chat_subscribe(struct chat *chat, int n)
{
    struct web web = { .fd = 0 };
    bool ok = chat_visit(chat, &web);

    for (int i = 1; ok && i <= n; i++)
        ok = chat_say(chat, &web,
                      "{\"jsonrpc\":\"2.0\",\"id\":\"s-%d\",\"method\":"
                      "\"resources/subscribe\",\"params\":{\"uri\":\"news:%d\"}}",
                      i, i) &&
             message_at(web_reply(&web), "result") != NULL;
    ok = ok && web_ok(&web);
    web_close(&web);
    return ok;
}

int chat_delete(struct chat *chat)
{
    struct web web = { .fd = 0 };
    int status = -1;

    if (chat_visit(chat, &web) && bare(chat, &web, "DELETE", NULL))
        status = web_status(&web);
    if (!web_ok(&web))
        status = -1;
    web_close(&web);
    return status;
}

static int ping(struct chat *chat, bool *ret_answered)
{
    static atomic_uint serial;
    struct web web = { .fd = 0 };
    struct web_answer *answer = NULL;
    char id[32];
    int status;

    snprintf(id, sizeof id, "\"ping-%u\"", atomic_fetch_add(&serial, 1));
    if (chat_visit(chat, &web) &&
        chat_say(chat, &web, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}", id))
        answer = web_answer(&web);
    status = answer && web_ok(&web) ? answer->status : -1;
    *ret_answered =
        status == 200 &&
        strcmp(message_text(message_at(web_final(&web, answer), "id")), id) == 0;
    web_close(&web);
    return status;
}

bool chat_alive(struct chat *chat)
{
    bool answered;

    ping(chat, &answered);
    return answered;
}

int chat_ping(struct chat *chat)
{
    bool answered;

    return ping(chat, &answered);
}

int chat_give_roots(struct chat *chat, struct json_object *request, const char *uri)
{
    return chat_tell(chat,
                     "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"roots\":[{\"uri\":"
                     "\"%s\"}]}}",
                     message_text(message_at(request, "id")), uri);
}

/* ---- messages ---- */

const char *message_method(struct json_object *message)
{
    struct json_object *method = message_at(message, "method");

    return method ? json_object_get_string(method) : "";
}

struct json_object *message_at(struct json_object *message, const char *path)
{
    struct json_object *at = message;
    char name[64];

    while (at && *path) {
        size_t len = strcspn(path, ".");
        struct json_object *value = NULL;

        if (len >= sizeof name || !json_object_is_type(at, json_type_object))
            return NULL;
        memcpy(name, path, len);
        name[len] = '\0';
        if (!json_object_object_get_ex(at, name, &value))
            return NULL;
        at = value;
        path += len + (path[len] == '.' ? 1 : 0);
    }
    return at;
}

const char *message_text(struct json_object *value)
{
    return value ? json_object_to_json_string_ext(
                       value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
                 : "";
}
