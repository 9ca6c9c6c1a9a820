/* SPDX-License-Identifier: MIT */
/*
 * Allocation. Everything that the library allocates goes through here, so that tests can
 * make any one allocation fail. Every function may be called on any thread.
 */
#ifndef MCPS_UTIL_MEM_H
#define MCPS_UTIL_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "mcpserver/base.h"

/* Each gives memory that mcps__free() frees, or NULL. A size of 0 gives a unique pointer. */
void *mcps__malloc(size_t size) MCPS_MUST_CHECK;
void *mcps__calloc(size_t n, size_t size) MCPS_MUST_CHECK;
/* On failure the old memory is untouched. */
void *mcps__realloc(void *memory, size_t size) MCPS_MUST_CHECK;
/* A copy with a NUL behind it. */
char *mcps__memdup(const void *data, size_t len) MCPS_MUST_CHECK;
void mcps__free(void *memory);

#ifdef MCPS__TEST_HOOKS
/* Makes the nth allocation from now fail, once; 0 takes that back. */
void mcps__mem_fail_at(size_t n);
/* Did it come to that since mcps__mem_fail_at()? */
bool mcps__mem_has_failed(void);
/* Allocations made so far, and blocks that are not freed yet. */
size_t mcps__mem_calls(void);
size_t mcps__mem_live(void);
#endif

#endif
