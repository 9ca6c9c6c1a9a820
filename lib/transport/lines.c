/* SPDX-License-Identifier: MIT */
/* A transport of lines: its thread, and its connections together; see lines.h. */
#include "config.h"

#include "transport/lines.h"

#include <errno.h>

#include "core/thread.h"
#include "util/clock.h"
#include "util/mem.h"

enum { FIRST_FDS = 4 };

/* How long not to look at what cannot be watched, for lack of memory. */
#define LOOK_AGAIN_NS (10 * MCPS__NS_PER_MS)

/* ---- stopping ---- */

static void on_stop(struct mcps__post *post)
{
    struct mcps__lines *lines = MCPS__CONTAINER_OF(post, struct mcps__lines, stop);
    int64_t deadline = atomic_load(&lines->drain_deadline);

    lines->stopping = true;
    MCPS__LIST_FOREACH (node, &lines->conns) {
        struct mcps__conn *conn = MCPS__CONTAINER_OF(node, struct mcps__conn, link);

        if (!conn->done)
            mcps__peer_drain(conn->peer, deadline);
    }
}

void mcps__lines_stop(struct mcps__transport *transport, int64_t drain_deadline)
{
    struct mcps__lines *lines = mcps__lines_of(transport);

    atomic_store(&lines->drain_deadline, drain_deadline);
    /* If it is posted already, or the thread has ended: so much the better. */
    (void)!mcps__loop_post(lines->io.loop, &lines->stop);
}

/* ---- the I/O thread ---- */

static size_t watch(struct mcps__lines *lines)
{
    size_t n = 1;

    lines->fds[0] =
        (struct pollfd){ .fd = mcps__loop_fd(lines->io.loop), .events = POLLIN };
    MCPS__LIST_FOREACH (node, &lines->conns)
        mcps__conn_watch(MCPS__CONTAINER_OF(node, struct mcps__conn, link), lines->fds,
                         &n);
    mcps__assert(n <= lines->cap_fds);
    return n;
}

/* Those that came since they were watched have no place in the poll set yet. */
static void handle(struct mcps__lines *lines)
{
    MCPS__LIST_FOREACH (node, &lines->conns)
        mcps__conn_handle(MCPS__CONTAINER_OF(node, struct mcps__conn, link), lines->fds);
}

static void resume(struct mcps__lines *lines)
{
    MCPS__LIST_FOREACH (node, &lines->conns)
        mcps__conn_resume(MCPS__CONTAINER_OF(node, struct mcps__conn, link));
}

static void free_done(struct mcps__lines *lines)
{
    MCPS__LIST_FOREACH_SAFE (node, &lines->conns) {
        struct mcps__conn *conn = MCPS__CONTAINER_OF(node, struct mcps__conn, link);

        if (!conn->done)
            continue;
        mcps__mirror_forget(&lines->mirror, conn->in.fd);
        mcps__mirror_forget(&lines->mirror, conn->out.fd);
        mcps__conn_free(conn);
        lines->n_conns--;
    }
}

/* What is watched may set calls free that are run here, so it comes before the next moment. */
void mcps__lines_turn(struct mcps__lines *lines, int64_t until)
{
    struct mcps__loop *loop = lines->io.loop;
    size_t n_fds = watch(lines);
    int64_t next = mcps__loop_next(loop);
    int n = mcps__poll_until(lines->fds, n_fds, next < until ? next : until);

    mcps__loop_run(loop);
    if (n > 0)
        handle(lines);
    resume(lines);
    mcps__loop_submit(loop);
    free_done(lines);
}

static bool has_ended(const struct mcps__lines *lines)
{
    return lines->n_conns == 0 && (lines->stopping || lines->ends_by_itself);
}

/* Nobody touches the connections or the loop any more. */
static void end(struct mcps__lines *lines)
{
    lines->stopping = true;
    mcps__loop_close(lines->io.loop);
    mcps__mirror_fini(&lines->mirror);
    if (lines->transport.ended)
        lines->transport.ended(lines->transport.userdata);
}

static void *run(void *userdata)
{
    struct mcps__lines *lines = userdata;

    lines->self = pthread_self();
    atomic_store(&lines->running, true);
    while (!has_ended(lines))
        mcps__lines_turn(lines, MCPS__CLOCK_NEVER);
    end(lines);
    return NULL;
}

/* ---- being driven ---- */

int64_t mcps__lines_show(struct mcps__lines *lines)
{
    size_t n = watch(lines);
    int64_t next = mcps__loop_next(lines->io.loop), again;

    mcps__mirror_show(&lines->mirror, lines->fds, n);
    if (lines->mirror.ready)
        return 0;
    again =
        lines->mirror.incomplete ? mcps__clock_after(LOOK_AGAIN_NS) : MCPS__CLOCK_NEVER;
    return next < again ? next : again;
}

