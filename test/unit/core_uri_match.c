/* SPDX-License-Identifier: MIT */
/* URI templates: what matches, what the path screen refuses, and what it takes at most. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/uri_template.h"
#include "json/write.h"

extern const struct unit_test uri_match_tests[];

static int match(const char *text, const char *uri, size_t len, bool screen,
                 struct mcps__buf *values)
{
    mcps_uri_template *t = NULL;
    int r = mcps_uri_template_new(&t, text, NULL, 0);

    if (r < 0)
        return r;
    r = mcps__uri_template_match(t, uri, len, screen, values);
    mcps_uri_template_free(t);
    return r;
}

/* ---- what matches ---- */

struct row {
    const char *text, *uri;
    const char *values; /* NULL: it does not match */
};

static const struct row rows[] = {
    /* Literals */
    { "", "", "{}" },
    { "", "a", NULL },
    { "a", "", NULL },
    { "test://x/y", "test://x/y", "{}" },
    { "test://x/y", "test://x/", NULL },
    { "test://x/y", "test://x/y/", NULL },
    { "/%7e%2f%41", "/~%2FA", "{}" },
    { "/~", "/%7E", "{}" },
    { "/a,b", "/a%2Cb", NULL },
    { "/\xc3\xa9", "/%c3%A9", "{}" },
    { "/\xc3\xa9", "/\xc3\xa9", NULL },
    { "/a", "/A", NULL },
    /* The case of schemes and hosts */
    { "test://host/a{x}", "TEST://HoSt/ab", "{\"x\":\"b\"}" },
    { "TEST://HoSt/a{x}", "test://host/ab", "{\"x\":\"b\"}" },
    { "test://host/a{x}", "test://host/Ab", NULL },
    { "test://me@host/{x}", "TEST://me@host/b", "{\"x\":\"b\"}" },
    { "test://me@host/{x}", "test://ME@host/b", NULL },
    { "test://me@host/{x}", "test://me@HOST/b", NULL },
    { "test://h{x}", "test://Hi", "{\"x\":\"i\"}" },
    { "urn:a{x}", "URN:ab", "{\"x\":\"b\"}" },
    { "urn:a{x}", "urn:Ab", NULL },
    { "a/b:c", "A/b:c", NULL },
    { "{x}://host/", "test://HOST/", NULL },
    /* {x} */
    { "test://{id}/data", "test://123/data", "{\"id\":\"123\"}" },
    { "test://{id}/data", "test:///data", NULL },
    { "test://{id}/data", "test://1/2/data", NULL },
    { "/{x}", "/aZ09-._~", "{\"x\":\"aZ09-._~\"}" },
    { "/{x}", "/a%20b%2F%3f%25", "{\"x\":\"a b/?%\"}" },
    { "/{x}", "/a?", NULL },
    { "/{x}", "/a#", NULL },
    { "/{x}", "/a:b", NULL },
    { "/{x}", "/a+b", NULL },
    { "/{x}", "/a b", NULL },
    { "/{x}", "/a%", NULL },
    { "/{x}", "/a%2", NULL },
    { "/{x}", "/a%2g", NULL },
    { "/{x}", "/a%g2", NULL },
    { "/{x}", "/\xc3\xa9", NULL },
    { "/{x}", "/%C3%A9%e2%82%ac%F0%9F%98%80",
      "{\"x\":\"\xc3\xa9\xe2\x82\xac"
      "\xf0\x9f\x98\x80\"}" },
    { "/{x}", "/%C3", NULL },
    { "/{x}", "/%A9", NULL },
    { "/{x}", "/%C0%AF", NULL },
    { "/{x}", "/%ED%A0%80", NULL },
    { "/{x}", "/%E2%82a", NULL },
    { "/{x}", "/a%00b", "{\"x\":\"a\\u0000b\"}" },
    { "/{x}%A9", "/%C3%A9", NULL },
    { "/{x}{y}", "/a%C3%A9", "{\"x\":\"a\",\"y\":\"\xc3\xa9\"}" },
    { "/{x,y}", "/a,b", "{\"x\":\"a\",\"y\":\"b\"}" },
    { "/{x,y}", "/a", NULL },
    { "/{x,y}", "/a,b,c", NULL },
    { "/{x,y}", "/a%2Cb,c", "{\"x\":\"a,b\",\"y\":\"c\"}" },
    { "{a.b}{%41}", "12", "{\"a.b\":\"1\",\"%41\":\"2\"}" },
    /* {+x} and {#x} */
    { "file:///{+dir}/{name}", "file:///a/b/c", "{\"dir\":\"a/b\",\"name\":\"c\"}" },
    { "file:///{+dir}/{name}", "file:///a/c", "{\"dir\":\"a\",\"name\":\"c\"}" },
    { "file:///{+dir}/{name}", "file:///c", NULL },
    { "file:///{+dir}/{name}", "file:///a/b/", NULL },
    { "{+x}", ":/?#[]@!$&'()*+,;=a%20", "{\"x\":\":/?#[]@!$&'()*+,;=a \"}" },
    { "{+x}", "a|", NULL },
    { "{+x}", "a\x7f", NULL },
    { "{+x}", "", NULL },
    { "{+x,y}", "a,b,c", "{\"x\":\"a,b\",\"y\":\"c\"}" },
    { "p{#x}", "p#a/b", "{\"x\":\"a/b\"}" },
    { "p{#x}", "p", NULL },
    { "p{#x}", "p#", NULL },
    { "p{#x,y}", "p#a,b", "{\"x\":\"a\",\"y\":\"b\"}" },
    /* {.x} and {/x} */
    { "f{.x,y}", "f.a.b.c", "{\"x\":\"a.b\",\"y\":\"c\"}" },
    { "f{.x}", "f", NULL },
    { "{/x,y}", "/a/b", "{\"x\":\"a\",\"y\":\"b\"}" },
    { "{/x,y}", "/a", NULL },
    { "{/x,y}", "/a/b/c", NULL },
    { "u{/x}/e", "u/a/e", "{\"x\":\"a\"}" },
    /* Who gets what */
    { "{a}-{b}", "x-y-z", "{\"a\":\"x-y\",\"b\":\"z\"}" },
    { "{name}.{ext}", "a.tar.gz", "{\"name\":\"a.tar\",\"ext\":\"gz\"}" },
    { "{+a}/{+b}", "x/y/z", "{\"a\":\"x/y\",\"b\":\"z\"}" },
    { "{a}{b}{c}", "wxyz", "{\"a\":\"wx\",\"b\":\"y\",\"c\":\"z\"}" },
    { "{a}{b}", "x", NULL },
    { "{a}aab{b}", "aaabaab1", "{\"a\":\"aaab\",\"b\":\"1\"}" },
    { "{a}aab{b}", "xaaab1", "{\"a\":\"xa\",\"b\":\"1\"}" },
    { "{a}aabaaa{b}", "-aabaaabaaa1", "{\"a\":\"-aaba\",\"b\":\"1\"}" },
    { "{a}abab", "ababab", "{\"a\":\"ab\"}" },
    { "{+a}/x/{b}", "p/x/x/x/q", "{\"a\":\"p/x/x\",\"b\":\"q\"}" },
    { "{+a}%2F{b}", "p%2F%2fq", "{\"a\":\"p/\",\"b\":\"q\"}" },
    /* A variable twice */
    { "{x}/{x}", "a/a", "{\"x\":\"a\"}" },
    { "{x}/{x}", "a/%61", "{\"x\":\"a\"}" },
    { "{x}/{x}", "a/b", NULL },
    { "{x}/{x}", "a/aa", NULL },
    { "{x}{x}", "aa", "{\"x\":\"a\"}" },
    { "{x}{x}", "abab", NULL },
    { "{x}{?x}", "a", "{\"x\":\"a\"}" },
    { "{x}{?x}", "a?x=a", "{\"x\":\"a\"}" },
    { "{x}{?x}", "a?x=b", NULL },
    { "{?x,x}", "?x=a&x=a", "{\"x\":\"a\"}" },
    { "{?x,x}", "?x=a&x=b", NULL },
    { "{?x,x}", "?x=a&x=a&x=a", NULL },
    { "r{?y}/{x,y}", "r/1,2", "{\"y\":\"2\",\"x\":\"1\"}" },
    /* Queries */
    { "s{?x,y}", "s", "{}" },
    { "s{?x,y}", "s?", NULL },
    { "s{?x,y}", "s?x=1", "{\"x\":\"1\"}" },
    { "s{?x,y}", "s?y=1", "{\"y\":\"1\"}" },
    { "s{?x,y}", "s?x=1&y=2", "{\"x\":\"1\",\"y\":\"2\"}" },
    { "s{?x,y}", "s?y=2&x=1", "{\"x\":\"1\",\"y\":\"2\"}" },
    { "s{?x,y}", "s?x=1&x=1", NULL },
    { "s{?x,y}", "s?x=1&z=1", NULL },
    { "s{?x,y}", "s?z=1", NULL },
    { "s{?x,y}", "s?x=1&", NULL },
    { "s{?x,y}", "s?&x=1", NULL },
    { "s{?x,y}", "s?x=1&&y=2", NULL },
    { "s{?x,y}", "s&x=1", NULL },
    { "s{?x,y}", "s?x=1?y=1", NULL },
    { "s{?x,y}", "s?x=1;y=1", NULL },
    { "s{?x,y}", "s?X=1", NULL },
    { "s{?x,y}", "s?xx=1", NULL },
    { "s{?x,y}", "s?%78=1", "{\"x\":\"1\"}" },
    { "s{?x,y}", "s?x%3D1", NULL },
    { "s{?x,y}", "s%3Fx=1", NULL },
    { "s{?x,y}", "s?x=1%26y=2", NULL },
    { "s{?x,y}", "s?x=1%26y%3D2", "{\"x\":\"1&y=2\"}" },
    { "s{?x,y}", "s?x=", "{\"x\":\"\"}" },
    { "s{?x,y}", "s?x", "{\"x\":\"\"}" },
    { "s{?x,y}", "s?x&y=", "{\"x\":\"\",\"y\":\"\"}" },
    { "s{?x,y}", "s?x=a=b", NULL },
    { "s{?x,y}", "s?x=a/b", NULL },
    { "s{?x,y}", "s?x=a+b", NULL },
    { "s{?x,y}", "s?x=a%20%C3%A9", "{\"x\":\"a \xc3\xa9\"}" },
    { "s{?x,y}", "s?x=%C3", NULL },
    { "s{?a,ab}", "s?ab=1&a=2", "{\"a\":\"2\",\"ab\":\"1\"}" },
    { "s{?a.b,%41}", "s?A=1&a.b=2", "{\"a.b\":\"2\",\"%41\":\"1\"}" },
    { "s?k=v{&x}", "s?k=v", "{}" },
    { "s?k=v{&x}", "s?k=v&x=1", "{\"x\":\"1\"}" },
    { "s?k=v{&x}", "s?x=1&k=v", NULL },
    { "s?k=v{&x}", "s?k=v?x=1", NULL },
    { "s{?x}{&y}", "s?x=1&y=2", "{\"x\":\"1\",\"y\":\"2\"}" },
    { "s{?x}{&y}", "s&y=2", "{\"y\":\"2\"}" },
    { "s{?x}{&x}", "s?x=1&x=1", "{\"x\":\"1\"}" },
    { "s{?x}{&x}", "s?x=1&x=2", NULL },
    { "s{?x}&x=2", "s?x=1&x=2", "{\"x\":\"1\"}" },
    { "s{?x}end", "s?x=the-end", "{\"x\":\"the-\"}" },
    { "s{?x}end", "s?xend", "{\"x\":\"\"}" },
    { "s{?x}end", "send", "{}" },
    { "s{?x}{y}", "s?xab", "{\"x\":\"\",\"y\":\"ab\"}" },
    { "s{?x}{#y}", "s?x=1#f", "{\"x\":\"1\",\"y\":\"f\"}" },
    { "{+p}{?x}", "a/b?x=1", "{\"p\":\"a/b?x=1\"}" },
    /* Parameters of a path */
    { "p{;x,y}", "p", "{}" },
    { "p{;x,y}", "p;x=1;y=2", "{\"x\":\"1\",\"y\":\"2\"}" },
    { "p{;x,y}", "p;y;x=1", "{\"x\":\"1\",\"y\":\"\"}" },
    { "p{;x,y}/q", "p;x/q", "{\"x\":\"\"}" },
    { "p{;x,y}", "p;z=1", NULL },
    { "p{;x,y}", "p;x=1&y=2", NULL },
};

