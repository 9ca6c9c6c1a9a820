/* SPDX-License-Identifier: MIT */
/*
 * A program with a loop of its own, in which the server is one descriptor among others: here
 * beside a timer, whose ticks a tool tells. There are no threads, for the handlers run in the
 * loop, too, so that nothing needs a lock.
 *
 *     cc mainloop.c $(pkg-config --cflags --libs libmcpserver)
 */
#define _POSIX_C_SOURCE 200809L /* for -std=c11 */

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <mcpserver/mcpserver.h>

enum { TICK_MS = 10, DRAIN_MS = 1000 };

static unsigned long long ticks;

MCPS_TOOL_HANDLER(tell_ticks, mcps_no_args)
{
    (void)args;
    (void)userdata;
    return mcps_call_text(call, "%llu", ticks);
}

static const struct mcps_tool tools[] = {
    MCPS_TOOL_NAMED("ticks", tell_ticks, mcps_no_args,
                    "Tells how often the clock has ticked"),
};

/* A descriptor, or -errno. */
static int open_timer(void)
{
    const struct timespec tick = { .tv_nsec = TICK_MS * 1000000 };
    const struct itimerspec times = { .it_interval = tick, .it_value = tick };
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    if (fd < 0 || timerfd_settime(fd, 0, &times, NULL) < 0)
        return -errno;
    return fd;
}

/* Until the client is gone: MCPS_ECLOSED. The timer is opened behind the start: if it came
 * before, in a program that was started with its standard input closed, it would be that. */
static int loop(mcps_server *server)
{
    int timer = open_timer(), r = timer;
    struct pollfd fds[2] = {
        { .fd = mcps_server_get_fd(server), .events = POLLIN },
        { .fd = timer, .events = POLLIN },
    };
    uint64_t expired;

    while (r >= 0) {
        if (poll(fds, 2, mcps_server_get_timeout_ms(server)) < 0)
            fds[1].revents = 0; /* a signal came */
        if ((fds[1].revents & POLLIN) && read(timer, &expired, sizeof expired) > 0)
            ticks += expired;
        r = mcps_server_process(server);
    }
    if (timer >= 0)
        close(timer);
    return r;
}

/* Why a tool is refused, or a start fails, is said here only. */
static void log_line(void *userdata, enum mcps_log_level level, const char *line)
{
    (void)userdata;
    (void)level;
    fprintf(stderr, "mainloop: %s\n", line);
}

int main(void)
{
    struct mcps_server_options options =
        MCPS_SERVER_OPTIONS(.name = "mainloop", .version = "1",
                            .workers = MCPS_NO_WORKERS, .log = log_line);
    mcps_server *server = NULL;
    int r = mcps_server_new(&server, &options);

    if (r >= 0)
        r = mcps_server_add_tools(server, tools, 1);
    if (r >= 0)
        r = mcps_server_listen(server, "stdio:");
    if (r >= 0)
        r = mcps_server_start_driven(server);
    if (r >= 0) {
        r = loop(server);
        if (r == MCPS_ECLOSED)
            r = mcps_server_stop(server, DRAIN_MS);
    }
    if (r < 0)
        fprintf(stderr, "mainloop: %s\n", mcps_strerror(r));
    server = mcps_server_unref(server);
    return r < 0 || server ? EXIT_FAILURE : EXIT_SUCCESS;
}
