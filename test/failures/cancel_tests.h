/* SPDX-License-Identifier: MIT */
/* The tests of group 2, which are in two files; see cancel.c. */
#ifndef TEST_CANCEL_TESTS_H
#define TEST_CANCEL_TESTS_H

/* XX(function) */
#define CANCEL_TESTS(XX)                      \
    XX(f2_01_nothing_follows_a_cancel)        \
    XX(f2_02_cancel_before_the_answer)        \
    XX(f2_02_cancel_after_the_answer)         \
    XX(f2_02_cancel_between_both)             \
    XX(f2_02_freely)                          \
    XX(f2_03_cancel_of_a_half_written_answer) \
    XX(f2_04_handler_fails_when_cancelled)    \
    XX(f2_05_handler_ignores_the_cancel)      \
    XX(f2_06_cancels_of_nothing)              \
    XX(f2_07_falsy_ids)                       \
    XX(f2_08_cancel_in_the_same_write)        \
    XX(f2_09_numbers_are_not_strings)         \
    XX(f2_10_reused_id)                       \
    XX(f2_11_cancel_overtakes_calls)          \
    XX(f2_14_cancel_by_somebody_else)         \
    XX(f2_15_cancel_of_a_call_that_asks)      \
    XX(f2_15_cancel_before_it_has_asked)      \
    XX(f2_15_freely)                          \
    XX(f2_16_calls_after_cancels)

#define XX(name) void name(void);
CANCEL_TESTS(XX)
#undef XX

#endif
