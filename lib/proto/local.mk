libmcpscore_la_SOURCES += \
	lib/proto/capabilities.c lib/proto/capabilities.h \
	lib/proto/completion.c lib/proto/completion.h \
	lib/proto/dispatch.c lib/proto/dispatch.h \
	lib/proto/legacy.c lib/proto/legacy.h \
	lib/proto/mirror_check.c lib/proto/mirror_check.h \
	lib/proto/modern.c lib/proto/modern.h \
	lib/proto/offers.c lib/proto/offers.h \
	lib/proto/prompts.c lib/proto/prompts.h \
	lib/proto/request.c lib/proto/request.h \
	lib/proto/resources.c lib/proto/resources.h \
	lib/proto/strings.c lib/proto/strings.h \
	lib/proto/subscriptions.c lib/proto/subscriptions.h
