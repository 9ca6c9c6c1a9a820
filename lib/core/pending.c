/* SPDX-License-Identifier: MIT */
/* The pending map; see pending.h. */
#include "config.h"

#include "core/pending.h"

#include <errno.h>

#include "util/clock.h"
#include "util/mem.h"
#include "util/sync.h"

#define ENTRY_MAGIC UINT32_C(0x456e7472)

/* ---- entries ---- */

static int init_entry(struct mcps__entry *entry)
{
    int r = mcps__mutex_init(&entry->mutex, MCPS__LOCK_entry);

    if (r < 0)
        return r;
    r = mcps__cond_init(&entry->done);
    if (r < 0)
        mcps__mutex_fini(&entry->mutex);
    return r;
}

/* ---- time ---- */

static void on_timer(struct mcps__timer *timer);

enum { PATIENCE = 10 }; /* times the limit, if there are signs of life */

MCPS__NO_LOCK_ANALYSIS /* nobody else has it yet */
    static void
    init_time(struct mcps__entry *entry, int64_t limit)
{
    mcps__timer_init(&entry->timer, on_timer);
    entry->limit = limit;
    entry->deadline = mcps__clock_after(limit);
    entry->latest = limit > INT64_MAX / PATIENCE ? MCPS__CLOCK_NEVER
                                                 : mcps__clock_after(limit * PATIENCE);
}

