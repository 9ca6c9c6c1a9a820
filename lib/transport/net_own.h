/* SPDX-License-Identifier: MIT */
/*
 * What a net consists of: net.c has the loop and the listening sockets, http_lws.c the
 * connections. Nobody else looks into this.
 */
#ifndef MCPS_TRANSPORT_NET_OWN_H
#define MCPS_TRANSPORT_NET_OWN_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "transport/net.h"
#include "transport/net_listen.h"
#include "util/list.h"

struct lws;
struct lws_context;
struct lws_vhost;

struct mcps__listener {
    struct mcps__listening at;
    struct ev_io io;
    struct mcps__net *net;
    struct mcps__list link; /* of the net, in the order of their opening */
};

struct mcps__net {
    struct mcps__net_options options;
    struct ev_loop *loop;
    int loop_fd;
    struct lws_context *context;
    struct lws_vhost *vhost;
    int fd_limit; /* its tables end there */

    struct mcps__list socks;
    struct mcps__list
        due; /* those with which something is to be done before the loop waits */

    struct mcps__list listeners;
    bool accepting; /* as the floor above wants it */
    bool resting; /* there was no descriptor; until one is freed, or the timer says so */
    bool was_short; /* since the backlog was last empty; said once */
    bool freed;     /* a connection was closed since the last turn */
    int rest_fd;    /* that timer: a descriptor, which another loop sees, too */
    struct ev_io rest_io;

    int hup_fd; /* an epoll set with all connections, for the ends of those not read */
    struct ev_io hup_io;

    struct ev_io wake_io;
    struct ev_prepare prepare;
    struct ev_check check;
    struct ev_timer timer; /* ends the wait, no more */
    int64_t deadline;      /* what before_wait() said */
    int64_t armed;         /* what the timer is set to, on CLOCK_MONOTONIC */
    bool found;            /* something was there to be done in this turn */
};

struct mcps__sock {
    struct mcps__net *net;
    struct lws *wsi;
    void *conn;             /* NULL until opened() has returned */
    struct mcps__list link; /* of the net's connections */
    struct mcps__list due;
    union mcps__address peer;
    bool is_loopback;
    bool paused;       /* by the floor above */
    bool waiting;      /* output waits inside */
    bool held;         /* libwebsockets was told not to read, for one of these */
    bool to_shut;      /* when nothing waits any more */
    bool is_shut;      /* our side */
    bool peer_is_shut; /* its side */
    bool peer_is_gone;
    bool told; /* that it hung up */
    bool broken;
    bool closing; /* nothing but closed() is called any more */
    bool ending;  /* that is being called */
};

/* ---- http_lws.c ---- */

/* Where the messages of libwebsockets on this thread go; returns where they went before. */
struct mcps__log *mcps__lws_set_log(struct mcps__log *log);
int mcps__lws_open(struct mcps__net *net) MCPS_MUST_CHECK;
/* Closes all connections. */
void mcps__lws_close(struct mcps__net *net);
/* Takes the descriptor. */
int mcps__sock_open(struct mcps__net *net, int fd, const union mcps__address *peer,
                    bool is_loopback) MCPS_MUST_CHECK;
/* Does what is due, including what becomes due by that. */
void mcps__socks_settle(struct mcps__net *net);
/* For what hup_fd says. */
void mcps__socks_hang_up(struct mcps__net *net);

#endif
