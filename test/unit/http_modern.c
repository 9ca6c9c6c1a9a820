/* SPDX-License-Identifier: MIT */
/* The revision 2026-07-28 over connections in memory. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_scene.h"
#include "http_strict.h"

#define RESULT(id, text)                                      \
    "{\"jsonrpc\":\"2.0\",\"id\":" id                         \
    ",\"result\":{\"resultType\":\"complete\",\"content\":["  \
    "{\"type\":\"text\",\"text\":\"" text                     \
    "\"}],\"_meta\":{\"io.modelcontextprotocol/serverInfo\":" \
    "{\"name\":\"s\",\"version\":\"1\"}}}}"
#define PROGRESS(n)                                                           \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{" \
    "\"progressToken\":7,\"progress\":" n ".0,\"total\":2.0}}"

/* ---- answers ---- */

static void an_answer_is_one_json_text(void)
{
    struct fake_client *client = NULL;
    char want[600];

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    http_call(client, "1", "echo", "{\"a\":1}");
    snprintf(want, sizeof want,
             "HTTP/1.1 200 OK\r\nDate: Tue, 28 Jul 2026 00:00:01 GMT\r\n"
             "Content-Type: application/json\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             strlen(RESULT("1", "{\\\"a\\\":1}")), RESULT("1", "{\\\"a\\\":1}"));
    CHECK_STR(http_come(client), want);
    CHECK(!fake_has_ended(client));
    /* And the next on the same connection. */
    http_call(client, "1", "echo", "{\"a\":1}");
    CHECK_STR(http_come(client), want);
    fake_shut(client);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

static void progress_makes_a_stream_of_it(void)
{
    struct fake_client *client = NULL;
    struct strict_answer answer = { .body = NULL };
    const char *came, *why;
    size_t len;

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    http_call(client, "\"x\"", "steps", "{}");
    CHECK(http_settle());
    came = fake_take(client, &len);
    CHECK_INT(strict_read(came, len, false, &answer, &why), len);
    CHECK_INT(answer.status, 200);
    CHECK(answer.is_stream && answer.chunked && !answer.closes);
    CHECK_STR(answer.body,
              "data: " PROGRESS("1") "\n\n"
                                     "data: " PROGRESS("2") "\n\n"
                                                            "data: " RESULT(
                                                                "\"x\"", "done") "\n\n");
    CHECK(strstr(came, "\r\nX-Accel-Buffering: no\r\n") != NULL);
    http_call(client, "2", "quick", "{}");
    CHECK_INT(http_status(http_come(client)), 200);
    fake_shut(client);
    CHECK(http_is_clean());
out:
    strict_free(&answer);
    fake_free(client);
    http_end();
}

static void silence_makes_a_stream_of_it(void)
{
    struct fake_client *client = NULL;
    const char *came;

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    http_call(client, "1", "hold", "{}");
    CHECK_STR(http_come(client), "");
    CHECK(http_wait(16000));
    came = http_come(client);
    CHECK_INT(http_status(came), 200);
    CHECK_STR(http_body(came), "3\r\n:\n\n\r\n");
    CHECK(http_wait(16000));
    CHECK_STR(http_come(client), "3\r\n:\n\n\r\n");
    CHECK(http_finish("late"));
    came = http_come(client);
    CHECK(strstr(came, "\r\ndata: " RESULT("1", "late") "\n\n\r\n0\r\n\r\n") != NULL);
    fake_shut(client);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* ---- leaving ---- */

enum leaving { SHUTS, RESETS, N_LEAVINGS };

static void leave(struct fake_client *client, int how)
{
    if (how == SHUTS)
        fake_shut(client);
    else
        fake_reset(client);
}

static void who_leaves_cancels_its_call(void)
{
    struct fake_client *client = NULL;

    for (int how = 0; how < N_LEAVINGS; how++) {
        CHECK(http_begin(NULL));
        client = fake_connect(NULL);
        http_call(client, "1", "hold", "{}");
        CHECK_STR(http_come(client), "");
        CHECK(http_held() != NULL);
        leave(client, how);
        CHECK(http_settle());
        CHECK_INT(http_reason(), MCPS_CANCEL_DISCONNECT);
        CHECK(fake_is_closed(client));
        CHECK_STR(http_come(client), "");
        CHECK(!http_finish("x"));
        CHECK(http_is_clean());
        http_end();
        client = fake_free(client);
    }
out:
    fake_free(client);
    http_end();
}

/* While nothing is read, because too much waits behind its call, or its answer cannot leave. */
static void who_leaves_while_nothing_is_read(void)
{
    static char much[70000];
    struct fake_client *client = NULL;

    memset(much, 'x', sizeof much);
    for (int how = 0; how < 2 * N_LEAVINGS; how++) {
        CHECK(http_begin(NULL));
        client = fake_connect(NULL);
        if (how < N_LEAVINGS) {
            http_call(client, "1", "hold", "{}");
            CHECK(http_settle());
            fake_send(client, much, sizeof much);
            CHECK(http_settle());
            fake_send(client, much, sizeof much);
            CHECK(http_settle());
            CHECK(fake_has_unread(client));
        } else {
            fake_window(client, 1000);
            http_call(client, "1", "fill", "{\"n\":200000}");
            CHECK(http_settle());
            CHECK(fake_is_waiting(client));
        }
        leave(client, how % N_LEAVINGS);
        CHECK(http_settle());
        CHECK(fake_is_closed(client));
        if (http_held())
            (void)http_finish("x");
        CHECK(http_is_clean());
        http_end();
        client = fake_free(client);
    }
out:
    fake_free(client);
    http_end();
}

/* ---- output that does not fit ---- */

static void a_large_answer_in_all_windows(void)
{
    static const size_t windows[] = { 1, 17, 4096, 65536 };
    struct strict_answer answer = { .body = NULL };
    struct fake_client *client = NULL;
    const char *all, *why;
    size_t len;

    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        CHECK(http_begin(NULL));
        client = fake_connect(NULL);
        fake_window(client, 0);
        http_call(client, "1", "fill",
                  windows[i] > 100 ? "{\"n\":300000}" : "{\"n\":300}");
        CHECK(http_settle());
        for (int n = 0; n < 2000 && fake_is_waiting(client); n++) {
            fake_window(client, windows[i]);
            CHECK(http_settle());
        }
        all = fake_all(client, &len);
        CHECK_INT(strict_read(all, len, false, &answer, &why), len);
        CHECK_INT(answer.status, 200);
        strict_free(&answer);
        fake_shut(client);
        CHECK(http_is_clean());
        http_end();
        client = fake_free(client);
    }
out:
    strict_free(&answer);
    fake_free(client);
    http_end();
}

