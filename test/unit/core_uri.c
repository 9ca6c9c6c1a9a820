/* SPDX-License-Identifier: MIT */
/* URI templates: what compiles, and what it expands to. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/uri_template.h"

extern const struct unit_test uri_tests[];

/* The variables of RFC 6570, section 3.2, but for the lists, and those of section 1.2. */
static const struct mcps_uri_value rfc_values[] = {
    { "dub", "me/too" },
    { "hello", "Hello World!" },
    { "half", "50%" },
    { "var", "value" },
    { "who", "fred" },
    { "base", "http://example.com/home/" },
    { "path", "/foo/bar" },
    { "v", "6" },
    { "x", "1024" },
    { "y", "768" },
    { "empty", "" },
    { "undef", NULL },
    { "year", "1965" },
    { "term", "dog" },
    { "query", "mycelium" },
    { "number", "100" },
    { "un", "\xe2\x82\xac" },
    { "a.b", "dots" },
    { "%41_", "escape" },
    { "pct", "a%2Fb%zz%" },
    { "x", "the first row counts" },
    { NULL, "no name" },
};

struct expansion {
    const char *text, *uri;
};

static const struct expansion expansions[] = {
    /* Section 1.2 */
    { "{var}", "value" },
    { "{hello}", "Hello%20World%21" },
    { "{+var}", "value" },
    { "{+hello}", "Hello%20World!" },
    { "{+path}/here", "/foo/bar/here" },
    { "here?ref={+path}", "here?ref=/foo/bar" },
    { "X{#var}", "X#value" },
    { "X{#hello}", "X#Hello%20World!" },
    { "map?{x,y}", "map?1024,768" },
    { "{x,hello,y}", "1024,Hello%20World%21,768" },
    { "{+x,hello,y}", "1024,Hello%20World!,768" },
    { "{+path,x}/here", "/foo/bar,1024/here" },
    { "{#x,hello,y}", "#1024,Hello%20World!,768" },
    { "{#path,x}/here", "#/foo/bar,1024/here" },
    { "X{.var}", "X.value" },
    { "X{.x,y}", "X.1024.768" },
    { "{/var}", "/value" },
    { "{/var,x}/here", "/value/1024/here" },
    { "{;x,y}", ";x=1024;y=768" },
    { "{;x,y,empty}", ";x=1024;y=768;empty" },
    { "{?x,y}", "?x=1024&y=768" },
    { "{?x,y,empty}", "?x=1024&y=768&empty=" },
    { "?fixed=yes{&x}", "?fixed=yes&x=1024" },
    { "{&x,y,empty}", "&x=1024&y=768&empty=" },
    /* Section 2.4, without its modifiers, and 3.2.1 */
    { "http://example.com/~{who}/", "http://example.com/~fred/" },
    { "O{empty}X", "OX" },
    { "O{undef}X", "OX" },
    /* 3.2.2 */
    { "{half}", "50%25" },
    { "{x,y}", "1024,768" },
    { "?{x,empty}", "?1024," },
    { "?{x,undef}", "?1024" },
    { "?{undef,y}", "?768" },
    /* 3.2.3 */
    { "{+half}", "50%25" },
    { "{base}index", "http%3A%2F%2Fexample.com%2Fhome%2Findex" },
    { "{+base}index", "http://example.com/home/index" },
    { "O{+empty}X", "OX" },
    { "O{+undef}X", "OX" },
    { "up{+path}{var}/here", "up/foo/barvalue/here" },
    /* 3.2.4 */
    { "{#var}", "#value" },
    { "{#hello}", "#Hello%20World!" },
    { "{#half}", "#50%25" },
    { "foo{#empty}", "foo#" },
    { "foo{#undef}", "foo" },
    /* 3.2.5 */
    { "{.who}", ".fred" },
    { "{.who,who}", ".fred.fred" },
    { "{.half,who}", ".50%25.fred" },
    { "X{.empty}", "X." },
    { "X{.undef}", "X" },
    /* 3.2.6 */
    { "{/who}", "/fred" },
    { "{/who,who}", "/fred/fred" },
    { "{/half,who}", "/50%25/fred" },
    { "{/who,dub}", "/fred/me%2Ftoo" },
    { "{/var,empty}", "/value/" },
    { "{/var,undef}", "/value" },
    /* 3.2.7 */
    { "{;who}", ";who=fred" },
    { "{;half}", ";half=50%25" },
    { "{;empty}", ";empty" },
    { "{;v,empty,who}", ";v=6;empty;who=fred" },
    { "{;v,bar,who}", ";v=6;who=fred" },
    { "{;x,y,undef}", ";x=1024;y=768" },
    /* 3.2.8 */
    { "{?who}", "?who=fred" },
    { "{?half}", "?half=50%25" },
    { "{?x,y,undef}", "?x=1024&y=768" },
    { "{?undef,y}", "?y=768" },
    /* 3.2.9 */
    { "{&who}", "&who=fred" },
    { "{&half}", "&half=50%25" },
    { "{&x,y,undef}", "&x=1024&y=768" },
    /* The introduction's */
    { "http://www.example.com/foo{?query,number}",
      "http://www.example.com/foo?query=mycelium&number=100" },
    /* What the examples leave open */
    { "", "" },
    { "{un}{+un}", "%E2%82%AC%E2%82%AC" },
    { "\xe2\x82\xac/%e2%82%ac%7e", "%E2%82%AC/%e2%82%ac%7e" },
    { "{a.b}{%41_}{?a.b,%41_}", "dotsescape?a.b=dots&%41_=escape" },
    { "{pct}", "a%252Fb%25zz%25" },
    { "{+pct}", "a%2Fb%25zz%25" },
    { "it's(a)[test]:!$&*+,;=@-._~?#", "it's(a)[test]:!$&*+,;=@-._~?#" },
};

