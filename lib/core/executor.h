/* SPDX-License-Identifier: MIT */
/*
 * Executors that the host pumps: pools without workers, with a name and a descriptor. See
 * mcpserver/executor.h.
 *
 * THREADS. Every function may be called on any thread, but only one thread at a time adds. An
 * executor stays in its list, which only grows, as long as the list is there; what the host has
 * beyond that is the executor alone, whose pool is closed by then.
 */
#ifndef MCPS_CORE_EXECUTOR_H
#define MCPS_CORE_EXECUTOR_H

#include <stdatomic.h>

#include "core/pool.h"
#include "mcpserver/executor.h"
#include "util/log.h"
#include "util/obj.h"
#include "util/wake.h"

struct mcps_executor {
    struct mcps__obj obj;
    struct mcps_executor *next; /* in the list; never changes */
    struct mcps__pool pool;
    struct mcps__wake wake; /* readable while calls wait, and once it is closed */
    _Atomic(struct mcps__worker *) worker; /* for who runs calls next; NULL: none yet */
    char name[];                           /* never changes */
};

struct mcps__executors {
    _Atomic(struct mcps_executor *) first; /* references; stored by who adds */
};

void mcps__executors_init(struct mcps__executors *executors);
void mcps__executors_fini(struct mcps__executors *executors);

/* Adds an executor whose calls wait in a queue of the main pool. Gives a reference of the
 * caller's. MCPS_EEXISTS for a name that there is, or that has a meaning of its own; -EINVAL
 * for an empty one; -ENOMEM. */
int mcps__executor_new(mcps_executor **ret, struct mcps__executors *executors,
                       struct mcps__pool *main, const char *name) MCPS_MUST_CHECK;
/* The executor of that name, borrowed, or NULL. */
mcps_executor *mcps__executors_find(const struct mcps__executors *executors,
                                    const char *name);

/* All of them: to be used (again), and stopped as pools are: how many calls still run. */
void mcps__executors_start(struct mcps__executors *executors);
unsigned mcps__executors_stop(struct mcps__executors *executors, int64_t deadline);
/* The server is gone. */
void mcps__executors_close(struct mcps__executors *executors);
/* How many calls are stuck in them; what waits and what runs is counted by the main pool. */
unsigned mcps__executors_stuck(const struct mcps__executors *executors);

#endif
