/* SPDX-License-Identifier: MIT */
/* Cancel hooks: called once, never after they were removed, freed once. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>

#include "core/token.h"
#include "gate.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/sync.h"

extern const struct unit_test hook_tests[];

/* A control pool and two tokens. The call's is allocated, so that it can be freed early. */
struct world {
    struct mcps__control control;
    struct mcps__token server, *call;
    struct gate gate; /* where hooks may wait */
    bool made;
};

static bool world_init(struct world *world)
{
    *world = (struct world){ .gate = GATE_INIT };
    world->call = mcps__malloc(sizeof *world->call);
    if (!world->call)
        return false;
    world->made =
        mcps__control_init(&world->control) == 0 &&
        mcps__token_init(&world->server, MCPS__LOCK_token_server, NULL) == 0 &&
        mcps__token_init(world->call, MCPS__LOCK_token_call, &world->server) == 0;
    return world->made;
}

/* The owner's last act, which may be on any thread. */
static void end_call(struct world *world)
{
    struct mcps__token *call = world->call;

    world->call = NULL;
    mcps__token_drop_hooks(call);
    mcps__token_fini(call);
    mcps__free(call);
}

static void stop_control(struct world *world)
{
    unsigned left = mcps__control_stop(&world->control, MCPS__CLOCK_NEVER);

    unit_check_int(left, 0, "threads left", __FILE__, __LINE__);
}

static void world_fini(struct world *world)
{
    if (!world->made)
        return;
    gate_open(&world->gate);
    if (world->call)
        end_call(world);
    stop_control(world);
    mcps__token_drop_hooks(&world->server);
    mcps__token_fini(&world->server);
    mcps__control_fini(&world->control);
    gate_fini(&world->gate);
    world->made = false;
}

/* What a hook does. */
struct probe {
    struct world *world;
    mcps_cancel_hook *hook;
    struct probe *adds;      /* another hook, which is called at once */
    struct probe *waits_for; /* to be called */
    bool passes, removes_itself, drops, ends_call;
    atomic_bool has_ended_call;
    atomic_uint n_calls, n_ended;
    atomic_int reason;
    atomic_bool inside_pool;
    pthread_t thread;
};

static bool add(struct probe *probe, struct world *world);

static void run_probe(void *userdata, enum mcps_cancel_reason reason)
{
    struct probe *probe = userdata;
    struct world *world = probe->world;

    mcps__lock_assert_none_held();
    atomic_store(&probe->reason, (int)reason);
    atomic_store(&probe->inside_pool, mcps__control_is_inside(&world->control));
    probe->thread = pthread_self();
    while (probe->waits_for && atomic_load(&probe->waits_for->n_calls) == 0)
        sched_yield();
    if (probe->removes_itself)
        probe->hook = mcps__hook_remove(probe->hook);
    if (probe->drops)
        mcps__token_drop_hooks(world->call);
    if (probe->adds)
        unit_check_true(add(probe->adds, world), "added", __FILE__, __LINE__);
    if (probe->ends_call)
        end_call(world);
    atomic_store(&probe->has_ended_call, probe->ends_call);
    atomic_fetch_add(&probe->n_calls, 1);
    if (probe->passes)
        gate_pass(&world->gate);
    atomic_fetch_add(&probe->n_ended, 1);
}

static bool add(struct probe *probe, struct world *world)
{
    probe->world = world;
    return mcps__token_add_hook(world->call, &world->control, &probe->hook, run_probe,
                                probe) == 0;
}

static void wait_for_end(struct probe *probe)
{
    while (atomic_load(&probe->n_ended) == 0)
        sched_yield();
}

/* Until so many wait for hooks to end, or somebody has wrongly returned. */
static void wait_for_waits(struct mcps__token *token, unsigned n,
                           const atomic_bool *returned)
{
    unsigned waits = 0;

    while (waits < n && !atomic_load(returned)) {
        mcps__mutex_lock(&token->mutex);
        waits = token->n_hook_waits;
        mcps__mutex_unlock(&token->mutex);
        sched_yield();
    }
}

/* ---- being called ---- */

