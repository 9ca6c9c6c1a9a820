/* SPDX-License-Identifier: MIT */
/* Cancellation tokens and their hooks; see token.h. */
#include "config.h"

#include "core/token.h"

#include <errno.h>
#include <stddef.h>

#include "util/assert.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/sync.h"

const char *mcps_cancel_reason_name(enum mcps_cancel_reason reason)
{
    switch (reason) {
#define XX(name, value, text) \
    case MCPS_CANCEL_##name: return #name;
        MCPS_CANCEL_MAP(XX)
#undef XX
    }
    return "unknown";
}

enum hook_state {
    HOOK_WAITING, /* for the token */
    HOOK_QUEUED,  /* on the control pool, or off its queue and about to run */
    HOOK_RUNNING,
    HOOK_ENDED /* or will never be called */
};

struct mcps_cancel_hook {
    struct mcps__task task;
    struct mcps__token *token;     /* never changes */
    struct mcps__control *control; /* never changes */
    mcps_cancel_fn *fn;            /* never changes */
    void *userdata;
    struct mcps__list link; /* in the token's list. This and the rest under its mutex */
    enum hook_state state;
    pthread_t runner;    /* RUNNING: on this thread */
    unsigned n_removers; /* threads that wait for it to end */
    bool removed;        /* to be freed by the last who needs it */
    bool detached;       /* by its runner, which then knows: the token is gone */
};

static struct mcps_cancel_hook *hook_of(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct mcps_cancel_hook, link);
}

/* Is this thread in the hook's function? */
static bool hook_is_inside(const struct mcps_cancel_hook *hook)
{
    return hook->state == HOOK_RUNNING && pthread_equal(hook->runner, pthread_self());
}

/* ---- the life of a token ---- */

int mcps__token_init(struct mcps__token *token, enum mcps__lock level,
                     struct mcps__token *parent)
{
    int r = mcps__mutex_init(&token->mutex, level);

    if (r < 0)
        return r;
    r = mcps__cond_init(&token->changed);
    if (r < 0) {
        mcps__mutex_fini(&token->mutex);
        return r;
    }
    atomic_init(&token->reason, MCPS_CANCEL_NONE);
    token->parent = parent;
    mcps__list_init(&token->sibling);
    mcps__mutex_lock(&token->mutex);
    mcps__list_init(&token->children);
    mcps__list_init(&token->waiters);
    mcps__list_init(&token->hooks);
    token->wake = (struct mcps__wake){ -1, -1 };
    token->hooks_dropped = false;
    token->n_hook_waits = 0;
    mcps__mutex_unlock(&token->mutex);
    if (!parent)
        return 0;
    /* Linked and looked at in one step: a reason comes from here or from the setter. */
    mcps__mutex_lock(&parent->mutex);
    atomic_store(&token->reason, (int)mcps__token_reason(parent));
    mcps__list_push_back(&parent->children, &token->sibling);
    mcps__mutex_unlock(&parent->mutex);
    return 0;
}

void mcps__token_fini(struct mcps__token *token)
{
    if (token->parent) {
        mcps__mutex_lock(&token->parent->mutex);
        mcps__list_remove(&token->sibling);
        mcps__mutex_unlock(&token->parent->mutex);
    }
    mcps__mutex_lock(&token->mutex);
    mcps__assert(mcps__list_is_empty(&token->children) &&
                 mcps__list_is_empty(&token->waiters) && token->n_hook_waits == 0);
    MCPS__LIST_FOREACH_SAFE (node, &token->hooks) {
        mcps__assert(hook_of(node)->removed && hook_is_inside(hook_of(node)));
        hook_of(node)->detached = true;
        mcps__list_remove(node);
    }
    if (mcps__wake_fd(&token->wake) >= 0)
        mcps__wake_fini(&token->wake);
    mcps__mutex_unlock(&token->mutex);
    mcps__cond_fini(&token->changed);
    mcps__mutex_fini(&token->mutex);
}

/* ---- setting ---- */

static void wake_waiter(const struct mcps__waiter *waiter)
{
    mcps__mutex_lock(waiter->mutex);
    mcps__cond_broadcast(waiter->cond);
    mcps__mutex_unlock(waiter->mutex);
}

static void queue_hook(struct mcps_cancel_hook *hook)
{
    if (hook->state != HOOK_WAITING)
        return;
    hook->state = HOOK_QUEUED;
    mcps__control_post(hook->control, &hook->task);
}

