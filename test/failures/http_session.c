/* SPDX-License-Identifier: MIT */
/* Group 6, how sessions begin, and how long they last: F6.01 to F6.03, F6.06 to F6.10, F6.12. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_site.h"
#include "http_tests.h"
#include "props.h"

/* Long enough to say the next thing in time, on a busy machine, too. */
#ifdef TEST_SANITIZED
#define IDLE_MS "1500"
#else
#define IDLE_MS "400"
#endif

#define MANY "sessions=20000 sessions_per_account=20000 peers=20000 "

/* initialize on a connection that stays, which is faster; the session's id. */
static bool begin_on(struct web *web, char *id, size_t size)
{
    char *body = chat_hello(LEGACY, "{}"), *got = NULL;
    const struct web_request request = { .body = body };
    struct web_answer *answer = NULL;

    if (body && web_ask(web, &request))
        answer = web_answer(web);
    if (answer && answer->status == 200)
        got = web_field(answer, "Mcp-Session-Id");
    if (got)
        snprintf(id, size, "%s", got);
    free(body);
    free(got);
    return answer && *id;
}

/* ---- F6.01: sessions that nobody ends ---- */

static void f6_01_sessions_that_are_left(void)
{
    unsigned n = unit_repeat(1000, 10000) / SLOWER;
    struct site site = { .port = 0 };
    struct chat chat = { .site = &site, .version = LEGACY };
    struct web web = { .fd = 0 };
    size_t before = 0, after = 0;

    CHECK(site_open(&site, 2, MANY "session_idle_ms=300 init_ms=300", NULL));
    for (int round = 0; round < 2; round++) {
        CHECK(site_visit(&site, &web));
        for (unsigned i = 0; i < n; i++)
            CHECK(begin_on(&web, chat.id, sizeof chat.id));
        CHECK(web_ok(&web));
        web_close(&web);
        CHECK(site_await_sessions(&site, 0));
        CHECK(site_idle(&site));
        heap_used(round == 0 ? &before : &after);
        CHECK_INT(chat_ping(&chat), 404);
    }
    if (heap_used(&after))
        CHECK(after < before + 65536);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.02: those that are ended ---- */

static void f6_02_ended_sessions_are_gone(void)
{
    unsigned n = unit_repeat(500, 10000) / SLOWER;
    struct site site = { .port = 0 };
    struct chat chat = { .site = &site, .version = LEGACY };
    struct web web = { .fd = 0 };
    size_t before = 0, after = 0;

    CHECK(site_open(&site, 2, NULL, NULL));
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < n; i++) {
            struct web_request request = { .method = "DELETE",
                                           .session = chat.id,
                                           .version = LEGACY };

            if (i % 100 == 0) { /* what came is kept: not all of it */
                web_close(&web);
                CHECK(site_visit(&site, &web));
            }
            CHECK(begin_on(&web, chat.id, sizeof chat.id));
            CHECK(web_ask(&web, &request));
            CHECK_INT(web_status(&web), 204);
            CHECK(web_ask(&web, &request));
            CHECK_INT(web_status(&web), 404);
        }
        CHECK(web_ok(&web));
        web_close(&web);
        CHECK(site_idle(&site));
        CHECK_INT(site_sessions(&site), 0);
        heap_used(round == 0 ? &before : &after);
    }
    if (heap_used(&after))
        CHECK(after < before + 65536);
    CHECK_INT(chat_ping(&chat), 404);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.03: work keeps a session ---- */

/* Two more that do nothing: when they are gone, this one's time would have been over. */
static bool others_expire(struct site *site)
{
    uint64_t n = site_sessions(site);
    struct chat other;

    for (int i = 0; i < 2; i++) {
        if (!chat_open(&other, site) || !site_await_sessions(site, n))
            return false;
    }
    return true;
}

