/* SPDX-License-Identifier: MIT */
/* How the library starts its threads; see thread.h. */
#include "config.h"

#include "core/thread.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

static void block_signals(sigset_t *ret_before)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };
    sigset_t blocked;

    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, ret_before);
}

int mcps__thread_start(pthread_t *ret, void *(*run)(void *userdata), void *userdata,
                       size_t stack_size)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t before;
    int r = pthread_attr_init(&attr);

    if (r != 0)
        return -r;
    if (stack_size > 0)
        r = pthread_attr_setstacksize(&attr, stack_size);
    if (r == 0) {
        /* The thread starts with this one's mask, so that no signal finds it without. */
        block_signals(&before);
        r = pthread_create(&thread, &attr, run, userdata);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_attr_destroy(&attr);
    if (r == 0)
        *ret = thread;
    return -r;
}

static bool is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

void mcps__sigpipe_block(struct mcps__sigpipe *ret)
{
    sigset_t pipe_only;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &ret->mask);
    ret->was_pending = is_pending();
}

void mcps__sigpipe_restore(const struct mcps__sigpipe *before)
{
    static const struct timespec at_once = { 0 };
    sigset_t pipe_only;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    while (!before->was_pending && is_pending() &&
           sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR) {
        /* Another signal came first. */
    }
    pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
}