static void hooks_are_called_once_on_the_pool(void)
{
    struct world world;
    struct probe probes[4] = { { .hook = NULL } };

    CHECK(world_init(&world));
    for (unsigned i = 0; i < 3; i++)
        CHECK(add(&probes[i], &world) && probes[i].hook != NULL);
    /* One whose handle nobody wants. */
    probes[3].world = &world;
    CHECK_INT(
        mcps__token_add_hook(world.call, &world.control, NULL, run_probe, &probes[3]), 0);
    CHECK_INT(atomic_load(&probes[0].n_calls), 0);
    CHECK(mcps__token_set(&world.server, MCPS_CANCEL_SHUTDOWN)); /* the parent */
    CHECK(!mcps__token_set(world.call, MCPS_CANCEL_CLIENT));
    for (unsigned i = 0; i < 4; i++)
        wait_for_end(&probes[i]);
    CHECK(mcps__hook_remove(probes[0].hook) == NULL);
    stop_control(&world);
    for (unsigned i = 0; i < 4; i++) {
        CHECK_INT(atomic_load(&probes[i].n_calls), 1);
        CHECK_INT(atomic_load(&probes[i].reason), MCPS_CANCEL_SHUTDOWN);
        CHECK(atomic_load(&probes[i].inside_pool));
    }
out:
    world_fini(&world);
}

static void on_a_set_token_they_are_called_at_once(void)
{
    struct world world;
    struct probe probe = { .hook = NULL };

    CHECK(world_init(&world));
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_TIMEOUT));
    CHECK(add(&probe, &world));
    CHECK_INT(atomic_load(&probe.n_ended), 1);
    CHECK(pthread_equal(probe.thread, pthread_self()));
    CHECK_INT(atomic_load(&probe.reason), MCPS_CANCEL_TIMEOUT);
    CHECK(mcps__token_set(&world.server, MCPS_CANCEL_SHUTDOWN));
    CHECK(mcps__hook_remove(probe.hook) == NULL);
    stop_control(&world);
    CHECK_INT(atomic_load(&probe.n_calls), 1);
out:
    world_fini(&world);
}

static void after_the_drop_there_are_none(void)
{
    struct world world;
    struct probe probes[2] = { { .hook = NULL } };
    mcps_cancel_hook *hook = NULL;

    CHECK(world_init(&world));
    CHECK(add(&probes[0], &world));
    mcps__token_drop_hooks(world.call);
    CHECK_INT(
        mcps__token_add_hook(world.call, &world.control, &hook, run_probe, &probes[1]),
        MCPS_ECLOSED);
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_CLIENT));
    CHECK_INT(
        mcps__token_add_hook(world.call, &world.control, &hook, run_probe, &probes[1]),
        MCPS_ECLOSED);
    CHECK(hook == NULL);
    mcps__token_drop_hooks(world.call);
    stop_control(&world);
    CHECK_INT(atomic_load(&probes[0].n_calls), 0);
    CHECK_INT(atomic_load(&probes[1].n_calls), 0);
out:
    world_fini(&world);
}

/* ---- being removed before they run ---- */

static void removed_hooks_are_not_called(void)
{
    struct world world;
    struct probe probes[3] = { { .hook = NULL } };

    CHECK(world_init(&world));
    CHECK(mcps__hook_remove(NULL) == NULL);
    for (unsigned i = 0; i < 3; i++)
        CHECK(add(&probes[i], &world));
    CHECK(mcps__hook_remove(probes[1].hook) == NULL);
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_CLIENT));
    wait_for_end(&probes[0]);
    wait_for_end(&probes[2]);
    stop_control(&world);
    CHECK_INT(atomic_load(&probes[1].n_calls), 0);
out:
    world_fini(&world);
}

/* All threads of the pool are busy: nothing is waited for. */
static void queued_hooks_are_withdrawn(void)
{
    struct world world;
    struct probe busy[MCPS__CONTROL_THREADS] = { { .hook = NULL } };
    struct probe removed = { .hook = NULL }, dropped = { .hook = NULL };

    CHECK(world_init(&world));
    for (unsigned i = 0; i < MCPS__CONTROL_THREADS; i++) {
        busy[i].world = &world;
        busy[i].passes = true;
        CHECK_INT(mcps__token_add_hook(&world.server, &world.control, NULL, run_probe,
                                       &busy[i]),
                  0);
    }
    /* The server's hooks come after its children's: add those of the call later. */
    CHECK(mcps__token_set(&world.server, MCPS_CANCEL_SHUTDOWN));
    gate_wait(&world.gate, MCPS__CONTROL_THREADS);
    end_call(&world);
    world.call = mcps__malloc(sizeof *world.call);
    CHECK(world.call != NULL);
    if (mcps__token_init(world.call, MCPS__LOCK_token_call, NULL) < 0) {
        mcps__free(world.call);
        world.call = NULL;
    }
    CHECK(world.call && add(&removed, &world) && add(&dropped, &world));
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_CLIENT));
    mcps__hook_remove(removed.hook);
    mcps__token_drop_hooks(world.call);
    gate_open(&world.gate);
    stop_control(&world);
    CHECK_INT(atomic_load(&removed.n_calls), 0);
    CHECK_INT(atomic_load(&dropped.n_calls), 0);
    CHECK_INT(atomic_load(&busy[0].n_calls), 1);
