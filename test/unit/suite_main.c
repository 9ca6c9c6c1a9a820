/* SPDX-License-Identifier: MIT */
/* The schema checker held against data beside the project; skipped where that is
 * missing. */
#include "config.h"

#include "unit.h"

extern const struct unit_test schema_suite_tests[], schema_mcp_tests[],
    suite_threads_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "suite", schema_suite_tests },
        { "mcp", schema_mcp_tests },
        { "threads", suite_threads_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
