/* SPDX-License-Identifier: MIT */
/*
 * Assertions. They exist only in builds with test hooks, where one that does not hold is
 * printed to stderr and ends the process. Elsewhere nothing of them is left: the
 * condition is not evaluated, so it must not do anything.
 */
#ifndef MCPS_UTIL_ASSERT_H
#define MCPS_UTIL_ASSERT_H

#include "mcpserver/base.h"

#ifdef MCPS__TEST_HOOKS
_Noreturn void mcps__assert_failed(const char *file, int line, const char *fmt, ...)
    MCPS_PRINTF(3, 4);

#define mcps__assert(cond) \
    ((cond) ? (void)0 : mcps__assert_failed(__FILE__, __LINE__, "not so: %s", #cond))
#else
#define mcps__assert(cond) ((void)(0 && (cond)))
#endif

#endif
