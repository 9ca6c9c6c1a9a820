/* SPDX-License-Identifier: MIT */
/* Timers, against a model that looks at all of them. */
#include "config.h"

#include "unit.h"

#include <errno.h>

#include "util/clock.h"
#include "util/list.h"
#include "util/mem.h"
#include "util/timer.h"

extern const struct unit_test timer_tests[];

/* ---- by hand ---- */

struct note {
    struct mcps__timer timer;
    struct notes *notes;
};

struct notes {
    struct mcps__timers timers;
    struct note all[8];
    size_t n_fired;
    size_t fired[32]; /* which, in order */
};

static size_t index_of(const struct note *note)
{
    return (size_t)(note - note->notes->all);
}

static void note_down(struct mcps__timer *timer)
{
    struct note *note = MCPS__CONTAINER_OF(timer, struct note, timer);

    note->notes->fired[note->notes->n_fired++ % 32] =
        mcps__timer_is_set(timer) ? SIZE_MAX : index_of(note);
}

static void notes_init(struct notes *notes)
{
    mcps__timers_init(&notes->timers);
    notes->n_fired = 0;
    for (size_t i = 0; i < 8; i++) {
        notes->all[i].notes = notes;
        mcps__timer_init(&notes->all[i].timer, note_down);
    }
}

static void notes_fini(struct notes *notes)
{
    for (size_t i = 0; i < 8; i++)
        mcps__timer_clear(&notes->timers, &notes->all[i].timer);
    mcps__timers_fini(&notes->timers);
}

static int set(struct notes *notes, size_t i, int64_t at)
{
    return mcps__timer_set(&notes->timers, &notes->all[i].timer, at);
}

static void they_fire_in_order(void)
{
    struct notes notes;

    notes_init(&notes);
    CHECK(mcps__timers_next(&notes.timers) == MCPS__CLOCK_NEVER);
    mcps__timers_run(&notes.timers, INT64_MAX);
    CHECK_INT(notes.n_fired, 0);
    CHECK_INT(set(&notes, 0, 30), 0);
    CHECK_INT(set(&notes, 1, 10), 0);
    CHECK_INT(set(&notes, 2, 20), 0);
    CHECK_INT(set(&notes, 3, 5), 0);
    CHECK_INT(set(&notes, 4, -5), 0);
    CHECK_INT(set(&notes, 3, 25), 0); /* to another moment */
    CHECK_INT(mcps__timers_next(&notes.timers), -5);
    mcps__timer_clear(&notes.timers, &notes.all[2].timer);
    mcps__timer_clear(&notes.timers, &notes.all[2].timer);
    CHECK(!mcps__timer_is_set(&notes.all[2].timer));
    mcps__timers_run(&notes.timers, -6);
    CHECK_INT(notes.n_fired, 0);
    mcps__timers_run(&notes.timers, 25);
    CHECK_INT(notes.n_fired, 3);
    CHECK(notes.fired[0] == 4 && notes.fired[1] == 1 && notes.fired[2] == 3);
    CHECK_INT(mcps__timers_next(&notes.timers), 30);
    CHECK(mcps__timer_is_set(&notes.all[0].timer));
    mcps__timers_run(&notes.timers, 30);
    CHECK_INT(notes.n_fired, 4);
    CHECK(mcps__timers_next(&notes.timers) == MCPS__CLOCK_NEVER);
out:
    notes_fini(&notes);
}

/* 0 sets itself and 1 again, clears 2, sets 3, which was not set, and puts 4 off. */
static void do_much(struct mcps__timer *timer)
{
    struct notes *notes = MCPS__CONTAINER_OF(timer, struct note, timer)->notes;
    bool ok;

    note_down(timer);
    ok = set(notes, 0, 1) == 0;
    ok = set(notes, 1, 2) == 0 && ok;
    mcps__timer_clear(&notes->timers, &notes->all[2].timer);
    ok = set(notes, 3, 0) == 0 && ok;
    ok = set(notes, 4, 1000) == 0 && ok;
    if (!ok || mcps__timers_next(&notes->timers) != 0)
        notes->n_fired = 100;
}

