/* SPDX-License-Identifier: MIT */
/*
 * Many clients over HTTP who hardly say anything: a server in a process of its own, and a crowd
 * of connections in this one, each with a session and a stream of events. Every second stream
 * is the GET of a legacy session, the others are subscriptions/listen.
 */
#ifndef TEST_HTTP_IDLE_H
#define TEST_HTTP_IDLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- the server's process ---- */

/* What the server's process says of itself. */
struct figures {
    int64_t cpu_us, resident_kb,
        heap_bytes; /* the last is -1 where it cannot be measured */
    int64_t fds, threads;
    uint64_t sessions, streams, listens;
    int64_t stop_ms;
    int stop_result;
};

struct server {
    pid_t pid;
    int control;
    int port;
};

/* While this process has one thread. The limits let so many clients in. */
bool server_fork(struct server *server, unsigned n_clients);
bool server_figures(struct server *server, struct figures *ret);
/* Everybody is told that the list of tools has changed. */
bool server_announce(struct server *server);
/* Begins to stop it; the figures of its end come later. */
bool server_stop(struct server *server);
bool server_stopped(struct server *server, struct figures *ret);
/* Whether its process ended well. */
bool server_join(struct server *server);

/* ---- the clients ---- */

enum { SESSION_ID_MAX = 64, INPUT_MAX = 1536 };

enum client_step {
    CLIENT_NEW,
    CLIENT_INITIALIZING,
    CLIENT_READY_SENT,
    CLIENT_STREAM_ASKED,
    CLIENT_STREAMING,
    CLIENT_ENDED
};

struct client {
    int fd; /* -1: none */
    enum client_step step;
    bool deaf; /* it does not read at the moment */
    char session[SESSION_ID_MAX];
    char input[INPUT_MAX]; /* up to a NUL; what has come since the last step */
    unsigned len;
};

struct crowd {
    struct client *clients;
    unsigned n;
    int epoll;
    int port;
    unsigned n_opening, n_streaming, n_ended, n_told;
    const char *fault;
};

bool crowd_make(struct crowd *crowd, unsigned n, int port);
void crowd_free(struct crowd *crowd);
/* All have a session and a stream. */
bool crowd_open(struct crowd *crowd);
/* One in ten of them reads nothing from now on, or all do again. */
bool crowd_deafen(struct crowd *crowd, bool deaf);
/* What all have received so far is forgotten. */
void crowd_forget_input(struct crowd *crowd);
/* All who read have received that the list of tools has changed, since they forgot. */
bool crowd_await_told(struct crowd *crowd);
/* All streams have ended as they should. */
bool crowd_await_end(struct crowd *crowd);
/* Their connections are closed by them; the sessions are still there. */
void crowd_close(struct crowd *crowd);
/* All sessions are ended, over one connection. */
bool crowd_end_sessions(struct crowd *crowd);

#endif
