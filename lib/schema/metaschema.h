/* SPDX-License-Identifier: MIT */
/* The metaschemas that schemas may refer to without anybody giving them. Any thread. */
#ifndef MCPS_SCHEMA_METASCHEMA_H
#define MCPS_SCHEMA_METASCHEMA_H

#include <stddef.h>

/* The JSON text of the document of that URI, without a fragment: those of 2020-12 (schema,
 * and all under meta/) and of draft-07. NULL for every other. Static. */
const char *mcps__metaschema_find(const char *uri, size_t len);

#endif
