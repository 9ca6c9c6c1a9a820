/* SPDX-License-Identifier: MIT */
/* The unit tests of lib/json. */
#include "config.h"

#include "unit.h"

extern const struct unit_test scan_tests[], number_tests[], text_tests[], tree_tests[],
    write_tests[], bytes_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "scan", scan_tests }, { "number", number_tests }, { "text", text_tests },
        { "tree", tree_tests }, { "write", write_tests },   { "bytes", bytes_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
