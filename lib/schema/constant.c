/* SPDX-License-Identifier: MIT */
/*
 * Values of schemas; see constant.h.
 *
 * They are kept without json-c's objects, which belong to one thread. Members are looked for
 * in the table that json-c has of the object that came, so none of ours is needed.
 */
#include "config.h"

#include "schema/constant.h"

#include <errno.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>

#include "json/write.h"
#include "schema/num.h"
#include "util/mem.h"
#include "util/utf8.h"

struct node {
    enum json_type type; /* of all numbers json_type_int */
    char *name;          /* of a member */
    size_t name_len;
    union {
        bool is_true;
        struct mcps__num num;
        struct {
            char *bytes;
            size_t len;
        } string;
        struct {
            struct node *nodes;
            size_t n;
        } list; /* of an array or object */
    } of;
};

struct mcps__constant {
    struct node root;
    char *text;
};

static enum json_type type_of(struct json_object *tree)
{
    enum json_type type = json_object_get_type(tree);

    return type == json_type_double ? json_type_int : type;
}

/* ---- making and freeing ---- */

static void free_node(struct node *node)
{
    mcps__free(node->name);
    switch (node->type) {
    case json_type_int: mcps__num_fini(&node->of.num); break;
    case json_type_string: mcps__free(node->of.string.bytes); break;
    case json_type_array:
    case json_type_object:
        for (size_t i = 0; i < node->of.list.n; i++)
            free_node(&node->of.list.nodes[i]);
        mcps__free(node->of.list.nodes);
        break;
    default: break;
    }
}

static int copy(struct node *to, struct json_object *tree, unsigned depth);

static int copy_string(struct node *to, struct json_object *string)
{
    size_t len = (size_t)json_object_get_string_len(string);

    to->of.string.bytes = mcps__memdup(json_object_get_string(string), len);
    to->of.string.len = len;
    return to->of.string.bytes ? 0 : -ENOMEM;
}

/* Nodes are counted as they are made, so that what there is can be freed at any time. */
static int copy_array(struct node *to, struct json_object *array, unsigned depth)
{
    size_t n = json_object_array_length(array);
    int r = 0;

    to->of.list.nodes = mcps__calloc(n, sizeof *to->of.list.nodes);
    if (!to->of.list.nodes)
        return -ENOMEM;
    while (to->of.list.n < n && r >= 0) {
        size_t i = to->of.list.n++;

        r = copy(&to->of.list.nodes[i], json_object_array_get_idx(array, i), depth);
    }
    return r;
}

static int copy_object(struct node *to, struct json_object *object, unsigned depth)
{
    struct json_object_iterator it = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);
    size_t n = (size_t)json_object_object_length(object);
    int r = 0;

    to->of.list.nodes = mcps__calloc(n, sizeof *to->of.list.nodes);
    if (!to->of.list.nodes)
        return -ENOMEM;
    for (; !json_object_iter_equal(&it, &end) && r >= 0; json_object_iter_next(&it)) {
        struct node *member = &to->of.list.nodes[to->of.list.n++];
        const char *name = json_object_iter_peek_name(&it);

        member->name_len = strlen(name);
        member->name = mcps__memdup(name, member->name_len);
        r = member->name ? copy(member, json_object_iter_peek_value(&it), depth)
                         : -ENOMEM;
    }
    return r;
}

static int copy(struct node *to, struct json_object *tree, unsigned depth)
{
    if (depth == MCPS__VALUE_DEPTH_MAX)
        return MCPS_ELIMIT;
    to->type = type_of(tree);
    switch (to->type) {
    case json_type_boolean: to->of.is_true = json_object_get_boolean(tree); return 0;
    case json_type_int: return mcps__num_init(&to->of.num, tree);
    case json_type_string: return copy_string(to, tree);
    case json_type_array: return copy_array(to, tree, depth + 1);
    case json_type_object: return copy_object(to, tree, depth + 1);
    default: return 0;
    }
}

static void write_node(struct mcps__writer *w, const struct node *node);

static void write_list(struct mcps__writer *w, const struct node *list)
{
    for (size_t i = 0; i < list->of.list.n; i++) {
        const struct node *node = &list->of.list.nodes[i];

        if (w->out->len > MCPS__CONSTANT_TEXT_MAX)
            return;
        if (node->name)
            mcps__write_key(w, node->name);
        write_node(w, node);
    }
}

