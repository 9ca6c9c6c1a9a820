/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand idle streams and as many sessions in one process; see http_idle.h. What they
 * cost is shown. Memory is judged in builds as they are shipped, and processor time only as to
 * whether it grows with those who say nothing; that the stop ends every stream well is judged,
 * and the time that it takes is shown.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "http_idle.h"

#ifdef MCPS__TEST_HOOKS
enum { HAS_HOOKS = 1 };
#else
enum { HAS_HOOKS = 0 };
#endif
#ifdef TEST_SANITIZED
enum { IS_WATCHED = 1 };
#else
enum { IS_WATCHED = 0 };
#endif

enum {
    EXIT_SKIPPED = 77,
    CLIENTS = 10000,
    CLIENTS_FEW = 2000, /* with sanitizers, or in a hurry */
    FDS_BESIDE = 256,
    WATCHDOG_S = 600,
    IDLE_S = 3,
    IDLE_LONG_S = 20, /* everybody gets a comment in it */
    RESIDENT_MAX_KB = 120 * 1024,
    BUSY_MAX_PERCENT = 5
};

static bool is_long(void)
{
    const char *text = getenv("MCPS_TEST_LONG");

    return text && *text == '1';
}

static unsigned n_clients(void)
{
    return IS_WATCHED || getenv("MCPS_TEST_VALGRIND") ? CLIENTS_FEW : CLIENTS;
}

/* No further than it must be: closing a connection takes libwebsockets longer with it. */
static bool raise_limit(unsigned n)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max < n + FDS_BESIDE)
        return false;
    limit.rlim_cur = n + FDS_BESIDE;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* ---- steps ---- */

static bool expect(bool ok, const char *what)
{
    if (!ok)
        printf("FAIL: %s\n", what);
    return ok;
}

/* What the crowd could not do. */
static bool done(const struct crowd *crowd, bool ok)
{
    return expect(ok, crowd->fault ? crowd->fault : "the server cannot be asked");
}

static bool is_served(const struct figures *f, unsigned n)
{
    return expect(f->sessions >= n && f->streams >= n && f->listens == n / 2,
                  "sessions and streams are not as many as were opened");
}

/* A sanitizer's memory is not the server's, and locks are larger with test hooks. */
static bool is_small(const struct figures *before, const struct figures *f, unsigned n)
{
    printf("%u streams and sessions: %lld KiB resident, %lld before; %lld bytes of the "
           "heap each\n",
           n, (long long)f->resident_kb, (long long)before->resident_kb,
           (long long)((f->heap_bytes - before->heap_bytes) / n));
    return IS_WATCHED || HAS_HOOKS ||
           expect(f->resident_kb < RESIDENT_MAX_KB, "that is too much memory");
}

static bool is_flat(struct server *server, unsigned seconds)
{
    struct timespec left = { .tv_sec = (time_t)seconds };
    struct figures begin, end;
    double percent;

    if (!server_figures(server, &begin))
        return expect(false, "no figures");
    while (nanosleep(&left, &left) < 0)
        ;
    if (!server_figures(server, &end))
        return expect(false, "no figures");
    percent = (double)(end.cpu_us - begin.cpu_us) / 1e4 / seconds;
    printf("idle for %u s: %.2f %% of a processor\n", seconds, percent);
    return IS_WATCHED ||
           expect(percent < BUSY_MAX_PERCENT, "idle streams keep the server busy");
}

static bool all_are_told(struct server *server, struct crowd *crowd)
{
    if (!done(crowd, crowd_deafen(crowd, true)))
        return false;
    crowd_forget_input(crowd);
    return done(crowd, server_announce(server) && crowd_await_told(crowd) &&
                           crowd_deafen(crowd, false));
}

static bool await_closed(struct server *server, struct figures *ret)
{
    const struct timespec nap = { .tv_nsec = 10000000 };

    do {
        nanosleep(&nap, NULL);
        if (!server_figures(server, ret))
            return expect(false, "no figures");
    } while (ret->streams > 0 || ret->listens > 0 || ret->sessions > 0);
    return true;
}

/* All is given back, but for what allocators and tables keep. */
static bool all_is_back(struct server *server, struct crowd *crowd,
                        const struct figures *before, const struct figures *at_most)
{
    struct figures after;

    crowd_close(crowd);
    if (!done(crowd, crowd_end_sessions(crowd)) || !await_closed(server, &after))
        return false;
    printf("after all have left: %lld KiB resident, %lld bytes more of the heap, %lld "
           "descriptors more\n",
           (long long)after.resident_kb,
           (long long)(after.heap_bytes - before->heap_bytes),
           (long long)(after.fds - before->fds));
    return expect(after.fds == before->fds, "descriptors are left") &&
           expect(IS_WATCHED || after.heap_bytes - before->heap_bytes <=
                                    (at_most->heap_bytes - before->heap_bytes) / 20,
                  "memory is left");
}

static bool ends_well(struct server *server, struct crowd *crowd)
{
    struct figures before, figures;

    crowd_forget_input(crowd);
    if (!done(crowd, server_figures(server, &before) && server_stop(server) &&
                         crowd_await_end(crowd) && server_stopped(server, &figures)))
        return false;
    printf("stopped with %u streams after %lld ms, %lld ms of a processor\n", crowd->n,
           (long long)figures.stop_ms,
           (long long)(figures.cpu_us - before.cpu_us) / 1000);
    return expect(figures.stop_result == 0, "the stop did not succeed");
}

static bool run(struct server *server, struct crowd *crowd)
{
    struct figures before, opened;

    return expect(server_figures(server, &before), "no figures") &&
           done(crowd, crowd_open(crowd)) &&
           expect(server_figures(server, &opened), "no figures") &&
           is_served(&opened, crowd->n) && is_small(&before, &opened, crowd->n) &&
           is_flat(server, is_long() ? IDLE_LONG_S : IDLE_S) &&
           all_are_told(server, crowd) && all_is_back(server, crowd, &before, &opened) &&
           done(crowd, crowd_open(crowd)) && ends_well(server, crowd);
}

int main(void)
{
    unsigned n = n_clients();
    struct server server;
    struct crowd crowd;
    bool ok;

    alarm(WATCHDOG_S);
    if (!raise_limit(n)) {
        printf("SKIPPED: %u descriptors cannot be had\n", n + FDS_BESIDE);
        return EXIT_SKIPPED;
    }
    if (!server_fork(&server, n)) {
        printf("FAIL: the server does not start\n");
        return EXIT_FAILURE;
    }
    if (!crowd_make(&crowd, n, server.port)) {
        printf("FAIL: there is no memory\n");
        return EXIT_FAILURE;
    }
    ok = run(&server, &crowd);
    crowd_free(&crowd);
    ok = expect(server_join(&server), "the server did not end well") && ok;
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
