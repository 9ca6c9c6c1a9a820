/* SPDX-License-Identifier: MIT */
/* Group 13: clients that use the same ids, each other's and their own. */
#include "config.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "props.h"

/* ---- F13.10: answers stay with their clients ---- */

enum { N_THREADS = 8, N_WIRES = 25, N_IDS = 50 };

/* Says what it was told, and by whom, and sometimes takes its time. */
static int say_whose(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *secret = NULL;

    (void)userdata;
    json_object_object_get_ex(args, "secret", &secret);
    if (json_object_get_int(secret) % 7 == 0)
        mcps_call_sleep_ms(call, 1);
    return mcps_call_text(call, "%s %d", mcps_call_principal(call),
                          json_object_get_int(secret));
}

static const struct mcps_tool whose_tool =
    MCPS_TOOL_STRUCT(.name = "whose", .handler = say_whose);

struct crowd {
    pthread_t thread;
    struct scene *scene;
    unsigned first; /* number of the first of its clients */
    const char *fault;
};

static unsigned secret_of(unsigned client, unsigned id)
{
    return client * 1000 + id;
}

static bool call_all(struct wire *wire, unsigned client)
{
    for (unsigned i = 1; i <= N_IDS; i++) {
        char id[16], arguments[48];

        snprintf(id, sizeof id, "%u", i);
        snprintf(arguments, sizeof arguments, "{\"secret\":%u}", secret_of(client, i));
        if (!wire_call(wire, id, "whose", arguments))
            return false;
    }
    return true;
}

static bool all_are_own(struct wire *wire, unsigned client)
{
    for (unsigned i = 1; i <= N_IDS; i++) {
        char id[16], text[64];

        snprintf(id, sizeof id, "%u", i);
        snprintf(text, sizeof text, "client-%u %u", client, secret_of(client, i));
        if (strcmp(answer_text(wire_answer(wire, id)), text) != 0)
            return false;
    }
    return wire->n_messages == N_IDS + 1 && wire_ok(wire);
}

static const char *play(struct crowd *crowd, struct wire *wires)
{
    for (unsigned i = 0; i < N_WIRES; i++) {
        char principal[32];

        snprintf(principal, sizeof principal, "client-%u", crowd->first + i);
        if (!wire_connect(&wires[i], crowd->scene, principal) || !wire_hello(&wires[i]))
            return "a client could not connect";
    }
    for (unsigned i = 0; i < N_WIRES; i++) {
        if (!call_all(&wires[i], crowd->first + i))
            return "a call could not be sent";
    }
    for (unsigned i = 0; i < N_WIRES; i++) {
        if (!all_are_own(&wires[i], crowd->first + i))
            return "an answer is missing, or somebody else's";
    }
    return NULL;
}

static void *run_crowd(void *userdata)
{
    struct crowd *crowd = userdata;
    struct wire wires[N_WIRES];

    memset(wires, 0, sizeof wires);
    crowd->fault = play(crowd, wires);
    for (unsigned i = 0; i < N_WIRES; i++)
        wire_free(&wires[i]);
    return NULL;
}

static bool run_crowds(struct scene *scene)
{
    struct crowd crowds[N_THREADS];
    bool ok = true;

    for (unsigned i = 0; i < N_THREADS; i++) {
        crowds[i] = (struct crowd){ .scene = scene, .first = i * N_WIRES };
        if (pthread_create(&crowds[i].thread, NULL, run_crowd, &crowds[i]) != 0)
            abort();
    }
    for (unsigned i = 0; i < N_THREADS; i++) {
        pthread_join(crowds[i].thread, NULL);
        if (crowds[i].fault)
            unit_note("clients from %u on: %s", crowds[i].first, crowds[i].fault);
        ok = ok && !crowds[i].fault;
    }
    return ok;
}