static void who_reads_nothing_is_disconnected(void)
{
    struct fake_client *client = NULL;

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    fake_window(client, 10);
    http_call(client, "1", "fill", "{\"n\":300000}");
    CHECK(http_settle());
    CHECK(http_wait(29000));
    CHECK(!fake_is_closed(client));
    CHECK(http_wait(2000));
    CHECK(fake_is_closed(client));
    CHECK(http_last_log_has(MCPS_LOG_WARNING,
                            "a client is disconnected: it does not read"));
    CHECK_INT(mcps_server_get_limit_hits(http_server, MCPS_LIMIT_WRITE_STALL_MS), 1);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

static void who_reads_slowly_is_served(void)
{
    struct fake_client *client = NULL;

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    fake_window(client, 10);
    http_call(client, "1", "fill", "{\"n\":300000}");
    CHECK(http_settle());
    for (int i = 0; i < 8; i++) {
        CHECK(http_wait(25000));
        CHECK(!fake_is_closed(client));
        fake_window(client, 10);
        CHECK(http_settle());
    }
    CHECK(http_wait(29000));
    CHECK(!fake_is_closed(client));
    /* At most twice the limit, for it is looked at as often. */
    CHECK(http_wait(31000));
    CHECK(http_wait(31000));
    CHECK(fake_is_closed(client));
    CHECK_INT(mcps_server_get_limit_hits(http_server, MCPS_LIMIT_WRITE_STALL_MS), 1);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* ---- notifications ---- */

/* They are not answered, and taken only if they can be. */
static void notifications_that_are_refused(void)
{
#define SAYS "MCP-Protocol-Version: "
    static const struct {
        const char *fields;
        int status;
        const char *has;
    } rows[] = {
        { SAYS "2026-07-28\r\n", 202, "" },
        { SAYS "2026-07-28\r\nMcp-Method: notifications/a\r\n", 202, "" },
        { SAYS "2026-07-28\r\nMcp-Method: notifications/b\r\n", 400, "-32020" },
        { SAYS "2099-01-01\r\n", 400, "-32022" },
        { SAYS "\r\n", 400, "-32022" },
    };
#undef SAYS
    struct fake_client *client = NULL;
    const char *came;

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].fields);
        http_post(client, rows[i].fields,
                  "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/a\"}");
        came = http_come(client);
        CHECK_INT(http_status(came), rows[i].status);
        CHECK(strstr(http_body(came), rows[i].has) != NULL);
        CHECK(!strstr(http_body(came), "\"id\""));
    }
    fake_shut(client);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* ---- subscriptions/listen ---- */

#define LISTEN                                                                       \
    "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"subscriptions/listen\",\"params\":{" \
    "\"notifications\":{\"toolsListChanged\":true}," META "}}"

static void a_stream_of_notifications(void)
{
    struct fake_client *client = NULL;
    const char *came;

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    http_post(client,
              "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n",
              LISTEN);
    came = http_come(client);
    CHECK_INT(http_status(came), 200);
    CHECK(strstr(came, "notifications/subscriptions/acknowledged") != NULL);
    CHECK_INT(http_stats().listens, 1);
    CHECK(http_remove("ask"));
    came = http_come(client);
    CHECK(strstr(came, "notifications/tools/list_changed") != NULL);
    /* The stop ends it with its answer. */
    mcps_server_request_stop(http_server);
    came = http_come(client);
    CHECK(strstr(came, "\"id\":9,\"result\":") != NULL);
    CHECK(strlen(came) >= 5 && strcmp(came + strlen(came) - 5, "0\r\n\r\n") == 0);
    CHECK(fake_has_ended(client));
    CHECK(!fake_listens());
out:
    fake_free(client);
    http_end();
}

const struct unit_test http_modern_tests[] = {
    UNIT_TEST(an_answer_is_one_json_text),
    UNIT_TEST(progress_makes_a_stream_of_it),
    UNIT_TEST(silence_makes_a_stream_of_it),
    UNIT_TEST(who_leaves_cancels_its_call),
    UNIT_TEST(who_leaves_while_nothing_is_read),
    UNIT_TEST(a_large_answer_in_all_windows),
    UNIT_TEST(who_reads_nothing_is_disconnected),
    UNIT_TEST(who_reads_slowly_is_served),
    UNIT_TEST(notifications_that_are_refused),
    UNIT_TEST(a_stream_of_notifications),
    UNIT_END,
};
