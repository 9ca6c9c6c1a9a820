/* SPDX-License-Identifier: MIT */
/*
 * A fixed set of names and where each is in it: the members that a schema knows, the strings
 * of an enum. Immutable once made: any thread, many at once.
 */
#ifndef MCPS_SCHEMA_NAMES_H
#define MCPS_SCHEMA_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mcpserver/base.h"
#include "schema/arena.h"

struct mcps__name {
    const char *text; /* borrowed */
    uint32_t len, hash;
};

/* Zeroed: empty. */
struct mcps__names {
    struct mcps__name *names;
    uint32_t *slots; /* of a name, its place + 1; 0: free */
    uint32_t n, cap, mask;
    uint64_t seed[2]; /* so that nobody can choose names that collide */
};

enum { MCPS__NAME_NONE = -1 };

/* Room for so many names, taken from the arena. -ENOMEM. */
int mcps__names_init(struct mcps__names *names, struct mcps__arena *arena, size_t max,
                     const uint64_t seed[2]) MCPS_MUST_CHECK;
/* Its place: a new one, for which there is room, or the one it has. */
uint32_t mcps__names_add(struct mcps__names *names, const char *text, size_t len);
/* The place of a name, or MCPS__NAME_NONE. */
int32_t mcps__names_find(const struct mcps__names *names, const char *text, size_t len);
/* Is a text, which ends with its first NUL, the name at a place? */
static inline bool mcps__names_is(const struct mcps__names *names, uint32_t place,
                                  const char *text)
{
    return place < names->n && strcmp(names->names[place].text, text) == 0;
}

#endif
