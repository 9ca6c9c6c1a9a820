/* SPDX-License-Identifier: MIT */
/*
 * Trees compared with each other, and the items of an array; see constant.h.
 *
 * Of many items each gets a hash of all that is in it, keyed so that nobody can choose items
 * of the same hash, and only those of the same are compared.
 */
#include "config.h"

#include "schema/constant.h"

#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>

#include "schema/num.h"
#include "util/map.h"

enum { FEW_ITEMS = 8 };

static enum json_type type_of(struct json_object *tree)
{
    enum json_type type = json_object_get_type(tree);

    return type == json_type_double ? json_type_int : type;
}

/* ---- comparing ---- */

static int equal(struct json_object *a, struct json_object *b, uint64_t *steps,
                 unsigned depth);

static int equal_strings(struct json_object *a, struct json_object *b, uint64_t *steps)
{
    size_t len = (size_t)json_object_get_string_len(a);
    int r;

    if ((size_t)json_object_get_string_len(b) != len)
        return 0;
    r = mcps__steps_take(steps, len / MCPS__STEP_BYTES);
    if (r < 0)
        return r;
    return memcmp(json_object_get_string(a), json_object_get_string(b), len) == 0;
}

static int equal_arrays(struct json_object *a, struct json_object *b, uint64_t *steps,
                        unsigned depth)
{
    size_t n = json_object_array_length(a);
    int r = json_object_array_length(b) == n;

    for (size_t i = 0; i < n && r == 1; i++)
        r = equal(json_object_array_get_idx(a, i), json_object_array_get_idx(b, i), steps,
                  depth);
    return r;
}

static int equal_objects(struct json_object *a, struct json_object *b, uint64_t *steps,
                         unsigned depth)
{
    struct json_object_iterator it = json_object_iter_begin(a);
    struct json_object_iterator end = json_object_iter_end(a);
    int r = json_object_object_length(a) == json_object_object_length(b);

    for (; r == 1 && !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
        const char *name = json_object_iter_peek_name(&it);
        struct json_object *other = NULL;

        r = mcps__steps_take(steps, strlen(name) / MCPS__STEP_BYTES);
        if (r < 0)
            return r;
        r = json_object_object_get_ex(b, name, &other)
                ? equal(json_object_iter_peek_value(&it), other, steps, depth)
                : 0;
    }
    return r;
}

static int equal(struct json_object *a, struct json_object *b, uint64_t *steps,
                 unsigned depth)
{
    enum json_type type = type_of(a);
    int r = mcps__steps_take(steps, mcps__steps_of(a));

    if (r < 0)
        return r;
    if (type != type_of(b))
        return 0;
    if (depth == MCPS__VALUE_DEPTH_MAX)
        return MCPS_ELIMIT;
    switch (type) {
    case json_type_boolean:
        return json_object_get_boolean(a) == json_object_get_boolean(b);
    case json_type_int: return mcps__num_equal(a, b);
    case json_type_string: return equal_strings(a, b, steps);
    case json_type_array: return equal_arrays(a, b, steps, depth + 1);
    case json_type_object: return equal_objects(a, b, steps, depth + 1);
    default: return 1;
    }
}

int mcps__values_equal(struct json_object *a, struct json_object *b, uint64_t *steps)
{
    return equal(a, b, steps, 0);
}

/* ---- hashing ---- */

struct hasher {
    const uint64_t *seed;
    uint64_t *steps;
};

static uint64_t mix(const struct hasher *h, uint64_t a, uint64_t b)
{
    uint64_t words[2] = { a, b };

    return mcps__map_hash(h->seed, words, sizeof words);
}

static int hash_bytes(const struct hasher *h, const char *bytes, size_t len,
                      uint64_t *ret)
{
    int r = mcps__steps_take(h->steps, len / MCPS__STEP_BYTES);

    if (r < 0)
        return r;
    *ret = mcps__map_hash(h->seed, bytes, len);
    return 0;
}

static int hash_value(const struct hasher *h, struct json_object *v, unsigned depth,
                      uint64_t *ret);

static int hash_array(const struct hasher *h, struct json_object *array, unsigned depth,
                      uint64_t *ret)
{
    size_t n = json_object_array_length(array);
    uint64_t all = n, one = 0;

    for (size_t i = 0; i < n; i++) {
        int r = hash_value(h, json_object_array_get_idx(array, i), depth, &one);

        if (r < 0)
            return r;
        all = mix(h, all, one);
    }
    *ret = all;
    return 0;
}

/* The sum of what the members give, so that their order does not matter. */
static int hash_object(const struct hasher *h, struct json_object *object, unsigned depth,
                       uint64_t *ret)
{
    struct json_object_iterator it = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);
    uint64_t all = 0, key = 0, value = 0;

    for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
        const char *name = json_object_iter_peek_name(&it);
        int r = hash_bytes(h, name, strlen(name), &key);

        if (r >= 0)
            r = hash_value(h, json_object_iter_peek_value(&it), depth, &value);
        if (r < 0)
            return r;
        all += mix(h, key, value);
    }
    *ret = all;
    return 0;
}

