/* SPDX-License-Identifier: MIT */
/*
 * Starting, running and stopping; see run.h and mcpserver/server.h.
 *
 * THREADS. The state is under the server's mutex. Transports are started, stopped and joined
 * outside of it, by the one thread that has set the state to that end.
 */
#include "config.h"

#include "server/run.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "mcpserver/test.h"
#include "server/drive.h"
#include "transport/memory.h"
#include "transport/test_client.h"
#include "util/clock.h"
#include "util/sync.h"

/* ---- transports ---- */

struct mcps__transports mcps__server_started(struct mcps_server *server)
{
    struct mcps__transports all = { .n = 0 };

    mcps__mutex_lock(&server->mutex);
    for (size_t i = 0; i < server->n_https_started; i++)
        all.started[all.n++] = server->https[i];
    if (server->stdio_started)
        all.started[all.n++] = server->stdio;
    if (server->memory_started)
        all.started[all.n++] = server->memory;
    mcps__mutex_unlock(&server->mutex);
    return all;
}

void mcps__server_ended(void *userdata)
{
    struct mcps_server *server = userdata;

    mcps__mutex_lock(&server->mutex);
    server->n_alive--;
    mcps__cond_broadcast(&server->changed);
    mcps__wake_signal(&server->wake);
    mcps__mutex_unlock(&server->mutex);
}

unsigned mcps__server_transports(struct mcps_server *server)
{
    unsigned n;

    mcps__mutex_lock(&server->mutex);
    n = server->n_alive;
    mcps__mutex_unlock(&server->mutex);
    return n;
}

static unsigned alive(struct mcps_server *server)
{
    return mcps__server_transports(server);
}

bool mcps__server_is_inside(struct mcps_server *server)
{
    struct mcps__transports all = mcps__server_started(server);

    for (size_t i = 0; i < all.n; i++) {
        if (all.started[i]->ops->is_inside(all.started[i]))
            return true;
    }
    return mcps__server_has_turn(server) || mcps__pool_is_inside(&server->engine->pool) ||
           mcps__control_is_inside(&server->engine->control);
}

/* ---- starting ---- */

static void set_alive(struct mcps_server *server, int more)
{
    mcps__mutex_lock(&server->mutex);
    server->n_alive += (unsigned)more;
    mcps__mutex_unlock(&server->mutex);
}

/* It counts as alive before it can say that it is not any more. */
static int start_one(struct mcps_server *server, struct mcps__transport *transport,
                     int watcher)
{
    int r;

    transport->watcher = watcher;
    set_alive(server, 1);
    r = transport->ops->start(transport);
    if (r < 0)
        set_alive(server, -1);
    return r;
}

/* Those of HTTP first, whose ports may be taken. What was started when one cannot be is for the
 * caller to stop. */
static int start_transports(struct mcps_server *server)
{
    struct mcps__transport *https[MCPS__SERVER_HTTPS], *stdio;
    int watcher, r = 0;
    size_t n;

    mcps__mutex_lock(&server->mutex);
    stdio = server->stdio;
    n = server->n_https;
    memcpy(https, server->https, sizeof https);
    watcher = server->driven ? server->watcher : -1;
    server->listens = stdio || n > 0;
    mcps__mutex_unlock(&server->mutex);
    for (size_t i = 0; i < n && r >= 0; i++) {
        r = start_one(server, https[i], watcher);
        mcps__mutex_lock(&server->mutex);
        server->n_https_started += r >= 0;
        mcps__mutex_unlock(&server->mutex);
    }
    if (r >= 0 && stdio)
        r = start_one(server, stdio, watcher);
    mcps__mutex_lock(&server->mutex);
    server->stdio_started = r >= 0 && stdio;
    mcps__mutex_unlock(&server->mutex);
    return r;
}

static void drain(struct mcps_server *server, bool driven, int64_t deadline);

static void undo_start(struct mcps_server *server, bool driven)
{
    drain(server, driven, mcps__clock_now());
    mcps__mutex_lock(&server->mutex);
    server->n_https_started = 0;
    mcps__mutex_unlock(&server->mutex);
    mcps__engine_stop(server->engine, MCPS__CLOCK_NEVER);
}

static void set_state(struct mcps_server *server, enum mcps__server_state state)
{
    mcps__mutex_lock(&server->mutex);
    server->state = state;
    mcps__cond_broadcast(&server->changed);
    mcps__mutex_unlock(&server->mutex);
}

/* This thread is the one to start it, unless it is started already. */
static int begin_start(struct mcps_server *server)
{
    int r = 0;

    mcps__mutex_lock(&server->mutex);
    if (server->state == MCPS__SERVER_IDLE) {
        server->state = MCPS__SERVER_STARTING;
        server->keeper = pthread_self();
    } else {
        r = MCPS_EBUSY;
    }
    mcps__mutex_unlock(&server->mutex);
    return r;
}

static void set_driven(struct mcps_server *server, bool driven)
{
    mcps__mutex_lock(&server->mutex);
    server->driven = driven;
    server->draining = false;
    server->next_turn = 0;
    mcps__mutex_unlock(&server->mutex);
}

