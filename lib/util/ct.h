/* SPDX-License-Identifier: MIT */
/* What secrets need: comparing without telling by the time it takes, and forgetting. */
#ifndef MCPS_UTIL_CT_H
#define MCPS_UTIL_CT_H

#include <stdbool.h>
#include <stddef.h>

#include "mcpserver/base.h"

/* Takes the same time wherever the bytes differ. The length is no secret. */
bool mcps__ct_equal(const void *a, const void *b, size_t len) MCPS_MUST_CHECK;

/* Overwrites with zeroes, even where the compiler sees that nobody reads them again. */
void mcps__wipe(void *memory, size_t len);

#endif
