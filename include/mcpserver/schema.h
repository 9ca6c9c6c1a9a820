/* SPDX-License-Identifier: MIT */
/*
 * JSON Schema, of the dialects 2020-12 and draft-07: compiled once, checked often.
 *
 *     mcps_schema *schema;
 *     char why[MCPS_SCHEMA_WHY_SIZE];
 *     int r = mcps_schema_compile(&schema, text, strlen(text), NULL, why, sizeof why);
 *     ...
 *     r = mcps_schema_check(schema, tree, scratch, 5);
 *     if (r == MCPS_EINVALID)
 *         for (size_t i = 0; i < mcps_schema_n_errors(scratch); i++)
 *             puts(mcps_schema_error_at(scratch, i)->text);
 *
 * It needs no server and can be used alone. Nothing is ever fetched: what a schema refers to
 * lies in it, among the documents that are given with it, or is one of the two metaschemas.
 * doc/schema.md says what is checked and how.
 */
#ifndef MCPSERVER_SCHEMA_H
#define MCPSERVER_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mcpserver/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct json_object; /* of json-c */

/* A compiled schema: immutable but for its count of references, to be used on any thread, by
 * many at once. */
typedef struct mcps_schema mcps_schema;
/* Memory that checks use again, and the errors of the latest. Of one thread at a time. */
typedef struct mcps_schema_scratch mcps_schema_scratch;

enum mcps_schema_dialect { MCPS_SCHEMA_2020_12, MCPS_SCHEMA_DRAFT_07 };

/* A document that schemas may refer to by its URI, which is absolute; a fragment counts for
 * nothing. It is read when something refers to it, and refused then if it is no schema. */
struct mcps_schema_document {
    const char *uri;
    const char *json; /* its text */
};

/* Zero means "the default". Members are added at the end only. All is borrowed until
 * mcps_schema_compile() returns. */
struct mcps_schema_options {
    size_t struct_size MCPS_0; /* as MCPS_SCHEMA_OPTIONS() sets it */
    /* Of schemas that have no $schema. */
    enum mcps_schema_dialect dialect MCPS_0;
    const char *base_uri MCPS_0; /* of the schema, before its $id; NULL: none */
    const struct mcps_schema_document *documents MCPS_0;
    size_t n_documents MCPS_0;
    /* "format" is checked, where it is otherwise only said. Formats that are not those of the
     * dialects are not. */
    bool assert_formats MCPS_0;
    /* Errors say what was expected, but quote nothing of what came, except the names of
     * members in pointers. */
    bool hide_values MCPS_0;
    unsigned max_depth MCPS_0;      /* of the texts; 0, and at the most: 64 */
    unsigned max_subschemas MCPS_0; /* of it and all documents it needs; 0: 20 000 */
    /* Of compiling: a step is a subschema, a name, a reference or a byte of a pattern. 0:
     * 1 000 000. */
    uint64_t max_compile_steps MCPS_0;
    /* Of a check: a step is a subschema or a member that is looked at, or as much of a string
     * or pattern as takes its time. 0: 1 000 000. */
    uint64_t max_steps MCPS_0;
    /* Of subschemas during a check, each of which takes less than a KiB of stack; 0: 256. */
    unsigned max_nesting MCPS_0;
};

#define MCPS_SCHEMA_OPTIONS(...)                                                         \
    MCPS_STRUCT_(mcps_schema_options, .struct_size = sizeof(struct mcps_schema_options), \
                 __VA_ARGS__)

/* Enough for the sentence that says why a schema is refused. */
#define MCPS_SCHEMA_WHY_SIZE 512

/*
 * Compiles the text of a schema and gives the first reference on it in *ret. NULL options:
 * all defaults. Any thread. MCPS_EINVALID when it is no schema, or one that cannot be
 * checked; MCPS_ELIMIT when it exceeds a limit of the options; both with a sentence in
 * `reterr` (may be of size 0) that says what is wrong, and where, as a JSON Pointer, unless it
 * is about the whole. -EINVAL for options that are none, or whose documents are not, with a
 * sentence or an empty one; -ENOMEM.
 */
