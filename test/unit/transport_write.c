/* SPDX-License-Identifier: MIT */
/* Connections: from the sink to the client, and what if the client does not read. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport_scene.h"
#include "util/base64.h"
#include "util/clock.h"

extern const struct unit_test write_tests[];

static const struct fake_ways plain = { 0 };

static const enum mcps__end_kind kinds[] = { MCPS__END_OWN, MCPS__END_SHARED,
                                             MCPS__END_SOCKET };
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static uint64_t lost_bytes(void)
{
    return atomic_load(&fake_engine()->counters.lost_bytes);
}

static size_t out_bytes(void)
{
    return atomic_load(&fake_engine()->accounts.out_bytes);
}

static uint64_t hits(enum mcps_limit limit)
{
    return atomic_load(&fake_engine()->limits.hits[limit]);
}

/* ---- writing ---- */

static bool put_and_keep(char *all, size_t *all_len, const char *message, size_t len)
{
    memcpy(all + *all_len, message, len);
    all[*all_len + len] = '\n';
    *all_len += len + 1;
    return fake_put(fake_peer(), message, len) == 0;
}

/* Messages of all sizes, around that of the pipe too, read in pieces of all sizes. */
static void messages_go_through_little_room(void)
{
    enum { N = 60, MAX = 9000 };
    static char message[MAX], all[N * (MAX + 1)], got[N * (MAX + 1)];
    struct scene s = { .in = -1, .out = -1 };

    for (unsigned k = 0; k < N_KINDS; k++) {
        size_t all_len = 0, len = 0;

        CHECK(scene_begin(&s, &plain) && scene_connect(&s, kinds[k]));
        for (unsigned i = 0; i < N; i++) {
            size_t n = i % 5 == 0 ? 4093 + i / 5 : (size_t)unit_random_below(MAX);

            memset(message, 'a' + (int)i % 26, n);
            CHECK(put_and_keep(all, &all_len, message, n));
            scene_turn(&s, 1);
            len += scene_read(&s, got + len, (size_t)unit_random_below(6000));
        }
        while (len < all_len) {
            size_t left = all_len - len, n = 1 + (size_t)unit_random_below(6000);

            scene_turn(&s, 1);
            len += scene_read(&s, got + len, n < left ? n : left);
        }
        CHECK_MEM(got, len, all, all_len);
        scene_turn(&s, 1);
        CHECK(!s.conn->waiting);
        CHECK_INT(out_bytes(), 0);
        CHECK_INT(lost_bytes(), 0);
        scene_end(&s);
        s = (struct scene){ .in = -1, .out = -1 };
    }
out:
    scene_end(&s);
}

static unsigned n_freed;

static void count_free(void *userdata)
{
    (void)userdata;
    n_freed++;
}

/* A message with two blobs, and what it is on the wire, with its newline. */
static bool put_blobs(const char *bytes, size_t first, size_t second, char *all,
                      size_t *all_len)
{
    const size_t lens[] = { first, second };
    struct mcps__buf buf;
    struct mcps__blobs blobs = { .items = NULL };
    bool ok = mcps__piece_begin(&buf, SIZE_MAX) == 0;

    for (unsigned i = 0; i < 2 && ok; i++) {
        struct mcps_blob blob = mcps_blob_take(bytes, lens[i], count_free, NULL);

        ok = mcps__buf_append(&buf, "text", 4) == 0 &&
             mcps__blobs_add(&blobs, &blob, mcps__piece_text_len(&buf)) == 0;
        mcps__blob_release(&blob);
        memcpy(all + *all_len, "text", 4);
        mcps__base64_encode(all + *all_len + 4, bytes, lens[i]);
        *all_len += 4 + MCPS__BASE64_ENCODED(lens[i]);
    }
    all[(*all_len)++] = '\n';
    if (ok)
        return mcps__sink_put(fake_peer()->sink, mcps__piece_end_with(&buf, &blobs)) == 0;
    mcps__buf_fini(&buf);
    mcps__blobs_fini(&blobs);
    return false;
}

