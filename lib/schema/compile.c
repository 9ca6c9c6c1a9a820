/* SPDX-License-Identifier: MIT */
/* How a program is made, from the text of a schema; see compile.h. */
#include "config.h"

#include "schema/compile.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schema/place.h"
#include "util/mem.h"
#include "util/random.h"

#define SCHEMA_MAGIC UINT32_C(0x53636865)

enum { MAX_SUBSCHEMAS = 20000, MAX_STEPS = 1000000 };

/* ---- what can go wrong ---- */

static int put_name(struct mcps__buf *place, const char *name)
{
    return name ? mcps__place_name(place, name, strlen(name)) : 0;
}

/* Where a refusal is: a subschema, or a keyword of it, or a member of that. */
struct spot {
    const struct mcps__sub *sub;
    const char *keyword, *member; /* NULL: all of it */
};

static int refuse(const struct mcps__compiler *c, const struct spot *at,
                  const char *format, va_list args) MCPS_PRINTF(3, 0);

static int refuse(const struct mcps__compiler *c, const struct spot *at,
                  const char *format, va_list args)
{
    char what[MCPS_SCHEMA_WHY_SIZE];
    struct mcps__buf place;

    vsnprintf(what, sizeof what, format, args);
    mcps__buf_init(&place, SIZE_MAX);
    if (mcps__place_sub(&place, at->sub) < 0 || put_name(&place, at->keyword) < 0 ||
        put_name(&place, at->member) < 0 || mcps__buf_append_byte(&place, '\0') < 0)
        mcps__buf_clear(&place);
    snprintf(c->why, c->why_size, "at \"%.200s\": %s", place.len > 0 ? place.data : "",
             what);
    mcps__buf_fini(&place);
    return MCPS_EINVALID;
}

int mcps__compile_refuse(const struct mcps__compiler *c, const struct mcps__sub *at,
                         const char *keyword, const char *format, ...)
{
    const struct spot spot = { at, keyword, NULL };
    va_list args;
    int r;

    va_start(args, format);
    r = refuse(c, &spot, format, args);
    va_end(args);
    return r;
}

int mcps__site_refuse(const struct mcps__site *site, const char *format, ...)
{
    const struct spot spot = { site->sub, site->keyword, site->member };
    va_list args;
    int r;

    va_start(args, format);
    r = refuse(site->c, &spot, format, args);
    va_end(args);
    return r;
}

int mcps__compile_spend(struct mcps__compiler *c, uint64_t steps)
{
    if (c->steps >= steps) {
        c->steps -= steps;
        return 0;
    }
    snprintf(c->why, c->why_size, "to compile it takes more than %llu steps",
             (unsigned long long)c->options.max_compile_steps);
    return MCPS_ELIMIT;
}

/* ---- subschemas ---- */

static int compile_keyword(struct mcps__compiler *c, struct mcps__sub *sub,
                           const char *name, struct json_object *value)
{
    const struct mcps__keyword *keyword =
        mcps__keyword_find(name, sub->resource->dialect);
    struct mcps__site site = { .c = c, .sub = sub };

    if (!keyword || !keyword->compile)
        return 0;
    site.keyword = keyword->name;
    return keyword->compile(&site, value);
}

static uint8_t asks(const struct mcps__sub *sub)
{
    unsigned types = 0;

    if (sub->choices || sub->joints || sub->marks)
        return MCPS__T_ANY;
    if (sub->number)
        types |= (unsigned)MCPS__T_INTEGER | MCPS__T_NUMBER;
    if (sub->string)
        types |= MCPS__T_STRING;
    if (sub->array)
        types |= MCPS__T_ARRAY;
    if (sub->object)
        types |= MCPS__T_OBJECT;
    return (uint8_t)types;
}

static int compile_keywords(struct mcps__compiler *c, struct mcps__sub *sub)
{
    struct json_object *tree = sub->making.tree, *ref;
    int r = 0;

    if (sub->resource->dialect->draft == MCPS__DRAFT_07 &&
        json_object_object_get_ex(tree, "$ref", &ref))
        return compile_keyword(c, sub, "$ref", ref); /* nothing beside it counts */
    json_object_object_foreach(tree, name, value)
    {
        r = compile_keyword(c, sub, name, value);
        if (r < 0)
            break;
    }
    return r;
}

static int compile_sub(struct mcps__compiler *c, struct mcps__sub *sub)
{
    int r = 0;

    if (json_object_is_type(sub->making.tree, json_type_object))
        r = compile_keywords(c, sub);
    sub->marks = sub->other_items || sub->other_members;
    sub->asks = asks(sub);
    return r;
}

