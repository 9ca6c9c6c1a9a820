/* SPDX-License-Identifier: MIT */
/* The limits of a server: their names, their defaults, and what is counted. */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "core/limits.h"

extern const struct unit_test limits_tests[];

static void every_limit_has_a_name_of_its_own(void)
{
    const char *name;

    for (int i = 0; i < MCPS_N_LIMITS; i++) {
        name = mcps_limit_name((enum mcps_limit)i);
        CHECK(name && name[0] != '\0');
        CHECK_INT(mcps_limit_by_name(name), i);
    }
    CHECK_STR(mcps_limit_name(MCPS_LIMIT_MESSAGE_BYTES), "message_bytes");
    CHECK_STR(mcps_limit_name(MCPS_LIMIT_CLOSE_FLUSH_MS), "close_flush_ms");
    CHECK_INT(mcps_limit_by_name("eof_grace_ms"), MCPS_LIMIT_EOF_GRACE_MS);
out:;
}

static void other_names_and_numbers_are_no_limits(void)
{
    static const char *const wrong[] = { "", "peer", "peerss", "PEERS", " peers" };

    CHECK(!mcps_limit_name(MCPS_N_LIMITS));
    CHECK(!mcps_limit_name((enum mcps_limit)1000));
    CHECK(!mcps_limit_name((enum mcps_limit) - 1));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK_INT(mcps_limit_by_name(wrong[i]), MCPS_ENOTFOUND);
out:;
}

static void limits_begin_with_their_defaults(void)
{
    struct mcps__limits limits;

    memset(&limits, 0xff, sizeof limits);
    mcps__limits_init(&limits);
    CHECK_INT(mcps__limit(&limits, MCPS_LIMIT_MESSAGE_BYTES), 4 << 20);
    CHECK_INT(mcps__limit(&limits, MCPS_LIMIT_CALL_MS), 0);
    CHECK_INT(mcps__limit_size(&limits, MCPS_LIMIT_OUT_TOTAL_BYTES), 256 << 20);
    CHECK_INT(mcps__limit_size(&limits, MCPS_LIMIT_BAD_MESSAGES), 10);
    for (int i = 0; i < MCPS_N_LIMITS; i++)
        CHECK_INT(atomic_load(&limits.hits[i]), 0);
out:;
}

static void times_become_nanoseconds(void)
{
    static const struct {
        uint64_t ms;
        int64_t ns;
    } cases[] = {
        { 0, 0 },
        { 1, 1000000 },
        { 30000, INT64_C(30000000000) },
        { UINT64_C(9223372036854), INT64_C(9223372036854000000) },
        { UINT64_C(9223372036855), INT64_MAX },
        { UINT64_C(18446744073710), INT64_MAX },
        { UINT64_MAX, INT64_MAX },
    };
    struct mcps__limits limits;

    mcps__limits_init(&limits);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        limits.values[MCPS_LIMIT_DRAIN_MS] = cases[i].ms;
        CHECK_INT(mcps__limit_ns(&limits, MCPS_LIMIT_DRAIN_MS), cases[i].ns);
    }
out:;
}

static void each_limit_counts_for_itself(void)
{
    struct mcps__limits limits;

    mcps__limits_init(&limits);
    mcps__limit_hit(&limits, MCPS_LIMIT_PEERS);
    mcps__limit_hit(&limits, MCPS_LIMIT_PEERS);
    mcps__limit_hit(&limits, MCPS_LIMIT_CLOSE_FLUSH_MS);
    for (int i = 0; i < MCPS_N_LIMITS; i++)
        CHECK_INT(atomic_load(&limits.hits[i]), i == MCPS_LIMIT_PEERS            ? 2
                                                : i == MCPS_LIMIT_CLOSE_FLUSH_MS ? 1
                                                                                 : 0);
out:;
}

const struct unit_test limits_tests[] = {
    UNIT_TEST(every_limit_has_a_name_of_its_own),
    UNIT_TEST(other_names_and_numbers_are_no_limits),
    UNIT_TEST(limits_begin_with_their_defaults),
    UNIT_TEST(times_become_nanoseconds),
    UNIT_TEST(each_limit_counts_for_itself),
    UNIT_END,
};
