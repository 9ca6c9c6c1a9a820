/* SPDX-License-Identifier: MIT */
/* What a running call says and learns besides its result; see mcpserver/call.h. */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/answer.h"
#include "core/result.h"
#include "rpc/message.h"
#include "util/clock.h"

/* Around the message of a notification. */
enum { ENVELOPE_MAX = 1024 };

/* ---- progress ---- */

static struct mcps__piece *progress_piece(struct mcps_call *call, double done,
                                          double total, const char *message)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    struct mcps__piece *piece;
    size_t max = ENVELOPE_MAX + (message ? 6 * strlen(message) : 0);

    if (mcps__piece_begin(&buf, max) < 0)
        return NULL;
    mcps__write_init(&w, &buf);
    mcps__rpc_begin_call(&w, NULL, "notifications/progress");
    mcps__write_object(&w);
    mcps__write_key(&w, "progressToken");
    mcps__write_raw(&w, call->progress_token.text, call->progress_token.len);
    mcps__write_key(&w, "progress");
    mcps__write_double(&w, done);
    if (total > 0) {
        mcps__write_key(&w, "total");
        mcps__write_double(&w, total);
    }
    /* Clients before 2025-03-26 do not know it. */
    if (message && call->exchange.context->version >= MCPS__V_2025_03_26) {
        mcps__write_key(&w, "message");
        mcps__write_string(&w, message);
    }
    mcps__write_object_end(&w);
    mcps__rpc_end(&w);
    piece = mcps__written_piece(&buf, &w);
    if (!piece)
        return NULL;
    piece->owner = &call->exchange;
    piece->progress = true;
    return piece;
}

/* The lock is held until it is put, so that what grows here grows on the wire, too. */
static int report(struct mcps_call *call, double done, double total, const char *message,
                  struct mcps__list *dropped) MCPS__REQUIRES(call->mutex)
{
    struct mcps__piece *piece;
    int r = mcps__result_check(call);

    if (r < 0)
        return r;
    if (!(done > call->progress) || !isfinite(done) || !isfinite(total))
        return -EINVAL;
    call->progress = done;
    if (call->progress_token.kind == MCPS__ID_NONE)
        return 0;
    piece = progress_piece(call, done, total, message);
    return piece ? mcps__exchange_put_under(&call->exchange, piece, dropped) : -ENOMEM;
}

int mcps_call_progress(mcps_call *call, double done, double total, const char *message)
{
    struct mcps__list dropped;
    int r;

    mcps__list_init(&dropped);
    mcps__mutex_lock(&call->mutex);
    r = report(call, done, total, message, &dropped);
    mcps__mutex_unlock(&call->mutex);
    mcps__pieces_free(&dropped);
    return r;
}

/* ---- who, how long, and whether it was cancelled ---- */

const char *mcps_call_principal(const mcps_call *call)
{
    return call->exchange.peer->account->principal;
}

const char *mcps_call_protocol(const mcps_call *call)
{
    return mcps__version_info(call->exchange.context->version)->text;
}

bool mcps_call_client_can(const mcps_call *call, unsigned capabilities)
{
    return (call->exchange.context->capabilities & capabilities) == capabilities;
}

int64_t mcps_call_remaining_ms(const mcps_call *call)
{
    int64_t left;

    if (call->deadline == MCPS__CLOCK_NEVER)
        return -1;
    left = call->deadline - mcps__clock_now();
    return left > 0 ? left / MCPS__NS_PER_MS : 0;
}

enum mcps_cancel_reason mcps_call_cancelled(const mcps_call *call)
{
    return mcps__token_reason(&call->exchange.token);
}

int mcps_call_sleep_ms(mcps_call *call, unsigned ms)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = mcps__result_check(call);
    mcps__mutex_unlock(&call->mutex);
    if (r < 0)
        return r;
    if (mcps__pool_is_on_loop())
        return -EDEADLK;
    return mcps__token_sleep(&call->exchange.token,
                             mcps__clock_after((int64_t)ms * MCPS__NS_PER_MS));
}

int mcps_call_cancel_fd(mcps_call *call)
{
    return mcps__token_fd(&call->exchange.token);
}

int mcps_call_on_cancel(mcps_call *call, mcps_cancel_hook **ret, mcps_cancel_fn *fn,
                        void *userdata)
{
    return mcps__token_add_hook(&call->exchange.token,
                                &call->exchange.peer->engine->control, ret, fn, userdata);
}

mcps_cancel_hook *mcps_cancel_hook_remove(mcps_cancel_hook *hook)
{
    return mcps__hook_remove(hook);
}
