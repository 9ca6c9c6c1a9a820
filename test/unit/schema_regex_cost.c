/* SPDX-License-Identifier: MIT */
/* Regular expressions: no match is endless, and what those that are quick cost. */
#include "config.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/regex.h"
#include "schema_pattern.h"

extern const struct unit_test schema_regex_cost_tests[];

enum { BUDGET = 1000000, LONG_TEXT = 4 << 20 };

/* Where everything takes thirty times as long, texts are shorter, and less is spent. */
static bool is_slow(void)
{
    return getenv("MCPS_TEST_VALGRIND") != NULL;
}

static size_t long_text(void)
{
    return is_slow() ? LONG_TEXT / 16 : LONG_TEXT / unit_repeat(4, 1);
}

static void short_texts_cost_one(void)
{
    static const char *const patterns[] = { "^[a-z0-9_-]+$", "[a-z]+\\.txt",
                                            "^(?:a|b|c)*$", "\\p{Letter}cole" };
    uint64_t steps;
    char error[PATTERN_ERROR_SIZE];

    if (pattern_missing())
        return;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        steps = 1;
        unit_note_on_failure("%s", patterns[i]);
        CHECK_INT(pattern_search(patterns[i], strlen(patterns[i]), "some-text", 9,
                                 i % 2 == 0, &steps, error) >= 0,
                  1);
        CHECK_INT(steps, 0);
        CHECK_INT(pattern_search(patterns[i], strlen(patterns[i]), "some-text", 9, false,
                                 &steps, error),
                  MCPS_ELIMIT);
    }
out:
    return;
}

/* It is refused, with the JIT and without, and has paid for that. */
static void check_bounded(const char *pattern, const char *text, size_t len)
{
    struct mcps__regex_scratch scratch = { .match_data = NULL };
    struct mcps__regex *regex = NULL;
    uint64_t budget = is_slow() ? BUDGET / 100 : BUDGET, steps, spent;
    char error[PATTERN_ERROR_SIZE];

    CHECK_INT(mcps__regex_new(&regex, pattern, strlen(pattern), error, sizeof error), 0);
    for (int no_jit = 0; no_jit < 2; no_jit++) {
        unit_note_on_failure("/%.60s/u on %zu bytes, no_jit %d", pattern, len, no_jit);
        scratch.no_jit = no_jit;
        steps = budget;
        CHECK_INT(mcps__regex_search(regex, &scratch, text, len, &steps), MCPS_ELIMIT);
        spent = budget - steps; /* 0 where all that there is would not suffice */
        CHECK(spent == 0 || spent > 50);
    }
out:
    mcps__regex_scratch_fini(&scratch);
    mcps__regex_free(regex);
}

static void catastrophes_end(void)
{
    static const char *const patterns[] = { "^(a+)+$", "^(?:a|aa)+$", "^(a|a)*$",
                                            "^(?:a*)*[bc]", "(?:a+a+)+b!" };
    static const size_t lengths[] = { 1000, 100000 };
    char *text = malloc(LONG_TEXT);

    if (pattern_missing() || !text)
        goto out;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
            memset(text, 'a', lengths[k]);
            text[lengths[k] - 1] = '!';
            check_bounded(patterns[i], text, lengths[k]);
        }
    }
out:
    free(text);
}

/* Choices that PCRE2's JIT does not count by itself, each twice that of the one before. Two
 * that are the same, one behind the other, would be one to it. */
static void alternatives_are_counted(void)
{
    static const struct {
        const char *before, *again, *after;
    } cases[] = {
        { "^", "(a|a)(?:a|a|b)", "[bc]b" },
        { "^()", "(a|a)(?:a|a|b)", "\\1[bc]b" },
        { "^(?=", "(a|a)(?:a|a|b)", "[bc]b)" },
        { "^(?!", "(a|a)(?:a|a|b)", "[bc]b)[ab]" },
        { "^", "(?:|(?=a))(?:|(?=a)|b)", "[bc]b" },
        { "a(?<=", "(a|a)(?:a|a|b)", "b)" },
    };
    char pattern[1000], text[100];

    if (pattern_missing())
        return;
    memset(text, 'a', sizeof text);
    memcpy(text + 90, "cb", 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pattern_repeat(pattern, sizeof pattern, cases[i].before, cases[i].again, 20,
                       cases[i].after);
        check_bounded(pattern, text, 92);
    }
}

