/* SPDX-License-Identifier: MIT */
/*
 * What the files that translate regular expressions share; see ecma.h. One pass over the
 * expression: each piece is written as soon as it is read. The first error stays in `r`, and
 * nothing is written after it.
 */
#ifndef MCPS_SCHEMA_ECMA_PARSER_H
#define MCPS_SCHEMA_ECMA_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/base.h"
#include "schema/ecma.h"

/* Anything in parentheses; the first is the whole expression. */
struct mcps__ecma_group {
    enum mcps__ecma_kind { MCPS__ECMA_PLAIN, MCPS__ECMA_AHEAD, MCPS__ECMA_BEHIND } kind;
    size_t up;       /* the one that it lies in */
    unsigned depth;  /* of the whole expression: 0 */
    unsigned branch; /* which of the alternatives of that one it lies in */
    unsigned bars;   /* between its alternatives, so far */
    uint32_t weight; /* of what it has, so far */
    bool closed;
    bool looks;    /* it has an assertion in it that looks ahead or behind */
    bool may_miss; /* it has a quantifier by which it need not match exactly once */
    bool resets;   /* by which ECMA-262 may forget what it captured, and PCRE2 not */
};

struct mcps__ecma_capture {
    size_t group;
    const char *name; /* NULL: it has none */
    size_t name_len;
};

struct mcps__ecma_ref {
    const char *place, *name; /* no name: a number */
    size_t name_len, number;
    size_t in;       /* the group that it stands in */
    unsigned branch; /* of that one */
    bool behind;     /* behind the end of the group that it names */
};

struct mcps__ecma_parser {
    const char *start, *at, *end;
    const char *term; /* the piece that is being read */
    struct mcps__buf *out;
    struct mcps__ecma_cost *cost;
    int r;
    char *error;
    size_t error_size;
    bool only_checks; /* what PCRE2 cannot do is fine */
    bool captures;    /* groups that capture are written as such */
    struct mcps__ecma_group *groups;
    struct mcps__ecma_capture *caught;
    struct mcps__ecma_ref *refs;
    size_t n_groups, n_caught, n_refs;
    size_t n_names; /* how many are in `caught`, from an earlier pass or this one */
    size_t current; /* group */
    unsigned in_ahead, in_behind;
};

/* Each is no error the second time. */
void mcps__ecma_fail(struct mcps__ecma_parser *p, const char *place, const char *format,
                     ...) MCPS_PRINTF(3, 4);
/* It is an expression, but PCRE2 would take it otherwise. */
void mcps__ecma_refuse(struct mcps__ecma_parser *p, const char *place, const char *format,
                       ...) MCPS_PRINTF(3, 4);
void mcps__ecma_put(struct mcps__ecma_parser *p, const char *text);
void mcps__ecma_put_format(struct mcps__ecma_parser *p, const char *format, ...)
    MCPS_PRINTF(2, 3);

/* What matches no character, as a piece that can be repeated. */
#define MCPS__ECMA_NOTHING "(?:(?!))"

/* ---- ecma_char.c: single characters and sets of them ---- */

/* The next character, of which there is one, whatever it is. */
uint32_t mcps__ecma_next(struct mcps__ecma_parser *p);
/* A character as a piece of its own, or in brackets. */
void mcps__ecma_put_char(struct mcps__ecma_parser *p, uint32_t c);
/* Behind a backslash: what stands for a character, or for a set of them. False, with nothing
 * read, when it is something else: a word boundary, a backreference. */
bool mcps__ecma_escape(struct mcps__ecma_parser *p);
/* From the opening bracket on. Returns how many items there are in it, at least 1. */
uint32_t mcps__ecma_brackets(struct mcps__ecma_parser *p);

/* ---- ecma_ref.c: backreferences ---- */

/* The name of a group, up to and with its ">". False after mcps__ecma_fail(). */
bool mcps__ecma_name(struct mcps__ecma_parser *p, const char **ret, size_t *ret_len);
/* A group that captures has just been opened; `name` may be NULL. */
void mcps__ecma_add_capture(struct mcps__ecma_parser *p, const char *name, size_t len);
/* Behind the backslash of \1 or \k<name>. */
void mcps__ecma_backreference(struct mcps__ecma_parser *p);
/* At the end of the first pass: do they name what is there, and can PCRE2 do them? */
void mcps__ecma_check_refs(struct mcps__ecma_parser *p);

#endif
