/* SPDX-License-Identifier: MIT */
/* The unit tests of lib/schema. */
#include "config.h"

#include "unit.h"

extern const struct unit_test schema_table_tests[], schema_decode_tests[],
    schema_complain_tests[], schema_encode_tests[], schema_uri_tests[],
    schema_format_tests[], schema_punycode_tests[], schema_num_tests[],
    schema_constant_tests[], schema_regex_tests[], schema_regex_cost_tests[],
    schema_opened_tests[], schema_rounds_tests[], schema_check_tests[],
    schema_options_tests[], schema_refuse_tests[], schema_coerce_tests[],
    schema_hostile_tests[], schema_large_tests[], schema_bounds_tests[],
    schema_form_tests[], schema_mirrored_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "table", schema_table_tests },
        { "decode", schema_decode_tests },
        { "complain", schema_complain_tests },
        { "encode", schema_encode_tests },
        { "form", schema_form_tests },
        { "mirrored", schema_mirrored_tests },
        { "uri", schema_uri_tests },
        { "format", schema_format_tests },
        { "punycode", schema_punycode_tests },
        { "num", schema_num_tests },
        { "constant", schema_constant_tests },
        { "regex", schema_regex_tests },
        { "regex_cost", schema_regex_cost_tests },
        { "check", schema_check_tests },
        { "options", schema_options_tests },
        { "refuse", schema_refuse_tests },
        { "coerce", schema_coerce_tests },
        { "hostile", schema_hostile_tests },
        { "large", schema_large_tests },
        { "bounds", schema_bounds_tests },
        { "opened", schema_opened_tests },
        { "rounds", schema_rounds_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
