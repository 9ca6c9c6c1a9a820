/* SPDX-License-Identifier: MIT */
/*
 * Groups 1 to 4, 8 and 10 over HTTP: clients that leave, and all that ends early.
 *
 * MCPS_TEST_MUTATION chooses a mutation of util/sync.h; see mutations.sh.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "http_site.h"
#include "http_tests.h"
#include "util/sync.h"

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "web", web_tests },          { "abort", http_abort_tests },
        { "body", http_body_tests },   { "call", http_call_tests },
        { "close", http_close_tests }, { "load", http_load_tests },
        { "seed", http_seed_tests },
    };
    const char *mutation = getenv("MCPS_TEST_MUTATION");

    if (mutation && *mutation && !mcps__mutate(mutation)) {
        fprintf(stderr, "%s: there is no mutation %s\n", argv[0], mutation);
        return 2;
    }

    signal(SIGPIPE, SIG_IGN);
    site_raise_limits();
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
