/* SPDX-License-Identifier: MIT */
/* The tests of group 12 that stand in other files than main(). */
#ifndef TEST_HANDLERS_H
#define TEST_HANDLERS_H

#include "unit.h"

extern const struct unit_test result_tests[], reentry_tests[];

/* The path of the program. */
extern char *handlers_program;

/* Serves stdio with tools that crash, until one of them does: the program run with the
 * argument "crash". */
int serve_crashes(void);

#endif
