/* SPDX-License-Identifier: MIT */
/* Who sees what: what is hidden is as if it was not there. */
#include "config.h"

#include "layers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SCENE_STAT(in_flight);

/* ---- the application's word ---- */

/* Principals are "guest", "staff" or "c" and a number, which is the class then. */
enum { GUEST, STAFF, NUMBERED };

static atomic_bool staff_is_shut_out;
static atomic_uint n_asked; /* for the page of a list or a call */

static unsigned classify(const struct mcps_caller *caller, void *userdata)
{
    (void)userdata;
    if (caller->scopes || caller->struct_size != sizeof *caller || !caller->protocol)
        return GUEST;
    if (strcmp(caller->principal, "staff") == 0)
        return STAFF;
    if (caller->principal[0] == 'c')
        return NUMBERED + (unsigned)strtoul(caller->principal + 1, NULL, 10);
    return GUEST;
}

static bool has_tag(const char *const *tags, const char *tag)
{
    for (size_t i = 0; tags[i]; i++) {
        if (strcmp(tags[i], tag) == 0)
            return true;
    }
    return false;
}

static bool visible(unsigned caller_class, enum mcps_kind kind, const char *key,
                    const char *const *tags, void *userdata)
{
    char own[16];

    (void)userdata;
    atomic_fetch_add(&n_asked, 1);
    if (kind != MCPS_TOOLS)
        return false;
    if (caller_class >= NUMBERED) {
        snprintf(own, sizeof own, "t%u", caller_class - NUMBERED);
        return strcmp(key, own) == 0;
    }
    if (!has_tag(tags, "staff"))
        return true;
    return caller_class == STAFF && !atomic_load(&staff_is_shut_out);
}

/* ---- tools ---- */

static int say(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "said");
}

static const char *const staff_tags[] = { "x", "", "staff", NULL };

static const struct mcps_tool tools[] = {
    MCPS_TOOL_STRUCT(.name = "open", .handler = say),
    MCPS_TOOL_STRUCT(.name = "secret", .handler = say, .tags = staff_tags,
                     .input_schema = "{\"type\":\"object\",\"required\":[\"k\"]}"),
    MCPS_TOOL_STRUCT(.name = "needy", .handler = say, .tags = staff_tags,
                     .needs = MCPS_CLIENT_SAMPLING),
    MCPS_TOOL_STRUCT(.name = "here", .handler = say, .tags = staff_tags,
                     .executor = MCPS_INLINE),
    MCPS_TOOL_STRUCT(.name = "off", .handler = say),
};

static bool begin(struct act *act, const char *limits)
{
    const char *off = "off";

    props_reset();
    atomic_store(&staff_is_shut_out, false);
    return scene_open(&act->scene, 4, limits, props, N_PROPS) &&
           mcps_server_add_tools(act->scene.server, tools,
                                 sizeof tools / sizeof tools[0]) >= 0 &&
           mcps_server_disable(act->scene.server, MCPS_TOOLS, &off, 1) >= 0 &&
           mcps_server_set_visibility(act->scene.server, classify, visible, NULL) >= 0 &&
           mcps_server_start(act->scene.server) >= 0;
}

static bool connect_as(struct wire *wire, struct act *act, const char *principal)
{
    return wire_connect(wire, &act->scene, principal) && wire_hello(wire);
}

/* The list, as text. */
static const char *list(struct wire *wire, const char *params)
{
    static atomic_uint n;
    char id[32];

    snprintf(id, sizeof id, "\"l%u\"", atomic_fetch_add(&n, 1));
    if (!wire_send(wire,
                   "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/list\",\"params\":{"
                   "%s}}",
                   id, params) ||
        !wire_answer(wire, id))
        return "";
    return wire->messages[wire->n_messages - 1];
}

static bool lists(struct wire *wire, const char *name)
{
    char wanted[256];

    snprintf(wanted, sizeof wanted, "\"name\":\"%s\"", name);
    return strstr(list(wire, ""), wanted) != NULL;
}

/* ---- hidden is not there ---- */

