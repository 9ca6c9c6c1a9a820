/* SPDX-License-Identifier: MIT */
/* The way to the application's log callback; see log.h. */
#include "config.h"

#include "util/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/assert.h"
#include "util/clock.h"
#include "util/utf8.h"

/* ---- lines ---- */

/* What a line must not have as it is: control characters; what breaks lines, turns the
 * direction of text or cannot be seen; and the backslash, so that what reads like an escape
 * is one. */
static bool is_control(const unsigned char *s, int len)
{
    if (len == 1)
        return s[0] < 0x20 || s[0] == 0x7f || s[0] == '\\';
    if (len == 2) /* up to U+009F, and U+061C */
        return (s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xd8 && s[1] == 0x9c);
    if (len == 3 && s[0] == 0xe2 && s[1] == 0x80) /* U+200B to U+200F, U+2028 to U+202E */
        return (s[2] >= 0x8b && s[2] <= 0x8f) || (s[2] >= 0xa8 && s[2] <= 0xae);
    if (len == 3 && s[0] == 0xe2 && s[1] == 0x81) /* U+2066 to U+2069 */
        return s[2] >= 0xa6 && s[2] <= 0xa9;
    return len == 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0; /* U+FEFF */
}

/* Copies what fits of a text, with \xNN for each byte that may not stand in a line. */
static void make_line(char line[MCPS__LOG_LINE_MAX + 1], const char *text, size_t len)
{
    static const char more[] = "...";
    const unsigned char *s = (const unsigned char *)text;
    char piece[5];
    size_t used = 0, n_in, n_out;

    for (size_t i = 0; i < len; i += n_in, used += n_out) {
        int n = mcps__utf8_sequence(s + i, len - i);

        if (n > 0 && !is_control(s + i, n)) {
            n_in = n_out = (size_t)n;
            memcpy(piece, s + i, n_in);
        } else {
            n_in = 1;
            n_out = (size_t)snprintf(piece, sizeof piece, "\\x%02x", s[i]);
        }
        if (used + n_out > MCPS__LOG_LINE_MAX - strlen(more)) {
            memcpy(line + used, more, sizeof more);
            return;
        }
        memcpy(line + used, piece, n_out);
    }
    line[used] = '\0';
}

/* What vsnprintf() cuts short is too long for a line too, so that make_line() sees it. */
static void emit(const struct mcps__log *log, enum mcps_log_level level, const char *fmt,
                 va_list args) MCPS_PRINTF(3, 0);
static void emit(const struct mcps__log *log, enum mcps_log_level level, const char *fmt,
                 va_list args)
{
    char text[MCPS__LOG_LINE_MAX + 1], line[MCPS__LOG_LINE_MAX + 1];

    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        snprintf(text, sizeof text, "a line that could not be formatted: %s", fmt);
    make_line(line, text, strlen(text));
    log->fn(log->userdata, level, line);
}

static void emit_dropped(const struct mcps__log *log, const char *fmt, ...)
    MCPS_PRINTF(2, 3);
static void emit_dropped(const struct mcps__log *log, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    emit(log, MCPS_LOG_WARNING, fmt, args);
    va_end(args);
}

/* ---- the rate limit ---- */

static void add_credit(struct mcps__log *log) MCPS__REQUIRES(log->mutex);
static void add_credit(struct mcps__log *log)
{
    int64_t now = mcps__clock_now(), passed = now - log->credited_at;

    log->credited_at = now;
    if (passed >= log->credit_max - log->credit)
        log->credit = log->credit_max;
    else if (passed > 0)
        log->credit += passed;
}

/* Says whether a line may pass, and how many were dropped before it and not told yet. */
static bool admit(struct mcps__log *log, enum mcps_log_level level, uint64_t *ret_untold)
{
    bool passes = true;

    mcps__mutex_lock(&log->mutex);
    if (level > MCPS_LOG_ERROR) {
        add_credit(log);
        passes = log->credit >= log->line_cost;
        if (passes)
            log->credit -= log->line_cost;
    }
    if (passes) {
        *ret_untold = log->untold;
        log->untold = 0;
    } else {
        log->untold++;
        log->dropped++;
    }
    mcps__mutex_unlock(&log->mutex);
    return passes;
}

/* ---- the log ---- */

int mcps__log_init(struct mcps__log *log, mcps_log_fn *fn, void *userdata,
                   enum mcps_log_level threshold)
{
    int r;

    *log = (struct mcps__log){
        .fn = fn,
        .userdata = userdata,
        .threshold = fn ? threshold : MCPS_LOG_OFF,
    };
    r = mcps__mutex_init(&log->mutex, MCPS__LOCK_log);
    if (r < 0)
        return r;
    mcps__log_set_rate(log, MCPS__LOG_BURST, MCPS__LOG_PER_SECOND);
    return 0;
}

void mcps__log_fini(struct mcps__log *log)
{
    mcps__mutex_fini(&log->mutex);
}

void mcps__log_set_rate(struct mcps__log *log, uint32_t burst, uint32_t per_second)
{
    mcps__assert(per_second > 0);
    mcps__mutex_lock(&log->mutex);
    log->line_cost = MCPS__NS_PER_S / per_second;
    log->credit_max = log->credit = burst * log->line_cost;
    log->credited_at = mcps__clock_now();
    mcps__mutex_unlock(&log->mutex);
}

void mcps__log(struct mcps__log *log, enum mcps_log_level level, const char *fmt, ...)
{
    uint64_t untold = 0;
    va_list args;

    mcps__lock_assert_none_held();
    if (level < MCPS_LOG_EMERGENCY || level > log->threshold ||
        !admit(log, level, &untold))
        return;
    if (untold > 0)
        emit_dropped(log, "lines dropped by the rate limit: %" PRIu64, untold);
    va_start(args, fmt);
    emit(log, level, fmt, args);
    va_end(args);
}

uint64_t mcps__log_dropped(struct mcps__log *log)
{
    uint64_t dropped;

    mcps__mutex_lock(&log->mutex);
    dropped = log->dropped;
    mcps__mutex_unlock(&log->mutex);
    return dropped;
}
