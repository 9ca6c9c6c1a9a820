/* SPDX-License-Identifier: MIT */
/*
 * Which arguments clients repeat in fields of HTTP; see mirrored.h. The schema is walked
 * twice: once to check and count, once to copy into one block.
 */
#include "config.h"

#include "schema/mirrored.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/linkhash.h>

#include "json/tree.h"
#include "schema/check.h"
#include "util/mem.h"

static const char keyword[] = "x-mcp-header";
static const char prefix[] = "Mcp-Param-";

struct collector {
    const char *path[MCPS__JSON_DEPTH_MAX]; /* the properties' names, from the root */
    size_t depth;
    size_t n, n_keys, n_bytes; /* found so far, for all of them, of texts */
    /* Where they are copied to; NULL in the first walk. */
    struct mcps__mirrored_param *params;
    const char **keys;
    char *bytes;
    char *reterr;
    size_t reterr_size;
};

static int refuse(struct collector *c, const char *format, ...) MCPS_PRINTF(2, 3);
static int refuse(struct collector *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(c->reterr, c->reterr_size, format, args);
    va_end(args);
    return -EINVAL;
}

/* ---- one of them ---- */

static bool is_primitive(struct json_object *schema)
{
    struct json_object *type;
    const char *name;

    if (!json_object_object_get_ex(schema, "type", &type) ||
        !json_object_is_type(type, json_type_string))
        return false;
    name = json_object_get_string(type);
    return strcmp(name, "string") == 0 || strcmp(name, "integer") == 0 ||
           strcmp(name, "boolean") == 0;
}

static int check(struct collector *c, struct json_object *schema,
                 struct json_object *header, bool reached)
{
    const char *name;

    if (!json_object_is_type(header, json_type_string))
        return refuse(c, "an %s is no string", keyword);
    name = json_object_get_string(header);
    if (strlen(name) != (size_t)json_object_get_string_len(header) ||
        !mcps__header_is_token(name))
        return refuse(c, "the %s \"%.64s\" is no token of HTTP of 1 to 128 characters",
                      keyword, name);
    if (!reached || c->depth == 0)
        return refuse(c, "the %s \"%.64s\" is not reached by \"properties\" alone",
                      keyword, name);
    if (!is_primitive(schema))
        return refuse(c,
                      "the %s \"%.64s\" is of something that has not the type integer, "
                      "string or boolean",
                      keyword, name);
    return 0;
}

static const char *put(struct collector *c, const char *before, const char *text)
{
    size_t n_before = strlen(before), n = strlen(text), at = c->n_bytes;

    c->n_bytes += n_before + n + 1;
    if (!c->params)
        return NULL;
    memcpy(c->bytes + at, before, n_before);
    memcpy(c->bytes + at + n_before, text, n + 1);
    return c->bytes + at;
}

static int keep(struct collector *c, const char *name)
{
    struct mcps__mirrored_param param = { .n_path = c->depth };

    param.header = put(c, prefix, name);
    param.path = c->params ? c->keys + c->n_keys : NULL;
    for (size_t i = 0; i < c->depth; i++) {
        const char *key = put(c, "", c->path[i]);

        if (c->params)
            c->keys[c->n_keys] = key;
        c->n_keys++;
    }
    for (size_t i = 0; c->params && i < c->n; i++) {
        if (mcps__header_equal(c->params[i].header, param.header))
            return refuse(c, "two %s are \"%.64s\", whatever the case of their letters",
                          keyword, name);
    }
    if (c->params)
        c->params[c->n] = param;
    c->n++;
    return 0;
}

/* ---- the walk ---- */

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* Keywords whose value is no schema, whatever it looks like. */
static bool holds_values(const char *name)
{
    static const char *const names[] = { "const", "default", "enum", "examples" };

    return is_one_of(name, names, sizeof names / sizeof names[0]);
}

/* Keywords whose members are schemas under names of their own. */
static bool holds_named(const char *name)
{
    static const char *const names[] = { "$defs",
                                         "definitions",
                                         "dependencies",
                                         "dependentSchemas",
                                         "patternProperties",
                                         "properties" };

    return is_one_of(name, names, sizeof names / sizeof names[0]);
}

static int walk(struct collector *c, struct json_object *value, bool reached);

static int walk_named(struct collector *c, struct json_object *schemas, bool reached)
{
    int r = 0;

    if (!json_object_is_type(schemas, json_type_object))
        return walk(c, schemas, false);
    json_object_object_foreach(schemas, name, schema)
    {
        c->path[c->depth++] = name;
        r = walk(c, schema, reached);
        c->depth--;
        if (r < 0)
            break;
    }
    return r;
}

static int walk_items(struct collector *c, struct json_object *array)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < json_object_array_length(array); i++)
        r = walk(c, json_object_array_get_idx(array, i), false);
    return r;
}

static int walk_member(struct collector *c, struct json_object *schema, const char *name,
                       struct json_object *value, bool reached)
{
    int r;

    if (strcmp(name, keyword) == 0) {
        r = check(c, schema, value, reached);
        return r < 0 ? r : keep(c, json_object_get_string(value));
    }
    if (holds_values(name))
        return 0;
    if (holds_named(name))
        return walk_named(c, value, reached && strcmp(name, "properties") == 0);
    return walk(c, value, false);
}

/* A schema, or what may hold some, at any depth. The scan has bounded that. */
static int walk(struct collector *c, struct json_object *value, bool reached)
{
    int r = 0;

    if (json_object_is_type(value, json_type_array))
        return walk_items(c, value);
    if (!json_object_is_type(value, json_type_object))
        return 0;
    json_object_object_foreach(value, name, member)
    {
        r = walk_member(c, value, name, member, reached);
        if (r < 0)
            break;
    }
    return r;
}

/* ---- all of them ---- */

static int copy(struct collector *c, struct mcps__mirrored_param **ret,
                struct json_object *tree)
{
    size_t for_params = c->n * sizeof **ret, for_keys = c->n_keys * sizeof *c->keys;
    char *block = mcps__malloc(for_params + for_keys + c->n_bytes);
    int r;

    if (!block)
        return -ENOMEM;
    c->params = (void *)block;
    c->keys = (void *)(block + for_params);
    c->bytes = block + for_params + for_keys;
    c->n = c->n_keys = c->n_bytes = 0;
    r = walk(c, tree, true);
    if (r < 0)
        mcps__free(block);
    else
        *ret = c->params;
    return r;
}

/* An escape could hide a letter of it. */
static bool may_have_some(const char *schema)
{
    return strstr(schema, keyword) || strstr(schema, "\\u");
}

int mcps__mirrored_collect(struct mcps__mirrored_param **ret, size_t *ret_n,
                           const char *schema, size_t len, char *reterr,
                           size_t reterr_size)
{
    struct collector c = { .reterr = reterr, .reterr_size = reterr_size };
    struct mcps__mirrored_param *params = NULL;
    struct mcps__tree_parser parser;
    struct json_object *tree = NULL;
    int r = 0;

    if (may_have_some(schema)) {
        r = mcps__tree_parser_init(&parser, &mcps__json_default_limits);
        if (r >= 0)
            r = mcps__tree_parse(&parser, &tree, schema, len);
        mcps__tree_parser_fini(&parser);
    }
    if (r >= 0)
        r = walk(&c, tree, true);
    if (r >= 0 && c.n > 0)
        r = copy(&c, &params, tree);
    json_object_put(tree);
    if (r < 0)
        return r;
    *ret = params;
    *ret_n = c.n;
    return 0;
}
