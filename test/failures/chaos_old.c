/* SPDX-License-Identifier: MIT */
/*
 * What players do over the transport of 2024-11-05, where one stream has all answers and is the
 * session; see chaos_acts.h.
 */
#include "config.h"

#include "chaos_acts.h"

#include <stdio.h>
#include <string.h>

enum { OLD_MAX = 24, AT_ONCE_MAX = 3 };

/* A stream that a player has, and all that it was asked for. */
struct old {
    struct talk talk;
    struct reply reply;
    struct request requests[OLD_MAX]; /* one behind the other, as they are linked */
    unsigned n;
    bool ready; /* its client is initialized, as the server knows */
};

/* What becomes of a session: its acts go on, it is over, or the game is. */
enum fate { GOES_ON, OVER, LOST };

static enum fate fate_of(bool ok)
{
    return ok ? OVER : LOST;
}

/* ---- the stream ---- */

/* Where the server has its client POST to. */
static bool take_endpoint(struct player *player, const struct event *event)
{
    struct session *session = &player->session;

    if (strcmp(event->name, "endpoint") != 0 ||
        sscanf(event->data, "/message?sessionId=%63[0-9a-f]", session->id) != 1 ||
        strlen(session->id) != 32)
        return blame(player, "a stream does not begin with its endpoint", event->data);
    snprintf(session->path, sizeof session->path, "/message?sessionId=%s", session->id);
    publish(player);
    return true;
}

static enum fate take_opening(struct player *player, struct old *old,
                              struct request *request)
{
    struct event event;

    if (reply_begin(&old->talk, &old->reply) != GOT_IT)
        return fate_of(broke(player, "before an old stream"));
    if (!old->reply.is_events)
        return fate_of(take_whole(&old->talk, &old->reply, request));
    do {
        if (reply_event(&old->talk, &old->reply, &event, WATCHDOG_MS) != GOT_IT)
            return fate_of(broke(player, "before an endpoint"));
    } while (!*event.data);
    return take_endpoint(player, &event) ? GOES_ON : LOST;
}

static enum fate open_stream(struct player *player, struct old *old)
{
    struct request request;

    make_names(player, &request);
    fill_in(player, &request, "GET", "/sse", "", "");
    if (chance(player, 12))
        return fate_of(send_and_cut(&old->talk, &request));
    if (!send_request(&old->talk, &request))
        return fate_of(broke(player, "in a request for an old stream"));
    return take_opening(player, old, &request);
}

/* A session whose client is too slow to initialize it may be over before. */
static enum fate stream_ended(struct player *player, const struct old *old)
{
    return fate_of(!old->ready || is_stopping(player) ||
                   blame(player, "an old stream ended", old->requests[0].text));
}

/* At most so many events, until all is answered. */
static enum fate read_stream(struct player *player, struct old *old, unsigned n_max)
{
    struct event event;

    for (unsigned n = 0; n < n_max && !is_answered(&old->requests[0]); n++) {
        enum got got = reply_event(&old->talk, &old->reply, &event, WATCHDOG_MS);

        if (got == GOT_END)
            return stream_ended(player, old);
        if (got != GOT_IT)
            return fate_of(broke(player, "in the middle of an old stream"));
        if (*event.id || (*event.data && strcmp(event.name, "message") != 0))
            return fate_of(blame(player, "an event that old streams do not have",
                                 *event.data ? event.data : event.id));
        if (!take_event(player, &old->requests[0], &event))
            return LOST;
    }
    return GOES_ON;
}

/* ---- posting ---- */

/* The next ones that are asked for: those from there on. */
static struct request *link_new(struct old *old, unsigned n)
{
    struct request *first = &old->requests[old->n];

    if (old->n > 0)
        first[-1].also = first;
    for (unsigned i = 0; i < n; i++)
        first[i].also = i + 1 < n ? &first[i + 1] : NULL;
    old->n += n;
    return first;
}

static void hush(struct request *first)
{
    for (; first; first = first->also)
        first->may_be_silent = true;
}

/* What a POST of a request was answered with; those from `first` on are its. */
static enum fate take_status(struct player *player, const struct old *old,
                             struct request *first, int status)
{
    if (status == 202)
        return GOES_ON;
    hush(first);
    if (status == 503) {
        player->n_refused++;
        return GOES_ON;
    }
    return fate_of((status == 404 && !old->ready) || status == 0 || is_stopping(player) ||
                   blame(player, "what was posted was refused", first->text));
}

static enum fate post(struct player *player, const struct old *old, struct request *first)
{
    int status;

    if (!ask_for_status(player, first, &status))
        return LOST;
    return take_status(player, old, first, status);
}

/* One behind the other on one connection. */
static enum fate post_pipelined(struct player *player, const struct old *old,
                                struct request *first)
{
    enum fate fate = GOES_ON;
    struct text all = { NULL, 0, 0 };
    struct talk talk;
    bool ok;
    int status;

    if (!talk_open(&talk, player))
        return fate_of(is_stopping(player));
    for (struct request *one = first; one; one = one->also)
        text_add(&all, one->text, one->len);
    ok = talk_send(&talk, all.data, all.len) || broke(player, "in requests");
    for (struct request *one = first; ok && fate == GOES_ON && one; one = one->also) {
        struct request *others = one->also;

        ok = await_status(&talk, &status);
        one->also = NULL;
        if (ok)
            fate = take_status(player, old, one, status);
        one->also = others;
    }
    text_free(&all);
    talk_close(&talk);
    return ok ? fate : LOST;
}

/* It may have come, or not. */
static enum fate post_and_cut(struct player *player, struct request *first)
{
    struct talk talk;

    if (!talk_open(&talk, player))
        return fate_of(is_stopping(player));
    hush(first);
    return send_and_cut(&talk, first) ? GOES_ON : LOST;
}