/* Writes no more than the text can hold, and a little, so that it is seen to be too long. */
static void write_node(struct mcps__writer *w, const struct node *node)
{
    size_t len;

    switch (node->type) {
    case json_type_null: mcps__write_null(w); break;
    case json_type_boolean: mcps__write_bool(w, node->of.is_true); break;
    case json_type_string:
        len = node->of.string.len;
        if (len > MCPS__CONSTANT_TEXT_MAX)
            len = MCPS__CONSTANT_TEXT_MAX;
        mcps__write_text(w, node->of.string.bytes, len);
        break;
    case json_type_array:
        mcps__write_array(w);
        write_list(w, node);
        mcps__write_array_end(w);
        break;
    case json_type_object:
        mcps__write_object(w);
        write_list(w, node);
        mcps__write_object_end(w);
        break;
    default: mcps__write_raw(w, node->of.num.text, strlen(node->of.num.text)); break;
    }
}

static int make_text(struct mcps__constant *c)
{
    static const char dots[] = "...";
    struct mcps__writer w;
    struct mcps__buf out;
    int r;

    mcps__buf_init(&out, SIZE_MAX);
    mcps__write_init(&w, &out);
    write_node(&w, &c->root);
    r = mcps__write_end(&w);
    if (r >= 0 && out.len > MCPS__CONSTANT_TEXT_MAX) {
        out.len = mcps__utf8_valid_prefix(out.data, MCPS__CONSTANT_TEXT_MAX - 3);
        r = mcps__buf_append(&out, dots, 3);
    }
    if (r >= 0) {
        c->text = mcps__memdup(out.data, out.len);
        r = c->text ? 0 : -ENOMEM;
    }
    mcps__buf_fini(&out);
    return r;
}

int mcps__constant_new(struct mcps__constant **ret, struct json_object *tree)
{
    struct mcps__constant *c = mcps__calloc(1, sizeof *c);
    int r;

    if (!c)
        return -ENOMEM;
    r = copy(&c->root, tree, 0);
    if (r >= 0)
        r = make_text(c);
    if (r < 0) {
        mcps__constant_free(c);
        return r;
    }
    *ret = c;
    return 0;
}

struct mcps__constant *mcps__constant_free(struct mcps__constant *constant)
{
    if (constant) {
        free_node(&constant->root);
        mcps__free(constant->text);
        mcps__free(constant);
    }
    return NULL;
}

const char *mcps__constant_text(const struct mcps__constant *constant)
{
    return constant->text;
}

const char *mcps__constant_string(const struct mcps__constant *constant, size_t *ret_len)
{
    if (constant->root.type != json_type_string)
        return NULL;
    *ret_len = constant->root.of.string.len;
    return constant->root.of.string.bytes;
}

/* ---- comparing ---- */

static int equals(const struct node *node, struct json_object *tree, uint64_t *steps);

static int equals_number(const struct mcps__num *num, struct json_object *v)
{
    int order = 0, r = mcps__num_compare(v, num, &order);

    if (r == MCPS_EINVALID) /* NaN */
        return 0;
    return r < 0 ? r : order == 0;
}

static int equals_string(const struct node *node, struct json_object *string,
                         uint64_t *steps)
{
    size_t len = node->of.string.len;
    int r;

    if ((size_t)json_object_get_string_len(string) != len)
        return 0;
    r = mcps__steps_take(steps, len / MCPS__STEP_BYTES);
    if (r < 0)
        return r;
    return memcmp(json_object_get_string(string), node->of.string.bytes, len) == 0;
}

static int equals_array(const struct node *node, struct json_object *array,
                        uint64_t *steps)
{
    size_t n = node->of.list.n;
    int r = json_object_array_length(array) == n;

    for (size_t i = 0; i < n && r == 1; i++)
        r = equals(&node->of.list.nodes[i], json_object_array_get_idx(array, i), steps);
    return r;
}

static int equals_object(const struct node *node, struct json_object *object,
                         uint64_t *steps)
{
    size_t n = node->of.list.n;
    int r = (size_t)json_object_object_length(object) == n;

    for (size_t i = 0; i < n && r == 1; i++) {
        const struct node *member = &node->of.list.nodes[i];
        struct json_object *value = NULL;

        r = mcps__steps_take(steps, member->name_len / MCPS__STEP_BYTES);
        if (r < 0)
            return r;
        r = json_object_object_get_ex(object, member->name, &value)
                ? equals(member, value, steps)
                : 0;
    }
    return r;
}

static int equals(const struct node *node, struct json_object *tree, uint64_t *steps)
{
    int r = mcps__steps_take(steps, mcps__steps_of(tree));

    if (r < 0)
        return r;
    if (node->type != type_of(tree))
        return 0;
    switch (node->type) {
    case json_type_boolean: return json_object_get_boolean(tree) == node->of.is_true;
    case json_type_int: return equals_number(&node->of.num, tree);
    case json_type_string: return equals_string(node, tree, steps);
    case json_type_array: return equals_array(node, tree, steps);
    case json_type_object: return equals_object(node, tree, steps);
    default: return 1;
    }
}

int mcps__constant_equals(const struct mcps__constant *constant, struct json_object *tree,
                          uint64_t *steps)
{
    return equals(&constant->root, tree, steps);
}
