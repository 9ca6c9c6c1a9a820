/* SPDX-License-Identifier: MIT */
/* Group 10: stopping, from outside and from inside, and starting again. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json_object.h>

#include "props.h"
#include "stop.h"
#include "util/mem.h"

/* What mcps_server_stop() says, if it says it at all. */
static int stop(struct scene *scene, unsigned drain_ms)
{
    int r;

    guard_set("a stop");
    r = mcps_server_stop(scene->server, drain_ms);
    guard_clear();
    return r;
}

/* ---- F10.03: handlers that wait for nothing but their cancel ---- */

enum { N_WAITING = 8 };

static atomic_uint waiting, woken;

struct bell {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool rung;
};

static void ring(void *userdata, enum mcps_cancel_reason reason)
{
    struct bell *bell = userdata;

    (void)reason;
    pthread_mutex_lock(&bell->mutex);
    bell->rung = true;
    pthread_cond_signal(&bell->cond);
    pthread_mutex_unlock(&bell->mutex);
}

static void wait_for_bell(mcps_call *call)
{
    struct bell bell = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
    mcps_cancel_hook *hook;

    if (mcps_call_on_cancel(call, &hook, ring, &bell) < 0)
        return;
    atomic_fetch_add(&waiting, 1);
    pthread_mutex_lock(&bell.mutex);
    while (!bell.rung)
        pthread_cond_wait(&bell.cond, &bell.mutex);
    pthread_mutex_unlock(&bell.mutex);
    mcps_cancel_hook_remove(hook);
}

static void wait_for_fd(mcps_call *call)
{
    struct pollfd fd = { .fd = mcps_call_cancel_fd(call), .events = POLLIN };

    atomic_fetch_add(&waiting, 1);
    while (poll(&fd, 1, -1) < 0 && errno == EINTR)
        ;
}

/* In four ways, one after the other. */
static int wait_for_cancel(mcps_call *call, struct json_object *args, void *userdata)
{
    static atomic_uint serial;

    (void)args;
    (void)userdata;
    switch (atomic_fetch_add(&serial, 1) % 4) {
    case 0: wait_for_bell(call); break;
    case 1: wait_for_fd(call); break;
    case 2:
        atomic_fetch_add(&waiting, 1);
        if (mcps_call_sleep_ms(call, 3600000) == 0)
            return 0;
        break;
    default:
        atomic_fetch_add(&waiting, 1);
        while (!mcps_call_cancelled(call))
            sched_yield();
        break;
    }
    atomic_fetch_add(&woken, 1);
    return MCPS_ECANCELLED;
}

static const struct mcps_tool wait_tool =
    MCPS_TOOL_STRUCT(.name = "wait", .handler = wait_for_cancel);

static bool begin_waiting(struct act *act)
{
    atomic_store(&waiting, 0);
    atomic_store(&woken, 0);
    if (!act_begin(act, N_WAITING, NULL) ||
        mcps_server_add_tools(act->scene.server, &wait_tool, 1) < 0)
        return false;
    for (unsigned i = 0; i < N_WAITING; i++) {
        char id[16];

        snprintf(id, sizeof id, "%u", i);
        if (!wire_call(&act->wire, id, "wait", NULL))
            return false;
    }
    return await_uint(&waiting, N_WAITING);
}

static bool all_say_shutdown(struct wire *wire)
{
    for (unsigned i = 0; i < N_WAITING; i++) {
        char id[16];

        snprintf(id, sizeof id, "%u", i);
        if (strcmp(answer_reason(wire_answer(wire, id)), "shutdown") != 0)
            return false;
    }
    return true;
}

static bool stop_the_waiting(bool of_session)
{
    struct act act = { .wire = { .memory = NULL } };
    bool ok = false;

    CHECK(begin_waiting(&act));
    if (of_session)
        wire_free(&act.wire);
    else
        CHECK_INT(stop(&act.scene, 0), 0);
    CHECK(scene_idle(&act.scene));
    CHECK_INT(atomic_load(&woken), N_WAITING);
    CHECK_INT(scene_stats(&act.scene).cancelled, N_WAITING);
    CHECK(of_session ||
          (wire_drain(&act.wire) && all_say_shutdown(&act.wire) && wire_ok(&act.wire)));
    CHECK(scene_log_ok(&act.scene));
    ok = true;
out:
    CHECK_AFTER(act_end(&act));
    return ok;
}

