/* SPDX-License-Identifier: MIT */
/* What a client is allowed, as the application has said: scopes, by name. Immutable. */
#ifndef MCPS_CORE_SCOPES_H
#define MCPS_CORE_SCOPES_H

#include "mcpserver/base.h"
#include "util/obj.h"

struct mcps__scopes {
    struct mcps__obj obj;
    const char *items[]; /* NULL behind the last; the texts are behind that */
};

/* Copies them; NULL gives NULL. -ENOMEM. */
int mcps__scopes_new(struct mcps__scopes **ret,
                     const char *const *scopes) MCPS_MUST_CHECK;
/* NULL is fine. */
struct mcps__scopes *mcps__scopes_ref(struct mcps__scopes *scopes);
/* Returns NULL; NULL is fine. */
struct mcps__scopes *mcps__scopes_unref(struct mcps__scopes *scopes);

#endif
