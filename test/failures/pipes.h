/* SPDX-License-Identifier: MIT */
/* What the files of group 7 share: servers in child processes, on whatever descriptors. */
#ifndef TEST_PIPES_H
#define TEST_PIPES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "scene.h"

#ifdef TEST_SANITIZED
enum { SCALE = 10 }; /* so many times less of everything */
#else
enum { SCALE = 1 };
#endif

extern const struct unit_test life_tests[], stdio_fd_tests[], stdio_flow_tests[],
    stdio_byte_tests[];

/* The program's own server, for "--serve" (stdio_serve.c): the lab with tools that disturb
 * the process they run in. Returns the exit code. */
int serve(void);
/* The path of this program. */
const char *own_path(void);
/* Starts it as a server, with pipes as wire_spawn() does. */
bool spawn_serve(struct wire *wire);
/* Starts a program with these as its stdin and stdout, and closes them here; its stderr is a
 * pipe. The wire has no ends yet: the caller sets them. With `terminal`, stdin becomes the
 * controlling terminal of a session of its own. */
bool spawn_on(struct wire *wire, int in, int out, bool terminal, char *const argv[]);
/* A pseudo-terminal that changes no bytes; signals are made of characters. */
bool open_pty(int *ret_master, int *ret_slave);

/* The handshake; wire_next() then begins with what comes after it. */
bool greet(struct wire *wire);
/* NULL for what is not there. */
struct json_object *member(struct json_object *object, const char *name);

/* Receives all that the child writes to its stderr up to its end, as text to be freed. */
char *read_stderr(struct wire *wire);
unsigned count_in(const char *text, const char *what);
/* Milliseconds of processor time that a process has used so far. */
int64_t cpu_ms(pid_t pid);
/* As a child's end: its exit code, as wire_wait_exit(), and the time in `ret_cpu_ms`. */
int wait_exit_cpu(struct wire *wire, int64_t *ret_cpu_ms);

#endif
