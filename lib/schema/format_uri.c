/* SPDX-License-Identifier: MIT */
/*
 * URIs, IRIs and their templates; see fits.h. Of an IRI only the grammar is looked at, not
 * that its directions do not mix.
 */
#include "config.h"

#include "schema/fits.h"

#include "schema/chars.h"
#include "schema/uri.h"

/* ---- URIs ---- */

/* An address of a version of IP that there is not yet: "v7.a:b". */
static bool fits_future_ip(const char *text, size_t len)
{
    struct mcps__chars rest = mcps__chars_of(text, len);
    const char *version;

    if (!mcps__chars_take(&rest, "vV"))
        return false;
    version = rest.at;
    while (rest.at < rest.end && mcps__ascii_hex(*rest.at) >= 0)
        rest.at++;
    if (rest.at == version || !mcps__chars_take(&rest, ".") ||
        mcps__chars_left(&rest) == 0)
        return false;
    for (; rest.at < rest.end; rest.at++) {
        if (!mcps__uri_is_plain(*rest.at) && *rest.at != ':')
            return false;
    }
    return true;
}

/* Takes an address in brackets. */
static bool take_ip(struct mcps__chars *rest)
{
    const char *begin = rest->at + 1, *end = begin;
    size_t len;

    while (end < rest->end && *end != ']')
        end++;
    if (end == rest->end)
        return false;
    rest->at = end + 1;
    len = (size_t)(end - begin);
    return mcps__fits_ipv6(begin, len) || fits_future_ip(begin, len);
}

/* Is it [user@]host[:port]? Its characters are none but those of an authority. */
static bool is_authority(struct mcps__uri_part part)
{
    struct mcps__chars rest = mcps__chars_of(part.text, part.len), user = rest;

    while (user.at < user.end && !mcps__ascii_is_one_of(*user.at, "@[]"))
        user.at++;
    if (mcps__chars_take(&user, "@"))
        rest = user;
    if (mcps__chars_is_next(&rest, "[")) {
        if (!take_ip(&rest))
            return false;
    } else {
        while (rest.at < rest.end && !mcps__ascii_is_one_of(*rest.at, ":@[]"))
            rest.at++;
    }
    if (mcps__chars_take(&rest, ":"))
        mcps__chars_take_digits(&rest);
    return mcps__chars_left(&rest) == 0;
}

static bool fits(const char *text, size_t len, bool needs_scheme, bool international)
{
    struct mcps__uri uri = mcps__uri_split(text, len);

    return (uri.scheme.text || !needs_scheme) &&
           mcps__uri_is_spelled(&uri, international) && is_authority(uri.authority);
}

bool mcps__fits_uri(const char *text, size_t len)
{
    return fits(text, len, true, false);
}

bool mcps__fits_uri_reference(const char *text, size_t len)
{
    return fits(text, len, false, false);
}

bool mcps__fits_iri(const char *text, size_t len)
{
    return fits(text, len, true, true);
}

bool mcps__fits_iri_reference(const char *text, size_t len)
{
    return fits(text, len, false, true);
}

/* ---- templates ---- */

static bool take_name_char(struct mcps__chars *rest)
{
    if (mcps__uri_is_escape(rest->at, mcps__chars_left(rest))) {
        rest->at += 3;
        return true;
    }
    if (rest->at == rest->end || !(mcps__ascii_is_letter(*rest->at) ||
                                   mcps__ascii_is_digit(*rest->at) || *rest->at == '_'))
        return false;
    rest->at++;
    return true;
}

/* "name", "na.me": neither dot has another or an end beside it. */
static bool take_name(struct mcps__chars *rest)
{
    do {
        if (!take_name_char(rest))
            return false;
        while (take_name_char(rest))
            ;
    } while (mcps__chars_take(rest, "."));
    return true;
}

/* A name, and what of its value is meant: all, ":3" or "*". */
static bool take_variable(struct mcps__chars *rest)
{
    if (!take_name(rest))
        return false;
    if (mcps__chars_take(rest, ":"))
        return !mcps__chars_is_next(rest, "0") &&
               mcps__chars_take_digits(rest) - 1 < 4; /* 1 to 4 */
    mcps__chars_take(rest, "*");
    return true;
}

/* What stands in braces. The operators that are reserved for later are none yet. */
static bool take_expression(struct mcps__chars *rest)
{
    mcps__chars_take(rest, "+#./;?&");
    do {
        if (!take_variable(rest))
            return false;
    } while (mcps__chars_take(rest, ","));
    return mcps__chars_take(rest, "}");
}

/* A character outside of braces. */
static bool take_literal(struct mcps__chars *rest)
{
    size_t n;
    uint32_t c;

    if (mcps__uri_is_escape(rest->at, mcps__chars_left(rest))) {
        rest->at += 3;
        return true;
    }
    n = mcps__char_decode(rest->at, mcps__chars_left(rest), &c);
    rest->at += n;
    if (n == 0 || c < 0x21 || c == 0x7f)
        return false;
    if (c > 0x7f)
        return mcps__uri_is_international(c, true);
    return !mcps__ascii_is_one_of((char)c, "\"%<>\\^`{|}");
}

bool mcps__fits_uri_template(const char *text, size_t len)
{
    struct mcps__chars rest = mcps__chars_of(text, len);

    while (mcps__chars_left(&rest) > 0) {
        if (!(mcps__chars_take(&rest, "{") ? take_expression(&rest)
                                           : take_literal(&rest)))
            return false;
    }
    return true;
}
