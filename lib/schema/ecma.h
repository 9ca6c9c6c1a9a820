/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions as ECMA-262 writes them, translated to how PCRE2 does. Any thread.
 *
 * The grammar is that of the flag u, with what is no danger of a misunderstanding besides:
 * a backslash before anything but an ASCII letter or digit takes that as it is (\-, \_, \@);
 * "{", "}" and "]" may stand for themselves where nothing else can be meant; a lookahead may
 * be repeated; \w and its like may stand beside a hyphen in brackets. All that is taken the
 * same way without the flag u. What only has a meaning without it is refused: \a for a,
 * \8 and \012, \c alone.
 *
 * Names of groups are of ASCII letters, digits, _, $ and any other characters but ASCII; no
 * escapes. Two groups cannot have one name.
 */
#ifndef MCPS_SCHEMA_ECMA_H
#define MCPS_SCHEMA_ECMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"
#include "util/buf.h"

enum {
    MCPS__ECMA_MAX = 4096, /* bytes of an expression */
    MCPS__ECMA_NEST_MAX = 32
};

/* What a match may cost besides the steps that PCRE2 counts. */
struct mcps__ecma_cost {
    uint32_t weight; /* characters and items of brackets seen within one step, at most */
    bool hides;      /* one step may go over any length of text */
    bool uncounted;  /* the JIT might take steps without end, uncounted */
};

/*
 * Appends the translation, for PCRE2_UTF, PCRE2_DOTALL, PCRE2_DOLLAR_ENDONLY,
 * PCRE2_MATCH_UNSET_BACKREF and PCRE2_NO_AUTO_POSSESS. MCPS_EINVALID when it is no such
 * expression or has what PCRE2 would match otherwise, MCPS_ELIMIT when it is too long, nested
 * too deep or `out` too small; -ENOMEM. The first two with a sentence in `reterr`.
 */
int mcps__ecma_translate(struct mcps__buf *out, struct mcps__ecma_cost *ret,
                         const char *pattern, size_t len, char *reterr,
                         size_t reterr_size) MCPS_MUST_CHECK;

/* Is it an expression, whether PCRE2 can do it or not? 0, or as above. Whether there is a
 * script of a name is not looked at. */
int mcps__ecma_check(const char *pattern, size_t len, char *reterr,
                     size_t reterr_size) MCPS_MUST_CHECK;

/* A piece of an expression: a character, an escape, the beginning of a group. */
struct mcps__ecma_piece {
    const char *text; /* in the expression */
    size_t len;
    size_t place; /* of its first character, counted from 1 */
};

/* What of an expression that can be translated became what lies at an offset of that. It may
 * be empty at the end. -ENOMEM. */
int mcps__ecma_find(struct mcps__ecma_piece *ret, const char *pattern, size_t len,
                    size_t offset) MCPS_MUST_CHECK;

#endif
