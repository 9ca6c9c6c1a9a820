/* SPDX-License-Identifier: MIT */
/* The scan: verdicts, places of errors, limits, feeding in pieces, recorded members. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/plain.h"
#include "json/scan.h"
#include "util/mem.h"

extern const struct unit_test scan_tests[];

struct verdict {
    int result;
    size_t pos;
};

/* Feeds a text so that the scan sees it grow to each of the lengths, in memory that ends
 * where the text does and moves each time, so that a sanitizer sees every wrong step. */
static struct verdict feed(const char *text, size_t len,
                           const struct mcps__json_limits *limits,
                           size_t (*next_len)(size_t from, size_t len))
{
    struct verdict v = { .result = -1 };
    struct mcps__scan scan;
    size_t there = 0;

    mcps__scan_init(&scan, limits);
    do {
        char *copy;

        there = next_len(there, len);
        copy = malloc(there > 0 ? there : 1);
        if (!copy)
            break;
        memcpy(copy, text, there);
        v.result = mcps__scan_feed(&scan, copy, there, there == len);
        free(copy);
    } while (there < len && v.result == 0);
    v.pos = scan.pos;
    mcps__scan_fini(&scan);
    return v;
}

static size_t whole(size_t from, size_t len)
{
    (void)from;
    return len;
}

static size_t byte_by_byte(size_t from, size_t len)
{
    return from < len ? from + 1 : len;
}

static size_t random_pieces(size_t from, size_t len)
{
    size_t left = len - from;

    return left == 0 ? len : from + 1 + (size_t)unit_random_below(left < 20 ? left : 20);
}

/* The verdict of a text, which must be the same however it is fed. */
static bool same_verdict(const char *text, size_t len,
                         const struct mcps__json_limits *limits, struct verdict *ret)
{
    struct verdict one = feed(text, len, limits, whole);
    struct verdict other;

    *ret = one;
    for (int i = 0; i < 3; i++) {
        other = feed(text, len, limits, i == 0 ? byte_by_byte : random_pieces);
        CHECK_INT(other.result, one.result);
        if (one.result < 0)
            CHECK_INT(other.pos, one.pos);
    }
    return true;
out:
    unit_note("in the text %.*s", (int)(len < 100 ? len : 100), text);
    return false;
}

static void accepts_what_is_json(void)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "7",
        "-12",
        "1.5",
        "0.5e+3",
        "1E-2",
        "18446744073709551615",
        "-9223372036854775808",
        "1e308",
        "1.7976931348623157e308",
        "1e-400",
        "\"\"",
        "\"a\"",
        "\"a longer string than sixteen bytes, so that both loops run\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\uD83D\\uDE00\"",
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
        "\"\x7f\"",
        "true",
        "false",
        "null",
        "{}",
        "[]",
        " [ ] ",
        "{ }",
        "\t\r\n 1 \n",
        "[1,2,3]",
        "[[],[[]],{}]",
        "{\"a\":1}",
        "{\"a\":{\"b\":[1,{\"c\":null}]},\"\":\"\"}",
        " { \"a\" : [ 1 , true ] } ",
        "{\"a\":1,\"a\":2}",
        "{\"\\u0000\":1}",
    };
    struct verdict v;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        unit_note_on_failure("%s", texts[i]);
        CHECK(same_verdict(texts[i], strlen(texts[i]), &mcps__json_default_limits, &v));
        CHECK_INT(v.result, 1);
    }
out:;
}

