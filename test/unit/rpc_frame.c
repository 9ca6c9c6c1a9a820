/* SPDX-License-Identifier: MIT */
/* Line framing: every way to cut the input, line ends, lines that are too long. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/frame.h"

extern const struct unit_test frame_tests[];

/* Collects what comes out of a frame: lines in brackets, and marks for errors. */
struct record {
    struct mcps__frame frame;
    struct mcps__buf out;
};

static void record_init(struct record *r, size_t max)
{
    mcps__frame_init(&r->frame, max);
    mcps__buf_init(&r->out, 1 << 20);
}

static void record_fini(struct record *r)
{
    mcps__frame_fini(&r->frame);
    mcps__buf_fini(&r->out);
}

static int record_line(struct record *r, const char *line, size_t len)
{
    int e = mcps__buf_append_byte(&r->out, '[');

    if (e >= 0)
        e = mcps__buf_append(&r->out, line, len);
    return e < 0 ? e : mcps__buf_append_byte(&r->out, ']');
}

/* Feeds a piece in memory of its own, so that a sanitizer sees every wrong step. */
static int record_feed(struct record *r, const char *piece, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);
    const char *data = copy, *line;
    size_t line_len;
    int e = 0;

    if (!copy)
        return -ENOMEM;
    memcpy(copy, piece, len);
    while (e >= 0) {
        int n = mcps__frame_next(&r->frame, &data, &len, &line, &line_len);

        if (n == 0)
            break;
        if (n == 1)
            e = record_line(r, line, line_len);
        else
            e = n == MCPS_ELIMIT ? mcps__buf_append_byte(&r->out, '!') : n;
    }
    free(copy);
    return e;
}

static int record_end(struct record *r)
{
    const char *line;
    size_t len;

    return mcps__frame_end(&r->frame, &line, &len) == 1 ? record_line(r, line, len) : 0;
}

static void cuts_lines_however_they_come(void)
{
    static const struct {
        const char *input, *want;
    } rows[] = {
        { "", "" },
        { "abc\n", "[abc]" },
        { "abc", "[abc]" },
        { "a\nbc\n\nd", "[a][bc][d]" },
        { "a\r\nb\r\n", "[a][b]" },
        { "\r\n\n\r\n", "" },
        { "\r", "" },
        { "a\rb\r\r\n", "[a\rb\r]" },
        { "a\r", "[a]" },
        { "12345678\n", "[12345678]" },
        { "1234567\r\n", "[1234567]" },
        { "12345678\r\nok\n", "![ok]" },
        { "123456789\nok\n", "![ok]" },
        { "1234567890123456789012345678901234567890\nok", "![ok]" },
        { "123456789", "!" },
        { "123456789\n123456789\nab\n", "!![ab]" },
        { "a\n123456789\n", "[a]!" },
    };
    struct record r;

    record_init(&r, 8);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].input);

        /* Every pair of cuts: whole, in two, in three. */
        for (size_t a = 0; a <= len; a++) {
            for (size_t b = a; b <= len; b++) {
                record_fini(&r);
                record_init(&r, 8);
                unit_note_on_failure("%s cut at %zu and %zu", rows[i].input, a, b);
                CHECK_INT(record_feed(&r, rows[i].input, a), 0);
                CHECK_INT(record_feed(&r, rows[i].input + a, b - a), 0);
                CHECK_INT(record_feed(&r, rows[i].input + b, len - b), 0);
                CHECK_INT(record_end(&r), 0);
                CHECK_MEM(r.out.data, r.out.len, rows[i].want, strlen(rows[i].want));
            }
        }
    }
out:
    record_fini(&r);
}

static void is_fed_a_byte_at_a_time(void)
{
    static const char input[] = "{\"a\":1}\r\n\n{\"b\":2}\nlast";
    struct record r;

    record_init(&r, 100);
    for (size_t i = 0; i < strlen(input); i++)
        CHECK_INT(record_feed(&r, input + i, 1), 0);
    CHECK_INT(record_end(&r), 0);
    CHECK_INT(record_end(&r), 0);
    CHECK_MEM(r.out.data, r.out.len, "[{\"a\":1}][{\"b\":2}][last]", 24);
out:
    record_fini(&r);
}

static void a_whole_line_is_not_copied(void)
{
    static const char input[] = "abc\ndef\n";
    const char *data = input, *line = NULL;
    size_t len = strlen(input), line_len = 0;
    struct mcps__frame frame;

    mcps__frame_init(&frame, 100);
    CHECK_INT(mcps__frame_next(&frame, &data, &len, &line, &line_len), 1);
    CHECK(line == input);
    CHECK_INT(mcps__frame_next(&frame, &data, &len, &line, &line_len), 1);
    CHECK(line == input + 4);
    CHECK_INT(len, 0);
    CHECK_INT(mcps__frame_next(&frame, &data, &len, &line, &line_len), 0);
    CHECK(frame.begun.data == NULL);
out:
    mcps__frame_fini(&frame);
}

static void an_endless_line_keeps_no_memory(void)
{
    static const char piece[1000] = { 'x' };
    struct record r;

    record_init(&r, 100000);
    for (int i = 0; i < 1000; i++)
        CHECK_INT(record_feed(&r, piece, sizeof piece), 0);
    CHECK_MEM(r.out.data, r.out.len, "!", 1);
    CHECK(r.frame.begun.cap <= 2048);
    CHECK_INT(record_feed(&r, "\nok\n", 4), 0);
    CHECK_MEM(r.out.data, r.out.len, "![ok]", 5);
out:
    record_fini(&r);
}

static void a_long_line_leaves_no_memory_behind(void)
{
    static const char piece[50000] = { 'x' };
    struct record r;

    record_init(&r, 100000);
    CHECK_INT(record_feed(&r, piece, sizeof piece), 0);
    CHECK_INT(record_feed(&r, "\n", 1), 0);
    CHECK_INT(r.out.len, sizeof piece + 2);
    CHECK_INT(record_feed(&r, "a", 1), 0);
    CHECK(r.frame.begun.cap <= 2048);
out:
    record_fini(&r);
}

static void the_line_to_come_can_be_looked_at(void)
{
    const char *text = NULL;
    struct record r;

    record_init(&r, 100);
    CHECK_INT(mcps__frame_begun(&r.frame, &text), 0);
    CHECK_INT(record_feed(&r, "a\n{\"b\"", 6), 0);
    CHECK_INT(mcps__frame_begun(&r.frame, &text), 4);
    CHECK_MEM(text, 4, "{\"b\"", 4);
    /* A CR may turn out to be the line's end, and so no part of it. */
    CHECK_INT(record_feed(&r, ":1}\r", 4), 0);
    CHECK_INT(mcps__frame_begun(&r.frame, &text), 7);
    CHECK_INT(record_feed(&r, "\n", 1), 0);
    CHECK_INT(mcps__frame_begun(&r.frame, &text), 0);
out:
    record_fini(&r);
}

const struct unit_test frame_tests[] = {
    UNIT_TEST(cuts_lines_however_they_come),
    UNIT_TEST(is_fed_a_byte_at_a_time),
    UNIT_TEST(a_whole_line_is_not_copied),
    UNIT_TEST(an_endless_line_keeps_no_memory),
    UNIT_TEST(a_long_line_leaves_no_memory_behind),
    UNIT_TEST(the_line_to_come_can_be_looked_at),
    UNIT_END,
};
