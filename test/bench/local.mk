# Benchmarks print figures, and judge nothing.
bench_programs = test/bench/bench_scan test/bench/bench_list test/bench/bench_args \
	test/bench/bench_listen
EXTRA_PROGRAMS += $(bench_programs) test/bench/bench_schema
CLEANFILES += $(EXTRA_PROGRAMS)

test_bench_bench_list_SOURCES = test/bench/bench_list.c test/bench/bench.h
test_bench_bench_list_LDADD   = libmcpscore.la
test_bench_bench_listen_SOURCES = test/bench/bench_listen.c test/bench/bench.h
test_bench_bench_listen_LDADD   = libmcpscore.la
test_bench_bench_scan_SOURCES = test/bench/bench_scan.c test/bench/bench.h
test_bench_bench_scan_LDADD   = libmcpscore.la
test_bench_bench_args_SOURCES = test/bench/bench_args.c test/bench/bench.h
test_bench_bench_args_LDADD   = libmcpscore.la $(JSONC_LIBS)
test_bench_bench_schema_SOURCES = test/bench/bench_schema.c test/bench/bench.h
test_bench_bench_schema_LDADD   = libmcpscore.la $(JSONC_LIBS)
EXTRA_DIST += test/bench/ajv.mjs

# Over HTTP, with wrk.
http_bench_programs = test/bench/http_server test/bench/http_hold
EXTRA_PROGRAMS += $(http_bench_programs)
test_bench_http_server_SOURCES = test/bench/http_server.c
test_bench_http_server_LDADD   = libmcpserver.la $(JSONC_LIBS)
test_bench_http_server_LDFLAGS = $(AM_LDFLAGS) -no-install
test_bench_http_hold_SOURCES  = test/bench/http_hold.c test/failures/http_idle_crowd.c \
	test/failures/http_idle.h
test_bench_http_hold_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/test/failures
EXTRA_DIST += test/bench/http.sh test/bench/http.lua

# That they still build is seen to by .ci/run.
bench-programs: $(bench_programs) $(http_bench_programs) test/bench/bench_schema

# The last beside ajv, where that can be had, and alone otherwise.
bench: bench-programs
	@for program in $(bench_programs); do ./$$program || exit 1; done
	@$(SHELL) $(top_srcdir)/test/clients/run.sh bench || \
		{ test $$? -eq 77 && ./test/bench/bench_schema; }
	@$(SHELL) $(top_srcdir)/test/bench/http.sh || test $$? -eq 77

.PHONY: bench bench-programs
