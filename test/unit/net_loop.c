/* SPDX-License-Identifier: MIT */
/* Nets: the loop itself, run by a thread or driven by another loop. */
#include "config.h"

#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_scene.h"
#include "util/clock.h"
#include "util/mem.h"

extern const struct unit_test net_loop_tests[];

/* ---- waking ---- */

static void any_number_of_signals_wakes_once(void)
{
    struct net_scene scene;

    CHECK_INT(net_scene_init(&scene), 0);
    CHECK(net_is_quiet(&scene));
    CHECK_INT(scene.n_woken, 0);
    for (unsigned i = 0; i < 10; i++)
        mcps__wake_signal(&scene.wake);
    CHECK(net_until(&scene, &scene.n_woken, 1));
    CHECK(net_is_quiet(&scene));
    CHECK_INT(scene.n_woken, 1);
out:
    net_scene_fini(&scene);
}

static void break_off(struct net_scene *scene)
{
    mcps__net_break(scene->net);
}

static void the_loop_wakes_at_the_moment_that_was_said(void)
{
    struct net_scene scene;

    CHECK_INT(net_scene_init(&scene), 0);
    scene.woken = break_off;
    for (unsigned i = 1; i <= 5; i++) {
        scene.wait_until = mcps__clock_after(5 * MCPS__NS_PER_MS);
        mcps__net_run(scene.net);
        CHECK(mcps__clock_now() >= scene.wait_until);
        CHECK_INT(scene.n_woken, i);
    }
    /* It waits in between: for a few turns at most are there more to come than it takes. */
    CHECK(scene.n_turns < 5 * 8);
out:
    net_scene_fini(&scene);
}

static void wait_no_more(struct net_scene *scene)
{
    if (scene->n_turns == 10)
        scene->wait_until = MCPS__CLOCK_NEVER;
    if (scene->n_turns == 10)
        mcps__wake_signal(&scene->wake);
    if (scene->n_turns > 10)
        mcps__net_break(scene->net);
}

static void the_loop_does_not_wait_if_it_is_not_to(void)
{
    struct net_scene scene;

    CHECK_INT(net_scene_init(&scene), 0);
    scene.wait_until = 0;
    scene.before_wait = wait_no_more;
    mcps__net_run(scene.net);
    CHECK_INT(scene.n_turns, 11);
    CHECK(scene.n_woken >= 9);
out:
    net_scene_fini(&scene);
}

static void a_moment_can_be_moved(void)
{
    struct net_scene scene;
    int64_t soon;

    CHECK_INT(net_scene_init(&scene), 0);
    scene.woken = break_off;
    scene.wait_until = mcps__clock_after(3600 * MCPS__NS_PER_S);
    CHECK(net_is_quiet(&scene));
    soon = scene.wait_until = mcps__clock_after(5 * MCPS__NS_PER_MS);
    mcps__net_run(scene.net);
    CHECK(mcps__clock_now() >= soon);
    CHECK_INT(scene.n_woken, 1);
    scene.wait_until = MCPS__CLOCK_NEVER;
    CHECK(net_is_quiet(&scene));
    CHECK_INT(scene.n_woken, 1);
out:
    net_scene_fini(&scene);
}

#ifdef MCPS__TEST_HOOKS
static void *advance(void *userdata)
{
    (void)userdata;
    poll(NULL, 0, 20);
    mcps__clock_advance(3600 * MCPS__NS_PER_S);
    return NULL;
}

static void a_driven_clock_is_looked_at(void)
{
    struct net_scene scene;
    pthread_t thread;
    bool started = false;

    mcps__clock_drive(MCPS__NS_PER_S);
    CHECK_INT(net_scene_init(&scene), 0);
    scene.woken = break_off;
    scene.wait_until = mcps__clock_after(3600 * MCPS__NS_PER_S);
    started = pthread_create(&thread, NULL, advance, NULL) == 0;
    CHECK(started);
    mcps__net_run(scene.net);
    CHECK_INT(mcps__clock_now(), scene.wait_until);
    CHECK_INT(scene.n_woken, 1);
out:
    if (started)
        pthread_join(thread, NULL);
    mcps__clock_release();
    net_scene_fini(&scene);
}
#endif

