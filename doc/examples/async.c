/* SPDX-License-Identifier: MIT */
/*
 * Calls that are answered later, by another thread: reminders. The handler notes the call
 * and returns, so that a thousand of them need no thousand threads; one clock thread finishes
 * each at its time, or as soon as it is cancelled.
 *
 *     cc async.c -pthread $(pkg-config --cflags --libs libmcpserver)
 */
#define _POSIX_C_SOURCE 200809L /* for -std=c11 */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <mcpserver/mcpserver.h>

struct reminder {
    struct reminder *next;
    mcps_call *call; /* a reference */
    struct timespec at;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* covers all below */
static pthread_cond_t changed;
static struct reminder *reminders;
static bool over;

/* ---- the clock ---- */

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* Takes out one whose time has come, or that was cancelled; else says when to look again. */
static struct reminder *take_due(struct timespec *ret_next)
{
    struct timespec now;
    struct reminder *r;

    clock_gettime(CLOCK_MONOTONIC, &now);
    *ret_next = now;
    ret_next->tv_sec += 3600;
    for (struct reminder **at = &reminders; *at; at = &(*at)->next) {
        r = *at;
        if (over || !is_before(&now, &r->at) || mcps_call_cancelled(r->call)) {
            *at = r->next;
            return r;
        }
        if (is_before(&r->at, ret_next))
            *ret_next = r->at;
    }
    return NULL;
}

/* Not under the mutex, for finishing waits for the hook, which takes it. For one that was
 * cancelled it sends nothing, but the call has to be finished all the same. */
static void finish(struct reminder *r)
{
    mcps_call_text(r->call, "It is time.");
    mcps_call_finish(r->call, 0);
    mcps_call_unref(r->call);
    free(r);
}

static void *run_clock(void *userdata)
{
    struct timespec next;
    struct reminder *r;

    (void)userdata;
    pthread_mutex_lock(&mutex);
    while (!over || reminders) {
        r = take_due(&next);
        if (!r) {
            pthread_cond_timedwait(&changed, &mutex, &next);
            continue;
        }
        pthread_mutex_unlock(&mutex);
        finish(r);
        pthread_mutex_lock(&mutex);
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

/* Has the clock look. */
static void wake_clock(void *userdata, enum mcps_cancel_reason reason)
{
    (void)userdata;
    (void)reason;
    pthread_mutex_lock(&mutex);
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
}

/* ---- the tool ---- */

#define REMIND_ARGS(ARG, S)                                                    \
    ARG(S, INT, ms, "After how many milliseconds, up to a day", MCPS_REQUIRED, \
        MCPS_RANGE(0, 86400000))
MCPS_ARGS(remind_args, REMIND_ARGS);

MCPS_TOOL_HANDLER(remind, remind_args)
{
    struct reminder *r;
    int e;

    (void)userdata;
    /* Before it is noted, for then it may be finished at any moment. */
    e = mcps_call_on_cancel(call, NULL, wake_clock, NULL);
    if (e < 0)
        return e;
    r = malloc(sizeof *r);
    if (!r)
        return -ENOMEM;
    r->call = mcps_call_ref(call);
    clock_gettime(CLOCK_MONOTONIC, &r->at);
    r->at.tv_sec += (time_t)(args->ms / 1000);
    r->at.tv_nsec += (long)(args->ms % 1000) * 1000000;
    r->at.tv_sec += r->at.tv_nsec / 1000000000;
    r->at.tv_nsec %= 1000000000;
    pthread_mutex_lock(&mutex);
    r->next = reminders;
    reminders = r;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
    return MCPS_PENDING;
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL(remind, remind_args, "Answers after a while"),
};

/* ---- the program ---- */

static int start_clock(pthread_t *ret)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attr);
    pthread_condattr_destroy(&attr);
    return -pthread_create(ret, NULL, run_clock, NULL);
}

static void stop_clock(pthread_t clock)
{
    pthread_mutex_lock(&mutex);
    over = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&mutex);
    pthread_join(clock, NULL);
}

/* Why a tool is refused, or a start fails, is said here only. */
static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    fprintf(stderr, "async: %s\n", line);
}

int main(void)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "async", .version = "1", .log = log_line);
    mcps_server *server = NULL;
    pthread_t clock;
    int r = start_clock(&clock);

    if (r < 0) {
        fprintf(stderr, "async: %s\n", mcps_strerror(r));
        return EXIT_FAILURE;
    }
    r = mcps_server_new(&server, &options);
    if (r >= 0)
        r = mcps_server_add_tools(server, tools, 1);
    if (r >= 0)
        r = mcps_server_listen(server, "stdio:");
    if (r >= 0)
        r = mcps_server_run(server);
    stop_clock(clock);
    if (r < 0)
        fprintf(stderr, "async: %s\n", mcps_strerror(r));
    server = mcps_server_unref(server);
    return r < 0 || server ? EXIT_FAILURE : EXIT_SUCCESS;
}
