/* SPDX-License-Identifier: MIT */
/* The result of a call, written straight into its answer. Any thread. */
#ifndef MCPS_CORE_RESULT_H
#define MCPS_CORE_RESULT_H

#include "core/call.h"

/* The part of making a call that is about its result. */
void mcps__result_init(struct mcps_call *call);

/* The answer to a call whose handler has come to `result`. The call is claimed for finishing,
 * so nothing is added any more. Given; NULL when there is no memory even for an error. */
struct mcps__piece *mcps__result_piece(struct mcps_call *call, int result);

#endif
