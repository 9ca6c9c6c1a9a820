/* SPDX-License-Identifier: MIT */
/*
 * Sentences about values that do not fit: which field, what was expected, what came.
 *
 * A complaint goes to a caller's buffer, one line each and at most so many of them, so that
 * whoever sent the values can mend all at once. What is quoted is cut, at a character; of a
 * secret nothing is quoted. Owned by one thread at a time.
 */
#ifndef MCPS_SCHEMA_COMPLAIN_H
#define MCPS_SCHEMA_COMPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "mcpserver/schema.h"
#include "schema/table.h"

enum {
    MCPS__COMPLAINTS_MAX = 5,
    MCPS__COMPLAINT_SIZE = 512 /* of one line; a buffer of so many of them holds all */
};

struct mcps__complaints {
    const char *noun; /* "argument", "result", "field" */
    char *out;
    size_t size, len;
    unsigned n;
};

/* Where a value stands: a chain from the innermost outwards, on the stack. */
struct mcps__at {
    const struct mcps__at *up; /* NULL: the outermost */
    const struct mcps__table_field *field;
    bool is_item;
    size_t index; /* of an item of the field, a list */
    bool secret;  /* it, or what it lies in */
};

void mcps__complaints_init(struct mcps__complaints *c, const char *noun, char *out,
                           size_t size);
/* So many that nobody wants to read more? */
bool mcps__complaints_full(const struct mcps__complaints *c);

/* The field or item expects something else. `got` is JSON text as it came, or a phrase. */
void mcps__complain_got_json(struct mcps__complaints *c, const struct mcps__at *at,
                             const char *json, size_t len);
void mcps__complain_got(struct mcps__complaints *c, const struct mcps__at *at,
                        const char *phrase);
/* So many of what is counted: "character", "item". */
void mcps__complain_count(struct mcps__complaints *c, const struct mcps__at *at, size_t n,
                          const char *what);
/* The field or item, a string, is not of the format; `text` is decoded. */
void mcps__complain_format(struct mcps__complaints *c, const struct mcps__at *at,
                           const struct mcps__format *format, const char *text,
                           size_t len);
/* A required field of the object at `at` (NULL: the whole) is not there. */
void mcps__complain_missing(struct mcps__complaints *c, const struct mcps__at *at,
                            const struct mcps__table_field *field);
/* The object at `at` has a member that the table does not have. */
void mcps__complain_unknown(struct mcps__complaints *c, const struct mcps__at *at,
                            const struct mcps__table *table, const char *name,
                            size_t len);
/* What a schema says of the tree that is the field's value. */
void mcps__complain_schema(struct mcps__complaints *c, const struct mcps__at *at,
                           const struct mcps_schema_error *error);
/* A line that says everything. */
void mcps__complain_line(struct mcps__complaints *c, const char *text);
/* Names the place, then what is wrong, as a phrase. */
void mcps__complain_that(struct mcps__complaints *c, const struct mcps__at *at,
                         const char *phrase);

#endif
