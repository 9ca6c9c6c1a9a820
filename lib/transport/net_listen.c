/* SPDX-License-Identifier: MIT */
/* Addresses and listening sockets; see net_listen.h. */
#include "config.h"

#include "transport/net_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

enum { FIRST_FD = 3, PORT_MAX = 65535, MAX_TRIES = 16 };

/* ---- addresses ---- */

socklen_t mcps__address_len(const union mcps__address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

static bool is_loopback_v4(const unsigned char *bytes)
{
    return bytes[0] == 127;
}

bool mcps__sockaddr_is_loopback(const union mcps__address *address)
{
    const struct in6_addr *v6 = &address->v6.sin6_addr;

    if (address->any.sa_family == AF_INET)
        return is_loopback_v4((const unsigned char *)&address->v4.sin_addr.s_addr);
    return address->any.sa_family == AF_INET6 &&
           (IN6_IS_ADDR_LOOPBACK(v6) ||
            (IN6_IS_ADDR_V4MAPPED(v6) && is_loopback_v4(&v6->s6_addr[12])));
}

static bool is_same(const union mcps__address *a, const union mcps__address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    return IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b->v6.sin6_addr) &&
           a->v6.sin6_scope_id == b->v6.sin6_scope_id;
}

int mcps__listening_port(const struct mcps__listening *listening)
{
    const union mcps__address *address = &listening->address;

    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port
                                                    : address->v4.sin_port);
}

static void set_port(union mcps__address *address, int port)
{
    if (address->any.sa_family == AF_INET6)
        address->v6.sin6_port = htons((uint16_t)port);
    else
        address->v4.sin_port = htons((uint16_t)port);
}

static void set_name(struct mcps__listening *listening)
{
    bool v6 = listening->address.any.sa_family == AF_INET6;
    char host[MCPS__LISTEN_NAME_MAX - 16];

    if (getnameinfo(&listening->address.any, mcps__address_len(&listening->address), host,
                    sizeof host, NULL, 0, NI_NUMERICHOST) != 0)
        host[0] = '\0';
    snprintf(listening->name, sizeof listening->name, "%s%s%s:%d", v6 ? "[" : "", host,
             v6 ? "]" : "", mcps__listening_port(listening));
}

/* Digits only, for getaddrinfo() takes more, and cuts off what is too large. */
static int parse_port(const char *text)
{
    int port = 0;

    if (!*text)
        return -EINVAL;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -EINVAL;
        port = port * 10 + (*text - '0');
        if (port > PORT_MAX)
            return -EINVAL;
    }
    return port;
}

/* ---- sockets ---- */

/* In a process that was started without a standard descriptor it is not to be a socket of ours
 * that is printed into in its place. Takes the descriptor. */
static int above_stdio(int fd)
{
    int moved, error;

    if (fd < 0)
        return -errno;
    if (fd >= FIRST_FD)
        return fd;
    moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
    error = -errno;
    close(fd);
    return moved < 0 ? error : moved;
}

static int prepare(int fd, union mcps__address *address)
{
    socklen_t len = mcps__address_len(address);
    int one = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0)
        return -errno;
    /* So that all addresses of both kinds can be listened on side by side. */
    if (address->any.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) < 0)
        return -errno;
    if (bind(fd, &address->any, len) < 0 || listen(fd, SOMAXCONN) < 0 ||
        getsockname(fd, &address->any, &len) < 0)
        return -errno;
    return 0;
}

static int open_one(struct mcps__listening *ret, const union mcps__address *address)
{
    int r;

    ret->address = *address;
    set_name(ret);
    ret->fd = above_stdio(
        socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (ret->fd < 0)
        return ret->fd;
    r = prepare(ret->fd, &ret->address);
    if (r < 0)
        close(ret->fd);
    else
        set_name(ret);
    return r;
}

static void close_all(struct mcps__listening *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        close(all[i].fd);
}

static bool is_listed(const struct mcps__listening *all, size_t n,
                      const union mcps__address *address)
{
    for (size_t i = 0; i < n; i++) {
        if (is_same(&all[i].address, address))
            return true;
    }
    return false;
}

/* A name may have addresses that this machine has not, as ::1 without IPv6: one is enough.
 * Returns how many, or -errno; where it failed is then in all[0].name. */
static long open_all(struct mcps__listening *all, const struct addrinfo *found, int port)
{
    union mcps__address address;
    size_t n = 0;
    int r = 0;

    for (const struct addrinfo *ai = found; ai; ai = ai->ai_next) {
        if ((ai->ai_family != AF_INET && ai->ai_family != AF_INET6) ||
            ai->ai_addrlen > sizeof address)
            continue;
        memset(&address, 0, sizeof address);
        memcpy(&address, ai->ai_addr, ai->ai_addrlen);
        if (is_listed(all, n, &address))
            continue;
        set_port(&address, n > 0 ? mcps__listening_port(&all[0]) : port);
        r = open_one(&all[n], &address);
        if (r >= 0) {
            n++;
        } else if (r != -EADDRNOTAVAIL && r != -EAFNOSUPPORT) {
            close_all(all, n);
            all[0] = all[n];
            return r;
        }
    }
    if (n == 0)
        return r < 0 ? r : -EADDRNOTAVAIL;
    return (long)n;
}

static int listen_on(struct mcps__log *log, const struct addrinfo *found, int port,
                     struct mcps__listening **ret, size_t *ret_n)
{
    struct mcps__listening *all;
    size_t n = 0;
    long r;

    for (const struct addrinfo *ai = found; ai; ai = ai->ai_next)
        n++;
    all = mcps__calloc(n, sizeof *all);
    if (!all)
        return -ENOMEM;
    /* What the system chose for the first address may be taken on the second. */
    r = -EADDRINUSE;
    for (unsigned i = 0; r == -EADDRINUSE && (i == 0 || (port == 0 && i < MAX_TRIES));
         i++)
        r = open_all(all, found, port);
    if (r < 0) {
        mcps__log(log, MCPS_LOG_ERROR, "listening on %s: %s", all[0].name,
                  mcps_strerror((int)r));
        mcps__free(all);
        return (int)r;
    }
    *ret = all;
    *ret_n = (size_t)r;
    return 0;
}

static int error_of(int lookup)
{
    switch (lookup) {
    case EAI_MEMORY: return -ENOMEM;
    case EAI_SYSTEM: return errno > 0 ? -errno : -EIO;
    case EAI_AGAIN: return -EAGAIN;
    default: return -EADDRNOTAVAIL;
    }
}

int mcps__listening_open(struct mcps__log *log, const char *host, const char *port,
                         struct mcps__listening **ret, size_t *ret_n)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    int number = parse_port(port), r;

    if (number < 0) {
        mcps__log(log, MCPS_LOG_ERROR, "listening on %s: %s is no port", host, port);
        return number;
    }
    r = getaddrinfo(host, NULL, &hints, &found);
    if (r != 0) {
        r = error_of(r);
        mcps__log(log, MCPS_LOG_ERROR,
                  "listening on %s, port %s: its address cannot be found out: %s", host,
                  port, mcps_strerror(r));
        return r;
    }
    r = listen_on(log, found, number, ret, ret_n);
    freeaddrinfo(found);
    return r;
}

int mcps__listening_accept(const struct mcps__listening *listening,
                           union mcps__address *ret_peer)
{
    socklen_t len = sizeof *ret_peer;

    return above_stdio(
        accept4(listening->fd, &ret_peer->any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC));
}
