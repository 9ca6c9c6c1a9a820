/* SPDX-License-Identifier: MIT */
/* Group 7: whose the descriptors of stdio are: F7.03, F7.04, F7.05, F7.17. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipes.h"
#include "transport/end.h"

SCENE_STAT(streams);
SCENE_STAT(sessions);

/* A server of this process, with its stdin and stdout on the wire. */
static bool start_here(struct scene *scene, struct wire *wire,
                       const struct mcps_tool *tools, size_t n_tools)
{
    return scene_open(scene, 4, NULL, tools, n_tools) &&
           mcps_server_listen(scene->server, "stdio:") >= 0 && wire_on_stdio(wire) &&
           mcps_server_start(scene->server) >= 0;
}

/* The server first: it gives back what the wire has put there. */
static bool end_here(struct scene *scene, struct wire *wire)
{
    bool ok = scene_close(scene);

    wire_free(wire);
    return ok;
}

/* ---- F7.03: the output is closed first ---- */

static atomic_uint disconnected;

/* Logs as well: to where the application's log goes. */
static int witness(mcps_call *call, struct json_object *args, void *userdata)
{
    int r = mcps_call_sleep_ms(call, 600000);

    (void)args;
    (void)userdata;
    printf("witness: %s\n", mcps_cancel_reason_name(mcps_call_cancelled(call)));
    if (r == MCPS_ECANCELLED && mcps_call_cancelled(call) == MCPS_CANCEL_DISCONNECT)
        atomic_fetch_add(&disconnected, 1);
    return r;
}

static const struct mcps_tool witness_tool =
    MCPS_TOOL_STRUCT(.name = "witness", .handler = witness);

SCENE_STAT(running);

static void f7_03_handlers_hear_that_the_output_is_closed(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct sigaction action;
    struct mcps_stats stats;

    signal(SIGPIPE, SIG_DFL);
    atomic_store(&disconnected, 0);
    CHECK(start_here(&scene, &wire, &witness_tool, 1));
    CHECK(wire_hello(&wire));
    CHECK(wire_call(&wire, "2", "witness", NULL));
    CHECK(wire_call(&wire, "3", "witness", NULL));
    CHECK(wire_call(&wire, "4", "witness", NULL));
    CHECK(scene_wait(&scene, stat_running, 3));
    wire_cut_output(&wire);
    CHECK(scene_wait(&scene, stat_sessions, 0));
    CHECK(scene_idle(&scene));
    CHECK_INT(atomic_load(&disconnected), 3);
    stats = scene_stats(&scene);
    CHECK_INT(stats.cancelled, 3);
    CHECK_INT(stats.answers, 0);
    CHECK(sigaction(SIGPIPE, NULL, &action) == 0);
    CHECK(action.sa_handler == SIG_DFL);
    CHECK(scene_log_ok(&scene));
out:
    CHECK_AFTER(end_here(&scene, &wire));
    signal(SIGPIPE, SIG_IGN);
}

static void f7_03_answers_after_the_output_is_closed_are_dropped(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct mcps_stats stats;

    signal(SIGPIPE, SIG_DFL);
    mcps__sync_reset();
    CHECK(start_here(&scene, &wire, NULL, 0));
    CHECK(wire_hello(&wire));
    mcps__sync_hold("before_respond");
    CHECK(wire_call(&wire, "2", "echo", "{\"text\":\"a\"}"));
    CHECK(wire_call(&wire, "3", "echo", "{\"text\":\"b\"}"));
    CHECK(wire_call(&wire, "4", "echo", "{\"text\":\"c\"}"));
    CHECK(mcps__sync_wait("before_respond", 3));
    wire_cut_output(&wire);
    CHECK(scene_wait(&scene, stat_streams, 0));
    mcps__sync_release("before_respond");
    CHECK(scene_idle(&scene));
    stats = scene_stats(&scene);
    CHECK_INT(stats.answers, 0);
    CHECK_INT(stats.suppressed_answers + stats.dropped_answers, 3);
    CHECK(scene_log_ok(&scene));
    CHECK_INT(scene_logged(&scene, "a client has gone"), 1);
out:
    mcps__sync_release("before_respond");
    CHECK_AFTER(end_here(&scene, &wire));
    signal(SIGPIPE, SIG_IGN);
}