static void refuses_with_error_and_place(void)
{
    static const struct {
        const char *text;
        int error;
        size_t pos;
    } rows[] = {
        { "", MCPS__JSON_EEMPTY, 0 },
        { "  \n", MCPS__JSON_EEMPTY, 3 },
        { "\xef\xbb\xbf{}", MCPS__JSON_EBOM, 0 },
        { " \xef\xbb\xbf", MCPS__JSON_EVALUE, 1 },
        { "\xef\xbb", MCPS__JSON_EEND, 0 },
        { "\xef\xbf\xbb", MCPS__JSON_EVALUE, 0 },
        { "[", MCPS__JSON_EEND, 1 },
        { "[1", MCPS__JSON_EEND, 2 },
        { "{\"a\"", MCPS__JSON_EEND, 4 },
        { "{\"a\":", MCPS__JSON_EEND, 5 },
        { "\"abc", MCPS__JSON_EEND, 4 },
        { "\"a\\", MCPS__JSON_EEND, 2 },
        { "\"\\u12", MCPS__JSON_EEND, 1 },
        { "\"\\ud83d", MCPS__JSON_EEND, 1 },
        { "\"\xe2\x82", MCPS__JSON_EEND, 1 },
        { "-", MCPS__JSON_EEND, 0 },
        { "1.", MCPS__JSON_EEND, 0 },
        { "1e", MCPS__JSON_EEND, 0 },
        { "tru", MCPS__JSON_EEND, 0 },
        { "x", MCPS__JSON_EVALUE, 0 },
        { "[1,]", MCPS__JSON_EVALUE, 3 },
        { "[,1]", MCPS__JSON_EVALUE, 1 },
        { "]", MCPS__JSON_EVALUE, 0 },
        { "}", MCPS__JSON_EVALUE, 0 },
        { "{\"a\":]", MCPS__JSON_EVALUE, 5 },
        { "'a'", MCPS__JSON_EVALUE, 0 },
        { "{a:1}", MCPS__JSON_EKEY, 1 },
        { "{\"a\":1,}", MCPS__JSON_EKEY, 7 },
        { "{,}", MCPS__JSON_EKEY, 1 },
        { "{\"a\" 1}", MCPS__JSON_ECOLON, 5 },
        { "{\"a\"::1}", MCPS__JSON_EVALUE, 5 },
        { "{\"a\":1 \"b\":2}", MCPS__JSON_EOBJECT_NEXT, 7 },
        { "{\"a\":1]", MCPS__JSON_EOBJECT_NEXT, 6 },
        { "[1 2]", MCPS__JSON_EARRAY_NEXT, 3 },
        { "[1}", MCPS__JSON_EARRAY_NEXT, 2 },
        { "1 2", MCPS__JSON_ETRAILING, 2 },
        { "{}{}", MCPS__JSON_ETRAILING, 2 },
        { "{} //", MCPS__JSON_ETRAILING, 3 },
        { "trux", MCPS__JSON_ELITERAL, 0 },
        { "[nul]", MCPS__JSON_ELITERAL, 1 },
        { "True", MCPS__JSON_EVALUE, 0 },
        { "NaN", MCPS__JSON_EVALUE, 0 },
        { "+1", MCPS__JSON_EVALUE, 0 },
        { ".5", MCPS__JSON_EVALUE, 0 },
        { "01", MCPS__JSON_ENUMBER, 1 },
        { "-01", MCPS__JSON_ENUMBER, 2 },
        { "-x", MCPS__JSON_ENUMBER, 1 },
        { "[1.]", MCPS__JSON_ENUMBER, 3 },
        { "[1.e3]", MCPS__JSON_ENUMBER, 3 },
        { "[1e+]", MCPS__JSON_ENUMBER, 4 },
        { "1.2.3", MCPS__JSON_ETRAILING, 3 },
        { "\"a\nb\"", MCPS__JSON_ECONTROL, 2 },
        { "\"\x1f\"", MCPS__JSON_ECONTROL, 1 },
        { "\"\\x41\"", MCPS__JSON_EESCAPE, 1 },
        { "\"\\u00g0\"", MCPS__JSON_EESCAPE, 1 },
        { "\"\\U0041\"", MCPS__JSON_EESCAPE, 1 },
        { "\"\\ud800\"", MCPS__JSON_ESURROGATE, 1 },
        { "\"\\udc00\"", MCPS__JSON_ESURROGATE, 1 },
        { "\"\\ud800\\n\"", MCPS__JSON_ESURROGATE, 1 },
        { "\"\\ud800\\ud800\"", MCPS__JSON_ESURROGATE, 1 },
        { "\"\\ud800x\"", MCPS__JSON_ESURROGATE, 1 },
        { "\"\\ud800\\uzzzz\"", MCPS__JSON_EESCAPE, 1 },
        { "\"\xff\"", MCPS__JSON_EUTF8, 1 },
        { "\"\xc0\xaf\"", MCPS__JSON_EUTF8, 1 },
        { "\"\xed\xa0\x80\"", MCPS__JSON_EUTF8, 1 },
        { "\"ab\xe2\x82\"", MCPS__JSON_EUTF8, 3 },
        { "{\"\xff\":1}", MCPS__JSON_EUTF8, 2 },
        { "1e309", MCPS__JSON_ERANGE, 0 },
        { "-1.8e308", MCPS__JSON_ERANGE, 0 },
    };
    struct verdict v;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].text);
        CHECK(same_verdict(rows[i].text, strlen(rows[i].text), &mcps__json_default_limits,
                           &v));
        CHECK_INT(v.result, rows[i].error);
        CHECK_INT(v.pos, rows[i].pos);
    }
    CHECK(same_verdict("[\0]", 3, &mcps__json_default_limits, &v));
    CHECK_INT(v.result, MCPS__JSON_EVALUE);
    CHECK(same_verdict("\"\0\"", 3, &mcps__json_default_limits, &v));
    CHECK_INT(v.result, MCPS__JSON_ECONTROL);
