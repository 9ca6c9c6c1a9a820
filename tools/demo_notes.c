/* SPDX-License-Identifier: MIT */
/*
 * Notes: tools write and delete them, each is a resource that clients read and subscribe to,
 * and a prompt has one of them summarised. What the server offers changes while it runs, and
 * clients are told. To delete a note the user is asked.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"

enum { MAX_NOTES = 100, MAX_NAME = 32, MAX_TEXT = 4000 };

#define PREFIX "note:///"

struct note {
    char name[MAX_NAME + 1]; /* "": no note */
    char *text;
};

/* Handlers run on several threads. */
static struct {
    pthread_mutex_t mutex;
    struct note notes[MAX_NOTES];
    mcps_server *server;
} store = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* The first of that name: "" is a place for a new one. */
static struct note *find_place(const char *name)
{
    for (int i = 0; i < MAX_NOTES; i++) {
        if (strcmp(store.notes[i].name, name) == 0)
            return &store.notes[i];
    }
    return NULL;
}

static struct note *find(const char *name)
{
    return name[0] ? find_place(name) : NULL;
}

static bool exists(const char *name)
{
    bool found;

    pthread_mutex_lock(&store.mutex);
    found = find(name) != NULL;
    pthread_mutex_unlock(&store.mutex);
    return found;
}

/* 1: a new one, 0: it was there before; -ENOSPC, -ENOMEM. */
static int put(const char *name, const char *text)
{
    char *copy = strdup(text);
    struct note *note;
    int r = 0;

    if (!copy)
        return -ENOMEM;
    pthread_mutex_lock(&store.mutex);
    note = find(name);
    if (!note) {
        note = find_place("");
        r = note ? 1 : -ENOSPC;
    }
    if (r >= 0) {
        snprintf(note->name, sizeof note->name, "%s", name);
        free(note->text);
        note->text = copy;
    } else {
        free(copy);
    }
    pthread_mutex_unlock(&store.mutex);
    return r;
}

/* Was it there? */
static bool drop(const char *name)
{
    struct note *note;

    pthread_mutex_lock(&store.mutex);
    note = find(name);
    if (note) {
        free(note->text);
        memset(note, 0, sizeof *note);
    }
    pthread_mutex_unlock(&store.mutex);
    return note != NULL;
}

/* Names are fit for URIs as they are. */
static bool is_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

    return text[0] && text[strspn(text, letters)] == '\0';
}

static void make_uri(char uri[sizeof PREFIX + MAX_NAME], const char *name)
{
    snprintf(uri, sizeof PREFIX + MAX_NAME, PREFIX "%s", name);
}

/* ---- reading ---- */

/* Gives the note as a resource, or says that there is none. */
static int give_note(mcps_call *call, const char *name)
{
    char uri[sizeof PREFIX + MAX_NAME];
    struct note *note;
    int r = MCPS_ENOTFOUND;

    make_uri(uri, name);
    pthread_mutex_lock(&store.mutex);
    note = find(name);
    if (note)
        r = mcps_call_resource_text(call, uri, "text/plain", note->text,
                                    strlen(note->text));
    pthread_mutex_unlock(&store.mutex);
    return r;
}

static int read_note(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return give_note(call, mcps_call_uri(call) + strlen(PREFIX));
}

/* ---- writing ---- */

#define WRITE_ARGS(ARG, S)                                                       \
    ARG(S, STRING, name, "Its name: small letters, digits and -", MCPS_REQUIRED, \
        .min_length = 1, .max_length = MAX_NAME)                                 \
    ARG(S, STRING, text, "What it says", MCPS_REQUIRED, .max_length = MAX_TEXT)
MCPS_ARGS(write_args, WRITE_ARGS);

static int tell_clients(const char *uri, const char *name, bool is_new)
{
    const struct mcps_resource resource =
        MCPS_RESOURCE(.uri = uri, .name = name, .handler = read_note,
                      .mime = "text/plain", .description = "A note");
    int r = is_new ? mcps_server_add_resources(store.server, &resource, 1)
                   : mcps_server_resource_updated(store.server, uri);

    /* Somebody else has written one of that name at the same time. */
    return r == MCPS_EEXISTS ? 0 : r;
}

MCPS_TOOL_HANDLER(write_note, write_args)
{
    char uri[sizeof PREFIX + MAX_NAME];
    const struct mcps_resource_link link =
        MCPS_RESOURCE_LINK(.uri = uri, .name = args->name, .mime = "text/plain");
    bool is_new;
    int r;

    (void)userdata;
    if (!is_name(args->name))
        return mcps_call_fail(call, "A name has small letters, digits and - only.");
    r = put(args->name, args->text);
    if (r == -ENOSPC)
        return mcps_call_fail(call, "There is no room for more than %d notes.",
                              MAX_NOTES);
    if (r < 0)
        return r;
    is_new = r > 0;
    make_uri(uri, args->name);
    r = tell_clients(uri, args->name, is_new);
    if (r >= 0)
        r = mcps_call_text(call, "%s", is_new ? "Written." : "Written anew.");
    return r < 0 ? r : mcps_call_resource_link(call, &link);
}

