/* SPDX-License-Identifier: MIT */
/* The limits of a server; see limits.h, and mcpserver/limits.h. */
#include "config.h"

#include "core/limits.h"

#include <string.h>

#include "util/clock.h"

static const struct {
    const char *name;
    uint64_t value;
} infos[] = {
#define XX(NAME, name, value, text) { #name, value },
    MCPS_LIMIT_MAP(XX)
#undef XX
};

const char *mcps_limit_name(enum mcps_limit limit)
{
    return (size_t)limit < MCPS_N_LIMITS ? infos[limit].name : NULL;
}

int mcps_limit_by_name(const char *name)
{
    for (int i = 0; i < MCPS_N_LIMITS; i++) {
        if (strcmp(infos[i].name, name) == 0)
            return i;
    }
    return MCPS_ENOTFOUND;
}

void mcps__limits_init(struct mcps__limits *limits)
{
    for (size_t i = 0; i < MCPS_N_LIMITS; i++) {
        limits->values[i] = infos[i].value;
        atomic_init(&limits->hits[i], 0);
    }
}

int64_t mcps__limit_ns(const struct mcps__limits *limits, enum mcps_limit limit)
{
    uint64_t ms = mcps__limit(limits, limit);

    return ms > INT64_MAX / MCPS__NS_PER_MS ? MCPS__CLOCK_NEVER
                                            : (int64_t)ms * MCPS__NS_PER_MS;
}
