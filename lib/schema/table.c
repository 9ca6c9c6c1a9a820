/* SPDX-License-Identifier: MIT */
/*
 * Compiling tables; see table.h.
 *
 * Tables inside a table are compiled for each field that has one, so that what depends on
 * the place, as being a secret does, can be kept in them.
 */
#include "config.h"

#include "schema/table.h"

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "schema/args.h"
#include "schema/check.h"
#include "schema/program.h"
#include "schema/words.h"
#include "util/mem.h"
#include "util/utf8.h"

/* What is being compiled: a chain from the innermost table outwards. */
struct scope {
    const struct scope *up;
    const struct mcps_field *field; /* that has the table; NULL: the outermost */
    struct mcps__check_place place;
    size_t depth;
};

struct compiler {
    struct mcps__reader reader;
    size_t n_fields;
    char *reterr;
    size_t reterr_size;
};

/* ---- saying what is wrong ---- */

static size_t put(struct compiler *c, size_t at, const char *text)
{
    int n = at < c->reterr_size
                ? snprintf(c->reterr + at, c->reterr_size - at, "%s", text)
                : 0;

    return at + (size_t)(n > 0 ? n : 0);
}

static size_t put_path(struct compiler *c, size_t at, const struct scope *scope)
{
    if (!scope->field)
        return at;
    at = put_path(c, at, scope->up);
    at = put(c, at, scope->field->name);
    return put(c, at, scope->field->type == MCPS_TYPE_LIST ? "[]." : ".");
}

/* field "a.b" is wrong. Returns -EINVAL. */
static int refuse(struct compiler *c, const struct scope *scope,
                  const struct mcps_field *field, const char *wrong)
{
    size_t at = put(c, 0, "field \""), len;

    at = put_path(c, at, scope);
    if (field->name &&
        mcps__utf8_valid_prefix(field->name, strlen(field->name)) == strlen(field->name))
        at = put(c, at, field->name);
    at = put(c, at, "\" ");
    put(c, at, wrong);
    if (c->reterr_size > 0) {
        len = strlen(c->reterr);
        c->reterr[mcps__utf8_valid_prefix(c->reterr, len)] = '\0';
    }
    return -EINVAL;
}

/* ---- layout ---- */

static size_t size_of(const struct mcps_field *f, enum mcps_type type)
{
    switch (type) {
    case MCPS_TYPE_INT: return sizeof(int64_t);
    case MCPS_TYPE_NUMBER: return sizeof(double);
    case MCPS_TYPE_BOOL: return sizeof(bool);
    case MCPS_TYPE_STRING: return sizeof(const char *);
    case MCPS_TYPE_ENUM: return sizeof(int);
    case MCPS_TYPE_JSON: return sizeof(struct json_object *);
    case MCPS_TYPE_LIST: return sizeof(struct mcps__table_list);
    default: return f->fields_size;
    }
}

static size_t align_of(const struct mcps__table_field *f)
{
    switch (f->type) {
    case MCPS_TYPE_INT: return alignof(int64_t);
    case MCPS_TYPE_NUMBER: return alignof(double);
    case MCPS_TYPE_BOOL: return alignof(bool);
    case MCPS_TYPE_STRING: return alignof(const char *);
    case MCPS_TYPE_ENUM: return alignof(int);
    case MCPS_TYPE_JSON: return alignof(struct json_object *);
    case MCPS_TYPE_LIST: return alignof(struct mcps__table_list);
    default: return f->table->align;
    }
}

/* Does the field lie within the struct, where its type may? */
static const char *check_layout(struct mcps__table *table,
                                const struct mcps__table_field *f, size_t struct_size)
{
    size_t size = size_of(f->of, f->type), align = align_of(f);

    if (f->of->offset % align != 0)
        return "lies where its type cannot";
    if (f->of->offset > SIZE_MAX / 2 || f->of->has_offset > SIZE_MAX / 2 ||
        size > SIZE_MAX / 4)
        return "lies outside of its struct";
    if (struct_size > 0 &&
        (f->of->offset + size > struct_size || f->of->has_offset >= struct_size))
        return "lies outside of its struct";
    if (f->of->has_offset >= f->of->offset && f->of->has_offset - f->of->offset < size)
        return "has its \"was it sent\" within its value";
    if (f->of->offset + size > table->struct_size)
        table->struct_size = f->of->offset + size;
    if (f->of->has_offset + 1 > table->struct_size)
        table->struct_size = f->of->has_offset + 1;
    if (align > table->align)
        table->align = align;
    return NULL;
}

