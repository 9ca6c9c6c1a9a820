/* SPDX-License-Identifier: MIT */
/* What an I/O thread is told, and what it collects. */
#include "config.h"

#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop.h"
#include "core_scene.h"
#include "util/clock.h"

extern const struct unit_test loop_tests[];

static bool readable(const struct mcps__loop *loop)
{
    struct pollfd p = { .fd = mcps__loop_fd(loop), .events = POLLIN };

    return poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0;
}

/* Something that is posted; writes down that it was. */
struct note {
    struct mcps__post post;
    struct mcps__loop *loop;
    char *seen;
    char name;
    unsigned n_again; /* how often it posts itself again */
    bool posted;      /* the last time it tried */
};

static void take_note(struct mcps__post *post)
{
    struct note *note = MCPS__CONTAINER_OF(post, struct note, post);

    note->seen[strlen(note->seen)] = note->name;
    if (note->n_again > 0) {
        note->n_again--;
        note->posted = mcps__loop_post(note->loop, post);
    }
}

static void note_init(struct note *note, struct mcps__loop *loop, char *seen, char name)
{
    *note = (struct note){ .loop = loop, .seen = seen, .name = name };
    mcps__post_init(&note->post, take_note);
}

static void posts_are_run_in_order_and_once(void)
{
    struct mcps__loop *loop = NULL;
    struct note a, b, c;
    char seen[20] = "";

    CHECK_INT(mcps__loop_new(&loop, NULL), 0);
    note_init(&a, loop, seen, 'a');
    note_init(&b, loop, seen, 'b');
    note_init(&c, loop, seen, 'c');
    CHECK(!readable(loop));
    CHECK(mcps__loop_post(loop, &a.post));
    CHECK(readable(loop));
    CHECK(mcps__loop_post(loop, &c.post));
    CHECK(!mcps__loop_post(loop, &a.post));
    CHECK(mcps__loop_post(loop, &b.post));
    CHECK_STR(seen, "");
    mcps__loop_run(loop);
    CHECK_STR(seen, "acb");
    CHECK(!readable(loop));
    mcps__loop_run(loop);
    CHECK_STR(seen, "acb");
    CHECK(mcps__loop_post(loop, &a.post));
    CHECK(readable(loop));
    mcps__loop_run(loop);
    CHECK_STR(seen, "acba");
out:
    if (loop)
        mcps__loop_close(loop);
    mcps__loop_unref(loop);
}

/* A turn ends though a function posts itself for ever; it comes again in the next one. */
static void what_posts_itself_waits_for_the_next_turn(void)
{
    struct mcps__loop *loop = NULL;
    struct note a, b;
    char seen[20] = "";

    CHECK_INT(mcps__loop_new(&loop, NULL), 0);
    note_init(&a, loop, seen, 'a');
    note_init(&b, loop, seen, 'b');
    a.n_again = 2;
    CHECK(mcps__loop_post(loop, &a.post));
    CHECK(mcps__loop_post(loop, &b.post));
    mcps__loop_run(loop);
    CHECK_STR(seen, "ab");
    CHECK(a.posted);
    CHECK(readable(loop));
    mcps__loop_run(loop);
    CHECK_STR(seen, "aba");
    mcps__loop_run(loop);
    CHECK_STR(seen, "abaa");
    CHECK(!readable(loop));
out:
    if (loop)
        mcps__loop_close(loop);
    mcps__loop_unref(loop);
}

static void a_closed_loop_takes_nothing(void)
{
    struct mcps__loop *loop = NULL;
    struct note a, b;
    char seen[20] = "";

    CHECK_INT(mcps__loop_new(&loop, NULL), 0);
    note_init(&a, loop, seen, 'a');
    note_init(&b, loop, seen, 'b');
    b.n_again = 1;
    b.posted = true;
    CHECK(mcps__loop_post(loop, &a.post));
    CHECK(mcps__loop_post(loop, &b.post));
    mcps__loop_close(loop);
    CHECK_STR(seen, "ab");
    CHECK(!b.posted);
    CHECK(!mcps__loop_post(loop, &a.post));
    mcps__loop_run(loop);
    CHECK_STR(seen, "ab");
    mcps__loop_close(loop);
out:
    if (loop)
        mcps__loop_close(loop);
    mcps__loop_unref(loop);
}

/* ---- timers ---- */

static unsigned n_rings;

static void ring(struct mcps__timer *timer)
{
    (void)timer;
    n_rings++;
}

