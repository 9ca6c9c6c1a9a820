/* SPDX-License-Identifier: MIT */
/* A transport with its thread: threads that put, signals that come, the stop. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transport_scene.h"
#include "util/clock.h"

extern const struct unit_test lines_tests[];

static const struct fake_ways plain = { 0 };
static const struct fake_ways echo = { .echo = true };
static const struct fake_ways stubborn = { .stay = true, .stay_on_drain = true };

static const enum mcps__end_kind kinds[] = { MCPS__END_OWN, MCPS__END_SHARED,
                                             MCPS__END_SOCKET };
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

/* Reads what comes, at most `size` bytes; 0 at the end, or when nothing comes. */
static size_t read_soon(int fd, char *data, size_t size)
{
    ssize_t n;

    do {
        if (!fake_wait_readable(fd))
            return 0;
        n = read(fd, data, size);
    } while (n < 0 && (errno == EINTR || errno == EAGAIN));
    return n > 0 ? (size_t)n : 0;
}

/* ---- many who put ---- */

enum { N_PUTTERS = 4, N_PUT = 150, PUT_MAX = 12000 };

struct putter {
    pthread_t thread;
    unsigned n;
    bool failed;
};

/* Messages like "2 17 xxxx", each as long as its number says. */
static size_t make_message(char *message, unsigned putter, unsigned i)
{
    size_t len = 16 + (putter * 7919 + i * 104729) % (PUT_MAX - 16);

    memset(message, 'x', len);
    message[snprintf(message, 16, "%u %u", putter, i)] = ' ';
    return len;
}

static void *put_many(void *userdata)
{
    static _Thread_local char message[PUT_MAX];
    struct putter *putter = userdata;

    for (unsigned i = 0; i < N_PUT; i++) {
        size_t len = make_message(message, putter->n, i);

        if (fake_put(fake_peer(), message, len) < 0)
            putter->failed = true;
    }
    return NULL;
}

/* Checks one line, which must be the next of its putter. */
static bool check_line(const char *line, size_t len, unsigned *next)
{
    static char message[PUT_MAX];
    unsigned putter = (unsigned)(line[0] - '0');

    if (putter >= N_PUTTERS)
        return false;
    return make_message(message, putter, next[putter]++) == len &&
           memcmp(message, line, len) == 0;
}

static bool check_lines(int fd, unsigned n)
{
    static char data[PUT_MAX * 2];
    unsigned next[N_PUTTERS] = { 0 };
    size_t len = 0, got;
    char *lf;

    while (n > 0) {
        got = read_soon(fd, data + len, 1 + (size_t)unit_random_below(5000));
        if (got == 0)
            return false;
        len += got;
        for (lf = memchr(data, '\n', len); lf; lf = memchr(data, '\n', len)) {
            if (!check_line(data, (size_t)(lf - data), next))
                return false;
            len -= (size_t)(lf + 1 - data);
            memmove(data, lf + 1, len);
            n--;
        }
    }
    return len == 0;
}

static void messages_of_many_threads_do_not_mix(void)
{
    struct putter putters[N_PUTTERS] = { 0 };
    struct scene s = { .in = -1, .out = -1 };
    unsigned n_started;
    bool ok;

    for (unsigned k = 0; k < N_KINDS; k++) {
        n_started = 0;
        CHECK(scene_begin(&s, &plain));
        fake_limit(MCPS_LIMIT_OUT_BYTES, (size_t)N_PUTTERS * N_PUT * PUT_MAX);
        CHECK(scene_connect(&s, kinds[k]) && scene_run(&s));
        for (; n_started < N_PUTTERS; n_started++) {
            putters[n_started] = (struct putter){ .n = n_started };
            if (pthread_create(&putters[n_started].thread, NULL, put_many,
                               &putters[n_started]) != 0)
                break;
        }
        ok = check_lines(s.out, n_started * N_PUT);
        for (unsigned i = 0; i < n_started; i++) {
            pthread_join(putters[i].thread, NULL);
            ok = ok && !putters[i].failed;
        }
        CHECK(ok && n_started == N_PUTTERS);
        scene_stop(&s);
        CHECK_INT(atomic_load(&fake_engine()->counters.lost_bytes), 0);
        scene_end(&s);
        s = (struct scene){ .in = -1, .out = -1 };
    }
out:
    scene_end(&s);
}

