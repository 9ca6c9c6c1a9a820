/* SPDX-License-Identifier: MIT */
/* Who has subscribed to what; see changes.h. */
#include "config.h"

#include <errno.h>

#include "core/changes.h"
#include "core/exchange.h"
#include "core/peer.h"
#include "core/topics.h"
#include "util/mem.h"
#include "util/sync.h"

static struct mcps__changes *changes_of(const struct mcps__listener *listener)
{
    return &listener->peer->engine->changes;
}

static struct mcps__subscription *of_listener(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct mcps__subscription, of_listener);
}

int mcps__listener_init(struct mcps__listener *listener, struct mcps__peer *peer,
                        struct mcps__exchange *exchange)
{
    listener->peer = peer;
    listener->exchange = exchange;
    listener->uri_bytes = 0;
    mcps__list_init(&listener->subscriptions);
    return mcps__map_init(&listener->by_uri, SIZE_MAX);
}

void mcps__listener_fini(struct mcps__listener *listener)
{
    mcps__assert(mcps__list_is_empty(&listener->subscriptions));
    mcps__map_fini(&listener->by_uri);
}

/* ---- subscribing ---- */

/* Its topic is still to be set. */
static struct mcps__subscription *new_subscription(struct mcps__listener *listener)
{
    struct mcps__subscription *s = mcps__calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->listener = listener;
    mcps__list_init(&s->of_topic);
    mcps__list_init(&s->fresh);
    mcps__list_init(&s->of_listener);
    mcps__list_init(&s->turn);
    return s;
}

/* What one to a resource counts for. */
static size_t cost_of(size_t uri_len)
{
    return uri_len + 128;
}

/* Of one that is in no table of its listener. */
static void free_subscription(struct mcps__subscription *s)
{
    struct mcps__changes *changes = changes_of(s->listener);
    struct mcps__news *news = &s->listener->peer->news;

    mcps__mutex_lock(&changes->mutex);
    mcps__list_remove(&s->of_topic);
    mcps__list_remove(&s->fresh);
    if (s->topic->uri)
        changes->bytes -= cost_of(s->topic->uri_len);
    mcps__topic_unref(changes, s->topic);
    mcps__mutex_unlock(&changes->mutex);
    if (s->due && s->resting)
        news->n_due--;
    mcps__list_remove(&s->turn);
    mcps__list_remove(&s->of_listener);
    mcps__free(s);
}

int mcps__listener_add_list(struct mcps__listener *listener, enum mcps__changed list)
{
    struct mcps__changes *changes = changes_of(listener);
    struct mcps__subscription *s = new_subscription(listener);

    if (!s)
        return -ENOMEM;
    mcps__mutex_lock(&changes->mutex);
    s->topic = mcps__topic_ref(&changes->lists[list]);
    mcps__mutex_unlock(&changes->mutex);
    mcps__list_push_back(&listener->subscriptions, &s->of_listener);
    return 0;
}

static int check_room(const struct mcps__listener *listener, size_t len,
                      enum mcps_limit max)
{
    struct mcps__limits *limits = &listener->peer->engine->limits;
    size_t max_bytes = mcps__limit_size(limits, MCPS_LIMIT_SUBSCRIPTION_BYTES);
    enum mcps_limit hit;

    if (listener->by_uri.n_entries >= mcps__limit(limits, max))
        hit = max;
    else if (listener->uri_bytes > max_bytes || len > max_bytes - listener->uri_bytes)
        hit = MCPS_LIMIT_SUBSCRIPTION_BYTES;
    else
        return 0;
    mcps__limit_hit(limits, hit);
    return MCPS_ELIMIT;
}

/* Gives the topic of a subscription, if there is room for one more. */
static int take_topic(struct mcps__changes *changes, struct mcps__subscription *s,
                      const char *uri, size_t len) MCPS__REQUIRES(changes->mutex)
{
    struct mcps__limits *limits = &s->listener->peer->engine->limits;
    size_t max = mcps__limit_size(limits, MCPS_LIMIT_SUBSCRIPTION_TOTAL_BYTES);
    int r;

    if (changes->bytes > max || cost_of(len) > max - changes->bytes) {
        mcps__limit_hit(limits, MCPS_LIMIT_SUBSCRIPTION_TOTAL_BYTES);
        return MCPS_EBUSY;
    }
    r = mcps__topic_get(&s->topic, changes, uri, len);
    if (r >= 0)
        changes->bytes += cost_of(len);
    return r;
}

static int subscribe(struct mcps__listener *listener, const char *uri, size_t len)
{
    struct mcps__changes *changes = changes_of(listener);
    struct mcps__subscription *s = new_subscription(listener);
    int r;

    if (!s)
        return -ENOMEM;
    mcps__mutex_lock(&changes->mutex);
    r = take_topic(changes, s, uri, len);
    mcps__mutex_unlock(&changes->mutex);
    if (r < 0) {
        mcps__free(s);
        return r;
    }
    r = mcps__map_insert(&listener->by_uri, s->topic->uri, len, s);
    if (r < 0) {
        free_subscription(s);
        return r;
    }
    mcps__list_push_back(&listener->subscriptions, &s->of_listener);
    listener->uri_bytes += len;
    return 0;
}

int mcps__listener_add_resource(struct mcps__listener *listener, const char *uri,
                                size_t len, enum mcps_limit max)
{
    int r;

    if (mcps__map_lookup(&listener->by_uri, uri, len))
        return 0;
    r = check_room(listener, len, max);
    return r < 0 ? r : subscribe(listener, uri, len);
}

static void show_all(struct mcps__listener *listener)
{
    MCPS__LIST_FOREACH (node, &listener->subscriptions) {
        struct mcps__subscription *s = of_listener(node);

        if (mcps__list_is_empty(&s->of_topic))
            mcps__list_push_back(&s->topic->subscriptions, &s->of_topic);
    }
}

int mcps__listener_show(struct mcps__listener *listener, struct mcps__piece *first)
{
    struct mcps__changes *changes = changes_of(listener);
    struct mcps__list dropped;
    int r = 0;

    mcps__list_init(&dropped);
    MCPS__SYNC_POINT("before_listener_shown");
    mcps__mutex_lock(&changes->mutex);
    if (first)
        r = mcps__exchange_put_under(listener->exchange, first, &dropped);
    if (r >= 0)
        show_all(listener);
    mcps__mutex_unlock(&changes->mutex);
    MCPS__SYNC_POINT("after_listener_shown");
    mcps__pieces_free(&dropped);
    return r;
}

/* ---- no longer ---- */

static void drop(struct mcps__subscription *s)
{
    struct mcps__listener *listener = s->listener;
    const struct mcps__topic *topic = s->topic;

    if (topic->uri) {
        mcps__map_remove(&listener->by_uri, topic->uri, topic->uri_len, s);
        listener->uri_bytes -= topic->uri_len;
    }
    free_subscription(s);
}

void mcps__listener_drop_resource(struct mcps__listener *listener, const char *uri,
                                  size_t len)
{
    struct mcps__subscription *s = mcps__map_lookup(&listener->by_uri, uri, len);

    if (s)
        drop(s);
}

void mcps__listener_drop(struct mcps__listener *listener)
{
    MCPS__LIST_FOREACH_SAFE (node, &listener->subscriptions)
        drop(of_listener(node));
}
