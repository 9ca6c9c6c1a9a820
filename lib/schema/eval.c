/* SPDX-License-Identifier: MIT */
/* A check: a value before a subschema; see eval.h. */
#include "config.h"

#include "schema/ecma.h"
#include "schema/eval.h"
#include "util/utf8.h"

#include <errno.h>

/* How much more than others a step of a pattern takes, a byte of a format, and what it takes to
 * compare a number whose digits have to be read. */
enum { PATTERN_PRICE = 4, FORMAT_PRICE = 32, DIGITS_STEPS = 32 };

/* ---- numbers and strings ---- */

/* A comparison that could not be made ends the check; what is no number fits no limit. */
static bool compare(struct mcps__eval *e, struct json_object *value,
                    const struct mcps__num *num, int *ret)
{
    int r = mcps__num_compare(value, num, ret);

    if (r < 0 && r != MCPS_EINVALID)
        e->error = r;
    return r >= 0;
}

static bool fits_bounds(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__number_rules *n = here->sub->number;
    int order = 0;
    bool fits = true;

    if (n->minimum && (!compare(e, here->value, n->minimum, &order) || order < 0))
        fits = mcps__explain(e, here, "minimum", NULL, "at least %s", n->minimum->text);
    if (n->maximum && (!compare(e, here->value, n->maximum, &order) || order > 0))
        fits = mcps__explain(e, here, "maximum", NULL, "at most %s", n->maximum->text);
    if (n->above && (!compare(e, here->value, n->above, &order) || order <= 0))
        fits = mcps__explain(e, here, "exclusiveMinimum", NULL, "more than %s",
                             n->above->text);
    if (n->below && (!compare(e, here->value, n->below, &order) || order >= 0))
        fits = mcps__explain(e, here, "exclusiveMaximum", NULL, "less than %s",
                             n->below->text);
    return fits;
}

/* Numbers with a text of their own are few, and may have many digits. */
static bool may_read_digits(struct mcps__eval *e, struct json_object *value)
{
    return !json_object_get_userdata(value) ||
           mcps__eval_spend(e, (size_t)DIGITS_STEPS * MCPS__STEP_SIZE);
}

static bool fits_number(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__number_rules *n = here->sub->number;
    double value = json_object_get_double(here->value);
    bool fits;
    int r;

    if (!may_read_digits(e, here->value))
        return false;
    fits = (value > n->low && value < n->high) || fits_bounds(e, here);
    if (!n->multiple_of || (!fits && mcps__eval_done(e)))
        return fits;
    r = mcps__num_is_multiple(here->value, n->multiple_of);
    if (r < 0)
        e->error = r;
    if (r <= 0)
        fits = mcps__explain(e, here, "multipleOf", NULL, "a multiple of %s",
                             n->multiple_of->text);
    return fits;
}

