/* SPDX-License-Identifier: MIT */
/* Group 7: stdio. This file has what its tests share; see pipes.h. */
#include "config.h"

#include "pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* ---- children ---- */

const char *own_path(void)
{
    static char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);

    path[len > 0 ? len : 0] = '\0';
    return path;
}

bool spawn_serve(struct wire *wire)
{
    char *argv[] = { (char *)(uintptr_t)own_path(), (char *)(uintptr_t) "--serve", NULL };

    return wire_spawn(wire, argv);
}

/* In the child: nothing but what is allowed between fork and exec. */
static void become(char *const argv[], int in, int out, int err, bool terminal)
{
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    if (terminal) {
        setsid();
        ioctl(0, TIOCSCTTY, 0);
    }
    signal(SIGPIPE, SIG_DFL);
    execv(argv[0], argv);
    _exit(127);
}

bool spawn_on(struct wire *wire, int in, int out, bool terminal, char *const argv[])
{
    int err[2];

    memset(wire, 0, sizeof *wire);
    wire->to = wire->from = wire->stderr_fd = -1;
    mcps__buf_init(&wire->in, SIZE_MAX);
    if (pipe2(err, O_CLOEXEC) < 0)
        return false;
    wire->stderr_fd = err[0];
    fflush(NULL);
    wire->child = fork();
    if (wire->child == 0)
        become(argv, in, out, err[1], terminal);
    close(err[1]);
    close(in);
    if (out != in)
        close(out);
    return wire->child > 0;
}

bool open_pty(int *ret_master, int *ret_slave)
{
    struct termios mode;
    char name[64];
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (master < 0)
        return false;
    *ret_master = master;
    if (grantpt(master) < 0 || unlockpt(master) < 0 ||
        ptsname_r(master, name, sizeof name) != 0)
        return false;
    *ret_slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*ret_slave < 0 || tcgetattr(*ret_slave, &mode) < 0)
        return false;
    cfmakeraw(&mode);
    mode.c_lflag |= ISIG;
    return tcsetattr(*ret_slave, TCSANOW, &mode) == 0;
}

char *read_stderr(struct wire *wire)
{
    struct mcps__buf text;
    char some[4096], *copy = NULL;
    ssize_t n;

    mcps__buf_init(&text, SIZE_MAX);
    do {
        n = read(wire->stderr_fd, some, sizeof some);
        if (n > 0 && mcps__buf_append(&text, some, (size_t)n) < 0)
            break;
    } while (n > 0 || (n < 0 && errno == EINTR));
    if (mcps__buf_append_byte(&text, '\0') >= 0)
        copy = strdup(text.data);
    mcps__buf_fini(&text);
    return copy;
}

unsigned count_in(const char *text, const char *what)
{
    unsigned n = 0;

    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        n++;
    return n;
}

/* ---- messages ---- */

bool greet(struct wire *wire)
{
    bool ok = wire_hello(wire);

    wire->next = wire->n_messages;
    return ok;
}

struct json_object *member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;

    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, name, &value);
    return value;
}

/* ---- time of the processor ---- */

int64_t cpu_ms(pid_t pid)
{
    struct timespec used = { 0 };
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return -1;
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static int64_t of_timeval(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000 + t.tv_usec / 1000;
}

int wait_exit_cpu(struct wire *wire, int64_t *ret_cpu_ms)
{
    const struct timespec ms = { .tv_nsec = 1000000 };
    struct rusage usage;
    int status;

    for (int i = 0; i < WATCHDOG_MS; i++) {
        if (wait4(wire->child, &status, WNOHANG, &usage) == wire->child) {
            wire->child = 0;
            *ret_cpu_ms = of_timeval(usage.ru_utime) + of_timeval(usage.ru_stime);
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        nanosleep(&ms, NULL);
    }
    unit_note("the child did not exit");
    return -1;
}

/* ---- the program ---- */

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "life", life_tests },
        { "fds", stdio_fd_tests },
        { "flow", stdio_flow_tests },
        { "bytes", stdio_byte_tests },
    };

    if (argc == 2 && strcmp(argv[1], "--serve") == 0)
        return serve();
    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 4);
}
