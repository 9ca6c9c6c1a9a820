/* SPDX-License-Identifier: MIT */
/*
 * In-memory clients, for tests of servers and tools: a connection within the process that
 * behaves as any other, but for what a test wants to do to it.
 *
 * A server with in-memory clients is started and stopped as any other; it needs no
 * transport besides. A client is used by one thread at a time.
 */
#ifndef MCPSERVER_TEST_H
#define MCPSERVER_TEST_H

#include <stddef.h>

#include <mcpserver/base.h>
#include <mcpserver/server.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mcps_test_client mcps_test_client;

/* Connects to a server that runs. The principal names the account; NULL: "test". Gives
 * *ret. MCPS_ECLOSED when the server does not run or stops, MCPS_ELIMIT at the limit
 * "peers"; -EDEADLK from a log function on the thread that would have to accept it. Any
 * thread. */
MCPS_PUBLIC int mcps_test_connect(mcps_server *server, const char *principal,
                                  mcps_test_client **ret) MCPS_MUST_CHECK;
/* Cuts what is not cut, and frees the client. NULL is fine; returns NULL. */
MCPS_PUBLIC mcps_test_client *mcps_test_free(mcps_test_client *client);

/* Sends bytes as they are: parts of messages, many at once, garbage. Waits while the server
 * does not read, up to `timeout_ms`. Returns how many were taken: fewer than `len` after the
 * timeout; MCPS_ECLOSED when the server has closed the connection, or this end has. */
MCPS_PUBLIC long mcps_test_send_bytes(mcps_test_client *client, const void *data,
                                      size_t len, unsigned timeout_ms) MCPS_MUST_CHECK;
/* Sends one message, whole, or fails: 0, MCPS_ETIMEDOUT after 10 s, MCPS_ECLOSED. The text
 * must be on one line, without the newline. */
MCPS_PUBLIC int mcps_test_send(mcps_test_client *client,
                               const char *message) MCPS_MUST_CHECK;

/* The next message of the server, as text without its newline. Gives *ret, which free()
 * frees. MCPS_ETIMEDOUT; MCPS_ECLOSED when the server has closed the connection and
 * everything before that was received; MCPS_EPROTOCOL when it was closed within a message. */
MCPS_PUBLIC int mcps_test_receive(mcps_test_client *client, char **ret,
                                  unsigned timeout_ms) MCPS_MUST_CHECK;

/* What the client no longer does. */
enum mcps_test_cut {
    MCPS_TEST_CUT_SENDING = 1,   /* the server sees the end of its input */
    MCPS_TEST_CUT_RECEIVING = 2, /* the server's output is broken; what it sent is lost */
    MCPS_TEST_CUT_BOTH = 3       /* the client is gone */
};

/* At once, and for good. */
MCPS_PUBLIC void mcps_test_cut(mcps_test_client *client, enum mcps_test_cut what);

#ifdef __cplusplus
}
#endif

#endif
