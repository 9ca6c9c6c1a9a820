/* SPDX-License-Identifier: MIT */
/* Connections in memory; see http_fake.h. */
#include "config.h"

#include "http_fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "transport/address.h"
#include "transport/net.h"
#include "util/assert.h"
#include "util/clock.h"
#include "util/list.h"
#include "util/mem.h"

enum { PORT = 8080, CLIENT_PORT = 40000 };

struct bytes {
    char *data; /* with a NUL behind it */
    size_t len, cap;
};

struct fake_client {
    struct mcps__list link;      /* of those that wait to be accepted */
    struct mcps__sock *sock;     /* NULL: not accepted yet, or closed */
    struct sockaddr_in6 address; /* of IPv4, too: of a socket for both */
    struct bytes sent;           /* and not received */
    struct bytes come;           /* of the server */
    size_t taken;                /* of that, by the test */
    size_t piece, window;
    bool shut, reset;
    bool ended, closed;
};

struct mcps__net {
    struct mcps__net_options options;
    struct mcps__list socks, backlog;
    bool listens, accepting, broken;
    int64_t deadline;
};

struct mcps__sock {
    struct mcps__list link;
    struct mcps__net *net;
    struct fake_client *client; /* NULL: it has left for good */
    void *conn;
    struct bytes inside; /* written, for want of room */
    bool paused, to_shut, told;
    bool closing; /* nothing but closed() is called any more */
    bool ending;  /* that is being called */
};

static struct mcps__net *the_net;

/* ---- bytes ---- */

static void append(struct bytes *bytes, const void *data, size_t len)
{
    if (bytes->len + len + 1 > bytes->cap) {
        bytes->cap = 2 * (bytes->len + len + 1);
        bytes->data = realloc(bytes->data, bytes->cap);
        mcps__assert(bytes->data);
    }
    if (len > 0)
        memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
    bytes->data[bytes->len] = '\0';
}

static void drop(struct bytes *bytes, size_t len)
{
    if (len > 0)
        memmove(bytes->data, bytes->data + len, bytes->len - len);
    bytes->len -= len;
}

/* ---- clients ---- */

struct fake_client *fake_connect(const char *from)
{
    struct fake_client *client = the_net ? calloc(1, sizeof *client) : NULL;
    struct mcps__address address;
    static unsigned n;

    if (!client)
        return NULL;
    if (!from)
        from = "127.0.0.1";
    mcps__assert(
        mcps__address_parse((struct mcps__slice){ from, strlen(from) }, &address) == 0);
    client->address.sin6_family = AF_INET6;
    client->address.sin6_port = htons((uint16_t)(CLIENT_PORT + n++ % 1000));
    memcpy(&client->address.sin6_addr, address.bytes, sizeof address.bytes);
    client->piece = MCPS__NET_READ_BYTES;
    client->window = SIZE_MAX;
    append(&client->come, "", 0);
    mcps__list_push_back(&the_net->backlog, &client->link);
    return client;
}

struct fake_client *fake_free(struct fake_client *client)
{
    if (!client)
        return NULL;
    mcps__list_remove(&client->link);
    if (client->sock)
        client->sock->client = NULL;
    free(client->sent.data);
    free(client->come.data);
    free(client);
    return NULL;
}

void fake_send(struct fake_client *client, const void *data, size_t len)
{
    mcps__assert(!client->shut);
    if (!client->reset && !client->closed)
        append(&client->sent, data, len);
}

void fake_pieces(struct fake_client *client, size_t size)
{
    mcps__assert(size > 0);
    client->piece = size;
}

void fake_shut(struct fake_client *client)
{
    client->shut = true;
}

void fake_reset(struct fake_client *client)
{
    client->reset = true;
    client->sent.len = 0;
}

void fake_window(struct fake_client *client, size_t size)
{
    client->window = size;
}

const char *fake_take(struct fake_client *client, size_t *ret_len)
{
    const char *data = client->come.data + client->taken;

    if (ret_len)
        *ret_len = client->come.len - client->taken;
    client->taken = client->come.len;
    return data;
}

bool fake_has_more(const struct fake_client *client)
{
    return client->taken < client->come.len;
}

const char *fake_all(const struct fake_client *client, size_t *ret_len)
{
    *ret_len = client->come.len;
    return client->come.data;
}

bool fake_has_ended(const struct fake_client *client)
{
    return client->ended;
}

bool fake_is_closed(const struct fake_client *client)
{
    return client->closed;
}

bool fake_has_unread(const struct fake_client *client)
{
    return client->sent.len > 0;
}

bool fake_is_waiting(const struct fake_client *client)
{
    return client->sock && client->sock->inside.len > 0;
}

size_t fake_n_socks(void)
{
    size_t n = 0;

    if (!the_net)
        return 0;
    MCPS__LIST_FOREACH (node, &the_net->socks)
        n++;
    return n;
}

size_t fake_n_backlog(void)
{
    size_t n = 0;

    if (!the_net)
        return 0;
    MCPS__LIST_FOREACH (node, &the_net->backlog)
        n++;
    return n;
}

