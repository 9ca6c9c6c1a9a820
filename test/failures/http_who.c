/* SPDX-License-Identifier: MIT */
/* Group 13, whose things are whose: F13.04 to F13.06, F13.10 to F13.12, and F13.15. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_site.h"
#include "http_tests.h"
#include "props.h"

SCENE_STAT(in_flight);

static atomic_bool revoked; /* the token of a */

/* "Bearer a" is a, and so on; without any one is anonymous, unless the userdata is set. */
static void identify(mcps_http_request *request, void *userdata)
{
    const char *token = mcps_http_header(request, "Authorization");

    if (!token && userdata) {
        mcps_http_reject(request, 401, "Bearer realm=\"test\"");
    } else if (!token) {
        mcps_http_accept(request, NULL, NULL);
    } else if (strncmp(token, "Bearer ", 7) != 0 || !token[7]) {
        mcps_http_reject(request, 401, "Bearer error=\"invalid_token\"");
    } else if (strcmp(token + 7, "a") == 0 && atomic_load(&revoked)) {
        mcps_http_reject(request, 401, "Bearer error=\"invalid_token\"");
    } else if (strcmp(token + 7, "banned") == 0) {
        mcps_http_reject(request, 403, NULL);
    } else {
        mcps_http_accept(request, token + 7, NULL);
    }
}

#define TOKEN(name) "Authorization: Bearer " name "\r\n"

static bool open_with_identity(struct site *site, const char *limits, bool needed)
{
    static char yes[] = "needed";
    const struct mcps_http_options options =
        MCPS_HTTP_OPTIONS(.identify = identify, .identify_userdata = needed ? yes : NULL);

    atomic_store(&revoked, false);
    return site_open(site, 4, limits, &options);
}

/* ---- F13.04: a session of somebody else ---- */

/* All that one can do with a session, without being let in: what is said then is what is
 * said of a session that does not exist. */
static bool is_kept_out(struct chat *chat, const char *last_event_id)
{
    struct web web = { .fd = 0 };
    int statuses[6];
    bool ok = true;

    statuses[0] = chat_ping(chat);
    statuses[1] = chat_get(chat, &web, NULL) ? web_status(&web) : -1;
    web_close(&web);
    statuses[2] = chat_get(chat, &web, last_event_id) ? web_status(&web) : -1;
    web_close(&web);
    statuses[3] = chat_delete(chat);
    statuses[4] = chat_cancel(chat, "2");
    statuses[5] =
        chat_tell(chat, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"roots\":[]}}");
    for (int i = 0; i < 6; i++) {
        ok = ok && statuses[i] == 404;
        if (statuses[i] != 404)
            unit_note("no. %d: status %d", i, statuses[i]);
    }
    return ok;
}

