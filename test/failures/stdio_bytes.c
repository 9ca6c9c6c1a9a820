/* SPDX-License-Identifier: MIT */
/* Group 7: lines, good ones and others: F7.10 to F7.14. */
#include "config.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "pipes.h"
#include "util/clock.h"
#include "util/utf8.h"

/* ---- F7.10: a bad line is a bad line ---- */

struct bad_line {
    const char *text;
    size_t len;
    int code; /* of the error that it is answered with; 0: none */
};

#define BAD_(text, code)               \
    {                                  \
        text, sizeof(text) - 1, (code) \
    }

/* After each line: exactly that error, without an id, and then the answer to a call. */
static bool goes_on_after(struct wire *wire, const struct bad_line *line, int id)
{
    struct json_object *message;
    char text[16];

    snprintf(text, sizeof text, "%d", id);
    if (!wire_send_bytes(wire, line->text, line->len) ||
        !wire_call(wire, text, "echo", "{\"text\":\"x\"}"))
        return false;
    message = wire_next(wire, WATCHDOG_MS);
    if (line->code != 0) {
        if (answer_code(message) != line->code || member(message, "id"))
            return false;
        message = wire_next(wire, WATCHDOG_MS);
    }
    return json_object_get_int(member(message, "id")) == id &&
           strcmp(answer_text(message), "x") == 0;
}

static bool is_each_survived(const struct bad_line *lines, size_t n)
{
    struct wire wire = { .memory = NULL };
    bool ok = wire_spawn_lab(&wire, "--option", "bad_messages=1000", "stdio:", NULL) &&
              greet(&wire);

    for (size_t i = 0; i < n && ok; i++) {
        ok = goes_on_after(&wire, &lines[i], (int)(10 + i));
        if (!ok)
            unit_note("after %s", lines[i].text);
    }
    for (size_t i = 0; i < wire.n_messages && ok; i++)
        ok = mcps__utf8_valid_prefix(wire.messages[i], strlen(wire.messages[i])) ==
             strlen(wire.messages[i]);
    wire_cut_input(&wire);
    ok = ok && wire_drain(&wire) && wire_ok(&wire) && wire_wait_exit(&wire) == 0;
    wire_free(&wire);
    return ok;
}

