/* SPDX-License-Identifier: MIT */
/* The middleware that the library itself has. */
#ifndef MCPS_SERVER_MIDDLEWARE_H
#define MCPS_SERVER_MIDDLEWARE_H

#include "mcpserver/middleware.h"

/* A copy of a struct of settings is its userdata, which goes with the server. */
int mcps__middleware_add(mcps_server *server, const struct mcps_middleware *middleware,
                         const void *settings, size_t size) MCPS_MUST_CHECK;

#endif
