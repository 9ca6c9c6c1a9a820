/* SPDX-License-Identifier: MIT */
/* Poll sets that are seen in one descriptor. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "transport/mirror.h"

extern const struct unit_test mirror_tests[];

#ifdef HAVE_EPOLL_CREATE1

struct scene {
    int watcher;
    struct mcps__mirror mirror;
    int a[2], b[2]; /* pipes */
};

static bool begin(struct scene *s)
{
    *s = (struct scene){ .a = { -1, -1 }, .b = { -1, -1 } };
    s->watcher = mcps__watcher_open();
    mcps__mirror_init(&s->mirror, s->watcher);
    return s->watcher > 2 && pipe(s->a) == 0 && pipe(s->b) == 0;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void end(struct scene *s)
{
    mcps__mirror_fini(&s->mirror);
    for (int i = 0; i < 2; i++) {
        close_fd(s->a[i]);
        close_fd(s->b[i]);
    }
    close_fd(s->watcher);
}

static bool is_seen(const struct scene *s)
{
    struct pollfd p = { .fd = s->watcher, .events = POLLIN };

    return poll(&p, 1, 0) == 1;
}

static struct pollfd want(int fd, short events)
{
    return (struct pollfd){ .fd = fd, .events = events };
}

static void what_is_ready_is_seen(void)
{
    struct scene s;
    struct pollfd fds[2];

    CHECK(begin(&s));
    fds[0] = want(s.a[0], POLLIN);
    fds[1] = want(s.b[1], 0);
    mcps__mirror_show(&s.mirror, fds, 2);
    CHECK(!s.mirror.ready);
    CHECK(!s.mirror.incomplete && !is_seen(&s));
    CHECK(write(s.a[1], "x", 1) == 1);
    CHECK(is_seen(&s));
    /* It is wanted no more, ... */
    mcps__mirror_show(&s.mirror, fds + 1, 1);
    CHECK(!is_seen(&s));
    /* ... then something else is, */
    fds[1].events = POLLOUT;
    mcps__mirror_show(&s.mirror, fds + 1, 1);
    CHECK(is_seen(&s));
    fds[1].events = 0;
    mcps__mirror_show(&s.mirror, fds + 1, 1);
    CHECK(!is_seen(&s));
    /* and that the reader has gone is seen in any case. */
    close(s.b[0]);
    s.b[0] = -1;
    CHECK(is_seen(&s));
    mcps__mirror_show(&s.mirror, fds, 0);
    CHECK(!is_seen(&s));
    mcps__mirror_show(&s.mirror, fds, 1);
    CHECK(is_seen(&s));
out:
    end(&s);
}

/* A descriptor that is closed while its description lives would be seen for ever. */
static void what_is_forgotten_is_not_seen(void)
{
    struct scene s;
    struct pollfd fd;
    int other = -1;

    CHECK(begin(&s));
    other = dup(s.a[0]);
    CHECK(other >= 0 && write(s.a[1], "x", 1) == 1);
    fd = want(other, POLLIN);
    mcps__mirror_show(&s.mirror, &fd, 1);
    CHECK(!s.mirror.incomplete);
    CHECK(is_seen(&s));
    mcps__mirror_forget(&s.mirror, other);
    close(other);
    other = -1;
    CHECK(!is_seen(&s));
    /* The number may be another's now, who is watched from the start. */
    other = dup(s.b[0]);
    CHECK(other == fd.fd && write(s.b[1], "x", 1) == 1);
    mcps__mirror_show(&s.mirror, &fd, 1);
    CHECK(is_seen(&s));
    mcps__mirror_forget(&s.mirror, -1);
    mcps__mirror_forget(&s.mirror, 1 << 20);
out:
    mcps__mirror_fini(&s.mirror);
    close_fd(other);
    end(&s);
}

static void files_are_always_ready(void)
{
    struct scene s;
    struct pollfd fd;
    FILE *file = tmpfile();

    CHECK(begin(&s));
    CHECK(file != NULL);
    fd = want(fileno(file), POLLIN);
    mcps__mirror_show(&s.mirror, &fd, 1);
    CHECK(s.mirror.ready && !s.mirror.incomplete && !is_seen(&s));
    fd.events = 0;
    mcps__mirror_show(&s.mirror, &fd, 1);
    CHECK(!s.mirror.ready);
out:
    if (file)
        fclose(file);
    end(&s);
}

static void what_cannot_be_watched_is_said(void)
{
    struct scene s;
    struct pollfd fd;

    CHECK(begin(&s));
    fd = want(s.a[0], POLLIN);
    close(s.a[0]);
    mcps__mirror_show(&s.mirror, &fd, 1);
    CHECK(s.mirror.incomplete);
    CHECK(pipe(s.a) == 0);
    fd = want(s.a[0], POLLIN);
    mcps__mirror_show(&s.mirror, &fd, 1);
    CHECK(!s.mirror.incomplete);
out:
    end(&s);
}

const struct unit_test mirror_tests[] = {
    UNIT_TEST(what_is_ready_is_seen),
    UNIT_TEST(what_is_forgotten_is_not_seen),
    UNIT_TEST(files_are_always_ready),
    UNIT_TEST(what_cannot_be_watched_is_said),
    UNIT_END,
};

#else

static void there_is_none(void)
{
    CHECK_INT(mcps__watcher_open(), -ENOSYS);
out:;
}

const struct unit_test mirror_tests[] = {
    UNIT_TEST(there_is_none),
    UNIT_END,
};

#endif
