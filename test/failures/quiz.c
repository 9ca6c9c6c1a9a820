/* SPDX-License-Identifier: MIT */
/* Tools that ask; see quiz.h. */
#include "config.h"

#include "quiz.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct quiz quiz;

void quiz_reset(void)
{
    atomic_store(&quiz.runs, 0);
    atomic_store(&quiz.steps, 0);
    atomic_store(&quiz.last, 0);
    atomic_store(&quiz.hooks, 0);
    quiz.samples = NULL;
    quiz.tools = NULL;
    quiz.context = NULL;
    props_reset();
}

/* ---- tools ---- */

#define NAME_FORM(ARG, S) \
    ARG(S, STRING, name, "Your name", MCPS_REQUIRED, .min_length = 1)
MCPS_FORM(name_form, NAME_FORM);

static const char *const colours[] = { "red", "green", "blue", NULL };
#define COLOUR_FORM(ARG, S) \
    ARG(S, ENUM, colour, "Which", MCPS_REQUIRED, .choices = colours)
MCPS_FORM(colour_form, COLOUR_FORM);

#define SURE_FORM(ARG, S) ARG(S, BOOL, sure, "Really", MCPS_REQUIRED)
MCPS_FORM(sure_form, SURE_FORM);

#define EVERY_FORM(ARG, S)                                             \
    ARG(S, INT, age, "Years", MCPS_OPTIONAL, .default_json = "30")     \
    ARG(S, NUMBER, score, "Points", MCPS_OPTIONAL)                     \
    ARG(S, STRING, mail, "Where to", MCPS_REQUIRED, .format = "email") \
    ARG(S, LIST(ENUM), likes, "Colours", MCPS_OPTIONAL, .choices = colours)
MCPS_FORM(every_form, EVERY_FORM);

#define TOPIC(ARG, S) ARG(S, STRING, topic, "Of what", MCPS_OPTIONAL)
MCPS_ARGS(topic, TOPIC);

static int note(int r)
{
    atomic_store(&quiz.last, r);
    return r;
}

static void on_cancel(void *userdata, enum mcps_cancel_reason reason)
{
    (void)userdata;
    (void)reason;
    atomic_fetch_add(&quiz.hooks, 1);
}

static int greet(mcps_call *call, void *userdata, struct json_object **ret)
{
    unsigned n = atomic_fetch_add(&quiz.steps, 1) + 1;

    (void)call;
    (void)userdata;
    *ret = json_object_new_int((int)n);
    return *ret ? 0 : -ENOMEM;
}

static int say_declined(mcps_call *call, int outcome)
{
    return mcps_call_text(call, outcome == MCPS_DECLINED ? "declined" : "dismissed");
}

static int ask_rest(mcps_call *call, const struct name_form *name)
{
    const struct colour_form *colour;
    const struct sure_form *sure;
    struct json_object *step;
    int r = mcps_call_once(call, "greet", greet, NULL, &step), n;

    if (r < 0)
        return note(r);
    n = json_object_get_int(step);
    json_object_put(step);
    r = note(colour_form_ask(call, "colour", "Which colour?", &colour));
    if (r != MCPS_ACCEPTED)
        return r < 0 ? r : say_declined(call, r);
    r = note(sure_form_ask(call, "sure", "Sure?", &sure));
    if (r != MCPS_ACCEPTED)
        return r < 0 ? r : say_declined(call, r);
    return mcps_call_text(call, "%s %s %s %d", name->name, colours[colour->colour],
                          sure->sure ? "yes" : "no", n);
}

MCPS_TOOL_HANDLER(wizard, topic)
{
    const struct name_form *name;
    int r;

    (void)args;
    (void)userdata;
    atomic_fetch_add(&quiz.runs, 1);
    r = mcps_call_on_cancel(call, NULL, on_cancel, NULL);
    if (r >= 0)
        r = mcps_call_text(call, "said too early, ");
    if (r < 0)
        return r;
    r = note(name_form_ask(call, "name", "Who are you?", &name));
    if (r < 0)
        return r;
    return r == MCPS_ACCEPTED ? ask_rest(call, name) : say_declined(call, r);
}

