/* SPDX-License-Identifier: MIT */
/*
 * Tools: what a server offers to be called.
 */
#ifndef MCPSERVER_TOOL_H
#define MCPSERVER_TOOL_H

#include <stddef.h>

#include <mcpserver/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_object; /* of json-c */

typedef struct mcps_call mcps_call;

/*
 * Runs one call. On a worker thread; several calls of one tool may run at once, up to its
 * max_parallel. `args` is an object, empty if the client sent none, borrowed until the
 * handler returns, and belongs to the thread that the handler runs on; it is not checked
 * against the schema yet. The result is given with the functions of call.h.
 *
 * Returns 0 when the result is complete (none at all is an empty result), MCPS_PENDING when
 * mcps_call_finish() comes later, or an error: the client then gets a tool error with the
 * sentence of mcps_strerror() in place of any result, but for what mcps_call_fail() said.
 * MCPS_EBUSY is answered as an error of the protocol: the call was not made.
 */
typedef int mcps_tool_fn(mcps_call *call, struct json_object *args, void *userdata);

struct mcps_tool {
    size_t struct_size; /* sizeof (struct mcps_tool), as MCPS_TOOL_STRUCT() sets it */
    const char *name;   /* 1 to 128 letters, digits, and "_-." */
    const char *title;  /* for people; NULL: none */
    const char *description;  /* for the model; NULL: none */
    const char *input_schema; /* JSON text: a schema of type object; NULL: no arguments */
    mcps_tool_fn *handler;
    void *userdata;
    /* Called once, under no lock, when the tool is gone and its last call has ended, or
     * when it could not be added; NULL: nothing to do. */
    void (*destroy)(void *userdata);
    unsigned timeout_ms;   /* of one call, from its arrival; 0: the server's limit */
    unsigned max_parallel; /* calls of it at once; 0: as many as there may be */
};

#define MCPS_TOOL_STRUCT(...)                                \
    {                                                        \
        .struct_size = sizeof(struct mcps_tool), __VA_ARGS__ \
    }

#ifdef __cplusplus
}
#endif

#endif
