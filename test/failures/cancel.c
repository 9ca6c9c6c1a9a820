/* SPDX-License-Identifier: MIT */
/*
 * Group 2: clients cancel. Here what is cancelled, and what is not; the races are in
 * cancel_races.c.
 */
#include "config.h"

#include "cancel_tests.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "hands.h"

SCENE_STAT(in_flight);
SCENE_STAT(queued);
SCENE_STAT(answers);
SCENE_STAT(cancelled);
SCENE_STAT(ignored_messages);

/* ---- one client in memory ---- */

struct one {
    struct scene scene;
    struct wire wire;
};

static bool one_start(struct one *o, unsigned workers, const char *limits)
{
    return hands_open() &&
           scene_start(&o->scene, workers, limits, hands_tools, N_HANDS_TOOLS) &&
           wire_connect(&o->wire, &o->scene, NULL) && wire_hello(&o->wire);
}

/* Nothing is left, and the client can be served. */
static bool one_is_well(struct one *o)
{
    return wire_alive(&o->wire) && scene_idle(&o->scene) && wire_ok(&o->wire) &&
           scene_log_ok(&o->scene);
}

static bool one_end(struct one *o)
{
    hands_let_go();
    wire_free(&o->wire);
    hands_close();
    return scene_close(&o->scene);
}

/* What would be sent for it would have come before the answer to this ping. */
static bool nothing_comes(struct one *o, const char *id)
{
    return scene_idle(&o->scene) && wire_alive(&o->wire) &&
           wire_answers(&o->wire, id) == 0;
}

/* ---- F2.01 and F2.04 ---- */

