/* SPDX-License-Identifier: MIT */
/* Regular expressions: what they match, and what is refused. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "mcpserver/schema.h"
#include "schema/ecma.h"
#include "schema/regex.h"
#include "schema_pattern.h"

extern const struct unit_test schema_regex_tests[];

enum { BUDGET = 1000000 };

/* With the JIT and without, which must agree; -1 when they do not. */
static int match(const char *pattern, const char *text)
{
    uint64_t steps = BUDGET, other_steps = BUDGET;
    char error[PATTERN_ERROR_SIZE];
    int r = pattern_search(pattern, strlen(pattern), text, strlen(text), false, &steps,
                           error);
    int other = pattern_search(pattern, strlen(pattern), text, strlen(text), true,
                               &other_steps, error);

    unit_note_on_failure("/%s/u on \"%s\" %s", pattern, text, error);
    return r == other || r == -ENOMEM || other == -ENOMEM ? r : -1;
}

static int compile(const char *pattern, size_t len, char error[PATTERN_ERROR_SIZE])
{
    struct mcps__regex *regex = NULL;
    int r;

    error[0] = '\0';
    r = mcps__regex_new(&regex, pattern, len, error, PATTERN_ERROR_SIZE);
    mcps__regex_free(regex);
    unit_note_on_failure("/%.60s/u %s", pattern, error);
    return r;
}

/* ---- what matches ---- */

struct verdict {
    const char *pattern, *yes, *no; /* NULL: none to try */
};

static void check_verdicts(const struct verdict *verdicts, size_t n)
{
    if (pattern_missing())
        return;
    for (size_t i = 0; i < n; i++) {
        const struct verdict *v = &verdicts[i];

        if (v->yes)
            CHECK_INT(match(v->pattern, v->yes), 1);
        if (v->no)
            CHECK_INT(match(v->pattern, v->no), 0);
    }
out:
    return;
}
#define CHECK_VERDICTS(verdicts) \
    check_verdicts(verdicts, sizeof(verdicts) / sizeof(verdicts)[0])

static void places_and_counts(void)
{
    static const struct verdict verdicts[] = {
        { "", "", NULL },
        { "b", "abc", "ac" },
        { "^b", "bc", "abc" },
        { "^b", NULL, "a\nb" },
        { "b$", "ab", "bc" },
        { "b$", NULL, "b\n" },
        { "^(?:a|b)$", "b", "ab" },
        { "^a|b$", "cb", "bc" },
        { "^a*$", "aaa", "ab" },
        { "^a{2}$", "aa", "a" },
        { "^a{2,}$", "aaa", "a" },
        { "^a{1,2}$", "aa", "aaa" },
        { "^a{0}$", "", "a" },
        { "^(?:ab){2}$", "abab", "ab" },
        { "^a+?b*?c??$", "aab", "b" },
        { "^(?:a?){3}$", "aa", "aaaa" },
        { "\\bfoo\\b", "a foo.", "afoo" },
        { "\\Bfoo", "afoo", "foo" },
        { "\\bfoo",
          "\xc3\xa9"
          "foo",
          NULL }, /* only ASCII makes words */
        { "^(?=.*\\d)(?!.*x).{3,}$", "ab1", "x11" },
        { "(?<=a)b", "ab", "cb" },
        { "(?<!a|cd)b", "cb", "cdb" },
        { "^(?=a)*a$", "a", "b" }, /* as without the flag u */
        { "^(?=b){0}a$", "a", "b" },
        { "^(?!a)+b$", "b", "a" },
    };

    CHECK_VERDICTS(verdicts);
}

