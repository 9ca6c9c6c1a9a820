/* SPDX-License-Identifier: MIT */
/*
 * What players do; see chaos.h. An act returns false when the game is over: something is wrong,
 * and was said. That a connection ends is fine when the server stops, or the player itself has
 * cut it; that an answer is an error is fine as well, but for that it must be the only one.
 */
#include "config.h"

#include "chaos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_MAX = 2048, FIELDS_MAX = 512, PIPELINED_MAX = 4, FLOOD = 24 };

struct request {
    char id[ID_MAX], secret[ID_MAX];
    char text[REQUEST_MAX];
    size_t len;
    unsigned n_answers;
    char event[ID_MAX];   /* the latest of its stream; "": none */
    unsigned long serial; /* the second part of that */
    bool may_refuse;      /* it asks for something that is not to be had */
};

static bool chance(struct player *player, unsigned one_in)
{
    return dice_below(&player->dice, one_in) == 0;
}

static bool is_stopping(const struct player *player)
{
    return atomic_load(&player->stage->stopping);
}

/* ---- requests ---- */

static void make_names(struct player *player, struct request *request)
{
    unsigned n = ++player->n_requests;

    *request = (struct request){ .len = 0 };
    snprintf(request->id, sizeof request->id, "\"id\":\"p%u-%u\"", player->number, n);
    snprintf(request->secret, sizeof request->secret, "secret-%u-%u", player->number, n);
}

static void fill_in(struct player *player, struct request *request, const char *method,
                    const char *fields, const char *body)
{
    char slow[32] = "";
    size_t len = strlen(body);

    if (chance(player, 16))
        snprintf(slow, sizeof slow, "X-Slow: %u\r\n", dice_below(&player->dice, 20));
    request->len = (size_t)snprintf(
        request->text, sizeof request->text,
        "%s /mcp HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Player: p%u\r\n%s%s", method,
        player->stage->port, player->number, slow, fields);
    request->len += (size_t)snprintf(
        request->text + request->len, sizeof request->text - request->len,
        *body ? "Content-Type: application/json\r\n"
                "Accept: application/json, text/event-stream\r\n"
                "Content-Length: %zu\r\n\r\n%s"
              : "Accept: text/event-stream\r\n\r\n",
        len, body);
}

#define MODERN_META                                               \
    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{}}"

static const char *any_tool(struct player *player)
{
    static const char *const tools[] = { "plain", "steps", "big", "steps", "spare" };

    return tools[dice_below(&player->dice, sizeof tools / sizeof tools[0])];
}

/* Of the modern era, with more members of its params. */
static void make_modern_call(struct player *player, struct request *request,
                             const char *tool, const char *more)
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
    fill_in(player, request, "POST", fields, body);
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
    fill_in(player, request, "POST",
            "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n",
            body);
}

static void session_fields(const char *session, const char *more, char to[FIELDS_MAX])
{
    snprintf(to, FIELDS_MAX,
             "MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: %s\r\n%s", session,
             more);
}

static void make_legacy(struct player *player, struct request *request,
                        const char *session, const char *body)
{
    char fields[FIELDS_MAX];

    session_fields(session, "", fields);
    fill_in(player, request, "POST", fields, body);
}

static void make_legacy_call(struct player *player, struct request *request,
                             const char *tool)
{
    char body[REQUEST_MAX / 2];

    make_names(player, request);
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",%s,\"method\":\"tools/call\",\"params\":{"
             "\"name\":\"%s\",\"arguments\":{\"secret\":\"%s\",\"n\":%u,\"ms\":%u},"
             "\"_meta\":{\"progressToken\":\"%s\"}}}",
             request->id, tool, request->secret, dice_below(&player->dice, 12),
             dice_below(&player->dice, 8), request->secret);
    make_legacy(player, request, player->session, body);
}

static void make_bare(struct player *player, struct request *request, const char *method,
                      const char *more)
{
    char fields[FIELDS_MAX];

    make_names(player, request);
    session_fields(player->session, more, fields);
    fill_in(player, request, method, fields, "");
}