static void f10_03_handlers_that_wait_for_their_cancel(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        CHECK(stop_the_waiting(true));
        CHECK(stop_the_waiting(false));
    }
out:;
}

/* ---- F10.04: stopping from inside ---- */

static mcps_server *own_server; /* one reference, the test's */
static atomic_uint refused;

/* The handlers come one at a time to what only one may do with the one reference. */
static int stop_inside(mcps_call *call, struct json_object *args, void *userdata)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    mcps_server *left;
    int r = mcps_server_stop(own_server, 0);

    (void)args;
    (void)userdata;
    pthread_mutex_lock(&mutex);
    left = mcps_server_unref(own_server);
    pthread_mutex_unlock(&mutex);
    if (r == -EDEADLK && left == own_server)
        atomic_fetch_add(&refused, 1);
    mcps_server_request_stop(own_server);
    r = mcps_call_sleep_ms(call, 3600000);
    return r;
}

static const struct mcps_tool stop_tool =
    MCPS_TOOL_STRUCT(.name = "stop", .handler = stop_inside);

struct runner {
    pthread_t thread;
    mcps_server *server;
    int result;
};

static void *run_server(void *userdata)
{
    struct runner *runner = userdata;

    runner->result = scene_run(runner->server);
    return NULL;
}

/* As many handlers stop it at once. */
static bool stop_from_inside(unsigned n)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct runner runner = { .result = 1 };
    bool runs = false, ok = false;

    atomic_store(&refused, 0);
    guard_set("a server that is stopped from inside");
    CHECK(scene_open(&scene, 4, "drain_ms=0", &stop_tool, 1));
    own_server = runner.server = scene.server;
    runs = pthread_create(&runner.thread, NULL, run_server, &runner) == 0;
    CHECK(runs && await_connection(&wire, &scene) && wire_hello(&wire));
    for (unsigned i = 0; i < n; i++) {
        char id[16];

        snprintf(id, sizeof id, "%u", i);
        if (!wire_call(&wire, id, "stop", NULL))
            break; /* it has stopped already */
    }
    pthread_join(runner.thread, NULL);
    runs = false;
    CHECK_INT(runner.result, 0);
    CHECK(atomic_load(&refused) >= 1);
    CHECK(scene_idle(&scene));
    CHECK_INT(scene_stats(&scene).threads, 0);
    CHECK(wire_drain(&wire));
    CHECK(wire_ok(&wire));
    CHECK(scene_log_ok(&scene));
    ok = true;
out:
    if (runs) {
        mcps_server_request_stop(scene.server);
        pthread_join(runner.thread, NULL);
    }
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
    guard_clear();
    return ok;
}

static void f10_04_stopped_by_its_handlers(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        CHECK(stop_from_inside(1));
        CHECK(stop_from_inside(2));
    }
out:;
}

/* From a cancel hook and from the log, while another thread stops it, too. */
static atomic_int hook_result, log_result;

static void stop_in_hook(void *userdata, enum mcps_cancel_reason reason)
{
    (void)reason;
    atomic_store(&hook_result, mcps_server_stop(userdata, 0));
    mcps_server_request_stop(userdata);
    door_open();
}

static int hook_a_stop(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    if (mcps_call_on_cancel(call, NULL, stop_in_hook, own_server) == 0)
        atomic_fetch_add(&waiting, 1);
    door_wait();
    return 0;
}

static void stop_in_log(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    if (strstr(line, "an unknown notification"))
        atomic_store(&log_result, mcps_server_stop(own_server, 0));
}

static bool start_own(void)
{
    const struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "hook", .handler = hook_a_stop);
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = 2, .log = stop_in_log,
                            .log_level = MCPS_LOG_DEBUG);

    props_reset();
    atomic_store(&waiting, 0);
    atomic_store(&hook_result, 0);
    atomic_store(&log_result, 0);
    return mcps_server_new(&own_server, &options) == 0 &&
           mcps_server_add_tools(own_server, &tool, 1) == 0 &&
           mcps_server_start(own_server) == 0;
}

