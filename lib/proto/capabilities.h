/* SPDX-License-Identifier: MIT */
/* What the server says that it can do. Any thread. */
#ifndef MCPS_PROTO_CAPABILITIES_H
#define MCPS_PROTO_CAPABILITIES_H

#include "core/engine.h"

/* Writes the object, for a revision. Tools are always there; what else there is goes by what
 * was ever offered. */
void mcps__capabilities_write(struct mcps__writer *w, const struct mcps__engine *engine,
                              enum mcps__version version);

/* Was a kind declared, or would it be now? Its methods are unknown otherwise. */
bool mcps__capabilities_has(const struct mcps__engine *engine, enum mcps_kind kind);

#endif
