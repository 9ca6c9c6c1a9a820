/* SPDX-License-Identifier: MIT */
/* Batches, which revision 2025-03-26 has and no other; see chaos_acts.h. */
#include "config.h"

#include "chaos_acts.h"

#include <stdio.h>
#include <string.h>

bool has_batches(const struct player *player)
{
    return strcmp(player->session.version, "2025-03-26") == 0;
}

static void add_text(struct text *to, const char *text)
{
    text_add(to, text, strlen(text));
}

static void add_notification(struct player *player, struct text *to)
{
    static const char *const notifications[] = {
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/roots/list_changed\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/unknown\"}",
    };

    add_text(to, notifications[dice_below(&player->dice, sizeof notifications /
                                                             sizeof notifications[0])]);
}

/* Sessions at the endpoint are told that a call was cancelled; nobody else is. */
static void add_cancel(const struct player *player, struct request *of, struct text *to)
{
    add_text(to, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                 "\"params\":{\"requestId\":");
    add_text(to, of->id + strlen("\"id\":"));
    add_text(to, "}}");
    of->may_be_silent = *player->session.id == '\0' || *player->session.path;
}

/* The last call of a batch is not cancelled by it, so that something is answered. */
void make_batch(struct player *player, struct request *requests, unsigned n)
{
    static const char *const tools[] = { "plain", "steps", "big", "steps", "ask" };
    struct text body = { NULL, 0, 0 };

    for (unsigned i = 0; i < n; i++) {
        make_names(player, &requests[i]);
        requests[i].batch = i == 0 ? player->n_requests : requests[0].batch;
        if (i > 0)
            requests[i - 1].also = &requests[i];
        add_text(&body, i == 0 ? "[" : ",");
        if (chance(player, 4)) {
            add_notification(player, &body);
            add_text(&body, ",");
        }
        write_call(player, &requests[i],
                   tools[dice_below(&player->dice, sizeof tools / sizeof tools[0])],
                   &body);
        if (i + 1 < n && chance(player, 6)) {
            add_text(&body, ",");
            add_cancel(player, &requests[i], &body);
        }
    }
    add_text(&body, "]");
    make_legacy(player, &requests[0], body.data);
    text_free(&body);
}

static bool settle_batch(struct player *player, const struct request *request,
                         int expected)
{
    int status;

    return ask_for_status(player, request, &status) &&
           (status == expected || status == 0 || status == 503 || is_stopping(player) ||
            blame(player, "a batch has another status than it should have",
                  request->text));
}

bool call_batch(struct player *player)
{
    struct request requests[BATCH_MAX];
    unsigned n = 1 + dice_below(&player->dice, BATCH_MAX);
    struct talk talk;
    bool ok;

    make_batch(player, requests, n);
    if (!has_batches(player))
        return settle_batch(player, &requests[0], 400);
    if (!talk_open(&talk, player))
        return is_stopping(player);
    if (chance(player, 4))
        return send_and_cut(&talk, &requests[0]);
    ok = send_request(&talk, &requests[0]) || broke(player, "in a batch");
    if (ok && chance(player, 6))
        ok = say_cancelled(player, &requests[dice_below(&player->dice, n)]);
    ok = ok && read_legacy(&talk, &requests[0], chance(player, 2));
    talk_close(&talk);
    return ok;
}

bool notify_batch(struct player *player)
{
    struct text body = { NULL, 0, 0 };
    struct request request;

    make_names(player, &request);
    for (unsigned i = 0, n = 1 + dice_below(&player->dice, BATCH_MAX); i < n; i++) {
        add_text(&body, i == 0 ? "[" : ",");
        add_notification(player, &body);
    }
    add_text(&body, "]");
    make_legacy(player, &request, body.data);
    text_free(&body);
    return settle_batch(player, &request, has_batches(player) ? 202 : 400);
}
