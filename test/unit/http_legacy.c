/* SPDX-License-Identifier: MIT */
/* Sessions and their streams, over connections in memory. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_scene.h"
#include "http_strict.h"

#define RESULT(id, text)              \
    "{\"jsonrpc\":\"2.0\",\"id\":" id \
    ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}]}}"
#define PROGRESS(n, total)                                                    \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{" \
    "\"progressToken\":7,\"progress\":" n ".0,\"total\":" total ".0}}"

/* The body of the one answer that has come, a stream or not; to be freed. NULL: it is none. */
static char *body_of(struct fake_client *client, int status)
{
    struct strict_answer answer = { .body = NULL };
    const char *why = NULL, *came;
    size_t len;

    if (!http_settle())
        return NULL;
    came = fake_take(client, &len);
    if (strict_read(came, len, false, &answer, &why) == (long)len &&
        answer.status == status)
        return answer.body ? answer.body : strdup("");
    unit_note("%s", why ? why : "it is not one answer, or of another status");
    strict_free(&answer);
    return NULL;
}

static struct fake_client *get(const struct http_chat *chat, const char *last)
{
    struct fake_client *client = fake_connect(NULL);
    char text[400];

    snprintf(text, sizeof text,
             "GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
             "%s%s%s%s\r\n",
             chat->field, last ? "Last-Event-ID: " : "", last ? last : "",
             last ? "\r\n" : "");
    http_say(client, text);
    return client;
}

static int delete (const struct http_chat *chat)
{
    char text[300], *came;
    int status;

    snprintf(text, sizeof text, "DELETE /mcp HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
             chat->field);
    came = http_exchange(text);
    status = came ? http_status(came) : -1;
    free(came);
    return status;
}

/* ---- calls ---- */

static void a_session_and_its_call(void)
{
    struct fake_client *client = NULL;
    struct http_chat chat;
    char *body = NULL;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    CHECK_INT(http_stats().sessions, 1);
    client = fake_connect(NULL);
    http_post(client, chat.field, CALL("1", "steps"));
    body = body_of(client, 200);
    CHECK_STR(body,
              "id: 2_0\nretry: 1000\ndata: \n\n"
              "id: 2_1\ndata: " PROGRESS("1", "2") "\n\n"
                                                   "id: 2_2\ndata: " PROGRESS(
                                                       "2", "2") "\n\n"
                                                                 "id: 2_3\ndata: " RESULT(
                                                                     "1", "done") "\n\n");
    free(body);
    http_post(client, chat.field, CALL("2", "quick"));
    body = body_of(client, 200);
    CHECK_STR(body, RESULT("2", "{}"));
    fake_shut(client);
    CHECK_INT(delete (&chat), 204);
    CHECK_INT(delete (&chat), 404);
    CHECK(http_is_clean());
out:
    free(body);
    fake_free(client);
    http_end();
}

/* A client that knows no event ids is not given an empty one. */
static void an_older_session_and_its_call(void)
{
    struct fake_client *client = NULL;
    struct http_chat chat;
    char *body = NULL;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-06-18"));
    client = fake_connect(NULL);
    http_post(client, chat.field, CALL("1", "echo"));
    body = body_of(client, 200);
    CHECK_STR(body, ":\n\nid: 2_1\ndata: " RESULT("1", "{}") "\n\n");
    fake_reset(client);
    CHECK_INT(delete (&chat), 204);
    CHECK(http_is_clean());
out:
    free(body);
    fake_free(client);
    http_end();
}

static void a_batch(void)
{
    struct fake_client *client = NULL;
    struct http_chat chat;
    char *body = NULL;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-03-26"));
    client = fake_connect(NULL);
    http_post(client, chat.field, "[" CALL("1", "quick") "," CALL("2", "quick") "]");
    body = body_of(client, 200);
    CHECK(body != NULL);
    CHECK(strstr(body, RESULT("1", "{}")) && strstr(body, RESULT("2", "{}")));
    free(body);
    http_post(client, chat.field, "[" INITIALIZED "]");
    body = body_of(client, 202);
    CHECK_STR(body, "");
    fake_reset(client);
    CHECK_INT(delete (&chat), 204);
    CHECK(http_is_clean());
out:
    free(body);
    fake_free(client);
    http_end();
}

