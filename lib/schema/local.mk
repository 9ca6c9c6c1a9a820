libmcpscore_la_SOURCES += \
	lib/schema/args.c lib/schema/args.h \
	lib/schema/check.c lib/schema/check.h \
	lib/schema/complain.c lib/schema/complain.h \
	lib/schema/encode.c \
	lib/schema/held.h \
	lib/schema/table.c lib/schema/table.h \
	lib/schema/words.c lib/schema/words.h \
	lib/schema/write.c