bool fake_listens(void)
{
    return the_net && the_net->listens;
}

/* ---- connections ---- */

static struct mcps__sock *sock_of(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct mcps__sock, link);
}

static bool is_waiting(const struct mcps__sock *sock)
{
    return sock->inside.len > 0;
}

static bool is_held(const struct mcps__sock *sock)
{
    return sock->paused || is_waiting(sock);
}

static bool is_gone(const struct mcps__sock *sock)
{
    return !sock->client || sock->client->reset;
}

/* As much as there is room for on the way to the client. */
static size_t deliver(struct mcps__sock *sock, const char *data, size_t len)
{
    struct fake_client *client = sock->client;
    size_t n = client && client->window < len ? client->window : len;

    if (!client)
        return len;
    mcps__assert(!client->ended);
    append(&client->come, data, n);
    if (client->window != SIZE_MAX)
        client->window -= n;
    return n;
}

static void shut_now(struct mcps__sock *sock)
{
    if (sock->client)
        sock->client->ended = true;
}

int mcps__sock_write(struct mcps__sock *sock, char *data, size_t len)
{
    size_t n;

    mcps__assert(len <= MCPS__NET_READ_BYTES && !is_waiting(sock) && !sock->ending);
    if (sock->closing || sock->to_shut)
        return -EPIPE;
    if (len == 0)
        return 0;
    memset(data - MCPS__NET_HEADROOM, 0xee, MCPS__NET_HEADROOM);
    if (is_gone(sock)) {
        mcps__sock_close(sock);
        return -EPIPE;
    }
    n = deliver(sock, data, len);
    if (n == len)
        return 0;
    append(&sock->inside, data + n, len - n);
    return 1;
}

void mcps__sock_pause(struct mcps__sock *sock, bool pause)
{
    mcps__assert(!sock->ending);
    if (!sock->closing)
        sock->paused = pause;
}

/* Bytes that came, whether the test has looked at them or not. */
uint64_t mcps__sock_acked(const struct mcps__sock *sock)
{
    return sock->client ? sock->client->come.len : 0;
}

/* Whatever is written last leaves at once here. */
void mcps__sock_cork(struct mcps__sock *sock)
{
    mcps__assert(!sock->to_shut);
}

void mcps__sock_shutdown(struct mcps__sock *sock)
{
    mcps__assert(!sock->ending);
    if (sock->closing || sock->to_shut)
        return;
    sock->to_shut = true;
    if (!is_waiting(sock))
        shut_now(sock);
}

void mcps__sock_close(struct mcps__sock *sock)
{
    sock->closing = true;
}

void mcps__sock_say_last(struct mcps__sock *sock, const char *data, size_t len)
{
    mcps__assert(sock->ending);
    if (!is_waiting(sock) && !sock->to_shut && !is_gone(sock))
        deliver(sock, data, len);
}

const struct sockaddr *mcps__sock_peer(const struct mcps__sock *sock, socklen_t *ret_len)
{
    static struct sockaddr_in6 address;

    if (sock->client)
        address = sock->client->address;
    *ret_len = sizeof address;
    return (const struct sockaddr *)(const void *)&address;
}

bool mcps__sock_is_loopback(const struct mcps__sock *sock)
{
    (void)sock;
    return true;
}

/* closed() is the last call, and the client sees the end after it. */
static void end(struct mcps__sock *sock)
{
    sock->closing = sock->ending = true;
    sock->net->options.ops->closed(sock->conn);
    if (sock->client) {
        sock->client->sock = NULL;
        sock->client->ended = sock->client->closed = true;
        sock->client->sent.len = 0;
    }
    mcps__list_remove(&sock->link);
    free(sock->inside.data);
    mcps__free(sock);
}

/* As accept() without memory: the client is there, and nobody is for it. */
static void open_one(struct mcps__net *net, struct fake_client *client)
{
    struct mcps__sock *sock = mcps__calloc(1, sizeof *sock);

    if (!sock) {
        client->ended = client->closed = true;
        return;
    }
    sock->net = net;
    sock->client = client;
    client->sock = sock;
    mcps__list_push_back(&net->socks, &sock->link);
    sock->conn = net->options.ops->opened(net->options.userdata, sock);
    if (sock->conn)
        return;
    client->sock = NULL;
    client->ended = client->closed = true;
    mcps__list_remove(&sock->link);
    mcps__free(sock);
}

/* ---- turns ---- */

/* What is due before the wait. */
static bool settle(struct mcps__net *net)
{
    bool did = false;

    MCPS__LIST_FOREACH_SAFE (node, &net->socks) {
        struct mcps__sock *sock = sock_of(node);

        if (sock->closing || (is_held(sock) && is_gone(sock))) {
            end(sock);
            did = true;
        } else if (is_held(sock) && sock->client->shut && !sock->told) {
            sock->told = true;
            net->options.ops->hung_up(sock->conn);
            did = true;
        }
    }
    return did;
}

