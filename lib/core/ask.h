/* SPDX-License-Identifier: MIT */
/* Requests to the client during a call; what applications say is in mcpserver/ask.h. */
#ifndef MCPS_CORE_ASK_H
#define MCPS_CORE_ASK_H

#include "core/answers.h"
#include "core/call.h"
#include "core/pending.h"

/* The request of an entry. The params are an object; what names our progress is added. Given;
 * NULL when there is no memory. */
struct mcps__piece *mcps__ask_piece(const struct mcps__entry *entry, const char *method,
                                    const struct mcps__buf *params);
/* Tells the client that nobody waits for its answer any more. */
void mcps__ask_cancel(struct mcps__entry *entry, int why);

/* May the client be asked now? MCPS_ECANCELLED, MCPS_ENOCHANNEL, MCPS_ECLOSED, MCPS_ENOTREADY. */
int mcps__ask_check(struct mcps_call *call) MCPS_MUST_CHECK;

/* The answers of a call, made if need be; NULL when there is no memory. */
struct mcps__answers *mcps__ask_answers(struct mcps_call *call)
    MCPS__REQUIRES(call->mutex) MCPS_MUST_CHECK;

#endif