static void rows_match_or_not(void)
{
    struct mcps__buf values;

    mcps__buf_init(&values, 4096);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        int r = match(row->text, row->uri, strlen(row->uri), false, &values);

        unit_note_on_failure("%s and %s", row->text, row->uri);
        CHECK_INT(r, row->values != NULL);
        if (row->values)
            CHECK_MEM(values.data, values.len, row->values, strlen(row->values));
        else
            CHECK_INT(values.len, 0);
        mcps__buf_clear(&values);
    }
out:
    mcps__buf_fini(&values);
}

/* A URI is bytes with a length; a NUL among them is no character of a URI. */
static void a_nul_ends_no_uri(void)
{
    struct mcps__buf values;

    mcps__buf_init(&values, 4096);
    CHECK_INT(match("a{x}", "ab\0c", 4, false, &values), 0);
    CHECK_INT(match("a{x}", "ab\0c", 2, false, &values), 1);
    CHECK_INT(match("a", NULL, 0, false, &values), 0);
    CHECK_INT(match("", NULL, 0, false, &values), 1);
out:
    mcps__buf_fini(&values);
}

static void values_are_appended_or_nothing_is(void)
{
    struct mcps__buf values;

    mcps__buf_init(&values, 13);
    CHECK_INT(mcps__buf_append_str(&values, "["), 0);
    CHECK_INT(match("{x}", "12345", 5, true, &values), MCPS_ELIMIT);
    CHECK_MEM(values.data, values.len, "[", 1);
    CHECK_INT(match("{x}", "1234", 4, true, &values), 1);
    CHECK_MEM(values.data, values.len, "[{\"x\":\"1234\"}", 13);
out:
    mcps__buf_fini(&values);
}

