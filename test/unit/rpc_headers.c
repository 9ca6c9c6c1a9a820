/* SPDX-License-Identifier: MIT */
/* Fields of an HTTP message: found by name, compared. */
#include "config.h"

#include "unit.h"

#include <string.h>

#include "rpc/headers.h"

extern const struct unit_test headers_tests[];

static struct mcps__slice slice(const char *text)
{
    return (struct mcps__slice){ text, strlen(text) };
}

static void compares_slices(void)
{
    const struct mcps__slice none = { NULL, 0 };

    CHECK(mcps__slice_is(slice("abc"), "abc"));
    CHECK(!mcps__slice_is(slice("abc"), "aBc"));
    CHECK(!mcps__slice_is(slice("abc"), "ab"));
    CHECK(!mcps__slice_is(slice("ab"), "abc"));
    CHECK(mcps__slice_is((struct mcps__slice){ "abc", 2 }, "ab"));
    CHECK(mcps__slice_is_nocase(slice("aBc-1"), "AbC-1"));
    CHECK(!mcps__slice_is_nocase(slice("abc"), "abd"));
    CHECK(!mcps__slice_is_nocase(slice("abc"), "ab"));
    /* Next to the letters, and with only that bit apart. */
    CHECK(!mcps__slice_is_nocase(slice("@[`{"), "`{@["));
    CHECK(!mcps__slice_is_nocase(slice("\xc4"), "\xe4"));
    CHECK(mcps__slice_is(slice(""), ""));
    CHECK(mcps__slice_is_nocase(slice(""), ""));
    CHECK(!mcps__slice_is(none, ""));
    CHECK(!mcps__slice_is_nocase(none, ""));
out:;
}

static void finds_fields_by_name(void)
{
    const struct mcps__header items[] = {
        { slice("Host"), slice("a") },
        { slice("ACCEPT"), slice("one") },
        { slice("X-Empty"), slice("") },
        { slice("accept"), slice("two") },
    };
    const struct mcps__headers headers = { items, 4 }, none = { NULL, 0 };

    CHECK(mcps__slice_is(mcps__headers_get(&headers, "host"), "a"));
    CHECK(mcps__slice_is(mcps__headers_get(&headers, "Accept"), "one"));
    CHECK(mcps__slice_is(mcps__headers_get(&headers, "x-empty"), ""));
    CHECK(mcps__headers_get(&headers, "x-empt").data == NULL);
    CHECK(mcps__headers_get(&headers, "x-empty2").data == NULL);
    CHECK(mcps__headers_get(&none, "host").data == NULL);
    CHECK_INT(mcps__headers_count(&headers, "HOST"), 1);
    CHECK_INT(mcps__headers_count(&headers, "Accept"), 2);
    CHECK_INT(mcps__headers_count(&headers, "Origin"), 0);
    CHECK_INT(mcps__headers_count(&none, "Host"), 0);
out:;
}

const struct unit_test headers_tests[] = {
    UNIT_TEST(compares_slices),
    UNIT_TEST(finds_fields_by_name),
    UNIT_END,
};
