/* SPDX-License-Identifier: MIT */
/* Group 12: handlers that fail, and answers that are given twice, never, or cannot be. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <json-c/json_object.h>

#include "handlers.h"
#include "props.h"

SCENE_STAT(streams);

/* ---- F12.03: handlers that fail ---- */

static const int failures[] = {
    -EINVAL,        -ENOMEM,         -1,
    INT_MIN,        MCPS_ECANCELLED, MCPS_ETIMEDOUT,
    MCPS_EINVALID,  MCPS_ELIMIT,     MCPS_ENOTFOUND,
    MCPS_EPROTOCOL, MCPS_ECLOSED,    MCPS_ECAPABILITY,
    MCPS_EREFUSED,  -4999,
};

static int fail_as_told(mcps_call *call, struct json_object *args, void *userdata)
{
    const int *result = userdata;

    (void)args;
    mcps_call_text(call, "this is not to be seen");
    return *result;
}

static void f12_03_errors_stay_with_their_call(void)
{
    int result = 0;
    const struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "told", .handler = fail_as_told, .userdata = &result);
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(act_begin(&act, 2, NULL));
    CHECK(mcps_server_add_tools(act.scene.server, &tool, 1) >= 0);
    CHECK(wire_call(&act.wire, "\"other\"", "stand", NULL));
    CHECK(door_await(1));
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        char id[16];

        result = failures[i];
        unit_note_on_failure("result %d", result);
        snprintf(id, sizeof id, "%zu", i);
        CHECK(wire_call(&act.wire, id, "told", NULL));
        answer = wire_answer(&act.wire, id);
        CHECK(answer_is_error(answer));
        CHECK_STR(answer_text(answer), mcps_strerror(result));
    }
    unit_note_on_failure("%s", "");
    result = MCPS_EBUSY;
    CHECK(wire_call(&act.wire, "\"busy\"", "told", NULL));
    CHECK_STR(answer_reason(wire_answer(&act.wire, "\"busy\"")), "busy");
    door_open();
    CHECK_STR(answer_text(wire_answer(&act.wire, "\"other\"")), "stood");
    CHECK(act_ok(&act));
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(act_end(&act));
}

/* ---- F12.03: handlers that take the process with them ---- */

static int crash(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *how = NULL;
    const struct rlimit no_core = { 0, 0 };

    (void)userdata;
    mcps_call_progress(call, 1, 2, "about to go");
    json_object_object_get_ex(args, "how", &how);
    setrlimit(RLIMIT_CORE, &no_core);
    if (strcmp(json_object_get_string(how), "exit") == 0)
        exit(7);
    abort();
}

