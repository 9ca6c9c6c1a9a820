/* SPDX-License-Identifier: MIT */
/*
 * Holds idle streams open, for test/bench/http.sh: says "ready" when all are there, and goes,
 * with their sessions, when its stdin ends.
 *
 *     http_hold port streams
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http_idle.h"

int main(int argc, char **argv)
{
    struct rlimit limit;
    struct crowd crowd;
    char input[64];

    if (argc != 3)
        return 2;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)!setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (!crowd_make(&crowd, (unsigned)strtoul(argv[2], NULL, 10), atoi(argv[1])) ||
        !crowd_open(&crowd)) {
        fprintf(stderr, "http_hold: %s\n", crowd.fault ? crowd.fault : "no memory");
        return 1;
    }
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, input, sizeof input) > 0)
        ;
    crowd_close(&crowd);
    if (!crowd_end_sessions(&crowd)) {
        fprintf(stderr, "http_hold: %s\n", crowd.fault);
        return 1;
    }
    crowd_free(&crowd);
    return 0;
}
