/* SPDX-License-Identifier: MIT */
/*
 * The examples that come with the schema of 2026-07-28: a server takes those that clients send,
 * and sends those that servers do. Skipped where they are not.
 */
#include "config.h"

#include "protocol.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>

#include "scene.h"

#define CAN_ALL                                                 \
    "{\"roots\":{},\"sampling\":{\"tools\":{},\"context\":{}}," \
    "\"elicitation\":{\"form\":{},\"url\":{}}}"

/* ---- a server that has what the examples speak of ---- */

#define LOCATION                                                              \
    "{\"type\":\"object\",\"properties\":{\"location\":{\"type\":\"string\"," \
    "\"description\":\"City name or zip code\"}},\"required\":[\"location\"]}"

static int get_weather(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "Current weather in New York:\nTemperature: 72°F\n"
                                "Conditions: Partly cloudy");
}

static int list_users(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *users = json_tokener_parse(
        "[{\"id\":\"1\",\"name\":\"Alice\",\"email\":\"alice@example.com\"},"
        "{\"id\":\"2\",\"name\":\"Bob\",\"email\":\"bob@example.com\"}]");
    int r = mcps_call_text(call, "Found 2 users: Alice (alice@example.com) and Bob "
                                 "(bob@example.com).");

    (void)args;
    (void)userdata;
    if (r >= 0)
        r = mcps_call_structured(call, users);
    json_object_put(users);
    return r;
}

static int get_weather_data(mcps_call *call, struct json_object *args, void *userdata)
{
    static const char data[] =
        "{\"temperature\": 22.5, \"conditions\": \"Partly cloudy\", \"humidity\": 65}";
    struct json_object *tree = json_tokener_parse(data);
    int r = mcps_call_text(call, "%s", data);

    (void)args;
    (void)userdata;
    if (r >= 0)
        r = mcps_call_structured(call, tree);
    json_object_put(tree);
    return r;
}

static int fail(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_fail(call, "Invalid departure date: must be in the future. Current "
                                "date is 08/08/2025.");
}

static int say(mcps_call *call, struct json_object *args, void *userdata)
{
    const struct mcps_resource_link link =
        MCPS_RESOURCE_LINK(.uri = "file:///project/src/main.rs", .name = "main.rs",
                           .description = "Primary application entry point",
                           .mime = "text/x-rust");
    int r = mcps_call_text(call, "Tool result text");

    (void)args;
    (void)userdata;
    return r < 0 ? r : mcps_call_resource_link(call, &link);
}

static int build(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = mcps_call_progress(call, 50, 100, "Reticulating splines...");

    (void)args;
    (void)userdata;
    if (r >= 0)
        r = mcps_call_log_json(call, MCPS_LOG_ERROR, "database",
                               "{\"error\":\"Connection failed\",\"details\":{\"host\":"
                               "\"localhost\",\"port\":5432}}");
    return r < 0 ? r : mcps_call_text(call, "built");
}

#define LOGIN(ARG, S) ARG(S, STRING, name, NULL, MCPS_REQUIRED)
MCPS_FORM(login_form, LOGIN);
#define USERNAME(ARG, S)                                        \
    ARG(S, STRING, name, "Your GitHub username", MCPS_REQUIRED, \
        .title = "GitHub Username")
MCPS_FORM(username_form, USERNAME);
#define CONTACT(ARG, S)                                                           \
    ARG(S, STRING, name, "Your full name", MCPS_REQUIRED)                         \
    ARG(S, STRING, email, "Your email address", MCPS_REQUIRED, .format = "email") \
    ARG(S, NUMBER, age, "Your age", MCPS_OPTIONAL, MCPS_MIN(18))
MCPS_FORM(contact_form, CONTACT);

static const char *const colours[] = { "Red", "Green", "Blue", NULL };
static const char *const codes[] = { "#FF0000", "#00FF00", "#0000FF", NULL };

