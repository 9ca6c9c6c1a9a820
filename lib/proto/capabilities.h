/* SPDX-License-Identifier: MIT */
/* What the server says that it can do. Any thread. */
#ifndef MCPS_PROTO_CAPABILITIES_H
#define MCPS_PROTO_CAPABILITIES_H

#include "core/engine.h"

/* What there is to be declared, looked at once, so that all that follows from it agrees. Tools
 * are always there; what else there is goes by what was ever offered. */
struct mcps__capabilities {
    bool prompts, resources, completions;
};

struct mcps__capabilities mcps__capabilities_now(const struct mcps__engine *engine);

/* Writes the object, for a revision. */
void mcps__capabilities_write(struct mcps__writer *w,
                              const struct mcps__capabilities *capabilities,
                              enum mcps__version version);

/* Was a kind declared, or would it be now? Its methods are unknown otherwise. */
bool mcps__capabilities_has(const struct mcps__engine *engine, enum mcps_kind kind);

#endif
