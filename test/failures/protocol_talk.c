/* SPDX-License-Identifier: MIT */
/*
 * Talks in which each message of the server is held against the schema: results by the method of
 * their request, notifications and requests by their own. The schemas are read from the folder
 * "shared" beside the project.
 */
#include "config.h"

#include "protocol.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>

#include "scene.h"

/* What is sent by whom, and how the schemas call it. */
static const struct {
    const char *method, *definition;
} results[] = {
    { "initialize", "InitializeResult" },
    { "ping", "EmptyResult" },
    { "server/discover", "DiscoverResult" },
    { "tools/list", "ListToolsResult" },
    { "tools/call", "CallToolResult" },
    { "prompts/list", "ListPromptsResult" },
    { "prompts/get", "GetPromptResult" },
    { "resources/list", "ListResourcesResult" },
    { "resources/templates/list", "ListResourceTemplatesResult" },
    { "resources/read", "ReadResourceResult" },
    { "resources/subscribe", "EmptyResult" },
    { "resources/unsubscribe", "EmptyResult" },
    { "logging/setLevel", "EmptyResult" },
    { "completion/complete", "CompleteResult" },
    { "subscriptions/listen", "SubscriptionsListenResult" },
}, messages[] = {
    { "notifications/progress", "ProgressNotification" },
    { "notifications/cancelled", "CancelledNotification" },
    { "notifications/message", "LoggingMessageNotification" },
    { "notifications/tools/list_changed", "ToolListChangedNotification" },
    { "notifications/prompts/list_changed", "PromptListChangedNotification" },
    { "notifications/resources/list_changed", "ResourceListChangedNotification" },
    { "notifications/resources/updated", "ResourceUpdatedNotification" },
    { "notifications/elicitation/complete", "ElicitationCompleteNotification" },
    { "notifications/subscriptions/acknowledged", "SubscriptionsAcknowledgedNotification" },
    { "sampling/createMessage", "CreateMessageRequest" },
    { "elicitation/create", "ElicitRequest" },
    { "roots/list", "ListRootsRequest" },
};

static const char *definition_of_result(const char *method)
{
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        if (strcmp(results[i].method, method) == 0)
            return results[i].definition;
    }
    return NULL;
}

static const char *definition_of_message(const char *method)
{
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        if (strcmp(messages[i].method, method) == 0)
            return messages[i].definition;
    }
    return NULL;
}

struct json_object *member(struct json_object *object, ...)
{
    const char *name;
    va_list names;

    va_start(names, object);
    for (name = va_arg(names, const char *); name && object;
         name = va_arg(names, const char *)) {
        struct json_object *next = NULL;

        if (json_object_is_type(object, json_type_object))
            json_object_object_get_ex(object, name, &next);
        object = next;
    }
    va_end(names);
    return object;
}

static const char *text_of(struct json_object *object)
{
    return object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN)
                  : "null";
}

/* ---- the schema ---- */

bool protocol_find(const char *revision, char *path, size_t size)
{
    const char *shared = unit_shared_dir();
    size_t len = 0;
    char *text;

    snprintf(path, size, "%.3900s/data/mcp-schema/%s/schema.json", shared ? shared : ".",
             revision);
    text = shared ? unit_read_file(path, &len) : NULL;
    if (!text) {
        unit_skip("the protocol's schemas are not here");
        return false;
    }
    free(text);
    path[strlen(path) - strlen("/schema.json")] = '\0';
    return true;
}

static bool open_book(struct book *book, const char *revision)
{
    char path[4096];
    size_t len = 0;

    if (!protocol_find(revision, path, sizeof path - 20))
        return false;
    strcat(path, "/schema.json");
    book->text = unit_read_file(path, &len);
    book->tree = book->text ? json_tokener_parse(book->text) : NULL;
    book->key = member(book->tree, "$defs", NULL) ? "$defs" : "definitions";
    return book->tree && mcps_schema_scratch_new(&book->scratch) >= 0;
}

static void close_book(struct book *book)
{
    for (size_t i = 0; i < book->n; i++)
        mcps_schema_unref(book->definitions[i].schema);
    mcps_schema_scratch_free(book->scratch);
    json_object_put(book->tree);
    free(book->text);
    *book = (struct book){ .n = 0 };
}

static bool has_definition(const struct book *book, const char *name)
{
    return member(book->tree, book->key, name, NULL) != NULL;
}

