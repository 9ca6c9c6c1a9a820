/* SPDX-License-Identifier: MIT */
/* The transport of HTTP: all connections together, starting and stopping; see http.h. */
#include "config.h"

#include "transport/http.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/thread.h"
#include "transport/mirror.h"
#include "util/clock.h"
#include "util/mem.h"

/* How often connections and sessions are looked at: a quarter of the shortest of their times,
 * within these bounds. */
#define SWEEP_MAX_NS MCPS__NS_PER_S
#define SWEEP_MIN_NS (10 * MCPS__NS_PER_MS)

static struct mcps__http *http_of(struct mcps__transport *transport)
{
    return MCPS__CONTAINER_OF(transport, struct mcps__http, transport);
}

static struct mcps__http_conn *conn_of(struct mcps__list *node)
{
    return MCPS__CONTAINER_OF(node, struct mcps__http_conn, link);
}

/* ---- the date ---- */

/* In English, whatever the locale is; once a second. */
const char *mcps__http_date(struct mcps__http *http)
{
    static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int64_t now = mcps__clock_wall_ms() / 1000;
    time_t seconds = (time_t)now;
    struct tm tm;

    if (now != http->date_s && gmtime_r(&seconds, &tm)) {
        snprintf(http->date, sizeof http->date, "%s, %02d %s %d %02d:%02d:%02d GMT",
                 days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
                 tm.tm_hour, tm.tm_min, tm.tm_sec);
        http->date_s = now;
    }
    return http->date;
}

/* ---- sweeping ---- */

static int64_t sweep_interval(const struct mcps__limits *limits)
{
    static const enum mcps_limit times[] = {
        MCPS_LIMIT_HEADER_MS,         MCPS_LIMIT_BODY_MS,
        MCPS_LIMIT_KEEP_ALIVE_MS,     MCPS_LIMIT_IDENTIFY_MS,
        MCPS_LIMIT_SSE_KEEP_ALIVE_MS, MCPS_LIMIT_WRITE_STALL_MS,
        MCPS_LIMIT_CLOSE_FLUSH_MS,    MCPS_LIMIT_SESSION_IDLE_MS,
        MCPS_LIMIT_INIT_MS,           MCPS_LIMIT_REPLAY_MS,
    };
    int64_t shortest = SWEEP_MAX_NS * 4;

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        int64_t ns = mcps__limit_ns(limits, times[i]);

        shortest = ns < shortest ? ns : shortest;
    }
    return shortest / 4 > SWEEP_MIN_NS ? shortest / 4 : SWEEP_MIN_NS;
}

static bool is_late(const struct mcps__http *http, int64_t now)
{
    return http->stopping && now >= http->close_at;
}

static void on_sweep(struct mcps__timer *timer)
{
    struct mcps__http *http = MCPS__CONTAINER_OF(timer, struct mcps__http, sweep);
    int64_t now = mcps__clock_now();

    MCPS__LIST_FOREACH_SAFE (node, &http->conns) {
        if (is_late(http, now))
            mcps__http_conn_close(conn_of(node));
        else
            mcps__http_conn_sweep(conn_of(node), now);
    }
    mcps__http_sessions_sweep(http, now);
    if (!http->loop->closing) {
        int r = mcps__loop_set_timer(http->loop, timer, now + http->sweep_ns);

        mcps__assert(r >= 0); /* its place in the heap is there still */
    }
}

/* ---- stopping ---- */

/* Who waits for nothing goes at once, the others when they have been answered. */
static void drain_conn(struct mcps__http_conn *conn, int64_t deadline)
{
    if (conn->gone)
        return;
    if (conn->peer)
        mcps__peer_drain(conn->peer, deadline);
    if (conn->state == MCPS__HTTP_READING && !conn->reading && conn->in.len == 0)
        mcps__http_conn_close(conn);
}

