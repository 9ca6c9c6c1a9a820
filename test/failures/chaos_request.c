/* SPDX-License-Identifier: MIT */
/* Requests of players, and what must be true of their answers; see chaos_acts.h. */
#include "config.h"

#include "chaos_acts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool chance(struct player *player, unsigned one_in)
{
    return dice_below(&player->dice, one_in) == 0;
}

bool is_stopping(const struct player *player)
{
    return atomic_load(&player->stage->stopping);
}

/* ---- requests ---- */

void make_names(struct player *player, struct request *request)
{
    unsigned n = ++player->n_requests;

    *request = (struct request){ .len = 0 };
    snprintf(request->id, sizeof request->id, "\"id\":\"p%u-%u\"", player->number, n);
    snprintf(request->secret, sizeof request->secret, "secret-%u-%u.", player->number, n);
}

void fill_in(struct player *player, struct request *request, const char *method,
             const char *path, const char *fields, const char *body)
{
    char slow[32] = "";
    size_t len = strlen(body);

    if (chance(player, 16))
        snprintf(slow, sizeof slow, "X-Slow: %u\r\n", dice_below(&player->dice, 20));
    request->len =
        (size_t)snprintf(request->text, sizeof request->text,
                         "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Player: p%u\r\n%s%s",
                         method, path, player->stage->port, player->number, slow, fields);
    request->len += (size_t)snprintf(
        request->text + request->len, sizeof request->text - request->len,
        *body ? "Content-Type: application/json\r\n"
                "Accept: application/json, text/event-stream\r\n"
                "Content-Length: %zu\r\n\r\n%s"
              : "Accept: text/event-stream\r\n\r\n",
        len, body);
    if (request->len >= sizeof request->text)
        abort();
}

bool send_request(struct talk *talk, const struct request *request)
{
    return talk_send(talk, request->text, request->len);
}

bool cut_somehow(struct talk *talk)
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

bool send_and_cut(struct talk *talk, const struct request *request)
{
    struct player *player = talk->player;
    size_t len = request->len;

    if (chance(player, 2))
        len = 1 + dice_below(&player->dice, (unsigned)request->len);
    if (!talk_send(talk, request->text, len)) {
        talk_close(talk);
        return broke(player, "in a request");
    }
    if (len == request->len && chance(player, 2))
        talk_glance(talk, dice_below(&player->dice, 10));
    return cut_somehow(talk);
}

/* ---- messages ---- */

bool broke(struct player *player, const char *when)
{
    if (atomic_load(&player->stage->failed))
        return false;
    return is_stopping(player) || blame(player, "a connection ended", when);
}

bool is_answered(const struct request *request)
{
    for (; request; request = request->also) {
        if (request->n_answers == 0 && !request->may_be_silent)
            return false;
    }
    return true;
}

/* What of a stream's requests a message answers; NULL: none. */
static struct request *find_request(struct request *request, const char *message)
{
    while (request && !strstr(message, request->id))
        request = request->also;
    return request;
}

static bool is_error(const char *message)
{
    return strstr(message, "\"error\":") || strstr(message, "\"isError\":true");
}

/* One that answers nobody says something else, or is an error that names nobody. */
static bool count_one(struct player *player, struct request *all, const char *message,
                      bool in_array)
{
    struct request *request = find_request(all, message);

    if (!request)
        return *message == '\0' || strstr(message, "\"method\":") ||
               (is_error(message) && !strstr(message, "\"id\":\"")) ||
               blame(player, "the answer to nothing", message);
    request->n_answers++;
    if (request->n_answers > 1 || strstr(strstr(message, request->id) + 1, request->id))
        return blame(player, "a second answer", message);
    if (in_array != (request->batch != 0))
        return blame(player, "an answer by itself, or not by itself", message);
    if (!is_error(message) && !strstr(message, request->secret) &&
        !strstr(message, "\"input_required\"") && !request->no_secret)
        return blame(player, "the answer to something else", message);
    player->n_answers++;
    player->n_errors += is_error(message);
    return true;
}