#define KINDS(ARG, S)                                                                    \
    ARG(S, BOOL, flag, "Description text", MCPS_OPTIONAL, .title = "Display Name",       \
        .default_json = "false")                                                         \
    ARG(S, NUMBER, number, "Description text", MCPS_OPTIONAL, .title = "Display Name",   \
        MCPS_RANGE(0, 100), .default_json = "50")                                        \
    ARG(S, STRING, email, "Description text", MCPS_OPTIONAL, .title = "Display Name",    \
        .min_length = 3, .max_length = 50, .format = "email",                            \
        .default_json = "\"user@example.com\"")                                          \
    ARG(S, ENUM, one, "Choose your favorite color", MCPS_OPTIONAL,                       \
        .title = "Color Selection", .choices = colours, .default_json = "\"Red\"")       \
    ARG(S, ENUM, titled, "Choose your favorite color", MCPS_OPTIONAL,                    \
        .title = "Color Selection", .choices = codes, .titles = colours,                 \
        .default_json = "\"#FF0000\"")                                                   \
    ARG(S, LIST(ENUM), some, "Choose your favorite colors", MCPS_OPTIONAL,               \
        .title = "Color Selection", .choices = colours, .min_items = 1, .max_items = 2,  \
        .default_json = "[\"Red\",\"Green\"]")                                           \
    ARG(S, LIST(ENUM), few, "Choose your favorite colors", MCPS_OPTIONAL,                \
        .title = "Color Selection", .choices = codes, .titles = colours, .min_items = 1, \
        .max_items = 2, .default_json = "[\"#FF0000\",\"#00FF00\"]")
MCPS_FORM(kinds_form, KINDS);

#define CAPITAL "What is the capital of France?"
#define CITIES  "What's the weather like in Paris and London?"
#define ASK_CITIES \
    "{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"" CITIES "\"}}"
#define USE(id, city)                                                               \
    "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"get_weather\",\"input\":{" \
    "\"city\":\"" city "\"}}"
#define GIVE(id, text)                                                           \
    "{\"type\":\"tool_result\",\"toolUseId\":\"" id "\",\"content\":[{\"type\":" \
    "\"text\",\"text\":\"" text "\"}]}"
#define WEATHER(more)                                                                \
    "[{\"name\":\"get_weather\",\"description\":\"Get current weather for a city\"," \
    "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":"       \
    "\"string\"" more "}},\"required\":[\"city\"]}}]"

static int only_two; /* as userdata: the first two questions alone */

static int ask(mcps_call *call, struct json_object *args, void *userdata)
{
    const struct mcps_sampling plain =
        MCPS_SAMPLING(.prompt = CAPITAL, .max_tokens = 100);
    const struct mcps_sampling preferred =
        MCPS_SAMPLING(.prompt = CAPITAL, .max_tokens = 100,
                      .system_prompt = "You are a helpful assistant.",
                      .model_preferences =
                          "{\"hints\":[{\"name\":\"claude-3-sonnet\"}],"
                          "\"intelligencePriority\":0.8,\"speedPriority\":0.5}");
    const struct mcps_sampling hinted =
        MCPS_SAMPLING(.prompt = CAPITAL, .max_tokens = 100,
                      .model_preferences =
                          "{\"hints\":[{\"name\":\"claude-3-sonnet\"},{\"name\":"
                          "\"claude\"}],\"costPriority\":0.3,\"speedPriority\":"
                          "0.8,\"intelligencePriority\":0.5}");
    const struct mcps_sampling tooled =
        MCPS_SAMPLING(.messages = "[" ASK_CITIES "]", .max_tokens = 1000,
                      .tools = WEATHER(",\"description\":\"City name\""),
                      .tool_choice = "{\"mode\":\"auto\"}");
    const struct mcps_sampling followed = MCPS_SAMPLING(
            .messages =
                "[" ASK_CITIES
                ",{\"role\":\"assistant\",\"content\":[" USE("call_abc123", "Paris") "," USE("call_def456", "London") "]},{\"role\":\"user\",\"content\":[" GIVE(
                    "call_abc123",
                    "Weather in Paris: 18°C, partly cloudy") "," GIVE("call_def456",
                                                                      "Weather in London: 15°C, rainy") "]}]",
            .max_tokens = 1000, .tools = WEATHER(""));
    const struct mcps_sampling results = MCPS_SAMPLING(
            .messages = "[{\"role\":\"assistant\",\"content\":[" USE("call_123", "x") "," USE(
                "call_456",
                "y") "]},{\"role\":\"user\",\"content\":[" GIVE("call_123",
                                                                "Result 1") "," GIVE("call_456",
                                                                                     "Result 2") "]}]",
            .max_tokens = 1);
    struct mcps_question questions[] = {
        MCPS_ASK_FORM(login_form, "github_login", "Please provide your GitHub username"),
        MCPS_ASK_SAMPLING("capital_of_france", &plain),
        MCPS_ASK_FORM(username_form, "username", "Please provide your GitHub username"),
        MCPS_ASK_FORM(contact_form, "contact", "Please provide your contact information"),
        MCPS_ASK_FORM(kinds_form, "kinds", "Please say more"),
        MCPS_ASK_URL("url", "Please provide your API key to continue.",
                     "https://mcp.example.com/ui/set_api_key", "e1"),
        MCPS_ASK_SAMPLING("preferred", &preferred),
        MCPS_ASK_SAMPLING("hinted", &hinted),
        MCPS_ASK_SAMPLING("tooled", &tooled),
        MCPS_ASK_SAMPLING("followed", &followed),
        MCPS_ASK_SAMPLING("results", &results),
        MCPS_ASK_ROOTS("roots"),
    };
    size_t n = sizeof questions / sizeof questions[0];
    int r = mcps_call_keep(call, "state", "1");

    (void)args;
    if (r >= 0)
        r = mcps_call_ask(call, questions, userdata ? 2 : n);
    if (r < 0)
        return r;
    for (size_t i = 0; i < n; i++)
        json_object_put(questions[i].json);
    return mcps_call_text(call, "answered");
}

