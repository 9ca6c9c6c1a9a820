/* SPDX-License-Identifier: MIT */
/*
 * A transport of connections on which messages are lines, driven by poll() on one I/O
 * thread or, turn by turn, by the host's. What stdio and in-memory clients have in common.
 *
 *     init, open, add (stdio: its one), run … stop, join, fini
 *
 * THREADS. As those of a transport; what is for the I/O thread may also be called between
 * mcps__lines_open() and mcps__lines_run().
 */
#ifndef MCPS_TRANSPORT_LINES_H
#define MCPS_TRANSPORT_LINES_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/conn.h"
#include "transport/mirror.h"
#include "transport/transport.h"
#include "util/list.h"

struct mcps__lines {
    struct mcps__transport transport;
    bool ends_by_itself;     /* when its last connection is closed; never changes */
    struct mcps__io io;      /* [I/O thread] */
    struct mcps__list conns; /* [I/O thread] and this, too: */
    size_t n_conns;
    struct pollfd *fds; /* the first is the loop's */
    size_t cap_fds;
    bool stopping; /* nobody new is let in */
    struct mcps__post stop;
    _Atomic int64_t drain_deadline;
    struct mcps__mirror mirror; /* if it is driven */
    bool ended;                 /* [I/O thread] driven: its last turn was taken */
    pthread_t thread;
    atomic_bool running; /* the I/O thread is there, and has set: */
    pthread_t self;
};

void mcps__lines_init(struct mcps__lines *lines, const struct mcps__transport_ops *ops,
                      struct mcps__engine *engine, bool ends_by_itself,
                      void (*ended)(void *userdata), void *userdata);
void mcps__lines_fini(struct mcps__lines *lines);

/* Makes what the I/O thread needs. 0 or -errno. */
int mcps__lines_open(struct mcps__lines *lines) MCPS_MUST_CHECK;
/* I/O thread. Adds a connection, and takes the ends unless it fails: MCPS_ECLOSED after the
 * stop, MCPS_ELIMIT, -ENOMEM. */
int mcps__lines_add(struct mcps__lines *lines, struct mcps__end in, struct mcps__end out,
                    const char *principal) MCPS_MUST_CHECK;
/* I/O thread. Waits for something to do, until a moment at the latest, and does it: what the
 * thread repeats. */
void mcps__lines_turn(struct mcps__lines *lines, int64_t until);
/* Driven: has the watcher see what the connections wait for. Returns when the next turn is to
 * be taken at the latest. */
int64_t mcps__lines_show(struct mcps__lines *lines);
/* Starts the I/O thread, or shows what it is to wait for. 0 or -errno. */
int mcps__lines_run(struct mcps__lines *lines) MCPS_MUST_CHECK;
/* Undoes the opening and adding, when it does not come to the running. */
void mcps__lines_close(struct mcps__lines *lines);

/* What struct mcps__transport_ops wants, for what begins with a struct mcps__lines. */
int64_t mcps__lines_take_turn(struct mcps__transport *transport);
void mcps__lines_stop(struct mcps__transport *transport, int64_t drain_deadline);
bool mcps__lines_is_inside(struct mcps__transport *transport);
/* Waits for the I/O thread, and frees what the opening made. */
void mcps__lines_join(struct mcps__lines *lines);

static inline struct mcps__lines *mcps__lines_of(struct mcps__transport *transport)
{
    return MCPS__CONTAINER_OF(transport, struct mcps__lines, transport);
}

#endif
