/* SPDX-License-Identifier: MIT */
/*
 * What clients get to see of the registry: the results of tools/list and the like as ready
 * bytes, page by page, for each revision of the protocol. They are made when they are first
 * asked for, and kept until that part of the registry changes.
 *
 * A cursor is the serial of the last offer of a page, so that it survives every change: what
 * follows is what was registered after it.
 */
#ifndef MCPS_CORE_LISTS_H
#define MCPS_CORE_LISTS_H

#include "core/call.h"
#include "core/engine.h"

/* Gives a reference on the page behind a cursor (NULL: the first), as a class of callers sees
 * it, if there are classes. Any thread, under no lock. -EINVAL for a cursor that the server
 * never gave; -ENOMEM. */
int mcps__lists_get(struct mcps__engine *engine, enum mcps_kind kind,
                    enum mcps__version version, unsigned caller_class,
                    const struct mcps__buf *cursor,
                    struct mcps__bytes **ret) MCPS_MUST_CHECK;
/* The sentence for who comes with one that is none. */
#define MCPS__BAD_CURSOR "this cursor is none that the server gave"

/* Are lists calls, because the application takes part in making them? */
bool mcps__lists_are_calls(const struct mcps__engine *engine);
/* Those calls, with the cursor among their params. */
extern const struct mcps__action mcps__action_list;

/* For the registry. Returns NULL; NULL is fine. */
struct mcps__pages *mcps__pages_unref(struct mcps__pages *pages);

#endif