/* ---- signals ---- */

static atomic_bool storming;

static void on_signal(int signal_number)
{
    (void)signal_number;
}

static void *storm(void *userdata)
{
    (void)userdata;
    while (atomic_load(&storming))
        kill(getpid(), SIGUSR1);
    return NULL;
}

static bool write_bytewise(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, 1);

        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        if (n == 1) {
            text++;
            len--;
        }
    }
    return true;
}

/* Each signal interrupts whatever system call it finds. */
static void signals_lose_nothing(void)
{
    enum { N = 40 };
    struct sigaction action = { .sa_handler = on_signal }, old;
    struct scene s = { .in = -1, .out = -1 };
    pthread_t stormer;
    bool handled = false, stormed = false, ok = true;
    char line[64], got[64];

    CHECK(scene_begin(&s, &echo) && scene_connect(&s, MCPS__END_SHARED) && scene_run(&s));
    handled = sigaction(SIGUSR1, &action, &old) == 0;
    atomic_store(&storming, true);
    stormed = handled && pthread_create(&stormer, NULL, storm, NULL) == 0;
    CHECK(stormed);
    for (unsigned i = 0; i < N && ok; i++) {
        size_t len = (size_t)snprintf(line, sizeof line, "{\"i\":%u}\n", i), have = 0;

        ok = write_bytewise(s.in, line, len);
        while (ok && have < len) {
            size_t n = read_soon(s.out, got + have, sizeof got - have);

            ok = n > 0;
            have += n;
        }
        ok = ok && have == len && memcmp(got, line, len) == 0;
    }
    CHECK(ok);
out:
    atomic_store(&storming, false);
    if (stormed)
        pthread_join(stormer, NULL);
    if (handled)
        sigaction(SIGUSR1, &old, NULL);
    scene_end(&s);
}

/* ---- ending ---- */

static void the_stop_drains_and_ends(void)
{
    struct scene s = { .in = -1, .out = -1 };
    char byte;

    CHECK(scene_begin(&s, &echo) && scene_connect(&s, MCPS__END_OWN) && scene_run(&s));
    CHECK_INT(write(s.in, "{}\n", 3), 3);
    CHECK(fake_wait(FAKE_MESSAGE, 1));
    CHECK_INT(fake_count(FAKE_ENDED), 0);
    CHECK(!mcps__lines_is_inside(&s.lines.transport));
    mcps__lines_stop(&s.lines.transport, 0);
    mcps__lines_stop(&s.lines.transport, 0);
    CHECK(fake_wait(FAKE_ENDED, 1));
    mcps__lines_stop(&s.lines.transport, 0);
    scene_stop(&s);
    CHECK_INT(fake_count(FAKE_FREED), 1);
    CHECK_INT(fake_count(FAKE_ENDED), 1);
    CHECK_INT(fake_count(FAKE_GONE), 0);
    /* Its last answer came, and then the end. */
    CHECK_INT(read_soon(s.out, &byte, 1), 1);
    CHECK(byte == '{' && read_soon(s.out, &byte, 1) == 1);
    CHECK(byte == '}' && read_soon(s.out, &byte, 1) == 1);
    CHECK_INT(read_soon(s.out, &byte, 1), 0);
out:
    scene_end(&s);
}

static void the_stop_does_not_wait_for_one_who_does_not_read(void)
{
    static const char much[100000];
    struct scene s = { .in = -1, .out = -1 };

    for (unsigned k = 0; k < N_KINDS; k++) {
        CHECK(scene_begin(&s, &plain));
        fake_limit(MCPS_LIMIT_CLOSE_FLUSH_MS, 20);
        CHECK(scene_connect(&s, kinds[k]) && scene_run(&s));
        for (unsigned i = 0; i < 10; i++)
            CHECK_INT(fake_put(fake_peer(), much, sizeof much), 0);
        scene_stop(&s);
        CHECK_INT(fake_count(FAKE_FREED), 1);
        CHECK(atomic_load(&fake_engine()->counters.lost_bytes) > 0);
        scene_end(&s);
        s = (struct scene){ .in = -1, .out = -1 };
    }
out:
    scene_end(&s);
}

