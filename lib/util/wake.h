/* SPDX-License-Identifier: MIT */
/*
 * Wakes a thread that sleeps in poll() or an event loop: a file descriptor that becomes
 * readable. Any number of signals before the sleeper drains count as one.
 */
#ifndef MCPS_UTIL_WAKE_H
#define MCPS_UTIL_WAKE_H

#include <stdbool.h>

#include "mcpserver/base.h"

struct mcps__wake {
    int read_fd,
        write_fd; /* the same where there is eventfd(), else the ends of a pipe */
};

/* 0 or -errno; after a failure there is nothing to undo. */
int mcps__wake_init(struct mcps__wake *wake) MCPS_MUST_CHECK;
/* Nobody may signal any more. */
void mcps__wake_fini(struct mcps__wake *wake);

/* The descriptor to poll for reading. Not to be read or closed by the caller. */
static inline int mcps__wake_fd(const struct mcps__wake *wake)
{
    return wake->read_fd;
}

/* Any thread, and signal handlers too; never blocks, leaves errno alone. */
void mcps__wake_signal(const struct mcps__wake *wake);

/* For the sleeper: makes the descriptor unreadable, and says whether it was signalled.
 * What was done before a signal is seen by whoever looks after the drain that took it. */
bool mcps__wake_drain(const struct mcps__wake *wake);

#endif
