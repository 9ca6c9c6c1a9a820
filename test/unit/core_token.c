/* SPDX-License-Identifier: MIT */
/* Cancellation tokens: their tree, and those who wait for them. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/token.h"
#include "gate.h"
#include "util/clock.h"
#include "util/mem.h"
#include "util/sync.h"

extern const struct unit_test token_tests[];

static void reasons_have_names(void)
{
    CHECK_STR(mcps_cancel_reason_name(MCPS_CANCEL_NONE), "NONE");
    CHECK_STR(mcps_cancel_reason_name(MCPS_CANCEL_CLIENT), "CLIENT");
    CHECK_STR(mcps_cancel_reason_name(MCPS_CANCEL_SESSION_END), "SESSION_END");
    CHECK_STR(mcps_cancel_reason_name(MCPS_CANCEL_UNLOAD), "UNLOAD");
    CHECK_STR(mcps_cancel_reason_name((enum mcps_cancel_reason)7), "unknown");
    CHECK_STR(mcps_cancel_reason_name((enum mcps_cancel_reason) - 1), "unknown");
out:;
}

/* A server with two peers, each with two calls. */
struct tree {
    struct mcps__token server, peer[2], call[2][2];
    unsigned n_made; /* of these, in this order */
};

static struct mcps__token *tree_token(struct tree *tree, unsigned i)
{
    if (i == 0)
        return &tree->server;
    return i < 3 ? &tree->peer[i - 1] : &tree->call[(i - 3) / 2][(i - 3) % 2];
}

static bool tree_init(struct tree *tree)
{
    for (tree->n_made = 0; tree->n_made < 7; tree->n_made++) {
        unsigned i = tree->n_made;
        int r;

        if (i == 0)
            r = mcps__token_init(&tree->server, MCPS__LOCK_token_server, NULL);
        else if (i < 3)
            r = mcps__token_init(&tree->peer[i - 1], MCPS__LOCK_token_peer,
                                 &tree->server);
        else
            r = mcps__token_init(tree_token(tree, i), MCPS__LOCK_token_call,
                                 &tree->peer[(i - 3) / 2]);
        if (r < 0)
            return false;
    }
    return true;
}

static void tree_fini(struct tree *tree)
{
    while (tree->n_made > 0)
        mcps__token_fini(tree_token(tree, --tree->n_made));
}

/* The reasons of all seven, as digits. */
static const char *reasons(struct tree *tree, char text[8])
{
    for (unsigned i = 0; i < 7; i++)
        text[i] = (char)('0' + (int)mcps__token_reason(tree_token(tree, i)));
    text[7] = '\0';
    return text;
}

/* ---- the reason, and the tree ---- */

static bool the_first_stays(void)
{
    struct mcps__token token;
    bool ok;

    if (mcps__token_init(&token, MCPS__LOCK_token_call, NULL) < 0)
        return false;
    ok = mcps__token_reason(&token) == MCPS_CANCEL_NONE;
    ok = mcps__token_set(&token, MCPS_CANCEL_TIMEOUT) && ok;
    ok = mcps__token_reason(&token) == MCPS_CANCEL_TIMEOUT && ok;
    ok = !mcps__token_set(&token, MCPS_CANCEL_CLIENT) && ok;
    ok = !mcps__token_set(&token, MCPS_CANCEL_TIMEOUT) && ok;
    ok = mcps__token_reason(&token) == MCPS_CANCEL_TIMEOUT && ok;
    mcps__token_fini(&token);
    return ok;
}

static void the_first_reason_wins(void)
{
    CHECK(the_first_stays());
out:;
}

#ifdef MCPS__TEST_HOOKS
static void mutation_m5_is_noticed(void)
{
    CHECK(mcps__mutate("M5"));
    CHECK(!the_first_stays());
out:
    mcps__mutation = MCPS__N_MUTATIONS;
}
#endif

