/* SPDX-License-Identifier: MIT */
/*
 * What tests of the pool share: a pool, shares and lanes, and jobs that write down their
 * names and wait where the test wants them to.
 */
#ifndef TEST_CORE_SCENE_H
#define TEST_CORE_SCENE_H

#include <pthread.h>

#include "core/pool.h"
#include "unit.h"

enum { SCENE_SHARES = 4, SCENE_LANES = 2, SCENE_NAMES = 32 };

struct scene {
    struct mcps__pool pool;
    bool made;
    struct mcps__share shares[SCENE_SHARES];
    struct mcps__lane lanes[SCENE_SHARES][SCENE_LANES];
    pthread_mutex_t mutex; /* covers all below */
    pthread_cond_t changed;
    char names[SCENE_NAMES + 1]; /* of the jobs, as they began; the first ones */
    unsigned n_begun, n_waiting, n_ended;
    bool open; /* what the waiting jobs wait for */
};

/* A job. What it notes is read when it has ended. */
struct act {
    struct mcps__job job;
    struct scene *scene;
    char name;
    void (*first)(struct act *act, struct mcps__worker *worker); /* NULL: nothing */
    bool waits; /* for the scene to open */
    bool parks; /* meanwhile; if it cannot it does not wait */
    bool frees; /* itself */
    int park_result;
    struct mcps__job *other; /* for `first` */
    int64_t noted;           /* by `first` */
};

/* A pool as these options say, and lanes; not started. What is left open of the options is
 * set to what is plenty. */
bool scene_make(struct scene *scene, struct mcps__pool_options options);
bool scene_start(struct scene *scene, struct mcps__pool_options options);
/* Lets jobs go on, stops the pool, and frees it. */
void scene_end(struct scene *scene);

/* An act in the scene's first lane, unless the lane is given. */
void act_init(struct act *act, struct scene *scene, char name, struct mcps__lane *lane);
/* Reserves a place, and submits. */
bool act_submit(struct act *act);

void scene_open(struct scene *scene);
void scene_close(struct scene *scene);
/* Until so many jobs have begun, or wait or have ended, or have ended, in all. A job that
 * cannot be parked does not wait: it has ended. */
void scene_await_begun(struct scene *scene, unsigned n);
void scene_await_waiting(struct scene *scene, unsigned n);
void scene_await_ended(struct scene *scene, unsigned n);
/* Until the pool has so many threads, idle threads. */
void scene_await_threads(struct scene *scene, unsigned n);
void scene_await_idle(struct scene *scene, unsigned n);
struct mcps__pool_stats scene_stats(struct scene *scene);

#endif