static bool send_request(struct talk *talk, const struct request *request)
{
    return talk_send(talk, request->text, request->len);
}

/* ---- answers ---- */

/* The connection ended, or could not be written to. */
static bool broke(struct player *player, const char *when)
{
    if (atomic_load(&player->stage->failed))
        return false;
    return is_stopping(player) || blame(player, "a connection ended", when);
}

/* One message to its client. */
static bool count_answer(struct player *player, struct request *request,
                         const char *message)
{
    const char *id = strstr(message, request->id);
    bool is_error = strstr(message, "\"error\":") || strstr(message, "\"isError\":true");

    if (!id)
        return true;
    request->n_answers++;
    if (request->n_answers > 1 || strstr(id + 1, request->id))
        return blame(player, "a second answer", message);
    if (!is_error && !strstr(message, request->secret) &&
        !strstr(message, "\"input_required\"") && !strstr(request->text, "/listen\""))
        return blame(player, "the answer to something else", message);
    player->n_answers++;
    player->n_errors += is_error;
    return true;
}

/* The number is higher than before, in the stream. */
static bool follow_events(struct player *player, struct request *request,
                          const struct event *event)
{
    const char *mark = strchr(event->id, '_');
    unsigned long serial = mark ? strtoul(mark + 1, NULL, 10) : 0;

    if (!*event->id)
        return true;
    if (*request->event && *event->data && serial <= request->serial)
        return blame(player, "an event came twice", event->id);
    memcpy(request->event, event->id, sizeof request->event);
    request->serial = serial;
    return true;
}

static bool answer_question(struct player *player, const char *question);

static bool take_event(struct player *player, struct request *request,
                       const struct event *event)
{
    if (!follow_events(player, request, event))
        return false;
    if (strstr(event->data, "\"elicitation/create\""))
        return answer_question(player, event->data);
    return count_answer(player, request, event->data);
}

/* An answer that is no stream. */
static bool take_whole(struct talk *talk, struct reply *reply, struct request *request)
{
    struct player *player = talk->player;

    if (reply_finish(talk, reply) != GOT_IT)
        return broke(player, "in the middle of an answer");
    if (reply->status == 200)
        return count_answer(player, request, reply->body.data ? reply->body.data : "") &&
               (request->n_answers == 1 ||
                blame(player, "no answer", reply->body.data ? reply->body.data : ""));
    if (reply->body.data && strstr(reply->body.data, "\"error\":") &&
        (request->may_refuse || reply->status == 503 || is_stopping(player) ||
         strstr(reply->body.data, request->id))) {
        player->n_refused++;
        return count_answer(player, request, reply->body.data);
    }
    return blame(player, "a strange answer", reply->body.data ? reply->body.data : "");
}

/* How the reading of a stream ended. */
enum end { END_WELL, END_CUT, END_BROKEN, END_FAILED };

/* Reads at most so many events. */
static enum end read_events(struct talk *talk, struct reply *reply,
                            struct request *request, unsigned n_max)
{
    struct event event;
    enum got got = GOT_IT;

    for (unsigned n = 0; n < n_max; n++) {
        got = reply_event(talk, reply, &event, WATCHDOG_MS);
        if (got == GOT_END)
            return END_WELL;
        if (got != GOT_IT)
            return broke(talk->player, "in the middle of a stream") ? END_BROKEN
                                                                    : END_FAILED;
        if (!take_event(talk->player, request, &event))
            return END_FAILED;
    }
    return END_CUT;
}

/* The one answer to a request on a connection that is not cut. Sets whether it goes on. */
static bool await_answer(struct talk *talk, struct request *request)
{
    struct reply reply;
    enum end end;
    bool ok = true;

    if (reply_begin(talk, &reply) != GOT_IT)
        return broke(talk->player, "before an answer");
    if (!reply.is_events) {
        ok = take_whole(talk, &reply, request);
    } else {
        end = read_events(talk, &reply, request, UINT32_MAX);
        ok = end != END_FAILED;
        if (end == END_WELL && request->n_answers != 1)
            ok = is_stopping(talk->player) ||
                 blame(talk->player, "a stream ended without the answer", request->text);
    }
    reply_free(&reply);
    return ok;
}

