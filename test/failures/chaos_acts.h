/* SPDX-License-Identifier: MIT */
/*
 * What players do; see chaos.h. An act returns false when the game is over: something is wrong,
 * and was said. That a connection ends is fine when the server stops, or the player itself has
 * cut it; that an answer is an error is fine as well, but for that it must be the only one.
 */
#ifndef TEST_CHAOS_ACTS_H
#define TEST_CHAOS_ACTS_H

#include "chaos.h"

enum { REQUEST_MAX = 4096, FIELDS_MAX = 512 };

struct request {
    char id[ID_MAX], secret[ID_MAX];
    char text[REQUEST_MAX];
    size_t len;
    unsigned n_answers;
    char event[ID_MAX];   /* the latest of its stream; "": none */
    unsigned long serial; /* the second part of that */
    unsigned batch;       /* the same number as of all of its batch; 0: it is in none */
    struct request
        *also;          /* another one that the same stream has the answer to; or NULL */
    bool may_refuse;    /* it asks for something that is not to be had */
    bool may_be_silent; /* nothing may come for an answer */
    bool no_secret;     /* what is answered does not say it */
    bool whole_only;    /* what is answered is no stream */
};

bool chance(struct player *player, unsigned one_in);
bool is_stopping(const struct player *player);

/* ---- requests (chaos_request.c) ---- */

/* Another one, with an id and a secret, and nothing else. */
void make_names(struct player *player, struct request *request);
/* Its text; a body "" is none. */
void fill_in(struct player *player, struct request *request, const char *method,
             const char *path, const char *fields, const char *body);
bool send_request(struct talk *talk, const struct request *request);
/* Sends it, or so many of its bytes as the dice say, and cuts the connection. */
bool send_and_cut(struct talk *talk, const struct request *request);
/* In one of the ways that there are; closes the talk. */
bool cut_somehow(struct talk *talk);

/* ---- answers (chaos_request.c) ---- */

/* The connection ended, or could not be written to. */
bool broke(struct player *player, const char *when);
/* All that must be, the others of its stream as well. */
bool is_answered(const struct request *request);
/* The head of the answer, which must be of a form that it may have. */
enum got begin_answer(struct talk *talk, const struct request *request,
                      struct reply *reply);
/* An answer that is no stream. */
bool take_whole(struct talk *talk, struct reply *reply, struct request *request);
bool take_event(struct player *player, struct request *request,
                const struct event *event);

/* How the reading of a stream ended. */
enum end { END_WELL, END_CUT, END_BROKEN, END_FAILED };

/* Reads at most so many events. */
enum end read_events(struct talk *talk, struct reply *reply, struct request *request,
                     unsigned n_max);
/* The one answer to a request on a connection that is not cut. */
bool await_answer(struct talk *talk, struct request *request);
/* What is answered with nothing but a status; 0: the server stops. */
bool await_status(struct talk *talk, int *ret);
/* The same, on a connection of its own. */
bool ask_for_status(struct player *player, const struct request *request, int *ret);

/* ---- the modern era (chaos_modern.c) ---- */

const char *any_tool(struct player *player);
/* With more members of its params. */
void make_modern_call(struct player *player, struct request *request, const char *tool,
                      const char *more);
bool call_modern(struct player *player);
bool cut_modern(struct player *player);
bool ask_modern(struct player *player);
bool listen_for_changes(struct player *player);

/* ---- the legacy era (chaos_legacy.c) ---- */

const char *any_version(struct player *player);
/* Has others know its sessions. */
void publish(struct player *player);
/* To wherever the player's requests of this era go. */
void make_legacy(struct player *player, struct request *request, const char *body);
void make_initialize(struct player *player, struct request *request);
/* The text of a call; the names are there. */
void write_call(struct player *player, const struct request *request, const char *tool,
                struct text *to);
void make_legacy_call(struct player *player, struct request *request, const char *tool);
/* Without a body, to the endpoint. */
void make_bare(struct player *player, struct request *request, const char *method,
               const char *more);
bool say_cancelled(struct player *player, const struct request *of);
/* Now, later or never; by yes or no. */
bool answer_question(struct player *player, const char *question);
/* What is sent is answered; some leave and come back for it. */
bool read_legacy(struct talk *talk, struct request *request, bool leaves);
bool begin_session(struct player *player);
bool end_session(struct player *player);
bool end_session_under_call(struct player *player);
bool call_legacy(struct player *player);
bool cut_legacy(struct player *player);
bool get_stream(struct player *player);
/* What a stateless endpoint has none of. */
bool want_session(struct player *player);

/* ---- batches (chaos_batch.c) ---- */

enum { BATCH_MAX = 5 };

bool has_batches(const struct player *player);
/* Of so many calls, with notifications among them. */
void make_batch(struct player *player, struct request *requests, unsigned n);
bool call_batch(struct player *player);
bool notify_batch(struct player *player);

/* ---- the transport of 2024-11-05 (chaos_old.c) ---- */

bool play_old(struct player *player);
bool steal_old(struct player *player);

#endif