static void sets_of_characters(void)
{
    static const struct verdict verdicts[] = {
        { "^.$", "\xf0\x9f\x98\x80", "\n" },
        { "^.$", "\xc2\x85", "\r" },
        { "^.$", "\v", "\xe2\x80\xa8" },
        { "^.$", NULL, "\xe2\x80\xa9" },
        { "^\\d$", "7", "\xd9\xa3" },
        { "^\\D$", "\xd9\xa3", "7" },
        { "^\\w$", "_", "\xc3\xa9" },
        { "^\\W$", "\xc3\xa9", "a" },
        { "^\\s$", "\xef\xbb\xbf", "\xe1\xa0\x8e" },
        { "^\\s$", "\v", "\xc2\x85" },
        { "^[\\s]$", "\xe2\x80\xa8", "\x1f" },
        { "^\\S$", "\x1f", "\xc2\xa0" },
        { "^[\\S]$", "\xe1\xa0\x8e", "\xe3\x80\x80" },
        { "^[^\\S]$", "\xe3\x80\x80", "\xe3\x80\x81" },
        { "^[\\s\\S]$", "\n", "" },
        { "^[]", NULL, "a" },
        { "^[]*$", "", "a" },
        { "^[^]$", "\n", "" },
        { "^[^]*$", "a\nb", NULL },
        { "^[a-z\\d-]$", "-", "_" },
        { "^[\\d-x]$", "-", "a" },
        { "^[a-\\d]$", "-", "b" },
        { "^[--/]$", ".", "0" },
        { "^[\\b]$", "\b", "b" },
        { "^[[]$", "[", "]" },
        { "^[\\]]$", "]", "\\" },
        { "^[[:alpha:]]$", ":]", "b" },
        { "^[a&&b]$", "&", "c" },
        { "^[^a^]$", "b", "^" },
        { "^[\xc3\xa9-\xc3\xab]$", "\xc3\xaa", "\xc3\xac" },
        { "^[\xf0\x9f\x98\x80-\xf0\x9f\x98\x82]$", "\xf0\x9f\x98\x81",
          "\xf0\x9f\x98\x83" },
        { "^\xf0\x9f\x98\x80+$", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81" },
    };

    CHECK_VERDICTS(verdicts);
}

static void escapes(void)
{
    static const struct verdict verdicts[] = {
        { "^\\t\\n\\v\\f\\r$", "\t\n\v\f\r", "\t\n\x85\f\r" },
        { "^\\cA\\cz$", "\x01\x1a", "AZ" },
        { "^\\x41\\u0042\\u{43}\\u{000044}$", "ABCD", "abcd" },
        { "^\\ud83d\\uDE00$", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x81" },
        { "^[\\uD83D\\uDE00-\\u{1f602}]$", "\xf0\x9f\x98\x81", "\xf0\x9f\x98\x83" },
        { "^\\u{1F600}{2}$", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
        { "\\uD83D", NULL, "\xf0\x9f\x98\x80" }, /* half a character is in no text */
        { "^[\\uD800-\\uDFFF]", NULL, "\xf0\x9f\x98\x80" },
        { "^[^\\uD800-\\uDFFF]$", "\xf0\x9f\x98\x80", "" },
        { "^[\\uD7FE-\\uDABC]$", "\xed\x9f\xbf", "\xee\x80\x80" },
        { "^[\\uDABC-\\uE000]$", "\xee\x80\x80", "\xed\x9f\xbf" },
        { "^\\^\\$\\\\\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/$", "^$\\.*+?()[]{}|/", "a" },
        { "^\\-\\\"\\_\\@\\%\\ \\\xc3\xa9$", "-\"_@% \xc3\xa9", "a" },
        { "^{a{,5}]}$", "{a{,5}]}", "{a]}" },
        { "^a{2$", "a{2", "aa" },
        { "^a#b c$", "a#b c", "a" },
        { "^<a>'\"`~!@%&=:;,-$", "<a>'\"`~!@%&=:;,-", "a" },
    };

    CHECK_VERDICTS(verdicts);
}

static void properties(void)
{
    static const struct verdict verdicts[] = {
        { "^\\p{L}$", "\xcf\x80", "1" },
        { "^\\p{Letter}$", "\xcf\x80", "1" },
        { "^\\P{Letter}$", "1", "\xcf\x80" },
        { "^[^\\p{L}\\d]$", "-", "\xcf\x80" },
        { "^\\p{digit}$", "\xd9\xa3", "a" },
        { "^\\p{General_Category=Decimal_Number}$", "\xd9\xa3", "a" },
        { "^\\p{gc=punct}$", "!", "a" },
        { "^\\p{Cased_Letter}$", "a", "\xd7\x90" },
        { "^\\p{Script=Greek}$", "\xcf\x80", "a" },
        { "^\\p{sc=Grek}$", "\xcf\x80", "\xcd\x82" },
        { "^\\p{scx=Greek}$", "\xcd\x82", "a" },
        { "^\\p{Script_Extensions=Old_Italic}$", "\xf0\x90\x8c\x80", "a" },
        { "^\\p{Alphabetic}\\p{Alpha}$", "a\xcf\x80", "1a" },
        { "^\\p{Lowercase}$", "\xcf\x80", "A" },
        { "^\\p{White_Space}$", "\xc2\x85", "a" },
        { "^\\p{Emoji}$", "\xf0\x9f\x98\x80", "a" },
        { "^\\p{ASCII}$", "a", "\xc3\xa9" },
        { "^\\p{Any}$", "\n", "" },
        { "^\\p{Assigned}$", "a", "\xcd\xb8" },
        { "^\\P{Assigned}$", "\xcd\xb8", "a" },
        { "^[\\P{Assigned}]$", "\xcd\xb8", "a" },
    };

    CHECK_VERDICTS(verdicts);
}

static void backreferences(void)
{
    static const struct verdict verdicts[] = {
        { "^(a|b)\\1$", "bb", "ab" },
        { "^(?:x)(a)\\1$", "xaa", "xxa" },
        { "^(?<q>[\"'])[^\"']*\\k<q>$", "'a'", "'a\"" },
        { "^\\k<q>(?<q>a)$", "a", "aa" },
        { "^(?<$_1\xc3\xa9>a)\\k<$_1\xc3\xa9>$", "aa", "a" },
        { "^(?:(a)|b)\\1$", "b", "ba" }, /* nothing captured is nothing to match */
        { "^(?:(a)|b)\\1{2,3}c$", "bc", "bac" },
        { "^\\1(a)$", "a", "aa" },
        { "^(a\\1)$", "a", "aa" },
        { "^(?:(\\w)\\1,?)+$", "aa,bb", "aa,bc" },
        { "^(?!(a)b)\\1a", "aa", "ab" },
        { "^(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10$", "abcdefghijj", "abcdefghija0" },
    };

    CHECK_VERDICTS(verdicts);
}

/* Something of each kind, with each of its allocations failing in turn. */
static void one_of_each(void)
{
    static const struct verdict verdicts[] = {
        { "^(?:ab{2,3}?|c+)*$", "abbcc", "ab" },
        { "[^\\d\\w\\s\\u{1f600}-\\u{1f64f}]", "-", "\xf0\x9f\x98\x80" },
        { "^\\u0041\\p{Script=Greek}\\P{Lu}$", "A\xce\xb1\x62", "A\xce\xb1\x42" },
        { "^(?<n>a|b)(?=.)\\k<n>\\1$", "aaa", "aab" },
        { "(?<!a)b\\b", "cb", "ab" },
    };

    CHECK_VERDICTS(verdicts);
}

static void texts_with_nul(void)
{
    uint64_t steps = BUDGET;
    char error[PATTERN_ERROR_SIZE];

    if (pattern_missing())
        return;
    CHECK_INT(pattern_search("^a\\0b$", 6, "a\0b", 3, false, &steps, error), 1);
    CHECK_INT(pattern_search("^a\0[\0]$", 7, "a\0\0", 3, false, &steps, error), 1);
    CHECK_INT(pattern_search("^a\0*$", 5, "a", 1, false, &steps, error), 1);
    CHECK_INT(pattern_search("^a$", 3, "a\0", 2, true, &steps, error), 0);
    CHECK_INT(pattern_search("^$", 2, NULL, 0, false, &steps, error), 1);
out:
    return;
}

/* ---- what is refused ---- */

static void no_expressions(void)
{
    /* The sentence, and the character it names. */
    static const struct {
        const char *pattern, *why;
        int place;
    } cases[] = {
        { "(a", "a group is not closed", 3 },
        { "a)", "there is no group to be closed", 2 },
        { "^(abc]", "a group is not closed", 7 },
        { "[a", "the bracket is not closed", 1 },
        { "\xc3\xa9[z-a]", "the ends of the range are in the wrong order", 3 },
        { "[\\p{L}-z]", "there is no range with the characters of a property", 2 },
        { "*a", "there is nothing to repeat", 1 },
        { "a|+", "there is nothing to repeat", 3 },
        { "a**", "there is nothing to repeat", 3 },
        { "a++", "there is nothing to repeat", 3 },
        { "a{2}{3}", "there is nothing to repeat", 5 },
        { "{2}", "there is nothing to repeat", 1 },
        { "^*", "there is nothing to repeat", 2 },
        { "\\b+", "there is nothing to repeat", 3 },
        { "(?<=a)*", "there is nothing to repeat", 7 },
        { "(*UTF)a", "there is nothing to repeat", 2 },
        { "a{2,1}", "the least of the quantifier is more than its most", 2 },
        { "(?i)a", "there are no groups that begin so", 1 },
        { "(?i:a)", "there are no groups that begin so", 1 },
        { "(?>a)", "there are no groups that begin so", 1 },
        { "(?#a)", "there are no groups that begin so", 1 },
        { "(?P<n>a)", "there are no groups that begin so", 1 },
        { "(?|a)", "there are no groups that begin so", 1 },
        { "(?", "there are no groups that begin so", 1 },
        { "(?<1>a)", "what stands there is no name of a group", 1 },
        { "(?<n", "what stands there is no name of a group", 1 },
        { "(?<n>a)(?<n>b)", "there are two groups of that name", 8 },
        { "\\k<n>", "there is no such group to refer to", 1 },
        { "a\\k", "\\k wants the name of a group, as in \\k<name>", 2 },
        { "(a)\\2", "there is no such group to refer to", 4 },
        { "a\\", "there is nothing behind the backslash", 2 },
        { "\\a", "there is no escape \\a", 1 },
        { "\\A", "there is no escape \\A", 1 },
        { "\\z", "there is no escape \\z", 1 },
        { "\\G", "there is no escape \\G", 1 },
        { "\\K", "there is no escape \\K", 1 },
        { "\\Qa\\E", "there is no escape \\Q", 1 },
        { "\\R", "there is no escape \\R", 1 },
        { "\\X", "there is no escape \\X", 1 },
        { "\\h", "there is no escape \\h", 1 },
        { "\\N", "there is no escape \\N", 1 },
        { "\\g1", "there is no escape \\g", 1 },
        { "\\o{7}", "there is no escape \\o", 1 },
        { "[\\B]", "there is no escape \\B in brackets", 2 },
        { "[\\1]", "there is no escape \\1 in brackets", 2 },
        { "\\c1", "what is behind \\c does not belong there", 1 },
        { "\\x4", "what is behind \\x does not belong there", 1 },
        { "\\x{41}", "what is behind \\x does not belong there", 1 },
        { "\\u004g", "what is behind \\u does not belong there", 1 },
        { "\\u{}", "what is behind \\u does not belong there", 1 },
        { "\\u{110000}", "what is behind \\u does not belong there", 1 },
        { "\\u{41", "what is behind \\u does not belong there", 1 },
        { "\\00", "what is behind \\0 does not belong there", 1 },
        { "\\pL", "\\p wants the name of a property in braces", 1 },
        { "\\p{L", "\\p wants the name of a property in braces", 1 },
        { "\\p{letter}", "there is no property \"letter\"", 1 },
        { "\\p{^L}", "there is no property \"^L\"", 1 },
        { "\\p{L&}", "there is no property \"L&\"", 1 },
        { "\\p{Greek}", "there is no property \"Greek\"", 1 },
        { "\\p{sc=}", "there is no property \"sc=\"", 1 },
        { "\\p{gc=Alpha}", "there is no property \"gc=Alpha\"", 1 },
    };
    char want[200], error[300];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *pattern = cases[i].pattern;

        snprintf(want, sizeof want, "%s, at character %d of the regular expression",
                 cases[i].why, cases[i].place);
        unit_note_on_failure("/%s/u", pattern);
        CHECK_INT(mcps__ecma_check(pattern, strlen(pattern), error, sizeof error),
                  MCPS_EINVALID);
        CHECK_STR(error, want);
        CHECK_INT(compile(pattern, strlen(pattern), error), MCPS_EINVALID);
        if (mcps__regex_available())
            CHECK_STR(error, want);
    }
out:
    return;
}

static void not_utf8(void)
{
    char error[PATTERN_ERROR_SIZE];

    if (pattern_missing())
        return;
    CHECK_INT(compile("a\xff", 2, error), MCPS_EINVALID);
    CHECK(strstr(error, "at character 2"));
    CHECK_INT(compile("\xed\xa0\x80", 3, error), MCPS_EINVALID);
out:
    return;
}

/* They are expressions, but PCRE2 has none that mean the same. */
static void beyond_pcre2(void)
{
    static const struct {
        const char *pattern, *why;
    } cases[] = {
        { "x(?<=a+)b", "\"(?<=\", at character 2 " },
        { "(?<!a|(?:b|cc))b", "\"(?<!\", at character 1 " },
        { "(a)(?<=\\1)b", "at character 8 " },
        { "a{65536}", "at character 2 " },
        { "\\p{Script=Elbonian}", "\"\\p{Script=Elbonian}\", at character 1 " },
        { "[a\\P{sc=Elbonian}b]", "\"\\P{sc=Elbonian}\", at character 3 " },
        { "(a)\\1\\p{CWKCF}", "\"\\p{CWKCF}\", at character 6 " },
        /* What was captured is forgotten with the next turn. */
        { "^(?:(a)|b)*\\1$", "at character 12 " },
        { "^(?:\\1(a))+$", "at character 5 " },
        { "^(?:(?:(a)|b)\\1)+$", "at character 14 " },
        { "^(?:(a)|b\\1)+$", "at character 10 " },
        { "^(?:(a)?b\\1)+$", "at character 10 " },
        /* A turn that consumes nothing is not taken. */
        { "^(a|)*\\1$", "at character 7 " },
        { "^(?:(?=(a)))?\\1$", "at character 14 " },
    };
    char error[PATTERN_ERROR_SIZE];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *pattern = cases[i].pattern;

        CHECK_INT(compile(pattern, strlen(pattern), error), MCPS_EINVALID);
        if (mcps__regex_available())
            CHECK(strstr(error, cases[i].why));
        CHECK_INT(mcps__ecma_check(pattern, strlen(pattern), error, sizeof error), 0);
    }
out:
    return;
}

static void too_large(void)
{
    static char pattern[5000];
    char error[PATTERN_ERROR_SIZE];

    if (pattern_missing())
        return;
    pattern_repeat(pattern, sizeof pattern, "", "a", MCPS__ECMA_MAX, "");
    CHECK_INT(compile(pattern, MCPS__ECMA_MAX, error), 0);
    pattern_repeat(pattern, sizeof pattern, "", "a", MCPS__ECMA_MAX, "b");
    CHECK_INT(compile(pattern, MCPS__ECMA_MAX + 1, error), MCPS_ELIMIT);
    CHECK_STR(error, "the regular expression is longer than 4096 bytes");
    pattern_repeat(pattern, sizeof pattern, "", "(", MCPS__ECMA_NEST_MAX, "a");
    pattern_repeat(pattern + strlen(pattern), 1000, "", ")", MCPS__ECMA_NEST_MAX, "");
    CHECK_INT(compile(pattern, strlen(pattern), error), 0);
    pattern_repeat(pattern, sizeof pattern, "", "(", MCPS__ECMA_NEST_MAX + 1, "a");
    CHECK_INT(compile(pattern, strlen(pattern), error), MCPS_ELIMIT);
    CHECK(strstr(error, "nested deeper than 32, at character 33 "));
    CHECK_INT(compile("((a{1,1000}){1,1000}){1,1000}", 29, error), MCPS_ELIMIT);
    CHECK(strstr(error, "too large"));
out:
    return;
}

/* ---- schemas, with PCRE2 and without ---- */

#define REFUSED(place, pattern)                                                 \
    place ": the pattern \"" pattern "\" cannot be used: there are no regular " \
          "expressions here, for the library was built without PCRE2"
#define META_2020_12 "https://json-schema.org/draft/2020-12/"

/* Everything fits where there is PCRE2. */
static const struct {
    const char *schema, *why; /* without PCRE2; NULL: it is compiled there, too */
} schemas[] = {
    { "{\"properties\":{\"a\":{\"pattern\":\"^a\"}}}",
      REFUSED("at \"/properties/a/pattern\"", "^a") },
    { "{\"patternProperties\":{\"^a\":true}}",
      REFUSED("at \"/patternProperties\"", "^a") },
    { "{\"$ref\":\"" META_2020_12 "schema\"}",
      REFUSED("at \"" META_2020_12 "meta/core#/properties/$id/pattern\"", "^[^#]*#?$") },
    { "{\"$schema\":\"" META_2020_12 "schema\",\"minLength\":1}", NULL },
    { "{\"format\":\"regex\"}", NULL },
    /* This one has no patterns. */
    { "{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}", NULL },
};

static void schemas_with_patterns_need_pcre2(void)
{
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
        const char *text = schemas[i].schema;
        const char *why = mcps__regex_available() ? NULL : schemas[i].why;
        char error[MCPS_SCHEMA_WHY_SIZE] = "";
        mcps_schema *schema = NULL;
        int r =
            mcps_schema_compile(&schema, text, strlen(text), NULL, error, sizeof error);

        mcps_schema_unref(schema);
        unit_note_on_failure("%s: %s", text, error);
        CHECK_INT(r, why ? MCPS_EINVALID : 0);
        CHECK_STR(error, why ? why : "");
    }
out:
    unit_note_on_failure("%s", "");
}