/* What comes for a call of one tool and of another, which are told apart by their names. */
static bool answers_alike(struct wire *wire, const char *hidden, const char *more)
{
    static unsigned n;
    char id[16], text[512], wanted[512];

    snprintf(id, sizeof id, "%u", ++n);
    CHECK(
        wire_send(wire,
                  "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{"
                  "\"name\":\"%s\"%s}}",
                  id, hidden, more));
    CHECK(wire_answer(wire, id));
    snprintf(text, sizeof text, "%s", wire->messages[wire->n_messages - 1]);
    snprintf(wanted, sizeof wanted,
             "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32602,\"message\":"
             "\"Unknown tool: \\\"%s\\\"\"}}",
             id, hidden);
    CHECK_STR(text, wanted);
    return true;
out:
    return false;
}

static void hidden_is_not_there(void)
{
    static const char *const hidden[] = { "secret", "needy", "here", "off", "nobody" };
    struct act act = { .wire = { .memory = NULL } };
    struct wire staff = { .memory = NULL };
    struct json_object *answer;

    CHECK(begin(&act, NULL));
    CHECK(connect_as(&act.wire, &act, "guest") && connect_as(&staff, &act, "staff"));
    CHECK(lists(&act.wire, "open") && lists(&staff, "open"));
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        unit_note_on_failure("%s", hidden[i]);
        CHECK(!lists(&act.wire, hidden[i]));
        CHECK(lists(&staff, hidden[i]) == (i < 3));
        CHECK(answers_alike(&act.wire, hidden[i], ""));
        CHECK(answers_alike(&act.wire, hidden[i], "," MODERN_META("")));
        CHECK(answers_alike(&act.wire, hidden[i], ",\"arguments\":{\"k\":1}"));
    }
    unit_note_on_failure("%s", "");
    /* Who sees them is told what is the matter. */
    CHECK(wire_call(&staff, "1", "secret", "{\"k\":1}"));
    CHECK_STR(answer_text(wire_answer(&staff, "1")), "said");
    CHECK(wire_call(&staff, "2", "secret", NULL));
    CHECK(answer_is_error(wire_answer(&staff, "2")));
    CHECK(wire_call(&staff, "3", "needy", NULL));
    answer = wire_answer(&staff, "3");
    CHECK(answer_is_error(answer) && strstr(answer_text(answer), "declared more"));
    CHECK(wire_send(&staff, "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\","
                            "\"params\":{\"name\":\"needy\"," MODERN_META("") "}}"));
    CHECK_INT(answer_code(wire_answer(&staff, "4")), -32021);
    CHECK(wire_call(&staff, "5", "here", NULL));
    CHECK_STR(answer_text(wire_answer(&staff, "5")), "said");
    CHECK(wire_ok(&staff) && act_ok(&act));
out:
    unit_note_on_failure("%s", "");
    wire_free(&staff);
    CHECK_AFTER(act_end(&act));
}

/* What runs as often as it may is busy only to who sees it. */
static void hidden_is_not_busy(void)
{
    const struct mcps_tool one =
        MCPS_TOOL_STRUCT(.name = "one", .handler = props[0].handler, .tags = staff_tags,
                         .max_parallel = 1);
    struct act act = { .wire = { .memory = NULL } };
    struct wire staff = { .memory = NULL };
    struct json_object *answer;

    CHECK(begin(&act, NULL));
    CHECK(mcps_server_add_tools(act.scene.server, &one, 1) >= 0);
    CHECK(connect_as(&act.wire, &act, "guest") && connect_as(&staff, &act, "staff"));
    CHECK(wire_call(&staff, "1", "one", NULL));
    CHECK(door_await(1));
    CHECK(answers_alike(&act.wire, "one", ""));
    CHECK(wire_call(&staff, "2", "one", NULL));
    answer = wire_answer(&staff, "2");
    CHECK_INT(answer_code(answer), -32000);
    CHECK_STR(answer_reason(answer), "busy");
    door_open();
    CHECK_STR(answer_text(wire_answer(&staff, "1")), "stood");
    /* The places of those that were refused are free again. */
    CHECK(scene_wait(&act.scene, stat_in_flight, 0));
    CHECK(wire_call(&staff, "3", "one", NULL));
    CHECK_STR(answer_text(wire_answer(&staff, "3")), "stood");
    CHECK(wire_ok(&staff) && act_ok(&act));
out:
    door_open();
    wire_free(&staff);
    CHECK_AFTER(act_end(&act));
}

