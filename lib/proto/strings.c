/* SPDX-License-Identifier: MIT */
/* Objects of strings; see strings.h. */
#include "config.h"

#include "proto/strings.h"

#include <stdio.h>

#include "json/text.h"
#include "rpc/errors.h"
#include "util/utf8.h"

/* A string as it is written, between its quotes. */
struct string {
    const char *text;
    size_t len;
};

/* Where the walk through the object is. */
struct walk {
    const char *at, *end;
};

/* Goes behind spaces and, with them, characters of one kind that stand between things. */
static void skip(struct walk *walk, char separator)
{
    while (walk->at < walk->end &&
           (*walk->at == ' ' || *walk->at == '\t' || *walk->at == '\r' ||
            *walk->at == '\n' || *walk->at == separator))
        walk->at++;
}

/* False: here is none. */
static bool take(struct walk *walk, struct string *ret)
{
    const char *begin;

    if (walk->at >= walk->end || *walk->at != '"')
        return false;
    begin = ++walk->at;
    while (*walk->at != '"')
        walk->at += *walk->at == '\\' ? 2 : 1;
    *ret = (struct string){ begin, (size_t)(walk->at - begin) };
    walk->at++;
    return true;
}

/* False at the end. */
static bool take_key(struct walk *walk, struct string *ret)
{
    skip(walk, ',');
    return take(walk, ret);
}

/* False: the value is no string. */
static bool take_value(struct walk *walk, struct string *ret)
{
    skip(walk, ':');
    return take(walk, ret);
}

/* Behind its brace. */
static struct walk begin(const char *text, size_t len)
{
    return (struct walk){ text + 1, text + len };
}

static bool has_nul(struct string string)
{
    while (string.len > 0) {
        bool escaped;

        if (mcps__text_next(&string.text, &string.len, &escaped) == 0)
            return true;
    }
    return false;
}

enum { QUOTED_MAX = 64 }; /* bytes of a name in an error */

static void refuse(const struct mcps__request *request, const char *what,
                   struct string key, const char *why)
{
    char message[192];
    size_t len = key.len < QUOTED_MAX ? key.len : QUOTED_MAX;

    len = mcps__utf8_valid_prefix(key.text, len);
    snprintf(message, sizeof message, "%s \"%.*s\" must be a string%s", what, (int)len,
             key.text, why);
    mcps__request_refuse_params(request, message);
}

bool mcps__strings_check(const struct mcps__request *request, const char *what,
                         const char *text, size_t len)
{
    struct walk walk = begin(text, len);
    struct string key, value;

    while (take_key(&walk, &key)) {
        if (!take_value(&walk, &value)) {
            refuse(request, what, key, "");
            return false;
        }
        if (has_nul(key) || has_nul(value)) {
            refuse(request, what, key, " without NUL characters");
            return false;
        }
    }
    return true;
}

int mcps__strings_decode(struct mcps__buf *out, const char *text, size_t len)
{
    struct walk walk = begin(text, len);
    struct string key, value;
    int r = 0;

    while (r >= 0 && take_key(&walk, &key) && take_value(&walk, &value)) {
        r = mcps__text_decode(out, key.text, key.len);
        if (r >= 0)
            r = mcps__buf_append_byte(out, '\0');
        if (r >= 0)
            r = mcps__text_decode(out, value.text, value.len);
        if (r >= 0)
            r = mcps__buf_append_byte(out, '\0');
    }
    return r;
}
