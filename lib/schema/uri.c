/* SPDX-License-Identifier: MIT */
/*
 * URIs; see uri.h. The work is linear in the length of what comes, and nothing is decoded
 * but where it is asked for: two URIs that differ in how a byte is written are two.
 */
#include "config.h"

#include "schema/uri.h"

#include <stdint.h>
#include <string.h>

#include "schema/chars.h"
#include "util/assert.h"

/* ---- taken apart ---- */

/* The length of the scheme in front of a colon, or 0. */
static size_t scheme_length(const char *text, size_t len)
{
    size_t n = 0;

    if (len == 0 || !mcps__ascii_is_letter(text[0]))
        return 0;
    while (n < len && (mcps__ascii_is_letter(text[n]) || mcps__ascii_is_digit(text[n]) ||
                       mcps__ascii_is_one_of(text[n], "+-.")))
        n++;
    return n < len && text[n] == ':' ? n : 0;
}

/* Takes what lies before the first of `stops`, or all. */
static struct mcps__uri_part take_until(struct mcps__chars *rest, const char *stops)
{
    struct mcps__uri_part part = { .text = rest->at };

    while (rest->at < rest->end && !mcps__ascii_is_one_of(*rest->at, stops))
        rest->at++;
    part.len = (size_t)(rest->at - part.text);
    return part;
}

struct mcps__uri mcps__uri_split(const char *text, size_t len)
{
    struct mcps__chars rest = mcps__chars_of(text, len);
    struct mcps__uri uri = { .scheme = { .len = scheme_length(text, len) } };

    if (uri.scheme.len > 0) {
        uri.scheme.text = text;
        rest.at += uri.scheme.len + 1;
    }
    if (mcps__chars_left(&rest) >= 2 && memcmp(rest.at, "//", 2) == 0) {
        rest.at += 2;
        uri.authority = take_until(&rest, "/?#");
    }
    uri.path = take_until(&rest, "?#");
    if (mcps__chars_take(&rest, "?"))
        uri.query = take_until(&rest, "#");
    if (mcps__chars_take(&rest, "#"))
        uri.fragment = take_until(&rest, "");
    return uri;
}

const char *mcps__uri_fragment(const char *text, size_t len, size_t *ret_len)
{
    const char *hash = len > 0 ? memchr(text, '#', len) : NULL;

    if (!hash)
        return NULL;
    *ret_len = len - (size_t)(hash + 1 - text);
    return hash + 1;
}

/* ---- characters ---- */

bool mcps__uri_is_international(uint32_t c, bool in_query)
{
    if (c >= 0x10000)
        return (c & 0xffff) <= 0xfffd && (c >= 0xf0000   ? in_query
                                          : c >= 0xe0000 ? c >= 0xe1000
                                                         : true);
    if (c >= 0xe000 && c <= 0xf8ff)
        return in_query;
    return (c >= 0xa0 && c <= 0xd7ff) || (c >= 0xf900 && c <= 0xfdcf) ||
           (c >= 0xfdf0 && c <= 0xffef);
}

bool mcps__uri_is_plain(char c)
{
    return mcps__ascii_is_letter(c) || mcps__ascii_is_digit(c) ||
           mcps__ascii_is_one_of(c, "-._~!$&'()*+,;=");
}

bool mcps__uri_is_escape(const char *text, size_t len)
{
    return len >= 3 && text[0] == '%' && mcps__ascii_hex(text[1]) >= 0 &&
           mcps__ascii_hex(text[2]) >= 0;
}

/* The length of the character that `text` begins with, or 0 if it may not stand there. */
static size_t char_length(const char *text, size_t len, const char *others,
                          bool international, bool in_query)
{
    uint32_t c;
    size_t n;

    if (mcps__uri_is_plain(*text) || mcps__ascii_is_one_of(*text, others))
        return 1;
    if (mcps__uri_is_escape(text, len))
        return 3;
    if (!international || (unsigned char)*text < 0x80)
        return 0;
    n = mcps__char_decode(text, len, &c);
    return n > 0 && mcps__uri_is_international(c, in_query) ? n : 0;
}

static bool is_made_of(struct mcps__uri_part part, const char *others, bool international,
                       bool in_query)
{
    size_t n;

    for (size_t i = 0; i < part.len; i += n) {
        n = char_length(part.text + i, part.len - i, others, international, in_query);
        if (n == 0)
            return false;
    }
    return true;
}

/* A path without a scheme before it would make one of what precedes a colon. */
static bool has_colon_first(const struct mcps__uri *uri)
{
    if (uri->scheme.text || uri->authority.text)
        return false;
    for (size_t i = 0; i < uri->path.len && uri->path.text[i] != '/'; i++) {
        if (uri->path.text[i] == ':')
            return true;
    }
    return false;
}

bool mcps__uri_is_spelled(const struct mcps__uri *uri, bool international)
{
    return !has_colon_first(uri) &&
           is_made_of(uri->authority, ":@[]", international, false) &&
           is_made_of(uri->path, ":@/", international, false) &&
           is_made_of(uri->query, ":@/?", international, true) &&
           is_made_of(uri->fragment, ":@/?", international, false);
}

bool mcps__uri_is_reference(const char *text, size_t len)
{
    struct mcps__uri uri = mcps__uri_split(text, len);

    return mcps__uri_is_spelled(&uri, false);
}

/* ---- resolved ---- */

/* Appends what there is room for. */
static void put(struct mcps__buf *out, const char *text, size_t len)
{
    int r = mcps__buf_append(out, text, len);

    mcps__assert(r == 0);
    (void)r;
}

