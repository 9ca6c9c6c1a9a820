/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the decoding of arguments: a table by chance, and a text, which is made for it or
 * the input itself. The verdict and every value must be what a slow reading of the same
 * fields over a json-c tree says.
 */
#include "config.h"

#include "fuzz.h"

#include <math.h>
#include <string.h>

#include <json-c/json.h>

#include "../fixtures/fields.h"
#include "schema/args.h"
#include "schema/table.h"
#include "util/utf8.h"

enum verdict { NO, YES, UNKNOWN };

/* The worse of two. */
static enum verdict both(enum verdict a, enum verdict b)
{
    if (a == NO || b == NO)
        return NO;
    return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : YES;
}

static enum mcps_type kind_of(const struct mcps_field *f)
{
    return f->type == MCPS_TYPE_LIST ? f->item : f->type;
}

/* ---- what a tree says ---- */

/* An integer that was written with a fraction or an exponent is a double in the tree; what
 * it was exactly cannot be told any more if it is large, or rounded to 0. */
static enum verdict judge_int(const struct mcps_field *f, struct json_object *v)
{
    double value = json_object_get_double(v);

    if (json_object_is_type(v, json_type_double)) {
        if (value != trunc(value))
            return NO;
        if (value == 0 || fabs(value) >= 9007199254740992.0)
            return UNKNOWN;
        if ((f->has_min && value < f->min) || (f->has_max && value > f->max))
            return NO; /* rounding does not pass an integer */
        return UNKNOWN;
    }
    if (!json_object_is_type(v, json_type_int))
        return NO;
    if (json_object_get_int64(v) >= 0 && json_object_get_uint64(v) > INT64_MAX)
        return NO;
    if (f->has_min && json_object_get_int64(v) < (int64_t)f->min)
        return NO;
    return f->has_max && json_object_get_int64(v) > (int64_t)f->max ? NO : YES;
}

static enum verdict judge_number(const struct mcps_field *f, struct json_object *v)
{
    double value = json_object_get_double(v);

    if (!json_object_is_type(v, json_type_double) &&
        !json_object_is_type(v, json_type_int))
        return NO;
    return (f->has_min && value < f->min) || (f->has_max && value > f->max) ? NO : YES;
}

static enum verdict judge_string(const struct mcps_field *f, struct json_object *v)
{
    const char *text = json_object_get_string(v);
    size_t n = 0, len;

    if (!json_object_is_type(v, json_type_string))
        return NO;
    len = (size_t)json_object_get_string_len(v);
    if (strlen(text) != len)
        return NO;
    for (size_t i = 0; i < len; n++)
        i += (size_t)mcps__utf8_sequence((const unsigned char *)text + i, len - i);
    return n < f->min_length || (f->max_length > 0 && n > f->max_length) ? NO : YES;
}

static int choice_of(const struct mcps_field *f, struct json_object *v)
{
    for (int i = 0; f->choices[i]; i++) {
        if (json_object_is_type(v, json_type_string) &&
            (size_t)json_object_get_string_len(v) == strlen(f->choices[i]) &&
            strcmp(json_object_get_string(v), f->choices[i]) == 0)
            return i;
    }
    return -1;
}

static enum verdict judge_object(const struct mcps_field *table, struct json_object *v);

static enum verdict judge_kind(const struct mcps_field *f, struct json_object *v)
{
    switch (kind_of(f)) {
    case MCPS_TYPE_INT: return judge_int(f, v);
    case MCPS_TYPE_NUMBER: return judge_number(f, v);
    case MCPS_TYPE_BOOL: return json_object_is_type(v, json_type_boolean) ? YES : NO;
    case MCPS_TYPE_STRING: return judge_string(f, v);
    case MCPS_TYPE_ENUM: return choice_of(f, v) >= 0 ? YES : NO;
    case MCPS_TYPE_OBJECT: return judge_object(f->fields, v);
    default: return YES;
    }
}

static enum verdict judge_list(const struct mcps_field *f, struct json_object *v)
{
    enum verdict all = YES;
    size_t n;

    if (!json_object_is_type(v, json_type_array))
        return NO;
    n = json_object_array_length(v);
    if (n < f->min_items || (f->max_items > 0 && n > f->max_items))
        return NO;
    for (size_t i = 0; i < n; i++)
        all = both(all, judge_kind(f, json_object_array_get_idx(v, i)));
    return all;
}