/* ---- texts ---- */

/* Gives a JSON text anew, without white space, and its tree. MCPS_EINVALID when it is none. */
static int compact(struct compiler *c, char **ret, struct json_object **ret_tree,
                   const char *text)
{
    struct json_object *tree = NULL;
    struct mcps__writer w;
    struct mcps__buf buf;
    int r = mcps__tree_parse(&c->reader.parser, &tree, text, strlen(text));

    if (r < 0)
        return r == -ENOMEM ? r : MCPS_EINVALID;
    mcps__buf_init(&buf, SIZE_MAX);
    mcps__write_init(&w, &buf);
    mcps__write_tree(&w, tree);
    r = mcps__write_end(&w);
    if (r >= 0)
        r = mcps__buf_append_byte(&buf, '\0');
    if (r < 0) {
        mcps__buf_fini(&buf);
        json_object_put(tree);
        return r;
    }
    *ret = buf.data;
    *ret_tree = tree;
    return 0;
}

static int compile_schema(struct compiler *c, const struct scope *scope,
                          struct mcps__table_field *f)
{
    struct json_object *tree = NULL, *member = NULL;
    enum json_type type;
    int r;

    if (!f->of->schema_json)
        return 0;
    r = compact(c, &f->schema_json, &tree, f->of->schema_json);
    if (r == -ENOMEM)
        return r;
    type = r < 0 ? json_type_null : json_object_get_type(tree);
    if (type == json_type_object) {
        f->schema_titles = json_object_object_get_ex(tree, "title", &member);
        f->schema_describes = json_object_object_get_ex(tree, "description", &member);
    }
    json_object_put(tree);
    if (type != json_type_object && type != json_type_boolean)
        return refuse(c, scope, f->of, "has a schema that is no JSON object or boolean");
    return 0;
}

/* Puts the default into the blank struct, decoded as if it had been sent. */
static int compile_default(struct compiler *c, const struct scope *scope,
                           struct mcps__table *table, struct mcps__table_field *f)
{
    char wrong[MCPS__ARGS_ERROR_SIZE + 64], *text;
    struct json_object *tree = NULL;
    size_t at;
    int r;

    if (!f->of->default_json)
        return 0;
    if (f->table && f->table->trees)
        return refuse(c, scope, f->of, "has JSON in it, which can have no default");
    if (f->table && f->table->secrets)
        return refuse(c, scope, f->of, "has a secret in it, which can have no default");
    r = compact(c, &f->default_json, &tree, f->of->default_json);
    json_object_put(tree);
    if (r < 0)
        return r == -ENOMEM ? r
                            : refuse(c, scope, f->of, "has a default that is not JSON");
    r = mcps__held_reserve(&table->held);
    if (r < 0)
        return r;
    text = mcps__memdup(f->default_json, strlen(f->default_json));
    if (!text)
        return -ENOMEM;
    mcps__held_add(&table->held, text);
    at = (size_t)snprintf(wrong, sizeof wrong, "has a default that does not fit: ");
    r = mcps__args_decode_default(f, table->blank + f->of->offset, text, &table->held,
                                  &c->reader, wrong + at, sizeof wrong - at);
    return r == MCPS_EINVALID ? refuse(c, scope, f->of, wrong) : r;
}

/* ---- fields ---- */

static int compile(struct compiler *c, struct mcps__table **ret,
                   const struct scope *scope, const struct mcps_field *fields,
                   size_t struct_size);

