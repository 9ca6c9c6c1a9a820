/* SPDX-License-Identifier: MIT */
/* What can be wrong with one field of a table as an application declares it. Any thread. */
#ifndef MCPS_SCHEMA_CHECK_H
#define MCPS_SCHEMA_CHECK_H

#include <stdbool.h>

#include "mcpserver/args.h"

/* Where a field is declared. */
struct mcps__check_place {
    bool in_secret; /* below an OBJECT or LIST that is a secret */
    bool in_list;   /* below a LIST */
};

/* What it is called in JSON; NULL when it has no name. */
static inline const char *mcps__field_name(const struct mcps_field *field)
{
    return field->json_name ? field->json_name : field->name;
}

/* Its type, or of a list that of its items. */
enum mcps_type mcps__field_kind(const struct mcps_field *field);

/* NULL, or what is wrong, to be said behind the field's name. Static. Looks at nothing that
 * lies in other tables, nor at JSON texts. */
const char *mcps__field_check(const struct mcps_field *field,
                              const struct mcps__check_place *place);

/* Is it what a header can be called: a token of HTTP, of at most 128 bytes? */
bool mcps__header_is_token(const char *name);
/* Do two names of headers differ in nothing but the case of ASCII letters? */
bool mcps__header_equal(const char *a, const char *b);

#endif
