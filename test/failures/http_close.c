/* SPDX-License-Identifier: MIT */
/* What group 1 says of closing, over HTTP: sessions that are ended, and clients that vanish,
 * while handlers run. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_site.h"
#include "http_tests.h"
#include "props.h"
#include "util/sync.h"

SCENE_STAT(suppressed_answers);
SCENE_STAT(in_flight);
SCENE_STAT(queued);
SCENE_STAT(parked);

/* ---- F1.01 and F1.04: who ends a call, and why ---- */

static enum mcps_cancel_reason reason_now(void)
{
    return mcps_call_cancelled(atomic_load(&hands.call));
}

/* The call's stream ends with one error, which the end of the session is told by. */
static bool ends_with_an_error(struct web *web, struct web_answer *answer)
{
    struct json_object *message = web_final(web, answer);

    return answer_code(message) != 0 && answer->n_events == 2 && web_ok(web);
}

static void f1_01_the_session_ends_while_a_handler_runs(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    mcps__sync_hold("hands_cleanup");
    answer = chat_start(&chat, &web, "2", "wait", NULL);
    CHECK(answer != NULL);
    CHECK(hands_wait_entered(1));
    /* It does not wait for the handler, which is told first. */
    CHECK_INT(chat_delete(&chat), 204);
    CHECK(mcps__sync_wait("hands_cleanup", 1));
    CHECK_INT(reason_now(), MCPS_CANCEL_SESSION_END);
    CHECK(ends_with_an_error(&web, answer));
    CHECK_INT(chat_ping(&chat), 404);
    CHECK(hands_wait(&hands.hooks, 1));
    mcps__sync_release("hands_cleanup");
    CHECK(hands_wait_left(1));
    CHECK_INT(atomic_load(&hands.hook_reason), MCPS_CANCEL_SESSION_END);
    CHECK(scene_wait(&site.scene, stat_suppressed_answers, 1));
    CHECK_INT(answer->n_events, 2);
    web_close(&web);
    CHECK(site_ok(&site));
out:
    mcps__sync_release("hands_cleanup");
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* The first reason stays, in either order. */
static void f1_04_sources_of_cancellation_over_http(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;

    for (int order = 0; order < 2; order++) {
        unit_note_on_failure("order %d", order);
        CHECK(site_open(&site, 2, NULL, NULL));
        CHECK(chat_open(&chat, &site));
        mcps__sync_hold("hands_cleanup");
        answer = chat_start(&chat, &web, "2", "wait", NULL);
        CHECK(answer != NULL);
        CHECK(hands_wait_entered(1));
        if (order == 0) {
            CHECK_INT(chat_cancel(&chat, "2"), 202);
            CHECK(mcps__sync_wait("hands_cleanup", 1));
            CHECK_INT(answer_code(web_final(&web, answer)), -32800);
            CHECK_INT(chat_delete(&chat), 204);
            CHECK_INT(reason_now(), MCPS_CANCEL_CLIENT);
        } else {
            CHECK_INT(chat_delete(&chat), 204);
            CHECK(mcps__sync_wait("hands_cleanup", 1));
            CHECK_INT(chat_cancel(&chat, "2"), 404);
            CHECK(ends_with_an_error(&web, answer));
            CHECK_INT(reason_now(), MCPS_CANCEL_SESSION_END);
        }
        mcps__sync_release("hands_cleanup");
        CHECK(hands_wait_left(1));
        CHECK(scene_wait(&site.scene, stat_in_flight, 0));
        CHECK_INT(scene_stats(&site.scene).cancelled, 1);
        CHECK_INT(answer->n_events, 2);
        CHECK(web_ok(&web));
        web_close(&web);
        CHECK(site_ok(&site));
        CHECK(site_close(&site));
    }
out:
    mcps__sync_release("hands_cleanup");
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F1.02: parked in roots/list when the session ends ---- */

static void asks_when_the_session_ends(unsigned n)
{
    struct web *webs = calloc(n, sizeof *webs);
    struct web_answer **answers = calloc(n, sizeof *answers);
    struct site site = { .port = 0 };
    struct chat chat;
    char id[16];

    CHECK(webs && answers);
    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    for (unsigned i = 0; i < n; i++) {
        snprintf(id, sizeof id, "%u", i + 2);
        answers[i] = chat_start(&chat, &webs[i], id, "ask", NULL);
        CHECK(web_message(&webs[i], answers[i]) != NULL);
    }
    CHECK(scene_wait(&site.scene, stat_parked, n));
    CHECK_INT(chat_delete(&chat), 204);
    CHECK(hands_wait_left(n));
    CHECK_INT(atomic_load(&hands.closed) + atomic_load(&hands.cancelled), n);
    for (unsigned i = 0; i < n; i++) {
        CHECK(answer_code(web_final(&webs[i], answers[i])) != 0);
        CHECK_INT(answers[i]->n_events, 3); /* the first, roots/list, the error */
        CHECK(web_ok(&webs[i]));
    }
    CHECK_INT(scene_stats(&site.scene).pending, 0);
    for (unsigned i = 0; i < n; i++)
        web_close(&webs[i]);
    CHECK(site_ok(&site));
out:
    for (unsigned i = 0; webs && i < n; i++)
        web_close(&webs[i]);
    free(webs);
    free(answers);
    CHECK_AFTER(site_close(&site));
}

static void f1_02_parked_in_roots_when_the_session_ends(void)
{
    asks_when_the_session_ends(1);
    asks_when_the_session_ends(2);
    asks_when_the_session_ends(60); /* fewer than the limits of parked calls */
    for (unsigned i = 0; i < unit_repeat(3, 50); i++)
        asks_when_the_session_ends(2);
}

/* ---- F1.03: an answer between the two phases of a close ---- */

static void *delete_session(void *userdata)
{
    struct chat *chat = userdata;

    chat_delete(chat);
    return NULL;
}

/* The handler has returned; the session ends before its answer is given, or while it is held
 * between telling calls and closing what they answer to. */
static void answers_while_it_closes(const char *point)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    pthread_t thread;
    bool running = false;

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    mcps__sync_hold("before_respond");
    answer = chat_start(&chat, &web, "2", "answer", NULL);
    CHECK(answer != NULL);
    CHECK(mcps__sync_wait("before_respond", 1));
    mcps__sync_hold(point);
    CHECK(pthread_create(&thread, NULL, delete_session, &chat) == 0);
    running = true;
    CHECK(mcps__sync_wait(point, 1));
    mcps__sync_release("before_respond");
    CHECK(scene_wait(&site.scene, stat_in_flight, 0));
    mcps__sync_release(point);
    CHECK(web_final(&web, answer) != NULL);
    CHECK_INT(answer->n_events, 2); /* one response, whosever */
    CHECK(web_ok(&web));
    CHECK_INT(chat_ping(&chat), 404);
    web_close(&web);
    CHECK(site_ok(&site));
out:
    mcps__sync_release("before_respond");
    mcps__sync_release(point);
    if (running)
        pthread_join(thread, NULL);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

static void f1_03_answers_between_the_phases_of_a_close(void)
{
    answers_while_it_closes("before_cancels");
    answers_while_it_closes("between_close_phases");
}

/* ---- F1.05: a large answer for somebody who is gone ---- */

static int large(mcps_call *call, struct json_object *args, void *userdata)
{
    size_t len = 1 << 20;
    char *text = malloc(len);

    (void)args;
    (void)userdata;
    if (!text)
        return -ENOMEM;
    memset(text, 'x', len);
    mcps_call_text_bytes(call, text, len);
    free(text);
    return 0;
}

static void f1_05_a_large_answer_for_nobody(void)
{
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "large", .handler = large),
    };
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    size_t before = 0, after = 0;

    CHECK(site_prepare(&site, 2, NULL, NULL));
    CHECK(mcps_server_add_tools(site.scene.server, tools, 1) >= 0);
    CHECK(site_start(&site));
    for (int i = 0; i < 4; i++) {
        mcps__sync_hold("before_respond");
        CHECK(site_visit(&site, &web));
        CHECK(modern_call(&web, "2", "large", NULL));
        CHECK(mcps__sync_wait("before_respond", 1));
        web_close(&web);
        CHECK(site_await_connections(&site, 0));
        mcps__sync_release("before_respond");
        CHECK(site_idle(&site));
        CHECK_INT(scene_stats(&site.scene).suppressed_answers, i + 1);
        heap_used(i == 1 ? &before : &after);
    }
    if (heap_used(&after))
        CHECK(after < before + (1 << 19));
    CHECK_INT(scene_stats(&site.scene).lost_bytes, 0);
    CHECK(site_ok(&site));
out:
    mcps__sync_release("before_respond");
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F1.06: whose bytes are whose ---- */

struct churner {
    struct site *site;
    pthread_t thread;
    unsigned serial, n;
    atomic_bool *stop;
    bool ok;
};

static bool echo_marker(struct churner *churner, struct web *web, unsigned i)
{
    char marker[64], arguments[96];

    snprintf(marker, sizeof marker, "client %u, call %u", churner->serial, i);
    snprintf(arguments, sizeof arguments, "{\"text\":\"%s\"}", marker);
    return modern_call(web, "1", "echo", arguments) &&
           strcmp(answer_text(web_reply(web)), marker) == 0;
}

static void *churn(void *userdata)
{
    struct churner *churner = userdata;

    churner->ok = true;
    for (unsigned i = 0; churner->ok && i < churner->n; i++) {
        struct web web = { .fd = 0 };

        churner->ok = site_visit(churner->site, &web) && echo_marker(churner, &web, i) &&
                      echo_marker(churner, &web, i) && web_ok(&web);
        if (i % 3 == 0)
            web_reset(&web);
        web_close(&web);
    }
    return NULL;
}

/* Sessions that another thread ends while a stream and a call of them are open. */
static void *end_sessions(void *userdata)
{
    struct churner *churner = userdata;

    churner->ok = true;
    while (churner->ok && !atomic_load(churner->stop)) {
        struct web web = { .fd = 0 };
        struct web_answer *stream;
        struct chat chat;

        churner->ok = chat_open(&chat, churner->site);
        stream = churner->ok ? chat_stream(&chat, &web, NULL) : NULL;
        churner->ok = stream && chat_delete(&chat) == 204 &&
                      web_ends_silently(&web, stream) && web_ok(&web);
        web_close(&web);
    }
    return NULL;
}

static void f1_06_connections_are_not_mixed_up(void)
{
    enum { N = 6 };
    struct site site = { .port = 0 };
    struct churner churners[N + 1];
    atomic_bool stop = false;
    int started = 0;

    CHECK(site_open(&site, 2, NULL, NULL));
    for (int i = 0; i <= N; i++, started++) {
        churners[i] = (struct churner){ .site = &site,
                                        .serial = (unsigned)i,
                                        .n = unit_repeat(60, 2000) / SLOWER,
                                        .stop = &stop };
        CHECK(pthread_create(&churners[i].thread, NULL, i < N ? churn : end_sessions,
                             &churners[i]) == 0);
    }
out:
    for (int i = 0; i < started; i++) {
        if (i == N)
            atomic_store(&stop, true);
        pthread_join(churners[i].thread, NULL);
        CHECK_AFTER(churners[i].ok);
    }
    CHECK_AFTER(site_ok(&site));
    CHECK_AFTER(site_close(&site));
}

/* ---- F1.07: what waits for a worker never starts ---- */

static void f1_07_queued_calls_of_clients_that_left(void)
{
    enum { N = 50 };
    struct web *webs = calloc(N, sizeof *webs), first = { .fd = 0 };
    struct site site = { .port = 0 };

    CHECK(webs != NULL);
    CHECK(site_open(&site, 1, NULL, NULL));
    CHECK(site_visit(&site, &first));
    CHECK(modern_call(&first, "1", "wait", NULL));
    CHECK(hands_wait_entered(1));
    for (int i = 0; i < N; i++) {
        CHECK(site_visit(&site, &webs[i]));
        CHECK(modern_call(&webs[i], "1", "count", NULL));
    }
    CHECK(scene_wait(&site.scene, stat_queued, N));
    for (int i = 0; i < N; i++)
        web_close(&webs[i]);
    CHECK(scene_wait(&site.scene, stat_queued, 0));
    hands_let_go();
    CHECK_STR(answer_text(web_reply(&first)), "done");
    CHECK_INT(atomic_load(&hands.counted), 0);
    CHECK_INT(scene_stats(&site.scene).cancelled_before_start, N);
    web_close(&first);
    CHECK(site_ok(&site));
out:
    web_close(&first);
    for (int i = 0; webs && i < N; i++)
        web_close(&webs[i]);
    free(webs);
    CHECK_AFTER(site_close(&site));
}

/* Those of a session that ends are each told so. */
static void f1_07_queued_calls_of_a_session_that_ends(void)
{
    enum { N = 50 };
    struct web *webs = calloc(N, sizeof *webs);
    struct web_answer **answers = calloc(N, sizeof *answers);
    struct site site = { .port = 0 };
    struct web other = { .fd = 0 };
    struct chat chat;
    char id[16];

    CHECK(webs && answers);
    CHECK(site_open(&site, 1, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    CHECK(site_visit(&site, &other));
    CHECK(modern_call(&other, "1", "wait", NULL));
    CHECK(hands_wait_entered(1));
    for (int i = 0; i < N; i++) {
        snprintf(id, sizeof id, "%d", i);
        answers[i] = chat_start(&chat, &webs[i], id, "count", NULL);
        CHECK(answers[i] != NULL);
    }
    CHECK(scene_wait(&site.scene, stat_queued, N));
    CHECK_INT(chat_delete(&chat), 204);
    for (int i = 0; i < N; i++)
        CHECK(ends_with_an_error(&webs[i], answers[i]));
    hands_let_go();
    CHECK_STR(answer_text(web_reply(&other)), "done");
    CHECK_INT(atomic_load(&hands.counted), 0);
    web_close(&other);
    for (int i = 0; i < N; i++)
        web_close(&webs[i]);
    CHECK(site_ok(&site));
out:
    web_close(&other);
    for (int i = 0; webs && i < N; i++)
        web_close(&webs[i]);
    free(webs);
    free(answers);
    CHECK_AFTER(site_close(&site));
}

/* ---- F1.08: the library called after the end ---- */

static atomic_int said_progress, said_log, said_roots, said_sleep;

static int talk_on(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots;

    (void)args;
    (void)userdata;
    atomic_fetch_add(&hands.entered, 1);
    while (mcps_call_sleep_ms(call, 60000) >= 0)
        ;
    for (int i = 0; i < 1000; i++) {
        atomic_store(&said_progress, mcps_call_progress(call, i, 0, "late"));
        atomic_store(&said_log, mcps_call_log(call, MCPS_LOG_ERROR, NULL, "late"));
        atomic_store(&said_roots, mcps_call_roots(call, &roots));
        atomic_store(&said_sleep, mcps_call_sleep_ms(call, 1));
        mcps_call_text(call, "late");
    }
    atomic_fetch_add(&hands.left, 1);
    return 0;
}

static void f1_08_the_library_after_the_end(void)
{
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "talk_on", .handler = talk_on),
    };
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    struct chat chat;
    struct web_answer *answer = NULL;

    for (int modern = 0; modern < 2; modern++) {
        CHECK(site_prepare(&site, 2, NULL, NULL));
        CHECK(mcps_server_add_tools(site.scene.server, tools, 1) >= 0);
        CHECK(site_start(&site));
        if (modern) {
            CHECK(site_visit(&site, &web));
            CHECK(modern_call_with_progress(&web, "2", "talk_on", NULL));
            CHECK(hands_wait_entered(1));
            web_close(&web);
        } else {
            CHECK(chat_open(&chat, &site));
            answer = chat_start(&chat, &web, "2", "talk_on", NULL);
            CHECK(answer != NULL);
            CHECK(hands_wait_entered(1));
            CHECK_INT(chat_delete(&chat), 204);
        }
        CHECK(hands_wait_left(1));
        CHECK_INT(atomic_load(&said_progress), MCPS_ECANCELLED);
        CHECK_INT(atomic_load(&said_log), MCPS_ECANCELLED);
        CHECK(atomic_load(&said_roots) == MCPS_ECANCELLED ||
              atomic_load(&said_roots) == MCPS_ECLOSED);
        CHECK_INT(atomic_load(&said_sleep), MCPS_ECANCELLED);
        CHECK(modern || ends_with_an_error(&web, answer));
        web_close(&web);
        CHECK(site_ok(&site));
        CHECK(site_close(&site));
    }
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F1.13: one session's failure ---- */

static void f1_13_one_session_s_failure(void)
{
    struct site site = { .port = 0 };
    struct chat a, b, c;
    struct web of_a = { .fd = 0 }, of_b = { .fd = 0 };
    struct web_answer *to_a, *to_b;

    CHECK(site_open(&site, 4, NULL, NULL));
    CHECK(chat_open(&a, &site));
    CHECK(chat_open(&b, &site));
    to_a = chat_start(&a, &of_a, "1", "wait", NULL);
    to_b = chat_start(&b, &of_b, "1", "wait", NULL);
    CHECK(to_a && to_b);
    CHECK(hands_wait_entered(2));
    /* What is nonsense costs nobody anything, */
    CHECK_INT(chat_tell(&a, "{\"jsonrpc\":\"2.0\",\"id\":1,"), 400);
    CHECK_INT(chat_tell(&a, "{\"jsonrpc\":\"1.0\",\"method\":5}"), 400);
    CHECK(chat_alive(&a));
    /* and the end of a session nobody else. */
    CHECK_INT(chat_delete(&a), 204);
    CHECK(ends_with_an_error(&of_a, to_a));
    CHECK_INT(chat_ping(&a), 404);
    CHECK(chat_open(&c, &site));
    CHECK(chat_alive(&c));
    hands_let_go();
    CHECK_STR(answer_text(web_final(&of_b, to_b)), "done");
    CHECK(chat_alive(&b));
    CHECK(web_ok(&of_b));
    web_close(&of_a);
    web_close(&of_b);
    CHECK(site_ok(&site));
out:
    web_close(&of_a);
    web_close(&of_b);
    CHECK_AFTER(site_close(&site));
}

const struct unit_test http_close_tests[] = {
    UNIT_TEST_ONCE(f1_01_the_session_ends_while_a_handler_runs, "it has threads"),
    UNIT_TEST_ONCE(f1_02_parked_in_roots_when_the_session_ends, "it has threads"),
    UNIT_TEST_ONCE(f1_03_answers_between_the_phases_of_a_close, "it has threads"),
    UNIT_TEST_ONCE(f1_04_sources_of_cancellation_over_http, "it has threads"),
    UNIT_TEST_ONCE(f1_05_a_large_answer_for_nobody, "it has threads"),
    UNIT_TEST_ONCE(f1_06_connections_are_not_mixed_up, "it has threads"),
    UNIT_TEST_ONCE(f1_07_queued_calls_of_clients_that_left, "it has threads"),
    UNIT_TEST_ONCE(f1_07_queued_calls_of_a_session_that_ends, "it has threads"),
    UNIT_TEST_ONCE(f1_08_the_library_after_the_end, "it has threads"),
    UNIT_TEST_ONCE(f1_13_one_session_s_failure, "it has threads"),
    UNIT_END,
};
