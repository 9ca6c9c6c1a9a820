/* SPDX-License-Identifier: MIT */
/*
 * Formats: cases of our own, and those of the JSON Schema test suite beside the project,
 * which are skipped where it is missing.
 */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "json/tree.h"
#include "schema/format.h"

extern const struct unit_test schema_format_tests[];

/* Texts that fit, up to NULL, and texts that do not. */
struct cases {
    const char *format;
    const char *const *good, *const *bad;
};

#define TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct mcps__format *find(const char *name)
{
    const struct mcps__format *format = mcps__format_find(name);

    if (!format)
        unit_note("there is no format \"%s\"", name);
    return format;
}

/* In memory of exactly its size, so that tools see a byte read beyond it. */
static bool fits(const struct mcps__format *format, const char *text, size_t len)
{
    char *exact = malloc(len > 0 ? len : 1);
    bool r = false;

    if (!exact)
        abort();
    memcpy(exact, text, len);
    r = format->fits(exact, len);
    free(exact);
    return r;
}

static bool check_texts(const struct mcps__format *format, const char *const *texts,
                        bool want)
{
    for (; *texts; texts++) {
        unit_note_on_failure("%s: \"%s\"", format->name, *texts);
        CHECK_INT(fits(format, *texts, strlen(*texts)), want);
    }
    return true;
out:
    return false;
}

static void check_cases(const struct cases *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct mcps__format *format = find(cases[i].format);

        CHECK(format != NULL);
        CHECK(check_texts(format, cases[i].good, true));
        CHECK(check_texts(format, cases[i].bad, false));
    }
out:;
}

#define CHECK_CASES(cases) check_cases((cases), sizeof(cases) / sizeof(cases)[0])

static void dates_and_times(void)
{
    const struct cases cases[] = {
        { "date", TEXTS("0000-02-29", "2024-02-29", "2000-02-29", "9999-12-31"),
          TEXTS("1900-02-29", "2200-02-29", "2023-02-29", "2024-04-31", "2024-00-01",
                "2024-1-01", "2024-01-", "2024-01", "2024", "2024-01-01T",
                "2024-01-0a") },
        { "time",
          TEXTS("00:00:00Z", "23:59:59.0z", "23:59:60Z", "00:00:60+00:01",
                "23:58:60-00:01", "22:59:60.5-01:00", "12:00:00-23:59"),
          TEXTS("", "24:00:00Z", "00:60:00Z", "00:00:61Z", "00:00:00", "00:00:00.Z",
                "00:00:00+1:00", "00:00:00+01", "00:00:00+0100", "00:00:00+24:00",
                "00:00:00+00:60", "00:00:60Z", "23:59:60+00:01", "00:00Z", "00:00:00ZZ",
                "00:00:00+01:00Z", "00:00:00,5Z", "00:00:0") },
        { "date-time", TEXTS("2024-02-29T23:59:60z", "2024-01-01t00:00:00.1+05:30"),
          TEXTS("2024-01-01 00:00:00Z", "2024-01-01", "2024-01-01T", "00:00:00Z",
                "2024-01-01T00:00:00", "2024-02-30T00:00:00Z", "2024-01-01T00:00:00Z ",
                "2024-01-01TT00:00:00Z") },
        { "duration",
          TEXTS("P1Y", "P1M1D", "PT1H1M1S", "P3W", "P0D", "PT36H", "P1DT1S", "P1YT1S"),
          TEXTS("", "P", "PT", "P1", "1D", "P1DT", "PT1", "P1W1D", "P1D1W", "PT1W",
                "P1M1Y", "P1Y1D", "PT1H1S", "P1D1D", "P1W1W", "PT1D", "P1S", "P1H", "p1d",
                "P1.5D", "P1D ", "PTT1S", "P1DT1SX") },
    };

    CHECK_CASES(cases);
}

