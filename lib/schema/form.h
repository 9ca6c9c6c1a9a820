/* SPDX-License-Identifier: MIT */
/*
 * Forms: tables of fields that a client shows to its user, as the `requestedSchema` of
 * elicitation/create, and whose answer is decoded into the table's struct.
 *
 * A form is flat, and asks for texts, numbers, yes or no, and choices. What a revision has no
 * words for is left out where the answer can be the same without it. Any thread.
 */
#ifndef MCPS_SCHEMA_FORM_H
#define MCPS_SCHEMA_FORM_H

#include "schema/args.h"
#include "schema/table.h"

/* By the revision that it came with: what schemas of forms may say. */
enum mcps__form_dialect { MCPS__FORM_2025_06, MCPS__FORM_2025_11, MCPS__FORM_2026 };

/* 0, or -EINVAL with a sentence in `reterr` (may be of size 0) that names the first field that
 * no form of that dialect can have, and why: an OBJECT, JSON, a LIST of anything but ENUM or,
 * in 2025-06, of that; a secret, which the protocol forbids to ask for; a format but "email",
 * "uri", "date" and "date-time", or a default that is not of it. */
int mcps__form_check(const struct mcps__table *table, enum mcps__form_dialect dialect,
                     char *reterr, size_t reterr_size) MCPS_MUST_CHECK;

/* Writes the schema of a table that mcps__form_check() took for the dialect, one value. In
 * 2025-06 titles of choices are "enumNames", and only a BOOL has its default: of others it is
 * left out, and still stands in the struct when the field is not sent. Headers are left out. */
void mcps__form_write(const struct mcps__table *table, enum mcps__form_dialect dialect,
                      struct mcps__writer *w);

/* Decodes the content of an answer like mcps__args_decode(), with these differences: members
 * that the form does not have are ignored, strings must be of the format of their field, and
 * strings are never taken for other values. Sentences speak of fields. */
int mcps__form_decode(struct mcps__args *args, const struct mcps__table *table,
                      char *text, size_t len, struct mcps__reader *reader, char *reterr,
                      size_t reterr_size) MCPS_MUST_CHECK;

#endif
