/* SPDX-License-Identifier: MIT */
/*
 * Decoding arguments; see args.h.
 *
 * One pass over the text, which the scan has accepted: what is checked here is only what the
 * table asks for. What does not fit is complained about and skipped, so that one answer can
 * name several errors. Values are looked at before they are changed, so that a complaint
 * can quote them as they came. Recursion is as deep as the tables, not as the text.
 */
#include "config.h"

#include "schema/args.h"

#include <errno.h>
#include <math.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/number.h"
#include "json/plain.h"
#include "json/text.h"
#include "util/ct.h"
#include "util/mem.h"
#include "util/utf8.h"

enum { FIRST_ITEMS = 4 };

/* A list's items lie behind this. */
struct list_block {
    alignas(max_align_t) size_t size; /* of the items that there is room for */
};

struct decoder {
    char *at;
    const char *end;
    struct mcps__reader *reader;
    struct mcps__held *lists, *trees;
    bool secrets; /* some value is one: whatever is let go of is wiped */
    struct mcps__complaints complaints;
};

/* ---- moving over the text ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The next character that is not space, of which the scan saw to it that there is one. */
static char peek(struct decoder *d)
{
    while (is_space(*d->at))
        d->at++;
    return *d->at;
}

/* Behind the closing quote of the string at the cursor: the text between the quotes. Says
 * whether it has escapes. */
static bool take_string(struct decoder *d, char **ret_text, size_t *ret_len)
{
    const unsigned char *end = (const unsigned char *)d->end;
    char *p = d->at + 1;
    bool escaped = false;

    *ret_text = p;
    for (;;) {
        p += mcps__skip_plain((const unsigned char *)p, end) - (const unsigned char *)p;
        if (*p == '"')
            break;
        if (*p == '\\') {
            escaped = true;
            p += 2;
        }
        while ((unsigned char)*p >= 0x80)
            p++;
    }
    *ret_len = (size_t)(p - *ret_text);
    d->at = p + 1;
    return escaped;
}

static bool ends_scalar(char c)
{
    return c == ',' || c == ']' || c == '}' || is_space(c);
}

/* Behind the number or word at the cursor. */
static void skip_scalar(struct decoder *d)
{
    while (d->at < d->end && !ends_scalar(*d->at))
        d->at++;
}

/* Behind the value at the cursor, however deep it is. */
static void skip_value(struct decoder *d)
{
    size_t depth = 0, len;
    char *text;

    do {
        switch (peek(d)) {
        case '{':
        case '[':
            depth++;
            d->at++;
            break;
        case '}':
        case ']':
            depth--;
            d->at++;
            break;
        case ',':
        case ':': d->at++; break;
        case '"': take_string(d, &text, &len); break;
        default: skip_scalar(d); break;
        }
    } while (depth > 0);
}

/* Decodes what take_string() gave, where it stands, and returns its new length. Says whether
 * there is a NUL in it. */
static size_t unescape(char *text, size_t len, bool *ret_nul)
{
    const char *from = text;
    char *to = text;

    *ret_nul = false;
    while (len > 0) {
        const char *escape = memchr(from, '\\', len);
        size_t plain = escape ? (size_t)(escape - from) : len;
        uint32_t c;
        bool escaped;

        memmove(to, from, plain);
        to += plain;
        from += plain;
        len -= plain;
        if (len == 0)
            break;
        c = mcps__text_next(&from, &len, &escaped);
        *ret_nul |= c == 0;
        to += mcps__utf8_encode(to, c); /* never longer than the escape */
    }
    return (size_t)(to - text);
}

/* ---- complaints ---- */

/* 0, or what ends the decoding: nobody would read more. */
static int complained(const struct decoder *d)
{
    return mcps__complaints_full(&d->complaints) ? MCPS_EINVALID : 0;
}

/* The value from `start` to the cursor is not what the field expects. */
static int wrong_value(struct decoder *d, const struct mcps__at *at, const char *start)
{
    mcps__complain_got_json(&d->complaints, at, start, (size_t)(d->at - start));
    return complained(d);
}

/* The value at the cursor is of another type. */
static int wrong_type(struct decoder *d, const struct mcps__at *at)
{
    const char *start = d->at;

    skip_value(d);
    return wrong_value(d, at, start);
}

/* ---- numbers, words, strings ---- */

static bool is_number(char first)
{
    return first == '-' || (first >= '0' && first <= '9');
}

