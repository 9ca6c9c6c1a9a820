/* SPDX-License-Identifier: MIT */
/* What the tests of regular expressions share. */
#ifndef TEST_SCHEMA_PATTERN_H
#define TEST_SCHEMA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PATTERN_ERROR_SIZE = 300 };

/* Skips the test where the library has no regular expressions. */
bool pattern_missing(void);

/* Compiles and matches once: 1, 0 or an error. `error` is a sentence if it was refused. */
int pattern_search(const char *pattern, size_t pattern_len, const char *text, size_t len,
                   bool no_jit, uint64_t *steps, char error[PATTERN_ERROR_SIZE]);

/* A pattern that is made of the same, again and again. */
void pattern_repeat(char *out, size_t size, const char *before, const char *again, int n,
                    const char *after);

#endif
