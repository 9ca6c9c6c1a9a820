libmcpscore_la_SOURCES += \
	lib/server/drive.c lib/server/drive.h \
	lib/server/listen.c \
	lib/server/middleware.c lib/server/middleware.h \
	lib/server/rate.c \
	lib/server/run.c lib/server/run.h \
	lib/server/server.c lib/server/server.h
