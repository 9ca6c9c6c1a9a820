/* SPDX-License-Identifier: MIT */
/* libmcpserver: Model Context Protocol servers in C. This header brings all public ones. */
#ifndef MCPSERVER_MCPSERVER_H
#define MCPSERVER_MCPSERVER_H

#include <mcpserver/base.h>
#include <mcpserver/version.h>

#endif