/* It is closed between the look at it and the write: a signal would end the process. */
static void f7_03_the_output_is_closed_before_a_write(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    signal(SIGPIPE, SIG_DFL);
    mcps__sync_reset();
    CHECK(start_here(&scene, &wire, NULL, 0));
    CHECK(wire_hello(&wire));
    mcps__sync_hold("before_write");
    CHECK(wire_call(&wire, "2", "echo", "{\"text\":\"a\"}"));
    CHECK(mcps__sync_wait("before_write", 1));
    wire_cut_output(&wire);
    mcps__sync_release("before_write");
    CHECK(scene_wait(&scene, stat_streams, 0));
    CHECK(scene_idle(&scene));
    CHECK_INT(scene_logged(&scene, "7 writing failed: Broken pipe"), 1);
    CHECK(scene_stats(&scene).lost_bytes > 0);
    CHECK(scene_log_ok(&scene));
out:
    mcps__sync_release("before_write");
    CHECK_AFTER(end_here(&scene, &wire));
    signal(SIGPIPE, SIG_IGN);
}

/* What write() says then: the client's going away is no error, anything else is. */
static void writing_fails(int error, bool is_error)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    CHECK(start_here(&scene, &wire, NULL, 0));
    CHECK(wire_hello(&wire));
    mcps__end_fail_write(error);
    CHECK(wire_call(&wire, "2", "echo", "{\"text\":\"a\"}"));
    CHECK(scene_wait(&scene, stat_streams, 0));
    CHECK(scene_idle(&scene));
    CHECK_INT(scene_logged(&scene, "writing failed"), 1);
    CHECK_INT(scene_logged(&scene, "3 writing failed"), is_error ? 1 : 0);
out:
    mcps__end_fail_write(0);
    CHECK_AFTER(end_here(&scene, &wire));
}

static void f7_03_writing_fails(void)
{
    writing_fails(EPIPE, false);
    writing_fails(ECONNRESET, false);
    writing_fails(EIO, true);
}

/* From outside, with whatever the process is doing at that moment. */
static void f7_03_a_server_whose_client_closes_its_output(void)
{
    struct wire wire = { .memory = NULL };
    char *said = NULL;

    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        CHECK(wire_spawn_lab(&wire, "stdio:", NULL));
        CHECK(wire_hello(&wire));
        CHECK(wire_call(&wire, "2", "big", "{\"bytes\":300000}"));
        CHECK(wire_call(&wire, "3", "big", "{\"bytes\":300000}"));
        CHECK(wire_call(&wire, "4", "big", "{\"bytes\":300000}"));
        CHECK(wire_call(&wire, "5", "sleep", "{\"ms\":600000}"));
        if (i % 2 == 1)
            CHECK(wire_next(&wire, WATCHDOG_MS));
        wire_cut_output(&wire);
        CHECK_INT(wire_wait_exit(&wire), 0);
        said = read_stderr(&wire);
        CHECK(said && count_in(said, "error:") == 0);
        free(said);
        said = NULL;
        wire_free(&wire);
    }
out:
    free(said);
    wire_free(&wire);
}

/* ---- F7.04: somebody else prints on fd 1 ---- */

static bool noisy_server(struct wire *wire, char **ret_said)
{
    char id[16];

    if (!wire_hello(wire))
        return false;
    for (int i = 2; i < 22; i++) {
        snprintf(id, sizeof id, "%d", i);
        if (!wire_call(wire, id, "noise", NULL))
            return false;
    }
    for (int i = 2; i < 22; i++) {
        snprintf(id, sizeof id, "%d", i);
        if (strcmp(answer_text(wire_answer(wire, id)), "0") != 0)
            return false;
    }
    wire_cut_input(wire);
    if (!wire_drain(wire) || wire_wait_exit(wire) != 0)
        return false;
    *ret_said = read_stderr(wire);
    return *ret_said != NULL;
}

static void f7_04_prints_go_to_stderr(void)
{
    struct wire wire = { .memory = NULL };
    char *said = NULL;

    CHECK(spawn_serve(&wire));
    CHECK(noisy_server(&wire, &said));
    CHECK(wire_ok(&wire));
    CHECK_INT(wire.n_messages, 21);
    CHECK_INT(count_in(said, "noise: write\n"), 20);
    CHECK_INT(count_in(said, "noise: system\n"), 20);
    CHECK_INT(count_in(said, "noise: thread\n"), 20);
    CHECK_INT(count_in(said, "noise: printf\n"), 20);
out:
    free(said);
    wire_free(&wire);
}

