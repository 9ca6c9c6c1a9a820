/* SPDX-License-Identifier: MIT */
/*
 * What the tests of driven servers and of executors share: everything happens on the thread of
 * the test, unless it says otherwise, so that nothing happens meanwhile.
 */
#ifndef TEST_DRIVEN_H
#define TEST_DRIVEN_H

#include "props.h"
#include "scene.h"
#include "util/clock.h"

extern const struct unit_test driven_tests[], driven_stop_tests[], driven_misuse_tests[],
    driven_stdio_tests[], executor_tests[], inline_tests[];

/* What the tools below note. One test at a time. */
struct noted {
    atomic_uint n_run;
    char names[64];             /* the argument "text" of the calls of note, in order */
    int64_t takes_ns;           /* what note advances the driven clock by */
    int result;                 /* what try's function returned */
    int (*fn)(mcps_call *call); /* what try calls */
    _Atomic(mcps_call *) kept;  /* a reference, by later */
};
extern struct noted noted;

/*     note   notes that it ran, and its argument "text"
 *     try    calls the function of the test
 *     later  keeps its call, and returns MCPS_PENDING */
enum { N_NOTE_TOOLS = 3 };
/* The tools, each on that executor, under their names. */
void note_tools(struct mcps_tool tools[N_NOTE_TOOLS], const char *executor);

/* A server that is driven by this thread, with a client that has said hello. Tools as above
 * and the lab's. The executor "host" is there, too. */
struct stage {
    struct scene scene;
    struct wire wire;
    mcps_executor *host;
};

bool stage_open(struct stage *stage, unsigned workers, const char *limits,
                const char *executor);
bool stage_begin(struct stage *stage, unsigned workers, const char *limits,
                 const char *executor);
void stage_end(struct stage *stage);

/* Takes turns until there is nothing to do at once: what the last said. */
int settle(struct stage *stage);
/* Is there something to be read? */
bool is_readable(int fd);
/* Takes turns until that request of the client is answered; NULL after the watchdog. */
struct json_object *answered(struct stage *stage, struct wire *wire, const char *id);
/* The handshake of one that is connected. */
bool greet_driven(struct stage *stage, struct wire *wire);
/* A ping is answered. */
bool alive(struct stage *stage);
/* Receives all that has come, without waiting. */
void take_in(struct wire *wire);

#endif
