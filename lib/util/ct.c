/* SPDX-License-Identifier: MIT */
/* Comparing and wiping secrets; see ct.h. */
#include "config.h"

#include "util/ct.h"

#include <string.h>

bool mcps__ct_equal(const void *a, const void *b, size_t len)
{
    /* volatile, so that the compiler does not leave the loop at the first difference. */
    const volatile unsigned char *x = a, *y = b;
    unsigned difference = 0;

    for (size_t i = 0; i < len; i++)
        difference |= (unsigned)x[i] ^ y[i];
    return difference == 0;
}

void mcps__wipe(void *memory, size_t len)
{
    if (len > 0)
        explicit_bzero(memory, len);
}