static void a_uri_has_a_longest(void)
{
    static char uri[MCPS__URI_MATCH_MAX + 1];
    struct mcps__buf values;

    mcps__buf_init(&values, SIZE_MAX);
    memset(uri, 'a', sizeof uri);
    CHECK_INT(match("{x}", uri, sizeof uri - 1, true, &values), 1);
    CHECK_INT(values.len, sizeof uri - 1 + 8);
    CHECK_INT(match("{x}", uri, sizeof uri, true, &values), 0);
out:
    mcps__buf_fini(&values);
}

/* ---- the path screen ---- */

enum verdict { SAFE, UNSAFE_IN_ONE, UNSAFE };

static const struct screened {
    const char *value;
    enum verdict verdict; /* UNSAFE_IN_ONE: of {x}, while {+x} may have it */
} screened[] = {
    { "a", SAFE },
    { "...", SAFE },
    { ".a", SAFE },
    { "a..", SAFE },
    { "a..b", SAFE },
    { "%2e%2ea", SAFE },
    { "%C3%A9%C2%A0", SAFE },
    { "%20", SAFE },
    { "100%25", SAFE },
    { "%2541", SAFE },
    { "%252", SAFE },
    { "%25252", SAFE },
    { "%25252g", SAFE },
    { ".", UNSAFE },
    { "..", UNSAFE },
    { "%2e", UNSAFE },
    { "%2E.", UNSAFE },
    { "%2e%2E", UNSAFE },
    { "%00", UNSAFE },
    { "a%00.txt", UNSAFE },
    { "%01", UNSAFE },
    { "a%0Ab", UNSAFE },
    { "a%1F", UNSAFE },
    { "%7F", UNSAFE },
    { "%C2%80", UNSAFE },
    { "%C2%9F", UNSAFE },
    { "%5C", UNSAFE },
    { "a%5c..%5cb", UNSAFE },
    { "a%2Fb", UNSAFE },
    { "a%2fb", UNSAFE },
    { "..%2F..%2fetc", UNSAFE },
    { "%2e%2e%2f", UNSAFE },
    { "%252e", UNSAFE },
    { "%252e%252E", UNSAFE },
    { "%252E", UNSAFE },
    { "a%252fb", UNSAFE },
    { "a%252Fb", UNSAFE },
    { "a%255cb", UNSAFE },
    { "a%255Cb", UNSAFE },
    { "a%2500", UNSAFE },
    { "%25252e", UNSAFE },
    { "%252525252F", UNSAFE },
    { "%25%32%65", UNSAFE },
    /* {x} does not match these at all. */
    { "a/b", UNSAFE_IN_ONE },
    { "a/b/", UNSAFE_IN_ONE },
    { "a//b", UNSAFE_IN_ONE },
    { "a/.../b", UNSAFE_IN_ONE },
    { "a/.b/c", UNSAFE_IN_ONE },
    { "/", UNSAFE },
    { "/etc/passwd", UNSAFE },
    { "//host/share", UNSAFE },
    { "%2Fetc/passwd", UNSAFE },
    { "../a", UNSAFE },
    { "./a", UNSAFE },
    { "a/..", UNSAFE },
    { "a/.", UNSAFE },
    { "a/../b", UNSAFE },
    { "a/./b", UNSAFE },
    { "a/%2e%2e/b", UNSAFE },
    { "a/%2e./b", UNSAFE },
    { "a/..%2Fb", UNSAFE },
    { "a/%252e%252e/b", UNSAFE },
    { "a/b%5C..", UNSAFE },
};

