# The server that the official conformance suite is run against.
check_PROGRAMS += test/conformance/fixture
conformance_sources = test/conformance/fixture.h test/conformance/fixture_content.c \
	test/conformance/fixture_asks.c test/conformance/fixture_rounds.c \
	test/conformance/fixture_offers.c
test_conformance_fixture_SOURCES = test/conformance/fixture_main.c $(conformance_sources)
test_conformance_fixture_LDADD   = libmcpserver.la $(JSONC_LIBS)
test_conformance_fixture_LDFLAGS = $(AM_LDFLAGS) -no-install

# None of "make check": it needs a network the first time, node and npm.
EXTRA_DIST += test/conformance/run.sh test/conformance/check.mjs test/conformance/package.json \
	test/conformance/package-lock.json
conformance: test/conformance/fixture
	$(SHELL) $(top_srcdir)/test/conformance/run.sh

.PHONY: conformance
