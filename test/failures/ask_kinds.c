/* SPDX-License-Identifier: MIT */
/* Group 3 for all kinds of questions, by requests: revisions up to 2025-11-25. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "ask.h"
#include "core/call.h"
#include "quiz.h"
#include "util/clock.h"

SCENE_STAT(pending);
SCENE_STAT(parked);

struct place {
    struct scene scene;
    struct wire wire;
};

static bool begin_as(struct place *place, const char *limits, const char *version,
                     const char *capabilities)
{
    quiz_reset();
    return scene_start(&place->scene, 2, limits, quiz_tools(NULL), N_QUIZ) &&
           wire_connect(&place->wire, &place->scene, NULL) &&
           wire_init(&place->wire, version, capabilities);
}

static bool begin(struct place *place, const char *limits)
{
    return begin_as(place, limits, "2025-11-25", ALL_CAPABILITIES);
}

static bool is_ok(struct place *place)
{
    return scene_idle(&place->scene) && wire_settled(&place->wire) &&
           wire_ok(&place->wire) && scene_log_ok(&place->scene);
}

static bool end(struct place *place)
{
    wire_free(&place->wire);
    return scene_close(&place->scene);
}

#define GIVE(what) "{\"action\":\"accept\",\"content\":{" what "}}"

static bool give_next(struct place *place, const char *result)
{
    return quiz_give(&place->wire, wire_await(&place->wire, "elicitation/create"),
                     result);
}

static struct json_object *params_of(struct json_object *request)
{
    struct json_object *params = NULL;

    json_object_object_get_ex(request, "params", &params);
    return params;
}

/* ---- one after the other ---- */

