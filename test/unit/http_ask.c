/* SPDX-License-Identifier: MIT */
/* What the application is asked over HTTP: who it is, and its own routes. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_scene.h"
#include "http_strict.h"
#include "mcpserver/http.h"

/* ---- who it is ---- */

/* The field X-User says what to do: a principal; "no"; "late", which the test answers; "wait",
 * which holds a thread until the test lets it go. */
static _Atomic(mcps_http_request *) late;
static atomic_uint n_asked, n_held_up;
static atomic_bool go_on;

static void wait_to_go_on(void)
{
    atomic_fetch_add(&n_held_up, 1);
    while (!atomic_load(&go_on))
        (void)poll(NULL, 0, 1);
}

static void identify(mcps_http_request *request, void *userdata)
{
    const char *user = mcps_http_header(request, "x-user");
    int r;

    (void)userdata;
    atomic_fetch_add(&n_asked, 1);
    if (user && strcmp(user, "late") == 0) {
        atomic_store(&late, request);
        return;
    }
    if (user && strcmp(user, "wait") == 0)
        wait_to_go_on();
    if (user && strcmp(user, "no") == 0)
        r = mcps_http_reject(request, 401, "Bearer");
    else
        r = mcps_http_accept(request, user, NULL);
    (void)r;
}

static const struct mcps_http_options asking = MCPS_HTTP_OPTIONS(.identify = identify);

static bool has_come(void *arg)
{
    return fake_has_more(arg) || fake_is_closed(arg);
}

/* Waits for what comes, from an answer of the application that another thread gives. */
static const char *await(struct fake_client *client)
{
    (void)http_await(has_come, client);
    return fake_take(client, NULL);
}

static bool is_held(void *arg)
{
    (void)arg;
    return atomic_load(&late) != NULL;
}

static void who_asks_is_accepted(void)
{
    struct fake_client *client = NULL;

    CHECK(http_begin(&asking));
    client = fake_connect(NULL);
    http_post(client, "X-User: a\r\nMCP-Protocol-Version: 2026-07-28\r\n", "{");
    CHECK_INT(http_status(await(client)), 400);
    fake_shut(client);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

static void who_asks_is_rejected(void)
{
    struct fake_client *client = NULL;
    const char *came;

    CHECK(http_begin(&asking));
    client = fake_connect(NULL);
    http_post(client, "X-User: no\r\n", "{}");
    came = await(client);
    CHECK_INT(http_status(came), 401);
    CHECK(strstr(came, "\r\nWWW-Authenticate: Bearer\r\n") != NULL);
    CHECK_INT(strict_count(came, strlen(came)), 1);
    CHECK(fake_has_ended(client));
    fake_shut(client);
    CHECK(http_is_clean());
    CHECK_INT(http_stats().aborted, 0);
    CHECK_INT(http_stats().refused, 1);
out:
    fake_free(client);
    http_end();
}

/* What is asked for by a client is as long as userdata says. */
static void reject_at_length(mcps_http_request *request, void *userdata)
{
    char challenge[2000];
    size_t len = *(const size_t *)userdata;
    int r;

    memset(challenge, 'c', len);
    challenge[len] = '\0';
    r = mcps_http_reject(request, 401, challenge);
    (void)r;
}

/* It is sent as a whole, beside what a page is told, or the application is told that it is not. */
static void a_challenge_of_any_length(void)
{
    static const struct {
        size_t len;
        int status;
    } rows[] = { { 1024, 401 }, { 1025, 500 } };
    struct fake_client *client = NULL;
    const char *came, *at;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct mcps_http_options options =
            MCPS_HTTP_OPTIONS(.identify = reject_at_length, .cors = true,
                              .identify_userdata = (void *)(uintptr_t)&rows[i].len);

        CHECK(http_begin(&options));
        client = fake_connect(NULL);
        http_post(client, "Origin: http://localhost\r\n", "{}");
        came = await(client);
        CHECK_INT(http_status(came), rows[i].status);
        CHECK(strstr(came, "Access-Control-Allow-Origin: http://localhost\r\n") != NULL);
        at = strstr(came, "WWW-Authenticate: ");
        CHECK(rows[i].status == 500 || (at && strspn(at + 18, "c") == rows[i].len));
        fake_shut(client);
        CHECK(http_is_clean());
        http_end();
        client = fake_free(client);
    }
out:
    fake_free(client);
    http_end();
}

