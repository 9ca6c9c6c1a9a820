/* SPDX-License-Identifier: MIT */
/* The head of a request: what is read, what is refused, in any pieces. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/http_parse.h"

extern const struct unit_test http_parse_tests[];

enum { MAX_HEAD = 16384 };

/* What came of a request. */
struct verdict {
    int r, status;
    const char *why;
    size_t head_len;
    struct mcps__http_head head;
};

/* Parses texts that move with each piece, in memory that just fits. */
struct feed {
    struct mcps__http_parser parser;
    char *copy;
};

static void feed_init(struct feed *f, size_t max_head)
{
    mcps__http_parser_init(&f->parser, max_head);
    f->copy = NULL;
}

static void feed_fini(struct feed *f)
{
    free(f->copy);
    f->copy = NULL;
}

static struct verdict feed(struct feed *f, const char *text, size_t len)
{
    struct verdict v = { 0 };
    char *copy = malloc(len > 0 ? len : 1);

    if (!copy)
        abort();
    memcpy(copy, text, len);
    free(f->copy);
    f->copy = copy;
    v.r = mcps__http_parse(&f->parser, copy, len, &v.head, &v.head_len);
    v.status = f->parser.status;
    v.why = f->parser.why;
    return v;
}

/* The text in three pieces, at most: up to `a`, up to `b`, all. */
static struct verdict feed_cut(struct feed *f, const char *text, size_t len, size_t a,
                               size_t b)
{
    struct verdict v;

    mcps__http_parser_reset(&f->parser);
    v = feed(f, text, a);
    if (v.r == 0)
        v = feed(f, text, b);
    return v.r == 0 ? feed(f, text, len) : v;
}

