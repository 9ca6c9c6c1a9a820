/* SPDX-License-Identifier: MIT */
/* The documents that a schema consists of, and their dialects; see compile.h. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema/compile.h"
#include "schema/metaschema.h"
#include "schema/uri.h"

static const char *text_of(struct json_object *value, size_t *ret_len)
{
    *ret_len = (size_t)json_object_get_string_len(value);
    return json_object_get_string(value);
}

int mcps__document_member(struct mcps__compiler *c, const struct mcps__sub *sub,
                          const char *keyword, const char **ret, size_t *ret_len)
{
    struct json_object *value;

    *ret = NULL;
    if (!json_object_object_get_ex(sub->making.tree, keyword, &value))
        return 0;
    if (!json_object_is_type(value, json_type_string))
        return mcps__compile_refuse(c, sub, keyword, "a string was expected");
    *ret = text_of(value, ret_len);
    if (strlen(*ret) != *ret_len)
        return mcps__compile_refuse(c, sub, keyword, "it has a NUL character in it");
    if (*ret_len > MCPS__ADDRESS_MAX)
        return mcps__compile_refuse(c, sub, keyword, "it has more than %d bytes",
                                    MCPS__ADDRESS_MAX);
    return 0;
}

/* ---- documents ---- */

static int note_given(struct mcps__compiler *c, const struct mcps_schema_document *from)
{
    struct mcps__given *given = mcps__arena_get(&c->arena, sizeof *given);
    struct mcps__buf uri;
    int r;

    if (!given)
        return -ENOMEM;
    if (mcps__uri_split(from->uri, strlen(from->uri)).scheme.len == 0) {
        snprintf(c->why, c->why_size, "the URI \"%.200s\" of a document is not absolute",
                 from->uri);
        return -EINVAL;
    }
    given->json = from->json;
    mcps__buf_init(&uri, SIZE_MAX);
    r = mcps__uri_resolve(&uri, "", 0, from->uri, strlen(from->uri));
    if (r >= 0) {
        given->uri = mcps__arena_text(&c->arena, uri.data, uri.len);
        r = given->uri ? mcps__map_insert(&c->given, given->uri, uri.len, given)
                       : -ENOMEM;
    }
    mcps__buf_fini(&uri);
    if (r != MCPS_EEXISTS)
        return r;
    snprintf(c->why, c->why_size, "there are two documents of the URI \"%.200s\"",
             from->uri);
    return -EINVAL;
}

int mcps__document_note_given(struct mcps__compiler *c)
{
    int r = 0;

    for (size_t i = 0; i < c->options.n_documents && r >= 0; i++)
        r = note_given(c, &c->options.documents[i]);
    return r;
}

static const char *document_text(const struct mcps__compiler *c, const char *uri,
                                 size_t len)
{
    const struct mcps__given *given = mcps__map_lookup(&c->given, uri, len);

    return given ? given->json : mcps__metaschema_find(uri, len);
}

int mcps__document_parse(struct mcps__compiler *c, const char *uri, const char *json,
                         size_t len, struct json_object **ret)
{
    int r = mcps__tree_parse(&c->parser, ret, json, len);

    if (r == -ENOMEM || r >= 0)
        return r;
    snprintf(c->why, c->why_size, "%s%s%s", uri, *uri ? ": " : "",
             mcps__json_strerror(r));
    return mcps__json_error_is_limit(r) ? MCPS_ELIMIT : MCPS_EINVALID;
}

int mcps__document_add(struct mcps__compiler *c, const char *uri, size_t len,
                       struct json_object *tree, struct mcps__document **ret)
{
    struct mcps__document *document = mcps__arena_get(&c->arena, sizeof *document);

    if (document)
        document->uri = mcps__arena_text(&c->schema->arena, uri, len);
    if (!document || !document->uri) {
        json_object_put(tree);
        return -ENOMEM;
    }
    document->tree = tree;
    document->next = c->documents;
    c->documents = document;
    *ret = document;
    return 0;
}

int mcps__document_get(struct mcps__compiler *c, const char *uri, size_t len,
                       struct mcps__document **ret)
{
    struct json_object *tree = NULL;
    const char *json;
    int r;

    *ret = NULL;
    for (struct mcps__document *d = c->documents; d; d = d->next)
        if (d->uri && strlen(d->uri) == len && memcmp(d->uri, uri, len) == 0) {
            *ret = d;
            return 0;
        }
    json = document_text(c, uri, len);
    if (!json)
        return 0;
    r = mcps__document_parse(c, uri, json, strlen(json), &tree);
    return r < 0 ? r : mcps__document_add(c, uri, len, tree, ret);
}
/* ---- dialects ---- */

static int refuse_dialect(struct mcps__compiler *c, const struct mcps__sub *sub,
                          const char *uri)
{
    return mcps__compile_refuse(c, sub, "$schema",
                                "\"%s\" is neither 2020-12 nor draft-07, nor given as a "
                                "document",
                                uri);
}

/* The vocabularies that a metaschema names. */
static int read_vocabularies(struct mcps__compiler *c, const struct mcps__sub *sub,
                             struct json_object *named, unsigned *ret)
{
    *ret = MCPS__VOC_CORE;
    json_object_object_foreach(named, uri, needed)
    {
        unsigned bit = mcps__vocabulary_find(uri);

        if (bit == 0 && json_object_get_boolean(needed))
            return mcps__compile_refuse(c, sub, "$schema",
                                        "its metaschema needs the vocabulary \"%s\", "
                                        "which is not known",
                                        uri);
        *ret |= bit;
    }
    return 0;
}

/* A dialect by a metaschema that was given as a document. */
static int make_dialect(struct mcps__compiler *c, const struct mcps__sub *sub,
                        const char *uri, size_t len, const struct mcps__dialect **ret)
{
    struct json_object *base = NULL, *named = NULL;
    const struct mcps__dialect *from = &mcps__dialect_2020_12;
    struct mcps__document *document;
    struct mcps__dialect *made;
    int r;

    if (len > 0 && uri[len - 1] == '#')
        len--;
    r = mcps__document_get(c, uri, len, &document);
    if (r < 0)
        return r;
    if (!document || !json_object_is_type(document->tree, json_type_object))
        return refuse_dialect(c, sub, uri);
    if (json_object_object_get_ex(document->tree, "$schema", &base)) {
        const char *text =
            json_object_is_type(base, json_type_string) ? text_of(base, &len) : "";

        from = mcps__dialect_find(text, strlen(text));
        if (!from)
            return refuse_dialect(c, sub, text);
    }
    made = mcps__arena_get(&c->arena, sizeof *made);
    if (!made)
        return -ENOMEM;
    *made = *from;
    *ret = made;
    if (json_object_object_get_ex(document->tree, "$vocabulary", &named) &&
        json_object_is_type(named, json_type_object))
        return read_vocabularies(c, sub, named, &made->vocabularies);
    return 0;
}

int mcps__document_dialect(struct mcps__compiler *c, const struct mcps__sub *sub,
                           const struct mcps__dialect **ret)
{
    const char *uri;
    size_t len;
    int r = mcps__document_member(c, sub, "$schema", &uri, &len);

    if (r < 0 || !uri)
        return r;
    *ret = mcps__dialect_find(uri, len);
    return *ret ? 0 : make_dialect(c, sub, uri, len, ret);
}
