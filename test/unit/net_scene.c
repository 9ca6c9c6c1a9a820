/* SPDX-License-Identifier: MIT */
/* A net, and clients of it; see net_scene.h. */
#include "config.h"

#include "net_scene.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/mem.h"

enum { MAX_TURNS = 2000, WAIT_MS = 20000, SHORT_MS = 20 };

/* What comes of a failed allocation may be that nothing more comes. */
#ifdef MCPS__TEST_HOOKS
static int patience(void)
{
    return mcps__mem_has_failed() ? SHORT_MS : WAIT_MS;
}
#else
static int patience(void)
{
    return WAIT_MS;
}
#endif

/* ---- what the net says ---- */

static void *opened(void *userdata, struct mcps__sock *sock)
{
    struct net_scene *scene = userdata;
    struct net_conn *conn, **more;

    if (scene->refuse)
        return NULL;
    conn = calloc(1, sizeof *conn);
    more = realloc(scene->conns, (scene->n_conns + 1) * sizeof(struct net_conn *));
    if (!conn || !more)
        abort();
    scene->conns = more;
    scene->conns[scene->n_conns++] = conn;
    conn->scene = scene;
    conn->sock = sock;
    if (scene->opened)
        scene->opened(conn);
    return conn;
}

static void received(void *userdata, const char *data, size_t len)
{
    struct net_conn *conn = userdata;

    if (len > MCPS__NET_READ_BYTES)
        abort();
    conn->n_received++;
    for (size_t i = 0; i < len && conn->len + i < sizeof conn->data; i++)
        conn->data[conn->len + i] = data[i];
    conn->len += len;
    conn->last_len = len;
    if (conn->scene->received)
        conn->scene->received(conn);
}

static void drained(void *userdata)
{
    struct net_conn *conn = userdata;

    conn->n_drained++;
    if (conn->scene->drained)
        conn->scene->drained(conn);
}

static void hung_up(void *userdata)
{
    struct net_conn *conn = userdata;

    conn->n_hung_up++;
    if (conn->scene->hung_up)
        conn->scene->hung_up(conn);
}

static void closed(void *userdata)
{
    struct net_conn *conn = userdata;

    conn->n_closed++;
    conn->scene->n_closed++;
    if (conn->scene->closed)
        conn->scene->closed(conn);
    conn->sock = NULL;
}

static int64_t before_wait(void *userdata)
{
    struct net_scene *scene = userdata;

    scene->n_turns++;
    if (scene->before_wait)
        scene->before_wait(scene);
    return scene->wait_until;
}

static void woken(void *userdata)
{
    struct net_scene *scene = userdata;

    mcps__wake_drain(&scene->wake);
    scene->n_woken++;
    if (scene->woken)
        scene->woken(scene);
}

static const struct mcps__net_ops ops = {
    .opened = opened,
    .received = received,
    .drained = drained,
    .hung_up = hung_up,
    .closed = closed,
    .before_wait = before_wait,
    .woken = woken,
};

static void on_log(void *userdata, enum mcps_log_level level, const char *line)
{
    struct net_scene *scene = userdata;

    (void)level;
    snprintf(scene->said, sizeof scene->said, "%s", line);
    scene->n_said++;
}

/* ---- scenes ---- */

int net_scene_init_at(struct net_scene *scene, const char *host, int64_t unacked_ms)
{
    struct mcps__net_options options = { .ops = &ops, .userdata = scene };
    int r;

    memset(scene, 0, sizeof *scene);
    scene->wait_until = MCPS__CLOCK_NEVER;
    r = mcps__log_init(&scene->log, on_log, scene, MCPS_LOG_DEBUG);
    scene->has_log = r >= 0;
    if (r >= 0) {
        r = mcps__wake_init(&scene->wake);
        scene->has_wake = r >= 0;
    }
    options.log = &scene->log;
    options.wake_fd = mcps__wake_fd(&scene->wake);
    options.unacked_ms = unacked_ms;
    if (r >= 0)
        r = mcps__net_new(&scene->net, &options);
    if (r >= 0 && host)
        r = mcps__net_listen(scene->net, host, "0");
    return r;
}

int net_scene_init(struct net_scene *scene)
{
    return net_scene_init_at(scene, "127.0.0.1", 0);
}

