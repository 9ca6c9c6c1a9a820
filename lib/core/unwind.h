/* SPDX-License-Identifier: MIT */
/*
 * Asking a legacy client where no thread may wait: in tools that are inline or on executors, in
 * a server without workers. The handler has returned MCPS_EINPUT; its questions go out as
 * requests, the call stays in flight without a thread, and is submitted again when all of them
 * have an outcome.
 *
 * It counts as parked meanwhile. A call that is cancelled, or loses its client, ends without
 * its handler being run again.
 */
#ifndef MCPS_CORE_UNWIND_H
#define MCPS_CORE_UNWIND_H

#include "core/call.h"

void mcps__unwind_init(struct mcps_call *call);

/* Has the handler asked anything that is to be asked this way? On its thread. */
bool mcps__unwind_is_due(struct mcps_call *call, int result);
/* Instead of finishing a call for which that is due: takes over what its handler had of it. */
void mcps__unwind(struct mcps_call *call);
/* The call was cancelled: if it waits, it ends. Returns whether it did. [home] */
bool mcps__unwind_cancel(struct mcps_call *call);

#endif
