/* SPDX-License-Identifier: MIT */
/* Group 6, how sessions end, and what they share: F6.04, F6.05, F6.11 and F6.13 to F6.16. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_site.h"
#include "http_tests.h"
#include "props.h"
#include "util/sync.h"

SCENE_STAT(parked);

/* ---- F6.04: ended while everything is open ---- */

static void f6_04_ended_while_calls_run(void)
{
    struct site site = { .port = 0 };
    struct chat chat;
    struct web sse = { .fd = 0 }, json = { .fd = 0 }, ask = { .fd = 0 },
               get = { .fd = 0 };
    struct web_answer *to_sse, *to_json, *to_ask, *to_get;

    CHECK(site_prepare(&site, 4, NULL, NULL));
    CHECK(mcps_server_add_tools(site.scene.server,
                                (const struct mcps_tool[]){
                                    MCPS_TOOL_STRUCT(.name = "stand_only",
                                                     .handler = hands_tools[0].handler,
                                                     .only_result = true) },
                                1) >= 0);
    CHECK(site_start(&site));
    CHECK(chat_open(&chat, &site));
    mcps__sync_hold("hands_cleanup"); /* handlers that take their time to return */
    to_sse = chat_start(&chat, &sse, "2", "wait", NULL);
    CHECK(to_sse != NULL);
    CHECK(chat_visit(&chat, &json));
    CHECK(chat_call(&chat, &json, "3", "stand_only", NULL));
    to_ask = chat_start(&chat, &ask, "4", "ask", NULL);
    CHECK(web_message(&ask, to_ask) != NULL);
    to_get = chat_stream(&chat, &get, NULL);
    CHECK(to_get != NULL);
    CHECK(hands_wait_entered(3));
    CHECK(scene_wait(&site.scene, stat_parked, 1));
    CHECK_INT(chat_delete(&chat), 204);
    CHECK(answer_code(web_final(&sse, to_sse)) != 0);
    to_json = web_answer(&json);
    CHECK(to_json != NULL);
    CHECK(!to_json->is_stream);
    CHECK(answer_code(to_json->json) != 0);
    CHECK(answer_code(web_final(&ask, to_ask)) != 0);
    CHECK(web_ends_silently(&get, to_get));
    CHECK_INT(chat_ping(&chat), 404);
    CHECK_INT(chat_delete(&chat), 404);
    CHECK(mcps__sync_wait("hands_cleanup", 2)); /* they are still there */
    CHECK_INT(mcps_call_cancelled(atomic_load(&hands.call)), MCPS_CANCEL_SESSION_END);
    mcps__sync_release("hands_cleanup");
    CHECK(hands_wait_left(3));
    CHECK_INT(atomic_load(&hands.answered) + atomic_load(&hands.otherwise), 0);
    CHECK(web_ok(&sse) && web_ok(&json) && web_ok(&ask) && web_ok(&get));
    web_close(&sse);
    web_close(&json);
    web_close(&ask);
    web_close(&get);
    CHECK(site_ok(&site));
out:
    mcps__sync_release("hands_cleanup");
    web_close(&sse);
    web_close(&json);
    web_close(&ask);
    web_close(&get);
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.05: requests race the end of their session ---- */

enum { RACERS = 4, ROUNDS = 30 };

struct race {
    struct site *site;
    struct chat *chats; /* one for each round */
    pthread_barrier_t *barrier;
    pthread_t thread;
    unsigned serial;
    const char *fault;
};

/* Everything gets an answer: a proper one, that of a session that ended, or 404. */
static const char *ask_once(struct race *race, struct chat *chat, struct web *web,
                            unsigned round)
{
    struct web_answer *answer;
    char id[32];

    snprintf(id, sizeof id, "%u", race->serial * 1000 + round);
    if (!chat_call(chat, web, id, race->serial % 2 ? "count" : "only", NULL))
        return "it could not be sent";
    answer = web_answer(web);
    if (!answer)
        return "no answer";
    if (answer->status == 404)
        return NULL;
    if (answer->status != 200)
        return answer->head;
    return web_final(web, answer) ? NULL : "an answer without a response";
}

static void *race_on(void *userdata)
{
    struct race *race = userdata;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct chat *chat = &race->chats[round];
        struct web web = { .fd = 0 };
        bool visited = race->serial > 0 && chat_visit(chat, &web);

        pthread_barrier_wait(race->barrier);
        if (race->serial == 0 && chat_delete(chat) != 204)
            race->fault = "not deleted";
        for (unsigned i = 0; visited && i < 3 && !race->fault; i++)
            race->fault = ask_once(race, chat, &web, round * 3 + i);
        if (visited && !web_ok(&web))
            race->fault = "bad bytes";
        web_close(&web);
        if (race->fault)
            unit_note("round %u: %s", round, race->fault);
    }
    return NULL;
}

