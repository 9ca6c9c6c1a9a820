/* SPDX-License-Identifier: MIT */
/*
 * Several subschemas of which one would do, tried one after the other; see eval.h.
 *
 * When none fits, the error says what is wrong with the one that was meant, as far as that can
 * be told. While strings are coerced, one of them is enough, too: the first that nothing else
 * is wrong with.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "schema/eval.h"

enum { CONSTANTS_MAX = 240 }; /* bytes of the values that an error lists */

void mcps__trials_begin(struct mcps__eval *e, struct mcps__trials *trials,
                        const struct mcps__here *here, const struct mcps__joint *joint)
{
    *trials = (struct mcps__trials){
        .here = here,
        .joint = joint,
        .misfits = e->misfits,
        .coercions = e->coercions,
    };
    mcps__buf_init(&trials->nearest, SIZE_MAX);
    mcps__buf_init(&trials->constants, SIZE_MAX);
}

bool mcps__trials_end(struct mcps__eval *e, struct mcps__trials *trials, bool fits)
{
    if (fits) {
        e->misfits = trials->misfits;
        e->coercions = trials->coercions;
    }
    mcps__buf_fini(&trials->nearest);
    mcps__buf_fini(&trials->constants);
    return fits;
}

/* ---- what is wrong with them ---- */

static bool is_constant(const struct mcps__reported *one)
{
    return strcmp(one->error.keyword, "const") == 0 ||
           strcmp(one->error.keyword, "enum") == 0;
}

/* The type of the value, and then certain values, are what forms are told apart by: an error
 * about something else is rather of the form that was meant. */
static int rank_of(const struct mcps__reported *one, unsigned depth)
{
    if (one->types != 0 && one->depth == depth)
        return 0;
    return is_constant(one) ? 1 : 2;
}

/* Of two alike the one that is deeper in the value is the nearer one. */
static int note_nearest(struct mcps__trials *trials, const struct mcps__reported *one,
                        unsigned depth)
{
    int rank = rank_of(one, depth), r = 0;

    if (trials->n_noted > 1 &&
        (rank < trials->rank || (rank == trials->rank && one->depth <= trials->depth)))
        return 0;
    trials->rank = rank;
    trials->depth = one->depth;
    mcps__buf_clear(&trials->nearest);
    if (one->depth > depth)
        r = mcps__explain_at(&trials->nearest, one->error.value_at);
    return r < 0 ? r : mcps__buf_append_str(&trials->nearest, one->detail);
}

static int note_constant(struct mcps__trials *trials, const struct mcps__reported *one)
{
    static const char one_of[] = "one of ";
    const char *text = one->error.expected;
    int r = 0;

    trials->n_constants++;
    if (trials->constants.len > CONSTANTS_MAX)
        return 0;
    if (strncmp(text, one_of, sizeof one_of - 1) == 0)
        text += sizeof one_of - 1;
    if (trials->constants.len > 0)
        r = mcps__buf_append_str(&trials->constants, ", ");
    return r < 0 ? r : mcps__buf_append_str(&trials->constants, text);
}

static void note(struct mcps__eval *e, struct mcps__trials *trials,
                 const struct mcps__reported *one)
{
    unsigned depth = mcps__spot_depth(trials->here->at);
    int r;

    if (!one)
        return;
    trials->n_noted++;
    r = note_nearest(trials, one, depth);
    if (r >= 0 && one->depth == depth && is_constant(one))
        r = note_constant(trials, one);
    if (one->types != 0 && one->depth == depth) {
        trials->n_typed++;
        trials->types |= one->types;
    }
    if (r < 0)
        e->error = r;
}

/* ---- trying ---- */

bool mcps__eval_fits_apart(struct mcps__eval *e, const struct mcps__here *here,
                           const struct mcps__sub *sub)
{
    struct mcps__arena_mark before = mcps__arena_mark(&e->scratch->marks);
    struct mcps__marks marks;
    bool fits;

    if (!here->marks)
        return mcps__eval_fits(e, sub, here->value, here->at, NULL);
    if (!mcps__marks_init(e, &marks, here->value))
        return false;
    fits = mcps__eval_fits(e, sub, here->value, here->at, &marks);
    if (fits)
        mcps__marks_add(here->marks, &marks);
    mcps__arena_release(&e->scratch->marks, before);
    return fits;
}

/* While strings are coerced. */
static bool try_coercing(struct mcps__eval *e, struct mcps__trials *trials,
                         const struct mcps__sub *sub)
{
    struct mcps__coercion *coercions = e->coercions;
    size_t misfits = e->misfits;

    if (mcps__eval_fits_apart(e, trials->here, sub))
        return true;
    if (e->misfits > trials->misfits || trials->can_be_coerced) {
        e->coercions = coercions;
        e->misfits = misfits;
    } else {
        trials->can_be_coerced = true;
    }
    return false;
}

bool mcps__trials_try(struct mcps__eval *e, struct mcps__trials *trials,
                      const struct mcps__sub *sub)
{
    struct mcps__arena_mark before = mcps__arena_mark(&e->scratch->texts);
    struct mcps__report *report = e->report, trial = { .max = 1 };
    bool fits;

    if (!report)
        return mcps__eval_fits_apart(e, trials->here, sub);
    if (e->coerces)
        return try_coercing(e, trials, sub);
    e->report = &trial;
    fits = mcps__eval_fits_apart(e, trials->here, sub);
    e->report = report;
    if (!fits)
        note(e, trials, trial.first);
    mcps__arena_release(&e->scratch->texts, before);
    return fits;
}

/* ---- when none fits ---- */

static void explain_nearest(struct mcps__eval *e, const struct mcps__trials *trials)
{
    const struct mcps__joint *joint = trials->joint;
    char expected[64], start[96];
    struct mcps__buf detail;
    int r;

    snprintf(expected, sizeof expected, "a value that fits one of %zu schemas",
             joint->n_subs);
    snprintf(start, sizeof start,
             "fits none of the %zu schemas of \"%s\"; nearest: ", joint->n_subs,
             joint->keyword);
    mcps__buf_init(&detail, SIZE_MAX);
    r = mcps__buf_append_str(&detail, start);
    if (r >= 0)
        r = mcps__buf_append(&detail, trials->nearest.data, trials->nearest.len);
    if (r >= 0)
        r = mcps__buf_append_byte(&detail, '\0');
    if (r < 0)
        e->error = r;
    else
        mcps__explain_as(e, trials->here, joint->keyword, expected, detail.data);
    mcps__buf_fini(&detail);
}

bool mcps__trials_explain(struct mcps__eval *e, const struct mcps__trials *trials)
{
    const struct mcps__joint *joint = trials->joint;

    if (e->coerces) {
        e->misfits += !trials->can_be_coerced;
        return false;
    }
    if (mcps__eval_done(e))
        return false;
    if (trials->n_typed == joint->n_subs)
        return mcps__explain_types(e, trials->here, joint->keyword, trials->types);
    if (trials->n_constants == joint->n_subs)
        return mcps__explain(e, trials->here, joint->keyword, NULL, "one of %.*s",
                             (int)trials->constants.len, trials->constants.data);
    if (trials->n_noted > 0)
        explain_nearest(e, trials);
    else
        mcps__explain(e, trials->here, joint->keyword, NULL,
                      "a value that fits one of %zu schemas", joint->n_subs);
    return false;
}