static int start(struct mcps_server *server, bool driven)
{
    struct mcps__engine *engine = server->engine;
    int r = mcps__server_check_process(server);

    if (r >= 0)
        r = begin_start(server);
    if (r < 0)
        return r;
    MCPS__SYNC_POINT("before_start");
    if (driven)
        r = mcps__server_open_watcher(server);
    set_driven(server, driven && r >= 0);
    if (r >= 0)
        r = mcps__engine_start(engine);
    if (r >= 0) {
        r = start_transports(server);
        if (r < 0)
            undo_start(server, driven);
    }
    MCPS__SYNC_POINT("after_start");
    if (r < 0)
        set_driven(server, false);
    set_state(server, r < 0 ? MCPS__SERVER_IDLE : MCPS__SERVER_RUNNING);
    return r;
}

int mcps_server_start(mcps_server *server)
{
    if (server->engine->pool.options.workers > 0)
        return start(server, false);
    mcps__log(&server->engine->log, MCPS_LOG_ERROR,
              "a server without workers has to be driven");
    return -EINVAL;
}

int mcps_server_start_driven(mcps_server *server)
{
    return start(server, true);
}

/* ---- waiting ---- */

/* Until something is signalled that was not looked at yet. */
static void wait_for_signal(struct mcps_server *server)
{
    struct pollfd fd = { .fd = mcps__wake_fd(&server->wake), .events = POLLIN };

    poll(&fd, 1, -1);
    mcps__wake_drain(&server->wake);
}

void mcps_server_request_stop(mcps_server *server)
{
    atomic_fetch_add(&server->stop_requests, 1);
    mcps__wake_signal(&server->wake);
}

/* Is there a reason to go on? Not when another thread has begun to stop it. */
static bool goes_on(struct mcps_server *server, bool listens)
{
    bool running;

    if (atomic_load(&server->stop_requests) > 0)
        return false;
    mcps__mutex_lock(&server->mutex);
    running = server->state == MCPS__SERVER_RUNNING && !(listens && server->n_alive == 0);
    mcps__mutex_unlock(&server->mutex);
    return running;
}

/* A server that listens nowhere ends only when it is told to. The last signal is passed on:
 * another thread may wait for the same in a stop. */
static void wait_for_end(struct mcps_server *server)
{
    /* Not how many are alive: one may have come to its end already. */
    bool listens = mcps__server_started(server).n > 0;

    while (goes_on(server, listens))
        wait_for_signal(server);
    mcps__wake_signal(&server->wake);
}

int mcps_server_wait(mcps_server *server)
{
    bool driven;
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    if (mcps__server_is_inside(server))
        return -EDEADLK;
    mcps__mutex_lock(&server->mutex);
    driven = server->driven;
    mcps__mutex_unlock(&server->mutex);
    if (driven)
        return -EINVAL;
    wait_for_end(server);
    return 0;
}

int mcps_server_run(mcps_server *server)
{
    int r = mcps_server_start(server);

    if (r < 0)
        return r;
    MCPS__SYNC_POINT("server_started");
    wait_for_end(server);
    return mcps_server_stop(server,
                            (unsigned)mcps_server_get_limit(server, MCPS_LIMIT_DRAIN_MS));
}

/* ---- stopping ---- */

void mcps__server_stop_transports(struct mcps_server *server, int64_t deadline)
{
    struct mcps__transports all = mcps__server_started(server);

    for (size_t i = 0; i < all.n; i++)
        all.started[i]->ops->stop(all.started[i], deadline);
}

/* Transports end soon after their drain deadline, whatever clients do; a second request
 * makes it now. */
static void drain(struct mcps_server *server, bool driven, int64_t deadline)
{
    struct mcps__transports all = mcps__server_started(server);

    mcps__server_stop_transports(server, deadline);
    while (alive(server) > 0) {
        if (deadline > 0 && atomic_load(&server->stop_requests) >= 2) {
            deadline = 0;
            mcps__server_stop_transports(server, deadline);
        }
        if (driven)
            mcps__server_drive(server);
        else
            wait_for_signal(server);
    }
    for (size_t i = 0; i < all.n; i++)
        all.started[i]->ops->join(all.started[i]);
}

/* What has stopped can be started again, what has not can be stopped again. */
static int end_stop(struct mcps_server *server, bool all_ended)
{
    mcps__mutex_lock(&server->mutex);
    /* A thread that has run the last handler is still on its way out. */
    if (all_ended)
        mcps__server_await_handler(server);
    server->stdio_started = false;
    server->n_https_started = 0;
    server->memory_started = false;
    server->stopping_now = false;
    if (all_ended) {
        server->state = MCPS__SERVER_IDLE;
        atomic_store(&server->stop_requests, 0);
    }
    if (server->driven)
        mcps__server_yield_turn(server);
    server->driven = server->driven && !all_ended;
    mcps__cond_broadcast(&server->changed);
    mcps__wake_signal(&server->wake);
    mcps__mutex_unlock(&server->mutex);
    return all_ended ? 0 : MCPS_EBUSY;
}

