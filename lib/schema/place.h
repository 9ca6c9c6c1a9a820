/* SPDX-License-Identifier: MIT */
/* Where things stand, as JSON Pointers. Any thread. */
#ifndef MCPS_SCHEMA_PLACE_H
#define MCPS_SCHEMA_PLACE_H

#include "schema/program.h"
#include "util/buf.h"

/* Appends "/" and a name, escaped. */
int mcps__place_name(struct mcps__buf *out, const char *name, size_t len) MCPS_MUST_CHECK;
int mcps__place_index(struct mcps__buf *out, size_t index) MCPS_MUST_CHECK;
/* Appends where a subschema stands: the pointer, behind the URI of its document and a # if
 * that is not the schema that was compiled. */
int mcps__place_sub(struct mcps__buf *out, const struct mcps__sub *sub) MCPS_MUST_CHECK;

/* Makes a text one line of valid UTF-8, in place: schemas and values may have anything in them,
 * and texts may have been cut within a character. */
void mcps__place_one_line(char *text);

#endif
