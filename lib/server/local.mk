libmcpscore_la_SOURCES += \
	lib/server/drive.c lib/server/drive.h \
	lib/server/run.c lib/server/run.h \
	lib/server/server.c lib/server/server.h