/* ---- nor by what is wrong with a request ---- */

#define HUSH(ARG, S) ARG(S, STRING, word, "Which", MCPS_OPTIONAL)
MCPS_ARGS(hush, HUSH);

MCPS_PROMPT_HANDLER(hush_prompt, hush)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "hush");
}

MCPS_TEMPLATE_HANDLER(hush_template, hush)
{
    (void)args;
    (void)userdata;
    return mcps_call_resource_text(call, NULL, NULL, "hush", 4);
}

static int hush_complete(mcps_call *call, const char *argument, const char *value,
                         void *userdata)
{
    (void)argument;
    (void)value;
    (void)userdata;
    return mcps_complete_value(call, "hush");
}

static bool add_hushed(mcps_server *server)
{
    static const struct mcps_prompt prompt = MCPS_PROMPT_NAMED(
        "hush", hush_prompt, hush, "Nobody sees it", .complete = hush_complete);
    static const struct mcps_resource resource =
        MCPS_RESOURCE(.uri = "test://hush", .name = "hush", .text = "hush");
    static const struct mcps_template template =
        MCPS_TEMPLATE("hush://{word}", hush_template, hush, "Nobody sees it");

    return mcps_server_add_prompts(server, &prompt, 1) >= 0 &&
           mcps_server_add_resources(server, &resource, 1) >= 0 &&
           mcps_server_add_templates(server, &template, 1) >= 0;
}

/* Each @ of the params is the key. Gives the answer, with a # for the id and a @ for the key. */
static bool ask_with(struct wire *wire, const char *method, const char *params,
                     const char *key, char *ret, size_t size)
{
    static unsigned n;
    char id[16], own[512], *at = own;
    const char *text;

    snprintf(id, sizeof id, "\"w%06u\"", ++n);
    for (const char *c = params; *c; c++)
        at += snprintf(at, sizeof own - (size_t)(at - own), "%.*s",
                       *c == '@' ? (int)strlen(key) : 1, *c == '@' ? key : c);
    CHECK(wire_send(wire,
                    "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"%s\",\"params\":{%s}}",
                    id, method, own));
    CHECK(wire_answer(wire, id));
    text = wire->messages[wire->n_messages - 1];
    for (size_t used = 0; *text && used + 1 < size; used++) {
        const char *found = strncmp(text, id, strlen(id)) == 0     ? id
                            : strncmp(text, key, strlen(key)) == 0 ? key
                                                                   : NULL;

        ret[used] = !found ? *text : found == id ? '#' : '@';
        ret[used + 1] = '\0';
        text += found ? strlen(found) : 1;
    }
    return true;
out:
    return false;
}

#define COMPLETE(ref, argument) \
    "\"ref\":{" ref "},\"argument\":{\"name\":\"" argument "\",\"value\":\"\"}"
#define OF_PROMPT   "\"type\":\"ref/prompt\",\"name\":\"@\""
#define OF_RESOURCE "\"type\":\"ref/resource\",\"uri\":\"@\""