static void a_reason_goes_down_the_tree(void)
{
    struct tree tree;
    char text[8];

    CHECK(tree_init(&tree));
    CHECK_STR(reasons(&tree, text), "0000000");
    CHECK(mcps__token_set(&tree.call[0][1], MCPS_CANCEL_CLIENT));
    CHECK_STR(reasons(&tree, text), "0000100");
    CHECK(mcps__token_set(&tree.peer[0], MCPS_CANCEL_DISCONNECT));
    CHECK_STR(reasons(&tree, text), "0202100");
    CHECK(!mcps__token_set(&tree.call[0][0], MCPS_CANCEL_CLIENT));
    CHECK(mcps__token_set(&tree.server, MCPS_CANCEL_SHUTDOWN));
    CHECK_STR(reasons(&tree, text), "5252155");
    CHECK(!mcps__token_set(&tree.peer[1], MCPS_CANCEL_DISCONNECT));
    CHECK(!mcps__token_set(&tree.server, MCPS_CANCEL_UNLOAD));
    CHECK_STR(reasons(&tree, text), "5252155");
out:
    tree_fini(&tree);
}

static void a_child_of_a_set_one_starts_set(void)
{
    struct tree tree = { .n_made = 0 };
    struct mcps__token peer, call;
    unsigned n_made = 0;

    CHECK(tree_init(&tree));
    CHECK(mcps__token_set(&tree.server, MCPS_CANCEL_SHUTDOWN));
    CHECK_INT(mcps__token_init(&peer, MCPS__LOCK_token_peer, &tree.server), 0);
    n_made = 1;
    CHECK_INT(mcps__token_init(&call, MCPS__LOCK_token_call, &peer), 0);
    n_made = 2;
    CHECK_INT(mcps__token_reason(&peer), MCPS_CANCEL_SHUTDOWN);
    CHECK_INT(mcps__token_reason(&call), MCPS_CANCEL_SHUTDOWN);
    CHECK(!mcps__token_set(&call, MCPS_CANCEL_CLIENT));
    CHECK_INT(mcps__token_sleep(&call, MCPS__CLOCK_NEVER), MCPS_ECANCELLED);
out:
    if (n_made > 1)
        mcps__token_fini(&call);
    if (n_made > 0)
        mcps__token_fini(&peer);
    tree_fini(&tree);
}

/* What has left the tree is not touched: its memory is another's by then. */
static void those_that_have_gone_are_left_alone(void)
{
    struct tree tree;
    struct mcps__token *call = mcps__malloc(sizeof *call);
    bool ok;

    CHECK(tree_init(&tree) && call);
    CHECK_INT(mcps__token_init(call, MCPS__LOCK_token_call, &tree.peer[0]), 0);
    mcps__token_fini(call);
    mcps__free(call);
    call = NULL;
    CHECK(mcps__token_set(&tree.server, MCPS_CANCEL_SHUTDOWN));
    mcps__mutex_lock(&tree.peer[0].mutex);
    ok = tree.peer[0].children.next->next == tree.peer[0].children.prev;
    mcps__mutex_unlock(&tree.peer[0].mutex);
    CHECK(ok);
out:
    mcps__free(call);
    tree_fini(&tree);
}

/* ---- sleeping ---- */

struct sleeper {
    struct mcps__token *token;
    int64_t until, woke_at;
    struct gate *came;
    int r;
};

static void *sleep_on_token(void *userdata)
{
    struct sleeper *sleeper = userdata;

    gate_pass(sleeper->came);
    sleeper->r = mcps__token_sleep(sleeper->token, sleeper->until);
    sleeper->woke_at = mcps__clock_now();
    return NULL;
}

