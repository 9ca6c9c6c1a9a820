/* SPDX-License-Identifier: MIT */
/* Group 6: the life of sessions. */
#include "config.h"

#include <signal.h>

#include "http_site.h"
#include "http_tests.h"

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "life", session_life_tests },
                                                { "end", session_end_tests } };

    signal(SIGPIPE, SIG_IGN);
    site_raise_limits();
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
