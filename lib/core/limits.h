/* SPDX-License-Identifier: MIT */
/*
 * The limits of one server, and how often each was reached.
 *
 * THREADS. Values never change once the server has started. Counters: any thread.
 */
#ifndef MCPS_CORE_LIMITS_H
#define MCPS_CORE_LIMITS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/limits.h"

struct mcps__limits {
    uint64_t values[MCPS_N_LIMITS];
    atomic_uint_fast64_t hits[MCPS_N_LIMITS];
};

void mcps__limits_init(struct mcps__limits *limits);

static inline uint64_t mcps__limit(const struct mcps__limits *limits,
                                   enum mcps_limit limit)
{
    return limits->values[limit];
}

static inline size_t mcps__limit_size(const struct mcps__limits *limits,
                                      enum mcps_limit limit)
{
    return (size_t)limits->values[limit];
}

/* A limit in milliseconds, as nanoseconds; INT64_MAX if it is more than can be counted. */
int64_t mcps__limit_ns(const struct mcps__limits *limits, enum mcps_limit limit);

static inline void mcps__limit_hit(struct mcps__limits *limits, enum mcps_limit limit)
{
    atomic_fetch_add_explicit(&limits->hits[limit], 1, memory_order_relaxed);
}

#endif
