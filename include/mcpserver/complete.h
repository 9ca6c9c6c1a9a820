/* SPDX-License-Identifier: MIT */
/*
 * Completion: what may become of an argument of a prompt, or of a variable of a template of
 * resources, while a person types it.
 *
 * Arguments that are declared as ENUM complete by themselves, unless the prompt or template
 * has a function: that is asked of every argument, those included. It runs where the handler
 * does, on a worker or its executor, with the same limits.
 */
#ifndef MCPSERVER_COMPLETE_H
#define MCPSERVER_COMPLETE_H

#include <stdbool.h>
#include <stdint.h>

#include <mcpserver/base.h>
#include <mcpserver/tool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Gives the values that the argument may have, the best first; `value` is what there is of it
 * so far, maybe nothing. All strings are borrowed until the call is finished. Returns what a
 * handler does: 0, MCPS_PENDING, or an error. */
typedef int mcps_complete_fn(mcps_call *call, const char *argument, const char *value,
                             void *userdata);

/* How many values a client gets at the most: those that are given after them are counted. */
#define MCPS_COMPLETE_MAX 100

/* Adds a value, copied. Any thread that has a reference on the call. MCPS_ECANCELLED,
 * MCPS_ECLOSED and MCPS_ELIMIT as in result.h; -EINVAL when the call is no completion. */
MCPS_PUBLIC int mcps_complete_value(mcps_call *call, const char *value);
/* Says how many values there are in all, given or not, and whether there are more than were
 * given. Otherwise the total is the number of those that were given. Errors as above. */
MCPS_PUBLIC int mcps_complete_total(mcps_call *call, uint64_t total, bool has_more);
/* What the client has for another argument already, or NULL: not known, or no completion.
 * Clients before 2025-06-18 do not say. Borrowed until the call is finished. */
MCPS_PUBLIC const char *mcps_complete_context(const mcps_call *call,
                                              const char *argument);

#ifdef __cplusplus
}
#endif

#endif