/* Of what is read for one the other is not charged, though it comes on the same connection. */
static void one_connection_for_two(void)
{
    struct fake_client *client = NULL;
    char *text = NULL, fields[40];

    CHECK(http_begin(&asking));
    client = fake_connect(NULL);
    for (int i = 0; i < 6; i++) {
        snprintf(fields, sizeof fields, "X-User: %c\r\n", "ab"[i % 2]);
        text = http_post_text(fields,
                              "{\"a\":\"0123456789012345678901234567890123456789\"}");
        CHECK(text != NULL);
        fake_send(client, text, strlen(text) - 20);
        CHECK(http_settle());
        fake_send(client, text + strlen(text) - 20, 20);
        free(text);
        text = NULL;
        CHECK(http_status(await(client)) == 400);
        CHECK_INT(http_stats().in_bytes, 0);
    }
    fake_shut(client);
    CHECK(http_is_clean());
out:
    free(text);
    fake_free(client);
    http_end();
}

/* Wherever they come from. */
static void one_connection_of_two_is_too_many(void)
{
    struct fake_client *clients[2] = { NULL, NULL };
    const char *came;

    CHECK(http_prepare(&asking));
    CHECK(mcps_server_set_limit(http_server, MCPS_LIMIT_CONNECTIONS_PER_ACCOUNT, 1) >= 0);
    CHECK(http_start());
    clients[0] = fake_connect("192.0.2.1");
    clients[1] = fake_connect("192.0.2.2");
    for (int i = 0; i < 2; i++)
        http_post(clients[i], "X-User: ann\r\n", HELLO("2025-11-25"));
    CHECK_INT(http_status(await(clients[0])), 200);
    came = await(clients[1]);
    CHECK_INT(http_status(came), 503);
    CHECK(strstr(came, "\r\nRetry-After: 1\r\n") != NULL);
    CHECK(strstr(came, "too many connections of this account") != NULL);
    CHECK_INT(http_stats().sessions, 1);
    CHECK_INT(http_stats().refused, 1);
    CHECK_INT(http_stats().in_bytes, 0);
out:
    fake_free(clients[0]);
    fake_free(clients[1]);
    http_end();
}

static void an_answer_for_nobody(void)
{
    struct fake_client *client = NULL;
    mcps_http_request *request;

    for (int how = 0; how < 3; how++) {
        atomic_store(&late, NULL);
        CHECK(http_begin(&asking));
        client = fake_connect(NULL);
        http_post(client, "X-User: late\r\n", "{}");
        CHECK(http_await(is_held, NULL));
        if (how == 0) {
            CHECK(http_wait(11000));
            CHECK_INT(http_status(http_come(client)), 503);
        } else if (how == 1) {
            fake_reset(client);
            CHECK(http_settle());
        }
        request = atomic_exchange(&late, NULL);
        CHECK_INT(mcps_http_accept(request, "a", NULL), how < 2 ? MCPS_ECLOSED : 0);
        CHECK(http_settle());
        if (how == 2)
            CHECK_INT(http_status(await(client)), 400);
        fake_reset(client);
        CHECK(http_is_clean());
        http_end();
        client = fake_free(client);
    }
out:
    request = atomic_exchange(&late, NULL);
    if (request)
        (void)!mcps_http_reject(request, 503, NULL);
    fake_free(client);
    http_end();
}

static void keep_for_later(mcps_http_request *request, void *userdata)
{
    (void)userdata;
    atomic_store(&late, request);
}

