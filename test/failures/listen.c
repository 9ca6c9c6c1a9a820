/* SPDX-License-Identifier: MIT */
/* Streams of subscriptions/listen, to the byte; see listen.h. */
#include "config.h"

#include "listen.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/registry.h"
#include "server/server.h"

SCENE_STAT(listens);
SCENE_STAT(changes_sent);
SCENE_STAT(out_bytes);
SCENE_STAT(answers);

/* Of all that was announced, for each who is told of it. */
static uint64_t stat_settled(const struct mcps_stats *stats)
{
    return stats->changes_sent + stats->changes_dropped;
}

/* ---- what the tests share ---- */

static int handle_nothing(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "nothing");
}

bool offer_one(struct scene *scene, enum mcps_kind kind, const char *key)
{
    struct mcps_prompt prompt =
        MCPS_PROMPT_STRUCT(.name = key, .handler = handle_nothing);
    struct mcps_resource resource =
        MCPS_RESOURCE(.uri = key, .name = "one", .text = "nothing");
    struct mcps_template template =
        MCPS_TEMPLATE_STRUCT(.uri_template = key, .name = "one",
                             .handler = handle_nothing);
    struct mcps_tool tool = MCPS_TOOL_STRUCT(.name = key, .handler = handle_nothing);
    mcps_server *server = scene->server;

    switch (kind) {
    case MCPS_TOOLS: return mcps_server_add_tools(server, &tool, 1) == 0;
    case MCPS_PROMPTS: return mcps_server_add_prompts(server, &prompt, 1) == 0;
    case MCPS_RESOURCES: return mcps_server_add_resources(server, &resource, 1) == 0;
    case MCPS_TEMPLATES: return mcps_server_add_templates(server, &template, 1) == 0;
    case MCPS_N_KINDS: break;
    }
    return false;
}

bool withdraw_one(struct scene *scene, enum mcps_kind kind, const char *key)
{
    return mcps_server_remove(scene->server, kind, &key, 1) == 0;
}

bool listen_begin(struct act *act, const char *limits, bool shelf)
{
    mcps__sync_reset();
    props_reset();
    return scene_open(&act->scene, 2, limits, props, N_PROPS) &&
           (!shelf || (offer_one(&act->scene, MCPS_PROMPTS, "ask") &&
                       offer_one(&act->scene, MCPS_RESOURCES, "test://a"))) &&
           (scene_is_driven() ? scene_drive(&act->scene)
                              : mcps_server_start(act->scene.server) >= 0) &&
           wire_connect(&act->wire, &act->scene, NULL);
}

bool wire_listen(struct wire *wire, const char *id, const char *filter)
{
    return wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"subscriptions/listen\","
                     "\"params\":{\"notifications\":{%s}," LISTEN_META "}}",
                     id, filter);
}

bool wire_listens(struct wire *wire, const char *id, const char *filter)
{
    return wire_listen(wire, id, filter) &&
           wire_await(wire, "notifications/subscriptions/acknowledged");
}

const char *wire_text(struct wire *wire)
{
    return wire_next(wire, WATCHDOG_MS) ? wire->messages[wire->next - 1] : "nothing";
}

bool wire_quiet(struct wire *wire)
{
    size_t n = wire->next;

    if (!wire_alive(wire))
        return false;
    if (wire->n_messages == n + 1) {
        wire->next++;
        return true;
    }
    unit_note("more has come: %s", wire->messages[n]);
    return false;
}

unsigned wire_count(const struct wire *wire, const char *text)
{
    unsigned n = 0;

    for (size_t i = 0; i < wire->n_messages; i++)
        n += strcmp(wire->messages[i], text) == 0;
    return n;
}

int update(struct act *act, const char *uri)
{
    return mcps_server_resource_updated(act->scene.server, uri);
}

/* ---- opening ---- */

