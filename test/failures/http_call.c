/* SPDX-License-Identifier: MIT */
/* Group 4, F4.09 to F4.11, F4.14 and F4.15: clients that leave while their calls run; and what
 * groups 2 and 3 say of cancelling and asking over HTTP. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_site.h"
#include "http_tests.h"
#include "props.h"

SCENE_STAT(dropped_answers);
SCENE_STAT(in_flight);
SCENE_STAT(parked);

/* ---- F4.09: the client goes while its call runs ---- */

enum way { BY_FIN, BY_RESET, BY_SHUT, N_WAYS };

static void leave(struct web *web, enum way way)
{
    if (way == BY_FIN)
        web_leave(web);
    else if (way == BY_RESET)
        web_reset(web);
    else
        web_shut(web);
}

/* What it is told then, if it can be told, is nothing. */
static bool told_nothing(struct web *web, enum way way)
{
    if (way != BY_SHUT)
        return true;
    web->owed = 0;
    while (!web->ended && !web->broken && !web->fault && web_pump(web, WATCHDOG_MS))
        ;
    return (web->ended || web->broken) && web->received == 0;
}

static void modern_client_goes(enum way way, const struct mcps_http_options *options)
{
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };

    CHECK(site_open(&site, 2, NULL, options));
    CHECK(site_visit(&site, &web));
    CHECK(modern_call(&web, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    leave(&web, way);
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_DISCONNECT);
    CHECK(told_nothing(&web, way));
    CHECK(scene_wait(&site.scene, stat_in_flight, 0));
    CHECK_INT(scene_stats(&site.scene).cancelled, 1);
    CHECK_INT(scene_stats(&site.scene).lost_bytes, 0);
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

static void f4_09_a_modern_client_goes(void)
{
    const struct mcps_http_options stateless = MCPS_HTTP_OPTIONS(.stateless = true);

    for (int way = 0; way < N_WAYS; way++) {
        unit_note_on_failure("way %d", way);
        modern_client_goes((enum way)way, NULL);
        modern_client_goes((enum way)way, &stateless);
    }
}

/* Of a server without sessions nobody comes back either. */
static void f4_09_a_client_without_a_session_goes(void)
{
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.stateless = true);
    const struct web_request request = {
        .body = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","
                "\"params\":{\"name\":\"wait\"}}",
    };
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };

    CHECK(site_open(&site, 2, NULL, &options));
    CHECK(site_visit(&site, &web));
    CHECK(web_ask(&web, &request));
    CHECK(hands_wait_entered(1));
    web_leave(&web);
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_DISCONNECT);
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* A call of a session goes on, and its answer waits. */
static void legacy_client_goes(enum way way)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 }, again = { .fd = 0 };
    struct web_answer *answer;
    char last[64];

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    answer = chat_start(&chat, &web, "2", "wait", NULL);
    CHECK(answer != NULL);
    snprintf(last, sizeof last, "%s", chat_last_id(answer));
    CHECK(hands_wait_entered(1));
    leave(&web, way);
    CHECK(site_await_connections(&site, 0));
    CHECK(chat_alive(&chat));
    CHECK_INT(mcps_call_cancelled(atomic_load(&hands.call)), MCPS_CANCEL_NONE);
    CHECK_INT(atomic_load(&hands.left), 0);
    /* Come back before the end, or after. */
    if (way == BY_FIN) {
        hands_let_go();
        CHECK(scene_wait(&site.scene, stat_in_flight, 0));
    }
    answer = chat_stream(&chat, &again, last);
    CHECK(answer != NULL);
    hands_let_go();
    CHECK_STR(answer_text(web_final(&again, answer)), "done");
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_NONE);
    CHECK(web_ok(&again));
    CHECK_INT(scene_stats(&site.scene).cancelled, 0);
    CHECK_INT(scene_stats(&site.scene).dropped_answers, 0);
    web_close(&web);
    web_close(&again);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    web_close(&again);
    CHECK_AFTER(site_close(&site));
}

static void f4_09_a_legacy_client_goes(void)
{
    for (int way = 0; way < N_WAYS; way++) {
        unit_note_on_failure("way %d", way);
        legacy_client_goes((enum way)way);
    }
}

