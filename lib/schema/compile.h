/* SPDX-License-Identifier: MIT */
/*
 * How a program is made. First the subschemas of a document are found, with their URIs and
 * anchors (index.c), then each is compiled, keyword by keyword (keywords.c and compile_….c).
 * References lead to subschemas, and may bring in another document, which is found in turn.
 *
 * All of this runs on the thread that compiles.
 */
#ifndef MCPS_SCHEMA_COMPILE_H
#define MCPS_SCHEMA_COMPILE_H

#include <json-c/json_object.h>
#include <json-c/linkhash.h>

#include "json/tree.h"
#include "schema/dialect.h"
#include "schema/program.h"
#include "util/map.h"

/* A document of the options, by its URI as references are resolved. */
struct mcps__given {
    const char *uri, *json;
};

/* A document that was read. */
struct mcps__document {
    struct mcps__document *next;
    const char *uri;
    struct json_object *tree;
};

/* The name of a $dynamicAnchor. */
struct mcps__anchor_name {
    const char *text;
    uint32_t number;
};

struct mcps__compiler {
    struct mcps_schema *schema;
    struct mcps_schema_options options; /* with the defaults put in */
    struct mcps__arena arena;           /* of what is not needed afterwards */
    struct mcps__tree_parser parser;
    struct mcps__document *documents;
    struct mcps__map given;        /* documents of the options, by their URI */
    struct mcps__map subs;         /* by the pointer to their tree */
    struct mcps__map resources;    /* by their URI */
    struct mcps__map anchors;      /* by URI#name: subschemas */
    struct mcps__map anchor_names; /* of the $dynamicAnchors, by their text */
    struct mcps__sub *first, *last;
    unsigned n_subs;
    uint64_t steps;   /* left */
    uint64_t seed[2]; /* of tables of names */
    char *why;
    size_t why_size;
};

/* A keyword that is being compiled. */
struct mcps__site {
    struct mcps__compiler *c;
    struct mcps__sub *sub;
    const char *keyword;
    const char *member; /* of the keyword's object; NULL: it is about all of it */
};

/* What a keyword has in it. */
enum mcps__shape {
    MCPS__NO_SUBS,
    MCPS__A_SUB,
    MCPS__SUBS,         /* an array of subschemas */
    MCPS__SUB_OR_SUBS,  /* one, or an array of them */
    MCPS__NAMED_SUBS,   /* an object of them */
    MCPS__NAMED_OTHERS, /* an object of subschemas and of arrays that are none */
};

struct mcps__keyword {
    const char *name;
    unsigned drafts;     /* enum mcps__draft */
    unsigned vocabulary; /* enum mcps__vocabulary */
    enum mcps__shape shape;
    /* NULL: it is looked at with another one, or says nothing. */
    int (*compile)(struct mcps__site *site, struct json_object *value);
};

/* ---- what can go wrong ---- */

/* Writes the sentence: where, and then what. Returns MCPS_EINVALID. */
int mcps__compile_refuse(const struct mcps__compiler *c, const struct mcps__sub *at,
                         const char *keyword, const char *format, ...) MCPS_PRINTF(4, 5);
int mcps__site_refuse(const struct mcps__site *site, const char *format, ...)
    MCPS_PRINTF(2, 3);
/* Takes steps; MCPS_ELIMIT, with the sentence, when there are no more. */
int mcps__compile_spend(struct mcps__compiler *c, uint64_t steps) MCPS_MUST_CHECK;

/* ---- documents.c ---- */

enum { MCPS__ADDRESS_MAX = 4096 }; /* bytes of a URI, and of a pointer in it */

/* Notes the documents of the options by their URIs. -EINVAL when two have the same one. */
int mcps__document_note_given(struct mcps__compiler *c) MCPS_MUST_CHECK;
/* A sentence says what is wrong with a text; *ret is a tree. */
int mcps__document_parse(struct mcps__compiler *c, const char *uri, const char *json,
                         size_t len, struct json_object **ret) MCPS_MUST_CHECK;
/* Takes the tree, whatever is returned. */
int mcps__document_add(struct mcps__compiler *c, const char *uri, size_t len,
                       struct json_object *tree,
                       struct mcps__document **ret) MCPS_MUST_CHECK;
/* *ret is NULL when there is no document of that URI. */
int mcps__document_get(struct mcps__compiler *c, const char *uri, size_t len,
                       struct mcps__document **ret) MCPS_MUST_CHECK;
/* The text of a member, or NULL when it is not there. Anything but a string is refused. */
int mcps__document_member(struct mcps__compiler *c, const struct mcps__sub *sub,
                          const char *keyword, const char **ret,
                          size_t *ret_len) MCPS_MUST_CHECK;
