/* SPDX-License-Identifier: MIT */
/* How the library starts its threads. */
#ifndef MCPS_CORE_THREAD_H
#define MCPS_CORE_THREAD_H

#include <pthread.h>
#include <stddef.h>

#include "mcpserver/base.h"

/* Starts a thread that has to be joined, with all signals blocked but those that a fault
 * sends to the thread that caused it: the others are for the application's threads. A stack
 * size of 0 is the system's default. Gives *ret, perhaps after the thread has begun. 0 or
 * -errno. */
int mcps__thread_start(pthread_t *ret, void *(*run)(void *userdata), void *userdata,
                       size_t stack_size) MCPS_MUST_CHECK;

#endif
