/* SPDX-License-Identifier: MIT */
/* Subscriptions of the legacy era, in its sessions; see listen.h. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "listen.h"

SCENE_STAT(changes_sent);
SCENE_STAT(sessions);

#define RESULT(id) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{}}"

SCENE_STAT(streams);

static bool ask(struct wire *wire, const char *id, const char *method, const char *params)
{
    return wire_send(wire,
                     "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"resources/%s\","
                     "\"params\":{%s}}",
                     id, method, params);
}

static bool subscribe(struct wire *wire, const char *id, const char *uri)
{
    char params[256];

    snprintf(params, sizeof params, "\"uri\":\"%s\"", uri);
    return ask(wire, id, "subscribe", params);
}

static bool unsubscribe(struct wire *wire, const char *id, const char *uri)
{
    char params[256];

    snprintf(params, sizeof params, "\"uri\":\"%s\"", uri);
    return ask(wire, id, "unsubscribe", params);
}

static bool begin(struct act *act, const char *limits)
{
    bool ok = listen_begin(act, limits, true) && wire_hello(&act->wire);

    act->wire.next = act->wire.n_messages;
    return ok;
}

static void subscribed_until_it_is_not(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(begin(&act, "list_changed_ms=0"));
    CHECK_INT(update(&act, "test://a"), 0);
    CHECK(subscribe(&act.wire, "1", "test://a"));
    CHECK_STR(wire_text(&act.wire), RESULT("1"));
    CHECK(subscribe(&act.wire, "2", "test:\\/\\/a"));
    CHECK_STR(wire_text(&act.wire), RESULT("2"));
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK_STR(wire_text(&act.wire), UPDATED_PLAINLY("test://a"));
    CHECK_INT(update(&act, "test://b"), 0);
    CHECK(wire_quiet(&act.wire));
    CHECK(unsubscribe(&act.wire, "3", "test://a"));
    CHECK_STR(wire_text(&act.wire), RESULT("3"));
    CHECK(unsubscribe(&act.wire, "4", "test://a"));
    CHECK_STR(wire_text(&act.wire), RESULT("4"));
    CHECK_INT(update(&act, "test://a"), 0);
    CHECK(wire_quiet(&act.wire));
    CHECK(subscribe(&act.wire, "5", "test://a"));
    CHECK_STR(wire_text(&act.wire), RESULT("5"));
    CHECK_INT(update(&act, "test://a"), 1);
    CHECK_STR(wire_text(&act.wire), UPDATED_PLAINLY("test://a"));
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void every_revision_has_them(void)
{
    static const char *const revisions[] = { "2024-11-05", "2025-03-26", "2025-06-18",
                                             "2025-11-25" };
    struct act act = { .scene = { .server = NULL } };
    struct wire wire = { .memory = NULL };

    CHECK(begin(&act, "list_changed_ms=0"));
    for (size_t i = 0; i < sizeof revisions / sizeof revisions[0]; i++) {
        unit_note_on_failure("revision %s", revisions[i]);
        CHECK(wire_connect(&wire, &act.scene, NULL));
        CHECK(wire_init(&wire, revisions[i], "{}"));
        CHECK(strstr(wire.messages[0],
                     "\"prompts\":{\"listChanged\":true},"
                     "\"resources\":{\"subscribe\":true,\"listChanged\":true}"));
        wire.next = wire.n_messages;
        CHECK(subscribe(&wire, "1", "test://a"));
        CHECK_STR(wire_text(&wire), RESULT("1"));
        CHECK_INT(update(&act, "test://a"), 1);
        CHECK_STR(wire_text(&wire), UPDATED_PLAINLY("test://a"));
        CHECK(withdraw_one(&act.scene, MCPS_PROMPTS, "ask"));
        CHECK_STR(wire_text(&wire), NOTIFIED("prompts/list_changed", ""));
        CHECK(offer_one(&act.scene, MCPS_PROMPTS, "ask"));
        CHECK_STR(wire_text(&wire), NOTIFIED("prompts/list_changed", ""));
        CHECK(wire_quiet(&wire));
        wire_free(&wire);
        CHECK(scene_wait(&act.scene, stat_sessions, 1));
    }
    CHECK(scene_log_ok(&act.scene));
out:
    wire_free(&wire);
    CHECK_AFTER(act_end(&act));
}

static void what_cannot_be_subscribed_to(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(begin(&act, NULL));
    CHECK(subscribe(&act.wire, "1", "test://b"));
    CHECK_STR(wire_text(&act.wire),
              "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32002,\"message\":"
              "\"Resource not found\",\"data\":{\"uri\":\"test://b\"}}}");
    CHECK(ask(&act.wire, "2", "subscribe", ""));
    CHECK_STR(wire_text(&act.wire),
              "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":-32602,\"message\":"
              "\"resources/subscribe needs uri, a string\"}}");
    CHECK(ask(&act.wire, "3", "unsubscribe", "\"uri\":7"));
    CHECK_STR(wire_text(&act.wire),
              "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":-32602,\"message\":"
              "\"resources/unsubscribe needs uri, a string\"}}");
    /* What a template has may be subscribed to, too, and nothing else. */
    CHECK(offer_one(&act.scene, MCPS_TEMPLATES, "test://{x}"));
    CHECK(wire_await(&act.wire, "notifications/resources/list_changed"));
    CHECK(subscribe(&act.wire, "4", "test://b"));
    CHECK_STR(wire_text(&act.wire), RESULT("4"));
    CHECK(subscribe(&act.wire, "5", "no URI"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "5")), -32002);
    CHECK(subscribe(&act.wire, "6", "test://b/c"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "6")), -32002);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* A disabled one is not found; it may be subscribed to when it is back. */
