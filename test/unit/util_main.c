/* SPDX-License-Identifier: MIT */
/* The unit tests of lib/util. */
#include "config.h"

#include "unit.h"

extern const struct unit_test base_tests[], mem_tests[], buf_tests[], list_tests[],
    map_tests[], obj_tests[], lock_tests[], clock_tests[], wake_tests[], random_tests[],
    base64_tests[], utf8_tests[], ct_tests[], log_tests[], sync_tests[], timer_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "base", base_tests },     { "mem", mem_tests },       { "buf", buf_tests },
        { "list", list_tests },     { "map", map_tests },       { "obj", obj_tests },
        { "lock", lock_tests },     { "clock", clock_tests },   { "wake", wake_tests },
        { "random", random_tests }, { "base64", base64_tests }, { "utf8", utf8_tests },
        { "ct", ct_tests },         { "log", log_tests },       { "sync", sync_tests },
        { "timer", timer_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
