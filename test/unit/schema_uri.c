/* SPDX-License-Identifier: MIT */
/* URIs: taken apart, resolved, decoded. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#include "schema/uri.h"

extern const struct unit_test schema_uri_tests[];

struct resolved {
    const char *base, *reference, *uri;
};

static void check_resolved(const struct resolved *rows, size_t n)
{
    struct mcps__buf out;

    mcps__buf_init(&out, 1000);
    for (size_t i = 0; i < n; i++) {
        const struct resolved *row = &rows[i];

        unit_note_on_failure("\"%s\" at \"%s\"", row->reference, row->base);
        mcps__buf_clear(&out);
        CHECK_INT(mcps__buf_append(&out, "before ", 7), 0);
        CHECK_INT(mcps__uri_resolve(&out, row->base, strlen(row->base), row->reference,
                                    strlen(row->reference)),
                  0);
        CHECK_INT(mcps__buf_append_byte(&out, '\0'), 0);
        CHECK_STR(out.data + 7, row->uri);
    }
out:
    mcps__buf_fini(&out);
}

#define RFC_BASE "http://a/b/c/d;p?q"

static void examples_of_the_rfc_resolve(void)
{
    static const struct resolved rows[] = {
        /* 5.4.1, but for fragments, which are left out */
        { RFC_BASE, "g:h", "g:h" },
        { RFC_BASE, "g", "http://a/b/c/g" },
        { RFC_BASE, "./g", "http://a/b/c/g" },
        { RFC_BASE, "g/", "http://a/b/c/g/" },
        { RFC_BASE, "/g", "http://a/g" },
        { RFC_BASE, "//g", "http://g" },
        { RFC_BASE, "?y", "http://a/b/c/d;p?y" },
        { RFC_BASE, "g?y", "http://a/b/c/g?y" },
        { RFC_BASE, "#s", "http://a/b/c/d;p?q" },
        { RFC_BASE, "g#s", "http://a/b/c/g" },
        { RFC_BASE, "g?y#s", "http://a/b/c/g?y" },
        { RFC_BASE, ";x", "http://a/b/c/;x" },
        { RFC_BASE, "g;x", "http://a/b/c/g;x" },
        { RFC_BASE, "g;x?y#s", "http://a/b/c/g;x?y" },
        { RFC_BASE, "", "http://a/b/c/d;p?q" },
        { RFC_BASE, ".", "http://a/b/c/" },
        { RFC_BASE, "./", "http://a/b/c/" },
        { RFC_BASE, "..", "http://a/b/" },
        { RFC_BASE, "../", "http://a/b/" },
        { RFC_BASE, "../g", "http://a/b/g" },
        { RFC_BASE, "../..", "http://a/" },
        { RFC_BASE, "../../", "http://a/" },
        { RFC_BASE, "../../g", "http://a/g" },
        /* 5.4.2 */
        { RFC_BASE, "../../../g", "http://a/g" },
        { RFC_BASE, "../../../../g", "http://a/g" },
        { RFC_BASE, "/./g", "http://a/g" },
        { RFC_BASE, "/../g", "http://a/g" },
        { RFC_BASE, "g.", "http://a/b/c/g." },
        { RFC_BASE, ".g", "http://a/b/c/.g" },
        { RFC_BASE, "g..", "http://a/b/c/g.." },
        { RFC_BASE, "..g", "http://a/b/c/..g" },
        { RFC_BASE, "./../g", "http://a/b/g" },
        { RFC_BASE, "./g/.", "http://a/b/c/g/" },
        { RFC_BASE, "g/./h", "http://a/b/c/g/h" },
        { RFC_BASE, "g/../h", "http://a/b/c/h" },
        { RFC_BASE, "g;x=1/./y", "http://a/b/c/g;x=1/y" },
        { RFC_BASE, "g;x=1/../y", "http://a/b/c/y" },
        { RFC_BASE, "g?y/./x", "http://a/b/c/g?y/./x" },
        { RFC_BASE, "g?y/../x", "http://a/b/c/g?y/../x" },
        { RFC_BASE, "g#s/./x", "http://a/b/c/g" },
        { RFC_BASE, "g#s/../x", "http://a/b/c/g" },
        { RFC_BASE, "http:g", "http:g" },
    };

    check_resolved(rows, sizeof rows / sizeof rows[0]);
}

