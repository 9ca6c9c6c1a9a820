/* SPDX-License-Identifier: MIT */
/* The unit tests of HTTP as a whole, on connections in memory. */
#include "config.h"

#include "unit.h"

extern const struct unit_test http_modern_tests[], http_legacy_tests[],
    http_bytes_tests[], http_refuse_tests[], http_ask_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "modern", http_modern_tests }, { "legacy", http_legacy_tests },
        { "bytes", http_bytes_tests },   { "refuse", http_refuse_tests },
        { "ask", http_ask_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
