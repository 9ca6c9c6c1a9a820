/* SPDX-License-Identifier: MIT */
/*
 * All that the server kinds offers, used once in each revision, where each message that it
 * sends fits the schema of that revision. Skipped where the schemas are not.
 */
#include "config.h"

#include "protocol.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "kinds.h"
#include "unit.h"

#define CAN_ALL                                                 \
    "{\"roots\":{},\"sampling\":{\"tools\":{},\"context\":{}}," \
    "\"elicitation\":{\"form\":{},\"url\":{}}}"
#define WATCHED "\"uri\":\"test://watched-resource\""

static const char *const revisions[] = { "2024-11-05", "2025-03-26", "2025-06-18",
                                         "2025-11-25", MODERN };
enum { N_REVISIONS = sizeof revisions / sizeof revisions[0] };

/* The arguments of tools and prompts that want some. */
static const struct {
    const char *name, *arguments;
} wanted[] = {
    { "arguments", "{\"count\":1}" },
    { "test_elicitation", "{\"message\":\"Who?\"}" },
    { "test_sampling", "{\"prompt\":\"What?\"}" },
    { "update", "{" WATCHED "}" },
    { "test_prompt_with_arguments", "{\"arg1\":\"1\",\"arg2\":\"2\"}" },
    { "test_prompt_with_embedded_resource", "{\"resourceUri\":\"test://x\"}" },
    { "conversation", "{\"colour\":\"red\"}" },
};

static const char *arguments_of(const char *name)
{
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (strcmp(wanted[i].name, name) == 0)
            return wanted[i].arguments;
    }
    return "{}";
}

static int serve(mcps_server **ret)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "kinds", .title = "All kinds", .version = "1.0",
                            .workers = 2, .instructions = "Call everything.",
                            .description = "A server for tests",
                            .website_url = "https://example.com/",
                            .log_level = MCPS_LOG_OFF);
    int r = mcps_server_new(ret, &options);

    if (r >= 0)
        r = mcps_server_set_limit(*ret, MCPS_LIMIT_PAGE, 1);
    if (r >= 0)
        r = kinds_add(*ret);
    return r < 0 ? r : mcps_server_start(*ret);
}

static void end_server(mcps_server *server)
{
    if (server)
        CHECK_INT(mcps_server_stop(server, 1000), 0);
out:
    server = mcps_server_unref(server);
}

/* ---- each kind ---- */

/* Calls fn for each on all pages of a list. */
static bool for_each(struct talk *talk, const char *method, const char *name,
                     bool (*fn)(struct talk *talk, struct json_object *one))
{
    struct json_object *page, *list, *cursor = NULL;

    do {
        if (cursor)
            page = talk_result(talk, method, "\"cursor\":\"%s\"",
                               json_object_get_string(cursor));
        else
            page = talk_result(talk, method, "%s", "");
        list = member(page, name, NULL);
        for (size_t i = 0; list && i < json_object_array_length(list); i++) {
            if (!fn(talk, json_object_array_get_idx(list, i)))
                return false;
        }
        cursor = member(page, "nextCursor", NULL);
    } while (cursor);
    return list != NULL;
}

static const char *string_of(struct json_object *object, const char *name)
{
    return json_object_get_string(member(object, name, NULL));
}

/* Whatever comes of it has been judged. */
static bool call_tool(struct talk *talk, struct json_object *tool)
{
    const char *name = string_of(tool, "name");
    char params[500];

    snprintf(params, sizeof params, "\"name\":\"%s\",\"arguments\":%s", name,
             arguments_of(name));
    for (int i = 0; i < 2; i++) {
        struct json_object *answer = talk_ask(talk, "tools/call", params);

        if (!answer)
            return false;
        if (member(answer, "result", "inputRequests", NULL) &&
            !talk_result(talk, "tools/call", "%s", params))
            return false;
        snprintf(params, sizeof params, "\"name\":\"%s\",\"arguments\":{\"none\":1}",
                 name);
    }
    return true;
}

static bool get_prompt(struct talk *talk, struct json_object *prompt)
{
    const char *name = string_of(prompt, "name");
    char params[500];

    snprintf(params, sizeof params, "\"name\":\"%s\",\"arguments\":%s", name,
             arguments_of(name));
    /* The one that asks cannot do that everywhere. */
    if (strcmp(name, "test_input_required_result_prompt") == 0 &&
        strcmp(talk->revision, "2025-06-18") < 0)
        return talk_error(talk, "prompts/get", "%s", params) != NULL;
    return talk_result(talk, "prompts/get", "%s", params) != NULL;
}

