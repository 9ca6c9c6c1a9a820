/* SPDX-License-Identifier: MIT */
/*
 * Connections on libwebsockets in its raw role; see net.h. This is the only file that knows
 * it. It has no listener, no timer for a connection and no HTTP from us: it is asked to read,
 * to write, and to keep what does not fit.
 *
 * When it finds that a connection is at its end, or is told to close it, it frees it at once.
 * So it is told only in mcps__socks_settle(), where nobody holds on to one.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libwebsockets.h>
#include <linux/tcp.h> /* that of the C library knows less */
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "transport/net_own.h"
#include "util/assert.h"
#include "util/mem.h"

_Static_assert(LWS_PRE <= MCPS__NET_HEADROOM, "libwebsockets wants more room in front");

enum {
    /* How large libwebsockets makes its tables: for all descriptors that there may be, but
     * for few if that are more than it believes. */
    MOST_FDS = 10000000,
    FEW_FDS = 2560,
    OWN_FDS = 16
};

static const char name[] = "mcps";

/* ---- its log ---- */

/* The thread of a net, while that runs. */
static _Thread_local struct mcps__log *said_to;

struct mcps__log *mcps__lws_set_log(struct mcps__log *log)
{
    struct mcps__log *before = said_to;

    said_to = log;
    return before;
}

static void say(int level, const char *line)
{
    size_t len = strlen(line);

    if (!said_to) {
        lwsl_emit_stderr(level, line);
        return;
    }
    while (len > 0 && line[len - 1] == '\n')
        len--;
    mcps__log(said_to, level == LLL_ERR ? MCPS_LOG_ERROR : MCPS_LOG_WARNING,
              "libwebsockets: %.*s", (int)len, line);
}

static void set_log_once(void)
{
    lws_set_log_level(LLL_ERR | LLL_WARN, say);
}

/* ---- what is due ---- */

static void make_due(struct mcps__sock *sock)
{
    if (mcps__list_is_empty(&sock->due))
        mcps__list_push_back(&sock->net->due, &sock->due);
}

void mcps__sock_close(struct mcps__sock *sock)
{
    if (sock->closing)
        return;
    sock->closing = true;
    make_due(sock);
}

