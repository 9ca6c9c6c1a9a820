/* SPDX-License-Identifier: MIT */
/*
 * The clock: nanoseconds that only go forward, from a start that means nothing. Every
 * deadline in the library is a moment of this clock. Any thread.
 *
 * Builds with test hooks can drive it: it then stands still but for what a test adds.
 */
#ifndef MCPS_UTIL_CLOCK_H
#define MCPS_UTIL_CLOCK_H

#include <stdint.h>

#define MCPS__NS_PER_US INT64_C(1000)
#define MCPS__NS_PER_MS INT64_C(1000000)
#define MCPS__NS_PER_S  INT64_C(1000000000)

/* As a deadline: there is none. */
#define MCPS__CLOCK_NEVER INT64_MAX

int64_t mcps__clock_now(void);

/* The moment `ns` from now; now if that is negative, and MCPS__CLOCK_NEVER if it lies
 * beyond what can be counted. */
int64_t mcps__clock_after(int64_t ns);

/* Milliseconds since 1970, by the clock that people set: what means the same in another
 * process and after a restart. It may go back. Driven, it is MCPS__CLOCK_DRIVEN_WALL_MS and
 * what the driven clock says. */
int64_t mcps__clock_wall_ms(void);

/* Until when one wait for `deadline` may sleep, on CLOCK_MONOTONIC: to the deadline, or not
 * as long under a driven clock. */
#ifdef MCPS__TEST_HOOKS
int64_t mcps__clock_sleep_until(int64_t deadline);
#else
static inline int64_t mcps__clock_sleep_until(int64_t deadline)
{
    return deadline;
}
#endif

#ifdef MCPS__TEST_HOOKS
#define MCPS__CLOCK_DRIVEN_WALL_MS INT64_C(1785196800000) /* in July 2026 */

/* The clock stands at `start_ns` (0 or more), goes on by `ns`, and is the real one again.
 * One test at a time, and not while a wait goes on that began on the real clock. */
void mcps__clock_drive(int64_t start_ns);
void mcps__clock_advance(int64_t ns);
void mcps__clock_release(void);
#endif

#endif
