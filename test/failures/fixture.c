/* SPDX-License-Identifier: MIT */
/* What the conformance fixture offers and gives, in both eras: the suite's terms, to the letter. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "booth.h"

/* ---- lists ---- */

static const char *const tools[] = {
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_error_handling",
    "test_tool_with_progress",
    "test_tool_with_logging",
    "test_logging_tool",
    "test_reconnection",
    "json_schema_2020_12_tool",
    "test_custom_header",
    "test_sampling",
    "test_elicitation",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_missing_capability",
    "test_trigger_tool_change",
    "test_trigger_prompt_change",
    "test_streaming_elicitation",
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_request_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_multi_round",
    "test_input_required_result_tampered_state",
    "test_input_required_result_capabilities",
};
enum { N_TOOLS = sizeof tools / sizeof tools[0] };

/* Those whose schema is not the one of no arguments. */
static const struct {
    const char *tool, *schema;
} schemas[] = {
    { "json_schema_2020_12_tool",
      "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
      "\"$defs\":{\"address\":{\"$anchor\":\"addressDef\",\"type\":\"object\","
      "\"properties\":{\"street\":{\"type\":\"string\"},\"city\":{\"type\":\"string\"}}}},"
      "\"properties\":{\"name\":{\"type\":\"string\"},"
      "\"address\":{\"$ref\":\"#/$defs/address\"},"
      "\"contactMethod\":{\"type\":\"string\",\"enum\":[\"phone\",\"email\"]},"
      "\"phone\":{\"type\":\"string\"},\"email\":{\"type\":\"string\"}},"
      "\"allOf\":[{\"anyOf\":[{\"required\":[\"phone\"]},{\"required\":[\"email\"]}]}],"
      "\"if\":{\"properties\":{\"contactMethod\":{\"const\":\"phone\"}},"
      "\"required\":[\"contactMethod\"]},\"then\":{\"required\":[\"phone\"]},"
      "\"else\":{\"required\":[\"email\"]},\"additionalProperties\":false}" },
    { "test_custom_header",
      "{\"type\":\"object\",\"properties\":{\"region\":{\"type\":\"string\","
      "\"description\":\"Where to run it\",\"x-mcp-header\":\"Region\"},"
      "\"note\":{\"type\":\"string\",\"description\":\"What to remember\"}},"
      "\"required\":[\"region\"],\"additionalProperties\":false}" },
    { "test_sampling",
      "{\"type\":\"object\",\"properties\":{\"prompt\":{\"type\":\"string\","
      "\"description\":\"What to ask the model\"}},\"required\":[\"prompt\"],"
      "\"additionalProperties\":false}" },
    { "test_elicitation",
      "{\"type\":\"object\",\"properties\":{\"message\":{\"type\":\"string\","
      "\"description\":\"What to say to the user\"}},\"required\":[\"message\"],"
      "\"additionalProperties\":false}" },
};

static const char *schema_of(const char *tool)
{
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        if (strcmp(schemas[i].tool, tool) == 0)
            return schemas[i].schema;
    }
    return "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}";
}

static const char *string_of(struct json_object *tree, const char *name)
{
    const char *text = json_object_get_string(booth_member(tree, name));

    return text ? text : "";
}

static bool list_tools(struct booth *booth)
{
    struct json_object *result, *list, *tool;

    for (int time = 0; time < 2; time++) {
        CHECK(booth_send(booth, "tools/list", ""));
        result = booth_member(booth_answer(booth), "result");
        CHECK(booth_strip(booth, "tools/list", result));
        CHECK_INT(json_object_object_length(result), 1);
        list = booth_member(result, "tools");
        CHECK_INT(json_object_array_length(list), N_TOOLS);
        for (size_t i = 0; i < N_TOOLS; i++) {
            tool = json_object_array_get_idx(list, i);
            CHECK_STR(string_of(tool, "name"), tools[i]);
            CHECK(strlen(string_of(tool, "description")) > 0);
            CHECK_STR(quiz_line(booth_member(tool, "inputSchema")), schema_of(tools[i]));
        }
    }
    return true;
out:
    return false;
}

static void tools_are_listed_in_order(void)
{
    booth_in_both_eras(list_tools);
}

