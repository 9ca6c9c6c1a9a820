libmcpscore_la_SOURCES += \
	lib/rpc/envelope.c lib/rpc/envelope.h \
	lib/rpc/errors.c lib/rpc/errors.h \
	lib/rpc/frame.c lib/rpc/frame.h \
	lib/rpc/headers.c lib/rpc/headers.h \
	lib/rpc/id.c lib/rpc/id.h \
	lib/rpc/message.c lib/rpc/message.h