/* ---- the cases beside the project ---- */

struct counts {
    unsigned patterns, formats;
};

static bool run_pattern(const char *pattern, struct json_object *tests,
                        struct counts *counts)
{
    for (size_t i = 0; i < json_object_array_length(tests); i++) {
        struct json_object *test = json_object_array_get_idx(tests, i), *data, *valid;

        data = json_object_object_get(test, "data");
        valid = json_object_object_get(test, "valid");
        if (!json_object_is_type(data, json_type_string))
            continue;
        CHECK_INT(match(pattern, json_object_get_string(data)),
                  json_object_get_boolean(valid));
        counts->patterns++;
    }
    return true;
out:
    return false;
}

/* Members whose names match, in a case that has no other patterns than this one. */
static bool run_names(const char *pattern, struct json_object *tests,
                      struct counts *counts)
{
    for (size_t i = 0; i < json_object_array_length(tests); i++) {
        struct json_object *test = json_object_array_get_idx(tests, i), *data, *valid;
        int all = 1;

        data = json_object_object_get(test, "data");
        valid = json_object_object_get(test, "valid");
        json_object_object_foreach(data, name, value)
        {
            (void)value;
            all &= match(pattern, name) == 1;
        }
        CHECK_INT(all, json_object_get_boolean(valid));
        counts->patterns++;
    }
    return true;
out:
    return false;
}

