/* SPDX-License-Identifier: MIT */
/*
 * Arguments decoded by a table into the struct that it describes, straight from their text.
 *
 * Only fields of type JSON become trees. Strings are unescaped where they stand and end
 * there with a NUL, so the text is changed, and has to outlive the struct. Memory grows with
 * the text alone, time with its length. Owned by one thread at a time.
 */
#ifndef MCPS_SCHEMA_ARGS_H
#define MCPS_SCHEMA_ARGS_H

#include "schema/complain.h"
#include "schema/reader.h"
#include "schema/table.h"

enum { MCPS__ARGS_ERROR_SIZE = MCPS__COMPLAINTS_MAX * MCPS__COMPLAINT_SIZE };

struct mcps__args {
    const struct mcps__table *table; /* NULL: nothing to free */
    void *value;
    char *text;
    size_t len;
    struct mcps__held lists;
    struct mcps__held trees;
};

/* Decodes an object, as a scan has accepted it; an empty text is an empty object. Needs
 * mcps__args_fini() in the end, whatever it returns: 0; MCPS_EINVALID with sentences in
 * `reterr`, a line each, for whoever sent it (MCPS__ARGS_ERROR_SIZE holds all of them); or
 * -ENOMEM. The table, the text and `args` itself must stay where they are until then. */
int mcps__args_decode(struct mcps__args *args, const struct mcps__table *table,
                      char *text, size_t len, struct mcps__reader *reader, char *reterr,
                      size_t reterr_size) MCPS_MUST_CHECK;
/* Decodes the default of a field, with no JSON in it, into its place in a struct: changes
 * `text`, which must live as long, and adds to `lists` what is to be freed. */
int mcps__args_decode_default(const struct mcps__table_field *field, void *to, char *text,
                              struct mcps__held *lists, struct mcps__reader *reader,
                              char *reterr, size_t reterr_size) MCPS_MUST_CHECK;
/* The struct, after it was decoded. Borrowed. */
const void *mcps__args_struct(const struct mcps__args *args);
/* Frees the struct, its lists and trees. If the table has secrets, they are wiped before,
 * and all of the text. Fine for one that is zeroed. */
void mcps__args_fini(struct mcps__args *args);

#endif
