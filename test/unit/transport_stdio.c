/* SPDX-License-Identifier: MIT */
/*
 * Standard input and output: what the transport does to fds 0 and 1 of this process. The
 * real ones are put aside meanwhile, so no check is made before they are back.
 */
#include "config.h"

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "transport/lines.h"
#include "transport/stdio.h"
#include "transport_fake.h"

extern const struct unit_test stdio_tests[];

static const struct fake_ways echo = { .echo = true };

enum { ASIDE = 50, N_FDS = 3, TEXT_MAX = 4096 };

/* A client's ends, and what the process had before. */
struct scene {
    struct mcps__transport *transport, *other;
    int in, out, err; /* the client's; -1 */
    int aside[N_FDS];
    bool begun, started;
};

static bool scene_begin(struct scene *s)
{
    *s = (struct scene){ .in = -1, .out = -1, .err = -1, .aside = { -1, -1, -1 } };
    s->begun = fake_begin(&echo);
    return s->begun &&
           mcps__stdio_new(&s->transport, fake_engine(), fake_ended, NULL) >= 0 &&
           mcps__stdio_new(&s->other, fake_engine(), fake_ended, NULL) >= 0;
}

/* The descriptors become 0, 1 and 2, and are closed otherwise; -1 leaves one closed. */
static void put_in_place(struct scene *s, const int fds[N_FDS])
{
    static char buffer[TEXT_MAX];

    fflush(stdout);
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer); /* CUnit does without */
    for (int i = 0; i < N_FDS; i++)
        s->aside[i] = fcntl(i, F_DUPFD_CLOEXEC, ASIDE);
    for (int i = 0; i < N_FDS; i++) {
        if (fds[i] >= 0)
            dup2(fds[i], i);
        else
            close(i);
    }
    for (int i = 0; i < N_FDS; i++) {
        if (fds[i] >= N_FDS && (i == 0 || fds[i] != fds[i - 1]))
            close(fds[i]);
    }
}

