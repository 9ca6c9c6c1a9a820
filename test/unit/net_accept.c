/* SPDX-License-Identifier: MIT */
/* Nets: listening sockets, and the taking of connections. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_scene.h"
#include "schema/on_valgrind.h"

extern const struct unit_test net_accept_tests[];

/* ---- addresses ---- */

static void a_name_may_have_several_addresses(void)
{
    struct net_scene scene;
    const struct mcps__net *net;
    char name[64];
    int port, client = -1;

    CHECK_INT(net_scene_init_at(&scene, "localhost", 0), 0);
    net = scene.net;
    CHECK(mcps__net_n_listeners(net) >= 1);
    port = mcps__net_listener_port(net, 0);
    CHECK(port > 0);
    for (size_t i = 0; i < mcps__net_n_listeners(net); i++) {
        CHECK_INT(mcps__net_listener_port(net, i), port);
        snprintf(name, sizeof name, "127.0.0.1:%d", port);
        if (strcmp(mcps__net_listener_name(net, i), name) != 0) {
            snprintf(name, sizeof name, "[::1]:%d", port);
            CHECK_STR(mcps__net_listener_name(net, i), name);
        }
    }
    CHECK(!mcps__net_is_public(net));
    client = net_client(&scene);
    CHECK(client >= 0);
    CHECK(mcps__sock_is_loopback(net_latest(&scene)->sock));
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static int connect_v6(int port)
{
    struct sockaddr_in6 at = { .sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin6_port = htons((uint16_t)port);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) < 0)
        net_close(&fd);
    return fd;
}

