/* SPDX-License-Identifier: MIT */
/* Asking the client during a call, and the client's answers. */
#ifndef MCPS_CORE_ASK_H
#define MCPS_CORE_ASK_H

#include "core/call.h"

/* Sends a request without params that belongs to the call, and waits for the answer. Gives
 * *ret, the text of the result. Errors are those of mcps_call_roots(). Any thread. */
int mcps__ask(struct mcps_call *call, unsigned capability, const char *method,
              enum mcps_limit time_limit, struct mcps__bytes **ret) MCPS_MUST_CHECK;

#endif
