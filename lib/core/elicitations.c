/* SPDX-License-Identifier: MIT */
/* Who was asked to send its user to which URL; see elicitations.h. */
#include "config.h"

#include "core/elicitations.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/answer.h"
#include "core/engine.h"
#include "core/peer.h"
#include "rpc/message.h"
#include "util/mem.h"

struct item {
    struct mcps__list link;
    struct mcps__peer *peer; /* a reference */
    char id[];
};

static struct item *item_of(struct mcps__list *link)
{
    return MCPS__CONTAINER_OF(link, struct item, link);
}

/* Nobody else has it yet. */
MCPS__NO_LOCK_ANALYSIS
int mcps__elicitations_init(struct mcps__elicitations *all)
{
    int r = mcps__mutex_init(&all->mutex, MCPS__LOCK_elicitations);

    if (r < 0)
        return r;
    mcps__list_init(&all->items);
    all->n = 0;
    return 0;
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    void
    mcps__elicitations_fini(struct mcps__elicitations *all)
{
    mcps__assert(mcps__list_is_empty(&all->items));
    mcps__mutex_fini(&all->mutex);
}

static void free_item(struct item *item)
{
    if (!item)
        return;
    mcps__peer_unref(item->peer);
    mcps__free(item);
}

static void take_out(struct mcps__elicitations *all, struct item *item)
    MCPS__REQUIRES(all->mutex)
{
    mcps__list_remove(&item->link);
    all->n--;
}

static struct item *find(struct mcps__elicitations *all, const char *id)
    MCPS__REQUIRES(all->mutex)
{
    MCPS__LIST_FOREACH (link, &all->items) {
        if (strcmp(item_of(link)->id, id) == 0)
            return item_of(link);
    }
    return NULL;
}

/* The oldest of the account, so that nobody has others' forgotten; or of all. */
static struct item *oldest(struct mcps__elicitations *all,
                           const struct mcps__account *account) MCPS__REQUIRES(all->mutex)
{
    MCPS__LIST_FOREACH (link, &all->items) {
        if (item_of(link)->peer->account == account)
            return item_of(link);
    }
    return item_of(mcps__list_first(&all->items));
}

/* Takes out what has the id already, or else an old one if there are too many. */
static struct item *make_room(struct mcps__elicitations *all, const struct item *for_item,
                              uint64_t max) MCPS__REQUIRES(all->mutex)
{
    struct item *item = find(all, for_item->id);

    if (!item && all->n > 0 && all->n >= max)
        item = oldest(all, for_item->peer->account);
    if (item)
        take_out(all, item);
    return item;
}

static bool is_gone(struct mcps__peer *peer)
{
    bool is;

    mcps__mutex_lock(&peer->mutex);
    is = peer->state >= MCPS__PEER_CANCELLED;
    mcps__mutex_unlock(&peer->mutex);
    return is;
}

static struct item *new_item(struct mcps__peer *peer, const char *id)
{
    size_t size = strlen(id) + 1;
    struct item *item = mcps__malloc(sizeof *item + size);

    if (!item)
        return NULL;
    mcps__list_init(&item->link);
    item->peer = mcps__peer_ref(peer);
    memcpy(item->id, id, size);
    return item;
}

/* A peer that goes meanwhile has dropped its items before this one came, or does so after. */
int mcps__elicitations_note(struct mcps__peer *peer, const char *id)
{
    struct mcps__engine *engine = peer->engine;
    struct mcps__elicitations *all = &engine->elicitations;
    uint64_t max = mcps__limit(&engine->limits, MCPS_LIMIT_ELICITATIONS);
    struct item *item, *old;

    if (!id || max == 0)
        return 0;
    item = new_item(peer, id);
    if (!item)
        return -ENOMEM;
    mcps__mutex_lock(&all->mutex);
    old = make_room(all, item, max);
    mcps__list_push_back(&all->items, &item->link);
    all->n++;
    mcps__mutex_unlock(&all->mutex);
    if (old && strcmp(old->id, id) != 0)
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_ELICITATIONS);
    free_item(old);
    if (is_gone(peer))
        mcps__elicitations_drop(peer);
    return 0;
}

void mcps__elicitations_drop(struct mcps__peer *peer)
{
    struct mcps__elicitations *all = &peer->engine->elicitations;
    struct mcps__list dropped;

    mcps__list_init(&dropped);
    mcps__mutex_lock(&all->mutex);
    MCPS__LIST_FOREACH_SAFE (link, &all->items) {
        if (item_of(link)->peer != peer)
            continue;
        take_out(all, item_of(link));
        mcps__list_push_back(&dropped, link);
    }
    mcps__mutex_unlock(&all->mutex);
    MCPS__LIST_FOREACH_SAFE (link, &dropped)
        free_item(item_of(link));
}

static struct mcps__piece *complete_piece(const char *id)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, SIZE_MAX / 2) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_call(&w, NULL, "notifications/elicitation/complete");
    mcps__write_object(&w);
    mcps__write_key(&w, "elicitationId");
    mcps__write_string(&w, id);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

int mcps__elicitations_complete(struct mcps__engine *engine, const char *id)
{
    struct mcps__elicitations *all = &engine->elicitations;
    struct mcps__piece *piece = complete_piece(id);
    struct item *item;
    int r = MCPS_ENOTFOUND;

    if (!piece)
        return -ENOMEM;
    mcps__mutex_lock(&all->mutex);
    item = find(all, id);
    if (item)
        take_out(all, item);
    mcps__mutex_unlock(&all->mutex);
    if (item)
        r = mcps__sink_put(item->peer->sink, piece) < 0 ? MCPS_ECLOSED : 0;
    else
        mcps__piece_free(piece);
    free_item(item);
    return r;
}
