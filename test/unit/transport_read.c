/* SPDX-License-Identifier: MIT */
/* Connections: from bytes to messages, and the end of the input. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport_scene.h"
#include "util/mem.h"

extern const struct unit_test read_tests[];

static const struct fake_ways plain = { 0 };
static const struct fake_ways echo = { .echo = true, .stay = true };

static const enum mcps__end_kind kinds[] = { MCPS__END_OWN, MCPS__END_SHARED,
                                             MCPS__END_SOCKET };
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static bool messages_are(const char *text)
{
    size_t len;
    char *got = fake_messages(&len);
    bool same =
        unit_check_mem(got, len, text, strlen(text), "messages", __FILE__, __LINE__);

    free(got);
    return same;
}

static size_t in_bytes(void)
{
    return atomic_load(&fake_engine()->accounts.in_bytes);
}

#ifdef MCPS__TEST_HOOKS
static size_t live_blocks(void)
{
    return mcps__mem_live();
}
#else
static size_t live_blocks(void)
{
    return 0;
}
#endif

/* ---- lines ---- */

static void lines_arrive_in_pieces_of_any_size(void)
{
    static const char text[] =
        "{\"a\":1}\n[2]\r\n\n\r\n\"three\"\n4\n{\"five\":[5,\"\\n\"]}\r\n";
    static const char lines[] = "{\"a\":1}\n[2]\n\"three\"\n4\n{\"five\":[5,\"\\n\"]}\n";
    struct scene s = { .in = -1, .out = -1 };

    for (size_t piece = 1; piece < sizeof text; piece++) {
        CHECK(scene_begin(&s, &plain) && scene_connect(&s, kinds[piece % N_KINDS]));
        for (size_t at = 0; at < sizeof text - 1; at += piece) {
            size_t left = sizeof text - 1 - at;

            CHECK(scene_send(&s, text + at, piece < left ? piece : left));
        }
        CHECK(messages_are(lines));
        CHECK_INT(in_bytes(), 0);
        scene_end(&s);
        s = (struct scene){ .in = -1, .out = -1 };
    }
out:
    scene_end(&s);
}

static void what_is_no_json_does_not_end_the_rest(void)
{
    static const char text[] =
        "1\nnonsense\n{\"a\":\n\xff\xfe\n\xef\xbb\xbf{}\n{} {}\n2\n";
    struct scene s = { .in = -1, .out = -1 };

    CHECK(scene_begin(&s, &plain) && scene_connect(&s, MCPS__END_OWN));
    CHECK(scene_send(&s, text, sizeof text - 1));
    CHECK(messages_are("1\n2\n"));
    CHECK_INT(fake_count(FAKE_BAD), 5);
    CHECK(s.conn != NULL);
out:
    scene_end(&s);
}

static void a_line_that_is_too_long_is_skipped(void)
{
    char line[103];
    struct scene s = { .in = -1, .out = -1 };

    memset(line, '1', sizeof line);
    line[0] = '"';
    CHECK(scene_begin(&s, &plain));
    fake_limit(MCPS_LIMIT_MESSAGE_BYTES, 100);
    CHECK(scene_connect(&s, MCPS__END_OWN));
    line[99] = '"';
    line[100] = '\n';
    CHECK(scene_send(&s, line, 50) && scene_send(&s, line + 50, 51));
    CHECK_INT(fake_count(FAKE_MESSAGE), 1);
    line[99] = '1';
    line[100] = '"';
    line[101] = '\n';
    CHECK(scene_send(&s, line, 50) && scene_send(&s, line + 50, 50));
    CHECK_INT(fake_count(FAKE_LOST_MESSAGE), 0);
    CHECK(scene_send(&s, line + 100, 1));
    CHECK_INT(fake_count(FAKE_LOST_MESSAGE), 1);
    CHECK_INT(fake_error(), MCPS_ELIMIT);
    CHECK_INT(in_bytes(), 0);
    CHECK(scene_send(&s, line + 101, 1) && scene_send(&s, "{}\n", 3));
    CHECK_INT(fake_count(FAKE_LOST_MESSAGE), 1);
    CHECK_INT(fake_count(FAKE_MESSAGE), 2);
    CHECK_INT(fake_count(FAKE_BAD), 0);
out:
    scene_end(&s);
}

enum { LONG_TEXT = 1 << 20 };

