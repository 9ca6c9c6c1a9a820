/* SPDX-License-Identifier: MIT */
/* Starting, running and stopping a server. */
#ifndef MCPS_SERVER_RUN_H
#define MCPS_SERVER_RUN_H

#include "server/server.h"

struct mcps__transports {
    struct mcps__transport *started[2 + MCPS__SERVER_HTTPS];
    size_t n;
};

/* Those that are started. Any thread. */
struct mcps__transports mcps__server_started(struct mcps_server *server);
/* Has them drain until the deadline; again with an earlier one. */
void mcps__server_stop_transports(struct mcps_server *server, int64_t deadline);
/* Is this a thread of the server, or one that does its work at the moment? */
bool mcps__server_is_inside(struct mcps_server *server);

/* (listen.c) */
void mcps__server_free_routes(struct mcps__routes *routes);

/* What transports call as their last act; the server is the userdata. */
void mcps__server_ended(void *server);
/* How many transports have not ended. Any thread. */
unsigned mcps__server_transports(struct mcps_server *server);
/* Before the last reference goes: stops what runs. An error if it cannot, or may not. */
int mcps__server_settle(struct mcps_server *server) MCPS_MUST_CHECK;
/* 0, or -EPERM in a child that was forked: threads and locks are not its own. */
int mcps__server_check_process(const struct mcps_server *server) MCPS_MUST_CHECK;

#endif
