/* SPDX-License-Identifier: MIT */
/*
 * Group 1: the transport closes while handlers run. Here the seeds, on real pipes: each with
 * no grace at the end of input and with the usual one. The rest is in close_more.c and
 * close_peers.c.
 *
 * MCPS_TEST_MUTATION chooses a mutation of util/sync.h; see mutations.sh.
 */
#include "config.h"

#include "close_tests.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json_object.h>

#include "core/call.h"
#include "hands.h"
#include "proto/dispatch.h"

static const char *const graces[] = { "eof_grace_ms=0", NULL };
enum { N_GRACES = 2 };

static void note_grace(const char *grace)
{
    unit_note_on_failure("%s", grace ? grace : "the usual grace");
}

/* The hands have the call: a reference, so that it can be looked at after its end. */
static enum mcps_cancel_reason reason_now(void)
{
    return mcps_call_cancelled(atomic_load(&hands.call));
}

/* ---- F1.01 ---- */

static void input_ends(const char *grace)
{
    struct runner r = { .running = false };

    CHECK(runner_start(&r, 2, grace));
    mcps__sync_hold("hands_cleanup");
    CHECK(wire_call(&r.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    mcps__sync_hold("between_close_phases");
    wire_cut_input(&r.wire);
    /* By then, before anybody waits for the handler, it has been told. */
    CHECK(mcps__sync_wait("between_close_phases", 1));
    CHECK_INT(reason_now(), MCPS_CANCEL_DISCONNECT);
    CHECK(mcps__sync_wait("hands_cleanup", 1));
    mcps__sync_release("between_close_phases");
    /* Its end would take a hook away that was not called yet. */
    CHECK(hands_wait(&hands.hooks, 1));
    mcps__sync_release("hands_cleanup");
    CHECK(runner_wait(&r));
    CHECK_INT(atomic_load(&hands.entered), 1);
    CHECK_INT(atomic_load(&hands.left), 1);
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_DISCONNECT);
    CHECK_INT(atomic_load(&hands.hooks), 1);
    CHECK_INT(atomic_load(&hands.hook_reason), MCPS_CANCEL_DISCONNECT);
    CHECK(wire_drain(&r.wire));
    CHECK_INT(r.wire.n_messages, 1);
    CHECK_INT(wire_answers(&r.wire, "\"init\""), 1);
    CHECK(wire_ok(&r.wire));
    CHECK_INT(scene_stats(&r.scene).cancelled, 1);
    CHECK_INT(scene_stats(&r.scene).lost_bytes, 0);
    CHECK(scene_log_ok(&r.scene));
out:
    mcps__sync_release("between_close_phases");
    mcps__sync_release("hands_cleanup");
    CHECK_AFTER(runner_end(&r));
}

void f1_01_input_ends_while_a_handler_runs(void)
{
    for (int i = 0; i < N_GRACES; i++) {
        note_grace(graces[i]);
        input_ends(graces[i]);
    }
}

static void input_ends_freely(const char *grace)
{
    struct runner r = { .running = false };

    CHECK(runner_start(&r, 2, grace));
    CHECK(wire_call(&r.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    wire_cut_input(&r.wire);
    CHECK(runner_wait(&r));
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_DISCONNECT);
    CHECK(atomic_load(&hands.hooks) <= 1);
    CHECK(wire_drain(&r.wire));
    CHECK_INT(r.wire.n_messages, 1);
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    CHECK_AFTER(runner_end(&r));
}

void f1_01_freely(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        note_grace(graces[i % N_GRACES]);
        input_ends_freely(graces[i % N_GRACES]);
    }
}

/* ---- F1.02 ---- */

enum order {
    WAKE_ONE,  /* the first that is woken has left before the closer goes on */
    LATE_PARK, /* nobody sleeps yet when all are woken */
    FREELY
};

static bool start_asks(struct runner *r, unsigned n)
{
    char id[16];

    for (unsigned i = 0; i < n; i++) {
        snprintf(id, sizeof id, "%u", i + 2);
        if (!wire_call(&r->wire, id, "ask", NULL))
            return false;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!wire_await(&r->wire, "roots/list"))
            return false;
    }
    return true;
}

static unsigned answers_to_asks(const struct runner *r, unsigned n)
{
    unsigned sum = 0;
    char id[16];

    for (unsigned i = 0; i < n; i++) {
        snprintf(id, sizeof id, "%u", i + 2);
        sum += wire_answers(&r->wire, id);
    }
    return sum;
}

SCENE_STAT(parked);
SCENE_STAT(in_flight);

static bool came_to(const char *point, unsigned n)
{
    const struct timespec ms = { .tv_nsec = 1000000 };

    for (int i = 0; i < WATCHDOG_MS && mcps__sync_count(point) < n; i++)
        nanosleep(&ms, NULL);
    return mcps__sync_count(point) == n;
}

