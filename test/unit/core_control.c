/* SPDX-License-Identifier: MIT */
/* The control pool. */
#include "config.h"

#include "unit.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/control.h"
#include "dies.h"
#include "gate.h"
#include "util/assert.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/sync.h"

extern const struct unit_test control_tests[];

struct job {
    struct mcps__task task;
    struct mcps__control *control;
    struct gate *passes, *opens; /* or NULL */
    unsigned posts_again;        /* so often */
    atomic_uint n_runs, n_inside, n_sigpipe;
};

static void run_job(struct mcps__task *task)
{
    struct job *job = MCPS__CONTAINER_OF(task, struct job, task);
    sigset_t blocked;

    atomic_fetch_add(&job->n_inside, mcps__control_is_inside(job->control));
    if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0 && sigismember(&blocked, SIGPIPE))
        atomic_fetch_add(&job->n_sigpipe, 1);
    if (job->passes)
        gate_pass(job->passes);
    if (job->posts_again > 0) {
        job->posts_again--;
        mcps__control_post(job->control, task);
    }
    atomic_fetch_add(&job->n_runs, 1);
    if (job->opens)
        gate_open(job->opens);
}

static void job_init(struct job *job, struct mcps__control *control)
{
    *job = (struct job){ .control = control };
    mcps__task_init(&job->task, run_job);
}

struct numbers {
    unsigned n_threads, n_idle, n_queued;
};

static struct numbers look(struct mcps__control *control)
{
    struct numbers n;

    mcps__mutex_lock(&control->mutex);
    n = (struct numbers){ control->n_threads, control->n_idle, control->n_queued };
    mcps__mutex_unlock(&control->mutex);
    return n;
}

static void tasks_run_on_its_threads(void)
{
    struct mcps__control control;
    struct gate ran = GATE_INIT;
    struct job job;
    bool made = mcps__control_init(&control) == 0;

    CHECK(made);
    CHECK_INT(look(&control).n_threads, 0); /* none without work */
    job_init(&job, &control);
    job.opens = &ran;
    mcps__control_post(&control, &job.task);
    gate_pass(&ran);
    CHECK_INT(atomic_load(&job.n_runs), 1);
    CHECK_INT(atomic_load(&job.n_inside), 1);
    CHECK_INT(atomic_load(&job.n_sigpipe), 1);
    CHECK(!mcps__control_is_inside(&control));
    CHECK_INT(look(&control).n_threads, 1);
    CHECK(!mcps__control_withdraw(&control, &job.task));
    CHECK_INT(mcps__control_stop(&control, MCPS__CLOCK_NEVER), 0);
    CHECK_INT(look(&control).n_threads, 0);
    CHECK_INT(atomic_load(&job.n_runs), 1);
out:
    if (made) {
        mcps__control_stop(&control, MCPS__CLOCK_NEVER);
        mcps__control_fini(&control);
    }
    gate_fini(&ran);
}

static void an_unused_one_needs_no_stop(void)
{
    struct mcps__control control;
    struct job job;

    CHECK_INT(mcps__control_init(&control), 0);
    job_init(&job, &control);
    CHECK(!mcps__control_withdraw(&control, &job.task));
    mcps__control_fini(&control);
    CHECK_INT(mcps__control_init(&control), 0);
    CHECK_INT(mcps__control_stop(&control, 0), 0);
    mcps__control_fini(&control);
out:;
}

static void queued_tasks_are_there_once_and_can_be_withdrawn(void)
{
    struct mcps__control control;
    struct gate gate = GATE_INIT;
    struct job blocker[3], job, other;
    bool made = mcps__control_init(&control) == 0;

    CHECK(made);
    job_init(&job, &control);
    job_init(&other, &control);
    for (unsigned i = 0; i < 3; i++) {
        job_init(&blocker[i], &control);
        blocker[i].passes = &gate;
        mcps__control_post(&control, &blocker[i].task);
    }
    gate_wait(&gate, 2);
    CHECK_INT(look(&control).n_threads, MCPS__CONTROL_THREADS);
    CHECK_INT(look(&control).n_queued, 1); /* the third */
    CHECK(!mcps__control_withdraw(&control, &blocker[0].task));
    mcps__control_post(&control, &job.task);
    mcps__control_post(&control, &job.task);
    mcps__control_post(&control, &other.task);
    CHECK_INT(look(&control).n_queued, 3);
    CHECK(mcps__control_withdraw(&control, &job.task));
    CHECK(!mcps__control_withdraw(&control, &job.task));
    CHECK_INT(look(&control).n_queued, 2);
    mcps__control_post(&control, &job.task);
    mcps__control_post(&control, &job.task);
    CHECK(mcps__control_withdraw(&control, &other.task));
    gate_open(&gate);
    CHECK_INT(mcps__control_stop(&control, MCPS__CLOCK_NEVER), 0);
    CHECK_INT(atomic_load(&job.n_runs), 1);
    CHECK_INT(atomic_load(&other.n_runs), 0);
    for (unsigned i = 0; i < 3; i++)
        CHECK_INT(atomic_load(&blocker[i].n_runs), 1);
out:
    gate_open(&gate);
    if (made) {
        mcps__control_stop(&control, MCPS__CLOCK_NEVER);
        mcps__control_fini(&control);
    }
    gate_fini(&gate);
}

