/* SPDX-License-Identifier: MIT */
/* Prompts, resources and templates that are hidden: nothing tells them from what is not there. */
#include "config.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers.h"
#include "scene.h"
#include "unit.h"

static bool visible(unsigned caller_class, enum mcps_kind kind, const char *key,
                    const char *const *tags, void *userdata)
{
    (void)caller_class;
    (void)kind;
    (void)key;
    (void)userdata;
    return !tags[0];
}

static int say(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "said");
}

static int give(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    return mcps_call_resource_text(call, NULL, NULL, "given", 5);
}

static int complete(mcps_call *call, const char *argument, const char *value,
                    void *userdata)
{
    (void)argument;
    (void)value;
    (void)userdata;
    return mcps_complete_value(call, "more");
}

static const char *const tags[] = { "hidden", NULL };

/* Of each kind one that is seen, and one that is not. */
static bool offer(mcps_server *server)
{
    const struct mcps_prompt prompts[] = {
        MCPS_PROMPT_STRUCT(.name = "public", .handler = say, .complete = complete),
        MCPS_PROMPT_STRUCT(.name = "secret", .handler = say, .complete = complete,
                           .needs = MCPS_CLIENT_SAMPLING, .tags = tags),
    };
    const struct mcps_resource resources[] = {
        MCPS_RESOURCE(.uri = "x:public", .name = "public", .text = "text"),
        MCPS_RESOURCE(.uri = "x:secret", .name = "secret", .text = "text", .tags = tags),
    };
    const struct mcps_template templates[] = {
        MCPS_TEMPLATE_STRUCT(.uri_template = "y:public/{id}", .name = "public",
                             .handler = give, .complete = complete),
        MCPS_TEMPLATE_STRUCT(.uri_template = "y:secret/{id}", .name = "secret",
                             .handler = give, .complete = complete, .tags = tags),
    };

    return mcps_server_add_prompts(server, prompts, 2) == 0 &&
           mcps_server_add_resources(server, resources, 2) == 0 &&
           mcps_server_add_templates(server, templates, 2) == 0 &&
           mcps_server_set_visibility(server, NULL, visible, NULL) == 0;
}

/* What is asked for by a key: its place is marked. */
struct row {
    const char *method, *before, *after;
    bool legacy_only;
};

static const struct row rows[] = {
    { "prompts/get", "\"name\":\"", "\"", false },
    { "resources/read", "\"uri\":\"x:", "\"", false },
    { "resources/read", "\"uri\":\"y:", "/1\"", false },
    { "resources/subscribe", "\"uri\":\"x:", "\"", true },
    { "resources/subscribe", "\"uri\":\"y:", "/1\"", true },
    { "completion/complete", "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"",
      "\"},\"argument\":{\"name\":\"a\",\"value\":\"\"}", false },
    { "completion/complete", "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"x:",
      "\"},\"argument\":{\"name\":\"a\",\"value\":\"\"}", false },
    { "completion/complete", "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"y:",
      "/{id}\"},\"argument\":{\"name\":\"id\",\"value\":\"\"}", false },
};

/* The answer, with the key in it (all are as long) made out. */
static bool ask(struct wire *wire, const struct row *row, const char *key, bool modern,
                char answer[2048])
{
    static unsigned n = 1000;
    char id[16], *at;

    snprintf(id, sizeof id, "%u", n++);
    if (!wire_send(
            wire,
            "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"%s\",\"params\":{%s%s%s%s}}", id,
            row->method, row->before, key, row->after,
            modern ? "," MODERN_META("") : "") ||
        !wire_answer(wire, id))
        return false;
    snprintf(answer, 2048, "%s", strchr(wire->messages[wire->n_messages - 1] + 20, ','));
    for (at = strstr(answer, key); at; at = strstr(at, key))
        memcpy(at, "??????", strlen(key));
    return true;
}

static bool is_result(const char *answer)
{
    return strncmp(answer, ",\"result\":", 10) == 0;
}

static void hidden_of_every_kind(void)
{
    struct act act = { .wire = { .memory = NULL } };
    char hidden[2048], absent[2048], shown[2048];

    CHECK(scene_open(&act.scene, 2, NULL, NULL, 0));
    CHECK(offer(act.scene.server));
    CHECK(mcps_server_start(act.scene.server) >= 0);
    CHECK(wire_connect(&act.wire, &act.scene, NULL) && wire_hello(&act.wire));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int modern = 0; modern < (rows[i].legacy_only ? 1 : 2); modern++) {
            unit_note_on_failure("%s %s", rows[i].method, rows[i].before);
            CHECK(ask(&act.wire, &rows[i], "secret", modern, hidden));
            CHECK(ask(&act.wire, &rows[i], "absent", modern, absent));
            CHECK_STR(hidden, absent);
            CHECK(ask(&act.wire, &rows[i], "public", modern, shown));
            CHECK(is_result(shown));
            CHECK(rows[i].legacy_only || !is_result(hidden));
        }
    }
    unit_note_on_failure("%s", "");
    CHECK(act_ok(&act));
out:
    unit_note_on_failure("%s", "");
    CHECK_AFTER(act_end(&act));
}

const struct unit_test hidden_tests[] = {
    UNIT_TEST_ONCE(hidden_of_every_kind, "it has threads"),
    UNIT_END,
};
