/* SPDX-License-Identifier: MIT */
/* Group 2, F2.02, F2.10, F2.15 and F2.16: cancels and answers that meet. */
#include "config.h"

#include "cancel_tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json_object.h>

#include "hands.h"

SCENE_STAT(cancelled);
SCENE_STAT(ignored_messages);
SCENE_STAT(suppressed_answers);
SCENE_STAT(parked);
SCENE_STAT(pending);

struct one {
    struct scene scene;
    struct wire wire;
};

static bool one_start(struct one *o, unsigned workers)
{
    return hands_open() &&
           scene_start(&o->scene, workers, NULL, hands_tools, N_HANDS_TOOLS) &&
           wire_connect(&o->wire, &o->scene, NULL) && wire_hello(&o->wire);
}

static bool one_is_well(struct one *o)
{
    return wire_alive(&o->wire) && scene_idle(&o->scene) && wire_ok(&o->wire) &&
           scene_log_ok(&o->scene);
}

static bool one_end(struct one *o)
{
    static const char *const points[] = { "before_respond",       "after_respond",
                                          "after_unlist",         "before_pending_insert",
                                          "after_pending_insert", "before_park" };

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
        mcps__sync_release(points[i]);
    hands_let_go();
    wire_free(&o->wire);
    hands_close();
    return scene_close(&o->scene);
}

/* ---- F2.02 ---- */

void f2_02_cancel_before_the_answer(void)
{
    struct one o = { .scene = { .server = NULL } };

    CHECK(one_start(&o, 2));
    mcps__sync_hold("before_respond");
    CHECK(wire_call(&o.wire, "2", "answer", NULL));
    CHECK(mcps__sync_wait("before_respond", 1));
    CHECK(wire_cancel(&o.wire, "2"));
    CHECK(wire_alive(&o.wire));
    CHECK_INT(scene_stats(&o.scene).cancelled, 1);
    mcps__sync_release("before_respond");
    CHECK(scene_wait(&o.scene, stat_suppressed_answers, 1));
    CHECK(one_is_well(&o));
    CHECK_INT(wire_answers(&o.wire, "2"), 0);
    CHECK_INT(scene_stats(&o.scene).answers, 0);
out:
    CHECK_AFTER(one_end(&o));
}

static void cancel_late(const char *point, bool answered)
{
    struct one o = { .scene = { .server = NULL } };

    CHECK(one_start(&o, 2));
    mcps__sync_hold(point);
    CHECK(wire_call(&o.wire, "2", "answer", NULL));
    CHECK(mcps__sync_wait(point, 1));
    CHECK(wire_cancel(&o.wire, "2"));
    CHECK(scene_wait(&o.scene, stat_ignored_messages, 1));
    CHECK(wire_alive(&o.wire));
    CHECK_INT(wire_answers(&o.wire, "2"), answered);
    mcps__sync_release(point);
    CHECK_STR(answer_text(wire_answer(&o.wire, "2")), "done");
    CHECK(one_is_well(&o));
    CHECK_INT(wire_answers(&o.wire, "2"), 1);
    CHECK_INT(scene_stats(&o.scene).cancelled, 0);
    CHECK_INT(mcps_call_cancelled(atomic_load(&hands.call)), MCPS_CANCEL_NONE);
out:
    CHECK_AFTER(one_end(&o));
}

void f2_02_cancel_after_the_answer(void)
{
    cancel_late("after_respond", true);
}

/* The answer has claimed the call, and is not through the gate yet. */
void f2_02_cancel_between_both(void)
{
    cancel_late("after_unlist", false);
}

enum { ROUNDS = 10000, ROUNDS_OF_A_CLIENT = 500 };

static void pause_for(uint64_t steps)
{
    for (volatile uint64_t i = 0; i < steps; i++)
        ;
}

/* Counts the answers to calls 0 and up; false when one has two. */
static bool count_answers(const struct wire *wire, unsigned *ret)
{
    unsigned char seen[ROUNDS_OF_A_CLIENT] = { 0 };
    struct json_object *id;

    for (size_t i = 0; i < wire->n_messages; i++) {
        int64_t n;

        if (!json_object_object_get_ex(wire->parsed[i], "id", &id) ||
            !json_object_is_type(id, json_type_int))
            continue;
        n = json_object_get_int64(id);
        if (n < 0 || n >= ROUNDS_OF_A_CLIENT || seen[n]++ > 0)
            return false;
        (*ret)++;
    }
    return true;
}

/* A call and its cancel, some time apart, whoever is first. */
static bool race_once(struct wire *wire, unsigned i)
{
    char id[16];

    snprintf(id, sizeof id, "%u", i);
    if (!wire_call(wire, id, "spin", "{\"us\":20}"))
        return false;
    pause_for(unit_random_below(100000));
    return wire_cancel(wire, id);
}

