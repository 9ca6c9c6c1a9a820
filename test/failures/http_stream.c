/* SPDX-License-Identifier: MIT */
/* Group 5, streams as they are opened, replaced and written: F5.01, F5.02, F5.08, F5.10 to
 * F5.12 and F5.14. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_site.h"
#include "http_tests.h"

/* The next message of the stream is that number of the news. */
static bool has_news(struct web *web, struct web_answer *stream, long n)
{
    struct web_event *event = web_message(web, stream);

    return event && event_number(event) == n;
}

/* ---- F5.01 and F5.02: a second stream of a session ---- */

static void f5_01_a_new_stream_replaces_a_dead_one(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web dead = { .fd = 0 }, web = { .fd = 0 };
    struct web_answer *first, *second;

    CHECK(site_open(&site, 2, "list_changed_ms=0", NULL));
    CHECK(chat_open(&chat, &site));
    CHECK(chat_subscribe(&chat, 3));
    first = chat_stream(&chat, &dead, NULL);
    CHECK(first != NULL);
    CHECK_INT(site_news(&site, 1), 1);
    CHECK(has_news(&dead, first, 1));
    second = chat_stream(&chat, &web, NULL); /* the other one says nothing of its death */
    CHECK(second != NULL);
    CHECK_INT(site_news(&site, 2), 1);
    CHECK(has_news(&web, second, 2));
    CHECK(web_complete(&dead, first));
    CHECK_INT(first->n_events, 1 + (first->events[0].json ? 0 : 1));
    CHECK(web_ok(&dead));
    /* Its late end is nothing to the other. */
    web_close(&dead);
    CHECK(site_await_connections(&site, 1));
    CHECK_INT(site_news(&site, 3), 1);
    CHECK(has_news(&web, second, 3));
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(chat_alive(&chat));
    CHECK(site_ok(&site));
out:
    web_close(&dead);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* Two clients that each want to be the one get it in turns, but not without end. */
static void f5_01_replaced_again_and_again(void)
{
    enum { N = 10 };
    struct site site = { .port = 0 };
    struct chat chat;
    struct web webs[N] = { { .fd = 0 } };
    struct web_answer *streams[N] = { NULL };
    int n_live = 0, n_refused = 0, live = -1;

    CHECK(site_open(&site, 2, "list_changed_ms=0", NULL));
    CHECK(chat_open(&chat, &site));
    CHECK(chat_subscribe(&chat, 1));
    for (int i = 0; i < N; i++) {
        CHECK(chat_get(&chat, &webs[i], NULL));
        streams[i] = web_begun(&webs[i]);
        CHECK(streams[i] != NULL);
        unit_note_on_failure("status %d", streams[i]->status);
        CHECK(streams[i]->status == 200 || streams[i]->status == 429);
        if (streams[i]->status == 200)
            live = i;
        else
            CHECK(strstr(streams[i]->head, "\r\nRetry-After: ") != NULL);
        n_refused += streams[i]->status == 429 ? 1 : 0;
    }
    CHECK(n_refused > 0);
    CHECK_INT(site_news(&site, 1), 1);
    CHECK(has_news(&webs[live], streams[live], 1));
    for (int i = 0; i < N; i++) {
        CHECK(i == live || web_complete(&webs[i], streams[i]));
        CHECK(web_ok(&webs[i]));
        n_live += streams[i]->complete ? 0 : 1;
        web_close(&webs[i]);
    }
    CHECK_INT(n_live, 1);
    CHECK(chat_alive(&chat));
    CHECK(site_ok(&site));
out:
    for (int i = 0; i < N; i++)
        web_close(&webs[i]);
    CHECK_AFTER(site_close(&site));
}

/* The old connection breaks at the moment in which it is replaced. */
static void f5_02_the_old_one_ends_late(void)
{
    struct site site = { .port = 0 };
    struct web old = { .fd = 0 }, web = { .fd = 0 };
    struct web_answer *stream;
    struct chat chat;

    CHECK(site_open(&site, 2, "list_changed_ms=0", NULL));
    for (unsigned i = 0; i < unit_repeat(20, 500); i++) {
        CHECK(chat_open(&chat, &site));
        CHECK(chat_subscribe(&chat, 1));
        CHECK(chat_stream(&chat, &old, NULL) != NULL);
        if (i % 3 == 0)
            web_reset(&old);
        stream = chat_stream(&chat, &web, NULL);
        CHECK(stream != NULL);
        if (i % 3 == 1)
            web_reset(&old);
        web_close(&old);
        CHECK(site_await_connections(&site, 1));
        CHECK_INT(site_news(&site, 1), 1);
        CHECK(has_news(&web, stream, 1));
        CHECK(web_ok(&web));
        web_close(&web);
        CHECK_INT(chat_delete(&chat), 204);
    }
    CHECK(site_ok(&site));
out:
    web_close(&old);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F5.08: what a stream begins with ---- */

static void f5_08_the_first_event_is_the_priming_one(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;

    CHECK(site_open(&site, 4, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    for (unsigned i = 0; i < unit_repeat(100, 2000); i++) {
        answer = chat_start(&chat, &web, "2", "count", NULL); /* looks at the first */
        CHECK(answer != NULL);
        CHECK(answer->events[0].retry >= 0);
        CHECK_STR(answer_text(web_final(&web, answer)), "counted");
        CHECK_INT(answer->n_events, 2);
        CHECK(answer->events[1].id != NULL);
        CHECK(web_ok(&web));
        web_close(&web);
    }
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* Clients before 2025-11-25 are confused by empty data. */
static void f5_08_no_empty_event_for_older_clients(void)
{
    static const char *const versions[] = { "2025-03-26", "2025-06-18" };
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 }, get = { .fd = 0 };
    struct web_answer *answer, *stream;

    CHECK(site_open(&site, 2, "list_changed_ms=0", NULL));
    for (int i = 0; i < 2; i++) {
        unit_note_on_failure("%s", versions[i]);
        CHECK(chat_open_as(&chat, &site, versions[i], "{}", NULL));
        CHECK(chat_subscribe(&chat, 1));
        stream = chat_stream(&chat, &get, NULL);
        CHECK(stream != NULL);
        CHECK(chat_visit(&chat, &web));
        CHECK(chat_call(&chat, &web, "2", "emit", "{\"n\":3,\"size\":1,\"us\":0}"));
        answer = web_begun(&web);
        CHECK_STR(answer_text(web_final(&web, answer)), "emitted");
        CHECK_INT(answer->n_events, 4);
        for (int k = 0; k < 4; k++)
            CHECK(answer->events[k].json != NULL);
        CHECK_INT(site_news(&site, 1), 1);
        CHECK(has_news(&get, stream, 1));
        CHECK_INT(stream->n_events, 1);
        CHECK(web_ok(&web) && web_ok(&get));
        web_close(&web);
        web_close(&get);
        CHECK_INT(chat_delete(&chat), 204);
    }
    CHECK(site_ok(&site));
out:
    web_close(&web);
    web_close(&get);
    CHECK_AFTER(site_close(&site));
}

/* ---- F5.10 and F5.11: streams on which nothing happens ---- */

#define LISTEN "\"notifications\":{\"toolsListChanged\":true}"

/* The heads come before there is anything to say, and comments while there is not. */
static void f5_10_comments_while_nothing_happens(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web get = { .fd = 0 }, post = { .fd = 0 }, listen = { .fd = 0 };
    struct web_answer *to_get, *to_post, *to_listen;

    CHECK(site_open(&site, 2, "sse_keep_alive_ms=30", NULL));
    CHECK(chat_open(&chat, &site));
    to_get = chat_stream(&chat, &get, NULL);
    to_post = chat_start(&chat, &post, "2", "wait", NULL);
    CHECK(site_visit(&site, &listen));
    CHECK(modern_ask(&listen, "3", "subscriptions/listen", NULL, LISTEN, NULL));
    to_listen = web_begun(&listen);
    CHECK(to_get && to_post && to_listen);
    CHECK(to_listen->is_stream);
    CHECK(web_message(&listen, to_listen) != NULL);
    CHECK(web_comments(&get, to_get, 5));
    CHECK(web_comments(&post, to_post, 5));
    CHECK(web_comments(&listen, to_listen, 5));
    CHECK(to_get->n_events <= 1 && to_post->n_events == 1 && to_listen->n_events == 1);
    hands_let_go();
    CHECK_STR(answer_text(web_final(&post, to_post)), "done");
    CHECK(web_ok(&get) && web_ok(&post) && web_ok(&listen));
    web_close(&get);
    web_close(&post);
    web_close(&listen);
    CHECK(site_ok(&site));
out:
    web_close(&get);
    web_close(&post);
    web_close(&listen);
    CHECK_AFTER(site_close(&site));
}

/* An answer that takes its time becomes a stream. */
static void f5_10_a_silent_call_becomes_a_stream(void)
{
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    struct web_answer *answer;

    CHECK(site_open(&site, 2, "sse_keep_alive_ms=30", NULL));
    CHECK(site_visit(&site, &web));
    CHECK(modern_call(&web, "2", "wait", NULL));
    answer = web_begun(&web);
    CHECK(answer && answer->is_stream);
    CHECK(web_comments(&web, answer, 3));
    CHECK_INT(answer->n_events, 0);
    hands_let_go();
    CHECK_STR(answer_text(web_final(&web, answer)), "done");
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

static void f5_11_the_head_comes_before_any_event(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web get = { .fd = 0 }, post = { .fd = 0 };
    struct web_answer *to_get, *to_post;

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    to_get = chat_stream(&chat, &get, NULL);
    CHECK(to_get != NULL);
    /* Something of the body, too, for what waits for that: in 2025-11-25 an event. */
    while (to_get->n_comments + to_get->n_events == 0)
        CHECK(web_pump(&get, WATCHDOG_MS));
    to_post = chat_start(&chat, &post, "2", "wait", NULL);
    CHECK(to_post != NULL);
    hands_let_go();
    CHECK(web_final(&post, to_post) != NULL);
    CHECK(web_ok(&get) && web_ok(&post));
    web_close(&get);
    web_close(&post);
    CHECK(site_ok(&site));
out:
    web_close(&get);
    web_close(&post);
    CHECK_AFTER(site_close(&site));
}

/* ---- F5.12 and F11.02: what goes where ---- */

static void f5_12_each_message_on_one_stream(void)
{
    enum { N = 3 };
    struct site site = { .port = 0 };
    struct chat chat;
    struct web get = { .fd = 0 }, posts[N] = { { .fd = 0 } };
    struct web_answer *stream, *answers[N] = { NULL };
    char id[8];

    CHECK(site_open(&site, 4, "list_changed_ms=0 client_logs=100000", NULL));
    CHECK(chat_open(&chat, &site));
    CHECK(chat_subscribe(&chat, 1));
    stream = chat_stream(&chat, &get, NULL);
    CHECK(stream != NULL);
    for (int i = 0; i < N; i++) {
        snprintf(id, sizeof id, "%d", i + 10);
        answers[i] =
            chat_start(&chat, &posts[i], id, "emit", "{\"n\":50,\"size\":9,\"us\":500}");
        CHECK(answers[i] != NULL);
    }
    CHECK_INT(site_news(&site, 1), 1);
    CHECK(has_news(&get, stream, 1));
    for (int i = 0; i < N; i++) {
        snprintf(id, sizeof id, "%d", i + 10);
        CHECK_STR(message_text(message_at(web_final(&posts[i], answers[i]), "id")), id);
        CHECK_INT(answers[i]->n_events, 52);
        for (int k = 1; k <= 50; k++)
            CHECK_INT(event_number(&answers[i]->events[k]), k);
        CHECK(web_ok(&posts[i]));
    }
    CHECK_INT(chat_delete(&chat), 204);
    CHECK(web_ends_silently(&get, stream));
    for (size_t i = 0; i < stream->n_events; i++)
        CHECK(!stream->events[i].json || event_number(&stream->events[i]) == 1);
    CHECK(web_ok(&get));
    web_close(&get);
    for (int i = 0; i < N; i++)
        web_close(&posts[i]);
    CHECK(site_ok(&site));
out:
    web_close(&get);
    for (int i = 0; i < N; i++)
        web_close(&posts[i]);
    CHECK_AFTER(site_close(&site));
}

/* What sends nothing but its result is answered as JSON, in both eras; what does send
 * something makes a stream of it. */
static void f11_02_json_or_a_stream(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;

    CHECK(site_open(&site, 2, "progress_ms=0", NULL));
    CHECK(chat_open(&chat, &site));
    CHECK(chat_visit(&chat, &web));
    CHECK(chat_call(&chat, &web, "1", "only", NULL));
    answer = web_begun(&web);
    CHECK(answer && !answer->is_stream);
    CHECK_STR(answer_text(web_final(&web, answer)), "only");
    CHECK(modern_call(&web, "1", "count", NULL));
    answer = web_begun(&web);
    CHECK(answer && !answer->is_stream);
    CHECK_STR(answer_text(web_final(&web, answer)), "counted");
    CHECK(modern_call_with_progress(&web, "1", "progress", "{\"steps\":3,\"ms\":1}"));
    answer = web_begun(&web);
    CHECK(answer && answer->is_stream);
    CHECK_STR(answer_text(web_final(&web, answer)), "3 steps");
    CHECK_INT(answer->n_events, 4);
    for (int i = 0; i < 4; i++) /* there is nothing to come back for */
        CHECK(!answer->events[i].id && answer->events[i].retry < 0);
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F5.14: what ends a line ---- */

static const char *const line_ends[] = {
    "a\nb",
    "a\rb",
    "a\r\nb",
    "a\xc2\x85z",
    "a\xe2\x80\xa8z",
    "a\xe2\x80\xa9z",
    "\xef\xbb\xbfz",
    "a\n\ndata: x\n\n",
    "a\nid: 9\n",
    "a\n\n: x\n\n",
    "\"}}\r\n\r\n0\r\n",
    "\x1b[0m\x7f",
};

static int say_lines(mcps_call *call, struct json_object *args, void *userdata)
{
    const char *text = line_ends[json_object_get_int64(message_at(args, "i"))];

    (void)userdata;
    mcps_call_log(call, MCPS_LOG_ERROR, NULL, "%s", text);
    return mcps_call_text_bytes(call, text, strlen(text));
}

static void f5_14_line_ends_within_messages(void)
{
    static const char *const raw[] = { "\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9" };
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "say_lines", .handler = say_lines),
    };
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    char arguments[32];

    CHECK(site_prepare(&site, 2, NULL, NULL));
    CHECK(mcps_server_add_tools(site.scene.server, tools, 1) >= 0);
    CHECK(site_start(&site));
    CHECK(chat_open(&chat, &site));
    for (size_t i = 0; i < sizeof line_ends / sizeof line_ends[0]; i++) {
        unit_note_on_failure("%zu", i);
        snprintf(arguments, sizeof arguments, "{\"i\":%zu}", i);
        answer = chat_start(&chat, &web, "2", "say_lines", arguments);
        CHECK(answer != NULL);
        CHECK_STR(answer_text(web_final(&web, answer)), line_ends[i]);
        CHECK_INT(answer->n_events, 3);
        CHECK_STR(
            json_object_get_string(message_at(answer->events[1].json, "params.data")),
            line_ends[i]);
        for (size_t k = 0; k < 4; k++)
            CHECK(strstr(answer->body.data, raw[k]) == NULL);
        CHECK(web_ok(&web));
        web_close(&web);
    }
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

const struct unit_test sse_stream_tests[] = {
    UNIT_TEST_ONCE(f5_01_a_new_stream_replaces_a_dead_one, "it has threads"),
    UNIT_TEST_ONCE(f5_01_replaced_again_and_again, "it has threads"),
    UNIT_TEST_ONCE(f5_02_the_old_one_ends_late, "it has threads"),
    UNIT_TEST_ONCE(f5_08_the_first_event_is_the_priming_one, "it has threads"),
    UNIT_TEST_ONCE(f5_08_no_empty_event_for_older_clients, "it has threads"),
    UNIT_TEST_ONCE(f5_10_comments_while_nothing_happens, "it has threads"),
    UNIT_TEST_ONCE(f5_10_a_silent_call_becomes_a_stream, "it has threads"),
    UNIT_TEST_ONCE(f5_11_the_head_comes_before_any_event, "it has threads"),
    UNIT_TEST_ONCE(f5_12_each_message_on_one_stream, "it has threads"),
    UNIT_TEST_ONCE(f11_02_json_or_a_stream, "it has threads"),
    UNIT_TEST_ONCE(f5_14_line_ends_within_messages, "it has threads"),
    UNIT_END,
};
