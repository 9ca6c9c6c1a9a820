/* SPDX-License-Identifier: MIT */
/* Waking a thread by a file descriptor; see wake.h. */
#include "config.h"

#include "util/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

/* Above those that everybody uses without asking: in a process that was started without one
 * of them, it is not to be this that is read, or printed into, in its place. */
enum { FIRST_FD = 3 };

/* Takes the descriptor. -errno. */
static int move_up(int fd)
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

#ifdef HAVE_EVENTFD
#include <sys/eventfd.h>

static int open_fds(struct mcps__wake *wake)
{
    int fd = move_up(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));

    if (fd < 0)
        return fd;
    wake->read_fd = wake->write_fd = fd;
    return 0;
}

#else

static int open_fds(struct mcps__wake *wake)
{
    int fds[2];

    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
        return -errno;
    fds[0] = move_up(fds[0]);
    if (fds[0] < 0) {
        close(fds[1]);
        return fds[0];
    }
    fds[1] = move_up(fds[1]);
    if (fds[1] < 0) {
        close(fds[0]);
        return fds[1];
    }
    wake->read_fd = fds[0];
    wake->write_fd = fds[1];
    return 0;
}

#endif

int mcps__wake_init(struct mcps__wake *wake)
{
    return open_fds(wake);
}

void mcps__wake_fini(struct mcps__wake *wake)
{
    if (wake->write_fd != wake->read_fd)
        close(wake->write_fd);
    close(wake->read_fd);
    wake->read_fd = wake->write_fd = -1;
}

void mcps__wake_signal(const struct mcps__wake *wake)
{
    /* What an eventfd wants to be written; a pipe takes it as well. */
    static const uint64_t one = 1;
    int saved = errno;
    ssize_t n;

    do
        n = write(wake->write_fd, &one, sizeof one);
    while (n < 0 && errno == EINTR);
    /* EAGAIN: it is full of signals already. */
    errno = saved;
}

bool mcps__wake_drain(const struct mcps__wake *wake)
{
    uint64_t signals[64];
    bool signalled = false;
    ssize_t n;

    /* An eventfd gives one number for all signals, a pipe one each. */
    do {
        n = read(wake->read_fd, signals, sizeof signals);
        if (n > 0)
            signalled = true;
    } while (n == sizeof signals || (n < 0 && errno == EINTR));
    return signalled;
}
