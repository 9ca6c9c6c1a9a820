/* SPDX-License-Identifier: MIT */
/*
 * A connection on which messages are lines: a client's peer at one side, descriptors at the
 * other. Everything here happens on the I/O thread of the transport that it belongs to.
 *
 * It is closed in one way: something marks it as done, and at the end of the turn the
 * transport frees it. What marks it: all output of a closed sink is written, or the time for
 * that is over; or the client is gone, or does not read.
 */
#ifndef MCPS_TRANSPORT_CONN_H
#define MCPS_TRANSPORT_CONN_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/engine.h"
#include "core/loop.h"
#include "core/peer.h"
#include "json/scan.h"
#include "rpc/frame.h"
#include "transport/end.h"

enum {
    MCPS__READ_BYTES = 64 * 1024, /* of one connection in one turn */
    MCPS__LONG_LINE = 64 * 1024   /* above it, a line is scanned while it arrives */
};

/* What the connections of an I/O thread share. */
struct mcps__io {
    struct mcps__engine *engine; /* borrowed */
    struct mcps__loop *loop;     /* borrowed */
    char *buffer;                /* MCPS__READ_BYTES */
    struct mcps__scan scan;      /* for lines that are complete */
};

struct mcps__conn {
    struct mcps__list link; /* in the transport's list */
    struct mcps__io *io;
    struct mcps__peer *peer;   /* a reference */
    struct mcps__end in, out;  /* ours; may be the same */
    size_t in_slot, out_slot;  /* in the poll set of this turn; 0: not in it */
    struct mcps__frame frame;  /* what has come of a line */
    struct mcps__scan *scan;   /* of the line that is arriving, once that is long */
    struct mcps__buf rest;     /* read, but not handled: there is too much output */
    size_t rest_at;            /* and how much of that is */
    size_t charged;            /* to the account, for what is kept of the input */
    struct mcps__list writing; /* pieces taken from the sink, */
    size_t offset;             /* and how much of the first is written */
    int64_t stall_at;          /* when waiting output has waited too long */
    int64_t close_at;          /* when it has after the sink was closed */
    struct mcps__timer
        timer; /* for the two; set all the time, so that it always can be */
    bool input_ended;
    bool waiting; /* there is output, and no room for it */
    bool held;    /* too much of it: neither reads nor starts calls */
    bool closing; /* the sink was seen to be closed */
    bool done;    /* to be freed at the end of the turn */
};

/* Makes a connection and its peer. Takes the ends, unless it fails: MCPS_ELIMIT at the limit
 * "peers", -ENOMEM. */
int mcps__conn_new(struct mcps__conn **ret, struct mcps__io *io, struct mcps__end in,
                   struct mcps__end out, const char *principal) MCPS_MUST_CHECK;
/* One that is done: closes the ends, tells the peer, and frees it. Returns NULL. */
struct mcps__conn *mcps__conn_free(struct mcps__conn *conn);

/* Puts what it waits for behind the first *n entries of the poll set: two at the most. */
void mcps__conn_watch(struct mcps__conn *conn, struct pollfd *fds, size_t *n);
/* What poll() has said of it since. */
void mcps__conn_handle(struct mcps__conn *conn, const struct pollfd *fds);

/* Reads and handles what is there, after these events of its input. (conn_read.c) */
void mcps__conn_read(struct mcps__conn *conn, short events);
/* Goes on with what was left of it when there was too much output. (conn_read.c) */
void mcps__conn_resume(struct mcps__conn *conn);
/* Frees what is kept of a line that has not ended. (conn_read.c) */
void mcps__conn_forget_input(struct mcps__conn *conn);

/* Looks at the sink, and writes what there is room for. (conn_write.c) */
void mcps__conn_flush(struct mcps__conn *conn);
/* Who does not read is not read from, and none of his calls is started. (conn_write.c) */
void mcps__conn_hold_or_release(struct mcps__conn *conn);
/* The time for waiting output is over. (conn_write.c) */
void mcps__conn_expire(struct mcps__conn *conn);
/* Nothing can be written any more: what waits is lost, and the connection done. (conn_write.c) */
void mcps__conn_lose(struct mcps__conn *conn);

#endif
