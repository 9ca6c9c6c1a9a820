/* SPDX-License-Identifier: MIT */
/*
 * A transport of lines with one connection on pipes or on a socket, whose turns a test takes
 * itself, on its own thread: nothing happens meanwhile.
 */
#ifndef TEST_TRANSPORT_SCENE_H
#define TEST_TRANSPORT_SCENE_H

#include <stdbool.h>
#include <stddef.h>

#include "transport/lines.h"
#include "transport_fake.h"

struct scene {
    struct mcps__lines lines;
    int in, out;             /* the client's ends: to write to, and to read from; -1 */
    struct mcps__conn *conn; /* as long as it is there */
    struct mcps__post nudge;
    bool begun, opened, running;
};

/* Makes the engine only, so that its limits can be set. */
bool scene_begin(struct scene *s, const struct fake_ways *ways);
/* Makes the connection: on pipes whose descriptions are of a kind, or on a socket. Pipes have
 * room for 4096 bytes. */
bool scene_connect(struct scene *s, enum mcps__end_kind kind);
/* Starts the I/O thread: no turns are taken here any more. */
bool scene_run(struct scene *s);
/* Stops and joins it, if it was started. */
void scene_stop(struct scene *s);
/* Of whatever of it was made. */
void scene_end(struct scene *s);

/* Takes turns, none of which waits. */
void scene_turn(struct scene *s, unsigned n);
/* The client sends this, and the transport takes turns until all of it was read. */
bool scene_send(struct scene *s, const char *text, size_t len);
/* The client reads what there is. How many bytes. */
size_t scene_read(struct scene *s, char *text, size_t size);
/* Closes one of the client's ends, or both if it is a socket. */
void scene_close(int *fd);

#endif
