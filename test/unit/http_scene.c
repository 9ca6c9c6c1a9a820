/* SPDX-License-Identifier: MIT */
/* A server whose connections are in memory; see http_scene.h. */
#include "config.h"

#include "http_scene.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "util/clock.h"
#include "util/mem.h"

enum { TURNS_MAX = 20000, FILL_MAX = 1 << 20, AWAIT_MS = 10000 };

mcps_server *http_server;

static struct {
    mcps_call *held;
    bool started;
    char *letters;
    atomic_uint logged[MCPS_LOG_DEBUG + 1];
    char last[MCPS_LOG_DEBUG + 1][300];
} site;

/* ---- tools ---- */

static int echo(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)userdata;
    return mcps_call_text(call, "%s",
                          json_object_to_json_string_ext(args, JSON_C_TO_STRING_PLAIN));
}

static int steps(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    mcps_call_progress(call, 1, 2, NULL);
    mcps_call_progress(call, 2, 2, NULL);
    return mcps_call_text(call, "done");
}

static void let_go(void)
{
    if (site.held)
        mcps_call_unref(site.held);
    site.held = NULL;
}

static int hold(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    if (site.held)
        mcps_call_finish(site.held, 0);
    let_go();
    site.held = mcps_call_ref(call);
    return MCPS_PENDING;
}

static int ask(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots;
    int r = mcps_call_roots(call, &roots);

    (void)args;
    (void)userdata;
    if (r < 0)
        return r;
    json_object_put(roots);
    return mcps_call_text(call, "roots");
}

static int close_(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = mcps_call_close_stream(call, 50);

    (void)args;
    (void)userdata;
    if (r < 0)
        return r;
    mcps_call_progress(call, 1, 1, NULL);
    return mcps_call_text(call, "done");
}

static int fill(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *n;

    (void)userdata;
    if (!json_object_object_get_ex(args, "n", &n) || json_object_get_int(n) < 0 ||
        json_object_get_int(n) > FILL_MAX)
        return mcps_call_text(call, "nothing");
    return mcps_call_text(call, "%.*s", json_object_get_int(n), site.letters);
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL_STRUCT(.name = "echo", .handler = echo),
    MCPS_TOOL_STRUCT(.name = "quick", .handler = echo, .only_result = true),
    MCPS_TOOL_STRUCT(.name = "steps", .handler = steps),
    MCPS_TOOL_STRUCT(.name = "hold", .handler = hold),
    MCPS_TOOL_STRUCT(.name = "wait", .handler = hold, .only_result = true),
    MCPS_TOOL_STRUCT(.name = "ask", .handler = ask),
    MCPS_TOOL_STRUCT(.name = "close", .handler = close_),
    MCPS_TOOL_STRUCT(.name = "fill", .handler = fill),
};

mcps_call *http_held(void)
{
    return site.held;
}

int http_reason(void)
{
    return site.held ? (int)mcps_call_cancelled(site.held) : -1;
}

bool http_finish(const char *text)
{
    bool ok = site.held && mcps_call_text(site.held, "%s", text) >= 0;

    ok = site.held && mcps_call_finish(site.held, 0) >= 0 && ok;
    let_go();
    return ok;
}

bool http_remove(const char *tool)
{
    return mcps_server_remove(http_server, MCPS_TOOLS, &tool, 1) >= 0;
}

/* ---- the server ---- */

static void on_log(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    atomic_fetch_add(&site.logged[level], 1);
    snprintf(site.last[level], sizeof site.last[level], "%s", line);
}

unsigned http_logged(enum mcps_log_level level)
{
    return atomic_load(&site.logged[level]);
}

bool http_last_log_has(enum mcps_log_level level, const char *text)
{
    return strstr(site.last[level], text) != NULL;
}

bool http_prepare(const struct mcps_http_options *options)
{
    const struct mcps_server_options own =
        MCPS_SERVER_OPTIONS(.name = "s", .version = "1", .workers = MCPS_NO_WORKERS,
                            .log = on_log, .log_level = MCPS_LOG_DEBUG);
    int r;

    memset(&site, 0, sizeof site);
    site.letters = malloc(FILL_MAX);
    if (!site.letters)
        return false;
    memset(site.letters, 'x', FILL_MAX);
    mcps__clock_drive(MCPS__NS_PER_S);
    r = mcps_server_new(&http_server, &own);
    if (r < 0)
        http_server = NULL;
    if (r >= 0)
        r = mcps_server_listen_http(http_server, "http://127.0.0.1:8080/mcp", options);
    if (r >= 0)
        r = mcps_server_add_tools(http_server, tools, sizeof tools / sizeof tools[0]);
    return r >= 0;
}

bool http_start(void)
{
    site.started = mcps_server_start_driven(http_server) >= 0;
    return site.started;
}

bool http_begin(const struct mcps_http_options *options)
{
    return http_prepare(options) && http_start();
}

static void check_nothing_left(void);

void http_end(void)
{
    mcps__clock_release();
    if (site.held)
        mcps_call_finish(site.held, 0);
    let_go();
    if (site.started && mcps_server_stop(http_server, 0) == 0)
        check_nothing_left();
    http_server = mcps_server_unref(http_server);
    free(site.letters);
    site.letters = NULL;
    site.started = false;
}

static bool is_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 0) == 1;
}

bool http_settle(void)
{
    unsigned turns = 0;
    int r = 1;

    while (turns++ < TURNS_MAX) {
        r = mcps_server_process(http_server);
        if (r < 0 || (r == 0 && !is_readable(mcps_server_get_fd(http_server))))
            return r == 0 || r == MCPS_ECLOSED;
    }
    return false;
}