static void f6_05_requests_race_the_end(void)
{
    struct site site = { .port = 0 };
    struct chat chats[ROUNDS];
    struct race races[RACERS];
    pthread_barrier_t barrier;
    int n = 0;

    pthread_barrier_init(&barrier, NULL, RACERS);
    CHECK(site_open(&site, 4, NULL, NULL));
    for (unsigned repeat = 0; repeat < unit_repeat(1, 100); repeat++) {
        bool ok = true;

        for (int i = 0; i < ROUNDS; i++)
            CHECK(chat_open(&chats[i], &site));
        for (n = 0; n < RACERS; n++) {
            races[n] = (struct race){
                .site = &site, .chats = chats, .barrier = &barrier, .serial = (unsigned)n
            };
            /* A thread that is missing would leave the others at the barrier. */
            if (pthread_create(&races[n].thread, NULL, race_on, &races[n]) != 0)
                abort();
        }
        for (int i = 0; i < RACERS; i++) {
            pthread_join(races[i].thread, NULL);
            ok = ok && !races[i].fault;
        }
        CHECK(ok);
        CHECK(site_idle(&site));
        CHECK_INT(site_sessions(&site), 0);
    }
    CHECK(site_ok(&site));
out:
    pthread_barrier_destroy(&barrier);
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.11: the stop meets beginnings and ends ---- */

struct storm {
    struct site *site;
    pthread_t thread;
    atomic_bool *over;
};

static void *open_and_end(void *userdata)
{
    struct storm *storm = userdata;

    while (!atomic_load(storm->over)) {
        struct web web = { .fd = 0 };
        char *body = chat_hello(LEGACY, "{}");
        const struct web_request request = { .body = body };
        struct web_answer *answer = NULL;
        char *id = NULL;

        /* It may be refused at any place. */
        if (body && site_visit(storm->site, &web) && web_ask(&web, &request))
            answer = web_answer(&web);
        id = answer && answer->status == 200 ? web_field(answer, "Mcp-Session-Id") : NULL;
        if (id) {
            const struct web_request end = { .method = "DELETE", .session = id };

            if (web_ask(&web, &end))
                web_answer(&web);
        }
        free(id);
        free(body);
        web_close(&web);
    }
    return NULL;
}

static void f6_11_beginnings_and_ends_meet_the_stop(void)
{
    enum { N = 4 };
    struct site site = { .port = 0 };

    for (unsigned round = 0; round < unit_repeat(5, 200); round++) {
        const struct timespec nap = { .tv_nsec = (long)(round % 7) * 1000000 };
        struct storm storms[N];
        atomic_bool over = false;
        int n = 0;

        CHECK(site_open(&site, 2, NULL, NULL));
        web_hush(true);
        for (; n < N; n++) {
            storms[n] = (struct storm){ .site = &site, .over = &over };
            if (pthread_create(&storms[n].thread, NULL, open_and_end, &storms[n]) != 0)
                abort();
        }
        nanosleep(&nap, NULL);
        atomic_store(&over, round % 2 == 0);
        CHECK_AFTER(mcps_server_stop(site.scene.server, 1000) == 0);
        atomic_store(&over, true);
        for (int i = 0; i < n; i++)
            pthread_join(storms[i].thread, NULL);
        web_hush(false);
        CHECK(scene_log_ok(&site.scene));
        CHECK(site_close(&site));
    }
out:
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.13 and F6.15: what is the application's own is nobody else's time ---- */

static atomic_uint identified;

static void identify_slowly(mcps_http_request *request, void *userdata)
{
    const char *who = mcps_http_header(request, "Authorization");

    (void)userdata;
    atomic_fetch_add(&identified, 1);
    if (who && strcmp(who, "slow") == 0)
        door_wait();
    mcps_http_accept(request, who && strcmp(who, "slow") == 0 ? "slow" : "quick", NULL);
}

static void f6_13_slow_decisions_hold_nobody_up(void)
{
    const struct mcps_http_options options =
        MCPS_HTTP_OPTIONS(.identify = identify_slowly);
    struct site site = { .port = 0 };
    struct chat chats[20];
    struct web slow = { .fd = 0 };
    char *body = chat_hello(LEGACY, "{}");
    const struct web_request request = { .fields = "Authorization: slow\r\n",
                                         .body = body };

    CHECK(body != NULL);
    props_reset();
    CHECK(site_open(&site, 2, NULL, &options));
    CHECK(site_visit(&site, &slow));
    CHECK(web_ask(&slow, &request));
    CHECK(door_await(1));
    for (int i = 0; i < 20; i++) {
        CHECK(chat_open(&chats[i], &site));
        CHECK(chat_alive(&chats[i]));
    }
    for (int i = 0; i < 20; i++)
        CHECK_INT(chat_delete(&chats[i]), 204);
    CHECK(web_is_quiet(&slow));
    door_open();
    CHECK_INT(web_status(&slow), 200);
    CHECK(web_ok(&slow));
    web_close(&slow);
    CHECK(site_ok(&site));
out:
    door_open();
    free(body);
    web_close(&slow);
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.14: what belongs to one request stays with it ---- */

static int whoami(mcps_call *call, struct json_object *args, void *userdata)
{
    const char *text = json_object_get_string(message_at(args, "say"));

    (void)userdata;
    mcps_call_sleep_ms(call, 5);
    mcps_call_log(call, MCPS_LOG_DEBUG, NULL, "debug of %s", text);
    mcps_call_log(call, MCPS_LOG_ERROR, NULL, "error of %s", text);
    mcps_call_progress(call, 1, 2, text);
    return mcps_call_text(call, "%s asked for %s", mcps_call_principal(call), text);
}

static void identify_by_field(mcps_http_request *request, void *userdata)
{
    (void)userdata;
    mcps_http_accept(request, mcps_http_header(request, "Authorization"), NULL);
}

struct asker {
    struct site *site;
    pthread_t thread;
    unsigned serial, n;
    bool ok;
};

/* Each tells another level, token and name, and gets back what is its own. */
static bool ask_as_oneself(struct asker *asker, struct web *web)
{
    char params[512], fields[128], want[64], token[32];
    struct web_answer *answer;
    bool debug = asker->serial % 2 == 0;
    size_t n_events = debug ? 4 : 3;
    char *body;
    bool ok;

    snprintf(token, sizeof token, "\"t%u\"", asker->serial);
    snprintf(want, sizeof want, "user%u asked for word%u", asker->serial, asker->serial);
    snprintf(fields, sizeof fields,
             "Authorization: user%u\r\nMcp-Method: tools/call\r\nMcp-Name: whoami\r\n",
             asker->serial);
    snprintf(
        params, sizeof params,
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":"
        "\"whoami\",\"arguments\":{\"say\":\"word%u\"},\"_meta\":{\"progressToken\":%s,"
        "\"io.modelcontextprotocol/logLevel\":\"%s\","
        "\"io.modelcontextprotocol/protocolVersion\":\"" MODERN "\","
        "\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
        asker->serial, token, debug ? "debug" : "error");
    body = params;
    ok = web_ask(web, &(const struct web_request){
                          .version = MODERN, .fields = fields, .body = body });
    answer = ok ? web_begun(web) : NULL;
    ok = answer && strcmp(answer_text(web_final(web, answer)), want) == 0 &&
         answer->n_events == n_events;
    for (size_t i = 0; ok && i + 1 < n_events; i++) {
        struct json_object *message = answer->events[i].json;
        struct json_object *own = message_at(message, "params.progressToken");

        snprintf(want, sizeof want, "word%u\"", asker->serial);
        ok = strstr(answer->events[i].data, want) != NULL &&
             (!own || strcmp(message_text(own), token) == 0);
    }
    if (!ok)
        unit_note("client %u got: %s", asker->serial,
                  answer ? answer->body.data : "nothing");
    return ok;
}

static void *ask_on(void *userdata)
{
    struct asker *asker = userdata;
    struct web web = { .fd = 0 };

    asker->ok = site_visit(asker->site, &web);
    for (unsigned i = 0; asker->ok && i < asker->n; i++)
        asker->ok = ask_as_oneself(asker, &web);
    asker->ok = asker->ok && web_ok(&web);
    web_close(&web);
    return NULL;
}

static void f6_14_each_request_has_its_own(void)
{
    enum { N = 16 };
    static const struct mcps_tool tools[] = {
        MCPS_TOOL_STRUCT(.name = "whoami", .handler = whoami),
    };
    const struct mcps_http_options options =
        MCPS_HTTP_OPTIONS(.identify = identify_by_field);
    struct site site = { .port = 0 };
    struct asker askers[N];
    int n = 0;

    CHECK(site_prepare(&site, 4, "progress_ms=0", &options));
    CHECK(mcps_server_add_tools(site.scene.server, tools, 1) >= 0);
    CHECK(site_start(&site));
    for (; n < N; n++) {
        askers[n] = (struct asker){ .site = &site,
                                    .serial = (unsigned)n,
                                    .n = unit_repeat(10, 200) };
        CHECK(pthread_create(&askers[n].thread, NULL, ask_on, &askers[n]) == 0);
    }
out:
    for (int i = 0; i < n; i++) {
        pthread_join(askers[i].thread, NULL);
        CHECK_AFTER(askers[i].ok);
    }
    CHECK_AFTER(scene_log_ok(&site.scene));
    CHECK_AFTER(site_close(&site));
}

/* ---- F6.16: without sessions there is no state ---- */

static void f6_16_without_sessions(void)
{
    const struct mcps_http_options options = MCPS_HTTP_OPTIONS(.stateless = true);
    struct site site = { .port = 0 };
    struct web a = { .fd = 0 }, b = { .fd = 0 };
    struct web_request request = { .session = "whatever", .version = LEGACY };
    char body[256], want[32];
    size_t before = 0, after = 0;

    CHECK(site_open(&site, 2, NULL, &options));
    for (int round = 0; round < 3; round++) {
        CHECK(site_visit(&site, &a));
        CHECK(site_visit(&site, &b));
        for (int i = 1; i <= 100; i++) {
            for (int who = 0; who < 2; who++) {
                snprintf(
                    body, sizeof body,
                    "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\","
                    "\"params\":{\"name\":\"echo\",\"arguments\":{\"text\":\"%d-%d\"}}}",
                    i, who, i);
                request.body = body;
                CHECK(web_ask(who ? &b : &a, &request));
            }
            for (int who = 0; who < 2; who++) {
                struct web_answer *answer = web_begun(who ? &b : &a);

                snprintf(want, sizeof want, "%d-%d", who, i);
                CHECK_STR(answer_text(web_final(who ? &b : &a, answer)), want);
                CHECK(strstr(answer->head, "Mcp-Session-Id") == NULL);
            }
        }
        CHECK(web_ok(&a) && web_ok(&b));
        web_close(&a);
        web_close(&b);
        CHECK(site_idle(&site));
        CHECK_INT(site_sessions(&site), 0);
        if (round == 1)
            heap_used(&before);
    }
    if (heap_used(&after))
        CHECK(after < before + 65536);
    CHECK(site_ok(&site));
out:
    web_close(&a);
    web_close(&b);
    CHECK_AFTER(site_close(&site));
}

const struct unit_test session_end_tests[] = {
    UNIT_TEST_ONCE(f6_04_ended_while_calls_run, "it has threads"),
    UNIT_TEST_ONCE(f6_05_requests_race_the_end, "it has threads"),
    UNIT_TEST_ONCE(f6_11_beginnings_and_ends_meet_the_stop, "it has threads"),
    UNIT_TEST_ONCE(f6_13_slow_decisions_hold_nobody_up, "it has threads"),
    UNIT_TEST_ONCE(f6_14_each_request_has_its_own, "it has threads"),
    UNIT_TEST_ONCE(f6_16_without_sessions, "it has threads"),
    UNIT_END,
};
