/* SPDX-License-Identifier: MIT */
/* Group 13, what two readers could understand differently: F13.07 to F13.09. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_site.h"
#include "http_tests.h"

#define LINE "POST /mcp HTTP/1.1\r\n"
#define REST                                                               \
    "Host: localhost\r\nContent-Type: application/json\r\nAccept: */*\r\n" \
    "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n"       \
    "Mcp-Name: count\r\n"
/* A call that would be served: if it ever is, somebody has counted. */
#define CALL                                                               \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{" \
    "\"name\":\"count\",\"_meta\":{"                                       \
    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","          \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}}}"
enum { CALL_LEN = sizeof CALL - 1 };
_Static_assert(CALL_LEN == 0xb9, "as the chunks and lengths below say");
#define LENGTH   "Content-Length: 185\r\n"
#define CHUNKED  "Transfer-Encoding: chunked\r\n"
#define AS_CHUNK "b9\r\n" CALL "\r\n"
/* What could be taken for the next request. */
#define NEXT LINE REST LENGTH "\r\n" CALL

/* ---- F13.07 ---- */

static const struct {
    int status;
    const char *name, *text;
} smuggled[] = {
    { 400, "length and chunks",
      LINE REST LENGTH CHUNKED "\r\n" AS_CHUNK "0\r\n\r\n" NEXT },
    { 400, "chunks and length",
      LINE REST CHUNKED LENGTH "\r\n" AS_CHUNK "0\r\n\r\n" NEXT },
    { 400, "twice the length", LINE REST LENGTH LENGTH "\r\n" CALL NEXT },
    { 400, "two lengths", LINE REST LENGTH "Content-Length: 5\r\n\r\n" CALL NEXT },
    { 400, "two in one", LINE REST "Content-Length: 185, 185\r\n\r\n" CALL },
    { 400, "a blank before the colon", LINE REST "Content-Length : 185\r\n\r\n" CALL },
    { 400, "chunked, with a blank",
      LINE REST "Transfer-Encoding : chunked\r\n\r\n" AS_CHUNK "0\r\n\r\n" },
    { 501, "xchunked",
      LINE REST "Transfer-Encoding: xchunked\r\n\r\n" AS_CHUNK "0\r\n\r\n" },
    { 501, "chunked, identity",
      LINE REST "Transfer-Encoding: chunked, identity\r\n\r\n" AS_CHUNK "0\r\n\r\n" },
    { 501, "gzip, chunked",
      LINE REST "Transfer-Encoding: gzip, chunked\r\n\r\n" AS_CHUNK "0\r\n\r\n" },
    { 400, "chunked twice", LINE REST CHUNKED CHUNKED "\r\n" AS_CHUNK "0\r\n\r\n" },
    { 400, "chunks in 1.0",
      "POST /mcp HTTP/1.0\r\n" REST CHUNKED "\r\n" AS_CHUNK "0\r\n\r\n" },
    { 400, "a bare LF", LINE REST LENGTH "X: y\n\r\n" CALL },
    { 400, "only LF", "POST /mcp HTTP/1.1\nHost: localhost\n\n" },
    { 400, "a bare CR", LINE REST LENGTH "X: a\rb\r\n\r\n" CALL },
    { 400, "CR and no LF", LINE REST LENGTH "X: a\r\r\n\r\n" CALL },
    { 400, "a folded line", LINE REST LENGTH "X: a\r\n b\r\n\r\n" CALL },
    { 400, "a first line that is folded", LINE " X: y\r\n" REST LENGTH "\r\n" CALL },
    { 400, "a line without a colon", LINE REST LENGTH "Xy\r\n\r\n" CALL },
    { 400, "a line without a name", LINE REST LENGTH ": y\r\n\r\n" CALL },
    { 400, "a name that is none", LINE REST LENGTH "X(y): z\r\n\r\n" CALL },
    { 400, "two empty lines", "\r\n\r\n" NEXT },
    { 400, "no version", "GET /mcp\r\n\r\n" },
    { 400, "two blanks", "POST  /mcp HTTP/1.1\r\n" REST LENGTH "\r\n" CALL },
    { 400, "a tab", "POST\t/mcp\tHTTP/1.1\r\n" REST LENGTH "\r\n" CALL },
    { 400, "a blank at the end", "POST /mcp HTTP/1.1 \r\n" REST LENGTH "\r\n" CALL },
    { 505, "HTTP/2", "POST /mcp HTTP/2.0\r\n" REST LENGTH "\r\n" CALL },
    { 505, "HTTP/3.1", "POST /mcp HTTP/3.1\r\n" REST LENGTH "\r\n" CALL },
    { 400, "no HTTP", "POST /mcp HTTPS/1.1\r\n" REST LENGTH "\r\n" CALL },
    { 400, "HTTP/01.1", "POST /mcp HTTP/01.1\r\n" REST LENGTH "\r\n" CALL },
    { 400, "TLS", "\x16\x03\x01\x02\x01\x01\xfc\x03\x03" },
    { 400, "a size that is too large",
      LINE REST CHUNKED "\r\nfffffffffffffffff\r\n" CALL "\r\n0\r\n\r\n" },
    { 400, "a size below nothing", LINE REST CHUNKED "\r\n-b9\r\n" CALL "\r\n0\r\n\r\n" },
    { 400, "a size in hex", LINE REST CHUNKED "\r\n0xb9\r\n" CALL "\r\n0\r\n\r\n" },
    { 400, "no size", LINE REST CHUNKED "\r\n\r\n" CALL "\r\n0\r\n\r\n" },
    { 400, "a blank before the size",
      LINE REST CHUNKED "\r\n b9\r\n" CALL "\r\n0\r\n\r\n" },
    { 400, "no end of the chunk", LINE REST CHUNKED "\r\nb9\r\n" CALL "0\r\n\r\n" NEXT },
    { 400, "another end of the chunk",
      LINE REST CHUNKED "\r\nb9\r\n" CALL "xx0\r\n\r\n" },
    { 400, "LF behind the chunk", LINE REST CHUNKED "\r\nb9\r\n" CALL "\n0\r\n\r\n" },
    { 400, "LF behind the size", LINE REST CHUNKED "\r\nb9\n" CALL "\r\n0\r\n\r\n" },
    { 400, "a trailer that is none",
      LINE REST CHUNKED "\r\n" AS_CHUNK "0\r\nContent-Length\r\n\r\n" },
};

