/* SPDX-License-Identifier: MIT */
/* The unit tests of lib/rpc, and of what compares its messages with fields of HTTP. */
#include "config.h"

#include "unit.h"

extern const struct unit_test frame_tests[], id_tests[], envelope_tests[],
    message_tests[], headers_tests[], mirror_check_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "frame", frame_tests },       { "id", id_tests },
        { "envelope", envelope_tests }, { "message", message_tests },
        { "headers", headers_tests },   { "mirror", mirror_check_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