out:
    world_fini(&world);
}

/* Nobody runs them any more after the pool has stopped. */
static void hooks_of_a_stopped_pool_are_withdrawn(void)
{
    struct world world;
    struct probe probes[2] = { { .hook = NULL } };

    CHECK(world_init(&world));
    CHECK(add(&probes[0], &world) && add(&probes[1], &world));
    stop_control(&world);
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_SHUTDOWN));
    mcps__hook_remove(probes[0].hook);
    end_call(&world);
    CHECK_INT(atomic_load(&probes[0].n_calls), 0);
    CHECK_INT(atomic_load(&probes[1].n_calls), 0);
out:
    world_fini(&world);
}

/* ---- being removed while they run ---- */

struct remover {
    struct world *world;
    struct probe *probe;
    atomic_bool returned;
    unsigned n_ended; /* when it returned */
};

static void *remove_hook(void *userdata)
{
    struct remover *self = userdata;

    mcps__hook_remove(self->probe->hook);
    self->n_ended = atomic_load(&self->probe->n_ended);
    atomic_store(&self->returned, true);
    return NULL;
}

static void *drop_hooks(void *userdata)
{
    struct remover *self = userdata;

    mcps__token_drop_hooks(self->world->call);
    self->n_ended = atomic_load(&self->probe->n_ended);
    atomic_store(&self->returned, true);
    return NULL;
}

/* The hook waits at the gate while others remove it; `probe` says what it does before. */
static void run_and_remove(struct probe *probe, void *(*const *fns)(void *), unsigned n)
{
    struct world world;
    struct remover removers[2] = { { .probe = probe }, { .probe = probe } };
    pthread_t threads[2];
    unsigned n_started = 0;

    probe->passes = true;
    CHECK(world_init(&world));
    CHECK(add(probe, &world));
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_CLIENT));
    gate_wait(&world.gate, 1);
    for (; n_started < n; n_started++) {
        struct remover *remover = &removers[n_started];

        remover->world = &world;
        CHECK(pthread_create(&threads[n_started], NULL, fns[n_started], remover) == 0);
        wait_for_waits(world.call, n_started + 1, &remover->returned);
    }
    for (unsigned i = 0; i < n; i++)
        CHECK(!atomic_load(&removers[i].returned));
    gate_open(&world.gate);
    while (n_started > 0)
        pthread_join(threads[--n_started], NULL);
    for (unsigned i = 0; i < n; i++)
        CHECK_INT(removers[i].n_ended, 1);
    end_call(&world);
    stop_control(&world);
    CHECK_INT(atomic_load(&probe->n_calls), 1);
out:
    gate_open(&world.gate);
    while (n_started > 0)
        pthread_join(threads[--n_started], NULL);
    world_fini(&world);
}

static void removing_waits_while_it_runs(void)
{
    void *(*const fns[])(void *) = { remove_hook };
    struct probe probe = { .hook = NULL };

    run_and_remove(&probe, fns, 1);
}

static void dropping_waits_while_it_runs(void)
{
    void *(*const fns[])(void *) = { drop_hooks };
    struct probe probe = { .hook = NULL };

    run_and_remove(&probe, fns, 1);
}

static void both_may_wait(void)
{
    void *(*const fns[])(void *) = { remove_hook, drop_hooks };

    /* Either may be the first to see that it has ended. */
    for (unsigned i = 0; i < 30; i++) {
        struct probe probe = { .hook = NULL };

        run_and_remove(&probe, fns, 2);
    }
}

