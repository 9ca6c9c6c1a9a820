/* SPDX-License-Identifier: MIT */
/* Prompts, resources and completion, as each revision gets them: what the tests share. */
#include "config.h"

#include "offers.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

const char *const revisions[N_REVISIONS] = { "2024-11-05", "2025-03-26", "2025-06-18",
                                             "2025-11-25", "2026-07-28" };

#define META                                                                 \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define SERVER                                                                            \
    ",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"scene\",\"version\":" \
    "\"0\"}}"
#define COMPLETE "\"resultType\":\"complete\","

bool stage_open(struct stage *stage, const char *limits)
{
    memset(stage, 0, sizeof *stage);
    mcps__buf_init(&stage->body, SIZE_MAX);
    mcps__sync_reset();
    return scene_open(&stage->scene, 2, limits, NULL, 0);
}

bool stage_start(struct stage *stage)
{
    if (scene_is_driven())
        return scene_drive(&stage->scene);
    return mcps_server_start(stage->scene.server) == 0;
}

static bool is_modern(const struct stage *stage)
{
    return stage->revision == N_REVISIONS - 1;
}

bool stage_greet(struct stage *stage, int revision)
{
    wire_free(&stage->wire);
    stage->revision = revision;
    return wire_connect(&stage->wire, &stage->scene, NULL) &&
           (is_modern(stage) || wire_init(&stage->wire, revisions[revision], "{}"));
}

/* Keeps the text but for its first, or last, bytes, which must be these. */
static bool strip(struct mcps__buf *body, const char *begin, const char *end)
{
    size_t first = strlen(begin), last = strlen(end);

    if (body->len < first + last || memcmp(body->data, begin, first) != 0 ||
        memcmp(body->data + body->len - last, end, last) != 0)
        return false;
    memmove(body->data, body->data + first, body->len - first);
    body->len -= first + last;
    return true;
}

/* The next message but for what the server says of changes, at any time. */
static const char *next_answer(struct wire *wire)
{
    const char *text = NULL;

    while (!text || strstr(text, "/list_changed\"")) {
        if (!wire_next(wire, WATCHDOG_MS))
            return NULL;
        text = wire->messages[wire->next - 1];
    }
    return text;
}

const char *stage_ask(struct stage *stage, const char *method, const char *params)
{
    struct mcps__buf *body = &stage->body;
    const char *answer;
    bool is_result;

    stage->wire.next = stage->wire.n_messages;
    if (!wire_send(&stage->wire,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{%s%s%s}}",
                   method, params, is_modern(stage) && params[0] ? "," : "",
                   is_modern(stage) ? META : ""))
        return "nothing is sent";
    answer = next_answer(&stage->wire);
    if (!answer)
        return "nothing";
    body->len = 0;
    if (mcps__buf_append_str(body, answer) < 0 ||
        !strip(body, "{\"jsonrpc\":\"2.0\",\"id\":1,", "}"))
        return "no answer";
    is_result = body->len > 10 && memcmp(body->data, "\"result\":{", 10) == 0;
    if (is_result && is_modern(stage)) {
        if (!strip(body, "\"result\":{" COMPLETE, SERVER "}"))
            return "no modern result";
        if (mcps__buf_reserve(body, 12) < 0)
            return "no memory";
        memmove(body->data + 10, body->data, body->len);
        memcpy(body->data, "\"result\":{", 10);
        body->len += 10;
        if (mcps__buf_append_byte(body, '}') < 0)
            return "no memory";
    }
    return mcps__buf_append_byte(body, '\0') < 0 ? "no memory" : body->data;
}

bool stage_replies(struct stage *stage, const struct reply *replies, size_t n)
{
    for (int revision = 0; revision < N_REVISIONS; revision++) {
        if (!stage_greet(stage, revision))
            return false;
        for (size_t i = 0; i < n; i++) {
            const struct reply *reply = &replies[i];
            int last = revision;
            const char *got = stage_ask(stage, reply->method, reply->params);

            while (!reply->want[last])
                last--;
            if (strcmp(got, reply->want[last]) == 0)
                continue;
            unit_note("%s: %s %s\n  got    %s\n  wanted %s", revisions[revision],
                      reply->method, reply->params, got, reply->want[last]);
            return false;
        }
    }
    return true;
}

bool stage_end(struct stage *stage)
{
    wire_free(&stage->wire);
    mcps__buf_fini(&stage->body);
    return scene_close(&stage->scene);
}

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "prompts", prompt_tests },
        { "resources", resource_tests },
        { "templates", template_tests },
        { "completion", completion_tests },
    };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