static void check_screen(const char *text, bool reserved, bool plain)
{
    struct mcps__buf values;
    char uri[64];

    mcps__buf_init(&values, 4096);
    for (size_t i = 0; i < sizeof screened / sizeof screened[0]; i++) {
        const struct screened *row = &screened[i];
        bool whole = reserved || !strpbrk(row->value, "/");
        int want = row->verdict == SAFE || (reserved && row->verdict == UNSAFE_IN_ONE)
                       ? 1
                       : MCPS_EINVALID;

        snprintf(uri, sizeof uri, "f:%s", row->value);
        if (!plain)
            snprintf(uri, sizeof uri, "f?x=%s", row->value);
        unit_note_on_failure("%s and %s", text, uri);
        CHECK_INT(match(text, uri, strlen(uri), false, &values), whole);
        mcps__buf_clear(&values);
        CHECK_INT(match(text, uri, strlen(uri), true, &values), whole ? want : 0);
        CHECK_INT(values.len > 0, whole && want == 1);
        mcps__buf_clear(&values);
    }
out:
    mcps__buf_fini(&values);
}

static void paths_are_screened_in_one_segment(void)
{
    check_screen("f:{x}", false, true);
}

static void paths_are_screened_in_many(void)
{
    check_screen("f:{+x}", true, true);
}

