/* SPDX-License-Identifier: MIT */
/* Keywords about types, constants, numbers and strings; see compile.h. */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "schema/compile.h"
#include "util/utf8.h"

enum {
    EXPECTED_MAX = 240, /* bytes of the choices that an error lists */
    PATTERN_STEPS = 64  /* that the shortest pattern takes */
};

void *mcps__site_get(const struct mcps__site *site, size_t size)
{
    return mcps__arena_get(&site->c->schema->arena, size);
}

/* For something that the program has to free. */
static struct mcps__owned *own(const struct mcps__site *site)
{
    struct mcps__owned *owned = mcps__site_get(site, sizeof *owned);

    if (owned) {
        owned->next = site->c->schema->owned;
        site->c->schema->owned = owned;
    }
    return owned;
}

/* ---- types ---- */

/* The bits of a type, and in *ret_place which of them all it is. */
static unsigned type_of(const char *name, unsigned *ret_place)
{
    static const struct {
        const char *name;
        unsigned bits;
    } types[] = {
        { "null", MCPS__T_NULL },       { "boolean", MCPS__T_BOOLEAN },
        { "integer", MCPS__T_INTEGER }, { "number", MCPS__T_NUMBER | MCPS__T_INTEGER },
        { "string", MCPS__T_STRING },   { "array", MCPS__T_ARRAY },
        { "object", MCPS__T_OBJECT },
    };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, name) == 0) {
            *ret_place = (unsigned)i;
            return types[i].bits;
        }
    return 0;
}

static int add_type(struct mcps__site *site, struct json_object *value, unsigned *types,
                    unsigned *named)
{
    unsigned bits, place = 0;

    if (!json_object_is_type(value, json_type_string))
        return mcps__site_refuse(site, "the name of a type, or an array of such names "
                                       "was expected");
    bits = type_of(json_object_get_string(value), &place);
    if (bits == 0)
        return mcps__site_refuse(site, "\"%s\" is no type",
                                 json_object_get_string(value));
    if (*named >> place & 1)
        return mcps__site_refuse(site, "\"%s\" is there twice",
                                 json_object_get_string(value));
    *named |= 1U << place;
    *types |= bits;
    return 0;
}

int mcps__compile_type(struct mcps__site *site, struct json_object *value)
{
    unsigned types = 0, named = 0;
    int r = 0;

    if (json_object_is_type(value, json_type_array)) {
        size_t n = json_object_array_length(value);

        if (n == 0)
            return mcps__site_refuse(site, "there is no type in the array");
        for (size_t i = 0; i < n && r >= 0; i++)
            r = add_type(site, json_object_array_get_idx(value, i), &types, &named);
    } else {
        r = add_type(site, value, &types, &named);
    }
    site->sub->types = (uint8_t)types;
    return r;
}

/* ---- constants ---- */

static int take_constant(struct mcps__site *site, struct json_object *value,
                         struct mcps__constant **ret)
{
    struct mcps__owned *owned = own(site);
    int r = owned ? mcps__constant_new(&owned->constant, value) : -ENOMEM;

    if (r == MCPS_ELIMIT)
        return mcps__site_refuse(site, "a number in it has too many digits");
    if (r < 0)
        return r;
    *ret = owned->constant;
    return mcps__compile_spend(site->c, 1);
}

/* Appends to what an error says was expected, as long as that is short. */
static int list_choice(struct mcps__buf *expected, const struct mcps__constant *constant,
                       size_t i, bool *full)
{
    const char *text = mcps__constant_text(constant);
    int r = i > 0 ? mcps__buf_append_str(expected, ", ") : 0;

    *full = i > 0 && expected->len + strlen(text) > EXPECTED_MAX;
    return r < 0 ? r : mcps__buf_append_str(expected, *full ? "..." : text);
}

static int add_choice(struct mcps__site *site, struct mcps__choices *choices,
                      struct json_object *value, struct mcps__constant **ret)
{
    const char *string;
    size_t len;
    int r = take_constant(site, value, ret);

    if (r < 0)
        return r;
    string = mcps__constant_string(*ret, &len);
    if (string)
        mcps__names_add(&choices->strings, string, len);
    else
        choices->values[choices->n_values++] = *ret;
    return 0;
}

