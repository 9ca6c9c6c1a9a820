/* SPDX-License-Identifier: MIT */
/* The clients of many idle streams; see http_idle.h. */
#include "config.h"

#include "http_idle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    OPENING_MAX = 128, /* at once */
    PER_ADDRESS = 50,  /* clients with the same address */
    DEAF = 10,         /* one in so many */
    EVENTS = 256,
    REQUEST_MAX = 1024
};

static const char initialize[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
    "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
    "\"clientInfo\":{\"name\":\"crowd\",\"version\":\"1\"}}}";
static const char initialized[] =
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";
static const char listen_[] =
    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"subscriptions/listen\",\"params\":{"
    "\"notifications\":{\"toolsListChanged\":true},\"_meta\":{"
    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
    "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";

static bool is_legacy(const struct crowd *crowd, const struct client *client)
{
    return (client - crowd->clients) % 2 == 0;
}

static bool is_often_deaf(const struct crowd *crowd, const struct client *client)
{
    return (client - crowd->clients) % DEAF == DEAF - 1;
}

static bool blame(struct crowd *crowd, const char *fault)
{
    if (!crowd->fault)
        crowd->fault = fault;
    return false;
}

/* ---- requests ---- */

static bool send_text(int fd, const char *text, size_t len)
{
    return send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* With lines of fields that end in line ends each. */
static bool post(const struct crowd *crowd, int fd, const char *fields, const char *body)
{
    char text[REQUEST_MAX];
    int len = snprintf(text, sizeof text,
                       "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                       "Content-Type: application/json\r\n"
                       "Accept: application/json, text/event-stream\r\n"
                       "Content-Length: %zu\r\n%s\r\n%s",
                       crowd->port, strlen(body), fields, body);

    return send_text(fd, text, (size_t)len);
}

static bool ask(const struct crowd *crowd, int fd, const char *method,
                const char *session)
{
    char text[REQUEST_MAX];
    int len = snprintf(text, sizeof text,
                       "%s /mcp HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                       "Accept: text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\n"
                       "Mcp-Session-Id: %s\r\n\r\n",
                       method, crowd->port, session);

    return send_text(fd, text, (size_t)len);
}

static bool post_initialized(const struct crowd *crowd, const struct client *client)
{
    char fields[SESSION_ID_MAX + 64];

    snprintf(fields, sizeof fields,
             "MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: %s\r\n",
             client->session);
    return post(crowd, client->fd, fields, initialized);
}

static bool ask_stream(const struct crowd *crowd, const struct client *client)
{
    if (is_legacy(crowd, client))
        return ask(crowd, client->fd, "GET", client->session);
    return post(
        crowd, client->fd,
        "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n",
        listen_);
}

/* ---- answers ---- */

static bool is_whole_answer(const char *input)
{
    const char *end = strstr(input, "\r\n\r\n"),
               *length = strstr(input, "Content-Length: ");

    return end && length && length < end &&
           strlen(end + 4) >= strtoul(length + strlen("Content-Length: "), NULL, 10);
}

static bool has_status(const char *input, const char *status)
{
    return strncmp(input, "HTTP/1.1 ", 9) == 0 && strncmp(input + 9, status, 3) == 0;
}

static bool read_session(struct client *client)
{
    const char *field = strstr(client->input, "Mcp-Session-Id: ");

    return field && sscanf(field, "Mcp-Session-Id: %63[0-9a-f]", client->session) == 1;
}

static void forget_input(struct client *client)
{
    client->len = 0;
    client->input[0] = '\0';
}

static bool advance(struct crowd *crowd, struct client *client, bool sent)
{
    forget_input(client);
    client->step++;
    return sent || blame(crowd, "a request could not be sent");
}

/* The stream has begun: of a session with its head, of a listen once that is acknowledged. */
static bool has_begun(const struct crowd *crowd, const struct client *client)
{
    return strstr(client->input, "text/event-stream") &&
           (is_legacy(crowd, client) ? strstr(client->input, "retry: ")
                                     : strstr(client->input, "/acknowledged\""));
}

static bool look_at(struct crowd *crowd, struct client *client)
{
    switch (client->step) {
    case CLIENT_INITIALIZING:
        if (!is_whole_answer(client->input))
            return true;
        if (!has_status(client->input, "200") || !read_session(client))
            return blame(crowd, "there is no session");
        return advance(crowd, client, post_initialized(crowd, client));
    case CLIENT_READY_SENT:
        if (!is_whole_answer(client->input))
            return true;
        if (!has_status(client->input, "202"))
            return blame(crowd, "initialized was refused");
        return advance(crowd, client, ask_stream(crowd, client));
    case CLIENT_STREAM_ASKED:
        if (is_whole_answer(client->input))
            return blame(crowd, "there is no stream");
        if (!has_begun(crowd, client))
            return true;
        crowd->n_opening--;
        crowd->n_streaming++;
        return advance(crowd, client, true);
    default: return true;
    }
}

static bool ended_well(const struct crowd *crowd, const struct client *client)
{
    static const char last[] = "0\r\n\r\n"; /* the chunk that is empty */
    size_t len = sizeof last - 1;

    return client->len >= len && strcmp(client->input + client->len - len, last) == 0 &&
           (is_legacy(crowd, client) || strstr(client->input, "\"result\":"));
}

static bool end(struct crowd *crowd, struct client *client)
{
    if (client->step != CLIENT_STREAMING)
        return blame(crowd, "a connection was closed early");
    close(client->fd);
    client->fd = -1;
    client->step = CLIENT_ENDED;
    crowd->n_ended++;
    return ended_well(crowd, client) || blame(crowd, "a stream broke off");
}

static bool receive(struct crowd *crowd, struct client *client)
{
    bool was_told = strstr(client->input, "/tools/list_changed\"") != NULL;
    ssize_t n = recv(client->fd, client->input + client->len,
                     sizeof client->input - 1 - client->len, MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || blame(crowd, "a connection was reset");
    if (n == 0)
        return end(crowd, client);
    client->len += (unsigned)n;
    client->input[client->len] = '\0';
    if (client->len == sizeof client->input - 1)
        return blame(crowd, "a client received more than was to come");
    if (!was_told && strstr(client->input, "/tools/list_changed\""))
        crowd->n_told++;
    return look_at(crowd, client);
}

/* Whatever comes, once. */
static bool take_turn(struct crowd *crowd)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(crowd->epoll, events, EVENTS, -1);

    for (int i = 0; i < n; i++) {
        if (!receive(crowd, events[i].data.ptr))
            return false;
    }
    return n >= 0 || errno == EINTR;
}

/* ---- connecting ---- */

static int connect_from(unsigned i, int port)
{
    struct sockaddr_in from = { .sin_family = AF_INET };
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + i / PER_ADDRESS);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool open_client(struct crowd *crowd, unsigned i)
{
    struct client *client = &crowd->clients[i];
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };

    client->fd = connect_from(i, crowd->port);
    if (client->fd < 0)
        return blame(crowd, "a client cannot connect");
    client->deaf = false;
    if (epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, client->fd, &event) < 0)
        return blame(crowd, "epoll_ctl");
    client->step = CLIENT_NEW;
    crowd->n_opening++;
    return advance(crowd, client, post(crowd, client->fd, "", initialize));
}

