/* SPDX-License-Identifier: MIT */
/*
 * The way to the application's log callback: a threshold, a rate limit, and lines that
 * hold nothing but printable UTF-8, whatever a client has put into a name or a message.
 *
 * Any thread may log, but not under a lock: the callback is the application's.
 */
#ifndef MCPS_UTIL_LOG_H
#define MCPS_UTIL_LOG_H

#include <stdint.h>

#include "mcpserver/base.h"
#include "util/annotate.h"
#include "util/lock.h"

enum {
    MCPS__LOG_LINE_MAX = 1023, /* bytes, of which "..." are 3 if the line was longer */
    MCPS__LOG_BURST = 200, /* lines at once, and a second, until mcps__log_set_rate() */
    MCPS__LOG_PER_SECOND = 50
};

struct mcps__log {
    mcps_log_fn *fn; /* this and the next two never change */
    void *userdata;
    enum mcps_log_level threshold;
    struct mcps__mutex mutex; /* covers all below */
    /* Time pays for lines: each costs so many nanoseconds, of which so many are there. */
    int64_t line_cost MCPS__GUARDED, credit MCPS__GUARDED, credit_max MCPS__GUARDED;
    int64_t credited_at MCPS__GUARDED;
    uint64_t dropped MCPS__GUARDED, untold MCPS__GUARDED; /* in all; not reported yet */
};

/* Lines less severe than the threshold are not logged; without `fn` none is. Returns 0 or
 * -errno. */
int mcps__log_init(struct mcps__log *log, mcps_log_fn *fn, void *userdata,
                   enum mcps_log_level threshold) MCPS_MUST_CHECK;
/* Nobody may log any more. */
void mcps__log_fini(struct mcps__log *log);

/* At most `burst` lines at once, and `per_second` (1 or more) in the long run. Errors and
 * what is more severe always pass, and cost nothing. */
void mcps__log_set_rate(struct mcps__log *log, uint32_t burst, uint32_t per_second);

/* Calls the callback with one line, and with another one before it if the rate limit has
 * dropped lines since the last that passed. */
void mcps__log(struct mcps__log *log, enum mcps_log_level level, const char *fmt, ...)
    MCPS_PRINTF(3, 4);

/* How many lines the rate limit has dropped so far. */
uint64_t mcps__log_dropped(struct mcps__log *log);

#endif
