/* SPDX-License-Identifier: MIT */
/*
 * Memory that is freed all at once, or back to a mark. Owned by one thread at a time.
 */
#ifndef MCPS_SCHEMA_ARENA_H
#define MCPS_SCHEMA_ARENA_H

#include <stddef.h>

struct mcps__arena_block;

/* Zeroed: empty, nothing allocated. */
struct mcps__arena {
    struct mcps__arena_block *blocks; /* the latest first */
};

struct mcps__arena_mark {
    struct mcps__arena_block *block;
    size_t used;
};

/* Zeroed memory, aligned for anything; of size 0, too. NULL: there is none. */
void *mcps__arena_get(struct mcps__arena *arena, size_t size);
/* A copy with a NUL behind it. */
char *mcps__arena_text(struct mcps__arena *arena, const char *text, size_t len);

/* What is got after the mark is free again with the release. One block is kept. */
struct mcps__arena_mark mcps__arena_mark(const struct mcps__arena *arena);
void mcps__arena_release(struct mcps__arena *arena, struct mcps__arena_mark mark);

/* Frees everything; it is then zeroed. */
void mcps__arena_fini(struct mcps__arena *arena);

#endif
