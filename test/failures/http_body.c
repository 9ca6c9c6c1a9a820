/* SPDX-License-Identifier: MIT */
/* Group 4, F4.05 to F4.08, F4.13 and F4.16: bodies, methods, types, and where requests end. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_site.h"
#include "http_tests.h"

#define HEAD                                                                      \
    "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" \
    "Accept: application/json, text/event-stream\r\n"

/* ---- F4.05: how long a body may be ---- */

static void f4_05_lengths_that_are_none(void)
{
    static const char *const lengths[] = {
        "18446744073709551616",
        "99999999999999999999999",
        "-1",
        "+5",
        "0x10",
        "5, 5",
        "5 5",
        "5;",
        "1e3",
        "",
    };
    struct site site = { .port = 0 };
    char text[512];

    CHECK(site_open(&site, 2, "message_bytes=1024", NULL));
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        unit_note_on_failure("Content-Length: %s", lengths[i]);
        snprintf(text, sizeof text, HEAD "Content-Length: %s\r\n\r\n{}   ", lengths[i]);
        CHECK_INT(site_refusal(&site, text, strlen(text)), 400);
    }
    CHECK(site_ok(&site));
    CHECK_INT(site_sessions(&site), 0);
out:
    CHECK_AFTER(site_close(&site));
}

/* The declared length is refused before a byte of the body is there; in chunks, as soon as
 * it is too much. Neither is read to its end. */
static void f4_05_too_long_a_body(void)
{
    static const char *const targets[] = { "/mcp", "/message" };
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.http_sse = true);
    struct site site = { .port = 0 };
    char text[4096];

    CHECK(site_prepare(&site, 2, "message_bytes=1024", &options));
    CHECK(site_start(&site));
    for (int i = 0; i < 2; i++) {
        unit_note_on_failure("%s", targets[i]);
        snprintf(
            text, sizeof text,
            "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Accept: application/json, text/event-stream\r\nContent-Length: 1025\r\n\r\n",
            targets[i]);
        CHECK_INT(site_refusal(&site, text, strlen(text)), 413);
        snprintf(
            text, sizeof text,
            "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Accept: application/json, text/event-stream\r\n"
            "Transfer-Encoding: chunked\r\n\r\n1000\r\n%1500d",
            targets[i], 1);
        CHECK_INT(site_refusal(&site, text, strlen(text)), 413);
    }
    snprintf(text, sizeof text,
             HEAD
             "Transfer-Encoding: chunked\r\n\r\n200\r\n%512d\r\n200\r\n%512d\r\n1\r\nx",
             1, 1);
    CHECK_INT(site_refusal(&site, text, strlen(text)), 413);
    CHECK(site_ok(&site));
    CHECK_INT(site_sessions(&site), 0);
    CHECK_INT(scene_stats(&site.scene).in_bytes, 0);
out:
    CHECK_AFTER(site_close(&site));
}

/* As long as may be, it is served, in whatever pieces. */
static void f4_05_the_longest_body(void)
{
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    char body[1025], *text = NULL;
    struct web_request request = { .body = body };

    CHECK(site_open(&site, 2, "message_bytes=1024", NULL));
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
             "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{"
             "\"name\":\"long\",\"version\":\"1\"}}%876s",
             "}");
    CHECK_INT(strlen(body), 1024);
    for (int i = 0; i < 6; i++) {
        request.chunked = i % 2 == 1;
        text = web_text(&request);
        CHECK(text != NULL);
        CHECK(site_visit(&site, &web));
        web_owe(&web, 1);
        CHECK(web_send_pieces(&web, text, strlen(text), i < 2 ? 4096 : i < 4 ? 1 : 100));
        CHECK_INT(web_status(&web), 200);
        CHECK(web_ok(&web));
        web_close(&web);
        free(text);
        text = NULL;
    }
    CHECK(site_ok(&site));
out:
    free(text);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.06: what opens a session, and is not complete ---- */

