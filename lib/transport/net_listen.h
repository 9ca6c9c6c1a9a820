/* SPDX-License-Identifier: MIT */
/* Addresses and listening sockets, without any loop; for net.c. */
#ifndef MCPS_TRANSPORT_NET_LISTEN_H
#define MCPS_TRANSPORT_NET_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "mcpserver/base.h"
#include "util/log.h"

union mcps__address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

socklen_t mcps__address_len(const union mcps__address *address);
bool mcps__sockaddr_is_loopback(const union mcps__address *address);

enum { MCPS__LISTEN_NAME_MAX = 96 };

struct mcps__listening {
    int fd;
    union mcps__address address;
    char name[MCPS__LISTEN_NAME_MAX]; /* "127.0.0.1:8080", "[::1]:8080" */
};

/* Listens on all addresses of a host; see mcps__net_listen(). The array is the caller's. */
int mcps__listening_open(struct mcps__log *log, const char *host, const char *port,
                         struct mcps__listening **ret, size_t *ret_n) MCPS_MUST_CHECK;
int mcps__listening_port(const struct mcps__listening *listening);

/* The next connection: its descriptor, which is above 2, does not block and is closed on exec;
 * or -errno, -EAGAIN when there is none. */
int mcps__listening_accept(const struct mcps__listening *listening,
                           union mcps__address *ret_peer) MCPS_MUST_CHECK;

#endif