/* ---- what is posted ---- */

static enum fate say_hello(struct player *player, struct old *old)
{
    struct request *hello = &old->requests[0], request;
    enum fate fate;
    int status;

    make_initialize(player, hello);
    link_new(old, 1);
    fate = post(player, old, hello);
    if (fate == GOES_ON)
        fate = read_stream(player, old, UINT32_MAX);
    if (fate != GOES_ON || hello->n_answers == 0)
        return fate == LOST ? LOST : OVER;
    if (chance(player, 16))
        return GOES_ON; /* the session ends soon */
    make_names(player, &request);
    make_legacy(player, &request,
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
    if (!ask_for_status(player, &request, &status))
        return LOST;
    old->ready = status == 202;
    player->n_old += old->ready;
    return take_status(player, old, &request, status);
}

static enum fate call_some(struct player *player, struct old *old)
{
    static const char *const tools[] = { "plain", "steps", "big", "ask", "away" };
    unsigned n = 1 + dice_below(&player->dice, AT_ONCE_MAX);
    struct request *first = &old->requests[old->n];
    enum fate fate = GOES_ON;

    for (unsigned i = 0; i < n; i++)
        make_legacy_call(
            player, &first[i],
            tools[dice_below(&player->dice, sizeof tools / sizeof tools[0])]);
    if (chance(player, 2)) {
        link_new(old, n);
        return post_pipelined(player, old, first);
    }
    for (unsigned i = 0; fate == GOES_ON && i < n; i++) {
        link_new(old, 1);
        fate = chance(player, 6) ? post_and_cut(player, &first[i])
                                 : post(player, old, &first[i]);
    }
    return fate;
}

static enum fate call_in_batch(struct player *player, struct old *old)
{
    unsigned n = 1 + dice_below(&player->dice, BATCH_MAX);
    struct request *first = &old->requests[old->n];

    make_batch(player, first, n);
    link_new(old, n);
    return chance(player, 4) ? post_and_cut(player, first) : post(player, old, first);
}

/* It is not answered then, unless it was before. */
static enum fate cancel_one(struct player *player, struct old *old)
{
    struct request *of = &old->requests[1 + dice_below(&player->dice, old->n - 1)];

    of->may_be_silent = true;
    return say_cancelled(player, of) ? GOES_ON : LOST;
}

/* ---- the session ---- */

/* Who has seen that the server has closed the stream knows that there is no session. */
static enum fate end_stream(struct player *player, struct old *old)
{
    struct request request;
    bool ok;
    int status;

    if (!chance(player, 3))
        return fate_of(cut_somehow(&old->talk));
    if (!talk_half_close(&old->talk))
        return fate_of(!atomic_load(&player->stage->failed));
    make_names(player, &request);
    make_legacy(player, &request,
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
    ok = ask_for_status(player, &request, &status) &&
         (status == 404 || status == 0 || is_stopping(player) ||
          blame(player, "a session is there after its stream", request.text));
    return fate_of(ok);
}

/* Asks, and reads, unless it goes before it has read all. */
static enum fate ask_and_read(struct player *player, struct old *old)
{
    enum fate fate = has_batches(player) && chance(player, 2) ? call_in_batch(player, old)
                                                              : call_some(player, old);

    if (fate == GOES_ON && chance(player, 4))
        fate = cancel_one(player, old);
    if (fate != GOES_ON)
        return fate;
    if (chance(player, 6))
        nap_ms(dice_below(&player->dice, 60));
    if (!chance(player, 6))
        return read_stream(player, old, UINT32_MAX);
    fate = read_stream(player, old, dice_below(&player->dice, 5));
    if (fate == GOES_ON && chance(player, 2))
        talk_glance(&old->talk, dice_below(&player->dice, 10));
    return fate == GOES_ON ? end_stream(player, old) : fate;
}

static enum fate play_session(struct player *player, struct old *old)
{
    enum fate fate = open_stream(player, old);

    if (fate == GOES_ON)
        fate = say_hello(player, old);
    while (fate == GOES_ON && old->n + BATCH_MAX <= OLD_MAX && !chance(player, 5))
        fate = ask_and_read(player, old);
    return fate == GOES_ON ? end_stream(player, old) : fate;
}

bool play_old(struct player *player)
{
    static const char *const versions[] = { "2024-11-05", "2024-11-05", "2025-03-26",
                                            "2025-11-25" };
    struct session outer = player->session;
    struct old old = { .n = 0 };
    enum fate fate;

    if (!talk_open(&old.talk, player))
        return is_stopping(player);
    player->session = (struct session){
        .version =
            versions[dice_below(&player->dice, sizeof versions / sizeof versions[0])]
    };
    fate = play_session(player, &old);
    reply_free(&old.reply);
    talk_close(&old.talk);
    player->session.id[0] = '\0';
    publish(player);
    player->session = outer;
    return fate != LOST;
}

/* To post into it. */
bool steal_old(struct player *player)
{
    struct stage *stage = player->stage;
    unsigned other = dice_below(&player->dice, N_PLAYERS);
    struct session outer = player->session;
    struct request request;
    int status;

    pthread_mutex_lock(&stage->mutex);
    memcpy(player->session.id, stage->old_sessions[other], ID_MAX);
    pthread_mutex_unlock(&stage->mutex);
    if (other == player->number || !*player->session.id) {
        player->session = outer;
        return true;
    }
    snprintf(player->session.path, sizeof player->session.path, "/message?sessionId=%s",
             player->session.id);
    make_legacy_call(player, &request, "plain");
    player->session = outer;
    return ask_for_status(player, &request, &status) &&
           (status == 404 || status == 0 || status == 503 || is_stopping(player) ||
            blame(player, "an old session was stolen", request.text));
}