/* ---- driven ---- */

static void turns_find_something_only_if_there_is(void)
{
    struct net_scene scene;
    int client = -1;

    CHECK_INT(net_scene_init(&scene), 0);
    CHECK(net_is_quiet(&scene));
    CHECK(!mcps__net_turn(scene.net));
    client = net_connect(&scene);
    CHECK(client >= 0);
    CHECK(mcps__net_turn(scene.net));
    CHECK_INT(scene.n_conns, 1);
    CHECK(net_is_quiet(&scene));
    CHECK_INT(send(client, "x", 1, 0), 1);
    CHECK(mcps__net_turn(scene.net));
    CHECK_INT(net_latest(&scene)->n_received, 1);
    CHECK(net_is_quiet(&scene));
out:
    net_close(&client);
    net_scene_fini(&scene);
}

/* ---- threads ---- */

struct running {
    struct net_scene *scene;
    atomic_uint n_asked; /* by others, before they wake it */
    unsigned n_seen;
    atomic_bool stop;
};

static void look(struct net_scene *scene)
{
    struct running *running = scene->userdata;

    running->n_seen = atomic_load(&running->n_asked);
    if (atomic_load(&running->stop))
        mcps__net_break(scene->net);
}

static void *run(void *userdata)
{
    struct net_scene *scene = userdata;

    mcps__net_run(scene->net);
    return NULL;
}

static void *ask_often(void *userdata)
{
    struct running *running = userdata;

    for (unsigned i = 0; i < 2000; i++) {
        atomic_fetch_add(&running->n_asked, 1);
        mcps__wake_signal(&running->scene->wake);
    }
    return NULL;
}

static void echo(struct net_conn *conn)
{
    if (net_say(conn, conn->data, conn->last_len) != 0)
        mcps__sock_close(conn->sock);
    conn->len = 0;
}

/* Another thread wakes it, and two clients talk meanwhile. */
static void a_thread_runs_it_while_others_wake_it(void)
{
    struct net_scene scene;
    struct running running = { .scene = &scene };
    pthread_t threads[3];
    unsigned n = 0, n_echoed = 0;
    int clients[2] = { -1, -1 };
    char c = 'x';

    CHECK_INT(net_scene_init(&scene), 0);
    scene.userdata = &running;
    scene.woken = look;
    scene.received = echo;
    n += pthread_create(&threads[n], NULL, run, &scene) == 0;
    n += pthread_create(&threads[n], NULL, ask_often, &running) == 0;
    n += pthread_create(&threads[n], NULL, ask_often, &running) == 0;
    for (unsigned i = 0; i < 2; i++)
        clients[i] = net_connect(&scene);
    for (unsigned i = 0; i < 200; i++) {
        if (send(clients[i % 2], &c, 1, MSG_NOSIGNAL) == 1 &&
            recv(clients[i % 2], &c, 1, 0) == 1)
            n_echoed++;
    }
    for (; n > 1; n--)
        pthread_join(threads[n - 1], NULL);
    atomic_store(&running.stop, true);
    mcps__wake_signal(&scene.wake);
    pthread_join(threads[0], NULL);
    CHECK_INT(n_echoed, 200);
    CHECK_INT(running.n_seen, 4000);
    CHECK(scene.n_woken <= 4001);
out:
    net_close(&clients[0]);
    net_close(&clients[1]);
    net_scene_fini(&scene);
}

/* ---- many ---- */

/* Turns that a request takes of a client that asks alone. */
static unsigned turns_of_requests(struct net_scene *scene, int client,
                                  struct net_conn *conn)
{
    unsigned before = scene->n_turns, received;
    char c = 'x';

    for (unsigned i = 0; i < 20; i++) {
        received = conn->n_received + 1;
        if (send(client, &c, 1, 0) != 1 ||
            !net_until(scene, &conn->n_received, received) || recv(client, &c, 1, 0) != 1)
            return 0;
    }
    return scene->n_turns - before;
}

