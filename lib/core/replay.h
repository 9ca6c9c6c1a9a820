/* SPDX-License-Identifier: MIT */
/*
 * Asking by results (2026-07-28): what is asked goes out in the answer to the request, and a new
 * request brings the answers. What must outlast that travels through the client, sealed, and
 * bound to who asks for what.
 */
#ifndef MCPS_CORE_REPLAY_H
#define MCPS_CORE_REPLAY_H

#include "core/call.h"

/* Reads what a request brings from the round before, if it can bring anything. On its worker,
 * before the arguments are decoded. MCPS_EINVALID with a sentence in `reterr` for its client;
 * MCPS_ELIMIT when no more used states can be remembered; -ENOMEM and the like. */
int mcps__replay_open(struct mcps_call *call, char *reterr,
                      size_t reterr_size) MCPS_MUST_CHECK;

/* The answer to a call that cannot be finished yet, or whose request had bad answers. NULL when
 * it is neither, or when there is another error, which is then in *result. Given. */
struct mcps__piece *mcps__replay_piece(struct mcps_call *call, int *result)
    MCPS__REQUIRES(call->mutex);

#endif
