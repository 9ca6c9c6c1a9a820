/* SPDX-License-Identifier: MIT */
/* How benchmarks take their time: everything in one run, by turns, the best of several. */
#ifndef TEST_BENCH_H
#define TEST_BENCH_H

#include <stddef.h>
#include <time.h>

static inline double bench_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The best seconds of one fn(arg), out of several rounds of about 50 ms. */
static inline double bench_best(void (*fn)(void *arg), void *arg)
{
    double best = 1e9;
    size_t n = 1;

    for (int round = 0; round < 9; round++) {
        double start = bench_now(), took;

        for (size_t i = 0; i < n; i++)
            fn(arg);
        took = bench_now() - start;
        if (round > 0 && took / (double)n < best)
            best = took / (double)n;
        if (took < 0.05)
            n = (size_t)((double)n * (took < 0.0005 ? 100 : 0.06 / took)) + 1;
    }
    return best;
}

#endif