/* All of a batch are answered, and only those, by what begins here. */
static bool count_array(struct player *player, struct request *all, const char *array)
{
    static const char mark[] = "{\"jsonrpc\":";
    const char *at = strstr(array, mark), *next;
    const struct request *one = find_request(all, array);
    unsigned batch = one ? one->batch : 0, n = 0, n_answered = 0;
    struct text element = { NULL, 0, 0 };
    bool ok = batch != 0 || blame(player, "an array of no batch", array);

    for (; ok && at; at = next) {
        next = strstr(at + 1, mark);
        element.len = 0;
        text_add(&element, at, next ? (size_t)(next - at) : strlen(at));
        ok = count_one(player, all, element.data, true);
        n++;
    }
    text_free(&element);
    player->n_batches++;
    for (struct request *of = all; ok && of; of = of->also) {
        if (of->batch != batch)
            continue;
        n_answered += of->n_answers;
        ok = of->n_answers == 1 || of->may_be_silent ||
             blame(player, "a batch is not answered as a whole", array);
    }
    return ok && (n == n_answered || blame(player, "more than a batch's answers", array));
}

static bool count_answer(struct player *player, struct request *request,
                         const char *message)
{
    return *message == '[' ? count_array(player, request, message)
                           : count_one(player, request, message, false);
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

bool take_event(struct player *player, struct request *request, const struct event *event)
{
    if (!follow_events(player, request, event))
        return false;
    if (strstr(event->data, "\"elicitation/create\""))
        return answer_question(player, event->data);
    return count_answer(player, request, event->data);
}

/* ---- answers ---- */

enum got begin_answer(struct talk *talk, const struct request *request,
                      struct reply *reply)
{
    enum got got = reply_begin(talk, reply);

    if (got != GOT_IT || !reply->is_events || !request->whole_only)
        return got;
    blame(talk->player, "a stream where there is none", request->text);
    return GOT_BROKEN;
}

bool take_whole(struct talk *talk, struct reply *reply, struct request *request)
{
    struct player *player = talk->player;
    const char *body;

    if (reply_finish(talk, reply) != GOT_IT)
        return broke(player, "in the middle of an answer");
    body = reply->body.data ? reply->body.data : "";
    if (reply->status == 200)
        return count_answer(player, request, body) &&
               (is_answered(request) || blame(player, "no answer", body));
    if (strstr(body, "\"error\":") &&
        (request->may_refuse || reply->status == 503 || is_stopping(player) ||
         strstr(body, request->id))) {
        player->n_refused++;
        return count_answer(player, request, body);
    }
    return blame(player, "a strange answer", body);
}

enum end read_events(struct talk *talk, struct reply *reply, struct request *request,
                     unsigned n_max)
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

bool await_answer(struct talk *talk, struct request *request)
{
    struct reply reply;
    enum end end;
    bool ok = true;

    if (begin_answer(talk, request, &reply) != GOT_IT)
        return broke(talk->player, "before an answer");
    if (!reply.is_events) {
        ok = take_whole(talk, &reply, request);
    } else {
        end = read_events(talk, &reply, request, UINT32_MAX);
        ok = end != END_FAILED;
        if (end == END_WELL && !is_answered(request))
            ok = is_stopping(talk->player) ||
                 blame(talk->player, "a stream ended without the answer", request->text);
    }
    reply_free(&reply);
    return ok;
}

bool await_status(struct talk *talk, int *ret)
{
    struct reply reply;
    bool ok;

    *ret = 0;
    if (reply_begin(talk, &reply) != GOT_IT)
        return broke(talk->player, "before a status");
    ok = reply_finish(talk, &reply) == GOT_IT || broke(talk->player, "after a status");
    *ret = reply.status;
    reply_free(&reply);
    return ok;
}

bool ask_for_status(struct player *player, const struct request *request, int *ret)
{
    struct talk talk;
    bool ok;

    *ret = 0;
    if (!talk_open(&talk, player))
        return is_stopping(player);
    ok = send_request(&talk, request) ? await_status(&talk, ret)
                                      : broke(player, "before a status");
    talk_close(&talk);
    return ok;
}
