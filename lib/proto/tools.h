/* SPDX-License-Identifier: MIT */
/* The methods of tools, which both eras have. */
#ifndef MCPS_PROTO_TOOLS_H
#define MCPS_PROTO_TOOLS_H

#include "proto/request.h"

void mcps__tools_list(const struct mcps__request *request);
void mcps__tools_call(const struct mcps__request *request);

#endif