/* One thread is idle, and two tasks come before it wakes. The first waits for the second:
 * were no thread started for that, it would wait for ever. */
static void no_task_waits_behind_another_without_need(void)
{
    struct mcps__control control;
    struct job quick, waiting, opening;
    bool made = false;

    for (unsigned i = 0; i < 50; i++) {
        struct gate gate = GATE_INIT;

        made = mcps__control_init(&control) == 0;
        CHECK(made);
        job_init(&quick, &control);
        job_init(&waiting, &control);
        job_init(&opening, &control);
        waiting.passes = opening.opens = &gate;
        mcps__control_post(&control, &quick.task);
        while (atomic_load(&quick.n_runs) == 0 || look(&control).n_idle == 0)
            sched_yield();
        mcps__control_post(&control, &waiting.task);
        mcps__control_post(&control, &opening.task);
        gate_pass(&gate);
        CHECK_INT(mcps__control_stop(&control, MCPS__CLOCK_NEVER), 0);
        mcps__control_fini(&control);
        made = false;
        gate_fini(&gate);
    }
out:
    if (made)
        mcps__control_fini(&control);
}

static void free_task(struct mcps__task *task)
{
    mcps__free(task);
}

static void a_task_may_be_freed_or_posted_again_by_itself(void)
{
    struct mcps__control control;
    struct mcps__task *task;
    struct job job;
    bool made = mcps__control_init(&control) == 0;

    CHECK(made);
    job_init(&job, &control);
    job.posts_again = 99;
    mcps__control_post(&control, &job.task);
    for (unsigned i = 0; i < 10; i++) {
        task = mcps__malloc(sizeof *task);
        CHECK(task != NULL);
        mcps__task_init(task, free_task);
        mcps__control_post(&control, task);
    }
    CHECK_INT(mcps__control_stop(&control, MCPS__CLOCK_NEVER), 0);
    CHECK_INT(atomic_load(&job.n_runs), 100);
out:
    if (made) {
        mcps__control_stop(&control, MCPS__CLOCK_NEVER);
        mcps__control_fini(&control);
    }
}

/* ---- the stop ---- */

static void the_stop_runs_what_is_queued(void)
{
    struct mcps__control control;
    struct job jobs[50];
    bool made = mcps__control_init(&control) == 0;

    CHECK(made);
    for (unsigned i = 0; i < 50; i++) {
        job_init(&jobs[i], &control);
        mcps__control_post(&control, &jobs[i].task);
    }
    CHECK_INT(mcps__control_stop(&control, MCPS__CLOCK_NEVER), 0);
    for (unsigned i = 0; i < 50; i++)
        CHECK_INT(atomic_load(&jobs[i].n_runs), 1);
    /* And what comes later, by the next one. */
    mcps__control_post(&control, &jobs[0].task);
    CHECK_INT(look(&control).n_threads, 0);
    CHECK_INT(mcps__control_stop(&control, MCPS__CLOCK_NEVER), 0);
    CHECK_INT(atomic_load(&jobs[0].n_runs), 2);
    CHECK_INT(atomic_load(&jobs[0].n_inside), 2);
    CHECK_INT(mcps__control_stop(&control, 0), 0);
out:
    if (made) {
        mcps__control_stop(&control, MCPS__CLOCK_NEVER);
        mcps__control_fini(&control);
    }
}

