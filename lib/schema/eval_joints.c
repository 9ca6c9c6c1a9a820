/* SPDX-License-Identifier: MIT */
/* Subschemas that look at the same value; see eval.h. */
#include "config.h"

#include <stdio.h>

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

static bool fits_any(struct mcps__eval *e, const struct mcps__here *here,
                     const struct mcps__joint *joint)
{
    struct mcps__trials trials;
    bool fits = false;

    mcps__trials_begin(e, &trials, here, joint);
    for (size_t i = 0; i < joint->n_subs && e->error == 0; i++) {
        fits = mcps__trials_try(e, &trials, joint->subs[i]) || fits;
        if (fits && !here->marks)
            break; /* with marks, all that fit count */
    }
    if (!fits)
        mcps__trials_explain(e, &trials);
    return mcps__trials_end(e, &trials, fits);
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
    size_t found = SIZE_MAX, another = SIZE_MAX;
    struct mcps__trials trials;

    mcps__trials_begin(e, &trials, here, joint);
    for (size_t i = 0; i < joint->n_subs && another == SIZE_MAX && e->error == 0; i++) {
        if (!mcps__trials_try(e, &trials, joint->subs[i]))
            continue;
        another = found < SIZE_MAX ? i : SIZE_MAX;
        found = found < SIZE_MAX ? found : i;
    }
    if (found == SIZE_MAX)
        mcps__trials_explain(e, &trials);
    mcps__trials_end(e, &trials, found < SIZE_MAX);
    return another < SIZE_MAX ? explain_both(e, here, found, another) : found < SIZE_MAX;
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
    next = joint->subs[mcps__eval_fits_apart(e, here, joint->subs[0]) ? 1 : 2];
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