static void f13_07_what_could_be_understood_in_two_ways(void)
{
    struct site site = { .port = 0 };

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t i = 0; i < sizeof smuggled / sizeof smuggled[0]; i++) {
        int status;

        unit_note_on_failure("%s", smuggled[i].name);
        /* One answer and the end. */
        status = site_refusal(&site, smuggled[i].text, strlen(smuggled[i].text));
        CHECK(status == smuggled[i].status ||
              (smuggled[i].status == 501 && status == 400));
        CHECK_INT(atomic_load(&hands.counted), 0);
    }
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

static void f13_07_nul(void)
{
    static const char in_name[] = LINE REST LENGTH "X\0Y: z\r\n\r\n" CALL;
    static const char in_value[] = LINE REST LENGTH "X: y\0z\r\n\r\n" CALL;
    static const char in_target[] = "POST /mcp\0 HTTP/1.1\r\n" REST LENGTH "\r\n" CALL;
    struct site site = { .port = 0 };

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK_INT(site_refusal(&site, in_name, sizeof in_name - 1), 400);
    CHECK_INT(site_refusal(&site, in_value, sizeof in_value - 1), 400);
    CHECK_INT(site_refusal(&site, in_target, sizeof in_target - 1), 400);
    CHECK_INT(atomic_load(&hands.counted), 0);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* What is only noise around a body is bounded. */
static void f13_07_extensions_and_trailers(void)
{
    enum { MEGABYTE = 1 << 20 };
    char *text = malloc(MEGABYTE + 4096);
    struct site site = { .port = 0 };
    int status;
    size_t at;

    CHECK(text != NULL);
    CHECK(site_open(&site, 2, NULL, NULL));
    at = (size_t)sprintf(text, LINE REST CHUNKED "\r\nb9;x=");
    memset(text + at, 'a', MEGABYTE);
    CHECK_INT(site_refusal(&site, text, at + MEGABYTE), 400);
    at = (size_t)sprintf(text, LINE REST CHUNKED "\r\n" AS_CHUNK "0\r\nX: ");
    memset(text + at, 'a', MEGABYTE);
    status = site_refusal(&site, text, at + MEGABYTE);
    CHECK(status == 400 || status == 431);
    at = (size_t)sprintf(text, LINE REST CHUNKED "\r\n");
    while (at < MEGABYTE) /* a byte in each, with an extension */
        at += (size_t)sprintf(text + at, "1;a=b\r\n \r\n");
    CHECK_INT(site_refusal(&site, text, at), 400);
    CHECK_INT(atomic_load(&hands.counted), 0);
    CHECK(site_ok(&site));
out:
    free(text);
    CHECK_AFTER(site_close(&site));
}

/* What is right is served all the same. */
static void f13_07_what_is_right(void)
{
    static const char *const texts[] = {
        LINE REST LENGTH "\r\n" CALL,
        "\r\n" LINE REST LENGTH "\r\n" CALL,
        LINE REST CHUNKED "\r\n" AS_CHUNK "0\r\n\r\n",
        LINE REST "transfer-encoding: CHUNKED\r\n\r\nB9\r\n" CALL "\r\n000\r\n\r\n",
        LINE REST CHUNKED "\r\nb9;a=\"b\"\r\n" CALL "\r\n0\r\nX: y\r\n\r\n",
        LINE REST "content-length:185\r\n\r\n" CALL,
        LINE REST "Content-Length: \t 185 \t\r\nX:\r\n\r\n" CALL,
        LINE REST LENGTH "X: \xc3\xa4\xff\r\n\r\n" CALL,
        "POST /mcp?a=b HTTP/1.1\r\n" REST LENGTH "\r\n" CALL,
    };
    enum { N = sizeof texts / sizeof texts[0] };
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t piece = 100000; piece > 0; piece = piece == 100000 ? 1 : 0) {
        CHECK(site_visit(&site, &web));
        for (size_t i = 0; i < N; i++) { /* one behind the other */
            unit_note_on_failure("%s", texts[i]);
            web_owe(&web, 1);
            CHECK(web_send_pieces(&web, texts[i], strlen(texts[i]), piece));
            CHECK_STR(answer_text(web_reply(&web)), "counted");
        }
        CHECK(web_ok(&web));
        web_close(&web);
    }
    CHECK_INT(atomic_load(&hands.counted), 2 * N);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F13.08: said twice, or differently ---- */

static void f13_08_fields_that_are_there_twice(void)
{
    static const char *const fields[] = {
        "MCP-Protocol-Version: 2026-07-28\r\n",
        "Mcp-Method: tools/call\r\n",
        "Mcp-Name: count\r\n",
        "Content-Type: application/json\r\n",
        "Host: localhost\r\n",
        "mcp-method: tools/call\r\n",
    };
    static const char *const pairs[] = {
        "Mcp-Session-Id: a\r\nMcp-Session-Id: b\r\n",
        "Mcp-Session-Id: a\r\nmcp-session-id: a\r\n",
        "Last-Event-ID: 1_1\r\nLast-Event-ID: 1_1\r\n",
        "Authorization: a\r\nAuthorization: b\r\n",
        "Origin: http://localhost\r\nOrigin: http://localhost\r\n",
        "Mcp-Param-X: 1\r\nMcp-Param-X: 1\r\n",
    };
    struct site site = { .port = 0 };
    char text[2048];

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t i = 0; i < 12; i++) {
        const char *more = i < 6 ? fields[i] : pairs[i - 6];

        unit_note_on_failure("%s", more);
        snprintf(text, sizeof text, LINE REST "%s" LENGTH "\r\n" CALL, more);
        CHECK_INT(site_refusal(&site, text, strlen(text)), 400);
    }
    CHECK_INT(atomic_load(&hands.counted), 0);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

static int modern_status(struct site *site, const char *version, const char *fields,
                         const char *body, int *ret_code)
{
    const struct web_request request = { .version = version,
                                         .fields = fields,
                                         .body = body };
    struct web web = { .fd = 0 };
    struct web_answer *answer = NULL;
    int status = -1;

    if (site_visit(site, &web) && web_ask(&web, &request))
        answer = web_answer(&web);
    *ret_code = answer ? answer_code(answer->json) : 0;
    if (answer && web_ok(&web))
        status = answer->status;
    web_close(&web);
    return status;
}

static void f13_08_fields_and_body_differ(void)
{
    static const struct {
        int status, code;
        const char *version, *fields, *body;
    } cases[] = {
        { 200, 0, MODERN, "Mcp-Method: tools/call\r\nMcp-Name: count\r\n", CALL },
        { 200, 0, MODERN,
          "Mcp-Method: \t tools/call \r\nMcp-Name: =?base64?Y291bnQ=?=\r\n", CALL },
        { 400, -32020, MODERN, "Mcp-Method: tools/list\r\nMcp-Name: count\r\n", CALL },
        { 400, -32020, MODERN, "Mcp-Method: TOOLS/CALL\r\nMcp-Name: count\r\n", CALL },
        { 400, -32020, MODERN, "Mcp-Method: tools/call\r\nMcp-Name: echo\r\n", CALL },
        { 400, -32020, MODERN, "Mcp-Method: tools/call\r\nMcp-Name: Count\r\n", CALL },
        { 400, -32020, MODERN,
          "Mcp-Method: tools/call\r\nMcp-Name: =?base64?Y291bnQ?=\r\n", CALL },
        { 400, -32020, MODERN, "Mcp-Method: tools/call\r\n", CALL },
        { 400, -32020, MODERN, "Mcp-Name: count\r\n", CALL },
        { 400, -32020, NULL, "Mcp-Method: tools/call\r\nMcp-Name: count\r\n", CALL },
        { 400, -32020, "2025-11-25", "Mcp-Method: tools/call\r\nMcp-Name: count\r\n",
          CALL },
        { 400, -32602, MODERN, "Mcp-Method: tools/call\r\nMcp-Name: count\r\n",
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
          "\"count\"}}" },
        { 404, -32601, MODERN, "Mcp-Method: initialize\r\n",
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"_meta\":{"
          "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
          "\"io.modelcontextprotocol/clientCapabilities\":{}}}}" },
        { 400, -32022, "2030-01-01", "Mcp-Method: tools/list\r\n",
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{"
          "\"io.modelcontextprotocol/protocolVersion\":\"2030-01-01\","
          "\"io.modelcontextprotocol/clientCapabilities\":{}}}}" },
    };
    struct site site = { .port = 0 };
    int code;

    CHECK(site_open(&site, 2, NULL, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_note_on_failure("%s, %s", cases[i].version ? cases[i].version : "no version",
                             cases[i].fields);
        CHECK_INT(
            modern_status(&site, cases[i].version, cases[i].fields, cases[i].body, &code),
            cases[i].status);
        CHECK_INT(code, cases[i].code);
    }
    CHECK_INT(atomic_load(&hands.counted), 2);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* A version that a session was not agreed on, or that is none. */
static void f13_08_versions_of_sessions(void)
{
    struct site site = { .port = 0 };
    struct chat chat;

    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(chat_open_as(&chat, &site, "2025-06-18", "{}", NULL));
    CHECK_INT(chat_ping(&chat), 200);
    snprintf(chat.version, sizeof chat.version, "2025-13-99");
    CHECK_INT(chat_ping(&chat), 400);
    snprintf(chat.version, sizeof chat.version, "%s", ""); /* may be left out */
    CHECK_INT(chat_ping(&chat), 200);
    CHECK(site_ok(&site));
out:
    CHECK_AFTER(site_close(&site));
}

/* ---- F13.09: what we say of what they said ---- */

static int say_like_a_head(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call,
                          "HTTP/1.1 200 OK\r\nWWW-Authenticate: evil\r\n\r\n0\r\n\r\n");
}

static void f13_09_nothing_is_injected(void)
{
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "head", .handler = say_like_a_head),
    };
    static const char *const evil[] = {
        "x\r\nX-Evil: 1", "x\nX-Evil: 1", "x\x1b[31mred", "x\xff\xfe", "%0d%0aX-Evil: 1",
    };
    struct site site = { .port = 0 };
    struct web web = { .fd = 0 };
    char fields[256];

    CHECK(site_prepare(&site, 2, NULL, NULL));
    CHECK(mcps_server_add_tools(site.scene.server, tools, 1) >= 0);
    CHECK(site_start(&site));
    for (size_t i = 0; i < sizeof evil / sizeof evil[0]; i++) {
        for (int k = 0; k < 4; k++) {
            static const char *const names[] = { "Mcp-Session-Id", "Last-Event-ID",
                                                 "Mcp-Method", "Origin" };
            struct web_request request = { .method = k == 1 ? "GET" : NULL,
                                           .version = k == 2 ? MODERN : NULL,
                                           .body = k == 1 ? NULL : CALL,
                                           .fields = fields };
            struct web_answer *answer;

            unit_note_on_failure("%s, %zu", names[k], i);
            snprintf(fields, sizeof fields, "%s: %s\r\n", names[k], evil[i]);
            CHECK(site_visit(&site, &web));
            CHECK(web_ask(&web, &request));
            answer = web_answer(&web); /* the reader is strict about its head */
            CHECK(answer && answer->status >= 400);
            CHECK(strstr(answer->head, "X-Evil") == NULL);
            web_close(&web);
        }
    }
    CHECK(site_visit(&site, &web));
    CHECK(modern_call(&web, "1", "head", NULL));
    CHECK(web_reply(&web) != NULL);
    CHECK(modern_call(&web, "2", "count", NULL));
    CHECK_STR(answer_text(web_reply(&web)), "counted");
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK_INT(scene_logged(&site.scene, "\x1b"), 0);
    CHECK_INT(scene_logged(&site.scene, "\r"), 0);
    CHECK_INT(scene_logged(&site.scene, "\nX-Evil"), 0);
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

const struct unit_test guard_parse_tests[] = {
    UNIT_TEST_ONCE(f13_07_what_could_be_understood_in_two_ways, "it has threads"),
    UNIT_TEST_ONCE(f13_07_nul, "it has threads"),
    UNIT_TEST_ONCE(f13_07_extensions_and_trailers, "it has threads"),
    UNIT_TEST_ONCE(f13_07_what_is_right, "it has threads"),
    UNIT_TEST_ONCE(f13_08_fields_that_are_there_twice, "it has threads"),
    UNIT_TEST_ONCE(f13_08_fields_and_body_differ, "it has threads"),
    UNIT_TEST_ONCE(f13_08_versions_of_sessions, "it has threads"),
    UNIT_TEST_ONCE(f13_09_nothing_is_injected, "it has threads"),
    UNIT_END,
};