static bool read_resource(struct talk *talk, struct json_object *resource)
{
    const char *uri = string_of(resource, "uri");
    bool fails =
        strcmp(uri, "test://missing-file") == 0 ||
        (strcmp(uri, "test://asked") == 0 && strcmp(talk->revision, "2025-06-18") < 0);

    return (fails ? talk_error : talk_result)(talk, "resources/read", "\"uri\":\"%s\"",
                                              uri) != NULL;
}

static bool complete_template(struct talk *talk, struct json_object *one)
{
    const char *uri = string_of(one, "uriTemplate");

    return talk_result(talk, "completion/complete",
                       "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"%s\"},\"argument\":{"
                       "\"name\":\"%s\",\"value\":\"\"}",
                       uri, strstr(uri, "{id}") ? "id" : "colour") != NULL;
}

static bool use_offers(struct talk *talk)
{
    CHECK(for_each(talk, "tools/list", "tools", call_tool));
    CHECK(for_each(talk, "prompts/list", "prompts", get_prompt));
    CHECK(for_each(talk, "resources/list", "resources", read_resource));
    CHECK(for_each(talk, "resources/templates/list", "resourceTemplates",
                   complete_template));
    CHECK(talk_result(talk, "resources/read", "\"uri\":\"test://template/1/data\""));
    CHECK(talk_result(talk, "completion/complete",
                      "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"conversation\"},"
                      "\"argument\":{\"name\":\"city\",\"value\":\"x\"}"));
    return true;
out:
    return false;
}

/* What is wrong is told, by a code of the era. */
static bool fail_all(struct talk *talk)
{
    int missing = talk->modern ? -32602 : -32002;
    const struct {
        const char *method, *params;
        int code;
    } wrong[] = {
        { "nobody/knows", "", -32601 },
        { "tasks/list", "", -32601 },
        { "tasks/get", "\"taskId\":\"t\"", -32601 },
        { "tools/call", "\"name\":\"nobody\"", -32602 },
        { "tools/call", "\"name\":1", -32602 },
        { "tools/list", "\"cursor\":\"nowhere\"", -32602 },
        { "prompts/get", "\"name\":\"nobody\"", -32602 },
        { "prompts/get", "\"name\":\"conversation\"", -32602 },
        { "prompts/list", "\"cursor\":1", -32602 },
        { "resources/read", "\"uri\":\"test://nobody\"", missing },
        { "resources/read", "\"uri\":\"test://template/../data\"", missing },
        { "completion/complete", "\"ref\":{}", -32602 },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct json_object *error =
            talk_error(talk, wrong[i].method, "%s", wrong[i].params);

        CHECK_INT(json_object_get_int(member(error, "code", NULL)), wrong[i].code);
    }
    return true;
out:
    unit_note("%s", talk->revision);
    return false;
}

static bool call(struct talk *talk, const char *name)
{
    return talk_result(talk, "tools/call", "\"name\":\"%s\",\"arguments\":%s", name,
                       arguments_of(name)) != NULL;
}

/* Notifications of the legacy era. */
static bool hear_legacy(struct talk *talk)
{
    int n = talk_seen(talk, "LoggingMessageNotification");

    CHECK(talk_result(talk, "logging/setLevel", "\"level\":\"debug\""));
    CHECK(call(talk, "log_levels"));
    CHECK_INT(talk_seen(talk, "LoggingMessageNotification") - n, 8);
    CHECK(talk_error(talk, "logging/setLevel", "\"level\":\"loud\""));
    CHECK(call(talk, "test_trigger_tool_change"));
    CHECK(call(talk, "test_trigger_prompt_change"));
    CHECK(call(talk, "test_trigger_resource_change"));
    CHECK(talk_await(talk, "ToolListChangedNotification", 1));
    CHECK(talk_await(talk, "PromptListChangedNotification", 1));
    CHECK(talk_await(talk, "ResourceListChangedNotification", 1));
    CHECK(talk_result(talk, "resources/subscribe", WATCHED));
    CHECK(call(talk, "update"));
    CHECK(talk_await(talk, "ResourceUpdatedNotification", 1));
    CHECK(talk_result(talk, "resources/unsubscribe", WATCHED));
    CHECK(talk_notify(talk, "notifications/roots/list_changed", ""));
    CHECK(talk_notify(talk, "notifications/cancelled", "\"requestId\":\"nobody\""));
    CHECK(talk_result(talk, "ping", "%s", ""));
    if (strcmp(talk->revision, "2025-11-25") == 0) {
        CHECK(call(talk, "visit"));
        CHECK(call(talk, "end_visit"));
        CHECK(talk_await(talk, "ElicitationCompleteNotification", 1));
    }
    return true;
out:
    return false;
}

