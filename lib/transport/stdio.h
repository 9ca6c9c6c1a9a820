/* SPDX-License-Identifier: MIT */
/*
 * The transport on this process' standard input and output.
 *
 * While it is started, fd 0 is /dev/null and fd 1 goes to stderr, so that nobody else in the
 * process, or in one that it starts, reads or writes what is the client's. The join gives
 * both back. One such transport of a process is started at a time.
 */
#ifndef MCPS_TRANSPORT_STDIO_H
#define MCPS_TRANSPORT_STDIO_H

#include "transport/transport.h"

/* Gives a transport, which has one connection and ends when that is closed. Its start fails
 * with MCPS_EBUSY when another one is started, or when a join could not give the descriptors
 * back; with -EBADF when there is no standard input or output. */
int mcps__stdio_new(struct mcps__transport **ret, struct mcps__engine *engine,
                    void (*ended)(void *userdata), void *userdata) MCPS_MUST_CHECK;

#endif