out:;
}

/* A text at a limit is accepted; it is refused, at `pos`, when the limit is one lower. */
static bool limit_is_exact(const char *text, size_t len, size_t limit_offset,
                           uint32_t value, int error, size_t pos)
{
    struct mcps__json_limits limits = mcps__json_default_limits;
    struct verdict v;

    memcpy((char *)&limits + limit_offset, &value, sizeof value);
    CHECK(same_verdict(text, len, &limits, &v));
    CHECK_INT(v.result, 1);
    value--;
    memcpy((char *)&limits + limit_offset, &value, sizeof value);
    CHECK(same_verdict(text, len, &limits, &v));
    CHECK_INT(v.result, error);
    CHECK_INT(v.pos, pos);
    return true;
out:
    unit_note("with the limit %" PRIu32 " in %.*s", value, (int)len, text);
    return false;
}

#define EXACT(text, field, value, error, pos)                                         \
    CHECK(limit_is_exact((text), strlen(text),                                        \
                         offsetof(struct mcps__json_limits, field), (value), (error), \
                         (pos)))

static void every_limit_is_exact(void)
{
    EXACT("[\"abcd\"]", size, 8, MCPS__JSON_ESIZE, 7);
    EXACT("[1234567]", size, 9, MCPS__JSON_ESIZE, 1); /* the number is cut */
    EXACT("12345678", size, 8, MCPS__JSON_ESIZE, 0);
    EXACT("[true]   ", size, 9, MCPS__JSON_ESIZE, 8);
    EXACT("\"12345678901234567890\"", size, 22, MCPS__JSON_ESIZE, 21);
    EXACT("[[[1]]]", depth, 3, MCPS__JSON_EDEPTH, 2);
    EXACT("{\"a\":[{}]}", depth, 3, MCPS__JSON_EDEPTH, 6);
    EXACT("[\"abcd\"]", string, 4, MCPS__JSON_ESTRING, 6);
    EXACT("{\"abcd\":1}", string, 4, MCPS__JSON_ESTRING, 6);
    EXACT("\"12345678901234567890\"", string, 20, MCPS__JSON_ESTRING, 21);
    EXACT("\"ab\\n\"", string, 4, MCPS__JSON_ESTRING, 5);
    EXACT("\"ab\xc3\xa9\"", string, 4, MCPS__JSON_ESTRING, 5);
    EXACT("[1234.5]", number, 6, MCPS__JSON_ENUMBER_LENGTH, 7);
    EXACT("-1e5", number, 4, MCPS__JSON_ENUMBER_LENGTH, 4);
    EXACT("[1,[2],{\"a\":3}]", values, 15, MCPS__JSON_EVALUES, 12);
    EXACT("[1,[2]]", values, 6, MCPS__JSON_EVALUES, 4);
    EXACT("[[],{}]", values, 12, MCPS__JSON_EVALUES, 4);
    EXACT("[\"a\",\"b\"]", values, 4, MCPS__JSON_EVALUES, 5);
    EXACT("{\"abcd\":1}", name, 4, MCPS__JSON_ENAME, 8);
    EXACT("{\"params\":{\"abcdefg\":1}}", name, 7, MCPS__JSON_ENAME, 21);
    EXACT("{\"a\\u0062\":[1]}", name, 7, MCPS__JSON_ENAME, 11);
    EXACT("{\"a\":1,\"params\":{\"b\":2,\"_meta\":{\"c\":3}}}", members, 5,
          MCPS__JSON_EMEMBERS, 36);
    EXACT("[1,2,3]", members, 3, MCPS__JSON_EMEMBERS, 5);
out:;
}