bool http_wait(unsigned ms)
{
    mcps__clock_advance(ms * MCPS__NS_PER_MS);
    return http_settle();
}

/* What is awaited may never come when there was no memory for it. */
#ifdef MCPS__TEST_HOOKS
static int await_ms(void)
{
    return mcps__mem_has_failed() ? AWAIT_MS / 100 : AWAIT_MS;
}
#else
static int await_ms(void)
{
    return AWAIT_MS;
}
#endif

bool http_await(bool (*is_so)(void *arg), void *arg)
{
    bool ok = http_settle();

    for (int ms = 0; ok && !is_so(arg) && ms < await_ms(); ms++) {
        (void)poll(NULL, 0, ms < 50 ? 0 : 1);
        ok = http_settle();
    }
    return ok && is_so(arg);
}

struct mcps_stats http_stats(void)
{
    struct mcps_stats stats = { .struct_size = sizeof stats };

    mcps_server_get_stats(http_server, &stats);
    return stats;
}

static bool has_nothing(const struct mcps_stats *stats)
{
    return stats->connections == 0 && stats->sessions == 0 && stats->in_flight == 0 &&
           stats->streams == 0 && stats->in_bytes == 0 && stats->out_bytes == 0 &&
           stats->replay_bytes == 0 && stats->pending == 0 && stats->listens == 0 &&
           stats->accounts == 0 && fake_n_socks() == 0;
}

/* The control pool frees calls, and with them what they have of accounts. */
static bool is_clean(void *arg)
{
    const struct mcps_stats stats = http_stats();

    (void)arg;
    return has_nothing(&stats);
}

bool http_is_clean(void)
{
    return http_await(is_clean, NULL);
}

/* That holds whatever memory there was: no check that failed for want of it excuses this. */
static void check_nothing_left(void)
{
    const struct mcps_stats stats = http_stats();

    if (has_nothing(&stats))
        return;
#define XX(name, text)  \
    if (stats.name > 0) \
        fprintf(stderr, "left behind: " #name " %llu\n", (unsigned long long)stats.name);
    MCPS_STATS_MAP(XX)
#undef XX
    abort();
}

/* ---- what clients say ---- */

char *http_post_text(const char *fields, const char *body)
{
    static const char head[] = "POST /mcp HTTP/1.1\r\nHost: localhost\r\n"
                               "Content-Type: application/json\r\n"
                               "Accept: application/json, text/event-stream\r\n"
                               "%sContent-Length: %zu\r\n\r\n%s";
    const char *lines = fields ? fields : "";
    size_t size = sizeof head + strlen(lines) + 20 + strlen(body);
    char *text = malloc(size);

    if (text)
        snprintf(text, size, head, lines, strlen(body), body);
    return text;
}

void http_say(struct fake_client *client, const char *text)
{
    fake_send(client, text, strlen(text));
}

void http_post(struct fake_client *client, const char *fields, const char *body)
{
    char *text = http_post_text(fields, body);

    if (text)
        http_say(client, text);
    free(text);
}

char *http_call_text(const char *id, const char *tool, const char *arguments)
{
    char fields[200], body[600];

    snprintf(fields, sizeof fields,
             "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n"
             "Mcp-Name: %s\r\n",
             tool);
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{"
             "\"name\":\"%s\",\"arguments\":%s," META "}}",
             id, tool, arguments);
    return http_post_text(fields, body);
}

void http_call(struct fake_client *client, const char *id, const char *tool,
               const char *arguments)
{
    char *text = http_call_text(id, tool, arguments);

    if (text)
        http_say(client, text);
    free(text);
}

char *http_exchange(const char *text)
{
    struct fake_client *client = fake_connect(NULL);
    char *came = NULL;
    const char *all;
    size_t len;

    if (!client)
        return NULL;
    http_say(client, text);
    if (http_settle()) {
        all = fake_all(client, &len);
        came = strdup(all);
    }
    fake_reset(client);
    (void)http_settle();
    fake_free(client);
    return came;
}

/* The answers are of two connections of their own. */
bool http_chat(struct http_chat *chat, const char *version)
{
    char hello[sizeof HELLO("2025-11-25")] = HELLO("2025-11-25"), *text, *came;
    const char *id;
    bool ok;

    memcpy(strstr(hello, "2025-11-25"), version, strlen(version));
    text = http_post_text(NULL, hello);
    came = text ? http_exchange(text) : NULL;
    free(text);
    id = came ? strstr(came, "Mcp-Session-Id: ") : NULL;
    ok = id && strlen(id) > 50;
    if (ok) {
        snprintf(chat->field, sizeof chat->field, "%.48s\r\n", id);
        snprintf(chat->id, sizeof chat->id, "%.32s", id + 16);
    }
    free(came);
    if (!ok)
        return false;
    text = http_post_text(chat->field, INITIALIZED);
    came = text ? http_exchange(text) : NULL;
    ok = came && http_status(came) == 202;
    free(text);
    free(came);
    return ok;
}

/* ---- what they get ---- */

const char *http_come(struct fake_client *client)
{
    (void)http_settle();
    return fake_take(client, NULL);
}

int http_status(const char *text)
{
    static const char begin[] = "HTTP/1.1 ";
    const size_t len = sizeof begin - 1;

    if (strncmp(text, begin, len) != 0 || strlen(text) < len + 3)
        return -1;
    return (text[len] - '0') * 100 + (text[len + 1] - '0') * 10 + text[len + 2] - '0';
}

const char *http_body(const char *text)
{
    const char *empty = strstr(text, "\r\n\r\n");

    return empty ? empty + 4 : "";
}
