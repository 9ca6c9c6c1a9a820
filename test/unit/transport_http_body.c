/* SPDX-License-Identifier: MIT */
/* Bodies: content out of chunks, limits, what comes behind them; in any pieces. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/http_body.h"

extern const struct unit_test http_body_tests[];

static const struct mcps__http_head chunked = { .chunked = true }, no_body = { 0 };

enum { CONTENT_MAX = 1000 };

/* What came out of a body. */
struct record {
    struct mcps__http_body body;
    char content[CONTENT_MAX + 1];
    size_t len;
    size_t taken; /* bytes off the input */
    int r;
};

static void record_init(struct record *r, const struct mcps__http_head *head,
                        uint64_t max)
{
    *r = (struct record){ .r = MCPS__BODY_MORE };
    mcps__http_body_init(&r->body, head, max);
}

/* Feeds a piece in memory of its own, so that a sanitizer sees every wrong step. */
static void record_feed(struct record *r, const char *piece, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);
    const char *data = copy;
    size_t left = len;

    if (!copy)
        abort();
    memcpy(copy, piece, len);
    do {
        struct mcps__slice run = { NULL, 0 };

        r->r = mcps__http_body_next(&r->body, &data, &left, &run);
        if (r->r == MCPS__BODY_CONTENT) {
            if (run.len == 0 || run.data + run.len != data ||
                run.len > CONTENT_MAX - r->len)
                abort();
            memcpy(r->content + r->len, run.data, run.len);
            r->len += run.len;
        }
    } while (r->r == MCPS__BODY_CONTENT);
    r->taken += len - left;
    free(copy);
}

struct row {
    const char *text;
    size_t len;
    const char *content;
    int r, status;
    size_t rest; /* bytes that belong to the next request */
};

#define TEXT(t) (t), sizeof(t) - 1

/* Whole, cut in two at every byte, and a byte at a time. */
static bool is_as_expected(const struct mcps__http_head *head, uint64_t max,
                           const struct row *row)
{
    bool ok = true;

    for (size_t cut = 0; cut <= row->len + 1 && ok; cut++) {
        struct record r;

        record_init(&r, head, max);
        for (size_t at = 0; cut == row->len + 1 && at < row->len && r.r == 0; at++)
            record_feed(&r, row->text + at, 1);
        if (cut <= row->len)
            record_feed(&r, row->text, cut);
        if (cut <= row->len && r.r == MCPS__BODY_MORE)
            record_feed(&r, row->text + cut, row->len - cut);
        ok = r.r == row->r && r.body.status == row->status &&
             strcmp(r.content, row->content) == 0 &&
             mcps__http_body_received(&r.body) == r.len &&
             (row->r < 0 || r.taken <= row->len - row->rest) &&
             (r.r != MCPS__BODY_END || r.taken == row->len - row->rest);
        if (!ok)
            unit_note("%s, cut at %zu: %d, %d (%s), content %s", row->text, cut, r.r,
                      r.body.status, r.body.why ? r.body.why : "-", r.content);
    }
    return ok;
}

static void a_declared_length_is_taken(void)
{
    static const struct mcps__http_head five = { .has_length = true, .length = 5 },
                                        zero = { .has_length = true };
    static const struct row rows[] = {
        { TEXT("abcde"), "abcde", MCPS__BODY_END, 0, 0 },
        { TEXT("abcdeGET "), "abcde", MCPS__BODY_END, 0, 4 },
        { TEXT("abcd"), "abcd", MCPS__BODY_MORE, 0, 0 },
        { TEXT(""), "", MCPS__BODY_MORE, 0, 0 },
    };
    static const struct row none = { TEXT("GET "), "", MCPS__BODY_END, 0, 4 };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(is_as_expected(&five, 5, &rows[i]));
    CHECK(is_as_expected(&zero, 0, &none));
    CHECK(is_as_expected(&no_body, 0, &none));
out:;
}

static void a_length_above_the_limit_is_known_at_once(void)
{
    static const struct mcps__http_head head = { .has_length = true, .length = 1025 };
    struct mcps__http_body body;
    struct mcps__slice run = { NULL, 0 };
    const char *data = "x";
    size_t len = 1;

    mcps__http_body_init(&body, &head, 1025);
    CHECK_INT(body.status, 0);
    mcps__http_body_init(&body, &head, 1024);
    CHECK_INT(body.status, 413);
    CHECK(body.why != NULL);
    CHECK_INT(mcps__http_body_next(&body, &data, &len, &run), MCPS_ELIMIT);
    CHECK_INT(len, 1);
    CHECK(run.data == NULL);
out:;
}

