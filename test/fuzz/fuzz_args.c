/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the decoding of arguments: a table by chance, and a text, which is made for it or
 * the input itself. The verdict and every value must be what a slow reading of the same
 * fields over a json-c tree says, and what the schema checker says by the table's own schema,
 * with strings taken for the values that they hold, too. What is encoded fits that schema.
 *
 * The two differ on purpose in some numbers and strings: see is_beyond(). A member that is
 * there twice is not in a tree, and is left out here, as is a text that is no object, which
 * arguments always are: alone, a string with an object in it would be taken for that object.
 * Of what does not fit the counts may differ, because who reads by a table stops at the fifth
 * complaint.
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
    default: return f->schema_json ? UNKNOWN : YES; /* the schema checker knows */
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

/* ---- what the table's own schema says ---- */

static bool is_beyond_object(const struct mcps_field *table, struct json_object *v);

/* Is it something of which a table says what its schema does not? An integer of more than 64
 * bits does not fit a table, nor a NUL in a string.
 * Bounds of a number hold for its double there, and for what is written in a schema. */
static bool is_beyond(const struct mcps_field *f, struct json_object *v)
{
    bool integer = json_object_is_type(v, json_type_int);
    double number;

    if (kind_of(f) == MCPS_TYPE_OBJECT)
        return is_beyond_object(f->fields, v);
    if (json_object_is_type(v, json_type_string))
        return kind_of(f) == MCPS_TYPE_STRING &&
               strlen(json_object_get_string(v)) != (size_t)json_object_get_string_len(v);
    if (!integer && !json_object_is_type(v, json_type_double))
        return false;
    number = json_object_get_double(v);
    if (kind_of(f) == MCPS_TYPE_INT)
        return fabs(number) >= 9223372036854775807.0;
    return kind_of(f) == MCPS_TYPE_NUMBER &&
           (integer ? fabs(number) > 9007199254740992.0
                    : json_object_get_userdata(v) != NULL);
}

static bool is_beyond_object(const struct mcps_field *table, struct json_object *v)
{
    for (const struct mcps_field *f = table; f->type != MCPS_TYPE_END; f++) {
        struct json_object *member = NULL;

        if (!json_object_is_type(v, json_type_object) ||
            !json_object_object_get_ex(v, f->name, &member))
            continue;
        if (f->type != MCPS_TYPE_LIST) {
            if (is_beyond(f, member))
                return true;
        } else if (json_object_is_type(member, json_type_array)) {
            for (size_t i = 0; i < json_object_array_length(member); i++)
                if (is_beyond(f, json_object_array_get_idx(member, i)))
                    return true;
        }
    }
    return false;
}

/* A table, and its schema, compiled. */
struct both {
    struct mcps__table *table;
    const struct mcps_field *fields;
    mcps_schema *schema;
    struct mcps__reader reader;
    mcps_schema_scratch *scratch;
};

/* The tree may become another one. */
static void check_agreement(struct both *b, struct json_object **tree, int decoded,
                            const struct mcps__args *args)
{
    size_t n = 0;
    int r = b->reader.coerces ? mcps_schema_coerce(b->schema, tree, b->scratch, 1, &n)
                              : mcps_schema_check(b->schema, *tree, b->scratch, 1);

    FUZZ_CHECK(r == 0 || r == MCPS_EINVALID);
    FUZZ_CHECK(mcps_schema_n_errors(b->scratch) == (r < 0));
    if (is_beyond_object(b->fields, *tree))
        return;
    FUZZ_CHECK(r == decoded);
    if (r < 0)
        return;
    FUZZ_CHECK(n == b->reader.n_coerced);
    same_object(b->fields, *tree, mcps__args_struct(args));
}

/* ---- one input ---- */

/* What was decoded is encoded again, and decoded to the same. */
static void check_encoded(struct both *b, const void *value)
{
    char error[MCPS__ARGS_ERROR_SIZE];
    struct json_object *tree = NULL;
    struct mcps__writer w;
    struct mcps__buf out;

    mcps__buf_init(&out, SIZE_MAX);
    mcps__write_init(&w, &out);
    FUZZ_CHECK(mcps__table_encode(b->table, value, &w, b->scratch, error, sizeof error) ==
               0);
    FUZZ_CHECK(mcps__tree_parse(&b->reader.parser, &tree, out.data, out.len) == 0);
    same_object(b->fields, tree, value);
    FUZZ_CHECK(mcps_schema_check(b->schema, tree, b->scratch, 0) == 0);
    json_object_put(tree);
    mcps__buf_fini(&out);
}

