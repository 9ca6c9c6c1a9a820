/* SPDX-License-Identifier: MIT */
/*
 * What scenes are furnished with: tools that a test directs from outside, and what it has to
 * say and to wait for while they run.
 *
 *     stand  stands at a door until the test opens it, whatever happens to its call
 *     ask    asks the client for its roots, and notes what came of it
 *
 * One test at a time.
 */
#ifndef TEST_PROPS_H
#define TEST_PROPS_H

#include <stdatomic.h>

#include "scene.h"

enum { N_PROPS = 2 };
extern const struct mcps_tool props[N_PROPS];

/* Before a test: the door is shut, and nothing is noted. */
void props_reset(void);

/* ---- the usual scene ---- */

/* A server with the props, and one client that has said hello. */
struct act {
    struct scene scene;
    struct wire wire;
};

/* Limits as for scene_open(). Resets the props. */
bool act_begin(struct act *act, unsigned workers, const char *limits);
/* The probes CLEAN, WIRE and LOG while the client is there still. */
bool act_ok(struct act *act);
/* Opens the door, frees the client and closes the scene; fine for one that is zeroed. */
bool act_end(struct act *act);

/* Connects to a server that another thread is about to start. */
bool await_connection(struct wire *wire, struct scene *scene);

/* Calls until one is refused because the server stops. */
bool await_refusal(struct wire *wire);

/* ---- waiting ---- */

/* Waits until the function says yes; false after the watchdog, with a note. */
bool await(bool (*is_so)(void *arg), void *arg, const char *what);
/* Waits until the number is that. */
bool await_uint(atomic_uint *number, unsigned value);
/* The process dies with that word if the watchdog is not called off: for what would hang
 * in a call that takes no timeout. */
void guard_set(const char *what);
void guard_clear(void);

/* ---- the door ---- */

void door_open(void);
/* Until it is open. Any thread. */
void door_wait(void);
/* Waits until so many stand there. */
bool door_await(unsigned n);

/* ---- asking ---- */

/* How many asks of the tool have ended with that result (0: with roots), and in all. */
unsigned asks_ended(int result);
unsigned asks_ended_in_all(void);
bool asks_await(unsigned n);
/* Notes the result of an ask, for tools of tests. */
void asks_note(int result);

/* Answers a request roots/list of the server with one root. */
bool wire_give_roots(struct wire *wire, struct json_object *request, const char *uri);
/* The id of a request of the server. */
int64_t request_id(struct json_object *request);
/* A message with that id (JSON text) and that member "result" or "error". */
bool wire_respond(struct wire *wire, const char *id, const char *member,
                  const char *value);
/* ping, up to its answer: whatever was sent before is dealt with then. */
bool wire_settled(struct wire *wire);

/* ---- others ---- */

struct dice {
    uint64_t state;
};

/* Random numbers for one thread, from the seed of the test. */
struct dice dice_new(void);
uint64_t dice_below(struct dice *dice, uint64_t bound);

/* Descriptors and threads of this process. */
unsigned count_fds(void);
unsigned count_threads(void);
/* Waits until there are not more of them: the system shows one that was joined for a moment
 * longer, and so may have shown one too many before. */
bool await_threads(unsigned at_most);
/* Bytes that are allocated; false where that cannot be measured. */
bool heap_used(size_t *ret);

#endif