static int expand(const mcps_uri_template *t, char *ret, size_t size)
{
    return mcps_uri_template_expand(t, rfc_values,
                                    sizeof rfc_values / sizeof rfc_values[0], ret, size);
}

static void examples_of_the_rfc_expand(void)
{
    mcps_uri_template *t = NULL;
    char uri[256];

    for (size_t i = 0; i < sizeof expansions / sizeof expansions[0]; i++) {
        const struct expansion *row = &expansions[i];

        unit_note_on_failure("%s", row->text);
        CHECK_INT(mcps_uri_template_new(&t, row->text, NULL, 0), 0);
        CHECK_INT(expand(t, uri, sizeof uri), strlen(row->uri));
        CHECK_STR(uri, row->uri);
        t = mcps_uri_template_free(t);
    }
out:
    mcps_uri_template_free(t);
}

static void expansions_are_cut_like_snprintf(void)
{
    mcps_uri_template *t = NULL;
    char uri[8];

    CHECK_INT(mcps_uri_template_new(&t, "a/{half}", NULL, 0), 0);
    CHECK_INT(expand(t, NULL, 0), 7);
    for (size_t size = 1; size <= sizeof uri; size++) {
        memset(uri, '!', sizeof uri);
        CHECK_INT(expand(t, uri, size), 7);
        CHECK_MEM(uri, size - 1, "a/50%25", size - 1);
        CHECK_INT(uri[size - 1], 0);
        CHECK(size == sizeof uri || uri[size] == '!');
    }
out:
    mcps_uri_template_free(t);
}

static void bad_values_write_nothing(void)
{
    static const struct mcps_uri_value bad = { "x", "a\xff" }, unused = { "z", "\xff" };
    mcps_uri_template *t = NULL;
    char uri[8] = "before";

    CHECK_INT(mcps_uri_template_new(&t, "a{x}", NULL, 0), 0);
    CHECK_INT(mcps_uri_template_expand(t, &bad, 1, uri, sizeof uri), MCPS_EINVALID);
    CHECK_STR(uri, "before");
    CHECK_INT(mcps_uri_template_expand(t, &unused, 1, uri, sizeof uri), 1);
    CHECK_STR(uri, "a");
    CHECK_INT(mcps_uri_template_expand(t, NULL, 0, uri, sizeof uri), 1);
out:
    mcps_uri_template_free(t);
}

