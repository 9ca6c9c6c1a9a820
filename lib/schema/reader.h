/* SPDX-License-Identifier: MIT */
/* What a thread has for reading arguments. Owned by one thread at a time. */
#ifndef MCPS_SCHEMA_READER_H
#define MCPS_SCHEMA_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "json/tree.h"
#include "mcpserver/schema.h"

struct mcps__reader {
    struct mcps__tree_parser parser;
    mcps_schema_scratch *scratch;
    bool coerces;     /* strings are taken for what their text is: set by whoever reads */
    bool form;        /* fields of a form: see form.h, which sets it */
    size_t n_coerced; /* so many were, since somebody set it to 0 */
    size_t n_unchecked; /* trees for which the limits of their schemas did not suffice */
};

int mcps__reader_init(struct mcps__reader *reader,
                      const struct mcps__json_limits *limits) MCPS_MUST_CHECK;
/* Fine for one that is zeroed. */
void mcps__reader_fini(struct mcps__reader *reader);

#endif
