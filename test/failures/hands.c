/* SPDX-License-Identifier: MIT */
/* Handlers in a test's hands, and a server on stdio; see hands.h. */
#include "config.h"

#include "hands.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/sync.h"

struct hands hands;

/* ---- the handlers ---- */

static void on_cancel(void *userdata, enum mcps_cancel_reason reason)
{
    (void)userdata;
    atomic_store(&hands.hook_reason, (int)reason);
    atomic_fetch_add(&hands.hooks, 1);
}

void hands_keep(mcps_call *call)
{
    mcps_call_unref(atomic_exchange(&hands.call, mcps_call_ref(call)));
}

static int wait_for_cancel(mcps_call *call, struct json_object *args, void *userdata)
{
    struct pollfd fds[2] = { { .fd = mcps_call_cancel_fd(call), .events = POLLIN },
                             { .fd = hands.go[0], .events = POLLIN } };
    int r = mcps_call_on_cancel(call, NULL, on_cancel, NULL);

    (void)args;
    (void)userdata;
    hands_keep(call);
    atomic_fetch_add(&hands.entered, 1);
    while (r >= 0 && poll(fds, 2, -1) <= 0)
        ;
    atomic_store(&hands.reason, (int)mcps_call_cancelled(call));
    MCPS__SYNC_POINT("hands_cleanup");
    if (r >= 0)
        r = atomic_load(&hands.result);
    mcps_call_text(call, "done");
    atomic_fetch_add(&hands.left, 1);
    return r;
}

static int ask(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots = NULL;
    int r;

    (void)args;
    (void)userdata;
    atomic_fetch_add(&hands.entered, 1);
    r = mcps_call_roots(call, &roots);
    json_object_put(roots);
    if (r == MCPS_ECLOSED)
        atomic_fetch_add(&hands.closed, 1);
    else if (r == MCPS_ECANCELLED)
        atomic_fetch_add(&hands.cancelled, 1);
    else if (r == 0)
        atomic_fetch_add(&hands.answered, 1);
    else
        atomic_fetch_add(&hands.otherwise, 1);
    atomic_store(&hands.reason, (int)mcps_call_cancelled(call));
    atomic_fetch_add(&hands.left, 1);
    return r;
}

static int count(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    atomic_fetch_add(&hands.entered, 1);
    atomic_fetch_add(&hands.counted, 1);
    return mcps_call_text(call, "counted");
}

static int answer(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    hands_keep(call);
    atomic_fetch_add(&hands.entered, 1);
    return mcps_call_text(call, "done");
}

const struct mcps_tool hands_tools[N_HANDS_TOOLS] = {
    MCPS_TOOL_STRUCT(.name = "wait", .handler = wait_for_cancel),
    MCPS_TOOL_STRUCT(.name = "ask", .handler = ask),
    MCPS_TOOL_STRUCT(.name = "count", .handler = count),
    MCPS_TOOL_STRUCT(.name = "answer", .handler = answer),
};

/* ---- what tests do with them ---- */

bool hands_open(void)
{
    hands_close();
    atomic_store(&hands.entered, 0);
    atomic_store(&hands.left, 0);
    atomic_store(&hands.counted, 0);
    atomic_store(&hands.hooks, 0);
    atomic_store(&hands.reason, -1);
    atomic_store(&hands.hook_reason, -1);
    atomic_store(&hands.closed, 0);
    atomic_store(&hands.cancelled, 0);
    atomic_store(&hands.answered, 0);
    atomic_store(&hands.otherwise, 0);
    atomic_store(&hands.result, 0);
    mcps__sync_reset();
    return pipe2(hands.go, O_CLOEXEC) == 0;
}

void hands_let_go(void)
{
    ssize_t n = hands.go[1] > 0 ? write(hands.go[1], "", 1) : 0;

    (void)n; /* the first byte of an empty pipe always fits */
}

bool hands_wait(atomic_uint *number, unsigned n)
{
    const struct timespec ms = { .tv_nsec = 1000000 };

    for (int i = 0; i < WATCHDOG_MS && atomic_load(number) != n; i++)
        nanosleep(&ms, NULL);
    if (atomic_load(number) != n)
        unit_note("waited for %u, it stayed at %u", n, atomic_load(number));
    return atomic_load(number) == n;
}

bool hands_wait_entered(unsigned n)
{
    return hands_wait(&hands.entered, n);
}

bool hands_wait_left(unsigned n)
{
    return hands_wait(&hands.left, n);
}

void hands_close(void)
{
    mcps_call_unref(atomic_exchange(&hands.call, NULL));
    if (hands.go[1] > 0) {
        close(hands.go[0]);
        close(hands.go[1]);
    }
    hands.go[0] = hands.go[1] = 0;
}

/* ---- a server on stdio ---- */

static void *run(void *userdata)
{
    struct runner *runner = userdata;

    runner->result = scene_run(runner->scene.server);
    atomic_store(&runner->returned, true);
    return NULL;
}

bool runner_start(struct runner *runner, unsigned workers, const char *limits)
{
    memset(runner, 0, sizeof *runner);
    if ((hands.go[1] == 0 && !hands_open()) ||
        !scene_open(&runner->scene, workers, limits, hands_tools, N_HANDS_TOOLS) ||
        !wire_on_stdio(&runner->wire) ||
        mcps_server_listen(runner->scene.server, "stdio:") < 0)
        return false;
    runner->running = pthread_create(&runner->thread, NULL, run, runner) == 0;
    return runner->running && wire_hello(&runner->wire);
}

bool runner_wait(struct runner *runner)
{
    const struct timespec ms = { .tv_nsec = 1000000 };

    for (int i = 0; i < WATCHDOG_MS && !atomic_load(&runner->returned); i++)
        nanosleep(&ms, NULL);
    if (!atomic_load(&runner->returned)) {
        unit_note("the server still runs");
        return false;
    }
    pthread_join(runner->thread, NULL);
    runner->running = false;
    wire_leave_stdio(&runner->wire);
    if (runner->result < 0)
        unit_note("the server said: %s", mcps_strerror(runner->result));
    return runner->result == 0;
}

bool runner_end(struct runner *runner)
{
    bool ok = true;

    hands_let_go();
    if (runner->running) {
        wire_cut_input(&runner->wire);
        mcps_server_request_stop(runner->scene.server);
        mcps_server_request_stop(runner->scene.server);
        ok = runner_wait(runner);
    }
    wire_free(&runner->wire);
    hands_close();
    return scene_close(&runner->scene) && ok;
}
