/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions as ECMA-262 has them (with the flag u), by PCRE2.
 *
 * A pattern is translated to what PCRE2 understands the same way, or refused. Compiled ones
 * are immutable: any thread, many at once. A scratch belongs to one thread at a time.
 */
#ifndef MCPS_SCHEMA_REGEX_H
#define MCPS_SCHEMA_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"

struct mcps__regex;

/* What matching needs; zeroed: nothing yet. It is allocated at the first match. */
struct mcps__regex_scratch {
    void *match_data, *context, *stack; /* of PCRE2 */
    bool ready;                         /* it has them all */
    bool no_jit;                        /* for tests: do as where there is none */
};

/* Is the library built with PCRE2? Otherwise every pattern is refused. */
bool mcps__regex_available(void);

/* `pattern` is UTF-8 and may have NULs in it. MCPS_EINVALID when it is no such expression or
 * has what PCRE2 cannot do, MCPS_ELIMIT when it is too long or nested too deep; both with a
 * sentence in `reterr`, which says where. -ENOMEM. */
int mcps__regex_new(struct mcps__regex **ret, const char *pattern, size_t len,
                    char *reterr, size_t reterr_size) MCPS_MUST_CHECK;
/* Returns NULL; NULL is fine. */
struct mcps__regex *mcps__regex_free(struct mcps__regex *regex);

/*
 * Does the expression match anywhere in the text, valid UTF-8? 1 or 0; MCPS_ELIMIT when the
 * steps do not suffice, or the match takes more than any match may; -ENOMEM. *steps is what
 * there is left to spend, and is lowered by what this match may have taken: one for a short
 * text that is told quickly, and so much for one that is not that the sum of many bounds the
 * time that they take.
 */
int mcps__regex_search(const struct mcps__regex *regex,
                       struct mcps__regex_scratch *scratch, const char *text, size_t len,
                       uint64_t *steps) MCPS_MUST_CHECK;
/* Frees what it holds; it is then zeroed. */
void mcps__regex_scratch_fini(struct mcps__regex_scratch *scratch);

#endif
