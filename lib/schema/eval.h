/* SPDX-License-Identifier: MIT */
/*
 * A check: a value goes through a program.
 *
 * It is done twice when errors are wanted and there are some: first for the verdict alone,
 * which ends at the first misfit and builds nothing, and then again to say what does not
 * fit. One thread, with a scratch of its own.
 */
#ifndef MCPS_SCHEMA_EVAL_H
#define MCPS_SCHEMA_EVAL_H

#include <json-c/json_object.h>
#include <json-c/linkhash.h>

#include "json/tree.h"
#include "schema/program.h"
#include "util/buf.h"

enum { MCPS__STEP_SIZE = 1024 }; /* bytes that take as long as a step */

/* Where a value stands: a chain from the innermost outwards, on the stack. */
struct mcps__spot {
    const struct mcps__spot *up; /* NULL: it is the whole */
    struct json_object *in;      /* the object or array that it is in */
    const char *name;            /* NULL: an item */
    size_t index;
};

/* Which members or items of a value some subschema has looked at: a bit each. */
struct mcps__marks {
    uint64_t *words;
    size_t n; /* of the members or items */
    uint64_t few;
};

/* A value before a subschema. */
struct mcps__here {
    const struct mcps__sub *sub;
    struct json_object *value;
    const struct mcps__spot *at;
    struct mcps__marks *marks; /* NULL: nobody wants to know */
};

/* An error, and what is only of use while there are several to choose from. */
struct mcps__reported {
    struct mcps_schema_error error;
    unsigned depth;     /* of the value */
    unsigned types;     /* that it was not of; 0: it is about something else */
    const char *detail; /* the sentence but for where the value stands, and the schema */
    struct mcps__reported *next;
};

struct mcps__report {
    struct mcps__reported *first, *last;
    unsigned n, max;
};

/* What came of trying several subschemas of which one would do (trials.c). It holds copies: the
 * errors of trials are let go of one after the other. */
struct mcps__trials {
    const struct mcps__here *here;
    const struct mcps__joint *joint;
    size_t n_noted;
    int rank; /* of the nearest, and how deep it is in the value */
    unsigned depth;
    struct mcps__buf nearest; /* where it is, and what is wrong */
    size_t n_typed;           /* those that want the value to be of a type */
    unsigned types;
    size_t n_constants; /* those that want a certain value */
    struct mcps__buf constants;
    bool can_be_coerced; /* one of them could; no more is to be looked for */
    size_t misfits;      /* before the first of them */
    struct mcps__coercion *coercions;
};

/* A string that could be replaced by a value of another type. */
struct mcps__coercion {
    struct json_object *in; /* NULL: it is the whole */
    const char *name;
    size_t index;
    unsigned types;
    struct mcps__coercion *next;
};

/* The resource that a subschema is in, and those on the way to it. */
struct mcps__scope {
    const struct mcps__scope *up;
    const struct mcps__resource *resource;
};

struct mcps_schema_scratch {
    struct mcps__arena marks, texts;
    struct mcps__buf memory; /* of uniqueItems */
    struct mcps__regex_scratch regex;
    uint64_t seed[2];
    struct mcps__report report;
    struct mcps__tree_parser parser; /* of strings that are coerced */
};

struct mcps__eval {
    const struct mcps_schema *schema;
    struct mcps_schema_scratch *scratch;
    uint64_t steps; /* left */
    unsigned nesting;
    int error;                   /* what ended the check before there was a verdict */
    bool too_deep;               /* it was the nesting */
    struct mcps__report *report; /* NULL: the verdict alone */
    bool coerces;
    struct mcps__coercion *coercions;
    size_t misfits; /* that no coercion would mend */
    const struct mcps__scope *scope;
    struct json_object *name; /* of a member, while it is a value; or NULL */
};

/* ---- eval.c ---- */

/* Does it fit? Of an error of the check itself the answer is no, whatever was asked. */
bool mcps__eval_fits(struct mcps__eval *e, const struct mcps__sub *sub,
                     struct json_object *value, const struct mcps__spot *at,
                     struct mcps__marks *marks);
/* The same, but what does not fit is nothing to be told. */
bool mcps__eval_would_fit(struct mcps__eval *e, const struct mcps__sub *sub,
                          struct json_object *value, const struct mcps__spot *at,
                          struct mcps__marks *marks);
/* Does the expression match? 1 or 0, or what ended the check. */
int mcps__eval_search(struct mcps__eval *e, const struct mcps__regex *regex,
                      const char *text, size_t len);

/* Takes a step; false when there are no more. */
static inline bool mcps__eval_step(struct mcps__eval *e)
{
    if (e->steps > 0) {
        e->steps--;
        return true;
    }
    e->error = MCPS_ELIMIT;
    return false;
}

