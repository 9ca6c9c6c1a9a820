/* SPDX-License-Identifier: MIT */
/* The tests of results that stand in other files than main(). */
#ifndef TEST_RESULTS_H
#define TEST_RESULTS_H

#include <stdatomic.h>

#include "mcpserver/mcpserver.h"
#include "unit.h"

extern const struct unit_test blob_tests[];

#endif
