/* SPDX-License-Identifier: MIT */
/* Group 5: streams, and coming back for them. */
#include "config.h"

#include <signal.h>

#include "http_site.h"
#include "http_tests.h"

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = { { "streams", sse_stream_tests },
                                                { "resume", sse_resume_tests } };

    signal(SIGPIPE, SIG_IGN);
    site_raise_limits();
    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