/* The text, which is a tree too unless a name is there twice or has a NUL, decoded. */
static void check_decoded(struct both *b, char *text, size_t len,
                          struct json_object **tree, enum verdict want)
{
    char error[MCPS__ARGS_ERROR_SIZE + 1];
    struct mcps__args args;
    int r;

    error[sizeof error - 1] = '#';
    b->reader.n_coerced = 0;
    r = mcps__args_decode(&args, b->table, text, len, &b->reader, error,
                          sizeof error - 1);
    FUZZ_CHECK(r == 0 || r == MCPS_EINVALID);
    FUZZ_CHECK(want == UNKNOWN || (want == YES) == (r == 0));
    FUZZ_CHECK(error[sizeof error - 1] == '#');
    FUZZ_CHECK((r == 0) == (error[0] == '\0'));
    FUZZ_CHECK(mcps__utf8_valid_prefix(error, strlen(error)) == strlen(error));
    if (json_object_is_type(*tree, json_type_object))
        check_agreement(b, tree, r, &args);
    if (r == 0)
        check_encoded(b, mcps__args_struct(&args));
    mcps__args_fini(&args);
}

static void check_text(struct both *b, const char *given, size_t len, bool coerces)
{
    char *text = malloc(len + 1);
    struct json_object *tree = NULL;
    enum verdict want = NO;
    int r;

    FUZZ_CHECK(text != NULL);
    memcpy(text, given, len);
    b->reader.coerces = coerces;
    r = mcps__tree_parse(&b->reader.parser, &tree, text, len);
    if (r == 0)
        want = judge_object(b->fields, tree);
    if (coerces && want == NO)
        want = UNKNOWN;
    if (r == 0 || r == MCPS__JSON_EDUPLICATE || r == MCPS__JSON_ENUL_KEY)
        check_decoded(b, text, len, &tree, want);
    json_object_put(tree);
    free(text);
}

/* Compiles the schema of the table, whole and for its trees: both can be, or none. */
static bool compile_schema(struct both *b)
{
    char why[MCPS_SCHEMA_WHY_SIZE];
    const struct mcps_schema_options options = MCPS_SCHEMA_OPTIONS(.max_depth = 0);
    struct mcps__writer w;
    struct mcps__buf out;
    int r, whole;

    mcps__buf_init(&out, SIZE_MAX);
    mcps__write_init(&w, &out);
    mcps__table_write_schema(b->table, &w);
    FUZZ_CHECK(mcps__write_end(&w) == 0);
    r = mcps__table_compile(b->table, out.data, out.len, &options, why, sizeof why);
    FUZZ_CHECK(r == 0 || (r == MCPS_EINVALID && why[0] != '\0'));
    whole = mcps_schema_compile(&b->schema, out.data, out.len, &options, why, sizeof why);
    FUZZ_CHECK(whole == r);
    mcps__buf_fini(&out);
    return r == 0;
}

static void check_texts(struct both *b, struct die *die, const uint8_t *data, size_t size)
{
    static struct text text;

    for (int coerces = 0; coerces < 2; coerces++)
        check_text(b, (const char *)data, size, coerces);
    die->data = data;
    die->end = data + size;
    for (int i = 0; i < 8; i++) {
        text.strings = i >= 4;
        fields_roll_value(b->fields, die, i % 4 == 0, &text);
        for (int coerces = 0; coerces < 2; coerces++)
            check_text(b, text.data, text.len, coerces);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fields fields;
    size_t half = size / 2;
    struct die die = { .data = data, .end = data + half };
    struct both b = { .fields = fields.rows };
    char error[600];
    int r;

    if (size == 0)
        return 0;
    for (size_t i = 0; i < size; i++)
        die.state = die.state * 31 + data[i] + 1;
    fields.defaults = data[size - 1] & 1;
    fields_roll(&fields, &die);
    r = mcps__table_new(&b.table, fields.rows, fields.struct_size, error, sizeof error);
    if (r < 0) {
        FUZZ_CHECK(fields.defaults || strstr(error, "secret"));
        return 0;
    }
    FUZZ_CHECK(mcps__reader_init(&b.reader, &mcps__json_default_limits) == 0 &&
               mcps_schema_scratch_new(&b.scratch) == 0);
    if (compile_schema(&b))
        check_texts(&b, &die, data + half, size - half);
    mcps_schema_scratch_free(b.scratch);
    mcps__reader_fini(&b.reader);
    mcps_schema_unref(b.schema);
    mcps__table_free(b.table);
    return 0;
}