static void f7_10_a_bad_line_does_not_end_the_session(void)
{
    static const struct bad_line lines[] = {
        BAD_("NOT VALID JSON\n", -32700),
        BAD_("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"\n", -32700),
        BAD_("\n", 0),
        BAD_("\r\n", 0),
        BAD_("  \t \n", -32700),
        BAD_("[]\n", -32600),
        BAD_("[1]\n", -32600),
        BAD_("\"x\"\n", -32600),
        BAD_("1\n", -32600),
        BAD_("null\n", -32600),
        BAD_("\xff\xfe\n", -32700),
        BAD_("\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}\n", -32700),
        BAD_("\0\0\0\n", -32700),
        BAD_("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}\0\n", -32700),
        BAD_("{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"ping\"}"
             "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}\n",
             -32700),
    };

    CHECK(is_each_survived(lines, sizeof lines / sizeof lines[0]));
out:;
}

/* ---- F7.11: who answers errors with errors ---- */

/* Sends a ping, and as garbage to every error before its answer two lines more. Returns how
 * many errors there were, or -1. */
static int answer_errors(struct wire *wire, int serial)
{
    struct json_object *message;
    int errors = 0;

    if (!wire_send(wire, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}", serial))
        return -1;
    for (;;) {
        message = wire_next(wire, WATCHDOG_MS);
        if (!message)
            return -1;
        if (json_object_get_int(member(message, "id")) == serial)
            return errors;
        errors++;
        if (!wire_send(wire, "what do you mean by %d?\nI do not know", errors))
            return -1;
    }
}

static int answer_errors_until_none_comes(struct wire *wire, int serial)
{
    int errors = 0, n;

    do {
        n = answer_errors(wire, serial++);
        errors += n;
    } while (n > 0);
    return n < 0 ? -1 : errors;
}

/* The clock stands still, so there are as many as there may be in a second. */
static void f7_11_errors_do_not_answer_each_other(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    mcps__clock_drive(MCPS__NS_PER_S);
    CHECK(scene_start(&scene, 1, NULL, NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(greet(&wire));
    CHECK(wire_send(&wire, "garbage"));
    CHECK_INT(answer_errors_until_none_comes(&wire, 100), 10);
    for (int i = 0; i < 1000; i++)
        CHECK(wire_send(&wire, "garbage"));
    CHECK_INT(answer_errors_until_none_comes(&wire, 200), 0);
    mcps__clock_advance(MCPS__NS_PER_S);
    for (int i = 0; i < 1000; i++)
        CHECK(wire_send(&wire, "garbage"));
    CHECK_INT(answer_errors_until_none_comes(&wire, 300), 10);
    /* A request that can be named is not garbage, an answer is never answered. */
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":7}"));
    CHECK_INT(answer_code(wire_next(&wire, WATCHDOG_MS)), -32600);
    CHECK_INT(wire_answers(&wire, "5"), 1);
    mcps__clock_advance(MCPS__NS_PER_S);
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"
                           "\"message\":\"?\"}}"));
    CHECK(wire_send(&wire,
                    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1,\"message\":\"\"}}"));
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}"));
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":7}"));
    CHECK(wire_send(&wire, "{\"jsonrpc\":\"1.0\",\"id\":[],\"error\":7}"));
    CHECK_INT(answer_errors_until_none_comes(&wire, 400), 0);
    CHECK(scene_idle(&scene));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
    mcps__clock_release();
}

/* ---- F7.12: bytes that are not UTF-8 ---- */

#define TEXT_(bytes, code)                                                      \
    BAD_("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/call\",\"params\":{" \
         "\"name\":\"echo\",\"arguments\":{\"text\":\"" bytes "\"}}}\n",        \
         code)

static void f7_12_invalid_utf8(void)
{
    static const struct bad_line lines[] = {
        TEXT_("\xff\xfe", -32700),
        TEXT_("\x80", -32700),
        TEXT_("\xc0\x80", -32700),
        TEXT_("\xc1\xbf", -32700),
        TEXT_("\xe0\x80\x80", -32700),
        TEXT_("\xf0\x80\x80\x80", -32700),
        TEXT_("\xed\xa0\x80", -32700),
        TEXT_("\xed\xbf\xbf", -32700),
        TEXT_("\xf4\x90\x80\x80", -32700),
        TEXT_("\xf8\x88\x80\x80\x80", -32700),
        TEXT_("\xe2\x82", -32700),
        TEXT_("\xf0\x9f\x98", -32700),
        BAD_("{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"ping\"}\n", -32700),
        BAD_("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"\xff\"}\n", -32700),
        BAD_("{\"\xff\":1,\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}\n", -32700),
        BAD_("\xe2\x82\n", -32700),
    };

    CHECK(is_each_survived(lines, sizeof lines / sizeof lines[0]));
out:;
}

/* Until the server has read, and so scanned, so much of a line. */
static bool wait_for_input(struct scene *scene, uint64_t bytes)
{
    const struct timespec ms = { .tv_nsec = 1000000 };

    for (int i = 0; i < WATCHDOG_MS; i++) {
        if (scene_stats(scene).in_bytes >= bytes)
            return true;
        nanosleep(&ms, NULL);
    }
    return false;
}

#define FACES_ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"

/* Wherever it is cut in two, the server having read the first part by itself. A long line is
 * scanned while it arrives. */
