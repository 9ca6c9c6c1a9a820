/* SPDX-License-Identifier: MIT */
/*
 * The rounds of the chaos; see chaos.h. In every second one, which is a server's last, it stops
 * while all play, in the others when they have left, and then nothing of them is left in it.
 *
 * MCPS_TEST_SEED=n repeats the choices of a run; MCPS_TEST_LONG=1 has it take ten minutes.
 */
#include "config.h"

#include "chaos.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SECONDS = 8,
    SECONDS_LONG = 600,
    ROUNDS = 2, /* of one server */
    ROUND_MS = 1000,
    DRAIN_MS = 300,
    ROUND_WATCHDOG_S = 180
};

static unsigned long long seed;

/* ---- chance and time ---- */

uint64_t dice_throw(struct dice *dice)
{
    uint64_t z = (dice->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

unsigned dice_below(struct dice *dice, unsigned bound)
{
    return (unsigned)(dice_throw(dice) % bound);
}

void nap_ms(unsigned ms)
{
    const struct timespec nap = { .tv_sec = (time_t)(ms / 1000),
                                  .tv_nsec = (long)(ms % 1000) * 1000000 };

    nanosleep(&nap, NULL);
}

static int64_t now_ms(void)
{
    struct timespec now = { 0 };

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- what is wrong ---- */

static bool complain(const char *what)
{
    printf("FAIL: %s (seed %llu)\n", what, seed);
    return false;
}

bool blame(struct player *player, const char *what, const char *text)
{
    if (!atomic_exchange(&player->stage->failed, true))
        printf("FAIL: player %u: %s (seed %llu): %.2000s\n", player->number, what, seed,
               text);
    atomic_store(&player->stage->over, true);
    return false;
}

static unsigned count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

static void say_stats(const struct mcps_stats *stats)
{
#define XX(name, text) printf("  %s %llu\n", #name, (unsigned long long)stats->name);
    MCPS_STATS_MAP(XX)
#undef XX
}

/* Nobody is there, and nothing of anybody is left. Sessions that were lost before they were
 * ready have a while to expire. */
static bool is_quiet(const struct mcps_stats *s)
{
    return s->in_flight + s->queued + s->running + s->parked + s->stuck + s->pending +
               s->in_bytes + s->out_bytes + s->listens + s->connections + s->sessions +
               s->streams + s->accounts + s->replay_bytes ==
           0;
}

static bool await_quiet(void)
{
    int64_t end = now_ms() + WATCHDOG_MS;
    struct mcps_stats stats = server_stats();

    while (!is_quiet(&stats) && now_ms() < end) {
        nap_ms(5);
        stats = server_stats();
    }
    if (is_quiet(&stats))
        return true;
    say_stats(&stats);
    return complain("something is left in the server");
}

static bool is_empty(void)
{
    struct mcps_stats stats = server_stats();

    if (is_quiet(&stats))
        return true;
    say_stats(&stats);
    return complain("something is left after the stop");
}

/* ---- rounds ---- */

/* What everybody may see comes and goes. */
static void play_along(struct stage *stage, struct dice *dice, int64_t until)
{
    const char *name = "spare";
    bool disabled = false;

    while (now_ms() < until && !atomic_load(&stage->failed)) {
        nap_ms(1 + dice_below(dice, 30));
        disabled = !disabled;
        if ((disabled ? mcps_server_disable(chaos_server, MCPS_TOOLS, &name, 1)
                      : mcps_server_enable(chaos_server, MCPS_TOOLS, &name, 1)) < 0)
            abort();
    }
    if (disabled && mcps_server_enable(chaos_server, MCPS_TOOLS, &name, 1) < 0)
        abort();
}

static bool stop(struct stage *stage, struct dice *dice)
{
    int r;

    atomic_store(&stage->stopping, true);
    r = mcps_server_stop(chaos_server, dice_below(dice, DRAIN_MS));
    atomic_store(&stage->over, true);
    return r == 0 || complain(mcps_strerror(r));
}

static void join_all(struct player *players)
{
    for (unsigned i = 0; i < N_PLAYERS; i++)
        pthread_join(players[i].thread, NULL);
}

static bool play_round(struct stage *stage, struct player *players, struct dice *dice,
                       bool stop_early)
{
    bool ok = true;

    if (!server_start(&stage->port))
        return complain("the server does not start");
    memset(stage->sessions, 0, sizeof stage->sessions);
    memset(stage->old_sessions, 0, sizeof stage->old_sessions);
    atomic_store(&stage->over, false);
    atomic_store(&stage->stopping, false);
    for (unsigned i = 0; i < N_PLAYERS; i++) {
        players[i].dice.state = dice_throw(dice);
        if (pthread_create(&players[i].thread, NULL, play, &players[i]) != 0)
            abort();
    }
    play_along(stage, dice, now_ms() + ROUND_MS / 2 + dice_below(dice, ROUND_MS));
    if (stop_early)
        ok = stop(stage, dice);
    atomic_store(&stage->over, true);
    join_all(players);
    if (!stop_early)
        ok = !atomic_load(&stage->failed) && await_quiet() && stop(stage, dice);
    return ok && is_empty() && !atomic_load(&stage->failed);
}

static void say_counts(const struct player *players, unsigned n_rounds)
{
    struct player all = { .number = 0 };

    for (unsigned i = 0; i < N_PLAYERS; i++) {
        all.n_requests += players[i].n_requests;
        all.n_answers += players[i].n_answers;
        all.n_errors += players[i].n_errors;
        all.n_refused += players[i].n_refused;
        all.n_cut += players[i].n_cut;
        all.n_resumed += players[i].n_resumed;
        all.n_asked += players[i].n_asked;
        all.n_batches += players[i].n_batches;
        all.n_old += players[i].n_old;
    }
    printf("%u rounds: %u requests, %llu answers (%llu errors), %llu refused, %llu cuts, "
           "%llu resumed, %llu questions, %llu batches, %llu sessions of 2024-11-05\n",
           n_rounds, all.n_requests, (unsigned long long)all.n_answers,
           (unsigned long long)all.n_errors, (unsigned long long)all.n_refused,
           (unsigned long long)all.n_cut, (unsigned long long)all.n_resumed,
           (unsigned long long)all.n_asked, (unsigned long long)all.n_batches,
           (unsigned long long)all.n_old);
}

static bool make_server(enum kind kind)
{
    return server_make(kind) || complain("the server cannot be made");
}

static bool drop_server(void)
{
    bool ok = !mcps_server_unref(chaos_server) || complain("handlers still run");

    chaos_server = NULL;
    return ok;
}

/* Both rounds of a server. */
static bool play_with(struct stage *stage, struct player *players, struct dice *dice,
                      unsigned n_fds)
{
    bool ok = true;

    for (unsigned i = 0; ok && i < ROUNDS; i++) {
        alarm(ROUND_WATCHDOG_S);
        ok = play_round(stage, players, dice, i == ROUNDS - 1);
        if (ok && count_fds() != n_fds)
            ok = complain("descriptors are left");
    }
    return ok;
}

static bool play_all(struct dice *dice, int64_t until)
{
    static struct stage stage = { .mutex = PTHREAD_MUTEX_INITIALIZER };
    static struct player players[N_PLAYERS];
    unsigned n_fds = 0, n_servers = 0, first = dice_below(dice, N_KINDS);
    bool ok = true;

    for (unsigned i = 0; i < N_PLAYERS; i++)
        players[i] = (struct player){ .stage = &stage, .number = i };
    while (ok && now_ms() < until) {
        stage.kind = (enum kind)((first + n_servers) % N_KINDS);
        ok = make_server(stage.kind);
        if (n_servers == 0)
            n_fds = count_fds();
        ok = ok && play_with(&stage, players, dice, n_fds);
        ok = drop_server() && ok;
        n_servers++;
    }
    say_counts(players, n_servers * ROUNDS);
    return ok;
}

int main(void)
{
    const char *text = getenv("MCPS_TEST_SEED"), *is_long = getenv("MCPS_TEST_LONG");
    int64_t ms = is_long && *is_long == '1' ? SECONDS_LONG * 1000 : SECONDS * 1000;
    struct dice dice;
    bool ok;

    seed = text ? strtoull(text, NULL, 10) : (unsigned long long)now_ms();
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("seed %llu\n", seed);
    dice.state = seed;
    ok = play_all(&dice, now_ms() + ms);
    ok = ok && (server_errors() == 0 || complain("the server logged errors"));
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