/* Takes steps for something that grows with the length of a text, or the like. */
static inline bool mcps__eval_spend(struct mcps__eval *e, size_t size)
{
    if (size < MCPS__STEP_SIZE)
        return true;
    if (e->steps >= size / MCPS__STEP_SIZE) {
        e->steps -= size / MCPS__STEP_SIZE;
        return true;
    }
    e->error = MCPS_ELIMIT;
    return false;
}

/* After something did not fit: is there nothing more to be found out? */
static inline bool mcps__eval_done(const struct mcps__eval *e)
{
    return !e->report || e->report->n >= e->report->max || e->error < 0;
}

/* ---- eval_joints.c ---- */

bool mcps__eval_joints(struct mcps__eval *e, const struct mcps__here *here);

/* ---- eval_parts.c ---- */

bool mcps__eval_object(struct mcps__eval *e, const struct mcps__here *here);
bool mcps__eval_array(struct mcps__eval *e, const struct mcps__here *here);
/* unevaluatedItems and unevaluatedProperties. */
bool mcps__eval_others(struct mcps__eval *e, const struct mcps__here *here);

/* Makes marks for the members or items of a value, none of them set. They are gone with the
 * release of the scratch's arena. */
bool mcps__marks_init(struct mcps__eval *e, struct mcps__marks *marks,
                      struct json_object *value);
/* Sets in `marks` (NULL: nobody wants to know) what is set in the other. */
void mcps__marks_add(struct mcps__marks *marks, const struct mcps__marks *more);

static inline void mcps__marks_set(struct mcps__marks *marks, size_t i)
{
    if (marks)
        marks->words[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline bool mcps__marks_has(const struct mcps__marks *marks, size_t i)
{
    return marks->words[i / 64] >> (i % 64) & 1;
}

/* ---- coerce.c ---- */

/* Notes that the value, a string, could be one of the type that the subschema asks for.
 * Returns whether it is the text of such a value. */
bool mcps__coerce_note(struct mcps__eval *e, const struct mcps__here *here);
/* Replaces what was noted, and counts it in *n. */
int mcps__coerce_apply(struct mcps__eval *e, struct json_object **tree,
                       size_t *n) MCPS_MUST_CHECK;

/* ---- trials.c ---- */

/* Needs mcps__trials_end(). */
void mcps__trials_begin(struct mcps__eval *e, struct mcps__trials *trials,
                        const struct mcps__here *here, const struct mcps__joint *joint);
/* Tries one. What it looks at counts only if it fits. */
bool mcps__trials_try(struct mcps__eval *e, struct mcps__trials *trials,
                      const struct mcps__sub *sub);
/* None fits; says so, of the nearest. */
bool mcps__trials_explain(struct mcps__eval *e, const struct mcps__trials *trials);
/* What was found out about those that do not fit is of no interest if `fits`. Returns it. */
bool mcps__trials_end(struct mcps__eval *e, struct mcps__trials *trials, bool fits);

/* What a subschema looks at counts only if it fits. */
bool mcps__eval_fits_apart(struct mcps__eval *e, const struct mcps__here *here,
                           const struct mcps__sub *sub);

/* ---- explain.c ---- */

/* Adds an error, if errors are wanted: what was expected, as a format, and what came (NULL:
 * the value). Returns false, for it does not fit. */
bool mcps__explain(struct mcps__eval *e, const struct mcps__here *here,
                   const char *keyword, const char *got, const char *expected, ...)
    MCPS_PRINTF(5, 6);
/* The same for something counted: "at least 3 items", got "2 items". */
bool mcps__explain_count(struct mcps__eval *e, const struct mcps__here *here,
                         const char *keyword, uint64_t got, uint64_t limit, bool least,
                         const char *what);
/* A value's type is none of those. */
bool mcps__explain_type(struct mcps__eval *e, const struct mcps__here *here);
/* A member is not there. */
bool mcps__explain_missing(struct mcps__eval *e, const struct mcps__here *here,
                           const char *keyword, const char *name, const char *beside);
/* A member must not be there. */
bool mcps__explain_unknown(struct mcps__eval *e, const struct mcps__here *here,
                           const char *keyword, const char *name);
/* The types in words: "a string or null". */
bool mcps__explain_types(struct mcps__eval *e, const struct mcps__here *here,
                         const char *keyword, unsigned types);
/* An error whose sentence says something else than what was expected and what came. */
void mcps__explain_as(struct mcps__eval *e, const struct mcps__here *here,
                      const char *keyword, const char *expected, const char *detail);
/* at "/a": or, of the whole, that it is the value. */
int mcps__explain_at(struct mcps__buf *out, const char *pointer) MCPS_MUST_CHECK;
/* How deep in the whole value it is. */
unsigned mcps__spot_depth(const struct mcps__spot *at);
/* An error that is about the check, or about the text: no value, no keyword. */
void mcps__explain_plainly(struct mcps__eval *e, const char *text);
/* The check itself has ended with e->error. */
void mcps__explain_end(struct mcps__eval *e);

#endif