MCPS_PUBLIC int mcps_schema_compile(mcps_schema **ret, const char *json, size_t len,
                                    const struct mcps_schema_options *options,
                                    char *reterr, size_t reterr_size) MCPS_MUST_CHECK;
/* Takes a reference, of a schema that is not NULL, and returns it. Any thread, as the next. */
MCPS_PUBLIC mcps_schema *mcps_schema_ref(mcps_schema *schema);
/* Returns NULL; NULL is fine. */
MCPS_PUBLIC mcps_schema *mcps_schema_unref(mcps_schema *schema);

/* Gives a scratch. -ENOMEM, or -errno when there is no randomness. */
MCPS_PUBLIC int mcps_schema_scratch_new(mcps_schema_scratch **ret) MCPS_MUST_CHECK;
/* Returns NULL; NULL is fine. */
MCPS_PUBLIC mcps_schema_scratch *mcps_schema_scratch_free(mcps_schema_scratch *scratch);

/* What does not fit. Strings are borrowed until the scratch is used again or freed. */
struct mcps_schema_error {
    const char
        *value_at; /* JSON Pointer of the value; "": the whole. Names in it, and what
                             * comes behind 1024 bytes, may be cut */
    const char *keyword_at; /* JSON Pointer of the keyword, behind the URI of its document
                             * and a # if that is not the schema that was compiled */
    const char *keyword;    /* "minimum"; "" where the schema is false */
    const char *expected;   /* "at least 1", "one of \"a\", \"b\"" */
    const char *got;        /* "0", "an object" */
    const char *text;       /* all of it in one sentence, on one line */
};

/*
 * Does the tree (NULL: null) fit? It is borrowed and belongs to this thread meanwhile: json-c
 * may keep the text of a number in it. Schema and scratch are not NULL. At most `max_errors` errors are then in the scratch; 0
 * asks for the verdict alone and takes less time. Returns 0 when it fits; MCPS_EINVALID when
 * it does not; MCPS_ELIMIT when to tell takes more steps, or goes deeper, than the schema's
 * options allow: there is one error then, that says so (with max_errors 0: none); -ENOMEM.
 */
MCPS_PUBLIC int mcps_schema_check(const mcps_schema *schema, struct json_object *tree,
                                  mcps_schema_scratch *scratch,
                                  unsigned max_errors) MCPS_MUST_CHECK;
/* The same for the JSON text of a value, whose numbers are taken as they are written, which no
 * parser of json-c's does. A text that is no JSON, or nests deeper than 64, is one error,
 * which says where. */
MCPS_PUBLIC int mcps_schema_check_text(const mcps_schema *schema, const char *json,
                                       size_t len, mcps_schema_scratch *scratch,
                                       unsigned max_errors) MCPS_MUST_CHECK;
/*
 * The same for what language models send: a string where the schema asks for another type is
 * replaced by the value whose JSON text it is, if that is of such a type ("5" for an integer,
 * "[1,2]" for an array). *tree may be replaced; trees that are replaced are put. *ret_n is the
 * number of replacements, set whatever is returned; what was replaced stays so.
 */
MCPS_PUBLIC int mcps_schema_coerce(const mcps_schema *schema, struct json_object **tree,
                                   mcps_schema_scratch *scratch, unsigned max_errors,
                                   size_t *ret_n) MCPS_MUST_CHECK;

/* Of the latest check with this scratch. */
MCPS_PUBLIC size_t mcps_schema_n_errors(const mcps_schema_scratch *scratch);
/* NULL for one that there is not. */
MCPS_PUBLIC const struct mcps_schema_error *
mcps_schema_error_at(const mcps_schema_scratch *scratch, size_t i);

#ifdef __cplusplus
}
#endif

#endif