static void parameters_are_screened(void)
{
    check_screen("f{?x}", false, false);
}

/* Each of several values is looked at, each by its own operator. */
static void all_values_are_screened(void)
{
    static const struct {
        const char *text, *uri;
        int r;
    } cases[] = {
        { "{a}/{b}", "x/..", MCPS_EINVALID },
        { "{a}/{b}", "../x", MCPS_EINVALID },
        { "{+a}/{b}", "x/y/z", 1 },
        { "{+a}/{b}", "x/y/z%2Fa", MCPS_EINVALID },
        { "{+a}/{b}", "x/../z", MCPS_EINVALID },
        { "p{#a}", "p#x/y", 1 },
        { "p{#a}", "p#x/../y", MCPS_EINVALID },
        { "p{#a}", "p#/y", MCPS_EINVALID },
        { "{a}{b}", "..", MCPS_EINVALID },
        { "s{?a,b}", "s?b=..&a=x", MCPS_EINVALID },
        { "s{?a,b}", "s?b=", 1 },
        { "s{;a,b}", "s;b", 1 },
        { "{+a}/%2e%2e/{b}", "x/../y", 1 }, /* the application's own */
    };
    struct mcps__buf values;

    mcps__buf_init(&values, 4096);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unit_note_on_failure("%s and %s", cases[i].text, cases[i].uri);
        CHECK_INT(match(cases[i].text, cases[i].uri, strlen(cases[i].uri), true, &values),
                  cases[i].r);
    }
out:
    mcps__buf_fini(&values);
}

/* ---- what it takes ---- */