/* Whatever is written at once, in the middle of a group or of a chunk too. */
static void blobs_go_through_little_room(void)
{
    enum { N = 12, MAX = 60000 };
    static char bytes[MAX], all[N * 3 * MAX], got[N * 3 * MAX];
    struct scene s = { .in = -1, .out = -1 };

    for (unsigned i = 0; i < MAX; i++)
        bytes[i] = (char)(i * 11 + i / 256);
    for (unsigned k = 0; k < N_KINDS; k++) {
        size_t all_len = 0, len = 0;

        n_freed = 0;
        CHECK(scene_begin(&s, &plain) && scene_connect(&s, kinds[k]));
        for (unsigned i = 0; i < N; i++) {
            CHECK(put_blobs(bytes, (size_t)unit_random_below(MAX), i % 4, all, &all_len));
            CHECK(put_and_keep(all, &all_len, "between", 7));
            scene_turn(&s, 1);
            len += scene_read(&s, got + len, (size_t)unit_random_below(6000));
        }
        while (len < all_len) {
            size_t left = all_len - len, n = 1 + (size_t)unit_random_below(6000);

            scene_turn(&s, 1);
            len += scene_read(&s, got + len, n < left ? n : left);
        }
        CHECK_MEM(got, len, all, all_len);
        scene_turn(&s, 1);
        CHECK(!s.conn->waiting);
        CHECK_INT(n_freed, N * 2);
        CHECK_INT(out_bytes(), 0);
        CHECK_INT(lost_bytes(), 0);
        scene_end(&s);
        s = (struct scene){ .in = -1, .out = -1 };
    }
out:
    scene_end(&s);
}

/* Those that are written in part, taken, and queued; all count as lost as they would have
 * been on the wire. */
static void a_client_that_goes_loses_blobs(void)
{
    enum { LEN = 500000 };
    static char bytes[LEN], all[3 * LEN], got[1000];
    struct scene s = { .in = -1, .out = -1 };
    size_t all_len = 0;

    n_freed = 0;
    CHECK(scene_begin(&s, &plain) && scene_connect(&s, MCPS__END_SOCKET));
    CHECK(put_blobs(bytes, LEN, 0, all, &all_len));
    scene_turn(&s, 1);
    CHECK_INT(scene_read(&s, got, 999), 999);
    CHECK_MEM(got, 999, all, 999);
    CHECK_INT(out_bytes(), LEN + 8);
    CHECK(put_blobs(bytes, 30, 3, all, &all_len));
    scene_close(&s.out);
    s.in = -1;
    scene_turn(&s, 2);
    CHECK(!s.conn);
    CHECK_INT(n_freed, 4);
    CHECK_INT(out_bytes(), 0);
    CHECK(lost_bytes() > 52 && lost_bytes() < all_len - 999);
out:
    scene_end(&s);
}

/* More than one call takes. */
static void many_small_messages_go_out_together(void)
{
    enum { N = 1000 };
    static char got[N * 2];
    struct scene s = { .in = -1, .out = -1 };

    CHECK(scene_begin(&s, &plain) && scene_connect(&s, MCPS__END_SOCKET));
    for (unsigned i = 0; i < N; i++)
        CHECK_INT(fake_put(fake_peer(), "1", 1), 0);
    scene_turn(&s, 1);
    CHECK_INT(scene_read(&s, got, sizeof got), 4 * 64 * 2);
    scene_turn(&s, 5);
    CHECK_INT(scene_read(&s, got, sizeof got), sizeof got - (size_t)4 * 64 * 2);
    CHECK(!s.conn->waiting);
out:
    scene_end(&s);
}

/* ---- clients that go ---- */

static void a_reader_that_goes_is_noticed_at_once(void)
{
    struct scene s = { .in = -1, .out = -1 };

    for (unsigned k = 0; k < N_KINDS; k++) {
        CHECK(scene_begin(&s, &plain) && scene_connect(&s, kinds[k]));
        scene_turn(&s, 1);
        scene_close(&s.out);
        if (kinds[k] == MCPS__END_SOCKET)
            s.in = -1;
        scene_turn(&s, 1);
        CHECK(!s.conn);
        CHECK_INT(fake_count(FAKE_GONE), 1);
        CHECK_INT(fake_count(FAKE_FREED), 1);
        CHECK_INT(fake_logged(MCPS_LOG_DEBUG), 1);
        CHECK_INT(fake_logged(MCPS_LOG_ERROR) + fake_logged(MCPS_LOG_WARNING), 0);
        scene_end(&s);
        s = (struct scene){ .in = -1, .out = -1 };
    }
out:
    scene_end(&s);
}

