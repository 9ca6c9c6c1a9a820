/* SPDX-License-Identifier: MIT */
/* The legacy era: revisions 2024-11-05 to 2025-11-25, which begin with a handshake. */
#ifndef MCPS_PROTO_LEGACY_H
#define MCPS_PROTO_LEGACY_H

#include "proto/request.h"

void mcps__legacy_request(const struct mcps__request *request);
void mcps__legacy_notification(const struct mcps__request *request);

#endif
