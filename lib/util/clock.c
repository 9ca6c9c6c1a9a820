/* SPDX-License-Identifier: MIT */
/* The clock; see clock.h. */
#include "config.h"

#include "util/clock.h"

#include <time.h>

#include "util/assert.h"

static int64_t real_now(void)
{
    struct timespec now = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MCPS__NS_PER_S + now.tv_nsec;
}

static int64_t real_wall_ms(void)
{
    struct timespec now = { 0 };

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * (MCPS__NS_PER_S / MCPS__NS_PER_MS) +
           now.tv_nsec / MCPS__NS_PER_MS;
}

#ifdef MCPS__TEST_HOOKS
#include <stdatomic.h>

enum { NOT_DRIVEN = -1 };

static _Atomic int64_t driven_now = NOT_DRIVEN;

int64_t mcps__clock_now(void)
{
    int64_t now = atomic_load(&driven_now);

    return now == NOT_DRIVEN ? real_now() : now;
}

int64_t mcps__clock_wall_ms(void)
{
    int64_t now = atomic_load(&driven_now);

    if (now == NOT_DRIVEN)
        return real_wall_ms();
    return MCPS__CLOCK_DRIVEN_WALL_MS + now / MCPS__NS_PER_MS;
}

/* Whoever advances the clock does not know who waits for it, so they look often. */
int64_t mcps__clock_sleep_until(int64_t deadline)
{
    if (atomic_load(&driven_now) == NOT_DRIVEN)
        return deadline;
    return real_now() + MCPS__NS_PER_MS;
}

void mcps__clock_drive(int64_t start_ns)
{
    mcps__assert(start_ns >= 0);
    atomic_store(&driven_now, start_ns);
}

void mcps__clock_advance(int64_t ns)
{
    mcps__assert(ns >= 0 && atomic_load(&driven_now) != NOT_DRIVEN);
    atomic_fetch_add(&driven_now, ns);
}

void mcps__clock_release(void)
{
    atomic_store(&driven_now, NOT_DRIVEN);
}

#else

int64_t mcps__clock_now(void)
{
    return real_now();
}

int64_t mcps__clock_wall_ms(void)
{
    return real_wall_ms();
}

#endif

int64_t mcps__clock_after(int64_t ns)
{
    int64_t now = mcps__clock_now();

    if (ns <= 0)
        return now;
    return ns > MCPS__CLOCK_NEVER - now ? MCPS__CLOCK_NEVER : now + ns;
}
