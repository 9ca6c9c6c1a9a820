/* SPDX-License-Identifier: MIT */
/*
 * The modern era: revision 2026-07-28, in which every request says of itself what a handshake
 * said once before.
 */
#ifndef MCPS_PROTO_MODERN_H
#define MCPS_PROTO_MODERN_H

#include "proto/request.h"

/* Whether a request is one of this era: it says one of the things that it has to say, or asks
 * for what only this era has. */
bool mcps__modern_claims(const struct mcps__request *request);
/* Gives it a context of its own, or refuses it. */
void mcps__modern_request(const struct mcps__request *request);

#endif
