/* SPDX-License-Identifier: MIT */
/*
 * transport/net.h without sockets: what programs are linked with in place of net.c and
 * http_lws.c, to have the whole of HTTP on one thread and in memory.
 *
 * A client here does what clients do to a connection: it sends, shuts its side, resets, and
 * does not read. The net sees that in its next turn, in the order of the real one: what is
 * due, before_wait(), the wake, new connections, then one thing with each connection. It
 * holds its user to the contract: what may not be done ends the process.
 *
 * THREADS. One, but for what posts to the loop. One net at a time.
 */
#ifndef TEST_HTTP_FAKE_H
#define TEST_HTTP_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_client;

/* Connects, from an address as text ("10.0.0.7"; NULL: loopback). It is accepted in the next
 * turn. NULL without memory, or when there is no net. */
struct fake_client *fake_connect(const char *from);
/* Leaves, if it has not, and is gone. NULL is fine; returns NULL. */
struct fake_client *fake_free(struct fake_client *client);

/* Sends. Nothing happens to it before the next turn. */
void fake_send(struct fake_client *client, const void *data, size_t len);
/* So much of what was sent comes at once at the most; at first, all that can. */
void fake_pieces(struct fake_client *client, size_t size);
/* FIN: behind what was sent. */
void fake_shut(struct fake_client *client);
/* RST: what was sent and has not come is lost. */
void fake_reset(struct fake_client *client);
/* So many bytes more fit on the way to the client; at first, any number. */
void fake_window(struct fake_client *client, size_t size);

/* What has come of the server since the last time, with a NUL behind it; borrowed up to the
 * next call for the client. */
const char *fake_take(struct fake_client *client, size_t *ret_len);
bool fake_has_more(const struct fake_client *client);
/* All that has come since the first. */
const char *fake_all(const struct fake_client *client, size_t *ret_len);
/* The server has shut its side, or closed the connection. */
bool fake_has_ended(const struct fake_client *client);
/* The server has closed the connection. */
bool fake_is_closed(const struct fake_client *client);
/* Is anything of what was sent still on its way? */
bool fake_has_unread(const struct fake_client *client);
/* Does anything wait inside for room? */
bool fake_is_waiting(const struct fake_client *client);

/* Connections that are open, and those that wait to be accepted. */
size_t fake_n_socks(void);
size_t fake_n_backlog(void);
/* Does it listen? */
bool fake_listens(void);

#endif
