/* SPDX-License-Identifier: MIT */
/*
 * Prompts: messages that a person picks, by a name and with arguments, to begin a
 * conversation with.
 *
 * A handler gives the messages with the functions of result.h: each block is a message, of
 * the user unless mcps_call_role() says otherwise. Where it fails, or calls mcps_call_fail(),
 * the client gets an error, for there is no model yet that could do better.
 *
 *     #define REVIEW(ARG, S) ARG(S, STRING, code, "What to look at", MCPS_REQUIRED)
 *     MCPS_ARGS(review_args, REVIEW);
 *
 *     MCPS_PROMPT_HANDLER(review, review_args)
 *     {
 *         (void)userdata;
 *         return mcps_call_text(call, "Review this code:\n%s", args->code);
 *     }
 *     static const struct mcps_prompt prompts[] = {
 *         MCPS_PROMPT(review, review_args, "Has code reviewed"),
 *     };
 */
#ifndef MCPSERVER_PROMPT_H
#define MCPSERVER_PROMPT_H

#include <stddef.h>

#include <mcpserver/args.h>
#include <mcpserver/base.h>
#include <mcpserver/complete.h>
#include <mcpserver/tool.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Clients send all arguments as strings. Those of a table may be STRING, ENUM, INT, NUMBER
 * and BOOL; "5" is then the integer 5, and "true" is true. A value that is no string, one that
 * does not fit its field, a required one that lacks and one that is not declared are refused
 * with -32602, and the handler is not called. A prompt without a table gets all
 * strings that were sent, as an object, and declares none.
 *
 * Members are added at the end only. Strings are copied, but for tables of fields, which the
 * prompt refers to as long as it lives.
 */
struct mcps_prompt {
    size_t struct_size MCPS_0;    /* as MCPS_PROMPT_STRUCT(), MCPS_PROMPT() set it */
    const char *name MCPS_0;      /* 1 to 128 letters, digits, and "_-." */
    mcps_tool_fn *handler MCPS_0; /* this or the next */
    mcps_typed_fn *typed MCPS_0;
    const struct mcps_field *args MCPS_0; /* of `typed`: args.h */
    size_t args_size MCPS_0;              /* of their struct */
    const char *description MCPS_0;       /* for people and the model; NULL: none */
    const char *title MCPS_0;             /* for people; NULL: none */
    mcps_complete_fn *complete MCPS_0;    /* NULL: only what is ENUM completes */
    unsigned needs MCPS_0;                /* enum mcps_client_capabilities */
    unsigned timeout_ms MCPS_0;   /* of a call, from its arrival; 0: the server's limit */
    unsigned max_parallel MCPS_0; /* calls of it at once; 0: as many as there may be */
    const char *executor MCPS_0;  /* NULL: workers; MCPS_INLINE; or a name: executor.h */
    const char *icons MCPS_0;     /* JSON text, an array; NULL: none */
    const char *meta MCPS_0; /* of its description: JSON text, an object; NULL: none */
    void *userdata MCPS_0;
    /* Called once, under no lock, when the prompt is gone and its last call has ended, or
     * when it could not be added; NULL: nothing to do. */
    void (*destroy)(void *userdata) MCPS_0;
    const char *const *tags
        MCPS_0; /* for who decides what is shown; NULL behind the last. NULL: none */
};

#define MCPS_PROMPT_STRUCT(...) \
    MCPS_STRUCT_(mcps_prompt, .struct_size = sizeof(struct mcps_prompt), __VA_ARGS__)

/* Begins the handler `fn` of a prompt with the arguments struct S, as MCPS_TOOL_HANDLER()
 * does. An exception of C++ that leaves it becomes an error with its what(). */
#define MCPS_PROMPT_HANDLER(fn, S) MCPS_TOOL_HANDLER(fn, S)

/* The prompt of a handler with these arguments, an element of an array of struct mcps_prompt:
 * its description, then any members that follow that one, in their order. */
#define MCPS_PROMPT(fn, S, ...) MCPS_PROMPT_NAMED(#fn, fn, S, __VA_ARGS__)
#define MCPS_PROMPT_NAMED(prompt_name, fn, S, ...)                        \
    MCPS_PROMPT_STRUCT(.name = prompt_name, .typed = fn##_takes_##S##_,   \
                       .args = S##_fields, .args_size = sizeof(struct S), \
                       .description = __VA_ARGS__)

/* ---- for handlers of prompts ---- */

enum mcps_role { MCPS_ROLE_USER, MCPS_ROLE_ASSISTANT };

/* Whose the messages are that follow. Any thread that has a reference on the call. Errors as
 * in result.h; -EINVAL when the call is not of a prompt. */
MCPS_PUBLIC int mcps_call_role(mcps_call *call, enum mcps_role role);
/* The description of the result, copied, in place of the prompt's own. NULL: none. Threads
 * and errors as above. */
MCPS_PUBLIC int mcps_call_description(mcps_call *call, const char *text);

#ifdef __cplusplus
}
#endif

#endif
