libmcpscore_la_SOURCES += \
	lib/schema/arena.c lib/schema/arena.h \
	lib/schema/args.c lib/schema/args.h \
	lib/schema/chars.h \
	lib/schema/check.c lib/schema/check.h \
	lib/schema/coerce.c \
	lib/schema/compile.c lib/schema/compile.h \
	lib/schema/compile_parts.c \
	lib/schema/compile_values.c \
	lib/schema/complain.c lib/schema/complain.h \
	lib/schema/constant.c lib/schema/constant.h \
	lib/schema/decimal.c lib/schema/decimal.h \
	lib/schema/dialect.c lib/schema/dialect.h \
	lib/schema/distinct.c \
	lib/schema/documents.c \
	lib/schema/ecma.c lib/schema/ecma.h \
	lib/schema/ecma_char.c lib/schema/ecma_parser.h lib/schema/ecma_ref.c \
	lib/schema/encode.c \
	lib/schema/eval.c lib/schema/eval.h \
	lib/schema/eval_joints.c \
	lib/schema/eval_parts.c \
	lib/schema/explain.c \
	lib/schema/fits.h \
	lib/schema/follow.c \
	lib/schema/format.c lib/schema/format.h lib/schema/format_net.c \
	lib/schema/format_time.c lib/schema/format_uri.c \
	lib/schema/form.c lib/schema/form.h \
	lib/schema/held.h \
	lib/schema/identity.c \
	lib/schema/idna.c lib/schema/idna.h \
	lib/schema/idna_chars.c lib/schema/idna_chars.h \
	lib/schema/index.c \
	lib/schema/keywords.c \
	lib/schema/metaschema.c lib/schema/metaschema.h \
	lib/schema/mirrored.c lib/schema/mirrored.h \
	lib/schema/names.c lib/schema/names.h \
	lib/schema/num.c lib/schema/num.h \
	lib/schema/on_valgrind.h \
	lib/schema/place.c lib/schema/place.h \
	lib/schema/program.h \
	lib/schema/property.c lib/schema/property.h \
	lib/schema/punycode.c lib/schema/punycode.h \
	lib/schema/reader.c lib/schema/reader.h \
	lib/schema/regex.h \
	lib/schema/schema.c \
	lib/schema/table.c lib/schema/table.h \
	lib/schema/trials.c \
	lib/schema/uri.c lib/schema/uri.h \
	lib/schema/words.c lib/schema/words.h \
	lib/schema/write.c
if HAVE_PCRE2
libmcpscore_la_SOURCES += lib/schema/regex.c
else
libmcpscore_la_SOURCES += lib/schema/regex_none.c
endif
