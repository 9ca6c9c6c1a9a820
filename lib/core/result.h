/* SPDX-License-Identifier: MIT */
/* The result of a call, written straight into its answer. Any thread. */
#ifndef MCPS_CORE_RESULT_H
#define MCPS_CORE_RESULT_H

#include "core/call.h"

/* The parts of making and freeing a call that are about its result. No lock is held. */
void mcps__result_init(struct mcps_call *call);
void mcps__result_fini(struct mcps_call *call);

/* Forgets what was said: the handler is run again. */
void mcps__result_restart(struct mcps_call *call);

/* May anything be said still? MCPS_ECLOSED, MCPS_ECANCELLED. */
int mcps__result_check(struct mcps_call *call) MCPS__REQUIRES(call->mutex);

/* The same, and begins the answer: what is said belongs behind that. Then the lock is let go,
 * and mcps__result_said() passes on what came of it. */
int mcps__result_open(struct mcps_call *call) MCPS__REQUIRES(call->mutex);
int mcps__result_said(struct mcps_call *call, int r);

/* Adds the content of a resource, an owned blob, and releases what is left of it. */
int mcps__result_blob(struct mcps_call *call, struct mcps_blob *blob);

/* Structured content, as mcps_call_structured(), that is JSON text already: one valid value on
 * one line, taken in every case. */
int mcps__call_structured_text(struct mcps_call *call, struct mcps__buf *json,
                               bool is_object);

/* The answer to a call whose handler has come to `result`. The call is claimed for finishing,
 * so nothing is added any more. Given; NULL when there is no memory even for an error. */
struct mcps__piece *mcps__result_piece(struct mcps_call *call, int result);

#endif
