/* SPDX-License-Identifier: MIT */
/* What a request brought in its _meta, read when it is first asked for. */
#ifndef MCPS_CORE_REQUEST_META_H
#define MCPS_CORE_REQUEST_META_H

#include "core/call.h"

/* The part of freeing a call that is about it. Nobody else has it any more. */
void mcps__brought_free(struct mcps_call *call);

#endif
