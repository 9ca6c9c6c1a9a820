/* SPDX-License-Identifier: MIT */
/* The unit tests of lib/schema. */
#include "config.h"

#include "unit.h"

extern const struct unit_test schema_table_tests[], schema_decode_tests[],
    schema_complain_tests[], schema_encode_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "table", schema_table_tests },
        { "decode", schema_decode_tests },
        { "complain", schema_complain_tests },
        { "encode", schema_encode_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
