/* SPDX-License-Identifier: MIT */
/* Asking by results: the state that clients carry from round to round. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "quiz.h"
#include "rounds.h"
#include "util/clock.h"

#define NAME   "{\"name\":{\"action\":\"accept\",\"content\":{\"name\":\"Ann\"}}}"
#define COLOUR "{\"colour\":{\"action\":\"accept\",\"content\":{\"colour\":\"green\"}}}"
#define SURE   "{\"sure\":{\"action\":\"accept\",\"content\":{\"sure\":true}}}"

struct place {
    struct scene scene;
    struct wire wire;
};

static bool open_place(struct place *place, const char *limits, const char *principal)
{
    return scene_start(&place->scene, 2, limits, quiz_tools(NULL), N_QUIZ) &&
           wire_connect(&place->wire, &place->scene, principal);
}

static bool begin(struct place *place, const char *limits)
{
    quiz_reset();
    return open_place(place, limits, NULL);
}

static bool end(struct place *place)
{
    wire_free(&place->wire);
    return scene_close(&place->scene);
}

static bool is_ok(struct place *place)
{
    return scene_idle(&place->scene) && wire_ok(&place->wire) &&
           scene_log_ok(&place->scene);
}

static uint64_t bad_states(struct place *place)
{
    return scene_stats(&place->scene).bad_states;
}

/* An id that no request has had; the latest of them. */
static const char *next_id(void)
{
    static unsigned n = 100;
    static char id[16];

    snprintf(id, sizeof id, "%u", n++);
    return id;
}

/* The answer to the second call, which has a state. */
static struct json_object *second_round(struct place *place, const char *tool)
{
    const char *id = next_id();
    struct json_object *first;

    if (!quiz_call(&place->wire, id, tool, "", NULL))
        return NULL;
    first = wire_answer(&place->wire, id);
    id = next_id();
    if (!quiz_retry(&place->wire, id, tool, NAME, first))
        return NULL;
    return wire_answer(&place->wire, id);
}

/* A call with a state as text; the answer. */
static struct json_object *try_state(struct wire *wire, const char *tool,
                                     const char *state, const char *more)
{
    const char *id = next_id();
    size_t size = strlen(state) + strlen(more) + 256;
    char *params = malloc(size);
    bool sent;

    if (!params)
        return NULL;
    snprintf(params, size, ",\"inputResponses\":" COLOUR ",\"requestState\":\"%s\"%s",
             state, more);
    sent = quiz_call(wire, id, tool, params, NULL);
    free(params);
    return sent ? wire_answer(wire, id) : NULL;
}

static bool is_refused(struct json_object *answer)
{
    return answer_code(answer) == -32602 &&
           strcmp(quiz_error(answer), "requestState is not valid for this request") == 0;
}

/* ---- another process ---- */

static const unsigned char key_bytes[2][32] = { "the key of all of these servers",
                                                "another" };

static bool set_key(struct place *place, int which)
{
    const struct mcps_state_key key = { key_bytes[which], 32 };

    return mcps_server_set_state_keys(place->scene.server, &key, 1) == 0;
}

static bool next_round(struct place *place, const char *responses,
                       struct json_object **before)
{
    struct json_object *answer;
    bool ok;

    ok = open_place(place, NULL, NULL) && set_key(place, 0) &&
         quiz_retry(&place->wire, "1", "wizard", responses, *before);
    answer = ok ? wire_answer(&place->wire, "1") : NULL;
    json_object_put(*before);
    *before = json_object_get(answer);
    return answer && is_ok(place);
}

static void each_round_by_another_server(void)
{
    static const char *const responses[] = { "{}", NAME, COLOUR, SURE };
    struct place places[4];
    struct json_object *answer = NULL;

    memset(places, 0, sizeof places);
    quiz_reset();
    for (size_t i = 0; i < 4; i++)
        CHECK(next_round(&places[i], responses[i], &answer));
    CHECK(strstr(quiz_line(answer), "Ann green yes 1"));
    CHECK_INT(atomic_load(&quiz.steps), 1);
out:
    json_object_put(answer);
    for (size_t i = 0; i < 4; i++)
        CHECK_AFTER(end(&places[i]));
}

/* ---- tampering ---- */

