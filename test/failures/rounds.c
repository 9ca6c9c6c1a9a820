/* SPDX-License-Identifier: MIT */
/* Asking by results, revision 2026-07-28: what is asked, and what is made of the answers. */
#include "config.h"

#include "rounds.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "quiz.h"

struct round {
    struct scene scene;
    struct wire wire;
};

static bool begin(struct round *round, const char *limits)
{
    quiz_reset();
    return scene_start(&round->scene, 2, limits, quiz_tools(NULL), N_QUIZ) &&
           wire_connect(&round->wire, &round->scene, NULL);
}

static bool is_ok(struct round *round)
{
    return scene_idle(&round->scene) && wire_ok(&round->wire) &&
           scene_log_ok(&round->scene);
}

static bool end(struct round *round)
{
    wire_free(&round->wire);
    return scene_close(&round->scene);
}

#define NAME   "{\"name\":{\"action\":\"accept\",\"content\":{\"name\":\"Ann\"}}}"
#define COLOUR "{\"colour\":{\"action\":\"accept\",\"content\":{\"colour\":\"green\"}}}"
#define SURE   "{\"sure\":{\"action\":\"accept\",\"content\":{\"sure\":true}}}"

/* ---- one after the other ---- */

static void a_wizard_in_three_rounds(void)
{
    struct round round = { .wire = { .memory = NULL } };
    struct json_object *first, *second, *third;

    CHECK(begin(&round, NULL));
    CHECK(quiz_call(&round.wire, "1", "wizard", "", NULL));
    first = wire_answer(&round.wire, "1");
    CHECK_STR(quiz_type(first), "input_required");
    CHECK_INT(quiz_n_questions(first), 1);
    CHECK_STR(
        quiz_line(quiz_question(first, "name")),
        "{\"method\":\"elicitation/create\",\"params\":{\"message\":\"Who are you?\","
        "\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":"
        "\"string\",\"description\":\"Your name\",\"minLength\":1}},\"required\":["
        "\"name\"]}}}");
    /* Nothing is to be carried yet, and nothing else is said. */
    CHECK_STR(quiz_state(first), "");
    CHECK_STR(answer_text(first), "");
    CHECK(quiz_retry(&round.wire, "2", "wizard", NAME, first));
    second = wire_answer(&round.wire, "2");
    CHECK(quiz_question(second, "colour") && quiz_n_questions(second) == 1);
    CHECK(*quiz_state(second));
    CHECK(quiz_retry(&round.wire, "3", "wizard", COLOUR, second));
    third = wire_answer(&round.wire, "3");
    CHECK(quiz_question(third, "sure") && quiz_n_questions(third) == 1);
    CHECK(*quiz_state(third) && strcmp(quiz_state(third), quiz_state(second)) != 0);
    CHECK(quiz_retry(&round.wire, "4", "wizard", SURE, third));
    CHECK_STR(quiz_type(wire_answer(&round.wire, "4")), "complete");
    CHECK_STR(
        quiz_line(json_object_object_get(
            json_object_object_get(wire_answer(&round.wire, "4"), "result"), "content")),
        "[{\"type\":\"text\",\"text\":\"said too early, \"},"
        "{\"type\":\"text\",\"text\":\"Ann green yes 1\"}]");
    CHECK_INT(atomic_load(&quiz.runs), 4);
    CHECK_INT(atomic_load(&quiz.steps), 1);
    CHECK(is_ok(&round));
out:
    CHECK_AFTER(end(&round));
}

static void all_answers_on_the_first_call(void)
{
    struct round round = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(begin(&round, NULL));
    CHECK(
        quiz_retry(&round.wire, "1", "wizard",
                   "{\"sure\":{\"action\":\"accept\",\"content\":{\"sure\":false}},"
                   "\"name\":{\"action\":\"accept\",\"content\":{\"name\":\"Bob\","
                   "\"more\":1}},\"other\":{},"
                   "\"colour\":{\"action\":\"accept\",\"content\":{\"colour\":\"red\"}}}",
                   NULL));
    answer = wire_answer(&round.wire, "1");
    CHECK_STR(quiz_type(answer), "complete");
    CHECK(strstr(quiz_line(answer), "Bob red no 1"));
    CHECK(is_ok(&round));
out:
    CHECK_AFTER(end(&round));
}

