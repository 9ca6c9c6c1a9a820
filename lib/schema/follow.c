/* SPDX-License-Identifier: MIT */
/* Where references lead; see compile.h. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "schema/compile.h"
#include "schema/uri.h"

static int get_resource(struct mcps__site *site, const char *uri, size_t len,
                        struct mcps__resource **ret)
{
    struct mcps__compiler *c = site->c;
    struct mcps__document *document;
    int r;

    *ret = mcps__map_lookup(&c->resources, uri, len);
    if (*ret)
        return 0;
    r = mcps__document_get(c, uri, len, &document);
    if (r < 0)
        return r;
    if (!document)
        return mcps__site_refuse(site,
                                 "\"%s\" is neither in the schema nor given as a "
                                 "document; nothing is fetched",
                                 uri);
    return mcps__index_document(c, document, document->uri, site->sub->resource->dialect,
                                ret);
}

/* A member or an item, by a part of a pointer whose escapes are undone. */
static bool step_into(struct json_object **tree, const char *name)
{
    size_t index = 0;

    if (json_object_is_type(*tree, json_type_object))
        return json_object_object_get_ex(*tree, name, tree);
    if (!json_object_is_type(*tree, json_type_array) || *name == '\0' ||
        (name[0] == '0' && name[1] != '\0'))
        return false;
    for (; *name >= '0' && *name <= '9' && index < SIZE_MAX / 16; name++)
        index = index * 10 + (size_t)(*name - '0');
    if (*name != '\0' || index >= json_object_array_length(*tree))
        return false;
    *tree = json_object_array_get_idx(*tree, index);
    return true;
}

/* Undoes ~0 and ~1, in place. */
static bool unescape(char *part)
{
    char *to = part;

    for (; *part != '\0'; part++) {
        if (*part != '~') {
            *to++ = *part;
            continue;
        }
        part++;
        if (*part != '0' && *part != '1')
            return false;
        *to++ = *part == '0' ? '~' : '/';
    }
    *to = '\0';
    return true;
}

/* Goes along a pointer, which is taken apart, from the root of a resource. `nearest` becomes
 * the last subschema on the way, and *below what of the pointer is behind it. */
static bool walk_pointer(const struct mcps__compiler *c, char *pointer,
                         struct mcps__sub **nearest, struct json_object **tree,
                         size_t *ret_below)
{
    char *at = pointer;

    *ret_below = 0;
    while (*at == '/') {
        char *end = at + 1 + strcspn(at + 1, "/");
        char after = *end;
        bool found;

        *end = '\0';
        found = unescape(at + 1) && step_into(tree, at + 1);
        *end = after;
        if (!found)
            return false;
        if (*tree && mcps__index_sub(c, *tree)) {
            *nearest = mcps__index_sub(c, *tree);
            *ret_below = (size_t)(end - pointer);
        }
        at = end;
    }
    return *at == '\0';
}

static int follow_pointer(struct mcps__site *site, struct mcps__resource *resource,
                          const char *pointer, struct mcps__sub **ret)
{
    struct mcps__compiler *c = site->c;
    struct mcps__sub *nearest = resource->root;
    struct json_object *tree = nearest->making.tree;
    char *copy = mcps__arena_text(&c->arena, pointer, strlen(pointer));
    struct mcps__place place;
    size_t below;

    if (!copy)
        return -ENOMEM;
    if (!walk_pointer(c, copy, &nearest, &tree, &below))
        return mcps__site_refuse(site, "there is nothing at \"%s\"", pointer);
    *ret = tree ? mcps__index_sub(c, tree) : NULL;
    if (*ret)
        return 0;
    place.up = nearest;
    place.resource = nearest->resource;
    place.below =
        mcps__arena_text(&c->schema->arena, pointer + below, strlen(pointer + below));
    return place.below ? mcps__index_subs(c, &place, tree, ret) : -ENOMEM;
}

/* The number of the subschema's $dynamicAnchor, if it is of that name; or -1. */
static int64_t dynamic_number(const struct mcps__compiler *c, const struct mcps__sub *sub,
                              const char *name)
{
    const struct mcps__dynamic_anchor *anchor = sub->making.anchor;
    const struct mcps__anchor_name *found =
        mcps__map_lookup(&c->anchor_names, name, strlen(name));

    if (!anchor || !found || anchor->anchor != found->number)
        return -1;
    return anchor->anchor;
}

static int follow_anchor(struct mcps__site *site, const struct mcps__resource *resource,
                         const char *name, struct mcps__sub **ret, int64_t *ret_dynamic)
{
    struct mcps__compiler *c = site->c;
    struct mcps__buf key;
    int r;

    mcps__buf_init(&key, SIZE_MAX);
    r = mcps__buf_append(&key, resource->uri, resource->uri_len);
    if (r >= 0)
        r = mcps__buf_append_byte(&key, '#');
    if (r >= 0)
        r = mcps__buf_append_str(&key, name);
    if (r >= 0)
        *ret = mcps__map_lookup(&c->anchors, key.data, key.len);
    mcps__buf_fini(&key);
    if (r < 0)
        return r;
    if (!*ret)
        return mcps__site_refuse(site, "there is no anchor \"%s\"", name);
    *ret_dynamic = dynamic_number(c, *ret, name);
    return 0;
}

/* What the fragment, with its escapes undone, names in a resource. */
static int follow_fragment(struct mcps__site *site, struct mcps__resource *resource,
                           const struct mcps__buf *fragment, struct mcps__sub **ret,
                           int64_t *ret_dynamic)
{
    const char *text = fragment->data;

    if (fragment->len == 1) { /* the NUL */
        *ret = resource->root;
        return 0;
    }
    if (strlen(text) + 1 < fragment->len)
        return mcps__site_refuse(site, "it has a NUL character in it");
    if (*text != '/')
        return follow_anchor(site, resource, text, ret, ret_dynamic);
    return follow_pointer(site, resource, text, ret);
}

int mcps__follow(struct mcps__site *site, const char *reference, size_t len,
                 struct mcps__sub **ret, int64_t *ret_dynamic)
{
    struct mcps__resource *resource = NULL;
    const char *fragment, *uri = NULL;
    size_t fragment_len = 0, uri_len = 0;
    struct mcps__buf decoded;
    int r;

    *ret_dynamic = -1;
    if (strlen(reference) < len ||
        (*reference != '#' && !mcps__uri_is_reference(reference, len)))
        return mcps__site_refuse(site, "\"%s\" is no URI", reference);
    if (len > MCPS__ADDRESS_MAX)
        return mcps__site_refuse(site, "it has more than %d bytes", MCPS__ADDRESS_MAX);
    r = mcps__compile_spend(site->c, 1 + len / 64);
    if (r >= 0)
        r = mcps__identity_resolve(site->c, site->sub->resource, reference, len, &uri,
                                   &uri_len);
    if (r >= 0)
        r = get_resource(site, uri, uri_len, &resource);
    if (r < 0)
        return r;
    fragment = mcps__uri_fragment(reference, len, &fragment_len);
    mcps__buf_init(&decoded, SIZE_MAX);
    r = mcps__uri_decode(&decoded, fragment ? fragment : "", fragment_len);
    if (r == MCPS_EINVALID)
        r = mcps__site_refuse(site, "\"%s\" is no URI", reference);
    if (r >= 0)
        r = mcps__buf_append_byte(&decoded, '\0');
    if (r >= 0)
        r = follow_fragment(site, resource, &decoded, ret, ret_dynamic);
    mcps__buf_fini(&decoded);
    return r;
}