/* The peer decides when the connection is closed, and may be asked again. */
static void a_second_stop_reaches_the_peer(void)
{
    struct scene s = { .in = -1, .out = -1 };
    struct mcps__sink *sink = NULL;

    CHECK(scene_begin(&s, &stubborn) && scene_connect(&s, MCPS__END_OWN) &&
          scene_run(&s));
    sink = mcps__sink_ref(fake_peer()->sink);
    mcps__lines_stop(&s.lines.transport, MCPS__CLOCK_NEVER);
    CHECK(fake_wait(FAKE_DRAIN, 1));
    mcps__lines_stop(&s.lines.transport, 0);
    CHECK(fake_wait(FAKE_DRAIN, 2));
    CHECK_INT(fake_count(FAKE_ENDED), 0);
out:
    if (sink)
        mcps__sink_close(sink);
    mcps__sink_unref(sink);
    scene_end(&s);
}

/* Each of which has two ends to watch. */
static void there_may_be_many_connections(void)
{
    enum { N = 9 };
    struct scene s = { .in = -1, .out = -1 };
    int in[N][2], out[N][2];
    unsigned n = 0;
    char got[4];

    CHECK(scene_begin(&s, &echo) && scene_connect(&s, MCPS__END_OWN));
    for (; n < N; n++) {
        CHECK(pipe(in[n]) == 0 && pipe(out[n]) == 0);
        if (mcps__lines_add(&s.lines, (struct mcps__end){ in[n][0], MCPS__END_SHARED },
                            (struct mcps__end){ out[n][1], MCPS__END_SHARED },
                            "test") < 0) {
            close(in[n][0]);
            close(in[n][1]);
            close(out[n][0]);
            close(out[n][1]);
            break;
        }
    }
    CHECK(n == N && scene_run(&s));
    for (unsigned i = 0; i < N; i++)
        CHECK_INT(write(in[i][1], "1\n", 2), 2);
    for (unsigned i = 0; i < N; i++) {
        size_t len = read_soon(out[i][0], got, sizeof got);

        CHECK_MEM(got, len, "1\n", 2);
    }
    for (unsigned i = 0; i < N; i += 2) {
        close(in[i][1]);
        in[i][1] = -1;
    }
    CHECK(fake_wait(FAKE_FREED, (N + 1) / 2));
    for (unsigned i = 1; i < N; i += 2)
        CHECK_INT(write(in[i][1], "2\n", 2), 2);
    for (unsigned i = 1; i < N; i += 2) {
        size_t len = read_soon(out[i][0], got, sizeof got);

        CHECK_MEM(got, len, "2\n", 2);
    }
out:
    scene_end(&s);
    for (unsigned i = 0; i < n; i++) {
        if (in[i][1] >= 0)
            close(in[i][1]);
        close(out[i][0]);
    }
}

static void a_transport_may_end_by_itself(void)
{
    struct scene s = { .in = -1, .out = -1 };

    CHECK(scene_begin(&s, &plain));
    s.lines.ends_by_itself = true;
    CHECK(scene_connect(&s, MCPS__END_OWN) && scene_run(&s));
    scene_close(&s.in);
    CHECK(fake_wait(FAKE_ENDED, 1));
    CHECK_INT(fake_count(FAKE_FREED), 1);
    scene_stop(&s);
    CHECK_INT(fake_count(FAKE_ENDED), 1);
out:
    scene_end(&s);
}

const struct unit_test lines_tests[] = {
    UNIT_TEST_ONCE(messages_of_many_threads_do_not_mix,
                   "each message is an allocation, and each that fails is one less"),
    UNIT_TEST_ONCE(signals_lose_nothing,
                   "others make the same allocations, and take no storm's time"),
    UNIT_TEST(the_stop_drains_and_ends),
    UNIT_TEST(the_stop_does_not_wait_for_one_who_does_not_read),
    UNIT_TEST(a_second_stop_reaches_the_peer),
    UNIT_TEST(there_may_be_many_connections),
    UNIT_TEST(a_transport_may_end_by_itself),
    UNIT_END,
};
