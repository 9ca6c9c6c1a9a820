/* SPDX-License-Identifier: MIT */
/* Nets: bytes that come and go, or wait. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_scene.h"

extern const struct unit_test net_bytes_tests[];

static void echo(struct net_conn *conn)
{
    if (net_say(conn, conn->data, conn->len) != 0)
        mcps__sock_close(conn->sock);
}

static void what_comes_in_one_segment_is_received_at_once(void)
{
    struct net_scene scene;
    char answer[64];
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    scene.received = echo;
    client = net_client(&scene);
    CHECK(client >= 0);
    CHECK_INT(send(client, "one and two", 11, 0), 11);
    CHECK(net_until(&scene, &net_latest(&scene)->n_received, 1));
    CHECK_MEM(net_latest(&scene)->data, net_latest(&scene)->len, "one and two", 11);
    CHECK_INT(recv(client, answer, sizeof answer, 0), 11);
    CHECK_MEM(answer, 11, "one and two", 11);
    CHECK_INT(net_latest(&scene)->n_drained, 0);
    net_close(&client);
    CHECK(net_until(&scene, &net_latest(&scene)->n_closed, 1));
    CHECK_INT(net_latest(&scene)->n_hung_up, 0);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

/* More than a socket holds: so the client sends as much as there is room for. */
static void much_comes_in_turns(void)
{
    static char data[100 * 1000];
    struct net_scene scene;
    struct net_conn *conn;
    size_t sent = 0;
    int client = -1;
    ssize_t n;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    while (sent < 50 * sizeof data) {
        n = send(client, data, sizeof data, MSG_DONTWAIT);
        CHECK(n > 0 || errno == EAGAIN);
        sent += n > 0 ? (size_t)n : 0;
        CHECK(net_settle(&scene));
    }
    CHECK(net_until_size(&scene, &conn->len, sent));
    CHECK(conn->n_received >= sent / MCPS__NET_READ_BYTES);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void data_stays_with_the_system_while_reading_is_paused(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    mcps__sock_pause(conn->sock, true);
    CHECK(net_settle(&scene));
    CHECK_INT(send(client, "later", 5, 0), 5);
    net_wait(&scene, 10);
    CHECK(net_is_quiet(&scene));
    CHECK_INT(conn->n_received, 0);
    mcps__sock_pause(conn->sock, true);
    mcps__sock_pause(conn->sock, false);
    CHECK(net_until(&scene, &conn->n_received, 1));
    CHECK_MEM(conn->data, conn->len, "later", 5);
    /* Back and forth without a turn is as if nothing had been. */
    mcps__sock_pause(conn->sock, true);
    mcps__sock_pause(conn->sock, false);
    CHECK_INT(send(client, "!", 1, 0), 1);
    CHECK(net_until(&scene, &conn->n_received, 2));
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void pause_this(struct net_conn *conn)
{
    mcps__sock_pause(conn->sock, true);
}

static void pause_and_go_on(struct net_conn *conn)
{
    mcps__sock_pause(conn->sock, true);
    mcps__sock_pause(conn->sock, false);
}

static void reading_is_paused_from_inside(void)
{
    static char data[3 * MCPS__NET_READ_BYTES];
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    scene.received = pause_this;
    CHECK_INT(send(client, data, sizeof data, 0), sizeof data);
    CHECK(net_until(&scene, &conn->n_received, 1));
    CHECK(net_settle(&scene));
    net_wait(&scene, 10);
    CHECK(net_is_quiet(&scene));
    CHECK_INT(conn->n_received, 1);
    scene.received = pause_and_go_on;
    mcps__sock_pause(conn->sock, false);
    CHECK(net_until_size(&scene, &conn->len, sizeof data));
out:
    net_close(&client);
    net_scene_fini(&scene);
}

/* Sends a pattern until something waits; returns how much. */
static size_t say_pattern(struct net_conn *conn)
{
    static char data[MCPS__NET_READ_BYTES];
    size_t all = 0;
    int r = 0;

    while (r == 0) {
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (char)((all + i) % 251);
        r = net_say(conn, data, sizeof data);
        all += sizeof data;
    }
    return r == 1 ? all : 0;
}

static bool reads_pattern(struct net_scene *scene, int fd, size_t len)
{
    static char data[100 * 1000];
    struct pollfd p = { .fd = fd, .events = POLLIN };
    size_t at = 0;
    ssize_t n;

    while (at < len && net_settle(scene)) {
        if (poll(&p, 1, 10) <= 0)
            continue;
        n = recv(fd, data, len - at < sizeof data ? len - at : sizeof data, MSG_DONTWAIT);
        if (n <= 0)
            return false;
        for (size_t i = 0; i < (size_t)n; i++) {
            if (data[i] != (char)((at + i) % 251))
                return false;
        }
        at += (size_t)n;
    }
    return at == len;
}

/* And sends meanwhile, which is not read, nor looked at again and again. */
static void a_client_that_does_not_read_has_output_wait(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;
    size_t len;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    len = say_pattern(conn);
    CHECK(len > 0);
    CHECK_INT(send(client, "do read", 7, 0), 7);
    net_wait(&scene, 10);
    CHECK(net_is_quiet(&scene));
    CHECK_INT(conn->n_received, 0);
    CHECK_INT(conn->n_drained, 0);
    CHECK(reads_pattern(&scene, client, len));
    CHECK(net_until(&scene, &conn->n_drained, 1));
    CHECK(net_until(&scene, &conn->n_received, 1));
    CHECK_MEM(conn->data, conn->len, "do read", 7);
    len = say_pattern(conn);
    CHECK(reads_pattern(&scene, client, len));
    CHECK(net_until(&scene, &conn->n_drained, 2));
    CHECK_INT(net_say(conn, "", 0), 0);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

/* A pause outlasts the output that waited, and the other way round. */
static void reading_goes_on_when_neither_keeps_it(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    mcps__sock_pause(conn->sock, true);
    CHECK_INT(send(client, "x", 1, 0), 1);
    CHECK(reads_pattern(&scene, client, say_pattern(conn)));
    CHECK(net_until(&scene, &conn->n_drained, 1));
    net_wait(&scene, 10);
    CHECK_INT(conn->n_received, 0);
    CHECK(say_pattern(conn) > 0);
    mcps__sock_pause(conn->sock, false);
    net_wait(&scene, 10);
    CHECK(net_is_quiet(&scene));
    CHECK_INT(conn->n_received, 0);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void say_more(struct net_conn *conn)
{
    if (conn->n_drained < 20 && net_fill(conn) < 0)
        abort();
}

static void a_stream_goes_on_from_inside(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    scene.drained = say_more;
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    say_more(conn);
    while (conn->n_drained < 20)
        CHECK(net_read_some(&scene, client) >= 0);
    mcps__sock_close(conn->sock);
    CHECK(net_read_all(&scene, client) >= 0);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void nothing_follows_a_shutdown(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;
    long len;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    len = net_fill(conn);
    CHECK(len > 0);
    mcps__sock_shutdown(conn->sock);
    mcps__sock_shutdown(conn->sock);
    CHECK_INT(net_read_all(&scene, client), len);
    CHECK_INT(conn->n_drained, 1);
    CHECK_INT(net_say(conn, "more", 4), -EPIPE);
    CHECK_INT(send(client, "still here", 10, 0), 10);
    CHECK(net_until(&scene, &conn->n_received, 1));
    net_close(&client);
    CHECK(net_until(&scene, &conn->n_closed, 1));
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void a_shutdown_of_what_is_out_is_at_once(void)
{
    struct net_scene scene;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    CHECK_INT(net_say(net_latest(&scene), "all", 3), 0);
    mcps__sock_shutdown(net_latest(&scene)->sock);
    CHECK_INT(net_read_all(&scene, client), 3);
    CHECK_INT(net_latest(&scene)->n_closed, 0);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

/* Also if the client had sent something that nobody reads: its connection is reset behind what
 * was said last. */
static void what_is_corked_is_out_with_the_shutdown(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    char said[8];
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    mcps__sock_pause(conn->sock, true);
    CHECK_INT(send(client, "unread", 6, 0), 6);
    mcps__sock_cork(conn->sock);
    CHECK_INT(net_say(conn, "all", 3), 0);
    mcps__sock_shutdown(conn->sock);
    mcps__sock_close(conn->sock);
    CHECK(net_until(&scene, &conn->n_closed, 1));
    CHECK_INT(recv(client, said, sizeof said, 0), 3);
    CHECK_MEM(said, 3, "all", 3);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static bool await_acked(struct net_conn *conn, uint64_t at_least)
{
    for (int i = 0; i < 10000 && mcps__sock_acked(conn->sock) < at_least; i++)
        poll(NULL, 0, 1);
    return mcps__sock_acked(conn->sock) >= at_least;
}

static void what_the_client_has_taken_is_known(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    uint64_t before;
    char said[8];
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    before = mcps__sock_acked(conn->sock);
    CHECK_INT(net_say(conn, "all", 3), 0);
    CHECK_INT(recv(client, said, sizeof said, 0), 3);
    CHECK(await_acked(conn, before + 3));
    CHECK_INT(mcps__sock_acked(conn->sock), before + 3);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void say_bye(struct net_conn *conn)
{
    mcps__sock_say_last(conn->sock, "bye", 3);
}

static void something_can_be_said_at_the_end(void)
{
    struct net_scene scene;
    char said[8];
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    scene.closed = say_bye;
    client = net_client(&scene);
    CHECK(client >= 0);
    mcps__sock_close(net_latest(&scene)->sock);
    CHECK(net_until(&scene, &net_latest(&scene)->n_closed, 1));
    CHECK_INT(recv(client, said, sizeof said, MSG_WAITALL), 3);
    CHECK_MEM(said, 3, "bye", 3);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

/* There would be room for it, but something is missing in front. */
static void nothing_is_said_behind_a_gap(void)
{
    static char data[32 * 1024];
    struct net_scene scene;
    int client = -1;
    long len;
    ssize_t n = 0, last = 0;

    CHECK_INT(net_scene_init(&scene), 0);
    scene.closed = say_bye;
    client = net_client(&scene);
    CHECK(client >= 0);
    CHECK(net_fill(net_latest(&scene)) > 0);
    CHECK(net_settle(&scene));
    mcps__sock_close(net_latest(&scene)->sock);
    do
        n = recv(client, data, sizeof data, MSG_DONTWAIT);
    while (n > 0);
    len = net_read_all(&scene, client);
    CHECK(len >= 0);
    CHECK_INT(net_latest(&scene)->n_closed, 1);
    last = recv(client, data, sizeof data, MSG_DONTWAIT);
    CHECK_INT(last, 0);
    CHECK(!net_said(&scene, "bye"));
out:
    net_close(&client);
    net_scene_fini(&scene);
}

/* A write says so, and the end comes later. */
static void a_broken_connection_is_closed_later(void)
{
    struct sigaction old, deadly = { .sa_handler = SIG_DFL };
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1, r = 0;

    sigaction(SIGPIPE, NULL, &old);
    CHECK_INT(net_scene_init(&scene), 0);
    scene.closed = say_bye;
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    sigaction(SIGPIPE, &deadly, NULL);
    net_reset(client);
    client = -1;
    for (unsigned i = 0; i < 10 && r == 0; i++)
        r = net_say(conn, "hello", 5);
    CHECK_INT(r, -EPIPE);
    CHECK_INT(conn->n_closed, 0);
    CHECK_INT(net_say(conn, "hello", 5), -EPIPE);
    mcps__sock_pause(conn->sock, true);
    mcps__sock_shutdown(conn->sock);
    CHECK(net_settle(&scene));
    CHECK_INT(conn->n_closed, 1);
    CHECK_INT(conn->n_hung_up, 0);
out:
    sigaction(SIGPIPE, &old, NULL);
    net_close(&client);
    net_scene_fini(&scene);
}

const struct unit_test net_bytes_tests[] = {
    UNIT_TEST(what_comes_in_one_segment_is_received_at_once),
    UNIT_TEST(much_comes_in_turns),
    UNIT_TEST(data_stays_with_the_system_while_reading_is_paused),
    UNIT_TEST(reading_is_paused_from_inside),
    UNIT_TEST(a_client_that_does_not_read_has_output_wait),
    UNIT_TEST(reading_goes_on_when_neither_keeps_it),
    UNIT_TEST(a_stream_goes_on_from_inside),
    UNIT_TEST(nothing_follows_a_shutdown),
    UNIT_TEST(a_shutdown_of_what_is_out_is_at_once),
    UNIT_TEST(what_is_corked_is_out_with_the_shutdown),
    UNIT_TEST(what_the_client_has_taken_is_known),
    UNIT_TEST(something_can_be_said_at_the_end),
    UNIT_TEST(nothing_is_said_behind_a_gap),
    UNIT_TEST(a_broken_connection_is_closed_later),
    UNIT_END,
};