static void a_wizard_in_one_run(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *request;

    CHECK(begin(&place, NULL));
    CHECK(wire_call(&place.wire, "2", "wizard", NULL));
    request = wire_await(&place.wire, "elicitation/create");
    CHECK_STR(
        quiz_line(params_of(request)),
        "{\"_meta\":{\"progressToken\":1},\"message\":\"Who are you?\","
        "\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":"
        "\"string\",\"description\":\"Your name\",\"minLength\":1}},\"required\":["
        "\"name\"]}}");
    CHECK(quiz_give(&place.wire, request, GIVE("\"name\":\"Ann\"")));
    CHECK(give_next(&place, GIVE("\"colour\":\"green\"")));
    CHECK(give_next(&place, GIVE("\"sure\":false")));
    CHECK(strstr(quiz_line(wire_answer(&place.wire, "2")), "Ann green no 1"));
    CHECK_INT(atomic_load(&quiz.runs), 1);
    CHECK_INT(atomic_load(&quiz.steps), 1);
    CHECK(wire_call(&place.wire, "3", "form", NULL));
    CHECK(give_next(&place, "{\"action\":\"decline\"}"));
    CHECK_STR(answer_text(wire_answer(&place.wire, "3")), "declined");
    CHECK(wire_call(&place.wire, "4", "form", NULL));
    CHECK(give_next(&place, "{\"action\":\"cancel\"}"));
    CHECK_STR(answer_text(wire_answer(&place.wire, "4")), "dismissed");
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

/* ---- several at once ---- */

static bool ask_three(struct place *place, struct json_object *requests[3])
{
    static const char *const methods[] = { "elicitation/create", "sampling/createMessage",
                                           "roots/list" };

    if (!wire_call(&place->wire, "2", "three", NULL))
        return false;
    for (int i = 0; i < 3; i++) {
        requests[i] = wire_await(&place->wire, methods[i]);
        if (!requests[i])
            return false;
    }
    return scene_wait(&place->scene, stat_pending, 3) &&
           scene_wait(&place->scene, stat_parked, 1);
}

static void three_questions_park_once(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *requests[3];

    CHECK(begin(&place, NULL));
    CHECK(ask_three(&place, requests));
    CHECK(quiz_give(&place.wire, requests[2], "{\"roots\":[]}"));
    CHECK(quiz_give(
        &place.wire, requests[1],
        "{\"role\":\"assistant\",\"model\":\"m\",\"content\":{\"type\":\"text\","
        "\"text\":\"Paris\"}}"));
    CHECK(scene_wait(&place.scene, stat_pending, 1));
    CHECK(quiz_give(&place.wire, requests[0], GIVE("\"name\":\"Ann\"")));
    CHECK_STR(answer_text(wire_answer(&place.wire, "2")), "0 Ann m 0");
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

/* Each has a deadline of its own. */
static void one_of_three_takes_too_long(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *requests[3], *cancel;

    mcps__clock_drive(0);
    CHECK(begin(&place, "sampling_ms=100 roots_ms=200"));
    CHECK(ask_three(&place, requests));
    CHECK(quiz_give(&place.wire, requests[0], GIVE("\"name\":\"Ann\"")));
    CHECK(wire_settled(&place.wire));
    mcps__clock_advance(101 * MCPS__NS_PER_MS);
    cancel = wire_await(&place.wire, "notifications/cancelled");
    CHECK_INT(
        json_object_get_int64(json_object_object_get(params_of(cancel), "requestId")),
        request_id(requests[1]));
    CHECK(quiz_give(&place.wire, requests[2], "{\"roots\":[]}"));
    CHECK(answer_is_error(wire_answer(&place.wire, "2")));
    CHECK_INT(atomic_load(&quiz.last), MCPS_ETIMEDOUT);
    CHECK_INT(mcps_server_get_limit_hits(place.scene.server, MCPS_LIMIT_SAMPLING_MS), 1);
    CHECK_INT(mcps_server_get_limit_hits(place.scene.server, MCPS_LIMIT_ROOTS_MS), 0);
    CHECK(is_ok(&place));
    CHECK_INT(wire_messages(&place.wire, "notifications/cancelled"), 1);
out:
    CHECK_AFTER(end(&place));
    mcps__clock_release();
}

static void cancelled_with_three_out(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *requests[3];

    CHECK(begin(&place, NULL));
    CHECK(ask_three(&place, requests));
    CHECK(wire_cancel(&place.wire, "2"));
    CHECK(is_ok(&place));
    CHECK_INT(atomic_load(&quiz.last), MCPS_ECANCELLED);
    CHECK_INT(wire_messages(&place.wire, "notifications/cancelled"), 3);
    CHECK_INT(wire_answers(&place.wire, "2"), 0);
out:
    CHECK_AFTER(end(&place));
}

/* ---- F3.08: signs of life ---- */

static bool live(struct place *place, struct json_object *request)
{
    return wire_send(&place->wire,
                     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","
                     "\"params\":{\"progressToken\":%lld,\"progress\":1}}",
                     (long long)request_id(request)) &&
           wire_settled(&place->wire);
}

static void f3_08_progress_renews_the_deadline_ten_times(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *request;

    mcps__clock_drive(0);
    CHECK(begin(&place, "elicit_ms=1000"));
    CHECK(wire_call(&place.wire, "2", "form", NULL));
    request = wire_await(&place.wire, "elicitation/create");
    CHECK(request && scene_wait(&place.scene, stat_pending, 1));
    for (int i = 0; i < 11; i++) {
        CHECK(live(&place, request));
        mcps__clock_advance(900 * MCPS__NS_PER_MS);
    }
    CHECK(live(&place, request));
    CHECK_INT(scene_stats(&place.scene).pending, 1);
    mcps__clock_advance(99 * MCPS__NS_PER_MS);
    CHECK(live(&place, request));
    CHECK_INT(scene_stats(&place.scene).pending, 1);
    mcps__clock_advance(2 * MCPS__NS_PER_MS);
    CHECK(answer_is_error(wire_answer(&place.wire, "2")));
    CHECK_INT(atomic_load(&quiz.last), MCPS_ETIMEDOUT);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
    mcps__clock_release();
}

/* ---- F3.10: what the client can do, by revisions ---- */

static void f3_10_what_revisions_have_words_for(void)
{
    static const struct {
        const char *version, *capabilities, *tool;
        bool asked;
    } cases[] = {
        { "2024-11-05", ALL_CAPABILITIES, "wizard", false },
        { "2025-03-26", ALL_CAPABILITIES, "wizard", false },
        { "2025-06-18", ALL_CAPABILITIES, "wizard", true },
        { "2025-06-18", "{\"elicitation\":{}}", "wizard", true },
        { "2025-06-18", "{\"elicitation\":{\"url\":{}}}", "wizard", true },
        { "2025-06-18", "{\"roots\":{},\"sampling\":{}}", "wizard", false },
        { "2025-06-18", ALL_CAPABILITIES, "form", false }, /* it has a list */
        { "2025-06-18", ALL_CAPABILITIES, "visit", false },
        { "2025-11-25", "{\"elicitation\":{}}", "form", true },
        { "2025-11-25", "{\"elicitation\":{\"url\":{}}}", "form", false },
        { "2025-11-25", "{\"elicitation\":{\"url\":{}}}", "visit", true },
        { "2025-11-25", "{\"elicitation\":{}}", "visit", false },
        { "2025-11-25", "{\"elicitation\":7}", "wizard", false },
        { "2024-11-05", "{\"sampling\":{}}", "sample", true },
        { "2025-11-25", "{\"elicitation\":{}}", "sample", false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct place place = { .wire = { .memory = NULL } };
        struct json_object *request;
        bool ok = begin_as(&place, NULL, cases[i].version, cases[i].capabilities) &&
                  wire_call(&place.wire, "2", cases[i].tool, NULL);
        const char *method = strcmp(cases[i].tool, "sample") == 0
                                 ? "sampling/createMessage"
                                 : "elicitation/create";

        unit_note_on_failure("%s %s %s", cases[i].version, cases[i].capabilities,
                             cases[i].tool);
        if (ok && cases[i].asked) {
            request = wire_await(&place.wire, method);
            ok = request && quiz_give(&place.wire, request, "{\"action\":\"cancel\"}");
        }
        ok = ok && wire_answer(&place.wire, "2") && is_ok(&place) &&
             wire_messages(&place.wire, method) == cases[i].asked;
        ok = ok && (cases[i].asked || atomic_load(&quiz.last) == MCPS_ECAPABILITY);
        CHECK_AFTER(end(&place));
        CHECK(ok);
    }
out:
    unit_note_on_failure("%s", "");
}

static void f3_10_samplings_with_tools_and_contexts(void)
{
    static const struct {
        const char *version, *capabilities, *tools, *context;
        bool asked;
    } cases[] = {
        { "2025-11-25", "{\"sampling\":{\"tools\":{}}}", "[]", NULL, true },
        { "2025-11-25", "{\"sampling\":{}}", "[]", NULL, false },
        { "2025-06-18", "{\"sampling\":{\"tools\":{}}}", "[]", NULL, false },
        { "2025-11-25", "{\"sampling\":{}}", NULL, "thisServer", false },
        { "2025-11-25", "{\"sampling\":{\"context\":{}}}", NULL, "thisServer", true },
        { "2025-06-18", "{\"sampling\":{}}", NULL, "thisServer", true },
        { "2025-11-25", "{\"sampling\":{}}", NULL, "none", true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct place place = { .wire = { .memory = NULL } };
        bool ok = begin_as(&place, NULL, cases[i].version, cases[i].capabilities);

        quiz.tools = cases[i].tools;
        quiz.context = cases[i].context;
        ok = ok && wire_call(&place.wire, "2", "sample", NULL);
        if (ok && cases[i].asked)
            ok = quiz_give(&place.wire, wire_await(&place.wire, "sampling/createMessage"),
                           "{\"role\":\"assistant\",\"model\":\"m\",\"content\":[]}");
        ok = ok && wire_answer(&place.wire, "2") && is_ok(&place);
        unit_note_on_failure("%s %s", cases[i].version, cases[i].capabilities);
        CHECK_AFTER(end(&place));
        CHECK(ok);
        CHECK_INT(atomic_load(&quiz.last), cases[i].asked ? 0 : MCPS_ECAPABILITY);
    }
out:
    unit_note_on_failure("%s", "");
}

/* ---- answers that are none ---- */

static void answers_that_do_not_fit(void)
{
    static const struct {
        const char *tool, *method, *result;
        int error;
    } cases[] = {
        { "form", "elicitation/create", "{}", MCPS_EPROTOCOL },
        { "form", "elicitation/create", "{\"action\":\"ok\"}", MCPS_EPROTOCOL },
        { "form", "elicitation/create", "{\"action\":\"accept\",\"content\":1}",
          MCPS_EPROTOCOL },
        { "form", "elicitation/create", "{\"action\":\"accept\"}", MCPS_EINVALID },
        { "form", "elicitation/create", GIVE("\"mail\":\"none\""), MCPS_EINVALID },
        { "form", "elicitation/create", GIVE("\"mail\":\"a@b.c\",\"age\":\"7\""),
          MCPS_EINVALID },
        { "form", "elicitation/create", GIVE("\"mail\":\"a@b.c\",\"more\":\"7\""), 0 },
        { "sample", "sampling/createMessage", "{\"role\":\"assistant\"}",
          MCPS_EPROTOCOL },
        { "sample", "sampling/createMessage",
          "{\"role\":\"assistant\",\"content\":{\"type\":\"text\",\"text\":\"x\"}}",
          MCPS_EPROTOCOL },
        { "ask", "roots/list", "{\"roots\":[{\"uri\":7}]}", MCPS_EPROTOCOL },
        { "ask", "roots/list", "{\"roots\":[7]}", MCPS_EPROTOCOL },
    };
    struct place place = { .wire = { .memory = NULL } };

    CHECK(begin(&place, NULL));
    CHECK(mcps_server_add_tools(place.scene.server, props, N_PROPS) == 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[16];

        unit_note_on_failure("%s", cases[i].result);
        snprintf(id, sizeof id, "%zu", i);
        CHECK(wire_call(&place.wire, id, cases[i].tool, NULL));
        CHECK(quiz_give(&place.wire, wire_await(&place.wire, cases[i].method),
                        cases[i].result));
        CHECK_INT(answer_is_error(wire_answer(&place.wire, id)), cases[i].error < 0);
        if (strcmp(cases[i].tool, "ask") == 0)
            CHECK(asks_ended(MCPS_EPROTOCOL) > 0);
        else
            CHECK_INT(atomic_load(&quiz.last), cases[i].error);
    }
    CHECK_INT(scene_logged(&place.scene, "the answer is not as it should be"), 10);
    CHECK(is_ok(&place));
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(end(&place));
}

/* ---- F3.06: no request can reach the client ---- */

static int ask_in_vain(mcps_call *call, struct json_object *args, void *userdata)
{
    struct json_object *roots;

    (void)args;
    (void)userdata;
    call->exchange.peer->no_back_channel = true;
    atomic_store(&quiz.last, mcps_call_roots(call, &roots));
    return atomic_load(&quiz.last);
}

static void f3_06_no_back_channel(void)
{
    static const char *const executors[] = { NULL, MCPS_INLINE };
    struct place place = { .wire = { .memory = NULL } };

    CHECK(begin(&place, NULL));
    for (size_t i = 0; i < 2; i++) {
        const char *name = i ? "inline" : "worker";
        const struct mcps_tool tool =
            MCPS_TOOL_STRUCT(.name = name, .handler = ask_in_vain,
                             .executor = executors[i]);

        CHECK_INT(mcps_server_add_tools(place.scene.server, &tool, 1), 0);
        CHECK(wire_call(&place.wire, i ? "3" : "2", name, NULL));
        CHECK(answer_is_error(wire_answer(&place.wire, i ? "3" : "2")));
        CHECK_INT(atomic_load(&quiz.last), MCPS_ENOCHANNEL);
    }
    CHECK(is_ok(&place));
    CHECK_INT(wire_messages(&place.wire, "roots/list"), 0);
out:
    CHECK_AFTER(end(&place));
}

/* ---- URLs ---- */

static void a_url_is_visited(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct wire other = { .memory = NULL };
    struct json_object *request, *told;
    mcps_server *server;

    CHECK(begin(&place, NULL));
    server = place.scene.server;
    CHECK(wire_connect(&other, &place.scene, NULL) && wire_hello(&other));
    CHECK_INT(mcps_server_elicitation_complete(server, "id-1"), MCPS_ENOTFOUND);
    CHECK(wire_call(&place.wire, "2", "visit", NULL));
    request = wire_await(&place.wire, "elicitation/create");
    CHECK_STR(quiz_line(params_of(request)),
              "{\"_meta\":{\"progressToken\":1},\"mode\":\"url\",\"message\":\"Log in\","
              "\"url\":\"https://example.com/in\",\"elicitationId\":\"id-1\"}");
    CHECK(quiz_give(&place.wire, request, "{\"action\":\"accept\"}"));
    CHECK_STR(answer_text(wire_answer(&place.wire, "2")), "outcome 0");
    CHECK_INT(mcps_server_elicitation_complete(server, "id-1"), 0);
    told = wire_await(&place.wire, "notifications/elicitation/complete");
    CHECK_STR(quiz_line(params_of(told)), "{\"elicitationId\":\"id-1\"}");
    CHECK_INT(mcps_server_elicitation_complete(server, "id-1"), MCPS_ENOTFOUND);
    CHECK_INT(mcps_server_elicitation_complete(server, NULL), -EINVAL);
    CHECK(wire_settled(&other));
    CHECK_INT(wire_messages(&other, "notifications/elicitation/complete"), 0);
    CHECK(is_ok(&place));
out:
    wire_free(&other);
    CHECK_AFTER(end(&place));
}

static bool is_gone(void *arg)
{
    return scene_stats(arg).sessions == 0;
}

static void a_url_is_required(void)
{
    struct place place = { .wire = { .memory = NULL } };
    struct json_object *answer, *data = NULL;
    mcps_server *server;

    CHECK(begin(&place, NULL));
    server = place.scene.server;
    CHECK(wire_call(&place.wire, "2", "need", NULL));
    answer = wire_answer(&place.wire, "2");
    CHECK_INT(answer_code(answer), -32042);
    json_object_object_get_ex(json_object_object_get(answer, "error"), "data", &data);
    CHECK_STR(quiz_line(data),
              "{\"elicitations\":[{\"mode\":\"url\",\"message\":\"Log in first\","
              "\"url\":\"https://example.com/in\",\"elicitationId\":\"id-2\"}]}");
    CHECK_INT(atomic_load(&quiz.last), MCPS_EINPUT);
    CHECK_INT(mcps_server_elicitation_complete(server, "id-2"), 0);
    CHECK(wire_await(&place.wire, "notifications/elicitation/complete"));
    /* Whose client is gone, nobody is told. */
    CHECK(wire_call(&place.wire, "3", "need", NULL));
    CHECK(wire_answer(&place.wire, "3"));
    CHECK(is_ok(&place));
    wire_free(&place.wire);
    CHECK(await(is_gone, &place.scene, "for the client to be gone"));
    CHECK_INT(mcps_server_elicitation_complete(server, "id-2"), MCPS_ENOTFOUND);
out:
    CHECK_AFTER(end(&place));
}

/* Older clients, and those without URLs, have their model say it. */
static void a_url_is_named(void)
{
    static const char *const versions[] = { "2024-11-05", "2025-06-18", "2025-11-25" };

    for (size_t i = 0; i < 3; i++) {
        struct place place = { .wire = { .memory = NULL } };
        struct json_object *answer = NULL;
        bool ok = begin_as(&place, NULL, versions[i], "{\"elicitation\":{}}") &&
                  wire_call(&place.wire, "2", "need", NULL);

        if (ok)
            answer = wire_answer(&place.wire, "2");
        ok = answer_is_error(answer) &&
             strcmp(answer_text(answer), "Log in first: https://example.com/in") == 0 &&
             is_ok(&place);
        CHECK_AFTER(end(&place));
        CHECK(ok);
    }
out:;
}

static void too_many_urls_are_not_remembered(void)
{
    struct place place = { .wire = { .memory = NULL } };

    CHECK(begin(&place, "elicitations=1"));
    CHECK(wire_call(&place.wire, "2", "need", NULL));
    CHECK(wire_answer(&place.wire, "2"));
    CHECK(wire_call(&place.wire, "3", "visit", NULL));
    CHECK(give_next(&place, "{\"action\":\"accept\"}"));
    CHECK(wire_answer(&place.wire, "3"));
    CHECK_INT(mcps_server_elicitation_complete(place.scene.server, "id-2"),
              MCPS_ENOTFOUND);
    CHECK_INT(mcps_server_elicitation_complete(place.scene.server, "id-1"), 0);
    CHECK_INT(mcps_server_get_limit_hits(place.scene.server, MCPS_LIMIT_ELICITATIONS), 1);
    CHECK(is_ok(&place));
out:
    CHECK_AFTER(end(&place));
}

#define PAGE(ARG, S) ARG(S, STRING, id, "Of the visit", MCPS_REQUIRED)
MCPS_ARGS(page, PAGE);

MCPS_TOOL_HANDLER(need_page, page)
{
    (void)userdata;
    return mcps_call_require_url(call, "page", "Log in", "https://example.com/in",
                                 args->id);
}

/* Whoever has many visits has its own forgotten. */
static void urls_of_others_are_remembered(void)
{
    static const struct mcps_tool tool = MCPS_TOOL(need_page, page, "Needs a page");
    struct place place = { .wire = { .memory = NULL } };
    struct wire other = { .memory = NULL };
    char id[8], arguments[32];
    mcps_server *server;

    CHECK(begin(&place, "elicitations=2"));
    server = place.scene.server;
    CHECK_INT(mcps_server_add_tools(server, &tool, 1), 0);
    CHECK(wire_connect(&other, &place.scene, "other") &&
          wire_init(&other, "2025-11-25", ALL_CAPABILITIES));
    CHECK(wire_call(&other, "2", "need_page", "{\"id\":\"theirs\"}"));
    CHECK_INT(answer_code(wire_answer(&other, "2")), -32042);
    for (int i = 2; i < 6; i++) {
        snprintf(id, sizeof id, "%d", i);
        snprintf(arguments, sizeof arguments, "{\"id\":\"page-%d\"}", i);
        CHECK(wire_call(&place.wire, id, "need_page", arguments));
        CHECK_INT(answer_code(wire_answer(&place.wire, id)), -32042);
    }
    CHECK_INT(mcps_server_elicitation_complete(server, "page-4"), MCPS_ENOTFOUND);
    CHECK_INT(mcps_server_elicitation_complete(server, "page-5"), 0);
    CHECK_INT(mcps_server_elicitation_complete(server, "theirs"), 0);
    CHECK(wire_await(&other, "notifications/elicitation/complete"));
    CHECK(is_ok(&place));
out:
    wire_free(&other);
    CHECK_AFTER(end(&place));
}

/* ---- questions that are none ---- */

#define SECRET(ARG, S) ARG(S, STRING, secret, "A secret", MCPS_OPTIONAL | MCPS_SECRET)
MCPS_FORM(secret_form, SECRET);
#define PLAIN(ARG, S) ARG(S, STRING, plain, "No secret", MCPS_OPTIONAL)
MCPS_FORM(plain_form, PLAIN);

static int no_questions(mcps_call *call, struct json_object *args, void *userdata)
{
    static const char *const keys[] = {
        "",
        "a b",
        "a/b",
        NULL,
        "\xc3\xa9",
        "01234567890123456789012345678901234567890123456789"
        "012345678901234"
    };
    struct mcps_question twins[] = { MCPS_ASK_ROOTS("a"), MCPS_ASK_ROOTS("a") };
    struct mcps_question unsized = MCPS_ASK_ROOTS("a");
    const struct secret_form *secret;
    const struct plain_form *plain;
    int bad = 0;

    (void)args;
    (void)userdata;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        bad += plain_form_ask(call, keys[i], "?", &plain) != -EINVAL;
    bad += plain_form_ask(call, "a", NULL, &plain) != -EINVAL;
    bad += secret_form_ask(call, "a", "?", &secret) != -EINVAL;
    bad += mcps_call_ask(call, twins, 2) != -EINVAL;
    unsized.struct_size = 0;
    bad += mcps_call_ask(call, &unsized, 1) != -EINVAL;
    bad += mcps_call_elicit_url(call, "a", "?", "no url", "id") != -EINVAL;
    bad += mcps_call_elicit_url(call, "a", "?", "https://example.com", NULL) != -EINVAL;
    bad += mcps_call_ask(call, NULL, 0) != 0;
    bad += mcps_call_keep(call, "a b", "1") != -EINVAL;
    bad += mcps_call_keep(call, "a", "1 2") != -EINVAL;
    bad += mcps_call_kept(call, "a") != NULL;
    atomic_store(&quiz.last, bad);
    return 0;
}

static void questions_that_are_none(void)
{
    const struct mcps_tool tool = MCPS_TOOL_STRUCT(.name = "no", .handler = no_questions);
    struct place place = { .wire = { .memory = NULL } };

    CHECK(begin(&place, NULL));
    CHECK_INT(mcps_server_add_tools(place.scene.server, &tool, 1), 0);
    CHECK(wire_call(&place.wire, "2", "no", NULL));
    CHECK(wire_answer(&place.wire, "2"));
    CHECK_INT(atomic_load(&quiz.last), 0);
    CHECK_INT(scene_logged(&place.scene, "it cannot be asked"), 11);
    CHECK(scene_idle(&place.scene) && wire_settled(&place.wire) && wire_ok(&place.wire));
    CHECK_INT(place.wire.n_messages, 3);
out:
    CHECK_AFTER(end(&place));
}

/* ---- F11.05: the client's roots have changed ---- */

static atomic_uint n_told;
static atomic_bool told_right;

static void on_roots_changed(mcps_server *server, const char *principal, void *userdata)
{
    struct place *place = userdata;

    atomic_store(&told_right,
                 server == place->scene.server && strcmp(principal, "test") == 0);
    atomic_fetch_add(&n_told, 1);
    door_wait();
}

static int count_changes(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "%u", mcps_call_roots_changes(call));
}

static bool change_roots(struct place *place, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (!wire_send(&place->wire, "{\"jsonrpc\":\"2.0\",\"method\":"
                                     "\"notifications/roots/list_changed\"}"))
            return false;
    }
    return true;
}

static void f11_05_changed_roots(void)
{
    const struct mcps_tool tool =
        MCPS_TOOL_STRUCT(.name = "count", .handler = count_changes);
    struct place place = { .wire = { .memory = NULL } };
    const struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.workers = 2, .roots_changed = on_roots_changed,
                            .roots_changed_userdata = &place);

    quiz_reset();
    atomic_store(&n_told, 0);
    CHECK(scene_start_with(&place.scene, &options, &tool, 1));
    CHECK(wire_connect(&place.wire, &place.scene, NULL));
    /* Before there is a session nobody is meant. */
    CHECK(change_roots(&place, 1));
    CHECK(wire_hello(&place.wire));
    CHECK(change_roots(&place, 1));
    CHECK(wire_call(&place.wire, "2", "count", NULL));
    CHECK_STR(answer_text(wire_answer(&place.wire, "2")), "1");
    CHECK(await_uint(&n_told, 1));
    CHECK(change_roots(&place, 1));
    CHECK(await_uint(&n_told, 2));
    /* Both threads that tell are busy: many changes are one. */
    CHECK(change_roots(&place, 100));
    CHECK(wire_call(&place.wire, "3", "count", NULL));
    CHECK_STR(answer_text(wire_answer(&place.wire, "3")), "102");
    door_open();
    CHECK(await_uint(&n_told, 3));
    CHECK(atomic_load(&told_right));
    CHECK(is_ok(&place));
out:
    door_open();
    CHECK_AFTER(end(&place));
    unit_check_int(atomic_load(&n_told), 3, "n_told", __FILE__, __LINE__);
}

const struct unit_test ask_kinds_tests[] = {
    UNIT_TEST_ONCE(a_wizard_in_one_run, "it has threads"),
    UNIT_TEST_ONCE(three_questions_park_once, "it has threads"),
    UNIT_TEST_ONCE(one_of_three_takes_too_long, "it has threads"),
    UNIT_TEST_ONCE(cancelled_with_three_out, "it has threads"),
    UNIT_TEST_ONCE(f3_08_progress_renews_the_deadline_ten_times, "it has threads"),
    UNIT_TEST_ONCE(f3_10_what_revisions_have_words_for, "it has threads"),
    UNIT_TEST_ONCE(f3_10_samplings_with_tools_and_contexts, "it has threads"),
    UNIT_TEST_ONCE(answers_that_do_not_fit, "it has threads"),
    UNIT_TEST_ONCE(f3_06_no_back_channel, "it has threads"),
    UNIT_TEST_ONCE(a_url_is_visited, "it has threads"),
    UNIT_TEST_ONCE(a_url_is_required, "it has threads"),
    UNIT_TEST_ONCE(a_url_is_named, "it has threads"),
    UNIT_TEST_ONCE(urls_of_others_are_remembered, "it has threads"),
    UNIT_TEST_ONCE(too_many_urls_are_not_remembered, "it has threads"),
    UNIT_TEST_ONCE(questions_that_are_none, "it has threads"),
    UNIT_TEST_ONCE(f11_05_changed_roots, "it has threads"),
    UNIT_END,
};
