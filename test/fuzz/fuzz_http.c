/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1 requests, one behind the other, held against the rules of RFC 9112. The first
 * byte of the input is the seed of the pieces, the second chooses the limits.
 *
 * The verdict and all that is read must not depend on the pieces. What is accepted is
 * written again from what was read, and must come out as it came in; each line is looked
 * at with the grammar's own words, each rule about lengths on its own.
 */
#include "config.h"

#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "transport/http_body.h"
#include "util/buf.h"

/* ---- pieces ---- */

struct parsed {
    int r, status;
    struct mcps__http_head head;
    size_t len;
};

/* All at once, or in pieces that move: each in memory that just fits. The last stays,
 * with the slices in it, until the caller frees it. */
static struct parsed parse(struct mcps__http_parser *parser, const char *text,
                           size_t size, uint32_t *seed, char **ret_copy)
{
    struct parsed p = { 0 };
    size_t given = 0;

    *ret_copy = NULL;
    do {
        char *copy;

        given += seed && given < size ? fuzz_piece(seed, size - given) : size - given;
        copy = malloc(given > 0 ? given : 1);
        FUZZ_CHECK(copy != NULL);
        memcpy(copy, text, given);
        free(*ret_copy);
        *ret_copy = copy;
        p.r = mcps__http_parse(parser, copy, given, &p.head, &p.len);
    } while (p.r == 0 && given < size);
    p.status = parser->status;
    return p;
}

static bool same_slice(struct mcps__slice a, struct mcps__slice b)
{
    return (a.data != NULL) == (b.data != NULL) && a.len == b.len &&
           (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void check_same(const struct parsed *a, const struct parsed *b)
{
    const struct mcps__http_head *x = &a->head, *y = &b->head;

    FUZZ_CHECK(a->r == b->r && a->status == b->status && a->len == b->len);
    FUZZ_CHECK(x->method == y->method && same_slice(x->method_text, y->method_text));
    FUZZ_CHECK(same_slice(x->path, y->path) && same_slice(x->query, y->query));
    FUZZ_CHECK(same_slice(x->authority, y->authority) && same_slice(x->host, y->host));
    FUZZ_CHECK(x->keep_alive == y->keep_alive);
    FUZZ_CHECK(x->expects_continue == y->expects_continue);
    FUZZ_CHECK(x->chunked == y->chunked && x->has_length == y->has_length);
    FUZZ_CHECK(x->length == y->length && x->headers.n == y->headers.n);
    for (size_t i = 0; i < x->headers.n; i++) {
        FUZZ_CHECK(same_slice(x->headers.items[i].name, y->headers.items[i].name));
        FUZZ_CHECK(same_slice(x->headers.items[i].value, y->headers.items[i].value));
    }
}

/* ---- a head that was accepted ---- */

static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
              (c >= 'A' && c <= 'Z') || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c))))
            return false;
    }
    return len > 0;
}

static void check_bytes(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '\r')
            FUZZ_CHECK(i + 1 < len && text[i + 1] == '\n');
        else if (c == '\n')
            FUZZ_CHECK(i > 0 && text[i - 1] == '\r');
        else
            FUZZ_CHECK(c == '\t' || (c >= ' ' && c != 0x7f));
    }
}

static void check_slice(struct mcps__slice s, const char *text, size_t len)
{
    if (s.data)
        FUZZ_CHECK(s.data >= text && s.len <= len && s.data + s.len <= text + len);
    else
        FUZZ_CHECK(s.len == 0);
}

/* The target in its parts: what of the line they make up. */
static size_t target_len(const struct mcps__http_head *h, const char *target)
{
    struct mcps__slice path = h->path;
    const char *end = target;

    if (h->authority.data) {
        FUZZ_CHECK(h->authority.len > 0);
        end = h->authority.data + h->authority.len;
        if (path.data < end) { /* "/" for none */
            FUZZ_CHECK(path.len == 1 && path.data[0] == '/');
            path = (struct mcps__slice){ end, 0 };
        }
    }
    FUZZ_CHECK(path.data == end);
    FUZZ_CHECK(h->path.data[0] == '/' || mcps__slice_is(h->path, "*"));
    end += path.len;
    if (h->query.data) {
        FUZZ_CHECK(*end == '?' && h->query.data == end + 1);
        end += 1 + h->query.len;
    }
    return (size_t)(end - target);
}

