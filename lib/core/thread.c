/* SPDX-License-Identifier: MIT */
/* How the library starts its threads; see thread.h. */
#include "config.h"

#include "core/thread.h"

#include <signal.h>

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
