/* SPDX-License-Identifier: MIT */
/* Keywords about arrays, objects, and other subschemas for the same value; see compile.h. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "schema/compile.h"

/* ---- lists ---- */

int mcps__site_subs(struct mcps__site *site, struct json_object *value,
                    struct mcps__sub ***ret, size_t *ret_n)
{
    size_t n = json_object_array_length(value);
    struct mcps__sub **subs = mcps__site_get(site, n * sizeof(void *));

    if (!subs)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        subs[i] = mcps__index_sub(site->c, json_object_array_get_idx(value, i));
    *ret = subs;
    *ret_n = n;
    return 0;
}

/* The strings of an array, kept in the program. */
static int take_names(struct mcps__site *site, struct json_object *value,
                      const char ***ret, size_t *ret_n)
{
    size_t n;
    const char **names;

    if (!json_object_is_type(value, json_type_array))
        return mcps__site_refuse(site, "an array of strings was expected");
    n = json_object_array_length(value);
    names = mcps__site_get(site, n * sizeof(char *));
    if (!names)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct json_object *name = json_object_array_get_idx(value, i);

        if (!json_object_is_type(name, json_type_string))
            return mcps__site_refuse(site, "an array of strings was expected");
        if (strlen(json_object_get_string(name)) <
            (size_t)json_object_get_string_len(name))
            return mcps__site_refuse(site, "a name in it has a NUL character in it");
        names[i] = mcps__arena_text(&site->c->schema->arena, json_object_get_string(name),
                                    (size_t)json_object_get_string_len(name));
        if (!names[i])
            return -ENOMEM;
    }
    *ret = names;
    *ret_n = n;
    return mcps__compile_spend(site->c, n);
}

/* ---- arrays ---- */

static struct mcps__array_rules *array_rules(struct mcps__site *site)
{
    struct mcps__array_rules *rules = site->sub->array;

    if (!rules) {
        rules = mcps__site_get(site, sizeof *rules);
        if (rules) {
            rules->max_items = UINT64_MAX;
            rules->min_contains = 1;
            rules->max_contains = UINT64_MAX;
        }
        site->sub->array = rules;
    }
    return rules;
}

int mcps__compile_min_items(struct mcps__site *site, struct json_object *value)
{
    struct mcps__array_rules *rules = array_rules(site);

    return rules ? mcps__site_count(site, value, &rules->min_items) : -ENOMEM;
}

int mcps__compile_max_items(struct mcps__site *site, struct json_object *value)
{
    struct mcps__array_rules *rules = array_rules(site);

    return rules ? mcps__site_count(site, value, &rules->max_items) : -ENOMEM;
}

int mcps__compile_min_contains(struct mcps__site *site, struct json_object *value)
{
    struct mcps__array_rules *rules = array_rules(site);

    return rules ? mcps__site_count(site, value, &rules->min_contains) : -ENOMEM;
}

int mcps__compile_max_contains(struct mcps__site *site, struct json_object *value)
{
    struct mcps__array_rules *rules = array_rules(site);

    return rules ? mcps__site_count(site, value, &rules->max_contains) : -ENOMEM;
}

int mcps__compile_unique(struct mcps__site *site, struct json_object *value)
{
    struct mcps__array_rules *rules = array_rules(site);

    if (!json_object_is_type(value, json_type_boolean))
        return mcps__site_refuse(site, "true or false was expected");
    if (!rules)
        return -ENOMEM;
    rules->unique = json_object_get_boolean(value);
    return 0;
}

int mcps__compile_prefix_items(struct mcps__site *site, struct json_object *value)
{
    struct mcps__array_rules *rules = array_rules(site);

    if (!rules)
        return -ENOMEM;
    if (json_object_array_length(value) == 0)
        return mcps__site_refuse(site, "there is no schema in the array");
    rules->prefix_keyword = site->keyword;
    return mcps__site_subs(site, value, &rules->prefix, &rules->n_prefix);
}

static int take_rest(struct mcps__site *site, struct json_object *value)
{
    struct mcps__array_rules *rules = array_rules(site);

    if (!rules)
        return -ENOMEM;
    rules->rest_keyword = site->keyword;
    rules->rest = mcps__index_sub(site->c, value);
    return 0;
}

/* An array of them in draft-07 is what 2020-12 calls prefixItems. */
int mcps__compile_items(struct mcps__site *site, struct json_object *value)
{
    return json_object_is_type(value, json_type_array)
               ? mcps__compile_prefix_items(site, value)
               : take_rest(site, value);
}

/* It has a meaning only behind an array of items. */
int mcps__compile_additional_items(struct mcps__site *site, struct json_object *value)
{
    return json_object_is_type(mcps__site_beside(site, "items"), json_type_array)
               ? take_rest(site, value)
               : 0;
}

int mcps__compile_contains(struct mcps__site *site, struct json_object *value)
{
    struct mcps__array_rules *rules = array_rules(site);

    if (!rules)
        return -ENOMEM;
    rules->contains = mcps__index_sub(site->c, value);
    return 0;
}

