/* SPDX-License-Identifier: MIT */
/*
 * Calls that are answered later, by another thread: reminders. The handler notes the call
 * and returns, so that a thousand of them need no thousand threads; one clock thread finishes
 * each at its time, or as soon as it is cancelled.
 *
 *     cc async.c -pthread $(pkg-config --cflags --libs libmcpserver json-c)
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <json-c/json_object.h>
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

static int remind(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *ms = NULL;
    struct reminder *r;
    int64_t n;
    int e;

    (void)userdata;
    n = json_object_object_get_ex(args, "ms", &ms) ? json_object_get_int64(ms) : 0;
    if (n < 0 || n > INT64_C(86400000))
        return mcps_call_fail(call, "ms must be up to a day");
    /* Before it is noted, for then it may be finished at any moment. */
    e = mcps_call_on_cancel(call, NULL, wake_clock, NULL);
    if (e < 0)
        return e;
    r = malloc(sizeof *r);
    if (!r)
        return -ENOMEM;
    r->call = mcps_call_ref(call);
    clock_gettime(CLOCK_MONOTONIC, &r->at);
    r->at.tv_sec += (time_t)(n / 1000);
    r->at.tv_nsec += (long)(n % 1000) * 1000000;
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
    MCPS_TOOL_STRUCT(.name = "remind", .handler = remind,
                     .description = "Answers after a while",
                     .input_schema = "{\"type\":\"object\",\"properties\":{\"ms\":"
                                     "{\"type\":\"integer\",\"minimum\":0}},"
                                     "\"required\":[\"ms\"]}"),
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

int main(void)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "async", .version = "1");
    mcps_server *server = NULL;
    pthread_t clock;
    int r = start_clock(&clock);

    if (r < 0)
        return EXIT_FAILURE;
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