/* What is optional and consumes nothing is no choice at all. */
static void optional_lookaheads_are_no_choices(void)
{
    char pattern[1000], error[PATTERN_ERROR_SIZE];
    uint64_t steps = 64;

    if (pattern_missing())
        return;
    pattern_repeat(pattern, sizeof pattern, "^", "(?=a)?(?=a|b)*", 20, "[bc]");
    CHECK_INT(pattern_search(pattern, strlen(pattern), "acb", 3, false, &steps, error),
              0);
out:
    return;
}

/* Each place of a long text looks at all that follows. */
static void long_searches_end(void)
{
    static const char *const patterns[] = { "[a-z]*![bz]", "(?:x+x+)+[yz]",
                                            "(?=[a-z]*)[!]x", "(.*)\\1[!]x",
                                            "[a-z]{60000}[!]x" };
    char *text = malloc(LONG_TEXT);
    size_t len = long_text();

    if (pattern_missing() || !text)
        goto out;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        memset(text, 'x', len);
        memcpy(text, "!zcyb1", 6);
        memcpy(text + len - 2, "!c", 2);
        check_bounded(patterns[i], text + 2, len - 2);
    }
out:
    free(text);
}

static void long_texts_are_searched(void)
{
    static const struct {
        const char *pattern;
        int want;
    } cases[] = {
        { "[a-z]cole", 0 }, { "foo|bar!", 0 }, { "^[a-z]*$", 0 },
        { "x!c$", 1 },      { "^[^y]*$", 1 },  { "^(?!y)[\\s\\S]+$", 1 },
    };
    char *text = malloc(LONG_TEXT);
    size_t len = long_text();
    uint64_t steps;
    char error[PATTERN_ERROR_SIZE];

    if (pattern_missing() || !text)
        goto out;
    memset(text, 'x', len);
    memcpy(text + len - 2, "!c", 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int no_jit = 0; no_jit < 2; no_jit++) {
            steps = BUDGET;
            unit_note_on_failure("%s", cases[i].pattern);
            CHECK_INT(pattern_search(cases[i].pattern, strlen(cases[i].pattern), text,
                                     len, no_jit, &steps, error),
                      cases[i].want);
            CHECK(steps > BUDGET / 2);
        }
    }
out:
    free(text);
}

/* What must be gone back to is kept, a choice for each character. */
static void memory_is_bounded(void)
{
    char *text = malloc(LONG_TEXT);
    uint64_t steps = BUDGET;
    char error[PATTERN_ERROR_SIZE];

    if (pattern_missing() || !text)
        goto out;
    memset(text, 'a', LONG_TEXT);
    for (int no_jit = 0; no_jit < 2; no_jit++) {
        CHECK_INT(pattern_search("^(?:a|b)*$", 10, text, 13000, no_jit, &steps, error),
                  1);
        CHECK_INT(
            pattern_search("^(?:a|b)*$", 10, text, LONG_TEXT, no_jit, &steps, error),
            MCPS_ELIMIT);
    }
out:
    free(text);
}

const struct unit_test schema_regex_cost_tests[] = {
    UNIT_TEST(short_texts_cost_one),
    UNIT_TEST_ONCE(catastrophes_end, "it takes long"),
    UNIT_TEST_ONCE(alternatives_are_counted, "it takes long"),
    UNIT_TEST(optional_lookaheads_are_no_choices),
    UNIT_TEST_ONCE(long_searches_end, "it takes long"),
    UNIT_TEST_ONCE(long_texts_are_searched, "it takes long"),
    UNIT_TEST_ONCE(memory_is_bounded, "it takes long"),
    UNIT_END,
};
