/* SPDX-License-Identifier: MIT */
/* The unit tests of what carries messages and calls in lib/core. */
#include "config.h"

#include "unit.h"

extern const struct unit_test pool_tests[], park_tests[], limits_tests[], loop_tests[],
    account_tests[], sink_tests[], piece_tests[], meta_tests[], content_tests[],
    lent_tests[], uri_tests[], uri_match_tests[], trace_tests[], core_question_tests[];

int main(int argc, char **argv)
{
    static const struct unit_suite suites[] = {
        { "pool", pool_tests },       { "park", park_tests },
        { "limits", limits_tests },   { "loop", loop_tests },
        { "account", account_tests }, { "sink", sink_tests },
        { "piece", piece_tests },     { "meta", meta_tests },
        { "content", content_tests }, { "lent", lent_tests },
        { "uri", uri_tests },         { "uri_match", uri_match_tests },
        { "trace", trace_tests },     { "question", core_question_tests },
    };

    return unit_main(argc, argv, suites, sizeof suites / sizeof suites[0]);
}