static bool hear_modern(struct talk *talk)
{
    int n = talk_seen(talk, "LoggingMessageNotification");
    char id[32];

    CHECK(talk_result(talk, "server/discover", "%s", ""));
    talk->meta = "\"" META "logLevel\":\"debug\"";
    CHECK(call(talk, "log_levels"));
    CHECK_INT(talk_seen(talk, "LoggingMessageNotification") - n, 8);
    talk->meta = NULL;
    CHECK(talk_send(talk, "subscriptions/listen",
                    "\"notifications\":{\"toolsListChanged\":true,\"promptsListChanged\":"
                    "true,\"resourcesListChanged\":true,\"resourceSubscriptions\":["
                    "\"test://watched-resource\"]}",
                    id));
    CHECK(talk_await(talk, "SubscriptionsAcknowledgedNotification", 1));
    CHECK(call(talk, "test_trigger_tool_change"));
    CHECK(call(talk, "test_trigger_prompt_change"));
    CHECK(call(talk, "test_trigger_resource_change"));
    CHECK(call(talk, "update"));
    CHECK(talk_await(talk, "ToolListChangedNotification", 1));
    CHECK(talk_await(talk, "PromptListChangedNotification", 1));
    CHECK(talk_await(talk, "ResourceListChangedNotification", 1));
    CHECK(talk_await(talk, "ResourceUpdatedNotification", 1));
    CHECK_INT(mcps_server_stop(talk->server, 1000), 0);
    CHECK(talk_answer(talk, id));
    CHECK_INT(talk_seen(talk, "CancelledNotification"), 1);
    return true;
out:
    return false;
}

/* What must have been sent in a revision, so that it was judged. */
static const struct {
    const char *definition, *from, *to;
} sent[] = {
    { "InitializeResult", "2024-11-05", "2025-11-25" },
    { "DiscoverResult", MODERN, MODERN },
    { "CallToolResult", "2024-11-05", MODERN },
    { "GetPromptResult", "2024-11-05", MODERN },
    { "ReadResourceResult", "2024-11-05", MODERN },
    { "CompleteResult", "2024-11-05", MODERN },
    { "ProgressNotification", "2024-11-05", MODERN },
    { "CreateMessageRequest", "2024-11-05", "2025-11-25" },
    { "ListRootsRequest", "2024-11-05", "2025-11-25" },
    { "ElicitRequest", "2025-06-18", "2025-11-25" },
    { "InputRequiredResult", MODERN, MODERN },
};

static bool all_was_sent(struct talk *talk)
{
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
        bool due = strcmp(talk->revision, sent[i].from) >= 0 &&
                   strcmp(talk->revision, sent[i].to) <= 0;

        if (due != (talk_seen(talk, sent[i].definition) > 0)) {
            unit_note("%s: %s was%s sent", talk->revision, sent[i].definition,
                      due ? " not" : "");
            return false;
        }
    }
    return true;
}

/* ---- tests ---- */

static void walk(const char *revision, const char *action)
{
    struct talk talk = { .server = NULL };
    mcps_server *server = NULL;
    char path[4096];

    if (!protocol_find(revision, path, sizeof path))
        return;
    CHECK_INT(serve(&server), 0);
    CHECK(talk_begin(&talk, server, revision, CAN_ALL));
    talk.action = action;
    CHECK(use_offers(&talk));
    CHECK(fail_all(&talk));
    CHECK(talk.modern ? hear_modern(&talk) : hear_legacy(&talk));
    CHECK(all_was_sent(&talk));
out:
    talk_end(&talk);
    end_server(server);
}

static void messages_fit_the_schema_of_2024_11_05(void)
{
    walk("2024-11-05", "accept");
}

static void messages_fit_the_schema_of_2025_03_26(void)
{
    walk("2025-03-26", "accept");
}

static void messages_fit_the_schema_of_2025_06_18(void)
{
    walk("2025-06-18", "accept");
}

static void messages_fit_the_schema_of_2025_11_25(void)
{
    walk("2025-11-25", "accept");
}

static void messages_fit_the_schema_of_2026_07_28(void)
{
    walk(MODERN, "accept");
}

static void users_may_say_no(void)
{
    for (int i = 2; i < N_REVISIONS; i++) {
        walk(revisions[i], "decline");
        walk(revisions[i], "cancel");
    }
}

static const struct unit_test protocol_tests[] = {
    UNIT_TEST_ONCE(messages_fit_the_schema_of_2024_11_05, "it has threads"),
    UNIT_TEST_ONCE(messages_fit_the_schema_of_2025_03_26, "it has threads"),
    UNIT_TEST_ONCE(messages_fit_the_schema_of_2025_06_18, "it has threads"),
    UNIT_TEST_ONCE(messages_fit_the_schema_of_2025_11_25, "it has threads"),
    UNIT_TEST_ONCE(messages_fit_the_schema_of_2026_07_28, "it has threads"),
    UNIT_TEST_ONCE(users_may_say_no, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "protocol", protocol_tests },
                                                { "examples", protocol_example_tests } };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
