/* SPDX-License-Identifier: MIT */
/* In-memory clients; see memory.h. */
#include "config.h"

#include "transport/memory.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/lines.h"
#include "util/mem.h"
#include "util/sync.h"

struct memory {
    struct mcps__lines lines;
    struct mcps__mutex mutex;              /* covers all below */
    struct mcps__cond connected;           /* somebody's request was answered */
    struct mcps__loop *loop MCPS__GUARDED; /* a reference; NULL: not started */
};

/* One who wants to connect, and waits for the I/O thread to make the peer. */
struct request {
    struct mcps__post post;
    struct memory *memory;
    struct mcps__end end;
    const char *principal;
    int result;
    bool done; /* under the mutex */
};

static struct memory *memory_of(struct mcps__transport *transport)
{
    return MCPS__CONTAINER_OF(mcps__lines_of(transport), struct memory, lines);
}

/* ---- connecting ---- */

/* The request is its owner's again as soon as the mutex is free. */
static void on_request(struct mcps__post *post)
{
    struct request *request = MCPS__CONTAINER_OF(post, struct request, post);
    struct memory *m = request->memory;
    int r = mcps__lines_add(&m->lines, request->end, request->end, request->principal);

    mcps__mutex_lock(&m->mutex);
    request->result = r;
    request->done = true;
    mcps__cond_broadcast(&m->connected);
    mcps__mutex_unlock(&m->mutex);
}

static struct mcps__loop *get_loop(struct memory *m)
{
    struct mcps__loop *loop;

    mcps__mutex_lock(&m->mutex);
    loop = m->loop ? mcps__loop_ref(m->loop) : NULL;
    mcps__mutex_unlock(&m->mutex);
    return loop;
}

/* What is posted is answered, even by a thread that ends. */
static int ask(struct memory *m, struct mcps__loop *loop, const char *principal, int fd)
{
    struct request request = {
        .memory = m,
        .end = { fd, MCPS__END_SOCKET },
        .principal = principal,
    };

    mcps__post_init(&request.post, on_request);
    if (!mcps__loop_post(loop, &request.post))
        return MCPS_ECLOSED;
    mcps__mutex_lock(&m->mutex);
    while (!request.done)
        mcps__cond_wait(&m->connected, &m->mutex);
    mcps__mutex_unlock(&m->mutex);
    return request.result;
}

/* The turns are this thread's, so there is nobody else to ask. */
static int accept_here(struct memory *m, const char *principal, int fd)
{
    const struct mcps__end end = { fd, MCPS__END_SOCKET };
    int r = mcps__lines_add(&m->lines, end, end, principal);

    if (r >= 0)
        mcps__lines_show(&m->lines);
    return r;
}

int mcps__memory_connect(struct mcps__transport *transport, const char *principal,
                         int *ret_fd)
{
    struct memory *m = memory_of(transport);
    struct mcps__loop *loop;
    int fds[2] = { -1, -1 };
    int r;

    if (mcps__lines_is_inside(transport))
        return -EDEADLK;
    loop = get_loop(m);
    if (!loop)
        return MCPS_ECLOSED;
    r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 ? -errno : 0;
    MCPS__SYNC_POINT("before_connect");
    if (r >= 0)
        r = transport->watcher >= 0 ? accept_here(m, principal, fds[0])
                                    : ask(m, loop, principal, fds[0]);
    mcps__loop_unref(loop);
    if (r >= 0) {
        *ret_fd = fds[1];
    } else if (fds[0] >= 0) {
        close(fds[0]);
        close(fds[1]);
    }
    return r;
}

/* ---- the transport ---- */

static void set_loop(struct memory *m, struct mcps__loop *loop)
{
    struct mcps__loop *before;

    mcps__mutex_lock(&m->mutex);
    before = m->loop;
    m->loop = loop;
    mcps__mutex_unlock(&m->mutex);
    mcps__loop_unref(before);
}

static int start(struct mcps__transport *transport)
{
    struct memory *m = memory_of(transport);
    int r = mcps__lines_open(&m->lines);

    if (r < 0)
        return r;
    r = mcps__lines_run(&m->lines);
    if (r < 0)
        mcps__lines_close(&m->lines);
    else
        set_loop(m, mcps__loop_ref(m->lines.io.loop));
    return r;
}

static void join(struct mcps__transport *transport)
{
    struct memory *m = memory_of(transport);

    set_loop(m, NULL);
    mcps__lines_join(&m->lines);
}

static void free_memory(struct mcps__transport *transport)
{
    struct memory *m = memory_of(transport);

    mcps__lines_fini(&m->lines);
    mcps__cond_fini(&m->connected);
    mcps__mutex_fini(&m->mutex);
    mcps__free(m);
}

static int init_locks(struct memory *m)
{
    int r = mcps__mutex_init(&m->mutex, MCPS__LOCK_pipe);

    if (r < 0)
        return r;
    r = mcps__cond_init(&m->connected);
    if (r < 0)
        mcps__mutex_fini(&m->mutex);
    return r;
}

int mcps__memory_new(struct mcps__transport **ret, struct mcps__engine *engine,
                     void (*ended)(void *userdata), void *userdata)
{
    static const struct mcps__transport_ops ops = {
        .start = start,
        .turn = mcps__lines_take_turn,
        .stop = mcps__lines_stop,
        .join = join,
        .is_inside = mcps__lines_is_inside,
        .free = free_memory,
    };
    struct memory *m = mcps__calloc(1, sizeof *m);
    int r;

    if (!m)
        return -ENOMEM;
    r = init_locks(m);
    if (r < 0) {
        mcps__free(m);
        return r;
    }
    mcps__lines_init(&m->lines, &ops, engine, false, ended, userdata);
    *ret = &m->lines.transport;
    return 0;
}