static int decode_int(struct decoder *d, const struct mcps__at *at, void *to)
{
    const char *start = d->at;
    int64_t value;

    if (!is_number(*start))
        return wrong_type(d, at);
    skip_scalar(d);
    if (!mcps__number_to_int64(start, (size_t)(d->at - start), &value) ||
        value < at->field->min || value > at->field->max)
        return wrong_value(d, at, start);
    memcpy(to, &value, sizeof value);
    return 0;
}

/* A number that takes strtod(), which wants a NUL behind it. */
static int read_double(struct decoder *d, const char *text, size_t len, double *ret)
{
    struct mcps__buf *scratch = &d->reader->parser.scratch;
    int r;

    mcps__buf_clear(scratch);
    r = mcps__buf_append(scratch, text, len);
    if (r >= 0)
        r = mcps__buf_append_byte(scratch, '\0');
    if (r < 0)
        return r;
    *ret = strtod_l(scratch->data, NULL, d->reader->parser.c_locale);
    if (d->secrets)
        mcps__wipe(scratch->data, scratch->len);
    return 0;
}

static int decode_number(struct decoder *d, const struct mcps__at *at, void *to)
{
    const struct mcps_field *of = at->field->of;
    const char *start = d->at;
    double value;
    int r;

    if (!is_number(*start))
        return wrong_type(d, at);
    skip_scalar(d);
    if (!mcps__number_to_double(start, (size_t)(d->at - start), &value)) {
        r = read_double(d, start, (size_t)(d->at - start), &value);
        if (r < 0)
            return r;
    }
    if (!isfinite(value) || (of->has_min && value < of->min) ||
        (of->has_max && value > of->max))
        return wrong_value(d, at, start);
    memcpy(to, &value, sizeof value);
    return 0;
}

static int decode_bool(struct decoder *d, const struct mcps__at *at, void *to)
{
    bool value = *d->at == 't';

    if (*d->at != 't' && *d->at != 'f')
        return wrong_type(d, at);
    d->at += value ? 4 : 5;
    memcpy(to, &value, sizeof value);
    return 0;
}

static size_t count_characters(const char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

static int decode_string(struct decoder *d, const struct mcps__at *at, void *to)
{
    const struct mcps_field *of = at->field->of;
    const char *value;
    size_t len, n;
    bool nul = false;
    char *text;

    if (*d->at != '"')
        return wrong_type(d, at);
    if (take_string(d, &text, &len))
        len = unescape(text, len, &nul);
    if (nul) {
        mcps__complain_got(&d->complaints, at, "one with a NUL character in it");
        return complained(d);
    }
    if (of->min_length > 0 || of->max_length > 0) {
        n = count_characters(text, len);
        if (n < of->min_length || (of->max_length > 0 && n > of->max_length)) {
            mcps__complain_count(&d->complaints, at, n, "character");
            return complained(d);
        }
    }
    if (d->reader->form && at->field->format && !at->field->format->fits(text, len)) {
        mcps__complain_format(&d->complaints, at, at->field->format, text, len);
        return complained(d);
    }
    text[len] = '\0';
    value = text;
    memcpy(to, &value, sizeof value);
    return 0;
}

/* Does a text with escapes stand for these bytes? */
static bool stands_for(const char *text, size_t len, const char *plain, size_t plain_len)
{
    while (len > 0) {
        char bytes[4];
        bool escaped;
        uint32_t c = mcps__text_next(&text, &len, &escaped);
        size_t n = 1;

        bytes[0] = (char)c;
        if (escaped)
            n = mcps__utf8_encode(bytes, c);
        if (n > plain_len || memcmp(bytes, plain, n) != 0)
            return false;
        plain += n;
        plain_len -= n;
    }
    return plain_len == 0;
}

static int decode_enum(struct decoder *d, const struct mcps__at *at, void *to)
{
    const struct mcps__table_field *f = at->field;
    const char *start = d->at;
    size_t len;
    char *text;
    bool escaped;

    if (*d->at != '"')
        return wrong_type(d, at);
    escaped = take_string(d, &text, &len);
    for (size_t i = 0; i < f->n_choices; i++) {
        const char *choice = f->of->choices[i];
        int value = (int)i;

        if (escaped ? stands_for(text, len, choice, f->choice_len[i])
                    : len == f->choice_len[i] && memcmp(text, choice, len) == 0) {
            memcpy(to, &value, sizeof value);
            return 0;
        }
    }
    return wrong_value(d, at, start);
}

/* By the field's own schema. The tree may become another one. */
static int check_tree(struct decoder *d, const struct mcps__at *at,
                      struct json_object **tree)
{
    const mcps_schema *schema = at->field->schema;
    mcps_schema_scratch *scratch = d->reader->scratch;
    size_t n = 0;
    int r;

    if (!schema)
        return 0;
    r = d->reader->coerces
            ? mcps_schema_coerce(schema, tree, scratch, MCPS__COMPLAINTS_MAX, &n)
            : mcps_schema_check(schema, *tree, scratch, MCPS__COMPLAINTS_MAX);
    d->reader->n_coerced += n;
    d->reader->n_unchecked += r == MCPS_ELIMIT;
    for (size_t i = 0; i < mcps_schema_n_errors(scratch); i++)
        if (!mcps__complaints_full(&d->complaints))
            mcps__complain_schema(&d->complaints, at, mcps_schema_error_at(scratch, i));
    return r == -ENOMEM ? r : complained(d);
}

static int decode_json(struct decoder *d, const struct mcps__at *at, void *to)
{
    struct json_object *tree = NULL;
    const char *start = d->at;
    char phrase[120];
    int r;

    skip_value(d);
    r = mcps__held_reserve(d->trees);
    if (r >= 0)
        r = mcps__tree_build(&d->reader->parser, &tree, start, (size_t)(d->at - start));
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        snprintf(phrase, sizeof phrase, "is refused: %s", mcps__json_strerror(r));
        mcps__complain_that(&d->complaints, at, phrase);
        return complained(d);
    }
    r = check_tree(d, at, &tree);
    if (tree)
        mcps__held_add(d->trees, tree);
    memcpy(to, &tree, sizeof tree);
    return r;
}

