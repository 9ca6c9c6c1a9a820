/* SPDX-License-Identifier: MIT */
/* Sentences about values that do not fit; see complain.h. */
#include "config.h"

#include "schema/complain.h"

#include <stdio.h>
#include <string.h>

#include "util/utf8.h"

enum {
    QUOTED_MAX = 60,       /* bytes of a value, or of a name that came */
    PLACE_MAX = 160,       /* of the place */
    EXPECTED_MAX = 240,    /* of what is expected */
    DESCRIPTION_MAX = 100, /* of a field's description */
    NAMES_MAX = 240        /* of the names that there are */
};

/* One line, always valid UTF-8. */
struct line {
    char text[MCPS__COMPLAINT_SIZE];
    size_t len;
};

void mcps__complaints_init(struct mcps__complaints *c, const char *noun, char *out,
                           size_t size)
{
    *c = (struct mcps__complaints){ .noun = noun, .out = out, .size = size };
    if (size > 0)
        out[0] = '\0';
}

bool mcps__complaints_full(const struct mcps__complaints *c)
{
    return c->n >= MCPS__COMPLAINTS_MAX;
}

/* At most `max` bytes, and dots if there are more. */
static void put_cut(struct line *l, const char *text, size_t len, size_t max)
{
    size_t room = sizeof l->text - l->len, n = len > max ? max : len;

    if (n > room)
        n = room;
    n = mcps__utf8_valid_prefix(text, n);
    memcpy(l->text + l->len, text, n);
    l->len += n;
    if (n < len && sizeof l->text - l->len >= 3) {
        memcpy(l->text + l->len, "...", 3);
        l->len += 3;
    }
}

static void put(struct line *l, const char *text)
{
    put_cut(l, text, strlen(text), SIZE_MAX);
}

/* A name from outside, which may be anything. */
static void put_name(struct line *l, const char *name, size_t len)
{
    size_t shown = len > QUOTED_MAX ? mcps__utf8_valid_prefix(name, QUOTED_MAX) : len;

    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)name[i];
        char escape[8];

        if (c >= 0x20 && c != 0x7f && c != '"' && c != '\\') {
            size_t from = i;

            while (i + 1 < shown && ((unsigned char)name[i + 1] & 0xc0) == 0x80)
                i++;
            put_cut(l, name + from, i + 1 - from, SIZE_MAX);
        } else {
            snprintf(escape, sizeof escape, c == '"' || c == '\\' ? "\\%c" : "\\u%04x",
                     c);
            put(l, escape);
        }
    }
    if (shown < len)
        put(l, "...");
}

/* ---- places ---- */

static void put_path(struct line *l, const struct mcps__at *at)
{
    char index[32];

    if (at->up) {
        put_path(l, at->up);
        put(l, ".");
    }
    put(l, at->field->name);
    if (at->is_item) {
        snprintf(index, sizeof index, "[%zu]", at->index);
        put(l, index);
    }
}

/* argument "a.b" */
static void put_place(struct line *l, const struct mcps__complaints *c,
                      const struct mcps__at *at, const char *last)
{
    struct line path = { .len = 0 };

    if (!at && !last) {
        put(l, "the ");
        put(l, c->noun);
        put(l, "s");
        return;
    }
    if (at)
        put_path(&path, at);
    if (at && last)
        put(&path, ".");
    if (last)
        put(&path, last);
    put(l, c->noun);
    put(l, " \"");
    put_cut(l, path.text, path.len, PLACE_MAX);
    put(l, "\"");
}

static const char *expected_at(const struct mcps__at *at)
{
    if (!at)
        return "an object";
    return at->field->type == MCPS_TYPE_LIST && !at->is_item ? at->field->expected_list
                                                             : at->field->expected;
}

static void put_expected(struct line *l, const char *expected)
{
    put(l, "expected ");
    put_cut(l, expected, strlen(expected), EXPECTED_MAX);
}

/* Adds the line to the buffer, as much of it as there is room for. */
static void finish(struct mcps__complaints *c, const struct line *l)
{
    size_t room = c->size - c->len, n = l->len;

    c->n++;
    if (c->size == 0 || room < 2)
        return;
    if (c->len > 0) {
        c->out[c->len++] = '\n';
        room--;
    }
    if (n > room - 1)
        n = mcps__utf8_valid_prefix(l->text, room - 1);
    memcpy(c->out + c->len, l->text, n);
    c->len += n;
    c->out[c->len] = '\0';
}

/* ---- complaints ---- */

/* The kind of a value that is not to be quoted. */
static const char *kind_of(char first)
{
    switch (first) {
    case '{': return "an object";
    case '[': return "an array";
    case '"': return "a string";
    case 't':
    case 'f': return "a boolean";
    case 'n': return "null";
    default: return "a number";
    }
}

