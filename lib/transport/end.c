/* SPDX-License-Identifier: MIT */
/* The ends of a connection; see end.h. */
#include "config.h"

#include "transport/end.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"

enum {
    FIRST_FD = 3, /* above those that everybody uses without asking */
    WRITE_MAX =
        256 * 1024, /* at once, so that one who reads fast does not keep the thread */
    PROC_PATH = 32
};

/* ---- whose description it is ---- */

static enum mcps__end_kind kind_of(const struct stat *st)
{
    if (S_ISSOCK(st->st_mode))
        return MCPS__END_SOCKET;
    if (S_ISREG(st->st_mode) || S_ISBLK(st->st_mode) || S_ISDIR(st->st_mode))
        return MCPS__END_FILE;
    return MCPS__END_SHARED;
}

/* Opening a pipe or a terminal again gives the same one. Of other devices nobody knows, and
 * the master of a pseudo-terminal would be a new one. */
static bool can_reopen(int fd, const struct stat *st)
{
    char name[64];

    if (S_ISFIFO(st->st_mode))
        return true;
    return S_ISCHR(st->st_mode) && isatty(fd) && ptsname_r(fd, name, sizeof name) != 0;
}

/* A FIFO that is opened when its writers have gone already never says that they have. */
static bool has_hung_up(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

static bool is_same(int fd, const struct stat *st)
{
    struct stat other;

    return fstat(fd, &other) == 0 && other.st_dev == st->st_dev &&
           other.st_ino == st->st_ino;
}

static int move_up(int fd)
{
    int moved;

    if (fd < 0 || fd >= FIRST_FD)
        return fd;
    moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
    close(fd);
    return moved;
}

/* A description of our own of the same pipe or terminal, or -1. */
static int reopen(int fd, int mode, const struct stat *st)
{
    char path[PROC_PATH];
    int own;

    if (!can_reopen(fd, st))
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    own = move_up(open(path, mode | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (own < 0)
        return -1;
    if (!is_same(own, st) || (mode == O_RDONLY && has_hung_up(fd))) {
        close(own);
        return -1;
    }
    return own;
}

int mcps__end_dup(struct mcps__end *ret, int fd, int mode)
{
    struct stat st;
    int own;

    if (fstat(fd, &st) < 0)
        return -errno;
    own = reopen(fd, mode, &st);
    if (own >= 0) {
        *ret = (struct mcps__end){ own, MCPS__END_OWN };
        return 0;
    }
    own = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
    if (own < 0)
        return -errno;
    *ret = (struct mcps__end){ own, kind_of(&st) };
    return 0;
}

/* ---- reading and writing ---- */

#ifdef MCPS__TEST_HOOKS
#include <stdatomic.h>

static atomic_int next_error;

void mcps__end_fail_write(int error)
{
    atomic_store(&next_error, error);
}

static int injected(void)
{
    return atomic_exchange(&next_error, 0);
}

#else

static inline int injected(void)
{
    return 0;
}

#endif

long mcps__end_read(const struct mcps__end *end, void *data, size_t len)
{
    ssize_t n = end->kind == MCPS__END_SOCKET ? recv(end->fd, data, len, MSG_DONTWAIT)
                                              : read(end->fd, data, len);

    if (n >= 0)
        return n;
    return errno == EWOULDBLOCK || errno == EINTR ? -EAGAIN : -errno;
}

/* What a pipe surely has room for when poll() says that it has any. */
size_t mcps__end_write_max(const struct mcps__end *end)
{
    return end->kind == MCPS__END_SHARED ? PIPE_BUF : WRITE_MAX;
}

static bool has_room(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };

    return poll(&p, 1, 0) == 1;
}

static ssize_t write_now(const struct mcps__end *end, struct iovec *iov, size_t n)
{
    struct msghdr message = { .msg_iov = iov, .msg_iovlen = n };

    if (end->kind == MCPS__END_SOCKET)
        return sendmsg(end->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return writev(end->fd, iov, (int)n);
}

long mcps__end_write(const struct mcps__end *end, struct iovec *iov, size_t n)
{
    int error = injected();
    ssize_t done;

    if (error != 0)
        return -error;
    if (end->kind == MCPS__END_SHARED && !has_room(end->fd))
        return -EAGAIN;
    do
        done = write_now(end, iov, n);
    while (done < 0 && errno == EINTR);
    if (done >= 0)
        return done;
    return errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

/* ---- waiting ---- */

int mcps__poll_until(struct pollfd *fds, size_t n, int64_t deadline)
{
    struct timespec now = { 0 };
    int64_t ns = 0, ms = -1;

    if (deadline != MCPS__CLOCK_NEVER) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (mcps__clock_now() < deadline)
            ns = mcps__clock_sleep_until(deadline) -
                 (int64_t)now.tv_sec * MCPS__NS_PER_S - now.tv_nsec;
        ms = ns > 0 ? (ns - 1) / MCPS__NS_PER_MS + 1 : 0;
    }
    return poll(fds, n, ms < INT_MAX ? (int)ms : INT_MAX);
}