void net_scene_fini(struct net_scene *scene)
{
    mcps__net_free(scene->net);
    if (scene->has_wake)
        mcps__wake_fini(&scene->wake);
    if (scene->has_log)
        mcps__log_fini(&scene->log);
    for (size_t i = 0; i < scene->n_conns; i++)
        free(scene->conns[i]);
    free(scene->conns);
}

bool net_settle(struct net_scene *scene)
{
    for (unsigned i = 0; i < MAX_TURNS; i++) {
        if (!mcps__net_turn(scene->net))
            return true;
    }
    return false;
}

static bool wait_for_more(struct net_scene *scene, int ms)
{
    struct pollfd p = { .fd = mcps__net_fd(scene->net), .events = POLLIN };

    return poll(&p, 1, ms) > 0;
}

bool net_wait(struct net_scene *scene, int ms)
{
    return net_settle(scene) && wait_for_more(scene, ms) && net_settle(scene);
}

bool net_is_quiet(struct net_scene *scene)
{
    return net_settle(scene) && !wait_for_more(scene, 0);
}

bool net_until(struct net_scene *scene, const unsigned *counter, unsigned value)
{
    bool more = net_settle(scene);

    while (more && *counter < value)
        more = wait_for_more(scene, patience()) && net_settle(scene);
    return *counter == value;
}

bool net_until_size(struct net_scene *scene, const size_t *counter, size_t value)
{
    bool more = net_settle(scene);

    while (more && *counter < value)
        more = wait_for_more(scene, patience()) && net_settle(scene);
    return *counter == value;
}

/* ---- clients ---- */

int net_connect(const struct net_scene *scene)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_port = htons((uint16_t)mcps__net_listener_port(scene->net, 0));
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void net_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Who could not be taken for lack of memory is closed. */
int net_client(struct net_scene *scene)
{
    size_t n = scene->n_conns + 1;
    struct pollfd p[2] = { { .fd = mcps__net_fd(scene->net), .events = POLLIN },
                           { .fd = net_connect(scene), .events = POLLIN } };
    bool more = p[1].fd >= 0 && net_settle(scene);

    while (more && scene->n_conns < n)
        more = poll(p, 2, patience()) > 0 && !p[1].revents && net_settle(scene);
    if (scene->n_conns < n)
        net_close(&p[1].fd);
    return p[1].fd;
}

struct net_conn *net_latest(struct net_scene *scene)
{
    return scene->conns[scene->n_conns - 1];
}

void net_reset(int fd)
{
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static void keep_end(struct net_scene *scene, const char *data, size_t len)
{
    size_t n = len < sizeof scene->end ? len : sizeof scene->end;

    memcpy(scene->end, data + len - n, n);
    scene->end_len = n;
}

long net_read_some(struct net_scene *scene, int fd)
{
    static char data[256 * 1024];
    struct pollfd p = { .fd = fd, .events = POLLIN };
    ssize_t n;

    if (!net_settle(scene))
        return -EDEADLK;
    if (poll(&p, 1, 10) <= 0)
        return 0;
    n = recv(fd, data, sizeof data, MSG_DONTWAIT);
    if (n > 0)
        keep_end(scene, data, (size_t)n);
    return n > 0 ? (long)n : n == 0 ? -ECONNRESET : -errno;
}

long net_read_all(struct net_scene *scene, int fd)
{
    long n = 0, all = 0;

    for (unsigned i = 0; i < 100000 && n >= 0; i++) {
        n = net_read_some(scene, fd);
        if (n > 0)
            all += n;
    }
    return n == -ECONNRESET ? all : n;
}

bool net_said(const struct net_scene *scene, const char *end)
{
    size_t len = strlen(end);

    return scene->end_len >= len &&
           memcmp(scene->end + scene->end_len - len, end, len) == 0;
}

/* ---- the connection's side ---- */

int net_say(struct net_conn *conn, const char *data, size_t len)
{
    static char room[MCPS__NET_HEADROOM + MCPS__NET_READ_BYTES];

    memcpy(room + MCPS__NET_HEADROOM, data, len);
    return mcps__sock_write(conn->sock, room + MCPS__NET_HEADROOM, len);
}

long net_fill(struct net_conn *conn)
{
    static const char data[MCPS__NET_READ_BYTES] = "x";
    long all = 0;
    int r = 0;

    while (r == 0) {
        r = net_say(conn, data, sizeof data);
        all += (long)sizeof data;
    }
    return r == 1 ? all : -1;
}

int net_count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    if (!dir)
        return -1;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}
