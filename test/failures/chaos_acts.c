/* SPDX-License-Identifier: MIT */
/* What players do that is not nice, and how they choose; see chaos_acts.h. */
#include "config.h"

#include "chaos_acts.h"

#include <stdio.h>
#include <string.h>

enum { FLOOD = 24 };

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
            (status == 405 && player->stage->kind == KIND_JSON_ONLY) ||
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
    memcpy(own, player->session.id, ID_MAX);
    memcpy(player->session.id, session, ID_MAX);
    make_bare(player, &request,
              player->stage->kind == KIND_USUAL && chance(player, 2) ? "GET" : "DELETE",
              "");
    memcpy(player->session.id, own, ID_MAX);
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
    make_legacy(player, &request,
                bodies[dice_below(&player->dice, sizeof bodies / sizeof bodies[0])]);
    return ask_for_status(player, &request, &status) &&
           (status == 202 || status == 0 || status == 503 || is_stopping(player) ||
            blame(player, "what needs no answer was refused", request.text));
}

/* ---- playing ---- */

typedef bool act_fn(struct player *player);

#define ONE_OF(player, table) \
    (table)[dice_below(&(player)->dice, sizeof(table) / sizeof((table)[0]))]

static bool act_legacy(struct player *player)
{
    static act_fn *const in_session[] = {
        call_legacy,           call_legacy,    call_legacy,
        call_legacy,           call_batch,     call_batch,
        notify_batch,          cut_legacy,     get_stream,
        talk_besides,          resume_wrongly, end_session,
        end_session_under_call
    };
    static act_fn *const without[] = { call_legacy,  call_legacy, call_batch,
                                       notify_batch, cut_legacy,  begin_session,
                                       talk_besides, want_session };

    if (player->stage->kind == KIND_STATELESS) {
        player->session.version = any_version(player);
        return ONE_OF(player, without)(player);
    }
    return *player->session.id ? ONE_OF(player, in_session)(player)
                               : begin_session(player);
}

static bool act(struct player *player)
{
    static act_fn *const always[] = { call_modern,   call_modern, cut_modern,
                                      cut_modern,    ask_modern,  listen_for_changes,
                                      flood,         play_old,    play_old,
                                      steal_session, steal_old,   talk_nonsense };

    return chance(player, 2) ? ONE_OF(player, always)(player) : act_legacy(player);
}

void *play(void *arg)
{
    struct player *player = arg;

    player->session = (struct session){ .version = any_version(player) };
    while (!atomic_load(&player->stage->over) && act(player))
        ;
    if (*player->session.id && !is_stopping(player) &&
        !atomic_load(&player->stage->failed))
        end_session(player);
    return NULL;
}
