/* SPDX-License-Identifier: MIT */
/* What lies around calls: what they say and learn besides their result. */
#include "config.h"

#include <signal.h>

#include "layers.h"
#include "unit.h"

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "say", say_tests },
        { "chain", chain_tests },
        { "view", view_tests },
        { "hidden", hidden_tests },
    };

    signal(SIGPIPE, SIG_IGN);
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
