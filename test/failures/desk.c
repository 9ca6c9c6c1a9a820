/* SPDX-License-Identifier: MIT */
/* A server with options, and a client; see schemas.h. */
#include "config.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "props.h"
#include "schema/regex.h"
#include "schemas.h"

#define MODERN                                                                \
    ",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"

static atomic_uint n_handled;

void desk_handled(void)
{
    atomic_fetch_add(&n_handled, 1);
}

int desk_say(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)userdata;
    desk_handled();
    return mcps_call_text(
        call, "%s",
        json_object_to_json_string_ext(args, JSON_C_TO_STRING_PLAIN |
                                                 JSON_C_TO_STRING_NOSLASHESCAPE));
}

struct mcps_tool desk_tool(const char *name, const char *input_schema)
{
    return (struct mcps_tool)MCPS_TOOL_STRUCT(.name = name, .handler = desk_say,
                                              .input_schema = input_schema);
}

bool desk_open(struct desk *desk, const struct mcps_server_options *options,
               const struct mcps_tool *tools, size_t n_tools)
{
    const struct mcps_server_options plain = MCPS_SERVER_OPTIONS(.workers = 1);

    memset(desk, 0, sizeof *desk);
    props_reset();
    return scene_start_with(&desk->scene, options ? options : &plain, tools, n_tools) &&
           desk_connect(desk, "2025-11-25");
}

bool desk_connect(struct desk *desk, const char *version)
{
    wire_free(&desk->wire);
    desk->modern = strcmp(version, "2026-07-28") == 0;
    return wire_connect(&desk->wire, &desk->scene, NULL) &&
           (desk->modern || wire_init(&desk->wire, version, "{}"));
}

static const char *message_of(struct json_object *answer)
{
    struct json_object *error = NULL, *message = NULL;

    if (!json_object_object_get_ex(answer, "error", &error) ||
        !json_object_object_get_ex(error, "message", &message))
        return answer_text(answer);
    return json_object_get_string(message);
}

const char *desk_call(struct desk *desk, const char *tool, const char *arguments)
{
    static unsigned serial;
    struct json_object *answer;
    char id[16];

    atomic_store(&n_handled, 0);
    snprintf(id, sizeof id, "%u", ++serial);
    if (!wire_send(&desk->wire,
                   "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{"
                   "\"name\":\"%s\",\"arguments\":%s%s}}",
                   id, tool, arguments, desk->modern ? MODERN : ""))
        return NULL;
    answer = wire_answer(&desk->wire, id);
    if (!answer)
        return NULL;
    desk->n_handled = atomic_load(&n_handled);
    desk->code = answer_code(answer);
    desk->is_error = answer_is_error(answer);
    return message_of(answer);
}

static bool is_said(const char *got, const char *want, const char *arguments)
{
    if (got && strcmp(got, want) == 0)
        return true;
    unit_note("%s\nsaid:   %s\nwanted: %s", arguments, got ? got : "nothing", want);
    return false;
}

bool desk_takes(struct desk *desk, const char *tool, const char *arguments,
                const char *want)
{
    return is_said(desk_call(desk, tool, arguments), want, arguments) &&
           desk->n_handled == 1 && desk->code == 0 && !desk->is_error;
}

bool desk_refuses(struct desk *desk, const char *tool, const char *arguments,
                  const char *want)
{
    return is_said(desk_call(desk, tool, arguments), want, arguments) &&
           desk->n_handled == 0 && desk->code == 0 && desk->is_error;
}

bool desk_ok(struct desk *desk)
{
    return scene_idle(&desk->scene) && wire_ok(&desk->wire);
}

void desk_close(struct desk *desk)
{
    wire_free(&desk->wire);
    CHECK_AFTER(scene_close(&desk->scene));
}

bool desk_lacks_patterns(void)
{
    if (!mcps__regex_available())
        unit_skip("the library is built without PCRE2");
    return !mcps__regex_available();
}
