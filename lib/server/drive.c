/* SPDX-License-Identifier: MIT */
/*
 * Servers that the host's loop drives; see drive.h and mcpserver/server.h.
 *
 * THREADS. A turn is taken by one thread at a time, which has marked that under the server's
 * mutex. What belongs to the I/O threads goes from one to the next with that mark. Whoever
 * runs a handler has another mark, with which the worker goes around.
 */
#include "config.h"

#include "server/drive.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "core/thread.h"
#include "server/run.h"
#include "transport/end.h"
#include "transport/mirror.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/sync.h"

static int make_worker(struct mcps_server *server)
{
    struct mcps__worker *worker;

    if (server->worker || server->engine->pool.options.workers > 0)
        return 0;
    worker = mcps__malloc(sizeof *worker);
    if (!worker || mcps__worker_init(worker) < 0) {
        mcps__free(worker);
        return -ENOMEM;
    }
    server->worker = worker;
    return 0;
}

int mcps__server_open_watcher(struct mcps_server *server)
{
    int fd, r = make_worker(server);

    if (r < 0 || server->watcher >= 0)
        return r;
    fd = mcps__watcher_open();
    r = fd < 0 ? fd : mcps__watcher_add(fd, mcps__wake_fd(&server->wake));
    if (r < 0) {
        mcps__log(&server->engine->log, MCPS_LOG_ERROR,
                  "the server cannot be driven by another loop: epoll: %s",
                  mcps_strerror(r));
        if (fd >= 0)
            close(fd);
        return r;
    }
    server->watcher = fd;
    return 0;
}

void mcps__server_close_watcher(struct mcps_server *server)
{
    if (server->watcher >= 0)
        close(server->watcher);
    if (server->worker)
        mcps__worker_fini(server->worker);
    mcps__free(server->worker);
}

/* ---- whose turn it is ---- */

bool mcps__server_has_turn(struct mcps_server *server)
{
    bool has;

    mcps__mutex_lock(&server->mutex);
    has = (server->in_turn && pthread_equal(server->turner, pthread_self())) ||
          (server->handling && pthread_equal(server->handler, pthread_self()));
    mcps__mutex_unlock(&server->mutex);
    return has;
}

void mcps__server_seize_turn(struct mcps_server *server)
{
    while (server->in_turn)
        mcps__cond_wait(&server->changed, &server->mutex);
    server->in_turn = true;
    server->turner = pthread_self();
}

void mcps__server_yield_turn(struct mcps_server *server)
{
    server->in_turn = false;
    mcps__cond_broadcast(&server->changed);
}

void mcps__server_await_handler(struct mcps_server *server)
{
    while (server->handling)
        mcps__cond_wait(&server->changed, &server->mutex);
}

/* Whether there is a handler to be run, and this thread is the one to do it. */
static bool claim_handler(struct mcps_server *server) MCPS__REQUIRES(server->mutex);
static bool claim_handler(struct mcps_server *server)
{
    struct mcps__pool *pool = &server->engine->pool;

    if (!server->worker || server->handling || !mcps__pool_has_work(pool))
        return false;
    server->handling = true;
    server->handler = pthread_self();
    return true;
}

/* The last transport has ended, and no other is to come. */
static bool has_ended(const struct mcps_server *server) MCPS__REQUIRES(server->mutex)
{
    return server->n_alive == 0 && (server->listens || server->draining);
}

static int begin_turn(struct mcps_server *server)
{
    int r = 0;

    mcps__mutex_lock(&server->mutex);
    while (server->connecting) /* which does not take long */
        mcps__cond_wait(&server->changed, &server->mutex);
    if (!server->driven || server->state != MCPS__SERVER_RUNNING || has_ended(server))
        r = MCPS_ECLOSED;
    else if (server->in_turn || server->handling)
        r = MCPS_EBUSY;
    else
        mcps__server_seize_turn(server);
    mcps__mutex_unlock(&server->mutex);
    return r;
}

/* What the host is told behind a turn. */
static int result(const struct mcps_server *server) MCPS__REQUIRES(server->mutex)
{
    if (server->state != MCPS__SERVER_RUNNING || has_ended(server))
        return MCPS_ECLOSED;
    return server->next_turn <= mcps__clock_now() ? 1 : 0;
}

