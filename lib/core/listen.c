/* SPDX-License-Identifier: MIT */
/* Streams of notifications; see listen.h. */
#include "config.h"

#include "core/listen.h"

#include <errno.h>

#include <json-c/json_object.h>

#include "core/answer.h"
#include "core/close.h"
#include "rpc/message.h"
#include "util/mem.h"
#include "util/sync.h"

struct listen {
    struct mcps__exchange exchange;
    struct mcps__listener listener;
    struct mcps__list link; /* of its peer's streams, as long as it is open */
};

static struct listen *listen_of(struct mcps__exchange *exchange)
{
    return MCPS__CONTAINER_OF(exchange, struct listen, exchange);
}

size_t mcps__listen_size(void)
{
    return sizeof(struct listen);
}

/* ---- the places that they take up ---- */

static int refuse(struct mcps__engine *engine, enum mcps_limit limit, const char *why,
                  const char **reterr_why)
{
    mcps__limit_hit(&engine->limits, limit);
    *reterr_why = why;
    return MCPS_ELIMIT;
}

static int take_places(struct mcps__peer *peer, const char **reterr_why)
{
    struct mcps__engine *engine = peer->engine;
    const struct mcps__limits *limits = &engine->limits;

    if (atomic_fetch_add(&engine->counters.listens, 1) >=
        mcps__limit(limits, MCPS_LIMIT_LISTENS)) {
        atomic_fetch_sub(&engine->counters.listens, 1);
        return refuse(engine, MCPS_LIMIT_LISTENS, "Server busy: too many streams",
                      reterr_why);
    }
    if (atomic_fetch_add(&peer->account->n_listens, 1) >=
        mcps__limit(limits, MCPS_LIMIT_LISTENS_PER_ACCOUNT)) {
        atomic_fetch_sub(&peer->account->n_listens, 1);
        atomic_fetch_sub(&engine->counters.listens, 1);
        return refuse(engine, MCPS_LIMIT_LISTENS_PER_ACCOUNT,
                      "Server busy: too many streams of this account", reterr_why);
    }
    return 0;
}

static void give_places_back(struct mcps__peer *peer)
{
    atomic_fetch_sub(&peer->account->n_listens, 1);
    atomic_fetch_sub(&peer->engine->counters.listens, 1);
}

/* ---- ending ---- */

static struct mcps__piece *cancelled_piece(const struct mcps__exchange *exchange,
                                           const char *why)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, SIZE_MAX / 2) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_call(&w, NULL, "notifications/cancelled");
    mcps__write_object(&w);
    mcps__write_key(&w, "requestId");
    mcps__write_raw(&w, exchange->id.text, exchange->id.len);
    mcps__write_key(&w, "reason");
    mcps__write_string(&w, why);
    mcps__write_subscription(&w, exchange);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

static struct mcps__piece *result_piece(const struct mcps__exchange *exchange)
{
    enum mcps__version version = exchange->context->version;
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, SIZE_MAX / 2) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_result(&w, &exchange->id);
    mcps__result_begin(&w, version);
    mcps__write_key(&w, "_meta");
    mcps__write_object(&w);
    mcps__write_subscription_id(&w, exchange);
    mcps__result_server(&w, exchange->peer->engine, version);
    mcps__write_object_end(&w);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

/* Without the memory for it the client has to do with the end of the connection. */
static void say_end(struct mcps__exchange *exchange, const char *why)
{
    struct mcps__piece *cancelled = cancelled_piece(exchange, why);
    struct mcps__piece *result = cancelled ? result_piece(exchange) : NULL;

    if (result) {
        mcps__exchange_end(exchange, cancelled, result);
        return;
    }
    mcps__piece_free(cancelled);
    mcps__exchange_suppress(exchange);
}

/* Nobody sees it any more. False: nobody did. */
static bool leave(struct listen *listen)
{
    if (mcps__list_is_empty(&listen->link))
        return false;
    mcps__list_remove(&listen->link);
    mcps__listener_drop(&listen->listener);
    give_places_back(listen->exchange.peer);
    return true;
}

static bool cancel(struct mcps__exchange *exchange, enum mcps_cancel_reason reason)
{
    struct mcps__last_word word = mcps__last_word(exchange, reason);

    MCPS__SYNC_POINT("before_listen_left");
    if (!leave(listen_of(exchange)))
        return false;
    MCPS__SYNC_POINT("after_listen_left");
    if (word.said)
        say_end(exchange, word.message);
    else
        mcps__exchange_suppress(exchange);
    mcps__token_set(&exchange->token, reason);
    return true;
}

void mcps__listens_end(struct mcps__peer *peer, enum mcps_cancel_reason reason)
{
    MCPS__LIST_FOREACH_SAFE (node, &peer->news.streams) {
        struct listen *listen = MCPS__CONTAINER_OF(node, struct listen, link);

        mcps__exchange_ref(&listen->exchange);
        cancel(&listen->exchange, reason);
        mcps__exchange_unref(&listen->exchange);
    }
}

/* ---- opening ---- */

static void free_listen(struct mcps__exchange *exchange)
{
    struct listen *listen = listen_of(exchange);

    mcps__listener_fini(&listen->listener);
    mcps__exchange_fini(exchange);
    mcps__free(listen);
}

