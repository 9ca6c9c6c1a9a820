/* SPDX-License-Identifier: MIT */
/*
 * The engine: what all peers of a server share. Between the transports, which feed it bytes
 * and take its pieces, and the server, which owns it; it does no I/O.
 *
 * THREADS. Refcounted: the server, each peer and so each call has a reference, and a call
 * may be kept until long after the server is gone. What has no lock of its own is set up
 * before the start and never changes after it.
 */
#ifndef MCPS_CORE_ENGINE_H
#define MCPS_CORE_ENGINE_H

#include <stdatomic.h>

#include "core/account.h"
#include "core/chain.h"
#include "core/changes.h"
#include "core/control.h"
#include "core/elicitations.h"
#include "core/limits.h"
#include "core/nonces.h"
#include "core/pool.h"
#include "core/registry.h"
#include "core/seal.h"
#include "core/token.h"
#include "core/view.h"
#include "json/bytes.h"
#include "json/json.h"
#include "mcpserver/server.h"
#include "util/log.h"

/* Counted since the server was made; the gauges count what there is. */
struct mcps__counters {
    atomic_uint sessions, streams, in_flight, pending, listens, connections; /* gauges */
    atomic_size_t replay_bytes;                                              /* one, too */
    atomic_uint_fast64_t answers, dropped_answers, suppressed_answers;
    atomic_uint_fast64_t cancelled, cancelled_before_start;
    atomic_uint_fast64_t changes_sent, changes_dropped, aborted, refused;
    atomic_uint_fast64_t lost_bytes, bad_messages, bad_states, ignored_messages, coerced,
        unchecked;
};

/* How long clients of the modern era may keep a result, and for whom. */
struct mcps__cache_hints {
    uint32_t ttl_ms;
    bool is_private;
};

/* Whom the application has told to be told. */
struct mcps__roots_changed {
    mcps_roots_changed_fn *fn; /* NULL: nobody */
    void *userdata;
    mcps_server *server; /* borrowed: it stops the control pool before it goes */
};

struct mcps__engine {
    struct mcps__obj obj;
    struct mcps__limits limits;
    struct mcps__json_limits json_limits; /* of messages */
    struct mcps__log log;
    struct mcps__counters counters;
    struct mcps__token token; /* set when the server has stopped */
    struct mcps__accounts accounts;
    struct mcps__registry registry;
    struct mcps__pool pool;
    struct mcps__control control;
    struct mcps__changes changes;
    struct mcps__chain chain;                  /* of middleware */
    struct mcps__view view;                    /* who sees what */
    struct mcps__offer *listers[MCPS_N_KINDS]; /* of lists that are made by workers */
    struct mcps__seals seals;
    struct mcps__nonces used_states; /* of tools whose states are good for one try */
    struct mcps__elicitations elicitations;
    struct mcps__roots_changed roots_changed;
    bool coerces;        /* arguments */
    bool checks_results; /* by what their tools declare */
    struct mcps__cache_hints cache[MCPS_N_CACHES];
    struct mcps__bytes *implementation[MCPS__N_VERSIONS]; /* serverInfo */
    struct mcps__bytes *instructions;                     /* JSON text, or NULL */
};

#define MCPS__COUNT(engine, counter) \
    atomic_fetch_add_explicit(&(engine)->counters.counter, 1, memory_order_relaxed)

/* Gives an engine that is not started. The options are complete, with no zeroes left. */
int mcps__engine_new(struct mcps__engine **ret,
                     const struct mcps_server_options *options) MCPS_MUST_CHECK;
struct mcps__engine *mcps__engine_ref(struct mcps__engine *engine);
/* Returns NULL; NULL is fine. */
struct mcps__engine *mcps__engine_unref(struct mcps__engine *engine);

/* Applies the limits, and starts the workers. 0 or -errno. */
int mcps__engine_start(struct mcps__engine *engine) MCPS_MUST_CHECK;
/* Joins what ends before the deadline; returns how many threads are left. */
unsigned mcps__engine_stop(struct mcps__engine *engine, int64_t deadline);

#endif