static int wait_at_the_door(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)call;
    (void)args;
    (void)userdata;
    atomic_fetch_add(&waiting, 1);
    door_wait();
    return 0;
}

static void stop_in_warning(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    if (strstr(line, "still run though the server has stopped"))
        atomic_store(&log_result, mcps_server_stop(own_server, 0));
}

/* The warning is logged by the thread that stops the server, which cannot wait for itself. */
static void f10_04_stopped_by_who_stops_it(void)
{
    const struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "wait", .handler = wait_at_the_door);
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = 2, .log = stop_in_warning);
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    guard_set("a server that is stopped by who stops it");
    props_reset();
    atomic_store(&waiting, 0);
    atomic_store(&log_result, 0);
    CHECK_INT(mcps_server_new(&own_server, &options), 0);
    CHECK_INT(mcps_server_set_limit(own_server, MCPS_LIMIT_HANDLER_GRACE_MS, 1), 0);
    CHECK_INT(mcps_server_add_tools(own_server, &tool, 1), 0);
    CHECK_INT(mcps_server_start(own_server), 0);
    scene.server = own_server;
    CHECK(wire_connect(&wire, &scene, NULL) && wire_hello(&wire));
    CHECK(wire_call(&wire, "2", "wait", NULL));
    CHECK(await_uint(&waiting, 1));
    CHECK_INT(mcps_server_stop(own_server, 0), MCPS_EBUSY);
    CHECK_INT(atomic_load(&log_result), -EDEADLK);
    door_open();
    while (mcps_server_stop(own_server, 0) == MCPS_EBUSY)
        continue; /* the guard ends it */
out:
    door_open();
    wire_free(&wire);
    while (own_server && mcps_server_stop(own_server, 0) == MCPS_EBUSY)
        continue;
    own_server = mcps_server_unref(own_server);
    CHECK_AFTER(!own_server);
    guard_clear();
}

static void f10_04_stopped_in_callbacks(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    guard_set("a server that is stopped in callbacks");
    CHECK(start_own());
    scene.server = own_server;
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_hello(&wire));
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/odd\"}"));
    CHECK(wire_settled(&wire));
    CHECK_INT(atomic_load(&log_result), -EDEADLK);
    CHECK(wire_call(&wire, "2", "hook", NULL));
    CHECK(await_uint(&waiting, 1));
    CHECK_INT(mcps_server_stop(own_server, 0), 0);
    CHECK_INT(atomic_load(&hook_result), -EDEADLK);
    CHECK(wire_drain(&wire));
    CHECK_STR(answer_reason(wire_answer(&wire, "2")), "shutdown");
out:
    door_open();
    wire_free(&wire);
    own_server = mcps_server_unref(own_server);
    CHECK_AFTER(!own_server);
    guard_clear();
}

/* ---- F10.05: nothing sleeps while the server stops ---- */

