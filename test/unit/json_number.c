/* SPDX-License-Identifier: MIT */
/* Numbers: ranges and exact integers. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/number.h"

extern const struct unit_test number_tests[];

static void integers_are_read_exactly(void)
{
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = {
        { "0", 0 },
        { "-0", 0 },
        { "0.0", 0 },
        { "0e999999999999", 0 },
        { "0.000e-99", 0 },
        { "7", 7 },
        { "7.0", 7 },
        { "70e-1", 7 },
        { "0.7e1", 7 },
        { "0.07E+2", 7 },
        { "1e3", 1000 },
        { "-1.5e1", -15 },
        { "1234567890123", INT64_C(1234567890123) },
        { "9007199254740993", INT64_C(9007199254740993) },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
        { "9.223372036854775807e18", INT64_MAX },
        { "922337203685477580700e-2", INT64_MAX },
        { "1000000000000000000000e-3", INT64_C(1000000000000000000) },
        { "1.0000000000000000000000000000000000", 1 },
        { "0.00000000000000000000000000000000001e35", 1 },
    };
    static const char *const not_integers[] = {
        "0.5",
        "1e-1",
        "15e-1",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "1e19",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "1.00000000000000000000000000001",
        "92233720368547758070000000000000000001e-19",
        "0.1e-2147483648",
    };
    int64_t got;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        got = -77;
        unit_note_on_failure("%s", rows[i].text);
        CHECK(mcps__number_to_int64(rows[i].text, strlen(rows[i].text), &got));
        CHECK_INT(got, rows[i].value);
    }
    for (size_t i = 0; i < sizeof not_integers / sizeof not_integers[0]; i++) {
        got = -77;
        unit_note_on_failure("%s", not_integers[i]);
        CHECK(!mcps__number_to_int64(not_integers[i], strlen(not_integers[i]), &got));
        CHECK_INT(got, -77);
    }
out:;
}

static void ranges_are_those_of_a_tree(void)
{
    static const char *const inside[] = {
        "0",
        "18446744073709551615",
        "-9223372036854775808",
        "1e308",
        "-1e308",
        "1.7976931348623157e308",
        "1.797693134862315807e308",
        "17976931348623157e292",
        "0.00000017976931348623157e315",
        "1e-999999999",
        "0e999999999",
        "0.0e400",
        "18446744073709551616.0",
        "123456789012345678901234567890e0",
        "18446744073709551616",
        "-9223372036854775809",
        "100000000000000000000",
    };
    static const char *const outside[] = {
        "1e309",
        "-1e309",
        "1.797693134862315808e308",
        "1.8e308",
        "0.1e310",
        "1e999999999999",
        "0.000000000000000000001e400",
        "1.797693134862315807999e308",
        "17976931348623158080e289",
    };

    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        unit_note_on_failure("%s", inside[i]);
        CHECK(mcps__number_in_range(inside[i], strlen(inside[i])));
    }
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        unit_note_on_failure("%s", outside[i]);
        CHECK(!mcps__number_in_range(outside[i], strlen(outside[i])));
    }
out:;
}

static size_t random_number(char text[64])
{
    size_t len = 0, digits = 1 + (size_t)unit_random_below(22);
    size_t point = (size_t)unit_random_below(digits + 1);

    if (unit_random_below(2))
        text[len++] = '-';
    text[len++] = (char)('1' + unit_random_below(9));
    for (size_t i = 1; i < digits; i++) {
        if (i == point)
            text[len++] = '.';
        text[len++] = (char)('0' + unit_random_below(10));
    }
    if (unit_random_below(2))
        len += (size_t)sprintf(text + len, "e%d", (int)unit_random_below(660) - 330);
    text[len] = '\0';
    return len;
}

static void ranges_agree_with_strtod(void)
{
    char text[64];

    for (unsigned i = 0; i < unit_repeat(100000, 3000000); i++) {
        size_t len = random_number(text);

        unit_note_on_failure("%s", text);
        CHECK_INT(mcps__number_in_range(text, len), isfinite(strtod(text, NULL)));
        if (strpbrk(text, ".e"))
            continue;
        errno = 0;
        if (text[0] == '-')
            strtoll(text, NULL, 10);
        else
            strtoull(text, NULL, 10);
        CHECK_INT(mcps__number_has_64_bits(text, len), errno != ERANGE);
    }
out:;
}

/* What is accepted is finite, at the very edge too, where not all that is finite is. */
static void nothing_infinite_is_in_range(void)
{
    char text[64];

    for (unsigned i = 0; i < unit_repeat(20000, 1000000); i++) {
        int len = sprintf(text, "1.79769313486231580%03ue308",
                          (unsigned)unit_random_below(1000));
        bool accepted;

        if (unit_random_below(2))
            len = sprintf(text, "1797693134862315807%03ue287",
                          (unsigned)unit_random_below(1000));
        unit_note_on_failure("%s", text);
        accepted = mcps__number_in_range(text, (size_t)len);
        CHECK(!accepted || isfinite(strtod(text, NULL)));
    }
out:;
}

static void simple_doubles_are_those_of_strtod(void)
{
    static const char *const simple[] = { "0.1",
                                          "1.5",
                                          "-2.5e3",
                                          "0.0",
                                          "-0.0",
                                          "1e22",
                                          "1e-22",
                                          "9007199254740992e0",
                                          "3.14159265358979" };
    static const char *const hard[] = { "1e23", "1e-23", "9007199254740993e0", "1e308" };
    unsigned n_simple = 0;
    char text[64];
    double got, want;

    for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++) {
        unit_note_on_failure("%s", simple[i]);
        CHECK(mcps__number_to_double(simple[i], strlen(simple[i]), &got));
        want = strtod(simple[i], NULL);
        CHECK_MEM(&got, sizeof got, &want, sizeof want);
    }
    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) {
        unit_note_on_failure("%s", hard[i]);
        CHECK(!mcps__number_to_double(hard[i], strlen(hard[i]), &got));
    }
    for (unsigned i = 0; i < unit_repeat(100000, 3000000); i++) {
        size_t len = random_number(text);

        if (!mcps__number_to_double(text, len, &got))
            continue;
        n_simple++;
        want = strtod(text, NULL);
        unit_note_on_failure("%s", text);
        CHECK_MEM(&got, sizeof got, &want, sizeof want);
    }
    CHECK(n_simple > 0);
out:;
}

const struct unit_test number_tests[] = {
    UNIT_TEST(integers_are_read_exactly),
    UNIT_TEST(ranges_are_those_of_a_tree),
    UNIT_TEST(ranges_agree_with_strtod),
    UNIT_TEST(nothing_infinite_is_in_range),
    UNIT_TEST(simple_doubles_are_those_of_strtod),
    UNIT_END,
};
