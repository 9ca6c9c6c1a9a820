/* SPDX-License-Identifier: MIT */
/*
 * What a call learns of its request beside the arguments: the request's _meta, the trace that
 * it is a part of, and what its client calls itself. doc/logging.md says more.
 *
 * Any thread that has a reference on the call. What is borrowed is valid as long as the call.
 */
#ifndef MCPSERVER_META_H
#define MCPSERVER_META_H

#include <stdint.h>

#include <mcpserver/base.h>
#include <mcpserver/tool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The value of a key of the request's _meta, whatever key it is: gives a tree, which
 * json_object_put() frees; NULL for null. MCPS_ENOTFOUND, -ENOMEM; MCPS_EINVALID for one that
 * has two members of one name. */
MCPS_PUBLIC int mcps_call_request_meta(mcps_call *call, const char *key,
                                       struct json_object **ret) MCPS_MUST_CHECK;

/* The trace context of W3C, read strictly: what is not well-formed is as if it was not there,
 * and without a traceparent there is no tracestate. */
struct mcps_trace {
    const char *traceparent; /* borrowed, as it came; NULL: none, and then zeros below */
    const char *tracestate;  /* NULL: none */
    const char *baggage;     /* NULL: none */
    uint8_t version;
    uint8_t trace_id[16];
    uint8_t parent_id[8];
    uint8_t flags; /* 1: sampled */
};

/* 1 when there is a traceparent, 0 when there is none, -ENOMEM. */
MCPS_PUBLIC int mcps_call_trace(mcps_call *call, struct mcps_trace *ret) MCPS_MUST_CHECK;

/* What a client calls itself, which nobody has checked: for logs, not for decisions. Borrowed,
 * cut to 127 and 63 bytes; "" where it did not say. */
struct mcps_client_info {
    const char *name;
    const char *version;
};

/* 0, or -ENOMEM. */
MCPS_PUBLIC int mcps_call_client(mcps_call *call,
                                 struct mcps_client_info *ret) MCPS_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
