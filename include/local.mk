mcpsincludedir = $(includedir)/mcpserver
mcpsinclude_HEADERS = include/mcpserver/mcpserver.h include/mcpserver/base.h
nodist_mcpsinclude_HEADERS = include/mcpserver/version.h