static const mcps_schema *find_definition(struct book *book, const char *name)
{
    struct mcps_schema_document document = { "https://example.com/mcp.json", book->text };
    struct mcps_schema_options options =
        MCPS_SCHEMA_OPTIONS(.documents = &document, .n_documents = 1);
    char schema[300], why[MCPS_SCHEMA_WHY_SIZE];

    for (size_t i = 0; i < book->n; i++) {
        if (strcmp(book->definitions[i].name, name) == 0)
            return book->definitions[i].schema;
    }
    if (book->n == BOOK_MAX)
        return NULL;
    if (strcmp(book->key, "definitions") == 0)
        options.dialect = MCPS_SCHEMA_DRAFT_07;
    snprintf(schema, sizeof schema, "{\"$ref\":\"https://example.com/mcp.json#/%s/%s\"}",
             book->key, name);
    if (mcps_schema_compile(&book->definitions[book->n].schema, schema, strlen(schema),
                            &options, why, sizeof why) < 0) {
        unit_note("%s: %s", name, why);
        return NULL;
    }
    book->definitions[book->n].name = name;
    return book->definitions[book->n++].schema;
}

static bool fits(struct talk *talk, const char *name, struct json_object *tree)
{
    struct book *book = &talk->book;
    const char *text = text_of(tree);
    const mcps_schema *schema = find_definition(book, name);
    struct json_object *n = member(talk->seen, name, NULL);

    if (schema &&
        mcps_schema_check_text(schema, text, strlen(text), book->scratch, 3) == 0) {
        json_object_object_add(talk->seen, name,
                               json_object_new_int(json_object_get_int(n) + 1));
        return true;
    }
    unit_note("%s: no %s: %.600s", talk->revision, name, text);
    for (size_t i = 0; schema && i < mcps_schema_n_errors(book->scratch); i++)
        unit_note("%s", mcps_schema_error_at(book->scratch, i)->text);
    return false;
}

int talk_seen(struct talk *talk, const char *definition)
{
    return json_object_get_int(member(talk->seen, definition, NULL));
}

/* ---- what the client says when it is asked ---- */

static struct json_object *fill(struct json_object *schema)
{
    struct json_object *choices = member(schema, "enum", NULL), *first;
    const char *type = json_object_get_string(member(schema, "type", NULL));
    const char *format = json_object_get_string(member(schema, "format", NULL));

    if (member(schema, "default", NULL))
        return json_object_get(member(schema, "default", NULL));
    if (!choices)
        choices = member(schema, "oneOf", NULL);
    if (!choices)
        choices = member(schema, "anyOf", NULL);
    if (choices) {
        first = json_object_array_get_idx(choices, 0);
        return json_object_get(member(first, "const", NULL) ? member(first, "const", NULL)
                                                            : first);
    }
    if (type && strcmp(type, "array") == 0) {
        struct json_object *array = json_object_new_array();

        json_object_array_add(array, fill(member(schema, "items", NULL)));
        return array;
    }
    if (type && strcmp(type, "boolean") == 0)
        return json_object_new_boolean(true);
    if (type && strcmp(type, "string") != 0)
        return json_object_new_int(1);
    return json_object_new_string(format && strcmp(format, "date") == 0 ? "2026-01-02"
                                                                        : "a@b.example");
}

static struct json_object *fill_form(struct json_object *schema)
{
    struct json_object *content = json_object_new_object();
    struct json_object *properties = member(schema, "properties", NULL);

    json_object_object_foreach(properties, name, one)
    {
        json_object_object_add(content, name, fill(one));
    }
    return content;
}

static struct json_object *answer_to(const struct talk *talk, const char *method,
                                     struct json_object *params)
{
    struct json_object *answer;

    if (strcmp(method, "roots/list") == 0)
        return json_tokener_parse(
            "{\"roots\":[{\"uri\":\"file:///srv\",\"name\":\"srv\"}]}");
    if (strcmp(method, "sampling/createMessage") == 0) {
        if (member(params, "tools", NULL) &&
            json_object_array_length(member(params, "messages", NULL)) == 1)
            return json_tokener_parse(
                "{\"role\":\"assistant\",\"model\":\"none\",\"content\":{\"type\":"
                "\"tool_use\",\"id\":\"u\",\"name\":\"weather\",\"input\":{}}}");
        return json_tokener_parse(
            "{\"role\":\"assistant\",\"model\":\"none\",\"content\":{"
            "\"type\":\"text\",\"text\":\"yes\"}}");
    }
    answer = json_object_new_object();
    json_object_object_add(answer, "action", json_object_new_string(talk->action));
    if (strcmp(talk->action, "accept") == 0 && member(params, "requestedSchema", NULL))
        json_object_object_add(answer, "content",
                               fill_form(member(params, "requestedSchema", NULL)));
    return answer;
}

