/* SPDX-License-Identifier: MIT */
/* Servers that are driven by a loop of the test. */
#include "config.h"

#include "driven.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

SCENE_STAT(in_flight);
SCENE_STAT(running);

/* ---- what the tests stand on ---- */

struct noted noted;

static int note(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *text = NULL;
    unsigned i = atomic_fetch_add(&noted.n_run, 1);

    (void)userdata;
    if (json_object_object_get_ex(args, "text", &text) && i < sizeof noted.names - 1)
        noted.names[i] = json_object_get_string(text)[0];
    if (noted.takes_ns > 0)
        mcps__clock_advance(noted.takes_ns);
    return mcps_call_text(call, "noted");
}

static int try(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    noted.result = noted.fn(call);
    return mcps_call_text(call, "tried");
}

static int later(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    atomic_store(&noted.kept, mcps_call_ref(call));
    return MCPS_PENDING;
}

void note_tools(struct mcps_tool tools[N_NOTE_TOOLS], const char *executor)
{
    const struct mcps_tool all[N_NOTE_TOOLS] = {
        MCPS_TOOL_STRUCT(.name = "note", .handler = note, .executor = executor),
        MCPS_TOOL_STRUCT(.name = "try", .handler = try, .executor = executor),
        MCPS_TOOL_STRUCT(.name = "later", .handler = later, .executor = executor),
    };

    memcpy(tools, all, sizeof all);
}

bool stage_open(struct stage *stage, unsigned workers, const char *limits,
                const char *executor)
{
    struct mcps_tool tools[N_NOTE_TOOLS];

    memset(stage, 0, sizeof *stage);
    memset(&noted, 0, sizeof noted);
    props_reset();
    note_tools(tools, executor);
    return scene_open(&stage->scene, workers, limits, props, N_PROPS) &&
           mcps_executor_new(&stage->host, stage->scene.server, "host") >= 0 &&
           mcps_server_add_tools(stage->scene.server, tools, N_NOTE_TOOLS) >= 0;
}

bool stage_begin(struct stage *stage, unsigned workers, const char *limits,
                 const char *executor)
{
    return stage_open(stage, workers, limits, executor) &&
           mcps_server_start_driven(stage->scene.server) >= 0 &&
           wire_connect(&stage->wire, &stage->scene, NULL) &&
           greet_driven(stage, &stage->wire);
}

void stage_end(struct stage *stage)
{
    mcps_call *kept = atomic_exchange(&noted.kept, NULL);

    door_open();
    mcps_call_unref(kept);
    wire_free(&stage->wire);
    mcps_executor_unref(stage->host);
    stage->host = NULL;
    CHECK_AFTER(scene_close(&stage->scene));
}

bool is_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0;
}

int settle(struct stage *stage)
{
    mcps_server *server = stage->scene.server;
    int fd = mcps_server_get_fd(server), r;

    do
        r = mcps_server_process(server);
    while (r >= 0 &&
           (r > 0 || is_readable(fd) || mcps_server_get_timeout_ms(server) == 0));
    return r;
}

void take_in(struct wire *wire)
{
    while (wire_next(wire, 0)) {
        /* It is kept. */
    }
}

struct json_object *answered(struct stage *stage, struct wire *wire, const char *id)
{
    struct pollfd p = { .fd = mcps_server_get_fd(stage->scene.server), .events = POLLIN };

    for (int i = 0; i < WATCHDOG_MS / 10 && settle(stage) >= 0; i++) {
        take_in(wire);
        if (wire_answers(wire, id) > 0)
            return wire_answer(wire, id);
        if (wire->closed || mcps__mem_has_failed())
            return NULL;
        poll(&p, 1, 10);
    }
    return NULL;
}

bool greet_driven(struct stage *stage, struct wire *wire)
{
    return wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"id\":\"init\",\"method\":\"initialize\","
                     "\"params\":{\"protocolVersion\":\"2025-11-25\","
                     "\"capabilities\":{\"roots\":{}},"
                     "\"clientInfo\":{\"name\":\"wire\",\"version\":\"1\"}}}") &&
           answered(stage, wire, "\"init\"") &&
           wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}") &&
           settle(stage) >= 0;
}

