/* SPDX-License-Identifier: MIT */
/* Tools that are added, removed, enabled and disabled while clients list and call them. */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "props.h"
#include "scene.h"
#include "unit.h"

enum { N_THREADS = 8 };

SCENE_STAT(answers);
SCENE_STAT(in_flight);

#define LIST_MODERN                                                          \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"

static int name_it(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    return mcps_call_text(call, "%s", (const char *)userdata);
}

static struct mcps_tool named_tool(const char *name)
{
    return (struct mcps_tool)MCPS_TOOL_STRUCT(.name = name, .handler = name_it,
                                              .userdata = (void *)(uintptr_t)name);
}

static int add(struct scene *scene, const char *name)
{
    struct mcps_tool tool = named_tool(name);

    return mcps_server_add_tools(scene->server, &tool, 1);
}

static int remove_one(struct scene *scene, const char *name)
{
    return mcps_server_remove(scene->server, MCPS_TOOLS, &name, 1);
}

/* Is that tool in the list? */
static bool lists(struct wire *wire, const char *name)
{
    static atomic_uint n_lists;
    char id[32], wanted[64];

    snprintf(id, sizeof id, "\"list-%u\"", atomic_fetch_add(&n_lists, 1));
    snprintf(wanted, sizeof wanted, "{\"name\":\"%s\"", name);
    return wire_send(wire, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/list\"}",
                     id) &&
           wire_answer(wire, id) && strstr(wire->messages[wire->n_messages - 1], wanted);
}

/* Until so many notifications have come; false after the watchdog. */
static bool await_changes(struct wire *wire, size_t n)
{
    for (int i = 0; i < WATCHDOG_MS / 10 && wire->n_changes < n; i++)
        wire_next(wire, 10);
    return wire->n_changes >= n;
}

/* ---- one at a time ---- */

