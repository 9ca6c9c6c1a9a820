/* SPDX-License-Identifier: MIT */
/* The hash map: the hash's test vectors, the rules, and a naive model. */
#include "config.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/map.h"
#include "util/mem.h"

extern const struct unit_test map_tests[];

/* Of the reference implementation: key 00 01 .. 0f, and of the input 00 01 .. as many
 * bytes as the index says. */
static void hash_is_siphash_2_4(void)
{
    static const uint64_t vectors[] = {
        UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0x74f839c593dc67fd),
        UINT64_C(0x0d6c8009d9a94f5a), UINT64_C(0x85676696d7fb7e2d),
        UINT64_C(0xcf2794e0277187b7), UINT64_C(0x18765564cd99a68d),
        UINT64_C(0xcbc9466e58fee3ce), UINT64_C(0xab0200f58b01d137),
        UINT64_C(0x93f5f5799a932462), UINT64_C(0x9e0082df0ba9e4b0),
        UINT64_C(0x7a5dbbc594ddb9f3), UINT64_C(0xf4b32f46226bada7),
        UINT64_C(0x751e8fbc860ee5fb), UINT64_C(0x14ea5627c0843d90),
        UINT64_C(0xf723ca908e7af2ee), UINT64_C(0xa129ca6149be45e5),
    };
    static const uint64_t seed[2] = { UINT64_C(0x0706050403020100),
                                      UINT64_C(0x0f0e0d0c0b0a0908) };
    unsigned char input[16];

    for (size_t i = 0; i < sizeof input; i++) {
        input[i] = (unsigned char)i;
        CHECK(mcps__map_hash(seed, input, i) == vectors[i]);
    }
out:;
}

static void each_map_has_its_own_seed(void)
{
    struct mcps__map a = { 0 }, b = { 0 };

    CHECK_INT(mcps__map_init(&a, 1), 0);
    CHECK_INT(mcps__map_init(&b, 1), 0);
    CHECK(a.seed[0] != b.seed[0] && a.seed[1] != b.seed[1] && a.seed[0] != a.seed[1]);
out:
    mcps__map_fini(&a);
    mcps__map_fini(&b);
}

static void keys_are_bytes(void)
{
    static const struct {
        const char *key;
        size_t len;
    } keys[] = { { "a", 1 },      { "b", 1 },    { "ab", 2 },
                 { "a\0", 2 },    { "a\0b", 3 }, { "a\0c", 3 },
                 { "\0\0\0", 3 }, { "\0\0", 2 }, { "", 0 } };
    const size_t n = sizeof keys / sizeof keys[0];
    struct mcps__map map = { 0 };
    int values[sizeof keys / sizeof keys[0]] = { 0 };

    CHECK_INT(mcps__map_init(&map, n), 0);
    CHECK(mcps__map_lookup(&map, "a", 1) == NULL);
    CHECK(!mcps__map_remove(&map, "a", 1, &values[0]));
    for (size_t i = 0; i < n; i++) {
        CHECK(mcps__map_lookup(&map, keys[i].key, keys[i].len) == NULL);
        CHECK_INT(mcps__map_insert(&map, keys[i].key, keys[i].len, &values[i]), 0);
    }
    for (size_t i = 0; i < n; i++)
        CHECK(mcps__map_lookup(&map, keys[i].key, keys[i].len) == &values[i]);
out:
    mcps__map_fini(&map);
}

static void an_existing_key_is_refused(void)
{
    struct mcps__map map = { 0 };
    int a = 0, b = 0;

    CHECK_INT(mcps__map_init(&map, 1), 0);
    CHECK_INT(mcps__map_insert(&map, "key", 3, &a), 0);
    /* Also when it is full, and for the same object. */
    CHECK_INT(mcps__map_insert(&map, "key", 3, &b), MCPS_EEXISTS);
    CHECK_INT(mcps__map_insert(&map, "key", 3, &a), MCPS_EEXISTS);
    CHECK(mcps__map_lookup(&map, "key", 3) == &a);
    CHECK_INT(map.n_entries, 1);
out:
    mcps__map_fini(&map);
}