static void timers_are_run_in_time_and_all_in_the_end(void)
{
    struct mcps__loop *loop = NULL;
    struct mcps__timer timer, other;
    int64_t past = mcps__clock_now();

    n_rings = 0;
    CHECK_INT(mcps__loop_new(&loop, NULL), 0);
    mcps__timer_init(&timer, ring);
    mcps__timer_init(&other, ring);
    CHECK_INT(mcps__loop_next(loop), MCPS__CLOCK_NEVER);
    CHECK_INT(mcps__loop_set_timer(loop, &timer, past), 0);
    CHECK_INT(mcps__loop_set_timer(loop, &other, INT64_MAX - 1), 0);
    CHECK_INT(mcps__loop_next(loop), past);
    mcps__loop_run(loop);
    CHECK_INT(n_rings, 1);
    CHECK_INT(mcps__loop_next(loop), INT64_MAX - 1);
    CHECK_INT(mcps__loop_set_timer(loop, &timer, past), 0);
    mcps__loop_close(loop);
    CHECK(!mcps__timer_is_set(&timer) && !mcps__timer_is_set(&other));
    CHECK_INT(mcps__loop_next(loop), MCPS__CLOCK_NEVER);
    CHECK_INT(n_rings, 3);
    CHECK_INT(mcps__loop_set_timer(loop, &timer, past), MCPS_ECLOSED);
out:
    if (loop)
        mcps__loop_close(loop);
    mcps__loop_unref(loop);
}

/* ---- jobs ---- */

static void jobs_of_a_turn_are_submitted_together(void)
{
    struct mcps__loop *loop = NULL;
    struct scene scene;
    struct act acts[3];

    CHECK(scene_start(&scene, (struct mcps__pool_options){ .workers = 1 }));
    CHECK_INT(mcps__loop_new(&loop, &scene.pool), 0);
    mcps__loop_submit(loop);
    for (unsigned i = 0; i < 3; i++) {
        act_init(&acts[i], &scene, (char)('a' + i), NULL);
        CHECK_INT(mcps__pool_reserve(&scene.pool), 0);
        mcps__list_push_back(&loop->collected, &acts[i].job.link);
    }
    CHECK_INT(acts[2].job.state, MCPS__JOB_NEW);
    mcps__loop_submit(loop);
    CHECK(mcps__list_is_empty(&loop->collected));
    scene_await_ended(&scene, 3);
    CHECK_STR(scene.names, "abc");
    /* What the last turn collected is not lost. */
    act_init(&acts[0], &scene, 'd', NULL);
    CHECK_INT(mcps__pool_reserve(&scene.pool), 0);
    mcps__list_push_back(&loop->collected, &acts[0].job.link);
    mcps__loop_close(loop);
    scene_await_ended(&scene, 4);
out:
    if (loop)
        mcps__loop_close(loop);
    mcps__loop_unref(loop);
    scene_end(&scene);
}

/* ---- threads ---- */

enum { N_POSTERS = 3, N_POSTS = 3000 };

struct poster {
    struct mcps__post post, last;
    struct mcps__loop *loop;
    atomic_uint n_posted;
    unsigned n_run; /* this and the next by the loop */
    unsigned *n_done;
};

static void count_post(struct mcps__post *post)
{
    MCPS__CONTAINER_OF(post, struct poster, post)->n_run++;
}

static void count_last(struct mcps__post *post)
{
    ++*MCPS__CONTAINER_OF(post, struct poster, last)->n_done;
}

static void *post_many(void *userdata)
{
    struct poster *poster = userdata;

    for (unsigned i = 0; i < N_POSTS; i++) {
        if (mcps__loop_post(poster->loop, &poster->post))
            atomic_fetch_add(&poster->n_posted, 1);
    }
    if (!mcps__loop_post(poster->loop, &poster->last))
        abort();
    return NULL;
}

/* Sleeps as an I/O thread does: a lost wake-up would leave this in poll() for ever. */
static void no_post_is_lost(void)
{
    struct mcps__loop *loop = NULL;
    struct poster posters[N_POSTERS];
    pthread_t threads[N_POSTERS];
    unsigned n = 0, n_done = 0;

    CHECK_INT(mcps__loop_new(&loop, NULL), 0);
    for (; n < N_POSTERS; n++) {
        posters[n] = (struct poster){ .loop = loop, .n_done = &n_done };
        mcps__post_init(&posters[n].post, count_post);
        mcps__post_init(&posters[n].last, count_last);
        if (pthread_create(&threads[n], NULL, post_many, &posters[n]) != 0)
            break;
    }
    while (n_done < n) {
        struct pollfd p = { .fd = mcps__loop_fd(loop), .events = POLLIN };

        if (poll(&p, 1, -1) == 1)
            mcps__loop_run(loop);
    }
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < n; i++) {
        CHECK_INT(posters[i].n_run, atomic_load(&posters[i].n_posted));
        CHECK(posters[i].n_run > 0);
    }
    CHECK_INT(n, N_POSTERS);
out:
    if (loop)
        mcps__loop_close(loop);
    mcps__loop_unref(loop);
}

const struct unit_test loop_tests[] = {
    UNIT_TEST(posts_are_run_in_order_and_once),
    UNIT_TEST(what_posts_itself_waits_for_the_next_turn),
    UNIT_TEST(a_closed_loop_takes_nothing),
    UNIT_TEST(timers_are_run_in_time_and_all_in_the_end),
    UNIT_TEST(jobs_of_a_turn_are_submitted_together),
    UNIT_TEST(no_post_is_lost),
    UNIT_END,
};
