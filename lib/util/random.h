/* SPDX-License-Identifier: MIT */
/* Random bytes that nobody can guess, from the system. Any thread. */
#ifndef MCPS_UTIL_RANDOM_H
#define MCPS_UTIL_RANDOM_H

#include <stddef.h>

#include "mcpserver/base.h"

/* Fills all of `memory`, or returns -errno (-ENOSYS on a system without a source). Blocks
 * only while a machine that has just booted has no randomness yet. */
int mcps__random_bytes(void *memory, size_t len) MCPS_MUST_CHECK;

#endif
