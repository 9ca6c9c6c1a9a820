/* SPDX-License-Identifier: MIT */
/*
 * Tools: what a server offers to be called.
 */
#ifndef MCPSERVER_TOOL_H
#define MCPSERVER_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include <mcpserver/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_object; /* of json-c */

struct mcps_field; /* of args.h */

typedef struct mcps_call mcps_call;

/* What a server offers. */
enum mcps_kind {
    MCPS_TOOLS,     /* tool.h: known by their names */
    MCPS_PROMPTS,   /* prompt.h: by their names */
    MCPS_RESOURCES, /* resource.h: by their URIs */
    MCPS_TEMPLATES, /* of resources, resource.h: by their texts */
    MCPS_N_KINDS
};

/*
 * Runs one call. On a worker thread, or where the tool's executor says; several calls of one
 * tool may run at once, up to its max_parallel. `args` is an object, empty if the client sent
 * none, and fits the input schema. It belongs to the thread that the handler runs on, and is
 * borrowed until the handler has returned and the call is finished. The result is given with
 * the functions of result.h.
 *
 * Returns 0 when the result is complete (none at all is an empty result), MCPS_PENDING when
 * mcps_call_finish() comes later, or an error: the client then gets a tool error with the
 * sentence of mcps_strerror() in place of any result, but for what mcps_call_fail() said.
 * MCPS_EBUSY is answered as an error of the protocol: the call was not made. MCPS_EINPUT is what
 * asking the client returns (ask.h): the handler is run again when the answer is there.
 */
typedef int mcps_tool_fn(mcps_call *call, struct json_object *args, void *userdata);
/* The same for a tool whose arguments are declared by a table (args.h): `args` is the struct
 * that the table describes, and fits what it says. */
typedef int mcps_typed_fn(mcps_call *call, const void *args, void *userdata);

/* What a tool does to its world: hints for people and programs, no promises. */
enum mcps_tool_hints {
    MCPS_READ_ONLY = 1 << 0,   /* it changes nothing */
    MCPS_ADDITIVE = 1 << 1,    /* it destroys nothing */
    MCPS_IDEMPOTENT = 1 << 2,  /* the same call again changes nothing more */
    MCPS_CLOSED_WORLD = 1 << 3 /* it talks to nobody outside */
};

/* What a client must have declared for a tool to be called. One that has not gets the error
 * -32021 (2026-07-28) or, before that, a tool error; the handler is not called. */
enum mcps_client_capabilities {
    MCPS_CLIENT_ROOTS = 1 << 0,
    MCPS_CLIENT_SAMPLING = 1 << 1,
    MCPS_CLIENT_ELICITATION = 1 << 2,     /* forms */
    MCPS_CLIENT_ELICITATION_URL = 1 << 3, /* from 2025-11-25 on, as those below */
    MCPS_CLIENT_SAMPLING_TOOLS = 1 << 4,
    MCPS_CLIENT_SAMPLING_CONTEXT = 1 << 5
};

/* Members are added at the end only. Strings are copied, but for tables of fields, which the
 * tool refers to as long as it lives. */
struct mcps_tool {
    size_t struct_size MCPS_0;    /* as MCPS_TOOL_STRUCT(), MCPS_TOOL() set it */
    const char *name MCPS_0;      /* 1 to 128 letters, digits, and "_-." */
    mcps_tool_fn *handler MCPS_0; /* this or the next */
    mcps_typed_fn *typed MCPS_0;
    const struct mcps_field *args MCPS_0; /* of `typed`: args.h */
    size_t args_size MCPS_0;              /* of their struct */
    const char *description MCPS_0;       /* for the model; NULL: none */
    const char *title MCPS_0;             /* for people; NULL: none */
    /* Of `handler`: JSON text, a schema of type object, as schema.h takes it; NULL: any
     * arguments. */
    const char *input_schema MCPS_0;
    const struct mcps_field *result MCPS_0; /* of structured results; NULL: none, or */
    const char *output_schema MCPS_0;       /* given as JSON text; NULL: none */
    unsigned hints MCPS_0;                  /* enum mcps_tool_hints */
    unsigned needs MCPS_0;                  /* enum mcps_client_capabilities */
    unsigned timeout_ms MCPS_0;   /* of a call, from its arrival; 0: the server's limit */
    unsigned max_parallel MCPS_0; /* calls of it at once; 0: as many as there may be */
    const char *executor MCPS_0;  /* NULL: workers; MCPS_INLINE; or a name: executor.h */
    const char *icons MCPS_0;     /* JSON text, an array; NULL: none */
    const char *meta MCPS_0; /* of its description: JSON text, an object; NULL: none */
    void *userdata MCPS_0;
    /* Called once, under no lock, when the tool is gone and its last call has ended, or
     * when it could not be added; NULL: nothing to do. */
    void (*destroy)(void *userdata) MCPS_0;
    const char *const *tags
        MCPS_0; /* for who decides what is shown; NULL behind the last. NULL: none */
    /* What clients of 2026-07-28 bring back from one round of questions is good for one try, in
     * this process; a second is refused with -32602. */
    bool single_use_state MCPS_0;
    /* It sends nothing but its result: no progress, no log, no questions. Over HTTP clients up to
     * 2025-11-25 then get one JSON text for an answer; else it is the end of a stream. What it
     * sends all the same makes a stream of it. */
    bool only_result MCPS_0;
};

/* The executor of tools that never block: their handlers are called on the I/O thread, where
 * everybody else waits for them. Those that take longer than the limit inline_ms are counted
 * and named in the log. */
#define MCPS_INLINE "inline"

#define MCPS_TOOL_STRUCT(...) \
    MCPS_STRUCT_(mcps_tool, .struct_size = sizeof(struct mcps_tool), __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
