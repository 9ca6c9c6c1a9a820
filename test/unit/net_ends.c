/* SPDX-License-Identifier: MIT */
/* Nets: how connections end, from either side. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_scene.h"

extern const struct unit_test net_ends_tests[];

static void what_was_sent_before_the_end_is_received_first(void)
{
    struct net_scene scene;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_connect(&scene);
    CHECK(client >= 0);
    CHECK_INT(send(client, "and gone", 8, 0), 8);
    net_close(&client);
    net_until_size(&scene, &scene.n_conns, 1);
    CHECK_INT(scene.n_conns, 1);
    CHECK(net_until(&scene, &net_latest(&scene)->n_closed, 1));
    CHECK_MEM(net_latest(&scene)->data, net_latest(&scene)->len, "and gone", 8);
    CHECK_INT(net_latest(&scene)->n_hung_up, 0);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

/* Half-close: who has said all that it will may still want the answer. */
static void a_client_that_only_shut_its_side_is_answered(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    mcps__sock_pause(conn->sock, true);
    CHECK_INT(shutdown(client, SHUT_WR), 0);
    CHECK(net_until(&scene, &conn->n_hung_up, 1));
    CHECK(net_is_quiet(&scene));
    CHECK_INT(conn->n_closed, 0);
    CHECK_INT(net_say(conn, "answer", 6), 0);
    CHECK(net_fill(conn) > 0);
    mcps__sock_shutdown(conn->sock);
    CHECK(net_read_all(&scene, client) > 6);
    CHECK_INT(conn->n_hung_up, 1);
    CHECK(net_until(&scene, &conn->n_closed, 1));
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void the_rest_is_received_behind_a_hang_up(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    mcps__sock_pause(conn->sock, true);
    CHECK_INT(send(client, "the rest", 8, 0), 8);
    net_close(&client);
    CHECK(net_until(&scene, &conn->n_hung_up, 1));
    CHECK(net_is_quiet(&scene));
    CHECK_INT(conn->n_received + conn->n_closed, 0);
    mcps__sock_pause(conn->sock, false);
    CHECK(net_until(&scene, &conn->n_closed, 1));
    CHECK_MEM(conn->data, conn->len, "the rest", 8);
    CHECK_INT(conn->n_hung_up, 1);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void pause_this(struct net_conn *conn)
{
    mcps__sock_pause(conn->sock, true);
}

static void pause_who_spoke(struct net_scene *scene)
{
    if (scene->n_conns > 1 && net_latest(scene)->n_received > 0)
        mcps__sock_pause(net_latest(scene)->sock, true);
}

/* In the turn of the pause, or the one before: then it was not worth a word, but is now. */
static void an_end_that_came_before_the_pause_is_told(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    for (unsigned i = 0; i < 2; i++) {
        scene.received = i == 0 ? pause_this : NULL;
        scene.before_wait = i == 1 ? pause_who_spoke : NULL;
        client = net_connect(&scene);
        CHECK(client >= 0);
        CHECK_INT(send(client, "and gone", 8, 0), 8);
        net_close(&client);
        net_until_size(&scene, &scene.n_conns, i + 1);
        CHECK_INT(scene.n_conns, i + 1);
        conn = net_latest(&scene);
        CHECK(net_until(&scene, &conn->n_hung_up, 1));
        CHECK(net_is_quiet(&scene));
        CHECK_INT(conn->n_received, 1);
        CHECK_INT(conn->n_closed, 0);
        scene.before_wait = NULL;
        mcps__sock_pause(conn->sock, false);
        CHECK(net_until(&scene, &conn->n_closed, 1));
    }
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void a_hang_up_is_seen_while_output_waits(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    CHECK(net_fill(conn) > 0);
    CHECK_INT(send(client, "the rest", 8, 0), 8);
    CHECK_INT(shutdown(client, SHUT_WR), 0);
    CHECK(net_until(&scene, &conn->n_hung_up, 1));
    CHECK(net_is_quiet(&scene));
    CHECK_INT(conn->n_received + conn->n_closed, 0);
    CHECK(net_read_all(&scene, client) > 0);
    CHECK_INT(conn->n_drained, 1);
    CHECK_MEM(conn->data, conn->len, "the rest", 8);
    CHECK_INT(conn->n_closed, 1);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void who_is_gone_is_closed(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    for (unsigned how = 0; how < 6; how++) {
        unit_note_on_failure("how: %u", how);
        client = net_client(&scene);
        CHECK(client >= 0);
        conn = net_latest(&scene);
        if (how & 1)
            mcps__sock_pause(conn->sock, true);
        if (how & 2)
            CHECK(net_fill(conn) > 0);
        if (how & 4)
            CHECK_INT(shutdown(client, SHUT_WR), 0);
        CHECK(net_settle(&scene));
        net_reset(client);
        client = -1;
        CHECK(net_until(&scene, &conn->n_closed, 1));
        CHECK(conn->n_hung_up <= how >> 2);
        CHECK(net_is_quiet(&scene));
    }
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void a_hang_up_is_told_once_and_a_reset_behind_it_is_seen(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    mcps__sock_pause(conn->sock, true);
    CHECK_INT(shutdown(client, SHUT_WR), 0);
    CHECK(net_until(&scene, &conn->n_hung_up, 1));
    mcps__sock_pause(conn->sock, true);
    CHECK(net_fill(conn) > 0);
    CHECK(net_is_quiet(&scene));
    net_reset(client);
    client = -1;
    CHECK(net_until(&scene, &conn->n_closed, 1));
    CHECK_INT(conn->n_hung_up, 1);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

/* ---- closing ---- */

enum { OPENED, RECEIVED, DRAINED, HUNG_UP, BEFORE_WAIT, WOKEN, CLOSED, N_PLACES };

static void close_all(struct net_scene *scene)
{
    for (size_t i = 0; i < scene->n_conns; i++) {
        if (scene->conns[i]->sock)
            mcps__sock_close(scene->conns[i]->sock);
    }
}

static void close_this(struct net_conn *conn)
{
    mcps__sock_close(conn->sock);
}

static void close_others(struct net_conn *conn)
{
    for (size_t i = 0; i < conn->scene->n_conns; i++) {
        if (conn->scene->conns[i]->sock && conn->scene->conns[i] != conn)
            mcps__sock_close(conn->scene->conns[i]->sock);
    }
}

static void close_each(struct net_conn *conn)
{
    close_all(conn->scene);
}

static void set_hook(struct net_scene *scene, unsigned place, net_hook *hook)
{
    net_hook **hooks[] = {
        &scene->opened, &scene->received, &scene->drained, &scene->hung_up, NULL,
        NULL,           &scene->closed
    };

    if (place == BEFORE_WAIT)
        scene->before_wait = close_all;
    else if (place == WOKEN)
        scene->woken = close_all;
    else
        *hooks[place] = hook;
}

/* Has each of the places come to, with several connections about which there is something to
 * say in the same turn. */
static bool provoke(struct net_scene *scene, int *clients, unsigned n, unsigned place,
                    net_hook *hook)
{
    for (unsigned i = 0; i < n; i++) {
        clients[i] = net_client(scene);
        if (clients[i] < 0)
            return false;
        if (place == DRAINED && net_fill(net_latest(scene)) < 0)
            return false;
        if (place == HUNG_UP)
            mcps__sock_pause(net_latest(scene)->sock, true);
    }
    if (!net_settle(scene))
        return false;
    set_hook(scene, place, hook);
    if (place == CLOSED)
        mcps__sock_close(scene->conns[0]->sock);
    mcps__wake_signal(&scene->wake);
    for (unsigned i = 0; i < n; i++) {
        if (place == RECEIVED && send(clients[i], "x", 1, 0) != 1)
            return false;
        if (place == HUNG_UP && shutdown(clients[i], SHUT_WR) < 0)
            return false;
        if (place == DRAINED)
            net_read_some(scene, clients[i]);
    }
    if (place == OPENED)
        clients[n] = net_connect(scene);
    return true;
}

/* How many of the connections end, if the first to be called closes itself, the others, or
 * all. */
static size_t n_ends(unsigned place, unsigned whom)
{
    if (place == BEFORE_WAIT || place == WOKEN)
        return 4;
    if (place == OPENED)
        return whom == 0 ? 1 : whom == 1 ? 4 : 5;
    if (place == CLOSED)
        return whom == 0 ? 1 : 4;
    return whom == 1 ? 3 : 4;
}

static void let_run(struct net_scene *scene, const int *clients, size_t n_ended)
{
    static char data[128 * 1024];
    bool fine = true;

    for (unsigned i = 0; fine && i < 2000 && scene->n_closed < n_ended; i++) {
        for (unsigned c = 0; c < 5; c++)
            (void)!recv(clients[c], data, sizeof data, MSG_DONTWAIT);
        fine = net_settle(scene);
        net_wait(scene, 1);
    }
}

static void connections_are_closed_from_everywhere(void)
{
    static net_hook *const hooks[] = { close_this, close_others, close_each };
    struct net_scene scene;
    size_t n_ended, n_wanted;
    int clients[5];
    bool made;

    for (unsigned i = 0; i < N_PLACES * 3; i++) {
        unit_note_on_failure("place %u, hook %u", i / 3, i % 3);
        memset(clients, -1, sizeof clients);
        n_wanted = n_ends(i / 3, i % 3);
        made = net_scene_init(&scene) >= 0 &&
               provoke(&scene, clients, 4, i / 3, hooks[i % 3]);
        if (made)
            let_run(&scene, clients, n_wanted);
        made = made && net_is_quiet(&scene);
        n_ended = scene.n_closed;
        for (unsigned c = 0; c < 5; c++)
            net_close(&clients[c]);
        net_scene_fini(&scene);
        CHECK(made);
        CHECK_INT(n_ended, n_wanted);
    }
out:;
}

static void closing_is_never_from_inside(void)
{
    struct net_scene scene;
    struct net_conn *conn;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    conn = net_latest(&scene);
    mcps__sock_close(conn->sock);
    mcps__sock_close(conn->sock);
    CHECK_INT(conn->n_closed, 0);
    CHECK_INT(net_say(conn, "x", 1), -EPIPE);
    CHECK_INT(send(client, "x", 1, 0), 1);
    CHECK(net_settle(&scene));
    CHECK_INT(conn->n_closed, 1);
    CHECK_INT(conn->n_received, 0);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void what_is_closed_before_the_wait_is_not_waited_for(void)
{
    struct net_scene scene;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    client = net_client(&scene);
    CHECK(client >= 0);
    scene.before_wait = close_all;
    mcps__net_turn(scene.net);
    CHECK_INT(scene.n_closed, 1);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void who_is_refused_is_closed_without_a_word(void)
{
    struct net_scene scene;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    scene.refuse = true;
    client = net_connect(&scene);
    CHECK(client >= 0);
    CHECK_INT(send(client, "x", 1, 0), 1);
    CHECK(net_read_all(&scene, client) <= 0);
    CHECK_INT(scene.n_conns, 0);
out:
    net_close(&client);
    net_scene_fini(&scene);
}

static void the_end_of_the_net_closes_what_is_open(void)
{
    struct net_scene scene;
    int clients[5];

    memset(clients, -1, sizeof clients);
    CHECK_INT(net_scene_init(&scene), 0);
    scene.closed = close_others;
    for (unsigned i = 0; i < 4; i++) {
        clients[i] = net_client(&scene);
        CHECK(clients[i] >= 0);
    }
    clients[4] = net_connect(&scene); /* in the backlog */
    CHECK(net_fill(scene.conns[0]) > 0);
    mcps__sock_pause(scene.conns[1]->sock, true);
    mcps__sock_close(scene.conns[2]->sock);
    mcps__net_free(scene.net);
    scene.net = NULL;
    CHECK_INT(scene.n_closed, 4);
out:
    for (unsigned i = 0; i < 5; i++)
        net_close(&clients[i]);
    net_scene_fini(&scene);
}

/* Nobody waits for a FIN of ours for ever. */
static void no_client_that_left_is_kept(void)
{
    enum { N = 50 };
    struct net_scene scene;
    int clients[N];

    memset(clients, -1, sizeof clients);
    CHECK_INT(net_scene_init(&scene), 0);
    for (unsigned i = 0; i < N; i++) {
        clients[i] = net_client(&scene);
        CHECK(clients[i] >= 0);
        CHECK_INT(send(clients[i], "call", 4, 0), 4);
    }
    for (unsigned i = 0; i < N; i++)
        net_close(&clients[i]);
    CHECK(net_until_size(&scene, &scene.n_closed, N));
    for (unsigned i = 0; i < N; i++)
        CHECK_INT(scene.conns[i]->len, 4);
out:
    for (unsigned i = 0; i < N; i++)
        net_close(&clients[i]);
    net_scene_fini(&scene);
}

const struct unit_test net_ends_tests[] = {
    UNIT_TEST(what_was_sent_before_the_end_is_received_first),
    UNIT_TEST(a_client_that_only_shut_its_side_is_answered),
    UNIT_TEST(the_rest_is_received_behind_a_hang_up),
    UNIT_TEST(an_end_that_came_before_the_pause_is_told),
    UNIT_TEST(a_hang_up_is_seen_while_output_waits),
    UNIT_TEST(who_is_gone_is_closed),
    UNIT_TEST(a_hang_up_is_told_once_and_a_reset_behind_it_is_seen),
    UNIT_TEST_ONCE(connections_are_closed_from_everywhere,
                   "it allocates what the others do"),
    UNIT_TEST(closing_is_never_from_inside),
    UNIT_TEST(what_is_closed_before_the_wait_is_not_waited_for),
    UNIT_TEST(who_is_refused_is_closed_without_a_word),
    UNIT_TEST(the_end_of_the_net_closes_what_is_open),
    UNIT_TEST(no_client_that_left_is_kept),
    UNIT_END,
};