static void f6_03_work_keeps_a_session(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web call = { .fd = 0 }, ask = { .fd = 0 };
    struct web_answer *to_call, *to_ask;
    struct web_event *event;

    CHECK(site_open(&site, 4, "session_idle_ms=" IDLE_MS, NULL));
    CHECK(chat_open(&chat, &site));
    to_call = chat_start(&chat, &call, "2", "wait", NULL);
    CHECK(to_call != NULL);
    CHECK(others_expire(&site));
    CHECK_INT(mcps_call_cancelled(atomic_load(&hands.call)), MCPS_CANCEL_NONE);
    /* Nobody even has to be there to read it. */
    web_leave(&call);
    CHECK(site_await_connections(&site, 0));
    CHECK(others_expire(&site));
    CHECK_INT(mcps_call_cancelled(atomic_load(&hands.call)), MCPS_CANCEL_NONE);
    to_ask = chat_start(&chat, &ask, "3", "ask", NULL);
    event = web_message(&ask, to_ask);
    CHECK(event != NULL);
    hands_let_go();
    CHECK(hands_wait_left(1));
    CHECK(others_expire(&site));
    CHECK_INT(chat_give_roots(&chat, event->json, "file:///a"), 202);
    CHECK(web_final(&ask, to_ask) != NULL);
    CHECK_INT(atomic_load(&hands.answered), 1);
    CHECK(web_ok(&ask));
    web_close(&ask);
    web_close(&call);
    CHECK(site_await_sessions(&site, 0)); /* and then its time is over */
    CHECK_INT(chat_ping(&chat), 404);
    CHECK(site_ok(&site));
out:
    web_close(&call);
    web_close(&ask);
    CHECK_AFTER(site_close(&site));
}

/* An open stream is use of a session; what is said to keep the stream alive is none. */
static void f6_03_a_stream_keeps_a_session(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *stream;

    CHECK(site_open(&site, 2, "session_idle_ms=" IDLE_MS " sse_keep_alive_ms=20", NULL));
    CHECK(chat_open(&chat, &site));
    stream = chat_stream(&chat, &web, NULL);
    CHECK(stream != NULL);
    CHECK(others_expire(&site));
    CHECK(chat_alive(&chat));
    CHECK(!stream->complete);
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_await_sessions(&site, 0));
    CHECK_INT(chat_ping(&chat), 404);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* The end of its time meets a request: it is served, or it is too late. */
