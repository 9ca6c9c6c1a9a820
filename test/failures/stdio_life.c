/* SPDX-License-Identifier: MIT */
/* Group 7: when a server on stdio ends, and how: F7.01, F7.02, F7.15, F7.16, and what was
 * asked of the first server that there was. */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pipes.h"

#ifdef TEST_SANITIZED
enum { CPU_MAX_MS = 2500 }; /* looking for leaks at the end takes its time, too */
#else
enum { CPU_MAX_MS = 250 };
#endif

static void nap(void)
{
    const struct timespec ms = { .tv_nsec = 1000000 };

    nanosleep(&ms, NULL);
}

static char *lab_argv(void)
{
    return (char *)(uintptr_t)TEST_LAB;
}

/* ---- what goes on when it is to end ---- */

/* A call that says that it runs, and goes on for longer than any test. */
static bool start_sleeping(struct wire *wire)
{
    return wire_send(wire, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","
                           "\"params\":{\"name\":\"progress\",\"arguments\":{\"steps\":2,"
                           "\"ms\":600000},\"_meta\":{\"progressToken\":2}}}") &&
           wire_await(wire, "notifications/progress");
}

static bool start_nothing(struct wire *wire)
{
    return wire_alive(wire);
}

static bool start_roots(struct wire *wire, unsigned n)
{
    char id[16];

    for (unsigned i = 0; i < n; i++) {
        snprintf(id, sizeof id, "%u", 2 + i);
        if (!wire_call(wire, id, "roots", NULL))
            return false;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!wire_await(wire, "roots/list"))
            return false;
    }
    return true;
}

static bool start_two_roots(struct wire *wire)
{
    return start_roots(wire, 2);
}

/* The server says itself when it runs, beside the call that asks. */
static bool start_stubborn(struct wire *wire)
{
    struct json_object *answer;
    char id[16];

    if (!wire_call(wire, "2", "stubborn", "{\"ms\":600000}"))
        return false;
    for (int i = 100;; i++) {
        snprintf(id, sizeof id, "%d", i);
        wire_call(wire, id, "stats", NULL);
        answer = wire_answer(wire, id);
        if (!answer || strstr(answer_text(answer), "\"running\": 2"))
            return answer != NULL;
    }
}

/* ---- how it ends ---- */

/* With that code, and nothing in its log that is an error. What it said is given, to be
 * freed, if it is wanted. */
static bool ends_saying(struct wire *wire, int code, char **ret_said)
{
    bool drained = wire_drain(wire), ok = false;
    int got = wire_wait_exit(wire);
    char *said = read_stderr(wire);

    ok = drained && got == code && said && count_in(said, "error:") == 0 &&
         count_in(said, "Sanitizer") == 0;
    if (!ok)
        unit_note("it ended with %d, and said: %s", got, said ? said : "");
    if (ret_said)
        *ret_said = said;
    else
        free(said);
    return ok;
}

static bool ends(struct wire *wire, int code)
{
    return ends_saying(wire, code, NULL);
}

static unsigned answers_from(const struct wire *wire, unsigned first, unsigned n)
{
    unsigned found = 0;
    char id[16];

    for (unsigned i = 0; i < n; i++) {
        snprintf(id, sizeof id, "%u", first + i);
        found += wire_answers(wire, id);
    }
    return found;
}

/* ---- F7.01: the server goes with its client ---- */

static void f7_01_ends_with_its_input(void)
{
    static const struct {
        const char *name, *option;
        bool (*start)(struct wire *wire);
    } cases[] = {
        { "idle", "call_ms=0", start_nothing },
        { "a handler runs", "call_ms=0", start_sleeping },
        { "a timer is armed", "call_ms=500000", start_sleeping },
        { "handlers are parked", "call_ms=0", start_two_roots },
    };
    static const char *const graces[] = { "eof_grace_ms=0", "eof_grace_ms=250" };
    struct wire wire = { .memory = NULL };

    for (size_t i = 0; i < 8; i++) {
        unit_note_on_failure("%s, %s", cases[i / 2].name, graces[i % 2]);
        CHECK(wire_spawn_lab(&wire, "--option", cases[i / 2].option, "--option",
                             graces[i % 2], "stdio:", NULL));
        CHECK(wire_hello(&wire));
        CHECK(cases[i / 2].start(&wire));
        wire_cut_input(&wire);
        CHECK(ends(&wire, 0));
        CHECK_INT(answers_from(&wire, 2, 2), 0);
        CHECK(wire_ok(&wire));
        wire_free(&wire);
    }
out:
    wire_free(&wire);
}

