/* SPDX-License-Identifier: MIT */
/*
 * Who is told that a list has changed: the clients of the legacy era whose handshake is over,
 * each at most once in the time of the limit list_changed_ms, however often it changes.
 *
 * THREADS. Anybody announces; what is sent is sent on the home thread of each peer, which
 * looks at the moment it sends. So what a client lists afterwards has the change.
 */
#ifndef MCPS_CORE_CHANGES_H
#define MCPS_CORE_CHANGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/loop.h"
#include "mcpserver/tool.h"
#include "util/list.h"
#include "util/lock.h"
#include "util/timer.h"

struct mcps__peer;

/* The lists that clients are told of. That of resources is also that of templates. */
enum mcps__changed {
    MCPS__CHANGED_TOOLS,
    MCPS__CHANGED_PROMPTS,
    MCPS__CHANGED_RESOURCES,
    MCPS__N_CHANGED
};

struct mcps__due {
    bool due;        /* it has changed, which is not said yet */
    int64_t sent_at; /* the latest; 0: never */
};

struct mcps__changes {
    struct mcps__mutex mutex;
    struct mcps__list listeners MCPS__GUARDED;
};

/* What a peer has for it. */
struct mcps__listener {
    struct mcps__list link;   /* under the mutex of the changes */
    struct mcps__post post;   /* with a reference on the peer: there is news */
    struct mcps__timer timer; /* [home] to say it */
    atomic_uint news;         /* a bit for each list that has changed */
    struct mcps__due due[MCPS__N_CHANGED]; /* [home] */
};

int mcps__changes_init(struct mcps__changes *changes) MCPS_MUST_CHECK;
void mcps__changes_fini(struct mcps__changes *changes);

/* Any thread, with no lock of rank "changes" or higher held. */
void mcps__changes_announce(struct mcps__changes *changes, enum mcps_kind kind);

void mcps__listener_init(struct mcps__listener *listener);
/* [home] From now on the peer is told, until mcps__changes_drop(): before its connection's
 * reference on it goes. */
void mcps__changes_add(struct mcps__peer *peer);
void mcps__changes_drop(struct mcps__peer *peer);
/* [home] Says what is due, if it may be said by now. */
void mcps__changes_say(struct mcps__peer *peer);

#endif