static void what_is_disabled_is_not_found(void)
{
    struct act act = { .scene = { .server = NULL } };
    const char *key = "test://a";

    CHECK(begin(&act, NULL));
    CHECK(subscribe(&act.wire, "1", key));
    CHECK(wire_answer(&act.wire, "1"));
    CHECK_INT(mcps_server_disable(act.scene.server, MCPS_RESOURCES, &key, 1), 0);
    CHECK(subscribe(&act.wire, "2", key));
    CHECK_INT(answer_code(wire_answer(&act.wire, "2")), -32002);
    CHECK(unsubscribe(&act.wire, "3", key));
    CHECK_INT(answer_code(wire_answer(&act.wire, "3")), 0);
    CHECK_INT(update(&act, key), 0);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void without_resources_there_is_no_method(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, NULL, false) && wire_hello(&act.wire));
    CHECK(subscribe(&act.wire, "1", "test://a"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), -32601);
    CHECK(unsubscribe(&act.wire, "2", "test://a"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "2")), -32601);
    /* The modern era has no such methods at all. */
    CHECK(offer_one(&act.scene, MCPS_RESOURCES, "test://a"));
    CHECK(ask(&act.wire, "3", "subscribe", "\"uri\":\"test://a\"," LISTEN_META));
    CHECK_INT(answer_code(wire_answer(&act.wire, "3")), -32601);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* What was not declared to a session is not told to it, though it is there by now. */
static void told_of_what_was_declared(void)
{
    struct act act = { .scene = { .server = NULL } };
    struct wire later = { .memory = NULL };

    CHECK(listen_begin(&act, "list_changed_ms=0", false) && wire_hello(&act.wire));
    CHECK(offer_one(&act.scene, MCPS_PROMPTS, "first"));
    CHECK(offer_one(&act.scene, MCPS_RESOURCES, "test://a"));
    CHECK(wire_connect(&later, &act.scene, NULL) && wire_hello(&later));
    CHECK(offer_one(&act.scene, MCPS_PROMPTS, "second"));
    CHECK(offer_one(&act.scene, MCPS_TEMPLATES, "test://{x}"));
    CHECK(offer_one(&act.scene, MCPS_TOOLS, "tool"));
    CHECK(wire_await(&later, "notifications/prompts/list_changed"));
    CHECK(wire_await(&later, "notifications/resources/list_changed"));
    CHECK(wire_settled(&act.wire));
    CHECK_INT(wire_messages(&act.wire, "notifications/prompts/list_changed"), 0);
    CHECK_INT(wire_messages(&act.wire, "notifications/resources/list_changed"), 0);
    CHECK(act_ok(&act));
out:
    wire_free(&later);
    CHECK_AFTER(act_end(&act));
}

