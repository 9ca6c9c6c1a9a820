/* SPDX-License-Identifier: MIT */
/* The unit tests of cancellation: the control pool, tokens and their hooks. */
#include "config.h"

#include "unit.h"

extern const struct unit_test control_tests[], token_tests[], hook_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "control", control_tests },
        { "token", token_tests },
        { "hook", hook_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