static void f4_06_half_an_initialize_holds_nothing(void)
{
    struct site site = { .port = 0 };
    struct web webs[64] = { { .fd = 0 } }, web = { .fd = 0 };
    struct chat chats[4];
    char *body = chat_hello(LEGACY, "{}"), *text = NULL;
    const struct web_request request = { .body = body };

    CHECK(body != NULL);
    text = web_text(&request);
    CHECK(text != NULL);
    CHECK(site_open(&site, 2, "sessions=4 sessions_per_account=4", NULL));
    for (int i = 0; i < 64; i++) {
        CHECK(site_visit(&site, &webs[i]));
        CHECK(web_send_bytes(&webs[i], text, strlen(text) - 1 - (size_t)i));
    }
    for (int i = 0; i < 4; i++)
        CHECK(chat_open(&chats[i], &site));
    for (int i = 0; i < 4; i++)
        CHECK(chat_alive(&chats[i]));
    /* There is no place left; those who come to their end now hear so. */
    CHECK(web_send_bytes(&webs[0], text + strlen(text) - 1, 1));
    web_owe(&webs[0], 1);
    CHECK_INT(web_status(&webs[0]), 503);
    CHECK(web_ok(&webs[0]));
    CHECK_INT(chat_delete(&chats[0]), 204);
    CHECK(web_send_bytes(&webs[1], text + strlen(text) - 2, 2));
    web_owe(&webs[1], 1);
    CHECK_INT(web_status(&webs[1]), 200);
    for (int i = 0; i < 64; i++)
        web_close(&webs[i]);
    CHECK(site_ok(&site));
out:
    for (int i = 0; i < 64; i++)
        web_close(&webs[i]);
    web_close(&web);
    free(text);
    free(body);
    CHECK_AFTER(site_close(&site));
}

