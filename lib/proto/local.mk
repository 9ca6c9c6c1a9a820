libmcpscore_la_SOURCES += \
	lib/proto/dispatch.c lib/proto/dispatch.h \
	lib/proto/legacy.c lib/proto/legacy.h \
	lib/proto/modern.c lib/proto/modern.h \
	lib/proto/request.c lib/proto/request.h \
	lib/proto/tools.c lib/proto/tools.h
