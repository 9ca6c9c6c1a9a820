/* SPDX-License-Identifier: MIT */
/* Requests and answers as bytes on connections: pieces, ends, room and time. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_scene.h"
#include "http_strict.h"

#define PING \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{" META "}}"
#define PING_FIELDS "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: server/discover\r\n"
#define CHUNKED                                                                     \
    "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"   \
    "Accept: application/json, text/event-stream\r\nTransfer-Encoding: chunked\r\n" \
    "\r\n5\r\n{\"jso\r\n1B;x=y\r\nnrpc\":\"2.0\",\"method\":\"x/y\",\r\nC\r\n"      \
    "\"params\":{}}\r\n0\r\nT: v\r\n\r\n"
#define HEALTH  "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define HEALTHY "{\"status\":\"ok\"}"
#define LAST_WORD                                                    \
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n" \
    "Content-Length: 92\r\nConnection: close\r\n\r\n"                \
    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":"   \
    "\"Bad request: it ends before it is over\"}}"

/* ---- pieces ---- */

/* All that comes for a text, in pieces of that size; to be freed. */
static char *answer_in_pieces(const char *text, size_t piece)
{
    struct fake_client *client = fake_connect(NULL);
    const char *all;
    char *copy;
    size_t len;

    fake_pieces(client, piece);
    http_say(client, text);
    (void)http_settle();
    all = fake_all(client, &len);
    copy = strdup(all);
    fake_reset(client);
    (void)http_settle();
    fake_free(client);
    return copy;
}

static void pieces_make_no_difference(void)
{
    static const size_t sizes[] = { 1, 2, 3, 7, 64, 200 };
    char *post = http_post_text(PING_FIELDS, PING), *texts[4], *want = NULL, *got = NULL;
    char *pipelined = malloc(3 * strlen(post) + sizeof CHUNKED + sizeof HEALTH);

    sprintf(pipelined, "%s%s%s%s%s", post, CHUNKED, HEALTH, post, post);
    texts[0] = post;
    texts[1] = strdup(CHUNKED);
    texts[2] = pipelined;
    texts[3] = strdup("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n" HEALTH);
    CHECK(http_begin(NULL));
    for (size_t i = 0; i < 4; i++) {
        want = answer_in_pieces(texts[i], 65536);
        CHECK_INT(strict_count(want, strlen(want)), i < 2 ? 1 : i == 2 ? 5 : 2);
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
            unit_note_on_failure("text %zu in pieces of %zu", i, sizes[k]);
            got = answer_in_pieces(texts[i], sizes[k]);
            CHECK_STR(got, want);
            free(got);
            got = NULL;
        }
        free(want);
        want = NULL;
    }
    CHECK(http_is_clean());
out:
    http_end();
    free(want);
    free(got);
    for (size_t i = 0; i < 4; i++)
        free(texts[i]);
}

