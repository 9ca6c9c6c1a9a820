/* SPDX-License-Identifier: MIT */
/* Canonical texts of JSON values; see canonical.h. */
#include "config.h"

#include "core/canonical.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>

#include "json/tree.h"
#include "json/write.h"
#include "schema/num.h"
#include "util/mem.h"

static int append(struct mcps__writer *w, struct json_object *tree, unsigned depth);

/* ---- numbers ---- */

/* A number that has no integer of 64 bits: "-15e-1". */
static int append_digits(struct mcps__writer *w, const struct mcps__num *num)
{
    struct mcps__buf text;
    struct mcps__writer exponent;
    int r;

    mcps__buf_init(&text, SIZE_MAX);
    r = num->negative ? mcps__buf_append_byte(&text, '-') : 0;
    if (r >= 0)
        r = mcps__buf_append(&text, num->digits, num->n_digits);
    if (r >= 0)
        r = mcps__buf_append_byte(&text, 'e');
    if (r >= 0) {
        mcps__write_init(&exponent, &text);
        mcps__write_int(&exponent, (int64_t)num->exponent - (int64_t)num->n_digits);
        r = mcps__write_end(&exponent);
    }
    if (r >= 0)
        mcps__write_raw(w, text.data, text.len);
    mcps__buf_fini(&text);
    return r;
}

/* Has it 64 bits, and a sign if it is negative? 0 never is. */
static bool is_integer(const struct mcps__num *num)
{
    return num->is_int && (!num->negative || num->magnitude <= (uint64_t)INT64_MAX + 1);
}

static void append_integer(struct mcps__writer *w, const struct mcps__num *num)
{
    if (num->negative)
        mcps__write_int(w,
                        -(int64_t)(num->magnitude - 1) - 1); /* -2^63 has no opposite */
    else
        mcps__write_uint(w, num->magnitude);
}

static int append_double(struct mcps__writer *w, struct json_object *v)
{
    struct mcps__num num;
    const char *text;
    int r = mcps__num_init(&num, v);

    if (r == MCPS_ELIMIT) {
        text = json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN);
        if (!text)
            return -ENOMEM;
        mcps__write_raw(w, text, strlen(text));
        return 0;
    }
    if (r < 0)
        return r;
    if (is_integer(&num))
        append_integer(w, &num);
    else
        r = append_digits(w, &num);
    mcps__num_fini(&num);
    return r;
}

static void append_int(struct mcps__writer *w, struct json_object *v)
{
    int64_t value = json_object_get_int64(v);

    if (value < 0)
        mcps__write_int(w, value);
    else
        mcps__write_uint(w, json_object_get_uint64(v)); /* above INT64_MAX, too */
}

/* ---- objects and arrays ---- */

struct member {
    const char *name;
    struct json_object *value;
};

static int compare_names(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    return strcmp(x->name, y->name); /* by unsigned bytes; no name has a NUL in it */
}

static int append_members(struct mcps__writer *w, const struct member *members, size_t n,
                          unsigned depth)
{
    int r = 0;

    mcps__write_object(w);
    for (size_t i = 0; i < n && r >= 0; i++) {
        mcps__write_key(w, members[i].name);
        r = append(w, members[i].value, depth);
    }
    mcps__write_object_end(w);
    return r;
}

static int append_object(struct mcps__writer *w, struct json_object *object,
                         unsigned depth)
{
    struct json_object_iterator it = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);
    size_t n = (size_t)json_object_object_length(object);
    struct member *members = mcps__calloc(n, sizeof *members);
    int r;

    if (!members)
        return -ENOMEM;
    for (size_t i = 0; i < n && !json_object_iter_equal(&it, &end); i++) {
        members[i].name = json_object_iter_peek_name(&it);
        members[i].value = json_object_iter_peek_value(&it);
        json_object_iter_next(&it);
    }
    qsort(members, n, sizeof *members, compare_names);
    r = append_members(w, members, n, depth);
    mcps__free(members);
    return r;
}

static int append_array(struct mcps__writer *w, struct json_object *array, unsigned depth)
{
    int r = 0;

    mcps__write_array(w);
    for (size_t i = 0, n = json_object_array_length(array); i < n && r >= 0; i++)
        r = append(w, json_object_array_get_idx(array, i), depth);
    mcps__write_array_end(w);
    return r;
}

/* ---- values ---- */

static int append(struct mcps__writer *w, struct json_object *tree, unsigned depth)
{
    enum json_type type = json_object_get_type(tree);
    int r = 0;

    if (depth == MCPS__JSON_DEPTH_MAX &&
        (type == json_type_object || type == json_type_array))
        return MCPS__JSON_EDEPTH;
    switch (type) {
    case json_type_null: mcps__write_null(w); break;
    case json_type_boolean: mcps__write_bool(w, json_object_get_boolean(tree)); break;
    case json_type_double: r = append_double(w, tree); break;
    case json_type_int: append_int(w, tree); break;
    case json_type_string:
        mcps__write_text(w, json_object_get_string(tree),
                         (size_t)json_object_get_string_len(tree));
        break;
    case json_type_object: r = append_object(w, tree, depth + 1); break;
    case json_type_array: r = append_array(w, tree, depth + 1); break;
    }
    return r < 0 ? r : mcps__write_end(w);
}

int mcps__canonical_append(struct mcps__buf *out, struct json_object *tree)
{
    size_t before = out->len;
    struct mcps__writer w;
    int r;

    mcps__write_init(&w, out);
    r = append(&w, tree, 0);
    if (r < 0)
        out->len = before;
    return r;
}

int mcps__canonical_append_text(struct mcps__buf *out, const char *json, size_t len,
                                const struct mcps__json_limits *limits)
{
    struct mcps__tree_parser parser;
    struct json_object *tree = NULL;
    int r = mcps__tree_parser_init(&parser, limits);

    if (r >= 0)
        r = mcps__tree_parse(&parser, &tree, json, len);
    if (r >= 0)
        r = mcps__canonical_append(out, tree);
    json_object_put(tree);
    mcps__tree_parser_fini(&parser);
    return r;
}
