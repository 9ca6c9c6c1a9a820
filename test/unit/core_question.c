/* SPDX-License-Identifier: MIT */
/* Questions, samplings, and the answers that a call keeps. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <json-c/json_object.h>

#include "core/answers.h"
#include "core/engine.h"
#include "core/question.h"
#include "core/sampling.h"
#include "unit.h"
#include "util/mem.h"

#define FORM(ARG, S)                                 \
    ARG(S, STRING, name, "Your name", MCPS_REQUIRED) \
    ARG(S, INT, age, NULL, MCPS_OPTIONAL, .default_json = "7")
MCPS_FORM(form, FORM);

static const struct mcps_sampling sampling =
    MCPS_SAMPLING(.messages = "[{\"role\":\"user\",\n\"content\":{\"type\":\"text\","
                              "\"text\":\"x\"}}]",
                  .max_tokens = 9, .system_prompt = "s", .metadata = " {\"a\" : 1}");

static const struct mcps_question questions[] = {
    MCPS_ASK_FORM(form, "form", "Who?"),
    MCPS_ASK_URL("url", "Go", "https://example.com/", "id"),
    MCPS_ASK_SAMPLING("sampling", &sampling),
    MCPS_ASK_ROOTS("roots"),
};

static int make(struct mcps__question *question, const struct mcps_question *of)
{
    char why[MCPS__ARGS_ERROR_SIZE] = "";
    struct mcps__context *context = NULL;
    int r = mcps__context_new(&context, MCPS__V_2025_11_25, ~0U, NULL);

    *question = (struct mcps__question){ .of = NULL };
    if (r >= 0)
        r = mcps__question_make(question, of, context, why, sizeof why);
    mcps__context_unref(context);
    return r;
}

/* ---- questions ---- */

static void questions_are_made(void)
{
    static const char *const params[] = {
        "{\"message\":\"Who?\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{"
        "\"name\":{\"type\":\"string\",\"description\":\"Your name\"},\"age\":{\"type\":"
        "\"integer\",\"default\":7}},\"required\":[\"name\"]}}",
        "{\"mode\":\"url\",\"message\":\"Go\",\"url\":\"https://example.com/\","
        "\"elicitationId\":\"id\"}",
        "{\"messages\":[{\"role\":\"user\", \"content\":{\"type\":\"text\",\"text\":\"x\"}}],"
        "\"maxTokens\":9,\"systemPrompt\":\"s\",\"metadata\": {\"a\" : 1}}",
        "{}",
    };
    struct mcps__question question = { .of = NULL }, again = { .of = NULL };

    for (size_t i = 0; i < 4; i++) {
        CHECK_INT(make(&question, &questions[i]), 0);
        CHECK_STR(question.params.data, params[i]);
        CHECK_INT(make(&again, &questions[i]), 0);
        CHECK_STR(question.digest, again.digest);
        CHECK_INT(strlen(question.digest), MCPS__DIGEST_LEN);
        mcps__question_fini(&question);
        mcps__question_fini(&again);
    }
out:
    mcps__question_fini(&question);
    mcps__question_fini(&again);
}

/* ---- answers ---- */

static int read_text(struct mcps__question *question, const char *text)
{
    static struct mcps__engine engine;
    char why[MCPS__ARGS_ERROR_SIZE];

    engine.json_limits = mcps__json_default_limits;
    return mcps__question_read(question, &engine, text, strlen(text), why, sizeof why);
}

static void answers_are_read(void)
{
    struct mcps__question question = { .of = NULL };
    const struct form *value;

    CHECK_INT(make(&question, &questions[0]), 0);
    CHECK_INT(read_text(&question,
                        "{\"action\":\"accept\",\"content\":{\"name\":\"Gr\\u00fc"
                        "n\",\"other\":1}}"),
              MCPS_ACCEPTED);
    value = mcps__args_struct(&question.form->args);
    CHECK_STR(value->name, "Gr\xc3\xbcn");
    CHECK_INT(value->age, 7);
    mcps__question_fini(&question);
    CHECK_INT(make(&question, &questions[3]), 0);
    CHECK_INT(read_text(&question, "{\"roots\":[{\"uri\":\"file:///\"}]}"), 0);
    CHECK_INT(json_object_array_length(question.json), 1);
out:
    mcps__question_fini(&question);
}

/* ---- the store ---- */

static void what_is_asked_is_found_again(void)
{
    struct mcps__answers *answers = mcps__answers_new();
    struct mcps__question question = { .of = NULL }, other = { .of = NULL };
    struct mcps_question reworded = questions[0];
    struct mcps__buf text;

    mcps__buf_init(&text, SIZE_MAX);
    reworded.message = "Who are you?";
    CHECK(answers);
    CHECK_INT(make(&question, &questions[0]), 0);
    CHECK_INT(make(&other, &reworded), 0);
    CHECK(strcmp(question.digest, other.digest) != 0);
    CHECK_INT(mcps__answers_find(answers, &question, &text), 1);
    CHECK_INT(mcps__answers_want(answers, NULL, &question), 0);
    CHECK_INT(mcps__answers_want(answers, NULL, &question), 0);
    CHECK_INT(mcps__answers_want(answers, NULL, &other), -EINVAL);
    CHECK(!answers->wanted->next);
    CHECK_INT(mcps__answers_store(answers, answers->wanted, 0, "{\"a\":1}", 7,
                                  &mcps__json_default_limits),
              0);
    CHECK_INT(mcps__answers_find(answers, &question, &text), 0);
    CHECK_MEM(text.data, text.len, "{\"a\":1}", 7);
    /* Another question under the same key has no answer. */
    CHECK_INT(mcps__answers_find(answers, &other, &text), 1);
    CHECK(!answers->used);
    CHECK_INT(mcps__answers_use(answers, &question), 0);
    CHECK_INT(json_object_object_length(answers->used), 1);
    CHECK_INT(mcps__answers_store(answers, answers->wanted, MCPS_ETIMEDOUT, NULL, 0,
                                  &mcps__json_default_limits),
              0);
    CHECK_INT(mcps__answers_find(answers, &question, &text), MCPS_ETIMEDOUT);
out:
    mcps__question_fini(&question);
    mcps__question_fini(&other);
    mcps__answers_free(answers);
    mcps__buf_fini(&text);
}

static void notes_are_kept(void)
{
    struct mcps__answers *answers = mcps__answers_new();
    struct mcps__note *a, *b;

    CHECK(answers);
    a = mcps__note_add(&answers->once, "a", 1);
    CHECK(a);
    b = mcps__note_add(&answers->once, "b", 1);
    CHECK(b);
    CHECK(mcps__note_find(answers->once, "b") == b);
    CHECK(!mcps__note_find(answers->once, "c") && !mcps__note_find(NULL, "a"));
    mcps__note_remove(&answers->once, a);
    CHECK(answers->once == b);
    b->text = mcps__memdup("12", 2);
    CHECK(b->text);
    b->len = 2;
    CHECK(mcps__answers_carried(answers) > 2);
out:
    mcps__answers_free(answers);
}

const struct unit_test core_question_tests[] = {
    UNIT_TEST(questions_are_made),
    UNIT_TEST(answers_are_read),
    UNIT_TEST(what_is_asked_is_found_again),
    UNIT_TEST(notes_are_kept),
    UNIT_END,
};
