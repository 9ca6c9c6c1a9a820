/* SPDX-License-Identifier: MIT */
/*
 * Handlers in a test's hands, and a server that runs on this process' standard input and
 * output, for the tests of failures. One test at a time uses either.
 */
#ifndef TEST_HANDS_H
#define TEST_HANDS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "scene.h"

/* ---- handlers ---- */

/*
 * What the handlers of these tools do is noted here:
 *
 *     wait    waits, without any limit of time, until its call is cancelled or the test lets
 *             it go; then passes the sync point "hands_cleanup", and returns `result` with
 *             the text "done"
 *     ask     asks for the roots
 *     count   counts
 *     answer  returns the text "done", and keeps its call
 */
struct hands {
    atomic_uint entered;       /* handlers of any of them */
    atomic_uint left;          /* those of wait and ask that are about to return */
    atomic_uint counted;       /* by count */
    atomic_uint hooks;         /* calls of the cancel hook that wait registers */
    atomic_int reason;         /* that the latest of wait or ask found at its end */
    atomic_int hook_reason;    /* that the latest hook was called with */
    atomic_uint closed;        /* asks that ended with MCPS_ECLOSED, */
    atomic_uint cancelled;     /* with MCPS_ECANCELLED, */
    atomic_uint answered;      /* with roots, */
    atomic_uint otherwise;     /* or in any other way */
    atomic_int result;         /* what handlers of wait return; 0 at first */
    _Atomic(mcps_call *) call; /* the latest of wait or answer: a reference */
    int go[2];                 /* readable once handlers may go */
};

extern struct hands hands;
extern const struct mcps_tool hands_tools[];
enum { N_HANDS_TOOLS = 4 };

/* Forgets all that was noted. Once a test, before its server. */
bool hands_open(void);
/* Those that wait, and all that come, return. */
void hands_let_go(void);
/* Waits until so many have entered, or left; false after the watchdog. */
bool hands_wait_entered(unsigned n);
bool hands_wait_left(unsigned n);
/* Waits until the number is n; false after the watchdog, with a note. */
bool hands_wait(atomic_uint *number, unsigned n);
/* For a handler: its call is the latest. */
void hands_keep(mcps_call *call);
/* At the end of a test, after its server. */
void hands_close(void);

/* ---- a server on stdio ---- */

struct runner {
    struct scene scene;
    struct wire wire;
    pthread_t thread;
    bool running; /* the thread is there, in mcps_server_run() */
    atomic_bool returned;
    int result;
};

/* A server with the tools above, which runs on a thread with "stdio:" at the wire; the
 * client has said hello. Opens the hands, if that was not done. */
bool runner_start(struct runner *runner, unsigned workers, const char *limits);
/* Waits until mcps_server_run() returns, and puts stdin and stdout back, so that the wire
 * sees the end: false unless it returned 0 before the watchdog. */
bool runner_wait(struct runner *runner);
/* The end of any test: lets all handlers go, ends what runs, and checks that nothing is
 * left. Fine for one that is zeroed. */
bool runner_end(struct runner *runner);

#endif
