/* SPDX-License-Identifier: MIT */
/* Objects and arrays, with what is in them; see eval.h. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "schema/eval.h"

/* ---- marks ---- */

bool mcps__marks_init(struct mcps__eval *e, struct mcps__marks *marks,
                      struct json_object *value)
{
    marks->n = json_object_is_type(value, json_type_array)
                   ? json_object_array_length(value)
                   : (size_t)json_object_object_length(value);
    marks->few = 0;
    marks->words = &marks->few;
    if (marks->n <= 64)
        return true;
    if (!mcps__eval_spend(e, marks->n / 8))
        return false;
    marks->words =
        mcps__arena_get(&e->scratch->marks, (marks->n + 63) / 64 * sizeof(uint64_t));
    if (!marks->words)
        e->error = -ENOMEM;
    return marks->words;
}

void mcps__marks_add(struct mcps__marks *marks, const struct mcps__marks *more)
{
    for (size_t i = 0; marks && i < (more->n + 63) / 64; i++)
        marks->words[i] |= more->words[i];
}

static void mark_all(struct mcps__marks *marks)
{
    for (size_t i = 0; marks && i < (marks->n + 63) / 64; i++)
        marks->words[i] = UINT64_MAX;
}

/* ---- objects ---- */

static bool fits_member(struct mcps__eval *e, const struct mcps__here *here,
                        const struct mcps__sub *sub, const char *name,
                        struct json_object *value)
{
    const struct mcps__spot at = { .up = here->at, .in = here->value, .name = name };

    return mcps__eval_fits(e, sub, value, &at, NULL);
}

static bool fits_name(struct mcps__eval *e, const struct mcps__here *here,
                      const char *name, size_t len)
{
    struct json_object *value = json_object_new_string_len(name, (int)len);
    bool fits;

    if (!value) {
        e->error = -ENOMEM;
        return false;
    }
    e->name = value;
    fits = mcps__eval_fits(e, here->sub->object->names_sub, value, here->at, NULL);
    e->name = NULL;
    json_object_put(value);
    return fits;
}

/* Every pattern that a name matches counts. */
static bool fits_patterns(struct mcps__eval *e, const struct mcps__here *here,
                          const char *name, size_t len, struct json_object *value,
                          bool *known)
{
    const struct mcps__object_rules *o = here->sub->object;
    bool fits = true;

    for (size_t i = 0; i < o->n_patterns; i++) {
        int r = mcps__eval_search(e, o->patterns[i].regex, name, len);

        if (r < 0)
            return false;
        if (r == 0)
            continue;
        *known = true;
        fits = fits_member(e, here, o->patterns[i].sub, name, value) && fits;
        if (!fits && mcps__eval_done(e))
            return false;
    }
    return fits;
}

/* What is known of the members of an object while they are gone through. */
struct going {
    size_t index;      /* of the member */
    uint32_t hint;     /* where its name is likely to be among those of the schema */
    size_t n_required; /* that there were so far */
};

static bool fits_rest(struct mcps__eval *e, const struct mcps__here *here,
                      const char *name, struct json_object *value)
{
    const struct mcps__sub *rest = here->sub->object->rest;

    if (rest->never)
        return mcps__explain_unknown(e, here, "additionalProperties", name);
    return fits_member(e, here, rest, name, value);
}

/* The member that the schema knows by that name; NULL: none. They often come in the order in
 * which the schema has them. */
static const struct mcps__member *find_member(const struct mcps__object_rules *o,
                                              struct going *going, const char *name)
{
    int32_t place = (int32_t)going->hint;

    if (!mcps__names_is(&o->names, going->hint, name))
        place = mcps__names_find(&o->names, name, strlen(name));
    if (place < 0)
        return NULL;
    going->hint = (uint32_t)place + 1;
    return &o->members[place];
}

/* By patterns, and by its name. */
static bool fits_by_name(struct mcps__eval *e, const struct mcps__here *here,
                         const char *name, struct json_object *value, bool *known)
{
    const struct mcps__object_rules *o = here->sub->object;
    size_t len = strlen(name);
    bool fits = mcps__eval_spend(e, len);

    if (o->n_patterns > 0 && (fits || !mcps__eval_done(e)))
        fits = fits_patterns(e, here, name, len, value, known) && fits;
    if (!*known && o->rest && (fits || !mcps__eval_done(e))) {
        *known = true;
        fits = fits_rest(e, here, name, value) && fits;
    }
    if (o->names_sub && (fits || !mcps__eval_done(e)))
        fits = fits_name(e, here, name, len) && fits;
    return fits;
}

