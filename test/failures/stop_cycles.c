/* SPDX-License-Identifier: MIT */
/* Group 10: starting and stopping again and again, and being told to stop twice. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json_object.h>

#include "props.h"
#include "stop.h"
#include "util/mem.h"

/* ---- F10.09: start, stop, start ---- */

/* A child that is forked must only exec: all that it may know of the server says so. */
static bool fork_meanwhile(mcps_server *server)
{
    struct mcps_tool tool = MCPS_TOOL_STRUCT(.name = "child");
    mcps_test_client *client;
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        if (mcps_server_stop(server, 0) == -EPERM &&
            mcps_server_start(server) == -EPERM &&
            mcps_server_listen(server, "stdio:") == -EPERM &&
            mcps_server_add_tools(server, &tool, 1) == -EPERM &&
            mcps_test_connect(server, NULL, &client) == -EPERM)
            raise(SIGKILL); /* what an exit says, tools that watch it change */
        _exit(1);
    }
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGKILL;
}

static bool serve(struct act *act)
{
    return wire_call(&act->wire, "2", "echo", "{\"text\":\"served\"}") &&
           strcmp(answer_text(wire_answer(&act->wire, "2")), "served") == 0 &&
           wire_call(&act->wire, "3", "ask", NULL) &&
           wire_await(&act->wire, "roots/list") &&
           wire_call(&act->wire, "4", "spin", "{\"us\":1}") &&
           wire_answer(&act->wire, "4");
}

/* Two servers that have nothing to do with each other; one is started twice. */
static bool cycle(bool with_fork)
{
    struct act first = { .wire = { .memory = NULL } };
    struct act second = { .wire = { .memory = NULL } };
    bool ok = false;

    guard_set("a round of start and stop");
    CHECK(act_begin(&first, 2, NULL));
    CHECK(act_begin(&second, 2, NULL));
    CHECK(serve(&first) && serve(&second));
    CHECK(!with_fork || scene_on_valgrind() || fork_meanwhile(first.scene.server));
    CHECK_INT(mcps_server_stop(first.scene.server, 0), 0);
    CHECK(wire_alive(&second.wire));
    CHECK(wire_drain(&first.wire) && wire_ok(&first.wire));
    wire_free(&first.wire);
    CHECK_INT(mcps_server_start(first.scene.server), 0);
    CHECK(wire_connect(&first.wire, &first.scene, NULL) && wire_hello(&first.wire));
    CHECK(serve(&first));
    CHECK(wire_ok(&second.wire));
    CHECK(scene_log_ok(&first.scene) && scene_log_ok(&second.scene));
    ok = true;
out:
    CHECK_AFTER(act_end(&first));
    CHECK_AFTER(act_end(&second));
    guard_clear();
    return ok;
}

static void f10_09_start_and_stop_leave_nothing(void)
{
    unsigned n_fds, n_threads;
    size_t live, heap = 0, heap_after = 0;

    CHECK(cycle(true));
    n_fds = count_fds();
    n_threads = count_threads();
    live = mcps__mem_live();
    heap_used(&heap);
    for (unsigned i = 0; i < unit_repeat(100, 1000); i++) {
        unit_note_on_failure("round %u", i);
        CHECK(cycle(i % 50 == 0));
        CHECK_INT(mcps__mem_live(), live);
        CHECK_INT(count_fds(), n_fds);
        CHECK(await_threads(n_threads));
    }
    /* Of what others allocate for us: the allocator keeps some blocks for each thread that
     * ever was, which come to 80 KB, and to no more however many rounds there are. */
    CHECK(!heap_used(&heap_after) || heap_after < heap + 262144);
out:
    unit_note_on_failure("%s", "");
}

/* ---- F10.10: told to stop twice ---- */

static void *run_server(void *userdata)
{
    struct scene *scene = userdata;

    return scene_run(scene->server) == 0 ? userdata : NULL;
}

static void f10_10_requested_twice(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    pthread_t runner;
    bool runs = false;
    void *result = NULL;

    props_reset();
    guard_set("a server that was told twice to stop");
    CHECK(scene_open(&scene, 2, "drain_ms=3600000", props, N_PROPS));
    runs = pthread_create(&runner, NULL, run_server, &scene) == 0;
    CHECK(runs);
    CHECK(await_connection(&wire, &scene) && wire_hello(&wire));
    CHECK(wire_call(&wire, "2", "sleep", "{\"ms\":3600000}"));
    CHECK(wire_settled(&wire));
    mcps_server_request_stop(scene.server);
    CHECK(await_refusal(&wire));
    CHECK_INT(wire_answers(&wire, "2"), 0);
    mcps_server_request_stop(scene.server);
    pthread_join(runner, &result);
    runs = false;
    CHECK(result == &scene);
    CHECK(wire_drain(&wire));
    CHECK_STR(answer_reason(wire_answer(&wire, "2")), "shutdown");
    CHECK(scene_idle(&scene));
    CHECK(wire_ok(&wire));
    CHECK(scene_log_ok(&scene));
out:
    if (runs) {
        mcps_server_request_stop(scene.server);
        mcps_server_request_stop(scene.server);
        pthread_join(runner, NULL);
    }
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
    guard_clear();
}

static void f10_10_two_signals(void)
{
    struct wire wire = { .memory = NULL };

    CHECK(wire_spawn_lab(&wire, "--option", "drain_ms=3600000", "stdio:", NULL));
    CHECK(wire_hello(&wire));
    CHECK(wire_call(&wire, "2", "sleep", "{\"ms\":3600000}"));
    CHECK(wire_settled(&wire));
    CHECK(kill(wire.child, SIGTERM) == 0);
    CHECK(await_refusal(&wire));
    CHECK(kill(wire.child, SIGTERM) == 0);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
    CHECK_STR(answer_reason(wire_answer(&wire, "2")), "shutdown");
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
}

const struct unit_test cycle_tests[] = {
    UNIT_TEST_ONCE(f10_09_start_and_stop_leave_nothing, "it counts what is left"),
    UNIT_TEST_ONCE(f10_10_requested_twice, "it has threads"),
    UNIT_TEST_ONCE(f10_10_two_signals, "it has a child"),
    UNIT_END,
};
