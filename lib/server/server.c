/* SPDX-License-Identifier: MIT */
/* Servers: making them, what they offer and say of themselves. Running is in run.c. */
#include "config.h"

#include "server/server.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/registry.h"
#include "core/prompt.h"
#include "core/resource.h"
#include "core/tool.h"
#include "schema/fits.h"
#include "server/drive.h"
#include "server/run.h"
#include "util/mem.h"

#define SERVER_MAGIC UINT32_C(0x53657276)

/* ---- life ---- */

static unsigned default_workers(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 2 ? (unsigned)n : 2;
}

/* Copies as much as the application's struct has, and fills in what it left out. */
static struct mcps_server_options complete(const struct mcps_server_options *options)
{
    struct mcps_server_options all = { .struct_size = sizeof all };
    size_t size = options ? options->struct_size : 0;

    if (options)
        memcpy(&all, options, size < sizeof all ? size : sizeof all);
    if (!all.name)
        all.name = "libmcpserver";
    if (!all.version)
        all.version = "0";
    if (all.workers == 0)
        all.workers = default_workers();
    if (all.workers == MCPS_NO_WORKERS)
        all.workers = 0;
    if (all.log_level == MCPS_LOG_EMERGENCY)
        all.log_level = MCPS_LOG_INFO;
    return all;
}

static int init_server(struct mcps_server *server,
                       const struct mcps_server_options *options)
{
    int r = mcps__wake_init(&server->wake);

    if (r < 0)
        return r;
    r = mcps__mutex_init(&server->mutex, MCPS__LOCK_server);
    if (r < 0)
        goto no_mutex;
    r = mcps__cond_init(&server->changed);
    if (r < 0)
        goto no_cond;
    r = mcps__engine_new(&server->engine, options);
    if (r >= 0)
        return 0;
    mcps__cond_fini(&server->changed);
no_cond:
    mcps__mutex_fini(&server->mutex);
no_mutex:
    mcps__wake_fini(&server->wake);
    return r;
}

int mcps_server_new(mcps_server **ret, const struct mcps_server_options *options)
{
    struct mcps_server_options all = complete(options);
    struct mcps_server *server = mcps__calloc(1, sizeof *server);
    int r;

    if (!server)
        return -ENOMEM;
    r = init_server(server, &all);
    if (r < 0) {
        mcps__free(server);
        return r;
    }
    mcps__obj_init(&server->obj, SERVER_MAGIC);
    server->engine->roots_changed = (struct mcps__roots_changed){
        .fn = all.roots_changed,
        .userdata = all.roots_changed_userdata,
        .server = server,
    };
    server->pid = getpid();
    server->watcher = -1;
    *ret = server;
    return 0;
}

mcps_server *mcps_server_ref(mcps_server *server)
{
    MCPS__CHECK_OBJ(server, SERVER_MAGIC);
    mcps__obj_ref(&server->obj);
    return server;
}

MCPS__NO_LOCK_ANALYSIS /* nobody else has it any more */
    static void
    free_server(struct mcps_server *server)
{
    mcps__token_set(&server->engine->token, MCPS_CANCEL_SHUTDOWN);
    mcps__executors_close(&server->engine->registry.executors);
    for (size_t i = 0; i < server->n_https; i++)
        server->https[i]->ops->free(server->https[i]);
    mcps__server_free_routes(&server->routes);
    if (server->stdio)
        server->stdio->ops->free(server->stdio);
    if (server->memory)
        server->memory->ops->free(server->memory);
    mcps__engine_unref(server->engine);
    mcps__cond_fini(&server->changed);
    mcps__mutex_fini(&server->mutex);
    mcps__server_close_watcher(server);
    mcps__wake_fini(&server->wake);
    mcps__free(server);
}

/* The last reference is let go of only by a server that has stopped; until then the caller's
 * is still there. References are not handed out from nothing, so with one left nobody else
 * can take another meanwhile. */