static void acknowledged_as_it_is_honoured(void)
{
    static const struct {
        const char *id, *filter, *ack;
    } cases[] = {
        { "1", "", ACK("1", "") },
        { "\"1\"", "\"toolsListChanged\":true",
          ACK("\"1\"", "\"toolsListChanged\":true") },
        { "2.0", "\"toolsListChanged\":false,\"x\":[1]", ACK("2.0", "") },
        { "\"q\\\"\\u0041\"",
          "\"promptsListChanged\":true,\"resourcesListChanged\":true,"
          "\"toolsListChanged\":true",
          ACK("\"q\\\"A\"", "\"toolsListChanged\":true,\"promptsListChanged\":true,"
                            "\"resourcesListChanged\":true") },
        { "5", "\"resourceSubscriptions\":[]", ACK("5", "\"resourceSubscriptions\":[]") },
        { "6", "\"resourceSubscriptions\":[\"test://b\",\"test:\\/\\/a\",\"test://b\"]",
          ACK("6", "\"resourceSubscriptions\":[\"test://b\",\"test://a\"]") },
    };
    struct act act = { .scene = { .server = NULL } };
    size_t n = sizeof cases / sizeof cases[0];

    CHECK(listen_begin(&act, NULL, true));
    for (size_t i = 0; i < n; i++) {
        unit_note_on_failure("case %zu: %s", i, cases[i].filter);
        CHECK(wire_listen(&act.wire, cases[i].id, cases[i].filter));
        CHECK_STR(wire_text(&act.wire), cases[i].ack);
    }
    CHECK(wire_quiet(&act.wire));
    CHECK_INT(scene_stats(&act.scene).listens, n);
    CHECK_INT(scene_stats(&act.scene).in_flight, 0);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* What the server does not have is left out, and not sent when it has it later. */
static void what_there_is_not_is_left_out(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=0", false));
    CHECK(wire_listen(&act.wire, "1",
                      "\"promptsListChanged\":true,\"resourcesListChanged\":true,"
                      "\"toolsListChanged\":true,"
                      "\"resourceSubscriptions\":[\"test://a\"]"));
    CHECK_STR(wire_text(&act.wire), ACK("1", "\"toolsListChanged\":true"));
    CHECK(offer_one(&act.scene, MCPS_PROMPTS, "ask"));
    CHECK(offer_one(&act.scene, MCPS_RESOURCES, "test://a"));
    CHECK_INT(update(&act, "test://a"), 0);
    CHECK(wire_quiet(&act.wire));
    CHECK(wire_listen(&act.wire, "2", "\"promptsListChanged\":true"));
    CHECK_STR(wire_text(&act.wire), ACK("2", "\"promptsListChanged\":true"));
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void bad_filters(void)
{
    static const struct {
        const char *params, *message;
    } cases[] = {
        { "", "subscriptions/listen needs notifications, an object" },
        { "\"notifications\":null,",
          "subscriptions/listen needs notifications, an object" },
        { "\"notifications\":[],",
          "subscriptions/listen needs notifications, an object" },
        { "\"notifications\":{\"toolsListChanged\":1},",
          "notifications.toolsListChanged must be a boolean" },
        { "\"notifications\":{\"promptsListChanged\":\"true\"},",
          "notifications.promptsListChanged must be a boolean" },
        { "\"notifications\":{\"resourcesListChanged\":null},",
          "notifications.resourcesListChanged must be a boolean" },
        { "\"notifications\":{\"resourceSubscriptions\":\"test://a\"},",
          "notifications.resourceSubscriptions must be an array" },
        { "\"notifications\":{\"resourceSubscriptions\":[\"test://a\",1]},",
          "notifications.resourceSubscriptions[1] must be a URI, a string" },
        { "\"notifications\":{\"resourceSubscriptions\":[\"no URI\"]},",
          "notifications.resourceSubscriptions[0] must be a URI, a string" },
        { "\"notifications\":{\"resourceSubscriptions\":[\"test:\\u0000\"]},",
          "notifications.resourceSubscriptions[0] must be a URI, a string" },
    };
    struct act act = { .scene = { .server = NULL } };
    struct json_object *answer, *error, *message;
    char id[16];

    CHECK(listen_begin(&act, NULL, true));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_note_on_failure("case %zu: %s", i, cases[i].params);
        snprintf(id, sizeof id, "%zu", i);
        CHECK(wire_send(&act.wire,
                        "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":"
                        "\"subscriptions/listen\",\"params\":{%s" LISTEN_META "}}",
                        id, cases[i].params));
        answer = wire_answer(&act.wire, id);
        CHECK_INT(answer_code(answer), -32602);
        json_object_object_get_ex(answer, "error", &error);
        CHECK(json_object_object_get_ex(error, "message", &message));
        CHECK_STR(json_object_get_string(message), cases[i].message);
    }
    CHECK_INT(scene_stats(&act.scene).listens, 0);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void discover_declares_it(void)
{
    struct act act = { .scene = { .server = NULL } };
    const char *answer;

    CHECK(listen_begin(&act, NULL, true));
    CHECK(wire_send(&act.wire, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                               "\"server/discover\",\"params\":{" LISTEN_META "}}"));
    answer = wire_text(&act.wire);
    CHECK(strstr(answer, "\"tools\":{\"listChanged\":true},"));
    CHECK(strstr(answer, "\"prompts\":{\"listChanged\":true},"
                         "\"resources\":{\"subscribe\":true,\"listChanged\":true}"));
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- being told ---- */

static void told_of_what_was_asked_for(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_listens(&act.wire, "1", "\"toolsListChanged\":true"));
    CHECK(wire_listens(&act.wire, "\"1\"",
                       "\"promptsListChanged\":true,"
                       "\"resourceSubscriptions\":[\"test://a\",\"test://b\"]"));
    CHECK(wire_listens(&act.wire, "2", ""));
    CHECK(offer_one(&act.scene, MCPS_TOOLS, "more"));
    CHECK_STR(wire_text(&act.wire), CHANGED("1", "tools"));
    CHECK(offer_one(&act.scene, MCPS_RESOURCES, "test://more"));
    CHECK(wire_quiet(&act.wire));
    CHECK(withdraw_one(&act.scene, MCPS_PROMPTS, "ask"));
    CHECK_STR(wire_text(&act.wire), CHANGED("\"1\"", "prompts"));
    CHECK_INT(update(&act, "test://b"), 1);
    CHECK_STR(wire_text(&act.wire), UPDATED("\"1\"", "test://b"));
    CHECK_INT(update(&act, "test://a/"), 0);
    CHECK_INT(update(&act, "test://more"), 0);
    CHECK_INT(update(&act, "no URI"), -EINVAL);
    CHECK_INT(update(&act, NULL), -EINVAL);
    CHECK(wire_quiet(&act.wire));
    /* Both streams of one client are told, and are one client. */
    CHECK(wire_listens(&act.wire, "3", "\"resourceSubscriptions\":[\"test://a\"]"));
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK_STR(wire_text(&act.wire), UPDATED("\"1\"", "test://a"));
    CHECK_STR(wire_text(&act.wire), UPDATED("3", "test://a"));
    CHECK_INT(scene_stats(&act.scene).changes_sent, 5);
    CHECK_INT(scene_stats(&act.scene).changes_dropped, 0);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void both_eras_in_one_stream(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_hello(&act.wire));
    CHECK(wire_listens(&act.wire, "1", "\"toolsListChanged\":true"));
    CHECK(offer_one(&act.scene, MCPS_TOOLS, "more"));
    CHECK_STR(wire_text(&act.wire), CHANGED("1", "tools"));
    CHECK(wire_alive(&act.wire));
    CHECK_INT(act.wire.n_changes, 1);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void many_changes_are_one_message(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=3600000", true));
    CHECK(wire_listens(&act.wire, "1",
                       "\"resourceSubscriptions\":[\"test://a\",\"test://b\"]"));
    for (int i = 0; i < 100; i++)
        CHECK_INT(update(&act, i % 2 ? "test://a" : "test://b"), 1);
    CHECK(wire_await(&act.wire, "notifications/resources/updated"));
    CHECK(wire_await(&act.wire, "notifications/resources/updated"));
    CHECK(wire_alive(&act.wire));
    CHECK_INT(wire_count(&act.wire, UPDATED("1", "test://a")), 1);
    CHECK_INT(wire_count(&act.wire, UPDATED("1", "test://b")), 1);
    CHECK_INT(scene_stats(&act.scene).changes_sent, 2);
    /* One of each is due, and waits for its hour. */
    CHECK(scene_stats(&act.scene).changes_dropped >= 96);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* The last of many is told, too, when its time has come. */
static void the_last_is_told(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=20", true));
    CHECK(wire_listens(&act.wire, "1", "\"resourceSubscriptions\":[\"test://a\"]"));
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK(scene_wait(&act.scene, stat_changes_sent, 1));
    for (int i = 0; i < 49; i++)
        CHECK_INT(update(&act, "test://a"), 1);
    CHECK(scene_wait(&act.scene, stat_settled, 50));
    CHECK(scene_stats(&act.scene).changes_sent >= 2);
    CHECK(mcps_server_get_limit_hits(act.scene.server, MCPS_LIMIT_LIST_CHANGED_MS) > 0);
    CHECK(wire_alive(&act.wire));
    CHECK_INT(wire_messages(&act.wire, "notifications/resources/updated"),
              scene_stats(&act.scene).changes_sent);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* What the transport has taken may be half read: the next change is told anew. */
static void told_again_once_it_is_written(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_listens(&act.wire, "1", "\"resourceSubscriptions\":[\"test://a\"]"));
    for (unsigned i = 1; i <= 10; i++) {
        CHECK_INT(update(&act, "test://a"), 1);
        CHECK(scene_wait(&act.scene, stat_changes_sent, i));
        CHECK(scene_wait(&act.scene, stat_out_bytes, 0));
    }
    CHECK_INT(scene_stats(&act.scene).changes_dropped, 0);
    CHECK(wire_alive(&act.wire));
    CHECK_INT(wire_count(&act.wire, UPDATED("1", "test://a")), 10);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- one who does not read ---- */

/* One message of each waits, however often it changes. */
static void one_message_of_each_waits(void)
{
    struct act act = { .scene = { .server = NULL } };
    struct mcps_stats before, after;

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_listens(&act.wire, "1", "\"resourceSubscriptions\":[\"test://a\"]"));
    CHECK(
        wire_listens(&act.wire, "2",
                     "\"toolsListChanged\":true,\"resourceSubscriptions\":[\"test://a\","
                     "\"test://b\"]"));
    CHECK(wire_hello(&act.wire));
    CHECK(wire_call(&act.wire, "\"big\"", "big", "{\"bytes\":1000000}"));
    CHECK(scene_wait(&act.scene, stat_answers, 1));
    before = scene_stats(&act.scene);
    for (uint64_t i = 1; i <= 100; i++) {
        CHECK_INT(update(&act, "test://a"), 1);
        CHECK_INT(update(&act, "test://b"), 1);
        CHECK(scene_wait(&act.scene, stat_settled, 3 * i));
    }
    after = scene_stats(&act.scene);
    CHECK_INT(after.changes_sent, 3);
    CHECK_INT(after.changes_dropped, 297);
    CHECK(after.out_bytes < before.out_bytes + 1024);
    /* Once it reads, it sees one of each, and hears of what comes then. */
    CHECK(wire_answer(&act.wire, "\"big\""));
    CHECK(wire_alive(&act.wire));
    CHECK_INT(wire_count(&act.wire, UPDATED("1", "test://a")), 1);
    CHECK_INT(wire_count(&act.wire, UPDATED("2", "test://a")), 1);
    CHECK_INT(wire_count(&act.wire, UPDATED("2", "test://b")), 1);
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK(wire_alive(&act.wire));
    CHECK_INT(wire_count(&act.wire, UPDATED("1", "test://a")), 2);
    CHECK_INT(wire_count(&act.wire, UPDATED("2", "test://a")), 2);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- ending ---- */

static void cancelled_by_its_client(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_listens(&act.wire, "1", "\"resourceSubscriptions\":[\"test://a\"]"));
    CHECK(wire_listens(&act.wire, "\"1\"", "\"resourceSubscriptions\":[\"test://a\"]"));
    CHECK(wire_cancel(&act.wire, "1"));
    CHECK(scene_wait(&act.scene, stat_listens, 1));
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK_STR(wire_text(&act.wire), UPDATED("\"1\"", "test://a"));
    CHECK(wire_quiet(&act.wire));
    /* What has ended is nothing that could be cancelled again. */
    CHECK(wire_cancel(&act.wire, "1"));
    CHECK(wire_quiet(&act.wire));
    /* The id is free again. */
    CHECK(wire_listen(&act.wire, "1", "\"resourceSubscriptions\":[\"test://b\"]"));
    CHECK_STR(wire_text(&act.wire), ACK("1", "\"resourceSubscriptions\":[\"test://b\"]"));
    CHECK(wire_cancel(&act.wire, "1") && wire_cancel(&act.wire, "\"1\""));
    CHECK(scene_wait(&act.scene, stat_listens, 0));
    CHECK_INT(update(&act, "test://a"), 0);
    CHECK_INT(wire_answers(&act.wire, "1"), 0);
    CHECK_INT(scene_stats(&act.scene).answers, 0);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void an_id_is_listened_on_once(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, NULL, true));
    CHECK(wire_listens(&act.wire, "1", ""));
    CHECK(wire_listen(&act.wire, "1.0", "\"toolsListChanged\":true"));
    CHECK_STR(wire_text(&act.wire),
              "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":"
              "\"Invalid request: a request with this id is in flight\"}}");
    CHECK_INT(scene_stats(&act.scene).listens, 1);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

struct stopper {
    struct scene *scene;
    int result;
};

static void *stop(void *userdata)
{
    struct stopper *stopper = userdata;

    stopper->result = mcps_server_stop(stopper->scene->server, WATCHDOG_MS);
    return NULL;
}

/* Streams end when the drain begins, and a call that runs has its time still. */
static void f10_01_streams_do_not_hold_the_stop(void)
{
    struct act act = { .scene = { .server = NULL } };
    struct stopper stopper = { .scene = &act.scene, .result = 1 };
    pthread_t thread;
    bool started = false;

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_hello(&act.wire));
    CHECK(wire_listens(&act.wire, "1", "\"toolsListChanged\":true"));
    CHECK(wire_listens(&act.wire, "\"b\"", ""));
    CHECK(wire_call(&act.wire, "2", "stand", NULL) && door_await(1));
    started = pthread_create(&thread, NULL, stop, &stopper) == 0;
    CHECK(started);
    CHECK_STR(wire_text(&act.wire), CLOSED("1", "The server stops"));
    CHECK_STR(wire_text(&act.wire), ENDED("1"));
    CHECK_STR(wire_text(&act.wire), CLOSED("\"b\"", "The server stops"));
    CHECK_STR(wire_text(&act.wire), ENDED("\"b\""));
    CHECK_INT(scene_stats(&act.scene).listens, 0);
    /* Nobody new is let in. */
    CHECK(wire_listen(&act.wire, "3", ""));
    CHECK_STR(answer_reason(wire_answer(&act.wire, "3")), "shutdown");
    CHECK_INT(answer_code(wire_answer(&act.wire, "3")), -32603);
    door_open();
    CHECK(wire_answer(&act.wire, "2"));
    CHECK(wire_drain(&act.wire) && wire_ok(&act.wire));
out:
    door_open();
    if (started)
        pthread_join(thread, NULL);
    CHECK_AFTER(!started || stopper.result == 0);
    CHECK_AFTER(act_end(&act));
}

/* A client that does not read gets its end all the same, when it does. */
static void the_end_comes_in_one(void)
{
    struct act act = { .scene = { .server = NULL } };
    const char *const *m;

    CHECK(listen_begin(&act, NULL, true));
    CHECK(wire_listens(&act.wire, "1", "") && wire_listens(&act.wire, "2", ""));
    CHECK_INT(mcps_server_stop(act.scene.server, 0), 0);
    CHECK(wire_drain(&act.wire));
    CHECK_INT(act.wire.n_messages, 6);
    m = (const char *const *)act.wire.messages + 2;
    CHECK_STR(m[0], CLOSED("1", "The server stops"));
    CHECK_STR(m[1], ENDED("1"));
    CHECK_STR(m[2], CLOSED("2", "The server stops"));
    CHECK_STR(m[3], ENDED("2"));
    CHECK(wire_ok(&act.wire));
out:
    CHECK_AFTER(act_end(&act));
}

static void the_end_of_the_client_is_no_news(void)
{
    struct act act = { .scene = { .server = NULL } };
    struct wire other = { .memory = NULL };

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(wire_connect(&other, &act.scene, NULL));
    CHECK(wire_listens(&act.wire, "1", "\"toolsListChanged\":true"));
    CHECK(wire_listens(&other, "1", "\"toolsListChanged\":true"));
    wire_cut_input(&act.wire);
    CHECK(wire_drain(&act.wire));
    CHECK_INT(act.wire.n_messages, 1);
    wire_cut_output(&other);
    CHECK(offer_one(&act.scene, MCPS_TOOLS, "more"));
    CHECK(scene_wait(&act.scene, stat_listens, 0));
    CHECK(scene_log_ok(&act.scene));
out:
    wire_free(&other);
    CHECK_AFTER(act_end(&act));
}

/* ---- limits ---- */

static bool is_refused(struct wire *wire, const char *id, int code, const char *reason)
{
    struct json_object *answer = wire_answer(wire, id);

    return answer_code(answer) == code && strcmp(answer_reason(answer), reason) == 0;
}

static void no_more_streams_than_there_may_be(void)
{
    struct act act = { .scene = { .server = NULL } };
    struct wire same = { .memory = NULL }, other = { .memory = NULL };
    mcps_server *server;

    CHECK(listen_begin(&act, "listens_per_account=2 listens=3", true));
    server = act.scene.server;
    CHECK(wire_connect(&same, &act.scene, NULL));
    CHECK(wire_connect(&other, &act.scene, "other"));
    CHECK(wire_listens(&act.wire, "1", "") && wire_listens(&same, "1", ""));
    CHECK(wire_listen(&same, "2", ""));
    CHECK(is_refused(&same, "2", -32603, "busy"));
    CHECK_INT(mcps_server_get_limit_hits(server, MCPS_LIMIT_LISTENS_PER_ACCOUNT), 1);
    CHECK(wire_listens(&other, "1", ""));
    CHECK(wire_listen(&other, "2", ""));
    CHECK(is_refused(&other, "2", -32603, "busy"));
    CHECK_INT(mcps_server_get_limit_hits(server, MCPS_LIMIT_LISTENS), 1);
    /* Each end makes room. */
    CHECK(wire_cancel(&same, "1"));
    CHECK(wire_listens(&same, "3", ""));
    wire_free(&other);
    CHECK(scene_wait(&act.scene, stat_listens, 2));
    CHECK(wire_connect(&other, &act.scene, "other") && wire_listens(&other, "1", ""));
    CHECK(wire_ok(&same) && act_ok(&act));
out:
    wire_free(&same);
    wire_free(&other);
    CHECK_AFTER(act_end(&act));
}

static void no_more_resources_than_a_stream_may_have(void)
{
    struct act act = { .scene = { .server = NULL } };
    mcps_server *server;

    CHECK(listen_begin(&act, "subscriptions_per_listen=2 subscription_bytes=12", true));
    server = act.scene.server;
    CHECK(wire_listens(&act.wire, "1", "\"resourceSubscriptions\":[\"t:a\",\"t:b\"]"));
    CHECK(wire_listens(&act.wire, "2",
                       "\"resourceSubscriptions\":[\"t:a\",\"t:b\",\"t:a\"]"));
    CHECK(wire_listen(&act.wire, "3",
                      "\"resourceSubscriptions\":[\"t:a\",\"t:b\",\"t:c\"]"));
    CHECK(is_refused(&act.wire, "3", -32602, ""));
    CHECK_INT(mcps_server_get_limit_hits(server, MCPS_LIMIT_SUBSCRIPTIONS_PER_LISTEN), 1);
    CHECK(wire_listens(&act.wire, "4", "\"resourceSubscriptions\":[\"t:1234567890\"]"));
    CHECK(wire_listen(&act.wire, "5", "\"resourceSubscriptions\":[\"t:12345678901\"]"));
    CHECK(is_refused(&act.wire, "5", -32602, ""));
    CHECK_INT(mcps_server_get_limit_hits(server, MCPS_LIMIT_SUBSCRIPTION_BYTES), 1);
    CHECK_INT(scene_stats(&act.scene).listens, 3);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- one allocation after the other fails ---- */

/* All by turns of this thread, so that it can be repeated exactly. */
static bool send_and_turn(mcps_server *server, mcps_test_client *client, const char *text)
{
    bool ok = mcps_test_send(client, text) == 0;

    for (int i = 0; i < 100 && mcps_server_process(server) > 0; i++)
        ;
    return ok;
}

static bool receives(mcps_server *server, mcps_test_client *client, const char *part)
{
    char *text = NULL;
    bool ok;

    for (int i = 0; i < 4; i++)
        (void)!mcps_server_process(server);
    ok = mcps_test_receive(client, &text, 0) == 0 && strstr(text, part);
    free(text);
    return ok;
}

static bool add_resource(mcps_server *server)
{
    struct scene scene = { .server = server };

    return offer_one(&scene, MCPS_RESOURCES, "test://a");
}

static void memory_runs_out(void)
{
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = MCPS_NO_WORKERS);
    mcps_server *server = NULL;
    mcps_test_client *client = NULL;

    CHECK_INT(mcps_server_new(&server, &options), 0);
    CHECK_INT(mcps_server_set_limit(server, MCPS_LIMIT_LIST_CHANGED_MS, 0), 0);
    CHECK(add_resource(server));
    CHECK_INT(mcps_server_start_driven(server), 0);
    CHECK_INT(mcps_test_connect(server, NULL, &client), 0);
    CHECK(send_and_turn(
        server, client,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscriptions/listen\","
        "\"params\":{\"notifications\":{\"toolsListChanged\":true,"
        "\"resourceSubscriptions\":[\"test://a\",\"test://b\"]}," LISTEN_META "}}"));
    CHECK(receives(server, client, "acknowledged"));
    CHECK(send_and_turn(
        server, client,
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"initialize\",\"params\":"
        "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
        "\"clientInfo\":{\"name\":\"n\",\"version\":\"1\"}}}"));
    CHECK(receives(server, client, "\"id\":2,\"result\""));
    CHECK(
        send_and_turn(server, client,
                      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"));
    CHECK(
        send_and_turn(server, client,
                      "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"resources/subscribe\","
                      "\"params\":{\"uri\":\"test://a\"}}"));
    CHECK(receives(server, client, "\"id\":3,\"result\""));
    CHECK_INT(mcps_server_resource_updated(server, "test://a"), 1);
    CHECK(receives(server, client, "resources/updated"));
    CHECK(receives(server, client, "resources/updated"));
    CHECK_INT(mcps_server_stop(server, 0), 0);
    CHECK(receives(server, client, "cancelled"));
    CHECK(receives(server, client, "\"id\":1,\"result\""));
out:
    if (server)
        CHECK_AFTER(mcps_server_stop(server, 0) == 0);
    mcps_test_free(client);
    CHECK_AFTER(!mcps_server_unref(server));
}

static const struct unit_test stream_tests[] = {
    UNIT_TEST(memory_runs_out),
    UNIT_TEST_ONCE(acknowledged_as_it_is_honoured, "it has threads"),
    UNIT_TEST_ONCE(what_there_is_not_is_left_out, "it has threads"),
    UNIT_TEST_ONCE(bad_filters, "it has threads"),
    UNIT_TEST_ONCE(discover_declares_it, "it has threads"),
    UNIT_TEST_ONCE(told_of_what_was_asked_for, "it has threads"),
    UNIT_TEST_ONCE(both_eras_in_one_stream, "it has threads"),
    UNIT_TEST_ONCE(many_changes_are_one_message, "it has threads"),
    UNIT_TEST_ONCE(the_last_is_told, "it has threads"),
    UNIT_TEST_ONCE(told_again_once_it_is_written, "it has threads"),
    UNIT_TEST_ONCE(one_message_of_each_waits, "it has threads"),
    UNIT_TEST_ONCE(cancelled_by_its_client, "it has threads"),
    UNIT_TEST_ONCE(an_id_is_listened_on_once, "it has threads"),
    UNIT_TEST_ONCE(f10_01_streams_do_not_hold_the_stop, "it has threads"),
    UNIT_TEST_ONCE(the_end_comes_in_one, "it has threads"),
    UNIT_TEST_ONCE(the_end_of_the_client_is_no_news, "it has threads"),
    UNIT_TEST_ONCE(no_more_streams_than_there_may_be, "it has threads"),
    UNIT_TEST_ONCE(no_more_resources_than_a_stream_may_have, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    const struct unit_suite suites[] = {
        { "streams", stream_tests },
        { "sessions", listen_legacy_tests },
        { "races", listen_race_tests },
        { "load", listen_load_tests },
    };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