static bool same_slice(struct mcps__slice a, struct mcps__slice b)
{
    return (a.data != NULL) == (b.data != NULL) && a.len == b.len &&
           (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static bool same_fields(const struct mcps__headers *a, const struct mcps__headers *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        if (!same_slice(a->items[i].name, b->items[i].name) ||
            !same_slice(a->items[i].value, b->items[i].value))
            return false;
    }
    return a->n == b->n;
}

static bool same_head(const struct mcps__http_head *a, const struct mcps__http_head *b)
{
    return a->method == b->method && same_slice(a->method_text, b->method_text) &&
           same_slice(a->path, b->path) && same_slice(a->query, b->query) &&
           same_slice(a->authority, b->authority) && same_slice(a->host, b->host) &&
           a->keep_alive == b->keep_alive && a->expects_continue == b->expects_continue &&
           a->chunked == b->chunked && a->has_length == b->has_length &&
           a->length == b->length && same_fields(&a->headers, &b->headers);
}

static bool same_verdict(const struct verdict *a, const struct verdict *b)
{
    if (a->r != b->r || a->status != b->status || a->why != b->why)
        return false;
    return a->r <= 0 || (a->head_len == b->head_len && same_head(&a->head, &b->head));
}

/* Is the verdict the same for every cut in two, and a byte at a time? */
static bool is_same_in_pieces(const char *text, size_t len, size_t max_head)
{
    struct feed whole, f;
    struct verdict want, got = { 0 };
    bool same = true;

    feed_init(&whole, max_head);
    feed_init(&f, max_head);
    want = feed(&whole, text, len);
    for (size_t cut = 0; cut <= len && same; cut++) {
        got = feed_cut(&f, text, len, cut, cut);
        same = same_verdict(&want, &got);
        if (!same)
            unit_note("cut at %zu: %d (%s)", cut, got.status, got.why ? got.why : "-");
    }
    mcps__http_parser_reset(&f.parser);
    got.r = 0;
    for (size_t n = 0; n <= len && got.r == 0 && same; n++)
        got = feed(&f, text, n);
    same = same && same_verdict(&want, &got);
    feed_fini(&whole);
    feed_fini(&f);
    return same;
}

#define TEXT(t)       (t), sizeof(t) - 1
#define HOSTED        "Host: h\r\n"
#define GET(rest)     "GET / HTTP/1.1\r\n" HOSTED rest "\r\n"
#define POST_TO(text) "POST " text " HTTP/1.1\r\n" HOSTED "\r\n"

/* ---- what is read ---- */

static const char typical[] = "POST /mcp?a=b HTTP/1.1\r\n"
                              "Host: 127.0.0.1:8080\r\n"
                              "content-TYPE:application/json\r\n"
                              "Accept: \t application/json, text/event-stream \t\r\n"
                              "X-Empty:\r\n"
                              "Content-Length: 363\r\n"
                              "\r\n";

static void a_typical_head_is_read(void)
{
    struct feed f;
    struct verdict v;

    feed_init(&f, MAX_HEAD);
    for (size_t cut = 0; cut < sizeof typical; cut++) {
        unit_note_on_failure("cut at %zu", cut);
        v = feed_cut(&f, TEXT(typical), cut, cut);
        CHECK_INT(v.r, 1);
        CHECK_INT(v.head_len, sizeof typical - 1);
        CHECK_INT(v.head.method, MCPS__HTTP_POST);
        CHECK_MEM(v.head.method_text.data, v.head.method_text.len, "POST", 4);
        CHECK_MEM(v.head.path.data, v.head.path.len, "/mcp", 4);
        CHECK_MEM(v.head.query.data, v.head.query.len, "a=b", 3);
        CHECK(v.head.authority.data == NULL);
        CHECK_MEM(v.head.host.data, v.head.host.len, "127.0.0.1:8080", 14);
        CHECK(v.head.keep_alive);
        CHECK(!v.head.expects_continue);
        CHECK(v.head.has_length && !v.head.chunked);
        CHECK_INT(v.head.length, 363);
        CHECK_INT(v.head.headers.n, 5);
        CHECK_MEM(v.head.headers.items[1].name.data, v.head.headers.items[1].name.len,
                  "content-TYPE", 12);
        CHECK(mcps__slice_is(mcps__headers_get(&v.head.headers, "Content-Type"),
                             "application/json"));
        CHECK(mcps__slice_is(mcps__headers_get(&v.head.headers, "accept"),
                             "application/json, text/event-stream"));
        CHECK(mcps__slice_is(mcps__headers_get(&v.head.headers, "x-empty"), ""));
    }
    CHECK(is_same_in_pieces(TEXT(typical), MAX_HEAD));
out:
    feed_fini(&f);
}

static void every_slice_is_of_the_bytes_given_last(void)
{
    struct feed f;
    struct verdict v;

    feed_init(&f, MAX_HEAD);
    v = feed_cut(&f, TEXT(typical), 60, 120);
    CHECK_INT(v.r, 1);
    CHECK(v.head.method_text.data == f.copy);
    CHECK(v.head.path.data == f.copy + 5);
    CHECK(v.head.query.data == f.copy + 10);
    CHECK(v.head.host.data == f.copy + 30);
    for (size_t i = 0; i < v.head.headers.n; i++) {
        CHECK(v.head.headers.items[i].name.data > f.copy);
        CHECK(v.head.headers.items[i].value.data < f.copy + v.head_len);
    }
out:
    feed_fini(&f);
}

/* What was looked at may be anything then: it is not looked at again until the end. */
static void goes_on_where_it_was(void)
{
    char text[sizeof typical];
    struct mcps__http_parser parser;
    struct mcps__http_head head;
    const size_t line = sizeof "POST /mcp?a=b HTTP/1.1\r\n" - 1;
    size_t head_len;

    memcpy(text, typical, sizeof typical);
    mcps__http_parser_init(&parser, MAX_HEAD);
    CHECK_INT(mcps__http_parse(&parser, text, 40, &head, &head_len), 0);
    memset(text, 0, 40);
    CHECK_INT(mcps__http_parse(&parser, text, 41, &head, &head_len), 0);
    /* A line is, when it is complete. */
    memcpy(text + line, typical + line, 40 - line);
    CHECK_INT(mcps__http_parse(&parser, text, sizeof text - 2, &head, &head_len), 0);
out:;
}

static void methods_are_told_apart(void)
{
    static const struct {
        const char *name;
        enum mcps__http_method method;
    } rows[] = {
        { "GET", MCPS__HTTP_GET },        { "HEAD", MCPS__HTTP_HEAD },
        { "POST", MCPS__HTTP_POST },      { "DELETE", MCPS__HTTP_DELETE },
        { "PUT", MCPS__HTTP_OTHER },      { "OPTIONS", MCPS__HTTP_OPTIONS },
        { "post", MCPS__HTTP_OTHER },     { "GETS", MCPS__HTTP_OTHER },
        { "M-SEARCH", MCPS__HTTP_OTHER },
    };
    struct feed f;

    feed_init(&f, MAX_HEAD);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[100];
        int len =
            snprintf(text, sizeof text, "%s / HTTP/1.1\r\nHost: h\r\n\r\n", rows[i].name);
        struct verdict v;

        mcps__http_parser_reset(&f.parser);
        v = feed(&f, text, (size_t)len);
        unit_note_on_failure("%s", rows[i].name);
        CHECK_INT(v.r, 1);
        CHECK_INT(v.head.method, rows[i].method);
        CHECK(mcps__slice_is(v.head.method_text, rows[i].name));
    }
out:
    feed_fini(&f);
}