static void what_is_set_in_a_run_waits_for_the_next(void)
{
    struct notes notes;

    notes_init(&notes);
    mcps__timer_init(&notes.all[0].timer, do_much);
    for (size_t i = 0; i < 6; i++)
        CHECK(i == 3 || set(&notes, i, 10 + (int64_t)i) == 0);
    mcps__timers_run(&notes.timers, 100);
    CHECK_INT(notes.n_fired, 2);
    CHECK(notes.fired[0] == 0 && notes.fired[1] == 5);
    mcps__timer_init(&notes.all[7].timer, note_down);
    mcps__timer_clear(&notes.timers, &notes.all[0].timer);
    mcps__timers_run(&notes.timers, 100);
    CHECK_INT(notes.n_fired, 4);
    CHECK(notes.fired[2] == 3 && notes.fired[3] == 1);
    CHECK_INT(mcps__timers_next(&notes.timers), 1000);
out:
    notes_fini(&notes);
}

struct self_freeing {
    struct mcps__timer timer;
    unsigned *n_freed;
};

static void free_self(struct mcps__timer *timer)
{
    struct self_freeing *self = MCPS__CONTAINER_OF(timer, struct self_freeing, timer);

    (*self->n_freed)++;
    mcps__free(self);
}

static void a_function_may_free_its_timer(void)
{
    struct mcps__timers timers;
    struct self_freeing *self;
    unsigned n_freed = 0;

    mcps__timers_init(&timers);
    for (unsigned i = 0; i < 3; i++) {
        self = mcps__malloc(sizeof *self);
        CHECK(self != NULL);
        self->n_freed = &n_freed;
        mcps__timer_init(&self->timer, free_self);
        if (mcps__timer_set(&timers, &self->timer, i) < 0)
            mcps__free(self);
    }
    mcps__timers_run(&timers, 10);
    CHECK_INT(n_freed, 3);
out:
    mcps__timers_run(&timers, 10);
    mcps__timers_fini(&timers);
}

#ifdef MCPS__TEST_HOOKS
enum { N_FULL = 40 };

struct full {
    struct mcps__timers timers;
    struct mcps__timer all[N_FULL];
    size_t n_set;
    unsigned n_fired;
    bool failed;
};

static struct full *full; /* for set_all_again() */

static void count_fired(struct mcps__timer *timer)
{
    (void)timer;
    full->n_fired++;
}

/* Called first: all others are due, and their places must be kept for them. */
static void set_all_again(struct mcps__timer *timer)
{
    struct mcps__timer *others = &full->all[full->n_set];

    full->n_fired++;
    mcps__mem_fail_at(1);
    if (mcps__timer_set(&full->timers, &others[0], 5) < 0 || mcps__mem_has_failed())
        full->failed = true; /* it has the place of this one */
    if (mcps__timer_set(&full->timers, &others[1], 5) != -ENOMEM)
        full->failed = true;
    mcps__mem_fail_at(1);
    for (size_t i = 0; i < full->n_set; i++) {
        if (&full->all[i] != timer &&
            mcps__timer_set(&full->timers, &full->all[i], 5) < 0)
            full->failed = true;
    }
    if (mcps__mem_has_failed())
        full->failed = true;
}

static void setting_what_is_set_takes_no_memory(void)
{
    static struct full f;

    full = &f;
    f.n_set = f.n_fired = 0;
    f.failed = false;
    mcps__timers_init(&f.timers);
    for (size_t i = 0; i < N_FULL; i++)
        mcps__timer_init(&f.all[i], i == 0 ? set_all_again : count_fired);
    CHECK_INT(mcps__timer_set(&f.timers, &f.all[0], 0), 0);
    /* As many as there is memory for. */
    for (f.n_set = 1; f.n_set + 1 < f.timers.cap; f.n_set++)
        CHECK_INT(mcps__timer_set(&f.timers, &f.all[f.n_set], 1), 0);
    CHECK(f.n_set > 1 && f.n_set + 1 < N_FULL);
    mcps__mem_fail_at(1);
    CHECK_INT(mcps__timer_set(&f.timers, &f.all[f.n_set], 2), -ENOMEM);
    CHECK(!mcps__timer_is_set(&f.all[f.n_set]));
    mcps__mem_fail_at(1);
    CHECK_INT(mcps__timer_set(&f.timers, &f.all[f.n_set - 1], -1), 0);
    CHECK_INT(mcps__timers_next(&f.timers), -1);
    CHECK_INT(mcps__timer_set(&f.timers, &f.all[f.n_set - 1], 1), 0);
    mcps__timers_run(&f.timers, 10);
    CHECK_INT(f.n_fired, 1);
    CHECK(!f.failed);
    mcps__mem_fail_at(0);
    mcps__timers_run(&f.timers, 10);
    CHECK_INT(f.n_fired, f.n_set + 1);
    CHECK(mcps__timers_next(&f.timers) == MCPS__CLOCK_NEVER);
out:
    mcps__mem_fail_at(0);
    for (size_t i = 0; i < N_FULL; i++)
        mcps__timer_clear(&f.timers, &f.all[i]);
    mcps__timers_fini(&f.timers);
}
#endif