/* ---- circles ---- */

/* Calls `visit` for each subschema that looks at the same value, but for what $dynamicRef may
 * lead to: that depends on the way, and is bounded by the nesting. */
static void visit_beside(const struct mcps__sub *sub,
                         void (*visit)(struct mcps__sub *beside, void *userdata),
                         void *userdata)
{
    const struct mcps__object_rules *o = sub->object;

    for (const struct mcps__joint *j = sub->joints; j; j = j->next)
        for (size_t i = 0; i < j->n_subs && j->kind != MCPS__DYNAMIC_REF; i++)
            if (j->subs[i])
                visit(j->subs[i], userdata);
    for (size_t i = 0; o && i < o->n_dependents; i++)
        if (o->dependents[i].sub)
            visit(o->dependents[i].sub, userdata);
}

static void count_from(struct mcps__sub *beside, void *userdata)
{
    (void)userdata;
    beside->making.n_from++;
}

struct ready {
    struct mcps__sub **subs;
    size_t n;
};

static void let_go(struct mcps__sub *beside, void *userdata)
{
    struct ready *ready = userdata;

    if (--beside->making.n_from == 0)
        ready->subs[ready->n++] = beside;
}

/* A subschema that comes to itself without going to a member or an item in between would be
 * looked at for ever. Takes away those that nobody leads to, until there are none. */
static int refuse_circles(struct mcps__compiler *c)
{
    struct ready ready = {
        .subs = mcps__arena_get(&c->arena, c->n_subs * sizeof *ready.subs),
    };

    if (!ready.subs)
        return -ENOMEM;
    for (struct mcps__sub *s = c->first; s; s = s->making.next)
        visit_beside(s, count_from, NULL);
    for (struct mcps__sub *s = c->first; s; s = s->making.next)
        if (s->making.n_from == 0)
            ready.subs[ready.n++] = s;
    for (size_t i = 0; i < ready.n; i++)
        visit_beside(ready.subs[i], let_go, &ready);
    if (ready.n == c->n_subs)
        return 0;
    for (const struct mcps__sub *s = c->first; s; s = s->making.next)
        if (s->making.n_from > 0)
            return mcps__compile_refuse(c, s, NULL,
                                        "it is, or leads to, a circle of subschemas that "
                                        "refer to each other for the same value");
    return 0;
}

/* ---- the whole ---- */

static unsigned or_default(unsigned value, unsigned otherwise)
{
    return value > 0 ? value : otherwise;
}

/* Those that there are, by the struct's size, and defaults for what is 0. */
static int take_options(struct mcps__compiler *c,
                        const struct mcps_schema_options *options)
{
    struct mcps_schema_options *o = &c->options;

    *o = (struct mcps_schema_options){ .struct_size = sizeof *o };
    if (options) {
        size_t size = options->struct_size;

        if (size < sizeof options->struct_size)
            return -EINVAL;
        memcpy(o, options, size < sizeof *o ? size : sizeof *o);
    }
    if ((unsigned)o->dialect > MCPS_SCHEMA_DRAFT_07 || (o->n_documents && !o->documents))
        return -EINVAL;
    for (size_t i = 0; i < o->n_documents; i++)
        if (!o->documents[i].uri || !o->documents[i].json)
            return -EINVAL;
    o->max_depth = or_default(o->max_depth, MCPS__JSON_DEPTH_MAX);
    o->max_subschemas = or_default(o->max_subschemas, MAX_SUBSCHEMAS);
    o->max_nesting = or_default(o->max_nesting, MCPS__SCHEMA_NESTING);
    if (o->max_compile_steps == 0)
        o->max_compile_steps = MAX_STEPS;
    if (o->max_steps == 0)
        o->max_steps = MAX_STEPS;
    return 0;
}

static int compiler_init(struct mcps__compiler *c, const struct mcps_schema_options *from)
{
    struct mcps__json_limits limits = mcps__json_default_limits;
    int r = take_options(c, from);

    if (r < 0)
        return r;
    limits.depth = c->options.max_depth;
    limits.size = UINT32_MAX;
    limits.string = UINT32_MAX;
    limits.values = UINT32_MAX;
    c->steps = c->options.max_compile_steps;
    r = mcps__random_bytes(c->seed, sizeof c->seed);
    if (r >= 0)
        r = mcps__map_init(&c->given, SIZE_MAX);
    if (r >= 0)
        r = mcps__map_init(&c->subs, SIZE_MAX);
    if (r >= 0)
        r = mcps__map_init(&c->resources, SIZE_MAX);
    if (r >= 0)
        r = mcps__map_init(&c->anchors, SIZE_MAX);
    if (r >= 0)
        r = mcps__map_init(&c->anchor_names, SIZE_MAX);
    if (r >= 0)
        r = mcps__tree_parser_init(&c->parser, &limits);
    c->schema = r < 0 ? NULL : mcps__calloc(1, sizeof *c->schema);
    if (!c->schema)
        return r < 0 ? r : -ENOMEM;
    mcps__obj_init(&c->schema->obj, SCHEMA_MAGIC);
    c->schema->hide_values = c->options.hide_values;
    c->schema->max_steps = c->options.max_steps;
    c->schema->max_nesting = c->options.max_nesting;
    return 0;
}