static bool run_format(struct json_object *tests, struct counts *counts)
{
    char error[PATTERN_ERROR_SIZE];

    for (size_t i = 0; i < json_object_array_length(tests); i++) {
        struct json_object *test = json_object_array_get_idx(tests, i), *data;
        bool valid = json_object_get_boolean(json_object_object_get(test, "valid"));
        int r;

        data = json_object_object_get(test, "data");
        if (!json_object_is_type(data, json_type_string))
            continue;
        unit_note_on_failure("%s", json_object_get_string(data));
        r = mcps__ecma_check(json_object_get_string(data),
                             (size_t)json_object_get_string_len(data), error,
                             sizeof error);
        CHECK_INT(r, valid ? 0 : MCPS_EINVALID);
        counts->formats++;
    }
    return true;
out:
    return false;
}

static bool run_case(struct json_object *one, struct counts *counts)
{
    struct json_object *schema = json_object_object_get(one, "schema");
    struct json_object *tests = json_object_object_get(one, "tests"), *found, *closed;

    if (json_object_object_get_ex(schema, "pattern", &found))
        return run_pattern(json_object_get_string(found), tests, counts);
    if (json_object_object_get_ex(schema, "format", &found))
        return run_format(tests, counts);
    if (!json_object_object_get_ex(schema, "additionalProperties", &closed) ||
        !json_object_object_get_ex(schema, "patternProperties", &found))
        return true;
    json_object_object_foreach(found, pattern, value)
    {
        (void)value;
        return run_names(pattern, tests, counts);
    }
    return true;
}

