# One test for each entry of doc/failures.md, in a program for each group.
failures_common = test/failures/scene.c test/failures/scene.h test/failures/wire.c \
	test/fixtures/lab_tools.c test/fixtures/lab_tools.h
failures_sources = $(failures_common) test/failures/close.c
EXTRA_DIST += $(failures_sources)

FAILURES_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/test/fixtures \
	-DTEST_LAB='"$(abs_top_builddir)/test/fixtures/lab"'
if SANITIZED
FAILURES_CPPFLAGS += -DTEST_SANITIZED
endif

if UNIT_TESTS
if TEST_HOOKS
failures_programs = test/failures/close
check_PROGRAMS += $(failures_programs)
TESTS += $(failures_programs)
check_LTLIBRARIES += libscene.la

libscene_la_SOURCES  = $(failures_common)
libscene_la_CPPFLAGS = $(FAILURES_CPPFLAGS)
libscene_la_LIBADD   = libunit.la

test_failures_close_SOURCES  = test/failures/close.c
test_failures_close_CPPFLAGS = $(FAILURES_CPPFLAGS)
test_failures_close_LDADD    = libscene.la
endif
endif
