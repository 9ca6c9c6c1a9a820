/* SPDX-License-Identifier: MIT */
/*
 * Cancellation tokens: a tree of three levels (server, peer, exchange), each with one
 * reason, of which the first writer wins.
 *
 * Setting a token wakes, on the setter's thread and before anything else, whoever sleeps on
 * it or waits elsewhere and has registered with it, makes its fd readable, sets all tokens
 * below it to the same reason, and gives its hooks to the control pool.
 *
 * THREADS. Every function may be called on any thread. A token is a member of a refcounted
 * object and lives as long as that; whoever uses it has a reference on the owner. The owner
 * of a child has one on the owner of its parent.
 */
#ifndef MCPS_CORE_TOKEN_H
#define MCPS_CORE_TOKEN_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/control.h"
#include "mcpserver/cancel.h"
#include "util/list.h"
#include "util/lock.h"
#include "util/wake.h"

struct mcps__token {
    atomic_int reason; /* enum mcps_cancel_reason; written once, under the mutex */
    struct mcps__token *parent; /* never changes */
    struct mcps__list sibling;  /* under the parent's mutex */
    struct mcps__mutex mutex;   /* covers all below */
    struct mcps__cond changed;  /* the reason was set, or a hook has ended */
    struct mcps__list children MCPS__GUARDED;
    struct mcps__list waiters MCPS__GUARDED;
    struct mcps__list hooks MCPS__GUARDED;
    struct mcps__wake wake MCPS__GUARDED; /* read_fd < 0: nobody has asked for it */
    bool hooks_dropped MCPS__GUARDED;
    unsigned n_hook_waits MCPS__GUARDED; /* threads that wait for hooks to end */
};

/* Somebody who waits on a condition variable of his own for something else, too: the
 * setter broadcasts it under its mutex, which nobody holds who takes a token's. */
struct mcps__waiter {
    struct mcps__list link;
    struct mcps__mutex *mutex;
    struct mcps__cond *cond;
};

/* The level is the lock's: token_server, token_peer, token_call. A child of a token that is
 * set starts set, with the same reason. 0 or -errno. */
int mcps__token_init(struct mcps__token *token, enum mcps__lock level,
                     struct mcps__token *parent) MCPS_MUST_CHECK;
/* There are no children and no waiters left, and this thread has called
 * mcps__token_drop_hooks() just before, if there ever were hooks. Fine inside a hook of the
 * token, which is why it must be the same thread: hooks that it is inside of are then told
 * to leave the token alone when they end. */
void mcps__token_fini(struct mcps__token *token);

/* Returns whether this was the call that set it. */
bool mcps__token_set(struct mcps__token *token, enum mcps_cancel_reason reason);

static inline enum mcps_cancel_reason mcps__token_reason(const struct mcps__token *token)
{
    return (enum mcps_cancel_reason)atomic_load_explicit(&token->reason,
                                                         memory_order_acquire);
}

/* Sleeps until the moment, or until the token is set: 0 or MCPS_ECANCELLED. */
int mcps__token_sleep(struct mcps__token *token, int64_t until) MCPS_MUST_CHECK;

/* Readable once the token is set, never drained, valid as long as the token. -errno. */
int mcps__token_fd(struct mcps__token *token) MCPS_MUST_CHECK;

/* False when the token is set already; the waiter is then not added, and removing it does
 * nothing. After the removal the setter touches the waiter no more. Neither with the
 * waiter's mutex held. */
bool mcps__token_add_waiter(struct mcps__token *token,
                            struct mcps__waiter *waiter) MCPS_MUST_CHECK;
void mcps__token_remove_waiter(struct mcps__token *token, struct mcps__waiter *waiter);

/*
 * Hooks. The token may not be gone before its hooks are: whoever ends the life of the token
 * drops them first (see mcps__token_fini()). The control pool outlives both.
 *
 * A hook is freed when it is removed or dropped, or, if that happens inside of itself, when
 * its function returns. Its handle is dead from then on: nobody may remove a hook that was
 * removed, or while or after the hooks are dropped, but whoever waits in the removal already.
 * Removing and dropping wait for other threads, so with no lock held; two hooks that remove
 * each other, or both drop the hooks of their token, wait for ever.
 */
typedef struct mcps_cancel_hook mcps_cancel_hook;

/* Calls `fn` once when the token is set, on the control pool; at once and here if it is set
 * already. Gives *ret (may be NULL) before that, valid until it is removed or the hooks are
 * dropped. -ENOMEM; MCPS_ECLOSED after the drop. */
int mcps__token_add_hook(struct mcps__token *token, struct mcps__control *control,
                         mcps_cancel_hook **ret, mcps_cancel_fn *fn,
                         void *userdata) MCPS_MUST_CHECK;
/* The hook is not called any more. Waits while it runs, but not from inside itself. NULL is
 * fine; returns NULL. */
mcps_cancel_hook *mcps__hook_remove(mcps_cancel_hook *hook);
/* Removes all hooks, in the same way, and lets none be added any more. */
void mcps__token_drop_hooks(struct mcps__token *token);
/* The same, but new ones can be added afterwards: the handler is going to be run again. */
void mcps__token_clear_hooks(struct mcps__token *token);
/* Is there a hook that was not removed, or runs still, but those that this thread is inside
 * of? If not, dropping the hooks does not wait. */
bool mcps__token_has_other_hooks(struct mcps__token *token);

#endif
