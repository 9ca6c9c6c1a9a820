/* SPDX-License-Identifier: MIT */
/* The method of completion, which both eras have. */
#ifndef MCPS_PROTO_COMPLETION_H
#define MCPS_PROTO_COMPLETION_H

#include "proto/request.h"

void mcps__completion_complete(const struct mcps__request *request);

#endif
