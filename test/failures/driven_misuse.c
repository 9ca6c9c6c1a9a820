/* SPDX-License-Identifier: MIT */
/* Driven servers: what must not be done to them, other threads, and nothing left behind. */
#include "config.h"

#include "driven.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

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
    if (mcps_call_roots(call, NULL) != MCPS_EINPUT)
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

static mcps_server *logging;
static int from_log[4];

/* What is logged in a turn comes on the thread that takes it. */
static void misuse_log(void *userdata, enum mcps_log_level level, const char *line)
{
    mcps_test_client *client;

    (void)userdata;
    (void)level;
    if (!strstr(line, "a client has gone"))
        return;
    from_log[0] = mcps_server_process(logging);
    from_log[1] = mcps_server_stop(logging, 0);
    from_log[2] = mcps_test_connect(logging, NULL, &client);
    from_log[3] = mcps_server_unref(logging) == logging;
}

static void a_log_function_cannot_take_a_turn(void)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = MCPS_NO_WORKERS, .log = misuse_log,
                            .log_level = MCPS_LOG_DEBUG);
    mcps_server *server = NULL;
    mcps_test_client *client = NULL;

    memset(from_log, 0, sizeof from_log);
    CHECK_INT(mcps_server_new(&server, &options), 0);
    logging = server;
    CHECK_INT(mcps_server_start_driven(server), 0);
    CHECK_INT(mcps_test_connect(server, NULL, &client), 0);
    mcps_test_cut(client, MCPS_TEST_CUT_BOTH);
    CHECK(mcps_server_process(server) >= 0);
    CHECK_INT(from_log[0], -EDEADLK);
    CHECK_INT(from_log[1], -EDEADLK);
    CHECK_INT(from_log[2], -EDEADLK);
    CHECK_INT(from_log[3], 1);
out:
    mcps_test_free(client);
    server = mcps_server_unref(server);
    CHECK_AFTER(!server);
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
    CHECK_INT(mcps_server_wait(stage.scene.server), -EINVAL);
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
    CHECK(await_threads(n_threads));
out:
    unit_note_on_failure("%s", "");
    stage_end(&stage);
}

#define ONCE_(fn) UNIT_TEST_ONCE(fn, "it has threads")
const struct unit_test driven_misuse_tests[] = {
    UNIT_TEST(a_handler_cannot_take_a_turn),
    UNIT_TEST(a_log_function_cannot_take_a_turn),
    ONCE_(a_worker_cannot_take_a_turn),
    UNIT_TEST(the_loop_cannot_ask),
    ONCE_(one_thread_at_a_time),
    ONCE_(a_client_comes_from_another_thread),
    UNIT_TEST(without_workers_it_must_be_driven),
    UNIT_TEST_ONCE(fifty_servers_leave_nothing, "it counts what is left"),
    UNIT_END,
};
