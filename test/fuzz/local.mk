# Each target twice: over its corpus in "make check", and as a libFuzzer program.
corpus_programs = test/fuzz/corpus_scan test/fuzz/corpus_frame \
	test/fuzz/corpus_envelope test/fuzz/corpus_base64 test/fuzz/corpus_session \
	test/fuzz/corpus_args test/fuzz/corpus_regex test/fuzz/corpus_schema test/fuzz/corpus_check \
	test/fuzz/corpus_uri test/fuzz/corpus_seal test/fuzz/corpus_canonical \
	test/fuzz/corpus_http
if TEST_HOOKS
corpus_programs += test/fuzz/corpus_conn
endif
check_PROGRAMS += $(corpus_programs)
TESTS += $(corpus_programs)
EXTRA_DIST += test/fuzz/corpus test/fuzz/run.sh

fuzz_check_sources = $(fields_sources) $(schema_dice_sources) $(schema_errors_sources)
corpus_main = test/fuzz/standalone.c test/fuzz/fuzz.h

test_fuzz_corpus_scan_SOURCES      = test/fuzz/fuzz_scan.c $(corpus_main)
test_fuzz_corpus_scan_CPPFLAGS     = $(AM_CPPFLAGS) -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/scan"'
test_fuzz_corpus_scan_LDADD        = libmcpscore.la
test_fuzz_corpus_frame_SOURCES     = test/fuzz/fuzz_frame.c $(corpus_main)
test_fuzz_corpus_frame_CPPFLAGS    = $(AM_CPPFLAGS) -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/frame"'
test_fuzz_corpus_frame_LDADD       = libmcpscore.la
test_fuzz_corpus_envelope_SOURCES  = test/fuzz/fuzz_envelope.c $(corpus_main)
test_fuzz_corpus_envelope_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/envelope"'
test_fuzz_corpus_envelope_LDADD    = libmcpscore.la
test_fuzz_corpus_base64_SOURCES    = test/fuzz/fuzz_base64.c $(corpus_main)
test_fuzz_corpus_base64_CPPFLAGS   = $(AM_CPPFLAGS) -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/base64"'
test_fuzz_corpus_base64_LDADD      = libmcpscore.la
test_fuzz_corpus_session_SOURCES   = test/fuzz/fuzz_session.c $(corpus_main)
test_fuzz_corpus_session_CPPFLAGS  = $(AM_CPPFLAGS) -DLONG_INPUTS=200000 -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/session"'
test_fuzz_corpus_session_LDADD     = libmcpscore.la $(JSONC_LIBS)
test_fuzz_corpus_args_SOURCES      = test/fuzz/fuzz_args.c $(fields_sources) $(corpus_main)
test_fuzz_corpus_args_CPPFLAGS     = $(AM_CPPFLAGS) -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/args"'
test_fuzz_corpus_args_LDADD        = libmcpscore.la $(JSONC_LIBS) -lm
test_fuzz_corpus_regex_SOURCES     = test/fuzz/fuzz_regex.c $(corpus_main)
test_fuzz_corpus_regex_CPPFLAGS    = $(AM_CPPFLAGS) -DLONG_INPUTS=200000 -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/regex"'
test_fuzz_corpus_regex_LDADD       = libmcpscore.la
test_fuzz_corpus_schema_SOURCES    = test/fuzz/fuzz_schema.c $(schema_errors_sources) $(corpus_main)
test_fuzz_corpus_schema_CPPFLAGS   = $(AM_CPPFLAGS) -DLONG_INPUTS=200000 -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/schema"'
test_fuzz_corpus_schema_LDADD      = libmcpscore.la $(JSONC_LIBS)
test_fuzz_corpus_check_SOURCES     = test/fuzz/fuzz_check.c $(fuzz_check_sources) $(corpus_main)
test_fuzz_corpus_check_CPPFLAGS    = $(AM_CPPFLAGS) -DLONG_INPUTS=200000 -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/check"'
test_fuzz_corpus_check_LDADD       = libmcpscore.la $(JSONC_LIBS)
test_fuzz_corpus_uri_SOURCES       = test/fuzz/fuzz_uri.c $(corpus_main)
test_fuzz_corpus_uri_CPPFLAGS      = $(AM_CPPFLAGS) -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/uri"'
test_fuzz_corpus_uri_LDADD         = libmcpscore.la
test_fuzz_corpus_seal_SOURCES      = test/fuzz/fuzz_seal.c $(corpus_main)
test_fuzz_corpus_seal_CPPFLAGS     = $(AM_CPPFLAGS) -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/seal"'
test_fuzz_corpus_seal_LDADD        = libmcpscore.la
test_fuzz_corpus_canonical_SOURCES  = test/fuzz/fuzz_canonical.c $(corpus_main)
test_fuzz_corpus_canonical_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/canonical"'
test_fuzz_corpus_canonical_LDADD    = libmcpscore.la $(JSONC_LIBS)
test_fuzz_corpus_http_SOURCES      = test/fuzz/fuzz_http.c $(corpus_main)
test_fuzz_corpus_http_CPPFLAGS     = $(AM_CPPFLAGS) -DLONG_INPUTS=400000 -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/http"'
test_fuzz_corpus_http_LDADD        = libmcpscore.la
test_fuzz_corpus_conn_SOURCES      = test/fuzz/fuzz_conn.c $(http_memory_sources) $(corpus_main)
test_fuzz_corpus_conn_CPPFLAGS     = $(TEST_CPPFLAGS) -DLONG_INPUTS=100000 -DTEST_CORPUS_DIR='"$(abs_top_srcdir)/test/fuzz/corpus/conn"'
test_fuzz_corpus_conn_LDADD        = libmcpscore.la $(JSONC_LIBS)