/* The input ends when all handlers are asking, in the order that the case wants. */
static bool cut_in_order(struct runner *r, unsigned n, enum order order)
{
    bool ok = scene_wait(&r->scene, stat_parked, n) && came_to("before_park", n);

    if (order == WAKE_ONE)
        mcps__sync_hold("after_waiter_woken");
    wire_cut_input(&r->wire);
    if (order == WAKE_ONE) {
        /* It has left the map, and its entry is gone, before the walk goes on. */
        ok = ok && mcps__sync_wait("after_waiter_woken", 1) && hands_wait_left(1) &&
             scene_wait(&r->scene, stat_in_flight, n - 1);
        mcps__sync_release("after_waiter_woken");
    } else if (order == LATE_PARK) {
        ok = ok && came_to("after_waiter_woken", n) && atomic_load(&hands.left) == 0;
        mcps__sync_release("before_park");
    }
    return ok;
}

static void asks_at_the_end(unsigned n, enum order order, const char *grace)
{
    struct runner r = { .running = false };

    unit_note_on_failure("n %u, order %d, %s", n, (int)order,
                         grace ? grace : "the usual grace");
    CHECK(runner_start(&r, 2, grace));
    if (order == LATE_PARK)
        mcps__sync_hold("before_park");
    CHECK(start_asks(&r, n));
    CHECK(cut_in_order(&r, n, order));
    CHECK(runner_wait(&r));
    /* Each was woken once, with what it was, and nothing of it was answered. */
    CHECK_INT(atomic_load(&hands.entered), n);
    CHECK_INT(atomic_load(&hands.left), n);
    CHECK_INT(atomic_load(&hands.closed), n);
    CHECK_INT(mcps__sync_count("after_waiter_woken"), n);
    CHECK_INT(scene_stats(&r.scene).suppressed_answers, n);
    CHECK_INT(scene_stats(&r.scene).answers, 0);
    CHECK_INT(scene_stats(&r.scene).pending, 0);
    CHECK(wire_drain(&r.wire));
    CHECK_INT(answers_to_asks(&r, n), 0);
    CHECK_INT(r.wire.n_messages, 1 + n); /* of initialize, and what was asked */
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    mcps__sync_release("before_park");
    mcps__sync_release("after_waiter_woken");
    CHECK_AFTER(runner_end(&r));
}

static void asks_with_all_graces(unsigned n, enum order order)
{
    for (int i = 0; i < N_GRACES; i++)
        asks_at_the_end(n, order, graces[i]);
}

static void asks_in_all_sizes(enum order order)
{
    asks_with_all_graces(1, order);
    asks_with_all_graces(2, order);
    asks_with_all_graces(64, order);
}

void f1_02_parked_in_roots_at_the_end_of_input(void)
{
    asks_in_all_sizes(WAKE_ONE);
}

void f1_02_not_asleep_yet_at_the_end_of_input(void)
{
    asks_in_all_sizes(LATE_PARK);
}

/* So many threads take their time to start, above all under valgrind. */
void f1_02_freely(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        asks_with_all_graces(1, FREELY);
        asks_with_all_graces(2, FREELY);
    }
    for (unsigned i = 0; i < unit_repeat(1, 50); i++)
        asks_with_all_graces(64, FREELY);
}

/* ---- F1.04 ---- */