static void sleep_ends_at_its_moment(void)
{
    struct tree tree;
    int64_t until;

    CHECK(tree_init(&tree));
    CHECK_INT(mcps__token_sleep(&tree.peer[0], INT64_MIN), 0);
    CHECK_INT(mcps__token_sleep(&tree.peer[0], 0), 0);
    CHECK_INT(mcps__token_sleep(&tree.peer[0], mcps__clock_now()), 0);
    until = mcps__clock_after(5 * MCPS__NS_PER_MS);
    CHECK_INT(mcps__token_sleep(&tree.peer[0], until), 0);
    CHECK(mcps__clock_now() >= until);
    CHECK(mcps__token_set(&tree.server, MCPS_CANCEL_SHUTDOWN));
    CHECK_INT(mcps__token_sleep(&tree.peer[0], MCPS__CLOCK_NEVER), MCPS_ECANCELLED);
    CHECK_INT(mcps__token_sleep(&tree.peer[0], 0), MCPS_ECANCELLED);
out:
    tree_fini(&tree);
}

/* Half of them before they sleep, or while: none has a moment at which it would wake. */
static void setting_ends_sleep(void)
{
    struct sleeper sleepers[6];
    pthread_t threads[6];
    struct tree tree = { .n_made = 0 };
    struct gate came = GATE_INIT;
    unsigned n = 0;

    for (unsigned turn = 0; turn < 20; turn++) {
        came = (struct gate)GATE_INIT;
        CHECK(tree_init(&tree));
        for (n = 0; n < 6; n++) {
            sleepers[n] =
                (struct sleeper){ tree_token(&tree, n), MCPS__CLOCK_NEVER, 0, &came, 0 };
            CHECK(pthread_create(&threads[n], NULL, sleep_on_token, &sleepers[n]) == 0);
        }
        gate_open(&came);
        for (unsigned i = 0; i < turn * 10; i++)
            sched_yield();
        CHECK(mcps__token_set(&tree.server, MCPS_CANCEL_SHUTDOWN));
        while (n > 0) {
            n--;
            pthread_join(threads[n], NULL);
            CHECK_INT(sleepers[n].r, MCPS_ECANCELLED);
        }
        tree_fini(&tree);
        gate_fini(&came);
    }
out:
    if (n > 0) {
        gate_open(&came);
        mcps__token_set(&tree.server, MCPS_CANCEL_SHUTDOWN);
    }
    while (n > 0)
        pthread_join(threads[--n], NULL);
    tree_fini(&tree);
}

#ifdef MCPS__TEST_HOOKS
static void sleep_goes_by_the_driven_clock(void)
{
    struct gate came = GATE_INIT;
    struct sleeper sleepers[2];
    pthread_t threads[2];
    struct tree tree;
    unsigned n = 0;

    mcps__clock_drive(0);
    CHECK(tree_init(&tree));
    for (; n < 2; n++) {
        sleepers[n] = (struct sleeper){ &tree.peer[n], 1000, 0, &came, 1 };
        CHECK(pthread_create(&threads[n], NULL, sleep_on_token, &sleepers[n]) == 0);
    }
    gate_open(&came);
    mcps__clock_advance(999);
    CHECK(mcps__token_set(&tree.peer[1], MCPS_CANCEL_CLIENT));
    pthread_join(threads[1], NULL);
    n = 1;
    CHECK_INT(sleepers[1].r, MCPS_ECANCELLED);
    CHECK_INT(sleepers[1].woke_at, 999);
    mcps__clock_advance(1);
    pthread_join(threads[0], NULL);
    n = 0;
    CHECK_INT(sleepers[0].r, 0);
    CHECK_INT(sleepers[0].woke_at, 1000);
out:
    mcps__clock_advance(10000);
    gate_open(&came);
    while (n > 0)
        pthread_join(threads[--n], NULL);
    mcps__clock_release();
    tree_fini(&tree);
    gate_fini(&came);
}
#endif

/* ---- the descriptor ---- */

static bool readable(int fd, int timeout_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, timeout_ms) == 1 && (p.revents & POLLIN) != 0;
}

