/* SPDX-License-Identifier: MIT */
/*
 * The results of tools/list as ready bytes, one for each revision of the protocol. Each is
 * made when it is first asked for, and kept until the registry changes.
 */
#ifndef MCPS_CORE_LISTS_H
#define MCPS_CORE_LISTS_H

#include "core/engine.h"

/* Gives a reference on the result. Any thread; -ENOMEM. */
int mcps__lists_get(struct mcps__engine *engine, enum mcps__version version,
                    struct mcps__bytes **ret) MCPS_MUST_CHECK;

#endif
