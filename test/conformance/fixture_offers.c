/* SPDX-License-Identifier: MIT */
/* Prompts, resources and completion, and tools that change what is offered. */
#include "config.h"

#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- prompts ---- */

MCPS_PROMPT_HANDLER(simple, mcps_no_args)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "This is a simple prompt for testing.");
}

#define TWO_ARGS(ARG, S)                                       \
    ARG(S, STRING, arg1, "First test argument", MCPS_REQUIRED) \
    ARG(S, STRING, arg2, "Second test argument", MCPS_REQUIRED)
MCPS_ARGS(two_args, TWO_ARGS);

MCPS_PROMPT_HANDLER(with_arguments, two_args)
{
    (void)userdata;
    return mcps_call_text(call, "Prompt with arguments: arg1='%s', arg2='%s'", args->arg1,
                          args->arg2);
}

/* Nobody knows a value for them. */
static int complete_nothing(mcps_call *call, const char *argument, const char *value,
                            void *userdata)
{
    (void)argument;
    (void)value;
    (void)userdata;
    return mcps_complete_total(call, 0, false);
}

#define EMBED_ARGS(ARG, S) \
    ARG(S, STRING, resourceUri, "URI of the resource to embed", MCPS_REQUIRED)
MCPS_ARGS(embed_args, EMBED_ARGS);

MCPS_PROMPT_HANDLER(with_embedded_resource, embed_args)
{
    static const char text[] = "Embedded resource content for testing.";
    int r = mcps_call_resource_text(call, args->resourceUri, "text/plain", text,
                                    sizeof text - 1);

    (void)userdata;
    return r < 0 ? r
                 : mcps_call_text(call, "Please process the embedded resource above.");
}

MCPS_PROMPT_HANDLER(with_image, mcps_no_args)
{
    int r = mcps_call_image(call, "image/png", fixture_png());

    (void)args;
    (void)userdata;
    return r < 0 ? r : mcps_call_text(call, "Please analyze the image above.");
}

static const struct mcps_prompt prompts[] = {
    MCPS_PROMPT_NAMED("test_simple_prompt", simple, mcps_no_args,
                      "A prompt without arguments"),
    MCPS_PROMPT_NAMED("test_prompt_with_arguments", with_arguments, two_args,
                      "A prompt with two required arguments",
                      .complete = complete_nothing),
    MCPS_PROMPT_NAMED("test_prompt_with_embedded_resource", with_embedded_resource,
                      embed_args, "A prompt that embeds a resource"),
    MCPS_PROMPT_NAMED("test_prompt_with_image", with_image, mcps_no_args,
                      "A prompt with an image"),
};

/* ---- resources ---- */

static int add_resources(mcps_server *server)
{
    const struct mcps_resource resources[] = {
        MCPS_RESOURCE(.uri = "test://static-text", .name = "static-text",
                      .text = "This is the content of the static text resource.",
                      .mime = "text/plain", .description = "A text"),
        MCPS_RESOURCE(.uri = "test://static-binary", .name = "static-binary",
                      .blob = fixture_png(), .mime = "image/png",
                      .description = "An image"),
        MCPS_RESOURCE(.uri = "test://watched-resource", .name = "watched-resource",
                      .text = "Watched resource content", .mime = "text/plain",
                      .description = "A text to subscribe to"),
    };

    return mcps_server_add_resources(server, resources,
                                     sizeof resources / sizeof resources[0]);
}

#define DATA_ARGS(ARG, S) ARG(S, STRING, id, "Which", MCPS_REQUIRED)
MCPS_ARGS(data_args, DATA_ARGS);

MCPS_TEMPLATE_HANDLER(template_data, data_args)
{
    struct json_object *data = json_object_new_object();
    char text[sizeof "Data for ID: " + MCPS_TEMPLATE_URI_MAX];
    const char *json;
    int r;

    (void)userdata;
    if (!data)
        return -ENOMEM;
    snprintf(text, sizeof text, "Data for ID: %s", args->id);
    json_object_object_add(data, "id", json_object_new_string(args->id));
    json_object_object_add(data, "templateTest", json_object_new_boolean(true));
    json_object_object_add(data, "data", json_object_new_string(text));
    json = fixture_json(data);
    r = mcps_call_resource_text(call, NULL, NULL, json, strlen(json));
    json_object_put(data);
    return r;
}

static const struct mcps_template templates[] = {
    MCPS_TEMPLATE("test://template/{id}/data", template_data, data_args, "Data by its id",
                  .mime = "application/json"),
};

/* ---- what changes ---- */

/* Takes one away that nobody calls, and puts it back: the list is the same, but clients are
 * told that it has changed. */
static int touch(mcps_call *call, mcps_server *server, enum mcps_kind kind,
                 const char *key)
{
    int r = mcps_server_disable(server, kind, &key, 1);

    if (r >= 0)
        r = mcps_server_enable(server, kind, &key, 1);
    return r < 0 ? r : mcps_call_text(call, "The list has changed.");
}

MCPS_TOOL_HANDLER(tool_change, mcps_no_args)
{
    (void)args;
    return touch(call, userdata, MCPS_TOOLS, "json_schema_2020_12_tool");
}

MCPS_TOOL_HANDLER(prompt_change, mcps_no_args)
{
    (void)args;
    return touch(call, userdata, MCPS_PROMPTS, "test_prompt_with_image");
}

static int add_triggers(mcps_server *server)
{
    const struct mcps_tool tools[] = {
        MCPS_TOOL_NAMED("test_trigger_tool_change", tool_change, mcps_no_args,
                        "Has the list of tools change", .userdata = server),
        MCPS_TOOL_NAMED("test_trigger_prompt_change", prompt_change, mcps_no_args,
                        "Has the list of prompts change", .userdata = server),
    };

    return mcps_server_add_tools(server, tools, sizeof tools / sizeof tools[0]);
}

int fixture_add_offers(mcps_server *server)
{
    int r = mcps_server_add_prompts(server, prompts, sizeof prompts / sizeof prompts[0]);

    if (r >= 0)
        r = add_resources(server);
    if (r >= 0)
        r = mcps_server_add_templates(server, templates,
                                      sizeof templates / sizeof templates[0]);
    return r < 0 ? r : add_triggers(server);
}

int fixture_add(mcps_server *server)
{
    int r = fixture_add_content(server);

    if (r >= 0)
        r = fixture_add_asks(server);
    if (r >= 0)
        r = fixture_add_offers(server);
    return r < 0 ? r : fixture_add_rounds(server);
}