static void across_reads(struct scene *scene, struct wire *wire, size_t padding_len)
{
    static const char tail[] = "\"},\"arguments\":{\"text\":\"" FACES_ "\"}}}\n";
    const size_t max = padding_len + 512;
    char *text = malloc(max);
    size_t head, len;

    CHECK(text != NULL);
    head = (size_t)snprintf(text, max,
                            "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/call\","
                            "\"params\":{\"name\":\"echo\",\"_meta\":{\"pad\":\"");
    memset(text + head, 'x', padding_len);
    head += padding_len;
    memcpy(text + head, tail, sizeof tail);
    len = head + sizeof tail - 1;
    for (size_t i = head; i < len; i++) {
        CHECK(wire_send_bytes(wire, text, i));
        CHECK(wait_for_input(scene, i));
        CHECK(wire_send_bytes(wire, text + i, len - i));
        CHECK_STR(answer_text(wire_next(wire, WATCHDOG_MS)), FACES_);
        CHECK(scene_idle(scene)); /* and no call that would count as input */
    }
out:
    free(text);
}

static void f7_12_characters_across_reads(void)
{
    struct scene scene = { .server = NULL };
    struct wire wire = { .memory = NULL };

    CHECK(scene_start(&scene, 1, NULL, NULL, 0));
    CHECK(wire_connect(&wire, &scene, NULL));
    CHECK(greet(&wire));
    across_reads(&scene, &wire, 0);
    across_reads(&scene, &wire, 66000);
    CHECK(wire_alive(&wire));
    CHECK(scene_log_ok(&scene));
out:
    wire_free(&wire);
    CHECK_AFTER(scene_close(&scene));
}

/* ---- F7.13: the ends of lines, and of the last one ---- */

