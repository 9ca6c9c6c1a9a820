/* SPDX-License-Identifier: MIT */
/* For tests of assertions, which exist in builds with test hooks only. */
#ifndef TEST_DIES_H
#define TEST_DIES_H

#ifdef MCPS__TEST_HOOKS
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs a function in a child process. Did it abort, and say this on stderr before? */
static inline bool dies_saying(void (*run)(void), const char *message)
{
    static const struct rlimit no_core = { 0, 0 };
    char said[1024] = "";
    size_t len = 0;
    int fds[2], status = 0;
    ssize_t n;
    pid_t child;

    if (pipe(fds) < 0)
        return false;
    child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(fds[1], STDERR_FILENO);
        run();
        _exit(0);
    }
    close(fds[1]);
    while (len < sizeof said - 1 &&
           (n = read(fds[0], said + len, sizeof said - 1 - len)) > 0)
        len += (size_t)n;
    close(fds[0]);
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    said[len] = '\0';
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(said, message))
        return true;
    printf("\n    got      status %#x, \"%s\"\n    expected an abort, \"%s\"\n",
           (unsigned)status, said, message);
    return false;
}
#endif

#endif