/* A socket whose client only reads no more looks as before, until something is written. */
static void a_write_may_be_the_first_to_notice(void)
{
    struct scene s = { .in = -1, .out = -1 };

    CHECK(scene_begin(&s, &plain) && scene_connect(&s, MCPS__END_SOCKET));
    shutdown(s.out, SHUT_RD);
    scene_turn(&s, 1);
    CHECK(s.conn != NULL);
    CHECK_INT(fake_put(fake_peer(), "12345", 5), 0);
    CHECK_INT(fake_put(fake_peer(), "678", 3), 0);
    scene_turn(&s, 1);
    CHECK(!s.conn);
    CHECK_INT(fake_count(FAKE_GONE), 1);
    CHECK_INT(fake_count(FAKE_END_OF_INPUT), 0);
    CHECK_INT(lost_bytes(), 8);
    CHECK_INT(out_bytes(), 0);
    CHECK_INT(fake_logged(MCPS_LOG_DEBUG), 1);
    CHECK(fake_last_log_is(MCPS_LOG_DEBUG, "writing failed: "));
    CHECK_INT(fake_logged(MCPS_LOG_ERROR) + fake_logged(MCPS_LOG_WARNING), 0);
out:
    scene_end(&s);
}

#ifdef MCPS__TEST_HOOKS
static void a_write_that_fails_is_an_error(void)
{
    static const struct {
        int error;
        unsigned errors, debugs;
    } cases[] = {
        { ENOSPC, 1, 0 }, { EIO, 1, 0 }, { EPIPE, 0, 1 }, { ECONNRESET, 0, 1 }
    };
    struct scene s = { .in = -1, .out = -1 };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(scene_begin(&s, &plain) && scene_connect(&s, kinds[i % N_KINDS]));
        CHECK_INT(fake_put(fake_peer(), "123", 3), 0);
        mcps__end_fail_write(cases[i].error);
        scene_turn(&s, 1);
        CHECK(!s.conn);
        CHECK_INT(fake_count(FAKE_GONE), 1);
        CHECK_INT(fake_logged(MCPS_LOG_ERROR), cases[i].errors);
        CHECK_INT(fake_logged(MCPS_LOG_DEBUG), cases[i].debugs);
        CHECK(fake_last_log_is(cases[i].errors ? MCPS_LOG_ERROR : MCPS_LOG_DEBUG,
                               "writing failed: "));
        scene_end(&s);
        s = (struct scene){ .in = -1, .out = -1 };
    }
out:
    mcps__end_fail_write(0);
    scene_end(&s);
}
#endif

/* ---- clients that do not read ---- */

/* Puts messages of 1 KiB; says how many bytes of them there are. */
static size_t put_much(size_t n)
{
    static const char message[1024];
    size_t bytes = 0;

    for (size_t i = 0; i < n; i++) {
        if (fake_put(fake_peer(), message, sizeof message) == 0)
            bytes += sizeof message;
    }
    return bytes;
}