/* 32 times 70 MiB are more than an int can say. */
static void expansions_too_long_are_refused(void)
{
    enum { HUGE_LEN = 70 << 20 };
    mcps_uri_template *t = NULL;
    struct mcps_uri_value value = { .name = "x" };
    char uri[4] = "old", text[32 * 3 + 1];
    char *huge = unit_repeat(0, 1) ? malloc(HUGE_LEN + 1) : NULL;

    if (!huge)
        return; /* but in the long version it takes too long */
    memset(huge, 'a', HUGE_LEN);
    huge[HUGE_LEN] = '\0';
    value.value = huge;
    for (size_t i = 0; i < 32; i++)
        memcpy(text + 3 * i, "{x}", 4);
    CHECK_INT(mcps_uri_template_new(&t, text, NULL, 0), 0);
    CHECK_INT(mcps_uri_template_expand(t, &value, 1, uri, sizeof uri), MCPS_ELIMIT);
    CHECK_STR(uri, "old");
out:
    mcps_uri_template_free(t);
    free(huge);
}

/* ---- variables ---- */

static void variables_have_an_order(void)
{
    mcps_uri_template *t = NULL;

    CHECK_INT(mcps_uri_template_new(&t, "{b}/{+a}{?b,c.d,%7e}{/a}", NULL, 0), 0);
    CHECK_INT(mcps_uri_template_n_variables(t), 4);
    CHECK_STR(mcps_uri_template_variable(t, 0), "b");
    CHECK_STR(mcps_uri_template_variable(t, 1), "a");
    CHECK_STR(mcps_uri_template_variable(t, 2), "c.d");
    CHECK_STR(mcps_uri_template_variable(t, 3), "%7e");
    CHECK(!mcps_uri_template_variable(t, 4));
    t = mcps_uri_template_free(t);
    CHECK_INT(mcps_uri_template_new(&t, "no variables", NULL, 0), -EINVAL);
    CHECK_INT(mcps_uri_template_new(&t, "no-variables", NULL, 0), 0);
    CHECK_INT(mcps_uri_template_n_variables(t), 0);
    CHECK(!mcps_uri_template_variable(t, 0));
    CHECK(!mcps_uri_template_free(NULL));
out:
    mcps_uri_template_free(t);
}

/* ---- refused ---- */

#define NAME_CHAR "a character that names of variables cannot have, at byte "
#define NO_NAME   "a name of a variable, or a part of one, that is empty, at byte "
#define NO_ESCAPE "a % that is not followed by two hexadecimal digits, at byte "
#define ESCAPE_IT "a character that has to be percent-encoded, at byte "
#define OPEN      "a { that is not closed, at byte "
#define RESERVED  "an operator that is reserved and has no meaning as yet, at byte "
#define PREFIX    "a prefix, which is of level 4 and not supported, at byte "
#define EXPLODE   "an explode, which is of level 4 and not supported, at byte "