static void a_state_that_was_changed(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *answer;
    char text[1024], changed[1100];
    size_t len, n = 0;

    CHECK(begin(&place, NULL));
    answer = second_round(&place, "wizard");
    snprintf(text, sizeof text, "%s", quiz_state(answer));
    len = strlen(text);
    CHECK(len > 100 && len < 1000);
    for (size_t i = 0; i < len; i += 7) {
        snprintf(changed, sizeof changed, "%s", text);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK(is_refused(try_state(&place.wire, "wizard", changed, "")));
        n++;
    }
    for (size_t i = 0; i < len; i += 11) {
        snprintf(changed, i + 1, "%s", text);
        CHECK(is_refused(try_state(&place.wire, "wizard", changed, "")));
        n++;
    }
    snprintf(changed, sizeof changed, "%s-TAMPERED", text);
    CHECK(is_refused(try_state(&place.wire, "wizard", changed, "")));
    snprintf(changed, sizeof changed, "%s=", text);
    CHECK(is_refused(try_state(&place.wire, "wizard", changed, "")));
    CHECK_INT(bad_states(&place), n + 2);
    CHECK(quiz_call(&place.wire, "4", "wizard", ",\"requestState\":7", NULL));
    CHECK_INT(answer_code(wire_answer(&place.wire, "4")), -32602);
    CHECK(quiz_call(&place.wire, "5", "wizard", ",\"requestState\":null", NULL));
    CHECK_INT(answer_code(wire_answer(&place.wire, "5")), -32602);
    CHECK_INT(bad_states(&place), n + 4);
    /* It is good still; escaped, too. */
    snprintf(changed, sizeof changed, "\\u%04x%s", text[0], text + 1);
    CHECK(quiz_question(try_state(&place.wire, "wizard", changed, ""), "sure"));
    CHECK_INT(bad_states(&place), n + 4);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

static void a_state_of_something_else(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct wire other = { .memory = NULL };
    struct json_object *answer;
    char text[1024];

    CHECK(begin(&place, NULL));
    answer = second_round(&place, "wizard");
    snprintf(text, sizeof text, "%s", quiz_state(answer));
    /* Another tool, and other arguments. */
    CHECK(is_refused(try_state(&place.wire, "pick", text, "")));
    CHECK(is_refused(
        try_state(&place.wire, "wizard", text, ",\"arguments\":{\"topic\":\"x\"}")));
    /* Another user; the same one on another connection. */
    CHECK(wire_connect(&other, &place.scene, "somebody else"));
    CHECK(is_refused(try_state(&other, "wizard", text, "")));
    CHECK_INT(bad_states(&place), 3);
    wire_free(&other);
    other = (struct wire){ .memory = NULL };
    CHECK(wire_connect(&other, &place.scene, NULL));
    CHECK(quiz_question(try_state(&other, "wizard", text, ",\"arguments\":{}"), "sure"));
    /* Another key. */
    CHECK(set_key(&place, 1));
    CHECK(is_refused(try_state(&place.wire, "wizard", text, "")));
    CHECK_INT(bad_states(&place), 4);
    CHECK(is_ok(&place));
out:
    wire_free(&other);
    CHECK_AFTER(end(&place));
}

static void the_same_arguments_written_otherwise(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(begin(&place, NULL));
    CHECK(quiz_call(&place.wire, "1", "wizard",
                    ",\"arguments\":{\"topic\":\"a\\u0062c\"},\"inputResponses\":" NAME,
                    NULL));
    answer = wire_answer(&place.wire, "1");
    CHECK(*quiz_state(answer));
    CHECK(quiz_question(try_state(&place.wire, "wizard", quiz_state(answer),
                                  ",\"arguments\": { \"topic\" :\"abc\"}"),
                        "sure"));
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

static void a_state_that_has_expired(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *answer;

    mcps__clock_drive(0);
    CHECK(begin(&place, "state_ms=1000"));
    answer = second_round(&place, "wizard");
    mcps__clock_advance(999 * MCPS__NS_PER_MS);
    CHECK(
        quiz_question(try_state(&place.wire, "wizard", quiz_state(answer), ""), "sure"));
    mcps__clock_advance(2 * MCPS__NS_PER_MS);
    answer = try_state(&place.wire, "wizard", quiz_state(answer), "");
    CHECK_INT(answer_code(answer), -32602);
    CHECK(strstr(quiz_error(answer), "requestState has expired"));
    CHECK_INT(bad_states(&place), 1);
    CHECK_INT(mcps_server_get_limit_hits(place.scene.server, MCPS_LIMIT_STATE_MS), 1);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
    mcps__clock_release();
}

static void a_state_for_one_try(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *answer, *third;

    CHECK(begin(&place, "used_states=2"));
    answer = second_round(&place, "pick");
    third = try_state(&place.wire, "pick", quiz_state(answer), "");
    CHECK(quiz_question(third, "sure"));
    CHECK(is_refused(try_state(&place.wire, "pick", quiz_state(answer), "")));
    CHECK_INT(bad_states(&place), 1);
    /* The next one is another state. */
    CHECK(quiz_retry(&place.wire, "3", "pick", SURE, third));
    CHECK(strstr(quiz_line(wire_answer(&place.wire, "3")), "Ann green yes 1"));
    /* No more can be remembered: none is forgotten for that. */
    answer = second_round(&place, "pick");
    CHECK_INT(answer_code(try_state(&place.wire, "pick", quiz_state(answer), "")),
              -32603);
    CHECK_INT(mcps_server_get_limit_hits(place.scene.server, MCPS_LIMIT_USED_STATES), 1);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

/* ---- what is in it ---- */

/* An answer is for what was asked: another key's, or one that was never asked for, is not
 * taken out of a request that has a state. */
static void answers_to_what_was_not_asked(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(begin(&place, NULL));
    answer = second_round(&place, "wizard");
    CHECK(quiz_retry(&place.wire, "1", "wizard", SURE, answer));
    answer = wire_answer(&place.wire, "1");
    CHECK(quiz_question(answer, "colour") && quiz_n_questions(answer) == 1);
    CHECK(
        quiz_retry(&place.wire, "2", "wizard",
                   "{\"colour\":{\"action\":\"accept\",\"content\":{\"colour\":\"red\"}},"
                   "\"name\":{\"action\":\"accept\",\"content\":{\"name\":\"Eve\"}},"
                   "\"sure\":{\"action\":\"accept\",\"content\":{\"sure\":true}}}",
                   answer));
    answer = wire_answer(&place.wire, "2");
    CHECK(quiz_question(answer, "sure"));
    CHECK(quiz_retry(&place.wire, "3", "wizard", SURE, answer));
    CHECK(strstr(quiz_line(wire_answer(&place.wire, "3")), "Ann red yes 1"));
    CHECK_INT(atomic_load(&quiz.steps), 1);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

static void what_a_handler_keeps(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *answer = NULL;

    CHECK(begin(&place, NULL));
    for (int i = 0; i < 3; i++) {
        char id[16];

        snprintf(id, sizeof id, "%d", i);
        CHECK(quiz_retry(&place.wire, id, "keep", "{}", answer));
        answer = wire_answer(&place.wire, id);
        CHECK(*quiz_state(answer));
    }
    CHECK(quiz_retry(&place.wire, "9", "keep", "{}", answer));
    CHECK_STR(answer_text(wire_answer(&place.wire, "9")), "kept 3");
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

static void too_much_to_carry(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(begin(&place, "state_bytes=100"));
    CHECK(quiz_call(&place.wire, "1", "keep", "", NULL));
    answer = wire_answer(&place.wire, "1");
    CHECK(answer_is_error(answer));
    CHECK_STR(answer_text(answer), "a configured limit was reached");
    CHECK(mcps_server_get_limit_hits(place.scene.server, MCPS_LIMIT_STATE_BYTES) > 0);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

static int draw_too_much(mcps_call *call, void *userdata, struct json_object **ret)
{
    char text[1000];

    (void)call;
    (void)userdata;
    atomic_fetch_add(&quiz.steps, 1);
    memset(text, 'x', sizeof text);
    *ret = json_object_new_string_len(text, sizeof text);
    return 0;
}

/* Twice in a round, and in another one. */
static int heavy(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots;
    int r = mcps_call_once(call, "draw", draw_too_much, NULL, NULL);

    (void)args;
    (void)userdata;
    if (r != MCPS_ELIMIT ||
        mcps_call_once(call, "draw", draw_too_much, NULL, NULL) != MCPS_ELIMIT)
        return mcps_call_text(call, "kept");
    r = mcps_call_roots(call, &roots);
    if (r < 0)
        return r;
    json_object_put(roots);
    return mcps_call_text(call, "drawn");
}

static void a_step_whose_result_is_too_large_is_done_once(void)
{
    static const struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "heavy", .handler = heavy);
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(begin(&place, "state_bytes=600"));
    CHECK(mcps_server_add_tools(place.scene.server, &tool, 1) == 0);
    CHECK(quiz_call(&place.wire, "1", "heavy", "", NULL));
    answer = wire_answer(&place.wire, "1");
    CHECK_STR(quiz_type(answer), "input_required");
    CHECK(quiz_retry(&place.wire, "2", "heavy", "{\"roots\":{\"roots\":[]}}", answer));
    CHECK_STR(answer_text(wire_answer(&place.wire, "2")), "drawn");
    CHECK_INT(atomic_load(&quiz.steps), 1);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

static void too_many_rounds(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *answer = NULL;
    unsigned n = 0;

    CHECK(begin(&place, "rounds=4"));
    for (; n < 20; n++) {
        char id[16], responses[128];

        snprintf(id, sizeof id, "%u", n);
        snprintf(responses, sizeof responses,
                 "{\"sure%u\":{\"action\":\"accept\",\"content\":{\"sure\":true}}}",
                 n - 1);
        CHECK(quiz_retry(&place.wire, id, "for_ever", n ? responses : "{}", answer));
        answer = wire_answer(&place.wire, id);
        if (strcmp(quiz_type(answer), "input_required") != 0)
            break;
    }
    CHECK(answer_is_error(answer));
    /* The first round has no state, so it is not counted. */
    CHECK_INT(n, 5);
    CHECK_INT(mcps_server_get_limit_hits(place.scene.server, MCPS_LIMIT_ROUNDS), 1);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

/* ---- both eras at once ---- */

static void both_eras_on_one_connection(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(begin(&place, NULL));
    CHECK(wire_init(&place.wire, "2025-11-25", ALL_CAPABILITIES));
    CHECK(wire_call(&place.wire, "\"old\"", "wizard", NULL));
    CHECK(quiz_give(&place.wire, wire_await(&place.wire, "elicitation/create"),
                    "{\"action\":\"accept\",\"content\":{\"name\":\"Old\"}}"));
    answer = second_round(&place, "wizard");
    CHECK(quiz_question(answer, "colour"));
    CHECK(quiz_give(&place.wire, wire_await(&place.wire, "elicitation/create"),
                    "{\"action\":\"accept\",\"content\":{\"colour\":\"blue\"}}"));
    CHECK(quiz_retry(&place.wire, "\"c\"", "wizard", COLOUR, answer));
    answer = wire_answer(&place.wire, "\"c\"");
    CHECK(quiz_question(answer, "sure"));
    CHECK(quiz_give(&place.wire, wire_await(&place.wire, "elicitation/create"),
                    "{\"action\":\"accept\",\"content\":{\"sure\":true}}"));
    CHECK(strstr(quiz_line(wire_answer(&place.wire, "\"old\"")), "Old blue yes "));
    CHECK(quiz_retry(&place.wire, "\"d\"", "wizard", SURE, answer));
    CHECK(strstr(quiz_line(wire_answer(&place.wire, "\"d\"")), "Ann green yes "));
    CHECK_INT(atomic_load(&quiz.steps), 2);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

const struct unit_test rounds_state_tests[] = {
    UNIT_TEST_ONCE(each_round_by_another_server, "it has threads"),
    UNIT_TEST_ONCE(a_state_that_was_changed, "it has threads"),
    UNIT_TEST_ONCE(a_state_of_something_else, "it has threads"),
    UNIT_TEST_ONCE(the_same_arguments_written_otherwise, "it has threads"),
    UNIT_TEST_ONCE(a_state_that_has_expired, "it has threads"),
    UNIT_TEST_ONCE(a_state_for_one_try, "it has threads"),
    UNIT_TEST_ONCE(answers_to_what_was_not_asked, "it has threads"),
    UNIT_TEST_ONCE(what_a_handler_keeps, "it has threads"),
    UNIT_TEST_ONCE(too_much_to_carry, "it has threads"),
    UNIT_TEST_ONCE(a_step_whose_result_is_too_large_is_done_once, "it has threads"),
    UNIT_TEST_ONCE(too_many_rounds, "it has threads"),
    UNIT_TEST_ONCE(both_eras_on_one_connection, "it has threads"),
    UNIT_END,
};