static bool race(struct scene *scene, unsigned *ret_answers)
{
    struct wire wire = { .memory = NULL };
    bool ok = wire_connect(&wire, scene, NULL) && wire_hello(&wire);

    for (unsigned i = 0; ok && i < ROUNDS_OF_A_CLIENT; i++) {
        ok = race_once(&wire, i);
        if (i % 32 ==
            31) /* there is a limit on calls at once, and what is sent is to be read */
            ok = ok && wire_alive(&wire) && scene_idle(scene);
    }
    ok =
        ok && scene_idle(scene) && wire_alive(&wire) && count_answers(&wire, ret_answers);
    wire_free(&wire);
    return ok;
}

void f2_02_freely(void)
{
    struct scene scene = { .server = NULL };
    unsigned n = 0;

    CHECK(hands_open());
    CHECK(scene_start(&scene, 2, NULL, hands_tools, N_HANDS_TOOLS));
    for (int i = 0; i < ROUNDS; i += ROUNDS_OF_A_CLIENT)
        CHECK(race(&scene, &n));
    /* Each call was either answered, on the wire, or cancelled. */
    CHECK_INT(scene_stats(&scene).answers, n);
    CHECK_INT(scene_stats(&scene).cancelled, ROUNDS - n);
    CHECK(scene_log_ok(&scene));
    printf("(%u answered, %u cancelled, %u of them before the start) ", n,
           (unsigned)scene_stats(&scene).cancelled,
           (unsigned)scene_stats(&scene).cancelled_before_start);
out:
    hands_close();
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F2.10 ---- */

/* The end of the first call is held after its answer; its id is used again. */
void f2_10_reused_id(void)
{
    struct one o = { .scene = { .server = NULL } };

    CHECK(one_start(&o, 2));
    mcps__sync_hold("after_respond");
    CHECK(wire_call(&o.wire, "2", "count", NULL));
    CHECK(mcps__sync_wait("after_respond", 1));
    CHECK_STR(answer_text(wire_answer(&o.wire, "2")), "counted");
    CHECK(wire_call(&o.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(2));
    mcps__sync_release("after_respond");
    CHECK(wire_alive(&o.wire));
    CHECK_INT(mcps_call_cancelled(atomic_load(&hands.call)), MCPS_CANCEL_NONE);
    CHECK(wire_cancel(&o.wire, "2"));
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_CLIENT);
    CHECK(one_is_well(&o));
    CHECK_INT(wire_answers(&o.wire, "2"), 1);
    CHECK_INT(scene_stats(&o.scene).cancelled, 1);
out:
    CHECK_AFTER(one_end(&o));
}

/* ---- F2.15 ---- */

static const char *serial_of(struct json_object *request)
{
    struct json_object *id = NULL;

    json_object_object_get_ex(request, "id", &id);
    return id ? json_object_to_json_string_ext(id, JSON_C_TO_STRING_PLAIN) : "";
}

/* The one cancel on the wire is of that request. */
static bool cancels_only(const struct wire *wire, struct json_object *request)
{
    struct json_object *params = NULL, *id = NULL, *serial = NULL;

    json_object_object_get_ex(request, "id", &serial);
    for (size_t i = 0; i < wire->n_messages; i++) {
        if (json_object_object_get_ex(wire->parsed[i], "params", &params) &&
            json_object_object_get_ex(params, "requestId", &id) &&
            !json_object_equal(id, serial))
            return false;
    }
    return wire_messages(wire, "notifications/cancelled") == 1;
}

void f2_15_cancel_of_a_call_that_asks(void)
{
    struct one o = { .scene = { .server = NULL } };
    struct json_object *request;

    CHECK(one_start(&o, 2));
    CHECK(wire_call(&o.wire, "2", "ask", NULL));
    request = wire_await(&o.wire, "roots/list");
    CHECK(request);
    CHECK(scene_wait(&o.scene, stat_parked, 1));
    CHECK(wire_cancel(&o.wire, "2"));
    CHECK(wire_await(&o.wire, "notifications/cancelled"));
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.cancelled), 1);
    CHECK(scene_wait(&o.scene, stat_pending, 0));
    CHECK_INT(scene_stats(&o.scene).ignored_messages, 0);
    CHECK(wire_send(&o.wire, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"roots\":[]}}",
                    serial_of(request)));
    CHECK(scene_wait(&o.scene, stat_ignored_messages, 1));
    CHECK(one_is_well(&o));
    CHECK(cancels_only(&o.wire, request));
    CHECK_INT(wire_messages(&o.wire, "roots/list"), 1);
    CHECK_INT(wire_answers(&o.wire, "2"), 0);