mcps_server *mcps_server_unref(mcps_server *server)
{
    if (!server)
        return NULL;
    MCPS__CHECK_OBJ(server, SERVER_MAGIC);
    if (mcps__obj_unref_unless_last(&server->obj))
        return NULL;
    if (mcps__server_settle(server) < 0)
        return server;
    if (mcps__obj_unref(&server->obj))
        free_server(server);
    return NULL;
}

int mcps__server_check_process(const struct mcps_server *server)
{
    MCPS__CHECK_OBJ(server, SERVER_MAGIC);
    return server->pid == getpid() ? 0 : -EPERM;
}

/* ---- what it offers ---- */

/* The clients hear of it when it is there. */
static int end_change(struct mcps_server *server, enum mcps_kind kind, int r)
{
    if (r > 0)
        mcps__changes_announce(&server->engine->changes, kind);
    return r < 0 ? r : 0;
}

static int add(struct mcps_server *server, enum mcps_kind kind, mcps__offer_make_fn *make,
               const void *items, size_t n)
{
    struct mcps__engine *engine = server->engine;
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    if (!items)
        return n == 0 ? 0 : -EINVAL;
    return end_change(
        server, kind,
        mcps__registry_add(&engine->registry, &engine->log, kind, make, items, n));
}

int mcps_server_add_tools(mcps_server *server, const struct mcps_tool *tools, size_t n)
{
    return add(server, MCPS_TOOLS, mcps__tool_make, tools, n);
}

int mcps_server_add_prompts(mcps_server *server, const struct mcps_prompt *prompts,
                            size_t n)
{
    return add(server, MCPS_PROMPTS, mcps__prompt_make, prompts, n);
}

int mcps_server_add_resources(mcps_server *server, const struct mcps_resource *resources,
                              size_t n)
{
    return add(server, MCPS_RESOURCES, mcps__resource_make, resources, n);
}

int mcps_server_add_templates(mcps_server *server, const struct mcps_template *templates,
                              size_t n)
{
    return add(server, MCPS_TEMPLATES, mcps__template_make, templates, n);
}

static int check_keys(const struct mcps_server *server, enum mcps_kind kind,
                      const char *const *keys, size_t n)
{
    int r = mcps__server_check_process(server);

    if (r >= 0 && ((unsigned)kind >= MCPS_N_KINDS || (!keys && n > 0)))
        return -EINVAL;
    for (size_t i = 0; r >= 0 && i < n; i++)
        r = keys[i] ? 0 : -EINVAL;
    return r;
}

int mcps_server_remove(mcps_server *server, enum mcps_kind kind, const char *const *keys,
                       size_t n)
{
    struct mcps__engine *engine = server->engine;
    int r = check_keys(server, kind, keys, n);

    if (r < 0)
        return r;
    return end_change(
        server, kind,
        mcps__registry_remove(&engine->registry, &engine->log, kind, keys, n));
}

static int set_enabled(struct mcps_server *server, enum mcps_kind kind,
                       const char *const *keys, size_t n, bool enabled)
{
    struct mcps__engine *engine = server->engine;
    int r = check_keys(server, kind, keys, n);

    if (r < 0)
        return r;
    return end_change(
        server, kind,
        mcps__registry_enable(&engine->registry, &engine->log, kind, keys, n, enabled));
}

int mcps_server_enable(mcps_server *server, enum mcps_kind kind, const char *const *keys,
                       size_t n)
{
    return set_enabled(server, kind, keys, n, true);
}

int mcps_server_disable(mcps_server *server, enum mcps_kind kind, const char *const *keys,
                        size_t n)
{
    return set_enabled(server, kind, keys, n, false);
}

int mcps_server_set_cache(mcps_server *server, enum mcps_cache cache, uint32_t ttl_ms,
                          bool is_public)
{
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    if ((unsigned)cache >= MCPS_N_CACHES)
        return -EINVAL;
    mcps__mutex_lock(&server->mutex);
    if (server->state != MCPS__SERVER_IDLE)
        r = MCPS_EBUSY;
    else
        server->engine->cache[cache] = (struct mcps__cache_hints){ ttl_ms, !is_public };
    mcps__mutex_unlock(&server->mutex);
    if (r >= 0)
        mcps__registry_drop_pages(&server->engine->registry);
    return r;
}

