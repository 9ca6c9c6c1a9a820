/* SPDX-License-Identifier: MIT */
/* All of the library but what is for tests (test.h). */
#ifndef MCPSERVER_MCPSERVER_H
#define MCPSERVER_MCPSERVER_H

#include <mcpserver/args.h>
#include <mcpserver/ask.h>
#include <mcpserver/base.h>
#include <mcpserver/call.h>
#include <mcpserver/cancel.h>
#include <mcpserver/complete.h>
#include <mcpserver/executor.h>
#include <mcpserver/http.h>
#include <mcpserver/limits.h>
#include <mcpserver/meta.h>
#include <mcpserver/middleware.h>
#include <mcpserver/prompt.h>
#include <mcpserver/resource.h>
#include <mcpserver/result.h>
#include <mcpserver/schema.h>
#include <mcpserver/server.h>
#include <mcpserver/tool.h>
#include <mcpserver/uri.h>
#include <mcpserver/version.h>

#endif
