/* SPDX-License-Identifier: MIT */
/*
 * Tools and a prompt that ask in rounds, one question or several at a time, with a state that
 * the client brings back and without. They work in both eras: where the client is asked by
 * requests there is one round, and no state.
 */
#include "config.h"

#include "fixture.h"

#define NAME(ARG, S) ARG(S, STRING, name, NULL, MCPS_REQUIRED)
MCPS_FORM(name_form, NAME);
#define COLOR(ARG, S) ARG(S, STRING, color, NULL, MCPS_REQUIRED)
MCPS_FORM(color_form, COLOR);
#define CONFIRM(ARG, S) ARG(S, BOOL, ok, NULL, MCPS_REQUIRED)
MCPS_FORM(confirm_form, CONFIRM);
#define CONTEXT(ARG, S) ARG(S, STRING, context, NULL, MCPS_REQUIRED)
MCPS_FORM(context_form, CONTEXT);

static const struct mcps_sampling capital =
    MCPS_SAMPLING(.prompt = "What is the capital of France?", .max_tokens = 100);
static const struct mcps_sampling greeting =
    MCPS_SAMPLING(.prompt = "Generate a greeting", .max_tokens = 50);

/* A user who does not accept ends the call. */
static int give_refusal(mcps_call *call, int reply)
{
    return mcps_call_text(call, "The user did not accept: action=%s",
                          fixture_action(reply));
}

/* ---- one question ---- */

/* Without a state: an answer may come with the very first request. */
MCPS_TOOL_HANDLER(elicitation, mcps_no_args)
{
    const struct name_form *form;
    int r = name_form_ask(call, "user_name", "What is your name?", &form);

    (void)args;
    (void)userdata;
    if (r < 0)
        return r;
    return r == MCPS_ACCEPTED ? mcps_call_text(call, "Hello, %s!", form->name)
                              : give_refusal(call, r);
}

MCPS_TOOL_HANDLER(sampling, mcps_no_args)
{
    struct json_object *sample;
    int r = mcps_call_sample(call, "capital_question", &capital, &sample);

    (void)args;
    (void)userdata;
    if (r < 0)
        return r;
    r = mcps_call_text(call, "LLM response: %s", fixture_sampled_text(sample));
    json_object_put(sample);
    return r;
}

MCPS_TOOL_HANDLER(list_roots, mcps_no_args)
{
    struct mcps_question question = MCPS_ASK_ROOTS("client_roots");
    int r = mcps_call_ask(call, &question, 1);

    (void)args;
    (void)userdata;
    if (r < 0)
        return r;
    r = mcps_call_text(call, "Client roots: %s", fixture_json(question.json));
    json_object_put(question.json);
    return r;
}

/* ---- with a state ---- */

/* What is kept goes through the client, which brings it back or is told that it did not. */
MCPS_TOOL_HANDLER(with_state, mcps_no_args)
{
    const struct confirm_form *form;
    const bool first = mcps_call_kept(call, "state") == NULL;
    int r = first ? mcps_call_keep(call, "state", "true") : 0;

    (void)args;
    (void)userdata;
    if (r >= 0)
        r = confirm_form_ask(call, "confirm", "Please confirm", &form);
    if (r < 0)
        return r;
    if (r != MCPS_ACCEPTED)
        return give_refusal(call, r);
    return mcps_call_text(call, "%s, ok=%s", first ? "no state" : "state-ok",
                          form->ok ? "true" : "false");
}

MCPS_TOOL_HANDLER(multi_round, mcps_no_args)
{
    const struct name_form *who;
    const struct color_form *paint;
    int r = mcps_call_keep(call, "begun", "true");

    (void)args;
    (void)userdata;
    if (r >= 0)
        r = name_form_ask(call, "step1", "Step 1: What is your name?", &who);
    if (r < 0)
        return r;
    if (r != MCPS_ACCEPTED)
        return give_refusal(call, r);
    r = color_form_ask(call, "step2", "Step 2: What is your favorite color?", &paint);
    if (r < 0)
        return r;
    return r == MCPS_ACCEPTED
               ? mcps_call_text(call, "Hello, %s! Your favorite color is %s.", who->name,
                                paint->color)
               : give_refusal(call, r);
}