/* The values of an array (NULL: the one value). */
static int add_choices(struct mcps__site *site, struct mcps__choices *choices,
                       struct json_object *list, struct json_object *value, size_t n,
                       struct mcps__buf *expected)
{
    struct mcps__constant *constant = NULL;
    bool full = false;
    int r = n == 1 ? 0 : mcps__buf_append_str(expected, n == 0 ? "nothing" : "one of ");

    for (size_t i = 0; i < n && r >= 0; i++) {
        r = add_choice(site, choices, list ? json_object_array_get_idx(list, i) : value,
                       &constant);
        if (r >= 0 && !full)
            r = list_choice(expected, constant, i, &full);
    }
    return r;
}

/* The values of `list`, or the one `value`. */
static int take_choices(struct mcps__site *site, struct json_object *list,
                        struct json_object *value)
{
    struct mcps__choices *choices = mcps__site_get(site, sizeof *choices);
    size_t n = list ? json_object_array_length(list) : 1;
    struct mcps__buf expected;
    int r;

    if (!choices)
        return -ENOMEM;
    choices->keyword = site->keyword;
    choices->next = site->sub->choices;
    choices->values = mcps__site_get(site, n * sizeof(void *));
    r = mcps__names_init(&choices->strings, &site->c->schema->arena, n, site->c->seed);
    if (r < 0 || !choices->values)
        return -ENOMEM;
    mcps__buf_init(&expected, SIZE_MAX);
    r = add_choices(site, choices, list, value, n, &expected);
    if (r >= 0) {
        choices->expected =
            mcps__arena_text(&site->c->schema->arena, expected.data, expected.len);
        r = choices->expected ? 0 : -ENOMEM;
    }
    mcps__buf_fini(&expected);
    site->sub->choices = choices;
    return r;
}

int mcps__compile_enum(struct mcps__site *site, struct json_object *value)
{
    if (!json_object_is_type(value, json_type_array))
        return mcps__site_refuse(site, "an array was expected");
    return take_choices(site, value, NULL);
}

int mcps__compile_const(struct mcps__site *site, struct json_object *value)
{
    return take_choices(site, NULL, value);
}

/* ---- numbers ---- */

static int take_number(struct mcps__site *site, struct json_object *value,
                       struct mcps__num **ret)
{
    struct mcps__owned *owned;
    int r;

    if (!json_object_is_type(value, json_type_int) &&
        !json_object_is_type(value, json_type_double))
        return mcps__site_refuse(site, "a number was expected");
    owned = own(site);
    if (owned)
        owned->num = mcps__site_get(site, sizeof *owned->num);
    if (!owned || !owned->num)
        return -ENOMEM;
    r = mcps__num_init(owned->num, value);
    if (r == MCPS_ELIMIT)
        return mcps__site_refuse(site, "the number has too many digits");
    *ret = owned->num;
    return r;
}

static struct mcps__number_rules *number_rules(struct mcps__site *site)
{
    struct mcps__number_rules *rules = site->sub->number;

    if (!rules) {
        rules = mcps__site_get(site, sizeof *rules);
        if (rules) {
            rules->low = -HUGE_VAL;
            rules->high = HUGE_VAL;
        }
        site->sub->number = rules;
    }
    return rules;
}

static int take_low(struct mcps__site *site, struct json_object *value,
                    struct mcps__number_rules *rules, struct mcps__num **ret)
{
    int r = take_number(site, value, ret);

    if (r >= 0 && (*ret)->value > rules->low)
        rules->low = (*ret)->value;
    return r;
}

static int take_high(struct mcps__site *site, struct json_object *value,
                     struct mcps__number_rules *rules, struct mcps__num **ret)
{
    int r = take_number(site, value, ret);

    if (r >= 0 && (*ret)->value < rules->high)
        rules->high = (*ret)->value;
    return r;
}

int mcps__compile_minimum(struct mcps__site *site, struct json_object *value)
{
    struct mcps__number_rules *rules = number_rules(site);

    return rules ? take_low(site, value, rules, &rules->minimum) : -ENOMEM;
}

int mcps__compile_maximum(struct mcps__site *site, struct json_object *value)
{
    struct mcps__number_rules *rules = number_rules(site);

    return rules ? take_high(site, value, rules, &rules->maximum) : -ENOMEM;
}

int mcps__compile_above(struct mcps__site *site, struct json_object *value)
{
    struct mcps__number_rules *rules = number_rules(site);

    return rules ? take_low(site, value, rules, &rules->above) : -ENOMEM;
}

