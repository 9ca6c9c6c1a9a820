/* SPDX-License-Identifier: MIT */
/*
 * The head of every object that is counted by reference:
 *
 *     struct mcps__thing {
 *         struct mcps__obj obj;
 *         ...
 *     };
 *
 * The magic number says what kind of object a pointer points to. It is overwritten when
 * the last reference goes, so that builds with test hooks notice a use after that.
 */
#ifndef MCPS_UTIL_OBJ_H
#define MCPS_UTIL_OBJ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/assert.h"

#define MCPS__OBJ_DEAD UINT32_C(0xdeadc0de)

struct mcps__obj {
    uint32_t magic;
    atomic_uint refs;
};

/* To stand at the top of functions that get such an object. */
#define MCPS__CHECK_OBJ(ptr, MAGIC) \
    mcps__assert((ptr) != NULL && (ptr)->obj.magic == (MAGIC))

/* Starts with one reference, the caller's. */
static inline void mcps__obj_init(struct mcps__obj *obj, uint32_t magic)
{
    obj->magic = magic;
    atomic_init(&obj->refs, 1);
}

/* Any thread that has a reference, or a lock under which there must be one. */
static inline void mcps__obj_ref(struct mcps__obj *obj)
{
    unsigned before = atomic_fetch_add_explicit(&obj->refs, 1, memory_order_relaxed);

    mcps__assert(obj->magic != MCPS__OBJ_DEAD && before > 0 && before < UINT32_MAX);
}

/* Returns true when that was the last reference: the caller then frees the object, and
 * sees all that other threads did to it before they let go. */
static inline bool mcps__obj_unref(struct mcps__obj *obj)
{
    unsigned before;

    mcps__assert(obj->magic != MCPS__OBJ_DEAD);
    before = atomic_fetch_sub_explicit(&obj->refs, 1, memory_order_acq_rel);
    mcps__assert(before > 0);
    if (before > 1)
        return false;
    obj->magic = MCPS__OBJ_DEAD;
    return true;
}

/* Lets go of a reference that is not the last; false, and nothing done, if it is. */
static inline bool mcps__obj_unref_unless_last(struct mcps__obj *obj)
{
    unsigned n = atomic_load_explicit(&obj->refs, memory_order_relaxed);

    while (n > 1) {
        if (atomic_compare_exchange_weak_explicit(
                &obj->refs, &n, n - 1, memory_order_release, memory_order_relaxed))
            return true;
    }
    return false;
}

#endif
