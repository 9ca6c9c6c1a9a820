/* SPDX-License-Identifier: MIT */
/* Waking a thread by a file descriptor; see wake.h. */
#include "config.h"

#include "util/wake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#ifdef HAVE_EVENTFD
#include <sys/eventfd.h>

static int open_fds(struct mcps__wake *wake)
{
    wake->read_fd = wake->write_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return wake->read_fd < 0 ? -errno : 0;
}

#else

static int open_fds(struct mcps__wake *wake)
{
    int fds[2];

    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0)
        return -errno;
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