/* Goes down the tree, three levels deep, with the mutexes of the levels above held. */
static bool set_locked(struct mcps__token *token, enum mcps_cancel_reason reason)
    MCPS__REQUIRES(token->mutex)
{
    if (mcps__token_reason(token) != MCPS_CANCEL_NONE && !MCPS__MUTATED(M5))
        return false;
    atomic_store_explicit(&token->reason, (int)reason, memory_order_release);
    mcps__cond_broadcast(&token->changed);
    if (mcps__wake_fd(&token->wake) >= 0)
        mcps__wake_signal(&token->wake);
    MCPS__LIST_FOREACH (node, &token->waiters)
        wake_waiter(MCPS__CONTAINER_OF(node, struct mcps__waiter, link));
    MCPS__LIST_FOREACH (node, &token->children) {
        struct mcps__token *child = MCPS__CONTAINER_OF(node, struct mcps__token, sibling);

        mcps__mutex_lock(&child->mutex);
        set_locked(child, reason);
        mcps__mutex_unlock(&child->mutex);
    }
    MCPS__LIST_FOREACH (node, &token->hooks)
        queue_hook(hook_of(node));
    return true;
}

bool mcps__token_set(struct mcps__token *token, enum mcps_cancel_reason reason)
{
    bool won;

    mcps__assert(reason != MCPS_CANCEL_NONE);
    mcps__mutex_lock(&token->mutex);
    won = set_locked(token, reason);
    mcps__mutex_unlock(&token->mutex);
    return won;
}

/* ---- waiting ---- */

int mcps__token_sleep(struct mcps__token *token, int64_t until)
{
    int r = 0;

    mcps__mutex_lock(&token->mutex);
    while (mcps__token_reason(token) == MCPS_CANCEL_NONE && r == 0)
        r = mcps__cond_wait_until(&token->changed, &token->mutex, until);
    r = mcps__token_reason(token) == MCPS_CANCEL_NONE ? 0 : MCPS_ECANCELLED;
    mcps__mutex_unlock(&token->mutex);
    return r;
}

int mcps__token_fd(struct mcps__token *token)
{
    int r = 0;

    mcps__mutex_lock(&token->mutex);
    if (mcps__wake_fd(&token->wake) < 0) {
        r = mcps__wake_init(&token->wake);
        if (r == 0 && mcps__token_reason(token) != MCPS_CANCEL_NONE)
            mcps__wake_signal(&token->wake);
    }
    if (r == 0)
        r = mcps__wake_fd(&token->wake);
    mcps__mutex_unlock(&token->mutex);
    return r;
}

bool mcps__token_add_waiter(struct mcps__token *token, struct mcps__waiter *waiter)
{
    bool added;

    mcps__list_init(&waiter->link);
    mcps__mutex_lock(&token->mutex);
    added = mcps__token_reason(token) == MCPS_CANCEL_NONE;
    if (added)
        mcps__list_push_back(&token->waiters, &waiter->link);
    mcps__mutex_unlock(&token->mutex);
    return added;
}

void mcps__token_remove_waiter(struct mcps__token *token, struct mcps__waiter *waiter)
{
    mcps__mutex_lock(&token->mutex);
    mcps__list_remove(&waiter->link);
    mcps__mutex_unlock(&token->mutex);
}

/* ---- hooks ---- */

/* Frees a hook that was removed, once nobody needs it any more. */
static void release_hook(struct mcps__token *token, struct mcps_cancel_hook *hook)
    MCPS__REQUIRES(token->mutex)
{
    if (!hook->removed || hook->state != HOOK_ENDED || hook->n_removers > 0)
        return;
    mcps__list_remove(&hook->link);
    mcps__cond_broadcast(&token->changed); /* for who waits until there is none left */
    mcps__free(hook);
}

/* The hook is RUNNING, on this thread, with no lock held. */
static void call_hook(struct mcps_cancel_hook *hook)
{
    struct mcps__token *token = hook->token;

    mcps__lock_assert_none_held();
    hook->fn(hook->userdata, mcps__token_reason(token));
    if (hook->detached) {
        mcps__free(hook);
        return;
    }
    MCPS__SYNC_POINT("token_hook_called");
    mcps__mutex_lock(&token->mutex);
    hook->state = HOOK_ENDED;
    mcps__cond_broadcast(&token->changed);
    release_hook(token, hook);
    mcps__mutex_unlock(&token->mutex);
}

