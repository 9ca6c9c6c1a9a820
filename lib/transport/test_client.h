/* SPDX-License-Identifier: MIT */
/* The clients of mcpserver/test.h, without the server. */
#ifndef MCPS_TRANSPORT_TEST_CLIENT_H
#define MCPS_TRANSPORT_TEST_CLIENT_H

#include "mcpserver/test.h"

/* Gives a client on a stream socket, which it takes in every case. -ENOMEM. */
int mcps__test_client_new(mcps_test_client **ret, int fd) MCPS_MUST_CHECK;

#endif