/* ---- what comes ---- */

static bool send_tree(struct talk *talk, struct json_object *tree)
{
    int r = mcps_test_send(talk->client, text_of(tree));

    json_object_put(tree);
    return r >= 0;
}

static bool judge_message(struct talk *talk, struct json_object *message,
                          const char *method)
{
    struct json_object *id = member(message, "id", NULL), *answer;
    const char *definition = definition_of_message(method);

    if (!definition || !fits(talk, definition, message)) {
        unit_note("%s is not known", method);
        return false;
    }
    if (!id)
        return true;
    if (talk->modern) {
        unit_note("a request in the modern era: %s", text_of(message));
        return false;
    }
    answer = json_object_new_object();
    json_object_object_add(answer, "jsonrpc", json_object_new_string("2.0"));
    json_object_object_add(answer, "id", json_object_get(id));
    json_object_object_add(answer, "result",
                           answer_to(talk, method, member(message, "params", NULL)));
    return send_tree(talk, answer);
}

static bool judge_answer(struct talk *talk, struct json_object *message)
{
    struct json_object *result = member(message, "result", NULL);
    const char *method = json_object_get_string(
        member(talk->asked, text_of(member(message, "id", NULL)), NULL));
    const char *type = json_object_get_string(member(result, "resultType", NULL));

    if (!method) {
        unit_note("nobody asked for %s", text_of(message));
        return false;
    }
    if (!result)
        return fits(talk,
                    has_definition(&talk->book, "JSONRPCError") ? "JSONRPCError"
                                                                : "JSONRPCErrorResponse",
                    message);
    if (talk->modern != (type != NULL)) {
        unit_note("a result of the other era: %s", text_of(message));
        return false;
    }
    if (type && strcmp(type, "input_required") == 0)
        return fits(talk, "InputRequiredResult", result);
    return fits(talk, definition_of_result(method), result);
}

/* One message; NULL if it is not as it should be, or none comes. */
static struct json_object *receive(struct talk *talk)
{
    struct json_object *message;
    const char *method;
    char *text = NULL;
    bool ok;

    if (mcps_test_receive(talk->client, &text, WATCHDOG_MS) < 0) {
        unit_note("nothing came");
        return NULL;
    }
    message = json_tokener_parse(text);
    free(text);
    json_object_array_add(talk->heard, message);
    if (!fits(talk, "JSONRPCMessage", message))
        return NULL;
    method = json_object_get_string(member(message, "method", NULL));
    ok = method ? judge_message(talk, message, method) : judge_answer(talk, message);
    return ok ? message : NULL;
}

bool talk_await(struct talk *talk, const char *definition, int n)
{
    while (talk_seen(talk, definition) < n) {
        if (!receive(talk))
            return false;
    }
    return true;
}

struct json_object *talk_answer(struct talk *talk, const char *id)
{
    for (;;) {
        struct json_object *message = receive(talk);

        if (!message)
            return NULL;
        if (!member(message, "method", NULL) &&
            strcmp(text_of(member(message, "id", NULL)), id) == 0)
            return message;
    }
}

/* ---- what is sent ---- */

bool talk_send(struct talk *talk, const char *method, const char *params, char ret[32])
{
    size_t size = strlen(params) + 1000;
    char *text = malloc(size), meta[700] = "";
    bool ok;

    snprintf(ret, 32, "%u", talk->serial++);
    if (talk->modern)
        snprintf(meta, sizeof meta,
                 "%s\"_meta\":{\"" META "protocolVersion\":\"%s\",\"" META
                 "clientCapabilities\":%s,\"progressToken\":\"t%s\"%s%s}",
                 *params ? "," : "", talk->revision, talk->capabilities, ret,
                 talk->meta ? "," : "", talk->meta ? talk->meta : "");
    else
        snprintf(meta, sizeof meta, "%s\"_meta\":{\"progressToken\":\"t%s\"}",
                 *params ? "," : "", ret);
    snprintf(text, size,
             "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"%s\",\"params\":{%s%s}}", ret,
             method, params, meta);
    json_object_object_add(talk->asked, ret, json_object_new_string(method));
    ok = mcps_test_send(talk->client, text) >= 0;
    free(text);
    return ok;
}