/* What is answered with nothing but a status. */
static bool await_status(struct talk *talk, const struct request *request, int *ret)
{
    struct reply reply;
    bool ok;

    *ret = 0;
    if (!send_request(talk, request) || reply_begin(talk, &reply) != GOT_IT)
        return broke(talk->player, "before a status");
    ok = reply_finish(talk, &reply) == GOT_IT || broke(talk->player, "after a status");
    *ret = reply.status;
    reply_free(&reply);
    return ok;
}

static bool ask_for_status(struct player *player, const struct request *request, int *ret)
{
    struct talk talk;
    bool ok;

    *ret = 0;
    if (!talk_open(&talk, player))
        return is_stopping(player);
    ok = await_status(&talk, request, ret);
    talk_close(&talk);
    return ok;
}

/* ---- questions ---- */

/* Now, later or never; by yes or no. */
static bool answer_question(struct player *player, const char *question)
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
    make_legacy(player, &request, player->session, body);
    return ask_for_status(player, &request, &status);
}

/* ---- acts of the modern era ---- */

static bool call_modern(struct player *player)
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

static bool cut_somehow(struct talk *talk)
{
    struct player *player = talk->player;
    bool ok = true;

    if (chance(player, 3))
        ok = talk_half_close(talk);
    else
        talk_cut(talk, (enum cut)dice_below(&player->dice, N_CUTS));
    talk_close(talk);
    return ok || !atomic_load(&player->stage->failed);
}

/* At any byte of a request, or of its answer. */
static bool cut_modern(struct player *player)
{
    struct request request;
    struct talk talk;
    size_t len;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    make_modern_call(player, &request, any_tool(player), "");
    len = 1 + dice_below(&player->dice, (unsigned)request.len);
    if (chance(player, 2))
        len = request.len;
    if (!talk_send(&talk, request.text, len)) {
        talk_close(&talk);
        return broke(player, "in a request");
    }
    if (len == request.len && chance(player, 2))
        talk_glance(&talk, dice_below(&player->dice, 10));
    return cut_somehow(&talk);
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

static bool ask_modern(struct player *player)
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
static bool listen_for_changes(struct player *player)
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
    if (end == END_WELL && request.n_answers != 1)
        return blame(player, "a stream ended without its result", request.text);
    return end != END_FAILED;
}

/* ---- acts of the legacy era ---- */

static void publish(struct player *player)
{
    struct stage *stage = player->stage;

    pthread_mutex_lock(&stage->mutex);
    memcpy(stage->sessions[player->number], player->session, ID_MAX);
    pthread_mutex_unlock(&stage->mutex);
}

static void forget_session(struct player *player)
{
    player->session[0] = '\0';
    publish(player);
}

/* Who is too slow finds the session gone. */
static bool say_initialized(struct player *player)
{
    struct request request;
    int status;

    make_names(player, &request);
    make_legacy(player, &request, player->session,
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
    if (!ask_for_status(player, &request, &status))
        return false;
    if (status == 202)
        return true;
    forget_session(player);
    return status == 404 || is_stopping(player) ||
           blame(player, "initialized was refused", request.text);
}

static void make_initialize(struct player *player, struct request *request)
{
    char body[REQUEST_MAX / 2];

    make_names(player, request);
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",%s,\"method\":\"initialize\",\"params\":{"
             "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"elicitation\":{}},"
             "\"clientInfo\":{\"name\":\"%s\",\"version\":\"1\"}}}",
             request->id, request->secret);
    fill_in(player, request, "POST", "", body);
}

static bool begin_session(struct player *player)
{
    struct request request;
    struct reply reply;
    struct talk talk;
    bool ok;

    if (!talk_open(&talk, player))
        return is_stopping(player);
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
    ok = reply_finish(&talk, &reply) == GOT_IT || broke(player, "in a session's answer");
    if (ok && reply.done && reply.status == 200) {
        memcpy(player->session, reply.session, ID_MAX);
        publish(player);
    }
    reply_free(&reply);
    talk_close(&talk);
    if (!ok || !*player->session || chance(player, 16)) {
        forget_session(player);
        return ok;
    }
    return say_initialized(player);
}

