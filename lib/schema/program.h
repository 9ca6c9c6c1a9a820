/* SPDX-License-Identifier: MIT */
/*
 * A compiled schema: its subschemas with what they ask for, grouped by the type of value that
 * it is asked of, all in one arena.
 *
 * It is made on one thread (compile.h) and immutable then: any thread, many at once. Nothing
 * of json-c is kept in it, for json-c's objects are not for many threads.
 */
#ifndef MCPS_SCHEMA_PROGRAM_H
#define MCPS_SCHEMA_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcpserver/schema.h"
#include "schema/arena.h"
#include "schema/constant.h"
#include "schema/format.h"
#include "schema/names.h"
#include "schema/num.h"
#include "schema/regex.h"
#include "util/obj.h"

struct json_object;
struct mcps__sub;

enum { MCPS__SCHEMA_NESTING = 256 }; /* of subschemas during a check, by default */

/* Types as bits. An integer is a number, too. */
enum mcps__schema_type {
    MCPS__T_NULL = 1 << 0,
    MCPS__T_BOOLEAN = 1 << 1,
    MCPS__T_INTEGER = 1 << 2,
    MCPS__T_NUMBER = 1 << 3,
    MCPS__T_STRING = 1 << 4,
    MCPS__T_ARRAY = 1 << 5,
    MCPS__T_OBJECT = 1 << 6,
    MCPS__T_ANY = (1 << 7) - 1
};

/* "enum", and "const" as one of a single value. */
struct mcps__choices {
    struct mcps__choices *next; /* the other of the two */
    const char *keyword;
    const char *expected;
    struct mcps__constant **values; /* those that are no strings */
    size_t n_values;
    struct mcps__names strings;
};

struct mcps__number_rules {
    struct mcps__num *minimum, *maximum, *above, *below, *multiple_of; /* NULL: none */
    /* What lies between them, as doubles, is within the bounds; what does not has to be
     * looked at. */
    double low, high;
};

struct mcps__string_rules {
    uint64_t min_length, max_length;
    struct mcps__regex *pattern; /* NULL: none */
    const char *pattern_text;
    const struct mcps__format *format; /* NULL: none, or nothing but said */
    bool format_regex;                 /* the format is "regex" */
};

struct mcps__array_rules {
    uint64_t min_items, max_items;
    bool unique;
    struct mcps__sub **prefix; /* of the first items */
    size_t n_prefix;
    const char *prefix_keyword, *rest_keyword; /* as the dialect calls them */
    struct mcps__sub *rest;                    /* of the others; NULL: anything */
    struct mcps__sub *contains;
    uint64_t min_contains, max_contains;
};

/* A member that the schema knows. */
struct mcps__member {
    struct mcps__sub *sub; /* NULL: anything */
    bool required;
};

struct mcps__member_pattern {
    struct mcps__regex *regex;
    struct mcps__sub *sub;
};

/* What is asked of an object that has a certain member. */
struct mcps__dependent {
    const char *name, *keyword;
    const char **required; /* other members */
    size_t n_required;
    struct mcps__sub *sub; /* NULL: none */
};

struct mcps__object_rules {
    uint64_t min_members, max_members;
    struct mcps__names names; /* of the members below, in their order */
    struct mcps__member *members;
    size_t n_required, n_named; /* n_named: those of "properties", which come first */
    struct mcps__member_pattern *patterns;
    size_t n_patterns;
    struct mcps__sub *rest;      /* of the others; NULL: anything */
    struct mcps__sub *names_sub; /* of their names */
    struct mcps__dependent *dependents;
    size_t n_dependents;
};

enum mcps__joint_kind {
    MCPS__REF,
    MCPS__DYNAMIC_REF,
    MCPS__ALL_OF,
    MCPS__ANY_OF,
    MCPS__ONE_OF,
    MCPS__NOT,
    MCPS__IF /* subs: if, then, else; NULL: none */
};

/* Subschemas that look at the same value. */
struct mcps__joint {
    struct mcps__joint *next;
    enum mcps__joint_kind kind;
    const char *keyword;
    struct mcps__sub **subs;
    size_t n_subs;
    uint32_t anchor; /* of DYNAMIC_REF: which one is looked for */
};

/* A place that $dynamicRef may lead to. */
struct mcps__dynamic_anchor {
    struct mcps__dynamic_anchor *next;
    uint32_t anchor;
    struct mcps__sub *sub;
};

/* A schema with an URI of its own, and all in it that has none. */
struct mcps__resource {
    const char *uri; /* "": none */
    size_t uri_len;
    struct mcps__sub *root;
    const struct mcps__dialect *dialect; /* NULL when the program is made */
    struct mcps__dynamic_anchor *dynamic_anchors;
    const struct mcps__source *source;
};

/* A document: the text that was compiled, or one that it refers to. */
struct mcps__source {
    const char *uri; /* NULL: the text that was compiled */
};

/* Of a subschema, as long as its program is made. */
struct mcps__sub_making {
    struct json_object *tree;
    struct mcps__sub *next; /* the order in which they were found */
    uint32_t n_from;        /* subschemas that look at the same value by way of it */
    const struct mcps__dynamic_anchor *anchor; /* its own, if it has one */
};

struct mcps__sub {
    /* Where it stands: in another one, or (NULL) it is its source's root. */
    const struct mcps__sub *up;
    const char *below; /* the rest of its JSON Pointer: "/properties/a" */
    struct mcps__resource *resource;
    bool never;    /* false, as a schema; true has nothing at all */
    bool marks;    /* has one of the two below */
    uint8_t types; /* MCPS__T_ANY: all */
    uint8_t asks;  /* the types of which it asks more than that they are of it */
    struct mcps__choices *choices;
    struct mcps__number_rules *number;
    struct mcps__string_rules *string;
    struct mcps__array_rules *array;
    struct mcps__object_rules *object;
    struct mcps__joint *joints;
    struct mcps__sub *other_items, *other_members; /* unevaluated… */
    struct mcps__sub_making making;
};

/* Something in the program that is not in its arena. */
struct mcps__owned {
    struct mcps__owned *next;
    struct mcps__num *num;
    struct mcps__constant *constant;
    struct mcps__regex *regex;
};

struct mcps_schema {
    struct mcps__obj obj;
    struct mcps__arena arena;
    struct mcps__owned *owned;
    mcps_schema *whole; /* a reference, of a part of another one; or NULL */
    const struct mcps__sub *root;
    bool dynamic; /* has a $dynamicRef that depends on the way to it */
    bool hide_values;
    uint64_t max_steps;
    unsigned max_nesting;
};

/* A subschema of a compiled schema as a schema of its own; references go where they went.
 * Gives a reference in *ret. -ENOMEM. */
int mcps__schema_part(mcps_schema *whole, const struct mcps__sub *sub,
                      mcps_schema **ret) MCPS_MUST_CHECK;

#endif