static void compile_bounds(struct mcps__table_field *f)
{
    const int64_t safe = (INT64_C(1) << 53) - 1; /* for headers, which JavaScript reads */
    const struct mcps_field *of = f->of;

    f->min = INT64_MIN;
    f->max = INT64_MAX;
    if (f->kind != MCPS_TYPE_INT)
        return;
    if (of->has_min)
        f->min = (int64_t)of->min;
    if (of->has_max)
        f->max = (int64_t)of->max;
    if (of->header && f->min < -safe)
        f->min = -safe;
    if (of->header && f->max > safe)
        f->max = safe;
}

static int compile_choices(struct mcps__table_field *f)
{
    size_t n = 0;

    if (f->kind != MCPS_TYPE_ENUM)
        return 0;
    while (f->of->choices[n])
        n++;
    f->choice_len = mcps__calloc(n, sizeof *f->choice_len);
    if (!f->choice_len)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        f->choice_len[i] = strlen(f->of->choices[i]);
    f->n_choices = n;
    return 0;
}

static int compile_field(struct compiler *c, const struct scope *scope,
                         struct mcps__table *table, struct mcps__table_field *f,
                         size_t struct_size)
{
    struct scope inner = { .up = scope, .field = f->of, .depth = scope->depth + 1 };
    const char *wrong = mcps__field_check(f->of, &scope->place);
    int r;

    if (wrong)
        return refuse(c, scope, f->of, wrong);
    f->name = mcps__field_name(f->of);
    f->name_len = strlen(f->name);
    f->kind = mcps__field_kind(f->of);
    f->type = f->of->type;
    f->size = size_of(f->of, f->kind);
    f->format = f->of->format ? mcps__format_find(f->of->format) : NULL;
    f->required = (f->of->flags & MCPS_REQUIRED) != 0;
    f->secret = scope->place.in_secret || (f->of->flags & MCPS_SECRET);
    inner.place.in_secret = f->secret;
    inner.place.in_list = scope->place.in_list || f->type == MCPS_TYPE_LIST;
    if (f->kind == MCPS_TYPE_OBJECT) {
        if (inner.depth == MCPS__TABLE_DEPTH_MAX)
            return refuse(c, scope, f->of, "is nested too deep");
        r = compile(c, &f->table, &inner, f->of->fields, f->of->fields_size);
        if (r < 0)
            return r;
    }
    wrong = check_layout(table, f, struct_size);
    if (wrong)
        return refuse(c, scope, f->of, wrong);
    if (f->table && f->type == MCPS_TYPE_LIST && f->size % f->table->align != 0)
        return refuse(c, scope, f->of, "has items whose size does not fit their type");
    compile_bounds(f);
    table->n_required += f->required;
    table->secrets |= f->secret || (f->table && f->table->secrets);
    table->trees |= f->kind == MCPS_TYPE_JSON || (f->table && f->table->trees);
    r = compile_choices(f);
    if (r >= 0)
        r = mcps__words_of_field(f);
    return r < 0 ? r : compile_schema(c, scope, f);
}

/* ---- names ---- */

/* Shorter names first: comparing lengths is cheap. */
static int compare_name(const struct mcps__table_field *f, const char *name, size_t len)
{
    if (f->name_len != len)
        return f->name_len < len ? -1 : 1;
    return memcmp(f->name, name, len);
}

static int compile_names(struct compiler *c, const struct scope *scope,
                         struct mcps__table *table)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        const struct mcps__table_field *f = &table->fields[i];
        size_t to = i;
        int order = 1;

        for (; to > 0; to--) {
            order =
                compare_name(&table->fields[table->sorted[to - 1]], f->name, f->name_len);
            if (order <= 0)
                break;
            table->sorted[to] = table->sorted[to - 1];
        }
        if (order == 0)
            return refuse(c, scope, f->of, "is declared twice");
        table->sorted[to] = (uint16_t)i;
    }
    return 0;
}

