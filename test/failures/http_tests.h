/* SPDX-License-Identifier: MIT */
/* The files of tests over HTTP, by program: http, sse, sessions and guard. */
#ifndef TEST_HTTP_TESTS_H
#define TEST_HTTP_TESTS_H

#include "unit.h"

extern const struct unit_test web_tests[], http_abort_tests[], http_body_tests[],
    http_call_tests[], http_close_tests[], http_load_tests[], http_seed_tests[];
extern const struct unit_test sse_stream_tests[], sse_resume_tests[];
extern const struct unit_test session_life_tests[], session_end_tests[];
extern const struct unit_test guard_door_tests[], guard_parse_tests[], guard_who_tests[];

#endif