static void addresses_of_both_kinds_are_listened_on(void)
{
    struct net_scene scene;
    socklen_t len = 0;
    int client = -1, r;

    CHECK_INT(net_scene_init_at(&scene, "127.0.0.1", 0), 0);
    r = mcps__net_listen(scene.net, "::1", "0");
    if (r == -EADDRNOTAVAIL || r == -EAFNOSUPPORT) {
        unit_skip("there is no IPv6");
        goto out;
    }
    CHECK_INT(r, 0);
    CHECK_INT(mcps__net_n_listeners(scene.net), 2);
    CHECK(strncmp(mcps__net_listener_name(scene.net, 1), "[::1]:", 6) == 0);
    client = connect_v6(mcps__net_listener_port(scene.net, 1));
    CHECK(client >= 0);
    net_until_size(&scene, &scene.n_conns, 1);
    CHECK_INT(scene.n_conns, 1);
    CHECK_INT(mcps__sock_peer(net_latest(&scene)->sock, &len)->sa_family, AF_INET6);
    CHECK_INT(len, sizeof(struct sockaddr_in6));
    CHECK(mcps__sock_is_loopback(net_latest(&scene)->sock));
    CHECK(!mcps__net_is_public(scene.net));
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void all_addresses_are_public_and_of_one_kind(void)
{
    struct net_scene scene;
    char port[8];
    int client = -1, r;

    CHECK_INT(net_scene_init_at(&scene, "0.0.0.0", 0), 0);
    CHECK(mcps__net_is_public(scene.net));
    client = net_client(&scene);
    CHECK(client >= 0);
    CHECK(mcps__sock_is_loopback(net_latest(&scene)->sock));
    snprintf(port, sizeof port, "%d", mcps__net_listener_port(scene.net, 0));
    r = mcps__net_listen(scene.net, "::", port);
    CHECK(r == 0 || r == -EADDRNOTAVAIL || r == -EAFNOSUPPORT || r == -EADDRINUSE);
    CHECK_INT(mcps__net_n_listeners(scene.net), r == 0 ? 2 : 1);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void what_cannot_be_listened_on_is_named(void)
{
    static const char *const ports[] = { "",    "x",    "65536", "-1",
                                         " 80", "0x50", "80 ",   "99999999999" };
    struct net_scene scene;
    char port[8];

    CHECK_INT(net_scene_init(&scene), 0);
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        unit_note_on_failure("port '%s'", ports[i]);
        CHECK_INT(mcps__net_listen(scene.net, "127.0.0.1", ports[i]), -EINVAL);
        CHECK_INT(scene.n_said, i + 1);
        CHECK(strstr(scene.said, "is no port"));
    }
    snprintf(port, sizeof port, "%d", mcps__net_listener_port(scene.net, 0));
    CHECK_INT(mcps__net_listen(scene.net, "127.0.0.1", port), -EADDRINUSE);
    CHECK(strstr(scene.said, mcps__net_listener_name(scene.net, 0)));
    CHECK(strstr(scene.said, mcps_strerror(-EADDRINUSE)));
    CHECK(mcps__net_listen(scene.net, "192.0.2.1", "0") < 0);
    CHECK(strstr(scene.said, "192.0.2.1:0"));
    CHECK_INT(mcps__net_n_listeners(scene.net), 1);
out:
    net_scene_fini(&scene);
}

/* A port can be listened on again though connections of before linger there. */
static void a_port_can_be_taken_again(void)
{
    struct net_scene scene, again;
    char port[8];
    int client = -1, made = -1;

    memset(&again, 0, sizeof again);
    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    mcps__sock_close(net_latest(&scene)->sock);
    CHECK_INT(net_read_all(&scene, client), 0);
    net_close(&client);
    snprintf(port, sizeof port, "%d", mcps__net_listener_port(scene.net, 0));
    mcps__net_free(scene.net);
    scene.net = NULL;
    made = net_scene_init_at(&again, NULL, 0);
    CHECK_INT(made, 0);
    CHECK_INT(mcps__net_listen(again.net, "127.0.0.1", port), 0);
out:
    net_close(&client);
    net_scene_fini(&scene);
    net_scene_fini(&again);
}

/* ---- connections ---- */

/* The descriptor at the other end of a client, in this very process. */
static int other_end(int client)
{
    struct sockaddr_in own = { 0 }, peer;
    socklen_t len = sizeof own;

    getsockname(client, (struct sockaddr *)&own, &len);
    for (int fd = 3; fd < 4096; fd++) {
        len = sizeof peer;
        if (fd != client && getpeername(fd, (struct sockaddr *)&peer, &len) >= 0 &&
            peer.sin_family == AF_INET && peer.sin_port == own.sin_port)
            return fd;
    }
    return -1;
}

static int option(int fd, int level, int which)
{
    int value = -1;
    socklen_t len = sizeof value;

    getsockopt(fd, level, which, &value, &len);
    return value;
}

static void connections_have_their_options(void)
{
    struct net_scene scene;
    struct sockaddr_in own = { 0 };
    const struct sockaddr *peer;
    socklen_t len = sizeof own;
    int client = -1, fd;

    CHECK_INT(net_scene_init_at(&scene, "127.0.0.1", 12345), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    fd = other_end(client);
    CHECK(fd >= 0);
    CHECK(option(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK_INT(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 12345);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    getsockname(client, (struct sockaddr *)&own, &len);
    peer = mcps__sock_peer(net_latest(&scene)->sock, &len);
    CHECK_MEM(peer, len, &own, sizeof own);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void take_no_more(struct net_conn *conn)
{
    mcps__net_accept(conn->scene->net, false);
}

static void others_wait_at_a_cap(void)
{
    struct net_scene scene;
    int clients[3] = { -1, -1, -1 };

    CHECK_INT(net_scene_init(&scene), 0);
    scene.opened = take_no_more;
    for (unsigned i = 0; i < 3; i++) {
        clients[i] = net_connect(&scene);
        CHECK(clients[i] >= 0);
    }
    for (unsigned i = 1; i <= 3; i++) {
        net_until_size(&scene, &scene.n_conns, i);
        net_wait(&scene, 10);
        CHECK_INT(scene.n_conns, i);
        CHECK(net_is_quiet(&scene));
        mcps__net_accept(scene.net, true);
    }
    CHECK_INT(scene.n_closed, 0);
out:
    for (unsigned i = 0; i < 3; i++)
        net_close(&clients[i]);
    net_scene_fini(&scene);
}

static void who_is_in_stays_when_listening_stops(void)
{
    struct net_scene scene;
    int client = -1, late = -1, port;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    port = mcps__net_listener_port(scene.net, 0);
    mcps__net_stop_listening(scene.net);
    mcps__net_stop_listening(scene.net);
    mcps__net_accept(scene.net, true);
    late = net_connect(&scene);
    CHECK_INT(late, -1);
    CHECK_INT(send(client, "x", 1, 0), 1);
    CHECK(net_until(&scene, &net_latest(&scene)->n_received, 1));
    CHECK_INT(mcps__net_n_listeners(scene.net), 1);
    CHECK_INT(mcps__net_listener_port(scene.net, 0), port);
out:
    net_close(&client);
    net_close(&late);
    net_scene_fini(&scene);
}

/* ---- without descriptors ---- */

enum { FEW = 200 };

struct famine {
    struct rlimit before;
    int taken[FEW];
    unsigned n;
};

static void begin_famine(struct famine *famine)
{
    struct rlimit few;
    int fd;

    getrlimit(RLIMIT_NOFILE, &famine->before);
    few = famine->before;
    few.rlim_cur = FEW;
    setrlimit(RLIMIT_NOFILE, &few);
    for (famine->n = 0; famine->n < FEW; famine->n++) {
        fd = dup(STDOUT_FILENO);
        if (fd < 0)
            return;
        famine->taken[famine->n] = fd;
    }
}

static void free_one(struct famine *famine)
{
    close(famine->taken[--famine->n]);
}

static void end_famine(struct famine *famine)
{
    if (famine->before.rlim_cur > 0)
        setrlimit(RLIMIT_NOFILE, &famine->before);
    while (famine->n > 0)
        free_one(famine);
}

static int connect_with(const struct net_scene *scene, int fd)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };

    at.sin_port = htons((uint16_t)mcps__net_listener_port(scene->net, 0));
    return connect(fd, (struct sockaddr *)&at, sizeof at);
}

static void connections_wait_while_no_descriptor_is_free(void)
{
    struct famine famine = { .n = 0 };
    struct net_scene scene;
    int clients[4] = { -1, -1, -1, -1 };

    if (mcps__on_valgrind()) {
        unit_skip("valgrind closes what it has no descriptor for");
        return;
    }
    CHECK_INT(net_scene_init(&scene), 0);
    clients[0] = net_client(&scene);
    CHECK(clients[0] >= 0);
    for (unsigned i = 1; i < 4; i++)
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    begin_famine(&famine);
    for (unsigned i = 1; i < 4; i++)
        CHECK_INT(connect_with(&scene, clients[i]), 0);
    net_wait(&scene, 10);
    CHECK(net_is_quiet(&scene));
    CHECK_INT(scene.n_conns, 1);
    CHECK_INT(scene.n_said, 1);
    CHECK(strstr(scene.said, mcps_strerror(-EMFILE)));
    /* One that ends lets the next one in, and that is found out once. */
    mcps__sock_close(scene.conns[0]->sock);
    CHECK(net_is_quiet(&scene));
    CHECK_INT(scene.n_conns, 2);
    CHECK_INT(scene.n_said, 1);
    /* Others free descriptors, too, and do not say so. */
    free_one(&famine);
    CHECK(net_until_size(&scene, &scene.n_conns, 3));
    end_famine(&famine);
    CHECK(net_until_size(&scene, &scene.n_conns, 4));
    CHECK_INT(scene.n_said, 1);
out:
    end_famine(&famine);
    for (unsigned i = 0; i < 4; i++)
        net_close(&clients[i]);
    net_scene_fini(&scene);
}

/* More than there were allowed when the net was made: libwebsockets has no place for it. */
static void descriptors_beyond_the_first_limit_are_not_taken(void)
{
    struct famine famine = { .n = 0 };
    struct net_scene scene;
    int client = -1;

    begin_famine(&famine);
    for (unsigned i = 0; i < 50; i++)
        free_one(&famine);
    CHECK_INT(net_scene_init(&scene), 0);
    while (famine.n < FEW && famine.taken[famine.n - 1] < FEW - 1)
        famine.taken[famine.n++] = dup(STDOUT_FILENO);
    setrlimit(RLIMIT_NOFILE, &famine.before);
    client = net_connect(&scene);
    CHECK(client >= FEW);
    CHECK(net_read_all(&scene, client) <= 0);
    CHECK_INT(scene.n_conns, 0);
    CHECK(net_is_quiet(&scene));
    CHECK_INT(scene.n_said, 1);
    net_close(&client);
    end_famine(&famine);
    client = net_client(&scene);
    CHECK(client >= 0);
out:
    end_famine(&famine);
    net_close(&client);
    net_scene_fini(&scene);
}

const struct unit_test net_accept_tests[] = {
    UNIT_TEST(a_name_may_have_several_addresses),
    UNIT_TEST(addresses_of_both_kinds_are_listened_on),
    UNIT_TEST(all_addresses_are_public_and_of_one_kind),
    UNIT_TEST(what_cannot_be_listened_on_is_named),
    UNIT_TEST(a_port_can_be_taken_again),
    UNIT_TEST(connections_have_their_options),
    UNIT_TEST(others_wait_at_a_cap),
    UNIT_TEST(who_is_in_stays_when_listening_stops),
    UNIT_TEST_ONCE(connections_wait_while_no_descriptor_is_free,
                   "it allocates nothing new"),
    UNIT_TEST_ONCE(descriptors_beyond_the_first_limit_are_not_taken,
                   "it allocates nothing new"),
    UNIT_END,
};