static void f7_01_no_input_at_all(void)
{
    char stdio[] = "stdio:";
    char *argv[] = { lab_argv(), stdio, NULL };
    struct wire wire = { .memory = NULL };
    int out[2] = { -1, -1 };

    CHECK(pipe2(out, O_CLOEXEC) == 0);
    CHECK(spawn_on(&wire, open("/dev/null", O_RDONLY | O_CLOEXEC), out[1], false, argv));
    wire.from = out[0];
    CHECK(ends(&wire, 0));
    CHECK_INT(wire.n_messages, 0);
out:
    wire_free(&wire);
}

/* What a tool has started lives on, and has nothing of the client's. */
static void f7_01_a_child_is_alive(void)
{
    struct wire wire = { .memory = NULL };
    pid_t pid = 0;

    CHECK(spawn_serve(&wire));
    CHECK(wire_hello(&wire));
    CHECK(wire_call(&wire, "2", "spawn", NULL));
    pid = (pid_t)strtol(answer_text(wire_answer(&wire, "2")), NULL, 10);
    CHECK(pid > 0);
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
    CHECK(kill(pid, 0) == 0);
    CHECK(wire_ok(&wire));
out:
    if (pid > 0)
        kill(pid, SIGKILL);
    wire_free(&wire);
}

/* ---- F7.02: a hang-up costs no time ---- */

static bool cost_little(int64_t before, int64_t after)
{
    unit_note_on_failure("it cost %d ms", (int)(after - before));
    return before >= 0 && after - before < CPU_MAX_MS;
}

/* Has the only ends of the lab's pipes, and tells who that is. */
static void play_parent(int tell)
{
    struct wire wire;

    if (wire_spawn_lab(&wire, "stdio:", NULL) && wire_hello(&wire) &&
        write(tell, &wire.child, sizeof wire.child) == sizeof wire.child) {
        for (;;)
            pause();
    }
    _exit(1);
}

static void f7_02_the_parent_is_killed(void)
{
    struct wire wire = { .to = -1, .from = -1, .stderr_fd = -1 };
    int tell[2] = { -1, -1 };
    pid_t parent = 0, lab = 0;
    int64_t before, after;

    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
    CHECK(pipe2(tell, O_CLOEXEC) == 0);
    fflush(NULL);
    parent = fork();
    if (parent == 0)
        play_parent(tell[1]);
    close(tell[1]);
    CHECK(read(tell[0], &lab, sizeof lab) == sizeof lab);
    before = cpu_ms(lab);
    CHECK(kill(parent, SIGKILL) == 0);
    CHECK(waitpid(parent, NULL, 0) == parent);
    parent = 0;
    wire.child = lab;
    CHECK_INT(wait_exit_cpu(&wire, &after), 0);
    CHECK(cost_little(before, after));
out:
    if (parent > 0)
        kill(parent, SIGKILL);
    close(tell[0]);
    wire_free(&wire);
}

static bool spawn_lab_on(struct wire *wire, int theirs, int ours, bool terminal)
{
    char option[] = "--option", grace[] = "eof_grace_ms=600000", stdio[] = "stdio:";
    char *argv[] = { lab_argv(), option, grace, stdio, NULL };

    if (!spawn_on(wire, theirs, theirs, terminal, argv))
        return false;
    wire->to = ours;
    wire->from = fcntl(ours, F_DUPFD_CLOEXEC, 3);
    return wire->from >= 0;
}

static void f7_02_the_terminal_is_closed(void)
{
    struct wire wire = { .memory = NULL };
    int master = -1, slave = -1;
    int64_t before, after;

    CHECK(open_pty(&master, &slave));
    CHECK(spawn_lab_on(&wire, slave, master, false));
    CHECK(wire_hello(&wire));
    CHECK(start_sleeping(&wire));
    before = cpu_ms(wire.child);
    wire_cut_input(&wire);
    wire_cut_output(&wire);
    CHECK_INT(wait_exit_cpu(&wire, &after), 0);
    CHECK(cost_little(before, after));
out:
    wire_free(&wire);
}