static void addresses(void)
{
    const struct cases cases[] = {
        { "ipv4", TEXTS("0.0.0.0", "255.255.255.255", "1.20.199.249"),
          TEXTS("", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.300", "01.2.3.4",
                "1.2.3.00", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4 ", "1.2.3.a",
                "1.2.3.1000") },
        { "ipv6",
          TEXTS("::", "::1", "1::", "1::8", "1:2:3:4:5:6:7:8",
                "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "A:b::FFFF", "::1.2.3.4",
                "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5::1.2.3.4", "::ffff:1.2.3.4"),
          TEXTS("", ":", ":::", "1", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2::3", "1:::2", "::12345",
                "::g", "::1.2.3", "::1.2.3.4:5", "::01.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
                "1:2:3:4:5:1.2.3.4", "1.2.3.4", "1.2.3.4::", "::1%eth0", "::1 ",
                "1::2:", ":1::2", "::1.2.3.4.5", "1:2:3:4:5:6::1.2.3.4") },
        { "email",
          TEXTS("a@b", "a.b+c@d.example", "\"\"@b", "\"a\\\" \\\\@b\"@c",
                "!#$%&'*+-/=?^_`{|}~@b", "a@[1.2.3.4]", "a@[IPv6:::1]", "a@[ipv6:1::2]",
                "a@xn--ll-0ea"),
          TEXTS("", "@", "a", "a@", "@b", "a@b@c", "a..b@c", ".a@b", "a.@b", "a b@c",
                "a@-b", "a@b-", "a@b.", "a@b..c", "a@b_c", "\"a@b", "\"a\"b@c",
                "\"a\\\"@b", "\"a\"", "a@[1.2.3.4", "a@1.2.3.4]", "a@[]", "a@[1.2.3]",
                "a@[::1]", "a@[IPv6:1.2.3.4]", "a@[x:1]", "a@[", "\"a\n\"@b",
                "\"\\\n\"@b", "\xc3\xa9@b", "\"\xc3\xa9\"@b", "a@\xc3\xa9", "<a@b>") },
        { "idn-email", TEXTS("\xc3\xa9@\xc3\xa9", "\"\xc3\xa9\"@b", "a@b"),
          TEXTS("\xc3\xa9", "\xc3\xa9@", "\"\\\xc3\xa9\"@b", "a@\xc3\x89",
                "a@b\xe3\x80\x82"
                "c",
                "\xc3\xa9 @b") },
        { "uuid", TEXTS("01234567-89ab-cdef-ABCD-EF0123456789"),
          TEXTS("", "01234567-89ab-cdef-ABCD-EF012345678",
                "0123456789ab-cdef-ABCD-EF0123456789-",
                "g1234567-89ab-cdef-ABCD-EF0123456789",
                "{1234567-89ab-cdef-ABCD-EF012345678}",
                "01234567-89ab-cdef-ABCD-EF0123456789 ") },
    };

    CHECK_CASES(cases);
}

/* The limits of RFC 5321 and 1035 on lengths. */
static void lengths_of_names(void)
{
    const struct mcps__format *host = find("hostname"), *idn = find("idn-hostname");
    const struct mcps__format *email = find("email");
    char name[400], mail[400];

    CHECK(host && idn && email);
    memset(name, 'a', sizeof name);
    CHECK(fits(host, name, 63) && fits(idn, name, 63));
    CHECK(!fits(host, name, 64) && !fits(idn, name, 64));
    for (size_t i = 63; i < sizeof name; i += 64)
        name[i] = '.';
    CHECK(fits(host, name, 253) && fits(idn, name, 253));
    CHECK(!fits(host, name, 254) && !fits(idn, name, 254));
    /* Counted is what each label is in ASCII: "xn--9ca". */
    for (size_t i = 0; i < 32; i++)
        memcpy(name + 3 * i, "\xc3\xa9.", 3);
    CHECK(fits(idn, name, 3 * 31 - 1));
    CHECK(!fits(idn, name, 3 * 32 - 1));
    memset(name, 'a', sizeof name);
    for (size_t i = 63; i < sizeof name; i += 64)
        name[i] = '.';
    memset(mail, 'b', sizeof mail);
    mail[64] = '@';
    CHECK(fits(email, mail, 64 + 1 + 1));
    memcpy(mail + 65, name, 189);
    CHECK(fits(email, mail, 254));
    mail[254] = 'a';
    CHECK(!fits(email, mail, 255));
    mail[64] = 'b';
    mail[65] = '@';
    CHECK(!fits(email, mail, 67));
out:;
}

