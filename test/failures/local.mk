# One test for each entry of doc/failures.md, in a program for each group.
failures_common = test/failures/scene.c test/failures/scene.h test/failures/wire.c \
	test/failures/props.c test/failures/props.h \
	test/fixtures/lab_tools.c test/fixtures/lab_tools.h
close_sources = test/failures/close.c test/failures/close_more.c test/failures/close_ends.c \
	test/failures/close_tests.h test/failures/hands.c test/failures/hands.h
cancel_sources = test/failures/cancel.c test/failures/cancel_races.c test/failures/cancel_tests.h \
	test/failures/hands.c test/failures/hands.h
ask_sources = test/failures/ask.c test/failures/ask.h test/failures/ask_refused.c \
	test/failures/ask_storm.c test/failures/ask_kinds.c test/failures/quiz.c \
	test/failures/quiz.h
rounds_sources = test/failures/rounds.c test/failures/rounds.h test/failures/rounds_state.c \
	test/failures/rounds_unwind.c test/failures/quiz.c test/failures/quiz.h
stdio_sources = test/failures/stdio.c test/failures/pipes.h test/failures/stdio_serve.c \
	test/failures/stdio_life.c test/failures/stdio_fds.c test/failures/stdio_bytes.c \
	test/failures/stdio_flow.c
load_sources = test/failures/load.c
hostile_sources = test/failures/hostile.c test/failures/hostile.h test/failures/hostile_shape.c \
	test/failures/batch.c
stop_sources = test/failures/stop.c test/failures/stop.h test/failures/stop_cycles.c
order_sources = test/failures/order.c
handlers_sources = test/failures/handlers.c test/failures/handlers.h \
	test/failures/handlers_result.c test/failures/handlers_reentry.c
clients_sources = test/failures/clients.c
edges_sources = test/failures/edges.c
eras_sources = test/failures/eras.c
changes_sources = test/failures/changes.c
pages_sources = test/failures/pages.c
protocol_sources = test/failures/protocol.c test/failures/protocol.h \
	test/failures/protocol_talk.c test/failures/protocol_examples.c
listen_sources = test/failures/listen.c test/failures/listen.h test/failures/listen_legacy.c \
	test/failures/listen_races.c test/failures/listen_load.c
layers_sources = test/failures/layers.c test/failures/layers.h test/failures/layers_say.c \
	test/failures/layers_chain.c test/failures/layers_view.c \
	test/failures/layers_hidden.c
soak_sources = test/failures/soak.c
idle_sources = test/failures/idle.c
results_sources = test/failures/results.c test/failures/results.h test/failures/results_blobs.c
schemas_sources = test/failures/schemas.c test/failures/schemas.h test/failures/desk.c \
	test/failures/schemas_tables.c test/failures/schemas_coerce.c \
	test/failures/schemas_headers.c test/failures/schemas_results.c
offers_sources = test/failures/offers.c test/failures/offers.h \
	test/failures/offers_prompts.c test/failures/offers_resources.c \
	test/failures/offers_templates.c test/failures/offers_completion.c
driven_sources = test/failures/driven.c test/failures/driven.h test/failures/driven_stdio.c \
	test/failures/driven_session.c test/failures/driven_stop.c test/failures/driven_misuse.c \
	test/failures/executors.c test/failures/inline.c
fixture_sources = test/failures/fixture.c test/failures/booth.c test/failures/booth.h \
	test/failures/fixture_ask.c test/failures/fixture_round.c \
	test/failures/quiz.c test/failures/quiz.h
http_idle_sources = test/failures/http_idle.c test/failures/http_idle_server.c \
	test/failures/http_idle_crowd.c test/failures/http_idle.h
# Over HTTP, to a server in the process: a client of raw bytes, and the site that it visits.
site_sources = test/failures/web.c test/failures/web.h test/failures/web_read.c \
	test/failures/http_site.c test/failures/http_site.h test/failures/http_tests.h \
	test/failures/hands.c test/failures/hands.h