static void f10_05_all_timers_are_far_away(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(act_begin(&act, 2,
                    "call_ms=3600000 roots_ms=3600000 eof_grace_ms=3600000 "
                    "drain_ms=3600000 handler_grace_ms=3600000 write_stall_ms=3600000 "
                    "close_flush_ms=3600000"));
    CHECK(wire_call(&act.wire, "2", "ask", NULL));
    CHECK(wire_await(&act.wire, "roots/list"));
    CHECK(wire_call(&act.wire, "3", "echo", "{\"text\":\"idle\"}"));
    CHECK(wire_answer(&act.wire, "3"));
    CHECK_INT(stop(&act.scene, 0), 0);
    CHECK(wire_drain(&act.wire));
    CHECK_STR(answer_reason(wire_answer(&act.wire, "2")), "shutdown");
    CHECK_INT(mcps_server_start(act.scene.server), 0);
    CHECK_INT(stop(&act.scene, 3600000), 0);
    CHECK(wire_ok(&act.wire));
    CHECK(scene_log_ok(&act.scene));
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- F10.06: a flood while the server stops ---- */

enum { N_FLOODING = 32 };

struct flooder {
    pthread_t thread;
    struct scene *scene;
    atomic_uint *let_in;
    const char *fault;
};

/* Sends calls until the connection is closed; every answer is a result or a refusal. */
static const char *flood_one(struct wire *wire)
{
    if (!wire_send(wire, "{\"jsonrpc\":\"2.0\",\"id\":\"init\",\"method\":\"initialize\","
                         "\"params\":{\"protocolVersion\":\"2025-11-25\","
                         "\"capabilities\":{},\"clientInfo\":{\"name\":\"f\","
                         "\"version\":\"1\"}}}"))
        return NULL;
    for (unsigned i = 0; i < 40; i++) {
        char id[16];

        snprintf(id, sizeof id, "%u", i);
        if (!wire_call(wire, id, "echo", "{\"text\":\"flood\"}"))
            break;
    }
    while (wire_next(wire, 10)) {
        struct json_object *answer = wire->parsed[wire->next - 1];
        int code = answer_code(answer);

        if (code != 0 && strcmp(answer_reason(answer), "shutdown") != 0 &&
            strcmp(answer_reason(answer), "busy") != 0)
            return "an answer that is neither a result nor a refusal";
    }
    return wire_ok(wire) ? NULL : "a message is not as it should be";
}

static void *run_flooder(void *userdata)
{
    struct flooder *flooder = userdata;
    mcps_test_client *client;
    struct wire wire;
    int r = 0;

    while (r == 0 && !flooder->fault) {
        r = mcps_test_connect(flooder->scene->server, NULL, &client);
        if (r < 0)
            break;
        memset(&wire, 0, sizeof wire);
        wire.memory = client;
        wire.to = wire.from = wire.stderr_fd = -1;
        mcps__buf_init(&wire.in, SIZE_MAX);
        atomic_fetch_add(flooder->let_in, 1);
        flooder->fault = flood_one(&wire);
        wire_free(&wire);
    }
    if (!flooder->fault && r != MCPS_ECLOSED)
        flooder->fault = "connecting was not refused as closed";
    return NULL;
}

static bool flood(struct scene *scene)
{
    struct flooder all[N_FLOODING];
    atomic_uint let_in = 0;
    mcps_test_client *client;
    bool ok;

    for (unsigned i = 0; i < N_FLOODING; i++) {
        all[i] = (struct flooder){ .scene = scene, .let_in = &let_in };
        if (pthread_create(&all[i].thread, NULL, run_flooder, &all[i]) != 0)
            abort();
    }
    while (atomic_load(&let_in) < 2 * N_FLOODING)
        usleep(100);
    ok = stop(scene, unit_random_below(2) ? 5 : 0) == 0;
    ok = ok && mcps_test_connect(scene->server, NULL, &client) == MCPS_ECLOSED;
    for (unsigned i = 0; i < N_FLOODING; i++) {
        pthread_join(all[i].thread, NULL);
        if (all[i].fault)
            unit_note("client %u: %s", i, all[i].fault);
        ok = ok && !all[i].fault;
    }
    return ok;
}

static void f10_06_a_flood_while_it_stops(void)
{
    struct scene scene = { .server = NULL };

    CHECK(scene_open(&scene, 4, NULL, NULL, 0));
    for (unsigned i = 0; i < unit_repeat(3, 50); i++) {
        CHECK_INT(mcps_server_start(scene.server), 0);
        CHECK(flood(&scene));
        CHECK(scene_idle(&scene));
        CHECK_INT(scene_stats(&scene).sessions, 0);
        CHECK_INT(scene_stats(&scene).streams, 0);
        CHECK_INT(scene_stats(&scene).threads, 0);
    }
    CHECK(scene_log_ok(&scene));
out:
    CHECK_AFTER(scene_close(&scene));
}

/* A client that comes when the stop has begun, but the server still drains. */
struct late_comer {
    pthread_t thread;
    struct scene *scene;
    mcps_test_client *client;
    int result;
};

static void *run_late_comer(void *userdata)
{
    struct late_comer *late = userdata;

    late->result = mcps_test_connect(late->scene->server, NULL, &late->client);
    return NULL;
}

static void *run_long_stop(void *userdata)
{
    struct late_comer *stopper = userdata;

    stopper->result = mcps_server_stop(stopper->scene->server, 3600000);
    return NULL;
}

static void f10_06_a_client_comes_while_it_drains(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct late_comer late = { .scene = &act.scene }, stopper = late;
    bool connects = false, stops = false;

    if (scene_is_driven())
        return; /* the stop begins before or after it */
    guard_set("a client that comes while the server drains");
    CHECK(act_begin(&act, 2, NULL));
    CHECK(wire_call(&act.wire, "2", "stand", NULL));
    CHECK(door_await(1));
    mcps__sync_hold("before_connect");
    connects = pthread_create(&late.thread, NULL, run_late_comer, &late) == 0;
    CHECK(connects && mcps__sync_wait("before_connect", 1));
    stops = pthread_create(&stopper.thread, NULL, run_long_stop, &stopper) == 0;
    CHECK(stops && await_refusal(&act.wire));
    mcps__sync_release("before_connect");
    pthread_join(late.thread, NULL);
    connects = false;
    CHECK_INT(late.result, MCPS_ECLOSED);
    door_open();
    pthread_join(stopper.thread, NULL);
    stops = false;
    CHECK_INT(stopper.result, 0);
    /* What ran may still answer. */
    CHECK(wire_drain(&act.wire));
    CHECK_STR(answer_text(wire_answer(&act.wire, "2")), "stood");
    CHECK(wire_ok(&act.wire));
    CHECK(scene_log_ok(&act.scene));
out:
    mcps__sync_release("before_connect");
    door_open();
    if (connects)
        pthread_join(late.thread, NULL);
    mcps_test_free(late.client);
    wire_free(&act.wire);
    if (stops)
        pthread_join(stopper.thread, NULL);
    CHECK_AFTER(act_end(&act));
    guard_clear();
}

/* ---- F10.08: stopped while it starts, or during a handshake ---- */

struct starter {
    pthread_t thread;
    struct scene *scene;
    int result;
};

static void *run_start(void *userdata)
{
    struct starter *starter = userdata;

    starter->result = mcps_server_start(starter->scene->server);
    return NULL;
}

static void *run_stop(void *userdata)
{
    struct starter *starter = userdata;

    starter->result = mcps_server_stop(starter->scene->server, 0);
    return NULL;
}

static bool stop_comes(void *arg)
{
    (void)arg;
    return mcps__sync_count("before_stop") > 0;
}

/* The stop comes while the start is held, and so has to wait for it. */
static bool stop_at(const char *point)
{
    struct scene scene = { .server = NULL };
    struct starter starter = { .scene = &scene }, stopper = { .scene = &scene };
    mcps_test_client *client = NULL;
    bool ok = false;

    props_reset();
    guard_set("a stop during a start");
    CHECK(scene_open(&scene, 2, NULL, NULL, 0));
    mcps__sync_hold(point);
    CHECK(pthread_create(&starter.thread, NULL, run_start, &starter) == 0);
    CHECK(mcps__sync_wait(point, 1));
    CHECK(pthread_create(&stopper.thread, NULL, run_stop, &stopper) == 0);
    CHECK(await(stop_comes, NULL, "for the stop"));
    mcps__sync_release(point);
    pthread_join(starter.thread, NULL);
    pthread_join(stopper.thread, NULL);
    CHECK_INT(starter.result, 0);
    CHECK_INT(stopper.result, 0);
    CHECK_INT(mcps_test_connect(scene.server, NULL, &client), MCPS_ECLOSED);
    CHECK_INT(scene_stats(&scene).threads, 0);
    CHECK(scene_log_ok(&scene));
    ok = true;
out:
    mcps__sync_release(point);
    mcps_test_free(client);
    CHECK_AFTER(scene_close(&scene));
    guard_clear();
    return ok;
}

static void f10_08_stopped_while_it_starts(void)
{
    CHECK(stop_at("before_start"));
    CHECK(stop_at("after_start"));
out:;
}

/* A start that fails at any of its allocations leaves nothing behind. */
static void f10_08_a_start_that_fails(void)
{
    struct scene scene = { .server = NULL };
    unsigned n_fds, n_failed = 0;
    size_t live;
    int r = -ENOMEM;

    CHECK(scene_open(&scene, 3, NULL, NULL, 0));
    n_fds = count_fds();
    live = mcps__mem_live();
    for (size_t n = 1; r < 0; n++) {
        mcps__mem_fail_at(n);
        r = mcps_server_start(scene.server);
        mcps__mem_fail_at(0);
        if (r == 0)
            break;
        n_failed++;
        CHECK_INT(r, -ENOMEM);
        CHECK_INT(scene_stats(&scene).threads, 0);
        CHECK_INT(count_fds(), n_fds);
        CHECK_INT(mcps__mem_live(), live);
        CHECK_INT(stop(&scene, 0), 0);
    }
    CHECK(n_failed >= 3);
    CHECK_INT(stop(&scene, 0), 0);
    CHECK_INT(mcps__mem_live(), live);
out:
    mcps__mem_fail_at(0);
    CHECK_AFTER(scene_close(&scene));
}

/* With the handshake half sent, half done, and whole. */
static void f10_08_stopped_during_a_handshake(void)
{
    static const char *const parts[] = {
        "",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"meth",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
        "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{"
        "\"name\":\"p\",\"version\":\"1\"}}}\n",
    };
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        CHECK(scene_start(&scene, 2, NULL, NULL, 0));
        CHECK(wire_connect(&wire, &scene, NULL));
        CHECK(wire_send_bytes(&wire, parts[i], strlen(parts[i])));
        CHECK_INT(stop(&scene, 0), 0);
        CHECK(wire_drain(&wire));
        CHECK(wire_ok(&wire));
        CHECK_INT(scene_stats(&scene).sessions, 0);
        CHECK(scene_log_ok(&scene));
        wire_free(&wire);
        CHECK(scene_close(&scene));
    }
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- waiting for the end ---- */

static void *wait_for_end(void *userdata)
{
    struct scene *scene = userdata;

    return mcps_server_wait(scene->server) == 0 ? userdata : NULL;
}

/* By a request, which may come before the wait, or by who stops it. */
static void waits_until_its_end(void)
{
    struct scene scene = { .server = NULL };
    pthread_t waiter;
    void *result;

    for (int i = 0; i < 3; i++) {
        CHECK(scene_open(&scene, 2, NULL, NULL, 0));
        CHECK_INT(mcps_server_start(scene.server), 0);
        if (i == 0)
            mcps_server_request_stop(scene.server);
        guard_set("a wait for the end");
        CHECK(pthread_create(&waiter, NULL, wait_for_end, &scene) == 0);
        if (i == 1)
            mcps_server_request_stop(scene.server);
        if (i == 2)
            CHECK_INT(stop(&scene, 0), 0);
        guard_set("a wait for the end");
        pthread_join(waiter, &result);
        guard_clear();
        CHECK(result == &scene);
        CHECK_INT(stop(&scene, 0), 0);
        CHECK_INT(mcps_server_wait(scene.server), 0);
        CHECK(scene_close(&scene));
    }
out:
    CHECK_AFTER(scene_close(&scene));
}

static const struct unit_test stop_tests[] = {
    UNIT_TEST_ONCE(f10_03_handlers_that_wait_for_their_cancel, "it has threads"),
    UNIT_TEST_ONCE(f10_04_stopped_by_its_handlers, "it has threads"),
    UNIT_TEST_ONCE(f10_04_stopped_by_who_stops_it, "it has threads"),
    UNIT_TEST_ONCE(f10_04_stopped_in_callbacks, "it has threads"),
    UNIT_TEST_ONCE(f10_05_all_timers_are_far_away, "it has threads"),
    UNIT_TEST_ONCE(f10_06_a_flood_while_it_stops, "it has threads"),
    UNIT_TEST_ONCE(f10_06_a_client_comes_while_it_drains, "it has threads"),
    UNIT_TEST_ONCE(f10_08_stopped_while_it_starts, "it has threads"),
    UNIT_TEST_ONCE(f10_08_a_start_that_fails, "it counts its own allocations"),
    UNIT_TEST_ONCE(f10_08_stopped_during_a_handshake, "it has threads"),
    UNIT_TEST_ONCE(waits_until_its_end, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "stop", stop_tests },
        { "cycles", cycle_tests },
    };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