static void put_back(struct scene *s)
{
    if (s->aside[0] < 0)
        return;
    fflush(stdout);
    for (int i = 0; i < N_FDS; i++) {
        dup2(s->aside[i], i);
        close(s->aside[i]);
        s->aside[i] = -1;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int start(struct scene *s)
{
    int r = s->transport->ops->start(s->transport);

    s->started = r >= 0;
    return r;
}

static void stop(struct scene *s)
{
    if (!s->started)
        return;
    s->transport->ops->stop(s->transport, 0);
    s->transport->ops->join(s->transport);
    s->started = false;
}

static void scene_end(struct scene *s)
{
    stop(s);
    put_back(s);
    if (s->in != s->out)
        close_fd(&s->in);
    close_fd(&s->out);
    close_fd(&s->err);
    if (s->transport)
        s->transport->ops->free(s->transport);
    if (s->other)
        s->other->ops->free(s->other);
    if (s->begun)
        fake_end();
    *s = (struct scene){ .in = -1, .out = -1, .err = -1, .aside = { -1, -1, -1 } };
}

/* fds 0, 1 and 2 are pipes to and from the client. */
static bool use_pipes(struct scene *s)
{
    int in[2], out[2], err[2];

    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
        pipe2(err, O_CLOEXEC) < 0)
        return false;
    s->in = in[1];
    s->out = out[0];
    s->err = err[0];
    put_in_place(s, (int[N_FDS]){ in[0], out[1], err[1] });
    return true;
}

/* What comes until there is an end, or as many bytes as are wanted. Bounded. */
static size_t read_all(int fd, char *text, size_t want)
{
    size_t len = 0;
    ssize_t n = 1;

    while (n > 0 && len < want && fake_wait_readable(fd)) {
        n = read(fd, text + len, want - len);
        if (n > 0)
            len += (size_t)n;
    }
    return len;
}

static bool send_text(const struct scene *s, const char *text)
{
    return write(s->in, text, strlen(text)) == (ssize_t)strlen(text);
}

/* All open descriptors and what they are, as a text. The caller frees it. */
static char *list_fds(void)
{
    char *all = calloc(1, TEXT_MAX * 4), path[64], target[200];
    DIR *dir = opendir("/proc/self/fd");
    size_t len = 0;

    for (struct dirent *e = dir ? readdir(dir) : NULL; e && all; e = readdir(dir)) {
        int fd = atoi(e->d_name);
        ssize_t n;

        if (e->d_name[0] == '.' || fd == dirfd(dir))
            continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        n = readlink(path, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        len += (size_t)snprintf(all + len, (size_t)TEXT_MAX * 4 - len, "%d %s %d %d\n",
                                fd, target, fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
    }
    if (dir)
        closedir(dir);
    return all;
}

/* How many descriptors a child process would get, beside the usual ones. */
static unsigned count_inherited(void)
{
    unsigned n = 0;

    for (int fd = N_FDS; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) == 0)
            n++;
    }
    return n;
}

static bool is_null(int fd)
{
    struct stat st, null;

    return fstat(fd, &st) == 0 && stat("/dev/null", &null) == 0 &&
           st.st_rdev == null.st_rdev;
}

static bool is_same(int fd, int other)
{
    struct stat a, b;

    return fstat(fd, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* ---- taking and giving back ---- */

static void fds_are_taken_and_given_back(void)
{
    char *before = NULL, *after = NULL, got[64] = "", end[64] = "";
    bool took = false, null_in = false, err_out = false, same = true, inherits = false;
    size_t len = 0, end_len = 0;
    unsigned n_inherited = count_inherited();
    struct scene s;

    CHECK(scene_begin(&s) && use_pipes(&s));
    fcntl(STDIN_FILENO, F_SETFD, FD_CLOEXEC);
    before = list_fds();
    for (unsigned run = 0; run < 2; run++) {
        took = start(&s) >= 0;
        if (!took)
            break;
        null_in = is_null(STDIN_FILENO);
        err_out = is_same(STDOUT_FILENO, STDERR_FILENO);
        inherits =
            fcntl(STDIN_FILENO, F_GETFD) == 0 && fcntl(STDOUT_FILENO, F_GETFD) == 0;
        same = same && count_inherited() == n_inherited;
        /* The description that the parent has stays as it was. */
        same = same && (fcntl(s.in, F_GETFL) & O_NONBLOCK) == 0;
        took = send_text(&s, "{}\n") && fake_wait(FAKE_MESSAGE, run + 1);
        len = read_all(s.out, got, 3);
        stop(&s);
        free(after);
        after = list_fds();
    }
    /* They are of use again. */
    same = same && write(STDOUT_FILENO, "ours\n", 5) == 5;
    end_len = read_all(s.out, end, 5);
    put_back(&s);
    CHECK(took && null_in && err_out && inherits && same);
    CHECK_MEM(got, len, "{}\n", 3);
    CHECK_MEM(end, end_len, "ours\n", 5);
    CHECK_STR(after, before);
    CHECK_INT(fake_count(FAKE_ENDED), 2);
out:
    scene_end(&s);
    free(before);
    free(after);
}

/* Of the pipes' own descriptions, as those share them who started us. */
static void descriptions_of_others_stay_as_they_are(void)
{
    int flags[4] = { 0 }, in = -1, out = -1;
    bool ok = false;
    struct scene s;

    CHECK(scene_begin(&s) && use_pipes(&s));
    in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, ASIDE);
    out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, ASIDE);
    flags[0] = fcntl(in, F_GETFL);
    flags[1] = fcntl(out, F_GETFL);
    if (start(&s) >= 0) {
        ok = send_text(&s, "{}\n") && fake_wait(FAKE_MESSAGE, 1);
        flags[2] = fcntl(in, F_GETFL);
        flags[3] = fcntl(out, F_GETFL);
    }
    stop(&s);
    put_back(&s);
    CHECK(ok);
    CHECK_INT(flags[2], flags[0]);
    CHECK_INT(flags[3], flags[1]);
out:
    close_fd(&in);
    close_fd(&out);
    scene_end(&s);
}

static void what_others_print_goes_to_stderr(void)
{
    static const char said[] = "cat saw nothing\ndirect\nbuffered";
    char out[64], err[200];
    size_t out_len = 0, err_len = 0;
    bool ok = false;
    struct scene s;

    CHECK(scene_begin(&s) && use_pipes(&s));
    if (start(&s) >= 0) {
        ok = send_text(&s, "1\n") && fake_wait(FAKE_MESSAGE, 1) &&
             system("cat && echo cat saw nothing") == 0 &&
             write(STDOUT_FILENO, "direct\n", 7) == 7;
        printf("buffered");
        ok = ok && send_text(&s, "2\n") && fake_wait(FAKE_MESSAGE, 2);
        close_fd(&s.in);
        ok = ok && fake_wait(FAKE_ENDED, 1);
    }
    stop(&s);
    put_back(&s);
    out_len = read_all(s.out, out, sizeof out);
    err_len = read_all(s.err, err, sizeof err);
    CHECK(ok);
    CHECK_MEM(out, out_len, "1\n2\n", 4);
    CHECK_MEM(err, err_len, said, sizeof said - 1);
out:
    scene_end(&s);
}

/* Then what was printed would have to wait for ever. */
static void nobody_reads_stderr(void)
{
    static const char much[1 << 16];
    bool ok = false;
    char rest[16] = "";
    size_t len = 0;
    struct scene s;

    CHECK(scene_begin(&s) && use_pipes(&s));
    if (start(&s) >= 0) {
        fcntl(s.err, F_SETPIPE_SZ, 4096);
        ok = write(STDERR_FILENO, much, 4096) == 4096;
        printf("kept");
    }
    stop(&s);
    put_back(&s);
    /* The process has it still, and puts it where it then goes. */
    len = read_all(s.out, rest, sizeof rest);
    CHECK(ok);
    CHECK_MEM(rest, len, "kept", 4);
out:
    scene_end(&s);
}

static void there_is_one_at_a_time(void)
{
    char *before = NULL, *after = NULL;
    int first = 0, second = 0, third = 0;
    struct scene s;

    CHECK(scene_begin(&s) && use_pipes(&s));
    first = start(&s);
    before = list_fds();
    second = s.other->ops->start(s.other);
    after = list_fds();
    stop(&s);
    third = second >= 0 ? MCPS_EBUSY : s.other->ops->start(s.other);
    if (second >= 0 || third >= 0) {
        s.other->ops->stop(s.other, 0);
        s.other->ops->join(s.other);
    }
    put_back(&s);
    CHECK_INT(first, 0);
    CHECK_INT(second, MCPS_EBUSY);
    CHECK_INT(fake_logged(MCPS_LOG_ERROR), 1);
    CHECK_STR(after, before);
    CHECK_INT(third, 0);
out:
    scene_end(&s);
    free(before);
    free(after);
}

/* In a child process, for the claim is kept for good. */
static int lose_what_was_saved(void)
{
    struct scene s;
    int r = 1;

    /* What it has of fd 0 is the first above the usual ones. */
    if (!scene_begin(&s) || !use_pipes(&s) || start(&s) < 0)
        return 2;
    for (int fd = N_FDS; fd < ASIDE; fd++) {
        if (is_same(fd, s.in)) {
            close(fd);
            fd = ASIDE;
        }
    }
    stop(&s);
    if (s.transport->ops->start(s.transport) == MCPS_EBUSY &&
        s.other->ops->start(s.other) == MCPS_EBUSY)
        r = 0;
    scene_end(&s);
    return r;
}

static void what_cannot_be_given_back_stays_claimed(void)
{
    pid_t child;
    int status = 0;

    if (getenv("MCPS_TEST_VALGRIND")) {
        unit_note("not under valgrind: it accuses a forked child of its parent's memory");
        return;
    }
    fflush(stdout);
    child = fork();
    if (child == 0)
        _exit(lose_what_was_saved());
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
out:;
}

/* ---- what they may be ---- */

static void without_them_it_does_not_start(void)
{
    int none = -1, closed_in = 0, closed_out = 0, wrong = 0;
    char *lists[2] = { NULL };
    struct scene s;

    CHECK(scene_begin(&s));
    none = open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK(none >= 0);
    put_in_place(&s, (int[N_FDS]){ -1, dup(none), -1 });
    lists[0] = list_fds();
    closed_in = start(&s);
    lists[1] = list_fds();
    put_back(&s);
    CHECK_INT(closed_in, -EBADF);
    CHECK_STR(lists[1], lists[0]);
    CHECK(fake_last_log_is(MCPS_LOG_ERROR, "standard input is closed"));
    put_in_place(&s, (int[N_FDS]){ dup(none), dup(none), dup(none) });
    wrong = start(&s);
    put_back(&s);
    CHECK_INT(wrong, -EBADF);
    CHECK(fake_last_log_is(MCPS_LOG_ERROR, "standard input is open the wrong way"));
    put_in_place(&s, (int[N_FDS]){ open("/dev/null", O_RDONLY), -1, dup(none) });
    closed_out = start(&s);
    put_back(&s);
    CHECK_INT(closed_out, -EBADF);
    CHECK(fake_last_log_is(MCPS_LOG_ERROR, "standard output is closed"));
out:
    close_fd(&none);
    free(lists[0]);
    free(lists[1]);
    scene_end(&s);
}

/* Whatever we open must not become what others take for stderr. */
static void stderr_may_be_closed(void)
{
    int in[2], out[2];
    bool ok = false, null_out = false, no_err = false;
    char got[16];
    size_t len = 0;
    struct scene s;

    CHECK(scene_begin(&s) && pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    s.in = in[1];
    s.out = out[0];
    put_in_place(&s, (int[N_FDS]){ in[0], out[1], -1 });
    if (start(&s) >= 0) {
        null_out = is_null(STDOUT_FILENO) && is_null(STDIN_FILENO);
        no_err = !is_same(STDERR_FILENO, s.in) && !is_same(STDERR_FILENO, s.out);
        ok = send_text(&s, "1\n") && fake_wait(FAKE_MESSAGE, 1);
    }
    stop(&s);
    put_back(&s);
    len = read_all(s.out, got, sizeof got);
    CHECK(ok && null_out && no_err);
    CHECK_MEM(got, len, "1\n", 2);
out:
    scene_end(&s);
}

static int make_file(const char *text)
{
    char path[] = "/tmp/mcps-test-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);

    if (fd < 0)
        return -1;
    unlink(path);
    if (write(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void files_will_do(void)
{
    static const char text[] = "{\"a\":1}\n[2]\r\n3";
    static const char want[] = "{\"a\":1}\n[2]\n3\n";
    int in = -1, out = -1;
    bool ok = false;
    char got[64];
    ssize_t len = 0;
    struct scene s;

    CHECK(scene_begin(&s));
    in = make_file(text);
    out = make_file("");
    CHECK(in >= 0 && out >= 0);
    s.out = fcntl(out, F_DUPFD_CLOEXEC, 0);
    put_in_place(&s, (int[N_FDS]){ in, out, dup(STDERR_FILENO) });
    if (start(&s) >= 0)
        ok = fake_wait(FAKE_ENDED, 1);
    stop(&s);
    put_back(&s);
    len = pread(s.out, got, sizeof got, 0);
    CHECK(ok);
    CHECK_MEM(got, (size_t)len, want, sizeof want - 1);
out:
    scene_end(&s);
}

static void devices_will_do(void)
{
    bool ok = false;
    struct scene s;

    CHECK(scene_begin(&s));
    put_in_place(&s, (int[N_FDS]){ open("/dev/null", O_RDONLY),
                                   open("/dev/null", O_WRONLY), dup(STDERR_FILENO) });
    if (start(&s) >= 0)
        ok = fake_wait(FAKE_ENDED, 1);
    stop(&s);
    put_back(&s);
    CHECK(ok);
    CHECK_INT(fake_count(FAKE_END_OF_INPUT), 1);
    CHECK_INT(fake_count(FAKE_GONE), 0);
out:
    scene_end(&s);
}

static void a_socket_for_both_will_do(void)
{
    int fds[2];
    bool ok = false;
    char got[16];
    size_t len = 0;
    struct scene s;

    CHECK(scene_begin(&s) &&
          socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    s.in = s.out = fds[1];
    put_in_place(&s, (int[N_FDS]){ fds[0], dup(fds[0]), dup(STDERR_FILENO) });
    if (start(&s) >= 0) {
        ok = send_text(&s, "1\n2") && fake_wait(FAKE_MESSAGE, 1);
        shutdown(s.in, SHUT_WR);
        ok = ok && fake_wait(FAKE_ENDED, 1);
        len = read_all(s.out, got, 4);
    }
    stop(&s);
    put_back(&s);
    CHECK(ok);
    CHECK_MEM(got, len, "1\n2\n", 4);
    CHECK_INT(fake_count(FAKE_GONE), 0);
out:
    scene_end(&s);
}

/* The client's side of a terminal is its master; when that is closed, the terminal hangs up. */
static void a_terminal_will_do(void)
{
    struct termios raw;
    int slave = -1;
    bool ok = false;
    char got[16];
    size_t len = 0;
    struct scene s;

    CHECK(scene_begin(&s));
    s.in = s.out = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(s.in >= 0 && grantpt(s.in) == 0 && unlockpt(s.in) == 0);
    slave = open(ptsname(s.in), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CHECK(slave >= 0 && tcgetattr(slave, &raw) == 0);
    cfmakeraw(&raw);
    CHECK_INT(tcsetattr(slave, TCSANOW, &raw), 0);
    put_in_place(&s, (int[N_FDS]){ slave, dup(slave), dup(STDERR_FILENO) });
    if (start(&s) >= 0) {
        ok = send_text(&s, "1\n") && fake_wait(FAKE_MESSAGE, 1);
        len = read_all(s.out, got, 2);
        close_fd(&s.in);
        s.out = -1;
        ok = ok && fake_wait(FAKE_ENDED, 1);
    }
    stop(&s);
    put_back(&s);
    CHECK(ok);
    CHECK_MEM(got, len, "1\n", 2);
    CHECK_INT(fake_logged(MCPS_LOG_ERROR), 0);
out:
    scene_end(&s);
}

/* Opened a second time, a FIFO whose writers have gone would never say so. */
static void a_fifo_whose_writer_has_gone_ends(void)
{
    char dir[] = "/tmp/mcps-test-XXXXXX", path[64] = "";
    bool ok = false;
    struct scene s;
    int in = -1, others = -1, flags = 0;

    CHECK(scene_begin(&s) && mkdtemp(dir));
    snprintf(path, sizeof path, "%s/fifo", dir);
    CHECK_INT(mkfifo(path, 0600), 0);
    in = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    s.in = open(path, O_WRONLY | O_CLOEXEC);
    CHECK(in >= 0 && s.in >= 0 && fcntl(in, F_SETFL, 0) == 0);
    CHECK(send_text(&s, "1\n2\n"));
    close_fd(&s.in);
    others = fcntl(in, F_DUPFD_CLOEXEC, ASIDE);
    put_in_place(&s, (int[N_FDS]){ in, open("/dev/null", O_WRONLY), dup(STDERR_FILENO) });
    if (start(&s) >= 0) {
        ok = fake_wait(FAKE_ENDED, 1);
        flags = fcntl(others, F_GETFL);
    }
    stop(&s);
    put_back(&s);
    CHECK(ok);
    CHECK_INT(fake_count(FAKE_MESSAGE), 2);
    CHECK_INT(flags & O_NONBLOCK, 0);
out:
    close_fd(&others);
    if (path[0]) {
        unlink(path);
        rmdir(dir);
    }
    scene_end(&s);
}

static void both_ends_gone_at_once_ends(void)
{
    bool ok = false;
    struct scene s;

    CHECK(scene_begin(&s) && use_pipes(&s));
    if (start(&s) >= 0) {
        ok = send_text(&s, "1\n") && fake_wait(FAKE_MESSAGE, 1);
        close_fd(&s.out);
        ok = ok && fake_wait(FAKE_ENDED, 1);
    }
    stop(&s);
    put_back(&s);
    CHECK(ok);
    CHECK_INT(fake_count(FAKE_GONE), 1);
    CHECK_INT(fake_logged(MCPS_LOG_ERROR) + fake_logged(MCPS_LOG_WARNING), 0);
out:
    scene_end(&s);
}

const struct unit_test stdio_tests[] = {
    UNIT_TEST(fds_are_taken_and_given_back),
    UNIT_TEST(descriptions_of_others_stay_as_they_are),
    UNIT_TEST_ONCE(what_others_print_goes_to_stderr, "it starts processes"),
    UNIT_TEST(nobody_reads_stderr),
    UNIT_TEST(there_is_one_at_a_time),
    UNIT_TEST_ONCE(what_cannot_be_given_back_stays_claimed,
                   "a child process does it, for it cannot be undone"),
    UNIT_TEST(without_them_it_does_not_start),
    UNIT_TEST(stderr_may_be_closed),
    UNIT_TEST(files_will_do),
    UNIT_TEST(devices_will_do),
    UNIT_TEST(a_socket_for_both_will_do),
    UNIT_TEST(a_terminal_will_do),
    UNIT_TEST(a_fifo_whose_writer_has_gone_ends),
    UNIT_TEST(both_ends_gone_at_once_ends),
    UNIT_END,
};