static int broken(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)call;
    (void)args;
    (void)userdata;
    return -EIO;
}

#define ICON(name, type, size)                                        \
    "[{\"src\":\"https://example.com/" name "\",\"mimeType\":\"" type \
    "\",\"sizes\":[\"" size "\"]}]"
#define SUM                                                                            \
    "\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"},\"b\":{\"type\":" \
    "\"number\"}},\"required\":[\"a\",\"b\"]}"

static const struct mcps_tool tools[] = {
    MCPS_TOOL_STRUCT(.name = "get_weather", .handler = get_weather,
                     .title = "Weather Information Provider",
                     .description = "Get current weather information for a location",
                     .input_schema = LOCATION,
                     .icons = ICON("weather-icon.png", "image/png", "48x48")),
    MCPS_TOOL_STRUCT(.name = "list_users", .handler = list_users, .title = "User List",
                     .description = "Returns a list of all users",
                     .input_schema = "{\"type\":\"object\",\"properties\":{}}",
                     .output_schema =
                         "{\"type\":\"array\",\"items\":{\"type\":\"object\","
                         "\"properties\":{\"id\":{\"type\":\"string\",\"description\":"
                         "\"User ID\"},\"name\":{\"type\":\"string\",\"description\":"
                         "\"User name\"},\"email\":{\"type\":\"string\",\"description\":"
                         "\"User email\"}},\"required\":[\"id\",\"name\",\"email\"]}}"),
    MCPS_TOOL_STRUCT(.name = "get_weather_data", .handler = get_weather_data,
                     .title = "Weather Data Retriever",
                     .description = "Get current weather data for a location",
                     .input_schema = LOCATION,
                     .output_schema =
                         "{\"type\":\"object\",\"properties\":{\"temperature\":{\"type\":"
                         "\"number\",\"description\":\"Temperature in celsius\"},"
                         "\"conditions\":{\"type\":\"string\",\"description\":\"Weather "
                         "conditions description\"},\"humidity\":{\"type\":\"number\","
                         "\"description\":\"Humidity percentage\"}},\"required\":["
                         "\"temperature\",\"conditions\",\"humidity\"]}"),
    MCPS_TOOL_STRUCT(.name = "find_resource", .handler = say, .title = "Resource Finder",
                     .description = "Find a resource by ID or name",
                     .input_schema =
                         "{\"type\":\"object\",\"oneOf\":[{\"properties\":{\"id\":{"
                         "\"type\":\"string\",\"description\":\"Resource ID\"}},"
                         "\"required\":[\"id\"]},{\"properties\":{\"name\":{\"type\":"
                         "\"string\",\"description\":\"Resource name\"}},\"required\":["
                         "\"name\"]}]}"),
    MCPS_TOOL_STRUCT(.name = "calculate_sum", .handler = say,
                     .description = "Add two numbers", .input_schema = "{" SUM),
    MCPS_TOOL_STRUCT(.name = "get_current_time", .handler = fail,
                     .description = "Returns the current server time",
                     .input_schema =
                         "{\"type\":\"object\",\"additionalProperties\":false}"),
    MCPS_TOOL_STRUCT(.name = "build_simulation", .handler = build),
    MCPS_TOOL_STRUCT(.name = "ask", .handler = ask),
    MCPS_TOOL_STRUCT(.name = "ask_two", .handler = ask, .userdata = &only_two),
    MCPS_TOOL_STRUCT(.name = "broken", .handler = broken),
};