/* It is closed with something unread, which is a reset. */
static void f7_02_the_socket_is_reset(void)
{
    struct wire wire = { .memory = NULL };
    int pair[2] = { -1, -1 }, unread = 0;
    int64_t before, after;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    CHECK(spawn_lab_on(&wire, pair[1], pair[0], false));
    CHECK(wire_hello(&wire));
    CHECK(start_sleeping(&wire));
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"ping\"}"));
    for (int i = 0; i < WATCHDOG_MS && unread == 0; i++) {
        nap();
        ioctl(wire.from, FIONREAD, &unread);
    }
    CHECK(unread > 0);
    before = cpu_ms(wire.child);
    wire_cut_input(&wire);
    wire_cut_output(&wire);
    CHECK_INT(wait_exit_cpu(&wire, &after), 0);
    CHECK(cost_little(before, after));
out:
    wire_free(&wire);
}

/* The end of the input stays readable for as long as a call may still be answered. */
static void half_closed(bool is_socket)
{
    struct wire wire = { .memory = NULL };
    int pair[2] = { -1, -1 };
    int64_t before, after;

    if (is_socket) {
        CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        CHECK(spawn_lab_on(&wire, pair[1], pair[0], false));
    } else {
        CHECK(wire_spawn_lab(&wire, "--option", "eof_grace_ms=600000", "stdio:", NULL));
    }
    CHECK(wire_hello(&wire));
    CHECK(wire_call(&wire, "2", "sleep", "{\"ms\":1000}"));
    CHECK(wire_alive(&wire));
    before = cpu_ms(wire.child);
    if (is_socket)
        shutdown(wire.to, SHUT_WR);
    wire_cut_input(&wire);
    CHECK(wire_answer(&wire, "2"));
    CHECK_INT(wait_exit_cpu(&wire, &after), 0);
    CHECK(cost_little(before, after));
    CHECK(wire_drain(&wire));
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
}

static void f7_02_the_input_ends_while_a_call_is_answered(void)
{
    half_closed(false);
    half_closed(true);
}

/* ---- F7.15: signals ---- */

static void f7_15_a_signal_when_it_is_idle(void)
{
    struct wire wire = { .memory = NULL };

    CHECK(wire_spawn_lab(&wire, "stdio:", NULL));
    CHECK(wire_hello(&wire));
    CHECK(wire_alive(&wire));
    CHECK(kill(wire.child, SIGTERM) == 0);
    CHECK(ends(&wire, 0));
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
}

static void f7_15_a_character_of_the_terminal(void)
{
    struct wire wire = { .memory = NULL };
    int master = -1, slave = -1;

    CHECK(open_pty(&master, &slave));
    CHECK(spawn_lab_on(&wire, slave, master, true));
    CHECK(wire_hello(&wire));
    CHECK(wire_alive(&wire));
    CHECK(wire_send_bytes(&wire, "\x03", 1));
    CHECK_INT(wire_wait_exit(&wire), 0);
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
}

static void f7_15_a_signal_while_a_handler_runs(void)
{
    struct wire wire = { .memory = NULL };

    CHECK(wire_spawn_lab(&wire, "--option", "drain_ms=0", "stdio:", NULL));
    CHECK(wire_hello(&wire));
    CHECK(start_sleeping(&wire));
    CHECK(kill(wire.child, SIGTERM) == 0);
    CHECK(ends(&wire, 0));
    CHECK_INT(wire_answers(&wire, "2"), 1);
    CHECK_STR(answer_reason(wire_answer(&wire, "2")), "shutdown");
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
}

/* Nobody reads, and more is to be written than the pipe takes. */
static void f7_15_a_signal_while_stdout_is_full(void)
{
    struct wire wire = { .memory = NULL };
    int unread = 0;

    CHECK(wire_spawn_lab(&wire, "--option", "drain_ms=0", "--option",
                         "close_flush_ms=200", "stdio:", NULL));
    CHECK(wire_hello(&wire));
    CHECK(fcntl(wire.from, F_SETPIPE_SZ, 4096) == 4096);
    CHECK(wire_call(&wire, "2", "big", "{\"bytes\":1000000}"));
    for (int i = 0; i < WATCHDOG_MS && unread < 4096; i++) {
        nap();
        ioctl(wire.from, FIONREAD, &unread);
    }
    CHECK_INT(unread, 4096);
    CHECK(kill(wire.child, SIGTERM) == 0);
    CHECK_INT(wire_wait_exit(&wire), 0);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire_answers(&wire, "2"), 0);
out:
    wire_free(&wire);
}

