/* SPDX-License-Identifier: MIT */
/* Groups 8 and 10 over HTTP: clients that do not read, or are too many, and the stop. */
#include "config.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_site.h"
#include "http_tests.h"
#include "props.h"

SCENE_STAT(in_flight);
SCENE_STAT(parked);
SCENE_STAT(running);

/* ---- F8.01 and F8.02: one who does not read ---- */

/* More than the system takes for one connection. */
enum { FLOOD = 4000, FLOOD_SIZE = 5000 };
#define FLOOD_ARGS "{\"n\":4000,\"size\":5000,\"us\":100}"

static bool is_counted(const struct web_answer *answer)
{
    long last = 0;

    for (size_t i = 0; i + 1 < answer->n_events; i++) {
        long n = answer->events[i].json ? event_number(&answer->events[i]) : last + 1;

        if (n <= last && answer->events[i].json)
            return false;
        last = answer->events[i].json ? n : last;
    }
    return true;
}

static void f8_01_a_stream_that_nobody_reads(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web slow = { .fd = 0 }, web = { .fd = 0 };
    struct web_answer *answer;
    uint64_t most = 0;

    CHECK(site_open(&site, 4, "client_logs=10000000 out_bytes=262144 replay_bytes=262144",
                    NULL));
    CHECK(chat_open(&chat, &site));
    CHECK(site_visit_as(&site, &slow, NULL, 4096));
    slow.deaf = true;
    CHECK(chat_call(&chat, &slow, "2", "emit", FLOOD_ARGS));
    /* A call beside it in the same session is done meanwhile. */
    CHECK(scene_wait(&site.scene, stat_running, 1));
    CHECK(chat_visit(&chat, &web));
    CHECK(chat_call(&chat, &web, "3", "count", NULL));
    CHECK_STR(answer_text(web_reply(&web)), "counted");
    CHECK(web_ok(&web));
    web_close(&web);
    while (scene_stats(&site.scene).in_flight > 0) {
        struct mcps_stats stats = scene_stats(&site.scene);

        most = stats.out_bytes > most ? stats.out_bytes : most;
    }
    CHECK(most <= 2 * 262144);
    CHECK(scene_stats(&site.scene).replay_bytes <= 2 * 262144);
    /* When it reads, there are whole frames, in order, and the response. */
    slow.deaf = false;
    answer = web_begun(&slow);
    CHECK_STR(answer_text(web_final(&slow, answer)), "emitted");
    CHECK(answer->n_events < FLOOD);
    CHECK(is_counted(answer));
    CHECK(web_ok(&slow));
    web_close(&slow);
    CHECK(site_ok(&site));
out:
    web_close(&slow);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

static void f8_02_a_modern_stream_that_nobody_reads(void)
{
    struct site site = { .port = 0 };
    struct web slow = { .fd = 0 }, web = { .fd = 0 };
    struct web_answer *answer;

    CHECK(site_open(&site, 2, "out_bytes=262144", NULL));
    CHECK(site_visit_as(&site, &slow, NULL, 4096));
    slow.deaf = true;
    CHECK(modern_call(&slow, "2", "big", "{\"bytes\":8000000}"));
    CHECK(site_visit(&site, &web));
    for (int i = 0; i < 20; i++) {
        CHECK(modern_call(&web, "3", "echo", "{\"text\":\"quick\"}"));
        CHECK_STR(answer_text(web_reply(&web)), "quick");
    }
    CHECK(web_ok(&web));
    web_close(&web);
    answer = web_begun(&slow);
    CHECK_INT(strlen(answer_text(web_final(&slow, answer))), 8000000);
    CHECK(web_ok(&slow));
    web_close(&slow);
    CHECK(site_ok(&site));
out:
    web_close(&slow);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F8.03: a broadcast, with some that do not read ---- */

static void f8_03_a_broadcast_past_the_deaf(void)
{
    enum { N = 20, DEAF = 4 };
    struct site site = { .port = 0 };
    struct chat chats[N];
    struct web webs[N] = { { .fd = 0 } };
    struct web_answer *streams[N] = { NULL };

    CHECK(site_open(&site, 2, "list_changed_ms=0 out_bytes=65536 replay_bytes=65536",
                    NULL));
    for (int i = 0; i < N; i++) {
        CHECK(chat_open(&chats[i], &site));
        CHECK(chat_subscribe(&chats[i], i < DEAF ? 2 : 1));
        chats[i].rcvbuf = i < DEAF ? 4096 : 0;
        streams[i] = chat_stream(&chats[i], &webs[i], NULL);
        CHECK(streams[i] != NULL);
    }
    for (int i = 0; i < 100000 / SLOWER; i++) /* those who do not read have their fill */
        CHECK_INT(site_news(&site, 2), DEAF);
    CHECK_INT(site_news(&site, 1), N);
    for (int i = DEAF; i < N; i++) {
        struct web_event *event = web_message(&webs[i], streams[i]);

        CHECK(event && event_number(event) == 1);
        CHECK(web_ok(&webs[i]));
    }
    CHECK(scene_stats(&site.scene).out_bytes <= (uint64_t)DEAF * 4 * 65536);
    for (int i = 0; i < N; i++)
        web_close(&webs[i]);
    CHECK(site_ok(&site));
out:
    for (int i = 0; i < N; i++)
        web_close(&webs[i]);
    CHECK_AFTER(site_close(&site));
}

/* ---- F8.04: one who never reads ---- */

static void f8_04_output_that_nobody_takes(void)
{
    struct site site = { .port = 0 };
    struct web webs[4] = { { .fd = 0 } };

    CHECK(site_open(&site, 4, "write_stall_ms=200", NULL));
    for (int i = 0; i < 4; i++) {
        CHECK(site_visit_as(&site, &webs[i], NULL, 4096));
        webs[i].deaf = true;
        CHECK(modern_call(&webs[i], "2", "big", "{\"bytes\":8000000}"));
    }
    CHECK(site_await_connections(&site, 4));
    CHECK(site_await_connections(&site, 0));
    CHECK(scene_idle(&site.scene));
    CHECK(mcps_server_get_limit_hits(site.scene.server, MCPS_LIMIT_WRITE_STALL_MS) >= 4);
    for (int i = 0; i < 4; i++)
        web_close(&webs[i]);
    CHECK(site_ok(&site));
out:
    for (int i = 0; i < 4; i++)
        web_close(&webs[i]);
    CHECK_AFTER(site_close(&site));
}

/* ---- F8.05: a flood of calls ---- */

static bool is_busy(struct web *web)
{
    struct web_answer *answer = web_answer(web);
    bool ok = answer && answer->status == 503 &&
              strstr(answer->head, "\r\nRetry-After: ") &&
              strcmp(answer_reason(answer->json), "busy") == 0;

    if (!ok)
        unit_note("not busy: %s", answer ? answer->head : "no answer");
    return ok;
}

static void f8_05_a_flood_of_calls(void)
{
    enum { N = 60, QUEUED = 16 };
    struct web *webs = calloc(N, sizeof *webs), ask = { .fd = 0 };
    struct web_answer *to_ask;
    struct site site = { .port = 0 };
    struct chat chat;

    CHECK(webs != NULL);
    CHECK(site_open(&site, 2, "calls_queued=16", NULL));
    CHECK(chat_open(&chat, &site));
    to_ask = chat_start(&chat, &ask, "2", "ask", NULL);
    CHECK(web_message(&ask, to_ask) != NULL);
    CHECK(scene_wait(&site.scene, stat_parked, 1));
    for (int i = 0; i < N; i++) {
        CHECK(site_visit(&site, &webs[i]));
        CHECK(modern_call(&webs[i], "1", "wait", NULL));
        if (i < 2 + QUEUED) /* else any of them may be the one too many */
            CHECK(scene_wait(&site.scene, stat_in_flight, (uint64_t)i + 2));
    }
    for (int i = 2 + QUEUED; i < N; i++)
        CHECK(is_busy(&webs[i]));
    CHECK_INT(scene_stats(&site.scene).in_flight, 2 + QUEUED + 1);
    /* Refused once, and as often as it asks; others get what is theirs. */
    CHECK(modern_call(&webs[N - 1], "2", "count", NULL));
    CHECK(is_busy(&webs[N - 1]));
    CHECK(chat_alive(&chat));
    CHECK_INT(chat_give_roots(&chat, to_ask->events[1].json, "file:///a"), 202);
    CHECK(web_final(&ask, to_ask) != NULL);
    CHECK_INT(atomic_load(&hands.answered), 1);
    hands_let_go();
    for (int i = 0; i < 2 + QUEUED; i++)
        CHECK_STR(answer_text(web_reply(&webs[i])), "done");
    CHECK(modern_call(&webs[N - 1], "3", "count", NULL));
    CHECK_STR(answer_text(web_reply(&webs[N - 1])), "counted");
    for (int i = 0; i < N; i++) {
        CHECK(web_ok(&webs[i]));
        web_close(&webs[i]);
    }
    web_close(&ask);
    CHECK(site_ok(&site));
out:
    web_close(&ask);
    for (int i = 0; webs && i < N; i++)
        web_close(&webs[i]);
    free(webs);
    CHECK_AFTER(site_close(&site));
}

/* ---- F8.07: streams have no threads ---- */

static void f8_07_streams_have_no_threads(void)
{
    unsigned n = unit_repeat(300, 2000);
    struct web *webs = calloc(2 * (size_t)n, sizeof *webs);
    struct chat *chats = calloc(n, sizeof *chats);
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    unsigned threads;

    CHECK(webs && chats);
    CHECK(site_open(&site, 4,
                    "connections=10000 connections_per_account=10000 peers=10000", NULL));
    CHECK(site_alive(&site));
    threads = count_threads();
    for (unsigned i = 0; i < n; i++) {
        CHECK(chat_open(&chats[i], &site));
        CHECK(chat_stream(&chats[i], &webs[i], NULL) != NULL);
        CHECK(site_visit(&site, &webs[n + i]));
    }
    CHECK(await_threads(threads));
    CHECK(site_visit(&site, &web));
    for (int i = 0; i < 20; i++) {
        CHECK(modern_call(&web, "1", "count", NULL));
        CHECK_STR(answer_text(web_reply(&web)), "counted");
    }
    CHECK(web_ok(&web));
    web_close(&web);
    for (unsigned i = 0; i < 2 * n; i++)
        web_close(&webs[i]);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    for (unsigned i = 0; webs && i < 2 * n; i++)
        web_close(&webs[i]);
    free(webs);
    free(chats);
    CHECK_AFTER(site_close(&site));
}

/* ---- F8.08: connections, heads and descriptors ---- */

static void f8_08_as_many_connections_as_may_be(void)
{
    enum { LIMIT = 8, N = 24 };
    struct web webs[N] = { { .fd = 0 } };
    struct site site = { .port = 0 };

    CHECK(site_open(&site, 2, "connections=8 keep_alive_ms=300 header_ms=300", NULL));
    for (int i = 0; i < N; i++)
        CHECK(site_visit(&site, &webs[i])); /* they say nothing, or not enough */
    for (int i = 0; i < N; i += 2)
        CHECK(web_send_bytes(&webs[i], "P", 1));
    CHECK(site_await_connections(&site, LIMIT));
    /* Those that wait come in when the time of the others is over. */
    for (int i = 0; i < N; i++) {
        web_owe(&webs[i], 1);
        while (!webs[i].ended && !webs[i].broken && !webs[i].fault)
            web_pump(&webs[i], WATCHDOG_MS);
        CHECK(webs[i].ended && !webs[i].fault);
        CHECK(webs[i].n_answers == 0 || webs[i].answers[0]->status == 408);
        web_close(&webs[i]);
    }
    CHECK(mcps_server_get_limit_hits(site.scene.server, MCPS_LIMIT_CONNECTIONS) > 0);
    CHECK(site_ok(&site));
out:
    for (int i = 0; i < N; i++)
        web_close(&webs[i]);
    CHECK_AFTER(site_close(&site));
}

static void f8_08_heads_that_are_too_long(void)
{
    enum { MEGABYTE = 1 << 20 };
    char *text = malloc(MEGABYTE + 64);
    struct site site = { .port = 0 };
    int status;
    size_t at;

    CHECK(text != NULL);
    CHECK(site_open(&site, 2, NULL, NULL));
    at = (size_t)sprintf(text, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Long: ");
    memset(text + at, 'a', MEGABYTE);
    CHECK_INT(site_refusal(&site, text, MEGABYTE), 431);
    at = (size_t)sprintf(text, "POST /mcp HTTP/1.1\r\nHost: localhost\r\n");
    while (at < MEGABYTE)
        at += (size_t)sprintf(text + at, "X-%05zu: 1\r\n", at % 99999);
    CHECK_INT(site_refusal(&site, text, at), 431);
    at = (size_t)sprintf(text, "GET /");
    memset(text + at, 'a', MEGABYTE - at);
    status = site_refusal(&site, text, MEGABYTE);
    CHECK(status == 414 || status == 431);
    CHECK(site_ok(&site));
out:
    free(text);
    CHECK_AFTER(site_close(&site));
}

/* Nothing is left to accept a connection with; when there is again, it is served. */
static void f8_08_no_descriptors(void)
{
    struct rlimit limit, low;
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    struct sockaddr_in to = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    getrlimit(RLIMIT_NOFILE, &limit);
    low = limit;
    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(site_alive(&site));
    CHECK(site_idle(&site));
    to.sin_port = htons((uint16_t)site.port);
    CHECK(inet_pton(AF_INET, site.host, &to.sin_addr) == 1);
    low.rlim_cur = 3; /* what is open stays so */
    CHECK(setrlimit(RLIMIT_NOFILE, &low) == 0);
    CHECK(connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    web_adopt(&web, fd);
    fd = -1;
    CHECK(modern_call(&web, "1", "count", NULL));
    CHECK(!web_pump(&web, 300));
    CHECK_INT(scene_stats(&site.scene).connections, 0);
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK_STR(answer_text(web_reply(&web)), "counted");
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    setrlimit(RLIMIT_NOFILE, &limit);
    if (fd >= 0)
        close(fd);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F8.09: batches ---- */

static void f8_09_batches_over_http(void)
{
    static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"},";
    enum { MANY = 50000 };
    char *text = malloc((size_t)MANY * (sizeof ping + 8) + 16);
    struct site site = { .port = 0 };
    struct chat chat, later;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    size_t at = 0;

    CHECK(text != NULL);
    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open_as(&chat, &site, "2025-03-26", "{}", NULL));
    CHECK(chat_open_as(&later, &site, "2025-06-18", "{}", NULL));
    text[at++] = '[';
    for (int i = 0; i < MANY; i++)
        at += (size_t)sprintf(text + at, ping, i);
    text[at - 1] = ']';
    text[at] = '\0';
    CHECK_INT(chat_tell(&chat, "%s", text), 400);
    CHECK_INT(chat_tell(&chat, "[]"), 400);
    CHECK_INT(chat_tell(&later, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]"),
              400);
    CHECK_INT(chat_tell(&chat, "[{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"},"
                               "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}]"),
              202);
    CHECK(chat_visit(&chat, &web));
    CHECK(chat_say(&chat, &web,
                   "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"},"
                   "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{"
                   "\"name\":\"count\"}},{\"jsonrpc\":\"2.0\",\"method\":\"x\"}]"));
    answer = web_answer(&web);
    CHECK(answer != NULL);
    CHECK_INT(answer->status, 200);
    CHECK(strstr(answer->body.data, "\"id\":1") && strstr(answer->body.data, "\"id\":2"));
    CHECK_INT(atomic_load(&hands.counted), 1);
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(chat_alive(&chat) && chat_alive(&later));
    CHECK(site_ok(&site));
out:
    free(text);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F8.11: nothing is left of calls ---- */

/* One of each kind of end. */
static bool call_in_every_way(struct site *site, struct chat *chat, struct web *kept)
{
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    char last[64];
    bool ok =
        modern_call(kept, "1", "count", NULL) && web_reply(kept) &&
        modern_call(kept, "1", "fail", "{\"text\":\"so\"}") && web_reply(kept) &&
        modern_call(kept, "1", "none", NULL) && web_reply(kept) &&
        modern_call_with_progress(kept, "1", "progress", "{\"steps\":2,\"ms\":0}") &&
        web_reply(kept);

    answer =
        ok ? chat_start(chat, &web, "2", "emit", "{\"n\":2,\"size\":1,\"us\":0}") : NULL;
    ok = answer && web_final(&web, answer);
    if (ok)
        snprintf(last, sizeof last, "%s", answer->events[1].id);
    web_close(&web);
    ok = ok && web_final(&web, chat_stream(chat, &web, last));
    web_close(&web);
    ok = ok && chat_start(chat, &web, "3", "sleep", "{\"ms\":60000}") &&
         chat_cancel(chat, "3") == 202;
    web_close(&web);
    ok =
        ok && site_visit(site, &web) && modern_call(&web, "4", "sleep", "{\"ms\":60000}");
    web_close(&web);
    return ok && site_await_connections(site, 1) &&
           scene_wait(&site->scene, stat_in_flight, 0);
}

static void f8_11_nothing_is_left_of_calls_over_http(void)
{
    unsigned n = unit_repeat(60, 5000) / SLOWER + 10;
    struct site site = { .port = 0 };
    struct chat chat;
    struct web kept = { .fd = 0 };
    size_t before = 0, after = 0;

    CHECK(site_open(&site, 2, NULL, NULL));
    for (int round = 0; round < 3; round++) {
        CHECK(chat_open(&chat, &site));
        CHECK(site_visit(&site, &kept));
        for (unsigned i = 0; i < n; i++)
            CHECK(call_in_every_way(&site, &chat, &kept));
        CHECK(web_ok(&kept));
        web_close(&kept);
        CHECK_INT(chat_delete(&chat), 204);
        CHECK(site_idle(&site));
        heap_used(round == 1 ? &before : &after);
    }
    if (heap_used(&after))
        CHECK(after < before + 32768);
    CHECK_INT(scene_stats(&site.scene).replay_bytes, 0);
    CHECK(site_ok(&site));
out:
    web_close(&kept);
    CHECK_AFTER(site_close(&site));
}

/* ---- F10: the stop ---- */

struct stopper {
    struct site *site;
    pthread_t thread;
    unsigned drain_ms;
    int result;
    atomic_bool over;
};

static void *stop_it(void *userdata)
{
    struct stopper *stopper = userdata;

    stopper->result = mcps_server_stop(stopper->site->scene.server, stopper->drain_ms);
    atomic_store(&stopper->over, true);
    return NULL;
}

static bool refuses_connections(void *arg)
{
    struct web web = { .fd = 0 };
    bool refused;

    web_hush(true);
    refused = !site_visit(arg, &web);
    web_hush(false);
    web_close(&web);
    return refused;
}

/* Everything is open when it stops: each ends properly, and nobody is waited for. */
static void f10_01_the_stop_ends_everything(void)
{
    enum { N = 3 };
    struct site site = { .port = 0 };
    struct chat chats[N];
    struct web gets[N] = { { .fd = 0 } }, posts[N] = { { .fd = 0 } };
    struct web json = { .fd = 0 }, idle = { .fd = 0 }, half = { .fd = 0 },
               listen = { .fd = 0 };
    struct web_answer *to_gets[N], *to_posts[N], *to_listen;

    CHECK(site_open(&site, 8, NULL, NULL));
    for (int i = 0; i < N; i++) {
        CHECK(chat_open(&chats[i], &site));
        to_gets[i] = chat_stream(&chats[i], &gets[i], NULL);
        to_posts[i] = chat_start(&chats[i], &posts[i], "2", "wait", NULL);
        CHECK(to_gets[i] && to_posts[i]);
    }
    CHECK(site_visit(&site, &json));
    CHECK(modern_call(&json, "2", "wait", NULL));
    CHECK(site_visit(&site, &idle));
    CHECK(modern_call(&idle, "2", "count", NULL));
    CHECK_STR(answer_text(web_reply(&idle)), "counted");
    CHECK(site_visit(&site, &half));
    CHECK(web_send(&half, "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                          "application/json\r\nContent-Length: 99\r\n\r\n{"));
    CHECK(site_visit(&site, &listen));
    CHECK(modern_ask(&listen, "5", "subscriptions/listen", NULL,
                     "\"notifications\":{\"toolsListChanged\":true}", NULL));
    to_listen = web_begun(&listen);
    CHECK(web_message(&listen, to_listen) != NULL);
    CHECK(hands_wait_entered(N + 2));
    CHECK_INT(mcps_server_stop(site.scene.server, 0), 0);
    for (int i = 0; i < N; i++) {
        CHECK(web_ends_silently(&gets[i], to_gets[i]));
        CHECK_STR(answer_reason(web_final(&posts[i], to_posts[i])), "shutdown");
        CHECK(web_gone(&gets[i], false) && web_gone(&posts[i], false));
        CHECK(web_ok(&gets[i]) && web_ok(&posts[i]));
    }
    CHECK_STR(answer_reason(web_reply(&json)), "shutdown");
    CHECK(web_gone(&json, false) && web_ok(&json));
    CHECK(web_gone(&idle, false) && web_ok(&idle));
    CHECK(web_final(&listen, to_listen) != NULL); /* its result */
    CHECK(web_gone(&listen, false) && web_ok(&listen));
    web_owe(&half, 1); /* it may be told */
    while (!half.ended && !half.broken && !half.fault)
        web_pump(&half, WATCHDOG_MS);
    CHECK(!half.fault);
    CHECK(refuses_connections(&site));
    CHECK(scene_log_ok(&site.scene));
out:
    for (int i = 0; i < N; i++) {
        web_close(&gets[i]);
        web_close(&posts[i]);
    }
    web_close(&json);
    web_close(&idle);
    web_close(&half);
    web_close(&listen);
    CHECK_AFTER(site_close(&site));
}

/* While it drains, calls that run come to their end, and no others begin. */
static void f10_06_nothing_new_while_it_drains_over_http(void)
{
    struct site site = { .port = 0 };
    struct stopper stopper = { .site = &site, .drain_ms = WATCHDOG_MS };
    struct chat chat;
    struct web web = { .fd = 0 }, other = { .fd = 0 }, modern = { .fd = 0 };
    struct web_answer *answer, *refusal;
    bool running = false;

    CHECK(site_open(&site, 4, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    answer = chat_start(&chat, &web, "2", "wait", NULL);
    CHECK(answer != NULL);
    CHECK(site_visit(&site, &modern));
    CHECK(modern_call(&modern, "2", "wait", NULL));
    CHECK(hands_wait_entered(2));
    CHECK(site_visit(&site, &other));
    CHECK(web_send(&other, "POST /mcp HTTP/1.1\r\n"));
    CHECK(pthread_create(&stopper.thread, NULL, stop_it, &stopper) == 0);
    running = true;
    CHECK(await(refuses_connections, &site, "no connections any more"));
    CHECK(!atomic_load(&stopper.over));
    /* A request that was begun before is too late, if it is still read at all. */
    web_hush(true);
    web_send(&other, "Host: localhost\r\nContent-Type: application/json\r\n"
                     "Content-Length: 46\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,"
                     "\"method\":\"initialize\"}");
    web_owe(&other, 1);
    refusal = web_answer(&other);
    web_hush(false);
    CHECK(!refusal || refusal->status == 503);
    CHECK_INT(atomic_load(&hands.left), 0);
    hands_let_go();
    CHECK_STR(answer_text(web_final(&web, answer)), "done");
    CHECK_STR(answer_text(web_reply(&modern)), "done");
    pthread_join(stopper.thread, NULL);
    running = false;
    CHECK_INT(stopper.result, 0);
    CHECK(web_gone(&web, false) && web_ok(&web));
    CHECK(web_gone(&modern, false) && web_ok(&modern));
    CHECK_INT(scene_stats(&site.scene).cancelled, 0);
    CHECK(scene_log_ok(&site.scene));
out:
    hands_let_go();
    if (running)
        pthread_join(stopper.thread, NULL);
    web_close(&web);
    web_close(&other);
    web_close(&modern);
    CHECK_AFTER(site_close(&site));
}

/* The port is free at once, and nothing is left of the time before. */
static void f10_09_start_and_stop_over_http(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    unsigned fds = 0, threads = count_threads();

    CHECK(site_prepare(&site, 2, NULL, NULL));
    for (unsigned i = 0; i < unit_repeat(10, 300); i++) {
        CHECK(site_start(&site));
        CHECK(chat_open(&chat, &site));
        CHECK(chat_stream(&chat, &web, NULL) != NULL);
        CHECK_INT(mcps_server_stop(site.scene.server, 0), 0);
        CHECK_INT(site_sessions(&site), 0);
        web_close(&web);
        CHECK(await_threads(threads));
        if (i == 0)
            fds = count_fds();
        CHECK_INT(count_fds(), fds);
    }
    CHECK(scene_log_ok(&site.scene));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

const struct unit_test http_load_tests[] = {
    UNIT_TEST_ONCE(f8_01_a_stream_that_nobody_reads, "it has threads"),
    UNIT_TEST_ONCE(f8_02_a_modern_stream_that_nobody_reads, "it has threads"),
    UNIT_TEST_ONCE(f8_03_a_broadcast_past_the_deaf, "it has threads"),
    UNIT_TEST_ONCE(f8_04_output_that_nobody_takes, "it has threads"),
    UNIT_TEST_ONCE(f8_05_a_flood_of_calls, "it has threads"),
    UNIT_TEST_ONCE(f8_07_streams_have_no_threads, "it has threads"),
    UNIT_TEST_ONCE(f8_08_as_many_connections_as_may_be, "it has threads"),
    UNIT_TEST_ONCE(f8_08_heads_that_are_too_long, "it has threads"),
    UNIT_TEST_ONCE(f8_08_no_descriptors, "it has threads"),
    UNIT_TEST_ONCE(f8_09_batches_over_http, "it has threads"),
    UNIT_TEST_ONCE(f8_11_nothing_is_left_of_calls_over_http, "it has threads"),
    UNIT_TEST_ONCE(f10_01_the_stop_ends_everything, "it has threads"),
    UNIT_TEST_ONCE(f10_06_nothing_new_while_it_drains_over_http, "it has threads"),
    UNIT_TEST_ONCE(f10_09_start_and_stop_over_http, "it has threads"),
    UNIT_END,
};