static void on_stop(struct mcps__post *post)
{
    struct mcps__http *http = MCPS__CONTAINER_OF(post, struct mcps__http, stop);
    int64_t deadline = atomic_load(&http->drain_deadline);
    int64_t flush =
        mcps__limit_ns(&http->transport.engine->limits, MCPS_LIMIT_CLOSE_FLUSH_MS);

    http->stopping = true;
    http->close_at = deadline > INT64_MAX - flush ? INT64_MAX : deadline + flush;
    if (http->close_at < mcps__clock_now() + flush)
        http->close_at = mcps__clock_now() + flush;
    mcps__net_stop_listening(http->net);
    MCPS__LIST_FOREACH_SAFE (node, &http->conns)
        drain_conn(conn_of(node), deadline);
    mcps__http_sessions_drain(http, deadline);
}

static void stop(struct mcps__transport *transport, int64_t drain_deadline)
{
    struct mcps__http *http = http_of(transport);

    atomic_store(&http->drain_deadline, drain_deadline);
    (void)!mcps__loop_post(http->loop, &http->stop);
}

bool mcps__http_has_ended(const struct mcps__http *http)
{
    return http->stopping && http->n_conns == 0 &&
           mcps__list_is_empty(&http->sessions.all);
}

/* ---- the I/O thread ---- */

static void end(struct mcps__http *http)
{
    http->stopping = true;
    mcps__loop_close(http->loop);
    if (http->transport.ended)
        http->transport.ended(http->transport.userdata);
}

static void *run(void *userdata)
{
    struct mcps__http *http = userdata;

    http->self = pthread_self();
    atomic_store(&http->running, true);
    mcps__net_run(http->net);
    end(http);
    return NULL;
}

static bool is_inside(struct mcps__transport *transport)
{
    struct mcps__http *http = http_of(transport);

    return atomic_load(&http->running) && pthread_equal(http->self, pthread_self());
}

/* A turn that found something may have more to find. */
static int64_t turn(struct mcps__transport *transport)
{
    struct mcps__http *http = http_of(transport);

    if (http->ended)
        return MCPS__CLOCK_NEVER;
    if (mcps__net_turn(http->net))
        return 0;
    if (!mcps__http_has_ended(http))
        return mcps__loop_next(http->loop);
    http->ended = true;
    end(http);
    return MCPS__CLOCK_NEVER;
}

/* ---- starting ---- */

/* After two looks of our own at a client that does not read, which are counted. */
static int64_t unacked_ms(uint64_t stall_ms)
{
    return stall_ms < INT64_MAX / 3 ? (int64_t)stall_ms * 3 : INT64_MAX;
}

static int open_net(struct mcps__http *http)
{
    struct mcps__engine *engine = http->transport.engine;
    const struct mcps__net_options options = {
        .ops = &mcps__http_net_ops,
        .userdata = http,
        .wake_fd = mcps__loop_fd(http->loop),
        .log = &engine->log,
        .unacked_ms = unacked_ms(mcps__limit(&engine->limits, MCPS_LIMIT_WRITE_STALL_MS)),
    };
    int r = mcps__net_new(&http->net, &options);

    if (r >= 0)
        r = mcps__net_listen(http->net, http->setup.host, http->setup.port);
    if (r >= 0)
        atomic_store(&http->port, mcps__net_listener_port(http->net, 0));
    if (r >= 0 && mcps__net_is_public(http->net) && !http->setup.identify)
        mcps__log(
            &engine->log, MCPS_LOG_WARNING,
            "listening on %s: everybody who reaches this machine can use the server",
            mcps__net_listener_name(http->net, 0));
    if (r >= 0)
        mcps__log(&engine->log, MCPS_LOG_INFO, "listening on http://%s%s",
                  mcps__net_listener_name(http->net, 0), http->setup.path);
    return r;
}

static void close_all(struct mcps__http *http)
{
    if (http->net)
        mcps__net_free(http->net);
    http->net = NULL;
    if (http->loop && !http->loop->closing)
        mcps__loop_close(http->loop);
    http->loop = mcps__loop_unref(http->loop);
    mcps__free(http->out);
    http->out = NULL;
    mcps__scan_fini(&http->scan);
    mcps__map_fini(&http->sessions.by_id);
}