bool talk_notify(struct talk *talk, const char *method, const char *params)
{
    char text[500];

    snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":{%s}}",
             method, params);
    return mcps_test_send(talk->client, text) >= 0;
}

struct json_object *talk_ask(struct talk *talk, const char *method, const char *params)
{
    char id[32];

    return talk_send(talk, method, params, id) ? talk_answer(talk, id) : NULL;
}

/* The members that the next round has besides. */
static char *next_params(const struct talk *talk, const char *params,
                         struct json_object *result)
{
    struct json_object *state = member(result, "requestState", NULL);
    struct json_object *questions = member(result, "inputRequests", NULL);
    struct json_object *answers = json_object_new_object();
    size_t size;
    char *text;

    json_object_object_foreach(questions, key, question)
    {
        json_object_object_add(
            answers, key,
            answer_to(talk, json_object_get_string(member(question, "method", NULL)),
                      member(question, "params", NULL)));
    }
    size = strlen(params) + strlen(text_of(answers)) + strlen(text_of(state)) + 100;
    text = malloc(size);
    snprintf(text, size, "%s%s\"inputResponses\":%s%s%s", params, *params ? "," : "",
             text_of(answers), state ? ",\"requestState\":" : "",
             state ? text_of(state) : "");
    json_object_put(answers);
    return text;
}

static struct json_object *finish(struct talk *talk, const char *method,
                                  const char *params)
{
    struct json_object *answer = talk_ask(talk, method, params), *result;

    for (int round = 0; answer && round < 9; round++) {
        char *more;

        result = member(answer, "result", NULL);
        if (!result || !member(result, "inputRequests", NULL))
            return answer;
        more = next_params(talk, params, result);
        answer = talk_ask(talk, method, more);
        free(more);
    }
    return answer;
}

MCPS_PRINTF(3, 0)
static struct json_object *finish_with(struct talk *talk, const char *method,
                                       const char *format, va_list list,
                                       const char *which)
{
    char params[2000];
    struct json_object *answer;

    vsnprintf(params, sizeof params, format, list);
    answer = finish(talk, method, params);
    if (answer && !member(answer, which, NULL))
        unit_note("no %s of %s of %s: %.500s", which, method, params, text_of(answer));
    return member(answer, which, NULL);
}

struct json_object *talk_result(struct talk *talk, const char *method, const char *format,
                                ...)
{
    struct json_object *result;
    va_list list;

    va_start(list, format);
    result = finish_with(talk, method, format, list, "result");
    va_end(list);
    return result;
}

struct json_object *talk_error(struct talk *talk, const char *method, const char *format,
                               ...)
{
    struct json_object *error;
    va_list list;

    va_start(list, format);
    error = finish_with(talk, method, format, list, "error");
    va_end(list);
    return error;
}

/* ---- beginning and end ---- */

bool talk_begin(struct talk *talk, mcps_server *server, const char *revision,
                const char *capabilities)
{
    *talk = (struct talk){ .server = server,
                           .revision = revision,
                           .capabilities = capabilities,
                           .action = "accept" };
    talk->modern = strcmp(revision, MODERN) >= 0;
    talk->asked = json_object_new_object();
    talk->seen = json_object_new_object();
    talk->heard = json_object_new_array();
    if (!open_book(&talk->book, revision) ||
        mcps_test_connect(server, NULL, &talk->client) < 0)
        return false;
    if (talk->modern)
        return true;
    return talk_result(talk, "initialize",
                       "\"protocolVersion\":\"%s\",\"capabilities\":%s,\"clientInfo\":{"
                       "\"name\":\"c\",\"version\":\"1\"}",
                       revision, capabilities) &&
           talk_notify(talk, "notifications/initialized", "");
}

void talk_end(struct talk *talk)
{
    mcps_test_free(talk->client);
    json_object_put(talk->asked);
    json_object_put(talk->seen);
    json_object_put(talk->heard);
    close_book(&talk->book);
    *talk = (struct talk){ .server = NULL };
}