int mcps__entry_new(struct mcps__entry **ret, struct mcps__exchange *exchange,
                    int64_t limit)
{
    struct mcps__peer *peer = exchange->peer;
    struct mcps__entry *entry = mcps__calloc(1, sizeof *entry);
    int r;

    if (!entry)
        return -ENOMEM;
    r = init_entry(entry);
    if (r < 0) {
        mcps__free(entry);
        return r;
    }
    mcps__obj_init(&entry->obj, ENTRY_MAGIC);
    entry->exchange = exchange;
    init_time(entry, limit);
    mcps__mutex_lock(&peer->mutex);
    entry->serial = peer->next_serial++;
    mcps__mutex_unlock(&peer->mutex);
    *ret = entry;
    return 0;
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    struct mcps__entry *
    mcps__entry_unref(struct mcps__entry *entry)
{
    if (!entry)
        return NULL;
    MCPS__CHECK_OBJ(entry, ENTRY_MAGIC);
    if (!mcps__obj_unref(&entry->obj))
        return NULL;
    mcps__bytes_unref(entry->result);
    mcps__cond_fini(&entry->done);
    mcps__mutex_fini(&entry->mutex);
    mcps__free(entry);
    return NULL;
}

/* Whoever has taken the entry out of the map completes it, so this happens once. */
static void complete(struct mcps__entry *entry, int outcome, struct mcps__bytes *result)
{
    MCPS__CHECK_OBJ(entry, ENTRY_MAGIC);
    if (entry->on_done) {
        entry->on_done(entry, outcome, result);
        return;
    }
    mcps__mutex_lock(&entry->mutex);
    mcps__assert(!entry->completed);
    entry->completed = true;
    entry->outcome = outcome;
    entry->result = result;
    mcps__cond_broadcast(&entry->done);
    mcps__mutex_unlock(&entry->mutex);
}

/* ---- the map ---- */

int mcps__pending_insert(struct mcps__entry *entry)
{
    struct mcps__peer *peer = entry->exchange->peer;
    uint64_t max = mcps__limit(&peer->engine->limits, MCPS_LIMIT_ASKS_PER_PEER);
    int r;

    MCPS__SYNC_POINT("before_pending_insert");
    mcps__mutex_lock(&peer->mutex);
    if (peer->no_client)
        r = MCPS_ECLOSED;
    else if (!peer->ready)
        r = MCPS_ENOTREADY;
    else if (peer->pending.n_entries >= max)
        r = MCPS_ELIMIT;
    else
        r = mcps__map_insert(&peer->pending, &entry->serial, sizeof entry->serial, entry);
    if (r >= 0) {
        mcps__obj_ref(&entry->obj);
        atomic_fetch_add(&peer->engine->counters.pending, 1);
    }
    mcps__mutex_unlock(&peer->mutex);
    if (r == MCPS_ELIMIT)
        mcps__limit_hit(&peer->engine->limits, MCPS_LIMIT_ASKS_PER_PEER);
    return r;
}

static bool take_out(struct mcps__peer *peer, struct mcps__entry *entry)
    MCPS__REQUIRES(peer->mutex)
{
    if (!mcps__map_remove(&peer->pending, &entry->serial, sizeof entry->serial, entry))
        return false;
    atomic_fetch_sub(&peer->engine->counters.pending, 1);
    return true;
}

bool mcps__pending_remove(struct mcps__entry *entry)
{
    struct mcps__peer *peer = entry->exchange->peer;
    bool removed;

    mcps__mutex_lock(&peer->mutex);
    removed = take_out(peer, entry);
    mcps__mutex_unlock(&peer->mutex);
    if (removed)
        mcps__entry_unref(entry);
    return removed;
}

bool mcps__pending_answer(struct mcps__peer *peer, int64_t serial, int outcome,
                          struct mcps__bytes *result)
{
    struct mcps__entry *entry;

    mcps__mutex_lock(&peer->mutex);
    entry = mcps__map_lookup(&peer->pending, &serial, sizeof serial);
    if (entry && !take_out(peer, entry))
        entry = NULL;
    mcps__mutex_unlock(&peer->mutex);
    if (!entry) {
        mcps__bytes_unref(result);
        return false;
    }
    complete(entry, outcome, result);
    mcps__entry_unref(entry);
    return true;
}

/* Mutation M2, what a closing would be without the copy, though every step has its lock: the
 * woken waiters take themselves out of the map, and the one that the walk is at may be gone
 * when it goes on. */
static void walk_in_place(struct mcps__peer *peer, bool suppress)
{
    struct mcps__entry *entry;
    size_t cursor = 0;
    bool completed;

    for (;;) {
        mcps__mutex_lock(&peer->mutex);
        entry = mcps__map_next(&peer->pending, &cursor);
        mcps__mutex_unlock(&peer->mutex);
        if (!entry)
            return;
        mcps__mutex_lock(&entry->mutex);
        completed = entry->completed;
        mcps__mutex_unlock(&entry->mutex);
        if (completed)
            continue;
        if (suppress)
            mcps__exchange_suppress(entry->exchange);
        complete(entry, MCPS_ECLOSED, NULL);
        MCPS__SYNC_POINT("after_waiter_woken");
        MCPS__CHECK_OBJ(entry, ENTRY_MAGIC);
    }
}

void mcps__pending_fail_all(struct mcps__peer *peer, bool suppress)
{
    struct mcps__map all;
    struct mcps__entry *entry;
    size_t cursor = 0;

    if (MCPS__MUTATED(M2)) {
        walk_in_place(peer, suppress);
        return;
    }
    mcps__mutex_lock(&peer->mutex);
    mcps__map_steal(&peer->pending, &all);
    atomic_fetch_sub(&peer->engine->counters.pending, (unsigned)all.n_entries);
    mcps__mutex_unlock(&peer->mutex);
    for (entry = mcps__map_next(&all, &cursor); entry;
         entry = mcps__map_next(&all, &cursor)) {
        if (suppress && !MCPS__MUTATED(M3))
            mcps__exchange_suppress(entry->exchange);
        complete(entry, MCPS_ECLOSED, NULL);
        mcps__entry_unref(entry);
        MCPS__SYNC_POINT("after_waiter_woken");
    }
    mcps__map_fini(&all);
}

/* ---- waiting ---- */

static bool is_cancelled(struct mcps__entry *entry)
{
    return mcps__token_reason(&entry->exchange->token) != MCPS_CANCEL_NONE;
}

/* Until it is completed, or the deadline (MCPS_ETIMEDOUT), or cancelled. The deadline may
 * move away meanwhile. */
static int sleep_until(struct mcps__entry *entry)
{
    int r = 0;

    mcps__mutex_lock(&entry->mutex);
    while (!entry->completed && r == 0) {
        if (is_cancelled(entry))
            r = MCPS_ECANCELLED;
        else
            r = mcps__cond_wait_until(&entry->done, &entry->mutex, entry->deadline);
        if (r == MCPS_ETIMEDOUT && mcps__clock_now() < entry->deadline)
            r = 0;
    }
    if (entry->completed)
        r = 0;
    mcps__mutex_unlock(&entry->mutex);
    return r;
}

/* Whoever has taken the entry out is about to complete it, and blocks on nothing before. */
static int outcome_of(struct mcps__entry *entry, struct mcps__bytes **ret)
{
    int r;

    mcps__mutex_lock(&entry->mutex);
    while (!entry->completed)
        mcps__cond_wait(&entry->done, &entry->mutex);
    r = entry->outcome;
    if (r == 0) {
        *ret = entry->result;
        entry->result = NULL;
    }
    mcps__mutex_unlock(&entry->mutex);
    return r;
}

int mcps__entry_wait(struct mcps__entry *entry, struct mcps__bytes **ret)
{
    struct mcps__token *token = &entry->exchange->token;
    struct mcps__waiter waiter = { .mutex = &entry->mutex, .cond = &entry->done };
    int r = MCPS_ECANCELLED;

    MCPS__SYNC_POINT("before_park");
    if (mcps__token_add_waiter(token, &waiter)) {
        r = sleep_until(entry);
        mcps__token_remove_waiter(token, &waiter);
    }
    if ((r < 0 || MCPS__MUTATED(M2)) && mcps__pending_remove(entry) && r < 0)
        return r;
    return outcome_of(entry, ret);
}

/* ---- signs of life ---- */

static int64_t renew(struct mcps__entry *entry)
{
    int64_t deadline = mcps__clock_after(entry->limit);

    if (deadline > entry->latest)
        deadline = entry->latest;
    mcps__mutex_lock(&entry->mutex);
    entry->deadline = deadline;
    mcps__cond_broadcast(&entry->done);
    mcps__mutex_unlock(&entry->mutex);
    return deadline;
}

void mcps__pending_renew(struct mcps__peer *peer, int64_t serial)
{
    struct mcps__entry *entry;

    mcps__mutex_lock(&peer->mutex);
    entry = mcps__map_lookup(&peer->pending, &serial, sizeof serial);
    if (entry)
        mcps__obj_ref(&entry->obj);
    mcps__mutex_unlock(&peer->mutex);
    if (!entry)
        return;
    renew(entry);
    mcps__entry_unref(entry);
}

static int64_t deadline_of(struct mcps__entry *entry)
{
    int64_t deadline;

    mcps__mutex_lock(&entry->mutex);
    deadline = entry->deadline;
    mcps__mutex_unlock(&entry->mutex);
    return deadline;
}

/* A loop that closes runs timers before their time: its peers were closed before that. */
static void on_timer(struct mcps__timer *timer)
{
    struct mcps__entry *entry = MCPS__CONTAINER_OF(timer, struct mcps__entry, timer);

    if (mcps__clock_now() < deadline_of(entry) && mcps__entry_set_timer(entry) >= 0)
        return;
    mcps__obj_ref(&entry->obj);
    if (mcps__pending_remove(entry))
        complete(entry, MCPS_ETIMEDOUT, NULL);
    mcps__entry_unref(entry);
}

int mcps__entry_set_timer(struct mcps__entry *entry)
{
    return mcps__loop_set_timer(entry->exchange->peer->loop, &entry->timer,
                                deadline_of(entry));
}