static void put_lower(struct mcps__buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out->data[out->len++] = mcps__ascii_lower(text[i]);
}

/* The host begins behind the user, whose case may matter. */
static void put_authority(struct mcps__buf *out, struct mcps__uri_part authority)
{
    size_t host = authority.len;

    while (host > 0 && authority.text[host - 1] != '@')
        host--;
    put(out, "//", 2);
    put(out, authority.text, host);
    put_lower(out, authority.text + host, authority.len - host);
}

/* Section 5.2.4, in place; returns the length that is left. Here a path that does not begin
 * with a slash does not get one. */
static size_t remove_dots(char *path, size_t len)
{
    size_t root = len > 0 && path[0] == '/' ? 1 : 0;
    size_t to = root, from = root, n;

    for (; from < len; from += n + 1) {
        for (n = 0; from + n < len && path[from + n] != '/';)
            n++;
        if (n == 1 && path[from] == '.')
            continue;
        if (n == 2 && memcmp(path + from, "..", 2) == 0) {
            to -= to > root ? 1 : 0;
            while (to > root && path[to - 1] != '/')
                to--;
            continue;
        }
        memmove(path + to, path + from, n);
        to += n;
        if (from + n < len)
            path[to++] = '/';
    }
    return to;
}

/* What has to stand before a path, now that it has no dots, so that it remains one. */
static const char *path_guard(const struct mcps__uri *target, const char *path,
                              size_t len, bool had_root)
{
    const struct mcps__uri bare = { .scheme = target->scheme, .path = { path, len } };

    if (target->authority.text || len == 0)
        return "";
    if (had_root)
        return len > 1 && path[1] == '/' ? "/." : "";
    return path[0] == '/' || has_colon_first(&bare) ? "./" : "";
}

/* The path is what the target says, behind `folder`, a part of the base's. */
static void put_path(struct mcps__buf *out, const struct mcps__uri *target,
                     struct mcps__uri_part folder, bool add_slash)
{
    size_t start = out->len, guard_len;
    const char *guard;
    bool had_root;

    put(out, "/", add_slash ? 1 : 0);
    put(out, folder.text, folder.len);
    put(out, target->path.text, target->path.len);
    had_root = out->len > start && out->data[start] == '/';
    out->len = start + remove_dots(out->data + start, out->len - start);
    guard = path_guard(target, out->data + start, out->len - start, had_root);
    guard_len = strlen(guard);
    if (guard_len == 0)
        return;
    memmove(out->data + start + guard_len, out->data + start, out->len - start);
    memcpy(out->data + start, guard, guard_len);
    out->len += guard_len;
}

/* The part of a path up to its last slash. */
static struct mcps__uri_part folder_of(struct mcps__uri_part path)
{
    while (path.len > 0 && path.text[path.len - 1] != '/')
        path.len--;
    return path;
}

/* Is there no path to go along, as in "urn:isbn:0"? */
static bool is_opaque(const struct mcps__uri *uri)
{
    return uri->scheme.text && !uri->authority.text &&
           (uri->path.len == 0 || uri->path.text[0] != '/');
}

/* Section 5.2.2: what the target takes from the base, and into *ret_folder the part of the
 * base's path that its own path goes on from. */
static void inherit(struct mcps__uri *target, const struct mcps__uri *base,
                    struct mcps__uri_part *ret_folder)
{
    bool is_empty = target->path.len == 0;

    if (target->scheme.text)
        return;
    if (is_opaque(base) && (!is_empty || target->query.text || target->authority.text))
        return;
    target->scheme = base->scheme;
    if (target->authority.text)
        return;
    target->authority = base->authority;
    if (!is_empty) {
        if (target->path.text[0] != '/')
            *ret_folder = folder_of(base->path);
        return;
    }
    target->path = base->path;
    if (!target->query.text)
        target->query = base->query;
}

int mcps__uri_resolve(struct mcps__buf *out, const char *base, size_t base_len,
                      const char *reference, size_t len)
{
    struct mcps__uri from = mcps__uri_split(base, base_len);
    struct mcps__uri target = mcps__uri_split(reference, len);
    struct mcps__uri_part folder = { .text = NULL };
    bool add_slash;
    int r;

    inherit(&target, &from, &folder);
    /* All separators; a path that needs a guard has no authority before it. */
    r = mcps__buf_reserve(out, target.scheme.len + target.authority.len + folder.len +
                                   target.path.len + target.query.len + 5);
    if (r < 0)
        return r;
    if (target.scheme.text) {
        put_lower(out, target.scheme.text, target.scheme.len);
        put(out, ":", 1);
    }
    if (target.authority.text)
        put_authority(out, target.authority);
    /* Below a host there is a root, even if the base does not say so. */
    add_slash = target.authority.text && folder.len == 0 && target.path.len > 0 &&
                target.path.text[0] != '/';
    put_path(out, &target, folder, add_slash);
    if (target.query.text) {
        put(out, "?", 1);
        put(out, target.query.text, target.query.len);
    }
    return 0;
}

/* ---- decoded ---- */

int mcps__uri_decode(struct mcps__buf *out, const char *text, size_t len)
{
    int r;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%' && !mcps__uri_is_escape(text + i, len - i))
            return MCPS_EINVALID;
    }
    r = mcps__buf_reserve(out, len);
    if (r < 0)
        return r;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];

        if (c == '%') {
            c = (char)(mcps__ascii_hex(text[i + 1]) * 16 + mcps__ascii_hex(text[i + 2]));
            i += 2;
        }
        out->data[out->len++] = c;
    }
    return 0;
}
