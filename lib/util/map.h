/* SPDX-License-Identifier: MIT */
/*
 * A hash map from bytes to objects, with a limit on its entries.
 *
 * Keys are borrowed: the bytes must stay where they are as long as the entry is there, so
 * they usually are a part of the object. A key may be empty, but not NULL. The map never
 * frees an object or looks into it.
 *
 * The hash is SipHash-2-4 with a random seed for each map, so that clients who choose
 * keys cannot choose collisions. Not locked: the caller's mutex covers the map.
 */
#ifndef MCPS_UTIL_MAP_H
#define MCPS_UTIL_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"

struct mcps__map_slot {
    uint64_t hash;
    const void *key;
    size_t len;
    void *value; /* NULL: the slot is free */
};

struct mcps__map {
    struct mcps__map_slot *slots; /* NULL until the first entry */
    size_t n_slots;               /* a power of two, at least a quarter of them free */
    size_t n_entries, max;
    uint64_t seed[2];
};

/* Starts empty, without allocating. 0, or -errno when there is no randomness for the
 * seed. */
int mcps__map_init(struct mcps__map *map, size_t max) MCPS_MUST_CHECK;
/* Forgets all entries and frees the memory; the map is then as after mcps__map_init(). */
void mcps__map_fini(struct mcps__map *map);

/* Adds an object, which is not NULL. MCPS_EEXISTS when the key is there, MCPS_ELIMIT when
 * the map is full, -ENOMEM; none of these changes the map. */
int mcps__map_insert(struct mcps__map *map, const void *key, size_t len,
                     void *value) MCPS_MUST_CHECK;
/* The object under the key, or NULL. */
void *mcps__map_lookup(const struct mcps__map *map, const void *key, size_t len);
/* Removes the entry if it is of this very object; returns whether it was. */
bool mcps__map_remove(struct mcps__map *map, const void *key, size_t len,
                      const void *value);

/* Goes through the objects in no order: the cursor starts at 0, NULL ends it. Each comes
 * once, as long as nothing is inserted or removed meanwhile. */
void *mcps__map_next(const struct mcps__map *map, size_t *cursor);

/* Gives everything to a map that was not initialised yet; `map` is then empty. */
void mcps__map_steal(struct mcps__map *map, struct mcps__map *ret_all);

/* The hash that maps use. */
uint64_t mcps__map_hash(const uint64_t seed[2], const void *key, size_t len);

#endif
