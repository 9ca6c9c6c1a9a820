/* SPDX-License-Identifier: MIT */
/* What went wrong here and stands in no entry of the catalogue. */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"
#include "unit.h"

SCENE_STAT(in_flight);
SCENE_STAT(running);
SCENE_STAT(out_bytes);

/* ---- answers to a client that reads late ---- */

/* They were earned: the hard mark is for what could as well not be sent. */
static void earned_answers_wait_for_a_late_reader(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    const char *ids[] = { "2", "3", "4", "5", "6", "7" };

    mcps__sync_reset();
    CHECK(scene_start(&scene, 6, "out_bytes=1000", NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_hello(&wire));
    mcps__sync_hold("before_respond");
    for (int i = 0; i < 6; i++)
        CHECK(wire_call(&wire, ids[i], "big", "{\"bytes\":1000000}"));
    CHECK(mcps__sync_wait("before_respond", 6));
    mcps__sync_release("before_respond");
    CHECK(scene_wait(&scene, stat_in_flight, 0));
    for (int i = 0; i < 6; i++)
        CHECK_INT(strlen(answer_text(wire_answer(&wire, ids[i]))), 1000000);
    CHECK(wire_alive(&wire) && wire_ok(&wire));
    CHECK(scene_idle(&scene) && scene_log_ok(&scene));
out:
    mcps__sync_release("before_respond");
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static struct scene *held_scene;

static uint64_t stat_held(const struct mcps_stats *stats)
{
    (void)stats;
    return mcps_server_get_limit_hits(held_scene->server, MCPS_LIMIT_OUT_BYTES) > 0;
}

/* More than can run at once: the transport learns of it though the queue of its output is
 * not empty, and starts no more of them until it is read. */
static void calls_wait_while_their_client_does_not_read(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    char id[8];

    held_scene = &scene;
    CHECK(scene_start(&scene, 2, "out_bytes=100000", NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_hello(&wire));
    for (int i = 10; i < 50; i++) {
        snprintf(id, sizeof id, "%d", i);
        CHECK(wire_call(&wire, id, "big", "{\"bytes\":200000}"));
    }
    CHECK(scene_wait(&scene, stat_held, 1));
    for (int i = 10; i < 50; i++) {
        snprintf(id, sizeof id, "%d", i);
        CHECK_INT(strlen(answer_text(wire_answer(&wire, id))), 200000);
    }
    CHECK(wire_alive(&wire) && wire_ok(&wire));
    CHECK(scene_idle(&scene) && scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* What a batch has of its answers counts as output, though nothing of it is sent. */
static void answers_of_an_open_batch_are_counted(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    CHECK(scene_start(&scene, 2, "eof_grace_ms=0", NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_init(&wire, "2025-03-26", "{}"));
    CHECK(wire_send(&wire,
                    "[{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","
                    "\"params\":{\"name\":\"sleep\",\"arguments\":{\"ms\":600000}}},"
                    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\","
                    "\"params\":{\"name\":\"big\",\"arguments\":{\"bytes\":500000}}}]"));
    CHECK(scene_wait(&scene, stat_in_flight, 1));
    CHECK(scene_stats(&scene).out_bytes > 500000);
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK(scene_wait(&scene, stat_in_flight, 0));
    CHECK(scene_wait(&scene, stat_out_bytes, 0));
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- the limit of results ---- */

/* Each is answered with all that was accepted, or a text was refused. */
static void a_result_is_limited_exactly(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    char id[16], arguments[64];
    const int around = 30; /* the block around a text, and a little more */
    bool was_refused = false;

    CHECK(scene_start(&scene, 2, "result_bytes=1000", NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_hello(&wire));
    for (int bytes = 1000 - around; bytes <= 1000 + around; bytes++) {
        struct json_object *answer;

        snprintf(id, sizeof id, "%d", bytes);
        snprintf(arguments, sizeof arguments, "{\"bytes\":%d}", bytes);
        CHECK(wire_call(&wire, id, "big", arguments));
        answer = wire_answer(&wire, id);
        CHECK_INT(answer_code(answer), 0);
        if (answer_is_error(answer))
            was_refused = true;
        else
            CHECK_INT(strlen(answer_text(answer)), bytes);
        CHECK(answer_is_error(answer) == was_refused);
        CHECK(was_refused || bytes <= 1000);
    }
    CHECK(was_refused);
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- stopping ---- */

/* The end of a connection is not the end of a handler's grace. */
static void no_handler_is_stuck_before_its_time(void)
{
    struct wire wire = { .memory = NULL };
    char text[4096];
    ssize_t n;

    CHECK(wire_spawn_lab(&wire, "--option", "eof_grace_ms=0", "stdio:", NULL));
    CHECK(wire_hello(&wire));
    CHECK(wire_call(&wire, "2", "stubborn", "{\"ms\":300}"));
    CHECK(wire_alive(&wire));
    wire_cut_input(&wire);
    CHECK_INT(wire_wait_exit(&wire), 0);
    n = read(wire.stderr_fd, text, sizeof text - 1);
    CHECK_INT(n, 0);
out:
    wire_free(&wire);
}

static void no_grace_is_no_reason_to_be_busy(void)
{
    struct scene scene = { .server = NULL };

    for (unsigned i = 0; i < unit_repeat(20, 200); i++) {
        CHECK(scene_start(&scene, 4, "handler_grace_ms=0", NULL, 0));
        CHECK_INT(mcps_server_stop(scene.server, 0), 0);
        CHECK(scene_close(&scene));
    }
out:
    CHECK_AFTER(scene_close(&scene));
}

static atomic_uint n_there;

static void *let_go(void *server)
{
    atomic_fetch_add(&n_there, 1);
    while (atomic_load(&n_there) < 2)
        ;
    return mcps_server_unref(server);
}

/* The last of two is the one that stops it, whichever that is. */
static void two_let_go_at_once(void)
{
    struct scene scene = { .server = NULL };
    pthread_t threads[2];
    void *left[2];

    for (unsigned i = 0; i < unit_repeat(50, 2000); i++) {
        CHECK(scene_start(&scene, 1, NULL, NULL, 0));
        mcps_server_ref(scene.server);
        atomic_store(&n_there, 0);
        for (int k = 0; k < 2; k++)
            CHECK_INT(pthread_create(&threads[k], NULL, let_go, scene.server), 0);
        for (int k = 0; k < 2; k++)
            CHECK_INT(pthread_join(threads[k], &left[k]), 0);
        scene.server = NULL;
        CHECK(!left[0] && !left[1]);
        CHECK(scene_close(&scene));
    }
out:
    CHECK_AFTER(scene_close(&scene));
}

/* ---- a call that outlives its server ---- */

static _Atomic(mcps_call *) kept;
static atomic_uint n_destroyed;

static int keep(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    atomic_store(&kept, mcps_call_ref(call));
    return MCPS_PENDING;
}

static void destroyed(void *userdata)
{
    (void)userdata;
    atomic_fetch_add(&n_destroyed, 1);
}

static void finish_kept(void *userdata, enum mcps_cancel_reason reason)
{
    (void)userdata;
    (void)reason;
    mcps_call_finish(atomic_load(&kept), 0);
    mcps_call_unref(atomic_load(&kept));
}

/* The last reference goes inside a hook that is called at once, when there is no control
 * pool any more. */
static void a_hook_lets_go_of_the_last_call(void)
{
    static const struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "keep", .handler = keep, .destroy = destroyed);
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    atomic_store(&kept, NULL);
    atomic_store(&n_destroyed, 0);
    CHECK(scene_start(&scene, 1, NULL, &tool, 1));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_hello(&wire));
    CHECK(wire_call(&wire, "2", "keep", NULL));
    while (!atomic_load(&kept))
        sched_yield(); /* the test's own time limit ends it */
    CHECK(scene_wait(&scene, stat_running, 0));
    CHECK(scene_close(&scene));
    CHECK_INT(atomic_load(&n_destroyed), 0);
    CHECK_INT(mcps_call_on_cancel(atomic_load(&kept), NULL, finish_kept, NULL), 0);
    CHECK_INT(atomic_load(&n_destroyed), 1);
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- a tool that answers later still has its arguments ---- */

#define NOTE(ARG, S)                                   \
    ARG(S, STRING, text, "What to say", MCPS_REQUIRED) \
    ARG(S, LIST(STRING), more, "And then", MCPS_OPTIONAL)
MCPS_ARGS(note, NOTE);

static _Atomic(mcps_call *) noted_call;
static const struct note *_Atomic noted;

MCPS_TOOL_HANDLER(take_note, note)
{
    (void)userdata;
    atomic_store(&noted, args);
    atomic_store(&noted_call, mcps_call_ref(call));
    return MCPS_PENDING;
}

/* Another thread reads them long after the handler has returned. */
static void *say_note(void *userdata)
{
    mcps_call *call = atomic_load(&noted_call);
    const struct note *note = atomic_load(&noted);
    int r = mcps_call_text(call, "%s, %s", note->text, note->more.items[1]);

    (void)userdata;
    mcps_call_finish(call, r);
    mcps_call_unref(call);
    return NULL;
}

static void arguments_stay_until_the_call_is_finished(void)
{
    static const struct mcps_tool tool = MCPS_TOOL(take_note, note, "Says it later");
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    pthread_t thread;

    atomic_store(&noted_call, NULL);
    CHECK(scene_start(&scene, 2, NULL, &tool, 1));
    CHECK(wire_connect(&wire, &scene, NULL) && wire_hello(&wire));
    CHECK(wire_call(&wire, "1", "take_note",
                    "{\"text\":\"a\\u0062c\",\"more\":[\"d\",\"e\\nf\"]}"));
    while (!atomic_load(&noted_call))
        sched_yield();
    CHECK(scene_wait(&scene, stat_running, 0));
    /* Others use the memory that was free meanwhile. */
    for (int i = 2; i < 50; i++) {
        char id[8];

        snprintf(id, sizeof id, "%d", i);
        CHECK(wire_call(&wire, id, "echo", "{\"text\":\"xxxxxxxxxxxxxxxx\"}"));
        CHECK(wire_answer(&wire, id) != NULL);
    }
    CHECK_INT(pthread_create(&thread, NULL, say_note, NULL), 0);
    pthread_join(thread, NULL);
    CHECK_STR(answer_text(wire_answer(&wire, "1")), "abc, e\nf");
    CHECK(scene_idle(&scene) && scene_log_ok(&scene) && wire_ok(&wire));
    CHECK_INT(scene_stats(&scene).in_bytes, 0);
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static const struct unit_test edge_tests[] = {
    UNIT_TEST_ONCE(earned_answers_wait_for_a_late_reader, "it has threads"),
    UNIT_TEST_ONCE(calls_wait_while_their_client_does_not_read, "it has threads"),
    UNIT_TEST_ONCE(answers_of_an_open_batch_are_counted, "it has threads"),
    UNIT_TEST_ONCE(a_result_is_limited_exactly, "it has threads"),
    UNIT_TEST_ONCE(no_handler_is_stuck_before_its_time, "it has threads"),
    UNIT_TEST_ONCE(no_grace_is_no_reason_to_be_busy, "it has threads"),
    UNIT_TEST_ONCE(arguments_stay_until_the_call_is_finished, "it has threads"),
    UNIT_TEST_ONCE(two_let_go_at_once, "it has threads"),
    UNIT_TEST_ONCE(a_hook_lets_go_of_the_last_call, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "edges", edge_tests } };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
