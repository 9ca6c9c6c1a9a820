/* SPDX-License-Identifier: MIT */
/* What the fields of a request mean; see http_fields.h. */
#include "config.h"

#include "transport/http_fields.h"

#include <string.h>

#include "schema/chars.h"
#include "transport/http_text.h"

/* Fields of which a second one is refused, and some that are read here. */
enum field {
    HOST,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    TRANSFER_ENCODING,
    AUTHORIZATION,
    ORIGIN,
    SESSION_ID,
    PROTOCOL_VERSION,
    MCP_METHOD,
    MCP_NAME,
    LAST_EVENT_ID,
    EXPECT,
    ONE_OF_A_KIND, /* those above may come once */
    MCP_PARAM = ONE_OF_A_KIND,
    CONNECTION,
    ANY_FIELD
};

/* ---- names ---- */

/* In the bytes of a token, 0x20 is what makes a letter lower-case, and changes no
 * other byte to a letter or a dash. */
static inline bool is_word(const char *name, const char *lower)
{
    const uint64_t spaces = UINT64_C(0x2020202020202020);
    uint64_t a, b;

    memcpy(&a, name, sizeof a);
    memcpy(&b, lower, sizeof b);
    return (a | spaces) == b;
}

/* For the bytes of a token, and a text of lower-case letters and dashes of that
 * length. Words at a time, for every field of every request comes by here. */
static inline bool is_name(const char *name, const char *lower)
{
    size_t len = strlen(lower);

    if (len >= 8 && !is_word(name, lower))
        return false;
    if (len >= 16 && !is_word(name + 8, lower + 8))
        return false;
    if (len >= 8)
        return is_word(name + len - 8, lower + len - 8);
    for (size_t i = 0; i < len; i++) {
        if ((name[i] | 0x20) != lower[i])
            return false;
    }
    return true;
}

static enum field field_of_length(const char *name, size_t len)
{
    switch (len) {
    case 4: return is_name(name, "host") ? HOST : ANY_FIELD;
    case 6:
        if (is_name(name, "origin"))
            return ORIGIN;
        return is_name(name, "expect") ? EXPECT : ANY_FIELD;
    case 8: return is_name(name, "mcp-name") ? MCP_NAME : ANY_FIELD;
    case 10:
        if (is_name(name, "connection"))
            return CONNECTION;
        return is_name(name, "mcp-method") ? MCP_METHOD : ANY_FIELD;
    case 12: return is_name(name, "content-type") ? CONTENT_TYPE : ANY_FIELD;
    case 13:
        if (is_name(name, "authorization"))
            return AUTHORIZATION;
        return is_name(name, "last-event-id") ? LAST_EVENT_ID : ANY_FIELD;
    case 14:
        if (is_name(name, "content-length"))
            return CONTENT_LENGTH;
        return is_name(name, "mcp-session-id") ? SESSION_ID : ANY_FIELD;
    case 17: return is_name(name, "transfer-encoding") ? TRANSFER_ENCODING : ANY_FIELD;
    case 20: return is_name(name, "mcp-protocol-version") ? PROTOCOL_VERSION : ANY_FIELD;
    default: return ANY_FIELD;
    }
}

static bool is_param(struct mcps__slice name)
{
    static const char prefix[] = "mcp-param-";

    return name.len >= sizeof prefix - 1 && is_name(name.data, prefix);
}

static enum field field_of(struct mcps__slice name)
{
    enum field field = field_of_length(name.data, name.len);

    return field == ANY_FIELD && is_param(name) ? MCP_PARAM : field;
}

/* ---- values ---- */

static int take_length(struct mcps__http_parser *p, struct mcps__slice value)
{
    enum { DIGITS_MAX = 18 }; /* no number of so many overflows */
    uint64_t length = 0;

    if (value.len == 0 || value.len > DIGITS_MAX)
        return mcps__http_refuse(p, 400,
                                 "Content-Length is no number, or too large a one");
    for (size_t i = 0; i < value.len; i++) {
        if (!mcps__ascii_is_digit(value.data[i]))
            return mcps__http_refuse(p, 400, "Content-Length is no number");
        length = length * 10 + (uint64_t)(value.data[i] - '0');
    }
    p->head.has_length = true;
    p->head.length = length;
    return 0;
}

