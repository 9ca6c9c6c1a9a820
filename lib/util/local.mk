libmcpscore_la_SOURCES += \
	lib/util/annotate.h \
	lib/util/assert.c lib/util/assert.h \
	lib/util/base.c \
	lib/util/base64.c lib/util/base64.h \
	lib/util/buf.c lib/util/buf.h \
	lib/util/clock.c lib/util/clock.h \
	lib/util/ct.c lib/util/ct.h \
	lib/util/list.h \
	lib/util/lock.c lib/util/lock.h lib/util/locks.tbl \
	lib/util/log.c lib/util/log.h \
	lib/util/map.c lib/util/map.h \
	lib/util/mem.c lib/util/mem.h \
	lib/util/obj.h \
	lib/util/random.c lib/util/random.h \
	lib/util/sync.c lib/util/sync.h \
	lib/util/timer.c lib/util/timer.h \
	lib/util/utf8.c lib/util/utf8.h \
	lib/util/wake.c lib/util/wake.h
