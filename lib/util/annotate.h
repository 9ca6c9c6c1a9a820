/* SPDX-License-Identifier: MIT */
/*
 * Lock annotations that clang checks (-Wthread-safety); nothing elsewhere.
 *
 * In C an attribute of a member cannot name another member of its struct. So a member says
 * MCPS__GUARDED ("some lock must be held") and names the lock in a comment, and functions
 * say exactly which lock they want held.
 */
#ifndef MCPS_UTIL_ANNOTATE_H
#define MCPS_UTIL_ANNOTATE_H

#if defined(__clang__)
#define MCPS__ANNOTATE_(x) __attribute__((x))
#else
#define MCPS__ANNOTATE_(x)
#endif

#define MCPS__CAPABILITY(name) MCPS__ANNOTATE_(capability(name))
#define MCPS__GUARDED          MCPS__ANNOTATE_(guarded_var)
#define MCPS__REQUIRES(lock)   MCPS__ANNOTATE_(requires_capability(lock))
#define MCPS__ACQUIRES(lock)   MCPS__ANNOTATE_(acquire_capability(lock))
#define MCPS__RELEASES(lock)   MCPS__ANNOTATE_(release_capability(lock))
#define MCPS__ASSERTS(lock)    MCPS__ANNOTATE_(assert_capability(lock))
#define MCPS__NO_LOCK_ANALYSIS MCPS__ANNOTATE_(no_thread_safety_analysis)

#endif