static void a_stuck_task_is_left_to_the_next_stop(void)
{
    struct mcps__control control;
    struct gate gate = GATE_INIT;
    struct job stuck, later;
    bool made = mcps__control_init(&control) == 0;

    CHECK(made);
    job_init(&stuck, &control);
    job_init(&later, &control);
    stuck.passes = &gate;
    mcps__control_post(&control, &stuck.task);
    gate_wait(&gate, 1);
    CHECK_INT(mcps__control_stop(&control, 0), 1);
    CHECK_INT(mcps__control_stop(&control, mcps__clock_now()), 1);
    mcps__control_post(&control, &later.task);
    CHECK_INT(look(&control).n_threads, 1);
    /* Another thread runs it, though one is stuck. */
    while (atomic_load(&later.n_runs) == 0)
        CHECK(mcps__control_stop(&control, mcps__clock_after(MCPS__NS_PER_MS)) >= 1);
    gate_open(&gate);
    CHECK_INT(mcps__control_stop(&control, MCPS__CLOCK_NEVER), 0);
    CHECK_INT(atomic_load(&later.n_runs), 1);
    CHECK_INT(atomic_load(&stuck.n_runs), 1);
out:
    gate_open(&gate);
    if (made) {
        mcps__control_stop(&control, MCPS__CLOCK_NEVER);
        mcps__control_fini(&control);
    }
    gate_fini(&gate);
}

struct stopper {
    struct mcps__control *control;
    int64_t deadline, returned_at;
    unsigned left;
};

static void *stop(void *userdata)
{
    struct stopper *stopper = userdata;

    stopper->left = mcps__control_stop(stopper->control, stopper->deadline);
    stopper->returned_at = mcps__clock_now();
    return NULL;
}

static void two_may_stop_it_at_once(void)
{
    struct mcps__control control;
    struct gate gate = GATE_INIT;
    struct stopper stopper = { &control, MCPS__CLOCK_NEVER, 0, 99 };
    struct job jobs[2];
    pthread_t thread;
    bool made = mcps__control_init(&control) == 0, started = false;

    CHECK(made);
    for (unsigned i = 0; i < 2; i++) {
        job_init(&jobs[i], &control);
        jobs[i].passes = &gate;
        mcps__control_post(&control, &jobs[i].task);
    }
    started = pthread_create(&thread, NULL, stop, &stopper) == 0;
    CHECK(started);
    gate_wait(&gate, 2);
    gate_open(&gate);
    CHECK_INT(mcps__control_stop(&control, MCPS__CLOCK_NEVER), 0);
    pthread_join(thread, NULL);
    started = false;
    CHECK_INT(stopper.left, 0);
out:
    gate_open(&gate);
    if (started)
        pthread_join(thread, NULL);
    if (made) {
        mcps__control_stop(&control, MCPS__CLOCK_NEVER);
        mcps__control_fini(&control);
    }
    gate_fini(&gate);
}

#ifdef MCPS__TEST_HOOKS
/* One joins the only thread, the other waits for that. */
static void two_stops_do_not_join_one_thread(void)
{
    struct mcps__control control;
    struct stopper stoppers[2] = { { &control, MCPS__CLOCK_NEVER, 0, 99 },
                                   { &control, MCPS__CLOCK_NEVER, 0, 99 } };
    struct job job;
    pthread_t threads[2];
    unsigned n = 0;
    bool made = mcps__control_init(&control) == 0;

    mcps__sync_reset(); /* other stops came there, too */
    mcps__sync_hold("control_join");
    CHECK(made);
    job_init(&job, &control);
    mcps__control_post(&control, &job.task);
    for (; n < 2; n++) {
        CHECK(pthread_create(&threads[n], NULL, stop, &stoppers[n]) == 0);
        CHECK(mcps__sync_wait("control_join", 1));
    }
    CHECK_INT(mcps__control_stop(&control, 0), 1);
    CHECK_INT(mcps__sync_count("control_join"), 1);
    mcps__sync_release("control_join");
    while (n > 0) {
        n--;
        pthread_join(threads[n], NULL);
        CHECK_INT(stoppers[n].left, 0);
    }
out:
    mcps__sync_release("control_join");
    while (n > 0)
        pthread_join(threads[--n], NULL);
    if (made) {
        mcps__control_stop(&control, MCPS__CLOCK_NEVER);
        mcps__control_fini(&control);
    }
    mcps__sync_reset();
}

