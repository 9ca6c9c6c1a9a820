/* SPDX-License-Identifier: MIT */
/* The params of sampling/createMessage, and its result. Any thread. */
#ifndef MCPS_CORE_SAMPLING_H
#define MCPS_CORE_SAMPLING_H

#include <json-c/json_object.h>

#include "core/context.h"
#include "mcpserver/ask.h"
#include "util/buf.h"

/* Appends the params, for a revision, and adds to *ret_needs the capabilities that they take.
 * -EINVAL with a sentence in `reterr` when they are none; -ENOMEM. */
int mcps__sampling_write(struct mcps__buf *out, const struct mcps_sampling *sampling,
                         enum mcps__version version, unsigned *ret_needs, char *reterr,
                         size_t reterr_size) MCPS_MUST_CHECK;

/* NULL, or what is wrong with a result. Static. */
const char *mcps__sampling_fault(struct json_object *result);

#endif