static void targets_are_taken_apart(void)
{
    static const struct {
        const char *text;
        size_t len;
        const char *path, *query, *authority; /* NULL: not there */
    } rows[] = {
        { TEXT(POST_TO("/")), "/", NULL, NULL },
        { TEXT(POST_TO("/a/b%20c?d=/?e")), "/a/b%20c", "d=/?e", NULL },
        { TEXT(POST_TO("/a?")), "/a", "", NULL },
        { TEXT(POST_TO("//a")), "//a", NULL, NULL },
        { TEXT(POST_TO("/a{|}\"<>\\^`")), "/a{|}\"<>\\^`", NULL, NULL },
        { TEXT(POST_TO("http://h")), "/", NULL, "h" },
        { TEXT(POST_TO("http://h/")), "/", NULL, "h" },
        { TEXT(POST_TO("HTTPS://h.example:8080/p?q")), "/p", "q", "h.example:8080" },
        { TEXT(POST_TO("https://[::1]:80?q")), "/", "q", "[::1]:80" },
        { TEXT("OPTIONS * HTTP/1.1\r\n" HOSTED "\r\n"), "*", NULL, NULL },
    };
    struct feed f;

    feed_init(&f, MAX_HEAD);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct verdict v;

        mcps__http_parser_reset(&f.parser);
        v = feed(&f, rows[i].text, rows[i].len);
        unit_note_on_failure("%s", rows[i].text);
        CHECK_INT(v.r, 1);
        CHECK(mcps__slice_is(v.head.path, rows[i].path));
        CHECK(v.head.path.data > f.copy && v.head.path.data < f.copy + v.head_len);
        CHECK((v.head.query.data != NULL) == (rows[i].query != NULL));
        CHECK(!rows[i].query || mcps__slice_is(v.head.query, rows[i].query));
        CHECK((v.head.authority.data != NULL) == (rows[i].authority != NULL));
        CHECK(!rows[i].authority || mcps__slice_is(v.head.authority, rows[i].authority));
        CHECK(is_same_in_pieces(rows[i].text, rows[i].len, MAX_HEAD));
    }
out:
    feed_fini(&f);
}

/* Letters for what a head says: keep-alive, expects, chunked, length. */
static void says(const struct mcps__http_head *head, char out[5])
{
    out[0] = head->keep_alive ? 'k' : '-';
    out[1] = head->expects_continue ? 'e' : '-';
    out[2] = head->chunked ? 'c' : '-';
    out[3] = head->has_length ? 'l' : '-';
    out[4] = '\0';
}

