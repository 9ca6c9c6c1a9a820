/* SPDX-License-Identifier: MIT */
/*
 * Servers that the host's loop drives: whoever takes a turn is the I/O thread of all
 * transports meanwhile. Without workers the same thread then runs a handler, but has given the
 * turn back by then: who stops the server can take it, and cancel that handler. At no time
 * there are two handlers.
 */
#ifndef MCPS_SERVER_DRIVE_H
#define MCPS_SERVER_DRIVE_H

#include "server/server.h"

/* Makes what a driven server needs, before its start. -ENOSYS, after a line in the log, where
 * it cannot be done; -errno. */
int mcps__server_open_watcher(struct mcps_server *server) MCPS_MUST_CHECK;
/* Nobody needs it any more. */
void mcps__server_close_watcher(struct mcps_server *server);

/* Is this the thread that takes a turn, or runs a handler behind it? */
bool mcps__server_has_turn(struct mcps_server *server);
/* Waits until nobody takes a turn, and lets nobody begin one. */
void mcps__server_seize_turn(struct mcps_server *server) MCPS__REQUIRES(server->mutex);
void mcps__server_yield_turn(struct mcps_server *server) MCPS__REQUIRES(server->mutex);
/* Waits until nobody runs a handler: for when it is certain that none is left. */
void mcps__server_await_handler(struct mcps_server *server) MCPS__REQUIRES(server->mutex);

/* For who stops it, and has the turn: one turn, then waits for the next reason. */
void mcps__server_drive(struct mcps_server *server);

#endif
