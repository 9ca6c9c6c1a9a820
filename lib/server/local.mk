libmcpscore_la_SOURCES += \
	lib/server/run.c lib/server/run.h \
	lib/server/server.c lib/server/server.h
