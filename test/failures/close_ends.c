/* SPDX-License-Identifier: MIT */
/* Group 1, F1.09 to F1.13: how servers and clients end, and what that leaves alone. */
#include "config.h"

#include "close_tests.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "hands.h"
#include "transport/end.h"
#include "util/mem.h"

SCENE_STAT(answers);
SCENE_STAT(in_flight);
SCENE_STAT(sessions);

/* ---- F1.09 ---- */

enum { BIG = 1 << 20, N_BIG = 3 };

static bool call_big(struct wire *wire, const char *id)
{
    char arguments[32];

    snprintf(arguments, sizeof arguments, "{\"bytes\":%d}", BIG);
    return wire_call(wire, id, "big", arguments);
}

/* How many bytes have come since message n, without newlines. */
static size_t received_since(const struct wire *wire, size_t n)
{
    size_t sum = wire->in.len;

    for (; n < wire->n_messages; n++)
        sum += strlen(wire->messages[n]);
    return sum;
}

void f1_09_stop_with_a_client_that_does_not_read(void)
{
    struct runner r = { .running = false };
    size_t one, before;

    CHECK(runner_start(&r, 3, "close_flush_ms=50 drain_ms=0"));
    CHECK(call_big(&r.wire, "1"));
    CHECK(wire_answer(&r.wire, "1"));
    before = r.wire.n_messages;
    one = strlen(r.wire.messages[before - 1]);
    CHECK(call_big(&r.wire, "2") && call_big(&r.wire, "3") && call_big(&r.wire, "4"));
    CHECK(scene_wait(&r.scene, stat_answers, 1 + N_BIG));
    CHECK(scene_wait(&r.scene, stat_in_flight, 0));
    CHECK(scene_stats(&r.scene).out_bytes > one);
    mcps_server_request_stop(r.scene.server);
    CHECK(runner_wait(&r));
    CHECK(wire_drain(&r.wire));
    CHECK(r.wire.torn);
    CHECK_INT(scene_stats(&r.scene).lost_bytes,
              N_BIG * one - received_since(&r.wire, before));
    CHECK_INT(scene_stats(&r.scene).out_bytes, 0);
    CHECK_INT(mcps_server_get_limit_hits(r.scene.server, MCPS_LIMIT_CLOSE_FLUSH_MS), 1);
    CHECK(scene_log_ok(&r.scene));
out:
    CHECK_AFTER(runner_end(&r));
}

/* ---- F1.10 ---- */

enum { STOPPERS = 8 };

static atomic_int stop_in_handler, stop_in_hook;
static atomic_uint n_hooks, n_destroyed;

static void stop_again(void *userdata, enum mcps_cancel_reason reason)
{
    (void)reason;
    atomic_fetch_add(&n_hooks, 1);
    mcps_server_request_stop(userdata);
    atomic_store(&stop_in_hook, mcps_server_stop(userdata, 0));
}

static int stop_here(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = mcps_call_on_cancel(call, NULL, stop_again, userdata);

    (void)args;
    atomic_store(&stop_in_handler, mcps_server_stop(userdata, 0));
    atomic_fetch_add(&hands.entered, 1);
    /* The hook is called on another thread, and not if the call ends before it. */
    while (r >= 0 && mcps_call_sleep_ms(call, 1) == 0)
        ;
    hands_wait(&n_hooks, 1);
    return r;
}

static void on_destroy(void *userdata)
{
    (void)userdata;
    atomic_fetch_add(&n_destroyed, 1);
}

struct stopper {
    mcps_server *server;
    pthread_barrier_t *barrier;
    pthread_t thread;
    int result;
};

static void *stop(void *userdata)
{
    struct stopper *s = userdata;

    pthread_barrier_wait(s->barrier);
    s->result = mcps_server_stop(s->server, 0);
    return NULL;
}

/* All at once, and the end of input with them. */
static bool stop_by_many(struct runner *r)
{
    struct stopper stoppers[STOPPERS];
    pthread_barrier_t barrier;
    bool ok = true;

    pthread_barrier_init(&barrier, NULL, STOPPERS + 1);
    for (int i = 0; i < STOPPERS; i++) {
        stoppers[i] = (struct stopper){ .server = r->scene.server, .barrier = &barrier };
        if (pthread_create(&stoppers[i].thread, NULL, stop, &stoppers[i]) != 0)
            return false;
    }
    pthread_barrier_wait(&barrier);
    wire_cut_input(&r->wire);
    for (int i = 0; i < STOPPERS; i++) {
        pthread_join(stoppers[i].thread, NULL);
        ok = ok && stoppers[i].result == 0;
    }
    pthread_barrier_destroy(&barrier);
    return ok;
}

