/* SPDX-License-Identifier: MIT */
/*
 * Who is told of changes, and of which: the sessions of the legacy era of all three lists,
 * once their handshake is over, and of the resources that they have subscribed to; streams of
 * the modern era (listen.h) of what they have asked for.
 *
 * A topic is what can change: a list, or a resource. A listener, a session or a stream, has a
 * subscription to each topic that it is told of. Of each it is told at most once in the time
 * of the limit list_changed_ms, however often it changes, and at most one message of each
 * waits for it: while that is still in its sink's queue, another would say no more. Once the
 * transport has taken it, the next change is told anew. So what a client reads after it was
 * told has the change.
 *
 * THREADS. Anybody announces, under the mutex, which only notes that there is news and posts
 * it to the home threads of peers. What is sent is sent at home, under no lock but those of
 * the gate and the sink. [home] marks what belongs to that thread.
 */
#ifndef MCPS_CORE_CHANGES_H
#define MCPS_CORE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/loop.h"
#include "json/bytes.h"
#include "mcpserver/limits.h"
#include "mcpserver/tool.h"
#include "util/list.h"
#include "util/lock.h"
#include "util/map.h"
#include "util/timer.h"

struct mcps__exchange;
struct mcps__peer;
struct mcps__piece;
struct mcps__writer;

/* The lists that clients are told of. That of resources is also that of templates. */
enum mcps__changed {
    MCPS__CHANGED_TOOLS,
    MCPS__CHANGED_PROMPTS,
    MCPS__CHANGED_RESOURCES,
    MCPS__N_CHANGED
};

struct mcps__topic {
    struct mcps__bytes *head; /* of its messages, up to the middle of their params */
    struct mcps__list subscriptions; /* under the mutex */
    size_t n_refs;                   /* of subscriptions; under the mutex */
    size_t uri_len;
    const char *uri; /* NULL: a list */
};

struct mcps__changes {
    struct mcps__mutex mutex;
    struct mcps__topic lists[MCPS__N_CHANGED];
    struct mcps__map resources MCPS__GUARDED; /* their topics, by URI */
    size_t bytes MCPS__GUARDED;               /* of all subscriptions to resources */
    uint64_t n_announced MCPS__GUARDED;
};

struct mcps__subscription {
    struct mcps__topic *topic; /* a reference; never changes */
    struct mcps__listener *listener;
    struct mcps__list of_topic; /* under the mutex; on none: nobody sees it yet */
    struct mcps__list fresh;    /* under the mutex: home has not seen that it changed */
    struct mcps__list of_listener; /* [home] */
    struct mcps__list turn;        /* [home] on one of the two lists of its peer */
    uint64_t serial;               /* [home] of its latest message in the sink; 0: none */
    int64_t sent_at;               /* [home] */
    bool due, resting;             /* [home] */
};

/* What a peer has for all its listeners. */
struct mcps__news {
    struct mcps__post post;   /* with a reference on the peer: there is news */
    struct mcps__list fresh;  /* under the mutex: subscriptions that have news */
    uint64_t counted;         /* under the mutex: the latest announcement that it is in */
    struct mcps__timer timer; /* [home] to go on with what rests */
    struct mcps__list waiting; /* [home] what is to be told at once */
    struct mcps__list resting; /* [home] what was just told, the oldest first */
    size_t n_due;              /* [home] how many of those are to be told again */
    struct mcps__list streams; /* [home] of listen.c */
};

/* Somebody who is told. It belongs to its peer's home thread. */
struct mcps__listener {
    struct mcps__peer *peer;         /* borrowed from whoever has the listener */
    struct mcps__exchange *exchange; /* of a stream; NULL: the legacy session's */
    struct mcps__list subscriptions;
    struct mcps__map by_uri; /* those to resources */
    size_t uri_bytes;        /* of all of them */
};

int mcps__changes_init(struct mcps__changes *changes) MCPS_MUST_CHECK;
/* There is no listener any more. */
void mcps__changes_fini(struct mcps__changes *changes);

/* Any thread, with no lock of rank "changes" or higher held. A list has changed; a resource
 * has: how many clients are told. */
void mcps__changes_announce(struct mcps__changes *changes, enum mcps_kind kind);
int mcps__changes_announce_resource(struct mcps__changes *changes, const char *uri,
                                    size_t len);

void mcps__news_init(struct mcps__news *news);
/* [home] Nobody is told any more; before the connection's reference on the peer goes. */
void mcps__news_drop(struct mcps__peer *peer);
/* [home] Tells what is to be told, if it may be told by now. */
void mcps__changes_say(struct mcps__peer *peer);

/* 0 or -errno: there is no randomness. */
int mcps__listener_init(struct mcps__listener *listener, struct mcps__peer *peer,
                        struct mcps__exchange *exchange) MCPS_MUST_CHECK;
/* It has no subscriptions. */
void mcps__listener_fini(struct mcps__listener *listener);

/* [home] Subscribes to a list, or to a resource, if it has not. Nobody sees it before
 * mcps__listener_show(). MCPS_ELIMIT when the listener has `max` resources, or their URIs
 * have too many bytes; -ENOMEM. */
int mcps__listener_add_list(struct mcps__listener *listener,
                            enum mcps__changed list) MCPS_MUST_CHECK;
int mcps__listener_add_resource(struct mcps__listener *listener, const char *uri,
                                size_t len, enum mcps_limit max) MCPS_MUST_CHECK;
/* [home] From now on all its subscriptions are told. What is to be said before that, if
 * anything, is put through its exchange under the same lock. Takes the piece. An error: it
 * could not be put, and nobody sees them. */
int mcps__listener_show(struct mcps__listener *listener,
                        struct mcps__piece *first) MCPS_MUST_CHECK;
/* [home] Nothing more is said of that resource, nor was if there is no such subscription. */
void mcps__listener_drop_resource(struct mcps__listener *listener, const char *uri,
                                  size_t len);
void mcps__listener_drop(struct mcps__listener *listener);

/* The member that the _meta of all messages of a stream has; a whole _meta with it. */
void mcps__write_subscription_id(struct mcps__writer *w,
                                 const struct mcps__exchange *exchange);
void mcps__write_subscription(struct mcps__writer *w,
                              const struct mcps__exchange *exchange);

#endif