static bool fits_entry(struct mcps__eval *e, const struct mcps__here *here,
                       struct going *going, const char *name, struct json_object *value)
{
    const struct mcps__object_rules *o = here->sub->object;
    const struct mcps__member *member = find_member(o, going, name);
    bool known = member && member->sub, fits = true;

    if (member)
        going->n_required += member->required;
    if (known)
        fits = fits_member(e, here, member->sub, name, value);
    if ((!known || o->n_patterns > 0 || o->names_sub) && (fits || !mcps__eval_done(e)))
        fits = fits_by_name(e, here, name, value, &known) && fits;
    if (known)
        mcps__marks_set(here->marks, going->index);
    return fits;
}

static bool explain_required(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__object_rules *o = here->sub->object;

    for (uint32_t i = 0; i < o->names.n && !mcps__eval_done(e); i++)
        if (o->members[i].required &&
            !json_object_object_get_ex(here->value, o->names.names[i].text, NULL))
            mcps__explain_missing(e, here, "required", o->names.names[i].text, NULL);
    return false;
}

static bool fits_members(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__object_rules *o = here->sub->object;
    struct going going = { .index = 0 };
    struct lh_entry *entry;
    bool fits = true;

    lh_foreach(json_object_get_object(here->value), entry)
    {
        if (!mcps__eval_step(e))
            return false;
        fits = fits_entry(e, here, &going, lh_entry_k(entry),
                          (struct json_object *)lh_entry_v(entry)) &&
               fits;
        if (!fits && mcps__eval_done(e))
            return false;
        going.index++;
    }
    return going.n_required == o->n_required ? fits : explain_required(e, here);
}

static bool fits_dependent(struct mcps__eval *e, const struct mcps__here *here,
                           const struct mcps__dependent *d)
{
    bool fits = true;

    if (!mcps__eval_step(e))
        return false;
    if (!json_object_object_get_ex(here->value, d->name, NULL))
        return true;
    for (size_t i = 0; i < d->n_required; i++) {
        if (!mcps__eval_step(e))
            return false;
        if (json_object_object_get_ex(here->value, d->required[i], NULL))
            continue;
        fits = mcps__explain_missing(e, here, d->keyword, d->required[i], d->name);
        if (mcps__eval_done(e))
            return false;
    }
    return !d->sub
               ? fits
               : mcps__eval_fits(e, d->sub, here->value, here->at, here->marks) && fits;
}

static bool fits_size(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__object_rules *o = here->sub->object;
    uint64_t n = (uint64_t)json_object_object_length(here->value);

    if (n < o->min_members)
        return mcps__explain_count(e, here, "minProperties", n, o->min_members, true,
                                   "member");
    if (n > o->max_members)
        return mcps__explain_count(e, here, "maxProperties", n, o->max_members, false,
                                   "member");
    return true;
}

bool mcps__eval_object(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__object_rules *o = here->sub->object;
    bool fits = fits_size(e, here);

    if (!fits && mcps__eval_done(e))
        return false;
    fits = fits_members(e, here) && fits;
    for (size_t i = 0; i < o->n_dependents && (fits || !mcps__eval_done(e)); i++)
        fits = fits_dependent(e, here, &o->dependents[i]) && fits;
    return fits;
}

/* ---- arrays ---- */

static bool fits_item(struct mcps__eval *e, const struct mcps__here *here,
                      const struct mcps__sub *sub, size_t i)
{
    const struct mcps__spot at = { .up = here->at, .in = here->value, .index = i };

    return mcps__eval_fits(e, sub, json_object_array_get_idx(here->value, i), &at, NULL);
}

static bool fits_items(struct mcps__eval *e, const struct mcps__here *here, size_t n)
{
    const struct mcps__array_rules *a = here->sub->array;
    bool fits = true;

    for (size_t i = 0; i < n && i < a->n_prefix; i++) {
        mcps__marks_set(here->marks, i);
        fits = fits_item(e, here, a->prefix[i], i) && fits;
        if (!fits && mcps__eval_done(e))
            return false;
    }
    if (!a->rest)
        return fits;
    mark_all(here->marks);
    if (a->rest->never && n > a->n_prefix)
        return mcps__explain_count(e, here, a->rest_keyword, n, a->n_prefix, false,
                                   "item");
    for (size_t i = a->n_prefix; i < n; i++) {
        fits = fits_item(e, here, a->rest, i) && fits;
        if (!fits && mcps__eval_done(e))
            return false;
    }
    return fits;
}