/* Who does not read the answer to its initialize keeps nobody else waiting. */
static void f4_06_an_answer_that_nobody_reads(void)
{
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    struct chat chat;
    char *body = chat_hello(LEGACY, "{}");
    const struct web_request request = { .body = body };

    CHECK(body != NULL);
    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(site_visit_as(&site, &web, NULL, 1024));
    web.deaf = true;
    CHECK(web_ask(&web, &request));
    CHECK(chat_open(&chat, &site));
    CHECK(chat_alive(&chat));
    CHECK_INT(web_status(&web), 200);
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    free(body);
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.07: refused requests leave no sessions ---- */

#define HELLO(version)                                                         \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"     \
    "\"protocolVersion\":\"" version "\",\"capabilities\":{},\"clientInfo\":{" \
    "\"name\":\"x\",\"version\":\"1\"}}}"

static void f4_07_refused_requests_leave_nothing(void)
{
    static const struct {
        int status;
        struct web_request request;
    } cases[] = {
        { 400, { .method = "GET" } },
        { 400, { .method = "DELETE" } },
        { 405, { .method = "HEAD" } },
        { 405, { .method = "PUT", .body = HELLO(LEGACY) } },
        { 400, { .body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}" } },
        { 404,
          { .session = "x",
            .body = "{\"jsonrpc\":\"2.0\",\"id\":1,"
                    "\"method\":\"tools/list\"}" } },
        { 406, { .accept = "text/html", .body = HELLO(LEGACY) } },
        { 415, { .type = "text/plain", .body = HELLO(LEGACY) } },
        { 403, { .host = "evil.example", .body = HELLO(LEGACY) } },
        { 400, { .body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"" } },
        { 400, { .body = "" } },
        { 400, { .body = "[" HELLO(LEGACY) "]" } },
        { 400, { .version = "2020-01-01", .body = HELLO(LEGACY) } },
        { 404, { .target = "/other", .body = HELLO(LEGACY) } },
    };
    unsigned n = unit_repeat(20, 1000);
    struct site site = { .port = 0 };

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_note_on_failure("case %zu: %s", i,
                             cases[i].request.body ? cases[i].request.body : "");
        for (unsigned k = 0; k < n; k++)
            CHECK_INT(site_status(&site, &cases[i].request), cases[i].status);
        CHECK(site_idle(&site));
        CHECK_INT(site_sessions(&site), 0);
    }
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* An initialize that is answered with an error opens none, either. */
static void f4_07_a_bad_initialize_opens_nothing(void)
{
    static const char *const params[] = {
        "{}",
        "{\"protocolVersion\":1,\"capabilities\":{},\"clientInfo\":{\"name\":\"x\","
        "\"version\":\"1\"}}",
        "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":[],\"clientInfo\":{"
        "\"name\":\"x\",\"version\":\"1\"}}",
        "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}}",
    };
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    struct web_request request = { .body = NULL };
    struct web_answer *answer;
    char body[512];

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(site_visit(&site, &web));
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        unit_note_on_failure("%s", params[i]);
        snprintf(body, sizeof body,
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":%s}",
                 params[i]);
        request.body = body;
        CHECK(web_ask(&web, &request));
        answer = web_answer(&web);
        CHECK(answer != NULL);
        CHECK_INT(answer_code(answer->json), -32602);
        CHECK(strstr(answer->head, "Mcp-Session-Id") == NULL);
    }
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_idle(&site));
    CHECK_INT(site_sessions(&site), 0);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.08: methods ---- */

/* To OPTIONS that is no refusal. */
static bool is_405(struct site *site, const char *method, bool has_body)
{
    const struct web_request request = { .method = method,
                                         .body = has_body ? HELLO(LEGACY) : NULL };
    struct web web = { .fd = 0 };
    struct web_answer *answer = NULL;
    bool ok;

    if (site_visit(site, &web) && web_ask(&web, &request))
        answer = web_answer(&web);
    ok = answer && answer->status == (strcmp(method, "OPTIONS") == 0 ? 204 : 405) &&
         strstr(answer->head, "\r\nAllow: ") && strstr(answer->head, "POST") &&
         web_ok(&web) && (strcmp(method, "HEAD") != 0 || answer->body.len == 0);
    if (!ok)
        unit_note("%s: %s", method, answer ? answer->head : "no answer");
    web_close(&web);
    return ok;
}

static void f4_08_methods_that_there_are_not(void)
{
    static const char *const methods[] = { "HEAD",  "OPTIONS", "PUT",  "PATCH",
                                           "TRACE", "FOO",     "post", "Get" };
    struct site site = { .port = 0 };

    for (int stateless = 0; stateless < 2; stateless++) {
        const struct mcps_http_options options =
            MCPS_HTTP_OPTIONS(.stateless = stateless == 1);

        unit_note_on_failure("stateless: %d", stateless);
        CHECK(site_open(&site, 2, NULL, &options));
        for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
            CHECK(is_405(&site, methods[i], false));
            CHECK(is_405(&site, methods[i], i % 2 == 0));
        }
        CHECK(stateless == 0 || is_405(&site, "GET", false));
        CHECK(stateless == 0 || is_405(&site, "DELETE", false));
        CHECK(site_ok(&site));
        CHECK_INT(site_sessions(&site), 0);
        CHECK(site_close(&site));
    }
out:
    CHECK_AFTER(site_close(&site));
}

/* Without streams there is none to GET. */
static void f4_08_no_stream_where_all_is_json(void)
{
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.json_only = true);
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };

    CHECK(site_open(&site, 2, NULL, &options));
    CHECK(chat_open(&chat, &site));
    CHECK(chat_get(&chat, &web, NULL));
    CHECK_INT(web_status(&web), 405);
    CHECK(web_ok(&web));
    CHECK(chat_alive(&chat));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.13: media types ---- */

