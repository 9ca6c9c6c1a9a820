/* SPDX-License-Identifier: MIT */
/* From what an application says of a tool to what the registry keeps of it. Any thread. */
#ifndef MCPS_CORE_TOOL_H
#define MCPS_CORE_TOOL_H

#include "core/registry.h"

/* The tool at a place in a table. Its elements have the size that the first one names: an
 * application that was built with a smaller struct leaves the rest out, which is zero. */
struct mcps_tool mcps__tool_at(const struct mcps_tool *tools, size_t i);

/* What all tools of a registry are made with. */
struct mcps__tool_context {
    const struct mcps_schema_options *schemas;
    struct mcps__log *log;
};

/* Gives the tool with its first reference. -EINVAL after a line in the log. */
int mcps__tool_new(struct mcps__tool **ret, const struct mcps_tool *from,
                   const struct mcps__tool_context *context) MCPS_MUST_CHECK;

/* Where a new tool runs: the name of an executor, or NULL. -EINVAL after a line in the log. */
int mcps__tool_resolve(struct mcps__tool *tool, const char *executor,
                       const struct mcps__executors *executors,
                       struct mcps__log *log) MCPS_MUST_CHECK;

#endif
