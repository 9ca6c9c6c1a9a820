/* SPDX-License-Identifier: MIT */
/* Group 5, coming back for a stream: F5.03 to F5.07, F5.09, F5.13 and F5.15. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_site.h"
#include "http_tests.h"
#include "props.h"

SCENE_STAT(in_flight);
SCENE_STAT(replay_bytes);

#define ROOMY                                                    \
    "client_logs=10000000 list_changed_ms=0 out_bytes=67108864 " \
    "replay_bytes=67108864 subscriptions_per_peer=10000"

/* ---- F5.03: nothing is lost or doubled ---- */

/* What one client has of a stream, over all its connections. */
struct reader {
    struct chat *chat;
    struct web web;
    struct web_answer *answer;
    char last[64];
    long next; /* the number that is to come */
    bool over; /* the response was there */
};

/* Takes the next event; false for one that is not the next. */
static bool take(struct reader *reader)
{
    struct web_event *event = web_event(&reader->web, reader->answer);

    if (!event || !event->id)
        return false;
    snprintf(reader->last, sizeof reader->last, "%s", event->id);
    if (!event->json)
        return true;
    if (web_is_response(event->json)) {
        reader->over = true;
        return web_complete(&reader->web, reader->answer);
    }
    if (event_number(event) != reader->next)
        unit_note("%ld came, in place of %ld", event_number(event), reader->next);
    return event_number(event) == reader->next++;
}

static bool come_back(struct reader *reader, bool by_reset)
{
    bool ok = web_ok(&reader->web);

    if (by_reset)
        web_reset(&reader->web);
    web_close(&reader->web);
    reader->answer = NULL;
    if (chat_get(reader->chat, &reader->web, reader->last))
        reader->answer = web_begun(&reader->web);
    if (ok && reader->answer && reader->answer->status == 429) {
        /* The end of the one before was not seen yet, and this is too often. */
        web_close(&reader->web);
        ok = site_await_connections(reader->chat->site, 0);
        reader->answer = chat_stream(reader->chat, &reader->web, reader->last);
    }
    return ok && reader->answer && reader->answer->is_stream;
}

/* Comes back until the response is there. */
static void f5_03_a_call_s_stream_in_pieces(void)
{
    long n = unit_repeat(2000, 20000) / SLOWER;
    struct dice dice = dice_new();
    struct site site = { .port = 0 };
    struct chat chat;
    struct reader reader = { .chat = &chat, .next = 1 };
    char arguments[64];
    unsigned visits = 0;

    CHECK(site_open(&site, 2, ROOMY, NULL));
    CHECK(chat_open(&chat, &site));
    snprintf(arguments, sizeof arguments, "{\"n\":%ld,\"size\":20,\"us\":100}", n);
    reader.answer = chat_start(&chat, &reader.web, "2", "emit", arguments);
    CHECK(reader.answer != NULL);
    snprintf(reader.last, sizeof reader.last, "%s", chat_last_id(reader.answer));
    while (!reader.over) {
        unsigned k = (unsigned)dice_below(&dice, 40);

        for (unsigned i = 0; i < k && !reader.over; i++)
            CHECK(take(&reader));
        if (!reader.over)
            CHECK(come_back(&reader, dice_below(&dice, 2) == 0));
        visits++;
    }
    CHECK_INT(reader.next, n + 1);
    CHECK(visits > 2);
    CHECK(web_ok(&reader.web));
    web_close(&reader.web);
    CHECK(chat_alive(&chat));
    CHECK(site_ok(&site));
out:
    web_close(&reader.web);
    CHECK_AFTER(site_close(&site));
}

struct newsman {
    struct site *site;
    int n;
    bool ok;
};

static void *bring_news(void *userdata)
{
    struct newsman *newsman = userdata;
    const struct timespec nap = { .tv_nsec = 200000 };

    newsman->ok = true;
    for (int i = 1; i <= newsman->n; i++) {
        newsman->ok = site_news(newsman->site, i) == 1 && newsman->ok;
        nanosleep(&nap, NULL);
    }
    return NULL;
}