static void stopped_by_many_at_once(void)
{
    struct runner r = { .running = false };
    struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "stop", .handler = stop_here, .destroy = on_destroy);

    atomic_store(&n_hooks, 0);
    atomic_store(&n_destroyed, 0);
    CHECK(runner_start(&r, 2, NULL));
    tool.userdata = r.scene.server;
    CHECK(mcps_server_add_tools(r.scene.server, &tool, 1) == 0);
    CHECK(wire_call(&r.wire, "2", "stop", NULL));
    CHECK(hands_wait_entered(1));
    CHECK(stop_by_many(&r));
    CHECK(runner_wait(&r));
    CHECK_INT(atomic_load(&stop_in_handler), -EDEADLK);
    CHECK_INT(atomic_load(&stop_in_hook), -EDEADLK);
    CHECK_INT(atomic_load(&n_hooks), 1);
    CHECK(wire_drain(&r.wire));
    CHECK(wire_ok(&r.wire));
    CHECK_INT(atomic_load(&n_destroyed), 0);
    CHECK(scene_log_ok(&r.scene));
    CHECK(scene_close(&r.scene));
    CHECK_INT(atomic_load(&n_destroyed), 1);
out:
    CHECK_AFTER(runner_end(&r));
}

void f1_10_stopped_by_many_at_once(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++)
        stopped_by_many_at_once();
}

/* ---- F1.11 ---- */

static atomic_uint n_blocked;

static void block(void *userdata, enum mcps_cancel_reason reason)
{
    struct pollfd go = { .fd = hands.go[0], .events = POLLIN };

    (void)userdata;
    (void)reason;
    atomic_fetch_add(&n_blocked, 1);
    while (poll(&go, 1, -1) <= 0)
        ;
}

static int wait_and_block(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = mcps_call_on_cancel(call, NULL, block, NULL);

    (void)args;
    (void)userdata;
    atomic_fetch_add(&hands.entered, 1);
    while (r >= 0 && mcps_call_sleep_ms(call, 600000) == 0)
        ;
    /* Without this the end of the call may come before its hook is called at all. */
    hands_wait(&n_blocked, 1);
    atomic_fetch_add(&hands.left, 1);
    return r;
}

static const struct mcps_tool block_tool =
    MCPS_TOOL_STRUCT(.name = "block", .handler = wait_and_block);

void f1_11_a_hook_that_blocks(void)
{
    struct runner r = { .running = false };

    atomic_store(&n_blocked, 0);
    CHECK(runner_start(&r, 4, "eof_grace_ms=0"));
    CHECK(mcps_server_add_tools(r.scene.server, &block_tool, 1) == 0);
    CHECK(wire_call(&r.wire, "2", "block", NULL));
    CHECK(wire_call(&r.wire, "3", "ask", NULL));
    CHECK(wire_call(&r.wire, "4", "ask", NULL));
    CHECK(wire_call(&r.wire, "5", "wait", NULL));
    CHECK(hands_wait_entered(4));
    CHECK(wire_await(&r.wire, "roots/list") && wire_await(&r.wire, "roots/list"));
    wire_cut_input(&r.wire);
    /* All but the hook's own call end while it goes on. */
    CHECK(hands_wait_left(4));
    CHECK(scene_wait(&r.scene, stat_in_flight, 1));
    CHECK_INT(atomic_load(&n_blocked), 1);
    CHECK_INT(atomic_load(&hands.closed), 2);
    CHECK_INT(mcps_call_cancelled(atomic_load(&hands.call)), MCPS_CANCEL_DISCONNECT);
    hands_let_go();
    CHECK(runner_wait(&r));
    CHECK(wire_drain(&r.wire));
    CHECK_INT(r.wire.n_messages, 3);
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    CHECK_AFTER(runner_end(&r));
}

/* ---- F1.12 ---- */

#define CALL_(id, tool, arguments)                                              \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\",\"params\":{" \
    "\"name\":\"" tool "\",\"arguments\":" arguments "}}\n"