int mcps_server_set_state_keys(mcps_server *server, const struct mcps_state_key *keys,
                               size_t n)
{
    int r = mcps__server_check_process(server);

    return r < 0 ? r : mcps__seals_set_keys(&server->engine->seals, keys, n);
}

int mcps_server_elicitation_complete(mcps_server *server, const char *elicitation_id)
{
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    return elicitation_id ? mcps__elicitations_complete(server->engine, elicitation_id)
                          : -EINVAL;
}

int mcps_server_set_visibility(mcps_server *server, mcps_classify_fn *classify,
                               mcps_visible_fn *visible, void *userdata)
{
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    mcps__mutex_lock(&server->mutex);
    if (server->state != MCPS__SERVER_IDLE)
        r = MCPS_EBUSY;
    else
        server->engine->view = (struct mcps__view){ classify, visible, userdata };
    mcps__mutex_unlock(&server->mutex);
    if (r >= 0)
        mcps__registry_drop_pages(&server->engine->registry);
    return r;
}

int mcps_server_visibility_changed(mcps_server *server)
{
    struct mcps__engine *engine = server->engine;
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    mcps__registry_drop_pages(&engine->registry);
    for (int kind = 0; kind < MCPS_N_KINDS; kind++) {
        if (mcps__registry_has(&engine->registry, (enum mcps_kind)kind))
            mcps__changes_announce(&engine->changes, (enum mcps_kind)kind);
    }
    return 0;
}

/* Not while it stops: the stop might miss it, and nobody would tell who waits for it. */
int mcps_executor_new(mcps_executor **ret, mcps_server *server, const char *name)
{
    struct mcps__engine *engine = server->engine;
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    mcps__mutex_lock(&server->mutex);
    if (server->state == MCPS__SERVER_STOPPING)
        r = MCPS_EBUSY;
    else
        r = mcps__executor_new(ret, &engine->registry.executors, &engine->pool, name);
    mcps__mutex_unlock(&server->mutex);
    return r;
}

int mcps_server_resource_updated(mcps_server *server, const char *uri)
{
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    if (!uri || !mcps__fits_iri(uri, strlen(uri)))
        return -EINVAL;
    return mcps__changes_announce_resource(&server->engine->changes, uri, strlen(uri));
}

/* ---- limits ---- */

static uint64_t largest(enum mcps_limit limit)
{
    switch (limit) {
    case MCPS_LIMIT_MESSAGE_BYTES:
        return UINT32_C(1) << 30;      /* the scan counts in 32 bits */
    case MCPS_LIMIT_BATCH: return 128; /* as many as the scan records */
    default: return UINT32_MAX;
    }
}

/* Those without which nothing would work. */
static uint64_t smallest(enum mcps_limit limit)
{
    switch (limit) {
    case MCPS_LIMIT_MESSAGE_BYTES:
    case MCPS_LIMIT_RESULT_BYTES:
    case MCPS_LIMIT_OUT_BYTES:
    case MCPS_LIMIT_PEERS:
    case MCPS_LIMIT_CONNECTIONS:
    case MCPS_LIMIT_HEADER_BYTES:
    case MCPS_LIMIT_CALLS_QUEUED: return 1;
    default: return 0;
    }
}

int mcps_server_set_limit(mcps_server *server, enum mcps_limit limit, uint64_t value)
{
    int r = mcps__server_check_process(server);

    if (r < 0)
        return r;
    if ((unsigned)limit >= MCPS_N_LIMITS || value > largest(limit) ||
        value < smallest(limit))
        return -EINVAL;
    mcps__mutex_lock(&server->mutex);
    if (server->state != MCPS__SERVER_IDLE)
        r = MCPS_EBUSY;
    else
        server->engine->limits.values[limit] = value;
    mcps__mutex_unlock(&server->mutex);
    return r;
}

