/* SPDX-License-Identifier: MIT */
/* Subschemas that look at the same value; see eval.h. */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "schema/eval.h"

static bool fits_here(struct mcps__eval *e, const struct mcps__here *here,
                      const struct mcps__sub *sub)
{
    return mcps__eval_fits(e, sub, here->value, here->at, here->marks);
}

static bool fits_every(struct mcps__eval *e, const struct mcps__here *here,
                       const struct mcps__joint *joint)
{
    bool fits = true;

    for (size_t i = 0; i < joint->n_subs && (fits || !mcps__eval_done(e)); i++)
        fits = fits_here(e, here, joint->subs[i]) && fits;
    return fits;
}

/* ---- one of several ---- */

/* What a subschema looks at counts only if it fits. */
static bool fits_apart(struct mcps__eval *e, const struct mcps__here *here,
                       const struct mcps__sub *sub)
{
    struct mcps__arena_mark before = mcps__arena_mark(&e->scratch->marks);
    struct mcps__marks marks;
    bool fits;

    if (!here->marks)
        return fits_here(e, here, sub);
    if (!mcps__marks_init(e, &marks, here->value))
        return false;
    fits = mcps__eval_fits(e, sub, here->value, here->at, &marks);
    if (fits)
        mcps__marks_add(here->marks, &marks);
    mcps__arena_release(&e->scratch->marks, before);
    return fits;
}

static bool is_constant(const struct mcps__reported *one)
{
    return strcmp(one->error.keyword, "const") == 0 ||
           strcmp(one->error.keyword, "enum") == 0;
}

/* The type of the value, and then certain values, are what forms are told apart by: an error
 * about something else is rather of the form that was meant. */
static int rank(const struct mcps__reported *one, unsigned depth)
{
    if (one->types != 0 && one->depth == depth)
        return 0;
    return is_constant(one) ? 1 : 2;
}

/* Which is more likely the error of the subschema that was meant? Of two alike the one that
 * is deeper in the value. */
static bool is_nearer(const struct mcps__reported *one,
                      const struct mcps__reported *other, unsigned depth)
{
    if (!other || rank(one, depth) != rank(other, depth))
        return !other || rank(one, depth) > rank(other, depth);
    return one->depth > other->depth;
}

static void note_constant(struct mcps__trials *trials, struct mcps__reported *one)
{
    trials->n_constants++;
    if (trials->last_constant)
        trials->last_constant->next = one;
    else
        trials->constants = one;
    trials->last_constant = one;
}

static void note(struct mcps__trials *trials, const struct mcps__here *here,
                 struct mcps__reported *one)
{
    unsigned depth = mcps__spot_depth(here->at);

    if (!one)
        return;
    if (is_nearer(one, trials->nearest, depth))
        trials->nearest = one;
    if (one->depth > depth)
        return;
    if (is_constant(one))
        note_constant(trials, one);
    if (one->types != 0) {
        trials->n_typed++;
        trials->types |= one->types;
    }
}

/* Tries a subschema; of what does not fit the first error is kept, if any are wanted. */
static bool try_one(struct mcps__eval *e, const struct mcps__here *here,
                    const struct mcps__sub *sub, struct mcps__trials *trials)
{
    struct mcps__report *report = e->report;
    struct mcps__report trial = { .max = e->coerces ? UINT_MAX : 1 };
    bool fits;

    if (report)
        e->report = &trial;
    fits = fits_apart(e, here, sub);
    e->report = report;
    if (!fits)
        note(trials, here, trial.first);
    return fits;
}

/* What was found out about those that do not fit, when one does. */
static void forget(struct mcps__eval *e, struct mcps__arena_mark before,
                   struct mcps__coercion *coercions)
{
    e->coercions = coercions;
    if (e->report)
        mcps__arena_release(&e->scratch->texts, before);
}

static bool fits_any(struct mcps__eval *e, const struct mcps__here *here,
                     const struct mcps__joint *joint)
{
    struct mcps__arena_mark before = mcps__arena_mark(&e->scratch->texts);
    struct mcps__coercion *coercions = e->coercions;
    struct mcps__trials trials = { .nearest = NULL };
    bool fits = false;

    for (size_t i = 0; i < joint->n_subs && e->error == 0; i++) {
        fits = try_one(e, here, joint->subs[i], &trials) || fits;
        if (fits && !here->marks)
            break; /* with marks, all that fit count */
    }
    if (fits)
        forget(e, before, coercions);
    return fits || mcps__explain_none(e, here, &(struct mcps__tried){ joint, &trials });
}