/* F11.08: told once the handshake is over, and not before. */
static void f11_08_told_after_the_handshake(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    CHECK(offer_one(&act.scene, MCPS_PROMPTS, "early"));
    CHECK(wire_send(&act.wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":"
                    "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                    "\"clientInfo\":{\"name\":\"n\",\"version\":\"1\"}}}"));
    CHECK(wire_answer(&act.wire, "0"));
    act.wire.next = act.wire.n_messages;
    CHECK(subscribe(&act.wire, "1", "test://a"));
    CHECK_STR(wire_text(&act.wire), RESULT("1"));
    for (int i = 0; i < 10; i++) {
        CHECK_INT(update(&act, "test://a"), 1);
        CHECK(withdraw_one(&act.scene, MCPS_PROMPTS, "early"));
        CHECK(offer_one(&act.scene, MCPS_PROMPTS, "early"));
    }
    CHECK(wire_quiet(&act.wire));
    CHECK_INT(scene_stats(&act.scene).changes_sent, 0);
    CHECK(wire_send(&act.wire,
                    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"));
    CHECK(scene_wait(&act.scene, stat_changes_sent, 2));
    CHECK(wire_alive(&act.wire));
    CHECK_INT(wire_count(&act.wire, UPDATED_PLAINLY("test://a")), 1);
    CHECK_INT(wire_count(&act.wire, NOTIFIED("prompts/list_changed", "")), 1);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void change_tools(void *arg)
{
    struct act *act = arg;

    offer_one(&act->scene, MCPS_TOOLS, "late");
    withdraw_one(&act->scene, MCPS_TOOLS, "late");
}

/* F11.09: what changes while the handshake is answered does not overtake the answer. */
static void f11_09_nothing_overtakes_the_handshake(void)
{
    struct act act = { .scene = { .server = NULL } };

    CHECK(listen_begin(&act, "list_changed_ms=0", true));
    mcps__sync_once("after_listener_shown", change_tools, &act);
    CHECK(wire_send(&act.wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":"
                    "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                    "\"clientInfo\":{\"name\":\"n\",\"version\":\"1\"}}}\n"
                    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"));
    CHECK(wire_next(&act.wire, WATCHDOG_MS));
    CHECK_INT(act.wire.n_changes, 0);
    CHECK(strstr(act.wire.messages[0], "\"id\":0,\"result\":"));
    CHECK(scene_wait(&act.scene, stat_changes_sent, 1));
    CHECK(wire_alive(&act.wire));
    CHECK_INT(act.wire.n_changes, 1);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* What waits for one who does not read is taken back: nothing comes after the answer. */
static void nothing_comes_after_unsubscribing(void)
{
    struct act act = { .scene = { .server = NULL } };
    size_t answer = 0;

    CHECK(begin(&act, "list_changed_ms=0"));
    CHECK(subscribe(&act.wire, "1", "test://a") && wire_answer(&act.wire, "1"));
    CHECK(wire_call(&act.wire, "\"big\"", "big", "{\"bytes\":1000000}"));
    for (int i = 0; i < 100; i++)
        CHECK_INT(update(&act, "test://a"), 1);
    CHECK(unsubscribe(&act.wire, "2", "test://a"));
    CHECK(wire_answer(&act.wire, "2") && wire_answer(&act.wire, "\"big\""));
    CHECK_INT(update(&act, "test://a"), 0);
    CHECK(wire_alive(&act.wire));
    for (size_t i = 0; i < act.wire.n_messages; i++) {
        if (strcmp(act.wire.messages[i], RESULT("2")) == 0)
            answer = i;
        CHECK(answer == 0 || !strstr(act.wire.messages[i], "resources/updated"));
    }
    CHECK(answer > 0 && act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

static void no_more_than_one_may_have(void)
{
    struct act act = { .scene = { .server = NULL } };
    mcps_server *server;

    CHECK(begin(&act, "subscriptions_per_peer=2 subscription_bytes=24"));
    server = act.scene.server;
    CHECK(offer_one(&act.scene, MCPS_TEMPLATES, "test://{x}"));
    CHECK(subscribe(&act.wire, "1", "test://a") && subscribe(&act.wire, "2", "test://b"));
    CHECK(subscribe(&act.wire, "3", "test://c"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "3")), -32000);
    CHECK_STR(answer_reason(wire_answer(&act.wire, "3")), "busy");
    CHECK_INT(mcps_server_get_limit_hits(server, MCPS_LIMIT_SUBSCRIPTIONS_PER_PEER), 1);
    /* That one has it already needs no room. */
    CHECK(subscribe(&act.wire, "4", "test://a"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "4")), 0);
    CHECK(unsubscribe(&act.wire, "5", "test://b"));
    CHECK(subscribe(&act.wire, "6", "test://12345678910"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "6")), -32000);
    CHECK_INT(mcps_server_get_limit_hits(server, MCPS_LIMIT_SUBSCRIPTION_BYTES), 1);
    CHECK(subscribe(&act.wire, "7", "test://12345678"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "7")), 0);
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* Two of 8 bytes each have room, whoever's they are. */
static void no_more_than_all_may_have(void)
{
    struct act act = { .scene = { .server = NULL } };
    struct wire other = { .memory = NULL };

    CHECK(begin(&act, "subscription_total_bytes=272"));
    CHECK(wire_connect(&other, &act.scene, "other") && wire_hello(&other));
    CHECK(offer_one(&act.scene, MCPS_TEMPLATES, "test://{x}"));
    CHECK(subscribe(&act.wire, "1", "test://a") && subscribe(&other, "1", "test://b"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "1")), 0);
    CHECK_INT(answer_code(wire_answer(&other, "1")), 0);
    CHECK(subscribe(&other, "2", "test://c"));
    CHECK_INT(answer_code(wire_answer(&other, "2")), -32000);
    CHECK_STR(answer_reason(wire_answer(&other, "2")), "busy");
    CHECK(wire_send(&other,
                    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":"
                    "\"subscriptions/listen\",\"params\":{\"notifications\":{"
                    "\"resourceSubscriptions\":[\"test://c\"]}," LISTEN_META "}}"));
    CHECK_INT(answer_code(wire_answer(&other, "3")), -32603);
    CHECK_STR(answer_reason(wire_answer(&other, "3")), "busy");
    CHECK_INT(
        mcps_server_get_limit_hits(act.scene.server, MCPS_LIMIT_SUBSCRIPTION_TOTAL_BYTES),
        2);
    /* What one lets go of another may have, whichever way it goes. */
    CHECK(unsubscribe(&act.wire, "4", "test://a"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "4")), 0);
    CHECK(subscribe(&other, "5", "test://c"));
    CHECK_INT(answer_code(wire_answer(&other, "5")), 0);
    wire_free(&other);
    CHECK(scene_wait(&act.scene, stat_streams, 1));
    CHECK(subscribe(&act.wire, "6", "test://a") && subscribe(&act.wire, "7", "test://b"));
    CHECK_INT(answer_code(wire_answer(&act.wire, "6")), 0);
    CHECK_INT(answer_code(wire_answer(&act.wire, "7")), 0);
    CHECK(act_ok(&act));
out:
    wire_free(&other);
    CHECK_AFTER(act_end(&act));
}

const struct unit_test listen_legacy_tests[] = {
    UNIT_TEST_ONCE(subscribed_until_it_is_not, "it has threads"),
    UNIT_TEST_ONCE(every_revision_has_them, "it has threads"),
    UNIT_TEST_ONCE(what_cannot_be_subscribed_to, "it has threads"),
    UNIT_TEST_ONCE(what_is_disabled_is_not_found, "it has threads"),
    UNIT_TEST_ONCE(without_resources_there_is_no_method, "it has threads"),
    UNIT_TEST_ONCE(told_of_what_was_declared, "it has threads"),
    UNIT_TEST_ONCE(f11_08_told_after_the_handshake, "it has threads"),
    UNIT_TEST_ONCE(f11_09_nothing_overtakes_the_handshake, "it has threads"),
    UNIT_TEST_ONCE(nothing_comes_after_unsubscribing, "it has threads"),
    UNIT_TEST_ONCE(no_more_than_one_may_have, "it has threads"),
    UNIT_TEST_ONCE(no_more_than_all_may_have, "it has threads"),
    UNIT_END,
};
