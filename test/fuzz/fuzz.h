/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share. Each target is one file with LLVMFuzzerTestOneInput(); it
 * runs under libFuzzer (--enable-fuzzers, clang), and with standalone.c as a plain test over
 * its corpus.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must always be so: the process ends where it is not. */
#define FUZZ_CHECK(cond)                                                       \
    do {                                                                       \
        if (!(cond)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* How many of the `left` bytes come next: told by a seed that is part of the input, so that
 * a finding can be repeated. */
static inline size_t fuzz_piece(uint32_t *seed, size_t left)
{
    *seed = *seed * 1664525u + 1013904223u;
    return 1 + (*seed >> 16) % (left < 24 ? left : 24);
}

#endif
