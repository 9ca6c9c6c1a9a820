/* SPDX-License-Identifier: MIT */
/* What is refused over HTTP, how, and what goes on afterwards. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_scene.h"
#include "http_strict.h"

#define HOST   "Host: localhost\r\n"
#define JSON   "Content-Type: application/json\r\n"
#define ACCEPT "Accept: application/json, text/event-stream\r\n"
#define POST   "POST /mcp HTTP/1.1\r\n" HOST JSON ACCEPT
#define NO_ID  "00000000000000000000000000000000"

struct refusal {
    const char *text;
    int status;
    const char *has; /* something of the answer; NULL: nothing in particular */
};

static const struct refusal refusals[] = {
    { "GET / HTTP/1.1\r\n" HOST "\r\n", 404, "-32600" },
    { "PUT /mcp HTTP/1.1\r\n" HOST "\r\n", 405,
      "\r\nAllow: GET, POST, DELETE, OPTIONS\r\n" },
    { "POST /healthz HTTP/1.1\r\n" HOST "\r\n", 405, "\r\nAllow: GET, HEAD\r\n" },
    { "GET /mcp HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, "-32600" },
    { "GET /mcp HTTP/1.1\r\n" HOST "Origin: http://evil.example\r\n\r\n", 403, NULL },
    { "GET /mcp HTTP/1.1\r\n" HOST "Accept: text/html\r\n\r\n", 406, NULL },
    { "POST /mcp HTTP/1.1\r\n" HOST ACCEPT "Content-Type: text/plain\r\n"
      "Content-Length: 2\r\n\r\n{}",
      415, "Connection: close" },
    { "POST /mcp HTTP/1.1\r\n" HOST JSON "Accept: text/html\r\nContent-Length: 0\r\n\r\n",
      406, NULL },
    { POST "Content-Length: 99999999\r\n\r\n", 413, "Connection: close" },
    { POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "Connection: close" },
    { POST "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n", 400, NULL },
    { POST "Transfer-Encoding: gzip\r\n\r\n", 501, NULL },
    { POST "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400, "Connection: close" },
    { POST "\r\n", 400, NULL },
    { POST "Content-Length: 1\r\n\r\n{", 400, "-32700" },
    { POST "Content-Length: 2\r\n\r\n{}", 400, "-32600" },
    { POST "Content-Length: 2\r\n\r\n[]", 400, "-32600" },
    { "GET /mcp HTTP/1.1\r\n" HOST ACCEPT "\r\n", 400, "Mcp-Session-Id" },
    { "DELETE /mcp HTTP/1.1\r\n" HOST "\r\n", 400, "Mcp-Session-Id" },
    { "DELETE /mcp HTTP/1.1\r\n" HOST "Mcp-Session-Id: " NO_ID "\r\n\r\n", 404, NULL },
    { "GET /mcp HTTP/1.1\r\n\r\n", 400, NULL },
    { "GET /mcp HTTP/2.0\r\n\r\n", 505, "Connection: close" },
    { "nothing\r\n\r\n", 400, "Connection: close" },
    { "GET /mcp HTTP/1.1\r\nA : b\r\n\r\n", 400, NULL },
};

/* One answer, and then another on the same connection, or its end. */
static void each_is_refused(void)
{
    static const char rest[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct fake_client *client = NULL;
    const char *came, *all;
    size_t len;
    bool closes;

    CHECK(http_begin(NULL));
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        unit_note_on_failure("%s", refusals[i].text);
        client = fake_connect(NULL);
        http_say(client, refusals[i].text);
        came = http_come(client);
        CHECK_INT(http_status(came), refusals[i].status);
        CHECK(!refusals[i].has || strstr(came, refusals[i].has) != NULL);
        closes = strstr(came, "\r\nConnection: close\r\n") != NULL;
        CHECK_INT(fake_has_ended(client), closes);
        http_say(client, rest);
        came = http_come(client);
        CHECK_INT(http_status(came), closes ? -1 : 200);
        all = fake_all(client, &len);
        CHECK_INT(strict_count(all, len), closes ? 1 : 2);
        fake_shut(client);
        CHECK(http_settle());
        client = fake_free(client);
    }
    CHECK_INT(http_logged(MCPS_LOG_ERROR), 0);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

static void a_head_that_is_too_large(void)
{
    static char much[20000];
    struct fake_client *client = NULL;

    CHECK(http_begin(NULL));
    memset(much, 'x', sizeof much - 1);
    client = fake_connect(NULL);
    http_say(client, "GET /mcp HTTP/1.1\r\nA: ");
    http_say(client, much);
    CHECK_INT(http_status(http_come(client)), 431);
    CHECK(fake_has_ended(client));
    fake_shut(client);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

static void too_many_sessions(void)
{
    struct fake_client *client = NULL;
    struct http_chat chats[2];
    const char *came;

    for (int by_account = 0; by_account < 2; by_account++) {
        CHECK(http_prepare(NULL));
        CHECK(mcps_server_set_limit(http_server,
                                    by_account ? MCPS_LIMIT_SESSIONS_PER_ACCOUNT
                                               : MCPS_LIMIT_SESSIONS,
                                    1) >= 0);
        CHECK(http_start());
        CHECK(http_chat(&chats[0], "2025-11-25"));
        client = fake_connect(NULL);
        http_post(client, NULL, HELLO("2025-11-25"));
        came = http_come(client);
        CHECK_INT(http_status(came), 503);
        CHECK(strstr(came, "\r\nRetry-After: 1\r\n") != NULL);
        CHECK_INT(http_stats().sessions, 1);
        http_end();
        client = fake_free(client);
    }
out:
    fake_free(client);
    http_end();
}

/* There is none for who did not say hello properly. */
static void no_session_without_a_hello(void)
{
    struct fake_client *client = NULL;
    const char *came;

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    http_post(client, NULL,
              "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}");
    came = http_come(client);
    CHECK(strstr(came, "\"error\"") != NULL);
    CHECK(strstr(came, "Mcp-Session-Id") == NULL);
    CHECK_INT(http_stats().sessions, 0);
    http_post(client, "MCP-Protocol-Version: 2025-06-18\r\n", HELLO("2025-11-25"));
    CHECK_INT(http_status(http_come(client)), 400);
    fake_shut(client);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

const struct unit_test http_refuse_tests[] = {
    UNIT_TEST(each_is_refused),
    UNIT_TEST(a_head_that_is_too_large),
    UNIT_TEST(too_many_sessions),
    UNIT_TEST(no_session_without_a_hello),
    UNIT_END,
};