static void f7_13_line_endings(void)
{
    static const char text[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r\n"
        "\r\n\n"
        "{\"jsonrpc\":\"2.0\",\r\"id\":2,\r\"method\":\"ping\"}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"echo\",\"arguments\":{\"text\":\"a\\r\\nb\\n\"}}}\r\n"
        "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{"
        "\"name\":\"echo\",\"arguments\":{\"text\":\"the last\"}}}";
    struct wire wire = { .memory = NULL };

    CHECK(wire_spawn_lab(&wire, "stdio:", NULL));
    CHECK(greet(&wire));
    CHECK(wire_send_bytes(&wire, text, sizeof text - 1));
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire.n_messages, 5);
    for (size_t i = 0; i < 5; i++)
        CHECK(!strchr(wire.messages[i], '\r'));
    CHECK_INT(wire_answers(&wire, "1"), 1);
    CHECK_INT(wire_answers(&wire, "2"), 1);
    CHECK_STR(answer_text(wire_answer(&wire, "3")), "a\r\nb\n");
    CHECK_STR(answer_text(wire_answer(&wire, "4")), "the last");
    CHECK(wire_ok(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
out:
    wire_free(&wire);
}

/* Half a message at the end is nobody's request. */
static void f7_13_half_a_message_at_the_end(void)
{
    static const char text[] = "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"pi";
    struct wire wire = { .memory = NULL };

    CHECK(wire_spawn_lab(&wire, "stdio:", NULL));
    CHECK(greet(&wire));
    CHECK(wire_send_bytes(&wire, text, sizeof text - 1));
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire.n_messages, 2);
    CHECK_INT(answer_code(wire.parsed[1]), -32700);
    CHECK(wire_ok(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
out:
    wire_free(&wire);
}

/* ---- F7.14: a line without an end ---- */

enum { LINE_MAX_BYTES = 16 << 20 };

/* The most memory that a process has had, in KiB. */
static long peak_kb(pid_t pid)
{
    char path[64], line[256];
    long kb = -1;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "r");
    while (file && kb < 0 && fgets(line, sizeof line, file)) {
        if (sscanf(line, "VmHWM: %ld", &kb) != 1)
            kb = -1;
    }
    if (file)
        fclose(file);
    return kb;
}

static bool send_times(struct wire *wire, const char *bytes, size_t len, size_t n)
{
    for (; n > 0; n--) {
        if (!wire_send_bytes(wire, bytes, len))
            return false;
    }
    return true;
}

static void f7_14_an_endless_line(void)
{
    const size_t mib = unit_repeat(64, 1024);
    char *some = malloc(65536);
    struct wire wire = { .memory = NULL };
    long before, after;

    CHECK(some != NULL);
    memset(some, 'x', 65536);
    CHECK(wire_spawn_lab(&wire, "--option", "message_bytes=16777216", "stdio:", NULL));
    CHECK(greet(&wire));
    before = peak_kb(wire.child);
    CHECK(wire_send_bytes(&wire, "\"", 1));
    CHECK(send_times(&wire, some, 65536, mib * 16));
    CHECK_INT(answer_code(wire_next(&wire, WATCHDOG_MS)), -32600);
    CHECK(wire_send_bytes(&wire, "\n", 1));
    CHECK(wire_alive(&wire));
    CHECK_INT(wire.n_messages, 3);
    after = peak_kb(wire.child);
    unit_note_on_failure("%ld KiB more", after - before);
    CHECK(before > 0);
    if (SCALE == 1)
        CHECK(after - before <= 2 * LINE_MAX_BYTES / 1024 + 1024);
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
    CHECK(wire_ok(&wire));
out:
    free(some);
    wire_free(&wire);
}

/* Each piece is read before the next is sent. */
static bool send_piecewise(struct wire *wire, const char *piece, size_t len, size_t n)
{
    int unread;

    for (; n > 0; n--) {
        do {
            sched_yield();
            if (ioctl(wire->to, FIONREAD, &unread) < 0)
                return false;
        } while (unread > 0);
        if (!wire_send_bytes(wire, piece, len))
            return false;
    }
    return true;
}

/* One that is as long as a line may be, its LF aside: to scan it anew with each piece would
 * take minutes. */
static void f7_14_a_long_line_in_small_pieces(void)
{
    static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\","
                               "\"params\":{\"pad\":\"";
    static const char tail[] = "\"}}\n";
    enum { PIECE = 1024 * SCALE, MAX_MS = 5000 };
    size_t left = LINE_MAX_BYTES - (sizeof head - 1) - (sizeof tail - 2);
    char some[PIECE];
    struct wire wire = { .memory = NULL };
    int64_t before = 0, took;

    memset(some, 'x', sizeof some);
    CHECK(wire_spawn_lab(&wire, "--option", "message_bytes=16777216", "stdio:", NULL));
    CHECK(greet(&wire));
    before = cpu_ms(wire.child);
    CHECK(wire_send_bytes(&wire, head, sizeof head - 1));
    CHECK(wire_send_bytes(&wire, some, left % PIECE));
    CHECK(send_piecewise(&wire, some, PIECE, left / PIECE));
    CHECK(wire_send_bytes(&wire, tail, sizeof tail - 1));
    CHECK(wire_answer(&wire, "7"));
    took = cpu_ms(wire.child) - before;
    unit_note_on_failure("%d ms of processor time", (int)took);
    CHECK(before >= 0 && took < MAX_MS);
    CHECK(wire_alive(&wire));
    wire_cut_input(&wire);
    CHECK(wire_drain(&wire));
    CHECK_INT(wire_wait_exit(&wire), 0);
    CHECK(wire_ok(&wire));
out:
    wire_free(&wire);
}

#define TEST_(fn) UNIT_TEST_ONCE(fn, "it has threads or processes")
const struct unit_test stdio_byte_tests[] = {
    TEST_(f7_10_a_bad_line_does_not_end_the_session),
    TEST_(f7_11_errors_do_not_answer_each_other),
    TEST_(f7_12_invalid_utf8),
    TEST_(f7_12_characters_across_reads),
    TEST_(f7_13_line_endings),
    TEST_(f7_13_half_a_message_at_the_end),
    TEST_(f7_14_an_endless_line),
    TEST_(f7_14_a_long_line_in_small_pieces),
    UNIT_END,
};