static enum verdict judge_object(const struct mcps_field *table, struct json_object *v)
{
    enum verdict all = YES;
    int known = 0;

    if (!json_object_is_type(v, json_type_object))
        return NO;
    for (const struct mcps_field *f = table; f->type != MCPS_TYPE_END; f++) {
        struct json_object *member = NULL;

        if (json_object_object_get_ex(v, f->name, &member)) {
            known++;
            all = both(all, f->type == MCPS_TYPE_LIST ? judge_list(f, member)
                                                      : judge_kind(f, member));
        } else if (f->flags & MCPS_REQUIRED) {
            return NO;
        }
    }
    return known < json_object_object_length(v) ? NO : all;
}

/* ---- what the struct says ---- */

static void same_object(const struct mcps_field *table, struct json_object *v,
                        const unsigned char *value);

static void same_int(struct json_object *v, const unsigned char *value)
{
    int64_t i;

    memcpy(&i, value, sizeof i);
    if (json_object_is_type(v, json_type_int))
        FUZZ_CHECK(i == json_object_get_int64(v));
    else if (fabs(json_object_get_double(v)) < 9007199254740992.0)
        FUZZ_CHECK((double)i == json_object_get_double(v));
}

static void same_text(struct json_object *v, const unsigned char *value)
{
    const char *text;

    memcpy(&text, value, sizeof text);
    FUZZ_CHECK(strcmp(text, json_object_get_string(v)) == 0);
}

static void same_kind(const struct mcps_field *f, struct json_object *v,
                      const unsigned char *value)
{
    struct json_object *tree;
    double number;
    bool truth;
    int index;

    switch (kind_of(f)) {
    case MCPS_TYPE_INT: same_int(v, value); break;
    case MCPS_TYPE_NUMBER:
        memcpy(&number, value, sizeof number);
        FUZZ_CHECK(number == json_object_get_double(v));
        break;
    case MCPS_TYPE_BOOL:
        memcpy(&truth, value, sizeof truth);
        FUZZ_CHECK(truth == (bool)json_object_get_boolean(v));
        break;
    case MCPS_TYPE_STRING: same_text(v, value); break;
    case MCPS_TYPE_ENUM:
        memcpy(&index, value, sizeof index);
        FUZZ_CHECK(index == choice_of(f, v));
        break;
    case MCPS_TYPE_OBJECT: same_object(f->fields, v, value); break;
    default:
        memcpy(&tree, value, sizeof tree);
        FUZZ_CHECK(json_object_equal(tree, v));
        break;
    }
}

static size_t size_of(const struct mcps_field *f)
{
    switch (kind_of(f)) {
    case MCPS_TYPE_INT: return sizeof(int64_t);
    case MCPS_TYPE_NUMBER: return sizeof(double);
    case MCPS_TYPE_BOOL: return sizeof(bool);
    case MCPS_TYPE_ENUM: return sizeof(int);
    case MCPS_TYPE_OBJECT: return f->fields_size;
    default: return sizeof(void *);
    }
}

static void same_list(const struct mcps_field *f, struct json_object *v,
                      const unsigned char *value)
{
    struct mcps__table_list list;
    const unsigned char *items;

    memcpy(&list, value, sizeof list);
    FUZZ_CHECK(list.n == json_object_array_length(v));
    FUZZ_CHECK((list.n == 0) == (list.items == NULL));
    items = list.items;
    for (size_t i = 0; i < list.n; i++)
        same_kind(f, json_object_array_get_idx(v, i), items + i * size_of(f));
}

static void same_object(const struct mcps_field *table, struct json_object *v,
                        const unsigned char *value)
{
    for (const struct mcps_field *f = table; f->type != MCPS_TYPE_END; f++) {
        struct json_object *member = NULL;
        bool has, sent = json_object_object_get_ex(v, f->name, &member);

        memcpy(&has, value + f->has_offset, sizeof has);
        FUZZ_CHECK(has == sent);
        if (!sent)
            continue;
        if (f->type == MCPS_TYPE_LIST)
            same_list(f, member, value + f->offset);
        else
            same_kind(f, member, value + f->offset);
    }
}