static const struct mcps__exchange_ops ops = {
    .free = free_listen,
    .cancel = cancel,
    .is_call = false,
};

/* With one reference, and its places. */
static int new_listen(struct listen **ret, const struct mcps__listen_request *request)
{
    struct listen *listen = mcps__calloc(1, sizeof *listen);
    int r;

    if (!listen)
        return -ENOMEM;
    r = mcps__listener_init(&listen->listener, request->peer, &listen->exchange);
    if (r >= 0)
        r = mcps__exchange_init(&listen->exchange, request->peer, request->context,
                                request->sink, NULL, request->id, &ops);
    if (r < 0) {
        mcps__free(listen);
        return r;
    }
    mcps__list_init(&listen->link);
    mcps__list_push_back(&request->peer->news.streams, &listen->link);
    *ret = listen;
    return 0;
}

static int add_uris(struct mcps__listener *listener, struct json_object *uris,
                    const char **reterr_why)
{
    size_t n = json_object_array_length(uris);
    int r = 0;

    for (size_t i = 0; i < n && r >= 0; i++) {
        struct json_object *uri = json_object_array_get_idx(uris, i);

        r = mcps__listener_add_resource(listener, json_object_get_string(uri),
                                        (size_t)json_object_get_string_len(uri),
                                        MCPS_LIMIT_SUBSCRIPTIONS_PER_LISTEN);
    }
    if (r == MCPS_EBUSY) {
        *reterr_why = "Server busy: too many subscriptions";
        return MCPS_ELIMIT;
    }
    if (r != MCPS_ELIMIT)
        return r;
    *reterr_why = "resourceSubscriptions are too many, or too long, for one stream";
    return MCPS_EINVALID;
}

static int subscribe(struct listen *listen, const struct mcps__listen_request *request,
                     const char **reterr_why)
{
    int r = 0;

    for (int i = 0; i < MCPS__N_CHANGED && r >= 0; i++) {
        if (request->lists[i])
            r = mcps__listener_add_list(&listen->listener, (enum mcps__changed)i);
    }
    if (r >= 0 && request->uris)
        r = add_uris(&listen->listener, request->uris, reterr_why);
    return r;
}

static void write_uris(struct mcps__writer *w, const struct mcps__listener *listener)
{
    mcps__write_key(w, "resourceSubscriptions");
    mcps__write_array(w);
    MCPS__LIST_FOREACH (node, &listener->subscriptions) {
        const struct mcps__topic *topic =
            MCPS__CONTAINER_OF(node, struct mcps__subscription, of_listener)->topic;

        if (topic->uri)
            mcps__write_text(w, topic->uri, topic->uri_len);
    }
    mcps__write_array_end(w);
}

static void write_honoured(struct mcps__writer *w, const struct mcps__listener *listener,
                           const struct mcps__listen_request *request)
{
    static const char *const names[MCPS__N_CHANGED] = {
        [MCPS__CHANGED_TOOLS] = "toolsListChanged",
        [MCPS__CHANGED_PROMPTS] = "promptsListChanged",
        [MCPS__CHANGED_RESOURCES] = "resourcesListChanged",
    };

    mcps__write_object(w);
    for (int i = 0; i < MCPS__N_CHANGED; i++) {
        if (!request->lists[i])
            continue;
        mcps__write_key(w, names[i]);
        mcps__write_bool(w, true);
    }
    if (request->uris)
        write_uris(w, listener);
    mcps__write_object_end(w);
}

static struct mcps__piece *acknowledgement(const struct listen *listen,
                                           const struct mcps__listen_request *request)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    struct mcps__piece *piece;

    if (mcps__piece_begin(&buf, SIZE_MAX / 2) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_call(&w, NULL, "notifications/subscriptions/acknowledged");
    mcps__write_object(&w);
    mcps__write_subscription(&w, &listen->exchange);
    mcps__write_key(&w, "notifications");
    write_honoured(&w, &listen->listener, request);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    piece = mcps__written_piece(&buf, &w);
    if (piece)
        piece->owner = &listen->exchange;
    return piece;
}

/* The table of the peer has the reference from then on; a stream whose acknowledgement could
 * not be put ends with its client. */
static int open_listen(struct listen *listen, const struct mcps__listen_request *request,
                       const char **reterr_why)
{
    struct mcps__piece *piece;
    int r = subscribe(listen, request, reterr_why);

    if (r < 0)
        return r;
    piece = acknowledgement(listen, request);
    if (!piece)
        return -ENOMEM;
    r = mcps__exchange_list(&listen->exchange);
    if (r < 0) {
        mcps__piece_free(piece);
        return r;
    }
    if (mcps__listener_show(&listen->listener, piece) < 0)
        cancel(&listen->exchange, MCPS_CANCEL_DISCONNECT);
    return 0;
}

int mcps__listen_open(const struct mcps__listen_request *request, const char **reterr_why)
{
    struct listen *listen;
    int r = take_places(request->peer, reterr_why);

    if (r < 0)
        return r;
    r = new_listen(&listen, request);
    if (r < 0) {
        give_places_back(request->peer);
        return r;
    }
    r = open_listen(listen, request, reterr_why);
    if (r < 0)
        leave(listen);
    mcps__exchange_unref(&listen->exchange);
    return r;
}
