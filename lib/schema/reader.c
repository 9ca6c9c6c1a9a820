/* SPDX-License-Identifier: MIT */
/* What a thread has for reading arguments; see reader.h. */
#include "config.h"

#include "schema/reader.h"

int mcps__reader_init(struct mcps__reader *reader, const struct mcps__json_limits *limits)
{
    int r;

    *reader = (struct mcps__reader){ .scratch = NULL };
    r = mcps__tree_parser_init(&reader->parser, limits);
    if (r < 0)
        return r;
    r = mcps_schema_scratch_new(&reader->scratch);
    if (r < 0)
        mcps__tree_parser_fini(&reader->parser);
    return r;
}

void mcps__reader_fini(struct mcps__reader *reader)
{
    mcps_schema_scratch_free(reader->scratch);
    mcps__tree_parser_fini(&reader->parser);
    *reader = (struct mcps__reader){ .scratch = NULL };
}