int mcps__compile_other_items(struct mcps__site *site, struct json_object *value)
{
    site->sub->other_items = mcps__index_sub(site->c, value);
    return 0;
}

/* ---- objects ---- */

static struct mcps__object_rules *object_rules(struct mcps__site *site)
{
    struct mcps__object_rules *rules = site->sub->object;

    if (!rules) {
        rules = mcps__site_get(site, sizeof *rules);
        if (rules)
            rules->max_members = UINT64_MAX;
        site->sub->object = rules;
    }
    return rules;
}

int mcps__compile_min_members(struct mcps__site *site, struct json_object *value)
{
    struct mcps__object_rules *rules = object_rules(site);

    return rules ? mcps__site_count(site, value, &rules->min_members) : -ENOMEM;
}

int mcps__compile_max_members(struct mcps__site *site, struct json_object *value)
{
    struct mcps__object_rules *rules = object_rules(site);

    return rules ? mcps__site_count(site, value, &rules->max_members) : -ENOMEM;
}

static int add_named(struct mcps__site *site, struct mcps__object_rules *rules,
                     struct json_object *properties)
{
    json_object_object_foreach(properties, name, tree)
    {
        char *text = mcps__arena_text(&site->c->schema->arena, name, strlen(name));

        if (!text)
            return -ENOMEM;
        rules->members[mcps__names_add(&rules->names, text, strlen(text))].sub =
            mcps__index_sub(site->c, tree);
    }
    rules->n_named = rules->names.n;
    return mcps__compile_spend(site->c, rules->n_named);
}

static int add_required(struct mcps__site *site, struct mcps__object_rules *rules,
                        const char **names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct mcps__member *member =
            &rules->members[mcps__names_add(&rules->names, names[i], strlen(names[i]))];

        if (member->required)
            return mcps__site_refuse(site, "\"%s\" is there twice", names[i]);
        rules->n_required++;
        member->required = true;
    }
    return 0;
}

/* "properties" and "required" have one table, made by the first of them that comes. */
int mcps__compile_members(struct mcps__site *site, struct json_object *value)
{
    struct json_object *properties = mcps__site_beside(site, "properties");
    struct json_object *required = mcps__site_beside(site, "required");
    struct mcps__object_rules *rules = object_rules(site);
    const char **names = NULL;
    size_t n = 0, most;
    int r = 0;

    if (!rules)
        return -ENOMEM;
    if (!value || rules->members)
        return value ? 0 : mcps__site_refuse(site, "an array of strings was expected");
    if (required) {
        site->keyword = "required";
        r = take_names(site, required, &names, &n);
    }
    if (r < 0)
        return r;
    most = n + (properties ? (size_t)json_object_object_length(properties) : 0);
    rules->members = mcps__site_get(site, most * sizeof *rules->members);
    r = rules->members ? mcps__names_init(&rules->names, &site->c->schema->arena, most,
                                          site->c->seed)
                       : -ENOMEM;
    if (r >= 0 && properties)
        r = add_named(site, rules, properties);
    return r < 0 ? r : add_required(site, rules, names, n);
}

int mcps__compile_patterns(struct mcps__site *site, struct json_object *value)
{
    struct mcps__object_rules *rules = object_rules(site);
    size_t n = (size_t)json_object_object_length(value);
    int r = 0;

    if (rules)
        rules->patterns = mcps__site_get(site, n * sizeof *rules->patterns);
    if (!rules || !rules->patterns)
        return -ENOMEM;
    json_object_object_foreach(value, pattern, tree)
    {
        struct mcps__member_pattern *p = &rules->patterns[rules->n_patterns];

        p->sub = mcps__index_sub(site->c, tree);
        r = mcps__site_regex(site, pattern, strlen(pattern), &p->regex);
        if (r < 0)
            break;
        rules->n_patterns++;
    }
    return r;
}

int mcps__compile_rest(struct mcps__site *site, struct json_object *value)
{
    struct mcps__object_rules *rules = object_rules(site);

    if (!rules)
        return -ENOMEM;
    rules->rest = mcps__index_sub(site->c, value);
    return 0;
}

int mcps__compile_names(struct mcps__site *site, struct json_object *value)
{
    struct mcps__object_rules *rules = object_rules(site);

    if (!rules)
        return -ENOMEM;
    rules->names_sub = mcps__index_sub(site->c, value);
    return 0;
}

int mcps__compile_other_members(struct mcps__site *site, struct json_object *value)
{
    site->sub->other_members = mcps__index_sub(site->c, value);
    return 0;
}

static int take_dependent(struct mcps__site *site, struct mcps__dependent *d,
                          const char *name, struct json_object *value)
{
    bool names = strcmp(site->keyword, "dependentRequired") == 0;

    d->keyword = site->keyword;
    d->name = mcps__arena_text(&site->c->schema->arena, name, strlen(name));
    if (!d->name)
        return -ENOMEM;
    if (names || json_object_is_type(value, json_type_array))
        return take_names(site, value, &d->required, &d->n_required);
    d->sub = mcps__index_sub(site->c, value);
    return 0;
}