static void every_case_of_the_suite(void)
{
    static const char *const files[] = { "pattern.json",
                                         "patternProperties.json",
                                         "optional/ecmascript-regex.json",
                                         "optional/non-bmp-regex.json",
                                         "optional/format/ecmascript-regex.json",
                                         "optional/format/regex.json" };
    const char *shared = unit_shared_dir();
    struct counts counts = { 0 };
    struct json_object *cases = NULL;
    char path[4300], *text = NULL;
    size_t len;

    if (pattern_missing())
        return;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path,
                 "%s/data/json-schema-test-suite/tests/draft2020-12/%s",
                 shared ? shared : "", files[i]);
        text = unit_read_file(path, &len);
        if (!text) {
            unit_skip("the JSON Schema test suite is not here");
            return;
        }
        cases = json_tokener_parse(text);
        CHECK(cases != NULL);
        for (size_t k = 0; k < json_object_array_length(cases); k++)
            CHECK(run_case(json_object_array_get_idx(cases, k), &counts));
        json_object_put(cases);
        free(text);
        cases = NULL;
        text = NULL;
    }
    printf("(%u texts, %u expressions) ", counts.patterns, counts.formats);
    CHECK(counts.patterns > 80);
    CHECK(counts.formats > 10);
out:
    json_object_put(cases);
    free(text);
}

static const char one_does[] = "one_of_each allocates as it does";

const struct unit_test schema_regex_tests[] = {
    UNIT_TEST_ONCE(places_and_counts, one_does),
    UNIT_TEST_ONCE(sets_of_characters, one_does),
    UNIT_TEST_ONCE(escapes, one_does),
    UNIT_TEST_ONCE(properties, one_does),
    UNIT_TEST_ONCE(backreferences, one_does),
    UNIT_TEST(one_of_each),
    UNIT_TEST(texts_with_nul),
    UNIT_TEST(no_expressions),
    UNIT_TEST(not_utf8),
    UNIT_TEST(beyond_pcre2),
    UNIT_TEST(too_large),
    UNIT_TEST(schemas_with_patterns_need_pcre2),
    UNIT_TEST_ONCE(every_case_of_the_suite, "its allocations are those of the others"),
    UNIT_END,
};