bool crowd_open(struct crowd *crowd)
{
    unsigned i = 0;

    crowd->n_opening = crowd->n_streaming = crowd->n_ended = 0;
    while (crowd->n_streaming < crowd->n) {
        while (i < crowd->n && crowd->n_opening < OPENING_MAX) {
            if (!open_client(crowd, i++))
                return false;
        }
        if (!take_turn(crowd))
            return false;
    }
    return true;
}

/* ---- life ---- */

bool crowd_make(struct crowd *crowd, unsigned n, int port)
{
    *crowd = (struct crowd){ .n = n, .port = port };
    crowd->clients = calloc(n, sizeof *crowd->clients);
    crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; crowd->clients && i < n; i++)
        crowd->clients[i].fd = -1;
    return crowd->clients && crowd->epoll >= 0;
}

void crowd_close(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->n; i++) {
        if (crowd->clients[i].fd >= 0)
            close(crowd->clients[i].fd);
        crowd->clients[i].fd = -1;
    }
}

void crowd_free(struct crowd *crowd)
{
    crowd_close(crowd);
    free(crowd->clients);
    close(crowd->epoll);
}

/* ---- what happens to all ---- */

bool crowd_deafen(struct crowd *crowd, bool deaf)
{
    for (unsigned i = 0; i < crowd->n; i++) {
        struct client *client = &crowd->clients[i];
        struct epoll_event event = { .events = deaf ? 0 : EPOLLIN, .data.ptr = client };

        if (!is_often_deaf(crowd, client))
            continue;
        client->deaf = deaf;
        if (epoll_ctl(crowd->epoll, EPOLL_CTL_MOD, client->fd, &event) < 0)
            return blame(crowd, "epoll_ctl");
    }
    return true;
}

void crowd_forget_input(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->n; i++)
        forget_input(&crowd->clients[i]);
    crowd->n_told = 0;
}

bool crowd_await_told(struct crowd *crowd)
{
    unsigned n = 0;

    for (unsigned i = 0; i < crowd->n; i++)
        n += !crowd->clients[i].deaf;
    while (crowd->n_told < n) {
        if (!take_turn(crowd))
            return false;
    }
    return true;
}

bool crowd_await_end(struct crowd *crowd)
{
    while (crowd->n_ended < crowd->n) {
        if (!take_turn(crowd))
            return false;
    }
    return true;
}

static bool await_status(int fd, const char *status)
{
    char input[REQUEST_MAX] = "";
    size_t len = 0;
    ssize_t n = 1;

    while (n > 0 && !strstr(input, "\r\n\r\n") && len < sizeof input - 1) {
        n = recv(fd, input + len, sizeof input - 1 - len, 0);
        len += n > 0 ? (size_t)n : 0;
        input[len] = '\0';
    }
    return has_status(input, status);
}

bool crowd_end_sessions(struct crowd *crowd)
{
    int fd = connect_from(0, crowd->port);
    bool ok = fd >= 0;

    for (unsigned i = 0; ok && i < crowd->n; i++)
        ok = ask(crowd, fd, "DELETE", crowd->clients[i].session) &&
             await_status(fd, "204");
    if (fd >= 0)
        close(fd);
    return ok || blame(crowd, "a session could not be ended");
}