static void only_the_expected_object_is_removed(void)
{
    struct mcps__map map = { 0 };
    int a = 0, b = 0;

    CHECK_INT(mcps__map_init(&map, 10), 0);
    CHECK_INT(mcps__map_insert(&map, "key", 3, &a), 0);
    CHECK(!mcps__map_remove(&map, "key", 3, &b));
    CHECK(!mcps__map_remove(&map, "kez", 3, &a));
    CHECK(!mcps__map_remove(&map, "kez", 3, NULL));
    CHECK(mcps__map_lookup(&map, "key", 3) == &a);
    CHECK(mcps__map_remove(&map, "key", 3, &a));
    CHECK(mcps__map_lookup(&map, "key", 3) == NULL);
    CHECK(!mcps__map_remove(&map, "key", 3, &a));
    CHECK_INT(map.n_entries, 0);
    CHECK_INT(mcps__map_insert(&map, "key", 3, &b), 0);
    CHECK(!mcps__map_remove(&map, "key", 3, &a));
    CHECK(mcps__map_lookup(&map, "key", 3) == &b);
out:
    mcps__map_fini(&map);
}

static void the_limit_holds(void)
{
    static const size_t limits[] = { 0, 1, 5, 6, 7, 8, 100 };
    struct mcps__map map = { 0 };
    unsigned char keys[101];

    for (size_t i = 0; i < sizeof keys; i++)
        keys[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        size_t max = limits[i];

        CHECK_INT(mcps__map_init(&map, max), 0);
        for (size_t k = 0; k < max; k++)
            CHECK_INT(mcps__map_insert(&map, &keys[k], 1, &keys[k]), 0);
        CHECK_INT(mcps__map_insert(&map, &keys[max], 1, &keys[max]), MCPS_ELIMIT);
        CHECK_INT(map.n_entries, max);
        if (max > 0) {
            CHECK(mcps__map_remove(&map, &keys[0], 1, &keys[0]));
            CHECK_INT(mcps__map_insert(&map, &keys[max], 1, &keys[max]), 0);
        }
        mcps__map_fini(&map);
    }
out:
    mcps__map_fini(&map);
}

enum { N_KEYS = 300, KEY_SIZE = 16 };

/* Keys whose bytes are their own value, so that a value tells its key. */
static void make_keys(char keys[N_KEYS][KEY_SIZE])
{
    for (int i = 0; i < N_KEYS; i++)
        snprintf(keys[i], KEY_SIZE, "k%d", i);
}

/* Does the map hold exactly the keys that `in` says, by lookup and by walking? */
static bool holds(const struct mcps__map *map, char keys[N_KEYS][KEY_SIZE],
                  const bool *in)
{
    bool seen[N_KEYS] = { false };
    size_t cursor = 0;
    char *value;

    for (value = mcps__map_next(map, &cursor); value;
         value = mcps__map_next(map, &cursor)) {
        size_t i = (size_t)(value - keys[0]) / KEY_SIZE;

        if (seen[i])
            return false;
        seen[i] = true;
    }
    if (mcps__map_next(map, &cursor))
        return false;
    for (size_t i = 0; i < N_KEYS; i++) {
        value = mcps__map_lookup(map, keys[i], strlen(keys[i]));
        if (seen[i] != in[i] || value != (in[i] ? keys[i] : NULL))
            return false;
    }
    return true;
}

/* Filled, taken and emptied in random order. The tables are small and the seeds differ,
 * so that entries lie in each other's way, around the end of the table too. */
static void random_use_agrees_with_an_array(void)
{
    struct mcps__map map = { 0 };
    char keys[N_KEYS][KEY_SIZE];
    bool in[N_KEYS] = { false };
    size_t n = 0, n_used = 0;

    make_keys(keys);
    for (unsigned round = 0; round < unit_repeat(60, 5000); round++) {
        n_used = 1 + (size_t)unit_random_below(round % 2 == 0 ? 12 : N_KEYS);
        memset(in, 0, sizeof in);
        n = 0;
        CHECK_INT(mcps__map_init(&map, n_used * 3 / 4), 0);
        for (unsigned step = 0; step < 500; step++) {
            size_t i = (size_t)unit_random_below(n_used), len = strlen(keys[i]);

            if (unit_random_below(5) < 2) {
                CHECK_INT(mcps__map_remove(&map, keys[i], len, keys[i]), in[i]);
                n -= in[i];
                in[i] = false;
            } else {
                int want = in[i] ? MCPS_EEXISTS : n == map.max ? MCPS_ELIMIT : 0;

                CHECK_INT(mcps__map_insert(&map, keys[i], len, keys[i]), want);
                n += want == 0;
                in[i] = want != MCPS_ELIMIT;
            }
            CHECK_INT(map.n_entries, n);
            if (step % 20 == 0)
                CHECK(holds(&map, keys, in));
        }
        CHECK(holds(&map, keys, in));
        mcps__map_fini(&map);
    }
out:
    mcps__map_fini(&map);
}

