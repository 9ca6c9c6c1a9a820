/* SPDX-License-Identifier: MIT */
/* What a running call says to its client's log; see mcpserver/call.h. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/answer.h"
#include "core/meta.h"
#include "core/result.h"
#include "rpc/message.h"
#include "util/clock.h"

/* ---- may it be said? ---- */

/* How many of the levels the client wants, from the most severe on. */
static unsigned wanted_levels(const struct mcps_call *call)
{
    if (mcps__context_is_modern(call->exchange.context))
        return call->log_levels;
    return atomic_load(&call->exchange.peer->log_levels);
}

/* So many a second: what comes at both ends of one may be twice as many. */
static bool is_too_fast(struct mcps_call *call) MCPS__REQUIRES(call->mutex)
{
    struct mcps__limits *limits = &call->exchange.peer->engine->limits;
    struct mcps__log_rate *rate = &call->log_rate;
    int64_t now = mcps__clock_now();

    if (rate->n == 0 || now - rate->since >= MCPS__NS_PER_S)
        *rate = (struct mcps__log_rate){ now, 0 };
    if (rate->n >= mcps__limit(limits, MCPS_LIMIT_CLIENT_LOGS)) {
        mcps__limit_hit(limits, MCPS_LIMIT_CLIENT_LOGS);
        return true;
    }
    rate->n++;
    return false;
}

static bool is_too_much(struct mcps_call *call)
{
    struct mcps__sink *sink = call->exchange.sink;

    if (mcps__sink_waiting(sink) < sink->soft_mark)
        return false;
    mcps__limit_hit(&call->exchange.peer->engine->limits, MCPS_LIMIT_OUT_BYTES);
    return true;
}

/* 1: it may; 0: nobody hears it. Before anything is made of it. */
static int may_say(struct mcps_call *call, enum mcps_log_level level)
{
    int r;

    if (level < MCPS_LOG_EMERGENCY || level > MCPS_LOG_DEBUG)
        return -EINVAL;
    mcps__mutex_lock(&call->mutex);
    r = mcps__result_check(call);
    if (r >= 0)
        r = (unsigned)level < wanted_levels(call) && !is_too_fast(call);
    mcps__mutex_unlock(&call->mutex);
    return r > 0 && is_too_much(call) ? 0 : r;
}

/* ---- the message ---- */

enum value { TEXT, JSON };

static void write_message(struct mcps__writer *w, enum mcps_log_level level,
                          const char *logger, enum value value,
                          const struct mcps__buf *data)
{
    mcps__rpc_begin_call(w, NULL, "notifications/message");
    mcps__write_object(w);
    mcps__write_key(w, "level");
    mcps__write_string(w, mcps__log_level_name(level));
    if (logger) {
        mcps__write_key(w, "logger");
        mcps__write_string(w, logger);
    }
    mcps__write_key(w, "data");
    if (value == JSON)
        mcps__write_raw(w, data->data, data->len);
    else
        mcps__write_text(w, data->len > 0 ? data->data : "", data->len);
    mcps__write_object_end(w);
    mcps__rpc_end(w);
}

static size_t limit_of(const struct mcps_call *call)
{
    return mcps__limit_size(&call->exchange.peer->engine->limits,
                            MCPS_LIMIT_RESULT_BYTES);
}

/* The gate sees to it that nothing follows the answer. */
static int say(struct mcps_call *call, enum mcps_log_level level, const char *logger,
               enum value value, const struct mcps__buf *data)
{
    struct mcps__buf buf;
    struct mcps__writer w;
    struct mcps__piece *piece;
    int r = mcps__piece_begin(&buf, SIZE_MAX / 2);

    if (r < 0)
        return r;
    mcps__write_init(&w, &buf);
    write_message(&w, level, logger, value, data);
    piece = mcps__written_piece(&buf, &w);
    if (!piece)
        return -ENOMEM;
    piece->owner = &call->exchange;
    return mcps__exchange_put(&call->exchange, piece);
}

static int format_text(struct mcps__buf *out, const char *format, va_list args)
    MCPS_PRINTF(2, 0);
static int format_text(struct mcps__buf *out, const char *format, va_list args)
{
    va_list again;
    int len, r;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0)
        return -EINVAL;
    r = mcps__buf_reserve(out, (size_t)len + 1);
    if (r < 0)
        return r;
    vsnprintf(out->data, (size_t)len + 1, format, args);
    out->len = (size_t)len;
    return 0;
}

int mcps_call_log(mcps_call *call, enum mcps_log_level level, const char *logger,
                  const char *format, ...)
{
    struct mcps__buf text;
    va_list args;
    int r = may_say(call, level);

    if (r <= 0)
        return r;
    mcps__buf_init(&text, limit_of(call));
    va_start(args, format);
    r = format_text(&text, format, args);
    va_end(args);
    if (r >= 0)
        r = say(call, level, logger, TEXT, &text);
    mcps__buf_fini(&text);
    return r;
}

int mcps_call_log_json(mcps_call *call, enum mcps_log_level level, const char *logger,
                       const char *json)
{
    struct mcps__buf value;
    int r = may_say(call, level);

    if (r <= 0)
        return r;
    mcps__buf_init(&value, limit_of(call));
    r = mcps__meta_value(&value, json);
    if (r >= 0)
        r = say(call, level, logger, JSON, &value);
    mcps__buf_fini(&value);
    return r;
}
