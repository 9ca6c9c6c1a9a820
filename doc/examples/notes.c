/* SPDX-License-Identifier: MIT */
/*
 * A few notes over standard input and output: as resources, with a template for all of them
 * whose variable completes, and a prompt that has one of them discussed.
 *
 *     cc notes.c $(pkg-config --cflags --libs libmcpserver)
 */
#include <stdio.h>
#include <string.h>

#include <mcpserver/mcpserver.h>

static const struct note {
    const char *name, *text;
} notes[] = {
    { "bread", "Flour, water, salt, and eighteen hours." },
    { "broth", "Bones, an onion, and patience." },
    { "tea", "Three minutes, no more." },
};
enum { N_NOTES = sizeof notes / sizeof notes[0] };

static const struct note *find_note(const char *name)
{
    for (int i = 0; i < N_NOTES; i++) {
        if (strcmp(notes[i].name, name) == 0)
            return &notes[i];
    }
    return NULL;
}

/* What a person may mean who has typed so much. */
static int complete_note(mcps_call *call, const char *argument, const char *value,
                         void *userdata)
{
    int r = 0;

    (void)argument;
    (void)userdata;
    for (int i = 0; i < N_NOTES && r >= 0; i++) {
        if (strncmp(notes[i].name, value, strlen(value)) == 0)
            r = mcps_complete_value(call, notes[i].name);
    }
    return r;
}

#define NOTE(ARG, S) ARG(S, STRING, name, "Which note", MCPS_REQUIRED)
MCPS_ARGS(note_args, NOTE);

MCPS_TEMPLATE_HANDLER(read_note, note_args)
{
    const struct note *note = find_note(args->name);

    (void)userdata;
    if (!note)
        return MCPS_ENOTFOUND;
    return mcps_call_resource_text(call, NULL, NULL, note->text, strlen(note->text));
}

MCPS_PROMPT_HANDLER(discuss, note_args)
{
    const struct note *note = find_note(args->name);
    char uri[64];
    int r;

    (void)userdata;
    if (!note)
        return mcps_call_fail(call, "there is no note \"%s\"", args->name);
    snprintf(uri, sizeof uri, "note:///%s", note->name);
    r = mcps_call_text(call, "What would you change about this recipe?");
    return r < 0 ? r
                 : mcps_call_resource_text(call, uri, "text/plain", note->text,
                                           strlen(note->text));
}

static const struct mcps_resource resources[] = {
    MCPS_RESOURCE(.uri = "note:///", .name = "index", .text = "bread\nbroth\ntea\n",
                  .mime = "text/plain", .description = "What notes there are"),
};
static const struct mcps_template templates[] = {
    MCPS_TEMPLATE("note:///{name}", read_note, note_args, "A note", .mime = "text/plain",
                  .complete = complete_note),
};
static const struct mcps_prompt prompts[] = {
    MCPS_PROMPT(discuss, note_args, "Has a recipe discussed", .complete = complete_note),
};

/* Why something is refused, or a start fails, is said here only. */
static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    fprintf(stderr, "notes: %s\n", line);
}

int main(void)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "notes", .version = "1.0", .log = log_line);
    mcps_server *server = NULL;
    int r = mcps_server_new(&server, &options);

    if (r >= 0)
        r = mcps_server_add_resources(server, resources, 1);
    if (r >= 0)
        r = mcps_server_add_templates(server, templates, 1);
    if (r >= 0)
        r = mcps_server_add_prompts(server, prompts, 1);
    if (r >= 0)
        r = mcps_server_listen(server, "stdio:");
    if (r >= 0)
        r = mcps_server_run(server);
    if (r < 0)
        fprintf(stderr, "notes: %s\n", mcps_strerror(r));
    server = mcps_server_unref(server);
    return r < 0;
}