static void f4_13_media_types(void)
{
    static const struct {
        int status;
        const char *type, *accept;
    } cases[] = {
        { 200, "application/json", "application/json, text/event-stream" },
        { 200, "application/json", "text/event-stream,application/json" },
        { 200, "application/json; charset=utf-8", "*/*" },
        { 200, "APPLICATION/JSON;charset=UTF-8", "application/*, text/*" },
        { 200, "application/json;charset=\"utf-8\"", "*/*;q=0.1" },
        { 415, "text/plain; x=application/json", "*/*" },
        { 415, "application/jsonp", "*/*" },
        { 415, "application/json2", "*/*" },
        { 415, "xapplication/json", "*/*" },
        { 415, "text/plain", "*/*" },
        { 415, "application/x-www-form-urlencoded", "*/*" },
        { 415, "multipart/form-data; boundary=application/json", "*/*" },
        { 415, "application/json, text/plain", "*/*" },
        { 415, "", "*/*" },
        { 406, "application/json", "application/json;q=0, text/event-stream;q=0" },
        { 406, "application/json", "text/html" },
        { 406, "application/json", "application/jsonp, text/event-streams" },
    };
    struct site site = { .port = 0 };
    struct web_request request = { .body = HELLO(LEGACY) };

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_note_on_failure("%s; %s", cases[i].type, cases[i].accept);
        request.type = cases[i].type;
        request.accept = cases[i].accept;
        CHECK_INT(site_status(&site, &request), cases[i].status);
    }
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* ---- F4.16: where a request ends, and the next one begins ---- */

