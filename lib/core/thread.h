/* SPDX-License-Identifier: MIT */
/* How the library starts its threads. */
#ifndef MCPS_CORE_THREAD_H
#define MCPS_CORE_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "mcpserver/base.h"

/* Starts a thread that has to be joined, with all signals blocked but those that a fault
 * sends to the thread that caused it: the others are for the application's threads. A stack
 * size of 0 is the system's default. Gives *ret, perhaps after the thread has begun. 0 or
 * -errno. */
int mcps__thread_start(pthread_t *ret, void *(*run)(void *userdata), void *userdata,
                       size_t stack_size) MCPS_MUST_CHECK;

/* What a thread of the host had of SIGPIPE, while it does our writing. */
struct mcps__sigpipe {
    sigset_t mask;
    bool was_pending;
};

/* Blocks SIGPIPE on this thread, and undoes that: one that came meanwhile is forgotten. */
void mcps__sigpipe_block(struct mcps__sigpipe *ret);
void mcps__sigpipe_restore(const struct mcps__sigpipe *before);

#endif
