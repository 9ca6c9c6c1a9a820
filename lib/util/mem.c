/* SPDX-License-Identifier: MIT */
/* Allocation with a failure-injection point; see mem.h. */
#include "config.h"

#include "util/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef MCPS__TEST_HOOKS
#include <stdatomic.h>

static atomic_size_t n_calls, n_live;
static atomic_size_t
    fail_at; /* the call that is to fail, counted like n_calls; 0: none */
static atomic_bool has_failed;

static bool injected(void)
{
    size_t call = atomic_fetch_add(&n_calls, 1) + 1;

    if (call != atomic_load(&fail_at))
        return false;
    atomic_store(&has_failed, true);
    return true;
}

static void count_block(const void *memory)
{
    if (memory)
        atomic_fetch_add(&n_live, 1);
}

static void uncount_block(const void *memory)
{
    if (memory)
        atomic_fetch_sub(&n_live, 1);
}

void mcps__mem_fail_at(size_t n)
{
    atomic_store(&has_failed, false);
    atomic_store(&fail_at, n > 0 ? atomic_load(&n_calls) + n : 0);
}

bool mcps__mem_has_failed(void)
{
    return atomic_load(&has_failed);
}

size_t mcps__mem_calls(void)
{
    return atomic_load(&n_calls);
}

size_t mcps__mem_live(void)
{
    return atomic_load(&n_live);
}

#else

static inline bool injected(void)
{
    return false;
}

static inline void count_block(const void *memory)
{
    (void)memory;
}

static inline void uncount_block(const void *memory)
{
    (void)memory;
}

#endif

void *mcps__malloc(size_t size)
{
    void *memory = injected() ? NULL : malloc(size > 0 ? size : 1);

    count_block(memory);
    return memory;
}

void *mcps__calloc(size_t n, size_t size)
{
    void *memory = injected() ? NULL : calloc(n > 0 ? n : 1, size > 0 ? size : 1);

    count_block(memory);
    return memory;
}

void *mcps__realloc(void *memory, size_t size)
{
    void *moved = injected() ? NULL : realloc(memory, size > 0 ? size : 1);

    if (!memory)
        count_block(moved);
    return moved;
}

char *mcps__memdup(const void *data, size_t len)
{
    char *copy = len < SIZE_MAX ? mcps__malloc(len + 1) : NULL;

    if (!copy)
        return NULL;
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

void mcps__free(void *memory)
{
    uncount_block(memory);
    free(memory);
}
