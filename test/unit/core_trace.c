/* SPDX-License-Identifier: MIT */
/* W3C's formats of trace contexts. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/trace.h"

extern const struct unit_test trace_tests[];

#define TRACE  "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"

static void traceparents(void)
{
    static const char *const good[] = {
        "00-" TRACE "-" PARENT "-01",  "00-" TRACE "-" PARENT "-ff",
        "01-" TRACE "-" PARENT "-00",  "cc-" TRACE "-" PARENT "-01-what the-future",
        "01-" TRACE "-" PARENT "-00-",
    };
    static const char *const bad[] = {
        "",
        "00",
        "00-" TRACE "-" PARENT "-0",
        "00-" TRACE "-" PARENT "-01-",
        "00-" TRACE "-" PARENT "-01x",
        "01-" TRACE "-" PARENT "-01x",
        "ff-" TRACE "-" PARENT "-01",
        "0g-" TRACE "-" PARENT "-01",
        "00_" TRACE "-" PARENT "-01",
        "00-" TRACE "_" PARENT "-01",
        "00-" TRACE "-" PARENT "_01",
        "00-" TRACE "-" PARENT "-0G",
        "00-" TRACE "-" PARENT "-0A",
        "00-0AF7651916cd43dd8448eb211c80319c-" PARENT "-01",
        "00-00000000000000000000000000000000-" PARENT "-01",
        "00-" TRACE "-0000000000000000-01",
        " 00-" TRACE "-" PARENT "-01",
    };
    const struct mcps_trace none = { .version = 7 };
    struct mcps_trace trace = none;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        unit_note_on_failure("%s", bad[i]);
        CHECK(!mcps__trace_read(&trace, bad[i]));
        CHECK_MEM(&trace, sizeof trace, &none, sizeof none);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        unit_note_on_failure("%s", good[i]);
        CHECK(mcps__trace_read(&trace, good[i]));
        CHECK_MEM(trace.trace_id, 16,
                  "\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c", 16);
        CHECK_MEM(trace.parent_id, 8, "\xb7\xad\x6b\x71\x69\x20\x33\x31", 8);
    }
    CHECK(mcps__trace_read(&trace, good[1]));
    CHECK_INT(trace.flags, 0xff);
    CHECK_INT(trace.version, 0);
out:
    unit_note_on_failure("%s", "");
}

static void tracestates(void)
{
    static const char *const good[] = {
        "a=1",
        "a=b c,d= e",
        "a0_-*/=x",
        "1t@s=x",
        " a=1 ,\tb=2\t",
        "a=1;b",
        "a=1,,b=2, ",
        ",a=!\"#~",
        "rojo=00f067,congo=t61rcWkgMzE",
        "fw529a3039@dt=FfAAAAAAAAAAAB",
    };
    static const char *const bad[] = {
        "",      ",",       "a",          "a=",
        "=1",    "A=1",     "1a=1",       "a=1=2",
        "a =1",  "a=1,a=2", "a@=1",       "@a=1",
        "a@1=1", "a=\x7f",  "a=\xc3\xa4", "a\xc3\xa4=1",
        "a=\t1", "a@b@c=1", "a=1\n",      "a@bcdefghijklmnop=1",
        "a= ",
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        unit_note_on_failure("%s", good[i]);
        CHECK(mcps__tracestate_ok(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        unit_note_on_failure("%s", bad[i]);
        CHECK(!mcps__tracestate_ok(bad[i]));
    }
out:
    unit_note_on_failure("%s", "");
}

/* So many members with keys and values of those lengths. */
static char *make_state(unsigned n, int key_len, int value_len)
{
    size_t size = n * ((size_t)key_len + (size_t)value_len + 2) + 1, used = 0;
    char *text = malloc(size);

    for (unsigned i = 0; text && i < n; i++)
        used += (size_t)snprintf(text + used, size - used, "%sk%0*u=%0*u", i ? "," : "",
                                 key_len - 1, i, value_len, 0U);
    return text;
}

static bool state_ok(unsigned n, int key_len, int value_len)
{
    char *text = make_state(n, key_len, value_len);
    bool ok = text && mcps__tracestate_ok(text);

    free(text);
    return ok;
}

static bool baggage_ok(unsigned n, int key_len, int value_len)
{
    char *text = make_state(n, key_len, value_len);
    bool ok = text && mcps__baggage_ok(text);

    free(text);
    return ok;
}

static void what_is_too_long(void)
{
    CHECK(state_ok(32, 3, 1) && !state_ok(33, 3, 1));
    CHECK(state_ok(1, 256, 256) && !state_ok(1, 257, 1) && !state_ok(1, 1 + 1, 257));
    CHECK(baggage_ok(180, 4, 1) && !baggage_ok(181, 4, 1));
    CHECK(baggage_ok(1, 4, 8192 - 5) && !baggage_ok(1, 4, 8192 - 4));
out:;
}

static void baggages(void)
{
    static const char *const good[] = {
        "k=v",
        "k=",
        " k = v ; p ; q = r , l=%20",
        "userId=alice,serverNode=DF%2028,isProduction=false",
        "k=a=b",
        "!#$%&'*+-.^_`|~09azAZ=x",
    };
    static const char *const bad[] = {
        "",      "k",       "=v",     "k=v,", ",k=v",       "k=v;",  "k=v;=x",
        "k=a b", "k=\"v\"", "k=a\\b", "k(=v", "k=\xc3\xa4", "k=v\n", "k=v;p=a b",
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        unit_note_on_failure("%s", good[i]);
        CHECK(mcps__baggage_ok(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        unit_note_on_failure("%s", bad[i]);
        CHECK(!mcps__baggage_ok(bad[i]));
    }
out:
    unit_note_on_failure("%s", "");
}

const struct unit_test trace_tests[] = {
    UNIT_TEST(traceparents),
    UNIT_TEST(tracestates),
    UNIT_TEST(what_is_too_long),
    UNIT_TEST(baggages),
    UNIT_END,
};
