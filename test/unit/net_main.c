/* SPDX-License-Identifier: MIT */
/* The unit tests of sockets and the event loop. */
#include "config.h"

#include "unit.h"

extern const struct unit_test net_bytes_tests[], net_ends_tests[], net_accept_tests[],
    net_loop_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "bytes", net_bytes_tests },
        { "ends", net_ends_tests },
        { "accept", net_accept_tests },
        { "loop", net_loop_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