static int read_main(mcps_call *call, struct json_object *args, void *userdata)
{
    static const char text[] = "fn main() {\n    println!(\"Hello world!\");\n}";

    (void)args;
    (void)userdata;
    return mcps_call_resource_text(call, NULL, NULL, text, sizeof text - 1);
}

#define CODE(ARG, S) ARG(S, STRING, code, "The code to review", MCPS_REQUIRED)
MCPS_ARGS(code_args, CODE);

MCPS_PROMPT_HANDLER(code_review, code_args)
{
    int r = mcps_call_text(call, "Please review this Python code:\n%s", args->code);

    (void)userdata;
    return r < 0 ? r : mcps_call_description(call, "Code review prompt");
}

static int complete(mcps_call *call, const char *argument, const char *value,
                    void *userdata)
{
    static const char *const words[] = { "python", "pytorch", "pyside" };
    int r = 0;

    (void)argument;
    (void)userdata;
    if (strcmp(value, "fla") == 0)
        return mcps_complete_value(call, "flask");
    for (size_t i = 0; i < 3 && r >= 0; i++)
        r = mcps_complete_value(call, words[i]);
    return r < 0 ? r : mcps_complete_total(call, 10, true);
}

static const struct mcps_prompt prompts[] = {
    MCPS_PROMPT(code_review, code_args,
                "Asks the LLM to analyze code quality and suggest improvements",
                .title = "Request Code Review", .complete = complete,
                .icons = ICON("review-icon.svg", "image/svg+xml", "any")),
};

static const struct mcps_resource resources[] = {
    MCPS_RESOURCE(.uri = "file:///project/src/main.rs", .name = "main.rs",
                  .title = "Rust Software Application Main File",
                  .description = "Primary application entry point", .mime = "text/x-rust",
                  .handler = read_main,
                  .icons = ICON("rust-file-icon.png", "image/png", "48x48")),
    MCPS_RESOURCE(.uri = "file:///example.txt", .name = "example.txt",
                  .mime = "text/plain", .text = "Resource content"),
};

static int serve(mcps_server **ret)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "ExampleServer", .version = "1.0.0", .workers = 2,
                            .log_level = MCPS_LOG_OFF);
    int r = mcps_server_new(ret, &options);

    if (r >= 0)
        r = mcps_server_set_limit(*ret, MCPS_LIMIT_PAGE, 1);
    if (r >= 0)
        r = mcps_server_add_tools(*ret, tools, sizeof tools / sizeof tools[0]);
    if (r >= 0)
        r = mcps_server_add_resources(*ret, resources, 2);
    if (r >= 0)
        r = mcps_server_add_prompts(*ret, prompts, 1);
    return r < 0 ? r : mcps_server_start(*ret);
}

/* ---- the files ---- */

typedef bool example_fn(struct talk *talk, const char *definition, const char *name,
                        struct json_object *example);

static bool each_file(struct talk *talk, const char *path, const char *definition,
                      example_fn *fn)
{
    struct dirent *entry;
    DIR *dir = opendir(path);
    bool ok = dir != NULL;

    if (!dir)
        return false;
    for (entry = readdir(dir); entry; entry = readdir(dir)) {
        char file[4600];
        struct json_object *tree;
        size_t len = 0;
        char *text;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%.4200s/%.250s", path, entry->d_name);
        text = unit_read_file(file, &len);
        tree = text ? json_tokener_parse(text) : NULL;
        if (!tree || !fn(talk, definition, entry->d_name, tree)) {
            unit_note("%s", file);
            ok = false;
        }
        json_object_put(tree);
        free(text);
    }
    closedir(dir);
    return ok;
}

