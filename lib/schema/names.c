/* SPDX-License-Identifier: MIT */
/* A fixed set of names; see names.h. */
#include "config.h"

#include "schema/names.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "util/assert.h"
#include "util/map.h"

enum { FEW = 8 }; /* names that are gone through without a hash */

static uint32_t hash_of(const struct mcps__names *names, const char *text, size_t len)
{
    return (uint32_t)mcps__map_hash(names->seed, text, len);
}

static bool is_name(const struct mcps__name *name, const char *text, size_t len)
{
    return name->len == len && memcmp(name->text, text, len) == 0;
}

int mcps__names_init(struct mcps__names *names, struct mcps__arena *arena, size_t max,
                     const uint64_t seed[2])
{
    size_t n_slots = 4;

    if (max >= UINT32_MAX / 4)
        return -ENOMEM;
    while (n_slots < max * 2)
        n_slots *= 2;
    *names = (struct mcps__names){
        .names = mcps__arena_get(arena, max * sizeof *names->names),
        .slots = mcps__arena_get(arena, n_slots * sizeof *names->slots),
        .cap = (uint32_t)max,
        .mask = (uint32_t)(n_slots - 1),
        .seed = { seed[0], seed[1] },
    };
    return names->names && names->slots ? 0 : -ENOMEM;
}

static int32_t find_hashed(const struct mcps__names *names, const char *text, size_t len,
                           uint32_t hash)
{
    for (uint32_t slot = hash & names->mask; names->slots[slot] != 0;
         slot = (slot + 1) & names->mask) {
        uint32_t at = names->slots[slot] - 1;

        if (names->names[at].hash == hash && is_name(&names->names[at], text, len))
            return (int32_t)at;
    }
    return MCPS__NAME_NONE;
}

uint32_t mcps__names_add(struct mcps__names *names, const char *text, size_t len)
{
    uint32_t hash = hash_of(names, text, len), slot = hash & names->mask;
    int32_t found = find_hashed(names, text, len, hash);

    if (found >= 0)
        return (uint32_t)found;
    mcps__assert(names->n < names->cap);
    while (names->slots[slot] != 0)
        slot = (slot + 1) & names->mask;
    names->names[names->n] =
        (struct mcps__name){ .text = text, .len = (uint32_t)len, .hash = hash };
    names->slots[slot] = ++names->n;
    return names->n - 1;
}

int32_t mcps__names_find(const struct mcps__names *names, const char *text, size_t len)
{
    if (names->n > FEW)
        return find_hashed(names, text, len, hash_of(names, text, len));
    for (uint32_t i = 0; i < names->n; i++)
        if (is_name(&names->names[i], text, len))
            return (int32_t)i;
    return MCPS__NAME_NONE;
}
