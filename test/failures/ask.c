/* SPDX-License-Identifier: MIT */
/* Group 3: our requests to the client, and what wakes those that wait for the answer. What
 * is refused or dropped is in ask_refused.c. */
#include "config.h"

#include "ask.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "mcpserver/mcpserver.h"
#include "props.h"
#include "unit.h"
#include "util/clock.h"

SCENE_STAT(pending);
SCENE_STAT(queued);

/* ---- F3.02: the answer comes before the waiter parks ---- */

/* Where a call has asked, and does not wait yet. */
static const char *const before_sleeping[] = { "after_pending_insert", "before_park" };
enum { N_BEFORE_SLEEPING = sizeof before_sleeping / sizeof before_sleeping[0] };

/* A call with that id that asks, held at the point. */
static bool hold_ask(struct act *act, const char *id, const char *point)
{
    mcps__sync_hold(point);
    return wire_call(&act->wire, id, "ask", NULL) && mcps__sync_wait(point, 1);
}

static bool answer_before_parking(const char *point)
{
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *request;
    bool ok = false;

    CHECK(act_begin(&act, 2, NULL));
    CHECK(hold_ask(&act, "2", point));
    request = wire_await(&act.wire, "roots/list");
    CHECK(request && wire_give_roots(&act.wire, request, "file:///early"));
    CHECK(wire_settled(&act.wire));
    mcps__sync_release(point);
    CHECK_STR(answer_text(wire_answer(&act.wire, "2")), "[{\"uri\":\"file:///early\"}]");
    CHECK_INT(asks_ended(0), 1);
    CHECK(act_ok(&act));
    ok = true;
out:
    mcps__sync_release(point);
    CHECK_AFTER(act_end(&act));
    return ok;
}

static void f3_02_answered_before_it_parks(void)
{
    for (size_t i = 0; i < N_BEFORE_SLEEPING; i++)
        CHECK(answer_before_parking(before_sleeping[i]));
out:;
}

static bool close_before_parking(const char *point, bool whole)
{
    struct act act = { .wire = { .memory = NULL } };
    bool ok = false;

    CHECK(act_begin(&act, 2, "eof_grace_ms=3600000"));
    CHECK(hold_ask(&act, "2", point));
    CHECK(wire_await(&act.wire, "roots/list"));
    CHECK(scene_wait(&act.scene, stat_pending, 1));
    wire_cut_input(&act.wire);
    if (whole)
        wire_cut_output(&act.wire);
    CHECK(scene_wait(&act.scene, stat_pending, 0));
    mcps__sync_release(point);
    CHECK(asks_await(1));
    CHECK_INT(asks_ended(MCPS_ECLOSED), 1);
    CHECK(scene_idle(&act.scene));
    CHECK(wire_drain(&act.wire));
    CHECK_INT(wire_answers(&act.wire, "2"), 0);
    CHECK(wire_ok(&act.wire));
    CHECK(scene_log_ok(&act.scene));
    ok = true;
out:
    mcps__sync_release(point);
    CHECK_AFTER(act_end(&act));
    return ok;
}

static void f3_02_closed_before_it_parks(void)
{
    for (size_t i = 0; i < N_BEFORE_SLEEPING; i++) {
        CHECK(close_before_parking(before_sleeping[i], false));
        CHECK(close_before_parking(before_sleeping[i], true));
    }
out:;
}

/* The courtesy for a request that nobody waits for any more. */
static bool told_to_stop(struct act *act, struct json_object *request)
{
    struct json_object *cancel = wire_await(&act->wire, "notifications/cancelled");
    struct json_object *params = NULL, *id = NULL;

    json_object_object_get_ex(cancel, "params", &params);
    json_object_object_get_ex(params, "requestId", &id);
    return id && json_object_get_int64(id) == request_id(request);
}

