/* SPDX-License-Identifier: MIT */
/* Driven servers without workers that are stopped while a turn runs a handler. */
#include "config.h"

#include "driven.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

SCENE_STAT(running);
SCENE_STAT(in_flight);
SCENE_STAT(stuck);

/* A server without workers, which another thread drives, and a client. */
static bool begin(struct stage *stage, const char *limits)
{
    return stage_open(stage, MCPS_NO_WORKERS, limits, NULL) &&
           scene_drive(&stage->scene) &&
           wire_connect(&stage->wire, &stage->scene, NULL) && wire_hello(&stage->wire);
}

struct stopper {
    pthread_t thread;
    bool runs;
    atomic_bool over;
    mcps_server *server;
    unsigned drain_ms;
    int result;
};

static void *stop(void *userdata)
{
    struct stopper *stopper = userdata;

    stopper->result = mcps_server_stop(stopper->server, stopper->drain_ms);
    atomic_store(&stopper->over, true);
    return NULL;
}

static bool stop_elsewhere(struct stopper *stopper, struct stage *stage,
                           unsigned drain_ms)
{
    stopper->server = stage->scene.server;
    stopper->drain_ms = drain_ms;
    stopper->runs = pthread_create(&stopper->thread, NULL, stop, stopper) == 0;
    return stopper->runs;
}

static int join(struct stopper *stopper)
{
    if (stopper->runs)
        pthread_join(stopper->thread, NULL);
    stopper->runs = false;
    return stopper->result;
}

/* It would sleep for an hour, and wakes up at once. */
static void what_a_turn_runs_is_cancelled(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(begin(&stage, NULL));
    CHECK(wire_call(&stage.wire, "2", "sleep", "{\"ms\":3600000}"));
    CHECK(scene_wait(&stage.scene, stat_running, 1));
    CHECK_INT(mcps_server_stop(stage.scene.server, 1), 0);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_reason(wire_answer(&stage.wire, "2")), "shutdown");
    CHECK_INT(scene_stats(&stage.scene).in_flight, 0);
    CHECK(wire_ok(&stage.wire) && scene_log_ok(&stage.scene));
out:
    stage_end(&stage);
}

static void what_a_turn_runs_may_end(void)
{
    static const char both[] =
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":"
        "{\"name\":\"stand\"}}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":"
        "{\"name\":\"note\"}}\n";
    struct stopper stopper = { .runs = false };
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(begin(&stage, NULL));
    mcps__sync_hold("driven_to_stop");
    CHECK(wire_send_bytes(&stage.wire, both, strlen(both)) && door_await(1));
    CHECK(stop_elsewhere(&stopper, &stage, 3600000));
    /* The second was read as well, and waits: never are there two at once. */
    CHECK(mcps__sync_wait("driven_to_stop", 1));
    CHECK_INT(atomic_load(&noted.n_run), 0);
    mcps__sync_release("driven_to_stop");
    /* What comes now is refused, while the handler still stands. */
    CHECK(wire_call(&stage.wire, "4", "note", NULL));
    CHECK_STR(answer_reason(wire_answer(&stage.wire, "4")), "shutdown");
    CHECK_INT(atomic_load(&noted.n_run), 0);
    mcps__sync_hold("handled");
    door_open();
    CHECK(mcps__sync_wait("handled", 1));
    CHECK_STR(answer_text(wire_answer(&stage.wire, "2")), "stood");
    CHECK_INT(atomic_load(&noted.n_run), 0);
    mcps__sync_release("handled");
    CHECK_INT(join(&stopper), 0);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_text(wire_answer(&stage.wire, "3")), "noted");
    CHECK(wire_ok(&stage.wire) && scene_log_ok(&stage.scene));
out:
    mcps__sync_release("driven_to_stop");
    mcps__sync_release("handled");
    door_open();
    join(&stopper);
    stage_end(&stage);
}

static void what_a_turn_runs_is_left(void)
{
    struct stage stage;
    mcps_server *server;

    memset(&stage, 0, sizeof stage);
    CHECK(begin(&stage, "handler_grace_ms=1"));
    server = stage.scene.server;
    CHECK(wire_call(&stage.wire, "2", "stand", NULL) && door_await(1));
    CHECK_INT(mcps_server_process(server), MCPS_EBUSY);
    CHECK_INT(mcps_server_stop(server, 0), MCPS_EBUSY);
    CHECK_INT(scene_stats(&stage.scene).stuck, 1);
    CHECK_INT(mcps_server_process(server), MCPS_ECLOSED);
    CHECK_INT(mcps_server_stop(server, 0), MCPS_EBUSY);
    CHECK(mcps_server_unref(server) == server);
    CHECK(wire_drain(&stage.wire));
    CHECK_STR(answer_reason(wire_answer(&stage.wire, "2")), "shutdown");
    door_open();
    CHECK(scene_wait(&stage.scene, stat_stuck, 0));
    CHECK_INT(mcps_server_stop(server, 0), 0);
    CHECK_INT(mcps_server_start_driven(server), 0);
    CHECK_INT(mcps_server_process(server), 0);
out:
    stage_end(&stage);
}

/* Its thread still has to do with the server. */
static void who_has_run_the_last_is_waited_for(void)
{
    struct stopper stopper = { .runs = false };
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(begin(&stage, NULL));
    mcps__sync_hold("handled");
    CHECK(wire_call(&stage.wire, "2", "note", NULL));
    CHECK(mcps__sync_wait("handled", 1));
    CHECK(stop_elsewhere(&stopper, &stage, 0));
    CHECK_INT(mcps_executor_wait(stage.host, -1), MCPS_ECLOSED);
    poll(NULL, 0, 10);
    CHECK(!atomic_load(&stopper.over));
    mcps__sync_release("handled");
    CHECK_INT(join(&stopper), 0);
out:
    mcps__sync_release("handled");
    join(&stopper);
    stage_end(&stage);
}

static void a_client_comes_while_a_turn_runs_one(void)
{
    struct stage stage;
    struct wire other = { .memory = NULL };

    memset(&stage, 0, sizeof stage);
    CHECK(begin(&stage, NULL));
    CHECK(wire_call(&stage.wire, "2", "stand", NULL) && door_await(1));
    CHECK(wire_connect(&other, &stage.scene, NULL));
    door_open();
    CHECK(wire_hello(&other));
    CHECK(scene_wait(&stage.scene, stat_in_flight, 0));
    CHECK(wire_ok(&stage.wire) && wire_ok(&other) && scene_log_ok(&stage.scene));
out:
    wire_free(&other);
    stage_end(&stage);
}

#define ONCE_(fn) UNIT_TEST_ONCE(fn, "it has threads")
const struct unit_test driven_stop_tests[] = {
    ONCE_(what_a_turn_runs_is_cancelled),
    ONCE_(what_a_turn_runs_may_end),
    ONCE_(what_a_turn_runs_is_left),
    ONCE_(who_has_run_the_last_is_waited_for),
    ONCE_(a_client_comes_while_a_turn_runs_one),
    UNIT_END,
};
