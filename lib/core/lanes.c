/* SPDX-License-Identifier: MIT */
/* A peer's lanes; see lanes.h. */
#include "config.h"

#include "core/lanes.h"

#include <errno.h>

#include "util/mem.h"

struct own_lane {
    struct mcps__list link; /* in the peer's list */
    struct mcps__pool *pool;
    struct mcps__lane lane;
};

static struct own_lane *own_of(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct own_lane, link);
}

void mcps__lanes_init(struct mcps__peer *peer)
{
    mcps__list_init(&peer->lanes);
    mcps__lane_init(&peer->lane, &peer->account->share);
}

void mcps__lanes_fini(struct mcps__peer *peer)
{
    MCPS__LIST_FOREACH_SAFE (node, &peer->lanes) {
        mcps__list_remove(node);
        mcps__free(own_of(node));
    }
}

/* Nobody but its home holds or releases a lane, so it may look without the pool's mutex. */
int mcps__lanes_get(struct mcps__peer *peer, struct mcps__pool *pool,
                    struct mcps__lane **ret)
{
    struct own_lane *own;

    if (pool == &peer->engine->pool) {
        *ret = &peer->lane;
        return 0;
    }
    MCPS__LIST_FOREACH (node, &peer->lanes) {
        if (own_of(node)->pool == pool) {
            *ret = &own_of(node)->lane;
            return 0;
        }
    }
    own = mcps__malloc(sizeof *own);
    if (!own)
        return -ENOMEM;
    own->pool = pool;
    mcps__lane_init(&own->lane, &pool->all);
    own->lane.held = peer->lane.held;
    mcps__list_init(&own->link);
    mcps__list_push_back(&peer->lanes, &own->link);
    *ret = &own->lane;
    return 0;
}

void mcps__lanes_hold(struct mcps__peer *peer)
{
    mcps__pool_hold(&peer->engine->pool, &peer->lane);
    MCPS__LIST_FOREACH (node, &peer->lanes)
        mcps__pool_hold(own_of(node)->pool, &own_of(node)->lane);
}

void mcps__lanes_release(struct mcps__peer *peer)
{
    mcps__pool_release(&peer->engine->pool, &peer->lane);
    MCPS__LIST_FOREACH (node, &peer->lanes)
        mcps__pool_release(own_of(node)->pool, &own_of(node)->lane);
}
