/* SPDX-License-Identifier: MIT */
/* JSON text of the application, and the keys of _meta; see meta.h. */
#include "config.h"

#include "core/meta.h"

#include <errno.h>
#include <string.h>

#include "json/scan.h"

/* ---- keys ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alphanumeric(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

/* Begins and ends as it must, with nothing but these and `others` in between. */
static bool is_word(const char *text, size_t len, const char *others)
{
    if (len == 0 || !is_alphanumeric(text[0]) || !is_alphanumeric(text[len - 1]))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!is_alphanumeric(text[i]) && (text[i] == '\0' || !strchr(others, text[i])))
            return false;
    }
    return true;
}

static bool is_protocols(const char *label, size_t len)
{
    static const char long_name[] = "modelcontextprotocol", short_name[] = "mcp";

    return (len == sizeof long_name - 1 && memcmp(label, long_name, len) == 0) ||
           (len == sizeof short_name - 1 && memcmp(label, short_name, len) == 0);
}

/* Reserved is the protocol's name as the second label, and in 2025-06-18 as any label but the
 * last: one server speaks all revisions. */
static bool prefix_ok(const char *prefix, size_t len)
{
    size_t begin = 0;

    for (unsigned i = 0;; i++) {
        const char *dot = memchr(prefix + begin, '.', len - begin);
        size_t label_len = dot ? (size_t)(dot - prefix) - begin : len - begin;
        const char *label = prefix + begin;

        if (!is_word(label, label_len, "-") || !is_letter(label[0]))
            return false;
        if ((i == 1 || dot) && is_protocols(label, label_len))
            return false;
        if (!dot)
            return true;
        begin += label_len + 1;
    }
}

bool mcps__meta_key_ok(const char *key, size_t len)
{
    static const char progress_token[] = "progressToken";
    const char *slash = memchr(key, '/', len);
    const char *name = slash ? slash + 1 : key;
    size_t name_len = len - (size_t)(name - key);

    if (len > MCPS__JSON_NAME_MAX)
        return false;
    if (slash && !prefix_ok(key, (size_t)(slash - key)))
        return false;
    if (!slash && len == sizeof progress_token - 1 &&
        memcmp(key, progress_token, len) == 0)
        return false;
    return (slash && name_len == 0) || is_word(name, name_len, "-_.");
}

/* ---- values ---- */

/* Between values JSON may have line breaks, which would end the message; in strings it has
 * none. */
static int append_on_one_line(struct mcps__buf *out, const char *json, size_t len)
{
    size_t begin = out->len;
    int r = mcps__buf_append(out, json, len);

    for (size_t i = begin; r >= 0 && i < out->len; i++) {
        if ((unsigned char)out->data[i] < ' ')
            out->data[i] = ' ';
    }
    return r;
}

static bool keys_ok(struct mcps__scan *scan, const char *json)
{
    for (uint32_t i = 0; i < scan->n_recorded; i++) {
        const struct mcps__scan_member *member = &scan->members[i];

        /* No character of a key that may be there needs an escape. */
        if (member->level == MCPS__SCAN_TOP &&
            (member->key_escaped ||
             !mcps__meta_key_ok(json + member->key, member->key_len)))
            return false;
    }
    return !mcps__scan_has_duplicates(scan, json);
}

static int check(struct mcps__scan *scan, const char *json, size_t len, int type,
                 bool is_meta)
{
    int r = mcps__scan_feed(scan, json, len, true);

    if (r == -ENOMEM)
        return r;
    if (r < 0 || (type >= 0 && scan->type != type))
        return -EINVAL;
    return is_meta && !keys_ok(scan, json) ? -EINVAL : 0;
}

static int append_checked(struct mcps__buf *out, const char *json, int type, bool is_meta)
{
    size_t len = json ? strlen(json) : 0;
    struct mcps__scan scan;
    int r;

    if (!json)
        return -EINVAL;
    mcps__scan_init(&scan, &mcps__json_default_limits);
    r = check(&scan, json, len, type, is_meta);
    mcps__scan_fini(&scan);
    return r < 0 ? r : append_on_one_line(out, json, len);
}

int mcps__meta_value(struct mcps__buf *out, const char *json)
{
    return append_checked(out, json, -1, false);
}

int mcps__meta_array(struct mcps__buf *out, const char *json)
{
    return append_checked(out, json, MCPS__JSON_ARRAY, false);
}

int mcps__meta_object(struct mcps__buf *out, const char *json)
{
    return append_checked(out, json, MCPS__JSON_OBJECT, true);
}