static void the_fd_is_readable_once_set(void)
{
    struct tree tree;
    int before, after;

    CHECK(tree_init(&tree));
    before = mcps__token_fd(&tree.call[0][0]);
    CHECK(before >= 0);
    CHECK(!readable(before, 0));
    CHECK_INT(mcps__token_fd(&tree.call[0][0]), before);
    CHECK(mcps__token_set(&tree.server, MCPS_CANCEL_SHUTDOWN));
    for (unsigned i = 0; i < 3; i++) {
        CHECK(readable(before, 0)); /* and stays so */
        CHECK_INT(mcps__token_fd(&tree.call[0][0]), before);
        CHECK_INT(mcps__token_sleep(&tree.call[0][0], 0), MCPS_ECANCELLED);
    }
    after = mcps__token_fd(&tree.call[0][1]);
    CHECK(after >= 0 && after != before);
    CHECK(readable(after, 0));
out:
    tree_fini(&tree);
}

static void without_descriptors_there_is_none(void)
{
    struct tree tree;
    struct rlimit old = { 0 }, none;
    bool limited = false;

    CHECK(tree_init(&tree));
    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
    none = (struct rlimit){ 3, old.rlim_max };
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    limited = true;
    CHECK_INT(mcps__token_fd(&tree.server), -EMFILE);
    CHECK(mcps__token_set(&tree.server, MCPS_CANCEL_SHUTDOWN));
    CHECK_INT(mcps__token_fd(&tree.server), -EMFILE);
    CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
    limited = false;
    CHECK(readable(mcps__token_fd(&tree.server), 0));
out:
    if (limited)
        setrlimit(RLIMIT_NOFILE, &old);
    tree_fini(&tree);
}

/* ---- waiters ---- */

struct waiting {
    struct mcps__token *token;
    struct mcps__mutex mutex;
    struct mcps__cond cond;
    bool made, added;
};

static bool waiting_init(struct waiting *waiting, struct mcps__token *token)
{
    *waiting = (struct waiting){ .token = token };
    if (mcps__mutex_init(&waiting->mutex, MCPS__LOCK_entry) < 0)
        return false;
    waiting->made = mcps__cond_init(&waiting->cond) == 0;
    if (!waiting->made)
        mcps__mutex_fini(&waiting->mutex);
    return waiting->made;
}

static void waiting_fini(struct waiting *waiting)
{
    if (waiting->made) {
        mcps__cond_fini(&waiting->cond);
        mcps__mutex_fini(&waiting->mutex);
    }
    waiting->made = false;
}

/* As somebody does who waits for an answer, too. */
static void *wait_for_token(void *userdata)
{
    struct waiting *waiting = userdata;
    struct mcps__waiter *waiter = mcps__malloc(sizeof *waiter);

    if (!waiter)
        return NULL;
    waiter->mutex = &waiting->mutex;
    waiter->cond = &waiting->cond;
    waiting->added = mcps__token_add_waiter(waiting->token, waiter);
    if (waiting->added) {
        mcps__mutex_lock(&waiting->mutex);
        while (mcps__token_reason(waiting->token) == MCPS_CANCEL_NONE)
            mcps__cond_wait(&waiting->cond, &waiting->mutex);
        mcps__mutex_unlock(&waiting->mutex);
    }
    mcps__token_remove_waiter(waiting->token, waiter);
    mcps__free(waiter); /* the setter may not come to it any more */
    return NULL;
}

static void waiters_are_woken(void)
{
    struct waiting first = { .made = false }, second = { .made = false };
    pthread_t thread;
    struct tree tree;
    bool started = false, waits = false;

    CHECK(tree_init(&tree));
    CHECK(waiting_init(&first, &tree.call[1][0]) && waiting_init(&second, &tree.peer[1]));
    started = pthread_create(&thread, NULL, wait_for_token, &first) == 0;
    CHECK(started);
    for (unsigned i = 0; i < 1000 && !waits; i++) { /* or was set before */
        mcps__mutex_lock(&first.token->mutex);
        waits = !mcps__list_is_empty(&first.token->waiters);
        mcps__mutex_unlock(&first.token->mutex);
        sched_yield();
    }
    CHECK(mcps__token_set(&tree.server, MCPS_CANCEL_SHUTDOWN));
    pthread_join(thread, NULL);
    started = false;
    wait_for_token(&second);
    CHECK(!second.added);
out:
    if (started) {
        mcps__token_set(&tree.server, MCPS_CANCEL_SHUTDOWN);
        pthread_join(thread, NULL);
    }
    waiting_fini(&first);
    waiting_fini(&second);
    tree_fini(&tree);
}

