/* SPDX-License-Identifier: MIT */
/* What players do in the legacy era, with sessions and without; see chaos_acts.h. */
#include "config.h"

#include "chaos_acts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer that is huge is more than what may wait for a client, or be kept for it. All that a
 * stream of 2024-11-05 ever has is less than what has a client disconnected. */
enum { HUGE_ONE_IN = 8, HUGE_MAX = 1200, OLD_HUGE = 3 };

/* ---- requests ---- */

const char *any_version(struct player *player)
{
    static const char *const versions[] = { "2025-11-25", "2025-11-25", "2025-06-18",
                                            "2025-03-26", "2025-03-26" };

    return versions[dice_below(&player->dice, sizeof versions / sizeof versions[0])];
}

static void session_fields(const struct session *session, const char *more,
                           char to[FIELDS_MAX])
{
    snprintf(to, FIELDS_MAX, "MCP-Protocol-Version: %s\r\n%s%s%s%s", session->version,
             *session->id ? "Mcp-Session-Id: " : "", session->id,
             *session->id ? "\r\n" : "", more);
}

void make_legacy(struct player *player, struct request *request, const char *body)
{
    const struct session *session = &player->session;
    char fields[FIELDS_MAX] = "";

    request->whole_only = !*session->path && player->stage->kind == KIND_JSON_ONLY;
    if (!*session->path)
        session_fields(session, "", fields);
    fill_in(player, request, "POST", *session->path ? session->path : "/mcp", fields,
            body);
}

void write_call(struct player *player, const struct request *request, const char *tool,
                struct text *to)
{
    struct session *session = &player->session;
    bool is_huge = strcmp(tool, "big") == 0 && chance(player, HUGE_ONE_IN) &&
                   (!*session->path || session->n_huge < OLD_HUGE);
    char text[REQUEST_MAX / 8];

    session->n_huge += is_huge;
    snprintf(text, sizeof text,
             "{\"jsonrpc\":\"2.0\",%s,\"method\":\"tools/call\",\"params\":{"
             "\"name\":\"%s\",\"arguments\":{\"secret\":\"%s\",\"n\":%u,\"ms\":%u},"
             "\"_meta\":{\"progressToken\":\"%s\"}}}",
             request->id, tool, request->secret,
             dice_below(&player->dice, is_huge ? HUGE_MAX : 12),
             dice_below(&player->dice, 8), request->secret);
    text_add(to, text, strlen(text));
}

void make_legacy_call(struct player *player, struct request *request, const char *tool)
{
    struct text body = { NULL, 0, 0 };

    make_names(player, request);
    write_call(player, request, tool, &body);
    make_legacy(player, request, body.data);
    text_free(&body);
}

void make_bare(struct player *player, struct request *request, const char *method,
               const char *more)
{
    char fields[FIELDS_MAX];

    make_names(player, request);
    session_fields(&player->session, more, fields);
    fill_in(player, request, method, "/mcp", fields, "");
}

void make_initialize(struct player *player, struct request *request)
{
    char body[REQUEST_MAX / 2];

    make_names(player, request);
    request->no_secret = true;
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",%s,\"method\":\"initialize\",\"params\":{"
             "\"protocolVersion\":\"%s\",\"capabilities\":{\"elicitation\":{}},"
             "\"clientInfo\":{\"name\":\"%s\",\"version\":\"1\"}}}",
             request->id, player->session.version, request->secret);
    make_legacy(player, request, body);
}

bool say_cancelled(struct player *player, const struct request *of)
{
    struct request request;
    char body[256];
    int status;

    make_names(player, &request);
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
             "\"requestId\":%s}}",
             of->id + strlen("\"id\":"));
    make_legacy(player, &request, body);
    return ask_for_status(player, &request, &status);
}

/* ---- questions ---- */

bool answer_question(struct player *player, const char *question)
{
    const char *id = strstr(question, "\"id\":");
    struct request request;
    char body[256];
    int status;

    player->n_asked++;
    if (!id)
        return blame(player, "a question without an id", question);
    if (chance(player, 8))
        return true;
    if (chance(player, 4))
        nap_ms(dice_below(&player->dice, 40));
    make_names(player, &request);
    snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":%lu,\"result\":%s}",
             strtoul(id + strlen("\"id\":"), NULL, 10),
             chance(player, 3)
                 ? "{\"action\":\"decline\"}"
                 : "{\"action\":\"accept\",\"content\":{\"word\":\"yes\"}}");
    make_legacy(player, &request, body);
    return ask_for_status(player, &request, &status);
}