static bool list_others(struct booth *booth)
{
    CHECK_STR(
        booth_ask(booth, "prompts/list", ""),
        "{\"prompts\":[{\"name\":\"test_simple_prompt\",\"description\":\"A prompt without "
        "arguments\"},{\"name\":\"test_prompt_with_arguments\",\"description\":\"A prompt "
        "with two required arguments\",\"arguments\":[{\"name\":\"arg1\",\"description\":"
        "\"First test argument\",\"required\":true},{\"name\":\"arg2\",\"description\":"
        "\"Second test argument\",\"required\":true}]},"
        "{\"name\":\"test_prompt_with_embedded_resource\",\"description\":\"A prompt that "
        "embeds a resource\",\"arguments\":[{\"name\":\"resourceUri\",\"description\":\"URI "
        "of the resource to embed\",\"required\":true}]},{\"name\":\"test_prompt_with_image\","
        "\"description\":\"A prompt with an image\"},"
        "{\"name\":\"test_input_required_result_prompt\",\"description\":\"Asks for a "
        "context, and makes a prompt of it\"}]}");
    CHECK_STR(
        booth_ask(booth, "resources/list", ""),
        "{\"resources\":[{\"uri\":\"test://static-text\",\"name\":\"static-text\","
        "\"description\":\"A text\",\"mimeType\":\"text/plain\",\"size\":48},"
        "{\"uri\":\"test://static-binary\",\"name\":\"static-binary\",\"description\":\"An "
        "image\",\"mimeType\":\"image/png\",\"size\":69},{\"uri\":\"test://watched-resource\","
        "\"name\":\"watched-resource\",\"description\":\"A text to subscribe to\","
        "\"mimeType\":\"text/plain\",\"size\":24}]}");
    CHECK_STR(booth_ask(booth, "resources/templates/list", ""),
              "{\"resourceTemplates\":[{\"uriTemplate\":\"test://template/{id}/data\","
              "\"name\":\"template_data\",\"description\":\"Data by its id\","
              "\"mimeType\":\"application/json\"}]}");
    return true;
out:
    return false;
}

static void prompts_and_resources_are_listed(void)
{
    booth_in_both_eras(list_others);
}

/* ---- contents ---- */

#define EMBEDDED(uri, mime, text)                                                   \
    "{\"type\":\"resource\",\"resource\":{\"uri\":\"" uri "\",\"mimeType\":\"" mime \
    "\",\"text\":\"" text "\"}}"
#define IMAGE "{\"type\":\"image\",\"data\":\"" PNG "\",\"mimeType\":\"image/png\"}"