bool alive(struct stage *stage)
{
    static unsigned n;
    char id[32];

    snprintf(id, sizeof id, "\"ping %u\"", n++);
    return wire_send(&stage->wire, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}",
                     id) &&
           answered(stage, &stage->wire, id) != NULL;
}

/* ---- whole sessions ---- */

/* Nothing but this thread, so every allocation can be made to fail. */
static void a_session_without_workers(void)
{
    struct stage stage;
    struct wire other = { .memory = NULL };

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, NULL));
    CHECK_INT(scene_stats(&stage.scene).threads, 0);
    CHECK(wire_call(&stage.wire, "2", "echo", "{\"text\":\"here\"}"));
    CHECK_STR(answer_text(answered(&stage, &stage.wire, "2")), "here");
    CHECK(wire_connect(&other, &stage.scene, "other"));
    CHECK(greet_driven(&stage, &other));
    CHECK(wire_call(&other, "2", "add", "{\"a\":1,\"b\":2}"));
    CHECK(wire_call(&stage.wire, "3", "echo", "{\"text\":\"again\"}"));
    CHECK_STR(answer_text(answered(&stage, &other, "2")), "3");
    CHECK_STR(answer_text(answered(&stage, &stage.wire, "3")), "again");
    /* The cancel is read in the same turn. */
    CHECK(wire_call(&stage.wire, "4", "note", NULL));
    CHECK(wire_cancel(&stage.wire, "4"));
    CHECK(alive(&stage));
    CHECK_INT(atomic_load(&noted.n_run), 0);
    CHECK_INT(wire_answers(&stage.wire, "4"), 0);
    mcps_test_cut(other.memory, MCPS_TEST_CUT_BOTH);
    CHECK(settle(&stage) == 0);
    CHECK_INT(scene_stats(&stage.scene).streams, 1);
    CHECK(scene_log_ok(&stage.scene));
out:
    wire_free(&other);
    stage_end(&stage);
}

static void a_session_with_workers(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, 2, NULL, NULL));
    CHECK_INT(scene_stats(&stage.scene).threads, 2);
    CHECK(wire_call(&stage.wire, "2", "echo", "{\"text\":\"there\"}"));
    CHECK_STR(answer_text(answered(&stage, &stage.wire, "2")), "there");
    /* A worker can ask: this thread reads what comes. */
    CHECK(wire_call(&stage.wire, "3", "ask", NULL));
    for (int i = 0; i < WATCHDOG_MS && wire_messages(&stage.wire, "roots/list") == 0;
         i++) {
        scene_take_turn(stage.scene.server);
        take_in(&stage.wire);
    }
    stage.wire.next = 0;
    CHECK(
        wire_give_roots(&stage.wire, wire_await(&stage.wire, "roots/list"), "file:///x"));
    CHECK(strstr(answer_text(answered(&stage, &stage.wire, "3")), "file:///x"));
    CHECK(alive(&stage) && wire_ok(&stage.wire) && scene_log_ok(&stage.scene));
out:
    stage_end(&stage);
}

static void a_turn_runs_one_handler(void)
{
    struct stage stage;
    unsigned before;
    int r = 1;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, NULL));
    CHECK_INT(mcps_server_get_timeout_ms(stage.scene.server), -1);
    for (int i = 2; i < 5; i++) {
        char id[2] = { (char)('0' + i), '\0' };

        CHECK(wire_call(&stage.wire, id, "note", NULL));
    }
    CHECK(is_readable(mcps_server_get_fd(stage.scene.server)));
    do {
        before = atomic_load(&noted.n_run);
        r = mcps_server_process(stage.scene.server);
        CHECK(r >= 0 && atomic_load(&noted.n_run) <= before + 1);
        CHECK_INT(r, atomic_load(&noted.n_run) < 3);
        CHECK_INT(mcps_server_get_timeout_ms(stage.scene.server), r > 0 ? 0 : -1);
    } while (r > 0);
    CHECK_INT(atomic_load(&noted.n_run), 3);
    CHECK(answered(&stage, &stage.wire, "4") != NULL);
out:
    stage_end(&stage);
}

/* ---- time ---- */

