/* SPDX-License-Identifier: MIT */
/* The methods of prompts, which both eras have. */
#ifndef MCPS_PROTO_PROMPTS_H
#define MCPS_PROTO_PROMPTS_H

#include "proto/request.h"

void mcps__prompts_list(const struct mcps__request *request);
void mcps__prompts_get(const struct mcps__request *request);

#endif