/* The same of the session's own stream. */
static void f5_03_a_session_s_stream_in_pieces(void)
{
    int n = (int)unit_repeat(1000, 5000) / SLOWER;
    struct dice dice = dice_new();
    struct site site = { .port = 0 };
    struct chat chat;
    struct reader reader = { .chat = &chat, .next = 1 };
    struct newsman newsman = { .site = &site, .n = n };
    pthread_t thread;
    bool running = false;

    CHECK(site_open(&site, 2, ROOMY, NULL));
    CHECK(chat_open(&chat, &site));
    CHECK(chat_subscribe(&chat, n));
    reader.answer = chat_stream(&chat, &reader.web, NULL);
    CHECK(reader.answer != NULL);
    CHECK(take(&reader)); /* the first event has an id to come back with */
    CHECK_INT(reader.next, 1);
    CHECK(pthread_create(&thread, NULL, bring_news, &newsman) == 0);
    running = true;
    while (reader.next <= n) {
        unsigned k = (unsigned)dice_below(&dice, 40);

        for (unsigned i = 0; i < k && reader.next <= n; i++)
            CHECK(take(&reader));
        CHECK(come_back(&reader, dice_below(&dice, 2) == 0));
    }
    CHECK_INT(reader.next, n + 1);
    CHECK_INT(chat_delete(&chat), 204);
    CHECK(web_ends_silently(&reader.web, reader.answer));
    CHECK(web_ok(&reader.web));
    web_close(&reader.web);
out:
    if (running)
        pthread_join(thread, NULL);
    CHECK_AFTER(!running || newsman.ok);
    web_close(&reader.web);
    CHECK_AFTER(site_ok(&site));
    CHECK_AFTER(site_close(&site));
}

/* ---- F5.04: nothing is sent again ---- */

