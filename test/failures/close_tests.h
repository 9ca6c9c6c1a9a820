/* SPDX-License-Identifier: MIT */
/* The tests of group 1, which are in several files; see close.c. */
#ifndef TEST_CLOSE_TESTS_H
#define TEST_CLOSE_TESTS_H

/* XX(function) */
#define CLOSE_TESTS(XX)                             \
    XX(f1_01_input_ends_while_a_handler_runs)       \
    XX(f1_01_freely)                                \
    XX(f1_02_parked_in_roots_at_the_end_of_input)   \
    XX(f1_02_not_asleep_yet_at_the_end_of_input)    \
    XX(f1_02_freely)                                \
    XX(f1_03_answer_to_a_broken_sink)               \
    XX(f1_03_answer_to_a_closed_sink)               \
    XX(f1_03_answer_as_the_sink_closes)             \
    XX(f1_03_another_error_is_reported)             \
    XX(f1_04_two_sources_of_cancellation)           \
    XX(f1_04_freely)                                \
    XX(f1_05_answer_after_the_end)                  \
    XX(f1_06_descriptors_are_not_mixed_up)          \
    XX(f1_07_queued_calls_never_start)              \
    XX(f1_07_none_starts_while_it_closes)           \
    XX(f1_08_calls_of_the_library_after_the_end)    \
    XX(f1_09_stop_with_a_client_that_does_not_read) \
    XX(f1_10_stopped_by_many_at_once)               \
    XX(f1_11_a_hook_that_blocks)                    \
    XX(f1_12_input_was_piped)                       \
    XX(f1_12_input_ended_at_once)                   \
    XX(f1_12_asking_ends_with_the_input)            \
    XX(f1_13_one_failure_is_one_client_s)           \
    XX(f1_13_out_of_memory)

#define XX(name) void name(void);
CLOSE_TESTS(XX)
#undef XX

#endif