/* dependentRequired, dependentSchemas, and draft-07's dependencies, which are both. */
int mcps__compile_dependent(struct mcps__site *site, struct json_object *value)
{
    struct mcps__object_rules *rules = object_rules(site);
    struct mcps__dependent *all;
    size_t n;
    int r = 0;

    if (!json_object_is_type(value, json_type_object))
        return mcps__site_refuse(site, "an object was expected");
    if (!rules)
        return -ENOMEM;
    r = mcps__compile_spend(site->c, (uint64_t)json_object_object_length(value));
    if (r < 0)
        return r;
    n = (size_t)json_object_object_length(value) + rules->n_dependents;
    all = mcps__site_get(site, n * sizeof *all);
    if (!all)
        return -ENOMEM;
    if (rules->n_dependents > 0)
        memcpy(all, rules->dependents, rules->n_dependents * sizeof *all);
    rules->dependents = all;
    json_object_object_foreach(value, name, what)
    {
        site->member = name;
        r = take_dependent(site, &all[rules->n_dependents++], name, what);
        site->member = NULL;
        if (r < 0)
            break;
    }
    return r;
}

/* ---- subschemas for the same value ---- */

/* They are looked at in the order in which they stand in the schema. */
static struct mcps__joint *add_joint(struct mcps__site *site, enum mcps__joint_kind kind,
                                     size_t n)
{
    struct mcps__joint *joint = mcps__site_get(site, sizeof *joint);
    struct mcps__joint **end = &site->sub->joints;

    if (joint)
        joint->subs = mcps__site_get(site, n * sizeof(void *));
    if (!joint || !joint->subs)
        return NULL;
    joint->kind = kind;
    joint->keyword = site->keyword;
    joint->n_subs = n;
    while (*end)
        end = &(*end)->next;
    *end = joint;
    return joint;
}

static int take_reference(struct mcps__site *site, struct json_object *value,
                          struct mcps__sub **ret, int64_t *ret_dynamic)
{
    if (!json_object_is_type(value, json_type_string))
        return mcps__site_refuse(site, "a string was expected");
    return mcps__follow(site, json_object_get_string(value),
                        (size_t)json_object_get_string_len(value), ret, ret_dynamic);
}

int mcps__compile_ref(struct mcps__site *site, struct json_object *value)
{
    struct mcps__joint *joint = add_joint(site, MCPS__REF, 1);
    int64_t dynamic;

    return joint ? take_reference(site, value, joint->subs, &dynamic) : -ENOMEM;
}

int mcps__compile_dynamic_ref(struct mcps__site *site, struct json_object *value)
{
    struct mcps__joint *joint = add_joint(site, MCPS__REF, 1);
    int64_t dynamic;
    int r = joint ? take_reference(site, value, joint->subs, &dynamic) : -ENOMEM;

    if (r >= 0 && dynamic >= 0) {
        joint->kind = MCPS__DYNAMIC_REF;
        joint->anchor = (uint32_t)dynamic;
        site->c->schema->dynamic = true;
    }
    return r;
}

static int take_several(struct mcps__site *site, enum mcps__joint_kind kind,
                        struct json_object *value)
{
    struct mcps__joint *joint = add_joint(site, kind, 0);

    if (!joint)
        return -ENOMEM;
    if (json_object_array_length(value) == 0)
        return mcps__site_refuse(site, "there is no schema in the array");
    return mcps__site_subs(site, value, &joint->subs, &joint->n_subs);
}

int mcps__compile_all_of(struct mcps__site *site, struct json_object *value)
{
    return take_several(site, MCPS__ALL_OF, value);
}

int mcps__compile_any_of(struct mcps__site *site, struct json_object *value)
{
    return take_several(site, MCPS__ANY_OF, value);
}

int mcps__compile_one_of(struct mcps__site *site, struct json_object *value)
{
    return take_several(site, MCPS__ONE_OF, value);
}

int mcps__compile_not(struct mcps__site *site, struct json_object *value)
{
    struct mcps__joint *joint = add_joint(site, MCPS__NOT, 1);

    if (!joint)
        return -ENOMEM;
    joint->subs[0] = mcps__index_sub(site->c, value);
    return 0;
}

/* Also without "then" and "else": what it looks at counts as looked at. */
int mcps__compile_if(struct mcps__site *site, struct json_object *value)
{
    struct json_object *then_tree = mcps__site_beside(site, "then");
    struct json_object *else_tree = mcps__site_beside(site, "else");
    struct mcps__joint *joint = add_joint(site, MCPS__IF, 3);

    if (!joint)
        return -ENOMEM;
    joint->subs[0] = mcps__index_sub(site->c, value);
    joint->subs[1] = then_tree ? mcps__index_sub(site->c, then_tree) : NULL;
    joint->subs[2] = else_tree ? mcps__index_sub(site->c, else_tree) : NULL;
    return 0;
}