static bool explain_both(struct mcps__eval *e, const struct mcps__here *here, size_t a,
                         size_t b)
{
    char got[96];

    if (!e->report)
        return false;
    snprintf(got, sizeof got, "one that fits number %zu and number %zu", a, b);
    return mcps__explain(e, here, "oneOf", got,
                         "a value that fits exactly one of the schemas");
}

static bool fits_one(struct mcps__eval *e, const struct mcps__here *here,
                     const struct mcps__joint *joint)
{
    struct mcps__arena_mark before = mcps__arena_mark(&e->scratch->texts);
    struct mcps__coercion *coercions = e->coercions;
    struct mcps__trials trials = { .nearest = NULL };
    size_t found = SIZE_MAX;

    for (size_t i = 0; i < joint->n_subs && e->error == 0; i++) {
        if (!try_one(e, here, joint->subs[i], &trials))
            continue;
        if (found < SIZE_MAX)
            return explain_both(e, here, found, i);
        found = i;
    }
    if (found == SIZE_MAX)
        return mcps__explain_none(e, here, &(struct mcps__tried){ joint, &trials });
    forget(e, before, coercions);
    return true;
}

/* ---- others ---- */

static bool fits_not(struct mcps__eval *e, const struct mcps__here *here,
                     const struct mcps__joint *joint)
{
    if (!mcps__eval_would_fit(e, joint->subs[0], here->value, here->at, NULL))
        return e->error == 0;
    return mcps__explain(e, here, "not", NULL,
                         "a value that does not fit the schema under \"not\"");
}

static bool fits_if(struct mcps__eval *e, const struct mcps__here *here,
                    const struct mcps__joint *joint)
{
    struct mcps__report *report = e->report;
    const struct mcps__sub *next;

    e->report = NULL;
    next = joint->subs[fits_apart(e, here, joint->subs[0]) ? 1 : 2];
    e->report = report;
    if (e->error < 0)
        return false;
    return !next || fits_here(e, here, next);
}

enum { BYTES_PER_LOOK = 64 }; /* as much time as looking at an anchor takes */

/* The outermost resource on the way that has the anchor; NULL when there are no more steps
 * for that. */
static const struct mcps__sub *dynamic_target(struct mcps__eval *e,
                                              const struct mcps__joint *joint)
{
    const struct mcps__sub *target = joint->subs[0];
    size_t looks = 0;

    for (const struct mcps__scope *s = e->scope; s; s = s->up)
        for (const struct mcps__dynamic_anchor *a = s->resource->dynamic_anchors; a;
             a = a->next, looks++)
            if (a->anchor == joint->anchor)
                target = a->sub;
    return mcps__eval_spend(e, looks * BYTES_PER_LOOK) ? target : NULL;
}

static bool fits_dynamic(struct mcps__eval *e, const struct mcps__here *here,
                         const struct mcps__joint *joint)
{
    const struct mcps__sub *target = dynamic_target(e, joint);

    return target && fits_here(e, here, target);
}

static bool fits_joint(struct mcps__eval *e, const struct mcps__here *here,
                       const struct mcps__joint *joint)
{
    switch (joint->kind) {
    case MCPS__REF: return fits_here(e, here, joint->subs[0]);
    case MCPS__DYNAMIC_REF: return fits_dynamic(e, here, joint);
    case MCPS__ALL_OF: return fits_every(e, here, joint);
    case MCPS__ANY_OF: return fits_any(e, here, joint);
    case MCPS__ONE_OF: return fits_one(e, here, joint);
    case MCPS__NOT: return fits_not(e, here, joint);
    case MCPS__IF: return fits_if(e, here, joint);
    }
    return false;
}

bool mcps__eval_joints(struct mcps__eval *e, const struct mcps__here *here)
{
    bool fits = true;

    for (const struct mcps__joint *j = here->sub->joints; j; j = j->next) {
        fits = fits_joint(e, here, j) && fits;
        if (!fits && mcps__eval_done(e))
            return false;
    }
    return fits;
}
