/* SPDX-License-Identifier: MIT */
/* What a handler says: its result, and its progress; see result.h and call.h. */
#include "config.h"

#include "core/result.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/answer.h"
#include "core/close.h"
#include "rpc/errors.h"
#include "rpc/message.h"
#include "util/clock.h"

/* Around the content of a result: the envelope with its id, and what a result has besides. */
enum { ENVELOPE_MAX = 1024 };

MCPS__NO_LOCK_ANALYSIS /* nobody else has it yet */
    void
    mcps__result_init(struct mcps_call *call)
{
    mcps__buf_init(&call->result, 0);
    call->progress = -HUGE_VAL;
}

/* May anything still be said? */
static int check_open(struct mcps_call *call) MCPS__REQUIRES(call->mutex)
{
    if (call->finished)
        return MCPS_ECLOSED;
    if (mcps__token_reason(&call->exchange.token) != MCPS_CANCEL_NONE)
        return MCPS_ECANCELLED;
    return 0;
}

/* ---- content ---- */

/* Up to the content's first element, once. From there on the buffer takes as much as the
 * limit says. */
static int begin_result(struct mcps_call *call) MCPS__REQUIRES(call->mutex)
{
    const struct mcps__limits *limits = &call->exchange.peer->engine->limits;
    int r;

    if (call->result.data)
        return 0;
    r = mcps__piece_begin(
        &call->result, mcps__limit_size(limits, MCPS_LIMIT_RESULT_BYTES) + ENVELOPE_MAX);
    if (r < 0)
        return r;
    mcps__write_init(&call->writer, &call->result);
    mcps__rpc_begin_result(&call->writer, &call->exchange.id);
    mcps__result_begin(&call->writer, call->exchange.context->version);
    mcps__write_key(&call->writer, "content");
    mcps__write_array(&call->writer);
    call->result.max =
        call->result.len + mcps__limit_size(limits, MCPS_LIMIT_RESULT_BYTES);
    return mcps__write_end(&call->writer);
}

/* All of it or nothing: the writer goes back to where it was. */
static int add_text(struct mcps_call *call, const char *text, size_t len)
    MCPS__REQUIRES(call->mutex)
{
    struct mcps__writer before;
    size_t len_before;
    int r = begin_result(call);

    if (r < 0)
        return r;
    before = call->writer;
    len_before = call->result.len;
    mcps__write_object(&call->writer);
    mcps__write_key(&call->writer, "type");
    mcps__write_string(&call->writer, "text");
    mcps__write_key(&call->writer, "text");
    mcps__write_text(&call->writer, text, len);
    mcps__write_object_end(&call->writer);
    r = mcps__write_end(&call->writer);
    if (r < 0) {
        call->writer = before;
        call->result.len = len_before;
    }
    return r;
}

static int say_bytes(struct mcps_call *call, const char *text, size_t len, bool failed)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = check_open(call);
    if (r >= 0)
        r = add_text(call, text, len);
    if (r >= 0)
        call->failed = call->failed || failed;
    mcps__mutex_unlock(&call->mutex);
    if (r == MCPS_ELIMIT)
        mcps__limit_hit(&call->exchange.peer->engine->limits, MCPS_LIMIT_RESULT_BYTES);
    return r;
}

static int say(struct mcps_call *call, bool failed, const char *format, va_list args)
    MCPS_PRINTF(3, 0);

static int say(struct mcps_call *call, bool failed, const char *format, va_list args)
{
    char small[256];
    struct mcps__buf large;
    va_list again;
    int len, r;

    va_copy(again, args);
    len = vsnprintf(small, sizeof small, format, args);
    if (len < 0) {
        r = -EINVAL;
    } else if ((size_t)len < sizeof small) {
        r = say_bytes(call, small, (size_t)len, failed);
    } else {
        mcps__buf_init(&large, (size_t)len + 1);
        r = mcps__buf_reserve(&large, (size_t)len + 1);
        if (r >= 0) {
            vsnprintf(large.data, (size_t)len + 1, format, again);
            r = say_bytes(call, large.data, (size_t)len, failed);
        }
        mcps__buf_fini(&large);
    }
    va_end(again);
    return r;
}

int mcps_call_text(mcps_call *call, const char *format, ...)
{
    va_list args;
    int r;

    va_start(args, format);
    r = say(call, false, format, args);
    va_end(args);
    return r;
}

int mcps_call_fail(mcps_call *call, const char *format, ...)
{
    va_list args;
    int r;

    va_start(args, format);
    r = say(call, true, format, args);
    va_end(args);
    return r;
}

int mcps_call_text_bytes(mcps_call *call, const char *text, size_t len)
{
    return say_bytes(call, text, len, false);
}

/* ---- the answer ---- */

static struct mcps__piece *end_result(struct mcps_call *call) MCPS__REQUIRES(call->mutex)
{
    struct mcps__writer *w = &call->writer;

    if (begin_result(call) < 0)
        return NULL;
    call->result.max += ENVELOPE_MAX; /* what was let in can also be ended */
    mcps__write_array_end(w);
    if (call->failed) {
        mcps__write_key(w, "isError");
        mcps__write_bool(w, true);
    }
    mcps__result_end(w, call->exchange.peer->engine, call->exchange.context->version);
    mcps__rpc_end(w);
    return mcps__write_end(w) < 0 ? NULL : mcps__piece_end(&call->result);
}

/* An error that the handler has nothing to say about is the tool's, and the model's to see;
 * only "busy" means that there was no call at all. */
struct mcps__piece *mcps__result_piece(struct mcps_call *call, int result)
{
    const struct mcps__id *id = &call->exchange.id;
    struct mcps__piece *piece = NULL;

    mcps__mutex_lock(&call->mutex);
    if (result >= 0 || call->failed)
        piece = end_result(call);
    else if (result == MCPS_EBUSY)
        piece = mcps__error_piece(
            id, mcps__context_code(call->exchange.context, MCPS__RPC_SERVER),
            "Server busy", MCPS__BUSY);
    else
        piece = mcps__tool_error_piece(&call->exchange, mcps_strerror(result));
    mcps__buf_fini(&call->result);
    mcps__mutex_unlock(&call->mutex);
    if (piece)
        return piece;
    return mcps__error_piece(id, MCPS__RPC_INTERNAL, "Out of memory", NULL);
}

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
static int report(struct mcps_call *call, double done, double total, const char *message)
    MCPS__REQUIRES(call->mutex)
{
    struct mcps__piece *piece;
    int r = check_open(call);

    if (r < 0)
        return r;
    if (!(done > call->progress) || !isfinite(done) || !isfinite(total))
        return -EINVAL;
    call->progress = done;
    if (call->progress_token.kind == MCPS__ID_NONE)
        return 0;
    piece = progress_piece(call, done, total, message);
    return piece ? mcps__exchange_put(&call->exchange, piece) : -ENOMEM;
}

int mcps_call_progress(mcps_call *call, double done, double total, const char *message)
{
    int r;

    mcps__mutex_lock(&call->mutex);
    r = report(call, done, total, message);
    mcps__mutex_unlock(&call->mutex);
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
    r = check_open(call);
    mcps__mutex_unlock(&call->mutex);
    if (r < 0)
        return r;
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