/* Frees the connection and its descriptor before it returns. */
static void kill_now(struct mcps__sock *sock)
{
    sock->closing = true;
    lws_set_timeout(sock->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

static void settle(struct mcps__sock *sock)
{
    if (sock->closing || (sock->held && sock->peer_is_gone)) {
        kill_now(sock);
    } else if (sock->held && sock->peer_is_shut && !sock->told) {
        sock->told = true;
        sock->net->options.ops->hung_up(sock->conn);
    }
}

void mcps__socks_settle(struct mcps__net *net)
{
    struct mcps__list *node = mcps__list_first(&net->due);

    for (; node; node = mcps__list_first(&net->due)) {
        mcps__list_remove(node);
        settle(MCPS__CONTAINER_OF(node, struct mcps__sock, due));
    }
}

/* ---- reading ---- */

/* While output waits libwebsockets does not read, and would be told again and again that it
 * could: so it must not ask. */
static void set_flow(struct mcps__sock *sock)
{
    bool held = sock->paused || sock->waiting;

    if (held != sock->held) {
        sock->held = held;
        lws_rx_flow_control(sock->wsi, !held);
    }
    if (held && (sock->peer_is_gone || (sock->peer_is_shut && !sock->told)))
        make_due(sock);
}

void mcps__sock_pause(struct mcps__sock *sock, bool pause)
{
    if (sock->closing)
        return;
    sock->paused = pause;
    set_flow(sock);
}

/* Edges, so each is seen once, whether it matters now or later. Who is read is not told here:
 * what it sent before its end comes first. */
void mcps__socks_hang_up(struct mcps__net *net)
{
    struct epoll_event events[64];
    struct mcps__sock *sock;
    int n = epoll_wait(net->hup_fd, events, sizeof events / sizeof events[0], 0);

    for (int i = 0; i < n; i++) {
        sock = events[i].data.ptr;
        sock->peer_is_shut = true;
        if (events[i].events & (EPOLLERR | EPOLLHUP))
            sock->peer_is_gone = true;
        if (sock->held)
            make_due(sock);
    }
}

/* ---- writing ---- */

static void shut_now(struct mcps__sock *sock)
{
    sock->is_shut = true;
    shutdown(lws_get_socket_fd(sock->wsi), SHUT_WR);
}

int mcps__sock_write(struct mcps__sock *sock, char *data, size_t len)
{
    mcps__assert(len <= MCPS__NET_READ_BYTES && !sock->waiting);
    if (sock->closing || sock->to_shut)
        return -EPIPE;
    if (len == 0)
        return 0;
    if (lws_write(sock->wsi, (unsigned char *)data, len, LWS_WRITE_RAW) < 0) {
        sock->broken = true;
        mcps__sock_close(sock);
        return -EPIPE;
    }
    if (!lws_partial_buffered(sock->wsi))
        return 0;
    sock->waiting = true;
    set_flow(sock);
    return 1;
}

uint64_t mcps__sock_acked(const struct mcps__sock *sock)
{
    struct tcp_info info = { .tcpi_bytes_acked = 0 };
    socklen_t len = sizeof info;

    if (sock->closing ||
        getsockopt(lws_get_socket_fd(sock->wsi), IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
        return 0;
    return info.tcpi_bytes_acked;
}

void mcps__sock_cork(struct mcps__sock *sock)
{
    int one = 1;

    if (!sock->closing)
        (void)setsockopt(lws_get_socket_fd(sock->wsi), IPPROTO_TCP, TCP_CORK, &one,
                         sizeof one);
}

void mcps__sock_shutdown(struct mcps__sock *sock)
{
    if (sock->closing || sock->to_shut)
        return;
    sock->to_shut = true;
    if (!sock->waiting)
        shut_now(sock);
}

void mcps__sock_say_last(struct mcps__sock *sock, const char *data, size_t len)
{
    mcps__assert(sock->ending);
    if (sock->broken || sock->waiting || sock->is_shut || sock->peer_is_gone)
        return;
    (void)!send(lws_get_socket_fd(sock->wsi), data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* ---- what libwebsockets says ---- */

static void receive(struct mcps__sock *sock, const char *data, size_t len)
{
    if (!sock->closing)
        sock->net->options.ops->received(sock->conn, data, len);
}

static void go_on_writing(struct mcps__sock *sock)
{
    if (sock->closing || !sock->waiting || lws_partial_buffered(sock->wsi))
        return;
    sock->waiting = false;
    set_flow(sock);
    if (sock->to_shut)
        shut_now(sock);
    sock->net->options.ops->drained(sock->conn);
}

/* The descriptor is still open. */
static void end(struct mcps__sock *sock)
{
    struct mcps__net *net = sock->net;

    sock->closing = sock->ending = true;
    if (sock->conn)
        net->options.ops->closed(sock->conn);
    (void)epoll_ctl(net->hup_fd, EPOLL_CTL_DEL, lws_get_socket_fd(sock->wsi), NULL);
    mcps__list_remove(&sock->due);
    mcps__list_remove(&sock->link);
    lws_set_wsi_user(sock->wsi, NULL);
    mcps__free(sock);
    net->freed = true;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user,
                    void *data, size_t len)
{
    (void)wsi;
    if (reason == LWS_CALLBACK_RAW_RX && user)
        receive(user, data, len);
    else if (reason == LWS_CALLBACK_RAW_WRITEABLE && user)
        go_on_writing(user);
    else if (reason == LWS_CALLBACK_RAW_CLOSE && user)
        end(user);
    return 0;
}

/* ---- connections ---- */

static void set_options(const struct mcps__net *net, int fd)
{
    unsigned timeout = net->options.unacked_ms < UINT32_MAX
                           ? (unsigned)net->options.unacked_ms
                           : UINT32_MAX;
    int one = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (net->options.unacked_ms > 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
}

/* Closes the descriptor if it fails: for one beyond its tables, libwebsockets would say so, and
 * then write there. Until the connection has its user, nothing is called. */
static int adopt(struct mcps__sock *sock, int fd)
{
    struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET,
                                 .data = { .ptr = sock } };
    lws_sock_file_fd_type socket = { .sockfd = fd };

    if (fd >= sock->net->fd_limit) {
        close(fd);
        return -EMFILE;
    }
    sock->wsi = lws_adopt_descriptor_vhost(sock->net->vhost, LWS_ADOPT_SOCKET, socket,
                                           name, NULL);
    if (!sock->wsi)
        return -ENFILE;
    lws_set_timeout(sock->wsi, NO_PENDING_TIMEOUT, 0);
    if (epoll_ctl(sock->net->hup_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        kill_now(sock);
        return -ENFILE;
    }
    lws_set_wsi_user(sock->wsi, sock);
    return 0;
}

int mcps__sock_open(struct mcps__net *net, int fd, const union mcps__address *peer,
                    bool is_loopback)
{
    struct mcps__sock *sock = mcps__calloc(1, sizeof *sock);
    int r;

    if (!sock) {
        close(fd);
        return -ENOMEM;
    }
    sock->net = net;
    sock->peer = *peer;
    sock->is_loopback = is_loopback;
    mcps__list_init(&sock->due);
    set_options(net, fd);
    r = adopt(sock, fd);
    if (r < 0) {
        mcps__free(sock);
        return r;
    }
    mcps__list_push_back(&net->socks, &sock->link);
    sock->conn = net->options.ops->opened(net->options.userdata, sock);
    if (!sock->conn)
        mcps__sock_close(sock);
    return 0;
}

const struct sockaddr *mcps__sock_peer(const struct mcps__sock *sock, socklen_t *ret_len)
{
    *ret_len = mcps__address_len(&sock->peer);
    return &sock->peer.any;
}

bool mcps__sock_is_loopback(const struct mcps__sock *sock)
{
    return sock->is_loopback;
}

/* ---- the whole ---- */

static struct lws_context *make_context(struct ev_loop *loop)
{
    static const struct lws_protocols protocols[] = {
        { .name = name, .callback = on_event }, { .name = NULL }
    };
    void *loops[1] = { loop };
    struct lws_context_creation_info info;

    memset(&info, 0, sizeof info);
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.vhost_name = name;
    info.pt_serv_buf_size = MCPS__NET_READ_BYTES;
    if (loop) {
        info.options = LWS_SERVER_OPTION_LIBEV;
        info.foreign_loops = loops;
    }
    return lws_create_context(&info);
}

/* It does not say why it failed. If it works without libev, it was the plugin. */
static int explain(const struct mcps__net *net)
{
    struct lws_context *context = make_context(NULL);

    if (!context) {
        mcps__log(net->options.log, MCPS_LOG_ERROR, "libwebsockets cannot start");
        return -ENOMEM;
    }
    lws_context_destroy(context);
    mcps__log(net->options.log, MCPS_LOG_ERROR,
              "libwebsockets has no libev: its plugin is in the package "
              "libwebsockets-evlib-ev");
    return -ENOSYS;
}

/* Its own descriptors must have a place in its tables, too. */
static int check_limit(struct mcps__net *net)
{
    int next = fcntl(net->options.wake_fd, F_DUPFD_CLOEXEC, 0);

    if (next >= 0)
        close(next);
    if (next >= 0 && next < net->fd_limit - OWN_FDS)
        return 0;
    mcps__log(net->options.log, MCPS_LOG_ERROR,
              "libwebsockets cannot start: of %d descriptors too few are left",
              net->fd_limit);
    return -EMFILE;
}

int mcps__lws_open(struct mcps__net *net)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    long limit = sysconf(_SC_OPEN_MAX);
    int r;

    pthread_once(&once, set_log_once);
    net->fd_limit = limit > 0 && limit <= MOST_FDS ? (int)limit : FEW_FDS;
    r = check_limit(net);
    if (r < 0)
        return r;
    net->context = make_context(net->loop);
    if (!net->context)
        return explain(net);
    net->vhost = lws_get_vhost_by_name(net->context, name);
    return net->vhost ? 0 : -ENOMEM;
}

void mcps__lws_close(struct mcps__net *net)
{
    struct mcps__list *node = mcps__list_first(&net->socks);

    for (; node; node = mcps__list_first(&net->socks))
        kill_now(MCPS__CONTAINER_OF(node, struct mcps__sock, link));
    if (net->context)
        lws_context_destroy(net->context);
}