static void compiler_fini(struct mcps__compiler *c)
{
    for (const struct mcps__document *d = c->documents; d; d = d->next)
        json_object_put(d->tree);
    mcps__tree_parser_fini(&c->parser);
    mcps__map_fini(&c->anchor_names);
    mcps__map_fini(&c->anchors);
    mcps__map_fini(&c->resources);
    mcps__map_fini(&c->subs);
    mcps__map_fini(&c->given);
    mcps__arena_fini(&c->arena);
}

/* More subschemas are found while references are followed. */
static int compile_text(struct mcps__compiler *c, const char *json, size_t len)
{
    int r = mcps__document_note_given(c);

    if (r >= 0)
        r = mcps__index_text(c, json, len);
    for (struct mcps__sub *s = c->first; s && r >= 0; s = s->making.next)
        r = compile_sub(c, s);
    if (r >= 0)
        r = refuse_circles(c);
    if (r < 0)
        return r;
    c->schema->root = c->first;
    for (struct mcps__sub *s = c->first, *next; s; s = next) {
        next = s->making.next;
        s->making = (struct mcps__sub_making){ .tree = NULL };
        s->resource->dialect = NULL; /* it may be the compiler's */
    }
    return 0;
}

/* Some sentence for each refusal, on one line. */
static int say_anything(const struct mcps__compiler *c, int r)
{
    if (r == 0 || r == -ENOMEM || r == -EINVAL || c->why_size == 0)
        return r;
    if (c->why[0] == '\0')
        snprintf(c->why, c->why_size,
                 "it cannot be compiled: a URI or a pointer in it is too "
                 "long, or stands for two things");
    mcps__place_one_line(c->why);
    return r == MCPS_ELIMIT ? r : MCPS_EINVALID;
}

int mcps_schema_compile(mcps_schema **ret, const char *json, size_t len,
                        const struct mcps_schema_options *options, char *reterr,
                        size_t reterr_size)
{
    struct mcps__compiler c = { .why = reterr, .why_size = reterr_size };
    int r;

    if (!json)
        return -EINVAL;
    if (reterr_size > 0)
        reterr[0] = '\0';
    r = compiler_init(&c, options);
    if (r >= 0)
        r = compile_text(&c, json, len);
    r = say_anything(&c, r);
    compiler_fini(&c);
    if (r < 0)
        mcps_schema_unref(c.schema);
    else
        *ret = c.schema;
    return r;
}

/* ---- references on a schema ---- */

mcps_schema *mcps_schema_ref(mcps_schema *schema)
{
    MCPS__CHECK_OBJ(schema, SCHEMA_MAGIC);
    mcps__obj_ref(&schema->obj);
    return schema;
}

static void free_owned(struct mcps__owned *owned)
{
    if (owned->num)
        mcps__num_fini(owned->num);
    mcps__constant_free(owned->constant);
    mcps__regex_free(owned->regex);
}

mcps_schema *mcps_schema_unref(mcps_schema *schema)
{
    if (!schema)
        return NULL;
    MCPS__CHECK_OBJ(schema, SCHEMA_MAGIC);
    if (!mcps__obj_unref(&schema->obj))
        return NULL;
    mcps_schema_unref(schema->whole);
    for (struct mcps__owned *o = schema->owned; o; o = o->next)
        free_owned(o);
    mcps__arena_fini(&schema->arena);
    mcps__free(schema);
    return NULL;
}

int mcps__schema_part(mcps_schema *whole, const struct mcps__sub *sub, mcps_schema **ret)
{
    mcps_schema *part = mcps__calloc(1, sizeof *part);

    if (!part)
        return -ENOMEM;
    mcps__obj_init(&part->obj, SCHEMA_MAGIC);
    part->whole = mcps_schema_ref(whole);
    part->root = sub;
    part->dynamic = whole->dynamic;
    part->hide_values = whole->hide_values;
    part->max_steps = whole->max_steps;
    part->max_nesting = whole->max_nesting;
    *ret = part;
    return 0;
}
