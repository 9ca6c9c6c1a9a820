/* SPDX-License-Identifier: MIT */
/* What the tests of the schema checker share: a compiled schema and a value beside it. */
#ifndef TEST_SCHEMA_JUDGE_H
#define TEST_SCHEMA_JUDGE_H

#include "json/tree.h"
#include "mcpserver/schema.h"

struct judge {
    struct mcps__tree_parser parser; /* of wider limits than messages have */
    mcps_schema_scratch *scratch;
    mcps_schema *schema;
    struct json_object *schema_tree, *tree; /* of the latest schema and value */
    size_t n_coerced;
    char why[MCPS_SCHEMA_WHY_SIZE];
};

/* 0 or -ENOMEM. Needs judge_close() in any case. */
int judge_open(struct judge *j);
void judge_close(struct judge *j);

/* The tree of a text, which json_object_put() frees. 0, or an error. */
int judge_parse(struct judge *j, struct json_object **ret, const char *text, size_t len);

/* Compiles in place of what was compiled before. The result of mcps_schema_compile(), or
 * -1 when it left no sentence where there has to be one, or one where there has not. */
int judge_compile(struct judge *j, const char *schema,
                  const struct mcps_schema_options *options);
int judge_compile_bytes(struct judge *j, const char *schema, size_t len,
                        const struct mcps_schema_options *options);

/* Checks a value for at most `max` errors. The result of mcps_schema_check(); -1 when the
 * value is no JSON, -2 when something is wrong with the errors, which is printed. */
int judge_check(struct judge *j, const char *value, unsigned max);
int judge_coerce(struct judge *j, const char *value, unsigned max);
/* Checks what is in j->tree. */
int judge_tree(struct judge *j, unsigned max);
/* For no, one and 20 errors: the result, or -3 when they are not the same. */
int judge_thrice(struct judge *j);

/* Compiles and checks: 0 or the error of either. */
int judge_both(struct judge *j, const char *schema, const char *value,
               const struct mcps_schema_options *options);

/* The texts of the errors, each on a line of its own; or the sentence of a refused
 * schema. Borrowed until the next call. */
const char *judge_said(struct judge *j, int r);

#endif
