/* SPDX-License-Identifier: MIT */
/* Ids: what is one, what is the same one, and what goes back. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/scan.h"
#include "rpc/id.h"

extern const struct unit_test id_tests[];

/* Reads an id as the envelope does, after the scan. */
static int read_id(struct mcps__id *ret, const char *text, const char **why)
{
    struct mcps__scan scan;
    int r;

    mcps__scan_init(&scan, &mcps__json_default_limits);
    r = mcps__scan_feed(&scan, text, strlen(text), true);
    if (r == 1)
        r = mcps__id_read(ret, text, strlen(text), (enum mcps__json_type)scan.type, why);
    mcps__scan_fini(&scan);
    return r;
}

static void goes_back_as_it_came(void)
{
    static const struct {
        const char *text, *back;
        enum mcps__id_kind kind;
        int64_t number;
    } rows[] = {
        { "0", "0", MCPS__ID_NUMBER, 0 },
        { "1", "1", MCPS__ID_NUMBER, 1 },
        { "-1", "-1", MCPS__ID_NUMBER, -1 },
        { "1234567890123", "1234567890123", MCPS__ID_NUMBER, INT64_C(1234567890123) },
        { "9007199254740993", "9007199254740993", MCPS__ID_NUMBER,
          INT64_C(9007199254740993) },
        { "9223372036854775807", "9223372036854775807", MCPS__ID_NUMBER, INT64_MAX },
        { "-9223372036854775808", "-9223372036854775808", MCPS__ID_NUMBER, INT64_MIN },
        { "1.0", "1.0", MCPS__ID_NUMBER, 1 },
        { "1e3", "1e3", MCPS__ID_NUMBER, 1000 },
        { "-0", "-0", MCPS__ID_NUMBER, 0 },
        { "\"\"", "\"\"", MCPS__ID_STRING, 0 },
        { "\"1\"", "\"1\"", MCPS__ID_STRING, 0 },
        { "\"001\"", "\"001\"", MCPS__ID_STRING, 0 },
        { "\"_GET_stream\"", "\"_GET_stream\"", MCPS__ID_STRING, 0 },
        { "\"\xc3\xa9\"", "\"\xc3\xa9\"", MCPS__ID_STRING, 0 },
        { "\"\\u00e9\"", "\"\xc3\xa9\"", MCPS__ID_STRING, 0 },
        { "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"", MCPS__ID_STRING, 0 },
        { "\"a\\u0000b\\n\\\"\\/\"", "\"a\\u0000b\\n\\\"/\"", MCPS__ID_STRING, 0 },
    };
    struct mcps__id id, copy;
    const char *why = NULL;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s", rows[i].text);
        CHECK_INT(read_id(&id, rows[i].text, &why), 0);
        CHECK_INT(id.kind, rows[i].kind);
        CHECK_INT(id.number, rows[i].number);
        CHECK_MEM(id.text, id.len, rows[i].back, strlen(rows[i].back));
        mcps__id_copy(&copy, &id);
        CHECK(mcps__id_equal(&id, &copy));
        CHECK_MEM(copy.text, copy.len, rows[i].back, strlen(rows[i].back));
    }
out:;
}

static void everything_else_is_refused_with_a_reason(void)
{
    static const char *const texts[] = { "null",
                                         "true",
                                         "false",
                                         "[]",
                                         "{}",
                                         "1.5",
                                         "1e-1",
                                         "9223372036854775808",
                                         "-9.3e18",
                                         "1e300",
                                         "18446744073709551615" };
    struct mcps__id id = { .kind = MCPS__ID_NONE };
    const char *why;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        why = NULL;
        unit_note_on_failure("%s", texts[i]);
        CHECK_INT(read_id(&id, texts[i], &why), MCPS_EINVALID);
        CHECK(why != NULL);
        CHECK_INT(id.kind, MCPS__ID_NONE);
    }
out:;
}

/* A string of n characters, each written as `each`. */
static char *long_string(size_t n, const char *each)
{
    size_t len = strlen(each);
    char *text = malloc(n * len + 3);

    if (!text)
        return NULL;
    text[0] = '"';
    for (size_t i = 0; i < n; i++)
        memcpy(text + 1 + i * len, each, len);
    memcpy(text + 1 + n * len, "\"", 2);
    return text;
}

static void strings_have_a_limit(void)
{
    static const struct {
        size_t n;
        const char *each;
        int want;
    } rows[] = {
        { 256, "x", 0 },
        { 257, "x", MCPS_EINVALID },
        { 256, "\\u0041", 0 },
        { 257, "\\u0041", MCPS_EINVALID },
        { 128, "\\u00e9", 0 },
        { 129, "\\u00e9", MCPS_EINVALID },
        { 42, "\\u0000", 0 },
        { 43, "\\u0000", MCPS_EINVALID },
        { 1 << 20, "x", MCPS_EINVALID },
        { 1 << 18, "\\u0041", MCPS_EINVALID },
    };
    struct mcps__id id;
    const char *why = NULL;
    char *text = NULL;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text = long_string(rows[i].n, rows[i].each);
        CHECK(text != NULL);
        unit_note_on_failure("%zu of %s", rows[i].n, rows[i].each);
        CHECK_INT(read_id(&id, text, &why), rows[i].want);
        free(text);
        text = NULL;
    }
    text = long_string(400, "0"); /* a number that is long, if it loses its quotes */
    CHECK(text != NULL);
    memcpy(text, "1.", 2);
    text[401] = '\0';
    CHECK_INT(read_id(&id, text, &why), MCPS_EINVALID);
out:
    free(text);
}

static void kinds_are_never_mixed_up(void)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        { "1", "1", true },
        { "1", "\"1\"", false },
        { "1", "1.0", true },
        { "1000", "1e3", true },
        { "0", "-0", true },
        { "0", "\"\"", false },
        { "1", "-1", false },
        { "\"a\"", "\"A\"", false },
        { "\"\\u00e9\"", "\"\xc3\xa9\"", true },
        { "\"a\"", "\"a\\u0000\"", false },
        { "9007199254740993", "9007199254740992", false },
    };
    struct mcps__id a, b;
    const char *why = NULL;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unit_note_on_failure("%s and %s", rows[i].a, rows[i].b);
        CHECK_INT(read_id(&a, rows[i].a, &why), 0);
        CHECK_INT(read_id(&b, rows[i].b, &why), 0);
        CHECK_INT(mcps__id_equal(&a, &b), rows[i].equal);
        CHECK_INT(mcps__id_equal(&b, &a), rows[i].equal);
    }
    mcps__id_of_number(&a, INT64_MIN);
    CHECK_INT(read_id(&b, "-9223372036854775808", &why), 0);
    CHECK(mcps__id_equal(&a, &b));
    CHECK_MEM(a.text, a.len, b.text, b.len);
out:;
}

const struct unit_test id_tests[] = {
    UNIT_TEST(goes_back_as_it_came),
    UNIT_TEST(everything_else_is_refused_with_a_reason),
    UNIT_TEST(strings_have_a_limit),
    UNIT_TEST(kinds_are_never_mixed_up),
    UNIT_END,
};