/* A string in an array, and its newline. */
static char *make_long_line(size_t len)
{
    char *text = malloc(len);

    if (!text)
        return NULL;
    memset(text, 'x', len);
    memcpy(text, "[\"", 2);
    memcpy(text + len - 3, "\"]\n", 3);
    return text;
}

static void a_long_line_is_scanned_while_it_arrives(void)
{
    char *text = make_long_line(LONG_TEXT);
    struct scene s = { .in = -1, .out = -1 };
    size_t live;

    CHECK(text && scene_begin(&s, &plain) && scene_connect(&s, MCPS__END_SOCKET));
    CHECK(scene_send(&s, "1\n", 2));
    live = live_blocks();
    CHECK(scene_send(&s, text, MCPS__LONG_LINE));
    scene_turn(&s, 2);
    CHECK(!s.conn->scan);
    CHECK(in_bytes() >= MCPS__LONG_LINE);
    for (size_t at = MCPS__LONG_LINE; at < LONG_TEXT - 1; at += 4096) {
        size_t end = at + 4096 < LONG_TEXT - 1 ? at + 4096 : LONG_TEXT - 1;

        CHECK(scene_send(&s, text + at, end - at));
        CHECK(s.conn->scan != NULL);
        CHECK(s.conn->scan->pos >= end - MCPS__READ_BYTES);
    }
    CHECK(in_bytes() >= LONG_TEXT - 1);
    CHECK_INT(fake_count(FAKE_MESSAGE), 1);
    CHECK(scene_send(&s, "\n{}\n", 4));
    scene_turn(&s, 1);
    CHECK_INT(fake_count(FAKE_MESSAGE), 3);
    CHECK_INT(fake_count(FAKE_BAD), 0);
    CHECK(!s.conn->scan);
    CHECK_INT(in_bytes(), 0);
    CHECK_INT(live_blocks(), live);
out:
    scene_end(&s);
    free(text);
}

/* One that is no JSON from its beginning on, one that is too long, and one whose connection
 * goes. */
static void a_long_line_may_come_to_nothing(void)
{
    char *text = make_long_line(LONG_TEXT);
    struct scene s = { .in = -1, .out = -1 };

    CHECK(text && scene_begin(&s, &plain));
    fake_limit(MCPS_LIMIT_MESSAGE_BYTES, LONG_TEXT / 2);
    CHECK(scene_connect(&s, MCPS__END_SOCKET));
    CHECK(scene_send(&s, text + 2, LONG_TEXT / 4) && scene_send(&s, "\n1\n", 3));
    scene_turn(&s, 2);
    CHECK_INT(fake_count(FAKE_BAD), 1);
    CHECK(scene_send(&s, text, LONG_TEXT) && scene_send(&s, "2\n", 2));
    scene_turn(&s, 2);
    CHECK_INT(fake_count(FAKE_LOST_MESSAGE), 1);
    CHECK(messages_are("1\n2\n"));
    CHECK(scene_send(&s, text, LONG_TEXT / 4));
    CHECK(s.conn->scan != NULL);
    scene_close(&s.in);
    s.out = -1;
    scene_turn(&s, 1);
    CHECK(!s.conn);
    CHECK_INT(in_bytes(), 0);
out:
    if (s.in < 0)
        s.out = -1;
    scene_end(&s);
    free(text);
}

/* ---- the end of the input ---- */

static void the_last_line_needs_no_newline(void)
{
    static const struct {
        const char *sent, *messages;
    } cases[] = {
        { "", "" },
        { "1\n", "1\n" },
        { "1\n[2]", "1\n[2]\n" },
        { "1\n[2]\r", "1\n[2]\n" },
        { "1\n{\"a\":", "1\n" },
        { "\r", "" },
    };
    struct scene s = { .in = -1, .out = -1 };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned k = 0; k < N_KINDS; k++) {
            unit_note_on_failure("%s, kind %u", cases[i].sent, k);
            CHECK(scene_begin(&s, &plain) && scene_connect(&s, kinds[k]));
            CHECK(scene_send(&s, cases[i].sent, strlen(cases[i].sent)));
            if (kinds[k] == MCPS__END_SOCKET)
                shutdown(s.in, SHUT_WR);
            else
                scene_close(&s.in);
            scene_turn(&s, 3);
            CHECK(!s.conn);
            CHECK(messages_are(cases[i].messages));
            CHECK_INT(fake_count(FAKE_END_OF_INPUT), 1);
            CHECK_INT(fake_count(FAKE_GONE), 0);
            CHECK_INT(fake_count(FAKE_DISCONNECTED), 1);
            CHECK_INT(fake_count(FAKE_FREED), 1);
            scene_end(&s);
            s = (struct scene){ .in = -1, .out = -1 };
        }
    }
