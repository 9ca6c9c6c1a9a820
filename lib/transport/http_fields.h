/* SPDX-License-Identifier: MIT */
/* What the fields of a request mean: a part of the parser, see http_parse.h. */
#ifndef MCPS_TRANSPORT_HTTP_FIELDS_H
#define MCPS_TRANSPORT_HTTP_FIELDS_H

#include "transport/http_parse.h"

/* Notes what was refused and why. Returns what mcps__http_parse() shall return. */
int mcps__http_refuse(struct mcps__http_parser *parser, int status, const char *why);

/* Reads a field that has its form. Returns 0, or what was refused. */
int mcps__http_take_field(struct mcps__http_parser *parser,
                          const struct mcps__header *field) MCPS_MUST_CHECK;

/* The head is complete: is there what must be, and nothing beside what excludes it?
 * Returns 0, or what was refused. */
int mcps__http_check_fields(struct mcps__http_parser *parser) MCPS_MUST_CHECK;

#endif