/* What was begun of the head of a refused request is nothing of the next one's. */
static void a_refused_head_in_pieces(void)
{
    struct fake_client *client = NULL;
    const char *came;

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    http_say(client, "GET /nothing HTTP/1.1\r\nHost: localhost\r\nA: b\r\n");
    CHECK_STR(http_come(client), "");
    http_say(client, "\r\n");
    CHECK_INT(http_status(http_come(client)), 404);
    http_say(client, "G");
    CHECK_STR(http_come(client), "");
    http_say(client, &HEALTH[1]);
    came = http_come(client);
    CHECK_INT(http_status(came), 200);
    CHECK_STR(http_body(came), HEALTHY);
    /* And nothing is missing of it when the client goes. */
    http_say(client, "GET /nothing HTTP/1.1\r\nHost: localhost\r\nA: b\r\n");
    CHECK(http_settle());
    http_say(client, "\r\n");
    CHECK_INT(http_status(http_come(client)), 404);
    fake_shut(client);
    CHECK_STR(http_come(client), "");
    CHECK_INT(http_stats().aborted, 0);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* ---- HEAD ---- */

/* Nothing stands behind the head of an answer to HEAD, whatever it says. */
static void heads_alone(void)
{
    static const char *const texts[] = {
        "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "HEAD /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "HEAD /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "HEAD /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    };
    static const int statuses[] = { 200, 404, 405, 403 };
    struct fake_client *client = NULL;
    const char *came;

    CHECK(http_begin(NULL));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        unit_note_on_failure("%s", texts[i]);
        client = fake_connect(NULL);
        http_say(client, texts[i]);
        came = http_come(client);
        CHECK_INT(http_status(came), statuses[i]);
        CHECK_STR(http_body(came), "");
        http_say(client, HEALTH);
        CHECK_STR(http_body(http_come(client)), HEALTHY);
        fake_shut(client);
        CHECK(http_settle());
        client = fake_free(client);
    }
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* ---- Expect ---- */

#define EXPECTING                                                                 \
    "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" \
    "Accept: application/json, text/event-stream\r\nExpect: 100-continue\r\n"     \
    "Content-Length: 2\r\n\r\n"

static void a_body_is_asked_for(void)
{
    struct fake_client *client = NULL;

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    http_say(client, EXPECTING);
    CHECK_STR(http_come(client), "HTTP/1.1 100 Continue\r\n\r\n");
    http_say(client, "{}");
    CHECK_INT(http_status(http_come(client)), 400);
    http_say(client, EXPECTING "{}");
    CHECK_INT(http_status(http_come(client)), 400);
    fake_shut(client);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* There is room for what comes before it, and for nothing else, now or later. */
static void a_body_is_asked_for_without_room(void)
{
    struct fake_client *client = NULL;
    const char *all;
    size_t len;

    for (int reads = 0; reads < 2; reads++) {
        CHECK(http_begin(NULL));
        client = fake_connect(NULL);
        fake_window(client, 7);
        http_say(client, EXPECTING);
        CHECK(http_settle());
        CHECK(fake_is_waiting(client));
        /* Its time is over. What is said about that waits, too, but not for ever. */
        CHECK(http_wait(31000));
        if (reads)
            fake_window(client, 10000);
        CHECK(http_settle());
        CHECK(http_wait(reads ? 1000 : 31000));
        CHECK(http_wait(2000));
        CHECK(fake_is_closed(client));
        all = fake_all(client, &len);
        if (reads)
            CHECK_INT(strict_count(all, len), 1);
        CHECK_INT(mcps_server_get_limit_hits(http_server, MCPS_LIMIT_BODY_MS), 1);
        CHECK(http_is_clean());
        http_end();
        client = fake_free(client);
    }
out:
    fake_free(client);
    http_end();
}

/* ---- clients that leave in the middle ---- */

#define CUT                                                                        \
    "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:19876\r\n"                              \
    "Content-Type: application/json\r\n"                                           \
    "Accept: application/json, text/event-stream\r\nContent-Length: 10000\r\n\r\n" \
    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\""

static void cut_at(size_t len, int how)
{
    struct fake_client *client = fake_connect(NULL);
    const size_t head = sizeof CUT - 1 - 45;
    uint64_t aborted = http_stats().aborted;
    char want[100];

    fake_send(client, CUT, len);
    CHECK(http_settle());
    if (how == 0)
        fake_shut(client);
    else
        fake_reset(client);
    CHECK_STR(http_come(client), how == 0 && len > 0 ? LAST_WORD : "");
    CHECK(fake_is_closed(client));
    CHECK_INT(http_stats().aborted, aborted + (len > 0));
    if (len >= head) {
        snprintf(want, sizeof want, "a client left after %zu of 10000 bytes", len - head);
        CHECK(http_last_log_has(MCPS_LOG_WARNING, want));
    }
    CHECK_INT(http_stats().answers, 0);
    CHECK_INT(http_stats().sessions, 0);
    CHECK(http_is_clean());
out:
    fake_free(client);
}

static void cut_everywhere(void)
{
    unsigned step = unit_repeat(11, 1);

    CHECK(http_begin(NULL));
    for (int how = 0; how < 2; how++) {
        for (size_t len = 0; len<sizeof CUT; len += len> 100 ? 3 : step) {
            unit_note_on_failure("%zu bytes, way %d", len, how);
            cut_at(len, how);
        }
        cut_at(sizeof CUT - 1, how);
    }
    CHECK_INT(http_logged(MCPS_LOG_ERROR), 0);
out:
    http_end();
}

/* ---- HTTP/1.0 ---- */

static void a_client_of_1_0(void)
{
    struct fake_client *client = NULL;
    char text[900], body[500];
    const char *came;

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
             "\"name\":\"steps\"," META "}}");
    snprintf(
        text, sizeof text,
        "POST /mcp HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Accept: */*\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n"
        "Mcp-Name: steps\r\nContent-Length: %zu\r\n\r\n%s",
        strlen(body), body);
    http_say(client, text);
    came = http_come(client);
    CHECK_INT(http_status(came), 200);
    CHECK(strstr(came, "chunked") == NULL &&
          strstr(came, "Connection: close\r\n") != NULL);
    CHECK(strncmp(http_body(came), "data: {", 7) == 0);
    CHECK(fake_is_closed(client));
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

/* ---- time, and how many ---- */

static void times(void)
{
    struct fake_client *client = NULL;

    CHECK(http_begin(NULL));
    client = fake_connect(NULL);
    CHECK(http_settle());
    CHECK(http_wait(9000));
    CHECK(!fake_is_closed(client));
    CHECK(http_wait(2000));
    CHECK(fake_is_closed(client));
    CHECK_STR(http_come(client), "");
    fake_free(client);
    client = fake_connect(NULL);
    http_say(client, "GET /");
    CHECK(http_settle());
    CHECK(http_wait(11000));
    CHECK_INT(http_status(http_come(client)), 408);
    CHECK(fake_has_ended(client));
    fake_free(client);
    client = fake_connect(NULL);
    fake_send(client, CUT, sizeof CUT - 1);
    CHECK(http_settle());
    CHECK(http_wait(31000));
    CHECK_INT(http_status(http_come(client)), 408);
    fake_free(client);
    client = fake_connect(NULL);
    http_say(client, HEALTH);
    CHECK_INT(http_status(http_come(client)), 200);
    CHECK(http_wait(74000));
    CHECK(!fake_is_closed(client));
    CHECK(http_wait(2000));
    CHECK(fake_is_closed(client));
    CHECK_STR(http_come(client), "");
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

static void at_most_so_many_connections(void)
{
    struct fake_client *clients[3] = { NULL, NULL, NULL };

    CHECK(http_prepare(NULL));
    CHECK(mcps_server_set_limit(http_server, MCPS_LIMIT_CONNECTIONS, 2) >= 0);
    CHECK(http_start());
    for (int i = 0; i < 3; i++) {
        clients[i] = fake_connect(NULL);
        http_say(clients[i], HEALTH);
    }
    CHECK(http_settle());
    CHECK_INT(fake_n_socks(), 2);
    CHECK_INT(fake_n_backlog(), 1);
    CHECK_STR(http_come(clients[2]), "");
    fake_shut(clients[0]);
    CHECK_INT(http_status(http_come(clients[2])), 200);
    CHECK_INT(mcps_server_get_limit_hits(http_server, MCPS_LIMIT_CONNECTIONS), 2);
    fake_reset(clients[1]);
    fake_reset(clients[2]);
    CHECK(http_is_clean());
out:
    for (int i = 0; i < 3; i++)
        fake_free(clients[i]);
    http_end();
}

/* A client of IPv6 has a network of addresses. */
static void at_most_so_many_connections_of_an_account(void)
{
    static const char *const from[] = { "2001:db8:0:1::1", "2001:db8:0:1:2::2",
                                        "2001:db8:0:1::3", "2001:db8:0:2::1" };
    struct fake_client *clients[5] = { NULL, NULL, NULL, NULL, NULL };

    CHECK(http_prepare(NULL));
    CHECK(mcps_server_set_limit(http_server, MCPS_LIMIT_CONNECTIONS_PER_ACCOUNT, 2) >= 0);
    CHECK(http_start());
    for (int i = 0; i < 4; i++) {
        clients[i] = fake_connect(from[i]);
        http_say(clients[i], HEALTH);
    }
    CHECK_INT(http_status(http_come(clients[0])), 200);
    CHECK_INT(http_status(http_come(clients[1])), 200);
    CHECK_STR(http_come(clients[2]), "");
    CHECK(fake_is_closed(clients[2]));
    CHECK_INT(http_status(http_come(clients[3])), 200);
    CHECK_INT(mcps_server_get_limit_hits(http_server, MCPS_LIMIT_CONNECTIONS_PER_ACCOUNT),
              1);
    fake_shut(clients[0]);
    CHECK(http_settle());
    clients[4] = fake_connect(from[0]);
    http_say(clients[4], HEALTH);
    CHECK_INT(http_status(http_come(clients[4])), 200);
    for (int i = 0; i < 5; i++)
        clients[i] = fake_free(clients[i]);
    CHECK(http_is_clean());
out:
    for (int i = 0; i < 5; i++)
        fake_free(clients[i]);
    http_end();
}

/* What comes behind a request that is served counts, and is not read where too much waits. */
static void what_comes_behind_counts(void)
{
    static const char head[] = "POST /mcp HTTP/1.1\r\nHost: localhost\r\n"
                               "Content-Type: application/json\r\n"
                               "Content-Length: 100000\r\n\r\n";
    static char much[20000];
    struct fake_client *client = NULL;
    const char *came;

    CHECK(http_prepare(NULL));
    CHECK(mcps_server_set_limit(http_server, MCPS_LIMIT_IN_TOTAL_BYTES, 10000) >= 0);
    CHECK(http_start());
    memset(much, ' ', sizeof much);
    client = fake_connect(NULL);
    http_call(client, "1", "hold", "{}");
    CHECK(http_settle());
    CHECK(http_held() != NULL);
    http_say(client, head);
    CHECK(http_settle());
    CHECK(http_stats().in_bytes > sizeof head - 1);
    CHECK(!fake_has_unread(client));
    fake_send(client, much, sizeof much);
    CHECK(http_settle());
    CHECK(!fake_has_unread(client));
    CHECK(http_stats().in_bytes > sizeof much);
    fake_send(client, "x", 1);
    CHECK(http_settle());
    CHECK(fake_has_unread(client));
    CHECK(http_finish("held"));
    came = http_come(client);
    CHECK(strstr(came, "held") != NULL);
    CHECK(strstr(came, "HTTP/1.1 503 ") != NULL);
    CHECK(!fake_has_unread(client));
    fake_reset(client);
    CHECK(http_settle());
    CHECK_INT(http_stats().in_bytes, 0);
    CHECK(http_is_clean());
out:
    fake_free(client);
    http_end();
}

enum { N_BODIES = 12 };

/* Each of them began while there was room: for one account in a quarter of it, and for all. */
static void bodies_together(bool of_one, uint64_t max)
{
    static const char head[] = "POST /mcp HTTP/1.1\r\nHost: localhost\r\n"
                               "Content-Type: application/json\r\n"
                               "Content-Length: 60000\r\n\r\n";
    static char most[50000];
    struct fake_client *clients[N_BODIES] = { NULL };
    unsigned n_refused = 0;
    char from[20];

    CHECK(http_prepare(NULL));
    CHECK(mcps_server_set_limit(http_server, MCPS_LIMIT_IN_TOTAL_BYTES, max) >= 0);
    CHECK(http_start());
    memset(most, ' ', sizeof most);
    for (unsigned i = 0; i < N_BODIES; i++) {
        snprintf(from, sizeof from, "192.0.2.%u", of_one ? 1 : i + 1);
        clients[i] = fake_connect(from);
        fake_pieces(clients[i], 10000);
        http_say(clients[i], head);
    }
    CHECK(http_settle());
    for (unsigned i = 0; i < N_BODIES; i++)
        fake_send(clients[i], most, sizeof most);
    CHECK(http_settle());
    CHECK(http_stats().in_bytes < (of_one ? max / 4 : max) + 70000);
    for (unsigned i = 0; i < N_BODIES; i++) {
        const char *came = http_come(clients[i]);

        if (!*came)
            continue;
        n_refused++;
        CHECK_INT(http_status(came), 503);
        CHECK(strstr(came, "\r\nRetry-After: 1\r\n") != NULL);
        CHECK(strstr(came, "too much input waits") != NULL);
    }
    CHECK(n_refused > 0 && n_refused < N_BODIES);
    CHECK_INT(mcps_server_get_limit_hits(http_server, MCPS_LIMIT_IN_TOTAL_BYTES),
              n_refused);
    for (unsigned i = 0; i < N_BODIES; i++)
        clients[i] = fake_free(clients[i]);
    CHECK(http_settle());
    CHECK(http_is_clean());
out:
    for (unsigned i = 0; i < N_BODIES; i++)
        fake_free(clients[i]);
    http_end();
}

static void bodies_that_come_together_are_bounded(void)
{
    bodies_together(true, 1000000);
    bodies_together(false, 500000);
}

/* A client that fills the share of its account fills nobody else's. */
static void one_account_leaves_room_for_others(void)
{
    static const char head[] = "POST /mcp HTTP/1.1\r\nHost: localhost\r\n"
                               "Content-Type: application/json\r\n"
                               "Content-Length: 60000\r\n\r\n";
    static char most[40000];
    struct fake_client *greedy = NULL, *second = NULL, *other = NULL;

    CHECK(http_prepare(NULL));
    CHECK(mcps_server_set_limit(http_server, MCPS_LIMIT_IN_TOTAL_BYTES, 160000) >= 0);
    CHECK(http_start());
    memset(most, ' ', sizeof most);
    greedy = fake_connect("192.0.2.1");
    http_say(greedy, head);
    fake_send(greedy, most, sizeof most);
    CHECK(http_settle());
    CHECK_STR(http_come(greedy), "");
    second = fake_connect("192.0.2.1");
    http_call(second, "1", "echo", "{}");
    CHECK_INT(http_status(http_come(second)), 503);
    other = fake_connect("192.0.2.2");
    http_call(other, "1", "echo", "{}");
    CHECK_INT(http_status(http_come(other)), 200);
out:
    fake_free(greedy);
    fake_free(second);
    fake_free(other);
    http_end();
}

/* The room that is left counts, also for a result that was begun while there was more. */
static void what_waits_bounds_other_results(void)
{
    static char text[120000];
    struct fake_client *reader = NULL, *other = NULL;

    CHECK(http_prepare(NULL));
    CHECK(mcps_server_set_limit(http_server, MCPS_LIMIT_OUT_TOTAL_BYTES, 800000) >= 0);
    CHECK(http_start());
    memset(text, 'x', sizeof text);
    reader = fake_connect(NULL);
    http_call(reader, "1", "hold", "{}");
    CHECK(http_settle());
    CHECK(http_held() != NULL);
    CHECK(mcps_call_text(http_held(), "begun") >= 0);
    other = fake_connect(NULL);
    fake_window(other, 0);
    http_call(other, "2", "fill", "{\"n\":190000}");
    CHECK(http_settle());
    CHECK(http_stats().out_bytes > 100000);
    CHECK_INT(mcps_call_text_bytes(http_held(), text, sizeof text), MCPS_ELIMIT);
    CHECK_INT(mcps_server_get_limit_hits(http_server, MCPS_LIMIT_OUT_TOTAL_BYTES), 1);
    fake_reset(other);
    CHECK(http_settle());
    CHECK_INT(mcps_call_text_bytes(http_held(), text, sizeof text), 0);
    CHECK(http_finish("held"));
    CHECK(strstr(http_come(reader), "held") != NULL);
out:
    fake_free(reader);
    fake_free(other);
    http_end();
}

/* ---- the stop ---- */

static void a_stop_with_all_kinds_of_connections(void)
{
    struct fake_client *idle = NULL, *head = NULL, *body = NULL, *call = NULL,
                       *get = NULL;
    struct http_chat chat;
    char text[200];

    CHECK(http_begin(NULL));
    CHECK(http_chat(&chat, "2025-11-25"));
    idle = fake_connect(NULL);
    head = fake_connect(NULL);
    body = fake_connect(NULL);
    call = fake_connect(NULL);
    get = fake_connect(NULL);
    http_say(idle, HEALTH);
    http_say(head, "GET /");
    fake_send(body, CUT, sizeof CUT - 1);
    http_call(call, "1", "hold", "{}");
    snprintf(
        text, sizeof text,
        "GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n%s\r\n",
        chat.field);
    http_say(get, text);
    CHECK(http_settle());
    CHECK_INT(http_stats().connections, 5);
    mcps_server_request_stop(http_server);
    CHECK(http_settle());
    CHECK(!fake_listens());
    CHECK(fake_is_closed(idle));
    CHECK(fake_has_ended(get));
    CHECK_INT(http_stats().sessions, 0);
    CHECK(!fake_has_ended(call));
    CHECK(http_finish("in time"));
    CHECK(strstr(http_come(call), "in time") != NULL);
    CHECK(fake_has_ended(call));
    /* Who goes on sending is left behind. */
    (void)http_wait(12000);
    (void)http_settle();
    CHECK_INT(http_stats().connections, 0);
    CHECK_INT(mcps_server_process(http_server), MCPS_ECLOSED);
out:
    fake_free(idle);
    fake_free(head);
    fake_free(body);
    fake_free(call);
    fake_free(get);
    http_end();
}

const struct unit_test http_bytes_tests[] = {
    UNIT_TEST(pieces_make_no_difference),
    UNIT_TEST(a_refused_head_in_pieces),
    UNIT_TEST(heads_alone),
    UNIT_TEST(a_body_is_asked_for),
    UNIT_TEST(a_body_is_asked_for_without_room),
    UNIT_TEST(cut_everywhere),
    UNIT_TEST(a_client_of_1_0),
    UNIT_TEST(times),
    UNIT_TEST(at_most_so_many_connections),
    UNIT_TEST(at_most_so_many_connections_of_an_account),
    UNIT_TEST(what_comes_behind_counts),
    UNIT_TEST(bodies_that_come_together_are_bounded),
    UNIT_TEST(one_account_leaves_room_for_others),
    UNIT_TEST(what_waits_bounds_other_results),
    UNIT_TEST(a_stop_with_all_kinds_of_connections),
    UNIT_END,
};