static void other_bases_resolve(void)
{
    static const struct resolved rows[] = {
        /* A base with a fragment, without a path, with a path of one piece. */
        { "http://a/b#f/g", "c", "http://a/c" },
        { "http://a/b?x/y", "c", "http://a/c" },
        { "http://a", "b", "http://a/b" },
        { "http://a", "../b", "http://a/b" },
        { "http://a", "?b", "http://a?b" },
        { "http://a?q", "#f", "http://a?q" },
        { "http://a?q", "", "http://a?q" },
        { "file:///a/b", "c", "file:///a/c" },
        { "file:/a/b", "c", "file:/a/c" },
        { "file:///a", "//h", "file://h" },
        { "http://a/b/c/", "", "http://a/b/c/" },
        { "http://a/b//c", "../d", "http://a/b/d" },
        { "http://a//b", "../../d", "http://a/d" },
        { "http://a/b", "c?#", "http://a/c?" },
        { "http://a/b", "?", "http://a/b?" },
        /* None, and relative ones. */
        { "", "", "" },
        { "", "#f", "" },
        { "", "a/b", "a/b" },
        { "", "./a/../b", "b" },
        { "", "../a", "a" },
        { "", "/a/./b", "/a/b" },
        { "", "?q", "?q" },
        { "", "http://A/b", "http://a/b" },
        { "a/b", "c", "a/c" },
        { "a/b", "../../../c", "c" },
        { "a/b", "/c", "/c" },
        { "a/b?q", "", "a/b?q" },
        { "/a/b", "c", "/a/c" },
        { "//h", "c", "//h/c" },
        { "//H/a", "c", "//h/c" },
        /* Scheme and host in lower case, and nothing else. */
        { "", "HTTP://User:Pass@Host.Example:80/Path?Query#F",
          "http://User:Pass@host.example:80/Path?Query" },
        { "HTTP://A@B/C", "D", "http://A@b/D" },
        { "", "URN:Isbn:X", "urn:Isbn:X" },
        /* No path to go along. */
        { "urn:uuid:1/2", "", "urn:uuid:1/2" },
        { "urn:uuid:1?=x", "#f", "urn:uuid:1?=x" },
        { "urn:uuid:1", "urn:uuid:2#f", "urn:uuid:2" },
        { "urn:uuid:1/2", "a", "a" },
        { "urn:uuid:1", "/a", "/a" },
        { "urn:uuid:1", "?a", "?a" },
        { "urn:uuid:1", "//a/b", "//a/b" },
        { "urn:", "a", "a" },
        /* Paths that would be something else without their dots. */
        { "", "./a:b", "./a:b" },
        { "", "./a/b:c", "a/b:c" },
        { "file:/a", "/.//b", "file:/.//b" },
        { "file:/a", "/x/..//b/..", "file:/.//" },
        { "", "x/..//b", ".//b" },
        { "http://a/b", "/.//c", "http://a//c" },
    };

    check_resolved(rows, sizeof rows / sizeof rows[0]);
}

/* What was resolved stays what it is when it is resolved again. */
static void resolving_again_changes_nothing(void)
{
    static const char *const pieces[] = {
        "a", "..", ".", "/", "//", ":", "?", "#", "x:"
    };
    struct mcps__buf once, twice;
    char text[40];

    mcps__buf_init(&once, 100);
    mcps__buf_init(&twice, 100);
    for (unsigned i = 0; i < unit_repeat(2000, 100000); i++) {
        size_t n = 1 + (size_t)unit_random_below(12);

        text[0] = '\0';
        while (n-- > 0)
            strcat(text, pieces[unit_random_below(sizeof pieces / sizeof pieces[0])]);
        unit_note_on_failure("\"%s\"", text);
        mcps__buf_clear(&once);
        mcps__buf_clear(&twice);
        CHECK_INT(mcps__uri_resolve(&once, "", 0, text, strlen(text)), 0);
        CHECK_INT(mcps__uri_resolve(&twice, "", 0, once.data, once.len), 0);
        CHECK_MEM(twice.data, twice.len, once.data, once.len);
    }
out:
    mcps__buf_fini(&once);
    mcps__buf_fini(&twice);
}

static void nothing_is_appended_beyond_the_limit(void)
{
    struct mcps__buf out;

    mcps__buf_init(&out, 30);
    CHECK_INT(mcps__buf_append(&out, "x", 1), 0);
    CHECK_INT(mcps__uri_resolve(&out, "http://example.org/a", 20, "b/c/d/e/f/g/h", 13),
              MCPS_ELIMIT);
    CHECK_INT(mcps__uri_decode(&out, "123456789012345678901234567890", 30), MCPS_ELIMIT);
    CHECK_MEM(out.data, out.len, "x", 1);
    mcps__buf_fini(&out);
    mcps__buf_init(&out, 9);
    CHECK_INT(mcps__uri_resolve(&out, "a://h", 5, "b?c", 3), 0);
    CHECK_MEM(out.data, out.len, "a://h/b?c", 9);
    mcps__buf_fini(&out);
    mcps__buf_init(&out, 8);
    CHECK_INT(mcps__uri_resolve(&out, "a://h", 5, "b?c", 3), MCPS_ELIMIT);
out:
    mcps__buf_fini(&out);
}