static void the_stop_goes_by_the_driven_clock(void)
{
    struct mcps__control control;
    struct gate gate = GATE_INIT;
    struct stopper stopper = { &control, 1000, 0, 99 };
    struct job job;
    pthread_t thread;
    bool made = mcps__control_init(&control) == 0, started = false;

    mcps__clock_drive(0);
    CHECK(made);
    job_init(&job, &control);
    job.passes = &gate;
    mcps__control_post(&control, &job.task);
    gate_wait(&gate, 1);
    started = pthread_create(&thread, NULL, stop, &stopper) == 0;
    CHECK(started);
    mcps__clock_advance(999);
    for (unsigned i = 0; i < 1000; i++)
        sched_yield();
    mcps__clock_advance(1);
    pthread_join(thread, NULL);
    started = false;
    CHECK_INT(stopper.left, 1);
    CHECK_INT(stopper.returned_at, 1000);
out:
    gate_open(&gate);
    mcps__clock_advance(1000);
    if (started)
        pthread_join(thread, NULL);
    mcps__clock_release();
    if (made) {
        mcps__control_stop(&control, MCPS__CLOCK_NEVER);
        mcps__control_fini(&control);
    }
    gate_fini(&gate);
}
#endif

/* ---- when no thread can be started ---- */

#ifdef MCPS__TEST_HOOKS
static void *do_nothing(void *userdata)
{
    return userdata;
}

static bool forbid_threads(const struct rlimit *old)
{
    struct rlimit none = { 0, old->rlim_max };
    pthread_t thread;

    if (setrlimit(RLIMIT_NPROC, &none) < 0)
        return false;
    if (pthread_create(&thread, NULL, do_nothing, NULL) != 0)
        return true;
    pthread_join(thread, NULL);
    return false;
}

static void do_without_threads(const struct rlimit *old)
{
    struct mcps__control control;
    struct job first, second, third;
    bool forbidden;
    int r = mcps__control_init(&control);

    mcps__assert(r == 0);
    job_init(&first, &control);
    job_init(&second, &control);
    job_init(&third, &control);
    mcps__control_post(&control, &first.task);
    mcps__assert(look(&control).n_threads == 0 && look(&control).n_queued == 1);
    /* The next that can be started runs it. */
    setrlimit(RLIMIT_NPROC, old);
    mcps__control_post(&control, &second.task);
    while (atomic_load(&first.n_runs) == 0 || atomic_load(&second.n_runs) == 0)
        sched_yield();
    r = (int)mcps__control_stop(&control, MCPS__CLOCK_NEVER);
    mcps__assert(r == 0);
    /* The stop runs it itself. */
    mcps__control_post(&control, &third.task);
    forbidden = forbid_threads(old);
    r = (int)mcps__control_stop(&control, MCPS__CLOCK_NEVER);
    mcps__assert(forbidden && r == 0);
    mcps__assert(atomic_load(&third.n_runs) == 1 && atomic_load(&third.n_inside) == 0);
    mcps__control_fini(&control);
}

/* In a child process, as a user who may have no more processes; root always may. */
static void try_without_threads(void)
{
    struct rlimit old = { 0 };

    if ((geteuid() == 0 && setuid(65534) < 0) || getrlimit(RLIMIT_NPROC, &old) < 0 ||
        !forbid_threads(&old))
        fputs("cannot be tried here, and so is ", stderr);
    else
        do_without_threads(&old);
    fputs("fine\n", stderr);
    abort();
}

static void tasks_wait_when_no_thread_can_be_started(void)
{
    CHECK(dies_saying(try_without_threads, "fine\n"));
out:;
}
#endif

const struct unit_test control_tests[] = {
    UNIT_TEST(tasks_run_on_its_threads),
    UNIT_TEST(an_unused_one_needs_no_stop),
    UNIT_TEST(queued_tasks_are_there_once_and_can_be_withdrawn),
    UNIT_TEST(no_task_waits_behind_another_without_need),
    UNIT_TEST(a_task_may_be_freed_or_posted_again_by_itself),
    UNIT_TEST(the_stop_runs_what_is_queued),
    UNIT_TEST(a_stuck_task_is_left_to_the_next_stop),
    UNIT_TEST(two_may_stop_it_at_once),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(two_stops_do_not_join_one_thread),
    UNIT_TEST(the_stop_goes_by_the_driven_clock),
    UNIT_TEST(tasks_wait_when_no_thread_can_be_started),
#endif
    UNIT_END,
};