static void cancelled_on_stdio(int result)
{
    struct runner r = { .running = false };

    unit_note_on_failure("the handler returns %d", result);
    CHECK(runner_start(&r, 2, NULL));
    atomic_store(&hands.result, result);
    CHECK(wire_call(&r.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    CHECK(wire_cancel(&r.wire, "2"));
    CHECK(wire_send(&r.wire, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"ping\"}"));
    CHECK(wire_answer(&r.wire, "3"));
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_CLIENT);
    CHECK(scene_idle(&r.scene));
    CHECK(wire_alive(&r.wire));
    wire_cut_input(&r.wire);
    CHECK(runner_wait(&r));
    CHECK(wire_drain(&r.wire));
    CHECK_INT(wire_answers(&r.wire, "2"), 0);
    CHECK_INT(r.wire.n_messages, 3);
    CHECK_INT(scene_stats(&r.scene).suppressed_answers, 1);
    CHECK_INT(scene_stats(&r.scene).cancelled, 1);
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    CHECK_AFTER(runner_end(&r));
}

void f2_01_nothing_follows_a_cancel(void)
{
    cancelled_on_stdio(0);
}

/* MCPS_EBUSY would be an error of the protocol, anything else one of the tool. */
void f2_04_handler_fails_when_cancelled(void)
{
    cancelled_on_stdio(MCPS_ECANCELLED);
    cancelled_on_stdio(MCPS_EINVALID);
    cancelled_on_stdio(MCPS_EBUSY);
}

/* ---- F2.03 ---- */

void f2_03_cancel_of_a_half_written_answer(void)
{
    struct one o = { .scene = { .server = NULL } };
    const size_t bytes = 4 << 20;

    /* It goes on reading from a client for whom so much waits. */
    CHECK(one_start(&o, 2, "out_bytes=16777216"));
    CHECK(wire_call(&o.wire, "2", "big", "{\"bytes\":4194304}"));
    CHECK(scene_wait(&o.scene, stat_answers, 1));
    CHECK(wire_cancel(&o.wire, "2"));
    CHECK(scene_wait(&o.scene, stat_ignored_messages, 1));
    CHECK(scene_stats(&o.scene).out_bytes > 0);
    CHECK_INT(strlen(answer_text(wire_answer(&o.wire, "2"))), bytes);
    CHECK_INT(scene_stats(&o.scene).cancelled, 0);
    CHECK(one_is_well(&o));
    CHECK_INT(wire_answers(&o.wire, "2"), 1);
out:
    CHECK_AFTER(one_end(&o));
}

/* ---- F2.05 ---- */

/* Its handler is held where it does not look at its token any more. */
void f2_05_handler_ignores_the_cancel(void)
{
    struct one o = { .scene = { .server = NULL } };

    CHECK(one_start(&o, 1, NULL));
    mcps__sync_hold("hands_cleanup");
    CHECK(wire_call(&o.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    hands_let_go();
    CHECK(mcps__sync_wait("hands_cleanup", 1));
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_NONE);
    CHECK(wire_cancel(&o.wire, "2"));
    CHECK(scene_wait(&o.scene, stat_cancelled, 1));
    /* It has its place, and the only worker, until it returns. */
    CHECK(wire_call(&o.wire, "3", "count", NULL));
    CHECK(scene_wait(&o.scene, stat_queued, 1));
    CHECK(wire_alive(&o.wire));
    CHECK_INT(scene_stats(&o.scene).in_flight, 2);
    CHECK_INT(atomic_load(&hands.left), 0);
    mcps__sync_release("hands_cleanup");
    CHECK(wire_answer(&o.wire, "3"));
    CHECK_INT(atomic_load(&hands.left), 1);
    CHECK(nothing_comes(&o, "2"));
    CHECK(one_is_well(&o));
out:
    mcps__sync_release("hands_cleanup");
    CHECK_AFTER(one_end(&o));
}

/* ---- F2.06 ---- */

static bool send_cancel_of(struct wire *wire, const char *params)
{
    return wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"%s%s}",
                     params[0] ? ",\"params\":" : "", params);
}

void f2_06_cancels_of_nothing(void)
{
    static const char *const params[] = {
        "",
        "{}",
        "{\"requestId\":99}",
        "{\"requestId\":5}",
        "{\"requestId\":null}",
        "{\"requestId\":true}",
        "{\"requestId\":1.5}",
        "{\"requestId\":[]}",
        "{\"requestId\":{}}",
        "{\"requestId\":\"1\"}",
        "{\"requestId\":[1]}",
        "null",
        "{\"requestid\":1}",
        "{\"requestId\":1e300}",
        "{\"requestId\":-1}",
    };
    const unsigned n = sizeof params / sizeof params[0];
    struct one o = { .scene = { .server = NULL } };
    char *huge = malloc((1 << 20) + 32);
    size_t before;

    CHECK(huge);
    memset(huge, 'x', (1 << 20) + 31);
    memcpy(huge, "{\"requestId\":\"", 14);
    memcpy(huge + (1 << 20) + 29, "\"}", 3);
    CHECK(one_start(&o, 2, NULL));
    CHECK(wire_call(&o.wire, "1", "wait", NULL));
    CHECK(hands_wait_entered(1));
    CHECK(wire_call(&o.wire, "5", "echo", "{\"text\":\"x\"}"));
    CHECK(wire_answer(&o.wire, "5"));
    CHECK(wire_alive(&o.wire));
    before = o.wire.n_messages;
    for (unsigned i = 0; i < n; i++)
        CHECK(send_cancel_of(&o.wire, params[i]));
    CHECK(send_cancel_of(&o.wire, huge));
    CHECK(wire_alive(&o.wire));
    CHECK_INT(o.wire.n_messages, before + 1);
    CHECK_INT(scene_stats(&o.scene).ignored_messages, n + 1);
    CHECK_INT(scene_stats(&o.scene).bad_messages, 0);
    CHECK_INT(scene_logged(&o.scene, "a message was ignored"), n + 1);
    CHECK_INT(scene_stats(&o.scene).cancelled, 0);
    hands_let_go();
    CHECK_STR(answer_text(wire_answer(&o.wire, "1")), "done");
    CHECK(one_is_well(&o));
out:
    free(huge);
    CHECK_AFTER(one_end(&o));
}

/* ---- F2.07 and F2.09 ---- */

/* Of these all run, one is cancelled, and the others are answered. */
static void cancel_one_of(const char *const *ids, unsigned n, unsigned which)
{
    struct one o = { .scene = { .server = NULL } };

    unit_note_on_failure("of %u ids, %s", n, ids[which]);
    CHECK(one_start(&o, n, NULL));
    for (unsigned i = 0; i < n; i++)
        CHECK(wire_call(&o.wire, ids[i], "wait", NULL));
    CHECK(hands_wait_entered(n));
    CHECK(wire_cancel(&o.wire, ids[which]));
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_CLIENT);
    CHECK(scene_wait(&o.scene, stat_in_flight, n - 1));
    CHECK(wire_alive(&o.wire));
    CHECK_INT(atomic_load(&hands.left), 1);
    hands_let_go();
    for (unsigned i = 0; i < n; i++) {
        if (i != which)
            CHECK_STR(answer_text(wire_answer(&o.wire, ids[i])), "done");
    }
    CHECK(nothing_comes(&o, ids[which]));
    CHECK_INT(scene_stats(&o.scene).cancelled, 1);
    CHECK(one_is_well(&o));
out:
    CHECK_AFTER(one_end(&o));
}

void f2_07_falsy_ids(void)
{
    static const char *const ids[] = {
        "0", "\"\"", "\"0\"", "-1", "9007199254740993", "9007199254740992"
    };
    const unsigned n = sizeof ids / sizeof ids[0];

    for (unsigned i = 0; i < n; i++) {
        cancel_one_of(ids, n, i);
        cancel_one_of(ids + i, 1, 0);
    }
}

void f2_09_numbers_are_not_strings(void)
{
    static const char *const ids[] = { "1", "\"1\"" };

    cancel_one_of(ids, 2, 0);
    cancel_one_of(ids, 2, 1);
}

/* ---- F2.08 ---- */

#define CALL_2_AND_CANCEL                                                           \
    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":" \
    "\"count\"}}\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","     \
    "\"params\":{\"requestId\":2}}\n"

