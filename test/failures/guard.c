/* SPDX-License-Identifier: MIT */
/* Group 13: who may come in, what is understood, and whose things are whose. */
#include "config.h"

#include <signal.h>

#include "http_site.h"
#include "http_tests.h"

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "door", guard_door_tests },
                                                { "parse", guard_parse_tests },
                                                { "who", guard_who_tests } };

    signal(SIGPIPE, SIG_IGN);
    site_raise_limits();
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