static unsigned n_idle(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur > 10200 ? 5000 : (unsigned)(limit.rlim_cur - 200) / 2;
}

/* What others cost that only are there: nothing is found of them, and no turn more is taken. */
static void idle_connections_take_no_turns(void)
{
    unsigned n = n_idle(), alone, among;
    int *clients = calloc(n, sizeof *clients);
    struct net_scene scene;
    int client = -1;

    for (unsigned i = 0; clients && i < n; i++)
        clients[i] = -1;
    CHECK_INT(net_scene_init(&scene), 0);
    CHECK(clients);
    scene.received = echo;
    client = net_client(&scene);
    CHECK(client >= 0);
    alone = turns_of_requests(&scene, client, scene.conns[0]);
    CHECK(alone > 0);
    for (unsigned i = 0; i < n; i++) {
        clients[i] = net_client(&scene);
        CHECK(clients[i] >= 0);
    }
    CHECK(net_is_quiet(&scene));
    among = turns_of_requests(&scene, client, scene.conns[0]);
    CHECK(among > 0);
    CHECK(among <= alone + alone / 2);
    CHECK(net_is_quiet(&scene));
    CHECK_INT(scene.n_closed, 0);
out:
    net_close(&client);
    for (unsigned i = 0; clients && i < n; i++)
        net_close(&clients[i]);
    free(clients);
    net_scene_fini(&scene);
}

static bool come_and_go(struct net_scene *scene, unsigned how)
{
    int client = net_connect(scene);

    if (client < 0)
        return false;
    if (how & 1)
        (void)!send(client, "x", 1, 0);
    if ((how & 2) && !net_settle(scene))
        return false;
    if (how & 4)
        net_reset(client);
    else
        close(client);
    return (how & 8) || net_settle(scene);
}

static void those_who_come_and_go_leave_nothing(void)
{
    unsigned n = unit_repeat(3000, 20000);
    struct net_scene scene;
    int fds;

    CHECK_INT(net_scene_init(&scene), 0);
    CHECK(come_and_go(&scene, 1));
    CHECK(net_is_quiet(&scene));
    fds = net_count_fds();
    for (unsigned i = 0; i < n; i++)
        CHECK(come_and_go(&scene, (unsigned)unit_random_below(16)));
    CHECK(net_settle(&scene));
    while (scene.n_closed < scene.n_conns)
        CHECK(net_wait(&scene, 20000));
    CHECK_INT(net_count_fds(), fds);
    CHECK(scene.n_conns > n / 2);
out:
    net_scene_fini(&scene);
}

static void many_nets_leave_nothing(void)
{
    struct net_scene scene;
    int fds = net_count_fds();

    for (unsigned i = 0; i < 20; i++) {
        CHECK_INT(net_scene_init(&scene), 0);
        CHECK(net_is_quiet(&scene));
        net_scene_fini(&scene);
        memset(&scene, 0, sizeof scene);
        CHECK_INT(net_count_fds(), fds);
    }
out:
    net_scene_fini(&scene);
}

const struct unit_test net_loop_tests[] = {
    UNIT_TEST(any_number_of_signals_wakes_once),
    UNIT_TEST(the_loop_wakes_at_the_moment_that_was_said),
    UNIT_TEST(the_loop_does_not_wait_if_it_is_not_to),
    UNIT_TEST(a_moment_can_be_moved),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(a_driven_clock_is_looked_at),
#endif
    UNIT_TEST(turns_find_something_only_if_there_is),
    UNIT_TEST_ONCE(a_thread_runs_it_while_others_wake_it,
                   "its clients would wait for ever"),
    UNIT_TEST_ONCE(idle_connections_take_no_turns, "it has thousands of them"),
    UNIT_TEST_ONCE(those_who_come_and_go_leave_nothing, "it has thousands of them"),
    UNIT_TEST(many_nets_leave_nothing),
    UNIT_END,
};
