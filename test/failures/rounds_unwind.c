/* SPDX-License-Identifier: MIT */
/*
 * Asking legacy clients where no thread may wait: the handler has returned, and is run again
 * when the answers are there.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "quiz.h"
#include "rounds.h"
#include "util/clock.h"

SCENE_STAT(parked);
SCENE_STAT(pending);
SCENE_STAT(queued);
SCENE_STAT(streams);

struct place {
    struct scene scene;
    struct wire wire;
    mcps_executor *host; /* pumped by the test; NULL: tools are inline */
};

static bool connect_all(struct place *place)
{
    return wire_connect(&place->wire, &place->scene, NULL) &&
           wire_init(&place->wire, "2025-11-25", ALL_CAPABILITIES);
}

static bool begin(struct place *place, const char *limits)
{
    quiz_reset();
    return scene_start(&place->scene, 1, limits, quiz_tools(MCPS_INLINE), N_QUIZ) &&
           connect_all(place);
}

static bool begin_hosted(struct place *place, const char *limits)
{
    quiz_reset();
    return scene_open(&place->scene, 1, limits, NULL, 0) &&
           mcps_executor_new(&place->host, place->scene.server, "host") == 0 &&
           mcps_server_add_tools(place->scene.server, quiz_tools("host"), N_QUIZ) == 0 &&
           mcps_server_start(place->scene.server) == 0 && connect_all(place);
}

/* Runs one call of those that wait for the host. */
static bool pump(struct place *place)
{
    return mcps_executor_wait(place->host, WATCHDOG_MS) == 1 &&
           mcps_executor_run(place->host, 0) == 1;
}

static bool end(struct place *place)
{
    wire_free(&place->wire);
    place->host = mcps_executor_unref(place->host);
    return scene_close(&place->scene);
}

static bool is_ok(struct place *place)
{
    return scene_idle(&place->scene) && wire_settled(&place->wire) &&
           wire_ok(&place->wire) && scene_log_ok(&place->scene) &&
           scene_stats(&place->scene).parked == 0;
}

#define GIVE(what) "{\"action\":\"accept\",\"content\":{" what "}}"

static bool give_next(struct place *place, const char *result)
{
    return quiz_give(&place->wire, wire_await(&place->wire, "elicitation/create"),
                     result);
}

/* The id in a notifications/cancelled is that of the request. */
static bool told_to_stop(struct place *place, struct json_object *request)
{
    struct json_object *cancel = wire_await(&place->wire, "notifications/cancelled");
    struct json_object *params = NULL, *id = NULL;

    json_object_object_get_ex(cancel, "params", &params);
    json_object_object_get_ex(params, "requestId", &id);
    return id && json_object_get_int64(id) == request_id(request);
}

/* ---- the whole way ---- */

static bool walk(struct place *place)
{
    bool ok = false;

    CHECK(wire_call(&place->wire, "2", "wizard", NULL));
    CHECK(scene_wait(&place->scene, stat_pending, 1));
    CHECK(scene_wait(&place->scene, stat_parked, 1));
    CHECK(give_next(place, GIVE("\"name\":\"Ann\"")));
    CHECK(give_next(place, GIVE("\"colour\":\"green\"")));
    CHECK(give_next(place, GIVE("\"sure\":true")));
    CHECK(strstr(quiz_line(wire_answer(&place->wire, "2")),
                 "[{\"type\":\"text\",\"text\":\"said too early, \"},"
                 "{\"type\":\"text\",\"text\":\"Ann green yes 1\"}]"));
    CHECK_INT(atomic_load(&quiz.runs), 4);
    CHECK_INT(atomic_load(&quiz.steps), 1);
    CHECK_INT(atomic_load(&quiz.hooks), 0);
    CHECK_INT(wire_messages(&place->wire, "elicitation/create"), 3);
    CHECK(is_ok(place));
    ok = true;
out:
    return ok;
}

static void a_tool_that_is_inline(void)
{
    struct place place = { .host = NULL };

    CHECK(begin(&place, NULL));
    CHECK(walk(&place));
out:
    CHECK_AFTER(end(&place));
}