static void declined_and_dismissed(void)
{
    struct round round = { .wire = { .memory = NULL } };

    CHECK(begin(&round, NULL));
    CHECK(quiz_retry(&round.wire, "1", "form", "{\"every\":{\"action\":\"decline\"}}",
                     NULL));
    CHECK_STR(answer_text(wire_answer(&round.wire, "1")), "declined");
    CHECK(quiz_retry(&round.wire, "2", "form",
                     "{\"every\":{\"action\":\"cancel\",\"content\":7}}", NULL));
    CHECK_STR(answer_text(wire_answer(&round.wire, "2")), "dismissed");
    CHECK(is_ok(&round));
out:
    CHECK_AFTER(end(&round));
}

/* ---- several at once ---- */

static void three_questions_are_one_round(void)
{
    struct round round = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(begin(&round, NULL));
    CHECK(quiz_call(&round.wire, "1", "three", "", NULL));
    answer = wire_answer(&round.wire, "1");
    CHECK_INT(quiz_n_questions(answer), 3);
    CHECK_STR(
        quiz_line(quiz_question(answer, "capital")),
        "{\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[{\"role\":"
        "\"user\",\"content\":{\"type\":\"text\",\"text\":\"What is the capital of "
        "\\\"France\\\"?\\n\"}}],\"maxTokens\":100}}");
    CHECK_STR(quiz_line(quiz_question(answer, "places")),
              "{\"method\":\"roots/list\",\"params\":{}}");
    /* One is missing, and is asked again, alone; the others are kept. */
    CHECK(quiz_retry(&round.wire, "2", "three",
                     "{\"name\":{\"action\":\"accept\",\"content\":{\"name\":\"Ann\"}},"
                     "\"places\":{\"roots\":[{\"uri\":\"file:///a\"}]}}",
                     answer));
    answer = wire_answer(&round.wire, "2");
    CHECK_INT(quiz_n_questions(answer), 1);
    CHECK(quiz_question(answer, "capital") && *quiz_state(answer));
    CHECK(quiz_retry(&round.wire, "3", "three",
                     "{\"capital\":{\"role\":\"assistant\",\"model\":\"m\",\"content\":{"
                     "\"type\":\"text\",\"text\":\"Paris\"}}}",
                     answer));
    CHECK_STR(answer_text(wire_answer(&round.wire, "3")), "0 Ann m 1");
    CHECK(is_ok(&round));
out:
    CHECK_AFTER(end(&round));
}

/* ---- what the client can do ---- */

/* What the error for it says. */
static const char *missing_of(struct json_object *answer)
{
    struct json_object *error, *data;

    if (answer_code(answer) != -32021 ||
        !json_object_object_get_ex(answer, "error", &error) ||
        !json_object_object_get_ex(error, "data", &data))
        return NULL;
    return quiz_line(json_object_object_get(data, "requiredCapabilities"));
}