/* ---- lists and objects ---- */

static int decode_object(struct decoder *d, const struct mcps__at *at,
                         const struct mcps__table *table, unsigned char *to);

static int decode_kind(struct decoder *d, const struct mcps__at *at, unsigned char *to)
{
    switch (at->field->kind) {
    case MCPS_TYPE_INT: return decode_int(d, at, to);
    case MCPS_TYPE_NUMBER: return decode_number(d, at, to);
    case MCPS_TYPE_BOOL: return decode_bool(d, at, to);
    case MCPS_TYPE_STRING: return decode_string(d, at, to);
    case MCPS_TYPE_ENUM: return decode_enum(d, at, to);
    case MCPS_TYPE_OBJECT: return decode_object(d, at, at->field->table, to);
    default: return decode_json(d, at, to);
    }
}

static int decode_value(struct decoder *d, const struct mcps__at *at, unsigned char *to);

/* Room for more items, in a block that the decoder holds in `slot`, if there is one. */
static int grow_list(struct decoder *d, size_t *slot, bool first, size_t size)
{
    struct list_block *old = first ? NULL : mcps__held_items(d->lists)[*slot], *block;
    size_t room = old ? old->size * 2 : size * FIRST_ITEMS;
    int r = first ? mcps__held_reserve(d->lists) : 0;

    if (r < 0)
        return r;
    if (room > SIZE_MAX / 4)
        return -ENOMEM;
    /* What is moved by realloc() cannot be wiped. */
    block = d->secrets ? mcps__malloc(sizeof *block + room)
                       : mcps__realloc(old, sizeof *block + room);
    if (!block)
        return -ENOMEM;
    if (d->secrets && old) {
        memcpy(block + 1, old + 1, old->size);
        mcps__wipe(old + 1, old->size);
        mcps__free(old);
    }
    block->size = room;
    if (first)
        *slot = mcps__held_add(d->lists, block);
    else
        mcps__held_items(d->lists)[*slot] = block;
    return 0;
}

static unsigned char *items_of(const struct decoder *d, size_t slot)
{
    struct list_block *block = mcps__held_items(d->lists)[slot];

    return (unsigned char *)(block + 1);
}

/* One item more, which the cursor is at. */
static int decode_item(struct decoder *d, const struct mcps__at *list, size_t *slot,
                       size_t n)
{
    const struct mcps__table_field *f = list->field;
    struct mcps__at at = {
        .up = list->up, .field = f, .is_item = true, .index = n, .secret = list->secret
    };
    bool full = n == 0;
    int r;

    if (n > 0) {
        struct list_block *block = mcps__held_items(d->lists)[*slot];

        full = block->size < (n + 1) * f->size;
    }
    r = full ? grow_list(d, slot, n == 0, f->size) : 0;
    return r < 0 ? r : decode_value(d, &at, items_of(d, *slot) + n * f->size);
}