static void f6_03_expiry_meets_a_request(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    unsigned served = 0;
    int status = 0;

    CHECK(site_open(&site, 2, "session_idle_ms=20", NULL));
    for (unsigned i = 0; i < unit_repeat(20, 200); i++) {
        const struct timespec nap = { .tv_nsec = (long)(15 + i % 10) * 1000000 };

        CHECK(chat_open(&chat, &site));
        do {
            nanosleep(&nap, NULL);
            status = chat_ping(&chat);
            served += status == 200 ? 1 : 0;
        } while (status == 200 && served % 5 != 4);
        CHECK(status == 200 || status == 404);
    }
    CHECK(site_await_sessions(&site, 0));
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.06: there is a ceiling ---- */

static void f6_06_as_many_as_there_may_be(void)
{
    struct site site = { .port = 0 };
    struct chat chats[8];
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    char *body = chat_hello(LEGACY, "{}");
    const struct web_request request = { .body = body };

    CHECK(body != NULL);
    CHECK(site_open(&site, 2, "sessions=8", NULL));
    for (int i = 0; i < 8; i++)
        CHECK(chat_open(&chats[i], &site));
    CHECK(site_visit(&site, &web));
    for (int i = 0; i < 3; i++) {
        CHECK(web_ask(&web, &request));
        answer = web_answer(&web);
        CHECK(answer != NULL);
        CHECK_INT(answer->status, 503);
        CHECK(strstr(answer->head, "\r\nRetry-After: ") != NULL);
        CHECK_STR(answer_reason(answer->json), "busy");
        CHECK(strstr(answer->head, "Mcp-Session-Id") == NULL);
    }
    for (int i = 0; i < 8; i++)
        CHECK(chat_alive(&chats[i]));
    CHECK_INT(chat_delete(&chats[3]), 204);
    CHECK(web_ask(&web, &request));
    CHECK_INT(web_status(&web), 200);
    CHECK(web_ok(&web));
    CHECK(mcps_server_get_limit_hits(site.scene.server, MCPS_LIMIT_SESSIONS) >= 3);
    web_close(&web);
    CHECK(site_ok(&site));
out:
    free(body);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

struct crowd {
    struct site *site;
    pthread_t thread;
    unsigned opened;
    bool ok;
};

static void *crowd_in(void *userdata)
{
    struct crowd *crowd = userdata;
    char *body = chat_hello(LEGACY, "{}");
    const struct web_request request = { .body = body };

    crowd->ok = body != NULL;
    for (int i = 0; crowd->ok && i < 8; i++) {
        int status = site_status(crowd->site, &request);

        crowd->opened += status == 200 ? 1 : 0;
        crowd->ok = status == 200 || status == 503;
    }
    free(body);
    return NULL;
}

static void f6_06_all_at_once(void)
{
    enum { N = 8 };
    struct site site = { .port = 0 };
    struct crowd crowds[N];
    unsigned opened = 0;
    int n = 0;

    CHECK(site_open(&site, 4, "sessions=8", NULL));
    for (; n < N; n++) {
        crowds[n] = (struct crowd){ .site = &site };
        CHECK(pthread_create(&crowds[n].thread, NULL, crowd_in, &crowds[n]) == 0);
    }
out:
    for (int i = 0; i < n; i++) {
        pthread_join(crowds[i].thread, NULL);
        CHECK_AFTER(crowds[i].ok);
        opened += crowds[i].opened;
    }
    CHECK_AFTER(opened == 8);
    CHECK_AFTER(site_ok(&site));
    CHECK_AFTER(site_sessions(&site) == 8);
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.07: initialize again ---- */

static void f6_07_a_second_initialize(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 }, call = { .fd = 0 };
    struct web_answer *answer, *to_call;
    char *body = chat_hello("2025-06-18", "{\"sampling\":{}}");

    CHECK(body != NULL);
    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    to_call = chat_start(&chat, &call, "2", "ask", NULL);
    CHECK(web_message(&call, to_call) != NULL);
    CHECK(chat_visit(&chat, &web));
    CHECK(chat_say(&chat, &web, "%s", body));
    answer = web_answer(&web);
    CHECK(answer != NULL);
    CHECK_INT(answer_code(answer->json), -32600);
    CHECK(strstr(answer->head, "Mcp-Session-Id") == NULL);
    CHECK(web_ok(&web));
    web_close(&web);
    /* It is the session that it was: it has roots, and events of its version. */
    CHECK_INT(chat_give_roots(&chat, to_call->events[1].json, "file:///a"), 202);
    CHECK(web_final(&call, to_call) != NULL);
    CHECK_INT(atomic_load(&hands.answered), 1);
    web_close(&call);
    CHECK(chat_start(&chat, &call, "3", "count", NULL) != NULL);
    web_close(&call);
    CHECK(site_idle(&site));
    CHECK_INT(site_sessions(&site), 1);
    CHECK(site_ok(&site));
out:
    free(body);
    web_close(&web);
    web_close(&call);
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.08: never initialized ---- */

static void f6_08_a_handshake_that_stays_half(void)
{
    struct site site = { .port = 0 };
    struct chat chat = { .site = &site, .version = LEGACY };
    struct web web = { .fd = 0 };

    CHECK(site_open(&site, 1, "init_ms=" IDLE_MS, NULL));
    CHECK(site_visit(&site, &web));
    CHECK(begin_on(&web, chat.id, sizeof chat.id));
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_await_sessions(&site, 0));
    CHECK_INT(chat_ping(&chat), 404);
    CHECK(chat_open(&chat, &site)); /* one that is complete stays */
    CHECK(site_visit(&site, &web));
    CHECK(begin_on(&web, (char[128]){ "" }, 128));
    web_close(&web);
    CHECK(site_await_sessions(&site, 1));
    CHECK(chat_alive(&chat));
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.09: one answer for all that is no session ---- */

/* The status of a request with that id, and its body, to be freed. */
static int answer_for(struct site *site, const char *id, const char *method, char **ret)
{
    struct web_request request = { .method = method, .session = id, .version = LEGACY };
    struct web web = { .fd = 0 };
    struct web_answer *answer = NULL;
    int status = -1;

    if (strcmp(method, "POST") == 0)
        request.body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";
    if (site_visit(site, &web) && web_ask(&web, &request))
        answer = web_answer(&web);
    *ret = answer ? strdup(answer->body.len > 0 ? answer->body.data : "") : NULL;
    if (answer && web_ok(&web) && answer_code(answer->json) != 0)
        status = answer->status;
    web_close(&web);
    return status;
}

static void f6_09_what_is_no_session(void)
{
    static const char *const methods[] = { "POST", "GET", "DELETE" };
    struct site site = { .port = 0 };
    struct chat expired, deleted;
    char *bodies[4] = { NULL }, none[128] = "";
    const char *ids[4];

    CHECK(site_open(&site, 2, "session_idle_ms=" IDLE_MS, NULL));
    CHECK(chat_open(&expired, &site));
    CHECK(site_await_sessions(&site, 0));
    CHECK(chat_open(&deleted, &site));
    CHECK_INT(chat_delete(&deleted), 204);
    snprintf(none, sizeof none, "%s", deleted.id);
    none[0] = none[0] == 'a' ? 'b' : 'a';
    ids[0] = expired.id;
    ids[1] = deleted.id;
    ids[2] = none;
    ids[3] = "short";
    for (int m = 0; m < 3; m++) {
        for (int i = 0; i < 4; i++) {
            unit_note_on_failure("%s, %d", methods[m], i);
            CHECK_INT(answer_for(&site, ids[i], methods[m], &bodies[i]), 404);
            CHECK_STR(bodies[i], bodies[0]);
        }
        for (int i = 0; i < 4; i++) {
            free(bodies[i]);
            bodies[i] = NULL;
        }
        CHECK_INT(answer_for(&site, NULL, methods[m], &bodies[0]), 400);
        free(bodies[0]);
        bodies[0] = NULL;
    }
    CHECK(site_ok(&site));
out:
    for (int i = 0; i < 4; i++)
        free(bodies[i]);
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.10: no order between two requests ---- */

static void f6_10_a_call_before_initialized(void)
{
    struct site site = { .port = 0 };
    struct chat chat = { .site = &site, .version = LEGACY };
    struct web web = { .fd = 0 };

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(site_visit(&site, &web));
    CHECK(begin_on(&web, chat.id, sizeof chat.id));
    web_close(&web);
    CHECK(chat_alive(&chat));
    CHECK(chat_visit(&chat, &web));
    CHECK(chat_call(&chat, &web, "1", "count", NULL));
    CHECK_STR(answer_text(web_reply(&web)), "counted");
    CHECK(web_ok(&web));
    for (int i = 0; i < 2; i++)
        CHECK_INT(chat_tell(&chat, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
                                   "initialized\"}"),
                  202);
    CHECK(chat_alive(&chat));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* Without a session there is a sentence that says what is missing. */
static void f6_10_a_call_before_initialize(void)
{
    struct site site = { .port = 0 };
    char *body = NULL;

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK_INT(answer_for(&site, NULL, "POST", &body), 400);
    CHECK(strstr(body, "ession") != NULL);
    CHECK(site_ok(&site));
out:
    free(body);
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.12: ids ---- */

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void f6_12_ids_are_random(void)
{
    enum { SIZE = 128 };
    unsigned n = unit_repeat(2000, 20000) / SLOWER;
    char(*ids)[SIZE] = calloc(n, SIZE);
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };

    CHECK(ids != NULL);
    CHECK(site_open(&site, 2, "sessions=30000 sessions_per_account=30000 peers=30000",
                    NULL));
    for (unsigned i = 0; i < n; i++) {
        if (i % 200 == 0) {
            web_close(&web);
            CHECK(site_visit(&site, &web));
        }
        CHECK(begin_on(&web, ids[i], SIZE));
        CHECK(strlen(ids[i]) >= 22); /* 128 bits take so many characters */
        for (const char *at = ids[i]; *at; at++)
            CHECK(*at >= 0x21 && *at <= 0x7e);
    }
    web_close(&web);
    qsort(ids, n, SIZE, compare);
    for (unsigned i = 1; i < n; i++)
        CHECK(strncmp(ids[i - 1], ids[i], 11) != 0); /* nor is half of them the same */
    CHECK(site_ok(&site));
out:
    free(ids);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* What a client sends for an id is looked up as it is, if it can be one, and never said
 * again; nor is it taken for a new one. */
static void f6_12_ids_that_clients_make_up(void)
{
    char *large = malloc(8193);
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    char *body = chat_hello(LEGACY, "{}");
    struct web_request request = { .session = "of-my-own", .body = body };
    int status;

    CHECK(large && body);
    memset(large, 'a', 8192);
    large[8192] = '\0';
    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(site_visit(&site, &web));
    CHECK(web_ask(&web, &request));
    answer = web_answer(&web);
    CHECK(answer != NULL);
    CHECK(strstr(answer->head, "of-my-own") == NULL); /* refused, or given another */
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(chat_open(&chat, &site));
    request.session = large;
    request.body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
    status = site_status(&site, &request);
    CHECK(status == 404 || status == 400 || status == 431);
    request.session = "\x1b[31m\xff";
    status = site_status(&site, &request);
    CHECK(status == 404 || status == 400);
    request.session = "a\nb";
    CHECK_INT(site_status(&site, &request), 400);
    CHECK_INT(scene_logged(&site.scene,
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
              0);
    CHECK_INT(scene_logged(&site.scene, "\x1b"), 0);
    CHECK(chat_alive(&chat));
    CHECK(site_ok(&site));
out:
    free(large);
    free(body);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

const struct unit_test session_life_tests[] = {
    UNIT_TEST_ONCE(f6_01_sessions_that_are_left, "it has threads"),
    UNIT_TEST_ONCE(f6_02_ended_sessions_are_gone, "it has threads"),
    UNIT_TEST_ONCE(f6_03_work_keeps_a_session, "it has threads"),
    UNIT_TEST_ONCE(f6_03_a_stream_keeps_a_session, "it has threads"),
    UNIT_TEST_ONCE(f6_03_expiry_meets_a_request, "it has threads"),
    UNIT_TEST_ONCE(f6_06_as_many_as_there_may_be, "it has threads"),
    UNIT_TEST_ONCE(f6_06_all_at_once, "it has threads"),
    UNIT_TEST_ONCE(f6_07_a_second_initialize, "it has threads"),
    UNIT_TEST_ONCE(f6_08_a_handshake_that_stays_half, "it has threads"),
    UNIT_TEST_ONCE(f6_09_what_is_no_session, "it has threads"),
    UNIT_TEST_ONCE(f6_10_a_call_before_initialized, "it has threads"),
    UNIT_TEST_ONCE(f6_10_a_call_before_initialize, "it has threads"),
    UNIT_TEST_ONCE(f6_12_ids_are_random, "it has threads"),
    UNIT_TEST_ONCE(f6_12_ids_that_clients_make_up, "it has threads"),
    UNIT_END,
};