static void fields_have_their_meaning(void)
{
    static const struct {
        const char *text;
        size_t len;
        const char *says;
        uint64_t length;
    } rows[] = {
        { TEXT(GET("")), "k---", 0 },
        { TEXT("\r\n" GET("")), "k---", 0 },
        { TEXT("GET / HTTP/1.9\r\n" HOSTED "\r\n"), "k---", 0 },
        { TEXT("GET / HTTP/1.0\r\n\r\n"), "----", 0 },
        { TEXT("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), "----", 0 },
        { TEXT("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), "----", 0 },
        { TEXT(GET("Connection: close\r\n")), "----", 0 },
        { TEXT(GET("Connection: Upgrade , CLOSE\r\nUpgrade: h2c\r\n")), "----", 0 },
        { TEXT(GET("Connection: closed\r\n")), "k---", 0 },
        { TEXT(GET("Connection: close\r\nConnection: keep-alive\r\n")), "----", 0 },
        { TEXT(GET("Connection: upgrade\r\nUpgrade: websocket\r\n")), "k---", 0 },
        { TEXT(GET("Connection:\r\n")), "k---", 0 },
        { TEXT(GET("Expect: 100-Continue\r\n")), "ke--", 0 },
        { TEXT(GET("Transfer-Encoding: chunked\r\n")), "k-c-", 0 },
        { TEXT(GET("TRANSFER-encoding:\tChunked \r\n")), "k-c-", 0 },
        { TEXT(GET("Content-Length: 0\r\n")), "k--l", 0 },
        { TEXT(GET("content-length:007\r\n")), "k--l", 7 },
        { TEXT(GET("Content-Length: 999999999999999999\r\n")), "k--l",
          999999999999999999 },
        { TEXT(GET("Accept: a\r\nAccept: b\r\nCookie: a\r\nCookie: b\r\n")), "k---", 0 },
        { TEXT(GET("Mcp-Param-a: 1\r\nMcp-Param-ab: 1\r\nMcp-Param-b: 1\r\n")), "k---",
          0 },
        { TEXT(GET("X: \x80\xff\ty~!\r\n")), "k---", 0 },
        { TEXT("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "k---", 0 },
        { TEXT("GET / HTTP/1.1\r\nHost: [::ffff:1.2.3.4]\r\n\r\n"), "k---", 0 },
        { TEXT("GET / HTTP/1.1\r\nHost: a_b.c%41~!$&'()*+,;=:\r\n\r\n"), "k---", 0 },
    };
    struct feed f;

    feed_init(&f, MAX_HEAD);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct verdict v;
        char got[5];

        mcps__http_parser_reset(&f.parser);
        v = feed(&f, rows[i].text, rows[i].len);
        unit_note_on_failure("%s", rows[i].text);
        CHECK_INT(v.status, 0);
        CHECK_INT(v.r, 1);
        CHECK_INT(v.head_len, rows[i].len);
        says(&v.head, got);
        CHECK_STR(got, rows[i].says);
        CHECK_INT(v.head.length, rows[i].length);
        CHECK(is_same_in_pieces(rows[i].text, rows[i].len, MAX_HEAD));
    }
out:
    feed_fini(&f);
}

static void no_prefix_of_a_head_is_one(void)
{
    struct feed f;

    feed_init(&f, MAX_HEAD);
    for (size_t len = 0; len < sizeof typical - 1; len++) {
        mcps__http_parser_reset(&f.parser);
        unit_note_on_failure("%zu bytes", len);
        CHECK_INT(feed(&f, typical, len).r, 0);
    }
out:
    feed_fini(&f);
}

static void one_request_follows_another(void)
{
    static const char text[] = "POST /a HTTP/1.1\r\n" HOSTED "Content-Length: 2\r\n\r\n{}"
                               "\r\nGET /b HTTP/1.1\r\n" HOSTED "\r\nGET ";
    struct feed f;
    struct verdict v;
    size_t at;

    feed_init(&f, MAX_HEAD);
    v = feed(&f, TEXT(text));
    CHECK_INT(v.r, 1);
    CHECK(mcps__slice_is(v.head.path, "/a"));
    at = v.head_len;
    CHECK_MEM(text + at, 2, "{}", 2);
    at += 2;
    mcps__http_parser_reset(&f.parser);
    v = feed(&f, text + at, sizeof text - 1 - at);
    CHECK_INT(v.r, 1);
    CHECK(mcps__slice_is(v.head.path, "/b"));
    CHECK(!v.head.has_length);
    CHECK_STR(text + at + v.head_len, "GET ");
out:
    feed_fini(&f);
}

/* ---- what is refused ---- */

#define REQUEST(line) line "\r\n" HOSTED "\r\n"

struct refused {
    const char *text;
    size_t len;
    int status;
};

/* Alone, and with more behind it: what follows changes nothing. */
static void check_refused(const struct refused *rows, size_t n)
{
    struct feed f;

    feed_init(&f, MAX_HEAD);
    for (size_t i = 0; i < n; i++) {
        struct verdict v;

        mcps__http_parser_reset(&f.parser);
        v = feed(&f, rows[i].text, rows[i].len);
        unit_note_on_failure("%zu: %s", i, rows[i].text);
        CHECK_INT(v.status, rows[i].status);
        CHECK(v.r == MCPS_EPROTOCOL || (v.r == MCPS_ELIMIT && v.status == 431));
        CHECK(v.why != NULL);
        CHECK(is_same_in_pieces(rows[i].text, rows[i].len, MAX_HEAD));
    }
out:
    feed_fini(&f);
}

static void bad_request_lines_are_refused(void)
{
    static const struct refused rows[] = {
        { TEXT("\r\n\r\n"), 400 },
        { TEXT("\n" GET("")), 400 },
        { TEXT("\r" GET("")), 400 },
        { TEXT(" " GET("")), 400 },
        { TEXT(REQUEST("GET /")), 400 }, /* HTTP/0.9 */
        { TEXT("GET /\r\n"), 400 },
        { TEXT(REQUEST("GET / ")), 400 },
        { TEXT(REQUEST("GET")), 400 },
        { TEXT(REQUEST("GET ")), 400 },
        { TEXT(REQUEST("GET  / HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET /  HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET / HTTP/1.1 ")), 400 },
        { TEXT(REQUEST("GET\t/ HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET /\tHTTP/1.1")), 400 },
        { TEXT(REQUEST("GET / a HTTP/1.1")), 400 },
        { TEXT(REQUEST("G(T / HTTP/1.1")), 400 },
        { TEXT(REQUEST("/ HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET / http/1.1")), 400 },
        { TEXT(REQUEST("GET / HTTP/1,1")), 400 },
        { TEXT(REQUEST("GET / HTTP/1.")), 400 },
        { TEXT(REQUEST("GET / HTTP/1.11")), 400 },
        { TEXT(REQUEST("GET / HTTP/11.1")), 400 },
        { TEXT(REQUEST("GET / HTTP/x.1")), 400 },
        { TEXT(REQUEST("GET / HTTP/1.x")), 400 },
        { TEXT(REQUEST("GET / HTTPS/1.1")), 400 },
        { TEXT(REQUEST("GET / HTTP/0.9")), 400 },
        { TEXT(REQUEST("GET / HTTP/2.0")), 505 },
        { TEXT(REQUEST("GET / HTTP/3.1")), 505 },
        { TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505 },
        { TEXT(REQUEST("GET /#a HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET /\x80 HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET /\0 HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET /\x7f HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET /\r HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET * HTTP/1.1")), 400 },
        { TEXT(REQUEST("OPTIONS ** HTTP/1.1")), 400 },
        { TEXT(REQUEST("CONNECT h:80 HTTP/1.1")), 501 },
        { TEXT(REQUEST("GET h:80 HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET a/b HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET ?a HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET ftp://h/ HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET http:/h/ HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET http:// HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET http:///a HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET http://:80/a HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET http://u@h/a HTTP/1.1")), 400 },
        { TEXT(REQUEST("GET http://h:8x/a HTTP/1.1")), 400 },
        { TEXT("\x16\x03\x01\x02"), 400 }, /* TLS, noticed at once */
    };

    check_refused(rows, sizeof rows / sizeof rows[0]);
}

static void bad_fields_are_refused(void)
{
    static const struct refused rows[] = {
        { TEXT("GET / HTTP/1.1\n" HOSTED "\r\n"), 400 },
        { TEXT("GET / HTTP/1.1\r\nHost: h\n\r\n"), 400 },
        { TEXT("GET / HTTP/1.1\r\nHost: h\r\n\n"), 400 },
        { TEXT(GET("A: b\rC: d\r\n")), 400 },
        { TEXT(GET("A: b\r\r\n")), 400 },
        { TEXT(GET("\r")), 400 },
        { TEXT(GET("A: b\r\n c\r\n")), 400 },
        { TEXT(GET("A: b\r\n\tc\r\n")), 400 },
        { TEXT("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), 400 },
        { TEXT(GET("A : b\r\n")), 400 },
        { TEXT(GET("A\t: b\r\n")), 400 },
        { TEXT(GET("Transfer-Encoding : chunked\r\n")), 400 },
        { TEXT(GET(": b\r\n")), 400 },
        { TEXT(GET("A\r\n")), 400 },
        { TEXT(GET("A b: c\r\n")), 400 },
        { TEXT(GET("A\x80: c\r\n")), 400 },
        { TEXT(GET("A(: c\r\n")), 400 },
        { TEXT(GET("A: \0\r\n")), 400 },
        { TEXT(GET("A\0: b\r\n")), 400 },
        { TEXT(GET("A: \x01\r\n")), 400 },
        { TEXT(GET("A: \x1b[1m\r\n")), 400 },
        { TEXT(GET("A: \x7f\r\n")), 400 },
        { TEXT(GET("A: \v\r\n")), 400 },
        { TEXT("GET / HTTP/1.1\r\n\r\n"), 400 }, /* no Host */
        { TEXT("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400 },
        { TEXT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400 },
        { TEXT("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400 },
        { TEXT("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"), 400 },
        { TEXT("GET / HTTP/1.1\r\nHost: ::1\r\n\r\n"), 400 },
        { TEXT("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), 400 },
        { TEXT("GET / HTTP/1.1\r\nHost: []\r\n\r\n"), 400 },
        { TEXT("GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n"), 400 },
        { TEXT("GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n"), 400 },
        { TEXT("GET / HTTP/1.0\r\nHost: a b\r\n\r\n"), 400 },
        { TEXT(GET("Expect: 200-ok\r\n")), 417 },
        { TEXT(GET("Expect:\r\n")), 417 },
        { TEXT(GET("Expect: 100-continue, 100-continue\r\n")), 417 },
    };

    check_refused(rows, sizeof rows / sizeof rows[0]);
}

#define LENGTH(text) GET("Content-Length:" text "\r\n")
#define CODING(text) GET("Transfer-Encoding:" text "\r\n")

static void doubtful_lengths_are_refused(void)
{
    static const struct refused rows[] = {
        { TEXT(LENGTH("")), 400 },
        { TEXT(LENGTH(" -1")), 400 },
        { TEXT(LENGTH(" +5")), 400 },
        { TEXT(LENGTH(" 0x10")), 400 },
        { TEXT(LENGTH(" 5, 5")), 400 },
        { TEXT(LENGTH(" 5 5")), 400 },
        { TEXT(LENGTH(" 5.0")), 400 },
        { TEXT(LENGTH(" 5;")), 400 },
        { TEXT(LENGTH(" abc")), 400 },
        { TEXT(LENGTH(" 18446744073709551616")), 400 },
        { TEXT(LENGTH(" 1000000000000000000")), 400 },
        { TEXT(GET("Content-Length: 5\r\nContent-Length: 5\r\n")), 400 },
        { TEXT(GET("Content-Length: 5\r\nContent-Length: 6\r\n")), 400 },
        { TEXT(GET("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")), 400 },
        { TEXT(GET("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")), 400 },
        { TEXT(GET("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n")), 400 },
        { TEXT(GET("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
          400 },
        { TEXT("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
        { TEXT(CODING("")), 400 },
        { TEXT(CODING(" chunked, chunked")), 400 },
        { TEXT(CODING(" chunked, identity")), 400 },
        { TEXT(CODING(" chunked, gzip")), 400 },
        { TEXT(CODING(" chunked,")), 400 },
        { TEXT(CODING(" ,chunked")), 400 },
        { TEXT(CODING(" chunked;a=b")), 400 },
        { TEXT(CODING(" \"chunked\"")), 400 },
        { TEXT(CODING(" chunked gzip")), 400 },
        { TEXT(CODING(" chunked\x0b")), 400 },
        { TEXT(CODING(" gzip, chunked")), 501 },
        { TEXT(CODING(" gzip;level=1, chunked")), 501 },
        { TEXT(CODING(" xchunked")), 501 },
        { TEXT(CODING(" identity")), 501 },
    };

    check_refused(rows, sizeof rows / sizeof rows[0]);
}

static const char *const once[] = {
    "Host",          "Content-Length", "Content-Type",   "Transfer-Encoding",
    "Authorization", "Origin",         "Mcp-Session-Id", "MCP-Protocol-Version",
    "Mcp-Method",    "Mcp-Name",       "Last-Event-ID",  "Mcp-Param-Region",
    "Mcp-Param-",    "Expect",
};

static void what_is_there_once_is_not_there_twice(void)
{
    struct feed f;

    feed_init(&f, MAX_HEAD);
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        const char *value = strcmp(once[i], "Content-Length") == 0      ? "1"
                            : strcmp(once[i], "Transfer-Encoding") == 0 ? "chunked"
                            : strcmp(once[i], "Expect") == 0            ? "100-continue"
                                                                        : "a";
        char upper[32] = { 0 }, text[300];
        struct verdict v;
        int len;

        for (size_t k = 0; once[i][k] != '\0'; k++)
            upper[k] = (char)(once[i][k] >= 'a' ? once[i][k] - 'a' + 'A' : once[i][k]);
        /* Once it is fine; the second in other letters, and behind something else. */
        len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s%s: %s\r\nA: b\r\n\r\n",
                       i > 0 ? HOSTED : "", once[i], value);
        mcps__http_parser_reset(&f.parser);
        unit_note_on_failure("%s", once[i]);
        CHECK_INT(feed(&f, text, (size_t)len).r, 1);
        len = snprintf(text, sizeof text,
                       "GET / HTTP/1.1\r\n%s%s: %s\r\nA: b\r\n%s: %s\r\n\r\n",
                       i > 0 ? HOSTED : "", once[i], value, upper, value);
        mcps__http_parser_reset(&f.parser);
        v = feed(&f, text, (size_t)len);
        CHECK_INT(v.status, 400);
        CHECK(is_same_in_pieces(text, (size_t)len, MAX_HEAD));
    }
out:
    feed_fini(&f);
}

/* A letter apart, it is another field. */
static void names_are_compared_to_the_last_letter(void)
{
    struct feed f;

    feed_init(&f, MAX_HEAD);
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        /* Whatever stands behind this prefix may come once. */
        size_t name_len = strncmp(once[i], "Mcp-Param-", 10) == 0 ? 10 : strlen(once[i]);

        for (size_t at = 0; at < name_len; at++) {
            char text[200], name[32];
            int len;

            snprintf(name, sizeof name, "%s", once[i]);
            name[at] = 'q';
            len = snprintf(text, sizeof text, GET("%s: ?\r\n%s: ?\r\n"), name, name);
            mcps__http_parser_reset(&f.parser);
            unit_note_on_failure("%s", name);
            CHECK_INT(feed(&f, text, (size_t)len).r, 1);
        }
    }
out:
    feed_fini(&f);
}

static void what_was_refused_stays_refused(void)
{
    struct feed f;
    struct verdict v;

    feed_init(&f, MAX_HEAD);
    v = feed(&f, TEXT("GET / HTTP/2.0\r\n"));
    CHECK_INT(v.r, MCPS_EPROTOCOL);
    v = feed(&f, TEXT("GET / HTTP/2.0\r\n" GET("")));
    CHECK_INT(v.r, MCPS_EPROTOCOL);
    CHECK_INT(v.status, 505);
    CHECK(v.head.headers.items == NULL);
    mcps__http_parser_reset(&f.parser);
    CHECK_INT(feed(&f, TEXT(GET(""))).r, 1);
out:
    feed_fini(&f);
}

/* ---- limits ---- */

static void heads_have_a_limit(void)
{
    static const char head[] = GET("Abc: defghi\r\n");
    const size_t len = sizeof head - 1;
    struct feed f, g;
    struct verdict v;

    feed_init(&f, len);
    feed_init(&g, len - 1);
    CHECK_INT(feed(&f, head, len).r, 1);
    v = feed(&g, head, len);
    CHECK_INT(v.r, MCPS_ELIMIT);
    CHECK_INT(v.status, 431);
    for (size_t max = len - 15; max <= len + 1; max++)
        CHECK(is_same_in_pieces(head, len, max));
    /* Not only once it is complete. */
    mcps__http_parser_reset(&g.parser);
    CHECK_INT(feed(&g, head, len - 2).r, 0);
    CHECK_INT(feed(&g, head, len - 1).status, 431);
    /* An empty line before it counts. */
    mcps__http_parser_reset(&f.parser);
    CHECK_INT(feed(&f, TEXT("\r\n" GET("Abc: defghi\r\n"))).status, 431);
out:
    feed_fini(&f);
    feed_fini(&g);
}

static void request_lines_have_a_limit(void)
{
    static const char line[] = "GET /abcdefghijklm HTTP/1.1";
    const size_t len = sizeof line - 1;
    struct feed f, g;
    char text[200];
    int n = snprintf(text, sizeof text, "\r\n%s\r\n" HOSTED "\r\n", line);

    feed_init(&f, 2 * len);
    feed_init(&g, 2 * len - 1);
    CHECK_INT(feed(&f, text, (size_t)n).r, 1);
    CHECK_INT(feed(&g, text, (size_t)n).status, 414);
    CHECK_INT(g.parser.status, 414);
    for (size_t max = 0; max <= 2 * len + 1; max++) {
        unit_note_on_failure("limit %zu", max);
        CHECK(is_same_in_pieces(text, (size_t)n, max));
    }
    mcps__http_parser_reset(&g.parser);
    CHECK_INT(feed(&g, text, 2 + len).r, 0);
    CHECK_INT(feed(&g, text, 2 + len + 1).status, 414);
out:
    feed_fini(&f);
    feed_fini(&g);
}

static void there_may_be_a_hundred_fields(void)
{
    char text[2000];
    struct feed f;
    struct verdict v;
    size_t len = sizeof "GET / HTTP/1.1\r\n" HOSTED - 1;

    memcpy(text, "GET / HTTP/1.1\r\n" HOSTED, len);
    for (int i = 1; i < MCPS__HTTP_FIELDS_MAX; i++) {
        memcpy(text + len, "A: b\r\n", 6);
        len += 6;
    }
    memcpy(text + len, "A: b\r\n\r\n", 8);
    feed_init(&f, MAX_HEAD);
    v = feed(&f, text, len + 8);
    CHECK_INT(v.r, MCPS_ELIMIT);
    CHECK_INT(v.status, 431);
    memcpy(text + len, "\r\n", 2);
    mcps__http_parser_reset(&f.parser);
    v = feed(&f, text, len + 2);
    CHECK_INT(v.r, 1);
    CHECK_INT(v.head.headers.n, MCPS__HTTP_FIELDS_MAX);
    CHECK_INT(mcps__headers_count(&v.head.headers, "a"), MCPS__HTTP_FIELDS_MAX - 1);
out:
    feed_fini(&f);
}

const struct unit_test http_parse_tests[] = {
    UNIT_TEST(a_typical_head_is_read),
    UNIT_TEST(every_slice_is_of_the_bytes_given_last),
    UNIT_TEST(goes_on_where_it_was),
    UNIT_TEST(methods_are_told_apart),
    UNIT_TEST(targets_are_taken_apart),
    UNIT_TEST(fields_have_their_meaning),
    UNIT_TEST(no_prefix_of_a_head_is_one),
    UNIT_TEST(one_request_follows_another),
    UNIT_TEST(bad_request_lines_are_refused),
    UNIT_TEST(bad_fields_are_refused),
    UNIT_TEST(doubtful_lengths_are_refused),
    UNIT_TEST(what_is_there_once_is_not_there_twice),
    UNIT_TEST(names_are_compared_to_the_last_letter),
    UNIT_TEST(what_was_refused_stays_refused),
    UNIT_TEST(heads_have_a_limit),
    UNIT_TEST(request_lines_have_a_limit),
    UNIT_TEST(there_may_be_a_hundred_fields),
    UNIT_END,
};
