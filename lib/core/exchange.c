/* SPDX-License-Identifier: MIT */
/* Exchanges and their gates; see exchange.h. */
#include "config.h"

#include "core/exchange.h"

#include <errno.h>
#include <string.h>

#include "util/sync.h"

#define EXCHANGE_MAGIC UINT32_C(0x45786368)

/* ---- life ---- */

/* Nobody else has it yet. */
MCPS__NO_LOCK_ANALYSIS
int mcps__exchange_init(struct mcps__exchange *exchange, struct mcps__peer *peer,
                        struct mcps__context *context, struct mcps__sink *sink,
                        struct mcps__batch *batch, const struct mcps__id *id,
                        const struct mcps__exchange_ops *ops)
{
    int r = mcps__mutex_init(&exchange->gate, MCPS__LOCK_gate);

    if (r < 0)
        return r;
    r = mcps__token_init(&exchange->token, MCPS__LOCK_token_call, &peer->token);
    if (r < 0) {
        mcps__mutex_fini(&exchange->gate);
        return r;
    }
    mcps__obj_init(&exchange->obj, EXCHANGE_MAGIC);
    exchange->ops = ops;
    exchange->peer = mcps__peer_ref(peer);
    exchange->context = mcps__context_ref(context);
    exchange->sink = mcps__sink_ref(sink);
    exchange->scopes = NULL;
    exchange->batch = batch ? mcps__batch_ref(batch) : NULL;
    mcps__id_copy(&exchange->id, id);
    exchange->listed = false;
    exchange->is_twin = false;
    exchange->slot = MCPS__SLOT_OPEN;
    return 0;
}

/* Nobody else has it any more. */
MCPS__NO_LOCK_ANALYSIS
void mcps__exchange_fini(struct mcps__exchange *exchange)
{
    mcps__batch_unref(exchange->batch);
    mcps__token_fini(&exchange->token);
    mcps__mutex_fini(&exchange->gate);
    mcps__scopes_unref(exchange->scopes);
    mcps__sink_unref(exchange->sink);
    mcps__context_unref(exchange->context);
    mcps__peer_unref(exchange->peer);
}

void mcps__exchange_ref(struct mcps__exchange *exchange)
{
    MCPS__CHECK_OBJ(exchange, EXCHANGE_MAGIC);
    mcps__obj_ref(&exchange->obj);
}

void mcps__exchange_unref(struct mcps__exchange *exchange)
{
    MCPS__CHECK_OBJ(exchange, EXCHANGE_MAGIC);
    if (mcps__obj_unref(&exchange->obj))
        exchange->ops->free(exchange);
}

/* ---- the peer's table ---- */

/* What an id is in the map: texts of strings begin with a quote, keys of numbers with NUL,
 * so that 1 is not "1". Equal numbers have equal keys, however they are written. */
static const char *key_of(const struct mcps__id *id, char number_key[9], size_t *ret_len)
{
    if (id->kind == MCPS__ID_STRING) {
        *ret_len = id->len;
        return id->text;
    }
    number_key[0] = '\0';
    memcpy(number_key + 1, &id->number, sizeof id->number);
    *ret_len = 9;
    return number_key;
}

/* Its key where its id is another's: by what it is, which no id begins as. */
static const char *twin_key_of(struct mcps__exchange *exchange, size_t *ret_len)
{
    const struct mcps__exchange *self = exchange;

    exchange->number_key[0] = '\1';
    memcpy(exchange->number_key + 1, &self, sizeof self);
    *ret_len = 1 + sizeof self;
    return exchange->number_key;
}

static const char *listed_key(struct mcps__exchange *exchange, size_t *ret_len)
{
    if (exchange->is_twin)
        return twin_key_of(exchange, ret_len);
    return key_of(&exchange->id, exchange->number_key, ret_len);
}

static int insert(struct mcps__exchange *exchange)
{
    struct mcps__map *map = &exchange->peer->exchanges;
    size_t len;
    const char *key = listed_key(exchange, &len);
    int r = mcps__map_insert(map, key, len, exchange);

    if (r != MCPS_EEXISTS || !exchange->peer->tolerates_twins)
        return r;
    exchange->is_twin = true;
    key = listed_key(exchange, &len);
    return mcps__map_insert(map, key, len, exchange);
}