static void stealing_moves_everything(void)
{
    struct mcps__map map = { 0 }, all = { 0 };
    char keys[N_KEYS][KEY_SIZE];
    bool in[N_KEYS] = { false }, none[N_KEYS] = { false };

    make_keys(keys);
    CHECK_INT(mcps__map_init(&map, N_KEYS), 0);
    mcps__map_steal(&map, &all);
    CHECK(holds(&all, keys, none));
    for (size_t i = 0; i < N_KEYS; i++) {
        CHECK_INT(mcps__map_insert(&map, keys[i], strlen(keys[i]), keys[i]), 0);
        in[i] = true;
    }
    mcps__map_steal(&map, &all);
    CHECK(holds(&all, keys, in));
    CHECK(holds(&map, keys, none));
    CHECK_INT(mcps__map_insert(&map, keys[0], strlen(keys[0]), keys[0]), 0);
    CHECK(mcps__map_remove(&all, keys[0], strlen(keys[0]), keys[0]));
    CHECK(mcps__map_lookup(&map, keys[0], strlen(keys[0])) == keys[0]);
out:
    mcps__map_fini(&map);
    mcps__map_fini(&all);
}

static void fini_leaves_an_empty_map(void)
{
    struct mcps__map map = { 0 };
    int value = 0;

    CHECK_INT(mcps__map_init(&map, 1), 0);
    CHECK_INT(mcps__map_insert(&map, "key", 3, &value), 0);
    mcps__map_fini(&map);
    CHECK(mcps__map_lookup(&map, "key", 3) == NULL);
    CHECK_INT(mcps__map_insert(&map, "key", 3, &value), 0);
out:
    mcps__map_fini(&map);
}

#ifdef MCPS__TEST_HOOKS
static void without_memory_the_map_is_as_it_was(void)
{
    struct mcps__map map = { 0 };
    char keys[N_KEYS][KEY_SIZE];
    bool in[N_KEYS] = { false };
    unsigned n_failed = 0;

    make_keys(keys);
    CHECK_INT(mcps__map_init(&map, N_KEYS), 0);
    for (size_t i = 0; i < N_KEYS; i++) {
        size_t len = strlen(keys[i]);
        int r = 0;

        mcps__mem_fail_at(1);
        r = mcps__map_insert(&map, keys[i], len, keys[i]);
        mcps__mem_fail_at(0);
        if (r < 0) {
            CHECK_INT(r, -ENOMEM);
            CHECK_INT(map.n_entries, i);
            CHECK(holds(&map, keys, in));
            CHECK_INT(mcps__map_insert(&map, keys[i], len, keys[i]), 0);
            n_failed++;
        }
        in[i] = true;
    }
    CHECK(holds(&map, keys, in));
    CHECK(n_failed >= 5);
out:
    mcps__mem_fail_at(0);
    mcps__map_fini(&map);
}
#endif

const struct unit_test map_tests[] = {
    UNIT_TEST(hash_is_siphash_2_4),
    UNIT_TEST(each_map_has_its_own_seed),
    UNIT_TEST(keys_are_bytes),
    UNIT_TEST(an_existing_key_is_refused),
    UNIT_TEST(only_the_expected_object_is_removed),
    UNIT_TEST(the_limit_holds),
    UNIT_TEST_ONCE(random_use_agrees_with_an_array,
                   "the other tests allocate in all its ways"),
    UNIT_TEST(stealing_moves_everything),
    UNIT_TEST(fini_leaves_an_empty_map),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST_ONCE(without_memory_the_map_is_as_it_was, "it sets failures itself"),
#endif
    UNIT_END,
};
