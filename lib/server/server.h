/* SPDX-License-Identifier: MIT */
/* The server: what holds engine and transports together. See mcpserver/server.h. */
#ifndef MCPS_SERVER_SERVER_H
#define MCPS_SERVER_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/engine.h"
#include "mcpserver/server.h"
#include "transport/http.h"
#include "util/lock.h"
#include "util/wake.h"

enum mcps__server_state {
    MCPS__SERVER_IDLE, /* not started, or stopped for good */
    MCPS__SERVER_STARTING,
    MCPS__SERVER_RUNNING,
    MCPS__SERVER_STOPPING /* a stop goes on, or has left something running */
};

enum { MCPS__SERVER_HTTPS = 16 }; /* endpoints of HTTP, at the most */

struct mcps_server {
    struct mcps__obj obj;
    struct mcps__engine *engine; /* a reference; never changes */
    pid_t pid;                   /* of the process that made it; never changes */
    struct mcps__wake wake;      /* a stop was requested, or a transport has ended */
    atomic_uint stop_requests;
    int watcher; /* of a driven server; -1: none yet. Set by who starts it, stays open */
    struct mcps__worker *worker; /* made with it, without workers: of who is handling */
    struct mcps__mutex mutex;    /* covers all below */
    struct mcps__cond changed;
    enum mcps__server_state state MCPS__GUARDED;
    bool stopping_now MCPS__GUARDED; /* some thread is in mcps_server_stop() */
    pthread_t keeper MCPS__GUARDED;  /* that thread, or the one that starts it */
    unsigned n_alive MCPS__GUARDED;  /* transports whose I/O thread has not ended */
    struct mcps__transport *stdio MCPS__GUARDED;  /* NULL: not asked for */
    struct mcps__transport *memory MCPS__GUARDED; /* made with the first client */
    struct mcps__transport *https[MCPS__SERVER_HTTPS] MCPS__GUARDED;
    size_t n_https MCPS__GUARDED, n_https_started MCPS__GUARDED;
    struct mcps__routes routes; /* of all of those; they never change once it has started */
    bool stdio_started MCPS__GUARDED, memory_started MCPS__GUARDED;
    /* Of a driven server: somebody takes a turn, or stops it; */
    bool driven MCPS__GUARDED, in_turn MCPS__GUARDED;
    bool connecting MCPS__GUARDED;   /* only to let a client in; it is */
    pthread_t turner MCPS__GUARDED;  /* this thread; */
    bool handling MCPS__GUARDED;     /* without workers: somebody runs a handler; it is */
    pthread_t handler MCPS__GUARDED; /* this thread; */
    int64_t next_turn MCPS__GUARDED; /* when the next is to be taken at the latest; */
    bool listens MCPS__GUARDED;      /* it has a transport that can end by itself; */
    bool draining MCPS__GUARDED;     /* a stop was requested, and has begun */
};

#endif