/* ---- deleting: asks the user ---- */

#define DELETE_ARGS(ARG, S)                                            \
    ARG(S, STRING, name, "Which note", MCPS_REQUIRED, .min_length = 1, \
        .max_length = MAX_NAME)                                        \
    ARG(S, BOOL, sure, "Whether the user was asked already", MCPS_OPTIONAL)
MCPS_ARGS(delete_args, DELETE_ARGS);

#define SURE_FORM(ARG, S) ARG(S, BOOL, sure, "Delete it for good", MCPS_REQUIRED)
MCPS_FORM(sure_form, SURE_FORM);

/* 1: yes, 0: no, or an error. Written as if it waited; where it cannot, the handler is run
 * again when the answer is there. */
static int ask_user(mcps_call *call, const char *name)
{
    const struct sure_form *form;
    char question[MAX_NAME + 32];
    int r;

    snprintf(question, sizeof question, "Delete the note \"%s\"?", name);
    r = sure_form_ask(call, "sure", question, &form);
    if (r < 0)
        return r;
    return r == MCPS_ACCEPTED && form->sure;
}

MCPS_TOOL_HANDLER(delete_note, delete_args)
{
    char uri[sizeof PREFIX + MAX_NAME];
    const char *key = uri;
    int r = args->sure;

    (void)userdata;
    if (!exists(args->name))
        return mcps_call_fail(call, "There is no note \"%s\".", args->name);
    if (!args->sure && !mcps_call_client_can(call, MCPS_CLIENT_ELICITATION))
        return mcps_call_fail(call, "Ask the user, and call again with \"sure\": true.");
    if (!args->sure)
        r = ask_user(call, args->name);
    if (r < 0)
        return r;
    if (r == 0)
        return mcps_call_text(call, "It was kept.");
    make_uri(uri, args->name);
    if (!drop(args->name))
        return mcps_call_text(call, "Somebody else has deleted it.");
    r = mcps_server_remove(store.server, MCPS_RESOURCES, &key, 1);
    return r < 0 && r != MCPS_ENOTFOUND ? r : mcps_call_text(call, "Deleted.");
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL(write_note, write_args, "Writes a note, which is a resource then",
              .hints = MCPS_IDEMPOTENT | MCPS_CLOSED_WORLD),
    MCPS_TOOL(delete_note, delete_args, "Deletes a note, if the user agrees",
              .hints = MCPS_IDEMPOTENT | MCPS_CLOSED_WORLD),
};

/* ---- the prompt ---- */

#define SUMMARIZE_ARGS(ARG, S) \
    ARG(S, STRING, note, "Which note", MCPS_REQUIRED, .max_length = MAX_NAME)
MCPS_ARGS(summarize_args, SUMMARIZE_ARGS);

MCPS_PROMPT_HANDLER(summarize, summarize_args)
{
    int r;

    (void)userdata;
    if (!exists(args->note))
        return mcps_call_fail(call, "There is no note \"%s\".", args->note);
    r = mcps_call_text(call, "Say in one sentence what this note is about.");
    return r < 0 ? r : give_note(call, args->note);
}

/* What a person may mean who has typed so much. */
static int complete_name(mcps_call *call, const char *argument, const char *value,
                         void *userdata)
{
    int r = 0;

    (void)argument;
    (void)userdata;
    pthread_mutex_lock(&store.mutex);
    for (int i = 0; i < MAX_NOTES && r >= 0; i++) {
        const char *name = store.notes[i].name;

        if (name[0] && strncmp(name, value, strlen(value)) == 0)
            r = mcps_complete_value(call, name);
    }
    pthread_mutex_unlock(&store.mutex);
    return r;
}

static const struct mcps_prompt prompts[] = {
    MCPS_PROMPT(summarize, summarize_args, "Has a note summarised",
                .complete = complete_name),
};

int demo_add_notes(mcps_server *server)
{
    int r = put("welcome", "This note came with the demo. Write one of your own.");

    store.server = server;
    if (r >= 0)
        r = tell_clients(PREFIX "welcome", "welcome", true);
    if (r >= 0)
        r = mcps_server_add_tools(server, tools, sizeof tools / sizeof tools[0]);
    return r < 0 ? r
                 : mcps_server_add_prompts(server, prompts,
                                           sizeof prompts / sizeof prompts[0]);
}
