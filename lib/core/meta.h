/* SPDX-License-Identifier: MIT */
/* What the application gives as JSON text, and the keys of _meta. Any thread. */
#ifndef MCPS_CORE_META_H
#define MCPS_CORE_META_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* Is this a key that somebody else than the protocol may use in a _meta? An optional prefix of
 * labels between dots, then a slash; and a name. What any revision reserves is refused. */
bool mcps__meta_key_ok(const char *key, size_t len);

/* Appends a JSON text, on one line. -EINVAL when it is none; -ENOMEM, MCPS_ELIMIT. */
int mcps__meta_value(struct mcps__buf *out, const char *json) MCPS_MUST_CHECK;
/* The same of an array. */
int mcps__meta_array(struct mcps__buf *out, const char *json) MCPS_MUST_CHECK;
/* The same of an object that is a whole _meta: its keys are checked, and that there are no
 * two of one name. */
int mcps__meta_object(struct mcps__buf *out, const char *json) MCPS_MUST_CHECK;

#endif