static bool each_example(struct talk *talk, const char *const *definitions,
                         example_fn *fn)
{
    char base[4096], path[4300];
    bool ok = protocol_find(MODERN, base, sizeof base);

    for (size_t i = 0; definitions[i] && base[0]; i++) {
        snprintf(path, sizeof path, "%.4000s/examples/%s", base, definitions[i]);
        ok &= each_file(talk, path, definitions[i], fn);
    }
    return ok;
}

/* ---- what clients send ---- */

static const char *const requests[] = {
    "CallToolRequest",      "CompleteRequest",
    "DiscoverRequest",      "GetPromptRequest",
    "ListPromptsRequest",   "ListResourceTemplatesRequest",
    "ListResourcesRequest", "ListToolsRequest",
    "ReadResourceRequest",  NULL,
};

static const char *const parts[] = { "CallToolRequestParams", "CompleteRequestParams",
                                     "GetPromptRequestParams", "PaginatedRequestParams",
                                     NULL };
static const char *const capabilities[] = { "ClientCapabilities", NULL };
static const char *const answers[] = { "InputResponses", NULL };

/* It is understood: a result, or what is not there. */
static bool is_served(struct talk *talk, const char *method, struct json_object *params)
{
    const char *text = json_object_to_json_string_ext(params, JSON_C_TO_STRING_PLAIN);
    struct json_object *answer;
    char request[4000], id[32];
    int code;

    snprintf(id, sizeof id, "\"e%u\"", talk->serial++);
    json_object_object_add(talk->asked, id, json_object_new_string(method));
    snprintf(request, sizeof request,
             "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"%s\",\"params\":%s}", id,
             method, text);
    if (mcps_test_send(talk->client, request) < 0)
        return false;
    answer = talk_answer(talk, id);
    code = json_object_get_int(member(answer, "error", "code", NULL));
    if (answer && (code == 0 || code == -32602 || code == -32601))
        return true;
    unit_note("%s: %s", request, json_object_to_json_string(answer));
    return false;
}

static bool send_request(struct talk *talk, const char *definition, const char *name,
                         struct json_object *example)
{
    (void)definition;
    (void)name;
    return is_served(talk, json_object_get_string(member(example, "method", NULL)),
                     member(example, "params", NULL));
}

static bool send_params(struct talk *talk, const char *definition, const char *name,
                        struct json_object *example)
{
    static const char *const methods[] = { "tools/call", "completion/complete",
                                           "prompts/get", "tools/list" };

    (void)name;
    for (size_t i = 0; parts[i]; i++) {
        if (strcmp(parts[i], definition) == 0)
            return is_served(talk, methods[i], example);
    }
    return false;
}

static bool send_capabilities(struct talk *talk, const char *definition, const char *name,
                              struct json_object *example)
{
    const char *before = talk->capabilities;
    bool ok;

    (void)definition;
    (void)name;
    talk->capabilities = json_object_to_json_string(example);
    ok = talk_result(talk, "server/discover", "%s", "") != NULL;
    talk->capabilities = before;
    return ok;
}

/* The answers to what the tool asks: it is content with them. */
static bool send_answers(struct talk *talk, const char *definition, const char *name,
                         struct json_object *example)
{
    struct json_object *first =
        talk_ask(talk, "tools/call", "\"name\":\"ask_two\",\"arguments\":{}");
    struct json_object *result =
        talk_result(talk, "tools/call",
                    "\"name\":\"ask_two\",\"arguments\":{},\"requestState\":\"%s\","
                    "\"inputResponses\":%s",
                    json_object_get_string(member(first, "result", "requestState", NULL)),
                    json_object_to_json_string(example));

    (void)definition;
    (void)name;
    return member(result, "content", NULL) != NULL;
}

static void examples_that_clients_send_are_taken(void)
{
    struct talk talk = { .server = NULL };
    mcps_server *server = NULL;
    char path[4096];

    if (!protocol_find(MODERN, path, sizeof path))
        return;
    CHECK_INT(serve(&server), 0);
    CHECK(talk_begin(&talk, server, MODERN, CAN_ALL));
    CHECK(each_example(&talk, requests, send_request));
    CHECK(each_example(&talk, parts, send_params));
    CHECK(each_example(&talk, capabilities, send_capabilities));
    CHECK(each_example(&talk, answers, send_answers));
out:
    talk_end(&talk);
    if (server)
        CHECK_AFTER(mcps_server_stop(server, 1000) == 0);
    server = mcps_server_unref(server);
}

