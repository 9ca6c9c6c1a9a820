/* SPDX-License-Identifier: MIT */
/* The tests of rounds that stand in other files than main(). */
#ifndef TEST_ROUNDS_H
#define TEST_ROUNDS_H

#include "unit.h"

extern const struct unit_test rounds_state_tests[], rounds_unwind_tests[];

#endif
