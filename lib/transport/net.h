/* SPDX-License-Identifier: MIT */
/*
 * An event loop with listening sockets and connections: TCP, and no word about what is said
 * over it. Behind it are libwebsockets, in its raw role, on a loop of libev; nobody but
 * http_lws.c knows that.
 *
 * THREADS. One thread, the one that runs it, calls everything. A net may be made and filled
 * by another one before that, and freed by another one after that.
 *
 * What libwebsockets does to the whole process: it ignores SIGPIPE when the first net is made,
 * and has one level and one function for its log. That level is set once, to errors and
 * warnings, and the function gives what it says on the thread of a net to the log of that net,
 * and the rest to stderr, as it would by itself. A process that uses libwebsockets for itself
 * may set both again.
 */
#ifndef MCPS_TRANSPORT_NET_H
#define MCPS_TRANSPORT_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "mcpserver/base.h"
#include "util/log.h"

enum {
    MCPS__NET_READ_BYTES = 64 * 1024,
    MCPS__NET_HEADROOM = 32 /* in front of what is written */
};

struct mcps__net;
struct mcps__sock;

/* Each of them may write, pause, shut down and close any connection. */
struct mcps__net_ops {
    /* A client has connected. Returns what stands for the connection from then on; NULL: it is
     * closed, and closed() is not called. */
    void *(*opened)(void *userdata, struct mcps__sock *sock);
    /* Bytes have come: at most MCPS__NET_READ_BYTES a turn, valid during the call. Never while
     * reading is paused, nor while output waits inside. */
    void (*received)(void *conn, const char *data, size_t len);
    /* All that was written has left the process: more may be written. */
    void (*drained)(void *conn);
    /* The client has shut its side, and that was seen while nothing is read, because reading is
     * paused or output waits inside. Once. What it sent before is received, if reading goes on,
     * and then it is closed(); otherwise it can still be written to. One that is gone for good
     * is closed(), read or not. */
    void (*hung_up)(void *conn);
    /* The connection is about to be closed, for whatever reason: the last call for it. `sock`
     * may be used for one last mcps__sock_say_last() inside, and is gone afterwards. */
    void (*closed)(void *conn);
    /* Before the loop waits: what one turn has collected is handed on. Returns until when it may
     * wait (mcps__clock_now()'s clock; 0: not at all). It may be called again before the wait, if
     * it has closed connections. */
    int64_t (*before_wait)(void *userdata);
    /* The wake descriptor can be read, or the time is over. */
    void (*woken)(void *userdata);
};

struct mcps__net_options {
    const struct mcps__net_ops *ops;
    void *userdata;
    int wake_fd;           /* watched for reading; borrowed */
    struct mcps__log *log; /* borrowed */
    /* TCP_USER_TIMEOUT of connections: bytes that nobody acknowledges for so long end them; 0:
     * the system's, about a quarter of an hour. */
    int64_t unacked_ms;
};

/* 0 or -errno; -ENOSYS, with a line in the log that names the package libwebsockets-evlib-ev,
 * when its libev plugin is missing. It can have connections with descriptors up to what
 * RLIMIT_NOFILE is at this moment, or up to 2560 if that is above ten millions. */
int mcps__net_new(struct mcps__net **ret,
                  const struct mcps__net_options *options) MCPS_MUST_CHECK;
/* Closes what is open: closed() is called for each. Not from inside. */
void mcps__net_free(struct mcps__net *net);

/* Any number of addresses. `host` is an address or a name ("localhost" may be several), port
 * "0" lets the system choose, the same for all addresses of a name. "::" is all addresses of
 * IPv6, and none of IPv4. -errno with a line in the log: which address, why. */
int mcps__net_listen(struct mcps__net *net, const char *host,
                     const char *port) MCPS_MUST_CHECK;
/* These know all addresses that there were, also once they are closed. */
size_t mcps__net_n_listeners(const struct mcps__net *net);
/* The address of a listener as text, "127.0.0.1:8080" or "[::1]:8080", and its port. */
const char *mcps__net_listener_name(const struct mcps__net *net, size_t i);
int mcps__net_listener_port(const struct mcps__net *net, size_t i);
/* A listener is bound to something else than loopback. */
bool mcps__net_is_public(const struct mcps__net *net);
/* Closes the listening sockets: drain begins so. */
void mcps__net_stop_listening(struct mcps__net *net);
/* At a connection cap: false stops taking new ones from the backlog, without closing. When the
 * system has no descriptor left, that happens by itself until one is freed, or for 100 ms. */
void mcps__net_accept(struct mcps__net *net, bool accept);

/* Until mcps__net_break(), which is called from inside, and ends the loop with its turn. */
void mcps__net_run(struct mcps__net *net);
void mcps__net_break(struct mcps__net *net);
/* Driven by another loop: one turn that does not wait. Did it find anything to do? Then there
 * may be more: only after a turn that found nothing, and at the moment that before_wait() said,
 * it need not be asked until the descriptor is readable. A turn is due after whatever was done
 * outside of one. */
bool mcps__net_turn(struct mcps__net *net);
int mcps__net_fd(const struct mcps__net *net);

/* `data` has MCPS__NET_HEADROOM bytes of room in front. 0: all is out; 1: some of it waits
 * inside, nothing more may be written before drained(); <0: the connection is broken, and is
 * closed() later, never from inside. At most MCPS__NET_READ_BYTES at a time. */
int mcps__sock_write(struct mcps__sock *sock, char *data, size_t len) MCPS_MUST_CHECK;
/* How many bytes the client's system has taken so far; 0 where that is not known. */
uint64_t mcps__sock_acked(const struct mcps__sock *sock);
/* The next write is the last one: it leaves in one segment with the FIN of the shutdown, which
 * has to follow. */
void mcps__sock_cork(struct mcps__sock *sock);
/* Whether what comes stays with the system. */
void mcps__sock_pause(struct mcps__sock *sock, bool pause);
/* No more output: FIN, when what was written is out. Nothing is written after that. */
void mcps__sock_shutdown(struct mcps__sock *sock);
/* Soon, never from inside, and without what waits inside; nothing but closed() is called any
 * more. Bytes that were not read have the system reset the connection. */
void mcps__sock_close(struct mcps__sock *sock);
/* In closed(): one attempt that may fail, if the client may still read and nothing of what was
 * written before is missing. */
void mcps__sock_say_last(struct mcps__sock *sock, const char *data, size_t len);

const struct sockaddr *mcps__sock_peer(const struct mcps__sock *sock, socklen_t *ret_len);
/* The local end. */
bool mcps__sock_is_loopback(const struct mcps__sock *sock);

#endif