static void names_of_hosts(void)
{
    const struct cases cases[] = {
        { "hostname", TEXTS("a", "A.b", "1.2.3.4", "a-b", "a--b", "ab--c", "XN--LL-0EA"),
          TEXTS("", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a_b", "a b", "\xc3\xa9",
                "xn--", "xn--a", "xn--a-", "xn--\x7f", "xn--999999999", "xn--99999b",
                "xn---9uc") },
        { "idn-hostname",
          TEXTS("a", "A.b", "\xc3\xa9.com", "xn--ll-0ea",
                "a\xe3\x80\x82"
                "b",
                /* A non-joiner between letters that join, with marks between. */
                "\xd8\xa8\xd9\x8e\xe2\x80\x8c\xd9\x8e\xd8\xa7",
                /* All of a name from right to left, or from left to right. */
                "\xd7\x90.\xd7\x91",
                "\xd7\x90"
                "1",
                "a1.b-2", "a.\xd7\x90", "\xd7\x90\xd6\xb0", "a\xcc\x81.\xd7\x90"),
          TEXTS("", ".", "a.", "ab--c", "\xc3\xa9-", "-\xc3\xa9",
                "\xc3\xa9"
                "b--c",
                "\xc3\xa9"
                "A",
                "\xc3\x89", "\xc3\xa9_", "\xc3\xa9 ",
                "\xe2\x80\x8b"
                "a",
                "a\xe2\x84\xa2", "\xef\xbd\x81",
                /* Such a letter only before, or only behind. */
                "\xd8\xa8\xe2\x80\x8c", "\xe2\x80\x8c\xd8\xa7",
                "\xd8\xa7\xe2\x80\x8c\xd8\xa8",
                /* A joiner is no non-joiner. */
                "\xd8\xa8\xe2\x80\x8d\xd8\xa8",
                /* Directions. */ "\xd7\x90-\xd6\xb0", "a-\xcc\x81.\xd7\x90",
                "1.\xd7\x90", "\xd7\x90-", "\xd7\x90.1a",
                "a.\xd7\x90"
                "b",
                "\xd7\x90.a-1.2",
                "\xd7\x90"
                "1\xd9\xa1") },
    };

    CHECK_CASES(cases);
}

static void uris_and_pointers(void)
{
    const struct cases cases[] = {
        { "uri",
          TEXTS("a:", "a:b", "a://", "a://h:", "a://u:p@h:1/p?q#f", "a://[::1]", "a://@h",
                "a://[v1.a:b]:1", "a://1.2.3.4", "a://%41", "a:?", "a:#", "a:b@c:d"),
          TEXTS("", "a", "/a", "//h", "#a", "1:", "a://h:x", "a://h:1:2", "a://a@b@c",
                "a://[::1", "a://::1]", "a://[::1]a", "a://[]", "a://[v.a]", "a://[v1.]",
                "a://[v1a]", "a://[v1.%41]", "a://[u]@h", "a://h[::1]", "a://[::1%25eth]",
                "a:%", "a:%4", "a:\xc3\xa9", "a:b c", "a:\\", "a:[", "a:#b#",
                "a://[1.2.3.4]") },
        { "uri-reference", TEXTS("", "a", "../a", "?", "#", "//", "//h:1", "./a:b"),
          TEXTS(":a", "1:a", "//h:x", "\xc3\xa9", "%", " ") },
        { "iri",
          TEXTS("a:\xc3\xa9", "a://\xc3\xa9/", "\x61:?\xee\x80\x80",
                "a:\xf0\x90\x80\x80"),
          TEXTS("\xc3\xa9:a", "a:\xc2\x80", "a:\xee\x80\x80", "a:#\xee\x80\x80",
                "a:\xef\xbf\xbe", "a:\xef\xb7\x90", "a://h:\xc3\xa9",
                "a:\xf0\x9f\xbf\xbe", "a:\xf3\xa0\x80\x81", "a:\xef\xbf\xb0",
                "a://[\xc3\xa9]") },
        { "iri-reference", TEXTS("", "\xc3\xa9", "#\xc3\xa9", "?\xf3\xb0\x80\x80"),
          TEXTS("\xee\x80\x80", "\\", "\xf3\xb0\x80\x80") },
        { "uri-template",
          TEXTS("", "a", "{a}", "{+a}{#a}{.a}{/a}{;a}{?a}{&a}", "{a,b*,c:3}",
                "{a.b_1%41}", "{a:9999}", "\xc3\xa9%41'", "{?a,b}"),
          TEXTS("{", "}", "{}", "{a", "a}", "{{a}}", "{a,}", "{,a}", "{a:}", "{a:0}",
                "{a:10000}", "{a:1*}", "{a**}", "{a.}", "{.}", "{..a}", "{a b}", "{a-b}",
                "{+}", "{=a}", "{|a}", "{!a}", "{@a}", "{\xc3\xa9}", "%", "%4g", "a b",
                "\"", "<", ">", "\\", "^", "`", "|", "\x7f", "\xc2\x80", "{a%4}") },
        { "json-pointer", TEXTS("", "/", "/a", "/~0~1", "//", "/\xc3\xa9"),
          TEXTS("a", "#/a", "/~", "/~2", "/a~") },
        { "relative-json-pointer", TEXTS("0", "10", "0#", "1/a", "1/", "1/~0"),
          TEXTS("", "#", "/a", "01", "00", "-1", "1a", "1#a", "1##", "1/~", "1/~2") },
    };

    CHECK_CASES(cases);
}

