/* SPDX-License-Identifier: MIT */
/* The tests' HTTP client: its socket, what it sends, and what it waits for; see web.h. */
#include "config.h"

#include "web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static atomic_bool hushed;

void web_hush(bool hush)
{
    atomic_store(&hushed, hush);
}

static void note(const char *format, ...) MCPS_PRINTF(1, 2);

static void note(const char *format, ...)
{
    char text[1000];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!atomic_load(&hushed))
        unit_note("%s", text);
}

/* ---- life ---- */

void web_adopt(struct web *web, int fd)
{
    memset(web, 0, sizeof *web);
    mcps__buf_init(&web->in, SIZE_MAX);
    web->fd = fd + 1;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static bool address_of(struct sockaddr_in *ret, const char *host, int port)
{
    memset(ret, 0, sizeof *ret);
    ret->sin_family = AF_INET;
    ret->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &ret->sin_addr) == 1;
}

bool web_open(struct web *web, const char *host, int port, const char *from, int rcvbuf)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in to, own;

    memset(web, 0, sizeof *web);
    if (rcvbuf > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
    if (from && (!address_of(&own, from, 0) ||
                 bind(fd, (const struct sockaddr *)&own, sizeof own) < 0)) {
        note("no socket on %s: %s", from, strerror(errno));
        close(fd);
        return false;
    }
    if (!address_of(&to, host, port) ||
        connect(fd, (const struct sockaddr *)&to, sizeof to) < 0) {
        note("no connection to %s:%d: %s", host, port, strerror(errno));
        close(fd);
        return false;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    web_adopt(web, fd);
    return true;
}

void web_leave(struct web *web)
{
    if (web->fd > 0)
        close(web->fd - 1);
    web->fd = 0;
}

void web_reset(struct web *web)
{
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    if (web->fd > 0)
        setsockopt(web->fd - 1, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    web_leave(web);
}

void web_shut(struct web *web)
{
    if (web->fd > 0)
        shutdown(web->fd - 1, SHUT_WR);
}

static void free_answer(struct web_answer *answer)
{
    for (size_t i = 0; i < answer->n_events; i++) {
        free(answer->events[i].id);
        free(answer->events[i].name);
        free(answer->events[i].data);
        json_object_put(answer->events[i].json);
    }
    free(answer->events);
    free(answer->head);
    json_object_put(answer->json);
    mcps__buf_fini(&answer->body);
    free(answer);
}

void web_close(struct web *web)
{
    web_leave(web);
    for (size_t i = 0; i < web->n_answers; i++)
        free_answer(web->answers[i]);
    free(web->answers);
    mcps__buf_fini(&web->in);
    memset(web, 0, sizeof *web);
}

/* ---- sending ---- */

/* Waits until there is something to do for the socket. */
static void wait_to_send(struct web *web)
{
    struct pollfd p = { .fd = web->fd - 1, .events = POLLOUT };

    if (!web->deaf && !web->ended)
        p.events |= POLLIN;
    poll(&p, 1, 100);
    if (p.revents & POLLIN)
        web_pump(web, 0);
}

bool web_send_bytes(struct web *web, const void *data, size_t len)
{
    int64_t end = now_ms() + WATCHDOG_MS;
    const char *at = data;

    while (len > 0 && web->fd > 0 && now_ms() < end) {
        ssize_t n = send(web->fd - 1, at, len, MSG_NOSIGNAL);

        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (n < 0)
            wait_to_send(web);
        else {
            at += n;
            len -= (size_t)n;
        }
    }
    return len == 0;
}

bool web_send(struct web *web, const char *text)
{
    return web_send_bytes(web, text, strlen(text));
}

bool web_send_pieces(struct web *web, const void *data, size_t len, size_t piece)
{
    const char *at = data;

    for (; len > piece; at += piece, len -= piece) {
        if (!web_send_bytes(web, at, piece))
            return false;
    }
    return web_send_bytes(web, at, len);
}

void web_owe(struct web *web, unsigned n)
{
    web->owed += n;
}

bool web_say(struct web *web, const char *text)
{
    web_owe(web, 1);
    return web_send(web, text);
}

static bool add_field(struct mcps__buf *buf, const char *name, const char *value)
{
    return !value || !*value ||
           (mcps__buf_append_str(buf, name) >= 0 &&
            mcps__buf_append_str(buf, ": ") >= 0 &&
            mcps__buf_append_str(buf, value) >= 0 &&
            mcps__buf_append_str(buf, "\r\n") >= 0);
}

static bool add_body(struct mcps__buf *buf, const struct web_request *request)
{
    size_t left = request->body ? strlen(request->body) : 0;
    const char *at = request->body;
    char size[32];

    if (!request->chunked) {
        snprintf(size, sizeof size, "%zu", left);
        return (!at || add_field(buf, "Content-Length", size)) &&
               mcps__buf_append_str(buf, "\r\n") >= 0 &&
               mcps__buf_append(buf, at ? at : "", left) >= 0;
    }
    if (!add_field(buf, "Transfer-Encoding", "chunked") ||
        mcps__buf_append_str(buf, "\r\n") < 0)
        return false;
    for (size_t n; left > 0; at += n, left -= n) {
        n = left < 16 ? left : 16;
        snprintf(size, sizeof size, "%zx\r\n", n);
        if (mcps__buf_append_str(buf, size) < 0 || mcps__buf_append(buf, at, n) < 0 ||
            mcps__buf_append_str(buf, "\r\n") < 0)
            return false;
    }
    return mcps__buf_append_str(buf, "0\r\n\r\n") >= 0;
}

static const char *usual(const char *given, const char *otherwise)
{
    return given ? given : otherwise;
}

char *web_text(const struct web_request *request)
{
    struct mcps__buf buf;
    char *text;
    bool ok;

    mcps__buf_init(&buf, SIZE_MAX);
    ok = mcps__buf_append_str(&buf, usual(request->method, "POST")) >= 0 &&
         mcps__buf_append_byte(&buf, ' ') >= 0 &&
         mcps__buf_append_str(&buf, usual(request->target, "/mcp")) >= 0 &&
         mcps__buf_append_str(&buf, " HTTP/1.1\r\n") >= 0 &&
         add_field(&buf, "Host", usual(request->host, "localhost")) &&
         add_field(&buf, "Accept",
                   usual(request->accept, "application/json, text/event-stream")) &&
         add_field(&buf, "Content-Type",
                   usual(request->type, request->body ? "application/json" : "")) &&
         add_field(&buf, "Mcp-Session-Id", request->session) &&
         add_field(&buf, "MCP-Protocol-Version", request->version) &&
         (!request->fields || mcps__buf_append_str(&buf, request->fields) >= 0) &&
         add_body(&buf, request) && mcps__buf_append_byte(&buf, '\0') >= 0;
    text = ok ? strdup(buf.data) : NULL;
    mcps__buf_fini(&buf);
    return text;
}

bool web_ask(struct web *web, const struct web_request *request)
{
    char *text = web_text(request);
    bool ok = text && web->owed < WEB_HEADS_MAX;

    if (ok && request->method && strcmp(request->method, "HEAD") == 0)
        web->heads[web->owed] = true;
    ok = ok && web_say(web, text);
    free(text);
    return ok;
}

/* ---- receiving ---- */

bool web_pump(struct web *web, unsigned timeout_ms)
{
    struct pollfd p = { .fd = web->fd - 1, .events = POLLIN };
    ssize_t n;

    if (web->fd == 0 || web->ended || web->broken || web->fault ||
        poll(&p, 1, (int)timeout_ms) <= 0 || mcps__buf_reserve(&web->in, 65536) < 0)
        return false;
    n = recv(web->fd - 1, web->in.data + web->in.len, 65536, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    web->broken = n < 0;
    web->ended = n == 0;
    if (n > 0) {
        web->in.len += (size_t)n;
        web->received += (unsigned long long)n;
        web_read(web);
    } else {
        web_read_end(web);
    }
    return n > 0;
}

/* Receives until something is so. */
static bool await_web(struct web *web, bool (*is_so)(struct web *web, void *arg),
                      void *arg, const char *what)
{
    int64_t end = now_ms() + WATCHDOG_MS;

    while (!is_so(web, arg)) {
        if (web->fault || web->ended || web->broken || web->fd == 0 || now_ms() >= end) {
            note("no %s: %s %s", what,
                 web->fault    ? web->fault
                 : web->ended  ? "the server has closed the connection"
                 : web->broken ? "the connection was reset"
                 : !web->fd    ? "it is closed here"
                               : "it did not come",
                 web->fault ? web->where : "");
            return false;
        }
        web_pump(web, 100);
    }
    return true;
}

static bool has_answer(struct web *web, void *arg)
{
    (void)arg;
    return web->next < web->n_answers;
}

struct web_answer *web_begun(struct web *web)
{
    return await_web(web, has_answer, NULL, "answer") ? web->answers[web->next++] : NULL;
}

static bool is_complete(struct web *web, void *arg)
{
    const struct web_answer *answer = arg;

    (void)web;
    return answer->complete;
}

bool web_complete(struct web *web, struct web_answer *answer)
{
    return answer && await_web(web, is_complete, answer, "end of the answer");
}

struct web_answer *web_answer(struct web *web)
{
    struct web_answer *answer = web_begun(web);

    return web_complete(web, answer) ? answer : NULL;
}

int web_status(struct web *web)
{
    struct web_answer *answer = web_answer(web);

    return answer ? answer->status : -1;
}

static bool has_event(struct web *web, void *arg)
{
    const struct web_answer *answer = arg;

    (void)web;
    return answer->next < answer->n_events || answer->complete;
}

struct web_event *web_event(struct web *web, struct web_answer *answer)
{
    if (!answer || !await_web(web, has_event, answer, "event"))
        return NULL;
    if (answer->next == answer->n_events) {
        note("no event: the stream is over");
        return NULL;
    }
    return &answer->events[answer->next++];
}

struct web_event *web_message(struct web *web, struct web_answer *answer)
{
    struct web_event *event;

    do
        event = web_event(web, answer);
    while (event && !event->json);
    return event;
}

struct comments {
    const struct web_answer *answer;
    size_t n;
};

static bool has_comments(struct web *web, void *arg)
{
    const struct comments *comments = arg;

    (void)web;
    return comments->answer->n_comments >= comments->n;
}

bool web_comments(struct web *web, struct web_answer *answer, size_t n)
{
    struct comments comments = { answer, n };

    return answer && await_web(web, has_comments, &comments, "comment");
}

struct json_object *web_final(struct web *web, struct web_answer *answer)
{
    struct json_object *message;

    if (!web_complete(web, answer))
        return NULL;
    message = answer->json;
    if (answer->is_stream)
        message = answer->n_events > 0 ? answer->events[answer->n_events - 1].json : NULL;
    if (!web_is_response(message)) {
        note("there is no response in: %s%s", answer->head,
             answer->body.len > 0 ? answer->body.data : "");
        return NULL;
    }
    return message;
}

struct json_object *web_reply(struct web *web)
{
    return web_final(web, web_begun(web));
}

bool web_ends_silently(struct web *web, struct web_answer *answer)
{
    return web_complete(web, answer) && answer->is_stream && !answer->responded;
}

static bool is_gone(struct web *web, void *arg)
{
    (void)arg;
    return web->ended || web->broken;
}

bool web_gone(struct web *web, bool reset_is_fine)
{
    if (!await_web(web, is_gone, NULL, "end of the connection"))
        return false;
    if (web->next < web->n_answers || web->fault || (web->broken && !reset_is_fine)) {
        note("it did not just end: %s", web->fault    ? web->fault
                                        : web->broken ? "it was reset"
                                                      : "an answer came");
        return false;
    }
    return true;
}

bool web_is_quiet(struct web *web)
{
    unsigned long long received = web->received;

    web_pump(web, 0);
    if (web->received != received)
        note("something came: %s", web->in.len > 0 ? web->in.data : "an answer");
    return web->received == received && !web->fault;
}

bool web_ok(struct web *web)
{
    while (web_pump(web, 0))
        ;
    if (web->fault)
        note("%s: %s", web->fault, web->where);
    if (!web->fault && web->in.len > 0)
        note("half an answer: %.*s", (int)web->in.len, web->in.data);
    return !web->fault && web->in.len == 0;
}
