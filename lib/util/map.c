/* SPDX-License-Identifier: MIT */
/*
 * A hash map from bytes to objects; see map.h.
 *
 * Open addressing: an entry lies in the slot that its hash names or in the next free one
 * behind it. Removing moves later entries back, so that no slot on the way is ever free.
 */
#include "config.h"

#include "util/map.h"

#include <errno.h>
#include <string.h>

#include "util/assert.h"
#include "util/mem.h"
#include "util/random.h"

enum { FIRST_SLOTS = 8 };

/* ---- SipHash-2-4 (Aumasson and Bernstein, 2012) ---- */

static inline uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_rounds(uint64_t v[4], int n)
{
    while (n-- > 0) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_rounds(v, 2);
    v[0] ^= word;
}

/* Up to 8 bytes as a number, the first being the lowest. */
static inline uint64_t load(const unsigned char *bytes, size_t n)
{
    uint64_t word = 0;

    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

uint64_t mcps__map_hash(const uint64_t seed[2], const void *key, size_t len)
{
    uint64_t v[4] = {
        seed[0] ^ UINT64_C(0x736f6d6570736575),
        seed[1] ^ UINT64_C(0x646f72616e646f6d),
        seed[0] ^ UINT64_C(0x6c7967656e657261),
        seed[1] ^ UINT64_C(0x7465646279746573),
    };
    const unsigned char *bytes = key;
    size_t i = 0;

    for (; len - i >= 8; i += 8)
        sip_word(v, load(bytes + i, 8));
    sip_word(v, (uint64_t)len << 56 | load(bytes + i, len - i));
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the map ---- */

int mcps__map_init(struct mcps__map *map, size_t max)
{
    uint64_t seed[2];
    int r = mcps__random_bytes(seed, sizeof seed);

    if (r < 0)
        return r;
    *map = (struct mcps__map){ .max = max, .seed = { seed[0], seed[1] } };
    return 0;
}

static void forget_all(struct mcps__map *map)
{
    map->slots = NULL;
    map->n_slots = 0;
    map->n_entries = 0;
}

void mcps__map_fini(struct mcps__map *map)
{
    mcps__free(map->slots);
    forget_all(map);
}

void mcps__map_steal(struct mcps__map *map, struct mcps__map *ret_all)
{
    *ret_all = *map;
    forget_all(map);
}

/* The slot with the key, or else the free one where it would go. The map has slots. */
static struct mcps__map_slot *find(const struct mcps__map *map, uint64_t hash,
                                   const void *key, size_t len)
{
    struct mcps__map_slot *slot;

    for (size_t i = (size_t)hash;; i++) {
        slot = &map->slots[i & (map->n_slots - 1)];
        if (!slot->value)
            return slot;
        if (slot->hash == hash && slot->len == len && memcmp(slot->key, key, len) == 0)
            return slot;
    }
}

static int grow(struct mcps__map *map)
{
    struct mcps__map bigger = *map;
    const struct mcps__map_slot *old;

    bigger.n_slots = map->n_slots > 0 ? map->n_slots * 2 : FIRST_SLOTS;
    bigger.slots = mcps__calloc(bigger.n_slots, sizeof *bigger.slots);
    if (!bigger.slots)
        return -ENOMEM;
    for (size_t i = 0; i < map->n_slots; i++) {
        old = &map->slots[i];
        if (old->value)
            *find(&bigger, old->hash, old->key, old->len) = *old;
    }
    mcps__free(map->slots);
    *map = bigger;
    return 0;
}

int mcps__map_insert(struct mcps__map *map, const void *key, size_t len, void *value)
{
    uint64_t hash = mcps__map_hash(map->seed, key, len);
    int r;

    mcps__assert(value != NULL);
    if (map->n_slots > 0 && find(map, hash, key, len)->value)
        return MCPS_EEXISTS;
    if (map->n_entries >= map->max)
        return MCPS_ELIMIT;
    if (map->n_entries >= map->n_slots / 4 * 3) {
        r = grow(map);
        if (r < 0)
            return r;
    }
    *find(map, hash, key, len) = (struct mcps__map_slot){ hash, key, len, value };
    map->n_entries++;
    return 0;
}

void *mcps__map_lookup(const struct mcps__map *map, const void *key, size_t len)
{
    if (map->n_entries == 0)
        return NULL;
    return find(map, mcps__map_hash(map->seed, key, len), key, len)->value;
}

/* Frees a slot, and closes the gap: an entry behind it moves there unless its own slot
 * lies behind the gap. */
static void free_slot(struct mcps__map *map, size_t gap)
{
    size_t mask = map->n_slots - 1;

    for (size_t i = (gap + 1) & mask; map->slots[i].value; i = (i + 1) & mask) {
        size_t from_own = (i - (size_t)map->slots[i].hash) & mask;

        if (from_own >= ((i - gap) & mask)) {
            map->slots[gap] = map->slots[i];
            gap = i;
        }
    }
    map->slots[gap] = (struct mcps__map_slot){ 0 };
}

bool mcps__map_remove(struct mcps__map *map, const void *key, size_t len,
                      const void *value)
{
    struct mcps__map_slot *slot;

    if (map->n_entries == 0)
        return false;
    slot = find(map, mcps__map_hash(map->seed, key, len), key, len);
    if (!slot->value || slot->value != value)
        return false;
    free_slot(map, (size_t)(slot - map->slots));
    map->n_entries--;
    return true;
}

void *mcps__map_next(const struct mcps__map *map, size_t *cursor)
{
    while (*cursor < map->n_slots) {
        const struct mcps__map_slot *slot = &map->slots[(*cursor)++];

        if (slot->value)
            return slot->value;
    }
    return NULL;
}