/* Does this thread start or stop it already? So it is when a log function calls. */
static bool is_keeper(const struct mcps_server *server) MCPS__REQUIRES(server->mutex)
{
    return (server->stopping_now || server->state == MCPS__SERVER_STARTING) &&
           pthread_equal(server->keeper, pthread_self());
}

/* Whether this thread is the one to stop it. The others wait for that one, and return what
 * has come of it. */
static int begin_stop(struct mcps_server *server, bool *ret_stopper, bool *ret_driven)
{
    int r = 0;

    mcps__mutex_lock(&server->mutex);
    if (is_keeper(server)) {
        mcps__mutex_unlock(&server->mutex);
        return -EDEADLK;
    }
    while (server->state == MCPS__SERVER_STARTING)
        mcps__cond_wait(&server->changed, &server->mutex);
    *ret_stopper = !server->stopping_now && server->state != MCPS__SERVER_IDLE;
    if (*ret_stopper) {
        server->stopping_now = true;
        server->keeper = pthread_self();
        server->state = MCPS__SERVER_STOPPING;
        *ret_driven = server->driven;
        if (server->driven)
            mcps__server_seize_turn(server);
    } else {
        while (server->stopping_now)
            mcps__cond_wait(&server->changed, &server->mutex);
        r = server->state == MCPS__SERVER_IDLE ? 0 : MCPS_EBUSY;
    }
    mcps__mutex_unlock(&server->mutex);
    return r;
}

int mcps_server_stop(mcps_server *server, unsigned drain_ms)
{
    struct mcps__engine *engine = server->engine;
    bool stopper, driven = false;
    unsigned left;
    int r = mcps__server_check_process(server);

    if (r >= 0 && mcps__server_is_inside(server))
        r = -EDEADLK;
    MCPS__SYNC_POINT("before_stop");
    if (r >= 0)
        r = begin_stop(server, &stopper, &driven);
    if (r < 0 || !stopper)
        return r;
    drain(server, driven, mcps__clock_after((int64_t)drain_ms * MCPS__NS_PER_MS));
    left = mcps__engine_stop(engine, mcps__clock_after(mcps__limit_ns(
                                         &engine->limits, MCPS_LIMIT_HANDLER_GRACE_MS)));
    if (left > 0) {
        mcps__limit_hit(&engine->limits, MCPS_LIMIT_HANDLER_GRACE_MS);
        mcps__log(&engine->log, MCPS_LOG_WARNING,
                  "%u handlers or hooks still run though the server has stopped", left);
    }
    return end_stop(server, left == 0);
}

int mcps__server_settle(struct mcps_server *server)
{
    return mcps_server_stop(server, 0);
}

/* ---- in-memory clients ---- */

/* The transport for them, started with the first. */
static int start_memory(struct mcps_server *server, struct mcps__transport **ret)
{
    int r = 0;

    mcps__mutex_lock(&server->mutex);
    if (server->state != MCPS__SERVER_RUNNING || server->draining)
        r = MCPS_ECLOSED;
    if (r >= 0 && !server->memory)
        r = mcps__memory_new(&server->memory, server->engine, mcps__server_ended, server);
    if (r >= 0 && !server->memory_started) {
        server->memory->watcher = server->driven ? server->watcher : -1;
        r = server->memory->ops->start(server->memory);
        if (r >= 0) {
            server->memory_started = true;
            server->n_alive++;
        }
    }
    *ret = server->memory;
    mcps__mutex_unlock(&server->mutex);
    return r;
}

/* For as long as it takes to connect, this thread drives the server, if it is driven. */
static int connect_memory(struct mcps_server *server, const char *principal, int *ret_fd)
{
    struct mcps__transport *memory;
    bool driven;
    int r;

    mcps__mutex_lock(&server->mutex);
    /* Who stops it keeps the turn, and may wait for this very thread. */
    while (server->in_turn && server->state == MCPS__SERVER_RUNNING)
        mcps__cond_wait(&server->changed, &server->mutex);
    r = server->state == MCPS__SERVER_RUNNING ? 0 : MCPS_ECLOSED;
    driven = r >= 0 && server->driven;
    if (driven)
        mcps__server_seize_turn(server);
    server->connecting = driven;
    mcps__mutex_unlock(&server->mutex);
    if (r >= 0)
        r = start_memory(server, &memory);
    if (r >= 0)
        r = mcps__memory_connect(memory, principal, ret_fd);
    if (!driven)
        return r;
    mcps__mutex_lock(&server->mutex);
    server->connecting = false;
    mcps__server_yield_turn(server);
    mcps__mutex_unlock(&server->mutex);
    return r;
}

int mcps_test_connect(mcps_server *server, const char *principal, mcps_test_client **ret)
{
    int fd = -1;
    int r = mcps__server_check_process(server);

    if (r >= 0 && mcps__server_has_turn(server))
        r = -EDEADLK;
    if (r >= 0)
        r = connect_memory(server, principal ? principal : "test", &fd);
    if (r >= 0)
        r = mcps__test_client_new(ret, fd);
    return r;
}