/* Where there is nothing to come back for, the call ends by itself, and its id is free. */
static void f4_09_a_client_of_json_goes(void)
{
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.json_only = true);
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };

    CHECK(site_open(&site, 2, NULL, &options));
    CHECK(chat_open(&chat, &site));
    CHECK(chat_visit(&chat, &web));
    CHECK(chat_call(&chat, &web, "2", "wait", NULL));
    CHECK(hands_wait_entered(1));
    web_close(&web);
    CHECK(site_await_connections(&site, 0));
    CHECK_INT(atomic_load(&hands.left), 0);
    hands_let_go();
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_NONE);
    CHECK(scene_wait(&site.scene, stat_dropped_answers, 1));
    CHECK(chat_visit(&chat, &web));
    CHECK(chat_call(&chat, &web, "2", "count", NULL));
    CHECK_STR(answer_text(web_reply(&web)), "counted");
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.10: one broken answer ---- */

static void f4_10_one_answer_that_cannot_be_written(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web get = { .fd = 0 }, big = { .fd = 0 }, other = { .fd = 0 };
    struct web_answer *stream, *answer;

    CHECK(site_open(&site, 4, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    stream = chat_stream(&chat, &get, NULL);
    CHECK(stream != NULL);
    answer = chat_start(&chat, &other, "3", "wait", NULL);
    CHECK(answer != NULL);
    CHECK(site_visit_as(&site, &big, NULL, 4096));
    CHECK(chat_call(&chat, &big, "2", "big", "{\"bytes\":4000000}"));
    CHECK(web_begun(&big) != NULL);
    web_reset(&big);
    CHECK(hands_wait_entered(1));
    hands_let_go();
    CHECK_STR(answer_text(web_final(&other, answer)), "done");
    CHECK(chat_alive(&chat));
    CHECK(chat_tell(&chat, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
                           "initialized\"}") == 202);
    CHECK(web_is_quiet(&get));
    CHECK(!stream->complete);
    CHECK(web_ok(&other));
    CHECK_INT(chat_delete(&chat), 204);
    CHECK(web_ends_silently(&get, stream));
    CHECK(web_ok(&get));
    web_close(&get);
    web_close(&big);
    web_close(&other);
    CHECK(site_ok(&site));
out:
    web_close(&get);
    web_close(&big);
    web_close(&other);
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.11: the client's end is seen where nothing is expected ---- */

static void f4_11_idle_connections_that_end(void)
{
    enum { N = 100 };
    static const char *const fields[] = { NULL, "Connection: keep-alive\r\n" };
    struct web *webs = calloc(N, sizeof *webs);
    struct site site = { .port = 0 };
    int i = 0;

    CHECK(webs != NULL);
    CHECK(site_open(&site, 2, NULL, NULL));
    for (unsigned round = 0; round < unit_repeat(1, 5); round++) {
        for (i = 0; i < N; i++) {
            CHECK(site_visit(&site, &webs[i]));
            CHECK(modern_ask(&webs[i], "1", "tools/call", "count", "\"name\":\"count\"",
                             fields[i % 2]));
            CHECK_STR(answer_text(web_reply(&webs[i])), "counted");
            CHECK(web_ok(&webs[i]));
        }
        CHECK_INT(scene_stats(&site.scene).connections, N);
        for (i = 0; i < N; i++) {
            leave(&webs[i], (enum way)(i % N_WAYS));
            /* Shut on our side alone, it is closed by the server. */
            CHECK(i % N_WAYS != BY_SHUT || web_gone(&webs[i], false));
        }
        CHECK(site_idle(&site));
        for (i = 0; i < N; i++)
            web_close(&webs[i]);
    }
    CHECK(site_ok(&site));
out:
    for (i = 0; webs && i < N; i++)
        web_close(&webs[i]);
    free(webs);
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.14: nothing comes behind the answer ---- */

static atomic_uint reporters;

static void *report(void *userdata)
{
    mcps_call *call = userdata;
    double done = 0;

    while (mcps_call_progress(call, ++done, 0, NULL) >= 0)
        ;
    mcps_call_unref(call);
    atomic_fetch_sub(&reporters, 1);
    return NULL;
}

static int noisy(mcps_call *call, struct json_object *args, void *userdata)
{
    pthread_t thread;

    (void)args;
    (void)userdata;
    mcps_call_progress(call, 0, 0, NULL);
    atomic_fetch_add(&reporters, 1);
    if (pthread_create(&thread, NULL, report, mcps_call_ref(call)) == 0)
        pthread_detach(thread);
    return mcps_call_text(call, "said");
}

static void f4_14_nothing_behind_the_answer(void)
{
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "noisy", .handler = noisy),
    };
    unsigned n = unit_repeat(300, 10000) / SLOWER;
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    struct web_answer *answer;

    CHECK(site_prepare(&site, 2, "progress_ms=0", NULL));
    CHECK(mcps_server_add_tools(site.scene.server, tools, 1) >= 0);
    CHECK(site_start(&site));
    CHECK(site_visit(&site, &web));
    for (unsigned i = 0; i < n; i++) {
        if (i % 50 == 49) { /* what came is kept: not all of it */
            CHECK(web_ok(&web));
            web_close(&web);
            CHECK(site_visit(&site, &web));
        }
        CHECK(modern_call_with_progress(&web, "7", "noisy", NULL));
        answer = web_begun(&web);
        CHECK(answer != NULL);
        CHECK(answer->is_stream);
        CHECK(web_final(&web, answer) != NULL);
    }
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(await_uint(&reporters, 0));
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.15: what was acknowledged is not lost ---- */

static void f4_15_acknowledged_is_done(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    struct web_event *event;

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    answer = chat_start(&chat, &web, "2", "ask", NULL);
    event = web_message(&web, answer);
    CHECK(event != NULL);
    CHECK_STR(message_method(event->json), "roots/list");
    CHECK_INT(chat_give_roots(&chat, event->json, "file:///a"), 202);
    /* It is applied when it is acknowledged: the end of the session comes too late. */
    CHECK_INT(chat_delete(&chat), 204);
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.answered), 1);
    CHECK_INT(chat_give_roots(&chat, event->json, "file:///a"), 404);
    CHECK_INT(chat_cancel(&chat, "2"), 404);
    CHECK(web_complete(&web, answer));
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F2.13: a cancelled call's POST ends ---- */

static void cancelled_call_ends(bool json_only)
{
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.json_only = json_only);
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 }, again = { .fd = 0 };
    struct web_answer *answer = NULL;
    struct json_object *message;

    CHECK(site_open(&site, 2, NULL, &options));
    CHECK(chat_open(&chat, &site));
    if (json_only) {
        CHECK(chat_visit(&chat, &web));
        CHECK(chat_call(&chat, &web, "2", "wait", NULL));
    } else {
        answer = chat_start(&chat, &web, "2", "wait", NULL);
        CHECK(answer != NULL);
    }
    CHECK(hands_wait_entered(1));
    CHECK_INT(chat_cancel(&chat, "2"), 202);
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.reason), MCPS_CANCEL_CLIENT);
    if (json_only)
        answer = web_begun(&web);
    message = web_final(&web, answer);
    CHECK_INT(answer->status, 200);
    CHECK_INT(answer_code(message), -32800);
    CHECK_STR(message_text(message_at(message, "id")), "2");
    CHECK(web_ok(&web));
    if (!json_only) { /* so does one that comes back */
        answer = chat_stream(&chat, &again, answer->events[0].id);
        CHECK_INT(answer_code(web_final(&again, answer)), -32800);
        CHECK(web_ok(&again));
    }
    CHECK(chat_alive(&chat));
    CHECK_INT(scene_stats(&site.scene).cancelled, 1);
    web_close(&web);
    web_close(&again);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    web_close(&again);
    CHECK_AFTER(site_close(&site));
}