static void f5_04_behind_the_very_last_event(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *stream;
    struct web_event *event;
    char last[64];

    CHECK(site_open(&site, 2, ROOMY, NULL));
    CHECK(chat_open(&chat, &site));
    CHECK(chat_subscribe(&chat, 2));
    stream = chat_stream(&chat, &web, NULL);
    CHECK(stream != NULL);
    CHECK_INT(site_news(&site, 1), 1);
    event = web_message(&web, stream);
    CHECK(event && event_number(event) == 1);
    snprintf(last, sizeof last, "%s", event->id);
    for (int i = 0; i < 3; i++) {
        web_close(&web);
        CHECK(site_await_connections(&site, 0));
        stream = chat_stream(&chat, &web, last);
        CHECK(stream != NULL);
        CHECK(chat_alive(&chat));
        while (web_pump(&web, 0))
            ;
        for (size_t k = 0; k < stream->n_events; k++)
            CHECK(stream->events[k].json == NULL);
    }
    CHECK_INT(site_news(&site, 2), 1);
    event = web_message(&web, stream);
    CHECK(event && event_number(event) == 2);
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F5.05: a long history and a slow reader ---- */

static void f5_05_a_slow_reader_of_a_long_history(void)
{
    enum { N = 100, SIZE = 100000 / SLOWER };
    struct site site = { .port = 0 };
    struct chat chat;
    struct reader reader = { .chat = &chat, .next = 1 };
    struct web web = { .fd = 0 };
    char arguments[64];

    CHECK(site_open(&site, 2, ROOMY, NULL));
    CHECK(chat_open(&chat, &site));
    snprintf(arguments, sizeof arguments, "{\"n\":%d,\"size\":%d,\"us\":0}", N, SIZE);
    reader.answer = chat_start(&chat, &reader.web, "2", "emit", arguments);
    CHECK(reader.answer != NULL);
    /* From the beginning, whatever has come by now. */
    CHECK(reader.answer->n_events > 0);
    snprintf(reader.last, sizeof reader.last, "%s", reader.answer->events[0].id);
    web_close(&reader.web);
    CHECK(scene_wait(&site.scene, stat_in_flight, 0));
    CHECK(scene_stats(&site.scene).replay_bytes + scene_stats(&site.scene).out_bytes >=
          (uint64_t)N * SIZE);
    /* Nobody takes it, and others go on. */
    chat.rcvbuf = 4096;
    CHECK(chat_get(&chat, &reader.web, reader.last));
    chat.rcvbuf = 0;
    reader.web.deaf = true;
    for (int i = 0; i < 50; i++) {
        CHECK(chat_visit(&chat, &web));
        CHECK(chat_call(&chat, &web, "3", "count", NULL));
        CHECK_STR(answer_text(web_reply(&web)), "counted");
        CHECK(web_ok(&web));
        web_close(&web);
    }
    reader.answer = web_begun(&reader.web);
    CHECK(reader.answer && reader.answer->is_stream);
    while (!reader.over)
        CHECK(take(&reader));
    CHECK_INT(reader.next, N + 1);
    CHECK(web_ok(&reader.web));
    web_close(&reader.web);
    CHECK(site_ok(&site));
out:
    web_close(&reader.web);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F5.06 and F5.07: ids that are none, or somebody else's ---- */

/* What a client is told that comes with that id; nothing of anybody's stream. */
static int status_of_id(struct chat *chat, const char *id)
{
    struct web web = { .fd = 0 };
    struct web_answer *answer = NULL;
    int status = -1;

    if (chat_get(chat, &web, id))
        answer = web_begun(&web);
    if (answer && answer->is_stream) {
        chat_alive(chat);
        while (web_pump(&web, 0))
            ;
        for (size_t i = 0; i < answer->n_events; i++)
            status = answer->events[i].json ? -2 : status;
        status = status == -2 ? -2 : answer->status;
    } else if (web_complete(&web, answer)) {
        status = answer->status;
    }
    if (!web_ok(&web))
        status = -1;
    web_close(&web);
    return status;
}

static void f5_06_ids_that_are_none(void)
{
    static const char *const ids[] = {
        "_",
        "x_-1",
        "x",
        "-1",
        "1_",
        "_1",
        "1_-1",
        "1_+1",
        "1_ 1",
        "0x1_1",
        "1_1_1",
        "1.1",
        "x_99999999999999999999",
        "1_99999999999999999999",
        "99999999999999999999_1",
        "18446744073709551615_18446744073709551615",
        "1_18446744073709551615",
        "1000_1",
        "%00",
        "\"1_1\"",
        "*",
        "../1_1",
    };
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    char *large = malloc(65537), id[128], last[64];

    CHECK(large != NULL);
    CHECK(site_open(&site, 2, ROOMY, NULL));
    CHECK(chat_open(&chat, &site));
    answer = chat_start(&chat, &web, "2", "emit", "{\"n\":3,\"size\":1,\"us\":0}");
    CHECK(web_final(&web, answer) != NULL);
    snprintf(last, sizeof last, "%s", chat_last_id(answer));
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        unit_note_on_failure("id %s", ids[i]);
        CHECK_INT(status_of_id(&chat, ids[i]), 400);
    }
    /* The last one has been seen: there is nothing more, ever. */
    CHECK_INT(status_of_id(&chat, last), 204);
    for (int more = 1; more <= 1000; more *= 10) { /* what was never sent */
        char *end = strrchr(last, '_');

        CHECK(end != NULL);
        snprintf(id, sizeof id, "%.*s_%ld", (int)(end - last), last,
                 strtol(end + 1, NULL, 10) + more);
        unit_note_on_failure("id %s", id);
        CHECK_INT(status_of_id(&chat, id), 400);
    }
    memset(large, '1', 65536);
    large[65536] = '\0';
    CHECK_INT(status_of_id(&chat, large), 431);
    large[1000] = '\0';
    CHECK_INT(status_of_id(&chat, large), 400);
    CHECK(chat_alive(&chat));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    free(large);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

static void f5_07_ids_of_another_session(void)
{
    struct site site = { .port = 0 };
    struct chat a, b;
    struct web of_a = { .fd = 0 }, of_b = { .fd = 0 }, web = { .fd = 0 };
    struct web_answer *to_a, *to_b, *answer;

    CHECK(site_open(&site, 4, ROOMY, NULL));
    CHECK(chat_open(&a, &site));
    CHECK(chat_open(&b, &site));
    to_a = chat_start(&a, &of_a, "2", "echo", "{\"text\":\"a's secret\"}");
    CHECK_STR(answer_text(web_final(&of_a, to_a)), "a's secret");
    /* b has no streams so far: none of a's ids is known to it. */
    for (size_t i = 0; i < to_a->n_events; i++)
        CHECK_INT(status_of_id(&b, to_a->events[i].id), 400);
    /* With the same ids of its own it gets its own. */
    to_b = chat_start(&b, &of_b, "2", "echo", "{\"text\":\"b's own\"}");
    CHECK_STR(answer_text(web_final(&of_b, to_b)), "b's own");
    for (size_t i = 0; i < 2 && i < to_a->n_events; i++) {
        CHECK(chat_get(&b, &web, to_a->events[i].id));
        answer = web_begun(&web);
        CHECK(answer != NULL);
        CHECK(answer->status == 200 || answer->status == 204 || answer->status == 400);
        CHECK(web_complete(&web, answer));
        CHECK(answer->body.len == 0 || !strstr(answer->body.data, "a's"));
        CHECK(web_ok(&web));
        web_close(&web);
    }
    answer = chat_stream(&a, &web, to_a->events[0].id);
    CHECK_STR(answer_text(web_final(&web, answer)), "a's secret");
    web_close(&web);
    web_close(&of_a);
    web_close(&of_b);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    web_close(&of_a);
    web_close(&of_b);
    CHECK_AFTER(site_close(&site));
}

/* ---- F5.09: for a call that has finished ---- */

static bool is_400(void *arg)
{
    struct reader *reader = arg;

    return status_of_id(reader->chat, reader->last) == 400;
}

static bool is_forgotten(void *arg)
{
    struct site *site = arg;

    return scene_stats(&site->scene).replay_bytes < 1024;
}

static void come_back_for_a_finished_call(const char *limits, bool in_time)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct reader reader = { .chat = &chat, .next = 1 };

    CHECK(site_open(&site, 2, limits, NULL));
    CHECK(chat_open(&chat, &site));
    reader.answer = chat_start(&chat, &reader.web, "2", "wait", NULL);
    CHECK(reader.answer != NULL);
    snprintf(reader.last, sizeof reader.last, "%s", chat_last_id(reader.answer));
    CHECK(hands_wait_entered(1));
    web_close(&reader.web);
    CHECK(site_await_connections(&site, 0));
    hands_let_go();
    CHECK(scene_wait(&site.scene, stat_in_flight, 0));
    for (int i = 0; in_time && i < 3; i++) { /* as often as it likes */
        reader.answer = chat_stream(&chat, &reader.web, reader.last);
        CHECK_STR(answer_text(web_final(&reader.web, reader.answer)), "done");
        CHECK(web_ok(&reader.web));
        web_close(&reader.web);
    }
    CHECK(in_time || await(is_400, &reader, "the end of the stream's time"));
    /* What was said to hear that is kept for as long. */
    CHECK(in_time || await(is_forgotten, &site, "memory"));
    CHECK(chat_alive(&chat));
    CHECK(site_ok(&site));
out:
    web_close(&reader.web);
    CHECK_AFTER(site_close(&site));
}

static void f5_09_a_finished_call_s_answer(void)
{
    come_back_for_a_finished_call(NULL, true);
    come_back_for_a_finished_call("replay_ms=50", false);
}

/* ---- F5.13: how much is kept ---- */

static void f5_13_what_is_kept_is_bounded(void)
{
    enum { LIMIT = 1 << 20 };
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    char first[64], middle[64];
    struct web_event *event;

    CHECK(site_open(&site, 2, "client_logs=10000000", NULL));
    CHECK(chat_open(&chat, &site));
    for (int round = 0; round < 3; round++) {
        answer =
            chat_start(&chat, &web, "2", "emit", "{\"n\":5000,\"size\":1000,\"us\":0}");
        CHECK(answer != NULL);
        snprintf(first, sizeof first, "%s", chat_last_id(answer));
        do {
            event = web_message(&web, answer);
            CHECK(event != NULL);
            CHECK(scene_stats(&site.scene).replay_bytes <= LIMIT + LIMIT / 10);
            if (event_number(event) == 4990)
                snprintf(middle, sizeof middle, "%s", event->id);
        } while (!web_is_response(event->json));
        CHECK(web_ok(&web));
        web_close(&web);
        CHECK(scene_stats(&site.scene).replay_bytes > 0);
        CHECK_INT(status_of_id(&chat, first), 400); /* it went first */
        answer = chat_stream(&chat, &web, middle);  /* the last ones are there */
        event = web_message(&web, answer);
        CHECK(event && event_number(event) == 4991);
        CHECK(web_final(&web, answer) != NULL);
        web_close(&web);
    }
    CHECK_INT(chat_delete(&chat), 204);
    CHECK(scene_wait(&site.scene, stat_replay_bytes, 0));
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* The sum of all sessions has a limit, too; the one that would break it pays first. */
static void f5_13_what_all_keep_is_bounded(void)
{
    enum { N = 8, LIMIT = 200000 };
    struct site site = { .port = 0 };
    struct chat chats[N];
    struct web web = { .fd = 0 };
    struct web_answer *answer;

    CHECK(site_open(&site, 2,
                    "client_logs=10000000 replay_bytes=65536 replay_total_bytes=200000",
                    NULL));
    for (int i = 0; i < N; i++) {
        CHECK(chat_open(&chats[i], &site));
        answer = chat_start(&chats[i], &web, "2", "emit",
                            "{\"n\":1000,\"size\":100,\"us\":0}");
        CHECK(web_final(&web, answer) != NULL);
        CHECK(scene_stats(&site.scene).replay_bytes <= LIMIT + LIMIT / 10);
        CHECK(web_ok(&web));
        web_close(&web);
    }
    for (int i = 0; i < N; i++)
        CHECK_INT(chat_delete(&chats[i]), 204);
    CHECK(scene_wait(&site.scene, stat_replay_bytes, 0));
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F5.15: the server closes the stream, and the client comes back ---- */

static int leave_and_go_on(mcps_call *call, struct json_object *args, void *userdata)
{
    int r;

    (void)args;
    (void)userdata;
    mcps_call_log(call, MCPS_LOG_ERROR, NULL, "before");
    r = mcps_call_close_stream(call, 50);
    for (int i = 1; i <= 3 && r >= 0; i++)
        r = mcps_call_log(call, MCPS_LOG_ERROR, NULL, "after %d", i);
    return r < 0 ? r : mcps_call_text(call, "there");
}

static void f5_15_the_server_closes_a_stream(void)
{
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "leave", .handler = leave_and_go_on),
    };
    const char *const texts[] = { "before", "after 1", "after 2", "after 3" };
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 }, again = { .fd = 0 };
    struct web_answer *answer, *rest;
    size_t n_texts = 0;
    bool told = false;

    CHECK(site_prepare(&site, 2, NULL, NULL));
    CHECK(mcps_server_add_tools(site.scene.server, tools, 1) >= 0);
    CHECK(site_start(&site));
    CHECK(chat_open(&chat, &site));
    answer = chat_start(&chat, &web, "2", "leave", NULL);
    CHECK(web_ends_silently(&web, answer));
    for (size_t i = 0; i < answer->n_events; i++) {
        struct web_event *event = &answer->events[i];

        told = told || event->retry == 50;
        if (event->json)
            CHECK_STR(json_object_get_string(message_at(event->json, "params.data")),
                      texts[n_texts++]);
    }
    CHECK(told);
    CHECK(web_ok(&web));
    rest = chat_stream(&chat, &again, chat_last_id(answer));
    CHECK_STR(answer_text(web_final(&again, rest)), "there");
    for (size_t i = 0; i + 1 < rest->n_events; i++) {
        if (rest->events[i].json)
            CHECK_STR(
                json_object_get_string(message_at(rest->events[i].json, "params.data")),
                texts[n_texts++]);
    }
    CHECK_INT(n_texts, 4);
    CHECK(web_ok(&again));
    web_close(&web);
    web_close(&again);
    /* Where there is no coming back, it does nothing. */
    CHECK(site_visit(&site, &web));
    CHECK(modern_call(&web, "2", "leave", NULL));
    CHECK_STR(answer_text(web_reply(&web)), "there");
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    web_close(&again);
    CHECK_AFTER(site_close(&site));
}

const struct unit_test sse_resume_tests[] = {
    UNIT_TEST_ONCE(f5_03_a_call_s_stream_in_pieces, "it has threads"),
    UNIT_TEST_ONCE(f5_03_a_session_s_stream_in_pieces, "it has threads"),
    UNIT_TEST_ONCE(f5_04_behind_the_very_last_event, "it has threads"),
    UNIT_TEST_ONCE(f5_05_a_slow_reader_of_a_long_history, "it has threads"),
    UNIT_TEST_ONCE(f5_06_ids_that_are_none, "it has threads"),
    UNIT_TEST_ONCE(f5_07_ids_of_another_session, "it has threads"),
    UNIT_TEST_ONCE(f5_09_a_finished_call_s_answer, "it has threads"),
    UNIT_TEST_ONCE(f5_13_what_is_kept_is_bounded, "it has threads"),
    UNIT_TEST_ONCE(f5_13_what_all_keep_is_bounded, "it has threads"),
    UNIT_TEST_ONCE(f5_15_the_server_closes_a_stream, "it has threads"),
    UNIT_END,
};