static void f13_04_a_session_of_somebody_else(void)
{
    static const char *const others[] = { TOKEN("b"), NULL, TOKEN("a2"), TOKEN("A") };
    struct site site = { .port = 0 };
    struct chat chat, other;
    struct web web = { .fd = 0 };
    struct web_answer *answer;

    CHECK(open_with_identity(&site, NULL, false));
    CHECK(chat_open_as(&chat, &site, LEGACY, "{\"roots\":{}}", TOKEN("a")));
    answer = chat_start(&chat, &web, "2", "ask", NULL);
    CHECK(web_message(&web, answer) != NULL);
    for (int i = 0; i < 4; i++) {
        unit_note_on_failure("%s", others[i] ? others[i] : "nobody");
        other = chat;
        other.fields = others[i];
        CHECK(is_kept_out(&other, chat_last_id(answer)));
        CHECK(chat_alive(&chat));
    }
    CHECK_INT(atomic_load(&hands.left), 0);
    CHECK_INT(chat_give_roots(&chat, answer->events[1].json, "file:///a"), 202);
    CHECK(web_final(&web, answer) != NULL);
    CHECK_INT(atomic_load(&hands.answered), 1);
    CHECK(web_ok(&web));
    web_close(&web);
    /* Nor does one that is nobody's become somebody's. */
    CHECK(chat_open(&chat, &site));
    other = chat;
    other.fields = TOKEN("b");
    CHECK(is_kept_out(&other, "1_1"));
    CHECK(chat_alive(&chat));
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* One body for what does not exist and what is another's. */
static void f13_04_no_telling_which(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web webs[2] = { { .fd = 0 } };
    struct web_answer *answers[2];
    struct web_request request = {
        .fields = TOKEN("b"),
        .version = LEGACY,
        .body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
    };
    char unknown[128];

    CHECK(open_with_identity(&site, NULL, false));
    CHECK(chat_open_as(&chat, &site, LEGACY, "{}", TOKEN("a")));
    snprintf(unknown, sizeof unknown, "%s", chat.id);
    unknown[5] = unknown[5] == 'a' ? 'b' : 'a';
    for (int i = 0; i < 2; i++) {
        request.session = i == 0 ? chat.id : unknown;
        CHECK(site_visit(&site, &webs[i]));
        CHECK(web_ask(&webs[i], &request));
        answers[i] = web_answer(&webs[i]);
        CHECK(answers[i] && answers[i]->status == 404);
    }
    CHECK_STR(answers[0]->body.data, answers[1]->body.data);
    CHECK_INT(strlen(answers[0]->head), strlen(answers[1]->head));
    for (int i = 0; i < 2; i++)
        web_close(&webs[i]);
    CHECK(chat_alive(&chat));
    CHECK(site_ok(&site));
out:
    for (int i = 0; i < 2; i++)
        web_close(&webs[i]);
    CHECK_AFTER(site_close(&site));
}

/* Requests that are refused are no use of the session: it ends in its time. */
static void f13_04_refused_requests_are_no_use(void)
{
    struct site site = { .port = 0 };
    struct chat chat, other;

    CHECK(open_with_identity(&site, "session_idle_ms=300", false));
    CHECK(chat_open_as(&chat, &site, LEGACY, "{}", TOKEN("a")));
    other = chat;
    other.fields = TOKEN("b");
    while (site_sessions(&site) > 0) /* up to the watchdog of the program */
        CHECK_INT(chat_ping(&other), 404);
    CHECK_INT(chat_ping(&chat), 404);
    CHECK(scene_log_ok(&site.scene));
out:
    CHECK_AFTER(site_close(&site));
}

/* ---- F13.05: each request is asked ---- */

static void f13_05_each_request_is_identified(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    struct web_request request = {
        .fields = TOKEN("a"),
        .body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
    };

    CHECK(open_with_identity(&site, NULL, true));
    CHECK(chat_open_as(&chat, &site, LEGACY, "{}", TOKEN("a")));
    CHECK(chat_alive(&chat));
    request.session = chat.id;
    CHECK(site_visit(&site, &web));
    CHECK(web_ask(&web, &request)); /* the same connection does not vouch for the next */
    CHECK_INT(web_status(&web), 200);
    atomic_store(&revoked, true);
    CHECK(web_ask(&web, &request));
    answer = web_answer(&web);
    CHECK(answer != NULL);
    CHECK_INT(answer->status, 401);
    CHECK(web_has_field(answer, "WWW-Authenticate", "Bearer error=\"invalid_token\""));
    CHECK(web_ok(&web));
    CHECK_INT(chat_ping(&chat), 401);
    CHECK_INT(chat_delete(&chat), 401);
    atomic_store(&revoked, false);
    CHECK(chat_alive(&chat));
    request.fields = NULL; /* the id of the session alone is nothing */
    CHECK_INT(site_status(&site, &request), 401);
    request.target = "/mcp?access_token=a";
    CHECK_INT(site_status(&site, &request), 401);
    request.target = NULL;
    request.fields = TOKEN("banned");
    CHECK_INT(site_status(&site, &request), 403);
    web_close(&web);
    CHECK(site_idle(&site));
    CHECK(scene_log_ok(&site.scene));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F13.06: ids of sessions are made here alone ---- */

static void f13_06_ids_are_not_adopted(void)
{
    struct site site = { .port = 0 };
    struct chat chat, again;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    char *body = chat_hello(LEGACY, "{}");
    struct web_request request = { .session = "0123456789abcdef0123456789abcdef",
                                   .body = body };

    CHECK(body != NULL);
    CHECK(site_open(&site, 2, NULL, NULL));
    CHECK(site_visit(&site, &web));
    CHECK(web_ask(&web, &request));
    answer = web_answer(&web);
    CHECK(answer != NULL);
    CHECK(!web_has_field(answer, "Mcp-Session-Id", request.session));
    web_close(&web);
    request.version = LEGACY;
    request.body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
    CHECK_INT(site_status(&site, &request), 404);
    CHECK(chat_open(&chat, &site));
    CHECK_INT(chat_delete(&chat), 204);
    CHECK_INT(chat_ping(&chat), 404);
    /* An initialize that names a session that was does not bring it back. */
    request.session = chat.id;
    request.version = NULL;
    request.body = body;
    site_status(&site, &request);
    CHECK_INT(chat_ping(&chat), 404);
    /* Nor does a restart. */
    CHECK(chat_open(&again, &site));
    CHECK_INT(mcps_server_stop(site.scene.server, 0), 0);
    CHECK(site_start(&site));
    CHECK_INT(chat_ping(&again), 404);
    CHECK(site_ok(&site));
out:
    free(body);
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

/* ---- F13.10: answers do not cross ---- */

struct client {
    struct site *site;
    pthread_t thread;
    unsigned serial, n;
    bool ok;
};

static bool echoes(const struct client *client, struct web *web, struct chat *chat,
                   unsigned i)
{
    char secret[64], arguments[96], id[16];
    bool asked;

    snprintf(secret, sizeof secret, "secret %u-%u", client->serial, i);
    snprintf(arguments, sizeof arguments, "{\"text\":\"%s\"}", secret);
    snprintf(id, sizeof id, "%u", i % 50 + 1);
    asked = chat ? chat_call(chat, web, id, "echo", arguments)
                 : modern_call(web, id, "echo", arguments);
    return asked && strcmp(answer_text(web_reply(web)), secret) == 0;
}

static void *live(void *userdata)
{
    struct client *client = userdata;
    bool legacy = client->serial % 2 == 0;
    struct web web = { .fd = 0 };
    struct chat chat;

    client->ok = !legacy || chat_open(&chat, client->site);
    for (unsigned i = 0; client->ok && i < client->n; i++) {
        if (i % 7 == 0) {
            web_close(&web);
            client->ok = site_visit(client->site, &web);
        }
        client->ok =
            client->ok && echoes(client, &web, legacy ? &chat : NULL, i) && web_ok(&web);
    }
    web_close(&web);
    return NULL;
}

static void f13_10_answers_do_not_cross_over_http(void)
{
    enum { N = 40 };
    struct site site = { .port = 0 };
    struct client clients[N];
    int n = 0;

    CHECK(site_open(&site, 4, NULL, NULL));
    for (; n < N; n++) {
        clients[n] = (struct client){ .site = &site,
                                      .serial = (unsigned)n,
                                      .n = unit_repeat(50, 2000) / SLOWER };
        CHECK(pthread_create(&clients[n].thread, NULL, live, &clients[n]) == 0);
    }
out:
    for (int i = 0; i < n; i++) {
        pthread_join(clients[i].thread, NULL);
        CHECK_AFTER(clients[i].ok);
    }
    CHECK_AFTER(site_ok(&site));
    CHECK_AFTER(site_close(&site));
}

/* ---- F13.11: one cannot use up what is there for all ---- */

static int hello_status(struct site *site, const char *fields)
{
    char *body = chat_hello(LEGACY, "{}");
    const struct web_request request = { .fields = fields, .body = body };
    int status = body ? site_status(site, &request) : -1;

    free(body);
    return status;
}

static void f13_11_one_leaves_room_for_others(void)
{
    struct site site = { .port = 0 };
    struct web webs[6] = { { .fd = 0 } };
    struct web_request request = { .version = MODERN };
    char *body = modern_body("1", "tools/call", "\"name\":\"wait\"");

    CHECK(body != NULL);
    CHECK(open_with_identity(
        &site, "sessions=10 sessions_per_account=5 calls_per_account=4", false));
    for (int i = 0; i < 8; i++)
        CHECK_INT(hello_status(&site, TOKEN("a")), i < 5 ? 200 : 503);
    CHECK_INT(hello_status(&site, TOKEN("b")), 200);
    CHECK_INT(hello_status(&site, NULL), 200);
    request.body = body;
    request.fields = "Mcp-Method: tools/call\r\nMcp-Name: wait\r\n" TOKEN("a");
    for (int i = 0; i < 5; i++) {
        CHECK(site_visit(&site, &webs[i]));
        CHECK(i < 4 || hands_wait_entered(4));
        CHECK(web_ask(&webs[i], &request));
    }
    CHECK_INT(web_status(&webs[4]), 503);
    CHECK(site_visit(&site, &webs[5]));
    request.fields = "Mcp-Method: tools/call\r\nMcp-Name: wait\r\n" TOKEN("b");
    CHECK(web_ask(&webs[5], &request));
    CHECK(scene_wait(&site.scene, stat_in_flight, 5));
    hands_let_go();
    CHECK_STR(answer_text(web_reply(&webs[5])), "done");
    for (int i = 0; i < 4; i++)
        CHECK_STR(answer_text(web_reply(&webs[i])), "done");
    for (int i = 0; i < 6; i++) {
        CHECK(web_ok(&webs[i]));
        web_close(&webs[i]);
    }
    CHECK(site_ok(&site));
out:
    free(body);
    for (int i = 0; i < 6; i++)
        web_close(&webs[i]);
    CHECK_AFTER(site_close(&site));
}

/* Those whom nobody knows are told apart by where they come from. */
static void f13_11_addresses_are_accounts(void)
{
    struct site site = { .port = 0 };
    struct web webs[4] = { { .fd = 0 } };

    CHECK(site_open(&site, 4, "calls_per_account=2", NULL));
    for (int i = 0; i < 3; i++) {
        CHECK(site_visit_as(&site, &webs[i], "127.0.0.1", 0));
        CHECK(modern_call(&webs[i], "1", "wait", NULL));
        CHECK(i != 1 || hands_wait_entered(2));
    }
    CHECK_INT(web_status(&webs[2]), 503);
    CHECK(site_visit_as(&site, &webs[3], "127.0.0.5", 0));
    CHECK(modern_call(&webs[3], "1", "wait", NULL));
    CHECK(hands_wait_entered(3));
    hands_let_go();
    for (int i = 0; i < 4; i++) {
        CHECK(i == 2 || strcmp(answer_text(web_reply(&webs[i])), "done") == 0);
        CHECK(web_ok(&webs[i]));
        web_close(&webs[i]);
    }
    CHECK(site_ok(&site));
out:
    for (int i = 0; i < 4; i++)
        web_close(&webs[i]);
    CHECK_AFTER(site_close(&site));
}

/* ---- F13.12: ids that are in flight ---- */

static void f13_12_an_id_in_flight(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web first = { .fd = 0 }, second = { .fd = 0 };
    struct web_answer *answer, *refusal;

    CHECK(site_open(&site, 4, NULL, NULL));
    CHECK(chat_open(&chat, &site));
    answer = chat_start(&chat, &first, "1", "wait", NULL);
    CHECK(answer != NULL);
    CHECK(hands_wait_entered(1));
    CHECK(chat_visit(&chat, &second));
    CHECK(chat_call(&chat, &second, "1", "count", NULL));
    refusal = web_answer(&second);
    CHECK(refusal != NULL);
    CHECK_INT(refusal->status, 400);
    CHECK_INT(answer_code(refusal->json), -32600);
    CHECK_INT(atomic_load(&hands.counted), 0);
    CHECK(chat_call(&chat, &second, "\"1\"", "count", NULL)); /* which is another */
    CHECK_STR(answer_text(web_reply(&second)), "counted");
    hands_let_go();
    CHECK_STR(answer_text(web_final(&first, answer)), "done");
    CHECK(chat_call(&chat, &second, "1", "count", NULL));
    CHECK_STR(answer_text(web_reply(&second)), "counted");
    CHECK(web_ok(&first) && web_ok(&second));
    web_close(&first);
    web_close(&second);
    CHECK(site_ok(&site));
out:
    web_close(&first);
    web_close(&second);
    CHECK_AFTER(site_close(&site));
}

/* Where it is tolerated each gets its own, and a cancel is for all of them. */
static void f13_12_an_id_in_flight_is_tolerated(void)
{
    const struct mcps_http_options options =
        MCPS_HTTP_OPTIONS(.tolerate_duplicate_ids = true);
    struct site site = { .port = 0 };
    struct chat chat;
    struct web first = { .fd = 0 }, second = { .fd = 0 }, third = { .fd = 0 };
    struct web_answer *to_first, *to_second;

    CHECK(site_open(&site, 4, NULL, &options));
    CHECK(chat_open(&chat, &site));
    to_first = chat_start(&chat, &first, "1", "wait", NULL);
    to_second = chat_start(&chat, &second, "1", "wait", NULL);
    CHECK(to_first && to_second);
    CHECK(chat_visit(&chat, &third));
    CHECK(chat_call(&chat, &third, "1", "count", NULL));
    CHECK_STR(answer_text(web_reply(&third)), "counted");
    CHECK(hands_wait_entered(3));
    CHECK_INT(chat_cancel(&chat, "1"), 202);
    CHECK(hands_wait_left(2));
    CHECK_INT(answer_code(web_final(&first, to_first)), -32800);
    CHECK_INT(answer_code(web_final(&second, to_second)), -32800);
    CHECK(web_ok(&first) && web_ok(&second) && web_ok(&third));
    web_close(&first);
    web_close(&second);
    web_close(&third);
    CHECK(site_ok(&site));
out:
    web_close(&first);
    web_close(&second);
    web_close(&third);
    CHECK_AFTER(site_close(&site));
}

/* Of 2026-07-28 each request is on its own. */
static void f13_12_modern_ids_are_nobody_else_s(void)
{
    struct site site = { .port = 0 };
    struct web webs[3] = { { .fd = 0 } };

    CHECK(site_open(&site, 4, NULL, NULL));
    for (int i = 0; i < 3; i++) {
        CHECK(site_visit(&site, &webs[i]));
        CHECK(modern_call(&webs[i], "1", i < 2 ? "wait" : "count", NULL));
    }
    CHECK_STR(answer_text(web_reply(&webs[2])), "counted");
    CHECK(hands_wait_entered(3));
    web_reset(&webs[0]); /* cancels its own */
    CHECK(hands_wait_left(1));
    CHECK_INT(scene_stats(&site.scene).cancelled, 1);
    hands_let_go();
    CHECK_STR(answer_text(web_reply(&webs[1])), "done");
    for (int i = 1; i < 3; i++)
        CHECK(web_ok(&webs[i]));
    for (int i = 0; i < 3; i++)
        web_close(&webs[i]);
    CHECK(site_ok(&site));
out:
    for (int i = 0; i < 3; i++)
        web_close(&webs[i]);
    CHECK_AFTER(site_close(&site));
}

/* ---- F13.15: what is named by an id belongs to a session ---- */

static void f13_15_handles_of_another_session(void)
{
    struct site site = { .port = 0 };
    struct chat a, b;
    struct web web = { .fd = 0 };
    struct web_answer *answer;
    struct json_object *request;

    CHECK(site_open(&site, 4, "list_changed_ms=0", NULL));
    CHECK(chat_open(&a, &site));
    CHECK(chat_open(&b, &site));
    CHECK(chat_subscribe(&a, 1));
    answer = chat_start(&a, &web, "2", "ask", NULL);
    CHECK(web_message(&web, answer) != NULL);
    request = answer->events[1].json;
    /* A request of ours, an event, a call and a subscription of a's: b has none of them. */
    CHECK_INT(chat_give_roots(&b, request, "file:///b"), 202);
    CHECK_INT(chat_cancel(&b, "2"), 202);
    CHECK_INT(chat_tell(&b, "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":"
                            "\"resources/unsubscribe\",\"params\":{\"uri\":\"news:1\"}}"),
              200);
    CHECK_INT(site_news(&site, 1), 1);
    CHECK_INT(scene_stats(&site.scene).pending, 1);
    CHECK_INT(scene_stats(&site.scene).cancelled, 0);
    CHECK_INT(atomic_load(&hands.left), 0);
    CHECK_INT(chat_give_roots(&a, request, "file:///a"), 202);
    CHECK(web_final(&web, answer) != NULL);
    CHECK(strstr(answer->body.data, "file:///b") == NULL);
    CHECK_INT(atomic_load(&hands.answered), 1);
    CHECK(web_ok(&web));
    web_close(&web);
    CHECK_INT(chat_delete(&a), 204); /* its news waits */
    CHECK(site_ok(&site));
out:
    web_close(&web);
    CHECK_AFTER(site_close(&site));
}

const struct unit_test guard_who_tests[] = {
    UNIT_TEST_ONCE(f13_04_a_session_of_somebody_else, "it has threads"),
    UNIT_TEST_ONCE(f13_04_no_telling_which, "it has threads"),
    UNIT_TEST_ONCE(f13_04_refused_requests_are_no_use, "it has threads"),
    UNIT_TEST_ONCE(f13_05_each_request_is_identified, "it has threads"),
    UNIT_TEST_ONCE(f13_06_ids_are_not_adopted, "it has threads"),
    UNIT_TEST_ONCE(f13_10_answers_do_not_cross_over_http, "it has threads"),
    UNIT_TEST_ONCE(f13_11_one_leaves_room_for_others, "it has threads"),
    UNIT_TEST_ONCE(f13_11_addresses_are_accounts, "it has threads"),
    UNIT_TEST_ONCE(f13_12_an_id_in_flight, "it has threads"),
    UNIT_TEST_ONCE(f13_12_an_id_in_flight_is_tolerated, "it has threads"),
    UNIT_TEST_ONCE(f13_12_modern_ids_are_nobody_else_s, "it has threads"),
    UNIT_TEST_ONCE(f13_15_handles_of_another_session, "it has threads"),
    UNIT_END,
};