/* Templates with much to choose from, and what their URIs repeat. */
static const struct {
    const char *text, *repeated;
} hostile[] = {
    { "{a}{b}{c}{d}{e}{f}{g}{h}!", "a" },
    { "{+a}{+b}{+c}{+d}{+e}{+f}{+g}{+h}%20", "/" },
    { "{+a}/{+b}/{+c}/{+d}/{+e}/{+f}/{+g}/{+h}/x", "/" },
    { "{+a}aaaaaaaaaaaaaaaa{+b}aaaaaaaaaaaaaaab{+c}", "a" },
    { "{+a}/../../../../{+b}", "../" },
    { "{+a}%2F%2F%2F%2F%2F{+b}", "%2f" },
    { "{+a}%25{+b}%25{+c}", "%25" },
    { "{a}{b}{c}", "%F0%9F%98%80" },
    { "{a}{b}{c}", "%F0%9F%98" },
    { "s{?a,b,c,d}{&a,b,c,d}{&a,b,c,d}", "&a=1" },
    { "s{?a,b,c,d}", "&" },
    { "s{;a,aa,aaa,aaaa}{;a,aa,aaa,aaaa}", ";aaaaaaaa" },
    { "s{?aaaaaaaa,aaaaaaab,aaaaaaac}", "?aaaaaaaaa" },
    { "{+a}{?x}{+b}{?x}{+c}{?x}", "?x=x&x" },
    { "{.a,b,c,d,e,f}{/g,h}", "." },
    { "{x}{x}{x}{x}", "a" },
};

/* As many as the header promises, for a template with these brackets and commas. */
static uint64_t most_steps(const char *text, size_t len)
{
    uint64_t n = 2; /* the last literal and the one more */

    for (; *text != '\0'; text++)
        n += *text == '{' ? 3 : *text == ',' ? 2 : 0;
    return n * MCPS__URI_STEPS * (len + 1);
}

/* Steps of a URI of about that length, which begins with "s". */
static int count_steps(size_t row, size_t len, uint64_t *ret_steps, uint64_t *ret_most)
{
    static char uri[MCPS__URI_MATCH_MAX];
    size_t piece = strlen(hostile[row].repeated), n = 0;
    mcps_uri_template *t = NULL;
    struct mcps__buf values;
    int r = mcps_uri_template_new(&t, hostile[row].text, NULL, 0);

    *ret_steps = 0;
    if (r < 0)
        return r;
    uri[n++] = 's';
    for (; n + piece <= len; n += piece)
        memcpy(uri + n, hostile[row].repeated, piece);
    mcps__buf_init(&values, SIZE_MAX);
    r = mcps__uri_template_match_counted(t, uri, n, true, &values, ret_steps);
    *ret_most = most_steps(hostile[row].text, n);
    mcps__buf_fini(&values);
    mcps_uri_template_free(t);
    return r;
}

static void steps_grow_with_the_length(void)
{
    uint64_t half = 0, all = 0, most = 0;

    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        unit_note_on_failure("%s and %s…", hostile[i].text, hostile[i].repeated);
        CHECK(count_steps(i, MCPS__URI_MATCH_MAX / 2, &half, &most) != -ENOMEM);
        CHECK(half <= most);
        CHECK(count_steps(i, MCPS__URI_MATCH_MAX, &all, &most) != -ENOMEM);
        CHECK(all <= most);
        CHECK(all <= 2 * half + 1000);
    }
out:
    return;
}

/* The literal in front ends most matches before anything else is done. */
static void prefixes_end_a_match_early(void)
{
    mcps_uri_template *t = NULL;
    struct mcps__buf values;
    uint64_t steps = 0;

    mcps__buf_init(&values, 4096);
    CHECK_INT(mcps_uri_template_new(&t, "test://a/{+b}{c}{d}", NULL, 0), 0);
    CHECK_INT(mcps__uri_template_match_counted(t, "test://b/aaaaaaaaaa", 19, true,
                                               &values, &steps),
              0);
    CHECK_INT(steps, 8);
out:
    mcps__buf_fini(&values);
    mcps_uri_template_free(t);
}

/* ---- there and back ---- */

enum { EXPRESSIONS_MAX = 5, VARIABLES_MAX = 3, VALUE_SIZE = 32 };

/* A template by chance. A "!" divides its expressions, and no value has one as it is. */
struct random_case {
    char text[128], names[EXPRESSIONS_MAX * VARIABLES_MAX][8];
    char texts[EXPRESSIONS_MAX * VARIABLES_MAX][VALUE_SIZE];
    struct mcps_uri_value values[EXPRESSIONS_MAX * VARIABLES_MAX];
    size_t n;
};

