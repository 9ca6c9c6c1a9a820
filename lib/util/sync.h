/* SPDX-License-Identifier: MIT */
/*
 * Sync points and mutations: how tests make races happen, and show that they would notice
 * if the code were wrong.
 *
 * A point is a place in the code with a name. A test holds it, waits until as many threads
 * as it wants have come there, does what is to happen meanwhile, and lets them go on. A
 * mutation is the code as it would be without a certain care, chosen by name at run time.
 *
 * Only builds with test hooks have any of this; elsewhere points are nothing, and mutations
 * are constants that are false. One test at a time.
 */
#ifndef MCPS_UTIL_SYNC_H
#define MCPS_UTIL_SYNC_H

#include <stdbool.h>

/* XX(name, what the code then does) */
#define MCPS__MUTATION_MAP(XX)                                    \
    XX(M1, "closing a peer sets no token")                        \
    XX(M2, "the pending map is walked in place")                  \
    XX(M3, "a call whose ask failed at the end of input answers") \
    XX(M4, "a closed or broken sink is an error of the call")     \
    XX(M5, "a later reason overwrites the first")

enum mcps__mutation {
#define XX(name, text) MCPS__MUTATION_##name,
    MCPS__MUTATION_MAP(XX)
#undef XX
        MCPS__N_MUTATIONS
};

#ifdef MCPS__TEST_HOOKS

#include <stdint.h>

/* A place where a thread may be held. Never with a lock held, which is asserted. Names are
 * string literals. */
#define MCPS__SYNC_POINT(name) mcps__sync_point(name)
#define MCPS__MUTATED(name)    (mcps__mutation == MCPS__MUTATION_##name)

void mcps__sync_point(const char *name);

/* Threads that come to the point from now on stay there. A point is held once at a time.
 * Nobody stays longer than 10 s (50 s under sanitizers): who does says so on stderr and goes
 * on. */
void mcps__sync_hold(const char *name);
/* Waits until `n` threads are held at the point; returns false after the same time, or when
 * somebody has been held there for too long. */
bool mcps__sync_wait(const char *name, unsigned n);
/* Lets those held go on, and all that come. */
void mcps__sync_release(const char *name);
/* Calls `fn` at the point, on the thread that comes there, once, in place of holding it. */
void mcps__sync_once(const char *name, void (*fn)(void *arg), void *arg);
/* How many threads have come to a point since the last reset. Counted for every point. */
unsigned mcps__sync_count(const char *name);
/* Forgets everything; nobody may be held. */
void mcps__sync_reset(void);
/* How long to wait, up to the next reset, for tests of the waiting itself. It is time of the
 * real clock even while another one is driven. */
void mcps__sync_bound(int64_t ns);

/* How many threads nobody released in time since it was asked last: a test in which that
 * happens tests something else than it says. */
unsigned mcps__sync_take_overstays(void);

/* The chosen mutation, or MCPS__N_MUTATIONS for none. Set before threads start. */
extern enum mcps__mutation mcps__mutation;
/* By name; NULL for none. Returns false for a name that is not in the list. */
bool mcps__mutate(const char *name);

#else

#define MCPS__SYNC_POINT(name) ((void)0)
#define MCPS__MUTATED(name)    (false)

#endif

#endif