int mcps__exchange_list(struct mcps__exchange *exchange)
{
    struct mcps__peer *peer = exchange->peer;
    uint64_t max = mcps__limit(&peer->engine->limits, MCPS_LIMIT_CALLS_PER_PEER);
    int r;

    mcps__mutex_lock(&peer->mutex);
    if (peer->state != MCPS__PEER_OPEN)
        r = MCPS_ECLOSED;
    else if (exchange->ops->is_call && peer->n_calls >= max)
        r = MCPS_ELIMIT;
    else
        r = insert(exchange);
    if (r >= 0) {
        mcps__exchange_ref(exchange);
        exchange->listed = true;
        peer->n_calls += exchange->ops->is_call;
    }
    mcps__mutex_unlock(&peer->mutex);
    return r;
}

/* Takes it out of the table, if it is there: the caller then has the table's reference. By
 * identity, for a later request may have the same id. */
static bool unlist(struct mcps__exchange *exchange)
{
    struct mcps__peer *peer = exchange->peer;
    size_t len;
    const char *key;
    bool was_listed;

    mcps__mutex_lock(&peer->mutex);
    was_listed = exchange->listed;
    if (was_listed) {
        key = listed_key(exchange, &len);
        mcps__map_remove(&peer->exchanges, key, len, exchange);
        exchange->listed = false;
    }
    mcps__mutex_unlock(&peer->mutex);
    return was_listed;
}

/* The one that had the id first may be gone by now. */
static struct mcps__exchange *find_twin(struct mcps__peer *peer,
                                        const struct mcps__id *id)
    MCPS__REQUIRES(peer->mutex);
static struct mcps__exchange *find_twin(struct mcps__peer *peer,
                                        const struct mcps__id *id)
{
    struct mcps__exchange *exchange;
    size_t cursor = 0;

    for (exchange = mcps__map_next(&peer->exchanges, &cursor); exchange;
         exchange = mcps__map_next(&peer->exchanges, &cursor)) {
        if (exchange->is_twin && mcps__id_equal(&exchange->id, id))
            return exchange;
    }
    return NULL;
}

struct mcps__exchange *mcps__exchange_find(struct mcps__peer *peer,
                                           const struct mcps__id *id)
{
    struct mcps__exchange *exchange;
    char number_key[9];
    size_t len;
    const char *key = key_of(id, number_key, &len);

    mcps__mutex_lock(&peer->mutex);
    exchange = mcps__map_lookup(&peer->exchanges, key, len);
    if (!exchange && peer->tolerates_twins)
        exchange = find_twin(peer, id);
    if (exchange)
        mcps__exchange_ref(exchange);
    mcps__mutex_unlock(&peer->mutex);
    return exchange;
}

struct mcps__exchange *mcps__exchange_any(struct mcps__peer *peer)
{
    struct mcps__exchange *exchange;
    size_t cursor = 0;

    mcps__mutex_lock(&peer->mutex);
    exchange = mcps__map_next(&peer->exchanges, &cursor);
    if (exchange)
        mcps__exchange_ref(exchange);
    mcps__mutex_unlock(&peer->mutex);
    return exchange;
}

/* ---- the gate ---- */

/* Puts what is left to be said, which may have something before it. */
static int put_last(struct mcps__exchange *exchange, struct mcps__batch *batch,
                    struct mcps__piece *first, struct mcps__piece *piece,
                    struct mcps__list *dropped)
{
    struct mcps__sink *sink = exchange->sink;

    piece->earned = piece->last = true;
    if (first)
        return mcps__sink_put_both_under(sink, first, piece, dropped);
    if (batch)
        return mcps__batch_add_under(batch, piece, dropped);
    return mcps__sink_put_under(sink, piece, dropped);
}

/* What is the request's own ends all the same. */
static void say_nothing(struct mcps__exchange *exchange, struct mcps__batch *batch)
{
    mcps__sink_forget(exchange->sink, exchange);
    if (exchange->sink->single && !batch)
        mcps__sink_close(exchange->sink);
}