/* The first has it wait for what runs, the second has it wait no longer. */
static void f7_15_a_second_signal(void)
{
    struct wire wire = { .memory = NULL };
    const char *reason = "";
    char id[16];

    CHECK(wire_spawn_lab(&wire, "--option", "drain_ms=600000", "stdio:", NULL));
    CHECK(wire_hello(&wire));
    CHECK(start_sleeping(&wire));
    CHECK(kill(wire.child, SIGTERM) == 0);
    for (int i = 100; strcmp(reason, "shutdown") != 0; i++) {
        snprintf(id, sizeof id, "%d", i);
        CHECK(wire_call(&wire, id, "add", "{\"a\":1,\"b\":1}"));
        CHECK(wire_answer(&wire, id));
        reason = answer_reason(wire_answer(&wire, id));
    }
    CHECK_INT(wire_answers(&wire, "2"), 0);
    CHECK(kill(wire.child, SIGTERM) == 0);
    CHECK(ends(&wire, 0));
    CHECK_STR(answer_reason(wire_answer(&wire, "2")), "shutdown");
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
}

/* ---- F7.16: an answer is there at once ---- */

static void f7_16_an_answer_is_not_buffered_on_a_terminal(void)
{
    struct wire wire = { .memory = NULL };
    int master = -1, slave = -1;

    CHECK(open_pty(&master, &slave));
    CHECK(spawn_lab_on(&wire, slave, master, false));
    CHECK(wire_hello(&wire));
    CHECK(wire_alive(&wire));
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
}

static bool has_line(int file)
{
    char text[4096];
    ssize_t n;

    for (int i = 0; i < WATCHDOG_MS; i++) {
        n = pread(file, text, sizeof text, 0);
        if (n > 0 && text[n - 1] == '\n')
            return true;
        nap();
    }
    return false;
}

static void f7_16_an_answer_is_not_buffered_in_a_file(void)
{
    static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n";
    char name[] = "/tmp/mcps-stdio-XXXXXX", stdio[] = "stdio:";
    char *argv[] = { lab_argv(), stdio, NULL };
    struct wire wire = { .memory = NULL };
    int in[2] = { -1, -1 }, file = mkstemp(name);

    CHECK(file >= 0 && unlink(name) == 0);
    CHECK(pipe2(in, O_CLOEXEC) == 0);
    CHECK(spawn_on(&wire, in[0], fcntl(file, F_DUPFD_CLOEXEC, 3), false, argv));
    wire.to = in[1];
    CHECK(wire_send_bytes(&wire, ping, sizeof ping - 1));
    CHECK(has_line(file));
    wire_cut_input(&wire);
    CHECK_INT(wire_wait_exit(&wire), 0);
out:
    close(file);
    wire_free(&wire);
}

/* ---- the ends of a pipeline, and of busy servers ---- */

static void a_pipeline_is_answered_and_ends(void)
{
    static const char text[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
        "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
        "\"clientInfo\":{\"name\":\"printf\",\"version\":\"1\"}}}\n"
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"add\",\"arguments\":{\"a\":2,\"b\":3}}}\n";
    struct wire wire = { .memory = NULL };

    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        CHECK(wire_spawn_lab(&wire, "stdio:", NULL));
        CHECK(wire_send_bytes(&wire, text, sizeof text - 1));
        wire_cut_input(&wire);
        CHECK(ends(&wire, 0));
        CHECK_INT(wire.n_messages, 3);
        CHECK_STR(answer_text(wire_answer(&wire, "3")), "5");
        CHECK(wire_ok(&wire));
        wire_free(&wire);
    }
out:
    wire_free(&wire);
}

static void a_sleeping_call_ends_with_the_input(void)
{
    struct wire wire = { .memory = NULL };
    char *said = NULL;

    CHECK(wire_spawn_lab(&wire, "stdio:", NULL));
    CHECK(wire_hello(&wire));
    CHECK(wire_call(&wire, "2", "sleep", "{\"ms\":600000}"));
    CHECK(wire_alive(&wire));
    wire_cut_input(&wire);
    CHECK(ends_saying(&wire, 0, &said));
    CHECK_INT(wire_answers(&wire, "2"), 0);
    CHECK_INT(count_in(said, "lab: sleep ended: DISCONNECT\n"), 1);
    CHECK(wire_ok(&wire));
out:
    free(said);
    wire_free(&wire);
}