/* ---- coming back ---- */

static void a_dropped_stream_is_resumed(void)
{
    struct fake_client *client = NULL, *again = NULL;
    struct http_chat chat;
    char *body = NULL;

    for (int how = 0; how < 2; how++) {
        CHECK(http_begin(NULL));
        CHECK(http_chat(&chat, "2025-11-25"));
        client = fake_connect(NULL);
        http_post(client, chat.field, CALL("1", "hold"));
        CHECK(strstr(http_come(client), "id: 2_0\n") != NULL);
        if (how == 0)
            fake_shut(client);
        else
            fake_reset(client);
        CHECK(http_settle());
        CHECK(fake_is_closed(client));
        CHECK_INT(http_reason(), MCPS_CANCEL_NONE);
        CHECK(http_finish("kept"));
        again = get(&chat, "2_0");
        body = body_of(again, 200);
        CHECK_STR(body, "id: 2_0\nretry: 1000\ndata: \n\n"
                        "id: 2_1\ndata: " RESULT("1", "kept") "\n\n");
        free(body);
        body = NULL;
        again = fake_free(again);
        /* And once more, for it is kept for a while; not behind what never was. */
        again = get(&chat, "2_1");
        CHECK_INT(http_status(http_come(again)), 204);
        again = fake_free(again);
        again = get(&chat, "2_2");
        CHECK_INT(http_status(http_come(again)), 400);
        again = fake_free(again);
        CHECK_INT(delete (&chat), 204);
        CHECK(http_is_clean());
        http_end();
        client = fake_free(client);
    }
out:
    free(body);
    fake_free(client);
    fake_free(again);
    http_end();
}

/* One client has it after the other: what the first has of it ends in order. */
static void a_stream_is_taken_over(void)
{
    struct fake_client *client = NULL, *again = NULL;
    struct http_chat chat;
    const char *came;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    client = fake_connect(NULL);
    http_post(client, chat.field, CALL("1", "hold"));
    CHECK(http_settle());
    again = get(&chat, "2_0");
    came = http_come(client);
    CHECK(strlen(came) >= 5 && strcmp(came + strlen(came) - 5, "0\r\n\r\n") == 0);
    CHECK(!fake_has_ended(client));
    CHECK(http_finish("x"));
    CHECK_STR(http_come(client), "");
    CHECK(strstr(http_come(again), RESULT("1", "x")) != NULL);
    /* The connection that was left serves on. */
    http_post(client, chat.field, CALL("2", "quick"));
    CHECK_INT(http_status(http_come(client)), 200);
    fake_reset(client);
    fake_reset(again);
    CHECK_INT(delete (&chat), 204);
    CHECK(http_is_clean());
out:
    fake_free(client);
    fake_free(again);
    http_end();
}

/* What has shown no event may still be answered as a whole, however well its id is guessed. */
static void an_answer_is_not_taken_over(void)
{
    struct fake_client *client = NULL, *again = NULL;
    struct http_chat chat;
    char *body = NULL;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    client = fake_connect(NULL);
    http_post(client, chat.field, CALL("1", "wait"));
    CHECK_STR(http_come(client), "");
    again = get(&chat, "2_0");
    body = body_of(again, 400);
    CHECK(body != NULL);
    free(body);
    body = NULL;
    CHECK(http_finish("late"));
    body = body_of(client, 200);
    CHECK_STR(body, RESULT("1", "late"));
out:
    free(body);
    fake_free(client);
    fake_free(again);
    http_end();
}

