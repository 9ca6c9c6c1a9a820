/* SPDX-License-Identifier: MIT */
/* What base.h and version.h declare: errors have names and sentences, and so has errno.
 */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mcpserver/mcpserver.h"

extern const struct unit_test base_tests[];

static void every_error_has_a_name_and_a_sentence(void)
{
#define XX(name, value, text)                          \
    CHECK_INT(MCPS_E##name, value);                    \
    CHECK_STR(mcps_error_name(value), "MCPS_E" #name); \
    CHECK_STR(mcps_strerror(value), text);
    MCPS_ERROR_MAP(XX)
#undef XX
    CHECK_STR(mcps_error_name(0), "MCPS_OK");
    CHECK_STR(mcps_strerror(MCPS_PENDING), "success");
out:;
}

static void errno_values_are_errors_too(void)
{
    static const int values[] = { ENOMEM, EINVAL, EPIPE, ETIMEDOUT };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        CHECK_STR(mcps_strerror(-values[i]), strerror(values[i]));
#ifdef HAVE_STRERRORNAME_NP
    CHECK_STR(mcps_error_name(-ENOMEM), "ENOMEM");
#endif
out:;
}

static void what_is_no_error_has_a_text_all_the_same(void)
{
    static const int values[] = { -4000, -4999, -5000, -5999, -1000000, INT32_MIN };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        unit_note_on_failure("%d", values[i]);
        CHECK(mcps_strerror(values[i]) != NULL);
        if (values[i] <= -4999)
            CHECK_STR(mcps_strerror(values[i]), "an unknown error");
        CHECK_STR(mcps_error_name(values[i]), "unknown");
    }
out:;
}

static void the_version_is_the_one_of_the_headers(void)
{
    char version[40];

    snprintf(version, sizeof version, "%d.%d.%d", MCPS_VERSION_MAJOR, MCPS_VERSION_MINOR,
             MCPS_VERSION_PATCH);
    CHECK_STR(version, MCPS_VERSION);
    CHECK_STR(mcps_version(), MCPS_VERSION);
out:;
}

const struct unit_test base_tests[] = {
    UNIT_TEST(every_error_has_a_name_and_a_sentence),
    UNIT_TEST(errno_values_are_errors_too),
    UNIT_TEST(what_is_no_error_has_a_text_all_the_same),
    UNIT_TEST(the_version_is_the_one_of_the_headers),
    UNIT_END,
};