/* ---- several questions ---- */

static void put_answers(const struct mcps_question *questions, size_t n)
{
    for (size_t i = 0; i < n; i++)
        json_object_put(questions[i].json);
}

MCPS_TOOL_HANDLER(multiple_inputs, mcps_no_args)
{
    struct mcps_question questions[] = {
        MCPS_ASK_FORM(name_form, "user_name", "What is your name?"),
        MCPS_ASK_SAMPLING("greeting", &greeting),
        MCPS_ASK_ROOTS("client_roots"),
    };
    const struct name_form *form;
    int r = mcps_call_keep(call, "begun", "true");

    (void)args;
    (void)userdata;
    if (r >= 0)
        r = mcps_call_ask(call, questions, 3);
    if (r < 0)
        return r;
    form = questions[0].form;
    r = questions[0].outcome == MCPS_ACCEPTED
            ? mcps_call_text(call, "%s %s, roots: %s",
                             fixture_sampled_text(questions[1].json), form->name,
                             fixture_json(questions[2].json))
            : give_refusal(call, questions[0].outcome);
    put_answers(questions, 3);
    return r;
}

/* Asks for all that the client can give, and nothing else. */
MCPS_TOOL_HANDLER(capabilities, mcps_no_args)
{
    static const struct {
        unsigned capability;
        struct mcps_question question;
    } all[] = {
        { MCPS_CLIENT_ELICITATION,
          MCPS_ASK_FORM(name_form, "user_name", "What is your name?") },
        { MCPS_CLIENT_SAMPLING, MCPS_ASK_SAMPLING("capital_question", &capital) },
        { MCPS_CLIENT_ROOTS, MCPS_ASK_ROOTS("client_roots") },
    };
    struct mcps_question questions[sizeof all / sizeof all[0]];
    size_t n = 0;
    int r = 0;

    (void)args;
    (void)userdata;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (mcps_call_client_can(call, all[i].capability))
            questions[n++] = all[i].question;
    }
    if (n > 0)
        r = mcps_call_ask(call, questions, n);
    if (r < 0)
        return r;
    put_answers(questions, n);
    return mcps_call_text(call, "Answers: %zu", n);
}

/* ---- a prompt ---- */

MCPS_PROMPT_HANDLER(context, mcps_no_args)
{
    const struct context_form *form;
    int r = context_form_ask(call, "user_context", "What context should the prompt use?",
                             &form);

    (void)args;
    (void)userdata;
    if (r < 0)
        return r;
    return r == MCPS_ACCEPTED
               ? mcps_call_text(call, "Use this context: %s", form->context)
               : give_refusal(call, r);
}

#define ROUNDS(name, fn, what) \
    MCPS_TOOL_NAMED("test_input_required_result_" name, fn, mcps_no_args, what)

static const struct mcps_tool tools[] = {
    MCPS_TOOL_NAMED("test_streaming_elicitation", elicitation, mcps_no_args,
                    "Asks for a name, on the stream of its call"),
    ROUNDS("elicitation", elicitation, "Asks for a name"),
    ROUNDS("sampling", sampling, "Asks the model"),
    ROUNDS("list_roots", list_roots, "Asks for the roots"),
    ROUNDS("request_state", with_state, "Asks for a confirmation, with a state"),
    ROUNDS("multiple_inputs", multiple_inputs, "Asks for three things at once"),
    ROUNDS("multi_round", multi_round, "Asks twice, one after the other"),
    ROUNDS("tampered_state", with_state, "Asks, and accepts no state but its own"),
    ROUNDS("capabilities", capabilities, "Asks for what the client can give"),
};

static const struct mcps_prompt prompts[] = {
    MCPS_PROMPT_NAMED("test_input_required_result_prompt", context, mcps_no_args,
                      "Asks for a context, and makes a prompt of it"),
};

int fixture_add_rounds(mcps_server *server)
{
    int r = mcps_server_add_tools(server, tools, sizeof tools / sizeof tools[0]);

    return r < 0 ? r
                 : mcps_server_add_prompts(server, prompts,
                                           sizeof prompts / sizeof prompts[0]);
}