static void references_are_told(void)
{
    static const char *const good[] = {
        "",
        "a",
        "a:b",
        "#",
        "#/$defs/a%22b",
        "?a?/b",
        "//u:p@[::1]:80/a;b=c,d/@:!$&'()*+",
        "./a:b",
        "a/b:c",
        "//h:1",
        "urn:example:foo?+CCResolve:cc=uk",
        "http://a/-._~%41%aF?-._~/#-._~?/",
    };
    static const char *const bad[] = {
        " ",    "a b",    "a\"",  "<a>",  "a\\b",     "a^",   "a`",  "a{}",
        "a|",   "%",      "%4",   "%4g",  "%g4",      "#a#b", "1:b", ":b",
        "a_:b", "/[::1]", "?[a]", "#[a]", "\xc3\xa9", "\x7f", "\n",  "a\n",
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        unit_note_on_failure("\"%s\"", good[i]);
        CHECK(mcps__uri_is_reference(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        unit_note_on_failure("\"%s\"", bad[i]);
        CHECK(!mcps__uri_is_reference(bad[i], strlen(bad[i])));
    }
    unit_note_on_failure("NULs");
    CHECK(!mcps__uri_is_reference("a\0b", 3));
    CHECK(!mcps__uri_is_reference("//a\0b", 5));
    CHECK(mcps__uri_is_reference("%41", 3));
    CHECK(!mcps__uri_is_reference("%41", 2));
    CHECK(mcps__uri_is_reference(NULL, 0));
out:;
}

static bool has_scheme(const char *text, size_t len)
{
    return mcps__uri_split(text, len).scheme.len > 0;
}

static void schemes_are_told(void)
{
    CHECK(has_scheme("a:", 2));
    CHECK(has_scheme("A1+-.:b", 7));
    CHECK(!has_scheme("a:", 1));
    CHECK(!has_scheme(":a", 2));
    CHECK(!has_scheme("1a:b", 4));
    CHECK(!has_scheme("a_b:c", 5));
    CHECK(!has_scheme("a/b:c", 5));
    CHECK(!has_scheme("#a:b", 4));
    CHECK(!has_scheme(NULL, 0));
out:;
}

static void fragments_are_found(void)
{
    static const char text[] = "a?b#c#d";
    size_t len = 9;

    CHECK(mcps__uri_fragment("a", 1, &len) == NULL);
    CHECK(mcps__uri_fragment(text, 3, &len) == NULL);
    CHECK(mcps__uri_fragment(NULL, 0, &len) == NULL);
    CHECK_INT(len, 9);
    CHECK(mcps__uri_fragment(text, 7, &len) == text + 4);
    CHECK_INT(len, 3);
    CHECK(mcps__uri_fragment(text, 4, &len) == text + 4);
    CHECK_INT(len, 0);
out:;
}

static void escapes_are_decoded(void)
{
    static const char *const bad[] = { "%", "a%", "%4", "%4x", "%x4", "%%41", "%41%" };
    struct mcps__buf out;

    mcps__buf_init(&out, 100);
    CHECK_INT(mcps__uri_decode(&out, "", 0), 0);
    CHECK_INT(out.len, 0);
    CHECK_INT(mcps__uri_decode(&out, "a+%41%7e%C3%a9%00%25z", 21), 0);
    CHECK_MEM(out.data, out.len, "a+A~\xc3\xa9\0%z", 9);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        unit_note_on_failure("\"%s\"", bad[i]);
        CHECK_INT(mcps__uri_decode(&out, bad[i], strlen(bad[i])), MCPS_EINVALID);
        CHECK_INT(out.len, 9);
    }
    CHECK_INT(mcps__uri_decode(&out, "%41", 2), MCPS_EINVALID);
out:
    mcps__buf_fini(&out);
}

const struct unit_test schema_uri_tests[] = {
    UNIT_TEST(examples_of_the_rfc_resolve),
    UNIT_TEST(other_bases_resolve),
    UNIT_TEST(resolving_again_changes_nothing),
    UNIT_TEST(nothing_is_appended_beyond_the_limit),
    UNIT_TEST(references_are_told),
    UNIT_TEST(schemes_are_told),
    UNIT_TEST(fragments_are_found),
    UNIT_TEST(escapes_are_decoded),
    UNIT_END,
};