static void removed_waiters_are_left_alone(void)
{
    struct waiting waiting = { .made = false };
    struct mcps__waiter *waiter = mcps__malloc(sizeof *waiter);
    struct tree tree;

    CHECK(tree_init(&tree) && waiter && waiting_init(&waiting, &tree.server));
    *waiter = (struct mcps__waiter){ .mutex = &waiting.mutex, .cond = &waiting.cond };
    CHECK(mcps__token_add_waiter(&tree.server, waiter));
    mcps__token_remove_waiter(&tree.server, waiter);
    mcps__token_remove_waiter(&tree.server, waiter);
    mcps__free(waiter);
    waiter = NULL;
    waiting_fini(&waiting);
    CHECK(mcps__token_set(&tree.server, MCPS_CANCEL_SHUTDOWN));
out:
    mcps__free(waiter);
    waiting_fini(&waiting);
    tree_fini(&tree);
}

/* ---- all at once ---- */

enum {
    SET_SHUTDOWN, /* the server's */
    SET_UNLOAD,
    SET_CLIENT, /* the peer's */
    ADD_CHILD,
    WAIT,
    SLEEP,
    POLL,
    ADD_HOOK,
    N_RACERS
};

struct race {
    struct mcps__control control;
    struct mcps__token server, peer;
    struct gate start, hook_called;
    unsigned n_hook_calls; /* one after the other, if there were two */
    enum mcps_cancel_reason hook_reason;
};

struct racer {
    struct race *race;
    int what;
    bool ok, won;
    pthread_t thread;
};

static void note_hook(void *userdata, enum mcps_cancel_reason reason)
{
    struct race *race = userdata;

    race->n_hook_calls++;
    race->hook_reason = reason;
    gate_open(&race->hook_called);
}

static bool race_child(struct race *race)
{
    struct mcps__token call;
    bool ok;

    if (mcps__token_init(&call, MCPS__LOCK_token_call, &race->peer) < 0)
        return false;
    ok = mcps__token_sleep(&call, MCPS__CLOCK_NEVER) == MCPS_ECANCELLED &&
         mcps__token_reason(&call) == mcps__token_reason(&race->peer);
    mcps__token_fini(&call);
    return ok;
}

static bool race_waiter(struct race *race)
{
    struct waiting waiting;

    if (!waiting_init(&waiting, &race->peer))
        return false;
    wait_for_token(&waiting);
    waiting_fini(&waiting);
    return true;
}

static bool race_hook(struct race *race)
{
    mcps_cancel_hook *hook = NULL;

    if (mcps__token_add_hook(&race->peer, &race->control, &hook, note_hook, race) < 0)
        return false;
    gate_pass(&race->hook_called);
    mcps__hook_remove(hook);
    return race->n_hook_calls == 1 &&
           race->hook_reason == mcps__token_reason(&race->peer);
}

static void *run_racer(void *userdata)
{
    struct racer *self = userdata;
    struct race *race = self->race;

    gate_pass(&race->start);
    switch (self->what) {
    case SET_SHUTDOWN:
        self->won = mcps__token_set(&race->server, MCPS_CANCEL_SHUTDOWN);
        break;
    case SET_UNLOAD:
        self->won = mcps__token_set(&race->server, MCPS_CANCEL_UNLOAD);
        break;
    case SET_CLIENT: self->won = mcps__token_set(&race->peer, MCPS_CANCEL_CLIENT); break;
    case ADD_CHILD: self->ok = race_child(race); break;
    case WAIT: self->ok = race_waiter(race); break;
    case SLEEP:
        self->ok = mcps__token_sleep(&race->peer, MCPS__CLOCK_NEVER) == MCPS_ECANCELLED;
        break;
    case POLL: self->ok = readable(mcps__token_fd(&race->peer), 60000); break;
    default: self->ok = race_hook(race); break;
    }
    return NULL;
}