static void chunks_are_taken_apart(void)
{
    static const struct row rows[] = {
        { TEXT("0\r\n\r\n"), "", MCPS__BODY_END, 0, 0 },
        { TEXT("0\r\n\r\nGET "), "", MCPS__BODY_END, 0, 4 },
        { TEXT("5\r\nabcde\r\n0\r\n\r\n"), "abcde", MCPS__BODY_END, 0, 0 },
        { TEXT("3\r\nabc\r\n2\r\nde\r\n00\r\n\r\n\r\n"), "abcde", MCPS__BODY_END, 0, 2 },
        { TEXT("a\r\n0123456789\r\n00A\r\n0123456789\r\n0\r\n\r\n"),
          "01234567890123456789", MCPS__BODY_END, 0, 0 },
        { TEXT("000000000000001\r\na\r\n0\r\n\r\n"), "a", MCPS__BODY_END, 0, 0 },
        { TEXT("4\r\n0\r\n\r\r\n0\r\n\r\n"), "0\r\n\r", MCPS__BODY_END, 0, 0 },
        { TEXT("1;a=b\r\nx\r\n0;c=\"d;\te\"\r\n\r\n"), "x", MCPS__BODY_END, 0, 0 },
        { TEXT("1 \t ; a = b\r\nx\r\n0\r\n\r\n"), "x", MCPS__BODY_END, 0, 0 },
        { TEXT("0\r\nA: b\r\nContent-Length:5\r\nE:\r\n\r\nx"), "", MCPS__BODY_END, 0,
          1 },
        { TEXT("5\r\nabc"), "abc", MCPS__BODY_MORE, 0, 0 },
        { TEXT("5\r\nabcde\r\n"), "abcde", MCPS__BODY_MORE, 0, 0 },
        { TEXT("5\r\nabcde\r\n0\r\n"), "abcde", MCPS__BODY_MORE, 0, 0 },
        { TEXT("5\r\nabcde\r\n0\r\nA: b\r\n"), "abcde", MCPS__BODY_MORE, 0, 0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(is_as_expected(&chunked, 20, &rows[i]));
out:;
}

static void bad_chunks_are_refused(void)
{
    static const struct row rows[] = {
        { TEXT("\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT(" 1\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("-1\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("+1\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0x1\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("g\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1g\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT(";a\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1 \r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1 1\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1 1;a\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1\ra"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1\r\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1;a\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1;a\rb\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1;a\0\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1;\x7f\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0000000000000001\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("fffffffffffffffff\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1\r\nab\r\n"), "a", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1\r\na\n"), "a", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1\r\na\rb"), "a", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1\r\na0\r\n\r\n"), "a", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("1\r\na\r\n\r\n"), "a", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0\r\nGET / HTTP/1.1\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0\r\n\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0\r\n\ra"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0\r\n:b\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0\r\nA\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0\r\nA : b\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0\r\n A: b\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0\r\nA: b\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0\r\nA: b\rc"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0\r\nA: \0\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("0\r\nA: b\r\n c\r\n"), "", MCPS_EPROTOCOL, 400, 0 },
        { TEXT("b\r\n0"), "", MCPS_ELIMIT, 413, 0 },
        { TEXT("6\r\nabcdef\r\n5\r\n"), "abcdef", MCPS_ELIMIT, 413, 0 },
        { TEXT("fffffffffffffff\r\n"), "", MCPS_ELIMIT, 413, 0 },
        { TEXT("a\r\n0123456789\r\n1\r\n"), "0123456789", MCPS_ELIMIT, 413, 0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK(is_as_expected(&chunked, 10, &rows[i]));
out:;
}

static void extensions_have_a_limit_in_all(void)
{
    struct record r;
    size_t each = 16;

    record_init(&r, &chunked, CONTENT_MAX);
    for (size_t n = 0; n < MCPS__BODY_EXTENSION_MAX; n += each) {
        record_feed(&r, TEXT("1;123456789abcdef\r\nx\r\n"));
        CHECK_INT(r.r, MCPS__BODY_MORE);
    }
    CHECK_INT(r.len, MCPS__BODY_EXTENSION_MAX / each);
    record_feed(&r, TEXT("1\r\nx\r\n"));
    CHECK_INT(r.r, MCPS__BODY_MORE);
    record_feed(&r, TEXT("1;"));
    CHECK_INT(r.r, MCPS_EPROTOCOL);
    CHECK_INT(r.body.status, 400);
out:;
}

static void trailers_have_a_limit_in_all(void)
{
    struct record r;

    record_init(&r, &chunked, CONTENT_MAX);
    record_feed(&r, TEXT("0\r\n"));
    for (size_t n = 0; n < MCPS__BODY_TRAILER_MAX; n += 8)
        record_feed(&r, TEXT("A: bcd\r\n"));
    CHECK_INT(r.r, MCPS__BODY_MORE);
    record_feed(&r, TEXT("\r\n"));
    CHECK_INT(r.r, MCPS__BODY_END);
    record_init(&r, &chunked, CONTENT_MAX);
    record_feed(&r, TEXT("0\r\n"));
    for (size_t n = 0; n < MCPS__BODY_TRAILER_MAX; n += 8)
        record_feed(&r, TEXT("A: bcd\r\n"));
    CHECK_INT(r.r, MCPS__BODY_MORE);
    record_feed(&r, TEXT("A"));
    CHECK_INT(r.r, MCPS_ELIMIT);
    CHECK_INT(r.body.status, 431);
out:;
}

static void an_end_and_a_refusal_stay(void)
{
    struct record r;

    record_init(&r, &chunked, CONTENT_MAX);
    record_feed(&r, TEXT("0\r\n\r\n"));
    CHECK_INT(r.r, MCPS__BODY_END);
    record_feed(&r, TEXT("5\r\n"));
    CHECK_INT(r.r, MCPS__BODY_END);
    CHECK_INT(r.taken, 5);
    record_init(&r, &chunked, CONTENT_MAX);
    record_feed(&r, TEXT("x"));
    CHECK_INT(r.r, MCPS_EPROTOCOL);
    record_feed(&r, TEXT("0\r\n\r\n"));
    CHECK_INT(r.r, MCPS_EPROTOCOL);
    CHECK_INT(r.body.status, 400);
out:;
}

const struct unit_test http_body_tests[] = {
    UNIT_TEST(a_declared_length_is_taken),
    UNIT_TEST(a_length_above_the_limit_is_known_at_once),
    UNIT_TEST(chunks_are_taken_apart),
    UNIT_TEST(bad_chunks_are_refused),
    UNIT_TEST(extensions_have_a_limit_in_all),
    UNIT_TEST(trailers_have_a_limit_in_all),
    UNIT_TEST(an_end_and_a_refusal_stay),
    UNIT_END,
};