out:
    scene_end(&s);
}

/* poll() would say POLLHUP again and again. */
static void an_input_that_has_ended_is_not_watched(void)
{
    struct scene s = { .in = -1, .out = -1 };
    struct pollfd fds[3];
    char got[16];
    size_t n;

    for (unsigned k = 0; k < N_KINDS; k++) {
        CHECK(scene_begin(&s, &echo) && scene_connect(&s, kinds[k]));
        CHECK(scene_send(&s, "1\n2", 3));
        if (kinds[k] == MCPS__END_SOCKET)
            shutdown(s.in, SHUT_WR);
        else
            scene_close(&s.in);
        scene_turn(&s, 3);
        CHECK_INT(fake_count(FAKE_END_OF_INPUT), 1);
        CHECK(s.conn != NULL);
        n = 1;
        mcps__conn_watch(s.conn, fds, &n);
        CHECK_INT(n, 2);
        CHECK_INT(fds[1].fd, s.conn->out.fd);
        CHECK_INT(poll(fds + 1, 1, 0), 0);
        /* What is written then still arrives. */
        CHECK_INT(fake_put(fake_peer(), "3", 1), 0);
        n = 0;
        for (unsigned i = 0; i < 5 && n < 6; i++) {
            n += scene_read(&s, got + n, sizeof got - n);
            scene_turn(&s, 1);
        }
        CHECK_MEM(got, n, "1\n2\n3\n", 6);
        scene_end(&s);
        s = (struct scene){ .in = -1, .out = -1 };
    }
out:
    scene_end(&s);
}

static void a_failing_input_ends(void)
{
    struct scene s = { .in = -1, .out = -1 };
    int dir = -1;

    CHECK(scene_begin(&s, &echo) && scene_connect(&s, MCPS__END_SHARED));
    dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(dir >= 0 && dup3(dir, s.conn->in.fd, O_CLOEXEC) >= 0);
    scene_turn(&s, 2);
    CHECK_INT(fake_count(FAKE_END_OF_INPUT), 1);
    CHECK_INT(fake_logged(MCPS_LOG_ERROR), 1);
    CHECK(fake_last_log_is(MCPS_LOG_ERROR, "reading failed: "));
    CHECK(s.conn != NULL);
out:
    scene_close(&dir);
    scene_end(&s);
}

/* ---- idle ---- */

static void an_idle_connection_costs_little(void)
{
    static const size_t size =
        sizeof(struct mcps__conn) + sizeof(struct mcps__peer) + sizeof(struct mcps__sink);
    struct scene s = { .in = -1, .out = -1 };
    char got[20000];
    size_t live;

    CHECK(size < 2048);
    CHECK(scene_begin(&s, &echo) && scene_connect(&s, MCPS__END_SOCKET));
    live = live_blocks();
    for (unsigned i = 0; i < 50; i++) {
        CHECK(scene_send(&s, "{\"a\":", 5) && scene_send(&s, "1}\n{\"b\":2}\n", 11));
        scene_turn(&s, 1);
        scene_read(&s, got, sizeof got);
    }
    CHECK_INT(fake_count(FAKE_MESSAGE), 100);
    /* The one of the members of the scan that all connections share. */
    CHECK(live_blocks() <= live + 1);
    CHECK(!s.conn->frame.begun.data && !s.conn->scan);
    CHECK_INT(in_bytes(), 0);
    CHECK_INT(atomic_load(&fake_engine()->accounts.out_bytes), 0);
out:
    scene_end(&s);
}

const struct unit_test read_tests[] = {
    UNIT_TEST(lines_arrive_in_pieces_of_any_size),
    UNIT_TEST(what_is_no_json_does_not_end_the_rest),
    UNIT_TEST(a_line_that_is_too_long_is_skipped),
    UNIT_TEST(a_long_line_is_scanned_while_it_arrives),
    UNIT_TEST(a_long_line_may_come_to_nothing),
    UNIT_TEST(the_last_line_needs_no_newline),
    UNIT_TEST(an_input_that_has_ended_is_not_watched),
    UNIT_TEST(a_failing_input_ends),
    UNIT_TEST(an_idle_connection_costs_little),
    UNIT_END,
};
