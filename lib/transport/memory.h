/* SPDX-License-Identifier: MIT */
/* The transport of in-memory clients: socket pairs within the process. */
#ifndef MCPS_TRANSPORT_MEMORY_H
#define MCPS_TRANSPORT_MEMORY_H

#include "transport/transport.h"

/* Gives a transport, which has no connections at first, and ends when it is stopped. */
int mcps__memory_new(struct mcps__transport **ret, struct mcps__engine *engine,
                     void (*ended)(void *userdata), void *userdata) MCPS_MUST_CHECK;

/* Gives the client's end of a new connection; the principal names its account. Any thread, as
 * long as the transport is not freed; whoever takes its turns, if it is driven. MCPS_ECLOSED when it is not started, or stops;
 * MCPS_ELIMIT at the limit "peers"; -EDEADLK on its own thread; -errno. */
int mcps__memory_connect(struct mcps__transport *transport, const char *principal,
                         int *ret_fd) MCPS_MUST_CHECK;

#endif
