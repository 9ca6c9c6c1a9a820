/* SPDX-License-Identifier: MIT */
/* Standard input and output; see stdio.h. */
#include "config.h"

#include "transport/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <unistd.h>

#include "transport/lines.h"
#include "util/mem.h"

enum { N_STDIO = 2, FIRST_FD = 3 };

struct stdio {
    struct mcps__lines lines;
    int saved[N_STDIO]; /* duplicates of fds 0 and 1; -1: none */
    int flags[N_STDIO]; /* of the descriptors, FD_CLOEXEC or not */
    bool has_stderr;    /* fd 2 was open before we opened anything */
};

/* There is one standard input in a process, whatever number of servers: hence a variable of
 * the process. */
static atomic_bool claimed;

static struct stdio *stdio_of(struct mcps__transport *transport)
{
    return MCPS__CONTAINER_OF(mcps__lines_of(transport), struct stdio, lines);
}

static struct mcps__log *log_of(struct stdio *s)
{
    return &s->lines.transport.engine->log;
}

/* ---- taking fds 0 and 1, and giving them back ---- */

static const char *const names[N_STDIO] = { "standard input", "standard output" };
static const int modes[N_STDIO] = { O_RDONLY, O_WRONLY };

static int fail(struct stdio *s, int i, const char *what)
{
    int error = -errno;

    mcps__log(log_of(s), MCPS_LOG_ERROR, "%s %s: %s", names[i], what,
              mcps_strerror(error));
    return error;
}

static int save(struct stdio *s, int fd)
{
    int mode = fcntl(fd, F_GETFL);

    s->flags[fd] = fcntl(fd, F_GETFD);
    if (mode < 0 || s->flags[fd] < 0)
        return fail(s, fd, "is closed");
    if ((mode & O_ACCMODE) != modes[fd] && (mode & O_ACCMODE) != O_RDWR) {
        errno = EBADF;
        return fail(s, fd, "is open the wrong way");
    }
    s->saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
    return s->saved[fd] < 0 ? fail(s, fd, "cannot be duplicated") : 0;
}

/* A descriptor becomes another one's duplicate; with flags as given. */
static int replace(int fd, int by, int flags)
{
    int r;

    do
        r = dup3(by, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
    while (r < 0 && (errno == EINTR || errno == EBUSY));
    return r;
}

static int replace_by_null(int fd)
{
    int null = open("/dev/null", modes[fd] | O_CLOEXEC), r, error;

    if (null < 0)
        return -1;
    r = replace(fd, null, 0);
    error = errno;
    close(null);
    errno = error;
    return r;
}

static int redirect(struct stdio *s)
{
    int r;

    if (replace_by_null(STDIN_FILENO) < 0)
        return fail(s, STDIN_FILENO, "cannot become /dev/null");
    r = s->has_stderr ? replace(STDOUT_FILENO, STDERR_FILENO, 0)
                      : replace_by_null(STDOUT_FILENO);
    if (r < 0)
        return fail(s, STDOUT_FILENO, "cannot go to stderr");
    return 0;
}

/* What was printed while fd 1 went to stderr goes there, and not to the client later. Not if
 * it would have to wait: for somebody who prints, or for a reader of stderr. */
static void flush_prints(void)
{
    struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

    if (ftrylockfile(stdout) != 0)
        return;
    if (__fpending(stdout) > 0 && poll(&p, 1, 0) == 1 && !(p.revents & MCPS__END_GONE))
        fflush_unlocked(stdout);
    funlockfile(stdout);
}

static int restore_one(struct stdio *s, int fd)
{
    int r = 0;

    if (s->saved[fd] < 0)
        return 0;
    if (replace(fd, s->saved[fd], s->flags[fd]) < 0)
        r = fail(s, fd, "cannot be given back");
    close(s->saved[fd]);
    s->saved[fd] = -1;
    return r;
}

/* If they cannot be given back, they stay claimed: what they are now is nobody's to use. */
static void restore(struct stdio *s)
{
    int r = restore_one(s, STDIN_FILENO);

    if (restore_one(s, STDOUT_FILENO) >= 0 && r >= 0)
        atomic_store(&claimed, false);
}

static int take(struct stdio *s)
{
    int r = save(s, STDIN_FILENO);

    s->has_stderr = fcntl(STDERR_FILENO, F_GETFD) >= 0;
    if (r >= 0)
        r = save(s, STDOUT_FILENO);
    return r;
}

/* ---- the connection ---- */

static int connect_client(struct stdio *s)
{
    struct mcps__end in, out;
    int r = mcps__end_dup(&in, s->saved[STDIN_FILENO], O_RDONLY);

    if (r < 0)
        return r;
    r = mcps__end_dup(&out, s->saved[STDOUT_FILENO], O_WRONLY);
    if (r < 0) {
        close(in.fd);
        return r;
    }
    r = mcps__lines_add(&s->lines, in, out, "stdio");
    if (r < 0) {
        close(in.fd);
        close(out.fd);
    }
    return r;
}

static int open_lines(struct stdio *s)
{
    int r = mcps__lines_open(&s->lines);

    if (r < 0)
        return r;
    r = connect_client(s);
    if (r >= 0)
        r = redirect(s);
    if (r >= 0)
        r = mcps__lines_run(&s->lines);
    if (r < 0)
        mcps__lines_close(&s->lines);
    return r;
}

/* ---- the transport ---- */

static int start(struct mcps__transport *transport)
{
    struct stdio *s = stdio_of(transport);
    int r;

    if (atomic_exchange(&claimed, true)) {
        mcps__log(log_of(s), MCPS_LOG_ERROR,
                  "another server of this process has standard input and output");
        return MCPS_EBUSY;
    }
    r = take(s);
    if (r >= 0)
        r = open_lines(s);
    if (r < 0)
        restore(s);
    return r;
}

static void join(struct mcps__transport *transport)
{
    struct stdio *s = stdio_of(transport);

    mcps__lines_join(&s->lines);
    flush_prints();
    restore(s);
}

static void free_stdio(struct mcps__transport *transport)
{
    struct stdio *s = stdio_of(transport);

    mcps__lines_fini(&s->lines);
    mcps__free(s);
}

int mcps__stdio_new(struct mcps__transport **ret, struct mcps__engine *engine,
                    void (*ended)(void *userdata), void *userdata)
{
    static const struct mcps__transport_ops ops = {
        .start = start,
        .turn = mcps__lines_take_turn,
        .stop = mcps__lines_stop,
        .join = join,
        .is_inside = mcps__lines_is_inside,
        .free = free_stdio,
    };
    struct stdio *s = mcps__malloc(sizeof *s);

    if (!s)
        return -ENOMEM;
    mcps__lines_init(&s->lines, &ops, engine, true, ended, userdata);
    s->saved[STDIN_FILENO] = s->saved[STDOUT_FILENO] = -1;
    *ret = &s->lines.transport;
    return 0;
}
