/* SPDX-License-Identifier: MIT */
/* Media types; see media.h. */
#include "config.h"

#include "transport/media.h"

#include <stddef.h>
#include <string.h>

#include "schema/chars.h"
#include "transport/http_text.h"

/* "text/html;level=1;q=0.5" */
struct media {
    struct mcps__slice type, subtype;
    unsigned weight; /* in thousandths, of the parameter q; 1000 without it */
    bool plain;      /* it has no other parameter than charset=utf-8, once */
};

/* ---- reading ---- */

static void skip_blanks(struct mcps__chars *chars)
{
    while (mcps__chars_take(chars, " \t"))
        ;
}

/* Empty when there is none. */
static struct mcps__slice read_token(struct mcps__chars *chars)
{
    size_t len = mcps__http_span(chars->at, mcps__chars_left(chars), MCPS__HTTP_TOKEN);
    struct mcps__slice token = { chars->at, len };

    chars->at += len;
    return token;
}

/* What stands between the quotes, as it is written; false if the second is missing. */
static bool read_quoted(struct mcps__chars *chars, struct mcps__slice *ret)
{
    const char *begin = ++chars->at;

    while (chars->at < chars->end && *chars->at != '"')
        chars->at += *chars->at == '\\' && mcps__chars_left(chars) > 1 ? 2 : 1;
    *ret = (struct mcps__slice){ begin, (size_t)(chars->at - begin) };
    return mcps__chars_take(chars, "\"");
}

static bool read_value(struct mcps__chars *chars, struct mcps__slice *ret)
{
    if (mcps__chars_is_next(chars, "\""))
        return read_quoted(chars, ret);
    *ret = read_token(chars);
    return ret->len > 0;
}

/* "0.5": one digit, and up to three behind a point; not more than 1. */
static bool read_weight(struct mcps__slice text, unsigned *ret)
{
    unsigned weight, unit = 100;

    if (text.len == 0 || text.len > 5 || !mcps__ascii_is_digit(text.data[0]) ||
        (text.len > 1 && text.data[1] != '.'))
        return false;
    weight = (unsigned)(text.data[0] - '0') * 1000;
    for (size_t i = 2; i < text.len; i++, unit /= 10) {
        if (!mcps__ascii_is_digit(text.data[i]))
            return false;
        weight += (unsigned)(text.data[i] - '0') * unit;
    }
    *ret = weight;
    return weight <= 1000;
}

static bool take_parameter(struct media *media, struct mcps__slice name,
                           struct mcps__slice value, bool *has_charset)
{
    if (mcps__slice_is_nocase(name, "charset") && mcps__slice_is_nocase(value, "utf-8") &&
        !*has_charset) {
        *has_charset = true;
        return true;
    }
    media->plain = false;
    return !mcps__slice_is_nocase(name, "q") || read_weight(value, &media->weight);
}

/* Goes behind a media type with its parameters; false where it is malformed. */
static bool read_media(struct mcps__chars *chars, struct media *ret)
{
    struct mcps__slice name, value;
    bool has_charset = false;

    *ret = (struct media){ .weight = 1000, .plain = true };
    ret->type = read_token(chars);
    if (ret->type.len == 0 || !mcps__chars_take(chars, "/"))
        return false;
    ret->subtype = read_token(chars);
    if (ret->subtype.len == 0)
        return false;
    for (skip_blanks(chars); mcps__chars_take(chars, ";"); skip_blanks(chars)) {
        skip_blanks(chars);
        name = read_token(chars);
        if (name.len == 0) /* RFC 9110, 5.6.6: there may be nothing behind a semicolon */
            continue;
        if (!mcps__chars_take(chars, "=") || !read_value(chars, &value) ||
            !take_parameter(ret, name, value, &has_charset))
            return false;
    }
    return chars->at == chars->end || *chars->at == ',';
}

/* ---- Content-Type ---- */

bool mcps__media_is_json(struct mcps__slice value)
{
    struct mcps__chars chars = mcps__chars_of(value.data, value.len);
    struct media media;

    return value.data && read_media(&chars, &media) && chars.at == chars.end &&
           media.plain && mcps__slice_is_nocase(media.type, "application") &&
           mcps__slice_is_nocase(media.subtype, "json");
}

/* ---- Accept ---- */

/* What a client says of one type, by all that was read so far. */
struct verdict {
    struct mcps__slice type, subtype;
    bool has_ranges;       /* it says something, be it malformed */
    unsigned rank, weight; /* of the most specific range that fits; 0: none does */
};

static bool equal(struct mcps__slice a, struct mcps__slice b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        if (mcps__ascii_lower(a.data[i]) != mcps__ascii_lower(b.data[i]))
            return false;
    }
    return a.len == b.len;
}

/* How closely a range fits; 0: not at all. */
static unsigned rank_of(const struct media *range, const struct verdict *verdict)
{
    bool any_subtype = mcps__slice_is(range->subtype, "*");

    if (mcps__slice_is(range->type, "*"))
        return any_subtype ? 1 : 0;
    if (!equal(range->type, verdict->type))
        return 0;
    if (any_subtype)
        return 2;
    return equal(range->subtype, verdict->subtype) ? 3 : 0;
}

/* Of two that fit as closely the more willing one counts. */
static void judge(struct verdict *verdict, const struct media *range)
{
    unsigned rank = rank_of(range, verdict);

    if (rank < verdict->rank || rank == 0)
        return;
    if (rank > verdict->rank || range->weight > verdict->weight)
        verdict->weight = range->weight;
    verdict->rank = rank;
}

/* Up to the next comma that does not stand between quotes. */
static void skip_element(struct mcps__chars *chars)
{
    struct mcps__slice quoted;

    while (chars->at < chars->end && *chars->at != ',') {
        if (*chars->at == '"')
            read_quoted(chars, &quoted);
        else
            chars->at++;
    }
}

static void read_ranges(struct verdict *verdict, struct mcps__slice value)
{
    struct mcps__chars chars = mcps__chars_of(value.data, value.len);
    struct media range;

    while (chars.at < chars.end) {
        skip_blanks(&chars);
        if (mcps__chars_take(&chars, ",") || chars.at == chars.end)
            continue;
        verdict->has_ranges = true;
        if (read_media(&chars, &range))
            judge(verdict, &range);
        else
            skip_element(&chars);
    }
}

bool mcps__media_accepts(const struct mcps__headers *headers, const char *type)
{
    const char *slash = strchr(type, '/');
    struct verdict verdict = { .has_ranges = false };

    if (!slash)
        return false;
    verdict.type = (struct mcps__slice){ type, (size_t)(slash - type) };
    verdict.subtype = (struct mcps__slice){ slash + 1, strlen(slash + 1) };
    for (size_t i = 0; i < headers->n; i++) {
        if (mcps__slice_is_nocase(headers->items[i].name, "Accept"))
            read_ranges(&verdict, headers->items[i].value);
    }
    return !verdict.has_ranges || verdict.weight > 0;
}