static bool end_session(struct player *player)
{
    struct request request;
    int status;

    make_bare(player, &request, "DELETE", "");
    if (!ask_for_status(player, &request, &status))
        return false;
    if (status != 204 && status != 0 && !is_stopping(player))
        return blame(player, "DELETE was refused", request.text);
    make_bare(player, &request, "GET", "");
    if (!ask_for_status(player, &request, &status))
        return false;
    if (status != 404 && status != 0 && !is_stopping(player))
        return blame(player, "a session is there after its end", request.text);
    forget_session(player);
    return true;
}

static bool say_cancelled(struct player *player, const struct request *of)
{
    struct request request;
    char body[256];
    int status;

    make_names(player, &request);
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
             "\"requestId\":%s}}",
             of->id + strlen("\"id\":"));
    make_legacy(player, &request, player->session, body);
    return ask_for_status(player, &request, &status);
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
        bool ok = (reply.status == 204 && request->n_answers > 0) ||
                  reply.status == 400 || reply.status == 503 || is_stopping(player) ||
                  blame(player, "a stream is not there any more", again.text);

        reply_free(&reply);
        talk_close(&talk);
        return ok;
    }
    end = read_events(&talk, &reply, request,
                      chance(player, 3) ? 1 + dice_below(&player->dice, 6) : UINT32_MAX);
    *ret_ended = end != END_CUT && (end != END_WELL || request->n_answers > 0);
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
    bool ended = end != END_CUT && (end != END_WELL || request->n_answers > 0);
    bool ok = end != END_FAILED;

    if (end == END_CUT)
        talk_cut(talk, (enum cut)dice_below(&player->dice, N_CUTS));
    if (*request->event == '\0')
        return ok;
    while (ok && !ended && !(request->n_answers > 0 && chance(player, 2)))
        ok = come_back(player, request, &ended);
    return ok;
}

static bool call_legacy(struct player *player)
{
    static const char *const tools[] = {
        "plain", "steps", "ask", "big", "away", "steps"
    };
    const char *tool = tools[dice_below(&player->dice, sizeof tools / sizeof tools[0])];
    bool cancels = chance(player, 6), ok;
    struct request request;
    struct reply reply;
    struct talk talk;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    make_legacy_call(player, &request, tool);
    ok = send_request(&talk, &request) || broke(player, "in a request");
    if (ok && cancels)
        ok = say_cancelled(player, &request);
    if (!ok || (!cancels && strcmp(tool, "away") != 0 && chance(player, 2))) {
        ok = ok && await_answer(&talk, &request);
    } else if (reply_begin(&talk, &reply) != GOT_IT) {
        ok = broke(player, "before a stream");
    } else {
        ok = reply.is_events ? leave_and_come_back(&talk, &reply, &request)
                             : take_whole(&talk, &reply, &request);
        reply_free(&reply);
    }
    talk_close(&talk);
    return ok;
}

/* It ends while a call of it runs, whose stream ends well. */
static bool end_session_under_call(struct player *player)
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
static bool get_stream(struct player *player)
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

/* ---- acts that are not nice ---- */

static bool resume_wrongly(struct player *player)
{
    static const char *const ids[] = { "999999_1", "0_99999999999999999999999",
                                       "-1_0",     "0_",
                                       "x",        "0_1844674407370955161" };
    char field[FIELDS_MAX / 2];
    struct request request;
    int status;

    snprintf(field, sizeof field, "Last-Event-ID: %s\r\n",
             ids[dice_below(&player->dice, sizeof ids / sizeof ids[0])]);
    make_bare(player, &request, "GET", field);
    return ask_for_status(player, &request, &status) &&
           (status == 400 || status == 0 || status == 503 || is_stopping(player) ||
            blame(player, "an event that never was could be resumed", request.text));
}