static bool race_init(struct race *race)
{
    *race = (struct race){ .start = GATE_INIT, .hook_called = GATE_INIT };
    return mcps__control_init(&race->control) == 0 &&
           mcps__token_init(&race->server, MCPS__LOCK_token_server, NULL) == 0 &&
           mcps__token_init(&race->peer, MCPS__LOCK_token_peer, &race->server) == 0;
}

static void race_fini(struct race *race)
{
    mcps__token_drop_hooks(&race->peer);
    mcps__token_fini(&race->peer);
    mcps__token_fini(&race->server);
    mcps__control_stop(&race->control, MCPS__CLOCK_NEVER);
    mcps__control_fini(&race->control);
    gate_fini(&race->start);
    gate_fini(&race->hook_called);
}

/* Everybody sees the one reason, whoever comes first. */
static void setting_races_with_everything(void)
{
    struct racer racers[N_RACERS];
    struct race race;
    enum mcps_cancel_reason of_server, of_peer;
    unsigned n_rounds = unit_repeat(60, 3000), n_started = 0;
    bool made = false;

    for (unsigned round = 0; round < n_rounds; round++) {
        unit_note_on_failure("round %u", round);
        made = race_init(&race);
        CHECK(made);
        for (n_started = 0; n_started < N_RACERS; n_started++) {
            struct racer *racer = &racers[n_started];

            *racer = (struct racer){ .race = &race, .what = (int)n_started, .ok = true };
            CHECK(pthread_create(&racer->thread, NULL, run_racer, racer) == 0);
        }
        gate_wait(&race.start, N_RACERS);
        gate_open(&race.start);
        while (n_started > 0)
            pthread_join(racers[--n_started].thread, NULL);
        for (int i = 0; i < N_RACERS; i++) {
            unit_note_on_failure("round %u, racer %d", round, i);
            CHECK(racers[i].ok);
        }
        of_server = mcps__token_reason(&race.server);
        of_peer = mcps__token_reason(&race.peer);
        CHECK(racers[SET_SHUTDOWN].won != racers[SET_UNLOAD].won);
        CHECK_INT(of_server,
                  racers[SET_SHUTDOWN].won ? MCPS_CANCEL_SHUTDOWN : MCPS_CANCEL_UNLOAD);
        CHECK_INT(of_peer, racers[SET_CLIENT].won ? MCPS_CANCEL_CLIENT : of_server);
        race_fini(&race);
        made = false;
    }
out:
    if (made) {
        gate_open(&race.start);
        mcps__token_set(&race.server, MCPS_CANCEL_SHUTDOWN);
        while (n_started > 0)
            pthread_join(racers[--n_started].thread, NULL);
        race_fini(&race);
    }
}

const struct unit_test token_tests[] = {
    UNIT_TEST(reasons_have_names),
    UNIT_TEST(the_first_reason_wins),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(mutation_m5_is_noticed),
    UNIT_TEST(sleep_goes_by_the_driven_clock),
#endif
    UNIT_TEST(a_reason_goes_down_the_tree),
    UNIT_TEST(a_child_of_a_set_one_starts_set),
    UNIT_TEST(those_that_have_gone_are_left_alone),
    UNIT_TEST(sleep_ends_at_its_moment),
    UNIT_TEST(setting_ends_sleep),
    UNIT_TEST(the_fd_is_readable_once_set),
    UNIT_TEST(without_descriptors_there_is_none),
    UNIT_TEST(waiters_are_woken),
    UNIT_TEST(removed_waiters_are_left_alone),
    UNIT_TEST_ONCE(
        setting_races_with_everything,
        "it takes long; those who fail for lack of memory have their own tests"),
    UNIT_END,
};