/* Characters, not bytes. */
static uint64_t length_of(const char *text, size_t len)
{
    uint64_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

static bool fits_length(struct mcps__eval *e, const struct mcps__here *here,
                        const char *text, size_t len)
{
    const struct mcps__string_rules *s = here->sub->string;
    uint64_t n;

    /* There are at most as many characters as bytes, and at least a quarter of them. */
    if (len <= s->max_length && (len + 3) / 4 >= s->min_length)
        return true;
    n = length_of(text, len);
    if (n < s->min_length)
        return mcps__explain_count(e, here, "minLength", n, s->min_length, true,
                                   "character");
    if (n > s->max_length)
        return mcps__explain_count(e, here, "maxLength", n, s->max_length, false,
                                   "character");
    return true;
}

int mcps__eval_search(struct mcps__eval *e, const struct mcps__regex *regex,
                      const char *text, size_t len)
{
    uint64_t steps = e->steps / PATTERN_PRICE, before = steps;
    int r;

    /* PCRE2 takes for granted that it is UTF-8, which trees of applications need not be. */
    if (mcps__utf8_valid_prefix(text, len) < len)
        return 0;
    r = mcps__regex_search(regex, &e->scratch->regex, text, len, &steps);
    e->steps -= (before - steps) * PATTERN_PRICE;
    if (r < 0)
        e->error = r;
    return r;
}

static bool fits_pattern(struct mcps__eval *e, const struct mcps__here *here,
                         const char *text, size_t len)
{
    const struct mcps__string_rules *s = here->sub->string;
    int r = mcps__eval_search(e, s->pattern, text, len);

    return r > 0 || mcps__explain(e, here, "pattern", NULL,
                                  "a string that matches %.160s", s->pattern_text);
}

static bool is_regex(struct mcps__eval *e, const char *text, size_t len)
{
    int r = mcps__ecma_check(text, len, NULL, 0);

    if (r == -ENOMEM)
        e->error = r;
    return r >= 0;
}

static bool fits_format(struct mcps__eval *e, const struct mcps__here *here,
                        const char *text, size_t len)
{
    const struct mcps__string_rules *s = here->sub->string;

    if (!mcps__eval_spend(e, len * FORMAT_PRICE))
        return false;
    if (s->format && !s->format->fits(text, len))
        return mcps__explain(e, here, "format", NULL, "%s", s->format->expected);
    if (s->format_regex && !is_regex(e, text, len))
        return mcps__explain(e, here, "format", NULL, "a regular expression");
    return true;
}

static bool fits_string(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__string_rules *s = here->sub->string;
    const char *text = json_object_get_string(here->value);
    size_t len = (size_t)json_object_get_string_len(here->value);
    bool fits = mcps__eval_spend(e, len) && fits_length(e, here, text, len);

    if (s->pattern && (fits || !mcps__eval_done(e)))
        fits = fits_pattern(e, here, text, len) && fits;
    if ((s->format || s->format_regex) && (fits || !mcps__eval_done(e)))
        fits = fits_format(e, here, text, len) && fits;
    return fits;
}

/* ---- types and constants ---- */

static const uint8_t type_bits[] = {
    [json_type_null] = MCPS__T_NULL,     [json_type_boolean] = MCPS__T_BOOLEAN,
    [json_type_int] = MCPS__T_INTEGER,   [json_type_double] = MCPS__T_NUMBER,
    [json_type_string] = MCPS__T_STRING, [json_type_array] = MCPS__T_ARRAY,
    [json_type_object] = MCPS__T_OBJECT,
};

/* 1.0 is an integer, too. */
static bool fits_type(struct mcps__eval *e, const struct mcps__here *here, unsigned type)
{
    unsigned types = here->sub->types;
    int r;

    if (types & type)
        return true;
    if (type == MCPS__T_NUMBER && types & MCPS__T_INTEGER) {
        if (!may_read_digits(e, here->value))
            return false;
        r = mcps__num_is_integer(here->value);
        if (r > 0)
            return true;
        if (r < 0)
            e->error = r;
    }
    return mcps__explain_type(e, here);
}

static int is_choice(struct mcps__eval *e, const struct mcps__choices *choices,
                     struct json_object *value, bool is_string)
{
    if (is_string) {
        const char *text = json_object_get_string(value);
        size_t len = (size_t)json_object_get_string_len(value);

        if (!mcps__eval_spend(e, len))
            return MCPS_ELIMIT;
        return mcps__names_find(&choices->strings, text, len) >= 0;
    }
    for (size_t i = 0; i < choices->n_values; i++) {
        int r = mcps__constant_equals(choices->values[i], value, &e->steps);

        if (r != 0)
            return r;
    }
    return 0;
}

static bool fits_choices(struct mcps__eval *e, const struct mcps__here *here,
                         unsigned type)
{
    bool fits = true;

    for (const struct mcps__choices *c = here->sub->choices; c; c = c->next) {
        int r = is_choice(e, c, here->value, type == MCPS__T_STRING);

        if (r < 0)
            e->error = r;
        if (r <= 0)
            fits = mcps__explain(e, here, c->keyword, NULL, "%s", c->expected);
        if (!fits && mcps__eval_done(e))
            return false;
    }
    return fits;
}

/* ---- a subschema ---- */

static bool fits_rules(struct mcps__eval *e, const struct mcps__here *here, unsigned type)
{
    const struct mcps__sub *sub = here->sub;

    switch (type) {
    case MCPS__T_INTEGER:
    case MCPS__T_NUMBER: return !sub->number || fits_number(e, here);
    case MCPS__T_STRING: return !sub->string || fits_string(e, here);
    case MCPS__T_ARRAY: return !sub->array || mcps__eval_array(e, here);
    case MCPS__T_OBJECT: return !sub->object || mcps__eval_object(e, here);
    default: return true;
    }
}

static bool fits_all(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__sub *sub = here->sub;
    unsigned type = type_bits[json_object_get_type(here->value)];
    bool fits = sub->types == MCPS__T_ANY || fits_type(e, here, type);

    if (sub->choices && (fits || !mcps__eval_done(e)))
        fits = fits_choices(e, here, type) && fits;
    if (fits || !mcps__eval_done(e))
        fits = fits_rules(e, here, type) && fits;
    if (sub->joints && (fits || !mcps__eval_done(e)))
        fits = mcps__eval_joints(e, here) && fits;
    return fits;
}

static bool is_compound(struct json_object *value)
{
    return json_object_is_type(value, json_type_object) ||
           json_object_is_type(value, json_type_array);
}

/* One that asks what nobody has looked at needs marks of its own: what others have looked
 * at, from further out, does not count for it. */
static bool fits_marking(struct mcps__eval *e, const struct mcps__here *here)
{
    struct mcps__arena_mark before = mcps__arena_mark(&e->scratch->marks);
    struct mcps__here own = *here;
    struct mcps__marks marks;
    bool fits;

    if (!mcps__marks_init(e, &marks, here->value))
        return false;
    own.marks = &marks;
    fits = fits_all(e, &own);
    if (fits || !mcps__eval_done(e))
        fits = mcps__eval_others(e, &own) && fits;
    mcps__marks_add(here->marks, &marks);
    mcps__arena_release(&e->scratch->marks, before);
    return fits;
}

static bool fits_in_scope(struct mcps__eval *e, const struct mcps__here *here)
{
    return here->sub->marks && is_compound(here->value) ? fits_marking(e, here)
                                                        : fits_all(e, here);
}

/* $dynamicRef has to know which resources were entered on the way. */
static bool fits_scoped(struct mcps__eval *e, const struct mcps__here *here)
{
    const struct mcps__scope *before = e->scope;
    struct mcps__scope scope = { .up = before, .resource = here->sub->resource };
    bool fits;

    if (!before || before->resource != scope.resource)
        e->scope = &scope;
    fits = fits_in_scope(e, here);
    e->scope = before;
    return fits;
}

static bool fits_nested(struct mcps__eval *e, const struct mcps__here *here)
{
    bool fits;

    if (e->nesting == 0) {
        e->too_deep = true;
        e->error = MCPS_ELIMIT;
        return false;
    }
    e->nesting--;
    fits = e->schema->dynamic ? fits_scoped(e, here) : fits_in_scope(e, here);
    e->nesting++;
    return fits && e->error == 0;
}

static bool fits_fully(struct mcps__eval *e, const struct mcps__here *here)
{
    if (here->sub->never)
        return mcps__explain(e, here, "", NULL, "nothing");
    return fits_nested(e, here);
}

bool mcps__eval_fits(struct mcps__eval *e, const struct mcps__sub *sub,
                     struct json_object *value, const struct mcps__spot *at,
                     struct mcps__marks *marks)
{
    unsigned type = type_bits[json_object_get_type(value)];

    if (!mcps__eval_step(e))
        return false;
    if (sub->types & type && !(sub->asks & type) && !sub->never)
        return true;
    return fits_fully(e, &(struct mcps__here){ sub, value, at, marks });
}

bool mcps__eval_would_fit(struct mcps__eval *e, const struct mcps__sub *sub,
                          struct json_object *value, const struct mcps__spot *at,
                          struct mcps__marks *marks)
{
    struct mcps__report *report = e->report;
    bool fits;

    e->report = NULL;
    fits = mcps__eval_fits(e, sub, value, at, marks);
    e->report = report;
    return fits;
}