static int decode_list(struct decoder *d, const struct mcps__at *at, void *to)
{
    const struct mcps_field *of = at->field->of;
    struct mcps__table_list list = { .items = NULL };
    size_t n = 0, slot = 0;
    int r;

    if (*d->at != '[')
        return wrong_type(d, at);
    d->at++;
    while (peek(d) != ']') {
        if (*d->at == ',') {
            d->at++;
            peek(d);
        }
        if (of->max_items > 0 && n >= of->max_items) {
            skip_value(d); /* only to count them */
        } else {
            r = decode_item(d, at, &slot, n);
            if (r < 0)
                return r;
        }
        n++;
    }
    d->at++;
    if (n < of->min_items || (of->max_items > 0 && n > of->max_items)) {
        mcps__complain_count(&d->complaints, at, n, "item");
        return complained(d);
    }
    if (n > 0)
        list = (struct mcps__table_list){ .items = items_of(d, slot), .n = n };
    memcpy(to, &list, sizeof list);
    return 0;
}

static int decode_plain(struct decoder *d, const struct mcps__at *at, unsigned char *to)
{
    return at->field->type == MCPS_TYPE_LIST && !at->is_item ? decode_list(d, at, to)
                                                             : decode_kind(d, at, to);
}

/* Trees are coerced by their schemas. */
static bool may_be_string(const struct mcps__at *at)
{
    if (at->field->type == MCPS_TYPE_LIST && !at->is_item)
        return false;
    return at->field->kind == MCPS_TYPE_STRING || at->field->kind == MCPS_TYPE_ENUM ||
           at->field->kind == MCPS_TYPE_JSON;
}

/* Is the text, which is JSON, a value of the field's type? */
static bool is_of_type(const struct mcps__at *at, const char *text, size_t len)
{
    bool list = at->field->type == MCPS_TYPE_LIST && !at->is_item;
    int64_t number;

    for (; len > 0 && is_space(text[len - 1]); len--)
        ;
    for (; len > 0 && is_space(*text); len--)
        text++;
    switch (list ? MCPS_TYPE_LIST : at->field->kind) {
    case MCPS_TYPE_LIST: return *text == '[';
    case MCPS_TYPE_OBJECT: return *text == '{';
    case MCPS_TYPE_BOOL: return *text == 't' || *text == 'f';
    case MCPS_TYPE_NUMBER: return is_number(*text);
    case MCPS_TYPE_INT:
        return is_number(*text) && mcps__number_to_int64(text, len, &number);
    default: return false;
    }
}

/* The text that the string at the cursor stands for takes the string's place, if it is what
 * the field wants; language models send that. Otherwise nothing is changed. */
static int open_string(struct decoder *d, const struct mcps__at *at, bool *ret_opened)
{
    struct mcps__tree_parser *parser = &d->reader->parser;
    struct mcps__buf *scratch = &parser->scratch;
    char *start = d->at, *text;
    size_t len;
    int r;

    take_string(d, &text, &len);
    mcps__buf_clear(scratch);
    r = mcps__text_decode(scratch, text, len);
    mcps__scan_reset(&parser->scan);
    if (r >= 0)
        r = mcps__scan_feed(&parser->scan, scratch->data, scratch->len, true);
    *ret_opened = r >= 0 && is_of_type(at, scratch->data, scratch->len);
    if (*ret_opened) {
        memcpy(text, scratch->data, scratch->len);
        text[scratch->len] = '\0';
        d->end = text + scratch->len;
        d->at = text;
    } else {
        d->at = start;
    }
    if (d->secrets && scratch->len > 0)
        mcps__wipe(scratch->data, scratch->len);
    return r == -ENOMEM ? r : 0;
}

static int decode_value(struct decoder *d, const struct mcps__at *at, unsigned char *to)
{
    const char *end = d->end;
    char *start = d->at, *behind;
    bool opened = false;
    int r;

    if (*d->at != '"' || !d->reader->coerces || may_be_string(at))
        return decode_plain(d, at, to);
    skip_value(d);
    behind = d->at;
    d->at = start;
    r = open_string(d, at, &opened);
    if (r < 0)
        return r;
    if (opened)
        peek(d);
    r = decode_plain(d, at, to);
    if (opened) {
        d->reader->n_coerced++;
        d->at = behind;
        d->end = end;
    }
    return r;
}

/* The member whose value the cursor is at. `place` is where its field is likely to be, and
 * becomes where it is. */
static int decode_member(struct decoder *d, const struct mcps__at *object,
                         const struct mcps__table *table, unsigned char *to,
                         const char *name, size_t len, size_t *place)
{
    int i = mcps__table_find(table, name, len, *place);
    struct mcps__at at = { .up = object, .secret = object && object->secret };
    const bool sent = true;
    bool has;

    if (i < 0) {
        if (!d->reader->form)
            mcps__complain_unknown(&d->complaints, object, table, name, len);
        skip_value(d);
        return complained(d);
    }
    *place = (size_t)i;
    at.field = &table->fields[i];
    at.secret |= at.field->secret;
    memcpy(&has, to + at.field->of->has_offset, sizeof has);
    if (has) {
        mcps__complain_that(&d->complaints, &at, "is there twice");
        skip_value(d);
        return complained(d);
    }
    memcpy(to + at.field->of->has_offset, &sent, sizeof sent);
    to += at.field->of->offset;
    return decode_value(d, &at, to);
}

