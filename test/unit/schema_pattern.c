/* SPDX-License-Identifier: MIT */
/* What the tests of regular expressions share; see schema_pattern.h. */
#include "config.h"

#include "schema_pattern.h"

#include <stdio.h>
#include <string.h>

#include "schema/regex.h"
#include "unit.h"

int pattern_search(const char *pattern, size_t pattern_len, const char *text, size_t len,
                   bool no_jit, uint64_t *steps, char error[PATTERN_ERROR_SIZE])
{
    struct mcps__regex_scratch scratch = { .no_jit = no_jit };
    struct mcps__regex *regex = NULL;
    int r;

    error[0] = '\0';
    r = mcps__regex_new(&regex, pattern, pattern_len, error, PATTERN_ERROR_SIZE);
    if (r >= 0)
        r = mcps__regex_search(regex, &scratch, text, len, steps);
    mcps__regex_scratch_fini(&scratch);
    mcps__regex_free(regex);
    return r;
}

bool pattern_missing(void)
{
    if (!mcps__regex_available())
        unit_skip("the library is built without PCRE2");
    return !mcps__regex_available();
}

void pattern_repeat(char *out, size_t size, const char *before, const char *again, int n,
                    const char *after)
{
    size_t len = strlen(again);

    snprintf(out, size, "%s", before);
    for (char *at = out + strlen(out); n > 0; n--, at += len)
        memcpy(at, again, len + 1);
    strcat(out, after);
}
