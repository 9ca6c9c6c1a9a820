/* SPDX-License-Identifier: MIT */
/* Asking the client during a call; see ask.h. */
#include "config.h"

#include "core/ask.h"

#include <errno.h>

#include <json-c/json_object.h>

#include "core/answer.h"
#include "core/pending.h"
#include "rpc/message.h"
#include "util/clock.h"
#include "util/sync.h"

enum { REQUEST_MAX = 512 };

/* ---- messages ---- */

static struct mcps__piece *request_piece(int64_t serial, const char *method)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    struct mcps__id id;

    if (mcps__piece_begin(&buf, REQUEST_MAX) < 0)
        return NULL;
    mcps__id_of_number(&id, serial);
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_call(&w, &id, method);
    mcps__write_object(&w);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

static struct mcps__piece *cancel_piece(int64_t serial, const char *reason)
{
    struct mcps__buf buf;
    struct mcps__writer w;

    if (mcps__piece_begin(&buf, REQUEST_MAX) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_call(&w, NULL, "notifications/cancelled");
    mcps__write_object(&w);
    mcps__write_key(&w, "requestId");
    mcps__write_int(&w, serial);
    mcps__write_key(&w, "reason");
    mcps__write_string(&w, reason);
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    return mcps__written_piece(&buf, &w);
}

/* A courtesy to the client, which may stop what it does for us. Not through the gate, for
 * that of a cancelled call is shut; not when the client does not keep up. */
static void send_cancel(struct mcps__entry *entry, int why)
{
    struct mcps__sink *sink = entry->exchange->peer->sink;
    struct mcps__piece *piece;
    int r;

    if (mcps__sink_waiting(sink) > sink->soft_mark)
        return;
    piece = cancel_piece(entry->serial, mcps_strerror(why));
    if (!piece)
        return;
    r = mcps__sink_put(sink, piece);
    (void)r; /* a client that is gone needs no courtesy */
}

/* ---- asking ---- */

/* From the insertion to the outcome. The entry is out of the map when it returns. */
static int send_and_wait(struct mcps__entry *entry, const char *method, int64_t deadline,
                         struct mcps__bytes **ret)
{
    struct mcps__piece *piece = request_piece(entry->serial, method);
    int r = -ENOMEM;

    if (!piece)
        return r;
    r = mcps__pending_insert(entry);
    if (r < 0) {
        mcps__piece_free(piece);
        return r;
    }
    r = mcps__exchange_put(entry->exchange, piece);
    MCPS__SYNC_POINT("after_pending_insert");
    if (r < 0 && mcps__pending_remove(entry))
        return r;
    r = mcps__entry_wait(entry, deadline, ret);
    if (r == MCPS_ETIMEDOUT || r == MCPS_ECANCELLED)
        send_cancel(entry, r);
    return r;
}

/* The end of input may come before the call asks: then it is settled as those are that were
 * waiting at that moment. */
static int check_client(struct mcps_call *call)
{
    struct mcps__peer *peer = call->exchange.peer;
    bool no_client;

    if (mcps_call_cancelled(call) != MCPS_CANCEL_NONE)
        return MCPS_ECANCELLED;
    mcps__mutex_lock(&peer->mutex);
    no_client = peer->no_client;
    mcps__mutex_unlock(&peer->mutex);
    return no_client ? MCPS_ECLOSED : 0;
}

static int ask(struct mcps_call *call, const char *method, int64_t deadline,
               struct mcps__bytes **ret)
{
    struct mcps__pool *pool = &call->exchange.peer->engine->pool;
    struct mcps__entry *entry;
    int r = check_client(call);

    if (r < 0)
        return r;
    /* This thread is the one that would read the answer. */
    if (mcps__loop_is_home(call->exchange.peer->loop))
        return -EDEADLK;
    r = mcps__entry_new(&entry, &call->exchange);
    if (r < 0)
        return r;
    r = mcps__pool_park(pool, &call->job);
    if (r >= 0) {
        r = send_and_wait(entry, method, deadline, ret);
        mcps__pool_unpark(pool, &call->job);
    }
    mcps__entry_unref(entry);
    return r;
}

int mcps__ask(struct mcps_call *call, unsigned capability, const char *method,
              enum mcps_limit time_limit, struct mcps__bytes **ret)
{
    struct mcps__limits *limits = &call->exchange.peer->engine->limits;
    int r;

    mcps__lock_assert_none_held();
    /* In the modern era a server asks in its results only. */
    if (!(call->exchange.context->capabilities & capability) ||
        mcps__context_is_modern(call->exchange.context))
        return MCPS_ECAPABILITY;
    r = ask(call, method, mcps__clock_after(mcps__limit_ns(limits, time_limit)), ret);
    if (r == MCPS_ETIMEDOUT)
        mcps__limit_hit(limits, time_limit);
    if (r == MCPS_EBUSY)
        mcps__limit_hit(limits, MCPS_LIMIT_CALLS_PARKED);
    if (r == MCPS_ECLOSED && !MCPS__MUTATED(M3))
        mcps__exchange_suppress(&call->exchange);
    return r == -EDEADLK ? MCPS_EBUSY : r;
}

/* ---- roots ---- */

static int read_roots(struct mcps__engine *engine, const struct mcps__bytes *text,
                      struct json_object **ret)
{
    struct mcps__tree_parser parser;
    struct json_object *result = NULL, *roots;
    int r = mcps__tree_parser_init(&parser, &engine->json_limits);

    if (r >= 0)
        r = mcps__tree_parse(&parser, &result, text->data, text->len);
    mcps__tree_parser_fini(&parser);
    if (r == -ENOMEM)
        return r;
    if (r < 0 || !json_object_object_get_ex(result, "roots", &roots) ||
        !json_object_is_type(roots, json_type_array)) {
        json_object_put(result);
        return MCPS_EPROTOCOL;
    }
    *ret = json_object_get(roots);
    json_object_put(result);
    return 0;
}

int mcps_call_roots(mcps_call *call, struct json_object **ret_roots)
{
    struct mcps__bytes *text = NULL;
    int r = mcps__ask(call, MCPS_CLIENT_ROOTS, "roots/list", MCPS_LIMIT_ROOTS_MS, &text);

    if (r < 0)
        return r;
    r = read_roots(call->exchange.peer->engine, text, ret_roots);
    mcps__bytes_unref(text);
    return r;
}