static bool cancel_before_parking(const char *point)
{
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *request;
    bool ok = false;

    CHECK(act_begin(&act, 2, NULL));
    CHECK(hold_ask(&act, "2", point));
    request = wire_await(&act.wire, "roots/list");
    CHECK(request && wire_cancel(&act.wire, "2") && wire_settled(&act.wire));
    mcps__sync_release(point);
    CHECK(asks_await(1));
    CHECK_INT(asks_ended(MCPS_ECANCELLED), 1);
    CHECK(told_to_stop(&act, request));
    CHECK(act_ok(&act));
    CHECK_INT(wire_answers(&act.wire, "2"), 0);
    CHECK_INT(wire_messages(&act.wire, "notifications/cancelled"), 1);
    ok = true;
out:
    mcps__sync_release(point);
    CHECK_AFTER(act_end(&act));
    return ok;
}

static void f3_02_cancelled_before_it_parks(void)
{
    for (size_t i = 0; i < N_BEFORE_SLEEPING; i++)
        CHECK(cancel_before_parking(before_sleeping[i]));
out:;
}

static bool time_out_before_parking(const char *point)
{
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *request;
    bool ok = false;

    mcps__clock_drive(0);
    CHECK(act_begin(&act, 2, "roots_ms=200"));
    CHECK(hold_ask(&act, "2", point));
    request = wire_await(&act.wire, "roots/list");
    CHECK(request);
    mcps__clock_advance(201 * MCPS__NS_PER_MS);
    mcps__sync_release(point);
    CHECK(answer_is_error(wire_answer(&act.wire, "2")));
    CHECK_INT(asks_ended(MCPS_ETIMEDOUT), 1);
    CHECK(told_to_stop(&act, request));
    CHECK(act_ok(&act));
    ok = true;
out:
    mcps__sync_release(point);
    CHECK_AFTER(act_end(&act));
    mcps__clock_release();
    return ok;
}

static void f3_02_timed_out_before_it_parks(void)
{
    for (size_t i = 0; i < N_BEFORE_SLEEPING; i++)
        CHECK(time_out_before_parking(before_sleeping[i]));
out:;
}

/* ---- F3.03: a request after the closing has emptied the map ---- */

static bool is_cancelled(void *arg)
{
    return scene_stats(arg).cancelled > 0;
}

/* One call waits already, so that the test sees when the closing has emptied the map. */
static bool ask_after_closing(bool whole)
{
    struct act act = { .wire = { .memory = NULL } };
    bool ok = false;

    CHECK(act_begin(&act, 2, "eof_grace_ms=3600000"));
    CHECK(wire_call(&act.wire, "2", "ask", NULL));
    CHECK(wire_await(&act.wire, "roots/list"));
    CHECK(hold_ask(&act, "3", "before_pending_insert"));
    wire_cut_input(&act.wire);
    if (whole)
        wire_cut_output(&act.wire);
    CHECK(scene_wait(&act.scene, stat_pending, 0));
    CHECK(asks_await(1));
    if (whole)
        CHECK(await(is_cancelled, &act.scene, "for the call to be cancelled"));
    mcps__sync_release("before_pending_insert");
    CHECK(asks_await(2));
    CHECK(asks_ended(MCPS_ECLOSED) + asks_ended(MCPS_ECANCELLED) == 2);
    CHECK(asks_ended(MCPS_ECLOSED) >= (whole ? 1 : 2));
    CHECK(scene_idle(&act.scene));
    CHECK(wire_drain(&act.wire));
    CHECK_INT(wire_messages(&act.wire, "roots/list"), 1);
    CHECK_INT(wire_answers(&act.wire, "2") + wire_answers(&act.wire, "3"), 0);
    CHECK(wire_ok(&act.wire));
    CHECK(scene_log_ok(&act.scene));
    ok = true;
out:
    mcps__sync_release("before_pending_insert");
    CHECK_AFTER(act_end(&act));
    return ok;
}

static void f3_03_asked_after_the_map_was_emptied(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        CHECK(ask_after_closing(false));
        CHECK(ask_after_closing(true));
    }
out:;
}

/* ---- F3.08: the client never answers ---- */