static bool explain_contains(struct mcps__eval *e, const struct mcps__here *here,
                             uint64_t found)
{
    const struct mcps__array_rules *a = here->sub->array;
    bool least = found < a->min_contains;
    const char *keyword = "maxContains";

    if (least)
        keyword = a->min_contains == 1 ? "contains" : "minContains";
    return mcps__explain_count(e, here, keyword, found,
                               least ? a->min_contains : a->max_contains, least,
                               "item for \"contains\"");
}

static bool fits_contains(struct mcps__eval *e, const struct mcps__here *here, size_t n)
{
    const struct mcps__array_rules *a = here->sub->array;
    struct mcps__marks *marks = here->marks;
    uint64_t found = 0;

    for (size_t i = 0; i < n; i++) {
        const struct mcps__spot at = { .up = here->at, .in = here->value, .index = i };

        if (mcps__eval_would_fit(e, a->contains,
                                 json_object_array_get_idx(here->value, i), &at, NULL)) {
            found++;
            mcps__marks_set(marks, i);
        }
        if (e->error < 0)
            return false;
        if (!marks && found >= a->min_contains && a->max_contains == UINT64_MAX)
            return true;
    }
    return (found >= a->min_contains && found <= a->max_contains) ||
           explain_contains(e, here, found);
}

static bool fits_unique(struct mcps__eval *e, const struct mcps__here *here)
{
    struct mcps_schema_scratch *scratch = e->scratch;
    char got[96];
    size_t a = 0, b = 0;
    int r = mcps__items_differ(here->value, &scratch->memory, scratch->seed, &e->steps,
                               &a, &b);

    if (r < 0)
        e->error = r;
    if (r != 0)
        return r > 0;
    if (!e->report)
        return false;
    snprintf(got, sizeof got, "items %zu and %zu that are the same", a, b);
    return mcps__explain(e, here, "uniqueItems", got, "items that all differ");
}

bool mcps__eval_array(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__array_rules *a = here->sub->array;
    size_t n = json_object_array_length(here->value);
    bool fits = true;

    if (n < a->min_items)
        fits = mcps__explain_count(e, here, "minItems", n, a->min_items, true, "item");
    else if (n > a->max_items)
        fits = mcps__explain_count(e, here, "maxItems", n, a->max_items, false, "item");
    if (fits || !mcps__eval_done(e))
        fits = fits_items(e, here, n) && fits;
    if (a->contains && (fits || !mcps__eval_done(e)))
        fits = fits_contains(e, here, n) && fits;
    if (a->unique && (fits || !mcps__eval_done(e)))
        fits = fits_unique(e, here) && fits;
    return fits;
}

/* ---- what nobody has looked at ---- */

static bool fits_other_items(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__sub *sub = here->sub->other_items;
    size_t n = json_object_array_length(here->value);
    bool fits = true;

    for (size_t i = 0; i < n; i++) {
        if (mcps__marks_has(here->marks, i))
            continue;
        fits = fits_item(e, here, sub, i) && fits;
        if (!fits && mcps__eval_done(e))
            return false;
    }
    mark_all(here->marks);
    return fits;
}

static bool fits_other_members(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__sub *sub = here->sub->other_members;
    struct lh_entry *entry;
    bool fits = true;
    size_t i = 0;

    lh_foreach(json_object_get_object(here->value), entry)
    {
        const char *name = lh_entry_k(entry);

        if (mcps__marks_has(here->marks, i++))
            continue;
        if (sub->never)
            fits = mcps__explain_unknown(e, here, "unevaluatedProperties", name);
        else
            fits = fits_member(e, here, sub, name,
                               (struct json_object *)lh_entry_v(entry)) &&
                   fits;
        if (!fits && mcps__eval_done(e))
            return false;
    }
    mark_all(here->marks);
    return fits;
}

bool mcps__eval_others(struct mcps__eval *e, const struct mcps__here *here)
{
    bool is_array = json_object_is_type(here->value, json_type_array);

    if (is_array)
        return !here->sub->other_items || fits_other_items(e, here);
    return !here->sub->other_members || fits_other_members(e, here);
}
