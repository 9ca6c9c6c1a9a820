# Programs that are not installed: what `./autogen.sh demo` runs, and the tables of doc/.
noinst_PROGRAMS += tools/demo tools/doctables

tools_demo_SOURCES = tools/demo.c tools/demo.h tools/demo_calc.c tools/demo_notes.c \
	tools/demo_tools.c
tools_demo_LDADD   = libmcpserver.la
tools_demo_LDFLAGS = $(AM_LDFLAGS) -no-install

tools_doctables_SOURCES = tools/doctables.c
tools_doctables_LDADD   = libmcpscore.la

# Writes the tables that doc/ has from the sources; test/doc_tables.sh checks them.
docs: tools/doctables
	top_srcdir=$(top_srcdir) top_builddir=$(top_builddir) \
		$(SHELL) $(top_srcdir)/test/doc_tables.sh --update

.PHONY: docs
