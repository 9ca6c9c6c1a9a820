/* SPDX-License-Identifier: MIT */
/*
 * Chaos over HTTP: players do to a server whatever comes to their minds, and see to it that what
 * they get is theirs, whole, and comes once.
 *
 *     chaos.c          the rounds: the server starts, is played with, and stops
 *     chaos_server.c   the server, its tools, and who may come in
 *     chaos_talk.c     one connection: sending in pieces, replies, events, cutting
 *     chaos_request.c  requests, and what must be true of answers
 *     chaos_acts.c     what players do, and what is not nice of that;
 *     chaos_modern.c   of the era from 2026-07-28 on,
 *     chaos_legacy.c   with sessions, or without them to a stateless endpoint,
 *     chaos_batch.c    with the batches of 2025-03-26,
 *     chaos_old.c      over the transport of 2024-11-05
 *
 * A server lives for two rounds, so that it starts again once. Its endpoint is of one kind, and the
 * next server's of the next kind; the dice say which comes first. Players look at the kind to know
 * what to expect. The modern era and the transport of 2024-11-05 are the same at all of them.
 *
 * Each request has an id and a secret that no other has; secrets say whose they are.
 */
#ifndef TEST_CHAOS_H
#define TEST_CHAOS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/mcpserver.h"

enum { N_PLAYERS = 8, ID_MAX = 64, WATCHDOG_MS = 60000 };

/* ---- chance ---- */

struct dice {
    uint64_t state;
};

uint64_t dice_throw(struct dice *dice);
unsigned dice_below(struct dice *dice, unsigned bound);
void nap_ms(unsigned ms);

/* ---- the server ---- */

enum kind {
    KIND_USUAL,     /* sessions, whose answers are streams */
    KIND_JSON_ONLY, /* sessions, and never a stream */
    KIND_STATELESS, /* no sessions */
    N_KINDS
};

extern mcps_server *chaos_server;

bool server_make(enum kind kind);
bool server_start(int *ret_port);
struct mcps_stats server_stats(void);
/* How many lines of level error or worse it logged. */
unsigned server_errors(void);

/* ---- players ---- */

struct stage {
    enum kind kind;
    int port;
    atomic_bool over;     /* players leave when they have done what they are at */
    atomic_bool stopping; /* connections may end at any time */
    atomic_bool failed;
    pthread_mutex_t mutex;
    char sessions[N_PLAYERS][ID_MAX];     /* for who would like to steal one, */
    char old_sessions[N_PLAYERS][ID_MAX]; /* or one of 2024-11-05 */
};

/* Where requests of the legacy era go. */
struct session {
    char id[ID_MAX];       /* "": none */
    char path[2 * ID_MAX]; /* of the transport of 2024-11-05; "": it is the endpoint */
    const char *version;
    unsigned n_huge; /* answers that were asked for */
};

struct player {
    struct stage *stage;
    unsigned number;
    struct dice dice;
    unsigned n_requests;
    struct session session;
    uint64_t n_answers, n_refused, n_errors, n_cut, n_resumed, n_asked, n_batches, n_old;
    pthread_t thread;
};

/* The whole of it: says what is wrong, and ends the game. Returns false. */
bool blame(struct player *player, const char *what, const char *text);
/* Plays until the stage is over, a player. */
void *play(void *player);

/* ---- talking ---- */

struct text {
    char *data; /* with a NUL behind it */
    size_t len, cap;
};

void text_add(struct text *text, const char *data, size_t len);
void text_drop(struct text *text, size_t len);
void text_free(struct text *text);

struct talk {
    struct player *player;
    int fd;
    bool ended;       /* nothing more comes */
    bool is_nonsense; /* what it asks for may be anybody's secret */
    struct text in;
};

enum cut { CUT_CLOSE, CUT_RESET, N_CUTS };

bool talk_open(struct talk *talk, struct player *player);
/* Fine for one that is closed. */
void talk_close(struct talk *talk);
void talk_cut(struct talk *talk, enum cut cut);
/* No more is sent; what is received is dropped, but looked at, until the server closes. */
bool talk_half_close(struct talk *talk);
/* All of it, at once or in pieces; false: the connection is gone. */
bool talk_send(struct talk *talk, const char *data, size_t len);
/* As much as goes without waiting. */
void talk_push(struct talk *talk, const char *data, size_t len);
/* Waits for so long, then forgets what has come. */
void talk_glance(struct talk *talk, unsigned ms);

struct reply {
    int status;
    bool chunked, is_events, begun, done;
    size_t left; /* of the body, or of the chunk */
    struct text body;
    char session[ID_MAX];
};

struct event {
    char id[ID_MAX];   /* "": none */
    char name[ID_MAX]; /* the same */
    const char *data;
};

enum got { GOT_IT, GOT_END, GOT_NOTHING, GOT_BROKEN };

void reply_free(struct reply *reply);
/* The head of the next reply. */
enum got reply_begin(struct talk *talk, struct reply *reply);
/* All of its body; what it is is to be looked at by the caller. */
enum got reply_finish(struct talk *talk, struct reply *reply);
/* The next event, valid until the next call; GOT_NOTHING: none has come for so long. */
enum got reply_event(struct talk *talk, struct reply *reply, struct event *event,
                     unsigned timeout_ms);
/* No secret in it is somebody else's. */
bool is_own(struct player *player, const char *text);

#endif
