/* SPDX-License-Identifier: MIT */
/*
 * The loop and the listening sockets; see net.h. A turn of libev's loop is: what is prepared
 * (before_wait), the changes of descriptors taken over, the wait, what was found.
 */
#include "config.h"

#include "transport/net.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "transport/mirror.h"
#include "transport/net_own.h"
#include "util/assert.h"
#include "util/clock.h"
#include "util/mem.h"

enum { ACCEPTS_A_TURN = 64, REST_NS = 100 * 1000 * 1000 };

/* ---- accepting ---- */

static void watch_listeners(struct mcps__net *net)
{
    bool watch = net->accepting && !net->resting;

    MCPS__LIST_FOREACH (node, &net->listeners) {
        struct mcps__listener *l = MCPS__CONTAINER_OF(node, struct mcps__listener, link);

        if (l->at.fd >= 0 && watch)
            ev_io_start(net->loop, &l->io);
        else
            ev_io_stop(net->loop, &l->io);
    }
}

/* There is no descriptor or no memory, and the backlog would be found again and again. */
static void rest(struct mcps__net *net, int error)
{
    static const struct itimerspec later = { .it_value = { .tv_nsec = REST_NS } };

    if (!net->was_short)
        mcps__log(net->options.log, MCPS_LOG_WARNING,
                  "connections must wait, for none can be taken: %s",
                  mcps_strerror(error));
    net->was_short = true;
    net->resting = true;
    net->freed = false;
    (void)timerfd_settime(net->rest_fd, 0, &later, NULL);
    watch_listeners(net);
}

static void end_rest(struct mcps__net *net)
{
    if (!net->resting)
        return;
    net->resting = false;
    watch_listeners(net);
}

static void on_rest_over(struct ev_loop *loop, struct ev_io *io, int events)
{
    uint64_t times;

    (void)loop;
    (void)events;
    (void)!read(io->fd, &times, sizeof times);
    end_rest(io->data);
}

/* Of all addresses only the connection knows which it came to. */
static bool is_local(const struct mcps__listener *listener, int fd)
{
    union mcps__address own = { .any = { .sa_family = AF_UNSPEC } };
    socklen_t len = sizeof own;

    if (mcps__sockaddr_is_loopback(&listener->at.address))
        return true;
    return getsockname(fd, &own.any, &len) >= 0 && mcps__sockaddr_is_loopback(&own);
}

static int accept_one(struct mcps__listener *listener)
{
    union mcps__address peer;
    int fd = mcps__listening_accept(&listener->at, &peer);

    if (fd == -ECONNABORTED || fd == -EINTR)
        return 0;
    if (fd < 0)
        return fd;
    return mcps__sock_open(listener->net, fd, &peer, is_local(listener, fd));
}

static void on_connection(struct ev_loop *loop, struct ev_io *io, int events)
{
    struct mcps__listener *listener = io->data;
    int r = 0;

    (void)loop;
    (void)events;
    for (unsigned i = 0; r == 0 && i < ACCEPTS_A_TURN && ev_is_active(io); i++)
        r = accept_one(listener);
    if (r == -EAGAIN)
        listener->net->was_short = false;
    else if (r < 0)
        rest(listener->net, r);
}

void mcps__net_accept(struct mcps__net *net, bool accept)
{
    net->accepting = accept;
    watch_listeners(net);
}

/* ---- listening ---- */

static int add_listener(struct mcps__net *net, const struct mcps__listening *at)
{
    struct mcps__listener *listener = mcps__malloc(sizeof *listener);

    if (!listener)
        return -ENOMEM;
    listener->at = *at;
    listener->net = net;
    ev_io_init(&listener->io, on_connection, at->fd, EV_READ);
    listener->io.data = listener;
    mcps__list_push_back(&net->listeners, &listener->link);
    return 0;
}

static void close_listener(struct mcps__listener *listener)
{
    ev_io_stop(listener->net->loop, &listener->io);
    if (listener->at.fd >= 0)
        close(listener->at.fd);
    listener->at.fd = -1;
}

static void free_listener(struct mcps__listener *listener)
{
    close_listener(listener);
    mcps__list_remove(&listener->link);
    mcps__free(listener);
}

static struct mcps__listener *last_listener(struct mcps__net *net)
{
    return MCPS__CONTAINER_OF(net->listeners.prev, struct mcps__listener, link);
}

