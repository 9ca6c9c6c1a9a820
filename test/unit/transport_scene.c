/* SPDX-License-Identifier: MIT */
/* A connection whose turns a test takes; see transport_scene.h. */
#include "config.h"

#include "transport_scene.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/clock.h"

enum { PIPE_SIZE = 4096 };

static void do_nothing(struct mcps__post *post)
{
    (void)post;
}

bool scene_begin(struct scene *s, const struct fake_ways *ways)
{
    *s = (struct scene){ .in = -1, .out = -1 };
    mcps__post_init(&s->nudge, do_nothing);
    s->begun = fake_begin(ways);
    if (s->begun)
        mcps__lines_init(&s->lines, NULL, fake_engine(), false, fake_ended, NULL);
    return s->begun;
}

/* The client's ends never make the test wait. */
static bool make_ends(struct scene *s, enum mcps__end_kind kind, struct mcps__end *in,
                      struct mcps__end *out)
{
    int a[2], b[2];

    if (kind == MCPS__END_SOCKET) {
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, a) < 0)
            return false;
        s->in = s->out = a[1];
        *in = *out = (struct mcps__end){ a[0], kind };
        return fcntl(a[1], F_SETFL, O_NONBLOCK) == 0;
    }
    if (pipe2(a, O_CLOEXEC) < 0)
        return false;
    if (pipe2(b, O_CLOEXEC) < 0) {
        close(a[0]);
        close(a[1]);
        return false;
    }
    s->in = a[1];
    s->out = b[0];
    *in = (struct mcps__end){ a[0], kind };
    *out = (struct mcps__end){ b[1], kind };
    if (kind == MCPS__END_OWN &&
        (fcntl(a[0], F_SETFL, O_NONBLOCK) < 0 || fcntl(b[1], F_SETFL, O_NONBLOCK) < 0))
        return false;
    return fcntl(s->in, F_SETFL, O_NONBLOCK) == 0 &&
           fcntl(s->out, F_SETFL, O_NONBLOCK) == 0 &&
           fcntl(s->in, F_SETPIPE_SZ, PIPE_SIZE) >= 0 &&
           fcntl(s->out, F_SETPIPE_SZ, PIPE_SIZE) >= 0;
}

bool scene_connect(struct scene *s, enum mcps__end_kind kind)
{
    struct mcps__end in = { -1, kind }, out = { -1, kind };

    s->opened = mcps__lines_open(&s->lines) >= 0;
    if (!s->opened)
        return false;
    if (make_ends(s, kind, &in, &out) &&
        mcps__lines_add(&s->lines, in, out, "test") >= 0) {
        s->conn = MCPS__CONTAINER_OF(mcps__list_first(&s->lines.conns), struct mcps__conn,
                                     link);
        return true;
    }
    if (out.fd >= 0 && out.fd != in.fd)
        close(out.fd);
    if (in.fd >= 0)
        close(in.fd);
    return false;
}

bool scene_run(struct scene *s)
{
    s->running = mcps__lines_run(&s->lines) >= 0;
    return s->running;
}

void scene_stop(struct scene *s)
{
    if (!s->running)
        return;
    mcps__lines_stop(&s->lines.transport, 0);
    mcps__lines_join(&s->lines);
    s->running = s->opened = false;
}

void scene_end(struct scene *s)
{
    scene_stop(s);
    if (s->in != s->out)
        scene_close(&s->in);
    scene_close(&s->out);
    if (s->opened)
        mcps__lines_close(&s->lines);
    if (!s->begun)
        return;
    mcps__lines_fini(&s->lines);
    fake_end();
}

void scene_turn(struct scene *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (!mcps__loop_post(s->lines.io.loop, &s->nudge))
            return;
        mcps__lines_turn(&s->lines, MCPS__CLOCK_NEVER);
        if (s->lines.n_conns == 0)
            s->conn = NULL;
    }
}

bool scene_send(struct scene *s, const char *text, size_t len)
{
    ssize_t n;

    while (len > 0) {
        n = write(s->in, text, len);
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
        scene_turn(s, 1);
        if (!s->conn)
            return false;
    }
    return true;
}

size_t scene_read(struct scene *s, char *text, size_t size)
{
    size_t len = 0;
    ssize_t n = 1;

    while (len < size && n > 0) {
        n = read(s->out, text + len, size - len);
        if (n > 0)
            len += (size_t)n;
    }
    return len;
}

void scene_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