/* Moves the slot, if it is open, and puts the piece, if there is one, behind another that
 * there may be. A batch is through with this exchange then, whatever its handler still does. */
static int settle(struct mcps__exchange *exchange, enum mcps__slot slot,
                  struct mcps__piece *first, struct mcps__piece *piece)
{
    struct mcps__batch *batch;
    struct mcps__list dropped;
    int r = 0;

    mcps__list_init(&dropped);
    mcps__mutex_lock(&exchange->gate);
    if (exchange->slot != MCPS__SLOT_OPEN) {
        mcps__mutex_unlock(&exchange->gate);
        mcps__piece_free(first);
        mcps__piece_free(piece);
        return MCPS_ECANCELLED;
    }
    exchange->slot = slot;
    batch = exchange->batch;
    exchange->batch = NULL;
    if (piece)
        r = put_last(exchange, batch, first, piece, &dropped);
    else
        say_nothing(exchange, batch);
    mcps__mutex_unlock(&exchange->gate);
    mcps__pieces_free(&dropped);
    mcps__batch_unref(batch);
    return r;
}

/* The answer of one that lost belongs in a counter, not on the wire. */
static int count_outcome(struct mcps__exchange *exchange, int r)
{
    struct mcps__engine *engine = exchange->peer->engine;

    if (r >= 0) {
        MCPS__COUNT(engine, answers);
        return 0;
    }
    if (r == MCPS_ECANCELLED) {
        MCPS__COUNT(engine, suppressed_answers);
        return r;
    }
    MCPS__COUNT(engine, dropped_answers);
    if (MCPS__MUTATED(M4)) {
        mcps__log(&engine->log, MCPS_LOG_ERROR, "the answer to request %.*s was lost: %s",
                  (int)exchange->id.len, exchange->id.text, mcps_strerror(r));
        return r;
    }
    mcps__log(&engine->log, MCPS_LOG_DEBUG,
              "an answer was dropped: the client is gone (%s)", mcps_error_name(r));
    return MCPS_ECLOSED;
}

/* The id is free again before the answer can be read: a client may use it at once. */
int mcps__exchange_answer(struct mcps__exchange *exchange, struct mcps__piece *piece)
{
    bool was_listed = unlist(exchange);
    int r;

    MCPS__SYNC_POINT("after_unlist");
    r = count_outcome(exchange, settle(exchange, MCPS__SLOT_ANSWERED, NULL, piece));
    if (was_listed)
        mcps__exchange_unref(exchange);
    return r;
}

void mcps__exchange_end(struct mcps__exchange *exchange, struct mcps__piece *first,
                        struct mcps__piece *piece)
{
    bool was_listed = unlist(exchange);
    int r = settle(exchange, MCPS__SLOT_ANSWERED, first, piece);

    (void)r; /* a client that is gone needs no end */
    if (was_listed)
        mcps__exchange_unref(exchange);
}

bool mcps__exchange_suppress(struct mcps__exchange *exchange)
{
    bool was_listed = unlist(exchange);
    bool won = settle(exchange, MCPS__SLOT_SUPPRESSED, NULL, NULL) == 0;

    if (was_listed)
        mcps__exchange_unref(exchange);
    return won;
}

int mcps__exchange_put_under(struct mcps__exchange *exchange, struct mcps__piece *piece,
                             struct mcps__list *dropped)
{
    bool open;
    int r;

    mcps__mutex_lock(&exchange->gate);
    open = exchange->slot == MCPS__SLOT_OPEN;
    r = open ? mcps__sink_put_under(exchange->sink, piece, dropped) : MCPS_ECLOSED;
    mcps__mutex_unlock(&exchange->gate);
    if (open)
        return r < 0 ? MCPS_ECLOSED : 0;
    mcps__list_push_back(dropped, &piece->link);
    if (mcps__token_reason(&exchange->token) != MCPS_CANCEL_NONE)
        return MCPS_ECANCELLED;
    return r;
}

int mcps__exchange_put(struct mcps__exchange *exchange, struct mcps__piece *piece)
{
    struct mcps__list dropped;
    int r;

    mcps__list_init(&dropped);
    r = mcps__exchange_put_under(exchange, piece, &dropped);
    mcps__pieces_free(&dropped);
    return r;
}
