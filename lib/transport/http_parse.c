/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP/1.1 request; see http_parse.h.
 *
 * Complete lines are read one by one, so a verdict never depends on what follows. Of a
 * line that is not complete only two things are judged, its length and whether it has a
 * control character, and in a complete line that is refused a control character is looked
 * for, too: that is why pieces make no difference.
 */
#include "config.h"

#include "transport/http_parse.h"

#include <string.h>

#include "schema/chars.h"
#include "transport/http_fields.h"
#include "transport/http_text.h"
#include "util/assert.h"

enum expected { REQUEST_OR_EMPTY, REQUEST, FIELD };

static const char has_control[] = "there is a control character, or a CR or LF alone";

/* ---- the request line ---- */

static enum mcps__http_method method_of(struct mcps__slice text)
{
    static const struct {
        const char *name;
        enum mcps__http_method method;
    } rows[] = {
        { "POST", MCPS__HTTP_POST },     { "GET", MCPS__HTTP_GET },
        { "DELETE", MCPS__HTTP_DELETE }, { "OPTIONS", MCPS__HTTP_OPTIONS },
        { "HEAD", MCPS__HTTP_HEAD },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (mcps__slice_is(text, rows[i].name))
            return rows[i].method;
    }
    return MCPS__HTTP_OTHER;
}

static int take_version(struct mcps__http_parser *p, const char *text, size_t len)
{
    static const size_t at_major = 5, at_minor = 7;

    if (len != sizeof "HTTP/1.1" - 1 || memcmp(text, "HTTP/", at_major) != 0 ||
        !mcps__ascii_is_digit(text[at_major]) || text[at_major + 1] != '.' ||
        !mcps__ascii_is_digit(text[at_minor]) || text[at_major] == '0')
        return mcps__http_refuse(p, 400,
                                 "the request line does not end with a version of HTTP");
    if (text[at_major] != '1')
        return mcps__http_refuse(p, 505, "the request is not of HTTP/1.1");
    p->is_1_0 = text[at_minor] == '0';
    p->head.is_1_0 = p->is_1_0;
    p->head.keep_alive = !p->is_1_0;
    return 0;
}

/* A path and what follows its question mark. */
static void split_path(struct mcps__http_head *head, const char *text, size_t len)
{
    const char *mark = len > 0 ? memchr(text, '?', len) : NULL;

    head->path = (struct mcps__slice){ text, mark ? (size_t)(mark - text) : len };
    if (mark)
        head->query = (struct mcps__slice){ mark + 1, len - head->path.len - 1 };
}

/* The text behind "http://" or "https://". */
static int take_absolute(struct mcps__http_parser *p, const char *text, size_t len)
{
    struct mcps__http_head *head = &p->head;
    size_t n = 0;

    while (n < len && text[n] != '/' && text[n] != '?')
        n++;
    head->authority = (struct mcps__slice){ text, n };
    if (n == 0 || text[0] == ':' || !mcps__http_is_authority(head->authority))
        return mcps__http_refuse(p, 400, "the target is no URI of a host");
    split_path(head, text + n, len - n);
    if (head->path.len == 0) /* it stands for "/", and there is one before the host */
        head->path = (struct mcps__slice){ text - 1, 1 };
    return 0;
}

static int take_target(struct mcps__http_parser *p, struct mcps__slice target)
{
    static const char *const schemes[] = { "http://", "https://" };

    if (target.data[0] == '/') {
        split_path(&p->head, target.data, target.len);
        return 0;
    }
    if (p->head.method == MCPS__HTTP_OPTIONS && mcps__slice_is(target, "*")) {
        p->head.path = target;
        return 0;
    }
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i]);

        if (target.len >= len &&
            mcps__slice_is_nocase((struct mcps__slice){ target.data, len }, schemes[i]))
            return take_absolute(p, target.data + len, target.len - len);
    }
    return mcps__http_refuse(p, 400, "the target is neither a path nor a URI of HTTP");
}

static int take_request_line(struct mcps__http_parser *p, const char *line, size_t len)
{
    struct mcps__slice target;
    size_t n = mcps__http_span(line, len, MCPS__HTTP_TOKEN);
    int r;

    p->head.method_text = (struct mcps__slice){ line, n };
    if (n == 0 || n == len || line[n] != ' ')
        return mcps__http_refuse(p, 400, "the request line does not begin with a method");
    p->head.method = method_of(p->head.method_text);
    line += n + 1;
    len -= n + 1;
    target = (struct mcps__slice){ line, mcps__http_span(line, len, MCPS__HTTP_TARGET) };
    if (target.len == 0 || (target.len < len && line[target.len] != ' '))
        return mcps__http_refuse(p, 400,
                                 "the target has a byte that does not belong there");
    if (target.len == len)
        return mcps__http_refuse(p, 400, "the request line has no version");
    r = take_version(p, line + target.len + 1, len - target.len - 1);
    if (r < 0)
        return r;
    if (mcps__slice_is(p->head.method_text, "CONNECT"))
        return mcps__http_refuse(p, 501, "this server is no proxy");
    return take_target(p, target);
}

/* ---- fields ---- */

