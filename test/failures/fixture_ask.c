/* SPDX-License-Identifier: MIT */
/* The tools of the conformance fixture that ask for one thing: what they ask, and what they make
 * of the answer, by requests and by results. */
#include "config.h"

#include "booth.h"

#include <stdio.h>

struct ask {
    const char *tool, *arguments, *key, *method, *params;
    struct {
        const char *answer, *text; /* of the user or the model, and of the tool */
    } ends[3];
};

#define ACCEPT(content) "{\"action\":\"accept\",\"content\":" content "}"
#define FORM(message, schema) \
    "{\"message\":\"" message "\",\"requestedSchema\":{\"type\":\"object\"," schema "}}"
#define REFUSALS(what)                                                   \
    { "{\"action\":\"decline\"}", what ": action=decline, content={}" }, \
    {                                                                    \
        "{\"action\":\"cancel\"}", what ": action=cancel, content={}"    \
    }
#define SAMPLE(text)                                                                          \
    "{\"role\":\"assistant\",\"model\":\"m\",\"content\":{\"type\":\"text\",\"text\":\"" text \
    "\"}}"
#define TITLED(a, b) "{\"const\":\"" a "\",\"title\":\"" b "\"}"

static const struct ask asks[] = {
    { "test_sampling",
      "{\"prompt\":\"Test prompt\"}",
      "sample",
      "sampling/createMessage",
      "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"Test "
      "prompt\"}}],\"maxTokens\":100}",
      { { SAMPLE("This is a test"), "LLM response: This is a test" } } },
    { "test_elicitation",
      "{\"message\":\"Please say\"}",
      "user",
      "elicitation/create",
      FORM("Please say",
           "\"properties\":{\"username\":{\"type\":\"string\",\"description\":\"User's "
           "response\"},\"email\":{\"type\":\"string\",\"description\":\"User's email "
           "address\"}},\"required\":[\"username\",\"email\"]"),
      { { ACCEPT("{\"username\":\"testuser\",\"email\":\"test@example.com\"}"),
          "User response: action=accept, "
          "content={\"username\":\"testuser\",\"email\":\"test@example.com\"}" },
        REFUSALS("User response") } },
    { "test_elicitation_sep1034_defaults",
      "{}",
      "defaults",
      "elicitation/create",
      FORM(
          "Please review and update the form fields with defaults",
          "\"properties\":{\"name\":{\"type\":\"string\",\"description\":\"User name\","
          "\"default\":\"John Doe\"},\"age\":{\"type\":\"integer\",\"description\":\"User "
          "age\",\"default\":30},\"score\":{\"type\":\"number\",\"description\":\"User "
          "score\",\"default\":95.5},\"status\":{\"type\":\"string\",\"description\":\"User "
          "status\",\"enum\":[\"active\",\"inactive\",\"pending\"],\"default\":\"active\"},"
          "\"verified\":{\"type\":\"boolean\",\"description\":\"Verification status\","
          "\"default\":true}}"),
      { { ACCEPT("{\"name\":\"Jane Smith\",\"age\":25,\"score\":88.25,\"status\":"
                 "\"inactive\",\"verified\":false}"),
          "Elicitation completed: action=accept, content={\"name\":\"Jane Smith\","
          "\"age\":25,\"score\":88.25,\"status\":\"inactive\",\"verified\":false}" },
        REFUSALS("Elicitation completed") } },
    { "test_elicitation_sep1330_enums",
      "{}",
      "choices",
      "elicitation/create",
      FORM(
          "Please select options from the enum fields",
          "\"properties\":{\"untitledSingle\":{\"type\":\"string\",\"description\":"
          "\"Select one option\",\"enum\":[\"option1\",\"option2\",\"option3\"]},"
          "\"titledSingle\":{\"type\":\"string\",\"description\":\"Select one option with "
          "titles\",\"oneOf\":[" TITLED("value1", "First Option") "," TITLED("value2", "Second Option") "," TITLED(
              "value3",
              "Third Option") "]},\"legacyEnum\":"
                              "{\"type\":\"string\",\"description\":\"Select one option with names\","
                              "\"enum\":[\"opt1\",\"opt2\",\"opt3\"],\"enumNames\":[\"Option One\",\"Option "
                              "Two\",\"Option Three\"]},\"untitledMulti\":{\"type\":\"array\",\"description\":"
                              "\"Select options\",\"items\":{\"type\":\"string\",\"enum\":[\"option1\","
                              "\"option2\",\"option3\"]}},\"titledMulti\":{\"type\":\"array\","
                              "\"description\":\"Select options with titles\",\"items\":{\"anyOf\":[" TITLED(
                                  "value1",
                                  "First Choice") "," TITLED("value2",
                                                             "Second Choice") "," TITLED("value3",
                                                                                         "Third Choice") "]}}}"),
      { { ACCEPT("{\"untitledSingle\":\"option1\",\"titledSingle\":\"value2\","
                 "\"legacyEnum\":\"opt3\",\"untitledMulti\":[\"option1\",\"option3\"],"
                 "\"titledMulti\":[]}"),
          "Elicitation completed: action=accept, content={\"untitledSingle\":\"option1\","
          "\"titledSingle\":\"value2\",\"legacyEnum\":\"opt3\",\"untitledMulti\":["
          "\"option1\",\"option3\"],\"titledMulti\":[]}" },
        { ACCEPT("{}"), "Elicitation completed: action=accept, content={}" },
        { "{\"action\":\"decline\"}",
          "Elicitation completed: action=decline, content={}" } } },
};

