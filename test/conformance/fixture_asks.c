/* SPDX-License-Identifier: MIT */
/* Tools that ask their client for one thing: the model, the user by forms of all kinds. */
#include "config.h"

#include "fixture.h"

#include <errno.h>

/* ---- the model ---- */

#define PROMPT(ARG, S) ARG(S, STRING, prompt, "What to ask the model", MCPS_REQUIRED)
MCPS_ARGS(prompt_args, PROMPT);

MCPS_TOOL_HANDLER(sampling, prompt_args)
{
    const struct mcps_sampling sampling =
        MCPS_SAMPLING(.prompt = args->prompt, .max_tokens = 100);
    struct json_object *sample;
    int r = mcps_call_sample(call, "sample", &sampling, &sample);

    (void)userdata;
    if (r < 0)
        return r;
    r = mcps_call_text(call, "LLM response: %s", fixture_sampled_text(sample));
    json_object_put(sample);
    return r;
}

MCPS_TOOL_HANDLER(missing_capability, mcps_no_args)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "The client has declared sampling.");
}

/* ---- the user ---- */

#define MESSAGE(ARG, S) ARG(S, STRING, message, "What to say to the user", MCPS_REQUIRED)
MCPS_ARGS(message_args, MESSAGE);

#define USER(ARG, S)                                           \
    ARG(S, STRING, username, "User's response", MCPS_REQUIRED) \
    ARG(S, STRING, email, "User's email address", MCPS_REQUIRED)
MCPS_FORM(user_form, USER);

/* Ends a call with what the user has entered, a tree that is taken, or with what else the user
 * did (NULL). */
static int give_content(mcps_call *call, const char *what, int reply,
                        struct json_object *content)
{
    int r;

    if (reply != MCPS_ACCEPTED)
        return mcps_call_text(call, "%s: action=%s, content={}", what,
                              fixture_action(reply));
    if (!content)
        return -ENOMEM;
    r = mcps_call_text(call, "%s: action=accept, content=%s", what,
                       fixture_json(content));
    json_object_put(content);
    return r;
}

MCPS_TOOL_HANDLER(elicitation, message_args)
{
    const struct user_form *form;
    struct json_object *content = NULL;
    int r = user_form_ask(call, "user", args->message, &form);

    (void)userdata;
    if (r < 0)
        return r;
    if (r == MCPS_ACCEPTED)
        content = json_object_new_object();
    if (content) {
        json_object_object_add(content, "username",
                               json_object_new_string(form->username));
        json_object_object_add(content, "email", json_object_new_string(form->email));
    }
    return give_content(call, "User response", r, content);
}

static const char *const states[] = { "active", "inactive", "pending", NULL };

#define DEFAULTS(ARG, S)                                                             \
    ARG(S, STRING, name, "User name", MCPS_OPTIONAL, .default_json = "\"John Doe\"") \
    ARG(S, INT, age, "User age", MCPS_OPTIONAL, .default_json = "30")                \
    ARG(S, NUMBER, score, "User score", MCPS_OPTIONAL, .default_json = "95.5")       \
    ARG(S, ENUM, status, "User status", MCPS_OPTIONAL, .choices = states,            \
        .default_json = "\"active\"")                                                \
    ARG(S, BOOL, verified, "Verification status", MCPS_OPTIONAL, .default_json = "true")
MCPS_FORM(defaults_form, DEFAULTS);

MCPS_TOOL_HANDLER(elicitation_defaults, mcps_no_args)
{
    const struct defaults_form *form;
    struct json_object *content = NULL;
    int r = defaults_form_ask(call, "defaults",
                              "Please review and update the form fields with defaults",
                              &form);

    (void)args;
    (void)userdata;
    if (r < 0)
        return r;
    if (r == MCPS_ACCEPTED)
        content = json_object_new_object();
    if (content) {
        json_object_object_add(content, "name", json_object_new_string(form->name));
        json_object_object_add(content, "age", json_object_new_int64(form->age));
        json_object_object_add(content, "score", json_object_new_double(form->score));
        json_object_object_add(content, "status",
                               json_object_new_string(states[form->status]));
        json_object_object_add(content, "verified",
                               json_object_new_boolean(form->verified));
    }
    return give_content(call, "Elicitation completed", r, content);
}

/* ---- choices ---- */