/* Returns where the fields begin. */
static const char *check_request_line(const struct mcps__http_head *h, const char *text)
{
    const char *at = text + (text[0] == '\r' ? 2 : 0);

    FUZZ_CHECK(h->method_text.data == at && is_token(at, h->method_text.len));
    at += h->method_text.len;
    FUZZ_CHECK(*at++ == ' ');
    for (const char *end = at + target_len(h, at); at < end; at++)
        FUZZ_CHECK(*at > ' ' && *at < 0x7f && *at != '#');
    FUZZ_CHECK(memcmp(at, " HTTP/1.", 8) == 0);
    FUZZ_CHECK(at[8] >= '0' && at[8] <= '9' && memcmp(at + 9, "\r\n", 2) == 0);
    FUZZ_CHECK(at[8] != '0' || (!h->keep_alive && !h->expects_continue && !h->chunked));
    return at + 11;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The lines are those of the fields, each to its last byte, and then an empty one. */
static void check_lines(const struct mcps__http_head *h, const char *at, const char *end)
{
    for (size_t i = 0; i < h->headers.n; i++) {
        const struct mcps__header *f = &h->headers.items[i];

        FUZZ_CHECK(f->name.data == at && is_token(at, f->name.len));
        at += f->name.len;
        FUZZ_CHECK(*at++ == ':');
        FUZZ_CHECK(f->value.len == 0 || (!is_blank(f->value.data[0]) &&
                                         !is_blank(f->value.data[f->value.len - 1])));
        if (f->value.len > 0) {
            while (is_blank(*at))
                at++;
            FUZZ_CHECK(f->value.data == at);
            at += f->value.len;
        }
        while (is_blank(*at))
            at++;
        FUZZ_CHECK(*at++ == '\r');
        FUZZ_CHECK(*at++ == '\n');
    }
    FUZZ_CHECK(end - at == 2 && memcmp(at, "\r\n", 2) == 0);
}

static void check_length(const struct mcps__http_head *h)
{
    struct mcps__slice value = mcps__headers_get(&h->headers, "Content-Length");
    uint64_t length = 0;

    FUZZ_CHECK(h->has_length == (value.data != NULL));
    FUZZ_CHECK(h->has_length || h->length == 0);
    FUZZ_CHECK(!h->has_length || (value.len > 0 && value.len <= 18));
    for (size_t i = 0; i < value.len; i++) {
        FUZZ_CHECK(value.data[i] >= '0' && value.data[i] <= '9');
        length = length * 10 + (uint64_t)(value.data[i] - '0');
    }
    FUZZ_CHECK(h->length == length);
}

static void check_fields(const struct mcps__http_head *h, bool is_1_0)
{
    static const char *const once[] = {
        "Host",          "Content-Length", "Content-Type",   "Transfer-Encoding",
        "Authorization", "Origin",         "Mcp-Session-Id", "MCP-Protocol-Version",
        "Mcp-Method",    "Mcp-Name",       "Last-Event-ID",  "Expect",
        "Mcp-Param-A",
    };
    struct mcps__slice coding = mcps__headers_get(&h->headers, "Transfer-Encoding");

    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
        FUZZ_CHECK(mcps__headers_count(&h->headers, once[i]) <= 1);
    FUZZ_CHECK(is_1_0 || h->host.data);
    FUZZ_CHECK(same_slice(h->host, mcps__headers_get(&h->headers, "host")));
    FUZZ_CHECK(h->chunked == (coding.data != NULL));
    FUZZ_CHECK(!h->chunked || mcps__slice_is_nocase(coding, "chunked"));
    FUZZ_CHECK(!(h->chunked && h->has_length));
    check_length(h);
}

/* Written with nothing but what was read, it says the same. */
static void check_again(const struct parsed *p, bool is_1_0)
{
    static struct mcps__http_parser parser;
    const struct mcps__http_head *h = &p->head;
    struct parsed again = { 0 };
    struct mcps__buf text;
    int r;

    mcps__buf_init(&text, SIZE_MAX);
    r = mcps__buf_append(&text, h->method_text.data, h->method_text.len);
    r |= mcps__buf_append(&text, " ", 1);
    if (h->authority.data) {
        r |= mcps__buf_append(&text, "http://", 7);
        r |= mcps__buf_append(&text, h->authority.data, h->authority.len);
    }
    r |= mcps__buf_append(&text, h->path.data, h->path.len);
    if (h->query.data) {
        r |= mcps__buf_append(&text, "?", 1);
        r |= mcps__buf_append(&text, h->query.data, h->query.len);
    }
    r |= mcps__buf_append(&text, is_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n", 11);
    for (size_t i = 0; i < h->headers.n; i++) {
        const struct mcps__header *f = &h->headers.items[i];

        r |= mcps__buf_append(&text, f->name.data, f->name.len);
        r |= mcps__buf_append(&text, ": ", 2);
        r |= mcps__buf_append(&text, f->value.data, f->value.len);
        r |= mcps__buf_append(&text, "\r\n", 2);
    }
    r |= mcps__buf_append(&text, "\r\n", 2);
    FUZZ_CHECK(r == 0);
    mcps__http_parser_init(&parser, 4 * text.len);
    again.r = mcps__http_parse(&parser, text.data, text.len, &again.head, &again.len);
    FUZZ_CHECK(again.r == 1 && again.len == text.len);
    again.len = p->len;
    check_same(p, &again);
    mcps__buf_fini(&text);
}

static void check_accepted(const struct parsed *p, const char *text)
{
    const struct mcps__http_head *h = &p->head;
    const char *fields;
    bool is_1_0;

    check_bytes(text, p->len);
    check_slice(h->method_text, text, p->len);
    check_slice(h->path, text, p->len);
    check_slice(h->query, text, p->len);
    check_slice(h->authority, text, p->len);
    check_slice(h->host, text, p->len);
    for (size_t i = 0; i < h->headers.n; i++) {
        check_slice(h->headers.items[i].name, text, p->len);
        check_slice(h->headers.items[i].value, text, p->len);
    }
    fields = check_request_line(h, text);
    is_1_0 = fields[-3] == '0';
    check_lines(h, fields, text + p->len);
    check_fields(h, is_1_0);
    check_again(p, is_1_0);
}

static void check_refused(const struct parsed *p)
{
    static const int statuses[] = { 400, 414, 417, 431, 501, 505 };
    bool known = false;

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        known = known || statuses[i] == p->status;
    FUZZ_CHECK(known);
    FUZZ_CHECK((p->r == MCPS_ELIMIT) == (p->status == 414 || p->status == 431));
    FUZZ_CHECK(p->r == MCPS_ELIMIT || p->r == MCPS_EPROTOCOL);
}

/* ---- bodies ---- */

struct content {
    struct mcps__buf data;
    int r, status;
    size_t taken;
};

/* With a seed in pieces. */
static struct content read_body(const struct mcps__http_head *head, uint64_t max,
                                const char *text, size_t size, uint32_t *seed)
{
    struct content c = { .r = MCPS__BODY_MORE };
    struct mcps__http_body body;

    mcps__buf_init(&c.data, SIZE_MAX);
    mcps__http_body_init(&body, head, max);
    FUZZ_CHECK((body.status == 413) == (head->has_length && head->length > max));
    do {
        size_t piece =
            seed && c.taken < size ? fuzz_piece(seed, size - c.taken) : size - c.taken;
        size_t left = piece;
        char *copy = malloc(piece > 0 ? piece : 1);
        const char *data = copy;

        FUZZ_CHECK(copy != NULL);
        memcpy(copy, text + c.taken, piece);
        do {
            struct mcps__slice run = { NULL, 0 };

            c.r = mcps__http_body_next(&body, &data, &left, &run);
            if (c.r == MCPS__BODY_CONTENT) {
                FUZZ_CHECK(run.len > 0 && run.data >= copy && run.data + run.len == data);
                FUZZ_CHECK(mcps__buf_append(&c.data, run.data, run.len) == 0);
            }
        } while (c.r == MCPS__BODY_CONTENT);
        FUZZ_CHECK(data == copy + (piece - left));
        FUZZ_CHECK(c.r != MCPS__BODY_MORE || left == 0);
        c.taken += piece - left;
        free(copy);
    } while (c.r == MCPS__BODY_MORE && c.taken < size);
    FUZZ_CHECK(mcps__http_body_received(&body) == c.data.len && c.data.len <= max);
    c.status = body.status;
    return c;
}

/* The content of a complete chunked body is found again by believing its sizes. */
static void check_chunks(const struct content *c, const char *at)
{
    size_t found = 0;

    for (;;) {
        size_t size = (size_t)strtoull(at, NULL, 16);

        FUZZ_CHECK(strchr("0123456789abcdefABCDEF", *at) != NULL);
        at = strchr(at, '\n') + 1;
        if (size == 0)
            break;
        FUZZ_CHECK(size <= c->data.len - found);
        FUZZ_CHECK(memcmp(c->data.data + found, at, size) == 0);
        FUZZ_CHECK(memcmp(at + size, "\r\n", 2) == 0);
        found += size;
        at += size + 2;
    }
    FUZZ_CHECK(found == c->data.len);
}

static void check_body(const struct mcps__http_head *head, const struct content *c,
                       const char *text)
{
    if (c->r == MCPS__BODY_END && head->chunked) {
        FUZZ_CHECK(memcmp(text + c->taken - 4, "\r\n\r\n", 4) == 0 ||
                   text[c->taken - 3] == '\n');
        check_chunks(c, text);
    } else if (c->r == MCPS__BODY_END) {
        FUZZ_CHECK(c->taken == head->length && c->data.len == head->length);
        FUZZ_CHECK(c->taken == 0 || memcmp(c->data.data, text, c->taken) == 0);
    } else if (c->r != MCPS__BODY_MORE) {
        FUZZ_CHECK(c->status == 413 ||
                   (head->chunked && (c->status == 400 || c->status == 431)));
    }
}

/* Returns how many bytes it took, or SIZE_MAX when nothing can follow. */
static size_t run_body(const struct mcps__http_head *head, uint64_t max, const char *text,
                       size_t size, uint32_t *seed)
{
    struct content whole = read_body(head, max, text, size, NULL);
    struct content cut = read_body(head, max, text, size, seed);
    size_t taken = whole.r == MCPS__BODY_END ? whole.taken : SIZE_MAX;

    FUZZ_CHECK(whole.r == cut.r && whole.status == cut.status);
    FUZZ_CHECK(whole.taken == cut.taken && whole.data.len == cut.data.len);
    FUZZ_CHECK(whole.data.len == 0 ||
               memcmp(whole.data.data, cut.data.data, whole.data.len) == 0);
    check_body(head, &whole, text);
    mcps__buf_fini(&whole.data);
    mcps__buf_fini(&cut.data);
    return taken;
}

/* ---- requests ---- */

struct limits {
    size_t head;
    uint64_t body;
};

/* Returns how many bytes it took, or SIZE_MAX when nothing can follow. */
static size_t run_request(const struct limits *limits, const char *text, size_t size,
                          uint32_t *seed)
{
    static struct mcps__http_parser one, two;
    char *whole_text, *cut_text;
    struct parsed whole, cut;
    size_t taken = SIZE_MAX;

    mcps__http_parser_init(&one, limits->head);
    mcps__http_parser_init(&two, limits->head);
    whole = parse(&one, text, size, NULL, &whole_text);
    cut = parse(&two, text, size, seed, &cut_text);
    check_same(&whole, &cut);
    FUZZ_CHECK(one.why == two.why);
    if (whole.r > 0) {
        FUZZ_CHECK(whole.len <= limits->head && whole.len <= size);
        check_accepted(&whole, whole_text);
        taken =
            run_body(&whole.head, limits->body, text + whole.len, size - whole.len, seed);
        if (taken != SIZE_MAX)
            taken += whole.len;
    } else if (whole.r < 0) {
        check_refused(&whole);
    } else {
        FUZZ_CHECK(size < limits->head);
        FUZZ_CHECK(one.status == 0);
    }
    free(whole_text);
    free(cut_text);
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct limits limits = { 16384, 20000 };
    const char *text;
    char *copy;
    uint32_t seed;
    size_t at = 0;

    if (size < 2)
        return 0;
    seed = data[0];
    if (data[1] & 1)
        limits.body = data[1] / 8;
    if (data[1] & 2)
        limits.head = 8 + data[1];
    /* A NUL behind it, so that the checks themselves stay within. */
    copy = malloc(size - 1);
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, data + 2, size - 2);
    copy[size - 2] = '\0';
    text = copy;
    while (at < size - 2) {
        size_t taken = run_request(&limits, text + at, size - 2 - at, &seed);

        if (taken == SIZE_MAX)
            break;
        at += taken;
    }
    free(copy);
    return 0;
}
