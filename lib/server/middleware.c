/* SPDX-License-Identifier: MIT */
/* Adding middleware to a server, and what the library has of it; see mcpserver/middleware.h. */
#include "config.h"

#include "server/middleware.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/chain.h"
#include "rpc/errors.h"
#include "server/run.h"
#include "server/server.h"
#include "util/mem.h"

/* ---- adding ---- */

static void refused(const struct mcps_middleware *middleware)
{
    if (middleware->destroy)
        middleware->destroy(middleware->userdata);
}

/* The chain calls destroy() for what it does not take: under no lock, for nobody else adds
 * before the start, and the state is all that the lock is for. */
int mcps_server_add_middleware(mcps_server *server,
                               const struct mcps_middleware *middleware)
{
    int r = mcps__server_check_process(server);
    bool idle;

    if (!middleware)
        return -EINVAL;
    if (r < 0) {
        refused(middleware);
        return r;
    }
    mcps__mutex_lock(&server->mutex);
    idle = server->state == MCPS__SERVER_IDLE;
    mcps__mutex_unlock(&server->mutex);
    if (idle)
        return mcps__chain_add(&server->engine->chain, middleware);
    refused(middleware);
    return MCPS_EBUSY;
}

int mcps__middleware_add(mcps_server *server, const struct mcps_middleware *middleware,
                         const void *settings, size_t size)
{
    struct mcps_middleware own = *middleware;

    own.anywhere = true;
    if (size > 0) {
        own.userdata = mcps__memdup(settings, size);
        own.destroy = mcps__free;
        if (!own.userdata)
            return -ENOMEM;
    }
    return mcps_server_add_middleware(server, &own);
}

/* ---- the access log, and that of slow requests ---- */

static const char *name_of(const mcps_request *request)
{
    return request->name ? request->name : "-";
}

static void log_access(mcps_request *request, mcps_outcome *outcome, void *userdata)
{
    enum mcps_outcome_kind kind = mcps_outcome_kind(outcome);
    char code[32] = "";

    (void)userdata;
    if (kind == MCPS_OUTCOME_ERROR)
        snprintf(code, sizeof code, " %d", mcps_outcome_code(outcome));
    mcps__log(&request->engine->log, MCPS_LOG_INFO,
              "%s %s by %s: %s%s, %zu bytes, %" PRIu64 " us waiting, %" PRIu64
              " us running",
              request->method, name_of(request), mcps_request_principal(request),
              mcps_outcome_kind_name(kind), code, mcps_outcome_bytes(outcome),
              mcps_outcome_queued_us(outcome), mcps_outcome_run_us(outcome));
}

int mcps_server_add_access_log(mcps_server *server)
{
    const struct mcps_middleware log =
        MCPS_MIDDLEWARE(.name = "access log", .leave = log_access);

    return mcps__middleware_add(server, &log, NULL, 0);
}

struct slow {
    unsigned ms;
};

static void log_slow(mcps_request *request, mcps_outcome *outcome, void *userdata)
{
    const struct slow *slow = userdata;
    uint64_t queued = mcps_outcome_queued_us(outcome);
    uint64_t run = mcps_outcome_run_us(outcome);

    if ((queued + run) / 1000 <= slow->ms)
        return;
    mcps__log(&request->engine->log, MCPS_LOG_WARNING,
              "%s %s by %s is slow: %" PRIu64 " ms waiting, %" PRIu64 " ms running",
              request->method, name_of(request), mcps_request_principal(request),
              queued / 1000, run / 1000);
}

int mcps_server_add_slow_log(mcps_server *server, unsigned ms)
{
    const struct mcps_middleware log =
        MCPS_MIDDLEWARE(.name = "slow log", .leave = log_slow);
    const struct slow slow = { ms };

    return mcps__middleware_add(server, &log, &slow, sizeof slow);
}

/* ---- the limit of sizes ---- */

struct size_limit {
    size_t bytes;
};

static void limit_size(mcps_request *request, mcps_outcome *outcome, void *userdata)
{
    const struct size_limit *limit = userdata;
    size_t bytes = mcps_outcome_bytes(outcome);
    char text[128], result[256];
    int r;

    if (bytes <= limit->bytes)
        return;
    snprintf(text, sizeof text, "The result is too large: %zu bytes, of at most %zu",
             bytes, limit->bytes);
    if (strcmp(request->method, "tools/call") != 0) {
        r = mcps_outcome_fail(outcome, MCPS__RPC_INTERNAL, text, NULL);
    } else {
        snprintf(result, sizeof result,
                 "{\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],\"isError\":true}",
                 text);
        r = mcps_outcome_replace(outcome, result);
    }
    if (r < 0 && r != MCPS_ECANCELLED)
        mcps__log(&request->engine->log, MCPS_LOG_ERROR,
                  "a result that is too large was sent: %s", mcps_strerror(r));
}

int mcps_server_add_size_limit(mcps_server *server, size_t bytes)
{
    const struct mcps_middleware middleware =
        MCPS_MIDDLEWARE(.name = "size limit", .leave = limit_size);
    const struct size_limit limit = { bytes };

    return mcps__middleware_add(server, &middleware, &limit, sizeof limit);
}