static void who_does_not_read_is_not_read_from(void)
{
    enum { MARK = 128 * 1024 };
    static char got[MARK * 2];
    struct scene s = { .in = -1, .out = -1 };

    for (unsigned k = 0; k < N_KINDS; k++) {
        bool is_socket = kinds[k] == MCPS__END_SOCKET;

        CHECK(scene_begin(&s, &plain));
        fake_limit(MCPS_LIMIT_OUT_BYTES, MARK);
        CHECK(scene_connect(&s, kinds[k]));
        if (is_socket) {
            int size = 1;

            CHECK_INT(
                setsockopt(s.conn->out.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
        }
        /* The last ones find a queue that is not empty, of which the loop was told. */
        CHECK(put_much(1) > 0);
        scene_turn(&s, 1);
        CHECK(put_much(MARK / 1024 - 1) > 0);
        scene_turn(&s, 1);
        CHECK(!s.conn->held && !fake_peer()->lane.held);
        CHECK(put_much(16) > 0);
        scene_turn(&s, 1);
        CHECK(s.conn->held && fake_peer()->lane.held);
        CHECK_INT(hits(MCPS_LIMIT_OUT_BYTES), 1);
        CHECK(write(s.in, "1\n", 2) == 2);
        scene_turn(&s, 3);
        CHECK_INT(fake_count(FAKE_MESSAGE), 0);
        while (mcps__sink_waiting(fake_peer()->sink) > MARK / 2) {
            CHECK(s.conn->held && fake_count(FAKE_MESSAGE) == 0);
            scene_read(&s, got, 1000);
            scene_turn(&s, 1);
        }
        scene_turn(&s, 1);
        CHECK(!s.conn->held && !fake_peer()->lane.held);
        CHECK_INT(fake_count(FAKE_MESSAGE), 1);
        CHECK_INT(hits(MCPS_LIMIT_OUT_BYTES), 1);
        scene_end(&s);
        s = (struct scene){ .in = -1, .out = -1 };
    }
out:
    scene_end(&s);
}

/* Neither its end nor what it sends may keep the thread busy. */
static void an_input_that_is_not_read_is_not_watched(void)
{
    struct scene s = { .in = -1, .out = -1 };
    struct pollfd fds[3];
    size_t n = 0;

    CHECK(scene_begin(&s, &plain));
    fake_limit(MCPS_LIMIT_OUT_BYTES, 8192);
    CHECK(scene_connect(&s, MCPS__END_OWN));
    CHECK(put_much(20) > 0);
    scene_turn(&s, 1);
    CHECK(s.conn->held);
    scene_close(&s.in);
    mcps__conn_watch(s.conn, fds, &n);
    CHECK_INT(n, 1);
    CHECK_INT(poll(fds, 1, 0), 0);
    scene_turn(&s, 2);
    CHECK_INT(fake_count(FAKE_END_OF_INPUT), 0);
    CHECK(s.conn->held);
    /* It goes then: nothing is left held. */
    scene_close(&s.out);
    scene_turn(&s, 1);
    CHECK(!s.conn);
    CHECK_INT(fake_count(FAKE_FREED), 1);
    CHECK_INT(fake_count(FAKE_HELD), 0);
out:
    scene_end(&s);
}

static void too_much_output_breaks(void)
{
    struct scene s = { .in = -1, .out = -1 };

    CHECK(scene_begin(&s, &plain));
    fake_limit(MCPS_LIMIT_OUT_BYTES, 8192);
    CHECK(scene_connect(&s, MCPS__END_OWN));
    CHECK(put_much(20) > 0);
    scene_turn(&s, 1);
    CHECK(s.conn != NULL);
    put_much(100);
    scene_turn(&s, 1);
    CHECK(!s.conn);
    CHECK_INT(fake_count(FAKE_GONE), 1);
    CHECK_INT(fake_logged(MCPS_LOG_WARNING), 1);
    CHECK_INT(out_bytes(), 0);
out:
    scene_end(&s);
}

#ifdef MCPS__TEST_HOOKS
static void output_that_stalls_is_given_up(void)
{
    static char got[100000];
    struct scene s = { .in = -1, .out = -1 };
    size_t put, len;

    mcps__clock_drive(MCPS__NS_PER_S);
    CHECK(scene_begin(&s, &plain));
    fake_limit(MCPS_LIMIT_WRITE_STALL_MS, 1000);
    CHECK(scene_connect(&s, MCPS__END_OWN));
    put = put_much(20);
    scene_turn(&s, 1);
    mcps__clock_advance(999 * MCPS__NS_PER_MS);
    scene_turn(&s, 2);
    CHECK(s.conn != NULL);
    /* A byte that is taken counts, and the time begins anew. */
    len = scene_read(&s, got, 4096);
    CHECK(len > 0);
    scene_turn(&s, 1);
    mcps__clock_advance(999 * MCPS__NS_PER_MS);
    scene_turn(&s, 2);
    CHECK(s.conn != NULL);
    /* What is put meanwhile does not. */
    put += put_much(1);
    scene_turn(&s, 1);
    CHECK_INT(hits(MCPS_LIMIT_WRITE_STALL_MS), 0);
    mcps__clock_advance(MCPS__NS_PER_MS);
    scene_turn(&s, 1);
    CHECK(!s.conn);
    CHECK_INT(hits(MCPS_LIMIT_WRITE_STALL_MS), 1);
    CHECK_INT(fake_count(FAKE_GONE), 1);
    CHECK_INT(fake_logged(MCPS_LOG_WARNING), 1);
    len += scene_read(&s, got + len, sizeof got - len);
    CHECK_INT(len - len / 1025 + lost_bytes(), put);
    CHECK_INT(out_bytes(), 0);
out:
    scene_end(&s);
    mcps__clock_release();
}

/* Who reads slowly, but reads, and who has read all, is left alone. */
static void an_idle_output_does_not_stall(void)
{
    static char got[100000];
    struct scene s = { .in = -1, .out = -1 };

    mcps__clock_drive(MCPS__NS_PER_S);
    CHECK(scene_begin(&s, &plain));
    fake_limit(MCPS_LIMIT_WRITE_STALL_MS, 1000);
    CHECK(scene_connect(&s, MCPS__END_OWN));
    CHECK(put_much(20) > 0);
    for (unsigned i = 0; i < 10; i++) {
        scene_turn(&s, 2);
        CHECK(s.conn != NULL);
        scene_read(&s, got, 4096);
        mcps__clock_advance(700 * MCPS__NS_PER_MS);
    }
    scene_turn(&s, 1);
    CHECK(!s.conn->waiting);
    mcps__clock_advance(100000 * MCPS__NS_PER_MS);
    scene_turn(&s, 1);
    CHECK(s.conn != NULL);
    CHECK_INT(mcps__loop_next(s.lines.io.loop), MCPS__CLOCK_NEVER);
out:
    scene_end(&s);
    mcps__clock_release();
}

/* ---- closing ---- */

static void closing_waits_for_the_last_output(void)
{
    static char got[100000];
    struct scene s = { .in = -1, .out = -1 };
    size_t put, len = 0;

    mcps__clock_drive(MCPS__NS_PER_S);
    for (unsigned k = 0; k < 2; k++) {
        CHECK(scene_begin(&s, &plain) && scene_connect(&s, kinds[k]));
        put = put_much(30);
        mcps__sink_close(fake_peer()->sink);
        len = 0;
        for (unsigned i = 0; i < 20 && s.conn; i++) {
            scene_turn(&s, 1);
            /* No more is read, even though there is something. */
            CHECK(i > 0 || write(s.in, "1\n", 2) == 2);
            len += scene_read(&s, got + len, sizeof got - len);
        }
        CHECK(!s.conn);
        CHECK_INT(len, put + 30);
        CHECK_INT(lost_bytes(), 0);
        CHECK_INT(fake_count(FAKE_MESSAGE), 0);
        CHECK_INT(fake_count(FAKE_GONE), 0);
        CHECK_INT(fake_count(FAKE_FREED), 1);
        CHECK_INT(hits(MCPS_LIMIT_CLOSE_FLUSH_MS), 0);
        scene_end(&s);
        s = (struct scene){ .in = -1, .out = -1 };
    }
out:
    scene_end(&s);
    mcps__clock_release();
}

static void closing_does_not_wait_for_ever(void)
{
    static char got[100000];
    struct scene s = { .in = -1, .out = -1 };
    size_t put, len;

    mcps__clock_drive(MCPS__NS_PER_S);
    CHECK(scene_begin(&s, &plain));
    fake_limit(MCPS_LIMIT_CLOSE_FLUSH_MS, 1000);
    CHECK(scene_connect(&s, MCPS__END_OWN));
    put = put_much(30);
    scene_turn(&s, 1);
    mcps__sink_close(fake_peer()->sink);
    scene_turn(&s, 1);
    mcps__clock_advance(600 * MCPS__NS_PER_MS);
    len = scene_read(&s, got, 5000);
    scene_turn(&s, 1);
    mcps__clock_advance(399 * MCPS__NS_PER_MS);
    scene_turn(&s, 1);
    CHECK(s.conn != NULL);
    CHECK_INT(lost_bytes(), 0);
    mcps__clock_advance(MCPS__NS_PER_MS);
    scene_turn(&s, 1);
    CHECK(!s.conn);
    len += scene_read(&s, got + len, sizeof got - len);
    CHECK_INT(len - len / 1025 + lost_bytes(), put);
    CHECK_INT(hits(MCPS_LIMIT_CLOSE_FLUSH_MS), 1);
    CHECK_INT(hits(MCPS_LIMIT_WRITE_STALL_MS), 0);
    CHECK_INT(fake_count(FAKE_GONE), 0);
    CHECK_INT(fake_count(FAKE_DISCONNECTED), 1);
    CHECK_INT(out_bytes(), 0);
out:
    scene_end(&s);
    mcps__clock_release();
}
#endif

const struct unit_test write_tests[] = {
    UNIT_TEST(messages_go_through_little_room),
    UNIT_TEST(blobs_go_through_little_room),
    UNIT_TEST(a_client_that_goes_loses_blobs),
    UNIT_TEST(many_small_messages_go_out_together),
    UNIT_TEST(a_reader_that_goes_is_noticed_at_once),
    UNIT_TEST(a_write_may_be_the_first_to_notice),
    UNIT_TEST(who_does_not_read_is_not_read_from),
    UNIT_TEST(an_input_that_is_not_read_is_not_watched),
    UNIT_TEST(too_much_output_breaks),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(a_write_that_fails_is_an_error),
    UNIT_TEST(output_that_stalls_is_given_up),
    UNIT_TEST(an_idle_output_does_not_stall),
    UNIT_TEST(closing_waits_for_the_last_output),
    UNIT_TEST(closing_does_not_wait_for_ever),
#endif
    UNIT_END,
};
