/* SPDX-License-Identifier: MIT */
/* The writer: structure, strings, numbers in any locale, trees. */
#include "config.h"

#include "unit.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "json/scan.h"
#include "json/tree.h"
#include "json/write.h"

extern const struct unit_test write_tests[];

static void nests_and_separates(void)
{
    static const char want[] = "{\"a\":1,\"b\":[],\"c\":{},\"d\":[1,\"x\",null,[true,"
                               "false],{\"e\":-5}],\"f\":{\"raw\":1}}";
    struct mcps__buf out;
    struct mcps__writer w;

    mcps__buf_init(&out, 1000);
    mcps__write_init(&w, &out);
    mcps__write_object(&w);
    mcps__write_key(&w, "a");
    mcps__write_int(&w, 1);
    mcps__write_key(&w, "b");
    mcps__write_array(&w);
    mcps__write_array_end(&w);
    mcps__write_key(&w, "c");
    mcps__write_object(&w);
    mcps__write_object_end(&w);
    mcps__write_key(&w, "d");
    mcps__write_array(&w);
    mcps__write_uint(&w, 1);
    mcps__write_string(&w, "x");
    mcps__write_null(&w);
    mcps__write_array(&w);
    mcps__write_bool(&w, true);
    mcps__write_bool(&w, false);
    mcps__write_array_end(&w);
    mcps__write_object(&w);
    mcps__write_key(&w, "e");
    mcps__write_int(&w, -5);
    mcps__write_object_end(&w);
    mcps__write_array_end(&w);
    mcps__write_key(&w, "f");
    mcps__write_raw(&w, "{\"raw\":1}", 9);
    mcps__write_object_end(&w);
    CHECK_INT(mcps__write_end(&w), 0);
    CHECK_MEM(out.data, out.len, want, strlen(want));
out:
    mcps__buf_fini(&out);
}

