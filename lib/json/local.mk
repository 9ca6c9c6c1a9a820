libmcpscore_la_SOURCES += \
	lib/json/bytes.c lib/json/bytes.h \
	lib/json/json.c lib/json/json.h \
	lib/json/scan.c lib/json/scan.h \
	lib/json/number.c lib/json/number.h \
	lib/json/plain.h \
	lib/json/text.c lib/json/text.h \
	lib/json/tree.c lib/json/tree.h \
	lib/json/write.c lib/json/write.h
