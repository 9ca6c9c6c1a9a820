/* SPDX-License-Identifier: MIT */
/* Poll sets in one descriptor; see mirror.h. */
#include "config.h"

#include "transport/mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "util/mem.h"

enum { FIRST_FD = 3, FIRST_FDS = 32 };

enum how { UNKNOWN, WATCHED, ALWAYS_READY, FAILED };

struct mcps__mirrored {
    enum how how;
    short events;
    unsigned round; /* the latest in which it was in the poll set */
};

/* ---- the watcher ---- */

#ifdef HAVE_EPOLL_CREATE1
#include <sys/epoll.h>

enum { OP_ADD = EPOLL_CTL_ADD, OP_CHANGE = EPOLL_CTL_MOD, OP_DELETE = EPOLL_CTL_DEL };

static int open_watcher(void)
{
    return epoll_create1(EPOLL_CLOEXEC);
}

/* Errors and hang-ups are always seen, as poll() does. */
static int control(int watcher, int op, int fd, short events)
{
    struct epoll_event event = { .data = { .fd = fd } };

    if (events & POLLIN)
        event.events |= EPOLLIN;
    if (events & POLLOUT)
        event.events |= EPOLLOUT;
    return epoll_ctl(watcher, op, fd, &event) < 0 ? -errno : 0;
}

#else

enum { OP_ADD, OP_CHANGE, OP_DELETE };

static int open_watcher(void)
{
    errno = ENOSYS;
    return -1;
}

static int control(int watcher, int op, int fd, short events)
{
    (void)watcher;
    (void)op;
    (void)fd;
    (void)events;
    return -ENOSYS;
}

#endif

int mcps__watcher_open(void)
{
    int fd = open_watcher(), moved, error;

    if (fd < 0)
        return -errno;
    if (fd >= FIRST_FD)
        return fd;
    moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
    error = -errno;
    close(fd);
    return moved < 0 ? error : moved;
}

int mcps__watcher_add(int watcher, int fd)
{
    return control(watcher, OP_ADD, fd, POLLIN);
}

/* ---- mirrors ---- */

void mcps__mirror_init(struct mcps__mirror *mirror, int watcher)
{
    *mirror = (struct mcps__mirror){ .watcher = watcher };
}

void mcps__mirror_fini(struct mcps__mirror *mirror)
{
    for (size_t fd = 0; fd < mirror->n_fds; fd++)
        mcps__mirror_forget(mirror, (int)fd);
    mcps__free(mirror->by_fd);
    mirror->by_fd = NULL;
    mirror->n_fds = 0;
}

void mcps__mirror_forget(struct mcps__mirror *mirror, int fd)
{
    struct mcps__mirrored *entry;

    if (fd < 0 || (size_t)fd >= mirror->n_fds)
        return;
    entry = &mirror->by_fd[fd];
    if (entry->how == WATCHED)
        (void)control(mirror->watcher, OP_DELETE, fd, 0);
    entry->how = UNKNOWN;
}

static struct mcps__mirrored *entry_of(struct mcps__mirror *mirror, int fd)
{
    size_t n = mirror->n_fds > 0 ? mirror->n_fds : FIRST_FDS;
    struct mcps__mirrored *more;

    if ((size_t)fd < mirror->n_fds)
        return &mirror->by_fd[fd];
    while (n <= (size_t)fd)
        n *= 2;
    more = mcps__realloc(mirror->by_fd, n * sizeof *more);
    if (!more)
        return NULL;
    for (size_t i = mirror->n_fds; i < n; i++)
        more[i] = (struct mcps__mirrored){ .how = UNKNOWN };
    mirror->by_fd = more;
    mirror->n_fds = n;
    return &more[fd];
}

static void show_one(struct mcps__mirror *mirror, struct mcps__mirrored *entry,
                     const struct pollfd *p)
{
    int r = 0;

    if (entry->how == WATCHED && entry->events != p->events)
        r = control(mirror->watcher, OP_CHANGE, p->fd, p->events);
    else if (entry->how == UNKNOWN || entry->how == FAILED)
        r = control(mirror->watcher, OP_ADD, p->fd, p->events);
    else
        return;
    entry->events = p->events;
    if (r >= 0)
        entry->how = WATCHED;
    else
        entry->how =
            r == -EPERM ? ALWAYS_READY : FAILED; /* regular files cannot be watched */
}

void mcps__mirror_show(struct mcps__mirror *mirror, const struct pollfd *fds, size_t n)
{
    mirror->round++;
    mirror->ready = mirror->incomplete = false;
    for (size_t i = 0; i < n; i++) {
        struct mcps__mirrored *entry = entry_of(mirror, fds[i].fd);

        if (!entry) {
            mirror->incomplete = true;
            continue;
        }
        show_one(mirror, entry, &fds[i]);
        entry->round = mirror->round;
        if (entry->how == ALWAYS_READY && fds[i].events != 0)
            mirror->ready = true;
        if (entry->how == FAILED)
            mirror->incomplete = true;
    }
    for (size_t fd = 0; fd < mirror->n_fds; fd++) {
        if (mirror->by_fd[fd].how != UNKNOWN && mirror->by_fd[fd].round != mirror->round)
            mcps__mirror_forget(mirror, (int)fd);
    }
}
