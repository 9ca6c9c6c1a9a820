/* SPDX-License-Identifier: MIT */
/*
 * A peer's lanes: the one before the workers, and one in each other pool in which it has had
 * calls. They are held and released together. A pool without workers serves the lanes of its
 * peers in turn, whatever accounts they are of.
 *
 * THREADS. [home]
 */
#ifndef MCPS_CORE_LANES_H
#define MCPS_CORE_LANES_H

#include "core/peer.h"

/* None but the one before the workers. */
void mcps__lanes_init(struct mcps__peer *peer);
/* None has jobs any more. Any thread: nobody else has the peer. */
void mcps__lanes_fini(struct mcps__peer *peer);

/* The peer's lane in a pool, made if need be. -ENOMEM. */
int mcps__lanes_get(struct mcps__peer *peer, struct mcps__pool *pool,
                    struct mcps__lane **ret) MCPS_MUST_CHECK;

/* No calls of the peer are started any more, or again. */
void mcps__lanes_hold(struct mcps__peer *peer);
void mcps__lanes_release(struct mcps__peer *peer);

#endif
