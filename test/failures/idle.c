/* SPDX-License-Identifier: MIT */
/* What clients cost that do nothing. The process that serves them is measured by idle.sh. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif

#include "props.h"

enum { N_PEERS = 1000, PEER_MAX = 4096 };

SCENE_STAT(streams);

#ifdef HAVE_MALLINFO2
/* The client's half is the test's, not the server's. */
static size_t block_size(void *block)
{
    return malloc_usable_size(block) + sizeof(size_t);
}
#else
static size_t block_size(void *block)
{
    (void)block;
    return 0;
}
#endif

static bool say_and_hear(mcps_test_client *client, const char *text)
{
    char *answer = NULL;
    bool ok = mcps_test_send(client, text) == 0 &&
              mcps_test_receive(client, &answer, WATCHDOG_MS) == 0;

    free(answer);
    return ok;
}

/* A handshake, a list and a call, and then nothing more. */
static mcps_test_client *connect_idle(struct scene *scene)
{
    mcps_test_client *client = NULL;

    if (mcps_test_connect(scene->server, NULL, &client) < 0)
        return NULL;
    if (say_and_hear(client, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\","
                             "\"params\":{\"protocolVersion\":\"2025-11-25\","
                             "\"capabilities\":{},\"clientInfo\":{\"name\":\"i\","
                             "\"version\":\"1\"}}}") &&
        mcps_test_send(client, "{\"jsonrpc\":\"2.0\","
                               "\"method\":\"notifications/initialized\"}") == 0 &&
        say_and_hear(client,
                     "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}") &&
        say_and_hear(client, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\","
                             "\"params\":{\"name\":\"echo\",\"arguments\":{"
                             "\"text\":\"idle\"}}}"))
        return client;
    return mcps_test_free(client);
}

/* Two descriptors for each client, and some for everything else. */
static bool raise_fds(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return false;
    if (limit.rlim_cur < 2 * N_PEERS + 100)
        limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 2 * N_PEERS + 100;
}

static void an_idle_client_costs_little(void)
{
    static mcps_test_client *clients[N_PEERS + 1];
    struct scene scene = { .server = NULL };
    size_t before, after, others = 0, each;

    if (!heap_used(&before) || !raise_fds()) {
        unit_skip("allocations cannot be measured here");
        return;
    }
    CHECK(scene_start(&scene, 2, NULL, NULL, 0));
    clients[N_PEERS] = connect_idle(&scene); /* what is made once is made */
    CHECK(clients[N_PEERS] && scene_idle(&scene));
    CHECK(heap_used(&before));
    for (size_t i = 0; i < N_PEERS; i++) {
        clients[i] = connect_idle(&scene);
        CHECK(clients[i]);
        others += block_size(clients[i]);
    }
    CHECK(scene_idle(&scene));
    CHECK_INT(scene_stats(&scene).streams, N_PEERS + 1);
    CHECK(heap_used(&after));
    each = (after - before - others) / N_PEERS;
    printf("(%zu bytes each) ", each);
    CHECK(each < PEER_MAX);
out:
    for (size_t i = 0; i <= N_PEERS; i++)
        clients[i] = mcps_test_free(clients[i]);
    CHECK_AFTER(!scene.server || scene_wait(&scene, stat_streams, 0));
    CHECK_AFTER(scene_close(&scene));
}

static const struct unit_test idle_tests[] = {
    UNIT_TEST_ONCE(an_idle_client_costs_little, "it counts allocations"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "idle", idle_tests } };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