int mcps__compile_below(struct mcps__site *site, struct json_object *value)
{
    struct mcps__number_rules *rules = number_rules(site);

    return rules ? take_high(site, value, rules, &rules->below) : -ENOMEM;
}

int mcps__compile_multiple_of(struct mcps__site *site, struct json_object *value)
{
    struct mcps__number_rules *rules = number_rules(site);
    int r = rules ? take_number(site, value, &rules->multiple_of) : -ENOMEM;

    if (r >= 0 && !mcps__num_is_divisor(rules->multiple_of))
        return mcps__site_refuse(site,
                                 "a number of more than 0 and of at most 19 "
                                 "digits was expected, not %s",
                                 rules->multiple_of->text);
    return r;
}

/* 3.0 is a count, too. */
int mcps__site_count(const struct mcps__site *site, struct json_object *value,
                     uint64_t *ret)
{
    const double most = 18446744073709551616.0;

    if (json_object_is_type(value, json_type_int) && json_object_get_int64(value) >= 0) {
        *ret = json_object_get_uint64(value);
        return 0;
    }
    if (json_object_is_type(value, json_type_double)) {
        double number = json_object_get_double(value);

        if (number >= most) {
            *ret = UINT64_MAX;
            return 0;
        }
        if (number >= 0 && number == (double)(uint64_t)number) {
            *ret = (uint64_t)number;
            return 0;
        }
    }
    return mcps__site_refuse(site, "an integer of at least 0 was expected");
}

/* ---- strings ---- */

static struct mcps__string_rules *string_rules(struct mcps__site *site)
{
    struct mcps__string_rules *rules = site->sub->string;

    if (!rules) {
        rules = mcps__site_get(site, sizeof *rules);
        if (rules)
            rules->max_length = UINT64_MAX;
        site->sub->string = rules;
    }
    return rules;
}

int mcps__compile_min_length(struct mcps__site *site, struct json_object *value)
{
    struct mcps__string_rules *rules = string_rules(site);

    return rules ? mcps__site_count(site, value, &rules->min_length) : -ENOMEM;
}

int mcps__compile_max_length(struct mcps__site *site, struct json_object *value)
{
    struct mcps__string_rules *rules = string_rules(site);

    return rules ? mcps__site_count(site, value, &rules->max_length) : -ENOMEM;
}

int mcps__site_regex(struct mcps__site *site, const char *pattern, size_t len,
                     struct mcps__regex **ret)
{
    char why[MCPS_SCHEMA_WHY_SIZE / 2];
    struct mcps__owned *owned;
    int r = mcps__compile_spend(site->c, PATTERN_STEPS + len);

    if (r < 0)
        return r;
    owned = own(site);
    if (!owned)
        return -ENOMEM;
    r = mcps__regex_new(&owned->regex, pattern, len, why, sizeof why);
    if (r == MCPS_EINVALID || r == MCPS_ELIMIT)
        return mcps__site_refuse(site, "the pattern \"%.120s\" cannot be used: %s",
                                 pattern, why);
    *ret = owned->regex;
    return r;
}

int mcps__compile_pattern(struct mcps__site *site, struct json_object *value)
{
    struct mcps__string_rules *rules = string_rules(site);
    const char *text;
    size_t len;

    if (!rules)
        return -ENOMEM;
    if (!json_object_is_type(value, json_type_string))
        return mcps__site_refuse(site, "a string was expected");
    text = json_object_get_string(value);
    len = (size_t)json_object_get_string_len(value);
    rules->pattern_text = mcps__arena_text(&site->c->schema->arena, text, len);
    return rules->pattern_text ? mcps__site_regex(site, text, len, &rules->pattern)
                               : -ENOMEM;
}

int mcps__compile_format(struct mcps__site *site, struct json_object *value)
{
    bool vocabulary =
        site->sub->resource->dialect->vocabularies & MCPS__VOC_FORMAT_ASSERTION;
    struct mcps__string_rules *rules;
    const char *name;

    if (!json_object_is_type(value, json_type_string))
        return mcps__site_refuse(site, "a string was expected");
    if (!site->c->options.assert_formats && !vocabulary)
        return 0;
    rules = string_rules(site);
    if (!rules)
        return -ENOMEM;
    name = json_object_get_string(value);
    rules->format_regex = strcmp(name, "regex") == 0;
    rules->format = mcps__format_find(name);
    if (!rules->format && !rules->format_regex && vocabulary)
        return mcps__site_refuse(site, "\"%s\" is no format that can be checked", name);
    return 0;
}
