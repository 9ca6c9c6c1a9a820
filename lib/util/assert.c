/* SPDX-License-Identifier: MIT */
/* How an assertion fails; see assert.h. */
#include "config.h"

#include "util/assert.h"

#ifdef MCPS__TEST_HOOKS
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void mcps__assert_failed(const char *file, int line, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
#endif
