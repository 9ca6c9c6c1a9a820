# One program a floor; one for the JSON parsing cases, one for the schemas that others have
# tests and examples of; one that replaces malloc().
unit_programs =
EXTRA_DIST += $(unit_sources)
unit_sources = \
	test/unit/unit.c test/unit/unit.h \
	$(util_unit_sources) $(json_unit_sources) $(cases_unit_sources) \
	$(oom_unit_sources) $(rpc_unit_sources) $(schema_unit_sources) $(cancel_unit_sources) $(flow_unit_sources) \
	$(transport_unit_sources) $(net_unit_sources) $(http_unit_sources) $(suite_unit_sources) $(seal_unit_sources)

util_unit_sources = \
	test/unit/util_main.c test/unit/dies.h \
	test/unit/util_base.c test/unit/util_base64.c test/unit/util_buf.c test/unit/util_clock.c test/unit/util_ct.c \
	test/unit/util_list.c test/unit/util_lock.c test/unit/util_log.c test/unit/util_map.c \
	test/unit/util_mem.c test/unit/util_obj.c test/unit/util_random.c test/unit/util_sync.c \
	test/unit/util_timer.c test/unit/util_utf8.c test/unit/util_wake.c
json_unit_sources = \
	test/unit/json_main.c \
	test/unit/json_bytes.c test/unit/json_number.c test/unit/json_scan.c \
	test/unit/json_text.c test/unit/json_tree.c test/unit/json_write.c
cases_unit_sources = test/unit/json_cases.c
oom_unit_sources = test/unit/json_oom.c
rpc_unit_sources = \
	test/unit/rpc_main.c test/unit/rpc_envelope.c test/unit/rpc_frame.c \
	test/unit/rpc_headers.c test/unit/rpc_id.c test/unit/rpc_message.c \
	test/unit/proto_mirror.c
schema_unit_sources = \
	test/unit/schema_main.c test/unit/schema_scene.c test/unit/schema_scene.h \
	test/unit/schema_complain.c test/unit/schema_constant.c test/unit/schema_decode.c \
	test/unit/schema_encode.c test/unit/schema_form.c test/unit/schema_format.c test/unit/schema_num.c \
	test/unit/schema_opened.c test/unit/schema_pattern.c test/unit/schema_pattern.h \
	test/unit/schema_punycode.c test/unit/schema_regex.c test/unit/schema_regex_cost.c \
	test/unit/schema_rounds.c test/unit/schema_table.c test/unit/schema_uri.c \
	$(checker_unit_sources)
checker_unit_sources = \
	test/unit/schema_bounds.c test/unit/schema_check.c test/unit/schema_coerce.c test/unit/schema_hostile.c \
	test/unit/schema_large.c test/unit/schema_mirrored.c test/unit/schema_options.c test/unit/schema_refuse.c \
	test/unit/schema_text.c test/unit/schema_text.h $(judge_sources)
judge_sources = \
	test/unit/schema_judge.c test/unit/schema_judge.h $(schema_errors_sources)
suite_unit_sources = \
	test/unit/suite_main.c test/unit/suite_files.c test/unit/suite_files.h \
	test/unit/suite_json.c test/unit/suite_json.h test/unit/suite_threads.c $(judge_sources) \
	test/unit/schema_mcp.c test/unit/schema_suite.c
cancel_unit_sources = \
	test/unit/cancel_main.c test/unit/gate.h \
	test/unit/core_control.c test/unit/core_hook.c test/unit/core_token.c
flow_unit_sources = \
	test/unit/flow_main.c test/unit/core_question.c test/unit/core_scene.c test/unit/core_scene.h \
	test/unit/core_pool.c test/unit/core_park.c test/unit/core_limits.c \
	test/unit/core_loop.c test/unit/core_account.c test/unit/core_sink.c \
	test/unit/core_piece.c test/unit/core_meta.c test/unit/core_content.c \
	test/unit/core_lent.c test/unit/core_uri.c test/unit/core_uri_match.c test/unit/core_trace.c
seal_unit_sources = \
	test/unit/seal_main.c \
	test/unit/core_canonical.c test/unit/core_crypto.c test/unit/core_nonces.c \
	test/unit/core_seal.c
transport_unit_sources = \
	test/unit/transport_main.c \
	test/unit/transport_address.c test/unit/transport_guard.c test/unit/transport_media.c \
	test/unit/transport_fake.c test/unit/transport_fake.h \
	test/unit/transport_scene.c test/unit/transport_scene.h \
	test/unit/transport_http_body.c test/unit/transport_http_parse.c \
	test/unit/transport_http_text.c \
	test/unit/transport_lines.c test/unit/transport_memory.c \
	test/unit/transport_mirror.c test/unit/transport_read.c \
	test/unit/transport_stdio.c test/unit/transport_write.c