/* ---- what servers send ---- */

static const char *const produced[] = {
    "BooleanSchema",
    "CallToolResult",
    "CallToolResultResponse",
    "CreateMessageRequestParams",
    "ElicitRequest",
    "ElicitRequestFormParams",
    "ElicitRequestURLParams",
    "InputRequests",
    "ListResourcesResult",
    "ListToolsResult",
    "ListToolsResultResponse",
    "LoggingMessageNotification",
    "ModelPreferences",
    "NumberSchema",
    "ProgressNotification",
    "ReadResourceResult",
    "ReadResourceResultResponse",
    "ResourceLink",
    "SamplingMessage",
    "StringSchema",
    "TextContent",
    "TextResourceContents",
    "TitledMultiSelectEnumSchema",
    "TitledSingleSelectEnumSchema",
    "Tool",
    "ToolResultContent",
    "ToolUseContent",
    "UntitledMultiSelectEnumSchema",
    "UntitledSingleSelectEnumSchema",
    NULL,
};

/* One that no server of this library sends in that form, and why not. */
static const struct {
    const char *name, *why;
} odd[] = {
    { "with-explicit-draft-07-input-schema.json", "two tools of one name" },
};

/* What differs between servers and calls, and what may as well be left out. */
static bool is_apart(const char *name, struct json_object *value)
{
    static const char *const names[] = { "id",           "ttlMs", "cacheScope",
                                         "nextCursor",   "_meta", "progressToken",
                                         "elicitationId" };
    const char *text = json_object_get_string(value);

    /* A false isError, and the mode of a form, are what goes without saying. */
    if (strcmp(name, "isError") == 0)
        return !json_object_get_boolean(value);
    if (strcmp(name, "mode") == 0)
        return text && strcmp(text, "form") == 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* Is all of the example in what was sent, and nothing else but what is apart? */
static bool is_alike(struct json_object *example, struct json_object *sent)
{
    enum json_type type = json_object_get_type(example);
    struct json_object *other;

    if (type == json_type_double || type == json_type_int) {
        double apart = json_object_get_double(example) - json_object_get_double(sent);

        return sent && apart < 1e-9 && apart > -1e-9;
    }
    if (json_object_get_type(sent) != type)
        return false;
    if (type == json_type_array) {
        size_t n = json_object_array_length(example);

        for (size_t i = 0; i < n && i < json_object_array_length(sent); i++) {
            if (!is_alike(json_object_array_get_idx(example, i),
                          json_object_array_get_idx(sent, i)))
                return false;
        }
        return n == json_object_array_length(sent);
    }
    if (type != json_type_object)
        return json_object_equal(example, sent);
    json_object_object_foreach(example, key, value)
    {
        if (!is_apart(key, value) && !is_alike(value, member(sent, key, NULL)))
            return false;
    }
    json_object_object_foreach(sent, name, extra)
    {
        other = NULL;
        if (!is_apart(name, extra) && !json_object_object_get_ex(example, name, &other))
            return false;
    }
    return true;
}

static bool is_within(struct json_object *example, struct json_object *sent)
{
    if (is_alike(example, sent))
        return true;
    if (json_object_is_type(sent, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(sent); i++) {
            if (is_within(example, json_object_array_get_idx(sent, i)))
                return true;
        }
    }
    if (!json_object_is_type(sent, json_type_object))
        return false;
    json_object_object_foreach(sent, key, value)
    {
        (void)key;
        if (is_within(example, value))
            return true;
    }
    return false;
}

static bool was_sent(struct talk *talk, const char *definition, const char *name,
                     struct json_object *example)
{
    (void)definition;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        if (strcmp(odd[i].name, name) == 0)
            return true;
    }
    return is_within(example, talk->heard);
}

static bool walk_list(struct talk *talk, const char *method)
{
    struct json_object *page = talk_result(talk, method, "%s", ""), *cursor;

    for (cursor = member(page, "nextCursor", NULL); cursor;
         cursor = member(page, "nextCursor", NULL))
        page = talk_result(talk, method, "\"cursor\":\"%s\"",
                           json_object_get_string(cursor));
    return page != NULL;
}