int64_t mcps__lines_take_turn(struct mcps__transport *transport)
{
    struct mcps__lines *lines = mcps__lines_of(transport);

    if (lines->ended)
        return MCPS__CLOCK_NEVER;
    if (!has_ended(lines))
        mcps__lines_turn(lines, 0);
    if (!has_ended(lines))
        return mcps__lines_show(lines);
    lines->ended = true;
    end(lines);
    return MCPS__CLOCK_NEVER;
}

bool mcps__lines_is_inside(struct mcps__transport *transport)
{
    struct mcps__lines *lines = mcps__lines_of(transport);

    return atomic_load(&lines->running) && pthread_equal(lines->self, pthread_self());
}

/* ---- connections ---- */

/* Room for the loop and two ends of each connection. */
static int reserve_fds(struct mcps__lines *lines, size_t n_conns)
{
    size_t need = 1 + 2 * n_conns, cap = lines->cap_fds > 0 ? lines->cap_fds : FIRST_FDS;
    struct pollfd *fds;

    if (need <= lines->cap_fds)
        return 0;
    while (cap < need)
        cap *= 2;
    fds = mcps__realloc(lines->fds, cap * sizeof *fds);
    if (!fds)
        return -ENOMEM;
    lines->fds = fds;
    lines->cap_fds = cap;
    return 0;
}

int mcps__lines_add(struct mcps__lines *lines, struct mcps__end in, struct mcps__end out,
                    const char *principal)
{
    struct mcps__conn *conn;
    int r;

    if (lines->stopping)
        return MCPS_ECLOSED;
    r = reserve_fds(lines, lines->n_conns + 1);
    if (r >= 0)
        r = mcps__conn_new(&conn, &lines->io, in, out, principal);
    if (r < 0)
        return r;
    mcps__list_push_back(&lines->conns, &conn->link);
    lines->n_conns++;
    return 0;
}

/* ---- life ---- */

void mcps__lines_init(struct mcps__lines *lines, const struct mcps__transport_ops *ops,
                      struct mcps__engine *engine, bool ends_by_itself,
                      void (*ended)(void *userdata), void *userdata)
{
    *lines = (struct mcps__lines){
        .transport = { .ops = ops,
                       .engine = mcps__engine_ref(engine),
                       .watcher = -1,
                       .ended = ended,
                       .userdata = userdata },
        .ends_by_itself = ends_by_itself,
    };
    atomic_init(&lines->drain_deadline, 0);
    atomic_init(&lines->running, false);
    mcps__list_init(&lines->conns);
    mcps__post_init(&lines->stop, on_stop);
}

void mcps__lines_fini(struct mcps__lines *lines)
{
    mcps__assert(!lines->io.loop && mcps__list_is_empty(&lines->conns));
    mcps__engine_unref(lines->transport.engine);
}

static void free_io(struct mcps__lines *lines)
{
    lines->io.loop = mcps__loop_unref(lines->io.loop);
    mcps__scan_fini(&lines->io.scan);
    mcps__free(lines->io.buffer);
    lines->io.buffer = NULL;
    mcps__free(lines->fds);
    lines->fds = NULL;
    lines->cap_fds = 0;
}

int mcps__lines_open(struct mcps__lines *lines)
{
    struct mcps__engine *engine = lines->transport.engine;
    int r;

    lines->stopping = lines->ended = false;
    mcps__mirror_init(&lines->mirror, lines->transport.watcher);
    lines->io = (struct mcps__io){ .engine = engine };
    mcps__scan_init(&lines->io.scan, &engine->json_limits);
    r = reserve_fds(lines, 0);
    if (r >= 0)
        r = mcps__loop_new(&lines->io.loop, &engine->pool);
    if (r >= 0) {
        lines->io.buffer = mcps__malloc(MCPS__READ_BYTES);
        r = lines->io.buffer ? 0 : -ENOMEM;
    }
    if (r < 0)
        free_io(lines);
    return r;
}

int mcps__lines_run(struct mcps__lines *lines)
{
    if (lines->transport.watcher >= 0) {
        mcps__lines_show(lines);
        return 0;
    }
    return mcps__thread_start(&lines->thread, run, lines,
                              lines->transport.engine->pool.options.stack_size);
}

void mcps__lines_close(struct mcps__lines *lines)
{
    lines->stopping = true;
    MCPS__LIST_FOREACH (node, &lines->conns)
        mcps__conn_lose(MCPS__CONTAINER_OF(node, struct mcps__conn, link));
    free_done(lines);
    mcps__loop_close(lines->io.loop);
    mcps__mirror_fini(&lines->mirror);
    free_io(lines);
}

void mcps__lines_join(struct mcps__lines *lines)
{
    if (lines->transport.watcher < 0)
        pthread_join(lines->thread, NULL);
    atomic_store(&lines->running, false);
    free_io(lines);
}
