/* SPDX-License-Identifier: MIT */
/* The tools of the conformance fixture that ask in rounds, and its prompt, with all that the
 * suite tries on them; and the same by requests. */
#include "config.h"

#include "booth.h"

#include <stdio.h>
#include <string.h>

#define TOOL(name)      "test_input_required_result_" name
#define ACCEPT(content) "{\"action\":\"accept\",\"content\":{" content "}}"
#define FORM(message, name, type)                                           \
    "{\"method\":\"elicitation/create\",\"params\":{\"message\":\"" message \
    "\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"" name   \
    "\":{\"type\":\"" type "\"}},\"required\":[\"" name "\"]}}}"
#define SAMPLING(text, n)                                                               \
    "{\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[{\"role\":"       \
    "\"user\",\"content\":{\"type\":\"text\",\"text\":\"" text "\"}}],\"maxTokens\":" n \
    "}}"
#define ROOTS     "{\"method\":\"roots/list\",\"params\":{}}"
#define USER_NAME "\"user_name\":" FORM("What is your name?", "name", "string")
#define CAPITAL   "\"capital_question\":" SAMPLING("What is the capital of France?", "100")

#define SAMPLED(text)                                                                         \
    "{\"role\":\"assistant\",\"model\":\"m\",\"content\":{\"type\":\"text\",\"text\":\"" text \
    "\"}}"
#define MY_ROOTS "{\"roots\":[{\"uri\":\"file:///a\",\"name\":\"A\"}]}"

/* ---- one round of each ---- */

struct round {
    const char *tool, *questions, *responses, *text;
    bool has_state;
};

static const struct round rounds[] = {
    { TOOL("elicitation"), "{" USER_NAME "}",
      "{\"user_name\":" ACCEPT("\"name\":\"Alice\"") "}", "Hello, Alice!", false },
    { "test_streaming_elicitation", "{" USER_NAME "}",
      "{\"user_name\":" ACCEPT("\"name\":\"Alice\"") "}", "Hello, Alice!", false },
    { TOOL("elicitation"), "{" USER_NAME "}", "{\"user_name\":{\"action\":\"decline\"}}",
      "The user did not accept: action=decline", false },
    { TOOL("sampling"), "{" CAPITAL "}", "{\"capital_question\":" SAMPLED("Paris") "}",
      "LLM response: Paris", false },
    { TOOL("list_roots"), "{\"client_roots\":" ROOTS "}",
      "{\"client_roots\":" MY_ROOTS "}",
      "Client roots: [{\"uri\":\"file:///a\",\"name\":\"A\"}]", false },
    { TOOL("request_state"), "{\"confirm\":" FORM("Please confirm", "ok", "boolean") "}",
      "{\"confirm\":" ACCEPT("\"ok\":true") "}", "state-ok, ok=true", true },
    { TOOL("tampered_state"), "{\"confirm\":" FORM("Please confirm", "ok", "boolean") "}",
      "{\"confirm\":" ACCEPT("\"ok\":false") "}", "state-ok, ok=false", true },
    { TOOL("multiple_inputs"),
      "{" USER_NAME ",\"greeting\":" SAMPLING("Generate a greeting",
                                              "50") ",\"client_roots\":" ROOTS "}",
      "{\"user_name\":" ACCEPT("\"name\":\"Alice\"") ",\"greeting\":" SAMPLED(
          "Welcome,") ",\"client_roots\":" MY_ROOTS "}",
      "Welcome, Alice, roots: [{\"uri\":\"file:///a\",\"name\":\"A\"}]", true },
    { TOOL("capabilities"), "{" USER_NAME "," CAPITAL ",\"client_roots\":" ROOTS "}",
      "{\"user_name\":" ACCEPT("\"name\":\"Alice\"") ",\"capital_question\":" SAMPLED(
          "Paris") ",\"client_roots\":" MY_ROOTS "}",
      "Answers: 3", false },
};

static struct json_object *questions_of(struct json_object *answer)
{
    return booth_member(booth_member(answer, "result"), "inputRequests");
}

static void one_round_of_each(void)
{
    struct booth booth;
    struct json_object *asked, *answer;

    CHECK(booth_open(&booth, true));
    for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
        const struct round *round = &rounds[i];
        char id[2][16];

        unit_note_on_failure("%s", round->tool);
        snprintf(id[0], sizeof id[0], "%zu", 2 * i);
        snprintf(id[1], sizeof id[1], "%zu", 2 * i + 1);
        CHECK(quiz_call(&booth.wire, id[0], round->tool, "", NULL));
        asked = wire_answer(&booth.wire, id[0]);
        CHECK_STR(quiz_type(asked), "input_required");
        CHECK_STR(quiz_line(questions_of(asked)), round->questions);
        CHECK((*quiz_state(asked) != '\0') == round->has_state);
        CHECK(!booth_member(booth_member(asked, "result"), "ttlMs"));
        CHECK(quiz_retry(&booth.wire, id[1], round->tool, round->responses, asked));
        answer = wire_answer(&booth.wire, id[1]);
        CHECK_STR(quiz_type(answer), "complete");
        CHECK_STR(answer_text(answer), round->text);
        CHECK(!answer_is_error(answer));
    }
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

