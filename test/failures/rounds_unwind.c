/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "rounds.h"
const struct unit_test rounds_unwind_tests[] = { UNIT_END };