int serve_crashes(void)
{
    const struct mcps_tool tool = MCPS_TOOL_STRUCT(.name = "crash", .handler = crash);
    mcps_server *server;

    if (mcps_server_new(&server, NULL) < 0 ||
        mcps_server_add_tools(server, &tool, 1) < 0 ||
        mcps_server_listen(server, "stdio:") < 0)
        return EXIT_FAILURE;
    return scene_run(server) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* What was written before is whole, and the call has no answer. */
static bool crash_with(const char *how, int code)
{
    char argument[] = "crash";
    char *const argv[] = { handlers_program, argument, NULL };
    struct wire wire = { .memory = NULL };
    bool ok = false;

    CHECK(wire_spawn(&wire, argv));
    CHECK(wire_hello(&wire));
    CHECK(wire_send(&wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{"
                    "\"name\":\"crash\",\"arguments\":{\"how\":\"%s\"},"
                    "\"_meta\":{\"progressToken\":2}}}",
                    how));
    CHECK(wire_drain(&wire));
    CHECK_INT(wire_wait_exit(&wire), code);
    CHECK_INT(wire_answers(&wire, "2"), 0);
    CHECK(wire_ok(&wire));
    ok = true;
out:
    wire_free(&wire);
    return ok;
}

static void f12_03_a_crash_leaves_no_half_message(void)
{
    for (unsigned i = 0; !scene_on_valgrind() && i < unit_repeat(2, 20); i++) {
        CHECK(crash_with("abort", -1));
        CHECK(crash_with("exit", 7));
    }
out:;
}

/* ---- F12.04: results that cannot be said ---- */

static int say_odd(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text_bytes(call, "a\xff\x00\xc0\xafz", 6);
}

static int say_nothing(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)call;
    (void)args;
    (void)userdata;
    return 0;
}

/* What is there already stays when more does not fit. */
static int say_too_much(mcps_call *call, struct json_object *args, void *userdata)
{
    static char text[4096];
    int r = mcps_call_text(call, "fits");

    (void)args;
    (void)userdata;
    memset(text, 'x', sizeof text);
    if (r >= 0)
        r = mcps_call_text_bytes(call, text, sizeof text);
    if (r != MCPS_ELIMIT)
        return -EINVAL;
    return mcps_call_text(call, "fits, too");
}

static const struct mcps_tool odd_tools[] = {
    MCPS_TOOL_STRUCT(.name = "odd", .handler = say_odd),
    MCPS_TOOL_STRUCT(.name = "nothing", .handler = say_nothing),
    MCPS_TOOL_STRUCT(.name = "much", .handler = say_too_much),
};

static void f12_04_results_that_cannot_be_said(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *answer, *result, *content;

    CHECK(act_begin(&act, 2, "result_bytes=2048"));
    CHECK(mcps_server_add_tools(act.scene.server, odd_tools, 3) >= 0);
    CHECK(wire_call(&act.wire, "2", "odd", NULL));
    answer = wire_answer(&act.wire, "2");
    CHECK(answer && !answer_is_error(answer));
    CHECK(strstr(act.wire.messages[act.wire.n_messages - 1], "\\u0000"));
    CHECK(strstr(act.wire.messages[act.wire.n_messages - 1], "\xef\xbf\xbd"));
    CHECK(wire_call(&act.wire, "3", "nothing", NULL));
    answer = wire_answer(&act.wire, "3");
    CHECK(answer && json_object_object_get_ex(answer, "result", &result));
    CHECK(json_object_object_get_ex(result, "content", &content));
    CHECK_INT(json_object_array_length(content), 0);
    CHECK(wire_call(&act.wire, "4", "much", NULL));
    answer = wire_answer(&act.wire, "4");
    CHECK(answer && json_object_object_get_ex(answer, "result", &result));
    CHECK(json_object_object_get_ex(result, "content", &content));
    CHECK_INT(json_object_array_length(content), 2);
    /* An error that is handed on. */
    CHECK(wire_call(&act.wire, "5", "big", "{\"bytes\":100000}"));
    answer = wire_answer(&act.wire, "5");
    CHECK(answer_is_error(answer));
    CHECK_STR(answer_text(answer), mcps_strerror(MCPS_ELIMIT));
    CHECK_INT(mcps_server_get_limit_hits(act.scene.server, MCPS_LIMIT_RESULT_BYTES), 2);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- F12.05: answers that are given twice or never ---- */

static mcps_call *_Atomic later_call;

/* Somebody else has a reference, and answers. */
static int answer_later(mcps_call *call, struct json_object *args, void *userdata)
{
    mcps_call_text(call, "later");
    atomic_store(&later_call, mcps_call_ref(call));
    (void)args;
    (void)userdata;
    return MCPS_PENDING;
}

/* Answers and then says something else. */
static int answer_and_fail(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    mcps_call_text(call, "finished");
    asks_note(mcps_call_finish(call, 0));
    asks_note(mcps_call_finish(call, -EINVAL) == -EALREADY ? 0 : -1);
    return -EINVAL;
}

static const struct mcps_tool later_tools[] = {
    MCPS_TOOL_STRUCT(.name = "later", .handler = answer_later),
    MCPS_TOOL_STRUCT(.name = "both", .handler = answer_and_fail),
};

static bool has_later_call(void *arg)
{
    (void)arg;
    return atomic_load(&later_call) != NULL;
}

static bool begin_later(struct act *act, const char *id)
{
    atomic_store(&later_call, NULL);
    return wire_call(&act->wire, id, "later", NULL) &&
           await(has_later_call, NULL, "for the call that is answered later");
}

struct finisher {
    pthread_t thread;
    pthread_barrier_t *barrier;
    mcps_call *call;
    int result;
};

static void *run_finisher(void *userdata)
{
    struct finisher *finisher = userdata;

    pthread_barrier_wait(finisher->barrier);
    finisher->result = mcps_call_finish(finisher->call, 0);
    finisher->call = mcps_call_unref(finisher->call);
    return NULL;
}

enum { N_FINISHERS = 2 };

/* How many of the threads have finished the call; the others must have been told. */
static unsigned finish_at_once(mcps_call *call)
{
    struct finisher finishers[N_FINISHERS];
    pthread_barrier_t barrier;
    unsigned n = 0;

    pthread_barrier_init(&barrier, NULL, N_FINISHERS);
    for (int i = 0; i < N_FINISHERS; i++) {
        finishers[i] =
            (struct finisher){ .barrier = &barrier, .call = mcps_call_ref(call) };
        if (pthread_create(&finishers[i].thread, NULL, run_finisher, &finishers[i]) != 0)
            abort();
    }
    for (int i = 0; i < N_FINISHERS; i++) {
        pthread_join(finishers[i].thread, NULL);
        if (finishers[i].result == 0)
            n++;
        else if (finishers[i].result != -EALREADY)
            n += 100;
    }
    pthread_barrier_destroy(&barrier);
    mcps_call_unref(call);
    return n;
}

static void f12_05_answered_by_two_at_once(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(act_begin(&act, 2, NULL));
    CHECK(mcps_server_add_tools(act.scene.server, later_tools, 2) >= 0);
    for (unsigned i = 0; i < unit_repeat(50, 2000); i++) {
        char id[16];

        snprintf(id, sizeof id, "%u", i);
        CHECK(begin_later(&act, id));
        if (i % 4 == 3)
            CHECK(wire_cancel(&act.wire, id));
        CHECK_INT(finish_at_once(atomic_load(&later_call)), 1);
        CHECK(i % 4 == 3 || wire_answer(&act.wire, id));
    }
    CHECK(scene_idle(&act.scene));
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void f12_05_answered_and_then_failed(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(act_begin(&act, 2, NULL));
    CHECK(mcps_server_add_tools(act.scene.server, later_tools, 2) >= 0);
    CHECK(wire_call(&act.wire, "2", "both", NULL));
    answer = wire_answer(&act.wire, "2");
    CHECK(!answer_is_error(answer));
    CHECK_STR(answer_text(answer), "finished");
    CHECK(asks_await(2));
    CHECK_INT(asks_ended(0), 2);
    CHECK(act_ok(&act));
    CHECK_INT(scene_stats(&act.scene).answers, 1);
out:
    CHECK_AFTER(act_end(&act));
}

static void f12_05_never_answered(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(act_begin(&act, 2, NULL));
    CHECK(mcps_server_add_tools(act.scene.server, later_tools, 2) >= 0);
    CHECK(wire_call(&act.wire, "2", "no_result", NULL));
    CHECK_INT(answer_code(wire_answer(&act.wire, "2")), -32603);
    CHECK(begin_later(&act, "3"));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(wire_answers(&act.wire, "3"), 0);
    atomic_store(&later_call, mcps_call_unref(atomic_load(&later_call)));
    CHECK_INT(answer_code(wire_answer(&act.wire, "3")), -32603);
    /* Of one that was cancelled nothing is said. */
    CHECK(begin_later(&act, "4"));
    CHECK(wire_cancel(&act.wire, "4") && wire_settled(&act.wire));
    atomic_store(&later_call, mcps_call_unref(atomic_load(&later_call)));
    CHECK(scene_idle(&act.scene));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(wire_answers(&act.wire, "4"), 0);
    CHECK(wire_ok(&act.wire));
    CHECK_INT(scene_logged(&act.scene, "let go of a call without finishing it"), 3);
out:
    CHECK_AFTER(act_end(&act));
}

/* The answer comes when client, or server, are long gone. */
static void f12_05_answered_when_nobody_is_left(void)
{
    struct act act = { .wire = { .memory = NULL } };
    mcps_call *call = NULL;

    CHECK(act_begin(&act, 2, "handler_grace_ms=1"));
    CHECK(mcps_server_add_tools(act.scene.server, later_tools, 2) >= 0);
    CHECK(begin_later(&act, "2"));
    call = atomic_load(&later_call);
    wire_free(&act.wire);
    CHECK(scene_wait(&act.scene, stat_streams, 0));
    CHECK(scene_close(&act.scene));
    CHECK_INT(mcps_call_cancelled(call), MCPS_CANCEL_DISCONNECT);
    CHECK_INT(mcps_call_text(call, "more"), MCPS_ECANCELLED);
    CHECK_INT(mcps_call_finish(call, 0), 0);
    CHECK_INT(mcps_call_finish(call, 0), -EALREADY);
out:
    mcps_call_unref(call);
    CHECK_AFTER(act_end(&act));
}

const struct unit_test result_tests[] = {
    UNIT_TEST_ONCE(f12_03_errors_stay_with_their_call, "it has threads"),
    UNIT_TEST_ONCE(f12_03_a_crash_leaves_no_half_message, "it has threads"),
    UNIT_TEST_ONCE(f12_04_results_that_cannot_be_said, "it has threads"),
    UNIT_TEST_ONCE(f12_05_answered_by_two_at_once, "it has threads"),
    UNIT_TEST_ONCE(f12_05_answered_and_then_failed, "it has threads"),
    UNIT_TEST_ONCE(f12_05_never_answered, "it has threads"),
    UNIT_TEST_ONCE(f12_05_answered_when_nobody_is_left, "it has threads"),
    UNIT_END,
};