/* The token is there: the hook is in its list, and whoever drops the hooks waits for it. */
static void run_hook(struct mcps__task *task)
{
    struct mcps_cancel_hook *hook =
        MCPS__CONTAINER_OF(task, struct mcps_cancel_hook, task);
    struct mcps__token *token = hook->token;
    bool removed;

    MCPS__SYNC_POINT("token_hook_taken");
    mcps__mutex_lock(&token->mutex);
    removed = hook->removed;
    hook->state = removed ? HOOK_ENDED : HOOK_RUNNING;
    hook->runner = pthread_self();
    if (removed) {
        mcps__cond_broadcast(&token->changed);
        release_hook(token, hook);
    }
    mcps__mutex_unlock(&token->mutex);
    if (!removed)
        call_hook(hook);
}

int mcps__token_add_hook(struct mcps__token *token, struct mcps__control *control,
                         mcps_cancel_hook **ret, mcps_cancel_fn *fn, void *userdata)
{
    struct mcps_cancel_hook *hook = mcps__malloc(sizeof *hook);
    bool at_once;

    if (!hook)
        return -ENOMEM;
    *hook = (struct mcps_cancel_hook){
        .token = token, .control = control, .fn = fn, .userdata = userdata
    };
    mcps__task_init(&hook->task, run_hook);
    mcps__mutex_lock(&token->mutex);
    if (token->hooks_dropped) {
        mcps__mutex_unlock(&token->mutex);
        mcps__free(hook);
        return MCPS_ECLOSED;
    }
    if (ret)
        *ret = hook;
    mcps__list_push_back(&token->hooks, &hook->link);
    at_once = mcps__token_reason(token) != MCPS_CANCEL_NONE;
    if (at_once) {
        hook->state = HOOK_RUNNING;
        hook->runner = pthread_self();
    }
    mcps__mutex_unlock(&token->mutex);
    if (at_once)
        call_hook(hook);
    return 0;
}

/* It will not be called any more, unless it runs already. One that the control pool has
 * taken off its queue, but not begun, sees that it was removed. */
static void withdraw_hook(struct mcps__token *token, struct mcps_cancel_hook *hook)
    MCPS__REQUIRES(token->mutex)
{
    mcps__lock_assert_held(&token->mutex);
    hook->removed = true;
    if (hook->state == HOOK_WAITING ||
        (hook->state == HOOK_QUEUED &&
         mcps__control_withdraw(hook->control, &hook->task)))
        hook->state = HOOK_ENDED;
}

mcps_cancel_hook *mcps__hook_remove(mcps_cancel_hook *hook)
{
    struct mcps__token *token;

    if (!hook)
        return NULL;
    token = hook->token;
    MCPS__SYNC_POINT("token_hook_remove");
    mcps__mutex_lock(&token->mutex);
    withdraw_hook(token, hook);
    if (!hook_is_inside(hook)) {
        token->n_hook_waits++;
        hook->n_removers++;
        while (hook->state != HOOK_ENDED)
            mcps__cond_wait(&token->changed, &token->mutex);
        hook->n_removers--;
        token->n_hook_waits--;
    }
    release_hook(token, hook);
    mcps__mutex_unlock(&token->mutex);
    return NULL;
}

/* Are there hooks but those that this thread is inside of? */
static bool has_other_hooks(const struct mcps__token *token) MCPS__REQUIRES(token->mutex)
{
    MCPS__LIST_FOREACH (node, &token->hooks) {
        if (!hook_is_inside(hook_of(node)))
            return true;
    }
    return false;
}

static void remove_hooks(struct mcps__token *token, bool for_good)
{
    mcps__mutex_lock(&token->mutex);
    token->hooks_dropped = token->hooks_dropped || for_good;
    MCPS__LIST_FOREACH_SAFE (node, &token->hooks) {
        withdraw_hook(token, hook_of(node));
        release_hook(token, hook_of(node));
    }
    token->n_hook_waits++;
    while (has_other_hooks(token))
        mcps__cond_wait(&token->changed, &token->mutex);
    token->n_hook_waits--;
    mcps__mutex_unlock(&token->mutex);
}

void mcps__token_drop_hooks(struct mcps__token *token)
{
    MCPS__SYNC_POINT("token_drop_hooks");
    remove_hooks(token, true);
}

void mcps__token_clear_hooks(struct mcps__token *token)
{
    remove_hooks(token, false);
}

bool mcps__token_has_other_hooks(struct mcps__token *token)
{
    bool has;

    mcps__mutex_lock(&token->mutex);
    has = has_other_hooks(token);
    mcps__mutex_unlock(&token->mutex);
    return has;
}
