libmcpscore_la_SOURCES += \
	lib/transport/address.c lib/transport/address.h \
	lib/transport/conn.c lib/transport/conn.h \
	lib/transport/end.c lib/transport/end.h \
	lib/transport/http.c lib/transport/http.h \
	lib/transport/http_ask.c \
	lib/transport/http_body.c lib/transport/http_body.h \
	lib/transport/http_account.c lib/transport/http_conn.c \
	lib/transport/http_fields.c lib/transport/http_fields.h \
	lib/transport/http_guard.c lib/transport/http_guard.h \
	lib/transport/http_old.c \
	lib/transport/http_parse.c lib/transport/http_parse.h \
	lib/transport/http_post.c \
	lib/transport/http_reply.c \
	lib/transport/http_route.c \
	lib/transport/http_session.c \
	lib/transport/http_stream.c \
	lib/transport/http_text.c lib/transport/http_text.h \
	lib/transport/http_lws.c \
	lib/transport/lines.c lib/transport/lines.h \
	lib/transport/media.c lib/transport/media.h \
	lib/transport/memory.c lib/transport/memory.h \
	lib/transport/mirror.c lib/transport/mirror.h \
	lib/transport/net.c lib/transport/net.h lib/transport/net_own.h \
	lib/transport/net_listen.c lib/transport/net_listen.h \
	lib/transport/conn_read.c \
	lib/transport/stdio.c lib/transport/stdio.h \
	lib/transport/test_client.c lib/transport/test_client.h \
	lib/transport/transport.h \
	lib/transport/conn_write.c