/* Then they go nowhere, and least of all into a descriptor that the library has got. */
static void f7_04_prints_without_a_stderr(void)
{
    char shell[] = "/bin/sh", c[] = "-c", script[] = "exec \"$0\" --serve 2>&-";
    char *argv[] = { shell, c, script, (char *)(uintptr_t)own_path(), NULL };
    struct wire wire = { .memory = NULL };
    char *said = NULL;

    CHECK(wire_spawn(&wire, argv));
    CHECK(noisy_server(&wire, &said));
    CHECK(wire_ok(&wire));
    CHECK_INT(wire.n_messages, 21);
    CHECK_STR(said, "");
out:
    free(said);
    wire_free(&wire);
}

/* ---- F7.05: a child reads fd 0 ---- */

/* What a child sees: its stdin up to the end, and its descriptors. The caller frees it. */
static char *look_from_child(void)
{
    char text[4096];
    FILE *child = popen("cat; echo end; ls /proc/self/fd", "r");
    size_t len;

    if (!child)
        return NULL;
    len = fread(text, 1, sizeof text - 1, child);
    text[len] = '\0';
    pclose(child);
    return strdup(text);
}

static int look(mcps_call *call, struct json_object *args, void *userdata)
{
    char *seen = look_from_child();
    int r = mcps_call_text(call, "%s", seen ? seen : "");

    (void)args;
    (void)userdata;
    free(seen);
    return r;
}

static const struct mcps_tool look_tool =
    MCPS_TOOL_STRUCT(.name = "look", .handler = look);

/* What a child sees whose stdin is empty, and that gets nothing of us. */
static char *look_without_input(void)
{
    int saved = fcntl(0, F_DUPFD_CLOEXEC, 3), null = open("/dev/null", O_RDONLY);
    char *seen;

    dup2(null, 0);
    close(null);
    seen = look_from_child();
    if (saved >= 0)
        dup2(saved, 0);
    close(saved);
    return seen;
}

static bool is_each_answered(struct wire *wire, unsigned n)
{
    char id[16];

    for (unsigned i = 0; i < n; i++) {
        snprintf(id, sizeof id, "%u", 100 + i);
        if (strcmp(answer_text(wire_answer(wire, id)), "x") != 0)
            return false;
    }
    return true;
}

static void f7_05_a_child_gets_neither_input_nor_descriptors(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    char *expected = look_without_input(), id[16];

    CHECK(expected && strncmp(expected, "end\n", 4) == 0);
    CHECK(scene_open(&scene, 4, "calls_per_peer=1000", &look_tool, 1));
    CHECK(mcps_server_listen(scene.server, "stdio:") >= 0);
    CHECK(wire_on_stdio(&wire));
    CHECK(mcps_server_start(scene.server) >= 0);
    CHECK(wire_hello(&wire));
    for (int i = 0; i < 100; i++) {
        if (i % 25 == 0) {
            snprintf(id, sizeof id, "%d", 2 + i / 25);
            CHECK(wire_call(&wire, id, "look", NULL));
        }
        snprintf(id, sizeof id, "%d", 100 + i);
        CHECK(wire_call(&wire, id, "echo", "{\"text\":\"x\"}"));
    }
    CHECK(is_each_answered(&wire, 100));
    for (int i = 0; i < 4; i++) {
        snprintf(id, sizeof id, "%d", 2 + i);
        CHECK_STR(answer_text(wire_answer(&wire, id)), expected);
    }
    CHECK(wire_alive(&wire));
    CHECK(wire_ok(&wire));
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    CHECK_AFTER(end_here(&scene, &wire));
    free(expected);
}

static void f7_05_a_second_server_is_refused(void)
{
    struct scene scene = { .server = NULL }, second = { .server = NULL };
    struct wire wire = { .memory = NULL };

    CHECK(start_here(&scene, &wire, NULL, 0));
    CHECK(scene_open(&second, 1, NULL, NULL, 0));
    CHECK(mcps_server_listen(second.server, "stdio:") >= 0);
    CHECK_INT(mcps_server_start(second.server), MCPS_EBUSY);
    CHECK_INT(scene_logged(&second, "another server of this process"), 1);
    CHECK(wire_hello(&wire));
    CHECK(wire_alive(&wire));
    /* When the first has gone it may have its place. */
    CHECK_INT(mcps_server_stop(scene.server, 0), 0);
    CHECK_INT(mcps_server_start(second.server), 0);
    CHECK_INT(mcps_server_stop(second.server, 0), 0);
out:
    CHECK_AFTER(scene_close(&second));
    CHECK_AFTER(end_here(&scene, &wire));
}