void mcps__complain_got_json(struct mcps__complaints *c, const struct mcps__at *at,
                             const char *json, size_t len)
{
    bool secret = at && at->secret;
    struct line l = { .len = 0 };

    put_place(&l, c, at, NULL);
    put(&l, ": ");
    put_expected(&l, expected_at(at));
    put(&l, ", got ");
    if (secret || *json == '{' || *json == '[')
        put(&l, kind_of(*json));
    else
        put_cut(&l, json, len, QUOTED_MAX);
    if (*json == 'n' && at && !at->is_item && !at->field->required)
        put(&l, " (leave it out instead)");
    finish(c, &l);
}

void mcps__complain_got(struct mcps__complaints *c, const struct mcps__at *at,
                        const char *phrase)
{
    struct line l = { .len = 0 };

    put_place(&l, c, at, NULL);
    put(&l, ": ");
    put_expected(&l, expected_at(at));
    put(&l, ", got ");
    put(&l, phrase);
    finish(c, &l);
}

void mcps__complain_format(struct mcps__complaints *c, const struct mcps__at *at,
                           const struct mcps__format *format, const char *text,
                           size_t len)
{
    struct line l = { .len = 0 };

    put_place(&l, c, at, NULL);
    put(&l, ": ");
    put_expected(&l, format->expected);
    put(&l, ", got ");
    if (at->secret) {
        put(&l, "another string");
    } else {
        put(&l, "\"");
        put_name(&l, text, len);
        put(&l, "\"");
    }
    finish(c, &l);
}

void mcps__complain_missing(struct mcps__complaints *c, const struct mcps__at *at,
                            const struct mcps__table_field *field)
{
    struct mcps__at missing = { .up = at, .field = field };
    const char *description = field->of->description;
    struct line l = { .len = 0 };

    put_place(&l, c, at, field->name);
    put(&l, " is missing: ");
    put_expected(&l, expected_at(&missing));
    if (description && *description) {
        put(&l, " (");
        put_cut(&l, description, strlen(description), DESCRIPTION_MAX);
        put(&l, ")");
    }
    finish(c, &l);
}

/* argument "a.b", or, where the name might itself be what is secret, argument in "a" */
static void put_unknown(struct line *l, const struct mcps__at *at, const char *name,
                        size_t len)
{
    bool secret = at && at->secret;
    struct line path = { .len = 0 };

    put(l, secret ? " in \"" : " \"");
    if (at)
        put_path(&path, at);
    put_cut(l, path.text, path.len, PLACE_MAX);
    if (!secret) {
        put(l, at ? "." : "");
        put_name(l, name, len);
    }
    put(l, "\": ");
}

void mcps__complain_unknown(struct mcps__complaints *c, const struct mcps__at *at,
                            const struct mcps__table *table, const char *name, size_t len)
{
    struct line l = { .len = 0 };
    size_t start;

    put(&l, "unknown ");
    put(&l, c->noun);
    put_unknown(&l, at, name, len);
    put(&l, table->n_fields > 0 ? "there are " : "there are none");
    start = l.len;
    for (size_t i = 0; i < table->n_fields; i++) {
        const struct mcps__table_field *f = &table->fields[i];

        put(&l, i > 0 ? ", " : "");
        if (l.len - start + f->name_len > NAMES_MAX) {
            put(&l, "...");
            break;
        }
        put(&l, "\"");
        put(&l, f->name);
        put(&l, "\"");
    }
    finish(c, &l);
}

void mcps__complain_count(struct mcps__complaints *c, const struct mcps__at *at, size_t n,
                          const char *what)
{
    char phrase[48];

    snprintf(phrase, sizeof phrase, "%zu %s%s", n, what, n == 1 ? "" : "s");
    mcps__complain_got(c, at, at->secret ? "another number of them" : phrase);
}

void mcps__complain_that(struct mcps__complaints *c, const struct mcps__at *at,
                         const char *phrase)
{
    struct line l = { .len = 0 };

    put_place(&l, c, at, NULL);
    put(&l, " ");
    put(&l, phrase);
    finish(c, &l);
}

void mcps__complain_line(struct mcps__complaints *c, const char *text)
{
    struct line l = { .len = 0 };

    put(&l, text);
    finish(c, &l);
}

void mcps__complain_schema(struct mcps__complaints *c, const struct mcps__at *at,
                           const struct mcps_schema_error *error)
{
    struct line l = { .len = 0 };

    put_place(&l, c, at, NULL);
    if (*error->value_at) {
        put(&l, " at \"");
        put_name(&l, error->value_at, strlen(error->value_at));
        put(&l, "\"");
    }
    put(&l, ": ");
    if (*error->expected) {
        put_expected(&l, error->expected);
        put(&l, ", got ");
        put(&l, error->got);
    } else {
        put(&l, error->text);
    }
    finish(c, &l);
}
