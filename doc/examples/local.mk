# Small programs against the public headers only, in plain C11: built by make check, which also
# talks to them, and installed as they are.
examplesdir = $(docdir)/examples
dist_examples_DATA = doc/examples/ask.c doc/examples/async.c doc/examples/calc.c doc/examples/check.c doc/examples/game.c \
	doc/examples/interrupt.c doc/examples/mainloop.c doc/examples/notes.c

examples = doc/examples/ask doc/examples/async doc/examples/calc doc/examples/check doc/examples/game \
	doc/examples/notes
if HAVE_EPOLL
examples += doc/examples/mainloop
endif
if HAVE_SQLITE
examples += doc/examples/interrupt
endif
EXTRA_PROGRAMS += doc/examples/interrupt doc/examples/mainloop
check_PROGRAMS += $(examples)

doc_examples_ask_SOURCES = doc/examples/ask.c
doc_examples_ask_CFLAGS  = $(AM_CFLAGS) -std=c11 $(JSONC_CFLAGS)
doc_examples_ask_LDADD   = libmcpserver.la $(JSONC_LIBS)
doc_examples_ask_LDFLAGS = $(AM_LDFLAGS) -no-install
doc_examples_async_SOURCES = doc/examples/async.c
doc_examples_async_CFLAGS  = $(AM_CFLAGS) -std=c11
doc_examples_async_LDADD   = libmcpserver.la
doc_examples_async_LDFLAGS = $(AM_LDFLAGS) -no-install
doc_examples_calc_SOURCES = doc/examples/calc.c
doc_examples_calc_CFLAGS  = $(AM_CFLAGS) -std=c11
doc_examples_calc_LDADD   = libmcpserver.la
doc_examples_calc_LDFLAGS = $(AM_LDFLAGS) -no-install
doc_examples_check_SOURCES = doc/examples/check.c
doc_examples_check_CFLAGS  = $(AM_CFLAGS) -std=c11
doc_examples_check_LDADD   = libmcpserver.la
doc_examples_check_LDFLAGS = $(AM_LDFLAGS) -no-install
doc_examples_game_SOURCES = doc/examples/game.c
doc_examples_game_CFLAGS  = $(AM_CFLAGS) -std=c11
doc_examples_game_LDADD   = libmcpserver.la
doc_examples_game_LDFLAGS = $(AM_LDFLAGS) -no-install
doc_examples_interrupt_SOURCES = doc/examples/interrupt.c
doc_examples_interrupt_CFLAGS  = $(AM_CFLAGS) -std=c11 $(SQLITE_CFLAGS)
doc_examples_interrupt_LDADD   = libmcpserver.la $(SQLITE_LIBS)
doc_examples_interrupt_LDFLAGS = $(AM_LDFLAGS) -no-install
doc_examples_mainloop_SOURCES = doc/examples/mainloop.c
doc_examples_mainloop_CFLAGS  = $(AM_CFLAGS) -std=c11
doc_examples_mainloop_LDADD   = libmcpserver.la
doc_examples_mainloop_LDFLAGS = $(AM_LDFLAGS) -no-install
doc_examples_notes_SOURCES = doc/examples/notes.c
doc_examples_notes_CFLAGS  = $(AM_CFLAGS) -std=c11
doc_examples_notes_LDADD   = libmcpserver.la
doc_examples_notes_LDFLAGS = $(AM_LDFLAGS) -no-install

dist_check_SCRIPTS += test/examples.sh
