/* SPDX-License-Identifier: MIT */
/* Who is told of changes, and when; see changes.h. Who subscribes to what is in listener.c. */
#include "config.h"

#include "core/changes.h"

#include "core/answer.h"
#include "core/exchange.h"
#include "core/peer.h"
#include "core/topics.h"
#include "rpc/message.h"
#include "util/clock.h"
#include "util/sync.h"

/* What could not be told for lack of memory is tried again after that. */
#define AGAIN_NS (100 * MCPS__NS_PER_MS)

static struct mcps__peer *peer_of(struct mcps__news *news)
{
    return MCPS__CONTAINER_OF(news, struct mcps__peer, news);
}

static struct mcps__subscription *of_turn(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct mcps__subscription, turn);
}

/* ---- telling, at home ---- */

void mcps__write_subscription_id(struct mcps__writer *w,
                                 const struct mcps__exchange *exchange)
{
    mcps__write_key(w, "io.modelcontextprotocol/subscriptionId");
    mcps__write_raw(w, exchange->id.text, exchange->id.len);
}

void mcps__write_subscription(struct mcps__writer *w,
                              const struct mcps__exchange *exchange)
{
    mcps__write_key(w, "_meta");
    mcps__write_object(w);
    mcps__write_subscription_id(w, exchange);
    mcps__write_object_end(w);
}

enum { TAIL_MAX = 64 }; /* bytes behind the head, but for the id */

/* The topic's head, copied, and what is the listener's own. */
static struct mcps__piece *message_of(const struct mcps__subscription *s)
{
    const struct mcps__exchange *exchange = s->listener->exchange;
    const struct mcps__bytes *head = s->topic->head;
    size_t max = head->len + TAIL_MAX + (exchange ? exchange->id.len : 0);
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, max) < 0)
        return NULL;
    if (mcps__buf_reserve(&buf, max) < 0) {
        mcps__buf_fini(&buf);
        return NULL;
    }
    mcps__write_init(&w, &buf);
    mcps__write_raw(&w, head->data, head->len);
    w.comma = s->topic->uri != NULL;
    if (exchange)
        mcps__write_subscription(&w, exchange);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

static struct mcps__sink *sink_of(const struct mcps__subscription *s)
{
    const struct mcps__exchange *exchange = s->listener->exchange;

    return exchange ? exchange->sink : s->listener->peer->sink;
}

/* A stream's through its gate, so that nothing follows its end. */
static int put(struct mcps__subscription *s, struct mcps__piece *piece)
{
    struct mcps__exchange *exchange = s->listener->exchange;

    piece->ret_serial = &s->serial;
    piece->owner = exchange;
    return exchange ? mcps__exchange_put(exchange, piece)
                    : mcps__sink_put(sink_of(s), piece);
}

static void settle(struct mcps__subscription *s)
{
    s->due = false;
    mcps__list_remove(&s->turn);
}

/* False without the memory for it: it is due still. */
static bool tell(struct mcps__subscription *s, int64_t now, bool rests)
{
    struct mcps__peer *peer = s->listener->peer;
    struct mcps__piece *piece;

    if (mcps__sink_has_queued(sink_of(s), s->serial)) {
        settle(s);
        MCPS__COUNT(peer->engine, changes_dropped);
        return true;
    }
    piece = message_of(s);
    if (!piece)
        return false;
    settle(s);
    s->sent_at = now;
    s->resting = rests;
    if (rests)
        mcps__list_push_back(&peer->news.resting, &s->turn);
    if (put(s, piece) >= 0)
        MCPS__COUNT(peer->engine, changes_sent);
    return true;
}

/* The oldest first, for all rest as long. */
static void wake_rested(struct mcps__news *news, int64_t now, int64_t interval)
{
    MCPS__LIST_FOREACH_SAFE (node, &news->resting) {
        struct mcps__subscription *s = of_turn(node);

        if (now - s->sent_at < interval)
            return;
        mcps__list_remove(node);
        s->resting = false;
        if (!s->due)
            continue;
        news->n_due--;
        mcps__list_push_back(&news->waiting, node);
    }
}

static void go_on_at(struct mcps__peer *peer, int64_t at)
{
    if (mcps__loop_set_timer(peer->loop, &peer->news.timer, at) < 0)
        mcps__log(&peer->engine->log, MCPS_LOG_WARNING,
                  "a client is told of a change with the next one only: out of memory");
}

static bool is_open(struct mcps__peer *peer, bool *ret_ready)
{
    bool open;

    mcps__mutex_lock(&peer->mutex);
    open = peer->state == MCPS__PEER_OPEN;
    *ret_ready = peer->ready;
    mcps__mutex_unlock(&peer->mutex);
    return open;
}

