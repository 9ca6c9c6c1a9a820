/* SPDX-License-Identifier: MIT */
/*
 * The context of a request: the version that its client speaks, and what the client can do.
 * Immutable, and shared by many requests.
 */
#ifndef MCPS_CORE_CONTEXT_H
#define MCPS_CORE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "mcpserver/tool.h"
#include "util/obj.h"

/* XX(name, text, batches): the revisions of the protocol, oldest first. */
#define MCPS__VERSION_MAP(XX)           \
    XX(2024_11_05, "2024-11-05", false) \
    XX(2025_03_26, "2025-03-26", true)  \
    XX(2025_06_18, "2025-06-18", false) \
    XX(2025_11_25, "2025-11-25", false)

enum mcps__version {
#define XX(name, text, batches) MCPS__V_##name,
    MCPS__VERSION_MAP(XX)
#undef XX
        MCPS__N_VERSIONS
};

struct mcps__version_info {
    const char *text;
    bool batches;
};

/* Static. */
const struct mcps__version_info *mcps__version_info(enum mcps__version version);
/* The version of that name, or MCPS_ENOTFOUND. */
int mcps__version_by_name(const char *text, size_t len) MCPS_MUST_CHECK;

struct mcps__context {
    struct mcps__obj obj;
    enum mcps__version version;
    unsigned capabilities; /* of enum mcps_client_capabilities */
};

int mcps__context_new(struct mcps__context **ret, enum mcps__version version,
                      unsigned capabilities) MCPS_MUST_CHECK;
struct mcps__context *mcps__context_ref(struct mcps__context *context);
/* Returns NULL; NULL is fine. */
struct mcps__context *mcps__context_unref(struct mcps__context *context);

#endif