static void tools_come_and_go(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    const char *both[] = { "one", "two" }, *wrong[] = { "one", "three" };
    const char *none[] = { "one", NULL };

    CHECK(scene_start(&scene, 2, NULL, NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL) && wire_hello(&wire));
    CHECK(!lists(&wire, "one"));
    CHECK_INT(add(&scene, "one"), 0);
    CHECK_INT(add(&scene, "two"), 0);
    CHECK(lists(&wire, "one") && lists(&wire, "two"));
    CHECK_INT(add(&scene, "one"), MCPS_EEXISTS);
    CHECK_INT(mcps_server_disable(scene.server, MCPS_TOOLS, both, 1), 0);
    CHECK(!lists(&wire, "one") && lists(&wire, "two"));
    CHECK(wire_call(&wire, "1", "one", NULL));
    CHECK_INT(answer_code(wire_answer(&wire, "1")), -32602);
    /* All or none. */
    CHECK_INT(mcps_server_enable(scene.server, MCPS_TOOLS, wrong, 2), MCPS_ENOTFOUND);
    CHECK_INT(scene_logged(&scene, "there is no tool three"), 1);
    CHECK(!lists(&wire, "one"));
    CHECK_INT(mcps_server_remove(scene.server, MCPS_TOOLS, wrong, 2), MCPS_ENOTFOUND);
    CHECK_INT(mcps_server_remove(scene.server, MCPS_TOOLS, none, 2), -EINVAL);
    CHECK_INT(mcps_server_remove(scene.server, MCPS_TOOLS, NULL, 1), -EINVAL);
    CHECK_INT(mcps_server_enable(scene.server, MCPS_TOOLS, both, 2), 0);
    CHECK(lists(&wire, "one") && lists(&wire, "two"));
    CHECK(wire_call(&wire, "2", "one", NULL));
    CHECK_STR(answer_text(wire_answer(&wire, "2")), "one");
    CHECK_INT(mcps_server_remove(scene.server, MCPS_TOOLS, both, 2), 0);
    CHECK(!lists(&wire, "one") && !lists(&wire, "two") && lists(&wire, "echo"));
    CHECK_INT(remove_one(&scene, "one"), MCPS_ENOTFOUND);
    CHECK_INT(mcps_server_remove(scene.server, MCPS_TOOLS, NULL, 0), 0);
    CHECK_INT(add(&scene, "one"), 0);
    CHECK(lists(&wire, "one"));
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static atomic_uint n_destroyed;

static void count_destroyed(void *userdata)
{
    (void)userdata;
    atomic_fetch_add(&n_destroyed, 1);
}

static int say_when_held(mcps_call *call, struct json_object *args, void *userdata)
{
    (void)args;
    (void)userdata;
    MCPS__SYNC_POINT("in_handler");
    return mcps_call_text(call, "still there");
}

static void a_removed_tool_s_calls_go_on(void)
{
    struct mcps_tool tool = MCPS_TOOL_STRUCT(.name = "held", .handler = say_when_held,
                                             .destroy = count_destroyed);
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    mcps__sync_reset();
    atomic_store(&n_destroyed, 0);
    CHECK(scene_start(&scene, 2, NULL, NULL, 0));
    CHECK_INT(mcps_server_add_tools(scene.server, &tool, 1), 0);
    CHECK(wire_connect(&wire, &scene, NULL) && wire_hello(&wire));
    mcps__sync_hold("in_handler");
    CHECK(wire_call(&wire, "1", "held", NULL));
    CHECK(mcps__sync_wait("in_handler", 1));
    CHECK_INT(remove_one(&scene, "held"), 0);
    CHECK(wire_call(&wire, "2", "held", NULL));
    CHECK_INT(answer_code(wire_answer(&wire, "2")), -32602);
    CHECK_INT(atomic_load(&n_destroyed), 0);
    /* Another of that name is another tool. */
    CHECK_INT(add(&scene, "held"), 0);
    CHECK(wire_call(&wire, "3", "held", NULL));
    CHECK_STR(answer_text(wire_answer(&wire, "3")), "held");
    mcps__sync_release("in_handler");
    CHECK_STR(answer_text(wire_answer(&wire, "1")), "still there");
    CHECK(scene_idle(&scene));
    wire_free(&wire);
    CHECK(scene_close(&scene));
    CHECK_INT(atomic_load(&n_destroyed), 1);
out:
    mcps__sync_release("in_handler");
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- being told ---- */

static void many_changes_are_one_notification(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    CHECK(scene_start(&scene, 2, "list_changed_ms=100", NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL) && wire_hello(&wire));
    CHECK_INT(add(&scene, "one"), 0);
    CHECK(await_changes(&wire, 1));
    for (int i = 0; i < 100; i++)
        CHECK_INT(i % 2 ? add(&scene, "one") : remove_one(&scene, "one"), 0);
    CHECK_INT(remove_one(&scene, "one"), 0);
    /* The last of them is told, too. */
    CHECK(await_changes(&wire, 2));
    CHECK(!lists(&wire, "one"));
    CHECK(mcps_server_get_limit_hits(scene.server, MCPS_LIMIT_LIST_CHANGED_MS) > 0);
    CHECK(wire_ok(&wire) && scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* So that the second would come in an hour. */
static void no_more_than_one_at_a_time(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    const char *one = "one";

    CHECK(scene_start(&scene, 2, "list_changed_ms=3600000", NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL) && wire_hello(&wire));
    CHECK_INT(add(&scene, "one"), 0);
    CHECK(await_changes(&wire, 1));
    for (int i = 0; i < 100; i++) {
        CHECK_INT(mcps_server_disable(scene.server, MCPS_TOOLS, &one, 1), 0);
        CHECK_INT(mcps_server_enable(scene.server, MCPS_TOOLS, &one, 1), 0);
    }
    CHECK(wire_alive(&wire));
    CHECK_INT(wire.n_changes, 1);
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

static void who_is_told(void)
{
    struct scene scene = { .server = NULL };
    struct wire ready = { .memory = NULL }, early = { .memory = NULL };
    struct wire modern = { .memory = NULL };
    const char *one = "one";

    CHECK(scene_start(&scene, 2, "list_changed_ms=0", NULL, 0));
    CHECK(wire_connect(&ready, &scene, NULL) && wire_hello(&ready));
    CHECK(wire_connect(&early, &scene, NULL) && wire_connect(&modern, &scene, NULL));
    CHECK_INT(add(&scene, "one"), 0);
    CHECK(await_changes(&ready, 1));
    CHECK(wire_send(&early,
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":"
                    "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                    "\"clientInfo\":{\"name\":\"n\",\"version\":\"1\"}}}"));
    CHECK(wire_answer(&early, "1") != NULL);
    CHECK(lists(&early, "one"));
    CHECK_INT(early.n_changes, 0);
    /* Between the two steps of the handshake: told after the second. */
    CHECK_INT(add(&scene, "two"), 0);
    CHECK(await_changes(&ready, 2));
    CHECK(wire_alive(&early));
    CHECK_INT(early.n_changes, 0);
    CHECK(wire_send(&early,
                    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"));
    CHECK(await_changes(&early, 1));
    /* What nobody sees is no change. */
    CHECK_INT(mcps_server_remove(scene.server, MCPS_TOOLS, NULL, 0), 0);
    CHECK_INT(mcps_server_enable(scene.server, MCPS_TOOLS, &one, 1), 0);
    CHECK(wire_alive(&ready) && wire_alive(&early));
    CHECK_INT(ready.n_changes, 2);
    CHECK_INT(early.n_changes, 1);
    CHECK(wire_send(&modern, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\","
                             "\"params\":{" LIST_MODERN "}}"));
    CHECK(wire_answer(&modern, "1") != NULL);
    CHECK_INT(modern.n_changes, 0);
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&ready);
    wire_free(&early);
    wire_free(&modern);
    CHECK_AFTER(scene_close(&scene));
}

/* Its connection ends while another thread is about to post to it. */
static void *add_two(void *userdata)
{
    return add(userdata, "two") < 0 ? userdata : NULL;
}

static void told_while_it_goes(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    pthread_t thread;
    void *failed = &scene;

    mcps__sync_reset();
    CHECK(scene_start(&scene, 2, NULL, NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL) && wire_hello(&wire));
    mcps__sync_hold("before_announce");
    CHECK_INT(pthread_create(&thread, NULL, add_two, &scene), 0);
    if (mcps__sync_wait("before_announce", 1))
        wire_free(&wire);
    failed = scene_idle(&scene) ? NULL : &scene;
    mcps__sync_release("before_announce");
    pthread_join(thread, failed ? NULL : &failed);
    CHECK(!failed);
    CHECK(scene_log_ok(&scene));
out:
    mcps__sync_release("before_announce");
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- one who does not read ---- */

enum { N_CLIENTS = 100, N_STALLED = 10, N_CHANGES = 100 };

static bool stall(struct wire *wire)
{
    return wire_call(wire, "\"big\"", "big", "{\"bytes\":1000000}");
}

/* What waits for the stalled is one notification each, however many there were. */
static void f8_03_a_stalled_client_and_a_broadcast(void)
{
    static struct wire wires[N_CLIENTS];
    struct scene scene = { .server = NULL };
    uint64_t before, after;

    memset(wires, 0, sizeof wires);
    CHECK(scene_start(&scene, 2, "list_changed_ms=0", NULL, 0));
    for (int i = 0; i < N_CLIENTS; i++) {
        CHECK(wire_connect(&wires[i], &scene, NULL) && wire_hello(&wires[i]));
        CHECK(i >= N_STALLED || stall(&wires[i]));
    }
    CHECK(scene_wait(&scene, stat_answers, N_STALLED));
    before = scene_stats(&scene).out_bytes;
    CHECK(before > 0);
    /* The last on the list of those who are told has read each of them. */
    for (int k = 0; k < N_CHANGES; k++) {
        CHECK_INT(k % 2 ? remove_one(&scene, "one") : add(&scene, "one"), 0);
        CHECK(await_changes(&wires[N_CLIENTS - 1], (size_t)k + 1));
    }
    CHECK_INT(add(&scene, "last"), 0);
    for (int i = N_STALLED; i < N_CLIENTS; i++) {
        CHECK(await_changes(&wires[i], 1));
        CHECK(lists(&wires[i], "last"));
    }
    CHECK(scene_wait(&scene, stat_in_flight, 0));
    after = scene_stats(&scene).out_bytes;
    CHECK(after <= before + (uint64_t)N_STALLED * 1024);
    for (int i = 0; i < N_STALLED; i++) {
        CHECK_INT(strlen(answer_text(wire_answer(&wires[i], "\"big\""))), 1000000);
        CHECK(await_changes(&wires[i], 1));
        CHECK(lists(&wires[i], "last"));
        CHECK(wires[i].n_changes <= 2 && wire_ok(&wires[i]));
    }
    CHECK(scene_log_ok(&scene));
out:
    for (int i = 0; i < N_CLIENTS; i++)
        wire_free(&wires[i]);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- all at once ---- */

struct player {
    pthread_t thread;
    struct scene *scene;
    unsigned number;
    unsigned rounds;
    struct dice dice;
    char names[2][16]; /* tools that only come and go together */
    const char *fault; /* NULL: none */
};

/* What it says is freed when the tool is gone, and its last call has ended. */
static struct mcps_tool own_tool(const char *name)
{
    struct mcps_tool tool = named_tool(name);

    tool.userdata = strdup(name);
    tool.destroy = free;
    return tool;
}

/* Adds its pair, disables and enables it, removes it. */
static void *change(void *userdata)
{
    struct player *player = userdata;
    const char *names[] = { player->names[0], player->names[1] };
    mcps_server *server = player->scene->server;

    for (unsigned i = 0; i < player->rounds && !player->fault; i++) {
        struct mcps_tool pair[] = { own_tool(names[0]), own_tool(names[1]) };

        if (mcps_server_add_tools(server, pair, 2) < 0)
            player->fault = "not added";
        else if (mcps_server_disable(server, MCPS_TOOLS, names, 2) < 0)
            player->fault = "not disabled";
        else if (mcps_server_enable(server, MCPS_TOOLS, names, 2) < 0)
            player->fault = "not enabled";
        else if (mcps_server_remove(server, MCPS_TOOLS, names, 2) < 0)
            player->fault = "not removed";
    }
    return NULL;
}

/* A list is of one moment: of each pair it has both or none, and what always is there. */
static const char *list_fault(const char *list)
{
    char name[2][40];

    for (unsigned i = 0; i < N_THREADS; i++) {
        snprintf(name[0], sizeof name[0], "{\"name\":\"left%u\"", i);
        snprintf(name[1], sizeof name[1], "{\"name\":\"right%u\"", i);
        if (!strstr(list, name[0]) != !strstr(list, name[1]))
            return "half of a pair is in a list";
    }
    return strstr(list, "{\"name\":\"echo\"") ? NULL : "a tool is missing in a list";
}

/* A call finds its tool, or learns that there is none. */
static const char *call_fault(struct json_object *answer, const char *name)
{
    if (!answer)
        return "no answer to a call";
    if (answer_code(answer) == -32602)
        return NULL;
    return strcmp(answer_text(answer), name) == 0 ? NULL : "a wrong answer to a call";
}

static const char *look(struct player *player, struct wire *wire, unsigned round)
{
    char id[16], name[16];
    bool modern = dice_below(&player->dice, 2) == 0;

    snprintf(id, sizeof id, "%u", 2 * round);
    if (!wire_send(
            wire,
            "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/list\",\"params\":{%s}}",
            id, modern ? LIST_MODERN : "") ||
        !wire_answer(wire, id))
        return "no answer to a list";
    if (list_fault(wire->messages[wire->n_messages - 1]))
        return list_fault(wire->messages[wire->n_messages - 1]);
    snprintf(id, sizeof id, "%u", 2 * round + 1);
    snprintf(name, sizeof name, dice_below(&player->dice, 2) ? "left%u" : "right%u",
             (unsigned)dice_below(&player->dice, N_THREADS));
    if (!wire_call(wire, id, name, NULL))
        return "a call could not be sent";
    return call_fault(wire_answer(wire, id), name);
}

static void *list_and_call(void *userdata)
{
    struct player *player = userdata;
    struct wire wire;

    if (!wire_connect(&wire, player->scene, player->number % 2 ? "odd" : "even") ||
        !wire_hello(&wire))
        player->fault = "it did not connect";
    for (unsigned i = 0; i < player->rounds && !player->fault; i++)
        player->fault = look(player, &wire, i);
    if (!player->fault && !wire_ok(&wire))
        player->fault = "a message is not as it should be";
    wire_free(&wire);
    return NULL;
}

static bool play(struct scene *scene, struct player *players, unsigned n)
{
    unsigned started;
    bool ok = true;

    for (started = 0; started < n; started++) {
        struct player *player = &players[started];

        *player = (struct player){ .scene = scene,
                                   .number = started / 2,
                                   .rounds = unit_repeat(200, 5000),
                                   .dice = dice_new() };
        snprintf(player->names[0], sizeof player->names[0], "left%u", player->number);
        snprintf(player->names[1], sizeof player->names[1], "right%u", player->number);
        if (pthread_create(&player->thread, NULL, started % 2 ? change : list_and_call,
                           player) != 0)
            break;
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(players[i].thread, NULL);
        if (players[i].fault)
            unit_note("player %u: %s", i, players[i].fault);
        ok = ok && !players[i].fault;
    }
    return ok && started == n;
}

static void f12_07_lists_are_of_one_moment(void)
{
    static struct player players[2 * N_THREADS];
    struct scene scene = { .server = NULL };

    props_reset();
    CHECK(scene_start(&scene, 4, "list_changed_ms=1", NULL, 0));
    CHECK(play(&scene, players, 2 * N_THREADS));
    CHECK(scene_idle(&scene) && scene_log_ok(&scene));
out:
    CHECK_AFTER(scene_close(&scene));
}

static const struct unit_test change_tests[] = {
    UNIT_TEST_ONCE(tools_come_and_go, "it has threads"),
    UNIT_TEST_ONCE(a_removed_tool_s_calls_go_on, "it has threads"),
    UNIT_TEST_ONCE(many_changes_are_one_notification, "it has threads"),
    UNIT_TEST_ONCE(no_more_than_one_at_a_time, "it has threads"),
    UNIT_TEST_ONCE(who_is_told, "it has threads"),
    UNIT_TEST_ONCE(told_while_it_goes, "it has threads"),
    UNIT_TEST_ONCE(f8_03_a_stalled_client_and_a_broadcast, "it has threads"),
    UNIT_TEST_ONCE(f12_07_lists_are_of_one_moment, "it has threads"),
    UNIT_END,
};

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "changes", change_tests } };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, 1);
}
