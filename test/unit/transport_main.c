/* SPDX-License-Identifier: MIT */
/* The unit tests of lib/transport. */
#include "config.h"

#include "unit.h"

extern const struct unit_test read_tests[], write_tests[], lines_tests[], stdio_tests[],
    memory_tests[], mirror_tests[], http_parse_tests[], http_body_tests[],
    http_text_tests[], address_tests[], guard_tests[], media_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "read", read_tests },
        { "write", write_tests },
        { "lines", lines_tests },
        { "stdio", stdio_tests },
        { "memory", memory_tests },
        { "mirror", mirror_tests },
        { "http_parse", http_parse_tests },
        { "http_body", http_body_tests },
        { "http_text", http_text_tests },
        { "address", address_tests },
        { "guard", guard_tests },
        { "media", media_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