/* All of them, or none. */
static int add_listeners(struct mcps__net *net, struct mcps__listening *all, size_t n)
{
    size_t added = 0;

    while (added < n && add_listener(net, &all[added]) >= 0)
        added++;
    if (added == n)
        return 0;
    for (size_t i = added; i < n; i++)
        close(all[i].fd);
    for (; added > 0; added--)
        free_listener(last_listener(net));
    return -ENOMEM;
}

int mcps__net_listen(struct mcps__net *net, const char *host, const char *port)
{
    struct mcps__listening *all = NULL;
    size_t n = 0;
    int r = mcps__listening_open(net->options.log, host, port, &all, &n);

    if (r < 0)
        return r;
    r = add_listeners(net, all, n);
    mcps__free(all);
    watch_listeners(net);
    return r;
}

void mcps__net_stop_listening(struct mcps__net *net)
{
    MCPS__LIST_FOREACH (node, &net->listeners)
        close_listener(MCPS__CONTAINER_OF(node, struct mcps__listener, link));
}

size_t mcps__net_n_listeners(const struct mcps__net *net)
{
    size_t n = 0;

    MCPS__LIST_FOREACH (node, &net->listeners)
        n++;
    return n;
}

static const struct mcps__listening *listening_at(const struct mcps__net *net, size_t i)
{
    struct mcps__list *node = net->listeners.next;

    for (; i > 0 && node != &net->listeners; i--)
        node = node->next;
    mcps__assert(node != &net->listeners);
    return &MCPS__CONTAINER_OF(node, struct mcps__listener, link)->at;
}

const char *mcps__net_listener_name(const struct mcps__net *net, size_t i)
{
    return listening_at(net, i)->name;
}

int mcps__net_listener_port(const struct mcps__net *net, size_t i)
{
    return mcps__listening_port(listening_at(net, i));
}

bool mcps__net_is_public(const struct mcps__net *net)
{
    MCPS__LIST_FOREACH (node, &net->listeners) {
        if (!mcps__sockaddr_is_loopback(
                &MCPS__CONTAINER_OF(node, struct mcps__listener, link)->at.address))
            return true;
    }
    return false;
}

/* ---- turns ---- */

static double seconds_until(int64_t moment)
{
    struct timespec now = { 0 };
    int64_t ns;

    clock_gettime(CLOCK_MONOTONIC, &now);
    ns = moment - ((int64_t)now.tv_sec * MCPS__NS_PER_S + now.tv_nsec);
    return ns > 0 ? (double)ns / (double)MCPS__NS_PER_S : 0;
}

/* Mostly the moment is the one of the turn before, and the timer can stay as it is. */
static void set_timer(struct mcps__net *net, int64_t deadline)
{
    int64_t moment = deadline;

    if (deadline != MCPS__CLOCK_NEVER)
        moment = deadline <= mcps__clock_now() ? 0 : mcps__clock_sleep_until(deadline);
    if (moment == net->armed && ev_is_active(&net->timer))
        return;
    ev_timer_stop(net->loop, &net->timer);
    net->armed = moment;
    if (moment == MCPS__CLOCK_NEVER)
        return;
    ev_now_update(net->loop);
    ev_timer_set(&net->timer, seconds_until(moment), 0);
    ev_timer_start(net->loop, &net->timer);
}

static void on_prepare(struct ev_loop *loop, struct ev_prepare *watcher, int events)
{
    struct mcps__net *net = watcher->data;

    (void)loop;
    (void)events;
    do {
        mcps__socks_settle(net);
        if (net->freed)
            end_rest(net);
        net->freed = false;
        net->deadline = net->options.ops->before_wait(net->options.userdata);
    } while (!mcps__list_is_empty(&net->due));
    set_timer(net, net->deadline);
}

static void on_check(struct ev_loop *loop, struct ev_check *watcher, int events)
{
    struct mcps__net *net = watcher->data;

    (void)loop;
    (void)events;
    if (net->deadline != MCPS__CLOCK_NEVER && net->deadline <= mcps__clock_now())
        net->options.ops->woken(net->options.userdata);
}

static void on_time(struct ev_loop *loop, struct ev_timer *watcher, int events)
{
    (void)loop;
    (void)watcher;
    (void)events;
}

static void on_wake(struct ev_loop *loop, struct ev_io *io, int events)
{
    struct mcps__net *net = io->data;

    (void)loop;
    (void)events;
    net->options.ops->woken(net->options.userdata);
}

static void on_hang_up(struct ev_loop *loop, struct ev_io *io, int events)
{
    (void)loop;
    (void)events;
    mcps__socks_hang_up(io->data);
}