static void only_what_the_client_has_declared(void)
{
    static const struct {
        const char *tool, *capabilities, *missing; /* NULL: it is asked */
    } cases[] = {
        { "wizard", "{\"elicitation\":{}}", NULL },
        { "wizard", "{\"elicitation\":{\"form\":{}}}", NULL },
        { "wizard", "{\"elicitation\":{\"url\":{}}}", "{\"elicitation\":{}}" },
        { "wizard", "{\"elicitation\":{\"form\":true}}", NULL },
        { "wizard", "{\"sampling\":{},\"roots\":{}}", "{\"elicitation\":{}}" },
        { "wizard", "{\"elicitation\":null}", "{\"elicitation\":{}}" },
        { "wizard", "{\"elici\\u0074ation\":{\"u\\u0072l\":{}}}",
          "{\"elicitation\":{}}" },
        { "visit", "{\"elicitation\":{\"url\":{}}}", NULL },
        { "visit", "{\"elicitation\":{}}", "{\"elicitation\":{\"url\":{}}}" },
        { "need", "{\"elicitation\":{\"form\":{},\"url\":{}}}", NULL },
        { "sample", "{\"sampling\":{}}", NULL },
        { "sample", "{\"elicitation\":{}}", "{\"sampling\":{}}" },
        { "three", "{\"elicitation\":{},\"sampling\":{},\"roots\":{}}", NULL },
        { "three", "{\"elicitation\":{},\"sampling\":{}}", "{\"roots\":{}}" },
        { "three", "{\"elicitation\":{}}", "{\"roots\":{},\"sampling\":{}}" },
    };
    struct round round = { .wire = { .memory = NULL } };

    CHECK(begin(&round, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_object *answer;
        char id[16];

        unit_note_on_failure("%s %s", cases[i].tool, cases[i].capabilities);
        snprintf(id, sizeof id, "%zu", i);
        CHECK(quiz_call(&round.wire, id, cases[i].tool, "", cases[i].capabilities));
        answer = wire_answer(&round.wire, id);
        if (!cases[i].missing)
            CHECK_STR(quiz_type(answer), "input_required");
        else
            CHECK_STR(missing_of(answer), cases[i].missing);
        CHECK_INT(atomic_load(&quiz.last),
                  cases[i].missing ? MCPS_ECAPABILITY : MCPS_EINPUT);
    }
    unit_note_on_failure("%s", "");
    /* A form alone is no way to a URL: the model is told. */
    CHECK(quiz_call(&round.wire, "\"u\"", "need", "", "{\"elicitation\":{}}"));
    CHECK_STR(answer_text(wire_answer(&round.wire, "\"u\"")),
              "Log in first: https://example.com/in");
    CHECK(is_ok(&round));
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(end(&round));
}

static void a_url_has_no_id(void)
{
    struct round round = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(begin(&round, NULL));
    CHECK(quiz_call(&round.wire, "1", "visit", "", NULL));
    answer = wire_answer(&round.wire, "1");
    CHECK_STR(
        quiz_line(quiz_question(answer, "visit")),
        "{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\",\"message\":"
        "\"Log in\",\"url\":\"https://example.com/in\"}}");
    CHECK_INT(mcps_server_elicitation_complete(round.scene.server, "id-1"),
              MCPS_ENOTFOUND);
    CHECK(quiz_retry(&round.wire, "2", "visit", "{\"visit\":{\"action\":\"accept\"}}",
                     answer));
    CHECK_STR(answer_text(wire_answer(&round.wire, "2")), "outcome 0");
    CHECK(is_ok(&round));
out:
    CHECK_AFTER(end(&round));
}

/* ---- answers that are none ---- */

static void answers_that_are_refused(void)
{
    static const struct {
        const char *responses, *why;
    } cases[] = {
        { "null", "inputResponses must be an object" },
        { "[]", "inputResponses must be an object" },
        { "12345", "inputResponses must be an object" },
        { "{\"every\":12345}", "inputResponses: the value of \"every\" is no object" },
        { "{\"x\":{},\"other\":null}",
          "inputResponses: the value of \"other\" is no object" },
        { "{\"every\":{}}",
          "inputResponses: the value of \"every\" is no result of elicitation/create" },
        { "{\"every\":{\"action\":\"yes\"}}",
          "inputResponses: the value of \"every\" is no result of elicitation/create" },
        { "{\"every\":{\"action\":1}}",
          "inputResponses: the value of \"every\" is no result of elicitation/create" },
        { "{\"every\":{\"action\":\"accept\",\"content\":[]}}",
          "inputResponses: the value of \"every\" is no result of elicitation/create" },
    };
    struct round round = { .wire = { .memory = NULL } };

    CHECK(begin(&round, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_object *answer;
        char id[16];

        unit_note_on_failure("%s", cases[i].responses);
        snprintf(id, sizeof id, "%zu", i);
        CHECK(quiz_retry(&round.wire, id, "form", cases[i].responses, NULL));
        answer = wire_answer(&round.wire, id);
        CHECK_INT(answer_code(answer), -32602);
        CHECK_STR(quiz_error(answer), cases[i].why);
    }
    /* Also when the handler does not pass it up. */
    unit_note_on_failure("%s", "");
    CHECK(quiz_retry(&round.wire, "\"s\"", "shut", "{\"sure\":{\"action\":true}}", NULL));
    CHECK_INT(answer_code(wire_answer(&round.wire, "\"s\"")), -32602);
    CHECK_INT(atomic_load(&quiz.last), MCPS_EPROTOCOL);
    CHECK(is_ok(&round));
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(end(&round));
}

static void other_results_that_are_refused(void)
{
    static const struct {
        const char *tool, *responses;
    } cases[] = {
        { "sample", "{\"sample\":{}}" },
        { "sample", "{\"sample\":{\"role\":\"assistant\",\"content\":{\"type\":\"text\","
                    "\"text\":\"a\"}}}" },
        { "sample",
          "{\"sample\":{\"role\":\"system\",\"model\":\"m\",\"content\":{\"type\":"
          "\"text\",\"text\":\"a\"}}}" },
        { "sample",
          "{\"sample\":{\"role\":\"user\",\"model\":\"m\",\"content\":\"a\"}}" },
        { "sample", "{\"sample\":{\"role\":\"user\",\"model\":\"m\",\"content\":[1]}}" },
        { "three", "{\"places\":{\"roots\":{}}}" },
        { "three", "{\"places\":{\"roots\":[{}]}}" },
        { "three", "{\"places\":{}}" },
    };
    struct round round = { .wire = { .memory = NULL } };

    CHECK(begin(&round, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[16];

        unit_note_on_failure("%s", cases[i].responses);
        snprintf(id, sizeof id, "%zu", i);
        CHECK(quiz_retry(&round.wire, id, cases[i].tool, cases[i].responses, NULL));
        CHECK_INT(answer_code(wire_answer(&round.wire, id)), -32602);
    }
    CHECK(is_ok(&round));
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(end(&round));
}

static void what_does_not_fit_is_asked_again(void)
{
    static const char *const contents[] = {
        ",\"content\":{\"mail\":\"not a mail\"}",
        ",\"content\":{\"mail\":\"a@example.com\",\"age\":1.5}",
        ",\"content\":{\"mail\":\"a@example.com\",\"likes\":[\"pink\"]}",
        ",\"content\":{}",
        "",
    };
    struct round round = { .wire = { .memory = NULL } };
    struct json_object *answer;

    CHECK(begin(&round, NULL));
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        char id[16], responses[256];

        unit_note_on_failure("%s", contents[i]);
        snprintf(id, sizeof id, "%zu", i);
        snprintf(responses, sizeof responses, "{\"every\":{\"action\":\"accept\"%s}}",
                 contents[i]);
        CHECK(quiz_retry(&round.wire, id, "form", responses, NULL));
        answer = wire_answer(&round.wire, id);
        CHECK_STR(quiz_type(answer), "input_required");
        CHECK(quiz_question(answer, "every"));
    }
    unit_note_on_failure("%s", "");
    CHECK_INT(scene_logged(&round.scene, "every of tool form"), 5);
    CHECK(quiz_retry(&round.wire, "9", "form",
                     "{\"every\":{\"action\":\"accept\",\"content\":{\"mail\":"
                     "\"a@example.com\",\"likes\":[\"red\",\"blue\"]}}}",
                     NULL));
    CHECK_STR(answer_text(wire_answer(&round.wire, "9")), "300 0 a@example.com 2");
    CHECK(is_ok(&round));
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(end(&round));
}

/* What a handler says, though it asked, is its result. */
static void a_handler_that_does_not_wait_for_the_answer(void)
{
    struct round round = { .wire = { .memory = NULL } };

    CHECK(begin(&round, NULL));
    CHECK(quiz_call(&round.wire, "1", "shut", "", NULL));
    CHECK_STR(answer_text(wire_answer(&round.wire, "1")), "whatever");
    CHECK_INT(atomic_load(&quiz.last), MCPS_EINPUT);
    CHECK(is_ok(&round));
out:
    CHECK_AFTER(end(&round));
}

/* ---- sampling ---- */

static void samplings_that_cannot_be(void)
{
#define USE    "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"t\",\"input\":{}}"
#define RESULT "{\"type\":\"tool_result\",\"toolUseId\":\"a\",\"content\":[]}"
#define TEXT   "{\"type\":\"text\",\"text\":\"x\"}"
    static const struct {
        const char *messages;
        int result;
    } cases[] = {
        { "[{\"role\":\"user\",\"content\":" TEXT "}]", MCPS_EINPUT },
        { "[{\"role\":\"user\",\"content\":[" TEXT "," TEXT "]}]", MCPS_EINPUT },
        { "[{\"role\":\"assistant\",\"content\":" USE
          "},{\"role\":\"user\",\"content\":[" RESULT "]}]",
          MCPS_EINPUT },
        { "[{\"role\":\"assistant\",\"content\":" USE
          "},{\"role\":\"user\",\"content\":[" RESULT "," TEXT "]}]",
          -EINVAL },
        { "[{\"role\":\"assistant\",\"content\":" USE
          "},{\"role\":\"user\",\"content\":" TEXT "}]",
          -EINVAL },
        { "[{\"role\":\"assistant\",\"content\":" USE "}]", -EINVAL },
        { "[{\"role\":\"user\",\"content\":" RESULT "}]", -EINVAL },
        { "[{\"role\":\"user\",\"content\":" USE
          "},{\"role\":\"user\",\"content\":" RESULT "}]",
          -EINVAL },
        { "[{\"role\":\"assistant\",\"content\":[" USE "," TEXT
          "]},{\"role\":\"assistant\","
          "\"content\":" RESULT "}]",
          -EINVAL },
        { "[]", -EINVAL },
        { "{}", -EINVAL },
        { "[{\"role\":\"system\",\"content\":" TEXT "}]", -EINVAL },
        { "[{\"role\":\"user\",\"content\":\"x\"}]", -EINVAL },
        { "nonsense", -EINVAL },
    };
    struct round round = { .wire = { .memory = NULL } };

    CHECK(begin(&round, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[16];

        unit_note_on_failure("%s", cases[i].messages);
        snprintf(id, sizeof id, "%zu", i);
        quiz.samples = cases[i].messages;
        CHECK(quiz_call(&round.wire, id, "sample", "", NULL));
        CHECK(wire_answer(&round.wire, id));
        CHECK_INT(atomic_load(&quiz.last), cases[i].result);
    }
    CHECK(scene_idle(&round.scene) && wire_ok(&round.wire));
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(end(&round));
#undef USE
#undef RESULT
#undef TEXT
}

static void samplings_that_take_more(void)
{
    struct round round = { .wire = { .memory = NULL } };

    CHECK(begin(&round, NULL));
    quiz.tools = "[ {\"name\": \"t\",\n\"inputSchema\": {\"type\": \"object\"}} ]";
    CHECK(quiz_call(&round.wire, "1", "sample", "", NULL));
    CHECK_STR(quiz_line(json_object_object_get(
                  json_object_object_get(
                      quiz_question(wire_answer(&round.wire, "1"), "sample"), "params"),
                  "tools")),
              "[{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\"}}]");
    CHECK(quiz_call(&round.wire, "2", "sample", "", "{\"sampling\":{\"context\":{}}}"));
    CHECK(wire_answer(&round.wire, "2"));
    CHECK_INT(atomic_load(&quiz.last), MCPS_ECAPABILITY);
    quiz.tools = NULL;
    quiz.context = "allServers";
    CHECK(quiz_call(&round.wire, "3", "sample", "", "{\"sampling\":{\"context\":{}}}"));
    CHECK_STR(quiz_type(wire_answer(&round.wire, "3")), "input_required");
    CHECK(quiz_call(&round.wire, "4", "sample", "", "{\"sampling\":{\"tools\":{}}}"));
    CHECK(wire_answer(&round.wire, "4"));
    CHECK_INT(atomic_load(&quiz.last), MCPS_ECAPABILITY);
    quiz.context = "none";
    CHECK(quiz_call(&round.wire, "5", "sample", "", "{\"sampling\":{}}"));
    CHECK_STR(quiz_type(wire_answer(&round.wire, "5")), "input_required");
    CHECK(is_ok(&round));
out:
    CHECK_AFTER(end(&round));
}

static const struct unit_test rounds_tests[] = {
    UNIT_TEST_ONCE(a_wizard_in_three_rounds, "it has threads"),
    UNIT_TEST_ONCE(all_answers_on_the_first_call, "it has threads"),
    UNIT_TEST_ONCE(declined_and_dismissed, "it has threads"),
    UNIT_TEST_ONCE(three_questions_are_one_round, "it has threads"),
    UNIT_TEST_ONCE(only_what_the_client_has_declared, "it has threads"),
    UNIT_TEST_ONCE(a_url_has_no_id, "it has threads"),
    UNIT_TEST_ONCE(answers_that_are_refused, "it has threads"),
    UNIT_TEST_ONCE(other_results_that_are_refused, "it has threads"),
    UNIT_TEST_ONCE(what_does_not_fit_is_asked_again, "it has threads"),
    UNIT_TEST_ONCE(a_handler_that_does_not_wait_for_the_answer, "it has threads"),
    UNIT_TEST_ONCE(samplings_that_cannot_be, "it has threads"),
    UNIT_TEST_ONCE(samplings_that_take_more, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "rounds", rounds_tests },
        { "rounds_state", rounds_state_tests },
        { "rounds_unwind", rounds_unwind_tests },
    };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
