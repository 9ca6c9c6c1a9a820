/* SPDX-License-Identifier: MIT */
/*
 * The ends of a connection: descriptors that are read and written without ever waiting.
 *
 * How that is done depends on whose the open file description is. O_NONBLOCK belongs to the
 * description, and a parent process that shares it with us must not find it changed.
 */
#ifndef MCPS_TRANSPORT_END_H
#define MCPS_TRANSPORT_END_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "mcpserver/base.h"

enum mcps__end_kind {
    MCPS__END_SOCKET, /* each call says that it must not wait */
    MCPS__END_OWN,    /* a description that nobody else has, with O_NONBLOCK */
    MCPS__END_SHARED, /* used when poll() says so, for no more than then fits */
    MCPS__END_FILE    /* waits for nobody but the disk */
};

struct mcps__end {
    int fd;
    enum mcps__end_kind kind;
};

/* What poll() says of an end of which nothing is to be expected any more. */
#define MCPS__END_GONE (POLLERR | POLLHUP | POLLNVAL)

/* Gives an end for a descriptor that stays its owner's; the end's is another one, above 2
 * and closed on exec. `mode` is O_RDONLY or O_WRONLY. -errno. */
int mcps__end_dup(struct mcps__end *ret, int fd, int mode) MCPS_MUST_CHECK;

/* After poll() has said POLLIN: how many bytes were read, 0 at the end, -errno; -EAGAIN when
 * there are none after all. */
long mcps__end_read(const struct mcps__end *end, void *data, size_t len) MCPS_MUST_CHECK;

/* How many bytes one write may have. */
size_t mcps__end_write_max(const struct mcps__end *end);
/* How many bytes were written, or -errno; -EAGAIN when there is no room. The thread blocks
 * SIGPIPE. */
long mcps__end_write(const struct mcps__end *end, struct iovec *iov,
                     size_t n) MCPS_MUST_CHECK;

/* poll() until a moment of mcps__clock_now(), or earlier. */
int mcps__poll_until(struct pollfd *fds, size_t n, int64_t deadline) MCPS_MUST_CHECK;

#ifdef MCPS__TEST_HOOKS
/* Makes the next write of any end fail with an errno value; 0 takes that back. */
void mcps__end_fail_write(int error);
#endif

#endif
