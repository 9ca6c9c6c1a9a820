/* SPDX-License-Identifier: MIT */
/*
 * json-c trees from text, behind the limits of the scan.
 *
 * The trees are json-c's, the parser is not: json-c's own keeps the last of two members of
 * one name, cuts keys at a NUL, clamps large integers, and crashes when memory runs out.
 * Here the scan judges the text, and a builder turns what it accepted into objects, in less
 * time.
 *
 * A number that its double does not tell keeps its text, as json_object_new_double_s() has it:
 * one that is not the shortest decimal that reads back as the same double, and now and then
 * one that is.
 *
 * A tree belongs to one thread at a time (json-c's reference counts are not atomic). So does
 * a parser: each worker has its own.
 */
#ifndef MCPS_JSON_TREE_H
#define MCPS_JSON_TREE_H

#include <locale.h>

#include <json-c/json_object.h>

#include "json/scan.h"
#include "util/buf.h"

struct mcps__tree_parser {
    struct mcps__scan scan;
    struct mcps__buf scratch; /* for one key, string or number */
    locale_t c_locale;
};

int mcps__tree_parser_init(struct mcps__tree_parser *parser,
                           const struct mcps__json_limits *limits) MCPS_MUST_CHECK;
/* Fine for one that is zeroed, and after a failed init. */
void mcps__tree_parser_fini(struct mcps__tree_parser *parser);

/* The tree of a text from anywhere, scanned first. Gives *ret, which json_object_put()
 * frees; the value null is a NULL pointer. Errors are those of the scan and of
 * mcps__tree_build(). */
int mcps__tree_parse(struct mcps__tree_parser *parser, struct json_object **ret,
                     const char *text, size_t len) MCPS_MUST_CHECK;

/* The tree of a value that a scan has accepted, with or without space around it.
 * MCPS__JSON_EDUPLICATE, MCPS__JSON_ENUL_KEY (at any depth), or -ENOMEM. */
int mcps__tree_build(struct mcps__tree_parser *parser, struct json_object **ret,
                     const char *text, size_t len) MCPS_MUST_CHECK;

/* About how many bytes of memory the tree of such a text takes: many times its length, if it has
 * many small values. */
size_t mcps__tree_cost(const char *text, size_t len);

#endif