out:
    CHECK_AFTER(one_end(&o));
}

/* What was not asked is not cancelled. */
void f2_15_cancel_before_it_has_asked(void)
{
    struct one o = { .scene = { .server = NULL } };

    CHECK(one_start(&o, 2));
    mcps__sync_hold("before_pending_insert");
    CHECK(wire_call(&o.wire, "2", "ask", NULL));
    CHECK(mcps__sync_wait("before_pending_insert", 1));
    CHECK(wire_cancel(&o.wire, "2"));
    CHECK(scene_wait(&o.scene, stat_cancelled, 1));
    mcps__sync_release("before_pending_insert");
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.cancelled), 1);
    CHECK(one_is_well(&o));
    CHECK_INT(wire_messages(&o.wire, "roots/list"), 0);
    CHECK_INT(wire_messages(&o.wire, "notifications/cancelled"), 0);
    CHECK_INT(wire_answers(&o.wire, "2"), 0);
out:
    CHECK_AFTER(one_end(&o));
}

/* The client answers what it was asked and cancels what it called, in one write. */
static void answer_and_cancel(bool cancel_first)
{
    static const char cancel[] =
        "{\"jsonrpc\":\"2.0\",\"method\":"
        "\"notifications/cancelled\",\"params\":{\"requestId\":2}}";
    struct one o = { .scene = { .server = NULL } };
    struct json_object *request;
    unsigned asked;

    CHECK(one_start(&o, 2));
    CHECK(wire_call(&o.wire, "2", "ask", NULL));
    request = wire_await(&o.wire, "roots/list");
    CHECK(request);
    CHECK(wire_send(
        &o.wire, "%s%s{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"roots\":[]}}%s%s",
        cancel_first ? cancel : "", cancel_first ? "\n" : "", serial_of(request),
        cancel_first ? "" : "\n", cancel_first ? "" : cancel));
    CHECK(hands_wait_left(1));
    CHECK(one_is_well(&o));
    /* Answered or cancelled: the handler heard of one of them. */
    asked = atomic_load(&hands.answered);
    CHECK_INT(asked + atomic_load(&hands.cancelled), 1);
    CHECK(cancel_first || asked == 1);
    CHECK_INT(wire_messages(&o.wire, "notifications/cancelled"), 1 - asked);
    CHECK_INT(wire_answers(&o.wire, "2") + scene_stats(&o.scene).cancelled, 1);
out:
    CHECK_AFTER(one_end(&o));
}

void f2_15_freely(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        answer_and_cancel(true);
        answer_and_cancel(false);
    }
}

/* ---- F2.16 ---- */

enum { CANCEL_ROUNDS = 1000, OF_A_CLIENT = 100 };

/* A call that is cancelled at some point of its life, then one that is not. */
static bool cancel_then_call(struct wire *wire, unsigned round)
{
    static const char *const tools[] = { "wait", "ask", "count" };
    char cancelled[16], id[16];

    snprintf(cancelled, sizeof cancelled, "\"c%u\"", round);
    snprintf(id, sizeof id, "%u", round);
    if (!wire_call(wire, cancelled, tools[round % 3], NULL))
        return false;
    pause_for(unit_random_below(50000));
    return wire_cancel(wire, cancelled) &&
           wire_call(wire, id, "echo", "{\"text\":\"x\"}") &&
           strcmp(answer_text(wire_answer(wire, id)), "x") == 0;
}

static bool cancel_often(struct scene *scene)
{
    struct wire wire = { .memory = NULL };
    bool ok = wire_connect(&wire, scene, NULL) && wire_hello(&wire);

    for (unsigned i = 0; ok && i < OF_A_CLIENT; i++)
        ok = cancel_then_call(&wire, i);
    ok = ok && scene_idle(scene) && wire_ok(&wire);
    wire_free(&wire);
    return ok;
}

void f2_16_calls_after_cancels(void)
{
    struct scene scene = { .server = NULL };
    struct mcps_stats stats;

    CHECK(hands_open());
    CHECK(scene_start(&scene, 2, NULL, hands_tools, N_HANDS_TOOLS));
    for (int i = 0; i < CANCEL_ROUNDS; i += OF_A_CLIENT)
        CHECK(cancel_often(&scene));
    stats = scene_stats(&scene);
    /* All calls that were not cancelled were answered, and those are half of them or more. */
    CHECK_INT(stats.answers + stats.cancelled, 2 * CANCEL_ROUNDS);
    CHECK(stats.answers >= CANCEL_ROUNDS);
    CHECK_INT(stats.in_flight + stats.running + stats.parked + stats.stuck, 0);
    CHECK(scene_log_ok(&scene));
out:
    hands_let_go();
    hands_close();
    CHECK_AFTER(scene_close(&scene));
}
