# The library's floors, bottom up. Everything but the version script is in a convenience
# library, so that unit tests can reach what the shared library hides.
noinst_LTLIBRARIES += libmcpscore.la
lib_LTLIBRARIES    += libmcpserver.la

libmcpscore_la_SOURCES =
libmcpscore_la_LIBADD  = $(JSONC_LIBS) $(CRYPTO_LIBS) $(PCRE2_LIBS) $(LWS_LIBS) $(EV_LIBS)

include lib/util/local.mk
include lib/json/local.mk
include lib/rpc/local.mk
include lib/schema/local.mk
include lib/core/local.mk
include lib/proto/local.mk
include lib/transport/local.mk
include lib/server/local.mk

libmcpserver_la_SOURCES =
libmcpserver_la_LIBADD  = libmcpscore.la $(JSONC_LIBS) $(CRYPTO_LIBS) $(PCRE2_LIBS) $(LWS_LIBS) $(EV_LIBS)
libmcpserver_la_LDFLAGS = $(AM_LDFLAGS) -version-info $(MCPS_LT_VERSION)
if HAVE_VERSION_SCRIPT
libmcpserver_la_LDFLAGS += -Wl,--version-script=$(top_srcdir)/lib/libmcpserver.map
libmcpserver_la_DEPENDENCIES = libmcpscore.la $(top_srcdir)/lib/libmcpserver.map
endif
EXTRA_DIST += lib/libmcpserver.map
