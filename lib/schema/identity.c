/* SPDX-License-Identifier: MIT */
/* What subschemas say of themselves: dialects, URIs and anchors; see compile.h. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "schema/compile.h"
#include "schema/uri.h"

/* ---- URIs and anchors ---- */

int mcps__identity_resolve(struct mcps__compiler *c, const struct mcps__resource *base,
                           const char *reference, size_t len, const char **ret,
                           size_t *ret_len)
{
    struct mcps__buf buf;
    int r;

    mcps__buf_init(&buf, 2 * (size_t)MCPS__ADDRESS_MAX);
    r = mcps__uri_resolve(&buf, base->uri, base->uri_len, reference, len);
    if (r >= 0) {
        *ret_len = buf.len;
        *ret = mcps__arena_text(&c->schema->arena, buf.data, buf.len);
        if (!*ret)
            r = -ENOMEM;
    }
    mcps__buf_fini(&buf);
    return r;
}

static int add_resource(struct mcps__compiler *c, const char *keyword,
                        struct mcps__resource *resource)
{
    int r = mcps__map_insert(&c->resources, resource->uri, resource->uri_len, resource);

    if (r != MCPS_EEXISTS)
        return r;
    if (mcps__map_lookup(&c->resources, resource->uri, resource->uri_len) == resource)
        return 0;
    return mcps__compile_refuse(c, resource->root, keyword,
                                "there are two schemas of the URI \"%s\"", resource->uri);
}

static int add_anchor(struct mcps__compiler *c, struct mcps__sub *sub,
                      const char *keyword, const char *name, size_t len)
{
    const struct mcps__resource *resource = sub->resource;
    size_t size = resource->uri_len + 1 + len;
    char *key = mcps__arena_get(&c->arena, size + 1);
    int r;

    if (!key)
        return -ENOMEM;
    memcpy(key, resource->uri, resource->uri_len);
    key[resource->uri_len] = '#';
    memcpy(key + resource->uri_len + 1, name, len);
    r = mcps__map_insert(&c->anchors, key, size, sub);
    if (r == MCPS_EEXISTS && mcps__map_lookup(&c->anchors, key, size) == sub)
        return 0;
    return r == MCPS_EEXISTS ? mcps__compile_refuse(c, sub, keyword,
                                                    "there are two anchors \"%s\"", name)
                             : r;
}

/* A letter or _, and then also digits, - and dots. */
static bool is_anchor(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
                                  "0123456789-.";

    return *text != '\0' && strspn(text, letters) == strlen(text) &&
           !strchr("0123456789-.", *text);
}

/* Anchors of one name have one number. -ENOMEM. */
static int number_of(struct mcps__compiler *c, const char *name, uint32_t *ret)
{
    struct mcps__anchor_name *found =
        mcps__map_lookup(&c->anchor_names, name, strlen(name));

    if (!found) {
        int r;

        found = mcps__arena_get(&c->arena, sizeof *found);
        if (found)
            found->text = mcps__arena_text(&c->arena, name, strlen(name));
        if (!found || !found->text)
            return -ENOMEM;
        found->number = (uint32_t)c->anchor_names.n_entries;
        r = mcps__map_insert(&c->anchor_names, found->text, strlen(name), found);
        if (r < 0)
            return r;
    }
    *ret = found->number;
    return 0;
}

static int add_dynamic_anchor(struct mcps__compiler *c, struct mcps__sub *sub,
                              const char *name)
{
    struct mcps__dynamic_anchor *anchor =
        mcps__arena_get(&c->schema->arena, sizeof *anchor);

    if (!anchor)
        return -ENOMEM;
    anchor->sub = sub;
    anchor->next = sub->resource->dynamic_anchors;
    sub->resource->dynamic_anchors = anchor;
    sub->making.anchor = anchor;
    return number_of(c, name, &anchor->anchor);
}

static int take_anchor(struct mcps__compiler *c, struct mcps__sub *sub,
                       const char *keyword, bool dynamic)
{
    const char *name;
    size_t len;
    int r = mcps__document_member(c, sub, keyword, &name, &len);

    if (r < 0 || !name)
        return r;
    if (!is_anchor(name))
        return mcps__compile_refuse(c, sub, keyword,
                                    "\"%s\" is no name that an anchor can have", name);
    r = add_anchor(c, sub, keyword, name, len);
    return r < 0 || !dynamic ? r : add_dynamic_anchor(c, sub, name);
}

struct mcps__resource *mcps__identity_resource(struct mcps__compiler *c,
                                               const struct mcps__resource *from,
                                               struct mcps__sub *root)
{
    struct mcps__resource *resource =
        mcps__arena_get(&c->schema->arena, sizeof *resource);

    if (resource)
        *resource = (struct mcps__resource){
            .uri = from->uri,
            .uri_len = from->uri_len,
            .root = root,
            .dialect = from->dialect,
            .source = from->source,
        };
    return resource;
}

/* A $id makes a resource of what it stands in, which is known by both URIs if it is a whole
 * document. In draft-07 one that is nothing but a fragment is an anchor. */
static int take_id(struct mcps__compiler *c, struct mcps__sub *sub)
{
    struct mcps__resource *resource = sub->resource;
    const char *id, *fragment;
    size_t len, fragment_len = 0;
    int r = mcps__document_member(c, sub, "$id", &id, &len);

    if (r < 0 || !id)
        return r;
    if (!mcps__uri_is_reference(id, len))
        return mcps__compile_refuse(c, sub, "$id", "\"%s\" is no URI", id);
    fragment = mcps__uri_fragment(id, len, &fragment_len);
    if (fragment && fragment_len > 0) {
        if (resource->dialect->draft != MCPS__DRAFT_07)
            return mcps__compile_refuse(c, sub, "$id", "\"%s\" has a fragment", id);
        if (*id == '#')
            return add_anchor(c, sub, "$id", fragment, fragment_len);
    }
    if (resource->root != sub) {
        resource = mcps__identity_resource(c, resource, sub);
        if (!resource)
            return -ENOMEM;
    }
    r = mcps__identity_resolve(c, resource, id, len, &resource->uri, &resource->uri_len);
    sub->resource = resource;
    if (r >= 0)
        r = add_resource(c, "$id", resource);
    if (r >= 0 && fragment && fragment_len > 0)
        r = add_anchor(c, sub, "$id", fragment, fragment_len);
    return r;
}
int mcps__identity_take(struct mcps__compiler *c, struct mcps__sub *sub)
{
    const struct mcps__dialect *dialect = sub->resource->dialect;
    bool hidden;
    int r = mcps__document_dialect(c, sub, &dialect);

    if (r < 0)
        return r;
    /* In draft-07 nothing beside a $ref counts. */
    hidden = dialect->draft == MCPS__DRAFT_07 &&
             json_object_object_get_ex(sub->making.tree, "$ref", NULL);
    if (dialect != sub->resource->dialect && sub->resource->root != sub) {
        sub->resource = mcps__identity_resource(c, sub->resource, sub);
        if (!sub->resource)
            return -ENOMEM;
    }
    sub->resource->dialect = dialect;
    if (hidden)
        return 0;
    r = take_id(c, sub);
    if (r >= 0 && dialect->draft == MCPS__DRAFT_2020)
        r = take_anchor(c, sub, "$anchor", false);
    if (r >= 0 && dialect->draft == MCPS__DRAFT_2020)
        r = take_anchor(c, sub, "$dynamicAnchor", true);
    return r;
}
