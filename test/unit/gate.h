/* SPDX-License-Identifier: MIT */
/* A gate at which functions under test wait until the test lets them go on. It hangs no test
 * for ever: a test has its alarm. */
#ifndef TEST_GATE_H
#define TEST_GATE_H

#include <pthread.h>
#include <stdbool.h>

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned n_came;
    bool open;
};

#define GATE_INIT                                                                \
    {                                                                            \
        .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, \
        .n_came = 0, .open = false                                               \
    }

static inline void gate_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->n_came++;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
}

/* Waits until so many have come. */
static inline void gate_wait(struct gate *gate, unsigned n)
{
    pthread_mutex_lock(&gate->mutex);
    while (gate->n_came < n)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
}

static inline void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
}

static inline void gate_fini(struct gate *gate)
{
    pthread_cond_destroy(&gate->changed);
    pthread_mutex_destroy(&gate->mutex);
}

#endif
