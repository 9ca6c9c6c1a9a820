/* SPDX-License-Identifier: MIT */
/* The methods of resources, which both eras have: listing them and templates, and reading. */
#ifndef MCPS_PROTO_RESOURCES_H
#define MCPS_PROTO_RESOURCES_H

#include "proto/request.h"

void mcps__resources_list(const struct mcps__request *request);
void mcps__templates_list(const struct mcps__request *request);
void mcps__resources_read(const struct mcps__request *request);

#endif