/* A process, and its input in one piece, as of printf. */
static void piped(const char *grace, const char *sleep, bool answered)
{
    struct wire wire = { .memory = NULL };
    char text[1024];

    unit_note_on_failure("%s", grace);
    snprintf(text, sizeof text,
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
             "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
             "\"clientInfo\":{\"name\":\"printf\",\"version\":\"1\"}}}\n"
             "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
             "%s%s",
             CALL_("2", "echo", "{\"text\":\"x\"}"), sleep);
    CHECK(wire_spawn_lab(&wire, "--option", grace, "stdio:", NULL));
    CHECK(wire_send_bytes(&wire, text, strlen(text)));
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
    CHECK_INT(wire_answers(&wire, "1"), 1);
    CHECK(wire_answers(&wire, "2") == 1 || !answered);
    CHECK_INT(wire_answers(&wire, "3"), answered);
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
}

/* With a long grace the end comes with the last answer, not with the end of the grace, which
 * the watchdog would not wait for. */
void f1_12_input_was_piped(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        piped("eof_grace_ms=0", CALL_("3", "sleep", "{\"ms\":600000}"), false);
        piped("eof_grace_ms=600000", CALL_("3", "sleep", "{\"ms\":20}"), true);
    }
}

SCENE_STAT(threads);

/* The transport has ended before mcps_server_run() begins to wait for that. */
void f1_12_input_ended_at_once(void)
{
    struct runner r = { .running = false };

    if (scene_is_driven())
        return; /* there is no wait to begin with */
    CHECK(hands_open());
    mcps__sync_hold("server_started");
    CHECK(runner_start(&r, 2, "eof_grace_ms=0"));
    wire_cut_input(&r.wire);
    CHECK(mcps__sync_wait("server_started", 1));
    CHECK(scene_wait(&r.scene, stat_threads, 2)); /* the workers */
    mcps__sync_release("server_started");
    CHECK(runner_wait(&r));
    CHECK(wire_drain(&r.wire));
    CHECK_INT(r.wire.n_messages, 1);
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    mcps__sync_release("server_started");
    CHECK_AFTER(runner_end(&r));
}

/* One sleeps in its asking when the input ends, and one is about to ask. */
void f1_12_asking_ends_with_the_input(void)
{
    struct runner r = { .running = false };

    CHECK(runner_start(&r, 4, "eof_grace_ms=600000"));
    CHECK(wire_call(&r.wire, "2", "wait", NULL));
    CHECK(wire_call(&r.wire, "3", "ask", NULL));
    CHECK(wire_await(&r.wire, "roots/list"));
    mcps__sync_hold("before_pending_insert");
    CHECK(wire_call(&r.wire, "4", "ask", NULL));
    CHECK(mcps__sync_wait("before_pending_insert", 1));
    CHECK(hands_wait_entered(3));
    wire_cut_input(&r.wire);
    CHECK(hands_wait_left(1));
    mcps__sync_release("before_pending_insert");
    CHECK(hands_wait_left(2));
    CHECK_INT(atomic_load(&hands.closed), 2);
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_NONE);
    /* The other call has its grace, and is answered. */
    CHECK(scene_wait(&r.scene, stat_in_flight, 1));
    CHECK_INT(mcps_call_cancelled(atomic_load(&hands.call)), MCPS_CANCEL_NONE);
    hands_let_go();
    CHECK(runner_wait(&r));
    CHECK(wire_drain(&r.wire));
    CHECK_STR(answer_text(wire_answer(&r.wire, "2")), "done");
    CHECK_INT(wire_answers(&r.wire, "3") + wire_answers(&r.wire, "4"), 0);
    CHECK_INT(wire_messages(&r.wire, "roots/list"), 1);
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    mcps__sync_release("before_pending_insert");
    CHECK_AFTER(runner_end(&r));
}

/* ---- F1.13 ---- */

static bool gone(struct wire *wire, struct scene *scene)
{
    bool closed = wire_drain(wire) && wire_ok(wire);

    wire_free(wire);
    return closed && scene_wait(scene, stat_sessions, 1);
}

/* What is wrong with a, one fault after the other. b has a call in flight all the time. */
static bool send_nonsense(struct wire *a)
{
    static char long_line[4096];

    memset(long_line, 'x', sizeof long_line - 1);
    return wire_send(a, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\","
                        "\"params\":{\"name\":\"echo\",\"arguments\":\"text\"}}") &&
           answer_code(wire_answer(a, "7")) == -32602 && wire_send(a, "{\"jsonrpc\":") &&
           wire_send(a, "%s", long_line) && wire_call(a, "8", "no_such", NULL) &&
           answer_code(wire_answer(a, "8")) == -32602 &&
           wire_call(a, "9", "fail", "{\"text\":\"x\"}") &&
           answer_is_error(wire_answer(a, "9")) && wire_alive(a);
}