/* All at once, and a byte at a time: the same answers in the same order. */
static void f4_16_pipelined(void)
{
    enum { N = 20 };
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct mcps__buf all;
    struct web_request request = { .body = NULL };
    char body[128], *text;

    mcps__buf_init(&all, SIZE_MAX);
    CHECK(site_open(&site, 4, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    request.session = chat.id;
    request.version = chat.version;
    for (int i = 0; i < N; i++) {
        snprintf(body, sizeof body,
                 i % 3 == 0 ? "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}"
                            : "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\","
                              "\"params\":{\"name\":\"count\"}}",
                 i);
        request.body = body;
        request.chunked = i % 2 == 1;
        text = web_text(&request);
        CHECK(text != NULL);
        CHECK(mcps__buf_append_str(&all, text) >= 0);
        free(text);
    }
    for (size_t piece = all.len; piece > 0; piece = piece > 7 ? 7 : piece == 7 ? 1 : 0) {
        unit_note_on_failure("pieces of %zu", piece);
        CHECK(site_visit(&site, &web));
        web_owe(&web, N);
        CHECK(web_send_pieces(&web, all.data, all.len, piece));
        for (int i = 0; i < N; i++) {
            snprintf(body, sizeof body, "%d", i);
            CHECK_STR(message_text(message_at(web_reply(&web), "id")), body);
        }
        CHECK(web_ok(&web));
        web_close(&web);
    }
    CHECK(site_ok(&site));
out:
    mcps__buf_fini(&all);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* A slow request and what stands behind it, sent in one segment: the second waits for the
 * first, and is not lost. */
static void f4_16_behind_one_that_takes_its_time(void)
{
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };

    CHECK(site_open(&site, 4, NULL, NULL));
    CHECK(site_visit(&site, &web));
    CHECK(modern_call(&web, "1", "wait", NULL));
    CHECK(modern_call(&web, "2", "count", NULL));
    CHECK(hands_wait_entered(1));
    hands_let_go();
    CHECK_STR(answer_text(web_reply(&web)), "done");
    CHECK_STR(answer_text(web_reply(&web)), "counted");
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* Behind an error of framing nothing is read: neither a whole request is. */
static void f4_16_what_follows_an_error(void)
{
    static const char follower[] = HEAD "Content-Length: 2\r\n\r\n{}";
    static const struct {
        int status;
        const char *text;
    } cases[] = {
        { 413, HEAD "Content-Length: 5000000\r\n\r\n" },
        { 400, HEAD "Content-Length: 5, 5\r\n\r\nabcde" },
        { 400, HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\n" },
    };
    struct site site = { .port = 0 };
    char text[1024];

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_note_on_failure("%s", cases[i].text);
        snprintf(text, sizeof text, "%s%s", cases[i].text, follower);
        /* One answer and the end: more would be a fault. */
        CHECK_INT(site_refusal(&site, text, strlen(text)), cases[i].status);
    }
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* What is more than the declared length is the next request, and a bad one. */
static void f4_16_more_than_the_length(void)
{
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    char text[2048];

    CHECK(site_open(&site, 2, NULL, NULL));
    snprintf(text, sizeof text, HEAD "Content-Length: %zu\r\n\r\n%s%s",
             strlen(HELLO(LEGACY)), HELLO(LEGACY), "{\"jsonrpc\":\"2.0\"}\r\n\r\n");
    CHECK(site_visit(&site, &web));
    web_owe(&web, 2);
    CHECK(web_send_bytes(&web, text, strlen(text)));
    CHECK_INT(web_status(&web), 200);
    answer = web_answer(&web);
    CHECK(answer != NULL);
    CHECK_INT(answer->status, 400);
    CHECK(answer->closes);
    CHECK(web_gone(&web, true));
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* A refusal whose body is there, and is left alone, does not cost the connection its
 * framing: it goes on in the right place, or it is closed. */
static void f4_16_a_refused_body_is_not_a_request(void)
{
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    struct web_request request = { .type = "text/plain", .body = NULL };

    request.body = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(site_visit(&site, &web));
    CHECK(web_ask(&web, &request));
    answer = web_answer(&web);
    CHECK(answer != NULL);
    CHECK_INT(answer->status, 415);
    if (answer->closes) {
        CHECK(web_gone(&web, true));
    } else {
        CHECK(modern_call(&web, "1", "count", NULL));
        CHECK_STR(answer_text(web_reply(&web)), "counted");
    }
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* Connection: close and HTTP/1.0 end the connection behind the answer. */
static void f4_16_connections_that_end(void)
{
    static const char *const heads[] = {
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: x, Close\r\n",
        "POST /mcp HTTP/1.0\r\nHost: localhost\r\n",
        "POST /mcp HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n",
    };
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    char text[2048];

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        unit_note_on_failure("%s", heads[i]);
        snprintf(text, sizeof text,
                 "%sContent-Type: application/json\r\nAccept: */*\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 heads[i], strlen(HELLO(LEGACY)), HELLO(LEGACY));
        CHECK(site_visit(&site, &web));
        CHECK(web_say(&web, text));
        /* Whatever is sent behind it is no request any more. */
        web_send_bytes(&web, text, strlen(text));
        answer = web_answer(&web);
        CHECK(answer != NULL);
        CHECK_INT(answer->status, 200);
        CHECK(answer->closes);
        CHECK(web_gone(&web, true));
        CHECK(web_ok(&web));
        web_close(&web);
    }
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

const struct unit_test http_body_tests[] = {
    UNIT_TEST_ONCE(f4_05_lengths_that_are_none, "it has threads"),
    UNIT_TEST_ONCE(f4_05_too_long_a_body, "it has threads"),
    UNIT_TEST_ONCE(f4_05_the_longest_body, "it has threads"),
    UNIT_TEST_ONCE(f4_06_half_an_initialize_holds_nothing, "it has threads"),
    UNIT_TEST_ONCE(f4_06_an_answer_that_nobody_reads, "it has threads"),
    UNIT_TEST_ONCE(f4_07_refused_requests_leave_nothing, "it has threads"),
    UNIT_TEST_ONCE(f4_07_a_bad_initialize_opens_nothing, "it has threads"),
    UNIT_TEST_ONCE(f4_08_methods_that_there_are_not, "it has threads"),
    UNIT_TEST_ONCE(f4_08_no_stream_where_all_is_json, "it has threads"),
    UNIT_TEST_ONCE(f4_13_media_types, "it has threads"),
    UNIT_TEST_ONCE(f4_16_pipelined, "it has threads"),
    UNIT_TEST_ONCE(f4_16_behind_one_that_takes_its_time, "it has threads"),
    UNIT_TEST_ONCE(f4_16_what_follows_an_error, "it has threads"),
    UNIT_TEST_ONCE(f4_16_more_than_the_length, "it has threads"),
    UNIT_TEST_ONCE(f4_16_a_refused_body_is_not_a_request, "it has threads"),
    UNIT_TEST_ONCE(f4_16_connections_that_end, "it has threads"),
    UNIT_END,
};
