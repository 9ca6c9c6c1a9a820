/* SPDX-License-Identifier: MIT */
/* Counted references, magic numbers and assertions. */
#include "config.h"

#include "unit.h"

#include <pthread.h>

#include "dies.h"
#include "util/mem.h"
#include "util/obj.h"

extern const struct unit_test obj_tests[];

enum { MAGIC = 0x7e57, OTHER_MAGIC = 0x7e58 };

struct thing {
    struct mcps__obj obj;
    unsigned touched[8]; /* one for each thread, read by the one that lets go last */
};

static void the_last_unref_says_so(void)
{
    struct thing thing = { 0 }, *p = &thing;

    mcps__obj_init(&p->obj, MAGIC);
    MCPS__CHECK_OBJ(p, MAGIC);
    mcps__obj_ref(&p->obj);
    mcps__obj_ref(&p->obj);
    CHECK(!mcps__obj_unref(&p->obj));
    CHECK(!mcps__obj_unref(&p->obj));
    MCPS__CHECK_OBJ(p, MAGIC);
    CHECK(mcps__obj_unref(&p->obj));
    CHECK(p->obj.magic == MCPS__OBJ_DEAD);
out:;
}

struct user {
    struct thing *thing;
    unsigned index, *ret_sum; /* set by the one who frees */
    bool freed;
};

/* Begins with a reference of its own and works with more. */
static void *use_thing(void *userdata)
{
    struct user *user = userdata;
    struct thing *thing = user->thing;

    for (unsigned i = 0; i < 2000; i++) {
        mcps__obj_ref(&thing->obj);
        MCPS__CHECK_OBJ(thing, MAGIC);
        thing->touched[user->index]++;
        if (mcps__obj_unref(&thing->obj))
            return NULL; /* a count too low: nobody frees, and the test fails */
    }
    if (mcps__obj_unref(&thing->obj)) {
        for (unsigned i = 0; i < 8; i++)
            *user->ret_sum += thing->touched[i];
        user->freed = true;
        mcps__free(thing);
    }
    return NULL;
}

static void threads_free_exactly_once(void)
{
    struct thing *thing = mcps__calloc(1, sizeof *thing);
    struct user users[8] = { { 0 } };
    pthread_t threads[8];
    unsigned n_started = 0, n_freed = 0, sum = 0;

    CHECK(thing != NULL);
    mcps__obj_init(&thing->obj, MAGIC);
    for (unsigned i = 0; i < 8; i++) {
        users[i] = (struct user){ .thing = thing, .index = i, .ret_sum = &sum };
        mcps__obj_ref(&thing->obj);
        if (pthread_create(&threads[i], NULL, use_thing, &users[i]) != 0) {
            mcps__obj_unref(&thing->obj);
            break;
        }
        n_started++;
    }
    if (mcps__obj_unref(&thing->obj)) {
        for (unsigned i = 0; i < 8; i++)
            sum += thing->touched[i];
        n_freed++;
        mcps__free(thing);
    }
    for (unsigned i = 0; i < n_started; i++) {
        pthread_join(threads[i], NULL);
        n_freed += users[i].freed;
    }
    CHECK_INT(n_started, 8);
    CHECK_INT(n_freed, 1);
    CHECK_INT(sum, 8 * 2000);
out:;
}

static void a_condition_is_evaluated_in_test_builds_only(void)
{
    bool evaluated = false;

    mcps__assert((evaluated = true));
#ifdef MCPS__TEST_HOOKS
    CHECK(evaluated);
#else
    CHECK(!evaluated);
#endif
out:;
}

#ifdef MCPS__TEST_HOOKS

static struct thing global;

static void check_null(void)
{
    struct thing *none = NULL;

    MCPS__CHECK_OBJ(none, MAGIC);
}

static void check_other(void)
{
    struct thing *p = &global;

    mcps__obj_init(&p->obj, OTHER_MAGIC);
    MCPS__CHECK_OBJ(p, MAGIC);
}

static void check_dead(void)
{
    struct thing *p = &global;

    mcps__obj_init(&p->obj, MAGIC);
    if (mcps__obj_unref(&p->obj))
        MCPS__CHECK_OBJ(p, MAGIC);
}

static void ref_dead(void)
{
    mcps__obj_init(&global.obj, MAGIC);
    if (mcps__obj_unref(&global.obj))
        mcps__obj_ref(&global.obj);
}

static void unref_dead(void)
{
    mcps__obj_init(&global.obj, MAGIC);
    if (mcps__obj_unref(&global.obj))
        mcps__obj_unref(&global.obj);
}

static void assert_arithmetic(void)
{
    mcps__assert(global.touched[0] == 3);
}

static void misuse_is_noticed(void)
{
    CHECK(dies_saying(check_null, "not so: "));
    CHECK(dies_saying(check_other, "not so: "));
    CHECK(dies_saying(check_dead, "not so: "));
    CHECK(dies_saying(ref_dead, "not so: "));
    CHECK(dies_saying(unref_dead, "not so: "));
    CHECK(dies_saying(assert_arithmetic, "util_obj.c:"));
    CHECK(dies_saying(assert_arithmetic, ": not so: global.touched[0] == 3\n"));
out:;
}

#endif

const struct unit_test obj_tests[] = {
    UNIT_TEST(the_last_unref_says_so),
    UNIT_TEST(threads_free_exactly_once),
    UNIT_TEST(a_condition_is_evaluated_in_test_builds_only),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(misuse_is_noticed),
#endif
    UNIT_END,
};