/* Codings that are not "chunked" alone: is that for want of ours, or nonsense? "chunked"
 * takes no parameters, and whatever comes behind it makes the end of the body unknown. */
static int refuse_codings(struct mcps__http_parser *p, struct mcps__slice codings)
{
    struct mcps__slice coding;

    while (mcps__http_next_element(&codings, &coding)) {
        struct mcps__slice name = { coding.data, mcps__http_span(coding.data, coding.len,
                                                                 MCPS__HTTP_TOKEN) };
        struct mcps__slice behind =
            mcps__http_trim(coding.data + name.len, coding.len - name.len);

        if (name.len == 0 || (behind.len > 0 && behind.data[0] != ';'))
            return mcps__http_refuse(p, 400, "Transfer-Encoding is no list of codings");
        if (mcps__slice_is_nocase(name, "chunked") && (codings.data || behind.len > 0))
            return mcps__http_refuse(p, 400, "Transfer-Encoding has more behind chunked");
    }
    return mcps__http_refuse(p, 501, "the only transfer coding is chunked");
}

static int take_codings(struct mcps__http_parser *p, struct mcps__slice value)
{
    if (p->is_1_0)
        return mcps__http_refuse(p, 400, "there is no Transfer-Encoding in HTTP/1.0");
    if (!mcps__slice_is_nocase(value, "chunked"))
        return refuse_codings(p, value);
    p->head.chunked = true;
    return 0;
}

static int take_host(struct mcps__http_parser *p, struct mcps__slice value)
{
    if (!mcps__http_is_authority(value))
        return mcps__http_refuse(p, 400, "Host is no name or address");
    p->head.host = value;
    return 0;
}

static int take_expectation(struct mcps__http_parser *p, struct mcps__slice value)
{
    if (!mcps__slice_is_nocase(value, "100-continue"))
        return mcps__http_refuse(p, 417, "the only expectation is 100-continue");
    p->head.expects_continue = !p->is_1_0;
    return 0;
}

static void take_connection(struct mcps__http_parser *p, struct mcps__slice value)
{
    struct mcps__slice option;

    while (mcps__http_next_element(&value, &option)) {
        if (mcps__slice_is_nocase(option, "close"))
            p->head.keep_alive = false;
    }
}

int mcps__http_take_field(struct mcps__http_parser *parser,
                          const struct mcps__header *field)
{
    enum field kind = field_of(field->name);
    unsigned bit = 1U << kind;

    if (kind < ONE_OF_A_KIND && (parser->seen & bit))
        return mcps__http_refuse(parser, 400,
                                 "a field is there twice that may come once");
    parser->seen |= bit;
    switch (kind) {
    case HOST: return take_host(parser, field->value);
    case CONTENT_LENGTH: return take_length(parser, field->value);
    case TRANSFER_ENCODING: return take_codings(parser, field->value);
    case EXPECT: return take_expectation(parser, field->value);
    case CONNECTION: take_connection(parser, field->value); return 0;
    default: return 0;
    }
}

/* ---- all of them ---- */

static bool is_same_name(struct mcps__slice a, struct mcps__slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (mcps__ascii_lower(a.data[i]) != mcps__ascii_lower(b.data[i]))
            return false;
    }
    return true;
}

static bool has_a_param_twice(const struct mcps__http_parser *p)
{
    for (size_t i = 0; i < p->head.headers.n; i++) {
        for (size_t k = 0; is_param(p->fields[i].name) && k < i; k++) {
            if (is_same_name(p->fields[i].name, p->fields[k].name))
                return true;
        }
    }
    return false;
}

int mcps__http_check_fields(struct mcps__http_parser *parser)
{
    if (!(parser->seen & 1U << HOST) && !parser->is_1_0)
        return mcps__http_refuse(parser, 400, "there is no Host");
    if (parser->head.chunked && parser->head.has_length)
        return mcps__http_refuse(parser, 400,
                                 "there is a Content-Length beside a Transfer-Encoding");
    if ((parser->seen & 1U << MCP_PARAM) && has_a_param_twice(parser))
        return mcps__http_refuse(parser, 400,
                                 "a field is there twice that may come once");
    return 0;
}
