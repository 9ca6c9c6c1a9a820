/* SPDX-License-Identifier: MIT */
/*
 * The subschemas of documents; see compile.h.
 *
 * Only what stands where its dialect has subschemas is one, and has a $id or $anchor that
 * counts. Something else becomes one when a reference leads to it by its JSON Pointer.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema/compile.h"
#include "schema/place.h"

struct mcps__sub *mcps__index_sub(const struct mcps__compiler *c,
                                  struct json_object *tree)
{
    return mcps__map_lookup(&c->subs, &tree, sizeof tree);
}

static int add_sub(struct mcps__compiler *c, const struct mcps__place *place,
                   struct json_object *tree, struct mcps__sub **ret)
{
    struct mcps__sub *sub = mcps__arena_get(&c->schema->arena, sizeof *sub);
    int r;

    if (!sub)
        return -ENOMEM;
    sub->up = place->up;
    sub->below = place->below;
    sub->resource = place->resource;
    sub->types = MCPS__T_ANY;
    sub->making.tree = tree;
    if (!sub->resource->root)
        sub->resource->root = sub;
    if (++c->n_subs > c->options.max_subschemas) {
        snprintf(c->why, c->why_size, "there are more than %u subschemas",
                 c->options.max_subschemas);
        return MCPS_ELIMIT;
    }
    r = mcps__map_insert(&c->subs, &sub->making.tree, sizeof sub->making.tree, sub);
    if (r < 0)
        return r;
    if (c->last)
        c->last->making.next = sub;
    else
        c->first = sub;
    c->last = sub;
    *ret = sub;
    return mcps__compile_spend(c, 1);
}

/* What stands in a subschema: "/properties/a", and no more than there is of it. */
static int find_below(struct mcps__compiler *c, struct mcps__sub *up, const char *keyword,
                      const char *name, size_t index, struct json_object *tree)
{
    struct mcps__place place = { .up = up, .resource = up->resource };
    struct mcps__sub *sub;
    struct mcps__buf below;
    int r;

    mcps__buf_init(&below, SIZE_MAX);
    r = mcps__place_name(&below, keyword, strlen(keyword));
    if (r >= 0 && name)
        r = mcps__place_name(&below, name, strlen(name));
    if (r >= 0 && index != SIZE_MAX)
        r = mcps__place_index(&below, index);
    if (r >= 0) {
        place.below = mcps__arena_text(&c->schema->arena, below.data, below.len);
        r = place.below ? mcps__index_subs(c, &place, tree, &sub) : -ENOMEM;
    }
    mcps__buf_fini(&below);
    return r;
}

static int find_list(struct mcps__compiler *c, struct mcps__sub *sub, const char *keyword,
                     struct json_object *list)
{
    size_t n;
    int r = 0;

    if (!json_object_is_type(list, json_type_array))
        return mcps__compile_refuse(c, sub, keyword, "an array was expected");
    n = json_object_array_length(list);
    for (size_t i = 0; i < n && r >= 0; i++)
        r = find_below(c, sub, keyword, NULL, i, json_object_array_get_idx(list, i));
    return r;
}

static int find_named(struct mcps__compiler *c, struct mcps__sub *sub,
                      const struct mcps__keyword *keyword, struct json_object *named)
{
    int r = 0;

    if (!json_object_is_type(named, json_type_object))
        return mcps__compile_refuse(c, sub, keyword->name, "an object was expected");
    json_object_object_foreach(named, name, tree)
    {
        if (keyword->shape == MCPS__NAMED_OTHERS &&
            json_object_is_type(tree, json_type_array))
            continue;
        r = find_below(c, sub, keyword->name, name, SIZE_MAX, tree);
        if (r < 0)
            break;
    }
    return r;
}

static int find_in(struct mcps__compiler *c, struct mcps__sub *sub,
                   const struct mcps__keyword *keyword, struct json_object *value)
{
    bool is_list = json_object_is_type(value, json_type_array);

    switch (keyword->shape) {
    case MCPS__NO_SUBS: return 0;
    case MCPS__SUBS: return find_list(c, sub, keyword->name, value);
    case MCPS__NAMED_SUBS:
    case MCPS__NAMED_OTHERS: return find_named(c, sub, keyword, value);
    case MCPS__SUB_OR_SUBS:
        if (is_list)
            return find_list(c, sub, keyword->name, value);
        break;
    case MCPS__A_SUB: break;
    }
    return find_below(c, sub, keyword->name, NULL, SIZE_MAX, value);
}

/* As deep as the text at the most, which the parser bounds. */
int mcps__index_subs(struct mcps__compiler *c, const struct mcps__place *place,
                     struct json_object *tree, struct mcps__sub **ret)
{
    struct mcps__sub *sub = mcps__index_sub(c, tree);
    int r;

    *ret = sub;
    if (sub) { /* a reference has led into what it stands in */
        sub->up = place->up;
        sub->below = place->below;
        return 0;
    }
    r = add_sub(c, place, tree, &sub);
    if (r < 0)
        return r;
    *ret = sub;
    if (json_object_is_type(tree, json_type_boolean)) {
        sub->never = !json_object_get_boolean(tree);
        return 0;
    }
    if (!json_object_is_type(tree, json_type_object))
        return mcps__compile_refuse(c, sub, NULL, "a schema is an object, true or false");
    r = mcps__identity_take(c, sub);
    if (r < 0)
        return r;
    json_object_object_foreach(tree, name, value)
    {
        const struct mcps__keyword *keyword =
            mcps__keyword_find(name, sub->resource->dialect);

        if (keyword)
            r = find_in(c, sub, keyword, value);
        if (r < 0)
            break;
    }
    return r;
}

int mcps__index_document(struct mcps__compiler *c, const struct mcps__document *document,
                         const char *base, const struct mcps__dialect *dialect,
                         struct mcps__resource **ret)
{
    struct mcps__source *source = mcps__arena_get(&c->schema->arena, sizeof *source);
    const struct mcps__resource from = {
        .uri = base,
        .uri_len = strlen(base),
        .dialect = dialect,
        .source = source,
    };
    struct mcps__place place = { .below = "",
                                 .resource = mcps__identity_resource(c, &from, NULL) };
    struct mcps__sub *root;
    int r;

    if (!source || !place.resource)
        return -ENOMEM;
    source->uri = document->uri;
    *ret = place.resource;
    /* By the URI that it was got by, and by that of its $id. */
    r = mcps__map_insert(&c->resources, base, strlen(base), place.resource);
    return r < 0 ? r : mcps__index_subs(c, &place, document->tree, &root);
}

int mcps__index_text(struct mcps__compiler *c, const char *json, size_t len)
{
    const struct mcps__dialect *dialect = c->options.dialect == MCPS_SCHEMA_DRAFT_07
                                              ? &mcps__dialect_draft_07
                                              : &mcps__dialect_2020_12;
    const char *base = c->options.base_uri ? c->options.base_uri : "";
    struct mcps__resource *resource;
    struct mcps__document *document;
    struct json_object *tree = NULL;
    int r = mcps__document_parse(c, "", json, len, &tree);

    if (r >= 0)
        r = mcps__document_add(c, "", 0, tree, &document);
    if (r < 0)
        return r;
    document->uri = NULL;
    base = mcps__arena_text(&c->schema->arena, base, strlen(base));
    return base ? mcps__index_document(c, document, base, dialect, &resource) : -ENOMEM;
}
