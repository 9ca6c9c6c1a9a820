/* SPDX-License-Identifier: MIT */
/* What players do in the modern era; see chaos_acts.h. */
#include "config.h"

#include "chaos_acts.h"

#include <stdio.h>
#include <string.h>

enum { PIPELINED_MAX = 4 };

/* ---- requests ---- */

#define MODERN_META                                               \
    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}"

const char *any_tool(struct player *player)
{
    static const char *const tools[] = { "plain", "steps", "big", "steps", "spare" };

    return tools[dice_below(&player->dice, sizeof tools / sizeof tools[0])];
}

void make_modern_call(struct player *player, struct request *request, const char *tool,
                      const char *more)
{
    char fields[FIELDS_MAX], body[REQUEST_MAX / 2];

    make_names(player, request);
    snprintf(fields, sizeof fields,
             "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n"
             "Mcp-Name: %s\r\n",
             tool);
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",%s,\"method\":\"tools/call\",\"params\":{"
             "\"name\":\"%s\",\"arguments\":{\"secret\":\"%s\",\"n\":%u,\"ms\":%u},"
             "\"_meta\":{%s" MODERN_META "}%s}}",
             request->id, tool, request->secret, dice_below(&player->dice, 8),
             dice_below(&player->dice, 12),
             chance(player, 2) ? "\"progressToken\":7," : "", more);
    fill_in(player, request, "POST", "/mcp", fields, body);
}

static void make_listen(struct player *player, struct request *request)
{
    char body[REQUEST_MAX / 2];

    make_names(player, request);
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",%s,\"method\":\"subscriptions/listen\",\"params\":{"
             "\"notifications\":{\"toolsListChanged\":true},\"_meta\":{" MODERN_META
             "}}}",
             request->id);
    request->no_secret = true;
    fill_in(player, request, "POST", "/mcp",
            "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n",
            body);
}

/* ---- acts ---- */

bool call_modern(struct player *player)
{
    struct request requests[PIPELINED_MAX];
    unsigned n = 1 + dice_below(&player->dice, PIPELINED_MAX);
    struct text all = { NULL, 0, 0 };
    struct talk talk;
    bool ok;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    for (unsigned i = 0; i < n; i++) {
        make_modern_call(player, &requests[i], any_tool(player), "");
        text_add(&all, requests[i].text, requests[i].len);
    }
    ok = talk_send(&talk, all.data, all.len) || broke(player, "in requests");
    for (unsigned i = 0; ok && !talk.ended && i < n; i++)
        ok = await_answer(&talk, &requests[i]);
    text_free(&all);
    talk_close(&talk);
    return ok;
}

/* At any byte of a request, or of its answer. */
bool cut_modern(struct player *player)
{
    struct request request;
    struct talk talk;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    make_modern_call(player, &request, any_tool(player), "");
    return send_and_cut(&talk, &request);
}

/* The text of a member of an answer, as it stands there with its quotes. */
static void copy_member(const char *message, const char *key, struct text *to)
{
    const char *at = strstr(message, key), *end;

    if (!at)
        return;
    at += strlen(key);
    end = strchr(at + 1, '"');
    if (end)
        text_add(to, at, (size_t)(end + 1 - at));
}

/* The second round of a call that asked. */
static bool answer_modern(struct talk *talk, const char *first)
{
    struct player *player = talk->player;
    struct text state = { NULL, 0, 0 };
    struct request request;
    char more[REQUEST_MAX / 4];
    bool ok;

    copy_member(first, "\"requestState\":", &state);
    snprintf(more, sizeof more,
             ",\"inputResponses\":{\"word\":{\"action\":\"accept\",\"content\":{"
             "\"word\":\"yes\"}}}%s%s",
             state.data ? ",\"requestState\":" : "", state.data ? state.data : "");
    text_free(&state);
    make_modern_call(player, &request, "ask", more);
    request.may_refuse = true; /* the state is of other arguments */
    ok = send_request(talk, &request) || broke(player, "in a second round");
    return ok && !talk->ended ? await_answer(talk, &request) : ok;
}

bool ask_modern(struct player *player)
{
    struct request request;
    struct reply reply;
    struct talk talk;
    bool ok;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    make_modern_call(player, &request, "ask", "");
    if (!send_request(&talk, &request) || reply_begin(&talk, &reply) != GOT_IT) {
        talk_close(&talk);
        return broke(player, "before a question");
    }
    if (reply.is_events) {
        ok = read_events(&talk, &reply, &request, UINT32_MAX) != END_FAILED;
    } else {
        ok = take_whole(&talk, &reply, &request);
        if (ok && reply.done && reply.status == 200 && chance(player, 2) &&
            strstr(reply.body.data, "\"input_required\"")) {
            player->n_asked++;
            ok = answer_modern(&talk, reply.body.data);
        }
    }
    reply_free(&reply);
    talk_close(&talk);
    return ok;
}

/* For a while; then it ends in some way, or the player stays to the end. */
bool listen_for_changes(struct player *player)
{
    struct request request;
    struct reply reply;
    struct talk talk;
    enum end end;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    make_listen(player, &request);
    if (!send_request(&talk, &request) || reply_begin(&talk, &reply) != GOT_IT) {
        talk_close(&talk);
        return broke(player, "before a stream");
    }
    if (!reply.is_events) {
        bool ok = take_whole(&talk, &reply, &request);

        reply_free(&reply);
        talk_close(&talk);
        return ok;
    }
    end = read_events(&talk, &reply, &request, 1 + dice_below(&player->dice, 4));
    reply_free(&reply);
    if (end == END_CUT)
        return cut_somehow(&talk);
    talk_close(&talk);
    if (end == END_WELL && !is_answered(&request))
        return blame(player, "a stream ended without its result", request.text);
    return end != END_FAILED;
}
