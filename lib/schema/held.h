/* SPDX-License-Identifier: MIT */
/* Pointers that somebody has to free in the end. Owned by one thread at a time. */
#ifndef MCPS_SCHEMA_HELD_H
#define MCPS_SCHEMA_HELD_H

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "mcpserver/base.h"
#include "util/mem.h"

enum { MCPS__HELD_FEW = 4 };

/* Zeroed: empty. Must not be moved while it holds something. */
struct mcps__held {
    void **items; /* NULL: they are in `few` */
    size_t n, cap;
    void *few[MCPS__HELD_FEW];
};

static inline void **mcps__held_items(struct mcps__held *held)
{
    return held->items ? held->items : held->few;
}

/* Makes room for one more, so that the next mcps__held_add() cannot fail. -ENOMEM. */
static inline int mcps__held_reserve(struct mcps__held *held)
{
    size_t cap = held->items ? held->cap : (size_t)MCPS__HELD_FEW;
    void **items;

    if (held->n < cap)
        return 0;
    items = mcps__realloc(held->items, cap * 2 * sizeof *items);
    if (!items)
        return -ENOMEM;
    if (!held->items)
        memcpy(items, held->few, sizeof held->few);
    held->items = items;
    held->cap = cap * 2;
    return 0;
}

/* Returns the place of the new one. */
static inline size_t mcps__held_add(struct mcps__held *held, void *item)
{
    mcps__held_items(held)[held->n] = item;
    return held->n++;
}

#endif