http_sources = test/failures/http.c test/failures/http_web.c test/failures/http_abort.c \
	test/failures/http_body.c test/failures/http_call.c test/failures/http_close.c test/failures/http_seed.c \
	test/failures/http_load.c
sse_sources = test/failures/sse.c test/failures/http_stream.c test/failures/http_resume.c
sessions_sources = test/failures/sessions.c test/failures/http_session.c \
	test/failures/http_end.c
guard_sources = test/failures/guard.c test/failures/http_door.c \
	test/failures/http_smuggle.c test/failures/http_who.c
chaos_sources = test/failures/chaos.c test/failures/chaos.h test/failures/chaos_server.c \
	test/failures/chaos_talk.c test/failures/chaos_request.c test/failures/chaos_acts.c \
	test/failures/chaos_acts.h test/failures/chaos_modern.c test/failures/chaos_legacy.c \
	test/failures/chaos_batch.c test/failures/chaos_old.c
EXTRA_DIST += $(failures_common) \
	$(close_sources) $(cancel_sources) $(ask_sources) $(stdio_sources) \
	$(load_sources) $(hostile_sources) $(stop_sources) $(order_sources) \
	$(handlers_sources) $(clients_sources) $(edges_sources) $(soak_sources) \
	$(eras_sources) $(changes_sources) $(pages_sources) $(results_sources) \
	$(schemas_sources) $(driven_sources) $(idle_sources) $(layers_sources) \
	$(offers_sources) $(listen_sources) $(rounds_sources) $(protocol_sources) $(fixture_sources) \
	$(site_sources) $(http_sources) $(sse_sources) $(sessions_sources) $(guard_sources) \
	$(http_idle_sources) $(chaos_sources)
dist_check_SCRIPTS += test/failures/doc.sh test/failures/mutations.sh test/failures/idle.sh \
	test/failures/driven.sh

FAILURES_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/test/fixtures \
	-DTEST_LAB='"$(abs_top_builddir)/test/fixtures/lab"'
if SANITIZED
FAILURES_CPPFLAGS += -DTEST_SANITIZED
endif

# On the library as it is installed: memory is judged in builds without test hooks.
check_PROGRAMS += test/failures/http_idle test/failures/chaos
TESTS += test/failures/http_idle test/failures/chaos
test_failures_http_idle_SOURCES = $(http_idle_sources)
test_failures_http_idle_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_http_idle_LDADD   = libmcpserver.la
test_failures_http_idle_LDFLAGS = $(AM_LDFLAGS) -no-install
test_failures_chaos_SOURCES = $(chaos_sources)
test_failures_chaos_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_chaos_LDADD   = libmcpserver.la $(JSONC_LIBS)
test_failures_chaos_LDFLAGS = $(AM_LDFLAGS) -no-install

if UNIT_TESTS
if TEST_HOOKS
failures_programs = test/failures/close test/failures/cancel test/failures/ask test/failures/stdio \
	test/failures/load test/failures/hostile test/failures/stop test/failures/order \
	test/failures/handlers test/failures/clients test/failures/edges \
	test/failures/eras test/failures/changes test/failures/pages test/failures/soak \
	test/failures/idle test/failures/results test/failures/schemas test/failures/driven \
	test/failures/layers test/failures/offers test/failures/listen test/failures/rounds \
	test/failures/protocol test/failures/fixture test/failures/http test/failures/sse \
	test/failures/sessions test/failures/guard
check_PROGRAMS += $(failures_programs)
TESTS += $(failures_programs)
check_LTLIBRARIES += libscene.la libsite.la

libscene_la_SOURCES  = $(failures_common)
libscene_la_CPPFLAGS = $(FAILURES_CPPFLAGS)
libscene_la_LIBADD   = libunit.la
libsite_la_SOURCES  = $(site_sources)
libsite_la_CPPFLAGS = $(FAILURES_CPPFLAGS)
libsite_la_LIBADD   = libscene.la