static void f2_13_the_post_of_a_cancelled_call_ends(void)
{
    cancelled_call_ends(false);
    cancelled_call_ends(true);
}

/* Cancelled while nobody is there to hear of it. */
static void f2_13_cancelled_behind_a_lost_stream(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    char last[64];

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    answer = chat_start(&chat, &web, "2", "wait", NULL);
    CHECK(answer != NULL);
    CHECK(hands_wait_entered(1));
    snprintf(last, sizeof last, "%s", chat_last_id(answer));
    web_close(&web);
    CHECK(site_await_connections(&site, 0));
    CHECK_INT(chat_cancel(&chat, "2"), 202);
    CHECK(hands_wait_left(1));
    answer = chat_stream(&chat, &web, last);
    CHECK_INT(answer_code(web_final(&web, answer)), -32800);
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F2.14: cancelled by somebody else ---- */

static void f2_14_cancel_from_another_session(void)
{
    struct site site = { .port = 0 };
    struct chat a, b;
    struct web of_a = { .fd = 0 }, of_b = { .fd = 0 }, modern = { .fd = 0 };
    struct web_answer *to_a, *to_b;

    CHECK(site_open(&site, 4, NULL, NULL));
    CHECK(chat_open(&a, &site));
    CHECK(chat_open(&b, &site));
    to_a = chat_start(&a, &of_a, "2", "wait", NULL);
    CHECK(to_a != NULL);
    CHECK(site_visit(&site, &modern));
    CHECK(modern_call(&modern, "2", "wait", NULL));
    CHECK(hands_wait_entered(2));
    CHECK_INT(chat_cancel(&b, "2"), 202); /* it has no such call */
    to_b = chat_start(&b, &of_b, "2", "wait", NULL);
    CHECK(to_b != NULL);
    CHECK(hands_wait_entered(3));
    CHECK_INT(chat_cancel(&b, "2"), 202);
    CHECK(hands_wait_left(1));
    CHECK_INT(answer_code(web_final(&of_b, to_b)), -32800);
    CHECK_INT(scene_stats(&site.scene).cancelled, 1);
    hands_let_go();
    CHECK_STR(answer_text(web_final(&of_a, to_a)), "done");
    CHECK_STR(answer_text(web_reply(&modern)), "done");
    CHECK(web_ok(&of_a) && web_ok(&of_b) && web_ok(&modern));
    web_close(&of_a);
    web_close(&of_b);
    web_close(&modern);
    CHECK(site_ok(&site));
out:
    web_close(&of_a);
    web_close(&of_b);
    web_close(&modern);
    CHECK_AFTER(site_close(&site));
}

/* ---- F3.05, F3.13: answers that fit nothing, or are somebody else's ---- */

static void f3_05_answers_that_fit_nothing(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    struct web_event *event;

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    CHECK_INT(chat_tell(&chat, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"), 202);
    answer = chat_start(&chat, &web, "2", "ask", NULL);
    event = web_message(&web, answer);
    CHECK(event != NULL);
    CHECK_INT(chat_tell(&chat, "{\"jsonrpc\":\"2.0\",\"id\":9999,\"result\":{}}"), 202);
    CHECK_INT(chat_tell(&chat, "{\"jsonrpc\":\"2.0\",\"id\":\"0%s\",\"result\":{}}",
                        message_text(message_at(event->json, "id"))),
              202);
    CHECK_INT(atomic_load(&hands.left), 0);
    CHECK_INT(chat_give_roots(&chat, event->json, "file:///first"), 202);
    CHECK_INT(chat_give_roots(&chat, event->json, "file:///second"), 202);
    CHECK(web_final(&web, answer) != NULL);
    CHECK_INT(chat_give_roots(&chat, event->json, "file:///third"), 202);
    CHECK_INT(atomic_load(&hands.answered), 1);
    CHECK(web_ok(&web));
    CHECK(chat_alive(&chat));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

static void f3_13_an_answer_of_another_session(void)
{
    struct site site = { .port = 0 };
    struct chat a, b;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    struct web_event *event;

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&a, &site));
    CHECK(chat_open(&b, &site));
    answer = chat_start(&a, &web, "2", "ask", NULL);
    event = web_message(&web, answer);
    CHECK(event != NULL);
    CHECK_INT(chat_give_roots(&b, event->json, "file:///evil"), 202);
    CHECK_INT(scene_stats(&site.scene).pending, 1);
    CHECK_INT(atomic_load(&hands.left), 0);
    CHECK_INT(chat_give_roots(&a, event->json, "file:///own"), 202);
    CHECK(web_final(&web, answer) != NULL);
    CHECK_INT(atomic_load(&hands.answered), 1);
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F3.06: no way to ask ---- */

static void ask_in_vain(const struct mcps_http_options *options)
{
    struct site site = { .port = 0 };
    struct chat chat = { .id = "" };
    struct web web = { .fd = 0 };
    struct json_object *message;

    CHECK(site_open(&site, 2, NULL, options));
    if (options->stateless)
        chat = (struct chat){ .site = &site, .version = LEGACY };
    else
        CHECK(chat_open(&chat, &site));
    CHECK(chat_visit(&chat, &web));
    CHECK(chat_call(&chat, &web, "2", "ask", NULL));
    message = web_reply(&web);
    CHECK(message != NULL);
    CHECK(answer_is_error(message) || answer_code(message) != 0);
    CHECK_INT(atomic_load(&hands.answered), 0);
    CHECK_INT(atomic_load(&hands.left), 1);
    CHECK_INT(scene_stats(&site.scene).pending, 0);
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* Its time to answer would be a minute, which the watchdog does not wait for. */
static void f3_06_no_way_to_ask(void)
{
    const struct mcps_http_options json = MCPS_HTTP_OPTIONS(.json_only = true);
    const struct mcps_http_options stateless = MCPS_HTTP_OPTIONS(.stateless = true);

    ask_in_vain(&json);
    ask_in_vain(&stateless);
}

/* ---- F3.07: asked on the stream of the call ---- */

static void ask_on_its_stream(bool with_get)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web get = { .fd = 0 }, web = { .fd = 0 };
    struct web_answer *stream = NULL, *answer;
    struct web_event *event;

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    if (with_get) {
        stream = chat_stream(&chat, &get, NULL);
        CHECK(stream != NULL);
    }
    answer = chat_start(&chat, &web, "2", "ask", NULL);
    event = web_message(&web, answer);
    CHECK(event != NULL);
    CHECK_STR(message_method(event->json), "roots/list");
    CHECK(scene_wait(&site.scene, stat_parked, 1));
    CHECK_INT(chat_give_roots(&chat, event->json, "file:///a"), 202);
    CHECK(web_final(&web, answer) != NULL);
    CHECK_INT(atomic_load(&hands.answered), 1);
    CHECK(web_ok(&web));
    if (with_get) {
        CHECK_INT(chat_delete(&chat), 204);
        CHECK(web_complete(&get, stream));
        for (size_t i = 0; i < stream->n_events; i++)
            CHECK(stream->events[i].json == NULL);
        CHECK(web_ok(&get));
    }
    web_close(&web);
    web_close(&get);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    web_close(&get);
    CHECK_AFTER(site_close(&site));
}

static void f3_07_asked_on_the_stream_of_the_call(void)
{
    ask_on_its_stream(false);
    ask_on_its_stream(true);
}

const struct unit_test http_call_tests[] = {
    UNIT_TEST_ONCE(f4_09_a_modern_client_goes, "it has threads"),
    UNIT_TEST_ONCE(f4_09_a_client_without_a_session_goes, "it has threads"),
    UNIT_TEST_ONCE(f4_09_a_legacy_client_goes, "it has threads"),
    UNIT_TEST_ONCE(f4_09_a_client_of_json_goes, "it has threads"),
    UNIT_TEST_ONCE(f4_10_one_answer_that_cannot_be_written, "it has threads"),
    UNIT_TEST_ONCE(f4_11_idle_connections_that_end, "it has threads"),
    UNIT_TEST_ONCE(f4_14_nothing_behind_the_answer, "it has threads"),
    UNIT_TEST_ONCE(f4_15_acknowledged_is_done, "it has threads"),
    UNIT_TEST_ONCE(f2_13_the_post_of_a_cancelled_call_ends, "it has threads"),
    UNIT_TEST_ONCE(f2_13_cancelled_behind_a_lost_stream, "it has threads"),
    UNIT_TEST_ONCE(f2_14_cancel_from_another_session, "it has threads"),
    UNIT_TEST_ONCE(f3_05_answers_that_fit_nothing, "it has threads"),
    UNIT_TEST_ONCE(f3_13_an_answer_of_another_session, "it has threads"),
    UNIT_TEST_ONCE(f3_06_no_way_to_ask, "it has threads"),
    UNIT_TEST_ONCE(f3_07_asked_on_the_stream_of_the_call, "it has threads"),
    UNIT_END,
};
