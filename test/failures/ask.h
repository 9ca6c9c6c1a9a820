/* SPDX-License-Identifier: MIT */
/* The tests of group 3 that stand in other files than main(). */
#ifndef TEST_ASK_H
#define TEST_ASK_H

#include "unit.h"

extern const struct unit_test ask_refused_tests[], ask_storm_tests[], ask_kinds_tests[];

#endif
