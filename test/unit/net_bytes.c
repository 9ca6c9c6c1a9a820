/* SPDX-License-Identifier: MIT */
/* Nets: bytes that come and go. */
#include "config.h"

#include "unit.h"

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
    close(client);
    client = -1;
    CHECK(net_until(&scene, &net_latest(&scene)->n_closed, 1));
    CHECK_INT(net_latest(&scene)->n_hung_up, 0);
out:
    if (client >= 0)
        close(client);
    net_scene_fini(&scene);
}

const struct unit_test net_bytes_tests[] = {
    UNIT_TEST(what_comes_in_one_segment_is_received_at_once),
    UNIT_END,
};
