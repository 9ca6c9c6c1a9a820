/* SPDX-License-Identifier: MIT */
/*
 * The formats of W3C Trace Context (traceparent, tracestate) and W3C Baggage, strictly. Any
 * thread.
 */
#ifndef MCPS_CORE_TRACE_H
#define MCPS_CORE_TRACE_H

#include <stdbool.h>

#include "mcpserver/meta.h"

/* Reads a traceparent into the numbers of *ret, which are left alone when it is none. What
 * later versions put behind the flags is not looked at. */
bool mcps__trace_read(struct mcps_trace *ret, const char *traceparent);
/* At most 32 members, of which no two have the same key. */
bool mcps__tracestate_ok(const char *text);
/* At most 8192 bytes and 180 members. */
bool mcps__baggage_ok(const char *text);

#endif