static void draw_value(char text[VALUE_SIZE], size_t least, bool reserved)
{
    static const char *const any[] = { "a", "Z",   "-", "~",        "/",
                                       "?", "\"",  "%", "\xc3\xa9", "\xf0\x9f\x98\x80",
                                       " ", "%2F", "!", ",",        "\n" };
    static const char *const some[] = { "a", "/", "?x=", "#", "&", ";", " ", "\xc3\xa9" };

    text[0] = '\0';
    for (size_t left = least + unit_random_below(5); left > 0; left--)
        strcat(text, reserved ? some[unit_random_below(sizeof some / sizeof some[0])]
                              : any[unit_random_below(sizeof any / sizeof any[0])]);
}

static void draw_variable(struct random_case *c, char op)
{
    bool named = op != '\0' && strchr(";?&", op), reserved = op == '+' || op == '#';
    struct mcps_uri_value *value = &c->values[c->n];

    snprintf(c->names[c->n], sizeof c->names[0], "v%zu", c->n);
    draw_value(c->texts[c->n], named ? 0 : 1, reserved);
    value->name = c->names[c->n];
    value->value = named && unit_random_below(4) == 0 ? NULL : c->texts[c->n];
    strcat(c->text, c->names[c->n]);
    c->n++;
}

static void draw_case(struct random_case *c)
{
    *c = (struct random_case){ .text = "test:" };
    for (size_t left = unit_random_below(EXPRESSIONS_MAX + 1); left > 0; left--) {
        char op = "\0+#./;?&"[unit_random_below(8)], begin[] = { '!', '{', op, '\0' };

        strcat(c->text, begin);
        for (size_t k = 1 + unit_random_below(VARIABLES_MAX); k > 0; k--) {
            draw_variable(c, op);
            strcat(c->text, k > 1 ? "," : "}");
        }
    }
}

static int write_values(const struct random_case *c, struct mcps__buf *out)
{
    struct mcps__writer w;

    mcps__write_init(&w, out);
    mcps__write_object(&w);
    for (size_t i = 0; i < c->n; i++) {
        if (!c->values[i].value)
            continue;
        mcps__write_key(&w, c->values[i].name);
        mcps__write_string(&w, c->values[i].value);
    }
    mcps__write_object_end(&w);
    return mcps__write_end(&w);
}

static void expanded_values_come_back(void)
{
    struct mcps__buf want, got;
    mcps_uri_template *t = NULL;
    struct random_case c;
    char uri[2048];

    mcps__buf_init(&want, 4096);
    mcps__buf_init(&got, 4096);
    for (unsigned left = unit_repeat(2000, 200000); left > 0; left--) {
        int len;

        draw_case(&c);
        CHECK_INT(mcps_uri_template_new(&t, c.text, NULL, 0), 0);
        len = mcps_uri_template_expand(t, c.values, c.n, uri, sizeof uri);
        unit_note_on_failure("%s and %s", c.text, uri);
        CHECK(len > 0 && (size_t)len < sizeof uri);
        CHECK_INT(write_values(&c, &want), 0);
        CHECK_INT(mcps__uri_template_match(t, uri, (size_t)len, false, &got), 1);
        CHECK_MEM(got.data, got.len, want.data, want.len);
        mcps__buf_clear(&want);
        mcps__buf_clear(&got);
        t = mcps_uri_template_free(t);
    }
out:
    mcps_uri_template_free(t);
    mcps__buf_fini(&got);
    mcps__buf_fini(&want);
}

const struct unit_test uri_match_tests[] = {
    UNIT_TEST(rows_match_or_not),
    UNIT_TEST(a_nul_ends_no_uri),
    UNIT_TEST(values_are_appended_or_nothing_is),
    UNIT_TEST(a_uri_has_a_longest),
    UNIT_TEST(paths_are_screened_in_one_segment),
    UNIT_TEST(paths_are_screened_in_many),
    UNIT_TEST(parameters_are_screened),
    UNIT_TEST(all_values_are_screened),
    UNIT_TEST_ONCE(steps_grow_with_the_length, "what allocates is seen in the others"),
    UNIT_TEST(prefixes_end_a_match_early),
    UNIT_TEST_ONCE(expanded_values_come_back, "other values each time"),
    UNIT_END,
};
