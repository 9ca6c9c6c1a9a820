/* SPDX-License-Identifier: MIT */
/*
 * The fair queue of a pool, for the pool alone: rows of shares, of lanes and of jobs. All of
 * it is under the pool's mutex.
 *
 * A lane stands in its share's row while it has jobs and is not held, a share in the pool's
 * row while it has such lanes. Whoever was served goes to the end of its row.
 */
#ifndef MCPS_CORE_QUEUE_H
#define MCPS_CORE_QUEUE_H

#include <stdbool.h>

#include "core/pool.h"

/* Is there nothing to be served? */
static inline bool mcps__queue_is_empty(const struct mcps__list *shares)
{
    return mcps__list_is_empty(shares);
}

void mcps__queue_push(struct mcps__list *shares, struct mcps__job *job);
/* The next job, taken out of its lane; NULL if there is none. */
struct mcps__job *mcps__queue_pop(struct mcps__list *shares);
/* Takes a job that is queued out of its lane. */
void mcps__queue_remove(struct mcps__job *job);

void mcps__queue_hold(struct mcps__lane *lane);
/* Returns how many jobs can be served now that could not before, `most` at the most. */
unsigned mcps__queue_release(struct mcps__list *shares, struct mcps__lane *lane,
                             unsigned most);

#endif