static bool accept_all(struct mcps__net *net)
{
    struct mcps__list *node;
    bool did = false;

    while (net->listens && net->accepting && !mcps__list_is_empty(&net->backlog)) {
        node = mcps__list_first(&net->backlog);
        mcps__list_remove(node);
        open_one(net, MCPS__CONTAINER_OF(node, struct fake_client, link));
        did = true;
    }
    return did;
}

/* What waits inside goes out, if there is room. */
static bool go_on_writing(struct mcps__sock *sock)
{
    size_t n = deliver(sock, sock->inside.data, sock->inside.len);

    if (n == 0)
        return false;
    drop(&sock->inside, n);
    if (is_waiting(sock))
        return true;
    if (sock->to_shut)
        shut_now(sock);
    sock->net->options.ops->drained(sock->conn);
    return true;
}

/* From a copy, so that a step beyond its end is seen. */
static void receive(struct mcps__sock *sock)
{
    struct fake_client *client = sock->client;
    size_t len = client->sent.len < client->piece ? client->sent.len : client->piece;
    char *copy;

    len = len < MCPS__NET_READ_BYTES ? len : MCPS__NET_READ_BYTES;
    copy = malloc(len);
    mcps__assert(copy);
    memcpy(copy, client->sent.data, len);
    drop(&client->sent, len);
    sock->net->options.ops->received(sock->conn, copy, len);
    free(copy);
}

/* One thing with one connection. */
static bool serve(struct mcps__sock *sock)
{
    if (sock->closing)
        return false;
    if (is_gone(sock)) {
        end(sock);
        return true;
    }
    if (is_waiting(sock))
        return go_on_writing(sock);
    if (sock->paused)
        return false;
    if (sock->client->sent.len > 0) {
        receive(sock);
        return true;
    }
    if (!sock->client->shut)
        return false;
    end(sock);
    return true;
}

static bool is_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 0) == 1;
}

static bool has_due(const struct mcps__net *net)
{
    MCPS__LIST_FOREACH (node, &net->socks) {
        if (sock_of(node)->closing)
            return true;
    }
    return false;
}

bool mcps__net_turn(struct mcps__net *net)
{
    bool found = false;

    do {
        found = settle(net) || found;
        net->deadline = net->options.ops->before_wait(net->options.userdata);
    } while (has_due(net));
    if (net->broken)
        return false;
    if (is_readable(net->options.wake_fd) || net->deadline <= mcps__clock_now()) {
        net->options.ops->woken(net->options.userdata);
        found = true;
    }
    found = accept_all(net) || found;
    MCPS__LIST_FOREACH_SAFE (node, &net->socks)
        found = serve(sock_of(node)) || found;
    return found;
}

/* For what is driven there is no need of it. */
void mcps__net_run(struct mcps__net *net)
{
    struct pollfd p = { .fd = net->options.wake_fd, .events = POLLIN };

    net->broken = false;
    while (!net->broken) {
        if (!mcps__net_turn(net))
            (void)poll(&p, 1, 1);
    }
}

void mcps__net_break(struct mcps__net *net)
{
    net->broken = true;
}

int mcps__net_fd(const struct mcps__net *net)
{
    return net->options.wake_fd;
}

/* ---- the net ---- */

int mcps__net_new(struct mcps__net **ret, const struct mcps__net_options *options)
{
    struct mcps__net *net = mcps__calloc(1, sizeof *net);

    mcps__assert(!the_net);
    if (!net)
        return -ENOMEM;
    net->options = *options;
    net->accepting = true;
    mcps__list_init(&net->socks);
    mcps__list_init(&net->backlog);
    *ret = the_net = net;
    return 0;
}

void mcps__net_free(struct mcps__net *net)
{
    struct mcps__list *node;

    if (!net)
        return;
    for (node = mcps__list_first(&net->socks); node; node = mcps__list_first(&net->socks))
        end(sock_of(node));
    for (node = mcps__list_first(&net->backlog); node;
         node = mcps__list_first(&net->backlog)) {
        struct fake_client *client = MCPS__CONTAINER_OF(node, struct fake_client, link);

        mcps__list_remove(node);
        client->ended = client->closed = true;
    }
    mcps__free(net);
    the_net = NULL;
}

int mcps__net_listen(struct mcps__net *net, const char *host, const char *port)
{
    (void)host;
    (void)port;
    net->listens = true;
    return 0;
}

void mcps__net_stop_listening(struct mcps__net *net)
{
    net->listens = false;
}

void mcps__net_accept(struct mcps__net *net, bool accept)
{
    net->accepting = accept;
}

size_t mcps__net_n_listeners(const struct mcps__net *net)
{
    (void)net;
    return 1;
}

const char *mcps__net_listener_name(const struct mcps__net *net, size_t i)
{
    (void)net;
    (void)i;
    return "127.0.0.1:8080";
}

int mcps__net_listener_port(const struct mcps__net *net, size_t i)
{
    (void)net;
    (void)i;
    return PORT;
}

bool mcps__net_is_public(const struct mcps__net *net)
{
    (void)net;
    return false;
}