/* It was removed or dropped, but it still runs: whoever is to free its data must wait. */
static void dropping_waits_for_one_that_removed_itself(void)
{
    void *(*const fns[])(void *) = { drop_hooks, drop_hooks };
    struct probe removing = { .removes_itself = true };
    struct probe dropping[3] = { { .drops = true },
                                 { .drops = true },
                                 { .drops = true } };

    run_and_remove(&removing, fns, 1);
    for (unsigned n = 0; n < 3; n++)
        run_and_remove(&dropping[n], fns, n);
}

/* ---- from inside ---- */

static void a_hook_may_remove_itself(void)
{
    struct world world;
    struct probe on_pool = { .removes_itself = true }, at_once = on_pool;

    CHECK(world_init(&world));
    CHECK(add(&on_pool, &world));
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_CLIENT));
    wait_for_end(&on_pool);
    CHECK(add(&at_once, &world));
    CHECK_INT(atomic_load(&at_once.n_ended), 1);
    stop_control(&world);
    CHECK(on_pool.hook == NULL && at_once.hook == NULL);
    CHECK_INT(atomic_load(&on_pool.n_calls), 1);
    CHECK_INT(atomic_load(&at_once.n_calls), 1);
out:
    world_fini(&world);
}

/* The last reference on the call goes while its hook runs: the token is no more when the
 * hook returns. */
static void a_hook_may_end_its_call(void)
{
    struct world world;
    struct probe probe = { .ends_call = true }, other = { .hook = NULL };

    CHECK(world_init(&world));
    CHECK(add(&probe, &world) && add(&other, &world));
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_CLIENT));
    wait_for_end(&probe);
    stop_control(&world);
    CHECK_INT(atomic_load(&probe.n_calls), 1);
    CHECK(atomic_load(&other.n_calls) == atomic_load(&other.n_ended));
    CHECK(world.call == NULL);
out:
    world_fini(&world);
}

static void so_may_one_that_is_called_at_once(void)
{
    struct world world;
    struct probe inner = { .ends_call = true }, outer = { .adds = &inner };
    struct probe alone = { .ends_call = true, .removes_itself = true };

    CHECK(world_init(&world));
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_CLIENT));
    CHECK(add(&alone, &world));
    CHECK_INT(atomic_load(&alone.n_ended), 1);
    CHECK(world.call == NULL);
    world_fini(&world);
    /* Inside of two. */
    CHECK(world_init(&world));
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_CLIENT));
    CHECK(add(&outer, &world));
    CHECK_INT(atomic_load(&outer.n_ended), 1);
    CHECK_INT(atomic_load(&inner.n_ended), 1);
    CHECK(world.call == NULL);
out:
    world_fini(&world);
}

/* One that ends the call waits for another that runs. */
static void ending_from_inside_waits_for_the_others(void)
{
    struct world world;
    struct probe slow = { .passes = true };
    struct probe ending = { .waits_for = &slow, .ends_call = true };
    struct mcps__token *call;

    CHECK(world_init(&world));
    call = world.call;
    CHECK(add(&slow, &world) && add(&ending, &world));
    CHECK(mcps__token_set(call, MCPS_CANCEL_CLIENT));
    gate_wait(&world.gate, 1);
    wait_for_waits(call, 1, &ending.has_ended_call);
    CHECK(!atomic_load(&ending.has_ended_call));
    gate_open(&world.gate);
    wait_for_end(&ending);
    CHECK_INT(atomic_load(&slow.n_ended), 1);
    stop_control(&world);
out:
    gate_open(&world.gate);
    if (world.made)
        stop_control(&world);
    world_fini(&world);
}

/* ---- in between ---- */

#ifdef MCPS__TEST_HOOKS

/* The pool has taken it off its queue, and not begun: it is not called any more. */
static void a_hook_about_to_run_sees_that_it_was_dropped(void)
{
    struct world world;
    struct probe probe = { .hook = NULL };
    struct remover dropper = { .probe = &probe };
    pthread_t thread;
    bool started = false;

    mcps__sync_hold("token_hook_taken");
    CHECK(world_init(&world));
    dropper.world = &world;
    CHECK(add(&probe, &world));
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_CLIENT));
    CHECK(mcps__sync_wait("token_hook_taken", 1));
    started = pthread_create(&thread, NULL, drop_hooks, &dropper) == 0;
    CHECK(started);
    wait_for_waits(world.call, 1, &dropper.returned);
    CHECK(!atomic_load(&dropper.returned)); /* the pool will come to the token yet */
    mcps__sync_release("token_hook_taken");
    pthread_join(thread, NULL);
    started = false;
    end_call(&world);
    CHECK_INT(atomic_load(&probe.n_calls), 0);