static void times_are_told_to_the_loop(void)
{
    struct stage stage;
    mcps_server *server;

    memset(&stage, 0, sizeof stage);
    mcps__clock_drive(5 * MCPS__NS_PER_S);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, "call_ms=1000 eof_grace_ms=250", "host"));
    server = stage.scene.server;
    CHECK(wire_call(&stage.wire, "2", "note", NULL));
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(mcps_server_get_timeout_ms(server), 1000);
    CHECK(!is_readable(mcps_server_get_fd(server)));
    mcps__clock_advance(999 * MCPS__NS_PER_MS + 1);
    CHECK_INT(mcps_server_get_timeout_ms(server), 1);
    CHECK_INT(mcps_server_process(server), 0);
    mcps__clock_advance(MCPS__NS_PER_MS);
    CHECK_INT(mcps_server_get_timeout_ms(server), 0);
    CHECK_STR(answer_reason(answered(&stage, &stage.wire, "2")), "timeout");
    CHECK_INT(atomic_load(&noted.n_run), 0);
    /* The grace at the end of input, with a call that nobody runs. */
    CHECK(wire_call(&stage.wire, "3", "note", NULL));
    wire_cut_input(&stage.wire);
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(mcps_server_get_timeout_ms(server), 250);
    mcps__clock_advance(250 * MCPS__NS_PER_MS);
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(scene_stats(&stage.scene).streams, 0);
    CHECK_INT(scene_stats(&stage.scene).in_flight, 0);
    CHECK_INT(mcps_executor_run(stage.host, 0), 0);
    CHECK(wire_drain(&stage.wire));
    CHECK_INT(wire_answers(&stage.wire, "3"), 0);
out:
    mcps__clock_release();
    stage_end(&stage);
}

/* ---- clients that go away ---- */

static void a_client_goes_away_in_the_middle(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, 2, NULL, NULL));
    CHECK(wire_call(&stage.wire, "2", "sleep", "{\"ms\":3600000}"));
    CHECK(wire_call(&stage.wire, "3", "later", NULL));
    CHECK(wire_send_bytes(&stage.wire, "{\"jsonrpc\":\"2.0\",\"id\":", 22));
    CHECK_INT(settle(&stage), 0);
    for (int i = 0; i < WATCHDOG_MS && !atomic_load(&noted.kept); i++)
        poll(NULL, 0, 1);
    CHECK(atomic_load(&noted.kept) != NULL);
    CHECK(scene_wait(&stage.scene, stat_running, 1));
    mcps_test_cut(stage.wire.memory, MCPS_TEST_CUT_BOTH);
    for (int i = 0; i < WATCHDOG_MS && scene_stats(&stage.scene).streams > 0; i++)
        scene_take_turn(stage.scene.server);
    CHECK_INT(scene_stats(&stage.scene).streams, 0);
    CHECK_INT(mcps_call_cancelled(atomic_load(&noted.kept)), MCPS_CANCEL_DISCONNECT);
    CHECK_INT(mcps_call_finish(atomic_load(&noted.kept), 0), 0);
    CHECK(scene_wait(&stage.scene, stat_in_flight, 0));
    CHECK(scene_log_ok(&stage.scene));
out:
    stage_end(&stage);
}

/* ---- the end ---- */

static void a_request_to_stop_drains(void)
{
    struct stage stage;
    mcps_test_client *late = NULL;
    mcps_server *server;

    memset(&stage, 0, sizeof stage);
    mcps__clock_drive(0);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, "drain_ms=7000", "host"));
    server = stage.scene.server;
    CHECK(wire_call(&stage.wire, "2", "note", NULL));
    CHECK_INT(settle(&stage), 0);
    mcps_server_request_stop(server);
    CHECK(is_readable(mcps_server_get_fd(server)));
    CHECK_INT(settle(&stage), 0);
    CHECK_INT(mcps_server_get_timeout_ms(server), 7000);
    CHECK(wire_call(&stage.wire, "3", "note", NULL));
    CHECK_STR(answer_reason(answered(&stage, &stage.wire, "3")), "shutdown");
    CHECK_INT(mcps_test_connect(server, NULL, &late), MCPS_ECLOSED);
    /* What was there before may still end. */
    CHECK_INT(mcps_executor_run(stage.host, 1000), 1);
    CHECK_INT(settle(&stage), MCPS_ECLOSED);
    CHECK_INT(mcps_server_process(server), MCPS_ECLOSED);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_text(wire_answer(&stage.wire, "2")), "noted");
    CHECK_INT(mcps_server_stop(server, 0), 0);
    CHECK_INT(mcps_server_get_fd(server), MCPS_ECLOSED);
    CHECK_INT(mcps_server_process(server), MCPS_ECLOSED);