/* ---- against a model ---- */

enum { N_MODEL = 150, N_OPS = 100000, SPAN = 2000 };

struct entry {
    struct mcps__timer timer;
    /* What the model thinks of it: */
    bool is_set;
    bool fresh; /* since the run began */
    int64_t at;
};

static struct model {
    struct mcps__timers timers;
    struct entry all[N_MODEL];
    int64_t now, last; /* of the run: its moment, and that of the last one called */
    bool wrong;
} model;

static void expect(bool ok)
{
    if (!ok)
        model.wrong = true;
}

static int64_t random_moment(void)
{
    return model.now - SPAN / 8 + (int64_t)unit_random_below(SPAN);
}

static void model_set(struct entry *entry, int64_t at)
{
    bool was_set = entry->is_set;
    int r = mcps__timer_set(&model.timers, &entry->timer, at);

    if (r == 0) {
        entry->is_set = entry->fresh = true;
        entry->at = at;
    }
    expect(r == 0 || (r == -ENOMEM && !was_set));
    expect(mcps__timer_is_set(&entry->timer) == entry->is_set);
}

static void model_clear(struct entry *entry)
{
    mcps__timer_clear(&model.timers, &entry->timer);
    entry->is_set = false;
    expect(!mcps__timer_is_set(&entry->timer));
}

static void change_one(void)
{
    struct entry *entry = &model.all[unit_random_below(N_MODEL)];

    if (unit_random_below(3) == 0)
        model_clear(entry);
    else
        model_set(entry, random_moment());
}

static void model_fired(struct mcps__timer *timer)
{
    struct entry *entry = MCPS__CONTAINER_OF(timer, struct entry, timer);

    expect(entry->is_set && !entry->fresh && entry->at <= model.now);
    expect(entry->at >= model.last);
    expect(!mcps__timer_is_set(timer));
    model.last = entry->at;
    entry->is_set = false;
    for (uint64_t n = unit_random_below(4); n > 0; n--)
        change_one();
    if (unit_random_below(4) == 0)
        model_set(entry, random_moment());
}

static void model_run(void)
{
    for (size_t i = 0; i < N_MODEL; i++)
        model.all[i].fresh = false;
    model.now += (int64_t)unit_random_below(SPAN / 8);
    model.last = INT64_MIN;
    mcps__timers_run(&model.timers, model.now);
    for (size_t i = 0; i < N_MODEL; i++) {
        const struct entry *entry = &model.all[i];

        expect(!entry->is_set || entry->fresh || entry->at > model.now);
    }
}

static int64_t model_next(void)
{
    int64_t next = MCPS__CLOCK_NEVER;

    for (size_t i = 0; i < N_MODEL; i++) {
        if (model.all[i].is_set && model.all[i].at < next)
            next = model.all[i].at;
    }
    return next;
}

static void they_are_what_a_naive_model_says(void)
{
    mcps__timers_init(&model.timers);
    model.now = 0;
    model.wrong = false;
    for (size_t i = 0; i < N_MODEL; i++) {
        model.all[i] = (struct entry){ .at = 0 };
        mcps__timer_init(&model.all[i].timer, model_fired);
    }
    for (unsigned i = 0; i < N_OPS; i++) {
        unit_note_on_failure("operation %u", i);
        if (unit_random_below(16) == 0)
            model_run();
        else
            change_one();
        CHECK(!model.wrong);
        if (i % 8 == 0)
            CHECK_INT(mcps__timers_next(&model.timers), model_next());
    }
out:
    for (size_t i = 0; i < N_MODEL; i++)
        mcps__timer_clear(&model.timers, &model.all[i].timer);
    mcps__timers_fini(&model.timers);
}

const struct unit_test timer_tests[] = {
    UNIT_TEST(they_fire_in_order),
    UNIT_TEST(what_is_set_in_a_run_waits_for_the_next),
    UNIT_TEST(a_function_may_free_its_timer),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST_ONCE(setting_what_is_set_takes_no_memory,
                   "it makes allocations fail by itself"),
#endif
    UNIT_TEST(they_are_what_a_naive_model_says),
    UNIT_END,
};