static bool complete_code(struct talk *talk, const char *value)
{
    return talk_result(talk, "completion/complete",
                       "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"code_review\"},"
                       "\"argument\":{\"name\":\"code\",\"value\":\"%s\"}",
                       value) != NULL;
}

static bool touch(mcps_server *server, unsigned kind, const char *key)
{
    return mcps_server_disable(server, kind, &key, 1) >= 0 &&
           mcps_server_enable(server, kind, &key, 1) >= 0;
}

/* The streams of two filters, to the end of the server. */
static bool hear_changes(struct talk *talk)
{
    char all[32], some[32];

    CHECK(talk_send(talk, "subscriptions/listen",
                    "\"notifications\":{\"promptsListChanged\":true,"
                    "\"resourcesListChanged\":true,\"resourceSubscriptions\":["
                    "\"file:///project/src/main.rs\"]}",
                    all));
    CHECK(talk_send(talk, "subscriptions/listen",
                    "\"notifications\":{\"toolsListChanged\":true,"
                    "\"resourceSubscriptions\":[\"file:///project/config.json\"]}",
                    some));
    CHECK(talk_await(talk, "SubscriptionsAcknowledgedNotification", 2));
    CHECK(touch(talk->server, MCPS_TOOLS, "get_weather"));
    CHECK(touch(talk->server, MCPS_PROMPTS, "code_review"));
    CHECK(touch(talk->server, MCPS_RESOURCES, "file:///example.txt"));
    CHECK(mcps_server_resource_updated(talk->server, "file:///project/src/main.rs") == 1);
    CHECK(talk_await(talk, "ToolListChangedNotification", 1));
    CHECK(talk_await(talk, "PromptListChangedNotification", 1));
    CHECK(talk_await(talk, "ResourceListChangedNotification", 1));
    CHECK(talk_await(talk, "ResourceUpdatedNotification", 1));
    CHECK_INT(mcps_server_stop(talk->server, 1000), 0);
    return talk_answer(talk, all) != NULL &&
           talk_await(talk, "SubscriptionsListenResult", 2);
out:
    return false;
}

static void examples_that_servers_send_are_sent(void)
{
    struct talk talk = { .server = NULL };
    mcps_server *server = NULL;
    char path[4096];

    if (!protocol_find(MODERN, path, sizeof path))
        return;
    CHECK_INT(serve(&server), 0);
    CHECK(talk_begin(&talk, server, MODERN, CAN_ALL));
    talk.meta = "\"" META "logLevel\":\"debug\"";
    CHECK(walk_list(&talk, "tools/list"));
    CHECK(walk_list(&talk, "resources/list"));
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
        char params[200];

        snprintf(params, sizeof params,
                 "\"name\":\"%s\",\"arguments\":{\"location\":\"New York\"}",
                 tools[i].name);
        if (strcmp(tools[i].name, "calculate_sum") == 0)
            continue;
        if (strcmp(tools[i].name, "find_resource") == 0)
            snprintf(params, sizeof params,
                     "\"name\":\"find_resource\",\"arguments\":{\"id\":\"1\"}");
        if (strcmp(tools[i].name, "get_current_time") == 0)
            snprintf(params, sizeof params, "\"name\":\"get_current_time\"");
        CHECK(talk_ask(&talk, "tools/call", params));
    }
    for (size_t i = 0; i < 2; i++)
        CHECK(talk_result(&talk, "resources/read", "\"uri\":\"%s\"", resources[i].uri));
    CHECK(walk_list(&talk, "prompts/list"));
    CHECK(
        talk_result(&talk, "prompts/get",
                    "\"name\":\"code_review\",\"arguments\":{\"code\":\"def hello():\\n "
                    "   print('world')\"}"));
    CHECK(complete_code(&talk, "py") && complete_code(&talk, "fla"));
    CHECK(hear_changes(&talk));
    CHECK(each_example(&talk, produced, was_sent));
out:
    talk_end(&talk);
    if (server)
        CHECK_AFTER(mcps_server_stop(server, 1000) == 0);
    server = mcps_server_unref(server);
}

const struct unit_test protocol_example_tests[] = {
    UNIT_TEST_ONCE(examples_that_clients_send_are_taken, "it has threads"),
    UNIT_TEST_ONCE(examples_that_servers_send_are_sent, "it has threads"),
    UNIT_END,
};
