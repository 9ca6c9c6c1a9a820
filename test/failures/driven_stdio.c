/* SPDX-License-Identifier: MIT */
/* Driven servers on standard input and output: pipes, files, and what is given back. */
#include "config.h"

#include "driven.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool begin(struct stage *stage, unsigned workers)
{
    return stage_open(stage, workers, NULL, NULL) &&
           mcps_server_listen(stage->scene.server, "stdio:") >= 0 &&
           wire_on_stdio(&stage->wire) &&
           mcps_server_start_driven(stage->scene.server) >= 0;
}

static bool is_pipe(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

static void pipes_up_to_the_end_of_input(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    CHECK(begin(&stage, MCPS_NO_WORKERS));
    CHECK(!is_pipe(0));
    CHECK(greet_driven(&stage, &stage.wire));
    CHECK(wire_call(&stage.wire, "2", "echo", "{\"text\":\"through pipes\"}"));
    CHECK_STR(answer_text(answered(&stage, &stage.wire, "2")), "through pipes");
    CHECK_INT(mcps_server_process(stage.scene.server), 0);
    wire_cut_input(&stage.wire);
    CHECK_INT(settle(&stage), MCPS_ECLOSED);
    CHECK_INT(mcps_server_get_timeout_ms(stage.scene.server), 0);
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
    CHECK(is_pipe(0) && is_pipe(1));
    wire_leave_stdio(&stage.wire);
    CHECK(wire_drain(&stage.wire) && wire_ok(&stage.wire));
    CHECK(scene_log_ok(&stage.scene));
out:
    if (stage.scene.server)
        (void)!mcps_server_stop(stage.scene.server, 0);
    stage_end(&stage);
}

/* SIGPIPE does what it does in any program: ends it. */
static void a_broken_pipe_is_no_signal(void)
{
    struct stage stage;
    struct sigaction before, usual = { .sa_handler = SIG_DFL };
    sigset_t pending;

    memset(&stage, 0, sizeof stage);
    sigaction(SIGPIPE, &usual, &before);
    CHECK(begin(&stage, MCPS_NO_WORKERS));
    CHECK(greet_driven(&stage, &stage.wire));
    CHECK(wire_send(&stage.wire, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"));
    /* Read, answered, and not written yet. */
    CHECK(mcps_server_process(stage.scene.server) >= 0);
    wire_cut_output(&stage.wire);
    CHECK_INT(settle(&stage), MCPS_ECLOSED);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 0);
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &pending) == 0 &&
          sigismember(&pending, SIGPIPE) == 0);
out:
    if (stage.scene.server)
        (void)!mcps_server_stop(stage.scene.server, 0);
    stage_end(&stage);
    sigaction(SIGPIPE, &before, NULL);
}

/* A file cannot be watched, and need not be: there always is something to be read. */
static void input_from_a_file(void)
{
    static const char text[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n"
                               "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n";
    struct stage stage;
    FILE *file = tmpfile();

    memset(&stage, 0, sizeof stage);
    CHECK(file && fputs(text, file) >= 0 && fflush(file) == 0);
    rewind(file);
    CHECK(stage_open(&stage, MCPS_NO_WORKERS, NULL, NULL));
    CHECK(mcps_server_listen(stage.scene.server, "stdio:") >= 0);
    CHECK(wire_on_stdio(&stage.wire));
    CHECK(dup2(fileno(file), 0) == 0);
    CHECK_INT(mcps_server_start_driven(stage.scene.server), 0);
    CHECK_INT(mcps_server_process(stage.scene.server), 1);
    CHECK_INT(mcps_server_get_timeout_ms(stage.scene.server), 0);
    CHECK_INT(settle(&stage), MCPS_ECLOSED);
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
    wire_leave_stdio(&stage.wire);
    CHECK(wire_drain(&stage.wire));
    CHECK_INT(wire_answers(&stage.wire, "1"), 1);
    CHECK_INT(wire_answers(&stage.wire, "2"), 1);
out:
    if (stage.scene.server)
        (void)!mcps_server_stop(stage.scene.server, 0);
    if (file)
        fclose(file);
    stage_end(&stage);
}

/* Somebody else has the description, too, so it lives on: nothing of it may be seen later. */
static void what_others_hold_is_not_watched_for_ever(void)
{
    struct stage stage;
    int pair[2] = { -1, -1 };

    memset(&stage, 0, sizeof stage);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    CHECK(begin(&stage, MCPS_NO_WORKERS));
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
    CHECK(dup2(pair[0], 0) == 0 && dup2(pair[0], 1) == 1);
    CHECK_INT(mcps_server_start_driven(stage.scene.server), 0);
    CHECK(settle(&stage) >= 0);
    close(pair[1]);
    pair[1] = -1;
    CHECK_INT(settle(&stage), MCPS_ECLOSED);
    CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
    wire_free(&stage.wire);
    CHECK(wire_on_stdio(&stage.wire));
    CHECK_INT(mcps_server_start_driven(stage.scene.server), 0);
    CHECK_INT(mcps_server_process(stage.scene.server), 0);
    CHECK(!is_readable(mcps_server_get_fd(stage.scene.server)));
    CHECK(greet_driven(&stage, &stage.wire));
out:
    if (stage.scene.server)
        (void)!mcps_server_stop(stage.scene.server, 0);
    stage_end(&stage);
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0)
            close(pair[i]);
    }
}

static void stopped_in_the_middle(void)
{
    struct stage stage;

    memset(&stage, 0, sizeof stage);
    for (int i = 0; i < 50; i++) {
        CHECK(begin(&stage, 1));
        CHECK(greet_driven(&stage, &stage.wire));
        CHECK(wire_call(&stage.wire, "2", "sleep", "{\"ms\":3600000}"));
        CHECK(settle(&stage) >= 0);
        CHECK_INT(mcps_server_stop(stage.scene.server, 0), 0);
        CHECK(is_pipe(0) && is_pipe(1));
        wire_leave_stdio(&stage.wire);
        CHECK(wire_drain(&stage.wire));
        CHECK_STR(answer_reason(wire_answer(&stage.wire, "2")), "shutdown");
        stage_end(&stage);
    }
out:
    if (stage.scene.server)
        (void)!mcps_server_stop(stage.scene.server, 0);
    stage_end(&stage);
}

const struct unit_test driven_stdio_tests[] = {
    UNIT_TEST(pipes_up_to_the_end_of_input),
    UNIT_TEST(a_broken_pipe_is_no_signal),
    UNIT_TEST(input_from_a_file),
    UNIT_TEST(what_others_hold_is_not_watched_for_ever),
    UNIT_TEST_ONCE(stopped_in_the_middle, "it has threads"),
    UNIT_END,
};
