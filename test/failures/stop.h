/* SPDX-License-Identifier: MIT */
/* The tests of group 10 that stand in another file than main(). */
#ifndef TEST_STOP_H
#define TEST_STOP_H

#include "unit.h"

extern const struct unit_test cycle_tests[];

#endif