/* The dialect of a subschema, if it says one. */
int mcps__document_dialect(struct mcps__compiler *c, const struct mcps__sub *sub,
                           const struct mcps__dialect **ret) MCPS_MUST_CHECK;

/* ---- identity.c ---- */

/* Keeps what a reference at the resource stands for, in the program. */
int mcps__identity_resolve(struct mcps__compiler *c, const struct mcps__resource *base,
                           const char *reference, size_t len, const char **ret,
                           size_t *ret_len) MCPS_MUST_CHECK;
/* A resource that begins as a copy of another one. NULL: no memory. */
struct mcps__resource *mcps__identity_resource(struct mcps__compiler *c,
                                               const struct mcps__resource *from,
                                               struct mcps__sub *root);
/* What a subschema says of itself: its dialect, its URI, its anchors. */
int mcps__identity_take(struct mcps__compiler *c, struct mcps__sub *sub) MCPS_MUST_CHECK;

/* ---- index.c ---- */

/* Where a value stands whose subschemas are to be found. */
struct mcps__place {
    const struct mcps__sub *up; /* NULL: nowhere, it is the root */
    const char *below;
    struct mcps__resource *resource; /* that it is part of, if it has no $id */
};

/* The subschemas of the text that is compiled; the first is its root. */
int mcps__index_text(struct mcps__compiler *c, const char *json,
                     size_t len) MCPS_MUST_CHECK;
int mcps__index_document(struct mcps__compiler *c, const struct mcps__document *document,
                         const char *base, const struct mcps__dialect *dialect,
                         struct mcps__resource **ret) MCPS_MUST_CHECK;
/* A value as a subschema, and those in it. */
int mcps__index_subs(struct mcps__compiler *c, const struct mcps__place *place,
                     struct json_object *tree, struct mcps__sub **ret) MCPS_MUST_CHECK;
/* The subschema that a tree is, which was found; or NULL. */
struct mcps__sub *mcps__index_sub(const struct mcps__compiler *c,
                                  struct json_object *tree);

/* ---- follow.c ---- */

/* Where a reference in a subschema leads to. *ret_dynamic is the number of its anchor if that
 * is dynamic, or -1. */
int mcps__follow(struct mcps__site *site, const char *reference, size_t len,
                 struct mcps__sub **ret, int64_t *ret_dynamic) MCPS_MUST_CHECK;

/* ---- keywords.c ---- */

/* NULL for one that the dialect does not have. */
const struct mcps__keyword *mcps__keyword_find(const char *name,
                                               const struct mcps__dialect *dialect);
/* The value of a keyword beside the one that is being compiled, or NULL if it is not there or
 * not of the dialect. A null there is refused by whoever compiles it. */
struct json_object *mcps__site_beside(const struct mcps__site *site, const char *name);

/* ---- compile_…: what keywords are compiled by ---- */

typedef int mcps__compile_fn(struct mcps__site *site, struct json_object *value);

mcps__compile_fn mcps__compile_type, mcps__compile_enum, mcps__compile_const,
    mcps__compile_minimum, mcps__compile_maximum, mcps__compile_above,
    mcps__compile_below, mcps__compile_multiple_of, mcps__compile_min_length,
    mcps__compile_max_length, mcps__compile_pattern, mcps__compile_format;
mcps__compile_fn mcps__compile_min_items, mcps__compile_max_items, mcps__compile_unique,
    mcps__compile_prefix_items, mcps__compile_items, mcps__compile_additional_items,
    mcps__compile_contains, mcps__compile_min_contains, mcps__compile_max_contains,
    mcps__compile_other_items;
mcps__compile_fn mcps__compile_min_members, mcps__compile_max_members,
    mcps__compile_members, mcps__compile_patterns, mcps__compile_rest,
    mcps__compile_names, mcps__compile_dependent, mcps__compile_other_members;
mcps__compile_fn mcps__compile_ref, mcps__compile_dynamic_ref, mcps__compile_all_of,
    mcps__compile_any_of, mcps__compile_one_of, mcps__compile_not, mcps__compile_if;

/* The value as a count of something: an integer from 0. */
int mcps__site_count(const struct mcps__site *site, struct json_object *value,
                     uint64_t *ret) MCPS_MUST_CHECK;
/* The value as a regular expression, which the program owns. */
int mcps__site_regex(struct mcps__site *site, const char *pattern, size_t len,
                     struct mcps__regex **ret) MCPS_MUST_CHECK;
/* A list of subschemas, of an array. */
int mcps__site_subs(struct mcps__site *site, struct json_object *value,
                    struct mcps__sub ***ret, size_t *ret_n) MCPS_MUST_CHECK;
/* Zeroed memory of the program, or NULL. */
void *mcps__site_get(const struct mcps__site *site, size_t size);

#endif
