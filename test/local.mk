TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/test/unit

include test/fixtures/local.mk
include test/unit/local.mk
include test/failures/local.mk
include test/fuzz/local.mk
include test/bench/local.mk
include test/conformance/local.mk

dist_check_SCRIPTS += test/layers.sh test/symbols.sh test/headers.sh test/doc_tables.sh test/install.sh test/locale.sh test/protocol.sh
TESTS += $(dist_check_SCRIPTS)

AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(top_srcdir)'; top_builddir='$(top_builddir)'; \
	CC='$(CC)'; CXX='$(CXX)'; CFLAGS='$(CFLAGS)'; CPPFLAGS='$(CPPFLAGS)'; \
	MAKE='$(MAKE)'; LIBTOOL='$(SHELL) $(abs_top_builddir)/libtool'; \
	export top_srcdir top_builddir CC CXX CFLAGS CPPFLAGS MAKE LIBTOOL;

# The same with the full repetitions, the comparison of arguments where ajv can be had, then
# each fuzzer for FUZZ_SECONDS.
FUZZ_SECONDS = 600
check-long: all test/fixtures/lab test/clients/args_cases
	MCPS_TEST_LONG=1 $(MAKE) $(AM_MAKEFLAGS) check
	MCPS_TEST_LONG=1 $(SHELL) $(top_srcdir)/test/clients/run.sh ajv || test $$? -eq 77
	$(SHELL) $(top_srcdir)/test/fuzz/run.sh $(FUZZ_SECONDS)

# The official clients, installed in the build, drive the lab, and what it sends is held
# against the schemas. None of "make check": it needs a network the first time, and node, npm
# and python3 with venv.
EXTRA_DIST += test/clients/run.sh test/clients/server.sh test/clients/lab.mjs test/clients/ts.mjs \
	test/clients/features.mjs test/clients/ts_features.mjs test/clients/modern_features.mjs \
	test/clients/modern.mjs test/clients/py.py test/clients/schema.mjs \
	test/clients/schema_offers.mjs test/clients/schema_wire.mjs test/clients/args.mjs \
	test/clients/web.mjs test/clients/ts_web.mjs test/clients/modern_web.mjs \
	test/clients/wire.mjs test/clients/curl.sh test/clients/nginx.sh test/clients/nginx.conf
EXTRA_PROGRAMS += test/clients/args_cases
test_clients_args_cases_SOURCES = test/clients/args_cases.c $(fields_sources)
test_clients_args_cases_LDADD   = libmcpscore.la $(JSONC_LIBS)
check-clients: test/fixtures/lab test/fixtures/kinds doc/examples/calc \
		test/clients/args_cases
	$(SHELL) $(top_srcdir)/test/clients/run.sh

distclean-local:
	rm -rf test/clients/installed test/conformance/installed test/conformance/out

# What has threads, for builds with the thread sanitizer: it sees nothing in the rest.
threaded_programs = $(failures_programs) test/unit/cancel test/unit/flow test/unit/seal \
	test/unit/net test/unit/suite test/unit/transport test/fuzz/corpus_session \
	test/failures/chaos
check-threads:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(threaded_programs) test/failures/driven.sh' \
		check_PROGRAMS='$(threaded_programs) test/fixtures/lab'

# The unit tests, and those of failures but for the large loads and what needs two threads
# to run side by side, under valgrind: no error, nothing left behind. Not the one that
# replaces malloc(), for so does valgrind. .ci/run leaves out more.
EXTRA_DIST += test/valgrind.sh
valgrind_less = */oom|*/load|*/soak|*/idle|*/stdio|*/order
check-valgrind: $(unit_programs) $(failures_programs) test/fixtures/lab
	@for program in $(unit_programs) $(failures_programs); do \
		case $$program in $(valgrind_less)) ;; *) echo $$program ;; esac; done | \
		LIBTOOL='$(SHELL) $(abs_top_builddir)/libtool' \
		xargs -P "$$(nproc)" -n 1 $(SHELL) $(top_srcdir)/test/valgrind.sh
CLEANFILES += test/unit/*.valgrind.log test/failures/*.valgrind.log

if COVERAGE
coverage: check
	gcovr --root $(abs_top_srcdir) --filter '$(abs_top_srcdir)/lib/' --object-directory . .
endif

.PHONY: check-long check-clients check-threads check-valgrind coverage
