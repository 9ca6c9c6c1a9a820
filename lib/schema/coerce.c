/* SPDX-License-Identifier: MIT */
/* Strings that become the values whose texts they are; see eval.h. */
#include "config.h"

#include <errno.h>

#include "schema/eval.h"

static unsigned types_of(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null: return MCPS__T_NULL;
    case json_type_boolean: return MCPS__T_BOOLEAN;
    case json_type_int: return MCPS__T_INTEGER | MCPS__T_NUMBER;
    case json_type_double:
        return mcps__num_is_integer(value) > 0 ? MCPS__T_INTEGER | MCPS__T_NUMBER
                                               : MCPS__T_NUMBER;
    case json_type_string: return MCPS__T_STRING;
    case json_type_array: return MCPS__T_ARRAY;
    case json_type_object: return MCPS__T_OBJECT;
    }
    return 0;
}

/* The value that is there by now, or NULL. */
static struct json_object *value_at(const struct mcps__coercion *c,
                                    struct json_object *tree)
{
    struct json_object *value = NULL;

    if (!c->in)
        return tree;
    if (c->name)
        json_object_object_get_ex(c->in, c->name, &value);
    else
        value = json_object_array_get_idx(c->in, c->index);
    return value;
}

/* Puts a value, which is taken, in the place of what is there. */
static int replace(const struct mcps__coercion *c, struct json_object **tree,
                   struct json_object *value)
{
    int r = 0;

    if (!c->in) {
        json_object_put(*tree);
        *tree = value;
    } else if (c->name) {
        r = json_object_object_add(c->in, c->name, value);
    } else {
        r = json_object_array_put_idx(c->in, c->index, value);
    }
    if (r < 0)
        json_object_put(value);
    return r < 0 ? -ENOMEM : 1;
}

/* 1 if the string is the text of a value of such a type, which *ret then is; otherwise 0. */
static int read_string(struct mcps__eval *e, struct json_object *string, unsigned types,
                       struct json_object **ret)
{
    struct json_object *value = NULL;
    size_t len = (size_t)json_object_get_string_len(string);
    int r;

    if (!mcps__eval_spend(e, len))
        return MCPS_ELIMIT;
    r = mcps__tree_parse(&e->scratch->parser, &value, json_object_get_string(string),
                         len);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    if (!(types_of(value) & types)) {
        json_object_put(value);
        return 0;
    }
    *ret = value;
    return 1;
}

bool mcps__coerce_note(struct mcps__eval *e, const struct mcps__here *here)
{
    struct mcps__coercion *coercion;
    struct json_object *value = NULL;
    int r;

    if (!json_object_is_type(here->value, json_type_string))
        return false;
    r = read_string(e, here->value, here->sub->types, &value);
    if (r < 0)
        e->error = r;
    if (r <= 0)
        return false;
    json_object_put(value);
    coercion = mcps__arena_get(&e->scratch->texts, sizeof *coercion);
    if (!coercion) {
        e->error = -ENOMEM;
        return false;
    }
    *coercion = (struct mcps__coercion){
        .in = here->at ? here->at->in : NULL,
        .name = here->at ? here->at->name : NULL,
        .index = here->at ? here->at->index : 0,
        .types = here->sub->types,
        .next = e->coercions,
    };
    e->coercions = coercion;
    return true;
}

/* 1 if the string was replaced, 0 if that was done already. */
static int coerce_one(struct mcps__eval *e, const struct mcps__coercion *c,
                      struct json_object **tree)
{
    struct json_object *string = value_at(c, *tree), *value = NULL;
    int r;

    if (!json_object_is_type(string, json_type_string))
        return 0;
    r = read_string(e, string, c->types, &value);
    return r <= 0 ? r : replace(c, tree, value);
}

int mcps__coerce_apply(struct mcps__eval *e, struct json_object **tree, size_t *n)
{
    for (const struct mcps__coercion *c = e->coercions; c; c = c->next) {
        int r = coerce_one(e, c, tree);

        if (r < 0)
            return r;
        *n += (size_t)r;
    }
    return 0;
}