net_unit_sources = \
	test/unit/net_main.c test/unit/net_scene.c test/unit/net_scene.h \
	test/unit/net_accept.c test/unit/net_bytes.c test/unit/net_ends.c test/unit/net_loop.c
# Connections in memory, for what stands on those of net.h. Their clock is a driven one.
http_memory_sources = \
	test/unit/http_fake.c test/unit/http_fake.h test/unit/http_scene.c test/unit/http_scene.h \
	test/unit/http_strict.c test/unit/http_strict.h
http_unit_sources = \
	test/unit/http_main.c $(http_memory_sources) \
	test/unit/http_ask.c test/unit/http_bytes.c test/unit/http_legacy.c \
	test/unit/http_modern.c test/unit/http_refuse.c

if UNIT_TESTS
unit_programs += test/unit/util test/unit/json test/unit/cases test/unit/oom test/unit/rpc \
	test/unit/schema test/unit/suite test/unit/cancel test/unit/flow test/unit/seal \
	test/unit/transport test/unit/net
if TEST_HOOKS
unit_programs += test/unit/http
endif
check_PROGRAMS += $(unit_programs)
TESTS += $(unit_programs)

check_LTLIBRARIES = libunit.la
libunit_la_SOURCES  = test/unit/unit.c test/unit/unit.h
libunit_la_CPPFLAGS = $(TEST_CPPFLAGS) \
	-DTEST_SHARED_DIR='"$(abs_top_srcdir)/../shared"'
libunit_la_CFLAGS   = $(AM_CFLAGS) $(CUNIT_CFLAGS)
libunit_la_LIBADD   = libmcpscore.la $(CUNIT_LIBS) -lm

test_unit_util_SOURCES   = $(util_unit_sources)
test_unit_util_CPPFLAGS  = $(TEST_CPPFLAGS)
test_unit_util_LDADD     = libunit.la
test_unit_json_SOURCES   = $(json_unit_sources)
test_unit_json_CPPFLAGS  = $(TEST_CPPFLAGS)
test_unit_json_LDADD     = libunit.la
test_unit_cases_SOURCES  = $(cases_unit_sources)
test_unit_cases_CPPFLAGS = $(TEST_CPPFLAGS) -DTEST_DOC_DIR='"$(abs_top_srcdir)/doc"'
test_unit_cases_LDADD    = libunit.la
test_unit_oom_SOURCES    = $(oom_unit_sources)
test_unit_oom_CPPFLAGS   = $(TEST_CPPFLAGS)
if SANITIZED
test_unit_oom_CPPFLAGS  += -DTEST_SANITIZED
endif
test_unit_oom_LDADD      = libunit.la
test_unit_rpc_SOURCES    = $(rpc_unit_sources)
test_unit_rpc_CPPFLAGS   = $(TEST_CPPFLAGS)
test_unit_rpc_LDADD      = libunit.la
test_unit_schema_SOURCES  = $(schema_unit_sources)
test_unit_schema_CPPFLAGS = $(TEST_CPPFLAGS)
test_unit_schema_LDADD    = libunit.la
test_unit_suite_SOURCES  = $(suite_unit_sources)
test_unit_suite_CPPFLAGS = $(TEST_CPPFLAGS)
test_unit_suite_LDADD    = libunit.la
test_unit_cancel_SOURCES  = $(cancel_unit_sources)
test_unit_cancel_CPPFLAGS = $(TEST_CPPFLAGS)
test_unit_cancel_LDADD    = libunit.la
test_unit_flow_SOURCES   = $(flow_unit_sources)
test_unit_flow_CPPFLAGS  = $(TEST_CPPFLAGS)
test_unit_flow_LDADD     = libunit.la
test_unit_seal_SOURCES   = $(seal_unit_sources)
test_unit_seal_CPPFLAGS  = $(TEST_CPPFLAGS)
test_unit_seal_LDADD     = libunit.la $(JSONC_LIBS) $(CRYPTO_LIBS)
test_unit_transport_SOURCES  = $(transport_unit_sources)
test_unit_transport_CPPFLAGS = $(TEST_CPPFLAGS)
test_unit_transport_LDADD    = libunit.la
test_unit_net_SOURCES    = $(net_unit_sources)
test_unit_net_CPPFLAGS   = $(TEST_CPPFLAGS)
test_unit_net_LDADD      = libunit.la
test_unit_http_SOURCES   = $(http_unit_sources)
test_unit_http_CPPFLAGS  = $(TEST_CPPFLAGS)
test_unit_http_LDADD     = libunit.la $(JSONC_LIBS)
endif
