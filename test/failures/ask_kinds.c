/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "ask.h"
const struct unit_test ask_kinds_tests[] = { UNIT_END };
