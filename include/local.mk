mcpsincludedir = $(includedir)/mcpserver
mcpsinclude_HEADERS = \
	include/mcpserver/args.h \
	include/mcpserver/ask.h \
	include/mcpserver/base.h \
	include/mcpserver/call.h \
	include/mcpserver/cancel.h \
	include/mcpserver/complete.h \
	include/mcpserver/executor.h \
	include/mcpserver/http.h \
	include/mcpserver/limits.h \
	include/mcpserver/mcpserver.h \
	include/mcpserver/prompt.h \
	include/mcpserver/resource.h \
	include/mcpserver/meta.h \
	include/mcpserver/middleware.h \
	include/mcpserver/result.h \
	include/mcpserver/schema.h \
	include/mcpserver/server.h \
	include/mcpserver/test.h \
	include/mcpserver/tool.h \
	include/mcpserver/uri.h
nodist_mcpsinclude_HEADERS = include/mcpserver/version.h