uint64_t mcps_server_get_limit(const mcps_server *server, enum mcps_limit limit)
{
    MCPS__CHECK_OBJ(server, SERVER_MAGIC);
    return (unsigned)limit < MCPS_N_LIMITS ? server->engine->limits.values[limit] : 0;
}

uint64_t mcps_server_get_limit_hits(const mcps_server *server, enum mcps_limit limit)
{
    MCPS__CHECK_OBJ(server, SERVER_MAGIC);
    if ((unsigned)limit >= MCPS_N_LIMITS)
        return 0;
    return atomic_load(&server->engine->limits.hits[limit]);
}

/* ---- statistics ---- */

static unsigned count_accounts(struct mcps__accounts *accounts)
{
    unsigned n;

    mcps__mutex_lock(&accounts->mutex);
    n = (unsigned)accounts->map.n_entries;
    mcps__mutex_unlock(&accounts->mutex);
    return n;
}

static unsigned count_io_threads(struct mcps_server *server)
{
    unsigned n;

    mcps__mutex_lock(&server->mutex);
    n = server->driven ? 0 : server->n_alive;
    mcps__mutex_unlock(&server->mutex);
    return n;
}

static void fill_pool_stats(struct mcps_stats *stats, struct mcps__engine *engine)
{
    struct mcps__pool_stats pool;

    mcps__pool_get_stats(&engine->pool, &pool);
    stats->queued = pool.queued;
    stats->running = pool.running;
    stats->parked = pool.parked;
    stats->stuck = pool.stuck + mcps__executors_stuck(&engine->registry.executors);
    stats->threads = pool.threads + mcps__control_threads(&engine->control);
}

static void fill_counters(struct mcps_stats *stats, struct mcps__counters *counters)
{
    stats->in_flight = atomic_load(&counters->in_flight);
    stats->pending = atomic_load(&counters->pending);
    stats->streams = atomic_load(&counters->streams);
    stats->sessions = atomic_load(&counters->sessions);
    stats->connections = atomic_load(&counters->connections);
    stats->replay_bytes = atomic_load(&counters->replay_bytes);
    stats->aborted = atomic_load(&counters->aborted);
    stats->refused = atomic_load(&counters->refused);
    stats->answers = atomic_load(&counters->answers);
    stats->dropped_answers = atomic_load(&counters->dropped_answers);
    stats->suppressed_answers = atomic_load(&counters->suppressed_answers);
    stats->cancelled = atomic_load(&counters->cancelled);
    stats->cancelled_before_start = atomic_load(&counters->cancelled_before_start);
    stats->lost_bytes = atomic_load(&counters->lost_bytes);
    stats->bad_messages = atomic_load(&counters->bad_messages);
    stats->bad_states = atomic_load(&counters->bad_states);
    stats->ignored_messages = atomic_load(&counters->ignored_messages);
    stats->unchecked = atomic_load(&counters->unchecked);
    stats->coerced = atomic_load(&counters->coerced);
    stats->listens = atomic_load(&counters->listens);
    stats->changes_sent = atomic_load(&counters->changes_sent);
    stats->changes_dropped = atomic_load(&counters->changes_dropped);
}

void mcps_server_get_stats(mcps_server *server, struct mcps_stats *ret)
{
    struct mcps_stats stats = { .struct_size = 0 };
    size_t size = ret->struct_size;

    MCPS__CHECK_OBJ(server, SERVER_MAGIC);
    fill_pool_stats(&stats, server->engine);
    fill_counters(&stats, &server->engine->counters);
    stats.accounts = count_accounts(&server->engine->accounts);
    stats.threads += count_io_threads(server);
    stats.in_bytes = atomic_load(&server->engine->accounts.in_bytes);
    stats.out_bytes = atomic_load(&server->engine->accounts.out_bytes);
    stats.log_dropped = mcps__log_dropped(&server->engine->log);
    stats.struct_size = size;
    memcpy(ret, &stats, size < sizeof stats ? size : sizeof stats);
}
