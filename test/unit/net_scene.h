/* SPDX-License-Identifier: MIT */
/*
 * A net with connections that remember what was said to them, and clients on plain sockets,
 * all on the thread of the test.
 */
#ifndef TEST_NET_SCENE_H
#define TEST_NET_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/net.h"
#include "util/log.h"
#include "util/wake.h"

struct net_scene;

struct net_conn {
    struct net_scene *scene;
    struct mcps__sock *sock; /* NULL: it was closed */
    char data[64];           /* the beginning of what was received */
    size_t len, last_len;    /* all of it; what came last */
    unsigned n_received, n_drained, n_hung_up, n_closed;
};

/* What a test has a connection do, if anything, behind what it remembers. */
typedef void net_hook(struct net_conn *conn);

struct net_scene {
    struct mcps__net *net;
    struct mcps__wake wake;
    struct mcps__log log;
    bool has_wake, has_log;
    char said[512]; /* the last line of the log */
    unsigned n_said;

    struct net_conn **conns; /* all that there were */
    size_t n_conns, n_closed;
    unsigned n_turns, n_woken;
    int64_t wait_until; /* what before_wait() says */
    bool refuse;        /* opened() gives nothing */
    net_hook *opened, *received, *drained, *hung_up, *closed;
    void (*before_wait)(struct net_scene *scene);
    void (*woken)(struct net_scene *scene);
    char end[8]; /* of what a client has read last */
    size_t end_len;
    void *userdata;
};

/* Listens on 127.0.0.1, unless it failed; then net_scene_fini() is due all the same. */
int net_scene_init(struct net_scene *scene);
int net_scene_init_at(struct net_scene *scene, const char *host, int64_t unacked_ms);
void net_scene_fini(struct net_scene *scene);

/* Turns until one finds nothing. False if they are more than any test needs. */
bool net_settle(struct net_scene *scene);
/* The same, but waits for something to be there first, for up to so many milliseconds. Says
 * whether anything was. */
bool net_wait(struct net_scene *scene, int ms);
/* There is nothing to do, and the descriptor says so. */
bool net_is_quiet(struct net_scene *scene);
/* As often as it takes for a counter to come to a value. */
bool net_until(struct net_scene *scene, const unsigned *counter, unsigned value);
bool net_until_size(struct net_scene *scene, const size_t *counter, size_t value);

/* A client that is connected; the connection of the scene is the latest then. -1. */
int net_client(struct net_scene *scene);
/* The same without a turn of the net. */
int net_connect(const struct net_scene *scene);
struct net_conn *net_latest(struct net_scene *scene);
void net_close(int *fd);
/* Closes with RST. */
void net_reset(int fd);
/* What the net says meanwhile, if it does soon; the length, -ECONNRESET at the end, -errno. */
long net_read_some(struct net_scene *scene, int fd);
/* All that the net still says, up to its end; the length, or -errno. */
long net_read_all(struct net_scene *scene, int fd);
/* Did what was read last end so? */
bool net_said(const struct net_scene *scene, const char *end);

/* Writes from a copy that has the room in front. */
int net_say(struct net_conn *conn, const char *data, size_t len);
/* Writes until something waits inside; how much that was, or -1. */
long net_fill(struct net_conn *conn);

/* Descriptors of this process that are open. */
int net_count_fds(void);

#endif