void f2_08_cancel_in_the_same_write(void)
{
    struct one o = { .scene = { .server = NULL } };

    CHECK(one_start(&o, 1, NULL));
    CHECK(wire_call(&o.wire, "1", "wait", NULL));
    CHECK(hands_wait_entered(1));
    CHECK(wire_send_bytes(&o.wire, CALL_2_AND_CANCEL, sizeof CALL_2_AND_CANCEL - 1));
    CHECK(scene_wait(&o.scene, stat_cancelled, 1));
    CHECK_INT(scene_stats(&o.scene).cancelled_before_start, 1);
    CHECK_INT(scene_stats(&o.scene).queued, 0);
    hands_let_go();
    CHECK_STR(answer_text(wire_answer(&o.wire, "1")), "done");
    CHECK(nothing_comes(&o, "2"));
    CHECK_INT(atomic_load(&hands.counted), 0);
    CHECK(one_is_well(&o));
out:
    CHECK_AFTER(one_end(&o));
}

/* ---- F2.11 ---- */

enum { N_BEHIND = 20 };

void f2_11_cancel_overtakes_calls(void)
{
    struct one o = { .scene = { .server = NULL } };
    char id[16];

    CHECK(one_start(&o, 2, NULL));
    CHECK(wire_call(&o.wire, "1", "wait", NULL));
    CHECK(hands_wait_entered(1));
    CHECK(wire_call(&o.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(2)); /* it is the one that the hands keep */
    mcps__sync_hold("hands_cleanup");
    for (int i = 0; i < N_BEHIND; i++) {
        snprintf(id, sizeof id, "%d", i + 10);
        CHECK(wire_call(&o.wire, id, "count", NULL));
    }
    CHECK(scene_wait(&o.scene, stat_queued, N_BEHIND));
    CHECK(wire_cancel(&o.wire, "2") && wire_cancel(&o.wire, "15"));
    /* Nobody has become free when this is answered, and both are cancelled. */
    CHECK(wire_alive(&o.wire));
    CHECK_INT(scene_stats(&o.scene).cancelled, 2);
    CHECK_INT(scene_stats(&o.scene).cancelled_before_start, 1);
    CHECK_INT(mcps_call_cancelled(atomic_load(&hands.call)), MCPS_CANCEL_CLIENT);
    CHECK_INT(atomic_load(&hands.counted), 0);
    CHECK_INT(scene_stats(&o.scene).queued, N_BEHIND - 1);
    mcps__sync_release("hands_cleanup");
    hands_let_go();
    CHECK(wire_answer(&o.wire, "1"));
    CHECK(nothing_comes(&o, "2") && nothing_comes(&o, "15"));
    CHECK_INT(atomic_load(&hands.counted), N_BEHIND - 1);
    CHECK(one_is_well(&o));
out:
    mcps__sync_release("hands_cleanup");
    CHECK_AFTER(one_end(&o));
}

/* ---- F2.14 ---- */

static void cancel_by(const char *principal)
{
    struct one o = { .scene = { .server = NULL } };
    struct wire other = { .memory = NULL };

    unit_note_on_failure("%s", principal);
    CHECK(one_start(&o, 2, NULL));
    CHECK(wire_connect(&other, &o.scene, principal) && wire_hello(&other));
    CHECK(wire_call(&other, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    CHECK(wire_call(&o.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(2)); /* the latest: the hands keep it */
    CHECK(wire_cancel(&other, "2"));
    CHECK(hands_wait_left(1));
    /* Once more, and of one that only the first client has. */
    CHECK(wire_cancel(&other, "2") && wire_cancel(&other, "3"));
    CHECK(wire_alive(&other));
    CHECK_INT(mcps_call_cancelled(atomic_load(&hands.call)), MCPS_CANCEL_NONE);
    CHECK_INT(scene_stats(&o.scene).cancelled, 1);
    CHECK_INT(scene_stats(&o.scene).ignored_messages, 2);
    hands_let_go();
    CHECK_STR(answer_text(wire_answer(&o.wire, "2")), "done");
    CHECK(one_is_well(&o));
    CHECK_INT(wire_answers(&other, "2"), 0);
    CHECK(wire_ok(&other));
out:
    wire_free(&other);
    CHECK_AFTER(one_end(&o));
}

/* Another principal, and the same one on another connection. */
void f2_14_cancel_by_somebody_else(void)
{
    cancel_by("somebody else");
    cancel_by("test");
}

/* ---- all of the group ---- */

static const struct unit_test cancel_tests[] = {
#define XX(name) UNIT_TEST_ONCE(name, "it has threads"),
    CANCEL_TESTS(XX)
#undef XX
        UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "cancel", cancel_tests } };
    const char *mutation = getenv("MCPS_TEST_MUTATION");

    if (mutation && *mutation && !mcps__mutate(mutation)) {
        fprintf(stderr, "%s: there is no mutation %s\n", argv[0], mutation);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