test_failures_close_SOURCES  = $(close_sources)
test_failures_close_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_close_LDADD    = libscene.la
test_failures_cancel_SOURCES  = $(cancel_sources)
test_failures_cancel_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_cancel_LDADD    = libscene.la
test_failures_ask_SOURCES  = $(ask_sources)
test_failures_ask_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_ask_LDADD    = libscene.la
test_failures_stdio_SOURCES  = $(stdio_sources)
test_failures_stdio_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_stdio_LDADD    = libscene.la
test_failures_load_SOURCES  = $(load_sources)
test_failures_load_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_load_LDADD    = libscene.la
test_failures_hostile_SOURCES  = $(hostile_sources)
test_failures_hostile_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_hostile_LDADD    = libscene.la
test_failures_stop_SOURCES  = $(stop_sources)
test_failures_stop_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_stop_LDADD    = libscene.la
test_failures_order_SOURCES  = $(order_sources)
test_failures_order_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_order_LDADD    = libscene.la
test_failures_handlers_SOURCES  = $(handlers_sources)
test_failures_handlers_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_handlers_LDADD    = libscene.la
test_failures_clients_SOURCES  = $(clients_sources)
test_failures_clients_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_clients_LDADD    = libscene.la
test_failures_edges_SOURCES  = $(edges_sources)
test_failures_edges_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_edges_LDADD    = libscene.la
test_failures_eras_SOURCES  = $(eras_sources)
test_failures_eras_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_eras_LDADD    = libscene.la
test_failures_changes_SOURCES  = $(changes_sources)
test_failures_changes_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_changes_LDADD    = libscene.la
test_failures_pages_SOURCES  = $(pages_sources)
test_failures_pages_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_pages_LDADD    = libscene.la
test_failures_protocol_SOURCES  = $(protocol_sources) $(kinds_sources)
test_failures_protocol_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_protocol_LDADD    = libscene.la
test_failures_soak_SOURCES  = $(soak_sources)
test_failures_soak_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_soak_LDADD    = libscene.la
test_failures_idle_SOURCES  = $(idle_sources)
test_failures_idle_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_idle_LDADD    = libscene.la
test_failures_results_SOURCES  = $(results_sources)
test_failures_results_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_results_LDADD    = libscene.la
test_failures_schemas_SOURCES  = $(schemas_sources)
test_failures_schemas_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_schemas_LDADD    = libscene.la
test_failures_layers_SOURCES  = $(layers_sources)
test_failures_layers_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_layers_LDADD    = libscene.la
test_failures_offers_SOURCES  = $(offers_sources)
test_failures_offers_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_offers_LDADD    = libscene.la
test_failures_rounds_SOURCES  = $(rounds_sources)
test_failures_rounds_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_rounds_LDADD    = libscene.la
test_failures_driven_SOURCES  = $(driven_sources)
test_failures_driven_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_driven_LDADD    = libscene.la
test_failures_listen_SOURCES  = $(listen_sources)
test_failures_listen_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_listen_LDADD    = libscene.la
test_failures_fixture_SOURCES  = $(fixture_sources) $(conformance_sources)
test_failures_fixture_CPPFLAGS = $(FAILURES_CPPFLAGS) -I$(top_srcdir)/test/conformance
test_failures_fixture_LDADD    = libscene.la
test_failures_http_SOURCES  = $(http_sources)
test_failures_http_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_http_LDADD    = libsite.la
test_failures_sse_SOURCES  = $(sse_sources)
test_failures_sse_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_sse_LDADD    = libsite.la
test_failures_sessions_SOURCES  = $(sessions_sources)
test_failures_sessions_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_sessions_LDADD    = libsite.la
test_failures_guard_SOURCES  = $(guard_sources)
test_failures_guard_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_guard_LDADD    = libsite.la
endif
endif
CLEANFILES += test/failures/*.driven.out