/* ---- F7.17: what is not ours is given back ---- */

static unsigned count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

static bool are_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool stat_both(struct stat both[2])
{
    return fstat(0, &both[0]) == 0 && fstat(1, &both[1]) == 0;
}

static void f7_17_descriptors_are_given_back(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };
    struct stat before[2], between[2], after[2];
    int flags = 0;
    unsigned fds;

    CHECK(scene_open(&scene, 2, NULL, NULL, 0));
    CHECK(mcps_server_listen(scene.server, "stdio:") >= 0);
    CHECK(wire_on_stdio(&wire));
    flags = fcntl(1, F_GETFL);
    CHECK(stat_both(before));
    fds = count_fds();
    for (int i = 0; i < 3; i++) {
        CHECK_INT(mcps_server_start(scene.server), 0);
        CHECK(stat_both(between));
        CHECK(!are_same(&before[0], &between[0]) && !are_same(&before[1], &between[1]));
        CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}", i));
        CHECK(wire_next(&wire, WATCHDOG_MS));
        CHECK_INT(mcps_server_stop(scene.server, 0), 0);
        CHECK(stat_both(after));
        CHECK(are_same(&before[0], &after[0]) && are_same(&before[1], &after[1]));
        CHECK_INT(fcntl(1, F_GETFL), flags);
        CHECK_INT(fcntl(1, F_GETFD) & FD_CLOEXEC, 0);
        CHECK_INT(count_fds(), fds);
        CHECK(write(1, "\"host\"\n", 7) == 7);
        CHECK_STR(json_object_get_string(wire_next(&wire, WATCHDOG_MS)), "host");
    }
    CHECK_INT(wire.n_messages, 6);
    CHECK(scene_log_ok(&scene));
out:
    CHECK_AFTER(end_here(&scene, &wire));
}

/* ---- without them there is no server ---- */

static void there_is_no_stdin_or_stdout(void)
{
    static const struct {
        const char *how, *what;
    } cases[] = {
        { "exec \"$0\" \"$1\" <&-", "standard input is closed" },
        { "exec \"$0\" \"$1\" >&-", "standard output is closed" },
        { "exec \"$0\" \"$1\" <&- >&-", "standard input is closed" },
        { "exec \"$0\" \"$1\" 0>/dev/null", "standard input is open the wrong way" },
        { "exec \"$0\" \"$1\" 1</dev/null", "standard output is open the wrong way" },
    };
    const char *const programs[2][2] = { { TEST_LAB, "stdio:" },
                                         { own_path(), "--serve" } };
    struct wire wire = { .memory = NULL };
    char shell[] = "/bin/sh", c[] = "-c", *said = NULL;

    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        char *argv[] = { shell,
                         c,
                         (char *)(uintptr_t)cases[i / 2].how,
                         (char *)(uintptr_t)programs[i % 2][0],
                         (char *)(uintptr_t)programs[i % 2][1],
                         NULL };

        unit_note_on_failure("%s: %s", programs[i % 2][1], cases[i / 2].how);
        CHECK(wire_spawn(&wire, argv));
        CHECK_INT(wire_wait_exit(&wire), 1);
        said = read_stderr(&wire);
        CHECK(said != NULL);
        CHECK_INT(count_in(said, cases[i / 2].what), 1);
        CHECK(wire_drain(&wire));
        CHECK_INT(wire.n_messages, 0);
        free(said);
        said = NULL;
        wire_free(&wire);
    }
out:
    free(said);
    wire_free(&wire);
}

#define TEST_(fn) UNIT_TEST_ONCE(fn, "it has threads or processes")
const struct unit_test stdio_fd_tests[] = {
    TEST_(f7_03_handlers_hear_that_the_output_is_closed),
    TEST_(f7_03_answers_after_the_output_is_closed_are_dropped),
    TEST_(f7_03_the_output_is_closed_before_a_write),
    TEST_(f7_03_writing_fails),
    TEST_(f7_03_a_server_whose_client_closes_its_output),
    TEST_(f7_04_prints_go_to_stderr),
    TEST_(f7_04_prints_without_a_stderr),
    TEST_(f7_05_a_child_gets_neither_input_nor_descriptors),
    TEST_(f7_05_a_second_server_is_refused),
    TEST_(f7_17_descriptors_are_given_back),
    TEST_(there_is_no_stdin_or_stdout),
    UNIT_END,
};
