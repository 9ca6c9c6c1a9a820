/* SPDX-License-Identifier: MIT */
/* The unit tests of sealed state, and of what it stands on. */
#include "config.h"

#include "unit.h"

extern const struct unit_test crypto_tests[], canonical_tests[], seal_tests[],
    nonces_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "crypto", crypto_tests },
        { "canonical", canonical_tests },
        { "seal", seal_tests },
        { "nonces", nonces_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