out:
    mcps__clock_release();
    mcps_test_free(late);
    stage_end(&stage);
}

static void a_second_request_does_not_wait(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, "drain_ms=3600000", "host"));
    CHECK(wire_call(&stage.wire, "2", "note", NULL));
    CHECK_INT(settle(&stage), 0);
    mcps_server_request_stop(stage.scene.server);
    CHECK_INT(settle(&stage), 0);
    mcps_server_request_stop(stage.scene.server);
    CHECK_INT(settle(&stage), MCPS_ECLOSED);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_reason(wire_answer(&stage.wire, "2")), "shutdown");
    CHECK_INT(mcps_executor_run(stage.host, 1000), 0);
out:
    stage_end(&stage);
}

static void a_stop_drains_by_itself(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, NULL));
    for (int i = 2; i < 7; i++) {
        char id[2] = { (char)('0' + i), '\0' };

        CHECK(wire_call(&stage.wire, id, "note", NULL));
    }
    /* All are read, and one is run. */
    CHECK_INT(mcps_server_process(stage.scene.server), 1);
    CHECK_INT(mcps_server_stop(stage.scene.server, 3600000), 0);
    CHECK_INT(atomic_load(&noted.n_run), 5);
    CHECK(wire_drain(&stage.wire));
    for (int i = 2; i < 7; i++) {
        char id[2] = { (char)('0' + i), '\0' };

        CHECK_INT(wire_answers(&stage.wire, id), 1);
    }
out:
    stage_end(&stage);
}

static void stopped_by_another_thread(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_open(&stage, 2, NULL, NULL));
    CHECK(scene_drive(&stage.scene));
    CHECK(wire_connect(&stage.wire, &stage.scene, NULL) && wire_hello(&stage.wire));
    CHECK(wire_call(&stage.wire, "2", "stand", NULL) && door_await(1));
    CHECK(wire_call(&stage.wire, "3", "sleep", "{\"ms\":3600000}"));
    CHECK(scene_wait(&stage.scene, stat_running, 2));
    door_open();
    CHECK_STR(answer_text(wire_answer(&stage.wire, "2")), "stood");
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_reason(wire_answer(&stage.wire, "3")), "shutdown");
    CHECK(wire_ok(&stage.wire) && scene_log_ok(&stage.scene));
out:
    stage_end(&stage);
}

static void started_again_in_the_other_way(void)
{
    struct stage stage;
    struct wire wire = { .memory = NULL };

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, 2, NULL, NULL));
    CHECK_INT(mcps_server_start(stage.scene.server), MCPS_EBUSY);
    CHECK_INT(mcps_server_start_driven(stage.scene.server), MCPS_EBUSY);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
        CHECK_INT(mcps_server_start(stage.scene.server), 0);
        CHECK_INT(mcps_server_get_fd(stage.scene.server), MCPS_ECLOSED);
        CHECK_INT(mcps_server_process(stage.scene.server), MCPS_ECLOSED);
        CHECK(wire_connect(&wire, &stage.scene, NULL) && wire_hello(&wire));
        CHECK(wire_call(&wire, "2", "echo", "{\"text\":\"threads\"}"));
        CHECK_STR(answer_text(wire_answer(&wire, "2")), "threads");
        wire_free(&wire);
        CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
        CHECK_INT(mcps_server_start_driven(stage.scene.server), 0);
        CHECK_INT(mcps_server_get_timeout_ms(stage.scene.server), 0);
        CHECK(wire_connect(&wire, &stage.scene, NULL) && greet_driven(&stage, &wire));
        wire_free(&wire);
    }
    CHECK(scene_log_ok(&stage.scene));
out:
    wire_free(&wire);
    stage_end(&stage);
}

/* ---- what must not be done ---- */