static const char *const names[] = {
    "date-time",    "date",          "time",
    "duration",     "email",         "idn-email",
    "hostname",     "idn-hostname",  "ipv4",
    "ipv6",         "uri",           "uri-reference",
    "iri",          "iri-reference", "uuid",
    "uri-template", "json-pointer",  "relative-json-pointer",
};

enum { N_NAMES = sizeof names / sizeof names[0] };

static void formats_are_found(void)
{
    static const char *const others[] = {
        "", "regex", "Date", "dat", "date-", "unknown"
    };

    for (size_t i = 0; i < N_NAMES; i++) {
        const struct mcps__format *format = find(names[i]);

        CHECK(format != NULL);
        CHECK_STR(format->name, names[i]);
        CHECK(strlen(format->expected) > 10);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CHECK(mcps__format_find(others[i]) == NULL);
out:;
}

/* A text that an error quotes as an example has to be one. */
static void expectations_give_examples_that_fit(void)
{
    for (size_t i = 0; i < N_NAMES; i++) {
        const struct mcps__format *format = find(names[i]);
        const char *begin, *end;

        CHECK(format != NULL);
        begin = strrchr(format->expected, '(');
        end = strrchr(format->expected, ')');
        unit_note_on_failure("%s", format->expected);
        CHECK(begin && end && end[1] == '\0');
        CHECK(fits(format, begin + 1, (size_t)(end - begin) - 1));
    }
out:;
}

/* A NUL before, in, or behind what fits; JSON Pointers alone may have one. */
static void nuls_do_not_fit(void)
{
    char text[200];

    for (size_t i = 0; i < N_NAMES; i++) {
        const struct mcps__format *format = find(names[i]);
        const char *example;
        size_t len;
        bool any;

        CHECK(format != NULL);
        example = strrchr(format->expected, '(') + 1;
        len = strlen(example) - 1;
        any = strstr(names[i], "json-pointer") != NULL;
        for (size_t at = 0; at <= len; at++) {
            memcpy(text, example, at);
            text[at] = '\0';
            memcpy(text + at + 1, example + at, len - at);
            unit_note_on_failure("%s: %s with a NUL at %zu", names[i], example, at);
            CHECK(!fits(format, text, len + 1) || any);
        }
        memset(text, 0, sizeof text);
        CHECK(!fits(format, text, 1));
    }
    CHECK(fits(find("json-pointer"), "/a\0b", 4));
out:;
}

/* No text makes any of them read where it should not. */
static void any_text_is_told(void)
{
    static const char *const pieces[] = { "a",
                                          "1",
                                          "-",
                                          ".",
                                          ":",
                                          "/",
                                          "%",
                                          "%41",
                                          "{",
                                          "}",
                                          "[",
                                          "]",
                                          "@",
                                          "\"",
                                          "\\",
                                          "P",
                                          "T",
                                          "xn--",
                                          "::",
                                          "255",
                                          "#",
                                          "\xc3\xa9",
                                          "\xe3\x83\xbb",
                                          "?",
                                          "\xe2\x80\x8c",
                                          "\xd7\x90",
                                          "~",
                                          "\xd8\xa8",
                                          "\xf0\x90\x80\x80",
                                          "zz",
                                          "9" };
    const size_t n_pieces = sizeof pieces / sizeof pieces[0];
    char text[400];

    for (unsigned i = 0; i < unit_repeat(1000, 50000); i++) {
        size_t n = (size_t)unit_random_below(i % 10 == 0 ? 80 : 12);

        text[0] = '\0';
        while (n-- > 0)
            strcat(text, pieces[unit_random_below(n_pieces)]);
        for (size_t k = 0; k < N_NAMES; k++) {
            const struct mcps__format *format = find(names[k]);
            bool first;

            CHECK(format != NULL);
            first = fits(format, text, strlen(text));
            CHECK_INT(fits(format, text, strlen(text)), first);
        }
    }
out:;
}

/* ---- the test suite ---- */

struct counts {
    unsigned groups, tests;
};

static bool run_test(const struct mcps__format *format, struct json_object *test)
{
    struct json_object *data = NULL, *valid = NULL, *description = NULL;

    CHECK(json_object_object_get_ex(test, "data", &data));
    CHECK(json_object_object_get_ex(test, "valid", &valid));
    CHECK(json_object_object_get_ex(test, "description", &description));
    unit_note_on_failure("%s: %s: %s", format->name, json_object_get_string(description),
                         json_object_to_json_string(data));
    if (json_object_is_type(data, json_type_string))
        CHECK_INT(fits(format, json_object_get_string(data),
                       (size_t)json_object_get_string_len(data)),
                  json_object_get_boolean(valid));
    else
        CHECK(json_object_get_boolean(valid));
    return true;
out:
    return false;
}

/* The format of a schema that says nothing else but its dialect. */
static const struct mcps__format *format_of(struct json_object *schema)
{
    struct json_object *name = NULL, *dialect = NULL;
    bool has_dialect = json_object_object_get_ex(schema, "$schema", &dialect);

    if (!json_object_object_get_ex(schema, "format", &name) ||
        json_object_object_length(schema) != (has_dialect ? 2 : 1))
        return NULL;
    return mcps__format_find(json_object_get_string(name));
}

static bool run_groups(struct json_object *groups, struct counts *counts)
{
    struct json_object *schema = NULL, *tests = NULL;
    const struct mcps__format *format;

    for (size_t i = 0; i < json_object_array_length(groups); i++) {
        struct json_object *group = json_object_array_get_idx(groups, i);

        CHECK(json_object_object_get_ex(group, "schema", &schema));
        CHECK(json_object_object_get_ex(group, "tests", &tests));
        format = format_of(schema);
        CHECK(format != NULL);
        counts->groups++;
        for (size_t k = 0; k < json_object_array_length(tests); k++) {
            CHECK(run_test(format, json_object_array_get_idx(tests, k)));
            counts->tests++;
        }
    }
    return true;
out:
    return false;
}

/* Runs the file of a format; `counts` stays as it is when there is none. */
static bool run_file(struct mcps__tree_parser *parser, const char *dir, const char *name,
                     struct counts *counts)
{
    struct json_object *groups = NULL;
    char path[5000];
    size_t len = 0;
    char *text;

    snprintf(path, sizeof path, "%s/%s.json", dir, name);
    text = unit_read_file(path, &len);
    if (!text)
        return true;
    unit_note_on_failure("%s", path);
    CHECK_INT(mcps__tree_parse(parser, &groups, text, len), 0);
    CHECK(run_groups(groups, counts));
    json_object_put(groups);
    free(text);
    return true;
out:
    json_object_put(groups);
    free(text);
    return false;
}

static void run_suite(const char *draft, struct counts *counts)
{
    const char *shared = unit_shared_dir();
    struct mcps__tree_parser parser = { .c_locale = 0 };
    char dir[4500];
    size_t len = 0;
    char *probe;

    snprintf(dir, sizeof dir, "%s/data/json-schema-test-suite/tests/%s/optional/format",
             shared ? shared : "", draft);
    strcat(dir, "/date.json");
    probe = shared ? unit_read_file(dir, &len) : NULL;
    *strrchr(dir, '/') = '\0';
    if (!probe) {
        unit_skip("the JSON Schema test suite is not here");
        return;
    }
    free(probe);
    CHECK_INT(mcps__tree_parser_init(&parser, &mcps__json_default_limits), 0);
    for (size_t i = 0; i < N_NAMES; i++)
        CHECK(run_file(&parser, dir, names[i], counts));
    printf("(%u groups, %u tests) ", counts->groups, counts->tests);
out:
    mcps__tree_parser_fini(&parser);
}

static void the_suite_of_2020_12_passes(void)
{
    struct counts counts = { 0 };

    run_suite("draft2020-12", &counts);
    if (counts.groups == 0)
        return;
    CHECK_INT(counts.groups, 20);
    CHECK_INT(counts.tests, 737);
out:;
}

static void the_suite_of_draft_07_passes(void)
{
    struct counts counts = { 0 };

    run_suite("draft7", &counts);
    if (counts.groups == 0)
        return;
    CHECK_INT(counts.groups, 18);
    CHECK_INT(counts.tests, 649);
out:;
}

const struct unit_test schema_format_tests[] = {
    UNIT_TEST(dates_and_times),
    UNIT_TEST(addresses),
    UNIT_TEST(lengths_of_names),
    UNIT_TEST(names_of_hosts),
    UNIT_TEST(uris_and_pointers),
    UNIT_TEST(formats_are_found),
    UNIT_TEST(expectations_give_examples_that_fit),
    UNIT_TEST(nuls_do_not_fit),
    UNIT_TEST(any_text_is_told),
    UNIT_TEST_ONCE(the_suite_of_2020_12_passes, "formats allocate nothing"),
    UNIT_TEST_ONCE(the_suite_of_draft_07_passes, "formats allocate nothing"),
    UNIT_END,
};