static void f3_08_the_client_never_answers(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *request;

    mcps__clock_drive(0);
    CHECK(act_begin(&act, 1, "roots_ms=200"));
    CHECK(wire_call(&act.wire, "2", "ask", NULL));
    request = wire_await(&act.wire, "roots/list");
    CHECK(request);
    CHECK(scene_wait(&act.scene, stat_pending, 1));
    mcps__clock_advance(199 * MCPS__NS_PER_MS);
    /* A sign of life of something else does not extend it. */
    CHECK(wire_send(&act.wire,
                    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","
                    "\"params\":{\"progressToken\":2,\"progress\":1}}"));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(asks_ended_in_all(), 0);
    mcps__clock_advance(2 * MCPS__NS_PER_MS);
    CHECK(asks_await(1));
    CHECK_INT(asks_ended(MCPS_ETIMEDOUT), 1);
    CHECK(answer_is_error(wire_answer(&act.wire, "2")));
    CHECK(told_to_stop(&act, request));
    /* The only worker is free. */
    CHECK(wire_call(&act.wire, "3", "echo", "{\"text\":\"free\"}"));
    CHECK_STR(answer_text(wire_answer(&act.wire, "3")), "free");
    CHECK(act_ok(&act));
    CHECK_INT(wire_messages(&act.wire, "notifications/cancelled"), 1);
    CHECK_INT(mcps_server_get_limit_hits(act.scene.server, MCPS_LIMIT_ROOTS_MS), 1);
out:
    CHECK_AFTER(act_end(&act));
    mcps__clock_release();
}

/* ---- F3.09: the courtesy does not wait for the client ---- */

static bool is_full(void *arg)
{
    return scene_stats(arg).out_bytes > 1 << 20;
}

static void f3_09_no_courtesy_for_one_who_does_not_read(void)
{
    struct act act = { .wire = { .memory = NULL } };

    mcps__clock_drive(0);
    CHECK(act_begin(&act, 2, "roots_ms=1000 out_bytes=1048576"));
    CHECK(wire_call(&act.wire, "2", "ask", NULL));
    CHECK(wire_await(&act.wire, "roots/list"));
    CHECK(wire_call(&act.wire, "3", "big", "{\"bytes\":2097152}"));
    CHECK(await(is_full, &act.scene, "for output to wait"));
    mcps__clock_advance(1001 * MCPS__NS_PER_MS);
    CHECK(asks_await(1));
    CHECK_INT(asks_ended(MCPS_ETIMEDOUT), 1);
    CHECK_INT(scene_stats(&act.scene).pending, 0);
    CHECK(answer_is_error(wire_answer(&act.wire, "2")));
    CHECK(wire_answer(&act.wire, "3"));
    CHECK(act_ok(&act));
    CHECK_INT(wire_messages(&act.wire, "notifications/cancelled"), 0);
out:
    CHECK_AFTER(act_end(&act));
    mcps__clock_release();
}

/* ---- F3.11: nested calls ---- */

/* Answers so many requests for roots, each only after a call of its own was answered. */
static bool answer_after_calls(struct wire *wire, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct json_object *request = wire_await(wire, "roots/list");
        char id[16];

        snprintf(id, sizeof id, "%u", 100 + i);
        if (!request || !wire_call(wire, id, "echo", "{\"text\":\"nested\"}") ||
            strcmp(answer_text(wire_answer(wire, id)), "nested") != 0 ||
            !wire_give_roots(wire, request, "file:///nested"))
            return false;
    }
    return true;
}

static bool nest(unsigned workers, unsigned n)
{
    struct act act = { .wire = { .memory = NULL } };
    bool ok = false;
    char id[16];

    CHECK(act_begin(&act, workers, NULL));
    for (unsigned i = 0; i < n; i++) {
        snprintf(id, sizeof id, "%u", 2 + i);
        CHECK(wire_call(&act.wire, id, "ask", NULL));
    }
    CHECK(answer_after_calls(&act.wire, n));
    for (unsigned i = 0; i < n; i++) {
        snprintf(id, sizeof id, "%u", 2 + i);
        CHECK_STR(answer_text(wire_answer(&act.wire, id)),
                  "[{\"uri\":\"file:///nested\"}]");
    }
    CHECK(act_ok(&act));
    ok = true;
out:
    CHECK_AFTER(act_end(&act));
    return ok;
}

static void f3_11_nested_calls_do_not_starve(void)
{
    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        CHECK(nest(1, 1));
        CHECK(nest(4, 4));
    }
out:;
}

