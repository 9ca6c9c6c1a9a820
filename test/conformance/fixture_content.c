/* SPDX-License-Identifier: MIT */
/*
 * Tools that give something: contents of all kinds, progress, logs, and schemas that have to
 * arrive as they were written.
 */
#include "config.h"

#include "fixture.h"

#define TEXT_LEN(text) (sizeof(text) - 1)

static const unsigned char png[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00,
    0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x78,
    0xda, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0xf7, 0x03, 0x41,
    0x43, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

static const unsigned char wav[] = {
    0x52, 0x49, 0x46, 0x46, 0x2c, 0x00, 0x00, 0x00, 0x57, 0x41, 0x56, 0x45, 0x66,
    0x6d, 0x74, 0x20, 0x10, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x40, 0x1f,
    0x00, 0x00, 0x40, 0x1f, 0x00, 0x00, 0x01, 0x00, 0x08, 0x00, 0x64, 0x61, 0x74,
    0x61, 0x08, 0x00, 0x00, 0x00, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
};

struct mcps_blob fixture_png(void)
{
    return mcps_blob_static(png, sizeof png);
}

struct mcps_blob fixture_wav(void)
{
    return mcps_blob_static(wav, sizeof wav);
}

/* ---- contents ---- */

MCPS_TOOL_HANDLER(simple_text, mcps_no_args)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "This is a simple text response for testing.");
}

MCPS_TOOL_HANDLER(image, mcps_no_args)
{
    (void)args;
    (void)userdata;
    return mcps_call_image(call, "image/png", fixture_png());
}

MCPS_TOOL_HANDLER(audio, mcps_no_args)
{
    (void)args;
    (void)userdata;
    return mcps_call_audio(call, "audio/wav", fixture_wav());
}

MCPS_TOOL_HANDLER(embedded_resource, mcps_no_args)
{
    static const char text[] = "This is an embedded resource content.";

    (void)args;
    (void)userdata;
    return mcps_call_resource_text(call, "test://embedded-resource", "text/plain", text,
                                   TEXT_LEN(text));
}

MCPS_TOOL_HANDLER(multiple_types, mcps_no_args)
{
    static const char json[] = "{\"test\":\"data\",\"value\":123}";
    int r = mcps_call_text(call, "Multiple content types test:");

    (void)args;
    (void)userdata;
    if (r >= 0)
        r = mcps_call_image(call, "image/png", fixture_png());
    if (r >= 0)
        r = mcps_call_resource_text(call, "test://mixed-content-resource",
                                    "application/json", json, TEXT_LEN(json));
    return r;
}

MCPS_TOOL_HANDLER(error, mcps_no_args)
{
    (void)args;
    (void)userdata;
    return mcps_call_fail(call, "This tool intentionally returns an error for testing");
}

/* ---- while it runs ---- */

MCPS_TOOL_HANDLER(with_progress, mcps_no_args)
{
    int r = 0;

    (void)args;
    (void)userdata;
    for (int percent = 0; percent <= 100 && r >= 0; percent += 50) {
        if (percent > 0)
            r = mcps_call_sleep_ms(call, 50);
        if (r >= 0)
            r = mcps_call_progress(call, percent, 100, NULL);
    }
    return r < 0 ? r : mcps_call_text(call, "Tool execution with progress completed");
}

MCPS_TOOL_HANDLER(with_logging, mcps_no_args)
{
    static const char *const lines[] = { "Tool execution started", "Tool processing data",
                                         "Tool execution completed" };
    int r = 0;

    (void)args;
    (void)userdata;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0] && r >= 0; i++) {
        if (i > 0)
            r = mcps_call_sleep_ms(call, 50);
        if (r >= 0)
            r = mcps_call_log(call, MCPS_LOG_INFO, NULL, "%s", lines[i]);
    }
    return r < 0 ? r : mcps_call_text(call, "Tool with logging executed successfully");
}

