/* SPDX-License-Identifier: MIT */
/*
 * Mutexes with ranks, and condition variables on the library's clock.
 *
 * Every lock is one of locks.tbl. Builds with test hooks keep a list of what each thread
 * holds, and end the process with a message when a thread takes a lock against the order
 * of ranks, or unlocks what it does not hold, or waits while it holds another lock.
 *
 * Functions that return an int give 0 or -errno.
 */
#ifndef MCPS_UTIL_LOCK_H
#define MCPS_UTIL_LOCK_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"
#include "util/annotate.h"

enum mcps__lock {
#define LOCK(name, rank, purpose) MCPS__LOCK_##name,
#include "util/locks.tbl"
#undef LOCK
    MCPS__N_LOCKS
};

struct mcps__lock_info {
    const char *name;
    int rank;
    const char *purpose;
};

/* The table, line by line: NULL from MCPS__N_LOCKS on. Static. */
const struct mcps__lock_info *mcps__lock_info(size_t lock);

struct MCPS__CAPABILITY("mutex") mcps__mutex {
    pthread_mutex_t native;
    enum mcps__lock lock;
};

int mcps__mutex_init(struct mcps__mutex *mutex, enum mcps__lock lock) MCPS_MUST_CHECK;
/* Nobody holds it or waits for it. */
void mcps__mutex_fini(struct mcps__mutex *mutex);
void mcps__mutex_lock(struct mcps__mutex *mutex) MCPS__ACQUIRES(*mutex);
void mcps__mutex_unlock(struct mcps__mutex *mutex) MCPS__RELEASES(*mutex);

/* Assertions that this thread holds a mutex, and that it holds none at all: the latter
 * for the places where the library calls out. */
#ifdef MCPS__TEST_HOOKS
void mcps__lock_assert_held(const struct mcps__mutex *mutex) MCPS__ASSERTS(*mutex);
void mcps__lock_assert_none_held(void);
#else
static inline void mcps__lock_assert_held(const struct mcps__mutex *mutex)
    MCPS__ASSERTS(*mutex);
static inline void mcps__lock_assert_held(const struct mcps__mutex *mutex)
{
    (void)mutex;
}

static inline void mcps__lock_assert_none_held(void)
{
}
#endif

struct mcps__cond {
    pthread_cond_t native;
};

int mcps__cond_init(struct mcps__cond *cond) MCPS_MUST_CHECK;
/* Nobody waits for it. */
void mcps__cond_fini(struct mcps__cond *cond);
void mcps__cond_signal(struct mcps__cond *cond);
void mcps__cond_broadcast(struct mcps__cond *cond);

/* Waits may end for no reason: the caller looks at what it waits for, and waits again.
 * The mutex must be the only lock that the thread holds. */
void mcps__cond_wait(struct mcps__cond *cond, struct mcps__mutex *mutex)
    MCPS__REQUIRES(*mutex);
/* 0, or MCPS_ETIMEDOUT once mcps__clock_now() has come to the deadline. */
int mcps__cond_wait_until(struct mcps__cond *cond, struct mcps__mutex *mutex,
                          int64_t deadline) MCPS__REQUIRES(*mutex) MCPS_MUST_CHECK;

#endif