static void only_the_client_cancels(const char *grace)
{
    struct runner r = { .running = false };

    CHECK(runner_start(&r, 2, grace));
    CHECK(wire_call(&r.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    CHECK(wire_cancel(&r.wire, "2"));
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_CLIENT);
    /* The session goes on. */
    CHECK(wire_alive(&r.wire));
    CHECK(wire_call(&r.wire, "3", "echo", "{\"text\":\"x\"}"));
    CHECK_STR(answer_text(wire_answer(&r.wire, "3")), "x");
    CHECK(scene_idle(&r.scene));
    wire_cut_input(&r.wire);
    CHECK(runner_wait(&r));
    CHECK(wire_drain(&r.wire));
    CHECK_INT(wire_answers(&r.wire, "2"), 0);
    CHECK_INT(reason_now(), MCPS_CANCEL_CLIENT);
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    CHECK_AFTER(runner_end(&r));
}

static void only_the_input_ends(const char *grace)
{
    struct runner r = { .running = false };

    CHECK(runner_start(&r, 2, grace));
    CHECK(wire_call(&r.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    mcps__sync_hold("between_close_phases");
    wire_cut_input(&r.wire);
    CHECK(mcps__sync_wait("between_close_phases", 1));
    CHECK_INT(reason_now(), MCPS_CANCEL_DISCONNECT);
    mcps__sync_release("between_close_phases");
    CHECK(runner_wait(&r));
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_DISCONNECT);
    CHECK(wire_drain(&r.wire));
    CHECK_INT(wire_answers(&r.wire, "2"), 0);
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    mcps__sync_release("between_close_phases");
    CHECK_AFTER(runner_end(&r));
}

static void cancel_then_end(const char *grace)
{
    struct runner r = { .running = false };

    CHECK(runner_start(&r, 2, grace));
    mcps__sync_hold("hands_cleanup");
    CHECK(wire_call(&r.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    CHECK(wire_cancel(&r.wire, "2"));
    CHECK(mcps__sync_wait("hands_cleanup", 1));
    CHECK(hands_wait(&hands.hooks, 1));
    mcps__sync_hold("between_close_phases");
    wire_cut_input(&r.wire);
    CHECK(mcps__sync_wait("between_close_phases", 1));
    CHECK_INT(reason_now(), MCPS_CANCEL_CLIENT);
    mcps__sync_release("between_close_phases");
    mcps__sync_release("hands_cleanup");
    CHECK(runner_wait(&r));
    CHECK_INT(reason_now(), MCPS_CANCEL_CLIENT);
    CHECK_INT(atomic_load(&hands.hooks), 1);
    CHECK_INT(atomic_load(&hands.hook_reason), MCPS_CANCEL_CLIENT);
    CHECK_INT(scene_stats(&r.scene).cancelled, 1);
    CHECK(wire_drain(&r.wire));
    CHECK_INT(wire_answers(&r.wire, "2"), 0);
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    mcps__sync_release("between_close_phases");
    mcps__sync_release("hands_cleanup");
    CHECK_AFTER(runner_end(&r));
}

/* What was in the input buffer is dispatched when everything has been settled; and, more
 * than a message can do, the token is set a second time. */
static void cancel_late(void *userdata)
{
    static const char text[] =
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
        "\"params\":{\"requestId\":2}}";
    struct mcps__exchange *exchange = &atomic_load(&hands.call)->exchange;
    bool *set = userdata;
    struct mcps__scan scan;

    mcps__scan_init(&scan, &exchange->peer->engine->json_limits);
    mcps__dispatch(exchange->peer, &scan, text,
                   mcps__scan_feed(&scan, text, sizeof text - 1, true));
    mcps__scan_fini(&scan);
    *set = mcps__exchange_cancel(exchange, MCPS_CANCEL_CLIENT) ||
           mcps__token_set(&exchange->token, MCPS_CANCEL_CLIENT);
}

static void end_then_cancel(const char *grace)
{
    struct runner r = { .running = false };
    bool set = false;

    CHECK(runner_start(&r, 2, grace));
    mcps__sync_hold("hands_cleanup");
    CHECK(wire_call(&r.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    mcps__sync_once("between_close_phases", cancel_late, &set);
    wire_cut_input(&r.wire);
    CHECK(mcps__sync_wait("hands_cleanup", 1));
    CHECK(came_to("between_close_phases", 1));
    mcps__sync_release("hands_cleanup");
    CHECK(runner_wait(&r));
    CHECK(!set);
    CHECK_INT(reason_now(), MCPS_CANCEL_DISCONNECT);
    CHECK_INT(scene_stats(&r.scene).cancelled, 1);
    CHECK_INT(scene_stats(&r.scene).ignored_messages, 1);
    CHECK(wire_drain(&r.wire));
    CHECK_INT(wire_answers(&r.wire, "2"), 0);
    CHECK(wire_ok(&r.wire));
    CHECK(scene_log_ok(&r.scene));
out:
    mcps__sync_release("hands_cleanup");
    CHECK_AFTER(runner_end(&r));
}

void f1_04_two_sources_of_cancellation(void)
{
    for (int i = 0; i < N_GRACES; i++) {
        note_grace(graces[i]);
        only_the_client_cancels(graces[i]);
        only_the_input_ends(graces[i]);
        cancel_then_end(graces[i]);
        end_then_cancel(graces[i]);
    }
}

/* One write has both, in either order of who is first to the call. */
static void cancel_and_end_freely(const char *grace)
{
    struct runner r = { .running = false };
    int reason;

    CHECK(runner_start(&r, 2, grace));
    CHECK(wire_call(&r.wire, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    CHECK(wire_cancel(&r.wire, "2"));
    wire_cut_input(&r.wire);
    CHECK(runner_wait(&r));
    reason = atomic_load(&hands.reason);
    CHECK_INT(reason, MCPS_CANCEL_CLIENT);
    CHECK_INT(reason_now(), reason);
    CHECK(wire_drain(&r.wire));
    CHECK_INT(r.wire.n_messages, 1);
    CHECK(scene_log_ok(&r.scene));
out:
    CHECK_AFTER(runner_end(&r));
}

void f1_04_freely(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        note_grace(graces[i % N_GRACES]);
        cancel_and_end_freely(graces[i % N_GRACES]);
    }
}

/* ---- all of the group ---- */

static const struct unit_test close_tests[] = {
#define XX(name) UNIT_TEST_ONCE(name, "it has threads"),
    CLOSE_TESTS(XX)
#undef XX
        UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "close", close_tests } };
    const char *mutation = getenv("MCPS_TEST_MUTATION");

    if (mutation && *mutation && !mcps__mutate(mutation)) {
        fprintf(stderr, "%s: there is no mutation %s\n", argv[0], mutation);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