/* ---- one input ---- */

/* What was decoded is encoded again, and decoded to the same. */
static void check_encoded(struct mcps__table *table, const struct mcps_field *fields,
                          const void *value, struct mcps__tree_parser *parser)
{
    char error[MCPS__ARGS_ERROR_SIZE];
    struct json_object *tree = NULL;
    struct mcps__writer w;
    struct mcps__buf out;

    mcps__buf_init(&out, SIZE_MAX);
    mcps__write_init(&w, &out);
    FUZZ_CHECK(mcps__table_encode(table, value, &w, NULL, error, sizeof error) == 0);
    FUZZ_CHECK(mcps__tree_parse(parser, &tree, out.data, out.len) == 0);
    same_object(fields, tree, value);
    json_object_put(tree);
    mcps__buf_fini(&out);
}

static void check_text(struct mcps__table *table, const struct mcps_field *fields,
                       const char *given, size_t len)
{
    char error[MCPS__ARGS_ERROR_SIZE + 1], *text = malloc(len + 1);
    struct mcps__reader reader;
    struct json_object *tree = NULL;
    struct mcps__args args;
    enum verdict want = NO;
    int r;

    FUZZ_CHECK(text && mcps__reader_init(&reader, &mcps__json_default_limits) == 0);
    memcpy(text, given, len);
    r = mcps__tree_parse(&reader.parser, &tree, text, len);
    if (r == 0)
        want = judge_object(fields, tree);
    if (r == 0 || r == MCPS__JSON_EDUPLICATE || r == MCPS__JSON_ENUL_KEY) {
        error[sizeof error - 1] = '#';
        r = mcps__args_decode(&args, table, text, len, &reader, error, sizeof error - 1);
        FUZZ_CHECK(r == 0 || r == MCPS_EINVALID);
        FUZZ_CHECK(want == UNKNOWN || (want == YES) == (r == 0));
        FUZZ_CHECK(error[sizeof error - 1] == '#');
        FUZZ_CHECK((r == 0) == (error[0] == '\0'));
        FUZZ_CHECK(mcps__utf8_valid_prefix(error, strlen(error)) == strlen(error));
        if (r == 0) {
            same_object(fields, tree, mcps__args_struct(&args));
            check_encoded(table, fields, mcps__args_struct(&args), &reader.parser);
        }
        mcps__args_fini(&args);
    }
    json_object_put(tree);
    mcps__reader_fini(&reader);
    free(text);
}

static void check_schema(const struct mcps__table *table)
{
    struct mcps__tree_parser parser;
    struct json_object *tree = NULL;
    struct mcps__writer w;
    struct mcps__buf out;

    FUZZ_CHECK(mcps__tree_parser_init(&parser, &mcps__json_default_limits) == 0);
    mcps__buf_init(&out, SIZE_MAX);
    mcps__write_init(&w, &out);
    mcps__table_write_schema(table, &w);
    FUZZ_CHECK(mcps__write_end(&w) == 0);
    FUZZ_CHECK(mcps__tree_parse(&parser, &tree, out.data, out.len) == 0);
    json_object_put(tree);
    mcps__buf_fini(&out);
    mcps__tree_parser_fini(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fields fields;
    static struct text text;
    struct mcps__table *table = NULL;
    size_t half = size / 2;
    struct die die = { .data = data, .end = data + half };
    char error[600];
    int r;

    if (size == 0)
        return 0;
    for (size_t i = 0; i < size; i++)
        die.state = die.state * 31 + data[i] + 1;
    fields.defaults = data[size - 1] & 1;
    fields_roll(&fields, &die);
    r = mcps__table_new(&table, fields.rows, fields.struct_size, error, sizeof error);
    if (r < 0) {
        FUZZ_CHECK(fields.defaults || strstr(error, "secret"));
        return 0;
    }
    check_schema(table);
    check_text(table, fields.rows, (const char *)data + half, size - half);
    die.data = data + half;
    die.end = data + size;
    for (int i = 0; i < 4; i++) {
        fields_roll_value(fields.rows, &die, i == 0, &text);
        check_text(table, fields.rows, text.data, text.len);
    }
    mcps__table_free(table);
    return 0;
}
