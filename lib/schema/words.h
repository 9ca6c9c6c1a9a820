/* SPDX-License-Identifier: MIT */
/* What a field expects, in words: "an integer from 1 to 14". */
#ifndef MCPS_SCHEMA_WORDS_H
#define MCPS_SCHEMA_WORDS_H

#include <stdbool.h>

#include "json/write.h"
#include "mcpserver/base.h"

struct mcps__table_field;

/* Sets the field's `expected` and, of a list, `expected_list`, which mcps__free() frees. May
 * have set one of them when it fails: -ENOMEM. */
int mcps__words_of_field(struct mcps__table_field *field) MCPS_MUST_CHECK;

/* Is it an integer that a double holds exactly, from -2^53 to 2^53? */
bool mcps__is_exact_integer(double value);
/* A bound, for a schema or a sentence: as an integer if it is one. */
void mcps__write_bound(struct mcps__writer *w, double bound);

#endif
