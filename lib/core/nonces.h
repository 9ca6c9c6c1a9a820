/* SPDX-License-Identifier: MIT */
/*
 * The nonces that were used up: what may be used once only, until it expires by itself.
 *
 * They are remembered until then, and no longer. In this process alone: several servers that
 * share keys do not see each other's.
 */
#ifndef MCPS_CORE_NONCES_H
#define MCPS_CORE_NONCES_H

#include <stddef.h>
#include <stdint.h>

#include "core/seal.h"
#include "mcpserver/base.h"
#include "util/lock.h"
#include "util/map.h"
#include "util/timer.h"

/* Any thread. */
struct mcps__nonces {
    struct mcps__mutex mutex; /* covers all below */
    struct mcps__map map MCPS__GUARDED;
    struct mcps__timers expiry MCPS__GUARDED; /* by mcps__clock_wall_ms() */
    /* The latest expiry of those that were forgotten. */
    int64_t forgotten MCPS__GUARDED;
};

/* Remembers at most `max` at once. 0 or -errno. */
int mcps__nonces_init(struct mcps__nonces *nonces, size_t max) MCPS_MUST_CHECK;
/* Before anything is used. */
void mcps__nonces_set_max(struct mcps__nonces *nonces, size_t max);
/* Nobody uses it any more. */
void mcps__nonces_fini(struct mcps__nonces *nonces);

/* 0 the first time, MCPS_EEXISTS after that, and of all that has expired by now, or as early as
 * another one that was forgotten: the wall clock may have gone back, and nobody can tell any
 * more. MCPS_ELIMIT when no more can be remembered, -ENOMEM; it then has not been used. */
int mcps__nonces_use(struct mcps__nonces *nonces,
                     const unsigned char nonce[MCPS__SEAL_NONCE_SIZE],
                     int64_t expires_at) MCPS_MUST_CHECK;

#endif
