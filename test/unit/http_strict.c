/* SPDX-License-Identifier: MIT */
/* Reading answers; see http_strict.h. */
#include "config.h"

#include "http_strict.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CONTINUE = 100, NO_CONTENT = 204, NOT_MODIFIED = 304 };

struct reader {
    const char *data;
    size_t len, at;
    const char *why; /* NULL: right so far */
    bool wants;      /* more */
};

static bool fail(struct reader *r, const char *why)
{
    r->why = why;
    return false;
}

/* A line without its CR LF. */
static bool read_line(struct reader *r, const char **ret, size_t *ret_len)
{
    const char *begin = r->data + r->at,
               *end = r->at < r->len ? memchr(begin, '\n', r->len - r->at) : NULL;

    r->wants = !end;
    if (!end)
        return false;
    if (end == begin || end[-1] != '\r')
        return fail(r, "a line ends with LF alone");
    *ret = begin;
    *ret_len = (size_t)(end - begin) - 1;
    if (memchr(begin, '\r', *ret_len) || memchr(begin, '\0', *ret_len))
        return fail(r, "a line has CR or NUL in it");
    r->at += *ret_len + 2;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool read_status(struct reader *r, int *ret)
{
    static const char begin[] = "HTTP/1.1 ";
    const size_t n = sizeof begin - 1;
    const char *line;
    size_t len;

    if (!read_line(r, &line, &len))
        return false;
    if (len < n + 4 || memcmp(line, begin, n) != 0 || !is_digit(line[n]) ||
        !is_digit(line[n + 1]) || !is_digit(line[n + 2]) || line[n + 3] != ' ')
        return fail(r, "this is no line of a status");
    *ret = (line[n] - '0') * 100 + (line[n + 1] - '0') * 10 + line[n + 2] - '0';
    return true;
}

static bool value_is(const char *value, size_t len, const char *text)
{
    return len == strlen(text) && memcmp(value, text, len) == 0;
}

static bool name_is(const char *line, size_t name_len, const char *name)
{
    return name_len == strlen(name) && memcmp(line, name, name_len) == 0;
}

static bool read_number(struct reader *r, const char *text, size_t len, unsigned base,
                        size_t *ret)
{
    static const char digits[] = "0123456789abcdef";
    size_t number = 0;

    if (len == 0 || len > 15 || (len > 1 && *text == '0'))
        return fail(r, "a length is written oddly");
    for (size_t i = 0; i < len; i++) {
        const char *digit = memchr(digits, text[i], base);

        if (!digit)
            return fail(r, "a length has something else than digits");
        number = number * base + (size_t)(digit - digits);
    }
    *ret = number;
    return true;
}

static bool note_field(struct reader *r, struct strict_answer *ret, const char *line,
                       size_t len)
{
    const char *colon = memchr(line, ':', len), *value;
    size_t name_len = colon ? (size_t)(colon - line) : 0, value_len;

    if (name_len == 0 || memchr(line, ' ', name_len) || name_len + 2 > len ||
        colon[1] != ' ')
        return fail(r, "a field is no name, colon, space and value");
    value = colon + 2;
    value_len = len - name_len - 2;
    if (name_is(line, name_len, "Content-Length")) {
        if (ret->has_length)
            return fail(r, "there are two lengths");
        ret->has_length = true;
        return read_number(r, value, value_len, 10, &ret->length);
    }
    if (name_is(line, name_len, "Transfer-Encoding")) {
        if (ret->chunked || !value_is(value, value_len, "chunked"))
            return fail(r, "the transfer encoding is not just chunked");
        ret->chunked = true;
    }
    if (name_is(line, name_len, "Connection")) {
        if (ret->closes || !value_is(value, value_len, "close"))
            return fail(r, "Connection says something else than close, once");
        ret->closes = true;
    }
    if (name_is(line, name_len, "Content-Type"))
        ret->is_stream = value_is(value, value_len, "text/event-stream");
    return true;
}

static bool read_head(struct reader *r, struct strict_answer *ret)
{
    const char *line;
    size_t len;

    if (!read_status(r, &ret->status))
        return false;
    while (read_line(r, &line, &len)) {
        if (len == 0)
            return true;
        if (!note_field(r, ret, line, len))
            return false;
    }
    return false;
}

static bool add_body(struct reader *r, struct strict_answer *ret, size_t len)
{
    size_t there = r->len - r->at < len ? r->len - r->at : len;
    char *more = realloc(ret->body, ret->body_len + there + 1);

    if (!more)
        abort();
    memcpy(more + ret->body_len, r->data + r->at, there);
    ret->body = more;
    ret->body_len += there;
    more[ret->body_len] = '\0';
    r->at += there;
    r->wants = there < len;
    return !r->wants;
}

static bool read_chunks(struct reader *r, struct strict_answer *ret)
{
    size_t size = 1, len;
    const char *line;

    while (size > 0) {
        if (!read_line(r, &line, &len) || !read_number(r, line, len, 16, &size))
            return false;
        if (size > 0 && !add_body(r, ret, size))
            return false;
        if (!read_line(r, &line, &len))
            return false;
        if (len > 0)
            return fail(r, "a chunk does not end where it says");
    }
    return true;
}

static bool read_body(struct reader *r, struct strict_answer *ret, bool is_head)
{
    if (ret->status < NO_CONTENT - 4 || ret->status == NO_CONTENT) {
        if (ret->has_length || ret->chunked)
            return fail(r, "there is a length where there is no body");
        return true;
    }
    if (ret->has_length && ret->chunked)
        return fail(r, "there are a length and chunks");
    if (is_head || ret->status == NOT_MODIFIED)
        return true;
    if (ret->chunked)
        return read_chunks(r, ret);
    if (ret->has_length)
        return add_body(r, ret, ret->length);
    if (!ret->closes)
        return fail(r, "the end of the body cannot be known");
    return add_body(r, ret, SIZE_MAX / 2);
}

long strict_read(const char *data, size_t len, bool is_head, struct strict_answer *ret,
                 const char **reterr_why)
{
    struct reader r = { .data = data, .len = len };

    *ret = (struct strict_answer){ .status = 0 };
    if (read_head(&r, ret) && read_body(&r, ret, is_head))
        return (long)r.at;
    *reterr_why = r.why;
    return r.why ? -1 : 0;
}

void strict_free(struct strict_answer *answer)
{
    free(answer->body);
    answer->body = NULL;
}

int strict_count(const char *data, size_t len)
{
    struct strict_answer answer;
    const char *why;
    bool closes = false;
    int n = 0;

    while (len > 0) {
        long used = strict_read(data, len, false, &answer, &why);

        strict_free(&answer);
        if (used == 0 && !answer.has_length && !answer.chunked && answer.closes)
            used = (long)len;
        if (used <= 0 || closes)
            return -1;
        closes = answer.closes;
        n += answer.status != CONTINUE;
        data += used;
        len -= (size_t)used;
    }
    return n;
}
