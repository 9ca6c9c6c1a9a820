/* SPDX-License-Identifier: MIT */
/* The clock, real and driven. */
#include "config.h"

#include "unit.h"

#include "util/clock.h"

extern const struct unit_test clock_tests[];

static void never_goes_back(void)
{
    int64_t last = mcps__clock_now(), now = 0;

    CHECK(last >= 0);
    for (unsigned i = 0; i < 10000; i++, last = now) {
        now = mcps__clock_now();
        CHECK(now >= last);
    }
out:;
}

static void deadlines_saturate(void)
{
    int64_t before = mcps__clock_now(), after = 0, deadline = 0;

    deadline = mcps__clock_after(MCPS__NS_PER_S);
    after = mcps__clock_now();
    CHECK(deadline >= before + MCPS__NS_PER_S && deadline <= after + MCPS__NS_PER_S);
    CHECK(mcps__clock_after(INT64_MAX) == MCPS__CLOCK_NEVER);
    CHECK(mcps__clock_after(INT64_MIN) <= mcps__clock_now());
out:;
}

static void units_fit_together(void)
{
    CHECK(MCPS__NS_PER_MS == 1000 * MCPS__NS_PER_US);
    CHECK(MCPS__NS_PER_S == 1000 * MCPS__NS_PER_MS);
    CHECK(MCPS__NS_PER_S == 1000000000);
out:;
}

static void the_wall_clock_is_of_this_century(void)
{
    CHECK(mcps__clock_wall_ms() > INT64_C(1700000000000));
    CHECK(mcps__clock_wall_ms() < INT64_C(4102444800000));
out:;
}

#ifdef MCPS__TEST_HOOKS
static void the_wall_clock_is_driven_with_the_other(void)
{
    mcps__clock_drive(0);
    CHECK_INT(mcps__clock_wall_ms(), MCPS__CLOCK_DRIVEN_WALL_MS);
    mcps__clock_advance(MCPS__NS_PER_MS - 1);
    CHECK_INT(mcps__clock_wall_ms(), MCPS__CLOCK_DRIVEN_WALL_MS);
    mcps__clock_advance(1);
    CHECK_INT(mcps__clock_wall_ms(), MCPS__CLOCK_DRIVEN_WALL_MS + 1);
    mcps__clock_drive(7 * MCPS__NS_PER_S);
    CHECK_INT(mcps__clock_wall_ms(), MCPS__CLOCK_DRIVEN_WALL_MS + 7000);
out:
    mcps__clock_release();
}

static void stands_still_when_driven(void)
{
    int64_t before = mcps__clock_now();

    mcps__clock_drive(0);
    CHECK_INT(mcps__clock_now(), 0);
    mcps__clock_drive(1000);
    CHECK_INT(mcps__clock_now(), 1000);
    CHECK_INT(mcps__clock_now(), 1000);
    mcps__clock_advance(0);
    mcps__clock_advance(234);
    CHECK_INT(mcps__clock_now(), 1234);
    CHECK_INT(mcps__clock_after(6), 1240);
    CHECK_INT(mcps__clock_after(0), 1234);
    CHECK_INT(mcps__clock_after(-1), 1234);
    CHECK(mcps__clock_after(INT64_MAX - 1235) == INT64_MAX - 1);
    CHECK(mcps__clock_after(INT64_MAX - 1234) == MCPS__CLOCK_NEVER);
    CHECK(mcps__clock_after(INT64_MAX - 1233) == MCPS__CLOCK_NEVER);
    mcps__clock_release();
    CHECK(mcps__clock_now() >= before);
out:
    mcps__clock_release();
}
#endif

const struct unit_test clock_tests[] = {
    UNIT_TEST(never_goes_back),
    UNIT_TEST(deadlines_saturate),
    UNIT_TEST(units_fit_together),
    UNIT_TEST(the_wall_clock_is_of_this_century),
#ifdef MCPS__TEST_HOOKS
    UNIT_TEST(the_wall_clock_is_driven_with_the_other),
    UNIT_TEST(stands_still_when_driven),
#endif
    UNIT_END,
};