static const struct mcps_sampling capital =
    MCPS_SAMPLING(.prompt = "What is the capital of \"France\"?\n", .max_tokens = 100);

MCPS_TOOL_HANDLER(three, mcps_no_args)
{
    struct mcps_question questions[] = {
        MCPS_ASK_FORM(name_form, "name", "Who are you?"),
        MCPS_ASK_SAMPLING("capital", &capital),
        MCPS_ASK_ROOTS("places"),
    };
    int r = note(mcps_call_ask(call, questions, 3));

    (void)args;
    (void)userdata;
    atomic_fetch_add(&quiz.runs, 1);
    if (r < 0)
        return r;
    r = mcps_call_text(
        call, "%d %s %s %zu", questions[0].outcome,
        questions[0].form ? ((const struct name_form *)questions[0].form)->name : "-",
        json_object_get_string(json_object_object_get(questions[1].json, "model")),
        json_object_array_length(questions[2].json));
    json_object_put(questions[1].json);
    json_object_put(questions[2].json);
    return r;
}

MCPS_TOOL_HANDLER(form, mcps_no_args)
{
    const struct every_form *form;
    int r = note(every_form_ask(call, "every", "All of it", &form));

    (void)args;
    (void)userdata;
    if (r != MCPS_ACCEPTED)
        return r < 0 ? r : say_declined(call, r);
    return mcps_call_text(call, "%d%d %g %s %zu", (int)form->age, form->has_age,
                          form->score, form->mail, form->likes.n);
}

MCPS_TOOL_HANDLER(sample, mcps_no_args)
{
    const struct mcps_sampling sampling =
        MCPS_SAMPLING(.prompt = quiz.samples ? NULL : "Hello", .messages = quiz.samples,
                      .max_tokens = 10, .tools = quiz.tools,
                      .include_context = quiz.context);
    struct json_object *result;
    int r = note(mcps_call_sample(call, "sample", &sampling, &result));

    (void)args;
    (void)userdata;
    if (r < 0)
        return r;
    r = mcps_call_text(call, "%s",
                       json_object_get_string(json_object_object_get(result, "model")));
    json_object_put(result);
    return r;
}

MCPS_TOOL_HANDLER(visit, mcps_no_args)
{
    int r = note(
        mcps_call_elicit_url(call, "visit", "Log in", "https://example.com/in", "id-1"));

    (void)args;
    (void)userdata;
    return r < 0 ? r : mcps_call_text(call, "outcome %d", r);
}

MCPS_TOOL_HANDLER(need, mcps_no_args)
{
    int r = note(mcps_call_require_url(call, "need", "Log in first",
                                       "https://example.com/in", "id-2"));

    (void)args;
    (void)userdata;
    return r < 0 ? r : mcps_call_text(call, "outcome %d", r);
}

MCPS_TOOL_HANDLER(keep, mcps_no_args)
{
    const char *kept = mcps_call_kept(call, "n");
    const struct sure_form *sure;
    char next[16], key[16];
    int n = kept ? kept[0] - '0' : 0, r;

    (void)args;
    (void)userdata;
    if (n == 3)
        return mcps_call_text(call, "kept %s", kept);
    snprintf(next, sizeof next, "%d", n + 1);
    r = note(mcps_call_keep(call, "n", next));
    if (r < 0)
        return r;
    snprintf(key, sizeof key, "sure%d", n);
    return note(sure_form_ask(call, key, "Sure?", &sure));
}

MCPS_TOOL_HANDLER(for_ever, mcps_no_args)
{
    const struct sure_form *sure;
    char key[16];

    (void)args;
    (void)userdata;
    for (unsigned i = 0;; i++) {
        int r;

        snprintf(key, sizeof key, "sure%u", i);
        r = note(sure_form_ask(call, key, "Sure?", &sure));
        if (r < 0)
            return r;
    }
}

MCPS_TOOL_HANDLER(shut, mcps_no_args)
{
    const struct sure_form *sure;

    (void)args;
    (void)userdata;
    note(sure_form_ask(call, "sure", "Sure?", &sure));
    return mcps_call_text(call, "whatever");
}