static bool steal_session(struct player *player)
{
    struct stage *stage = player->stage;
    unsigned other = dice_below(&player->dice, N_PLAYERS);
    char session[ID_MAX], own[ID_MAX];
    struct request request;
    int status;

    pthread_mutex_lock(&stage->mutex);
    memcpy(session, stage->sessions[other], ID_MAX);
    pthread_mutex_unlock(&stage->mutex);
    if (other == player->number || !*session)
        return true;
    memcpy(own, player->session, ID_MAX);
    memcpy(player->session, session, ID_MAX);
    make_bare(player, &request, chance(player, 2) ? "GET" : "DELETE", "");
    memcpy(player->session, own, ID_MAX);
    return ask_for_status(player, &request, &status) &&
           (status == 404 || status == 0 || status == 503 || is_stopping(player) ||
            blame(player, "a session was stolen", request.text));
}

/* Many large answers at once for who reads slowly, or not at all, or all of them. */
static bool flood(struct player *player)
{
    static const char tool[] = "big";
    struct request requests[FLOOD];
    struct talk talk;
    unsigned n = 0;
    bool ok = true;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    for (; n < FLOOD; n++) {
        make_modern_call(player, &requests[n], tool, "");
        if (!talk_send(&talk, requests[n].text, requests[n].len))
            break;
    }
    if (chance(player, 3)) {
        for (unsigned i = 0; ok && !talk.ended && i < n; i++)
            ok = await_answer(&talk, &requests[i]);
        talk_close(&talk);
        return ok;
    }
    for (unsigned i = dice_below(&player->dice, 30); i > 0 && !talk.ended; i--) {
        nap_ms(1);
        if (chance(player, 2))
            talk_glance(&talk, 0);
    }
    talk_cut(&talk, (enum cut)dice_below(&player->dice, N_CUTS));
    return true;
}

/* A request with a few bytes that are others. */
static bool talk_nonsense(struct player *player)
{
    struct request request;
    struct talk talk;

    if (!talk_open(&talk, player))
        return is_stopping(player);
    talk.is_nonsense = true;
    make_modern_call(player, &request, any_tool(player), "");
    for (unsigned n = 1 + dice_below(&player->dice, 4); n > 0; n--)
        request.text[dice_below(&player->dice, (unsigned)request.len)] =
            (char)(1 + dice_below(&player->dice, 255));
    talk_push(&talk, request.text, request.len);
    talk_glance(&talk, dice_below(&player->dice, 20));
    return cut_somehow(&talk);
}

/* Notifications and answers that nobody waits for. */
static bool talk_besides(struct player *player)
{
    static const char *const bodies[] = {
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/roots/list_changed\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":77777,\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-1,\"message\":\"no\"}}",
    };
    struct request request;
    int status;

    make_names(player, &request);
    make_legacy(player, &request, player->session,
                bodies[dice_below(&player->dice, sizeof bodies / sizeof bodies[0])]);
    return ask_for_status(player, &request, &status) &&
           (status == 202 || status == 0 || status == 503 || is_stopping(player) ||
            blame(player, "what needs no answer was refused", request.text));
}

/* ---- playing ---- */

typedef bool act_fn(struct player *player);

static bool act(struct player *player)
{
    static act_fn *const always[] = { call_modern,        call_modern,   cut_modern,
                                      cut_modern,         ask_modern,    flood,
                                      listen_for_changes, talk_nonsense, steal_session };
    static act_fn *const in_session[] = {
        call_legacy,    call_legacy,  call_legacy, call_legacy,           get_stream,
        resume_wrongly, talk_besides, end_session, end_session_under_call
    };

    if (chance(player, 2))
        return always[dice_below(&player->dice, sizeof always / sizeof always[0])](
            player);
    if (!*player->session)
        return begin_session(player);
    return in_session[dice_below(&player->dice,
                                 sizeof in_session / sizeof in_session[0])](player);
}

void *play(void *arg)
{
    struct player *player = arg;

    player->session[0] = '\0';
    while (!atomic_load(&player->stage->over) && act(player))
        ;
    if (*player->session && !is_stopping(player) && !atomic_load(&player->stage->failed))
        end_session(player);
    return NULL;
}
