/* SPDX-License-Identifier: MIT */
/*
 * Encoding a struct by its table; see table.h. What a handler gives is held against the same
 * rules as what a client sends, for it promised them with its schema. Unlike the values that
 * came over the wire, one error is enough: it is a bug, and goes to the log.
 */
#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>

#include "schema/complain.h"
#include "schema/table.h"
#include "util/utf8.h"

struct encoder {
    mcps_schema_scratch *scratch; /* NULL: trees are not checked */
    struct mcps__writer *w;
    struct mcps__complaints complaints;
};

static int got(struct encoder *e, const struct mcps__at *at, const char *what)
{
    mcps__complain_got(&e->complaints, at, what);
    return MCPS_EINVALID;
}

static int got_count(struct encoder *e, const struct mcps__at *at, size_t n,
                     const char *what)
{
    mcps__complain_count(&e->complaints, at, n, what);
    return MCPS_EINVALID;
}

static int encode_int(struct encoder *e, const struct mcps__at *at,
                      const unsigned char *from)
{
    char phrase[32];
    int64_t value;

    memcpy(&value, from, sizeof value);
    if (value < at->field->min || value > at->field->max) {
        snprintf(phrase, sizeof phrase, "%" PRId64, value);
        return got(e, at, at->secret ? "another" : phrase);
    }
    mcps__write_int(e->w, value);
    return 0;
}

static int encode_number(struct encoder *e, const struct mcps__at *at,
                         const unsigned char *from)
{
    const struct mcps_field *of = at->field->of;
    double value;

    memcpy(&value, from, sizeof value);
    if (!isfinite(value))
        return got(e, at, "one that is not finite");
    if (of->has_min && value < of->min)
        return got(e, at, "a smaller one");
    if (of->has_max && value > of->max)
        return got(e, at, "a greater one");
    mcps__write_double(e->w, value);
    return 0;
}

/* As many as will be written: bytes that are not UTF-8 become one character each. */
static size_t count_characters(const char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; n++) {
        int taken = mcps__utf8_sequence((const unsigned char *)text + i, len - i);

        i += taken > 0 ? (size_t)taken : 1;
    }
    return n;
}

static int encode_string(struct encoder *e, const struct mcps__at *at,
                         const unsigned char *from)
{
    const struct mcps_field *of = at->field->of;
    const char *text;
    size_t len, n;

    memcpy(&text, from, sizeof text);
    if (!text)
        return got(e, at, "NULL");
    len = strlen(text);
    if (of->min_length > 0 || of->max_length > 0) {
        n = count_characters(text, len);
        if (n < of->min_length || (of->max_length > 0 && n > of->max_length))
            return got_count(e, at, n, "character");
    }
    mcps__write_text(e->w, text, len);
    return 0;
}

static int encode_enum(struct encoder *e, const struct mcps__at *at,
                       const unsigned char *from)
{
    const struct mcps__table_field *f = at->field;
    char phrase[48];
    int value;

    memcpy(&value, from, sizeof value);
    if (value < 0 || (size_t)value >= f->n_choices) {
        snprintf(phrase, sizeof phrase, "the index %d", value);
        return got(e, at, at->secret ? "another index" : phrase);
    }
    mcps__write_text(e->w, f->of->choices[value], f->choice_len[value]);
    return 0;
}

static void encode_bool(struct encoder *e, const unsigned char *from)
{
    bool value;

    memcpy(&value, from, sizeof value);
    mcps__write_bool(e->w, value);
}

/* Written first: what is no JSON, as a number that is not finite, cannot be checked. */
static int encode_json(struct encoder *e, const struct mcps__at *at,
                       const unsigned char *from)
{
    const mcps_schema *schema = at->field->schema;
    struct json_object *tree;
    int r;

    memcpy(&tree, from, sizeof tree);
    mcps__write_tree(e->w, tree);
    r = mcps__write_end(e->w);
    if (r < 0 || !schema || !e->scratch)
        return r;
    r = mcps_schema_check(schema, tree, e->scratch, 1);
    if (r == MCPS_EINVALID || r == MCPS_ELIMIT) {
        mcps__complain_schema(&e->complaints, at, mcps_schema_error_at(e->scratch, 0));
        return MCPS_EINVALID;
    }
    return r;
}

static int encode_object(struct encoder *e, const struct mcps__at *at,
                         const struct mcps__table *table, const unsigned char *value);

static int encode_kind(struct encoder *e, const struct mcps__at *at,
                       const unsigned char *from)
{
    switch (at->field->kind) {
    case MCPS_TYPE_INT: return encode_int(e, at, from);
    case MCPS_TYPE_NUMBER: return encode_number(e, at, from);
    case MCPS_TYPE_STRING: return encode_string(e, at, from);
    case MCPS_TYPE_ENUM: return encode_enum(e, at, from);
    case MCPS_TYPE_OBJECT: return encode_object(e, at, at->field->table, from);
    case MCPS_TYPE_BOOL: encode_bool(e, from); return 0;
    default: return encode_json(e, at, from);
    }
}

static int encode_list(struct encoder *e, const struct mcps__at *at,
                       const unsigned char *from)
{
    const struct mcps_field *of = at->field->of;
    struct mcps__table_list list;
    struct mcps__at item = *at;
    const unsigned char *items;
    int r = 0;

    memcpy(&list, from, sizeof list);
    if (list.n < of->min_items || (of->max_items > 0 && list.n > of->max_items))
        return got_count(e, at, list.n, "item");
    if (list.n > 0 && !list.items)
        return got(e, at, "NULL");
    items = list.items;
    item.is_item = true;
    mcps__write_array(e->w);
    for (size_t i = 0; i < list.n && r >= 0; i++) {
        item.index = i;
        r = encode_kind(e, &item, items + i * at->field->size);
        if (r >= 0)
            r = mcps__write_end(e->w); /* nobody wants the rest */
    }
    mcps__write_array_end(e->w);
    return r;
}

static int encode_object(struct encoder *e, const struct mcps__at *at,
                         const struct mcps__table *table, const unsigned char *value)
{
    int r = 0;

    mcps__write_object(e->w);
    for (size_t i = 0; i < table->n_fields && r >= 0; i++) {
        const struct mcps__table_field *f = &table->fields[i];
        struct mcps__at member = { .up = at, .field = f, .secret = f->secret };
        bool has;

        memcpy(&has, value + f->of->has_offset, sizeof has);
        if (!has && !f->required)
            continue;
        mcps__write_key(e->w, f->name);
        r = f->type == MCPS_TYPE_LIST ? encode_list(e, &member, value + f->of->offset)
                                      : encode_kind(e, &member, value + f->of->offset);
    }
    mcps__write_object_end(e->w);
    return r;
}

int mcps__table_encode(const struct mcps__table *table, const void *value,
                       struct mcps__writer *w, mcps_schema_scratch *scratch, char *reterr,
                       size_t reterr_size)
{
    struct encoder e = { .w = w, .scratch = scratch };
    int r;

    mcps__complaints_init(&e.complaints, "result", reterr, reterr_size);
    r = encode_object(&e, NULL, table, value);
    if (r >= 0)
        r = mcps__write_end(w);
    if (r < 0 && e.complaints.n == 0 && reterr_size > 0)
        snprintf(reterr, reterr_size, "the result: %s", mcps__json_strerror(r));
    return r;
}
