/* SPDX-License-Identifier: MIT */
/* Does the process run under valgrind, as far as that can be told? Any thread. */
#ifndef MCPS_SCHEMA_ON_VALGRIND_H
#define MCPS_SCHEMA_ON_VALGRIND_H

#include <stdbool.h>

#ifdef HAVE_VALGRIND_VALGRIND_H
#include <valgrind/valgrind.h>

static inline bool mcps__on_valgrind(void)
{
    return RUNNING_ON_VALGRIND > 0;
}
#else
static inline bool mcps__on_valgrind(void)
{
    return false;
}
#endif

#endif