static int open_all(struct mcps__http *http)
{
    struct mcps__engine *engine = http->transport.engine;
    int r;

    http->stopping = http->ended = false;
    mcps__scan_init(&http->scan, &engine->json_limits);
    mcps__http_parser_init(&http->parser,
                           mcps__limit_size(&engine->limits, MCPS_LIMIT_HEADER_BYTES));
    http->sweep_ns = sweep_interval(&engine->limits);
    http->out = mcps__malloc(MCPS__NET_HEADROOM + MCPS__HTTP_LINES +
                             MCPS__HTTP_OUT_BYTES + MCPS__HTTP_FRAME);
    if (!http->out)
        return -ENOMEM;
    r = mcps__map_init(&http->sessions.by_id, SIZE_MAX);
    if (r >= 0)
        r = mcps__loop_new(&http->loop, &engine->pool);
    if (r >= 0)
        r = open_net(http);
    if (r >= 0)
        r = mcps__loop_set_timer(http->loop, &http->sweep,
                                 mcps__clock_after(http->sweep_ns));
    return r;
}

static int watch(struct mcps__http *http)
{
    return mcps__watcher_add(http->transport.watcher, mcps__net_fd(http->net));
}

static int start(struct mcps__transport *transport)
{
    struct mcps__http *http = http_of(transport);
    int r = open_all(http);

    if (r >= 0)
        r = transport->watcher >= 0
                ? watch(http)
                : mcps__thread_start(&http->thread, run, http,
                                     transport->engine->pool.options.stack_size);
    if (r < 0)
        close_all(http);
    return r;
}

static void join(struct mcps__transport *transport)
{
    struct mcps__http *http = http_of(transport);

    if (transport->watcher < 0)
        pthread_join(http->thread, NULL);
    atomic_store(&http->running, false);
    close_all(http);
}

/* ---- life ---- */

void mcps__http_setup_fini(struct mcps__http_setup *setup)
{
    mcps__free(setup->host);
    mcps__free(setup->port);
    mcps__free(setup->path);
    mcps__free(setup->sse_path);
    mcps__free(setup->message_path);
    mcps__guard_free(setup->guard);
}

static void free_http(struct mcps__transport *transport)
{
    struct mcps__http *http = http_of(transport);

    mcps__http_setup_fini(&http->setup);
    mcps__engine_unref(transport->engine);
    mcps__free(http);
}

int mcps__http_new(struct mcps__transport **ret, struct mcps__engine *engine,
                   struct mcps__http_setup *setup, const struct mcps__routes *routes,
                   void (*ended)(void *userdata), void *userdata)
{
    static const struct mcps__transport_ops ops = {
        .start = start,
        .turn = turn,
        .stop = stop,
        .join = join,
        .is_inside = is_inside,
        .free = free_http,
    };
    struct mcps__http *http = mcps__calloc(1, sizeof *http);

    if (!http) {
        mcps__http_setup_fini(setup);
        return -ENOMEM;
    }
    http->transport = (struct mcps__transport){
        .ops = &ops,
        .engine = mcps__engine_ref(engine),
        .watcher = -1,
        .ended = ended,
        .userdata = userdata,
    };
    http->setup = *setup;
    http->routes = routes;
    atomic_init(&http->port, 0);
    atomic_init(&http->drain_deadline, 0);
    atomic_init(&http->running, false);
    http->date_s = -1;
    mcps__list_init(&http->conns);
    mcps__list_init(&http->hungry);
    mcps__list_init(&http->sessions.all);
    mcps__list_init(&http->sessions.fresh);
    mcps__timer_init(&http->sweep, on_sweep);
    mcps__post_init(&http->stop, on_stop);
    *ret = &http->transport;
    return 0;
}

/* The host as it was asked for: a name stays one. */
int mcps__http_url(struct mcps__transport *transport, char *buf, size_t size)
{
    const struct mcps__http *http = http_of(transport);
    const char *host = http->setup.host;
    bool bracket = strchr(host, ':') != NULL;

    return snprintf(buf, size, "http://%s%s%s:%d%s", bracket ? "[" : "", host,
                    bracket ? "]" : "", atomic_load(&http->port), http->setup.path);
}