static bool send_call(struct booth *booth, const struct ask *ask, const char *more)
{
    char params[4000];

    snprintf(params, sizeof params, "\"name\":\"%s\",\"arguments\":%s%s", ask->tool,
             ask->arguments, more);
    return booth_send(booth, "tools/call", params);
}

/* It says what it says in our requests, and what the model is asked with. */
static const char *question_of(struct json_object *request)
{
    struct json_object *params = booth_member(request, "params");

    json_object_object_del(params, "_meta");
    return quiz_line(params);
}

static void asked_by_requests(void)
{
    struct booth booth;
    struct json_object *request;

    CHECK(booth_open(&booth, false));
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        const struct ask *ask = &asks[i];

        for (size_t end = 0; end < 3 && ask->ends[end].answer; end++) {
            CHECK(send_call(&booth, ask, ""));
            request = wire_await(&booth.wire, ask->method);
            CHECK_STR(question_of(request), ask->params);
            CHECK(quiz_give(&booth.wire, request, ask->ends[end].answer));
            CHECK_STR(answer_text(booth_answer(&booth)), ask->ends[end].text);
            CHECK(!answer_is_error(booth_answer(&booth)));
        }
    }
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

static void asked_by_results(void)
{
    struct booth booth;
    struct json_object *answer, *question;
    char more[2000];

    CHECK(booth_open(&booth, true));
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        const struct ask *ask = &asks[i];

        for (size_t end = 0; end < 3 && ask->ends[end].answer; end++) {
            CHECK(send_call(&booth, ask, ""));
            answer = booth_answer(&booth);
            CHECK_STR(quiz_type(answer), "input_required");
            CHECK_INT(quiz_n_questions(answer), 1);
            question = quiz_question(answer, ask->key);
            CHECK_STR(json_object_get_string(booth_member(question, "method")),
                      ask->method);
            CHECK_STR(quiz_line(booth_member(question, "params")), ask->params);
            CHECK_STR(quiz_state(answer), "");
            snprintf(more, sizeof more, ",\"inputResponses\":{\"%s\":%s}", ask->key,
                     ask->ends[end].answer);
            CHECK(send_call(&booth, ask, more));
            CHECK_STR(quiz_type(booth_answer(&booth)), "complete");
            CHECK_STR(answer_text(booth_answer(&booth)), ask->ends[end].text);
            CHECK(!answer_is_error(booth_answer(&booth)));
        }
    }
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

/* ---- who cannot be asked ---- */

static void clients_without_sampling(void)
{
    struct booth booth;
    struct json_object *answer;

    CHECK(booth_open(&booth, true));
    CHECK(quiz_call(&booth.wire, "\"m\"", "test_missing_capability", "", "{}"));
    answer = wire_answer(&booth.wire, "\"m\"");
    CHECK_INT(answer_code(answer), -32021);
    CHECK_STR(quiz_line(booth_member(booth_member(answer, "error"), "data")),
              "{\"requiredCapabilities\":{\"sampling\":{}}}");
    CHECK(quiz_call(&booth.wire, "\"s\"", "test_missing_capability", "",
                    "{\"sampling\":{}}"));
    CHECK_STR(answer_text(wire_answer(&booth.wire, "\"s\"")),
              "The client has declared sampling.");
    wire_free(&booth.wire);
    CHECK(wire_connect(&booth.wire, &booth.scene, NULL));
    CHECK(wire_init(&booth.wire, "2025-11-25", "{}"));
    CHECK(wire_call(&booth.wire, "2", "test_missing_capability", NULL));
    CHECK(answer_is_error(wire_answer(&booth.wire, "2")));
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

const struct unit_test fixture_ask_tests[] = {
    UNIT_TEST_ONCE(asked_by_requests, "it has threads"),
    UNIT_TEST_ONCE(asked_by_results, "it has threads"),
    UNIT_TEST_ONCE(clients_without_sampling, "it has threads"),
    UNIT_END,
};
