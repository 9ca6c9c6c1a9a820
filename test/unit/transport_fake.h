/* SPDX-License-Identifier: MIT */
/*
 * An engine for tests of transports, whose peers know no protocol: they note what they are
 * told, and give messages back if asked to. One at a time.
 */
#ifndef TEST_TRANSPORT_FAKE_H
#define TEST_TRANSPORT_FAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/engine.h"
#include "core/peer.h"

enum fake_event {
    FAKE_MADE,         /* a peer was made, */
    FAKE_MESSAGE,      /* or got a message that is JSON, */
    FAKE_BAD,          /* that is not, */
    FAKE_LOST_MESSAGE, /* that could not be kept; */
    FAKE_END_OF_INPUT, /* or was told of this, */
    FAKE_GONE,
    FAKE_DRAIN,
    FAKE_DISCONNECTED,
    FAKE_FREED, /* or the last reference on it went, */
    FAKE_HELD,  /* while its calls could not be started */
    FAKE_ENDED, /* the transport has ended: fake_ended() was called */
    FAKE_N_EVENTS
};

/* What peers do. Set before there are any. */
struct fake_ways {
    bool echo;          /* give back what is JSON */
    bool stay;          /* do not close the sink at the end of input, */
    bool stay_on_drain; /* nor at the stop */
    unsigned max_peers; /* 0: no limit */
};

/* Makes the engine; false when that failed. */
bool fake_begin(const struct fake_ways *ways);
void fake_end(void);

struct mcps__engine *fake_engine(void);
/* Of limits: before there are any peers. */
void fake_limit(enum mcps_limit limit, uint64_t value);

/* How many accounts there are. */
size_t fake_accounts(void);

/* How often it came to that; waits until it came to that so often: false after 60 s, or soon
 * if an allocation was made to fail. */
unsigned fake_count(enum fake_event event);
bool fake_wait(enum fake_event event, unsigned n);
/* Was an allocation made to fail? Then what a test waits for may never come. */
bool fake_has_failed(void);
/* Waits until there is something to read; false as fake_wait(). */
bool fake_wait_readable(int fd);
/* The error that came with the last message that was lost, or bad. */
int fake_error(void);
/* All messages so far that are JSON, each with a newline. The caller frees the text. */
char *fake_messages(size_t *ret_len);

/* The peer that was made last; borrowed. */
struct mcps__peer *fake_peer(void);
/* Puts a message into a peer's sink, as any thread may. */
int fake_put(struct mcps__peer *peer, const char *message, size_t len);

/* How many lines the log has of a level, and whether the last one of it begins like this. */
unsigned fake_logged(enum mcps_log_level level);
bool fake_last_log_is(enum mcps_log_level level, const char *text);

/* For a transport's `ended`. */
void fake_ended(void *userdata);

#endif
