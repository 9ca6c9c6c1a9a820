/* SPDX-License-Identifier: MIT */
/*
 * A mirror: one descriptor in which it can be seen that one of many is ready, for hosts that
 * poll for us. It is kept like the poll set of a transport, which still asks poll() itself:
 * the mirror says when, not what.
 *
 * Several mirrors may share one such descriptor. THREADS. One at a time.
 */
#ifndef MCPS_TRANSPORT_MIRROR_H
#define MCPS_TRANSPORT_MIRROR_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "mcpserver/base.h"

struct mcps__mirrored;

struct mcps__mirror {
    int watcher;                  /* borrowed */
    struct mcps__mirrored *by_fd; /* what is known of each descriptor */
    size_t n_fds;
    unsigned round;
    /* Of the latest poll set: something in it is always ready, as files are; something could
     * not be watched, so that one has to look now and then. */
    bool ready, incomplete;
};

/* Makes the descriptor, which close() closes: above 2, and closed on exec. -ENOSYS where
 * there is nothing of this kind; -errno. */
int mcps__watcher_open(void) MCPS_MUST_CHECK;
/* Adds a descriptor that is to be seen as long as it is open. 0 or -errno. */
int mcps__watcher_add(int watcher, int fd) MCPS_MUST_CHECK;

void mcps__mirror_init(struct mcps__mirror *mirror, int watcher);
/* Takes all out of the watcher. */
void mcps__mirror_fini(struct mcps__mirror *mirror);

/* Has the watcher look for what is in the poll set, and for nothing else of this mirror. */
void mcps__mirror_show(struct mcps__mirror *mirror, const struct pollfd *fds, size_t n);
/* Before a descriptor is closed: its description may live on, and would be seen still. */
void mcps__mirror_forget(struct mcps__mirror *mirror, int fd);

#endif
