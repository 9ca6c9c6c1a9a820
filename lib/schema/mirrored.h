/* SPDX-License-Identifier: MIT */
/*
 * Which arguments of a tool clients repeat in fields of HTTP: those whose schema says
 * "x-mcp-header". Any thread.
 */
#ifndef MCPS_SCHEMA_MIRRORED_H
#define MCPS_SCHEMA_MIRRORED_H

#include <stddef.h>

#include "mcpserver/base.h"

struct mcps__mirrored_param {
    const char *header;      /* the whole name: "Mcp-Param-Region" */
    const char *const *path; /* the keys that lead to it from the arguments' object */
    size_t n_path;           /* 1 or more */
};

/* Gives all of a schema, those whose paths begin alike together, in one block that mcps__free() frees; NULL and 0 when there are none.
 * -EINVAL, with a sentence in `reterr`, when one of them is not as the specification asks; -ENOMEM.
 * The text is JSON that was checked before, with a NUL behind it. */
int mcps__mirrored_collect(struct mcps__mirrored_param **ret, size_t *ret_n,
                           const char *schema, size_t len, char *reterr,
                           size_t reterr_size) MCPS_MUST_CHECK;

#endif
