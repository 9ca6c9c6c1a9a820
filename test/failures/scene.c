/* SPDX-License-Identifier: MIT */
/* The server of the tests of failures, and its probes; see scene.h. */
#include "config.h"

#include "scene.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lab_tools.h"

enum { LOG_MAX = 1 << 20 };

static void keep_line(void *userdata, enum mcps_log_level level, const char *line)
{
    struct scene *scene = userdata;
    size_t len = strlen(line) + 3;

    pthread_mutex_lock(&scene->mutex);
    scene->n_logged[level]++;
    if (scene->log_len + len < LOG_MAX)
        scene->log_len +=
            (size_t)snprintf(scene->log + scene->log_len, LOG_MAX - scene->log_len,
                             "%d %s\n", (int)level, line);
    pthread_mutex_unlock(&scene->mutex);
}

static bool set_limits(struct scene *scene, const char *limits)
{
    char name[64];
    unsigned long long value;
    int used;

    while (limits && sscanf(limits, " %63[^=]=%llu%n", name, &value, &used) == 2) {
        int limit = mcps_limit_by_name(name);
        int r = limit < 0
                    ? limit
                    : mcps_server_set_limit(scene->server, (enum mcps_limit)limit, value);

        if (r < 0) {
            unit_note("limit %s: %s", name, mcps_strerror(r));
            return false;
        }
        limits += used;
    }
    return true;
}

static bool open_with(struct scene *scene, const struct mcps_server_options *from,
                      const char *limits, const struct mcps_tool *tools, size_t n_tools)
{
    struct mcps_server_options options = *from;

    options.name = "scene";
    options.log = keep_line;
    options.log_userdata = scene;
    options.log_level = MCPS_LOG_DEBUG;
    memset(scene, 0, sizeof *scene);
    pthread_mutex_init(&scene->mutex, NULL);
    scene->log = calloc(1, LOG_MAX);
    return scene->log && mcps_server_new(&scene->server, &options) >= 0 &&
           lab_add_tools(scene->server) >= 0 && set_limits(scene, limits) &&
           mcps_server_add_tools(scene->server, tools, n_tools) >= 0;
}

bool scene_open(struct scene *scene, unsigned workers, const char *limits,
                const struct mcps_tool *tools, size_t n_tools)
{
    const struct mcps_server_options options = MCPS_SERVER_OPTIONS(.workers = workers);

    return open_with(scene, &options, limits, tools, n_tools);
}

/* ---- by a loop of ours ---- */

bool scene_is_driven(void)
{
    return getenv("MCPS_TEST_DRIVEN") != NULL;
}

int scene_take_turn(mcps_server *server)
{
    struct pollfd p = { .fd = mcps_server_get_fd(server), .events = POLLIN };

    if (p.fd >= 0)
        poll(&p, 1, mcps_server_get_timeout_ms(server));
    return mcps_server_process(server);
}

static void *drive(void *userdata)
{
    int r;

    do
        r = scene_take_turn(userdata);
    while (r >= 0);
    return NULL;
}

/* The one of a server that has stopped has ended, or is about to. */
static void join_driver(struct scene *scene)
{
    if (scene->driven)
        pthread_join(scene->driver, NULL);
    scene->driven = false;
}

bool scene_drive(struct scene *scene)
{
    join_driver(scene);
    scene->driven = mcps_server_start_driven(scene->server) >= 0 &&
                    pthread_create(&scene->driver, NULL, drive, scene->server) == 0;
    return scene->driven;
}

int scene_run(mcps_server *server)
{
    int r;

    if (!scene_is_driven())
        return mcps_server_run(server);
    r = mcps_server_start_driven(server);
    while (r >= 0)
        r = scene_take_turn(server);
    if (r != MCPS_ECLOSED)
        return r;
    return mcps_server_stop(server,
                            (unsigned)mcps_server_get_limit(server, MCPS_LIMIT_DRAIN_MS));
}

static bool begin(struct scene *scene, bool driven)
{
    return driven ? scene_drive(scene) : mcps_server_start(scene->server) >= 0;
}

bool scene_start(struct scene *scene, unsigned workers, const char *limits,
                 const struct mcps_tool *tools, size_t n_tools)
{
    return scene_open(scene, workers, limits, tools, n_tools) &&
           begin(scene, scene_is_driven());
}

bool scene_start_with(struct scene *scene, const struct mcps_server_options *options,
                      const struct mcps_tool *tools, size_t n_tools)
{
    return open_with(scene, options, NULL, tools, n_tools) &&
           begin(scene, scene_is_driven() || options->workers == MCPS_NO_WORKERS);
}

struct mcps_stats scene_stats(struct scene *scene)
{
    struct mcps_stats stats = { .struct_size = sizeof stats };

    mcps_server_get_stats(scene->server, &stats);
    return stats;
}

static void nap(void)
{
    const struct timespec ms = { .tv_nsec = 1000000 };

    nanosleep(&ms, NULL);
}

bool scene_wait(struct scene *scene, uint64_t (*stat)(const struct mcps_stats *),
                uint64_t value)
{
    struct mcps_stats stats;

    for (int i = 0; i < WATCHDOG_MS; i++) {
        stats = scene_stats(scene);
        if (stat(&stats) == value)
            return true;
        nap();
    }
    stats = scene_stats(scene);
    unit_note("waited for %llu, it stayed at %llu", (unsigned long long)value,
              (unsigned long long)stat(&stats));
    return false;
}

static uint64_t stat_left(const struct mcps_stats *stats)
{
    return stats->in_flight + stats->pending + stats->queued + stats->running +
           stats->parked + stats->stuck + stats->out_bytes;
}

bool scene_idle(struct scene *scene)
{
    return scene_wait(scene, stat_left, 0);
}

bool scene_log_ok(struct scene *scene)
{
    unsigned n = 0;

    pthread_mutex_lock(&scene->mutex);
    for (int level = MCPS_LOG_EMERGENCY; level <= MCPS_LOG_ERROR; level++)
        n += scene->n_logged[level];
    if (n > 0)
        unit_note("errors in the log:\n%s", scene->log);
    pthread_mutex_unlock(&scene->mutex);
    return n == 0;
}

unsigned scene_logged(struct scene *scene, const char *text)
{
    unsigned n = 0;

    pthread_mutex_lock(&scene->mutex);
    for (const char *at = strstr(scene->log, text); at; at = strstr(at + 1, text))
        n++;
    pthread_mutex_unlock(&scene->mutex);
    return n;
}

bool scene_close(struct scene *scene)
{
    bool ok = true;
    int r;

    if (!scene->log)
        return true;
    if (scene->server) {
        r = mcps_server_stop(scene->server, 0);
        if (r < 0) {
            unit_note("the stop said: %s", mcps_strerror(r));
            ok = false;
        }
        while (r == MCPS_EBUSY)
            r = mcps_server_stop(scene->server, 0);
        join_driver(scene);
        scene->server = mcps_server_unref(scene->server);
        ok = ok && !scene->server;
    }
    free(scene->log);
    pthread_mutex_destroy(&scene->mutex);
    memset(scene, 0, sizeof *scene);
    return ok;
}

bool scene_on_valgrind(void)
{
    if (!getenv("MCPS_TEST_VALGRIND"))
        return false;
    unit_note("not under valgrind: it needs children of its own");
    return true;
}