static const struct refused {
    const char *text, *why;
} refused[] = {
    { NULL, "there is no template" },
    { "{", OPEN "0" },
    { "ab{cd", OPEN "2" },
    { "{a}{+b", OPEN "3" },
    { "a}b", "a } without a { before it, at byte 1" },
    { "{a}}", "a } without a { before it, at byte 3" },
    { "{a{b}}", NAME_CHAR "2" },
    { "{}", NO_NAME "1" },
    { "{+}", NO_NAME "2" },
    { "{a,}", NO_NAME "3" },
    { "{,a}", RESERVED "1" },
    { "{a,,b}", NO_NAME "3" },
    { "{.}", NO_NAME "2" },
    { "{..a}", NO_NAME "2" },
    { "{a.}", NO_NAME "3" },
    { "{a..b}", NO_NAME "3" },
    { "{=a}", RESERVED "1" },
    { "{!a}", RESERVED "1" },
    { "{@a}", RESERVED "1" },
    { "{|a}", RESERVED "1" },
    { "{a:3}", PREFIX "2" },
    { "x{?a,b:10}", PREFIX "6" },
    { "{a*}", EXPLODE "2" },
    { "{/a,b*}", EXPLODE "5" },
    { "{a b}", NAME_CHAR "2" },
    { "{ a}", NAME_CHAR "1" },
    { "{a-b}", NAME_CHAR "2" },
    { "{++a}", NAME_CHAR "2" },
    { "{$a}", NAME_CHAR "1" },
    { "{\xc3\xa9}", NAME_CHAR "1" },
    { "{%4}", NO_ESCAPE "1" },
    { "{a%4g}", NO_ESCAPE "2" },
    { "%", NO_ESCAPE "0" },
    { "a%2", NO_ESCAPE "1" },
    { "a%g0", NO_ESCAPE "1" },
    { "%{a}", NO_ESCAPE "0" },
    { "a b", ESCAPE_IT "1" },
    { "a\"", ESCAPE_IT "1" },
    { "<", ESCAPE_IT "0" },
    { ">", ESCAPE_IT "0" },
    { "\\", ESCAPE_IT "0" },
    { "^", ESCAPE_IT "0" },
    { "`", ESCAPE_IT "0" },
    { "|", ESCAPE_IT "0" },
    { "\x1f", ESCAPE_IT "0" },
    { "\x7f", ESCAPE_IT "0" },
    { "a\xff", "bytes that are not UTF-8, at byte 1" },
    { "a\xc3", "bytes that are not UTF-8, at byte 1" },
    { "\xc2\x85", "a character that URIs cannot have, not even escaped, at byte 0" },
};

static void no_templates_are_refused(void)
{
    mcps_uri_template *t = NULL;
    char why[MCPS_URI_WHY_SIZE];

    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const char *text = refused[i].text;

        unit_note_on_failure("%s", text ? text : "NULL");
        CHECK_INT(mcps_uri_template_new(&t, text, why, sizeof why), -EINVAL);
        CHECK_STR(why, refused[i].why);
        CHECK_INT(mcps_uri_template_new(&t, text, NULL, 0), -EINVAL);
        CHECK(!t);
    }
out:
    mcps_uri_template_free(t);
}

static void limits_are_exact(void)
{
    static char text[MCPS_URI_TEMPLATE_MAX + 2];
    mcps_uri_template *t = NULL;
    char why[MCPS_URI_WHY_SIZE];

    memset(text, 'a', sizeof text - 1);
    CHECK_INT(mcps_uri_template_new(&t, text, why, sizeof why), -EINVAL);
    CHECK_STR(why, "the template is longer than 2048 bytes (MCPS_URI_TEMPLATE_MAX)");
    text[MCPS_URI_TEMPLATE_MAX] = '\0';
    CHECK_INT(mcps_uri_template_new(&t, text, why, sizeof why), 0);
    t = mcps_uri_template_free(t);

    /* Literals before, between and behind as many variables as there may be. */
    for (size_t i = 0; i < MCPS_URI_VARIABLES_MAX; i++)
        memcpy(text + 4 * i, "-{x}", 4);
    memcpy(text + (size_t)4 * MCPS_URI_VARIABLES_MAX, "-", 2);
    CHECK_INT(mcps_uri_template_new(&t, text, why, sizeof why), 0);
    t = mcps_uri_template_free(t);
    memcpy(text + (size_t)4 * MCPS_URI_VARIABLES_MAX, "-{?x}", 6);
    CHECK_INT(mcps_uri_template_new(&t, text, why, sizeof why), -EINVAL);
    CHECK_STR(why, "a variable beyond the limit of 32 (MCPS_URI_VARIABLES_MAX), at byte "
                   "131");
out:
    mcps_uri_template_free(t);
}

const struct unit_test uri_tests[] = {
    UNIT_TEST(examples_of_the_rfc_expand),
    UNIT_TEST(expansions_are_cut_like_snprintf),
    UNIT_TEST(bad_values_write_nothing),
    UNIT_TEST_ONCE(expansions_too_long_are_refused, "it takes seconds"),
    UNIT_TEST(variables_have_an_order),
    UNIT_TEST(no_templates_are_refused),
    UNIT_TEST(limits_are_exact),
    UNIT_END,
};