static bool call_for_contents(struct booth *booth)
{
    static const struct {
        const char *tool, *arguments, *want;
    } cases[] = {
        { "test_simple_text", NULL,
          GIVES(TEXT("This is a simple text response for testing.")) },
        { "test_image_content", NULL, GIVES(IMAGE) },
        { "test_audio_content", "{}",
          GIVES("{\"type\":\"audio\",\"data\":\"" WAV "\",\"mimeType\":\"audio/wav\"}") },
        { "test_embedded_resource", "{}",
          GIVES(EMBEDDED("test://embedded-resource", "text/plain",
                         "This is an embedded resource content.")) },
        { "test_multiple_content_types", "{}",
          GIVES(TEXT("Multiple content types test:") "," IMAGE "," EMBEDDED(
              "test://mixed-content-resource", "application/json",
              "{\\\"test\\\":\\\"data\\\",\\\"value\\\":123}")) },
        { "test_error_handling", "{}",
          "{\"content\":[" TEXT(
              "This tool intentionally returns an error for testing") "],\"isError\":true}" },
        { "json_schema_2020_12_tool", "{\"phone\":\"1\",\"contactMethod\":\"phone\"}",
          GIVES(TEXT("JSON Schema 2020-12 tool called with: "
                     "{\\\"phone\\\":\\\"1\\\",\\\"contactMethod\\\":\\\"phone\\\"}")) },
        { "test_custom_header", "{\"region\":\"Hello\"}", GIVES(TEXT("Region: Hello")) },
        { "test_reconnection", "{}", GIVES(TEXT("Reconnection test completed")) },
        { "test_missing_capability", "{}",
          GIVES(TEXT("The client has declared sampling.")) },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_STR(booth_call(booth, cases[i].tool, cases[i].arguments), cases[i].want);
    return true;
out:
    return false;
}

static void tools_give_what_they_should(void)
{
    booth_in_both_eras(call_for_contents);
}

/* What was sent as JSON Schema 2020-12 is held against it. */
static bool call_amiss(struct booth *booth)
{
    CHECK(
        strstr(booth_call(booth, "json_schema_2020_12_tool", "{}"), "\"isError\":true"));
    CHECK(strstr(booth_call(booth, "json_schema_2020_12_tool",
                            "{\"email\":\"e\",\"contactMethod\":\"phone\"}"),
                 "\"isError\":true"));
    CHECK(strstr(booth_call(booth, "test_custom_header", "{}"), "\"isError\":true"));
    return true;
out:
    return false;
}

static void arguments_are_checked(void)
{
    booth_in_both_eras(call_amiss);
}

/* ---- while it runs ---- */

static const char *params_of(struct json_object *message)
{
    return quiz_line(booth_member(message, "params"));
}

static bool watch_progress(struct booth *booth)
{
    static const char done[] = "\"name\":\"test_tool_with_progress\"";
    static const char want[] = GIVES(TEXT("Tool execution with progress completed"));
    char params[200];

    CHECK_STR(booth_ask(booth, "tools/call", done), want);
    CHECK_INT(wire_messages(&booth->wire, "notifications/progress"), 0);
    if (booth->modern)
        return true; /* its token: in_a_modern_meta() */
    snprintf(params, sizeof params,
             "%s,\"_meta\":{\"progressToken\":\"progress-test-1\"}", done);
    booth->wire.next = booth->wire.n_messages;
    CHECK(booth_send(booth, "tools/call", params));
    for (int percent = 0; percent <= 100; percent += 50) {
        snprintf(
            params, sizeof params,
            "{\"progressToken\":\"progress-test-1\",\"progress\":%d.0,\"total\":100.0}",
            percent);
        CHECK_STR(params_of(wire_next(&booth->wire, WATCHDOG_MS)), params);
    }
    CHECK(wire_next(&booth->wire, WATCHDOG_MS) == booth_answer(booth));
    return true;
out:
    return false;
}

static void progress_comes_before_the_result(void)
{
    booth_in_both_eras(watch_progress);
}

static const char *const logged[] = { "Tool execution started", "Tool processing data",
                                      "Tool execution completed" };

static bool see_logs(struct booth *booth)
{
    char want[200];

    for (size_t i = 0; i < sizeof logged / sizeof logged[0]; i++) {
        snprintf(want, sizeof want, "{\"level\":\"info\",\"data\":\"%s\"}", logged[i]);
        CHECK_STR(params_of(wire_next(&booth->wire, WATCHDOG_MS)), want);
    }
    return true;
out:
    return false;
}

/* The level is the session's. */
static void logs_of_a_legacy_session(void)
{
    struct booth booth;

    CHECK(booth_open(&booth, false));
    CHECK_STR(booth_ask(&booth, "logging/setLevel", "\"level\":\"warning\""), "{}");
    CHECK_STR(booth_call(&booth, "test_tool_with_logging", NULL),
              GIVES(TEXT("Tool with logging executed successfully")));
    CHECK_INT(wire_messages(&booth.wire, "notifications/message"), 0);
    CHECK_STR(booth_ask(&booth, "logging/setLevel", "\"level\":\"debug\""), "{}");
    booth.wire.next = booth.wire.n_messages;
    CHECK(booth_send(&booth, "tools/call", "\"name\":\"test_tool_with_logging\""));
    CHECK(see_logs(&booth));
    CHECK(wire_next(&booth.wire, WATCHDOG_MS) == booth_answer(&booth));
    CHECK_STR(booth_ask(&booth, "ping", ""), "{}");
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

/* A request with more in its _meta, as the wire has it. */
static bool send_with_meta(struct booth *booth, const char *tool, const char *more)
{
    return wire_send(
        &booth->wire,
        "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"%s\",\"_meta\":{\"io.modelcontextprotocol/"
        "protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/"
        "clientCapabilities\":{}%s}}}",
        ++booth->serial, tool, more);
}

/* Level and token are the request's. */
static void in_a_modern_meta(void)
{
    struct booth booth;
    char want[200];

    CHECK(booth_open(&booth, true));
    CHECK(send_with_meta(&booth, "test_logging_tool", ""));
    CHECK(booth_answer(&booth));
    CHECK_INT(wire_messages(&booth.wire, "notifications/message"), 0);
    booth.wire.next = booth.wire.n_messages;
    CHECK(send_with_meta(&booth, "test_logging_tool",
                         ",\"io.modelcontextprotocol/logLevel\":\"info\""));
    CHECK(see_logs(&booth));
    CHECK(wire_next(&booth.wire, WATCHDOG_MS) == booth_answer(&booth));
    CHECK(send_with_meta(&booth, "test_tool_with_progress",
                         ",\"progressToken\":\"progress-test-1\""));
    for (int percent = 0; percent <= 100; percent += 50) {
        snprintf(
            want, sizeof want,
            "{\"progressToken\":\"progress-test-1\",\"progress\":%d.0,\"total\":100.0}",
            percent);
        CHECK_STR(params_of(wire_next(&booth.wire, WATCHDOG_MS)), want);
    }
    CHECK(wire_next(&booth.wire, WATCHDOG_MS) == booth_answer(&booth));
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

/* ---- prompts and resources ---- */

#define SAYS(...) "{\"role\":\"user\",\"content\":" __VA_ARGS__ "}"

static bool use_prompts(struct booth *booth)
{
    static const struct {
        const char *params, *description, *messages;
    } cases[] = {
        { "\"name\":\"test_simple_prompt\"", "A prompt without arguments",
          SAYS(TEXT("This is a simple prompt for testing.")) },
        { "\"name\":\"test_prompt_with_arguments\",\"arguments\":{\"arg1\":\"one\","
          "\"arg2\":\"two\"}",
          "A prompt with two required arguments",
          SAYS(TEXT("Prompt with arguments: arg1='one', arg2='two'")) },
        { "\"name\":\"test_prompt_with_embedded_resource\",\"arguments\":{\"resourceUri\":"
          "\"test://example-resource\"}",
          "A prompt that embeds a resource",
          SAYS(EMBEDDED(
              "test://example-resource", "text/plain",
              "Embedded resource content for testing.")) "," SAYS(TEXT("Please process "
                                                                       "the embedded "
                                                                       "resource "
                                                                       "above.")) },
        { "\"name\":\"test_prompt_with_image\"", "A prompt with an image",
          SAYS(IMAGE) "," SAYS(TEXT("Please analyze the image above.")) },
    };
    char want[1000];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(want, sizeof want, "{\"messages\":[%s],\"description\":\"%s\"}",
                 cases[i].messages, cases[i].description);
        CHECK_STR(booth_ask(booth, "prompts/get", cases[i].params), want);
    }
    CHECK_STR(booth_ask(booth, "completion/complete",
                        "\"ref\":{\"type\":\"ref/prompt\",\"name\":"
                        "\"test_prompt_with_arguments\"},\"argument\":{\"name\":\"arg1\","
                        "\"value\":\"test\"}"),
              "{\"completion\":{\"values\":[],\"total\":0,\"hasMore\":false}}");
    return true;
out:
    return false;
}

static void prompts_say_what_they_should(void)
{
    booth_in_both_eras(use_prompts);
}

#define READ(uri, mime, member, content)                                      \
    "{\"contents\":[{\"uri\":\"" uri "\",\"mimeType\":\"" mime "\",\"" member \
    "\":\"" content "\"}]}"

static bool read_resources(struct booth *booth)
{
    static const struct {
        const char *uri, *want;
    } cases[] = {
        { "test://static-text",
          READ("test://static-text", "text/plain", "text",
               "This is the content of the static text resource.") },
        { "test://static-binary",
          READ("test://static-binary", "image/png", "blob", PNG) },
        { "test://watched-resource", READ("test://watched-resource", "text/plain", "text",
                                          "Watched resource content") },
        { "test://template/123/data",
          READ("test://template/123/data", "application/json", "text",
               "{\\\"id\\\":\\\"123\\\",\\\"templateTest\\\":true,\\\"data\\\":\\\"Data "
               "for ID: 123\\\"}") },
        { "test://template/%22/data",
          READ("test://template/%22/data", "application/json", "text",
               "{\\\"id\\\":\\\"\\\\\\\"\\\",\\\"templateTest\\\":true,\\\"data\\\":"
               "\\\"Data for ID: \\\\\\\"\\\"}") },
    };
    char params[100], want[200];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(params, sizeof params, "\"uri\":\"%s\"", cases[i].uri);
        CHECK_STR(booth_ask(booth, "resources/read", params), cases[i].want);
    }
    snprintf(want, sizeof want,
             "{\"code\":%d,\"message\":\"Resource not found\",\"data\":{\"uri\":"
             "\"test://nonexistent-resource-for-conformance-testing\"}}",
             booth->modern ? -32602 : -32002);
    CHECK_STR(
        booth_ask(booth, "resources/read",
                  "\"uri\":\"test://nonexistent-resource-for-conformance-testing\""),
        want);
    if (booth->modern)
        return true;
    CHECK_STR(
        booth_ask(booth, "resources/subscribe", "\"uri\":\"test://watched-resource\""),
        "{}");
    CHECK_STR(
        booth_ask(booth, "resources/unsubscribe", "\"uri\":\"test://watched-resource\""),
        "{}");
    return true;
out:
    return false;
}

static void resources_hold_what_they_should(void)
{
    booth_in_both_eras(read_resources);
}

/* ---- what changes ---- */

/* The list is the same before and after. */
static void changes_reach_a_legacy_session(void)
{
    struct booth booth;

    CHECK(booth_open(&booth, false));
    CHECK_STR(booth_call(&booth, "test_trigger_tool_change", NULL),
              GIVES(TEXT("The list has changed.")));
    CHECK_STR(booth_call(&booth, "test_trigger_prompt_change", NULL),
              GIVES(TEXT("The list has changed.")));
    CHECK(wire_await(&booth.wire, "notifications/prompts/list_changed"));
    while (booth.wire.n_changes == 0)
        CHECK(wire_settled(&booth.wire));
    CHECK(list_tools(&booth));
    CHECK(list_others(&booth));
    CHECK(booth_ok(&booth));
out:
    CHECK_AFTER(booth_close(&booth));
}

static bool listen_for(struct booth *booth, const char *what)
{
    char params[100], want[200];

    snprintf(params, sizeof params, "\"notifications\":{%s}", what);
    CHECK(booth_send(booth, "subscriptions/listen", params));
    snprintf(want, sizeof want,
             "{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":%u},"
             "\"notifications\":{%s}}",
             booth->serial, what);
    CHECK_STR(
        params_of(wire_await(&booth->wire, "notifications/subscriptions/acknowledged")),
        want);
    return true;
out:
    return false;
}

