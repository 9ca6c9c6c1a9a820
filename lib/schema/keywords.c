/* SPDX-License-Identifier: MIT */
/* The keywords of both dialects; see compile.h. */
#include "config.h"

#include <string.h>

#include "schema/compile.h"

#define D07  MCPS__DRAFT_07
#define D20  MCPS__DRAFT_2020
#define BOTH (MCPS__DRAFT_07 | MCPS__DRAFT_2020)

/* XX(name, drafts, vocabulary, shape, compile), by their names as strcmp() has them. */
#define KEYWORD_MAP(XX)                                                               \
    XX("$defs", D20, CORE, NAMED_SUBS, NULL)                                          \
    XX("$dynamicRef", D20, CORE, NO_SUBS, mcps__compile_dynamic_ref)                  \
    XX("$ref", BOTH, CORE, NO_SUBS, mcps__compile_ref)                                \
    XX("additionalItems", D07, APPLICATOR, A_SUB, mcps__compile_additional_items)     \
    XX("additionalProperties", BOTH, APPLICATOR, A_SUB, mcps__compile_rest)           \
    XX("allOf", BOTH, APPLICATOR, SUBS, mcps__compile_all_of)                         \
    XX("anyOf", BOTH, APPLICATOR, SUBS, mcps__compile_any_of)                         \
    XX("const", BOTH, VALIDATION, NO_SUBS, mcps__compile_const)                       \
    XX("contains", BOTH, APPLICATOR, A_SUB, mcps__compile_contains)                   \
    XX("contentSchema", D20, CONTENT, A_SUB, NULL)                                    \
    XX("definitions", BOTH, CORE, NAMED_SUBS, NULL)                                   \
    XX("dependencies", BOTH, APPLICATOR, NAMED_OTHERS, mcps__compile_dependent)       \
    XX("dependentRequired", D20, VALIDATION, NO_SUBS, mcps__compile_dependent)        \
    XX("dependentSchemas", D20, APPLICATOR, NAMED_SUBS, mcps__compile_dependent)      \
    XX("else", BOTH, APPLICATOR, A_SUB, NULL)                                         \
    XX("enum", BOTH, VALIDATION, NO_SUBS, mcps__compile_enum)                         \
    XX("exclusiveMaximum", BOTH, VALIDATION, NO_SUBS, mcps__compile_below)            \
    XX("exclusiveMinimum", BOTH, VALIDATION, NO_SUBS, mcps__compile_above)            \
    XX("format", BOTH, FORMAT, NO_SUBS, mcps__compile_format)                         \
    XX("format", BOTH, FORMAT_ASSERTION, NO_SUBS, mcps__compile_format)               \
    XX("if", BOTH, APPLICATOR, A_SUB, mcps__compile_if)                               \
    XX("items", D07, APPLICATOR, SUB_OR_SUBS, mcps__compile_items)                    \
    XX("items", D20, APPLICATOR, A_SUB, mcps__compile_items)                          \
    XX("maxContains", D20, VALIDATION, NO_SUBS, mcps__compile_max_contains)           \
    XX("maxItems", BOTH, VALIDATION, NO_SUBS, mcps__compile_max_items)                \
    XX("maxLength", BOTH, VALIDATION, NO_SUBS, mcps__compile_max_length)              \
    XX("maxProperties", BOTH, VALIDATION, NO_SUBS, mcps__compile_max_members)         \
    XX("maximum", BOTH, VALIDATION, NO_SUBS, mcps__compile_maximum)                   \
    XX("minContains", D20, VALIDATION, NO_SUBS, mcps__compile_min_contains)           \
    XX("minItems", BOTH, VALIDATION, NO_SUBS, mcps__compile_min_items)                \
    XX("minLength", BOTH, VALIDATION, NO_SUBS, mcps__compile_min_length)              \
    XX("minProperties", BOTH, VALIDATION, NO_SUBS, mcps__compile_min_members)         \
    XX("minimum", BOTH, VALIDATION, NO_SUBS, mcps__compile_minimum)                   \
    XX("multipleOf", BOTH, VALIDATION, NO_SUBS, mcps__compile_multiple_of)            \
    XX("not", BOTH, APPLICATOR, A_SUB, mcps__compile_not)                             \
    XX("oneOf", BOTH, APPLICATOR, SUBS, mcps__compile_one_of)                         \
    XX("pattern", BOTH, VALIDATION, NO_SUBS, mcps__compile_pattern)                   \
    XX("patternProperties", BOTH, APPLICATOR, NAMED_SUBS, mcps__compile_patterns)     \
    XX("prefixItems", D20, APPLICATOR, SUBS, mcps__compile_prefix_items)              \
    XX("properties", BOTH, APPLICATOR, NAMED_SUBS, mcps__compile_members)             \
    XX("propertyNames", BOTH, APPLICATOR, A_SUB, mcps__compile_names)                 \
    XX("required", BOTH, VALIDATION, NO_SUBS, mcps__compile_members)                  \
    XX("then", BOTH, APPLICATOR, A_SUB, NULL)                                         \
    XX("type", BOTH, VALIDATION, NO_SUBS, mcps__compile_type)                         \
    XX("unevaluatedItems", D20, UNEVALUATED, A_SUB, mcps__compile_other_items)        \
    XX("unevaluatedProperties", D20, UNEVALUATED, A_SUB, mcps__compile_other_members) \
    XX("uniqueItems", BOTH, VALIDATION, NO_SUBS, mcps__compile_unique)

static const struct mcps__keyword keywords[] = {
#define XX(name, drafts, vocabulary, shape, compile) \
    { name, drafts, MCPS__VOC_##vocabulary, MCPS__##shape, compile },
    KEYWORD_MAP(XX)
#undef XX
};

enum { N_KEYWORDS = sizeof keywords / sizeof keywords[0] };

/* The first of that name, or of the one behind it. */
static size_t place_of(const char *name)
{
    size_t from = 0, to = N_KEYWORDS;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (strcmp(keywords[middle].name, name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const struct mcps__keyword *mcps__keyword_find(const char *name,
                                               const struct mcps__dialect *dialect)
{
    for (size_t i = place_of(name); i < N_KEYWORDS && strcmp(keywords[i].name, name) == 0;
         i++)
        if (keywords[i].drafts & dialect->draft &&
            keywords[i].vocabulary & dialect->vocabularies)
            return &keywords[i];
    return NULL;
}

struct json_object *mcps__site_beside(const struct mcps__site *site, const char *name)
{
    struct json_object *value = NULL;

    if (mcps__keyword_find(name, site->sub->resource->dialect))
        json_object_object_get_ex(site->sub->making.tree, name, &value);
    return value;
}