static const char *const options[] = { "option1", "option2", "option3", NULL };
static const char *const values[] = { "value1", "value2", "value3", NULL };
static const char *const opts[] = { "opt1", "opt2", "opt3", NULL };
static const char *const option_titles[] = { "First Option", "Second Option",
                                             "Third Option", NULL };
static const char *const choice_titles[] = { "First Choice", "Second Choice",
                                             "Third Choice", NULL };
static const char *const opt_titles[] = { "Option One", "Option Two", "Option Three",
                                          NULL };

#define ENUMS(ARG, S)                                                                    \
    ARG(S, ENUM, untitledSingle, "Select one option", MCPS_OPTIONAL, .choices = options) \
    ARG(S, ENUM, titledSingle, "Select one option with titles", MCPS_OPTIONAL,           \
        .choices = values, .titles = option_titles)                                      \
    ARG(S, ENUM, legacyEnum, "Select one option with names", MCPS_OPTIONAL,              \
        .choices = opts, .titles = opt_titles, .legacy_titles = true)                    \
    ARG(S, LIST(ENUM), untitledMulti, "Select options", MCPS_OPTIONAL,                   \
        .choices = options)                                                              \
    ARG(S, LIST(ENUM), titledMulti, "Select options with titles", MCPS_OPTIONAL,         \
        .choices = values, .titles = choice_titles)
MCPS_FORM(enums_form, ENUMS);

/* The choices that were made, as the array that the user has sent. */
static struct json_object *list_of(const int *items, size_t n, const char *const *choices)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; list && i < n; i++)
        json_object_array_add(list, json_object_new_string(choices[items[i]]));
    return list;
}

static struct json_object *enums_content(const struct enums_form *form)
{
    struct json_object *content = json_object_new_object();

    if (!content)
        return NULL;
    if (form->has_untitledSingle)
        json_object_object_add(content, "untitledSingle",
                               json_object_new_string(options[form->untitledSingle]));
    if (form->has_titledSingle)
        json_object_object_add(content, "titledSingle",
                               json_object_new_string(values[form->titledSingle]));
    if (form->has_legacyEnum)
        json_object_object_add(content, "legacyEnum",
                               json_object_new_string(opts[form->legacyEnum]));
    if (form->has_untitledMulti)
        json_object_object_add(
            content, "untitledMulti",
            list_of(form->untitledMulti.items, form->untitledMulti.n, options));
    if (form->has_titledMulti)
        json_object_object_add(
            content, "titledMulti",
            list_of(form->titledMulti.items, form->titledMulti.n, values));
    return content;
}

MCPS_TOOL_HANDLER(elicitation_enums, mcps_no_args)
{
    const struct enums_form *form;
    int r = enums_form_ask(call, "choices", "Please select options from the enum fields",
                           &form);

    (void)args;
    (void)userdata;
    if (r < 0)
        return r;
    return give_content(call, "Elicitation completed", r,
                        r == MCPS_ACCEPTED ? enums_content(form) : NULL);
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL_NAMED("test_sampling", sampling, prompt_args, "Asks the client's model"),
    MCPS_TOOL_NAMED("test_elicitation", elicitation, message_args, "Asks the user"),
    MCPS_TOOL_NAMED("test_elicitation_sep1034_defaults", elicitation_defaults,
                    mcps_no_args, "Asks by a form with defaults of all types"),
    MCPS_TOOL_NAMED("test_elicitation_sep1330_enums", elicitation_enums, mcps_no_args,
                    "Asks for choices of all kinds"),
    MCPS_TOOL_NAMED("test_missing_capability", missing_capability, mcps_no_args,
                    "Needs a client that can sample", .needs = MCPS_CLIENT_SAMPLING),
};

int fixture_add_asks(mcps_server *server)
{
    return mcps_server_add_tools(server, tools, sizeof tools / sizeof tools[0]);
}

/* ---- what came of it ---- */

const char *fixture_action(int reply)
{
    static const char *const names[] = { "accept", "decline", "cancel" };

    return names[reply];
}

const char *fixture_sampled_text(struct json_object *sample)
{
    struct json_object *content = NULL, *text = NULL;

    json_object_object_get_ex(sample, "content", &content);
    if (json_object_is_type(content, json_type_array))
        content = json_object_array_get_idx(content, 0);
    return json_object_object_get_ex(content, "text", &text)
               ? json_object_get_string(text)
               : "";
}

const char *fixture_json(struct json_object *tree)
{
    return json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PLAIN |
                                                    JSON_C_TO_STRING_NOSLASHESCAPE);
}