/* Each stream hears of what it has asked for, and of nothing else. */
static void changes_reach_who_listens(void)
{
    struct booth booth;
    struct json_object *told;

    CHECK(booth_open(&booth, true));
    CHECK(listen_for(&booth, "\"promptsListChanged\":true"));
    CHECK_STR(booth_call(&booth, "test_trigger_tool_change", NULL),
              GIVES(TEXT("The list has changed.")));
    CHECK_STR(booth_call(&booth, "test_trigger_prompt_change", NULL),
              GIVES(TEXT("The list has changed.")));
    told = wire_await(&booth.wire, "notifications/prompts/list_changed");
    CHECK_STR(params_of(told),
              "{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":1}}");
    CHECK_INT(wire_messages(&booth.wire, "notifications/tools/list_changed"), 0);
    CHECK(listen_for(&booth, "\"toolsListChanged\":true"));
    CHECK_STR(booth_call(&booth, "test_trigger_tool_change", NULL),
              GIVES(TEXT("The list has changed.")));
    told = wire_await(&booth.wire, "notifications/tools/list_changed");
    CHECK_STR(params_of(told),
              "{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":4}}");
    CHECK(list_tools(&booth));
    CHECK(scene_log_ok(&booth.scene));
out:
    CHECK_AFTER(booth_close(&booth));
}

static const struct unit_test offer_tests[] = {
    UNIT_TEST_ONCE(tools_are_listed_in_order, "it has threads"),
    UNIT_TEST_ONCE(prompts_and_resources_are_listed, "it has threads"),
    UNIT_TEST_ONCE(tools_give_what_they_should, "it has threads"),
    UNIT_TEST_ONCE(arguments_are_checked, "it has threads"),
    UNIT_TEST_ONCE(progress_comes_before_the_result, "it has threads"),
    UNIT_TEST_ONCE(logs_of_a_legacy_session, "it has threads"),
    UNIT_TEST_ONCE(in_a_modern_meta, "it has threads"),
    UNIT_TEST_ONCE(prompts_say_what_they_should, "it has threads"),
    UNIT_TEST_ONCE(resources_hold_what_they_should, "it has threads"),
    UNIT_TEST_ONCE(changes_reach_a_legacy_session, "it has threads"),
    UNIT_TEST_ONCE(changes_reach_who_listens, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "offers", offer_tests },
        { "asks", fixture_ask_tests },
        { "rounds", fixture_round_tests },
    };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