void mcps__changes_say(struct mcps__peer *peer)
{
    struct mcps__news *news = &peer->news;
    int64_t interval = mcps__limit_ns(&peer->engine->limits, MCPS_LIMIT_LIST_CHANGED_MS);
    int64_t now = mcps__clock_now();
    bool ready, all = true;

    if (!is_open(peer, &ready))
        return;
    wake_rested(news, now, interval);
    MCPS__LIST_FOREACH_SAFE (node, &news->waiting) {
        struct mcps__subscription *s = of_turn(node);

        if (s->listener->exchange || ready)
            all = tell(s, now, interval > 0) && all;
    }
    if (news->n_due > 0) /* so that some rest */
        go_on_at(peer, of_turn(news->resting.next)->sent_at + interval);
    else if (!all)
        go_on_at(peer, now + AGAIN_NS);
}

/* ---- news ---- */

static void take_one(struct mcps__news *news, struct mcps__subscription *s)
{
    struct mcps__engine *engine = peer_of(news)->engine;

    mcps__list_remove(&s->fresh);
    if (s->due) {
        MCPS__COUNT(engine, changes_dropped);
        return;
    }
    s->due = true;
    if (s->resting) {
        news->n_due++;
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_LIST_CHANGED_MS);
    } else {
        mcps__list_push_back(&news->waiting, &s->turn);
    }
}

static void on_news(struct mcps__post *post)
{
    struct mcps__news *news = MCPS__CONTAINER_OF(post, struct mcps__news, post);
    struct mcps__peer *peer = peer_of(news);
    struct mcps__changes *changes = &peer->engine->changes;

    mcps__mutex_lock(&changes->mutex);
    MCPS__LIST_FOREACH_SAFE (node, &news->fresh)
        take_one(news, MCPS__CONTAINER_OF(node, struct mcps__subscription, fresh));
    mcps__mutex_unlock(&changes->mutex);
    MCPS__SYNC_POINT("between_news_and_telling");
    mcps__changes_say(peer);
    mcps__peer_unref(peer);
}

static void on_timer(struct mcps__timer *timer)
{
    mcps__changes_say(peer_of(MCPS__CONTAINER_OF(timer, struct mcps__news, timer)));
}

void mcps__news_init(struct mcps__news *news)
{
    mcps__post_init(&news->post, on_news);
    mcps__timer_init(&news->timer, on_timer);
    mcps__list_init(&news->fresh);
    mcps__list_init(&news->waiting);
    mcps__list_init(&news->resting);
    mcps__list_init(&news->streams);
}

void mcps__news_drop(struct mcps__peer *peer)
{
    mcps__listener_drop(&peer->listener);
    mcps__timer_clear(&peer->loop->timers, &peer->news.timer);
}

/* ---- announcing ---- */

/* Whoever has a subscription has its peer, so that none of these references is the last. One
 * post is enough for all that is fresh. */
static void add_news(struct mcps__peer *peer, struct mcps__subscription *s)
{
    bool first = mcps__list_is_empty(&peer->news.fresh);

    mcps__list_push_back(&peer->news.fresh, &s->fresh);
    if (!first)
        return;
    mcps__peer_ref(peer);
    if (!mcps__loop_post(peer->loop, &peer->news.post))
        mcps__peer_unref(peer);
}

/* How many clients that are. */
static int announce(struct mcps__changes *changes, struct mcps__topic *topic)
    MCPS__REQUIRES(changes->mutex);
static int announce(struct mcps__changes *changes, struct mcps__topic *topic)
{
    int n_clients = 0;

    changes->n_announced++;
    MCPS__LIST_FOREACH (node, &topic->subscriptions) {
        struct mcps__subscription *s =
            MCPS__CONTAINER_OF(node, struct mcps__subscription, of_topic);
        struct mcps__peer *peer = s->listener->peer;

        if (peer->news.counted != changes->n_announced)
            n_clients++;
        peer->news.counted = changes->n_announced;
        if (mcps__list_is_empty(&s->fresh))
            add_news(peer, s);
        else
            MCPS__COUNT(peer->engine, changes_dropped);
    }
    return n_clients;
}

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
    announce(changes, &changes->lists[lists[kind]]);
    mcps__mutex_unlock(&changes->mutex);
}

int mcps__changes_announce_resource(struct mcps__changes *changes, const char *uri,
                                    size_t len)
{
    struct mcps__topic *topic;
    int n_clients;

    MCPS__SYNC_POINT("before_announce");
    mcps__mutex_lock(&changes->mutex);
    topic = mcps__map_lookup(&changes->resources, uri, len);
    n_clients = topic ? announce(changes, topic) : 0;
    mcps__mutex_unlock(&changes->mutex);
    return n_clients;
}