static int take_field(struct mcps__http_parser *p, const char *line, size_t len)
{
    size_t name_len = mcps__http_span(line, len, MCPS__HTTP_TOKEN);
    struct mcps__slice value;
    struct mcps__header *h;

    if (mcps__http_is_blank(line[0]))
        return mcps__http_refuse(p, 400, "a field goes on in a second line");
    if (name_len == 0 || name_len == len || line[name_len] != ':')
        return mcps__http_refuse(p, 400,
                                 "a field has no name, or no colon right behind it");
    if (p->head.headers.n == MCPS__HTTP_FIELDS_MAX)
        return mcps__http_refuse(p, 431, "there are too many fields");
    h = &p->fields[p->head.headers.n++];
    value = mcps__http_trim(line + name_len + 1, len - name_len - 1);
    h->name = (struct mcps__slice){ line, name_len };
    h->value = value;
    if (mcps__http_value_span(value.data, value.len) < value.len)
        return mcps__http_refuse(p, 400, has_control);
    return mcps__http_take_field(p, h);
}

/* ---- lines ---- */

static int take_empty_line(struct mcps__http_parser *p)
{
    if (p->expected == FIELD)
        return 1;
    if (p->expected == REQUEST)
        return mcps__http_refuse(p, 400,
                                 "there is more than one empty line before the request");
    p->expected = REQUEST;
    return 0;
}

/* A line without its LF. Returns 1 at the end of the head. */
static int take_line(struct mcps__http_parser *p, const char *line, size_t len)
{
    int r;

    if (len == 0 || line[len - 1] != '\r')
        return mcps__http_refuse(p, 400, has_control);
    len--;
    if (len == 0)
        return take_empty_line(p);
    if (p->expected == FIELD) {
        r = take_field(p, line, len);
    } else {
        r = take_request_line(p, line, len);
        p->expected = FIELD;
    }
    if (r < 0 && mcps__http_value_span(line, len) < len)
        return mcps__http_refuse(p, 400, has_control);
    return r;
}

/* Where the line that is read must have ended. */
static size_t line_limit(const struct mcps__http_parser *p)
{
    size_t limit = p->line + p->max_head / 2 + sizeof "\r\n" - 1;

    return p->expected != FIELD && limit < p->max_head ? limit : p->max_head;
}

/* The last line has not ended before `end`. A CR there may be half of its end. */
static int take_unfinished(struct mcps__http_parser *p, const char *data, size_t end)
{
    size_t len = end - p->looked;

    if (len > 0 && data[end - 1] == '\r')
        len--;
    if (len > 0 && mcps__http_value_span(data + p->looked, len) < len)
        return mcps__http_refuse(p, 400, has_control);
    p->looked += len;
    if (end < line_limit(p))
        return 0;
    if (p->expected == FIELD)
        return mcps__http_refuse(p, 431, "the head is too long");
    return mcps__http_refuse(p, 414, "the request line is too long");
}

static int take_lines(struct mcps__http_parser *p, const char *data, size_t len)
{
    int r = 0;

    while (r == 0) {
        size_t limit = line_limit(p), end = len < limit ? len : limit;
        const char *lf =
            p->looked < end ? memchr(data + p->looked, '\n', end - p->looked) : NULL;
        size_t line = p->line;

        if (!lf)
            return take_unfinished(p, data, end);
        p->line = p->looked = (size_t)(lf - data) + 1;
        r = take_line(p, data + line, (size_t)(lf - data) - line);
    }
    return r;
}

/* ---- the head as a whole ---- */

int mcps__http_refuse(struct mcps__http_parser *parser, int status, const char *why)
{
    parser->status = status;
    parser->why = why;
    return status == 414 || status == 431 ? MCPS_ELIMIT : MCPS_EPROTOCOL;
}

void mcps__http_parser_init(struct mcps__http_parser *parser, size_t max_head)
{
    parser->max_head = max_head;
    mcps__http_parser_reset(parser);
}

void mcps__http_parser_reset(struct mcps__http_parser *parser)
{
    parser->status = 0;
    parser->why = NULL;
    parser->line = 0;
    parser->looked = 0;
    parser->expected = REQUEST_OR_EMPTY;
    parser->seen = 0;
    parser->is_1_0 = false;
    parser->in_pieces = false;
    parser->head = (struct mcps__http_head){ .headers = { .items = parser->fields } };
}

int mcps__http_parse(struct mcps__http_parser *parser, const char *data, size_t len,
                     struct mcps__http_head *ret, size_t *ret_len)
{
    int r;

    if (parser->status != 0)
        return mcps__http_refuse(parser, parser->status, parser->why);
    mcps__assert(len >= parser->looked);
    r = take_lines(parser, data, len);
    if (r > 0 && parser->in_pieces) {
        /* The slices that were made before point to where the bytes were then. Reading
         * the complete head once more says the same, and makes them anew. */
        mcps__http_parser_reset(parser);
        r = take_lines(parser, data, len);
    }
    parser->in_pieces = r == 0 && parser->line > 0;
    if (r <= 0)
        return r;
    r = mcps__http_check_fields(parser);
    if (r < 0)
        return r;
    *ret = parser->head;
    *ret_len = parser->line;
    return 1;
}
