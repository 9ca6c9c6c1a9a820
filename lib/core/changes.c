/* SPDX-License-Identifier: MIT */
/* Who is told that a list has changed; see changes.h. */
#include "config.h"

#include "core/changes.h"

#include <string.h>

#include "core/answer.h"
#include "core/peer.h"
#include "rpc/message.h"
#include "util/clock.h"
#include "util/sync.h"

enum { NOTIFICATION_MAX = 256 };

MCPS__NO_LOCK_ANALYSIS /* nobody else has it yet */
    int
    mcps__changes_init(struct mcps__changes *changes)
{
    mcps__list_init(&changes->listeners);
    return mcps__mutex_init(&changes->mutex, MCPS__LOCK_changes);
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    void
    mcps__changes_fini(struct mcps__changes *changes)
{
    mcps__assert(mcps__list_is_empty(&changes->listeners));
    mcps__mutex_fini(&changes->mutex);
}

/* ---- at home ---- */

static struct mcps__piece *changed_piece(enum mcps__changed what)
{
    static const char *const methods[MCPS__N_CHANGED] = {
        [MCPS__CHANGED_TOOLS] = "notifications/tools/list_changed",
        [MCPS__CHANGED_PROMPTS] = "notifications/prompts/list_changed",
        [MCPS__CHANGED_RESOURCES] = "notifications/resources/list_changed",
    };
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, NOTIFICATION_MAX) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_call(&w, NULL, methods[what]);
    mcps__write_object(&w);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

/* Without the memory for it, it is due still, and said with the next. For one who does not
 * read, it takes the place of the one before: of many that wait one is as good. */
static void send_change(struct mcps__peer *peer, enum mcps__changed what, int64_t now)
{
    struct mcps__due *due = &peer->listener.due[what];
    struct mcps__piece *piece = changed_piece(what);
    int r;

    if (!piece)
        return;
    due->due = false;
    due->sent_at = now;
    mcps__sink_forget(peer->sink, due);
    piece->owner = due;
    r = mcps__sink_put(peer->sink, piece);
    (void)r; /* a client that is gone has no list */
}

static bool is_ready(struct mcps__peer *peer)
{
    bool ready;

    mcps__mutex_lock(&peer->mutex);
    ready = peer->ready && peer->state == MCPS__PEER_OPEN;
    mcps__mutex_unlock(&peer->mutex);
    return ready;
}

/* Sends one that is due, or gives the time from which it may be sent. */
static int64_t say(struct mcps__peer *peer, enum mcps__changed what, int64_t now)
{
    struct mcps__due *due = &peer->listener.due[what];
    int64_t next =
        due->sent_at + mcps__limit_ns(&peer->engine->limits, MCPS_LIMIT_LIST_CHANGED_MS);

    if (!due->due)
        return INT64_MAX;
    if (due->sent_at != 0 && now < next)
        return next;
    send_change(peer, what, now);
    return INT64_MAX;
}

/* Without a timer it is due still, and said with the next. */
void mcps__changes_say(struct mcps__peer *peer)
{
    struct mcps__listener *listener = &peer->listener;
    struct mcps__limits *limits = &peer->engine->limits;
    int64_t now = mcps__clock_now(), next = INT64_MAX;

    if (!is_ready(peer))
        return;
    for (int i = 0; i < MCPS__N_CHANGED; i++) {
        int64_t at = say(peer, (enum mcps__changed)i, now);

        next = at < next ? at : next;
    }
    if (next == INT64_MAX)
        return;
    if (!mcps__timer_is_set(&listener->timer) || next < listener->timer.at)
        mcps__limit_hit(limits, MCPS_LIMIT_LIST_CHANGED_MS);
    if (mcps__loop_set_timer(peer->loop, &listener->timer, next) < 0)
        mcps__log(&peer->engine->log, MCPS_LOG_WARNING,
                  "a client is told of a change with the next one only: out of memory");
}

static struct mcps__peer *peer_of(struct mcps__listener *listener)
{
    return MCPS__CONTAINER_OF(listener, struct mcps__peer, listener);
}

static void on_news(struct mcps__post *post)
{
    struct mcps__listener *listener =
        MCPS__CONTAINER_OF(post, struct mcps__listener, post);
    unsigned news;

    news = atomic_exchange(&listener->news, 0);
    for (int i = 0; i < MCPS__N_CHANGED; i++) {
        if (news & 1u << i)
            listener->due[i].due = true;
    }
    mcps__changes_say(peer_of(listener));
    mcps__peer_unref(peer_of(listener));
}

static void on_timer(struct mcps__timer *timer)
{
    mcps__changes_say(peer_of(MCPS__CONTAINER_OF(timer, struct mcps__listener, timer)));
}

/* ---- listeners ---- */

void mcps__listener_init(struct mcps__listener *listener)
{
    mcps__list_init(&listener->link);
    mcps__post_init(&listener->post, on_news);
    mcps__timer_init(&listener->timer, on_timer);
    atomic_init(&listener->news, 0);
    memset(listener->due, 0, sizeof listener->due);
}

void mcps__changes_add(struct mcps__peer *peer)
{
    struct mcps__changes *changes = &peer->engine->changes;

    mcps__mutex_lock(&changes->mutex);
    mcps__list_push_back(&changes->listeners, &peer->listener.link);
    mcps__mutex_unlock(&changes->mutex);
}

void mcps__changes_drop(struct mcps__peer *peer)
{
    struct mcps__changes *changes = &peer->engine->changes;

    mcps__mutex_lock(&changes->mutex);
    mcps__list_remove(&peer->listener.link);
    mcps__mutex_unlock(&changes->mutex);
    mcps__timer_clear(&peer->loop->timers, &peer->listener.timer);
    memset(peer->listener.due, 0, sizeof peer->listener.due);
}

/* A peer on the list has its connection's reference, so that none of these is the last. */
void mcps__changes_announce(struct mcps__changes *changes, enum mcps_kind kind)
{
    static const enum mcps__changed lists[MCPS_N_KINDS] = {
        [MCPS_TOOLS] = MCPS__CHANGED_TOOLS,
        [MCPS_PROMPTS] = MCPS__CHANGED_PROMPTS,
        [MCPS_RESOURCES] = MCPS__CHANGED_RESOURCES,
        [MCPS_TEMPLATES] = MCPS__CHANGED_RESOURCES,
    };

    MCPS__SYNC_POINT("before_announce");
    mcps__mutex_lock(&changes->mutex);
    MCPS__LIST_FOREACH (node, &changes->listeners) {
        struct mcps__peer *peer =
            peer_of(MCPS__CONTAINER_OF(node, struct mcps__listener, link));

        atomic_fetch_or(&peer->listener.news, 1u << lists[kind]);
        mcps__peer_ref(peer);
        if (!mcps__loop_post(peer->loop, &peer->listener.post))
            mcps__peer_unref(peer);
    }
    mcps__mutex_unlock(&changes->mutex);
}