static void all_who_ask_are_woken_by_the_end_of_input(void)
{
    struct wire wire = { .memory = NULL };
    char *said = NULL;

    for (unsigned i = 0; i < unit_repeat(5, 50); i++) {
        CHECK(wire_spawn_lab(&wire, "--workers", "4", "stdio:", NULL));
        CHECK(wire_hello(&wire));
        CHECK(start_roots(&wire, 64));
        wire_cut_input(&wire);
        CHECK(ends_saying(&wire, 0, &said));
        CHECK_INT(count_in(said, "lab: roots ended: MCPS_ECLOSED\n"), 64);
        CHECK_INT(count_in(said, "\n"), 64);
        CHECK_INT(wire.n_messages, 1 + 64);
        CHECK(wire_ok(&wire));
        free(said);
        said = NULL;
        wire_free(&wire);
    }
out:
    free(said);
    wire_free(&wire);
}

static void all_who_ask_are_answered_after_a_signal(void)
{
    struct wire wire = { .memory = NULL };
    char *said = NULL, id[16];

    CHECK(wire_spawn_lab(&wire, "--option", "drain_ms=0", "stdio:", NULL));
    CHECK(wire_hello(&wire));
    CHECK(start_roots(&wire, 64));
    CHECK(kill(wire.child, SIGTERM) == 0);
    CHECK(ends_saying(&wire, 0, &said));
    CHECK_INT(count_in(said, "lab: roots ended: MCPS_ECANCELLED\n") +
                  count_in(said, "lab: roots ended: MCPS_ECLOSED\n"),
              64);
    for (unsigned i = 0; i < 64; i++) {
        snprintf(id, sizeof id, "%u", 2 + i);
        CHECK_INT(wire_answers(&wire, id), 1);
        CHECK_STR(answer_reason(wire_answer(&wire, id)), "shutdown");
    }
    CHECK(wire_ok(&wire));
out:
    free(said);
    wire_free(&wire);
}

/* It cannot be ended by anybody, so the process says that it is busy, and ends. */
static void a_stubborn_call(bool by_signal)
{
    struct wire wire = { .memory = NULL };
    char *said = NULL;

    CHECK(wire_spawn_lab(&wire, "--option", "handler_grace_ms=200", "--option",
                         "drain_ms=0", "stdio:", NULL));
    CHECK(wire_hello(&wire));
    CHECK(start_stubborn(&wire));
    if (by_signal)
        CHECK(kill(wire.child, SIGTERM) == 0);
    else
        wire_cut_input(&wire);
    CHECK(ends_saying(&wire, 3, &said));
    CHECK_INT(count_in(said, "lab: handlers still run\n"), 1);
    CHECK_INT(wire_answers(&wire, "2"), by_signal ? 1 : 0);
    if (by_signal)
        CHECK_STR(answer_reason(wire_answer(&wire, "2")), "shutdown");
    CHECK(wire_ok(&wire));
out:
    free(said);
    wire_free(&wire);
}

static void a_stubborn_call_and_the_end_of_input(void)
{
    a_stubborn_call(false);
}

static void a_stubborn_call_and_a_signal(void)
{
    a_stubborn_call(true);
}

#define TEST_(fn) UNIT_TEST_ONCE(fn, "it has processes")
const struct unit_test life_tests[] = {
    TEST_(f7_01_ends_with_its_input),
    TEST_(f7_01_no_input_at_all),
    TEST_(f7_01_a_child_is_alive),
    TEST_(f7_02_the_parent_is_killed),
    TEST_(f7_02_the_terminal_is_closed),
    TEST_(f7_02_the_socket_is_reset),
    TEST_(f7_02_the_input_ends_while_a_call_is_answered),
    TEST_(f7_15_a_signal_when_it_is_idle),
    TEST_(f7_15_a_character_of_the_terminal),
    TEST_(f7_15_a_signal_while_a_handler_runs),
    TEST_(f7_15_a_signal_while_stdout_is_full),
    TEST_(f7_15_a_second_signal),
    TEST_(f7_16_an_answer_is_not_buffered_on_a_terminal),
    TEST_(f7_16_an_answer_is_not_buffered_in_a_file),
    TEST_(a_pipeline_is_answered_and_ends),
    TEST_(a_sleeping_call_ends_with_the_input),
    TEST_(all_who_ask_are_woken_by_the_end_of_input),
    TEST_(all_who_ask_are_answered_after_a_signal),
    TEST_(a_stubborn_call_and_the_end_of_input),
    TEST_(a_stubborn_call_and_a_signal),
    UNIT_END,
};