static void f3_11_busy_when_too_many_wait(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *request, *answer;

    CHECK(act_begin(&act, 1, "calls_parked=1"));
    CHECK(wire_call(&act.wire, "2", "ask", NULL));
    request = wire_await(&act.wire, "roots/list");
    CHECK(request);
    CHECK(wire_call(&act.wire, "3", "ask", NULL));
    answer = wire_answer(&act.wire, "3");
    CHECK_INT(answer_code(answer), -32000);
    CHECK_STR(answer_reason(answer), "busy");
    CHECK_INT(asks_ended(MCPS_EBUSY), 1);
    CHECK(wire_give_roots(&act.wire, request, "file:///first"));
    CHECK_STR(answer_text(wire_answer(&act.wire, "2")), "[{\"uri\":\"file:///first\"}]");
    CHECK(act_ok(&act));
    CHECK_INT(wire_messages(&act.wire, "roots/list"), 1);
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- F3.12: answers do not wait for a worker ---- */

enum { N_PARKED = 4, N_BEHIND = 100 };

static bool send_calls(struct wire *wire, unsigned first, unsigned n, const char *tool,
                       const char *arguments)
{
    char id[16];

    for (unsigned i = first; i < first + n; i++) {
        snprintf(id, sizeof id, "%u", i);
        if (!wire_call(wire, id, tool, arguments))
            return false;
    }
    return true;
}

static bool all_answered(struct wire *wire, unsigned first, unsigned n, const char *text)
{
    char id[16];

    for (unsigned i = first; i < first + n; i++) {
        snprintf(id, sizeof id, "%u", i);
        if (strcmp(answer_text(wire_answer(wire, id)), text) != 0)
            return false;
    }
    return true;
}

static void f3_12_answers_pass_by_the_queue(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct json_object *requests[N_PARKED];

    CHECK(act_begin(&act, N_PARKED, "calls_per_peer=256"));
    CHECK(send_calls(&act.wire, 2, N_PARKED, "ask", NULL));
    for (unsigned i = 0; i < N_PARKED; i++) {
        requests[i] = wire_await(&act.wire, "roots/list");
        CHECK(requests[i]);
    }
    /* Those that took their places do not come back either. */
    CHECK(send_calls(&act.wire, 50, N_PARKED, "stand", NULL));
    CHECK(door_await(N_PARKED));
    CHECK(send_calls(&act.wire, 100, N_BEHIND, "echo", "{\"text\":\"behind\"}"));
    CHECK(scene_wait(&act.scene, stat_queued, N_BEHIND));
    for (unsigned i = 0; i < N_PARKED; i++)
        CHECK(wire_give_roots(&act.wire, requests[i], "file:///now"));
    CHECK(all_answered(&act.wire, 2, N_PARKED, "[{\"uri\":\"file:///now\"}]"));
    CHECK_INT(scene_stats(&act.scene).queued, N_BEHIND);
    door_open();
    CHECK(all_answered(&act.wire, 50, N_PARKED, "stood"));
    CHECK(all_answered(&act.wire, 100, N_BEHIND, "behind"));
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static const struct unit_test ask_tests[] = {
    UNIT_TEST_ONCE(f3_02_answered_before_it_parks, "it has threads"),
    UNIT_TEST_ONCE(f3_02_closed_before_it_parks, "it has threads"),
    UNIT_TEST_ONCE(f3_02_cancelled_before_it_parks, "it has threads"),
    UNIT_TEST_ONCE(f3_02_timed_out_before_it_parks, "it has threads"),
    UNIT_TEST_ONCE(f3_03_asked_after_the_map_was_emptied, "it has threads"),
    UNIT_TEST_ONCE(f3_08_the_client_never_answers, "it has threads"),
    UNIT_TEST_ONCE(f3_09_no_courtesy_for_one_who_does_not_read, "it has threads"),
    UNIT_TEST_ONCE(f3_11_nested_calls_do_not_starve, "it has threads"),
    UNIT_TEST_ONCE(f3_11_busy_when_too_many_wait, "it has threads"),
    UNIT_TEST_ONCE(f3_12_answers_pass_by_the_queue, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "ask", ask_tests },
        { "ask_refused", ask_refused_tests },
        { "ask_storm", ask_storm_tests },
        { "ask_kinds", ask_kinds_tests },
    };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