/* The watchers before and behind the wait are always there. */
static void on_pending(struct ev_loop *loop)
{
    struct mcps__net *net = ev_userdata(loop);

    if (ev_pending_count(loop) > 1)
        net->found = true;
    ev_invoke_pending(loop);
}

static void run(struct mcps__net *net, int flags)
{
    struct mcps__log *before = mcps__lws_set_log(net->options.log);

    ev_run(net->loop, flags);
    mcps__lws_set_log(before);
}

void mcps__net_run(struct mcps__net *net)
{
    run(net, 0);
}

void mcps__net_break(struct mcps__net *net)
{
    ev_break(net->loop, EVBREAK_ALL);
}

bool mcps__net_turn(struct mcps__net *net)
{
    net->found = false;
    run(net, EVRUN_NOWAIT);
    return net->found;
}

int mcps__net_fd(const struct mcps__net *net)
{
    return net->loop_fd;
}

/* ---- life ---- */

/* libev tells its descriptor only to another of its loops that is to embed this one. */
static int fd_of(struct ev_loop *loop)
{
    struct ev_loop *other = ev_loop_new(EVBACKEND_POLL | EVFLAG_NOENV);
    struct ev_embed embed;
    int fd = -ENOSYS;

    if (!other)
        return -ENOMEM;
    if (ev_backend(loop) & ev_embeddable_backends()) {
        ev_embed_init(&embed, NULL, loop);
        ev_embed_start(other, &embed);
        fd = embed.io.fd;
        ev_embed_stop(other, &embed);
    }
    ev_loop_destroy(other);
    return fd;
}

static void init_watchers(struct mcps__net *net)
{
    ev_io_init(&net->wake_io, on_wake, net->options.wake_fd, EV_READ);
    ev_io_init(&net->hup_io, on_hang_up, net->hup_fd, EV_READ);
    ev_io_init(&net->rest_io, on_rest_over, net->rest_fd, EV_READ);
    ev_prepare_init(&net->prepare, on_prepare);
    ev_check_init(&net->check, on_check);
    ev_timer_init(&net->timer, on_time, 0, 0);
    net->wake_io.data = net->hup_io.data = net->rest_io.data = net;
    net->prepare.data = net->check.data = net;
}

static void start_watchers(struct mcps__net *net)
{
    ev_set_userdata(net->loop, net);
    ev_set_invoke_pending_cb(net->loop, on_pending);
    ev_io_start(net->loop, &net->wake_io);
    ev_io_start(net->loop, &net->hup_io);
    ev_io_start(net->loop, &net->rest_io);
    ev_prepare_start(net->loop, &net->prepare);
    ev_check_start(net->loop, &net->check);
}

static int open_net(struct mcps__net *net)
{
    net->hup_fd = mcps__watcher_open();
    if (net->hup_fd < 0)
        return net->hup_fd;
    net->rest_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (net->rest_fd < 0)
        return -errno;
    net->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    if (!net->loop)
        return -ENOMEM;
    net->loop_fd = fd_of(net->loop);
    if (net->loop_fd < 0)
        return net->loop_fd;
    init_watchers(net);
    start_watchers(net);
    return mcps__lws_open(net);
}

int mcps__net_new(struct mcps__net **ret, const struct mcps__net_options *options)
{
    struct mcps__net *net = mcps__calloc(1, sizeof *net);
    struct mcps__log *before;
    int r;

    if (!net)
        return -ENOMEM;
    net->options = *options;
    net->hup_fd = net->rest_fd = net->loop_fd = -1;
    net->accepting = true;
    net->deadline = net->armed = MCPS__CLOCK_NEVER;
    mcps__list_init(&net->socks);
    mcps__list_init(&net->due);
    mcps__list_init(&net->listeners);
    before = mcps__lws_set_log(options->log);
    r = open_net(net);
    mcps__lws_set_log(before);
    if (r < 0) {
        mcps__net_free(net);
        return r;
    }
    *ret = net;
    return 0;
}

void mcps__net_free(struct mcps__net *net)
{
    struct mcps__log *before;

    if (!net)
        return;
    before = mcps__lws_set_log(net->options.log);
    while (!mcps__list_is_empty(&net->listeners))
        free_listener(last_listener(net));
    mcps__lws_close(net);
    if (net->loop)
        ev_loop_destroy(net->loop);
    if (net->hup_fd >= 0)
        close(net->hup_fd);
    if (net->rest_fd >= 0)
        close(net->rest_fd);
    mcps__lws_set_log(before);
    mcps__free(net);
}