/* ---- sessions ---- */

void publish(struct player *player)
{
    struct stage *stage = player->stage;

    pthread_mutex_lock(&stage->mutex);
    memcpy(*player->session.path ? stage->old_sessions[player->number]
                                 : stage->sessions[player->number],
           player->session.id, ID_MAX);
    pthread_mutex_unlock(&stage->mutex);
}

static void forget_session(struct player *player)
{
    player->session.id[0] = '\0';
    publish(player);
}

/* Who is too slow finds the session gone. */
static bool say_initialized(struct player *player)
{
    struct request request;
    int status;

    make_names(player, &request);
    make_legacy(player, &request,
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
    if (!ask_for_status(player, &request, &status))
        return false;
    if (status == 202)
        return true;
    forget_session(player);
    return status == 404 || is_stopping(player) ||
           blame(player, "initialized was refused", request.text);
}

/* Of a stateless endpoint it is an answer and nothing else. */
static bool take_session(struct player *player, const struct reply *reply)
{
    bool stateless = player->stage->kind == KIND_STATELESS;

    if (reply->status != 200)
        return true;
    if (stateless != (*reply->session == '\0'))
        return blame(player, "a session where there are none, or none", reply->body.data);
    memcpy(player->session.id, reply->session, ID_MAX);
    publish(player);
    return true;
}

bool begin_session(struct player *player)
{
    struct request request;
    struct reply reply;
    struct talk talk;
    bool ok;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    player->session.version = any_version(player);
    make_initialize(player, &request);
    if (chance(player, 8)) {
        talk_push(&talk, request.text,
                  1 + dice_below(&player->dice, (unsigned)request.len));
        return cut_somehow(&talk);
    }
    if (!send_request(&talk, &request) || reply_begin(&talk, &reply) != GOT_IT) {
        talk_close(&talk);
        return broke(player, "before a session");
    }
    ok = take_whole(&talk, &reply, &request) && take_session(player, &reply);
    reply_free(&reply);
    talk_close(&talk);
    if (!ok || !*player->session.id || chance(player, 16)) {
        forget_session(player);
        return ok;
    }
    return say_initialized(player);
}

bool end_session(struct player *player)
{
    struct request request;
    int status;

    make_bare(player, &request, "DELETE", "");
    if (!ask_for_status(player, &request, &status))
        return false;
    if (status != 204 && status != 0 && !is_stopping(player))
        return blame(player, "DELETE was refused", request.text);
    make_bare(player, &request,
              player->stage->kind == KIND_USUAL && chance(player, 2) ? "GET" : "DELETE",
              "");
    if (!ask_for_status(player, &request, &status))
        return false;
    if (status != 404 && status != 0 && !is_stopping(player))
        return blame(player, "a session is there after its end", request.text);
    forget_session(player);
    return true;
}

/* Goes on with a stream that was left, behind the latest event that was seen of it. */
static bool come_back(struct player *player, struct request *request, bool *ret_ended)
{
    struct request again;
    struct reply reply;
    struct talk talk;
    char field[FIELDS_MAX / 2];
    enum end end;

    *ret_ended = true;
    if (!talk_open(&talk, player))
        return is_stopping(player);
    snprintf(field, sizeof field, "Last-Event-ID: %s\r\n", request->event);
    make_bare(player, &again, "GET", field);
    if (!send_request(&talk, &again) || reply_begin(&talk, &reply) != GOT_IT) {
        talk_close(&talk);
        return broke(player, "before the rest of a stream");
    }
    player->n_resumed++;
    if (!reply.is_events) {
        /* Nothing more comes, nothing of it is kept any more, or there are too many. */
        bool ok = (reply.status == 204 && is_answered(request)) || reply.status == 400 ||
                  reply.status == 503 || is_stopping(player) ||
                  blame(player, "a stream is not there any more", again.text);

        reply_free(&reply);
        talk_close(&talk);
        return ok;
    }
    end = read_events(&talk, &reply, request,
                      chance(player, 3) ? 1 + dice_below(&player->dice, 6) : UINT32_MAX);
    *ret_ended = end != END_CUT && (end != END_WELL || is_answered(request));
    reply_free(&reply);
    if (end == END_CUT)
        talk_cut(&talk, (enum cut)dice_below(&player->dice, N_CUTS));
    talk_close(&talk);
    return end != END_FAILED;
}

/* Begins to read, leaves, and comes back until the answer is there. */
static bool leave_and_come_back(struct talk *talk, struct reply *reply,
                                struct request *request)
{
    struct player *player = talk->player;
    enum end end = read_events(talk, reply, request, 1 + dice_below(&player->dice, 8));
    bool ended = end != END_CUT && (end != END_WELL || is_answered(request));
    bool ok = end != END_FAILED;

    if (end == END_CUT)
        talk_cut(talk, (enum cut)dice_below(&player->dice, N_CUTS));
    if (*request->event == '\0' && end == END_WELL && !is_answered(request))
        return is_stopping(player) ||
               blame(player, "a stream ended without the answer", request->text);
    if (*request->event == '\0')
        return ok;
    while (ok && !ended && !(is_answered(request) && chance(player, 2)))
        ok = come_back(player, request, &ended);
    return ok;
}

bool read_legacy(struct talk *talk, struct request *request, bool leaves)
{
    struct reply reply;
    bool ok;

    if (!leaves)
        return await_answer(talk, request);
    if (begin_answer(talk, request, &reply) != GOT_IT)
        return broke(talk->player, "before a stream");
    ok = reply.is_events ? leave_and_come_back(talk, &reply, request)
                         : take_whole(talk, &reply, request);
    reply_free(&reply);
    return ok;
}

/* ---- calls ---- */

static const char *any_legacy_tool(struct player *player)
{
    static const char *const tools[] = {
        "plain", "steps", "ask", "big", "away", "steps"
    };

    return tools[dice_below(&player->dice, sizeof tools / sizeof tools[0])];
}

bool call_legacy(struct player *player)
{
    const char *tool = any_legacy_tool(player);
    bool cancels = chance(player, 6), ok;
    struct request request;
    struct talk talk;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    make_legacy_call(player, &request, tool);
    ok = send_request(&talk, &request) || broke(player, "in a request");
    if (ok && cancels)
        ok = say_cancelled(player, &request);
    ok = ok && read_legacy(&talk, &request,
                           cancels || strcmp(tool, "away") == 0 || chance(player, 2));
    talk_close(&talk);
    return ok;
}

bool cut_legacy(struct player *player)
{
    struct request request;
    struct talk talk;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    make_legacy_call(player, &request, any_legacy_tool(player));
    return send_and_cut(&talk, &request);
}

/* It ends while a call of it runs, whose stream ends well. */
bool end_session_under_call(struct player *player)
{
    struct request request;
    struct talk talk;
    bool ok;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    make_legacy_call(player, &request, "steps");
    request.may_refuse = true;
    ok = (send_request(&talk, &request) || broke(player, "in a request")) &&
         end_session(player);
    if (ok)
        ok = await_answer(&talk, &request);
    talk_close(&talk);
    return ok;
}

/* The stream of the session itself. */
bool get_stream(struct player *player)
{
    struct request request;
    struct reply reply;
    struct talk talk;
    struct event event;
    enum got got;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    make_bare(player, &request, "GET", "");
    if (!send_request(&talk, &request) || reply_begin(&talk, &reply) != GOT_IT) {
        talk_close(&talk);
        return broke(player, "before the session's stream");
    }
    if (reply.is_events && player->stage->kind == KIND_JSON_ONLY)
        return blame(player, "a stream of a session that has none", request.text);
    got = reply.is_events ? GOT_IT : GOT_END;
    for (unsigned n = dice_below(&player->dice, 6); got == GOT_IT && n > 0; n--)
        got = reply_event(&talk, &reply, &event, 50);
    reply_free(&reply);
    if (got == GOT_BROKEN) {
        talk_close(&talk);
        return broke(player, "in the session's stream");
    }
    return cut_somehow(&talk);
}

bool want_session(struct player *player)
{
    struct request request;
    int status;

    make_bare(player, &request, chance(player, 2) ? "GET" : "DELETE", "");
    return ask_for_status(player, &request, &status) &&
           (status == 405 || status == 0 || is_stopping(player) ||
            blame(player, "a session was found where there are none", request.text));
}