static void a_route_that_is_late(void)
{
    struct fake_client *client = NULL;
    mcps_http_request *request;
    const char *came;

    atomic_store(&late, NULL);
    CHECK(http_prepare(NULL));
    CHECK(mcps_server_add_route(http_server, "GET", "/late", keep_for_later, NULL) >= 0);
    CHECK(http_start());
    client = fake_connect(NULL);
    http_say(client, "GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(http_await(is_held, NULL));
    CHECK(http_wait(11000));
    came = http_come(client);
    CHECK_INT(http_status(came), 503);
    CHECK(strstr(came, "the application did not answer") != NULL);
out:
    request = atomic_exchange(&late, NULL);
    if (request)
        (void)!mcps_http_reply(request, 200, NULL, NULL, 0);
    fake_free(client);
    http_end();
}

enum { THREADS = 2 };

static bool are_held_up(void *arg)
{
    (void)arg;
    return atomic_load(&n_held_up) == THREADS;
}

/* Those who come and go while all threads are busy leave nothing behind. */
static void who_has_gone_is_not_asked_about(void)
{
    struct fake_client *clients[THREADS + 1] = { NULL };
    size_t i;

    atomic_store(&go_on, false);
    atomic_store(&n_held_up, 0);
    atomic_store(&n_asked, 0);
    CHECK(http_begin(&asking));
    for (i = 0; i < THREADS; i++) {
        clients[i] = fake_connect(NULL);
        http_post(clients[i], "X-User: wait\r\n", "{}");
    }
    CHECK(http_await(are_held_up, NULL));
    clients[THREADS] = fake_connect(NULL);
    http_post(clients[THREADS], "X-User: a\r\n", "{}");
    CHECK(http_settle());
    fake_reset(clients[THREADS]);
    CHECK(http_settle());
    atomic_store(&go_on, true);
    for (i = 0; i < THREADS; i++)
        CHECK_INT(http_status(await(clients[i])), 400);
    http_end();
    CHECK_INT(atomic_load(&n_asked), THREADS);
out:
    atomic_store(&go_on, true);
    for (i = 0; i < THREADS + 1; i++)
        fake_free(clients[i]);
    http_end();
}

/* ---- routes ---- */

static void route(mcps_http_request *request, void *userdata)
{
    const char *type = mcps_http_query(request) ? NULL : "text/plain";
    int r = mcps_http_reply(request, *(const int *)userdata, type, "hello", 5);

    (void)r;
}

static void routes(void)
{
    static const int ok = 200, nothing = 204, same = 304;
    static const char rest[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    static const struct {
        const char *text;
        int status;
        const char *body;
    } rows[] = {
        { "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, "hello" },
        { "GET /a?q HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, "hello" },
        { "HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, "" },
        { "GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n", 204, "" },
        { "GET /c HTTP/1.1\r\nHost: localhost\r\n\r\n", 304, "" },
        { "PUT /a HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, NULL },
    };
    struct fake_client *client = NULL;
    const char *came;

    CHECK(http_prepare(NULL));
    CHECK(mcps_server_add_route(http_server, "GET", "/a", route,
                                (void *)(uintptr_t)&ok) >= 0);
    CHECK(mcps_server_add_route(http_server, "HEAD", "/a", route,
                                (void *)(uintptr_t)&ok) >= 0);
    CHECK(mcps_server_add_route(http_server, "GET", "/b", route,
                                (void *)(uintptr_t)&nothing) >= 0);
    CHECK(mcps_server_add_route(http_server, "GET", "/c", route,
                                (void *)(uintptr_t)&same) >= 0);
    CHECK(http_start());
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].text);
        client = fake_connect(NULL);
        http_say(client, rows[i].text);
        came = await(client);
        CHECK_INT(http_status(came), rows[i].status);
        if (rows[i].body)
            CHECK_STR(http_body(came), rows[i].body);
        http_say(client, rest);
        CHECK_STR(http_body(http_come(client)), "{\"status\":\"ok\"}");
        fake_shut(client);
        CHECK(http_settle());
        client = fake_free(client);
    }
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* ---- options ---- */

/* Nothing that was asked for is left out without a word: not who may come in, and not paths
 * that nobody could reach. */
static void options_that_are_refused(void)
{
    const struct mcps_http_options rows[] = {
        { .identify = identify },
        MCPS_HTTP_OPTIONS(.http_sse = true, .sse_path = "sse"),
        MCPS_HTTP_OPTIONS(.http_sse = true, .message_path = "/a\n\nb"),
        MCPS_HTTP_OPTIONS(.http_sse = true, .message_path = "/sse"),
        MCPS_HTTP_OPTIONS(.http_sse = true, .sse_path = "/mcp"),
        MCPS_HTTP_OPTIONS(.http_sse = true, .message_path = "/mcp"),
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("row %zu", i);
        CHECK(http_prepare(NULL));
        CHECK_INT(
            mcps_server_listen_http(http_server, "http://127.0.0.1:8081/mcp", &rows[i]),
            -EINVAL);
        CHECK_INT(http_logged(MCPS_LOG_ERROR), 1);
        http_end();
    }
out:
    http_end();
}

/* What the server itself answers can be nobody else's. */
static void a_route_that_there_is(void)
{
    static const int ok = 200;
    void *userdata = (void *)(uintptr_t)&ok;

    CHECK(http_prepare(NULL));
    CHECK_INT(mcps_server_add_route(http_server, "POST", "/healthz", route, userdata),
              MCPS_EEXISTS);
    CHECK_INT(mcps_server_add_route(http_server, "GET", "/a", route, userdata), 0);
    CHECK_INT(mcps_server_add_route(http_server, "GET", "/a", route, userdata),
              MCPS_EEXISTS);
    CHECK_INT(mcps_server_add_route(http_server, "GET", "a", route, userdata), -EINVAL);
out:
    http_end();
}

static void keep(mcps_http_request *request, void *userdata)
{
    (void)userdata;
    atomic_store(&late, request);
}

/* As long as the application has it. */
static void what_a_route_gets_counts(void)
{
    struct fake_client *client = NULL;
    mcps_http_request *request;

    atomic_store(&late, NULL);
    CHECK(http_prepare(NULL));
    CHECK(mcps_server_add_route(http_server, "POST", "/mail", keep, NULL) >= 0);
    CHECK(http_start());
    client = fake_connect(NULL);
    http_say(client, "POST /mail HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n"
                     "hello");
    CHECK(http_await(is_held, NULL));
    CHECK(http_stats().in_bytes > sizeof "hello");
    fake_reset(client);
    CHECK(http_settle());
    CHECK(http_stats().in_bytes > sizeof "hello");
    request = atomic_exchange(&late, NULL);
    CHECK_INT(mcps_http_reply(request, 200, NULL, NULL, 0), MCPS_ECLOSED);
    CHECK(http_is_clean());
    CHECK_INT(http_stats().in_bytes, 0);
out:
    request = atomic_exchange(&late, NULL);
    if (request)
        (void)!mcps_http_reply(request, 200, NULL, NULL, 0);
    fake_free(client);
    http_end();
}

const struct unit_test http_ask_tests[] = {
    UNIT_TEST(who_asks_is_accepted),
    UNIT_TEST(who_asks_is_rejected),
    UNIT_TEST(a_challenge_of_any_length),
    UNIT_TEST(one_connection_for_two),
    UNIT_TEST(one_connection_of_two_is_too_many),
    UNIT_TEST(an_answer_for_nobody),
    UNIT_TEST(a_route_that_is_late),
    UNIT_TEST(who_has_gone_is_not_asked_about),
    UNIT_TEST(routes),
    UNIT_TEST(options_that_are_refused),
    UNIT_TEST(a_route_that_there_is),
    UNIT_TEST(what_a_route_gets_counts),
    UNIT_END,
};
