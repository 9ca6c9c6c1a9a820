/* SPDX-License-Identifier: MIT */
/*
 * Values compared: those of "const" and "enum" with what comes, and the items of an array
 * with each other. Numbers are the same when they are so mathematically, objects whatever
 * the order of their members.
 */
#ifndef MCPS_SCHEMA_CONSTANT_H
#define MCPS_SCHEMA_CONSTANT_H

#include <stddef.h>
#include <stdint.h>

#include <json-c/json_object.h>

#include "mcpserver/base.h"
#include "util/buf.h"

struct json_object;

enum {
    MCPS__VALUE_DEPTH_MAX = 1024,  /* arrays and objects inside each other */
    MCPS__CONSTANT_TEXT_MAX = 200, /* bytes */
    MCPS__STEP_BYTES = 1024        /* of a string or name that are one step more */
};

/* Lowers the steps that there are left. MCPS_ELIMIT when they do not suffice. */
static inline int mcps__steps_take(uint64_t *steps, uint64_t n)
{
    if (*steps < n)
        return MCPS_ELIMIT;
    *steps -= n;
    return 0;
}

/* What it takes to look at a value: more if it is a number whose digits have to be read. */
static inline uint64_t mcps__steps_of(struct json_object *value)
{
    return json_object_is_type(value, json_type_double) && json_object_get_userdata(value)
               ? 16
               : 1;
}

/* A value of a schema: immutable once made, any thread, many at once. */
struct mcps__constant;

/* Copies the tree (NULL: null). -ENOMEM; the errors of mcps__num_init(), and MCPS_ELIMIT for a
 * tree that is too deep. */
int mcps__constant_new(struct mcps__constant **ret,
                       struct json_object *tree) MCPS_MUST_CHECK;
/* Returns NULL; NULL is fine. */
struct mcps__constant *mcps__constant_free(struct mcps__constant *constant);
/* Its JSON text, on one line, as it is to be shown: cut at a character, with "..." behind it,
 * when it is longer than MCPS__CONSTANT_TEXT_MAX. Borrowed. */
const char *mcps__constant_text(const struct mcps__constant *constant);
/* The string and its length, or NULL when it is none. Borrowed. */
const char *mcps__constant_string(const struct mcps__constant *constant, size_t *ret_len);

/* Is it the same value? 1 or 0. *steps is lowered by one for each value compared,
 * and for each KiB of strings; MCPS_ELIMIT when they do not suffice, or of mcps__num_equal();
 * -ENOMEM. `tree` belongs to this thread. */
int mcps__constant_equals(const struct mcps__constant *constant, struct json_object *tree,
                          uint64_t *steps) MCPS_MUST_CHECK;

/* Are two trees the same value? As above; MCPS_ELIMIT also where both are too deep. */
int mcps__values_equal(struct json_object *a, struct json_object *b,
                       uint64_t *steps) MCPS_MUST_CHECK;

/*
 * Are all items of an array different? 1, with *ret_a < *ret_b untouched, or 0, with the
 * places of two that are the same (the first that is, and which it is the same as); MCPS_ELIMIT;
 * -ENOMEM. In time that grows with the size of
 * the array, whatever is in it, up to the steps: few items are compared in pairs, many by a
 * keyed hash. `memory` is used for that, and cleared.
 */
int mcps__items_differ(struct json_object *array, struct mcps__buf *memory,
                       const uint64_t seed[2], uint64_t *steps, size_t *ret_a,
                       size_t *ret_b) MCPS_MUST_CHECK;

#endif
