/* SPDX-License-Identifier: MIT */
/* Group 4, F4.01 to F4.04 and F4.12: clients that go away before their request is complete. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http_site.h"
#include "http_tests.h"
#include "props.h"

SCENE_STAT(aborted);

/* ---- F4.01: the second seed ---- */

#define SEED_BODY "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\""
static const char seed[] = "POST / HTTP/1.1\r\n"
                           "Host: 127.0.0.1:19876\r\n"
                           "Content-Type: application/json\r\n"
                           "Accept: application/json, text/event-stream\r\n"
                           "Content-Length: 10000\r\n"
                           "\r\n" SEED_BODY;
enum { SEED_LEN = sizeof seed - 1, SEED_HEAD = SEED_LEN - (sizeof SEED_BODY - 1) };
_Static_assert(SEED_LEN == 187 && SEED_HEAD == 142, "the bytes of the report");

static const char seed_hello[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
    "\"protocolVersion\":\"2025-03-26\",\"capabilities\":{},\"clientInfo\":{"
    "\"name\":\"repro-client\",\"version\":\"0.1.0\"}}}";
_Static_assert(sizeof seed_hello - 1 == 161, "the bytes of the report");

static atomic_uint greeted;

static int hello(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    atomic_fetch_add(&greeted, 1);
    return mcps_call_text(call, "hello");
}

/* The server of the report; where its port is taken, on another address of this host. */
static bool open_stateless(struct site *site, const char *limits)
{
    static const char *const urls[] = { "http://127.0.0.1:19876/",
                                        "http://127.9.8.7:19876/",
                                        "http://127.0.0.1:0/" };
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "hello", .handler = hello),
    };
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.stateless = true);

    atomic_store(&greeted, 0);
    for (int i = 0; i < 3; i++) {
        if (site_prepare_at(site, 2, limits, urls[i], &options) &&
            mcps_server_add_tools(site->scene.server, tools, 1) >= 0 && site_start(site))
            return true;
        site_close(site);
    }
    return false;
}

static bool say_seed(struct web *web, const char *body)
{
    const struct web_request request = { .target = "/",
                                         .host = "127.0.0.1:19876",
                                         .body = body };

    return web_ask(web, &request);
}

/* The handshake of a client of the usual kind. */
static bool begin_seed(struct site *site)
{
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    bool ok = site_visit(site, &web) && say_seed(&web, seed_hello);

    answer = ok ? web_answer(&web) : NULL;
    ok = answer && answer->status == 200 && web_final(&web, answer) &&
         !web_field(answer, "Mcp-Session-Id") &&
         say_seed(&web,
                  "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}") &&
         web_status(&web) == 202 && web_ok(&web);
    web_close(&web);
    return ok;
}

/* The next request, complete, is served. */
static bool next_is_served(struct site *site)
{
    struct web web = { .fd = 0 };
    bool ok = site_visit(site, &web) &&
              say_seed(&web, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","
                             "\"params\":{\"name\":\"hello\"}}") &&
              strcmp(answer_text(web_reply(&web)), "hello") == 0 && web_ok(&web);

    web_close(&web);
    return ok;
}