static void a_server_without_workers(void)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = MCPS_NO_WORKERS);
    struct place place = { .host = NULL };

    quiz_reset();
    CHECK(scene_start_with(&place.scene, &options, quiz_tools(NULL), N_QUIZ));
    CHECK(connect_all(&place));
    CHECK(walk(&place));
out:
    CHECK_AFTER(end(&place));
}

static void a_tool_on_an_executor(void)
{
    struct place place = { .host = NULL };

    CHECK(begin_hosted(&place, NULL));
    CHECK(wire_call(&place.wire, "2", "wizard", NULL));
    CHECK(pump(&place) && give_next(&place, GIVE("\"name\":\"Ann\"")));
    CHECK(pump(&place) && give_next(&place, GIVE("\"colour\":\"blue\"")));
    CHECK(pump(&place) && give_next(&place, "{\"action\":\"decline\"}"));
    CHECK(pump(&place));
    CHECK(strstr(quiz_line(wire_answer(&place.wire, "2")), "declined"));
    CHECK_INT(atomic_load(&quiz.steps), 1);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

static void three_at_once(void)
{
    struct place place = { .host = NULL };
    struct json_object *name, *capital, *roots;

    CHECK(begin(&place, NULL));
    CHECK(wire_call(&place.wire, "2", "three", NULL));
    name = wire_await(&place.wire, "elicitation/create");
    capital = wire_await(&place.wire, "sampling/createMessage");
    roots = wire_await(&place.wire, "roots/list");
    CHECK(name && capital && roots);
    CHECK(scene_wait(&place.scene, stat_parked, 1));
    CHECK_INT(scene_stats(&place.scene).pending, 3);
    CHECK(quiz_give(&place.wire, roots, "{\"roots\":[{\"uri\":\"file:///a\"}]}"));
    CHECK(quiz_give(&place.wire, name, GIVE("\"name\":\"Ann\"")));
    CHECK(wire_settled(&place.wire));
    CHECK_INT(atomic_load(&quiz.runs), 1);
    CHECK(quiz_give(
        &place.wire, capital,
        "{\"role\":\"assistant\",\"model\":\"m\",\"content\":{\"type\":\"text\","
        "\"text\":\"Paris\"}}"));
    CHECK_STR(answer_text(wire_answer(&place.wire, "2")), "0 Ann m 1");
    CHECK_INT(atomic_load(&quiz.runs), 2);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

/* What was said once is not said again. */
static void progress_goes_on(void)
{
    struct place place = { .host = NULL };

    CHECK(begin(&place, "progress_ms=0"));
    CHECK(wire_send(&place.wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{"
                    "\"name\":\"tell\",\"_meta\":{\"progressToken\":\"t\"}}}"));
    CHECK(give_next(&place, GIVE("\"sure\":true")));
    CHECK_STR(answer_text(wire_answer(&place.wire, "2")), "done");
    CHECK_INT(wire_messages(&place.wire, "notifications/progress"), 3);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

/* ---- outcomes that are none ---- */

static void outcomes_that_are_errors(void)
{
    static const struct {
        const char *member, *value;
        int result;
    } cases[] = {
        { "error", "{\"code\":-1,\"message\":\"no\"}", MCPS_EREFUSED },
        { "result", "{}", MCPS_EPROTOCOL },
        { "result", "{\"action\":\"yes\"}", MCPS_EPROTOCOL },
        { "result", "{\"action\":\"accept\",\"content\":{\"sure\":\"x\"}}",
          MCPS_EINVALID },
        { "result", "{\"a\":1,\"a\":2}", MCPS_EPROTOCOL },
    };
    struct place place = { .host = NULL };

    CHECK(begin(&place, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_object *request;
        char id[16], serial[16];

        unit_note_on_failure("%s", cases[i].value);
        snprintf(id, sizeof id, "%zu", i);
        CHECK(wire_call(&place.wire, id, "tell", NULL));
        request = wire_await(&place.wire, "elicitation/create");
        CHECK(request);
        snprintf(serial, sizeof serial, "%lld", (long long)request_id(request));
        CHECK(wire_respond(&place.wire, serial, cases[i].member, cases[i].value));
        CHECK(answer_is_error(wire_answer(&place.wire, id)));
        CHECK_INT(atomic_load(&quiz.last), cases[i].result);
    }
    CHECK(is_ok(&place));
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(end(&place));
}

static void an_answer_that_does_not_come(void)
{
    struct place place = { .host = NULL };
    struct json_object *request;

    mcps__clock_drive(0);
    CHECK(begin(&place, "elicit_ms=200"));
    CHECK(wire_call(&place.wire, "2", "wizard", NULL));
    request = wire_await(&place.wire, "elicitation/create");
    CHECK(request && scene_wait(&place.scene, stat_pending, 1));
    mcps__clock_advance(150 * MCPS__NS_PER_MS);
    CHECK(wire_send(&place.wire,
                    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","
                    "\"params\":{\"progressToken\":%lld,\"progress\":1}}",
                    (long long)request_id(request)));
    CHECK(wire_settled(&place.wire));
    mcps__clock_advance(150 * MCPS__NS_PER_MS);
    CHECK(wire_settled(&place.wire));
    CHECK_INT(atomic_load(&quiz.runs), 1);
    mcps__clock_advance(51 * MCPS__NS_PER_MS);
    CHECK(answer_is_error(wire_answer(&place.wire, "2")));
    CHECK_INT(atomic_load(&quiz.last), MCPS_ETIMEDOUT);
    CHECK_INT(atomic_load(&quiz.runs), 2);
    CHECK(told_to_stop(&place, request));
    CHECK_INT(mcps_server_get_limit_hits(place.scene.server, MCPS_LIMIT_ELICIT_MS), 1);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
    mcps__clock_release();
}

/* ---- its end while it waits ---- */

static bool waiting(struct place *place, struct json_object **ret_request)
{
    *ret_request = NULL;
    if (!wire_call(&place->wire, "2", "wizard", NULL) || (place->host && !pump(place)))
        return false;
    *ret_request = wire_await(&place->wire, "elicitation/create");
    return *ret_request && scene_wait(&place->scene, stat_pending, 1);
}

static void cancelled_while_it_waits(void)
{
    struct place place = { .host = NULL };
    struct json_object *request;

    CHECK(begin(&place, NULL));
    CHECK(waiting(&place, &request));
    CHECK(wire_cancel(&place.wire, "2"));
    CHECK(told_to_stop(&place, request));
    CHECK(scene_idle(&place.scene));
    CHECK(quiz_give(&place.wire, request, GIVE("\"name\":\"late\"")));
    CHECK(is_ok(&place));
    CHECK_INT(wire_answers(&place.wire, "2"), 0);
    CHECK_INT(atomic_load(&quiz.runs), 1);
    CHECK_INT(scene_stats(&place.scene).cancelled, 1);
    CHECK_INT(scene_stats(&place.scene).cancelled_before_start, 0);
    /* The hooks of a handler that has returned are gone; the stop runs what there is. */
    CHECK(end(&place));
    CHECK_INT(atomic_load(&quiz.hooks), 0);
out:
    CHECK_AFTER(end(&place));
}

static void its_time_is_up_while_it_waits(void)
{
    struct place place = { .host = NULL };
    struct json_object *request;

    mcps__clock_drive(0);
    CHECK(begin(&place, "call_ms=1000"));
    CHECK(waiting(&place, &request));
    mcps__clock_advance(1001 * MCPS__NS_PER_MS);
    CHECK_STR(answer_reason(wire_answer(&place.wire, "2")), "timeout");
    CHECK(told_to_stop(&place, request));
    CHECK_INT(atomic_load(&quiz.runs), 1);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
    mcps__clock_release();
}

static bool lose_client(bool whole)
{
    struct place place = { .host = NULL };
    struct json_object *request;
    bool ok = false;

    CHECK(begin(&place, "eof_grace_ms=3600000"));
    CHECK(waiting(&place, &request));
    wire_cut_input(&place.wire);
    if (whole)
        wire_cut_output(&place.wire);
    CHECK(scene_idle(&place.scene));
    CHECK(wire_drain(&place.wire));
    CHECK_INT(wire_answers(&place.wire, "2"), 0);
    CHECK_INT(atomic_load(&quiz.runs), 1);
    CHECK_INT(scene_stats(&place.scene).parked, 0);
    CHECK(scene_log_ok(&place.scene));
    ok = true;
out:
    CHECK_AFTER(end(&place));
    return ok;
}

static void the_client_goes_while_it_waits(void)
{
    CHECK(lose_client(false));
    CHECK(lose_client(true));
out:;
}

static void the_server_stops_while_it_waits(void)
{
    struct place place = { .host = NULL };
    struct json_object *request;

    CHECK(begin(&place, NULL));
    CHECK(waiting(&place, &request));
    CHECK_INT(mcps_server_stop(place.scene.server, 0), 0);
    CHECK(wire_drain(&place.wire));
    CHECK_STR(answer_reason(wire_answer(&place.wire, "2")), "shutdown");
    CHECK_INT(atomic_load(&quiz.runs), 1);
out:
    CHECK_AFTER(end(&place));
}

/* ---- in the moments between ---- */

static struct place *the_place;

static void cancel_it(void *arg)
{
    (void)arg;
    if (!wire_cancel(&the_place->wire, "2") || !wire_settled(&the_place->wire))
        atomic_store(&quiz.last, 1);
}

static void lose_it(void *arg)
{
    (void)arg;
    wire_free(&the_place->wire);
    if (!scene_wait(&the_place->scene, stat_streams, 0))
        atomic_store(&quiz.last, 1);
}

/* The handler has returned, and what it asked is not sent yet. */
static bool end_between(void (*how)(void *arg))
{
    struct place place = { .host = NULL };
    bool ok = false;

    the_place = &place;
    CHECK(begin_hosted(&place, NULL));
    mcps__sync_once("before_unwind_post", how, NULL);
    CHECK(wire_call(&place.wire, "2", "wizard", NULL));
    CHECK(pump(&place));
    CHECK(scene_idle(&place.scene));
    CHECK_INT(atomic_load(&quiz.last), MCPS_EINPUT);
    CHECK_INT(atomic_load(&quiz.runs), 1);
    CHECK_INT(scene_stats(&place.scene).parked, 0);
    CHECK_INT(wire_messages(&place.wire, "elicitation/create"), 0);
    CHECK(scene_log_ok(&place.scene));
    ok = true;
out:
    CHECK_AFTER(end(&place));
    return ok;
}

static void ended_before_it_asks(void)
{
    CHECK(end_between(cancel_it));
    CHECK(end_between(lose_it));
out:;
}

/* The answer is there, and the handler is not run again yet. */
static void cancelled_before_it_is_run_again(void)
{
    struct place place = { .host = NULL };
    struct json_object *request;

    CHECK(begin_hosted(&place, NULL));
    CHECK(waiting(&place, &request));
    CHECK(quiz_give(&place.wire, request, GIVE("\"name\":\"Ann\"")));
    CHECK(scene_wait(&place.scene, stat_queued, 1));
    CHECK_INT(scene_stats(&place.scene).parked, 0);
    CHECK(wire_cancel(&place.wire, "2"));
    CHECK(is_ok(&place));
    CHECK_INT(wire_answers(&place.wire, "2"), 0);
    CHECK_INT(atomic_load(&quiz.runs), 1);
    CHECK_INT(mcps_executor_run(place.host, 0), 0);
    CHECK_INT(scene_stats(&place.scene).cancelled_before_start, 0);
out:
    CHECK_AFTER(end(&place));
}

static void the_client_goes_before_it_is_run_again(void)
{
    struct place place = { .host = NULL };
    struct json_object *request;

    CHECK(begin_hosted(&place, NULL));
    CHECK(waiting(&place, &request));
    CHECK(quiz_give(&place.wire, request, GIVE("\"name\":\"Ann\"")));
    CHECK(scene_wait(&place.scene, stat_queued, 1));
    wire_free(&place.wire);
    CHECK(scene_idle(&place.scene));
    CHECK_INT(atomic_load(&quiz.runs), 1);
out:
    CHECK_AFTER(end(&place));
}

/* ---- limits ---- */

static void too_many_wait(void)
{
    struct place place = { .host = NULL };
    struct json_object *request, *answer;

    CHECK(begin(&place, "calls_parked=1"));
    CHECK(waiting(&place, &request));
    CHECK(wire_call(&place.wire, "3", "tell", NULL));
    answer = wire_answer(&place.wire, "3");
    CHECK_INT(answer_code(answer), -32000);
    CHECK_STR(answer_reason(answer), "busy");
    CHECK_INT(mcps_server_get_limit_hits(place.scene.server, MCPS_LIMIT_CALLS_PARKED), 1);
    CHECK(quiz_give(&place.wire, request, "{\"action\":\"cancel\"}"));
    CHECK(strstr(quiz_line(wire_answer(&place.wire, "2")), "dismissed"));
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

static void too_many_rounds(void)
{
    struct place place = { .host = NULL };

    CHECK(begin(&place, "rounds=4"));
    CHECK(wire_call(&place.wire, "2", "for_ever", NULL));
    for (int i = 0; i < 4; i++)
        CHECK(give_next(&place, GIVE("\"sure\":true")));
    CHECK(answer_is_error(wire_answer(&place.wire, "2")));
    CHECK_INT(mcps_server_get_limit_hits(place.scene.server, MCPS_LIMIT_ROUNDS), 1);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

static void a_url_is_visited(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *request;

    CHECK(begin(&place, NULL));
    CHECK(wire_call(&place.wire, "2", "visit", NULL));
    request = wire_await(&place.wire, "elicitation/create");
    CHECK(quiz_give(&place.wire, request, "{\"action\":\"accept\"}"));
    CHECK_STR(answer_text(wire_answer(&place.wire, "2")), "outcome 0");
    CHECK_INT(mcps_server_elicitation_complete(place.scene.server, "id-1"), 0);
    CHECK(wire_await(&place.wire, "notifications/elicitation/complete"));
    CHECK_INT(mcps_server_elicitation_complete(place.scene.server, "id-1"),
              MCPS_ENOTFOUND);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

const struct unit_test rounds_unwind_tests[] = {
    UNIT_TEST_ONCE(a_tool_that_is_inline, "it has threads"),
    UNIT_TEST_ONCE(a_server_without_workers, "it has threads"),
    UNIT_TEST_ONCE(a_tool_on_an_executor, "it has threads"),
    UNIT_TEST_ONCE(three_at_once, "it has threads"),
    UNIT_TEST_ONCE(progress_goes_on, "it has threads"),
    UNIT_TEST_ONCE(outcomes_that_are_errors, "it has threads"),
    UNIT_TEST_ONCE(an_answer_that_does_not_come, "it has threads"),
    UNIT_TEST_ONCE(cancelled_while_it_waits, "it has threads"),
    UNIT_TEST_ONCE(its_time_is_up_while_it_waits, "it has threads"),
    UNIT_TEST_ONCE(the_client_goes_while_it_waits, "it has threads"),
    UNIT_TEST_ONCE(the_server_stops_while_it_waits, "it has threads"),
    UNIT_TEST_ONCE(ended_before_it_asks, "it has threads"),
    UNIT_TEST_ONCE(cancelled_before_it_is_run_again, "it has threads"),
    UNIT_TEST_ONCE(the_client_goes_before_it_is_run_again, "it has threads"),
    UNIT_TEST_ONCE(too_many_wait, "it has threads"),
    UNIT_TEST_ONCE(too_many_rounds, "it has threads"),
    UNIT_TEST_ONCE(a_url_is_visited, "it has threads"),
    UNIT_END,
};