static bool fail_in_all_ways(struct scene *scene, struct wire *a, struct wire *b)
{
    bool ok = wire_connect(a, scene, "a") && wire_hello(a) && send_nonsense(a);

    wire_cut_input(a);
    ok = ok && gone(a, scene) && wire_alive(b);
    ok = ok && wire_connect(a, scene, "a") && wire_hello(a) && wire_send_bytes(a, "{", 1);
    wire_cut_output(a);
    wire_cut_input(a);
    wire_free(a);
    ok = ok && scene_wait(scene, stat_sessions, 1) && wire_alive(b);
    ok = ok && wire_connect(a, scene, "a") && wire_hello(a);
    mcps__end_fail_write(EIO);
    ok = ok && wire_call(a, "2", "echo", "{\"text\":\"x\"}") && gone(a, scene);
    return ok && wire_alive(b);
}

void f1_13_one_failure_is_one_client_s(void)
{
    struct scene scene = { .server = NULL };
    struct wire a = { .memory = NULL }, b = { .memory = NULL }, c = { .memory = NULL };

    CHECK(hands_open());
    CHECK(scene_start(&scene, 2, "message_bytes=1024", hands_tools, N_HANDS_TOOLS));
    CHECK(wire_connect(&b, &scene, "b") && wire_hello(&b));
    CHECK(wire_call(&b, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    CHECK(fail_in_all_ways(&scene, &a, &b));
    CHECK(wire_connect(&c, &scene, "c") && wire_hello(&c) && wire_alive(&c));
    CHECK_INT(mcps_call_cancelled(atomic_load(&hands.call)), MCPS_CANCEL_NONE);
    hands_let_go();
    CHECK_STR(answer_text(wire_answer(&b, "2")), "done");
    CHECK(scene_idle(&scene));
    CHECK(wire_ok(&b) && wire_ok(&c));
    CHECK_INT(scene_logged(&scene, "writing failed: Input/output error"), 1);
out:
    mcps__end_fail_write(0);
    hands_let_go();
    wire_free(&a);
    wire_free(&b);
    wire_free(&c);
    hands_close();
    CHECK_AFTER(scene_close(&scene));
}

/* Answered, or disconnected: it does not wait for ever. */
static bool is_settled(struct wire *wire, const char *id)
{
    return wire_answer(wire, id) || wire->closed;
}

/* All of a client's life with its nth allocation failing. Says whether there was an nth. */
static bool live_without_memory(struct scene *scene, size_t n, bool *ret_failed)
{
    struct wire a = { .memory = NULL };
    bool ok = true;

    mcps__mem_fail_at(n);
    if (wire_connect(&a, scene, "a")) {
        ok = wire_hello(&a) || a.closed;
        ok = ok &&
             (!wire_call(&a, "2", "echo", "{\"text\":\"x\"}") || is_settled(&a, "2"));
        ok = ok && wire_ok(&a);
    }
    *ret_failed = mcps__mem_has_failed();
    mcps__mem_fail_at(0);
    wire_free(&a);
    return ok && scene_wait(scene, stat_sessions, 1);
}

void f1_13_out_of_memory(void)
{
    struct scene scene = { .server = NULL };
    struct wire b = { .memory = NULL }, c = { .memory = NULL };
    bool failed = true;

    CHECK(hands_open());
    CHECK(scene_start(&scene, 2, NULL, hands_tools, N_HANDS_TOOLS));
    CHECK(wire_connect(&b, &scene, "b") && wire_hello(&b));
    CHECK(wire_call(&b, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    for (size_t n = 1; failed; n++) {
        unit_note_on_failure("allocation %zu", n);
        CHECK(live_without_memory(&scene, n, &failed));
        CHECK(wire_alive(&b));
    }
    CHECK(wire_connect(&c, &scene, "c") && wire_hello(&c) && wire_alive(&c));
    hands_let_go();
    CHECK_STR(answer_text(wire_answer(&b, "2")), "done");
    CHECK(scene_idle(&scene));
    CHECK(wire_ok(&b) && wire_ok(&c));
out:
    mcps__mem_fail_at(0);
    hands_let_go();
    wire_free(&b);
    wire_free(&c);
    hands_close();
    CHECK_AFTER(scene_close(&scene));
}