MCPS_TOOL_HANDLER(tell, mcps_no_args)
{
    const struct sure_form *sure;
    int r = mcps_call_progress(call, 1, 3, "begun");

    (void)args;
    (void)userdata;
    if (r >= 0)
        r = mcps_call_progress(call, 2, 3, "asking");
    if (r >= 0)
        r = note(sure_form_ask(call, "sure", "Sure?", &sure));
    if (r >= 0)
        r = mcps_call_progress(call, 3, 3, "done");
    return r < 0 ? note(r) : mcps_call_text(call, "done");
}

static const struct mcps_tool templates[N_QUIZ] = {
    MCPS_TOOL(wizard, topic, "Asks a name, a colour, and whether to go on"),
    MCPS_TOOL_NAMED("pick", wizard, topic, "The same, once", .single_use_state = true),
    MCPS_TOOL(three, mcps_no_args, "Asks three things at once"),
    MCPS_TOOL(form, mcps_no_args, "Asks for a form"),
    MCPS_TOOL(sample, mcps_no_args, "Samples"),
    MCPS_TOOL(visit, mcps_no_args, "Sends to a URL"),
    MCPS_TOOL(need, mcps_no_args, "Needs a URL to be visited"),
    MCPS_TOOL(keep, mcps_no_args, "Keeps a number"),
    MCPS_TOOL(for_ever, mcps_no_args, "Asks for ever"),
    MCPS_TOOL(shut, mcps_no_args, "Does not listen"),
    MCPS_TOOL(tell, mcps_no_args, "Reports progress around a question"),
};

const struct mcps_tool *quiz_tools(const char *executor)
{
    static struct mcps_tool tools[N_QUIZ];

    memcpy(tools, templates, sizeof templates);
    for (size_t i = 0; i < N_QUIZ; i++)
        tools[i].executor = executor;
    return tools;
}

/* ---- what clients say ---- */

bool quiz_call(struct wire *wire, const char *id, const char *tool, const char *more,
               const char *capabilities)
{
    return wire_send(
        wire,
        "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\"%s,"
        "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
        "\"io.modelcontextprotocol/clientCapabilities\":%s}}}",
        id, tool, more, capabilities ? capabilities : ALL_CAPABILITIES);
}

bool quiz_retry(struct wire *wire, const char *id, const char *tool,
                const char *responses, struct json_object *before)
{
    char more[8192];
    const char *state = before ? quiz_state(before) : "";

    snprintf(more, sizeof more, ",\"inputResponses\":%s%s%s%s", responses,
             *state ? ",\"requestState\":\"" : "", state, *state ? "\"" : "");
    return quiz_call(wire, id, tool, more, NULL);
}

static struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(object, name, &value);
    return value;
}

static struct json_object *questions_of(struct json_object *answer)
{
    return member(member(answer, "result"), "inputRequests");
}

struct json_object *quiz_question(struct json_object *answer, const char *key)
{
    return member(questions_of(answer), key);
}

int quiz_n_questions(struct json_object *answer)
{
    struct json_object *questions = questions_of(answer);

    return questions ? json_object_object_length(questions) : 0;
}

static const char *string_of(struct json_object *value)
{
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value)
                                                        : "";
}

const char *quiz_state(struct json_object *answer)
{
    return string_of(member(member(answer, "result"), "requestState"));
}

const char *quiz_type(struct json_object *answer)
{
    return string_of(member(member(answer, "result"), "resultType"));
}

const char *quiz_error(struct json_object *answer)
{
    return string_of(member(member(answer, "error"), "message"));
}

const char *quiz_line(struct json_object *tree)
{
    static char lines[8][2048];
    static unsigned next;
    char *line = lines[next++ % 8];

    snprintf(line, sizeof lines[0], "%s",
             json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN |
                                                      JSON_C_TO_STRING_NOSLASHESCAPE));
    return line;
}

bool quiz_give(struct wire *wire, struct json_object *request, const char *result)
{
    char id[32];

    snprintf(id, sizeof id, "%lld", (long long)request_id(request));
    return request && wire_respond(wire, id, "result", result);
}