/* Its client comes back for the result. */
MCPS_TOOL_HANDLER(reconnection, mcps_no_args)
{
    int r = mcps_call_close_stream(call, 500);

    (void)args;
    (void)userdata;
    if (r >= 0)
        r = mcps_call_sleep_ms(call, 100);
    return r < 0 ? r : mcps_call_text(call, "Reconnection test completed");
}

/* ---- schemas ---- */

#define ADDRESS                                                                    \
    "\"address\":{\"$anchor\":\"addressDef\",\"type\":\"object\",\"properties\":{" \
    "\"street\":{\"type\":\"string\"},\"city\":{\"type\":\"string\"}}}"
#define STRING_(name) "\"" name "\":{\"type\":\"string\"}"

/* What has to arrive as it is, to the last keyword. */
#define SCHEMA_2020_12                                                                                                                 \
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","                                               \
    "\"$defs\":{" ADDRESS "},\"properties\":{" STRING_(                                                                                \
        "name") ",\"address\":{\"$ref\":\"#/$defs/address\"},"                                                                         \
                "\"contactMethod\":{\"type\":\"string\",\"enum\":[\"phone\",\"email\"]}," STRING_(                                     \
                    "phone") "," STRING_("email") "},\"allOf\":[{\"anyOf\":[{\"required\":[\"phone\"]},{\"required\":[\"email\"]}]}]," \
                                                  "\"if\":{\"properties\":{\"contactMethod\":{\"const\":\"phone\"}},"                  \
                                                  "\"required\":[\"contactMethod\"]},\"then\":{\"required\":[\"phone\"]},"             \
                                                  "\"else\":{\"required\":[\"email\"]},\"additionalProperties\":false}"

static int schema_2020_12(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)userdata;
    return mcps_call_text(call, "JSON Schema 2020-12 tool called with: %s",
                          fixture_json(args));
}

#define HEADER_ARGS(ARG, S)                                                      \
    ARG(S, STRING, region, "Where to run it", MCPS_REQUIRED, .header = "Region") \
    ARG(S, STRING, note, "What to remember", MCPS_OPTIONAL)
MCPS_ARGS(header_args, HEADER_ARGS);

MCPS_TOOL_HANDLER(custom_header, header_args)
{
    (void)userdata;
    return mcps_call_text(call, "Region: %s", args->region);
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL_NAMED("test_simple_text", simple_text, mcps_no_args, "Gives a text",
                    .hints = MCPS_READ_ONLY | MCPS_CLOSED_WORLD),
    MCPS_TOOL_NAMED("test_image_content", image, mcps_no_args, "Gives an image"),
    MCPS_TOOL_NAMED("test_audio_content", audio, mcps_no_args, "Gives a sound"),
    MCPS_TOOL_NAMED("test_embedded_resource", embedded_resource, mcps_no_args,
                    "Gives a resource"),
    MCPS_TOOL_NAMED("test_multiple_content_types", multiple_types, mcps_no_args,
                    "Gives a text, an image and a resource"),
    MCPS_TOOL_NAMED("test_error_handling", error, mcps_no_args, "Fails"),
    MCPS_TOOL_NAMED("test_tool_with_progress", with_progress, mcps_no_args,
                    "Reports progress three times"),
    MCPS_TOOL_NAMED("test_tool_with_logging", with_logging, mcps_no_args,
                    "Logs three times"),
    MCPS_TOOL_NAMED("test_logging_tool", with_logging, mcps_no_args,
                    "Logs, to a client that wants to hear of it"),
    MCPS_TOOL_NAMED("test_reconnection", reconnection, mcps_no_args,
                    "Ends its stream, and has its client come back for the result"),
    MCPS_TOOL_STRUCT(.name = "json_schema_2020_12_tool", .handler = schema_2020_12,
                     .description = "Has a schema with keywords of JSON Schema 2020-12",
                     .input_schema = SCHEMA_2020_12),
    MCPS_TOOL_NAMED("test_custom_header", custom_header, header_args,
                    "Has an argument that is sent as a header, too"),
};

int fixture_add_content(mcps_server *server)
{
    return mcps_server_add_tools(server, tools, sizeof tools / sizeof tools[0]);
}