/* Each time with a state of its own. */
static void one_round_after_the_other(void)
{
    struct booth booth;
    struct json_object *first, *second, *answer;

    CHECK(booth_open(&booth, true));
    CHECK(quiz_call(&booth.wire, "1", TOOL("multi_round"), "", NULL));
    first = wire_answer(&booth.wire, "1");
    CHECK_STR(quiz_line(questions_of(first)),
              "{\"step1\":" FORM("Step 1: What is your name?", "name", "string") "}");
    CHECK(*quiz_state(first));
    CHECK(quiz_retry(&booth.wire, "2", TOOL("multi_round"),
                     "{\"step1\":" ACCEPT("\"name\":\"Alice\"") "}", first));
    second = wire_answer(&booth.wire, "2");
    CHECK_STR(quiz_line(questions_of(second)),
              "{\"step2\":" FORM("Step 2: What is your favorite color?", "color",
                                 "string") "}");
    CHECK(*quiz_state(second) && strcmp(quiz_state(first), quiz_state(second)) != 0);
    CHECK(quiz_retry(&booth.wire, "3", TOOL("multi_round"),
                     "{\"step2\":" ACCEPT("\"color\":\"blue\"") "}", second));
    answer = wire_answer(&booth.wire, "3");
    CHECK_STR(quiz_type(answer), "complete");
    CHECK_STR(answer_text(answer), "Hello, Alice! Your favorite color is blue.");
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

/* ---- what is no answer ---- */

/* What came is asked for again, or is an error, but never enough. */
static void answers_that_are_none(void)
{
    static const struct {
        const char *responses;
        int code; /* 0: asked again */
    } cases[] = {
        { "{}", 0 },
        { "{\"wrong_key\":" ACCEPT("\"name\":\"Alice\"") "}", 0 },
        { "{\"user_name\":12345}", -32602 },
        { "{\"user_name\":null}", -32602 },
        { "{\"user_name\":\"Alice\"}", -32602 },
        { "null", -32602 },
        { "[]", -32602 },
    };
    struct booth booth;
    struct json_object *answer;

    CHECK(booth_open(&booth, true));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[16];

        unit_note_on_failure("%s", cases[i].responses);
        snprintf(id, sizeof id, "%zu", i);
        CHECK(quiz_retry(&booth.wire, id, TOOL("elicitation"), cases[i].responses, NULL));
        answer = wire_answer(&booth.wire, id);
        CHECK_INT(answer_code(answer), cases[i].code);
        if (cases[i].code == 0)
            CHECK_STR(quiz_line(questions_of(answer)), "{" USER_NAME "}");
    }
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

/* An answer may come with the first request, and more than was asked for with it. */
static void answered_before_it_is_asked(void)
{
    struct booth booth;

    CHECK(booth_open(&booth, true));
    CHECK(quiz_retry(&booth.wire, "1", TOOL("elicitation"),
                     "{\"user_name\":" ACCEPT("\"name\":\"Alice\"") ",\"extra\":" ACCEPT(
                         "\"foo\":1") ",\"another\":" ACCEPT("") "}",
                     NULL));
    CHECK_STR(quiz_type(wire_answer(&booth.wire, "1")), "complete");
    CHECK_STR(answer_text(wire_answer(&booth.wire, "1")), "Hello, Alice!");
    CHECK(quiz_retry(&booth.wire, "2", TOOL("request_state"),
                     "{\"confirm\":" ACCEPT("\"ok\":true") "}", NULL));
    CHECK_STR(answer_text(wire_answer(&booth.wire, "2")), "no state, ok=true");
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

static void states_that_were_tampered_with(void)
{
    static const char *const tools[] = { TOOL("request_state"), TOOL("tampered_state") };
    struct booth booth;
    char more[3000];

    CHECK(booth_open(&booth, true));
    for (int i = 0; i < 2; i++) {
        char id[2][16];

        snprintf(id[0], sizeof id[0], "%d", 2 * i);
        snprintf(id[1], sizeof id[1], "%d", 2 * i + 1);
        CHECK(quiz_call(&booth.wire, id[0], tools[i], "", NULL));
        snprintf(more, sizeof more,
                 ",\"inputResponses\":{\"confirm\":" ACCEPT(
                     "\"ok\":true") "},\"requestState\":\"%s-TAMPERED\"",
                 quiz_state(wire_answer(&booth.wire, id[0])));
        CHECK(quiz_call(&booth.wire, id[1], tools[i], more, NULL));
        CHECK_INT(answer_code(wire_answer(&booth.wire, id[1])), -32602);
    }
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

/* ---- what the client can give ---- */

static void only_what_was_declared_is_asked_for(void)
{
    static const struct {
        const char *capabilities, *questions; /* NULL: none */
    } cases[] = {
        { "{\"sampling\":{}}", "{" CAPITAL "}" },
        { "{\"elicitation\":{}}", "{" USER_NAME "}" },
        { "{\"roots\":{}}", "{\"client_roots\":" ROOTS "}" },
        { "{\"roots\":{},\"elicitation\":{}}",
          "{" USER_NAME ",\"client_roots\":" ROOTS "}" },
        { "{}", NULL },
    };
    struct booth booth;
    struct json_object *answer;

    CHECK(booth_open(&booth, true));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[16];

        unit_note_on_failure("%s", cases[i].capabilities);
        snprintf(id, sizeof id, "%zu", i);
        CHECK(
            quiz_call(&booth.wire, id, TOOL("capabilities"), "", cases[i].capabilities));
        answer = wire_answer(&booth.wire, id);
        if (cases[i].questions)
            CHECK_STR(quiz_line(questions_of(answer)), cases[i].questions);
        else
            CHECK_STR(answer_text(answer), "Answers: 0");
    }
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

/* ---- the prompt ---- */

#define PROMPT  "\"name\":\"" TOOL("prompt") "\""
#define CONTEXT FORM("What context should the prompt use?", "context", "string")
#define PROMPTS                                            \
    "{\"messages\":[{\"role\":\"user\",\"content\":" TEXT( \
        "Use this context: tests") "}],"                   \
                                   "\"description\":\"Asks for a context, and makes a prompt of it\"}"

static void a_prompt_asks(void)
{
    struct booth booth;
    struct json_object *asked;

    CHECK(booth_open(&booth, true));
    CHECK(booth_send(&booth, "prompts/get", PROMPT));
    asked = booth_answer(&booth);
    CHECK_STR(quiz_type(asked), "input_required");
    CHECK_STR(quiz_line(questions_of(asked)), "{\"user_context\":" CONTEXT "}");
    CHECK_STR(booth_ask(&booth, "prompts/get",
                        PROMPT ",\"inputResponses\":{\"user_context\":" ACCEPT(
                            "\"context\":\"tests\"") "}"),
              PROMPTS);
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

/* ---- by requests ---- */

static const char *answer_to(const char *method, const char *message)
{
    if (strcmp(method, "roots/list") == 0)
        return MY_ROOTS;
    if (strcmp(method, "sampling/createMessage") == 0)
        return SAMPLED("Paris");
    if (strstr(message, "confirm"))
        return ACCEPT("\"ok\":true");
    if (strstr(message, "color"))
        return ACCEPT("\"color\":\"blue\"");
    return strstr(message, "context") ? ACCEPT("\"context\":\"tests\"")
                                      : ACCEPT("\"name\":\"Alice\"");
}

/* Answers everything that comes up to the answer to the latest request. */
static struct json_object *give_all(struct booth *booth)
{
    struct json_object *message, *method;

    while ((message = wire_next(&booth->wire, WATCHDOG_MS)) != NULL) {
        method = booth_member(message, "method");
        if (!method)
            return message;
        if (!quiz_give(&booth->wire, message,
                       answer_to(json_object_get_string(method),
                                 quiz_line(booth_member(message, "params")))))
            return NULL;
    }
    return NULL;
}

static void the_same_by_requests(void)
{
    static const struct {
        const char *tool, *text;
    } cases[] = {
        { "test_streaming_elicitation", "Hello, Alice!" },
        { TOOL("elicitation"), "Hello, Alice!" },
        { TOOL("sampling"), "LLM response: Paris" },
        { TOOL("list_roots"), "Client roots: [{\"uri\":\"file:///a\",\"name\":\"A\"}]" },
        { TOOL("request_state"), "no state, ok=true" },
        { TOOL("tampered_state"), "no state, ok=true" },
        { TOOL("multiple_inputs"),
          "Paris Alice, roots: [{\"uri\":\"file:///a\",\"name\":\"A\"}]" },
        { TOOL("multi_round"), "Hello, Alice! Your favorite color is blue." },
        { TOOL("capabilities"), "Answers: 3" },
    };
    struct booth booth;
    char params[100];

    CHECK(booth_open(&booth, false));
    booth.wire.next = booth.wire.n_messages;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_note_on_failure("%s", cases[i].tool);
        snprintf(params, sizeof params, "\"name\":\"%s\"", cases[i].tool);
        CHECK(booth_send(&booth, "tools/call", params));
        CHECK_STR(answer_text(give_all(&booth)), cases[i].text);
    }
    CHECK(booth_send(&booth, "prompts/get", PROMPT));
    CHECK_STR(quiz_line(booth_member(give_all(&booth), "result")), PROMPTS);
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

const struct unit_test fixture_round_tests[] = {
    UNIT_TEST_ONCE(one_round_of_each, "it has threads"),
    UNIT_TEST_ONCE(one_round_after_the_other, "it has threads"),
    UNIT_TEST_ONCE(answers_that_are_none, "it has threads"),
    UNIT_TEST_ONCE(answered_before_it_is_asked, "it has threads"),
    UNIT_TEST_ONCE(states_that_were_tampered_with, "it has threads"),
    UNIT_TEST_ONCE(only_what_was_declared_is_asked_for, "it has threads"),
    UNIT_TEST_ONCE(a_prompt_asks, "it has threads"),
    UNIT_TEST_ONCE(the_same_by_requests, "it has threads"),
    UNIT_END,
};