static void hidden_is_not_told_by_what_is_wrong(void)
{
    static const struct {
        const char *method, *params, *hidden, *nobody;
    } cases[] = {
        { "prompts/get", "\"name\":\"@\"", "hush", "hosh" },
        { "prompts/get", "\"name\":\"@\",\"arguments\":{\"word\":1}", "hush", "hosh" },
        { "prompts/get", "\"name\":\"@\",\"arguments\":{\"word\":\"\\u0000\"}", "hush",
          "hosh" },
        { "prompts/get", "\"name\":\"@\",\"inputResponses\":1," MODERN_META(""), "hush",
          "hosh" },
        { "resources/read", "\"uri\":\"@\"", "test://hush", "test://hosh" },
        { "resources/read", "\"uri\":\"@\",\"inputResponses\":1," MODERN_META(""),
          "test://hush", "test://hosh" },
        { "resources/read", "\"uri\":\"@\",\"requestState\":1," MODERN_META(""),
          "hush://me", "hosh://me" },
        { "completion/complete", COMPLETE(OF_PROMPT, "word"), "hush", "hosh" },
        { "completion/complete", COMPLETE(OF_PROMPT, "none"), "hush", "hosh" },
        { "completion/complete", COMPLETE(OF_RESOURCE, "word"), "hush://{word}",
          "hosh://{word}" },
        { "completion/complete", COMPLETE(OF_RESOURCE, "none"), "hush://{word}",
          "hosh://{word}" },
        { "completion/complete", COMPLETE(OF_RESOURCE, "word"), "test://hush",
          "test://hosh" },
        { "completion/complete",
          COMPLETE(OF_RESOURCE, "word") ",\"inputResponses\":1," MODERN_META(""),
          "hush://{word}", "hosh://{word}" },
    };
    struct act act = { .wire = { .memory = NULL } };
    char hidden[1024] = "", nobody[1024] = "";

    CHECK(begin(&act, NULL));
    CHECK(add_hushed(act.scene.server));
    CHECK(connect_as(&act.wire, &act, "guest"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_note_on_failure("%s %s", cases[i].method, cases[i].params);
        CHECK(ask_with(&act.wire, cases[i].method, cases[i].params, cases[i].hidden,
                       hidden, sizeof hidden));
        CHECK(ask_with(&act.wire, cases[i].method, cases[i].params, cases[i].nobody,
                       nobody, sizeof nobody));
        CHECK_STR(hidden, nobody);
    }
    unit_note_on_failure("%s", "");
    CHECK(act_ok(&act));
out:
    CHECK_AFTER(act_end(&act));
}

/* ---- pages ---- */

static void pages_are_kept_for_classes(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct wire staff = { .memory = NULL };
    unsigned before;

    CHECK(begin(&act, NULL));
    CHECK(connect_as(&act.wire, &act, "guest") && connect_as(&staff, &act, "staff"));
    CHECK(!lists(&act.wire, "secret") && lists(&staff, "secret"));
    before = atomic_load(&n_asked);
    CHECK(!lists(&act.wire, "secret") && lists(&staff, "secret"));
    CHECK_INT(atomic_load(&n_asked), before);
    CHECK(strstr(list(&act.wire, MODERN_META("")), "\"cacheScope\":\"private\""));
    /* A class that has changed its mind. */
    atomic_store(&staff_is_shut_out, true);
    CHECK(lists(&staff, "secret"));
    CHECK_INT(mcps_server_visibility_changed(act.scene.server), 0);
    CHECK(!lists(&staff, "secret") && !lists(&act.wire, "secret"));
    CHECK(answers_alike(&staff, "secret", ""));
    CHECK_INT(mcps_server_set_visibility(act.scene.server, NULL, NULL, NULL), MCPS_EBUSY);
    CHECK(wire_ok(&staff) && act_ok(&act));
    CHECK(act.wire.n_changes > 0);
out:
    wire_free(&staff);
    CHECK_AFTER(act_end(&act));
}

/* More than are kept: each class still sees its own. */
static void more_classes_than_are_kept(void)
{
    enum { N = 20 };
    struct act act = { .wire = { .memory = NULL } };
    struct mcps_tool tool = MCPS_TOOL_STRUCT(.handler = say);
    char names[N][8], principal[16];
    unsigned before, asked[2];

    CHECK(begin(&act, NULL));
    for (unsigned i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "t%u", i);
        tool.name = names[i];
        CHECK(mcps_server_add_tools(act.scene.server, &tool, 1) >= 0);
    }
    for (unsigned round = 0; round < 2; round++) {
        before = atomic_load(&n_asked);
        for (unsigned i = 0; i < N; i++) {
            snprintf(principal, sizeof principal, "c%u", i);
            CHECK(connect_as(&act.wire, &act, principal));
            CHECK(lists(&act.wire, names[i]));
            CHECK(!lists(&act.wire, names[(i + 7) % N]) && !lists(&act.wire, "open"));
            wire_free(&act.wire);
        }
        asked[round] = atomic_load(&n_asked) - before;
    }
    /* Sixteen of them are not asked about again. */
    CHECK(asked[1] > 0 && asked[1] < asked[0]);
out:
    CHECK_AFTER(act_end(&act));
}

