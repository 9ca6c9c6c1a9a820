/* SPDX-License-Identifier: MIT */
/*
 * What the server knows of a transport: a table of functions, and a way to hear that it has
 * ended. A transport has one I/O thread, which alone touches its descriptors; or the host's
 * loop drives it, and has a turn of it taken when it is time.
 *
 * THREADS. The functions are called by the server, one at a time, never on the I/O thread.
 * Of a driven transport whoever takes the turns is the I/O thread.
 */
#ifndef MCPS_TRANSPORT_TRANSPORT_H
#define MCPS_TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/engine.h"

struct mcps__transport;

struct mcps__transport_ops {
    /* Opens what it serves on and starts the I/O thread, if it is not driven. 0 or an error;
     * nothing is left behind then. */
    int (*start)(struct mcps__transport *transport) MCPS_MUST_CHECK;
    /* Driven: does what there is to do, without waiting. Returns the moment at which it is to
     * be called again at the latest, if nothing is seen in the watcher: 0 for at once. */
    int64_t (*turn)(struct mcps__transport *transport);
    /* Lets nobody new in, and has every peer drain until the deadline. Does not wait. Called
     * again, it sets an earlier deadline. */
    void (*stop)(struct mcps__transport *transport, int64_t drain_deadline);
    /* Waits for the I/O thread to end, after the stop, and closes everything. It ends soon
     * after the drain deadline and the limit close_flush_ms, whatever clients or handlers
     * do. The transport may be started again. */
    void (*join)(struct mcps__transport *transport);
    /* Is this its I/O thread? Any thread. */
    bool (*is_inside)(struct mcps__transport *transport);
    /* It is not started, or joined. */
    void (*free)(struct mcps__transport *transport);
};

struct mcps__transport {
    const struct mcps__transport_ops *ops;
    struct mcps__engine *engine; /* a reference */
    int watcher; /* set before the start: it is driven, and mirrored there; -1: it is not */
    /* Called on the I/O thread as its last act when it ends, stopped or by itself. */
    void (*ended)(void *userdata);
    void *userdata;
};

#endif