fuzz_programs = test/fuzz/fuzz_scan test/fuzz/fuzz_frame test/fuzz/fuzz_envelope test/fuzz/fuzz_base64 \
	test/fuzz/fuzz_session test/fuzz/fuzz_args test/fuzz/fuzz_regex test/fuzz/fuzz_schema test/fuzz/fuzz_check \
	test/fuzz/fuzz_uri test/fuzz/fuzz_seal test/fuzz/fuzz_canonical \
	test/fuzz/fuzz_http
if TEST_HOOKS
fuzz_programs += test/fuzz/fuzz_conn
endif
EXTRA_PROGRAMS += $(fuzz_programs)
if FUZZERS
noinst_PROGRAMS += $(fuzz_programs)
endif
fuzzer_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer

test_fuzz_fuzz_scan_SOURCES     = test/fuzz/fuzz_scan.c test/fuzz/fuzz.h
test_fuzz_fuzz_scan_LDFLAGS     = $(fuzzer_ldflags)
test_fuzz_fuzz_scan_LDADD       = libmcpscore.la
test_fuzz_fuzz_frame_SOURCES    = test/fuzz/fuzz_frame.c test/fuzz/fuzz.h
test_fuzz_fuzz_frame_LDFLAGS    = $(fuzzer_ldflags)
test_fuzz_fuzz_frame_LDADD      = libmcpscore.la
test_fuzz_fuzz_envelope_SOURCES = test/fuzz/fuzz_envelope.c test/fuzz/fuzz.h
test_fuzz_fuzz_envelope_LDFLAGS = $(fuzzer_ldflags)
test_fuzz_fuzz_envelope_LDADD   = libmcpscore.la
test_fuzz_fuzz_base64_SOURCES   = test/fuzz/fuzz_base64.c test/fuzz/fuzz.h
test_fuzz_fuzz_base64_LDFLAGS   = $(fuzzer_ldflags)
test_fuzz_fuzz_base64_LDADD     = libmcpscore.la
test_fuzz_fuzz_session_SOURCES  = test/fuzz/fuzz_session.c test/fuzz/fuzz.h
test_fuzz_fuzz_session_LDFLAGS  = $(fuzzer_ldflags)
test_fuzz_fuzz_session_LDADD    = libmcpscore.la $(JSONC_LIBS)
test_fuzz_fuzz_args_SOURCES     = test/fuzz/fuzz_args.c $(fields_sources) test/fuzz/fuzz.h
test_fuzz_fuzz_args_LDFLAGS     = $(fuzzer_ldflags)
test_fuzz_fuzz_args_LDADD       = libmcpscore.la $(JSONC_LIBS) -lm
test_fuzz_fuzz_regex_SOURCES    = test/fuzz/fuzz_regex.c test/fuzz/fuzz.h
test_fuzz_fuzz_regex_LDFLAGS    = $(fuzzer_ldflags)
test_fuzz_fuzz_regex_LDADD      = libmcpscore.la
test_fuzz_fuzz_schema_SOURCES   = test/fuzz/fuzz_schema.c $(schema_errors_sources) test/fuzz/fuzz.h
test_fuzz_fuzz_schema_LDFLAGS   = $(fuzzer_ldflags)
test_fuzz_fuzz_schema_LDADD     = libmcpscore.la $(JSONC_LIBS)
test_fuzz_fuzz_check_SOURCES    = test/fuzz/fuzz_check.c $(fuzz_check_sources) test/fuzz/fuzz.h
test_fuzz_fuzz_check_LDFLAGS    = $(fuzzer_ldflags)
test_fuzz_fuzz_check_LDADD      = libmcpscore.la $(JSONC_LIBS)
test_fuzz_fuzz_uri_SOURCES      = test/fuzz/fuzz_uri.c test/fuzz/fuzz.h
test_fuzz_fuzz_uri_LDFLAGS      = $(fuzzer_ldflags)
test_fuzz_fuzz_uri_LDADD        = libmcpscore.la
test_fuzz_fuzz_seal_SOURCES     = test/fuzz/fuzz_seal.c test/fuzz/fuzz.h
test_fuzz_fuzz_seal_LDFLAGS     = $(fuzzer_ldflags)
test_fuzz_fuzz_seal_LDADD       = libmcpscore.la
test_fuzz_fuzz_canonical_SOURCES = test/fuzz/fuzz_canonical.c test/fuzz/fuzz.h
test_fuzz_fuzz_canonical_LDFLAGS = $(fuzzer_ldflags)
test_fuzz_fuzz_canonical_LDADD   = libmcpscore.la $(JSONC_LIBS)
test_fuzz_fuzz_http_SOURCES     = test/fuzz/fuzz_http.c test/fuzz/fuzz.h
test_fuzz_fuzz_http_LDFLAGS     = $(fuzzer_ldflags)
test_fuzz_fuzz_http_LDADD       = libmcpscore.la
test_fuzz_fuzz_conn_SOURCES     = test/fuzz/fuzz_conn.c $(http_memory_sources) test/fuzz/fuzz.h
test_fuzz_fuzz_conn_CPPFLAGS    = $(TEST_CPPFLAGS)
test_fuzz_fuzz_conn_LDFLAGS     = $(fuzzer_ldflags)
test_fuzz_fuzz_conn_LDADD       = libmcpscore.la $(JSONC_LIBS)