static void f13_10_answers_do_not_cross_clients(void)
{
    struct scene scene = { .server = NULL };

    props_reset();
    CHECK(scene_start(&scene, 8, "calls_queued=20000", &whose_tool, 1));
    for (unsigned i = 0; i < unit_repeat(1, 20); i++)
        CHECK(run_crowds(&scene));
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F13.12: an id that is in flight already ---- */

static atomic_uint counted;

static int count_calls(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    atomic_fetch_add(&counted, 1);
    return mcps_call_text(call, "counted");
}

static const struct mcps_tool count_tool =
    MCPS_TOOL_STRUCT(.name = "count", .handler = count_calls);

/* Errors with that code that have no id at all. */
static unsigned unnamed_errors(const struct wire *wire, int code)
{
    unsigned n = 0;

    for (size_t i = 0; i < wire->n_messages; i++) {
        n += answer_code(wire->parsed[i]) == code &&
             !json_object_object_get_ex(wire->parsed[i], "id", NULL);
    }
    return n;
}

static bool begin_counting(struct act *act)
{
    atomic_store(&counted, 0);
    return act_begin(act, 2, NULL) &&
           mcps_server_add_tools(act->scene.server, &count_tool, 1) >= 0;
}

/* The id as text and the same number written in other ways; ids that only look alike. */
static bool refuse_second(const char *id, const char *same, const char *other)
{
    struct act act = { .wire = { .memory = NULL } };
    bool ok = false;

    unit_note_on_failure("ids %s, %s, %s", id, same, other);
    CHECK(begin_counting(&act));
    CHECK(wire_call(&act.wire, id, "stand", NULL));
    CHECK(door_await(1));
    CHECK(wire_call(&act.wire, same, "count", NULL));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(unnamed_errors(&act.wire, -32600), 1);
    /* Nor anything else with that id. */
    CHECK(wire_send(&act.wire, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"ping\"}",
                    same));
    CHECK(
        wire_send(&act.wire, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"no\"}", same));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(unnamed_errors(&act.wire, -32600), 3);
    CHECK_INT(wire_answers(&act.wire, id), 0);
    CHECK(wire_call(&act.wire, other, "count", NULL));
    CHECK_STR(answer_text(wire_answer(&act.wire, other)), "counted");
    CHECK_INT(atomic_load(&counted), 1);
    door_open();
    CHECK_STR(answer_text(wire_answer(&act.wire, id)), "stood");
    CHECK(act_ok(&act));
    /* Now it is free again; the answer to the second call is the second with that id. */
    CHECK(wire_call(&act.wire, id, "count", NULL));
    CHECK(wire_settled(&act.wire) && scene_idle(&act.scene));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(wire_answers(&act.wire, id), 2);
    CHECK_INT(atomic_load(&counted), 2);
    ok = true;
out:
    CHECK_AFTER(act_end(&act));
    unit_note_on_failure("%s", "");
    return ok;
}

static void f13_12_an_id_that_is_in_flight(void)
{
    CHECK(refuse_second("1", "1", "\"1\""));
    CHECK(refuse_second("0", "0", "\"\""));
    CHECK(refuse_second("\"a\"", "\"a\"", "\"A\""));
    CHECK(refuse_second("\"a\"", "\"\\u0061\"", "\"a \""));
out:;
}

/* The cancel is for the one that is in flight. */
static void f13_12_cancelling_an_id_that_was_refused(void)
{
    struct act act = { .wire = { .memory = NULL } };

    CHECK(begin_counting(&act));
    CHECK(wire_call(&act.wire, "1", "stand", NULL));
    CHECK(door_await(1));
    CHECK(wire_call(&act.wire, "1", "count", NULL));
    CHECK(wire_cancel(&act.wire, "1"));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(scene_stats(&act.scene).cancelled, 1);
    CHECK_INT(scene_stats(&act.scene).ignored_messages, 0);
    /* A cancelled id is free at once, though its handler runs still. */
    CHECK(wire_call(&act.wire, "1", "count", NULL));
    CHECK_STR(answer_text(wire_answer(&act.wire, "1")), "counted");
    door_open();
    CHECK(act_ok(&act));
    CHECK_INT(wire_answers(&act.wire, "1"), 1);
    CHECK_INT(atomic_load(&counted), 1);
out:
    CHECK_AFTER(act_end(&act));
}

#define COUNT_CALL(id)                                      \
    "{\"jsonrpc\":\"2.0\",\"id\":" id                       \
    ",\"method\":\"tools/call\",\"params\":{\"name\":\"cou" \
    "nt\"}}"

/* Within one batch the whole is refused; with one in flight the one element is. */
static void f13_12_an_id_twice_in_a_batch(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    props_reset();
    atomic_store(&counted, 0);
    CHECK(scene_start(&scene, 2, NULL, props, N_PROPS));
    CHECK(mcps_server_add_tools(scene.server, &count_tool, 1) >= 0);
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(wire_init(&wire, "2025-03-26", "{}"));
    CHECK(wire_send(&wire, "[%s,%s,%s]", COUNT_CALL("1"), COUNT_CALL("2"),
                    COUNT_CALL("1")));
    CHECK(wire_settled(&wire));
    CHECK_INT(unnamed_errors(&wire, -32600), 1);
    CHECK(scene_idle(&scene));
    CHECK_INT(atomic_load(&counted), 0);
    CHECK(wire_call(&wire, "1", "stand", NULL));
    CHECK(door_await(1));
    CHECK(wire_send(&wire, "[%s,%s]", COUNT_CALL("1"), COUNT_CALL("2")));
    while (wire.n_messages == 0 || wire.messages[wire.n_messages - 1][0] != '[')
        CHECK(wire_next(&wire, WATCHDOG_MS));
    CHECK_INT(json_object_array_length(wire.parsed[wire.n_messages - 1]), 2);
    CHECK_INT(atomic_load(&counted), 1);
    CHECK_INT(wire_answers(&wire, "1"), 0);
    door_open();
    CHECK_STR(answer_text(wire_answer(&wire, "1")), "stood");
    CHECK(scene_idle(&scene));
    CHECK(wire_ok(&wire));
    CHECK(scene_log_ok(&scene));
out:
    door_open();
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static const struct unit_test client_tests[] = {
    UNIT_TEST_ONCE(f13_10_answers_do_not_cross_clients, "it has threads"),
    UNIT_TEST_ONCE(f13_12_an_id_that_is_in_flight, "it has threads"),
    UNIT_TEST_ONCE(f13_12_cancelling_an_id_that_was_refused, "it has threads"),
    UNIT_TEST_ONCE(f13_12_an_id_twice_in_a_batch, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "clients", client_tests } };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
