/* SPDX-License-Identifier: MIT */
/* The methods of resources, which both eras have: listing them and templates, and reading. */
#ifndef MCPS_PROTO_RESOURCES_H
#define MCPS_PROTO_RESOURCES_H

#include "proto/request.h"

void mcps__resources_list(const struct mcps__request *request);
void mcps__templates_list(const struct mcps__request *request);
void mcps__resources_read(const struct mcps__request *request);

/* More than 0 if a resource or a template has that URI now, 0 if none, or -ENOMEM. */
int mcps__resources_have(const struct mcps__request *request,
                         const struct mcps__buf *uri) MCPS_MUST_CHECK;
/* Says that there is none. */
void mcps__resources_refuse_unknown(const struct mcps__request *request,
                                    const struct mcps__buf *uri);

#endif