static struct stage *the_stage;

static int misuse(mcps_call *call)
{
    mcps_server *server = the_stage->scene.server;
    mcps_test_client *client;

    if (mcps_server_process(server) != -EDEADLK)
        return 1;
    if (mcps_server_stop(server, 0) != -EDEADLK)
        return 2;
    if (mcps_test_connect(server, NULL, &client) != -EDEADLK)
        return 3;
    if (mcps_server_unref(server) != server)
        return 4;
    if (mcps_call_roots(call, NULL) != MCPS_EBUSY)
        return 5;
    if (mcps_call_sleep_ms(call, 1) != 0)
        return 6;
    if (mcps_executor_run(the_stage->host, 0) != -EDEADLK)
        return 7;
    return 8;
}

static void a_handler_cannot_take_a_turn(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    the_stage = &stage;
    noted.fn = misuse;
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, NULL));
    noted.fn = misuse;
    CHECK(wire_call(&stage.wire, "2", "try", NULL));
    CHECK_STR(answer_text(answered(&stage, &stage.wire, "2")), "tried");
    CHECK_INT(noted.result, 8);
    CHECK_INT(mcps_server_get_limit_hits(stage.scene.server, MCPS_LIMIT_CALLS_PARKED), 0);
out:
    stage_end(&stage);
}

static int process_on_worker(mcps_call *call)
{
    (void)call;
    return mcps_server_process(the_stage->scene.server);
}

static void a_worker_cannot_take_a_turn(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    the_stage = &stage;
    CHECK(stage_begin(&stage, 1, NULL, NULL));
    noted.fn = process_on_worker;
    CHECK(wire_call(&stage.wire, "2", "try", NULL));
    CHECK_STR(answer_text(answered(&stage, &stage.wire, "2")), "tried");
    CHECK_INT(noted.result, -EDEADLK);
out:
    stage_end(&stage);
}

/* Nobody else reads what it would wait for. */
static void the_loop_cannot_ask(void)
{
    struct stage stage;
    struct json_object *roots = NULL;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, MCPS_NO_WORKERS, NULL, NULL));
    CHECK(wire_call(&stage.wire, "2", "later", NULL));
    CHECK_INT(settle(&stage), 0);
    CHECK(atomic_load(&noted.kept) != NULL);
    CHECK_INT(mcps_call_roots(atomic_load(&noted.kept), &roots), MCPS_EBUSY);
    CHECK_INT(mcps_call_finish(atomic_load(&noted.kept), 0), 0);
    CHECK(answered(&stage, &stage.wire, "2") != NULL);
out:
    stage_end(&stage);
}

static void *process_once(void *userdata)
{
    struct stage *stage = userdata;

    return mcps_server_process(stage->scene.server) >= 0 ? stage : NULL;
}

static void one_thread_at_a_time(void)
{
    struct stage stage;
    struct wire wire = { .memory = NULL };
    pthread_t other;
    bool runs = false;
    void *result = NULL;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, 1, NULL, NULL));
    mcps__sync_hold("in_turn");
    runs = pthread_create(&other, NULL, process_once, &stage) == 0;
    CHECK(runs && mcps__sync_wait("in_turn", 1));
    CHECK_INT(mcps_server_process(stage.scene.server), MCPS_EBUSY);
    mcps__sync_release("in_turn");
    pthread_join(other, &result);
    runs = false;
    CHECK(result == &stage);
    CHECK(wire_connect(&wire, &stage.scene, NULL) && greet_driven(&stage, &wire));
out:
    mcps__sync_release("in_turn");
    if (runs)
        pthread_join(other, NULL);
    wire_free(&wire);
    stage_end(&stage);
}

static void *connect_one(void *userdata)
{
    struct stage *stage = userdata;

    return wire_connect(&stage->wire, &stage->scene, NULL) ? stage : NULL;
}