int mcps__table_find(const struct mcps__table *table, const char *name, size_t len,
                     size_t hint)
{
    size_t from = 0, to = table->n_fields;

    if (hint < to && compare_name(&table->fields[hint], name, len) == 0)
        return (int)hint;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare_name(&table->fields[table->sorted[middle]], name, len);

        if (order == 0)
            return table->sorted[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return -1;
}

/* ---- headers ---- */

/* The first field, in declared order, with that header. */
static const struct mcps__table_field *find_header(const struct mcps__table *table,
                                                   const char *header)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        const struct mcps__table_field *f = &table->fields[i], *inner;

        if (f->of->header && mcps__header_equal(f->of->header, header))
            return f;
        inner = f->table ? find_header(f->table, header) : NULL;
        if (inner)
            return inner;
    }
    return NULL;
}

static int check_headers(struct compiler *c, const struct scope *scope,
                         const struct mcps__table *all, const struct mcps__table *table)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        const struct mcps__table_field *f = &table->fields[i];
        struct scope inner = { .up = scope, .field = f->of };
        int r = f->table ? check_headers(c, &inner, all, f->table) : 0;

        if (r < 0)
            return r;
        if (f->of->header && find_header(all, f->of->header) != f)
            return refuse(c, scope, f->of, "has the header of another field");
    }
    return 0;
}

/* ---- tables ---- */

/* Marks bytes of a struct; false when one of them is somebody else's. */
static bool claim(unsigned char *bytes, size_t offset, size_t size)
{
    bool free_ = true;

    for (size_t i = 0; i < size; i++) {
        free_ = free_ && bytes[offset + i] == 0;
        bytes[offset + i] = 1;
    }
    return free_;
}

/* Of two fields in one place an argument would overwrite the other's. */
static int check_overlaps(struct compiler *c, const struct scope *scope,
                          const struct mcps__table *table)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        const struct mcps_field *of = table->fields[i].of;

        if (!claim(table->blank, of->offset, size_of(of, of->type)) ||
            !claim(table->blank, of->has_offset, sizeof(bool)))
            return refuse(c, scope, of, "lies where another field does");
    }
    memset(table->blank, 0, table->struct_size);
    return 0;
}

/* The struct with nothing sent: that of the tables within it, then the defaults. */
static int compile_blank(struct compiler *c, const struct scope *scope,
                         struct mcps__table *table)
{
    int r;

    table->blank = mcps__calloc(1, table->struct_size);
    if (!table->blank)
        return -ENOMEM;
    r = check_overlaps(c, scope, table);
    if (r < 0)
        return r;
    for (size_t i = 0; i < table->n_fields; i++) {
        struct mcps__table_field *f = &table->fields[i];

        if (f->type == MCPS_TYPE_OBJECT)
            memcpy(table->blank + f->of->offset, f->table->blank, f->size);
        r = compile_default(c, scope, table, f);
        if (r < 0)
            return r;
    }
    return 0;
}

static int count_fields(struct compiler *c, const struct scope *scope,
                        const struct mcps_field *fields, size_t *ret)
{
    size_t n = 0;

    while (fields[n].type != MCPS_TYPE_END) {
        if (++c->n_fields > MCPS__TABLE_FIELDS_MAX)
            return refuse(c, scope, &fields[n],
                          "is one too many, or the table has no end");
        n++;
    }
    *ret = n;
    return 0;
}

/* On failure *ret may be set, for the caller to free. */
static int compile(struct compiler *c, struct mcps__table **ret,
                   const struct scope *scope, const struct mcps_field *fields,
                   size_t struct_size)
{
    struct mcps__table *table;
    size_t n = 0;
    int r = count_fields(c, scope, fields, &n);

    if (r < 0)
        return r;
    table = mcps__calloc(1, sizeof *table);
    if (!table)
        return -ENOMEM;
    *ret = table;
    table->fields = mcps__calloc(n, sizeof *table->fields);
    table->sorted = mcps__calloc(n, sizeof *table->sorted);
    if (!table->fields || !table->sorted)
        return -ENOMEM;
    table->n_fields = n;
    table->align = 1;
    table->struct_size = 1;
    for (size_t i = 0; i < n; i++)
        table->fields[i].of = &fields[i];
    for (size_t i = 0; i < n; i++) {
        r = compile_field(c, scope, table, &table->fields[i], struct_size);
        if (r < 0)
            return r;
    }
    if (struct_size > 0)
        table->struct_size = struct_size;
    r = compile_names(c, scope, table);
    return r < 0 ? r : compile_blank(c, scope, table);
}

