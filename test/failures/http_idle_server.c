/* SPDX-License-Identifier: MIT */
/* The server's process; see http_idle.h. It ends when nobody controls it any more. */
#include "config.h"

#include "http_idle.h"

#include <dirent.h>
#include <errno.h>
#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mcpserver/mcpserver.h"

enum { WORKERS = 2, DRAIN_MS = 10000, SPARE = 64 };

/* What the other process asks for. */
enum { FIGURES = 'f', ANNOUNCE = 'a', STOP = 's' };

static mcps_server *mcp;

/* ---- in the server's process ---- */

static int nothing(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "nothing");
}

static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    fprintf(stderr, "server: %s\n", line);
}

static int64_t now_us(clockid_t clock)
{
    struct timespec now = { 0 };

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t status_value(const char *name)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    size_t len = strlen(name);
    int64_t value = -1;

    while (file && value < 0 && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, len) == 0 && line[len] == ':')
            value = strtol(line + len + 1, NULL, 10);
    }
    if (file)
        fclose(file);
    return value;
}

static int64_t count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int64_t n = 0;

    if (!dir)
        return -1;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 3; /* ".", "..", and the folder itself */
}

static int64_t heap_bytes(void)
{
#ifdef HAVE_MALLINFO2
    struct mallinfo2 info = mallinfo2();

    return (int64_t)(info.uordblks + info.hblkhd);
#else
    return -1;
#endif
}

static struct figures measure(void)
{
    struct mcps_stats stats = { .struct_size = sizeof stats };
    struct figures figures = {
        .cpu_us = now_us(CLOCK_PROCESS_CPUTIME_ID),
        .resident_kb = status_value("VmRSS"),
        .threads = status_value("Threads"),
        .heap_bytes = heap_bytes(),
        .fds = count_fds(),
    };

    mcps_server_get_stats(mcp, &stats);
    figures.sessions = stats.sessions;
    figures.streams = stats.streams;
    figures.listens = stats.listens;
    return figures;
}

static void announce(void)
{
    static bool disabled;
    const char *name = "nothing";
    int r = disabled ? mcps_server_enable(mcp, MCPS_TOOLS, &name, 1)
                     : mcps_server_disable(mcp, MCPS_TOOLS, &name, 1);

    if (r < 0)
        abort();
    disabled = !disabled;
}

static struct figures stop(void)
{
    int64_t begin = now_us(CLOCK_MONOTONIC);
    int r = mcps_server_stop(mcp, DRAIN_MS);
    struct figures figures = measure();

    figures.stop_ms = (now_us(CLOCK_MONOTONIC) - begin) / 1000;
    figures.stop_result = r;
    return figures;
}

static int limit_to(enum mcps_limit limit, uint64_t value)
{
    return mcps_server_set_limit(mcp, limit, value);
}

static int let_in(unsigned n_clients)
{
    const unsigned n = n_clients + SPARE;
    int r = limit_to(MCPS_LIMIT_PEERS, 3 * n);

    if (r >= 0)
        r = limit_to(MCPS_LIMIT_CONNECTIONS, n);
    if (r >= 0)
        r = limit_to(MCPS_LIMIT_CONNECTIONS_PER_ACCOUNT, n);
    if (r >= 0)
        r = limit_to(MCPS_LIMIT_SESSIONS, n);
    if (r >= 0)
        r = limit_to(MCPS_LIMIT_LISTENS, n);
    if (r >= 0)
        r = limit_to(MCPS_LIMIT_LISTENS_PER_ACCOUNT, n);
    return r;
}

static int start(unsigned n_clients)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "idle", .version = "1", .workers = WORKERS,
                            .log = log_line, .log_level = MCPS_LOG_WARNING);
    const struct mcps_tool tool = MCPS_TOOL_STRUCT(.name = "nothing", .handler = nothing);
    int r = mcps_server_new(&mcp, &options);

    if (r >= 0)
        r = mcps_server_add_tools(mcp, &tool, 1);
    if (r >= 0)
        r = let_in(n_clients);
    if (r >= 0)
        r = mcps_server_listen(mcp, "http://127.0.0.1:0/mcp");
    return r < 0 ? r : mcps_server_start(mcp);
}

static bool send_all(int fd, const void *data, size_t len)
{
    return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void say_port(int control)
{
    char url[64] = "";
    int r = mcps_server_get_url(mcp, url, sizeof url), port = 0;

    if (r < 0 || sscanf(url, "http://127.0.0.1:%d", &port) != 1)
        port = 0;
    (void)!send_all(control, &port, sizeof port);
}

/* The exit code. */
static int obey(int control)
{
    struct figures figures;
    char order;
    bool stopped = false;

    while (!stopped && recv(control, &order, 1, 0) == 1) {
        if (order == ANNOUNCE)
            announce();
        stopped = order == STOP;
        figures = stopped ? stop() : measure();
        if (!send_all(control, &figures, sizeof figures))
            return EXIT_FAILURE;
    }
    mcp = mcps_server_unref(mcp);
    return stopped && !mcp && figures.stop_result >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(int control, unsigned n_clients)
{
    int r = start(n_clients);

    if (r < 0) {
        fprintf(stderr, "server: %s\n", mcps_strerror(r));
        return EXIT_FAILURE;
    }
    say_port(control);
    return obey(control);
}

/* ---- in the other ---- */

bool server_fork(struct server *server, unsigned n_clients)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return false;
    server->pid = fork();
    if (server->pid == 0) {
        close(ends[0]);
        exit(run(ends[1], n_clients));
    }
    close(ends[1]);
    server->control = ends[0];
    return server->pid > 0 &&
           recv(server->control, &server->port, sizeof server->port, MSG_WAITALL) ==
               (ssize_t)sizeof server->port &&
           server->port > 0;
}

static bool order(struct server *server, char what)
{
    return send_all(server->control, &what, 1);
}

bool server_stopped(struct server *server, struct figures *ret)
{
    return recv(server->control, ret, sizeof *ret, MSG_WAITALL) == (ssize_t)sizeof *ret;
}

bool server_figures(struct server *server, struct figures *ret)
{
    return order(server, FIGURES) && server_stopped(server, ret);
}

bool server_announce(struct server *server)
{
    struct figures figures;

    return order(server, ANNOUNCE) && server_stopped(server, &figures);
}

bool server_stop(struct server *server)
{
    return order(server, STOP);
}

bool server_join(struct server *server)
{
    int status = -1;

    close(server->control);
    return waitpid(server->pid, &status, 0) == server->pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == EXIT_SUCCESS;
}