/* The loop sleeps, and sees what the new one sends. */
static void a_client_comes_from_another_thread(void)
{
    struct stage stage;
    pthread_t other;
    void *result = NULL;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_open(&stage, MCPS_NO_WORKERS, NULL, NULL));
    CHECK_INT(mcps_server_start_driven(stage.scene.server), 0);
    CHECK_INT(settle(&stage), 0);
    CHECK(pthread_create(&other, NULL, connect_one, &stage) == 0);
    pthread_join(other, &result);
    CHECK(result == &stage);
    CHECK(!is_readable(mcps_server_get_fd(stage.scene.server)));
    CHECK(wire_send(&stage.wire, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"));
    CHECK(is_readable(mcps_server_get_fd(stage.scene.server)));
    CHECK(answered(&stage, &stage.wire, "1") != NULL);
out:
    stage_end(&stage);
}

static void without_workers_it_must_be_driven(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_open(&stage, MCPS_NO_WORKERS, NULL, NULL));
    CHECK_INT(mcps_server_start(stage.scene.server), -EINVAL);
    CHECK_INT(mcps_server_run(stage.scene.server), -EINVAL);
    CHECK_INT(scene_logged(&stage.scene, "has to be driven"), 2);
    CHECK_INT(mcps_server_start_driven(stage.scene.server), 0);
out:
    stage_end(&stage);
}

/* ---- again and again ---- */

static void fifty_servers_leave_nothing(void)
{
    unsigned n_fds = 0, n_threads = count_threads();
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    for (unsigned i = 0; i < unit_repeat(50, 1000); i++) {
        unit_note_on_failure("round %u", i);
        CHECK(stage_begin(&stage, i % 2 ? 2 : MCPS_NO_WORKERS, NULL, NULL));
        CHECK(wire_call(&stage.wire, "2", "note", NULL));
        CHECK(i % 3 == 0 || answered(&stage, &stage.wire, "2") != NULL);
        if (i % 5 == 0)
            mcps_test_cut(stage.wire.memory, MCPS_TEST_CUT_BOTH);
        stage_end(&stage);
        if (i == 0)
            n_fds = count_fds();
        CHECK_INT(count_fds(), n_fds);
        CHECK_INT(mcps__mem_live(), 0);
    }
    for (int i = 0; i < WATCHDOG_MS && count_threads() > n_threads; i++)
        poll(NULL, 0, 1);
    CHECK_INT(count_threads(), n_threads);
out:
    unit_note_on_failure("%s", "");
    stage_end(&stage);
}

#define ONCE_(fn) UNIT_TEST_ONCE(fn, "it has threads")
const struct unit_test driven_tests[] = {
    UNIT_TEST(a_session_without_workers),
    ONCE_(a_session_with_workers),
    UNIT_TEST(a_turn_runs_one_handler),
    UNIT_TEST(times_are_told_to_the_loop),
    ONCE_(a_client_goes_away_in_the_middle),
    UNIT_TEST(a_request_to_stop_drains),
    UNIT_TEST(a_second_request_does_not_wait),
    UNIT_TEST(a_stop_drains_by_itself),
    ONCE_(stopped_by_another_thread),
    ONCE_(started_again_in_the_other_way),
    UNIT_TEST(a_handler_cannot_take_a_turn),
    ONCE_(a_worker_cannot_take_a_turn),
    UNIT_TEST(the_loop_cannot_ask),
    ONCE_(one_thread_at_a_time),
    ONCE_(a_client_comes_from_another_thread),
    UNIT_TEST(without_workers_it_must_be_driven),
    UNIT_TEST_ONCE(fifty_servers_leave_nothing, "it counts what is left"),
    UNIT_END,
};

#ifdef HAVE_EPOLL_CREATE1
static const struct unit_suite suites[] = {
    { "driven", driven_tests },
    { "stdio", driven_stdio_tests },
    { "executors", executor_tests },
    { "inline", inline_tests },
};
#else

static void it_is_refused_without_epoll(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_open(&stage, 2, NULL, NULL));
    CHECK_INT(mcps_server_start_driven(stage.scene.server), -ENOSYS);
    CHECK_INT(scene_logged(&stage.scene, "cannot be driven"), 1);
    CHECK_INT(mcps_server_start(stage.scene.server), 0);
out:
    stage_end(&stage);
}

static const struct unit_test refused_tests[] = {
    ONCE_(it_is_refused_without_epoll),
    UNIT_END,
};
static const struct unit_suite suites[] = { { "refused", refused_tests } };
#endif

int main(int argc, char **argv)
{
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
