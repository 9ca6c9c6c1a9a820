/* SPDX-License-Identifier: MIT */
/* Memory that is freed all at once; see arena.h. */
#include "config.h"

#include "schema/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "util/mem.h"

enum { FIRST_SIZE = 1024, MOST_SIZE = 64 << 10 };

struct mcps__arena_block {
    struct mcps__arena_block *below;
    size_t size, used;
    alignas(max_align_t) char data[];
};

/* Blocks double, up to a size. */
static struct mcps__arena_block *add_block(struct mcps__arena *arena, size_t size)
{
    size_t room = arena->blocks ? arena->blocks->size * 2 : (size_t)FIRST_SIZE;
    struct mcps__arena_block *block;

    if (room > MOST_SIZE)
        room = MOST_SIZE;
    if (room < size)
        room = size;
    if (room > SIZE_MAX - sizeof *block)
        return NULL;
    block = mcps__malloc(sizeof *block + room);
    if (!block)
        return NULL;
    block->below = arena->blocks;
    block->size = room;
    block->used = 0;
    arena->blocks = block;
    return block;
}

void *mcps__arena_get(struct mcps__arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct mcps__arena_block *block = arena->blocks;
    void *memory;

    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + align - 1) / align * align;
    if (!block || block->size - block->used < size)
        block = add_block(arena, size);
    if (!block)
        return NULL;
    memory = block->data + block->used;
    block->used += size;
    memset(memory, 0, size);
    return memory;
}

char *mcps__arena_text(struct mcps__arena *arena, const char *text, size_t len)
{
    char *copy = mcps__arena_get(arena, len + 1);

    if (copy && len > 0)
        memcpy(copy, text, len);
    return copy;
}

struct mcps__arena_mark mcps__arena_mark(const struct mcps__arena *arena)
{
    struct mcps__arena_mark mark = { .block = arena->blocks };

    if (mark.block)
        mark.used = mark.block->used;
    return mark;
}

static void drop_block(struct mcps__arena *arena)
{
    struct mcps__arena_block *block = arena->blocks;

    arena->blocks = block->below;
    mcps__free(block);
}

void mcps__arena_release(struct mcps__arena *arena, struct mcps__arena_mark mark)
{
    /* The first block stays even if the mark is from before it, unless it is large. */
    while (arena->blocks != mark.block &&
           (arena->blocks->below || arena->blocks->size > MOST_SIZE))
        drop_block(arena);
    if (arena->blocks)
        arena->blocks->used = arena->blocks == mark.block ? mark.used : 0;
}

void mcps__arena_fini(struct mcps__arena *arena)
{
    while (arena->blocks)
        drop_block(arena);
}