static int hash_content(const struct hasher *h, struct json_object *v, unsigned depth,
                        uint64_t *ret)
{
    switch (type_of(v)) {
    case json_type_boolean: *ret = json_object_get_boolean(v) ? 1 : 0; return 0;
    case json_type_int: return mcps__num_hash(v, h->seed, ret);
    case json_type_string:
        return hash_bytes(h, json_object_get_string(v),
                          (size_t)json_object_get_string_len(v), ret);
    case json_type_array: return hash_array(h, v, depth + 1, ret);
    case json_type_object: return hash_object(h, v, depth + 1, ret);
    default: *ret = 0; return 0;
    }
}

static int hash_value(const struct hasher *h, struct json_object *v, unsigned depth,
                      uint64_t *ret)
{
    uint64_t content = 0;
    int r = mcps__steps_take(h->steps, mcps__steps_of(v));

    if (r >= 0 && depth == MCPS__VALUE_DEPTH_MAX)
        r = MCPS_ELIMIT;
    if (r >= 0)
        r = hash_content(h, v, depth, &content);
    if (r < 0)
        return r;
    *ret = mix(h, (uint64_t)type_of(v), content);
    return 0;
}

/* ---- the items of an array ---- */

/* All of these return 1 when items a and b are the same, 0 when there are no such. */

static int find_in_pairs(struct json_object *array, uint64_t *steps, size_t *ret_a,
                         size_t *ret_b)
{
    size_t n = json_object_array_length(array);
    int r = 0;

    for (size_t b = 1; b < n; b++) {
        for (size_t a = 0; a < b; a++) {
            r = mcps__values_equal(json_object_array_get_idx(array, a),
                                   json_object_array_get_idx(array, b), steps);
            if (r == 0)
                continue;
            if (r == 1) {
                *ret_a = a;
                *ret_b = b;
            }
            return r;
        }
    }
    return 0;
}

/* Which items have been looked at, found by their hashes. */
struct seen {
    uint64_t *hashes; /* of each item */
    uint32_t *slots;  /* one more than the place of an item; 0: free */
    size_t n_slots;   /* a power of two, at least twice as many as there are items */
};

static int seen_init(struct seen *seen, struct mcps__buf *memory, size_t n)
{
    size_t hashes_size = n * sizeof *seen->hashes, n_slots = 2 * FEW_ITEMS, slots_size;
    int r;

    while (n_slots < 2 * n)
        n_slots *= 2;
    slots_size = n_slots * sizeof *seen->slots;
    r = mcps__buf_reserve(memory, hashes_size + slots_size);
    if (r < 0)
        return r;
    seen->hashes = (void *)memory->data;
    seen->slots = (void *)(memory->data + hashes_size);
    seen->n_slots = n_slots;
    memset(seen->slots, 0, slots_size);
    return 0;
}

/* Looks for an item that is the same as item b, and adds b if there is none. */
static int find_or_add(struct seen *seen, struct json_object *array, size_t b,
                       uint64_t *steps, size_t *ret_a)
{
    uint64_t hash = seen->hashes[b];
    size_t at = (size_t)hash & (seen->n_slots - 1);
    int r = 0;

    for (; seen->slots[at] > 0; at = (at + 1) & (seen->n_slots - 1)) {
        size_t a = seen->slots[at] - 1;

        if (seen->hashes[a] != hash)
            continue;
        r = mcps__values_equal(json_object_array_get_idx(array, a),
                               json_object_array_get_idx(array, b), steps);
        if (r == 0)
            continue;
        if (r == 1)
            *ret_a = a;
        return r;
    }
    seen->slots[at] = (uint32_t)(b + 1);
    return 0;
}

static int find_by_hash(struct json_object *array, struct mcps__buf *memory,
                        const struct hasher *h, size_t *ret_a, size_t *ret_b)
{
    size_t n = json_object_array_length(array);
    struct seen seen = { .n_slots = 0 };
    int r;

    if (n > *h->steps || n >= UINT32_MAX / 4) /* before there is memory for so many */
        return MCPS_ELIMIT;
    r = seen_init(&seen, memory, n);
    for (size_t b = 0; b < n && r == 0; b++) {
        r = hash_value(h, json_object_array_get_idx(array, b), 0, &seen.hashes[b]);
        if (r == 0)
            r = find_or_add(&seen, array, b, h->steps, ret_a);
        if (r == 1)
            *ret_b = b;
    }
    return r;
}

int mcps__items_differ(struct json_object *array, struct mcps__buf *memory,
                       const uint64_t seed[2], uint64_t *steps, size_t *ret_a,
                       size_t *ret_b)
{
    const struct hasher h = { .seed = seed, .steps = steps };
    int r;

    mcps__buf_clear(memory);
    if (json_object_array_length(array) <= FEW_ITEMS)
        r = find_in_pairs(array, steps, ret_a, ret_b);
    else
        r = find_by_hash(array, memory, &h, ret_a, ret_b);
    return r < 0 ? r : r == 0;
}