/* What a client does not read is output that waits, until nobody is there to read it. */
static void what_is_not_read_counts(void)
{
    struct fake_client *client = NULL;
    struct http_chat chat;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    for (int how = 0; how < 2; how++) {
        client = fake_connect(NULL);
        fake_window(client, 1000);
        http_post(client, chat.field,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
                  "\"name\":\"fill\",\"arguments\":{\"n\":500000}}}");
        CHECK(http_settle());
        CHECK(http_stats().out_bytes >= 500000);
        if (how == 0)
            fake_window(client, 1000000);
        else
            fake_reset(client);
        CHECK(http_settle());
        CHECK_INT(http_stats().out_bytes, 0);
        client = fake_free(client);
    }
    CHECK_INT(delete (&chat), 204);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* While it is blocked in the middle of an event nothing can end it in order. */
static void a_blocked_stream_is_taken_over(void)
{
    struct fake_client *client = NULL, *again = NULL;
    struct http_chat chat;
    struct strict_answer answer = { .body = NULL };
    const char *came, *why;
    size_t len;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    client = fake_connect(NULL);
    fake_window(client, 500);
    http_post(client, chat.field,
              "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
              "\"name\":\"fill\",\"arguments\":{\"n\":200000}}}");
    CHECK(http_settle());
    CHECK(fake_is_waiting(client));
    again = get(&chat, "2_0");
    CHECK(http_settle());
    CHECK(fake_is_closed(client));
    came = fake_take(again, &len);
    CHECK_INT(strict_read(came, len, false, &answer, &why), len);
    CHECK(answer.body_len > 200000);
    fake_reset(again);
    CHECK_INT(delete (&chat), 204);
    CHECK(http_is_clean());
out:
    strict_free(&answer);
    fake_free(client);
    fake_free(again);
    http_end();
}

static void a_call_that_closes_its_stream(void)
{
    struct fake_client *client = NULL, *again = NULL;
    struct http_chat chat;
    char *body = NULL;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    client = fake_connect(NULL);
    http_post(client, chat.field, CALL("1", "close"));
    body = body_of(client, 200);
    CHECK_STR(body, "id: 2_0\nretry: 1000\ndata: \n\nretry: 50\n\n");
    free(body);
    again = get(&chat, "2_0");
    body = body_of(again, 200);
    CHECK_STR(body, "id: 2_0\nretry: 1000\ndata: \n\n"
                    "id: 2_2\ndata: " PROGRESS("1", "1") "\n\n"
                                                         "id: 2_3\ndata: " RESULT(
                                                             "1", "done") "\n\n");
    fake_reset(client);
    fake_reset(again);
    CHECK_INT(delete (&chat), 204);
    CHECK(http_is_clean());
out:
    free(body);
    fake_free(client);
    fake_free(again);
    http_end();
}

/* ---- the stream of a session ---- */

static void the_stream_of_a_session(void)
{
    struct fake_client *client = NULL, *again = NULL;
    struct http_chat chat;
    const char *came;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    client = get(&chat, NULL);
    came = http_come(client);
    CHECK_INT(http_status(came), 200);
    CHECK(strstr(came, "id: 0_0\nretry: 1000\ndata: \n\n") != NULL);
    CHECK(http_remove("close"));
    CHECK(strstr(http_come(client), "id: 0_1\ndata: {\"jsonrpc\":\"2.0\",\"method\":"
                                    "\"notifications/tools/list_changed\"") != NULL);
    /* Another takes it; the third comes too soon. */
    again = get(&chat, NULL);
    CHECK_INT(http_status(http_come(again)), 200);
    CHECK_STR(http_come(client), "0\r\n\r\n");
    fake_free(client);
    client = get(&chat, NULL);
    came = http_come(client);
    CHECK_INT(http_status(came), 429);
    CHECK(strstr(came, "\r\nRetry-After: 1\r\n") != NULL);
    /* The session ends, and so does its stream. */
    CHECK_INT(delete (&chat), 204);
    CHECK_STR(http_come(again), "0\r\n\r\n");
    fake_reset(client);
    fake_reset(again);
    CHECK(http_is_clean());
out:
    fake_free(client);
    fake_free(again);
    http_end();
}

static void a_session_ends_while_it_is_written(void)
{
    struct fake_client *client = NULL, *other = NULL;
    struct http_chat chat;
    struct strict_answer answer = { .body = NULL };
    const char *all, *why;
    size_t len;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    client = fake_connect(NULL);
    fake_window(client, 400);
    http_post(client, chat.field,
              "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
              "\"name\":\"fill\",\"arguments\":{\"n\":200000}}}");
    CHECK(http_settle());
    CHECK(fake_is_waiting(client));
    other = fake_connect(NULL);
    http_post(other, chat.field, CALL("2", "hold"));
    CHECK(http_settle());
    CHECK_INT(delete (&chat), 204);
    CHECK_INT(http_reason(), MCPS_CANCEL_SESSION_END);
    CHECK(strstr(http_come(other), "\"id\":2,\"error\":{\"code\":-32000,"
                                   "\"message\":\"The session was ended\"}}") != NULL);
    CHECK_INT(http_stats().replay_bytes, 0);
    /* What was answered is still written. */
    fake_window(client, 1000000);
    CHECK(http_settle());
    all = fake_all(client, &len);
    CHECK_INT(strict_read(all, len, false, &answer, &why), len);
    CHECK(answer.body_len > 200000);
    (void)http_finish("x");
    fake_reset(client);
    fake_reset(other);
    CHECK(http_is_clean());
out:
    strict_free(&answer);
    fake_free(client);
    fake_free(other);
    http_end();
}

static void sessions_expire(void)
{
    struct http_chat chat;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    CHECK(http_wait(1790000));
    CHECK_INT(http_stats().sessions, 1);
    CHECK(http_wait(15000));
    CHECK_INT(http_stats().sessions, 0);
    CHECK_INT(delete (&chat), 404);
    CHECK(http_is_clean());
out:
    http_end();
}

/* Two of them, whose client has something in flight: each is in use, whatever the limit. */
static void sessions_in_use_do_not_expire(void)
{
    struct fake_client *clients[2] = { NULL, NULL };
    struct http_chat chats[2];

    CHECK(http_prepare(NULL));
    CHECK(mcps_server_set_limit(http_server, MCPS_LIMIT_SESSION_IDLE_MS, 0) >= 0);
    CHECK(http_start());
    for (int i = 0; i < 2; i++) {
        CHECK(http_chat(&chats[i], "2025-11-25"));
        clients[i] = get(&chats[i], NULL);
        CHECK(http_settle());
    }
    CHECK(http_wait(2000));
    CHECK_INT(http_stats().sessions, 2);
    fake_reset(clients[0]);
    fake_reset(clients[1]);
    CHECK(http_settle());
    CHECK(http_wait(2000));
    CHECK_INT(http_stats().sessions, 0);
    CHECK(http_is_clean());
out:
    fake_free(clients[0]);
    fake_free(clients[1]);
    http_end();
}

/* Whatever is done in it: another version than was agreed on is refused, and ends nothing. */
static void another_version_in_a_session(void)
{
    static const char *const methods[] = { "GET", "DELETE" };
    static const char *const versions[] = { "2025-06-18", "2026-07-28", "1999-01-01",
                                            "" };
    struct fake_client *client = NULL;
    struct http_chat chat;
    char text[400];

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    client = fake_connect(NULL);
    for (size_t i = 0; i < 8; i++) {
        snprintf(
            text, sizeof text,
            "%s /mcp HTTP/1.1\r\nHost: localhost\r\n%sMCP-Protocol-Version: %s\r\n\r\n",
            methods[i % 2], chat.field, versions[i / 2]);
        http_say(client, text);
        CHECK_INT(http_status(http_come(client)), 400);
    }
    CHECK_INT(http_stats().sessions, 1);
    snprintf(text, sizeof text,
             "DELETE /mcp HTTP/1.1\r\nHost: localhost\r\n%sMCP-Protocol-Version: "
             "2025-11-25\r\n\r\n",
             chat.field);
    http_say(client, text);
    CHECK_INT(http_status(http_come(client)), 204);
    fake_reset(client);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* ---- what is kept ---- */

/* What is kept of a stream may push out another, wherever that is. */
static void streams_push_each_other_out(void)
{
    struct fake_client *client = NULL;
    struct http_chat chat;

    CHECK(http_prepare(NULL));
    CHECK(mcps_server_set_limit(http_server, MCPS_LIMIT_REPLAY_BYTES, 3000) >= 0);
    CHECK(mcps_server_set_limit(http_server, MCPS_LIMIT_PROGRESS_MS, 0) >= 0);
    CHECK(http_start());
    CHECK(http_chat(&chat, "2025-11-25"));
    client = fake_connect(NULL);
    http_post(client, chat.field, CALL("1", "hold"));
    CHECK(http_settle());
    fake_reset(client);
    CHECK(http_settle());
    fake_free(client);
    client = fake_connect(NULL);
    for (int i = 0; i < 12; i++) {
        char body[200];

        snprintf(body, sizeof body,
                 "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{"
                 "\"name\":\"echo\"}}",
                 i + 2);
        http_post(client, chat.field, body);
        CHECK(http_settle());
        CHECK(http_stats().replay_bytes <= 3000);
        CHECK(http_held() != NULL);
        /* Little waits in the sink of the first, until the next look. */
        for (int n = 0; n < 6; n++)
            CHECK(mcps_call_log(http_held(), MCPS_LOG_ERROR, NULL,
                                "something that is long enough to count: %d", n) >= 0);
        CHECK(http_wait(1000));
        CHECK(http_stats().replay_bytes <= 3000);
    }
    CHECK(http_finish("x"));
    CHECK(http_settle());
    fake_reset(client);
    CHECK(http_wait(61000));
    CHECK_INT(delete (&chat), 204);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* Those of which nothing is kept any more are not kept themselves. */
static void streams_of_all_sessions_are_bounded(void)
{
    struct fake_client *client = NULL;
    struct http_chat chats[2];

    CHECK(http_prepare(NULL));
    CHECK(mcps_server_set_limit(http_server, MCPS_LIMIT_REPLAY_TOTAL_BYTES, 3000) >= 0);
    CHECK(http_start());
    CHECK(http_chat(&chats[0], "2025-11-25"));
    CHECK(http_chat(&chats[1], "2025-11-25"));
    client = fake_connect(NULL);
    for (int i = 0; i < 40; i++) {
        http_post(client, chats[i % 2].field, CALL("1", "echo"));
        CHECK(strstr(http_come(client), "\"result\"") != NULL);
        CHECK(http_stats().replay_bytes <= 3000);
    }
    CHECK(mcps_server_get_limit_hits(http_server, MCPS_LIMIT_REPLAY_TOTAL_BYTES) > 0);
    fake_reset(client);
    CHECK_INT(delete (&chats[0]), 204);
    CHECK_INT(delete (&chats[1]), 204);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* ---- what is asked of the client ---- */

static void a_request_of_ours_on_its_stream(void)
{
    struct fake_client *client = NULL, *other = NULL;
    struct http_chat chat;
    char answer[200];
    const char *came, *id;

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    client = fake_connect(NULL);
    http_post(client, chat.field, CALL("1", "ask"));
    came = http_come(client);
    CHECK(strstr(came, "\"method\":\"roots/list\"") != NULL);
    id = strstr(came, "\"id\":");
    CHECK(id != NULL);
    snprintf(answer, sizeof answer,
             "{\"jsonrpc\":\"2.0\",%.*s,\"result\":{\"roots\":[]}}",
             (int)strcspn(id, ",}"), id);
    other = fake_connect(NULL);
    http_post(other, chat.field, answer);
    CHECK_INT(http_status(http_come(other)), 202);
    CHECK(strstr(http_come(client), RESULT("1", "roots")) != NULL);
    fake_reset(client);
    fake_reset(other);
    CHECK_INT(delete (&chat), 204);
    CHECK(http_is_clean());
out:
    fake_free(client);
    fake_free(other);
    http_end();
}

/* ---- without sessions, and without streams ---- */

static void a_stateless_server(void)
{
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.stateless = true);
    struct fake_client *client = NULL;
    char *body = NULL;

    CHECK(http_begin(&options));
    client = fake_connect(NULL);
    http_post(client, NULL, HELLO("2025-11-25"));
    body = body_of(client, 200);
    CHECK(body && strstr(body, "\"protocolVersion\":\"2025-11-25\"") != NULL);
    free(body);
    http_post(client, NULL, INITIALIZED);
    body = body_of(client, 202);
    CHECK_STR(body, "");
    free(body);
    http_post(client, NULL, CALL("1", "quick"));
    body = body_of(client, 200);
    CHECK_STR(body, RESULT("1", "{}"));
    fake_reset(client);
    CHECK(http_is_clean());
out:
    free(body);
    fake_free(client);
    http_end();
}

/* Nothing makes a stream of an answer there, not even silence. */
static void a_server_without_streams(void)
{
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.json_only = true);
    struct fake_client *client = NULL;
    struct http_chat chat;
    char *body = NULL;

    CHECK(http_begin(&options));
    CHECK(http_chat(&chat, "2025-11-25"));
    client = fake_connect(NULL);
    http_post(client, chat.field, CALL("1", "steps"));
    body = body_of(client, 200);
    CHECK_STR(body, RESULT("1", "done"));
    free(body);
    body = NULL;
    http_post(client, chat.field, CALL("2", "hold"));
    CHECK(http_wait(16000));
    CHECK(http_finish("late"));
    body = body_of(client, 200);
    CHECK_STR(body, RESULT("2", "late"));
    fake_reset(client);
    CHECK_INT(delete (&chat), 204);
    CHECK(http_is_clean());
out:
    free(body);
    fake_free(client);
    http_end();
}

/* ---- 2024-11-05 ---- */

static void the_oldest_transport(void)
{
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.http_sse = true);
    struct fake_client *client = NULL, *other = NULL;
    const char *came, *at;
    char path[80], text[800];

    CHECK(http_begin(&options));
    client = fake_connect(NULL);
    http_say(client, "GET /sse HTTP/1.1\r\nHost: localhost\r\n"
                     "Accept: text/event-stream\r\n\r\n");
    came = http_come(client);
    CHECK_INT(http_status(came), 200);
    at = strstr(came, "event: endpoint\ndata: /message?sessionId=");
    CHECK(at != NULL);
    snprintf(path, sizeof path, "%.*s", (int)strcspn(at + 22, "\n"), at + 22);
    other = fake_connect(NULL);
    snprintf(text, sizeof text,
             "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
             "Accept: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             path, strlen(HELLO("2024-11-05")), HELLO("2024-11-05"));
    http_say(other, text);
    CHECK_INT(http_status(http_come(other)), 202);
    CHECK(strstr(http_come(client), "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":0,"
                                    "\"result\":") != NULL);
    CHECK_INT(http_stats().sessions, 1);
    /* It is the session. */
    fake_reset(client);
    CHECK(http_settle());
    CHECK_INT(http_stats().sessions, 0);
    http_say(other, text);
    CHECK_INT(http_status(http_come(other)), 404);
    fake_reset(other);
    CHECK(http_is_clean());
out:
    fake_free(client);
    fake_free(other);
    http_end();
}

const struct unit_test http_legacy_tests[] = {
    UNIT_TEST(a_session_and_its_call),
    UNIT_TEST(an_older_session_and_its_call),
    UNIT_TEST(a_batch),
    UNIT_TEST(a_dropped_stream_is_resumed),
    UNIT_TEST(a_stream_is_taken_over),
    UNIT_TEST(an_answer_is_not_taken_over),
    UNIT_TEST(what_is_not_read_counts),
    UNIT_TEST(a_blocked_stream_is_taken_over),
    UNIT_TEST(a_call_that_closes_its_stream),
    UNIT_TEST(the_stream_of_a_session),
    UNIT_TEST(a_session_ends_while_it_is_written),
    UNIT_TEST(sessions_expire),
    UNIT_TEST(sessions_in_use_do_not_expire),
    UNIT_TEST(another_version_in_a_session),
    UNIT_TEST(streams_push_each_other_out),
    UNIT_TEST(streams_of_all_sessions_are_bounded),
    UNIT_TEST(a_request_of_ours_on_its_stream),
    UNIT_TEST(a_stateless_server),
    UNIT_TEST(a_server_without_streams),
    UNIT_TEST(the_oldest_transport),
    UNIT_END,
};