out:
    mcps__sync_release("token_hook_taken");
    if (started)
        pthread_join(thread, NULL);
    world_fini(&world);
    mcps__sync_reset();
}

/* Its function has returned, the pool has not told yet. */
static void removing_waits_until_the_pool_is_done(void)
{
    struct world world;
    struct probe probe = { .hook = NULL };
    struct remover remover = { .probe = &probe };
    pthread_t thread;
    bool started = false;

    mcps__sync_hold("token_hook_called");
    CHECK(world_init(&world));
    remover.world = &world;
    CHECK(add(&probe, &world));
    CHECK(mcps__token_set(world.call, MCPS_CANCEL_CLIENT));
    CHECK(mcps__sync_wait("token_hook_called", 1));
    started = pthread_create(&thread, NULL, remove_hook, &remover) == 0;
    CHECK(started);
    wait_for_waits(world.call, 1, &remover.returned);
    CHECK(!atomic_load(&remover.returned));
    mcps__sync_release("token_hook_called");
    pthread_join(thread, NULL);
    started = false;
    end_call(&world);
    CHECK_INT(atomic_load(&probe.n_calls), 1);
out:
    mcps__sync_release("token_hook_called");
    if (started)
        pthread_join(thread, NULL);
    world_fini(&world);
    mcps__sync_reset();
}
#endif

/* ---- all at once ---- */

static void *set_call(void *userdata)
{
    mcps__token_set(userdata, MCPS_CANCEL_CLIENT);
    return NULL;
}

static void removing_races_with_setting(void)
{
    struct probe probes[3];
    struct world world;
    pthread_t thread;
    bool started = false;

    for (unsigned i = 0, n = unit_repeat(200, 10000); i < n; i++) {
        for (unsigned k = 0; k < 3; k++)
            probes[k] = (struct probe){ .removes_itself = k == 2 };
        CHECK(world_init(&world));
        CHECK(add(&probes[0], &world) && add(&probes[1], &world) &&
              add(&probes[2], &world));
        started = pthread_create(&thread, NULL, set_call, world.call) == 0;
        CHECK(started);
        for (uint64_t k = unit_random_below(200); k > 0; k--)
            sched_yield();
        mcps__hook_remove(probes[0].hook);
        CHECK(atomic_load(&probes[0].n_calls) == atomic_load(&probes[0].n_ended));
        mcps__token_drop_hooks(world.call);
        for (unsigned k = 0; k < 3; k++) {
            CHECK(atomic_load(&probes[k].n_calls) <= 1);
            CHECK(atomic_load(&probes[k].n_calls) == atomic_load(&probes[k].n_ended));
        }
        pthread_join(thread, NULL);
        started = false;
        world_fini(&world);
    }
out:
    if (started)
        pthread_join(thread, NULL);
    world_fini(&world);
}

const struct unit_test hook_tests[] = {
    UNIT_TEST(hooks_are_called_once_on_the_pool),
    UNIT_TEST(on_a_set_token_they_are_called_at_once),
    UNIT_TEST(after_the_drop_there_are_none),
    UNIT_TEST(removed_hooks_are_not_called),
    UNIT_TEST(queued_hooks_are_withdrawn),
    UNIT_TEST(hooks_of_a_stopped_pool_are_withdrawn),
    UNIT_TEST(removing_waits_while_it_runs),
    UNIT_TEST(dropping_waits_while_it_runs),
    UNIT_TEST(both_may_wait),
    UNIT_TEST(dropping_waits_for_one_that_removed_itself),
    UNIT_TEST(a_hook_may_remove_itself),
    UNIT_TEST(a_hook_may_end_its_call),
    UNIT_TEST(so_may_one_that_is_called_at_once),
    UNIT_TEST(ending_from_inside_waits_for_the_others),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(a_hook_about_to_run_sees_that_it_was_dropped),
    UNIT_TEST(removing_waits_until_the_pool_is_done),
#endif
    UNIT_TEST_ONCE(removing_races_with_setting,
                   "it takes long, and has no allocations but those of other tests"),
    UNIT_END,
};