int mcps__table_new(struct mcps__table **ret, const struct mcps_field *fields,
                    size_t struct_size, char *reterr, size_t reterr_size)
{
    struct compiler c = { .reterr = reterr, .reterr_size = reterr_size };
    struct scope outermost = { .up = NULL };
    struct mcps__table *table = NULL;
    int r = mcps__reader_init(&c.reader, &mcps__json_default_limits);

    if (reterr_size > 0)
        reterr[0] = '\0';
    if (r >= 0)
        r = compile(&c, &table, &outermost, fields, struct_size);
    if (r >= 0)
        r = check_headers(&c, &outermost, table, table);
    mcps__reader_fini(&c.reader);
    if (r < 0) {
        mcps__table_free(table);
        return r;
    }
    *ret = table;
    return 0;
}

/* ---- schemas of trees ---- */

static int compile_trees(struct mcps__table *table, mcps_schema *whole,
                         const struct mcps__sub *sub);

/* The subschema is that of the field. */
static int compile_tree(struct mcps__table_field *f, mcps_schema *whole,
                        const struct mcps__sub *sub)
{
    if (f->type == MCPS_TYPE_LIST)
        sub = sub->array->rest;
    if (f->table)
        return compile_trees(f->table, whole, sub);
    return f->schema_json ? mcps__schema_part(whole, sub, &f->schema) : 0;
}

/* What was compiled is what the table has written, so that each field is where it was put. */
static int compile_trees(struct mcps__table *table, mcps_schema *whole,
                         const struct mcps__sub *sub)
{
    int r = 0;

    for (size_t i = 0; i < table->n_fields && r >= 0; i++) {
        struct mcps__table_field *f = &table->fields[i];
        int32_t place = mcps__names_find(&sub->object->names, f->name, f->name_len);

        mcps__assert(place >= 0);
        if (f->kind == MCPS_TYPE_JSON || f->kind == MCPS_TYPE_OBJECT)
            r = compile_tree(f, whole, sub->object->members[place].sub);
    }
    return r;
}

int mcps__table_compile(struct mcps__table *table, const char *json, size_t len,
                        const struct mcps_schema_options *options, char *reterr,
                        size_t reterr_size)
{
    mcps_schema *whole;
    int r;

    if (!table->trees)
        return 0;
    r = mcps_schema_compile(&whole, json, len, options, reterr, reterr_size);
    if (r < 0)
        return r;
    r = compile_trees(table, whole, whole->root);
    mcps_schema_unref(whole);
    return r;
}

struct mcps__table *mcps__table_free(struct mcps__table *table)
{
    if (!table)
        return NULL;
    for (size_t i = 0; i < table->n_fields; i++) {
        struct mcps__table_field *f = &table->fields[i];

        mcps__table_free(f->table);
        mcps__free(f->choice_len);
        mcps__free(f->default_json);
        mcps__free(f->schema_json);
        mcps_schema_unref(f->schema);
        mcps__free(f->expected);
        mcps__free(f->expected_list);
    }
    for (size_t i = 0; i < table->held.n; i++)
        mcps__free(mcps__held_items(&table->held)[i]);
    mcps__free(table->held.items);
    mcps__free(table->fields);
    mcps__free(table->sorted);
    mcps__free(table->blank);
    mcps__free(table);
    return NULL;
}

/* Each file that includes a table has it somewhere else. */
bool mcps__table_is_of(const struct mcps__table *table, const struct mcps_field *fields)
{
    size_t i;

    for (i = 0; i < table->n_fields; i++) {
        const struct mcps_field *a = table->fields[i].of, *b = &fields[i];

        if (a == b)
            continue;
        if (a->type != b->type || a->item != b->item || a->offset != b->offset ||
            a->has_offset != b->has_offset || a->fields_size != b->fields_size ||
            strcmp(a->name, b->name) != 0)
            return false;
        if (a->fields && !mcps__table_is_of(table->fields[i].table, b->fields))
            return false;
    }
    return fields[i].type == MCPS_TYPE_END;
}