static void default_limits_hold(void)
{
    enum { DEEP = 1000000 };
    char *text = malloc(DEEP);
    struct verdict v;

    CHECK(text != NULL);
    for (size_t depth = 63; depth <= 65; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        CHECK(same_verdict(text, 2 * depth, &mcps__json_default_limits, &v));
        CHECK_INT(v.result, depth <= 64 ? 1 : MCPS__JSON_EDEPTH);
    }
    memset(text, '[', DEEP);
    v = feed(text, DEEP, &mcps__json_default_limits, whole);
    CHECK_INT(v.result, MCPS__JSON_EDEPTH);
    CHECK_INT(v.pos, 64);
    memset(text, '9', DEEP);
    v = feed(text, DEEP, &mcps__json_default_limits, whole);
    CHECK_INT(v.result, MCPS__JSON_ENUMBER_LENGTH);
    for (size_t i = 0; i < DEEP; i += 2)
        memcpy(text + i, "1,", 2);
    text[0] = '[';
    v = feed(text, DEEP, &mcps__json_default_limits, whole);
    CHECK_INT(v.result, MCPS__JSON_EVALUE);
    CHECK_INT(v.pos, 1);
    text[0] = text[1] = '[';
    v = feed(text, DEEP, &mcps__json_default_limits, whole);
    CHECK_INT(v.result, MCPS__JSON_EVALUES);
out:
    free(text);
}

static void a_greater_depth_than_possible_is_lowered(void)
{
    struct mcps__json_limits limits = mcps__json_default_limits;
    char text[130];
    struct verdict v;

    limits.depth = 1000;
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    v = feed(text, 130, &limits, whole);
    CHECK_INT(v.result, MCPS__JSON_EDEPTH);
    v = feed(text + 1, 128, &limits, whole);
    CHECK_INT(v.result, 1);
out:;
}

/* ---- recording ---- */

static struct mcps__scan scan_of(const char *text, int *ret)
{
    struct mcps__scan scan;

    mcps__scan_init(&scan, &mcps__json_default_limits);
    *ret = mcps__scan_feed(&scan, text, strlen(text), true);
    return scan;
}

static void check_member(const struct mcps__scan *scan, const char *text,
                         enum mcps__scan_level level, const char *name, const char *value,
                         enum mcps__json_type type)
{
    const struct mcps__scan_member *m = mcps__scan_find(scan, text, level, name);

    if (!value) {
        CHECK(m == NULL);
        return;
    }
    CHECK(m != NULL);
    CHECK_MEM(text + m->value, m->value_len, value, strlen(value));
    CHECK_INT(m->type, type);
out:;
}

