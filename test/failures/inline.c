/* SPDX-License-Identifier: MIT */
/* Tools that run on the I/O thread, which here is the test's. */
#include "config.h"

#include "driven.h"

#include <errno.h>
#include <string.h>

static const char at_once[] =
    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":"
    "{\"name\":\"note\",\"arguments\":{\"text\":\"a\"}}}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":"
    "{\"name\":\"note\",\"arguments\":{\"text\":\"b\"}}}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":"
    "{\"name\":\"note\",\"arguments\":{\"text\":\"c\"}}}\n"
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":"
    "{\"requestId\":3}}\n"
    "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\"}\n";

static void they_run_at_the_end_of_the_turn(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, 1, NULL, MCPS_INLINE));
    CHECK(wire_send_bytes(&stage.wire, at_once, strlen(at_once)));
    CHECK_INT(mcps_server_process(stage.scene.server), 0);
    /* One turn has read and run them. */
    CHECK_STR(noted.names, "ac");
    CHECK_INT(scene_stats(&stage.scene).in_flight, 0);
    CHECK_INT(scene_stats(&stage.scene).cancelled_before_start, 1);
    CHECK(answered(&stage, &stage.wire, "4") != NULL);
    CHECK_INT(wire_answers(&stage.wire, "2"), 1);
    CHECK_INT(wire_answers(&stage.wire, "3"), 0);
    /* In the order of what was done: the ping did not wait. */
    CHECK(stage.wire.n_messages == 4);
    CHECK(wire_answer(&stage.wire, "5") == stage.wire.parsed[1]);
    CHECK(wire_answer(&stage.wire, "2") == stage.wire.parsed[2]);
    CHECK(wire_answer(&stage.wire, "4") == stage.wire.parsed[3]);
out:
    stage_end(&stage);
}

static void one_that_takes_long_is_named(void)
{
    struct stage stage;
    mcps_server *server;

    memset(&stage, 0, sizeof stage);
    mcps__clock_drive(0);
    CHECK(stage_begin(&stage, 1, NULL, MCPS_INLINE));
    server = stage.scene.server;
    noted.takes_ns = 10 * MCPS__NS_PER_MS;
    CHECK(wire_call(&stage.wire, "2", "note", NULL));
    CHECK(answered(&stage, &stage.wire, "2") != NULL);
    CHECK_INT(mcps_server_get_limit_hits(server, MCPS_LIMIT_INLINE_MS), 0);
    noted.takes_ns = 11 * MCPS__NS_PER_MS;
    CHECK(wire_call(&stage.wire, "3", "note", NULL));
    CHECK(answered(&stage, &stage.wire, "3") != NULL);
    CHECK_INT(mcps_server_get_limit_hits(server, MCPS_LIMIT_INLINE_MS), 1);
    CHECK_INT(scene_logged(&stage.scene, "tool note, which is inline, took 11 ms"), 1);
    /* The rest of a turn that has taken long waits for the next, which comes at once. */
    CHECK(wire_call(&stage.wire, "4", "note", NULL));
    CHECK(wire_call(&stage.wire, "5", "note", NULL));
    CHECK_INT(mcps_server_process(server), 1);
    CHECK_INT(atomic_load(&noted.n_run), 3);
    CHECK_INT(mcps_server_get_timeout_ms(server), 0);
    CHECK(answered(&stage, &stage.wire, "5") != NULL);
    CHECK_INT(atomic_load(&noted.n_run), 4);
out:
    mcps__clock_release();
    stage_end(&stage);
}

static struct stage *the_stage;

static int misuse(mcps_call *call)
{
    mcps_test_client *client;
    mcps_server *server = the_stage->scene.server;

    if (mcps_call_sleep_ms(call, 1) != -EDEADLK)
        return 1;
    if (mcps_call_roots(call, NULL) != MCPS_EINPUT)
        return 2;
    if (mcps_server_stop(server, 0) != -EDEADLK)
        return 3;
    if (mcps_test_connect(server, NULL, &client) != -EDEADLK)
        return 4;
    if (mcps_executor_run(the_stage->host, 0) != -EDEADLK)
        return 5;
    if (scene_stats(&the_stage->scene).running != 1)
        return 6;
    return 7;
}

static void they_cannot_wait(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    the_stage = &stage;
    CHECK(stage_begin(&stage, 1, NULL, MCPS_INLINE));
    noted.fn = misuse;
    CHECK(wire_call(&stage.wire, "2", "try", NULL));
    CHECK(answered(&stage, &stage.wire, "2") != NULL);
    CHECK_INT(noted.result, 7);
out:
    stage_end(&stage);
}

/* With threads the I/O thread is the library's. */
static void they_cannot_wait_on_a_thread_of_ours(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    the_stage = &stage;
    CHECK(stage_open(&stage, 1, NULL, MCPS_INLINE));
    CHECK_INT(mcps_server_start(stage.scene.server), 0);
    CHECK(wire_connect(&stage.wire, &stage.scene, NULL) && wire_hello(&stage.wire));
    noted.fn = misuse;
    CHECK(wire_call(&stage.wire, "2", "try", NULL));
    CHECK_STR(answer_text(wire_answer(&stage.wire, "2")), "tried");
    CHECK_INT(noted.result, 7);
    CHECK(scene_idle(&stage.scene) && wire_ok(&stage.wire));
out:
    stage_end(&stage);
}

static void they_may_answer_later(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(stage_begin(&stage, 1, NULL, MCPS_INLINE));
    CHECK(wire_call(&stage.wire, "2", "later", NULL));
    CHECK(alive(&stage));
    CHECK_INT(wire_answers(&stage.wire, "2"), 0);
    CHECK_INT(scene_stats(&stage.scene).in_flight, 1);
    CHECK(atomic_load(&noted.kept) != NULL);
    CHECK_INT(mcps_call_finish(atomic_load(&noted.kept), 0), 0);
    CHECK(answered(&stage, &stage.wire, "2") != NULL);
    /* And are cancelled meanwhile. */
    mcps_call_unref(atomic_exchange(&noted.kept, NULL));
    CHECK(wire_call(&stage.wire, "3", "later", NULL));
    CHECK(alive(&stage));
    CHECK(wire_cancel(&stage.wire, "3"));
    CHECK(alive(&stage));
    CHECK(atomic_load(&noted.kept) != NULL);
    CHECK_INT(mcps_call_cancelled(atomic_load(&noted.kept)), MCPS_CANCEL_CLIENT);
    CHECK_INT(mcps_call_finish(atomic_load(&noted.kept), 0), 0);
    CHECK(alive(&stage));
    CHECK_INT(wire_answers(&stage.wire, "3"), 0);
    CHECK_INT(scene_stats(&stage.scene).in_flight, 0);
out:
    stage_end(&stage);
}

const struct unit_test inline_tests[] = {
    UNIT_TEST(they_run_at_the_end_of_the_turn),
    UNIT_TEST(one_that_takes_long_is_named),
    UNIT_TEST(they_cannot_wait),
    UNIT_TEST_ONCE(they_cannot_wait_on_a_thread_of_ours, "it has threads"),
    UNIT_TEST(they_may_answer_later),
    UNIT_END,
};