/* Pages end where the shown ones do, and a cursor of one class is good for another. */
static void pages_of_what_is_shown(void)
{
    struct act act = { .wire = { .memory = NULL } };
    struct wire staff = { .memory = NULL };
    const char *text, *cursor;
    char params[64];
    unsigned n = 0;

    CHECK(begin(&act, "page=2"));
    CHECK(connect_as(&act.wire, &act, "guest") && connect_as(&staff, &act, "staff"));
    for (text = list(&act.wire, ""); (cursor = strstr(text, "\"nextCursor\":\"")); n++) {
        CHECK(!strstr(text, "secret") && strstr(text, "\"name\""));
        snprintf(params, sizeof params, "\"cursor\":\"%.*s\"",
                 (int)strcspn(cursor + 14, "\""), cursor + 14);
        CHECK(strstr(list(&staff, params), "\"name\""));
        text = list(&act.wire, params);
    }
    CHECK(n > 2 && strstr(text, "\"name\""));
    CHECK(strstr(
        list(&act.wire, "\"cursor\":\"q\""),
        "{\"code\":-32602,\"message\":\"this cursor is none that the server gave\"}"));
    CHECK(act_ok(&act));
out:
    wire_free(&staff);
    CHECK_AFTER(act_end(&act));
}

/* ---- all at once ---- */

enum { N_CLIENTS = 8 };

struct visitor {
    struct wire wire;
    bool staff, ok;
};

static bool visit(struct visitor *visitor, unsigned i)
{
    char id[16];
    struct json_object *answer;
    int code;

    if (!visitor->staff &&
        (lists(&visitor->wire, "secret") || !lists(&visitor->wire, "open")))
        return false;
    if (visitor->staff)
        (void)lists(&visitor->wire, "secret");
    snprintf(id, sizeof id, "%u", i);
    if (!wire_call(&visitor->wire, id, i % 2 ? "secret" : "open", "{\"k\":1}"))
        return false;
    answer = wire_answer(&visitor->wire, id);
    code = answer_code(answer);
    if (i % 2 == 0)
        return code == 0;
    return code == -32602 || (visitor->staff && code == 0);
}

static void *run_visitor(void *userdata)
{
    struct visitor *visitor = userdata;

    for (unsigned i = 0; i < 100 && visitor->ok; i++)
        visitor->ok = visit(visitor, i);
    return NULL;
}

static void changes_while_clients_list_and_call(void)
{
    static struct visitor visitors[N_CLIENTS];
    pthread_t threads[N_CLIENTS];
    struct act act = { .wire = { .memory = NULL } };
    unsigned n = 0;

    memset(visitors, 0, sizeof visitors);
    CHECK(begin(&act, "list_changed_ms=0"));
    for (unsigned i = 0; i < N_CLIENTS; i++) {
        visitors[i].staff = i % 2;
        visitors[i].ok = true;
        CHECK(connect_as(&visitors[i].wire, &act, i % 2 ? "staff" : "guest"));
    }
    while (n < N_CLIENTS &&
           pthread_create(&threads[n], NULL, run_visitor, &visitors[n]) == 0)
        n++;
    CHECK(n == N_CLIENTS);
    for (unsigned i = 0; i < 200; i++) {
        atomic_store(&staff_is_shut_out, i % 2 == 0);
        CHECK(mcps_server_visibility_changed(act.scene.server) >= 0);
    }
out:
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < N_CLIENTS; i++) {
        CHECK_AFTER(visitors[i].ok);
        wire_free(&visitors[i].wire);
    }
    CHECK_AFTER(scene_log_ok(&act.scene));
    CHECK_AFTER(act_end(&act));
}

const struct unit_test view_tests[] = {
    UNIT_TEST_ONCE(hidden_is_not_there, "it has threads"),
    UNIT_TEST_ONCE(hidden_is_not_busy, "it has threads"),
    UNIT_TEST_ONCE(hidden_is_not_told_by_what_is_wrong, "it has threads"),
    UNIT_TEST_ONCE(pages_are_kept_for_classes, "it has threads"),
    UNIT_TEST_ONCE(more_classes_than_are_kept, "it has threads"),
    UNIT_TEST_ONCE(pages_of_what_is_shown, "it has threads"),
    UNIT_TEST_ONCE(changes_while_clients_list_and_call, "it has threads"),
    UNIT_END,
};