static void f4_01_client_goes_within_its_body(void)
{
    const struct timespec half_a_second = { .tv_nsec = 500000000 };
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    uint64_t sessions;

    CHECK(open_stateless(&site, NULL));
    CHECK(begin_seed(&site));
    CHECK(site_idle(&site));
    sessions = site_sessions(&site);
    CHECK(site_visit(&site, &web));
    CHECK(web_send_bytes(&web, seed, SEED_LEN));
    nanosleep(&half_a_second, NULL); /* as in the report; nothing depends on it */
    CHECK_INT(site_sessions(&site), sessions);
    CHECK(web_is_quiet(&web));
    CHECK_INT(site_logged(&site, MCPS_LOG_WARNING), 0);
    web_leave(&web);
    CHECK(site_idle(&site));
    CHECK_INT(scene_logged(&site.scene, "45 of 10000"), 1);
    CHECK_INT(site_logged(&site, MCPS_LOG_WARNING), 1);
    CHECK_INT(scene_stats(&site.scene).aborted, 1);
    CHECK_INT(site_sessions(&site), sessions);
    CHECK_INT(atomic_load(&greeted), 0);
    CHECK(next_is_served(&site));
    CHECK_INT(atomic_load(&greeted), 1);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* Many of them leave nothing behind. */
static void f4_01_a_thousand_times(void)
{
    unsigned n = unit_repeat(200, 1000);
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    size_t before = 0, after = 0;

    CHECK(open_stateless(&site, NULL));
    CHECK(begin_seed(&site));
    for (unsigned i = 0; i < n; i++) {
        CHECK(site_visit(&site, &web));
        CHECK(web_send_bytes(&web, seed, SEED_LEN));
        web_close(&web);
        if (i == n / 2) {
            CHECK(site_idle(&site));
            heap_used(&before);
        }
    }
    CHECK(site_idle(&site));
    if (heap_used(&after))
        CHECK(after < before + 65536);
    CHECK(scene_wait(&site.scene, stat_aborted, n));
    CHECK_INT(scene_stats(&site.scene).in_bytes, 0);
    CHECK_INT(atomic_load(&greeted), 0);
    CHECK(next_is_served(&site));
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.02 and F4.04: the same at every byte, in every way ---- */

enum way { BY_FIN, BY_RESET, BY_SHUT, N_WAYS };

/* Requests that are not complete before their last byte. */
static const struct {
    const char *name, *text;
    size_t head; /* from so many bytes on something has come that is a request */
} incomplete[] = {
    { "the seed", seed, 1 },
    { "in chunks",
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Accept: application/json, text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2d\r\n" SEED_BODY "\r\n"
      "5;a=b\r\n,   {\r\n"
      "0\r\nX-Trailer: 1\r\n\r",
      1 },
    { "with a request behind it that is none",
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Accept: application/json, text/event-stream\r\nContent-Length: 300\r\n\r\n"
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Accept: application/json, text/event-stream\r\nContent-Length: 2\r\n\r\n{}",
      1 },
};
enum { N_INCOMPLETE = sizeof incomplete / sizeof incomplete[0] };

/* Goes away after so many bytes. What it may be told, if it can still be told anything, is
 * one complete 400. */
static bool cut(struct site *site, const char *text, size_t at, enum way way)
{
    struct web web = { .fd = 0 };
    bool ok = site_visit(site, &web) && web_send_bytes(&web, text, at);

    if (ok && way == BY_SHUT) {
        web_owe(&web, 1);
        web_shut(&web);
        while (!web.ended && !web.broken && !web.fault && web_pump(&web, WATCHDOG_MS))
            ;
        ok = web.ended && web_ok(&web) && web.n_answers == (at > 0 ? 1 : 0) &&
             (web.n_answers == 0 ||
              (web.answers[0]->status == 400 && web.answers[0]->closes));
        if (!ok)
            unit_note("it was told: %s",
                      web.n_answers ? web.answers[0]->head : "nothing");
    } else if (ok && way == BY_RESET) {
        web_reset(&web);
    }
    web_close(&web);
    return ok;
}

static void f4_02_cut_at_every_byte(void)
{
    struct site site = { .port = 0 };
    uint64_t sessions;

    CHECK(open_stateless(&site, NULL));
    CHECK(begin_seed(&site));
    CHECK(site_idle(&site));
    sessions = site_sessions(&site);
    for (size_t i = 0; i < N_INCOMPLETE; i++) {
        for (size_t at = 0; at <= strlen(incomplete[i].text); at++) {
            for (int way = 0; way < N_WAYS; way++) {
                unit_note_on_failure("%s, at %zu, way %d", incomplete[i].name, at, way);
                CHECK(cut(&site, incomplete[i].text, at, (enum way)way));
            }
        }
        CHECK(site_idle(&site));
        CHECK_INT(site_sessions(&site), sessions);
        CHECK_INT(atomic_load(&greeted), 0);
        CHECK(next_is_served(&site));
        atomic_store(&greeted, 0);
    }
    CHECK_INT(scene_stats(&site.scene).in_bytes, 0);
    CHECK_INT(site_logged(&site, MCPS_LOG_ERROR), 0);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* One that stalls is told 408, or nothing where nothing has begun, and is left. */
static void f4_02_stalled_at_every_byte(void)
{
    struct site site = { .port = 0 };
    struct web *webs = NULL;
    size_t n = 0;

    CHECK(open_stateless(&site, "header_ms=300 body_ms=300 keep_alive_ms=300"));
    for (size_t i = 0; i < N_INCOMPLETE; i++) {
        n = strlen(incomplete[i].text) + 1;
        webs = calloc(n, sizeof *webs);
        CHECK(webs != NULL);
        for (size_t at = 0; at < n; at++) {
            unit_note_on_failure("%s, at %zu", incomplete[i].name, at);
            CHECK(site_visit(&site, &webs[at]));
            CHECK(web_send_bytes(&webs[at], incomplete[i].text, at));
        }
        for (size_t at = 0; at < n; at++) {
            unit_note_on_failure("%s, at %zu", incomplete[i].name, at);
            web_owe(&webs[at], at > 0 ? 1 : 0);
            while (!webs[at].ended && !webs[at].broken && !webs[at].fault &&
                   web_pump(&webs[at], WATCHDOG_MS))
                ;
            CHECK(webs[at].ended);
            CHECK(web_ok(&webs[at]));
            CHECK(webs[at].n_answers == 0 || webs[at].answers[0]->status == 408);
            CHECK(at < SEED_HEAD || webs[at].n_answers == 1);
            web_close(&webs[at]);
        }
        free(webs);
        webs = NULL;
        CHECK(next_is_served(&site));
    }
    CHECK(site_ok(&site));
out:
    for (size_t at = 0; webs && at < n; at++)
        web_close(&webs[at]);
    free(webs);
    CHECK_AFTER(site_close(&site));
}

/* 100 Continue is said once, and not to somebody who is refused. */
static void f4_02_expects_to_be_told_to_go_on(void)
{
    static const char head[] =
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Accept: application/json, text/event-stream\r\nExpect: 100-continue\r\n"
        "Content-Length: 46\r\n\r\n";
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };

    CHECK(open_stateless(&site, NULL));
    for (int i = 0; i < 2; i++) {
        CHECK(site_visit(&site, &web));
        CHECK(web_send_bytes(&web, head, sizeof head - 1));
        while (web.n_continues == 0)
            CHECK(web_pump(&web, WATCHDOG_MS));
        CHECK_INT(web.n_answers, 0);
        web_owe(&web, 1);
        CHECK(web_send(&web, "{\"jsonrpc\":\"2.0\",\"id\":3,"));
        if (i == 0) {
            CHECK(web_send(&web, "\"method\":\"ping\"}      "));
            CHECK_INT(web_status(&web), 200);
            CHECK_INT(web.n_continues, 1);
            CHECK(web_ok(&web));
        }
        web_close(&web); /* the second time in the middle */
    }
    CHECK(site_visit(&site, &web));
    CHECK(web_say(&web,
                  "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                  "Expect: 100-continue\r\nContent-Length: 46\r\n\r\n"));
    CHECK_INT(web_status(&web), 415);
    CHECK_INT(web.n_continues, 0);
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* Clients that leave are counted as such, and are nobody's error. */
static void f4_04_who_leaves_is_no_error_of_the_server(void)
{
    struct site site = { .port = 0 };
    unsigned n = 0;

    CHECK(open_stateless(&site, NULL));
    for (size_t at = 1; at <= SEED_LEN; at += 31) {
        for (int way = 0; way < N_WAYS; way++, n++)
            CHECK(cut(&site, seed, at, (enum way)way));
    }
    CHECK(scene_wait(&site.scene, stat_aborted, n));
    CHECK_INT(scene_stats(&site.scene).bad_messages, 0);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.03: the session ends under a body ---- */

static void f4_03_the_session_ends_under_a_body(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_request request = { .body = "{\"jsonrpc\":\"2.0\",\"id\":2,"
                                           "\"method\":\"ping\"}" };
    char *text = NULL;

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    request.session = chat.id;
    request.version = chat.version;
    text = web_text(&request);
    CHECK(text != NULL);
    CHECK(site_visit(&site, &web));
    CHECK(web_send_bytes(&web, text, strlen(text) - 10));
    CHECK_INT(chat_delete(&chat), 204);
    CHECK(web_say(&web, text + strlen(text) - 10));
    CHECK_INT(web_status(&web), 404);
    CHECK(web_ok(&web));
    CHECK_INT(chat_ping(&chat), 404);
    CHECK_INT(site_logged(&site, MCPS_LOG_WARNING), 0);
    web_close(&web);
    CHECK(site_ok(&site));
out:
    free(text);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.12: gone while its session or stream is made ---- */

static void f4_12_gone_before_the_answer(void)
{
    unsigned n = unit_repeat(300, 10000) / SLOWER;
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    char *hello_text = NULL;
    struct web_request request = { .body = NULL };

    CHECK(site_open(&site, 2, "sessions=20000 sessions_per_account=20000", NULL));
    CHECK(chat_open(&chat, &site));
    hello_text = chat_hello(LEGACY, "{}");
    CHECK(hello_text != NULL);
    request.body = hello_text;
    for (unsigned i = 0; i < n; i++) {
        if (i % 2 == 0) {
            CHECK(site_visit(&site, &web));
            CHECK(web_ask(&web, &request));
        } else {
            CHECK(chat_get(&chat, &web, NULL));
        }
        if (i % 4 < 2)
            web_reset(&web);
        web_close(&web);
    }
    CHECK(site_idle(&site));
    CHECK(chat_alive(&chat));
    CHECK(site_ok(&site));
out:
    free(hello_text);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

const struct unit_test http_abort_tests[] = {
    UNIT_TEST_ONCE(f4_01_client_goes_within_its_body, "it has threads"),
    UNIT_TEST_ONCE(f4_01_a_thousand_times, "it has threads"),
    UNIT_TEST_ONCE(f4_02_cut_at_every_byte, "it has threads"),
    UNIT_TEST_ONCE(f4_02_stalled_at_every_byte, "it has threads"),
    UNIT_TEST_ONCE(f4_02_expects_to_be_told_to_go_on, "it has threads"),
    UNIT_TEST_ONCE(f4_04_who_leaves_is_no_error_of_the_server, "it has threads"),
    UNIT_TEST_ONCE(f4_03_the_session_ends_under_a_body, "it has threads"),
    UNIT_TEST_ONCE(f4_12_gone_before_the_answer, "it has threads"),
    UNIT_END,
};
