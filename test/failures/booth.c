/* SPDX-License-Identifier: MIT */
/* The conformance fixture and its client; see booth.h. */
#include "config.h"

#include "booth.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"

bool booth_open(struct booth *booth, bool modern)
{
    static const char *const labs[] = { "echo", "add",       "sleep", "stubborn",
                                        "spin", "progress",  "big",   "roots",
                                        "fail", "no_result", "stats" };

    memset(booth, 0, sizeof *booth);
    booth->modern = modern;
    return scene_open(&booth->scene, 2, NULL, NULL, 0) &&
           mcps_server_disable(booth->scene.server, MCPS_TOOLS, labs,
                               sizeof labs / sizeof labs[0]) == 0 &&
           fixture_add(booth->scene.server) >= 0 &&
           mcps_server_start(booth->scene.server) == 0 &&
           wire_connect(&booth->wire, &booth->scene, NULL) &&
           (modern || wire_init(&booth->wire, "2025-11-25", ALL_CAPABILITIES));
}

bool booth_ok(struct booth *booth)
{
    return scene_idle(&booth->scene) && wire_settled(&booth->wire) &&
           wire_ok(&booth->wire) && scene_log_ok(&booth->scene);
}

bool booth_close(struct booth *booth)
{
    wire_free(&booth->wire);
    return scene_close(&booth->scene);
}

struct json_object *booth_member(struct json_object *tree, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(tree, name, &value);
    return value;
}

bool booth_send(struct booth *booth, const char *method, const char *params)
{
    return wire_send(
        &booth->wire,
        "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"%s\",\"params\":{%s%s%s}}",
        ++booth->serial, method, params, booth->modern && params[0] ? "," : "",
        booth->modern
            ? "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
              "\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":" ALL_CAPABILITIES
              "}"
            : "");
}

struct json_object *booth_answer(struct booth *booth)
{
    char id[16];

    snprintf(id, sizeof id, "%u", booth->serial);
    return wire_answer(&booth->wire, id);
}

/* Of what clients may keep for a while. */
static bool is_kept(const char *method)
{
    return strstr(method, "/list") || strcmp(method, "resources/read") == 0;
}

bool booth_strip(const struct booth *booth, const char *method,
                 struct json_object *result)
{
    static const char *const added[] = { "resultType", "_meta", "ttlMs", "cacheScope" };
    size_t n = is_kept(method) ? 4 : 2;

    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++) {
        if ((booth_member(result, added[i]) != NULL) != (booth->modern && i < n))
            return false;
        json_object_object_del(result, added[i]);
    }
    return true;
}

const char *booth_ask(struct booth *booth, const char *method, const char *params)
{
    struct json_object *answer, *result;

    if (!booth_send(booth, method, params))
        return "nothing is sent";
    answer = booth_answer(booth);
    result = booth_member(answer, "result");
    if (!result)
        return quiz_line(booth_member(answer, "error"));
    return booth_strip(booth, method, result) ? quiz_line(result) : "not of this era";
}

const char *booth_call(struct booth *booth, const char *tool, const char *arguments)
{
    char params[500];

    snprintf(params, sizeof params, "\"name\":\"%s\"%s%s", tool,
             arguments ? ",\"arguments\":" : "", arguments ? arguments : "");
    return booth_ask(booth, "tools/call", params);
}

void booth_in_both_eras(bool (*test)(struct booth *booth))
{
    struct booth booth;
    bool ok;

    for (int modern = 0; modern < 2; modern++) {
        unit_note_on_failure("modern: %d", modern);
        ok = booth_open(&booth, modern) && test(&booth) && booth_ok(&booth);
        CHECK_AFTER(booth_close(&booth));
        CHECK_AFTER(ok);
    }
}
