/* SPDX-License-Identifier: MIT */
/* What the tests of lib/schema share: a table, and arguments decoded by it. */
#ifndef TEST_SCHEMA_SCENE_H
#define TEST_SCHEMA_SCENE_H

#include "schema/args.h"
#include "schema/table.h"

struct scene {
    struct mcps__reader reader;
    struct mcps__table *table;
    struct mcps__args args;
    char *text; /* of the arguments, in memory of exactly its size */
    char error[MCPS__ARGS_ERROR_SIZE]; /* of the latest function that failed */
    struct mcps__buf out;              /* with a NUL behind it */
    mcps_schema_scratch
        *scratch; /* what is encoded is checked with it; NULL: it is not */
};

/* 0, or the error of mcps__table_new(). Needs scene_close() in any case. */
int scene_open(struct scene *s, const struct mcps_field *fields, size_t struct_size);
void scene_close(struct scene *s);

/* Decodes a text, scanned first; what was decoded before is gone. -1 when it is not JSON. */
int scene_decode(struct scene *s, const char *text);
int scene_decode_bytes(struct scene *s, const char *text, size_t len);
/* Compiles what fields of type JSON say of their values, as the whole schema has it, which is
 * then in s->out.data. What is encoded is checked by it from then on. */
int scene_compile(struct scene *s);
/* The schema, the value encoded: in s->out.data. */
int scene_schema(struct scene *s);
int scene_encode(struct scene *s, const void *value);

/* What fields of that name may say of their trees so that to check one that is nested deep
 * takes too long: each level is gone through twice. */
#define SCENE_SLOW(name)                                                        \
    "{\"allOf\":[{\"items\":{\"$ref\":\"#/properties/" name "\"}},{\"items\":{" \
    "\"$ref\":\"#/properties/" name "\"}}]}"
#define SCENE_SLOW_VALUE "[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]"

#define SCENE_OPEN(s, S) scene_open((s), S##_fields, sizeof(struct S))
#define SCENE_ARGS(s, S) ((const struct S *)mcps__args_struct(&(s)->args))

#endif
