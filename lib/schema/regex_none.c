/* SPDX-License-Identifier: MIT */
/* Regular expressions in a build without PCRE2: all are refused; see regex.h. */
#include "config.h"

#include "schema/regex.h"

#include <stdio.h>

bool mcps__regex_available(void)
{
    return false;
}

int mcps__regex_new(struct mcps__regex **ret, const char *pattern, size_t len,
                    char *reterr, size_t reterr_size)
{
    (void)ret;
    (void)pattern;
    (void)len;
    snprintf(
        reterr, reterr_size,
        "there are no regular expressions here, for the library was built without PCRE2");
    return MCPS_EINVALID;
}

struct mcps__regex *mcps__regex_free(struct mcps__regex *regex)
{
    (void)regex;
    return NULL;
}

/* There is no expression to call it with. */
int mcps__regex_search(const struct mcps__regex *regex,
                       struct mcps__regex_scratch *scratch, const char *text, size_t len,
                       uint64_t *steps)
{
    (void)regex;
    (void)scratch;
    (void)text;
    (void)len;
    (void)steps;
    return MCPS_EINVALID;
}

void mcps__regex_scratch_fini(struct mcps__regex_scratch *scratch)
{
    *scratch = (struct mcps__regex_scratch){ .match_data = NULL };
}
