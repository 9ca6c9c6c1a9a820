/* SPDX-License-Identifier: MIT */
/*
 * A call: one run of a handler, of a tool, a prompt, a resource, a template or a completion.
 *
 * Every function may be called on any thread by whoever has a reference, and the handler has
 * one until it returns. None of them blocks but mcps_call_sleep_ms() and what asks the client
 * (ask.h), which wake up when the call is cancelled, and what waits for a running hook:
 * finishing, and removing it. After the call is finished they return
 * MCPS_ECLOSED, after it was cancelled MCPS_ECANCELLED, however the client went away: there
 * is nothing that a handler has to do about it but return. What it says is in result.h.
 */
#ifndef MCPSERVER_CALL_H
#define MCPSERVER_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <mcpserver/base.h>
#include <mcpserver/cancel.h>
#include <mcpserver/result.h>
#include <mcpserver/tool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- while it runs ---- */

/* Tells the client how far the call is, if it asked for that. `done` must grow; `total` is
 * 0 or less when it is not known; `message` may be NULL. -EINVAL when `done` does not grow
 * or is no finite number. Of those that come faster than the limit progress_ms only the latest
 * goes out, by the end of that time or just before the answer. When the client does not keep
 * up the latest replaces those that still wait. */
MCPS_PUBLIC int mcps_call_progress(mcps_call *call, double done, double total,
                                   const char *message);

/*
 * Tells the client's log about it, if it wants to hear of that level. `logger` names a part of
 * the server; NULL: none. What the client does not want to hear of costs next to nothing. What
 * comes too fast (the limit client_logs), or while too much output waits for the client, is
 * dropped and counted. 0 in all of these cases; -EINVAL for what is no level; MCPS_ELIMIT for
 * a message that is larger than results may be; -ENOMEM. Nothing is taken out: secrets must
 * not be put in.
 */
MCPS_PUBLIC int mcps_call_log(mcps_call *call, enum mcps_log_level level,
                              const char *logger, const char *format, ...)
    MCPS_PRINTF(4, 5);
/* The same with any JSON value, as text. -EINVAL when it is none. */
MCPS_PUBLIC int mcps_call_log_json(mcps_call *call, enum mcps_log_level level,
                                   const char *logger, const char *json);

/* Who asks: the name of the account. Borrowed as long as the call. */
MCPS_PUBLIC const char *mcps_call_principal(const mcps_call *call);
/* The revision of the protocol that the request is of, such as "2026-07-28". Static. */
MCPS_PUBLIC const char *mcps_call_protocol(const mcps_call *call);
/* Has the client declared all of these? Bits of enum mcps_client_capabilities. */
MCPS_PUBLIC bool mcps_call_client_can(const mcps_call *call, unsigned capabilities);
/* Milliseconds until the call's time is up; -1: there is no limit. */
MCPS_PUBLIC int64_t mcps_call_remaining_ms(const mcps_call *call);

/* ---- being cancelled: four ways to notice, whichever fits how the tool waits ---- */

/* MCPS_CANCEL_NONE, or why. One atomic load: fit for loops. */
MCPS_PUBLIC enum mcps_cancel_reason mcps_call_cancelled(const mcps_call *call);
/* 0 after so many milliseconds, MCPS_ECANCELLED as soon as the call is cancelled. -EDEADLK in
 * a tool that is inline. */
MCPS_PUBLIC int mcps_call_sleep_ms(mcps_call *call, unsigned ms);
/* A descriptor to poll for reading: readable once the call is cancelled. Made on demand,
 * not to be read or closed, valid until the last reference goes. -errno. */
MCPS_PUBLIC int mcps_call_cancel_fd(mcps_call *call) MCPS_MUST_CHECK;

typedef struct mcps_cancel_hook mcps_cancel_hook;

/* Has `fn` called once when the call is cancelled. Gives *ret (may be NULL), which is valid
 * until it is removed or the call is finished. Finishing, as returning from the handler does,
 * removes all hooks: one that has not begun is not called any more, and one that runs is
 * waited for, so that it must not need a lock that the finisher holds. */
MCPS_PUBLIC int mcps_call_on_cancel(mcps_call *call, mcps_cancel_hook **ret,
                                    mcps_cancel_fn *fn, void *userdata) MCPS_MUST_CHECK;
/* Waits while the hook runs, unless it is the hook that calls. NULL is fine; returns NULL. */
MCPS_PUBLIC mcps_cancel_hook *mcps_cancel_hook_remove(mcps_cancel_hook *hook);

/* ---- answering later ---- */

MCPS_PUBLIC mcps_call *mcps_call_ref(mcps_call *call);
/* Returns NULL; NULL is fine. When the last reference on a call that is pending goes without
 * mcps_call_finish(), the client gets an internal error. */
MCPS_PUBLIC mcps_call *mcps_call_unref(mcps_call *call);
/* Ends a call whose handler returned MCPS_PENDING, or is about to: `result` is what a
 * handler would return otherwise, MCPS_PENDING apart: -EINVAL. Once: -EALREADY after the first
 * time. */
MCPS_PUBLIC int mcps_call_finish(mcps_call *call, int result);

#ifdef __cplusplus
}
#endif

#endif