static void records_members_of_message_params_and_meta(void)
{
    static const char text[] =
        " { \"jsonrpc\" : \"2.0\" , \"id\":7, \"x\":{\"id\":8,\"params\":{\"id\":9}},"
        "\"params\":{\"name\":\"n\",\"params\":{\"name\":1},\"arguments\":{\"a\":[1,{"
        "\"b\":2}],"
        "\"_meta\":{\"progressToken\":1}},\"_meta\":{\"progressToken\":\"t\",\"deep\":"
        "{\"progressToken\":2},\"_meta\":{\"z\":1}},\"after\":null},\"_meta\":{\"q\":1},"
        "\"last\":true } ";
    int r;
    struct mcps__scan scan = scan_of(text, &r);

    CHECK_INT(r, 1);
    CHECK_INT(scan.n_recorded, 14);
    check_member(&scan, text, MCPS__SCAN_TOP, "jsonrpc", "\"2.0\"", MCPS__JSON_STRING);
    check_member(&scan, text, MCPS__SCAN_TOP, "id", "7", MCPS__JSON_NUMBER);
    check_member(&scan, text, MCPS__SCAN_TOP, "x", "{\"id\":8,\"params\":{\"id\":9}}",
                 MCPS__JSON_OBJECT);
    check_member(&scan, text, MCPS__SCAN_TOP, "_meta", "{\"q\":1}", MCPS__JSON_OBJECT);
    check_member(&scan, text, MCPS__SCAN_TOP, "last", "true", MCPS__JSON_BOOL);
    check_member(&scan, text, MCPS__SCAN_TOP, "name", NULL, MCPS__JSON_NULL);
    check_member(&scan, text, MCPS__SCAN_PARAMS, "name", "\"n\"", MCPS__JSON_STRING);
    check_member(&scan, text, MCPS__SCAN_PARAMS, "params", "{\"name\":1}",
                 MCPS__JSON_OBJECT);
    check_member(&scan, text, MCPS__SCAN_PARAMS, "after", "null", MCPS__JSON_NULL);
    check_member(&scan, text, MCPS__SCAN_PARAMS, "id", NULL, MCPS__JSON_NULL);
    check_member(&scan, text, MCPS__SCAN_META, "progressToken", "\"t\"",
                 MCPS__JSON_STRING);
    check_member(&scan, text, MCPS__SCAN_META, "deep", "{\"progressToken\":2}",
                 MCPS__JSON_OBJECT);
    check_member(&scan, text, MCPS__SCAN_META, "z", NULL, MCPS__JSON_NULL);
    check_member(&scan, text, MCPS__SCAN_META, "q", NULL, MCPS__JSON_NULL);
out:
    mcps__scan_fini(&scan);
}

static void records_elements_of_a_batch(void)
{
    static const char text[] = "[{\"params\":{\"a\":1}}, 7 ,[{\"params\":{}}]]";
    static const char *const elements[] = { "{\"params\":{\"a\":1}}", "7",
                                            "[{\"params\":{}}]" };
    int r;
    struct mcps__scan scan = scan_of(text, &r);

    CHECK_INT(r, 1);
    CHECK_INT(scan.type, MCPS__JSON_ARRAY);
    CHECK_INT(scan.n_recorded, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct mcps__scan_member *m = &scan.members[i];

        CHECK_MEM(text + m->value, m->value_len, elements[i], strlen(elements[i]));
        CHECK_INT(m->level, MCPS__SCAN_TOP);
    }
out:
    mcps__scan_fini(&scan);
}

/* What stands within an element is not looked into, whatever came before. */
static void elements_of_a_batch_have_no_params(void)
{
    static const char text[] = "[{\"params\":1},{\"a\":1}]";
    int r;
    struct mcps__scan scan = scan_of(text, &r);

    CHECK_INT(r, 1);
    CHECK_INT(scan.n_recorded, 2);
out:
    mcps__scan_fini(&scan);
}

static void an_empty_text_may_be_null(void)
{
    struct mcps__scan scan;

    mcps__scan_init(&scan, &mcps__json_default_limits);
    CHECK_INT(mcps__scan_feed(&scan, NULL, 0, false), 0);
    CHECK_INT(mcps__scan_feed(&scan, NULL, 0, true), MCPS__JSON_EEMPTY);
out:
    mcps__scan_fini(&scan);
}

static void keys_count_as_what_they_stand_for(void)
{
    static const char text[] =
        "{\"\\u0070arams\":{\"_\\u006deta\":{\"a\\u0062\":1}},\"\\u006d\":2}";
    int r;
    struct mcps__scan scan = scan_of(text, &r);

    CHECK_INT(r, 1);
    check_member(&scan, text, MCPS__SCAN_TOP, "params",
                 "{\"_\\u006deta\":{\"a\\u0062\":1}}", MCPS__JSON_OBJECT);
    check_member(&scan, text, MCPS__SCAN_META, "ab", "1", MCPS__JSON_NUMBER);
    check_member(&scan, text, MCPS__SCAN_TOP, "m", "2", MCPS__JSON_NUMBER);
    CHECK(!mcps__scan_has_duplicates(&scan, text));
out:
    mcps__scan_fini(&scan);
}