/* Who has begun to stop the server runs what is left itself. */
static int end_turn(struct mcps_server *server, int64_t next, bool *ret_handles)
{
    int r;

    mcps__mutex_lock(&server->mutex);
    server->next_turn = next;
    r = result(server);
    *ret_handles = server->state == MCPS__SERVER_RUNNING && claim_handler(server);
    mcps__server_yield_turn(server);
    mcps__mutex_unlock(&server->mutex);
    return r;
}

/* ---- turns ---- */

/* The one that was claimed. Who stops the server meanwhile is woken, to run the next. */
static int run_handler(struct mcps_server *server)
{
    struct mcps__pool *pool = &server->engine->pool;
    int r;

    mcps__pool_run_one(pool, server->worker);
    MCPS__SYNC_POINT("handled");
    mcps__mutex_lock(&server->mutex);
    server->handling = false;
    if (mcps__pool_has_work(pool))
        server->next_turn = 0;
    r = result(server);
    mcps__cond_broadcast(&server->changed);
    if (server->state != MCPS__SERVER_RUNNING)
        mcps__wake_signal(&server->wake);
    mcps__mutex_unlock(&server->mutex);
    return r;
}

/* Reads and writes what there is, without waiting. Returns when there will be more, if the
 * watcher says nothing before that. */
static int64_t take_turn(struct mcps_server *server)
{
    struct mcps__transports all = mcps__server_started(server);
    int64_t next = MCPS__CLOCK_NEVER, at;

    for (size_t i = 0; i < all.n; i++) {
        at = all.started[i]->ops->turn(all.started[i]);
        next = at < next ? at : next;
    }
    return next;
}

/* Looked at after the wake was drained, so that none is missed. */
static void drain_if_requested(struct mcps_server *server)
{
    const struct mcps__limits *limits = &server->engine->limits;
    unsigned requests;
    bool drain;

    mcps__wake_drain(&server->wake);
    requests = atomic_load(&server->stop_requests);
    if (requests == 0)
        return;
    mcps__mutex_lock(&server->mutex);
    drain = !server->draining;
    server->draining = true;
    mcps__mutex_unlock(&server->mutex);
    if (drain || requests > 1)
        mcps__server_stop_transports(
            server, requests > 1
                        ? 0
                        : mcps__clock_after(mcps__limit_ns(limits, MCPS_LIMIT_DRAIN_MS)));
}

int mcps_server_process(mcps_server *server)
{
    struct mcps__sigpipe sigpipe;
    bool handles;
    int r = mcps__server_check_process(server);

    if (r >= 0 && mcps__server_is_inside(server))
        r = -EDEADLK;
    if (r >= 0)
        r = begin_turn(server);
    if (r < 0)
        return r;
    MCPS__SYNC_POINT("in_turn");
    mcps__sigpipe_block(&sigpipe);
    drain_if_requested(server);
    r = end_turn(server, take_turn(server), &handles);
    if (handles)
        r = run_handler(server);
    mcps__sigpipe_restore(&sigpipe);
    return r;
}

void mcps__server_drive(struct mcps_server *server)
{
    struct pollfd watcher = { .fd = server->watcher, .events = POLLIN };
    struct mcps__sigpipe sigpipe;
    int64_t next;
    bool handles;

    mcps__wake_drain(&server->wake);
    mcps__sigpipe_block(&sigpipe);
    next = take_turn(server);
    mcps__mutex_lock(&server->mutex);
    handles = claim_handler(server);
    mcps__mutex_unlock(&server->mutex);
    if (handles)
        run_handler(server);
    mcps__sigpipe_restore(&sigpipe);
    MCPS__SYNC_POINT("driven_to_stop");
    if (mcps__server_transports(server) > 0)
        (void)!mcps__poll_until(&watcher, 1, next);
}

/* ---- what the host's loop asks ---- */

int mcps_server_get_fd(mcps_server *server)
{
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    mcps__mutex_lock(&server->mutex);
    r = server->driven ? server->watcher : MCPS_ECLOSED;
    mcps__mutex_unlock(&server->mutex);
    return r;
}

/* One that has ended wants to be asked, for mcps_server_process() to say so. */
int mcps_server_get_timeout_ms(mcps_server *server)
{
    int64_t next, ms;

    mcps__mutex_lock(&server->mutex);
    next = server->driven && server->state == MCPS__SERVER_RUNNING && !has_ended(server)
               ? server->next_turn
               : 0;
    mcps__mutex_unlock(&server->mutex);
    if (next == MCPS__CLOCK_NEVER)
        return -1;
    next -= mcps__clock_now();
    ms = next > 0 ? (next - 1) / MCPS__NS_PER_MS + 1 : 0;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}