static int complain_missing(struct decoder *d, const struct mcps__at *at,
                            const struct mcps__table *table, const unsigned char *value)
{
    int r = 0;

    for (size_t i = 0; i < table->n_fields && r >= 0; i++) {
        const struct mcps__table_field *f = &table->fields[i];
        bool has;

        memcpy(&has, value + f->of->has_offset, sizeof has);
        if (has || !f->required)
            continue;
        mcps__complain_missing(&d->complaints, at, f);
        r = complained(d);
    }
    return r;
}

static int decode_object(struct decoder *d, const struct mcps__at *at,
                         const struct mcps__table *table, unsigned char *to)
{
    size_t place = 0, len;
    int r;

    if (*d->at != '{')
        return wrong_type(d, at);
    memcpy(to, table->blank, table->struct_size);
    d->at++;
    while (peek(d) != '}') {
        bool nul;
        char *name;

        if (*d->at == ',') {
            d->at++;
            peek(d);
        }
        if (take_string(d, &name, &len))
            len = unescape(name, len, &nul); /* no name of a field has a NUL */
        peek(d);                             /* the colon */
        d->at++;
        peek(d);
        r = decode_member(d, at, table, to, name, len, &place);
        if (r < 0)
            return r;
        place++;
    }
    d->at++;
    return complain_missing(d, at, table, to);
}

/* ---- the whole ---- */

int mcps__args_decode(struct mcps__args *args, const struct mcps__table *table,
                      char *text, size_t len, struct mcps__reader *reader, char *reterr,
                      size_t reterr_size)
{
    struct decoder d = { .at = text, .end = text ? text + len : NULL, .reader = reader };
    int r;

    *args = (struct mcps__args){ .table = table, .text = text, .len = len };
    mcps__complaints_init(&d.complaints, reader->form ? "field" : "argument", reterr,
                          reterr_size);
    args->value = mcps__malloc(table->struct_size);
    if (!args->value)
        return -ENOMEM;
    d.lists = &args->lists;
    d.trees = &args->trees;
    d.secrets = table->secrets;
    memcpy(args->value, table->blank, table->struct_size);
    if (len == 0) {
        r = complain_missing(&d, NULL, table, args->value);
    } else {
        peek(&d);
        r = decode_object(&d, NULL, table, args->value);
    }
    return r >= 0 && d.complaints.n > 0 ? MCPS_EINVALID : r;
}

int mcps__args_decode_default(const struct mcps__table_field *field, void *to, char *text,
                              struct mcps__held *lists, struct mcps__reader *reader,
                              char *reterr, size_t reterr_size)
{
    struct mcps__held no_trees = { .n = 0 };
    struct mcps__at at = { .field = field };
    struct decoder d = { .at = text,
                         .end = text + strlen(text),
                         .reader = reader,
                         .lists = lists,
                         .trees = &no_trees };
    int r;

    mcps__complaints_init(&d.complaints, "argument", reterr, reterr_size);
    r = field->type == MCPS_TYPE_LIST ? decode_list(&d, &at, to)
                                      : decode_kind(&d, &at, to);
    return r >= 0 && d.complaints.n > 0 ? MCPS_EINVALID : r;
}

const void *mcps__args_struct(const struct mcps__args *args)
{
    return args->value;
}

static void free_lists(struct mcps__held *lists, bool secrets)
{
    for (size_t i = 0; i < lists->n; i++) {
        struct list_block *block = mcps__held_items(lists)[i];

        if (secrets)
            mcps__wipe(block + 1, block->size);
        mcps__free(block);
    }
    mcps__free(lists->items);
}

void mcps__args_fini(struct mcps__args *args)
{
    if (!args->table)
        return;
    for (size_t i = 0; i < args->trees.n; i++)
        json_object_put(mcps__held_items(&args->trees)[i]);
    mcps__free(args->trees.items);
    free_lists(&args->lists, args->table->secrets);
    if (args->table->secrets && args->value)
        mcps__wipe(args->value, args->table->struct_size);
    if (args->table->secrets && args->len > 0)
        mcps__wipe(args->text, args->len);
    mcps__free(args->value);
    *args = (struct mcps__args){ .table = NULL };
}