static void tells_duplicates_and_nuls_in_keys(void)
{
    static const struct {
        const char *text;
        bool duplicates, nul;
    } rows[] = {
        { "{\"a\":1,\"b\":2,\"params\":{\"a\":1,\"_meta\":{\"a\":1}}}", false, false },
        { "{\"a\":1,\"b\":2,\"a\":3}", true, false },
        { "{\"a\":1,\"A\":2}", false, false },
        { "{\"ab\":1,\"\\u0061b\":2}", true, false },
        { "{\"\xc3\xa9\":1,\"\\u00e9\":2}", true, false },
        { "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", true, false },
        { "{\"params\":{\"a\":1,\"a\":2}}", true, false },
        { "{\"params\":{\"_meta\":{\"a\":1,\"a\":2}}}", true, false },
        { "{\"params\":{},\"params\":{}}", true, false },
        { "{\"x\":{\"a\":1,\"a\":2}}", false, false }, /* the tree notices that */
        { "{\"a\\u0000\":1}", false, true },
        { "{\"a\\u0000\":1,\"b\":2}", false, true },
        { "{\"x\":[{\"\\u0000\":1}]}", false, true },
        { "{\"x\":\"\\u0000\"}", false, false },
        { "{\"a\\u0000b\":1,\"a\\u0000c\":2}", false, true },
        { "[1,1]", false, false },
    };
    struct mcps__scan scan;
    int r;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool duplicates;

        unit_note_on_failure("%s", rows[i].text);
        scan = scan_of(rows[i].text, &r);
        duplicates = mcps__scan_has_duplicates(&scan, rows[i].text);
        mcps__scan_fini(&scan);
        CHECK_INT(r, 1);
        CHECK_INT(duplicates, rows[i].duplicates);
        CHECK_INT(scan.nul_in_key, rows[i].nul);
    }
out:;
}

/* Long names with escapes that differ only at their end: compared by their hashes. Short
 * of the limit on names, each pair would cost what its bytes do. */
static void many_long_names_with_escapes_are_told_apart(void)
{
    enum { N = 127, LEN = 1000 };
    struct mcps__json_limits limits = mcps__json_default_limits;
    char *text = malloc(N * (LEN + 20));
    struct mcps__scan scan;
    size_t len = 0;

    mcps__scan_init(&scan, &limits);
    CHECK(text != NULL);
    for (unsigned i = 0; i < N; i++) {
        len += (size_t)sprintf(text + len, "%s\"\\u0061", i ? "," : "{");
        memset(text + len, 'x', LEN);
        len += LEN;
        len += (size_t)sprintf(text + len, "%u\":1", i);
    }
    text[len++] = '}';
    CHECK_INT(mcps__scan_feed(&scan, text, len, true), 1);
    CHECK(!mcps__scan_has_duplicates(&scan, text));
    text[len - 5] = '5'; /* 126 becomes 125 */
    CHECK(mcps__scan_has_duplicates(&scan, text));
out:
    mcps__scan_fini(&scan);
    free(text);
}

static void an_error_stays_until_the_reset(void)
{
    struct mcps__scan scan;

    mcps__scan_init(&scan, &mcps__json_default_limits);
    CHECK_INT(mcps__scan_feed(&scan, "[x", 2, false), MCPS__JSON_EVALUE);
    CHECK_INT(mcps__scan_feed(&scan, "[x]", 3, true), MCPS__JSON_EVALUE);
    CHECK_INT(scan.pos, 1);
    mcps__scan_reset(&scan);
    CHECK_INT(mcps__scan_feed(&scan, "[]", 2, true), 1);
out:
    mcps__scan_fini(&scan);
}