static void strings_are_always_valid(void)
{
    static const struct {
        const char *text;
        size_t len;
        const char *want;
    } rows[] = {
        { "", 0, "\"\"" },
        { "a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"" },
        { "\b\f\n\r\t\x01\x1f\x7f", 8, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"" },
        { "a\0b", 3, "\"a\\u0000b\"" },
        { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
          "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
        { "a\xff"
          "b",
          3,
          "\"a\xef\xbf\xbd"
          "b\"" },
        { "\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
        /* Line ends to some readers; and their neighbours, which are none. */
        { "\xc2\x85|\xe2\x80\xa8|\xe2\x80\xa9", 10, "\"\\u0085|\\u2028|\\u2029\"" },
        { "\xc2\x84\xe2\x80\xa7\xe2\x80\xaa\xe2\x81\xa8", 11,
          "\"\xc2\x84\xe2\x80\xa7\xe2\x80\xaa\xe2\x81\xa8\"" },
        { "\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
    };
    struct mcps__buf out;
    struct mcps__writer w;

    mcps__buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mcps__buf_clear(&out);
        mcps__write_init(&w, &out);
        mcps__write_text(&w, rows[i].text, rows[i].len);
        CHECK_INT(mcps__write_end(&w), 0);
        CHECK_MEM(out.data, out.len, rows[i].want, strlen(rows[i].want));
    }
out:
    mcps__buf_fini(&out);
}

static void integers_are_exact(void)
{
    static const char want[] = "[0,-1,9,10,-9223372036854775808,9223372036854775807,"
                               "18446744073709551615,9007199254740993]";
    struct mcps__buf out;
    struct mcps__writer w;

    mcps__buf_init(&out, 1000);
    mcps__write_init(&w, &out);
    mcps__write_array(&w);
    mcps__write_int(&w, 0);
    mcps__write_int(&w, -1);
    mcps__write_uint(&w, 9);
    mcps__write_int(&w, 10);
    mcps__write_int(&w, INT64_MIN);
    mcps__write_int(&w, INT64_MAX);
    mcps__write_uint(&w, UINT64_MAX);
    mcps__write_int(&w, INT64_C(9007199254740993));
    mcps__write_array_end(&w);
    CHECK_INT(mcps__write_end(&w), 0);
    CHECK_MEM(out.data, out.len, want, strlen(want));
out:
    mcps__buf_fini(&out);
}

/* Writes one double and reads it back by the scan's grammar and by strtod(). */
static bool double_goes_there_and_back(struct mcps__buf *out, double value)
{
    struct mcps__writer w;
    struct mcps__scan scan;
    char *end;
    double back;
    int r;

    mcps__buf_clear(out);
    mcps__write_init(&w, out);
    mcps__write_double(&w, value);
    CHECK_INT(mcps__write_end(&w), 0);
    mcps__scan_init(&scan, &mcps__json_default_limits);
    r = mcps__scan_feed(&scan, out->data, out->len, true);
    mcps__scan_fini(&scan);
    CHECK_INT(r, 1);
    CHECK_INT(mcps__buf_append_byte(out, '\0'), 0);
    back = strtod(out->data, &end); /* in the C locale */
    CHECK_INT(end - out->data, out->len - 1);
    CHECK_MEM(&back, sizeof back, &value, sizeof value);
    CHECK(strpbrk(out->data, ".e") != NULL);
    return true;
out:
    return false;
}

static void doubles_read_back_as_the_same(void)
{
    static const double values[] = { 0.0,
                                     -0.0,
                                     0.1,
                                     1.0,
                                     -2.5,
                                     1e21,
                                     1e-7,
                                     1.0 / 3,
                                     5e-324,
                                     2.2250738585072014e-308,
                                     1.7976931348623157e308,
                                     123456789012345680.0,
                                     9007199254740993.0 };
    struct mcps__buf out;

    mcps__buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        unit_note_on_failure("%.17g", values[i]);
        CHECK(double_goes_there_and_back(&out, values[i]));
    }
    for (unsigned i = 0; i < unit_repeat(50000, 3000000); i++) {
        uint64_t bits = unit_random();
        double value;

        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        unit_note_on_failure("%.17g", value);
        CHECK(double_goes_there_and_back(&out, value));
    }
out:
    mcps__buf_fini(&out);
}

static void short_doubles_stay_short(void)
{
    static const char want[] = "[0.1,1.0,-0.0,1e+21,1.5,100000.0,4.94065645841247e-324]";
    struct mcps__buf out;
    struct mcps__writer w;

    mcps__buf_init(&out, 1000);
    mcps__write_init(&w, &out);
    mcps__write_array(&w);
    mcps__write_double(&w, 0.1);
    mcps__write_double(&w, 1);
    mcps__write_double(&w, -0.0);
    mcps__write_double(&w, 1e21);
    mcps__write_double(&w, 1.5);
    mcps__write_double(&w, 100000);
    mcps__write_double(&w, 5e-324);
    mcps__write_array_end(&w);
    CHECK_INT(mcps__write_end(&w), 0);
    CHECK_MEM(out.data, out.len, want, strlen(want));
out:
    mcps__buf_fini(&out);
}

/* test/locale.sh runs this in locales with other decimal points. */
static void the_locale_changes_nothing(void)
{
    static const char text[] = "[1.5,-0.1,1.0,1e-07,2.5e+30]";
    const char *name = getenv("MCPS_TEST_LOCALE");
    struct mcps__tree_parser parser = { 0 };
    struct json_object *tree = NULL;
    struct mcps__buf out;
    struct mcps__writer w;

    mcps__buf_init(&out, 1000);
    if (name) {
        CHECK(setlocale(LC_NUMERIC, name) != NULL);
        CHECK(strcmp(localeconv()->decimal_point, ".") != 0);
    }
    CHECK_INT(mcps__tree_parser_init(&parser, &mcps__json_default_limits), 0);
    CHECK_INT(mcps__tree_parse(&parser, &tree, text, strlen(text)), 0);
    mcps__write_init(&w, &out);
    mcps__write_tree(&w, tree);
    CHECK_INT(mcps__write_end(&w), 0);
    CHECK_MEM(out.data, out.len, text, strlen(text));
out:
    setlocale(LC_NUMERIC, "C");
    json_object_put(tree);
    mcps__tree_parser_fini(&parser);
    mcps__buf_fini(&out);
}

static void what_is_no_number_is_an_error(void)
{
    static const double values[] = { (double)INFINITY, -(double)INFINITY, (double)NAN };
    struct mcps__buf out;
    struct mcps__writer w;

    mcps__buf_init(&out, 1000);
    for (size_t i = 0; i < 3; i++) {
        mcps__write_init(&w, &out);
        mcps__write_double(&w, values[i]);
        mcps__write_int(&w, 1);
        CHECK_INT(mcps__write_end(&w), MCPS_EINVALID);
    }
out:
    mcps__buf_fini(&out);
}

static void the_first_error_stays(void)
{
    struct mcps__buf out;
    struct mcps__writer w;

    mcps__buf_init(&out, 8);
    mcps__write_init(&w, &out);
    mcps__write_string(&w, "12345678");
    CHECK_INT(mcps__write_end(&w), MCPS_ELIMIT);
    mcps__write_double(&w, (double)NAN);
    CHECK_INT(mcps__write_end(&w), MCPS_ELIMIT);
    CHECK(out.len <= 8);
out:
    mcps__buf_fini(&out);
}

static void trees_are_written_whole(void)
{
    static const char text[] = "{\"a\":[1,-5,18446744073709551615,1.5,true,false,null,"
                               "\"x\\u0000\\u00e9\"],\"b\":{},"
                               "\"c\":[[]]}";
    static const char want[] = "{\"a\":[1,-5,18446744073709551615,1.5,true,false,null,"
                               "\"x\\u0000\xc3\xa9\"],\"b\":{},"
                               "\"c\":[[]]}";
    struct mcps__tree_parser parser = { 0 };
    struct json_object *tree = NULL;
    struct mcps__buf out;
    struct mcps__writer w;

    mcps__buf_init(&out, 1000);
    CHECK_INT(mcps__tree_parser_init(&parser, &mcps__json_default_limits), 0);
    CHECK_INT(mcps__tree_parse(&parser, &tree, text, strlen(text)), 0);
    mcps__write_init(&w, &out);
    mcps__write_tree(&w, tree);
    CHECK_INT(mcps__write_end(&w), 0);
    CHECK_MEM(out.data, out.len, want, strlen(want));
out:
    json_object_put(tree);
    mcps__tree_parser_fini(&parser);
    mcps__buf_fini(&out);
}

static void a_tree_too_deep_is_refused(void)
{
    struct json_object *tree = json_object_new_array();
    struct mcps__buf out;
    struct mcps__writer w;

    mcps__buf_init(&out, 1000);
    CHECK(tree != NULL);
    for (unsigned depth = 1; depth <= MCPS__JSON_DEPTH_MAX + 1; depth++) {
        struct json_object *outer;

        mcps__buf_clear(&out);
        mcps__write_init(&w, &out);
        mcps__write_tree(&w, tree);
        CHECK_INT(mcps__write_end(&w),
                  depth <= MCPS__JSON_DEPTH_MAX ? 0 : MCPS__JSON_EDEPTH);
        outer = json_object_new_array();
        CHECK(outer != NULL);
        json_object_array_add(outer, tree);
        tree = outer;
    }
out:
    json_object_put(tree);
    mcps__buf_fini(&out);
}

const struct unit_test write_tests[] = {
    UNIT_TEST(nests_and_separates),
    UNIT_TEST(strings_are_always_valid),
    UNIT_TEST(integers_are_exact),
    UNIT_TEST(doubles_read_back_as_the_same),
    UNIT_TEST(short_doubles_stay_short),
    UNIT_TEST(the_locale_changes_nothing),
    UNIT_TEST(what_is_no_number_is_an_error),
    UNIT_TEST(the_first_error_stays),
    UNIT_TEST(trees_are_written_whole),
    UNIT_TEST(a_tree_too_deep_is_refused),
    UNIT_END,
};
