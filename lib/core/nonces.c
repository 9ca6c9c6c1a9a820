/* SPDX-License-Identifier: MIT */
/* Nonces that were used up; see nonces.h. */
#include "config.h"

#include "core/nonces.h"

#include <errno.h>
#include <string.h>

#include "util/clock.h"
#include "util/list.h"
#include "util/mem.h"

struct used {
    unsigned char nonce[MCPS__SEAL_NONCE_SIZE];
    struct mcps__timer expiry;
    struct mcps__nonces *all;
};

MCPS__NO_LOCK_ANALYSIS /* nobody else has it yet */
    int
    mcps__nonces_init(struct mcps__nonces *nonces, size_t max)
{
    int r = mcps__map_init(&nonces->map, max);

    if (r >= 0)
        r = mcps__mutex_init(&nonces->mutex, MCPS__LOCK_nonces);
    if (r < 0)
        return r;
    mcps__timers_init(&nonces->expiry);
    nonces->forgotten = INT64_MIN;
    return 0;
}

void mcps__nonces_set_max(struct mcps__nonces *nonces, size_t max)
{
    mcps__mutex_lock(&nonces->mutex);
    nonces->map.max = max;
    mcps__mutex_unlock(&nonces->mutex);
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    void
    mcps__nonces_fini(struct mcps__nonces *nonces)
{
    struct used *used;
    size_t cursor = 0;

    for (used = mcps__map_next(&nonces->map, &cursor); used;
         used = mcps__map_next(&nonces->map, &cursor)) {
        mcps__timer_clear(&nonces->expiry, &used->expiry);
        mcps__free(used);
    }
    mcps__map_fini(&nonces->map);
    mcps__timers_fini(&nonces->expiry);
    mcps__mutex_fini(&nonces->mutex);
}

/* Its moment has come, in mcps__nonces_use(). */
MCPS__NO_LOCK_ANALYSIS
static void forget(struct mcps__timer *timer)
{
    struct used *used = MCPS__CONTAINER_OF(timer, struct used, expiry);
    struct mcps__nonces *nonces = used->all;

    if (timer->at > nonces->forgotten)
        nonces->forgotten = timer->at;
    mcps__map_remove(&nonces->map, used->nonce, sizeof used->nonce, used);
    mcps__free(used);
}

static int remember(struct mcps__nonces *nonces, const unsigned char *nonce,
                    int64_t expires_at) MCPS__REQUIRES(nonces->mutex);
static int remember(struct mcps__nonces *nonces, const unsigned char *nonce,
                    int64_t expires_at)
{
    struct used *used = mcps__malloc(sizeof *used);
    int r;

    if (!used)
        return -ENOMEM;
    memcpy(used->nonce, nonce, sizeof used->nonce);
    used->all = nonces;
    mcps__timer_init(&used->expiry, forget);
    r = mcps__timer_set(&nonces->expiry, &used->expiry, expires_at);
    if (r >= 0)
        r = mcps__map_insert(&nonces->map, used->nonce, sizeof used->nonce, used);
    if (r < 0) {
        mcps__timer_clear(&nonces->expiry, &used->expiry);
        mcps__free(used);
    }
    return r;
}

int mcps__nonces_use(struct mcps__nonces *nonces,
                     const unsigned char nonce[MCPS__SEAL_NONCE_SIZE], int64_t expires_at)
{
    int64_t now;
    int r;

    mcps__mutex_lock(&nonces->mutex);
    now = mcps__clock_wall_ms();
    mcps__timers_run(&nonces->expiry, now);
    if (expires_at <= now || expires_at <= nonces->forgotten)
        r = MCPS_EEXISTS;
    else
        r = remember(nonces, nonce, expires_at);
    mcps__mutex_unlock(&nonces->mutex);
    return r;
}