static void nothing_of_one_text_is_left_for_the_next(void)
{
    static const char first[] = "{\"id\":4,\"params\":{\"_meta\":{\"a\":1}},\"x\":[";
    static const char second[] = "{\"id\":5}";
    struct mcps__scan scan;

    mcps__scan_init(&scan, &mcps__json_default_limits);
    CHECK_INT(mcps__scan_feed(&scan, first, strlen(first), true), MCPS__JSON_EEND);
    mcps__scan_reset(&scan);
    CHECK_INT(mcps__scan_feed(&scan, second, strlen(second), true), 1);
    CHECK_INT(scan.n_recorded, 1);
    check_member(&scan, second, MCPS__SCAN_TOP, "id", "5", MCPS__JSON_NUMBER);
out:
    mcps__scan_fini(&scan);
}

/* ---- the inner loop ---- */

static void inner_loops_agree_with_the_definition(void)
{
    unsigned char text[80];

    for (unsigned i = 0; i < unit_repeat(200000, 5000000); i++) {
        size_t start = (size_t)unit_random_below(20), len = (size_t)unit_random_below(50);
        const unsigned char *end = text + start + len, *want;

        memset(text, 'a', sizeof text);
        for (uint64_t n = unit_random_below(4); n > 0; n--)
            text[unit_random_below(sizeof text)] = (unsigned char)unit_random();
        want = mcps__skip_plain_bytes(text + start, end);
        CHECK_INT(mcps__skip_plain(text + start, end) - text, want - text);
        CHECK_INT(mcps__skip_plain_words(text + start, end) - text, want - text);
    }
out:;
}

static void random_texts_are_judged_alike_in_any_pieces(void)
{
    static const char alphabet[] = "{}[]:,\"\\u0d8tnfrue 19.-+eE\xc3\xa9\n";
    char text[40];
    struct verdict v;

    for (unsigned i = 0; i < unit_repeat(20000, 1000000); i++) {
        size_t len = (size_t)unit_random_below(sizeof text);

        for (size_t k = 0; k < len; k++)
            text[k] = alphabet[unit_random_below(sizeof alphabet - 1)];
        CHECK(same_verdict(text, len, &mcps__json_default_limits, &v));
    }
out:;
}

static void every_error_has_a_name_and_a_text(void)
{
#define XX(name, value, limit, text)                \
    CHECK_STR(mcps__json_error_name(value), #name); \
    CHECK_STR(mcps__json_strerror(value), text);    \
    CHECK_INT(mcps__json_error_is_limit(value), limit);
    MCPS__JSON_ERROR_MAP(XX)
#undef XX
    CHECK(mcps__json_error_name(MCPS_ELIMIT) == NULL);
    CHECK_STR(mcps__json_strerror(MCPS_ELIMIT), mcps_strerror(MCPS_ELIMIT));
    CHECK(!mcps__json_error_is_limit(0));
out:;
}

const struct unit_test scan_tests[] = {
    UNIT_TEST(accepts_what_is_json),
    UNIT_TEST(refuses_with_error_and_place),
    UNIT_TEST(every_limit_is_exact),
    UNIT_TEST(default_limits_hold),
    UNIT_TEST(a_greater_depth_than_possible_is_lowered),
    UNIT_TEST(records_members_of_message_params_and_meta),
    UNIT_TEST(records_elements_of_a_batch),
    UNIT_TEST(elements_of_a_batch_have_no_params),
    UNIT_TEST(an_empty_text_may_be_null),
    UNIT_TEST(keys_count_as_what_they_stand_for),
    UNIT_TEST(tells_duplicates_and_nuls_in_keys),
    UNIT_TEST(many_long_names_with_escapes_are_told_apart),
    UNIT_TEST(an_error_stays_until_the_reset),
    UNIT_TEST(nothing_of_one_text_is_left_for_the_next),
    UNIT_TEST(inner_loops_agree_with_the_definition),
    UNIT_TEST_ONCE(random_texts_are_judged_alike_in_any_pieces,
                   "its allocations are the recording's, as in the other tests"),
    UNIT_TEST(every_error_has_a_name_and_a_text),
    UNIT_END,
};
